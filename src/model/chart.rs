// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The chart of a link's traffic: download above the axis, upload below.
//!
//! One function draws on whatever plotters can draw on: SVG for reports,
//! [`crate::chart_record`] for the window.

use plotters::prelude::*;

use crate::chart_draw::{Chart, Side};
use crate::error::{NovaError, Result};

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
    /// The time that is pointed at, in seconds of the same clock.
    pub cursor: Option<f64>,
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
    if style.is_bare {
        // The same line for every link where it is idle.
        chart.axis().map_err(failed)?;
    } else {
        chart.grid().map_err(failed)?;
        chart.times().map_err(failed)?;
    }
    for side in [Side::Received, Side::Sent] {
        chart.side(side).map_err(failed)?;
    }
    if !style.is_bare {
        chart.last_values().map_err(failed)?;
        chart.cursor().map_err(failed)?;
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
        cursor: None,
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
    fn the_cursor_marks_both_values_of_the_nearest_sample() {
        let at = |cursor| {
            let drawn = drawn(&wave(120), Span { cursor, ..MINUTE });
            drawn.len()
        };
        // A line and two dots.
        assert_eq!(at(Some(80.2)), at(None) + 3);
        // Nothing was measured then.
        assert_eq!(at(Some(500.0)), at(None));
    }

    #[test]
    fn a_week_counts_in_days() {
        let week = Span {
            until: 604_800.0,
            seconds: 604_800.0,
            gap: 900.0,
            cursor: None,
        };
        let drawn = drawn(&[], week);
        let texts: Vec<&str> = drawn.iter().filter_map(Primitive::words).collect();
        assert!(
            texts.contains(&"−1 d") && texts.contains(&"−7 d"),
            "{texts:?}"
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
    fn a_sparkline_is_an_axis_and_what_rises_from_it() {
        let style = ChartStyle {
            background: None,
            // Finer than the screen, as the window has it drawn.
            scale: 4.0,
            is_bare: true,
            ..ChartStyle::light()
        };
        // High enough that the wave nowhere comes down to the axis.
        let drawn = record(&wave(120), MINUTE, &style, (480, 960)).unwrap();
        assert_eq!(drawn.len(), 5, "an axis, two fills and two lines");
        let mut idle = wave(120);
        for sample in &mut idle {
            (sample.received, sample.sent) = (0.0, 900.0);
        }
        let drawn = record(&idle, MINUTE, &style, (480, 96)).unwrap();
        assert_eq!(drawn.len(), 1, "an axis alone");
        idle[60].received = 1e6;
        let drawn = record(&idle, MINUTE, &style, (480, 96)).unwrap();
        assert_eq!(drawn.len(), 3, "an axis, and a peak with its feet");
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
