// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The CPUs of the link of a machine, chosen in the window as a person would;
//! what is set is read in sysfs.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::permission::Allowed;
use nova_tests::program::{run, sh, within};
use nova_tests::seat::Seat;

/// The link that libvirt gave the first interface of a machine.
fn link_of(machine: &str) -> String {
    let list = run("virsh", &["domiflist", machine]).ok();
    let line = list.lines().find(|line| line.contains("vnet")).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

/// The masks of all its queues.
fn masks(link: &str) -> String {
    sh(&format!("cat /sys/class/net/{link}/queues/rx-*/rps_cpus"))
        .ok()
        .trim()
        .to_owned()
}

#[test]
fn the_cpus_of_the_link_of_a_machine_are_chosen_and_given_back() {
    let _allowed = Allowed::for_user("nova");
    // The lab's container shows it read-only, and a host does not.
    let _ = sh("mount -o remount,rw /sys/devices").ok();
    let link = link_of("web");
    let before = masks(&link);
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "br0");
    person.presses(Role::PageTab, "QoS");
    person.presses(Role::Button, &format!("CPUs of {link}…"));
    person.types("CPUs for what arrives", "4000");
    let review = || {
        let review = person.sees(Role::Button, "Review…");
        review.is_some_and(|review| review.states.contains(State::Enabled))
    };
    person.waits_for("this host has the CPU");
    assert!(within(30, || !review()), "{}", person.describes());
    person.types("CPUs for what arrives", "0");
    person.presses(Role::Button, "Review…");
    person.waits_for(&format!("What arrives at {link} is processed on CPUs 0."));
    assert_eq!(masks(&link), before, "a review changes nothing");
    person.presses(Role::Button, "Apply");
    person.waits_for(&format!("CPUs of {link} set"));
    let is_one = |mask: &str| u64::from_str_radix(&mask.replace(',', ""), 16).unwrap() == 1;
    assert!(masks(&link).lines().all(is_one), "{}", masks(&link));
    person.presses(Role::Button, "Undo");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || masks(&link) == before), "{}", masks(&link));

    // Of the whole switch: each of its ports.
    let cards = || masks("eth0") + "\n" + &masks(&link);
    let before = cards();
    person.presses(Role::Button, "CPUs of All Ports…");
    person.types("CPUs for what arrives", "0");
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    person.waits_for("CPUs of br0 set");
    assert!(cards().lines().all(is_one), "{}", cards());
    person.presses(Role::Button, "Undo");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || cards() == before), "{}", cards());
}
