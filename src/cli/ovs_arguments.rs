// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What can be typed about Open vSwitch, mirrors and quality of service.

use clap::{Args, Subcommand, ValueEnum};

use crate::arguments::{Review, Switch};
use crate::arguments_bridge::BridgeOptions;
use crate::help;
use crate::units::whole;

/// Verbs about Open vSwitch, mirrors and quality of service.
#[derive(Debug, Subcommand)]
pub enum OvsVerb {
    /// Add a port to an Open vSwitch bridge.
    #[command(after_help = help::OVS_ADD_PORT)]
    OvsAddPort(AddPort),
    /// Change a port of an Open vSwitch bridge.
    #[command(after_help = help::OVS_CONFIGURE_PORT)]
    OvsConfigurePort(ConfigurePort),
    /// Change options of an Open vSwitch bridge.
    #[command(after_help = help::OVS_CONFIGURE_SWITCH)]
    OvsConfigureSwitch(ConfigureSwitch),
    /// Copy the frames of ports to another port.
    #[command(visible_alias = "create-mirror", after_help = help::MIRROR_PORT)]
    MirrorPort(MirrorPort),
    /// Remove a mirror.
    #[command(visible_alias = "delete-mirror", after_help = help::REMOVE_MIRROR)]
    RemoveMirror(RemoveMirror),
    /// Limit what passes a port, and who waits.
    #[command(visible_alias = "create-qos", after_help = help::QOS)]
    Qos(Qos),
    /// Take all limits from a port.
    #[command(visible_alias = "delete-qos", after_help = help::REMOVE_QOS)]
    RemoveQos(RemoveQos),
}

/// What only switches of Open vSwitch have.
#[derive(Clone, Debug, Default, Args)]
pub struct OvsSwitch {
    /// Versions of OpenFlow it speaks: 1.0 to 1.5, or "all"; a new switch speaks all.
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub openflow_version: Vec<String>,
    /// Controller: tcp:ADDRESS:PORT, ssl:ADDRESS:PORT, ptcp:PORT or pssl:PORT.
    #[arg(long, value_name = "TARGET", value_delimiter = ',')]
    pub controller: Vec<String>,
    /// What it does while no controller answers.
    #[arg(long, value_enum, value_name = "MODE")]
    pub fail_mode: Option<FailMode>,
}

impl OvsSwitch {
    /// The first option that is given.
    #[must_use]
    pub const fn given(&self) -> Option<&'static str> {
        if !self.openflow_version.is_empty() {
            Some("--openflow-version")
        } else if !self.controller.is_empty() {
            Some("--controller")
        } else if self.fail_mode.is_some() {
            Some("--fail-mode")
        } else {
            None
        }
    }
}

/// What a bridge does while no controller answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailMode {
    /// Switch by itself.
    Standalone,
    /// Drop what no flow allows.
    Secure,
}

/// Who moves the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Datapath {
    /// The kernel.
    System,
    /// ovs-vswitchd itself.
    Netdev,
}

/// What treats VLAN tags how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VlanMode {
    /// One VLAN, untagged.
    Access,
    /// Several VLANs, tagged.
    Trunk,
    /// As trunk; the native VLAN leaves tagged.
    NativeTagged,
    /// As trunk; the native VLAN leaves untagged.
    NativeUntagged,
}

/// The VLANs of a port.
#[derive(Clone, Debug, Default, Args)]
pub struct Vlans {
    /// The VLAN of untagged frames: 1–4094.
    #[arg(long, value_name = "VLAN")]
    pub vlan: Option<String>,
    /// VLANs that pass tagged: 100,200,300-310.
    #[arg(long, value_name = "VLANS")]
    pub trunk: Option<String>,
    /// How tags are treated; made from --vlan and --trunk where it is not given.
    #[arg(long, value_enum, value_name = "MODE")]
    pub vlan_mode: Option<VlanMode>,
}

/// A kind of tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TunnelKind {
    /// VXLAN.
    Vxlan,
    /// GRE.
    Gre,
    /// Geneve.
    Geneve,
}

/// How a bond spreads frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BondMode {
    /// One link carries everything, the others wait.
    ActiveBackup,
    /// By MAC address and VLAN.
    BalanceSlb,
    /// By connection; needs LACP.
    BalanceTcp,
}

/// Whether a bond speaks LACP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lacp {
    /// It does not.
    Off,
    /// It begins.
    Active,
    /// It answers.
    Passive,
}

/// `nova network ovs-add-port …`.
#[derive(Clone, Debug, Args)]
pub struct AddPort {
    /// Name of the Open vSwitch bridge.
    pub switch: String,
    /// Name of the port; that of the link where it is one.
    pub port: String,
    #[command(flatten)]
    pub vlans: Vlans,
    /// Have Open vSwitch make an interface of the host.
    #[arg(long, conflicts_with_all = ["peer", "tunnel", "bond"])]
    pub internal: bool,
    /// Make a patch port; PORT of another bridge is the other end.
    #[arg(long, value_name = "PORT", conflicts_with_all = ["tunnel", "bond"])]
    pub peer: Option<String>,
    /// Make a tunnel to another host.
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        requires = "remote",
        conflicts_with = "bond"
    )]
    pub tunnel: Option<TunnelKind>,
    /// Address of the other end of the tunnel.
    #[arg(long, value_name = "ADDRESS", requires = "tunnel")]
    pub remote: Option<String>,
    /// Address of this end of the tunnel.
    #[arg(long, value_name = "ADDRESS", requires = "tunnel")]
    pub local: Option<String>,
    /// Key (VNI) of the tunnel: 0–16777215, for GRE to 4294967295.
    #[arg(long, value_name = "N", requires = "tunnel", allow_negative_numbers = true, value_parser = whole::<u32, 0, 4294967295>)]
    pub key: Option<u32>,
    /// UDP port of the other end, for VXLAN and Geneve.
    #[arg(long, value_name = "N", requires = "tunnel", allow_negative_numbers = true, value_parser = whole::<u16, 1, 65535>)]
    pub udp_port: Option<u16>,
    /// Make a bond of these links.
    #[arg(long, value_name = "LINK", value_delimiter = ',')]
    pub bond: Vec<String>,
    /// How the bond spreads frames.
    #[arg(long, value_enum, value_name = "MODE", requires = "bond")]
    pub bond_mode: Option<BondMode>,
    /// Whether the bond speaks LACP.
    #[arg(long, value_enum, value_name = "LACP", requires = "bond")]
    pub lacp: Option<Lacp>,
    /// Move the link here where it is a port of another switch.
    #[arg(long = "move")]
    pub moves: bool,
    #[command(flatten)]
    pub review: Review,
}

/// `nova network ovs-configure-port …`.
#[derive(Clone, Debug, Args)]
pub struct ConfigurePort {
    /// Name of the Open vSwitch bridge.
    pub switch: String,
    /// Name of the port.
    pub port: String,
    #[command(flatten)]
    pub vlans: Vlans,
    /// Take all VLANs from the port: it then carries every one, tagged.
    #[arg(long, conflicts_with_all = ["vlan", "trunk", "vlan_mode"])]
    pub no_vlan: bool,
    /// Cost of the path through it in the spanning tree: 1–65535; 0 leaves it to the speed of the link.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16, 0, 65535>)]
    pub path_cost: Option<u16>,
    /// Its priority in the spanning tree: 0–255.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u8, 0, 255>)]
    pub port_priority: Option<u8>,
    /// Whether it reaches only ports that are not protected.
    #[arg(long, value_enum, value_name = "ON|OFF")]
    pub protected: Option<Switch>,
    /// How it spreads frames, where it is a bond.
    #[arg(long, value_enum, value_name = "MODE")]
    pub bond_mode: Option<BondMode>,
    /// Whether it speaks LACP, where it is a bond.
    #[arg(long, value_enum, value_name = "LACP")]
    pub lacp: Option<Lacp>,
    #[command(flatten)]
    pub review: Review,
}

/// `nova network ovs-configure-switch …`.
#[derive(Clone, Debug, Args)]
pub struct ConfigureSwitch {
    /// Name of the Open vSwitch bridge.
    pub name: String,
    /// Spanning tree on or off.
    #[arg(long, value_enum, value_name = "ON|OFF")]
    pub stp: Option<Switch>,
    /// Rapid spanning tree on or off.
    #[arg(long, value_enum, value_name = "ON|OFF")]
    pub rstp: Option<Switch>,
    #[command(flatten)]
    pub options: BridgeOptions,
    #[command(flatten)]
    pub ovs: OvsSwitch,
    /// Take all controllers from it.
    #[arg(long, conflicts_with = "controller")]
    pub no_controller: bool,
    #[command(flatten)]
    pub review: Review,
}

/// Which frames are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MirrorType {
    /// Those that arrive at the switch from the port: what the machine sends.
    Ingress,
    /// Those that leave the switch to the port: what the machine receives.
    Egress,
    /// All of them.
    Both,
}

/// `nova network mirror-port …`.
#[derive(Clone, Debug, Args)]
pub struct MirrorPort {
    /// Name of the switch.
    pub switch: String,
    /// Ports whose frames are copied, each with its own type where it differs: vm1,vm2:ingress. Every port where none is given.
    #[arg(long, value_name = "PORT", value_delimiter = ',')]
    pub source: Vec<String>,
    /// The port that the copies leave through; on Open vSwitch it then carries nothing else.
    #[arg(
        long,
        value_name = "PORT",
        required_unless_present = "destination_vlan"
    )]
    pub destination: Option<String>,
    /// The VLAN that the copies are sent in instead, on Open vSwitch: 1–4094.
    #[arg(long, value_name = "VLAN", conflicts_with = "destination")]
    pub destination_vlan: Option<String>,
    /// Which frames are copied.
    #[arg(
        long,
        value_enum,
        value_name = "TYPE",
        value_delimiter = ',',
        default_value = "both"
    )]
    pub mirror_type: Vec<MirrorType>,
    /// Only frames of these VLANs: 100,200-210.
    #[arg(long, value_name = "VLANS")]
    pub vlan: Option<String>,
    /// Name of the mirror, on Open vSwitch; otherwise it is called after its destination: mirror-PORT.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub review: Review,
}

/// `nova network remove-mirror …`.
#[derive(Clone, Debug, Args)]
pub struct RemoveMirror {
    /// Name of the switch.
    pub switch: String,
    /// Name of the mirror.
    pub name: String,
    /// Also where Nova did not make it.
    #[arg(long)]
    pub foreign: bool,
    #[command(flatten)]
    pub review: Review,
}

/// Whose frames wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Priority {
    /// Sent before all others.
    High,
    /// Sent in turn.
    Normal,
    /// Sent after all others.
    Low,
}

/// What kind of traffic it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TrafficClass {
    /// Voice and video.
    Realtime,
    /// Everything without a class.
    BestEffort,
    /// Backups and downloads.
    Bulk,
}

/// `nova network qos …`.
#[derive(Clone, Debug, Args)]
pub struct Qos {
    /// Name of the port.
    pub port: String,
    /// Most that may arrive from the port, in bits: 100Mbps. It is what the machine sends.
    #[arg(long, value_name = "RATE", allow_hyphen_values = true)]
    pub ingress_rate: Option<String>,
    /// Most that may leave to the port, in bits: 50Mbps. It is what the machine receives.
    #[arg(long, value_name = "RATE", allow_hyphen_values = true)]
    pub egress_rate: Option<String>,
    /// How much may pass at once before a rate counts, in bytes: 10MB.
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    pub burst_size: Option<String>,
    /// How what the machine sends is queued where it leaves through a full port.
    #[arg(long, value_enum, value_name = "PRIORITY")]
    pub priority: Option<Priority>,
    /// Mark of the IP packets that the machine sends: 0–63; 46 is voice.
    #[arg(long, value_name = "N")]
    pub dscp: Option<String>,
    /// What kind of traffic the machine sends: stands for a priority and a mark.
    #[arg(long, value_enum, value_name = "CLASS")]
    pub class: Option<TrafficClass>,
    #[command(flatten)]
    pub review: Review,
}

/// `nova network remove-qos …`.
#[derive(Clone, Debug, Args)]
pub struct RemoveQos {
    /// Name of the port.
    pub port: String,
    #[command(flatten)]
    pub review: Review,
}

/// What to look into.
#[derive(Clone, Debug, Subcommand)]
pub enum DebugWhat {
    /// An Open vSwitch bridge.
    #[command(after_help = help::DEBUG_OVS)]
    Ovs(DebugOvs),
    /// A Linux bridge.
    #[command(after_help = help::DEBUG_BRIDGE)]
    Bridge(crate::arguments_bridge::DebugBridge),
}

/// `nova network debug ovs …`.
#[derive(Clone, Debug, Args)]
pub struct DebugOvs {
    /// Name of the bridge.
    pub bridge: String,
    /// Show its flows, as ovs-appctl bridge/dump-flows does.
    #[arg(long)]
    pub show_flows: bool,
    /// Show its ports.
    #[arg(long)]
    pub show_ports: bool,
}
