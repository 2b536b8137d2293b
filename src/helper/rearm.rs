// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is bound to cards of machines is given to the taps of machines that
//! have started since. It was authorised when it was asked for first; nothing
//! else is ever done here, so anybody may ask for it.

use std::sync::Arc;

use nova_model::action::Action;
use nova_model::change::{Change, ChangeSet};
use nova_model::manager::Managers;
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::step::{OvsEdit, Step};
use nova_model::{NovaError, Result};

use crate::authorise::Grant;
use crate::clock::random_bits;
use crate::engine::{Engine, blocking};
use crate::host::Host;
use crate::transaction::{Transaction, Workshop};

/// The user that such a change is done for.
const ROOT: u32 = 0;
/// What others are told that wait meanwhile.
const TITLE: &str = "Give machines that start their limits and mirrors";

/// What is bound, and what of it waits for a tap to come to its switch.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Rearmed {
    /// How many cards and mirrors are bound.
    pub bound: usize,
    /// How many could not be served yet.
    pub waiting: usize,
}

impl<H: Host> Engine<H> {
    /// Gives every tap that is there what is bound to its card.
    ///
    /// # Errors
    /// `Busy` while another change is under way, `NotAuthorised`, those of the
    /// journal. What one card is refused does not keep it from the others.
    pub async fn rearm(self: &Arc<Self>, grant: &Grant, managers: Managers) -> Result<Rearmed> {
        grant.require(&[Action::Observe])?;
        let (all, mut told) = self.wishes(managers.clone()).await?;
        if all.is_empty() {
            return Ok(told);
        }
        self.require_free()?;
        if self.fulfil(all.clone(), managers.clone()).await.is_ok() {
            return Ok(told);
        }
        for wish in all {
            if let Err(error) = self.fulfil(vec![wish], managers.clone()).await {
                told.waiting += 1;
                tracing::info!(
                    error = %crate::audit::foreign(error.message()),
                    "a card does not have yet what is bound to it"
                );
            }
        }
        Ok(told)
    }

    async fn wishes(self: &Arc<Self>, managers: Managers) -> Result<(Vec<Change>, Rearmed)> {
        let shop = Arc::clone(self.shop());
        blocking(move || {
            let bindings = shop.journal.bindings();
            let bound = bindings.ports.len() + bindings.mirrors.len();
            if bound == 0 {
                return Ok((Vec::new(), Rearmed { bound, waiting: 0 }));
            }
            let (wishes, waiting) = bindings.wishes(&shop.observe(managers)?);
            Ok((wishes, Rearmed { bound, waiting }))
        })
        .await?
    }

    async fn fulfil(self: &Arc<Self>, changes: Vec<Change>, managers: Managers) -> Result<()> {
        let changes = ChangeSet {
            changes,
            persist: Persist::None,
        };
        let id = PlanId::from_bits(random_bits()?);
        // Nobody else changes the host between the look at it and the steps.
        let seat = self.take_seat(id, TITLE, ROOT)?;
        let shop = Arc::clone(self.shop());
        let plan = blocking(move || plan(&shop.observe(managers)?, &changes, id)).await??;
        if plan.is_empty() {
            return Ok(());
        }
        tracing::info!(%id, "a machine has started and gets what is bound to its cards");
        let engine = Arc::clone(self);
        let change = blocking(move || {
            let mut change = Transaction::begin(engine.shop(), plan, ROOT)?;
            match change.run(&|_| {}) {
                Ok(()) => Ok::<_, NovaError>(Box::new(change)),
                Err(error) => Err(engine.undo_failed(&mut change, error)),
            }
        })
        .await??;
        self.keep(change).await?;
        drop(seat);
        Ok(())
    }
}

impl<H: Host> Workshop<H> {
    /// Notes what is bound to the cards of machines after a change that was
    /// kept. What cannot be noted does not come back by itself; the change
    /// stands.
    pub fn note_bindings(&self, plan: &Plan) {
        if !plan.steps.iter().any(|planned| concerns(&planned.step)) {
            return;
        }
        let noted = self.host.observe().and_then(|state| {
            let mut bindings = self.journal.bindings();
            let before = bindings.clone();
            for change in &plan.changes.changes {
                if let Change::RemoveMirror(removed) = change {
                    bindings.forget_mirror(removed.switch.as_str(), removed.name.as_str());
                }
            }
            bindings.note(&state);
            match bindings == before {
                true => Ok(()),
                false => self.journal.set_bindings(&bindings),
            }
        });
        if let Err(error) = noted {
            tracing::error!(%error, "what belongs to cards of machines was not noted");
        }
    }
}

/// Whether a step can change what is bound to a card.
fn concerns(step: &Step) -> bool {
    match step {
        Step::Traffic(_) | Step::Flow(_) => true,
        Step::Ovs(step) => step.edits.iter().any(|edit| match edit {
            OvsEdit::Mirror { .. } => true,
            OvsEdit::Port { .. } => {
                edit.qos_change().is_some()
                    || edit
                        .changes()
                        .iter()
                        .any(|change| change.id.column.starts_with("ingress_policing"))
            }
            OvsEdit::Bridge { .. } => false,
        }),
        _ => false,
    }
}
