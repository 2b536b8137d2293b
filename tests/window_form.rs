// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Lists and forms of the window as a person meets them: what they are about
//! stays, what was filled in stays, and the keyboard is enough.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::host::{Cable, Gone, digest};
use nova_tests::program::{sh, within};
use nova_tests::seat::Seat;

/// A bridge made by hand, gone when the guard is.
fn bridge(name: &'static str) -> Gone {
    let gone = Gone(name);
    let _ = sh(&format!(
        "ip link delete {name} 2>/dev/null; ip link add {name} type bridge"
    ))
    .ok();
    gone
}

fn is_enabled(person: &Seat, button: &str) -> bool {
    person
        .sees(Role::Button, button)
        .is_some_and(|button| button.states.contains(State::Enabled))
}

#[test]
fn a_dialog_stays_with_what_it_was_opened_for() {
    let _gone = bridge("aform0");
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "aform0");
    person.presses(Role::Button, "Attach Port…");
    person.waits_for("Attach to aform0");
    let _ = sh("ip link delete aform0").ok();
    assert!(within(30, || person
        .sees(Role::ListItem, "aform0")
        .is_none()));
    person.waits_for("Attach to aform0");
    person.presses(Role::Button, "Cancel");
    // The page says so instead of showing the next switch.
    person.waits_for("gone");
    assert!(!is_enabled(&person, "Delete…"), "{}", person.describes());
}

#[test]
fn a_search_selects_nothing_else_and_finds_no_icons() {
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "br0");
    person.waits_for("192.0.2.5/24");
    person.strikes(&["ctrl+f"]);
    // A word in the name of the icon of each row.
    person.writes("symbolic");
    person.waits_for("Nothing found");
    person.waits_for("192.0.2.5/24");
    assert!(within(30, || person.sees(Role::PageTab, "VLANs").is_some()));
    person.presses(Role::Button, "Clear Search");
    assert!(within(30, || person.sees(Role::ListItem, "br0").is_some()));
}

#[test]
fn a_form_comes_back_as_it_was_when_its_review_is_cancelled() {
    let before = digest();
    let person = Seat::at("switches");
    person.presses(Role::Button, "Create Switch…");
    person.types("Name", "aform1");
    person.presses(Role::CheckBox, "Spanning tree");
    person.presses(Role::Button, "Review…");
    person.waits_for("aform1 appears");
    person.strikes(&["Escape"]);
    person.waits_for("Create Switch");
    assert!(
        within(30, || person.holds("Name").as_deref() == Some("aform1")),
        "{}",
        person.describes()
    );
    let tree = person.sees(Role::CheckBox, "Spanning tree").unwrap();
    assert!(tree.states.contains(State::Checked), "{tree}");
    // And it still leads to the review.
    person.presses(Role::Button, "Review…");
    person.waits_for("aform1 appears");
    person.strikes(&["Escape"]);
    person.waits_for("Create Switch");
    person.presses(Role::Button, "Cancel");
    assert_eq!(digest(), before);
}

#[test]
fn return_in_a_number_goes_on_to_the_review() {
    let _gone = bridge("aform2");
    let before = digest();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "aform2");
    person.presses(Role::Button, "Configure…");
    person.waits_for("Configure aform2");
    person.types("Hello time in seconds", "3");
    person.strikes(&["Return"]);
    person.waits_for("What will happen");
    person.strikes(&["Escape"]);
    assert_eq!(digest(), before);
}

#[test]
fn a_switch_is_created_from_any_page_by_its_keys() {
    let person = Seat::at("monitor");
    person.waits_for("libvirt: connected");
    person.strikes(&["ctrl+n"]);
    person.waits_for("Create Switch");
    assert!(within(30, || is_enabled(&person, "Review…")));
    person.presses(Role::Button, "Cancel");
}

#[test]
fn a_chosen_link_that_vanishes_is_not_chosen_any_more() {
    let _gone = bridge("aform3");
    let cable = Cable::lay("aform4");
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "aform3");
    person.presses(Role::Button, "Attach Port…");
    person.presses(Role::CheckBox, "aform4");
    assert!(within(30, || is_enabled(&person, "Review…")));
    drop(cable);
    assert!(
        within(30, || !is_enabled(&person, "Review…")),
        "{}",
        person.describes()
    );
    person.presses(Role::Button, "Cancel");
}

#[test]
fn the_suggested_name_of_a_port_follows_its_kind() {
    let made = sh("
        ovs-vsctl --if-exists del-br aform5
        ovs-vsctl add-br aform5 -- set bridge aform5 datapath_type=netdev");
    let _ = made.ok();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "aform5");
    person.presses(Role::Button, "Add Port…");
    let begins = |with: &str| {
        within(30, || {
            person
                .holds("Name")
                .is_some_and(|name| name.starts_with(with))
        })
    };
    assert!(begins("port"), "{:?}", person.holds("Name"));
    person.presses(Role::RadioButton, "Tunnel to another host");
    assert!(begins("vxlan"), "{:?}", person.holds("Name"));
    // What is missing is told, but no field is marked that nobody has touched.
    person.waits_for("an IPv4 or IPv6 address");
    person.presses(Role::Button, "Cancel");
    let _ = sh("ovs-vsctl --if-exists del-br aform5");
}

#[test]
fn links_of_the_monitor_can_be_pressed() {
    let person = Seat::at("monitor");
    person.waits_for("receives");
    let pressable = || {
        person.looks().into_iter().any(|thing| {
            thing.role == Role::ListItem
                && thing.name.starts_with("br0,")
                && thing.actions.iter().any(|action| action == "Press")
        })
    };
    assert!(within(30, pressable), "{}", person.describes());
}
