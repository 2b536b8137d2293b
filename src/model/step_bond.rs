// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about bonds and their members.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::bond::{BondMember, BondMode, BondOptions, BondPatch, BondStatus};
use crate::fact::Facts;
use crate::link::{Link, LinkKind, Owner};
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{LinkRef, LinkStep, NewLink, SteeringStep, Step, StepGroup};

/// A step about a bond.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BondStep {
    /// Makes a bond with this MAC address.
    Add {
        /// Its name.
        name: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
        /// Options other than the kernel's defaults.
        options: BondPatch,
        /// Its alias.
        alias: Option<String>,
        /// MTU in bytes, where it is set by hand.
        mtu: Option<u32>,
        /// Whether to set it up at once.
        up: bool,
    },
    /// Deletes the bond with this name and MAC address.
    Delete {
        /// Its name.
        name: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
    },
    /// Changes options of a bond.
    Set {
        /// The bond.
        link: LinkRef,
        /// The options.
        options: BondPatch,
    },
    /// Names the member that is used whenever it can be, or none.
    SetPrimary {
        /// The bond.
        link: LinkRef,
        /// The member.
        primary: Option<InterfaceName>,
    },
    /// Makes a link that is down a member; the kernel sets it up and gives it
    /// the MAC address and the MTU of the bond.
    AddMember {
        /// The bond.
        bond: LinkRef,
        /// The link.
        link: LinkRef,
    },
    /// Takes a member out; the kernel sets it down and gives it its own MAC
    /// address back.
    RemoveMember {
        /// The bond.
        bond: LinkRef,
        /// The link.
        link: LinkRef,
    },
}

impl StepGroup for BondStep {
    fn title(&self) -> String {
        match self {
            Self::Add { name, .. } => format!("Create bond {name}"),
            Self::Delete { name, .. } => format!("Delete bond {name}"),
            Self::Set { link, options } => {
                format!("Set {} on {}", options.phrases().join(", "), link.name)
            }
            Self::SetPrimary {
                link,
                primary: Some(member),
            } => format!("Prefer {member} in {}", link.name),
            Self::SetPrimary { link, .. } => format!("Prefer no member of {}", link.name),
            Self::AddMember { bond, link } => {
                format!("Make {} a member of {}", link.name, bond.name)
            }
            Self::RemoveMember { bond, link } => format!("Take {} out of {}", link.name, bond.name),
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
                let options = options.ip_arguments();
                let mut lines = vec![
                    format!("ip link add name {name} address {mac} type bond {options}")
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
            Self::Delete { name, .. } => format!("ip link delete dev {name} type bond"),
            Self::Set { link, options } => format!(
                "ip link set dev {} type bond {}",
                link.name,
                options.ip_arguments()
            ),
            Self::SetPrimary {
                link,
                primary: Some(member),
            } => format!("ip link set dev {} type bond primary {member}", link.name),
            Self::SetPrimary { link, .. } => {
                format!("echo > /sys/class/net/{}/bonding/primary", link.name)
            }
            Self::AddMember { bond, link } => {
                format!("ip link set dev {} master {}", link.name, bond.name)
            }
            Self::RemoveMember { link, .. } => format!("ip link set dev {} nomaster", link.name),
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Add { name, .. }
            | Self::Delete { name, .. }
            | Self::Set {
                link: LinkRef { name, .. },
                ..
            }
            | Self::SetPrimary {
                link: LinkRef { name, .. },
                ..
            } => format!("bond {name}"),
            Self::AddMember { bond, link } | Self::RemoveMember { bond, link } => {
                format!("bond {}: member {}", bond.name, link.name)
            }
        }
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
                let now = status(before, link).map(|bond| bond.options);
                let now = now.unwrap_or_default();
                let back = BondPatch::between(&options.applied_to(&now), &now);
                let link = link.clone();
                vec![
                    Self::Set {
                        link,
                        options: back,
                    }
                    .into(),
                ]
            }
            Self::SetPrimary { link, .. } => vec![
                Self::SetPrimary {
                    link: link.clone(),
                    primary: primary(before, link),
                }
                .into(),
            ],
            Self::AddMember { bond, link } => {
                let (bond, link) = (bond.clone(), link.clone());
                let mac = bond.find(before).and_then(|found| found.mac);
                let mut steps = vec![
                    Self::RemoveMember {
                        bond: bond.clone(),
                        link,
                    }
                    .into(),
                ];
                // One without members gets an address by chance.
                steps.extend(mac.map(|mac| LinkStep::SetMac { link: bond, mac }.into()));
                steps
            }
            Self::RemoveMember { bond, link } => {
                let (bond, link) = (bond.clone(), link.clone());
                let down = LinkStep::SetUp {
                    link: link.clone(),
                    up: false,
                };
                let preferred = primary(before, &bond).filter(|name| *name == link.name);
                let mut steps = vec![
                    down.into(),
                    Self::AddMember {
                        bond: bond.clone(),
                        link,
                    }
                    .into(),
                ];
                steps.extend(preferred.map(|name| {
                    Self::SetPrimary {
                        link: bond,
                        primary: Some(name),
                    }
                    .into()
                }));
                steps
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
                let bond = BondStatus {
                    options: options.applied_to(&BondOptions::default()),
                    ..BondStatus::default()
                };
                let link = Link {
                    mac: Some(*mac),
                    mtu: mtu.unwrap_or(DEFAULT_MTU),
                    is_up: *up,
                    alias: alias.clone(),
                    owner: Owner::of_alias(alias.as_deref()),
                    bond: Some(bond),
                    ..Link::new(index, name.into(), LinkKind::Bond)
                };
                state.links.insert(index, link);
            }
            Self::Delete { name, .. } => state.remove(name.as_str()),
            Self::Set { link, options } => {
                if let Some(bond) = link.find_mut(state).and_then(|link| link.bond.as_mut()) {
                    bond.options = options.applied_to(&bond.options);
                }
            }
            Self::SetPrimary { link, primary } => {
                let index = primary
                    .as_ref()
                    .and_then(|name| state.link(name.as_str()))
                    .map(|member| member.index);
                if let Some(bond) = link.find_mut(state).and_then(|link| link.bond.as_mut()) {
                    bond.primary = index;
                }
            }
            Self::AddMember { bond, link } => simulate_member(state, bond, link),
            Self::RemoveMember { bond, link } => simulate_leaving(state, bond, link),
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
                let claim = format!("{object} exists as a bond");
                facts.link(object, "exists", claim, |link| link.bond.is_some());
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
            Self::SetPrimary {
                link,
                primary: wanted,
            } => {
                let object = link.name.as_str();
                let claim = match wanted {
                    Some(member) => format!("{object} prefers {member}"),
                    None => format!("{object} prefers no member"),
                };
                let (link, wanted) = (link.clone(), wanted.clone());
                facts.add(object, "primary", "", claim, move |state| {
                    status(state, &link).is_some() && primary(state, &link) == wanted
                });
            }
            Self::AddMember { bond, link } => {
                // The kernel takes its IPv6 addresses and gives it the bond's MAC.
                facts.forget(|object, property, detail| {
                    object == link.name.as_str()
                        && (matches!(property, "mac" | "mtu" | "route")
                            || property == "address" && detail.contains(':'))
                });
                membership(facts, link, Some(bond));
                facts.up(link.name.as_str(), true);
            }
            Self::RemoveMember { bond, link } => {
                facts.forget(|object, property, _| {
                    object == link.name.as_str() && matches!(property, "mac" | "mtu")
                        || object == bond.name.as_str() && matches!(property, "mac" | "primary")
                });
                membership(facts, link, None);
                // The kernel sets it down; who configures it may want it up.
                facts
                    .forget(|object, property, _| object == link.name.as_str() && property == "up");
            }
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        match self {
            Self::Set { link, .. } | Self::SetPrimary { link, .. } => vec![link],
            Self::AddMember { bond, link } | Self::RemoveMember { bond, link } => vec![bond, link],
            Self::Add { .. } | Self::Delete { .. } => Vec::new(),
        }
    }

    fn makes(&self) -> Option<NewLink<'_>> {
        match self {
            Self::Add { name, mac, .. } => Some(NewLink {
                name,
                mac: *mac,
                kind: LinkKind::Bond,
            }),
            _ => None,
        }
    }

    fn touches_reach(&self, planner: &Planner, before: &HostState) -> bool {
        let (Self::RemoveMember { bond, .. }
        | Self::AddMember { bond, .. }
        | Self::Set { link: bond, .. }) = self
        else {
            let Self::Delete { name, .. } = self else {
                return false;
            };
            let bond = before.link(name.as_str());
            return bond.is_some_and(|bond| planner.carries(bond));
        };
        bond.find(before).is_some_and(|bond| {
            let above = bond.controller.and_then(|at| before.links.get(&at));
            planner.carries(bond) || above.is_some_and(|bridge| planner.carries(bridge))
        })
    }
}

impl BondStep {
    /// The link that becomes a member.
    pub(crate) const fn joining(&self) -> Option<&InterfaceName> {
        match self {
            Self::AddMember { link, .. } => Some(&link.name),
            _ => None,
        }
    }
}

/// MTU of a new link, in bytes.
const DEFAULT_MTU: u32 = 1500;

/// One fact an option, so that a later step overrides just that option.
fn options_hold(facts: &mut Facts, object: &str, patch: &BondPatch) {
    for (option, single) in patch.singles() {
        let claim = format!("{object} has {}", single.phrases().join(", "));
        facts.add(object, "option", option, claim, {
            let name = object.to_owned();
            move |state| {
                let bond = state.link(&name).and_then(|link| link.bond.as_ref());
                bond.is_some_and(|bond| single.applied_to(&bond.options) == bond.options)
            }
        });
    }
}

/// The link is a member of the bond, or of nothing.
fn membership(facts: &mut Facts, link: &LinkRef, bond: Option<&LinkRef>) {
    let object = link.name.as_str();
    let claim = match bond {
        Some(bond) => format!("{object} is a member of {}", bond.name),
        None => format!("{object} is a member of nothing"),
    };
    let (link, wanted) = (link.clone(), bond.map(|bond| bond.name.clone()));
    facts.add(object, "controller", "", claim, move |state| {
        let Some(found) = link.find(state) else {
            return false;
        };
        let controller = found.controller.and_then(|at| state.links.get(&at));
        match (&wanted, controller) {
            (None, controller) => controller.is_none(),
            (Some(name), Some(controller)) => controller.name.is(name.as_str()),
            (Some(_), None) => false,
        }
    });
}

fn status<'a>(state: &'a HostState, link: &LinkRef) -> Option<&'a BondStatus> {
    link.find(state)?.bond.as_ref()
}

/// The name of the member that a bond prefers.
fn primary(state: &HostState, bond: &LinkRef) -> Option<InterfaceName> {
    let member = state.links.get(&status(state, bond)?.primary?)?;
    member.name.to_interface_name().ok()
}

fn inverse_of_deletion(before: &HostState, name: &InterfaceName, mac: MacAddress) -> Vec<Step> {
    let Some(link) = before.link(name.as_str()) else {
        return Vec::new();
    };
    let now = link.bond.as_ref().map(|bond| bond.options);
    let now = now.unwrap_or_default();
    let mut options = BondPatch::between(&BondOptions::default(), &now);
    if now.mode != BondMode::Lacp {
        options.lacp_rate = None;
    }
    let mut steps = vec![Step::from(BondStep::Add {
        name: name.clone(),
        mac,
        options,
        alias: link.alias.clone(),
        mtu: (link.mtu != DEFAULT_MTU).then_some(link.mtu),
        up: link.is_up,
    })];
    steps.extend(SteeringStep::again(link, name));
    steps
}

fn simulate_member(state: &mut HostState, bond: &LinkRef, link: &LinkRef) {
    let Some(bond) = bond.find(state).cloned() else {
        return;
    };
    let Some(found) = link.find_mut(state) else {
        return;
    };
    found.leave();
    found.controller = Some(bond.index);
    found.bond_member = Some(BondMember {
        own_mac: found.mac,
        ..BondMember::default()
    });
    found.is_up = true;
    found.mac = bond.mac.or(found.mac);
    found.mtu = bond.mtu;
}

fn simulate_leaving(state: &mut HostState, bond: &LinkRef, link: &LinkRef) {
    let Some(found) = link.find_mut(state) else {
        return;
    };
    let index = found.index;
    if let Some(member) = found.bond_member {
        found.mac = member.own_mac.or(found.mac);
    }
    found.leave();
    found.is_up = false;
    let bond_index = bond.find(state).map(|bond| bond.index);
    let is_empty = bond_index.is_none_or(|bond| state.ports_of(bond).next().is_none());
    let Some(bond) = bond.find_mut(state) else {
        return;
    };
    // The kernel gives one without members an address by chance.
    if is_empty {
        bond.mac = None;
    }
    if let Some(status) = &mut bond.bond
        && status.primary == Some(index)
    {
        status.primary = None;
    }
}
