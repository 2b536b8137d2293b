// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The step about the CPUs that process what arrives.

use nova_model::Result;
use nova_model::step::{LinkRef, SteeringStep, Step};
use rustix::io::Errno;

use crate::execute::{Executor, Undone};
use crate::{steering, steering_line};

impl Executor {
    pub(crate) fn steering_step(&mut self, step: &SteeringStep) -> Result<Undone> {
        let about = Step::from(step.clone()).subject();
        let SteeringStep { link, queues } = step;
        let Some(found) = self.prove(link).map_err(|failure| failure.about(&about))? else {
            return Ok(Undone::Vanished);
        };
        match steering::set(&link.name, found.index, queues) {
            Err(failure) if failure.errno == Errno::ROFS => {
                let link = LinkRef {
                    name: link.name.clone(),
                    index: Some(found.index),
                };
                let queues = queues.clone();
                steering_line::ask(&SteeringStep { link, queues }, &about)
            }
            done => done.map_err(|failure| failure.about(&about)),
        }
    }
}
