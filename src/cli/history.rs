// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What was changed, and what may still be decided about it.

use nova::networking::{
    ChangeState, ErrorKind, HistoryEntry, NetworkManager, NovaError, PlanId, Result,
};

use crate::arguments::Output;
use crate::table::{Align, Table};
use crate::terminal::{Outcome, Terminal};
use crate::units::utc;

/// Most entries that are asked for; as many as the journal keeps.
pub const SEARCHED: u32 = 1000;
/// Digits of an id that are shown; enough to tell a thousand apart.
const SHOWN_DIGITS: usize = 12;

/// `nova network history`.
pub async fn history(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    limit: u32,
) -> Outcome {
    let entries = manager.history(limit).await?;
    match output {
        Output::Json => terminal.print_json(&entries),
        Output::Table if entries.is_empty() => terminal.print("Nothing was changed yet.\n"),
        Output::Table => terminal.print(&table(&entries).render(terminal.style)),
    }
}

pub fn table(entries: &[HistoryEntry]) -> Table {
    let mut table = Table::new(&[
        ("ID", Align::Left),
        ("TIME (UTC)", Align::Left),
        ("UID", Align::Right),
        ("CHANGE", Align::Left),
        ("STATE", Align::Left),
    ]);
    for entry in entries {
        let state = match entry.undone_by {
            Some(_) => "undone".to_owned(),
            None => entry.state.words(),
        };
        table.row([
            entry
                .plan
                .id
                .to_string()
                .chars()
                .take(SHOWN_DIGITS)
                .collect(),
            utc(entry.started),
            entry.uid.to_string(),
            entry.plan.title.clone(),
            state,
        ]);
    }
    table
}

/// The change whose id begins so.
///
/// # Errors
/// `InvalidValue` where it is no id or begins several, `NotFound` where it
/// begins none.
pub async fn find(manager: &NetworkManager, text: &str) -> Result<PlanId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let is_beginning = (4..32).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !is_beginning {
        return Err(NovaError::invalid(
            "id",
            text,
            "4 to 32 of the digits that \"nova network history\" shows",
        ));
    }
    let entries = manager.history(SEARCHED).await?;
    let mut found = entries
        .iter()
        .map(|entry| entry.plan.id)
        .filter(|id| id.to_string().starts_with(text));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err(NovaError::new(
            ErrorKind::InvalidValue,
            format!("several changes have an id that begins with {text}"),
        )
        .with_remedy("Give more of its digits.")),
        _ => Err(
            NovaError::not_found(format!("no change has an id that begins with {text}"))
                .with_remedy("\"nova network history\" lists the changes."),
        ),
    }
}

/// `nova network confirm`.
pub async fn confirm(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    id: &str,
) -> Outcome {
    let id = find(manager, id).await?;
    tell_entry(terminal, output, &manager.confirm(id).await?)
}

/// `nova network extend`.
pub async fn extend(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    id: &str,
    seconds: u32,
) -> Outcome {
    let id = find(manager, id).await?;
    tell_entry(terminal, output, &manager.extend(id, seconds).await?)
}

/// `nova network rollback`.
pub async fn rollback(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    id: &str,
) -> Outcome {
    let id = find(manager, id).await?;
    tell_entry(terminal, output, &manager.rollback(id).await?)
}

fn tell_entry(terminal: Terminal, output: Output, entry: &HistoryEntry) -> Outcome {
    if let ChangeState::Incomplete { error } = &entry.state {
        return Err(error.clone().into());
    }
    match output {
        Output::Json => terminal.print_json(entry),
        Output::Table => {
            terminal.print(&format!("{}: {}.\n", entry.plan.title, entry.state.words()))
        }
    }
}
