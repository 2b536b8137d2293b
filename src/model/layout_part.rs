// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Connected parts of the graph, each split into columns; a link that passes a
//! column has a bend there that takes part like a node.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::unionfind::UnionFind;
use petgraph::visit::EdgeRef as _;

use crate::layout::{Columns, Metrics};
use crate::layout_column::class;
use crate::topology::{EdgeKind, Graph, natural_order};

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Occupant {
    /// A node.
    Node(NodeIndex),
    /// A link that passes.
    Bend(EdgeIndex),
}

/// A place in a column.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) occupant: Occupant,
    pub(crate) column: usize,
    pub(crate) height: f64,
    /// Upper edge within the part.
    pub(crate) top: f64,
}

/// A connected part. Indices of items are positions in `items`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) items: Vec<Item>,
    /// Items of each column of the picture, from top to bottom.
    pub(crate) columns: Vec<Vec<usize>>,
    /// The items each edge runs through, from left to right.
    pub(crate) chains: BTreeMap<EdgeIndex, Vec<usize>>,
    /// Neighbours of each item in the column to the left and to the right.
    pub(crate) left: Vec<Vec<usize>>,
    pub(crate) right: Vec<Vec<usize>>,
    pub(crate) height: f64,
}

/// The ends of an edge that share a place: everything the host forwards leaves
/// a node at one tick, each other edge has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Forwarding,
    Edge(EdgeIndex),
}

/// The places of links at both sides of a node, in no particular order.
pub(crate) fn slots(
    graph: &Graph,
    columns: &Columns,
    node: NodeIndex,
) -> (BTreeSet<Slot>, BTreeSet<Slot>) {
    let (mut left, mut right) = (BTreeSet::new(), BTreeSet::new());
    let inner = &graph.graph;
    let outgoing = inner.edges_directed(node, petgraph::Direction::Outgoing);
    let incoming = inner.edges_directed(node, petgraph::Direction::Incoming);
    for edge in outgoing.chain(incoming) {
        let ends = columns.ends(graph, edge.id());
        if ends.is_none_or(|(first, _)| first == node) {
            right.insert(match edge.weight().kind {
                EdgeKind::Forwarding => Slot::Forwarding,
                _ => Slot::Edge(edge.id()),
            });
        } else {
            left.insert(Slot::Edge(edge.id()));
        }
    }
    (left, right)
}

/// The connected parts of the graph, in an order that depends on names alone:
/// what leads to the world first, then by name.
pub(crate) fn parts(graph: &Graph, metrics: &Metrics, columns: &Columns) -> Vec<Part> {
    let inner = &graph.graph;
    let mut union = UnionFind::<usize>::new(inner.node_count());
    for edge in inner.edge_references() {
        union.union(edge.source().index(), edge.target().index());
    }
    let mut groups: BTreeMap<usize, Vec<NodeIndex>> = BTreeMap::new();
    for node in inner.node_indices() {
        groups
            .entry(union.find(node.index()))
            .or_default()
            .push(node);
    }
    let mut groups: Vec<Vec<NodeIndex>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by(|a, b| reading_order(graph, *a, *b));
    }
    groups.sort_by(|a, b| {
        let first = |group: &[NodeIndex]| group.first().copied();
        match (first(a), first(b)) {
            (Some(a), Some(b)) => reading_order(graph, a, b),
            (a, b) => a.cmp(&b),
        }
    });
    groups
        .iter()
        .map(|group| part(graph, metrics, columns, group))
        .collect()
}

/// From the world to the machines, by name among equals.
pub(crate) fn reading_order(graph: &Graph, a: NodeIndex, b: NodeIndex) -> std::cmp::Ordering {
    match (graph.graph.node_weight(a), graph.graph.node_weight(b)) {
        (Some(left), Some(right)) => class(&left.kind)
            .cmp(&class(&right.kind))
            .then_with(|| natural_order(&left.name, &right.name))
            .then(left.id.cmp(&right.id)),
        _ => a.cmp(&b),
    }
}

fn part(graph: &Graph, metrics: &Metrics, columns: &Columns, nodes: &[NodeIndex]) -> Part {
    let mut part = Part {
        columns: vec![Vec::new(); columns.count],
        ..Part::default()
    };
    let mut item_of = BTreeMap::new();
    for node in depth_first(graph, nodes) {
        let Some((weight, column)) = graph.graph.node_weight(node).zip(columns.of.get(&node))
        else {
            continue;
        };
        let (left, right) = slots(graph, columns, node);
        let height = metrics.size(&weight.kind, left.len(), right.len()).height;
        item_of.insert(node, part.add(Occupant::Node(node), *column, height));
    }
    let mut edges: Vec<EdgeIndex> = nodes
        .iter()
        .flat_map(|node| graph.graph.edges(*node).map(|edge| edge.id()))
        .collect();
    edges.sort();
    for edge in edges {
        let Some((first, last)) = columns.ends(graph, edge) else {
            continue;
        };
        let (Some(&first), Some(&last)) = (item_of.get(&first), item_of.get(&last)) else {
            continue;
        };
        let between = part.items[first].column + 1..part.items[last].column;
        let mut chain = vec![first];
        chain.extend(between.map(|column| part.add(Occupant::Bend(edge), column, 0.0)));
        chain.push(last);
        for pair in chain.windows(2) {
            if let [a, b] = *pair {
                part.right[a].push(b);
                part.left[b].push(a);
            }
        }
        part.chains.insert(edge, chain);
    }
    part
}

impl Part {
    fn add(&mut self, occupant: Occupant, column: usize, height: f64) -> usize {
        let item = self.items.len();
        self.items.push(Item {
            occupant,
            column,
            height,
            top: 0.0,
        });
        self.left.push(Vec::new());
        self.right.push(Vec::new());
        if let Some(column) = self.columns.get_mut(column) {
            column.push(item);
        }
        item
    }

    /// First and last column that hold something.
    pub(crate) fn span(&self) -> (usize, usize) {
        let mut used = (0..self.columns.len()).filter(|at| !self.columns[*at].is_empty());
        let first = used.next().unwrap_or(0);
        (first, used.next_back().unwrap_or(first))
    }
}

/// The nodes of a part as one meets them walking from the world to the
/// machines: for a tree this order has no crossings.
fn depth_first(graph: &Graph, nodes: &[NodeIndex]) -> Vec<NodeIndex> {
    let mut seen = BTreeSet::new();
    let mut order = Vec::with_capacity(nodes.len());
    for start in nodes {
        let mut open = vec![*start];
        while let Some(node) = open.pop() {
            if !seen.insert(node) {
                continue;
            }
            order.push(node);
            let mut next: Vec<NodeIndex> = graph.graph.neighbors(node).collect();
            next.sort_by(|a, b| reading_order(graph, *b, *a));
            open.extend(next);
        }
    }
    order
}
