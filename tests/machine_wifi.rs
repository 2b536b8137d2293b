// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`), whose kernel has radios
//! without hardware (`mac80211_hwsim`): what can be done with a Wi-Fi card, as the
//! kernel itself says by `ip`.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::host::{Gone, digest, link};
use nova_tests::machine::in_machine;
use nova_tests::program::{nova, sh, within};

/// Two Wi-Fi cards, until this is dropped. The second one has nobody to talk to
/// but the first.
struct Radios;

impl Radios {
    fn plug() -> Self {
        let _ = sh("modprobe -r mac80211_hwsim; modprobe mac80211_hwsim radios=2").ok();
        let radios = Self;
        let are_there = || link("wlan0").is_some() && link("wlan1").is_some();
        assert!(within(20, are_there), "{}", digest());
        let _ = sh("udevadm settle; ip link set wlan0 down; ip link set wlan1 down").ok();
        radios
    }
}

impl Drop for Radios {
    fn drop(&mut self) {
        let _ = sh("modprobe -r mac80211_hwsim");
    }
}

/// A bridge that nobody looks after.
fn bridge(name: &'static str) -> Gone {
    let _ = sh(&format!(
        "ip link add {name} type bridge && ip link set {name} up"
    ))
    .ok();
    Gone(name)
}

/// Whether the kernel takes the card as a port of this bridge; it is none after.
fn kernel_takes(card: &str, bridge: &str) -> bool {
    let taken = sh(&format!("ip link set {card} master {bridge}")).code == 0;
    let _ = sh(&format!("ip link set {card} nomaster"));
    taken
}

#[test]
fn a_station_is_refused_with_the_reason_and_what_works() {
    in_machine(
        "a_station_is_refused_with_the_reason_and_what_works",
        || {
            let _radios = Radios::plug();
            let _gone = bridge("nvw-br");
            assert!(!kernel_takes("wlan0", "nvw-br"));
            let before = digest();
            for line in [
                "add-interface nvw-br wlan0",
                "create-switch nvw-new --type linux-bridge --interfaces wlan0",
                "bridge-nic wlan0",
                "create-switch nvw-ovs --type openvswitch --interfaces wlan0",
                "create-bond nvw-bond --interfaces wlan0,wlan1",
            ] {
                let words: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
                let refused = nova(&words);
                assert_eq!(refused.code, 3, "{line}: {refused:?}");
                for told in [
                    "wlan0",
                    "Wi-Fi access points accept frames of one MAC address only",
                    "cable",
                ] {
                    assert!(refused.err.contains(told), "{line}: {}", refused.err);
                }
                assert_eq!(digest(), before, "{line}");
            }
            let nat = nova(&["add-interface", "nvw-br", "wlan0", "--yes"]).err;
            assert!(nat.contains("NAT or routed libvirt network"), "{nat}");
            let shown = nova(&["show", "wlan0"]).ok();
            assert!(shown.contains("Wi-Fi card"), "{shown}");
        },
    );
}

#[test]
fn an_access_point_and_a_station_of_four_addresses_are_ports_like_others() {
    let name = "an_access_point_and_a_station_of_four_addresses_are_ports_like_others";
    in_machine(name, || {
        let _radios = Radios::plug();
        let _gone = bridge("nvw-br");
        for mode in [
            "set type __ap",
            "set type managed; iw dev wlan0 set 4addr on",
        ] {
            let _ = sh(&format!("iw dev wlan0 {mode}")).ok();
            assert!(kernel_takes("wlan0", "nvw-br"), "{mode}");
            let _ = nova(&["add-interface", "nvw-br", "wlan0", "--yes"]).ok();
            assert_eq!(link("wlan0").unwrap()["master"], "nvw-br", "{mode}");
            let _ = nova(&["remove-interface", "nvw-br", "wlan0", "--yes"]).ok();
            assert!(link("wlan0").unwrap()["master"].is_null(), "{mode}");
            let _ = sh("ip link set wlan0 down").ok();
        }
        // What it says while it is one again is true again.
        let _ = sh("iw dev wlan0 set 4addr off").ok();
        assert!(!kernel_takes("wlan0", "nvw-br"));
        let refused = nova(&["add-interface", "nvw-br", "wlan0", "--yes"]);
        assert_eq!(refused.code, 3, "{refused:?}");
    });
}
