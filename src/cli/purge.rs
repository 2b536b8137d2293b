// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Everything undone that Nova has changed, for who removes it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nova::networking::{ChangeState, ErrorKind, HistoryEntry, PlanId, Result};
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

/// How often a change is tried again that another one is in the way of, and the
/// pause before: what appears while things are undone is given what is bound to
/// it.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// What became of the undo of a change.
enum Fate {
    /// It was undone and the undo kept.
    Undone(Box<HistoryEntry>),
    /// Nothing of it was there any more.
    Gone,
    /// It could not be undone.
    Left(NovaError),
    /// The person, or what decides who may do what, wants no more of this.
    End(Stop),
}

impl Changer<'_> {
    /// Undoes every change that was kept, the newest first. What cannot be
    /// undone is left and told.
    pub async fn purge(&self) -> Outcome {
        self.require_reviewer()?;
        let next = self.standing(&HashSet::new()).await?;
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
        let ended = self.undo_all(next, &mut done).await;
        // What was undone is told whatever came in between.
        let seen = self.manager.overview().await;
        if let Ok(seen) = &seen {
            done.marked = marked(seen);
        }
        match self.output {
            Output::Json => self.terminal.print_json(&done)?,
            Output::Table => self.terminal.print(&purge_text(&done))?,
        }
        ended?;
        let _ = seen?;
        left(&done)
    }

    /// Undoes these and what comes to light behind them: an answer does not always
    /// hold the whole history. Then nothing is given again any more.
    async fn undo_all(&self, mut next: Vec<HistoryEntry>, done: &mut PurgeDocument) -> Outcome {
        let is_interrupted = Arc::new(AtomicBool::new(false));
        tokio::spawn(note_interrupt(Arc::clone(&is_interrupted)));
        let mut tried = HashSet::new();
        while !next.is_empty() {
            for entry in next {
                if is_interrupted.load(Ordering::Relaxed) {
                    return Err(stopped());
                }
                tried.insert(entry.plan.id);
                match self.undo_one(&entry).await {
                    Fate::Undone(undo) => done.undone.push(*undo),
                    Fate::Gone => done.gone.push(entry.plan.id),
                    Fate::Left(error) => done.left.push(LeftDocument {
                        id: entry.plan.id,
                        title: entry.plan.title,
                        error,
                    }),
                    Fate::End(stop) => return Err(stop),
                }
            }
            next = self.standing(&tried).await?;
        }
        done.forgotten = patiently(async || Ok(self.manager.forget_bound().await?)).await?;
        Ok(())
    }

    /// What is to be undone, the newest first, without these.
    async fn standing(&self, tried: &HashSet<PlanId>) -> Result<Vec<HistoryEntry>> {
        let entries = self.manager.history(SEARCHED).await?;
        let standing = standing(&entries).into_iter();
        Ok(standing
            .filter(|entry| !tried.contains(&entry.plan.id))
            .cloned()
            .collect())
    }

    /// Undoes one change and tells what became of it.
    async fn undo_one(&self, entry: &HistoryEntry) -> Fate {
        let title = printable(&entry.plan.title);
        let undo = patiently(async || {
            let plan = self.manager.prepare_undo(entry.plan.id).await?;
            self.apply(&plan).await
        });
        let fate = match undo.await {
            Ok(undo) if undo.state == ChangeState::Confirmed => Fate::Undone(Box::new(undo)),
            // Somebody did not want this one undone.
            Ok(_) => Fate::End(stopped()),
            Err(Stop::Error(error)) => self.fate_of(entry, error).await,
            Err(stop) => Fate::End(stop),
        };
        match &fate {
            Fate::Undone(_) => tell(&format!("{title}: undone.\n")),
            Fate::Gone => tell(&format!("{title}: nothing of it is left.\n")),
            Fate::Left(error) => {
                tell(&format!("{title}: left. {}\n", printable(error.message())));
            }
            Fate::End(_) => {}
        }
        fate
    }

    async fn fate_of(&self, entry: &HistoryEntry, error: NovaError) -> Fate {
        match error.kind() {
            ErrorKind::NotAuthorised | ErrorKind::DaemonMissing | ErrorKind::Busy => {
                Fate::End(error.into())
            }
            ErrorKind::Refused => match self.manager.overview().await {
                Ok(seen) if entry.plan.is_gone(&seen.host) => Fate::Gone,
                _ => Fate::Left(error),
            },
            _ => Fate::Left(error),
        }
    }
}

/// Does it, and again where what is in the way may be gone in a moment.
async fn patiently<T>(
    doing: impl AsyncFn() -> std::result::Result<T, Stop>,
) -> std::result::Result<T, Stop> {
    for _ in 0..TRIES {
        match doing().await {
            Err(Stop::Error(error)) if is_passing(error.kind()) => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
    doing().await
}

/// Once a question was asked, Ctrl+C ends nothing by itself any more.
async fn note_interrupt(is_interrupted: Arc<AtomicBool>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        is_interrupted.store(true, Ordering::Relaxed);
    }
}

fn stopped() -> Stop {
    let error = NovaError::refused("it was stopped before everything was undone");
    Stop::Error(error.with_remedy("\"nova network purge\" undoes the rest."))
}

/// Whether what is in the way now may be gone in a moment.
const fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Busy | ErrorKind::Stale)
}

/// Tells by the exit code that something was left.
fn left(done: &PurgeDocument) -> Outcome {
    let kinds = || done.left.iter().map(|left| left.error.kind());
    let Some(first) = kinds().next() else {
        return Ok(());
    };
    let kind = kinds()
        .find(|kind| *kind == ErrorKind::Incomplete)
        .unwrap_or(first);
    let error = NovaError::new(
        kind,
        format!(
            "{} of {} changes could not be undone",
            done.left.len(),
            done.left.len() + done.undone.len() + done.gone.len()
        ),
    );
    Err(error
        .with_remedy("\"nova network undo ID\" tells why; undo what remains by hand.")
        .into())
}

const NOTHING: &str = "Nothing that Nova has changed stands.\n";

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
    let is_nothing = done.undone.is_empty() && done.left.is_empty() && done.marked.is_empty();
    if is_nothing && done.forgotten == 0 {
        return NOTHING.to_owned();
    }
    let changes = |count: usize| match count {
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    };
    let mut text = format!("{} undone.\n", changes(done.undone.len()));
    if !done.gone.is_empty() {
        let gone = changes(done.gone.len());
        text.push_str(&format!("Nothing was left of {gone}.\n"));
    }
    if done.forgotten > 0 {
        text.push_str("What links and machines would be given again is forgotten.\n");
    }
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
