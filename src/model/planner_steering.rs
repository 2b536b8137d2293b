// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What choosing CPUs for what arrives means on a host.

use crate::binding::card;
use crate::change::SetAffinity;
use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::planner::{Planner, reference};
use crate::steering::entrances;
use crate::step::SteeringStep;

impl Planner {
    pub(crate) fn set_affinity(&mut self, set: &SetAffinity) -> Result<()> {
        let SetAffinity { name, cpus, alone } = set;
        let link = self.state.require(name)?.clone();
        self.require_cpus(set)?;
        self.require_entrance(&link)?;
        let links: Vec<Link> = match alone {
            true => vec![link.clone()],
            false => entrances(&self.state, &link).into_iter().cloned().collect(),
        };
        let (with, without): (Vec<&Link>, Vec<&Link>) =
            links.iter().partition(|link| !link.receive_cpus.is_empty());
        if link.receive_cpus.is_empty() {
            return Err(NovaError::refused(format!(
                "{name}: the kernel shows no queue for what arrives at it"
            ))
            .with_field("name")
            .with_remedy(format!(
                "\"ls /sys/class/net/{name}/queues\" shows what it has; a kernel without CONFIG_RPS has none."
            )));
        }
        let before = self.steps.len();
        for link in &with {
            self.push(SteeringStep {
                link: reference(link, link.name.to_interface_name()?),
                queues: vec![cpus.clone(); link.receive_cpus.len()],
            });
        }
        if self.steps.len() == before {
            self.effect(match cpus.is_empty() {
                true => format!("No CPU is chosen for what arrives at {name}, as asked."),
                false => format!("What arrives at {name} is already processed on CPUs {cpus}."),
            });
            return Ok(());
        }
        let ports = match links.len() - 1 {
            0 => String::new(),
            1 => " and its port".to_owned(),
            ports => format!(" and its {ports} ports"),
        };
        self.effect(match cpus.is_empty() {
            true => format!(
                "What arrives at {name}{ports} is processed on the CPU that took it from the link."
            ),
            false => format!("What arrives at {name}{ports} is processed on CPUs {cpus}."),
        });
        if !cpus.is_empty() && with.iter().any(|link| card(link).is_some()) {
            self.notice(
                "At the card of a machine the choice goes when the machine stops and comes back when it starts.".to_owned(),
            );
        }
        if links.len() > 1 {
            self.notice(format!(
                "A port that {name} gets later has its own setting."
            ));
        }
        if !without.is_empty() {
            let names: Vec<String> = without.iter().map(|link| link.name.to_string()).collect();
            self.notice(format!(
                "The kernel shows no queue for what arrives at {}; nothing is set there.",
                names.join(", ")
            ));
        }
        Ok(())
    }

    /// Refuses CPUs that this host cannot use for it.
    fn require_cpus(&self, set: &SetAffinity) -> Result<()> {
        let cpus = &self.state.cpus;
        let missing = set.cpus.without(&cpus.online);
        if !cpus.online.is_empty() && !missing.is_empty() {
            let noun = if cpus.online.len() == 1 {
                "CPU"
            } else {
                "CPUs"
            };
            return Err(NovaError::invalid(
                "cpus",
                &set.cpus,
                &format!("this host has the {noun} {}, not {missing}", cpus.online),
            ));
        }
        let isolated = set.cpus.within(&cpus.isolated);
        if !isolated.is_empty() {
            return Err(NovaError::invalid(
                "cpus",
                &set.cpus,
                &format!("the kernel was told to keep {isolated} free of such work (isolated)"),
            )
            .with_remedy(format!(
                "Choose among {}.",
                cpus.online.without(&cpus.isolated)
            )));
        }
        Ok(())
    }

    /// Refuses a link at which no frame is taken in for itself.
    fn require_entrance(&self, link: &Link) -> Result<()> {
        if let LinkKind::Vlan { .. } = link.kind {
            let lower = link.lower.and_then(|index| self.state.links.get(&index));
            let error = NovaError::refused(format!(
                "{}: its frames are processed where those of the link below it are",
                link.name
            ))
            .with_field("name");
            return Err(match lower {
                Some(lower) => error.with_remedy(format!("Set it on {}.", lower.name)),
                None => error,
            });
        }
        Ok(())
    }
}
