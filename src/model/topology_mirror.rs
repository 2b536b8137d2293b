// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors in the picture: which connections are copied, and where to.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::printable;
use crate::ovs::{OvsBridge, OvsPort};
use crate::state::HostState;
use crate::topology::{Edge, EdgeKind};
use crate::traffic_view::{MirrorView, mirrors};

/// What is copied of the ports of the host, by the names connections know.
pub(crate) struct Copies(BTreeMap<String, BTreeSet<String>>);

impl Copies {
    /// The copies that the mirrors of this host make.
    pub(crate) fn of(host: &HostState) -> Self {
        let mut copies = Self(BTreeMap::new());
        for mirror in mirrors(host) {
            let switch = mirror.switch.as_deref();
            let bridge = switch.and_then(|name| host.ovs.bridge(name));
            if mirror.every_port {
                let words = format!("everything is copied to {}", mirror.output_words());
                let ports = bridge.into_iter().flat_map(OvsBridge::outer_ports);
                let is_output = |port: &&OvsPort| mirror.output.as_ref() == Some(&port.name);
                for port in ports.filter(|port| !is_output(port)) {
                    copies.add(&names(port), &words);
                }
            }
            copies.add_sources(&mirror, bridge);
        }
        copies
    }

    fn add_sources(&mut self, mirror: &MirrorView, bridge: Option<&OvsBridge>) {
        for (port, direction) in &mirror.sources {
            let words = format!(
                "{} {} is copied to {}",
                direction.phrase(),
                printable(port),
                mirror.output_words()
            );
            let row = bridge.and_then(|bridge| bridge.port(port));
            let names = row.map_or_else(|| vec![printable(port)], names);
            self.add(&names, &words);
        }
    }

    fn add(&mut self, names: &[String], words: &str) {
        for name in names {
            let of_name = self.0.entry(name.clone()).or_default();
            of_name.insert(words.to_owned());
        }
    }

    /// Marks a connection whose port is copied. Those that only add up what
    /// others carry stay without.
    pub(crate) fn mark(&self, edge: &mut Edge) {
        if matches!(
            edge.kind,
            EdgeKind::Cable | EdgeKind::Network | EdgeKind::Forwarding
        ) {
            return;
        }
        let names = edge.links.iter().chain([&edge.port]);
        let copies: BTreeSet<&String> = names
            .filter_map(|name| self.0.get(name))
            .flatten()
            .collect();
        edge.mirrors = copies.into_iter().cloned().collect();
    }
}

/// The names by which connections know a port of Open vSwitch: its own, its
/// interfaces', and that of the other end of a patch.
fn names(port: &OvsPort) -> Vec<String> {
    let mut names = vec![printable(&port.name)];
    for interface in &port.conf.interfaces {
        names.push(printable(&interface.name));
        names.extend(interface.options.get("peer").map(|peer| printable(peer)));
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use crate::machine::MachineState;
    use crate::mirror::MirrorDirection;
    use crate::topology::{Graph, Options};
    use crate::topology_scene::{Scene, small, varied};
    use crate::traffic::{Deed, Filter, Frames, Way};

    fn copying(to: u32, way: Way) -> Filter {
        Filter {
            way,
            priority: 0x4e00,
            frames: Frames::All,
            deed: Deed::Mirror(to),
            is_ours: true,
        }
    }

    /// The mirrored connections: both ends and what is said of them.
    fn mirrored(snapshot: &crate::state::Snapshot) -> Vec<(String, String, String)> {
        let graph = Graph::of(snapshot, &Options::default());
        graph
            .edges()
            .filter(|(_, _, edge)| !edge.mirrors.is_empty())
            .map(|(from, to, edge)| {
                let words = edge.mirrors.join("; ");
                (from.name.clone(), to.name.clone(), words)
            })
            .collect()
    }

    #[test]
    fn a_host_without_mirrors_has_no_mark() {
        assert!(mirrored(&small()).is_empty());
        assert!(mirrored(&varied()).is_empty());
    }

    #[test]
    fn the_tap_of_a_machine_is_marked_where_the_machine_is_connected() {
        let mut host = small();
        let to = host.host.link("eth1").unwrap().index;
        let tap = host.host.link_mut("vnet0").unwrap();
        tap.traffic.filters = vec![copying(to, Way::Ingress), copying(to, Way::Egress)];
        let words = format!("{} vnet0 is copied to eth1", MirrorDirection::Both.phrase());
        // Not on the way from the switch to the plate of the network.
        let marked = [("office".to_owned(), "web".to_owned(), words)];
        assert_eq!(mirrored(&host), marked);
    }

    #[test]
    fn a_group_is_marked_by_each_of_its_ports() {
        let mut scene = Scene::new();
        scene.link("br0", crate::link::LinkKind::Bridge, None);
        scene.link("eth0", crate::link::LinkKind::Physical, None);
        for number in 0..12 {
            let name = format!("vm{number}");
            scene.machine(&name, MachineState::Running, &["bridge:br0"]);
        }
        let to = scene.host.link("eth0").unwrap().index;
        for tap in ["vnet3", "vnet7"] {
            let tap = scene.host.link_mut(tap).unwrap();
            tap.traffic.filters = vec![copying(to, Way::Ingress)];
        }
        let marked = mirrored(&scene.snapshot());
        assert_eq!(marked.len(), 1, "{marked:?}");
        assert_eq!(marked[0].1, "12 machines");
        assert!(marked[0].2.contains("vnet3") && marked[0].2.contains("vnet7"));
    }
}
