// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Which column of the picture each node stands in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::graph::NodeIndex;

use crate::layout::Columns;
use crate::topology::{Graph, NodeKind};

/// The place of a kind between the world (0) and the machines (4).
pub(crate) const fn class(kind: &NodeKind) -> usize {
    match kind {
        NodeKind::Gateway => 0,
        NodeKind::Uplink(_) => 1,
        NodeKind::Switch { .. } => 2,
        NodeKind::Network(_) => 3,
        NodeKind::Machine(_) | NodeKind::MachineGroup { .. } | NodeKind::PortGroup { .. } => 4,
    }
}

/// The column of every node: by class, and within a class by depth, so that a
/// bond stands right of its cards and a switch right of the switch it hangs on.
pub(crate) fn columns(graph: &Graph) -> Columns {
    let inner = &graph.graph;
    let mut keys: BTreeMap<NodeIndex, (usize, usize)> = BTreeMap::new();
    for node in inner.node_indices() {
        let kind = inner.node_weight(node).map_or(0, |node| class(&node.kind));
        keys.insert(node, (kind, 0));
    }
    for of_class in [1, 2] {
        for (node, depth) in depths(graph, &keys, of_class) {
            keys.insert(node, (of_class, depth));
        }
    }
    let used: BTreeSet<(usize, usize)> = keys.values().copied().collect();
    let number: BTreeMap<(usize, usize), usize> = used
        .into_iter()
        .enumerate()
        .map(|(at, key)| (key, at))
        .collect();
    Columns {
        of: keys
            .iter()
            .filter_map(|(node, key)| Some((*node, *number.get(key)?)))
            .collect(),
        count: number.len(),
    }
}

/// Steps from the nodes of the class that are reached from outside it (or from
/// nowhere) to the others of the class.
fn depths(
    graph: &Graph,
    keys: &BTreeMap<NodeIndex, (usize, usize)>,
    of_class: usize,
) -> BTreeMap<NodeIndex, usize> {
    let inner = &graph.graph;
    let is_of_class = |node: &NodeIndex| keys.get(node).is_some_and(|key| key.0 == of_class);
    let members: Vec<NodeIndex> = inner.node_indices().filter(is_of_class).collect();
    let enters = |node: &NodeIndex, inside: bool| {
        let mut below = inner.neighbors_directed(*node, petgraph::Direction::Incoming);
        below.any(|below| is_of_class(&below) == inside)
    };
    // Cards below a bond come first; switches first reached from a card.
    let is_start = |node: &NodeIndex| match of_class {
        1 => !enters(node, true),
        _ => enters(node, false),
    };
    let mut depths = BTreeMap::new();
    let mut queue: VecDeque<NodeIndex> = members.iter().copied().filter(is_start).collect();
    for node in &queue {
        depths.insert(*node, 0);
    }
    let mut rest = members.iter().copied();
    loop {
        while let Some(node) = queue.pop_front() {
            let depth = depths.get(&node).copied().unwrap_or(0) + 1;
            for next in inner.neighbors_undirected(node).filter(is_of_class) {
                let is_deeper = of_class == 1
                    && inner.contains_edge(node, next)
                    && depth < members.len()
                    && depths.get(&next).is_some_and(|known| *known < depth);
                if is_deeper || !depths.contains_key(&next) {
                    depths.insert(next, depth);
                    queue.push_back(next);
                }
            }
        }
        // A part that no card reaches starts at its first member.
        match rest.find(|node| !depths.contains_key(node)) {
            Some(node) => {
                depths.insert(node, 0);
                queue.push_back(node);
            }
            None => return depths,
        }
    }
}
