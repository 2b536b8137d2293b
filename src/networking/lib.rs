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
    pub use nova_model::bandwidth::{BitRate, ByteSize};
    pub use nova_model::bond::{BondMode, BondPatch};
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
    pub use nova_model::ovs_options::OvsOptions;
    pub use nova_model::persist::Persist;
    pub use nova_model::qos::{Dscp, Priority, TrafficClass};
    pub use nova_model::vlan::{VlanId, VlanSet};
    pub use nova_model::vlan_table::VlanTable;

    // What comes of them.
    pub use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
    pub use nova_model::plan::{Plan, PlanId, PlannedStep};
    pub use nova_model::{ErrorKind, NovaError, Result};
}
