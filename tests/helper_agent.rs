// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Callers who race with polkit, go away in the middle of a
//! question, or have an agent that never answers: nothing is granted, nothing
//! stays behind, and others go on.
//!
//! `NOVA_RACE_TRIES` and `NOVA_KILL_TRIES` set how often, `NOVA_SILENT_SECONDS`
//! how long callers wait; `make soak` takes 10 000, 1 000 and 130.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use atspi::Role;
use nova_model::action::{BUS_NAME, OBJECT_PATH};
use nova_model::plan::Plan;
use nova_tests::bus::{Client, alone, call, helper};
use nova_tests::host::{Gone, digest};
use nova_tests::permission::Policy;
use nova_tests::program::{command, from_environment, sh, within};
use nova_tests::seat::Seat;
use zbus::message::Message;
use zbus::{Connection, OwnedVariant};

const WISH: &str = r#"{"changes":[{"create_bridge":{"name":"nva-br"}}]}"#;

/// Runs one of the tests below that act for another user, as that user.
fn as_user(user: &str, test: &str) -> std::process::Child {
    acting(user, test).spawn().unwrap()
}

fn acting(user: &str, test: &str) -> std::process::Command {
    let program = std::env::current_exe().unwrap();
    let program = program.display().to_string();
    let group = if user == "nobody" { "nogroup" } else { user };
    command(
        "setpriv",
        &[
            &format!("--reuid={user}"),
            &format!("--regid={group}"),
            "--clear-groups",
            "--inh-caps=-all",
            &program,
            "--ignored",
            "--exact",
            test,
            "--nocapture",
            "--test-threads=1",
        ],
    )
}

/// The same, with what it is told and what it says.
fn talking(user: &str, test: &str) -> std::process::Child {
    acting(user, test)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How long callers wait for an agent that never answers: two minutes are what
/// the helper waits.
fn silent_seconds() -> u64 {
    from_environment("NOVA_SILENT_SECONDS", 1) as u64
}

fn count_of(process: &str, what: &str) -> usize {
    std::fs::read_dir(format!("/proc/{process}/{what}"))
        .unwrap()
        .count()
}

/// How often the audit says that this user was let through.
fn grants_of(uid: u32) -> usize {
    sh(&format!(
        "journalctl -q -u nova-helper -o cat | grep -c 'method=\"Apply\" uid={uid} .*outcome=done'"
    ))
    .out
    .trim()
    .parse()
    .unwrap()
}

/// How many calls of Apply the audit has of this user, whatever became of them.
fn calls_of(uid: u32) -> usize {
    let line =
        format!("journalctl -q -u nova-helper -o cat | grep -c 'method=\"Apply\" uid={uid} '");
    sh(&line).out.trim().parse().unwrap()
}

/// Not a test of its own: calls, and becomes a set-user-id program while the
/// call is under way.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_call_and_become_root() {
    let tries = from_environment("NOVA_RACE_TRIES", 200);
    let line = format!(
        "n=0; while [ $n -lt {tries} ]; do n=$((n+1)); \
         plan=$(busctl --json=short call {BUS_NAME} {OBJECT_PATH} {BUS_NAME} Prepare s '{WISH}' 2>/dev/null) || continue; \
         id=$(printf '%s' \"$plan\" | grep -o '[0-9a-f]\\{{32\\}}' | head -1); \
         digest=$(printf '%s' \"$plan\" | grep -o '[0-9a-f]\\{{64\\}}' | tail -1); \
         sh -c 'busctl call {BUS_NAME} {OBJECT_PATH} {BUS_NAME} Apply ssu \"$0\" \"$1\" 0 & exec su --version' \"$id\" \"$digest\" >/dev/null 2>&1; \
         echo tried; done"
    );
    let ran = sh(&line);
    let tried = ran.out.matches("tried").count();
    assert!(2 * tried >= tries, "too few had a plan to apply: {tried}");
    println!("tried {tried}");
}

#[test]
fn r01_a_caller_that_becomes_root_meanwhile_is_granted_nothing() {
    let _alone = alone();
    let _gone = Gone("nva-br");
    let id = helper();
    let before = (digest(), grants_of(65534));
    let ended = as_user("nobody", "act_call_and_become_root")
        .wait()
        .unwrap();
    assert!(ended.success());
    assert_eq!((digest(), grants_of(65534)), before);
    assert_eq!(helper(), id, "the helper lives");
}

/// Not a test of its own: calls that may ask a person, from a client that is
/// killed 0 to 50 ms later.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_die_while_asking() {
    let tries = from_environment("NOVA_KILL_TRIES", 100);
    let client = Client::connect();
    let plan = client.prepare(WISH).unwrap();
    for number in 0..tries {
        let mut busctl = command(
            "busctl",
            &[
                "--allow-interactive-authorization=yes",
                "call",
                BUS_NAME,
                OBJECT_PATH,
                BUS_NAME,
                "Apply",
                "ssu",
                &plan.id.to_string(),
                plan.digest.as_str(),
                "0",
            ],
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
        std::thread::sleep(Duration::from_micros((number as u64 * 7919) % 50_000));
        let _ = busctl.kill();
        let _ = busctl.wait();
    }
}

#[test]
fn r02_a_client_that_dies_while_polkit_is_asked_gets_nothing() {
    let _alone = alone();
    let _gone = Gone("nva-br");
    let id = helper();
    let before = (digest(), grants_of(65534));
    let (files, asked) = (count_of(&id, "fd"), calls_of(65534));
    let ended = as_user("nobody", "act_die_while_asking").wait().unwrap();
    assert!(ended.success());
    assert_eq!((digest(), grants_of(65534)), before);
    assert!(calls_of(65534) > asked, "none came as far as to ask");
    assert_eq!(helper(), id, "the helper lives");
    assert!(
        within(10, || count_of(&id, "fd") <= files),
        "files stay open"
    );
}

/// An authentication agent that never answers.
struct Silent {
    asked: Arc<AtomicUsize>,
    withdrawn: Arc<AtomicUsize>,
}

#[zbus::interface(name = "org.freedesktop.PolicyKit1.AuthenticationAgent")]
impl Silent {
    async fn begin_authentication(
        &self,
        _action: &str,
        _message: &str,
        _icon: &str,
        _details: HashMap<String, String>,
        _cookie: &str,
        _identities: Vec<(String, HashMap<String, OwnedVariant>)>,
    ) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<()>().await;
    }

    async fn cancel_authentication(&self, _cookie: &str) {
        self.withdrawn.fetch_add(1, Ordering::Relaxed);
    }
}

/// A kind of subject of polkit, and which one it is.
type Subject<'a> = (&'a str, HashMap<&'a str, zbus::Variant<'a>>);

/// Has polkit ask `agent` about everything this subject does.
async fn register_for(
    subject: Subject<'_>,
    agent: impl zbus::object_server::Interface,
) -> Connection {
    let bus = Connection::system().await.unwrap();
    bus.object_server().at("/agent", agent).await.unwrap();
    bus.call_method(
        Some("org.freedesktop.PolicyKit1"),
        "/org/freedesktop/PolicyKit1/Authority",
        Some("org.freedesktop.PolicyKit1.Authority"),
        "RegisterAuthenticationAgent",
        &(subject, "C", "/agent"),
    )
    .await
    .unwrap();
    bus
}

/// Has polkit ask `agent` about everything this process does.
async fn register(agent: impl zbus::object_server::Interface) -> Connection {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let started: u64 = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().nth(19))
        .and_then(|ticks| ticks.parse().ok())
        .unwrap();
    let subject: HashMap<&str, zbus::Variant<'_>> = HashMap::from([
        ("pid", std::process::id().into()),
        ("start-time", started.into()),
        (
            "uid",
            i32::try_from(rustix::process::getuid().as_raw())
                .unwrap()
                .into(),
        ),
    ]);
    register_for(("unix-process", subject), agent).await
}

fn interactive(plan: &Plan) -> Message {
    Message::method_call(OBJECT_PATH, "Apply")
        .destination(BUS_NAME)
        .interface(BUS_NAME)
        .with_flags(zbus::message::Flags::ALLOW_INTERACTIVE_AUTH)
        .build(&(plan.id.to_string(), plan.digest.as_str(), 0u32))
        .unwrap()
}

/// Waits until it is so, at most ten seconds.
async fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() && began.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Calls so that a person may be asked; gives name and text of the refusal.
async fn ask_for(plan: Arc<Plan>, caller: Connection) -> (String, String) {
    let call = interactive(&plan);
    let mut replies = zbus::MessageStream::from(&caller);
    caller.send(&call).await.unwrap();
    let serial = call.primary_header().serial_num();
    loop {
        let reply = futures_util::StreamExt::next(&mut replies)
            .await
            .unwrap()
            .unwrap();
        let header = reply.header();
        if header.reply_serial() == Some(serial) {
            let name = header.error_name().unwrap().to_string();
            return (name, reply.body().deserialize().unwrap());
        }
    }
}

/// Not a test of its own: a hundred callers whose agent never answers. Goes on
/// when a line is said to it.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_never_answer() {
    let patience = Duration::from_secs(silent_seconds());
    let mut lines = std::io::stdin().lines();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (asked, withdrawn) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let _agent = register(Silent {
            asked: Arc::clone(&asked),
            withdrawn: Arc::clone(&withdrawn),
        })
        .await;
        let bus = Connection::system().await.unwrap();
        let plan = call(&bus, "Prepare", &(WISH,)).await.unwrap();
        let plan: Arc<Plan> = Arc::new(serde_json::from_str(&plan).unwrap());
        let began = Instant::now();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let caller = Connection::system().await.unwrap();
            callers.spawn(ask_for(Arc::clone(&plan), caller));
        }
        let mut answers = Vec::new();
        while callers.len() > 2 {
            answers.push(callers.join_next().await.unwrap().unwrap());
        }
        let busy = answers.iter().filter(|(name, _)| name.ends_with("Busy"));
        let busy = busy.count();
        until(|| asked.load(Ordering::Relaxed) >= 2).await;
        println!("\nrefused {busy}, asked {}", asked.load(Ordering::Relaxed));
        let _ = lines.next();
        println!("withdrawn by then {}", withdrawn.load(Ordering::Relaxed));
        tokio::time::sleep(patience.saturating_sub(began.elapsed())).await;
        while let Some(answer) = callers.try_join_next() {
            println!("ended {:?}", answer.unwrap());
        }
        println!("still open {}", callers.len());
        callers.shutdown().await;
        until(|| withdrawn.load(Ordering::Relaxed) >= 2).await;
        println!("withdrawn {}", withdrawn.load(Ordering::Relaxed));
        // The places of the questions are free again.
        let caller = Connection::system().await.unwrap();
        callers.spawn(ask_for(plan, caller));
        until(|| asked.load(Ordering::Relaxed) > 2).await;
        println!("asked again {}", asked.load(Ordering::Relaxed));
    });
}

/// Not a test of its own: another user, whom polkit allows everything.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_change_and_revert() {
    let client = Client::connect();
    for _ in 0..5 {
        let began = Instant::now();
        let plan = client.prepare(WISH).unwrap();
        client.apply(&plan, 60).unwrap();
        println!("\nchanged in {} ms", began.elapsed().as_millis());
        client.decide("Rollback", &plan).unwrap();
    }
}

#[test]
fn r07_a_silent_agent_holds_two_questions_and_nobody_else_up() {
    let _alone = alone();
    let _gone = Gone("nva-br");
    let _allowed = nova_tests::permission::Allowed::for_user("nobody");
    let id = helper();
    let before = digest();
    let other = || {
        let mut other = talking("nobody", "act_change_and_revert");
        let told = std::io::read_to_string(other.stdout.take().unwrap()).unwrap();
        assert!(other.wait().unwrap().success(), "{told}");
        told.matches("changed in").count()
    };
    // What is opened once stays open.
    assert_eq!(other(), 5);
    let (files, threads) = (count_of(&id, "fd"), count_of(&id, "task"));

    let mut silent = talking("nova", "act_never_answer");
    let mut lines = BufReader::new(silent.stdout.take().unwrap()).lines();
    let mut told = |what: &str| {
        let mut lines = lines.by_ref().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with(what));
        line.unwrap_or_else(|| panic!("it says nothing of {what}"))
    };
    assert_eq!(told("refused"), "refused 98, asked 2");
    // Another user changes the host while both questions are open.
    assert_eq!(other(), 5);
    writeln!(silent.stdin.take().unwrap(), "go on").unwrap();
    assert_eq!(told("withdrawn by then"), "withdrawn by then 0");
    if silent_seconds() > 125 {
        for _ in 0..2 {
            let ended = told("ended");
            assert!(ended.contains("nobody answered in time"), "{ended}");
        }
        assert_eq!(told("still open"), "still open 0");
    } else {
        assert_eq!(told("still open"), "still open 2");
    }
    // Once by polkit, which sees the callers go, and once by the helper.
    let withdrawn = told("withdrawn");
    assert!(["2", "3", "4"].contains(&&withdrawn[10..]), "{withdrawn}");
    assert_eq!(told("asked again"), "asked again 3");
    assert!(silent.wait().unwrap().success());
    assert_eq!(digest(), before);
    assert_eq!(helper(), id, "the helper lives");
    assert!(
        within(15, || count_of(&id, "fd") <= files
            && count_of(&id, "task") <= threads),
        "{files} files and {threads} threads before, {} and {} now",
        count_of(&id, "fd"),
        count_of(&id, "task")
    );
}

/// An authentication agent that notes what a person would read, and refuses.
struct Reader(Arc<std::sync::Mutex<Vec<String>>>);

#[zbus::interface(name = "org.freedesktop.PolicyKit1.AuthenticationAgent")]
impl Reader {
    async fn begin_authentication(
        &self,
        _action: &str,
        message: &str,
        _icon: &str,
        _details: HashMap<String, String>,
        _cookie: &str,
        _identities: Vec<(String, HashMap<String, OwnedVariant>)>,
    ) -> zbus::fdo::Result<()> {
        self.0.lock().unwrap().push(message.to_owned());
        Err(zbus::fdo::Error::Failed("dismissed".to_owned()))
    }

    async fn cancel_authentication(&self, _cookie: &str) {}
}

/// Not a test of its own: a caller whose agent reads aloud.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_read_aloud() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let told = Arc::default();
        let _agent = register(Reader(Arc::clone(&told))).await;
        let bus = Connection::system().await.unwrap();
        for name in ["nva\u{202e}br", "nva-br\n", "$(id)", "$(change)"] {
            let wish = serde_json::json!({"changes": [{"create_bridge": {"name": name}}]});
            let refused = call(&bus, "Prepare", &(wish.to_string(),))
                .await
                .unwrap_err();
            println!("refused {refused:?}");
        }
        let plan = call(&bus, "Prepare", &(WISH,)).await.unwrap();
        let plan: Plan = serde_json::from_str(&plan).unwrap();
        bus.send(&interactive(&plan)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        for message in told.lock().unwrap().iter() {
            println!("told {message:?}");
        }
    });
}

#[test]
fn r05_the_dialog_says_what_is_changed_and_shows_no_text_of_the_caller() {
    let _alone = alone();
    let _gone = Gone("nva-br");
    let _ = helper();
    let before = digest();
    let ran = nova_tests::program::run(
        "setpriv",
        &[
            "--reuid=nova",
            "--regid=nova",
            "--clear-groups",
            &std::env::current_exe().unwrap().display().to_string(),
            "--ignored",
            "--exact",
            "act_read_aloud",
            "--nocapture",
            "--test-threads=1",
        ],
    );
    let told: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.contains("told "))
        .collect();
    assert_eq!(told.len(), 1, "{ran:?}");
    let wanted = "told \"Authentication is required to change the network: Create bridge nva-br\"";
    assert!(told[0].contains(wanted), "{told:?}");
    assert_eq!(ran.out.matches("InvalidValue").count(), 4, "{ran:?}");
    assert_eq!(digest(), before);
}

/// Not a test of its own: the agent of the desktop's login, which tells what it
/// is asked and refuses.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_as_agent_of_the_desktop() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let login = sh("loginctl show-seat -P ActiveSession seat0").ok();
        let told = Arc::<std::sync::Mutex<Vec<String>>>::default();
        let of_login = HashMap::from([("session-id", login.trim().into())]);
        let agent = Reader(Arc::clone(&told));
        let _agent = register_for(("unix-session", of_login), agent).await;
        println!("\nready");
        loop {
            for message in told.lock().unwrap().drain(..) {
                println!("asked {message:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

/// The agent of the desktop's login, and how often it was asked.
struct DesktopAgent {
    process: std::process::Child,
    asked: Arc<AtomicUsize>,
}

impl DesktopAgent {
    fn start() -> Self {
        let program = std::env::current_exe().unwrap().display().to_string();
        let runtime = "XDG_RUNTIME_DIR=/run/user/1000";
        let mut arguments = vec!["-u", "nova", "--", "env", runtime];
        arguments.extend(["systemd-run", "--user", "--scope", "--quiet", "--collect"]);
        arguments.extend([program.as_str(), "--ignored", "--exact"]);
        arguments.extend(["act_as_agent_of_the_desktop", "--nocapture"]);
        let mut process = command("runuser", &arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let is_ready = |line: std::io::Result<String>| line.unwrap() == "ready";
        assert!(lines.by_ref().any(is_ready), "it does not become the agent");
        let asked = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                println!("{line}");
                // After a minute the frame of the tests says something of its own.
                if line.starts_with("asked ") {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { process, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for DesktopAgent {
    fn drop(&mut self) {
        let _ = sh("pkill -u nova -f act_as_agent_of_the_desktop");
        let _ = self.process.wait();
    }
}

/// `NOVA_IDLE_SECONDS` says how long the window stands there; `make soak` takes
/// ten minutes.
#[test]
fn r08_an_idle_window_asks_nobody_where_reading_takes_an_administrator() {
    let _alone = alone();
    let _ = helper();
    let _policy = Policy::of(|_, _| "auth_admin");
    let agent = DesktopAgent::start();
    let _bridge = Gone("nva-br");
    let _ = sh("ip link add nva-br type bridge").ok();
    let person = Seat::within_login("history");
    person.waits_for("needs a person to authenticate");
    let idle = from_environment("NOVA_IDLE_SECONDS", 6) as u64;
    std::thread::sleep(Duration::from_secs(idle));
    assert_eq!(agent.asked(), 0);
    // What needs no permission is seen all the same.
    let switches = Seat::beside();
    person.presses(Role::ListItem, "Switches");
    switches.waits_for("nva-br");
    assert_eq!(agent.asked(), 0);
    // Who tries again has asked for it.
    person.presses(Role::ListItem, "History");
    person.presses(Role::Button, "Try Again");
    assert!(
        within(10, || agent.asked() == 1),
        "asked {} times",
        agent.asked()
    );
    person.waits_for("does not authorise org.nova.networking.observe");
}

#[test]
fn r08_reading_and_polling_never_ask_a_person() {
    let _alone = alone();
    let _ = helper();
    let _rule = nova_tests::bus::Rule::all("AUTH_ADMIN");
    let ran = nova_tests::program::run_as("nova", "nova", &["network", "list"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = nova_tests::program::run_as(
        "nova",
        "busctl",
        &[
            "--allow-interactive-authorization=no",
            "call",
            BUS_NAME,
            OBJECT_PATH,
            BUS_NAME,
            "Status",
        ],
    );
    assert!(
        ran.err.contains("needs a person to authenticate"),
        "{ran:?}"
    );
}

#[test]
fn r37_a_line_of_the_audit_for_each_call_and_no_raw_byte_in_it() {
    let _alone = alone();
    let _gone = Gone("nva-br");
    let client = Client::connect();
    let hostile = "e\u{1b}[31m\n\u{202e}x";
    let _ = client.call("Apply", &(hostile, hostile, 0u32)).unwrap_err();
    let plan = client.prepare(WISH).unwrap();
    client.apply(&plan, 60).unwrap();
    let _ = client
        .call("Extend", &(plan.id.to_string(), 60u32))
        .unwrap();
    let _ = client.call("Detach", &(plan.id.to_string(),)).unwrap();
    client.decide("Rollback", &plan).unwrap();
    let id = plan.id.to_string();
    let mut log = String::new();
    let told = within(10, || {
        log = sh("journalctl -q -u nova-helper -o cat -n 60").out;
        ["Apply", "Extend", "Detach", "Rollback"]
            .iter()
            .all(|method| {
                log.lines().any(|line| {
                    line.contains(&format!("method=\"{method}\""))
                        && line.contains(&id)
                        && line.contains("uid=0 client=:1.")
                        && line.contains("outcome=done")
                })
            })
    });
    assert!(told, "{log}");
    assert!(log.contains("\\x1b[31m"), "{log}");
    let raw = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!log.chars().any(raw), "{log:?}");
}
