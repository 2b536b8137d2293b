// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about ports of a bridge.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::bridge::PortPatch;
use crate::change::Verb;
use crate::error::Result;
use crate::name::InterfaceName;
use crate::planner::Planner;

/// Attaches a link to a bridge as a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AttachPort {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the link.
    pub port: InterfaceName,
    /// Move it here where it is a port of another bridge.
    #[serde(default, rename = "move")]
    pub moves: bool,
}

/// Detaches a port from its bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DetachPort {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the port.
    pub port: InterfaceName,
}

/// Changes options of a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfigurePort {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the port.
    pub port: InterfaceName,
    /// The options to change.
    pub options: PortPatch,
}

impl Verb for AttachPort {
    fn action(&self) -> Action {
        Action::ChangePorts
    }

    fn sentence(&self) -> String {
        format!("Attach {} to {}", self.port, self.switch)
    }

    fn outcome(&self) -> String {
        format!("{} attached to {}", self.port, self.switch)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.attach_port(self)
    }
}

impl Verb for DetachPort {
    fn action(&self) -> Action {
        Action::ChangePorts
    }

    fn sentence(&self) -> String {
        format!("Detach {} from {}", self.port, self.switch)
    }

    fn outcome(&self) -> String {
        format!("{} detached from {}", self.port, self.switch)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.detach_port(self)
    }
}

impl Verb for ConfigurePort {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        format!("Configure port {} of {}", self.port, self.switch)
    }

    fn outcome(&self) -> String {
        format!("port {} configured", self.port)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.configure_port(self)
    }
}
