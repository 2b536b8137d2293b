// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The network between the machines of one host: seen as it is and as it
//! changes, changed by reviewed plans that undo themselves when they go wrong,
//! and measured.
//!
//! Everything public is in [`networking`]; [`networking::NetworkManager`] is
//! where to begin. It needs a `tokio` runtime.

mod bus;
mod files;
mod helper;
mod keeping;
mod libvirt;
mod manager;
mod meter;
mod mirroring;
mod monitor;
mod nm;
mod past;
mod picture;
mod spanning_tree;
mod switch;
mod unattended;
mod virt_read;
mod virt_watch;
mod watch;

/// The public interface: `use nova::networking::*`.
///
/// Every change is built of what is here. What Open vSwitch has by a name of
/// the kernel's begins with `Ovs`.
///
/// ```
/// use nova::networking::*;
///
/// let switch = CreateOvsBridge {
///     name: "ovs0".parse()?,
///     datapath: Some(Datapath::Netdev),
///     options: OvsOptions {
///         fail_mode: Some(FailMode::Secure),
///         protocols: Some(vec!["1.3".parse::<OpenFlow>()?]),
///         controllers: Some(vec!["ptcp:6653".parse::<ControllerTarget>()?]),
///         ..OvsOptions::default()
///     },
///     ports: Vec::new(),
/// };
/// let tunnel = AddOvsPort {
///     switch: "ovs0".parse()?,
///     port: "vx0".parse()?,
///     kind: OvsPortKind::Tunnel(Tunnel {
///         kind: TunnelKind::Vxlan,
///         remote: [192, 0, 2, 9].into(),
///         local: None,
///         key: Some(100),
///         udp_port: None,
///     }),
///     vlans: OvsVlanWish {
///         mode: Some(VlanMode::Access),
///         tag: Some(VlanId::new(100)?),
///         trunks: VlanSet::default(),
///     },
///     moves: false,
/// };
/// let spread = ConfigureOvsPort {
///     bond_mode: Some(OvsBondMode::BalanceTcp),
///     lacp: Some(Lacp::Active),
///     ..ConfigureOvsPort::nothing("ovs0".parse()?, "bond0".parse()?)
/// };
/// let bond = CreateBond {
///     name: "bond1".parse()?,
///     options: BondPatch {
///         mode: Some(BondMode::Lacp),
///         lacp_rate: Some(LacpRate::Fast),
///         xmit_hash_policy: Some(HashPolicy::Layer34),
///         ..BondPatch::default()
///     },
///     members: vec!["eth1".parse()?, "eth2".parse()?],
///     primary: None,
/// };
/// let mac = SetBridgeMac {
///     name: "br0".parse()?,
///     policy: MacPolicy::Address(MacAddress([0x52, 0x54, 0, 0x12, 0x34, 0x56])),
/// };
/// let cpus = SetAffinity {
///     name: "eth0".parse()?,
///     cpus: "0-3".parse::<CpuSet>()?,
///     alone: false,
/// };
/// let changes = ChangeSet::from(vec![
///     Change::CreateOvsBridge(switch),
///     Change::AddOvsPort(tunnel),
///     Change::ConfigureOvsPort(spread),
///     Change::CreateBond(bond),
///     Change::SetBridgeMac(mac),
///     Change::SetAffinity(cpus),
/// ]);
/// assert_eq!(ChangeSet::from_json(&changes.to_json()?)?, changes);
/// # Ok::<(), NovaError>(())
/// ```
pub mod networking {
    // The host as it is and as it changes.
    pub use crate::helper::{Changed, HelperStatus, Progress};
    pub use crate::manager::NetworkManager;
    pub use crate::watch::Watch;
    pub use nova_model::fdb::FdbEntry;
    pub use nova_model::fdb::MdbEntry;
    pub use nova_model::state::{HostState, Service, Snapshot, VirtState};

    // What it carries.
    pub use crate::meter::{LinkRate, Rates, Throughput};
    pub use crate::monitor::{BandwidthUsage, Monitor, NetworkStats};
    pub use crate::past::{History, Sample};
    pub use nova_host::stats::LinkCounters;
    pub use nova_host::steering::read as read_steering;

    // Wishes, by the names of the feature document.
    pub use crate::keeping::{NetworkManagerIntegration, SystemdNetworkdManager};
    pub use crate::mirroring::{MirrorFilter, MirrorType, PortMirror};
    pub use crate::spanning_tree::StpConfig;
    pub use crate::switch::{BridgeConfig, LinuxBridge, OpenVSwitch, OvsPort, SwitchType};

    // Every wish there is, and what it is made of.
    pub use nova_model::address::MacAddress;
    pub use nova_model::bandwidth::{BitRate, ByteSize};
    pub use nova_model::bond::{BondMode, BondPatch, HashPolicy, LacpRate};
    pub use nova_model::bridge::{BridgePatch, PortPatch, VlanProtocol};
    pub use nova_model::change::{
        AddMirror, AddOvsPort, AttachPort, Change, ChangeSet, ConfigureBond, ConfigureBridge,
        ConfigureOvsBridge, ConfigureOvsPort, ConfigurePort, CreateBond, CreateBridge,
        CreateOvsBridge, CreateVlan, DeleteBond, DeleteSwitch, DeleteVlan, DetachPort, MacPolicy,
        OvsPortKind, PrimaryWish, RemoveMirror, RemoveQos, SetAffinity, SetBridgeMac,
        SetBridgeVlans, SetLink, SetMtu, SetPortVlans, SetQos, VlanWish,
    };
    pub use nova_model::mirror::{MirrorName, MirrorOutput, MirrorSource};
    pub use nova_model::name::{InterfaceName, NewName};
    pub use nova_model::ovs_conf::FailMode;
    pub use nova_model::ovs_options::OvsOptions;
    pub use nova_model::ovs_value::{
        BondMode as OvsBondMode, ControllerTarget, Datapath, Lacp, OpenFlow, Tunnel, TunnelKind,
        VlanMode, VlanWish as OvsVlanWish,
    };
    pub use nova_model::persist::Persist;
    pub use nova_model::qos::{Dscp, Priority, TrafficClass};
    pub use nova_model::steering::CpuSet;
    pub use nova_model::vlan::{VlanId, VlanSet};
    pub use nova_model::vlan_table::VlanTable;

    // What comes of them.
    pub use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
    pub use nova_model::plan::{Plan, PlanId, PlannedStep};
    pub use nova_model::{ErrorKind, NovaError, Result};
}
