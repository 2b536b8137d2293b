// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Changes made in the window as a person would, pressed to the very end: what
//! has become of them is read with `ip` and `virsh`.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_model::history::{ChangeState, RollbackReason};
use nova_tests::bus::{Client, helper};
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::notice::Notices;
use nova_tests::permission::{Allowed, Denied};
use nova_tests::program::{nova, run, run_as, sh, within};
use nova_tests::reference::{Fault, no_change_is_open};
use nova_tests::seat::Seat;

/// A bridge made by hand that is up, gone when the guard is.
fn bridge(name: &'static str) -> Gone {
    let gone = Gone(name);
    let _ = sh(&format!(
        "ip link delete {name} 2>/dev/null; ip link add {name} type bridge && ip link set {name} up"
    ))
    .ok();
    gone
}

#[test]
fn a_switch_is_created_and_undone() {
    let _allowed = Allowed::for_user("nova");
    let before = digest();
    let _gone = Gone("window0");
    let person = Seat::at("switches");
    person.presses(Role::Button, "Create Switch…");
    person.types("Name", "window0");
    person.presses(Role::Button, "Review…");
    person.waits_for("window0 appears");
    assert!(link("window0").is_none(), "a review changes nothing");
    person.presses(Role::Button, "Apply");
    person.waits_for("window0 created");
    assert_eq!(link("window0").unwrap()["linkinfo"]["info_kind"], "bridge");
    // The dialog of the change still fades out.
    person.presses(Role::Button, "Undo");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || link("window0").is_none()));
    assert_eq!(digest(), before);
}

#[test]
fn a_switch_is_created_by_keyboard_alone_and_undone_from_the_history() {
    let _allowed = Allowed::for_user("nova");
    let before = digest();
    let _gone = Gone("window1");
    let person = Seat::at("switches");
    person.waits_for("libvirt: connected");
    person.strikes(&["ctrl+n"]);
    person.waits_for_field("Name");
    person.writes("window1");
    person.strikes(&["Return"]);
    person.waits_for("window1 appears");
    // A key that comes while the review opens does not apply it unseen.
    let asks = || {
        let apply = person.sees(Role::Button, "Apply");
        apply.is_some_and(|button| button.states.contains(State::Focused))
    };
    assert!(within(30, asks), "{}", person.describes());
    person.strikes(&["Return"]);
    person.waits_for("window1 created");
    assert!(link("window1").is_some());
    // The keys of the window are a dialog's until it has faded out: who strikes too
    // early strikes again.
    let opens = || {
        person.strikes(&["ctrl+z"]);
        within(2, || person.sees(Role::Button, "Undo…").is_some())
    };
    assert!(within(30, opens), "{}", person.describes());
    person.presses(Role::Button, "Undo…");
    person.waits_for("Delete bridge window1");
    assert!(within(30, asks), "{}", person.describes());
    person.strikes(&["Return"]);
    assert!(within(30, || link("window1").is_none()));
    assert_eq!(digest(), before);
}

#[test]
fn the_command_line_begins_to_create_a_switch_and_escape_ends_it() {
    let before = digest();
    let person = Seat::with(&["--create-switch"]);
    person.waits_for_field("Name");
    person.strikes(&["Return"]);
    person.waits_for("What will happen");
    person.strikes(&["Escape"]);
    assert!(within(30, || !person.reads("What will happen")));
    assert_eq!(digest(), before);
}

#[test]
fn a_wrong_name_is_told_beside_the_field_and_nothing_is_changed() {
    let before = digest();
    let person = Seat::at("switches");
    person.presses(Role::Button, "Create Switch…");
    person.types("Name", "Br 0");
    person.waits_for("a lower-case letter, then up to 14");
    let review = person.sees(Role::Button, "Review…").unwrap();
    assert!(!review.states.contains(State::Enabled));
    assert_eq!(digest(), before);
}

#[test]
fn without_permission_nothing_changes_and_one_can_try_again() {
    let before = digest();
    let _gone = Gone("window2");
    let person = Seat::at("switches");
    person.presses(Role::Button, "Create Switch…");
    person.types("Name", "window2");
    person.presses(Role::Button, "Review…");
    person.waits_for("window2 appears");
    person.presses(Role::Button, "Apply");
    person.waits_for("authoris");
    person.waits_for("window2 appears");
    assert_eq!(digest(), before);
    let _allowed = Allowed::for_user("nova");
    person.presses(Role::Button, "Apply");
    person.waits_for("window2 created");
    assert!(link("window2").is_some());
}

/// An addressed network card is to be attached to a switch, up to the review.
fn review(person: &Seat) {
    person.presses(Role::ListItem, "keep0");
    person.presses(Role::Button, "Attach Port…");
    person.presses(Role::CheckBox, "card0");
    person.presses(Role::Button, "Review…");
    person.waits_for("198.51.100.2/24 moves from card0 to keep0");
}

/// The same, up to the question whether to keep it.
fn attach(person: &Seat) {
    review(person);
    person.presses(Role::Button, "Apply");
    person.waits_for("Keep these changes?");
    assert_eq!(link("card0").unwrap()["master"], "keep0");
}

#[test]
fn a_change_that_can_cut_off_is_reverted_when_asked() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("card0");
    let _ = sh("ip address add 198.51.100.2/24 dev card0").ok();
    let _gone = bridge("keep0");
    let before = digest();
    let person = Seat::at("switches");
    attach(&person);
    person.presses(Role::Button, "Revert");
    assert!(within(30, || digest() == before), "{}", digest());
    assert!(within(30, || !person.reads("Keep these changes?")));
}

#[test]
fn behind_other_windows_a_notification_asks_and_takes_the_answer() {
    let _allowed = Allowed::for_user("nova");
    let _gone = bridge("keep0");
    let notices = Notices::show();
    let person = Seat::at("switches");
    person.waits_for("keep0");
    let priority = || link("keep0").unwrap()["linkinfo"]["info_data"]["priority"].clone();
    let waits = |priority: &str| {
        let line = format!(
            "network configure-bridge keep0 --priority {priority} --confirm-within 60s --yes"
        );
        let _ = run_as("nova", "nova", &line.split(' ').collect::<Vec<_>>()).ok();
    };
    waits("4096");
    person.waits_for("Keep these changes?");
    assert_eq!(
        notices.shown(),
        [],
        "the window itself asks, and is in front"
    );
    person.minimises();
    let notice = notices.waits_for("Keep these changes?");
    assert!(notice.text.contains("keep0"), "{notice:?}");
    assert!(notice.text.contains("Nova reverts it in "), "{notice:?}");
    notices.presses(&notice, "Revert");
    assert!(within(30, || priority() == 32768), "{}", priority());
    assert!(
        within(30, || notices.shown().is_empty()),
        "{:?}",
        notices.shown()
    );

    let client = Client::connect();
    waits("8192");
    let notice = notices.waits_for("Keep these changes?");
    notices.presses(&notice, "Keep");
    let is_kept = || client.history()[0].state == ChangeState::Confirmed;
    assert!(within(30, is_kept), "{:?}", client.history()[0].state);
    assert_eq!(priority(), 8192);
    assert!(
        within(30, || notices.shown().is_empty()),
        "{:?}",
        notices.shown()
    );

    // Answered elsewhere, it asks no more.
    waits("12288");
    let _ = notices.waits_for("Keep these changes?");
    let id = client.history()[0].plan.id.to_string();
    let _ = nova(&["rollback", &id]).ok();
    assert!(
        within(30, || notices.shown().is_empty()),
        "{:?}",
        notices.shown()
    );
}

#[test]
fn what_a_revert_left_is_tried_again_from_the_history() {
    let _allowed = Allowed::for_user("nova");
    let _gone = ["left0", "lefttap"].map(|name| {
        let _ = sh(&format!("ip link delete {name}"));
        Gone(name)
    });
    let before = digest();
    let person = Seat::at("switches");
    let line = "network create-switch left0 --yes --confirm-within 60s";
    let _ = run_as("nova", "nova", &line.split(' ').collect::<Vec<_>>()).ok();
    person.waits_for("Keep these changes?");
    // The tap of a machine, which would lose its switch.
    let _ = sh("ip tuntap add lefttap mode tap && ip link set lefttap master left0").ok();
    person.presses(Role::Button, "Revert");
    person.waits_for("was undone in part, this remains");
    assert!(link("left0").is_some());
    let _ = sh("ip link delete lefttap").ok();
    person.presses(Role::ListItem, "History");
    person.waits_for("reverted in part");
    person.presses(Role::Button, "Try Again");
    person.waits_for("Reverted: ");
    assert!(within(30, || digest() == before), "{}", digest());
    let is_told = || !person.reads("reverted in part");
    assert!(within(30, is_told), "{}", person.describes());
}

/// Seconds until the change is reverted, as the bar tells them.
fn told(person: &Seat) -> Option<u32> {
    let bar = person.sees_where(|it| it.name.starts_with("Keep these changes? Nova reverts"))?;
    let mut words = bar.name.split_whitespace();
    words.find_map(|word| word.parse().ok())
}

#[test]
fn a_change_that_is_not_kept_in_time_is_reverted_and_the_history_tells_why() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("card0");
    let _ = sh("ip address add 198.51.100.2/24 dev card0").ok();
    let _gone = bridge("keep0");
    let before = digest();
    let person = Seat::at("switches");
    attach(&person);
    let has_less = || told(&person).is_some_and(|left| left < 59);
    assert!(within(30, has_less), "{}", person.describes());
    let least = told(&person).unwrap();
    person.presses(Role::Button, "More Time");
    let has_more = || told(&person).is_some_and(|left| left > least + 50);
    assert!(within(30, has_more), "{:?}, {least} before", told(&person));

    // What is said elsewhere about how long it waits holds for the bar, too.
    let as_nova = |words: &[&str]| run_as("nova", "nova", &[&["network"], words].concat());
    let history = as_nova(&["history", "--output", "json"]).json();
    let id = history[0]["plan"]["id"].as_str().unwrap();
    let _ = as_nova(&["extend", id, "10s"]).ok();
    let has_ten = || told(&person).is_none_or(|left| left <= 10);
    assert!(within(30, has_ten), "{:?} of 10 s", told(&person));
    assert_eq!(link("card0").unwrap()["master"], "keep0");
    assert!(within(30, || digest() == before), "{}", digest());
    assert!(
        within(30, || !person.reads("Keep these changes?")),
        "{}",
        person.describes()
    );
    person.presses(Role::ListItem, "History");
    person.waits_for("Reverted, not kept in time.");
}

#[test]
fn a_change_that_needs_no_keeping_waits_as_long_as_was_chosen() {
    let _allowed = Allowed::for_user("nova");
    let before = digest();
    let _gone = Gone("window4");
    let person = Seat::at("switches");
    let review = || {
        person.presses(Role::Button, "Create Switch…");
        person.types("Name", "window4");
        person.presses(Role::Button, "Review…");
        person.waits_for("window4 appears");
        person.waits_for("The change counts at once.");
    };
    review();
    person.chooses("Time to keep it", "5 minutes");
    person.waits_for("Nova reverts the change unless you keep it");
    person.presses(Role::Button, "Apply");
    person.waits_for("Keep these changes?");
    assert!(link("window4").is_some());
    assert!(
        told(&person).is_some_and(|left| left > 240),
        "{}",
        person.describes()
    );
    person.presses(Role::Button, "Revert");
    assert!(within(30, || digest() == before), "{}", digest());
    assert!(within(30, || !person.reads("Keep these changes?")));
    // The next one begins with what its plan asks for.
    review();
}

#[test]
fn nothing_is_asked_about_a_change_that_ended_without_the_helper_telling_it() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("card0");
    let _ = sh("ip address add 198.51.100.2/24 dev card0").ok();
    let _gone = bridge("keep0");
    let before = digest();
    let person = Seat::at("switches");
    attach(&person);
    let _ = sh("systemctl kill --signal=KILL nova-helper").ok();
    assert!(within(30, || digest() == before), "{}", digest());
    let is_asked = || person.reads("Keep these changes?");
    assert!(within(30, || !is_asked()), "{}", person.describes());
    person.waits_for("reverted");
}

#[test]
fn nothing_is_asked_again_when_the_history_may_not_be_read_any_more() {
    let allowed = Allowed::for_user("nova");
    let _gone = bridge("keep0");
    let before = digest();
    let person = Seat::at("switches");
    person.waits_for("keep0");
    let words = "network configure-bridge keep0 --priority 4096 --confirm-within 60s --yes";
    let words: Vec<&str> = words.split(' ').collect();
    let _ = run_as("nova", "nova", &words).ok();
    person.waits_for("Keep these changes?");
    let history = nova(&["history", "--limit", "1", "--output", "json"]).json();
    drop(allowed);
    let _denied = Denied::for_user("nova", "observe");
    let id = history[0]["plan"]["id"].as_str().unwrap();
    let _ = nova(&["rollback", id]).ok();
    assert_eq!(digest(), before);
    person.waits_for("reverted");
    let is_asked = || person.reads("Keep these changes?");
    assert!(!within(5, is_asked), "{}", person.describes());
}

#[test]
fn a_change_that_can_cut_off_is_kept_when_asked_and_the_port_detached_again() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("card0");
    let _ = sh("ip address add 198.51.100.2/24 dev card0").ok();
    let _gone = bridge("keep0");
    let person = Seat::at("switches");
    attach(&person);
    person.presses(Role::Button, "Keep");
    person.waits_for("card0 attached to keep0");
    assert_eq!(link("card0").unwrap()["master"], "keep0");
    person.presses(Role::PageTab, "Ports (1)");
    person.presses(Role::Button, "Detach card0…");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || link("card0").unwrap()["master"].is_null()));
    // Left alone it would come back while the next test begins.
    person.presses(Role::Button, "Keep");
    person.waits_for("card0 detached from keep0");
}

#[test]
fn r26_a_window_killed_at_any_stage_takes_what_was_not_kept_with_it() {
    let _allowed = Allowed::for_user("nova");
    let _cable = Cable::lay("card0");
    let _ = sh("ip address add 198.51.100.2/24 dev card0").ok();
    let _gone = bridge("keep0");
    let before = digest();
    let client = Client::connect();
    let newest = || client.history().first().map(|entry| entry.plan.id);
    let earlier = newest();
    for stage in ["reviewed", "applied", "asked about"] {
        let person = Seat::at("switches");
        if stage == "asked about" {
            attach(&person);
            person.kills();
        } else {
            review(&person);
        }
        if stage == "reviewed" {
            person.kills();
            assert_eq!(newest(), earlier);
            assert_eq!(digest(), before);
            continue;
        }
        if stage == "applied" {
            // Every request to the kernel takes its time.
            let slow = Fault::inject(&helper(), "sendto", "delay_enter=60000");
            person.presses(Role::Button, "Apply");
            let is_attached = || link("card0").unwrap()["master"] == "keep0";
            assert!(within(30, is_attached), "{stage}");
            let is_applying = client.history()[0].state == ChangeState::Applying;
            person.kills();
            drop(slow);
            assert!(is_applying);
        }
        assert!(within(30, || no_change_is_open(&client)), "{stage}");
        assert_eq!(
            client.history()[0].state,
            ChangeState::RolledBack {
                reason: RollbackReason::ClientGone
            },
            "{stage}"
        );
        assert!(within(30, || digest() == before), "{stage}: {}", digest());
    }
}

#[test]
fn a_switch_is_configured_set_down_and_deleted() {
    let _allowed = Allowed::for_user("nova");
    let _gone = bridge("form0");
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "form0");
    person.presses(Role::Button, "Configure…");
    person.presses(Role::CheckBox, "Spanning tree");
    person.sets("Hello time in seconds", 3.0);
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    person.waits_for("form0 configured");
    let options = link("form0").unwrap()["linkinfo"]["info_data"].clone();
    assert_eq!(options["stp_state"], 1, "{options}");
    assert_eq!(options["hello_time"], 300, "{options}");

    person.presses(Role::Button, "Set Down…");
    person.presses(Role::Button, "Apply");
    person.waits_for("form0 set down");
    let flags = link("form0").unwrap()["flags"].to_string();
    assert!(!flags.contains("UP"), "{flags}");

    person.presses(Role::Button, "Delete…");
    person.waits_for("form0 disappears");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || link("form0").is_none()));
}

#[test]
fn networks_are_stopped_started_and_set_to_start_with_the_host() {
    let _allowed = Allowed::for_user("nova");
    let xml = "<network><name>window-net</name><bridge name='window-br'/><ip address='10.233.0.1' netmask='255.255.255.0'/></network>";
    let _ = sh(&format!(
        "virsh net-destroy window-net; virsh net-undefine window-net; echo \"{xml}\" > /run/window-net.xml"
    ));
    let _ = sh("set -e; virsh net-define /run/window-net.xml; virsh net-start window-net").ok();
    let says = |line: &str| {
        run("virsh", &["net-info", "window-net"])
            .ok()
            .contains(line)
    };
    let person = Seat::at("networks");
    person.presses(Role::ListItem, "window-net");
    person.presses(Role::Button, "Stop…");
    person.waits_for("No running machine uses it.");
    person.presses(Role::Button, "Stop Network");
    assert!(within(30, || says("Active:         no")));
    person.presses(Role::Button, "Start");
    assert!(within(30, || says("Active:         yes")));
    person.presses(Role::CheckBox, "Start with the host");
    assert!(within(30, || says("Autostart:      yes")));
    let _ = sh("virsh net-destroy window-net; virsh net-undefine window-net");
}
