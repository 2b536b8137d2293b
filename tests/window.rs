// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window as a person uses it, on the lab's desktop: what is pressed there
//! is read with `ip`, what happens on the host is read on the screen.

#![allow(clippy::unwrap_used)]

use nova_tests::desktop::OnDesktop;
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::permission::Allowed;
use nova_tests::person::Person;
use nova_tests::program::{run, sh, within};

use atspi::Role;

/// Opens the window on a page, with a person before it.
fn open(page: &str) -> (OnDesktop, Person) {
    let window = OnDesktop::start("nova-desktop", &["nova-desktop", "--page", page]);
    let person = Person::sit_down("nova-desktop");
    (window, person)
}

#[test]
fn a_switch_is_created_and_deleted_as_a_person_would() {
    let _allowed = Allowed::for_user("nova");
    let before = digest();
    let _gone = Gone("window0");
    let (_window, person) = open("switches");
    person.presses(Role::Button, "Create Switch…");
    person.types("Name", "window0");
    person.presses(Role::Button, "Review…");
    person.waits_for("The Linux bridge window0 appears and is up");
    assert!(link("window0").is_none(), "a review changes nothing");
    person.presses(Role::Button, "Apply");
    assert!(within(10, || link("window0").is_some()));
    assert_eq!(link("window0").unwrap()["linkinfo"]["info_kind"], "bridge");

    person.presses(Role::ListItem, "window0");
    person.presses(Role::Button, "Delete…");
    person.waits_for("The Linux bridge window0 disappears");
    person.presses(Role::Button, "Apply");
    assert!(within(10, || link("window0").is_none()));
    assert_eq!(digest(), before);
}

#[test]
fn a_wrong_name_is_told_beside_the_field_and_nothing_is_changed() {
    let before = digest();
    let (_window, person) = open("switches");
    person.presses(Role::Button, "Create Switch…");
    person.types("Name", "Br 0");
    person.waits_for("a lower-case letter, then up to 14");
    assert_eq!(digest(), before);
}

#[test]
fn without_permission_nothing_changes_and_the_window_says_why() {
    let before = digest();
    let (_window, person) = open("switches");
    person.presses(Role::Button, "Create Switch…");
    person.types("Name", "window1");
    person.presses(Role::Button, "Review…");
    person.waits_for("The Linux bridge window1 appears");
    person.presses(Role::Button, "Apply");
    person.waits_for("not authorise");
    assert_eq!(digest(), before);
}

#[test]
fn a_change_made_outside_is_on_the_screen() {
    let (_window, person) = open("switches");
    let _gone = Gone("outside0");
    let _ = sh("ip link add outside0 type bridge").ok();
    person.waits_for("outside0");
    let _ = sh("ip link delete outside0").ok();
    assert!(within(10, || !person.reads("outside0")));
}

#[test]
fn a_change_that_can_cut_off_counts_down_and_is_reverted_by_a_person() {
    let _allowed = Allowed::for_user("nova");
    let cable = Cable::lay("card0");
    let _ = sh("ip address add 198.51.100.2/24 dev card0").ok();
    let _ = sh("ip link add keep0 type bridge; ip link set keep0 up");
    let _gone = Gone("keep0");
    let before = digest();
    let (_window, person) = open("switches");
    person.presses(Role::ListItem, "keep0");
    person.presses(Role::Button, "Attach Port…");
    person.presses(Role::CheckBox, "card0");
    person.presses(Role::Button, "Review…");
    person.waits_for("198.51.100.2/24 moves from card0 to keep0");
    person.presses(Role::Button, "Apply");
    assert!(within(10, || link("card0")
        .is_some_and(|card| card["master"] == "keep0")));
    person.presses(Role::Button, "Revert");
    assert!(within(10, || digest() == before), "{}", digest());
    drop(cable);
}

#[test]
fn networks_are_stopped_and_started_with_their_state_on_the_screen() {
    let _allowed = Allowed::for_user("nova");
    let xml = "<network><name>window-net</name><bridge name='window-br'/><ip address='10.233.0.1' netmask='255.255.255.0'/></network>";
    let _ = sh(&format!(
        "virsh net-destroy window-net; virsh net-undefine window-net; echo \"{xml}\" > /run/window-net.xml"
    ));
    let _ = sh("set -e; virsh net-define /run/window-net.xml; virsh net-start window-net").ok();
    let (_window, person) = open("networks");
    person.presses(Role::ListItem, "window-net");
    person.presses(Role::Button, "Stop");
    let is_active = || {
        run("virsh", &["net-info", "window-net"])
            .ok()
            .contains("Active:         yes")
    };
    assert!(within(10, || !is_active()));
    person.presses(Role::Button, "Start");
    assert!(within(10, is_active));
    let _ = sh("virsh net-destroy window-net; virsh net-undefine window-net");
}

#[test]
fn without_libvirt_the_window_says_so_and_shows_the_rest() {
    let _ = sh(
        "systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket",
    )
    .ok();
    let (_window, person) = open("networks");
    person.waits_for("libvirt");
    person.waits_for("libvirtd");
    let _ = sh(
        "systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service",
    )
    .ok();
    assert!(within(20, || !person.reads("systemctl start libvirtd")));
}
