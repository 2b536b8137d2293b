// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Network cards as rows to choose from for a bridge above one of them, each
//! with why it can or cannot be bridged. What refuses a card is the planner.

use nova_model::bridge::BridgePatch;
use nova_model::change::{Change, ChangeSet, CreateBridge};
use nova_model::link::{Link, Owner};
use nova_model::name::{NewName, printable};
use nova_model::plan::{PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::bridge_draft::next_name;
use crate::card::symbol;
use crate::history_row::sentence;
use crate::row::Row;
use crate::switch_row::{addresses, natural, whose};

/// Values of a row of [`cards`].
pub const CARD_ROLES: &[&str] = &["name", "symbol", "facts", "reason", "possible"];

/// All network cards: first the one the host reaches the outside through, then
/// the others that can be bridged, then those that cannot.
#[must_use]
pub fn cards(snapshot: &Snapshot) -> Vec<Row> {
    let name = next_name(&snapshot.host);
    let mut cards: Vec<(&Link, Option<String>)> = snapshot
        .host
        .links
        .values()
        .filter(|link| link.is_uplink_like())
        .map(|link| (link, obstacle(&snapshot.host, link, &name)))
        .collect();
    cards.sort_by_key(|(link, obstacle)| {
        (
            obstacle.is_some(),
            !leads_outside(&snapshot.host, link),
            natural(&link.name.to_string()),
        )
    });
    cards
        .into_iter()
        .map(|(link, obstacle)| card(snapshot, link, obstacle))
        .collect()
}

fn card(snapshot: &Snapshot, link: &Link, obstacle: Option<String>) -> Row {
    let name = link.name.to_string();
    let mut parts = vec![whose(snapshot, link)];
    parts.extend(addresses(link));
    if leads_outside(&snapshot.host, link) {
        parts.push("this host reaches the outside through it".to_owned());
    }
    if link.owner != Owner::Nobody {
        parts.push(format!("configured by {}", link.owner.name()));
    }
    if !link.is_up {
        parts.push("down".to_owned());
    } else if !link.has_carrier {
        parts.push("no carrier".to_owned());
    }
    Row::new(
        name.clone(),
        vec![
            name.into(),
            symbol(&link.kind).into(),
            parts.join(" · ").into(),
            obstacle.clone().unwrap_or_default().into(),
            obstacle.is_none().into(),
        ],
    )
}

fn leads_outside(host: &HostState, link: &Link) -> bool {
    host.routes_of(link.index).any(|route| route.is_default())
}

/// Why no bridge of this name can be made above a card.
fn obstacle(host: &HostState, link: &Link, bridge: &str) -> Option<String> {
    if let Some(switch) = host.switch_of(link) {
        let switch = printable(&switch);
        return Some(format!(
            "It is a port of {switch} already: machines on {switch} reach the network through it."
        ));
    }
    let planned =
        wish(link, bridge).and_then(|wish| plan(host, &wish, PlanId::from_bits(0)).map(drop));
    planned.err().map(|error| with_remedy(&error))
}

fn wish(link: &Link, bridge: &str) -> Result<ChangeSet> {
    Ok(ChangeSet::from(Change::CreateBridge(CreateBridge {
        name: NewName::try_from(bridge.to_owned())?,
        options: BridgePatch::default(),
        ports: vec![link.name.to_interface_name()?],
    })))
}

/// The error and its remedy as one text.
#[must_use]
pub fn with_remedy(error: &NovaError) -> String {
    match error.remedy() {
        Some(remedy) => format!("{} {remedy}", sentence(error)),
        None => sentence(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::row::Cell;
    use nova_model::link::LinkKind;

    fn told(rows: &[Row], card: &str) -> (String, bool) {
        let row = rows.iter().find(|row| row.key == card).unwrap();
        match (&row.cells[3], &row.cells[4]) {
            (Cell::Text(reason), Cell::Flag(possible)) => (reason.clone(), *possible),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_card_says_why_it_can_or_cannot_be_bridged() {
        let mut snapshot = fixture::small();
        let mut wireless = Link::new(30, "wlan0".into(), LinkKind::Wireless);
        wireless.refuses_bridge = true;
        wireless.mac = Some("52:54:00:00:00:30".parse().unwrap());
        snapshot.host.links.insert(30, wireless);
        let rows = cards(&snapshot);
        let names: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(names, ["eth1", "eth0", "wlan0"]);
        assert_eq!(told(&rows, "eth1"), (String::new(), true));
        let (reason, possible) = told(&rows, "eth0");
        assert!(!possible && reason.contains("a port of br0 already"));
        let (reason, possible) = told(&rows, "wlan0");
        assert!(!possible);
        assert!(
            reason.contains("Wi-Fi access points accept frames of one MAC address only")
                && reason.contains("NAT or routed libvirt network"),
            "{reason}"
        );
    }
}
