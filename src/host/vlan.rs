// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The VLANs of ports as netlink carries them (`bridge vlan show`).

use std::collections::BTreeMap;

use netlink_packet_route::link::{
    AfSpecBridge, BridgeFlag, BridgeVlanInfo, BridgeVlanInfoFlags, LinkAttribute, LinkExtentMask,
    LinkHeader, LinkMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nova_model::link::Link;
use nova_model::vlan::{VlanId, VlanSet};
use nova_model::vlan_table::{VlanRange, VlanTable};

use crate::attribute::{attributes, u16_of};
use crate::failure::Failure;
use crate::link::RTM_NEWLINK;
use crate::socket::Socket;

pub(crate) const RTM_NEWVLAN: u16 = 112;
pub(crate) const RTM_DELVLAN: u16 = 113;

const IFLA_MASTER: u16 = 10;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_BRIDGE_VLAN_INFO: u16 = 2;
const HEADER_BYTES: usize = 16;
/// Most entries in one request, far below what a netlink message can hold.
const ENTRIES: usize = 512;

/// Reads what each link carries, as a port or as a bridge itself.
pub(crate) fn read(
    socket: &mut Socket,
    links: &BTreeMap<u32, Link>,
) -> Result<BTreeMap<u32, VlanTable>, Failure> {
    let knows = |link: &Link| link.bridge.is_some_and(|bridge| bridge.knows_vlans);
    if !links.values().any(knows) {
        return Ok(BTreeMap::new());
    }
    let mut message = LinkMessage::default();
    message.header.interface_family = AddressFamily::Bridge;
    let mask = LinkAttribute::ExtMask(vec![LinkExtentMask::BrvlanCompressed]);
    message.attributes.push(mask);
    let request = RouteNetlinkMessage::GetLink(message);
    let found = socket.dump(&request, |found: &mut Vec<_>, frame| {
        if frame.kind == RTM_NEWLINK {
            found.extend(decode(frame.payload));
        }
    })?;
    // Cards that switch by themselves tell of that too, without a bridge above.
    let is_member =
        |index: u32, is_port: bool| is_port || links.get(&index).is_some_and(Link::is_bridge);
    Ok(found
        .into_iter()
        .filter(|(index, is_port, _)| is_member(*index, *is_port))
        .map(|(index, _, table)| (index, table))
        .collect())
}

/// The index of a link, whether it is told of as a port, and what it carries.
pub(crate) fn decode(payload: &[u8]) -> Option<(u32, bool, VlanTable)> {
    let header = LinkHeader::parse(payload).ok()?;
    let mut is_port = false;
    let mut table = VlanTable::default();
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        match attribute.kind {
            IFLA_MASTER => is_port = true,
            IFLA_AF_SPEC => decode_table(attribute.value, &mut table),
            _ => {}
        }
    }
    (header.interface_family == AddressFamily::Bridge).then_some((header.index, is_port, table))
}

fn decode_table(value: &[u8], table: &mut VlanTable) {
    let mut begun = None;
    for attribute in attributes(value) {
        if attribute.kind != IFLA_BRIDGE_VLAN_INFO {
            continue;
        }
        let (Some(flags), Some(number)) = (
            u16_of(attribute.value),
            attribute.value.get(2..).and_then(u16_of),
        ) else {
            continue;
        };
        let flags = BridgeVlanInfoFlags::from_bits_retain(flags);
        if flags.contains(BridgeVlanInfoFlags::RangeBegin) {
            begun = Some(number);
            continue;
        }
        let first = match begun.take() {
            Some(first) if flags.contains(BridgeVlanInfoFlags::RangeEnd) => first,
            _ => number,
        };
        for vlan in (first..=number).filter_map(|number| VlanId::new(number).ok()) {
            table.add(
                vlan,
                flags.contains(BridgeVlanInfoFlags::Untagged),
                flags.contains(BridgeVlanInfoFlags::Pvid),
            );
        }
    }
}

/// The requests that add these VLANs to a port, or to a bridge itself.
pub(crate) fn additions(
    index: u32,
    itself: bool,
    ranges: &[VlanRange],
) -> Vec<RouteNetlinkMessage> {
    let entries = ranges.iter().map(|range| {
        let mut flags = BridgeVlanInfoFlags::empty();
        flags.set(BridgeVlanInfoFlags::Untagged, range.is_untagged);
        flags.set(BridgeVlanInfoFlags::Pvid, range.is_pvid);
        (range.first, range.last, flags)
    });
    messages(index, itself, entries)
        .into_iter()
        .map(RouteNetlinkMessage::SetLink)
        .collect()
}

/// The requests that take these VLANs away.
pub(crate) fn removals(index: u32, itself: bool, vlans: &VlanSet) -> Vec<RouteNetlinkMessage> {
    let entries = vlans
        .ranges()
        .into_iter()
        .map(|(first, last)| (first, last, BridgeVlanInfoFlags::empty()));
    messages(index, itself, entries)
        .into_iter()
        .map(RouteNetlinkMessage::DelLink)
        .collect()
}

fn messages(
    index: u32,
    itself: bool,
    entries: impl Iterator<Item = (VlanId, VlanId, BridgeVlanInfoFlags)>,
) -> Vec<LinkMessage> {
    let entries: Vec<AfSpecBridge> = entries
        .flat_map(|(first, last, flags)| {
            let entry = |vlan: VlanId, end| {
                AfSpecBridge::VlanInfo(BridgeVlanInfo {
                    flags: flags | end,
                    vid: vlan.number(),
                })
            };
            if first == last {
                vec![entry(first, BridgeVlanInfoFlags::empty())]
            } else {
                vec![
                    entry(first, BridgeVlanInfoFlags::RangeBegin),
                    entry(last, BridgeVlanInfoFlags::RangeEnd),
                ]
            }
        })
        .collect();
    // A range must not be torn apart, and ranges are pairs.
    let mut chunks: Vec<Vec<AfSpecBridge>> = vec![Vec::new()];
    for entry in entries {
        let is_end = matches!(&entry, AfSpecBridge::VlanInfo(info)
            if info.flags.contains(BridgeVlanInfoFlags::RangeEnd));
        if !is_end && chunks.last().is_some_and(|chunk| chunk.len() >= ENTRIES) {
            chunks.push(Vec::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(entry);
        }
    }
    chunks
        .into_iter()
        .filter(|chunk| !chunk.is_empty())
        .map(|mut chunk| {
            if itself {
                chunk.insert(0, AfSpecBridge::Flags(BridgeFlag::LowerDev));
            }
            let mut message = LinkMessage::default();
            message.header.interface_family = AddressFamily::Bridge;
            message.header.index = index;
            message.attributes.push(LinkAttribute::AfSpecBridge(chunk));
            message
        })
        .collect()
}
