// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Cards, bonds and sub-interfaces of the host as rows of a list.

use nova::networking::Rates;
use nova_model::bandwidth::BitRate;
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::rate::format_rate;
use nova_model::state::Snapshot;

use crate::card::{self, above, cards, chip, is_in_use, members};
use crate::row::{Cell, Row};
use crate::switch_row::{addresses, counted};

/// Values of a row of [`host_cards`].
pub const HOST_CARD_ROLES: &[&str] = &[
    "name",
    "symbol",
    "facts",
    "rate",
    "chip",
    "chipKind",
    "linkIndex",
];

/// All of them, by name.
#[must_use]
pub fn host_cards(snapshot: &Snapshot, rates: Option<&Rates>) -> Vec<Row> {
    let cards = cards(snapshot).into_iter();
    cards.map(|link| row(snapshot, link, rates)).collect()
}

fn row(snapshot: &Snapshot, link: &Link, rates: Option<&Rates>) -> Row {
    let name = link.name.to_string();
    let (chip, kind) = chip(&snapshot.host, link);
    let measured = rates.and_then(|rates| rates.links.get(&link.index));
    let rate = measured.map_or_else(String::new, |measured| format_rate(measured.rate.sum()));
    Row::new(
        name.clone(),
        vec![
            name.into(),
            card::symbol(&link.kind).into(),
            facts(snapshot, link).into(),
            rate.into(),
            chip.into(),
            kind.into(),
            Cell::Whole(i32::try_from(link.index).unwrap_or_default()),
        ],
    )
}

/// The second line of a card: what it is where its icon does not tell, its
/// addresses, what it belongs to, whose it is.
#[must_use]
pub fn facts(snapshot: &Snapshot, link: &Link) -> String {
    let host = &snapshot.host;
    let mut parts = what(snapshot, link);
    let addresses = addresses(link);
    let more = addresses.len().saturating_sub(1);
    let is_used = !addresses.is_empty();
    parts.extend(addresses.into_iter().take(1));
    parts.extend((more > 0).then(|| format!("+{more}")));
    let above = above(host, link);
    let carries = host.links.values().any(|upper| {
        upper.lower == Some(link.index) && matches!(upper.kind, LinkKind::Vlan { .. })
    });
    if above.is_none() && !is_used && !carries {
        parts.push("free".to_owned());
    }
    parts.extend(above.map(|above| format!("{} of {}", above.role, above.name)));
    let speed = link.speed.filter(|_| link.has_carrier);
    parts.extend(speed.map(|speed| BitRate::of_megabits(speed).to_string()));
    if !matches!(
        link.owner,
        Owner::Nobody | Owner::Kernel | Owner::OpenVSwitch
    ) {
        parts.push(format!("configured by {}", link.owner.name()));
    }
    parts.join(" · ")
}

/// What a link is where it is not simply a card.
fn what(snapshot: &Snapshot, link: &Link) -> Vec<String> {
    let host = &snapshot.host;
    match &link.kind {
        LinkKind::Bond => {
            let mode = link.bond.as_ref().map(|bond| bond.options.mode);
            let members = members(host, link);
            let used = members.iter().filter(|(member, status)| {
                let bond = link.bond.as_ref();
                bond.is_some_and(|bond| is_in_use(bond, member, status))
            });
            let used: Vec<String> = used.map(|(link, _)| link.name.to_string()).collect();
            let mut parts: Vec<String> = mode.map(|mode| mode.to_string()).into_iter().collect();
            parts.push(counted(members.len(), "member", "members", "no members"));
            parts.extend((used.len() == 1).then(|| format!("{} in use", used.concat())));
            parts
        }
        LinkKind::Vlan { .. } => vec![match card::parent(host, link) {
            Some(below) => format!("{} of {}", link.kind.word(), below.name),
            None => link.kind.word(),
        }],
        LinkKind::Veth => match link.lower.and_then(|index| host.links.get(&index)) {
            Some(other) => vec![format!("cable to {}", other.name)],
            None => Vec::new(),
        },
        LinkKind::Wireless | LinkKind::Dummy => vec![link.kind.word()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn each_says_what_it_is_and_belongs_to() {
        let rows = host_cards(&fixture::bonded(), None);
        let facts: Vec<_> = rows
            .iter()
            .map(|row| (row.key.as_str(), &row.cells[2], &row.cells[4]))
            .collect();
        assert_eq!(
            facts,
            [
                (
                    "bond0",
                    &"active-backup · 2 members · eth2 in use · configured by Nova".into(),
                    &"".into()
                ),
                (
                    "bond0.7",
                    &"VLAN 7 of bond0 · 203.0.113.4/24 · configured by Nova".into(),
                    &"".into()
                ),
                ("eth0", &"port of br0".into(), &"".into()),
                ("eth1", &"198.51.100.7/24".into(), &"".into()),
                ("eth2", &"member of bond0 · 1 Gbit/s".into(), &"".into()),
                ("eth3", &"member of bond0".into(), &"".into()),
                ("wlan0", &"Wi-Fi card · free".into(), &"no carrier".into()),
            ]
        );
    }

    #[test]
    fn a_search_finds_the_members_of_a_bond() {
        let rows = host_cards(&fixture::bonded(), None);
        let found: Vec<_> = rows.iter().filter(|row| row.matches("bond0 mem")).collect();
        assert_eq!(found.len(), 3);
    }
}
