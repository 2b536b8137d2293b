// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What any user of the host may try against the helper, with
//! the real bus, the real polkit and the real kernel.
//!
//! `NOVA_FLOOD_SECONDS` sets how long nobody calls as often as the bus lets it;
//! `make soak` takes 60.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nova_model::action::{Action, BUS_NAME, OBJECT_PATH};
use nova_model::plan::Plan;
use nova_tests::bus::{Answer, Client, OwnHistory, Rule, alone, call, helper, told_of_late};
use nova_tests::host::digest;
use nova_tests::ovs::{Free, vsctl};
use nova_tests::program::{Ran, command, from_environment, run, sh, within};
use nova_tests::reference::no_change_is_open;
use nova_tests::wishes::{WISHES, scene};

const NOT_AUTHORISED: &str = "org.nova.Networking1.Error.NotAuthorised";
const POLICY: &str = "/usr/share/polkit-1/actions/org.nova.networking.policy";

/// One of the tests below that act for another user, as that user.
fn acting(user: &str, test: &str) -> std::process::Command {
    let program = std::env::current_exe().unwrap();
    let mut arguments = vec![
        format!("--reuid={user}"),
        format!(
            "--regid={}",
            if user == "nobody" { "nogroup" } else { user }
        ),
        "--clear-groups".to_owned(),
        "--inh-caps=-all".to_owned(),
        program.display().to_string(),
    ];
    arguments.extend(
        [
            "--ignored",
            "--exact",
            test,
            "--nocapture",
            "--test-threads=1",
        ]
        .map(str::to_owned),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    command("setpriv", &arguments)
}

/// Runs one of them to its end.
fn as_user(user: &str, test: &str) -> Ran {
    let output = acting(user, test).stdin(Stdio::null()).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Tries every wish as this user and gives the names of the errors, "done"
/// where there was none. Whatever was done is undone.
fn try_all(client: &Client) -> Vec<(Action, String)> {
    WISHES
        .iter()
        .map(|(wish, actions)| {
            let plan = client.prepare(wish).unwrap();
            assert_eq!(
                plan.actions,
                actions.iter().copied().collect::<BTreeSet<_>>()
            );
            let verdict = match client.apply(&plan, 60) {
                Ok(_) => {
                    client.decide("Rollback", &plan).unwrap();
                    "done".to_owned()
                }
                Err((name, _)) => name,
            };
            (actions[0], verdict)
        })
        .collect()
}

#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_observe() {
    let client = Client::connect();
    for (method, answer) in reading(&client) {
        println!("{method} {answer:?}");
    }
}

fn reading(client: &Client) -> Vec<(&'static str, Answer)> {
    let id = "0".repeat(32);
    vec![
        ("Prepare", client.call("Prepare", &(WISHES[0].0,))),
        ("PrepareUndo", client.call("PrepareUndo", &(id.as_str(),))),
        ("History", client.call("History", &(1u32,))),
        ("Status", client.call("Status", &())),
        ("Confirm", client.call("Confirm", &(id.as_str(),))),
    ]
}

#[test]
fn r02_without_polkit_nobody_but_root_gets_anything_and_root_neither() {
    let _alone = alone();
    let _scene = scene();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(WISHES[0].0).unwrap();
    let _ = sh("systemctl mask --runtime --now polkit").ok();
    let told = as_user("nova", "act_observe");
    let own = client.apply(&plan, 0);
    let _ = sh(
        "systemctl unmask --runtime polkit; systemctl reset-failed polkit; systemctl start polkit",
    )
    .ok();
    assert_eq!(told.out.matches(NOT_AUTHORISED).count(), 5, "{told:?}");
    assert_eq!(own.unwrap_err().0, NOT_AUTHORISED);
    assert_eq!(digest(), before);
}

#[test]
fn r02_without_the_policy_file_every_action_is_unknown_and_refused() {
    let _alone = alone();
    let _scene = scene();
    let before = digest();
    let client = Client::connect();
    let plan = client.prepare(WISHES[0].0).unwrap();
    let _ = sh(&format!(
        "mv {POLICY} /run/nova-tests.policy; systemctl reset-failed polkit; systemctl restart polkit"
    ))
    .ok();
    let told = as_user("nova", "act_observe");
    let own = client.apply(&plan, 0);
    let _ = sh(&format!(
        "mv /run/nova-tests.policy {POLICY}; systemctl reset-failed polkit; systemctl restart polkit"
    ))
    .ok();
    assert_eq!(told.out.matches(NOT_AUTHORISED).count(), 5, "{told:?}");
    assert_eq!(own.unwrap_err().0, NOT_AUTHORISED);
    assert_eq!(digest(), before);
}

#[test]
fn r01_no_source_of_the_helper_names_a_process_as_the_subject() {
    let here = std::env::current_dir().unwrap();
    let sources = here
        .ancestors()
        .map(|folder| folder.join("src/helper"))
        .find_map(|folder| std::fs::read_dir(folder).ok())
        .expect("the test is run in the checkout");
    for file in sources {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for way in ["new_for_pid", "new_for_owner", "unix-process"] {
            assert!(!text.contains(way), "{}: {way}", path.display());
        }
    }
}

#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_reach_out() {
    let ask = |arguments: &[&str]| {
        let ran = run("busctl", arguments);
        println!("{} {}", ran.code, ran.err.trim());
    };
    ask(&[
        "call",
        "org.freedesktop.DBus",
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
        "RequestName",
        "su",
        BUS_NAME,
        "0",
    ]);
    for (interface, method, types) in [
        (
            "org.freedesktop.DBus.ObjectManager",
            "GetManagedObjects",
            None,
        ),
        (
            "org.freedesktop.DBus.Properties",
            "GetAll",
            Some(["s", BUS_NAME]),
        ),
    ] {
        let mut all = vec!["call", BUS_NAME, OBJECT_PATH, interface, method];
        all.extend(types.iter().flatten());
        ask(&all);
    }
}

#[test]
fn r09_nobody_can_own_the_name_or_reach_another_interface() {
    let _alone = alone();
    let _ = helper();
    let ran = as_user("nobody", "act_reach_out");
    assert_eq!(
        ran.out.matches("Call failed: Access denied").count(),
        3,
        "{ran:?}"
    );
    let policy = sh("cat /usr/share/dbus-1/system.d/org.nova.Networking1.conf /etc/dbus-1/system.d/org.nova.Networking1.conf 2>/dev/null").out;
    let rules: Vec<&str> = policy
        .split('<')
        .filter(|tag| tag.starts_with("allow ") || tag.starts_with("deny "))
        .collect();
    assert!(rules.len() >= 4, "{policy}");
    for rule in rules {
        let is_named = rule.contains("own=\"org.nova.Networking1\"")
            || rule.contains("send_destination=\"org.nova.Networking1\"")
                && rule.contains("send_interface=");
        assert!(is_named, "{rule}");
    }
    let second = sh("/usr/libexec/nova-helper");
    assert_eq!(second.code, 1, "{second:?}");
    assert!(second.err.contains("another nova-helper"), "{second:?}");
}

fn memory_peak(id: &str) -> u64 {
    memory_of(id).unwrap()
}

/// The same, where the process is there.
fn memory_of(id: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_flood_with_large_messages() {
    let client = Client::connect();
    let flood = "x".repeat(31 * 1024 * 1024);
    for _ in 0..4 {
        for method in ["Prepare", "PrepareUndo", "Confirm", "Rollback"] {
            println!(
                "{method} {}",
                client.call(method, &(flood.as_str(),)).unwrap_err().0
            );
        }
        let answer = client.call("Apply", &(flood.as_str(), "", 0u32));
        println!("Apply {}", answer.unwrap_err().0);
        let answer = client.call("Extend", &(flood.as_str(), 60u32));
        println!("other {}", answer.unwrap_err().0);
        for method in [
            "Detach", "OvsFlows", "History", "Watch", "Observe", "Rearm", "Status",
        ] {
            let answer = client.call(method, &(flood.as_str(),));
            println!("other {}", answer.unwrap_err().0);
        }
        // A type that no method has, and a method that is not there.
        let strings = vec![""; 4_000_000];
        println!(
            "Prepare {}",
            client.call("Prepare", &(&strings,)).unwrap_err().0
        );
        println!(
            "Nothing {}",
            client.call("Nothing", &(flood.as_str(),)).unwrap_err().0
        );
    }
}

#[test]
fn r06_messages_of_the_largest_size_cost_no_memory_and_no_question() {
    let _alone = alone();
    let _nothing_is_bound = OwnHistory::begin();
    let _ = sh("systemctl stop nova-helper").ok();
    let id = helper();
    let asked = || sh("journalctl -q -u polkit -o cat | grep -ci authenticat").out;
    let before = asked();
    let ran = as_user("nobody", "act_flood_with_large_messages");
    assert_eq!(
        ran.out
            .matches("org.nova.Networking1.Error.InvalidValue")
            .count(),
        28 + ran
            .out
            .matches("other org.nova.Networking1.Error.InvalidValue")
            .count(),
        "{ran:?}"
    );
    assert_eq!(ran.out.matches("other org.").count(), 4 * 8, "{ran:?}");
    assert_eq!(helper(), id, "the helper lives");
    let peak = memory_peak(&id);
    println!("peak {peak} KiB");
    assert!(peak < 64 * 1024, "{peak} KiB");
    assert_eq!(asked(), before);
}

/// Connections of a user and calls of each without an answer: some, many, and as
/// many as the bus lets in.
const SOME: (usize, usize) = (64, 32);
const MANY: (usize, usize) = (256, 32);
const MOST: (usize, usize) = (256, 128);

fn flood_seconds() -> usize {
    from_environment("NOVA_FLOOD_SECONDS", 4)
}

#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_flood_with_calls() {
    let connections = from_environment("NOVA_TEST_CONNECTIONS", 0);
    let calls = from_environment("NOVA_TEST_CALLS", 0) as u64;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut buses = Vec::new();
        for _ in 0..connections {
            buses.push(zbus::Connection::system().await.unwrap());
        }
        println!("\nflooding");
        let answered = Arc::new(AtomicU64::new(0));
        for bus in buses {
            for number in 0..calls {
                let (bus, answered) = (bus.clone(), Arc::clone(&answered));
                tokio::spawn(async move {
                    // What is looked at, what is written down, what is nothing.
                    for number in number.. {
                        let _ = match number % 4 {
                            0 => call(&bus, "Prepare", &(WISHES[0].0,)).await,
                            1 => call(&bus, "Apply", &("x", "y", 0u32)).await,
                            2 => call(&bus, "Rollback", &("0".repeat(32),)).await,
                            _ => call(&bus, "Status", &()).await,
                        };
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        }
        tokio::time::sleep(Duration::from_secs(flood_seconds() as u64)).await;
        let count = answered.load(Ordering::Relaxed);
        println!("\nflooded, {count} answered");
    });
    // Most calls wait for their answers yet.
    runtime.shutdown_background();
}

/// Calls of root while nobody floods the helper: how long each took, and what was
/// not answered.
fn flooded((connections, calls): (usize, usize)) -> (Vec<Duration>, Vec<(String, String)>) {
    // Nor does anybody else call it.
    let _nothing_is_bound = OwnHistory::begin();
    let _ = sh("systemctl stop nova-helper").ok();
    let id = helper();
    let client = Client::connect();
    let noted = || {
        let lines = sh("journalctl -q -u nova-helper -o cat | grep -c .").out;
        lines.trim().parse::<usize>().unwrap()
    };
    let before = noted();
    let mut flood = acting("nobody", "act_flood_with_calls")
        .env("NOVA_TEST_CONNECTIONS", connections.to_string())
        .env("NOVA_TEST_CALLS", calls.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(flood.stdout.take().unwrap()).lines();
    let mut told = |what: &str| {
        let mut lines = lines.by_ref().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with(what));
        line.unwrap_or_else(|| panic!("it says nothing of {what}"))
    };
    let _ = told("flooding");
    let until = Instant::now() + Duration::from_secs(flood_seconds() as u64);
    let (mut times, mut failed, mut peak) = (Vec::new(), Vec::new(), 0);
    while Instant::now() < until {
        let began = Instant::now();
        match client.call("Status", &()) {
            Ok(_) => times.push(began.elapsed()),
            Err(error) => failed.push(error),
        }
        // It leaves where the bus brings it no call for a minute.
        if let Some(now) = memory_of(&id) {
            peak = now;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let answered = told("flooded");
    assert!(flood.wait().unwrap().success());
    // What root does is written down, however many others were refused.
    let mark = format!("{:032x}", std::process::id());
    let is_refused = |answer: Answer| answer.is_err_and(|(name, _)| name.ends_with("Refused"));
    let is_heard = within(60, || {
        is_refused(client.call("Rollback", &(mark.as_str(),)))
    });
    assert!(is_heard, "root is not heard after the flood");
    let log = sh(&format!(
        "journalctl -q -u nova-helper -o cat | grep {mark}"
    ))
    .out;
    assert!(log.contains("uid=0 "), "{log}");
    let restarts = sh("systemctl show -P NRestarts nova-helper").ok();
    assert_eq!(restarts.trim(), "0", "the helper was killed");
    peak = peak.max(memory_of(&helper()).unwrap());
    let lines = noted() - before;
    times.sort();
    println!(
        "{connections} connections with {calls} calls each, {answered}; {} calls of root: median \
         {:?}, 99th of 100 {:?}, {} without an answer; helper {peak} KiB at most, {lines} lines \
         in the journal",
        times.len(),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        failed.len(),
    );
    // A task for each of them would take more.
    assert!(peak < 64 * 1024, "{peak} KiB");
    let minutes = flood_seconds() / 60 + 2;
    assert!(lines < minutes * 600 + 50, "{lines} lines in the journal");
    (times, failed)
}

#[test]
fn r36_a_flood_of_calls_by_nobody_leaves_the_helper_to_root() {
    let _alone = alone();
    let (times, failed) = flooded(SOME);
    assert_eq!(failed, []);
    if flood_seconds() >= 60 {
        let hundredth = times[times.len() * 99 / 100];
        assert!(hundredth < Duration::from_secs(5), "{hundredth:?}");
    }
}

#[test]
fn r36_however_many_calls_the_bus_lets_in_they_cost_the_helper_no_memory() {
    let _alone = alone();
    // Where so many calls have no answer the bus itself is slow, whomever they are
    // for; so nothing is asserted of the time meanwhile.
    let size = if flood_seconds() >= 60 { MOST } else { MANY };
    let _ = flooded(size);
}

#[test]
fn r10_hostile_names_harm_neither_plans_nor_the_log() {
    let _alone = alone();
    let _scene = scene();
    let names: [&[u8]; 4] = [b"-d", b"e\x1b[31m", b"\xff\xfe", b"$(id)"];
    let make = |verb: &str, name: &[u8]| {
        use std::os::unix::ffi::OsStrExt as _;
        let mut ip = command("ip", &["link", verb, "dev"]);
        ip.arg(std::ffi::OsStr::from_bytes(name));
        if verb == "add" {
            ip.args(["type", "ifb"]);
        }
        ip.output().unwrap()
    };
    for name in names {
        make("delete", name);
        let made = make("add", name);
        assert!(made.status.success(), "{made:?}");
    }
    let client = Client::connect();
    let done = try_all(&client);
    for name in names {
        let text = String::from_utf8_lossy(name);
        let document =
            serde_json::json!({"changes":[{"set_link":{"name": text, "up": true}}]}).to_string();
        let refused = client.prepare(&document).unwrap_err();
        assert!(refused.0.ends_with("InvalidValue"), "{refused:?}");
        assert!(
            !refused.1.bytes().any(|b| b < 0x20 && b != b'\n'),
            "{refused:?}"
        );
        let _ = client.call("Apply", &(text.as_ref(), text.as_ref(), 0u32));
    }
    for name in names {
        make("delete", name);
    }
    assert!(
        done.iter().all(|(_, verdict)| verdict == "done"),
        "{done:?}"
    );
    let log = run(
        "journalctl",
        &["-q", "-u", "nova-helper", "-o", "cat", "-n", "200"],
    )
    .ok();
    assert!(!log.bytes().any(|b| b < 0x20 && b != b'\n'), "{log:?}");
}

/// What comes of some work, and the calls about programs and files that the
/// helper's process makes meanwhile.
fn traced<T>(id: &str, work: impl FnOnce() -> T) -> (T, String) {
    let trace = "/run/nova-tests.trace";
    let mut strace = command(
        "strace",
        &[
            "-f", "-qq", "-y", "-o", trace, "-e",
            "trace=execve,execveat,fork,vfork,open,openat,openat2,creat,unlink,unlinkat,rename,renameat2,mkdir,mkdirat,symlink,symlinkat,chmod,fchmodat,truncate",
            "-p", id,
        ],
    )
    .spawn()
    .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let done = work();
    let _ = sh(&format!("kill {}", strace.id()));
    let _ = strace.wait();
    (done, sh(&format!("cat {trace}; rm {trace}")).out)
}

#[track_caller]
fn starts_nothing_and_writes_its_journal_alone(seen: &str) {
    let writes = [
        "O_WRONLY", "O_RDWR", "O_CREAT", "unlink", "rename", "mkdir", "symlink", "chmod",
        "truncate",
    ];
    for line in seen.lines() {
        assert!(!line.contains("exec"), "{line}");
        assert!(!line.contains("fork("), "{line}");
        assert!(
            !writes.iter().any(|word| line.contains(word))
                || line.contains("</var/lib/nova/journal>"),
            "{line}"
        );
    }
}

/// What only a hostile program sends.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_be_hostile() {
    let client = Client::connect();
    let names = [
        "../../etc/shadow",
        "/etc/shadow",
        "-d",
        "$(touch /run/nova-tests.pwned)",
        ";reboot",
        "a\u{0}b",
        "\u{202e}evil",
        "",
        ".",
        "..",
        "%n",
        "nvs-br/../lo",
        "a-name-of-more-than-fifteen-bytes",
    ];
    let mut refused = 0;
    for name in names {
        // Each would be taken with a name like others.
        for change in [
            serde_json::json!({"create_bridge": {"name": name}}),
            serde_json::json!({"delete_switch": {"name": name}}),
            serde_json::json!({"set_link": {"name": name, "up": true}}),
            serde_json::json!({"create_ovs_bridge": {"name": name}}),
            serde_json::json!({"create_bond": {"name": name}}),
        ] {
            let document = serde_json::json!({"changes": [change]});
            refused += usize::from(client.prepare(&document.to_string()).is_err());
        }
        for method in ["PrepareUndo", "Confirm", "Rollback", "Detach", "OvsFlows"] {
            refused += usize::from(client.call(method, &(name,)).is_err());
        }
        refused += usize::from(client.call("Apply", &(name, name, 7u32)).is_err());
        refused += usize::from(client.call("Extend", &(name, 60u32)).is_err());
    }
    // What is foreign, without saying so.
    for foreign in ["nvs-br", "lo", "virbr0"] {
        let document = format!(r#"{{"changes":[{{"delete_switch":{{"name":"{foreign}"}}}}]}}"#);
        refused += usize::from(client.prepare(&document).is_err());
    }
    println!("refused {refused} of {}", names.len() * 12 + 3);
}

#[test]
fn r02_a_polkit_that_does_not_answer_grants_nothing() {
    struct Stopped;
    impl Drop for Stopped {
        fn drop(&mut self) {
            let _ = sh("systemctl kill -s CONT polkit");
        }
    }
    let _alone = alone();
    let _scene = scene();
    let id = helper();
    let before = digest();
    let client = Client::connect();
    let wish = r#"{"changes":[{"create_bridge":{"name":"nvs-new"}}]}"#;
    let _ = client.prepare(wish).unwrap();
    let _ = sh("systemctl kill -s STOP polkit").ok();
    let stopped = Stopped;
    let (name, text) = client.prepare(wish).unwrap_err();
    assert!(name.ends_with("NotAuthorised"), "{name}: {text}");
    assert!(text.contains("nobody answered in time"), "{text}");
    drop(stopped);
    assert!(client.prepare(wish).is_ok(), "it asks again");
    assert_eq!((digest(), helper()), (before, id));
}

#[test]
fn r04_with_every_action_allowed_a_hostile_caller_gains_nothing() {
    let _alone = alone();
    let _scene = scene();
    let _yes = Rule::all("YES");
    let before = digest();
    let _ = sh("touch /run/nova-tests.began").ok();
    let id = helper();
    let (ran, seen) = traced(&id, || as_user("nobody", "act_be_hostile"));
    let told = ran
        .out
        .lines()
        .find_map(|line| line.split("refused ").nth(1));
    let (refused, of) = told.and_then(|told| told.split_once(" of ")).unwrap();
    assert_eq!(refused, of, "{ran:?}");
    assert_eq!(helper(), id, "the helper lives");
    assert!(seen.contains("open"), "{seen}");
    assert!(!seen.contains("shadow"), "{seen}");
    starts_nothing_and_writes_its_journal_alone(&seen);
    let setuid = "find / -xdev -newer /run/nova-tests.began -perm /6000 -type f; ls /run/nova-tests.pwned 2>/dev/null";
    assert_eq!(sh(setuid).out, "");
    assert_eq!(digest(), before);
}

#[test]
fn r11_r18_the_helper_starts_no_program_and_writes_its_journal_alone() {
    let _alone = alone();
    let _scene = scene();
    let id = helper();
    let (done, seen) = traced(&id, || try_all(&Client::connect()));
    assert!(
        done.iter().all(|(_, verdict)| verdict == "done"),
        "{done:?}"
    );
    assert!(seen.contains("O_CREAT"), "{seen}");
    starts_nothing_and_writes_its_journal_alone(&seen);
}

#[test]
fn r33_foreign_look_alikes_are_left_alone() {
    let _alone = alone();
    let (_br, _new, _cable) = scene();
    let client = Client::connect();
    let plan = client.prepare(WISHES[0].0).unwrap();
    client.apply(&plan, 0).unwrap();
    let mark = plan.id.to_string();
    let delete = r#"{"changes":[{"delete_switch":{"name":"nvs-new"}}]}"#;
    assert!(client.prepare(delete).is_ok(), "its own may be deleted");
    let mac = sh("cat /sys/class/net/nvs-new/address").ok();
    // The same name, alias and MAC address on a bridge that somebody else made.
    let _ = sh(&format!(
        "set -e; ip link delete nvs-new; ip link add nvs-new address {} type bridge; ip link set nvs-new alias nova:{mark} up",
        mac.trim()
    ))
    .ok();
    let refused = client.prepare(delete).unwrap_err();
    assert_eq!(refused.0, "org.nova.Networking1.Error.Refused");
    assert!(refused.1.contains("Nova did not make it"), "{refused:?}");
    // A mark on a bridge of another name.
    let _ = sh(&format!("ip link set nvs-br alias nova:{mark}")).ok();
    let refused = client
        .prepare(r#"{"changes":[{"delete_switch":{"name":"nvs-br"}}]}"#)
        .unwrap_err();
    assert!(refused.1.contains("Nova did not make it"), "{refused:?}");
}

/// A bridge of Open vSwitch with the notes of another, which are Nova's mark.
fn copied(from: &str, name: &str) -> String {
    let notes = vsctl(&format!("get bridge {from} external_ids"));
    assert!(notes.contains("nova="), "{notes}");
    made_by_hand(name, &notes);
    notes
}

fn made_by_hand(name: &str, notes: &str) {
    let notes = notes.replace(' ', "");
    let _ = vsctl(&format!(
        "add-br {name} -- set bridge {name} datapath_type=netdev external_ids={notes}"
    ));
}

#[test]
fn r33_a_copied_mark_makes_nothing_of_open_vswitch_novas() {
    let _alone = alone();
    let (_one, _two) = (Free::new("nvs-o1"), Free::new("nvs-o2"));
    let client = Client::connect();
    let wish = r#"{"changes":[{"create_ovs_bridge":{"name":"nvs-o1"}},
        {"add_ovs_port":{"switch":"nvs-o1","port":"nvs-p","kind":"internal"}},
        {"add_mirror":{"switch":"nvs-o1","name":"m1","output":{"port":"nvs-p"}}}]}"#;
    let plan = client.prepare(wish).unwrap();
    client.apply(&plan, 0).unwrap();
    let delete = |name: &str| {
        client.prepare(&format!(
            r#"{{"changes":[{{"delete_switch":{{"name":"{name}"}}}}]}}"#
        ))
    };
    let remove = |switch: &str| {
        client.prepare(&format!(
            r#"{{"changes":[{{"remove_mirror":{{"switch":"{switch}","name":"m1"}}}}]}}"#
        ))
    };
    assert!(
        delete("nvs-o1").is_ok() && remove("nvs-o1").is_ok(),
        "its own"
    );
    let refused = |answer: Result<_, (String, String)>| {
        let (name, text) = answer.map(|_: Plan| ()).unwrap_err();
        assert_eq!(name, "org.nova.Networking1.Error.Refused");
        assert!(text.contains("Nova did not make it"), "{text}");
    };
    // Its marks on a bridge and a mirror that somebody else made.
    let notes = copied("nvs-o1", "nvs-o2");
    let _ = vsctl(&format!(
        "-- --id=@m create mirror name=m1 select_all=true external_ids={} -- add bridge nvs-o2 mirrors @m",
        notes.replace(' ', "")
    ));
    refused(delete("nvs-o2"));
    refused(remove("nvs-o2"));
    // Its bridge deleted and made again, to the mark.
    let _ = vsctl("del-br nvs-o1");
    made_by_hand("nvs-o1", &notes);
    let row = vsctl("get bridge nvs-o1 _uuid");
    refused(delete("nvs-o1"));
    let undo = client.call("PrepareUndo", &(plan.id.to_string(),));
    assert!(undo.is_err(), "{undo:?}");
    // The same while a change waits: its rollback leaves the other alone.
    for is_killed in [false, true] {
        let _ = vsctl("del-br nvs-o1");
        let plan = client
            .prepare(r#"{"changes":[{"create_ovs_bridge":{"name":"nvs-o1"}}]}"#)
            .unwrap();
        client.apply(&plan, 60).unwrap();
        let notes = vsctl("get bridge nvs-o1 external_ids");
        let _ = vsctl("del-br nvs-o1");
        made_by_hand("nvs-o1", &notes);
        let again = vsctl("get bridge nvs-o1 _uuid");
        assert_ne!(again, row);
        if is_killed {
            let _ = sh("systemctl kill -s KILL nova-helper").ok();
            assert!(within(15, || no_change_is_open(&client)));
        } else {
            client.decide("Rollback", &plan).unwrap();
        }
        assert_eq!(vsctl("get bridge nvs-o1 _uuid"), again, "{is_killed}");
    }
}

#[test]
fn r33_a_bridge_replaced_to_the_mark_survives_a_rollback() {
    let _alone = alone();
    let (_br, _new, _cable) = scene();
    for is_killed in [false, true] {
        let client = Client::connect();
        let plan = client.prepare(WISHES[0].0).unwrap();
        client.apply(&plan, 60).unwrap();
        let mac = sh("cat /sys/class/net/nvs-new/address").ok();
        let _ = sh(&format!(
            "set -e; ip link delete nvs-new; ip link add nvs-new address {} type bridge; \
             ip link set nvs-new alias nova:{} up",
            mac.trim(),
            plan.id
        ))
        .ok();
        let index = sh("cat /sys/class/net/nvs-new/ifindex").ok();
        if is_killed {
            let _ = sh("systemctl kill -s KILL nova-helper").ok();
            assert!(within(15, || no_change_is_open(&client)));
        } else {
            client.decide("Rollback", &plan).unwrap();
        }
        assert_eq!(sh("cat /sys/class/net/nvs-new/ifindex").ok(), index);
        let _ = sh("ip link delete nvs-new").ok();
    }
}

#[test]
fn r33_a_bridge_replaced_while_a_change_waits_survives_its_rollback() {
    let _alone = alone();
    let (_br, _new, _cable) = scene();
    let client = Client::connect();
    let plan = client.prepare(WISHES[0].0).unwrap();
    client.apply(&plan, 60).unwrap();
    let _ = sh("set -e; ip link delete nvs-new; ip link add nvs-new type bridge").ok();
    let index = sh("cat /sys/class/net/nvs-new/ifindex").ok();
    let entry = client.decide("Rollback", &plan).unwrap();
    println!("{:?}", entry.state);
    assert_eq!(sh("cat /sys/class/net/nvs-new/ifindex").ok(), index);
}

#[test]
fn r34_the_unit_scores_two_or_better() {
    let scored = run(
        "systemd-analyze",
        &[
            "security",
            "--offline=yes",
            "--threshold=20",
            "--no-pager",
            "nova-helper.service",
        ],
    );
    let last = scored.out.lines().last().unwrap_or_default();
    println!("{last}");
    assert_eq!(scored.code, 0, "{last}");
}

#[test]
fn r34_the_running_helper_has_one_capability_and_no_way_to_more() {
    let _alone = alone();
    let id = helper();
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let value = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .trim()
            .to_owned()
    };
    // CAP_NET_ADMIN is number 12.
    for set in ["CapPrm:", "CapEff:", "CapBnd:"] {
        assert_eq!(value(set), "0000000000001000", "{set}");
    }
    assert_eq!(value("NoNewPrivs:"), "1");
    assert_eq!(value("Seccomp:"), "2");
}

#[test]
fn the_helper_leaves_when_nobody_calls_and_comes_back() {
    let _alone = alone();
    let _nothing_is_bound = OwnHistory::begin();
    let first = helper();
    let is_gone = within(80, || {
        sh("systemctl show -P MainPID nova-helper.service")
            .out
            .trim()
            == "0"
    });
    assert!(is_gone, "it stays\n{}", told_of_late());
    let state = sh("systemctl is-failed nova-helper.service").out;
    assert_eq!(state.trim(), "inactive");
    assert_ne!(helper(), first);
}
