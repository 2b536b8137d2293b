// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What stands in the file of a change: one JSON document a line.

use std::collections::BTreeSet;

use nova_model::ErrorKind;
use nova_model::NovaError;
use nova_model::binding::Rebound;
use nova_model::history::{ChangeState, HistoryEntry};
use nova_model::ovs_conf::RowId;
use nova_model::plan::Plan;
use serde::{Deserialize, Serialize};

/// Version of the form of the file.
pub const VERSION: u32 = 3;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    /// The first line: what is going to happen, for whom, on which kernel state.
    Begin(Box<Begin>),
    /// The step of this position is about to be done.
    Intent(usize),
    /// It is done.
    Done(usize),
    /// It is undone.
    Undone(usize),
    /// The plan made this link, which the kernel knows by this index.
    Made(Made),
    /// The plan made these rows of Open vSwitch.
    MadeRows(Vec<RowId>),
    /// All steps are done; the change waits to be kept.
    Held,
    /// What has become of it.
    End(ChangeState),
    /// After the end of a change that is kept: what it did to what is bound.
    Rebound(Rebound),
    /// In this kernel state what an undo had left is tried again; the end so far
    /// is none.
    Again(String),
}

/// At how many later boots what an undo left is tried again.
const BOOTS_TO_TRY: usize = 3;

/// The first line of a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// [`VERSION`].
    pub version: u32,
    /// Its place among the changes: each that begins has a higher one, also where
    /// the clock was set back.
    #[serde(default)]
    pub number: u64,
    /// User id of who asked for it.
    pub uid: u32,
    /// Seconds since 1970.
    pub started: u64,
    /// The kernel state it was done to, see [`crate::clock::boot`].
    pub boot: String,
    /// The plan.
    pub plan: Plan,
}

/// A link and the index that is its own until the machine boots.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Name of the link.
    pub name: String,
    /// Its index.
    pub index: u32,
}

/// A change as its file tells it.
#[derive(Clone, Debug)]
pub struct Past {
    /// The first line.
    pub begin: Begin,
    /// Steps that were begun, whether or not they were done.
    pub begun: BTreeSet<usize>,
    /// Links it made.
    pub made: Vec<Made>,
    /// Rows of Open vSwitch it made.
    pub rows: Vec<RowId>,
    /// Whether it waited to be kept.
    pub is_held: bool,
    /// What became of it; absent where the helper was stopped in the middle.
    pub end: Option<ChangeState>,
    /// What it did to what is bound.
    pub rebound: Rebound,
    /// The kernel states in which it was undone again, see [`Record::Again`].
    again: Vec<String>,
}

impl Past {
    /// Reads the text of a file. A line that is not whole is what a sudden end
    /// leaves and says nothing; without its first line a file says nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let Ok(Record::Begin(begin)) = serde_json::from_str(lines.next()?) else {
            return None;
        };
        if begin.version != VERSION {
            return None;
        }
        let mut past = Self {
            begin: *begin,
            begun: BTreeSet::new(),
            made: Vec::new(),
            rows: Vec::new(),
            is_held: false,
            end: None,
            rebound: Rebound::default(),
            again: Vec::new(),
        };
        for record in lines.filter_map(|line| serde_json::from_str(line).ok()) {
            match record {
                Record::Intent(step) => {
                    past.begun.insert(step);
                }
                Record::Made(made) => past.made.push(made),
                Record::MadeRows(rows) => past.rows.extend(rows),
                Record::Rebound(rebound) => past.rebound = rebound,
                Record::Held => past.is_held = true,
                Record::End(state) => past.end = Some(state),
                Record::Again(boot) => {
                    past.end = None;
                    past.again.push(boot);
                }
                Record::Begin(_) | Record::Done(_) | Record::Undone(_) => {}
            }
        }
        Some(past)
    }

    /// Whether an undo of it left something in a kernel state before `boot`, and
    /// is worth another try: a machine that goes down takes the programs along
    /// that an undo needs. After a few boots it is left to the person, who may
    /// have put it right in another way.
    pub fn left_before(&self, boot: &str) -> bool {
        let last = self.again.last().unwrap_or(&self.begin.boot);
        let boots: BTreeSet<&String> = self.again.iter().collect();
        self.is_left() && last != boot && boots.len() < BOOTS_TO_TRY
    }

    /// Whether an undo of it left something.
    pub const fn is_left(&self) -> bool {
        matches!(self.end, Some(ChangeState::Incomplete { .. }))
    }

    /// The change as a person reads it.
    pub fn entry(self) -> HistoryEntry {
        let waits = self.is_held && self.again.is_empty();
        let state = self.end.unwrap_or(if waits {
            ChangeState::Pending { seconds_left: 0 }
        } else {
            ChangeState::Applying
        });
        HistoryEntry {
            plan: self.begin.plan,
            uid: self.begin.uid,
            started: self.begin.started,
            state,
            undone_by: None,
        }
    }
}

/// The error of a change whose undo left something.
pub fn incomplete(plan: &Plan, failed: &[NovaError]) -> NovaError {
    let listed: Vec<&str> = failed.iter().map(NovaError::message).collect();
    NovaError::new(
        ErrorKind::Incomplete,
        format!(
            "\"{}\" was undone in part, this remains: {}",
            plan.title,
            listed.join("; ")
        ),
    )
    .with_remedy(format!(
        "Once that can be done, try again: \"nova network rollback {}\". Or undo it by hand; the \
         history lists the steps of the change.",
        plan.id
    ))
}
