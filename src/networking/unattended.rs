// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Changes that no person watches, of programs and of `--yes`: the helper's guard
//! is given the time to miss somebody before they are kept.

use std::time::Duration;

use nova_host::contact::is_settling;
use nova_model::change::ChangeSet;
use nova_model::history::{ChangeState, HistoryEntry};
use nova_model::ovs::OvsView;
use nova_model::plan::PlanId;
use nova_model::{ErrorKind, NovaError, Result};
use tokio::time::{Instant, sleep};

use crate::manager::NetworkManager;

/// The guard looks once a second, gives neighbours a second to answer and takes
/// three misses in a row for a loss.
const TO_MISS: Duration = Duration::from_secs(5);
/// Between two looks at what the links do.
const LOOK: Duration = Duration::from_millis(500);
/// What of the time to keep it is left for that.
const TO_KEEP: Duration = Duration::from_secs(3);

impl NetworkManager {
    /// Plans changes, applies the plan and keeps it, as programs do which need no
    /// review. What can cut the host off is kept once it is seen that it is still
    /// reached ([`Self::confirm_unattended`]), which takes 5 s and more.
    ///
    /// ```no_run
    /// # async fn example() -> nova::networking::Result<()> {
    /// use nova::networking::{BridgeConfig, NetworkManager};
    ///
    /// let bridge = BridgeConfig { stp: true, ..BridgeConfig::new("br0") };
    /// let create = bridge.to_create(vec!["eth1".to_owned()])?;
    /// let entry = NetworkManager::new().carry_out(&create.into()).await?;
    /// println!("{}: undo with {}", entry.plan.title, entry.plan.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::prepare`], [`Self::apply`] and [`Self::confirm`]; `RolledBack`
    /// also where it was applied and could not be kept.
    pub async fn carry_out(&self, changes: &ChangeSet) -> Result<HistoryEntry> {
        let plan = self.prepare(changes).await?;
        let mut entry = self.apply(&plan, None, |_| {}).await?;
        if let ChangeState::Pending { seconds_left } = entry.state {
            entry = self.confirm_unattended(plan.id, seconds_left).await?;
        }
        if matches!(entry.state, ChangeState::RolledBack { .. }) {
            let said = format!("\"{}\": {}", entry.plan.title, entry.state.words());
            return Err(NovaError::new(ErrorKind::RolledBack, said));
        }
        Ok(entry)
    }

    /// Keeps a change that waits for it, once the helper's guard would have missed
    /// whom the host reached before: five seconds after the links have settled.
    /// For programs and command lines that keep a change without a person to see
    /// that the host is still reached. Where the guard has undone it meanwhile, or
    /// the links have not settled before the `seconds` to keep it are over, it is
    /// undone, and the entry says so.
    ///
    /// # Errors
    /// As [`Self::confirm`]; `Incomplete` where something could not be undone.
    pub async fn confirm_unattended(&self, id: PlanId, seconds: u32) -> Result<HistoryEntry> {
        let mut changes = self.changes().await?;
        let began = Instant::now();
        let last = began + Duration::from_secs(seconds.into()).saturating_sub(TO_KEEP);
        let mut settled = began;
        let mut settles = false;
        while Instant::now() < last && settled.elapsed() < TO_MISS {
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
                    let seen = self.host().await.ok();
                    // What cannot be seen may not have settled; the guard sees it.
                    let is_unknown = seen.as_ref().is_none_or(|it| it.ovs == OvsView::Locked);
                    settles = seen.is_some_and(|it| is_settling(&it, began.elapsed()));
                    if settles || is_unknown {
                        settled = Instant::now();
                    }
                }
            }
        }
        let decided = match settles {
            true => self.rollback(id).await,
            false => self.confirm(id).await,
        };
        match decided {
            // The guard, or somebody else, was first.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Refused) => {
                let entries = self.history(1000).await.unwrap_or_default();
                let entry = entries.into_iter().find(|entry| entry.plan.id == id);
                match entry.as_ref().map(|entry| &entry.state) {
                    Some(ChangeState::Confirmed | ChangeState::RolledBack { .. }) => {
                        entry.ok_or(error)
                    }
                    Some(ChangeState::Incomplete { error }) => Err(error.clone()),
                    _ => Err(error),
                }
            }
            decided => decided,
        }
    }
}
