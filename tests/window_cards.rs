// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Network cards, bonds and sub-interfaces, pressed as a person would. Effects
//! are read with `ip`. The kernel of the lab has neither bonds nor 802.1Q
//! sub-interfaces: what it says to that is what the window has to say.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::host::{Cable, digest, link};
use nova_tests::permission::Allowed;
use nova_tests::program::{nova, sh, within};
use nova_tests::seat::Seat;

/// Opens the page about a card.
fn at_card(name: &str) -> Seat {
    let person = Seat::at("cards");
    person.presses(Role::ListItem, name);
    let is_there = || person.sees(Role::Heading, name).is_some();
    assert!(within(30, is_there), "{}", person.describes());
    person
}

/// Goes from a form to the very end.
fn applies(person: &Seat, outcome: &str) {
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    person.waits_for(outcome);
}

fn can_be_reviewed(person: &Seat) -> bool {
    let review = person.sees(Role::Button, "Review…").unwrap();
    review.states.contains(State::Enabled)
}

fn mtu(name: &str) -> i64 {
    link(name).unwrap()["mtu"].as_i64().unwrap()
}

fn is_up(name: &str) -> bool {
    let flags = link(name).unwrap()["flags"].clone();
    flags.as_array().unwrap().iter().any(|flag| flag == "UP")
}

#[test]
fn a_card_tells_what_it_is_and_what_becomes_of_it() {
    let cable = Cable::lay("plug0");
    let person = at_card("plug0");
    person.waits_for("free");
    person.waits_for("Configured by: nobody");
    person.waits_for("MTU: 1500 bytes");
    let _ = cable.far("ip link set far down").ok();
    person.waits_for("no carrier");
    let _ = sh("ip address add 198.51.100.9/24 dev plug0").ok();
    person.waits_for("Addresses: 198.51.100.9/24");
}

#[test]
fn an_mtu_is_set_and_undone() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("plug0");
    let person = at_card("plug0");
    person.presses(Role::Button, "Set MTU…");
    person.sets("MTU in bytes", 1400.0);
    applies(&person, "MTU of plug0 set");
    assert_eq!(mtu("plug0"), 1400);
    person.waits_for("MTU: 1400 bytes");
    person.presses(Role::Button, "Undo");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || mtu("plug0") == 1500));
}

#[test]
fn an_mtu_out_of_range_is_told_beside_the_field() {
    let _cable = Cable::lay("plug0");
    let person = at_card("plug0");
    person.presses(Role::Button, "Set MTU…");
    person.sets("MTU in bytes", 60.0);
    person.waits_for("68 to 65535");
    assert!(!can_be_reviewed(&person));
}

#[test]
fn a_card_is_set_down_and_up_again() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("plug0");
    let person = at_card("plug0");
    person.presses(Role::Button, "Set Down…");
    person.presses(Role::Button, "Apply");
    person.waits_for("plug0 set down");
    assert!(!is_up("plug0"));
    person.presses(Role::Button, "Set Up…");
    person.presses(Role::Button, "Apply");
    person.waits_for("plug0 set up");
    assert!(is_up("plug0"));
}

#[test]
fn a_card_leads_to_the_assistant_with_itself_chosen() {
    let _cable = Cable::lay("plug0");
    let person = at_card("plug0");
    person.presses(Role::Button, "Bridge This Card…");
    person.waits_for("Bridge a Network Card");
    let chosen = || {
        person
            .sees(Role::RadioButton, "plug0")
            .is_some_and(|card| card.states.contains(State::Checked))
    };
    assert!(within(30, chosen), "{}", person.describes());
    person.presses(Role::Button, "Cancel");
}

#[test]
fn the_topology_leads_to_the_page_of_a_card() {
    let _cable = Cable::lay("plug0");
    let person = Seat::at("topology");
    person.waits_for("plug0");
    let node = person
        .looks()
        .into_iter()
        .find(|thing| thing.role == Role::Button && thing.name.contains("plug0"));
    person.presses(Role::Button, &node.unwrap().name);
    person.presses(Role::Button, "Open Page");
    person.waits_for("MTU: 1500 bytes");
    // The page has its actions a moment after its facts.
    for (role, name) in [(Role::Button, "Set MTU…"), (Role::Heading, "plug0")] {
        assert!(
            within(30, || person.sees(role, name).is_some()),
            "{name}: {}",
            person.describes()
        );
    }
}

/// The cause of a refusal, as the command line prints it.
fn cause(words: &[&str]) -> String {
    let ran = nova(words);
    assert_ne!(ran.code, 0, "{ran:?}");
    let first = ran.err.lines().find(|line| line.contains("this kernel"));
    let first = first.unwrap_or_default().trim_start_matches("nova: ");
    assert!(!first.is_empty(), "{ran:?}");
    first.to_owned()
}

#[test]
fn a_sub_interface_that_the_kernel_lacks_is_refused_in_the_words_of_the_command_line() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("plug0");
    let before = digest();
    let told = cause(&["create-vlan", "plug0", "100", "--yes"]);
    let person = at_card("plug0");
    person.presses(Role::Button, "Create VLAN…");
    person.types("VLAN", "4095");
    person.waits_for("1 to 4094");
    assert!(!can_be_reviewed(&person));
    person.types("VLAN", "100");
    person.presses(Role::Button, "Review…");
    person.waits_for("plug0.100 appears and is up");
    person.presses(Role::Button, "Apply");
    person.waits_for(&told);
    person.presses(Role::Button, "Close");
    assert_eq!(digest(), before);
}

#[test]
fn a_bond_that_the_kernel_lacks_is_refused_in_the_words_of_the_command_line() {
    let _allowed = Allowed::for_user("nova");
    let (_one, _two) = (Cable::lay("plug0"), Cable::lay("plug1"));
    let before = digest();
    let told = cause(&[
        "create-bond",
        "bond0",
        "--interfaces",
        "plug0,plug1",
        "--yes",
    ]);
    let person = Seat::at("cards");
    person.waits_for("plug1");
    person.strikes(&["ctrl+n"]);
    person.presses(Role::CheckBox, "plug0");
    person.presses(Role::CheckBox, "plug1");
    person.presses(Role::Button, "Review…");
    person.waits_for("Create bond bond0");
    person.waits_for("plug1 becomes a member of bond0");
    person.presses(Role::Button, "Apply");
    person.waits_for(&told);
    person.presses(Role::Button, "Close");
    assert_eq!(digest(), before);
}

#[test]
fn what_is_wrong_with_a_bond_is_told_at_its_field() {
    let _cable = Cable::lay("plug0");
    let person = Seat::at("cards");
    person.presses(Role::Button, "Create Bond…");
    person.types("Name", "plug0");
    person.waits_for("the name belongs to a");
    assert!(!can_be_reviewed(&person));
    person.types("Name", "bond5");
    person.chooses(
        "How its members are used",
        "Together, agreed by LACP (802.3ad)",
    );
    person.sets("Monitoring interval in milliseconds", 0.0);
    person.waits_for("which looks at links");
    assert!(!can_be_reviewed(&person));
    // A port of a switch cannot be a member, and says why.
    person.waits_for("It is a port of br0 already");
    person.presses(Role::Button, "Cancel");
}
