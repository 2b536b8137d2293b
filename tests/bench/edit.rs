// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova-bench edit`: how long it takes from an edit of QML to the window that
//! shows it, with the debug build of this checkout, which reads QML from a folder.

use std::time::{Duration, Instant};

use atspi::Role;
use nova_tests::desktop::OnDesktop;
use nova_tests::person::Person;
use nova_tests::program::{run, sh, within};

use crate::median;

/// The program and its QML, as the lab has the checkout.
const PROGRAM: &str = "/nova/target/debug/nova-desktop";
const QML: &str = "/nova/qml";
/// A copy of the QML: the checkout is left alone.
const COPY: &str = "/run/nova-bench-qml";
/// The file that is edited, and what is replaced there by another word each time.
const FILE: &str = "pages/SwitchesPage.qml";
const WORDS: &str = "Create Switch…";
const RUNS: usize = 5;
/// What CONTRIBUTING.md promises at most.
const GOAL: Duration = Duration::from_secs(10);

pub fn measure() {
    let _ = sh(&format!(
        "rm -rf {COPY} && cp -r {QML} {COPY} && chmod -R a+rX {COPY}"
    ))
    .ok();
    // Once before, so that the files are in the page cache.
    let mut times: Vec<Duration> = (0..=RUNS).map(edit).collect();
    let _ = run("rm", &["-rf", COPY]).ok();
    let took = median(times.split_off(1));
    let verdict = if took <= GOAL { "met" } else { "missed" };
    println!(
        "an edit of QML to the window that shows it: {:.2} s, goal {} s  {verdict}",
        took.as_secs_f64(),
        GOAL.as_secs()
    );
}

/// Edits the text of a button, starts the window, and waits until it reads so.
fn edit(number: usize) -> Duration {
    let source = std::fs::read_to_string(format!("{QML}/{FILE}")).unwrap();
    let words = format!("Edited {number}");
    let edited = source.replacen(WORDS, &words, 1);
    assert_ne!(edited, source, "{FILE} does not say {WORDS}");
    let began = Instant::now();
    std::fs::write(format!("{COPY}/{FILE}"), edited).unwrap();
    let folder = format!("NOVA_QML_DIR={COPY}");
    let _window = OnDesktop::start(
        "nova-desktop",
        &["env", &folder, PROGRAM, "--page", "switches"],
    );
    let person = Person::sit_down("Nova");
    let is_shown = within(60, || person.sees(Role::Button, &words).is_some());
    assert!(
        is_shown,
        "\"{words}\" does not appear; there is {}",
        person.describes()
    );
    began.elapsed()
}
