// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a person takes for a card or cable of the host: network cards, bonds of
//! them, and the 802.1Q sub-interfaces upon them. Bridges are switches, and the
//! ends of machines and containers belong to those.

use nova_model::bond::{BondMember, BondMode, BondStatus, LinkMonitor};
use nova_model::link::{Link, LinkKind};
use nova_model::name::printable;
use nova_model::state::{HostState, Snapshot};

use crate::switch_row::natural;
use crate::view::{BOND_ICON, CARD_ICON, VLAN_ICON};

/// Whether a link is a card or cable of the host.
#[must_use]
pub fn is_card(snapshot: &Snapshot, link: &Link) -> bool {
    match link.kind {
        LinkKind::Physical
        | LinkKind::Wireless
        | LinkKind::Bond
        | LinkKind::Vlan { .. }
        | LinkKind::Dummy => true,
        LinkKind::Veth => {
            let links = &snapshot.host.links;
            let controller = link.controller.and_then(|index| links.get(&index));
            // A cable with both ends on this host leads into no container.
            link.lower.is_some() || !link.leads_into_container(controller)
        }
        _ => false,
    }
}

/// All of them by name as people count, each followed by what stands on it.
#[must_use]
pub fn cards(snapshot: &Snapshot) -> Vec<&Link> {
    let links = snapshot.host.links.values();
    let mut cards: Vec<&Link> = links.filter(|link| is_card(snapshot, link)).collect();
    cards.sort_by_cached_key(|link| {
        let mut path = vec![natural(&link.name.to_string())];
        let mut at = *link;
        // What stands on itself ends: the kernel stacks eight at most.
        while let (Some(below), true) = (parent(&snapshot.host, at), path.len() < 8) {
            path.insert(0, natural(&below.name.to_string()));
            at = below;
        }
        path
    });
    cards
}

/// The link that a sub-interface stands on, where it is on this host.
#[must_use]
pub fn parent<'a>(host: &'a HostState, link: &Link) -> Option<&'a Link> {
    match link.kind {
        LinkKind::Vlan { .. } => host.links.get(&link.lower?),
        _ => None,
    }
}

/// The icon of a kind of card.
#[must_use]
pub const fn symbol(kind: &LinkKind) -> &'static str {
    match kind {
        LinkKind::Wireless => "network-wireless-symbolic",
        LinkKind::Bond => BOND_ICON,
        LinkKind::Vlan { .. } => VLAN_ICON,
        _ => CARD_ICON,
    }
}

/// What a card belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Above {
    /// The switch, the bond or whatever else it is a part of.
    pub name: String,
    /// What it is there: `port` or `member`.
    pub role: &'static str,
}

/// What a card is a port or member of.
#[must_use]
pub fn above(host: &HostState, link: &Link) -> Option<Above> {
    let ovs = host.ovs.state();
    let name = link.name.to_interface_name().ok();
    if let Some((bridge, _)) = ovs
        .zip(name)
        .and_then(|(ovs, name)| ovs.port_of_interface(name.as_str()))
    {
        return Some(Above {
            name: printable(&bridge.name),
            role: "port",
        });
    }
    let controller = host.links.get(&link.controller?)?;
    Some(Above {
        name: controller.name.to_string(),
        role: match controller.is_bridge() {
            true => "port",
            false => "member",
        },
    })
}

/// The members of a bond by name, with what each reports.
#[must_use]
pub fn members<'a>(host: &'a HostState, bond: &Link) -> Vec<(&'a Link, BondMember)> {
    let mut members: Vec<(&Link, BondMember)> = host
        .ports_of(bond.index)
        .map(|link| (link, link.bond_member.unwrap_or_default()))
        .collect();
    members.sort_by_cached_key(|(link, _)| natural(&link.name.to_string()));
    members
}

/// Whether a member carries frames now.
#[must_use]
pub fn is_in_use(bond: &BondStatus, link: &Link, member: &BondMember) -> bool {
    match bond.active {
        Some(active) => active == link.index,
        None => member.is_active && link.has_carrier,
    }
}

/// Whether a member's link is there.
#[must_use]
pub fn works(link: &Link, member: &BondMember) -> bool {
    link.is_up && link.has_carrier && member.monitor == LinkMonitor::Up
}

/// What is not as usual with a card, with its kind: `warning` or `neutral`.
#[must_use]
pub fn chip(host: &HostState, link: &Link) -> (&'static str, &'static str) {
    if !link.is_up {
        return ("down", "neutral");
    }
    if !link.has_carrier {
        return ("no carrier", "warning");
    }
    let Some(bond) = &link.bond else {
        return ("", "neutral");
    };
    let members = members(host, link);
    if members.iter().any(|(link, member)| !works(link, member)) {
        return ("member lost", "warning");
    }
    let is_alone = bond.partner.is_none_or(|partner| !partner.answers());
    match bond.options.mode == BondMode::Lacp && is_alone && !members.is_empty() {
        true => ("no LACP partner", "warning"),
        false => ("", "neutral"),
    }
}

/// What the mode of a bond means.
#[must_use]
pub const fn mode_hint(mode: BondMode) -> &'static str {
    match mode {
        BondMode::ActiveBackup => {
            "One member works, the others wait until it fails. Any switch will do."
        }
        BondMode::Lacp => {
            "Each connection takes one member. The switch at the other end must speak LACP."
        }
        BondMode::BalanceRr => {
            "Frame by frame in turn, so some arrive out of order. The switch must know the cables as one group."
        }
        BondMode::BalanceXor => {
            "Each connection takes one member. The switch must know the cables as one group."
        }
        BondMode::Broadcast => {
            "Every frame leaves by every member. The switch must know the cables as one group."
        }
        BondMode::BalanceTlb => {
            "What is sent is spread; what is received comes by one member. Any switch will do."
        }
        BondMode::BalanceAlb => {
            "What is sent and received is spread, by answers to ARP. Any switch will do."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::bond::BondPartner;
    use nova_model::link::Owner;

    fn names(snapshot: &Snapshot) -> Vec<String> {
        let cards = cards(snapshot).into_iter();
        cards.map(|link| link.name.to_string()).collect()
    }

    #[test]
    fn a_sub_interface_stands_after_its_card() {
        let snapshot = fixture::bonded();
        assert_eq!(
            names(&snapshot),
            ["bond0", "bond0.7", "eth0", "eth1", "eth2", "eth3", "wlan0"]
        );
    }

    #[test]
    fn ends_of_machines_and_containers_are_no_cards() {
        let mut snapshot = fixture::small();
        let mut cable = Link::new(40, "vethab12".into(), LinkKind::Veth);
        cable.owner = Owner::Containers {
            engine: "Docker".to_owned(),
        };
        let own = Link::new(41, "cable0".into(), LinkKind::Veth);
        let dummy = Link::new(42, "dummy0".into(), LinkKind::Dummy);
        let links = [(40, cable), (41, own), (42, dummy)];
        snapshot.host.links.extend(links);
        assert_eq!(names(&snapshot), ["cable0", "dummy0", "eth0", "eth1"]);
    }

    #[test]
    fn a_card_of_either_kind_of_switch_names_it() {
        let mut snapshot = fixture::small();
        let tunnel = Link::new(40, "tun0".into(), LinkKind::Physical);
        snapshot.host.links.insert(40, tunnel);
        let host = &snapshot.host;
        let name = |link: &str| above(host, host.link(link).unwrap()).map(|above| above.name);
        assert_eq!(name("eth0").as_deref(), Some("br0"));
        assert_eq!(name("tun0").as_deref(), Some("ovs0"));
        assert_eq!(name("eth1"), None);
    }

    #[test]
    fn a_bond_tells_what_it_lacks() {
        let mut host = fixture::bonded().host;
        let told = |host: &HostState| chip(host, host.link("bond0").unwrap()).0;
        assert_eq!(told(&host), "");
        let bond = host.link_mut("bond0").unwrap().bond.as_mut().unwrap();
        bond.options.mode = BondMode::Lacp;
        assert_eq!(told(&host), "no LACP partner");
        let bond = host.link_mut("bond0").unwrap().bond.as_mut().unwrap();
        bond.partner = Some(BondPartner {
            aggregator: 1,
            ports: 2,
            mac: "52:54:00:00:00:99".parse().unwrap(),
        });
        assert_eq!(told(&host), "");
        host.link_mut("eth3").unwrap().has_carrier = false;
        assert_eq!(told(&host), "member lost");
    }
}
