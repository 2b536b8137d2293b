// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Limits and filters as netlink carries them (`tc qdisc`, `tc filter`).

use std::collections::BTreeMap;

use netlink_packet_core::DefaultNla;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage};
use nova_model::link::Link;
use nova_model::traffic::{
    COOKIE, Deed, Filter, Frames, Hooks, SHAPER_HANDLE, Shaper, Shaping, Traffic, Way,
};

use crate::attribute::{attributes, text_of, u32_of};
use crate::failure::Failure;
use crate::socket::Socket;
use crate::{tc_flower, tc_shape, tc_stamp};

pub(crate) const RTM_NEWQDISC: u16 = 36;
pub(crate) const RTM_DELQDISC: u16 = 37;
pub(crate) const RTM_NEWTCLASS: u16 = 40;
pub(crate) const RTM_DELTCLASS: u16 = 41;
pub(crate) const RTM_NEWTFILTER: u16 = 44;
pub(crate) const RTM_DELTFILTER: u16 = 45;

pub(crate) const HEADER_BYTES: usize = 20;
const TCA_KIND: u16 = 1;
pub(crate) const TCA_OPTIONS: u16 = 2;
pub(crate) const NLA_F_NESTED: u16 = 1 << 15;

pub(crate) const TCA_MATCHALL_ACT: u16 = 2;
const TCA_U32_SEL: u16 = 5;
const TCA_U32_ACT: u16 = 7;
pub(crate) const TCA_ACT_KIND: u16 = 1;
pub(crate) const TCA_ACT_OPTIONS: u16 = 2;
pub(crate) const TCA_ACT_COOKIE: u16 = 6;
const TCA_MIRRED_PARMS: u16 = 2;
const EGRESS_REDIRECT: i32 = 1;
const EGRESS_MIRROR: i32 = 2;
/// Goes on with the next filter: copies do not decide.
pub(crate) const TC_ACT_UNSPEC: i32 = -1;
/// The frame is somewhere else now.
const TC_ACT_STOLEN: i32 = 4;

const CLSACT: TcHandle = TcHandle {
    major: 0xffff,
    minor: 0,
};
const CLSACT_PARENT: TcHandle = TcHandle {
    major: 0xffff,
    minor: 0xfff1,
};
pub(crate) const ETH_P_ALL: u16 = 3;

/// The kinds that the kernel gives by itself, with the handle 0.
fn is_usual(kind: &str, handle: u32) -> bool {
    handle == 0 || kind == "noqueue"
}

/// Where filters of this way stand.
pub(crate) const fn parent(way: Way) -> TcHandle {
    TcHandle {
        major: 0xffff,
        minor: match way {
            Way::Ingress => 0xfff2,
            Way::Egress => 0xfff3,
        },
    }
}

/// Reads what is done to the frames of each link.
pub(crate) fn read(
    socket: &mut Socket,
    links: &BTreeMap<u32, Link>,
) -> Result<BTreeMap<u32, Traffic>, Failure> {
    let all = RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default());
    let mut found = socket.dump(&all, |found: &mut BTreeMap<u32, Traffic>, frame| {
        if frame.kind == RTM_NEWQDISC
            && let Some((index, news)) = decode_qdisc(frame.payload)
        {
            let traffic = found.entry(index).or_default();
            match news {
                QdiscNews::Root(shaping) => traffic.shaping = shaping,
                QdiscNews::Hooks(hooks) => traffic.hooks = hooks,
            }
        }
    })?;
    found.retain(|index, _| links.contains_key(index));
    for (index, traffic) in &mut found {
        if let Shaping::Limited(shaper) = &mut traffic.shaping {
            *shaper = tc_shape::read(socket, *index)?;
        }
        let ways: &[Way] = match traffic.hooks {
            Hooks::None => &[],
            Hooks::Ingress => &[Way::Ingress],
            Hooks::Both => &[Way::Ingress, Way::Egress],
        };
        for way in ways {
            traffic.filters.extend(filters(socket, *index, *way)?);
        }
        traffic.filters.sort();
        traffic.filters.dedup();
        tc_flower::join(&mut traffic.filters);
    }
    found.retain(|_, traffic| *traffic != Traffic::default());
    Ok(found)
}

fn filters(socket: &mut Socket, index: u32, way: Way) -> Result<Vec<Filter>, Failure> {
    let request = RouteNetlinkMessage::GetTrafficFilter(message(index, parent(way)));
    let found = socket.dump(&request, |found: &mut Vec<Filter>, frame| {
        if frame.kind == RTM_NEWTFILTER {
            found.extend(decode_filter(frame.payload, way));
        }
    });
    match found {
        Ok(found) => Ok(found),
        // The link or its places for filters went meanwhile.
        Err(failure) if failure.is_gone() => Ok(Vec::new()),
        Err(failure) if failure.errno == rustix::io::Errno::INVAL => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

pub(crate) enum QdiscNews {
    Root(Shaping),
    Hooks(Hooks),
}

pub(crate) fn word(payload: &[u8], at: usize) -> Option<u32> {
    payload.get(at..).and_then(u32_of)
}

/// Reads one qdisc that counts: the root of a link, or its places for filters.
pub(crate) fn decode_qdisc(payload: &[u8]) -> Option<(u32, QdiscNews)> {
    let index = word(payload, 4)?;
    let (handle, parent) = (word(payload, 8)?, word(payload, 12)?);
    let mut kind = String::new();
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        if attribute.kind == TCA_KIND {
            kind = String::from_utf8_lossy(text_of(attribute.value)).into_owned();
        }
    }
    let news = match kind.as_str() {
        "clsact" => QdiscNews::Hooks(Hooks::Both),
        "ingress" => QdiscNews::Hooks(Hooks::Ingress),
        // Classes of the root have qdiscs of their own.
        _ if parent != u32::MAX => return None,
        kind if is_usual(kind, handle) => return None,
        // Its classes tell the rest.
        "htb" if handle == u32::from(SHAPER_HANDLE) << 16 => {
            QdiscNews::Root(Shaping::Limited(Shaper::default()))
        }
        kind => QdiscNews::Root(Shaping::Foreign(kind.to_owned())),
    };
    Some((index, news))
}

/// Reads one filter; parts of one that say nothing are left out.
pub(crate) fn decode_filter(payload: &[u8], way: Way) -> Option<Filter> {
    let info = word(payload, 16)?;
    let priority = u16::try_from(info >> 16).ok()?;
    let protocol = u16::from_be(u16::try_from(info & 0xffff).ok()?);
    // None where it asks for what Nova never does.
    let mut frames = Some(Frames::All);
    let mut kind = String::new();
    let mut action = Action::default();
    let mut stamp = None;
    let mut has_options = false;
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        match attribute.kind {
            TCA_KIND => kind = String::from_utf8_lossy(text_of(attribute.value)).into_owned(),
            TCA_OPTIONS => {
                has_options = true;
                let act = match kind.as_str() {
                    "u32" => TCA_U32_ACT,
                    "matchall" => TCA_MATCHALL_ACT,
                    "flower" => {
                        frames = tc_flower::decode(attribute.value, protocol);
                        tc_flower::TCA_FLOWER_ACT
                    }
                    _ => continue,
                };
                for option in attributes(attribute.value) {
                    if option.kind == act {
                        action = decode_action(option.value).unwrap_or_default();
                        stamp = tc_stamp::decode(option.value, priority);
                    }
                }
            }
            _ => {}
        }
    }
    // The tables of u32 are told as filters too, and the place of flower's.
    let says_nothing = !has_options || (kind == "u32" && action.kind.is_empty());
    if says_nothing {
        return None;
    }
    let known = action.mirred.filter(|_| frames.is_some());
    let deed = match (known, stamp) {
        (Some((EGRESS_MIRROR, index)), _) => Deed::Mirror(index),
        (Some((EGRESS_REDIRECT, index)), _) => Deed::Redirect(index),
        (_, Some(stamp)) if kind != "flower" => Deed::Stamp(stamp),
        _ => Deed::Other(kind),
    };
    let frames = match (&deed, frames) {
        (Deed::Mirror(_), Some(frames)) => frames,
        _ => Frames::All,
    };
    Some(Filter {
        way,
        priority,
        frames,
        deed,
        is_ours: action.is_ours,
    })
}

#[derive(Default)]
struct Action {
    kind: String,
    mirred: Option<(i32, u32)>,
    is_ours: bool,
}

/// The first action of a filter.
fn decode_action(value: &[u8]) -> Option<Action> {
    let first = attributes(value).next()?;
    let mut action = Action::default();
    for attribute in attributes(first.value) {
        match attribute.kind {
            TCA_ACT_KIND => {
                action.kind = String::from_utf8_lossy(text_of(attribute.value)).into_owned();
            }
            TCA_ACT_COOKIE => action.is_ours = attribute.value == COOKIE,
            TCA_ACT_OPTIONS => {
                action.mirred = attributes(attribute.value)
                    .find(|option| option.kind == TCA_MIRRED_PARMS)
                    .and_then(|parms| {
                        Some((word(parms.value, 20)?.cast_signed(), word(parms.value, 24)?))
                    });
            }
            _ => {}
        }
    }
    if action.kind != "mirred" {
        action.mirred = None;
    }
    Some(action)
}

pub(crate) fn message(index: u32, parent: TcHandle) -> TcMessage {
    let mut message = TcMessage::with_index(index.cast_signed());
    message.header.parent = parent;
    message
}

pub(crate) fn with_kind(mut message: TcMessage, kind: &str, options: Vec<u8>) -> TcMessage {
    message.attributes.push(TcAttribute::Kind(kind.to_owned()));
    if !options.is_empty() {
        let options = DefaultNla::new(TCA_OPTIONS | NLA_F_NESTED, options);
        message.attributes.push(TcAttribute::Other(options));
    }
    message
}

/// The request that gives a link places for filters.
pub(crate) fn add_hooks(index: u32) -> RouteNetlinkMessage {
    let mut message = message(index, CLSACT_PARENT);
    message.header.handle = CLSACT;
    RouteNetlinkMessage::NewQueueDiscipline(with_kind(message, "clsact", Vec::new()))
}

/// The request that takes them away, with all filters.
pub(crate) fn remove_hooks(index: u32) -> RouteNetlinkMessage {
    let mut message = message(index, CLSACT_PARENT);
    message.header.handle = CLSACT;
    RouteNetlinkMessage::DelQueueDiscipline(with_kind(message, "clsact", Vec::new()))
}

/// By which classifier a filter takes every frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Classifier {
    /// The one made for it.
    MatchAll,
    /// The general one, for kernels without that: no bit of the frame counts.
    U32,
}

/// The actions that copy a frame to a link or send it there.
pub(crate) fn mirred(copies: bool, target: u32) -> Vec<u8> {
    let mut parms = Vec::with_capacity(28);
    let (then, deed) = match copies {
        true => (TC_ACT_UNSPEC, EGRESS_MIRROR),
        false => (TC_ACT_STOLEN, EGRESS_REDIRECT),
    };
    for number in [0, 0, then, 0, 0, deed, target.cast_signed()] {
        parms.extend(number.to_ne_bytes());
    }
    let mut action = nla(TCA_ACT_KIND, b"mirred\0");
    action.extend(nested(TCA_ACT_OPTIONS, &nla(TCA_MIRRED_PARMS, &parms)));
    action.extend(nla(TCA_ACT_COOKIE, &COOKIE));
    nested(1, &action)
}

/// The request that adds a filter for every frame.
pub(crate) fn add_filter(
    index: u32,
    way: Way,
    priority: u16,
    copies: bool,
    target: u32,
    classifier: Classifier,
) -> RouteNetlinkMessage {
    let actions = mirred(copies, target);
    let (kind, options) = match classifier {
        Classifier::MatchAll => ("matchall", nested(TCA_MATCHALL_ACT, &actions)),
        Classifier::U32 => {
            // One key whose mask is empty; the result is final.
            let mut selector = vec![1, 0, 1, 0];
            selector.extend([0; 12]);
            selector.extend([0; 16]);
            let mut options = nla(TCA_U32_SEL, &selector);
            options.extend(nested(TCA_U32_ACT, &actions));
            ("u32", options)
        }
    };
    let message = filter_message(index, way, priority, ETH_P_ALL);
    RouteNetlinkMessage::NewTrafficFilter(with_kind(message, kind, options))
}

/// The request that removes all filters of this priority.
pub(crate) fn remove_filter(index: u32, way: Way, priority: u16) -> RouteNetlinkMessage {
    // Without a protocol it is the priority alone that counts.
    RouteNetlinkMessage::DelTrafficFilter(filter_message(index, way, priority, 0))
}

pub(crate) fn filter_message(index: u32, way: Way, priority: u16, protocol: u16) -> TcMessage {
    let mut message = message(index, parent(way));
    message.header.info = u32::from(priority) << 16 | u32::from(protocol.to_be());
    message
}

pub(crate) fn nla(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

pub(crate) fn nested(kind: u16, value: &[u8]) -> Vec<u8> {
    nla(kind | NLA_F_NESTED, value)
}
