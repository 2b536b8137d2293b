// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window as a person sees it, on the lab's desktop: what happens on the
//! host is read on the screen.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::host::Gone;
use nova_tests::program::{run, sh, within};
use nova_tests::seat::Seat;

#[test]
fn every_page_and_dialog_opens_without_a_complaint() {
    let person = Seat::at("topology");
    for page in [
        "Switches", "Cards", "Networks", "Monitor", "History", "Topology",
    ] {
        person.presses(Role::ListItem, page);
        assert!(
            within(10, || person
                .sees(Role::ListItem, page)
                .is_some_and(|item| item.states.contains(State::Selected))),
            "{}",
            person.describes()
        );
    }
    person.presses(Role::Button, "Help");
    person.waits_for("Search the list");
    person.presses(Role::Button, "Close");
    person.presses(Role::ListItem, "Switches");
    person.presses(Role::ListItem, "br0");
    person.presses(Role::Button, "Configure…");
    person.waits_for("Configure br0");
    person.presses(Role::Button, "Cancel");
    person.presses(Role::Button, "Attach Port…");
    person.waits_for("Attach to br0");
    person.presses(Role::Button, "Cancel");
    person.presses(Role::Button, "Create Switch…");
    person.presses(Role::Button, "Advanced");
    person.presses(Role::Button, "Cancel");
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    for page in [
        "topology", "switches", "cards", "networks", "monitor", "history",
    ] {
        let person = Seat::at(page);
        person.waits_for("libvirt: connected");
        let nameless: Vec<_> = person
            .looks()
            .into_iter()
            .filter(|thing| thing.is_showing() && thing.name.is_empty())
            .filter(|thing| thing.role != Role::ScrollBar)
            .filter(|thing| thing.actions.iter().any(|action| action != "SetFocus"))
            .collect();
        assert!(nameless.is_empty(), "{page}: {nameless:?}");
    }
}

#[test]
fn a_change_made_outside_is_on_the_screen() {
    let person = Seat::at("switches");
    let _gone = Gone("outside0");
    let _ = sh("ip link add outside0 type bridge").ok();
    person.waits_for("outside0");
    let _ = sh("ip link delete outside0").ok();
    assert!(within(10, || !person.reads("outside0")));
}

#[test]
fn the_arrow_keys_select_what_is_shown() {
    let _gone = Gone("aaa0");
    let _ = sh("ip link add aaa0 type bridge").ok();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "aaa0");
    person.waits_for("aaa0");
    person.strikes(&["ctrl+f", "Down", "Down"]);
    let second = || person.sees(Role::ListItem, "br0");
    assert!(
        within(10, || second()
            .is_some_and(|row| row.states.contains(State::Selected))),
        "{}",
        person.describes()
    );
    person.waits_for("192.0.2.5/24");
}

#[test]
fn a_machine_started_and_stopped_in_libvirt_changes_its_state_on_the_screen() {
    let person = Seat::at("networks");
    person.presses(Role::ListItem, "default");
    person.presses(Role::PageTab, "Machines (2)");
    let state = |word: &str| {
        within(30, || {
            person
                .sees(Role::ListItem, "build")
                .is_some_and(|machine| machine.says(word))
        })
    };
    assert!(state("running"), "{}", person.describes());
    let _ = run("virsh", &["destroy", "build"]).ok();
    let stopped = state("off");
    let _ = run("virsh", &["start", "build"]).ok();
    assert!(stopped, "{}", person.describes());
    assert!(state("running"), "{}", person.describes());
}

/// Starts libvirt again when dropped, whatever the test did.
struct LibvirtBack;

impl Drop for LibvirtBack {
    fn drop(&mut self) {
        let _ = sh(
            "systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket \
             libvirtd.service; virsh --readonly list",
        );
    }
}

#[test]
fn without_libvirt_the_window_says_so_and_shows_the_rest() {
    let _back = LibvirtBack;
    let _ = sh(
        "systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket",
    )
    .ok();
    let person = Seat::at("networks");
    person.waits_for("libvirt: missing");
    person.waits_for("systemctl start libvirtd");
    // The picture without its machines has the same notice.
    person.presses(Role::ListItem, "Topology");
    person.presses(Role::Button, "Try Again");
    person.presses(Role::ListItem, "Switches");
    person.presses(Role::ListItem, "br0");
    drop(LibvirtBack);
    assert!(within(30, || person.reads("libvirt: connected")));
}

/// For a person who writes tests: `--ignored --nocapture`.
#[test]
#[ignore = "prints what is on the screen"]
fn shows_what_is_on_the_screen() {
    println!("{}", Seat::beside().describes());
}
