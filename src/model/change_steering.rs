// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The verb about the CPUs that process what arrives.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::change::Verb;
use crate::error::Result;
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::steering::CpuSet;

/// Sets on which CPUs is processed what arrives at a link, or at a switch and
/// its ports.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetAffinity {
    /// Name of the switch, bond or other link.
    pub name: InterfaceName,
    /// The CPUs; none has each stay on the CPU that took it.
    pub cpus: CpuSet,
    /// This link alone, without the ports of a switch or members of a bond.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
}

impl Verb for SetAffinity {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        match self.cpus.is_empty() {
            true => format!("Let no CPU be chosen for what arrives at {}", self.name),
            false => format!(
                "Process what arrives at {} on CPUs {}",
                self.name, self.cpus
            ),
        }
    }

    fn outcome(&self) -> String {
        format!("CPUs of {} set", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_affinity(self)
    }
}
