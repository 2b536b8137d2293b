// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about any link: up and down, its MAC address, the switch it is a port
//! of.

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, MacAddress, Route};
use crate::fact::Facts;
use crate::link::Link;
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{AddressStep, LinkRef, RouteSpec, RouteStep, Step, StepGroup};

/// A step about a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LinkStep {
    /// Makes a link a port of a bridge, or of none.
    SetController {
        /// The link.
        link: LinkRef,
        /// Name of the bridge.
        controller: Option<InterfaceName>,
    },
    /// Sets a link up or down.
    SetUp {
        /// The link.
        link: LinkRef,
        /// Up or down.
        up: bool,
    },
    /// Sets the MAC address of a link.
    SetMac {
        /// The link.
        link: LinkRef,
        /// The address.
        mac: MacAddress,
    },
}

impl StepGroup for LinkStep {
    fn title(&self) -> String {
        match self {
            Self::SetController {
                link,
                controller: Some(bridge),
            } => format!("Attach {} to {bridge}", link.name),
            Self::SetController {
                link,
                controller: None,
            } => format!("Detach {}", link.name),
            Self::SetUp { link, up } => format!("Set {} {}", link.name, word(*up)),
            Self::SetMac { link, mac } => format!("Give {} the MAC address {mac}", link.name),
        }
    }

    fn command(&self) -> String {
        match self {
            Self::SetController {
                link,
                controller: Some(bridge),
            } => format!("ip link set dev {} master {bridge}", link.name),
            Self::SetController {
                link,
                controller: None,
            } => format!("ip link set dev {} nomaster", link.name),
            Self::SetUp { link, up } => format!("ip link set dev {} {}", link.name, word(*up)),
            Self::SetMac { link, mac } => format!("ip link set dev {} address {mac}", link.name),
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::SetController {
                link,
                controller: Some(bridge),
            } => format!("bridge {bridge}: port {}", link.name),
            Self::SetController { link, .. } | Self::SetUp { link, .. } => link.name.to_string(),
            Self::SetMac { link, mac } => format!("{}: MAC address {mac}", link.name),
        }
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        match self {
            Self::SetController { link, .. } => {
                let controller = link
                    .find(before)
                    .and_then(|found| found.controller)
                    .and_then(|index| before.links.get(&index))
                    .and_then(|bridge| bridge.name.to_interface_name().ok());
                vec![
                    Self::SetController {
                        link: link.clone(),
                        controller,
                    }
                    .into(),
                ]
            }
            Self::SetUp { link, up: true } => vec![
                Self::SetUp {
                    link: link.clone(),
                    up: false,
                }
                .into(),
            ],
            Self::SetUp { link, up: false } => inverse_of_down(before, link),
            Self::SetMac { link, .. } => link
                .find(before)
                .and_then(|found| found.mac)
                .map(|mac| {
                    Self::SetMac {
                        link: link.clone(),
                        mac,
                    }
                    .into()
                })
                .into_iter()
                .collect(),
        }
    }

    fn simulate(&self, state: &mut HostState) {
        match self {
            Self::SetController { link, controller } => {
                let index = controller
                    .as_ref()
                    .and_then(|name| state.link(name.as_str()))
                    .map(|bridge| bridge.index);
                if let Some(found) = link.find_mut(state) {
                    found.controller = index;
                    found.port = None;
                }
            }
            Self::SetUp { link, up } => simulate_up(state, link, *up),
            Self::SetMac { link, mac } => {
                if let Some(found) = link.find_mut(state) {
                    found.mac = Some(*mac);
                }
            }
        }
    }

    fn facts(&self, facts: &mut Facts) {
        match self {
            Self::SetController { link, controller } => {
                let (object, wanted) = (link.name.as_str().to_owned(), controller.clone());
                let claim = match controller {
                    Some(bridge) => format!("{} is a port of {bridge}", link.name),
                    None => format!("{} is a port of nothing", link.name),
                };
                facts.add(link.name.as_str(), "controller", "", claim, move |state| {
                    let found = state.link(&object);
                    let controller = found
                        .and_then(|link| link.controller)
                        .and_then(|index| state.links.get(&index));
                    match &wanted {
                        None => found.is_some() && controller.is_none(),
                        Some(name) => {
                            controller.is_some_and(|bridge| bridge.name.is(name.as_str()))
                        }
                    }
                });
            }
            Self::SetUp { link, up } => {
                // The kernel takes routes and IPv6 addresses away with the link.
                if !up {
                    facts.forget(|object, property, detail| {
                        object == link.name.as_str()
                            && (property == "route"
                                || property == "address" && detail.contains(':'))
                    });
                }
                facts.up(link.name.as_str(), *up);
            }
            Self::SetMac { link, mac } => facts.mac(link.name.as_str(), *mac),
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        let (Self::SetController { link, .. }
        | Self::SetUp { link, .. }
        | Self::SetMac { link, .. }) = self;
        vec![link]
    }

    fn touches_reach(&self, planner: &Planner, before: &HostState) -> bool {
        let (Self::SetController { link, .. } | Self::SetUp { link, up: false }) = self else {
            return false;
        };
        link.find(before).is_some_and(|link| {
            planner.carries(link)
                || link
                    .controller
                    .and_then(|index| before.links.get(&index))
                    .is_some_and(|bridge| planner.carries(bridge))
        })
    }
}

const fn word(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

/// Setting a link down makes the kernel drop its routes and its IPv6
/// addresses; up again alone does not bring them back.
fn inverse_of_down(before: &HostState, link: &LinkRef) -> Vec<Step> {
    let mut steps = vec![Step::from(LinkStep::SetUp {
        link: link.clone(),
        up: true,
    })];
    let Some(found) = link.find(before) else {
        return steps;
    };
    steps.extend(lost_with_down(found).map(|net| {
        AddressStep::Add {
            link: link.clone(),
            net,
        }
        .into()
    }));
    steps.extend(
        before
            .routes_of(found.index)
            .filter(|route| route.protocol != Route::PROTOCOL_KERNEL)
            .map(|route| RouteStep::Add(RouteSpec::new(route, link.name.clone())).into()),
    );
    steps
}

/// Addresses that the kernel takes away when the link goes down.
fn lost_with_down(link: &Link) -> impl Iterator<Item = IpNet> {
    link.addresses
        .iter()
        .filter(|address| address.net.address().is_ipv6() && !address.is_dynamic)
        .map(|address| address.net)
        .filter(|net| !net.is_ipv6_link_local())
}

fn simulate_up(state: &mut HostState, link: &LinkRef, up: bool) {
    let Some(found) = link.find_mut(state) else {
        return;
    };
    found.is_up = up;
    if !up {
        found
            .addresses
            .retain(|address| address.net.address().is_ipv4());
        let index = found.index;
        state.routes.retain(|route| route.link != index);
    }
}
