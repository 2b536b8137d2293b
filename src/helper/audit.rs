// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One line in the system's journal for each call that could change something.
//! Calls that are refused cost their caller nothing: of those of one user only so
//! many are written down, the others counted, or a flood of them would have
//! journald drop the lines of everybody.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nova_model::action::Action;
use nova_model::name::printable;

use crate::admission::Caller;
use crate::failure::Failure;

/// Longest foreign text in a log line, in bytes.
const MAX_FOREIGN_BYTES: usize = 256;
/// How many refused calls of one user are written down in this time.
const REFUSED: u32 = 600;
const REFUSED_IN: Duration = Duration::from_secs(60);

/// Text of somebody else, fit for a log: escaped and cut.
pub fn foreign(text: &str) -> String {
    let mut shown = printable(text);
    if shown.len() > MAX_FOREIGN_BYTES {
        let cut = (0..=MAX_FOREIGN_BYTES)
            .rev()
            .find(|at| shown.is_char_boundary(*at))
            .unwrap_or(0);
        shown.truncate(cut);
        shown.push('…');
    }
    shown
}

/// What a call asked for.
pub struct Asked<'a> {
    /// Name of the method.
    pub method: &'static str,
    /// Identifier of the plan as the caller gave it.
    pub id: &'a str,
    /// Digest as the caller gave it.
    pub digest: &'a str,
    /// Actions it needs, as far as they are known.
    pub actions: Vec<Action>,
}

/// Writes the lines.
#[derive(Default)]
pub struct Audit {
    refused: Mutex<Refused>,
}

impl Audit {
    /// Writes the line of a call that has ended.
    pub fn record<T>(&self, caller: &Caller, asked: &Asked<'_>, result: &Result<T, Failure>) {
        let outcome = match result {
            Ok(_) => "done".to_owned(),
            Err(failure) => foreign(&failure.outcome()),
        };
        if !self.is_written(caller.uid(), result.is_err()) {
            return;
        }
        let actions: Vec<&str> = asked.actions.iter().map(|action| action.id()).collect();
        tracing::info!(
            target: "nova_helper::audit",
            method = asked.method,
            uid = caller.uid(),
            client = %caller.name(),
            actions = %actions.join(","),
            plan = %foreign(asked.id),
            digest = %foreign(asked.digest),
            outcome = %outcome,
        );
    }

    /// Whether a call of this user is written down.
    fn is_written(&self, uid: u32, is_refused: bool) -> bool {
        let now = Instant::now();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let unwritten = refused.of_the_past(now);
        let is_written = !is_refused || refused.count(uid, now);
        drop(refused);
        for (uid, calls) in unwritten {
            tracing::info!(target: "nova_helper::audit", uid, refused = calls, "not written down");
        }
        is_written
    }
}

/// The refused calls of each user since its first one.
#[derive(Default)]
struct Refused(HashMap<u32, (Instant, u32)>);

impl Refused {
    /// Counts a call; false where the user has had its lines.
    fn count(&mut self, uid: u32, now: Instant) -> bool {
        let (_, calls) = self.0.entry(uid).or_insert((now, 0));
        *calls = calls.saturating_add(1);
        *calls <= REFUSED
    }

    /// The users whose time is over, with how many calls were not written down.
    fn of_the_past(&mut self, now: Instant) -> Vec<(u32, u32)> {
        let is_over = |_: &u32, since: &mut (Instant, u32)| now - since.0 >= REFUSED_IN;
        let over = self.0.extract_if(is_over);
        let unwritten = over.map(|(uid, (_, calls))| (uid, calls.saturating_sub(REFUSED)));
        unwritten.filter(|(_, calls)| *calls > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        assert_eq!(foreign("e\u{1b}[31m\n"), "e\\x1b[31m\\x0a");
        let long = foreign(&"ä".repeat(1000));
        assert!(long.len() <= MAX_FOREIGN_BYTES + 3);
    }

    #[test]
    fn r36_of_a_flood_of_refused_calls_so_many_are_written_and_the_rest_counted() {
        let (mut refused, began) = (Refused::default(), Instant::now());
        let written = (0..700).filter(|_| refused.count(1000, began)).count();
        assert_eq!(written, 600);
        assert!(refused.count(1001, began), "others have their own");
        assert_eq!(refused.of_the_past(began + REFUSED_IN / 2), []);
        assert_eq!(refused.of_the_past(began + REFUSED_IN), [(1000, 100)]);
        assert!(refused.count(1000, began + REFUSED_IN));
    }
}
