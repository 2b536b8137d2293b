// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One switch in words: each option with what it means here.

use nova_model::bridge::{BridgeOptions, BridgeStatus};
use nova_model::link::Link;
use nova_model::state::Snapshot;

use crate::ovs_switch_fact;
use crate::row::Row;
use crate::stp_fact;
use crate::switch::Switch;
use crate::switch_row::{addresses, owner_words};

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
    let Some(switch) = Switch::find(snapshot, name) else {
        return Vec::new();
    };
    match switch {
        Switch::Linux(link) => {
            let mut facts = link_facts(link);
            if let Some(status) = link.bridge {
                facts.push(stp_fact::summary(snapshot, &switch));
                facts.extend(forwarding_facts(&status));
            }
            facts
        }
        Switch::Ovs { bridge, link, runs } => {
            let mut facts = ovs_switch_fact::facts(bridge, link, runs);
            facts.push(stp_fact::summary(snapshot, &switch));
            facts.extend(ovs_switch_fact::program(&snapshot.host.ovs));
            facts
        }
    }
}

fn link_facts(link: &Link) -> Vec<Row> {
    let section = "Link";
    let state = match (link.is_up, link.has_carrier) {
        (false, _) => "down",
        (true, false) => "up, no port has a carrier",
        (true, true) => "up",
    };
    let mut facts = vec![
        fact(section, "State", state, ""),
        address_fact(link),
        fact(section, "Configured by", owner_words(&link.owner), ""),
    ];
    if let Some(mac) = link.mac {
        facts.push(fact(section, "MAC address", mac.to_string(), ""));
    }
    facts.push(fact(section, "MTU", format!("{} bytes", link.mtu), ""));
    facts
}

/// The addresses of the host on a switch.
#[must_use]
pub fn address_fact(link: &Link) -> Row {
    let addresses = addresses(link);
    fact(
        "Link",
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

/// A time in seconds.
#[must_use]
pub fn seconds(number: u32) -> String {
    format!("{number} s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_switch_that_is_gone_has_no_facts() {
        assert!(facts(&fixture::small(), "br9").is_empty());
    }
}
