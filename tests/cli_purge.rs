// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Before Nova is removed everything it has changed is undone, and
//! nothing else: R33.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::{OwnHistory, alone};
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::lan::{Lan, profiles};
use nova_tests::ovs::{Free, configuration, does};
use nova_tests::program::{nova, run_as, sh, within};
use serde_json::Value;

/// The titles of what a purge would undo, in its order.
fn standing() -> Vec<String> {
    let entries = nova(&["purge", "--dry-run", "--output", "json"]).json();
    let entries = entries.as_array().unwrap().iter();
    entries
        .map(|entry| entry["plan"]["title"].as_str().unwrap().to_owned())
        .collect()
}

/// The host as several programs see it.
fn everything() -> [String; 4] {
    let traffic = "for link in nvp-a nvp-b nvp-alien; do tc qdisc show dev $link; \
        tc filter show dev $link ingress; tc filter show dev $link egress; done";
    [
        digest(),
        configuration(),
        sh(traffic).ok(),
        profiles().join("\n"),
    ]
}

#[test]
fn r33_after_a_purge_the_host_is_as_before_the_first_change() {
    let _alone = alone();
    let _history = OwnHistory::begin();
    let _lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
    let _gone = [Gone("nvp-alien"), Gone("nvp-lost"), Gone("nvp-br")];
    let _free = Free::new("nvp-ovs");
    let _cables = [Cable::lay("nvp-a"), Cable::lay("nvp-b")];
    let _ = sh(
        "set -e; ip link add nvp-alien type bridge; ip link set nvp-alien up; \
         ip link add nvp-lost type bridge stp_state 1; ip link set nvp-b master nvp-alien",
    )
    .ok();
    let before = everything();

    let changes = [
        "create-switch nvp-br --stp-enable --interfaces nvp-a",
        "configure-bridge nvp-br --priority 4096 --ageing-time 60",
        "configure-bridge nvp-alien --priority 8192 --multicast-snooping off",
        "set-mtu nvp-b 1400",
        "qos nvp-b --ingress-rate 10Mbps --egress-rate 20Mbps",
        "mirror-port nvp-alien --source nvp-b --destination nvp-a --mirror-type ingress",
        "create-switch nvp-ovs --type openvswitch",
        "delete-switch nvp-lost --foreign",
        "bridge-nic nvl0 --name nvl-br",
    ];
    for change in changes {
        let _ = does(change);
    }
    // This one is undone already, and a purge has no business with it.
    let _ = does("set-link nvp-b down");
    let undone = nova_tests::lan::newest();
    let _ = does(&format!("undo {undone}"));

    let asked = standing();
    assert_eq!(asked.len(), changes.len(), "{asked:?}");
    assert_eq!(asked[0], "Create bridge nvl-br", "the newest first");
    let changed = everything();
    assert!((0..4).all(|part| changed[part] != before[part]));

    let refused = run_as("nova", "nova", &["network", "purge", "--yes"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert_eq!(everything(), changed);

    let said = nova(&["purge", "--yes"]).ok();
    assert!(said.contains("9 changes undone"), "{said}");
    assert_eq!(everything(), before);
    let again = nova(&["purge", "--yes"]).ok();
    assert_eq!(again, "Nothing that Nova has changed stands.\n");
}

#[test]
fn r33_what_the_host_has_moved_on_from_is_left_and_named() {
    let _alone = alone();
    let _history = OwnHistory::begin();
    let _gone = [Gone("nvp-br"), Gone("nvp-new")];
    let _ = does("create-switch nvp-br");
    let _ = does("create-switch nvp-new");
    // Another bridge of this name, with the mark copied.
    let mark = link("nvp-br").unwrap()["ifalias"]
        .as_str()
        .unwrap()
        .to_owned();
    let _ = sh(&format!(
        "set -e; ip link delete nvp-br; ip link add nvp-br type bridge; ip link set nvp-br alias '{mark}'"
    ))
    .ok();
    let another = link("nvp-br").unwrap()["ifindex"].clone();

    let ran = nova(&["purge", "--yes", "--output", "json"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("1 of 2 changes"), "{ran:?}");
    let told = ran.json();
    assert_eq!(told["undone"].as_array().map(Vec::len), Some(1));
    let left: Vec<&str> = told["left"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|left| left["title"].as_str())
        .collect();
    assert_eq!(left, ["Create bridge nvp-br"]);
    assert_eq!(told["marked"], Value::from(vec!["nvp-br"]));
    assert_eq!(link("nvp-br").unwrap()["ifindex"], another);
    assert!(link("nvp-new").is_none());
}

/// A link that goes and another of its name that comes is what a boot looks like.
#[test]
fn r33_what_was_given_again_is_taken_away_and_forgotten() {
    let _alone = alone();
    let _history = OwnHistory::begin();
    let lay = || Cable::lay("nvp-b");
    let limited = || sh("tc class show dev nvp-b").out.contains("20Mbit");
    let cable = lay();
    let _ = does("qos nvp-b --egress-rate 20Mbps");
    let follows = || sh("systemctl is-active nova-follow").out.trim() == "active";
    assert!(within(10, follows));
    drop(cable);
    let cable = lay();
    assert!(within(60, limited));

    let ran = nova(&["purge", "--yes", "--output", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = ran.json();
    let count = |key: &str| told[key].as_array().map(Vec::len);
    assert_eq!(count("undone"), Some(1), "what was given again: {told}");
    assert_eq!(count("gone"), Some(1), "what was asked for before: {told}");
    assert_eq!(count("left"), Some(0), "{told}");
    assert_eq!(told["forgotten"], 1);
    assert!(!limited());
    drop(cable);
    let _cable = lay();
    assert!(!within(5, limited));
    assert_eq!(standing().len(), 1, "nobody undoes what is gone");
}
