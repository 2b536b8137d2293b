// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. The helper is killed before each of its system calls, and
//! each of them fails once, in every phase of a change of every kind: the host
//! is before or after the change, and the history says which.
//!
//! A usual run draws one call of each kind of change and phase. With
//! `NOVA_FAULT_STRIDE=5` the helper is killed before every fifth call, with
//! `NOVA_ERROR_STRIDE=20` every twentieth fails; each of `NOVA_SEEDS=5` takes
//! others of them. `make soak` does that: it kills before every call. With
//! `NOVA_ERROR_POINTS=60` it is tried to have so many calls of each kind of change
//! fail, drawn of all.
//! `NOVA_FAULT_KIND` leaves the other kinds of changes out, by a part of their name.
//! With `NOVA_UPSETS=1` each program that a change needs goes away in each phase,
//! with `NOVA_UPSETS=ovs` those whose unit has this in its name.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::faults::{Away, KINDS, Kind, Phase, Tally, UPSETS, Upset};

/// The calls by which the helper changes something, or asks others to.
const ACTING: [&str; 7] = [
    "write", "sendto", "sendmsg", "fsync", "openat", "renameat", "unlinkat",
];
/// Those by which it learns something, which can fail as well.
const LEARNING: [&str; 4] = ["recvfrom", "recvmsg", "connect", "socket"];
const ERRORS: [&str; 5] = ["ENOSPC", "EIO", "ENOMEM", "EINTR", "EPERM"];

/// The kinds of changes whose name has `NOVA_FAULT_KIND` in it, all without that.
fn kinds() -> impl Iterator<Item = &'static Kind> {
    let asked = std::env::var("NOVA_FAULT_KIND").unwrap_or_default();
    KINDS.iter().filter(move |kind| kind.name.contains(&asked))
}

fn how_many() -> u32 {
    u32::try_from(kinds().count()).unwrap()
}

fn from_environment(name: &str) -> Option<u32> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn r29_killed_before_any_call_in_any_phase_the_host_is_before_or_after() {
    let _alone = alone();
    let stride = from_environment("NOVA_FAULT_STRIDE");
    for seed in 0..from_environment("NOVA_SEEDS").unwrap_or(1) {
        let mut tally = Tally::of(seed);
        for kind in kinds() {
            let _laid = (kind.lay)();
            for phase in Phase::ALL {
                match stride {
                    Some(stride) => {
                        for call in ACTING {
                            tally.strike(kind, phase, call, "signal=KILL", stride);
                        }
                    }
                    None => tally.strike_once(kind, phase, "write", "signal=KILL"),
                }
            }
        }
        tally.report("killed", 4 * how_many());
    }
}

#[test]
fn r30_what_the_disk_does_not_take_at_once_stands_in_the_journal_all_the_same() {
    let _alone = alone();
    let mut tally = Tally::of(0);
    let _laid = (KINDS[0].lay)();
    tally.strike(&KINDS[0], Phase::Rollback, "write", "error=EIO", 1);
    tally.report("not written", 6);
}

#[test]
fn r30_a_connection_to_the_bus_that_breaks_ends_the_helper_not_the_answers() {
    let _alone = alone();
    let mut tally = Tally::of(0);
    let _laid = (KINDS[0].lay)();
    // That by which it is called, and that by which it asks polkit.
    tally.strike(&KINDS[0], Phase::Confirm, "recvmsg", "error=EIO", 1);
    tally.report("broken", 6);
}

#[test]
fn r30_any_call_that_fails_once_ends_before_or_after() {
    let _alone = alone();
    let stride = from_environment("NOVA_ERROR_STRIDE");
    let points = from_environment("NOVA_ERROR_POINTS");
    for seed in 0..from_environment("NOVA_SEEDS").unwrap_or(1) {
        let mut tally = Tally::of(seed);
        for kind in kinds() {
            let _laid = (kind.lay)();
            if let Some(points) = points {
                let calls = [&ACTING[..], &LEARNING].concat();
                tally.strike_at_random(kind, &calls, &ERRORS, points);
                continue;
            }
            for phase in Phase::ALL {
                if let Some(stride) = stride {
                    for call in ACTING.into_iter().chain(LEARNING) {
                        for error in ERRORS {
                            tally.strike(kind, phase, call, &format!("error={error}"), stride);
                        }
                    }
                } else {
                    // The runtime's own writes wake its threads: where one fails in
                    // the middle of the steps, the dead-man acts 15 s later.
                    let calls = ["sendto", "recvfrom", "write"];
                    let most = if phase == Phase::Apply { 2 } else { 3 };
                    let call = calls[tally.draw(most)];
                    let error = ERRORS[tally.draw(ERRORS.len())];
                    tally.strike_once(kind, phase, call, &format!("error={error}"));
                }
            }
        }
        // Of some calls a phase has none.
        let tried = points.map(|points| points * how_many());
        tally.report("failed", tried.map_or(3 * how_many(), |tried| tried / 3));
    }
}

#[test]
fn r30_a_program_that_a_change_needs_and_that_goes_away_leaves_before_or_after() {
    let _alone = alone();
    let asked = std::env::var("NOVA_UPSETS").ok();
    let mut tally = Tally::of(from_environment("PROPTEST_RNG_SEED").unwrap_or_default());
    let phases = [Phase::Apply, Phase::Confirm, Phase::Rollback];
    let Some(asked) = asked else {
        // One that keeps the change and one that carries it out. The bus stays: all
        // that uses it would have to start again.
        for upset in [&UPSETS[tally.draw(2)], &UPSETS[2 + tally.draw(2)]] {
            let (phase, away) = (phases[tally.draw(3)], Away::ALL[tally.draw(2)]);
            let delay = tally.draw(400) as u64;
            tally.upset(upset, phase, away, delay);
        }
        tally.report("without a program", 2);
        return;
    };
    let is_asked = |upset: &&Upset| asked == "1" || upset.unit.contains(&asked);
    let upsets: Vec<&Upset> = UPSETS.iter().filter(is_asked).collect();
    for upset in &upsets {
        for phase in phases {
            for away in Away::ALL {
                for delay in [0, 150, 500, 1500] {
                    tally.upset(upset, phase, away, delay);
                }
            }
        }
    }
    // Where all stands already when it goes, nothing is struck.
    tally.report(
        "without a program",
        22 * u32::try_from(upsets.len()).unwrap(),
    );
}
