// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). The helper is killed,
//! or one of its calls fails, in each phase of changes that need a kernel with
//! VLANs and bonds; random ones of them are reverted. The kernel ends it where memory
//! is short.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_model::history::{ChangeState, RollbackReason};
use nova_tests::bus::Client;
use nova_tests::faults::{MACHINE_KINDS, Phase, Tally};
use nova_tests::host::{Gone, digest, link};
use nova_tests::machine::in_machine;
use nova_tests::program::{sh, within};
use nova_tests::random::{VLANS_AND_BONDS, are_done_once, come_back_whole};
use nova_tests::reference::{CHANGE, cables};

fn struck(number: usize) {
    let kind = &MACHINE_KINDS[number];
    let mut tally = Tally::of(u32::try_from(number).unwrap());
    let _laid = (kind.lay)();
    for phase in Phase::ALL {
        tally.strike_once(kind, phase, "write", "signal=KILL");
        tally.strike_once(kind, phase, "sendto", "error=ENOMEM");
        tally.strike_once(kind, phase, "recvfrom", "error=EIO");
    }
    tally.report(kind.name, 10);
}

#[test]
fn r29_r30_struck_while_vlans_change_the_host_is_before_or_after() {
    in_machine(
        "r29_r30_struck_while_vlans_change_the_host_is_before_or_after",
        || struck(0),
    );
}

#[test]
fn r29_r30_struck_while_a_bond_is_made_the_host_is_before_or_after() {
    in_machine(
        "r29_r30_struck_while_a_bond_is_made_the_host_is_before_or_after",
        || struck(1),
    );
}

#[test]
fn r29_r30_struck_while_a_bond_goes_the_host_is_before_or_after() {
    in_machine(
        "r29_r30_struck_while_a_bond_goes_the_host_is_before_or_after",
        || struck(2),
    );
}

#[test]
fn r28_random_changes_of_vlans_and_bonds_come_back_whole() {
    in_machine(
        "r28_random_changes_of_vlans_and_bonds_come_back_whole",
        || come_back_whole(&VLANS_AND_BONDS),
    );
}

#[test]
fn r31_a_random_change_of_vlans_and_bonds_made_twice_changes_nothing_the_second_time() {
    in_machine(
        "r31_a_random_change_of_vlans_and_bonds_made_twice_changes_nothing_the_second_time",
        || are_done_once(&VLANS_AND_BONDS),
    );
}

#[test]
fn r25_out_of_memory_it_is_undone() {
    in_machine("r25_out_of_memory_it_is_undone", || {
        let _gone = Gone("nvt-br");
        let _cables = cables();
        let before = digest();
        let client = Client::connect();
        let plan = client.prepare(CHANGE).unwrap();
        client.apply(&plan, 600).unwrap();
        assert!(link("nvt-br").is_some());
        let kills = || {
            let told = sh("grep oom_kill /proc/vmstat").ok();
            let number = told.split_whitespace().last().unwrap();
            number.parse::<u64>().unwrap()
        };
        let had = kills();
        // Too little for what it holds: the kernel ends it.
        let limit = |words: &str| {
            sh(&format!(
                "systemctl set-property --runtime nova-helper {words}"
            ))
        };
        let _ = limit("MemoryMax=64K MemorySwapMax=0");
        let _ = client.call("History", &(50u32,));
        let is_gone = within(60, || link("nvt-br").is_none());
        let _ = limit("MemoryMax=256M MemorySwapMax=infinity");
        let _ = sh("systemctl revert nova-helper; systemctl reset-failed nova-helper");
        assert!(is_gone, "it lives on nothing");
        assert!(kills() > had, "the kernel ended nothing");
        assert!(within(60, || digest() == before), "{}\n{before}", digest());
        let is_told = || {
            let entries = client.history();
            let entry = entries.iter().find(|entry| entry.plan.id == plan.id);
            entry.is_some_and(|entry| {
                let reason = RollbackReason::HelperStopped;
                entry.state == ChangeState::RolledBack { reason }
            })
        };
        assert!(within(60, is_told), "{:?}", client.history()[0].state);
    });
}
