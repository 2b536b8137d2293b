// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about Linux bridges, as netlink requests.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoData, InfoKind, LinkAttribute, LinkInfo};
use nova_model::bridge::BridgePatch;
use nova_model::link::LinkKind;
use nova_model::step::{BridgeStep, LinkRef, NewLink};

use crate::bridge;
use crate::execute::{Executor, Undone, vanished_or, with};
use crate::execute_new::Making;
use crate::failure::Failure;

impl Executor {
    pub(crate) fn bridge_step(&mut self, step: &BridgeStep) -> Result<Undone, Failure> {
        match step {
            BridgeStep::Add {
                name,
                mac,
                options,
                alias,
                mtu,
                up,
            } => self.make(&Making {
                link: NewLink {
                    name,
                    mac: *mac,
                    kind: &LinkKind::Bridge,
                },
                info: vec![
                    LinkInfo::Kind(InfoKind::Bridge),
                    LinkInfo::Data(InfoData::Bridge(bridge::options(options))),
                ],
                lower: None,
                alias: alias.as_deref(),
                mtu: *mtu,
                up: *up,
            }),
            BridgeStep::Delete { name, mac } => self.delete(&NewLink {
                name,
                mac: *mac,
                kind: &LinkKind::Bridge,
            }),
            BridgeStep::Set { link, options } => self.set_bridge(link, options),
        }
    }

    fn set_bridge(&mut self, link: &LinkRef, patch: &BridgePatch) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(status) = found.bridge else {
            return Ok(Undone::Vanished);
        };
        let wanted = patch.applied_to(&status.options);
        let mut patch = BridgePatch::between(&status.options, &wanted);
        if patch.is_empty() {
            return Ok(Undone::AlreadySo);
        }
        // The kernel limits the forward delay while STP runs, and sets it
        // before it turns STP off.
        if patch.stp == Some(false) && patch.forward_delay.is_some() {
            let off = BridgePatch {
                stp: patch.stp.take(),
                ..BridgePatch::default()
            };
            self.request_options(found.index, &off)?;
        }
        self.request_options(found.index, &patch)
    }

    fn request_options(&mut self, index: u32, patch: &BridgePatch) -> Result<Undone, Failure> {
        let info = LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Bridge),
            LinkInfo::Data(InfoData::Bridge(bridge::options(patch))),
        ]);
        let request = RouteNetlinkMessage::NewLink(with(index, [info]));
        vanished_or(self.socket.change(request, 0))
    }
}
