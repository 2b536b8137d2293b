// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What mirrors of Open vSwitch copy, and where to: their rows
//! are read with `ovs-vsctl`, the copies counted by `tcpdump`.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::capture::Capture;
use nova_tests::host::Cable;
use nova_tests::ovs::{Free, configuration, does, vsctl};
use nova_tests::program::{nova, within};

/// Machines in VLANs behind the ports of a bridge, with the addresses
/// 198.51.100.1, 2, …
fn machines<const N: usize>(switch: &str, ports: [(&str, &str); N]) -> [Cable; N] {
    let mut host = 0;
    ports.map(|(name, vlan)| {
        let cable = Cable::lay(name);
        host += 1;
        let _ = does(&format!("ovs-add-port {switch} {name} {vlan}"));
        let _ = cable
            .far(&format!("ip address add 198.51.100.{host}/24 dev far"))
            .ok();
        cable
    })
}

/// Has a machine ask another until it is answered, so that both know each
/// other's address.
#[track_caller]
fn meet(from: &Cable, host: u8) {
    let line = format!("ping -c 1 -W 2 198.51.100.{host}");
    assert!(within(20, || from.far(&line).code == 0), "{line}");
}

/// Three questions, of which each is answered.
fn ask(from: &Cable, host: u8) {
    let _ = from
        .far(&format!("ping -c 3 -i 0.2 -W 5 198.51.100.{host}"))
        .ok();
}

/// One more question of another length, which comes after all others.
fn mark(from: &Cable, host: u8) {
    let _ = from
        .far(&format!("ping -c 1 -s 300 -W 5 198.51.100.{host}"))
        .ok();
}

const MARK: &str = "length 308";
const QUESTION: &str = "echo request";
const ANSWER: &str = "echo reply";

/// How many of these frames say this.
fn count(frames: &[String], says: &str) -> usize {
    frames.iter().filter(|line| line.contains(says)).count()
}

/// The names of the ports in a column of a mirror.
fn ports_of(mirror: &str, column: &str) -> Vec<String> {
    let rows = vsctl(&format!("--bare get Mirror {mirror} {column}"));
    let rows = rows.trim_matches(['[', ']']).split(", ");
    let mut names: Vec<String> = rows
        .filter(|row| !row.is_empty())
        .map(|row| vsctl(&format!("get Port {row} name")).replace('"', ""))
        .collect();
    names.sort();
    names
}

#[test]
fn of_several_sources_each_is_copied_in_its_own_direction() {
    let _alone = alone();
    let _free = Free::made("nvq1");
    let cables = machines(
        "nvq1",
        [
            ("nvq-a", "--vlan 100"),
            ("nvq-b", "--vlan 100"),
            ("nvq-c", "--vlan 100"),
        ],
    );
    let [a, b, _] = &cables;
    let m = Cable::lay("nvq-m");
    let _ = does("ovs-add-port nvq1 nvq-m");
    for (from, host) in [(a, 2), (a, 3), (b, 3)] {
        meet(from, host);
    }
    let before = configuration();
    // Sources, their rows, what of questions and answers between the first and
    // the second machine is copied, and of those to the third.
    let mirrors = [
        // What the first sends and what the second receives are the same frames,
        // of which each is copied once.
        (
            "nvq-a:ingress,nvq-b:egress",
            (vec!["nvq-a"], vec!["nvq-b"]),
            (3, 0),
            (3, 0),
        ),
        (
            "nvq-a:egress,nvq-b:ingress",
            (vec!["nvq-b"], vec!["nvq-a"]),
            (0, 3),
            (0, 3),
        ),
        (
            "nvq-b,nvq-c:egress",
            (vec!["nvq-b"], vec!["nvq-b", "nvq-c"]),
            (3, 3),
            (3, 0),
        ),
        (
            "nvq-b:both,nvq-c:ingress",
            (vec!["nvq-b", "nvq-c"], vec!["nvq-b"]),
            (3, 3),
            (0, 3),
        ),
    ];
    for (sources, (ingress, egress), between, to_third) in mirrors {
        let _ = does(&format!(
            "mirror-port nvq1 --source {sources} --destination nvq-m"
        ));
        assert_eq!(
            ports_of("mirror-nvq-m", "select_src_port"),
            ingress,
            "{sources}"
        );
        assert_eq!(
            ports_of("mirror-nvq-m", "select_dst_port"),
            egress,
            "{sources}"
        );
        assert_eq!(
            ports_of("mirror-nvq-m", "output_port"),
            ["nvq-m"],
            "{sources}"
        );
        assert_eq!(
            vsctl("get Mirror mirror-nvq-m select_all output_vlan select_vlan"),
            "false\n[]\n[]",
            "{sources}"
        );
        for (host, (questions, answers)) in [(2, between), (3, to_third)] {
            let copies = Capture::start(&m, "icmp or (vlan and icmp)");
            ask(a, host);
            // Some direction of this is copied by each of the mirrors.
            mark(a, 2);
            let frames = copies.frames_before(MARK);
            let told = format!("{sources} to {host}: {frames:#?}");
            assert_eq!(count(&frames, QUESTION), questions, "{told}");
            assert_eq!(count(&frames, ANSWER), answers, "{told}");
        }
        let _ = does("remove-mirror nvq1 mirror-nvq-m");
        assert_eq!(configuration(), before, "{sources}");
    }
}

#[test]
fn only_frames_of_the_chosen_vlans_are_copied() {
    let _alone = alone();
    let _free = Free::made("nvq2");
    let [a, _, c, _] = &machines(
        "nvq2",
        [
            ("nvq-a", "--vlan 100"),
            ("nvq-b", "--vlan 100"),
            ("nvq-c", "--vlan 205"),
            ("nvq-d", "--vlan 205"),
        ],
    );
    let m = Cable::lay("nvq-m");
    let _ = does("ovs-add-port nvq2 nvq-m");
    meet(a, 2);
    meet(c, 4);
    // With ports chosen and with every port.
    for sources in ["--source nvq-a,nvq-c", ""] {
        for (vlans, column, hears_a, hears_c) in [
            ("100", "[100]", true, false),
            ("200-205", "[200, 201, 202, 203, 204, 205]", false, true),
            ("100,205", "[100, 205]", true, true),
        ] {
            let line = format!("mirror-port nvq2 {sources} --destination nvq-m --vlan {vlans}");
            let _ = does(&line.replace("  ", " "));
            assert_eq!(vsctl("get Mirror mirror-nvq-m select_vlan"), column);
            assert_eq!(
                vsctl("get Mirror mirror-nvq-m select_all"),
                sources.is_empty().to_string()
            );
            let copies = Capture::start(&m, "icmp or (vlan and icmp)");
            ask(a, 2);
            ask(c, 4);
            let (from, host) = if hears_c { (c, 4) } else { (a, 2) };
            mark(from, host);
            let frames = copies.frames_before(MARK);
            for (asked, hears) in [(2, hears_a), (4, hears_c)] {
                let questions = format!("> 198.51.100.{asked}: ICMP {QUESTION}");
                let answers = format!("198.51.100.{asked} > ");
                let wanted = if hears { 3 } else { 0 };
                assert_eq!(count(&frames, &questions), wanted, "{line}: {frames:#?}");
                assert_eq!(count(&frames, &answers), wanted, "{line}: {frames:#?}");
            }
            let _ = does("remove-mirror nvq2 mirror-nvq-m");
        }
    }
    for (vlans, says) in [
        ("0", "1 to 4094"),
        ("4095", "1 to 4094"),
        ("205-200", "\"200-205\" is possible"),
    ] {
        let line = format!("mirror-port nvq2 --destination nvq-m --vlan {vlans} --yes");
        let before = configuration();
        let ran = nova(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(ran.err.contains(says), "{line}: {ran:?}");
        assert_eq!(configuration(), before, "{line}");
    }
}

#[test]
fn copies_are_sent_in_a_vlan_of_their_own() {
    let _alone = alone();
    let _free = Free::made("nvq3");
    let [a, _] = &machines("nvq3", [("nvq-a", "--vlan 100"), ("nvq-b", "--vlan 100")]);
    let [collector, outside] = &["nvq-t", "nvq-u"].map(Cable::lay);
    let _ = does("ovs-add-port nvq3 nvq-t --trunk 900");
    let _ = does("ovs-add-port nvq3 nvq-u --trunk 901");
    meet(a, 2);
    let before = configuration();
    let line = "mirror-port nvq3 --source nvq-a --destination-vlan 900";
    let plan = nova(&line.split(' ').chain(["--dry-run"]).collect::<Vec<_>>()).ok();
    assert!(
        plan.contains("VLAN 900 of nvq3 floods the copies") && plan.contains("RSPAN"),
        "{plan}"
    );
    assert_eq!(configuration(), before);
    let _ = does(line);
    let name = "mirror-vlan900";
    assert_eq!(
        vsctl(&format!(
            "get Mirror {name} output_vlan output_port select_all"
        )),
        "900\n[]\nfalse"
    );
    assert_eq!(ports_of(name, "select_src_port"), ["nvq-a"]);
    assert_eq!(ports_of(name, "select_dst_port"), ["nvq-a"]);
    let copies = Capture::start(collector, "vlan 900 and icmp");
    let none = Capture::start(outside, "vlan and icmp");
    ask(a, 2);
    mark(a, 2);
    let frames = copies.frames_before(MARK);
    assert_eq!(count(&frames, QUESTION), 3, "{frames:#?}");
    assert_eq!(count(&frames, ANSWER), 3, "{frames:#?}");
    assert_eq!(none.frames(), Vec::<String>::new());
    let shown = nova(&["show", "nvq3"]).ok();
    assert!(shown.contains("VLAN 900"), "{shown}");
    let _ = does(&format!("remove-mirror nvq3 {name}"));
    assert_eq!(configuration(), before);
}
