// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From a verb to steps: what each change means on this host, what it is
//! refused for and what the person has to know. Here stands what the verbs
//! share; each family has a file of its own beside this one.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::Action;
use crate::bridge::BridgeOptions;
use crate::change::Change;
use crate::error::{NovaError, Result};
use crate::fact::already_holds;
use crate::link::Link;
use crate::name::InterfaceName;
use crate::persist::{Keeping, MadeAgain};
use crate::plan::{CONFIRM_DEFAULT, CONFIRM_RANGE, PlanId, PlannedStep};
use crate::planner_mirror_vlan::copied_untagged;
use crate::state::HostState;
use crate::step::{LinkRef, ManagerStep, Step};

/// A plan in the making: the picture of the host moves on with each step.
pub(crate) struct Planner {
    pub(crate) state: HostState,
    pub(crate) id: PlanId,
    pub(crate) changes: Vec<Change>,
    pub(crate) steps: Vec<PlannedStep>,
    pub(crate) effects: Vec<String>,
    pub(crate) notices: Vec<String>,
    pub(crate) actions: BTreeSet<Action>,
    pub(crate) confirm_within: Option<u32>,
    pub(crate) keeping: Keeping,
    pub(crate) made_again: BTreeMap<InterfaceName, MadeAgain>,
}

impl Planner {
    pub(crate) fn new(state: HostState, id: PlanId) -> Self {
        Self {
            state,
            id,
            changes: Vec::new(),
            steps: Vec::new(),
            effects: Vec::new(),
            notices: Vec::new(),
            actions: BTreeSet::new(),
            confirm_within: None,
            keeping: Keeping::default(),
            made_again: BTreeMap::new(),
        }
    }

    pub(crate) fn plan(&mut self, change: &Change) -> Result<()> {
        self.actions.extend(change.actions());
        let cut_off = self.cut_off_bridges();
        let copied = copied_untagged(&self.state);
        change.verb().plan(self)?;
        self.changes.push(change.clone());
        self.follow_vlans(&copied)?;
        self.guard_vlans(&cut_off);
        Ok(())
    }

    /// Adds a step with its undo, unless it would change nothing.
    pub(crate) fn push(&mut self, step: impl Into<Step>) {
        let mut step = step.into();
        // What a manager keeps is not seen on the host.
        if !matches!(step, Step::Manager(_)) && already_holds(&step, &self.state) {
            return;
        }
        // A bridge of this plan has its index only once it is made; one that was
        // deleted and brought back has another than an undo remembers.
        for link in step.links_mut() {
            link.index = self.index_before(&link.name);
        }
        step.rebind(&self.state);
        if let Some(held) = self.held(&step) {
            self.push(held);
        }
        let planned = self.planned(step);
        planned.step.simulate(&mut self.state);
        self.steps.push(planned);
    }

    /// Adds a step that is done when the change is kept.
    pub(crate) fn keep(&mut self, step: ManagerStep) {
        let planned = self.planned(step.into());
        self.keeping.steps.push(planned);
    }

    fn planned(&self, step: Step) -> PlannedStep {
        PlannedStep {
            title: step.title(),
            command: step.command(),
            undo: step.inverse(&self.state),
            step,
        }
    }

    pub(crate) fn keeping_effect(&mut self, sentence: String) {
        self.keeping.effects.push(sentence);
    }

    pub(crate) fn effect(&mut self, sentence: String) {
        self.effects.push(sentence);
    }

    pub(crate) fn notice(&mut self, sentence: String) {
        if !self.notices.contains(&sentence) {
            self.notices.push(sentence);
        }
    }

    /// The change can cut someone off: it is undone unless it is kept. With
    /// spanning tree, silent ports must not look like a failure.
    pub(crate) fn demand_confirmation(&mut self, options: &BridgeOptions) {
        let seconds = (2 * options.port_delay() + 20).clamp(CONFIRM_DEFAULT, *CONFIRM_RANGE.end());
        self.confirm_within = self.confirm_within.max(Some(seconds));
    }

    /// The named link, which must be a Linux bridge.
    pub(crate) fn require_bridge(&self, name: &InterfaceName) -> Result<&Link> {
        let link = self.state.require(name)?;
        if link.is_bridge() {
            return Ok(link);
        }
        let error = NovaError::refused(format!(
            "{name} is a {}, not a Linux bridge",
            link.kind.word()
        ));
        Err(error.with_remedy("\"nova network list\" shows the switches of this host."))
    }
}

/// A link that stood before the plan, by name and index.
pub(crate) const fn reference(link: &Link, name: InterfaceName) -> LinkRef {
    LinkRef {
        name,
        index: Some(link.index),
    }
}
