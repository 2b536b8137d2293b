// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The dialogs of Open vSwitch, pressed to the end as a person would: a
//! controller, a pair of patch ports, a tunnel and a bond. Effects are read with
//! `ovs-vsctl` and `ovs-appctl`.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::host::Cable;
use nova_tests::ovs::Start;
use nova_tests::permission::Allowed;
use nova_tests::person::Thing;
use nova_tests::program::{sh, within};
use nova_tests::seat::Seat;

/// Bridges of Open vSwitch with these names; gone when this is dropped.
struct Bridges(&'static [&'static str]);

impl Bridges {
    fn make(names: &'static [&'static str]) -> Self {
        for name in names {
            let _ = sh(&format!(
                "set -e; ovs-vsctl --if-exists del-br {name}; \
                 ovs-vsctl add-br {name} -- set bridge {name} datapath_type=netdev"
            ))
            .ok();
        }
        Self(names)
    }
}

impl Drop for Bridges {
    fn drop(&mut self) {
        for name in self.0 {
            let _ = sh(&format!("ovs-vsctl --if-exists del-br {name}"));
        }
    }
}

/// What `ovs-vsctl` prints, without quotes and the line break at its end.
fn vsctl(line: &str) -> String {
    let told = sh(&format!("ovs-vsctl {line}")).ok();
    told.trim().replace('"', "")
}

/// Types into a field that one may have to scroll to.
fn fills(person: &Seat, field: &str, text: &str) {
    person.reaches(Role::Text, field);
    person.types(field, text);
}

/// Goes from a form to the very end.
fn applies(person: &Seat, outcome: &str) {
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    person.waits_for(outcome);
}

/// Takes the last change back.
fn undoes(person: &Seat) {
    person.presses(Role::Button, "Undo");
    person.presses(Role::Button, "Apply");
}

#[test]
fn a_controller_is_set_and_taken_away_again() {
    let _allowed = Allowed::for_user("nova");
    let _bridges = Bridges::make(&["ovsdlg0"]);
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "ovsdlg0");
    person.presses(Role::Button, "Configure…");
    // What is no address of a controller goes no further.
    fills(&person, "Controllers", "192.0.2.1");
    let is_refused = || {
        let review = person.sees(Role::Button, "Review…");
        review.is_some_and(|review| !review.states.contains(State::Enabled))
    };
    assert!(within(30, is_refused), "{}", person.describes());
    fills(&person, "Controllers", "tcp:192.0.2.1:6653");
    applies(&person, "ovsdlg0 configured");
    assert_eq!(vsctl("get-controller ovsdlg0"), "tcp:192.0.2.1:6653");
    person.waits_for("tcp:192.0.2.1:6653");
    undoes(&person);
    let none = || vsctl("get-controller ovsdlg0").is_empty();
    assert!(within(30, none), "{}", vsctl("get-controller ovsdlg0"));
}

#[test]
fn two_switches_are_joined_by_patch_ports() {
    let _allowed = Allowed::for_user("nova");
    let _bridges = Bridges::make(&["ovsdlg0", "ovsdlg1"]);
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "ovsdlg0");
    person.presses(Role::Button, "Add Port…");
    person.presses(Role::RadioButton, "Cable to another switch");
    fills(&person, "Name", "dlgpatch0");
    fills(&person, "Name of the other end", "dlgpatch1");
    applies(&person, "dlgpatch0 added to ovsdlg0");
    for (port, peer, switch) in [
        ("dlgpatch0", "dlgpatch1", "ovsdlg0"),
        ("dlgpatch1", "dlgpatch0", "ovsdlg1"),
    ] {
        assert_eq!(vsctl(&format!("get interface {port} type")), "patch");
        assert_eq!(vsctl(&format!("get interface {port} options:peer")), peer);
        assert_eq!(vsctl(&format!("port-to-br {port}")), switch);
    }
    undoes(&person);
    let ports = || vsctl("list-ports ovsdlg0") + &vsctl("list-ports ovsdlg1");
    assert!(within(30, || ports().is_empty()), "{}", ports());
}

#[test]
fn a_tunnel_to_another_host_is_made() {
    let _allowed = Allowed::for_user("nova");
    let _bridges = Bridges::make(&["ovsdlg0"]);
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "ovsdlg0");
    person.presses(Role::Button, "Add Port…");
    person.presses(Role::RadioButton, "Tunnel to another host");
    fills(&person, "Name", "dlgvx0");
    fills(&person, "Address of the other host", "192.0.2.9");
    fills(&person, "Key (VNI)", "4242");
    applies(&person, "dlgvx0 added to ovsdlg0");
    assert_eq!(vsctl("get interface dlgvx0 type"), "vxlan");
    assert_eq!(vsctl("get interface dlgvx0 options:remote_ip"), "192.0.2.9");
    assert_eq!(vsctl("get interface dlgvx0 options:key"), "4242");
    assert_eq!(vsctl("port-to-br dlgvx0"), "ovsdlg0");
}

#[test]
fn a_step_that_fails_is_marked_and_the_change_can_be_reviewed_again() {
    let _allowed = Allowed::for_user("nova");
    let _bridges = Bridges::make(&["ovsdlg0"]);
    // To ovs-vswitchd no key and key 0 are the same tunnel.
    let first = "set interface dlgvx0 type=vxlan options:remote_ip=192.0.2.9";
    let _ = sh(&format!("ovs-vsctl add-port ovsdlg0 dlgvx0 -- {first}")).ok();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "ovsdlg0");
    person.presses(Role::Button, "Add Port…");
    person.presses(Role::RadioButton, "Tunnel to another host");
    fills(&person, "Name", "dlgvx1");
    fills(&person, "Address of the other host", "192.0.2.9");
    fills(&person, "Key (VNI)", "0");
    applies(&person, "Open vSwitch could not make it");
    let failed = |it: &Thing| it.role == Role::ListItem && it.name.ends_with(", failed");
    assert!(
        within(30, || person.sees_where(failed).is_some()),
        "{}",
        person.describes()
    );
    assert_eq!(vsctl("list-ports ovsdlg0"), "dlgvx0");
    // Once the cause is gone, the same wish is planned anew.
    let _ = sh("ovs-vsctl del-port dlgvx0").ok();
    person.presses(Role::Button, "Review Again");
    person.waits_for("What will happen");
    person.presses(Role::Button, "Apply");
    person.waits_for("dlgvx1 added to ovsdlg0");
    assert_eq!(vsctl("list-ports ovsdlg0"), "dlgvx1");
}

#[test]
fn a_bond_of_two_cards_is_made() {
    let _allowed = Allowed::for_user("nova");
    let _cables = [Cable::lay("dlgcard0"), Cable::lay("dlgcard1")];
    let _bridges = Bridges::make(&["ovsdlg0"]);
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "ovsdlg0");
    person.presses(Role::Button, "Add Port…");
    person.presses(Role::RadioButton, "Bond of several links");
    fills(&person, "Name", "dlgbond0");
    for card in ["dlgcard0", "dlgcard1"] {
        person.reaches(Role::CheckBox, card);
        person.presses(Role::CheckBox, card);
    }
    applies(&person, "dlgbond0 added to ovsdlg0");
    assert_eq!(vsctl("get port dlgbond0 bond_mode"), "active-backup");
    let shown = sh("ovs-appctl bond/show dlgbond0").ok();
    assert!(
        shown.contains("dlgcard0") && shown.contains("dlgcard1"),
        "{shown}"
    );
    assert_eq!(vsctl("port-to-br dlgbond0"), "ovsdlg0");
    // How it spreads frames can be changed later, too.
    person.presses(Role::PageTab, "Ports (1)");
    person.presses(Role::Button, "Configure dlgbond0…");
    person.chooses("How frames are spread", "By MAC address (balance-slb)");
    person.chooses("LACP", "Passive: it answers");
    applies(&person, "dlgbond0 configured");
    assert_eq!(vsctl("get port dlgbond0 bond_mode"), "balance-slb");
    assert_eq!(vsctl("get port dlgbond0 lacp"), "passive");
}

#[test]
fn a_switch_whose_daemon_does_not_run_is_not_seen_rather_than_gone() {
    let _bridges = Bridges::make(&["ovsdlg0"]);
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "ovsdlg0");
    person.waits_for("Open vSwitch: connected");
    let back = Start;
    let _ = sh("systemctl stop openvswitch-switch ovs-vswitchd ovsdb-server").ok();
    person.waits_for("not seen");
    person.waits_for("Open vSwitch is not running: its database does not answer");
    drop(back);
    person.waits_for("Open vSwitch: connected");
    assert!(
        within(30, || !person.reads("not seen")),
        "{}",
        person.describes()
    );
}
