// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). The helper is killed,
//! or one of its calls fails, in each phase of changes that need a kernel with
//! VLANs and bonds; random ones of them are reverted.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::faults::{MACHINE_KINDS, Phase, Tally};
use nova_tests::machine::in_machine;
use nova_tests::random::{VLANS_AND_BONDS, are_done_once, come_back_whole};

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
