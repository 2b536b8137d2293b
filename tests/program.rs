// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Running programs and reading what they say.

use std::process::{Command, Output, Stdio};

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    /// Exit status, 128 + signal where it was killed by one.
    pub code: i32,
    /// Standard output, text.
    pub out: String,
    /// Standard error, text.
    pub err: String,
}

impl Ran {
    /// The standard output as JSON.
    ///
    /// # Panics
    /// Where it is not JSON; the test then shows both streams.
    #[must_use]
    #[allow(clippy::panic)]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!("not JSON ({error}): {self:?}"),
        }
    }

    /// The standard output of a program that did what it should.
    ///
    /// # Panics
    /// Where it exited with another status than 0.
    #[must_use]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }
}

/// Runs a program to its end with nothing on standard input.
///
/// # Panics
/// Where the program is not there.
#[must_use]
pub fn run(program: &str, arguments: &[&str]) -> Ran {
    finish(
        program,
        command(program, arguments).stdin(Stdio::null()).output(),
    )
}

/// Runs a program to its end as another user, with that user's own bus.
///
/// # Panics
/// Where `runuser` is not there.
#[must_use]
pub fn run_as(user: &str, program: &str, arguments: &[&str]) -> Ran {
    let mut all = vec!["-u", user, "--", program];
    all.extend_from_slice(arguments);
    run("runuser", &all)
}

/// Runs one command line through `sh`, for what a person would type.
///
/// # Panics
/// Where there is no `sh`.
#[must_use]
pub fn sh(line: &str) -> Ran {
    run("sh", &["-c", line])
}

/// A command that is to be run with a stable language and no terminal.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "tests drive other programs")]
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1");
    command
}

#[allow(clippy::panic)]
fn finish(program: &str, output: std::io::Result<Output>) -> Ran {
    use std::os::unix::process::ExitStatusExt as _;
    match output {
        Ok(output) => Ran {
            code: output
                .status
                .code()
                .unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default()),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        },
        Err(error) => panic!("{program} could not be run: {error}; the tests need the lab"),
    }
}

/// Runs the installed command line `nova network …`.
///
/// # Panics
/// Where Nova is not installed.
#[must_use]
pub fn nova(arguments: &[&str]) -> Ran {
    let mut all = vec!["network"];
    all.extend_from_slice(arguments);
    run("nova", &all)
}

/// Waits up to `seconds` until `is_so` holds and says whether it did. Looks at most
/// half of the time: what is looked at needs the processor, too.
#[must_use]
pub fn within(seconds: u64, mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    loop {
        let began = std::time::Instant::now();
        if is_so() {
            return true;
        }
        if std::time::Instant::now() > deadline {
            return false;
        }
        let [least, most] = [50, 500].map(std::time::Duration::from_millis);
        std::thread::sleep(began.elapsed().clamp(least, most));
    }
}

/// How often or how long something is tried: what the environment says, which
/// `make soak` sets, or the usual number.
#[must_use]
pub fn from_environment(name: &str, usual: usize) -> usize {
    let value = std::env::var(name).ok();
    value.and_then(|it| it.parse().ok()).unwrap_or(usual)
}

/// Has this thread act as another user from now on, or as root again.
#[allow(clippy::expect_used, reason = "the tests need the lab")]
pub(crate) fn become_user(uid: u32) {
    rustix::thread::set_thread_res_uid(None, rustix::process::Uid::from_raw(uid), None)
        .expect("the tests run as root in the lab");
}
