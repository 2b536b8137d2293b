// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about VLANs, as netlink requests.

use netlink_packet_route::link::{self, InfoData, InfoKind, InfoVlan, LinkInfo};
use nova_model::bridge::VlanProtocol;
use nova_model::link::LinkKind;
use nova_model::step::{LinkRef, NewLink, VlanStep};
use nova_model::vlan_table::VlanTable;
use rustix::io::Errno;

use crate::execute::{Executor, Undone, vanished_or};
use crate::execute_new::Making;
use crate::failure::Failure;
use crate::vlan;

/// What is said where the kernel was built without it.
pub(crate) const NO_FILTERING: &str = "this kernel has no VLAN filtering";

impl Executor {
    pub(crate) fn vlan_step(&mut self, step: &VlanStep) -> Result<Undone, Failure> {
        match step {
            VlanStep::Set {
                link, itself, to, ..
            } => self.set_vlans(link, *itself, to),
            VlanStep::AddLink {
                name,
                lower,
                vlan,
                protocol,
                mac,
                alias,
                mtu,
                up,
            } => {
                let Some(below) = self.prove(lower)? else {
                    return Ok(Undone::Vanished);
                };
                self.make(&Making {
                    link: NewLink {
                        name,
                        mac: *mac,
                        kind: LinkKind::Vlan {
                            vid: vlan.number(),
                            protocol: *protocol,
                        },
                    },
                    info: vec![
                        LinkInfo::Kind(InfoKind::Vlan),
                        LinkInfo::Data(InfoData::Vlan(vec![
                            InfoVlan::Id(vlan.number()),
                            InfoVlan::Protocol(match protocol {
                                VlanProtocol::Dot1Q => link::VlanProtocol::Ieee8021Q,
                                VlanProtocol::Dot1Ad => link::VlanProtocol::Ieee8021Ad,
                            }),
                        ])),
                    ],
                    lower: Some(below.index),
                    alias: alias.as_deref(),
                    mtu: *mtu,
                    up: *up,
                })
                .map_err(|failure| match failure.errno {
                    Errno::OPNOTSUPP => Failure {
                        text: Some("this kernel has no 802.1Q sub-interfaces".to_owned()),
                        ..failure
                    },
                    _ => failure,
                })
            }
            VlanStep::DeleteLink { name, vlan, mac } => {
                let Some(found) = self.look(name)? else {
                    return Ok(Undone::AlreadySo);
                };
                let LinkKind::Vlan { vid, protocol } = found.kind else {
                    return Ok(Undone::Vanished);
                };
                if vid != vlan.number() {
                    return Ok(Undone::Vanished);
                }
                self.delete(&NewLink {
                    name,
                    mac: *mac,
                    kind: LinkKind::Vlan { vid, protocol },
                })
            }
        }
    }

    /// Adds first and takes away afterwards, so that what stays is carried all
    /// the time.
    fn set_vlans(
        &mut self,
        link: &LinkRef,
        itself: bool,
        to: &VlanTable,
    ) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        if found.is_bridge() != itself {
            return Ok(Undone::Vanished);
        }
        let bridge = match found.controller {
            Some(index) if !itself => self.ask(crate::link::by_index(index))?,
            _ => Some(found.clone()),
        };
        let Some(bridge) = bridge.filter(nova_model::link::Link::is_bridge) else {
            return Ok(Undone::Vanished);
        };
        if bridge.bridge.is_none_or(|status| !status.knows_vlans) {
            return Err(Failure {
                errno: Errno::OPNOTSUPP,
                text: Some(NO_FILTERING.to_owned()),
            });
        }
        let index = found.index;
        let links = [(bridge.index, bridge), (index, found)].into();
        let now = vlan::read(&mut self.socket, &links)?
            .remove(&index)
            .unwrap_or_default();
        if now == *to {
            return Ok(Undone::AlreadySo);
        }
        let requests = vlan::additions(index, itself, &now.additions(to))
            .into_iter()
            .chain(vlan::removals(index, itself, &now.removals(to)));
        for request in requests {
            if vanished_or(self.socket.change(request, 0))? == Undone::Vanished {
                return Ok(Undone::Vanished);
            }
        }
        Ok(Undone::Done)
    }
}
