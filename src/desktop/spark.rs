// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a [`crate::sparkline`] draws, without Qt.

use nova::networking::Monitor;

/// Seconds that are shown.
const SPAN: usize = 60;
/// Bit/s at the top of a line that carries hardly anything: noise stays low.
const CALM: f32 = 10_000.0;

/// What a switch or another link carried in the last minute, in bit/s, oldest
/// first. Shorter where it is younger; empty where it carried nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spark(pub Vec<f32>);

impl Spark {
    /// Reads what the switch or the link with this index has carried.
    #[must_use]
    pub fn read(monitor: &Monitor, index: u32) -> Self {
        let mut carried = monitor.carried(index);
        if carried.is_empty() {
            let past = monitor.history(index, SPAN as u64).samples;
            let first = past.len().saturating_sub(SPAN);
            let samples = past.iter().skip(first);
            carried.extend(samples.map(|sample| sample.received + sample.sent));
        }
        if carried.iter().all(|rate| *rate == 0.0) {
            carried.clear();
        }
        Self(carried)
    }
}

/// The line through a field of this width and height as x, y, x, y, …, the
/// newest sample at its right edge, `margin` kept free above and below. Empty
/// where there is nothing to draw.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "pixels of a row"
)]
pub fn trace(spark: &Spark, width: f64, height: f64, margin: f64) -> Vec<i32> {
    let Spark(rates) = spark;
    let top = rates.iter().copied().fold(CALM, f32::max);
    let step = width / (SPAN - 1) as f64;
    let place = |at: usize| width - (rates.len() - 1 - at) as f64 * step;
    let level = |rate: f32| height - margin - f64::from(rate / top) * (height - 2.0 * margin);
    rates
        .iter()
        .enumerate()
        .flat_map(|(at, rate)| [place(at).round() as i32, level(*rate).round() as i32])
        .collect()
}

/// The outline of what lies between the line and the floor.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "pixels of a row")]
pub fn outline(line: &[i32], height: f64) -> Vec<i32> {
    let floor = height.round() as i32;
    let mut outline = line.to_vec();
    if let ([first, ..], [.., last, _]) = (line, line) {
        outline.extend([*last, floor, *first, floor]);
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_sample_is_at_the_right_and_the_highest_at_the_top() {
        let line = trace(&Spark(vec![0.0, 50_000.0, 100_000.0]), 590.0, 100.0, 10.0);
        assert_eq!(line, [570, 90, 580, 50, 590, 10]);
    }

    #[test]
    fn a_whisper_stays_near_the_floor() {
        let line = trace(&Spark(vec![100.0]), 590.0, 100.0, 0.0);
        assert_eq!(line, [590, 99]);
    }

    #[test]
    fn the_outline_closes_along_the_floor() {
        assert_eq!(outline(&[1, 5, 2, 4], 9.0), [1, 5, 2, 4, 2, 9, 1, 9]);
    }

    #[test]
    fn nothing_carried_draws_nothing() {
        assert!(trace(&Spark::default(), 590.0, 100.0, 10.0).is_empty());
    }
}
