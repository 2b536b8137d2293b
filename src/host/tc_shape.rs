// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Limits as netlink carries them: a class for the rate, and behind it one for
//! each priority (`tc class … htb`).

use netlink_packet_core::{NLM_F_CREATE, NLM_F_REPLACE};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcHandle, TcMessage};
use nova_model::bandwidth::{BitRate, ByteSize};
use nova_model::qos::Priority;
use nova_model::traffic::{SHAPER_HANDLE, Shaper, queue_of};

use crate::attribute::{attributes, u64_of};
use crate::failure::Failure;
use crate::socket::Socket;
use crate::tc::{HEADER_BYTES, RTM_NEWTCLASS, TCA_OPTIONS, message, nla, with_kind, word};

const TCA_HTB_PARMS: u16 = 1;
const TCA_HTB_INIT: u16 = 2;
const TCA_HTB_RATE64: u16 = 6;
const TCA_HTB_CEIL64: u16 = 7;
/// Version of the interface that the kernel wants to hear.
const HTB_VERSION: u32 = 3;
const TC_LINKLAYER_ETHERNET: u8 = 1;
/// The kernel counts time in ticks of 2^6 nanoseconds (`PSCHED_SHIFT`).
const TICK_NANOSECONDS: u64 = 64;
/// Bytes a class sends before the next of the same priority has its turn.
const QUANTUM: u32 = 60_000;
/// The class that all others share the rate of.
const WHOLE: u16 = 1;

const QUEUES: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

const fn handle(minor: u16) -> TcHandle {
    TcHandle {
        major: SHAPER_HANDLE,
        minor,
    }
}

/// What the classes of a link that carries Nova's limit say. Where not all of
/// them are there, a limit that nobody can have asked for.
pub(crate) fn read(socket: &mut Socket, index: u32) -> Result<Shaper, Failure> {
    let all = RouteNetlinkMessage::GetTrafficClass(TcMessage::with_index(index.cast_signed()));
    let found = socket.dump(&all, |found: &mut Vec<(u16, Shaper)>, frame| {
        if frame.kind == RTM_NEWTCLASS {
            found.extend(decode(frame.payload));
        }
    });
    let found = match found {
        Ok(found) => found,
        // The link went meanwhile.
        Err(failure) if failure.is_gone() => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let class = |minor| found.iter().find(|(known, _)| *known == minor);
    let is_whole = QUEUES
        .into_iter()
        .all(|priority| class(queue_of(priority)).is_some());
    Ok(match class(WHOLE) {
        Some((_, shaper)) if is_whole => *shaper,
        _ => Shaper::default(),
    })
}

/// Reads one class of Nova's: its minor number and its rate.
pub(crate) fn decode(payload: &[u8]) -> Option<(u16, Shaper)> {
    let class = word(payload, 8)?;
    if class >> 16 != u32::from(SHAPER_HANDLE) {
        return None;
    }
    let options = attributes(payload.get(HEADER_BYTES..)?)
        .find(|attribute| attribute.kind == TCA_OPTIONS)?
        .value;
    let mut rate = None;
    let mut ticks = None;
    let mut rate64 = None;
    for attribute in attributes(options) {
        match attribute.kind {
            TCA_HTB_PARMS => {
                rate = word(attribute.value, 8).map(u64::from);
                ticks = word(attribute.value, 24).map(u64::from);
            }
            TCA_HTB_RATE64 => rate64 = u64_of(attribute.value),
            _ => {}
        }
    }
    let rate = rate64.or(rate)?;
    let nanoseconds = u128::from(ticks? * TICK_NANOSECONDS);
    let burst = (u128::from(rate) * nanoseconds).div_ceil(1_000_000_000);
    let shaper = Shaper {
        rate: BitRate(rate.saturating_mul(8)),
        burst: ByteSize(u64::try_from(burst).ok()?),
    };
    Some((u16::try_from(class & 0xffff).ok()?, shaper))
}

/// Limits what leaves through a link, in the place of another limit of Nova's
/// where `is_there` says so.
pub(crate) fn set(
    socket: &mut Socket,
    index: u32,
    shaper: &Shaper,
    is_there: bool,
) -> Result<(), Failure> {
    let flags = NLM_F_CREATE | NLM_F_REPLACE;
    if !is_there {
        socket.change(root(index), flags)?;
    }
    let whole = Class {
        parent: 0,
        minor: WHOLE,
        rate: shaper.rate.0 / 8,
        ceil: shaper.rate.0 / 8,
        burst: shaper.burst.0,
        ceil_burst: shaper.burst.0,
        order: 0,
    };
    socket.change(whole.request(index), flags)?;
    for (order, priority) in (0..).zip(QUEUES) {
        let class = Class {
            parent: WHOLE,
            minor: queue_of(priority),
            rate: shaper.share().0 / 8,
            burst: shaper.share_burst(),
            order,
            ..whole
        };
        socket.change(class.request(index), flags)?;
        let mut queue = message(index, handle(class.minor));
        queue.header.handle = TcHandle::UNSPEC;
        let limit = u32::try_from(shaper.backlog()).unwrap_or(u32::MAX);
        let queue = with_kind(queue, "bfifo", limit.to_ne_bytes().to_vec());
        socket.change(RouteNetlinkMessage::NewQueueDiscipline(queue), flags)?;
    }
    Ok(())
}

/// The request that ends Nova's limit of a link.
pub(crate) fn unset(index: u32) -> RouteNetlinkMessage {
    let mut message = message(index, TcHandle::ROOT);
    message.header.handle = handle(0);
    RouteNetlinkMessage::DelQueueDiscipline(message)
}

fn root(index: u32) -> RouteNetlinkMessage {
    let mut message = message(index, TcHandle::ROOT);
    message.header.handle = handle(0);
    let mut init = Vec::with_capacity(20);
    let default = u32::from(queue_of(Priority::Normal));
    for number in [HTB_VERSION, 10, default, 0, 0] {
        init.extend(number.to_ne_bytes());
    }
    let options = nla(TCA_HTB_INIT, &init);
    RouteNetlinkMessage::NewQueueDiscipline(with_kind(message, "htb", options))
}

/// A class of HTB: rates in bytes a second, bursts in bytes.
#[derive(Clone, Copy)]
struct Class {
    parent: u16,
    minor: u16,
    rate: u64,
    ceil: u64,
    burst: u64,
    ceil_burst: u64,
    order: u32,
}

impl Class {
    fn request(&self, index: u32) -> RouteNetlinkMessage {
        let mut message = message(index, handle(self.parent));
        message.header.handle = handle(self.minor);
        let mut parms = Vec::with_capacity(44);
        for rate in [self.rate, self.ceil] {
            parms.extend([0, TC_LINKLAYER_ETHERNET]);
            parms.extend([0; 6]);
            parms.extend(u32::try_from(rate).unwrap_or(u32::MAX).to_ne_bytes());
        }
        parms.extend(ticks(self.burst, self.rate).to_ne_bytes());
        parms.extend(ticks(self.ceil_burst, self.ceil).to_ne_bytes());
        for number in [QUANTUM, 0, self.order] {
            parms.extend(number.to_ne_bytes());
        }
        let mut options = nla(TCA_HTB_PARMS, &parms);
        for (kind, rate) in [(TCA_HTB_RATE64, self.rate), (TCA_HTB_CEIL64, self.ceil)] {
            if rate > u64::from(u32::MAX) {
                options.extend(nla(kind, &rate.to_ne_bytes()));
            }
        }
        RouteNetlinkMessage::NewTrafficClass(with_kind(message, "htb", options))
    }
}

/// The time that so many bytes take at a rate, in the kernel's ticks.
fn ticks(bytes: u64, rate: u64) -> u32 {
    let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
    u32::try_from(nanoseconds / u128::from(TICK_NANOSECONDS)).unwrap_or(u32::MAX)
}
