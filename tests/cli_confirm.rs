// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. `--confirm-within` on the command line: a change is handed
//! over to a later call, and undone where none comes.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::{Client, alone};
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::program::{Ran, nova, run, sh, within};

const MAKE: [&str; 6] = [
    "create-switch",
    "nvk-br",
    "--yes",
    "--confirm-within",
    "10s",
    "--stp-enable",
];

fn made() -> (Ran, String) {
    let ran = nova(&MAKE);
    let id = ran
        .out
        .lines()
        .find_map(|line| line.strip_prefix("ID "))
        .unwrap_or_else(|| panic!("{ran:?}"))
        .to_owned();
    (ran, id)
}

#[test]
fn a_change_waits_for_a_later_command_and_is_kept_by_it() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let (ran, id) = made();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("nova network confirm"), "{ran:?}");
    // The command has gone; the change has not.
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert!(link("nvk-br").is_some());
    let kept = nova(&["confirm", &id[..8]]);
    assert_eq!(kept.code, 0, "{kept:?}");
    std::thread::sleep(std::time::Duration::from_secs(8));
    assert!(link("nvk-br").is_some());
    let again = nova(&["confirm", &id]);
    assert_eq!(again.code, 3, "{again:?}");
    let _ = nova(&["delete-switch", "nvk-br", "--yes"]).ok();
}

#[test]
fn r24_a_change_that_nobody_keeps_is_undone() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let before = digest();
    let (_, id) = made();
    assert!(link("nvk-br").is_some());
    assert!(within(13, || link("nvk-br").is_none()));
    assert_eq!(digest(), before);
    let late = nova(&["confirm", &id]);
    assert_eq!(late.code, 3, "{late:?}");
    let history = nova(&["history", "--limit", "1", "--output", "json"]).json();
    assert_eq!(history[0]["plan"]["id"], id.as_str());
    assert_eq!(history[0]["state"]["state"], "rolled_back");
    assert_eq!(history[0]["state"]["reason"]["why"], "not_confirmed");
}

#[test]
fn what_waits_can_be_given_more_time() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let before = digest();
    let (_, id) = made();
    let absurd = nova(&["extend", &id, "1h"]);
    assert_eq!(absurd.code, 2, "{absurd:?}");
    assert!(
        absurd.err.contains("10 seconds to 10 minutes"),
        "{absurd:?}"
    );
    let longer = nova(&["extend", &id[..8], "5m"]);
    assert_eq!(longer.code, 0, "{longer:?}");
    // It would have been undone by now.
    assert!(!within(13, || link("nvk-br").is_none()));
    let waiting = nova(&["history", "--limit", "1", "--output", "json"]).json();
    assert_eq!(waiting[0]["state"]["state"], "pending");
    let left = waiting[0]["state"]["seconds_left"].as_u64().unwrap();
    assert!((200..=300).contains(&left), "{left}");
    let undone = nova(&["rollback", &id]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert_eq!(digest(), before);
    let late = nova(&["extend", &id]);
    assert_eq!(late.code, 3, "{late:?}");
}

#[test]
fn rollback_undoes_at_once_what_waits() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let before = digest();
    let (_, id) = made();
    let undone = nova(&["rollback", &id]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert_eq!(digest(), before);
}

#[test]
fn r26_another_user_cannot_keep_it_and_its_user_can() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let _yes = nova_tests::bus::Rule::all("YES");
    let as_user = |user: &str, arguments: &[&str]| {
        let group = if user == "nobody" { "nogroup" } else { user };
        let mut all = vec![
            format!("--reuid={user}"),
            format!("--regid={group}"),
            "--clear-groups".to_owned(),
            "nova".to_owned(),
            "network".to_owned(),
        ];
        all.extend(arguments.iter().map(|word| (*word).to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        run("setpriv", &all)
    };
    let ran = as_user("nova", &MAKE);
    let id = ran.out.split("ID ").nth(1).unwrap_or_default();
    let id = id.lines().next().unwrap();
    let foreign = as_user("nobody", &["confirm", id]);
    assert_eq!(foreign.code, 4, "{foreign:?}");
    let root = nova(&["confirm", id]);
    assert_eq!(root.code, 4, "{root:?}");
    let own = as_user("nova", &["confirm", id]);
    assert_eq!(own.code, 0, "{own:?}");
    let _ = nova(&["delete-switch", "nvk-br", "--yes"]).ok();
}

#[test]
fn a_change_that_waits_is_given_more_time() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let before = digest();
    let client = Client::connect();
    let plan = client
        .prepare(r#"{"changes":[{"create_bridge":{"name":"nvk-br"}}]}"#)
        .unwrap();
    client.apply(&plan, 10).unwrap();
    let id = plan.id.to_string();
    for wrong in [0u32, 9, 601] {
        let refused = client.call("Extend", &(id.as_str(), wrong)).unwrap_err();
        assert!(refused.0.ends_with("InvalidValue"), "{refused:?}");
    }
    std::thread::sleep(std::time::Duration::from_secs(7));
    let entry = client.call("Extend", &(id.as_str(), 10u32)).unwrap();
    assert!(entry.contains("\"seconds_left\":10"), "{entry}");
    std::thread::sleep(std::time::Duration::from_secs(7));
    assert!(link("nvk-br").is_some());
    assert!(within(8, || link("nvk-br").is_none()));
    assert_eq!(digest(), before);
}

#[test]
fn at_a_terminal_enter_keeps_it_and_the_id_is_shown() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    // script gives it a terminal; Enter comes two seconds later.
    let ran = sh(&format!(
        "(sleep 2; printf '\\n'; sleep 2) | script -qec 'nova network {}' /dev/null",
        MAKE.join(" ")
    ));
    assert!(ran.out.contains("ID "), "{ran:?}");
    assert!(ran.out.contains("done. Undo with"), "{ran:?}");
    let _ = nova(&["delete-switch", "nvk-br", "--yes"]).ok();
}

#[test]
fn times_out_of_range_and_changes_of_libvirt_are_refused() {
    let _alone = alone();
    let _cable = Cable::lay("nvk-a");
    for wrong in ["9s", "11m", "x", ""] {
        let ran = nova(&[
            "set-link",
            "nvk-a",
            "down",
            "--yes",
            "--confirm-within",
            wrong,
        ]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("--confirm-within"), "{ran:?}");
    }
    let ran = nova(&[
        "start-network",
        "default",
        "--yes",
        "--confirm-within",
        "60s",
    ]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("libvirt makes this one"), "{ran:?}");
}
