// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about any link: up and down, its MAC address, the switch it is a port
//! of.

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, MacAddress, Route};
use crate::bridge::{PortPatch, PortStatus, StpState};
use crate::fact::Facts;
use crate::link::Link;
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{
    AddressStep, FdbStep, LinkRef, MdbStep, OtherStep, PortStep, RouteSpec, RouteStep, Step,
    StepGroup, VlanStep,
};
use crate::vlan::VlanId;
use crate::vlan_table::VlanTable;

/// A step about a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Sets the MAC address of a link. A bridge then keeps it whatever its
    /// ports; nothing makes it follow them again but making it anew.
    SetMac {
        /// The link.
        link: LinkRef,
        /// The address.
        mac: MacAddress,
    },
    /// Sets the largest packet of a link.
    SetMtu {
        /// The link.
        link: LinkRef,
        /// MTU in bytes.
        mtu: u32,
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
            Self::SetMtu { link, mtu } => format!("Set the MTU of {} to {mtu}", link.name),
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
            Self::SetMtu { link, mtu } => format!("ip link set dev {} mtu {mtu}", link.name),
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
            Self::SetMtu { link, mtu } => format!("{}: MTU {mtu}", link.name),
        }
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        match self {
            Self::SetController { link, .. } => inverse_of_move(before, link),
            Self::SetUp { link, up: true } => vec![
                Self::SetUp {
                    link: link.clone(),
                    up: false,
                }
                .into(),
            ],
            Self::SetUp { link, up: false } => inverse_of_down(before, link),
            Self::SetMac { link, mac: wanted } => link
                .find(before)
                .and_then(|found| found.mac)
                .filter(|mac| mac != wanted)
                .map(|mac| {
                    Self::SetMac {
                        link: link.clone(),
                        mac,
                    }
                    .into()
                })
                .into_iter()
                .collect(),
            Self::SetMtu { link, mtu } => inverse_of_mtu(before, link, *mtu),
        }
    }

    fn simulate(&self, state: &mut HostState) {
        match self {
            Self::SetController { link, controller } => {
                simulate_move(state, link, controller.as_ref());
            }
            Self::SetUp { link, up } => simulate_up(state, link, *up),
            Self::SetMac { link, mac } => {
                if let Some(found) = link.find_mut(state) {
                    found.mac = Some(*mac);
                    if let Some(bridge) = &mut found.bridge {
                        bridge.follows_ports = false;
                    }
                }
            }
            Self::SetMtu { link, mtu } => {
                let Some(found) = link.find_mut(state) else {
                    return;
                };
                found.mtu = *mtu;
                let index = found.index;
                let larger: Vec<u32> = narrowed(state, index, *mtu)
                    .map(|link| link.index)
                    .collect();
                for index in larger {
                    if let Some(upper) = state.links.get_mut(&index) {
                        upper.mtu = *mtu;
                    }
                }
            }
        }
    }

    fn facts(&self, facts: &mut Facts) {
        match self {
            Self::SetController { link, controller } => {
                // What it was as a port of another is gone with that.
                facts.forget(|object, property, _| {
                    object == link.name.as_str() && matches!(property, "port option" | "vlans")
                });
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
                let object = link.name.as_str();
                facts.shadow(object, |property, _| property == "up");
                if !up {
                    facts.forget(|name, property, detail| {
                        name == object && goes_with_down(property, detail)
                    });
                    facts.shadow(object, goes_with_down);
                }
                facts.up(link.name.as_str(), *up);
            }
            Self::SetMac { link, mac } => {
                let object = link.name.as_str();
                facts.mac(object, *mac);
                let claim = format!("{object} keeps its MAC address");
                facts.link(object, "keeps mac", claim, |link| {
                    link.bridge.is_none_or(|bridge| !bridge.follows_ports)
                });
            }
            Self::SetMtu { link, mtu } => {
                facts.shadow(link.name.as_str(), |property, _| property == "mtu");
                facts.mtu(link.name.as_str(), *mtu);
            }
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        let (Self::SetController { link, .. }
        | Self::SetUp { link, .. }
        | Self::SetMac { link, .. }
        | Self::SetMtu { link, .. }) = self;
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

/// What a port has as a port goes when it leaves, so it comes back with it.
fn inverse_of_move(before: &HostState, link: &LinkRef) -> Vec<Step> {
    let found = link.find(before);
    let bridge = found
        .and_then(|found| found.controller)
        .and_then(|index| before.links.get(&index));
    let mut steps = vec![Step::from(LinkStep::SetController {
        link: link.clone(),
        controller: bridge.and_then(|bridge| bridge.name.to_interface_name().ok()),
    })];
    let (Some(found), Some(bridge)) = (found, bridge) else {
        return steps;
    };
    if let Some(port) = found.port {
        steps.push(
            PortStep::Set {
                link: link.clone(),
                options: PortPatch::all_of(&port.options),
            }
            .into(),
        );
    }
    steps.extend(OtherStep::of_port(found, &link.name));
    if bridge.bridge.is_some_and(|status| status.knows_vlans) {
        steps.push(
            VlanStep::Set {
                link: link.clone(),
                itself: false,
                from: default_vlans(bridge),
                to: found.vlans.clone(),
            }
            .into(),
        );
    }
    steps.extend(FdbStep::again(found, &link.name));
    steps.extend(MdbStep::again(found, &link.name, bridge));
    steps
}

/// What a new port of this bridge carries at first.
fn default_vlans(bridge: &Link) -> VlanTable {
    bridge
        .bridge
        .filter(|status| status.knows_vlans)
        .and_then(|status| VlanId::new(status.options.default_pvid).ok())
        .map(VlanTable::access)
        .unwrap_or_default()
}

fn simulate_move(state: &mut HostState, link: &LinkRef, controller: Option<&InterfaceName>) {
    let bridge = controller
        .and_then(|name| state.link(name.as_str()))
        .cloned();
    let Some(found) = link.find_mut(state) else {
        return;
    };
    found.leave();
    let Some(bridge) = bridge else {
        return;
    };
    found.controller = Some(bridge.index);
    if bridge.is_bridge() {
        found.port = Some(PortStatus::new(0, StpState::Disabled));
        found.vlans = default_vlans(&bridge);
    }
}

const fn word(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

/// The MTU a link had, and those of the sub-interfaces that shrink with it and
/// do not grow again.
fn inverse_of_mtu(before: &HostState, link: &LinkRef, mtu: u32) -> Vec<Step> {
    let Some(found) = link.find(before) else {
        return Vec::new();
    };
    let mut steps = vec![Step::from(LinkStep::SetMtu {
        link: link.clone(),
        mtu: found.mtu,
    })];
    for upper in narrowed(before, found.index, mtu) {
        if let Ok(name) = upper.name.to_interface_name() {
            let link = LinkRef {
                name,
                index: Some(upper.index),
            };
            steps.push(
                LinkStep::SetMtu {
                    link,
                    mtu: upper.mtu,
                }
                .into(),
            );
        }
    }
    steps
}

/// Sub-interfaces upon a link whose MTU the kernel lowers to this one.
pub(crate) fn narrowed(state: &HostState, index: u32, mtu: u32) -> impl Iterator<Item = &Link> {
    let upon = state.vlans_upon(index).into_iter();
    upon.filter(move |upper| upper.mtu > mtu)
}

/// Setting a link down makes the kernel drop its routes and its IPv6
/// addresses; up again alone does not bring them back.
pub(crate) fn inverse_of_down(before: &HostState, link: &LinkRef) -> Vec<Step> {
    let mut steps = vec![Step::from(LinkStep::SetUp {
        link: link.clone(),
        up: true,
    })];
    let Some(found) = link.find(before) else {
        return steps;
    };
    steps.extend(lost_on(before, found, link));
    for upper in before.vlans_upon(found.index) {
        let Ok(name) = upper.name.to_interface_name() else {
            continue;
        };
        let above = LinkRef {
            name,
            index: Some(upper.index),
        };
        // The kernel sets sub-interfaces up with the link below.
        if upper.is_up {
            steps.extend(lost_on(before, upper, &above));
        } else {
            let down = LinkStep::SetUp {
                link: above,
                up: false,
            };
            steps.push(down.into());
        }
    }
    steps
}

/// What brings back what a link loses that goes down: IPv6 addresses and routes.
fn lost_on(before: &HostState, found: &Link, link: &LinkRef) -> Vec<Step> {
    let addresses = lost_with_down(found).map(|net| {
        AddressStep::Add {
            link: link.clone(),
            net,
        }
        .into()
    });
    let routes = before
        .routes_of(found.index)
        .filter(|route| route.protocol != Route::PROTOCOL_KERNEL)
        .map(|route| RouteStep::Add(RouteSpec::new(route, link.name.clone())).into());
    addresses.chain(routes).collect()
}

/// Whether a fact about a link no longer holds once it is down.
fn goes_with_down(property: &str, detail: &str) -> bool {
    property == "route" || property == "address" && detail.contains(':')
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
    let index = found.index;
    let mut moved = vec![index];
    moved.extend(state.vlans_upon(index).iter().map(|link| link.index));
    for index in moved {
        let Some(found) = state.links.get_mut(&index) else {
            continue;
        };
        found.is_up = up;
        if !up {
            found
                .addresses
                .retain(|address| address.net.address().is_ipv4());
            state.routes.retain(|route| route.link != index);
        }
    }
}
