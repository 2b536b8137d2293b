// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about Open vSwitch: each one transaction, then the wait until
//! `ovs-vswitchd` has carried it out, and a look at what it complains about.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nova_model::name::printable;
use nova_model::step::{FlowStep, OvsEdit, OvsStep, Step};
use nova_model::{ErrorKind, NovaError};
use serde_json::Value;

use crate::execute::{Mode, Undone};
use crate::ovs::{Live, Place};
use crate::ovs_write::{Known, Writer, counted};
use crate::ovsdb::Trouble;

/// Longest wait for `ovs-vswitchd` to carry a transaction out.
const SETTLE: Duration = Duration::from_secs(10);
/// Longest wait of an undo for a database that is being restarted.
const COMES_BACK: Duration = Duration::from_secs(10);
/// Longest wait of an undo for `ovs-vswitchd` to know what is taken away from it.
const KNOWS: Duration = Duration::from_secs(5);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Does steps about one Open vSwitch.
pub struct OvsExecutor {
    place: Place,
    made: BTreeSet<Known>,
    /// `ovs-vswitchd` was waited for, in vain.
    is_deserted: bool,
    /// The database was.
    is_without_database: bool,
}

impl OvsExecutor {
    /// An executor for the Open vSwitch of this place. Nothing is opened yet.
    #[must_use]
    pub const fn new(place: Place) -> Self {
        Self {
            place,
            made: BTreeSet::new(),
            is_deserted: false,
            is_without_database: false,
        }
    }

    /// Does a step: all of it, or nothing.
    ///
    /// # Errors
    /// `DaemonMissing` where Open vSwitch does not run, `Stale` where its
    /// configuration is another than was planned for, `Refused` with what the
    /// database or `ovs-vswitchd` says; in the last case undoing it is sound.
    pub fn execute(&mut self, step: &OvsStep) -> Result<(), NovaError> {
        let about = subject(step);
        if !self.place.is_running() {
            let error = NovaError::new(
                ErrorKind::DaemonMissing,
                format!("{about}: Open vSwitch: ovs-vswitchd does not run"),
            );
            return Err(error.with_remedy("Start it, then try again."));
        }
        let (done, live) = self
            .transact(step, Mode::Do)
            .map_err(|trouble| trouble.about(&about))?;
        if done == Undone::Vanished {
            return Err(Trouble::Moved.about(&about));
        }
        complaint(step, &live).map_or(Ok(()), Err)
    }

    /// Does a step that undoes another: what is done already stays, what is
    /// another by now is left alone. Waits for a database that is restarted.
    ///
    /// # Errors
    /// What the database says against it.
    pub fn undo(&mut self, step: &OvsStep) -> Result<Undone, NovaError> {
        if self.place.is_system() && !self.is_deserted && takes_away(step) {
            self.is_deserted = !self.await_daemon();
        }
        // Many steps wait in vain but once.
        let give_up = match self.is_without_database {
            true => Instant::now(),
            false => Instant::now() + COMES_BACK,
        };
        loop {
            let trouble = match self.transact(step, Mode::Undo) {
                Ok((done, _)) => return Ok(done),
                Err(trouble) => trouble,
            };
            let again = trouble.is_passing() || trouble == Trouble::Moved;
            if !again || Instant::now() >= give_up {
                self.is_without_database |= trouble.is_passing();
                return Err(trouble.about(&subject(step)));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until an `ovs-vswitchd` that has just been started has read what there
    /// is. The taps of its bridges outlive it: it removes those that it has known,
    /// and never those whose bridge was gone when it came. False where it does not
    /// come in time; an undo of many steps waits in vain but once.
    fn await_daemon(&self) -> bool {
        let give_up = Instant::now() + KNOWS;
        loop {
            let left = give_up.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            if self.place.is_running() && self.is_followed(left) {
                return true;
            }
            std::thread::sleep(PAUSE.min(left));
        }
    }

    /// Whether `ovs-vswitchd` carries out the configuration as it is now.
    fn is_followed(&self, patience: Duration) -> bool {
        let follow = || {
            let mut live = Live::open(&self.place)?;
            let results = live.database().transact(&counted())?;
            match next_cfg(&results) {
                Some(number) => live.settle(number, patience),
                None => Ok(()),
            }
        };
        follow().is_ok()
    }

    /// Sets the flows of Nova's for a port.
    ///
    /// # Errors
    /// `Stale` where the port is not there, `Refused` with what the bridge says.
    pub(crate) fn classify(&mut self, step: &FlowStep) -> Result<Undone, NovaError> {
        let about = Step::Flow(step.clone()).subject();
        let classify = || {
            let live = Live::open(&self.place)?;
            let state = live.state();
            let port = state
                .bridge(&step.bridge)
                .and_then(|bridge| bridge.port(&step.port));
            let Some(port) = port else {
                return Ok(Undone::Vanished);
            };
            let number = port
                .interfaces
                .values()
                .find_map(|interface| u32::try_from(interface.ofport?).ok());
            let Some(number) = number else {
                return Err(Trouble::Refused(
                    "the port has no number in OpenFlow".to_owned(),
                ));
            };
            self.place.openflow(&step.bridge)?.set(number, step.after)?;
            Ok(Undone::Done)
        };
        classify().map_err(|trouble: Trouble| trouble.about(&about))
    }

    fn transact(&mut self, step: &OvsStep, mode: Mode) -> Result<(Undone, Live), Trouble> {
        let mut live = Live::open(&self.place)?;
        let state = live.state();
        let mut writer = Writer::new(&state, live.tables(), mode, &mut self.made);
        for edit in &step.edits {
            writer.edit(edit)?;
        }
        let has_vanished = writer.has_vanished;
        let told = |done| if has_vanished { Undone::Vanished } else { done };
        let operations = writer.finish();
        if operations.is_empty() {
            return Ok((told(Undone::AlreadySo), live));
        }
        let results = live.database().transact(&operations)?;
        if self.place.is_system()
            && self.place.is_running()
            && let Some(number) = next_cfg(&results)
        {
            match (live.settle(number, SETTLE), mode) {
                (Ok(()), _) => {}
                // It stands in the database and is carried out once it can be.
                (Err(trouble), Mode::Undo) => {
                    if !matches!(trouble, Trouble::Silent | Trouble::Gone) {
                        return Err(trouble);
                    }
                }
                (Err(Trouble::Silent), Mode::Do) => {
                    return Err(Trouble::Refused(format!(
                        "ovs-vswitchd has not carried it out within {} s",
                        SETTLE.as_secs()
                    )));
                }
                (Err(trouble), Mode::Do) => return Err(trouble),
            }
        }
        Ok((told(Undone::Done), live))
    }
}

/// The number of the configuration that a transaction counted up last.
fn next_cfg(results: &[Value]) -> Option<i64> {
    results.last()?.pointer("/rows/0/next_cfg")?.as_i64()
}

/// Whether a step removes what `ovs-vswitchd` has made links for.
fn takes_away(step: &OvsStep) -> bool {
    step.edits.iter().any(|edit| {
        matches!(
            edit,
            OvsEdit::Bridge { after: None, .. } | OvsEdit::Port { after: None, .. }
        )
    })
}

fn subject(step: &OvsStep) -> String {
    Step::Ovs(step.clone()).subject()
}

/// What `ovs-vswitchd` notes in the database about an interface it was to make.
fn complaint(step: &OvsStep, live: &Live) -> Option<NovaError> {
    let state = live.state();
    step.edits.iter().find_map(|edit| {
        let OvsEdit::Port {
            bridge,
            name,
            after: Some(_),
            ..
        } = edit
        else {
            return None;
        };
        let port = state.bridge(bridge)?.port(name)?;
        let (interface, error) = port.failure()?;
        Some(NovaError::refused(format!(
            "bridge {}: port {}: Open vSwitch could not make it: {}",
            printable(bridge),
            printable(interface),
            printable(error)
        )))
    })
}
