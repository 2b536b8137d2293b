// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a chart of the window shows, without Qt.

use nova::networking::{Monitor, Sample};
use nova_model::chart::{Span, Traffic};

/// Which link and how much of its past.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Source {
    /// Index of the link.
    pub link: u32,
    /// Seconds of the past.
    pub seconds: f64,
}

/// Samples of a link at the time they were read.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    /// Where they come from.
    pub source: Source,
    /// The samples, oldest first.
    pub traffic: Vec<Traffic>,
    /// The time of the newest sample of all links, in seconds since 1970.
    pub until: f64,
    /// Seconds between two samples.
    pub period: f64,
    /// Since when the link is watched, in seconds since 1970; 0 for never.
    pub since: f64,
}

impl Drawing {
    /// The time the chart shows; `cursor` is the time that is pointed at.
    #[must_use]
    pub fn span(&self, cursor: Option<f64>) -> Span {
        Span {
            until: self.until,
            seconds: self.source.seconds.max(1.0),
            gap: self.period.max(1.0) * 1.5,
            cursor,
        }
    }

    /// Whether the link has been watched for less than the chart shows.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.since > self.until - self.source.seconds + 2.0 * self.period
    }
}

/// Reads what a chart shows now.
#[must_use]
pub fn read(monitor: &Monitor, source: Source) -> Drawing {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast to an integer saturates"
    )]
    let history = monitor.history(source.link, source.seconds as u64);
    Drawing {
        source,
        traffic: history.samples.iter().map(traffic).collect(),
        until: seconds(monitor.rates.borrow().at),
        period: history.period,
        since: seconds(history.since),
    }
}

fn traffic(sample: &Sample) -> Traffic {
    Traffic {
        at: seconds(sample.at),
        received: f64::from(sample.received),
        sent: f64::from(sample.sent),
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "milliseconds stay exact for ages"
)]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_short_until_its_range_has_passed() {
        let mut drawing = Drawing {
            source: Source {
                link: 1,
                seconds: 3600.0,
            },
            until: 10_000.0,
            period: 10.0,
            since: 9_000.0,
            ..Drawing::default()
        };
        assert!(drawing.is_short());
        drawing.since = 6_000.0;
        assert!(!drawing.is_short());
    }
}
