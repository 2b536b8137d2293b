// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Why a plan that was reviewed is not what the host needs any more.

use std::collections::BTreeMap;

use crate::name::printable;
use crate::plan::{Plan, PlannedStep};

/// How many commands of a kind are told; a plan may have hundreds.
const TOLD: usize = 3;

/// How the plan that the host needs now differs from the one that was reviewed,
/// in words; absent where it is the same.
#[must_use]
pub fn drift(reviewed: &Plan, now: &Plan) -> Option<String> {
    // The same steps may cut somebody off now who did not depend on them.
    let is_riskier = now.confirm_within > reviewed.confirm_within;
    if now.digest == reviewed.digest && now.actions == reviewed.actions && !is_riskier {
        return None;
    }
    let mut told = Vec::new();
    let [before, after] = [reviewed, now].map(commands);
    tell(&mut told, "needed now", only(&after, &before));
    tell(&mut told, "not needed any more", only(&before, &after));
    let [before, after] = [reviewed, now].map(undo_commands);
    tell(&mut told, "undone, it leads now to", only(&after, &before));
    tell(
        &mut told,
        "undone, it leads no more to",
        only(&before, &after),
    );
    let more: Vec<&str> = now
        .actions
        .difference(&reviewed.actions)
        .map(|it| it.id())
        .collect();
    if !more.is_empty() {
        told.push(format!("it takes the permission {}", more.join(", ")));
    }
    if is_riskier {
        told.push("it can cut off somebody whom it could not before".to_owned());
    }
    if told.is_empty() {
        // The commands are about names.
        told.push("a link it is about was replaced by another of its name".to_owned());
    }
    Some(told.join("; "))
}

fn commands(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().chain(&plan.keeping.steps);
    steps.map(|planned| on_a_line(&planned.command)).collect()
}

fn undo_commands(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().chain(&plan.keeping.steps);
    let undo = |planned: &PlannedStep| {
        let undo = planned.undo.iter();
        undo.map(|step| on_a_line(&step.command()))
            .collect::<Vec<_>>()
    };
    steps.flat_map(undo).collect()
}

fn on_a_line(command: &str) -> String {
    let lines: Vec<String> = command.lines().map(printable).collect();
    lines.join(" && ")
}

/// The commands that only the first has, or has more often.
fn only(these: &[String], those: &[String]) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for command in those {
        *left.entry(command).or_default() += 1;
    }
    let is_only = |command: &&String| match left.get_mut(command.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    these.iter().filter(is_only).cloned().collect()
}

fn tell(told: &mut Vec<String>, what: &str, commands: Vec<String>) {
    if commands.is_empty() {
        return;
    }
    let more = commands.len().saturating_sub(TOLD);
    let named: Vec<String> = commands
        .into_iter()
        .take(TOLD)
        .map(|command| format!("\"{command}\""))
        .collect();
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    told.push(format!("{what} {}{more}", named.join(", ")));
}
