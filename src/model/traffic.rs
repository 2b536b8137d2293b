// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is done to the frames of a link on their way: limits and copies
//! (`tc qdisc`, `tc filter`). Directions are the link's own as `tc` has them:
//! ingress is what comes in through the link.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bandwidth::{BitRate, ByteSize};
use crate::qos::{Dscp, Priority};
use crate::vlan::{VlanId, VlanSet};

/// Everything of one link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Traffic {
    /// How what leaves is queued.
    pub shaping: Shaping,
    /// Where filters can stand.
    pub hooks: Hooks,
    /// The filters, by direction and priority.
    pub filters: Vec<Filter>,
}

/// How what leaves through a link is queued.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shaping {
    /// As the kernel does by itself.
    #[default]
    Usual,
    /// Limited by Nova.
    Limited(Shaper),
    /// By somebody else, with a qdisc of this kind.
    Foreign(String),
}

/// A limit with three queues behind it, by priority (`tc qdisc … htb`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Shaper {
    /// Most that leaves in the long run.
    pub rate: BitRate,
    /// Most that leaves at once.
    pub burst: ByteSize,
}

/// Longest wait in a queue of a limit, in thousandths of a second.
const LATENCY_MILLISECONDS: u64 = 50;
/// What each priority is sure of, as a part of the rate: one in this many.
const SHARES: u64 = 20;

impl Shaper {
    /// The rate that each priority is sure of, however much the others send.
    #[must_use]
    pub const fn share(&self) -> BitRate {
        let bytes = self.rate.0 / 8 / SHARES;
        BitRate(if bytes == 0 { 8 } else { bytes * 8 })
    }

    /// How much of it may pass at once, in bytes: a frame at least.
    #[must_use]
    pub const fn share_burst(&self) -> u64 {
        let part = self.burst.0 / SHARES;
        if part < 2000 { 2000 } else { part }
    }

    /// Bytes that may wait in a queue.
    #[must_use]
    pub const fn backlog(&self) -> u64 {
        let waiting = self.rate.0 / 8 * LATENCY_MILLISECONDS / 1000 + self.burst.0;
        if waiting > u32::MAX as u64 {
            u32::MAX as u64
        } else {
            waiting
        }
    }

    /// Whether the kernel tells the same: it counts bursts in ticks of 64 ns
    /// and rates in bytes.
    #[must_use]
    pub const fn is_like(&self, other: &Self) -> bool {
        const fn near(one: u64, other: u64, slack: u64) -> bool {
            one.abs_diff(other) <= slack
        }
        near(self.rate.0, other.rate.0, 8)
            && near(self.burst.0, other.burst.0, 64 + self.burst.0 / 500)
    }
}

/// Where filters can stand on a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Hooks {
    /// Nowhere.
    #[default]
    None,
    /// Where frames come in (`tc qdisc … ingress`).
    Ingress,
    /// Where frames come in and where they leave (`tc qdisc … clsact`).
    Both,
}

/// Which way a filter looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// At what comes in.
    Ingress,
    /// At what leaves.
    Egress,
}

impl Way {
    /// The word of `tc`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// Which frames a filter looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Frames {
    /// Every one.
    #[default]
    All,
    /// Those with the tag (802.1Q) of one of these VLANs. 0 is the tag that
    /// gives a priority and names no VLAN.
    Tagged(BTreeSet<u16>),
    /// Those without a tag.
    Untagged,
}

impl Frames {
    /// Those whose tag names no VLAN.
    #[must_use]
    pub fn priority_tagged() -> Self {
        Self::Tagged(BTreeSet::from([0]))
    }

    /// Whether nothing is asked of a frame.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// The VLANs whose tags are looked for; none where it is another filter.
    #[must_use]
    pub fn vlans(&self) -> Option<&BTreeSet<u16>> {
        match self {
            Self::Tagged(vlans) if !vlans.contains(&0) => Some(vlans),
            _ => None,
        }
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Untagged => f.write_str("without a tag"),
            Self::Tagged(vlans) => match vlans.iter().collect::<Vec<_>>()[..] {
                [0] => f.write_str("with a tag of no VLAN"),
                [one] => write!(f, "tagged with VLAN {one}"),
                _ => {
                    let set: VlanSet = vlans
                        .iter()
                        .filter_map(|vlan| VlanId::new(*vlan).ok())
                        .collect();
                    write!(f, "tagged with the VLANs {set}")
                }
            },
        }
    }
}

/// The index that a filter is told with whose destination has gone; no link has it.
const GONE: u32 = 0;

/// A filter of Nova's, or one of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Filter {
    /// Which way it looks.
    pub way: Way,
    /// Its priority, the lowest looks first.
    pub priority: u16,
    /// Which frames it looks for, where it copies them.
    #[serde(default, skip_serializing_if = "Frames::is_all")]
    pub frames: Frames,
    /// What it does.
    pub deed: Deed,
    /// Whether it carries Nova's mark.
    pub is_ours: bool,
}

impl Filter {
    /// Whether Nova made it and it leads nowhere: the link that it copied frames
    /// to, or sent them through, has gone. The kernel keeps it, drops what it
    /// redirects, and tells `to device *`.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.is_ours && matches!(self.deed, Deed::Mirror(GONE) | Deed::Redirect(GONE))
    }
}

/// What a filter does with a frame.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Sends a copy out of the link with this index.
    Mirror(u32),
    /// Sends the frame itself there.
    Redirect(u32),
    /// Gives the frame something to carry.
    Stamp(Stamp),
    /// Something else, by the kernel's word for the classifier.
    Other(String),
}

/// What a filter gives a frame to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stamp {
    /// A mark in the header of IPv4.
    MarkV4(Dscp),
    /// A mark in the header of IPv6.
    MarkV6(Dscp),
    /// A priority that the queues of this host sort by.
    Rank(Priority),
}

impl Stamp {
    /// The priority of its filter: after the mirrors, which copy the frame as
    /// it came, and before a limit, which takes it away.
    #[must_use]
    pub const fn priority(self) -> u16 {
        match self {
            Self::MarkV4(_) => 0x4ee0,
            Self::MarkV6(_) => 0x4ee1,
            Self::Rank(_) => 0x4ee2,
        }
    }

    /// The protocol that `tc` has it look at.
    #[must_use]
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::MarkV4(_) => "ip",
            Self::MarkV6(_) => "ipv6",
            Self::Rank(_) => "all",
        }
    }
}

/// The queue of Nova's limits that frames of this priority wait in: the minor
/// number of a class, and a priority that the kernel's own queues sort alike.
#[must_use]
pub const fn queue_of(priority: Priority) -> u16 {
    match priority {
        Priority::High => 6,
        Priority::Normal => 4,
        Priority::Low => 2,
    }
}

/// The priorities of Nova's mirrors.
pub const MIRROR_PRIORITIES: std::ops::Range<u16> = 0x4e00..0x4ee0;
/// The priority of Nova's filter that leads to a limit: after the mirrors, so
/// that those see everything.
pub const LIMIT_PRIORITY: u16 = 0x4ef0;
/// The mark of Nova's actions in the kernel (`cookie`).
pub const COOKIE: [u8; 4] = *b"nova";
/// The handle of Nova's limits, its mark: `4e6f:`.
pub const SHAPER_HANDLE: u16 = 0x4e6f;
