// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What links have carried: the last minutes by the second, the last week ever
//! more coarsely, in bounded memory. Pure: samples come in with their times.

use std::collections::{HashMap, VecDeque};

use crate::meter::Rates;

/// What a link carried on average in one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970 when the period ended.
    pub at: u64,
    /// Bit/s received.
    pub received: f32,
    /// Bit/s sent.
    pub sent: f32,
}

/// A stretch of the past of one link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The samples, oldest first. Where nothing was measured there are none.
    pub samples: Vec<Sample>,
    /// Seconds of the period of each. Two samples further apart than one and a
    /// half periods have a gap between them.
    pub period: f64,
    /// Milliseconds since 1970 since when the link is watched, 0 for a link
    /// that never was.
    pub since: u64,
}

/// How fine and how long one ring remembers.
struct Tier {
    /// Milliseconds of a period.
    period: u64,
    /// Periods kept.
    kept: usize,
}

impl Tier {
    /// Seconds it reaches back.
    const fn reach(&self) -> u64 {
        self.period * self.kept as u64 / 1000
    }
}

/// A quarter of an hour by the second, an hour by ten seconds, a day by the
/// minute, a week by ten minutes: at most 60 kB for each link.
const TIERS: [Tier; 4] = [
    Tier {
        period: 1000,
        kept: 900,
    },
    Tier {
        period: 10_000,
        kept: 360,
    },
    Tier {
        period: 60_000,
        kept: 1440,
    },
    Tier {
        period: 600_000,
        kept: 1008,
    },
];

/// One tier of one link. The period under way is kept as a sum.
#[derive(Clone, Debug, Default)]
struct Ring {
    done: VecDeque<Sample>,
    /// Number of the period under way since 1970.
    period: u64,
    received: f64,
    sent: f64,
    count: u32,
    /// When its last sample came.
    last: u64,
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a chart needs no more than 24 bits"
)]
impl Ring {
    fn keep(&mut self, tier: &Tier, at: u64, received: f64, sent: f64) {
        let period = at / tier.period;
        if period != self.period {
            let end = (self.period + 1).saturating_mul(tier.period);
            if let Some(mean) = self.mean(end) {
                if self.done.len() >= tier.kept {
                    self.done.pop_front();
                }
                self.done.push_back(mean);
            }
            (self.received, self.sent, self.count) = (0.0, 0.0, 0);
            self.period = period;
        }
        self.received += received;
        self.sent += sent;
        self.count += 1;
        self.last = at;
    }

    /// The mean of the period under way.
    fn mean(&self, at: u64) -> Option<Sample> {
        let count = f64::from(self.count);
        (self.count > 0).then(|| Sample {
            at,
            received: (self.received / count) as f32,
            sent: (self.sent / count) as f32,
        })
    }

    /// What came after this time, the period under way last.
    fn after(&self, from: u64) -> Vec<Sample> {
        let first = self.done.partition_point(|sample| sample.at < from);
        let mut samples: Vec<Sample> = self.done.range(first..).copied().collect();
        samples.extend(self.mean(self.last));
        samples
    }
}

/// The rings of one link.
#[derive(Clone, Debug, Default)]
struct Track {
    since: u64,
    seconds: VecDeque<Sample>,
    rings: [Ring; TIERS.len() - 1],
}

/// The past of all links.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    tracks: HashMap<u32, Track>,
}

impl Past {
    /// Keeps the rates; links that are gone are forgotten. A sample without a
    /// time it is taken over has no rates.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a chart needs no more than 24 bits"
    )]
    pub(crate) fn keep(&mut self, rates: &Rates) {
        self.tracks
            .retain(|index, _| rates.links.contains_key(index));
        if rates.seconds <= 0.0 {
            return;
        }
        let [first, coarse @ ..] = &TIERS;
        for (index, link) in &rates.links {
            let track = self.tracks.entry(*index).or_insert_with(|| Track {
                since: rates.at,
                ..Track::default()
            });
            if track.seconds.len() >= first.kept {
                track.seconds.pop_front();
            }
            let (received, sent) = (link.rate.received, link.rate.sent);
            track.seconds.push_back(Sample {
                at: rates.at,
                received: received as f32,
                sent: sent as f32,
            });
            for (ring, tier) in track.rings.iter_mut().zip(coarse) {
                ring.keep(tier, rates.at, received, sent);
            }
        }
    }

    /// The last so many seconds of this link before `now` (milliseconds since
    /// 1970), as fine as they are remembered.
    pub(crate) fn history(&self, index: u32, seconds: u64, now: u64) -> History {
        let [first, coarse @ ..] = &TIERS;
        let fits = |tier: &&Tier| tier.reach() >= seconds;
        let Some(track) = self.tracks.get(&index) else {
            return History::default();
        };
        let from = |tier: &Tier| now.saturating_sub(seconds * 1000 + 2 * tier.period);
        let (tier, samples) = match coarse.iter().zip(&track.rings).find(|(tier, _)| fits(tier)) {
            _ if fits(&first) => {
                let from = from(first);
                let at = track.seconds.partition_point(|sample| sample.at < from);
                (first, track.seconds.range(at..).copied().collect())
            }
            Some((tier, ring)) => (tier, ring.after(from(tier))),
            None => {
                let [.., tier] = &TIERS;
                let [.., ring] = &track.rings;
                (tier, ring.after(from(tier)))
            }
        };
        #[allow(clippy::cast_precision_loss, reason = "a period is a small number")]
        History {
            samples,
            period: tier.period as f64 / 1000.0,
            since: track.since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::{LinkRate, Throughput};
    use nova_host::stats::LinkCounters;

    /// A moment at which a period of each tier begins, in milliseconds.
    const START: u64 = 600_000_000;

    fn rates(index: u32, at: u64, received: f64) -> Rates {
        let link = LinkRate {
            name: "eth0".into(),
            rate: Throughput {
                received,
                sent: 1.0,
            },
            received_packets: 0.0,
            sent_packets: 0.0,
            drops: 0.0,
            errors: 0.0,
            counters: LinkCounters::default(),
        };
        Rates {
            at,
            seconds: 1.0,
            links: [(index, link)].into(),
            ..Rates::default()
        }
    }

    fn after(seconds: u64) -> (Past, u64) {
        let mut past = Past::default();
        for second in 1..=seconds {
            let received = f64::from(u32::try_from(second % 10).unwrap());
            past.keep(&rates(1, START + second * 1000, received));
        }
        (past, START + seconds * 1000)
    }

    #[test]
    fn the_last_minutes_are_kept_by_the_second() {
        let (past, now) = after(2000);
        let minute = past.history(1, 60, now);
        assert_eq!(minute.period, 1.0);
        assert_eq!(minute.samples.len(), 63);
        assert_eq!(minute.samples.last().unwrap().at, now);
        assert_eq!(past.history(1, 900, now).samples.len(), 900);
    }

    #[test]
    fn an_hour_is_kept_by_ten_seconds_with_their_mean() {
        let (past, now) = after(5000);
        let hour = past.history(1, 3600, now);
        assert_eq!(hour.period, 10.0);
        assert_eq!(hour.samples.len(), 361);
        let inner = &hour.samples[1..360];
        assert!(
            inner
                .iter()
                .all(|sample| (sample.received - 4.5).abs() < 1e-6)
        );
        assert!(
            inner
                .windows(2)
                .all(|pair| pair[1].at - pair[0].at == 10_000)
        );
    }

    #[test]
    fn the_period_under_way_is_shown_up_to_now() {
        let (past, now) = after(3725);
        let week = past.history(1, 7 * 86_400, now);
        assert_eq!(week.period, 600.0);
        assert_eq!(week.samples.len(), 7);
        assert_eq!(week.samples.last().unwrap().at, now);
    }

    #[test]
    fn a_day_and_a_week_are_bounded() {
        let mut past = Past::default();
        let mut now = START;
        for _ in 0..20_000 {
            now += 60_000;
            past.keep(&rates(1, now, 1.0));
        }
        assert!(past.history(1, 86_400, now).samples.len() <= 1441);
        assert!(past.history(1, 7 * 86_400, now).samples.len() <= 1009);
        // Longer than anything kept: what there is.
        assert_eq!(past.history(1, 90 * 86_400, now).period, 600.0);
    }

    #[test]
    fn time_without_samples_has_none_in_any_tier() {
        let mut past = Past::default();
        for second in (1..=100).chain(1000..=1100) {
            past.keep(&rates(1, START + second * 1000, 1.0));
        }
        let hour = past.history(1, 3600, START + 1_100_000);
        let gap = hour.samples.windows(2).map(|pair| pair[1].at - pair[0].at);
        assert_eq!(gap.max(), Some(900_000));
    }

    #[test]
    fn it_says_since_when_and_forgets_links_that_are_gone() {
        let (mut past, now) = after(30);
        assert_eq!(past.history(1, 60, now).since, START + 1000);
        past.keep(&rates(2, now + 1000, 1.0));
        assert_eq!(past.history(1, 60, now), History::default());
        assert_eq!(past.history(2, 60, now).since, now + 1000);
    }

    #[test]
    fn a_sample_without_a_time_before_has_no_rate_to_keep() {
        let mut past = Past::default();
        let first = Rates {
            seconds: 0.0,
            ..rates(1, START, 0.0)
        };
        past.keep(&first);
        assert_eq!(past.history(1, 60, START), History::default());
    }
}
