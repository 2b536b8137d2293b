// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The live chart of a link: what [`nova_model::chart`] draws, painted at the
//! resolution of the screen.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt::CxxQtType;
use cxx_qt_lib::{QColor, QPainter, QRect, QString};
use nova_model::chart::Traffic;
use nova_model::chart_frame::{Frame, nearest};
use nova_model::chart_record::{Primitive, record};
use nova_model::rate::format_rate;

use crate::chart_source::{Drawing, Source, read};
use crate::follow::follow;
use crate::paint;
use crate::world::{Topic, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!(<QtQuick/QQuickPaintedItem>);
        type QQuickPaintedItem;
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("cxx-qt-lib/qcolor.h");
        type QColor = cxx_qt_lib::QColor;
        include!("cxx-qt-lib/qrect.h");
        type QRect = cxx_qt_lib::QRect;
        include!("cxx-qt-lib/qpainter.h");
        type QPainter = cxx_qt_lib::QPainter;
    }

    #[auto_cxx_name]
    unsafe extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[base = QQuickPaintedItem]
        #[qproperty(i32, link_index)]
        #[qproperty(f64, seconds)]
        #[qproperty(bool, paused)]
        #[qproperty(bool, bare)]
        #[qproperty(f64, pointed)]
        #[qproperty(f64, cursor_x, READ, NOTIFY = cursor_moved)]
        #[qproperty(f64, cursor_time, READ, NOTIFY = cursor_moved)]
        #[qproperty(QString, cursor_received, READ, NOTIFY = cursor_moved)]
        #[qproperty(QString, cursor_sent, READ, NOTIFY = cursor_moved)]
        #[qproperty(f64, since, READ, NOTIFY = read)]
        #[qproperty(bool, is_short, READ, NOTIFY = read)]
        #[qproperty(f64, font_size)]
        #[qproperty(QColor, text_color)]
        #[qproperty(QColor, grid_color)]
        #[qproperty(QColor, received_color)]
        #[qproperty(QColor, sent_color)]
        type TrafficChart = super::TrafficChartRust;

        /// The pointer or what is under it has moved.
        #[qsignal]
        fn cursor_moved(self: Pin<&mut TrafficChart>);
        /// Samples were read.
        #[qsignal]
        fn read(self: Pin<&mut TrafficChart>);

        #[cxx_override]
        unsafe fn paint(self: Pin<&mut TrafficChart>, painter: *mut QPainter);
    }

    #[auto_cxx_name]
    unsafe extern "RustQt" {
        #[inherit]
        fn width(self: &TrafficChart) -> f64;
        #[inherit]
        fn height(self: &TrafficChart) -> f64;
        #[inherit]
        #[cxx_name = "isVisible"]
        fn is_visible(self: &TrafficChart) -> bool;
        #[inherit]
        fn update(self: Pin<&mut TrafficChart>, rect: &QRect);
    }

    impl cxx_qt::Threading for TrafficChart {}
    impl cxx_qt::Initialize for TrafficChart {}
}

/// Pixels that plotters sees in each pixel of the item, for smooth curves.
const FINE: f64 = 8.0;

/// What is drawn and how.
#[derive(Default)]
pub struct TrafficChartRust {
    link_index: i32,
    seconds: f64,
    paused: bool,
    bare: bool,
    /// Where the pointer is, negative where it is not on the chart.
    pointed: f64,
    /// Where the sample nearest to it is, negative for none.
    cursor_x: f64,
    /// When it was taken, in milliseconds since 1970 as QML counts.
    cursor_time: f64,
    cursor_received: QString,
    cursor_sent: QString,
    since: f64,
    is_short: bool,
    font_size: f64,
    text_color: QColor,
    grid_color: QColor,
    received_color: QColor,
    sent_color: QColor,
    drawing: Drawing,
}

impl cxx_qt::Initialize for ffi::TrafficChart {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut().on_link_index_changed(Self::reread).release();
        self.as_mut().on_seconds_changed(Self::reread).release();
        self.as_mut().on_paused_changed(Self::reread).release();
        self.as_mut()
            .on_pointed_changed(|mut chart| {
                chart.as_mut().point();
                chart.repaint();
            })
            .release();
        self.as_mut().on_text_color_changed(Self::repaint).release();
        self.as_mut().on_font_size_changed(Self::repaint).release();
        follow(&*self, |chart, topic, _| {
            if topic == Topic::Rates && chart.is_visible() {
                chart.reread();
            }
        });
    }
}

impl ffi::TrafficChart {
    fn repaint(self: Pin<&mut Self>) {
        self.update(&QRect::default());
    }

    /// Takes what is known now, unless the chart is held.
    fn reread(mut self: Pin<&mut Self>) {
        let source = Source {
            link: u32::try_from(self.rust().link_index).unwrap_or_default(),
            seconds: self.rust().seconds,
        };
        if self.rust().paused && self.rust().drawing.source == source {
            return;
        }
        if let Some(monitor) = &hub().world().monitor {
            let drawing = read(monitor, source);
            let mut chart = self.as_mut().rust_mut();
            (chart.since, chart.is_short) = (drawing.since * 1000.0, drawing.is_short());
            chart.drawing = drawing;
            self.as_mut().read();
        }
        self.as_mut().point();
        self.repaint();
    }

    /// Finds the sample under the pointer.
    fn point(mut self: Pin<&mut Self>) {
        let size = (fine(self.width()), fine(self.height()));
        let chart = self.rust();
        let under = chart.under_pointer(size);
        if under.is_none() && chart.cursor_x < 0.0 {
            return;
        }
        let mut chart = self.as_mut().rust_mut();
        match under {
            Some((x, sample)) => {
                chart.cursor_x = x;
                chart.cursor_time = sample.at * 1000.0;
                chart.cursor_received = QString::from(format_rate(sample.received));
                chart.cursor_sent = QString::from(format_rate(sample.sent));
            }
            None => chart.cursor_x = -1.0,
        }
        self.cursor_moved();
    }

    /// Paints the item.
    ///
    /// # Safety
    /// Qt gives a painter that lives as long as the call, or none.
    unsafe fn paint(self: Pin<&mut Self>, painter: *mut QPainter) {
        // SAFETY: see above.
        let Some(mut painter) = (unsafe { paint::begin(painter, FINE) }) else {
            return;
        };
        let size = (fine(self.width()), fine(self.height()));
        let chart = self.rust();
        let style = chart.style();
        let drawing = &chart.drawing;
        let cursor = (chart.cursor_x >= 0.0).then_some(chart.cursor_time / 1000.0);
        let Ok(primitives) = record(&drawing.traffic, drawing.span(cursor), &style, size) else {
            return;
        };
        for primitive in &primitives {
            paint_one(painter.as_mut(), primitive);
        }
    }
}

impl TrafficChartRust {
    /// The sample nearest to the pointer and where it is on the item.
    fn under_pointer(&self, size: (u32, u32)) -> Option<(f64, Traffic)> {
        if self.pointed < 0.0 || self.bare {
            return None;
        }
        let (style, span) = (self.style(), self.drawing.span(None));
        let frame = Frame::of(&self.drawing.traffic, &style, size);
        let pointed = i32::try_from(fine(self.pointed)).ok()?;
        let time = frame.time_at(pointed, span)?;
        let sample = nearest(&self.drawing.traffic, time, span.gap)?;
        let is_shown = (span.until - span.seconds..=span.until).contains(&sample.at);
        is_shown.then(|| (f64::from(frame.x_of(sample.at, span)) / FINE, sample))
    }

    fn style(&self) -> nova_model::chart::ChartStyle {
        nova_model::chart::ChartStyle {
            background: None,
            text: rgb(&self.text_color),
            grid: rgb(&self.grid_color),
            received: rgb(&self.received_color),
            sent: rgb(&self.sent_color),
            font: "sans-serif".to_owned(),
            font_size: self.font_size.max(1.0),
            scale: FINE,
            is_bare: self.bare,
        }
    }
}

fn paint_one(painter: Pin<&mut QPainter>, primitive: &Primitive) {
    let flat =
        |points: &[(i32, i32)]| -> Vec<i32> { points.iter().flat_map(|(x, y)| [*x, *y]).collect() };
    match primitive {
        Primitive::Polygon { points, ink } => {
            paint::paint_polygon(painter, &flat(points), paint::argb(*ink));
        }
        Primitive::Line { points, width, ink } => {
            paint::paint_line(painter, &flat(points), f64::from(*width), paint::argb(*ink));
        }
        Primitive::Text {
            words,
            at: (x, y),
            across,
            down,
            size,
            ink,
        } => paint::paint_text(
            painter,
            &QString::from(words),
            f64::from(*x),
            f64::from(*y),
            f64::from(*across),
            f64::from(*down),
            *size,
            paint::argb(*ink),
        ),
    }
}

fn rgb(colour: &QColor) -> (u8, u8, u8) {
    paint::rgb(colour).into()
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a screen"
)]
fn fine(length: f64) -> u32 {
    (length.clamp(0.0, 16_384.0) * FINE).round() as u32
}
