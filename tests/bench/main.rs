// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `make bench`: how Nova compares with the programs a person would use
//! instead, as ratios measured in one run in the lab. Below 1 Nova is quicker
//! or smaller. `nova-bench bridges` measures the rows of many bridges alone,
//! `nova-bench edit` (`make edit`) how soon an edit of QML is on the screen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark stops where the lab is not as it must be"
)]

mod bridges;
mod edit;
mod links;
mod ovs;
mod screen;
mod window;

use std::time::{Duration, Instant};

/// One line of the result.
struct Row {
    what: &'static str,
    nova: String,
    other: String,
    ratio: f64,
    goal: f64,
}

impl Row {
    fn of_times(what: &'static str, nova: Duration, other: Duration, goal: f64) -> Self {
        let show = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        Self {
            what,
            nova: show(nova),
            other: show(other),
            ratio: nova.as_secs_f64() / other.as_secs_f64(),
            goal,
        }
    }

    fn of_sizes(what: &'static str, nova: u64, other: u64, goal: f64) -> Self {
        let show = |kib: u64| format!("{:.0} MB", kib as f64 * 1024.0 / 1e6);
        Self {
            what,
            nova: show(nova),
            other: show(other),
            ratio: nova as f64 / other as f64,
            goal,
        }
    }
}

/// The middle of several measurements.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// How long something takes.
fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some(links::INSIDE) => links::measure_inside(),
        Some("edit") => edit::measure(),
        Some("bridges") => {
            head();
            print(&bridges::create_many());
        }
        _ => {
            head();
            print(&[links::sample(), bridges::create(), ovs::change_port()]);
            let _ = nova_tests::program::run("tests/lab/scenes/build", &["bench"]).ok();
            print(&[list()]);
            print(&window::measure());
            // The last, for it can take long and keeps no other from being seen.
            print(&bridges::create_many());
        }
    }
}

/// What exists, on the command line.
fn list() -> Row {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..30 {
        ours.push(timed(|| drop(nova_tests::program::nova(&["list"]).ok())));
        theirs.push(timed(|| {
            drop(nova_tests::program::run("virsh", &["net-list", "--all"]).ok());
        }));
    }
    Row::of_times(
        "nova network list | virsh net-list --all",
        median(ours),
        median(theirs),
        0.5,
    )
}

fn head() {
    println!(
        "{:<58} {:>10} {:>10} {:>7} {:>6}",
        "Nova | instead", "Nova", "instead", "ratio", "goal"
    );
}

fn print(rows: &[Row]) {
    for row in rows {
        let verdict = if row.ratio <= row.goal {
            "met"
        } else {
            "missed"
        };
        println!(
            "{:<58} {:>10} {:>10} {:>7.2} {:>6.2}  {verdict}",
            row.what, row.nova, row.other, row.ratio, row.goal
        );
    }
}
