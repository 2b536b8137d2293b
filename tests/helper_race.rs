// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Others work on the same host at the same time: other
//! clients, libvirt, an administrator with `ip`.
//!
//! `NOVA_CLIENT_APPLIES` sets how many changes 64 clients make at the same time;
//! `make soak` takes 1 000.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use nova_model::history::ChangeState;
use nova_model::plan::Plan;
use nova_tests::bus::{Client, Rule, alone, helper};
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::program::{from_environment, nova, sh, within};
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
            let over = within(10, || no_change_is_open(&client));
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

/// Eight users of every system; with eight clients each they have as many calls
/// under way as the helper lets in.
const USERS: [u32; 8] = [1, 2, 3, 5, 6, 7, 8, 9];
const CLIENTS: usize = 64;

/// A change that was kept: from which ageing time to which, and between when it
/// was.
struct Kept {
    from: u32,
    to: u32,
    began: Instant,
    ended: Instant,
}

/// The ageing time to which an undo of this plan leads, in seconds.
fn ageing_before(plan: &Plan) -> u32 {
    let undo = plan.steps[0].undo[0].command();
    let told = undo.split("ageing_time ").nth(1).unwrap();
    let hundredths: u32 = told.split(' ').next().unwrap().parse().unwrap();
    hundredths / 100
}

fn is_of_a_user(text: &str) -> bool {
    let uid = text.split(" of user ").nth(1).unwrap_or_default();
    let uid = uid.split(' ').next().unwrap_or_default().parse();
    uid.is_ok_and(|uid| USERS.contains(&uid)) && text.contains(" is under way since ")
}

/// Changes the ageing time until so many changes were kept; counts those that
/// were refused because another was under way, or was kept first.
fn change_until(
    wanted: usize,
    client: &Client,
    next: &AtomicU32,
    kept: &Mutex<Vec<Kept>>,
) -> [u32; 2] {
    let (mut busy, mut stale) = (0, 0);
    while kept.lock().unwrap().len() < wanted {
        // No two wish for the same.
        let to = next.fetch_add(1, Ordering::Relaxed);
        let wish = format!(
            r#"{{"changes":[{{"configure_bridge":{{"name":"nvt-br","options":{{"ageing_time":{to}}}}}}}]}}"#
        );
        let plan = client.prepare(&wish).unwrap();
        let began = Instant::now();
        let answer = client.apply(&plan, 0);
        let ended = Instant::now();
        match answer {
            Ok(entry) => {
                assert_eq!(entry.state, ChangeState::Confirmed);
                let from = ageing_before(&plan);
                kept.lock().unwrap().push(Kept {
                    from,
                    to,
                    began,
                    ended,
                });
            }
            Err((name, text)) if name.ends_with("Busy") => {
                assert!(is_of_a_user(&text), "{text}");
                busy += 1;
                // As a person would, a moment later.
                std::thread::sleep(Duration::from_millis(u64::from(to * 37 % 3000)));
            }
            Err((name, text)) => {
                assert!(name.ends_with("Stale"), "{name} {text}");
                assert!(
                    text.contains("undone, it leads now to \"ip link set"),
                    "{text}"
                );
                stale += 1;
            }
        }
    }
    [busy, stale]
}

#[test]
fn r32_each_change_was_planned_on_what_the_one_before_left() {
    let _alone = alone();
    let _yes = Rule::all("YES");
    let _gone = Gone("nvt-br");
    let _ = sh("ip link delete nvt-br; ip link add nvt-br type bridge ageing_time 1000").ok();
    let wanted = from_environment("NOVA_CLIENT_APPLIES", 12);
    let (next, kept) = (AtomicU32::new(11), Mutex::new(Vec::new()));
    let id = helper();
    let began = Instant::now();
    let refused: Vec<[u32; 2]> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (next, kept) = (&next, &kept);
                let uid = USERS[number % USERS.len()];
                scope.spawn(move || change_until(wanted, &Client::of_user(uid), next, kept))
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    let kept = kept.into_inner().unwrap();
    let [busy, stale] = [0, 1].map(|at| refused.iter().map(|counts| counts[at]).sum::<u32>());
    println!(
        "{} changes of {CLIENTS} clients kept in {:?}; {busy} refused because another was under \
         way, {stale} because another was first",
        kept.len(),
        began.elapsed()
    );
    assert_eq!(helper(), id, "the helper lives");
    // From each state one change at most led on: they make one chain.
    let by_origin: BTreeMap<u32, &Kept> = kept.iter().map(|kept| (kept.from, kept)).collect();
    assert_eq!(
        by_origin.len(),
        kept.len(),
        "two were planned on the same state"
    );
    let (mut at, mut latest_begin, mut length) = (10, began, 0);
    while let Some(change) = by_origin.get(&at) {
        // And in the order of the chain: none had ended before one that stands
        // earlier in it had begun.
        assert!(
            change.ended >= latest_begin,
            "{} to {}",
            change.from,
            change.to
        );
        latest_begin = latest_begin.max(change.began);
        (at, length) = (change.to, length + 1);
    }
    assert_eq!(length, kept.len(), "one was planned on what never was");
    let left = link("nvt-br").unwrap()["linkinfo"]["info_data"]["ageing_time"].clone();
    assert_eq!(left, at * 100);
    assert!(busy + stale > 0, "they did not meet");
}

#[test]
fn r32_a_host_that_moved_on_since_the_review_is_told_with_the_difference() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _cables = cables();
    let make = "ip link delete nvt-br; set -e; ip link add nvt-br address 52:54:00:00:7f:01 type bridge ageing_time 1000; ip link set nvt-br up";
    let wish = r#"{"changes":[
        {"configure_bridge":{"name":"nvt-br","options":{"ageing_time":77}}},
        {"attach_port":{"switch":"nvt-br","port":"nvt-a"}}]}"#;
    for (moves, told) in [
        (
            "ip link set nvt-br type bridge ageing_time 5500",
            "ageing_time 5500",
        ),
        (
            "ip link set nvt-br type bridge ageing_time 7700",
            "not needed any more \"ip link set dev nvt-br type bridge ageing_time 7700\"",
        ),
        (
            "ip link set nvt-a master nvt-br",
            "\"ip link set dev nvt-a master nvt-br\"",
        ),
        (make, "replaced by another of its name"),
        ("ip link delete nvt-a", "nvt-a"),
    ] {
        let _ = sh(make).ok();
        let client = Client::connect();
        let plan = client.prepare(wish).unwrap();
        let _ = sh(moves).ok();
        let before = digest();
        let (name, text) = client.apply(&plan, 60).unwrap_err();
        assert!(name.ends_with("Stale"), "{name} {text}");
        assert!(text.contains(told), "{moves}: {text}");
        assert!(text.contains("Prepare the change again"), "{text}");
        assert_eq!(digest(), before, "{moves}");
    }
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

/// The daemon adopts a port that is up for a while. Once it is free the daemon lets
/// go of it and clears its addresses.
#[test]
fn r32_addresses_that_networkmanager_clears_from_a_freed_port_are_given_again() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _ = sh("ip link delete nvt-br");
    let _cable = Cable::lay("nvt-a");
    let _ = sh(
        "set -e; systemctl start NetworkManager; ip link add nvt-br type bridge; \
         ip link set nvt-a master nvt-br; ip link set nvt-br up; \
         ip address add 198.51.100.5/24 dev nvt-br; ip route add 198.18.0.0/16 via 198.51.100.9",
    )
    .ok();
    let state = || sh("nmcli -g GENERAL.STATE device show nvt-a").out;
    let is_adopted = within(60, || state().contains("externally"));
    assert!(is_adopted, "{}", state());
    // It is let go of only where it has been adopted for a while.
    std::thread::sleep(Duration::from_secs(12));
    let line = "delete-switch nvt-br --foreign --yes";
    let done = nova(&line.split(' ').collect::<Vec<_>>());
    assert_eq!(done.code, 0, "{done:?}");
    let addresses = || sh("ip -br -4 address show dev nvt-a").out;
    std::thread::sleep(Duration::from_secs(3));
    assert!(addresses().contains("198.51.100.5/24"), "{}", addresses());
    let route = sh("ip route show 198.18.0.0/16").out;
    assert!(route.contains("via 198.51.100.9 dev nvt-a"), "{route}");
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
        let made = within(10, || link("nvt-br").is_some());
        let _ = sh("ip link delete nvt-br");
        made
    });
    let error = client.apply(&plan, 60).unwrap_err();
    drop(slow);
    assert!(upsetting.join().unwrap());
    assert!(error.0.ends_with("RolledBack"), "{error:?}");
    assert_eq!(digest(), before);
}
