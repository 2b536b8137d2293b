// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What changes outside is seen by itself, and the picture folded from events
//! is the picture a fresh look gives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::time::{Duration, Instant};

use common::{agrees, elsewhere, ip, ip_batch, seen};
use nova_host::watch::Watcher;
use nova_model::state::HostState;

/// Waits until the watcher shows what is asked for. It takes milliseconds; a busy
/// machine may take its time.
fn sees(watcher: &mut Watcher, what: &str, is_seen: impl Fn(&HostState) -> bool) {
    let began = Instant::now();
    while !is_seen(watcher.state()) {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "not seen: {what}"
        );
        watcher.wait(Some(Duration::from_millis(100))).unwrap();
    }
}

kernel_test! {
    fn a_link_from_outside_is_seen_to_come_change_and_go() {
        let mut watcher = Watcher::new().unwrap();
        ip("link add br0 type bridge");
        sees(&mut watcher, "br0", |state| state.link("br0").is_some());
        ip("link set br0 up mtu 1400 alias office");
        sees(&mut watcher, "mtu", |state| state.link("br0").is_some_and(|link| {
            link.is_up && link.mtu == 1400 && link.alias.as_deref() == Some("office")
        }));
        ip("link set br0 type bridge priority 4096");
        sees(&mut watcher, "priority", |state| {
            state.link("br0").and_then(|link| link.bridge).is_some_and(|bridge| bridge.options.priority == 4096)
        });
        ip("link set br0 down");
        ip("link set br0 name br9");
        sees(&mut watcher, "name", |state| state.link("br9").is_some() && state.link("br0").is_none());
        agrees(&mut watcher);
        ip("link del br9");
        sees(&mut watcher, "gone", |state| state.link("br9").is_none());
        agrees(&mut watcher);
    }
}

kernel_test! {
    fn options_of_a_bridge_that_is_down_are_seen_though_the_kernel_is_silent() {
        ip("link add br0 type bridge");
        let mut watcher = Watcher::new().unwrap();
        ip("link set br0 type bridge priority 4096");
        let began = Instant::now();
        while watcher.state().link("br0").unwrap().bridge.unwrap().options.priority != 4096 {
            assert!(began.elapsed() < Duration::from_secs(20));
            watcher.wait(Some(Duration::from_millis(300))).unwrap();
        }
    }
}

kernel_test! {
    fn ports_addresses_and_routes_from_outside_are_seen() {
        ip_batch("link add br0 type bridge\nlink add p0 type veth peer name p1\nlink set br0 up\n\
                  link set p0 up\nlink set p1 up\n");
        let mut watcher = Watcher::new().unwrap();
        ip("link set p0 master br0");
        let bridge = seen().link("br0").unwrap().index;
        sees(&mut watcher, "port", |state| state.link("p0").unwrap().controller == Some(bridge));
        sees(&mut watcher, "state", |state| state.link("p0").unwrap().port.is_some());
        agrees(&mut watcher);
        ip("address add 192.0.2.1/24 dev br0");
        sees(&mut watcher, "address", |state| !state.link("br0").unwrap().addresses.is_empty());
        ip("route add default via 192.0.2.7 dev br0");
        sees(&mut watcher, "route", |state| state.routes.iter().any(nova_model::address::Route::is_default));
        ip("route replace default via 192.0.2.8 dev br0");
        sees(&mut watcher, "replaced", |state| {
            let mut defaults = state.routes.iter().filter(|route| route.is_default());
            defaults.next().is_some_and(|route| route.gateway == Some("192.0.2.8".parse().unwrap()))
                && defaults.next().is_none()
        });
        agrees(&mut watcher);
        ip("link set br0 down");
        sees(&mut watcher, "routes gone", |state| {
            state.routes.iter().all(|route| !route.is_default())
        });
        agrees(&mut watcher);
        ip("link set br0 up");
        ip("address del 192.0.2.1/24 dev br0");
        ip("link set p0 nomaster");
        sees(&mut watcher, "detached", |state| state.link("p0").unwrap().port.is_none());
        agrees(&mut watcher);
    }
}

kernel_test! {
    fn a_port_is_seen_to_pass_through_the_spanning_tree() {
        ip_batch("link add br0 type bridge stp_state 1 forward_delay 200\nlink set br0 up\n\
                  link add p0 type veth peer name p1\nlink set p1 up\n");
        let mut watcher = Watcher::new().unwrap();
        ip("link set p0 master br0 up");
        let mut states = Vec::new();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(8) {
            watcher.wait(Some(Duration::from_millis(100))).unwrap();
            let port = watcher.state().link("p0").unwrap().port;
            if let Some(word) = port.map(|port| port.state.word()) && states.last() != Some(&word) {
                states.push(word);
                if word == "forwarding" {
                    break;
                }
            }
        }
        let end = &states[states.len().saturating_sub(3)..];
        assert_eq!(end, ["listening", "learning", "forwarding"], "{states:?}");
        agrees(&mut watcher);
    }
}

kernel_test! {
    fn two_bridges_agree_on_a_root_and_it_is_seen() {
        ip_batch("link add br0 address 02:00:00:00:00:01 type bridge stp_state 1 forward_delay 200 priority 0\n\
                  link add br1 address 02:00:00:00:00:02 type bridge stp_state 1 forward_delay 200\n\
                  link set br0 up\nlink set br1 up\nlink add p0 type veth peer name p1\n");
        let mut watcher = Watcher::new().unwrap();
        ip_batch("link set p0 master br0 up\nlink set p1 master br1 up\n");
        let began = Instant::now();
        let root = |state: &HostState| {
            let bridge = state.link("br1").unwrap().bridge.unwrap();
            bridge.root.mac.to_string() == "02:00:00:00:00:01" && bridge.root_port == 1
        };
        while !root(watcher.state()) {
            assert!(began.elapsed() < Duration::from_secs(10));
            watcher.wait(Some(Duration::from_millis(100))).unwrap();
        }
    }
}

kernel_test! {
    fn a_cable_that_leaves_the_namespace_and_comes_back_is_followed() {
        let mut watcher = Watcher::new().unwrap();
        let mut sleeper = elsewhere();
        ip("link add v0 type veth peer name v1");
        sees(&mut watcher, "v0", |state| state.link("v0").is_some_and(|link| link.lower.is_some()));
        ip(&format!("link set v1 netns {}", sleeper.id()));
        sees(&mut watcher, "v1 gone", |state| state.link("v1").is_none());
        sees(&mut watcher, "v0 alone", |state| state.link("v0").unwrap().lower.is_none());
        agrees(&mut watcher);
        common::run("nsenter", &["-t", &sleeper.id().to_string(), "-n", "ip", "link", "set", "v1",
            "netns", &std::process::id().to_string()]);
        sees(&mut watcher, "v1 back", |state| state.link("v1").is_some());
        sees(&mut watcher, "v0 whole", |state| state.link("v0").unwrap().lower.is_some());
        agrees(&mut watcher);
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}

kernel_test! {
    fn a_burst_of_a_thousand_links_is_followed() {
        let mut watcher = Watcher::new().unwrap();
        let burst = std::thread::spawn(|| {
            let add: String = (0..1000).map(|n| format!("link add n{n} type ifb\n")).collect();
            ip_batch(&add);
            let del: String = (0..100).map(|n| format!("link del n{n}\n")).collect();
            ip_batch(&del);
        });
        while !burst.is_finished() {
            watcher.wait(Some(Duration::from_millis(10))).unwrap();
        }
        burst.join().unwrap();
        agrees(&mut watcher);
        assert_eq!(watcher.state().links.len(), 901);
    }
}

kernel_test! {
    fn lost_events_cost_a_new_look_and_nothing_else() {
        let mut watcher = Watcher::new().unwrap();
        // Nobody reads meanwhile, and far more happens than the queue holds.
        let add: String = (0..100).map(|n| format!("link add n{n} type ifb\n")).collect();
        ip_batch(&add);
        let mut rounds = 0;
        while lost_events() == 0 {
            let mtu = 1300 + rounds % 2;
            let lines: String = (0..100).map(|n| format!("link set n{n} mtu {mtu}\n")).collect();
            ip_batch(&lines);
            rounds += 1;
            assert!(rounds < 500, "the queue takes everything");
        }
        ip("link del n7");
        ip("link add last0 type bridge");
        sees(&mut watcher, "the end", |state| state.link("last0").is_some() && state.links.len() == 101);
        agrees(&mut watcher);
    }
}

/// Events the kernel could not queue for the route-netlink sockets here.
fn lost_events() -> u64 {
    let table = std::fs::read_to_string("/proc/self/net/netlink").unwrap();
    table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[1] == "0")
        .map(|fields| fields[8].parse::<u64>().unwrap())
        .sum()
}

kernel_test! {
    fn a_wait_ends_when_woken_and_sleeps_otherwise() {
        let mut watcher = Watcher::new().unwrap();
        while watcher.wait(Some(Duration::from_millis(50))).unwrap() {}
        let began = Instant::now();
        assert!(!watcher.wait(Some(Duration::from_millis(300))).unwrap());
        assert!(began.elapsed() >= Duration::from_millis(290));
        let waker = watcher.waker();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            waker.wake();
        });
        // Without an end of its own.
        assert!(!watcher.wait(None).unwrap());
        thread.join().unwrap();
    }
}
