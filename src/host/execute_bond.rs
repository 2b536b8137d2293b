// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about bonds, as netlink requests.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoBond, InfoData, InfoKind, LinkAttribute, LinkInfo};
use nova_model::bond::{BondMode, BondPatch};
use nova_model::link::LinkKind;
use nova_model::name::InterfaceName;
use nova_model::step::{BondStep, LinkRef, NewLink};
use rustix::io::Errno;

use crate::bond;
use crate::execute::{Executor, Undone, vanished_or, with};
use crate::execute_new::Making;
use crate::failure::Failure;

impl Executor {
    pub(crate) fn bond_step(&mut self, step: &BondStep) -> Result<Undone, Failure> {
        match step {
            BondStep::Add {
                name,
                mac,
                options,
                alias,
                mtu,
                up,
            } => self
                .make(&Making {
                    link: NewLink {
                        name,
                        mac: *mac,
                        kind: LinkKind::Bond,
                    },
                    info: info(bond::options(options)),
                    lower: None,
                    alias: alias.as_deref(),
                    mtu: *mtu,
                    up: *up,
                })
                .map_err(|failure| match failure.errno {
                    Errno::OPNOTSUPP => Failure {
                        text: Some("this kernel has no bonds".to_owned()),
                        ..failure
                    },
                    _ => failure,
                }),
            BondStep::Delete { name, mac } => {
                let bond = NewLink {
                    name,
                    mac: *mac,
                    kind: LinkKind::Bond,
                };
                self.require_empty(&bond)?;
                self.delete(&bond)
            }
            BondStep::Set { link, options } => self.set_bond(link, options),
            BondStep::SetPrimary { link, primary } => self.set_primary(link, primary.as_ref()),
            BondStep::AddMember { bond, link } => {
                if self.prove(bond)?.is_none() {
                    return Ok(Undone::Vanished);
                }
                self.set_controller(link, Some(&bond.name))
            }
            BondStep::RemoveMember { bond, link } => {
                let (Some(bond), Some(found)) = (self.prove(bond)?, self.prove(link)?) else {
                    return Ok(Undone::Vanished);
                };
                match found.controller {
                    Some(controller) if controller == bond.index => self.set_controller(link, None),
                    None => Ok(Undone::AlreadySo),
                    Some(_) => Ok(Undone::Vanished),
                }
            }
        }
    }

    fn set_bond(&mut self, link: &LinkRef, patch: &BondPatch) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(status) = found.bond else {
            return Ok(Undone::Vanished);
        };
        let wanted = patch.applied_to(&status.options);
        let mut patch = BondPatch::between(&status.options, &wanted);
        if patch.is_empty() {
            return Ok(Undone::AlreadySo);
        }
        // The kernel takes a rate in its own mode only, and sets the mode first.
        if status.options.mode == BondMode::Lacp
            && patch.mode.is_some()
            && patch.lacp_rate.is_some()
        {
            let rate = BondPatch {
                lacp_rate: patch.lacp_rate.take(),
                ..BondPatch::default()
            };
            self.request_bond(found.index, bond::options(&rate))?;
        }
        // The kernel counts delays in intervals: they change with the interval
        // unless they are set again, and cannot be set where there is none.
        if patch.miimon == Some(0) {
            let delays = BondPatch {
                up_delay: patch.up_delay.take().filter(|_| status.options.miimon > 0),
                down_delay: patch
                    .down_delay
                    .take()
                    .filter(|_| status.options.miimon > 0),
                ..BondPatch::default()
            };
            if !delays.is_empty() {
                self.request_bond(found.index, bond::options(&delays))?;
            }
        } else if patch.miimon.is_some() {
            patch.up_delay = Some(wanted.up_delay);
            patch.down_delay = Some(wanted.down_delay);
        }
        self.request_bond(found.index, bond::options(&patch))
    }

    fn set_primary(
        &mut self,
        link: &LinkRef,
        primary: Option<&InterfaceName>,
    ) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(status) = found.bond else {
            return Ok(Undone::Vanished);
        };
        let index = match primary {
            None => None,
            Some(name) => match self.look(name)? {
                Some(member) => Some(member.index),
                None => return Ok(Undone::Vanished),
            },
        };
        if status.primary == index {
            return Ok(Undone::AlreadySo);
        }
        // Index 0 is no link: none is preferred any more.
        let data = vec![InfoBond::Primary(index.unwrap_or_default())];
        self.request_bond(found.index, data)
    }

    fn request_bond(&mut self, index: u32, data: Vec<InfoBond>) -> Result<Undone, Failure> {
        let attribute = LinkAttribute::LinkInfo(info(data));
        let request = RouteNetlinkMessage::NewLink(with(index, [attribute]));
        vanished_or(self.socket.change(request, 0))
    }
}

fn info(data: Vec<InfoBond>) -> Vec<LinkInfo> {
    vec![
        LinkInfo::Kind(InfoKind::Bond),
        LinkInfo::Data(InfoData::Bond(data)),
    ]
}
