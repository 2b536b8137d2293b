// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The uplink of a host: the card through which it is reached, the bridge or
//! the bond above it where there is one, and where the host's own addresses are.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, LinkAddress, MacAddress};
use crate::bond::BondPatch;
use crate::bridge::BridgePatch;
use crate::fact::Facts;
use crate::link::{Link, LinkKind};
use crate::name::InterfaceName;
use crate::state::HostState;
use crate::step::{AddressStep, BondStep, BridgeStep, LinkRef, LinkStep, Step, StepGroup};

/// Where the host's own addresses are: on the card, or on what stands above it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Uplink {
    /// The card.
    pub card: InterfaceName,
    /// What the card is a port or a member of, and has the addresses instead.
    pub above: Option<Above>,
    /// Cards that change with this one and give no address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherCard>,
    /// Addresses that are set by hand.
    pub addresses: Vec<IpNet>,
    /// Next hops of the default routes that leave through it.
    pub gateways: Vec<IpAddr>,
    /// Whether an IPv4 address comes from DHCP.
    pub is_leased: bool,
    /// Most seconds until all of it is so.
    pub patience: u32,
}

/// The bridge or the bond of an uplink.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Above {
    /// Its name.
    pub name: InterfaceName,
    /// Its MAC address, the card's own.
    pub mac: MacAddress,
    /// What it is.
    pub kind: AboveKind,
}

/// What stands above a card, with its options that differ from the kernel's
/// defaults.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AboveKind {
    /// A bridge.
    Bridge(BridgePatch),
    /// A bond.
    Bond {
        /// Its options.
        options: BondPatch,
        /// The member that is used whenever it can be.
        primary: Option<InterfaceName>,
    },
    /// The interface of this host of a bridge of Open vSwitch, which makes it by
    /// itself and takes the card as a port.
    OpenVSwitch,
}

/// A card that is a member of a bond, or no longer is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OtherCard {
    /// The card.
    pub card: InterfaceName,
    /// The bond.
    pub bond: Option<InterfaceName>,
    /// Whether it has an IPv4 address from DHCP.
    pub is_leased: bool,
}

impl Above {
    fn as_step(&self) -> Step {
        let (name, mac) = (self.name.clone(), self.mac);
        let (alias, mtu, up) = (None, None, true);
        match &self.kind {
            AboveKind::Bridge(options) => BridgeStep::Add {
                name,
                mac,
                options: *options,
                alias,
                mtu,
                up,
            }
            .into(),
            AboveKind::Bond { options, .. } => BondStep::Add {
                name,
                mac,
                options: *options,
                alias,
                mtu,
                up,
            }
            .into(),
            AboveKind::OpenVSwitch => self.set_up(up),
        }
    }

    fn set_up(&self, up: bool) -> Step {
        let link = by_name(&self.name);
        LinkStep::SetUp { link, up }.into()
    }

    /// What deletes it once its card has left. What Open vSwitch has made goes with
    /// its bridge; until then it has no route.
    pub(crate) fn deletion(&self) -> Vec<Step> {
        let (name, mac) = (self.name.clone(), self.mac);
        match self.kind {
            AboveKind::Bridge(_) => vec![BridgeStep::Delete { name, mac }.into()],
            // Without members it has an address by chance; it is known by its own.
            AboveKind::Bond { .. } => vec![
                LinkStep::SetMac {
                    link: by_name(&name),
                    mac,
                }
                .into(),
                BondStep::Delete { name, mac }.into(),
            ],
            AboveKind::OpenVSwitch => vec![self.set_up(false)],
        }
    }

    /// What names the member that it prefers, where it is a bond that does.
    fn preference(&self) -> Option<BondStep> {
        match &self.kind {
            AboveKind::Bond {
                primary: Some(primary),
                ..
            } => Some(BondStep::SetPrimary {
                link: by_name(&self.name),
                primary: Some(primary.clone()),
            }),
            _ => None,
        }
    }

    /// Leaves the member it prefers to a later step.
    pub(crate) fn prefers_none(&mut self) {
        if let AboveKind::Bond { primary, .. } = &mut self.kind {
            *primary = None;
        }
    }

    /// What makes a card a port or a member of it; that of Open vSwitch stands in
    /// its database.
    fn takes(&self, card: &InterfaceName) -> Option<Step> {
        match self.kind {
            AboveKind::Bridge(_) => Some(
                LinkStep::SetController {
                    link: by_name(card),
                    controller: Some(self.name.clone()),
                }
                .into(),
            ),
            AboveKind::Bond { .. } => Some(joins(card, &self.name).into()),
            AboveKind::OpenVSwitch => None,
        }
    }
}

impl OtherCard {
    fn facts(&self, facts: &mut Facts) {
        match &self.bond {
            Some(bond) => joins(&self.card, bond).facts(facts),
            None => leaves(&self.card).facts(facts),
        }
        if self.is_leased {
            lease(&self.card, facts);
        }
    }

    fn simulate(&self, state: &mut HostState) {
        let Some(link) = state.link(self.card.as_str()).cloned() else {
            return;
        };
        let bond = self
            .bond
            .as_ref()
            .and_then(|bond| Some(state.link(bond.as_str())?.index));
        match &self.bond {
            Some(_) if link.controller == bond => {}
            Some(bond) => {
                // What it got from DHCP it gives back.
                state.routes.retain(|route| route.link != link.index);
                if let Some(link) = state.link_mut(self.card.as_str()) {
                    link.addresses.retain(|address| !is_own(address));
                }
                joins(&self.card, bond).simulate(state);
            }
            None => simulate_leaving(&link, &self.card, state),
        }
    }
}

impl Uplink {
    /// The link that has the addresses.
    #[must_use]
    pub fn bearer(&self) -> &InterfaceName {
        self.above.as_ref().map_or(&self.card, |above| &above.name)
    }

    /// The same before anything has reached the addresses: they are awaited of
    /// nobody.
    pub(crate) fn unreached(&self) -> Self {
        Self {
            addresses: Vec::new(),
            gateways: Vec::new(),
            is_leased: false,
            ..self.clone()
        }
    }

    fn attach(&self) -> Option<Step> {
        match &self.above {
            Some(above) => above.takes(&self.card),
            None => Some(leaves(&self.card).into()),
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
        let mut bearers = vec![&self.card, self.bearer()];
        bearers.extend(self.others.iter().map(|other| &other.card));
        facts.forget(|object, property, _| {
            matches!(property, "address" | "lease" | "gateway")
                && bearers.iter().any(|bearer| bearer.as_str() == object)
        });
        if let Some(above) = &self.above {
            above.as_step().facts(facts);
        }
        if let Some(attach) = self.attach() {
            attach.facts(facts);
        }
        for other in &self.others {
            other.facts(facts);
        }
        if let Some(preference) = self.above.as_ref().and_then(Above::preference) {
            preference.facts(facts);
        }
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
            lease(self.bearer(), facts);
        }
    }

    /// Changes the picture of the host to this from what was so before.
    pub(crate) fn simulate(&self, before: &Self, state: &mut HostState) {
        let Some(card) = state.link(self.card.as_str()).cloned() else {
            return;
        };
        if let Some(above) = &self.above
            && state.link(above.name.as_str()).is_none()
        {
            above.as_step().simulate(state);
            if let Some(link) = state.link_mut(above.name.as_str()) {
                link.owner = card.owner.clone();
                link.mtu = card.mtu;
            }
        }
        let bearer = state.link(before.bearer().as_str());
        let from = bearer.map_or(card.index, |bearer| bearer.index);
        let Some(to) = state.link(self.bearer().as_str()).map(|link| link.index) else {
            return;
        };
        match &self.above {
            Some(_) if card.controller == Some(to) => {}
            Some(_) => {
                if let Some(attach) = self.attach() {
                    attach.simulate(state);
                }
            }
            None => simulate_leaving(&card, &self.card, state),
        }
        self.move_addresses(from, to, state);
        for other in &self.others {
            other.simulate(state);
        }
        if let Some(preference) = self.above.as_ref().and_then(Above::preference) {
            preference.simulate(state);
        }
    }

    fn move_addresses(&self, from: u32, to: u32, state: &mut HostState) {
        if from == to {
            return;
        }
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

fn is_own(address: &LinkAddress) -> bool {
    !address.net.is_ipv6_link_local()
}

fn lease(link: &InterfaceName, facts: &mut Facts) {
    let link = link.as_str();
    let claim = format!("{link} has an address from DHCP");
    facts.link(link, "lease", claim, |link| {
        let is_leased =
            |address: &LinkAddress| address.is_dynamic && address.net.address().is_ipv4();
        link.addresses.iter().any(is_leased)
    });
}

fn joins(card: &InterfaceName, bond: &InterfaceName) -> BondStep {
    BondStep::AddMember {
        bond: by_name(bond),
        link: by_name(card),
    }
}

fn leaves(card: &InterfaceName) -> LinkStep {
    LinkStep::SetController {
        link: by_name(card),
        controller: None,
    }
}

/// A member that leaves its bond has its own MAC address again, and whoever
/// configures it sets it up.
fn simulate_leaving(link: &Link, card: &InterfaceName, state: &mut HostState) {
    let above = link.controller.and_then(|at| state.links.get(&at));
    let bond = above
        .filter(|above| above.kind == LinkKind::Bond)
        .and_then(|bond| bond.name.to_interface_name().ok());
    match bond {
        Some(bond) => {
            let leaving = BondStep::RemoveMember {
                bond: by_name(&bond),
                link: by_name(card),
            };
            leaving.simulate(state);
            if let Some(link) = state.link_mut(card.as_str()) {
                link.is_up = true;
            }
        }
        None => leaves(card).simulate(state),
    }
}

fn by_name(name: &InterfaceName) -> LinkRef {
    LinkRef {
        name: name.clone(),
        index: None,
    }
}
