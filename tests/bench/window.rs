// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window against virt-manager, both of user nova on the same desktop,
//! with 50 networks and 20 machines.

use std::time::Duration;

use nova_tests::desktop::OnDesktop;
use nova_tests::program::sh;

use crate::screen::Screen;
use crate::{Row, median};

/// virt-manager asks polkit for the right to manage; nobody sits at the lab.
const RULE: &str = "/etc/polkit-1/rules.d/00-nova-bench.rules";
/// How long a start is watched.
const WATCH: Duration = Duration::from_secs(6);
const RUNS: usize = 5;

struct Candidate {
    arguments: &'static [&'static str],
    process: &'static str,
}

const NOVA: Candidate = Candidate {
    arguments: &["nova-desktop"],
    process: "nova-desktop",
};
const VIRT_MANAGER: Candidate = Candidate {
    arguments: &["virt-manager", "--no-fork", "--connect", "qemu:///system"],
    process: "virt-manager",
};

pub fn measure() -> [Row; 2] {
    let rule = "polkit.addRule(function(a, s) { if (a.id == \\\"org.libvirt.unix.manage\\\") return polkit.Result.YES; });";
    let _ = sh(&format!("printf '%s\\n' \"{rule}\" > {RULE}; sleep 1")).ok();
    let screen = Screen::open();
    // Both once before, so that both find their files in the page cache.
    let mut starts = [Vec::new(), Vec::new()];
    let mut sizes = [0, 0];
    for round in 0..=RUNS {
        for (at, candidate) in [&NOVA, &VIRT_MANAGER].into_iter().enumerate() {
            let (took, size) = start(&screen, candidate);
            if round > 0 {
                starts[at].push(took);
                sizes[at] = size;
            }
        }
    }
    let _ = sh(&format!("rm -f {RULE}")).ok();
    let [ours, theirs] = starts.map(median);
    [
        Row::of_times(
            "window to first complete picture | virt-manager",
            ours,
            theirs,
            0.5,
        ),
        Row::of_sizes(
            "resident memory of the window | virt-manager",
            sizes[0],
            sizes[1],
            1.0,
        ),
    ]
}

fn start(screen: &Screen, candidate: &Candidate) -> (Duration, u64) {
    let mut running = None;
    let took = screen.until_complete(WATCH, || {
        running = Some(OnDesktop::start(candidate.process, candidate.arguments));
    });
    let size = resident(running.as_ref().and_then(OnDesktop::pid).unwrap());
    drop(running);
    std::thread::sleep(Duration::from_millis(500));
    (took, size)
}

/// Resident memory of a process in KiB.
fn resident(pid: u32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup
        .lines()
        .find(|line| line.starts_with("Rss:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
