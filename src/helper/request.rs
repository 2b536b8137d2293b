// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What comes with the wish to apply a plan.

use futures_util::future::BoxFuture;
use nova_model::plan::PlanId;
use tokio::sync::mpsc;

/// Steps that are done, of how many, and the title of the next.
#[derive(Debug)]
pub struct Progress {
    /// Steps that are done.
    pub done: usize,
    /// All steps.
    pub total: usize,
    /// What is being done.
    pub title: String,
}

/// What an apply asks for.
pub struct Apply {
    /// The prepared plan.
    pub id: PlanId,
    /// The digest that was reviewed.
    pub digest: String,
    /// Seconds within which to keep it; 0 as the plan proposes.
    pub confirm_within: u32,
}

/// Who asked for an apply and follows it.
pub struct Client {
    /// Completes when the client has gone.
    pub gone: BoxFuture<'static, ()>,
    /// Where to tell how far it is.
    pub progress: mpsc::UnboundedSender<Progress>,
}
