// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). Ways to cut an
//! administrator off that need a kernel with VLAN filtering, bonds and Open
//! vSwitch: the live connection comes back from each.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
use nova_tests::administrator::{Administrator, answer};
use nova_tests::bus::Client;
use nova_tests::host::{Cable, Gone, link};
use nova_tests::machine::in_machine;
use nova_tests::program::{sh, within};
use serde_json::Value;

const HERE: &str = "198.51.100.2";
/// How long the connection may be silent after a change is undone.
const SILENCE: Duration = Duration::from_secs(10);

macro_rules! machine_test {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() {
            in_machine(stringify!($name), || $body);
        }
    };
}

/// The address of this host on a link, and the way to the rest of the world.
fn reach_by(link: &str, uplink: &Cable) {
    let _ = uplink.far("ip address add 198.51.100.1/24 dev far").ok();
    let _ = sh(&format!(
        "set -e; ip link set {link} up; ip address add {HERE}/24 dev {link}; \
         ip route replace default via 198.51.100.1 metric 5"
    ))
    .ok();
}

/// Breaks the connection by a change, and sees it come back because whom the
/// host reached before is missed.
#[track_caller]
fn is_lost_and_comes_back(uplink: &Cable, document: &str) {
    answer();
    let administrator = Administrator::connect(&uplink.namespace, HERE, false);
    let client = Client::connect();
    let plan = client.prepare(document).unwrap();
    assert!(
        plan.confirm_within.is_some(),
        "{document} asks for no answer"
    );
    client.apply(&plan, 120).unwrap();
    let began = Instant::now();
    let state = || -> Option<ChangeState> {
        let history = client.call("History", &(50u32,)).ok()?;
        let history: Vec<HistoryEntry> = serde_json::from_str(&history).ok()?;
        let entry = history.into_iter().find(|entry| entry.plan.id == plan.id)?;
        Some(entry.state)
    };
    let mut longest = Duration::ZERO;
    let is_over = within(110, || {
        longest = longest.max(administrator.silent_for());
        state().is_some_and(|state| !matches!(state, ChangeState::Pending { .. }))
    });
    assert!(is_over, "{document}: nobody is missed");
    let undone = Instant::now();
    assert!(
        administrator.is_answered_within(30),
        "{document}: it stays cut off"
    );
    println!(
        "{document}: undone after {} s, live {} ms later, silent for {} ms before",
        began.elapsed().as_secs(),
        undone.elapsed().as_millis(),
        longest.as_millis()
    );
    assert!(undone.elapsed() < SILENCE);
    let state = state().unwrap();
    assert!(
        matches!(
            state,
            ChangeState::RolledBack {
                reason: RollbackReason::ContactLost { .. }
            }
        ),
        "{state:?}"
    );
}

machine_test! {
    fn r27_the_uplink_in_another_vlan_comes_back() {
        let _gone = Gone("nvg-br");
        let _ = sh("ip link delete nvg-br");
        let uplink = Cable::lay("nvg-up");
        let _ = sh("ip link add nvg-br type bridge vlan_filtering 1 && ip link set nvg-up master nvg-br").ok();
        reach_by("nvg-br", &uplink);
        is_lost_and_comes_back(
            &uplink,
            r#"{"changes":[{"set_port_vlans":{"switch":"nvg-br","port":"nvg-up","vlans":{"access":20}}}]}"#,
        );
        let table = sh("bridge vlan show dev nvg-up").ok();
        assert!(table.contains("1 PVID Egress Untagged") && !table.contains("20"), "{table}");
    }
}

machine_test! {
    fn r27_a_bridge_of_open_vswitch_in_secure_mode_comes_back() {
        let _ = sh("systemctl start ovsdb-server ovs-vswitchd; ovs-vsctl --if-exists del-br nvg-ovs");
        let uplink = Cable::lay("nvg-up");
        let _ = sh("ovs-vsctl add-br nvg-ovs -- add-port nvg-ovs nvg-up").ok();
        reach_by("nvg-ovs", &uplink);
        is_lost_and_comes_back(
            &uplink,
            r#"{"changes":[{"configure_ovs_bridge":{"name":"nvg-ovs","options":{"fail_mode":"secure"}}}]}"#,
        );
        assert_eq!(sh("ovs-vsctl get Bridge nvg-ovs fail_mode").ok().trim(), "[]");
        let _ = sh("ovs-vsctl del-br nvg-ovs");
    }
}

machine_test! {
    fn r27_spanning_tree_of_open_vswitch_is_not_taken_for_a_loss() {
        let _ = sh("systemctl start ovsdb-server ovs-vswitchd; ovs-vsctl --if-exists del-br nvg-ovs");
        let uplink = Cable::lay("nvg-up");
        let _ = sh("ovs-vsctl add-br nvg-ovs -- add-port nvg-ovs nvg-up").ok();
        reach_by("nvg-ovs", &uplink);
        answer();
        let administrator = Administrator::connect(&uplink.namespace, HERE, false);
        let client = Client::connect();
        let plan = client
            .prepare(r#"{"changes":[{"configure_ovs_bridge":{"name":"nvg-ovs","options":{"stp":true}}}]}"#)
            .unwrap();
        assert!(plan.confirm_within >= Some(80), "{:?}", plan.confirm_within);
        client.apply(&plan, 180).unwrap();
        // The port listens for 15 s and learns for 15 s.
        let is_silent = || administrator.silent_for() > Duration::from_secs(8);
        assert!(within(30, is_silent), "the port does not forward yet");
        let is_live = || administrator.silent_for() < Duration::from_millis(500);
        assert!(within(120, is_live), "{:?}", client.history()[0].state);
        let state = &client.history()[0].state;
        assert!(matches!(state, ChangeState::Pending { .. }), "{state:?}");
        client.decide("Confirm", &plan).unwrap();
        let _ = sh("ovs-vsctl del-br nvg-ovs");
    }
}

machine_test! {
    fn r27_the_uplink_in_a_bond_that_prefers_a_dead_cable_comes_back() {
        let _gone = Gone("nvg-bd");
        let _ = sh("ip link delete nvg-bd; modprobe bonding max_bonds=0");
        let (uplink, _leads_nowhere) = (Cable::lay("nvg-up"), Cable::lay("nvg-x"));
        reach_by("nvg-up", &uplink);
        is_lost_and_comes_back(
            &uplink,
            r#"{"changes":[{"create_bond":{"name":"nvg-bd","members":["nvg-up","nvg-x"],"primary":"nvg-x"}}]}"#,
        );
        assert!(link("nvg-bd").is_none());
        assert_eq!(link("nvg-up").expect("the uplink")["master"], Value::Null);
        let addresses = sh("ip -br address show dev nvg-up").ok();
        assert!(addresses.contains(HERE), "{addresses}");
    }
}
