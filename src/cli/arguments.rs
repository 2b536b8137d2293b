// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::arguments_bond::{ConfigureBond, CreateBond};
use crate::arguments_bridge::{BridgeOptions, ConfigureSwitch, CreateVlan, PortOptions, PortVlans};
use crate::bridge_nic::BridgeNic;
use crate::units::whole;
use crate::{help, ovs_arguments};

/// See and change the network between the machines of this host.
#[derive(Debug, Parser)]
#[command(name = "nova", version, after_help = help::NOVA, max_term_width = 100)]
pub struct Nova {
    /// What to do.
    #[command(subcommand)]
    pub area: Area,
}

/// An area of Nova.
#[derive(Debug, Subcommand)]
pub enum Area {
    /// Switches, libvirt networks, links and what they carry.
    #[command(subcommand_required = true, after_help = help::NETWORK, after_long_help = help::NETWORK_LONG)]
    Network(Network),
}

/// `nova network …`.
#[derive(Debug, Args)]
pub struct Network {
    /// How to print: a table for people, JSON for programs.
    #[arg(
        long,
        value_enum,
        default_value_t,
        global = true,
        value_name = "FORMAT"
    )]
    pub output: Output,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Tables that fit the terminal; plain text in a pipe.
    #[default]
    Table,
    /// JSON; its keys are listed in nova-network(1) and stay.
    Json,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// Set up.
    Up,
    /// Set down.
    Down,
}

/// What a switch is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SwitchKind {
    /// A bridge of the kernel.
    #[default]
    LinuxBridge,
    /// A bridge of Open vSwitch.
    Openvswitch,
}

/// Who keeps a change beyond the next boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Persist {
    /// The program that configures the uplink of this host; nobody where none does.
    #[default]
    Auto,
    /// NetworkManager, by profiles.
    #[value(name = "networkmanager")]
    NetworkManager,
    /// systemd-networkd, by files.
    Networkd,
    /// Nobody: the change is gone with the next boot.
    None,
}

/// A verb of `nova network`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List switches and libvirt networks.
    #[command(visible_aliases = ["list-switches", "list-bridges"], after_help = help::LIST)]
    List {
        /// Also list every other link.
        #[arg(long)]
        all: bool,
    },
    /// Show everything about a link, a switch, a mirror, a libvirt network or a machine.
    #[command(after_help = help::SHOW)]
    Show(Show),
    /// Show the network as a tree, from the world to the machines.
    #[command(after_help = help::TOPOLOGY)]
    Topology,
    /// Show what links carry.
    #[command(after_help = help::MONITOR)]
    Monitor(Monitor),
    /// Create a switch.
    #[command(visible_alias = "create-bridge", after_help = help::CREATE_SWITCH)]
    CreateSwitch(CreateSwitch),
    /// Make a bridge above a network card; the host's addresses move to it.
    #[command(after_help = help::BRIDGE_NIC)]
    BridgeNic(BridgeNic),
    /// Delete a switch; its ports stay, detached.
    #[command(visible_alias = "delete-bridge", after_help = help::DELETE_SWITCH)]
    DeleteSwitch {
        /// Name of the switch.
        name: String,
        /// Also where Nova did not make it.
        #[arg(long)]
        foreign: bool,
        #[command(flatten)]
        review: Review,
    },
    /// Attach a link to a switch as a port, or to a bond as a member.
    #[command(after_help = help::ADD_INTERFACE)]
    AddInterface {
        /// Name of the switch or bond.
        switch: String,
        /// Name of the link.
        port: String,
        /// Move it here where it is a port of another switch.
        #[arg(long = "move")]
        moves: bool,
        #[command(flatten)]
        review: Review,
    },
    /// Detach a port from its switch, or a member from its bond.
    #[command(alias = "ovs-remove-port", after_help = help::REMOVE_INTERFACE)]
    RemoveInterface {
        /// Name of the switch or bond.
        switch: String,
        /// Name of the port.
        port: String,
        #[command(flatten)]
        review: Review,
    },
    /// Change options of a Linux bridge.
    #[command(visible_alias = "optimize-bridge", after_help = help::CONFIGURE_BRIDGE)]
    ConfigureBridge {
        /// Name of the bridge.
        name: String,
        /// Spanning tree on or off.
        #[arg(long, value_enum, value_name = "ON|OFF")]
        stp: Option<Switch>,
        #[command(flatten)]
        options: BridgeOptions,
        #[command(flatten)]
        review: Review,
    },
    /// Change options of a port of a Linux bridge.
    #[command(after_help = help::CONFIGURE_PORT)]
    ConfigurePort {
        /// Name of the bridge.
        switch: String,
        /// Name of the port.
        port: String,
        #[command(flatten)]
        options: PortOptions,
        #[command(flatten)]
        vlans: PortVlans,
        #[command(flatten)]
        review: Review,
    },
    /// Set the VLANs of a switch and its ports, and turn the filter on.
    #[command(after_help = help::CONFIGURE_SWITCH)]
    ConfigureSwitch(ConfigureSwitch),
    /// Create a sub-interface for one VLAN of a link.
    #[command(after_help = help::CREATE_VLAN)]
    CreateVlan(CreateVlan),
    /// Delete the sub-interface of a VLAN.
    #[command(after_help = help::DELETE_VLAN)]
    DeleteVlan {
        /// Its name.
        name: String,
        /// Also where Nova did not make it.
        #[arg(long)]
        foreign: bool,
        #[command(flatten)]
        review: Review,
    },
    /// List the VLANs of switches, ports and sub-interfaces.
    #[command(after_help = help::LIST_VLANS)]
    ListVlans {
        /// Only of this switch.
        switch: Option<String>,
    },
    /// List the mirrors of switches.
    #[command(after_help = help::LIST_MIRRORS)]
    ListMirrors {
        /// Only of this switch.
        switch: Option<String>,
    },
    /// List limits, marks and priorities of ports.
    #[command(after_help = help::LIST_QOS)]
    ListQos {
        /// Only of ports of this switch.
        switch: Option<String>,
    },
    /// List on which CPUs is processed what arrives.
    #[command(after_help = help::LIST_AFFINITY)]
    ListAffinity {
        /// Only of this switch and its ports.
        switch: Option<String>,
    },
    /// Create a bond of several links.
    #[command(after_help = help::CREATE_BOND)]
    CreateBond(CreateBond),
    /// Change options of a bond.
    #[command(after_help = help::CONFIGURE_BOND)]
    ConfigureBond(ConfigureBond),
    /// Delete a bond; its members stay, down.
    #[command(after_help = help::DELETE_BOND)]
    DeleteBond {
        /// Name of the bond.
        name: String,
        /// Also where Nova did not make it.
        #[arg(long)]
        foreign: bool,
        #[command(flatten)]
        review: Review,
    },
    /// List the bonds and which of their members are in use.
    #[command(after_help = help::LIST_BONDS)]
    ListBonds,
    /// Set a link up or down.
    #[command(after_help = help::SET_LINK)]
    SetLink {
        /// Name of the link.
        name: String,
        /// Up or down.
        #[arg(value_enum)]
        direction: Direction,
        #[command(flatten)]
        review: Review,
    },
    /// Set the MTU of a link.
    #[command(after_help = help::SET_MTU)]
    SetMtu {
        /// Name of the link.
        name: String,
        /// Its largest packet in bytes: 68–65535.
        #[arg(allow_negative_numbers = true, value_parser = whole::<u32, 68, 65535>)]
        mtu: u32,
        #[command(flatten)]
        review: Review,
    },
    /// Set on which CPUs is processed what arrives at a switch and its ports, or at a link.
    #[command(after_help = help::SET_AFFINITY)]
    SetAffinity {
        /// Name of the switch, bond or link.
        name: String,
        /// The CPUs as a mask, a bit for each: 0x0F is CPUs 0 to 3; 0 or none for none.
        #[arg(long, value_name = "MASK", required_unless_present = "cpus")]
        cpu_mask: Option<String>,
        /// The CPUs as a list: 0-3,6; none for none.
        #[arg(long, value_name = "LIST", conflicts_with = "cpu_mask")]
        cpus: Option<String>,
        #[command(flatten)]
        review: Review,
    },
    #[command(flatten)]
    Ovs(ovs_arguments::OvsVerb),
    /// Look into what a switch does.
    #[command(subcommand_required = true, after_help = help::DEBUG)]
    Debug {
        /// What to look into.
        #[command(subcommand)]
        what: ovs_arguments::DebugWhat,
    },
    /// Start a libvirt network.
    #[command(after_help = help::START_NETWORK)]
    StartNetwork {
        /// Name of the network.
        name: String,
        #[command(flatten)]
        review: Review,
    },
    /// Stop a libvirt network; its machines lose their connection.
    #[command(after_help = help::STOP_NETWORK)]
    StopNetwork {
        /// Name of the network.
        name: String,
        #[command(flatten)]
        review: Review,
    },
    /// Have a libvirt network started with the host, or not.
    #[command(after_help = help::AUTOSTART_NETWORK)]
    AutostartNetwork {
        /// Name of the network.
        name: String,
        /// Start it with the host, or not.
        #[arg(value_enum, default_value = "on", value_name = "ON|OFF")]
        autostart: Switch,
        #[command(flatten)]
        review: Review,
    },
    /// List what was changed, newest first.
    #[command(after_help = help::HISTORY)]
    History {
        /// Most changes to list.
        #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Keep a change that waits for it.
    #[command(after_help = help::CONFIRM)]
    Confirm {
        /// Its id, or how it begins.
        id: String,
    },
    /// Let a change wait longer to be kept.
    #[command(after_help = help::EXTEND)]
    Extend {
        /// Its id, or how it begins.
        id: String,
        /// How long from now: 10s to 10m.
        #[arg(default_value = "60s", value_name = "TIME", value_parser = crate::units::confirm_time)]
        time: u32,
    },
    /// Undo a change that waits to be kept, or what an undo left.
    #[command(after_help = help::ROLLBACK)]
    Rollback {
        /// Its id, or how it begins.
        id: String,
    },
    /// Undo a change that was kept, as a change of its own.
    #[command(after_help = help::UNDO)]
    Undo {
        /// Its id, or how it begins.
        id: String,
        #[command(flatten)]
        review: Review,
    },
    /// Undo every change that was kept, the newest first, as before Nova is removed.
    #[command(after_help = help::PURGE)]
    Purge {
        /// Show what would be undone and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Undo without asking, and keep what verifies.
        #[arg(long, short)]
        yes: bool,
    },
}

/// `nova network show …`.
#[derive(Debug, Args)]
pub struct Show {
    /// Its name.
    pub name: String,
    /// Only which address is behind which port of a bridge.
    #[arg(long)]
    pub fdb: bool,
    /// Only which ports of a bridge asked for which groups.
    #[arg(long)]
    pub mdb: bool,
    /// Only the spanning tree of a bridge.
    #[arg(long)]
    pub stp: bool,
}

/// `nova network create-switch …`.
#[derive(Debug, Args)]
pub struct CreateSwitch {
    /// Name of the new switch: a lower-case letter, then up to 14 letters, digits, "_" or "-".
    pub name: String,
    /// What it is made of.
    #[arg(long = "type", value_enum, default_value_t)]
    pub kind: SwitchKind,
    /// Turn spanning tree on.
    #[arg(long)]
    pub stp_enable: bool,
    #[command(flatten)]
    pub options: BridgeOptions,
    /// Links to attach as ports.
    #[arg(long, value_name = "LINK", value_delimiter = ',')]
    pub interfaces: Vec<String>,
    /// Turn rapid spanning tree on (Open vSwitch).
    #[arg(long)]
    pub rstp_enable: bool,
    /// Who moves its frames (Open vSwitch); what the host has where it is not given.
    #[arg(long, value_enum, value_name = "DATAPATH")]
    pub datapath: Option<ovs_arguments::Datapath>,
    #[command(flatten)]
    pub ovs: ovs_arguments::OvsSwitch,
    #[command(flatten)]
    pub review: Review,
}

/// How a change is reviewed.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Review {
    /// Show the plan and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Apply without asking, and keep what verifies while the host is still reached.
    #[arg(long, short)]
    pub yes: bool,
    /// Apply, and undo it after so long unless it is kept by "confirm" or by Enter: 10s to 10m.
    #[arg(long, value_name = "TIME", value_parser = crate::units::confirm_time)]
    pub confirm_within: Option<u32>,
    /// Who keeps the change beyond the next boot.
    #[arg(long, value_enum, default_value_t, value_name = "WHO")]
    pub persist: Persist,
}

/// `nova network monitor …`.
#[derive(Debug, Args)]
pub struct Monitor {
    /// Links to show.
    #[arg(value_name = "LINK")]
    pub links: Vec<String>,
    /// Links to show, or "all".
    #[arg(long, value_name = "LINK", value_delimiter = ',')]
    pub interfaces: Vec<String>,
    /// Go on, one sample a second, until Ctrl+C.
    #[arg(long)]
    pub real_time: bool,
    /// Go on for so long: 30s, 5m.
    #[arg(long, value_name = "TIME", value_parser = crate::units::duration)]
    pub duration: Option<std::time::Duration>,
    /// Also show packets that were thrown away or broken.
    #[arg(long)]
    pub show_drops: bool,
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
