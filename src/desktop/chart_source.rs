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
}

impl Drawing {
    /// The time the chart shows.
    #[must_use]
    pub fn span(&self) -> Span {
        Span {
            until: self.until,
            seconds: self.source.seconds.max(1.0),
            // Samples come each second.
            gap: 1.5,
        }
    }
}

/// Reads what a chart shows now.
#[must_use]
pub fn read(monitor: &Monitor, source: Source) -> Drawing {
    let until = seconds(monitor.rates.borrow().at);
    let from = until - source.seconds - 2.0;
    let samples = monitor.history(source.link);
    Drawing {
        source,
        traffic: samples
            .iter()
            .map(traffic)
            .filter(|one| one.at >= from)
            .collect(),
        until,
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
