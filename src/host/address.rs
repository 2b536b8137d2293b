// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! IP addresses as `RTM_NEWADDR` carries them (`ip address show`).

use netlink_packet_route::address::{
    AddressAttribute, AddressHeader, AddressHeaderFlags, AddressMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nova_model::address::{IpNet, LinkAddress};

use crate::attribute::{address_of, attributes, u32_of};

pub(crate) const RTM_NEWADDR: u16 = 20;
pub(crate) const RTM_DELADDR: u16 = 21;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_FLAGS: u16 = 8;
const IFA_F_PERMANENT: u32 = 0x80;
const HEADER_BYTES: usize = 8;

/// The index of the link and its address; `None` for what is no IP address.
pub(crate) fn decode(payload: &[u8]) -> Option<(u32, LinkAddress)> {
    let header = AddressHeader::parse(payload).ok()?;
    if !matches!(header.family, AddressFamily::Inet | AddressFamily::Inet6) {
        return None;
    }
    let mut address = None;
    let mut local = None;
    let mut is_permanent = header.flags.contains(AddressHeaderFlags::Permanent);
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        match attribute.kind {
            IFA_ADDRESS => address = address_of(attribute.value),
            IFA_LOCAL => local = address_of(attribute.value),
            IFA_FLAGS => {
                is_permanent |=
                    u32_of(attribute.value).is_some_and(|flags| flags & IFA_F_PERMANENT != 0);
            }
            _ => {}
        }
    }
    // For IPv6 the same bit says that an address is temporary.
    let is_secondary = header.family == AddressFamily::Inet
        && header.flags.contains(AddressHeaderFlags::Secondary);
    // Where both are there, the first is the other end of a point-to-point link.
    let net = IpNet::new(local.or(address)?, header.prefix_len).ok()?;
    Some((
        header.index,
        LinkAddress {
            is_secondary,
            net,
            is_dynamic: !is_permanent,
        },
    ))
}

/// The request for all addresses.
pub(crate) fn all() -> RouteNetlinkMessage {
    RouteNetlinkMessage::GetAddress(AddressMessage::default())
}

/// The body of a request to add or remove this address.
pub(crate) fn message(index: u32, net: IpNet) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = if net.address().is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    message.header.index = index;
    message.header.prefix_len = net.prefix();
    message.attributes = vec![
        AddressAttribute::Local(net.address()),
        AddressAttribute::Address(net.address()),
    ];
    message
}
