// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Programs on the lab's desktop, started as its user `nova` would.

use std::fs::File;
use std::process::{Child, Stdio};

use crate::program::{Ran, command, run, within};

/// A program that runs on the desktop until this is dropped.
#[derive(Debug)]
pub struct OnDesktop {
    child: Child,
    process: &'static str,
}

/// Where a program on the desktop writes its complaints.
const COMPLAINTS: &str = "/run/nova-test-desktop.stderr";

impl OnDesktop {
    /// Starts a program with its arguments; `process` is what its command line
    /// is recognised by.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "a file of the tests' own"
    )]
    pub fn start(process: &'static str, arguments: &[&str]) -> Self {
        let all = on_desktop(arguments);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let child = command("runuser", &all)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(COMPLAINTS).expect("the tests run as root in the lab"))
            .spawn()
            .expect("runuser is there");
        Self { child, process }
    }

    /// What the program has written to its standard error, but for what the
    /// bridge to assistive tools says of things that vanish while one looks.
    #[must_use]
    pub fn complaints(&self) -> String {
        let all = std::fs::read_to_string(COMPLAINTS).unwrap_or_default();
        // Form rows of Kirigami Addons speak up while they are taken down, and so does
        // the clock of Qt's animations where the window goes in the middle of one. A
        // menu of KDE's style listens to what not all that it contains can tell.
        let others = [
            "qt.accessibility.atspi",
            "QSpiApplication::",
            "QUnifiedTimer::stopAnimationDriver",
            "qrc:/qt/qml/org/kde/kirigamiaddons/",
            "qrc:/qt/qml/org/kde/desktop/Menu.qml",
        ];
        // The lines between Kirigami's columns loop while the window gets narrow, and so
        // does the height of its messages while their text breaks into another line.
        let message = "qrc:/qt/qml/org/kde/kirigami/templates/InlineMessage.qml:";
        let loops = |line: &str| {
            line.contains("/org/kde/kirigami/PageRow.qml") && line.contains("loop")
                || line.starts_with(message)
        };
        let own = all
            .lines()
            .filter(|line| !others.iter().any(|other| line.starts_with(other)) && !loops(line));
        own.collect::<Vec<_>>().join("\n")
    }

    /// Process id of the program itself, once it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let found = run("pgrep", &["-u", "nova", "-n", "-f", self.process]);
        found.out.trim().parse().ok()
    }
}

/// Runs a program on the desktop to its end.
///
/// # Panics
/// Where there is no desktop; `tests/lab/lab desktop up` starts it.
#[must_use]
pub fn run_on_desktop(arguments: &[&str]) -> Ran {
    let all = on_desktop(arguments);
    run(
        "runuser",
        &all.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

/// What `runuser` is told to start a program as the desktop does.
#[allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a file of the tests' own"
)]
fn on_desktop(arguments: &[&str]) -> Vec<String> {
    let environment =
        std::fs::read_to_string("/run/lab-desktop.env").expect("tests/lab/lab desktop up");
    let start = ["-u", "nova", "--", "env"].into_iter();
    let session = [
        "HOME=/home/nova",
        "XDG_RUNTIME_DIR=/run/user/1000",
        "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus",
    ];
    start
        .chain(environment.lines())
        .chain(session)
        .chain(arguments.iter().copied())
        .map(ToOwned::to_owned)
        .collect()
}

impl Drop for OnDesktop {
    fn drop(&mut self) {
        let _ = run("pkill", &["-u", "nova", "-f", self.process]);
        let _ = self.child.wait();
        let _ = within(5, || self.pid().is_none());
    }
}
