// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What limits, mirrors and spanning trees do to real traffic
//! between machines behind the ports of a switch: rates are measured by iperf3,
//! copies counted by tcpdump.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{Cable, Gone};
use nova_tests::program::{nova, sh, within};
use serde_json::Value;

#[track_caller]
fn does(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
    nova(&words).ok()
}

/// Machines behind the ports of a switch, with the addresses 198.51.100.1, 2, …
fn machines<const N: usize>(switch: &str, names: [&str; N]) -> [Cable; N] {
    let mut host = 0;
    names.map(|name| {
        let cable = Cable::lay(name);
        host += 1;
        let _ = does(&format!("add-interface {switch} {name}"));
        let _ = cable
            .far(&format!("ip address add 198.51.100.{host}/24 dev far"))
            .ok();
        cable
    })
}

/// Mbit/s that the machine at `to` receives from the one at `from`.
fn rate(from: &Cable, to: &Cable, address: &str) -> f64 {
    let _ = to.far("iperf3 -s -1 -D; for i in $(seq 100); do ss -ltn | grep -q :5201 && break; sleep 0.1; done");
    let report = from.far(&format!("iperf3 -J -O 1 -t 6 -c {address}")).ok();
    let report: Value = serde_json::from_str(&report).unwrap();
    let bits = report["end"]["sum_received"]["bits_per_second"].as_f64();
    bits.unwrap() / 1e6
}

#[track_caller]
fn is_about(measured: f64, wanted: f64) {
    println!("{measured:.1} Mbit/s of {wanted}");
    assert!(
        (measured - wanted).abs() <= wanted / 10.0,
        "{measured} Mbit/s, not {wanted}"
    );
}

#[test]
fn a_linux_bridge_limits_both_directions_within_a_tenth() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _ = sh("ip link delete nvt-br");
    let _ = does("create-switch nvt-br");
    let [a, b] = machines("nvt-br", ["nvt-a", "nvt-b"]);
    let _ = does("qos nvt-a --egress-rate 50Mbps --ingress-rate 20Mbps");
    let listed = nova(&["list-qos", "nvt-br"]).ok();
    assert!(
        listed.contains("20 Mbit/s") && listed.contains("50 Mbit/s"),
        "{listed}"
    );
    is_about(rate(&b, &a, "198.51.100.1"), 50.0);
    is_about(rate(&a, &b, "198.51.100.2"), 20.0);
    let _ = does("qos nvt-a --egress-rate 100Mbps");
    is_about(rate(&b, &a, "198.51.100.1"), 100.0);
    let _ = does("remove-qos nvt-a");
    assert!(rate(&b, &a, "198.51.100.1") > 150.0);
    assert_eq!(nova(&["list-qos", "nvt-br"]).ok(), "No port has limits.\n");
}

#[test]
fn open_vswitch_limits_what_a_machine_receives_within_a_tenth() {
    let _alone = alone();
    let _ = sh("ovs-vsctl --if-exists del-br nvt-ovs");
    let _ = does("create-switch nvt-ovs --type openvswitch");
    let [a, b] = machines("nvt-ovs", ["nvt-a", "nvt-b"]);
    // The far ends leave sums to a card that is not there.
    for cable in [&a, &b] {
        let _ = cable.far("ethtool -K far tx off");
    }
    let _ = does("qos nvt-a --egress-rate 20Mbps");
    is_about(rate(&b, &a, "198.51.100.1"), 20.0);
    let listed = nova(&["list-qos", "nvt-ovs"]).ok();
    assert!(listed.contains("20 Mbit/s"), "{listed}");
    let _ = does("remove-qos nvt-a");
    let _ = does("delete-switch nvt-ovs");
    let _ = sh("ovs-vsctl -- --all destroy QoS -- --all destroy Queue");
}

#[test]
fn a_linux_bridge_copies_every_frame_of_a_port_once() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _ = sh("ip link delete nvt-br");
    let _ = does("create-switch nvt-br");
    let [a, _b] = machines("nvt-br", ["nvt-a", "nvt-b"]);
    let watcher = Cable::lay("nvt-m");
    let _ =
        does("mirror-port nvt-br --source nvt-a --destination nvt-m --mirror-type ingress,egress");
    let listed = nova(&["list-mirrors", "nvt-br", "--output", "json"]).json();
    let mirror = &listed["mirrors"][0];
    assert_eq!(mirror["name"], "mirror-nvt-m");
    assert_eq!(mirror["sources"]["nvt-a"], "both");
    assert_eq!(mirror["is_ours"], true);
    assert!(within(10, || a.far("ping -c 1 -W 2 198.51.100.2").code == 0));
    let counts = |happens: &str| {
        let _ = watcher.far(
            "timeout 30 tcpdump -l -i far -nn --immediate-mode icmp >/tmp/nvt-copies 2>/tmp/nvt-ready & \
             for i in $(seq 100); do grep -q listening /tmp/nvt-ready && break; sleep 0.1; done",
        );
        let _ = a.far(happens);
        let copies = || sh("grep -c ICMP /tmp/nvt-copies").out.trim().to_owned();
        let _ = within(3, || copies() == "40");
        copies()
    };
    let ping = "ping -c 20 -i 0.05 -W 2 198.51.100.2";
    assert_eq!(counts(ping), "40", "twenty questions and twenty answers");
    let _ = does("remove-mirror nvt-br mirror-nvt-m");
    assert_eq!(counts(ping), "0");
    assert_eq!(nova(&["list-mirrors"]).ok(), "Nothing is mirrored.\n");
    let _ = sh("rm -f /tmp/nvt-copies /tmp/nvt-ready");
}

#[test]
fn a_switch_that_is_deleted_takes_limits_and_copies_along_and_a_rollback_brings_them_back() {
    let _alone = alone();
    let _gone = [Gone("nvt-br"), Gone("nvt-out")];
    let _ = sh("ip link delete nvt-br; ip link delete nvt-out");
    let _ = does("create-switch nvt-br");
    let _ = does("create-switch nvt-out");
    let [_a] = machines("nvt-br", ["nvt-a"]);
    let _ = does("qos nvt-out --egress-rate 50Mbps --ingress-rate 20Mbps");
    let _ = does("mirror-port nvt-br --source nvt-a --destination nvt-out --mirror-type ingress");
    // What the kernel numbers anew is not what is asked about.
    let shows = |what: &str| {
        sh(&format!(
            "tc {what} | grep -v 'index ' | sed -E 's/(bfifo|leaf) [0-9a-f]+://' | sort"
        ))
        .out
    };
    let traffic = || {
        [
            "filter show dev nvt-a ingress",
            "filter show dev nvt-out ingress",
            "qdisc show dev nvt-out",
            "class show dev nvt-out",
        ]
        .map(shows)
    };
    let before = traffic();
    assert!(before[0].contains("Mirror to device nvt-out"), "{before:?}");
    let deleted = does("delete-switch nvt-out --confirm-within 60s");
    assert_eq!(sh("ip link show nvt-out").code, 1);
    // No filter stays that would lead nowhere, and no buffer.
    assert_eq!(shows("filter show dev nvt-a ingress"), "");
    assert_eq!(sh("ip -o link | grep nvbuf").out, "");
    let id = deleted.lines().find_map(|line| line.strip_prefix("ID "));
    let _ = nova(&["rollback", id.unwrap()]).ok();
    assert_eq!(traffic(), before);
}

#[test]
fn a_loop_of_two_bridges_is_calmed_by_the_spanning_tree() {
    let _alone = alone();
    let _gone = [
        Gone("nvt-b1"),
        Gone("nvt-b2"),
        Gone("nvt-x1"),
        Gone("nvt-y1"),
    ];
    let _ = sh(
        "ip link delete nvt-b1; ip link delete nvt-b2; ip link delete nvt-x1; ip link delete nvt-y1",
    );
    let _ = sh("set -e; ip link add nvt-x1 type veth peer name nvt-x2; ip link add nvt-y1 type veth peer name nvt-y2; \
        for i in x1 x2 y1 y2; do ip link set nvt-$i up; done").ok();
    let options = "--stp-enable --forward-delay 4 --hello-time 1 --max-age 6";
    let _ = does(&format!("create-switch nvt-b1 {options} --priority 4096"));
    let _ = does(&format!("create-switch nvt-b2 {options}"));
    let [a, b] = [Cable::lay("nvt-a"), Cable::lay("nvt-b")];
    for (switch, port) in [
        ("nvt-b1", "nvt-a"),
        ("nvt-b2", "nvt-b"),
        ("nvt-b1", "nvt-x1"),
        ("nvt-b2", "nvt-x2"),
        ("nvt-b1", "nvt-y1"),
        ("nvt-b2", "nvt-y2"),
    ] {
        let _ = does(&format!("add-interface {switch} {port}"));
    }
    for (cable, host) in [(&a, 1), (&b, 2)] {
        let _ = cable
            .far(&format!("ip address add 198.51.100.{host}/24 dev far"))
            .ok();
    }
    let tree = || {
        nova(&[
            "debug",
            "bridge",
            "nvt-b2",
            "--show-stp",
            "--output",
            "json",
        ])
        .json()
    };
    let states = || -> Vec<String> {
        let tree = tree();
        let ports = tree["stp"]["ports"].as_array().unwrap().iter();
        let of_loop = ports.filter(|port| port["port"] != "nvt-b");
        of_loop
            .map(|port| port["state"].as_str().unwrap().to_owned())
            .collect()
    };
    let settled = || {
        let mut states = states();
        states.sort();
        states == ["blocking", "forwarding"]
    };
    assert!(within(60, settled), "{}", tree());
    assert_eq!(tree()["stp"]["is_root"], false);
    assert_eq!(
        nova(&["show", "nvt-b1", "--stp", "--output", "json"]).json()["stp"]["is_root"],
        true
    );
    assert!(within(30, || a.far("ping -c 1 -W 1 198.51.100.2").code == 0));
    // A broadcast goes round no more: in a loop, one question is thousands.
    let frames = || -> u64 {
        sh("cat /sys/class/net/nvt-x1/statistics/rx_packets /sys/class/net/nvt-y1/statistics/rx_packets")
            .ok().split_whitespace().map(|count| count.parse::<u64>().unwrap()).sum()
    };
    let before = frames();
    let _ = a.far("ping -b -c 3 -i 0.2 -W 1 198.51.100.255");
    assert!(frames() - before < 100, "{} frames", frames() - before);
    // The way that forwards is cut: the other takes over, and who follows is told.
    let forwarding = tree()["stp"]["ports"]
        .as_array()
        .unwrap()
        .iter()
        .find(|port| port["role"] == "root")
        .unwrap()["port"]
        .as_str()
        .unwrap()
        .to_owned();
    let _ = sh(
        "timeout 120 nova network debug bridge nvt-b2 --show-stp --follow >/tmp/nvt-follow 2>/dev/null & \
        for i in $(seq 200); do grep -q nvt-y2 /tmp/nvt-follow && break; sleep 0.1; done; echo $! >/tmp/nvt-follow-pid",
    );
    let _ = does(&format!("set-link {forwarding} down"));
    assert!(within(60, || a.far("ping -c 1 -W 1 198.51.100.2").code == 0));
    let told = || sh("cat /tmp/nvt-follow").out;
    assert!(
        within(60, || told().contains("root, forwarding")),
        "{}",
        told()
    );
    let _ = sh("kill $(cat /tmp/nvt-follow-pid); rm /tmp/nvt-follow /tmp/nvt-follow-pid");
    for switch in ["nvt-b1", "nvt-b2"] {
        let _ = does(&format!("delete-switch {switch}"));
    }
}

#[test]
fn what_a_bridge_has_learned_is_shown_with_its_ports() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _ = sh("ip link delete nvt-br");
    let _ = does("create-switch nvt-br --multicast-snooping --multicast-querier");
    let [a, b] = machines("nvt-br", ["nvt-a", "nvt-b"]);
    assert!(within(10, || a.far("ping -c 1 -W 2 198.51.100.2").code == 0));
    let mac = b.far("cat /sys/class/net/far/address").ok();
    let learned = nova(&["debug", "bridge", "nvt-br", "--show-fdb", "--show-stp"]).ok();
    let line = learned
        .lines()
        .find(|line| line.contains(mac.trim()))
        .unwrap_or_default();
    assert!(
        line.contains("nvt-b") && line.contains("learned"),
        "{learned}"
    );
    assert!(learned.contains("Spanning tree is off"), "{learned}");
    let _ = a.far(
        "timeout 60 socat -u UDP4-RECV:5000,ip-add-membership=239.1.2.3:far /dev/null & echo $! >/tmp/nvt-member",
    );
    let groups = || nova(&["show", "nvt-br", "--mdb"]).ok();
    let is_member = || {
        groups()
            .lines()
            .any(|line| line.contains("239.1.2.3") && line.contains("nvt-a"))
    };
    assert!(within(20, is_member), "{}", groups());
    let other = sh("bridge mdb show dev nvt-br").ok();
    assert!(other.contains("239.1.2.3"), "{other}");
    let _ = sh("kill $(cat /tmp/nvt-member); rm /tmp/nvt-member");
    let all = nova(&["debug", "bridge", "nvt-br", "--output", "json"]).json();
    assert!(
        all["fdb"].is_array() && all["mdb"].is_array() && all["stp"].is_object(),
        "{all}"
    );
    let error = nova(&["show", "lo", "--fdb"]);
    assert!(
        error.code == 3 && error.err.contains("not a Linux bridge"),
        "{error:?}"
    );
}

/// Line, exit code, words of the message: units of T26, mirrors of T28 and T30,
/// values that a program would take and do something else with.
const REFUSALS: &[(&str, i32, &str)] = &[
    (
        "qos nvt-a --egress-rate 100",
        2,
        "a number with a unit in bits",
    ),
    (
        "qos nvt-a --egress-rate 100m",
        2,
        "a number with a unit in bits",
    ),
    (
        "qos nvt-a --egress-rate 100mbps",
        2,
        "a number with a unit in bits",
    ),
    ("qos nvt-a --egress-rate 100MBps", 2, "Write 800Mbps"),
    ("qos nvt-a --egress-rate 1kbps", 2, "8 kbit/s or more"),
    (
        "qos nvt-a --egress-rate 1Mbps --burst-size 10Mb",
        2,
        "amounts are in bytes",
    ),
    (
        "qos nvt-a --egress-rate 1Mbps --burst-size 100B",
        2,
        "2 kB to",
    ),
    (
        "qos nvt-a --egress-rate 8kbps --burst-size 1MB",
        2,
        "2 kB to 270 kB",
    ),
    ("qos nvt-a --burst-size 10MB", 2, "needs a rate"),
    ("qos nvt-a --dscp 64", 2, "0 to 63"),
    ("qos nvt-a --dscp ef", 2, "46 marks voice"),
    ("qos nvt-a --priority first", 2, "high, normal, low"),
    ("qos nvt-a --class gold", 2, "realtime, best-effort, bulk"),
    ("qos nvt-a", 2, "no rate and no class"),
    ("qos lo --egress-rate 1Mbps", 3, "loopback"),
    ("qos nvt-none --egress-rate 1Mbps", 5, "nvt-none"),
    ("mirror-port nvt-br --source nvt-a", 2, "--destination"),
    (
        "mirror-port nvt-br --source nvt-a --destination nvt-a",
        3,
        "source and destination",
    ),
    (
        "mirror-port nvt-br --source nvt-z --destination nvt-b",
        5,
        "no link nvt-z",
    ),
    (
        "mirror-port nvt-br --source nvt-a --destination nvt-z",
        5,
        "no link nvt-z",
    ),
    (
        "mirror-port nvt-br --source lo --destination nvt-b",
        5,
        "nvt-br",
    ),
    (
        "mirror-port nvt-br --source nvt-a:up --destination nvt-b",
        2,
        "ingress, egress or both",
    ),
    (
        "mirror-port nvt-br --source nvt-a --destination-vlan 9",
        3,
        "to a port, not to a VLAN",
    ),
    (
        "mirror-port nvt-br --source nvt-a --destination nvt-b --vlan 9",
        3,
        // The kernel of the first tier.
        "this kernel has no VLAN filtering",
    ),
    (
        "mirror-port nvt-br --source nvt-a --destination nvt-b --name other",
        3,
        "called after its destination",
    ),
    ("remove-mirror nvt-br mirror-nvt-b", 5, "no mirror"),
    (
        "ovs-configure-port nvt-br nvt-a --vlan 1",
        3,
        "not an Open vSwitch bridge",
    ),
    ("list-mirrors nvt-none", 5, "no switch nvt-none"),
    ("debug bridge nvt-a", 3, "not a Linux bridge"),
];

#[test]
fn what_means_nothing_on_a_linux_bridge_is_refused_and_changes_nothing() {
    let _alone = alone();
    let _gone = Gone("nvt-br");
    let _ = sh("ip link delete nvt-br");
    let _ = does("create-switch nvt-br");
    let [_a, _b] = machines("nvt-br", ["nvt-a", "nvt-b"]);
    let state = || sh("tc qdisc show; tc filter show dev nvt-a ingress; ip -br link").ok();
    let before = state();
    let mut wrong = Vec::new();
    for (line, code, says) in REFUSALS {
        let is_change = !line.starts_with("list") && !line.starts_with("debug");
        let words = line.split(' ').chain(is_change.then_some("--yes"));
        let ran = nova(&words.collect::<Vec<_>>());
        if ran.code != *code || !ran.err.contains(says) {
            wrong.push(format!("{line}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(state(), before);
}
