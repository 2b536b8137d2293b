// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The way of a change through the window, as a state without Qt: prepared,
//! reviewed, applied, kept.

use std::time::Duration;

use nova_model::plan::{CONFIRM_DEFAULT, CONFIRM_RANGE, Plan};
use nova_model::{ErrorKind, NovaError};
use rustix::time::{ClockId, clock_gettime};

/// Where the change under way stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// No change is under way.
    #[default]
    Idle,
    /// The plan is being made.
    Preparing,
    /// The plan waits for a decision.
    Review {
        /// What is to be decided.
        plan: Box<Plan>,
        /// Why it was not done when it was asked for, where it can simply be
        /// asked for again.
        refused: Option<NovaError>,
    },
    /// The steps are being done.
    Applying {
        /// What is being done.
        plan: Box<Plan>,
        /// Steps that are done.
        done: usize,
    },
    /// Done; undone unless it is kept in time.
    Keeping {
        /// What was done.
        plan: Box<Plan>,
        /// How long it waits.
        wait: Wait,
    },
    /// It was refused or failed.
    Failed {
        /// What was to be done, where there was a plan already.
        plan: Option<Box<Plan>>,
        /// The step that failed, where steps were being done.
        failed_at: Option<usize>,
        /// Why, and what to do.
        error: NovaError,
    },
}

/// The time in which a change can be kept, by the helper's clock: nobody sets
/// it, and it goes on while the machine sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Seconds that were left when this was learned.
    pub seconds: u32,
    /// How long after the machine booted it is over.
    end: Duration,
}

impl Wait {
    /// That ends so many seconds from now.
    #[must_use]
    pub fn of(seconds: u32) -> Self {
        Self {
            seconds,
            end: since_boot() + Duration::from_secs(seconds.into()),
        }
    }

    /// Seconds from now to a minute after its end, or as many as can be asked for.
    #[must_use]
    pub fn longer(self) -> u32 {
        let left = self.end.saturating_sub(since_boot()).as_secs();
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        left.saturating_add(CONFIRM_DEFAULT)
            .min(*CONFIRM_RANGE.end())
    }

    /// Seconds until it is over; 0 when it is.
    #[must_use]
    pub fn left(self) -> f64 {
        self.end.saturating_sub(since_boot()).as_secs_f64()
    }
}

fn since_boot() -> Duration {
    // Neither part of this clock is ever negative.
    clock_gettime(ClockId::Boottime)
        .try_into()
        .unwrap_or_default()
}

impl Stage {
    /// The word QML compares with.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Preparing => "preparing",
            Self::Review { .. } => "review",
            Self::Applying { .. } => "applying",
            Self::Keeping { .. } => "keeping",
            Self::Failed { .. } => "failed",
        }
    }

    /// The plan it is about.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Idle | Self::Preparing => None,
            Self::Review { plan, .. }
            | Self::Applying { plan, .. }
            | Self::Keeping { plan, .. } => Some(plan),
            Self::Failed { plan, .. } => plan.as_deref(),
        }
    }

    /// What went wrong.
    #[must_use]
    pub const fn error(&self) -> Option<&NovaError> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::Review { refused, .. } => refused.as_ref(),
            _ => None,
        }
    }

    /// Where applying a plan ends that could not be applied: who was not
    /// allowed to may ask again, everything else is over.
    #[must_use]
    pub fn unapplied(plan: Box<Plan>, done: Option<usize>, error: NovaError) -> Self {
        match error.kind() {
            ErrorKind::NotAuthorised => Self::Review {
                plan,
                refused: Some(error),
            },
            // Steps had been done when this error came.
            ErrorKind::RolledBack | ErrorKind::Incomplete => Self::Failed {
                plan: Some(plan),
                failed_at: done,
                error,
            },
            _ => Self::Failed {
                plan: Some(plan),
                failed_at: None,
                error,
            },
        }
    }

    /// The word for the state of the step at this place: `waiting`, `doing`,
    /// `done` or `failed`.
    #[must_use]
    pub fn step_word(&self, at: usize) -> &'static str {
        match self {
            Self::Applying { done, .. } if at < *done => "done",
            Self::Applying { done, .. } if at == *done => "doing",
            Self::Keeping { .. } => "done",
            Self::Failed {
                failed_at: Some(failed),
                ..
            } if at == *failed => "failed",
            Self::Failed {
                failed_at: Some(failed),
                ..
            } if at < *failed => "undone",
            _ => "waiting",
        }
    }
}

/// What is said in passing once a change is done: `br0 created`.
#[must_use]
pub fn past_tense(plan: &Plan) -> String {
    let sentence = match plan.changes.changes.as_slice() {
        [only] => only.outcome(),
        [first, rest @ ..] => format!("{} and {} more", first.outcome(), rest.len()),
        [] => plan.title.clone(),
    };
    match plan.is_undo() {
        true => format!("Undone: {sentence}"),
        false => sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nova_model::change::{Change, ChangeSet, SetLink};
    use nova_model::plan::{PlanId, plan};
    use nova_model::state::HostState;

    #[test]
    fn a_finished_change_is_told_in_the_past() {
        let create = Change::CreateBridge(nova_model::change::CreateBridge {
            name: "br0".parse().unwrap(),
            options: nova_model::bridge::BridgePatch::default(),
            ports: Vec::new(),
        });
        let mut made = plan(
            &HostState::default(),
            &ChangeSet::from(create.clone()),
            PlanId::from_bits(1),
        )
        .unwrap();
        assert_eq!(past_tense(&made), "br0 created");
        made.undoes = Some(PlanId::from_bits(2));
        assert_eq!(past_tense(&made), "Undone: br0 created");
        made.undoes = None;
        made.changes.changes.push(Change::SetLink(SetLink {
            name: "eth0".parse().unwrap(),
            up: true,
        }));
        assert_eq!(past_tense(&made), "br0 created and 1 more");
    }

    #[test]
    fn a_change_that_waits_anew_as_long_as_before_waits_longer() {
        let first = Wait::of(60);
        let left = first.left();
        assert!(left > 0.0 && left <= 60.0, "{left}");
        std::thread::sleep(Duration::from_millis(2));
        let second = Wait::of(60);
        assert_ne!(first, second);
        assert!(second.left() > first.left());
        assert_eq!(Wait::of(0).left(), 0.0);
    }

    #[test]
    fn the_steps_before_the_failed_one_are_undone() {
        let stage = Stage::Failed {
            plan: None,
            failed_at: Some(1),
            error: NovaError::internal("x"),
        };
        assert_eq!(
            [0, 1, 2].map(|at| stage.step_word(at)),
            ["undone", "failed", "waiting"]
        );
    }
}
