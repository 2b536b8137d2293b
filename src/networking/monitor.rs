// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What all links carry, sampled once a second for everybody who looks.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nova_host::stats::Sampler;
use nova_model::state::Snapshot;
use nova_model::{NovaError, Result};
use tokio::sync::watch;

use crate::meter::{Meter, Rates};

/// Time between two samples.
const INTERVAL: Duration = Duration::from_secs(1);
/// Samples kept for each link: fifteen minutes.
const KEPT: usize = 900;

/// What a link carried in one second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970 when it was taken. A gap to the sample before
    /// of more than 1.5 s is a gap.
    pub at: u64,
    /// Bit/s received.
    pub received: f32,
    /// Bit/s sent.
    pub sent: f32,
}

/// One sampler of all links, with fifteen minutes of the past. Clones share
/// it; it stops with the last of them.
#[derive(Clone)]
pub struct Monitor {
    /// The rates now, and a notice of each newer sample. Empty at first: a rate
    /// needs two samples.
    pub rates: watch::Receiver<Arc<Rates>>,
    past: Arc<Past>,
}

#[derive(Default)]
struct Past(Mutex<HashMap<u32, VecDeque<Sample>>>);

impl Past {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, VecDeque<Sample>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the rates; links that are gone are forgotten.
    fn keep(&self, rates: &Rates) {
        let mut past = self.lock();
        past.retain(|index, _| rates.links.contains_key(index));
        for (index, link) in &rates.links {
            let samples = past.entry(*index).or_default();
            if samples.len() >= KEPT {
                samples.pop_front();
            }
            #[allow(
                clippy::cast_possible_truncation,
                reason = "a chart needs no more than 24 bits"
            )]
            samples.push_back(Sample {
                at: rates.at,
                received: link.rate.received as f32,
                sent: link.rate.sent as f32,
            });
        }
    }
}

impl Monitor {
    /// Begins to sample in a thread of its own. Names and kinds of links are
    /// taken from `snapshots`.
    ///
    /// # Errors
    /// `Internal` where the kernel gives no counters or no thread can be had.
    pub(crate) fn start(snapshots: watch::Receiver<Arc<Snapshot>>) -> Result<Self> {
        let mut sampler = Sampler::new()?;
        let (publisher, rates) = watch::channel(Arc::new(Rates::default()));
        let past = Arc::new(Past::default());
        let kept = Arc::downgrade(&past);
        let run = move || {
            let started = Instant::now();
            let mut meter = Meter::default();
            let mut due = started;
            while let Some(past) = Weak::upgrade(&kept) {
                match sampler.sample() {
                    Ok(sample) => {
                        let snapshot = Arc::clone(&snapshots.borrow());
                        let now =
                            meter.feed(&sample, &snapshot.host, started.elapsed(), time_of_day());
                        past.keep(&now);
                        publisher.send_replace(Arc::new(now));
                    }
                    Err(error) => tracing::warn!("{error}"),
                }
                drop(past);
                due += INTERVAL;
                match due.checked_duration_since(Instant::now()) {
                    Some(rest) => std::thread::sleep(rest),
                    // The machine slept or is overloaded: do not catch up.
                    None => due = Instant::now(),
                }
            }
        };
        std::thread::Builder::new()
            .name("sampler".to_owned())
            .spawn(run)
            .map_err(|error| NovaError::internal(format!("no thread for counters: {error}")))?;
        Ok(Self { rates, past })
    }

    /// The last fifteen minutes of the link with this index, oldest first.
    #[must_use]
    pub fn history(&self, index: u32) -> Vec<Sample> {
        let past = self.past.lock();
        past.get(&index)
            .map(|samples| samples.iter().copied().collect())
            .unwrap_or_default()
    }

    /// This monitor without keeping it running.
    pub(crate) fn downgrade(&self) -> IdleMonitor {
        IdleMonitor {
            rates: self.rates.clone(),
            past: Arc::downgrade(&self.past),
        }
    }
}

/// A monitor that runs only while somebody else holds it.
pub(crate) struct IdleMonitor {
    rates: watch::Receiver<Arc<Rates>>,
    past: Weak<Past>,
}

impl IdleMonitor {
    /// The monitor, where it still runs.
    pub(crate) fn upgrade(&self) -> Option<Monitor> {
        Some(Monitor {
            rates: self.rates.clone(),
            past: self.past.upgrade()?,
        })
    }
}

/// Milliseconds since 1970.
fn time_of_day() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// The counters of one interface, by the names of the feature document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkStats {
    /// Name of the interface.
    pub interface: String,
    /// Seconds since 1970 when it was counted.
    pub timestamp: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets received broken.
    pub rx_errors: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
}

/// The rate of one interface at one moment, by the names of the feature
/// document.
#[derive(Clone, Debug, PartialEq)]
pub struct BandwidthUsage {
    /// Name of the interface.
    pub interface: String,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Bit/s received.
    pub rx_rate: f64,
    /// Bit/s sent.
    pub tx_rate: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::{LinkRate, Throughput};
    use nova_host::stats::LinkCounters;

    fn rates(index: u32, at: u64) -> Rates {
        let link = LinkRate {
            name: "eth0".into(),
            rate: Throughput {
                received: 8.0,
                sent: 0.0,
            },
            received_packets: 0.0,
            sent_packets: 0.0,
            drops: 0.0,
            errors: 0.0,
            counters: LinkCounters::default(),
        };
        Rates {
            at,
            links: [(index, link)].into(),
            ..Rates::default()
        }
    }

    #[test]
    fn the_past_is_bounded_and_forgets_links_that_are_gone() {
        let past = Past::default();
        for at in 0..1000 {
            past.keep(&rates(1, at));
        }
        assert_eq!(past.lock()[&1].len(), KEPT);
        assert_eq!(past.lock()[&1][0].at, 100);
        past.keep(&rates(2, 1000));
        assert_eq!(past.lock().keys().collect::<Vec<_>>(), [&2]);
    }
}
