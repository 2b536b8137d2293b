// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. The helper is killed before each of its system calls, and
//! each of them fails once, in every phase of a change: the host is before or
//! after the change, and the history says which.
//!
//! `NOVA_FAULT_STRIDE=1` tries every point and not every few, `NOVA_SEEDS=5`
//! all of it so often; `make soak` does both.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_model::history::{ChangeState, HistoryEntry};
use nova_model::plan::Plan;
use nova_tests::bus::{Client, alone, helper};
use nova_tests::host::{Cable, Gone, digest};
use nova_tests::program::{sh, within};
use nova_tests::reference::{CHANGE, Fault, cables};

/// What is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Apply,
    Confirm,
    Rollback,
    /// The dead-man's rollback of what a killed helper left.
    TakeOver,
}

const PHASES: [Phase; 4] = [
    Phase::Apply,
    Phase::Confirm,
    Phase::Rollback,
    Phase::TakeOver,
];

/// An address and a route that move from the card to a new bridge, and back.
const BRIDGE_MY_CARD: &str =
    r#"{"changes":[{"create_bridge":{"name":"nvt-br","ports":["nvt-a"]}}]}"#;

fn from_environment(name: &str, default: u32) -> u32 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

/// The reference changes: one where only few points are tried.
fn documents(stride: u32) -> &'static [&'static str] {
    const ALL: [&str; 2] = [CHANGE, BRIDGE_MY_CARD];
    if stride > 5 { &ALL[..1] } else { &ALL }
}

/// Counts what was tried and what went wrong.
#[derive(Default)]
struct Tally {
    points: u32,
    failures: Vec<String>,
}

impl Tally {
    /// Strikes at every `stride`th call of a kind in a phase, until there are
    /// no more of them.
    fn strike(&mut self, document: &str, phase: Phase, call: &str, fault: &str, stride: u32) {
        let before = digest();
        for number in (1..400).step_by(stride.max(1) as usize) {
            let (has_struck, wrong) = try_point(document, phase, call, fault, number, &before);
            self.points += u32::from(has_struck);
            if let Some(wrong) = wrong {
                println!("{phase:?} {call} {fault} {number}: {wrong}");
                self.failures
                    .push(format!("{phase:?} {call} {fault} {number}: {wrong}"));
                let _ = sh("systemctl restart nova-helper; ip link delete nvt-br");
                assert!(within(10, || digest() == before), "the host stays broken");
            }
            if !has_struck {
                return;
            }
        }
    }
}

fn deadman() -> String {
    let mut id = String::new();
    let runs = within(10, || {
        id = sh("systemctl show -P MainPID nova-deadman")
            .out
            .trim()
            .to_owned();
        !id.is_empty() && id != "0"
    });
    assert!(runs, "no dead-man");
    id
}

/// One fault. Whether it struck, and what is wrong afterwards.
fn try_point(
    document: &str,
    phase: Phase,
    call: &str,
    fault: &str,
    number: u32,
    before: &str,
) -> (bool, Option<String>) {
    let client = Client::connect();
    let plan = client.prepare(document).unwrap();
    if phase != Phase::Apply {
        client.apply(&plan, 60).unwrap();
    }
    let process = match phase {
        Phase::TakeOver => deadman(),
        _ => helper(),
    };
    let injected = Fault::inject(&process, call, &format!("{fault}:when={number}"));
    let done = match phase {
        // Where it asks for an answer, it gets a no.
        Phase::Apply => client.apply(&plan, 0).map(|entry| {
            if matches!(entry.state, ChangeState::Pending { .. }) {
                let _ = client.decide("Rollback", &plan);
            }
        }),
        Phase::Confirm => client.decide("Confirm", &plan).map(|_| ()),
        Phase::Rollback => client.decide("Rollback", &plan).map(|_| ()),
        Phase::TakeOver => {
            let _ = sh("systemctl kill -s KILL nova-helper").ok();
            let _ = within(5, || digest() == before);
            Ok(())
        }
    };
    let has_struck = injected.has_struck();
    let mut state = None;
    let is_over = within(25, || {
        state = state_of(&client, &plan);
        !matches!(
            state,
            None | Some(Some(ChangeState::Applying | ChangeState::Pending { .. }))
        )
    });
    if !is_over {
        return (has_struck, Some(format!("it stays open: {state:?}")));
    }
    let wrong = match state.flatten() {
        Some(ChangeState::Confirmed) => undo(&client, &plan),
        Some(ChangeState::RolledBack { .. }) | None => None,
        Some(state) => Some(state.words()),
    };
    if let Some(wrong) = wrong {
        return (has_struck, Some(wrong));
    }
    if let (Err((name, text)), false) = (&done, has_struck) {
        return (has_struck, Some(format!("failed by itself: {name} {text}")));
    }
    let is_back = within(5, || digest() == before);
    (
        has_struck,
        (!is_back).then(|| format!("left over: {}", digest())),
    )
}

/// What the history says of a change; `None` while nobody can tell.
#[allow(clippy::option_option, reason = "unknown differs from not begun")]
fn state_of(client: &Client, plan: &Plan) -> Option<Option<ChangeState>> {
    let history = client.call("History", &(20u32,)).ok()?;
    let history: Vec<HistoryEntry> = serde_json::from_str(&history).ok()?;
    let entry = history.into_iter().find(|entry| entry.plan.id == plan.id);
    Some(entry.map(|entry| entry.state))
}

/// A change that was kept is whole; then it is undone for the next try.
fn undo(client: &Client, plan: &Plan) -> Option<String> {
    let observed = nova_host::observe::observe().unwrap();
    let unmet = plan.unmet(&observed);
    if !unmet.is_empty() {
        return Some(format!("kept, but not so: {}", unmet.join("; ")));
    }
    let undo = match client.call("PrepareUndo", &(plan.id.to_string(),)) {
        Ok(undo) => serde_json::from_str::<Plan>(&undo).unwrap(),
        Err((_, text)) => return Some(text),
    };
    let entry = match client.apply(&undo, 0) {
        Ok(entry) => entry,
        Err((_, text)) => return Some(text),
    };
    if matches!(entry.state, ChangeState::Pending { .. })
        && let Err((_, text)) = client.decide("Confirm", &undo)
    {
        return Some(text);
    }
    None
}

fn card_with_address() -> [Cable; 3] {
    let cables = cables();
    let _ = sh("set -e; ip address add 192.0.2.5/24 dev nvt-a; ip route add 203.0.113.0/24 via 192.0.2.1 dev nvt-a").ok();
    cables
}

fn report(what: &str, tally: &Tally, seeds: u32) {
    println!(
        "{what}: {} points in {} phases with {seeds} seeds, {} failures",
        tally.points,
        PHASES.len(),
        tally.failures.len()
    );
    assert!(tally.failures.is_empty(), "{:#?}", tally.failures);
}

#[test]
fn r29_killed_before_any_call_in_any_phase_the_host_is_before_or_after() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = card_with_address();
    let stride = from_environment("NOVA_FAULT_STRIDE", 12);
    let seeds = from_environment("NOVA_SEEDS", 1);
    let mut tally = Tally::default();
    for _ in 0..seeds {
        for document in documents(stride) {
            for phase in PHASES {
                for call in ["sendto", "write", "fsync", "openat"] {
                    tally.strike(document, phase, call, "signal=KILL", stride);
                }
            }
        }
    }
    report("killed", &tally, seeds);
}

#[test]
fn r30_any_call_that_fails_once_ends_before_or_after() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = card_with_address();
    let stride = from_environment("NOVA_FAULT_STRIDE", 30);
    let seeds = from_environment("NOVA_SEEDS", 1);
    let mut tally = Tally::default();
    for _ in 0..seeds {
        for document in documents(stride) {
            for phase in PHASES {
                for (call, errors) in [
                    ("sendto", ["EPERM", "ENOBUFS"].as_slice()),
                    ("recvfrom", &["ENOBUFS", "EINTR"]),
                    ("write", &["ENOSPC", "EIO"]),
                    ("fsync", &["EIO", "ENOSPC"]),
                    ("openat", &["EPERM", "ENOSPC"]),
                ] {
                    for error in errors {
                        let fault = format!("error={error}");
                        tally.strike(document, phase, call, &fault, stride);
                    }
                }
            }
        }
    }
    report("failed", &tally, seeds);
}
