// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What can be typed about Linux bridges and their ports.

use clap::{Args, ValueEnum};

use crate::arguments::Switch;

/// Options of a Linux bridge; times are whole seconds.
#[derive(Debug, Args)]
pub struct BridgeOptions {
    /// Seconds a port listens and then learns: 4–30 with spanning tree, 0–30 without.
    #[arg(long, value_name = "S")]
    pub forward_delay: Option<u32>,
    /// Seconds between hellos of the root bridge: 1–10.
    #[arg(long, value_name = "S")]
    pub hello_time: Option<u32>,
    /// Seconds after which the root is forgotten: 6–40.
    #[arg(long, value_name = "S")]
    pub max_age: Option<u32>,
    /// Seconds after which a MAC address is forgotten: 0–1000000.
    #[arg(long, value_name = "S")]
    pub ageing_time: Option<u32>,
    /// Bridge priority: 0–65535, the lowest becomes root.
    #[arg(long, value_name = "N")]
    pub priority: Option<u16>,
    /// Multicast only to ports that asked for it.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub multicast_snooping: Option<Switch>,
    /// Ask who wants multicast where no router does.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub multicast_querier: Option<Switch>,
    /// Most multicast groups to remember: a power of two.
    #[arg(long, value_name = "N")]
    pub hash_max: Option<u32>,
    /// Link-local frames to forward, one bit each: 0x4000 for LLDP, 0x8 for 802.1X.
    #[arg(long, value_name = "MASK", value_parser = crate::units::mask)]
    pub group_fwd_mask: Option<u16>,
    /// Each port carries only the VLANs it is a member of.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub vlan_filtering: Option<Switch>,
    /// VLAN of untagged frames on new ports: 1–4094, 0 for none.
    #[arg(long, value_name = "VLAN")]
    pub default_vlan: Option<u16>,
    /// The VLAN tags it looks at.
    #[arg(long, value_enum, ignore_case = true, value_name = "STANDARD")]
    pub vlan_protocol: Option<VlanProtocol>,
    /// Largest packet in bytes: 68–65535.
    #[arg(long, value_name = "BYTES")]
    pub mtu: Option<u32>,
    /// MAC address: "keep" for the one it has, the name of a port for that one's, or an address.
    #[arg(long, value_name = "keep|PORT|ADDRESS")]
    pub mac: Option<String>,
}

/// The kind of tag by which a bridge tells VLANs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VlanProtocol {
    /// The customer tag, 0x8100.
    #[value(name = "802.1Q")]
    Dot1Q,
    /// The service tag around another, 0x88a8.
    #[value(name = "802.1ad")]
    Dot1Ad,
}

impl From<VlanProtocol> for nova_model::bridge::VlanProtocol {
    fn from(protocol: VlanProtocol) -> Self {
        match protocol {
            VlanProtocol::Dot1Q => Self::Dot1Q,
            VlanProtocol::Dot1Ad => Self::Dot1Ad,
        }
    }
}

/// Options of a port of a Linux bridge.
#[derive(Debug, Args)]
pub struct PortOptions {
    /// Cost of the path through it for spanning tree: 1–65535.
    #[arg(long, value_name = "N")]
    pub path_cost: Option<u32>,
    /// Its priority for spanning tree: 0–63.
    #[arg(long, value_name = "N")]
    pub port_priority: Option<u16>,
    /// Frames may leave by the port they came in.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub hairpin: Option<Switch>,
    /// Reach only ports that are not isolated.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub isolated: Option<Switch>,
    /// Learn the addresses it sees.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub learning: Option<Switch>,
    /// Get frames to addresses nobody has learned.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub flood: Option<Switch>,
    /// Get multicast of groups nobody has asked for.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub multicast_flood: Option<Switch>,
    /// Get broadcasts.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub broadcast_flood: Option<Switch>,
    /// Shut off as soon as spanning tree frames arrive.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub bpdu_guard: Option<Switch>,
    /// Never become the way to the root.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub root_block: Option<Switch>,
    /// Leave a multicast group at the first goodbye.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub fast_leave: Option<Switch>,
}
