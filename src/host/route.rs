// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Unicast routes of the main table as `RTM_NEWROUTE` carries them
//! (`ip route show`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteScope, RouteType,
    RouteVia,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nova_model::address::{IpNet, Route};

use crate::attribute::{address_of, attributes, u16_of, u32_of};

pub(crate) const RTM_NEWROUTE: u16 = 24;
pub(crate) const RTM_DELROUTE: u16 = 25;

const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
const RTM_F_CLONED: u32 = 0x200;
const HEADER_BYTES: usize = 12;
const NEXT_HOP_BYTES: usize = 8;

/// The unicast routes of the main table in a message: one, several where it
/// has several next hops, none where it is another kind of route.
pub(crate) fn decode(payload: &[u8]) -> Vec<Route> {
    read(payload).unwrap_or_default()
}

fn read(payload: &[u8]) -> Option<Vec<Route>> {
    let header = RouteHeader::parse(payload).ok()?;
    let unspecified: IpAddr = match header.address_family {
        AddressFamily::Inet => Ipv4Addr::UNSPECIFIED.into(),
        AddressFamily::Inet6 => Ipv6Addr::UNSPECIFIED.into(),
        _ => return None,
    };
    if header.kind != RouteType::Unicast || header.flags.bits() & RTM_F_CLONED != 0 {
        return None;
    }
    let mut table = u32::from(header.table);
    let mut destination = unspecified;
    let mut source = None;
    let mut metric = 0;
    let mut single = Hop::default();
    let mut several: &[u8] = &[];
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        let value = attribute.value;
        match attribute.kind {
            RTA_TABLE => table = u32_of(value)?,
            RTA_DST => destination = address_of(value)?,
            RTA_PREFSRC => source = address_of(value),
            RTA_PRIORITY => metric = u32_of(value)?,
            RTA_MULTIPATH => several = value,
            kind => single.read(kind, value),
        }
    }
    if table != u32::from(RouteHeader::RT_TABLE_MAIN) {
        return None;
    }
    let destination = IpNet::new(destination, header.destination_prefix_length).ok()?;
    let hops = if several.is_empty() {
        vec![single]
    } else {
        next_hops(several)
    };
    let routes = hops.into_iter().filter_map(|hop| {
        Some(Route {
            destination,
            gateway: hop.gateway,
            source,
            link: hop.link?,
            metric,
            protocol: header.protocol.into(),
        })
    });
    Some(routes.collect())
}

/// Where packets go next.
#[derive(Default)]
struct Hop {
    link: Option<u32>,
    gateway: Option<IpAddr>,
}

impl Hop {
    fn read(&mut self, kind: u16, value: &[u8]) {
        match kind {
            RTA_OIF => self.link = u32_of(value),
            RTA_GATEWAY => self.gateway = address_of(value),
            // A gateway of the other family: its family, then its address.
            RTA_VIA => self.gateway = value.get(2..).and_then(address_of),
            _ => {}
        }
    }
}

/// `struct rtnexthop`: length, flags, weight, index, then attributes.
fn next_hops(mut bytes: &[u8]) -> Vec<Hop> {
    let mut hops = Vec::new();
    while let Some(length) = u16_of(bytes).map(usize::from) {
        let Some(hop) = bytes
            .get(..length)
            .filter(|hop| hop.len() >= NEXT_HOP_BYTES)
        else {
            break;
        };
        let (fixed, rest) = hop.split_at(NEXT_HOP_BYTES);
        let mut found = Hop {
            link: fixed.get(4..).and_then(u32_of),
            gateway: None,
        };
        for attribute in attributes(rest) {
            found.read(attribute.kind, attribute.value);
        }
        hops.push(found);
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    hops
}

/// The requests for all unicast routes of the main table.
pub(crate) fn all() -> [RouteNetlinkMessage; 2] {
    [AddressFamily::Inet, AddressFamily::Inet6].map(|family| {
        let mut message = RouteMessage::default();
        message.header.address_family = family;
        message.header.table = RouteHeader::RT_TABLE_MAIN;
        RouteNetlinkMessage::GetRoute(message)
    })
}

/// The body of a request to add or remove this route. `is_on_link` has the
/// kernel take the gateway's word for being reachable.
pub(crate) fn message(route: &Route, is_on_link: bool) -> RouteMessage {
    let mut message = RouteMessage::default();
    let header = &mut message.header;
    header.address_family = if route.destination.address().is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    header.destination_prefix_length = route.destination.prefix();
    header.table = RouteHeader::RT_TABLE_MAIN;
    header.protocol = route.protocol.into();
    header.kind = RouteType::Unicast;
    header.scope = match (route.gateway, header.address_family) {
        (None, AddressFamily::Inet) => RouteScope::Link,
        _ => RouteScope::Universe,
    };
    if is_on_link {
        header.flags = RouteFlags::Onlink;
    }
    let attributes = &mut message.attributes;
    if route.destination.prefix() > 0 {
        attributes.push(RouteAttribute::Destination(RouteAddress::from(
            route.destination.address(),
        )));
    }
    attributes.extend(route.gateway.map(|gateway| match gateway {
        IpAddr::V6(v6) if route.destination.address().is_ipv4() => {
            RouteAttribute::Via(RouteVia::Inet6(v6))
        }
        gateway => RouteAttribute::Gateway(gateway.into()),
    }));
    attributes.extend(
        route
            .source
            .map(|source| RouteAttribute::PrefSource(source.into())),
    );
    attributes.push(RouteAttribute::Oif(route.link));
    if route.metric != 0 {
        attributes.push(RouteAttribute::Priority(route.metric));
    }
    message
}
