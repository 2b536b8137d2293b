// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Counters of all links, one dump a sample (`ip -s link show`).

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::stats::{StatsFilterMask, StatsMessage};
use nova_model::Result;

use crate::attribute::{attributes, u32_of, u64_of};
use crate::socket::Socket;

const RTM_NEWSTATS: u16 = 92;
const IFLA_STATS_LINK_64: u16 = 1;
const HEADER_BYTES: usize = 12;

/// What the kernel has counted on a link since it came to be, as the host sees
/// it: what a tap received is what its machine sent. A counter that is smaller
/// than before belongs to a new link of the same index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounters {
    /// Index of the link.
    pub index: u32,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets received broken.
    pub rx_errors: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Packets received and thrown away.
    pub rx_drops: u64,
    /// Packets thrown away instead of being sent.
    pub tx_drops: u64,
}

/// Takes samples of the counters of all links. Needs no privilege.
pub struct Sampler {
    socket: Socket,
}

impl Sampler {
    /// A sampler for the network namespace of this thread.
    ///
    /// # Errors
    /// `Internal` where netlink does not work.
    pub fn new() -> Result<Self> {
        let socket = Socket::new().map_err(|failure| failure.about("counters of links"))?;
        Ok(Self { socket })
    }

    /// The counters of all links now, by index.
    ///
    /// # Errors
    /// `Internal` where netlink does not work, `Refused` where the links change
    /// faster than they can be read.
    pub fn sample(&mut self) -> Result<Vec<LinkCounters>> {
        let mut message = StatsMessage::default();
        message.header.filter_mask = StatsFilterMask::Link64;
        let request = RouteNetlinkMessage::GetStats(message);
        let mut counters = self
            .socket
            .dump(&request, |counters: &mut Vec<_>, frame| {
                if frame.kind == RTM_NEWSTATS {
                    counters.extend(decode(frame.payload));
                }
            })
            .map_err(|failure| failure.about("counters of links"))?;
        counters.sort_unstable_by_key(|counters| counters.index);
        Ok(counters)
    }
}

/// `struct if_stats_msg`, then `struct rtnl_link_stats64`.
pub(crate) fn decode(payload: &[u8]) -> Option<LinkCounters> {
    let (header, rest) = payload.split_at_checked(HEADER_BYTES)?;
    let index = header.get(4..).and_then(u32_of)?;
    let counters = attributes(rest)
        .find(|attribute| attribute.kind == IFLA_STATS_LINK_64)?
        .value;
    let counter = |position: usize| {
        counters
            .get(position * 8..)
            .and_then(u64_of)
            .unwrap_or_default()
    };
    Some(LinkCounters {
        index,
        rx_packets: counter(0),
        tx_packets: counter(1),
        rx_bytes: counter(2),
        tx_bytes: counter(3),
        rx_errors: counter(4),
        tx_errors: counter(5),
        rx_drops: counter(6),
        tx_drops: counter(7),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_counters_is_no_sample() {
        assert_eq!(decode(&[0; 12]), None);
        assert_eq!(decode(&[0; 3]), None);
    }
}
