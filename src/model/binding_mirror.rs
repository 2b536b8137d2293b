// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors that are made again: with the cards of machines in the place of their
//! taps, which are new with each start, and with links by their names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::binding::{card, controller_of, is_known_by_name, is_ovs_away};
use crate::change::Change;
use crate::link::Link;
use crate::mirror::{AddMirror, MirrorDirection, MirrorOutput, MirrorSource};
use crate::name::InterfaceName;
use crate::planner_mirror_vlan::is_followed;
use crate::state::HostState;
use crate::traffic_view::MirrorView;
use crate::vlan::{VlanId, VlanSet};

/// A port that a mirror names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The card of a machine, by the MAC address of its tap.
    Card(MacAddress),
    /// A link, by its name.
    Link(String),
}

impl End {
    /// The name of the link that it is now, where it is there.
    fn name(&self, host: &HostState) -> Option<String> {
        let link = match self {
            Self::Card(mac) => host.links.values().find(|link| card(link) == Some(*mac)),
            Self::Link(name) => host.link(name),
        };
        link.map(|link| link.name.to_string())
    }
}

/// A mirror with cards in the place of taps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The boot until whose end it is not made again: it was changed for that
    /// time only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests: Option<String>,
}

impl BoundMirror {
    /// The mirror that is seen; none where an end has neither card nor a name
    /// that lasts.
    pub(crate) fn of(view: &MirrorView, host: &HostState) -> Option<Self> {
        let switch = view.switch.clone()?;
        let names = || view.sources.keys().chain(&view.output);
        let has_a_name = |link: &Link| card(link).is_some() || is_known_by_name(link);
        if !names().filter_map(|name| host.link(name)).all(has_a_name) {
            return None;
        }
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
            rests: None,
        })
    }

    fn ends(&self) -> impl Iterator<Item = &End> {
        self.sources.iter().map(|(end, _)| end).chain(&self.output)
    }

    pub(crate) fn names_a_card(&self) -> bool {
        self.ends().any(|end| matches!(end, End::Card(_)))
    }

    /// Whether this is the mirror of that name: in the kernel it is called after
    /// the link that its destination is now.
    pub(crate) fn is_called(&self, switch: &str, name: &str, host: &HostState) -> bool {
        let output = || self.output.as_ref()?.name(host);
        self.switch == switch
            && match self.is_ovs {
                true => self.name == name,
                false => output().is_some_and(|output| name == format!("mirror-{output}")),
            }
    }

    /// Has it follow the ports of its switch: in the kernel it is made of what
    /// each port does, and a port that comes later does nothing by itself.
    pub(crate) fn follow_every_port(&mut self) {
        self.every_port = true;
        let sources = std::mem::take(&mut self.sources).into_iter();
        // What leaves a port is copied where that was asked for by its name.
        self.sources = sources
            .filter(|(_, direction)| direction.has_egress())
            .collect();
    }

    /// Takes over from what was known of it the ends that are not there now.
    pub(crate) fn recall(&mut self, known: Self, host: &HostState) {
        let is_gone = |end: &End| end.name(host).is_none();
        let absent = known.sources.into_iter().filter(|(end, _)| is_gone(end));
        self.sources.extend(absent);
        if self.output_vlan.is_none() {
            self.output = self.output.take().or(known.output);
        }
    }

    /// Takes a link out of it that is gone for good. Gives whether anything is
    /// left to be copied.
    pub(crate) fn lose(&mut self, link: &str) -> bool {
        let is_it = |end: &End| matches!(end, End::Link(name) if name == link);
        self.sources.retain(|(end, _)| !is_it(end));
        self.switch != link
            && !self.output.as_ref().is_some_and(is_it)
            && (self.every_port || !self.sources.is_empty())
    }

    /// Whether Open vSwitch is not there, or the tap of a machine is there that it
    /// does not have as a port yet. Whoever follows the links of the host does not
    /// see it become one.
    pub(crate) fn waits(&self, host: &HostState) -> bool {
        let is_early = |end: &End| match (end, end.name(host)) {
            (End::Card(_), Some(name)) => !self.has_port(&name, host),
            _ => false,
        };
        self.is_ovs && (is_ovs_away(host) || self.ends().any(is_early))
    }

    fn has_port(&self, name: &str, host: &HostState) -> bool {
        let link = host.link(name);
        name == self.switch
            || link.and_then(|link| controller_of(link, host)) == Some(self.switch.clone())
    }

    /// The wish that makes it again from what is there; none where too little
    /// is there, or it stands already.
    pub(crate) fn wish(&self, host: &HostState, seen: &[MirrorView]) -> Option<Change> {
        if self.is_ovs && is_ovs_away(host) {
            return None;
        }
        // The kernel copies to any link, Open vSwitch to its ports.
        let is_output = |name: &String| !self.is_ovs || self.has_port(name, host);
        let output = match &self.output {
            Some(end) => Some(end.name(host).filter(is_output)?),
            None => None,
        };
        if output.is_none() {
            self.output_vlan?;
        }
        let mut sources: BTreeMap<String, MirrorDirection> = self
            .sources
            .iter()
            .filter_map(|(end, direction)| Some((end.name(host)?, *direction)))
            .filter(|(name, _)| self.has_port(name, host))
            .collect();
        if self.every_port && !self.is_ovs {
            for name in self.every_source(host, output.as_deref()) {
                let direction = match sources.get(&name) {
                    Some(_) => MirrorDirection::Both,
                    None => MirrorDirection::Ingress,
                };
                sources.insert(name, direction);
            }
        }
        if sources.is_empty() && !(self.every_port && self.is_ovs) {
            return None;
        }
        let stands = seen.iter().any(|view| {
            view.is_ours
                && (self.is_ovs || is_followed(host, &self.switch, output.as_deref()))
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
        self.made_of(&sources, output.as_deref())
    }

    /// Each port that its switch has now, but for the one the copies go to.
    fn every_source(&self, host: &HostState, output: Option<&str>) -> Vec<String> {
        let bridge = host.link(&self.switch).map(|link| link.index);
        let ports = bridge.into_iter().flat_map(|index| host.ports_of(index));
        ports
            .map(|port| port.name.to_string())
            .filter(|name| output != Some(name))
            .collect()
    }

    fn made_of(
        &self,
        sources: &BTreeMap<String, MirrorDirection>,
        output: Option<&str>,
    ) -> Option<Change> {
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
                Some(name) => MirrorOutput::Port(port(name)?),
                None => MirrorOutput::Vlan(VlanId::new(self.output_vlan?).ok()?),
            },
        }))
    }
}
