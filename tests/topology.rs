// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The picture of the network and the charts as a person without a mouse uses
//! them. Runs in the lab, whose desktop is up.

use atspi::Role;
use nova_tests::desktop::OnDesktop;
use nova_tests::host::Gone;
use nova_tests::person::Person;
use nova_tests::program::sh;

/// Opens the window on a page, with a person before it.
fn open(page: &str) -> (OnDesktop, Person) {
    let window = OnDesktop::start("nova-desktop", &["nova-desktop", "--page", page]);
    let person = Person::sit_down("Nova");
    (window, person)
}

#[test]
fn a_switch_of_the_picture_is_found_pressed_and_described() {
    let _gone = Gone("pictured0");
    let _ = sh("ip link add pictured0 type bridge && ip link set pictured0 up").ok();
    let (_window, person) = open("topology");
    person.waits_for("Linux bridge pictured0, up");
    person.presses(Role::Button, "Linux bridge pictured0, up");
    person.waits_for("Details of pictured0");
}

#[test]
fn a_link_is_measured_on_the_monitor() {
    let _gone = Gone("measured0");
    let _ = sh("ip link add measured0 type bridge && ip link set measured0 up").ok();
    let (_window, person) = open("monitor");
    person.waits_for("measured0, Linux bridge, receives 0 b/s, sends 0 b/s");
}
