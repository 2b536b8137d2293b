// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The time in which a change waits to be kept.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use nova_model::Result;
use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
use tokio::sync::{mpsc, oneshot};

use crate::clock::Deadline;
use crate::engine::{Engine, blocking};
use crate::host::Host;
use crate::transaction::Transaction;

/// How long a client may be gone before its change is reverted.
const GRACE: Duration = Duration::from_secs(3);

/// What to do with the change.
pub enum Wish {
    /// Keep it.
    Keep,
    /// Revert it.
    Revert(RollbackReason),
}

/// A wish and who waits for the answer.
pub struct Order {
    /// The wish.
    pub wish: Wish,
    /// The answer.
    pub answer: oneshot::Sender<Result<HistoryEntry>>,
}

/// A change that waits. It is reverted when its time is over, when its client
/// has gone, and when somebody asks for it; it stays only when kept.
pub struct Window<H> {
    engine: Arc<Engine<H>>,
    change: Box<Transaction<H>>,
    deadline: Deadline,
    gone: BoxFuture<'static, ()>,
    orders: mpsc::Receiver<Order>,
}

impl<H: Host> Window<H> {
    /// Lets a change wait; orders are given through the sender.
    pub fn new(
        engine: Arc<Engine<H>>,
        change: Box<Transaction<H>>,
        deadline: Deadline,
        gone: BoxFuture<'static, ()>,
    ) -> (mpsc::Sender<Order>, Self) {
        let (sender, orders) = mpsc::channel(1);
        let window = Self {
            engine,
            change,
            deadline,
            gone,
            orders,
        };
        (sender, window)
    }

    /// The change as a person reads it.
    pub const fn entry(&self) -> &HistoryEntry {
        self.change.entry()
    }

    /// Waits for the end, or reverts at once for a reason that stands already.
    pub async fn stand(mut self, at_once: Option<RollbackReason>) {
        let (mut wish, mut answer) = match at_once {
            Some(reason) => (Wish::Revert(reason), None),
            None => self.wait().await,
        };
        if matches!(wish, Wish::Keep) {
            let engine = Arc::clone(&self.engine);
            let mut change = self.change;
            let kept = blocking(move || {
                let kept = change.keep();
                (change, kept)
            })
            .await;
            match kept {
                Ok((change, Ok(()))) => {
                    engine.announce(change.entry().plan.id, &ChangeState::Confirmed);
                    reply(answer, Ok(change.entry().clone()));
                    return;
                }
                Ok((change, Err(error))) => {
                    // What cannot be written down cannot be kept.
                    reply(answer.take(), Err(error.clone()));
                    wish = Wish::Revert(RollbackReason::Failed { error });
                    self.change = change;
                }
                Err(error) => {
                    reply(answer, Err(error));
                    return;
                }
            }
        }
        let Wish::Revert(reason) = wish else {
            return;
        };
        let engine = Arc::clone(&self.engine);
        let mut change = self.change;
        let told = blocking(move || {
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

    async fn wait(&mut self) -> (Wish, Option<oneshot::Sender<Result<HistoryEntry>>>) {
        let gone = async {
            (&mut self.gone).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            Some(Order { wish, answer }) = self.orders.recv() => (wish, Some(answer)),
            () = self.deadline.reached() => (Wish::Revert(RollbackReason::NotConfirmed), None),
            () = gone => (Wish::Revert(RollbackReason::ClientGone), None),
        }
    }
}

fn reply(answer: Option<oneshot::Sender<Result<HistoryEntry>>>, told: Result<HistoryEntry>) {
    if let Some(answer) = answer {
        // Who asked may have gone; the change is as it is.
        let _ = answer.send(told);
    }
}
