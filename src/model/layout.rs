// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Coordinates for the topology: columns from the world on the left to the
//! machines on the right, few crossings, nothing on top of anything else.
//!
//! Lengths are abstract units; the window draws one unit as one pixel at zoom
//! 1. The same graph gives the same picture, in whatever order it was read.

use std::collections::BTreeMap;

use petgraph::graph::{EdgeIndex, NodeIndex};
use serde::{Deserialize, Serialize};

use crate::layout_part::Part;
use crate::topology::{EdgeId, Graph, NodeId, NodeKind};
use crate::{layout_order, layout_pack, layout_part, layout_place, layout_route};

/// A point; y grows downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

impl Point {
    /// The point with these coordinates.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

/// A width and a height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Size {
    /// The size with these lengths.
    #[must_use]
    pub const fn new(width: f64, height: f64) -> Self {
        Self { width, height }
    }
}

/// A rectangle by its upper left corner and its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Upper left corner.
    pub at: Point,
    /// Size.
    pub size: Size,
}

impl Rect {
    /// The right edge.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.at.x + self.size.width
    }

    /// The lower edge.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.at.y + self.size.height
    }

    /// Whether both share more than an edge.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.at.x < other.right()
            && other.at.x < self.right()
            && self.at.y < other.bottom()
            && other.at.y < self.bottom()
    }
}

/// Sizes of what is drawn, in units. Whole numbers keep edges sharp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// A gateway, a network card: the plates at the left.
    pub plate: Size,
    /// Width of a switch.
    pub switch_width: f64,
    /// Width of a network, whose second line tells mode and subnet.
    pub network_width: f64,
    /// Height of the head of a switch or network, where its name stands.
    pub head: f64,
    /// Distance of two ports of a switch or network.
    pub port_pitch: f64,
    /// Room below the last port.
    pub foot: f64,
    /// A machine, or a group of machines or ports.
    pub machine: Size,
    /// Distance of two links at the edge of a plate or machine.
    pub tick_pitch: f64,
    /// Room between columns, where the links run.
    pub column_gap: f64,
    /// Room between two things in a column that hang on the same.
    pub row_gap: f64,
    /// Room between two things in a column that hang on different ones.
    pub group_gap: f64,
    /// Room between two rows of things that are connected with nothing.
    pub grid_gap: f64,
    /// Room between parts that are not connected.
    pub part_gap: f64,
    /// Height of a caption above a part of the picture.
    pub caption: f64,
    /// Width by height that the whole picture tries to have.
    pub aspect: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            plate: Size::new(128.0, 44.0),
            switch_width: 168.0,
            network_width: 192.0,
            head: 44.0,
            port_pitch: 20.0,
            foot: 8.0,
            machine: Size::new(168.0, 44.0),
            tick_pitch: 14.0,
            column_gap: 60.0,
            row_gap: 8.0,
            group_gap: 20.0,
            grid_gap: 12.0,
            part_gap: 28.0,
            caption: 32.0,
            aspect: 1.6,
        }
    }
}

impl Metrics {
    /// Size of a node with so many places where links meet it.
    #[must_use]
    pub fn size(&self, kind: &NodeKind, left: usize, right: usize) -> Size {
        let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        match kind {
            NodeKind::Switch { .. } | NodeKind::Network(_) => {
                let rows = match right {
                    0 => 0.0,
                    ports => count(ports) * self.port_pitch + self.foot,
                };
                let lower = count(left.saturating_sub(1)) * self.port_pitch;
                let width = match kind {
                    NodeKind::Network(_) => self.network_width,
                    _ => self.switch_width,
                };
                Size::new(width, self.head + rows.max(lower))
            }
            kind => {
                let base = match kind {
                    NodeKind::Gateway | NodeKind::Uplink(_) => self.plate,
                    _ => self.machine,
                };
                let ticks = count(left.max(right) + 1) * self.tick_pitch;
                Size::new(base.width, base.height.max(ticks))
            }
        }
    }

    /// Distance of the tick number `at` of `of` from the upper edge.
    #[must_use]
    pub fn tick(&self, kind: &NodeKind, height: f64, side: Side, at: usize, of: usize) -> f64 {
        let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let is_switch = matches!(kind, NodeKind::Switch { .. } | NodeKind::Network(_));
        match (is_switch, side) {
            (true, Side::Left) => self.head / 2.0 + count(at) * self.port_pitch,
            (true, Side::Right) => self.head + (count(at) + 0.5) * self.port_pitch,
            (false, _) => {
                let span = count(of.saturating_sub(1)) * self.tick_pitch;
                height / 2.0 - span / 2.0 + count(at) * self.tick_pitch
            }
        }
    }
}

/// A side of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Towards the world.
    Left,
    /// Towards the machines.
    Right,
}

/// Where links meet a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// Where, on the edge of the node.
    pub at: Point,
    /// On which side.
    pub side: Side,
    /// What stands beside it inside the node: the name of the port, where the
    /// node at the other end does not say it.
    pub label: String,
}

/// A node with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacedNode {
    /// Which node.
    pub id: NodeId,
    /// Its place.
    pub rect: Rect,
    /// Where links meet it, from top to bottom, left side first.
    pub ticks: Vec<Tick>,
}

/// A cubic curve that goes on from where the one before it ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cubic {
    /// First control point.
    pub first: Point,
    /// Second control point.
    pub second: Point,
    /// End.
    pub to: Point,
}

/// A connection with its course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacedLink {
    /// Which connection.
    pub id: EdgeId,
    /// Where it starts: a tick of its left node.
    pub start: Point,
    /// Its course, to a tick of its right node.
    pub course: Vec<Cubic>,
    /// Where a label or a mark sits on it.
    pub middle: Point,
}

impl PlacedLink {
    /// Where it ends.
    #[must_use]
    pub fn end(&self) -> Point {
        self.course.last().map_or(self.start, |curve| curve.to)
    }

    /// The course as SVG path data, which Qt Quick Shapes read too.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = format!("M {} {}", self.start.x, self.start.y);
        for Cubic { first, second, to } in &self.course {
            path.push_str(&format!(
                " C {} {} {} {} {} {}",
                first.x, first.y, second.x, second.y, to.x, to.y
            ));
        }
        path
    }
}

/// What a part of the picture has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptionKind {
    /// Network cards and bonds that lead nowhere.
    IdleCards,
    /// Switches without a port that leads anywhere.
    IdleSwitches,
    /// Networks that no machine uses.
    IdleNetworks,
    /// Machines without a connection.
    LoneMachines,
}

impl CaptionKind {
    /// All of them, from the world to the machines.
    pub(crate) const ALL: [Self; 4] = [
        Self::IdleCards,
        Self::IdleSwitches,
        Self::IdleNetworks,
        Self::LoneMachines,
    ];

    /// The words above the part.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::IdleCards => "Network cards without a switch",
            Self::IdleSwitches => "Switches without ports",
            Self::IdleNetworks => "Networks without machines",
            Self::LoneMachines => "Machines without a network",
        }
    }
}

/// A caption with its place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Caption {
    /// What it says.
    pub kind: CaptionKind,
    /// Left end of its base line.
    pub at: Point,
}

/// Places a person has given to nodes: the upper left corner.
pub type Positions = BTreeMap<NodeId, Point>;

/// The whole picture with coordinates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// What the picture covers.
    pub bounds: Rect,
    /// All nodes, sorted by identifier.
    pub nodes: Vec<PlacedNode>,
    /// All connections, sorted by identifier.
    pub links: Vec<PlacedLink>,
    /// Captions of parts.
    pub captions: Vec<Caption>,
}

impl Layout {
    /// Lays the graph out. `positions` hold for the nodes they name; where a
    /// person puts two nodes on top of each other, they stay there.
    #[must_use]
    pub fn of(graph: &Graph, metrics: &Metrics, positions: &Positions) -> Self {
        let columns = crate::layout_column::columns(graph);
        let mut parts: Vec<Part> = layout_part::parts(graph, metrics, &columns);
        for part in &mut parts {
            layout_order::reduce_crossings(part);
            layout_place::place(part, graph, metrics);
        }
        let packed = layout_pack::pack(&parts, graph, metrics);
        layout_route::route(graph, metrics, &parts, packed, positions)
    }

    /// The place of this node.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&PlacedNode> {
        let at = self.nodes.binary_search_by(|node| node.id.cmp(id)).ok()?;
        self.nodes.get(at)
    }

    /// The course of this connection.
    #[must_use]
    pub fn link(&self, id: &EdgeId) -> Option<&PlacedLink> {
        let at = self.links.binary_search_by(|link| link.id.cmp(id)).ok()?;
        self.links.get(at)
    }
}

/// What all stages share: the column of each node, and names to sort by.
pub(crate) struct Columns {
    /// Column of each node.
    pub(crate) of: BTreeMap<NodeIndex, usize>,
    /// How many there are.
    pub(crate) count: usize,
}

impl Columns {
    /// The left and the right end of an edge; `None` where both ends share a
    /// column.
    pub(crate) fn ends(&self, graph: &Graph, edge: EdgeIndex) -> Option<(NodeIndex, NodeIndex)> {
        let (from, to) = graph.ends(edge)?;
        match self.of.get(&from)?.cmp(self.of.get(&to)?) {
            std::cmp::Ordering::Less => Some((from, to)),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some((to, from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkKind;
    use crate::machine::MachineState;
    use crate::network::ForwardMode;
    use crate::state::Snapshot;
    use crate::topology::Options;
    use crate::topology_scene::{Scene, large, reversed, small, varied};
    use proptest::prelude::*;

    fn laid_out(snapshot: &Snapshot) -> (Graph, Layout) {
        let graph = Graph::of(snapshot, &Options::default());
        let layout = Layout::of(&graph, &Metrics::default(), &Positions::new());
        (graph, layout)
    }

    fn assert_sound(snapshot: &Snapshot) {
        let (graph, layout) = laid_out(snapshot);
        assert_eq!(layout.nodes.len(), graph.nodes().count());
        for (at, node) in layout.nodes.iter().enumerate() {
            for other in &layout.nodes[at + 1..] {
                let is_apart = !node.rect.overlaps(&other.rect);
                assert!(is_apart, "{} lies on {}", node.id, other.id);
            }
        }
        for (from, to, edge) in graph.edges() {
            let link = layout
                .link(&edge.id)
                .expect("every connection has a course");
            let ticks = |id| layout.node(id).unwrap().ticks.iter().map(|tick| tick.at);
            let ends = [link.start, link.end()];
            for node in [&from.id, &to.id] {
                let meets = ticks(node).any(|tick| ends.contains(&tick));
                assert!(meets, "{} misses the tick of {node}", edge.id);
            }
        }
        assert_eq!(layout, laid_out(&reversed(snapshot)).1);
    }

    #[test]
    fn known_hosts_are_laid_out_soundly() {
        assert_sound(&small());
        assert_sound(&large());
        assert_sound(&varied());
        assert_sound(&Scene::new().snapshot());
    }

    #[test]
    fn a_workstation_is_drawn_without_crossings() {
        let graph = Graph::of(&small(), &Options::default());
        let columns = crate::layout_column::columns(&graph);
        for mut part in layout_part::parts(&graph, &Metrics::default(), &columns) {
            layout_order::reduce_crossings(&mut part);
            assert_eq!(layout_order::crossings(&part), 0);
        }
    }

    #[test]
    fn a_crowded_host_fits_a_wide_window() {
        let (_, layout) = laid_out(&large());
        let Size { width, height } = layout.bounds.size;
        assert!((1.0..2.2).contains(&(width / height)), "{width} x {height}");
        assert!(width < 2400.0, "{width} x {height}");
    }

    #[test]
    fn a_node_stays_where_a_person_put_it() {
        let graph = Graph::of(&small(), &Options::default());
        let id = NodeId::new("link", "br1");
        let at = Point::new(-300.0, 17.0);
        let positions = Positions::from([(id.clone(), at)]);
        let layout = Layout::of(&graph, &Metrics::default(), &positions);
        assert_eq!(layout.node(&id).unwrap().rect.at, at);
        assert!(layout.bounds.at.x <= -300.0);
    }

    fn any_host() -> impl Strategy<Value = Snapshot> {
        let modes = prop_oneof![
            Just(ForwardMode::Isolated),
            Just(ForwardMode::Nat),
            Just(ForwardMode::Route),
            Just(ForwardMode::Bridge),
        ];
        let states = prop_oneof![Just(MachineState::Running), Just(MachineState::Off)];
        let machines = (
            states,
            prop::collection::vec((any::<bool>(), 0usize..8), 0..4),
        );
        (
            0usize..4,
            prop::collection::vec(0usize..4, 0..5),
            prop::collection::vec((modes, 0usize..4), 0..12),
            prop::collection::vec(machines, 0..25),
            any::<bool>(),
        )
            .prop_map(|(bridges, cards, networks, machines, has_route)| {
                let mut scene = Scene::new();
                for number in 0..bridges {
                    scene.link(&format!("br{number}"), LinkKind::Bridge, None);
                }
                for (number, at) in cards.iter().enumerate() {
                    let bridge = format!("br{at}");
                    let bridge = (*at < bridges).then_some(bridge.as_str());
                    scene.link(&format!("eth{number}"), LinkKind::Physical, bridge);
                }
                if has_route && bridges > 0 {
                    scene.default_route("br0", "192.0.2.1");
                }
                for (number, (mode, bridge)) in networks.iter().enumerate() {
                    let own = match mode {
                        ForwardMode::Bridge => format!("br{bridge}"),
                        _ => format!("virbr{number}"),
                    };
                    scene.network(&format!("net{number}"), &own, *mode, "10.0.0.1/24");
                }
                for (number, (state, sources)) in machines.iter().enumerate() {
                    let sources: Vec<String> = sources
                        .iter()
                        .map(|(is_bridge, at)| match is_bridge {
                            true => format!("bridge:br{at}"),
                            false => format!("network:net{at}"),
                        })
                        .collect();
                    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
                    scene.machine(&format!("vm{number}"), *state, &sources);
                }
                scene.snapshot()
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_host_is_laid_out_soundly(snapshot in any_host()) {
            assert_sound(&snapshot);
        }
    }
}
