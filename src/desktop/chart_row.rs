// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Links with what they carry, for the monitor page.

use nova::networking::{LinkRate, Rates};
use nova_model::link::{Link, LinkKind};
use nova_model::name::printable;
use nova_model::rate::format_rate;
use nova_model::state::Snapshot;
use nova_model::topology::natural_order;

use crate::row::{Cell, Row};

/// Values of a link that is measured.
pub const TRAFFIC_ROLES: &[&str] = &["name", "linkIndex", "about", "symbol", "received", "sent"];

/// Values of a link among the busiest.
pub const TALKER_ROLES: &[&str] = &[
    "name",
    "about",
    "symbol",
    "received",
    "sent",
    "rate",
    "receivedPart",
    "sentPart",
];

/// So many of the busiest links are shown.
const MOST: usize = 5;

/// Bit/s from which a link counts as busy.
const BUSY: f64 = 1000.0;

/// All links that carry packets, by name.
#[must_use]
pub fn links(snapshot: &Snapshot, rates: &Rates) -> Vec<Row> {
    let mut rows: Vec<Row> = measured(snapshot, rates)
        .map(|(link, measured)| {
            let now = measured.rate;
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
            Row::new(name, cells)
        })
        .collect();
    rows.sort_by(|a, b| natural_order(&a.key, &b.key));
    rows
}

/// The links that carry most now, the busiest first. A row is its rank, so
/// that a link that overtakes another moves no row.
#[must_use]
pub fn talkers(snapshot: &Snapshot, rates: &Rates) -> Vec<Row> {
    let mut busy: Vec<(&Link, &LinkRate)> = measured(snapshot, rates)
        .filter(|(_, measured)| measured.rate.sum() >= BUSY)
        .collect();
    busy.sort_by(|(a, left), (b, right)| {
        let order = right.rate.sum().total_cmp(&left.rate.sum());
        order.then_with(|| natural_order(&a.name.to_string(), &b.name.to_string()))
    });
    busy.truncate(MOST);
    let most = busy.first().map_or(1.0, |(_, first)| first.rate.sum());
    busy.into_iter()
        .enumerate()
        .map(|(rank, (link, measured))| {
            let now = measured.rate;
            let (about, symbol) = about(snapshot, link);
            let cells = vec![
                link.name.to_string().into(),
                about.into(),
                symbol.into(),
                format_rate(now.received).into(),
                format_rate(now.sent).into(),
                format_rate(now.sum()).into(),
                Cell::Number(now.received / most),
                Cell::Number(now.sent / most),
            ];
            Row::new(rank.to_string(), cells)
        })
        .collect()
}

/// The links that can carry packets, with what they carry.
fn measured<'a>(
    snapshot: &'a Snapshot,
    rates: &'a Rates,
) -> impl Iterator<Item = (&'a Link, &'a LinkRate)> {
    let links = snapshot.host.links.values();
    links
        .filter(|link| link.is_up && link.kind != LinkKind::Loopback)
        .filter_map(|link| Some((link, rates.links.get(&link.index)?)))
}

/// Whose link it is, and the icon of that.
fn about(snapshot: &Snapshot, link: &Link) -> (String, &'static str) {
    if let Some((machine, _)) = snapshot.machine_of_tap(link) {
        return (printable(&machine.name), "computer-symbolic");
    }
    if let Some(network) = snapshot.network_of_bridge(link) {
        return (
            printable(&network.name),
            crate::view::network_icon(network.forward),
        );
    }
    let symbol = match link.kind {
        LinkKind::Bridge | LinkKind::OpenVSwitch => crate::view::SWITCH_ICON,
        _ => crate::card::symbol(&link.kind),
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
    use crate::fixture;
    use nova::networking::{LinkCounters, Throughput};

    /// eth0 (2) carries most, then vnet0 (20); br0 (10) nothing.
    fn rates() -> Rates {
        let link = |name: &str, received: f64| LinkRate {
            name: name.into(),
            rate: Throughput {
                received,
                sent: received / 4.0,
            },
            received_packets: 0.0,
            sent_packets: 0.0,
            drops: 0.0,
            errors: 0.0,
            counters: LinkCounters::default(),
        };
        Rates {
            links: [
                (2, link("eth0", 8e6)),
                (10, link("br0", 0.0)),
                (20, link("vnet0", 4e6)),
            ]
            .into(),
            ..Rates::default()
        }
    }

    #[test]
    fn every_row_has_a_value_for_each_role() {
        let (host, rates) = (fixture::small(), rates());
        for (rows, roles) in [
            (links(&host, &rates), TRAFFIC_ROLES),
            (talkers(&host, &rates), TALKER_ROLES),
        ] {
            assert!(!rows.is_empty());
            assert!(rows.iter().all(|row| row.cells.len() == roles.len()));
        }
    }

    #[test]
    fn all_links_stand_by_name_whatever_they_carry() {
        let rows = links(&fixture::small(), &rates());
        let names: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(names, ["br0", "eth0", "vnet0"]);
    }

    #[test]
    fn the_busiest_is_first_and_idle_links_are_no_talkers() {
        let rows = talkers(&fixture::small(), &rates());
        let names: Vec<&Cell> = rows.iter().map(|row| &row.cells[0]).collect();
        assert_eq!(names, [&Cell::from("eth0"), &Cell::from("vnet0")]);
        let bar = |row: usize| rows[row].cells[6..].to_vec();
        assert_eq!(bar(0), [Cell::Number(0.8), Cell::Number(0.2)]);
        assert_eq!(bar(1), [Cell::Number(0.4), Cell::Number(0.1)]);
    }
}
