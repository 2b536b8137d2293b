// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One switch in words: each option with what it means here.

use nova_model::bridge::{BridgeOptions, BridgeStatus};
use nova_model::link::Link;
use nova_model::state::Snapshot;

use crate::row::Row;
use crate::switch_row::{addresses, find, owner_words};

/// Values of a row of facts: the section it stands under, what it is about,
/// its value, and what that means.
pub const FACT_ROLES: &[&str] = &["section", "label", "value", "hint"];

/// A fact as a row.
#[must_use]
pub fn fact(section: &str, label: &str, value: impl Into<String>, hint: &str) -> Row {
    Row::new(
        format!("{section}/{label}"),
        vec![
            section.into(),
            label.into(),
            value.into().into(),
            hint.into(),
        ],
    )
}

/// The facts of the switch of this name.
#[must_use]
pub fn facts(snapshot: &Snapshot, name: &str) -> Vec<Row> {
    let Some(link) = find(snapshot, name) else {
        return Vec::new();
    };
    let mut facts = link_facts(link);
    if let Some(status) = link.bridge {
        facts.extend(tree_facts(snapshot, link, &status));
        facts.extend(forwarding_facts(&status));
    }
    facts
}

fn link_facts(link: &Link) -> Vec<Row> {
    let section = "Link";
    let state = match (link.is_up, link.has_carrier) {
        (false, _) => "down",
        (true, false) => "up, no port has a carrier",
        (true, true) => "up",
    };
    let addresses = addresses(link);
    let mut facts = vec![
        fact(section, "State", state, ""),
        fact(
            section,
            "Addresses",
            if addresses.is_empty() {
                "none".to_owned()
            } else {
                addresses.join("\n")
            },
            if addresses.is_empty() {
                "The host itself cannot be reached on this switch; its ports reach each other."
            } else {
                "The host itself is reached on this switch at these."
            },
        ),
        fact(section, "Configured by", owner_words(&link.owner), ""),
    ];
    if let Some(mac) = link.mac {
        facts.push(fact(section, "MAC address", mac.to_string(), ""));
    }
    facts.push(fact(section, "MTU", format!("{} bytes", link.mtu), ""));
    facts
}

fn tree_facts(snapshot: &Snapshot, link: &Link, status: &BridgeStatus) -> Vec<Row> {
    let section = "Spanning tree";
    let options = &status.options;
    if !options.stp {
        return vec![fact(
            section,
            "State",
            "off",
            "Nothing stops frames from circling where two paths join this switch to another one.",
        )];
    }
    vec![
        fact(
            section,
            "State",
            "on",
            "Keeps loops between switches from flooding the network.",
        ),
        fact(section, "Root", root_words(snapshot, link, status), ""),
        fact(
            section,
            "Priority",
            options.priority.to_string(),
            "The switch with the lowest number becomes the root.",
        ),
        fact(
            section,
            "Forward delay",
            seconds(options.forward_delay),
            &format!(
                "A new port stays silent for {} s before it forwards.",
                options.port_delay()
            ),
        ),
        fact(
            section,
            "Hello time",
            seconds(options.hello_time),
            "How often the root tells the others that it is there.",
        ),
        fact(
            section,
            "Max age",
            seconds(options.max_age),
            "After this long without a word from the root, another one is chosen.",
        ),
    ]
}

fn root_words(snapshot: &Snapshot, link: &Link, status: &BridgeStatus) -> String {
    if status.is_root() {
        return format!("{} is the root", link.name);
    }
    let through = snapshot
        .host
        .ports_of(link.index)
        .find(|port| {
            port.port
                .is_some_and(|port| port.number == status.root_port)
        })
        .map_or_else(String::new, |port| format!(" through {}", port.name));
    format!(
        "{}{through}, path cost {}",
        status.root, status.root_path_cost
    )
}

fn forwarding_facts(status: &BridgeStatus) -> Vec<Row> {
    let section = "Forwarding";
    let options: &BridgeOptions = &status.options;
    let on_off = |on: bool| if on { "on" } else { "off" };
    vec![
        fact(
            section,
            "MAC ageing time",
            seconds(options.ageing_time),
            if options.ageing_time == 0 {
                "Nothing is remembered: every frame goes to every port."
            } else {
                "An address that stays silent for this long is forgotten."
            },
        ),
        fact(
            section,
            "Multicast snooping",
            on_off(options.multicast_snooping),
            if options.multicast_snooping {
                "Multicast goes only to the ports that asked for it."
            } else {
                "Multicast goes to every port."
            },
        ),
        fact(
            section,
            "VLAN filtering",
            on_off(options.vlan_filtering),
            if options.vlan_filtering {
                "Each port carries only the VLANs it is a member of."
            } else {
                "VLAN tags pass untouched through every port."
            },
        ),
    ]
}

fn seconds(number: u32) -> String {
    format!("{number} s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn value(rows: &[Row], key: &str) -> String {
        let row = rows.iter().find(|row| row.key == key).unwrap();
        format!("{:?}", row.cells[2])
    }

    #[test]
    fn spanning_tree_times_are_told_only_where_they_count() {
        let mut host = fixture::small();
        let without = facts(&host, "br0");
        assert!(!without.iter().any(|row| row.key.ends_with("Hello time")));
        let bridge = host.host.links.get_mut(&10).unwrap();
        bridge.bridge.as_mut().unwrap().options.stp = true;
        let with = facts(&host, "br0");
        assert!(value(&with, "Spanning tree/Root").contains("br0 is the root"));
        assert!(with.iter().any(|row| row.needle.contains("for 30 s")));
    }

    #[test]
    fn a_switch_that_is_gone_has_no_facts() {
        assert!(facts(&fixture::small(), "br9").is_empty());
    }
}
