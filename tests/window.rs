// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window as a person sees it, on the lab's desktop: what happens on the
//! host is read on the screen.

use nova_tests::desktop::OnDesktop;
use nova_tests::host::Gone;
use nova_tests::person::Person;
use nova_tests::program::{sh, within};

/// Opens the window on a page, with a person before it.
fn open(page: &str) -> (OnDesktop, Person) {
    let window = OnDesktop::start("nova-desktop", &["nova-desktop", "--page", page]);
    let person = Person::sit_down("Networking");
    (window, person)
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
