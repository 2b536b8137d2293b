// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Open vSwitch from the command line, against its daemons:
//! what is configured is read with `ovs-vsctl`, what passes with `ping` and
//! `tcpdump`.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use futures_util::StreamExt as _;
use nova_model::action::{BUS_NAME, OBJECT_PATH};
use nova_tests::bus::{Client, alone};
use nova_tests::host::Cable;
use nova_tests::ovs::{Free, Start, configuration, does, vsctl};
use nova_tests::program::{Ran, nova, run_as, sh, within};
use nova_tests::reference::{Fault, no_change_is_open};
use serde_json::Value;

/// The line ends with this code, says this, and nothing is different.
#[track_caller]
fn refused(line: &str, code: i32, says: &str) -> Ran {
    let before = configuration();
    let arguments: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
    let ran = nova(&arguments);
    assert_eq!(ran.code, code, "{line}: {ran:?}");
    assert!(ran.err.contains(says), "{line}: {ran:?}");
    assert_eq!(configuration(), before, "{line}");
    ran
}

#[test]
fn what_nova_did_not_make_is_deleted_only_by_name() {
    let _alone = alone();
    let _free = Free::new("nvo-f");
    let _ = vsctl("add-br nvo-f -- set Bridge nvo-f datapath_type=netdev");
    let _ = refused("delete-switch nvo-f", 3, "Nova did not make it");
    // A copied mark proves nothing.
    let _ = vsctl("set Bridge nvo-f external_ids:nova=00112233445566778899aabbccddeeff");
    let _ = refused("delete-switch nvo-f", 3, "Nova did not make it");
    let _ = vsctl("-- --id=@s create sFlow targets=\\\"192.0.2.1\\\" -- set Bridge nvo-f sflow=@s");
    let _ = refused(
        "delete-switch nvo-f --foreign",
        3,
        "sFlow, which could not be brought back",
    );
    let _ = vsctl("clear Bridge nvo-f sflow");
    let _ = does("delete-switch nvo-f --foreign");
    assert!(!vsctl("list-br").contains("nvo-f"));
}

#[test]
fn a_card_gives_its_address_to_the_switch_and_gets_it_back() {
    let _alone = alone();
    let _free = Free::new("nvo15");
    let cable = Cable::lay("nvo-z");
    let _ = sh("set -e; ip address add 198.51.100.5/24 dev nvo-z; \
        ip route add 203.0.113.0/24 via 198.51.100.9")
    .ok();
    let _ = cable.far("ip address add 198.51.100.9/24 dev far").ok();
    let reaches = || cable.far("ping -c 1 -W 2 198.51.100.5").code == 0;
    let route = || sh("ip route show 203.0.113.0/24").ok();
    let line = "create-switch nvo15 --type openvswitch --interfaces nvo-z";
    // It is refused as long as the NetworkManager daemon looks at it.
    let is_made = within(20, || {
        let arguments: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
        nova(&arguments).code == 0
    });
    assert!(is_made);
    assert!(route().contains("dev nvo15"), "{}", route());
    assert!(within(10, reaches));
    let _ = does("delete-switch nvo15");
    assert!(route().contains("dev nvo-z"), "{}", route());
    assert!(within(10, reaches));
    assert!(!vsctl("list-br").contains("nvo15"));
}

#[test]
fn access_and_trunk_ports_carry_their_vlans() {
    let _alone = alone();
    let _free = Free::made("nvo1");
    let cables = ["nvo-a", "nvo-b", "nvo-c", "nvo-t"].map(Cable::lay);
    let [a, b, c, trunk] = &cables;
    let _ = does("ovs-add-port nvo1 nvo-a --vlan 100");
    let _ = does("ovs-add-port nvo1 nvo-b --vlan 100");
    let _ = does("ovs-add-port nvo1 nvo-c --vlan 200");
    let _ = does("ovs-add-port nvo1 nvo-t --trunk 100,300");
    for (cable, host) in [(a, 1), (b, 2), (c, 3)] {
        let _ = cable
            .far(&format!("ip address add 198.51.100.{host}/24 dev far"))
            .ok();
    }
    let reaches =
        |cable: &Cable, host: u8| cable.far(&format!("ping -c 1 -W 2 198.51.100.{host}")).code == 0;
    assert!(within(10, || reaches(a, 2)), "both are in VLAN 100");
    assert!(!reaches(a, 3), "the third is in VLAN 200");
    let listed = nova(&["list-vlans", "nvo1", "--output", "json"]).json();
    let of = |port: &str| {
        let mut rows = listed["vlans"].as_array().unwrap().iter();
        let found = rows.find(|row| row["link"] == port);
        found.cloned().unwrap_or_default()
    };
    assert_eq!(of("nvo-c")["native"], 200, "{listed}");
    assert_eq!(of("nvo-t")["every_vlan"], false, "{listed}");
    assert_eq!(of("nvo1")["every_vlan"], true, "{listed}");
    assert!(nova(&["list-vlans", "nvo1"]).ok().contains("100,300"));
    // Broadcasts of VLAN 100 reach the trunk with their tag, those of 200 do not.
    let heard = |line: &str| {
        let listen = format!(
            "timeout 10 tcpdump -i far -c 1 -nn -e {line} >/tmp/nvo-heard 2>&1 & sleep 1; echo $!"
        );
        let _ = trunk.far(&listen);
    };
    heard("vlan 100 and arp");
    let _ = a.far("ping -c 1 -W 1 198.51.100.77");
    let told = || sh("cat /tmp/nvo-heard").out;
    assert!(within(10, || told().contains("vlan 100")), "{}", told());
    let silent = trunk.far("timeout 3 tcpdump -i far -c 1 -nn -e vlan 200 & sleep 1; wait");
    assert!(!silent.out.contains("vlan 200"), "{silent:?}");
    // The feature document's line moves the port to another VLAN.
    let _ = does("ovs-configure-port nvo1 nvo-c --vlan-mode access --vlan 100");
    assert_eq!(vsctl("get Port nvo-c tag"), "100");
    assert!(within(10, || reaches(a, 3)), "now all are in VLAN 100");
    let _ = does("remove-interface nvo1 nvo-c");
    assert!(!vsctl("list-ports nvo1").contains("nvo-c"));
    let _ = sh("rm -f /tmp/nvo-heard");
}

#[test]
fn r15_mirrored_frames_are_counted_at_the_destination_and_foreign_mirrors_survive() {
    let _alone = alone();
    let _free = Free::made("nvo2");
    let cables = ["nvo-a", "nvo-b", "nvo-m", "nvo-n"].map(Cable::lay);
    let [a, b, m, _] = &cables;
    for cable in &cables {
        let _ = does(&format!("ovs-add-port nvo2 {}", cable.near));
    }
    let _ = vsctl(
        "-- --id=@p get Port nvo-n -- --id=@m create Mirror name=theirs select_all=true output_port=@p -- add Bridge nvo2 mirrors @m",
    );
    let before = configuration();
    let line = "mirror-port nvo2 --source nvo-a --destination nvo-m --mirror-type ingress,egress";
    let plan = nova(&line.split(' ').chain(["--dry-run"]).collect::<Vec<_>>()).ok();
    assert!(plan.contains("carries nothing but copies"), "{plan}");
    let _ = does(line);
    // R15: added, never set.
    assert_eq!(
        vsctl("--bare --columns=name list Mirror")
            .split_whitespace()
            .count(),
        2
    );
    for (cable, host) in [(a, 1), (b, 2)] {
        let _ = cable
            .far(&format!("ip address add 198.51.100.{host}/24 dev far"))
            .ok();
    }
    assert!(within(10, || a.far("ping -c 1 -W 2 198.51.100.2").code == 0));
    let _ =
        m.far("timeout 20 tcpdump -i far -c 10 -nn icmp >/tmp/nvo-copies 2>/dev/null & sleep 1");
    let _ = a.far("ping -c 5 -i 0.2 -W 2 198.51.100.2").ok();
    // Five requests and five answers.
    let copies = || sh("grep -c ICMP /tmp/nvo-copies").out.trim().to_owned();
    assert!(within(15, || copies() == "10"), "{} copies", copies());
    let shown = nova(&["show", "nvo2"]).ok();
    assert!(
        shown.contains("mirror-nvo-m") && shown.contains("theirs"),
        "{shown}"
    );
    let _ = refused("remove-mirror nvo2 theirs", 3, "Nova did not make it");
    // T28: the database would empty the mirror and never fill it again.
    let _ = refused(
        "remove-interface nvo2 nvo-a",
        3,
        "the mirror mirror-nvo-m uses it",
    );
    let _ = does("remove-mirror nvo2 mirror-nvo-m");
    assert_eq!(configuration(), before);
    let _ = sh("rm -f /tmp/nvo-copies");
}

#[test]
fn limits_have_the_units_that_were_typed_and_leave_nothing_behind() {
    let _alone = alone();
    let _free = Free::made("nvo3");
    let _cable = Cable::lay("nvo-q");
    let _ = does("ovs-add-port nvo3 nvo-q");
    let before = configuration();
    let _ = does("qos nvo-q --ingress-rate 100Mbps --egress-rate 50Mbps --burst-size 10MB");
    // T26: kilobits for policing, bits for the queue.
    assert_eq!(vsctl("get Interface nvo-q ingress_policing_rate"), "100000");
    assert_eq!(vsctl("get Interface nvo-q ingress_policing_burst"), "80000");
    assert_eq!(
        vsctl("get QoS $(ovs-vsctl get Port nvo-q qos) other_config:max-rate"),
        "\"50000000\""
    );
    // One queue a priority, each with all of the rate; bursts are bits.
    let queues = || {
        let queues = vsctl("--bare --columns=other_config list Queue");
        let mut queues: Vec<String> = queues
            .split_terminator("\n\n")
            .map(|queue| queue.trim().to_owned())
            .collect();
        queues.sort();
        queues
    };
    let each = |before: &str| [0, 1, 2].map(|order| format!("{before} priority={order}"));
    assert_eq!(queues(), each("burst=80000000 max-rate=50000000"));
    let shown = nova(&["show", "nvo-q"]).ok();
    assert!(
        shown.contains("100 Mbit/s") && shown.contains("50 Mbit/s"),
        "{shown}"
    );
    let classes = sh("tc class show dev nvo-q").ok();
    assert!(
        classes.contains("rate 12Kbit ceil 50Mbit") || classes.contains("ceil 50Mbit"),
        "{classes}"
    );
    let _ = does("qos nvo-q --egress-rate 20Mbps --priority high --class realtime");
    assert_eq!(
        vsctl("--bare --columns=_uuid list QoS")
            .split_whitespace()
            .count(),
        1
    );
    assert_eq!(queues(), each("max-rate=20000000"));
    let _ = does("remove-qos nvo-q");
    assert_eq!(configuration(), before);
    for (line, says) in [
        (
            "qos nvo-q --ingress-rate 100",
            "a number with a unit in bits",
        ),
        (
            "qos nvo-q --ingress-rate 100m",
            "a number with a unit in bits",
        ),
        ("qos nvo-q --ingress-rate 100MB/s", "rates are in bits"),
        (
            "qos nvo-q --ingress-rate -5Mbps",
            "a number with a unit in bits",
        ),
        (
            "qos nvo-q --egress-rate 0Mbps",
            "a number with a unit in bits",
        ),
        ("qos nvo-q --burst-size 10MB", "needs a rate"),
        (
            "qos nvo-q --ingress-rate 1Mbps --burst-size 10Mb",
            "amounts are in bytes",
        ),
        ("qos nvo-q --dscp 64", "0 to 63"),
        ("qos nvo-q", "no rate and no class"),
    ] {
        let _ = refused(line, 2, says);
    }
    let _ = refused(
        "qos nvo-none --ingress-rate 1Mbps",
        5,
        "not a port of an Open vSwitch bridge",
    );
    let little = nova(&[
        "qos",
        "nvo-q",
        "--ingress-rate",
        "100Mbps",
        "--burst-size",
        "1MB",
        "--dry-run",
    ])
    .ok();
    assert!(little.contains("less than 80 %"), "{little}");
}

#[test]
fn the_class_of_the_feature_document_marks_what_a_machine_sends() {
    let _alone = alone();
    let _free = Free::made("nvo16");
    let cables = ["nvo-a", "nvo-b"].map(Cable::lay);
    let [a, b] = &cables;
    for (cable, host) in [(a, 1), (b, 2)] {
        let _ = does(&format!("ovs-add-port nvo16 {}", cable.near));
        let _ = cable
            .far(&format!("ip address add 198.51.100.{host}/24 dev far"))
            .ok();
    }
    let asks = || a.far("ping -v -c 2 -i 0.2 -W 2 198.51.100.2").code == 0;
    assert!(within(10, asks));
    let before = configuration();
    let line = "qos nvo-a --priority high --dscp 46 --class realtime";
    let plan = nova(&line.split(' ').chain(["--dry-run"]).collect::<Vec<_>>()).ok();
    assert!(
        plan.contains("set_field:46->ip_dscp,set_queue:5,NORMAL"),
        "{plan}"
    );
    let done = nova(
        &line
            .split(' ')
            .chain(["--yes", "--output", "json"])
            .collect::<Vec<_>>(),
    )
    .json();
    let flows = sh("ovs-ofctl -O OpenFlow13 dump-flows nvo16").ok();
    assert_eq!(flows.matches("set_queue:5").count(), 3, "{flows}");
    let shown = nova(&["show", "nvo16"]).ok();
    assert!(shown.contains("marks DSCP 46; high priority"), "{shown}");
    // Answers carry the mark, the questions come as they were sent.
    let marks = sh(&format!(
        "ip netns exec {} timeout 20 tcpdump -i far -nn -v -c 4 icmp >/tmp/nvo-marks 2>/dev/null & \
         sleep 2; ip netns exec {} ping -c 2 -i 0.2 -W 2 198.51.100.1; wait; cat /tmp/nvo-marks; rm /tmp/nvo-marks",
        b.namespace, b.namespace
    ))
    .out;
    assert_eq!(marks.matches("tos 0xb8").count(), 2, "{marks}");
    assert_eq!(marks.matches("tos 0x0").count(), 2, "{marks}");
    // The same again is nothing, another class takes the place of this one.
    let again = nova(&line.split(' ').chain(["--dry-run"]).collect::<Vec<_>>()).ok();
    assert!(again.contains("Nothing has to be done"), "{again}");
    let _ = does("qos nvo-a --class bulk");
    let flows = sh("ovs-ofctl -O OpenFlow13 dump-flows nvo16").ok();
    assert!(
        flows.contains("set_field:8->ip_dscp") && !flows.contains("set_field:46"),
        "{flows}"
    );
    let _ = does("remove-qos nvo-a");
    let flows = sh("ovs-ofctl -O OpenFlow13 dump-flows nvo16").ok();
    assert!(!flows.contains("set_queue"), "{flows}");
    assert_eq!(configuration(), before);
    let _ = does(line);
    let id = done["plan"]["id"].as_str().unwrap();
    let stale = nova(&["undo", id, "--yes"]);
    assert_eq!(stale.code, 0, "{stale:?}");
    assert_eq!(configuration(), before);
    let _ = does("ovs-configure-switch nvo16 --openflow-version 1.0");
    let _ = refused(line, 3, "OpenFlow 1.3, which it does not speak");
    let _ = does("ovs-configure-switch nvo16 --openflow-version all");
    assert_eq!(vsctl("get Bridge nvo16 protocols"), "[]");
    let _ = does(line);
}

#[test]
fn ports_of_every_kind_are_made() {
    let _alone = alone();
    let (_a, _b) = (Free::made("nvo4"), Free::made("nvo5"));
    let _ = [Cable::lay("nvo-x"), Cable::lay("nvo-y")].map(|cable| {
        std::mem::forget(cable);
    });
    let before = configuration();
    let _ = does("ovs-add-port nvo4 nvo-i --internal --vlan 7");
    assert_eq!(vsctl("get Interface nvo-i type"), "internal");
    assert!(sh("ip link show nvo-i").code == 0);
    let _ = does("ovs-add-port nvo4 p45 --peer p54");
    let _ = does("ovs-add-port nvo5 p54 --peer p45");
    assert_eq!(vsctl("get Interface p54 options:peer"), "p45");
    let _ = does("ovs-add-port nvo4 vx0 --tunnel vxlan --remote 192.0.2.9 --key 100");
    assert_eq!(vsctl("get Interface vx0 options:key"), "\"100\"");
    let _ =
        does("ovs-add-port nvo4 gn0 --tunnel geneve --remote 192.0.2.9 --key 1 --udp-port 6082");
    let _ =
        does("ovs-add-port nvo4 bond0 --bond nvo-x,nvo-y --bond-mode balance-slb --lacp active");
    assert_eq!(vsctl("get Port bond0 bond_mode"), "balance-slb");
    let topology = nova(&["topology"]).ok();
    assert!(
        topology.contains("nvo4") && topology.contains("nvo5"),
        "{topology}"
    );
    let listed = nova(&["list", "--output", "json"]).json();
    let switch = listed["switches"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "nvo4");
    assert_eq!(switch.unwrap()["type"], "openvswitch");
    let debug = nova(&["debug", "ovs", "nvo4", "--show-flows", "--show-ports"]).ok();
    assert!(
        debug.contains("actions=NORMAL") && debug.contains("balance-slb of nvo-x, nvo-y"),
        "{debug}"
    );
    for port in ["bond0", "gn0", "vx0", "p45", "nvo-i"] {
        let _ = does(&format!("remove-interface nvo4 {port}"));
    }
    let _ = does("remove-interface nvo5 p54");
    assert_eq!(configuration(), before);
    let _ = sh(
        "ip link delete nvo-x; ip link delete nvo-y; ip netns delete t-nvo-x; ip netns delete t-nvo-y",
    );
}

/// Line, exit code, words of the message.
const REFUSALS: &[(&str, i32, &str)] = &[
    // Values that the database would take.
    ("ovs-configure-port nvo6 nvo-a --vlan 4095", 2, "1 to 4094"),
    ("ovs-configure-port nvo6 nvo-a --vlan 0", 2, "1 to 4094"),
    (
        "ovs-configure-port nvo6 nvo-a --trunk 100-99",
        2,
        "\"99-100\" is possible",
    ),
    (
        "ovs-configure-port nvo6 nvo-a --vlan-mode access --vlan 1 --trunk 2",
        2,
        "trunks would be ignored",
    ),
    (
        "ovs-configure-port nvo6 nvo-a --vlan 1 --trunk 2",
        2,
        "can mean two things",
    ),
    (
        "ovs-configure-port nvo6 nvo-a --vlan-mode trunk --vlan 1",
        2,
        "no VLAN of its own",
    ),
    (
        "ovs-configure-port nvo6 nvo-a --path-cost 65536",
        2,
        "0 to 65535",
    ),
    ("ovs-configure-port nvo6 nvo-a", 2, "no option is given"),
    (
        "ovs-configure-switch nvo6 --stp on --forward-delay 2",
        2,
        "4 to 30 s",
    ),
    (
        "ovs-configure-switch nvo6 --stp on --priority 100",
        2,
        "steps of 4096",
    ),
    // T29: the daemon would make 4464 of it.
    (
        "ovs-configure-switch nvo6 --stp on --priority 70000",
        2,
        "70000",
    ),
    (
        "ovs-configure-switch nvo6 --rstp on --priority 65535",
        2,
        "61440 is possible",
    ),
    (
        "ovs-configure-switch nvo6 --stp on --max-age 41",
        2,
        "6 to 40 s",
    ),
    (
        "ovs-configure-switch nvo6 --stp on --hello-time 10",
        2,
        "802.1D",
    ),
    (
        "ovs-configure-switch nvo6 --stp on --rstp on",
        2,
        "exclude each other",
    ),
    (
        "ovs-configure-switch nvo6 --ageing-time 5",
        2,
        "15 to 3600 s",
    ),
    (
        "ovs-configure-switch nvo6 --openflow-version 1.6",
        2,
        "1.0 to 1.5",
    ),
    (
        "ovs-configure-switch nvo6 --openflow-version 1.3,all",
        2,
        "\"all\" alone",
    ),
    (
        "ovs-configure-switch nvo6 --controller unix:/etc/passwd",
        2,
        "tcp:ADDRESS:PORT",
    ),
    (
        "ovs-configure-switch nvo6 --controller tcp:host:6653",
        2,
        "tcp:ADDRESS:PORT",
    ),
    (
        "configure-bridge nvo6 --vlan-filtering on",
        2,
        "no such option",
    ),
    // Mirrors, T28.
    ("mirror-port nvo6 --source nvo-a", 2, "--destination"),
    (
        "mirror-port nvo6 --source nvo-a --destination nvo-a",
        3,
        "source and destination",
    ),
    (
        "mirror-port nvo6 --source nvo-z --destination nvo-a",
        5,
        "not a port of it",
    ),
    (
        "mirror-port nvo6 --source nvo-a --destination nvo-z",
        5,
        "not a port of it",
    ),
    (
        "mirror-port nvo6 --source nvo-a:up --destination nvo-b",
        2,
        "ingress, egress or both",
    ),
    (
        "mirror-port nvo6 --source nvo-a --destination-vlan 4095",
        2,
        "1 to 4094",
    ),
    ("remove-mirror nvo6 none", 5, "no mirror none"),
    // Ports.
    ("ovs-add-port nvo6 nvo-none", 5, "no link nvo-none"),
    ("ovs-add-port nvo6 lo", 3, "loopback"),
    (
        "ovs-add-port nvo6 nvo6 --vlan 1",
        3,
        "has a port nvo6 already",
    ),
    (
        "ovs-add-port nvo6 nvo-a --vlan 9",
        3,
        "has a port nvo-a already",
    ),
    (
        "ovs-add-port nvo-none nvo-a",
        5,
        "no Open vSwitch bridge nvo-none",
    ),
    (
        "ovs-add-port nvo6 v0 --tunnel vxlan --remote 192.0.2.1 --key 16777216",
        2,
        "0 to 16777215",
    ),
    (
        "ovs-add-port nvo6 v0 --tunnel gre --remote 192.0.2.1 --udp-port 1",
        2,
        "GRE has no ports",
    ),
    (
        "ovs-add-port nvo6 v0 --tunnel vxlan --remote host",
        2,
        "an IPv4 or IPv6 address",
    ),
    (
        "ovs-add-port nvo6 b0 --bond nvo-a",
        2,
        "at least two different links",
    ),
    (
        "ovs-add-port nvo6 b0 --bond nvo-a,nvo-b --bond-mode balance-tcp",
        2,
        "needs LACP",
    ),
    ("remove-interface nvo6 nvo6", 3, "its own interface"),
    ("remove-interface nvo6 nvo-none", 5, "not a port of it"),
    // Names.
    (
        "create-switch nvo6-sixteen-byt --type openvswitch",
        2,
        "the kernel allows 15 bytes",
    ),
    (
        "create-switch nvo-a --type openvswitch",
        3,
        "the name belongs to",
    ),
    (
        "create-switch nvox --type openvswitch --datapath system",
        3,
        "no module openvswitch",
    ),
    (
        "create-switch nvox --controller tcp:192.0.2.1:6653",
        2,
        "a Linux bridge has no such option",
    ),
    (
        "create-switch nvox --type openvswitch --vlan-filtering",
        2,
        "no such option",
    ),
];

#[test]
fn what_means_nothing_is_refused_and_changes_nothing() {
    let _alone = alone();
    let _free = Free::made("nvo6");
    let _cables = ["nvo-a", "nvo-b"].map(Cable::lay);
    let _ = does("ovs-add-port nvo6 nvo-a");
    let _ = does("ovs-add-port nvo6 nvo-b --vlan 5");
    for (line, code, says) in REFUSALS {
        let _ = refused(line, *code, says);
    }
}

#[test]
fn the_commands_of_linux_bridges_do_the_same_here_or_name_the_one_that_does() {
    let _alone = alone();
    let _free = Free::made("nvo9");
    let _cables = ["nvo-a", "nvo-b"].map(Cable::lay);
    let _ = does("ovs-add-port nvo9 nvo-a");
    let _ = does("ovs-add-port nvo9 nvo-b");
    let _ = does("configure-port nvo9 nvo-a --vlan 7");
    assert_eq!(vsctl("get Port nvo-a tag vlan_mode"), "7\naccess");
    let _ = does("configure-switch nvo9 --vlan 100 --trunk-ports nvo-a");
    assert_eq!(
        vsctl("get Port nvo-a tag trunks vlan_mode"),
        "7\n[100]\nnative-untagged"
    );
    let _ = does("configure-port nvo9 nvo-a --path-cost 9 --isolated on");
    assert_eq!(vsctl("get Port nvo-a protected"), "true");
    assert!(vsctl("get Port nvo-a other_config").contains("path-cost=\"9\""));
    let _ = does("configure-switch nvo9 --own-vlan 8");
    assert_eq!(vsctl("get Port nvo9 tag"), "8");
    for (line, code, says) in [
        (
            "configure-port nvo9 nvo-a --port-priority 3",
            2,
            "ovs-configure-port nvo9 nvo-a --port-priority 12",
        ),
        ("configure-port nvo9 nvo-a --hairpin on", 2, "no hairpin"),
        ("configure-port nvo9 nvo-a", 2, "no option is given"),
        (
            "configure-port nvo9 nvo-none --vlan 7",
            5,
            "not a port of it",
        ),
        (
            "configure-port nvo9 nvo-b --remove-vlans 7",
            3,
            "ovs-configure-port nvo9 nvo-b --trunk",
        ),
        (
            "configure-port nvo9 nvo-a --path-cost 0",
            2,
            "ovs-configure-port nvo9 nvo-a --path-cost 0",
        ),
        (
            "configure-switch nvo9 --vlan-filtering",
            2,
            "VLANs are set on the ports",
        ),
        ("debug bridge nvo9", 3, "debug ovs nvo9"),
    ] {
        let words = line.split(' ');
        let words = words.chain((!line.starts_with("debug")).then_some("--yes"));
        let before = configuration();
        let ran = nova(&words.collect::<Vec<_>>());
        assert_eq!(ran.code, code, "{line}: {ran:?}");
        assert!(ran.err.contains(says), "{line}: {ran:?}");
        assert_eq!(configuration(), before, "{line}");
    }
}

#[test]
fn what_the_daemon_only_notes_in_its_database_reaches_the_person() {
    let _alone = alone();
    let _free = Free::made("nvo7");
    let _ = does("ovs-add-port nvo7 gr0 --tunnel gre --remote 192.0.2.7");
    // To the daemon no key and key 0 are the same tunnel.
    let ran = refused(
        "ovs-add-port nvo7 gr1 --tunnel gre --remote 192.0.2.7 --key 0",
        6,
        "Open vSwitch could not make it",
    );
    assert!(ran.err.contains("undone"), "{ran:?}");
    // So does what it notes later.
    let _cable = Cable::lay("nvo7-x");
    let _ = does("add-interface nvo7 nvo7-x");
    let shown = || nova(&["show", "nvo7"]).ok();
    let is_told = || shown().contains("could not open network device nvo7-x");
    assert!(!is_told(), "{}", shown());
    let _ = sh("ip link delete nvo7-x && systemctl restart ovs-vswitchd").ok();
    assert!(within(20, is_told), "{}", shown());
}

#[test]
fn spanning_trees_are_set_one_at_a_time() {
    let _alone = alone();
    let _free = Free::made("nvo8");
    let _cable = Cable::lay("nvo8-c");
    let _ = does("add-interface nvo8 nvo8-c");
    let before = configuration();
    let shows = |words: &[&str]| nova(&[&["show", "nvo8", "--stp"], words].concat());
    assert!(shows(&[]).ok().contains("Spanning tree is off"));
    let _ = does(
        "ovs-configure-switch nvo8 --stp on --priority 4096 --forward-delay 4 --hello-time 1 --max-age 6",
    );
    let shown = sh("ovs-appctl stp/show nvo8").ok();
    assert!(
        shown.contains("stp-fwd-delay  4s") || shown.contains("4s"),
        "{shown}"
    );
    // The daemon reports it every few seconds.
    let is_told = || {
        let stp = &shows(&["--output", "json"]).json()["stp"];
        stp["is_root"] == true && stp["ports"][0]["role"] == "designated"
    };
    assert!(within(30, is_told), "{:?}", shows(&[]));
    let text = shows(&[]).ok();
    assert!(
        text.contains("nvo8 is the root of its spanning tree, 1000."),
        "{text}"
    );
    assert!(text.contains("nvo8-c"), "{text}");
    let _ = does("ovs-configure-switch nvo8 --rstp on");
    let is_rapid = || shows(&[]).ok().contains("root of its rapid spanning tree");
    assert!(within(30, is_rapid), "{:?}", shows(&[]));
    assert_eq!(
        vsctl("get Bridge nvo8 stp_enable rstp_enable"),
        "false\ntrue"
    );
    let secure = nova(&[
        "ovs-configure-switch",
        "nvo8",
        "--fail-mode",
        "secure",
        "--dry-run",
    ])
    .ok();
    assert!(secure.contains("drops every frame"), "{secure}");
    for _ in 0..2 {
        let history = nova(&["history", "--limit", "50", "--output", "json"]).json();
        let entries = history.as_array().unwrap().iter();
        let last = entries
            .filter(|entry| entry["state"]["state"] == "confirmed" && entry["undone_by"].is_null())
            .find(|entry| entry["plan"]["undoes"].is_null())
            .unwrap();
        let _ = nova(&["undo", last["plan"]["id"].as_str().unwrap(), "--yes"]).ok();
    }
    assert_eq!(configuration(), before);
}

#[test]
fn everybody_sees_the_switches_through_the_helper() {
    let _alone = alone();
    let _free = Free::made("nvo9");
    let listed = run_as("nobody", "nova", &["network", "list", "--output", "json"]);
    let document: Value = listed.json();
    let found = document["switches"]
        .as_array()
        .unwrap()
        .iter()
        .any(|it| it["name"] == "nvo9");
    assert!(found, "{listed:?}");
    assert_eq!(document["openvswitch"], Value::Null);
    let flows = run_as(
        "nobody",
        "nova",
        &["network", "debug", "ovs", "nvo9", "--show-flows"],
    );
    assert!(flows.out.contains("actions=NORMAL"), "{flows:?}");
    let refused = run_as(
        "nobody",
        "nova",
        &[
            "network",
            "ovs-add-port",
            "nvo9",
            "nvo-u",
            "--internal",
            "--yes",
        ],
    );
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(!vsctl("list-ports nvo9").contains("nvo-u"));
}

#[test]
fn a_watcher_is_told_and_a_fifth_is_turned_away() {
    let _alone = alone();
    let _free = Free::new("nvo10");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let told = runtime.block_on(async {
        let bus = zbus::Connection::system().await.unwrap();
        let helper = zbus::Proxy::new(&bus, BUS_NAME, OBJECT_PATH, BUS_NAME)
            .await
            .unwrap();
        let mut observed = helper.receive_signal("Observed").await.unwrap();
        for _ in 0..4 {
            let _: String = helper.call("Watch", &()).await.unwrap();
        }
        let fifth: zbus::Result<String> = helper.call("Watch", &()).await;
        let refusal = fifth.unwrap_err().to_string();
        assert!(refusal.contains("watch already"), "{refusal}");
        let _ = vsctl("add-br nvo10 -- set Bridge nvo10 datapath_type=netdev");
        let patience = std::time::Duration::from_secs(30);
        tokio::time::timeout(patience, async {
            while let Some(signal) = observed.next().await {
                let document: String = signal.body().deserialize().unwrap();
                if document.contains("nvo10") {
                    return;
                }
            }
        })
        .await
    });
    assert!(told.is_ok(), "the new bridge was not told");
}

#[test]
fn r15_a_database_that_restarts_meanwhile_leaves_before_or_after() {
    let _alone = alone();
    let _free = Free::made("nvo11");
    let _cable = Cable::lay("nvo-r");
    let _ = does("ovs-add-port nvo11 nvo-r --vlan 10");
    let mut tag = 10;
    for delay in ["0.0", "0.02", "0.05", "0.1", "0.2"] {
        let next = tag + 1;
        let ran = sh(&format!(
            "(sleep {delay}; systemctl reset-failed; systemctl restart ovsdb-server) & \
             nova network ovs-configure-port nvo11 nvo-r --vlan {next} --yes; code=$?; wait; exit $code"
        ));
        let is_back = || {
            sh("ovs-vsctl --timeout 2 get Port nvo-r tag && systemctl is-active ovs-vswitchd").code
                == 0
        };
        assert!(within(60, is_back), "{ran:?}");
        let found: i32 = vsctl("get Port nvo-r tag").parse().unwrap();
        assert!(found == tag || found == next, "{found}: {ran:?}");
        assert_eq!(ran.code == 0, found == next, "{ran:?}");
        tag = found;
    }
}

#[test]
fn a_switch_that_does_not_run_is_explained() {
    let _alone = alone();
    let _free = Free::made("nvo12");
    let _start = Start;
    // Stopping the switch alone would stop the database a moment later.
    let _ = sh("systemctl stop openvswitch-switch && systemctl start ovsdb-server").ok();
    let ran = nova(&["ovs-add-port", "nvo12", "nvo-s", "--internal", "--yes"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(
        ran.err.contains("not running") && ran.err.contains("systemctl start"),
        "{ran:?}"
    );
    let listed = nova(&["list"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(
        listed.out.contains("nvo12") && listed.err.contains("not running"),
        "{listed:?}"
    );
    let _ = sh("systemctl stop openvswitch-switch ovsdb-server").ok();
    let ran = nova(&["create-switch", "nvo13", "--type", "openvswitch", "--yes"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.err.contains("Open vSwitch is not running"), "{ran:?}");
    assert_eq!(nova(&["list"]).code, 0);
}

#[test]
fn killed_anywhere_the_switch_is_as_before_or_after() {
    let _alone = alone();
    let _free = Free::new("nvo14");
    let _cables = ["nvo-j", "nvo-k"].map(Cable::lay);
    let client = Client::connect();
    let before = configuration();
    let change =
        r#"{"changes":[{"create_ovs_bridge":{"name":"nvo14","ports":["nvo-j","nvo-k"]}}]}"#;
    let mut kills = 0;
    for kind in ["write", "sendto", "connect"] {
        for number in 1..40 {
            let plan = client.prepare(change).unwrap();
            let killer = Fault::kill_helper(kind, number);
            let done = client.apply(&plan, 0);
            drop(killer);
            assert!(within(20, || no_change_is_open(&client)), "{kind} {number}");
            let is_made = vsctl("list-br").contains("nvo14");
            if done.is_ok() {
                assert!(is_made, "{kind} {number}");
            } else {
                kills += 1;
            }
            if is_made {
                assert_eq!(vsctl("list-ports nvo14"), "nvo-j\nnvo-k", "{kind} {number}");
                let undo = client.call("PrepareUndo", &(plan.id.to_string(),)).unwrap();
                let _ = client
                    .apply(&serde_json::from_str(&undo).unwrap(), 0)
                    .unwrap();
            }
            assert_eq!(configuration(), before, "{kind} {number}");
            if done.is_ok() {
                break;
            }
        }
    }
    println!("{kills} kills");
    assert!(kills >= 5, "only {kills} kills");
}
