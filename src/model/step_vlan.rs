// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about VLANs: what a port carries, and 802.1Q sub-interfaces.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::bridge::VlanProtocol;
use crate::fact::Facts;
use crate::link::{Link, LinkKind, Owner};
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{LinkRef, NewLink, SteeringStep, Step, StepGroup};
use crate::vlan::VlanId;
use crate::vlan_table::VlanTable;

/// A step about VLANs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VlanStep {
    /// Has a port, or a bridge towards this host, carry these VLANs.
    Set {
        /// The port or the bridge.
        link: LinkRef,
        /// Whether it is the bridge itself.
        itself: bool,
        /// What it carried when this was planned.
        from: VlanTable,
        /// What it is to carry.
        to: VlanTable,
    },
    /// Makes an 802.1Q sub-interface.
    AddLink {
        /// Its name.
        name: InterfaceName,
        /// The link below.
        lower: LinkRef,
        /// Its VLAN.
        vlan: VlanId,
        /// The kind of its tags.
        protocol: VlanProtocol,
        /// Its MAC address.
        mac: MacAddress,
        /// Its alias.
        alias: Option<String>,
        /// MTU in bytes, where it is not that of the link below.
        mtu: Option<u32>,
        /// Whether to set it up at once.
        up: bool,
    },
    /// Deletes the sub-interface with this name, VLAN and MAC address.
    DeleteLink {
        /// Its name.
        name: InterfaceName,
        /// Its VLAN.
        vlan: VlanId,
        /// Its MAC address.
        mac: MacAddress,
    },
}

impl StepGroup for VlanStep {
    fn title(&self) -> String {
        match self {
            Self::Set { link, to, .. } => format!("Have {} carry VLANs: {to}", link.name),
            Self::AddLink {
                name, lower, vlan, ..
            } => format!("Create {name} for VLAN {vlan} on {}", lower.name),
            Self::DeleteLink { name, vlan, .. } => format!("Delete {name} of VLAN {vlan}"),
        }
    }

    fn command(&self) -> String {
        match self {
            Self::Set {
                link,
                itself,
                from,
                to,
            } => {
                let name = &link.name;
                let own = if *itself { " self" } else { "" };
                let added = from.additions(to).into_iter().map(|range| {
                    format!(
                        "bridge vlan add dev {name} vid {range}{}{own}",
                        range.flags()
                    )
                });
                let gone = from.removals(to);
                let removed = gone
                    .ranges()
                    .into_iter()
                    .map(|(first, last)| {
                        let range = if first == last {
                            first.to_string()
                        } else {
                            format!("{first}-{last}")
                        };
                        format!("bridge vlan delete dev {name} vid {range}{own}")
                    })
                    .collect::<Vec<_>>();
                added.chain(removed).collect::<Vec<_>>().join("\n")
            }
            Self::AddLink {
                name,
                lower,
                vlan,
                protocol,
                mac,
                alias,
                mtu,
                up,
            } => {
                let mut lines = vec![format!(
                    "ip link add link {} name {name} address {mac} type vlan protocol {} id {vlan}",
                    lower.name,
                    protocol.word()
                )];
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
            Self::DeleteLink { name, .. } => format!("ip link delete dev {name} type vlan"),
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Set { link, .. } => format!("VLANs of {}", link.name),
            Self::AddLink { name, .. } | Self::DeleteLink { name, .. } => name.to_string(),
        }
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        match self {
            Self::Set {
                link, itself, to, ..
            } => link
                .find(before)
                .map(|found| {
                    Self::Set {
                        link: link.clone(),
                        itself: *itself,
                        from: to.clone(),
                        to: found.vlans.clone(),
                    }
                    .into()
                })
                .into_iter()
                .collect(),
            Self::AddLink {
                name, vlan, mac, ..
            } => vec![
                Self::DeleteLink {
                    name: name.clone(),
                    vlan: *vlan,
                    mac: *mac,
                }
                .into(),
            ],
            Self::DeleteLink { name, vlan, mac } => {
                let link = before.link(name.as_str());
                let steering = link.and_then(|link| SteeringStep::again(link, name));
                let link = again(before, name, *vlan, *mac);
                link.into_iter().chain(steering).collect()
            }
        }
    }

    fn simulate(&self, state: &mut HostState) {
        match self {
            Self::Set { link, to, .. } => {
                if let Some(found) = link.find_mut(state) {
                    found.vlans.clone_from(to);
                }
            }
            Self::AddLink {
                name,
                lower,
                vlan,
                protocol,
                mac,
                alias,
                mtu,
                up,
            } => {
                let Some(below) = lower.find(state) else {
                    return;
                };
                let index = state.links.keys().next_back().map_or(1, |last| last + 1);
                let kind = LinkKind::Vlan {
                    vid: vlan.number(),
                    protocol: *protocol,
                };
                let link = Link {
                    mac: Some(*mac),
                    mtu: mtu.unwrap_or(below.mtu),
                    is_up: *up,
                    lower: Some(below.index),
                    alias: alias.clone(),
                    owner: Owner::of_alias(alias.as_deref()),
                    ..Link::new(index, name.into(), kind)
                };
                state.links.insert(index, link);
            }
            Self::DeleteLink { name, .. } => state.remove(name.as_str()),
        }
    }

    fn facts(&self, facts: &mut Facts) {
        match self {
            Self::Set { link, to, .. } => {
                let object = link.name.as_str();
                let wanted = to.clone();
                let claim = format!("{object} carries VLANs: {to}");
                facts.link(object, "vlans", claim, move |link| link.vlans == wanted);
            }
            Self::AddLink {
                name,
                lower,
                vlan,
                mac,
                alias,
                mtu,
                up,
                ..
            } => {
                let object = name.as_str();
                let below = lower.name.clone();
                let number = vlan.number();
                let claim = format!("{object} carries VLAN {vlan} of {below}");
                let own = object.to_owned();
                facts.add(object, "exists", "", claim, move |state| {
                    state.link(&own).is_some_and(|link| {
                        matches!(link.kind, LinkKind::Vlan { vid, .. } if vid == number)
                            && link
                                .lower
                                .and_then(|index| state.links.get(&index))
                                .is_some_and(|link| link.name.is(below.as_str()))
                    })
                });
                facts.mac(object, *mac);
                facts.up(object, *up);
                if let Some(alias) = alias {
                    facts.alias(object, alias.clone());
                }
                if let Some(mtu) = *mtu {
                    facts.mtu(object, mtu);
                }
            }
            Self::DeleteLink { name, mac, .. } => facts.gone(name.as_str(), *mac),
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        match self {
            Self::Set { link, .. } => vec![link],
            Self::AddLink { lower, .. } => vec![lower],
            Self::DeleteLink { .. } => Vec::new(),
        }
    }

    fn makes(&self) -> Option<NewLink<'_>> {
        match self {
            Self::AddLink {
                name,
                mac,
                vlan,
                protocol,
                ..
            } => Some(NewLink {
                name,
                mac: *mac,
                kind: LinkKind::Vlan {
                    vid: vlan.number(),
                    protocol: *protocol,
                },
            }),
            Self::Set { .. } | Self::DeleteLink { .. } => None,
        }
    }

    fn touches_reach(&self, planner: &Planner, before: &HostState) -> bool {
        match self {
            Self::Set { link, .. } => link.find(before).is_some_and(|link| {
                planner.carries(link)
                    || link
                        .controller
                        .and_then(|index| before.links.get(&index))
                        .is_some_and(|bridge| planner.carries(bridge))
            }),
            Self::DeleteLink { name, .. } => before
                .link(name.as_str())
                .is_some_and(|link| planner.carries(link)),
            Self::AddLink { .. } => false,
        }
    }
}

/// The step that makes a sub-interface again as it was.
fn again(before: &HostState, name: &InterfaceName, vlan: VlanId, mac: MacAddress) -> Option<Step> {
    let link = before.link(name.as_str())?;
    let LinkKind::Vlan { protocol, .. } = link.kind else {
        return None;
    };
    let below = before.links.get(&link.lower?)?;
    Some(
        VlanStep::AddLink {
            name: name.clone(),
            lower: LinkRef {
                name: below.name.to_interface_name().ok()?,
                index: Some(below.index),
            },
            vlan,
            protocol,
            mac,
            alias: link.alias.clone(),
            mtu: (link.mtu != below.mtu).then_some(link.mtu),
            up: link.is_up,
        }
        .into(),
    )
}
