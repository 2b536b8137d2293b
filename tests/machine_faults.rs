// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). The helper is killed,
//! or one of its calls fails, in each phase of changes that need a kernel with
//! VLANs and bonds.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::faults::{MACHINE_KINDS, Phase, Tally};
use nova_tests::machine::in_machine;

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
