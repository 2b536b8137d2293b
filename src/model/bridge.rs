// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A Linux bridge and its ports as the kernel reports them.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
pub use crate::bridge_options::{BridgeOptions, BridgePatch, VlanProtocol};
pub use crate::port_options::{PortOptions, PortPatch};

/// What a bridge reports of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BridgeStatus {
    /// Its options, times rounded down to whole seconds.
    pub options: BridgeOptions,
    /// Whether this kernel can filter by VLAN (`CONFIG_BRIDGE_VLAN_FILTERING`).
    pub knows_vlans: bool,
    /// Whether its MAC address is the lowest of its ports' and changes with
    /// them, because nobody gave it one.
    pub follows_ports: bool,
    /// Whether the kernel tells a shortened ageing time while a change of the
    /// topology is spread; the options then hold the last that was known.
    pub hides_ageing: bool,
    /// Own identifier: priority, then MAC address.
    pub id: BridgeId,
    /// The root bridge it sees; equal to `id` where it is the root.
    pub root: BridgeId,
    /// Number of the port that leads to the root, 0 on the root itself.
    pub root_port: u16,
    /// Cost of the path to the root.
    pub root_path_cost: u32,
    /// Whether a change of the topology is being spread now.
    pub topology_change: bool,
}

impl BridgeStatus {
    /// A bridge as the kernel makes it, alone in its tree.
    #[must_use]
    pub fn new(id: BridgeId) -> Self {
        Self {
            options: BridgeOptions::default(),
            knows_vlans: false,
            follows_ports: false,
            hides_ageing: false,
            id,
            root: id,
            root_port: 0,
            root_path_cost: 0,
            topology_change: false,
        }
    }

    /// Whether this bridge is the root of its spanning tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.id == self.root
    }
}

/// Identifier of a bridge in 802.1D: the lowest wins. Text form
/// `8000.525400123456`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BridgeId {
    /// Priority, 0–65535.
    pub priority: u16,
    /// MAC address.
    pub mac: MacAddress,
}

impl std::fmt::Display for BridgeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}.", self.priority)?;
        self.mac
            .0
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// State of a port in the spanning tree (`IFLA_BRPORT_STATE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StpState {
    /// Takes no part.
    Disabled,
    /// Hears the neighbours, forwards nothing.
    Listening,
    /// Learns addresses, forwards nothing.
    Learning,
    /// Forwards frames.
    Forwarding,
    /// Kept silent, because another path leads to the root.
    Blocking,
}

impl StpState {
    /// The word of the standard.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Listening => "listening",
            Self::Learning => "learning",
            Self::Forwarding => "forwarding",
            Self::Blocking => "blocking",
        }
    }
}

/// What a port of a bridge reports of itself (`bridge -d link`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PortStatus {
    /// State in the spanning tree.
    pub state: StpState,
    /// Number of the port in its bridge, from 1.
    pub number: u16,
    /// Its options.
    pub options: PortOptions,
    /// The designated bridge of the segment behind the port.
    pub designated_bridge: Option<BridgeId>,
}

impl PortStatus {
    /// A port with the kernel's options.
    #[must_use]
    pub fn new(number: u16, state: StpState) -> Self {
        Self {
            state,
            number,
            options: PortOptions::default(),
            designated_bridge: None,
        }
    }

    /// Its part in the spanning tree of its bridge.
    #[must_use]
    pub fn role(&self, bridge: &BridgeStatus) -> StpRole {
        if self.state == StpState::Disabled {
            StpRole::Disabled
        } else if bridge.root_port == self.number {
            StpRole::Root
        } else if self.state == StpState::Blocking {
            match self.designated_bridge == Some(bridge.id) {
                true => StpRole::Backup,
                false => StpRole::Alternate,
            }
        } else {
            StpRole::Designated
        }
    }
}

/// The part a port plays in the spanning tree (802.1D-2004, 17.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StpRole {
    /// Leads to the root bridge.
    Root,
    /// Serves the segment behind it.
    Designated,
    /// Another way to the root, kept silent.
    Alternate,
    /// Another port of this bridge on the same segment, kept silent.
    Backup,
    /// Takes no part.
    Disabled,
}

impl StpRole {
    /// The word of the standard.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Designated => "designated",
            Self::Alternate => "alternate",
            Self::Backup => "backup",
            Self::Disabled => "disabled",
        }
    }
}
