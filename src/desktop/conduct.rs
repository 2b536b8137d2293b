// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Conducts a change through its stages: asks the helper and publishes where
//! the change stands.

use std::future::Future;
use std::sync::Arc;

use nova::networking::{Changed, NetworkManager};
use nova_model::NovaError;
use nova_model::history::{ChangeState, HistoryEntry};
use nova_model::plan::{Plan, PlanId};
use tokio::task::JoinHandle;

use crate::flow::{Stage, Wait, past_tense};
use crate::history_row::sentence;
use crate::wish::Wish;
use crate::world::{Notice, Topic, World, hub};

/// Does what the window wishes, one change at a time.
pub struct Conductor {
    manager: NetworkManager,
    planning: Option<JoinHandle<()>>,
}

impl Conductor {
    /// A conductor that asks this manager.
    #[must_use]
    pub const fn new(manager: NetworkManager) -> Self {
        Self {
            manager,
            planning: None,
        }
    }

    /// Begins what is wished; returns at once.
    pub fn hear(&mut self, wish: Wish) {
        let manager = self.manager.clone();
        match wish {
            Wish::Review(changes) => {
                self.plan(async move { manager.prepare(&changes).await });
            }
            Wish::ReviewAgain => {
                if let Some(plan) = hub().world().stage.plan() {
                    self.hear(
                        plan.undoes
                            .map_or_else(|| Wish::Review(plan.changes.clone()), Wish::ReviewUndo),
                    );
                }
            }
            Wish::ReviewUndo(id) => self.plan(async move { manager.prepare_undo(id).await }),
            Wish::Apply(confirm_within) => {
                if let Stage::Review { plan, .. } = hub().world().stage.as_ref() {
                    stage(Stage::Applying {
                        plan: plan.clone(),
                        done: 0,
                    });
                    tokio::spawn(apply(manager, plan.clone(), confirm_within));
                }
            }
            Wish::Dismiss => {
                if let Some(planning) = self.planning.take() {
                    planning.abort();
                }
                hub().publish(Topic::Flow, |world| {
                    if matches!(
                        world.stage.as_ref(),
                        Stage::Preparing | Stage::Review { .. } | Stage::Failed { .. }
                    ) {
                        world.stage = Arc::default();
                    }
                });
            }
            Wish::Keep => decide(&manager, Decision::Keep),
            Wish::Wait => decide(&manager, Decision::Wait),
            Wish::Revert => decide(&manager, Decision::Revert),
            Wish::RevertRest(id) => {
                let history = hub().world().history.clone().unwrap_or_default();
                let asked = history.iter().find(|entry| entry.plan.id == id);
                let done = asked.map(|entry| format!("Reverted: {}", entry.plan.title));
                let reverted = async move { manager.rollback(id).await.map(|_| ()) };
                tell(reverted, done);
            }
            Wish::StartNetwork(name) => {
                let done = format!("{name} started");
                tell(
                    async move { manager.start_network(&name).await },
                    Some(done),
                );
            }
            Wish::StopNetwork(name) => {
                let done = format!("{name} stopped");
                tell(async move { manager.stop_network(&name).await }, Some(done));
            }
            Wish::SetAutostart(name, on) => {
                tell(
                    async move { manager.set_network_autostart(&name, on).await },
                    None,
                );
            }
            // The runtime does these beside any change.
            Wish::ReadAges(_) | Wish::ReadFlows(_) | Wish::Retry => {}
        }
    }

    /// Plans, unless a change waits to be kept: that is decided first.
    fn plan(&mut self, plan: impl Future<Output = nova_model::Result<Plan>> + Send + 'static) {
        if matches!(
            hub().world().stage.as_ref(),
            Stage::Applying { .. } | Stage::Keeping { .. }
        ) {
            notice(Notice::failure(&NovaError::refused(
                "another change waits to be kept or reverted",
            )));
            return;
        }
        stage(Stage::Preparing);
        self.planning = Some(tokio::spawn(async move {
            stage(match plan.await {
                Ok(plan) => Stage::Review {
                    plan: Box::new(plan),
                    refused: None,
                },
                Err(error) => Stage::Failed {
                    plan: None,
                    failed_at: None,
                    error,
                },
            });
        }));
    }

    /// Takes in what the helper says has become of a change.
    pub fn learn(changed: &Changed) {
        let world = hub().world();
        let Stage::Keeping { plan, .. } = world.stage.as_ref() else {
            return;
        };
        if plan.id == changed.id {
            settle(plan, &changed.state);
        }
    }

    /// Takes in the history as the helper tells it now: one of before may have a
    /// change wait that has ended since. Shows what waits to be kept and was not
    /// made by this window, or before it was opened again; and that what waited
    /// here is over, where the helper was not there to tell it.
    pub fn meet(history: &[HistoryEntry]) {
        match hub().world().stage.as_ref() {
            Stage::Idle => {}
            Stage::Keeping { plan, .. } => {
                let entry = history.iter().find(|entry| entry.plan.id == plan.id);
                if let Some(entry) = entry.filter(|entry| entry.state.is_over()) {
                    finish(plan, &entry.state);
                }
                return;
            }
            _ => return,
        }
        let own = rustix::process::getuid().as_raw();
        let mut own = history.iter().filter(|entry| entry.uid == own);
        let waiting = own.find_map(|entry| match entry.state {
            ChangeState::Pending { seconds_left } => Some((entry, seconds_left)),
            _ => None,
        });
        if let Some((entry, seconds)) = waiting {
            stage(Stage::Keeping {
                plan: Box::new(entry.plan.clone()),
                wait: Wait::of(seconds),
            });
        }
    }
}

async fn apply(manager: NetworkManager, plan: Box<Plan>, confirm_within: Option<u32>) {
    let shown = plan.clone();
    let result = manager
        .apply(&plan, confirm_within, move |progress| {
            stage(Stage::Applying {
                plan: shown.clone(),
                done: usize::try_from(progress.done).unwrap_or(usize::MAX),
            });
        })
        .await;
    match result {
        Ok(entry) => settle(&entry.plan, &entry.state),
        Err(error) => hub().publish(Topic::Flow, |world| {
            let done = match world.stage.as_ref() {
                Stage::Applying { done, .. } => Some(*done),
                _ => None,
            };
            world.stage = Arc::new(Stage::unapplied(plan, done, error));
        }),
    }
}

/// Shows what has become of a change that was applied: it waits, also where
/// somebody else had it wait longer, or it is over.
fn settle(plan: &Plan, state: &ChangeState) {
    match state {
        ChangeState::Pending { seconds_left } => stage(Stage::Keeping {
            plan: Box::new(plan.clone()),
            wait: Wait::of(*seconds_left),
        }),
        _ => finish(plan, state),
    }
}

/// Ends the flow with a word about what has become of the change.
fn finish(plan: &Plan, state: &ChangeState) {
    let notice = match state {
        ChangeState::Confirmed => Notice {
            text: past_tense(plan),
            undo: undoable(plan).map_or_else(String::new, |id| id.to_string()),
            ..Notice::default()
        },
        ChangeState::Incomplete { error } => Notice::failure(error),
        other => Notice {
            text: format!("{}: {}", plan.title, other.words()),
            is_failure: true,
            ..Notice::default()
        },
    };
    hub().publish(Topic::Flow, |world| {
        world.stage = Arc::default();
        post(world, notice);
    });
}

/// An undo is not itself offered to be undone in passing; the history does.
fn undoable(plan: &Plan) -> Option<PlanId> {
    (!plan.is_undo() && !plan.is_empty()).then_some(plan.id)
}

/// What is to become of the change that waits.
#[derive(Clone, Copy)]
enum Decision {
    Keep,
    Wait,
    Revert,
}

/// Does what was decided about the change that waits.
fn decide(manager: &NetworkManager, decision: Decision) {
    let world = hub().world();
    let Stage::Keeping { plan, wait } = world.stage.as_ref() else {
        return;
    };
    let (manager, plan, wait) = (manager.clone(), plan.clone(), *wait);
    tokio::spawn(async move {
        let result = match decision {
            Decision::Keep => manager.confirm(plan.id).await,
            Decision::Wait => manager.extend(plan.id, wait.longer()).await,
            Decision::Revert => manager.rollback(plan.id).await,
        };
        match result {
            // The helper's signal may have ended the flow already.
            Ok(entry) if matches!(*hub().world().stage, Stage::Keeping { .. }) => {
                settle(&entry.plan, &entry.state);
            }
            Ok(_) => {}
            Err(error) => {
                let is_over = error.kind() == nova_model::ErrorKind::NotFound;
                hub().publish(Topic::Flow, |world| {
                    if is_over {
                        world.stage = Arc::default();
                    }
                    post(world, Notice::failure(&error));
                });
            }
        }
    });
}

/// Does something with libvirt and tells how it went.
fn tell(work: impl Future<Output = nova_model::Result<()>> + Send + 'static, done: Option<String>) {
    tokio::spawn(async move {
        match (work.await, done) {
            (Err(error), _) => notice(Notice::failure(&error)),
            (Ok(()), Some(text)) => notice(Notice {
                text,
                ..Notice::default()
            }),
            (Ok(()), None) => {}
        }
    });
}

fn stage(next: Stage) {
    hub().publish(Topic::Flow, |world| world.stage = Arc::new(next));
}

fn notice(notice: Notice) {
    hub().publish(Topic::Flow, |world| post(world, notice));
}

fn post(world: &mut World, notice: Notice) {
    let number = world.notice.as_ref().map_or(1, |last| last.number + 1);
    world.notice = Some(Arc::new(Notice { number, ..notice }));
}

impl Notice {
    fn failure(error: &NovaError) -> Self {
        Self {
            text: sentence(error),
            remedy: error.remedy().unwrap_or_default().to_owned(),
            is_failure: true,
            ..Self::default()
        }
    }
}
