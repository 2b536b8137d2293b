// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The topology as the canvas draws it, without Qt: rows of nodes, links,
//! ticks and captions with their coordinates.

use std::collections::BTreeSet;

use nova::networking::Rates;
use nova_model::layout::{
    CaptionKind, Layout, Metrics, PlacedLink, PlacedNode, Positions, Rect, Side,
};
use nova_model::link::LinkKind;
use nova_model::rate::format_rate;
use nova_model::state::Snapshot;
use nova_model::topology::{Edge, EdgeKind, Graph, Node, NodeId, NodeKind, NodeState, Options};

use crate::row::{Cell, Row};
use crate::view::SWITCH_ICON;

/// Values of a node.
pub const NODE_ROLES: &[&str] = &[
    "key",
    "kind",
    "name",
    "detail",
    "stateWord",
    "stateKind",
    "symbol",
    "sentence",
    "placeX",
    "placeY",
    "breadth",
    "depth",
    "head",
    "neighbours",
];

/// Values of a link.
pub const LINK_ROLES: &[&str] = &[
    "key",
    "kind",
    "path",
    "from",
    "to",
    "isUp",
    "isBlocked",
    "vlan",
    "middleX",
    "middleY",
    "thickness",
    "flow",
    "rate",
];

/// Values of a tick.
pub const TICK_ROLES: &[&str] = &["node", "placeX", "placeY", "isRight", "isPort", "label"];

/// Values of a caption.
pub const CAPTION_ROLES: &[&str] = &["kind", "placeX", "placeY"];

/// The topology with coordinates.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// What is connected with what.
    pub graph: Graph,
    /// Where it is.
    pub layout: Layout,
}

impl Scene {
    /// The picture of this host, with these groups of machines opened.
    #[must_use]
    pub fn of(snapshot: &Snapshot, unfolded: &BTreeSet<NodeId>) -> Self {
        let options = Options {
            unfolded: unfolded.clone(),
            ..Options::default()
        };
        let graph = Graph::of(snapshot, &options);
        let layout = Layout::of(&graph, &Metrics::default(), &Positions::new());
        Self { graph, layout }
    }

    /// The node that an arrow key leads to: the nearest in that direction,
    /// where what lies straight ahead is nearer. Without a start the first.
    #[must_use]
    pub fn beside(&self, from: &NodeId, across: i32, down: i32) -> Option<&NodeId> {
        let centre = |node: &PlacedNode| {
            let Rect { at, size } = node.rect;
            (at.x + size.width / 2.0, at.y + size.height / 2.0)
        };
        let Some(start) = self.layout.node(from) else {
            let first = self.layout.nodes.iter().min_by(|a, b| {
                let key = |node: &PlacedNode| node.rect.at.x + node.rect.at.y;
                key(a).total_cmp(&key(b))
            });
            return first.map(|node| &node.id);
        };
        let (x, y) = centre(start);
        let cost = |node: &PlacedNode| {
            let (to_x, to_y) = centre(node);
            let (right, below) = (to_x - x, to_y - y);
            let ahead = right * f64::from(across) + below * f64::from(down);
            let aside = (right * f64::from(down)).abs() + (below * f64::from(across)).abs();
            (ahead > 1.0).then_some(ahead + 3.0 * aside)
        };
        let others = self.layout.nodes.iter().filter(|node| node.id != *from);
        others
            .filter_map(|node| Some((cost(node)?, &node.id)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, id)| id)
    }

    /// Rows of the nodes, from the world to the machines.
    #[must_use]
    pub fn nodes(&self) -> Vec<Row> {
        let mut places: Vec<&PlacedNode> = self.layout.nodes.iter().collect();
        // The order in which Tab walks: down each column.
        places.sort_by(|a, b| {
            let key = |node: &PlacedNode| (node.rect.at.x, node.rect.at.y);
            let ((ax, ay), (bx, by)) = (key(a), key(b));
            ax.total_cmp(&bx).then(ay.total_cmp(&by))
        });
        places
            .into_iter()
            .filter_map(|place| Some(self.node_row(self.graph.node(&place.id)?, place)))
            .collect()
    }

    fn node_row(&self, node: &Node, place: &PlacedNode) -> Row {
        let edges = self.graph.edges_of(&node.id);
        let neighbours: BTreeSet<String> =
            edges.iter().map(|(node, _)| node.id.to_string()).collect();
        let is_switch = matches!(node.kind, NodeKind::Switch { .. } | NodeKind::Network(_));
        let head = match is_switch {
            true => Metrics::default().head,
            false => place.rect.size.height,
        };
        Row::new(
            node.id.to_string(),
            vec![
                node.id.to_string().into(),
                kind_word(&node.kind).into(),
                node.name.clone().into(),
                detail(node).into(),
                node.state.word().into(),
                state_kind(node.state).into(),
                symbol(&node.kind).into(),
                node.sentence().into(),
                Cell::Number(place.rect.at.x),
                Cell::Number(place.rect.at.y),
                Cell::Number(place.rect.size.width),
                Cell::Number(place.rect.size.height),
                Cell::Number(head),
                Cell::Words(neighbours.into_iter().collect()),
            ],
        )
    }

    /// Rows of the links with what they carry now.
    #[must_use]
    pub fn links(&self, rates: Option<&Rates>) -> Vec<Row> {
        let edges = self.graph.edges();
        edges
            .filter_map(|(from, to, edge)| {
                let place = self.layout.link(&edge.id)?;
                Some(link_row(from, to, edge, place, rates))
            })
            .collect()
    }

    /// Rows of the places where links meet nodes.
    #[must_use]
    pub fn ticks(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (node, place) in self.graph.nodes().zip(&self.layout.nodes) {
            let is_port = matches!(node.kind, NodeKind::Switch { .. } | NodeKind::Network(_));
            for (number, tick) in place.ticks.iter().enumerate() {
                rows.push(Row::new(
                    format!("{}/{number}", node.id),
                    vec![
                        node.id.to_string().into(),
                        Cell::Number(tick.at.x),
                        Cell::Number(tick.at.y),
                        (tick.side == Side::Right).into(),
                        is_port.into(),
                        tick.label.clone().into(),
                    ],
                ));
            }
        }
        rows
    }

    /// Rows of the captions.
    #[must_use]
    pub fn captions(&self) -> Vec<Row> {
        let captions = self.layout.captions.iter();
        captions
            .map(|caption| {
                let kind = match caption.kind {
                    CaptionKind::IdleNetworks => "networks",
                    CaptionKind::LoneMachines => "machines",
                };
                let (left, top) = (caption.at.x, caption.at.y);
                let cells = vec![kind.into(), Cell::Number(left), Cell::Number(top)];
                Row::new(kind, cells)
            })
            .collect()
    }
}

/// Received and sent of a connection in bit/s, received being what runs
/// towards the machines.
#[must_use]
pub fn carried(edge: &Edge, rates: &Rates) -> (f64, f64) {
    let links = edge.links.iter().filter_map(|name| rates.link(name));
    let (received, sent) = links.fold((0.0, 0.0), |(received, sent), link| {
        (received + link.rate.received, sent + link.rate.sent)
    });
    // What a network's bridge receives comes from its machines.
    match edge.kind {
        EdgeKind::Forwarding => (sent, received),
        _ => (received, sent),
    }
}

fn link_row(from: &Node, to: &Node, edge: &Edge, place: &PlacedLink, rates: Option<&Rates>) -> Row {
    let (received, sent) = rates.map_or((0.0, 0.0), |rates| carried(edge, rates));
    let sum = received + sent;
    let flow = match () {
        () if sum < BUSY => 0,
        () if received >= sent => 1,
        () => -1,
    };
    let vlan = edge.vid.map(|vid| format!("VLAN {vid}"));
    let rate = match sum < BUSY {
        true => String::new(),
        false => format_rate(sum),
    };
    Row::new(
        edge.id.to_string(),
        vec![
            edge.id.to_string().into(),
            edge_word(edge.kind).into(),
            place.path().into(),
            from.id.to_string().into(),
            to.id.to_string().into(),
            edge.is_up.into(),
            edge.is_blocked().into(),
            vlan.unwrap_or_default().into(),
            Cell::Number(place.middle.x),
            Cell::Number(place.middle.y),
            Cell::Number(thickness(sum)),
            Cell::Whole(flow),
            rate.into(),
        ],
    )
}

/// Bit/s from which a link counts as carrying something: below it are
/// keep-alives and announcements.
const BUSY: f64 = 1000.0;

/// Width of a link in units: a hair when idle, one unit more for each tenfold
/// of the rate above 10 kb/s; in steps, so that it does not flicker.
#[must_use]
pub fn thickness(bits_per_second: f64) -> f64 {
    let width = 1.5 + (1.0 + bits_per_second.max(0.0) / 10_000.0).log10();
    (width * 2.0).round() / 2.0
}

const fn kind_word(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Gateway => "gateway",
        NodeKind::Uplink(_) => "uplink",
        NodeKind::Switch { .. } => "switch",
        NodeKind::Network(_) => "network",
        NodeKind::Machine(_) => "machine",
        NodeKind::MachineGroup { .. } => "group",
        NodeKind::PortGroup { .. } => "ports",
    }
}

const fn edge_word(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Cable => "cable",
        EdgeKind::Lower => "lower",
        EdgeKind::Port => "port",
        EdgeKind::Network => "network",
        EdgeKind::Forwarding => "forwarding",
        EdgeKind::Direct => "direct",
    }
}

const fn state_kind(state: NodeState) -> &'static str {
    match state {
        NodeState::Up => "positive",
        NodeState::Off => "off",
        NodeState::NoCarrier | NodeState::Paused => "neutral",
        NodeState::Crashed | NodeState::Missing => "negative",
    }
}

const fn symbol(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Gateway => "globe-symbolic",
        NodeKind::Uplink(LinkKind::Wireless) => "network-wireless-symbolic",
        NodeKind::Uplink(_) => "network-wired-symbolic",
        NodeKind::Switch { .. } => SWITCH_ICON,
        NodeKind::Network(_) => "cloudstatus",
        NodeKind::Machine(_) => "computer-symbolic",
        NodeKind::MachineGroup { .. } => "view-list-icons-symbolic",
        NodeKind::PortGroup { .. } => "plugins-symbolic",
    }
}

fn detail(node: &Node) -> String {
    let is_machine = matches!(node.kind, NodeKind::Machine(_));
    match (node.state, node.addresses.is_empty()) {
        _ if is_machine => node.detail.clone(),
        (NodeState::Up, _) => node.detail.clone(),
        (state, true) => state.word().to_owned(),
        (state, false) => format!("{} · {}", state.word(), node.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn scene() -> Scene {
        Scene::of(&fixture::small(), &BTreeSet::new())
    }

    #[test]
    fn every_row_has_a_value_for_each_role() {
        let scene = scene();
        let lists = [
            (scene.nodes(), NODE_ROLES),
            (scene.links(Some(&Rates::default())), LINK_ROLES),
            (scene.ticks(), TICK_ROLES),
        ];
        for (rows, roles) in lists {
            assert!(!rows.is_empty());
            assert!(rows.iter().all(|row| row.cells.len() == roles.len()));
        }
    }

    #[test]
    fn arrows_walk_from_the_world_to_the_machines() {
        let scene = scene();
        let card = NodeId::new("link", "eth0");
        let switch = scene.beside(&card, 1, 0).unwrap();
        assert_eq!(switch, &NodeId::new("link", "br0"));
        assert_eq!(scene.beside(switch, -1, 0), Some(&card));
        assert!(scene.beside(&card, -1, 0).is_none());
    }

    #[test]
    fn a_link_grows_by_a_unit_for_each_tenfold() {
        assert!((thickness(0.0) - 1.5).abs() < 1e-9);
        assert!((thickness(1e6) - 3.5).abs() < 1e-9);
        assert!((thickness(1e9) - 6.5).abs() < 1e-9);
        assert!((thickness(f64::NAN) - 1.5).abs() < 1e-9);
    }
}
