// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What has become of the changes: the journal as a person reads it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::NovaError;
use crate::plan::{Plan, PlanId};

/// A change that was applied, or that failed to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistoryEntry {
    /// The plan as it was reviewed and applied.
    pub plan: Plan,
    /// User id of who asked for it.
    pub uid: u32,
    /// Seconds since 1970 when it began.
    pub started: u64,
    /// What has become of it.
    pub state: ChangeState,
    /// The later change that undid it, where one did.
    pub undone_by: Option<PlanId>,
}

/// The change among `newer` ones that stands in the way of undoing what the undo of
/// a plan left: it was kept since and is about the same, and steps back to how
/// things were before the plan would meet what it did.
#[must_use]
pub fn kept_since<'a>(
    plan: &Plan,
    newer: impl IntoIterator<Item = &'a HistoryEntry>,
) -> Option<&'a HistoryEntry> {
    newer.into_iter().find(|newer| {
        let is_kept = newer.state == ChangeState::Confirmed && !newer.plan.gives_again;
        is_kept && plan.meets(&newer.plan)
    })
}

/// What has become of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ChangeState {
    /// Its steps are being done.
    Applying,
    /// Done; undone unless it is kept in time.
    Pending {
        /// Seconds from now until it is undone.
        seconds_left: u32,
    },
    /// Done and kept.
    Confirmed,
    /// Undone completely.
    RolledBack {
        /// Why.
        reason: RollbackReason,
    },
    /// Undone in part; the error names what remains.
    Incomplete {
        /// What remains and what to do.
        error: NovaError,
    },
}

/// Why a change was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum RollbackReason {
    /// A person asked for it.
    Asked,
    /// It was not kept in time.
    NotConfirmed,
    /// Who asked for it went away before it was kept.
    ClientGone,
    /// A step failed, or the host was not as planned afterwards.
    Failed {
        /// What failed.
        error: NovaError,
    },
    /// Somebody whom the host had reached before could not be reached any more.
    ContactLost {
        /// Whom, as a sentence.
        what: String,
    },
    /// The helper stopped in the middle and found it when it started again.
    HelperStopped,
}

/// The changes that the host still bears, in the order of these entries: kept,
/// not undone, and no undo themselves. The undo of an undo is the change again
/// and counts; what nothing can undo does not.
#[must_use]
pub fn standing(entries: &[HistoryEntry]) -> Vec<&HistoryEntry> {
    let undoes: HashMap<PlanId, Option<PlanId>> = entries
        .iter()
        .map(|entry| (entry.plan.id, entry.plan.undoes))
        .collect();
    // What an entry undoes that is not known any more undid nothing itself.
    let is_undo = |entry: &HistoryEntry| {
        let mut depth = 0;
        let mut next = entry.plan.undoes;
        while let Some(id) = next {
            depth += 1;
            next = undoes
                .get(&id)
                .copied()
                .flatten()
                .filter(|_| depth < undoes.len());
        }
        depth % 2 == 1
    };
    entries
        .iter()
        .filter(|entry| entry.state == ChangeState::Confirmed && entry.undone_by.is_none())
        .filter(|entry| !is_undo(entry))
        .filter(|entry| {
            let plan = &entry.plan;
            let mut steps = plan.steps.iter().chain(&plan.keeping.steps);
            steps.any(|step| !step.undo.is_empty())
        })
        .collect()
}

impl ChangeState {
    /// Whether nothing more becomes of it by itself.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        match self {
            Self::Applying | Self::Pending { .. } => false,
            Self::Confirmed | Self::RolledBack { .. } | Self::Incomplete { .. } => true,
        }
    }

    /// The words a person reads.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Applying => "being applied".to_owned(),
            Self::Pending { seconds_left } => format!("to be kept within {seconds_left} s"),
            Self::Confirmed => "kept".to_owned(),
            Self::RolledBack { reason } => match reason {
                RollbackReason::Asked => "reverted".to_owned(),
                RollbackReason::NotConfirmed => "reverted, not kept in time".to_owned(),
                RollbackReason::ClientGone => {
                    "reverted, its window or command went away".to_owned()
                }
                RollbackReason::Failed { error } => format!("failed and reverted: {error}"),
                RollbackReason::ContactLost { what } => format!("reverted at once: {what}"),
                RollbackReason::HelperStopped => "reverted after an interruption".to_owned(),
            },
            Self::Incomplete { error } => format!("reverted in part: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::BridgePatch;
    use crate::change::{Change, CreateBridge};
    use crate::plan::plan;
    use crate::state::HostState;

    fn entry(id: u128, undoes: Option<u128>, undone_by: Option<u128>) -> HistoryEntry {
        let change = Change::CreateBridge(CreateBridge {
            name: "br0".parse().unwrap(),
            options: BridgePatch::default(),
            ports: Vec::new(),
        });
        let mut plan = plan(&HostState::default(), &change.into(), PlanId::from_bits(id)).unwrap();
        plan.undoes = undoes.map(PlanId::from_bits);
        HistoryEntry {
            plan,
            uid: 0,
            started: 0,
            state: ChangeState::Confirmed,
            undone_by: undone_by.map(PlanId::from_bits),
        }
    }

    fn standing_of(entries: &[HistoryEntry]) -> Vec<PlanId> {
        standing(entries)
            .iter()
            .map(|entry| entry.plan.id)
            .collect()
    }

    #[test]
    fn what_was_kept_and_not_undone_stands_newest_first() {
        let entries = [entry(3, None, None), entry(2, None, None)];
        assert_eq!(standing_of(&entries), [3, 2].map(PlanId::from_bits));
    }

    #[test]
    fn an_undo_and_what_it_has_undone_do_not_stand() {
        let entries = [entry(2, Some(1), None), entry(1, None, Some(2))];
        assert_eq!(standing_of(&entries), []);
        // Also where what it has undone is too old to be known.
        assert_eq!(standing_of(&entries[..1]), []);
    }

    #[test]
    fn the_undo_of_an_undo_stands() {
        let entries = [
            entry(3, Some(2), None),
            entry(2, Some(1), Some(3)),
            entry(1, None, Some(2)),
        ];
        assert_eq!(standing_of(&entries), [PlanId::from_bits(3)]);
    }

    #[test]
    fn what_was_reverted_or_waits_does_not_stand() {
        let mut entries = [entry(2, None, None), entry(1, None, None)];
        entries[0].state = ChangeState::Pending { seconds_left: 5 };
        entries[1].state = ChangeState::RolledBack {
            reason: RollbackReason::Asked,
        };
        assert_eq!(standing_of(&entries), []);
    }

    #[test]
    fn what_nothing_undoes_does_not_stand() {
        let mut tidied = entry(1, None, None);
        for step in &mut tidied.plan.steps {
            step.undo.clear();
        }
        assert_eq!(standing_of(&[tidied]), []);
    }

    #[test]
    fn a_history_that_undoes_itself_in_a_ring_ends() {
        let entries = [entry(1, Some(2), None), entry(2, Some(1), None)];
        assert!(standing(&entries).len() <= 2);
    }
}
