// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. An administrator's live connection through the bridge that
//! is changed survives every way to break it, and good changes stay.

#![allow(missing_docs, clippy::unwrap_used)]

use std::cell::Cell;
use std::sync::Once;
use std::time::{Duration, Instant};

use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
use nova_model::plan::Plan;
use nova_tests::administrator::{Administrator, answer};
use nova_tests::bus::{Client, alone};
use nova_tests::host::{Cable, Gone, NoWayOut, digest, link};
use nova_tests::ovs::Free;
use nova_tests::program::{nova, sh, within};

const HERE: &str = "198.51.100.2";
const BEYOND: &str = "203.0.113.7";
/// How long the connection may be silent.
const SILENCE: Duration = Duration::from_secs(10);

/// A host with one uplink, `nvg-up`, through which its default route and an
/// administrator are reached.
struct Scene {
    uplink: Cable,
    _bridges: [Gone; 3],
    _no_other: NoWayOut,
    /// How long the administrator was silent at most.
    silence: Cell<Duration>,
}

impl Scene {
    fn lay(by_bridge: bool) -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(answer);
        let _ = sh("ip link delete nvg-br; ip link delete nvg-b2; ip link delete nvg-new");
        let no_other = NoWayOut::now();
        let uplink = Cable::lay("nvg-up");
        let _ = uplink.far("ip address add 198.51.100.1/24 dev far").ok();
        let holder = if by_bridge { "nvg-br" } else { "nvg-up" };
        if by_bridge {
            let _ = sh("set -e; ip link add nvg-br type bridge; ip link set nvg-up master nvg-br; ip link set nvg-br up").ok();
        }
        let _ = sh(&format!(
            "set -e; ip link add nvg-b2 type bridge; ip link set nvg-b2 up; \
             ip address add {HERE}/24 dev {holder}; ip route add default via 198.51.100.1"
        ))
        .ok();
        Self {
            uplink,
            _bridges: [Gone("nvg-br"), Gone("nvg-b2"), Gone("nvg-new")],
            _no_other: no_other,
            silence: Cell::default(),
        }
    }

    /// The same with the administrator behind the next hop: without the default
    /// route nothing reaches him.
    fn lay_beyond(by_bridge: bool) -> Self {
        let scene = Self::lay(by_bridge);
        let lines = format!(
            "set -e; ip address add {BEYOND}/32 dev lo; \
             ip route replace {HERE}/32 dev far src {BEYOND}"
        );
        let _ = scene.uplink.far(&lines).ok();
        scene
    }

    fn administrator(&self) -> Administrator {
        Administrator::connect(&self.uplink.namespace, HERE, false)
    }
}

fn is_live(administrator: &Administrator) -> bool {
    administrator.silent_for() < Duration::from_millis(300)
}

/// What has become of a change; nothing while the helper cannot tell.
fn state_of(client: &Client, plan: &Plan) -> Option<ChangeState> {
    let history = client.call("History", &(50u32,)).ok()?;
    let history: Vec<HistoryEntry> = serde_json::from_str(&history).unwrap();
    history
        .into_iter()
        .find(|entry| entry.plan.id == plan.id)
        .map(|entry| entry.state)
}

/// Breaks the connection by a change and sees it come back. What came of the
/// change is given back.
fn breaks(scene: &Scene, document: &str, within_seconds: u32, after: &str) -> ChangeState {
    let administrator = scene.administrator();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(document).unwrap();
    assert!(
        plan.confirm_within.is_some(),
        "{document} asks for no answer"
    );
    let began = Instant::now();
    client.apply(&plan, within_seconds).unwrap();
    let _ = sh(after);
    let mut longest = Duration::ZERO;
    let is_over = || {
        state_of(&client, &plan).is_some_and(|state| !matches!(state, ChangeState::Pending { .. }))
    };
    let allowed = SILENCE + Duration::from_secs(u64::from(within_seconds));
    // What was sent before the end says nothing about what comes after it.
    let mut live_since = None;
    while live_since.is_none_or(|since: Instant| since.elapsed() < Duration::from_secs(1)) {
        let is_back = is_over() && is_live(&administrator);
        live_since = is_back.then(|| live_since.unwrap_or_else(Instant::now));
        longest = longest.max(administrator.silent_for());
        assert!(
            began.elapsed() < allowed + SILENCE,
            "{document}: it stays cut off"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("{document}: silent for {} ms", longest.as_millis());
    scene.silence.set(longest);
    assert!(within(20, || digest() == before), "{}\n{before}", digest());
    let state = state_of(&client, &plan).unwrap();
    if matches!(
        state,
        ChangeState::RolledBack {
            reason: RollbackReason::ContactLost { .. }
        }
    ) {
        assert!(longest < SILENCE, "{document}: {longest:?}");
    }
    state
}

fn is_lost(document: &str) {
    let state = breaks(&Scene::lay(true), document, 60, "");
    is_contact_lost(&state, "198.51.100.1");
}

#[test]
fn r27_the_uplink_set_down_comes_back() {
    let _alone = alone();
    is_lost(r#"{"changes":[{"set_link":{"name":"nvg-up","up":false}}]}"#);
}

#[test]
fn r27_what_nobody_is_asked_about_is_kept_once_the_host_is_seen_to_be_reached() {
    let _alone = alone();
    let scene = Scene::lay(true);
    let administrator = scene.administrator();
    let before = digest();
    let ran = nova(&["set-link", "nvg-up", "down", "--yes"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    let told = format!("{}{}", ran.out, ran.err);
    assert!(told.contains("198.51.100.1 was not reached"), "{told}");
    assert!(within(10, || is_live(&administrator)));
    assert_eq!(digest(), before);
    // What cuts nobody off is kept, and so is its undo.
    let _ = nova(&["set-mtu", "nvg-up", "1400", "--yes"]).ok();
    assert_eq!(link("nvg-up").unwrap()["mtu"], 1400);
    let _ = nova(&["undo", &nova_tests::lan::newest(), "--yes"]).ok();
    assert_eq!(digest(), before);
    assert!(is_live(&administrator));
}

#[test]
fn r27_the_bridge_set_down_comes_back() {
    let _alone = alone();
    is_lost(r#"{"changes":[{"set_link":{"name":"nvg-br","up":false}}]}"#);
}

#[test]
fn r27_the_uplink_detached_comes_back() {
    let _alone = alone();
    is_lost(r#"{"changes":[{"detach_port":{"switch":"nvg-br","port":"nvg-up"}}]}"#);
}

#[test]
fn r27_the_uplink_moved_to_another_bridge_comes_back() {
    let _alone = alone();
    is_lost(r#"{"changes":[{"attach_port":{"switch":"nvg-b2","port":"nvg-up","move":true}}]}"#);
}

#[test]
fn r27_an_address_or_route_lost_while_a_change_waits_undoes_it() {
    let _alone = alone();
    let wish = r#"{"changes":[{"set_mtu":{"name":"nvg-up","mtu":1400}}]}"#;
    for loss in [
        "ip route delete default",
        "ip link set nvg-up nomaster",
        "ip -n t-nvg-up address delete 198.51.100.1/24 dev far",
    ] {
        let scene = Scene::lay(true);
        let client = Client::connect();
        let plan = client.prepare(wish).unwrap();
        client.apply(&plan, 60).unwrap();
        let _ = sh(loss).ok();
        let is_undone = within(15, || {
            matches!(
                client.history()[0].state,
                ChangeState::RolledBack {
                    reason: RollbackReason::ContactLost { .. }
                }
            )
        });
        assert!(is_undone, "{loss}: {:?}", client.history()[0].state);
        drop(scene);
    }
}

#[test]
fn r27_a_resolver_that_is_lost_while_a_change_waits_undoes_it() {
    struct Resolvers;
    impl Drop for Resolvers {
        fn drop(&mut self) {
            let _ = sh("rm /etc/resolv.conf; mv /run/nvg-resolv.conf /etc/resolv.conf");
        }
    }
    let _alone = alone();
    let scene = Scene::lay(true);
    let _ = scene
        .uplink
        .far("ip address add 198.51.100.53/24 dev far")
        .ok();
    let _ = sh(
        "cp -P /etc/resolv.conf /run/nvg-resolv.conf 2>/dev/null || touch /run/nvg-resolv.conf; \
        rm -f /etc/resolv.conf; echo nameserver 198.51.100.53 >/etc/resolv.conf",
    )
    .ok();
    let _resolvers = Resolvers;
    let client = Client::connect();
    let plan = client
        .prepare(r#"{"changes":[{"set_mtu":{"name":"nvg-up","mtu":1400}}]}"#)
        .unwrap();
    client.apply(&plan, 60).unwrap();
    let _ = scene
        .uplink
        .far("ip address delete 198.51.100.53/24 dev far")
        .ok();
    let is_undone = || matches!(client.history()[0].state, ChangeState::RolledBack { .. });
    assert!(within(15, is_undone), "{:?}", client.history()[0].state);
    is_contact_lost(&client.history()[0].state, "resolver 198.51.100.53");
}

/// A change that moves the address and the routes of the host, and what takes
/// one of them away where they have moved to.
const MOVING: &str = r#"{"changes":[{"create_bridge":{"name":"nvg-new","ports":["nvg-up"]}}]}"#;

fn is_contact_lost(state: &ChangeState, missed: &str) {
    let ChangeState::RolledBack {
        reason: RollbackReason::ContactLost { what },
    } = state
    else {
        panic!("{state:?}");
    };
    assert!(what.contains(missed), "{what}");
}

#[test]
fn r27_an_address_lost_while_a_change_waits_comes_back() {
    let _alone = alone();
    let scene = Scene::lay(false);
    let loss = format!("ip address delete {HERE}/24 dev nvg-new");
    let state = breaks(&scene, MOVING, 60, &loss);
    is_contact_lost(&state, "198.51.100.1");
    let addresses = sh("ip -4 -o address show dev nvg-up").ok();
    assert!(addresses.contains(HERE), "{addresses}");
}

#[test]
fn r27_a_route_lost_while_a_change_waits_comes_back() {
    let _alone = alone();
    let scene = Scene::lay_beyond(false);
    let _idle = Administrator::connect(&scene.uplink.namespace, HERE, true);
    let sessions = sh("ss -Htn state established 'sport = :22'").ok();
    assert!(sessions.contains(BEYOND), "{sessions}");
    let state = breaks(&scene, MOVING, 60, "ip route delete default");
    is_contact_lost(&state, "198.51.100.1");
    let routes = sh("ip route show default").ok();
    assert!(routes.contains("via 198.51.100.1 dev nvg-up"), "{routes}");
}

#[test]
fn r27_a_bridge_deleted_with_the_address_and_the_route_of_the_host_comes_back() {
    let _alone = alone();
    let scene = Scene::lay_beyond(true);
    // With a second uplink none of them inherits the address.
    let _other = Cable::lay("nvg-x");
    let _ = sh("ip link set nvg-x master nvg-br").ok();
    let wish = r#"{"changes":[{"delete_switch":{"name":"nvg-br","foreign":true}}]}"#;
    let plan = Client::connect().prepare(wish).unwrap();
    let loses = format!("The host loses its address {HERE}/24");
    assert!(
        plan.notices.iter().any(|notice| notice.contains(&loses)),
        "{:?}",
        plan.notices
    );
    let state = breaks(&scene, wish, 60, "");
    is_contact_lost(&state, "198.51.100.1");
}

#[test]
fn r27_spanning_tree_that_blocks_for_longer_than_the_answer_takes_is_undone() {
    let _alone = alone();
    // 16 s of listening and learning, 10 s to keep it: nobody is there to.
    let state = breaks(
        &Scene::lay(false),
        r#"{"changes":[{"create_bridge":{"name":"nvg-new","options":{"stp":true,"forward_delay":8,"max_age":14},"ports":["nvg-up"]}}]}"#,
        10,
        "",
    );
    assert!(
        matches!(
            state,
            ChangeState::RolledBack {
                reason: RollbackReason::NotConfirmed
            }
        ),
        "{state:?}"
    );
}

#[test]
fn r27_a_helper_killed_with_the_uplink_down_brings_it_back() {
    let _alone = alone();
    let state = breaks(
        &Scene::lay(true),
        r#"{"changes":[{"set_link":{"name":"nvg-up","up":false}}]}"#,
        60,
        "systemctl kill -s KILL nova-helper",
    );
    assert!(
        matches!(
            state,
            ChangeState::RolledBack {
                reason: RollbackReason::HelperStopped
            }
        ),
        "{state:?}"
    );
}

#[test]
fn r27_a_limit_that_leaves_the_host_one_kilobyte_a_second_is_undone() {
    let _alone = alone();
    let scene = Scene::lay(true);
    let shaped = || {
        let line = sh("tc qdisc show dev nvg-up root").ok();
        line.contains("tbf") || line.contains("htb")
    };
    assert!(!shaped());
    let wish = r#"{"changes":[{"set_qos":{"port":"nvg-up","egress_rate":8000}}]}"#;
    let state = breaks(&scene, wish, 10, "");
    assert!(matches!(state, ChangeState::RolledBack { .. }), "{state:?}");
    assert!(!shaped());
}

#[test]
fn r27_a_small_mtu_cuts_nobody_off_for_good() {
    let _alone = alone();
    let wish = r#"{"changes":[{"set_mtu":{"name":"nvg-br","mtu":1280}}]}"#;
    let state = breaks(&Scene::lay(true), wish, 10, "");
    assert!(matches!(state, ChangeState::RolledBack { .. }), "{state:?}");
}

#[test]
fn r27_another_mac_address_of_the_bridge_cuts_nobody_off() {
    let _alone = alone();
    let scene = Scene::lay(true);
    // Who is no next hop is not asked whether he is there: he learns of the address
    // because he is told.
    let _ = sh("ip route delete default via 198.51.100.1").ok();
    let state = breaks(
        &scene,
        r#"{"changes":[{"set_bridge_mac":{"name":"nvg-br","policy":{"address":"52:54:00:12:34:56"}}}]}"#,
        10,
        "",
    );
    assert!(matches!(state, ChangeState::RolledBack { .. }), "{state:?}");
    let silence = scene.silence.get();
    assert!(silence < Duration::from_secs(4), "{silence:?}");
}

#[test]
fn r27_a_card_bridged_with_spanning_tree_is_not_undone_while_ports_learn() {
    let _alone = alone();
    let scene = Scene::lay(false);
    let administrator = scene.administrator();
    let _idle = Administrator::connect(&scene.uplink.namespace, HERE, true);
    let client = Client::connect();
    let plan = client
        .prepare(r#"{"changes":[{"create_bridge":{"name":"nvg-new","options":{"stp":true,"forward_delay":6,"max_age":10},"ports":["nvg-up"]}}]}"#)
        .unwrap();
    client.apply(&plan, 120).unwrap();
    std::thread::sleep(Duration::from_secs(5));
    assert!(!is_live(&administrator), "the port does not forward yet");
    assert!(within(40, || is_live(&administrator)));
    println!("live after spanning tree");
    std::thread::sleep(Duration::from_secs(6));
    let state = &client.history()[0].state;
    assert!(matches!(state, ChangeState::Pending { .. }), "{state:?}");
    assert!(is_live(&administrator));
    client.decide("Confirm", &plan).unwrap();
    let undo = client.call("PrepareUndo", &(plan.id.to_string(),)).unwrap();
    let undo = serde_json::from_str(&undo).unwrap();
    client.apply(&undo, 60).unwrap();
    client.decide("Confirm", &undo).unwrap();
    assert!(within(10, || is_live(&administrator)));
}

/// `NOVA_GOOD_CHANGES` sets how many; 200 take a quarter of an hour.
#[test]
fn r27_good_changes_are_not_undone() {
    let _alone = alone();
    let count: usize = std::env::var("NOVA_GOOD_CHANGES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(9);
    let scene = Scene::lay(true);
    let _other = Cable::lay("nvg-x");
    let _free = Free::new("nvg-ovs");
    let administrator = scene.administrator();
    let _idle = Administrator::connect(&scene.uplink.namespace, HERE, true);
    let client = Client::connect();
    let good = [
        r#"{"create_bridge":{"name":"nvg-new","options":{"stp":true,"forward_delay":4,"max_age":6},"ports":["nvg-x"]}}"#,
        r#"{"attach_port":{"switch":"nvg-br","port":"nvg-x"}}"#,
        r#"{"configure_bridge":{"name":"nvg-br","options":{"ageing_time":120,"multicast_snooping":false}}}"#,
        r#"{"set_link":{"name":"nvg-x","up":false}}"#,
        r#"{"set_mtu":{"name":"nvg-x","mtu":1400}}"#,
        r#"{"delete_switch":{"name":"nvg-b2","foreign":true}}"#,
        r#"{"create_ovs_bridge":{"name":"nvg-ovs","options":{"stp":true}}},
            {"add_ovs_port":{"switch":"nvg-ovs","port":"nvg-x","vlans":{"tag":100}}}"#,
        r#"{"set_qos":{"port":"nvg-x","egress_rate":50000000}}"#,
        r#"{"add_mirror":{"switch":"nvg-br","output":{"port":"nvg-x"},
            "sources":[{"port":"nvg-up","direction":"both"}]}}"#,
    ];
    let mut longest = Duration::ZERO;
    for (number, change) in good.iter().cycle().take(count).enumerate() {
        let before = digest();
        let plan = client
            .prepare(&format!(r#"{{"changes":[{change}]}}"#))
            .unwrap();
        client.apply(&plan, 30).unwrap();
        let until = Instant::now() + Duration::from_millis(4500);
        while Instant::now() < until {
            longest = longest.max(administrator.silent_for());
            std::thread::sleep(Duration::from_millis(20));
        }
        let kept = client.decide("Confirm", &plan);
        assert!(kept.is_ok(), "{number} {change}: {kept:?}");
        let undo = client.call("PrepareUndo", &(plan.id.to_string(),)).unwrap();
        let undo = serde_json::from_str(&undo).unwrap();
        client.apply(&undo, 30).unwrap();
        client.decide("Confirm", &undo).unwrap();
        assert_eq!(digest(), before, "{number} {change}");
    }
    println!(
        "{count} good changes, 0 undone; the administrator waited {} ms at most",
        longest.as_millis()
    );
}
