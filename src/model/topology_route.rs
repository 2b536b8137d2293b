// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! How the picture's networks reach the world: gateways of the host, and what
//! the host forwards.

use std::collections::BTreeSet;

use crate::address::Route;
use crate::network::{ForwardMode, Network};
use crate::topology::{Edge, EdgeKind, NodeId, NodeKind};
use crate::topology_build::{Builder, new_edge, node};

impl Builder<'_> {
    /// A node for the next hop of each default route, at the card behind which
    /// it lies.
    pub(crate) fn add_gateways(&mut self) {
        let host = &self.snapshot.host;
        for route in host.routes.iter().filter(|route| route.is_default()) {
            let Some(link) = self.node_of_link.get(&route.link).cloned() else {
                continue;
            };
            let link_name = host
                .links
                .get(&route.link)
                .map(|link| link.name.to_string());
            let id = match route.gateway {
                Some(address) => NodeId::new("gateway", address),
                None => NodeId::new("outside", &link),
            };
            let mut gateway = match route.gateway {
                Some(address) => node(id.clone(), NodeKind::Gateway, address.to_string()),
                None => node(id.clone(), NodeKind::Gateway, "Outside".to_owned()),
            };
            gateway.detail = match route.gateway {
                Some(_) => "gateway".to_owned(),
                None => link_name.unwrap_or_default(),
            };
            self.nodes.entry(id.clone()).or_insert(gateway);
            for card in self.cards_of(&link) {
                let name = self.nodes.get(&card).and_then(|node| node.link.clone());
                let edge = Edge {
                    is_up: self.is_up(&card),
                    links: name.into_iter().collect(),
                    ..new_edge(EdgeKind::Cable, &id, &card, "")
                };
                self.connect(&id, &card, edge);
            }
        }
    }

    /// The cards through which this node reaches the world; the node itself
    /// where it has none.
    fn cards_of(&self, node: &NodeId) -> BTreeSet<NodeId> {
        let mut cards = BTreeSet::new();
        let mut seen = BTreeSet::from([node.clone()]);
        let mut open = vec![node.clone()];
        while let Some(at) = open.pop() {
            let below: Vec<NodeId> = self
                .edges
                .values()
                .filter(|(from, to, edge)| {
                    let is_uplink = self
                        .nodes
                        .get(from)
                        .is_some_and(|node| matches!(node.kind, NodeKind::Uplink(_)));
                    *to == at && is_uplink && edge.kind != EdgeKind::Direct
                })
                .map(|(from, _, _)| from.clone())
                .collect();
            if below.is_empty() {
                cards.insert(at);
            }
            open.extend(below.into_iter().filter(|node| seen.insert(node.clone())));
        }
        cards
    }

    /// Connects networks that the host forwards for with the link through
    /// which they leave. With more than `at_most` of them each only says it.
    pub(crate) fn add_forwarding(&mut self, at_most: usize) {
        let in_use: BTreeSet<&NodeId> = self.edges.values().map(|(from, _, _)| from).collect();
        let mut ways = Vec::new();
        for network in self.networks() {
            let forwards = matches!(
                network.forward,
                ForwardMode::Nat | ForwardMode::Route | ForwardMode::Open
            );
            let id = NodeId::new("network", &network.uuid);
            if let (true, true, Some(from)) = (forwards, network.is_active, self.way_out(network)) {
                ways.push((from, in_use.contains(&id), id));
            }
        }
        let used = ways.iter().filter(|(_, is_used, _)| *is_used).count();
        let (draw_used, draw_all) = (used <= at_most, ways.len() <= at_most);
        for (from, is_used, id) in ways {
            let name = self.nodes.get(&from).map(|node| node.name.clone());
            let Some(network) = self.nodes.get_mut(&id) else {
                continue;
            };
            if draw_all || draw_used && is_used {
                let edge = Edge {
                    links: network.link.iter().cloned().collect(),
                    ..new_edge(EdgeKind::Forwarding, &from, &id, "")
                };
                self.connect(&from, &id, edge);
            } else {
                network.leaves_through = name;
            }
        }
    }

    /// The node through which packets of this network leave the host: the one
    /// it names, else that of the best default route.
    fn way_out(&self, network: &Network) -> Option<NodeId> {
        if let Some(device) = network.forward_devices.first() {
            return self.node_of_name(device);
        }
        let best = self
            .snapshot
            .host
            .routes
            .iter()
            .filter(|route| route.is_default())
            .min_by_key(|route: &&Route| (route.destination.address().is_ipv6(), route.metric))?;
        self.node_of_link.get(&best.link).cloned()
    }
}
