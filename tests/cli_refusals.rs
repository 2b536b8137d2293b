// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Values that a Linux bridge, its ports or its VLANs cannot
//! have: each is refused with what is possible, and nothing is different then.
//! The kernel would take some of them (T1, T2, T4, T6 of what was measured).

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{Cable, Gone, digest};
use nova_tests::program::{nova, sh};

/// Line, exit code, words of the message.
const REFUSALS: &[(&str, i32, &str)] = &[
    // T6: bits that end at each bridge, and what else is no mask.
    (
        "configure-bridge nvf-br --group-fwd-mask 0x1",
        2,
        "bits 0 to 2 carry spanning tree",
    ),
    (
        "configure-bridge nvf-br --group-fwd-mask 0x4007",
        2,
        "0x4000 is possible",
    ),
    (
        "configure-bridge nvf-br --group-fwd-mask 0x10000",
        2,
        "group-fwd-mask",
    ),
    (
        "configure-bridge nvf-br --group-fwd-mask lldp",
        2,
        "group-fwd-mask",
    ),
    // The kernel of today takes any number, older ones and NetworkManager do not.
    (
        "configure-bridge nvf-br --hash-max 1000",
        2,
        "a power of two",
    ),
    ("configure-bridge nvf-br --hash-max 0", 2, "hash-max"),
    (
        "configure-bridge nvf-br --hash-max -1",
        2,
        "a whole number, 1 to 65536",
    ),
    // T4.
    ("configure-port nvf-br nvf-a --path-cost 0", 2, "1 to 65535"),
    (
        "configure-port nvf-br nvf-a --path-cost 65536",
        2,
        "1 to 65535",
    ),
    (
        "configure-port nvf-br nvf-a --port-priority 64",
        2,
        "0 to 63",
    ),
    (
        "configure-port nvf-br nvf-a --port-priority -1",
        2,
        "a whole number, 0 to 63",
    ),
    ("configure-port nvf-br nvf-a", 2, "no option is given"),
    (
        "configure-port nvf-br nvf-b --path-cost 4",
        5,
        "is not a port of it",
    ),
    (
        "configure-port nvf-br nvf-none --path-cost 4",
        5,
        "there is no link nvf-none",
    ),
    (
        "configure-port nvf-none nvf-a --path-cost 4",
        5,
        "there is no link nvf-none",
    ),
    (
        "configure-port nvf-a nvf-a --path-cost 4",
        3,
        "not a Linux bridge",
    ),
    // T1, T2.
    (
        "configure-bridge nvf-br --stp on --forward-delay 2",
        2,
        "4 to 30 s",
    ),
    ("configure-bridge nvf-br --forward-delay 31", 2, "0 to 30 s"),
    ("configure-bridge nvf-br --hello-time 11", 2, "1 to 10 s"),
    ("configure-bridge nvf-br --max-age 41", 2, "6 to 40 s"),
    (
        "configure-bridge nvf-br --stp on --forward-delay 4 --max-age 20",
        2,
        "802.1D",
    ),
    (
        "configure-bridge nvf-br --ageing-time 1000001",
        2,
        "0 to 1000000 s",
    ),
    ("configure-bridge nvf-br --priority 65536", 2, "priority"),
    ("configure-bridge nvf-br", 2, "no option is given"),
    // Of every port each frame is copied once, whichever way.
    (
        "mirror-port nvf-br --destination nvf-a --mirror-type egress",
        2,
        "no source is named",
    ),
    // VLANs.
    ("configure-port nvf-br nvf-a --vlan 0", 2, "1 to 4094"),
    ("configure-port nvf-br nvf-a --vlan 4095", 2, "1 to 4094"),
    (
        "configure-port nvf-br nvf-a --trunk 200-100",
        2,
        "\"100-200\" is possible",
    ),
    ("configure-port nvf-br nvf-a --trunk 1,,2", 2, "1 to 4094"),
    ("configure-port nvf-br nvf-a --trunk 1-4095", 2, "1 to 4094"),
    (
        "configure-port nvf-br nvf-a --trunk 10-20 --native-vlan 15",
        2,
        "it leaves without a tag",
    ),
    ("configure-port nvf-br nvf-a --native-vlan 15", 2, "--trunk"),
    (
        "configure-port nvf-br nvf-a --vlan 5 --trunk 6",
        2,
        "cannot be used with",
    ),
    (
        "configure-bridge nvf-br --default-vlan 4095",
        2,
        "0 to 4094",
    ),
    ("configure-switch nvf-br --vlan 100", 2, "no port for it"),
    (
        "configure-switch nvf-br --vlan 100,200 --access-ports nvf-a",
        2,
        "carries one VLAN",
    ),
    ("create-vlan nvf-a 0", 2, "1 to 4094"),
    ("create-vlan nvf-a 4095", 2, "1 to 4094"),
    // The kernel of the first tier has no VLAN filtering.
    (
        "configure-bridge nvf-br --vlan-filtering",
        3,
        "this kernel has no VLAN filtering",
    ),
    (
        "configure-switch nvf-br --vlan 100 --trunk-ports nvf-a --vlan-filtering",
        3,
        "this kernel has no VLAN filtering",
    ),
    (
        "configure-port nvf-br nvf-a --vlan 5",
        3,
        "this kernel has no VLAN filtering",
    ),
    (
        "configure-switch nvf-br --own-vlan 5",
        3,
        "this kernel has no VLAN filtering",
    ),
    (
        "create-switch nvf-new --vlan-filtering",
        3,
        "this kernel has no VLAN filtering",
    ),
];

#[test]
fn what_a_linux_bridge_cannot_have_is_refused_and_changes_nothing() {
    let _alone = alone();
    let _gone = Gone("nvf-br");
    let _ = sh("ip link delete nvf-br");
    let _cables = ["nvf-a", "nvf-b"].map(Cable::lay);
    let made = nova(&["create-switch", "nvf-br", "--interfaces", "nvf-a", "--yes"]);
    assert_eq!(made.code, 0, "{made:?}");
    // What the bridge counts and times is not configured.
    let state = || {
        let still = "with_entries(select(.key | test(\"_timer$|_n_|^state$|^flags$\") | not))";
        let options = format!(
            "ip -d -j link show nvf-br | jq '.[].linkinfo.info_data | {still}'; \
             bridge -d -j link show dev nvf-a | jq '.[] | {still}'"
        );
        digest() + &sh(&options).ok()
    };
    let before = state();
    let mut wrong = Vec::new();
    for (line, code, says) in REFUSALS {
        let ran = nova(&line.split(' ').chain(["--yes"]).collect::<Vec<_>>());
        if ran.code != *code || !ran.err.contains(says) || !ran.out.is_empty() {
            wrong.push(format!("{line}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(state(), before);
}

#[test]
fn what_the_tests_compare_tells_every_option_apart() {
    let _alone = alone();
    let _gone = Gone("nvf-br");
    let _ = sh("ip link delete nvf-br");
    let _cables = ["nvf-a"].map(Cable::lay);
    let _ = sh(
        "set -e; ip link add nvf-br type bridge; ip link set nvf-br up; ip link set nvf-a master nvf-br; \
         ip -6 address add 2001:db8:7::5/64 dev nvf-br nodad",
    )
    .ok();
    // What another does, and what takes it back.
    for (does, undoes) in [
        (
            "ip link set nvf-br type bridge mcast_querier 1",
            "ip link set nvf-br type bridge mcast_querier 0",
        ),
        (
            "ip link set nvf-br type bridge mcast_hash_max 512",
            "ip link set nvf-br type bridge mcast_hash_max 4096",
        ),
        (
            "ip link set nvf-br type bridge group_fwd_mask 0x4000",
            "ip link set nvf-br type bridge group_fwd_mask 0",
        ),
        (
            "bridge link set dev nvf-a cost 9",
            "bridge link set dev nvf-a cost 2",
        ),
        (
            "bridge link set dev nvf-a priority 5",
            "bridge link set dev nvf-a priority 32",
        ),
        (
            "bridge link set dev nvf-a hairpin on",
            "bridge link set dev nvf-a hairpin off",
        ),
        (
            "bridge link set dev nvf-a isolated on",
            "bridge link set dev nvf-a isolated off",
        ),
        (
            "bridge link set dev nvf-a learning off",
            "bridge link set dev nvf-a learning on",
        ),
        (
            "bridge link set dev nvf-a flood off",
            "bridge link set dev nvf-a flood on",
        ),
        (
            "bridge link set dev nvf-a guard on",
            "bridge link set dev nvf-a guard off",
        ),
        (
            "ip -6 route add 2001:db8:9::/64 via 2001:db8:7::1 dev nvf-br",
            "ip -6 route delete 2001:db8:9::/64",
        ),
        (
            "ip route add 203.0.113.0/24 dev nvf-br",
            "ip route delete 203.0.113.0/24",
        ),
    ] {
        let before = digest();
        let _ = sh(does).ok();
        assert_ne!(digest(), before, "{does}");
        let _ = sh(undoes).ok();
        assert_eq!(digest(), before, "{undoes}");
    }
}
