// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Who would be cut off: addresses and routes of the host, where they lie and
//! how they move with a port.

use std::collections::BTreeSet;

use crate::address::{IpNet, Route};
use crate::bridge::BridgeOptions;
use crate::error::Result;
use crate::link::Link;
use crate::name::InterfaceName;
use crate::ovs_conf::BridgeConf;
use crate::plan::{CONFIRM_DEFAULT, Plan};
use crate::planner::{Planner, reference};
use crate::planner_persist::by_hand;
use crate::state::HostState;
use crate::step::{
    AddressStep, BondStep, LinkRef, LinkStep, OvsEdit, PortStep, RouteSpec, RouteStep, Step,
    TrafficStep,
};

impl Planner {
    /// How many addresses of the host the link carries itself, those that the
    /// kernel makes by itself left out.
    pub(crate) fn own_addresses(&self, link: &Link) -> usize {
        movable(link).count()
    }

    /// Whether addresses or routes of the host depend on this link: its own, and
    /// those of everything that stands upon it, however high: sub-interfaces,
    /// the bond or bridge it feeds, the other interfaces of the host on that
    /// bridge.
    pub(crate) fn carries(&self, link: &Link) -> bool {
        let mut open = vec![link.index];
        let mut seen = BTreeSet::new();
        while let Some(index) = open.pop() {
            let Some(link) = self.state.links.get(&index) else {
                continue;
            };
            if !seen.insert(index) {
                continue;
            }
            let is_routed = self
                .state
                .routes_of(index)
                .any(|route| route.protocol != Route::PROTOCOL_KERNEL);
            if is_routed || is_reached_at(link) {
                return true;
            }
            let upper = self.state.links.values();
            open.extend(
                upper
                    .filter(|upper| upper.lower == Some(index))
                    .map(|upper| upper.index),
            );
            if link.is_uplink_like() {
                open.extend(link.controller);
                open.extend(self.fed_in_ovs(link));
            }
        }
        false
    }

    /// The host's own interfaces on the bridge of Open vSwitch that a link feeds.
    fn fed_in_ovs(&self, link: &Link) -> Vec<u32> {
        let name = link.name.to_string();
        let ovs = self.state.ovs.state();
        let Some((bridge, _)) = ovs.and_then(|ovs| ovs.port_of_interface(&name)) else {
            return Vec::new();
        };
        let internal = bridge.internal_interfaces();
        internal
            .filter_map(|name| Some(self.state.link(name)?.index))
            .collect()
    }

    /// An undo is confirmed like the change was, and where it takes something from
    /// a link that carried addresses or routes of the host.
    pub(crate) fn guard_undo(&mut self, before: &HostState, kept: &Plan) {
        let is_risky = self.steps.iter().any(|planned| {
            planned.step.touches_reach(self, before) || self.concerns_way(&planned.step)
        });
        if kept.confirm_within.is_none() && !is_risky {
            return;
        }
        self.confirm_within = Some(CONFIRM_DEFAULT);
        // Spanning tree that is on again keeps ports silent as it did before.
        let links = self.state.links.values().filter(|link| self.carries(link));
        let options: Vec<BridgeOptions> = links
            .filter_map(|link| Some(link.bridge?.options))
            .collect();
        for options in &options {
            self.demand_confirmation(options);
        }
        let ovs = self.state.ovs.state();
        let bridges = ovs.into_iter().flat_map(|ovs| &ovs.bridges);
        let confs: Vec<BridgeConf> = bridges
            .filter(|bridge| self.ovs_carries(bridge))
            .map(|bridge| bridge.conf.clone())
            .collect();
        for conf in &confs {
            self.demand_confirmation_for(conf);
        }
        self.notice_administrators();
    }

    /// Says what was set since, by hand, on a bridge or bond that a program takes away
    /// again: no program knows it.
    pub(crate) fn notice_set_since(&mut self, before: &HostState, kept: &Plan) {
        let managers = kept.steps.iter().filter_map(|it| match &it.step {
            Step::Manager(step) => step.uplink(),
            _ => None,
        });
        for uplink in managers {
            let above = uplink.above.as_ref();
            let Some(link) = above.and_then(|above| before.link(above.name.as_str())) else {
                continue;
            };
            let mut nets = by_hand(link);
            nets.retain(|net| !uplink.addresses.contains(net));
            nets.extend(before.routes_by_hand(link.index).map(|it| it.destination));
            let set: Vec<String> = nets.iter().map(ToString::to_string).collect();
            if !set.is_empty() {
                self.notice(format!(
                    "What was set on {} by hand since goes with it: {}.",
                    link.name,
                    set.join(", ")
                ));
            }
        }
    }

    /// Whether a step changes how frames of the host itself pass.
    fn concerns_way(&self, step: &Step) -> bool {
        let link = |name: &str| self.state.link(name);
        let carries = |it: &LinkRef| link(it.name.as_str()).is_some_and(|it| self.carries(it));
        match step {
            Step::Link(LinkStep::SetMtu { link, .. } | LinkStep::SetMac { link, .. })
            | Step::Port(PortStep::Set { link, .. })
            | Step::Bond(BondStep::SetPrimary { link, .. })
            | Step::Traffic(TrafficStep::Shape {
                link,
                shaper: Some(_),
            }) => carries(link),
            Step::Traffic(TrafficStep::AddFilter(filter)) => carries(&filter.link),
            Step::Ovs(step) => step.edits.iter().any(|edit| {
                let bridge = self.state.ovs.bridge(edit.bridge());
                bridge.is_some_and(|bridge| self.ovs_carries(bridge))
                    && match edit {
                        OvsEdit::Bridge { .. } => true,
                        OvsEdit::Port { name, .. } => {
                            link(name).is_some_and(|it| it.is_uplink_like() || self.carries(it))
                        }
                        // A VLAN that is flooded with copies.
                        OvsEdit::Mirror { after, .. } => after
                            .as_ref()
                            .is_some_and(|conf| conf.output_vlan.is_some()),
                    }
            }),
            _ => false,
        }
    }

    /// Says who administers this host now, wherever it is reached.
    fn notice_administrators(&mut self) {
        let connected: BTreeSet<String> = self
            .state
            .administrators
            .iter()
            .map(|(_, remote)| remote.to_string())
            .collect();
        if !connected.is_empty() {
            let connected: Vec<String> = connected.into_iter().collect();
            self.notice(format!(
                "Connected to administer this host: {}.",
                connected.join(", ")
            ));
        }
    }

    /// Says so where the default route leaves through the link.
    pub(crate) fn notice_management(&mut self, link: &Link, name: &InterfaceName) {
        let gateway = self
            .state
            .routes_of(link.index)
            .find(|route| route.is_default())
            .and_then(|route| route.gateway);
        if let Some(gateway) = gateway {
            self.notice(format!(
                "{name} carries the default route of this host, through {gateway}. If that breaks, the change is undone unless you keep it."
            ));
        }
    }

    /// Says so where a limit holds for what this host itself sends or receives.
    pub(crate) fn notice_limited_way(&mut self, port: &InterfaceName) {
        self.notice(format!(
            "The host itself is reached through {port}: the limit holds for its own connections, too."
        ));
    }

    /// Two ways out of one bridge are a loop where both lead to the same
    /// network and nothing blocks one of them.
    pub(crate) fn notice_second_way(&mut self, bridge: &Link, link: &Link) {
        let options = bridge.bridge.map(|status| status.options);
        if !link.is_uplink_like() || options.is_some_and(|options| options.stp) {
            return;
        }
        let first = self
            .state
            .ports_of(bridge.index)
            .find(|port| port.is_uplink_like() && port.index != link.index)
            .map(|port| port.name.to_string());
        let Some(first) = first else {
            return;
        };
        self.notice(format!(
            "{first} and {} are ports of {} without spanning tree: where both lead to the same network, frames go round without end.",
            link.name, bridge.name
        ));
        if self.carries(bridge) {
            self.demand_confirmation(&options.unwrap_or_default());
        }
    }

    /// Moves the addresses and routes of the host from one link to another.
    pub(crate) fn move_addresses(
        &mut self,
        from: &InterfaceName,
        to: &InterfaceName,
        because: &str,
    ) -> Result<()> {
        let source = self.state.require(from)?.clone();
        let target = LinkRef {
            name: to.clone(),
            index: self.index_before(to),
        };
        let nets: Vec<IpNet> = movable(&source).collect();
        let routes = self.lasting_routes(&source);
        // The kernel takes no route through a link that is down.
        if self.state.link(to.as_str()).is_some_and(|link| !link.is_up) {
            self.effect(format!("{to} is set up."));
            self.push(LinkStep::SetUp {
                link: target.clone(),
                up: true,
            });
        }
        for route in &routes {
            self.push(RouteStep::Remove(RouteSpec::new(route, from.clone())));
        }
        // The one that was there first comes first again, here and in an undo:
        // the host is known by it. With it the kernel may drop the others.
        for net in nets.iter().rev() {
            self.push(AddressStep::Remove {
                link: self.reference_to(&source, from),
                net: *net,
            });
        }
        for net in &nets {
            self.push(AddressStep::Add {
                link: target.clone(),
                net: *net,
            });
        }
        for route in &routes {
            self.push(RouteStep::Add(RouteSpec::new(route, to.clone())));
        }
        let listed: Vec<String> = nets.iter().map(ToString::to_string).collect();
        if !listed.is_empty() {
            self.effect(format!(
                "{} moves from {from} to {to}; {} {because}.",
                listed.join(", "),
                if because.contains("takes") { to } else { from }
            ));
        }
        if let Some(gateway) = routes
            .iter()
            .find(|route| route.is_default())
            .and_then(|route| route.gateway)
        {
            self.effect(format!(
                "The default route through {gateway} moves with it."
            ));
        }
        self.tell_moving_routes(&routes);
        Ok(())
    }

    /// Says which routes move beside the default one.
    pub(crate) fn tell_moving_routes(&mut self, routes: &[Route]) {
        let others: Vec<String> = routes
            .iter()
            .filter(|route| !route.is_default())
            .map(|route| route.destination.to_string())
            .collect();
        match others.as_slice() {
            [] => {}
            [only] => self.effect(format!("The route to {only} moves with it.")),
            _ => self.effect(format!("The routes to {} move with it.", others.join(", "))),
        }
    }

    /// Takes the addresses and routes of a link away, one step each, so that
    /// each can be brought back.
    pub(crate) fn drop_addresses(&mut self, link: &Link, name: &InterfaceName) {
        for route in self.lasting_routes(link) {
            self.push(RouteStep::Remove(RouteSpec::new(&route, name.clone())));
        }
        let nets: Vec<IpNet> = movable(link).collect();
        for net in nets.iter().rev() {
            self.push(AddressStep::Remove {
                link: reference(link, name.clone()),
                net: *net,
            });
        }
        if !nets.is_empty() {
            let listed: Vec<String> = nets.iter().map(ToString::to_string).collect();
            self.notice(format!("The host loses its address {}.", listed.join(", ")));
        }
    }

    pub(crate) fn lasting_routes(&self, link: &Link) -> Vec<Route> {
        self.state
            .routes_of(link.index)
            .filter(|route| route.protocol != Route::PROTOCOL_KERNEL)
            .cloned()
            .collect()
    }

    /// The index of a link that stood before this plan began.
    pub(crate) fn index_before(&self, name: &InterfaceName) -> Option<u32> {
        let is_ours = self
            .steps
            .iter()
            .any(|planned| planned.step.makes_link(name.as_str()));
        if is_ours {
            return None;
        }
        self.state.link(name.as_str()).map(|link| link.index)
    }

    fn reference_to(&self, link: &Link, name: &InterfaceName) -> LinkRef {
        LinkRef {
            name: name.clone(),
            index: self.index_before(name).map(|_| link.index),
        }
    }
}

/// Whether the host has an address on the link by which others reach it,
/// whoever gave it.
pub(crate) fn is_reached_at(link: &Link) -> bool {
    let mut nets = link.addresses.iter().map(|address| address.net);
    nets.any(|net| !net.is_ipv6_link_local() && !net.address().is_loopback())
}

/// Addresses of the host that stay with a person's configuration: not those
/// the kernel makes of a link or a router advertisement.
pub(crate) fn movable(link: &Link) -> impl Iterator<Item = IpNet> {
    link.addresses
        .iter()
        .filter(|address| !address.net.is_ipv6_link_local())
        .filter(|address| !(address.is_dynamic && address.net.address().is_ipv6()))
        .filter(|address| !address.net.address().is_loopback())
        .map(|address| address.net)
}
