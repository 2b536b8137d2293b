// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Random changes are reverted while others attach machines, set
//! routes and load packet filters: everything of the change comes back, and
//! everything of the others stays.
//!
//! `NOVA_RANDOM_PLANS` sets how many; `make soak` takes 1 000.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use nova_model::history::ChangeState;
use nova_tests::bus::{Client, alone, helper};
use nova_tests::faults::{Tally, difference, state};
use nova_tests::host::{Gone, link};
use nova_tests::program::{sh, within};
use nova_tests::reference::{cables, no_change_is_open};
use serde_json::{Value, json};

const BRIDGES: [&str; 2] = ["nvt-br", "nvt-b2"];
const CARDS: [&str; 3] = ["nvt-a", "nvt-b", "nvt-c"];

/// Two bridges of an administrator, with addresses of their own as libvirt's
/// have, and three cards of which one is a port.
fn lay() -> impl Drop {
    struct Laid(Gone, Gone, Gone, [nova_tests::host::Cable; 3]);
    impl Drop for Laid {
        fn drop(&mut self) {
            let _ = (&self.0, &self.1, &self.2, &self.3);
        }
    }
    let _ = sh("for link in nvt-br nvt-b2 nvt-new; do ip link delete $link; done");
    let laid = Laid(Gone("nvt-br"), Gone("nvt-b2"), Gone("nvt-new"), cables());
    let _ = sh("set -e; \
        ip link add nvt-br address 52:54:00:00:7f:01 type bridge stp_state 1 forward_delay 900; \
        ip link add nvt-b2 address 52:54:00:00:7f:02 type bridge ageing_time 7700; \
        ip link set nvt-br up; ip link set nvt-b2 up; \
        ip link set nvt-c master nvt-br; bridge link set dev nvt-c cost 33 priority 8; \
        ip address add 192.0.2.5/24 dev nvt-b; ip route add 203.0.113.0/25 via 192.0.2.1 dev nvt-b")
    .ok();
    laid
}

/// Draws a wish; many make no sense together and are refused.
fn wish(tally: &mut Tally) -> Value {
    let mut of = |all: &[&'static str]| all[tally.draw(all.len())];
    let (bridge, card) = (of(&BRIDGES), of(&CARDS));
    match tally.draw(12) {
        0 => json!({"create_bridge": {"name": "nvt-new", "ports": [card]}}),
        1 => json!({"create_bridge": {"name": "nvt-new",
            "options": {"stp": tally.draw(2) == 0, "priority": 4096 * tally.draw(16)}}}),
        2 => json!({"delete_switch": {"name": bridge, "foreign": true}}),
        3 => json!({"attach_port": {"switch": bridge, "port": card, "move": tally.draw(2) == 0}}),
        4 => json!({"detach_port": {"switch": bridge, "port": card}}),
        5 => json!({"configure_bridge": {"name": bridge, "options": {
            "ageing_time": 10 + tally.draw(600), "priority": 4096 * tally.draw(16)}}}),
        6 => json!({"configure_bridge": {"name": bridge, "options": {
            "stp": tally.draw(2) == 0, "multicast_snooping": tally.draw(2) == 0}}}),
        7 => json!({"configure_port": {"switch": bridge, "port": card, "options": {
            "cost": 1 + tally.draw(99), "isolated": tally.draw(2) == 0,
            "hairpin": tally.draw(2) == 0}}}),
        8 => json!({"set_mtu": {"name": card, "mtu": 1300 + tally.draw(200)}}),
        9 => json!({"set_link": {"name": card, "up": tally.draw(2) == 0}}),
        10 => json!({"set_qos": {"port": card,
            "ingress_rate": 1_000_000 * (1 + tally.draw(50)),
            "egress_rate": 1_000_000 * (1 + tally.draw(50))}}),
        _ => json!({"add_mirror": {"switch": bridge,
            "sources": [{"port": card, "direction": "both"}], "output": {"port": "nvt-a"}}}),
    }
}

/// What others do meanwhile: the tap of a machine, attached where the bridge is
/// there, a route, and a table of a packet filter.
const OTHERS: &str = "ip tuntap add nvt-tap mode tap && ip link set nvt-tap address fe:54:00:00:7f:99 up; \
    ip link set nvt-tap master $0; ip route add 203.0.113.128/25 dev nvt-tap; \
    nft add table inet nvt-race; nft add chain inet nvt-race in";
const OTHERS_GO: &str =
    "ip link delete nvt-tap; nft delete table inet nvt-race; ip link delete nvt-new";

/// How a change that waits comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Asked,
    Killed,
}

#[test]
fn r28_random_changes_come_back_whole_and_what_others_did_stays() {
    let _alone = alone();
    let plans = std::env::var("NOVA_RANDOM_PLANS").ok();
    let plans: u32 = plans.and_then(|plans| plans.parse().ok()).unwrap_or(12);
    let seed = std::env::var("PROPTEST_RNG_SEED").ok();
    let seed = seed
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(std::process::id);
    println!("seed {seed}");
    let mut tally = Tally::of(seed);
    let _laid = lay();
    let client = Client::connect();
    let before = state();
    let (mut reverted, mut failed, mut attached, mut refused) = (0, 0, 0, 0);
    while reverted < plans {
        let changes: Vec<Value> = (0..=tally.draw(3)).map(|_| wish(&mut tally)).collect();
        let document = json!({"changes": changes}).to_string();
        let Ok(plan) = client.prepare(&document) else {
            refused += 1;
            continue;
        };
        if plan.is_empty() {
            continue;
        }
        let _ = helper();
        let delay = Duration::from_millis(tally.draw(60) as u64);
        let bridge = BRIDGES[tally.draw(2)];
        let others = std::thread::spawn(move || {
            std::thread::sleep(delay);
            let _ = sh(&format!("sh -c '{OTHERS}' {bridge}"));
        });
        let applied = client.apply(&plan, 60);
        others.join().unwrap();
        let end = if tally.draw(5) == 0 {
            End::Killed
        } else {
            End::Asked
        };
        match (&applied, end) {
            // What others do may stand in its way; then it is reverted at once.
            (Err((name, text)), _) => {
                failed += 1;
                assert!(
                    name.ends_with("RolledBack") || name.ends_with("Stale"),
                    "{document}: {name} {text}"
                );
            }
            (Ok(_), End::Asked) => {
                let entry = client.decide("Rollback", &plan);
                let is_back = entry.as_ref().map(|entry| &entry.state);
                assert!(
                    matches!(is_back, Ok(ChangeState::RolledBack { .. })),
                    "{document}: {entry:?}"
                );
            }
            (Ok(_), End::Killed) => {
                let _ = sh("systemctl kill -s KILL nova-helper").ok();
                assert!(within(15, || no_change_is_open(&client)), "{document}");
            }
        }
        // The tap is where it was put, and so are route and table.
        let tap = link("nvt-tap").unwrap();
        attached += u32::from(tap["master"] == bridge);
        let route = sh("ip -4 route show 203.0.113.128/25; nft list table inet nvt-race").ok();
        assert!(route.contains("dev nvt-tap"), "{document}: {route}");
        assert!(route.contains("chain in"), "{document}: {route}");
        let is_free = tap["master"].is_null() && plan_deletes(&changes, bridge);
        assert!(tap["master"] == bridge || is_free, "{document}: {tap}");
        let _ = sh(OTHERS_GO);
        let mut after = String::new();
        let is_back = within(5, || {
            after = state();
            after == before
        });
        assert!(
            is_back,
            "{document}, {end:?}: {}",
            difference(&before, &after)
        );
        reverted += 1;
    }
    println!(
        "{reverted} plans, {failed} of them failed by what others did, {attached} times a tap was \
         attached meanwhile; {refused} wishes were refused"
    );
    assert!(
        attached * 2 > reverted,
        "the tap was attached {attached} times only"
    );
}

/// Whether the change takes this bridge away, so that nobody can attach to it.
fn plan_deletes(changes: &[Value], bridge: &str) -> bool {
    let mut deleted = changes
        .iter()
        .map(|change| &change["delete_switch"]["name"]);
    deleted.any(|name| name == bridge)
}
