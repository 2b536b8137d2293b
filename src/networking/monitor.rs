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
use crate::past::{History, Past};

/// Time between two samples.
const INTERVAL: Duration = Duration::from_secs(1);
/// Samples kept for each switch: a minute.
const CARRIED: usize = 60;
/// One sampler of all links, which remembers a week. Clones share it; it stops
/// with the last of them.
#[derive(Clone)]
pub struct Monitor {
    /// The rates now, and a notice of each newer sample. Empty at first: a rate
    /// needs two samples.
    pub rates: watch::Receiver<Arc<Rates>>,
    past: Arc<Shared>,
}

/// What is remembered, of links and of switches.
#[derive(Default)]
struct Shared {
    links: Mutex<Past>,
    switches: Mutex<Carried>,
}

/// A panic elsewhere leaves what is behind the lock whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What each switch carried in the last minute, in bit/s, oldest first.
#[derive(Default)]
struct Carried(HashMap<u32, VecDeque<f32>>);

impl Carried {
    /// Keeps the rates; switches that are gone are forgotten.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a chart needs no more than 24 bits"
    )]
    fn keep(&mut self, rates: &Rates) {
        self.0.retain(|index, _| rates.switches.contains_key(index));
        for (index, carried) in &rates.switches {
            let samples = self.0.entry(*index).or_default();
            if samples.len() >= CARRIED {
                samples.pop_front();
            }
            samples.push_back(*carried as f32);
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
        let past = Arc::new(Shared::default());
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
                        lock(&past.links).keep(&now);
                        lock(&past.switches).keep(&now);
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

    /// The last so many seconds of the link with this index, as fine as they
    /// are remembered: up to a quarter of an hour by the second, an hour by ten
    /// seconds, a day by the minute, a week by ten minutes.
    #[must_use]
    pub fn history(&self, index: u32, seconds: u64) -> History {
        let now = self.rates.borrow().at;
        lock(&self.past.links).history(index, seconds, now)
    }

    /// What the switch with this index has carried in the last minute: bit/s,
    /// a sample a second, oldest first. See [`Rates::switches`].
    #[must_use]
    pub fn carried(&self, index: u32) -> Vec<f32> {
        let switches = lock(&self.past.switches);
        let samples = switches.0.get(&index);
        samples.map_or_else(Vec::new, |samples| samples.iter().copied().collect())
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
    past: Weak<Shared>,
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
