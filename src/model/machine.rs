// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Machines (libvirt domains) and their interfaces.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;

/// A libvirt domain, as far as its network goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Machine {
    /// UUID in its text form.
    pub uuid: String,
    /// Name; any text libvirt accepts.
    pub name: String,
    /// What it does now.
    pub state: MachineState,
    /// Its interfaces in the order of its XML.
    pub interfaces: Vec<MachineInterface>,
}

/// What a machine does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MachineState {
    /// Runs.
    Running,
    /// Is held by a person or by libvirt.
    Paused,
    /// Is off.
    Off,
    /// Went down by a fault.
    Crashed,
}

impl MachineState {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Off => "off",
            Self::Crashed => "crashed",
        }
    }
}

/// An `<interface>` of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineInterface {
    /// MAC address.
    pub mac: Option<MacAddress>,
    /// What it is connected to.
    pub source: InterfaceSource,
    /// Name of the link on the host (`vnet0`) while the machine runs.
    pub tap: Option<String>,
    /// Model shown to the guest (`virtio`).
    pub model: Option<String>,
    /// Whether its cable is plugged (`<link state=…>`).
    pub is_plugged: bool,
    /// Addresses known for it from leases, sorted.
    pub addresses: Vec<IpAddr>,
}

/// What an interface is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InterfaceSource {
    /// A libvirt network, by name.
    Network(String),
    /// A bridge of the host, by name.
    Bridge(String),
    /// A card of the host through macvtap, by name.
    Direct(String),
    /// Anything else, by libvirt's word (`user`, `hostdev`).
    Other(String),
}
