// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about Linux bridges, as netlink requests.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoPortData, InfoPortKind, LinkAttribute, LinkInfo,
};
use nova_model::bridge::{BridgePatch, PortPatch};
use nova_model::link::LinkKind;
use nova_model::name::InterfaceName;
use nova_model::step::{BridgeStep, LinkRef, NewLink, PortStep};
use rustix::io::Errno;

use crate::bridge;
use crate::execute::{Executor, Undone, vanished_or, with};
use crate::execute_new::Making;
use crate::execute_vlan::NO_FILTERING;
use crate::failure::Failure;
use crate::link::{self, LinkNews};

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
            } => {
                let made = self.make(&Making {
                    link: NewLink {
                        name,
                        mac: *mac,
                        kind: LinkKind::Bridge,
                    },
                    info: vec![
                        LinkInfo::Kind(InfoKind::Bridge),
                        LinkInfo::Data(InfoData::Bridge(bridge::options(options))),
                    ],
                    lower: None,
                    alias: alias.as_deref(),
                    mtu: *mtu,
                    up: *up,
                });
                let done = match made {
                    Err(failure)
                        if failure.errno == Errno::OPNOTSUPP && concerns_vlans(options) =>
                    {
                        return Err(no_filtering());
                    }
                    made => made?,
                };
                if concerns_vlans(options) && !self.knows_vlans(name)? {
                    return Err(no_filtering());
                }
                Ok(done)
            }
            BridgeStep::Delete { name, mac } => {
                let bridge = NewLink {
                    name,
                    mac: *mac,
                    kind: LinkKind::Bridge,
                };
                self.require_empty(&bridge)?;
                self.delete(&bridge)
            }
            BridgeStep::Set { link, options } => self.set_bridge(link, options),
        }
    }

    /// Refuses where a port is attached. A plan detaches the ports it knows
    /// before it deletes a bridge, and its undo those it attached: one that is
    /// still there came from somebody else meanwhile, as the tap of a machine
    /// that was started, and nobody would attach it again.
    pub(crate) fn require_empty(&mut self, bridge: &NewLink<'_>) -> Result<(), Failure> {
        let Some(found) = self.look(bridge.name)?.filter(|found| bridge.is(found)) else {
            return Ok(());
        };
        let ports =
            self.socket
                .dump(&link::ports_of(found.index), |ports: &mut Vec<_>, frame| {
                    if let LinkNews::Whole(port) = link::decode(frame.payload)
                        && port.controller == Some(found.index)
                    {
                        ports.push(port.name);
                    }
                })?;
        match ports.first() {
            None => Ok(()),
            Some(port) => Err(Failure {
                errno: Errno::BUSY,
                text: Some(format!("{port} is attached to it")),
            }),
        }
    }

    fn set_bridge(&mut self, link: &LinkRef, patch: &BridgePatch) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(status) = found.bridge else {
            return Ok(Undone::Vanished);
        };
        if concerns_vlans(patch) && !status.knows_vlans {
            return Err(no_filtering());
        }
        let wanted = patch.applied_to(&status.options);
        let mut patch = BridgePatch {
            // The one that is told is not the one that is set.
            ageing_time: patch.ageing_time.filter(|_| status.hides_ageing),
            ..*patch
        };
        let difference = BridgePatch::between(&status.options, &wanted);
        patch = BridgePatch {
            ageing_time: patch.ageing_time.or(difference.ageing_time),
            ..difference
        };
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

    /// The kernel takes options of VLANs silently where it has none.
    fn knows_vlans(&mut self, name: &InterfaceName) -> Result<bool, Failure> {
        let found = self.look(name)?;
        Ok(found
            .and_then(|link| link.bridge)
            .is_some_and(|bridge| bridge.knows_vlans))
    }

    pub(crate) fn port_step(&mut self, step: &PortStep) -> Result<Undone, Failure> {
        let PortStep::Set { link, options } = step;
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(port) = found.port else {
            return Ok(Undone::Vanished);
        };
        let wanted = options.applied_to(&port.options);
        let patch = PortPatch::between(&port.options, &wanted);
        if patch.is_empty() {
            return Ok(Undone::AlreadySo);
        }
        let info = LinkAttribute::LinkInfo(vec![
            LinkInfo::PortKind(InfoPortKind::Bridge),
            LinkInfo::PortData(InfoPortData::BridgePort(bridge::port_options(&patch))),
        ]);
        let request = RouteNetlinkMessage::NewLink(with(found.index, [info]));
        vanished_or(self.socket.change(request, 0))
    }
}

const fn concerns_vlans(options: &BridgePatch) -> bool {
    options.vlan_filtering.is_some()
        || options.default_pvid.is_some()
        || options.vlan_protocol.is_some()
}

fn no_filtering() -> Failure {
    Failure {
        errno: Errno::OPNOTSUPP,
        text: Some(NO_FILTERING.to_owned()),
    }
}
