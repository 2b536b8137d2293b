// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Random changes are reverted while others attach machines, set
//! routes and load packet filters: everything of the change comes back, and
//! everything of the others stays. Made twice they change nothing the second time.
//!
//! `NOVA_RANDOM_PLANS` sets how many; `make soak` takes 1 000.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_model::history::ChangeState;
use nova_tests::bus::{Client, alone};
use nova_tests::faults::{difference, state};
use nova_tests::random::{
    KERNEL, NETWORK_MANAGER, NETWORKD, OPEN_VSWITCH, are_done_once, come_back_whole,
};

#[test]
fn r28_random_changes_come_back_whole_and_what_others_did_stays() {
    let _alone = alone();
    come_back_whole(&KERNEL);
}

#[test]
fn r28_random_changes_of_open_vswitch_come_back_whole() {
    let _alone = alone();
    come_back_whole(&OPEN_VSWITCH);
}

/// The way back makes the port on the new bridge once more, and then deletes it
/// with the bridge: it must know it for its own.
#[test]
fn r28_a_port_that_was_moved_on_within_the_change_comes_back_whole() {
    let _alone = alone();
    let _laid = (OPEN_VSWITCH.lay)();
    let client = Client::connect();
    let before = state();
    let plan = client
        .prepare(
            r#"{"changes":[
            {"create_ovs_bridge":{"name":"nvt-new","datapath":"netdev","ports":["nvt-c"]}},
            {"attach_port":{"switch":"nvt-b2","port":"nvt-c","move":true}}]}"#,
        )
        .unwrap();
    client.apply(&plan, 60).unwrap();
    let entry = client.decide("Rollback", &plan).unwrap();
    assert!(
        matches!(entry.state, ChangeState::RolledBack { .. }),
        "{}",
        entry.state.words()
    );
    assert_eq!(difference(&before, &state()), "");
}

#[test]
fn r28_random_changes_that_network_manager_keeps_come_back_whole() {
    let _alone = alone();
    come_back_whole(&NETWORK_MANAGER);
}

#[test]
fn r28_random_changes_that_networkd_keeps_come_back_whole() {
    let _alone = alone();
    come_back_whole(&NETWORKD);
}

#[test]
fn r31_a_random_change_made_twice_changes_nothing_the_second_time() {
    let _alone = alone();
    are_done_once(&KERNEL);
}

#[test]
fn r31_a_random_change_of_open_vswitch_made_twice_changes_nothing_the_second_time() {
    let _alone = alone();
    are_done_once(&OPEN_VSWITCH);
}
