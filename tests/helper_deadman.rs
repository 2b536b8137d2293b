// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. The host comes back in time whatever becomes of the helper:
//! the dead-man beside it sees to that.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use nova_model::history::{ChangeState, RollbackReason};
use nova_model::plan::Plan;
use nova_tests::bus::{Client, alone, helper};
use nova_tests::host::{Gone, digest, link};
use nova_tests::program::{run, sh, within};
use nova_tests::reference::{CHANGE, Fault, cables, no_change_is_open};

const HELPER: &str = "/usr/libexec/nova-helper";
/// How long after its deadline a change may be there.
const LATE: Duration = Duration::from_secs(3);

fn process_of(unit: &str) -> String {
    sh(&format!("systemctl show -P MainPID {unit}"))
        .out
        .trim()
        .to_owned()
}

/// A change that waits ten seconds, and when it began to.
fn waiting(client: &Client) -> (Plan, Instant) {
    let plan = client.prepare(CHANGE).unwrap();
    let entry = client.apply(&plan, 10).unwrap();
    let began = Instant::now();
    assert!(matches!(entry.state, ChangeState::Pending { .. }));
    assert!(link("nvt-br").is_some());
    (plan, began)
}

/// Waits until the host is as before, at most until 3 s after the deadline,
/// and says when it was.
fn back_in_time(before: &str, began: Instant) -> Duration {
    let latest = began + Duration::from_secs(10) + LATE;
    while link("nvt-br").is_some() {
        assert!(Instant::now() < latest, "the change is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = began.elapsed();
    assert!(within(20, || digest() == before), "{}\n{before}", digest());
    took
}

fn assert_undone(client: &Client, plan: &Plan) {
    assert!(within(10, || no_change_is_open(client)));
    let history = client.history();
    let entry = history
        .iter()
        .find(|entry| entry.plan.id == plan.id)
        .unwrap();
    assert_eq!(
        entry.state,
        ChangeState::RolledBack {
            reason: RollbackReason::HelperStopped
        }
    );
}

#[test]
fn r25_killed_and_not_to_come_back_it_is_undone_at_once() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let (plan, began) = waiting(&client);
    let _ = sh("systemctl mask --runtime nova-helper; systemctl kill -s KILL nova-helper").ok();
    let took = back_in_time(&before, began);
    let stays_away = process_of("nova-helper") == "0";
    let _ = sh("systemctl unmask --runtime nova-helper; systemctl reset-failed nova-helper");
    println!("undone {} ms after the apply", took.as_millis());
    assert!(stays_away, "the dead-man did it alone");
    assert!(
        took < Duration::from_secs(8),
        "nobody waits for the deadline"
    );
    assert_undone(&client, &plan);
}

#[test]
fn r25_stopped_it_is_killed_after_the_deadline_and_undone() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let (plan, began) = waiting(&client);
    let stopped = helper();
    let _ = sh("systemctl kill -s STOP nova-helper").ok();
    std::thread::sleep(Duration::from_secs(9).saturating_sub(began.elapsed()));
    assert!(link("nvt-br").is_some(), "it may still be kept");
    let took = back_in_time(&before, began);
    println!("undone {} ms after the apply", took.as_millis());
    // Too late to go on: there is nothing to go on with.
    let _ = sh(&format!("kill -CONT {stopped}"));
    assert!(within(20, || !std::path::Path::new(&format!(
        "/proc/{stopped}"
    ))
    .exists()));
    assert_undone(&client, &plan);
    assert_eq!(digest(), before);
}

#[test]
fn r25_frozen_with_its_whole_group_it_is_killed_and_undone() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let (plan, began) = waiting(&client);
    // Not by "systemctl freeze": systemd would not start it again before a thaw.
    let group = sh("systemctl show -P ControlGroup nova-helper").ok();
    let _ = sh(&format!(
        "echo 1 >/sys/fs/cgroup{}/cgroup.freeze",
        group.trim()
    ))
    .ok();
    let took = back_in_time(&before, began);
    println!("undone {} ms after the apply", took.as_millis());
    assert_undone(&client, &plan);
}

#[test]
fn r25_with_its_binary_gone_it_is_undone() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let (plan, began) = waiting(&client);
    let _ = sh(&format!(
        "mv {HELPER} {HELPER}.away; systemctl kill -s KILL nova-helper"
    ))
    .ok();
    let took = back_in_time(&before, began);
    let _ = sh(&format!(
        "mv {HELPER}.away {HELPER}; systemctl reset-failed nova-helper"
    ));
    println!("undone {} ms after the apply", took.as_millis());
    assert_undone(&client, &plan);
}

#[test]
fn r25_without_a_bus_it_is_undone() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let (_, began) = waiting(&client);
    let _ = sh("systemctl kill -s KILL dbus.service");
    let took = back_in_time(&before, began);
    println!("undone {} ms after the apply", took.as_millis());
    drop(client);
    // What lost its bus comes back, for the tests after this one.
    let _ = sh(
        "systemctl start dbus.service; systemctl try-restart polkit systemd-logind NetworkManager",
    );
    assert!(within(30, || no_change_is_open(&Client::connect())));
}

#[test]
fn r25_both_killed_at_a_time_it_is_undone_by_who_comes_back() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    for masked in ["", "nova-helper.service", "nova-deadman.service"] {
        let client = Client::connect();
        let (plan, began) = waiting(&client);
        if !masked.is_empty() {
            let _ = sh(&format!("systemctl mask --runtime {masked}")).ok();
        }
        let _ = sh(&format!(
            "kill -KILL {} {}",
            process_of("nova-helper"),
            process_of("nova-deadman")
        ))
        .ok();
        let took = back_in_time(&before, began);
        let _ = sh(
            "systemctl unmask --runtime nova-helper.service nova-deadman.service; \
             systemctl reset-failed 'nova-*'; systemctl start nova-deadman.socket",
        );
        println!("{masked}: undone {} ms after the apply", took.as_millis());
        assert_undone(&client, &plan);
    }
}

#[test]
fn r25_a_dead_man_that_was_killed_is_replaced_while_the_change_waits() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let (plan, began) = waiting(&client);
    let first = process_of("nova-deadman");
    let _ = sh(&format!("kill -KILL {first}")).ok();
    assert!(within(8, || ![first.as_str(), "0"]
        .contains(&process_of("nova-deadman").as_str())));
    std::thread::sleep(Duration::from_secs(5).saturating_sub(began.elapsed()));
    assert!(
        link("nvt-br").is_some(),
        "the new one leaves the change alone"
    );
    let _ = sh("systemctl kill -s STOP nova-helper").ok();
    let took = back_in_time(&before, began);
    println!("undone {} ms after the apply", took.as_millis());
    assert_undone(&client, &plan);
}

#[test]
fn r25_without_a_dead_man_nothing_is_begun() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(CHANGE).unwrap();
    let _ =
        sh("systemctl mask --runtime nova-deadman.service; systemctl stop nova-deadman.service");
    // A socket whose service cannot start fails; the helper lives on.
    let refused = client.apply(&plan, 0).unwrap_err();
    let _ = sh(
        "systemctl unmask --runtime nova-deadman.service; systemctl reset-failed 'nova-*'; \
         systemctl start nova-deadman.socket",
    );
    assert!(refused.0.ends_with("DaemonMissing"), "{refused:?}");
    assert!(refused.1.contains("nova-deadman"), "{refused:?}");
    assert_eq!(digest(), before);
    assert!(no_change_is_open(&client));
    let plan = client.prepare(CHANGE).unwrap();
    client.apply(&plan, 10).unwrap();
    client.decide("Rollback", &plan).unwrap();
    assert_eq!(digest(), before);
}

#[test]
fn r25_stopped_in_the_middle_of_its_steps_it_is_undone() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    for number in [9, 16, 21] {
        let client = Client::connect();
        let plan = client.prepare(CHANGE).unwrap();
        let fault = Fault::inject(&helper(), "sendto", &format!("signal=STOP:when={number}"));
        let applied = client.apply(&plan, 0);
        drop(fault);
        assert_eq!(applied.unwrap_err().0, "org.freedesktop.DBus.Error.NoReply");
        assert!(within(20, || digest() == before), "{number}: {}", digest());
        assert!(within(10, || no_change_is_open(&client)));
    }
}

#[test]
fn r25_stopped_before_its_first_step_it_is_replaced() {
    let _alone = alone();
    let _cables = cables();
    let before = digest();
    let stopped = helper();
    let _ = sh(&format!("kill -STOP {stopped}")).ok();
    // Whoever called gets an answer, and the next caller a helper that works.
    let client = Client::connect();
    let asked = client.prepare(CHANGE);
    assert_eq!(asked.unwrap_err().0, "org.freedesktop.DBus.Error.NoReply");
    let _ = Client::connect().prepare(CHANGE).unwrap();
    assert_ne!(helper(), stopped);
    assert_eq!(digest(), before);
}

#[test]
fn r34_each_unit_scores_two_or_better() {
    for unit in ["nova-deadman.service", "nova-restore.service"] {
        let scored = run(
            "systemd-analyze",
            &[
                "security",
                "--offline=yes",
                "--threshold=20",
                "--no-pager",
                unit,
            ],
        );
        let last = scored.out.lines().last().unwrap_or_default();
        println!("{last}");
        assert_eq!(scored.code, 0, "{last}");
    }
}

#[test]
fn r35_the_dead_man_has_one_capability_and_no_way_to_more() {
    let _alone = alone();
    let _ = helper();
    assert!(within(10, || process_of("nova-deadman") != "0"));
    let id = process_of("nova-deadman");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    for line in [
        "CapPrm:\t0000000000001000",
        "CapEff:\t0000000000001000",
        "CapBnd:\t0000000000001000",
        "CapAmb:\t0000000000000000",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
    ] {
        assert!(status.contains(line), "{line}: {status}");
    }
}
