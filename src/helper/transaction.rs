// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One change from its first line in the journal to its last.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nova_host::execute::Undone;
use nova_model::fact::unmet;
use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
use nova_model::link::{MARK_PREFIX, Owner};
use nova_model::manager::Managers;
use nova_model::ovs_conf::{MARK_KEY, Mark, RowId};
use nova_model::plan::{Plan, PlanId, PlannedStep};
use nova_model::state::HostState;
use nova_model::step::{AddressStep, BridgeStep, LinkStep, OvsEdit, Step};
use nova_model::{ErrorKind, NovaError, Result};

use crate::clock::Deadline;
use crate::host::Host;
use crate::journal::{InUse, Journal, Pen};
use crate::lifeline::Lifeline;
use crate::record::{Made, Past, Record, incomplete};

/// Waits between the looks at the host after the steps.
const LOOKS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(300),
    Duration::from_millis(500),
];

/// Waits before the looks whether what was given back is still there.
const TO_HOLD: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_millis(500),
    Duration::from_millis(700),
];

/// Waits before steps back that failed are tried again, all from the first of
/// them on: one may have stood in the way of another, and the kernel may have
/// been short of memory.
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// How long a step may take before the dead-man takes the helper for stuck: one
/// that goes forward, one that goes back, and the look at the host at the end.
const TO_DO: Duration = Duration::from_secs(15);
const TO_UNDO: Duration = Duration::from_secs(2);
/// The same for a step of what outlives the boot, and for one whose daemon may be
/// about to start again: it is waited for.
const TO_UNDO_LASTING: Duration = Duration::from_secs(25);
const TO_UNDO_AWAITED: Duration = Duration::from_secs(60);
const TO_LOOK: Duration = Duration::from_secs(10);
/// How long after its time a change may be there before the dead-man takes the
/// helper for stuck.
const LATE: Duration = Duration::from_secs(1);

/// Host, journal and dead-man together: everything here blocks.
pub struct Workshop<H> {
    /// The host.
    pub host: H,
    /// The journal.
    pub journal: Arc<Journal>,
    /// The line to the dead-man.
    pub lifeline: Lifeline,
}

impl<H: Host> Workshop<H> {
    /// The host as it is; `managers` is what the programs tell that configure
    /// it. A bridge is Nova's only where its mark is borne out by the journal:
    /// anybody can copy an alias.
    ///
    /// # Errors
    /// Those of the kernel.
    pub fn observe(&self, managers: Managers) -> Result<HostState> {
        let mut state = self.host.observe()?;
        state.administrators = self.host.administrators();
        for link in state.links.values_mut() {
            if link.owner == Owner::Nova
                && !self.journal.has_made(&link.name.to_string(), link.index)
            {
                link.owner = Owner::Nobody;
            }
        }
        self.disown_copied_marks(&mut state);
        nova_host::owner::claim(&mut state, managers, |change| self.journal.has(change));
        Ok(state)
    }
}

impl<H: Host> Workshop<H> {
    /// What bears marks of Nova now.
    ///
    /// # Errors
    /// Those of the kernel.
    pub fn in_use(&self) -> Result<InUse> {
        let state = self.host.observe()?;
        let mut in_use = InUse::default();
        for link in state.links.values() {
            let alias = link.alias.as_deref().unwrap_or_default();
            let Some(mark) = alias.strip_prefix(MARK_PREFIX) else {
                continue;
            };
            in_use.marks.extend(mark.parse::<PlanId>());
            in_use.made.insert(Made {
                name: link.name.to_string(),
                index: link.index,
            });
        }
        if let Some(ovs) = state.ovs.state() {
            let marks = ovs.marks().into_iter();
            in_use
                .marks
                .extend(marks.filter_map(|mark| mark.0.parse::<PlanId>().ok()));
            in_use.rows.extend(ovs.marked().into_keys().cloned());
        }
        Ok(in_use)
    }

    /// As with bridges of the kernel: a row of Open vSwitch is Nova's only where
    /// the journal has the change that its mark names, and knows the row: a copied
    /// mark stands in another.
    fn disown_copied_marks(&self, state: &mut HostState) {
        let Some(ovs) = state.ovs.state_mut() else {
            return;
        };
        let is_known = |row: &RowId, mark: &Mark| {
            mark.0.parse().is_ok_and(|id| self.journal.has(id)) && self.journal.has_made_row(row)
        };
        let disowned = ovs
            .marked()
            .into_iter()
            .filter(|(row, mark)| !is_known(row, mark))
            .map(|(row, _)| row.clone())
            .collect();
        ovs.disowned = disowned;
        nova_host::ovs::claim(state);
    }
}

/// A change that has begun.
pub struct Transaction<H> {
    shop: Arc<Workshop<H>>,
    pen: Pen,
    begun: BTreeSet<usize>,
    /// The rows of Open vSwitch that it made.
    rows: BTreeSet<RowId>,
    entry: HistoryEntry,
    /// The kernel state it was done to.
    boot: String,
    is_of_bound: bool,
}

impl<H: Host> Transaction<H> {
    /// Arms the dead-man and begins the journal of a plan. Nothing has been
    /// changed yet.
    ///
    /// # Errors
    /// `Internal` from the disk, `DaemonMissing` without a dead-man.
    pub fn begin(shop: &Arc<Workshop<H>>, plan: Plan, uid: u32) -> Result<Self> {
        shop.host.begin()?;
        shop.lifeline.arm(Deadline::after(TO_DO))?;
        let pen = shop
            .journal
            .begin(&plan, uid)
            .inspect_err(|_| shop.lifeline.rest())?;
        Ok(Self {
            shop: Arc::clone(shop),
            pen,
            begun: BTreeSet::new(),
            rows: BTreeSet::new(),
            entry: HistoryEntry {
                plan,
                uid,
                started: crate::clock::now(),
                state: ChangeState::Applying,
                undone_by: None,
            },
            boot: shop.journal.boot().to_owned(),
            is_of_bound: false,
        })
    }

    /// Takes up a change whose undo left something, to undo that. The dead-man
    /// stands by.
    ///
    /// # Errors
    /// As [`Self::resume`], `DaemonMissing` without a dead-man.
    pub fn take_up_again(shop: &Arc<Workshop<H>>, past: Past) -> Result<Self> {
        shop.lifeline.arm(Deadline::after(TO_DO))?;
        Self::resume(shop, past).inspect_err(|_| shop.lifeline.rest())
    }

    /// Takes up a change that was interrupted.
    ///
    /// # Errors
    /// Those of the host that cannot be observed.
    pub fn resume(shop: &Arc<Workshop<H>>, past: Past) -> Result<Self> {
        shop.host.begin()?;
        if past.begin.boot == shop.journal.boot() {
            past.made.iter().for_each(|made| shop.host.remember(made));
        }
        shop.lifeline.renew(Deadline::after(TO_LOOK));
        let mut pen = shop.journal.resume(past.begin.plan.id);
        if past.end.is_some() {
            let again = Record::Again(shop.journal.boot().to_owned());
            if let Err(error) = pen.write(&again) {
                tracing::warn!(%error, "a further undo is not in the journal");
            }
        }
        Ok(Self {
            shop: Arc::clone(shop),
            pen,
            begun: past.begun.clone(),
            rows: past.rows.iter().cloned().collect(),
            boot: past.begin.boot.clone(),
            entry: past.entry(),
            is_of_bound: false,
        })
    }

    /// Does what is bound already: nothing of it is noted.
    pub fn of_what_is_bound(mut self) -> Self {
        self.is_of_bound = true;
        self
    }

    /// The change as a person reads it.
    pub const fn entry(&self) -> &HistoryEntry {
        &self.entry
    }

    /// Does the steps in their order, then looks whether the host is as
    /// planned. `progress` is called with how many are done, before each step
    /// and at the end.
    ///
    /// # Errors
    /// That of the step that failed, or what is not as planned. The steps done
    /// so far stand; [`Self::revert`] undoes them.
    pub fn run(&mut self, progress: &dyn Fn(usize)) -> Result<()> {
        let steps = steps_of(&self.entry.plan.steps);
        for (at, step) in steps.iter().enumerate() {
            progress(at);
            self.carry_out(at, step)?;
        }
        self.shop.lifeline.renew(Deadline::after(TO_DO));
        let settled = self.settle(&steps);
        self.hold_ground(&steps, settled)
            .map_err(|unmet| not_as_planned(&unmet))?;
        progress(steps.len());
        Ok(())
    }

    fn carry_out(&mut self, at: usize, step: &Step) -> Result<()> {
        let patience = Duration::from_secs(step.patience().into());
        self.shop.lifeline.renew(Deadline::after(TO_DO + patience));
        self.pen.write(&Record::Intent(at))?;
        self.begun.insert(at);
        if step.outlives_boot() {
            self.pen.to_disk()?;
        }
        self.shop
            .host
            .execute(step)
            .map_err(|error| error.in_context(&step.title()))?;
        self.pen.write(&Record::Done(at))
    }

    /// Notes that the change waits to be kept until this moment, and has the
    /// dead-man undo it soon after.
    ///
    /// # Errors
    /// `Internal` from the disk, `DaemonMissing` without a dead-man.
    pub fn hold(&mut self, until: Deadline) -> Result<()> {
        if self.entry.state == ChangeState::Applying {
            self.pen.write(&Record::Held)?;
        }
        self.shop.lifeline.arm(until.and(LATE))?;
        self.entry.state = ChangeState::Pending {
            seconds_left: until.seconds_left(),
        };
        Ok(())
    }

    /// Makes sure, while the change waits, that the dead-man is still there.
    pub fn wait_on(&self, until: Deadline) {
        self.shop.lifeline.renew(until.and(LATE));
    }

    /// Keeps the change: what lasts of it beyond a boot is written, then its end
    /// in the journal.
    ///
    /// # Errors
    /// What could not be written, and what is not as planned after it; the
    /// change is not kept then, [`Self::revert`] undoes all of it.
    pub fn keep(&mut self) -> Result<()> {
        self.shop.lifeline.renew(Deadline::after(TO_DO));
        let first = self.entry.plan.steps.len();
        let keeping = steps_of(&self.entry.plan.keeping.steps);
        for (at, step) in keeping.iter().enumerate() {
            self.carry_out(first + at, step)?;
        }
        if !keeping.is_empty() {
            self.shop.lifeline.renew(Deadline::after(TO_DO));
            let steps = steps_of(&self.entry.plan.steps);
            self.settle(&steps)
                .map_err(|unmet| not_as_planned(&unmet))?;
        }
        self.pen.end(&ChangeState::Confirmed)?;
        self.shop.lifeline.rest();
        self.entry.state = ChangeState::Confirmed;
        if !self.is_of_bound {
            self.note_bindings();
        }
        Ok(())
    }

    fn note_bindings(&mut self) {
        let rebound = self.shop.note_bindings(&self.entry.plan);
        if rebound.is_empty() {
            return;
        }
        // What is bound is on the disk; so is the way back.
        let written = self.pen.write(&Record::Rebound(rebound));
        if let Err(error) = written.and_then(|()| self.pen.to_disk()) {
            tracing::warn!(%error, "what a change did to what is bound is not in the journal");
        }
    }

    /// Undoes all that was begun, in reverse, and goes on where something
    /// fails. What remains stands in the state.
    pub fn revert(&mut self, reason: RollbackReason) -> &ChangeState {
        self.undo_begun(reason, |_| true)
    }

    /// Undoes a change that was taken up: all that was begun, or, where the machine
    /// has booted since, what outlives that.
    pub fn revert_by_boot(&mut self, reason: RollbackReason) -> &ChangeState {
        if self.boot == self.shop.journal.boot() {
            self.revert(reason)
        } else {
            self.write_off(reason)
        }
    }

    /// Undoes what outlives a boot: the machine has booted, and the rest of what
    /// the change did is gone by itself. Where it was being kept, a part of what
    /// a program keeps may be on the disk; with that, all goes that the program
    /// did.
    fn write_off(&mut self, reason: RollbackReason) -> &ChangeState {
        let first = self.entry.plan.steps.len();
        let was_being_kept = self.begun.range(first..).next().is_some();
        self.undo_begun(reason, |step| {
            step.outlives_boot() || was_being_kept && matches!(step, Step::Manager(_))
        })
    }

    fn undo_begun(
        &mut self,
        reason: RollbackReason,
        is_left: impl Fn(&Step) -> bool,
    ) -> &ChangeState {
        let mut back = Vec::new();
        for at in self.begun.clone().into_iter().rev() {
            let Some(planned) = self.entry.plan.step(at) else {
                continue;
            };
            for step in planned.undo.clone().into_iter().filter(&is_left) {
                let done = self.undo(&step);
                back.push((step, done));
            }
            if let Err(error) = self.pen.write(&Record::Undone(at)) {
                tracing::warn!(%error, "the undo of a step is not in the journal");
            }
        }
        for wait in AGAIN {
            // With those after it: they may have found nothing to do because of
            // it, as the options of a port that was not attached.
            let Some(first) = back.iter().position(|(_, done)| done.is_err()) else {
                break;
            };
            std::thread::sleep(wait);
            for (step, done) in back.iter_mut().skip(first) {
                *done = self.undo(step);
            }
        }
        let mut failed = Vec::new();
        let mut led_to = Vec::new();
        for (step, done) in back {
            match done {
                Ok(Undone::Done | Undone::AlreadySo) => led_to.push(step),
                Ok(Undone::Vanished) => {}
                Err(error) => failed.push(error),
            }
        }
        self.shop.lifeline.renew(Deadline::after(TO_LOOK));
        let settled = self.settle(&led_to);
        if let Err(unmet) = self.hold_ground(&led_to, settled) {
            failed.extend(unmet.into_iter().map(NovaError::internal));
        }
        let state = if failed.is_empty() {
            ChangeState::RolledBack { reason }
        } else {
            ChangeState::Incomplete {
                error: incomplete(&self.entry.plan, &failed),
            }
        };
        self.close(state)
    }

    /// Does one step back.
    fn undo(&mut self, step: &Step) -> Result<Undone> {
        let time = match step {
            Step::Manager(_) => TO_UNDO_AWAITED,
            _ if step.outlives_boot() => TO_UNDO_LASTING,
            _ => TO_UNDO,
        };
        let patience = Duration::from_secs(step.patience().into());
        self.shop.lifeline.renew(Deadline::after(time + patience));
        let done = match self.without_others(step) {
            Ok(None) => self.shop.host.undo(step),
            Ok(Some(rest)) => self.shop.host.undo(&rest).map(|_| Undone::Vanished),
            Err(error) => Err(error),
        };
        // What it made anew is this change's, too: a step before it may delete that.
        // Where no rows are known, all with its marks are taken for its own.
        if let (Ok(Undone::Done | Undone::AlreadySo), Step::Ovs(back)) = (&done, step)
            && back.edits.iter().any(OvsEdit::is_creation)
            && !self.rows.is_empty()
        {
            let looked = self.shop.host.observe();
            let noted = looked.and_then(|state| self.note_rows([step], &state));
            if let Err(error) = noted {
                tracing::warn!(%error, "the rows that an undo made are not in the journal");
            }
        }
        done.map_err(|error| error.in_context(&step.title()))
    }

    /// The rest of a step back that would delete rows of Open vSwitch which others
    /// made since under the names and with the marks of this change. `None` where
    /// there are none of them.
    fn without_others(&self, step: &Step) -> Result<Option<Step>> {
        let Step::Ovs(back) = step else {
            return Ok(None);
        };
        // A change that did not come to the look at the host knows no rows.
        if self.rows.is_empty() || !back.edits.iter().any(OvsEdit::is_deletion) {
            return Ok(None);
        }
        let state = self.shop.host.observe()?;
        let Some(ovs) = state.ovs.state() else {
            return Ok(None);
        };
        let is_others = |edit: &OvsEdit| {
            let found = edit.find(ovs).filter(|_| edit.mark().is_some());
            edit.is_deletion() && found.is_some_and(|(row, ..)| !self.rows.contains(&row))
        };
        let mut rest = back.clone();
        rest.edits.retain(|edit| !is_others(edit));
        Ok((rest != *back).then_some(Step::Ovs(rest)))
    }

    fn close(&mut self, state: ChangeState) -> &ChangeState {
        let mut pauses = AGAIN.iter();
        while let Err(error) = self.pen.end(&state) {
            let Some(pause) = pauses.next() else {
                // The next helper finds it and undoes it once more.
                tracing::error!(%error, "the end of a change is not in the journal");
                break;
            };
            std::thread::sleep(*pause);
        }
        self.shop.lifeline.rest();
        self.entry.state = state;
        &self.entry.state
    }

    /// Looks a few times whether the host is where `steps` lead, and notes the
    /// bridges and rows they made.
    fn settle(&mut self, steps: &[Step]) -> std::result::Result<(), Vec<String>> {
        let mut open = Vec::new();
        for wait in LOOKS {
            std::thread::sleep(wait);
            match self.shop.host.observe() {
                Ok(state) => {
                    self.note_made(steps, &state)
                        .map_err(|error| vec![error.message().to_owned()])?;
                    open = unmet(steps, &state);
                }
                Err(error) => open = vec![error.message().to_owned()],
            }
            if open.is_empty() {
                return Ok(());
            }
        }
        Err(open)
    }

    /// Looks again where a card leaves a switch and gets addresses: a program that
    /// had adopted the port, as NetworkManager does, lets go of it some 100 ms later
    /// and clears its addresses once, maybe before they were seen. They are given
    /// again. Elsewhere it stays with what was seen.
    fn hold_ground(
        &mut self,
        steps: &[Step],
        seen: std::result::Result<(), Vec<String>>,
    ) -> std::result::Result<(), Vec<String>> {
        if !is_given_back(steps) {
            return seen;
        }
        for wait in TO_HOLD {
            std::thread::sleep(wait);
            let is_so = |state: HostState| unmet(steps, &state).is_empty();
            if self.shop.host.observe().is_ok_and(is_so) {
                continue;
            }
            tracing::info!("another program took addresses away; they are given again");
            let given = |step: &&Step| matches!(step, Step::Address(_) | Step::Route(_));
            for step in steps.iter().filter(given) {
                if let Err(error) = self.shop.host.undo(step) {
                    tracing::debug!("{}", crate::audit::foreign(error.message()));
                }
            }
        }
        self.settle(steps)
    }

    /// Notes the rows that these steps made, in one line of the journal: whoever
    /// finds some of them takes the others for somebody else's.
    fn note_rows<'a>(
        &mut self,
        steps: impl IntoIterator<Item = &'a Step>,
        state: &HostState,
    ) -> Result<()> {
        let rows = steps.into_iter().flat_map(|step| rows_made(step, state));
        let new: Vec<RowId> = rows.filter(|row| !self.rows.contains(row)).collect();
        if new.is_empty() {
            return Ok(());
        }
        self.rows.extend(new.iter().cloned());
        self.pen.write(&Record::MadeRows(new))
    }

    fn note_made(&mut self, steps: &[Step], state: &HostState) -> Result<()> {
        self.note_rows(steps, state)?;
        for step in steps {
            let Some(made) = step.makes() else {
                continue;
            };
            let Some(link) = state.link(made.name.as_str()) else {
                continue;
            };
            // A later step may have given it another address.
            let is_readdressed = steps.iter().any(|step| {
                let Step::Link(LinkStep::SetMac { link: given, mac }) = step else {
                    return false;
                };
                given.name == *made.name && made.kind == link.kind && link.mac == Some(*mac)
            });
            if link.alias.is_some()
                && (made.is(link) || is_readdressed)
                && !self.shop.journal.has_made(made.name.as_str(), link.index)
            {
                self.pen.write(&Record::Made(Made {
                    name: made.name.as_str().to_owned(),
                    index: link.index,
                }))?;
            }
        }
        Ok(())
    }
}

/// Whether a port leaves its switch and somebody gets an address.
fn is_given_back(steps: &[Step]) -> bool {
    let leaves = |step: &Step| match step {
        Step::Link(LinkStep::SetController { controller, .. }) => controller.is_none(),
        Step::Bridge(BridgeStep::Delete { .. }) | Step::Ovs(_) => true,
        _ => false,
    };
    let gets = |step: &Step| matches!(step, Step::Address(AddressStep::Add { .. }));
    steps.iter().any(leaves) && steps.iter().any(gets)
}

/// The rows of Open vSwitch with a mark of Nova that a step made.
fn rows_made(step: &Step, state: &HostState) -> Vec<RowId> {
    let (Step::Ovs(step), Some(ovs)) = (step, state.ovs.state()) else {
        return Vec::new();
    };
    let made = step.edits.iter().filter(|edit| edit.is_creation());
    let found = made.filter_map(|edit| {
        let (row, ids, _) = edit.find(ovs)?;
        let is_marked = ids.get(MARK_KEY).map(String::as_str) == Some(edit.mark()?);
        is_marked.then_some(row)
    });
    found.collect()
}

fn steps_of(planned: &[PlannedStep]) -> Vec<Step> {
    planned.iter().map(|planned| planned.step.clone()).collect()
}

fn not_as_planned(unmet: &[String]) -> NovaError {
    NovaError::new(
        ErrorKind::Internal,
        format!(
            "the host is not as planned, this is not so: {}",
            unmet.join("; ")
        ),
    )
}

/// The error a caller gets for a change that failed and was undone.
pub fn failure_of(plan: &Plan, error: &NovaError, state: &ChangeState) -> NovaError {
    match state {
        ChangeState::Incomplete { error } => error.clone(),
        _ => {
            let told = NovaError::new(
                ErrorKind::RolledBack,
                format!("\"{}\" failed and was undone: {error}", plan.title),
            );
            match error.remedy() {
                Some(remedy) => told.with_remedy(remedy),
                None => told,
            }
        }
    }
}
