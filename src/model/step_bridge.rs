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
use crate::steering::CpuSet;
use crate::step::{LinkRef, NewLink, OtherStep, SteeringStep, Step, StepGroup, VlanStep};
use crate::vlan::VlanId;
use crate::vlan_table::VlanTable;

/// A step about a Linux bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
            Self::Delete { name, mac } => inverse_of_deletion(before, name, *mac),
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
                let link = Link {
                    alias: alias.clone(),
                    mtu: mtu.unwrap_or(DEFAULT_MTU),
                    is_up: *up,
                    owner: Owner::of_alias(alias.as_deref()),
                    ..new_bridge(state, name, *mac, options)
                };
                state.links.insert(link.index, link);
            }
            Self::Delete { name, .. } => state.remove(name.as_str()),
            Self::Set { link, options } => simulate_options(state, link, options),
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
            Self::Set { link, options } => {
                if options.default_pvid.is_some() {
                    // What ports carry may follow it, and what was said of them before
                    // is no longer so.
                    facts.forget(|_, property, _| property == "vlans");
                }
                options_hold(facts, link.name.as_str(), options);
            }
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
                kind: LinkKind::Bridge,
            }),
            Self::Delete { .. } | Self::Set { .. } => None,
        }
    }

    fn touches_reach(&self, planner: &Planner, before: &HostState) -> bool {
        match self {
            Self::Delete { name, .. } => before
                .link(name.as_str())
                .is_some_and(|link| planner.own_addresses(link) > 0),
            Self::Set { link, options } => {
                options.moves_frames()
                    && link.find(before).is_some_and(|link| planner.carries(link))
            }
            Self::Add { .. } => false,
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
                .is_some_and(|bridge| {
                    single.applied_to(&bridge.options) == bridge.options
                        || option == "ageing_time" && bridge.hides_ageing
                })
        });
    }
}

/// MTU of a new link, in bytes.
pub(crate) const DEFAULT_MTU: u32 = 1500;

fn inverse_of_deletion(before: &HostState, name: &InterfaceName, mac: MacAddress) -> Vec<Step> {
    let Some(link) = before.link(name.as_str()) else {
        return Vec::new();
    };
    let status = link
        .bridge
        .unwrap_or(BridgeStatus::new(BridgeId { priority: 0, mac }));
    let mut steps = vec![Step::from(BridgeStep::Add {
        name: name.clone(),
        mac,
        options: BridgePatch::between(&BridgeOptions::default(), &status.options),
        alias: link.alias.clone(),
        mtu: (link.mtu != DEFAULT_MTU).then_some(link.mtu),
        up: link.is_up,
    })];
    if status.knows_vlans {
        steps.push(
            VlanStep::Set {
                link: LinkRef {
                    name: name.clone(),
                    index: Some(link.index),
                },
                itself: true,
                from: default_vlans(&status.options),
                to: link.vlans.clone(),
            }
            .into(),
        );
    }
    steps.extend(OtherStep::of_bridge(link, name));
    steps.extend(SteeringStep::again(link, name));
    steps
}

/// What a bridge with these options carries towards this host at first.
fn default_vlans(options: &BridgeOptions) -> VlanTable {
    VlanId::new(options.default_pvid)
        .map(VlanTable::access)
        .unwrap_or_default()
}

/// Sets the options, and has another default VLAN take the place of the one
/// before where nobody chose another, as the kernel does.
fn simulate_options(state: &mut HostState, link: &LinkRef, patch: &BridgePatch) {
    let Some(found) = link.find_mut(state) else {
        return;
    };
    let index = found.index;
    let Some(bridge) = &mut found.bridge else {
        return;
    };
    let before = bridge.options;
    bridge.options = patch.applied_to(&before);
    let knows_vlans = bridge.knows_vlans;
    let after = bridge.options;
    if !knows_vlans || before.default_pvid == after.default_pvid {
        return;
    }
    let old = VlanId::new(before.default_pvid).ok();
    let new = VlanId::new(after.default_pvid).ok();
    let concerned = state
        .links
        .values_mut()
        .filter(|link| link.index == index || link.controller == Some(index));
    for link in concerned {
        let is_default = old.is_some_and(|old| link.vlans.has_default(old));
        let is_taken = new.is_some_and(|new| link.vlans.members.contains(new));
        if (old.is_some() && !is_default) || is_taken {
            continue;
        }
        if let Some(new) = new {
            link.vlans.add(new, true, true);
        }
        if let Some(old) = old {
            link.vlans.remove(old);
        }
    }
}

/// A bridge as the kernel makes it. Whether the kernel knows VLANs is seen on
/// the other bridges; where there are none it is taken to.
fn new_bridge(
    state: &HostState,
    name: &InterfaceName,
    mac: MacAddress,
    options: &BridgePatch,
) -> Link {
    let index = state.links.keys().next_back().map_or(1, |last| last + 1);
    let options = options.applied_to(&BridgeOptions::default());
    let status = BridgeStatus {
        options,
        knows_vlans: state
            .bridges()
            .next()
            .and_then(|link| link.bridge)
            .is_none_or(|status| status.knows_vlans),
        ..BridgeStatus::new(BridgeId {
            priority: options.priority,
            mac,
        })
    };
    Link {
        mac: Some(mac),
        bridge: Some(status),
        vlans: match status.knows_vlans {
            true => default_vlans(&options),
            false => VlanTable::default(),
        },
        receive_cpus: vec![CpuSet::new()],
        ..Link::new(index, name.into(), LinkKind::Bridge)
    }
}
