// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Who depends on a link is seen however high it stands above, and comes back
//! with it.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use nova_model::bond::BondMode;
use nova_model::link::{LinkKind, Owner};
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use pictured::{Host, apply, change, undo};

fn planned(host: &HostState, wish: &str) -> Plan {
    plan(host, &change(wish), PlanId::from_bits(7)).unwrap()
}

/// The plan has to be kept by somebody.
#[track_caller]
fn asks(host: &HostState, wish: &str) {
    let plan = planned(host, wish);
    assert!(plan.confirm_within.is_some(), "{wish}: {:?}", plan.effects);
}

fn down(name: &str) -> String {
    format!(r#"{{"set_link":{{"name":"{name}","up":false}}}}"#)
}

#[test]
fn the_host_above_a_sub_interface_in_a_bridge_depends_on_the_card() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .vlan("eth0.10", "eth0", 10)
        .bridge("br10", Owner::Nova)
        .address("br10", "192.0.2.5/24")
        .port("eth0.10", "br10")
        .build();
    asks(&host, &down("eth0"));
    asks(&host, r#"{"set_mtu":{"name":"eth0","mtu":1400}}"#);
}

#[test]
fn the_host_above_a_bond_in_a_bridge_depends_on_each_member() {
    let host = Host::new()
        .bond("bond0", BondMode::ActiveBackup, &["eth0", "eth1"])
        .bridge("br0", Owner::Nova)
        .address("br0", "192.0.2.5/24")
        .port("bond0", "br0")
        .build();
    asks(&host, &down("eth1"));
    asks(&host, &down("bond0"));
}

#[test]
fn what_the_host_speaks_through_is_limited_and_mirrored_only_until_it_is_kept() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .link("eth1", LinkKind::Physical)
        .link("eth2", LinkKind::Physical)
        .bridge("br0", Owner::Nova)
        .address("br0", "192.0.2.5/24")
        .port("eth0", "br0")
        .build();
    asks(&host, r#"{"set_qos":{"port":"eth0","egress_rate":8000}}"#);
    asks(&host, r#"{"set_qos":{"port":"br0","ingress_rate":8000}}"#);
    asks(
        &host,
        r#"{"add_mirror":{"switch":"br0","sources":[{"port":"br0","direction":"both"}],"output":{"port":"eth0"}}}"#,
    );
    asks(&host, r#"{"attach_port":{"switch":"br0","port":"eth1"}}"#);
    asks(&host, r#"{"create_vlan":{"link":"eth0","vlan":10}}"#);
    asks(
        &host,
        r#"{"configure_bridge":{"name":"br0","options":{"stp":true}}}"#,
    );
    for harmless in [
        r#"{"set_qos":{"port":"eth2","egress_rate":8000}}"#,
        r#"{"set_qos":{"port":"eth0","priority":"high"}}"#,
        r#"{"configure_bridge":{"name":"br0","options":{"ageing_time":100,"priority":4096}}}"#,
        r#"{"create_vlan":{"link":"eth2","vlan":10}}"#,
    ] {
        let plan = planned(&host, harmless);
        assert_eq!(plan.confirm_within, None, "{harmless}");
    }
}

#[test]
fn the_undo_of_what_the_host_speaks_through_is_kept_by_somebody_too() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .link("eth2", LinkKind::Physical)
        .bridge("br0", Owner::Nova)
        .address("br0", "192.0.2.5/24")
        .port("eth0", "br0")
        .build();
    let back = |host: &HostState, wish: &str| {
        let plan = planned(host, wish);
        let after = apply(&plan, host);
        plan_undo(&after, &plan, PlanId::from_bits(8)).unwrap()
    };
    for wish in [
        r#"{"set_mtu":{"name":"br0","mtu":1400}}"#,
        r#"{"set_qos":{"port":"eth0","egress_rate":8000}}"#,
        r#"{"configure_port":{"switch":"br0","port":"eth0","options":{"bpdu_guard":true}}}"#,
        r#"{"set_bridge_mac":{"name":"br0","policy":{"address":"52:54:00:12:34:56"}}}"#,
    ] {
        let asked = planned(&host, wish).confirm_within;
        assert!(
            back(&host, wish).confirm_within.is_some(),
            "{wish} {asked:?}"
        );
    }
    // A limit that was taken away asked nobody; to have it again does.
    let limited = apply(
        &planned(&host, r#"{"set_qos":{"port":"eth0","egress_rate":8000}}"#),
        &host,
    );
    let freed = r#"{"remove_qos":{"port":"eth0"}}"#;
    assert_eq!(planned(&limited, freed).confirm_within, None);
    assert!(back(&limited, freed).confirm_within.is_some());
    // With spanning tree on again the port is silent for longer.
    let mut slow = host.clone();
    let options = &mut slow
        .link_mut("br0")
        .unwrap()
        .bridge
        .as_mut()
        .unwrap()
        .options;
    (options.stp, options.forward_delay) = (true, 30);
    let off = r#"{"configure_bridge":{"name":"br0","options":{"stp":false}}}"#;
    assert_eq!(planned(&slow, off).confirm_within, Some(60));
    assert_eq!(back(&slow, off).confirm_within, Some(140));
    for harmless in [
        r#"{"set_mtu":{"name":"eth2","mtu":1400}}"#,
        r#"{"set_qos":{"port":"eth2","egress_rate":8000}}"#,
    ] {
        assert_eq!(back(&host, harmless).confirm_within, None, "{harmless}");
    }
}

#[test]
fn a_switch_with_a_machine_on_it_is_not_undone() {
    let host = Host::new()
        .link("eth1", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .build();
    let wish = r#"{"create_bridge":{"name":"br7","ports":["eth1"]}}"#;
    let plan = planned(&host, wish);
    let mut after = apply(&plan, &host);
    assert!(plan_undo(&after, &plan, PlanId::from_bits(8)).is_ok());
    let bridge = after.link("br7").unwrap().index;
    after.link_mut("vnet0").unwrap().controller = Some(bridge);
    let refused = plan_undo(&after, &plan, PlanId::from_bits(8)).unwrap_err();
    assert!(
        refused.message().ends_with("attached to br7 since: vnet0"),
        "{refused}"
    );
}

#[test]
fn the_undo_says_who_administers_the_host() {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .build();
    host.administrators = vec![(
        "192.0.2.5".parse().unwrap(),
        "198.51.100.7".parse().unwrap(),
    )];
    let plan = planned(&host, r#"{"set_mtu":{"name":"eth0","mtu":1400}}"#);
    let back = plan_undo(&apply(&plan, &host), &plan, PlanId::from_bits(8)).unwrap();
    let told = "Connected to administer this host: 198.51.100.7.";
    assert!(
        back.notices.iter().any(|it| it == told),
        "{:?}",
        back.notices
    );
}

#[test]
fn an_address_from_a_router_is_one_by_which_the_host_is_reached() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .lease("eth0", "2001:db8::5/64")
        .bridge("br0", Owner::Nova)
        .build();
    asks(&host, r#"{"attach_port":{"switch":"br0","port":"eth0"}}"#);
    let managed = Host::new()
        .link("eth0", LinkKind::Physical)
        .owned("eth0", Owner::Networkd)
        .lease("eth0", "2001:db8::5/64")
        .bridge("br0", Owner::Nova)
        .build();
    let wish = change(r#"{"attach_port":{"switch":"br0","port":"eth0"}}"#);
    let refused = plan(&managed, &wish, PlanId::from_bits(7)).unwrap_err();
    assert!(refused.message().contains("systemd-networkd"), "{refused}");
}

#[test]
fn a_tap_of_a_machine_takes_nobody_else_along() {
    let host = Host::new()
        .link("vnet0", LinkKind::Tap)
        .bridge("br0", Owner::Nova)
        .address("br0", "192.0.2.5/24")
        .port("vnet0", "br0")
        .build();
    assert_eq!(planned(&host, &down("vnet0")).confirm_within, None);
}

#[test]
fn what_the_kernel_takes_from_sub_interfaces_comes_back_with_the_card() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .vlan("eth0.10", "eth0", 10)
        .address("eth0.10", "192.0.2.5/24")
        .address("eth0.10", "2001:db8::5/64")
        .route("eth0.10", "0.0.0.0/0", Some("192.0.2.1"))
        .build();
    let plan = planned(&host, &down("eth0"));
    let after = apply(&plan, &host);
    assert!(!after.link("eth0.10").unwrap().is_up);
    assert!(after.routes.is_empty());
    let mut back = undo(&plan, &after);
    let addresses = &mut back.link_mut("eth0.10").unwrap().addresses;
    addresses.sort_by_key(|address| address.net);
    assert_eq!(back.links, host.links);
    assert_eq!(back.routes.len(), 1);
}

#[test]
fn sub_interfaces_are_as_large_as_they_were() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .vlan("eth0.10", "eth0", 10)
        .build();
    let plan = planned(&host, r#"{"set_mtu":{"name":"eth0","mtu":1400}}"#);
    let said = plan.effects.join(" ");
    assert!(said.contains("eth0.10"), "{said}");
    let after = apply(&plan, &host);
    assert_eq!(after.link("eth0.10").unwrap().mtu, 1400);
    assert_eq!(undo(&plan, &after).links, host.links);
}

#[test]
fn dropping_the_vlan_of_a_sub_interface_from_its_way_out_has_to_be_kept() {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .bridge("br0", Owner::Nova)
        .port("eth0", "br0")
        .vlan("br0.10", "br0", 10)
        .address("br0.10", "192.0.2.5/24")
        .build();
    for name in ["br0", "eth0"] {
        let link = host.link_mut(name).unwrap();
        link.vlans.add(10.try_into().unwrap(), false, false);
    }
    let bridge = host.link_mut("br0").unwrap();
    bridge.bridge.as_mut().unwrap().options.vlan_filtering = true;
    let from_uplink = r#"{"set_port_vlans":{"switch":"br0","port":"eth0","vlans":{"drop":[10]}}}"#;
    asks(&host, from_uplink);
    asks(
        &host,
        r#"{"set_bridge_vlans":{"switch":"br0","vlans":{"drop":[10]}}}"#,
    );
}

#[test]
fn nothing_is_deleted_that_others_stand_on() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .vlan("eth0.10", "eth0", 10)
        .owned("eth0.10", Owner::Nova)
        .vlan("qinq", "eth0.10", 20)
        .build();
    let wish = change(r#"{"delete_vlan":{"name":"eth0.10"}}"#);
    let refused = plan(&host, &wish, PlanId::from_bits(7)).unwrap_err();
    assert!(refused.message().contains("qinq"), "{refused}");
    assert!(refused.remedy().is_some());
}

#[test]
fn the_address_that_was_there_first_comes_first_again() {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.9/24")
        .address("eth0", "192.0.2.5/24")
        .bridge("br0", Owner::Nova)
        .build();
    let link = host.link_mut("eth0").unwrap();
    link.addresses[1].is_secondary = true;
    link.addresses.sort();
    let plan = planned(&host, r#"{"attach_port":{"switch":"br0","port":"eth0"}}"#);
    let after = apply(&plan, &host);
    assert_eq!(
        after.link("br0").unwrap().addresses,
        host.link("eth0").unwrap().addresses
    );
    let back = undo(&plan, &after);
    assert_eq!(
        back.link("eth0").unwrap().addresses,
        host.link("eth0").unwrap().addresses
    );
}
