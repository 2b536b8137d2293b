// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors and limits of every switch of a host, in one form whatever the
//! switch is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::bandwidth::{BitRate, ByteSize};
use crate::link::Link;
use crate::mirror::MirrorDirection;
use crate::name::printable;
use crate::ovs::{OvsBridge, OvsPort};
use crate::ovs_conf::MARK_KEY;
use crate::qos::{Dscp, Priority};
use crate::state::HostState;
use crate::traffic::{Deed, LIMIT_PRIORITY, Shaper, Shaping, Stamp, Way};

/// A mirror of a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MirrorView {
    /// Name of the switch; none where a link outside of every switch is copied.
    pub switch: Option<String>,
    /// Name of the mirror.
    pub name: String,
    /// Ports whose frames are copied; empty where it is every port, or where
    /// they are gone.
    pub sources: BTreeMap<String, MirrorDirection>,
    /// Whether the frames of every port are copied.
    pub every_port: bool,
    /// Only frames of these VLANs; none means of all.
    pub vlans: Vec<u16>,
    /// The port the copies go to; none where it is gone.
    pub output: Option<String>,
    /// The VLAN they go to instead.
    pub output_vlan: Option<u16>,
    /// Frames copied, where somebody counts.
    pub frames: Option<u64>,
    /// Whether Nova made it.
    pub is_ours: bool,
}

impl MirrorView {
    /// What is copied, in words.
    #[must_use]
    pub fn source_words(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        if self.every_port {
            words.push("every port".to_owned());
        }
        words.extend(self.sources.iter().map(|(port, direction)| {
            let port = printable(port);
            match direction {
                MirrorDirection::Both => port,
                MirrorDirection::Ingress => format!("{port} ingress"),
                MirrorDirection::Egress => format!("{port} egress"),
            }
        }));
        if words.is_empty() {
            words.push("nothing: its ports are gone".to_owned());
        }
        if !self.vlans.is_empty() {
            let vlans: Vec<String> = self.vlans.iter().map(ToString::to_string).collect();
            words.push(format!("VLANs {}", vlans.join(",")));
        }
        words.join(", ")
    }

    /// Where the copies go, in words.
    #[must_use]
    pub fn output_words(&self) -> String {
        match (&self.output, self.output_vlan) {
            (Some(port), _) => printable(port),
            (None, Some(vlan)) => format!("VLAN {vlan}"),
            (None, None) => "nowhere: its port is gone".to_owned(),
        }
    }
}

/// All mirrors, by switch and name.
#[must_use]
pub fn mirrors(host: &HostState) -> Vec<MirrorView> {
    let mut found = kernel_mirrors(host);
    let bridges = host.ovs.state().map(|ovs| ovs.bridges.as_slice());
    for bridge in bridges.unwrap_or_default() {
        found.extend(bridge.mirrors.iter().map(|mirror| {
            let conf = &mirror.conf;
            let mut sources = BTreeMap::new();
            for port in &conf.ingress {
                sources.insert(port.clone(), MirrorDirection::Ingress);
            }
            for port in &conf.egress {
                sources
                    .entry(port.clone())
                    .and_modify(|direction| *direction = MirrorDirection::Both)
                    .or_insert(MirrorDirection::Egress);
            }
            MirrorView {
                switch: Some(bridge.name.clone()),
                name: conf.name.clone(),
                sources,
                every_port: conf.select_all,
                vlans: conf.vlans.iter().copied().collect(),
                output: conf.output_port.clone(),
                output_vlan: conf.output_vlan,
                frames: mirror.packets,
                is_ours: conf.external_ids.contains_key(MARK_KEY),
            }
        }));
    }
    found.sort_by(|a, b| (&a.switch, &a.name).cmp(&(&b.switch, &b.name)));
    found
}

/// The filters that copy, put together by the switch and the target.
fn kernel_mirrors(host: &HostState) -> Vec<MirrorView> {
    let mut found: BTreeMap<(Option<String>, u32, bool), MirrorView> = BTreeMap::new();
    // Those of which some filter copies frames of every VLAN.
    let mut of_all = BTreeSet::new();
    for link in host.links.values() {
        let switch = match link.is_bridge() {
            true => Some(link),
            false => link.controller.and_then(|index| host.links.get(&index)),
        };
        let switch = switch.map(|switch| switch.name.to_string());
        for filter in &link.traffic.filters {
            let Deed::Mirror(index) = filter.deed else {
                continue;
            };
            let target = host.links.get(&index).map(|target| target.name.to_string());
            let key = (switch.clone(), index, filter.is_ours);
            let view = found.entry(key.clone()).or_insert_with(|| MirrorView {
                switch: switch.clone(),
                name: match &target {
                    Some(target) => format!("mirror-{target}"),
                    None => format!("mirror-{index}"),
                },
                sources: BTreeMap::new(),
                every_port: false,
                vlans: Vec::new(),
                output: target,
                output_vlan: None,
                frames: None,
                is_ours: filter.is_ours,
            });
            let direction = match filter.way {
                Way::Ingress => MirrorDirection::Ingress,
                Way::Egress => MirrorDirection::Egress,
            };
            if filter.frames.is_all() {
                of_all.insert(key);
            }
            let vlans = filter.frames.vlans().into_iter().flatten();
            view.vlans.extend(vlans.copied());
            view.sources
                .entry(link.name.to_string())
                .and_modify(|known| {
                    if *known != direction {
                        *known = MirrorDirection::Both;
                    }
                })
                .or_insert(direction);
        }
    }
    for (key, view) in &mut found {
        view.vlans.sort_unstable();
        view.vlans.dedup();
        if of_all.contains(key) {
            view.vlans.clear();
        }
    }
    found.into_values().collect()
}

/// A rate and how much may pass at once before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limit {
    /// The rate.
    pub rate: BitRate,
    /// The burst, where it is known.
    pub burst: Option<ByteSize>,
}

impl Limit {
    /// The limit in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self.burst {
            Some(burst) => format!("{}, bursts of {burst}", self.rate),
            None => self.rate.to_string(),
        }
    }
}

/// The quality of service of a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QosView {
    /// Name of the port.
    pub port: String,
    /// Name of its switch, where it has one.
    pub switch: Option<String>,
    /// Limit of what arrives from it: what a machine sends.
    pub ingress: Option<Limit>,
    /// Limit of what leaves to it: what a machine receives.
    pub egress: Option<Limit>,
    /// Mark on IP packets that arrive from it.
    pub dscp: Option<Dscp>,
    /// Priority of what arrives from it.
    pub priority: Option<Priority>,
    /// What else queues its traffic, set up by somebody else.
    pub foreign: Option<String>,
}

impl QosView {
    fn says_something(&self) -> bool {
        let empty = Self {
            port: self.port.clone(),
            switch: self.switch.clone(),
            ..Self::default()
        };
        *self != empty
    }
}

/// All ports with limits, marks or priorities, by switch and name.
#[must_use]
pub fn limits(host: &HostState) -> Vec<QosView> {
    let mut found: Vec<QosView> = Vec::new();
    let bridges = host.ovs.state().map(|ovs| ovs.bridges.as_slice());
    for bridge in bridges.unwrap_or_default() {
        found.extend(bridge.ports.iter().map(|port| of_ovs(bridge, port)));
    }
    let is_known = |link: &&Link| {
        let ovs = host.ovs.state();
        ovs.is_none_or(|ovs| ovs.port_of_interface(&link.name.to_string()).is_none())
    };
    let links: Vec<QosView> = host
        .links
        .values()
        .filter(is_known)
        // The buffers belong to the ports that send through them.
        .filter(|link| link.kind != crate::step_traffic::buffer())
        .map(|link| of_link(host, link))
        .collect();
    found.extend(links);
    found.retain(QosView::says_something);
    found.sort_by(|a, b| (&a.switch, &a.port).cmp(&(&b.switch, &b.port)));
    found
}

fn of_ovs(bridge: &OvsBridge, port: &OvsPort) -> QosView {
    let conf = &port.conf;
    let policed = conf.interfaces.iter().find(|it| it.policing_rate > 0);
    let class = port.class.unwrap_or_default();
    let rate = conf
        .qos
        .as_ref()
        .and_then(|qos| qos.other_config.get("max-rate")?.parse().ok());
    QosView {
        port: port.name.clone(),
        switch: Some(bridge.name.clone()),
        ingress: policed.map(|interface| Limit {
            rate: BitRate(interface.policing_rate * 1000),
            // Open vSwitch takes 8000 kbit where none is given.
            burst: Some(ByteSize(match interface.policing_burst {
                0 => 1_000_000,
                burst => burst * 125,
            })),
        }),
        egress: rate.map(|rate| Limit {
            rate: BitRate(rate),
            burst: None,
        }),
        dscp: class.dscp,
        priority: class.priority,
        foreign: conf
            .qos
            .as_ref()
            .filter(|qos| !qos.external_ids.contains_key(MARK_KEY))
            .map(|qos| qos.kind.clone()),
    }
}

fn of_link(host: &HostState, link: &Link) -> QosView {
    let limit = |shaper: &Shaper| Limit {
        rate: shaper.rate,
        burst: Some(shaper.burst),
    };
    let controller = link.controller.and_then(|index| host.links.get(&index));
    let mut view = QosView {
        port: link.name.to_string(),
        switch: controller.map(|switch| switch.name.to_string()),
        ..QosView::default()
    };
    match &link.traffic.shaping {
        Shaping::Usual => {}
        Shaping::Limited(shaper) => view.egress = Some(limit(shaper)),
        Shaping::Foreign(kind) => view.foreign = Some(kind.clone()),
    }
    for filter in link.traffic.filters.iter().filter(|it| it.is_ours) {
        match &filter.deed {
            Deed::Redirect(index) if filter.priority == LIMIT_PRIORITY => {
                let buffer = host.links.get(index).map(|it| &it.traffic.shaping);
                if let Some(Shaping::Limited(shaper)) = buffer {
                    view.ingress = Some(limit(shaper));
                }
            }
            Deed::Stamp(Stamp::MarkV4(dscp) | Stamp::MarkV6(dscp)) => view.dscp = Some(*dscp),
            Deed::Stamp(Stamp::Rank(priority)) => view.priority = Some(*priority),
            _ => {}
        }
    }
    // What the kernel and virtual machines come with is nobody's limit.
    if matches!(
        view.foreign.as_deref(),
        Some("mq" | "fq_codel" | "fq" | "pfifo_fast" | "noqueue" | "fq_pie" | "sfq")
    ) {
        view.foreign = None;
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> MirrorView {
        MirrorView {
            switch: Some("ovs0".to_owned()),
            name: "mirror-eth1".to_owned(),
            sources: BTreeMap::new(),
            every_port: false,
            vlans: Vec::new(),
            output: None,
            output_vlan: None,
            frames: None,
            is_ours: true,
        }
    }

    /// T28 and T30: what is gone leaves a mirror that nobody else speaks of.
    #[test]
    fn a_mirror_whose_ports_are_gone_says_so() {
        let dead = view();
        assert_eq!(dead.output_words(), "nowhere: its port is gone");
        assert_eq!(dead.source_words(), "nothing: its ports are gone");
        let alive = MirrorView {
            sources: BTreeMap::from([
                ("vnet0".to_owned(), MirrorDirection::Both),
                ("vnet1".to_owned(), MirrorDirection::Ingress),
                ("vnet2".to_owned(), MirrorDirection::Egress),
            ]),
            vlans: vec![5, 7],
            output: Some("eth1".to_owned()),
            ..view()
        };
        assert_eq!(alive.output_words(), "eth1");
        assert_eq!(
            alive.source_words(),
            "vnet0, vnet1 ingress, vnet2 egress, VLANs 5,7"
        );
        let remote = MirrorView {
            every_port: true,
            output_vlan: Some(900),
            ..view()
        };
        assert_eq!(remote.output_words(), "VLAN 900");
        assert_eq!(remote.source_words(), "every port");
    }

    /// A filter of the kernel that copies to a link which is no more.
    #[test]
    fn a_filter_that_copies_to_a_link_that_is_gone_is_a_mirror_to_nowhere() {
        let mut host = HostState::default();
        let mut link = Link::new(2, "vnet0".into(), crate::link::LinkKind::Tap);
        link.traffic.filters = vec![crate::traffic::Filter {
            way: Way::Ingress,
            priority: 19968,
            frames: crate::traffic::Frames::All,
            deed: Deed::Mirror(9),
            is_ours: true,
        }];
        host.links.insert(2, link);
        let found = mirrors(&host);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "mirror-9");
        assert_eq!(found[0].output_words(), "nowhere: its port is gone");
        assert_eq!(found[0].source_words(), "vnet0 ingress");
    }
}
