// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The detail of a switch, pressed as a person would: port dialog, VLANs,
//! mirrors and limits, on a Linux bridge and on one of Open vSwitch. Effects
//! are read with `ip`, `tc` and `ovs-vsctl`.

#![allow(clippy::unwrap_used)]

use atspi::Role;
use nova_tests::host::{Gone, digest, link};
use nova_tests::permission::Allowed;
use nova_tests::program::{nova, sh, within};
use nova_tests::seat::Seat;

/// A bridge with two cables as ports; gone when the guard is.
struct Bridge {
    _gone: [Gone; 3],
}

impl Bridge {
    fn make() -> Self {
        let gone = [Gone("detail0"), Gone("card0"), Gone("card1")];
        let made = sh("
            for link in detail0 card0 card1; do ip link delete $link 2>/dev/null; done
            set -e
            ip link add detail0 type bridge
            for card in card0 card1; do
                ip link add $card type veth peer name far-$card
                ip link set $card master detail0
                ip link set $card up
                ip link set far-$card up
            done
            ip link set detail0 up");
        let _ = made.ok();
        Self { _gone: gone }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // What is bound to a port of it would wait for that to come again.
        let _ = nova(&["delete-switch", "detail0", "--foreign", "--yes"]);
    }
}

/// A bridge of Open vSwitch with two internal ports; gone when it is dropped.
struct OvsBridge;

impl OvsBridge {
    fn make() -> Self {
        let made = sh("
            set -e
            ovs-vsctl --if-exists del-br detail1
            ovs-vsctl add-br detail1 -- set bridge detail1 datapath_type=netdev
            for port in one two; do
                ovs-vsctl add-port detail1 d1$port -- set interface d1$port type=internal
            done");
        let _ = made.ok();
        Self
    }
}

impl Drop for OvsBridge {
    fn drop(&mut self) {
        let _ = sh("ovs-vsctl --if-exists del-br detail1");
    }
}

/// What a command prints, without the line break at its end.
fn told(command: &str) -> String {
    sh(command).ok().trim().to_owned()
}

/// Goes to a tab of a switch.
fn opens(person: &Seat, switch: &str, tab: &str) {
    person.presses(Role::ListItem, switch);
    person.presses(Role::PageTab, tab);
}

/// Goes from a form to the very end.
fn applies(person: &Seat, outcome: &str) {
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    person.waits_for(outcome);
}

#[test]
fn cost_and_options_of_a_port_are_set_in_its_dialog() {
    let _allowed = Allowed::for_user("nova");
    let _bridge = Bridge::make();
    let person = Seat::at("switches");
    opens(&person, "detail0", "Ports (2)");
    person.presses(Role::Button, "Configure card0…");
    person.sets("Path cost", 7.0);
    person.presses(Role::CheckBox, "Hairpin");
    applies(&person, "port card0 configured");
    let port = link("card0").unwrap()["linkinfo"]["info_slave_data"].clone();
    assert_eq!(port["cost"], 7, "{port}");
    assert_eq!(port["hairpin"], true, "{port}");
    person.waits_for("hairpin on");
}

#[test]
fn a_cost_out_of_range_is_told_beside_the_field() {
    let _bridge = Bridge::make();
    let before = digest();
    let person = Seat::at("switches");
    opens(&person, "detail0", "Ports (2)");
    person.presses(Role::Button, "Configure card0…");
    person.sets("Path cost", 0.0);
    person.waits_for("1 to 65535");
    let review = person.sees(Role::Button, "Review…").unwrap();
    assert!(!review.states.contains(atspi::State::Enabled));
    assert_eq!(digest(), before);
}

#[test]
fn a_port_of_open_vswitch_becomes_a_trunk_and_is_undone() {
    let _allowed = Allowed::for_user("nova");
    let _bridge = OvsBridge::make();
    let person = Seat::at("switches");
    opens(&person, "detail1", "VLANs");
    person.presses(Role::Button, "VLANs of d1one…");
    let trunks = || told("ovs-vsctl get port d1one trunks");
    person.chooses("VLAN mode", "Trunk: several VLANs");
    person.types("Tagged VLANs", "100,200");
    applies(&person, "d1one configured");
    assert_eq!(trunks(), "[100, 200]");
    assert_eq!(told("ovs-vsctl get port d1one vlan_mode"), "trunk");
    person.presses(Role::Button, "Undo");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || trunks() == "[]"));
}

#[test]
fn a_linux_bridge_gets_a_mirror_and_loses_it_again() {
    let _allowed = Allowed::for_user("nova");
    let _bridge = Bridge::make();
    let _analyser = Gone("card2");
    let _ = sh("ip link delete card2; ip link add card2 type veth peer name far-card2");
    let copies = |card, way| told(&format!("tc filter show dev {card} {way}"));
    let person = Seat::at("switches");
    opens(&person, "detail0", "Mirrors");
    person.waits_for("No mirrors");
    person.presses(Role::Button, "Create Mirror…");
    person.presses(Role::CheckBox, "card0");
    person.presses(Role::CheckBox, "card1");
    // One direction for all of them, and for one of them another.
    person.chooses("Direction", "Egress: what leaves");
    person.chooses("Direction of card0", "Both");
    person.chooses("Destination", "card2");
    applies(&person, "detail0 mirrors to card2");
    for (card, way) in [
        ("card0", "ingress"),
        ("card0", "egress"),
        ("card1", "egress"),
    ] {
        let copied = copies(card, way);
        assert!(
            copied.contains("Egress Mirror to device card2"),
            "{card} {way}: {copied}"
        );
    }
    assert_eq!(copies("card1", "ingress"), "");
    person.waits_for("card0, card1 egress → card2");
    person.presses(Role::Button, "Remove mirror-card2…");
    person.presses(Role::Button, "Apply");
    person.waits_for("No mirrors");
    let rest = || copies("card0", "ingress") + &copies("card1", "egress");
    assert!(within(30, || rest().is_empty()), "{}", rest());
}

#[test]
fn open_vswitch_gets_a_mirror_and_loses_it_again() {
    let _allowed = Allowed::for_user("nova");
    let _bridge = OvsBridge::make();
    let mirrors = || told("ovs-vsctl get bridge detail1 mirrors");
    let person = Seat::at("switches");
    opens(&person, "detail1", "Mirrors");
    person.presses(Role::Button, "Create Mirror…");
    person.presses(Role::CheckBox, "d1one");
    person.chooses("Destination", "d1two");
    applies(&person, "detail1 mirrors to d1two");
    assert_ne!(mirrors(), "[]");
    person.presses(Role::Button, "Remove mirror-d1two…");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || mirrors() == "[]"), "{}", mirrors());
}

#[test]
fn a_port_is_limited_and_freed_again() {
    let _allowed = Allowed::for_user("nova");
    let _bridge = Bridge::make();
    let queue = || told("tc qdisc show dev card0; tc class show dev card0");
    let person = Seat::at("switches");
    opens(&person, "detail0", "QoS");
    person.presses(Role::Button, "Limit card0…");
    person.types("Egress rate", "50Mbps");
    person.waits_for("50 Mbit/s");
    applies(&person, "card0 limited");
    assert!(
        queue().contains("htb") && queue().contains("rate 50Mbit"),
        "{}",
        queue()
    );
    person.waits_for("receives at most 50 Mbit/s");
    // What a class stands for is read in the two fields below it, and the other
    // way round.
    person.presses(Role::Button, "Limit card0…");
    person.chooses("Class", "Realtime: voice and video");
    let is_marked = || person.holds("DSCP").as_deref() == Some("46");
    assert!(within(30, is_marked), "{}", person.describes());
    person.types("DSCP", "34");
    person.waits_for("Other: as given below");
    person.types("DSCP", "64");
    person.waits_for("0 to 63");
    person.types("DSCP", "46");
    person.waits_for("Realtime: voice and video");
    person.strikes(&["Escape"]);
    person.presses(Role::Button, "Remove Limits of card0…");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || !queue().contains("htb")), "{}", queue());
}

#[test]
fn a_rate_without_a_unit_is_told_beside_the_field() {
    let _bridge = Bridge::make();
    let before = digest();
    let person = Seat::at("switches");
    opens(&person, "detail0", "QoS");
    person.presses(Role::Button, "Limit card0…");
    person.types("Ingress rate", "100");
    person.waits_for("500kbps, 100Mbps");
    assert_eq!(digest(), before);
}

#[test]
fn the_spanning_tree_is_told_live() {
    let _bridge = Bridge::make();
    let person = Seat::at("switches");
    opens(&person, "detail0", "STP");
    person.waits_for("Nothing stops frames from circling");
    let _ = sh("ip link set detail0 type bridge stp_state 1 forward_delay 400").ok();
    person.waits_for("detail0 is the root");
    person.waits_for("designated port");
    person.waits_for("forwarding");
}
