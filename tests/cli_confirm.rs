// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. `--confirm-within` on the command line: a change is handed
//! over to a later call, and undone where none comes.

#![allow(missing_docs, clippy::unwrap_used)]

use std::process::{Child, ChildStdin, Stdio};

use nova_model::history::{ChangeState, RollbackReason};
use nova_tests::bus::{Client, Rule, alone, helper};
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::program::{Ran, command, nova, run, sh, within};
use nova_tests::reference::{Fault, no_change_is_open};

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
    let newest = || nova(&["history", "--limit", "1", "--output", "json"]).json()[0].clone();
    let is_over = || newest()["state"]["state"] == "rolled_back";
    assert!(within(20, is_over), "{}", newest());
    assert_eq!(digest(), before);
    let late = nova(&["confirm", &id]);
    assert_eq!(late.code, 3, "{late:?}");
    assert_eq!(newest()["plan"]["id"], id.as_str());
    assert_eq!(newest()["state"]["reason"]["why"], "not_confirmed");
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
    let _yes = Rule::all("YES");
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

/// `nova network …` at a terminal, or without one, which is killed.
struct Command {
    child: Child,
    keys: Option<ChildStdin>,
}

/// What the terminal shows.
const SHOWN: &str = "/run/nova-tests.terminal";

impl Command {
    fn at_terminal(line: &str) -> Self {
        let line = format!("exec nova network {line}");
        let mut child = command("script", &["-qefc", &line, SHOWN])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let keys = child.stdin.take();
        Self { child, keys }
    }

    fn alone(line: &str) -> Self {
        let words: Vec<&str> = ["network"].into_iter().chain(line.split(' ')).collect();
        let mut nova = command("nova", &words);
        let nova = nova.stdin(Stdio::null()).stdout(Stdio::null());
        Self {
            child: nova.stderr(Stdio::null()).spawn().unwrap(),
            keys: None,
        }
    }

    fn shows(&self, words: &str) {
        let shown = || sh(&format!("cat {SHOWN}")).out;
        assert!(within(30, || shown().contains(words)), "{}", shown());
    }

    fn types(&mut self, keys: &str) {
        use std::io::Write as _;
        let terminal = self.keys.as_mut().unwrap();
        terminal.write_all(keys.as_bytes()).unwrap();
        terminal.flush().unwrap();
    }

    /// Kills the command itself, not its terminal.
    fn kill(mut self) {
        let id = self.child.id();
        let killed = match self.keys {
            Some(_) => sh(&format!("pkill -KILL -P {id}")),
            None => sh(&format!("kill -KILL {id}")),
        };
        assert_eq!(killed.code, 0, "it has ended by itself");
        let _ = self.child.wait();
        let _ = sh(&format!("rm -f {SHOWN}"));
    }
}

/// A card with an address: who takes it into a bridge is asked whether to keep
/// that.
fn asked_about() -> (Gone, Cable) {
    let _ = sh("ip link delete nvk-br");
    let cable = Cable::lay("nvk-a");
    let _ = sh("ip address add 192.0.2.5/24 dev nvk-a").ok();
    (Gone("nvk-br"), cable)
}

/// The newest change came back because its client had gone, long before its time
/// was over.
fn has_come_back(client: &Client, before: &str) {
    let is_back = within(20, || no_change_is_open(client));
    assert!(is_back, "it stays");
    assert_eq!(
        client.history()[0].state,
        ChangeState::RolledBack {
            reason: RollbackReason::ClientGone
        }
    );
    assert!(within(20, || digest() == before), "{}", digest());
}

#[test]
fn r26_a_command_killed_before_it_applies_has_done_nothing() {
    let _alone = alone();
    let _scene = asked_about();
    let before = digest();
    let client = Client::connect();
    let newest = || client.history().first().map(|entry| entry.plan.id);
    let earlier = newest();
    let command = Command::at_terminal("create-switch nvk-br --interfaces nvk-a");
    command.shows("Apply?");
    command.kill();
    assert_eq!(newest(), earlier);
    assert_eq!(digest(), before);
}

#[test]
fn r26_a_command_killed_while_its_change_waits_takes_the_change_with_it() {
    let _alone = alone();
    let _scene = asked_about();
    let before = digest();
    let client = Client::connect();
    let mut command = Command::at_terminal("create-switch nvk-br --interfaces nvk-a");
    command.shows("Apply?");
    command.types("y\n");
    command.shows("Keep the change?");
    assert!(link("nvk-br").is_some());
    let killed = std::time::Instant::now();
    command.kill();
    has_come_back(&client, &before);
    println!("back {} ms after the kill", killed.elapsed().as_millis());
}

#[test]
fn r26_a_command_killed_while_it_applies_leaves_what_keeps_itself_and_nothing_else() {
    let _alone = alone();
    let _scene = asked_about();
    let before = digest();
    let client = Client::connect();
    for (line, keeps_itself) in [
        ("create-switch nvk-br --yes", true),
        ("create-switch nvk-br --interfaces nvk-a --yes", false),
        ("create-switch nvk-br --yes --confirm-within 60s", false),
    ] {
        // Every request to the kernel takes its time.
        let slow = Fault::inject(&helper(), "sendto", "delay_enter=60000");
        let command = Command::alone(line);
        assert!(within(20, || link("nvk-br").is_some()), "{line}");
        let is_applying = client.history()[0].state == ChangeState::Applying;
        command.kill();
        drop(slow);
        assert!(is_applying, "{line}");
        if !keeps_itself {
            has_come_back(&client, &before);
            continue;
        }
        assert!(within(20, || no_change_is_open(&client)));
        assert_eq!(client.history()[0].state, ChangeState::Confirmed);
        assert!(link("nvk-br").is_some());
        let _ = nova(&["delete-switch", "nvk-br", "--yes"]).ok();
        assert_eq!(digest(), before);
    }
}

#[test]
fn r26_a_command_killed_after_it_handed_over_leaves_the_change_to_a_later_one() {
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let before = digest();
    let command = Command::at_terminal("create-switch nvk-br --yes --confirm-within 60s");
    command.shows("Keep the change?");
    let client = Client::connect();
    let id = client.history()[0].plan.id.to_string();
    command.kill();
    // Longer than a client may be gone.
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert!(link("nvk-br").is_some());
    let kept = nova(&["confirm", &id]);
    assert_eq!(kept.code, 0, "{kept:?}");
    let _ = nova(&["delete-switch", "nvk-br", "--yes"]).ok();
    assert_eq!(digest(), before);
}

#[test]
fn r26_who_replays_the_identifiers_of_another_user_gets_nothing() {
    /// The user `nobody`.
    const NOBODY: u32 = 65534;
    let _alone = alone();
    let _gone = Gone("nvk-br");
    let before = digest();
    let owner = Client::connect();
    let foreign = Client::of_user(NOBODY);
    let wish = r#"{"changes":[{"create_bridge":{"name":"nvk-br"}}]}"#;
    for allowed in [false, true] {
        // The policy as it is, and one that allows everybody everything but to
        // revert what another applied.
        let _rule = allowed.then(|| Rule::all_but("YES", "rollback-foreign"));
        let plan = owner.prepare(wish).unwrap();
        let id = plan.id.to_string();
        let digest_of_plan = plan.digest.as_str();
        let apply = |within: u32| foreign.call("Apply", &(&*id, digest_of_plan, within));
        // A plan that another prepared is none.
        assert!(apply(0).unwrap_err().0.ends_with("NotFound"));
        owner.apply(&plan, 60).unwrap();
        for answer in [
            apply(0),
            apply(60),
            foreign.call("Confirm", &(&*id,)),
            foreign.call("Extend", &(&*id, 600u32)),
            foreign.call("Detach", &(&*id,)),
            foreign.call("Rollback", &(&*id,)),
        ] {
            let (name, text) = answer.unwrap_err();
            let is_refused = [
                "NotAuthorised",
                "NotFound",
                "InteractiveAuthorizationRequired",
            ]
            .iter()
            .any(|refusal| name.ends_with(refusal));
            assert!(is_refused, "{name} {text}");
        }
        let (name, text) = foreign.call("PrepareUndo", &(&*id,)).unwrap_err();
        assert!(name.ends_with("Refused"), "{name} {text}");
        assert!(text.contains("still waits to be kept"), "{text}");
        let entry = &owner.history()[0];
        let ChangeState::Pending { seconds_left } = entry.state else {
            panic!("{entry:?}");
        };
        assert!(seconds_left <= 60, "{seconds_left}");
        owner.decide("Rollback", &plan).unwrap();
        assert_eq!(digest(), before);
    }
}
