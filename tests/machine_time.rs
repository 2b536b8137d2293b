// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). The time in which a
//! change waits is counted on a clock that nobody sets, and that goes on while
//! the machine sleeps.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use nova_model::history::{ChangeState, RollbackReason};
use nova_tests::bus::Client;
use nova_tests::host::{Gone, digest, link};
use nova_tests::machine::in_machine;
use nova_tests::program::{sh, within};
use nova_tests::reference::{CHANGE, cables};

/// How long a change waits here.
const WINDOW: u32 = 30;

/// Seconds since the boot, sleep included.
fn since_boot() -> f64 {
    let up = std::fs::read_to_string("/proc/uptime").unwrap();
    up.split(' ').next().unwrap().parse().unwrap()
}

/// A change waits while `meanwhile` is done, and is reverted in its time: how
/// many seconds after it was applied, at the earliest and the latest.
fn waits_while(meanwhile: &str, earliest: f64, latest: f64) {
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(CHANGE).unwrap();
    client.apply(&plan, WINDOW).unwrap();
    let began = since_boot();
    let _ = sh(meanwhile).ok();
    while since_boot() - began < earliest {
        assert!(link("nvt-br").is_some(), "it is reverted too early");
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut gone = None;
    assert!(within(60, || {
        gone = link("nvt-br").is_none().then(since_boot);
        gone.is_some()
    }));
    let took = gone.unwrap() - began;
    println!("after \"{meanwhile}\" it was reverted {took:.1} s after it was applied");
    assert!(took < latest, "{took}");
    assert!(within(10, || digest() == before));
    let entries = client.history();
    let entry = entries
        .iter()
        .find(|entry| entry.plan.id == plan.id)
        .unwrap();
    assert_eq!(
        entry.state,
        ChangeState::RolledBack {
            reason: RollbackReason::NotConfirmed
        }
    );
}

#[test]
fn r24_a_clock_that_is_set_neither_hastens_nor_delays_the_end() {
    in_machine(
        "r24_a_clock_that_is_set_neither_hastens_nor_delays_the_end",
        || {
            let _ = sh("systemctl stop systemd-timesyncd");
            for step in ["+1 day", "-2 days", "+1 day"] {
                let set = format!("date --set='{step}'");
                waits_while(&set, f64::from(WINDOW) - 2.0, f64::from(WINDOW) + 5.0);
            }
            // Some of these changes began tomorrow: they would stay the newest.
            let _ = sh("systemctl stop nova-helper; rm -r /var/lib/nova/journal").ok();
        },
    );
}

#[test]
fn r24_a_machine_that_slept_reverts_as_it_wakes() {
    in_machine("r24_a_machine_that_slept_reverts_as_it_wakes", || {
        // It sleeps past the end, and wakes by its clock.
        waits_while("rtcwake -m mem -s 45", 0.0, 45.0 + 15.0);
    });
}
