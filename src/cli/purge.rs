// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Everything undone that Nova has changed, for who removes it.

use nova::networking::{ChangeState, ErrorKind, HistoryEntry};
use nova_model::NovaError;
use nova_model::history::standing;
use nova_model::link::Owner;
use nova_model::name::printable;
use nova_model::ovs::OvsView;
use nova_model::state::Snapshot;

use crate::arguments::Output;
use crate::change::Changer;
use crate::countdown;
use crate::history::{SEARCHED, table};
use crate::schema::{LeftDocument, PurgeDocument};
use crate::terminal::{Outcome, Stop, tell};

impl Changer<'_> {
    /// Undoes every change that was kept, the newest first. What cannot be
    /// undone is left and told.
    pub async fn purge(&self) -> Outcome {
        self.require_reviewer()?;
        let entries = self.manager.history(SEARCHED).await?;
        let next: Vec<HistoryEntry> = standing(&entries).into_iter().cloned().collect();
        if self.review.dry_run {
            return match self.output {
                Output::Json => self.terminal.print_json(&next),
                Output::Table if next.is_empty() => self.terminal.print(NOTHING),
                Output::Table => self
                    .terminal
                    .print(&table(&next).render(self.terminal.style)),
            };
        }
        if !self.review.yes && !next.is_empty() {
            tell(&table(&next).render(self.terminal.style));
            if !countdown::ask("Undo all of this?").await {
                tell("Nothing was changed.\n");
                return Ok(());
            }
        }
        let mut done = PurgeDocument::default();
        for entry in next {
            self.undo_one(entry, &mut done).await?;
        }
        done.marked = marked(&self.manager.overview().await?);
        self.report_purge(&done)
    }

    /// Undoes one change; where that is refused or fails it is left.
    async fn undo_one(&self, entry: HistoryEntry, done: &mut PurgeDocument) -> Outcome {
        let title = printable(&entry.plan.title);
        let undo = async {
            let plan = self.manager.prepare_undo(entry.plan.id).await?;
            self.apply(&plan).await
        };
        let error = match undo.await {
            Ok(undo) if undo.state == ChangeState::Confirmed => {
                tell(&format!("{title}: undone.\n"));
                done.undone.push(undo);
                return Ok(());
            }
            Ok(undo) => NovaError::new(
                ErrorKind::RolledBack,
                format!("its undo is {}", undo.state.words()),
            ),
            // Nobody who may not undo this may undo the next.
            Err(Stop::Error(error)) if is_of_all(error.kind()) => return Err(error.into()),
            Err(Stop::Error(error)) => error,
            Err(stop) => return Err(stop),
        };
        tell(&format!("{title}: left. {}\n", printable(error.message())));
        done.left.push(LeftDocument {
            id: entry.plan.id,
            title: entry.plan.title,
            error,
        });
        Ok(())
    }

    fn report_purge(&self, done: &PurgeDocument) -> Outcome {
        match self.output {
            Output::Json => self.terminal.print_json(done)?,
            Output::Table => self.terminal.print(&purge_text(done))?,
        }
        if done.left.is_empty() {
            return Ok(());
        }
        Err(NovaError::refused(format!(
            "{} of {} changes could not be undone",
            done.left.len(),
            done.left.len() + done.undone.len()
        ))
        .with_remedy("Their objects are as they were before this; \"nova network undo ID\" tells of each why.")
        .into())
    }
}

const NOTHING: &str = "Nothing that Nova has changed stands.\n";

/// Whether an error of this kind would meet every change.
const fn is_of_all(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotAuthorised | ErrorKind::DaemonMissing | ErrorKind::Busy
    )
}

/// The names of what bears Nova's mark.
fn marked(snapshot: &Snapshot) -> Vec<String> {
    let links = snapshot.host.links.values();
    let mut names: Vec<String> = links
        .filter(|link| Owner::of_alias(link.alias.as_deref()) == Owner::Nova)
        .map(|link| link.name.to_string())
        .collect();
    if let OvsView::Known(ovs) = &snapshot.host.ovs {
        let bridges = ovs.bridges.iter().filter(|bridge| ovs.owns_bridge(bridge));
        names.extend(bridges.map(|bridge| bridge.name.clone()));
    }
    names.sort();
    names.dedup();
    names
}

fn purge_text(done: &PurgeDocument) -> String {
    if done.undone.is_empty() && done.left.is_empty() && done.marked.is_empty() {
        return NOTHING.to_owned();
    }
    let changes = |count: usize| match count {
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    };
    let mut text = format!("{} undone.\n", changes(done.undone.len()));
    for left in &done.left {
        let id: String = left.id.to_string().chars().take(12).collect();
        text.push_str(&format!(
            "Left: {} ({id}): {}\n",
            printable(&left.title),
            printable(left.error.message())
        ));
    }
    for name in &done.marked {
        text.push_str(&format!(
            "{} still bears Nova's mark; \"nova network show {}\" tells what it is.\n",
            printable(name),
            printable(name)
        ));
    }
    text
}
