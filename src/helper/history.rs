// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The journal as a history.

use std::collections::HashMap;

use nova_model::history::{ChangeState, HistoryEntry, kept_since};
use nova_model::plan::{Plan, PlanId};
use nova_model::{ErrorKind, NovaError, Result};

use crate::journal::Journal;
use crate::record::Past;

/// Most changes and bytes of one answer.
const MAX_ENTRIES: usize = 1000;
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The newest `limit` changes, newest first, at most 1000, and of 8 MiB together.
///
/// # Errors
/// `Internal` where the journal cannot be read.
pub fn newest(journal: &Journal, limit: u32) -> Result<Vec<HistoryEntry>> {
    let limit = usize::try_from(limit)
        .unwrap_or(MAX_ENTRIES)
        .min(MAX_ENTRIES);
    let mut bytes = 0;
    let mut entries: Vec<HistoryEntry> = journal
        .ids()?
        .into_iter()
        .take(limit)
        .take_while(|(_, size)| {
            bytes += size;
            bytes <= MAX_BYTES
        })
        .filter_map(|(id, _)| {
            let read = journal.read(id);
            if let Err(error) = &read {
                tracing::warn!(%id, %error, "a change is left out of the history");
            }
            read.ok()
        })
        .map(Past::entry)
        .collect();
    // An undo is newer than what it undoes, so it is among these.
    let undone: HashMap<PlanId, PlanId> = entries
        .iter()
        .filter(|entry| entry.state == ChangeState::Confirmed)
        .filter_map(|entry| Some((entry.plan.undoes?, entry.plan.id)))
        .collect();
    for entry in &mut entries {
        entry.undone_by = undone.get(&entry.plan.id).copied();
    }
    Ok(entries)
}

/// The plan of a change that was kept and not undone since.
///
/// # Errors
/// `NotFound`, or `Refused` with what has become of it.
pub fn kept(journal: &Journal, id: PlanId) -> Result<Plan> {
    let entry = journal.read(id)?.entry();
    if matches!(entry.state, ChangeState::Pending { .. }) {
        // How long it waits yet the journal does not know.
        return Err(NovaError::refused(format!(
            "\"{}\" cannot be undone: it still waits to be kept",
            entry.plan.title
        ))
        .with_remedy("\"nova network rollback\" reverts what waits."));
    }
    if entry.state != ChangeState::Confirmed {
        let refused = NovaError::refused(format!(
            "\"{}\" cannot be undone: it is {}",
            entry.plan.title,
            entry.state.words()
        ));
        return Err(match entry.state {
            ChangeState::Incomplete { .. } => {
                refused.with_remedy("\"nova network rollback\" undoes what is left of it.")
            }
            _ => refused,
        });
    }
    let undone_by = newest(journal, u32::MAX)?
        .into_iter()
        .find(|other| other.plan.id == id)
        .and_then(|other| other.undone_by);
    if undone_by.is_some() {
        return Err(NovaError::refused(format!(
            "\"{}\" was undone already",
            entry.plan.title
        )));
    }
    Ok(entry.plan)
}

/// A change whose undo left something, to be undone again.
///
/// # Errors
/// `Refused` where it is none, or another change to the same was kept since.
pub fn left(journal: &Journal, id: PlanId) -> Result<Past> {
    let past = journal.read(id).map_err(|error| match error.kind() {
        ErrorKind::NotFound => waits_not(id),
        _ => error,
    })?;
    if !past.is_left() {
        return Err(waits_not(id));
    }
    let newest = newest(journal, u32::MAX)?;
    let newer = newest.iter().take_while(|entry| entry.plan.id != id);
    match kept_since(&past.begin.plan, newer) {
        None => Ok(past),
        Some(kept) => Err(NovaError::refused(format!(
            "what is left of \"{}\" is not undone by itself: \"{}\" was kept since",
            past.begin.plan.title, kept.plan.title
        ))
        .with_remedy("Undo by hand what remains; the history lists the steps of the change.")),
    }
}

/// The refusal to revert a change of which nothing can be reverted.
pub fn waits_not(id: PlanId) -> NovaError {
    NovaError::refused(format!("the change {id} does not wait to be kept"))
        .with_remedy("\"nova network history\" shows what has become of it.")
}
