// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). What the window can do
//! where the kernel can: the table of VLANs, sub-interfaces, bonds; pressed as a
//! person would. Effects are read with `bridge` and `ip`.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::host::{Cable, Gone, link};
use nova_tests::machine::in_machine_with_window;
use nova_tests::permission::Allowed;
use nova_tests::program::{sh, within};
use nova_tests::seat::Seat;
use serde_json::Value;

/// What is applied or undone takes its time in an emulated machine.
const LONG: u64 = 90;

macro_rules! window_test {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() {
            in_machine_with_window(stringify!($name), || $body);
        }
    };
}

/// The VLANs of a port with their flags, as `bridge` shows them.
fn vlans(port: &str) -> Vec<(u64, String)> {
    let shown = sh(&format!("bridge -j vlan show dev {port}")).json();
    let listed = shown[0]["vlans"].as_array().cloned().unwrap_or_default();
    listed
        .iter()
        .map(|vlan| {
            let flags = vlan["flags"].as_array().cloned().unwrap_or_default();
            let flags: Vec<&str> = flags.iter().filter_map(Value::as_str).collect();
            (vlan["vlan"].as_u64().unwrap_or(0), flags.join(" "))
        })
        .collect()
}

fn filters(bridge: &str) -> bool {
    let data = link(bridge).unwrap()["linkinfo"]["info_data"].clone();
    data["vlan_filtering"] == 1
}

/// Goes from a form to the very end.
fn applies(person: &Seat, is_so: impl FnMut() -> bool) {
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    assert!(within(LONG, is_so), "{}", person.describes());
    // The window tells later than the kernel.
    let is_told = || !person.reads("What will happen");
    assert!(within(LONG, is_told), "{}", person.describes());
}

/// Takes back what was applied last, by the history.
fn undoes(person: &Seat, is_so: impl FnMut() -> bool) {
    // In a text field Ctrl+Z is the field's.
    person.strikes(&["ctrl+6"]);
    person.presses(Role::Button, "Undo…");
    person.presses(Role::Button, "Apply");
    assert!(within(LONG, is_so), "{}", person.describes());
}

window_test! {
fn the_table_of_vlans_is_edited_applied_and_undone() {
    let _allowed = Allowed::for_user("nova");
    let _ = sh("ip link delete nvw-br");
    let _gone = Gone("nvw-br");
    let (_first, _second) = (Cable::lay("nvw-a"), Cable::lay("nvw-b"));
    let _ = sh("set -e; ip link add nvw-br type bridge; ip link set nvw-br up; \
        for port in nvw-a nvw-b; do ip link set $port master nvw-br up; done")
    .ok();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "nvw-br");
    person.presses(Role::PageTab, "VLANs");
    person.presses(Role::CheckBox, "Filter by VLAN");
    person.types("Add VLANs to the table", "100");
    person.presses(Role::Button, "Add Column");
    // Once: tagged; twice: untagged; three times: native.
    person.presses(Role::Button, "VLAN 100 on nvw-a: not carried");
    person.presses(Role::Button, "VLAN 100 on nvw-b: not carried");
    person.presses(Role::Button, "VLAN 100 on nvw-b: tagged");
    person.presses(Role::Button, "VLAN 100 on nvw-b: untagged");
    assert!(!filters("nvw-br"), "nothing has happened yet");
    applies(&person, || {
        filters("nvw-br")
            && vlans("nvw-a").contains(&(100, String::new()))
            && vlans("nvw-b").contains(&(100, "PVID Egress Untagged".to_owned()))
    });
    undoes(&person, || {
        !filters("nvw-br") && [vlans("nvw-a"), vlans("nvw-b")]
            == [1, 1].map(|vlan| vec![(vlan, "PVID Egress Untagged".to_owned())])
    });
}}

window_test! {
fn a_sub_interface_is_made_on_a_card_and_undone() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("nvw-c");
    let person = Seat::at("cards");
    person.presses(Role::ListItem, "nvw-c");
    person.presses(Role::Button, "Create VLAN…");
    person.types("VLAN", "100");
    applies(&person, || link("nvw-c.100").is_some());
    let made = link("nvw-c.100").unwrap()["linkinfo"].clone();
    assert_eq!(made["info_data"]["id"], 100, "{made}");
    undoes(&person, || link("nvw-c.100").is_none());
}}

window_test! {
fn two_cards_become_a_bond_and_are_free_again() {
    let _allowed = Allowed::for_user("nova");
    let _ = sh("ip link delete nvw-bond");
    let _gone = Gone("nvw-bond");
    let (_first, _second) = (Cable::lay("nvw-d"), Cable::lay("nvw-e"));
    let person = Seat::at("cards");
    person.presses(Role::Button, "Create Bond…");
    person.types("Name", "nvw-bond");
    for card in ["nvw-d", "nvw-e"] {
        person.reaches(Role::CheckBox, card);
        person.presses(Role::CheckBox, card);
        let is_chosen = || {
            person
                .sees(Role::CheckBox, card)
                .is_some_and(|card| card.states.contains(State::Checked))
        };
        assert!(within(LONG, is_chosen), "{}", person.describes());
    }
    let bond = |name: &str| link(name).and_then(|link| link["master"].as_str().map(str::to_owned));
    applies(&person, || {
        ["nvw-d", "nvw-e"].iter().all(|card| bond(card).as_deref() == Some("nvw-bond"))
    });
    let made = link("nvw-bond").unwrap()["linkinfo"].clone();
    assert_eq!(made["info_data"]["mode"], "active-backup", "{made}");
    undoes(&person, || {
        link("nvw-bond").is_none() && ["nvw-d", "nvw-e"].iter().all(|card| bond(card).is_none())
    });
}}
