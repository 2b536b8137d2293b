// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What can be typed about Linux bridges and their ports.

use clap::{Args, ValueEnum};
use nova_model::vlan::{VlanId, VlanSet};

use crate::arguments::{Review, Switch};
use crate::units::{seconds, whole};

/// Options of a Linux bridge; times are whole seconds.
#[derive(Clone, Debug, Args)]
pub struct BridgeOptions {
    /// Seconds a port listens and then learns: 4–30 with spanning tree, 0–30 without.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds::<u32, 0, 30>)]
    pub forward_delay: Option<u32>,
    /// Seconds between hellos of the root bridge: 1–10.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds::<u32, 1, 10>)]
    pub hello_time: Option<u32>,
    /// Seconds after which the root is forgotten: 6–40.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds::<u32, 6, 40>)]
    pub max_age: Option<u32>,
    /// Seconds after which a MAC address is forgotten: 0–1000000.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds::<u32, 0, 1000000>)]
    pub ageing_time: Option<u32>,
    /// Bridge priority: 0–65535, the lowest becomes root.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16, 0, 65535>)]
    pub priority: Option<u16>,
    /// Multicast only to ports that asked for it.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub multicast_snooping: Option<Switch>,
    /// Ask who wants multicast where no router does.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub multicast_querier: Option<Switch>,
    /// Most multicast groups to remember: a power of two.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32, 1, 65536>)]
    pub hash_max: Option<u32>,
    /// Link-local frames to forward, one bit each: 0x4000 for LLDP, 0x8 for 802.1X.
    #[arg(long, value_name = "MASK", value_parser = crate::units::mask)]
    pub group_fwd_mask: Option<u16>,
    /// Each port carries only the VLANs it is a member of.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub vlan_filtering: Option<Switch>,
    /// VLAN of untagged frames on new ports: 1–4094, 0 for none.
    #[arg(long, value_name = "VLAN", allow_negative_numbers = true, value_parser = whole::<u16, 0, 4094>)]
    pub default_vlan: Option<u16>,
    /// The VLAN tags it looks at.
    #[arg(long, value_enum, ignore_case = true, value_name = "STANDARD")]
    pub vlan_protocol: Option<VlanProtocol>,
    /// Largest packet in bytes: 68–65535.
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true, value_parser = whole::<u32, 68, 65535>)]
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
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32, 1, 65535>)]
    pub path_cost: Option<u32>,
    /// Its priority for spanning tree: 0–63.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16, 0, 63>)]
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

/// The VLANs of a port; they are set for the whole port at once, or added and
/// removed one by one.
#[derive(Debug, Args)]
pub struct PortVlans {
    /// Carry this VLAN without tags and nothing else.
    #[arg(long, value_name = "VLAN", conflicts_with_all = ["trunk", "add_vlans", "remove_vlans"])]
    pub vlan: Option<VlanId>,
    /// Carry these VLANs with tags and nothing else: 100,200-210.
    #[arg(long, value_name = "VLANS", conflicts_with_all = ["add_vlans", "remove_vlans"])]
    pub trunk: Option<VlanSet>,
    /// On the trunk, the VLAN of frames without a tag.
    #[arg(long, value_name = "VLAN", requires = "trunk")]
    pub native_vlan: Option<VlanId>,
    /// Carry these VLANs with tags, beside what it carries.
    #[arg(long, value_name = "VLANS")]
    pub add_vlans: Option<VlanSet>,
    /// Carry these VLANs no longer.
    #[arg(long, value_name = "VLANS")]
    pub remove_vlans: Option<VlanSet>,
}

/// `nova network configure-switch …`.
#[derive(Debug, Args)]
pub struct ConfigureSwitch {
    /// Name of the switch.
    pub name: String,
    /// The VLANs of the ports named: 100, or 100,200-210 for trunks.
    #[arg(long, value_name = "VLANS")]
    pub vlan: Option<VlanSet>,
    /// Ports that carry them with tags, beside what they carry.
    #[arg(long, value_name = "PORT", value_delimiter = ',', requires = "vlan")]
    pub trunk_ports: Vec<String>,
    /// Ports that carry the one VLAN without tags and nothing else.
    #[arg(long, value_name = "PORT", value_delimiter = ',', requires = "vlan")]
    pub access_ports: Vec<String>,
    /// VLANs that this host gets from the switch with tags, for sub-interfaces on it.
    #[arg(long, value_name = "VLANS")]
    pub own_vlans: Option<VlanSet>,
    /// The VLAN of this host's own frames on the switch.
    #[arg(long, value_name = "VLAN")]
    pub own_vlan: Option<VlanId>,
    /// Each port carries only the VLANs it is a member of.
    #[arg(long, value_enum, value_name = "ON|OFF", num_args = 0..=1, default_missing_value = "on")]
    pub vlan_filtering: Option<Switch>,
    /// VLAN of untagged frames on new ports: 1–4094, 0 for none.
    #[arg(long, value_name = "VLAN", allow_negative_numbers = true, value_parser = whole::<u16, 0, 4094>)]
    pub default_vlan: Option<u16>,
    #[command(flatten)]
    pub review: Review,
}

/// `nova network create-vlan …`.
#[derive(Debug, Args)]
pub struct CreateVlan {
    /// Name of the link below.
    pub link: String,
    /// Its VLAN: 1–4094.
    pub vlan: VlanId,
    /// Name of the sub-interface; the link's with a dot and the VLAN unless it is given.
    #[arg(long)]
    pub name: Option<String>,
    /// The kind of its tags.
    #[arg(
        long,
        value_enum,
        ignore_case = true,
        value_name = "STANDARD",
        default_value = "802.1Q"
    )]
    pub protocol: VlanProtocol,
    #[command(flatten)]
    pub review: Review,
}

/// `nova network debug bridge …`.
#[derive(Clone, Debug, Args)]
pub struct DebugBridge {
    /// Name of the bridge.
    pub bridge: String,
    /// Show which address is behind which port.
    #[arg(long)]
    pub show_fdb: bool,
    /// Show which ports asked for which groups.
    #[arg(long)]
    pub show_mdb: bool,
    /// Show its spanning tree.
    #[arg(long)]
    pub show_stp: bool,
    /// Then tell of every change, one a line, until Ctrl+C.
    #[arg(long)]
    pub follow: bool,
}
