// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Links that can become a port of a switch, with what to know of each.

use nova_model::link::{Link, LinkKind};
use nova_model::state::Snapshot;

use crate::row::Row;
use crate::switch_row::{addresses, icon, natural, whose};

/// Values of a row of [`candidates`].
pub const CANDIDATE_ROLES: &[&str] = &["name", "symbol", "facts", "caution", "moves"];

/// Links that can become a port of the switch of this name: free ones first,
/// then ports of other switches. Without a name, for a new switch, the free ones.
#[must_use]
pub fn candidates(snapshot: &Snapshot, switch: &str) -> Vec<Row> {
    let mut links: Vec<&Link> = snapshot
        .host
        .links
        .values()
        .filter(|link| is_attachable(link) && !is_port_of(snapshot, link, switch))
        .filter(|link| link.name.to_string() != switch)
        .filter(|link| !switch.is_empty() || link.controller.is_none())
        .collect();
    links.sort_by_key(|link| {
        (
            link.controller.is_some(),
            !link.is_uplink_like(),
            natural(&link.name.to_string()),
        )
    });
    links
        .into_iter()
        .map(|link| candidate(snapshot, link))
        .collect()
}

/// Loopback, bridges, tun devices and Wi-Fi stations cannot be ports, and
/// Nova's own buffers are not for that.
fn is_attachable(link: &Link) -> bool {
    !link.refuses_bridge
        && !link.is_buffer()
        && link.name.to_interface_name().is_ok()
        && !matches!(
            link.kind,
            LinkKind::Loopback | LinkKind::Bridge | LinkKind::Tun | LinkKind::Macvtap
        )
        && !matches!(link.kind, LinkKind::OpenVSwitch)
}

fn is_port_of(snapshot: &Snapshot, link: &Link, switch: &str) -> bool {
    controller(snapshot, link).is_some_and(|name| name == switch)
}

fn controller(snapshot: &Snapshot, link: &Link) -> Option<String> {
    let index = link.controller?;
    Some(snapshot.host.links.get(&index)?.name.to_string())
}

fn candidate(snapshot: &Snapshot, link: &Link) -> Row {
    let name = link.name.to_string();
    let mut parts = vec![whose(snapshot, link)];
    parts.extend(addresses(link));
    let owner = link.owner.name();
    if !matches!(link.owner, nova_model::link::Owner::Nobody) {
        parts.push(format!("configured by {owner}"));
    }
    if !link.is_up {
        parts.push("down".to_owned());
    }
    let facts = parts.join(" · ");
    let moves = controller(snapshot, link).unwrap_or_default();
    let caution = caution(snapshot, link, &moves);
    Row::new(
        name.clone(),
        vec![
            name.into(),
            icon(&link.kind).into(),
            facts.into(),
            caution.into(),
            moves.into(),
        ],
    )
}

fn caution(snapshot: &Snapshot, link: &Link, moves: &str) -> String {
    if !moves.is_empty() {
        return format!("It is a port of {moves} and would move here.");
    }
    if snapshot
        .host
        .routes_of(link.index)
        .any(|route| route.is_default())
    {
        return "The host reaches the outside through it; its addresses move to the switch."
            .to_owned();
    }
    if addresses(link).is_empty() {
        String::new()
    } else {
        "Its addresses move to the switch.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::link::Owner;
    use nova_model::name::LinkName;

    #[test]
    fn free_links_come_before_ports_of_other_switches() {
        let rows = candidates(&fixture::small(), "br1");
        let names: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(names, ["eth1", "eth0", "vnet0"]);
        assert!(rows[0].needle.contains("its addresses move"));
        assert!(rows[1].needle.contains("port of br0"));
    }

    #[test]
    fn a_new_switch_takes_nobody_a_port_away() {
        let rows = candidates(&fixture::small(), "");
        let names: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(names, ["eth1"]);
    }

    #[test]
    fn buffers_of_limits_are_no_candidates() {
        let mut snapshot = fixture::small();
        let name = LinkName::from_bytes(b"nvbuf14");
        let mut buffer = Link::new(99, name, LinkKind::Other("ifb".to_owned()));
        assert!(is_attachable(&buffer), "another's is a link like others");
        buffer.owner = Owner::Nova;
        snapshot.host.links.insert(99, buffer);
        let rows = candidates(&snapshot, "");
        assert!(rows.iter().all(|row| row.key != "nvbuf14"));
    }

    #[test]
    fn own_ports_are_no_candidates() {
        let rows = candidates(&fixture::small(), "br0");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].key, "eth1");
    }
}
