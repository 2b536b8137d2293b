// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Whatever stops the helper, the host is afterwards as it was
//! before the change or as the change left it: nothing between, nothing lost.

#![allow(missing_docs, clippy::unwrap_used)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use nova_model::history::{ChangeState, RollbackReason};
use nova_tests::bus::{Client, alone, helper};
use nova_tests::host::{Gone, digest, link};
use nova_tests::program::{command, sh, within};
use nova_tests::reference::{CHANGE, Fault, cables, no_change_is_open};

/// Kills the helper at every call of this kind that an apply makes, and says
/// how many there were.
fn kill_everywhere(kind: &str, most: u32) -> u32 {
    let _cables = cables();
    let client = Client::connect();
    let before = digest();
    let mut kills = 0;
    for number in 1..most {
        let plan = client.prepare(CHANGE).unwrap();
        assert!(plan.steps.len() >= 4, "{}", plan.steps.len());
        let killer = Fault::kill_helper(kind, number);
        let done = client.apply(&plan, 0);
        drop(killer);
        if let Ok(entry) = &done {
            assert_eq!(entry.state, ChangeState::Confirmed);
        } else {
            kills += 1;
        }
        assert!(
            within(10, || no_change_is_open(&client)),
            "{kind} {number}: a change stays open"
        );
        let entry = client
            .history()
            .into_iter()
            .find(|entry| entry.plan.id == plan.id);
        let kept = match entry.map(|entry| entry.state) {
            None => false,
            Some(ChangeState::Confirmed) => true,
            Some(ChangeState::RolledBack { .. }) => false,
            Some(state) => panic!("{kind} {number}: {state:?}"),
        };
        if kept {
            assert!(
                plan.unmet(&nova_host::observe::observe().unwrap())
                    .is_empty()
            );
            let undo = client.call("PrepareUndo", &(plan.id.to_string(),)).unwrap();
            client
                .apply(&serde_json::from_str(&undo).unwrap(), 0)
                .unwrap();
        }
        assert_eq!(digest(), before, "{kind} {number} (kept: {kept})");
        if done.is_ok() {
            break;
        }
    }
    kills
}

#[test]
fn r29_killed_before_any_netlink_request_the_host_is_before_or_after() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let kills = kill_everywhere("sendto", 80);
    assert!(kills >= 20, "only {kills} kills");
    println!("{kills} kills");
}

#[test]
fn r29_killed_before_any_line_of_the_journal_the_host_is_before_or_after() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let kills = kill_everywhere("fsync", 10) + kill_everywhere("write", 40);
    assert!(kills >= 10, "only {kills} kills");
    println!("{kills} kills");
}

#[test]
fn r29_killed_while_it_recovers_it_recovers_the_next_time() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let client = Client::connect();
    let before = digest();
    for pause in 0..12 {
        let plan = client.prepare(CHANGE).unwrap();
        client.apply(&plan, 60).unwrap();
        let _ = sh("systemctl kill -s KILL nova-helper").ok();
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(90 + 10 * pause));
            let _ = sh("systemctl kill -s KILL nova-helper");
        }
        assert!(within(10, || no_change_is_open(&client)));
        assert_eq!(digest(), before, "{pause}");
    }
}

#[test]
fn r25_killed_while_a_change_waits_it_is_reverted_at_once() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let client = Client::connect();
    let before = digest();
    let plan = client.prepare(CHANGE).unwrap();
    let entry = client.apply(&plan, 60).unwrap();
    assert!(matches!(entry.state, ChangeState::Pending { .. }));
    assert!(link("nvt-br").is_some());
    let began = Instant::now();
    let _ = sh("systemctl kill -s KILL nova-helper").ok();
    // Nobody calls: it comes back by itself.
    assert!(within(20, || link("nvt-br").is_none()));
    println!("reverted {} ms after the kill", began.elapsed().as_millis());
    assert!(within(20, || digest() == before));
    assert!(within(20, || no_change_is_open(&client)));
    let entry = &client.history()[0];
    assert_eq!(
        entry.state,
        ChangeState::RolledBack {
            reason: RollbackReason::HelperStopped
        }
    );
}

#[test]
fn r24_a_change_that_is_not_kept_is_reverted_when_its_time_is_over() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let client = Client::connect();
    let before = digest();
    let plan = client.prepare(CHANGE).unwrap();
    let began = Instant::now();
    client.apply(&plan, 10).unwrap();
    std::thread::sleep(Duration::from_millis(9_500).saturating_sub(began.elapsed()));
    assert!(link("nvt-br").is_some(), "reverted too early");
    assert!(within(3, || link("nvt-br").is_none()));
    let late = began.elapsed();
    assert!(late < Duration::from_secs(12), "{late:?}");
    println!("reverted {} ms after the apply", late.as_millis());
    assert!(within(20, || digest() == before), "{} {before}", digest());
    assert!(within(20, || no_change_is_open(&client)));
    assert_eq!(
        client.history()[0].state,
        ChangeState::RolledBack {
            reason: RollbackReason::NotConfirmed
        }
    );
}

#[test]
fn r26_a_change_goes_with_its_client() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(CHANGE).unwrap();
    client.apply(&plan, 60).unwrap();
    drop(client);
    assert!(link("nvt-br").is_some(), "there is a grace");
    assert!(within(20, || link("nvt-br").is_none()));
    assert!(within(20, || digest() == before));
}

#[test]
fn a_helper_that_is_asked_to_stop_reverts_what_waits() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(CHANGE).unwrap();
    client.apply(&plan, 60).unwrap();
    let _ = sh("systemctl stop nova-helper").ok();
    assert_eq!(digest(), before);
}

fn is_free_and_up(name: &str) -> bool {
    let link = link(name).unwrap();
    let flags = link["flags"].as_array().unwrap();
    link["master"].is_null() && flags.iter().any(|flag| flag == "UP")
}

#[test]
fn r23_what_somebody_takes_away_while_it_is_applied_ends_in_rollback() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = ["nvt-a", "nvt-c"].map(is_free_and_up);
    assert_eq!(before, [true, true]);
    let client = Client::connect();
    let plan = client.prepare(CHANGE).unwrap();
    // Stopped between two requests, the port goes away, and on.
    let id = helper();
    let mut strace = command(
        "strace",
        &[
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=sendto",
            "-e",
            "inject=sendto:delay_enter=150000:when=12+1",
            "-p",
            &id,
        ],
    )
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let racer = std::thread::spawn(|| {
        let made = within(10, || link("nvt-br").is_some());
        let _ = sh("ip link set nvt-b down; ip link delete nvt-b");
        made
    });
    let error = client.apply(&plan, 0).unwrap_err();
    let _ = strace.kill();
    let _ = strace.wait();
    assert!(racer.join().unwrap());
    assert_eq!(
        error.0, "org.nova.Networking1.Error.RolledBack",
        "{error:?}"
    );
    assert!(link("nvt-br").is_none());
    assert!(link("nvt-b").is_none());
    for (port, was) in ["nvt-a", "nvt-c"].into_iter().zip(before) {
        assert_eq!(is_free_and_up(port), was, "{port}");
    }
}

#[test]
fn r31_the_same_wish_twice_sends_nothing_to_the_kernel() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let client = Client::connect();
    let plan = client.prepare(CHANGE).unwrap();
    client.apply(&plan, 0).unwrap();
    let again = client.prepare(CHANGE).unwrap();
    assert!(again.is_empty(), "{:?}", again.steps);
    let id = helper();
    let trace = "/run/nova-tests.trace";
    let mut strace = command(
        "strace",
        &[
            "-f",
            "-qq",
            "-v",
            "-o",
            trace,
            "-e",
            "trace=sendto",
            "-p",
            &id,
        ],
    )
    .spawn()
    .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    client.apply(&again, 0).unwrap();
    let _ = sh(&format!("kill {}", strace.id()));
    let _ = strace.wait();
    let sent = sh(&format!("cat {trace}; rm {trace}")).out;
    assert!(sent.contains("RTM_GETLINK"), "{sent}");
    for changing in ["RTM_NEW", "RTM_SET", "RTM_DEL"] {
        assert!(!sent.contains(changing), "{sent}");
    }
}
