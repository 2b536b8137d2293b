// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The forwarding database of a bridge as netlink carries it.

use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nova_model::Result;
use nova_model::address::MacAddress;
use nova_model::fdb::{FdbEntry, FdbOrigin};
use nova_model::vlan::VlanId;

use crate::attribute::{attributes, u16_of, u32_of};
use crate::failure::Failure;
use crate::socket::Socket;

pub(crate) const RTM_NEWNEIGH: u16 = 28;
pub(crate) const RTM_DELNEIGH: u16 = 29;
/// `AF_BRIDGE`, the first byte of a message.
pub(crate) const FAMILY: u8 = 7;
const HEADER_BYTES: usize = 12;
const NDA_LLADDR: u16 = 2;
const NDA_CACHEINFO: u16 = 3;
const NDA_VLAN: u16 = 5;
const NDA_MASTER: u16 = 9;
const NUD_NOARP: u16 = 0x40;
const NUD_PERMANENT: u16 = 0x80;
/// The kernel counts ages in hundredths of a second (`USER_HZ`).
const HUNDREDTHS: u32 = 100;

/// Reads what the bridge with this index knows of addresses, sorted. Needs no
/// privilege.
///
/// # Errors
/// `Internal` where netlink does not work.
pub fn fdb(bridge: u32) -> Result<Vec<FdbEntry>> {
    read(bridge).map_err(|failure| failure.about("the forwarding database"))
}

fn read(bridge: u32) -> std::result::Result<Vec<FdbEntry>, Failure> {
    let mut found = read_all(&mut Socket::new()?, Some(bridge))?;
    found.retain(|entry| entry.bridge == bridge);
    Ok(found)
}

/// Reads what all bridges know, or that one, sorted.
pub(crate) fn read_all(
    socket: &mut Socket,
    bridge: Option<u32>,
) -> std::result::Result<Vec<FdbEntry>, Failure> {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Bridge;
    message
        .attributes
        .extend(bridge.map(NeighbourAttribute::Controller));
    let request = RouteNetlinkMessage::GetNeighbour(message);
    let mut found = socket.dump(&request, |found: &mut Vec<FdbEntry>, frame| {
        if frame.kind == RTM_NEWNEIGH {
            found.extend(decode(frame.payload));
        }
    })?;
    found.sort();
    found.dedup();
    Ok(found)
}

/// Reads one entry of a bridge; cards keep lists of their own, which are told
/// as well and left out.
pub(crate) fn decode(payload: &[u8]) -> Option<FdbEntry> {
    let link = payload.get(4..).and_then(u32_of)?;
    let state = payload.get(8..).and_then(u16_of)?;
    let mut mac = None;
    let mut vlan = None;
    let mut idle = None;
    let mut of = None;
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        match attribute.kind {
            NDA_LLADDR => mac = attribute.value.try_into().ok().map(MacAddress),
            NDA_VLAN => vlan = u16_of(attribute.value).and_then(|id| VlanId::new(id).ok()),
            NDA_MASTER => of = u32_of(attribute.value),
            // Confirmed, used, updated.
            NDA_CACHEINFO => idle = attribute.value.get(8..).and_then(u32_of),
            _ => {}
        }
    }
    let origin = if state & NUD_PERMANENT != 0 {
        FdbOrigin::Own
    } else if state & NUD_NOARP != 0 {
        FdbOrigin::Set
    } else {
        FdbOrigin::Learned
    };
    Some(FdbEntry {
        bridge: of?,
        link,
        mac: mac?,
        vlan,
        origin,
        idle: idle
            .filter(|_| origin == FdbOrigin::Learned)
            .map(|time| time / HUNDREDTHS),
    })
}
