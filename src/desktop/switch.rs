// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A switch of either kind and its ports, as the lists and forms of the window
//! see them: a Linux bridge, or a bridge of Open vSwitch.

use nova_model::bridge::StpState;
use nova_model::link::{Link, Owner};
use nova_model::name::{InterfaceName, printable};
use nova_model::ovs::{OvsBridge, OvsPort};
use nova_model::state::Snapshot;

use crate::switch_row::natural;

/// A switch.
#[derive(Clone, Copy, Debug)]
pub enum Switch<'a> {
    /// A Linux bridge.
    Linux(&'a Link),
    /// A bridge of Open vSwitch.
    Ovs {
        /// What the database holds.
        bridge: &'a OvsBridge,
        /// The host's own interface on it.
        link: Option<&'a Link>,
        /// Whether `ovs-vswitchd` runs and moves its frames.
        runs: bool,
    },
}

/// A port of a switch: a link of the kernel, a row of the database, or both.
#[derive(Clone, Copy, Debug)]
pub struct Port<'a> {
    /// The link.
    pub link: Option<&'a Link>,
    /// What the database of Open vSwitch holds.
    pub ovs: Option<&'a OvsPort>,
}

impl<'a> Switch<'a> {
    /// All switches, by name as people count.
    #[must_use]
    pub fn all(snapshot: &'a Snapshot) -> Vec<Self> {
        let host = &snapshot.host;
        let ovs = host.ovs.state();
        let bridges = ovs.into_iter().flat_map(|ovs| {
            ovs.bridges.iter().map(|bridge| Self::Ovs {
                bridge,
                link: host.link(&bridge.name),
                runs: ovs.is_running,
            })
        });
        let mut all: Vec<Self> = host.bridges().map(Self::Linux).chain(bridges).collect();
        all.sort_by_cached_key(|switch| natural(&switch.name()));
        all
    }

    /// The switch of this name as it is shown, which may hold escapes.
    #[must_use]
    pub fn find(snapshot: &'a Snapshot, shown: &str) -> Option<Self> {
        let host = &snapshot.host;
        let linux = host.bridges().find(|link| link.name.to_string() == shown);
        linux.map(Self::Linux).or_else(|| {
            let ovs = host.ovs.state()?;
            let mut bridges = ovs.bridges.iter();
            let bridge = bridges.find(|bridge| printable(&bridge.name) == shown)?;
            Some(Self::Ovs {
                bridge,
                link: host.link(&bridge.name),
                runs: ovs.is_running,
            })
        })
    }

    /// Its name, escaped.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Linux(link) => link.name.to_string(),
            Self::Ovs { bridge, .. } => printable(&bridge.name),
        }
    }

    /// Its name, where Nova can address it.
    #[must_use]
    pub fn address(&self) -> Option<InterfaceName> {
        match self {
            Self::Linux(link) => link.name.to_interface_name().ok(),
            Self::Ovs { bridge, .. } => bridge.name.parse().ok(),
        }
    }

    /// The host's own interface on it.
    #[must_use]
    pub const fn link(&self) -> Option<&'a Link> {
        match self {
            Self::Linux(link) => Some(link),
            Self::Ovs { link, .. } => *link,
        }
    }

    /// Whether it moves frames.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        match self {
            Self::Linux(link) => link.is_up,
            Self::Ovs { runs, .. } => *runs,
        }
    }

    /// Whether it is one of Open vSwitch.
    #[must_use]
    pub const fn is_ovs(&self) -> bool {
        matches!(self, Self::Ovs { .. })
    }

    /// Whether Nova made it.
    #[must_use]
    pub fn is_nova(&self, snapshot: &Snapshot) -> bool {
        match self {
            Self::Linux(link) => link.owner == Owner::Nova,
            Self::Ovs { bridge, .. } => {
                let ovs = snapshot.host.ovs.state();
                ovs.is_some_and(|ovs| ovs.owns_bridge(bridge))
            }
        }
    }

    /// Its ports: those of a Linux bridge by number, those of Open vSwitch by
    /// name, without the host's own interface.
    #[must_use]
    pub fn ports(&self, snapshot: &'a Snapshot) -> Vec<Port<'a>> {
        match self {
            Self::Linux(bridge) => {
                let mut links: Vec<&Link> = snapshot.host.ports_of(bridge.index).collect();
                links.sort_by_key(|link| link.port.map_or(u16::MAX, |port| port.number));
                let port = |link| Port {
                    link: Some(link),
                    ovs: None,
                };
                links.into_iter().map(port).collect()
            }
            Self::Ovs { bridge, .. } => {
                let mut ports: Vec<Port<'a>> = bridge
                    .outer_ports()
                    .map(|port| Port {
                        link: snapshot.host.link(&port.name),
                        ovs: Some(port),
                    })
                    .collect();
                ports.sort_by_cached_key(|port| natural(&port.name()));
                ports
            }
        }
    }

    /// The port of this name as it is shown.
    #[must_use]
    pub fn port(&self, snapshot: &'a Snapshot, shown: &str) -> Option<Port<'a>> {
        let mut ports = self.ports(snapshot).into_iter();
        ports.find(|port| port.name() == shown)
    }
}

impl Port<'_> {
    /// Its state in the spanning tree, where it takes part in one.
    #[must_use]
    pub fn tree_state(&self) -> Option<StpState> {
        match self.ovs {
            None => self.link?.port.map(|port| port.state),
            Some(port) => match port.stp_state.as_deref()?.to_ascii_lowercase().as_str() {
                "forwarding" => Some(StpState::Forwarding),
                "learning" => Some(StpState::Learning),
                "listening" => Some(StpState::Listening),
                "blocking" | "discarding" => Some(StpState::Blocking),
                _ => Some(StpState::Disabled),
            },
        }
    }

    /// Its name, escaped.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.ovs, self.link) {
            (Some(port), _) => printable(&port.name),
            (None, Some(link)) => link.name.to_string(),
            (None, None) => String::new(),
        }
    }

    /// Its name, where Nova can address it.
    #[must_use]
    pub fn address(&self) -> Option<InterfaceName> {
        match (self.ovs, self.link) {
            (Some(port), _) => port.name.parse().ok(),
            (None, Some(link)) => link.name.to_interface_name().ok(),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn switches_of_both_kinds_stand_in_one_list() {
        let snapshot = fixture::small();
        let names: Vec<String> = Switch::all(&snapshot).iter().map(Switch::name).collect();
        assert_eq!(names, ["br0", "br1", "ovs0", "virbr0"]);
    }

    #[test]
    fn the_local_port_is_no_port_that_connects() {
        let snapshot = fixture::small();
        let switch = Switch::find(&snapshot, "ovs0").unwrap();
        let ports: Vec<String> = switch.ports(&snapshot).iter().map(Port::name).collect();
        assert_eq!(ports, ["tun0", "vnet1"]);
        assert!(switch.port(&snapshot, "ovs0").is_none());
    }
}
