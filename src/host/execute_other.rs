// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What of bridges and ports is only read and brought back: options that Nova
//! does not offer, addresses that somebody set behind a port.

use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_REPLACE};
use netlink_packet_route::link::{
    InfoBridge, InfoBridgePort, InfoData, InfoKind, InfoPortData, InfoPortKind, LinkAttribute,
    LinkInfo,
};
use netlink_packet_route::neighbour::{
    NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nova_model::fdb::{FdbEntry, FixedAddress, MdbEntry};
use nova_model::other_option::{OF_BRIDGE, OF_PORT, OtherOption, OtherOptions, SWITCHES};
use nova_model::step::{FdbStep, MdbStep, OtherStep};
use rustix::io::Errno;

use crate::attribute::{attributes, u8_of, u16_of, u32_of, u64_of};
use crate::execute::{Executor, Undone, vanished_or, with};
use crate::failure::Failure;
use crate::{fdb, mdb};

/// What of a bridge's `IFLA_INFO_DATA` is not as on a new one.
pub(crate) fn of_bridge(data: &[u8]) -> OtherOptions {
    read(data, &OF_BRIDGE)
}

/// What of a port's `IFLA_INFO_SLAVE_DATA` is not as on a new one.
pub(crate) fn of_port(data: &[u8]) -> OtherOptions {
    read(data, &OF_PORT)
}

fn read(data: &[u8], known: &[OtherOption]) -> OtherOptions {
    let mut options = OtherOptions::new();
    for attribute in attributes(data) {
        let Some(option) = known
            .iter()
            .find(|option| option.attribute == attribute.kind)
        else {
            continue;
        };
        let value = match (option.word, option.bytes) {
            // struct br_boolopt_multi: which are on, which are known.
            (SWITCHES, _) | (_, 4) => u32_of(attribute.value).map(u64::from),
            (_, 1) => u8_of(attribute.value).map(u64::from),
            (_, 2) => u16_of(attribute.value).map(u64::from),
            _ => u64_of(attribute.value),
        };
        if let Some(value) = value {
            option.note(value, &mut options);
        }
    }
    options
}

/// The options as attributes.
fn encode(options: &OtherOptions, known: &[OtherOption]) -> Result<Vec<DefaultNla>, Failure> {
    let mut encoded = Vec::new();
    for (word, value) in options {
        let option = known.iter().find(|option| option.word == word);
        let Some(option) = option else {
            return Err(Failure {
                errno: Errno::INVAL,
                text: Some(format!("there is no option {}", word.escape_debug())),
            });
        };
        let bytes = match (option.word, option.bytes) {
            // Those that are on, and again as those that are meant.
            (SWITCHES, _) => u32::try_from(*value).map(|on| [on.to_ne_bytes(); 2].concat()),
            (_, 1) => u8::try_from(*value).map(|value| value.to_ne_bytes().to_vec()),
            (_, 2) => u16::try_from(*value).map(|value| value.to_ne_bytes().to_vec()),
            (_, 4) => u32::try_from(*value).map(|value| value.to_ne_bytes().to_vec()),
            _ => Ok(value.to_ne_bytes().to_vec()),
        };
        let bytes = bytes.map_err(|_| Failure::new(Errno::RANGE))?;
        encoded.push(DefaultNla::new(option.attribute, bytes));
    }
    Ok(encoded)
}

impl Executor {
    pub(crate) fn other_step(&mut self, step: &OtherStep) -> Result<Undone, Failure> {
        let Some(found) = self.prove(&step.link)? else {
            return Ok(Undone::Vanished);
        };
        let (now, is_there) = if step.as_port {
            (&found.port_others, found.port.is_some())
        } else {
            (&found.bridge_others, found.bridge.is_some())
        };
        if !is_there {
            return Ok(Undone::Vanished);
        }
        let mut wanted = step.options.clone();
        wanted.retain(|word, value| now.get(word) != Some(value));
        if wanted.is_empty() {
            return Ok(Undone::AlreadySo);
        }
        let info = if step.as_port {
            let data = encode(&wanted, &OF_PORT)?;
            vec![
                LinkInfo::PortKind(InfoPortKind::Bridge),
                LinkInfo::PortData(InfoPortData::BridgePort(
                    data.into_iter().map(InfoBridgePort::Other).collect(),
                )),
            ]
        } else {
            let data = encode(&wanted, &OF_BRIDGE)?;
            vec![
                LinkInfo::Kind(InfoKind::Bridge),
                LinkInfo::Data(InfoData::Bridge(
                    data.into_iter().map(InfoBridge::Other).collect(),
                )),
            ]
        };
        let request =
            RouteNetlinkMessage::NewLink(with(found.index, [LinkAttribute::LinkInfo(info)]));
        vanished_or(self.socket.change(request, 0))
    }

    pub(crate) fn fdb_step(&mut self, step: &FdbStep) -> Result<Undone, Failure> {
        let Some(found) = self.prove(&step.link)? else {
            return Ok(Undone::Vanished);
        };
        if found.port.is_none() {
            return Ok(Undone::Vanished);
        }
        let known = fdb::read_all(&mut self.socket, found.controller)?;
        let is_so = |entry: &FdbEntry| {
            entry.link == found.index && entry.fixed_address() == Some(step.address)
        };
        if known.iter().any(is_so) {
            return Ok(Undone::AlreadySo);
        }
        let mut message = NeighbourMessage::default();
        message.header.family = AddressFamily::Bridge;
        message.header.ifindex = found.index;
        message.header.state = NeighbourState::Noarp;
        message.header.flags = NeighbourFlags::Controller;
        let FixedAddress { mac, vlan } = step.address;
        message.attributes = vec![NeighbourAttribute::LinkLayerAddress(mac.0.to_vec())];
        message
            .attributes
            .extend(vlan.map(|vlan| NeighbourAttribute::Vlan(vlan.number())));
        let request = RouteNetlinkMessage::NewNeighbour(message);
        // In the place of one that was learned meanwhile.
        vanished_or(self.socket.change(request, NLM_F_CREATE | NLM_F_REPLACE))
    }

    pub(crate) fn mdb_step(&mut self, step: &MdbStep) -> Result<Undone, Failure> {
        let Some(found) = self.prove(&step.link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(bridge) = found.controller.filter(|_| found.port.is_some()) else {
            return Ok(Undone::Vanished);
        };
        let is_so =
            |entry: &MdbEntry| entry.link == found.index && entry.fixed_group() == Some(step.group);
        if mdb::read(&mut self.socket)?.iter().any(is_so) {
            return Ok(Undone::AlreadySo);
        }
        let body = mdb::permanent(bridge, found.index, step.group);
        // In the place of one that a machine asked for meanwhile.
        let flags = NLM_F_CREATE | NLM_F_REPLACE;
        vanished_or(self.socket.change_bytes(mdb::RTM_NEWMDB, &body, flags))
    }
}
