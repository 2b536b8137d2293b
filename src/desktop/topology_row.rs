// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Rows of nodes, links, ticks and captions of the topology, with their
//! coordinates in units.

use std::collections::BTreeSet;

use nova::networking::Rates;
use nova_model::layout::{CaptionKind, Metrics, PlacedLink, PlacedNode, Side};
use nova_model::link::LinkKind;
use nova_model::rate::format_rate;
use nova_model::topology::{Edge, EdgeKind, Node, NodeId, NodeKind, NodeState};

use crate::card;
use crate::history_row::spelt;
use crate::row::{Cell, Row};
use crate::topology_scene::Scene;
use crate::view::{SWITCH_ICON, network_icon};

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
    "connections",
    "placeX",
    "placeY",
    "breadth",
    "depth",
    "head",
    "neighbours",
    "subject",
    "page",
    "switchName",
    "isHit",
    "rate",
    "brief",
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
    "slant",
    "thickness",
    "flow",
    "rate",
    "isHit",
    "mirrored",
];

/// Values of a tick.
pub const TICK_ROLES: &[&str] = &["node", "placeX", "placeY", "isRight", "isPort", "label"];

/// Values of a caption.
pub const CAPTION_ROLES: &[&str] = &["kind", "placeX", "placeY"];

impl Scene {
    /// Rows of the nodes, from the world to the machines; groups say what they
    /// carry together.
    #[must_use]
    pub fn nodes(&self, rates: Option<&Rates>) -> Vec<Row> {
        let mut places: Vec<&PlacedNode> = self.layout.nodes.iter().collect();
        // The order in which Tab walks: down each column.
        places.sort_by(|a, b| {
            let key = |node: &PlacedNode| (node.rect.at.x, node.rect.at.y);
            let ((ax, ay), (bx, by)) = (key(a), key(b));
            ax.total_cmp(&bx).then(ay.total_cmp(&by))
        });
        places
            .into_iter()
            .filter_map(|place| Some(self.node_row(self.graph.node(&place.id)?, place, rates)))
            .collect()
    }

    /// Whether the search leaves this node in the light.
    fn is_hit(&self, id: &NodeId) -> bool {
        self.hits.as_ref().is_none_or(|hits| hits.contains(id))
    }

    /// What the pages know the node by: the name of the network or the link.
    fn subject(&self, node: &Node) -> String {
        let name = self.networks.get(&node.id).or(node.link.as_ref());
        name.cloned().unwrap_or_default()
    }

    fn node_row(&self, node: &Node, place: &PlacedNode, rates: Option<&Rates>) -> Row {
        let edges = self.graph.edges_of(&node.id);
        let neighbours: BTreeSet<String> =
            edges.iter().map(|(node, _)| node.id.to_string()).collect();
        let is_switch = matches!(node.kind, NodeKind::Switch { .. } | NodeKind::Network(_));
        let head = match is_switch {
            true => Metrics::default().head,
            false => place.rect.size.height,
        };
        let switch = edges.iter().find_map(|(other, edge)| {
            let is_port = edge.kind == EdgeKind::Port && edge.port == node.name;
            let is_switch = matches!(other.kind, NodeKind::Switch { .. });
            (is_port && is_switch).then(|| other.link.clone())?
        });
        let rate = match (&node.kind, rates) {
            (NodeKind::MachineGroup { .. }, Some(rates)) => {
                let sum: f64 = edges.iter().map(|(_, edge)| sum(edge, rates)).sum();
                busy_rate(sum)
            }
            _ => String::new(),
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
                company(&edges).into(),
                Cell::Number(place.rect.at.x),
                Cell::Number(place.rect.at.y),
                Cell::Number(place.rect.size.width),
                Cell::Number(place.rect.size.height),
                Cell::Number(head),
                Cell::Words(neighbours.into_iter().collect()),
                self.subject(node).into(),
                page(&node.kind).into(),
                switch.unwrap_or_default().into(),
                self.is_hit(&node.id).into(),
                rate.into(),
                brief(node).into(),
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
                let is_hit = self.is_hit(&from.id) && self.is_hit(&to.id);
                Some(link_row(from, to, edge, place, rates, is_hit))
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
                    CaptionKind::IdleCards => "cards",
                    CaptionKind::IdleSwitches => "switches",
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

fn sum(edge: &Edge, rates: &Rates) -> f64 {
    let (received, sent) = carried(edge, rates);
    received + sent
}

/// The rate as text, empty below what counts.
fn busy_rate(sum: f64) -> String {
    match sum < BUSY {
        true => String::new(),
        false => format_rate(sum),
    }
}

/// The slant of the course where its middle is, in degrees clockwise.
fn slant(place: &PlacedLink) -> f64 {
    place.course.first().map_or(0.0, |curve| {
        // The derivative of a cubic at the half of its parameter.
        let across = curve.to.x + curve.second.x - curve.first.x - place.start.x;
        let down = curve.to.y + curve.second.y - curve.first.y - place.start.y;
        down.atan2(across).to_degrees()
    })
}

fn link_row(
    from: &Node,
    to: &Node,
    edge: &Edge,
    place: &PlacedLink,
    rates: Option<&Rates>,
    is_hit: bool,
) -> Row {
    let (received, sent) = rates.map_or((0.0, 0.0), |rates| carried(edge, rates));
    let sum = received + sent;
    let flow = match () {
        () if sum < BUSY => 0,
        () if received >= sent => 1,
        () => -1,
    };
    let vlan = edge.vid.map(|vid| format!("VLAN {vid}"));
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
            Cell::Number(slant(place)),
            Cell::Number(thickness(sum)),
            Cell::Whole(flow),
            busy_rate(sum).into(),
            is_hit.into(),
            mirrored(edge).into(),
        ],
    )
}

/// What a mirror copies of a connection, as sentences.
fn mirrored(edge: &Edge) -> String {
    let sentences: Vec<String> = edge.mirrors.iter().map(|words| spelt(words)).collect();
    sentences.join("\n")
}

/// Bit/s from which a link counts as carrying something: below it are
/// keep-alives and announcements.
const BUSY: f64 = 1000.0;

/// Width of a link in pixels: a hair when idle, one more for each tenfold of
/// the rate above 10 kb/s; whole, so that edges are sharp.
#[must_use]
pub fn thickness(bits_per_second: f64) -> f64 {
    (1.0 + (1.0 + bits_per_second.max(0.0) / 10_000.0).log10()).round()
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

/// The page that shows what the node stands for, empty where none does.
const fn page(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Switch { .. } => "switches",
        NodeKind::Network(_) => "networks",
        NodeKind::Uplink(
            LinkKind::Physical
            | LinkKind::Wireless
            | LinkKind::Veth
            | LinkKind::Bond
            | LinkKind::Vlan { .. },
        ) => "cards",
        _ => "",
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

/// What the node is connected with, for those who hear the picture.
fn company(edges: &[(&Node, &Edge)]) -> String {
    let names: BTreeSet<&str> = edges.iter().map(|(other, _)| other.name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut told = match names.is_empty() {
        true => "Connected with nothing".to_owned(),
        false => format!("Connected with {}", names.join(", ")),
    };
    for (_, edge) in edges {
        for words in &edge.mirrors {
            told.push_str(". ");
            told.push_str(&spelt(words));
        }
    }
    told
}

const fn symbol(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Gateway => "globe-symbolic",
        NodeKind::Uplink(kind) => card::symbol(kind),
        NodeKind::Switch { .. } => SWITCH_ICON,
        NodeKind::Network(mode) => network_icon(*mode),
        NodeKind::Machine(_) => "computer-symbolic",
        NodeKind::MachineGroup { .. } => "view-list-icons-symbolic",
        NodeKind::PortGroup { .. } => "plugins-symbolic",
    }
}

/// What tells the node from others of its kind where there is no room for
/// more, empty where its name has to do.
const fn brief(node: &Node) -> &'static str {
    match (node.state, &node.kind) {
        (NodeState::Missing, _) => node.state.word(),
        (_, NodeKind::Network(mode)) => mode.title(),
        (
            _,
            NodeKind::Switch {
                is_open_vswitch: true,
            },
        ) => "OVS",
        (_, NodeKind::Switch { .. }) => "bridge",
        (_, NodeKind::Uplink(LinkKind::Bond)) => "bond",
        (_, NodeKind::Uplink(LinkKind::Vlan { .. })) => "VLAN",
        (_, NodeKind::Uplink(LinkKind::Wireless)) => "wireless",
        (_, NodeKind::Uplink(_)) => "card",
        _ => "",
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
    use crate::topology_lens::Lens;
    use nova_model::traffic::{Deed, Filter, Frames, Way};

    fn scene(search: &str) -> Scene {
        let lens = Lens {
            search: search.to_owned(),
            ..Lens::default()
        };
        Scene::of(&fixture::small(), &lens)
    }

    fn cell(row: &Row, role: &str) -> Cell {
        let at = NODE_ROLES.iter().position(|name| *name == role).unwrap();
        row.cells[at].clone()
    }

    #[test]
    fn every_row_has_a_value_for_each_role() {
        let scene = scene("");
        let rates = Rates::default();
        let lists = [
            (scene.nodes(Some(&rates)), NODE_ROLES),
            (scene.links(Some(&rates)), LINK_ROLES),
            (scene.ticks(), TICK_ROLES),
        ];
        for (rows, roles) in lists {
            assert!(!rows.is_empty());
            assert!(rows.iter().all(|row| row.cells.len() == roles.len()));
        }
    }

    #[test]
    fn a_card_knows_its_switch_and_a_network_its_name() {
        let rows = scene("").nodes(None);
        let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap();
        assert_eq!(cell(row("link:eth0"), "switchName"), "br0".into());
        assert_eq!(cell(row("link:eth1"), "switchName"), "".into());
        assert_eq!(cell(row("link:eth1"), "page"), "cards".into());
        let network = rows.iter().find(|row| row.key.starts_with("network:"));
        assert_eq!(cell(network.unwrap(), "subject"), "default".into());
    }

    #[test]
    fn kind_and_mode_are_told_by_word_and_symbol() {
        let rows = scene("").nodes(None);
        let of = |name: &str| {
            let row = rows.iter().find(|row| cell(row, "name") == name.into());
            let row = row.unwrap();
            (cell(row, "brief"), cell(row, "symbol"))
        };
        assert_eq!(of("default"), ("NAT".into(), crate::view::NAT_ICON.into()));
        assert_eq!(of("br0"), ("bridge".into(), SWITCH_ICON.into()));
        assert_eq!(of("eth1").0, "card".into());
    }

    #[test]
    fn a_mirrored_connection_is_marked_and_told() {
        let mut host = fixture::small();
        let tap = host.host.links.get_mut(&20).unwrap();
        tap.traffic.filters = vec![Filter {
            way: Way::Ingress,
            priority: 0x4e00,
            frames: Frames::All,
            deed: Deed::Mirror(3),
            is_ours: true,
        }];
        let scene = Scene::of(&host, &Lens::default());
        let at = LINK_ROLES.iter().position(|name| *name == "mirrored");
        let links = scene.links(None);
        let marked: Vec<_> = links
            .iter()
            .map(|row| row.cells[at.unwrap()].clone())
            .filter(|cell| *cell != "".into())
            .collect();
        let words = "What arrives from vnet0 is copied to eth1.";
        assert_eq!(marked, [Cell::from(words)]);
        let nodes = scene.nodes(None);
        let machine = nodes.iter().find(|row| row.key.starts_with("machine:"));
        let Cell::Text(told) = cell(machine.unwrap(), "connections") else {
            panic!("{machine:?}");
        };
        assert!(told.contains("is copied to eth1"), "{told}");
    }

    #[test]
    fn what_the_search_leaves_out_is_no_hit() {
        let rows = scene("eth1").nodes(None);
        let hits: Vec<&str> = rows
            .iter()
            .filter(|row| cell(row, "isHit") == true.into())
            .map(|row| row.key.as_str())
            .collect();
        assert_eq!(hits, ["link:eth1"]);
    }

    #[test]
    fn a_link_grows_by_a_pixel_for_each_tenfold() {
        assert!((thickness(0.0) - 1.0).abs() < 1e-9);
        assert!((thickness(1e6) - 3.0).abs() < 1e-9);
        assert!((thickness(1e9) - 6.0).abs() < 1e-9);
        assert!((thickness(f64::NAN) - 1.0).abs() < 1e-9);
    }
}
