// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What setting a link up or down means on a host.

use crate::bridge::BridgeOptions;
use crate::change::SetLink;
use crate::error::{NovaError, Result};
use crate::link::LinkKind;
use crate::planner::{Planner, reference};
use crate::step::LinkStep;

impl Planner {
    pub(crate) fn set_link(&mut self, set: &SetLink) -> Result<()> {
        let link = self.state.require(&set.name)?.clone();
        if matches!(link.kind, LinkKind::Loopback) {
            return Err(NovaError::refused(format!(
                "{}: the loopback interface stays up, the host talks to itself through it",
                set.name
            )));
        }
        if link.is_up == set.up {
            self.effect(format!(
                "{} is already {}.",
                set.name,
                if set.up { "up" } else { "down" }
            ));
            return Ok(());
        }
        if set.up {
            self.effect(format!("{} is set up.", set.name));
        } else {
            self.effect(format!(
                "{} is set down; nothing passes through it.",
                set.name
            ));
            let controller = link
                .controller
                .and_then(|index| self.state.links.get(&index))
                .cloned();
            let feeds = controller.filter(|bridge| link.is_uplink_like() && self.carries(bridge));
            if self.carries(&link) || feeds.is_some() {
                self.demand_confirmation(&BridgeOptions::default());
                self.notice_management(&link, &set.name);
            }
            let taps = self
                .state
                .ports_of(link.index)
                .filter(|port| matches!(port.kind, LinkKind::Tap))
                .count();
            if taps > 0 {
                self.notice(format!(
                    "{taps} machine interfaces on {} lose their connection.",
                    set.name
                ));
            }
        }
        self.push(LinkStep::SetUp {
            link: reference(&link, set.name.clone()),
            up: set.up,
        });
        Ok(())
    }
}
