// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Others work on the same host at the same time: other
//! clients, libvirt, an administrator with `ip`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Barrier;
use std::time::{Duration, Instant};

use nova_model::history::ChangeState;
use nova_tests::bus::{Client, alone, helper};
use nova_tests::host::{Gone, digest, link};
use nova_tests::program::sh;
use nova_tests::reference::{CHANGE, Fault, cables, no_change_is_open};

/// The tap of a machine, as libvirt makes it.
fn tap() -> Gone {
    let _ = sh("ip link delete nvt-tap; ip tuntap add nvt-tap mode tap").ok();
    Gone("nvt-tap")
}

/// What an apply came to, and how long the answer took.
type Answered = (Result<(), (String, String)>, Duration);

fn controller_of(name: &str) -> Option<String> {
    link(name)?["master"].as_str().map(str::to_owned)
}

#[test]
fn r28_a_tap_attached_meanwhile_stays_attached_through_a_rollback() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let _tap = tap();
    let _ = sh("ip link add nvt-br type bridge; ip link set nvt-br up").ok();
    let client = Client::connect();
    let plan = client
        .prepare(
            r#"{"changes":[
            {"configure_bridge":{"name":"nvt-br","options":{"ageing_time":77,"priority":4096}}},
            {"attach_port":{"switch":"nvt-br","port":"nvt-a"}}]}"#,
        )
        .unwrap();
    client.apply(&plan, 60).unwrap();
    let _ = sh("ip link set nvt-tap master nvt-br").ok();
    let entry = client.decide("Rollback", &plan).unwrap();
    assert!(matches!(entry.state, ChangeState::RolledBack { .. }));
    assert_eq!(controller_of("nvt-tap").as_deref(), Some("nvt-br"));
    assert_eq!(controller_of("nvt-a"), None);
}

#[test]
fn r28_a_bridge_to_which_a_machine_was_attached_stays_and_is_told() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    for is_killed in [false, true] {
        let _tap = tap();
        let client = Client::connect();
        let plan = client.prepare(CHANGE).unwrap();
        client.apply(&plan, 60).unwrap();
        let _ = sh("ip link set nvt-tap master nvt-br").ok();
        if is_killed {
            let _ = sh("systemctl kill -s KILL nova-helper").ok();
            let over = nova_tests::program::within(10, || no_change_is_open(&client));
            assert!(over);
        } else {
            let error = client.decide("Rollback", &plan).unwrap_err();
            assert!(error.0.ends_with("Incomplete"), "{error:?}");
        }
        let history = client.history();
        let entry = history
            .iter()
            .find(|entry| entry.plan.id == plan.id)
            .unwrap();
        let words = entry.state.words();
        assert!(words.contains("nvt-tap is attached"), "{words}");
        // The machine keeps its switch; everything else is as before.
        assert_eq!(controller_of("nvt-tap").as_deref(), Some("nvt-br"));
        for port in ["nvt-a", "nvt-b"] {
            assert_eq!(controller_of(port), None, "{port}");
        }
        let _ = sh("ip link delete nvt-tap; ip link delete nvt-br");
    }
}

#[test]
fn r32_of_sixty_four_clients_one_writes_and_the_others_learn_who() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let _ = helper();
    let before = digest();
    let start = Barrier::new(64);
    let answers: Vec<Answered> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..64)
            .map(|number| {
                let start = &start;
                scope.spawn(move || {
                    let client = Client::connect();
                    // Others may be asking too: eight calls of a user at a time.
                    let plan = loop {
                        match client.prepare(CHANGE) {
                            Ok(plan) => break plan,
                            Err((name, _)) if name.ends_with("Busy") => {
                                std::thread::sleep(Duration::from_millis(20 + number));
                            }
                            Err(error) => panic!("{error:?}"),
                        }
                    };
                    start.wait();
                    // Each in its own moment, so that the door lets all in.
                    std::thread::sleep(Duration::from_millis(30 * number));
                    let began = Instant::now();
                    let applied = client.apply(&plan, 60);
                    let took = began.elapsed();
                    if applied.is_ok() {
                        std::thread::sleep(Duration::from_secs(4));
                        client.decide("Rollback", &plan).unwrap();
                    }
                    (applied.map(|_| ()), took)
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    let writers = answers.iter().filter(|(answer, _)| answer.is_ok()).count();
    assert_eq!(writers, 1);
    let mut times = Vec::new();
    for (answer, took) in &answers {
        let Err((name, text)) = answer else { continue };
        assert!(name.ends_with("Busy"), "{name} {text}");
        if text.contains("is under way") {
            assert!(text.contains("user 0 ") && text.contains("since"), "{text}");
            times.push(*took);
        }
    }
    times.sort();
    println!(
        "{} of 63 learned who writes; median {:?}, slowest {:?}",
        times.len(),
        times[times.len() / 2],
        times[times.len() - 1]
    );
    assert!(times.len() > 40, "{}", times.len());
    assert_eq!(digest(), before);
}

/// firewalld runs while this lives; the lab is without it otherwise.
struct Firewalld;

impl Firewalld {
    fn start() -> Self {
        let _ = sh("systemctl start firewalld && firewall-cmd --state").ok();
        Self
    }
}

impl Drop for Firewalld {
    fn drop(&mut self) {
        let _ = sh("systemctl stop firewalld");
    }
}

#[test]
fn r32_daemons_that_restart_in_the_middle_of_an_apply_change_nothing() {
    let _alone = alone();
    let _firewalld = Firewalld::start();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    for upset in [
        "firewall-cmd --reload",
        "systemctl restart libvirtd",
        "systemctl restart NetworkManager",
        "systemctl restart polkit",
        "udevadm trigger --subsystem-match=net",
    ] {
        let client = Client::connect();
        let plan = client.prepare(CHANGE).unwrap();
        // Every request to the kernel takes its time.
        let slow = Fault::inject(&helper(), "sendto", "delay_enter=60000");
        let upsetting = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            let _ = sh(upset);
        });
        let entry = client.apply(&plan, 60);
        drop(slow);
        upsetting.join().unwrap();
        assert!(entry.is_ok(), "{upset}: {entry:?}");
        client.decide("Rollback", &plan).unwrap();
        assert_eq!(digest(), before, "{upset}");
    }
}

#[test]
fn r32_a_bridge_deleted_in_the_middle_of_an_apply_ends_in_rollback() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(CHANGE).unwrap();
    let slow = Fault::inject(&helper(), "sendto", "delay_enter=60000");
    let upsetting = std::thread::spawn(|| {
        let made = nova_tests::program::within(10, || link("nvt-br").is_some());
        let _ = sh("ip link delete nvt-br");
        made
    });
    let error = client.apply(&plan, 60).unwrap_err();
    drop(slow);
    assert!(upsetting.join().unwrap());
    assert!(error.0.ends_with("RolledBack"), "{error:?}");
    assert_eq!(digest(), before);
}
