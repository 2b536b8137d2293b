// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Heights within a part: every item as near to what it is connected with as
//! the order and the gaps of its column allow.

use crate::layout::{Metrics, Side};
use crate::layout_part::{Occupant, Part};
use crate::topology::{Graph, NodeKind};

const ROUNDS: usize = 40;

/// Gives every item its upper edge; the topmost is at 0.
pub(crate) fn place(part: &mut Part, graph: &Graph, metrics: &Metrics) {
    let gaps: Vec<Vec<f64>> = part
        .columns
        .iter()
        .map(|column| {
            column
                .windows(2)
                .map(|pair| gap(part, graph, metrics, pair))
                .collect()
        })
        .collect();
    for (column, gaps) in part.columns.iter().zip(&gaps) {
        let mut top = 0.0;
        for (place, item) in column.iter().enumerate() {
            part.items[*item].top = top;
            top += part.items[*item].height + gaps.get(place).copied().unwrap_or(0.0);
        }
    }
    let count = part.columns.len();
    for round in 0..ROUNDS {
        for at in 0..count {
            let column = if round % 2 == 0 { count - 1 - at } else { at };
            // At first only from one side, so that the widest column spreads
            // the others; then both sides pull.
            let pulls = match round {
                0 => Pulls::from(0.0, 1.0),
                1 => Pulls::from(1.0, 0.0),
                _ => Pulls::from(1.0, 1.0),
            };
            settle(part, graph, metrics, column, &gaps[column], &pulls);
        }
    }
    // Once more from the machines to the world: what is one after the other
    // stands in one line, and the bends gather at one place.
    for column in (0..count).rev() {
        settle(
            part,
            graph,
            metrics,
            column,
            &gaps[column],
            &Pulls::STRAIGHT,
        );
    }
    finish(part);
}

/// Room between two items that follow each other: less where both are small
/// and hang on the same things, little where a link passes.
fn gap(part: &Part, graph: &Graph, metrics: &Metrics, pair: &[usize]) -> f64 {
    let [a, b] = *pair else {
        return 0.0;
    };
    let is_bend = |item: usize| matches!(part.items[item].occupant, Occupant::Bend(_));
    let is_bar = |item: usize| match part.items[item].occupant {
        Occupant::Bend(_) => false,
        Occupant::Node(node) => graph.graph.node_weight(node).is_some_and(|node| {
            matches!(node.kind, NodeKind::Switch { .. } | NodeKind::Network(_))
        }),
    };
    match (is_bend(a), is_bend(b)) {
        (false, false) if is_bar(a) && is_bar(b) => metrics.group_gap,
        (true, true) => metrics.tick_pitch,
        (false, false) if part.left[a].is_empty() || part.left[a] != part.left[b] => {
            metrics.group_gap
        }
        (false, false) => metrics.row_gap,
        _ => metrics.group_gap / 2.0,
    }
}

/// Moves the items of a column towards their neighbours, keeping order and
/// gaps: the least squares solution, found by pooling those that collide.
fn settle(
    part: &mut Part,
    graph: &Graph,
    metrics: &Metrics,
    column: usize,
    gaps: &[f64],
    pulls: &Pulls,
) {
    let items = &part.columns[column];
    let mut pools: Vec<Pool> = Vec::with_capacity(items.len());
    let mut offset = 0.0;
    for (place, item) in items.iter().enumerate() {
        let mut pull = Pull::default();
        pull.add(part, graph, metrics, *item, Side::Left, pulls);
        pull.add(part, graph, metrics, *item, Side::Right, pulls);
        let (wanted, weight) = match pull.count > 0.0 {
            true => (pull.sum / pull.count, pull.count),
            false => (part.items[*item].top, pulls.stay),
        };
        let mut pool = Pool {
            sum: (wanted - offset) * weight,
            weight,
            members: 1,
        };
        while let Some(last) = pools.pop_if(|last| last.mean() > pool.mean()) {
            pool = Pool {
                sum: pool.sum + last.sum,
                weight: pool.weight + last.weight,
                members: pool.members + last.members,
            };
        }
        pools.push(pool);
        offset += part.items[*item].height + gaps.get(place).copied().unwrap_or(0.0);
    }
    let mut offset = 0.0;
    let starts = pools
        .iter()
        .flat_map(|pool| std::iter::repeat_n(pool.mean(), pool.members));
    for ((place, item), start) in items.iter().enumerate().zip(starts) {
        part.items[*item].top = start + offset;
        offset += part.items[*item].height + gaps.get(place).copied().unwrap_or(0.0);
    }
}

/// How strongly an item follows what it is connected with.
struct Pulls {
    left: f64,
    right: f64,
    /// A node by a link that passes the next column.
    bend: f64,
    /// An item that nothing pulls, by the place it has.
    stay: f64,
}

impl Pulls {
    const STRAIGHT: Self = Self {
        left: 0.0,
        right: 1.0,
        bend: 0.01,
        stay: 1.0,
    };

    const fn from(left: f64, right: f64) -> Self {
        Self {
            left,
            right,
            bend: 2.0,
            stay: 0.01,
        }
    }
}

/// Neighbours that moved together because there is no room between them.
struct Pool {
    sum: f64,
    weight: f64,
    members: usize,
}

impl Pool {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

/// Where the neighbours want the upper edge of an item.
#[derive(Default)]
struct Pull {
    sum: f64,
    count: f64,
}

impl Pull {
    fn add(
        &mut self,
        part: &Part,
        graph: &Graph,
        metrics: &Metrics,
        item: usize,
        side: Side,
        pulls: &Pulls,
    ) {
        let (neighbours, other_side, strength) = match side {
            Side::Left => (&part.left[item], Side::Right, pulls.left),
            Side::Right => (&part.right[item], Side::Left, pulls.right),
        };
        if strength == 0.0 {
            return;
        }
        let own = sorted(part, neighbours);
        for (at, neighbour) in own.iter().enumerate() {
            let back = match other_side {
                Side::Left => &part.left[*neighbour],
                Side::Right => &part.right[*neighbour],
            };
            let theirs = sorted(part, back);
            let place = theirs.iter().position(|other| *other == item).unwrap_or(0);
            let their_tick = tick(
                part,
                graph,
                metrics,
                *neighbour,
                other_side,
                place,
                theirs.len(),
            );
            let own_tick = tick(part, graph, metrics, item, side, at, own.len());
            // Links that pass a column should pass it straight.
            let is_bend = |item: usize| matches!(part.items[item].occupant, Occupant::Bend(_));
            let weight = strength
                * match (is_bend(item), is_bend(*neighbour)) {
                    (true, true) => 4.0,
                    (true, false) => 2.0,
                    (false, true) => pulls.bend,
                    (false, false) => 1.0,
                };
            self.sum += weight * (part.items[*neighbour].top + their_tick - own_tick);
            self.count += weight;
        }
    }
}

fn sorted(part: &Part, items: &[usize]) -> Vec<usize> {
    let mut items = items.to_vec();
    items.sort_by(|a, b| part.items[*a].top.total_cmp(&part.items[*b].top));
    items
}

fn tick(
    part: &Part,
    graph: &Graph,
    metrics: &Metrics,
    item: usize,
    side: Side,
    at: usize,
    of: usize,
) -> f64 {
    let item = &part.items[item];
    match item.occupant {
        Occupant::Bend(_) => 0.0,
        Occupant::Node(node) => graph.graph.node_weight(node).map_or(0.0, |node| {
            metrics.tick(&node.kind, item.height, side, at, of)
        }),
    }
}

/// Whole units, the topmost at 0.
fn finish(part: &mut Part) {
    let top = part
        .items
        .iter()
        .map(|item| item.top)
        .fold(f64::INFINITY, f64::min);
    for item in &mut part.items {
        item.top = (item.top - top).round();
    }
    let bottoms = part.items.iter().map(|item| item.top + item.height);
    part.height = bottoms.fold(0.0, f64::max);
}
