// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Every list of the window: what its rows hold and where they come from.

use nova_model::network::ForwardMode;

use crate::row::Row;
use crate::world::{Topic, World};
use crate::{
    candidate_row, card_fact, card_row, chart_row, history_row, host_card_row, keeper_row,
    learned_row, limit_row, member_row, mirror_row, network_row, openflow_row, port_row, stp_fact,
    sub_interface, switch_fact, switch_row, topology_fact, topology_row, topology_scene,
};

/// The icon of a switch, drawn for Nova: icon themes have none.
pub const SWITCH_ICON: &str = "qrc:/qt/qml/org/nova/networking/icons/nova-switch-symbolic.svg";

/// The icon of a network card: the themes draw a computer.
pub const CARD_ICON: &str = "qrc:/qt/qml/org/nova/networking/icons/nova-card-symbolic.svg";

/// The icon of a libvirt network; the globe is the world beyond the gateway.
pub const NETWORK_ICON: &str = "cloudstatus-symbolic";

/// The same cloud with an arrow out of it: a network behind NAT.
pub const NAT_ICON: &str = "qrc:/qt/qml/org/nova/networking/icons/nova-network-nat-symbolic.svg";

/// The same cloud with an arrow both ways: a routed network.
pub const ROUTED_ICON: &str =
    "qrc:/qt/qml/org/nova/networking/icons/nova-network-routed-symbolic.svg";

/// The same cloud with a lock: an isolated network.
pub const ISOLATED_ICON: &str =
    "qrc:/qt/qml/org/nova/networking/icons/nova-network-isolated-symbolic.svg";

/// The icon of a libvirt network of this mode.
#[must_use]
pub const fn network_icon(mode: ForwardMode) -> &'static str {
    match mode {
        ForwardMode::Nat => NAT_ICON,
        ForwardMode::Isolated => ISOLATED_ICON,
        ForwardMode::Route | ForwardMode::Open => ROUTED_ICON,
        _ => NETWORK_ICON,
    }
}

/// The icon of a bond, drawn for Nova.
pub const BOND_ICON: &str = "qrc:/qt/qml/org/nova/networking/icons/nova-bond-symbolic.svg";

/// The icon of an 802.1Q sub-interface, drawn for Nova.
pub const VLAN_ICON: &str = "qrc:/qt/qml/org/nova/networking/icons/nova-vlan-symbolic.svg";

/// A list of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// All switches.
    Switches,
    /// The facts of a switch.
    SwitchFacts,
    /// The ports of a switch.
    Ports,
    /// What can become a port of a switch.
    Candidates,
    /// Network cards, to make a bridge above one.
    Cards,
    /// The cards, bonds and sub-interfaces of the host.
    HostCards,
    /// The facts of a card.
    CardFacts,
    /// The members of a bond.
    Members,
    /// What can become a member of a bond.
    Joinable,
    /// Who can keep the change under review.
    Keepers,
    /// The 802.1Q sub-interfaces on a switch or a card.
    SubInterfaces,
    /// The facts of the spanning tree of a switch.
    TreeFacts,
    /// The ports of a switch with their part in the spanning tree.
    TreePorts,
    /// What a Linux bridge has learned.
    Learned,
    /// The flows of a bridge of Open vSwitch.
    Flows,
    /// The mirrors of a switch.
    Mirrors,
    /// The ports of a switch with what limits them.
    Limits,
    /// All libvirt networks.
    Networks,
    /// The facts of a network.
    NetworkFacts,
    /// The leases of a network.
    Leases,
    /// The machines of a network.
    Machines,
    /// Changes of the past.
    History,
    /// The steps of a change.
    Steps,
    /// Nodes of the topology.
    TopologyNodes,
    /// Links of the topology.
    TopologyLinks,
    /// Places where links of the topology meet nodes.
    TopologyTicks,
    /// Captions of the topology.
    TopologyCaptions,
    /// The facts of a node of the topology.
    TopologyFacts,
    /// Links with what they carry.
    Traffic,
    /// The links that carry most.
    Talkers,
}

impl List {
    /// The names of the values of its rows.
    #[must_use]
    pub const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Switches => switch_row::SWITCH_ROLES,
            Self::SwitchFacts | Self::NetworkFacts => switch_fact::FACT_ROLES,
            Self::Ports => port_row::PORT_ROLES,
            Self::Candidates => candidate_row::CANDIDATE_ROLES,
            Self::Cards => card_row::CARD_ROLES,
            Self::HostCards => host_card_row::HOST_CARD_ROLES,
            Self::CardFacts => switch_fact::FACT_ROLES,
            Self::Members => member_row::MEMBER_ROLES,
            Self::Joinable => member_row::JOINABLE_ROLES,
            Self::Keepers => keeper_row::KEEPER_ROLES,
            Self::SubInterfaces => sub_interface::SUB_ROLES,
            Self::TreeFacts => switch_fact::FACT_ROLES,
            Self::TreePorts => stp_fact::TREE_ROLES,
            Self::Learned => learned_row::LEARNED_ROLES,
            Self::Flows => openflow_row::FLOW_ROLES,
            Self::Mirrors => mirror_row::MIRROR_ROLES,
            Self::Limits => limit_row::LIMIT_ROLES,
            Self::Networks => network_row::NETWORK_ROLES,
            Self::Leases => network_row::LEASE_ROLES,
            Self::Machines => network_row::MACHINE_ROLES,
            Self::History => history_row::HISTORY_ROLES,
            Self::Steps => history_row::STEP_ROLES,
            Self::TopologyNodes => topology_row::NODE_ROLES,
            Self::TopologyLinks => topology_row::LINK_ROLES,
            Self::TopologyTicks => topology_row::TICK_ROLES,
            Self::TopologyCaptions => topology_row::CAPTION_ROLES,
            Self::TopologyFacts => switch_fact::FACT_ROLES,
            Self::Traffic => chart_row::TRAFFIC_ROLES,
            Self::Talkers => chart_row::TALKER_ROLES,
        }
    }

    /// Whether it can be different after this part of the world changed.
    #[must_use]
    pub const fn follows(self, topic: Topic) -> bool {
        match self {
            Self::Switches | Self::Ports | Self::HostCards | Self::CardFacts | Self::Networks => {
                matches!(topic, Topic::Picture | Topic::Rates)
            }
            Self::History => matches!(topic, Topic::History),
            Self::Keepers => matches!(topic, Topic::Picture | Topic::Flow),
            Self::Learned | Self::Flows => matches!(topic, Topic::Picture | Topic::Query),
            Self::Steps => matches!(topic, Topic::History | Topic::Flow),
            Self::TopologyTicks | Self::TopologyCaptions => matches!(topic, Topic::Scene),
            Self::TopologyNodes | Self::TopologyLinks | Self::TopologyFacts => {
                matches!(topic, Topic::Scene | Topic::Rates)
            }
            Self::Traffic | Self::Talkers => matches!(topic, Topic::Rates),
            _ => matches!(topic, Topic::Picture),
        }
    }

    /// The values that a search looks into, for those that can be searched:
    /// what is read in a row, and neither icons nor rates.
    const fn searched(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Switches | Self::Networks => Some(&["name", "facts", "chip"]),
            Self::Candidates => Some(&["name", "facts"]),
            Self::History => Some(&["title", "state", "effects", "error"]),
            Self::Traffic => Some(&["name", "about"]),
            _ => None,
        }
    }

    /// Its rows about `subject`, `None` while nothing is known.
    #[must_use]
    pub fn rows(self, world: &World, subject: &str) -> Option<Vec<Row>> {
        let rows = self.read(world, subject)?;
        let Some(searched) = self.searched() else {
            return Some(rows);
        };
        let roles = self.roles().iter().enumerate();
        let places: Vec<usize> = roles
            .filter(|(_, role)| searched.contains(role))
            .map(|(at, _)| at)
            .collect();
        let rows = rows.into_iter();
        Some(rows.map(|row| row.found_by(&places)).collect())
    }

    fn read(self, world: &World, subject: &str) -> Option<Vec<Row>> {
        let snapshot = world.snapshot.as_deref();
        let scene = world.scene.as_deref();
        let rates = world.rates.as_deref();
        let history = world.history.as_deref().map(Vec::as_slice);
        match self {
            Self::Switches => {
                snapshot.map(|host| switch_row::switches(host, world.rates.as_deref()))
            }
            Self::SwitchFacts => snapshot.map(|host| switch_fact::facts(host, subject)),
            Self::Ports => snapshot.map(|host| port_row::ports(host, subject, rates)),
            Self::Candidates => snapshot.map(|host| candidate_row::candidates(host, subject)),
            Self::Cards => snapshot.map(card_row::cards),
            Self::HostCards => snapshot.map(|host| host_card_row::host_cards(host, rates)),
            Self::CardFacts => snapshot.map(|host| card_fact::facts(host, subject, rates)),
            Self::Members => snapshot.map(|host| member_row::members_of(host, subject)),
            Self::Joinable => snapshot.map(|host| member_row::joinable(host, subject)),
            Self::Keepers => {
                snapshot.map(|snapshot| keeper_row::keepers(&snapshot.host, &world.stage))
            }
            Self::SubInterfaces => {
                snapshot.map(|host| sub_interface::sub_interfaces(host, subject))
            }
            Self::TreeFacts => snapshot.map(|host| stp_fact::facts(host, subject)),
            Self::TreePorts => snapshot.map(|host| stp_fact::ports(host, subject)),
            Self::Learned => {
                snapshot.map(|host| learned_row::learned(host, subject, world.ages.as_deref()))
            }
            Self::Flows => snapshot.map(|host| openflow_row::flows(host, &world.flows, subject)),
            Self::Mirrors => snapshot.map(|host| mirror_row::mirrors(host, subject)),
            Self::Limits => snapshot.map(|host| limit_row::limits(host, subject)),
            Self::Networks => snapshot.map(|host| network_row::networks(host, rates)),
            Self::NetworkFacts => snapshot.map(|host| network_row::facts(host, subject)),
            Self::Leases => snapshot.map(|host| network_row::leases(host, subject)),
            Self::Machines => snapshot.map(|host| network_row::machines(host, subject)),
            Self::History => history.map(history_row::entries),
            Self::TopologyNodes => scene.map(|scene| scene.nodes(rates)),
            Self::TopologyLinks => scene.map(|scene| scene.links(rates)),
            Self::TopologyTicks => scene.map(topology_scene::Scene::ticks),
            Self::TopologyCaptions => scene.map(topology_scene::Scene::captions),
            Self::TopologyFacts => scene.map(|scene| topology_fact::facts(scene, subject, rates)),
            // The first sample tells of no rates yet, of any link.
            Self::Traffic => snapshot
                .zip(rates.filter(|rates| !rates.links.is_empty()))
                .map(|(host, rates)| chart_row::links(host, rates)),
            Self::Talkers => snapshot
                .zip(rates)
                .map(|(host, rates)| chart_row::talkers(host, rates)),
            Self::Steps => Some(history_row::steps(
                history.unwrap_or_default(),
                &world.stage,
                subject,
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use std::sync::Arc;

    #[test]
    fn every_row_has_a_value_for_each_role() {
        let world = World {
            snapshot: Some(Arc::new(fixture::bonded())),
            history: Some(Arc::default()),
            ..World::default()
        };
        let lists = [
            (List::Switches, ""),
            (List::SwitchFacts, "br0"),
            (List::Ports, "br0"),
            (List::Candidates, "br0"),
            (List::Cards, ""),
            (List::HostCards, ""),
            (List::CardFacts, "bond0"),
            (List::Members, "bond0"),
            (List::Joinable, ""),
            (List::SubInterfaces, "bond0"),
            (List::Ports, "ovs0"),
            (List::TreeFacts, "br0"),
            (List::Limits, "br0"),
            (List::Networks, ""),
            (List::NetworkFacts, "default"),
            (List::Leases, "default"),
            (List::Machines, "default"),
        ];
        for (list, subject) in lists {
            let rows = list.rows(&world, subject).unwrap();
            assert!(!rows.is_empty(), "{list:?}");
            for row in rows {
                assert_eq!(row.cells.len(), list.roles().len(), "{list:?} {row:?}");
            }
        }
    }

    #[test]
    fn a_search_looks_into_what_is_read_in_a_row() {
        let world = World {
            snapshot: Some(Arc::new(fixture::small())),
            ..World::default()
        };
        let found = |list: List, search: &str| -> Vec<String> {
            let rows = list.rows(&world, "").unwrap().into_iter();
            rows.filter(|row| row.matches(search))
                .map(|row| row.key)
                .collect()
        };
        assert_eq!(found(List::Switches, "192.0.2.5"), ["br0"]);
        assert_eq!(found(List::Switches, "down"), ["br1"]);
        // The kind of the chip, the icon and the caution are not read as words.
        assert!(found(List::Switches, "neutral").is_empty());
        assert!(found(List::Candidates, "symbolic").is_empty());
    }

    #[test]
    fn nothing_known_is_not_the_same_as_nothing_there() {
        assert_eq!(List::Switches.rows(&World::default(), ""), None);
    }
}
