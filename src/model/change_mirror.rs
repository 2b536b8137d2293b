// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about mirrors and quality of service, on any kind of switch. Which
//! kind it is, the planner sees on the host.

use crate::action::Action;
use crate::change::Verb;
use crate::error::Result;
use crate::mirror::{AddMirror, RemoveMirror};
use crate::planner::Planner;
use crate::qos::{RemoveQos, SetQos};

impl Verb for AddMirror {
    fn action(&self) -> Action {
        Action::Mirror
    }

    fn sentence(&self) -> String {
        format!("Mirror to {} on {}", self.output, self.switch)
    }

    fn outcome(&self) -> String {
        format!("{} mirrors to {}", self.switch, self.output)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.add_mirror(self)
    }
}

impl Verb for RemoveMirror {
    fn action(&self) -> Action {
        Action::Mirror
    }

    fn sentence(&self) -> String {
        format!("Remove mirror {} from {}", self.name, self.switch)
    }

    fn outcome(&self) -> String {
        format!("{} removed from {}", self.name, self.switch)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.remove_mirror(self)
    }
}

impl Verb for SetQos {
    fn action(&self) -> Action {
        Action::ChangePorts
    }

    fn sentence(&self) -> String {
        format!("Set quality of service of {}", self.port)
    }

    fn outcome(&self) -> String {
        format!("{} limited", self.port)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_qos(self)
    }
}

impl Verb for RemoveQos {
    fn action(&self) -> Action {
        Action::ChangePorts
    }

    fn sentence(&self) -> String {
        format!("Remove quality of service from {}", self.port)
    }

    fn outcome(&self) -> String {
        format!("{} not limited any more", self.port)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.remove_qos(self)
    }
}
