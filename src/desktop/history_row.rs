// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Changes of the past as rows, and the steps of one change.

use nova_model::change::Change;
use nova_model::history::{ChangeState, HistoryEntry, RollbackReason, kept_since};
use nova_model::plan::Plan;

use crate::flow::Stage;
use crate::row::{Cell, Row};

/// Values of a row of [`entries`].
pub const HISTORY_ROLES: &[&str] = &[
    "key",
    "title",
    "symbol",
    "state",
    "chip",
    "chipKind",
    "started",
    "canUndo",
    "effects",
    "error",
    "remedy",
    "canTryAgain",
];

/// Values of a row of [`steps`].
pub const STEP_ROLES: &[&str] = &["title", "command", "progress"];

/// The changes, newest first as they come.
#[must_use]
pub fn entries(history: &[HistoryEntry]) -> Vec<Row> {
    let with_newer = |(at, it): (usize, &HistoryEntry)| entry(it, &history[..at]);
    history.iter().enumerate().map(with_newer).collect()
}

fn entry(entry: &HistoryEntry, newer: &[HistoryEntry]) -> Row {
    let (word, kind) = state(entry);
    // What is kept is as usual.
    let chip = match kind {
        KEPT => String::new(),
        _ => word.clone(),
    };
    let error = match &entry.state {
        ChangeState::Incomplete { error }
        | ChangeState::RolledBack {
            reason: RollbackReason::Failed { error },
        } => Some(error),
        _ => None,
    };
    let why = match (&entry.state, error) {
        (_, Some(error)) => sentence(error),
        (
            ChangeState::RolledBack {
                reason: RollbackReason::Asked,
            },
            _,
        ) => String::new(),
        (ChangeState::RolledBack { .. }, _) => spelt(&entry.state.words()),
        _ => String::new(),
    };
    let is_left = matches!(entry.state, ChangeState::Incomplete { .. });
    let held = match is_left {
        true => kept_since(&entry.plan, newer),
        false => None,
    };
    let remedy = match held {
        Some(kept) => format!(
            "Undo by hand what remains: \"{}\" was kept since.",
            kept.plan.title
        ),
        None => error
            .and_then(|error| error.remedy())
            .unwrap_or_default()
            .to_owned(),
    };
    let can_undo = entry.state == ChangeState::Confirmed
        && entry.undone_by.is_none()
        && !entry.plan.is_empty();
    Row::new(
        entry.plan.id.to_string(),
        vec![
            entry.plan.id.to_string().into(),
            entry.plan.title.as_str().into(),
            symbol(&entry.plan).into(),
            word.into(),
            chip.into(),
            kind.into(),
            Cell::Time(entry.started),
            can_undo.into(),
            entry.plan.effects.clone().into(),
            why.into(),
            remedy.into(),
            (is_left && held.is_none()).into(),
        ],
    )
}

/// The icon of what a change does first.
fn symbol(plan: &Plan) -> &'static str {
    if plan.undoes.is_some() {
        return "edit-undo-symbolic";
    }
    match plan.changes.changes.first() {
        Some(
            Change::CreateBridge(_)
            | Change::CreateOvsBridge(_)
            | Change::CreateVlan(_)
            | Change::CreateBond(_)
            | Change::AddOvsPort(_)
            | Change::AddMirror(_),
        ) => "list-add-symbolic",
        Some(
            Change::DeleteSwitch(_)
            | Change::DeleteVlan(_)
            | Change::DeleteBond(_)
            | Change::RemoveMirror(_)
            | Change::RemoveQos(_),
        ) => "edit-delete-symbolic",
        Some(Change::AttachPort(_)) => "network-connect-symbolic",
        Some(Change::DetachPort(_)) => "network-disconnect-symbolic",
        Some(Change::SetLink(link)) if link.up => "go-up-symbolic",
        Some(Change::SetLink(_)) => "go-down-symbolic",
        _ => "document-edit-symbolic",
    }
}

/// The kind of a change that is in force.
const KEPT: &str = "positive";

/// The state of a change in a word or two, and its kind.
fn state(entry: &HistoryEntry) -> (String, &'static str) {
    if entry.undone_by.is_some() {
        return ("undone later".to_owned(), "neutral");
    }
    match &entry.state {
        ChangeState::Confirmed => ("kept".to_owned(), KEPT),
        ChangeState::Applying | ChangeState::Pending { .. } => (entry.state.words(), "active"),
        ChangeState::RolledBack {
            reason: RollbackReason::Failed { .. },
        } => ("failed and reverted".to_owned(), "warning"),
        ChangeState::RolledBack { .. } => ("reverted".to_owned(), "neutral"),
        ChangeState::Incomplete { .. } => ("reverted in part".to_owned(), "negative"),
    }
}

/// An error as a sentence of its own: capital first, full stop last.
#[must_use]
pub fn sentence(error: &nova_model::NovaError) -> String {
    spelt(error.message())
}

/// Words as a sentence of their own.
#[must_use]
pub fn spelt(message: &str) -> String {
    let word = message.split([' ', ':']).next().unwrap_or_default();
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    let mut text = first.unwrap_or_default() + letters.as_str();
    // A name keeps its own spelling: "eth0: …" does not become "Eth0: …". The
    // field "vlan" is spelt as what it stands for.
    if word.bytes().any(|b| b.is_ascii_digit()) {
        message.clone_into(&mut text);
    } else if ["vlan", "mtu", "mac"].contains(&word) {
        text = word.to_uppercase() + &message[word.len()..];
    }
    if !text.ends_with(['.', '?']) {
        text.push('.');
    }
    text
}

/// The steps of the change of this identifier, or of the change under way
/// where the identifier is empty.
#[must_use]
pub fn steps(history: &[HistoryEntry], stage: &Stage, id: &str) -> Vec<Row> {
    if id.is_empty() {
        return stage
            .plan()
            .map(|plan| step_rows(plan, |at| stage.step_word(at)))
            .unwrap_or_default();
    }
    history
        .iter()
        .find(|entry| entry.plan.id.to_string() == id)
        .map(|entry| step_rows(&entry.plan, |_| ""))
        .unwrap_or_default()
}

fn step_rows(plan: &Plan, state: impl Fn(usize) -> &'static str) -> Vec<Row> {
    plan.steps
        .iter()
        .enumerate()
        .map(|(at, planned)| {
            Row::new(
                format!("{} {at}", plan.id),
                vec![
                    planned.title.as_str().into(),
                    planned.command.as_str().into(),
                    state(at).into(),
                ],
            )
        })
        .collect()
}

/// The commands the steps equal, a line each; last those that are done when the
/// change is kept.
#[must_use]
pub fn commands(plan: &Plan) -> String {
    let mut lines: Vec<&str> = Vec::new();
    lines.extend(plan.steps.iter().map(|planned| planned.command.as_str()));
    if !plan.keeping.steps.is_empty() {
        lines.push("# when the change is kept:");
        let keeping = plan.keeping.steps.iter();
        lines.extend(keeping.map(|planned| planned.command.as_str()));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_sentence_and_names_keep_their_spelling() {
        assert_eq!(spelt("the name is taken"), "The name is taken.");
        assert_eq!(spelt("br0: port eth0 is gone"), "br0: port eth0 is gone.");
        assert_eq!(spelt("vlan is missing: 1"), "VLAN is missing: 1.");
    }
}
