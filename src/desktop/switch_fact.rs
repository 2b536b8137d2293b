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
        let follows = link.bridge.is_some_and(|status| status.follows_ports);
        let hint = match follows {
            true => "The lowest of its ports: it can change when ports come and go.",
            false => "It stays, whatever its ports.",
        };
        facts.push(fact(section, "MAC address", mac.to_string(), hint));
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
    let mut facts = vec![
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
            "Link-local frames",
            forwarded(options.group_fwd_mask),
            "Frames between neighbours, such as LLDP, end at a bridge unless it forwards them.",
        ),
    ];
    facts.extend(multicast_facts(options));
    facts.extend(vlan_facts(options));
    facts
}

fn multicast_facts(options: &BridgeOptions) -> Vec<Row> {
    let section = "Multicast";
    let mut facts = vec![fact(
        section,
        "Snooping",
        on_off(options.multicast_snooping),
        if options.multicast_snooping {
            "Multicast goes only to the ports that asked for it."
        } else {
            "Multicast goes to every port."
        },
    )];
    if options.multicast_snooping || options.multicast_querier {
        facts.push(fact(
            section,
            "Querier",
            on_off(options.multicast_querier),
            if options.multicast_querier {
                "It asks who wants multicast where no router does."
            } else {
                "A router has to ask who wants multicast, or it is forgotten after some minutes."
            },
        ));
        facts.push(fact(
            section,
            "Most groups",
            options.multicast_hash_max.to_string(),
            "",
        ));
    }
    facts
}

fn vlan_facts(options: &BridgeOptions) -> Vec<Row> {
    let section = "VLANs";
    let mut facts = vec![fact(
        section,
        "Filtering",
        on_off(options.vlan_filtering),
        if options.vlan_filtering {
            "Each port carries only the VLANs it is a member of."
        } else {
            "VLAN tags pass untouched through every port."
        },
    )];
    if options.vlan_filtering {
        let vlan = match options.default_pvid {
            0 => "none".to_owned(),
            vlan => vlan.to_string(),
        };
        facts.push(fact(section, "VLAN of new ports", vlan, ""));
        facts.push(fact(section, "Tags", options.vlan_protocol.word(), ""));
    }
    facts
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The link-local frames that a bridge forwards, in words.
fn forwarded(mask: u16) -> String {
    if mask == 0 {
        return "none forwarded".to_owned();
    }
    let known = [(3, "802.1X"), (13, "MVRP"), (14, "LLDP")];
    let mut words = Vec::new();
    let mut rest = mask;
    for (bit, word) in known {
        if mask & (1 << bit) != 0 {
            words.push(word.to_owned());
            rest &= !(1 << bit);
        }
    }
    words.extend((rest != 0).then(|| format!("mask {rest:#06x}")));
    format!("{} forwarded", words.join(", "))
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
    fn link_local_frames_are_told_by_their_protocols() {
        assert_eq!(forwarded(0), "none forwarded");
        assert_eq!(forwarded(0x4008), "802.1X, LLDP forwarded");
        assert_eq!(forwarded(0x4080), "LLDP, mask 0x0080 forwarded");
    }

    #[test]
    fn vlans_and_queries_are_told_where_they_count() {
        let mut host = fixture::small();
        let told = |host: &Snapshot, words: &str| {
            let rows = facts(host, "br0");
            rows.iter().any(|row| row.needle.contains(words))
        };
        assert!(!told(&host, "vlan of new ports"));
        assert!(told(&host, "querier\noff"));
        let bridge = host.host.links.get_mut(&10).unwrap();
        let options = &mut bridge.bridge.as_mut().unwrap().options;
        options.vlan_filtering = true;
        options.multicast_snooping = false;
        assert!(told(&host, "vlan of new ports"));
        assert!(!told(&host, "querier"));
    }

    #[test]
    fn a_switch_that_is_gone_has_no_facts() {
        assert!(facts(&fixture::small(), "br9").is_empty());
    }
}
