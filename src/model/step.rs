// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The steps a plan is made of: all that the helper will ever do, as one
//! closed list. Each step knows its inverse, what it changes in the picture of
//! the host, what must hold after it, and the command it equals.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, LinkAddress, MacAddress, Route};
use crate::bridge::{BridgeId, BridgeOptions, BridgePatch, BridgeStatus};
use crate::link::{Link, LinkKind, Owner};
use crate::name::InterfaceName;
use crate::state::HostState;

/// A link a step acts on: its name, and its index where the link stood before
/// the plan. A link that was replaced meanwhile has another index and is left
/// alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRef {
    /// Name of the link.
    pub name: InterfaceName,
    /// Its index, absent for links the plan itself makes.
    pub index: Option<u32>,
}

/// A route as a step names it: through a link by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteSpec {
    /// Where it leads.
    pub destination: IpNet,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// The source address it prefers.
    pub source: Option<IpAddr>,
    /// Name of the link it leaves through.
    pub link: InterfaceName,
    /// Metric, 0 where none is set.
    pub metric: u32,
    /// Number of the routing protocol.
    pub protocol: u8,
}

impl RouteSpec {
    /// The same route through a link by name.
    #[must_use]
    pub fn new(route: &Route, link: InterfaceName) -> Self {
        Self {
            destination: route.destination,
            gateway: route.gateway,
            source: route.source,
            link,
            metric: route.metric,
            protocol: route.protocol,
        }
    }

    /// The route with the link given by index.
    #[must_use]
    pub const fn through(&self, link: u32) -> Route {
        Route {
            destination: self.destination,
            gateway: self.gateway,
            source: self.source,
            link,
            metric: self.metric,
            protocol: self.protocol,
        }
    }

    /// The arguments of `ip route add` for it.
    #[must_use]
    pub fn ip_arguments(&self) -> String {
        let mut words = if self.destination.prefix() == 0 {
            "default".to_owned()
        } else {
            self.destination.to_string()
        };
        if let Some(gateway) = self.gateway {
            words.push_str(&format!(" via {gateway}"));
        }
        words.push_str(&format!(" dev {}", self.link));
        if let Some(source) = self.source {
            words.push_str(&format!(" src {source}"));
        }
        if self.metric != 0 {
            words.push_str(&format!(" metric {}", self.metric));
        }
        words
    }
}

/// One change of the kernel's state, small enough to be done or not done.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Makes a bridge with this MAC address and sets it up. The MAC address
    /// identifies it from its first moment; the alias marks it as Nova's.
    AddBridge {
        /// Name of the bridge.
        name: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
        /// Options other than the kernel's defaults.
        options: BridgePatch,
        /// Its alias.
        alias: Option<String>,
        /// MTU in bytes, where it is set by hand.
        mtu: Option<u32>,
        /// Whether to set it up at once.
        up: bool,
    },
    /// Deletes the bridge with this name and MAC address.
    DeleteBridge {
        /// Name of the bridge.
        name: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
    },
    /// Changes options of a bridge.
    SetBridge {
        /// The bridge.
        link: LinkRef,
        /// The options.
        options: BridgePatch,
    },
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
    /// Gives a link an IP address.
    AddAddress {
        /// The link.
        link: LinkRef,
        /// The address.
        net: IpNet,
    },
    /// Takes an IP address from a link.
    RemoveAddress {
        /// The link.
        link: LinkRef,
        /// The address.
        net: IpNet,
    },
    /// Adds a route.
    AddRoute(RouteSpec),
    /// Removes a route.
    RemoveRoute(RouteSpec),
}

impl Step {
    /// The link it acts on, by name and index.
    pub(crate) const fn link_mut(&mut self) -> Option<&mut LinkRef> {
        match self {
            Self::SetBridge { link, .. }
            | Self::SetController { link, .. }
            | Self::SetUp { link, .. }
            | Self::SetMac { link, .. }
            | Self::AddAddress { link, .. }
            | Self::RemoveAddress { link, .. } => Some(link),
            Self::AddBridge { .. }
            | Self::DeleteBridge { .. }
            | Self::AddRoute(_)
            | Self::RemoveRoute(_) => None,
        }
    }

    /// What happens, in words.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::AddBridge { name, .. } => format!("Create bridge {name}"),
            Self::DeleteBridge { name, .. } => format!("Delete bridge {name}"),
            Self::SetBridge { link, options } => {
                format!("Set {} on {}", options.phrases().join(", "), link.name)
            }
            Self::SetController {
                link,
                controller: Some(bridge),
            } => {
                format!("Attach {} to {bridge}", link.name)
            }
            Self::SetController {
                link,
                controller: None,
            } => format!("Detach {}", link.name),
            Self::SetUp { link, up: true } => format!("Set {} up", link.name),
            Self::SetUp { link, up: false } => format!("Set {} down", link.name),
            Self::SetMac { link, mac } => format!("Give {} the MAC address {mac}", link.name),
            Self::AddAddress { link, net } => format!("Add {net} to {}", link.name),
            Self::RemoveAddress { link, net } => format!("Remove {net} from {}", link.name),
            Self::AddRoute(route) => format!("Add route {}", route.ip_arguments()),
            Self::RemoveRoute(route) => format!("Remove route {}", route.ip_arguments()),
        }
    }

    /// The iproute2 command it equals.
    #[must_use]
    pub fn command(&self) -> String {
        match self {
            Self::AddBridge {
                name,
                mac,
                options,
                alias,
                mtu,
                up,
            } => {
                let mut lines = vec![
                    format!(
                        "ip link add name {name} address {mac} type bridge {}",
                        options.ip_arguments()
                    )
                    .trim_end()
                    .to_owned(),
                ];
                if let Some(alias) = alias {
                    lines.push(format!("ip link set dev {name} alias {alias}"));
                }
                if let Some(mtu) = mtu {
                    lines.push(format!("ip link set dev {name} mtu {mtu}"));
                }
                if *up {
                    lines.push(format!("ip link set dev {name} up"));
                }
                lines.join("\n")
            }
            Self::DeleteBridge { name, .. } => format!("ip link delete dev {name} type bridge"),
            Self::SetBridge { link, options } => {
                format!(
                    "ip link set dev {} type bridge {}",
                    link.name,
                    options.ip_arguments()
                )
            }
            Self::SetController {
                link,
                controller: Some(bridge),
            } => {
                format!("ip link set dev {} master {bridge}", link.name)
            }
            Self::SetController {
                link,
                controller: None,
            } => {
                format!("ip link set dev {} nomaster", link.name)
            }
            Self::SetUp { link, up } => {
                format!(
                    "ip link set dev {} {}",
                    link.name,
                    if *up { "up" } else { "down" }
                )
            }
            Self::SetMac { link, mac } => format!("ip link set dev {} address {mac}", link.name),
            Self::AddAddress { link, net } => format!("ip address add {net} dev {}", link.name),
            Self::RemoveAddress { link, net } => {
                format!("ip address delete {net} dev {}", link.name)
            }
            Self::AddRoute(route) => format!("ip route add {}", route.ip_arguments()),
            Self::RemoveRoute(route) => format!("ip route delete {}", route.ip_arguments()),
        }
    }

    /// The steps that lead back to `before`, the host as it is before this
    /// step. Each may find its work already done and is then content.
    #[must_use]
    pub fn inverse(&self, before: &HostState) -> Vec<Self> {
        match self {
            Self::AddBridge { name, mac, .. } => {
                vec![Self::DeleteBridge {
                    name: name.clone(),
                    mac: *mac,
                }]
            }
            Self::DeleteBridge { name, mac } => before
                .link(name.as_str())
                .map(|link| Self::AddBridge {
                    name: name.clone(),
                    mac: *mac,
                    options: BridgePatch::between(
                        &BridgeOptions::default(),
                        &link.bridge.map(|bridge| bridge.options).unwrap_or_default(),
                    ),
                    alias: link.alias.clone(),
                    mtu: (link.mtu != DEFAULT_MTU).then_some(link.mtu),
                    up: link.is_up,
                })
                .into_iter()
                .collect(),
            Self::SetBridge { link, options } => {
                let now = bridge_options(before, link);
                let back = BridgePatch::between(&options.applied_to(&now), &now);
                vec![Self::SetBridge {
                    link: link.clone(),
                    options: back,
                }]
            }
            Self::SetController { link, .. } => {
                let controller = find(before, link)
                    .and_then(|found| found.controller)
                    .and_then(|index| before.links.get(&index))
                    .and_then(|bridge| bridge.name.to_interface_name().ok());
                vec![Self::SetController {
                    link: link.clone(),
                    controller,
                }]
            }
            Self::SetUp { link, up: true } => vec![Self::SetUp {
                link: link.clone(),
                up: false,
            }],
            Self::SetUp { link, up: false } => inverse_of_down(before, link),
            Self::SetMac { link, .. } => find(before, link)
                .and_then(|found| found.mac)
                .map(|mac| Self::SetMac {
                    link: link.clone(),
                    mac,
                })
                .into_iter()
                .collect(),
            Self::AddAddress { link, net } => {
                vec![Self::RemoveAddress {
                    link: link.clone(),
                    net: *net,
                }]
            }
            Self::RemoveAddress { link, net } => {
                vec![Self::AddAddress {
                    link: link.clone(),
                    net: *net,
                }]
            }
            Self::AddRoute(route) => vec![Self::RemoveRoute(route.clone())],
            Self::RemoveRoute(route) => vec![Self::AddRoute(route.clone())],
        }
    }

    /// Changes the picture of the host as the kernel would.
    pub fn simulate(&self, state: &mut HostState) {
        match self {
            Self::AddBridge {
                name,
                mac,
                options,
                alias,
                mtu,
                up,
            } => {
                let index = state.links.keys().next_back().map_or(1, |last| last + 1);
                let link = new_bridge(index, name, *mac, options, alias.clone(), *mtu, *up);
                state.links.insert(index, link);
            }
            Self::DeleteBridge { name, .. } => {
                let Some(index) = state.link(name.as_str()).map(|link| link.index) else {
                    return;
                };
                state.links.remove(&index);
                state.routes.retain(|route| route.link != index);
                for link in state
                    .links
                    .values_mut()
                    .filter(|link| link.controller == Some(index))
                {
                    link.controller = None;
                    link.port = None;
                }
            }
            Self::SetBridge { link, options } => {
                if let Some(bridge) = state
                    .link_mut(link.name.as_str())
                    .and_then(|found| found.bridge.as_mut())
                {
                    bridge.options = options.applied_to(&bridge.options);
                }
            }
            Self::SetController { link, controller } => {
                let index = controller
                    .as_ref()
                    .and_then(|name| state.link(name.as_str()))
                    .map(|bridge| bridge.index);
                if let Some(found) = state.link_mut(link.name.as_str()) {
                    found.controller = index;
                    found.port = None;
                }
            }
            Self::SetUp { link, up } => simulate_up(state, link, *up),
            Self::SetMac { link, mac } => {
                if let Some(found) = state.link_mut(link.name.as_str()) {
                    found.mac = Some(*mac);
                }
            }
            Self::AddAddress { link, net } => {
                if let Some(found) = state.link_mut(link.name.as_str()) {
                    found.addresses.push(LinkAddress {
                        net: *net,
                        is_dynamic: false,
                    });
                    found.addresses.sort();
                }
            }
            Self::RemoveAddress { link, net } => {
                if let Some(found) = state.link_mut(link.name.as_str()) {
                    found.addresses.retain(|address| address.net != *net);
                }
            }
            Self::AddRoute(route) => {
                if let Some(index) = state.link(route.link.as_str()).map(|link| link.index) {
                    state.routes.push(route.through(index));
                    state.routes.sort();
                }
            }
            Self::RemoveRoute(route) => {
                if let Some(index) = state.link(route.link.as_str()).map(|link| link.index) {
                    let gone = route.through(index);
                    state.routes.retain(|route| *route != gone);
                }
            }
        }
    }
}

/// MTU of a new link, in bytes.
const DEFAULT_MTU: u32 = 1500;

fn find<'a>(state: &'a HostState, link: &LinkRef) -> Option<&'a Link> {
    state.link(link.name.as_str())
}

fn bridge_options(state: &HostState, link: &LinkRef) -> BridgeOptions {
    find(state, link)
        .and_then(|found| found.bridge)
        .map(|bridge| bridge.options)
        .unwrap_or_default()
}

/// Setting a link down makes the kernel drop its routes and its IPv6
/// addresses; up again alone does not bring them back.
fn inverse_of_down(before: &HostState, link: &LinkRef) -> Vec<Step> {
    let mut steps = vec![Step::SetUp {
        link: link.clone(),
        up: true,
    }];
    let Some(found) = find(before, link) else {
        return steps;
    };
    steps.extend(lost_with_down(found).map(|net| Step::AddAddress {
        link: link.clone(),
        net,
    }));
    steps.extend(
        before
            .routes_of(found.index)
            .filter(|route| route.protocol != Route::PROTOCOL_KERNEL)
            .map(|route| Step::AddRoute(RouteSpec::new(route, link.name.clone()))),
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
    let Some(found) = state.link_mut(link.name.as_str()) else {
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

fn new_bridge(
    index: u32,
    name: &InterfaceName,
    mac: MacAddress,
    options: &BridgePatch,
    alias: Option<String>,
    mtu: Option<u32>,
    up: bool,
) -> Link {
    let options = options.applied_to(&BridgeOptions::default());
    let id = BridgeId {
        priority: options.priority,
        mac,
    };
    let is_marked = alias
        .as_deref()
        .is_some_and(|alias| alias.starts_with(crate::link::MARK_PREFIX));
    Link {
        index,
        name: name.into(),
        kind: LinkKind::Bridge,
        mac: Some(mac),
        mtu: mtu.unwrap_or(DEFAULT_MTU),
        is_up: up,
        has_carrier: false,
        refuses_bridge: false,
        controller: None,
        lower: None,
        alias,
        addresses: Vec::new(),
        bridge: Some(BridgeStatus {
            options,
            vlan_filtering: false,
            id,
            root: id,
            root_port: 0,
            root_path_cost: 0,
            topology_change: false,
        }),
        port: None,
        owner: if is_marked {
            Owner::Nova
        } else {
            Owner::Nobody
        },
    }
}
