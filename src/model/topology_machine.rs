// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Machines of the picture: where each is connected, and which are folded.

use std::collections::{BTreeMap, BTreeSet};

use crate::link::Link;
use crate::machine::{InterfaceSource, Machine, MachineInterface, MachineState};
use crate::name::printable;
use crate::network::ForwardMode;
use crate::topology::{Edge, EdgeId, EdgeKind, Node, NodeId, NodeKind, NodeState, Options};
use crate::topology_build::{Builder, is_on_bridge, link_edge, new_edge, node};

impl Builder<'_> {
    pub(crate) fn add_machines(&mut self) {
        let Some(virt) = self.snapshot.virt.available() else {
            return;
        };
        for machine in &virt.machines {
            let node = machine_node(machine);
            let id = node.id.clone();
            self.nodes.insert(id.clone(), node);
            for (at, interface) in machine.interfaces.iter().enumerate() {
                self.add_interface(&id, machine, at, interface);
            }
        }
    }

    fn add_interface(
        &mut self,
        id: &NodeId,
        machine: &Machine,
        at: usize,
        interface: &MachineInterface,
    ) {
        let host = &self.snapshot.host;
        let tap = interface.tap.as_deref().and_then(|tap| host.link(tap));
        let bridge = tap.and_then(|tap| host.links.get(&tap.controller?));
        let on_ovs = tap.and_then(|tap| self.switch_of_link.get(&tap.index));
        let on_ovs = on_ovs.cloned();
        let vid = tap.filter(|_| on_ovs.is_some()).and_then(|tap| {
            let (_, port) = host.ovs.state()?.port(&tap.name.to_string())?;
            port.conf.vlans.tag
        });
        let from = match on_ovs {
            Some(switch) => switch,
            None => match self.end_of(&interface.source, bridge) {
                Some(from) => from,
                None => return,
            },
        };
        let kind = match self.nodes.get(&from).map(|node| &node.kind) {
            Some(NodeKind::Uplink(_)) => EdgeKind::Direct,
            _ => EdgeKind::Port,
        };
        let mut edge = match tap {
            Some(tap) => link_edge(kind, &from, id, tap, bridge),
            None => Edge {
                is_up: false,
                ..new_edge(kind, &from, id, "")
            },
        };
        // A machine may be connected twice to the same network.
        edge.id = EdgeId(format!("{from}>{id}#{at}"));
        edge.vid = vid.or(edge.vid);
        edge.is_up &= interface.is_plugged && machine.state == MachineState::Running;
        edge.addresses = interface
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        self.connect(&from, id, edge);
        self.count_on_plate(&from, tap);
    }

    /// What an interface is connected to: what its definition says, unless its
    /// tap sits on another switch.
    fn end_of(&mut self, source: &InterfaceSource, bridge: Option<&Link>) -> Option<NodeId> {
        let actual = bridge
            .and_then(|link| self.node_of_link.get(&link.index))
            .cloned();
        match source {
            InterfaceSource::Network(name) => {
                let network = self.networks().find(|network| network.name == *name);
                let Some(network) = network else {
                    return Some(actual.unwrap_or_else(|| self.add_missing_network(name)));
                };
                let declared = NodeId::new("network", &network.uuid);
                let is_moved = match (bridge, &network.bridge) {
                    (Some(bridge), Some(name)) => is_on_bridge(network) && !bridge.name.is(name),
                    _ => false,
                };
                actual.filter(|_| is_moved).or(Some(declared))
            }
            InterfaceSource::Bridge(name) => Some(
                actual
                    .or_else(|| self.node_of_name(name))
                    .unwrap_or_else(|| self.add_missing_switch(name)),
            ),
            InterfaceSource::Direct(name) => self.node_of_name(name),
            InterfaceSource::Other(_) => actual,
        }
    }

    fn add_missing_network(&mut self, name: &str) -> NodeId {
        let id = NodeId::new("missing-network", name);
        let mut node = node(
            id.clone(),
            NodeKind::Network(ForwardMode::Isolated),
            printable(name),
        );
        node.detail = "does not exist".to_owned();
        node.state = NodeState::Missing;
        self.nodes.entry(id.clone()).or_insert(node);
        id
    }

    /// A network that is a plate on a switch carries what its machines' taps
    /// carry.
    fn count_on_plate(&mut self, plate: &NodeId, tap: Option<&Link>) {
        let Some(tap) = tap else {
            return;
        };
        let plates = self.edges.values_mut();
        for (_, to, edge) in plates {
            if to == plate && edge.kind == EdgeKind::Network {
                edge.links.push(tap.name.to_string());
            }
        }
    }

    /// Folds the machines that hang on one switch or network alone, where
    /// there are more than the options allow.
    pub(crate) fn fold(&mut self, options: &Options) {
        let mut parents: BTreeMap<&NodeId, BTreeSet<&NodeId>> = BTreeMap::new();
        for (from, to, _) in self.edges.values() {
            if to.0.starts_with("machine:") {
                parents.entry(to).or_default().insert(from);
            }
        }
        let mut machines: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        for (machine, parents) in parents {
            if let (1, Some(parent)) = (parents.len(), parents.first()) {
                let of_parent = machines.entry((*parent).clone()).or_default();
                of_parent.push(machine.clone());
            }
        }
        for (parent, machines) in machines {
            let id = group_id(&parent);
            if machines.len() > options.fold_above && !options.unfolded.contains(&id) {
                let mut folded = machines;
                folded.retain(|machine| !options.apart.contains(machine));
                // One alone is no group.
                if folded.len() > 1 {
                    self.fold_into(id, &parent, &folded);
                }
            }
        }
    }

    fn fold_into(&mut self, id: NodeId, parent: &NodeId, machines: &[NodeId]) {
        let folded: Vec<Node> = machines
            .iter()
            .filter_map(|machine| self.nodes.remove(machine))
            .collect();
        let running = folded
            .iter()
            .filter(|node| node.state == NodeState::Up)
            .count();
        let count = folded.len();
        let kind = NodeKind::MachineGroup { count, running };
        let mut group = node(id.clone(), kind, format!("{count} machines"));
        group.detail = match count - running {
            0 => "all running".to_owned(),
            _ => format!("{running} running"),
        };
        let machines: BTreeSet<&NodeId> = machines.iter().collect();
        let mut edge = new_edge(EdgeKind::Port, parent, &id, "");
        edge.is_up = false;
        self.edges.retain(|_, (_, to, port)| {
            let stays = !machines.contains(to);
            if !stays {
                edge.links.append(&mut port.links);
                edge.is_up |= port.is_up;
            }
            stays
        });
        self.connect(parent, &id, edge);
        self.nodes.insert(id, group);
    }
}

/// The identifier of the node that holds the folded machines of this switch or
/// network.
#[must_use]
pub fn group_id(parent: &NodeId) -> NodeId {
    NodeId::new("group", parent)
}

fn machine_node(machine: &Machine) -> Node {
    let mut node = node(
        NodeId::new("machine", &machine.uuid),
        NodeKind::Machine(machine.state),
        printable(&machine.name),
    );
    node.state = match machine.state {
        MachineState::Running => NodeState::Up,
        MachineState::Paused => NodeState::Paused,
        MachineState::Off => NodeState::Off,
        MachineState::Crashed => NodeState::Crashed,
    };
    let mut addresses: Vec<_> = machine
        .interfaces
        .iter()
        .flat_map(|interface| &interface.addresses)
        .collect();
    // The order of the interfaces decides within each family.
    addresses.sort_by_key(|address| address.is_ipv6());
    node.addresses = addresses.iter().map(ToString::to_string).collect();
    let first = node.addresses.first().cloned();
    let cards = machine.interfaces.iter();
    let others = cards
        .filter(|interface| !interface.addresses.is_empty())
        .count()
        .saturating_sub(1);
    node.detail = match machine.state {
        // Each of its network cards has an address of its own.
        MachineState::Running if others > 0 => {
            format!("{} +{others}", first.unwrap_or_default())
        }
        MachineState::Running => first.unwrap_or_else(|| "running".to_owned()),
        state => state.word().to_owned(),
    };
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Graph;
    use crate::topology_scene::{Scene, large, small, varied};

    fn graph_of(snapshot: &crate::state::Snapshot) -> Graph {
        Graph::of(snapshot, &Options::default())
    }

    #[test]
    fn more_than_eight_machines_fold_and_unfold() {
        let folded = graph_of(&varied());
        let id = group_id(&NodeId::new("link", "br-lab"));
        let group = folded.node(&id).unwrap();
        assert_eq!(
            group.kind,
            NodeKind::MachineGroup {
                count: 23,
                running: 20
            }
        );
        assert_eq!(folded.edges_of(&id)[0].1.links.len(), 20);
        let options = Options {
            unfolded: BTreeSet::from([id.clone()]),
            ..Options::default()
        };
        let open = Graph::of(&varied(), &options);
        assert!(open.node(&id).is_none());
        assert!(open.node(&NodeId::new("machine", "m-worker23")).is_some());
    }

    #[test]
    fn what_is_asked_for_stays_beside_its_group() {
        let worker = NodeId::new("machine", "m-worker23");
        let options = Options {
            apart: BTreeSet::from([worker.clone()]),
            ..Options::default()
        };
        let graph = Graph::of(&varied(), &options);
        let group = graph.node(&group_id(&NodeId::new("link", "br-lab")));
        assert_eq!(group.unwrap().name, "22 machines");
        assert_eq!(graph.edges_of(&worker)[0].0.name, "br-lab");
    }

    #[test]
    fn each_connection_of_a_machine_has_its_own_address() {
        let graph = graph_of(&small());
        let database = NodeId::new("machine", "m-database");
        assert_eq!(graph.node(&database).unwrap().detail, "10.0.0.13 +1");
        let addresses: Vec<_> = graph
            .edges_of(&database)
            .iter()
            .map(|(other, edge)| (other.name.as_str(), edge.addresses.join(" ")))
            .collect();
        let expected = [("br1", "10.0.0.14"), ("isolated", "10.0.0.13")];
        assert_eq!(addresses, expected.map(|(name, at)| (name, at.to_owned())));
    }

    #[test]
    fn eight_machines_stay_apart() {
        let graph = graph_of(&varied());
        assert!(graph.node(&NodeId::new("machine", "m-node8")).is_some());
    }

    #[test]
    fn a_bridged_network_stands_between_its_switch_and_its_machines() {
        let graph = graph_of(&small());
        let office = NodeId::new("network", "n-office");
        let ends: Vec<&str> = graph
            .edges_of(&office)
            .iter()
            .map(|(node, _)| node.name.as_str())
            .collect();
        assert_eq!(ends, ["br0", "web"]);
        assert!(
            graph
                .edges_of(&office)
                .iter()
                .all(|(_, edge)| edge.links == ["vnet0"])
        );
    }

    #[test]
    fn a_machine_that_is_off_stays_at_its_network() {
        let graph = graph_of(&varied());
        let archive = graph.edges_of(&NodeId::new("machine", "m-archive"));
        assert_eq!(archive.len(), 1);
        assert_eq!(archive[0].0.name, "old");
        assert!(!archive[0].1.is_up);
    }

    #[test]
    fn what_machines_refer_to_and_does_not_exist_is_shown_missing() {
        let graph = graph_of(&varied());
        let gone = graph.node(&NodeId::new("missing-network", "gone")).unwrap();
        assert_eq!(gone.state, NodeState::Missing);
    }

    #[test]
    fn a_tap_that_was_moved_is_drawn_where_it_is() {
        let mut scene = Scene::new();
        for bridge in ["br0", "br1"] {
            scene.link(bridge, crate::link::LinkKind::Bridge, None);
        }
        scene.machine("web", MachineState::Running, &["bridge:br0"]);
        let other = scene.host.link("br1").unwrap().index;
        scene.host.link_mut("vnet0").unwrap().controller = Some(other);
        let graph = graph_of(&scene.snapshot());
        let ends = graph.edges_of(&NodeId::new("machine", "m-web"));
        assert_eq!(ends[0].0.name, "br1");
    }

    #[test]
    fn many_forwarding_networks_only_say_how_they_leave() {
        let graph = graph_of(&large());
        let net03 = graph.node(&NodeId::new("network", "n-net03")).unwrap();
        assert_eq!(net03.leaves_through.as_deref(), Some("br0"));
        assert!(
            graph
                .edges()
                .all(|(_, _, edge)| edge.kind != EdgeKind::Forwarding)
        );
    }

    #[test]
    fn containers_of_a_switch_are_one_group() {
        let graph = graph_of(&varied());
        let id = NodeId::new("ports", NodeId::new("link", "docker0"));
        assert_eq!(
            graph.node(&id).unwrap().kind,
            NodeKind::PortGroup { count: 3 }
        );
    }

    #[test]
    fn a_blocked_port_is_told_from_an_idle_one() {
        let graph = graph_of(&varied());
        let blocked: Vec<_> = graph
            .edges()
            .filter(|(_, _, edge)| edge.is_blocked())
            .collect();
        assert_eq!(blocked.len(), 1);
        assert_eq!(blocked[0].0.name, "br-lab");
        assert_eq!(blocked[0].1.name, "br-lan");
    }
}
