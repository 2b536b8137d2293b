// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From packed parts to the finished picture: rectangles, ticks and curves.

use std::collections::BTreeMap;

use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::layout::{
    Columns, Cubic, Layout, Metrics, PlacedLink, PlacedNode, Point, Positions, Rect, Side, Tick,
};
use crate::layout_column::columns;
use crate::layout_pack::{Packed, PartPlace};
use crate::layout_part::{Occupant, Part, Slot, slots};
use crate::topology::{EdgeKind, Graph, Node, NodeKind};

/// Puts everything where it belongs.
pub(crate) fn route(
    graph: &Graph,
    metrics: &Metrics,
    parts: &[Part],
    packed: Packed,
    positions: &Positions,
) -> Layout {
    let mut router = Router {
        graph,
        metrics,
        columns: columns(graph),
        rects: BTreeMap::new(),
        bends: BTreeMap::new(),
        ticks: BTreeMap::new(),
    };
    for (part, place) in parts.iter().zip(&packed.places) {
        router.put_nodes(part, place, positions);
        router.put_bends(part, place, positions);
    }
    router.put_ticks();
    let inner = &graph.graph;
    let nodes: Vec<PlacedNode> = inner
        .node_indices()
        .filter_map(|node| router.node(node))
        .collect();
    let links: Vec<PlacedLink> = inner
        .edge_indices()
        .filter_map(|edge| router.link(edge))
        .collect();
    Layout {
        bounds: bounds(&nodes),
        nodes,
        links,
        captions: packed.captions,
    }
}

struct Router<'a> {
    graph: &'a Graph,
    metrics: &'a Metrics,
    columns: Columns,
    rects: BTreeMap<NodeIndex, Rect>,
    /// Where a link passes columns: left and right edge of the column, height.
    bends: BTreeMap<EdgeIndex, Vec<(f64, f64, f64)>>,
    ticks: BTreeMap<(NodeIndex, Side), Vec<(Slot, Point)>>,
}

impl Router<'_> {
    fn weight(&self, node: NodeIndex) -> Option<&Node> {
        self.graph.graph.node_weight(node)
    }

    fn put_nodes(&mut self, part: &Part, place: &PartPlace, positions: &Positions) {
        for item in &part.items {
            let Occupant::Node(index) = item.occupant else {
                continue;
            };
            let left = place.columns.get(item.column).copied().unwrap_or(0.0);
            let Some(node) = self.weight(index) else {
                continue;
            };
            let (at_left, at_right) = slots(self.graph, &self.columns, index);
            let size = self.metrics.size(&node.kind, at_left.len(), at_right.len());
            let computed = Point::new(left, place.top + item.top);
            let at = positions.get(&node.id).copied().unwrap_or(computed);
            self.rects.insert(index, Rect { at, size });
        }
    }

    fn put_bends(&mut self, part: &Part, place: &PartPlace, positions: &Positions) {
        for (edge, chain) in &part.chains {
            let ends = self.graph.ends(*edge);
            let is_moved = ends.into_iter().flat_map(|(a, b)| [a, b]).any(|node| {
                self.weight(node)
                    .is_some_and(|node| positions.contains_key(&node.id))
            });
            // A link of a node that somebody has moved goes straight there.
            if is_moved {
                continue;
            }
            let bends = chain.iter().filter_map(|item| {
                let item = &part.items[*item];
                let left = place.columns.get(item.column).copied()?;
                let right = place.columns.get(item.column + 1).copied()?;
                let y = place.top + item.top;
                let is_bend = matches!(item.occupant, Occupant::Bend(_));
                is_bend.then_some((left, right - self.metrics.column_gap, y))
            });
            let bends: Vec<_> = bends.filter(|(left, right, _)| right > left).collect();
            self.bends.insert(*edge, bends);
        }
    }

    /// The height at which a link arrives from beyond: its first bend, else
    /// the middle of the node at the other end.
    fn far_height(&self, node: NodeIndex, edge: EdgeIndex, side: Side) -> f64 {
        let bends = self.bends.get(&edge).map(Vec::as_slice).unwrap_or_default();
        let bend = match side {
            Side::Left => bends.last(),
            Side::Right => bends.first(),
        };
        if let Some((_, _, y)) = bend {
            return *y;
        }
        let other = self
            .graph
            .ends(edge)
            .map(|(a, b)| if a == node { b } else { a });
        other
            .and_then(|other| self.rects.get(&other))
            .map_or(0.0, |rect| rect.at.y + rect.size.height / 2.0)
    }

    fn put_ticks(&mut self) {
        for node in self.graph.graph.node_indices() {
            let (left, right) = slots(self.graph, &self.columns, node);
            let Some((rect, weight)) = self.rects.get(&node).copied().zip(self.weight(node)) else {
                continue;
            };
            let kind = weight.kind.clone();
            for (side, slots) in [(Side::Left, left), (Side::Right, right)] {
                let mut order: Vec<(f64, Slot)> = slots
                    .into_iter()
                    .map(|slot| (self.slot_height(node, slot, side), slot))
                    .collect();
                order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let count = order.len();
                let x = match side {
                    Side::Left => rect.at.x,
                    Side::Right => rect.right(),
                };
                let height = rect.size.height;
                let ticks = order.into_iter().enumerate().map(|(at, (_, slot))| {
                    let down = self.metrics.tick(&kind, height, side, at, count);
                    (slot, Point::new(x, rect.at.y + down))
                });
                let ticks: Vec<_> = ticks.collect();
                self.ticks.insert((node, side), ticks);
            }
        }
    }

    fn slot_height(&self, node: NodeIndex, slot: Slot, side: Side) -> f64 {
        match slot {
            Slot::Edge(edge) => self.far_height(node, edge, side),
            Slot::Forwarding => {
                let edges = self.graph.graph.edges(node);
                let heights: Vec<f64> = edges
                    .filter(|edge| edge.weight().kind == EdgeKind::Forwarding)
                    .map(|edge| self.far_height(node, edge.id(), side))
                    .collect();
                let count = u32::try_from(heights.len()).unwrap_or(u32::MAX);
                heights.iter().sum::<f64>() / f64::from(count.max(1))
            }
        }
    }

    fn node(&self, index: NodeIndex) -> Option<PlacedNode> {
        let node = self.weight(index)?;
        let mut ticks = Vec::new();
        for side in [Side::Left, Side::Right] {
            let places = self.ticks.get(&(index, side)).into_iter().flatten();
            ticks.extend(places.map(|(slot, at)| Tick {
                at: *at,
                side,
                label: match side {
                    // A node's head stands there; the other end says it all.
                    Side::Left => String::new(),
                    Side::Right => self.label(node, *slot),
                },
            }));
        }
        Some(PlacedNode {
            id: node.id.clone(),
            rect: self.rects.get(&index).copied()?,
            ticks,
        })
    }

    /// What stands beside a tick of a switch.
    fn label(&self, node: &Node, slot: Slot) -> String {
        if !matches!(node.kind, NodeKind::Switch { .. } | NodeKind::Network(_)) {
            return String::new();
        }
        let edge = match slot {
            Slot::Forwarding => return "this host".to_owned(),
            Slot::Edge(edge) => edge,
        };
        let ends = self.graph.ends(edge);
        let other = ends.and_then(|(from, to)| match self.weight(from)?.id == node.id {
            true => self.weight(to),
            false => self.weight(from),
        });
        let Some(edge) = self.graph.graph.edge_weight(edge) else {
            return String::new();
        };
        match edge.kind {
            _ if other.is_some_and(|other| other.name == edge.port) => String::new(),
            _ if other.is_some_and(|other| matches!(other.kind, NodeKind::Uplink(_))) => {
                String::new()
            }
            EdgeKind::Network | EdgeKind::Port if edge.port.is_empty() => match edge.links.len() {
                0 => String::new(),
                1 => edge.links.first().cloned().unwrap_or_default(),
                count => format!("{count} ports"),
            },
            _ => edge.port.clone(),
        }
    }

    fn tick_of(&self, node: NodeIndex, side: Side, edge: EdgeIndex) -> Option<Point> {
        let kind = self.graph.graph.edge_weight(edge)?.kind;
        let ticks = self.ticks.get(&(node, side))?;
        let find = |wanted: Slot| ticks.iter().find(|(slot, _)| *slot == wanted);
        let tick = match (kind, side) {
            (EdgeKind::Forwarding, Side::Right) => find(Slot::Forwarding),
            _ => find(Slot::Edge(edge)),
        };
        tick.map(|(_, at)| *at)
    }

    fn link(&self, edge: EdgeIndex) -> Option<PlacedLink> {
        let id = self.graph.graph.edge_weight(edge)?.id.clone();
        let Some((left, right)) = self.columns.ends(self.graph, edge) else {
            return self.arc(edge);
        };
        let start = self.tick_of(left, Side::Right, edge)?;
        let end = self.tick_of(right, Side::Left, edge)?;
        let mut course = Vec::new();
        let mut at = start;
        for (from, to, y) in self.bends.get(&edge).into_iter().flatten() {
            course.push(curve(at, Point::new(*from, *y)));
            at = Point::new(*to, *y);
            course.push(curve(Point::new(*from, *y), at));
        }
        course.push(curve(at, end));
        let middle = course.first().map_or(start, |first| halfway(start, first));
        Some(PlacedLink {
            id,
            start,
            course,
            middle,
        })
    }

    /// A link between two things of one column swings out to the right.
    fn arc(&self, edge: EdgeIndex) -> Option<PlacedLink> {
        let (from, to) = self.graph.ends(edge)?;
        let start = self.tick_of(from, Side::Right, edge)?;
        let to = self.tick_of(to, Side::Right, edge)?;
        let out = self.metrics.column_gap * 0.6;
        let swing = Cubic {
            first: Point::new(start.x + out, start.y),
            second: Point::new(to.x + out, to.y),
            to,
        };
        Some(PlacedLink {
            id: self.graph.graph.edge_weight(edge)?.id.clone(),
            start,
            middle: halfway(start, &swing),
            course: vec![swing],
        })
    }
}

/// A curve that leaves and arrives level.
fn curve(from: Point, to: Point) -> Cubic {
    let reach = match to.x >= from.x {
        true => (to.x - from.x) / 2.0,
        // Somebody put the right node left of the left one: swing around.
        false => 60.0 + (from.x - to.x) / 4.0,
    };
    Cubic {
        first: Point::new(from.x + reach, from.y),
        second: Point::new(to.x - reach, to.y),
        to,
    }
}

/// The point of a cubic at the half of its parameter.
fn halfway(from: Point, curve: &Cubic) -> Point {
    let mean = |a: f64, b: f64, c: f64, d: f64| (a + 3.0 * b + 3.0 * c + d) / 8.0;
    Point::new(
        mean(from.x, curve.first.x, curve.second.x, curve.to.x),
        mean(from.y, curve.first.y, curve.second.y, curve.to.y),
    )
}

fn bounds(nodes: &[PlacedNode]) -> Rect {
    let edge = |of: fn(&Rect) -> f64, pick: fn(f64, f64) -> f64, start: f64| {
        nodes.iter().map(|node| of(&node.rect)).fold(start, pick)
    };
    if nodes.is_empty() {
        return Rect::default();
    }
    let at = Point::new(
        edge(|rect| rect.at.x, f64::min, f64::INFINITY),
        edge(|rect| rect.at.y, f64::min, f64::INFINITY),
    );
    let right = edge(Rect::right, f64::max, f64::NEG_INFINITY);
    let bottom = edge(Rect::bottom, f64::max, f64::NEG_INFINITY);
    Rect {
        at,
        size: crate::layout::Size::new(right - at.x, bottom - at.y),
    }
}
