// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about any link.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::change::Verb;
use crate::error::Result;
use crate::name::InterfaceName;
use crate::planner::Planner;

/// Sets a link up or down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetLink {
    /// Name of the link.
    pub name: InterfaceName,
    /// Up or down.
    pub up: bool,
}

impl SetLink {
    const fn word(&self) -> &'static str {
        if self.up { "up" } else { "down" }
    }
}

impl Verb for SetLink {
    fn action(&self) -> Action {
        Action::SetLink
    }

    fn sentence(&self) -> String {
        format!("Set {} {}", self.name, self.word())
    }

    fn outcome(&self) -> String {
        format!("{} set {}", self.name, self.word())
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_link(self)
    }
}
