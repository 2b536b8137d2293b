// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The topology as a tree of text, for terminals and reports.

use std::collections::BTreeSet;

use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::topology::{Edge, EdgeKind, Graph, Node, NodeKind, NodeState, natural_order};

/// Characters a tree is drawn with.
struct Strokes {
    branch: &'static str,
    last: &'static str,
    through: &'static str,
    separator: &'static str,
}

const LINES: Strokes = Strokes {
    branch: "├─ ",
    last: "└─ ",
    through: "│  ",
    separator: " · ",
};

const ASCII: Strokes = Strokes {
    branch: "|- ",
    last: "`- ",
    through: "|  ",
    separator: ", ",
};

/// The graph as a tree from the world to the machines, drawn with box
/// characters. A machine that is connected twice appears twice.
///
/// ```text
/// 192.0.2.1  gateway
/// └─ eth0  network card
///    └─ br0  Linux bridge · 192.0.2.5/24
///       └─ web  running · 192.0.2.110 · vnet0
/// ```
#[must_use]
pub fn topology_text(graph: &Graph) -> String {
    render(graph, &LINES)
}

/// The same tree in ASCII, for pipes and terminals without UTF-8.
#[must_use]
pub fn topology_text_ascii(graph: &Graph) -> String {
    let text = render(graph, &ASCII);
    text.chars()
        .flat_map(|c| match c {
            '·' => vec![','],
            c if c.is_ascii() => vec![c],
            c => c.escape_unicode().collect(),
        })
        .collect()
}

fn render(graph: &Graph, strokes: &Strokes) -> String {
    let mut tree = Tree {
        graph,
        strokes,
        text: String::new(),
        expanded: BTreeSet::new(),
    };
    let inner = &graph.graph;
    let mut roots: Vec<NodeIndex> = inner
        .node_indices()
        .filter(|node| {
            inner
                .neighbors_directed(*node, Direction::Incoming)
                .next()
                .is_none()
        })
        .collect();
    tree.sort(&mut roots);
    for root in roots {
        tree.node(root, None, "", "");
    }
    // What lies on a ring has no root: switches connected in a circle.
    for node in inner.node_indices() {
        if !tree.expanded.contains(&node) {
            tree.node(node, None, "", "");
        }
    }
    tree.text
}

struct Tree<'a> {
    graph: &'a Graph,
    strokes: &'a Strokes,
    text: String,
    expanded: BTreeSet<NodeIndex>,
}

impl Tree<'_> {
    fn node(&mut self, at: NodeIndex, via: Option<EdgeIndex>, first: &str, rest: &str) {
        let Some(node) = self.graph.graph.node_weight(at) else {
            return;
        };
        let is_again = !self.expanded.insert(at);
        let via_edge = via.and_then(|edge| self.graph.graph.edge_weight(edge));
        let mut facts = facts(node, via_edge);
        if let Some(edge) = via_edge {
            let ends = via.and_then(|edge| self.graph.ends(edge));
            let says_port = ends
                .into_iter()
                .flat_map(|(from, to)| [from, to])
                .any(|end| {
                    let end = self.graph.graph.node_weight(end);
                    end.is_some_and(|end| end.name == edge.port)
                });
            if !edge.port.is_empty() && !says_port {
                facts.push(edge.port.clone());
            }
            facts.extend(edge.vid.map(|vid| format!("VLAN {vid}")));
            if edge.is_blocked() {
                facts.extend(edge.stp.map(|state| state.word().to_owned()));
            }
            facts.extend((!edge.mirrors.is_empty()).then(|| "mirrored".to_owned()));
            if edge.kind == EdgeKind::Forwarding {
                facts.push("forwarded by this host".to_owned());
            }
        }
        let mut children: Vec<(NodeIndex, EdgeIndex)> = self
            .graph
            .graph
            .edges_directed(at, Direction::Outgoing)
            .map(|edge| (edge.target(), edge.id()))
            .collect();
        if is_again && !children.is_empty() {
            facts.push("see above".to_owned());
            children.clear();
        }
        let facts = facts.join(self.strokes.separator);
        self.text
            .push_str(&format!("{first}{}  {facts}\n", node.name));
        let graph = self.graph;
        children.sort_by(|a, b| order(graph, a.0, b.0).then(a.1.cmp(&b.1)));
        let last = children.len().saturating_sub(1);
        for (number, (child, edge)) in children.into_iter().enumerate() {
            let (stroke, space) = match number == last {
                true => (self.strokes.last, "   "),
                false => (self.strokes.branch, self.strokes.through),
            };
            let (first, rest) = (format!("{rest}{stroke}"), format!("{rest}{space}"));
            self.node(child, Some(edge), &first, &rest);
        }
    }

    fn sort(&self, nodes: &mut [NodeIndex]) {
        nodes.sort_by(|a, b| order(self.graph, *a, *b));
    }
}

/// Gateways, cards, switches, networks, machines; by name within each.
fn order(graph: &Graph, a: NodeIndex, b: NodeIndex) -> std::cmp::Ordering {
    let (Some(left), Some(right)) = (graph.graph.node_weight(a), graph.graph.node_weight(b)) else {
        return a.cmp(&b);
    };
    crate::layout_column::class(&left.kind)
        .cmp(&crate::layout_column::class(&right.kind))
        .then_with(|| natural_order(&left.name, &right.name))
        .then(a.cmp(&b))
}

fn facts(node: &Node, via: Option<&Edge>) -> Vec<String> {
    let mut facts = match &node.kind {
        NodeKind::Machine(state) => vec![state.word().to_owned()],
        NodeKind::MachineGroup { .. } => vec![node.detail.clone()],
        NodeKind::PortGroup { .. } => vec![node.detail.clone()],
        kind => vec![kind.word()],
    };
    if node.state != NodeState::Up && !matches!(node.kind, NodeKind::Machine(_)) {
        facts.push(node.state.word().to_owned());
    }
    if let NodeKind::Network(_) = node.kind {
        facts.extend(node.link.clone());
    }
    let address = match (&node.kind, via) {
        // A machine with two network cards has another one elsewhere.
        (NodeKind::Machine(_), Some(edge)) => edge.addresses.first(),
        _ => node.addresses.first(),
    };
    facts.extend(address.cloned());
    if let Some(link) = &node.leaves_through {
        facts.push(format!("through {link}"));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Options;
    use crate::topology_scene::{small, varied};

    #[test]
    fn a_workstation_reads_as_a_tree() {
        let graph = Graph::of(&small(), &Options::default());
        insta::assert_snapshot!(topology_text(&graph), @"
        192.0.2.1  gateway
        └─ eth0  network card
           └─ br0  Linux bridge · 192.0.2.5/24
              ├─ default  NAT network · virbr0 · 192.168.122.1/24 · forwarded by this host
              │  ├─ app  running · 10.0.0.11 · vnet1
              │  └─ build  running · 10.0.0.15 · vnet5
              └─ office  bridged network
                 └─ web  running · 10.0.0.10 · vnet0
        eth1  network card
        br1  Linux bridge · 10.20.0.1/24
        └─ database  running · 10.0.0.14 · vnet4
        isolated  isolated network · virbr1 · 10.10.10.1/24
        ├─ app  running · 10.0.0.12 · vnet2
        └─ database  running · 10.0.0.13 · vnet3
        ");
    }

    #[test]
    fn the_plain_tree_is_ascii_without_controls() {
        let graph = Graph::of(&varied(), &Options::default());
        let text = topology_text_ascii(&graph);
        assert!(
            text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)),
            "{text}"
        );
    }
}
