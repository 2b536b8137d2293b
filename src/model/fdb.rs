// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The forwarding database of a bridge: which address is behind which port.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::vlan::VlanId;

/// One entry (`bridge fdb show br br0`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FdbEntry {
    /// Index of the bridge.
    pub bridge: u32,
    /// Index of the port it is behind, or of the bridge for its own.
    pub link: u32,
    /// The address.
    pub mac: MacAddress,
    /// The VLAN it was seen in, where the bridge knows VLANs.
    pub vlan: Option<VlanId>,
    /// How it came.
    pub origin: FdbOrigin,
    /// Seconds since it last sent; none where it does not age.
    pub idle: Option<u32>,
}

impl FdbEntry {
    /// The address, where somebody set it.
    #[must_use]
    pub fn fixed_address(&self) -> Option<FixedAddress> {
        (self.origin == FdbOrigin::Set).then_some(FixedAddress {
            mac: self.mac,
            vlan: self.vlan,
        })
    }

    /// Whether it is about the same address of the same bridge.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.bridge, self.mac, self.vlan) == (other.bridge, other.mac, other.vlan)
    }
}

/// A group that frames are sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Group {
    /// By IP address.
    Ip(IpAddr),
    /// By MAC address.
    Mac(MacAddress),
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Mac(address) => address.fmt(f),
        }
    }
}

/// One port that asked for a group (`bridge mdb show`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MdbEntry {
    /// Index of the bridge.
    pub bridge: u32,
    /// Index of the port, or of the bridge where this host asked.
    pub link: u32,
    /// The group.
    pub group: Group,
    /// The VLAN it was asked for in, where the bridge knows VLANs.
    pub vlan: Option<VlanId>,
    /// Whether somebody set it; others go when nobody asks any more.
    pub is_permanent: bool,
}

impl MdbEntry {
    /// The group, where somebody set it.
    #[must_use]
    pub fn fixed_group(&self) -> Option<FixedGroup> {
        self.is_permanent.then_some(FixedGroup {
            group: self.group,
            vlan: self.vlan,
        })
    }
}

/// What bridges have learned: it moves by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Learned {
    /// Addresses behind ports, sorted; how long each was idle is left out.
    pub addresses: Vec<FdbEntry>,
    /// Groups that ports asked for, sorted.
    pub groups: Vec<MdbEntry>,
}

impl Learned {
    /// Takes in an address; whether that is news.
    pub fn learn(&mut self, mut entry: FdbEntry) -> bool {
        entry.idle = None;
        if self.addresses.contains(&entry) {
            return false;
        }
        self.addresses.retain(|known| !known.is_same(&entry));
        self.addresses.push(entry);
        self.addresses.sort();
        true
    }

    /// Drops an address behind that port; whether it was known.
    pub fn forget(&mut self, entry: &FdbEntry) -> bool {
        let before = self.addresses.len();
        self.addresses
            .retain(|known| !(known.is_same(entry) && known.link == entry.link));
        before != self.addresses.len()
    }

    /// Takes in or drops a port that asks for a group; whether that is news.
    pub fn join(&mut self, entry: MdbEntry, is_in: bool) -> bool {
        let at = self.groups.binary_search(&entry);
        match (is_in, at) {
            (true, Err(at)) => self.groups.insert(at, entry),
            (false, Ok(at)) => drop(self.groups.remove(at)),
            _ => return false,
        }
        true
    }

    /// Drops what is about a link that went.
    pub fn drop_link(&mut self, index: u32) {
        self.addresses
            .retain(|entry| entry.link != index && entry.bridge != index);
        self.groups
            .retain(|entry| entry.link != index && entry.bridge != index);
    }
}

/// An address that somebody set behind a port, for all VLANs or for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FixedAddress {
    /// The address.
    pub mac: MacAddress,
    /// The VLAN in which it stands there.
    #[serde(default)]
    pub vlan: Option<VlanId>,
}

/// A group that somebody sends to a port, in all VLANs or in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FixedGroup {
    /// The group.
    pub group: Group,
    /// The VLAN in which it is sent there.
    #[serde(default)]
    pub vlan: Option<VlanId>,
}

impl fmt::Display for FixedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.vlan {
            None => write!(f, "the group {}", self.group),
            Some(vlan) => write!(f, "the group {} in VLAN {vlan}", self.group),
        }
    }
}

impl fmt::Display for FixedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.vlan {
            None => write!(f, "the address {}", self.mac),
            Some(vlan) => write!(f, "the address {} in VLAN {vlan}", self.mac),
        }
    }
}

/// How an address came into the forwarding database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FdbOrigin {
    /// The address of the port or of the bridge itself (`permanent`).
    Own,
    /// Somebody set it (`static`).
    Set,
    /// The bridge saw it send.
    Learned,
}

impl FdbOrigin {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Set => "static",
            Self::Learned => "learned",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(link: u32, idle: u32) -> FdbEntry {
        FdbEntry {
            bridge: 1,
            link,
            mac: "02:00:00:00:00:01".parse().unwrap(),
            vlan: None,
            origin: FdbOrigin::Learned,
            idle: Some(idle),
        }
    }

    #[test]
    fn an_address_that_moves_is_behind_one_port() {
        let mut learned = Learned::default();
        assert!(learned.learn(seen(2, 0)));
        assert!(!learned.learn(seen(2, 9)), "only its age is another");
        assert!(learned.learn(seen(3, 0)));
        assert_eq!(learned.addresses.len(), 1);
        assert!(
            !learned.forget(&seen(2, 0)),
            "it is behind another port by now"
        );
        assert!(learned.forget(&seen(3, 0)));
    }

    #[test]
    fn what_a_link_that_went_has_learned_is_dropped() {
        let mut learned = Learned::default();
        learned.learn(seen(2, 0));
        let entry = MdbEntry {
            bridge: 1,
            link: 2,
            group: Group::Ip("239.1.1.1".parse().unwrap()),
            vlan: None,
            is_permanent: false,
        };
        assert!(learned.join(entry, true) && !learned.join(entry, true));
        learned.drop_link(2);
        assert_eq!(learned, Learned::default());
    }
}
