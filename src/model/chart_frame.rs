// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The frame of a traffic chart: where its plot lies and what a step of its
//! axis stands for.

use crate::chart::{ChartStyle, Span, Traffic};
use crate::rate::step_at_least;

/// Most steps on one side of the axis; more would crowd a small chart.
const STEPS: u32 = 4;

/// Edges and scale of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Edges of the plot in pixels: left, top, right, bottom.
    pub edges: [i32; 4],
    /// Bit/s of a step.
    pub step: f64,
    /// Steps above and below the axis.
    pub steps: (u32, u32),
}

impl Frame {
    /// The frame for this traffic on a canvas of this size in pixels.
    #[must_use]
    pub fn of(traffic: &[Traffic], style: &ChartStyle, size: (u32, u32)) -> Self {
        let most = |of: fn(&Traffic) -> f64| traffic.iter().map(of).fold(0.0, f64::max);
        let (received, sent) = (most(|sample| sample.received), most(|sample| sample.sent));
        // A sparkline has no scale to tell a keep-alive from a download.
        let least = if style.is_bare { 100_000.0 } else { 1000.0 };
        let step = step_at_least(received.max(sent).max(least) / f64::from(STEPS));
        let needed = |rate: f64| {
            let needed = (rate / step).ceil().clamp(1.0, f64::from(STEPS));
            let fits = |steps: &u32| f64::from(*steps) >= needed;
            (1..=STEPS).find(fits).unwrap_or(STEPS)
        };
        let unit = |units: f64| pixels(units * style.scale);
        let (width, height) = size;
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
        Self {
            edges,
            step,
            steps: (needed(received), needed(sent)),
        }
    }

    /// The time at this distance from the left edge of the canvas, `None`
    /// beside the plot.
    #[must_use]
    pub fn time_at(&self, x: i32, span: Span) -> Option<f64> {
        let [left, _, right, _] = self.edges;
        let is_inside = left < right && (left..=right).contains(&x);
        let part = f64::from(right - x) / f64::from((right - left).max(1));
        is_inside.then_some(span.until - span.seconds * part)
    }

    /// The distance of this time from the left edge of the canvas.
    #[must_use]
    pub fn x_of(&self, time: f64, span: Span) -> i32 {
        let [left, _, right, _] = self.edges;
        let part = (span.until - time) / span.seconds.max(1e-9);
        right - pixels(f64::from(right - left) * part)
    }
}

/// The sample nearest to this time; `None` where the next is a gap away.
#[must_use]
pub fn nearest(traffic: &[Traffic], at: f64, gap: f64) -> Option<Traffic> {
    let distance = |sample: &Traffic| (sample.at - at).abs();
    let nearest = traffic
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.copied().filter(|sample| distance(sample) <= gap)
}

/// Whole pixels of a length in pixels.
#[allow(clippy::cast_possible_truncation)] // Pixels of a screen.
pub(crate) fn pixels(length: f64) -> i32 {
    length.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span {
        until: 100.0,
        seconds: 60.0,
        gap: 1.5,
        cursor: None,
    };

    fn sample(at: f64) -> Traffic {
        Traffic {
            at,
            received: 9e6,
            sent: 2e6,
        }
    }

    #[test]
    fn steps_are_one_two_or_five() {
        let frame = Frame::of(&[sample(1.0)], &ChartStyle::light(), (600, 240));
        assert!((frame.step - 5e6).abs() < 1e-6);
        assert_eq!(frame.steps, (2, 1));
    }

    #[test]
    fn a_sparkline_leaves_keep_alives_small() {
        let style = ChartStyle {
            is_bare: true,
            ..ChartStyle::light()
        };
        let quiet = Traffic {
            at: 1.0,
            received: 400.0,
            sent: 0.0,
        };
        let frame = Frame::of(&[quiet], &style, (120, 24));
        assert!(frame.step >= 25_000.0);
    }

    #[test]
    fn a_place_on_the_plot_is_a_time_and_back() {
        let frame = Frame::of(&[], &ChartStyle::light(), (600, 240));
        let [left, _, right, _] = frame.edges;
        assert_eq!(frame.time_at(right, SPAN), Some(100.0));
        assert_eq!(frame.time_at(left, SPAN), Some(40.0));
        assert_eq!(frame.time_at(left - 1, SPAN), None);
        for x in [left, left + 37, right] {
            let time = frame.time_at(x, SPAN).unwrap();
            assert_eq!(frame.x_of(time, SPAN), x);
        }
    }

    #[test]
    fn a_gap_has_no_nearest_sample() {
        let traffic = [sample(10.0), sample(11.0), sample(30.0)];
        assert_eq!(nearest(&traffic, 10.8, 1.5), Some(sample(11.0)));
        assert_eq!(nearest(&traffic, 20.0, 1.5), None);
        assert_eq!(nearest(&[], 20.0, 1.5), None);
    }
}
