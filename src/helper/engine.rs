// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the helper does: prepares plans, applies one at a time, keeps or
//! reverts it, tells the history. Knows nothing of the bus.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use nova_host::contact::Contacts;
use nova_model::action::Action;
use nova_model::change::ChangeSet;
use nova_model::drift::drift;
use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
use nova_model::manager::Managers;
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::{ErrorKind, NovaError, Result};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::authorise::Grant;
use crate::clock::{Deadline, now, random_bits};
use crate::failure::internal;
use crate::guard::Guard;
use crate::history;
use crate::host::Host;
use crate::observing::{Observers, observation};
use crate::prepared::Prepared;
use crate::record::Past;
use crate::request::{Apply, Client, Progress};
use crate::review::{confirm_within, in_range, plan_again, stale};
use crate::transaction::{Transaction, Workshop, failure_of};
use crate::window::{Ends, Order, Window, Wish};

/// The user that what Nova does by itself is done for.
pub const ROOT: u32 = 0;
/// How long a change waits for what Nova does by itself: that is over in a moment.
const OWN_WORK: Duration = Duration::from_secs(15);

/// A change whose state is another now.
pub type Announcement = (PlanId, ChangeState);

/// The one writer.
pub struct Engine<H> {
    shop: Arc<Workshop<H>>,
    desk: Mutex<Desk>,
    announce: mpsc::UnboundedSender<Announcement>,
    vacated: Notify,
    observers: Arc<Observers>,
}

#[derive(Default)]
struct Desk {
    prepared: Prepared,
    writer: Option<Writer>,
    // How many changes of persons wait for what Nova does by itself.
    queue: usize,
    is_stopping: bool,
}

impl Desk {
    fn require_free(&self) -> Result<()> {
        let Some(writer) = &self.writer else {
            return Ok(());
        };
        Err(NovaError::new(
            ErrorKind::Busy,
            format!(
                "\"{}\" of user {} is under way since {} s",
                writer.title,
                writer.uid,
                now().saturating_sub(writer.since)
            ),
        )
        .with_remedy("Wait until it is kept or reverted."))
    }

    fn works_by_itself(&self) -> bool {
        let writer = self.writer.as_ref();
        writer.is_some_and(|writer| writer.is_by_itself)
    }

    fn sit_down(&mut self, id: PlanId, title: &str, uid: u32, is_by_itself: bool) -> Result<()> {
        self.require_free()?;
        if self.is_stopping {
            return Err(NovaError::new(ErrorKind::Busy, "the helper is stopping")
                .with_remedy("Ask again in a moment."));
        }
        self.writer = Some(Writer {
            id,
            uid,
            title: title.to_owned(),
            since: now(),
            is_by_itself,
            window: None,
        });
        Ok(())
    }
}

/// The change that is under way.
struct Writer {
    id: PlanId,
    uid: u32,
    title: String,
    since: u64,
    // Nova's own: given to what appears, done in a moment, and nobody is asked.
    is_by_itself: bool,
    window: Option<(Deadline, mpsc::Sender<Order>)>,
}

/// The place of the writer; given back when dropped.
pub struct Seat<H: Host> {
    engine: Arc<Engine<H>>,
}

impl<H: Host> Drop for Seat<H> {
    fn drop(&mut self) {
        self.engine.desk().writer = None;
        self.engine.vacated.notify_waiters();
    }
}

/// The turn of a person who waits for what Nova does by itself.
struct Turn<'a>(&'a Mutex<Desk>);

impl<'a> Turn<'a> {
    fn wait<H>(engine: &'a Engine<H>) -> Self {
        let turn = Self(&engine.desk);
        turn.desk().queue += 1;
        turn
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.desk().queue -= 1;
    }
}

impl<H: Host> Engine<H> {
    /// An engine that tells about changes of state to `announce`.
    pub fn new(shop: Arc<Workshop<H>>, announce: mpsc::UnboundedSender<Announcement>) -> Arc<Self> {
        Arc::new(Self {
            shop,
            desk: Mutex::default(),
            announce,
            vacated: Notify::new(),
            observers: Observers::new(),
        })
    }

    /// Host and journal.
    pub const fn shop(&self) -> &Arc<Workshop<H>> {
        &self.shop
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody what has become of a change.
    pub fn announce(&self, id: PlanId, state: &ChangeState) {
        // Nobody listens only while the helper leaves.
        let _ = self.announce.send((id, state.clone()));
    }

    /// Whether a change is under way or waits to be kept.
    pub fn is_busy(&self) -> bool {
        self.desk().writer.is_some()
    }

    /// Whether anybody watches what the helper alone may read.
    pub fn is_watched(&self) -> bool {
        self.observers.is_watched()
    }

    /// What only root may read, as a document.
    ///
    /// # Errors
    /// Those of the kernel, `NotAuthorised`.
    pub async fn observe(&self, grant: &Grant) -> Result<String> {
        grant.require(&[Action::Observe])?;
        let shop = Arc::clone(&self.shop);
        blocking(move || observation(&shop)).await?
    }

    /// A place for somebody who wants to be told when that changes.
    ///
    /// # Errors
    /// `Busy` where the user has too many, `NotAuthorised`.
    pub fn watch(&self, grant: &Grant) -> Result<crate::observing::Seat> {
        grant.require(&[Action::Observe])?;
        self.observers.watch(&self.shop, grant.uid())
    }

    /// Plans changes on the host as it is now, and keeps the plan for its user.
    ///
    /// # Errors
    /// Those of the document and of the plan.
    pub async fn prepare(
        self: &Arc<Self>,
        grant: &Grant,
        document: &str,
        managers: Managers,
    ) -> Result<String> {
        grant.require(&[Action::Observe])?;
        let changes = ChangeSet::from_json(document)?;
        self.prepare_with(grant, move |shop, id| {
            plan(&shop.observe(managers)?, &changes, id)
        })
        .await
    }

    /// Plans the undo of a change that was kept.
    ///
    /// # Errors
    /// `NotFound`, and `Refused` where it cannot be undone.
    pub async fn prepare_undo(
        self: &Arc<Self>,
        grant: &Grant,
        kept: PlanId,
        managers: Managers,
    ) -> Result<String> {
        grant.require(&[Action::Observe])?;
        self.prepare_with(grant, move |shop, id| {
            let kept = history::kept(&shop.journal, kept)?;
            plan_undo(&shop.observe(managers)?, &kept, id)
        })
        .await
    }

    async fn prepare_with(
        self: &Arc<Self>,
        grant: &Grant,
        make: impl FnOnce(&Workshop<H>, PlanId) -> Result<Plan> + Send + 'static,
    ) -> Result<String> {
        let id = PlanId::from_bits(random_bits()?);
        let shop = Arc::clone(&self.shop);
        let under_way = self.desk().writer.as_ref().map(|it| it.title.clone());
        let (plan, document) = blocking(move || {
            let mut plan = make(&shop, id)?;
            if let (true, Some(title)) = (plan.is_empty(), under_way) {
                plan.notices.push(format!(
                    "\"{title}\" is under way or waits to be kept: where it is reverted, this is not so any more."
                ));
            }
            let document = serde_json::to_string(&plan)
                .map_err(|error| internal("the plan has no JSON form", error))?;
            Ok::<_, NovaError>((plan, document))
        })
        .await??;
        self.desk()
            .prepared
            .insert(grant.uid(), plan, document.len())?;
        Ok(document)
    }

    /// The polkit actions and the title of a prepared plan.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn needs(&self, uid: u32, id: PlanId) -> Result<(BTreeSet<Action>, String)> {
        let desk = self.desk();
        let plan = desk.prepared.get(uid, id)?;
        Ok((plan.actions.clone(), plan.title.clone()))
    }

    /// Applies a prepared plan: the host is observed and planned for again, and
    /// only the very steps that were reviewed are done.
    ///
    /// # Errors
    /// `Stale`, `Busy`, and what failed, undone.
    pub async fn apply(
        self: &Arc<Self>,
        grant: &Grant,
        asked: Apply,
        managers: Managers,
        client: Client,
    ) -> Result<HistoryEntry> {
        let plan = self.desk().prepared.get(grant.uid(), asked.id)?.clone();
        grant.require(&plan.actions)?;
        if plan.digest.as_str() != asked.digest {
            return Err(stale("another plan was reviewed"));
        }
        let within = confirm_within(&plan, asked.confirm_within)?;
        let seat = self.take_seat(plan.id, &plan.title, grant.uid()).await?;
        let (answer, answered) = oneshot::channel();
        let engine = Arc::clone(self);
        let uid = grant.uid();
        // A task of its own: it goes on where the caller's call does not.
        tokio::spawn(async move {
            let work = Work {
                uid,
                managers,
                is_guarded: within.is_some(),
                progress: client.progress,
            };
            let done = engine.carry_out(plan, work).await;
            engine.desk().prepared.remove(uid, asked.id);
            match (done, within) {
                (Ok(Carried::Held(change, guard)), Some(seconds)) => {
                    let ends = Ends {
                        deadline: Deadline::after(Duration::from_secs(u64::from(seconds))),
                        gone: client.gone,
                        lost: guard.lost(Arc::clone(&engine.shop)).boxed(),
                    };
                    engine.open_window(seat, change, ends, answer).await;
                }
                (done, _) => {
                    let told = match done {
                        Ok(Carried::Nothing(entry)) => Ok(*entry),
                        Ok(Carried::Held(change, _)) => engine.keep(change).await,
                        Err(error) => Err(error),
                    };
                    drop(seat);
                    let _ = answer.send(told);
                }
            }
        });
        answered
            .await
            .map_err(|error| internal("the change ended without an answer", error))?
    }

    /// Refuses while another change is under way: nobody is asked to
    /// authenticate for what cannot be done now.
    ///
    /// # Errors
    /// `Busy` with whose change it is.
    pub fn require_free(&self) -> Result<()> {
        self.desk().require_free()
    }

    /// Waits for what Nova does by itself, before anybody is asked for a permission.
    ///
    /// # Errors
    /// `Busy` with whose change is under way.
    pub async fn require_turn(&self) -> Result<()> {
        self.in_turn(|desk| desk.require_free()).await
    }

    /// Takes the place of the writer for a person, after what Nova does by itself.
    ///
    /// # Errors
    /// `Busy` with whose change is under way.
    pub async fn take_seat(self: &Arc<Self>, id: PlanId, title: &str, uid: u32) -> Result<Seat<H>> {
        let _turn = Turn::wait(self);
        self.in_turn(|desk| desk.sit_down(id, title, uid, false))
            .await?;
        Ok(self.seat())
    }

    /// What comes of this once Nova does nothing by itself, which is tried again until
    /// then for so long.
    async fn in_turn(&self, tries: impl Fn(&mut Desk) -> Result<()>) -> Result<()> {
        let until = Instant::now() + OWN_WORK;
        let mut is_patient = true;
        loop {
            let vacated = self.vacated.notified();
            {
                let mut desk = self.desk();
                match tries(&mut desk) {
                    Err(_) if is_patient && desk.works_by_itself() => {}
                    answer => return answer,
                }
            }
            is_patient = timeout_at(until, vacated).await.is_ok();
        }
    }

    /// Takes the place of the writer for what Nova does by itself; persons come
    /// first.
    ///
    /// # Errors
    /// `Busy`.
    pub fn take_own_seat(self: &Arc<Self>, id: PlanId, title: &str) -> Result<Seat<H>> {
        let mut desk = self.desk();
        if desk.queue > 0 {
            return Err(NovaError::new(
                ErrorKind::Busy,
                "a person's change comes first",
            ));
        }
        desk.sit_down(id, title, ROOT, true)?;
        Ok(self.seat())
    }

    fn seat(self: &Arc<Self>) -> Seat<H> {
        Seat {
            engine: Arc::clone(self),
        }
    }

    async fn carry_out(self: &Arc<Self>, reviewed: Plan, work: Work) -> Result<Carried<H>> {
        let Work {
            uid,
            managers,
            is_guarded,
            progress,
        } = work;
        let engine = Arc::clone(self);
        at_stake(move || {
            let shop = &engine.shop;
            let fresh = plan_again(shop, &reviewed, managers)?;
            if let Some(drift) = drift(&reviewed, &fresh) {
                return Err(stale(&format!(
                    "the host has moved on since the review: {drift}"
                )));
            }
            if fresh.is_empty() {
                return Ok(Carried::Nothing(Box::new(HistoryEntry {
                    plan: fresh,
                    uid,
                    started: now(),
                    state: ChangeState::Confirmed,
                    undone_by: None,
                })));
            }
            let titles: Vec<String> = fresh
                .steps
                .iter()
                .map(|planned| planned.title.clone())
                .collect();
            let tell = |done: usize| {
                let _ = progress.send(Progress {
                    done,
                    total: titles.len(),
                    title: titles.get(done).cloned().unwrap_or_default(),
                });
            };
            let before = if is_guarded {
                shop.host.contacts()?
            } else {
                Contacts::default()
            };
            let mut change = Transaction::begin(shop, fresh, uid)?;
            match change.run(&tell) {
                Ok(()) => Ok(Carried::Held(Box::new(change), Guard::new(before))),
                Err(error) => Err(engine.undo_failed(&mut change, error)),
            }
        })
        .await?
    }

    /// Undoes a change that failed, and gives the error for its caller.
    pub fn undo_failed(&self, change: &mut Transaction<H>, error: NovaError) -> NovaError {
        tracing::warn!(error = %crate::audit::foreign(error.message()), "a change failed");
        let state = change
            .revert(RollbackReason::Failed {
                error: error.clone(),
            })
            .clone();
        self.announce(change.entry().plan.id, &state);
        failure_of(&change.entry().plan, &error, &state)
    }

    /// Keeps a change that cannot cut anyone off.
    ///
    /// # Errors
    /// What could not be kept, undone.
    pub async fn keep(self: &Arc<Self>, mut change: Box<Transaction<H>>) -> Result<HistoryEntry> {
        let engine = Arc::clone(self);
        at_stake(move || {
            if let Err(error) = change.keep() {
                return Err(engine.undo_failed(&mut change, error));
            }
            engine.announce(change.entry().plan.id, &ChangeState::Confirmed);
            let in_use = || engine.shop.in_use();
            if let Err(error) = engine.shop.journal.prune(in_use) {
                tracing::warn!(%error, "the journal was not shortened");
            }
            Ok(change.entry().clone())
        })
        .await?
    }

    async fn open_window(
        self: &Arc<Self>,
        seat: Seat<H>,
        mut change: Box<Transaction<H>>,
        ends: Ends,
        answer: oneshot::Sender<Result<HistoryEntry>>,
    ) {
        let deadline = ends.deadline;
        if let Err(error) = change.hold(deadline) {
            let engine = Arc::clone(self);
            let told = at_stake(move || engine.undo_failed(&mut change, error)).await;
            drop(seat);
            let _ = answer.send(Err(told.unwrap_or_else(|error| error)));
            return;
        }
        let entry = change.entry().clone();
        let (orders, window) = Window::new(Arc::clone(self), change, ends);
        let is_stopping = {
            let mut desk = self.desk();
            if let Some(writer) = &mut desk.writer {
                writer.window = Some((deadline, orders));
            }
            desk.is_stopping
        };
        self.vacated.notify_waiters();
        self.announce(entry.plan.id, &entry.state);
        let _ = answer.send(Ok(entry));
        window
            .stand(is_stopping.then_some(RollbackReason::HelperStopped))
            .await;
        drop(seat);
    }

    /// Keeps a change that waits for it. Only who applied it can.
    ///
    /// # Errors
    /// `NotFound`, `Refused` where it does not wait, `NotAuthorised` for the
    /// change of another user.
    pub async fn confirm(&self, grant: &Grant, id: PlanId) -> Result<HistoryEntry> {
        grant.require(&[Action::Confirm])?;
        order(&self.own(grant, id)?, Wish::Keep).await
    }

    /// Lets a change wait this much longer, counted from now. Only who applied
    /// it can.
    ///
    /// # Errors
    /// `InvalidValue` outside 10 to 600; else as [`Self::confirm`].
    pub async fn extend(&self, grant: &Grant, id: PlanId, seconds: u32) -> Result<HistoryEntry> {
        grant.require(&[Action::Confirm])?;
        let orders = self.own(grant, id)?;
        let deadline = Deadline::after(Duration::from_secs(in_range(seconds)?.into()));
        let entry = order(&orders, Wish::Extend(deadline)).await?;
        if let Some(Writer {
            id: current,
            window: Some((shown, _)),
            ..
        }) = &mut self.desk().writer
            && *current == id
        {
            *shown = deadline;
        }
        Ok(entry)
    }

    /// Lets a change wait also when its client goes, for its user to keep it
    /// from elsewhere. Only who applied it can.
    ///
    /// # Errors
    /// As [`Self::confirm`].
    pub async fn detach(&self, grant: &Grant, id: PlanId) -> Result<HistoryEntry> {
        grant.require(&[Action::Confirm])?;
        order(&self.own(grant, id)?, Wish::Detach).await
    }

    /// The way to give orders about a change that this user applied.
    fn own(&self, grant: &Grant, id: PlanId) -> Result<mpsc::Sender<Order>> {
        let (uid, orders) = self.waiting(id)?;
        if uid == grant.uid() {
            return Ok(orders);
        }
        Err(NovaError::new(
            ErrorKind::NotAuthorised,
            "only who applied the change can keep it",
        ))
    }

    /// Reverts a change that waits to be kept, or what the undo of a change left.
    ///
    /// # Errors
    /// `NotFound`, `Refused` where it does not wait and nothing is left of it,
    /// or something was changed since, `Busy`, `NotAuthorised`, `Incomplete`
    /// where something of it remains.
    pub async fn rollback(self: &Arc<Self>, grant: &Grant, id: PlanId) -> Result<HistoryEntry> {
        let Ok((uid, orders)) = self.waiting(id) else {
            return self.revert_rest(grant, id).await;
        };
        grant.require(&[action_to_revert(grant.uid(), uid)])?;
        order(&orders, Wish::Revert(RollbackReason::Asked)).await
    }

    async fn revert_rest(self: &Arc<Self>, grant: &Grant, id: PlanId) -> Result<HistoryEntry> {
        let past = self.left(id).await?;
        grant.require(&[action_to_revert(grant.uid(), past.begin.uid)])?;
        let seat = self
            .take_seat(id, &past.begin.plan.title, past.begin.uid)
            .await?;
        let engine = Arc::clone(self);
        at_stake(move || {
            // Somebody may have been faster.
            let past = history::left(&engine.shop.journal, id)?;
            let mut change = Transaction::take_up_again(&engine.shop, past)?;
            engine.announce(id, &ChangeState::Applying);
            let state = change.revert_by_boot(RollbackReason::Asked).clone();
            engine.announce(id, &state);
            drop(seat);
            match state {
                ChangeState::Incomplete { error } => Err(error),
                _ => Ok(change.entry().clone()),
            }
        })
        .await?
    }

    async fn left(&self, id: PlanId) -> Result<Past> {
        let shop = Arc::clone(&self.shop);
        blocking(move || history::left(&shop.journal, id)).await?
    }

    /// The action that this user needs to revert a change that waits, or what is
    /// left of one.
    ///
    /// # Errors
    /// `NotFound`, `Refused` as [`Self::rollback`].
    pub async fn to_revert(&self, uid: u32, id: PlanId) -> Result<(Action, String)> {
        let waiting = self.waiting(id);
        let (owner, title) = match waiting {
            Ok((owner, _)) => (owner, self.writer_title()),
            Err(_) => {
                let past = self.left(id).await?;
                (past.begin.uid, past.begin.plan.title)
            }
        };
        Ok((action_to_revert(uid, owner), format!("Revert \"{title}\"")))
    }

    fn writer_title(&self) -> String {
        let desk = self.desk();
        let writer = desk.writer.as_ref();
        writer.map(|it| it.title.clone()).unwrap_or_default()
    }

    fn waiting(&self, id: PlanId) -> Result<(u32, mpsc::Sender<Order>)> {
        let desk = self.desk();
        match &desk.writer {
            Some(Writer {
                id: current,
                uid,
                window: Some((_, orders)),
                ..
            }) if *current == id => Ok((*uid, orders.clone())),
            _ => Err(history::waits_not(id)),
        }
    }

    /// The newest `limit` changes.
    ///
    /// # Errors
    /// `Internal` where the journal cannot be read.
    pub async fn history(&self, grant: &Grant, limit: u32) -> Result<Vec<HistoryEntry>> {
        grant.require(&[Action::Observe])?;
        let shop = Arc::clone(&self.shop);
        let mut entries = blocking(move || history::newest(&shop.journal, limit)).await??;
        let desk = self.desk();
        for entry in &mut entries {
            let waiting = desk
                .writer
                .as_ref()
                .filter(|writer| writer.id == entry.plan.id);
            if let (ChangeState::Pending { seconds_left }, Some((deadline, _))) = (
                &mut entry.state,
                waiting.and_then(|writer| writer.window.as_ref()),
            ) {
                *seconds_left = deadline.seconds_left();
            }
        }
        drop(desk);
        Ok(entries)
    }

    /// The change that waits to be kept.
    ///
    /// # Errors
    /// `NotAuthorised`.
    pub fn pending(&self, grant: &Grant) -> Result<Option<PlanId>> {
        grant.require(&[Action::Observe])?;
        let desk = self.desk();
        Ok(desk
            .writer
            .as_ref()
            .filter(|writer| writer.window.is_some())
            .map(|writer| writer.id))
    }

    /// Lets nothing begin any more, and reverts what waits to be kept.
    pub async fn stop(&self) {
        self.desk().is_stopping = true;
        loop {
            let vacated = self.vacated.notified();
            let orders = match &self.desk().writer {
                None => return,
                Some(writer) => writer.window.as_ref().map(|(_, orders)| orders.clone()),
            };
            match orders {
                // It ends by itself or becomes one that waits.
                None => vacated.await,
                Some(orders) => {
                    let _ = order(&orders, Wish::Revert(RollbackReason::HelperStopped)).await;
                }
            }
        }
    }
}

const fn action_to_revert(uid: u32, owner: u32) -> Action {
    if uid == owner {
        Action::Confirm
    } else {
        Action::RollbackForeign
    }
}

/// How far a plan was carried.
enum Carried<H> {
    /// The host was as asked already.
    Nothing(Box<HistoryEntry>),
    /// All steps are done and the host is as planned.
    Held(Box<Transaction<H>>, Guard),
}

/// What is to be carried out, besides the plan.
struct Work {
    uid: u32,
    managers: Managers,
    is_guarded: bool,
    progress: mpsc::UnboundedSender<Progress>,
}

/// Runs what blocks away from the tasks that answer calls.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| internal("the work was broken off", error))
}

/// The same for work on a change that has begun. Where it panics nobody has the
/// change any more, so that the process ends, too: the dead-man undoes it then at
/// once and not when its time is over.
pub async fn at_stake<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Err(error) if error.is_panic() => {
            tracing::error!("a change broke off in the middle, the helper ends");
            std::process::abort()
        }
        done => done.map_err(|error| internal("the work was broken off", error)),
    }
}

async fn order(orders: &mpsc::Sender<Order>, wish: Wish) -> Result<HistoryEntry> {
    let (answer, answered) = oneshot::channel();
    let over = || NovaError::refused("the change does not wait any more");
    orders
        .send(Order { wish, answer })
        .await
        .map_err(|_| over())?;
    answered.await.map_err(|_| over())?
}
