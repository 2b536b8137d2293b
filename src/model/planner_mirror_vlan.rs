// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors of some VLANs on a Linux bridge.
//!
//! A filter of `tc` sees a frame as it is on the wire: with the tag of its VLAN,
//! or without one. So a mirror is a filter for the tags of all VLANs that are
//! selected, whatever the port is a member of: it tells what was asked for. Beside
//! it stands one for frames without a tag, where these belong to the selection:
//! at ingress where the PVID of the port is selected (then also for tags that give
//! a priority alone), at egress where all its untagged VLANs are. Where only some
//! of those are, nothing tells their frames apart, and the mirror is refused. A
//! bridge that does not filter knows no VLANs; tags alone count there.
//!
//! What stands beside follows the VLANs of the port with each change of Nova's. A
//! change by somebody else is followed when what is bound is looked at again.

use std::collections::{BTreeMap, BTreeSet};

use crate::bridge::VlanProtocol;
use crate::error::{NovaError, Result};
use crate::link::Link;
use crate::mirror::{AddMirror, MirrorDirection, MirrorOutput};
use crate::planner::Planner;
use crate::planner_traffic::spec_of;
use crate::planner_vlan::refuse_without_vlans;
use crate::state::HostState;
use crate::step::{FilterSpec, Step, TrafficStep};
use crate::traffic::{Deed, Filter, Frames, Way};
use crate::vlan::VlanSet;

/// Where VLANs are copied: the port, the way, and the link the copies go to.
pub(crate) type Place = (u32, Way, u32);

/// Which frames without a VLAN's tag belong to a selection of VLANs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bare {
    /// These.
    Told(Vec<Frames>),
    /// Frames of these VLANs leave alike, and only some of them are selected.
    Mixed(VlanSet),
}

impl Bare {
    /// What of them is copied.
    fn told(self) -> Vec<Frames> {
        match self {
            Self::Told(frames) => frames,
            Self::Mixed(_) => Vec::new(),
        }
    }
}

/// The frames that a selection of VLANs is told by; all without one.
pub(crate) fn selected(vlans: &VlanSet) -> Frames {
    match vlans.is_empty() {
        true => Frames::All,
        false => Frames::Tagged(vlans.0.iter().map(|vlan| vlan.number()).collect()),
    }
}

/// Whether the bridge keeps VLANs of 802.1Q apart.
fn filters(bridge: &Link) -> bool {
    bridge.bridge.is_some_and(|status| {
        status.knows_vlans
            && status.options.vlan_filtering
            && status.options.vlan_protocol == VlanProtocol::Dot1Q
    })
}

fn bare(bridge: &Link, port: &Link, way: Way, vlans: &BTreeSet<u16>) -> Bare {
    let table = &port.vlans;
    if !filters(bridge) {
        return Bare::Told(Vec::new());
    }
    match way {
        Way::Ingress => {
            let is_selected = table
                .pvid
                .is_some_and(|vlan| vlans.contains(&vlan.number()));
            Bare::Told(match is_selected {
                true => vec![Frames::Untagged, Frames::priority_tagged()],
                false => Vec::new(),
            })
        }
        Way::Egress => {
            let all = table.untagged.0.len();
            let chosen = table.untagged.0.iter();
            match chosen.filter(|vlan| vlans.contains(&vlan.number())).count() {
                0 => Bare::Told(Vec::new()),
                some if some == all => Bare::Told(vec![Frames::Untagged]),
                _ => Bare::Mixed(table.untagged.clone()),
            }
        }
    }
}

/// Whether a filter of Nova's copies to this link on this way.
fn copies(filter: &Filter, way: Way, target: u32) -> bool {
    filter.is_ours && filter.way == way && filter.deed == Deed::Mirror(target)
}

/// What each mirror of VLANs on this host has to copy of frames without a tag, as
/// the VLANs of the ports are.
pub(crate) fn copied_untagged(host: &HostState) -> BTreeMap<Place, Bare> {
    // It is asked before each change of a plan: few links have filters.
    let links = host.links.values();
    let filtered = links.filter(|port| !port.traffic.filters.is_empty());
    filtered.flat_map(|port| copied_of(host, port)).collect()
}

/// The same of one port.
fn copied_of(host: &HostState, port: &Link) -> BTreeMap<Place, Bare> {
    let bridge = port.controller.and_then(|index| host.links.get(&index));
    let Some(bridge) = bridge.filter(|bridge| bridge.is_bridge()) else {
        return BTreeMap::new();
    };
    let ours = port.traffic.filters.iter().filter(|filter| filter.is_ours);
    ours.filter_map(|filter| match (&filter.deed, filter.frames.vlans()) {
        (Deed::Mirror(target), Some(vlans)) => Some((
            (port.index, filter.way, *target),
            bare(bridge, port, filter.way, vlans),
        )),
        _ => None,
    })
    .collect()
}

/// Whether the mirror from this bridge to this link copies of frames without a tag
/// what it has to, where it is one of VLANs.
pub(crate) fn is_followed(host: &HostState, switch: &str, output: Option<&str>) -> bool {
    let output = output.and_then(|output| host.link(output));
    let (Some(bridge), Some(output)) = (host.link(switch), output) else {
        return true;
    };
    let places = copied_untagged(host).into_iter();
    let mut places = places.filter(|((_, _, target), _)| *target == output.index);
    places.all(|((port, way, target), bare)| {
        let wanted = bare.told();
        let port = host.links.get(&port);
        let port = port.filter(|it| it.controller == Some(bridge.index));
        port.is_none_or(|port| {
            let filters = port.traffic.filters.iter();
            let there = filters.filter(|it| copies(it, way, target) && is_bare(&it.frames));
            there.clone().all(|it| wanted.contains(&it.frames)) && there.count() == wanted.len()
        })
    })
}

/// Whether these are frames without the tag of a VLAN.
fn is_bare(frames: &Frames) -> bool {
    !frames.is_all() && frames.vlans().is_none()
}

/// Whether a step is about frames without a tag that a mirror of VLANs copies or
/// not, as the VLANs of a port are.
pub(crate) fn follows_vlans(step: &Step) -> bool {
    match step {
        Step::Traffic(TrafficStep::AddFilter(spec) | TrafficStep::RemoveFilter(spec)) => {
            is_bare(&spec.frames)
        }
        _ => false,
    }
}

impl Planner {
    /// Refuses a selection of VLANs that nothing tells apart, or beside which
    /// another one goes to the same link.
    pub(crate) fn check_mirrored_vlans(
        &self,
        bridge: &Link,
        sources: &[(Link, MirrorDirection)],
        target: &Link,
        vlans: &VlanSet,
    ) -> Result<()> {
        let switch = &bridge.name;
        let wanted = selected(vlans);
        let links = self.state.ports_of(bridge.index).chain([bridge]);
        let mut filters = links.flat_map(|link| &link.traffic.filters);
        let other = filters.find(|it| {
            it.is_ours
                && it.deed == Deed::Mirror(target.index)
                && !is_bare(&it.frames)
                && it.frames != wanted
        });
        if let Some(other) = other {
            let of = match &other.frames {
                Frames::All => "frames of every VLAN".to_owned(),
                frames => format!("frames {frames}"),
            };
            return Err(NovaError::refused(format!(
                "bridge {switch}: it has another mirror to {}, of {of}",
                target.name
            ))
            .with_field("vlans")
            .with_remedy(format!(
                "Remove that one first: \"nova network remove-mirror {switch} mirror-{}\".",
                target.name
            )));
        }
        if vlans.is_empty() {
            return Ok(());
        }
        refuse_without_vlans(bridge)?;
        let options = bridge
            .bridge
            .map(|status| status.options)
            .unwrap_or_default();
        if options.vlan_filtering && options.vlan_protocol != VlanProtocol::Dot1Q {
            return Err(NovaError::refused(format!(
                "bridge {switch}: its VLANs are those of 802.1ad, a mirror tells those of 802.1Q apart"
            ))
            .with_field("vlans")
            .with_remedy("Leave the VLANs out: frames of every VLAN are copied then."));
        }
        for (source, direction) in sources {
            if source.index == bridge.index {
                return Err(NovaError::refused(format!(
                    "bridge {switch}: VLANs are told apart at its ports, not at the bridge itself"
                ))
                .with_field("source")
                .with_remedy("Name the ports, or leave the VLANs out."));
            }
            let Frames::Tagged(numbers) = &wanted else {
                continue;
            };
            if direction.has_egress()
                && let Bare::Mixed(mixed) = bare(bridge, source, Way::Egress, numbers)
            {
                return Err(NovaError::refused(format!(
                    "port {}: frames of its VLANs {mixed} leave without a tag and are not told apart, and not all of these are to be copied",
                    source.name
                ))
                .with_field("vlans")
                .with_remedy(format!(
                    "Name all of them, have only one leave without a tag, or copy only what arrives: \"{}:ingress\".",
                    source.name
                )));
            }
        }
        Ok(())
    }

    /// Says what a selection of VLANs means where that is not plain.
    pub(crate) fn notice_mirrored_vlans(
        &mut self,
        bridge: &Link,
        sources: &[(Link, MirrorDirection)],
        vlans: &VlanSet,
    ) {
        if vlans.is_empty() {
            return;
        }
        if !filters(bridge) {
            self.notice(format!(
                "{} does not filter VLANs: frames that carry the tag of one of the VLANs {vlans} are copied, frames without a tag belong to none.",
                bridge.name
            ));
            return;
        }
        for (source, _) in sources {
            if source.vlans.members.0.is_disjoint(&vlans.0) {
                self.notice(format!(
                    "{} is in none of the VLANs {vlans}: nothing but what arrives there with their tags, and is dropped, is copied until it is.",
                    source.name
                ));
            }
        }
    }

    /// After a change: has the mirrors of VLANs copy frames without a tag where
    /// these belong to other VLANs than before it, or the mirrors are others.
    pub(crate) fn follow_vlans(&mut self, before: &BTreeMap<Place, Bare>) -> Result<()> {
        let after = copied_untagged(&self.state);
        let places: BTreeSet<Place> = before.keys().chain(after.keys()).copied().collect();
        for place in places {
            let now = after.get(&place);
            if now == before.get(&place) {
                continue;
            }
            let steps = self.steps.len();
            self.follow_place(place)?;
            let (port, way, target) = place;
            let name = |index| {
                self.state
                    .links
                    .get(&index)
                    .map(|link| link.name.to_string())
            };
            let (Some(port), Some(target)) = (name(port), name(target)) else {
                continue;
            };
            match now {
                Some(Bare::Mixed(mixed)) => self.notice(format!(
                    "Frames of the VLANs {mixed} leave to {port} without a tag, and {target} gets copies of only some of these: as nothing tells them apart, none without a tag are copied any more."
                )),
                _ if self.steps.len() == steps => {}
                Some(Bare::Told(frames)) => {
                    let some = if frames.is_empty() { "no " } else { "" };
                    let way = match way {
                        Way::Ingress => "arrive from",
                        Way::Egress => "leave to",
                    };
                    self.effect(format!(
                        "The mirror to {target} follows: {some}frames that {way} {port} without a tag are copied."
                    ));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Before a mirror is undone: takes away what was added to it since, as the VLANs
    /// of its ports changed. Where another mirror stays, it comes again at the end.
    pub(crate) fn undo_later_bare_copies(
        &mut self,
        add: &AddMirror,
        copied: &mut BTreeMap<Place, Bare>,
    ) -> Result<()> {
        let state = &self.state;
        let MirrorOutput::Port(output) = &add.output else {
            return Ok(());
        };
        let (Some(bridge), Some(target)) =
            (state.link(add.switch.as_str()), state.link(output.as_str()))
        else {
            return Ok(());
        };
        let target_index = target.index;
        let is_source = |port: &&Link| {
            add.sources.is_empty() || add.sources.iter().any(|it| port.name.is(it.port.as_str()))
        };
        let ports: Vec<&Link> = state.ports_of(bridge.index).filter(is_source).collect();
        copied.retain(|(port, _, target), _| {
            *target != target_index || !ports.iter().any(|it| it.index == *port)
        });
        let specs: Vec<FilterSpec> = ports
            .into_iter()
            .flat_map(|port| {
                port.traffic
                    .filters
                    .iter()
                    .map(move |filter| (port, filter))
            })
            .filter(|(_, it)| copies(it, it.way, target.index) && is_bare(&it.frames))
            .map(|(port, filter)| spec_of(filter, port, target))
            .collect::<Result<_>>()?;
        for spec in specs {
            self.push(TrafficStep::RemoveFilter(spec));
        }
        Ok(())
    }

    /// Has a mirror of VLANs copy of frames without a tag what it has to.
    pub(crate) fn follow_place(&mut self, place: Place) -> Result<()> {
        let (port, way, target) = place;
        let links = &self.state.links;
        let (Some(port), Some(target)) = (links.get(&port), links.get(&target)) else {
            return Ok(());
        };
        let bare = copied_of(&self.state, port).remove(&place);
        let wanted = bare.map(Bare::told).unwrap_or_default();
        let (port, target) = (port.clone(), target.clone());
        let filters = port.traffic.filters.iter();
        let there = filters.filter(|it| copies(it, way, target.index) && is_bare(&it.frames));
        for filter in there.filter(|it| !wanted.contains(&it.frames)) {
            self.push(TrafficStep::RemoveFilter(spec_of(filter, &port, &target)?));
        }
        let (name, output) = (
            port.name.to_interface_name()?,
            target.name.to_interface_name()?,
        );
        for frames in &wanted {
            self.copy(&port, &name, way, &target, &output, frames)?;
        }
        Ok(())
    }
}
