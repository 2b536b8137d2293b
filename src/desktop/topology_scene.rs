// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The topology as the canvas draws it, without Qt: what is connected, where
//! it stands, what a search hits, and the way of the arrow keys.

use std::collections::{BTreeMap, BTreeSet};

use nova_model::layout::{Layout, PlacedNode, Point, Positions, Rect};
use nova_model::state::Snapshot;
use nova_model::topology::{Graph, Node, NodeId, NodeKind, Options};

use crate::topology_lens::Lens;

/// The topology with coordinates.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// What is connected with what.
    pub graph: Graph,
    /// Where it is.
    pub layout: Layout,
    /// Nodes that the search found, `None` while nothing is searched.
    pub hits: Option<BTreeSet<NodeId>>,
    /// libvirt's names of the networks.
    pub networks: BTreeMap<NodeId, String>,
}

impl Scene {
    /// The picture of this host as the lens shows it.
    #[must_use]
    pub fn of(snapshot: &Snapshot, lens: &Lens) -> Self {
        let found = (!lens.search.trim().is_empty()).then(|| search(snapshot, &lens.search));
        let options = Options {
            unfolded: lens.unfolded.clone(),
            apart: found.clone().unwrap_or_default(),
            ..Options::default()
        };
        let graph = Graph::of(snapshot, &options);
        let metrics = lens.metrics();
        let positions = match lens.arranged > 0.0 {
            false => lens.positions.clone(),
            true => on_the_way(&Layout::of(&graph, &metrics, &Positions::new()), lens),
        };
        let layout = Layout::of(&graph, &metrics, &positions);
        let hits = found.map(|found| {
            let drawn = found.into_iter().filter(|id| graph.node(id).is_some());
            drawn.collect()
        });
        let networks = snapshot.virt.available().into_iter();
        let networks = networks.flat_map(|virt| &virt.networks);
        Self {
            graph,
            layout,
            hits,
            networks: networks
                .map(|network| (NodeId::new("network", &network.uuid), network.name.clone()))
                .collect(),
        }
    }

    /// Whether there is nothing virtual to draw: network cards at most.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_card = |node: &Node| matches!(node.kind, NodeKind::Gateway | NodeKind::Uplink(_));
        self.graph.nodes().all(is_card)
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
            return self.first();
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

    /// The first node from the upper left: of those the search found, if any.
    #[must_use]
    pub fn first(&self) -> Option<&NodeId> {
        let is_wanted = |node: &&PlacedNode| match &self.hits {
            Some(hits) if !hits.is_empty() => hits.contains(&node.id),
            _ => true,
        };
        let nodes = self.layout.nodes.iter().filter(is_wanted);
        let first = nodes.min_by(|a, b| {
            let key = |node: &PlacedNode| node.rect.at.x + node.rect.at.y;
            key(a).total_cmp(&key(b))
        });
        first.map(|node| &node.id)
    }

    /// The smallest rectangle around what the search found.
    #[must_use]
    pub fn found_bounds(&self) -> Option<Rect> {
        let hits = self.hits.as_ref()?;
        let mut rects = self
            .layout
            .nodes
            .iter()
            .filter(|node| hits.contains(&node.id))
            .map(|node| node.rect);
        let first = rects.next()?;
        Some(rects.fold(first, |around, rect| {
            let at = Point::new(around.at.x.min(rect.at.x), around.at.y.min(rect.at.y));
            let right = around.right().max(rect.right());
            let bottom = around.bottom().max(rect.bottom());
            Rect {
                at,
                size: nova_model::layout::Size::new(right - at.x, bottom - at.y),
            }
        }))
    }
}

/// Places between those a person has given and the computed ones.
fn on_the_way(computed: &Layout, lens: &Lens) -> Positions {
    let part = lens.arranged.clamp(0.0, 1.0);
    let between = |(id, from): (&NodeId, &Point)| {
        let to = computed.node(id)?.rect.at;
        let at = Point::new(
            from.x + (to.x - from.x) * part,
            from.y + (to.y - from.y) * part,
        );
        Some((id.clone(), at))
    };
    lens.positions.iter().filter_map(between).collect()
}

/// All nodes with every one of these words in what is known about them, folded
/// machines as well.
fn search(snapshot: &Snapshot, words: &str) -> BTreeSet<NodeId> {
    let options = Options {
        fold_above: usize::MAX,
        ..Options::default()
    };
    let graph = Graph::of(snapshot, &options);
    let macs = macs(snapshot);
    let words = words.to_lowercase();
    graph
        .nodes()
        .filter(|node| {
            let needle = needle(&graph, node, &macs);
            words.split_whitespace().all(|word| needle.contains(word))
        })
        .map(|node| node.id.clone())
        .collect()
}

/// Hardware addresses by node.
fn macs(snapshot: &Snapshot) -> BTreeMap<NodeId, Vec<String>> {
    let links = snapshot.host.links.values().filter_map(|link| {
        let mac = link.mac?.to_string();
        Some((NodeId::new("link", &link.name), vec![mac]))
    });
    let machines = snapshot.virt.available().into_iter();
    let machines = machines.flat_map(|virt| &virt.machines).map(|machine| {
        let cards = machine.interfaces.iter();
        let macs = cards.filter_map(|card| Some(card.mac?.to_string()));
        (NodeId::new("machine", &machine.uuid), macs.collect())
    });
    links.chain(machines).collect()
}

/// Everything about a node that a person might type.
fn needle(graph: &Graph, node: &Node, macs: &BTreeMap<NodeId, Vec<String>>) -> String {
    let mut parts = vec![node.name.clone(), node.kind.word()];
    parts.push(node.state_word().to_owned());
    parts.extend(node.addresses.iter().cloned());
    parts.extend(node.link.clone());
    parts.extend(node.owner.clone());
    parts.extend(macs.get(&node.id).into_iter().flatten().cloned());
    // A port is found by the machine behind it, a switch not by its ports.
    if matches!(node.kind, NodeKind::Machine(_) | NodeKind::PortGroup { .. }) {
        let edges = graph.edges_of(&node.id);
        parts.extend(edges.into_iter().flat_map(|(_, edge)| edge.links.clone()));
    }
    parts.join("\n").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn scene(search: &str) -> Scene {
        let lens = Lens {
            search: search.to_owned(),
            ..Lens::default()
        };
        Scene::of(&fixture::small(), &lens)
    }

    #[test]
    fn arrows_walk_from_the_world_to_the_machines() {
        let scene = scene("");
        let card = NodeId::new("link", "eth0");
        let switch = scene.beside(&card, 1, 0).unwrap();
        assert_eq!(switch, &NodeId::new("link", "br0"));
        assert_eq!(scene.beside(switch, -1, 0), Some(&card));
        assert!(scene.beside(&card, -1, 0).is_none());
    }

    #[test]
    fn a_search_finds_by_name_kind_address_port_and_hardware_address() {
        let found = |words: &str| {
            let hits = scene(words).hits.unwrap().into_iter();
            hits.map(|id| id.0).collect::<Vec<_>>()
        };
        assert_eq!(found("LINUX br0"), ["link:br0"]);
        assert_eq!(found("bridge br"), ["link:br0", "link:br1"]);
        assert_eq!(found("198.51"), ["link:eth1"]);
        assert_eq!(found("52:54:00:00:00:02"), ["link:eth0"]);
        assert_eq!(found("vnet0").len(), 1);
        assert!(found("vnet0")[0].starts_with("machine:"));
        assert!(found("nothing like it").is_empty());
    }

    #[test]
    fn a_host_with_cards_alone_is_empty() {
        assert!(!scene("").is_empty());
        let mut host = fixture::small();
        host.virt = nova_model::state::Service::Available(nova_model::state::VirtState::default());
        host.host.links.retain(|index, _| *index <= 3);
        host.host.ovs = nova_model::ovs::OvsView::default();
        assert!(Scene::of(&host, &Lens::default()).is_empty());
    }

    #[test]
    fn without_words_nothing_is_searched() {
        assert_eq!(scene("  ").hits, None);
        assert!(scene("br").first().unwrap().0.starts_with("link:br"));
    }

    #[test]
    fn arranging_leads_from_the_own_places_to_the_computed_ones() {
        let id = NodeId::new("link", "br0");
        let at = |arranged| {
            let lens = Lens {
                positions: Positions::from([(id.clone(), Point::new(-500.0, -100.0))]),
                arranged,
                ..Lens::default()
            };
            let scene = Scene::of(&fixture::small(), &lens);
            scene.layout.node(&id).unwrap().rect.at
        };
        let computed = scene("").layout.node(&id).unwrap().rect.at;
        assert_eq!(at(0.0), Point::new(-500.0, -100.0));
        assert_eq!(at(1.0), computed);
        assert!((at(0.5).x - (computed.x - 500.0) / 2.0).abs() < 1e-9);
    }
}
