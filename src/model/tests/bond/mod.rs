// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Plans about bonds.

use nova_model::bond::BondMode;
use nova_model::link::{LinkKind, Owner};
use nova_model::plan::Plan;
use nova_model::state::HostState;

use super::pictured::{Host, apply, undo};
use super::{commands, planned};

fn cards() -> Host {
    Host::new()
        .link("eth0", LinkKind::Physical)
        .link("eth1", LinkKind::Physical)
}

#[track_caller]
fn refused(host: &HostState, wish: &str) -> String {
    let error = planned(host, wish).unwrap_err();
    format!("{} {}", error.message(), error.remedy().unwrap_or_default())
}

fn lines(plan: &Plan) -> Vec<&str> {
    commands(plan).into_iter().flat_map(str::lines).collect()
}

#[test]
fn members_are_set_down_before_they_join() {
    let host = cards().build();
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0","eth1"],"primary":"eth0"}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(plan.confirm_within, None);
    assert_eq!(
        lines(&plan),
        [
            "ip link add name bond0 address 52:54:00:00:00:02 type bond mode active-backup miimon 100",
            "ip link set dev bond0 alias nova:00000000000000000000000000000007",
            "ip link set dev bond0 up",
            "ip link set dev eth0 down",
            "ip link set dev eth0 master bond0",
            "ip link set dev eth1 down",
            "ip link set dev eth1 master bond0",
            "ip link set dev bond0 type bond primary eth0",
        ]
    );
    let after = apply(&plan, &host);
    let bond = after.link("bond0").unwrap();
    assert_eq!(after.ports_of(bond.index).count(), 2);
    assert_eq!(after.link("eth1").unwrap().mac, bond.mac);
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn the_address_of_a_member_moves_to_the_bond_and_asks_to_be_kept() {
    let host = cards()
        .address("eth1", "192.0.2.5/24")
        .route("eth1", "0.0.0.0/0", Some("192.0.2.1"))
        .build();
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0","eth1"]}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(plan.confirm_within, Some(60));
    let after = apply(&plan, &host);
    let bond = after.link("bond0").unwrap();
    assert_eq!(bond.mac, host.link("eth1").unwrap().mac);
    assert_eq!(bond.addresses.len(), 1);
    assert!(after.routes.iter().all(|route| route.link == bond.index));
    let attach = lines(&plan)
        .iter()
        .position(|line| line.contains("eth1 down"));
    let moved = lines(&plan)
        .iter()
        .position(|line| line.contains("address add"));
    assert!(moved < attach, "{:?}", lines(&plan));
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn what_cannot_be_a_member_is_told_why() {
    let host = cards()
        .link("wlan0", LinkKind::Wireless)
        .bridge("br0", Owner::Nova)
        .port("eth1", "br0")
        .bond("bond9", BondMode::ActiveBackup, &["eth8"])
        .link("eth2", LinkKind::Physical)
        .lease("eth2", "192.0.2.7/24")
        .build();
    for (member, says) in [
        ("lo", "loopback"),
        ("wlan0", "Wi-Fi access points"),
        ("br0", "Make the bond a port of the bridge"),
        ("eth1", "nova network remove-interface br0 eth1"),
        ("bond9", "a bond of bonds"),
        ("eth8", "already belongs to bond9"),
        ("eth2", "comes from DHCP"),
    ] {
        let wish = format!(r#"{{"create_bond":{{"name":"bond0","members":["{member}"]}}}}"#);
        let said = refused(&host, &wish);
        assert!(said.contains(says), "{member}: {said}");
    }
}

#[test]
fn the_mode_stays_while_there_are_members() {
    let host = Host::new()
        .bond("bond0", BondMode::ActiveBackup, &["eth0"])
        .build();
    let said = refused(
        &host,
        r#"{"configure_bond":{"name":"bond0","options":{"mode":"802.3ad"}}}"#,
    );
    assert!(said.contains("remove-interface bond0 eth0"), "{said}");
}

#[test]
fn a_rate_is_set_while_the_bond_is_down_and_what_that_takes_comes_back() {
    let host = Host::new()
        .bond("bond0", BondMode::Lacp, &["eth0"])
        .address("bond0", "2001:db8::5/64")
        .route("bond0", "0.0.0.0/0", Some("192.0.2.1"))
        .build();
    let wish = r#"{"configure_bond":{"name":"bond0","options":{"lacp_rate":"fast"}}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(plan.confirm_within, Some(60));
    let after = apply(&plan, &host);
    assert_eq!(after.link("bond0").unwrap().addresses.len(), 1);
    assert_eq!(after.routes, host.routes);
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn a_bond_keeps_its_address_when_its_last_member_leaves() {
    let host = Host::new()
        .bond("bond0", BondMode::ActiveBackup, &["eth0"])
        .address("bond0", "192.0.2.5/24")
        .build();
    let wish = r#"{"detach_port":{"switch":"bond0","port":"eth0"}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(plan.confirm_within, Some(60));
    let after = apply(&plan, &host);
    assert_eq!(
        after.link("bond0").unwrap().mac,
        host.link("bond0").unwrap().mac
    );
    assert_eq!(plan.unmet(&after), Vec::<String>::new());
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn a_deleted_bond_leaves_its_address_to_the_member_in_use() {
    let host = Host::new()
        .bond("bond0", BondMode::ActiveBackup, &["eth0", "eth1"])
        .address("bond0", "192.0.2.5/24")
        .route("bond0", "0.0.0.0/0", Some("192.0.2.1"))
        .build();
    let plan = planned(&host, r#"{"delete_bond":{"name":"bond0"}}"#).unwrap();
    let after = apply(&plan, &host);
    assert!(after.link("bond0").is_none());
    assert_eq!(after.link("eth0").unwrap().addresses.len(), 1);
    assert!(after.link("eth0").unwrap().is_up);
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn a_bond_whose_options_nova_does_not_know_is_not_deleted() {
    let mut host = Host::new()
        .bond("bond0", BondMode::ActiveBackup, &[])
        .build();
    let status = host.link_mut("bond0").unwrap().bond.as_mut().unwrap();
    status.foreign = vec!["arp_ip_target".to_owned()];
    let said = refused(&host, r#"{"delete_bond":{"name":"bond0"}}"#);
    assert!(said.contains("arp_ip_target"), "{said}");
}

#[test]
fn a_bond_that_a_program_made_again_after_a_boot_can_still_be_undone() {
    let host = cards().build();
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0"]}}"#;
    let plan = planned(&host, wish).unwrap();
    let mut booted = apply(&plan, &host);
    booted.link_mut("bond0").unwrap().alias = None;
    assert_eq!(plan.unmet(&booted), Vec::<String>::new());
    booted.link_mut("bond0").unwrap().owner = Owner::Nobody;
    assert_eq!(plan.unmet(&booted), ["bond0 has its alias"]);
}

#[test]
fn a_bond_is_a_port_like_a_card() {
    let host = Host::new()
        .bond("bond0", BondMode::BalanceAlb, &["eth0"])
        .build();
    let wish = r#"{"create_bridge":{"name":"br0","ports":["bond0"]}}"#;
    let plan = planned(&host, wish).unwrap();
    assert!(
        plan.notices.iter().any(|it| it.contains("balance-alb")),
        "{:?}",
        plan.notices
    );
    let after = apply(&plan, &host);
    let bridge = after.link("br0").unwrap().index;
    assert_eq!(after.link("bond0").unwrap().controller, Some(bridge));
}
