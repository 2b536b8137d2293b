// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about Open vSwitch.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::change::Verb;
use crate::error::Result;
use crate::name::{InterfaceName, NewName};
use crate::ovs_options::OvsOptions;
use crate::ovs_value::{BondMode, Datapath, Lacp, Tunnel, VlanWish};
use crate::planner::Planner;

/// Creates a bridge of Open vSwitch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateOvsBridge {
    /// Name of the new bridge.
    pub name: NewName,
    /// Who moves its frames; what the host has where it is absent.
    #[serde(default)]
    pub datapath: Option<Datapath>,
    /// Options other than the defaults.
    #[serde(default)]
    pub options: OvsOptions,
    /// Links to attach as ports.
    #[serde(default)]
    pub ports: Vec<InterfaceName>,
}

/// Changes options of a bridge of Open vSwitch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfigureOvsBridge {
    /// Name of the bridge.
    pub name: InterfaceName,
    /// The options to change.
    pub options: OvsOptions,
}

/// What a new port of Open vSwitch is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OvsPortKind {
    /// A link of the host.
    #[default]
    Link,
    /// An interface of the host that Open vSwitch makes.
    Internal,
    /// One end of a cable to another bridge of Open vSwitch.
    Patch {
        /// Name of the port at the other end.
        peer: InterfaceName,
    },
    /// A tunnel to another host.
    Tunnel(Tunnel),
    /// Several links as one.
    Bond {
        /// Names of the links, at least two.
        links: Vec<InterfaceName>,
        /// How frames are spread.
        #[serde(default)]
        mode: BondMode,
        /// Whether it speaks LACP.
        #[serde(default)]
        lacp: Lacp,
    },
}

/// Adds a port to a bridge of Open vSwitch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddOvsPort {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the port; that of the link where it is one.
    pub port: InterfaceName,
    /// What it is.
    #[serde(default)]
    pub kind: OvsPortKind,
    /// Its VLANs.
    #[serde(default)]
    pub vlans: VlanWish,
    /// Move the link here where it is a port of another switch.
    #[serde(default, rename = "move")]
    pub moves: bool,
}

/// Changes a port of a bridge of Open vSwitch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfigureOvsPort {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the port.
    pub port: InterfaceName,
    /// Its VLANs from now on; what is absent goes.
    #[serde(default)]
    pub vlans: Option<VlanWish>,
    /// Cost of the path through it in the spanning tree, 1–65535; 0 leaves it
    /// to the speed of the link.
    #[serde(default)]
    pub path_cost: Option<u16>,
    /// Its priority in the spanning tree, 0–255; in rapid spanning tree 0–240
    /// in steps of 16.
    #[serde(default)]
    pub port_priority: Option<u8>,
    /// Whether it reaches only ports that are not protected.
    #[serde(default)]
    pub protected: Option<bool>,
    /// How it spreads frames, where it is a bond.
    #[serde(default)]
    pub bond_mode: Option<BondMode>,
    /// Whether it speaks LACP, where it is a bond.
    #[serde(default)]
    pub lacp: Option<Lacp>,
}

impl ConfigureOvsPort {
    /// A wish about this port that asks for nothing yet.
    #[must_use]
    pub const fn nothing(switch: InterfaceName, port: InterfaceName) -> Self {
        Self {
            switch,
            port,
            vlans: None,
            path_cost: None,
            port_priority: None,
            protected: None,
            bond_mode: None,
            lacp: None,
        }
    }
}

impl Verb for CreateOvsBridge {
    fn action(&self) -> Action {
        Action::CreateSwitch
    }

    fn more_actions(&self) -> Vec<Action> {
        if self.ports.is_empty() {
            Vec::new()
        } else {
            vec![Action::ChangePorts]
        }
    }

    fn sentence(&self) -> String {
        format!("Create Open vSwitch bridge {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} created", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.create_ovs_bridge(self)
    }
}

impl Verb for ConfigureOvsBridge {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        format!("Configure Open vSwitch bridge {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} configured", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.configure_ovs_bridge(&self.name, &self.options)
    }
}

impl Verb for AddOvsPort {
    fn action(&self) -> Action {
        Action::ChangePorts
    }

    fn sentence(&self) -> String {
        format!("Add port {} to {}", self.port, self.switch)
    }

    fn outcome(&self) -> String {
        format!("{} added to {}", self.port, self.switch)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.add_ovs_port(self)
    }
}

impl Verb for ConfigureOvsPort {
    fn action(&self) -> Action {
        Action::ChangePorts
    }

    fn sentence(&self) -> String {
        format!("Configure port {} of {}", self.port, self.switch)
    }

    fn outcome(&self) -> String {
        format!("{} configured", self.port)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.configure_ovs_port(self)
    }
}
