// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Links by what they carry, busiest first, for the monitor page.

use nova::networking::{Monitor, Sample};
use nova_model::link::{Link, LinkKind};
use nova_model::name::printable;
use nova_model::rate::format_rate;
use nova_model::state::Snapshot;
use nova_model::topology::natural_order;

use crate::row::{Cell, Row};

/// Values of a link that is measured.
pub const TRAFFIC_ROLES: &[&str] = &["name", "linkIndex", "about", "symbol", "received", "sent"];

/// Samples of a minute.
const MINUTE: usize = 60;

/// All links that carry packets, the busiest of the last minute first. The
/// order is coarse, so that rows do not dance.
#[must_use]
pub fn talkers(snapshot: &Snapshot, monitor: &Monitor) -> Vec<Row> {
    let rates = monitor.rates.borrow().clone();
    let links = snapshot.host.links.values();
    let mut rows: Vec<(u32, String, Row)> = links
        .filter(|link| link.is_up && link.kind != LinkKind::Loopback)
        .filter_map(|link| {
            let now = rates.links.get(&link.index)?.rate;
            let busy = rank(&monitor.history(link.index));
            let name = link.name.to_string();
            let (about, symbol) = about(snapshot, link);
            let cells = vec![
                name.clone().into(),
                Cell::Whole(i32::try_from(link.index).unwrap_or(i32::MAX)),
                about.into(),
                symbol.into(),
                format_rate(now.received).into(),
                format_rate(now.sent).into(),
            ];
            Some((busy, name.clone(), Row::new(name, cells)))
        })
        .collect();
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| natural_order(&a.1, &b.1)));
    rows.into_iter().map(|(_, _, row)| row).collect()
}

/// The tenfold of 10 kb/s that the last minute carried on average, 0 below.
fn rank(samples: &[Sample]) -> u32 {
    let minute = samples.iter().rev().take(MINUTE);
    let sum: f64 = minute
        .map(|sample| f64::from(sample.received) + f64::from(sample.sent))
        .sum();
    let mut mean = sum / 60.0;
    let mut rank = 0;
    while mean >= 10_000.0 {
        mean /= 10.0;
        rank += 1;
    }
    rank
}

/// Whose link it is, and the icon of that.
fn about(snapshot: &Snapshot, link: &Link) -> (String, &'static str) {
    if let Some((machine, _)) = snapshot.machine_of_tap(link) {
        return (printable(&machine.name), "computer-symbolic");
    }
    if let Some(network) = snapshot.network_of_bridge(link) {
        return (printable(&network.name), "cloudstatus");
    }
    let symbol = match link.kind {
        LinkKind::Bridge | LinkKind::OpenVSwitch => crate::view::SWITCH_ICON,
        LinkKind::Wireless => "network-wireless-symbolic",
        _ => "network-wired-symbolic",
    };
    let word = match link.is_uplink_like() && link.kind == LinkKind::Veth {
        true => LinkKind::Physical.word(),
        false => link.kind.word(),
    };
    (word, symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(rate: f32) -> Vec<Sample> {
        let sample = |at| Sample {
            at,
            received: rate,
            sent: 0.0,
        };
        (0..60).map(sample).collect()
    }

    #[test]
    fn a_rank_is_a_tenfold() {
        assert_eq!(rank(&samples(500.0)), 0);
        assert_eq!(rank(&samples(20_000.0)), 1);
        assert_eq!(rank(&samples(30_000_000.0)), 4);
        assert_eq!(rank(&[]), 0);
    }
}
