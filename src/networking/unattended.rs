// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Keeping a change that nobody watches: the helper's guard is given the time to
//! miss somebody.

use std::time::Duration;

use nova_host::contact::is_settling;
use nova_model::Result;
use nova_model::history::{ChangeState, HistoryEntry};
use nova_model::plan::PlanId;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::manager::NetworkManager;

/// The guard looks once a second, gives neighbours a second to answer and takes
/// three misses in a row for a loss.
const TO_MISS: Duration = Duration::from_secs(5);
/// Between two looks at what the links do.
const LOOK: Duration = Duration::from_millis(250);
/// What of the time to keep it is left for that.
const TO_KEEP: Duration = Duration::from_secs(3);

impl NetworkManager {
    /// Keeps a change that waits for it, once the helper's guard would have missed
    /// whom the host reached before: five seconds after the links have settled, or
    /// shortly before the `seconds` to keep it are over. For programs and command
    /// lines that keep a change without a person to see that the host is still
    /// reached. Where the guard has undone it meanwhile, the entry says so.
    ///
    /// # Errors
    /// As [`Self::confirm`].
    pub async fn confirm_unattended(&self, id: PlanId, seconds: u32) -> Result<HistoryEntry> {
        let mut changes = self.changes().await?;
        let began = Instant::now();
        let last = began + Duration::from_secs(seconds.into()).saturating_sub(TO_KEEP);
        let mut settled = began;
        loop {
            let now = Instant::now();
            if now >= last || now.duration_since(settled) >= TO_MISS {
                break;
            }
            tokio::select! {
                Some(changed) = changes.recv() => {
                    let waits = matches!(
                        changed.state,
                        ChangeState::Pending { .. } | ChangeState::Applying
                    );
                    if changed.id == id && !waits {
                        break;
                    }
                }
                () = sleep(LOOK) => {
                    let state = spawn_blocking(nova_host::observe::observe).await;
                    if let Ok(Ok(state)) = state
                        && is_settling(&state, began.elapsed())
                    {
                        settled = Instant::now();
                    }
                }
            }
        }
        match self.confirm(id).await {
            Ok(entry) => Ok(entry),
            // The guard may have been first.
            Err(error) => {
                let entries = self.history(1000).await?;
                let entry = entries.into_iter().find(|entry| entry.plan.id == id);
                entry
                    .filter(|entry| matches!(entry.state, ChangeState::RolledBack { .. }))
                    .ok_or(error)
            }
        }
    }
}
