// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about a Linux bridge itself.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::bridge::BridgePatch;
use crate::change::Verb;
use crate::error::Result;
use crate::name::{InterfaceName, NewName};
use crate::planner::Planner;

/// Creates a Linux bridge and sets it up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateBridge {
    /// Name of the new bridge.
    pub name: NewName,
    /// Options that differ from the kernel's defaults.
    #[serde(default)]
    pub options: BridgePatch,
    /// Links to attach as ports.
    #[serde(default)]
    pub ports: Vec<InterfaceName>,
}

/// Deletes a Linux bridge; its ports stay, detached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteSwitch {
    /// Name of the bridge.
    pub name: InterfaceName,
    /// Also where Nova did not make it.
    #[serde(default)]
    pub foreign: bool,
}

/// Changes options of a Linux bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfigureBridge {
    /// Name of the bridge.
    pub name: InterfaceName,
    /// The options to change.
    pub options: BridgePatch,
}

impl Verb for CreateBridge {
    fn action(&self) -> Action {
        Action::CreateSwitch
    }

    fn more_actions(&self) -> Vec<Action> {
        match self.ports.is_empty() {
            true => Vec::new(),
            false => vec![Action::ChangePorts],
        }
    }

    fn sentence(&self) -> String {
        format!("Create bridge {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} created", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.create_bridge(self)
    }
}

impl Verb for DeleteSwitch {
    fn action(&self) -> Action {
        Action::DeleteSwitch
    }

    fn sentence(&self) -> String {
        format!("Delete bridge {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} deleted", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.delete_switch(self)
    }
}

impl Verb for ConfigureBridge {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        format!("Configure bridge {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} configured", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.configure_bridge(self)
    }
}
