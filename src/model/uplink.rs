// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The uplink of a host: the card through which it is reached, the bridge above
//! it where there is one, and where the host's own addresses are.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, LinkAddress, MacAddress};
use crate::bridge::BridgePatch;
use crate::fact::Facts;
use crate::name::InterfaceName;
use crate::state::HostState;
use crate::step::{AddressStep, BridgeStep, LinkRef, LinkStep, StepGroup};

/// Where the host's own addresses are: on the card, or on a bridge above it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Uplink {
    /// The card.
    pub card: InterfaceName,
    /// The bridge that the card is a port of.
    pub bridge: Option<UplinkBridge>,
    /// Addresses that are set by hand.
    pub addresses: Vec<IpNet>,
    /// Next hops of the default routes that leave through it.
    pub gateways: Vec<IpAddr>,
    /// Whether an IPv4 address comes from DHCP.
    pub is_leased: bool,
    /// Most seconds until all of it is so.
    pub patience: u32,
}

/// The bridge of an uplink.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UplinkBridge {
    /// Its name.
    pub name: InterfaceName,
    /// Its MAC address, the card's own.
    pub mac: MacAddress,
    /// Its options that differ from the kernel's defaults.
    pub options: BridgePatch,
}

impl UplinkBridge {
    fn as_step(&self) -> BridgeStep {
        BridgeStep::Add {
            name: self.name.clone(),
            mac: self.mac,
            options: self.options,
            alias: None,
            mtu: None,
            up: true,
        }
    }
}

impl Uplink {
    /// The link that has the addresses.
    #[must_use]
    pub fn bearer(&self) -> &InterfaceName {
        self.bridge
            .as_ref()
            .map_or(&self.card, |bridge| &bridge.name)
    }

    fn attach(&self) -> LinkStep {
        LinkStep::SetController {
            link: by_name(&self.card),
            controller: self.bridge.as_ref().map(|bridge| bridge.name.clone()),
        }
    }

    /// What of it is not so on `observed`, as sentences that are false there.
    #[must_use]
    pub fn unmet(&self, observed: &HostState) -> Vec<String> {
        let mut facts = Facts::default();
        self.facts(&mut facts);
        facts.unmet(observed)
    }

    pub(crate) fn facts(&self, facts: &mut Facts) {
        // Addresses of both were demanded of one of them at a time.
        let bearers = [&self.card, self.bearer()];
        facts.forget(|object, property, _| {
            matches!(property, "address" | "lease" | "gateway")
                && bearers.iter().any(|bearer| bearer.as_str() == object)
        });
        if let Some(bridge) = &self.bridge {
            bridge.as_step().facts(facts);
        }
        self.attach().facts(facts);
        for net in &self.addresses {
            let link = by_name(self.bearer());
            AddressStep::Add { link, net: *net }.facts(facts);
        }
        for gateway in &self.gateways {
            let (bearer, gateway) = (self.bearer().as_str().to_owned(), *gateway);
            let claim = format!("the default route through {gateway} leaves by {bearer}");
            facts.add(
                self.bearer().as_str(),
                "gateway",
                gateway.to_string(),
                claim,
                move |state| {
                    let Some(link) = state.link(&bearer) else {
                        return false;
                    };
                    let mut routes = state.routes_of(link.index);
                    routes.any(|route| route.is_default() && route.gateway == Some(gateway))
                },
            );
        }
        if self.is_leased {
            let bearer = self.bearer().as_str();
            let claim = format!("{bearer} has an address from DHCP");
            facts.link(bearer, "lease", claim, |link| {
                let is_leased =
                    |address: &LinkAddress| address.is_dynamic && address.net.address().is_ipv4();
                link.addresses.iter().any(is_leased)
            });
        }
    }

    /// Changes the picture of the host to this.
    pub(crate) fn simulate(&self, state: &mut HostState) {
        let Some(card) = state.link(self.card.as_str()).cloned() else {
            return;
        };
        if let Some(bridge) = &self.bridge
            && state.link(bridge.name.as_str()).is_none()
        {
            bridge.as_step().simulate(state);
            if let Some(link) = state.link_mut(bridge.name.as_str()) {
                link.owner = card.owner.clone();
                link.mtu = card.mtu;
            }
        }
        let from = card.controller.unwrap_or(card.index);
        let Some(to) = state.link(self.bearer().as_str()).map(|link| link.index) else {
            return;
        };
        self.attach().simulate(state);
        if from == to {
            return;
        }
        let is_own = |address: &LinkAddress| !address.net.is_ipv6_link_local();
        let moving: Vec<LinkAddress> = state
            .links
            .get_mut(&from)
            .map(|link| {
                link.addresses
                    .extract_if(.., |address| is_own(address))
                    .collect()
            })
            .unwrap_or_default();
        if let Some(link) = state.links.get_mut(&to) {
            link.addresses.extend(moving);
            link.addresses.sort();
        }
        for route in state.routes.iter_mut().filter(|route| route.link == from) {
            route.link = to;
        }
        state.routes.sort();
    }
}

fn by_name(name: &InterfaceName) -> LinkRef {
    LinkRef {
        name: name.clone(),
        index: None,
    }
}
