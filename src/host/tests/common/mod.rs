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
use std::process::Command;

use nova_host::observe::observe;
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
        .arg("--net")
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
    observe().unwrap()
}

/// A link as Nova sees it.
pub fn seen_link(name: &str) -> Link {
    seen()
        .link(name)
        .unwrap_or_else(|| panic!("{name}"))
        .clone()
}
