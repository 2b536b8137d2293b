// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Open vSwitch in the picture: bridges are switches, their ports lead to
//! cards, machines, other bridges and into tunnels.

use crate::link::LinkKind;
use crate::name::printable;
use crate::ovs::{OvsBridge, OvsPort};
use crate::ovs_conf::InterfaceConf;
use crate::topology::{Edge, EdgeKind, NodeId, NodeKind, NodeState};
use crate::topology_build::{Builder, link_edge, new_edge, node};

impl Builder<'_> {
    /// A node for each bridge, whether or not its interface is seen as one of
    /// Open vSwitch by the kernel.
    pub(crate) fn add_ovs_bridges(&mut self) {
        let host = &self.snapshot.host;
        let Some(ovs) = host.ovs.state() else {
            return;
        };
        for bridge in &ovs.bridges {
            let id = NodeId::new("link", printable(&bridge.name));
            let link = host.link(&bridge.name);
            let mut node = match (self.nodes.remove(&id), link) {
                (Some(node), _) => node,
                (None, Some(link)) => crate::topology_build::link_node(link, switch()),
                (None, None) => node(id.clone(), switch(), printable(&bridge.name)),
            };
            node.kind = switch();
            // It moves frames whether or not the host's own interface is up.
            node.state = if ovs.is_running {
                NodeState::Up
            } else {
                NodeState::Off
            };
            if node.addresses.is_empty() {
                node.detail = node.kind.word();
            }
            if let Some(index) = link.map(|link| link.index) {
                self.node_of_link.insert(index, id.clone());
            }
            for port in bridge.outer_ports() {
                for interface in &port.conf.interfaces {
                    if let Some(link) = host.link(&interface.name) {
                        self.switch_of_link.insert(link.index, id.clone());
                    }
                }
            }
            self.nodes.insert(id, node);
        }
    }

    /// Ports of the bridges that are no taps of machines: those come with the
    /// machines.
    pub(crate) fn add_ovs_ports(&mut self) {
        let Some(ovs) = self.snapshot.host.ovs.state() else {
            return;
        };
        for bridge in &ovs.bridges {
            let switch = NodeId::new("link", printable(&bridge.name));
            let mut others = Vec::new();
            for port in bridge.outer_ports() {
                if !self.connect_ovs_port(&switch, bridge, port) {
                    others.push(port);
                }
            }
            if !others.is_empty() {
                self.add_ovs_group(&switch, &others);
            }
        }
    }

    /// Connects a port to what stands behind it; false where nothing of the
    /// picture does.
    fn connect_ovs_port(&mut self, switch: &NodeId, bridge: &OvsBridge, port: &OvsPort) -> bool {
        let host = &self.snapshot.host;
        let vid = port.conf.vlans.tag;
        let mut is_connected = false;
        for interface in &port.conf.interfaces {
            if interface.kind == "patch" {
                return self.connect_patch(switch, bridge, port, interface);
            }
            let Some(link) = host.link(&interface.name) else {
                continue;
            };
            if self.snapshot.machine_of_tap(link).is_some() {
                is_connected = true;
            } else if let Some(own) = self.node_of_link.get(&link.index).cloned() {
                let kind = if port.conf.interfaces.len() > 1 {
                    EdgeKind::Lower
                } else {
                    EdgeKind::Port
                };
                let edge = Edge {
                    vid,
                    ..link_edge(kind, &own, switch, link, None)
                };
                self.connect(&own, switch, edge);
                is_connected = true;
            }
        }
        is_connected
    }

    /// A patch port leads to another bridge; it is drawn once.
    fn connect_patch(
        &mut self,
        switch: &NodeId,
        bridge: &OvsBridge,
        port: &OvsPort,
        interface: &InterfaceConf,
    ) -> bool {
        let ovs = self.snapshot.host.ovs.state();
        let peer = interface.options.get("peer");
        let Some((other, _)) = ovs
            .zip(peer)
            .and_then(|(ovs, peer)| ovs.port_of_interface(peer))
        else {
            return false;
        };
        let beyond = NodeId::new("link", printable(&other.name));
        if bridge.name < other.name {
            let edge = Edge {
                vid: port.conf.vlans.tag,
                ..new_edge(EdgeKind::Port, switch, &beyond, &printable(&port.name))
            };
            self.connect(switch, &beyond, edge);
        }
        bridge.name != other.name
    }

    fn add_ovs_group(&mut self, switch: &NodeId, ports: &[&OvsPort]) {
        let id = NodeId::new("ports", switch);
        let mut names: Vec<String> = ports.iter().map(|port| printable(&port.name)).collect();
        names.sort_by(|a, b| crate::topology::natural_order(a, b));
        let kind = NodeKind::PortGroup { count: names.len() };
        let mut group = match names.as_slice() {
            [only] => node(id.clone(), kind, only.clone()),
            _ => node(id.clone(), kind, format!("{} ports", names.len())),
        };
        group.detail = match ports {
            [only] => only.conf.interfaces.first().map_or_else(String::new, what),
            _ => names.join(", "),
        };
        let is_up = ports.iter().any(|port| port.error().is_none());
        let vid = match ports {
            [only] => only.conf.vlans.tag,
            _ => None,
        };
        let links = names.into_iter().filter(|name| self.link(name).is_some());
        let edge = Edge {
            links: links.collect(),
            is_up,
            vid,
            ..new_edge(EdgeKind::Port, switch, &id, "")
        };
        self.connect(switch, &id, edge);
        self.nodes.insert(id, group);
    }
}

const fn switch() -> NodeKind {
    NodeKind::Switch {
        is_open_vswitch: true,
    }
}

/// What an interface is, in words: `vxlan to 192.0.2.9`.
#[must_use]
pub fn what(interface: &InterfaceConf) -> String {
    let option = |key: &str| interface.options.get(key).map(|text| printable(text));
    match (interface.kind.as_str(), option("remote_ip"), option("peer")) {
        ("" | "system", ..) => "link".to_owned(),
        (kind, Some(remote), _) => format!("{} to {remote}", printable(kind)),
        (kind, _, Some(peer)) => format!("{} to {peer}", printable(kind)),
        (kind, ..) => printable(kind),
    }
}

/// Whether the kernel's word for a link makes it a switch: of the links of
/// Open vSwitch only those of its bridges are, where that is known.
pub(crate) fn is_switch(builder: &Builder<'_>, name: &str, kind: &LinkKind) -> bool {
    let known = builder.snapshot.host.ovs.state();
    *kind == LinkKind::OpenVSwitch
        && name != "ovs-system"
        && known.is_none_or(|ovs| ovs.bridge(name).is_some())
}
