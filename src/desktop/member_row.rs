// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The members of a bond as rows, and the cards that can become one, each with
//! why it cannot. What refuses a card is the planner.

use nova_model::Result;
use nova_model::bond::{BondMember, BondPatch, BondStatus};
use nova_model::change::{AttachPort, Change, ChangeSet, CreateBond};
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::plan::{PlanId, plan};
use nova_model::state::{HostState, Snapshot};

use crate::bond_draft::next_name;
use crate::card::{self, above, cards, is_in_use, members, works};
use crate::card_row::with_remedy;
use crate::row::Row;
use crate::switch_row::{addresses, find, natural};

/// Values of a row of [`members_of`].
pub const MEMBER_ROLES: &[&str] = &[
    "name",
    "symbol",
    "about",
    "use",
    "useKind",
    "useHint",
    "addressable",
];

/// Values of a row of [`joinable`].
pub const JOINABLE_ROLES: &[&str] = &["name", "symbol", "facts", "caution", "reason", "possible"];

/// The members of the bond of this name.
#[must_use]
pub fn members_of(snapshot: &Snapshot, bond: &str) -> Vec<Row> {
    let host = &snapshot.host;
    let Some((link, status)) =
        find(snapshot, bond).and_then(|link| Some((link, link.bond.as_ref()?)))
    else {
        return Vec::new();
    };
    members(host, link)
        .into_iter()
        .map(|(member, reported)| member_row(status, member, &reported))
        .collect()
}

fn member_row(bond: &BondStatus, link: &Link, member: &BondMember) -> Row {
    let name = link.name.to_string();
    let (state, kind, hint) = state(bond, link, member);
    let mut about = Vec::new();
    if bond.primary == Some(link.index) {
        about.push("primary".to_owned());
    }
    about.extend(member.own_mac.map(|mac| mac.to_string()));
    about.extend(match member.failures {
        0 => None,
        1 => Some("link lost once".to_owned()),
        times => Some(format!("link lost {times} times")),
    });
    Row::new(
        name.clone(),
        vec![
            name.into(),
            card::symbol(&link.kind).into(),
            about.join(" · ").into(),
            state.into(),
            kind.into(),
            hint.into(),
            link.name.to_interface_name().is_ok().into(),
        ],
    )
}

/// What a member does, its kind and what that means.
fn state(
    bond: &BondStatus,
    link: &Link,
    member: &BondMember,
) -> (&'static str, &'static str, &'static str) {
    match () {
        () if !link.is_up => (
            "down",
            "warning",
            "It is set down; nothing passes through it.",
        ),
        () if !works(link, member) => (
            "no carrier",
            "warning",
            "Its link is lost; the bond uses the others.",
        ),
        () if is_in_use(bond, link, member) => ("in use", "positive", "It carries frames now."),
        () if member.partner_in_sync == Some(false) => (
            "not in the group",
            "warning",
            "The switch at the other end does not have it in the group of the others.",
        ),
        () => (
            "waits",
            "neutral",
            "It takes over when the one in use fails.",
        ),
    }
}

/// Cards that can become a member of the bond of this name, or of a new one
/// without a name: first those that can, then those that cannot.
#[must_use]
pub fn joinable(snapshot: &Snapshot, bond: &str) -> Vec<Row> {
    let host = &snapshot.host;
    let index = find(snapshot, bond).map(|link| link.index);
    let mut rows: Vec<(&Link, Option<String>)> = cards(snapshot)
        .into_iter()
        .filter(|link| !matches!(link.kind, LinkKind::Bond | LinkKind::Vlan { .. }))
        .filter(|link| index.is_none() || link.controller != index)
        .map(|link| (link, obstacle(host, link, bond)))
        .collect();
    rows.sort_by_cached_key(|(link, obstacle)| {
        (obstacle.is_some(), natural(&link.name.to_string()))
    });
    rows.into_iter()
        .map(|(link, obstacle)| joinable_row(host, link, bond, obstacle))
        .collect()
}

fn joinable_row(host: &HostState, link: &Link, bond: &str, obstacle: Option<String>) -> Row {
    let name = link.name.to_string();
    let is_managed = host.managers.of(&name).is_some();
    let mut parts: Vec<String> = match link.kind {
        LinkKind::Physical => Vec::new(),
        LinkKind::Veth if link.lower.is_none() => Vec::new(),
        _ => vec![link.kind.word()],
    };
    parts.extend(addresses(link));
    if link.owner != Owner::Nobody {
        parts.push(format!("configured by {}", link.owner.name()));
    }
    match (link.is_up, link.has_carrier) {
        (false, _) => parts.push("down".to_owned()),
        (true, false) => parts.push("no carrier".to_owned()),
        (true, true) => {}
    }
    if parts.is_empty() {
        parts.push("free".to_owned());
    }
    let caution = match addresses(link).is_empty() {
        true => "",
        false if is_managed && !bond.is_empty() => {
            "It gives its addresses back: a member has none."
        }
        false if host.routes_of(link.index).any(|route| route.is_default()) => {
            "This host reaches the outside through it; its addresses move to the bond."
        }
        false if is_managed => "Its addresses move to the bond where it is the first with some.",
        false => "Its addresses move to the bond.",
    };
    Row::new(
        name.clone(),
        vec![
            name.into(),
            card::symbol(&link.kind).into(),
            parts.join(" · ").into(),
            caution.into(),
            obstacle.clone().unwrap_or_default().into(),
            obstacle.is_none().into(),
        ],
    )
}

/// Why a card cannot become a member.
fn obstacle(host: &HostState, link: &Link, bond: &str) -> Option<String> {
    if let Some(above) = above(host, link) {
        return Some(format!(
            "It is a {} of {} already. Detach it there first.",
            above.role, above.name
        ));
    }
    let planned =
        wish(host, link, bond).and_then(|wish| plan(host, &wish, PlanId::from_bits(0)).map(drop));
    planned.err().map(|error| with_remedy(&error))
}

fn wish(host: &HostState, link: &Link, bond: &str) -> Result<ChangeSet> {
    let member = link.name.to_interface_name()?;
    Ok(ChangeSet::from(match bond {
        "" => Change::CreateBond(CreateBond {
            name: next_name(host).parse()?,
            options: BondPatch::default(),
            members: vec![member],
            primary: None,
        }),
        bond => Change::AttachPort(AttachPort {
            switch: bond.parse()?,
            port: member,
            moves: false,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nova_model::manager::{Networkd, NetworkdLink};

    use super::*;
    use crate::fixture;
    use crate::row::Cell;

    fn cell<'a>(rows: &'a [Row], name: &str, at: usize) -> &'a Cell {
        &rows.iter().find(|row| row.key == name).unwrap().cells[at]
    }

    #[test]
    fn the_member_in_use_and_the_one_that_waits_are_told() {
        let rows = members_of(&fixture::bonded(), "bond0");
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.cells.len() == MEMBER_ROLES.len()));
        assert_eq!(cell(&rows, "eth2", 3), &"in use".into());
        assert_eq!(cell(&rows, "eth3", 3), &"waits".into());
        assert!(members_of(&fixture::bonded(), "eth0").is_empty());
    }

    #[test]
    fn a_card_that_cannot_join_says_why() {
        let rows = joinable(&fixture::bonded(), "");
        let names: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(names, ["eth1", "eth0", "eth2", "eth3", "wlan0"]);
        assert!(
            rows.iter()
                .all(|row| row.cells.len() == JOINABLE_ROLES.len())
        );
        assert_eq!(cell(&rows, "eth1", 5), &true.into());
        assert_eq!(
            cell(&rows, "eth1", 3),
            &"Its addresses move to the bond.".into()
        );
        let Cell::Text(reason) = cell(&rows, "eth0", 4) else {
            panic!("{rows:?}");
        };
        assert!(reason.contains("a port of br0 already"), "{reason}");
        let Cell::Text(reason) = cell(&rows, "wlan0", 4) else {
            panic!("{rows:?}");
        };
        assert!(reason.contains("Wi-Fi"), "{reason}");
    }

    #[test]
    fn a_card_that_a_program_configures_can_join_and_says_what_becomes_of_its_address() {
        let mut snapshot = fixture::bonded();
        let link = NetworkdLink {
            file: "/etc/systemd/network/20-wired.network".to_owned(),
            text: Some("[Match]\nName=eth1\n[Network]\nAddress=198.51.100.7/24\n".to_owned()),
            iaid: None,
        };
        snapshot.host.managers.networkd = Some(Networkd {
            links: BTreeMap::from([("eth1".to_owned(), link)]),
            ..Networkd::default()
        });
        let rows = joinable(&snapshot, "");
        assert_eq!(cell(&rows, "eth1", 5), &true.into(), "{rows:?}");
        assert_eq!(
            cell(&rows, "eth1", 3),
            &"Its addresses move to the bond where it is the first with some.".into()
        );
        // The bond is not one that the program has.
        let rows = joinable(&snapshot, "bond0");
        let Cell::Text(reason) = cell(&rows, "eth1", 4) else {
            panic!("{rows:?}");
        };
        assert!(reason.contains("both carry addresses"), "{reason}");
    }

    #[test]
    fn its_own_members_cannot_join_a_bond_again() {
        let rows = joinable(&fixture::bonded(), "bond0");
        let names: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(names, ["eth1", "eth0", "wlan0"]);
    }
}
