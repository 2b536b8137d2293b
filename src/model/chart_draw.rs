// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! How the chart of a link's traffic is put together from lines, areas and
//! words.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::chart::{ChartStyle, Colour, Span, Traffic};
use crate::chart_frame::{Frame, nearest, pixels};
use crate::rate::format_rate;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Received,
    Sent,
}

impl Side {
    /// The height of a sample: upload hangs below the axis.
    fn height(self, sample: &Traffic) -> f64 {
        match self {
            Self::Received => sample.received.max(0.0),
            Self::Sent => -sample.sent.max(0.0),
        }
    }

    const fn colour(self, style: &ChartStyle) -> Colour {
        match self {
            Self::Received => style.received,
            Self::Sent => style.sent,
        }
    }
}

pub(crate) struct Chart<'a, B: DrawingBackend> {
    area: &'a DrawingArea<B, Shift>,
    plot: DrawingArea<B, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    traffic: &'a [Traffic],
    span: Span,
    style: &'a ChartStyle,
    frame: Frame,
}

type Drawn<B> = DrawResult<(), B>;

impl<'a, B: DrawingBackend> Chart<'a, B> {
    pub(crate) fn new(
        area: &'a DrawingArea<B, Shift>,
        traffic: &'a [Traffic],
        span: Span,
        style: &'a ChartStyle,
    ) -> Self {
        let start = span.until - span.seconds;
        // One more sample at the left, so that the line enters at the edge.
        let first = traffic.partition_point(|sample| sample.at < start);
        let traffic = traffic.get(first.saturating_sub(1)..).unwrap_or_default();
        let frame = Frame::of(traffic, style, area.dim_in_pixel());
        let [left, top, right, bottom] = frame.edges;
        let (above, below) = frame.steps;
        let plot = area.clone().apply_coord_spec(Cartesian2d::new(
            start..span.until,
            -frame.step * f64::from(below)..frame.step * f64::from(above),
            (left..right.max(left + 1), bottom.max(top + 1)..top),
        ));
        Self {
            area,
            plot,
            traffic,
            span,
            style,
            frame,
        }
    }

    fn stroke(&self, units: f64) -> u32 {
        u32::try_from(pixels(units * self.style.scale).max(1)).unwrap_or(1)
    }

    fn text(&self, text: &str, at: (i32, i32), colour: Colour, anchor: Pos) -> Drawn<B> {
        let (red, green, blue) = colour;
        let size = self.style.font_size * self.style.scale;
        let colour = RGBColor(red, green, blue);
        let style = TextStyle::from((self.style.font.as_str(), size))
            .color(&colour)
            .pos(anchor);
        self.area.draw(&Text::new(text.to_owned(), at, style))
    }

    /// The line that divides both directions.
    pub(crate) fn axis(&self) -> Drawn<B> {
        let [left, _, right, _] = self.frame.edges;
        let y = self.plot.map_coordinate(&(self.span.until, 0.0)).1;
        let (red, green, blue) = self.style.grid;
        let line = RGBColor(red, green, blue).stroke_width(self.stroke(1.0));
        self.area
            .draw(&PathElement::new([(left, y), (right, y)], line))
    }

    /// Lines at each step and what they stand for.
    pub(crate) fn grid(&self) -> Drawn<B> {
        let [left, _, right, _] = self.frame.edges;
        let (above, below) = (i64::from(self.frame.steps.0), i64::from(self.frame.steps.1));
        for step in -below..=above {
            let rate = self.frame.step * f64::from(i32::try_from(step).unwrap_or(0));
            let y = self.plot.map_coordinate(&(self.span.until, rate)).1;
            let (red, green, blue) = match step {
                0 => self.style.text,
                _ => self.style.grid,
            };
            let line = RGBColor(red, green, blue).stroke_width(self.stroke(1.0));
            self.area
                .draw(&PathElement::new([(left, y), (right, y)], line))?;
            let at = (
                left - pixels(0.6 * self.style.font_size * self.style.scale),
                y,
            );
            let anchor = Pos::new(HPos::Right, VPos::Center);
            let label = match step {
                0 => "0".to_owned(),
                _ => short_rate(rate.abs()),
            };
            self.text(&label, at, self.style.text, anchor)?;
        }
        Ok(())
    }

    /// Times below the plot, counted back from the right edge.
    pub(crate) fn times(&self) -> Drawn<B> {
        let [.., bottom] = self.frame.edges;
        let step = time_step(self.span.seconds);
        let unit = TimeUnit::of(step);
        let mut back = 0.0;
        while back <= self.span.seconds {
            let x = self.plot.map_coordinate(&(self.span.until - back, 0.0)).0;
            let text = unit.label(back);
            let y = bottom + pixels(0.6 * self.style.font_size * self.style.scale);
            let anchor = Pos::new(HPos::Center, VPos::Top);
            self.text(&text, (x, y), self.style.text, anchor)?;
            back += step;
        }
        Ok(())
    }

    /// Stretches of samples without a gap between them.
    fn stretches(&self) -> impl Iterator<Item = &[Traffic]> {
        self.traffic.chunk_by(|a, b| b.at - a.at <= self.span.gap)
    }

    pub(crate) fn side(&self, side: Side) -> Drawn<B> {
        let (red, green, blue) = side.colour(self.style);
        let colour = RGBColor(red, green, blue);
        let [left, _, right, _] = self.frame.edges;
        let axis = self.plot.map_coordinate(&(self.span.until, 0.0)).1;
        let curves = self.stretches().flat_map(|stretch| {
            let points: Vec<(i32, i32)> = stretch
                .iter()
                .map(|sample| self.plot.map_coordinate(&(sample.at, side.height(sample))))
                .collect();
            let points = clipped(&peaks(&points, axis), left, right);
            match self.style.is_bare {
                true => risen(&points, axis, pixels(self.style.scale)),
                false => vec![points],
            }
        });
        for points in curves {
            let (Some(first), Some(last)) = (points.first(), points.last()) else {
                continue;
            };
            let mut outline = points.clone();
            outline.extend([(last.0, axis), (first.0, axis)]);
            self.area.draw(&Polygon::new(outline, colour.mix(0.22)))?;
            let line = colour.stroke_width(self.stroke(1.5));
            self.area.draw(&PathElement::new(points, line))?;
        }
        Ok(())
    }

    /// What was measured last, at the right edge beside the end of its line.
    pub(crate) fn last_values(&self) -> Drawn<B> {
        let Some(last) = self.traffic.last() else {
            return Ok(());
        };
        // A value from before a gap is not what is carried now.
        if self.span.until - last.at > self.span.gap {
            return Ok(());
        }
        let [_, _, right, _] = self.frame.edges;
        let size = self.style.font_size * self.style.scale;
        let axis = self.plot.map_coordinate(&(self.span.until, 0.0)).1;
        let y = |side: Side| {
            let end = self
                .plot
                .map_coordinate(&(self.span.until, side.height(last)))
                .1;
            // The two never meet at the axis.
            match side {
                Side::Received => end.min(axis - pixels(0.75 * size)),
                Side::Sent => end.max(axis + pixels(0.75 * size)),
            }
        };
        let x = right + pixels(0.6 * size);
        let anchor = Pos::new(HPos::Left, VPos::Center);
        let received = format!("↓ {}", format_rate(last.received));
        let at = (x, y(Side::Received));
        self.text(&received, at, self.style.received, anchor)?;
        let sent = format!("↑ {}", format_rate(last.sent));
        self.text(&sent, (x, y(Side::Sent)), self.style.sent, anchor)
    }

    /// A line through the sample that is pointed at, with a dot on each curve.
    pub(crate) fn cursor(&self) -> Drawn<B> {
        let wanted = self.span.cursor;
        let Some(sample) = wanted.and_then(|at| nearest(self.traffic, at, self.span.gap)) else {
            return Ok(());
        };
        let [_, top, _, bottom] = self.frame.edges;
        let (red, green, blue) = self.style.text;
        let line = RGBColor(red, green, blue).stroke_width(self.stroke(1.0));
        let x = self.plot.map_coordinate(&(sample.at, 0.0)).0;
        self.area
            .draw(&PathElement::new([(x, top), (x, bottom)], line))?;
        for side in [Side::Received, Side::Sent] {
            let (red, green, blue) = side.colour(self.style);
            let at = self.plot.map_coordinate(&(sample.at, side.height(&sample)));
            let dot = disc(at, 3.5 * self.style.scale);
            self.area
                .draw(&Polygon::new(dot, RGBColor(red, green, blue)))?;
        }
        Ok(())
    }
}

/// Where several samples fall on one pixel, the one furthest from the axis.
fn peaks(points: &[(i32, i32)], axis: i32) -> Vec<(i32, i32)> {
    let columns = points.chunk_by(|a, b| a.0 == b.0);
    columns
        .filter_map(|column| column.iter().max_by_key(|point| (point.1 - axis).abs()))
        .copied()
        .collect()
}

/// The parts of a curve that rise from the axis by so much or more, each with
/// its feet: where nothing is carried, two curves would hide the axis.
fn risen(points: &[(i32, i32)], axis: i32, least: i32) -> Vec<Vec<(i32, i32)>> {
    let is_up = |at: usize| {
        let point = points.get(at);
        point.is_some_and(|point| (point.1 - axis).abs() >= least)
    };
    let is_drawn = |at: usize| is_up(at) || is_up(at + 1) || at > 0 && is_up(at - 1);
    let numbered: Vec<(usize, (i32, i32))> = points.iter().copied().enumerate().collect();
    numbered
        .chunk_by(|a, b| is_drawn(a.0) == is_drawn(b.0))
        .filter(|part| part.first().is_some_and(|(at, _)| is_drawn(*at)))
        .map(|part| part.iter().map(|(_, point)| *point).collect())
        .collect()
}

/// The line between these edges, with points where it crosses them.
fn clipped(points: &[(i32, i32)], left: i32, right: i32) -> Vec<(i32, i32)> {
    let crossing = |from: (i32, i32), to: (i32, i32), x: i32| {
        let part = f64::from(x - from.0) / f64::from((to.0 - from.0).max(1));
        (x, from.1 + pixels(f64::from(to.1 - from.1) * part))
    };
    let mut inside = Vec::with_capacity(points.len());
    for (at, point) in points.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).and_then(|at| points.get(at)) {
            for edge in [left, right] {
                if before.0 < edge && edge < point.0 {
                    inside.push(crossing(*before, *point, edge));
                }
            }
        }
        if (left..=right).contains(&point.0) {
            inside.push(*point);
        }
    }
    inside
}

/// The corners of a disc.
fn disc(centre: (i32, i32), radius: f64) -> Vec<(i32, i32)> {
    const CORNERS: i32 = 24;
    let corner = |number: i32| {
        let angle = std::f64::consts::TAU * f64::from(number) / f64::from(CORNERS);
        let (down, across) = angle.sin_cos();
        (
            centre.0 + pixels(across * radius),
            centre.1 + pixels(down * radius),
        )
    };
    (0..CORNERS).map(corner).collect()
}

/// A rate of the axis: steps are whole numbers in their unit.
fn short_rate(rate: f64) -> String {
    let text = format_rate(rate);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number} {unit}")
        }
        _ => text,
    }
}

fn time_step(seconds: f64) -> f64 {
    const HOUR: f64 = 3600.0;
    const STEPS: [f64; 15] = [
        5.0,
        10.0,
        15.0,
        30.0,
        60.0,
        120.0,
        300.0,
        600.0,
        900.0,
        1800.0,
        HOUR,
        2.0 * HOUR,
        4.0 * HOUR,
        12.0 * HOUR,
        24.0 * HOUR,
    ];
    // A step may be a little too fine: seven days are seven steps.
    let wanted = seconds / 7.5;
    let found = STEPS.into_iter().find(|step| *step >= wanted);
    found.unwrap_or_else(|| (wanted / 86_400.0).ceil() * 86_400.0)
}

/// What the times of one axis are counted in.
enum TimeUnit {
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl TimeUnit {
    fn of(step: f64) -> Self {
        match step {
            step if step < 60.0 => Self::Seconds,
            step if step < 3600.0 => Self::Minutes,
            step if step < 86_400.0 => Self::Hours,
            _ => Self::Days,
        }
    }

    fn label(&self, back: f64) -> String {
        let (seconds, unit) = match self {
            _ if back < 1.0 => return "now".to_owned(),
            Self::Seconds => (1.0, "s"),
            Self::Minutes => (60.0, "min"),
            Self::Hours => (3600.0, "h"),
            Self::Days => (86_400.0, "d"),
        };
        format!("−{:.0} {unit}", back / seconds)
    }
}
