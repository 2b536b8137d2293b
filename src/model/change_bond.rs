// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about bonds. Members are added and removed like the ports of a switch.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::bond::BondPatch;
use crate::change::Verb;
use crate::error::Result;
use crate::name::InterfaceName;
use crate::planner::Planner;

/// Creates a bond.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateBond {
    /// Its name.
    pub name: InterfaceName,
    /// Options; the mode is active-backup and links are monitored every 100 ms
    /// where nothing else is said.
    #[serde(default)]
    pub options: BondPatch,
    /// Links that become its members.
    #[serde(default)]
    pub members: Vec<InterfaceName>,
    /// The member that is used whenever it can be.
    #[serde(default)]
    pub primary: Option<InterfaceName>,
}

/// Deletes a bond; its members stay.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteBond {
    /// Its name.
    pub name: InterfaceName,
    /// Also where Nova did not make it.
    #[serde(default)]
    pub foreign: bool,
}

/// Changes options of a bond.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfigureBond {
    /// Its name.
    pub name: InterfaceName,
    /// The options to change.
    #[serde(default)]
    pub options: BondPatch,
    /// The member that is used whenever it can be; absent leaves it as it is.
    #[serde(default)]
    pub primary: Option<PrimaryWish>,
}

/// Which member is preferred.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PrimaryWish {
    /// This one.
    Member(InterfaceName),
    /// None.
    None,
}

impl Verb for CreateBond {
    fn action(&self) -> Action {
        Action::CreateSwitch
    }

    fn more_actions(&self) -> Vec<Action> {
        match self.members.is_empty() {
            true => Vec::new(),
            false => vec![Action::ChangePorts],
        }
    }

    fn sentence(&self) -> String {
        format!("Create bond {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} created", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.create_bond(self)
    }
}

impl Verb for DeleteBond {
    fn action(&self) -> Action {
        Action::DeleteSwitch
    }

    fn sentence(&self) -> String {
        format!("Delete bond {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} deleted", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.delete_bond(self)
    }
}

impl Verb for ConfigureBond {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        format!("Change options of bond {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} changed", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.configure_bond(self)
    }
}
