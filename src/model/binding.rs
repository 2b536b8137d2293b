// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What belongs to network cards of machines rather than to links: with each
//! start of a machine libvirt makes a new tap, which has neither the limits nor
//! the mirrors of the one before. The MAC address of a tap names the card; it
//! is that of the card with another first byte.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::bandwidth::{BitRate, ByteSize};
use crate::change::Change;
use crate::link::{Link, LinkKind};
use crate::mirror::{AddMirror, MirrorDirection, MirrorOutput, MirrorSource};
use crate::name::InterfaceName;
use crate::qos::{Dscp, Priority, SetQos};
use crate::state::HostState;
use crate::traffic_view::{Limit, MirrorView, QosView, limits, mirrors};
use crate::vlan::{VlanId, VlanSet};

/// The first byte of the MAC address of every tap that libvirt makes.
const TAP_BYTE: u8 = 0xfe;

/// All that is bound to cards of machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// Limits, marks and priorities by the MAC address of the tap.
    pub ports: BTreeMap<MacAddress, BoundPort>,
    /// Mirrors of which a source or the destination is such a card.
    pub mirrors: Vec<BoundMirror>,
}

/// The quality of service of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundPort {
    /// Name of the switch it holds on.
    pub switch: Option<String>,
    /// Limit of what the machine sends.
    pub ingress: Option<(BitRate, Option<ByteSize>)>,
    /// Limit of what it receives.
    pub egress: Option<(BitRate, Option<ByteSize>)>,
    /// Mark of what it sends.
    pub dscp: Option<Dscp>,
    /// Priority of what it sends.
    pub priority: Option<Priority>,
}

/// A port that a mirror names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The card of a machine, by the MAC address of its tap.
    Card(MacAddress),
    /// A link, by its name.
    Link(String),
}

/// A mirror with cards in the place of taps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundMirror {
    /// Name of the switch.
    pub switch: String,
    /// Name of the mirror.
    pub name: String,
    /// Whether it stands in the database of Open vSwitch.
    pub is_ovs: bool,
    /// Whether the frames of every port are copied.
    pub every_port: bool,
    /// Only frames of these VLANs.
    pub vlans: Vec<u16>,
    /// The ports whose frames are copied.
    pub sources: Vec<(End, MirrorDirection)>,
    /// The port the copies go to; none where it is a VLAN.
    pub output: Option<End>,
    /// The VLAN they go to.
    pub output_vlan: Option<u16>,
}

impl BoundMirror {
    fn of(view: &MirrorView, host: &HostState) -> Option<Self> {
        let switch = view.switch.clone()?;
        let end = |name: &String| match host.link(name).and_then(card) {
            Some(mac) => End::Card(mac),
            None => End::Link(name.clone()),
        };
        Some(Self {
            is_ovs: host.ovs.bridge(&switch).is_some(),
            switch,
            name: view.name.clone(),
            every_port: view.every_port,
            vlans: view.vlans.clone(),
            sources: view
                .sources
                .iter()
                .map(|(name, direction)| (end(name), *direction))
                .collect(),
            output: view.output.as_ref().map(end),
            output_vlan: view.output_vlan,
        })
    }

    fn ends(&self) -> impl Iterator<Item = &End> {
        self.sources.iter().map(|(end, _)| end).chain(&self.output)
    }

    fn names_a_card(&self) -> bool {
        self.ends().any(|end| matches!(end, End::Card(_)))
    }

    /// Whether everything it names is there.
    fn is_complete(&self, host: &HostState) -> bool {
        self.ends().all(|end| name_of(end, host).is_some())
    }

    /// Whether it is the same mirror: by name in a database; in the kernel,
    /// where the name follows that of the tap, by its destination.
    fn is_same(&self, other: &Self) -> bool {
        self.switch == other.switch
            && self.is_ovs == other.is_ovs
            && match self.is_ovs {
                true => self.name == other.name,
                false => self.output == other.output,
            }
    }

    /// The wish that makes it again from what is there; none where too little
    /// is there, or it stands already.
    fn wish(&self, host: &HostState, seen: &[MirrorView]) -> Option<Change> {
        let output = match (&self.output, self.output_vlan) {
            (Some(end), _) => Some(name_of(end, host)?),
            (None, Some(_)) => None,
            (None, None) => return None,
        };
        let sources: BTreeMap<String, MirrorDirection> = self
            .sources
            .iter()
            .filter_map(|(end, direction)| Some((name_of(end, host)?, *direction)))
            .collect();
        if sources.is_empty() && !self.every_port {
            return None;
        }
        let stands = seen.iter().any(|view| {
            view.is_ours
                && view.switch.as_ref() == Some(&self.switch)
                && view.output == output
                && (!self.is_ovs || view.name == self.name)
                && sources.iter().all(|(name, direction)| {
                    let found = view.sources.get(name);
                    found == Some(direction) || found == Some(&MirrorDirection::Both)
                })
        });
        if stands {
            return None;
        }
        let port = |name: &str| InterfaceName::try_from(name).ok();
        Some(Change::AddMirror(AddMirror {
            switch: port(&self.switch)?,
            name: match self.is_ovs {
                true => Some(self.name.parse().ok()?),
                false => None,
            },
            sources: sources
                .iter()
                .map(|(name, direction)| {
                    Some(MirrorSource {
                        port: port(name)?,
                        direction: *direction,
                    })
                })
                .collect::<Option<_>>()?,
            vlans: VlanSet(
                self.vlans
                    .iter()
                    .filter_map(|vlan| VlanId::new(*vlan).ok())
                    .collect(),
            ),
            output: match output {
                Some(name) => MirrorOutput::Port(port(&name)?),
                None => MirrorOutput::Vlan(VlanId::new(self.output_vlan?).ok()?),
            },
        }))
    }
}

/// The address that names the card of a machine, where a link is its tap.
#[must_use]
pub fn card(link: &Link) -> Option<MacAddress> {
    let mac = link.mac?;
    (link.kind == LinkKind::Tap && mac.0.first() == Some(&TAP_BYTE)).then_some(mac)
}

fn name_of(end: &End, host: &HostState) -> Option<String> {
    let link = match end {
        End::Card(mac) => host.links.values().find(|link| card(link) == Some(*mac)),
        End::Link(name) => host.link(name),
    };
    link.map(|link| link.name.to_string())
}

/// The switch a link is a port of.
fn switch_of(link: &Link, host: &HostState) -> Option<String> {
    let name = link.name.to_string();
    let ovs = host.ovs.state().and_then(|ovs| ovs.port(&name));
    ovs.map(|(bridge, _)| bridge.name.clone()).or_else(|| {
        let controller = host.links.get(&link.controller?)?;
        Some(controller.name.to_string())
    })
}

impl Bindings {
    /// Whether nothing is bound.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty() && self.mirrors.is_empty()
    }

    /// Notes what holds now for each card that is there. What is noted for a
    /// card that is not there stays.
    pub fn note(&mut self, host: &HostState) {
        let views = limits(host);
        for link in host.links.values() {
            let Some(mac) = card(link) else { continue };
            let view = views.iter().find(|view| link.name.is(&view.port));
            match view.and_then(|view| bound(view, switch_of(link, host))) {
                Some(bound) => drop(self.ports.insert(mac, bound)),
                None => drop(self.ports.remove(&mac)),
            }
        }
        let seen: Vec<BoundMirror> = mirrors(host)
            .iter()
            .filter(|view| view.is_ours)
            .filter_map(|view| BoundMirror::of(view, host))
            .collect();
        // One that is not seen though all it names is there was removed.
        self.mirrors.retain(|known| !known.is_complete(host));
        for mirror in seen {
            let waits = self.mirrors.iter().any(|known| known.is_same(&mirror));
            if !waits && mirror.names_a_card() {
                self.mirrors.push(mirror);
            }
        }
    }

    /// Forgets a mirror that was removed by name while a machine that it names
    /// was off.
    pub fn forget_mirror(&mut self, switch: &str, name: &str) {
        self.mirrors
            .retain(|mirror| mirror.switch != switch || mirror.name != name);
    }

    /// The wishes that give every card on its switch what is bound to it, and
    /// how many cards are there and not on their switch yet.
    #[must_use]
    pub fn wishes(&self, host: &HostState) -> (Vec<Change>, usize) {
        let mut wishes = Vec::new();
        let mut waiting = 0;
        let views = limits(host);
        for link in host.links.values() {
            let bound = card(link).and_then(|mac| self.ports.get(&mac));
            let (Some(bound), Ok(port)) = (bound, link.name.to_interface_name()) else {
                continue;
            };
            if bound.switch != switch_of(link, host) {
                waiting += 1;
                continue;
            }
            let view = views.iter().find(|view| link.name.is(&view.port));
            wishes.extend(bound.wishes(&port, view));
        }
        let seen = mirrors(host);
        wishes.extend(self.mirrors.iter().filter_map(|it| it.wish(host, &seen)));
        (wishes, waiting)
    }
}

/// What of this is Nova's to bring back.
fn bound(view: &QosView, switch: Option<String>) -> Option<BoundPort> {
    let of = |limit: Option<Limit>| limit.map(|limit| (limit.rate, limit.burst));
    let bound = BoundPort {
        switch,
        ingress: of(view.ingress),
        egress: of(view.egress).filter(|_| view.foreign.is_none()),
        dscp: view.dscp,
        priority: view.priority,
    };
    let says = bound.ingress.is_some()
        || bound.egress.is_some()
        || bound.dscp.is_some()
        || bound.priority.is_some();
    says.then_some(bound)
}

impl BoundPort {
    /// The wishes that set what the port does not have.
    fn wishes(&self, port: &InterfaceName, now: Option<&QosView>) -> Vec<Change> {
        let nothing = SetQos {
            port: port.clone(),
            ingress_rate: None,
            egress_rate: None,
            burst: None,
            priority: None,
            dscp: None,
            class: None,
        };
        let is_set = |wanted: (BitRate, Option<ByteSize>), found: Option<Limit>| {
            found.is_some_and(|found| found.rate == wanted.0)
        };
        let mut wishes = Vec::new();
        let (ingress, egress) = now.map_or((None, None), |now| (now.ingress, now.egress));
        if let Some(wanted) = self.ingress.filter(|wanted| !is_set(*wanted, ingress)) {
            wishes.push(SetQos {
                ingress_rate: Some(wanted.0),
                burst: wanted.1,
                ..nothing.clone()
            });
        }
        if let Some(wanted) = self.egress.filter(|wanted| !is_set(*wanted, egress)) {
            wishes.push(SetQos {
                egress_rate: Some(wanted.0),
                burst: wanted.1,
                ..nothing.clone()
            });
        }
        let class = now.map_or((None, None), |now| (now.dscp, now.priority));
        if (self.dscp, self.priority) != class && (self.dscp, self.priority) != (None, None) {
            wishes.push(SetQos {
                dscp: self.dscp,
                priority: self.priority,
                ..nothing
            });
        }
        wishes.into_iter().map(Change::SetQos).collect()
    }
}
