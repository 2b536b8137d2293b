// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What can be typed about bonds.

use clap::{Args, ValueEnum};
use nova_model::bond;

use crate::arguments::Review;

/// How a bond uses its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// One at a time; any switch will do.
    ActiveBackup,
    /// By the addresses of a frame, agreed with the switch by LACP.
    #[value(name = "802.3ad")]
    Lacp,
    /// Frame by frame in turn; the switch must know the group.
    BalanceRr,
    /// By the addresses of a frame; the switch must know the group.
    BalanceXor,
    /// Every frame by every member.
    Broadcast,
    /// What is sent is spread.
    BalanceTlb,
    /// What is sent and received is spread, by answers to ARP.
    BalanceAlb,
}

impl From<Mode> for bond::BondMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::ActiveBackup => Self::ActiveBackup,
            Mode::Lacp => Self::Lacp,
            Mode::BalanceRr => Self::BalanceRr,
            Mode::BalanceXor => Self::BalanceXor,
            Mode::Broadcast => Self::Broadcast,
            Mode::BalanceTlb => Self::BalanceTlb,
            Mode::BalanceAlb => Self::BalanceAlb,
        }
    }
}

/// How often the other end sends LACP frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rate {
    /// Every 30 s.
    Slow,
    /// Every second.
    Fast,
}

/// By what of a frame its member is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// MAC addresses.
    #[value(name = "layer2")]
    Layer2,
    /// MAC and IP addresses.
    #[value(name = "layer2+3")]
    Layer23,
    /// IP addresses and ports.
    #[value(name = "layer3+4")]
    Layer34,
    /// As layer2+3, of what is inside a tunnel.
    #[value(name = "encap2+3")]
    Encap23,
    /// As layer3+4, of what is inside a tunnel.
    #[value(name = "encap3+4")]
    Encap34,
    /// VLAN and source MAC address.
    #[value(name = "vlan+srcmac")]
    VlanSource,
}

impl From<Policy> for bond::HashPolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Layer2 => Self::Layer2,
            Policy::Layer23 => Self::Layer23,
            Policy::Layer34 => Self::Layer34,
            Policy::Encap23 => Self::Encap23,
            Policy::Encap34 => Self::Encap34,
            Policy::VlanSource => Self::VlanSource,
        }
    }
}

/// Options of a bond; times are milliseconds.
#[derive(Clone, Debug, Args)]
pub struct BondOptions {
    /// How often the links of members are looked at, in ms; 0 for never.
    #[arg(long, value_name = "MS")]
    pub miimon: Option<u32>,
    /// How long a link must be back before it is used, in ms.
    #[arg(long, value_name = "MS")]
    pub up_delay: Option<u32>,
    /// How long a link must be lost before it is left, in ms.
    #[arg(long, value_name = "MS")]
    pub down_delay: Option<u32>,
    /// How often the other end sends LACP frames (802.3ad).
    #[arg(long, value_enum, value_name = "RATE")]
    pub lacp_rate: Option<Rate>,
    /// By what of a frame its member is chosen.
    #[arg(long, value_enum, value_name = "POLICY")]
    pub xmit_hash_policy: Option<Policy>,
    /// How many links must work for the bond to work (802.3ad).
    #[arg(long, value_name = "N")]
    pub min_links: Option<u32>,
}

impl BondOptions {
    /// The wish, with the mode.
    pub fn patch(&self, mode: Option<Mode>) -> bond::BondPatch {
        bond::BondPatch {
            mode: mode.map(Into::into),
            miimon: self.miimon,
            up_delay: self.up_delay,
            down_delay: self.down_delay,
            lacp_rate: self.lacp_rate.map(|rate| match rate {
                Rate::Slow => bond::LacpRate::Slow,
                Rate::Fast => bond::LacpRate::Fast,
            }),
            xmit_hash_policy: self.xmit_hash_policy.map(Into::into),
            min_links: self.min_links,
        }
    }
}

/// `nova network create-bond …`.
#[derive(Debug, Args)]
pub struct CreateBond {
    /// Name of the new bond.
    pub name: String,
    /// How it uses its members.
    #[arg(long, value_enum, default_value = "active-backup", value_name = "MODE")]
    pub mode: Mode,
    /// Links that become its members.
    #[arg(long, value_name = "LINK", value_delimiter = ',')]
    pub interfaces: Vec<String>,
    /// The member that is used whenever its link is there.
    #[arg(long, value_name = "LINK")]
    pub primary: Option<String>,
    #[command(flatten)]
    pub options: BondOptions,
    #[command(flatten)]
    pub review: Review,
}

/// `nova network configure-bond …`.
#[derive(Debug, Args)]
pub struct ConfigureBond {
    /// Name of the bond.
    pub name: String,
    /// How it uses its members; only while it has none.
    #[arg(long, value_enum, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// The member that is used whenever its link is there.
    #[arg(long, value_name = "LINK")]
    pub primary: Option<String>,
    /// Prefer none of its members.
    #[arg(long, conflicts_with = "primary")]
    pub no_primary: bool,
    #[command(flatten)]
    pub options: BondOptions,
    #[command(flatten)]
    pub review: Review,
}
