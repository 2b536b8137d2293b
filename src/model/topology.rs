// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The network of the host as a graph, from the world to the machines:
//! gateways → network cards → switches → libvirt networks → machines.
//!
//! A libvirt network with a bridge of its own is one node, the network; a
//! network on somebody else's switch is a plate between that switch and its
//! machines. [`crate::layout`] gives the graph coordinates.

use std::collections::BTreeSet;
use std::fmt;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;
use serde::{Deserialize, Serialize};

use crate::bridge::StpState;
use crate::link::LinkKind;
use crate::machine::MachineState;
use crate::network::ForwardMode;
use crate::state::Snapshot;

/// Identifies a node for as long as the thing it stands for keeps its name
/// (links) or its UUID (networks, machines): `switch:br0`, `machine:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct NodeId(pub String);

impl NodeId {
    /// The identifier of a thing of this kind.
    #[must_use]
    pub fn new(kind: &str, key: impl fmt::Display) -> Self {
        Self(format!("{kind}:{key}"))
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// The next hop of a default route; the world lies behind it.
    Gateway,
    /// A network card, or a bond, VLAN or tunnel on one.
    Uplink(LinkKind),
    /// A switch of the host.
    Switch {
        /// Whether it is an Open vSwitch bridge instead of a Linux bridge.
        is_open_vswitch: bool,
    },
    /// A libvirt network.
    Network(ForwardMode),
    /// A machine.
    Machine(MachineState),
    /// More machines on one switch or network than are drawn one by one.
    MachineGroup {
        /// How many there are.
        count: usize,
        /// How many of them run.
        running: usize,
    },
    /// Ports that lead neither to a card nor to a machine: containers,
    /// namespaces, taps of other programs.
    PortGroup {
        /// How many there are.
        count: usize,
    },
}

impl NodeKind {
    /// The word a person reads: `Linux bridge`, `NAT network`.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Gateway => "gateway".to_owned(),
            Self::Uplink(LinkKind::Veth) => "network card".to_owned(),
            Self::Uplink(kind) => kind.word(),
            Self::Switch {
                is_open_vswitch: true,
            } => "Open vSwitch".to_owned(),
            Self::Switch { .. } => "Linux bridge".to_owned(),
            Self::Network(mode) => format!("{} network", mode.title()),
            Self::Machine(_) => "machine".to_owned(),
            Self::MachineGroup { .. } => "machines".to_owned(),
            Self::PortGroup { .. } => "ports".to_owned(),
        }
    }
}

/// The state of a node, as icon and word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Works: up with a carrier, started, running.
    Up,
    /// Set up, but nothing is at the other end of the cable.
    NoCarrier,
    /// Set down, not started, switched off.
    Off,
    /// Held.
    Paused,
    /// Went down by a fault.
    Crashed,
    /// Something refers to it, yet it does not exist.
    Missing,
}

impl NodeState {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::NoCarrier => "no cable",
            Self::Off => "off",
            Self::Paused => "paused",
            Self::Crashed => "crashed",
            Self::Missing => "missing",
        }
    }
}

/// One thing of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Node {
    /// Its identifier.
    pub id: NodeId,
    /// What it stands for.
    pub kind: NodeKind,
    /// Its name, fit to be shown.
    pub name: String,
    /// What people look for next: the first address, else what it is.
    pub detail: String,
    /// Its state.
    pub state: NodeState,
    /// Who configures it, where somebody does.
    pub owner: Option<String>,
    /// All its addresses, fit to be shown.
    pub addresses: Vec<String>,
    /// The link of the host it stands for, where there is one.
    pub link: Option<String>,
    /// The link through which a network leaves the host, where the picture has
    /// too many such networks to draw the connection.
    pub leaves_through: Option<String>,
}

impl Node {
    /// The node in a sentence, for those who hear the picture.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut parts = vec![format!("{} {}", self.kind.word(), self.name)];
        if let NodeKind::MachineGroup { count, running } = self.kind {
            parts = vec![format!("{count} machines, {running} running")];
        } else {
            parts.push(self.state_word().to_owned());
            parts.extend(self.addresses.first().cloned());
        }
        parts.join(", ")
    }

    /// The word for its state: a machine runs, a link is up.
    #[must_use]
    pub const fn state_word(&self) -> &'static str {
        match self.kind {
            NodeKind::Machine(state) => state.word(),
            _ => self.state.word(),
        }
    }
}

/// Identifies an edge: its two nodes and the port between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct EdgeId(pub String);

impl fmt::Display for EdgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What connects two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// A cable: the gateway behind a card.
    Cable,
    /// A card below a bond or a VLAN.
    Lower,
    /// A port of a switch.
    Port,
    /// A network that uses a switch or a card.
    Network,
    /// The host forwards between both (NAT, routed).
    Forwarding,
    /// A machine straight on a card (macvtap).
    Direct,
}

/// A connection of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Edge {
    /// Its identifier.
    pub id: EdgeId,
    /// What connects the two.
    pub kind: EdgeKind,
    /// Name of the port, fit to be shown; empty where the host has none (a
    /// machine that is off).
    pub port: String,
    /// Links of the host whose rates add up to the rate of this connection.
    pub links: Vec<String>,
    /// Traffic can pass: both ends are up and plugged.
    pub is_up: bool,
    /// State in the spanning tree, where the switch runs one.
    pub stp: Option<StpState>,
    /// VLAN identifier, 1–4094, where the connection carries one VLAN.
    pub vid: Option<u16>,
    /// Addresses the machine has at this connection, fit to be shown. A
    /// machine with several network cards has others at the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// What a mirror copies of it, and where to, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
}

impl Edge {
    /// Whether the spanning tree keeps this port from forwarding.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.stp
            .is_some_and(|state| !matches!(state, StpState::Forwarding | StpState::Disabled))
    }
}

/// How much of the host the picture shows one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// So many machines on one switch or network are drawn, more are folded
    /// into one node.
    pub fold_above: usize,
    /// Folded nodes that a person has opened.
    pub unfolded: BTreeSet<NodeId>,
    /// Machines that stay on their own beside the folded ones.
    pub apart: BTreeSet<NodeId>,
    /// So many networks are drawn with the connection through which they leave
    /// the host; with more, each only says it.
    pub forwarding_edges: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fold_above: 8,
            unfolded: BTreeSet::new(),
            apart: BTreeSet::new(),
            forwarding_edges: 6,
        }
    }
}

/// The network of a host as a graph. Edges point from the world towards the
/// machines. The order of nodes and edges depends on their identifiers alone.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(crate) graph: DiGraph<Node, Edge>,
}

impl Graph {
    /// The graph of this host.
    #[must_use]
    pub fn of(snapshot: &Snapshot, options: &Options) -> Self {
        crate::topology_build::build(snapshot, options)
    }

    /// The graph of these nodes and edges; an edge to a node that is not there
    /// is left out.
    #[must_use]
    pub fn from_parts(mut nodes: Vec<Node>, mut edges: Vec<(NodeId, NodeId, Edge)>) -> Self {
        nodes.sort_by(|a, b| a.id.cmp(&b.id));
        nodes.dedup_by(|a, b| a.id == b.id);
        edges.sort_by(|a, b| a.2.id.cmp(&b.2.id));
        edges.dedup_by(|a, b| a.2.id == b.2.id);
        let mut graph = DiGraph::with_capacity(nodes.len(), edges.len());
        for node in nodes {
            graph.add_node(node);
        }
        let find = |graph: &DiGraph<Node, Edge>, id: &NodeId| {
            let nodes = graph.raw_nodes();
            let at = nodes.binary_search_by(|node| node.weight.id.cmp(id)).ok()?;
            Some(NodeIndex::new(at))
        };
        for (from, to, edge) in edges {
            if let (Some(from), Some(to)) = (find(&graph, &from), find(&graph, &to)) {
                graph.add_edge(from, to, edge);
            }
        }
        Self { graph }
    }

    /// All nodes, sorted by identifier.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.graph.node_weights()
    }

    /// The node with this identifier.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.index(id)
            .and_then(|index| self.graph.node_weight(index))
    }

    /// All connections, sorted by identifier: from, to, what it is.
    pub fn edges(&self) -> impl Iterator<Item = (&Node, &Node, &Edge)> {
        self.graph.edge_references().filter_map(|edge| {
            Some((
                self.graph.node_weight(edge.source())?,
                self.graph.node_weight(edge.target())?,
                edge.weight(),
            ))
        })
    }

    /// The connections of the node: the node at the other end, what it is.
    #[must_use]
    pub fn edges_of(&self, id: &NodeId) -> Vec<(&Node, &Edge)> {
        let of = |(from, to, edge)| -> Option<(&Node, &Edge)> {
            let (from, to): (&Node, &Node) = (from, to);
            if from.id == *id {
                Some((to, edge))
            } else if to.id == *id {
                Some((from, edge))
            } else {
                None
            }
        };
        self.edges().filter_map(of).collect()
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.graph.node_count() == 0
    }

    pub(crate) fn index(&self, id: &NodeId) -> Option<NodeIndex> {
        let nodes = self.graph.raw_nodes();
        let at = nodes.binary_search_by(|node| node.weight.id.cmp(id)).ok()?;
        Some(NodeIndex::new(at))
    }

    pub(crate) fn ends(&self, edge: EdgeIndex) -> Option<(NodeIndex, NodeIndex)> {
        self.graph.edge_endpoints(edge)
    }
}

/// The order people expect of names: numbers in them count as numbers, so
/// `vm2` comes before `vm10`.
#[must_use]
pub fn natural_order(a: &str, b: &str) -> std::cmp::Ordering {
    let mut left = a.chars().peekable();
    let mut right = b.chars().peekable();
    let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let mut digits = String::new();
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let value = digits.trim_start_matches('0').to_owned();
        (value.len(), value)
    };
    loop {
        match (left.peek().copied(), right.peek().copied()) {
            (Some(l), Some(r)) if l.is_ascii_digit() && r.is_ascii_digit() => {
                let order = number(&mut left).cmp(&number(&mut right));
                if order.is_ne() {
                    return order;
                }
            }
            (Some(l), Some(r)) => {
                let order = l.to_lowercase().cmp(r.to_lowercase());
                if order.is_ne() {
                    return order;
                }
                left.next();
                right.next();
            }
            (None, None) => return a.cmp(b),
            (l, r) => return l.is_some().cmp(&r.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = vec!["vm10", "vm2", "Vm1", "vm02", "vm", "br0"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["br0", "vm", "Vm1", "vm02", "vm2", "vm10"]);
    }
}
