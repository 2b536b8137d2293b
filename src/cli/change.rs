// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Changes: from arguments to a plan, from the review to what came of it.

use nova::networking::{
    Change, ChangeState, ErrorKind, HistoryEntry, NetworkManager, NovaError, Plan, Result,
};
use nova_model::change::{
    AttachPort, ChangeSet, DeleteSwitch, DetachPort, SetAffinity, SetLink, SetMtu,
};
use nova_model::name::printable;
use nova_model::persist::Persist;
use nova_model::steering::CpuSet;

use crate::arguments::{self, Direction, Output, Review};
use crate::countdown::{self, Answer};
use crate::history::find;
use crate::plan::plan_text;
use crate::terminal::{Outcome, Stop, Terminal, tell};

impl From<arguments::Persist> for Persist {
    fn from(asked: arguments::Persist) -> Self {
        match asked {
            arguments::Persist::Auto => Self::Auto,
            arguments::Persist::NetworkManager => Self::NetworkManager,
            arguments::Persist::Networkd => Self::Networkd,
            arguments::Persist::None => Self::None,
        }
    }
}

/// Reviews and carries out one change.
pub struct Changer<'a> {
    /// Nova.
    pub manager: &'a NetworkManager,
    /// Where results go.
    pub terminal: Terminal,
    /// How results are printed.
    pub output: Output,
    /// How the change is reviewed.
    pub review: Review,
}

impl Changer<'_> {
    /// Plans, reviews, applies and keeps a change.
    pub async fn change(&self, changes: impl Into<ChangeSet>) -> Outcome {
        self.require_reviewer()?;
        let changes = ChangeSet {
            persist: self.review.persist.into(),
            ..changes.into()
        };
        let plan = self.manager.prepare(&changes).await?;
        self.carry_out(plan).await
    }

    /// Undoes a change that was kept.
    pub async fn undo(&self, id: &str) -> Outcome {
        self.refuse_persist("What kept the change keeps its undo.")?;
        self.require_reviewer()?;
        let id = find(self.manager, id).await?;
        let plan = self.manager.prepare_undo(id).await?;
        self.carry_out(plan).await
    }

    /// Refuses `--persist` where nobody can choose.
    pub fn refuse_persist(&self, reason: &str) -> Result<()> {
        if self.review.persist == arguments::Persist::Auto {
            return Ok(());
        }
        Err(
            NovaError::new(ErrorKind::InvalidValue, "--persist has no meaning here")
                .with_field("persist")
                .with_remedy(format!("{reason} Leave it out.")),
        )
    }

    /// Refuses to change something where nobody has agreed and nobody can.
    pub fn require_reviewer(&self) -> Result<()> {
        if self.review.dry_run || self.review.yes || Terminal::can_ask() {
            return Ok(());
        }
        Err(NovaError::new(
            ErrorKind::InvalidValue,
            "this changes the host, and there is no terminal to ask on",
        )
        .with_remedy("Add --yes to apply it, or --dry-run to see the plan."))
    }

    async fn carry_out(&self, plan: Plan) -> Outcome {
        if self.review.dry_run || plan.is_empty() {
            return match self.output {
                Output::Json => self.terminal.print_json(&plan),
                Output::Table => self
                    .terminal
                    .print(&plan_text(&plan, self.terminal.style.is_coloured)),
            };
        }
        if !self.review.yes {
            tell(&plan_text(&plan, self.terminal.style.is_coloured));
            if !countdown::ask("Apply?").await {
                tell("Nothing was changed.\n");
                return Ok(());
            }
        }
        let entry = self.apply(&plan).await?;
        self.report(&entry)
    }

    /// Applies what was reviewed, and lets it wait or has it kept.
    pub async fn apply(&self, plan: &Plan) -> std::result::Result<HistoryEntry, Stop> {
        let tells_steps = !self.review.yes && Terminal::can_ask();
        let entry = self
            .manager
            .apply(plan, self.review.confirm_within, |step| {
                // The last report says that all are done.
                if tells_steps && step.done < step.total {
                    let number = step.done + 1;
                    tell(&format!(
                        "  {number}/{} {}\n",
                        step.total,
                        printable(&step.title)
                    ));
                }
            })
            .await?;
        match entry.state {
            ChangeState::Pending { seconds_left } if self.review.confirm_within.is_some() => {
                self.hand_over(plan, seconds_left).await
            }
            ChangeState::Pending { seconds_left } => self.settle(plan, seconds_left).await,
            _ => Ok(entry),
        }
    }

    /// A change that is to wait: it does so also when this command ends. At a
    /// terminal the person can decide at once.
    async fn hand_over(
        &self,
        plan: &Plan,
        seconds: u32,
    ) -> std::result::Result<HistoryEntry, Stop> {
        let entry = self.manager.detach(plan.id).await?;
        if !Terminal::can_ask() {
            return Ok(entry);
        }
        tell(&format!("ID {}\n", plan.id));
        self.decide(plan, seconds).await
    }

    /// A change that waits to be kept: with `--yes` it is, once it is seen that
    /// the host is still reached; otherwise the person decides.
    async fn settle(&self, plan: &Plan, seconds: u32) -> std::result::Result<HistoryEntry, Stop> {
        if self.review.yes {
            return Ok(self.manager.confirm_unattended(plan.id, seconds).await?);
        }
        self.decide(plan, seconds).await
    }

    async fn decide(&self, plan: &Plan, seconds: u32) -> std::result::Result<HistoryEntry, Stop> {
        match countdown::keep(self.manager, plan.id, seconds).await? {
            Answer::Keep => Ok(self.manager.confirm(plan.id).await?),
            Answer::Revert => Ok(self.manager.rollback(plan.id).await?),
            Answer::Elsewhere => {
                let entries = self.manager.history(1000).await?;
                let entry = entries.into_iter().find(|entry| entry.plan.id == plan.id);
                Ok(entry.ok_or_else(|| NovaError::internal("the change has no entry"))?)
            }
        }
    }

    fn report(&self, entry: &HistoryEntry) -> Outcome {
        let id = entry.plan.id.to_string();
        let short: String = id.chars().take(12).collect();
        let (end, is_undone) = match &entry.state {
            ChangeState::Confirmed => (
                format!("done. Undo with \"nova network undo {short}\"."),
                false,
            ),
            ChangeState::Pending { seconds_left } => (
                format!(
                    "done, undone in {seconds_left} s unless kept.\nID {id}\n\
                     Keep it with \"nova network confirm {short}\", undo it with \"nova network rollback {short}\"."
                ),
                false,
            ),
            state => (format!("{}.", state.words()), true),
        };
        if self.output == Output::Json {
            self.terminal.print_json(entry)?;
        } else {
            self.terminal
                .print(&format!("{}: {end}\n", entry.plan.title))?;
        }
        if is_undone {
            Err(Stop::RolledBack)
        } else {
            Ok(())
        }
    }
}

/// The wish of `delete-switch`.
pub fn delete_switch(name: &str, foreign: bool) -> Result<Change> {
    Ok(Change::DeleteSwitch(DeleteSwitch {
        name: name.parse()?,
        foreign,
    }))
}

/// The wish of `add-interface`.
pub fn attach(switch: &str, port: &str, moves: bool) -> Result<Change> {
    Ok(Change::AttachPort(AttachPort {
        switch: switch.parse()?,
        port: port.parse()?,
        moves,
    }))
}

/// The wish of `remove-interface`.
pub fn detach(switch: &str, port: &str) -> Result<Change> {
    Ok(Change::DetachPort(DetachPort {
        switch: switch.parse()?,
        port: port.parse()?,
    }))
}

/// The wish of `set-link`.
pub fn set_link(name: &str, direction: Direction) -> Result<Change> {
    Ok(Change::SetLink(SetLink {
        name: name.parse()?,
        up: direction == Direction::Up,
    }))
}

/// The wish of `set-affinity`.
pub fn set_affinity(name: &str, mask: Option<&str>, list: Option<&str>) -> Result<Change> {
    Ok(Change::SetAffinity(SetAffinity {
        name: name.parse()?,
        cpus: match (mask, list) {
            (Some(mask), _) => CpuSet::from_mask(mask)?,
            (None, Some(list)) => list.parse()?,
            (None, None) => CpuSet::new(),
        },
        alone: false,
    }))
}

/// The wish of `set-mtu`.
pub fn set_mtu(name: &str, mtu: u32) -> Result<Change> {
    Ok(Change::SetMtu(SetMtu {
        name: name.parse()?,
        mtu,
    }))
}
