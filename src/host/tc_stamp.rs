// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Marks and priorities as netlink carries them (`tc filter … action pedit`,
//! `csum`, `skbedit`).

use netlink_packet_route::RouteNetlinkMessage;
use nova_model::qos::{Dscp, Priority};
use nova_model::traffic::{COOKIE, SHAPER_HANDLE, Stamp, Way, queue_of};

use crate::attribute::{attributes, text_of, u32_of};
use crate::tc::{
    ETH_P_ALL, TC_ACT_UNSPEC, TCA_ACT_COOKIE, TCA_ACT_KIND, TCA_ACT_OPTIONS, TCA_MATCHALL_ACT,
    filter_message, nested, nla, with_kind, word,
};

const TCA_PEDIT_PARMS_EX: u16 = 4;
const TCA_PEDIT_KEYS_EX: u16 = 5;
const TCA_PEDIT_KEY_EX: u16 = 6;
const TCA_PEDIT_KEY_EX_HTYPE: u16 = 1;
const TCA_PEDIT_KEY_EX_CMD: u16 = 2;
const HEADER_IP4: u16 = 2;
const HEADER_IP6: u16 = 3;
const TCA_CSUM_PARMS: u16 = 1;
const CSUM_IPV4_HEADER: u32 = 1;
const TCA_SKBEDIT_PARMS: u16 = 2;
const TCA_SKBEDIT_PRIORITY: u16 = 3;
/// Goes on with the next action.
const TC_ACT_PIPE: i32 = 3;
const ETH_P_IP: u16 = 0x0800;
const ETH_P_IPV6: u16 = 0x86dd;
/// Bytes of `struct tc_pedit_sel` before its keys.
const PEDIT_KEYS_AT: usize = 24;

/// The request that adds the filter for a stamp.
pub(crate) fn add(index: u32, stamp: Stamp) -> RouteNetlinkMessage {
    let (protocol, actions) = match stamp {
        Stamp::MarkV4(dscp) => {
            let mut actions = nested(1, &mark(dscp, TC_ACT_PIPE, false));
            actions.extend(nested(2, &checksum()));
            (ETH_P_IP, actions)
        }
        Stamp::MarkV6(dscp) => (ETH_P_IPV6, nested(1, &mark(dscp, TC_ACT_UNSPEC, true))),
        Stamp::Rank(priority) => (ETH_P_ALL, nested(1, &rank(priority))),
    };
    let message = filter_message(index, Way::Ingress, stamp.priority(), protocol);
    let options = nested(TCA_MATCHALL_ACT, &actions);
    RouteNetlinkMessage::NewTrafficFilter(with_kind(message, "matchall", options))
}

/// The module of the kernel that a stamp needs beside `cls_matchall`.
pub(crate) const fn modules(stamp: Stamp) -> &'static str {
    match stamp {
        Stamp::MarkV4(_) => "act_pedit or act_csum",
        Stamp::MarkV6(_) => "act_pedit",
        Stamp::Rank(_) => "act_skbedit",
    }
}

/// What every action begins with: index, capabilities, verdict, two counters.
fn general(verdict: i32) -> Vec<u8> {
    [0, 0, verdict, 0, 0]
        .into_iter()
        .flat_map(i32::to_ne_bytes)
        .collect()
}

fn action(kind: &[u8], options: &[u8]) -> Vec<u8> {
    let mut action = nla(TCA_ACT_KIND, kind);
    action.extend(nested(TCA_ACT_OPTIONS, options));
    action.extend(nla(TCA_ACT_COOKIE, &COOKIE));
    action
}

/// Where the code point lies in the first word of a header, and what of that
/// word stays.
const fn place(dscp: Dscp, is_v6: bool) -> (u32, u32) {
    let byte = (dscp.number() as u32) << 2;
    // Version, then four bits of the header's length in IPv4; in IPv6 the class
    // begins in the first byte.
    let shift = if is_v6 { 20 } else { 16 };
    (byte << shift, !(0xfc << shift))
}

fn mark(dscp: Dscp, verdict: i32, is_v6: bool) -> Vec<u8> {
    let (value, mask) = place(dscp, is_v6);
    let mut parms = general(verdict);
    parms.extend([1, 0, 0, 0]);
    parms.extend(mask.to_be_bytes());
    parms.extend(value.to_be_bytes());
    parms.extend([0; 16]);
    let header = if is_v6 { HEADER_IP6 } else { HEADER_IP4 };
    let mut key = nla(TCA_PEDIT_KEY_EX_HTYPE, &header.to_ne_bytes());
    key.extend(nla(TCA_PEDIT_KEY_EX_CMD, &0u16.to_ne_bytes()));
    let mut options = nla(TCA_PEDIT_PARMS_EX, &parms);
    options.extend(nested(TCA_PEDIT_KEYS_EX, &nested(TCA_PEDIT_KEY_EX, &key)));
    action(b"pedit\0", &options)
}

fn checksum() -> Vec<u8> {
    let mut parms = general(TC_ACT_UNSPEC);
    parms.extend(CSUM_IPV4_HEADER.to_ne_bytes());
    action(b"csum\0", &nla(TCA_CSUM_PARMS, &parms))
}

const fn kernel_priority(priority: Priority) -> u32 {
    (SHAPER_HANDLE as u32) << 16 | queue_of(priority) as u32
}

fn rank(priority: Priority) -> Vec<u8> {
    let mut options = nla(TCA_SKBEDIT_PARMS, &general(TC_ACT_UNSPEC));
    let number = kernel_priority(priority).to_ne_bytes();
    options.extend(nla(TCA_SKBEDIT_PRIORITY, &number));
    action(b"skbedit\0", &options)
}

/// Reads the stamp that the actions of a filter of this priority give.
pub(crate) fn decode(actions: &[u8], priority: u16) -> Option<Stamp> {
    let first = attributes(actions).next()?;
    let mut kind: &[u8] = &[];
    let mut options: &[u8] = &[];
    for attribute in attributes(first.value) {
        match attribute.kind {
            TCA_ACT_KIND => kind = text_of(attribute.value),
            TCA_ACT_OPTIONS => options = attribute.value,
            _ => {}
        }
    }
    let option = |wanted| {
        attributes(options)
            .find(|option| option.kind == wanted)
            .map(|option| option.value)
    };
    let stamp = match kind {
        b"pedit" => {
            let parms = option(TCA_PEDIT_PARMS_EX)?;
            let mask = u32::from_be(word(parms, PEDIT_KEYS_AT)?);
            let value = u32::from_be(word(parms, PEDIT_KEYS_AT + 4)?);
            [false, true].into_iter().find_map(|is_v6| {
                let shift = if is_v6 { 22 } else { 18 };
                let dscp = Dscp::try_from(u8::try_from(value >> shift & 0x3f).ok()?).ok()?;
                let stamp = match is_v6 {
                    true => Stamp::MarkV6(dscp),
                    false => Stamp::MarkV4(dscp),
                };
                (place(dscp, is_v6) == (value, mask)).then_some(stamp)
            })?
        }
        b"skbedit" => {
            let number = u32_of(option(TCA_SKBEDIT_PRIORITY)?)?;
            let all = [Priority::High, Priority::Normal, Priority::Low];
            Stamp::Rank(all.into_iter().find(|it| kernel_priority(*it) == number)?)
        }
        _ => return None,
    };
    (stamp.priority() == priority).then_some(stamp)
}
