// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Whether a neighbour answers: the kernel is made to ask it by ARP or NDP
//! (`ip neigh`). Asking needs `CAP_NET_ADMIN`.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_REPLACE};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;

use crate::attribute::{address_of, attributes, u16_of, u32_of};
use crate::failure::Failure;
use crate::route::RTM_NEWROUTE;
use crate::socket::Socket;

const RTM_NEWNEIGH: u16 = 28;
const ROUTE_HEADER_BYTES: usize = 12;
const RTN_UNICAST: u8 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_VIA: u16 = 18;
const NEIGHBOUR_HEADER_BYTES: usize = 12;
const NDA_DST: u16 = 1;
const NUD_REACHABLE: u16 = 0x02;
/// Reachable, stale, delayed, probed.
const NUD_FOUND: u16 = 0x1e;
const NUD_NOARP: u16 = 0x40;
const NUD_PERMANENT: u16 = 0x80;

/// The first neighbour on the way to somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hop {
    /// Index of the link it is on.
    pub(crate) link: u32,
    /// Its address.
    pub(crate) address: IpAddr,
}

/// The first neighbour on the way from `source` to `target`. `None` where no
/// way leads there, or none leaves the host.
pub(crate) fn next_hop(
    socket: &mut Socket,
    target: IpAddr,
    source: Option<IpAddr>,
) -> Result<Option<Hop>, Failure> {
    let mut message = RouteMessage::default();
    let bits = if target.is_ipv4() { 32 } else { 128 };
    message.header.address_family = family(target);
    message.header.destination_prefix_length = bits;
    message
        .attributes
        .push(RouteAttribute::Destination(RouteAddress::from(target)));
    if let Some(source) = source {
        message.header.source_prefix_length = bits;
        message
            .attributes
            .push(RouteAttribute::Source(RouteAddress::from(source)));
    }
    let found = socket.get(RouteNetlinkMessage::GetRoute(message), |frame| {
        if frame.kind != RTM_NEWROUTE || frame.payload.get(7) != Some(&RTN_UNICAST) {
            return None;
        }
        let mut link = None;
        let mut address = target;
        for attribute in attributes(frame.payload.get(ROUTE_HEADER_BYTES..)?) {
            match attribute.kind {
                RTA_OIF => link = u32_of(attribute.value),
                RTA_GATEWAY => address = address_of(attribute.value)?,
                RTA_VIA => address = attribute.value.get(2..).and_then(address_of)?,
                _ => {}
            }
        }
        Some(Hop {
            link: link?,
            address,
        })
    });
    match found {
        Ok(hop) => Ok(hop),
        // No route, a route that forbids, or an address that is not the host's.
        Err(failure)
            if matches!(
                failure.errno,
                Errno::NETUNREACH | Errno::HOSTUNREACH | Errno::INVAL | Errno::ACCESS | Errno::SRCH
            ) =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// Whom this host knows through these links: those whose hardware addresses it has
/// found out.
pub(crate) fn acquaintances(socket: &mut Socket, links: &[u32]) -> Result<Vec<Hop>, Failure> {
    let request = RouteNetlinkMessage::GetNeighbour(NeighbourMessage::default());
    socket.dump(&request, |found: &mut Vec<Hop>, frame| {
        if frame.kind == RTM_NEWNEIGH {
            let hop = decode(frame.payload).filter(|hop| links.contains(&hop.link));
            found.extend(hop);
        }
    })
}

/// One whose hardware address was found out.
fn decode(payload: &[u8]) -> Option<Hop> {
    // struct ndmsg: family, padding, index, state, flags, type.
    let link = u32_of(payload.get(4..)?)?;
    let state = u16_of(payload.get(8..)?)?;
    if state & NUD_FOUND == 0 {
        return None;
    }
    let mut all = attributes(payload.get(NEIGHBOUR_HEADER_BYTES..)?);
    let address = all.find(|attribute| attribute.kind == NDA_DST)?;
    let address = address_of(address.value)?;
    Some(Hop { link, address })
}

/// Has the kernel ask a neighbour whether it is there, now.
pub(crate) fn ask(socket: &mut Socket, hop: Hop) -> Result<(), Failure> {
    let known = state(socket, hop)?;
    if known.is_some_and(|state| state & (NUD_NOARP | NUD_PERMANENT) != 0) {
        return Ok(());
    }
    // One whose hardware address is known is asked again; the others are looked
    // for as if a packet were to be sent.
    let mut message = message(hop);
    message.header.state = NeighbourState::Probe;
    let probed = socket.change(
        RouteNetlinkMessage::NewNeighbour(message.clone()),
        NLM_F_REPLACE,
    );
    if probed.is_ok() {
        return Ok(());
    }
    message.header.state = NeighbourState::None;
    message.header.flags = NeighbourFlags::Use;
    match socket.change(RouteNetlinkMessage::NewNeighbour(message), NLM_F_CREATE) {
        Ok(()) => Ok(()),
        // Its link is down or has gone: nobody there answers.
        Err(failure)
            if failure.is_gone()
                || matches!(failure.errno, Errno::NETDOWN | Errno::NOENT | Errno::INVAL) =>
        {
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

/// Whether it has answered since it was asked. On a link without ARP nobody is
/// asked, and everybody counts as there.
pub(crate) fn answers(socket: &mut Socket, hop: Hop) -> Result<bool, Failure> {
    let answered = NUD_REACHABLE | NUD_NOARP | NUD_PERMANENT;
    Ok(state(socket, hop)?.is_some_and(|state| state & answered != 0))
}

fn state(socket: &mut Socket, hop: Hop) -> Result<Option<u16>, Failure> {
    let request = RouteNetlinkMessage::GetNeighbour(message(hop));
    let found = socket.get(request, |frame| {
        // struct ndmsg: family, padding, index, state.
        (frame.kind == RTM_NEWNEIGH)
            .then(|| u16_of(frame.payload.get(8..)?))
            .flatten()
    });
    match found {
        Err(failure) if failure.errno == Errno::NOENT => Ok(None),
        found => found,
    }
}

fn message(hop: Hop) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = family(hop.address);
    message.header.ifindex = hop.link;
    let address = match hop.address {
        IpAddr::V4(v4) => NeighbourAddress::Inet(v4),
        IpAddr::V6(v6) => NeighbourAddress::Inet6(v6),
    };
    message
        .attributes
        .push(NeighbourAttribute::Destination(address));
    message
}

const fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}
