// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is bound to cards of machines is given to the taps of machines that
//! have started since, and what is bound to links to those that have appeared:
//! after a boot, all of them. It was authorised when it was asked for first;
//! nothing else is ever done here, so anybody may ask for it.

use std::sync::Arc;

use nova_model::action::Action;
use nova_model::binding::{Bindings, Rebound};
use nova_model::change::{Change, ChangeSet};
use nova_model::manager::Managers;
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan, plan_tidy};
use nova_model::{ErrorKind, NovaError, Result};

use crate::authorise::Grant;
use crate::clock::random_bits;
use crate::engine::{Engine, ROOT, Seat, at_stake, blocking};
use crate::host::Host;
use crate::transaction::{Transaction, Workshop};

/// What others are told that wait meanwhile.
const TIDY: &str = "Delete what is left of ports that have gone";
/// The same of what is given to those that appear.
const TITLE: &str = "Give machines and links that appear what is bound to them";

/// What is bound, and what of it waits for a port to come to its switch.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Rearmed {
    /// How many cards, links and mirrors are bound.
    pub bound: usize,
    /// How many could not be served yet.
    pub waiting: usize,
}

impl<H: Host> Engine<H> {
    /// Gives every tap and link that is there what is bound to it.
    ///
    /// # Errors
    /// `Busy` while another change is under way, `NotAuthorised`, those of the
    /// journal. What one is refused does not keep it from the others.
    pub async fn rearm(self: &Arc<Self>, grant: &Grant, managers: Managers) -> Result<Rearmed> {
        grant.require(&[Action::Observe])?;
        let (all, mut told, is_untidy) = self.wishes(managers.clone()).await?;
        if is_untidy && let Err(error) = self.tidy().await {
            let error = crate::audit::foreign(error.message());
            tracing::info!(%error, "what is left of ports that have gone stays for now");
        }
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
                    "a port does not have yet what is bound to it"
                );
            }
        }
        Ok(told)
    }

    /// Forgets all that is bound. Gives how many cards, links and mirrors that was.
    ///
    /// # Errors
    /// `Busy` while a change is under way, `NotAuthorised`, those of the journal.
    pub async fn forget(self: &Arc<Self>, grant: &Grant) -> Result<u32> {
        grant.require(&[Action::ConfigureSwitch])?;
        let id = PlanId::from_bits(random_bits()?);
        let seat = self
            .take_seat(id, "Forget what is bound", grant.uid())
            .await?;
        let shop = Arc::clone(self.shop());
        let bound = blocking(move || {
            // What cannot be read can be forgotten all the same.
            let bound = shop.journal.bindings().map_or_else(
                |error| {
                    tracing::warn!(%error, "nobody knows how much is forgotten");
                    0
                },
                |bindings| bindings.count(),
            );
            shop.journal.set_bindings(&Bindings::default())?;
            Ok::<_, NovaError>(bound)
        })
        .await??;
        drop(seat);
        self.tidy().await?;
        Ok(u32::try_from(bound).unwrap_or(u32::MAX))
    }

    /// What is to be given, how much is bound, and whether something is left of
    /// ports that have gone.
    async fn wishes(self: &Arc<Self>, managers: Managers) -> Result<(Vec<Change>, Rearmed, bool)> {
        let shop = Arc::clone(self.shop());
        blocking(move || {
            let bindings = shop.journal.bindings()?;
            let bound = bindings.count();
            if bound == 0 {
                return Ok((Vec::new(), Rearmed { bound, waiting: 0 }, false));
            }
            let host = shop.observe(managers)?;
            let (wishes, waiting) = bindings.wishes(&host, shop.journal.boot());
            let is_untidy = !plan_tidy(&host, PlanId::from_bits(0))?.is_empty();
            Ok((wishes, Rearmed { bound, waiting }, is_untidy))
        })
        .await?
    }

    async fn fulfil(self: &Arc<Self>, changes: Vec<Change>, managers: Managers) -> Result<()> {
        let id = PlanId::from_bits(random_bits()?);
        // Nobody else changes the host between the look at it and the steps, nor
        // what is bound: somebody may have taken it away meanwhile.
        let seat = self.take_own_seat(id, TITLE)?;
        let shop = Arc::clone(self.shop());
        let plan = blocking(move || {
            let host = shop.observe(managers)?;
            let (wished, _) = shop.journal.bindings()?.wishes(&host, shop.journal.boot());
            let mut changes = changes;
            changes.retain(|change| wished.contains(change));
            let changes = ChangeSet {
                changes,
                persist: Persist::None,
            };
            plan(&host, &changes, id)
        })
        .await??;
        let plan = Plan {
            gives_again: true,
            ..plan
        };
        tracing::debug!(%id, "what has appeared gets what is bound to it");
        self.do_by_itself(seat, plan).await
    }

    /// Deletes what is left of ports that have gone.
    async fn tidy(self: &Arc<Self>) -> Result<()> {
        let id = PlanId::from_bits(random_bits()?);
        // Nobody else changes the host between the look at it and the steps.
        let seat = self.take_own_seat(id, TIDY)?;
        let shop = Arc::clone(self.shop());
        let plan = blocking(move || plan_tidy(&shop.observe(Managers::default())?, id)).await??;
        self.do_by_itself(seat, plan).await
    }

    async fn do_by_itself(self: &Arc<Self>, seat: Seat<H>, plan: Plan) -> Result<()> {
        if plan.is_empty() {
            return Ok(());
        }
        let engine = Arc::clone(self);
        let change = at_stake(move || {
            let mut change = Transaction::begin(engine.shop(), plan, ROOT)?.of_what_is_bound();
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
    /// Notes what is bound to cards and links after a change that was kept, and
    /// gives what that made other than it was. What cannot be noted does not come
    /// back by itself; the change stands.
    pub fn note_bindings(&self, plan: &Plan) -> Rebound {
        self.try_to_note(plan).unwrap_or_else(|error| {
            tracing::error!(%error, "what belongs to cards and links was not noted");
            Rebound::default()
        })
    }

    fn try_to_note(&self, plan: &Plan) -> Result<Rebound> {
        // Written anew without what could not be read, it would be lost.
        let last = self.journal.bindings()?;
        let undone = plan.undoes.filter(|_| plan.is_undo());
        let undone = match undone.map(|id| self.journal.read(id)) {
            Some(Ok(past)) => past.rebound,
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => Rebound::default(),
        };
        if !last.are_concerned(plan) && undone.is_empty() {
            return Ok(Rebound::default());
        }
        let state = self.host.observe()?;
        let mut bindings = last.clone();
        bindings.note(plan, &state, self.journal.boot());
        bindings.bring_back(&last, &undone);
        let rebound = Rebound::between(&last, &bindings);
        if !rebound.is_empty() {
            self.journal.set_bindings(&bindings)?;
        }
        Ok(rebound)
    }
}
