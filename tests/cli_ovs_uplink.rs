// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. The card this host is reached by, which a program configures,
//! becomes the port of a bridge of Open vSwitch. An administrator who is connected
//! through it stays connected, whatever becomes of the change.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{digest, link};
use nova_tests::lan::{BY_HAND, CARD, Lan, address_of, connected, default_by, files, newest};
use nova_tests::ovs::{Free, configuration, vsctl};
use nova_tests::program::{Ran, nova, run, sh, within};

const BRIDGE: &str = "nvl-ovs";
const LEASED: &str = "DHCP=ipv4\nLinkLocalAddressing=no";
const LASTING: &str = "/etc/systemd/network";
const VOLATILE: &str = "/run/systemd/network";

fn bridge(more: &[&str]) -> Ran {
    let mut all = vec![
        "create-switch",
        BRIDGE,
        "--type",
        "openvswitch",
        "--interfaces",
        CARD,
        "--yes",
    ];
    all.extend_from_slice(more);
    nova(&all)
}

/// The bridge has what the card had.
#[track_caller]
fn bridged(address: &str) {
    assert_eq!(vsctl(&format!("port-to-br {CARD}")), BRIDGE);
    assert_eq!(address_of(BRIDGE).as_deref(), Some(address));
    assert_eq!(address_of(CARD), None);
    assert_eq!(default_by(), [BRIDGE]);
    assert_eq!(
        link(BRIDGE).unwrap()["address"],
        link(CARD).unwrap()["address"]
    );
}

/// The card has it again.
#[track_caller]
fn plain(address: &str) {
    assert!(link(BRIDGE).is_none());
    assert_eq!(address_of(CARD).as_deref(), Some(address));
    assert_eq!(default_by(), [CARD]);
}

#[test]
fn a_leased_card_becomes_a_port_and_comes_back() {
    let _alone = alone();
    let _free = Free::new(BRIDGE);
    let _lan = Lan::with_networkd(LEASED).with_checksums();
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = (digest(), configuration());
    let plan = bridge(&["--dry-run"]).ok();
    for says in [
        &*format!("{address} (from DHCP) moves from {CARD} to {BRIDGE}."),
        "The default route through 198.51.100.1",
        "systemd-networkd keeps it",
        "198.51.100.77",
        &*format!("networkctl reconfigure {BRIDGE}"),
    ] {
        assert!(plan.contains(says), "{says}: {plan}");
    }
    assert_eq!((digest(), configuration()), before);

    let _ = bridge(&[]).ok();
    bridged(&address);
    administrator.is_still_there_within(15);
    assert_eq!(
        files(LASTING),
        [
            "05-nova-nvl-ovs.network",
            "05-nova-nvl0.network",
            "20-nvl.network"
        ]
    );
    assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
    let refused = nova(&["delete-switch", BRIDGE, "--yes"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.err.contains("nova network undo"), "{refused:?}");

    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    plain(&address);
    administrator.is_still_there_within(15);
    assert_eq!(files(LASTING), ["20-nvl.network"]);
    assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
    assert_eq!((digest(), configuration()), before);
    // systemd-networkd goes by the person's file again.
    let shown = run("networkctl", &["status", "--no-pager", CARD]).ok();
    assert!(shown.contains("20-nvl.network"), "{shown}");
}

#[test]
fn nothing_is_in_etc_before_it_is_kept_and_what_nobody_keeps_is_undone() {
    let _alone = alone();
    for lines in [
        LEASED.to_owned(),
        format!("Address={BY_HAND}\nGateway=198.51.100.1\nLinkLocalAddressing=no"),
    ] {
        let _free = Free::new(BRIDGE);
        let _lan = Lan::with_networkd(&lines).with_checksums();
        let address = address_of(CARD).unwrap();
        let administrator = connected(&address);
        let before = (digest(), configuration());
        let _ = bridge(&["--confirm-within", "10s"]).ok();
        bridged(&address);
        administrator.is_still_there_within(15);
        assert_eq!(files(LASTING), ["20-nvl.network"]);
        let is_as_before = || (digest(), configuration()) == before;
        assert!(within(60, is_as_before), "it is not undone: {lines}");
        assert!(within(20, || files(VOLATILE).is_empty()));
        plain(&address);
        administrator.is_still_there_within(15);
    }
}

#[test]
fn a_killed_helper_leaves_the_card_as_it_was() {
    let _alone = alone();
    let _free = Free::new(BRIDGE);
    let _lan = Lan::with_networkd(LEASED).with_checksums();
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = (digest(), configuration());
    let _ = bridge(&["--confirm-within", "60s"]).ok();
    bridged(&address);
    let _ = sh("systemctl kill -s KILL nova-helper").ok();
    let is_as_before = || (digest(), configuration()) == before;
    assert!(within(60, is_as_before), "it is not undone");
    plain(&address);
    administrator.is_still_there_within(15);
}

#[test]
fn network_manager_gives_a_foreign_bridge_nothing_and_nothing_changes() {
    let _alone = alone();
    let _free = Free::new(BRIDGE);
    let _lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = (digest(), configuration());
    let refused = bridge(&[]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused
            .err
            .contains("NetworkManager configures its addresses")
            && refused.err.contains(&format!("bridge-nic {CARD}")),
        "{refused:?}"
    );
    assert_eq!((digest(), configuration()), before);
    administrator.is_still_there_within(15);
}
