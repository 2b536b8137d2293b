// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The chart of a link's traffic: download above the axis, upload below.
//!
//! One function draws on whatever plotters can draw on: SVG for reports,
//! [`crate::chart_record`] for the window.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::{NovaError, Result};
use crate::rate::{format_rate, step_at_least};

/// What a link carried at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// Seconds of any clock.
    pub at: f64,
    /// Bit/s received.
    pub received: f64,
    /// Bit/s sent.
    pub sent: f64,
}

/// The time a chart shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Right edge, in seconds of the clock of the samples.
    pub until: f64,
    /// Width in seconds.
    pub seconds: f64,
    /// Samples further apart than so many seconds have a gap between them.
    pub gap: f64,
}

/// A colour: red, green, blue.
pub type Colour = (u8, u8, u8);

/// Colours and sizes of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartStyle {
    /// Behind everything; `None` leaves what is there.
    pub background: Option<Colour>,
    /// Axis and times.
    pub text: Colour,
    /// Lines of the grid.
    pub grid: Colour,
    /// What was received.
    pub received: Colour,
    /// What was sent.
    pub sent: Colour,
    /// Name of the font.
    pub font: String,
    /// Height of the text in units.
    pub font_size: f64,
    /// Pixels of the backend in a unit: more than the screen has make edges
    /// smooth where the backend scales them down again.
    pub scale: f64,
    /// Whether the curves stand alone, without axis and words: a sparkline.
    pub is_bare: bool,
}

impl ChartStyle {
    /// Dark on light, as in Breeze.
    #[must_use]
    pub fn light() -> Self {
        Self {
            background: Some((0xff, 0xff, 0xff)),
            text: (0x6a, 0x6e, 0x71),
            grid: (0xdc, 0xde, 0xe0),
            received: (0x2a, 0x82, 0xb4),
            sent: (0xc6, 0x6a, 0x00),
            font: "sans-serif".to_owned(),
            font_size: 11.0,
            scale: 1.0,
            is_bare: false,
        }
    }
}

/// Draws the traffic over the whole backend.
///
/// # Errors
/// `Internal` where the backend cannot draw.
pub fn draw_traffic<B: DrawingBackend>(
    backend: B,
    traffic: &[Traffic],
    span: Span,
    style: &ChartStyle,
) -> Result<()> {
    let area = backend.into_drawing_area();
    if let Some((red, green, blue)) = style.background {
        area.fill(&RGBColor(red, green, blue)).map_err(failed)?;
    }
    let chart = Chart::new(&area, traffic, span, style);
    if !style.is_bare {
        chart.grid().map_err(failed)?;
        chart.times().map_err(failed)?;
    }
    for side in [Side::Received, Side::Sent] {
        chart.side(side).map_err(failed)?;
    }
    if !style.is_bare {
        chart.last_values().map_err(failed)?;
    }
    area.present().map_err(failed)
}

/// The same chart as an SVG document of this size in units.
///
/// # Errors
/// `Internal` where plotters fails.
pub fn traffic_svg(
    traffic: &[Traffic],
    span: Span,
    style: &ChartStyle,
    size: (u32, u32),
) -> Result<String> {
    let mut svg = String::new();
    let backend = SVGBackend::with_string(&mut svg, size);
    draw_traffic(backend, traffic, span, style)?;
    Ok(svg)
}

fn failed(error: impl std::fmt::Display) -> NovaError {
    NovaError::internal(format!("the chart could not be drawn: {error}"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
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
}

struct Chart<'a, B: DrawingBackend> {
    area: &'a DrawingArea<B, Shift>,
    plot: DrawingArea<B, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    traffic: &'a [Traffic],
    span: Span,
    style: &'a ChartStyle,
    step: f64,
    /// Steps above and below the axis.
    steps: (u32, u32),
    /// Edges of the plot in pixels: left, top, right, bottom.
    edges: [i32; 4],
}

type Drawn<B> = DrawResult<(), B>;

impl<'a, B: DrawingBackend> Chart<'a, B> {
    fn new(
        area: &'a DrawingArea<B, Shift>,
        traffic: &'a [Traffic],
        span: Span,
        style: &'a ChartStyle,
    ) -> Self {
        let start = span.until - span.seconds;
        // One more sample at the left, so that the line enters at the edge.
        let first = traffic.partition_point(|sample| sample.at < start);
        let traffic = traffic.get(first.saturating_sub(1)..).unwrap_or_default();
        let most = |of: fn(&Traffic) -> f64| traffic.iter().map(of).fold(0.0, f64::max);
        let (received, sent) = (most(|sample| sample.received), most(|sample| sample.sent));
        // At most four steps for the larger side keep small charts readable.
        let step = step_at_least(received.max(sent).max(1000.0) / 4.0);
        let steps = [received, sent].map(|rate| {
            let needed = (rate / step).ceil().clamp(1.0, 4.0);
            (1..=4)
                .find(|steps| f64::from(*steps) >= needed)
                .unwrap_or(4)
        });
        let steps = (steps[0], steps[1]);
        let (width, height) = area.dim_in_pixel();
        let unit = |units: f64| pixels(units * style.scale);
        let edge = |length: u32, margin: f64| {
            let length = i32::try_from(length).unwrap_or(i32::MAX);
            (length - unit(margin * style.font_size)).max(1)
        };
        let edges = match style.is_bare {
            true => [0, 0, edge(width, 0.0), edge(height, 0.0)],
            false => [
                unit(6.2 * style.font_size),
                unit(0.8 * style.font_size),
                edge(width, 7.6),
                edge(height, 2.0),
            ],
        };
        let [left, top, right, bottom] = edges;
        let plot = area.clone().apply_coord_spec(Cartesian2d::new(
            start..span.until,
            -step * f64::from(steps.1)..step * f64::from(steps.0),
            (left..right.max(left + 1), bottom.max(top + 1)..top),
        ));
        Self {
            area,
            plot,
            traffic,
            span,
            style,
            step,
            steps,
            edges,
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

    /// Lines at each step and what they stand for.
    fn grid(&self) -> Drawn<B> {
        let [left, _, right, _] = self.edges;
        let (above, below) = (i64::from(self.steps.0), i64::from(self.steps.1));
        for step in -below..=above {
            let rate = self.step * f64::from(i32::try_from(step).unwrap_or(0));
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
    fn times(&self) -> Drawn<B> {
        let [.., bottom] = self.edges;
        let step = time_step(self.span.seconds);
        let mut back = 0.0;
        while back <= self.span.seconds {
            let x = self.plot.map_coordinate(&(self.span.until - back, 0.0)).0;
            let text = time_label(back);
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

    fn side(&self, side: Side) -> Drawn<B> {
        let (red, green, blue) = match side {
            Side::Received => self.style.received,
            Side::Sent => self.style.sent,
        };
        let colour = RGBColor(red, green, blue);
        let [left, _, right, _] = self.edges;
        let axis = self.plot.map_coordinate(&(self.span.until, 0.0)).1;
        for stretch in self.stretches() {
            let points: Vec<(i32, i32)> = stretch
                .iter()
                .map(|sample| self.plot.map_coordinate(&(sample.at, side.height(sample))))
                .collect();
            let points = clipped(&peaks(&points, axis), left, right);
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
    fn last_values(&self) -> Drawn<B> {
        let Some(last) = self.traffic.last() else {
            return Ok(());
        };
        // A value from before a gap is not what is carried now.
        if self.span.until - last.at > self.span.gap {
            return Ok(());
        }
        let [_, _, right, _] = self.edges;
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
}

/// Where several samples fall on one pixel, the one furthest from the axis.
fn peaks(points: &[(i32, i32)], axis: i32) -> Vec<(i32, i32)> {
    let columns = points.chunk_by(|a, b| a.0 == b.0);
    columns
        .filter_map(|column| column.iter().max_by_key(|point| (point.1 - axis).abs()))
        .copied()
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

#[allow(clippy::cast_possible_truncation)] // Pixels of a screen.
fn pixels(length: f64) -> i32 {
    length.round() as i32
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
    const STEPS: [f64; 11] = [
        5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
    ];
    let wanted = seconds / 6.0;
    let found = STEPS.into_iter().find(|step| *step >= wanted);
    found.unwrap_or_else(|| (wanted / 3600.0).ceil() * 3600.0)
}

fn time_label(back: f64) -> String {
    match back {
        back if back < 1.0 => "now".to_owned(),
        back if back < 120.0 => format!("−{back:.0} s"),
        back if back < 7200.0 => format!("−{:.0} min", back / 60.0),
        back => format!("−{:.0} h", back / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart_record::{Primitive, record};

    fn wave(count: u32) -> Vec<Traffic> {
        (0..count)
            .map(|at| {
                let at = f64::from(at);
                Traffic {
                    at,
                    received: 9e6 + 5e6 * (at / 7.0).sin() + 2e6 * (at / 2.3).cos(),
                    sent: 2e6 + 1.5e6 * (at / 5.0).cos(),
                }
            })
            .collect()
    }

    const MINUTE: Span = Span {
        until: 119.0,
        seconds: 60.0,
        gap: 1.5,
    };

    /// The samples alone, without anything behind them.
    fn drawn(traffic: &[Traffic], span: Span) -> Vec<Primitive> {
        let style = ChartStyle {
            background: None,
            ..ChartStyle::light()
        };
        record(traffic, span, &style, (600, 240)).unwrap()
    }

    fn fills(primitives: &[Primitive]) -> usize {
        let is_fill = |primitive: &&Primitive| matches!(primitive, Primitive::Polygon { .. });
        primitives.iter().filter(is_fill).count()
    }

    #[test]
    fn a_gap_is_drawn_as_a_gap() {
        let mut traffic = wave(120);
        let whole = drawn(&traffic, MINUTE);
        assert_eq!(fills(&whole), 2);
        traffic.retain(|sample| !(80.0..90.0).contains(&sample.at));
        let split = drawn(&traffic, MINUTE);
        assert_eq!(fills(&split), 4);
    }

    #[test]
    fn download_is_above_the_axis_and_upload_below() {
        let drawn = drawn(&wave(120), MINUTE);
        let height = |wanted: &str| {
            let is_wanted = |primitive: &&Primitive| primitive.words() == Some(wanted);
            match drawn.iter().find(is_wanted) {
                Some(Primitive::Text { at, .. }) => at.1,
                _ => panic!("{wanted} is not drawn"),
            }
        };
        assert!(height("15 Mb/s") < height("10 Mb/s"));
        assert!(height("10 Mb/s") < height("0"));
        assert!(height("↑ 2.35 Mb/s") > height("0"));
    }

    #[test]
    fn the_last_values_stand_at_the_right_edge() {
        let drawn = drawn(&wave(120), MINUTE);
        let texts: Vec<&str> = drawn.iter().filter_map(Primitive::words).collect();
        let arrows = texts.iter().filter(|text| text.starts_with(['↓', '↑']));
        assert_eq!(arrows.count(), 2, "{texts:?}");
        assert!(
            texts.contains(&"5 Mb/s") && texts.contains(&"now"),
            "{texts:?}"
        );
    }

    #[test]
    fn after_the_samples_stop_there_is_no_last_value() {
        let late = Span {
            until: 130.0,
            ..MINUTE
        };
        let drawn = drawn(&wave(120), late);
        assert!(
            drawn
                .iter()
                .filter_map(Primitive::words)
                .all(|text| !text.starts_with('↓'))
        );
    }

    #[test]
    fn nothing_is_drawn_beside_the_plot() {
        let drawn = drawn(&wave(120), MINUTE);
        for primitive in &drawn {
            if let Primitive::Line { points, .. } | Primitive::Polygon { points, .. } = primitive {
                assert!(
                    points
                        .iter()
                        .all(|(x, y)| (0..=600).contains(x) && (0..=240).contains(y))
                );
            }
        }
    }

    #[test]
    fn a_sparkline_is_curves_alone() {
        let style = ChartStyle {
            background: None,
            is_bare: true,
            ..ChartStyle::light()
        };
        let drawn = record(&wave(120), MINUTE, &style, (120, 24)).unwrap();
        assert_eq!(drawn.len(), 4, "two fills and two lines");
    }

    #[test]
    fn no_samples_and_no_room_are_no_error() {
        for size in [(600, 240), (1, 1), (0, 0), (40, 10)] {
            assert!(record(&[], MINUTE, &ChartStyle::light(), size).is_ok());
            assert!(record(&wave(5), MINUTE, &ChartStyle::light(), size).is_ok());
        }
    }

    #[test]
    fn the_report_is_well_formed() {
        let svg = traffic_svg(&wave(120), MINUTE, &ChartStyle::light(), (600, 240)).unwrap();
        let mut reader = quick_xml::Reader::from_str(&svg);
        while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    }

    /// Writes the chart where `NOVA_PICTURES` says, to be looked at.
    #[test]
    #[allow(clippy::disallowed_methods)] // A test that a person asks for pictures.
    fn the_chart_can_be_looked_at() {
        let Ok(folder) = std::env::var("NOVA_PICTURES") else {
            return;
        };
        let mut traffic = wave(120);
        traffic.retain(|sample| !(80.0..86.0).contains(&sample.at));
        let svg = traffic_svg(&traffic, MINUTE, &ChartStyle::light(), (720, 240)).unwrap();
        std::fs::write(format!("{folder}/chart.svg"), svg).unwrap();
    }
}
