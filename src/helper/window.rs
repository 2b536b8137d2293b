// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The time in which a change waits to be kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use nova_model::Result;
use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
use tokio::sync::{mpsc, oneshot};

use crate::clock::Deadline;
use crate::engine::{Engine, at_stake};
use crate::host::Host;
use crate::transaction::Transaction;

/// How long a client may be gone before its change is reverted.
const GRACE: Duration = Duration::from_secs(3);
/// How often the dead-man is looked after.
const LOOK: Duration = Duration::from_secs(2);

/// What to do with the change.
pub enum Wish {
    /// Keep it.
    Keep,
    /// Revert it.
    Revert(RollbackReason),
    /// Let it wait until another moment.
    Extend(Deadline),
    /// Let it wait also when its client goes.
    Detach,
}

/// A wish and who waits for the answer.
pub struct Order {
    /// The wish.
    pub wish: Wish,
    /// The answer.
    pub answer: Answer,
}

/// Where the entry of the change goes when its wish is fulfilled.
pub type Answer = oneshot::Sender<Result<HistoryEntry>>;

/// A change that waits. It is reverted when its time is over, when its client
/// has gone, and when somebody asks for it; it stays only when kept.
pub struct Window<H> {
    engine: Arc<Engine<H>>,
    change: Arc<Mutex<Box<Transaction<H>>>>,
    ends: Ends,
    orders: mpsc::Receiver<Order>,
}

/// What ends the time of a change besides an order.
pub struct Ends {
    /// The moment by which it is to be kept.
    pub deadline: Deadline,
    /// Completes when its client has gone.
    pub gone: BoxFuture<'static, ()>,
    /// Completes when somebody is not reached any more, with whom.
    pub lost: BoxFuture<'static, String>,
}

impl<H: Host> Window<H> {
    /// Lets a change wait; orders are given through the sender.
    pub fn new(
        engine: Arc<Engine<H>>,
        change: Box<Transaction<H>>,
        mut ends: Ends,
    ) -> (mpsc::Sender<Order>, Self) {
        let (sender, orders) = mpsc::channel(1);
        let gone = ends.gone;
        ends.gone = async move {
            gone.await;
            tokio::time::sleep(GRACE).await;
        }
        .boxed();
        let window = Self {
            engine,
            change: Arc::new(Mutex::new(change)),
            ends,
            orders,
        };
        (sender, window)
    }

    /// Waits for the end, or reverts at once for a reason that stands already.
    pub async fn stand(mut self, at_once: Option<RollbackReason>) {
        let (mut reason, mut answer) = (at_once, None);
        while reason.is_none() {
            let (wish, from) = self.wait().await;
            let told = match wish {
                Wish::Revert(why) => {
                    reason = Some(why);
                    answer = from;
                    break;
                }
                Wish::Keep => match self.keep().await {
                    Ok(entry) => {
                        reply(from, Ok(entry));
                        return;
                    }
                    Err(error) => {
                        // What cannot be written down cannot be kept.
                        reason = Some(RollbackReason::Failed { error });
                        answer = from;
                        break;
                    }
                },
                Wish::Extend(deadline) => self.extend(deadline).await,
                Wish::Detach => {
                    self.ends.gone = std::future::pending().boxed();
                    self.with(|change| change.entry().clone()).await
                }
            };
            reply(from, told);
        }
        let Some(reason) = reason else { return };
        let engine = Arc::clone(&self.engine);
        let told = self
            .with(move |change| {
                if let RollbackReason::Failed { error } = reason {
                    return Err(engine.undo_failed(change, error));
                }
                let state = change.revert(reason).clone();
                engine.announce(change.entry().plan.id, &state);
                match state {
                    ChangeState::Incomplete { error } => Err(error),
                    _ => Ok(change.entry().clone()),
                }
            })
            .await;
        reply(answer, told.and_then(|told| told));
    }

    async fn keep(&mut self) -> Result<HistoryEntry> {
        let kept = self
            .with(|change| change.keep().map(|()| change.entry().clone()))
            .await
            .and_then(|kept| kept)?;
        self.engine.announce(kept.plan.id, &ChangeState::Confirmed);
        Ok(kept)
    }

    async fn extend(&mut self, deadline: Deadline) -> Result<HistoryEntry> {
        let held = self
            .with(move |change| change.hold(deadline).map(|()| change.entry().clone()))
            .await
            .and_then(|held| held)?;
        self.ends.deadline = deadline;
        self.engine.announce(held.plan.id, &held.state);
        Ok(held)
    }

    async fn wait(&mut self) -> (Wish, Option<Answer>) {
        let mut looks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                Some(Order { wish, answer }) = self.orders.recv() => return (wish, Some(answer)),
                () = self.ends.deadline.reached() => return (Wish::Revert(RollbackReason::NotConfirmed), None),
                () = &mut self.ends.gone => return (Wish::Revert(RollbackReason::ClientGone), None),
                what = &mut self.ends.lost => return (Wish::Revert(RollbackReason::ContactLost { what }), None),
                _ = looks.tick() => {
                    let deadline = self.ends.deadline;
                    // It can only fail where the runtime ends.
                    let _ = self.with(move |change| change.wait_on(deadline)).await;
                }
            }
        }
    }

    /// Has something done with the change away from the tasks that answer calls.
    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Transaction<H>) -> T + Send + 'static,
    ) -> Result<T> {
        let change = Arc::clone(&self.change);
        at_stake(move || work(&mut change.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

fn reply(answer: Option<Answer>, told: Result<HistoryEntry>) {
    if let Some(answer) = answer {
        // Who asked may have gone; the change is as it is.
        let _ = answer.send(told);
    }
}
