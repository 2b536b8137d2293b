// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window against virt-manager, both of user nova on the same desktop,
//! with 50 networks and 20 machines.

use std::process::{Child, Stdio};
use std::time::Duration;

use nova_tests::program::{command, run, sh, within};

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
    let mut child = None;
    let took = screen.until_complete(WATCH, || child = Some(launch(candidate)));
    let pid = run("pgrep", &["-u", "nova", "-n", "-f", candidate.process]).ok();
    let size = resident(pid.trim());
    let _ = run("pkill", &["-u", "nova", "-f", candidate.process]);
    let mut child: Child = child.unwrap();
    let _ = child.wait();
    assert!(within(5, || run(
        "pgrep",
        &["-u", "nova", "-f", candidate.process]
    )
    .code
        != 0));
    std::thread::sleep(Duration::from_millis(500));
    (took, size)
}

fn launch(candidate: &Candidate) -> Child {
    let environment =
        std::fs::read_to_string("/run/lab-desktop.env").expect("tests/lab/lab desktop up");
    let mut arguments: Vec<&str> = vec!["-u", "nova", "--", "env"];
    arguments.extend(environment.lines());
    arguments.extend([
        "HOME=/home/nova",
        "XDG_RUNTIME_DIR=/run/user/1000",
        "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus",
    ]);
    arguments.extend(candidate.arguments);
    command("runuser", &arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Resident memory of a process in KiB.
fn resident(pid: &str) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup
        .lines()
        .find(|line| line.starts_with("Rss:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
