// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about Linux bridges themselves.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::bridge::{BridgeId, BridgeOptions, BridgePatch, BridgeStatus};
use crate::fact::Facts;
use crate::link::{Link, LinkKind, Owner};
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{LinkRef, NewLink, Step, StepGroup};

/// A step about a Linux bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BridgeStep {
    /// Makes a bridge with this MAC address and sets it up. The MAC address
    /// identifies it from its first moment; the alias marks it as Nova's.
    Add {
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
    Delete {
        /// Name of the bridge.
        name: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
    },
    /// Changes options of a bridge.
    Set {
        /// The bridge.
        link: LinkRef,
        /// The options.
        options: BridgePatch,
    },
}

impl StepGroup for BridgeStep {
    fn title(&self) -> String {
        match self {
            Self::Add { name, .. } => format!("Create bridge {name}"),
            Self::Delete { name, .. } => format!("Delete bridge {name}"),
            Self::Set { link, options } => {
                format!("Set {} on {}", options.phrases().join(", "), link.name)
            }
        }
    }

    fn command(&self) -> String {
        match self {
            Self::Add {
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
            Self::Delete { name, .. } => format!("ip link delete dev {name} type bridge"),
            Self::Set { link, options } => {
                format!(
                    "ip link set dev {} type bridge {}",
                    link.name,
                    options.ip_arguments()
                )
            }
        }
    }

    fn subject(&self) -> String {
        let (Self::Add { name, .. }
        | Self::Delete { name, .. }
        | Self::Set {
            link: LinkRef { name, .. },
            ..
        }) = self;
        format!("bridge {name}")
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        match self {
            Self::Add { name, mac, .. } => vec![
                Self::Delete {
                    name: name.clone(),
                    mac: *mac,
                }
                .into(),
            ],
            Self::Delete { name, mac } => before
                .link(name.as_str())
                .map(|link| {
                    Self::Add {
                        name: name.clone(),
                        mac: *mac,
                        options: BridgePatch::between(
                            &BridgeOptions::default(),
                            &link.bridge.map(|bridge| bridge.options).unwrap_or_default(),
                        ),
                        alias: link.alias.clone(),
                        mtu: (link.mtu != DEFAULT_MTU).then_some(link.mtu),
                        up: link.is_up,
                    }
                    .into()
                })
                .into_iter()
                .collect(),
            Self::Set { link, options } => {
                let now = link
                    .find(before)
                    .and_then(|found| found.bridge)
                    .map(|bridge| bridge.options)
                    .unwrap_or_default();
                let back = BridgePatch::between(&options.applied_to(&now), &now);
                vec![
                    Self::Set {
                        link: link.clone(),
                        options: back,
                    }
                    .into(),
                ]
            }
        }
    }

    fn simulate(&self, state: &mut HostState) {
        match self {
            Self::Add {
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
            Self::Delete { name, .. } => {
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
            Self::Set { link, options } => {
                if let Some(bridge) = link.find_mut(state).and_then(|found| found.bridge.as_mut()) {
                    bridge.options = options.applied_to(&bridge.options);
                }
            }
        }
    }

    fn facts(&self, facts: &mut Facts) {
        match self {
            Self::Add {
                name,
                mac,
                options,
                alias,
                mtu,
                up,
            } => {
                let object = name.as_str();
                facts.link(
                    object,
                    "exists",
                    format!("{object} exists as a bridge"),
                    Link::is_bridge,
                );
                facts.mac(object, *mac);
                options_hold(facts, object, options);
                facts.up(object, *up);
                if let Some(alias) = alias {
                    facts.alias(object, alias.clone());
                }
                if let Some(mtu) = *mtu {
                    facts.mtu(object, mtu);
                }
            }
            Self::Delete { name, mac } => facts.gone(name.as_str(), *mac),
            Self::Set { link, options } => options_hold(facts, link.name.as_str(), options),
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        match self {
            Self::Set { link, .. } => vec![link],
            Self::Add { .. } | Self::Delete { .. } => Vec::new(),
        }
    }

    fn makes(&self) -> Option<NewLink<'_>> {
        match self {
            Self::Add { name, mac, .. } => Some(NewLink {
                name,
                mac: *mac,
                kind: &LinkKind::Bridge,
            }),
            Self::Delete { .. } | Self::Set { .. } => None,
        }
    }

    fn touches_reach(&self, planner: &Planner, before: &HostState) -> bool {
        match self {
            Self::Delete { name, .. } => before
                .link(name.as_str())
                .is_some_and(|link| planner.own_addresses(link) > 0),
            Self::Add { .. } | Self::Set { .. } => false,
        }
    }
}

/// One fact an option, so that a later step overrides just that option.
fn options_hold(facts: &mut Facts, object: &str, patch: &BridgePatch) {
    for (option, single) in patch.singles() {
        let claim = format!("{object} has {}", single.phrases().join(", "));
        let name = object.to_owned();
        facts.add(object, "option", option, claim, move |state| {
            state
                .link(&name)
                .and_then(|link| link.bridge)
                .is_some_and(|bridge| single.applied_to(&bridge.options) == bridge.options)
        });
    }
}

/// MTU of a new link, in bytes.
const DEFAULT_MTU: u32 = 1500;

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
