// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A network namespace of its own for each test, and the programs a person
//! would look with.

#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests start programs, and each uses some of this"
)]

use std::ffi::OsStr;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nova_host::observe::observe;
use nova_host::watch::Watcher;
use nova_model::link::Link;
use nova_model::state::HostState;
use serde_json::Value;

const INSIDE: &str = "NOVA_TEST_IN_NAMESPACE";

/// Declares a test that runs in a fresh network namespace.
#[macro_export]
macro_rules! kernel_test {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() {
            $crate::common::in_own_network(stringify!($name), || $body);
        }
    };
}

/// Runs the body in a network namespace of its own: this test again, in a
/// child process.
pub fn in_own_network(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        body();
        return;
    }
    assert!(
        rustix::process::geteuid().is_root(),
        "this test needs root: it makes a network namespace and links in it"
    );
    let output = Command::new("unshare")
        .args(["--net", "--mount", "sh", "-c"])
        // sysfs shows the links of the namespace it was mounted in; the daemons
        // behind /run manage another network than this one.
        .arg("mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run && exec \"$0\" \"$@\"")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && shown.contains("1 passed"),
        "{shown}{errors}"
    );
    print!("{shown}");
}

/// Runs `ip` with these words, which must work.
pub fn ip(words: &str) {
    let words: Vec<&str> = words.split_whitespace().collect();
    run("ip", &words);
}

/// Runs a program, which must work, and gives what it prints.
pub fn run<S: AsRef<OsStr> + std::fmt::Debug>(program: &str, words: &[S]) -> String {
    let output = Command::new(program).args(words).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Feeds `ip -batch` with these lines.
pub fn ip_batch(lines: &str) {
    use std::io::Write;
    let mut child = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
}

/// What a program prints as JSON.
pub fn json(program: &str, words: &str) -> Value {
    let words: Vec<&str> = words.split_whitespace().collect();
    let text = run(program, &words);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"))
}

/// A link as `ip -j -d link show` shows it.
pub fn ip_link(name: &str) -> Value {
    json("ip", &format!("-j -d link show dev {name}"))[0].clone()
}

/// The host as Nova sees it.
pub fn seen() -> HostState {
    let mut state = observe().unwrap();
    nova_host::steering::read(&mut state, |_| true);
    state
}

/// Folds until nothing comes any more, then compares with a fresh look.
pub fn agrees(watcher: &mut Watcher) {
    let began = Instant::now();
    loop {
        while watcher.wait(Some(Duration::from_millis(20))).unwrap() {}
        let mut fresh = observe().unwrap();
        // Events are of the kernel; Open vSwitch is the helper's to watch.
        fresh.ovs.clone_from(&watcher.state().ovs);
        // What bridges learn is only read by who follows it.
        let other = Watcher::new().unwrap();
        fresh.learned.clone_from(&other.state().learned);
        if *watcher.state() == fresh {
            return;
        }
        // Timers of the kernel may have run between the two looks.
        if began.elapsed() > Duration::from_secs(4) {
            let events = watcher.state();
            panic!(
                "by a look {:#?} by events {:#?}",
                missing(&fresh, events),
                missing(events, &fresh)
            );
        }
    }
}

/// What the one host shows and the other does not.
pub fn missing(one: &HostState, other: &HostState) -> Vec<String> {
    let all = |state: &HostState| -> Vec<String> {
        let name = |index: u32| state.links.get(&index).map(|link| link.name.to_string());
        let routes = state.routes.iter().map(|route| {
            format!("{:?} {route:?}", name(route.link))
                .replace(&format!("link: {}", route.link), "")
        });
        let links = state.links.values().flat_map(|link| {
            let whole = format!("{link:?}");
            let parts: Vec<String> = whole
                .split(", ")
                .map(|part| format!("{} {part}", link.name))
                .collect();
            parts
        });
        routes.chain(links).collect()
    };
    let others = all(other);
    all(one)
        .into_iter()
        .filter(|line| !others.contains(line))
        .collect()
}

/// A process in a network namespace of its own, for links to go to.
pub fn elsewhere() -> Child {
    let child = Command::new("unshare")
        .args(["--net", "sleep", "60"])
        .spawn()
        .unwrap();
    let own = std::fs::read_link("/proc/self/ns/net").unwrap();
    let theirs = format!("/proc/{}/ns/net", child.id());
    while std::fs::read_link(&theirs).is_ok_and(|theirs| theirs == own) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// A link as Nova sees it.
pub fn seen_link(name: &str) -> Link {
    seen()
        .link(name)
        .unwrap_or_else(|| panic!("{name}"))
        .clone()
}
