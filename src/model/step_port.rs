// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about options of a port of a bridge.

use serde::{Deserialize, Serialize};

use crate::bridge::{PortPatch, PortStatus};
use crate::fact::Facts;
use crate::state::HostState;
use crate::step::{LinkRef, Step, StepGroup};

/// A step about a port of a bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PortStep {
    /// Changes options of a port.
    Set {
        /// The port.
        link: LinkRef,
        /// The options.
        options: PortPatch,
    },
}

impl StepGroup for PortStep {
    fn title(&self) -> String {
        let Self::Set { link, options } = self;
        format!("Set {} on port {}", options.phrases().join(", "), link.name)
    }

    fn command(&self) -> String {
        let Self::Set { link, options } = self;
        format!(
            "ip link set dev {} type bridge_slave {}",
            link.name,
            options.ip_arguments()
        )
    }

    fn subject(&self) -> String {
        let Self::Set { link, .. } = self;
        format!("port {}", link.name)
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        let Self::Set { link, options } = self;
        let Some(port) = link.find(before).and_then(|found| found.port) else {
            return Vec::new();
        };
        let back = PortPatch::between(&options.applied_to(&port.options), &port.options);
        vec![
            Self::Set {
                link: link.clone(),
                options: back,
            }
            .into(),
        ]
    }

    fn simulate(&self, state: &mut HostState) {
        let Self::Set { link, options } = self;
        if let Some(port) = link.find_mut(state).and_then(|found| found.port.as_mut()) {
            *port = PortStatus {
                options: options.applied_to(&port.options),
                ..*port
            };
        }
    }

    fn facts(&self, facts: &mut Facts) {
        let Self::Set { link, options } = self;
        for (option, single) in options.singles() {
            let object = link.name.as_str();
            let claim = format!("port {object} has {}", single.phrases().join(", "));
            let name = object.to_owned();
            facts.add(object, "port option", option, claim, move |state| {
                state
                    .link(&name)
                    .and_then(|link| link.port)
                    .is_some_and(|port| single.applied_to(&port.options) == port.options)
            });
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        let Self::Set { link, .. } = self;
        vec![link]
    }
}
