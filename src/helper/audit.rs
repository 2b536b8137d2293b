// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One line in the system's journal for each call that could change something.

use nova_model::action::Action;
use nova_model::name::printable;

use crate::admission::Caller;
use crate::failure::Failure;

/// Longest foreign text in a log line, in bytes.
const MAX_FOREIGN_BYTES: usize = 256;

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

/// Writes the line of a call that has ended.
pub fn record<T>(caller: &Caller, asked: &Asked<'_>, result: &Result<T, Failure>) {
    let outcome = match result {
        Ok(_) => "done".to_owned(),
        Err(failure) => foreign(&failure.outcome()),
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        assert_eq!(foreign("e\u{1b}[31m\n"), "e\\x1b[31m\\x0a");
        let long = foreign(&"ä".repeat(1000));
        assert!(long.len() <= MAX_FOREIGN_BYTES + 3);
    }
}
