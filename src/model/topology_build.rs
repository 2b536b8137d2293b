// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From a snapshot of the host to the nodes and edges of its picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::link::{Link, LinkKind, Owner};
use crate::name::printable;
use crate::network::{ForwardMode, Network};
use crate::state::Snapshot;
use crate::topology::{
    Edge, EdgeId, EdgeKind, Graph, Node, NodeId, NodeKind, NodeState, Options, natural_order,
};
use crate::topology_mirror::Copies;
use crate::topology_ovs::is_switch;

/// The graph of this host.
pub(crate) fn build(snapshot: &Snapshot, options: &Options) -> Graph {
    let mut builder = Builder {
        snapshot,
        nodes: BTreeMap::new(),
        edges: BTreeMap::new(),
        node_of_link: BTreeMap::new(),
        switch_of_link: BTreeMap::new(),
    };
    builder.add_links();
    builder.add_ovs_bridges();
    builder.add_networks();
    builder.add_ports();
    builder.add_ovs_ports();
    builder.add_machines();
    builder.add_gateways();
    builder.add_forwarding(options.forwarding_edges);
    builder.fold(options);
    let copies = Copies::of(&snapshot.host);
    for (_, _, edge) in builder.edges.values_mut() {
        edge.links.sort_by(|a, b| natural_order(a, b));
        copies.mark(edge);
    }
    let nodes = builder.nodes.into_values().collect();
    Graph::from_parts(nodes, builder.edges.into_values().collect())
}

pub(crate) struct Builder<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) nodes: BTreeMap<NodeId, Node>,
    pub(crate) edges: BTreeMap<EdgeId, (NodeId, NodeId, Edge)>,
    /// The node that stands for a link of the host.
    pub(crate) node_of_link: BTreeMap<u32, NodeId>,
    /// The Open vSwitch bridge that a link of the host is a port of.
    pub(crate) switch_of_link: BTreeMap<u32, NodeId>,
}

impl Builder<'_> {
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Network> {
        let virt = self.snapshot.virt.available();
        virt.into_iter().flat_map(|virt| &virt.networks)
    }

    pub(crate) fn link(&self, name: &str) -> Option<&Link> {
        self.snapshot.host.link(name)
    }

    /// The node of the link with this name.
    pub(crate) fn node_of_name(&self, name: &str) -> Option<NodeId> {
        let link = self.link(name)?;
        self.node_of_link.get(&link.index).cloned()
    }

    pub(crate) fn connect(&mut self, from: &NodeId, to: &NodeId, edge: Edge) {
        if from != to {
            self.edges
                .insert(edge.id.clone(), (from.clone(), to.clone(), edge));
        }
    }

    fn add_links(&mut self) {
        let host = &self.snapshot.host;
        for link in host.links.values() {
            let kind = match &link.kind {
                LinkKind::Bridge => match self.snapshot.network_of_bridge(link) {
                    Some(network) => NodeKind::Network(network.forward),
                    None => NodeKind::Switch {
                        is_open_vswitch: false,
                    },
                },
                kind if is_switch(self, &link.name.to_string(), kind) => NodeKind::Switch {
                    is_open_vswitch: true,
                },
                _ if self.is_uplink(link) => NodeKind::Uplink(link.kind.clone()),
                _ => continue,
            };
            let node = match (&kind, self.snapshot.network_of_bridge(link)) {
                (NodeKind::Network(_), Some(network)) => network_node(network, Some(link)),
                _ => link_node(link, kind),
            };
            self.node_of_link.insert(link.index, node.id.clone());
            self.nodes.insert(node.id.clone(), node);
        }
    }

    /// Whether the link leads out of the host: cards always, tunnels where
    /// something uses them.
    fn is_uplink(&self, link: &Link) -> bool {
        let host = &self.snapshot.host;
        let controller = link.controller.and_then(|index| host.links.get(&index));
        let is_used = controller.is_some_and(Link::is_bridge)
            || host.routes_of(link.index).any(|route| route.is_default());
        match link.kind {
            LinkKind::Veth => link.is_uplink_like() && !link.leads_into_container(controller),
            LinkKind::Vxlan | LinkKind::Macvlan | LinkKind::Other(_) => is_used,
            LinkKind::Tun => {
                host.routes_of(link.index).any(|route| route.is_default())
                    && self.snapshot.machine_of_tap(link).is_none()
            }
            _ => link.is_uplink_like(),
        }
    }

    fn add_networks(&mut self) {
        let networks: Vec<Network> = self.networks().cloned().collect();
        for network in &networks {
            let node = network_node(network, None);
            let id = node.id.clone();
            self.nodes.entry(id.clone()).or_insert(node);
            if network.has_own_bridge() {
                continue;
            }
            let below: Vec<&String> = match &network.bridge {
                Some(bridge) => vec![bridge],
                None => network.forward_devices.iter().collect(),
            };
            for name in below {
                let from = match self.node_of_name(name) {
                    Some(node) => node,
                    None => self.add_missing_switch(name),
                };
                let edge = Edge {
                    is_up: network.is_active && self.is_up(&from),
                    ..new_edge(EdgeKind::Network, &from, &id, "")
                };
                self.connect(&from, &id, edge);
            }
        }
    }

    pub(crate) fn is_up(&self, id: &NodeId) -> bool {
        self.nodes
            .get(id)
            .is_some_and(|node| node.state == NodeState::Up)
    }

    /// A node for a switch that something refers to and that does not exist.
    pub(crate) fn add_missing_switch(&mut self, name: &str) -> NodeId {
        let id = NodeId::new("link", name);
        let kind = NodeKind::Switch {
            is_open_vswitch: false,
        };
        let mut node = node(id.clone(), kind, printable(name));
        node.detail = "does not exist".to_owned();
        node.state = NodeState::Missing;
        self.nodes.entry(id.clone()).or_insert(node);
        id
    }

    /// Ports of switches and what lies below bonds and VLANs. Taps of machines
    /// come with the machines.
    fn add_ports(&mut self) {
        let host = &self.snapshot.host;
        let mut others: BTreeMap<NodeId, Vec<&Link>> = BTreeMap::new();
        for link in host.links.values() {
            let own = self.node_of_link.get(&link.index).cloned();
            let controller = link.controller.and_then(|index| host.links.get(&index));
            let switch = controller.and_then(|link| self.node_of_link.get(&link.index));
            let switch = switch.cloned();
            let lower = link.lower.and_then(|index| self.node_of_link.get(&index));
            if let (Some(own), LinkKind::Vlan { vid, .. }, Some(lower)) =
                (&own, &link.kind, lower.cloned())
            {
                let edge = Edge {
                    vid: Some(*vid),
                    ..link_edge(EdgeKind::Lower, &lower, own, link, None)
                };
                self.connect(&lower, own, edge);
            }
            let Some(switch) = switch else {
                continue;
            };
            let peer = link.lower.and_then(|index| host.links.get(&index));
            let beyond = peer
                .and_then(|peer| peer.controller)
                .and_then(|index| self.node_of_link.get(&index))
                .filter(|_| link.kind == LinkKind::Veth)
                .cloned();
            match (own, beyond) {
                (Some(own), _) => {
                    let is_bond = controller.is_some_and(|link| link.kind == LinkKind::Bond);
                    let kind = if is_bond {
                        EdgeKind::Lower
                    } else {
                        EdgeKind::Port
                    };
                    let edge = link_edge(kind, &own, &switch, link, controller);
                    self.connect(&own, &switch, edge);
                }
                // Seen from both ends; drawn once.
                (None, Some(beyond)) if beyond > switch => {
                    let mut edge = link_edge(EdgeKind::Port, &switch, &beyond, link, controller);
                    // Either end may be the one that is blocked.
                    if let Some(peer) = peer.filter(|_| !edge.is_blocked()) {
                        let above = peer.controller.and_then(|index| host.links.get(&index));
                        edge.stp = link_edge(EdgeKind::Port, &beyond, &switch, peer, above).stp;
                    }
                    self.connect(&switch, &beyond, edge);
                }
                (None, Some(_)) => {}
                (None, None) => {
                    let is_machine = self.snapshot.machine_of_tap(link).is_some();
                    // Old libvirt keeps a dummy in each bridge for its MAC.
                    let is_dummy = link.name.to_string().ends_with("-nic");
                    if !is_machine && !is_dummy {
                        others.entry(switch).or_default().push(link);
                    }
                }
            }
        }
        for (switch, links) in others {
            self.add_port_group(&switch, &links);
        }
    }

    fn add_port_group(&mut self, switch: &NodeId, links: &[&Link]) {
        let id = NodeId::new("ports", switch);
        let kind = NodeKind::PortGroup { count: links.len() };
        let mut names: Vec<String> = links.iter().map(|link| link.name.to_string()).collect();
        names.sort_by(|a, b| natural_order(a, b));
        let mut group = match names.as_slice() {
            [only] => node(id.clone(), kind, only.clone()),
            _ => node(id.clone(), kind, format!("{} ports", names.len())),
        };
        let owners: BTreeSet<&str> = links
            .iter()
            .filter_map(|link| match &link.owner {
                Owner::Containers { engine } => Some(engine.as_str()),
                _ => None,
            })
            .collect();
        group.detail = match (owners.first(), links) {
            (Some(engine), _) => (*engine).to_owned(),
            (None, [only]) => only.kind.word(),
            (None, _) => names.join(", "),
        };
        let is_up = links.iter().any(|link| link.is_up && link.has_carrier);
        group.state = if is_up {
            NodeState::Up
        } else {
            NodeState::NoCarrier
        };
        let edge = Edge {
            links: names,
            is_up,
            ..new_edge(EdgeKind::Port, switch, &id, "")
        };
        self.connect(switch, &id, edge);
        self.nodes.insert(id, group);
    }
}

pub(crate) fn node(id: NodeId, kind: NodeKind, name: String) -> Node {
    Node {
        id,
        kind,
        name,
        detail: String::new(),
        state: NodeState::Up,
        owner: None,
        addresses: Vec::new(),
        link: None,
        leaves_through: None,
    }
}

pub(crate) fn link_node(link: &Link, kind: NodeKind) -> Node {
    let is_switch = matches!(kind, NodeKind::Switch { .. });
    let mut node = node(NodeId::new("link", &link.name), kind, link.name.to_string());
    node.addresses = addresses_of(link);
    let first = node.addresses.first().cloned();
    node.detail = first.unwrap_or_else(|| node.kind.word());
    node.state = match (link.is_up, link.has_carrier) {
        (false, _) => NodeState::Off,
        // A switch without ports has no carrier; nothing is wrong with it.
        (true, false) if !is_switch => NodeState::NoCarrier,
        _ => NodeState::Up,
    };
    node.owner = match &link.owner {
        Owner::Nobody | Owner::Kernel => None,
        owner => Some(owner.name().to_owned()),
    };
    node.link = Some(link.name.to_string());
    node
}

fn network_node(network: &Network, bridge: Option<&Link>) -> Node {
    let id = NodeId::new("network", &network.uuid);
    let mut node = node(
        id,
        NodeKind::Network(network.forward),
        printable(&network.name),
    );
    node.addresses = network
        .subnets
        .iter()
        .map(|subnet| subnet.host.to_string())
        .collect();
    let mode = network.forward.title();
    node.detail = match node.addresses.first() {
        Some(address) => format!("{mode} · {address}"),
        None => mode.to_owned(),
    };
    node.state = match network.is_active {
        true => NodeState::Up,
        false => NodeState::Off,
    };
    node.owner = Some("libvirt".to_owned());
    node.link = bridge.map(|link| link.name.to_string());
    node
}

/// Addresses that say where a link is: the host's own first, those the kernel
/// makes for the link alone left out.
fn addresses_of(link: &Link) -> Vec<String> {
    let mut addresses: Vec<_> = link
        .addresses
        .iter()
        .filter(|address| !address.net.is_ipv6_link_local())
        .collect();
    addresses.sort_by_key(|address| address.net.address().is_ipv6());
    addresses
        .iter()
        .map(|address| address.net.to_string())
        .collect()
}

pub(crate) fn new_edge(kind: EdgeKind, from: &NodeId, to: &NodeId, port: &str) -> Edge {
    Edge {
        id: EdgeId(format!("{from}>{to}#{port}")),
        kind,
        port: port.to_owned(),
        links: Vec::new(),
        is_up: true,
        stp: None,
        vid: None,
        addresses: Vec::new(),
        mirrors: Vec::new(),
    }
}

/// The edge that a link of the host is, with its state as a port.
pub(crate) fn link_edge(
    kind: EdgeKind,
    from: &NodeId,
    to: &NodeId,
    link: &Link,
    controller: Option<&Link>,
) -> Edge {
    let name = link.name.to_string();
    let has_stp = controller
        .and_then(|link| link.bridge)
        .is_some_and(|bridge| bridge.options.stp);
    Edge {
        links: vec![name.clone()],
        is_up: link.is_up && link.has_carrier,
        stp: link.port.filter(|_| has_stp).map(|port| port.state),
        ..new_edge(kind, from, to, &name)
    }
}

/// Whether machines of this network meet the host on one bridge.
pub(crate) const fn is_on_bridge(network: &Network) -> bool {
    network.has_own_bridge()
        || matches!(network.forward, ForwardMode::Bridge) && network.bridge.is_some()
}
