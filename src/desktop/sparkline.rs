// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The last minute of a switch or a card as a line small enough for a row of a list.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt::CxxQtType;
use cxx_qt_lib::{QColor, QPainter, QRect};

use crate::follow::follow;
use crate::paint;
use crate::spark::{Spark, outline, trace};
use crate::world::{Topic, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!(<QtQuick/QQuickPaintedItem>);
        type QQuickPaintedItem;
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
        #[qproperty(QColor, color)]
        type Sparkline = super::SparklineRust;

        #[cxx_override]
        unsafe fn paint(self: Pin<&mut Sparkline>, painter: *mut QPainter);
    }

    #[auto_cxx_name]
    unsafe extern "RustQt" {
        #[inherit]
        fn width(self: &Sparkline) -> f64;
        #[inherit]
        fn height(self: &Sparkline) -> f64;
        #[inherit]
        #[cxx_name = "isVisible"]
        fn is_visible(self: &Sparkline) -> bool;
        #[inherit]
        fn update(self: Pin<&mut Sparkline>, rect: &QRect);
    }

    impl cxx_qt::Threading for Sparkline {}
    impl cxx_qt::Initialize for Sparkline {}
}

/// Parts of a pixel that points of the line are rounded to.
const FINE: f64 = 16.0;

/// Which link, and what it carried.
#[derive(Default)]
pub struct SparklineRust {
    link_index: i32,
    color: QColor,
    spark: Spark,
}

impl cxx_qt::Initialize for ffi::Sparkline {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut().on_link_index_changed(Self::reread).release();
        self.as_mut()
            .on_color_changed(|line| line.update(&QRect::default()))
            .release();
        follow(&*self, |line, topic, _| {
            if topic == Topic::Rates && line.is_visible() {
                line.reread();
            }
        });
    }
}

impl ffi::Sparkline {
    /// Takes what is known now; an idle link is not painted again.
    fn reread(mut self: Pin<&mut Self>) {
        let index = u32::try_from(self.rust().link_index).unwrap_or_default();
        let spark = hub()
            .world()
            .monitor
            .as_ref()
            .map(|monitor| Spark::read(monitor, index))
            .unwrap_or_default();
        if spark != self.rust().spark {
            self.as_mut().rust_mut().spark = spark;
            self.update(&QRect::default());
        }
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
        let (width, height) = (self.width() * FINE, self.height() * FINE);
        let line = trace(&self.rust().spark, width, height, FINE);
        let (line, area) = (&line, outline(&line, height));
        let [red, green, blue] = paint::rgb(&self.rust().color);
        let ink = |opacity: u8| paint::argb([red, green, blue, opacity]);
        paint::paint_polygon(painter.as_mut(), &area, ink(0x30));
        paint::paint_line(painter.as_mut(), line, FINE, ink(0xff));
    }
}
