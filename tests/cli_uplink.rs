// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. The card this host is reached by becomes the port of a bridge:
//! through `NetworkManager`, through systemd-networkd and without either. An
//! administrator who is connected through it stays connected, whatever becomes
//! of the change.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{digest, link};
use nova_tests::lan::{
    BRIDGE, BY_HAND, CARD, Lan, address_of, connected, default_by, files, master_of, newest,
    profiles,
};
use nova_tests::program::{nova, sh, within};

const LEASED: &str = "ipv4.method auto ipv6.method disabled";
const PROFILES: &str = "/etc/NetworkManager/system-connections";
const LASTING: &str = "/etc/systemd/network";
const VOLATILE: &str = "/run/systemd/network";

/// The bridge has what the card had.
#[track_caller]
fn bridged(address: &str) {
    assert_eq!(master_of(CARD).as_deref(), Some(BRIDGE));
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
    assert_eq!(master_of(CARD), None);
    assert_eq!(address_of(CARD).as_deref(), Some(address));
    assert_eq!(default_by(), [CARD]);
}

fn bridge(more: &[&str]) -> nova_tests::program::Ran {
    let mut all = vec!["bridge-nic", CARD, "--name", BRIDGE, "--yes"];
    all.extend_from_slice(more);
    nova(&all)
}

#[test]
fn a_leased_card_is_bridged_by_network_manager_and_comes_back() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = (digest(), profiles());

    let plan = nova(&["bridge-nic", CARD, "--name", BRIDGE, "--dry-run"]).ok();
    for says in [
        &*format!("{address} (from DHCP) moves from {CARD} to {BRIDGE}."),
        "The default route through 198.51.100.1",
        "NetworkManager keeps it",
        "198.51.100.77",
        "nmcli connection up",
    ] {
        assert!(plan.contains(says), "{says}: {plan}");
    }
    assert_eq!((digest(), profiles()), before);

    let _ = bridge(&[]).ok();
    bridged(&address);
    administrator.is_still_there_within(15);
    let kept = profiles();
    assert!(kept.contains(&format!("{BRIDGE}:{PROFILES}/{BRIDGE}.nmconnection:yes")));
    assert!(kept.contains(&format!(
        "{BRIDGE} port {CARD}:{PROFILES}/{BRIDGE} port {CARD}.nmconnection:yes"
    )));
    assert!(kept.contains(&format!("nvl-uplink:{PROFILES}/nvl-uplink.nmconnection:no")));

    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    plain(&address);
    administrator.is_still_there_within(15);
    assert_eq!((digest(), profiles()), before);
}

/// Lets a stopped daemon go on, whatever the test did.
struct Thawed;

impl Drop for Thawed {
    fn drop(&mut self) {
        let _ = sh("systemctl kill -s CONT NetworkManager");
    }
}

#[test]
fn while_network_manager_hangs_nothing_is_done_to_its_card() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = digest();
    let thawed = Thawed;
    let _ = sh("systemctl kill -s STOP NetworkManager").ok();
    let hanging = bridge(&[]);
    drop(thawed);
    assert_eq!(hanging.code, 7, "{hanging:?}");
    assert!(
        hanging
            .err
            .contains("NetworkManager runs and does not answer"),
        "{hanging:?}"
    );
    assert_eq!(digest(), before);
    administrator.is_still_there_within(15);
}

#[test]
fn with_network_manager_nothing_is_on_the_disk_before_it_is_kept() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let (before, on_disk) = (digest(), files(PROFILES));
    let known = profiles();

    let _ = bridge(&["--confirm-within", "10s"]).ok();
    bridged(&address);
    administrator.is_still_there_within(15);
    assert_eq!(files(PROFILES), on_disk);
    assert!(within(40, || digest() == before), "it is not undone");
    assert!(within(10, || profiles() == known), "{:?}", profiles());
    plain(&address);
    administrator.is_still_there_within(15);
}

#[test]
fn addresses_set_by_hand_move_with_routes_and_name_servers() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(&format!(
        "ipv4.method manual ipv4.addresses {BY_HAND} ipv4.gateway 198.51.100.1 \
         ipv4.routes '203.0.113.0/24 198.51.100.1 50' ipv4.dns 198.51.100.1 ipv6.method disabled"
    ));
    let administrator = connected(BY_HAND);
    let before = (digest(), profiles());
    let _ = nova(&[
        "create-switch",
        BRIDGE,
        "--interfaces",
        CARD,
        "--multicast-snooping",
        "off",
        "--yes",
    ])
    .ok();
    bridged(BY_HAND);
    administrator.is_still_there_within(15);
    let route = sh("ip -4 route show 203.0.113.0/24").ok();
    assert!(
        route.contains("via 198.51.100.1") && route.contains(BRIDGE),
        "{route}"
    );
    let profile = sh(&format!(
        "nmcli -t -f ipv4.dns,ipv4.addresses,bridge.multicast-snooping,bridge.mac-address connection show {BRIDGE}"
    ))
    .ok();
    assert!(profile.contains("ipv4.dns:198.51.100.1"), "{profile}");
    assert!(
        profile.contains("bridge.multicast-snooping:no"),
        "{profile}"
    );
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    plain(BY_HAND);
    administrator.is_still_there_within(15);
    assert_eq!((digest(), profiles()), before);
}

#[test]
fn an_address_and_a_route_that_the_profile_does_not_know_are_named() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    for (set, told) in [
        (
            "address replace 198.51.100.9/24",
            "its address 198.51.100.9/24 does not stand in the profile",
        ),
        (
            "route replace 198.18.0.0/16 via 198.51.100.1",
            "its route 198.18.0.0/16 via 198.51.100.1 was set by hand",
        ),
    ] {
        let _ = sh(&format!("ip {set} dev {CARD}")).ok();
        let before = digest();
        let ran = bridge(&[]);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.err.contains(told), "{ran:?}");
        assert_eq!(digest(), before);
        let _ = sh(&format!(
            "ip {} dev {CARD}",
            set.replace("replace", "delete")
        ))
        .ok();
    }
}

#[test]
fn a_route_that_networkd_does_not_know_is_named() {
    let _alone = alone();
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    let _ = sh(&format!(
        "ip route add 198.18.0.0/16 via 198.51.100.1 dev {CARD}"
    ))
    .ok();
    let before = digest();
    let ran = bridge(&[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("its route 198.18.0.0/16 via"), "{ran:?}");
    assert_eq!(digest(), before);
}

#[test]
fn a_killed_helper_leaves_the_card_as_it_was() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = digest();
    let _ = bridge(&["--confirm-within", "60s"]).ok();
    bridged(&address);
    let _ = sh("systemctl kill -s KILL nova-helper").ok();
    assert!(within(30, || digest() == before), "it is not undone");
    plain(&address);
    administrator.is_still_there_within(15);
}

#[test]
fn a_leased_card_is_bridged_by_networkd_and_comes_back() {
    let _alone = alone();
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = digest();
    let patient = bridge(&["--stp-enable", "--dry-run"]).ok();
    let silent = format!("keeps {CARD} silent for about 30 s");
    assert!(patient.contains(&silent), "{patient}");
    let _ = bridge(&[]).ok();
    bridged(&address);
    administrator.is_still_there_within(15);
    assert_eq!(
        files(LASTING),
        [
            "05-nova-nvl-br.netdev",
            "05-nova-nvl-br.network",
            "05-nova-nvl0.network",
            "20-nvl.network"
        ]
    );
    assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    plain(&address);
    administrator.is_still_there_within(15);
    assert_eq!(files(LASTING), ["20-nvl.network"]);
    assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
    assert_eq!(digest(), before);
    // systemd-networkd goes by the person's file again, so it can be done again.
    let shown = nova_tests::program::run("networkctl", &["status", "--no-pager", CARD]).ok();
    assert!(shown.contains("20-nvl.network"), "{shown}");
    let _ = nova(&["create-switch", BRIDGE, "--interfaces", CARD, "--dry-run"]).ok();
}

#[test]
fn with_networkd_nothing_is_in_etc_before_it_is_kept() {
    let _alone = alone();
    let _lan = Lan::with_networkd(&format!(
        "Address={BY_HAND}\nGateway=198.51.100.1\nDNS=198.51.100.1\nLinkLocalAddressing=no"
    ));
    let administrator = connected(BY_HAND);
    let before = digest();
    let _ = bridge(&["--confirm-within", "10s"]).ok();
    bridged(BY_HAND);
    administrator.is_still_there_within(15);
    assert_eq!(files(LASTING), ["20-nvl.network"]);
    // Its name server goes where the address is.
    let asks = |name: &str| sh(&format!("networkctl status --no-pager {name} | grep DNS:")).out;
    assert!(asks(BRIDGE).contains("198.51.100.1"), "{}", asks(BRIDGE));
    assert_eq!(asks(CARD), "");
    assert!(within(40, || digest() == before), "it is not undone");
    assert!(within(20, || files(VOLATILE).is_empty()));
    plain(BY_HAND);
    administrator.is_still_there_within(15);
}

#[test]
fn an_option_that_would_be_left_behind_is_named() {
    let _alone = alone();
    let _lan = Lan::with_networkd(&format!(
        "Address={BY_HAND}\nLinkLocalAddressing=no\nIPMasquerade=no\nDHCPServer=no"
    ));
    let ran = bridge(&[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("DHCPServer= in [Network]"), "{ran:?}");
    assert!(link(BRIDGE).is_none());
}

#[test]
fn without_a_program_addresses_move_until_the_next_boot() {
    let _alone = alone();
    let _lan = Lan::lay();
    let _ = sh(&format!(
        "ip address add {BY_HAND} dev {CARD}; ip route add default via 198.51.100.1 metric 7"
    ))
    .ok();
    let administrator = connected(BY_HAND);
    let before = digest();
    let plan = nova(&["bridge-nic", CARD, "--name", BRIDGE, "--dry-run"]).ok();
    assert!(plan.contains("It is gone with the next boot"), "{plan}");
    let _ = bridge(&[]).ok();
    bridged(BY_HAND);
    administrator.is_still_there_within(15);
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    assert_eq!(digest(), before);
    administrator.is_still_there_within(15);
}

#[test]
fn a_lease_that_nobody_known_asked_for_is_refused() {
    let _alone = alone();
    let _lan = Lan::lay();
    let _ = sh(&format!(
        "ip address add {BY_HAND} dev {CARD} valid_lft 900 preferred_lft 900"
    ))
    .ok();
    let ran = bridge(&[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err
            .contains("neither NetworkManager nor systemd-networkd"),
        "{ran:?}"
    );
}
