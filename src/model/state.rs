// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The host as it is.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::address::Route;
use crate::bridge::{PortOptions, StpState};
use crate::error::{NovaError, Result};
use crate::fdb::Learned;
use crate::link::{Link, LinkKind};
use crate::machine::Machine;
use crate::manager::Managers;
use crate::name::InterfaceName;
use crate::network::Network;
use crate::ovs::{OvsState, OvsView};
use crate::steering::{CpuSet, Cpus};
use crate::traffic::{Deed, Shaping};

/// Everything the kernel tells of the network of one host at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostState {
    /// All links by index.
    pub links: BTreeMap<u32, Link>,
    /// Unicast routes of the main table, sorted.
    pub routes: Vec<Route>,
    /// What Open vSwitch tells.
    #[serde(default)]
    pub ovs: OvsView,
    /// The CPUs of the host.
    #[serde(skip)]
    pub cpus: Cpus,
    /// What the programs tell that configure it.
    #[serde(skip)]
    pub managers: Managers,
    /// What bridges have learned, where the host is followed.
    #[serde(skip)]
    pub learned: Learned,
    /// Connections of administrators, by this host's end and the far end.
    #[serde(skip)]
    pub administrators: Vec<(IpAddr, IpAddr)>,
}

impl HostState {
    /// Whether spanning tree does not let a way out of this host forward yet, on a
    /// Linux bridge or one of Open vSwitch. That the tap of a machine, or the cable
    /// of a container, does not keeps nobody from the host.
    #[must_use]
    pub fn is_learning(&self) -> bool {
        let waits_in_ovs = |name: &str| {
            let port = self.ovs.state().and_then(|ovs| ovs.port_of_interface(name));
            port.is_some_and(|(_, port)| match port.stp_state.as_deref() {
                Some("listening" | "learning") => true,
                // Of RSTP: one that is to forward and does not yet.
                Some("discarding") => {
                    matches!(port.stp_role.as_deref(), Some("root" | "designated"))
                }
                _ => false,
            })
        };
        self.links
            .values()
            .filter(|link| !link.leads_to_guest())
            .any(|link| {
                let state = link.port.as_ref().map(|port| port.state);
                matches!(state, Some(StpState::Listening | StpState::Learning))
                    || waits_in_ovs(&link.name.to_string())
            })
    }

    /// The link of this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.values().find(|link| link.name.is(name))
    }

    /// The link of this name, to be changed.
    pub fn link_mut(&mut self, name: &str) -> Option<&mut Link> {
        self.links.values_mut().find(|link| link.name.is(name))
    }

    /// The link of this name, or the error that says it does not exist.
    ///
    /// # Errors
    /// `NotFound`, with a similar name as the remedy where there is one.
    pub fn require(&self, name: &InterfaceName) -> Result<&Link> {
        self.link(name.as_str()).ok_or_else(|| {
            let error = NovaError::not_found(format!("there is no link {name} on this host"));
            let wanted = name.as_str().to_ascii_lowercase();
            let similar = self.links.values().find(|link| {
                link.name
                    .to_string()
                    .to_ascii_lowercase()
                    .trim_end_matches(char::is_numeric)
                    == wanted.trim_end_matches(char::is_numeric)
            });
            match similar {
                Some(link) => error.with_remedy(format!("A link {} exists.", link.name)),
                None => error.with_remedy("\"nova network list\" shows what exists."),
            }
        })
    }

    /// Takes a link out of the picture, with its routes, its ports' membership
    /// and the links upon it, as the kernel does.
    pub(crate) fn remove(&mut self, name: &str) {
        let Some(index) = self.link(name).map(|link| link.index) else {
            return;
        };
        self.links.remove(&index);
        self.routes.retain(|route| route.link != index);
        for link in self.links.values_mut() {
            if link.controller == Some(index) {
                link.leave();
            }
        }
        let upon: Vec<String> = self
            .links
            .values()
            .filter(|link| link.lower == Some(index) && matches!(link.kind, LinkKind::Vlan { .. }))
            .filter_map(|link| link.name.to_interface_name().ok())
            .map(|name| name.to_string())
            .collect();
        for name in upon {
            self.remove(&name);
        }
    }

    /// All Linux bridges, by index.
    pub fn bridges(&self) -> impl Iterator<Item = &Link> {
        self.links.values().filter(|link| link.is_bridge())
    }

    /// The 802.1Q sub-interfaces upon a link and upon each other, from below: they
    /// go down and up with it, and none has a larger MTU.
    #[must_use]
    pub fn vlans_upon(&self, index: u32) -> Vec<&Link> {
        let mut found: Vec<&Link> = Vec::new();
        let mut open = vec![index];
        while let Some(below) = open.pop() {
            for upper in self.links.values() {
                let is_upon =
                    matches!(upper.kind, LinkKind::Vlan { .. }) && upper.lower == Some(below);
                if is_upon && !found.iter().any(|known| known.index == upper.index) {
                    found.push(upper);
                    open.push(upper.index);
                }
            }
        }
        found
    }

    /// The first name that begins so, has a number at its end and is nobody's.
    #[must_use]
    pub fn free_name(&self, stem: &str) -> String {
        self.free_names(stem).next().unwrap_or_default()
    }

    /// All such names, in order: of no link, and of no port or interface of Open
    /// vSwitch.
    pub fn free_names(&self, stem: &str) -> impl Iterator<Item = String> {
        let is_free = |name: &String| {
            let is_taken =
                |ovs: &OvsState| ovs.port(name).is_some() || ovs.port_of_interface(name).is_some();
            self.link(name).is_none() && !self.ovs.state().is_some_and(is_taken)
        };
        (0..)
            .map(move |number: u32| format!("{stem}{number}"))
            .filter(is_free)
    }

    /// The ports of the link with this index, by index.
    pub fn ports_of(&self, controller: u32) -> impl Iterator<Item = &Link> {
        self.links
            .values()
            .filter(move |link| link.controller == Some(controller))
    }

    /// The Linux bridge that a link is a port of, or the bridge of Open vSwitch it is a
    /// port of or a member of a port's bond; not the one whose own port it is.
    #[must_use]
    pub fn switch_of(&self, link: &Link) -> Option<String> {
        let name = link.name.to_string();
        let ovs = self.ovs.state();
        if let Some((bridge, _)) = ovs.and_then(|ovs| ovs.port_of_interface(&name)) {
            return (bridge.name != name).then(|| bridge.name.clone());
        }
        let above = self.links.get(&link.controller?)?;
        above.is_bridge().then(|| above.name.to_string())
    }

    /// Routes that leave through the link with this index.
    pub fn routes_of(&self, link: u32) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(move |route| route.link == link)
    }

    /// Those of them that somebody set with `ip route add`: no program sets routes of
    /// this protocol.
    pub fn routes_by_hand(&self, link: u32) -> impl Iterator<Item = &Route> {
        self.routes_of(link)
            .filter(|route| route.protocol == Route::PROTOCOL_BOOT)
    }

    /// Takes over from an earlier picture what the kernel hides in this one:
    /// the ageing time of bridges whose topology changes just now.
    pub fn recall(&mut self, earlier: &Self) {
        for link in self.links.values_mut() {
            if let Some(before) = earlier.links.get(&link.index) {
                link.recall(before);
            }
        }
    }

    /// The limits and filters of a link, with names for indices and without what
    /// the kernel rounds.
    fn traffic_of(&self, link: &Link) -> String {
        let name = |index: &u32| self.links.get(index).map(|link| link.name.to_string());
        let filters = link.traffic.filters.iter().map(|filter| {
            let deed = match &filter.deed {
                Deed::Mirror(index) if filter.frames.is_all() => {
                    format!("copy {:?}", name(index))
                }
                Deed::Mirror(index) => format!("copy {} {:?}", filter.frames, name(index)),
                Deed::Redirect(index) => format!("send {:?}", name(index)),
                Deed::Stamp(stamp) => format!("stamp {stamp:?}"),
                Deed::Other(kind) => kind.clone(),
            };
            format!("{:?} {} {deed}", filter.way, filter.priority)
        });
        let shaping = match &link.traffic.shaping {
            Shaping::Limited(shaper) => format!("{} {}", shaper.rate.0 / 8, shaper.burst.0 >> 10),
            other => format!("{other:?}"),
        };
        format!(
            "{shaping} {:?} {:?}",
            link.traffic.hooks,
            filters.collect::<Vec<_>>()
        )
    }

    /// On which CPUs what arrives is processed, where somebody chose any: the
    /// number of queues of a machine's tap is its own business.
    fn steering_of(link: &Link) -> String {
        let chosen = link.receive_cpus.iter().enumerate();
        chosen
            .filter(|(_, cpus)| !CpuSet::is_empty(cpus))
            .map(|(queue, cpus)| format!("{queue}:{cpus} "))
            .collect()
    }

    /// A digest of everything that stays the same while nobody changes the
    /// host: what moves by itself (carrier, spanning tree, indices, lifetimes)
    /// is left out, and so is whether a bridge's MAC address follows its ports,
    /// which the kernel cannot be told to do again. Equal digests mean equal
    /// configuration.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut links: Vec<String> = self
            .links
            .values()
            .map(|link| {
                let controller = link.controller.and_then(|index| self.links.get(&index));
                let addresses: Vec<String> = link
                    .addresses
                    .iter()
                    .filter(|address| !address.net.is_ipv6_link_local())
                    .map(|address| address.net.to_string())
                    .collect();
                // The cost follows the speed of the link; a port without
                // options of its own has the kernel's.
                let port = link.port.map(|port| PortOptions {
                    cost: 0,
                    ..port.options
                });
                let bond = link.bond.as_ref().map(|bond| {
                    let primary = bond.primary.and_then(|index| self.links.get(&index));
                    (bond.options, primary.map(|link| &link.name))
                });
                format!(
                    "{}|{:?}|{:?}|{}|{}|{:?}|{:?}|{:?}|{:?}|{:?}|{bond:?}|{}|{}|{}|{:?}|{:?}|{:?}|{:?}",
                    link.name,
                    link.kind,
                    link.mac,
                    link.mtu,
                    link.is_up,
                    controller.map(|link| &link.name),
                    link.alias,
                    addresses,
                    link.bridge.map(|bridge| bridge.options),
                    port,
                    link.vlans,
                    self.traffic_of(link),
                    Self::steering_of(link),
                    link.bridge_others,
                    link.port_others,
                    link.fixed_addresses,
                    link.fixed_groups,
                )
            })
            .collect();
        links.sort();
        let mut routes: Vec<String> = self
            .routes
            .iter()
            .filter(|route| route.protocol != Route::PROTOCOL_KERNEL)
            .map(|route| {
                let link = self.links.get(&route.link).map(|link| &link.name);
                format!(
                    "{}|{:?}|{:?}|{link:?}|{}",
                    route.destination, route.gateway, route.source, route.metric
                )
            })
            .collect();
        routes.sort();
        let ovs = self.ovs.state().map(OvsState::fingerprint);
        Digest::of(&(links, routes, ovs))
    }
}

/// A SHA-256 digest, 64 hexadecimal digits as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of the JSON form of a value.
    #[must_use]
    pub fn of(value: &impl Serialize) -> Self {
        let mut hasher = Sha256::new();
        // A value that has no JSON form (a map with non-text keys) cannot occur
        // in the model; hashing the error text keeps this total.
        match serde_json::to_vec(value) {
            Ok(bytes) => hasher.update(&bytes),
            Err(error) => hasher.update(error.to_string().as_bytes()),
        }
        let hex = hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(hex)
    }

    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Digest {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What libvirt tells: networks, machines and leases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VirtState {
    /// libvirt networks, sorted by name.
    pub networks: Vec<Network>,
    /// Machines (libvirt domains), sorted by name.
    pub machines: Vec<Machine>,
}

/// A part of the picture that comes from a daemon, or why it is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Service<T> {
    /// The daemon answers.
    Available(T),
    /// It does not; the error says why and what to do.
    Missing(NovaError),
}

impl<T> Service<T> {
    /// What the daemon tells, where it answers.
    #[must_use]
    pub const fn available(&self) -> Option<&T> {
        match self {
            Self::Available(value) => Some(value),
            Self::Missing(_) => None,
        }
    }
}

/// One picture of everything, as the window and the command line show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// What the kernel tells.
    pub host: HostState,
    /// What libvirt tells.
    pub virt: Service<VirtState>,
}

impl Snapshot {
    /// The machine and the position of its interface whose tap this link is.
    #[must_use]
    pub fn machine_of_tap(&self, link: &Link) -> Option<(&Machine, usize)> {
        self.virt.available()?.machines.iter().find_map(|machine| {
            let at = machine.interfaces.iter().position(|interface| {
                interface
                    .tap
                    .as_deref()
                    .is_some_and(|tap| link.name.is(tap))
            })?;
            Some((machine, at))
        })
    }

    /// The libvirt network whose bridge has this name.
    #[must_use]
    pub fn network_of_bridge(&self, bridge: &Link) -> Option<&Network> {
        self.virt.available()?.networks.iter().find(|network| {
            network.has_own_bridge()
                && network
                    .bridge
                    .as_deref()
                    .is_some_and(|name| bridge.name.is(name))
        })
    }
}
