// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What limits and mirrors mean on a port that is a link of the kernel: token
//! buckets and filters of `tc`.

use std::collections::BTreeSet;

use crate::bandwidth::{BitRate, ByteSize};
use crate::binding::card;
use crate::bridge::BridgeOptions;
use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind, MARK_PREFIX, Owner};
use crate::mirror::{self, AddMirror, MirrorDirection, MirrorOutput, MirrorSource, RemoveMirror};
use crate::name::InterfaceName;
use crate::planner::{Planner, reference};
use crate::planner_mirror_vlan::selected;
use crate::qos::{RemoveQos, SetQos};
use crate::step::{FilterSpec, LinkRef, Step, TrafficStep};
use crate::traffic::{
    Deed, Filter, Frames, Hooks, LIMIT_PRIORITY, MIRROR_PRIORITIES, Shaper, Shaping, Stamp, Way,
};

/// What the names of buffers begin with; the index of the port follows.
const BUFFER: &str = "nvbuf";
/// Longest that a frame waits in the kernel's buffer while the rate is used up,
/// in thousandths of a second; the burst where none is given covers as long.
const BURST_MILLISECONDS: u64 = 10;
/// Least burst: several segments of the largest size the kernel hands over.
const LEAST_BURST: u64 = 128 * 1024;
/// The kernel counts bursts in 32 bits.
const MOST_BURST: u64 = u32::MAX as u64;
/// It counts them in time, too, up to this many seconds of the rate.
const MOST_SECONDS: u64 = 270;

impl Planner {
    /// Whether tc of the kernel is what limits this port.
    pub(crate) fn is_kernel_port(&self, name: &InterfaceName) -> bool {
        let is_ovs = self
            .state
            .ovs
            .require()
            .is_ok_and(|ovs| ovs.port(name.as_str()).is_some());
        let link = self.state.link(name.as_str());
        !is_ovs && link.is_some_and(|link| link.owner != Owner::OpenVSwitch)
    }

    pub(crate) fn set_kernel_qos(&mut self, set: &SetQos) -> Result<()> {
        let port = &set.port;
        let link = self.require_limitable(port)?;
        if let Some(rate) = set.egress_rate {
            let shaper = shaper("egress-rate", rate, set.burst)?;
            self.effect(format!(
                "What leaves to {port} is limited to {rate}, with bursts of {}: what the machine receives.",
                shaper.burst
            ));
            self.shape(&link, port, shaper)?;
        }
        if let Some(rate) = set.ingress_rate {
            let shaper = shaper("ingress-rate", rate, set.burst)?;
            self.effect(format!(
                "What arrives from {port} is limited to {rate}, with bursts of {}: what the machine sends.",
                shaper.burst
            ));
            self.limit_ingress(&link, port, shaper)?;
        }
        if set.has_rate() && self.carries(&link) {
            self.notice_limited_way(port);
            self.demand_confirmation(&BridgeOptions::default());
        }
        for words in set.class_words() {
            self.effect(words);
        }
        if let Some(dscp) = set.wanted_dscp() {
            self.stamp(&link, port, Stamp::MarkV4(dscp))?;
            self.stamp(&link, port, Stamp::MarkV6(dscp))?;
        }
        if let Some(priority) = set.wanted_priority() {
            self.stamp(&link, port, Stamp::Rank(priority))?;
        }
        self.notice_card(port, "The limits");
        Ok(())
    }

    fn shape(&mut self, link: &Link, name: &InterfaceName, shaper: Shaper) -> Result<()> {
        if let Shaping::Foreign(kind) = &link.traffic.shaping {
            return Err(NovaError::refused(format!(
                "port {name}: its traffic is queued by {} already, which Nova did not set up",
                crate::name::printable(kind)
            ))
            .with_remedy(format!(
                "Remove that with \"tc qdisc delete dev {name} root\" or by the program that made it."
            )));
        }
        self.push(TrafficStep::Shape {
            link: reference(link, name.clone()),
            shaper: Some(shaper),
        });
        Ok(())
    }

    /// Has what comes in carry a mark or a priority, in the place of another.
    fn stamp(&mut self, link: &Link, name: &InterfaceName, stamp: Stamp) -> Result<()> {
        let now = self
            .state
            .links
            .get(&link.index)
            .map(|link| link.traffic.filters.clone())
            .unwrap_or_default();
        let there = now
            .iter()
            .find(|filter| filter.way == Way::Ingress && filter.priority == stamp.priority());
        match there.map(|filter| (filter.is_ours, &filter.deed)) {
            Some((true, Deed::Stamp(before))) if *before == stamp => return Ok(()),
            Some((true, Deed::Stamp(before))) => self.push(TrafficStep::Stamp {
                link: reference(link, name.clone()),
                stamp: *before,
                present: false,
            }),
            Some(_) => {
                return Err(NovaError::refused(format!(
                    "port {name}: a filter that Nova did not make has the priority {}",
                    stamp.priority()
                ))
                .with_remedy(format!(
                    "Remove it with \"tc filter delete dev {name} ingress pref {}\" or by the program that made it.",
                    stamp.priority()
                )));
            }
            None => {}
        }
        self.hooks(link, name, Way::Ingress)?;
        self.push(TrafficStep::Stamp {
            link: reference(link, name.clone()),
            stamp,
            present: true,
        });
        Ok(())
    }

    /// Takes all marks and priorities from what comes in.
    fn unstamp(&mut self, link: &Link, name: &InterfaceName) {
        for filter in &link.traffic.filters {
            if let (true, Deed::Stamp(stamp)) = (filter.is_ours, &filter.deed) {
                self.push(TrafficStep::Stamp {
                    link: reference(link, name.clone()),
                    stamp: *stamp,
                    present: false,
                });
            }
        }
    }

    /// What comes in is sent through a buffer, which is limited where it leaves.
    fn limit_ingress(&mut self, link: &Link, name: &InterfaceName, shaper: Shaper) -> Result<()> {
        if let Some(buffer) = self.buffer_of(link) {
            let buffer_name = buffer.name.to_interface_name()?;
            return self.shape(&buffer, &buffer_name, shaper);
        }
        let buffer: InterfaceName = format!("{BUFFER}{}", link.index).as_str().try_into()?;
        if self.state.link(buffer.as_str()).is_some() {
            return Err(NovaError::refused(format!(
                "port {name}: the name {buffer} of its buffer belongs to another link"
            ))
            .with_remedy(format!("Rename or delete {buffer}.")));
        }
        self.remove_lost_filters(link, name, Way::Ingress);
        self.hooks(link, name, Way::Ingress)?;
        let target = LinkRef {
            name: buffer.clone(),
            index: None,
        };
        self.push(TrafficStep::AddBuffer {
            mac: self.own_mac(&buffer),
            alias: Some(format!("{MARK_PREFIX}{}", self.id)),
            name: buffer,
        });
        self.push(TrafficStep::Shape {
            link: target.clone(),
            shaper: Some(shaper),
        });
        self.push(TrafficStep::AddFilter(FilterSpec {
            link: reference(link, name.clone()),
            way: Way::Ingress,
            priority: LIMIT_PRIORITY,
            frames: Frames::All,
            copies: false,
            target,
        }));
        Ok(())
    }

    /// The buffer through which what comes in is sent.
    fn buffer_of(&self, link: &Link) -> Option<Link> {
        link.traffic
            .filters
            .iter()
            .filter(|filter| filter.is_ours && filter.priority == LIMIT_PRIORITY)
            .find_map(|filter| match filter.deed {
                Deed::Redirect(index) => self.state.links.get(&index).cloned(),
                _ => None,
            })
    }

    /// Gives a link places for filters, where it has none.
    fn hooks(&mut self, link: &Link, name: &InterfaceName, way: Way) -> Result<()> {
        let now = self
            .state
            .links
            .get(&link.index)
            .map_or(Hooks::None, |link| link.traffic.hooks);
        match (now, way) {
            (Hooks::Both, _) | (Hooks::Ingress, Way::Ingress) => Ok(()),
            (Hooks::Ingress, Way::Egress) => Err(NovaError::refused(format!(
                "{name}: somebody set it up for filters on what comes in only (ingress)"
            ))
            .with_remedy(format!(
                "Remove that with \"tc qdisc delete dev {name} ingress\" or by the program that made it."
            ))),
            (Hooks::None, _) => {
                self.push(TrafficStep::SetHooks {
                    link: reference(link, name.clone()),
                    present: true,
                });
                Ok(())
            }
        }
    }

    /// Takes the places for filters away where no filter stands any more.
    fn tidy(&mut self, index: u32) -> Result<()> {
        let Some(link) = self.state.links.get(&index).cloned() else {
            return Ok(());
        };
        if link.traffic.hooks == Hooks::Both && link.traffic.filters.is_empty() {
            self.push(TrafficStep::SetHooks {
                link: reference(&link, link.name.to_interface_name()?),
                present: false,
            });
        }
        Ok(())
    }

    pub(crate) fn remove_kernel_qos(&mut self, remove: &RemoveQos) -> Result<()> {
        let port = &remove.port;
        let link = self.require_limitable(port)?;
        let before = self.steps.len();
        self.unlimit(&link, port)?;
        if self.steps.len() == before {
            self.effect(format!("The port {port} has no limits of Nova's."));
        } else {
            self.effect(format!("All limits of {port} go."));
        }
        Ok(())
    }

    /// Takes all limits, marks and priorities of Nova's from a link.
    fn unlimit(&mut self, link: &Link, name: &InterfaceName) -> Result<()> {
        if matches!(link.traffic.shaping, Shaping::Limited(_)) {
            self.push(TrafficStep::Shape {
                link: reference(link, name.clone()),
                shaper: None,
            });
        }
        self.unstamp(link, name);
        if let Some(buffer) = self.buffer_of(link) {
            let buffer_name = buffer.name.to_interface_name()?;
            let target = reference(&buffer, buffer_name.clone());
            self.push(TrafficStep::RemoveFilter(FilterSpec {
                link: reference(link, name.clone()),
                way: Way::Ingress,
                priority: LIMIT_PRIORITY,
                frames: Frames::All,
                copies: false,
                target: target.clone(),
            }));
            self.push(TrafficStep::Shape {
                link: target,
                shaper: None,
            });
            self.delete_buffer(&buffer, buffer_name)?;
        }
        self.remove_lost_filters(link, name, Way::Ingress);
        if link.traffic.filters.iter().any(|filter| filter.is_ours) {
            self.tidy(link.index)?;
        }
        Ok(())
    }

    /// Before a link is deleted: takes away what the kernel would forget with it,
    /// limits and copies that Nova made, so that an undo brings it back.
    pub(crate) fn end_traffic(&mut self, link: &Link) -> Result<()> {
        let name = link.name.to_interface_name()?;
        let has_foreign = matches!(link.traffic.shaping, Shaping::Foreign(_))
            || link.traffic.filters.iter().any(|filter| !filter.is_ours);
        if has_foreign {
            self.notice(format!(
                "The queues and filters of {name} that Nova did not make go with it; an undo does not bring them back."
            ));
        }
        self.end_copies_to(link)?;
        let ours = link.traffic.filters.iter().filter(|filter| filter.is_ours);
        for filter in ours {
            let Deed::Mirror(index) = filter.deed else {
                continue;
            };
            if let Some(target) = self.state.links.get(&index).cloned() {
                self.push(TrafficStep::RemoveFilter(spec_of(filter, link, &target)?));
                self.effect(format!("{name} is no longer copied to {}.", target.name));
            }
        }
        self.unlimit(link, &name)
    }

    /// Before a link is deleted: ends the copies that are sent there. The kernel
    /// would keep their filters, which lead nowhere then.
    pub(crate) fn end_copies_to(&mut self, target: &Link) -> Result<()> {
        let deed = Deed::Mirror(target.index);
        let sources: Vec<Link> = self
            .state
            .links
            .values()
            .filter(|link| link.traffic.filters.iter().any(|it| it.deed == deed))
            .cloned()
            .collect();
        for source in sources {
            let copies = source.traffic.filters.iter().filter(|it| it.deed == deed);
            for filter in copies.clone().filter(|filter| filter.is_ours) {
                self.push(TrafficStep::RemoveFilter(spec_of(filter, &source, target)?));
            }
            if copies.clone().any(|filter| filter.is_ours) {
                self.tidy(source.index)?;
                let sentence = format!("{} is no longer copied to {}.", source.name, target.name);
                self.effect(sentence);
            }
            if copies.clone().any(|filter| !filter.is_ours) {
                self.notice(format!(
                    "{} has a filter that Nova did not make and that copies to {}; it leads nowhere then.",
                    source.name, target.name
                ));
            }
        }
        Ok(())
    }

    /// Deletes the buffers that Nova made for ports which have gone since. What
    /// deletes a link takes its filters along, but not where they send frames to.
    pub(crate) fn delete_orphaned_buffers(&mut self) -> Result<()> {
        let links = &self.state.links;
        let is_used = |buffer: &Link| {
            let mut filters = links.values().flat_map(|link| &link.traffic.filters);
            filters.any(|filter| filter.deed == Deed::Redirect(buffer.index))
        };
        let port_of = |buffer: &Link| {
            let number = buffer.name.to_string();
            number.strip_prefix(BUFFER)?.parse::<u32>().ok()
        };
        let orphans: Vec<Link> = links
            .values()
            .filter(|link| link.is_buffer())
            .filter(|link| port_of(link).is_some_and(|port| !links.contains_key(&port)))
            .filter(|link| !is_used(link))
            .cloned()
            .collect();
        for orphan in orphans {
            let name = orphan.name.to_interface_name()?;
            self.delete_buffer(&orphan, name)?;
        }
        Ok(())
    }

    /// Removes the filters of Nova's that lead nowhere, of every link.
    pub(crate) fn remove_all_lost_filters(&mut self) -> Result<()> {
        let links = self.state.links.values();
        let losers = links.filter(|link| link.traffic.filters.iter().any(Filter::is_lost));
        for link in losers.cloned().collect::<Vec<_>>() {
            let name = link.name.to_interface_name()?;
            for way in [Way::Ingress, Way::Egress] {
                self.remove_lost_filters(&link, &name, way);
            }
            self.tidy(link.index)?;
        }
        Ok(())
    }

    /// Removes those of one link that look this way, before others take their
    /// place.
    fn remove_lost_filters(&mut self, link: &Link, name: &InterfaceName, way: Way) {
        let now = self.state.links.get(&link.index);
        let filters = now.iter().flat_map(|link| &link.traffic.filters);
        let lost: BTreeSet<u16> = filters
            .filter(|filter| filter.way == way && filter.is_lost())
            .map(|filter| filter.priority)
            .collect();
        for priority in lost {
            self.push(TrafficStep::RemoveLostFilter {
                link: reference(link, name.clone()),
                way,
                priority,
            });
        }
    }

    fn delete_buffer(&mut self, buffer: &Link, name: InterfaceName) -> Result<()> {
        let mac = buffer
            .mac
            .ok_or_else(|| NovaError::internal(format!("buffer {name} has no MAC address")))?;
        self.push(TrafficStep::DeleteBuffer { name, mac });
        Ok(())
    }

    fn require_limitable(&self, port: &InterfaceName) -> Result<Link> {
        let link = self.state.require(port)?;
        if matches!(link.kind, LinkKind::Loopback) {
            return Err(NovaError::refused(format!(
                "{port}: the loopback interface is not limited"
            )));
        }
        Ok(link.clone())
    }

    pub(crate) fn add_kernel_mirror(&mut self, add: &AddMirror) -> Result<()> {
        let switch = &add.switch;
        let bridge = self.require_bridge(switch)?.clone();
        let MirrorOutput::Port(output) = &add.output else {
            return Err(NovaError::refused(format!(
                "bridge {switch}: a Linux bridge copies to a port, not to a VLAN"
            ))
            .with_field("destination")
            .with_remedy("Name a port as the destination, or use an Open vSwitch bridge."));
        };
        let default = AddMirror {
            name: None,
            ..add.clone()
        }
        .name()?;
        if add.name.as_ref().is_some_and(|name| *name != default) {
            return Err(NovaError::refused(format!(
                "bridge {switch}: on a Linux bridge a mirror is called after its destination, {default}"
            ))
            .with_field("name")
            .with_remedy("Leave the name out."));
        }
        let target = self.state.require(output)?.clone();
        let sources = self.mirror_sources(&bridge, &target, &add.sources)?;
        self.check_mirrored_vlans(&bridge, &sources, &target, &add.vlans)?;
        if add.sources.is_empty() {
            if sources.is_empty() {
                return Err(NovaError::refused(format!(
                    "bridge {switch}: it has no port whose frames could be copied"
                ))
                .with_field("source")
                .with_remedy("Attach one first, or start a machine that has one."));
            }
            refuse_partial_mirror(&bridge, &sources, &target)?;
        }
        let steps = self.steps.len();
        for (source, direction) in &sources {
            let name = source.name.to_interface_name()?;
            let ways = [
                direction.has_ingress().then_some(Way::Ingress),
                direction.has_egress().then_some(Way::Egress),
            ];
            for way in ways.into_iter().flatten() {
                let frames = selected(&add.vlans);
                self.copy(source, &name, way, &target, output, &frames)?;
                self.follow_place((source.index, way, target.index))?;
            }
        }
        if self.steps.len() == steps {
            self.effect(format!("The mirror {default} is already as asked."));
            return Ok(());
        }
        let mut words: Vec<String> = sources
            .iter()
            .map(|(source, direction)| format!("{} {}", direction.phrase(), source.name))
            .collect();
        if add.sources.is_empty() {
            let ports: Vec<String> = sources.iter().map(|(it, _)| it.name.to_string()).collect();
            words = vec![format!(
                "what arrives from each of its ports ({})",
                ports.join(", ")
            )];
        }
        self.effect(mirror::sentence(switch, output, &words, &add.vlans));
        self.notice_mirrored_vlans(&bridge, &sources, &add.vlans);
        if target.controller == Some(bridge.index) {
            self.notice(format!(
                "{output} stays a port of {switch}: the copies come beside its own frames."
            ));
        }
        if self.carries(&target) {
            self.notice(format!(
                "The host itself is reached through {output}: the copies compete with its own frames, and switches beyond it may learn wrong places from them."
            ));
            self.demand_confirmation(&bridge.bridge.map(|it| it.options).unwrap_or_default());
        }
        let mut ends = sources.iter().map(|(source, _)| source).chain([&target]);
        if ends.any(|end| card(end).is_some()) {
            self.notice(
                "A mirror ends when the machine behind its source or its destination stops, and comes back when it starts."
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn mirror_sources(
        &self,
        bridge: &Link,
        target: &Link,
        sources: &[MirrorSource],
    ) -> Result<Vec<(Link, MirrorDirection)>> {
        if sources.is_empty() {
            return Ok(self
                .state
                .ports_of(bridge.index)
                .filter(|port| port.index != target.index)
                .map(|port| (port.clone(), MirrorDirection::Ingress))
                .collect());
        }
        let mut found = Vec::new();
        for source in sources {
            let link = self.state.require(&source.port)?.clone();
            if link.index != bridge.index {
                self.require_port(bridge, &link)?;
            }
            if link.index == target.index {
                return Err(NovaError::refused(format!(
                    "bridge {}: {} cannot be source and destination",
                    bridge.name, target.name
                ))
                .with_field("destination"));
            }
            found.push((link, source.direction));
        }
        Ok(found)
    }

    pub(crate) fn copy(
        &mut self,
        source: &Link,
        name: &InterfaceName,
        way: Way,
        target: &Link,
        output: &InterfaceName,
        frames: &Frames,
    ) -> Result<()> {
        self.remove_lost_filters(source, name, way);
        let now = self
            .state
            .links
            .get(&source.index)
            .map(|link| link.traffic.filters.clone())
            .unwrap_or_default();
        let here = |filter: &&Filter| filter.way == way;
        let is_it = |filter: &Filter| {
            filter.is_ours && filter.deed == Deed::Mirror(target.index) && filter.frames == *frames
        };
        if now.iter().filter(here).any(is_it) {
            return Ok(());
        }
        let priority = MIRROR_PRIORITIES
            .clone()
            .find(|priority| !now.iter().filter(here).any(|it| it.priority == *priority))
            .ok_or_else(|| {
                NovaError::refused(format!("{name}: it has too many mirrors"))
                    .with_remedy("Remove one first.")
            })?;
        let first = now
            .iter()
            .filter(here)
            .find(|filter| !filter.is_ours && filter.priority < priority);
        if first.is_some() {
            self.notice(format!(
                "{name} has filters that Nova did not make; frames that those keep are not copied."
            ));
        }
        self.hooks(source, name, way)?;
        self.push(TrafficStep::AddFilter(FilterSpec {
            link: reference(source, name.clone()),
            way,
            priority,
            frames: frames.clone(),
            copies: true,
            target: reference(target, output.clone()),
        }));
        Ok(())
    }

    /// Takes away the copies at ports that a mirror of every port got after it was
    /// made: of what enters them. What leaves a port is copied where that was
    /// asked for by its name.
    pub(crate) fn undo_later_copies(&mut self, add: &AddMirror) -> Result<()> {
        let (MirrorOutput::Port(output), true) = (&add.output, add.sources.is_empty()) else {
            return Ok(());
        };
        let state = &self.state;
        let (Some(bridge), Some(target)) =
            (state.link(add.switch.as_str()), state.link(output.as_str()))
        else {
            return Ok(());
        };
        let target = target.clone();
        let ports: Vec<Link> = state.ports_of(bridge.index).cloned().collect();
        for port in ports {
            let copies = port.traffic.filters.iter().filter(|filter| {
                filter.is_ours
                    && filter.way == Way::Ingress
                    && filter.deed == Deed::Mirror(target.index)
            });
            let specs: Vec<FilterSpec> = copies
                .map(|filter| spec_of(filter, &port, &target))
                .collect::<Result<_>>()?;
            for spec in specs {
                self.push(Step::from(TrafficStep::RemoveFilter(spec)));
                self.tidy(port.index)?;
            }
        }
        Ok(())
    }

    pub(crate) fn remove_kernel_mirror(&mut self, remove: &RemoveMirror) -> Result<()> {
        let bridge = self.require_bridge(&remove.switch)?.clone();
        let wanted = remove.name.as_str();
        let mut found = Vec::new();
        let concerned: Vec<Link> = self
            .state
            .ports_of(bridge.index)
            .chain([&bridge])
            .cloned()
            .collect();
        for source in &concerned {
            for filter in &source.traffic.filters {
                let Deed::Mirror(index) = filter.deed else {
                    continue;
                };
                let Some(target) = self.state.links.get(&index) else {
                    continue;
                };
                if filter.is_ours && format!("mirror-{}", target.name) == wanted {
                    found.push((source.clone(), filter.clone(), target.clone()));
                }
            }
        }
        if found.is_empty() {
            return Err(NovaError::not_found(format!(
                "bridge {}: Nova has made no mirror {wanted} on it",
                remove.switch
            ))
            .with_field("name")
            .with_remedy(format!(
                "\"nova network show {}\" lists its mirrors.",
                remove.switch
            )));
        }
        for (source, filter, target) in &found {
            let spec = spec_of(filter, source, target)?;
            self.push(Step::from(TrafficStep::RemoveFilter(spec)));
        }
        for source in &concerned {
            if found.iter().any(|(link, ..)| link.index == source.index) {
                self.tidy(source.index)?;
            }
        }
        self.effect(format!(
            "{} copies nothing to {} any more.",
            remove.switch,
            wanted.trim_start_matches("mirror-")
        ));
        Ok(())
    }
}

/// The copies of a source to a target that a filter makes.
pub(crate) fn spec_of(filter: &Filter, source: &Link, target: &Link) -> Result<FilterSpec> {
    Ok(FilterSpec {
        link: reference(source, source.name.to_interface_name()?),
        way: filter.way,
        priority: filter.priority,
        frames: filter.frames.clone(),
        copies: true,
        target: reference(target, target.name.to_interface_name()?),
    })
}

/// The bucket for a rate, with a burst that lets it be reached.
fn shaper(field: &str, rate: BitRate, burst: Option<ByteSize>) -> Result<Shaper> {
    if rate.0 < 8_000 {
        return Err(NovaError::invalid(field, rate, "8 kbit/s or more"));
    }
    let usual = (rate.0 / 8 * BURST_MILLISECONDS / 1000).clamp(LEAST_BURST, MOST_BURST);
    let burst = burst.unwrap_or(ByteSize(usual));
    let most = MOST_BURST.min(rate.0 / 8 * MOST_SECONDS);
    if burst.0 < 2_000 || burst.0 > most {
        let allowed = format!("2 kB to {}", ByteSize(most));
        return Err(NovaError::invalid("burst-size", burst, &allowed)
            .with_remedy(format!("{} suits {rate}.", ByteSize(usual))));
    }
    Ok(Shaper { rate, burst })
}

/// Refuses a mirror of every port where one of some ports stands: undone, it
/// could not tell which of the copies were there before.
fn refuse_partial_mirror(
    bridge: &Link,
    sources: &[(Link, MirrorDirection)],
    target: &Link,
) -> Result<()> {
    let copies = |link: &Link| {
        link.traffic.filters.iter().any(|filter| {
            filter.is_ours
                && filter.way == Way::Ingress
                && filter.deed == Deed::Mirror(target.index)
        })
    };
    let copied: Vec<String> = sources
        .iter()
        .map(|(source, _)| source)
        .filter(|source| copies(source))
        .map(|source| source.name.to_string())
        .collect();
    if copied.is_empty() || sources.iter().all(|(source, _)| copies(source)) {
        return Ok(());
    }
    Err(NovaError::refused(format!(
        "bridge {}: it has another mirror to {}, of {}",
        bridge.name,
        target.name,
        copied.join(", ")
    ))
    .with_field("destination")
    .with_remedy(format!(
        "Remove that one first: \"nova network remove-mirror {} mirror-{}\".",
        bridge.name, target.name
    )))
}
