// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What has become of the changes: the journal as a person reads it.

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

impl ChangeState {
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
