// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Changes that a helper before this one left in the middle.

use std::sync::Arc;
use std::time::Duration;

use nova_model::history::{ChangeState, RollbackReason};
use nova_model::plan::PlanId;
use nova_model::{ErrorKind, NovaError, Result};

use crate::host::Host;
use crate::journal::Journal;
use crate::transaction::{Transaction, Workshop};

/// How long ago the dead-man may have ended a change that is told of now.
const LATELY: Duration = Duration::from_secs(30);

/// Changes that the dead-man ended while there was no helper to tell of it.
///
/// # Errors
/// `Internal` where the journal cannot be read.
pub fn ended_meanwhile(journal: &Journal) -> Result<Vec<(PlanId, ChangeState)>> {
    let lately = journal.lately(LATELY)?.into_iter();
    Ok(lately
        .filter_map(|id| Some((id, journal.read(id).ok()?.end?)))
        .filter(|(_, state)| {
            matches!(
                state,
                ChangeState::Incomplete { .. }
                    | ChangeState::RolledBack {
                        reason: RollbackReason::HelperStopped
                    }
            )
        })
        .collect())
}

/// What became of changes that were left in the middle.
#[derive(Default)]
pub struct Recovered {
    /// How each of them ended.
    pub ended: Vec<(PlanId, ChangeState)>,
    /// Why one could not be read, which may be open.
    pub unread: Option<NovaError>,
}

impl Recovered {
    /// # Errors
    /// `Internal` where a change could not be read.
    pub fn of_all(self) -> Result<()> {
        self.unread.map_or(Ok(()), Err)
    }
}

/// Undoes every change that has no end in the journal, and what an undo left
/// before the machine booted. What was done before that boot is gone with the
/// kernel's state and is only noted. Done twice it does nothing.
///
/// # Errors
/// `Internal` where the journal cannot be listed.
pub fn recover<H: Host>(shop: &Arc<Workshop<H>>) -> Result<Recovered> {
    let mut recovered = Recovered::default();
    for (id, size) in shop.journal.ids()? {
        let past = match shop.journal.read(id) {
            Ok(past) if past.end.is_some() && !past.left_before(shop.journal.boot()) => continue,
            Ok(past) => past,
            // A helper that was killed before the first line had begun nothing.
            Err(error) if error.kind() == ErrorKind::NotFound && size == 0 => {
                if let Err(error) = shop.journal.remove(id) {
                    tracing::warn!(%id, %error, "an empty file of the journal stays");
                }
                continue;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                tracing::warn!(%id, %error, "a file of the journal says nothing");
                continue;
            }
            Err(error) => {
                tracing::error!(%id, %error, "a change cannot be read that may be open");
                recovered.unread = Some(error);
                continue;
            }
        };
        let mut transaction = Transaction::resume(shop, past)?;
        let state = transaction.revert_by_boot(RollbackReason::HelperStopped);
        tracing::warn!(%id, state = %state.words(), "an interrupted change was found");
        recovered.ended.push((id, state.clone()));
    }
    Ok(recovered)
}
