// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bonds: several links that are one, as the kernel's driver reports them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
pub use crate::bond_options::{BondOptions, BondPatch};
use crate::error::{NovaError, Result};

/// What a bond reports of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BondStatus {
    /// Its options.
    pub options: BondOptions,
    /// Index of the member that is used whenever it can be.
    pub primary: Option<u32>,
    /// Index of the member that is used now, in the modes that use one.
    pub active: Option<u32>,
    /// The switch at the other end, as LACP found it.
    pub partner: Option<BondPartner>,
    /// What is set besides that Nova does not set itself, by the kernel's names.
    #[serde(default)]
    pub foreign: Vec<String>,
}

/// What LACP found at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BondPartner {
    /// The aggregator in use.
    pub aggregator: u16,
    /// How many members are in it.
    pub ports: u16,
    /// MAC address of the other system; zeros where none answers.
    pub mac: MacAddress,
}

impl BondPartner {
    /// Whether the other end speaks LACP.
    #[must_use]
    pub const fn answers(&self) -> bool {
        !matches!(self.mac.0, [0, 0, 0, 0, 0, 0])
    }
}

/// What a link reports as a member of a bond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BondMember {
    /// Whether it carries frames now; otherwise it waits.
    pub is_active: bool,
    /// What the monitoring of its link says.
    pub monitor: LinkMonitor,
    /// How often its link was lost.
    pub failures: u32,
    /// The MAC address it has again once it leaves.
    pub own_mac: Option<MacAddress>,
    /// Its aggregator, with LACP.
    pub aggregator: Option<u16>,
    /// Whether the other end has it in the same aggregator, with LACP.
    pub partner_in_sync: Option<bool>,
}

/// What the monitoring of a member's link says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LinkMonitor {
    /// It is there.
    Up,
    /// It was lost, and the down delay runs.
    GoingDown,
    /// It is lost.
    #[default]
    Down,
    /// It is back, and the up delay runs.
    ComingUp,
}

impl LinkMonitor {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::GoingDown => "going down",
            Self::Down => "down",
            Self::ComingUp => "coming up",
        }
    }
}

/// Declares a closed set of words that the kernel counts from 0.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal, { $( $(#[$each:meta])* $variant:ident = $word:literal, )+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $( $(#[$each])* #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// All of them, in the order of the kernel's numbers.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The kernel's word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }

            /// The one of this number.
            #[must_use]
            pub fn of_number(number: u8) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }

            /// The kernel's number.
            #[must_use]
            pub const fn number(self) -> u8 {
                self as u8
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl FromStr for $name {
            type Err = NovaError;

            fn from_str(text: &str) -> Result<Self> {
                let mut all = Self::ALL.iter().copied();
                all.find(|one| one.word() == text).ok_or_else(|| {
                    let words: Vec<&str> = Self::ALL.iter().map(|one| one.word()).collect();
                    NovaError::invalid($field, crate::name::printable(text), &words.join(", "))
                })
            }
        }
    };
}

words! {
    /// How a bond uses its members (`mode`).
    BondMode, "mode", {
        /// Frame by frame in turn; the switch must be told of the bond.
        #[default]
        BalanceRr = "balance-rr",
        /// One at a time; any switch will do.
        ActiveBackup = "active-backup",
        /// By the addresses of a frame; the switch must be told of the bond.
        BalanceXor = "balance-xor",
        /// Every frame by every member.
        Broadcast = "broadcast",
        /// By the addresses of a frame, agreed with the switch by LACP.
        Lacp = "802.3ad",
        /// What is sent is spread; what is received comes by one member.
        BalanceTlb = "balance-tlb",
        /// What is sent and received is spread, by answers to ARP.
        BalanceAlb = "balance-alb",
    }
}

words! {
    /// How often the other end sends LACP frames (`lacp_rate`).
    LacpRate, "lacp-rate", {
        /// Every 30 s.
        #[default]
        Slow = "slow",
        /// Every second.
        Fast = "fast",
    }
}

words! {
    /// By what of a frame its member is chosen (`xmit_hash_policy`).
    HashPolicy, "xmit-hash-policy", {
        /// MAC addresses.
        #[default]
        Layer2 = "layer2",
        /// IP addresses and ports.
        Layer34 = "layer3+4",
        /// MAC and IP addresses.
        Layer23 = "layer2+3",
        /// As layer2+3, of what is inside a tunnel.
        Encap23 = "encap2+3",
        /// As layer3+4, of what is inside a tunnel.
        Encap34 = "encap3+4",
        /// VLAN and source MAC address.
        VlanSource = "vlan+srcmac",
    }
}

impl BondMode {
    /// Whether one member is used at a time, or preferred.
    #[must_use]
    pub const fn knows_primary(self) -> bool {
        matches!(
            self,
            Self::ActiveBackup | Self::BalanceTlb | Self::BalanceAlb
        )
    }

    /// Whether the kernel insists on monitoring the links of members.
    #[must_use]
    pub const fn demands_monitoring(self) -> bool {
        matches!(self, Self::Lacp | Self::BalanceTlb | Self::BalanceAlb)
    }

    /// Whether frames are spread by the hash policy.
    #[must_use]
    pub const fn uses_hash(self) -> bool {
        matches!(self, Self::BalanceXor | Self::Lacp | Self::BalanceTlb)
    }

    /// Whether the switch must be set up for the bond by hand.
    #[must_use]
    pub const fn needs_static_group(self) -> bool {
        matches!(self, Self::BalanceRr | Self::BalanceXor | Self::Broadcast)
    }
}
