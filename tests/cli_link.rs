// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. MTU and MAC address of links and bridges from the command
//! line (T10, T11 of what was measured), read back with `ip` and from the
//! kernel's own file.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::lan::newest;
use nova_tests::program::{Ran, nova, sh};

const OWN: &str = "52:54:00:aa:bb:cc";

/// Runs a line of `nova network`.
fn does(line: &str) -> Ran {
    nova(&line.split(' ').chain(["--yes"]).collect::<Vec<_>>())
}

fn mtu(name: &str) -> u64 {
    link(name).unwrap()["mtu"].as_u64().unwrap()
}

fn mac(name: &str) -> String {
    link(name).unwrap()["address"].as_str().unwrap().to_owned()
}

/// Whether a bridge keeps its address whatever ports it gets, in the kernel's
/// number: 3 where it was set, 1 where it is made up or follows the ports.
fn is_set(name: &str) -> bool {
    sh(&format!("cat /sys/class/net/{name}/addr_assign_type"))
        .ok()
        .trim()
        == "3"
}

/// Two cards of which the second has the lower address, and free names of
/// bridges: one is there, made by hand, with the first card as its port.
struct Scene {
    _cables: [Cable; 2],
    _gone: [Gone; 2],
}

impl Scene {
    fn lay() -> Self {
        let _ = sh("ip link delete nvm-br; ip link delete nvm-new");
        let cables = ["nvm-a", "nvm-b"].map(Cable::lay);
        let _ = sh(
            "set -e; ip link set nvm-a address 52:54:00:00:00:0a; ip link set nvm-b address 52:54:00:00:00:01; \
             ip link add nvm-br type bridge; ip link set nvm-br up; ip link set nvm-a master nvm-br",
        )
        .ok();
        assert_eq!(mac("nvm-br"), "52:54:00:00:00:0a");
        Self {
            _cables: cables,
            _gone: [Gone("nvm-br"), Gone("nvm-new")],
        }
    }
}

#[test]
fn a_switch_is_made_with_a_mac_address_and_an_mtu() {
    let _alone = alone();
    let _scene = Scene::lay();
    let before = digest();
    for (mac_is, expected) in [
        (OWN, OWN),
        ("nvm-b", "52:54:00:00:00:01"),
        ("52:54:00:00:00:FE", "52:54:00:00:00:fe"),
    ] {
        let ran = does(&format!(
            "create-switch nvm-new --interfaces nvm-b --mac {mac_is} --mtu 1400"
        ));
        assert_eq!(ran.code, 0, "{mac_is}: {ran:?}");
        assert_eq!(mac("nvm-new"), expected, "{mac_is}");
        assert_eq!(mtu("nvm-new"), 1400, "{mac_is}");
        assert_eq!(mtu("nvm-b"), 1500, "{mac_is}");
        assert!(is_set("nvm-new"), "{mac_is}");
        let undone = nova(&["undo", &newest(), "--yes"]);
        assert_eq!(undone.code, 0, "{mac_is}: {undone:?}");
        assert_eq!(digest(), before, "{mac_is}");
    }
    // The one it has from the beginning: no port brings another.
    let ran = does("create-switch nvm-new --mac keep");
    assert_eq!(ran.code, 0, "{ran:?}");
    let own = mac("nvm-new");
    assert!(is_set("nvm-new"));
    let _ = sh("ip link set nvm-b master nvm-new").ok();
    assert_eq!(mac("nvm-new"), own);
}

#[test]
fn a_bridge_that_follows_its_ports_keeps_the_address_it_is_given() {
    let _alone = alone();
    let _scene = Scene::lay();
    let line = "configure-bridge nvm-br --mac";
    // Without any of this it would take the lower one of a new port.
    let _ = sh("ip link set nvm-b master nvm-br").ok();
    assert_eq!(mac("nvm-br"), "52:54:00:00:00:01");
    let ran = does(&format!("{line} nvm-a"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(mac("nvm-br"), "52:54:00:00:00:0a");
    let ran = does(&format!("{line} {OWN}"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(mac("nvm-br"), OWN);
    let undone = nova(&["undo", &newest(), "--yes"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert_eq!(mac("nvm-br"), "52:54:00:00:00:0a");
}

#[test]
fn keep_pins_the_address_that_a_bridge_has_from_its_ports() {
    let _alone = alone();
    let _scene = Scene::lay();
    let plan = nova(&["configure-bridge", "nvm-br", "--mac", "keep", "--dry-run"]).ok();
    assert!(
        plan.contains("no longer takes the lowest MAC address of its ports"),
        "{plan}"
    );
    assert!(!is_set("nvm-br"));
    let ran = does("configure-bridge nvm-br --mac keep");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(is_set("nvm-br"));
    let _ = sh("ip link set nvm-b master nvm-br").ok();
    assert_eq!(mac("nvm-br"), "52:54:00:00:00:0a");
    let again = does("configure-bridge nvm-br --mac keep");
    assert!(again.out.contains("Nothing has to be done"), "{again:?}");
}

#[test]
fn the_mtu_of_a_bridge_and_of_a_card_is_set_and_brought_back() {
    let _alone = alone();
    let _scene = Scene::lay();
    let plan = nova(&["configure-bridge", "nvm-br", "--mtu", "1300", "--dry-run"]).ok();
    assert!(plan.contains("may have fitted the MTU"), "{plan}");
    assert_eq!(mtu("nvm-br"), 1500);
    for (line, name, set, was) in [
        ("configure-bridge nvm-br --mtu 1300", "nvm-br", 1300, 1500),
        ("set-mtu nvm-br 9000", "nvm-br", 9000, 1500),
        ("set-mtu nvm-b 1280", "nvm-b", 1280, 1500),
        ("set-mtu nvm-b 68", "nvm-b", 68, 1500),
    ] {
        let ran = does(line);
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        assert_eq!(mtu(name), set, "{line}");
        let undone = nova(&["undo", &newest(), "--yes"]);
        assert_eq!(undone.code, 0, "{line}: {undone:?}");
        assert_eq!(mtu(name), was, "{line}");
    }
    // T11: set once, it no longer follows a port.
    let _ = does("set-mtu nvm-a 1300");
    assert_eq!((mtu("nvm-a"), mtu("nvm-br")), (1300, 1500));
    let already = does("set-mtu nvm-br 1500");
    assert!(already.out.contains("already has an MTU"), "{already:?}");
}

/// Line, exit code, words of the message.
const REFUSALS: &[(&str, i32, &str)] = &[
    ("set-mtu nvm-b 67", 2, "68 to 65535 bytes"),
    ("set-mtu nvm-b 0", 2, "68 to 65535 bytes"),
    ("set-mtu nvm-b 65536", 2, "68 to 65535 bytes"),
    ("set-mtu nvm-b 4294967296", 2, "68 to 65535"),
    ("set-mtu nvm-b -1", 2, "a whole number, 68 to 65535"),
    ("set-mtu nvm-b 1500B", 2, "a whole number, 68 to 65535"),
    ("set-mtu nvm-b", 2, "<MTU>"),
    ("set-mtu lo 1500", 3, "the loopback interface keeps its MTU"),
    ("set-mtu nvm-none 1500", 5, "there is no link nvm-none"),
    (
        "set-mtu nvm-a 1279",
        2,
        "IPv6 needs 1280 bytes and nvm-a has IPv6 addresses",
    ),
    ("configure-bridge nvm-br --mtu 67", 2, "68 to 65535 bytes"),
    ("create-switch nvm-new --mtu 65536", 2, "68 to 65535 bytes"),
    (
        "configure-bridge nvm-br --mac 01:00:5e:00:00:01",
        2,
        "the first byte even",
    ),
    (
        "configure-bridge nvm-br --mac ff:ff:ff:ff:ff:ff",
        2,
        "the first byte even",
    ),
    (
        "configure-bridge nvm-br --mac 00:00:00:00:00:00",
        2,
        "not all zeros",
    ),
    (
        "configure-bridge nvm-br --mac 52:54:00",
        2,
        "\"keep\", the name of a port, or an address",
    ),
    (
        "configure-bridge nvm-br --mac nvm-b",
        5,
        "nvm-b is not a port of it",
    ),
    (
        "configure-bridge nvm-br --mac nvm-none",
        5,
        "there is no link nvm-none",
    ),
    ("configure-bridge nvm-a --mac keep", 3, "not a Linux bridge"),
    (
        "create-switch nvm-new --mac nvm-a",
        5,
        "nvm-a is a port of nvm-br",
    ),
    // The bridge of this line would be made before its address is refused.
    (
        "create-switch nvm-new --mac 01:00:5e:00:00:01",
        2,
        "the first byte even",
    ),
];

#[test]
fn what_no_link_can_have_is_refused_and_changes_nothing() {
    let _alone = alone();
    let _scene = Scene::lay();
    let _ = sh("ip -6 address add 2001:db8:5::5/64 dev nvm-a nodad").ok();
    let before = digest();
    for (line, code, says) in REFUSALS {
        let ran = does(line);
        assert_eq!(ran.code, *code, "{line}: {ran:?}");
        assert!(ran.err.contains(says), "{line}: {ran:?}");
        assert!(ran.out.is_empty(), "{line}: {ran:?}");
        assert_eq!(digest(), before, "{line}");
    }
}
