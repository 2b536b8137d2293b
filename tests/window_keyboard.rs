// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window by its keyboard alone, also where there is little room: on every
//! page, in every tab and dialog, Tab and the arrow keys reach whatever can be
//! used, and all of it lies inside the window, or where one scrolls. Escape goes
//! back, to where one came from. Whatever can be used in a dialog has a name of its
//! own. `NOVA_EVERYTHING=1` goes everywhere, and not only
//! where places differ most.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use atspi::{Role, State};
use nova_tests::focus::{Focus, is_everything, misnamed, over_the_edge};
use nova_tests::host::{Cable, Gone};
use nova_tests::program::{nova, sh, within};
use nova_tests::seat::Seat;

/// Names of the pages, in the order of their keys.
const PAGES: [&str; 6] = [
    "Topology", "Switches", "Cards", "Networks", "Monitor", "History",
];

/// A Linux bridge `keys0` with a cable, a spanning tree, a mirror and a limit,
/// and one of Open vSwitch, `keys1`, with two ports and a mirror.
struct Switches {
    _cables: [Cable; 2],
    _gone: Gone,
}

impl Switches {
    fn make() -> Self {
        let cables = [Cable::lay("keycard0"), Cable::lay("keycard1")];
        let made = sh("
            ip link delete keys0 2>/dev/null
            set -e
            ip link add keys0 type bridge stp_state 1 forward_delay 400
            ip link set keycard0 master keys0
            ip link set keycard1 master keys0
            ip link set keys0 up
            ovs-vsctl --if-exists del-br keys1
            ovs-vsctl add-br keys1 -- set bridge keys1 datapath_type=netdev
            for port in k1one k1two; do
                ovs-vsctl add-port keys1 $port -- set interface $port type=internal
            done");
        let _ = made.ok();
        does("mirror-port keys0 --source keycard0 --destination keycard1");
        does("mirror-port keys1 --source k1one --destination k1two");
        does("qos keycard0 --egress-rate 50Mbps");
        Self {
            _cables: cables,
            _gone: Gone("keys0"),
        }
    }
}

/// Does something by the command line, once the helper has nothing else to do.
#[track_caller]
fn does(line: &str) {
    let words: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
    let mut last = String::new();
    let done = within(30, || {
        let ran = nova(&words);
        last = ran.err;
        ran.code == 0
    });
    assert!(done, "{line}: {last}");
}

impl Drop for Switches {
    fn drop(&mut self) {
        // What is bound to a port would wait for it to come again.
        for line in [
            "remove-mirror keys0 mirror-keycard1",
            "remove-mirror keys1 mirror-k1two",
            "remove-qos keycard0",
        ] {
            let words: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
            let _ = nova(&words);
        }
        let _ = sh("ovs-vsctl --if-exists del-br keys1");
    }
}

#[track_caller]
fn reaches_all(focus: &mut Focus<'_>, place: &str, dialog: Option<&str>, spared: &[&str]) {
    let missed = focus.misses(dialog, spared);
    assert!(
        missed.unreached.is_empty(),
        "{place}: the keyboard does not reach {:#?}",
        missed.unreached
    );
    assert!(
        missed.over.is_empty(),
        "{place}: no room for {:#?}",
        missed.over
    );
}

/// Makes the window small, 720 × 560 pixels: details stand over the list then.
fn makes_small(person: &Seat) {
    person.waits_for("libvirt: connected");
    person.resizes(720, 560);
}

#[test]
fn the_keyboard_reaches_every_control_of_every_page_and_all_have_room() {
    let person = Seat::at("topology");
    person.waits_for("libvirt: connected");
    let mut focus = Focus::of(&person);
    let opens = |focus: &mut Focus<'_>, at: usize, page: &str| {
        let _ = focus.tries(&format!("ctrl+{}", at + 1), Duration::ZERO);
        let is_open = || {
            let found = person.sees(Role::ListItem, page);
            found.is_some_and(|item| item.states.contains(State::Selected))
        };
        assert!(within(30, is_open), "{}", person.describes());
    };
    for (at, page) in PAGES.into_iter().enumerate() {
        opens(&mut focus, at, page);
        // The arrow keys open the pages, as these keys do. Who talks most is in
        // the other list, too, and another one each second.
        reaches_all(&mut focus, page, None, &["Pages", "Top talkers"]);
    }
    makes_small(&person);
    for (at, page) in PAGES.into_iter().enumerate() {
        opens(&mut focus, at, page);
        fits(&person, page);
    }
}

/// Waits until all that is shown has its room: it may still be on its way.
#[track_caller]
fn fits(person: &Seat, place: &str) {
    let fits = within(30, || over_the_edge(&person.places()).is_empty());
    assert!(fits, "{place}: {:#?}", over_the_edge(&person.places()));
}

/// The page, what is opened there, and the tab. The first of them differ most
/// from each other.
const TABS: [(&str, &str, &str); 12] = [
    ("Switches", "keys0", "QoS"),
    ("Switches", "keys0", "STP"),
    ("Switches", "keys0", "Learned"),
    ("Switches", "keys1", "Flows"),
    ("Switches", "keys0", "Overview"),
    ("Switches", "keys0", "Ports (2)"),
    ("Switches", "keys0", "VLANs"),
    ("Switches", "keys0", "Mirrors (1)"),
    ("Switches", "keys1", "VLANs"),
    ("Switches", "keys1", "Overview"),
    ("Networks", "default", "Overview"),
    ("Networks", "default", "Machines (2)"),
];

#[test]
fn the_keyboard_reaches_every_control_of_every_tab_in_little_room() {
    let _switches = Switches::make();
    let person = Seat::at("switches");
    makes_small(&person);
    let mut focus = Focus::of(&person);
    let most = if is_everything() { TABS.len() } else { 4 };
    let mut before = ("", "");
    for (page, thing, tab) in TABS.into_iter().take(most) {
        if std::mem::replace(&mut before, (page, thing)) != (page, thing) {
            person.presses(Role::ListItem, page);
            person.presses(Role::ListItem, thing);
        }
        person.presses(Role::PageTab, tab);
        fits(&person, thing);
        // The arrow keys of the pages open something else.
        reaches_all(&mut focus, &format!("{thing}, {tab}"), None, &["Pages"]);
    }
}

/// Dialogs: the page, what is opened there, or nothing, the tab, the button that
/// opens the dialog, and its title.
/// The first of them differ most from each other.
const DIALOGS: [(&str, &str, &str, &str, &str); 17] = [
    ("Switches", "", "", "Create Switch…", "Create Switch"),
    (
        "Switches",
        "keys0",
        "QoS",
        "Limit keycard0…",
        "Limits of keycard0",
    ),
    (
        "Switches",
        "keys0",
        "QoS",
        "Attach Port…",
        "Attach to keys0",
    ),
    ("Switches", "keys0", "QoS", "Delete…", "Delete bridge keys0"),
    ("Networks", "default", "", "Stop…", "Stop default?"),
    ("Switches", "", "", "Help", "Help"),
    (
        "Switches",
        "",
        "",
        "Bridge a Network Card…",
        "Bridge a Network Card",
    ),
    (
        "Switches",
        "keys0",
        "Ports (2)",
        "Configure keycard0…",
        "Port keycard0 of keys0",
    ),
    (
        "Switches",
        "keys0",
        "Ports (2)",
        "Configure…",
        "Configure keys0",
    ),
    (
        "Switches",
        "keys0",
        "Mirrors (1)",
        "Create Mirror…",
        "Mirror Ports of keys0",
    ),
    ("Switches", "keys1", "", "Configure…", "Configure keys1"),
    ("Switches", "keys1", "", "Add Port…", "Add Port to keys1"),
    (
        "Switches",
        "keys1",
        "Ports (2)",
        "Configure k1one…",
        "Port k1one of keys1",
    ),
    ("Cards", "", "", "Create Bond…", "Create Bond"),
    ("Cards", "eth1", "", "Create VLAN…", "Create VLAN on eth1"),
    ("Cards", "eth1", "", "Set MTU…", "Set MTU of eth1"),
    ("Cards", "eth1", "", "CPUs…", "CPUs of eth1"),
];

#[test]
fn every_dialog_names_its_controls_the_keyboard_reaches_them_and_escape_goes_back() {
    let _switches = Switches::make();
    let person = Seat::at("switches");
    makes_small(&person);
    let mut focus = Focus::of(&person);
    let mut at = ("", "", "");
    let most = if is_everything() { DIALOGS.len() } else { 5 };
    let mut wrong = Vec::new();
    for (number, (page, thing, tab, button, title)) in DIALOGS.into_iter().enumerate() {
        if (page, thing) != (at.0, at.1) {
            person.presses(Role::ListItem, page);
            if !thing.is_empty() {
                person.presses(Role::ListItem, thing);
                fits(&person, thing);
            }
        }
        if !tab.is_empty() && (page, thing, tab) != at {
            person.presses(Role::PageTab, tab);
        }
        at = (page, thing, tab);
        let is_by_keyboard = number < most;
        if is_by_keyboard {
            // The keyboard is where it was afterwards.
            person.reaches(Role::Button, button);
            let _ = focus.tries("space", Duration::ZERO);
        } else {
            person.presses(Role::Button, button);
        }
        assert!(
            within(30, || person.sees(Role::Dialog, title).is_some()),
            "{title}: {}",
            person.describes()
        );
        if is_by_keyboard {
            reaches_all(&mut focus, title, Some(title), &[]);
        }
        // What is filled in while the dialog opens has its name a moment later.
        let mut found = Vec::new();
        let are_well = within(10, || {
            found = misnamed(&person.places(), title);
            found.is_empty()
        });
        if !are_well {
            wrong.push(format!("{title}: {found:#?}"));
        }
        let _ = focus.tries("Escape", Duration::ZERO);
        let is_back = || {
            let from = person.sees(Role::Button, button);
            from.is_some_and(|from| from.states.contains(State::Focused))
        };
        assert!(
            within(30, || (!is_by_keyboard || is_back())
                && person.sees(Role::Dialog, title).is_none()),
            "after {title}: {}",
            person.describes()
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
