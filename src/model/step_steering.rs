// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The step about the CPUs that process what arrives at a link.

use serde::{Deserialize, Serialize};

use crate::fact::Facts;
use crate::link::Link;
use crate::name::InterfaceName;
use crate::state::HostState;
use crate::steering::{CpuSet, phrase};
use crate::step::{LinkRef, Step, StepGroup};

/// Sets on which CPUs is processed what arrives in each queue of a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SteeringStep {
    /// The link.
    pub link: LinkRef,
    /// The CPUs, by the number of the queue. A queue that has gone meanwhile
    /// is passed over.
    pub queues: Vec<CpuSet>,
}

impl SteeringStep {
    /// Brings back what a link had that is made again, where it had any.
    pub(crate) fn again(link: &Link, name: &InterfaceName) -> Option<Step> {
        let is_set = link.receive_cpus.iter().any(|cpus| !cpus.is_empty());
        is_set.then(|| {
            Self {
                link: LinkRef {
                    name: name.clone(),
                    index: Some(link.index),
                },
                queues: link.receive_cpus.clone(),
            }
            .into()
        })
    }
}

impl StepGroup for SteeringStep {
    fn title(&self) -> String {
        let name = &self.link.name;
        match self.queues.iter().all(CpuSet::is_empty) {
            true => format!("Choose no CPU for what arrives at {name}"),
            false => format!(
                "Process what arrives at {name} on CPUs {}",
                phrase(&self.queues)
            ),
        }
    }

    fn command(&self) -> String {
        let lines: Vec<String> = self
            .queues
            .iter()
            .enumerate()
            .map(|(queue, cpus)| {
                format!(
                    "echo {} > /sys/class/net/{}/queues/rx-{queue}/rps_cpus",
                    cpus.mask(),
                    self.link.name
                )
            })
            .collect();
        lines.join("\n")
    }

    fn subject(&self) -> String {
        format!("{}: CPUs for what arrives", self.link.name)
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        let found = self.link.find(before);
        let queues = found.map(|found| found.receive_cpus.clone());
        queues
            .filter(|queues| !queues.is_empty())
            .map(|queues| {
                Self {
                    link: self.link.clone(),
                    queues,
                }
                .into()
            })
            .into_iter()
            .collect()
    }

    fn simulate(&self, state: &mut HostState) {
        let Some(found) = self.link.find_mut(state) else {
            return;
        };
        for (at, cpus) in self.queues.iter().enumerate() {
            match found.receive_cpus.get_mut(at) {
                Some(now) => now.clone_from(cpus),
                None => found.receive_cpus.push(cpus.clone()),
            }
        }
    }

    fn facts(&self, facts: &mut Facts) {
        for (at, cpus) in self.queues.iter().enumerate() {
            let (object, wanted) = (self.link.name.as_str(), cpus.clone());
            let claim = format!("queue {at} of {object} is processed on CPUs {cpus}");
            let name = object.to_owned();
            facts.add(
                object,
                "receive cpus",
                at.to_string(),
                claim,
                move |state| {
                    state.link(&name).is_some_and(|link| {
                        let now = link.receive_cpus.get(at);
                        now.map_or(wanted.is_empty(), |now| *now == wanted)
                    })
                },
            );
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        vec![&mut self.link]
    }
}
