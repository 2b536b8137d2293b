// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One card, bond or sub-interface in words.

use nova::networking::{LinkRate, Rates};
use nova_model::bandwidth::BitRate;
use nova_model::bond::{BondMember, BondMode, BondStatus};
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::rate::format_rate;
use nova_model::state::{HostState, Snapshot};

use crate::card::{self, above, is_in_use, mode_hint};
use crate::row::Row;
use crate::switch_fact::fact;
use crate::switch_row::{addresses, find, owner_words};

/// The facts of the card of this name.
#[must_use]
pub fn facts(snapshot: &Snapshot, name: &str, rates: Option<&Rates>) -> Vec<Row> {
    let Some(link) = find(snapshot, name) else {
        return Vec::new();
    };
    let host = &snapshot.host;
    let mut facts = link_facts(host, link);
    facts.extend(vlan_facts(host, link));
    if let Some(bond) = &link.bond {
        facts.extend(bond_facts(host, bond));
    }
    if let Some(member) = &link.bond_member {
        facts.extend(member_facts(host, link, member));
    }
    let measured = rates.and_then(|rates| rates.links.get(&link.index));
    facts.extend(measured.into_iter().flat_map(traffic_facts));
    facts
}

fn link_facts(host: &HostState, link: &Link) -> Vec<Row> {
    let section = "Link";
    let (state, hint) = match (link.is_up, link.has_carrier) {
        (false, _) => ("down", "Nothing passes through it until it is set up."),
        (true, false) if link.is_bond() => ("up, no carrier", "None of its members has a link."),
        (true, false) => (
            "up, no carrier",
            "Nothing answers at the other end of the cable.",
        ),
        (true, true) => ("up", ""),
    };
    let mut facts = vec![
        fact(section, "State", state, hint),
        fact(section, "Kind", kind(host, link), ""),
    ];
    let addresses = addresses(link);
    let above = above(host, link);
    facts.push(match (addresses.is_empty(), &above) {
        (false, _) => fact(section, "Addresses", addresses.join("\n"), ""),
        (true, Some(above)) if above.role == "port" => fact(
            section,
            "Addresses",
            "none",
            &format!(
                "A port has none of its own; this host has them on {}.",
                above.name
            ),
        ),
        (true, _) => fact(section, "Addresses", "none", ""),
    });
    if let Some(above) = above {
        let value = format!("{} ({})", above.name, above.role);
        facts.push(fact(section, "Belongs to", value, ""));
    }
    facts.push(fact(section, "Configured by", owner(link), ""));
    if let Some(mac) = link.mac {
        facts.push(fact(section, "MAC address", mac.to_string(), ""));
    }
    facts.push(fact(section, "MTU", format!("{} bytes", link.mtu), ""));
    if let Some(speed) = link.speed.map(BitRate::of_megabits) {
        facts.push(fact(section, "Speed", speed.to_string(), ""));
    }
    facts
}

/// Who configures a link, in words. A card that nobody configures is not made
/// by anybody either.
fn owner(link: &Link) -> String {
    let is_found = match link.kind {
        LinkKind::Physical | LinkKind::Wireless => true,
        LinkKind::Veth => link.lower.is_none(),
        _ => false,
    };
    match &link.owner {
        Owner::Nobody if is_found => "nobody".to_owned(),
        owner => owner_words(owner),
    }
}

/// What a link is, in words.
fn kind(host: &HostState, link: &Link) -> String {
    match (&link.kind, link.lower) {
        // A cable whose other end lies elsewhere poses as a card.
        (LinkKind::Veth, None) => LinkKind::Physical.word(),
        (LinkKind::Veth, Some(index)) => match host.links.get(&index) {
            Some(other) => format!("{}, its other end is {}", link.kind.word(), other.name),
            None => link.kind.word(),
        },
        (LinkKind::Vlan { protocol, .. }, _) => format!("{} sub-interface", protocol.word()),
        (kind, _) => kind.word(),
    }
}

fn vlan_facts(host: &HostState, link: &Link) -> Vec<Row> {
    let LinkKind::Vlan { vid, protocol } = link.kind else {
        return Vec::new();
    };
    let section = "VLAN";
    let below = match card::parent(host, link) {
        Some(below) => below.name.to_string(),
        None => "a link outside this host's view".to_owned(),
    };
    vec![
        fact(
            section,
            "VLAN",
            vid.to_string(),
            "Its frames carry this number on the wire and arrive here without it.",
        ),
        fact(section, "On", below, ""),
        fact(section, "Tags", protocol.word(), ""),
    ]
}

fn bond_facts(host: &HostState, bond: &BondStatus) -> Vec<Row> {
    let section = "Bond";
    let options = &bond.options;
    let mut facts = vec![
        fact(
            section,
            "Mode",
            options.mode.to_string(),
            mode_hint(options.mode),
        ),
        match options.miimon {
            0 => fact(
                section,
                "Link monitoring",
                "off",
                "A member whose cable is out is used all the same.",
            ),
            time => fact(section, "Link monitoring", format!("every {time} ms"), ""),
        },
    ];
    let mut delay = |label: &str, time: u32, hint: &str| {
        if time != 0 {
            facts.push(fact(section, label, format!("{time} ms"), hint));
        }
    };
    delay(
        "Up delay",
        options.up_delay,
        "A link must be back for this long before it is used.",
    );
    delay(
        "Down delay",
        options.down_delay,
        "A link must be lost for this long before it is left.",
    );
    if options.mode.uses_hash() {
        facts.push(fact(
            section,
            "Hash policy",
            options.xmit_hash_policy.to_string(),
            "By this of a frame its member is chosen.",
        ));
    }
    if options.mode == BondMode::Lacp {
        facts.push(fact(
            section,
            "LACP rate",
            options.lacp_rate.to_string(),
            "",
        ));
        let least = options.min_links.max(1);
        facts.push(fact(section, "Links needed", least.to_string(), ""));
        let partner = bond.partner.filter(|partner| partner.answers());
        facts.push(match partner {
            Some(partner) => fact(
                section,
                "LACP partner",
                partner.mac.to_string(),
                &format!("{} of the links are in its group.", partner.ports),
            ),
            None => fact(
                section,
                "LACP partner",
                "none answers",
                "Only one member is used until the switch at the other end speaks LACP.",
            ),
        });
    }
    if options.mode.knows_primary() {
        facts.push(match bond.primary.and_then(|at| host.links.get(&at)) {
            Some(primary) => fact(
                section,
                "Primary",
                primary.name.to_string(),
                "It is used whenever its link is there.",
            ),
            None => fact(section, "Primary", "none", ""),
        });
    }
    if !bond.foreign.is_empty() {
        facts.push(fact(section, "Also set", bond.foreign.join(", "), ""));
    }
    facts
}

fn member_facts(host: &HostState, link: &Link, member: &BondMember) -> Vec<Row> {
    let section = "Membership";
    let bond = link.controller.and_then(|index| host.links.get(&index));
    let is_used = bond
        .and_then(|bond| bond.bond.as_ref())
        .is_some_and(|bond| is_in_use(bond, link, member));
    let mut facts = vec![
        match is_used {
            true => fact(section, "Use", "in use", "It carries frames now."),
            false => fact(section, "Use", "waits", ""),
        },
        fact(section, "Link monitor", member.monitor.word(), ""),
        fact(section, "Links lost", member.failures.to_string(), ""),
    ];
    facts.extend(member.own_mac.map(|mac| {
        fact(
            section,
            "Own MAC address",
            mac.to_string(),
            "It has this one again once it leaves the bond.",
        )
    }));
    facts
}

fn traffic_facts(measured: &LinkRate) -> Vec<Row> {
    let section = "Traffic";
    let counters = &measured.counters;
    let mut facts = vec![
        fact(section, "Receives", format_rate(measured.rate.received), ""),
        fact(section, "Sends", format_rate(measured.rate.sent), ""),
    ];
    let lost = [
        ("Errors", counters.rx_errors, counters.tx_errors),
        ("Dropped", counters.rx_drops, counters.tx_drops),
    ];
    for (label, received, sent) in lost {
        if received + sent > 0 {
            let value = format!("{received} received, {sent} sent");
            facts.push(fact(
                section,
                label,
                value,
                "Packets since the link exists.",
            ));
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn told(name: &str) -> String {
        let rows = facts(&fixture::bonded(), name, None);
        rows.iter().map(|row| format!("{}\n", row.needle)).collect()
    }

    #[test]
    fn a_bond_tells_its_mode_and_its_options() {
        let told = told("bond0");
        for words in [
            "active-backup\none member works",
            "every 100 ms",
            "primary\neth2",
        ] {
            assert!(told.contains(words), "{told}");
        }
        assert!(!told.contains("lacp"), "{told}");
    }

    #[test]
    fn a_member_tells_its_use_and_a_sub_interface_its_card() {
        let member = told("eth3");
        assert!(member.contains("use\nwaits"), "{member}");
        assert!(member.contains("bond0 (member)"), "{member}");
        let sub = told("bond0.7");
        assert!(sub.contains("on\nbond0"), "{sub}");
        assert!(sub.contains("802.1q"), "{sub}");
    }

    #[test]
    fn a_card_that_is_gone_has_no_facts() {
        assert!(facts(&fixture::small(), "eth9", None).is_empty());
    }
}
