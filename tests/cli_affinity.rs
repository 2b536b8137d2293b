// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. On which CPUs what arrives is processed, from the command
//! line; what is set is read with `cat`.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::bus::{alone, helper};
use nova_tests::host::{Cable, Gone};
use nova_tests::program::{nova, run, sh, within};
use nova_tests::reference::no_change_is_open;

const BRIDGE: &str = "nvy-br";

/// A bridge with two cables, and sysfs as a host has it: the lab's container
/// shows it read-only.
fn scene() -> (Forgotten, Gone, Cable, Cable) {
    let _ = sh("mount -o remount,rw /sys/devices").ok();
    let _ = sh(&format!("ip link delete {BRIDGE}"));
    let cables = (Cable::lay("nvy-a"), Cable::lay("nvy-b"));
    let _ = does(&format!("create-switch {BRIDGE} --interfaces nvy-a,nvy-b"));
    (Forgotten, Gone(BRIDGE), cables.0, cables.1)
}

/// What was set is not given to the links of the next test.
struct Forgotten;

impl Drop for Forgotten {
    fn drop(&mut self) {
        let _ = nova(&["set-affinity", BRIDGE, "--cpus", "none", "--yes"]);
    }
}

#[track_caller]
fn does(line: &str) -> String {
    nova(&line.split(' ').chain(["--yes"]).collect::<Vec<_>>()).ok()
}

fn undo_last() {
    let shown = nova(&["history", "--limit", "1", "--output", "json"]).json();
    let id = shown[0]["plan"]["id"].as_str().unwrap().to_owned();
    let _ = does(&format!("undo {id}"));
}

/// The masks of all queues of a link, as numbers.
fn masks(link: &str) -> Vec<u64> {
    let shown = sh(&format!("cat /sys/class/net/{link}/queues/rx-*/rps_cpus")).ok();
    let number = |line: &str| u64::from_str_radix(&line.replace(',', ""), 16).unwrap();
    shown.lines().map(number).collect()
}

fn all_masks() -> [Vec<u64>; 3] {
    [BRIDGE, "nvy-a", "nvy-b"].map(masks)
}

/// Every file below /sys/devices that root may write, with its content, except
/// those masks and what moves by itself, as the ageing time does while a
/// spanning tree changes.
fn everything_else() -> String {
    sh(concat!(
        "find /sys/devices/virtual/net /sys/devices/system/cpu -type f -perm -200 ",
        "! -name rps_cpus ! -path '*/power/*' ! -name gc_timer ! -name hello_timer ! -name ageing_time -print0 | sort -z | ",
        "xargs -0 grep -sH '' || true"
    ))
    .ok()
}

#[test]
fn a_bridge_and_its_ports_are_processed_where_it_is_asked_and_as_before_again() {
    let _alone = alone();
    let _scene = scene();
    // One of them has a mask of its own already.
    let _ = sh("echo 2 > /sys/class/net/nvy-a/queues/rx-0/rps_cpus").ok();
    let before = all_masks();
    let others = (everything_else(), masks("lo"));
    let line = format!("set-affinity {BRIDGE} --cpu-mask 0x03");
    let plan = nova(&line.split(' ').chain(["--dry-run"]).collect::<Vec<_>>()).ok();
    for says in [
        "echo 3 > /sys/class/net/nvy-br/queues/rx-0/rps_cpus",
        "echo 3 > /sys/class/net/nvy-a/queues/rx-0/rps_cpus",
        "on CPUs 0-1",
        "This comes back with each boot: on which CPUs",
    ] {
        assert!(plan.contains(says), "{says}: {plan}");
    }
    assert_eq!(all_masks(), before);
    let _ = does(&line);
    for masks in all_masks() {
        assert!(masks.iter().all(|mask| *mask == 3), "{masks:?}");
    }
    assert_eq!((everything_else(), masks("lo")), others);
    let shown = nova(&["show", BRIDGE]).ok();
    assert!(shown.contains("CPUs for arrivals"), "{shown}");
    let shown = nova(&["show", "nvy-b", "--output", "json"]).json();
    assert_eq!(shown["link"]["receive_cpus"][0], "0-1");
    let listed = nova(&["list-affinity", BRIDGE, "--output", "json"]).json();
    let listed: Vec<_> = listed["links"].as_array().unwrap().iter().collect();
    assert_eq!(listed.len(), 3, "{listed:?}");
    for link in &listed {
        assert_eq!(link["cpus"][0], "0-1", "{link}");
    }
    assert_eq!(listed[1]["switch"], BRIDGE, "{listed:?}");
    let all = nova(&["list-affinity"]).ok();
    let told = all.lines().find(|line| line.starts_with("nvy-b "));
    assert!(told.unwrap().ends_with(" 0-1"), "{all}");
    let ran = nova(&["list-affinity", "nvy-none"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    // Asked again, it is as asked.
    let again = nova(&line.split(' ').chain(["--dry-run"]).collect::<Vec<_>>()).ok();
    assert!(again.contains("already processed on CPUs 0-1"), "{again}");
    undo_last();
    assert_eq!(all_masks(), before);
    // A list, on one link alone; and none.
    let _ = does("set-affinity nvy-b --cpus 1");
    assert_eq!(all_masks()[..2], before[..2]);
    assert_eq!(masks("nvy-b"), [2]);
    let _ = does("set-affinity nvy-b --cpu-mask none");
    assert_eq!(masks("nvy-b"), [0]);
    assert_eq!(everything_else(), others.0);
}

/// A link that goes and another of its name that comes is what a boot looks like.
#[test]
fn what_was_set_comes_back_with_the_links() {
    let _alone = alone();
    let scene = scene();
    let bound = || sh("cat /var/lib/nova/journal/bindings.json").out;
    let _ = does("set-affinity nvy-b --cpus 0 --persist none");
    assert!(!bound().contains("nvy-b"), "{}", bound());
    let _ = does(&format!("set-affinity {BRIDGE} --cpus 1"));
    let _ = does("set-affinity nvy-b --cpus 0-1");
    assert_eq!([masks("nvy-a"), masks("nvy-b")], [[2], [3]]);
    let follows = || sh("systemctl is-active nova-follow").out.trim() == "active";
    assert!(within(10, follows));
    // Also where the helper is not there.
    let _ = sh("systemctl stop nova-helper");
    drop((scene.2, scene.3));
    let (_a, _b) = (Cable::lay("nvy-a"), Cable::lay("nvy-b"));
    let _ = sh(&format!(
        "ip link set nvy-a master {BRIDGE} && ip link set nvy-b master {BRIDGE}"
    ))
    .ok();
    let has_all = || [masks("nvy-a"), masks("nvy-b")] == [[2], [3]];
    assert!(within(60, has_all), "{:?}", all_masks());
    // What is taken away does not come back.
    let _ = does(&format!("set-affinity {BRIDGE} --cpus none"));
    assert!(!bound().contains("nvy-"), "{}", bound());
}

#[test]
fn a_killed_helper_leaves_the_masks_as_they_were() {
    let _alone = alone();
    let _scene = scene();
    let _ = sh("echo 2 > /sys/class/net/nvy-a/queues/rx-0/rps_cpus").ok();
    let before = all_masks();
    let line = format!("set-affinity {BRIDGE} --cpus 0-1 --confirm-within 60s");
    let _ = does(&line);
    assert_ne!(all_masks(), before);
    let _ = sh(&format!("kill -KILL {}", helper())).ok();
    assert!(within(20, || all_masks() == before), "{:?}", all_masks());
    assert!(within(10, || no_change_is_open(
        &nova_tests::bus::Client::connect()
    )));
}

#[test]
fn a_bridge_that_is_deleted_and_brought_back_has_its_masks() {
    let _alone = alone();
    let _scene = scene();
    let _ = does(&format!("set-affinity {BRIDGE} --cpus 1"));
    let set = all_masks();
    let _ = does(&format!("delete-switch {BRIDGE}"));
    undo_last();
    assert_eq!(all_masks(), set);
}

/// Line, exit code, words of the message.
const REFUSALS: &[(&str, i32, &str)] = &[
    (
        "set-affinity nvy-br --cpu-mask 0xZZ",
        2,
        "hexadecimal digits",
    ),
    (
        "set-affinity nvy-br --cpu-mask 0x8000000000000000",
        2,
        "not 63",
    ),
    (
        "set-affinity nvy-br --cpus 0-63",
        2,
        "this host has the CPU",
    ),
    ("set-affinity nvy-br --cpus 3-1", 2, "0-3,6"),
    ("set-affinity nvy-br --cpus 0-99999", 2, "0-3,6"),
    (
        "set-affinity nvy-br --cpus 0 --cpu-mask 1",
        2,
        "cannot be used with",
    ),
    ("set-affinity nvy-br", 2, "--cpu-mask"),
    (
        "set-affinity nvy-none --cpus 0",
        5,
        "there is no link nvy-none",
    ),
    ("set-affinity ../nvy-a --cpus 0", 2, "is not possible"),
    ("set-affinity lo --cpus 0", 3, "no queue for what arrives"),
];

#[test]
fn what_no_cpu_or_link_can_be_is_refused_and_changes_nothing() {
    let _alone = alone();
    let _scene = scene();
    let before = (all_masks(), everything_else());
    let mut wrong = Vec::new();
    for (line, code, says) in REFUSALS {
        let ran = nova(&line.split(' ').chain(["--yes"]).collect::<Vec<_>>());
        if ran.code != *code || !ran.err.contains(says) {
            wrong.push(format!("{line}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((all_masks(), everything_else()), before);
}

#[test]
fn r18_who_writes_to_sysfs_opens_the_masks_of_queues_and_nothing_else() {
    let _alone = alone();
    let _scene = scene();
    let _ = sh("systemctl start nova-steering.service").ok();
    let id = sh("systemctl show -P MainPID nova-steering.service").ok();
    let trace = "/run/nova-steering.trace";
    let mut strace = nova_tests::program::command(
        "strace",
        &[
            "-f",
            "-y",
            "-e",
            "trace=%file,%process,write,writev,mmap",
            "-o",
            trace,
            "-p",
            id.trim(),
        ],
    )
    .stderr(std::process::Stdio::null())
    .spawn()
    .unwrap();
    assert!(within(20, || std::path::Path::new(trace).exists()));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let _ = does(&format!("set-affinity {BRIDGE} --cpus 0"));
    let _ = run("kill", &["-INT", &strace.id().to_string()]).ok();
    let _ = strace.wait();
    let seen = sh(&format!("cat {trace}; rm -f {trace}")).ok();
    let opened: Vec<&str> = seen
        .lines()
        .filter(|line| {
            ["O_WRONLY", "O_RDWR", "O_CREAT"]
                .iter()
                .any(|flag| line.contains(flag))
        })
        .collect();
    assert_eq!(opened.len(), 3, "{seen}");
    for line in opened {
        assert!(line.contains("\"queues/rx-0/rps_cpus\""), "{line}");
        assert!(line.contains("O_NOFOLLOW"), "{line}");
    }
    for line in seen.lines() {
        assert!(!line.contains("exec") && !line.contains("fork("), "{line}");
        assert!(!line.contains("MAP_SHARED"), "{line}");
    }
    // Its sandbox holds it to that, whatever it would open.
    let root = format!("/proc/{}/root", id.trim());
    let wrote = sh(&format!(
        "echo 1 > {root}/sys/devices/system/cpu/cpu1/online"
    ));
    assert!(wrote.err.contains("Read-only file system"), "{wrote:?}");
    let wrote = sh(&format!("touch {root}/etc/nova-x"));
    assert!(wrote.err.contains("Read-only file system"), "{wrote:?}");
    let helper = format!("/proc/{}/root", helper());
    let wrote = sh(&format!(
        "echo 0 > {helper}/sys/devices/virtual/net/nvy-a/queues/rx-0/rps_cpus"
    ));
    assert!(wrote.err.contains("Read-only file system"), "{wrote:?}");
}
