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
mod libvirt;
mod manager;
mod meter;
mod monitor;
mod nm;
mod past;
mod picture;
mod switch;
mod virt_read;
mod virt_watch;
mod watch;

/// The public interface: `use nova::networking::*`.
pub mod networking {
    pub use crate::helper::{Changed, HelperStatus, Progress};
    pub use crate::manager::NetworkManager;
    pub use crate::meter::{LinkRate, Rates, Throughput};
    pub use crate::monitor::{BandwidthUsage, Monitor, NetworkStats};
    pub use crate::past::{History, Sample};
    pub use crate::switch::{BridgeConfig, OpenVSwitch, SwitchType};
    pub use crate::watch::Watch;
    pub use nova_host::stats::LinkCounters;
    pub use nova_model::change::{Change, ChangeSet};
    pub use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
    pub use nova_model::plan::{Plan, PlanId, PlannedStep};
    pub use nova_model::state::{HostState, Service, Snapshot, VirtState};
    pub use nova_model::{ErrorKind, NovaError, Result};
}
