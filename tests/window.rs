// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window as a person sees it, on the lab's desktop: what happens on the
//! host is read on the screen.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::bus::OwnHistory;
use nova_tests::desktop::run_on_desktop;
use nova_tests::host::{Frozen, Gone, Hostile, is_tame};
use nova_tests::person::{Person, Thing};
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
            within(30, || person
                .sees(Role::ListItem, page)
                .is_some_and(|item| item.states.contains(State::Selected))),
            "{}",
            person.describes()
        );
    }
    person.presses(Role::Button, "Help");
    person.waits_for("Search the list");
    person.leaves("Help", "Close");
    person.presses(Role::ListItem, "Switches");
    person.presses(Role::ListItem, "br0");
    person.presses(Role::Button, "Configure…");
    person.waits_for("Configure br0");
    person.leaves("Configure br0", "Cancel");
    person.presses(Role::Button, "Attach Port…");
    person.waits_for("Attach to br0");
    person.leaves("Attach to br0", "Cancel");
    person.presses(Role::Button, "Create Switch…");
    person.presses(Role::Button, "Advanced");
    person.leaves("Create Switch", "Cancel");
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    for page in [
        "topology", "switches", "cards", "networks", "monitor", "history",
    ] {
        let person = Seat::at(page);
        person.waits_for("libvirt: connected");
        all_has_names(&person, page);
    }
}

#[track_caller]
fn all_has_names(person: &Person, place: &str) {
    let fields = [
        Role::Entry,
        Role::SpinButton,
        Role::ComboBox,
        Role::CheckBox,
    ];
    let shown: Vec<_> = person.looks();
    let shown: Vec<_> = shown.iter().filter(|thing| thing.is_showing()).collect();
    let is_radio = |thing: &&&Thing| thing.role == Role::RadioButton;
    let (named, nameless): (Vec<&Thing>, Vec<&Thing>) =
        shown.iter().partition(|thing| !thing.name.is_empty());
    // The circle of a radio delegate of Kirigami Addons tells itself beside the
    // delegate, which has the name.
    let circles = named.iter().filter(is_radio).count();
    let radios = nameless.iter().filter(is_radio).count();
    assert!(radios <= circles, "{place}: {nameless:?}");
    let nameless: Vec<_> = nameless
        .into_iter()
        .filter(|thing| !matches!(thing.role, Role::ScrollBar | Role::RadioButton))
        .filter(|thing| {
            fields.contains(&thing.role) || thing.actions.iter().any(|action| action != "SetFocus")
        })
        .collect();
    assert!(nameless.is_empty(), "{place}: {nameless:?}");
}

#[test]
fn everything_in_tabs_and_what_opens_in_a_dialog_has_a_name() {
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "br0");
    let tabs = ["Ports (2)", "VLANs", "STP", "Learned", "Mirrors", "QoS"];
    for tab in tabs {
        person.presses(Role::PageTab, tab);
        let is_there = || {
            let found = person.sees(Role::PageTab, tab);
            found.is_some_and(|tab| tab.states.contains(State::Checked))
        };
        assert!(within(30, is_there), "{tab}: {}", person.describes());
        all_has_names(&person, tab);
    }
    // Those of dialogs: window_keyboard. One has more that opens.
    person.presses(Role::Button, "Create Switch…");
    person.waits_for_field("Name");
    person.presses(Role::Button, "Advanced");
    all_has_names(&person, "Create Switch");
    person.leaves("Create Switch", "Cancel");
}

#[test]
fn what_is_not_read_yet_says_so_and_the_rest_is_there() {
    let frozen = Frozen::unit("libvirtd");
    let person = Seat::at("networks");
    person.waits_for("Reading the host…");
    person.waits_for("has not answered yet");
    person.presses(Role::ListItem, "Switches");
    person.waits_for("br0");
    drop(frozen);
    person.waits_for("libvirt: connected");
    person.presses(Role::ListItem, "Networks");
    person.waits_for("default");
}

#[test]
fn a_change_made_outside_is_on_the_screen() {
    let person = Seat::at("switches");
    let _gone = Gone("outside0");
    // How soon, with the time that reading the screen takes, is told for the figures.
    let since = std::time::Instant::now();
    let _ = sh("ip link add outside0 type bridge").ok();
    person.waits_for("outside0");
    println!("on the screen after {} ms", since.elapsed().as_millis());
    let since = std::time::Instant::now();
    let _ = sh("ip link delete outside0").ok();
    assert!(within(30, || !person.reads("outside0")));
    println!("gone from it after {} ms", since.elapsed().as_millis());
}

#[test]
fn started_again_the_window_that_is_open_shows_what_was_asked() {
    let person = Seat::at("monitor");
    person.waits_for("Top talkers");
    let again = run_on_desktop(&["nova-desktop", "--page", "history"]);
    assert_eq!((again.code, again.err.as_str()), (0, ""), "{again:?}");
    let is_chosen = || {
        person
            .sees(Role::ListItem, "History")
            .is_some_and(|item| item.states.contains(State::Selected))
    };
    assert!(within(30, is_chosen), "{}", person.describes());
    let windows = run("pgrep", &["-u", "nova", "-c", "-x", "nova-desktop"]).out;
    assert_eq!(windows.trim(), "1");
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
        within(30, || second()
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
    // What is shown without its machines has the same notice.
    for page in ["Topology", "Monitor", "Switches"] {
        person.presses(Role::ListItem, page);
        let is_there = || {
            let notice = person.sees_where(|it| it.name.contains("systemctl start libvirtd"));
            let is_open = person.sees(Role::Heading, page).is_some();
            is_open && notice.is_some() && person.sees(Role::Button, "Try Again").is_some()
        };
        assert!(within(30, is_there), "{page}: {}", person.describes());
    }
    person.presses(Role::ListItem, "br0");
    drop(LibvirtBack);
    assert!(within(30, || person.reads("libvirt: connected")));
}

#[test]
fn without_the_helper_the_window_says_so_and_shows_the_rest() {
    struct HelperBack;
    impl Drop for HelperBack {
        fn drop(&mut self) {
            let _ = sh("systemctl unmask --runtime nova-helper");
        }
    }
    let _ = sh("systemctl stop nova-helper; systemctl mask --runtime nova-helper").ok();
    let back = HelperBack;
    let person = Seat::at("history");
    person.waits_for("Helper: missing");
    person.sees(Role::Button, "Try Again").unwrap();
    for page in ["Topology", "Cards", "Switches"] {
        person.presses(Role::ListItem, page);
        let notice = || {
            let is_open = person.sees(Role::Heading, page).is_some();
            is_open && person.sees(Role::Button, "Try Again").is_some()
        };
        assert!(within(30, notice), "{page}: {}", person.describes());
    }
    person.presses(Role::ListItem, "br0");
    drop(back);
    person.presses(Role::ListItem, "History");
    person.presses(Role::Button, "Try Again");
    person.waits_for("Helper: connected");
}

#[test]
fn a_history_without_changes_is_told_as_that() {
    let _new = OwnHistory::begin();
    let person = Seat::at("history");
    person.waits_for("No changes");
    person.waits_for("Every change made through Nova is listed here");
}

#[test]
fn a_host_without_links_is_told_as_that_on_each_page() {
    let person = Seat::without_links("switches");
    person.waits_for("No switches");
    for (page, told) in [("Cards", "No network cards"), ("Monitor", "No link is up")] {
        person.presses(Role::ListItem, page);
        person.waits_for(told);
    }
}

#[test]
fn the_topology_is_enlarged_and_fitted_into_the_window_again() {
    let person = Seat::at("topology");
    person.waits_for("libvirt: connected");
    let width = || {
        let places = person.places();
        let node = places.iter().find(|it| {
            it.thing.role == Role::Button
                && it.thing.is_showing()
                && it.thing.name.starts_with("Linux bridge br0")
        });
        node.map(|it| it.extents.2)
    };
    assert!(within(30, || width().is_some()), "{}", person.describes());
    person.presses(Role::Button, "Fit");
    // It glides to its place.
    let mut fitted = None;
    assert!(within(30, || {
        let before = std::mem::replace(&mut fitted, width());
        fitted.is_some() && before == fitted
    }));
    person.presses(Role::Button, "Zoom In");
    person.presses(Role::Button, "Zoom In");
    assert!(within(30, || width() > fitted), "{fitted:?}");
    person.presses(Role::Button, "Fit");
    assert!(within(30, || width() == fitted), "{fitted:?} {:?}", width());
}

#[test]
fn hostile_names_are_on_the_screen_as_what_they_are() {
    let _hostile = Hostile::make();
    let person = Seat::at("switches");
    for name in Hostile::SHOWN {
        assert!(
            within(30, || person.sees(Role::ListItem, name).is_some()),
            "{name}: {}",
            person.describes()
        );
    }
    // What stands on each page once it is filled.
    for (page, there) in [
        ("Topology", "gateway"),
        ("Cards", "network card"),
        ("Networks", "NAT"),
        ("Monitor", "Links by name"),
        ("History", ""),
    ] {
        person.presses(Role::ListItem, page);
        let is_filled = || match there {
            _ if person.sees(Role::Heading, page).is_none() => false,
            "" => person.reads("No changes") || person.reads("Search"),
            there => person.reads(there),
        };
        assert!(within(30, is_filled), "{page}: {}", person.describes());
        let wild = person.looks().into_iter().find(|it| !is_tame(&it.name));
        assert!(wild.is_none(), "{page}: {wild:?}");
    }
}

/// For a person who writes tests: `--ignored --nocapture`.
#[test]
#[ignore = "prints what is on the screen"]
fn shows_what_is_on_the_screen() {
    println!("{}", Seat::beside().describes());
}
