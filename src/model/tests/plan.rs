// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Plans on pictured hosts: what is planned, what is refused, and that every
//! plan leads where it says and back again.

#![allow(missing_docs, clippy::unwrap_used)]

mod bond;
mod pictured;
mod steering;

use nova_model::ErrorKind;
use nova_model::bond::{BondMode, BondPatch, LacpRate};
use nova_model::bridge::{BridgeOptions, BridgePatch, PortPatch};
use nova_model::change::{Change, ChangeSet};
use nova_model::drift::drift;
use nova_model::link::{LinkKind, Owner};
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use nova_model::vlan::VlanId;
use nova_model::vlan_table::VlanTable;
use pictured::{Host, apply, change, undo};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const ID: PlanId = PlanId::from_bits(7);

fn planned(host: &HostState, wish: &str) -> nova_model::Result<Plan> {
    plan(host, &change(wish), ID)
}

fn commands(plan: &Plan) -> Vec<&str> {
    plan.steps
        .iter()
        .map(|step| step.command.as_str())
        .collect()
}

/// A host that is reached at the bridge `br0`, whose uplink is `eth0`.
fn reached_by_bridge() -> HostState {
    Host::new()
        .link("eth0", LinkKind::Physical)
        .bridge("br0", Owner::Nobody)
        .address("br0", "192.0.2.5/24")
        .port("eth0", "br0")
        .build()
}

#[test]
fn a_bridge_is_made_in_one_step_and_keeps_itself() {
    let host = Host::new().build();
    let plan = planned(
        &host,
        r#"{"create_bridge":{"name":"br0","options":{"stp":true}}}"#,
    )
    .unwrap();
    assert_eq!(plan.confirm_within, None);
    assert_eq!(plan.steps.len(), 1);
    assert!(plan.notices[0].contains("30 s"), "{:?}", plan.notices);
    assert!(
        plan.steps[0].command.contains("type bridge stp_state 1"),
        "{:?}",
        commands(&plan)
    );
}

#[test]
fn options_that_are_the_kernels_own_are_not_set_again() {
    let host = Host::new().build();
    let all = serde_json::to_string(&BridgePatch::all_of(&BridgeOptions::default())).unwrap();
    let plan = planned(
        &host,
        &format!(r#"{{"create_bridge":{{"name":"br0","options":{all}}}}}"#),
    )
    .unwrap();
    assert!(
        commands(&plan)[0]
            .lines()
            .next()
            .unwrap()
            .ends_with("type bridge")
    );
}

#[test]
fn attaching_the_card_that_carries_the_host_moves_its_address_and_asks_to_be_kept() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .route("eth0", "0.0.0.0/0", Some("192.0.2.1"))
        .build();
    let plan = planned(
        &host,
        r#"{"create_bridge":{"name":"br0","ports":["eth0"]}}"#,
    )
    .unwrap();
    assert_eq!(plan.confirm_within, Some(60));
    let eth0 = host.link("eth0").unwrap();
    let after = apply(&plan, &host);
    let br0 = after.link("br0").unwrap();
    assert_eq!(br0.mac, eth0.mac, "the bridge keeps the card's MAC address");
    assert_eq!(br0.addresses, eth0.addresses);
    assert!(after.link("eth0").unwrap().addresses.is_empty());
    assert!(after.routes.iter().all(|route| route.link == br0.index));
    assert!(
        plan.notices
            .iter()
            .any(|notice| notice.contains("default route")),
        "{:?}",
        plan.notices
    );
    assert!(
        plan.effects
            .iter()
            .any(|effect| effect.contains("192.0.2.5/24 moves from eth0 to br0")),
        "{:?}",
        plan.effects
    );
}

#[test]
fn deleting_that_bridge_gives_the_address_back_to_the_card() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .route("eth0", "0.0.0.0/0", Some("192.0.2.1"))
        .build();
    let made = apply(
        &planned(
            &host,
            r#"{"create_bridge":{"name":"br0","ports":["eth0"]}}"#,
        )
        .unwrap(),
        &host,
    );
    let plan = planned(&made, r#"{"delete_switch":{"name":"br0"}}"#).unwrap();
    assert_eq!(plan.confirm_within, Some(60));
    assert_eq!(apply(&plan, &made).digest(), host.digest());
}

#[test]
fn a_long_spanning_tree_delay_gives_a_longer_time_to_keep() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .build();
    let wish = r#"{"create_bridge":{"name":"br0","options":{"stp":true,"forward_delay":30},"ports":["eth0"]}}"#;
    assert_eq!(
        planned(&host, wish).unwrap().confirm_within,
        Some(2 * 60 + 20)
    );
}

#[test]
fn what_is_already_as_asked_needs_no_step() {
    let host = Host::new().link("eth1", LinkKind::Physical).build();
    for wish in [
        r#"{"create_bridge":{"name":"br0","options":{"stp":true},"ports":["eth1"]}}"#,
        r#"{"set_link":{"name":"eth1","up":true}}"#,
    ] {
        let once = apply(&planned(&host, wish).unwrap(), &host);
        assert!(planned(&once, wish).unwrap().is_empty(), "{wish}");
    }
}

/// Wish, kind of the refusal, words of its message.
const REFUSALS: &[(&str, ErrorKind, &str)] = &[
    (
        r#"{"create_bridge":{"name":"eth0"}}"#,
        ErrorKind::Refused,
        "belongs to a network card",
    ),
    (
        r#"{"create_bridge":{"name":"mine"}}"#,
        ErrorKind::Refused,
        "belongs to nobody",
    ),
    (
        r#"{"attach_port":{"switch":"br0","port":"eth0"}}"#,
        ErrorKind::Refused,
        "already belongs to mine",
    ),
    (
        r#"{"attach_port":{"switch":"br0","port":"wlan0"}}"#,
        ErrorKind::Refused,
        "Wi-Fi",
    ),
    (
        r#"{"attach_port":{"switch":"br0","port":"mine"}}"#,
        ErrorKind::Refused,
        "bridges cannot be ports",
    ),
    (
        r#"{"attach_port":{"switch":"br0","port":"br0"}}"#,
        ErrorKind::Refused,
        "the bridge itself",
    ),
    (
        r#"{"attach_port":{"switch":"br0","port":"lo"}}"#,
        ErrorKind::Refused,
        "loopback",
    ),
    (
        r#"{"attach_port":{"switch":"eth0","port":"lo"}}"#,
        ErrorKind::Refused,
        "not a Linux bridge",
    ),
    (
        r#"{"attach_port":{"switch":"br0","port":"eth9"}}"#,
        ErrorKind::NotFound,
        "no link eth9",
    ),
    (
        r#"{"detach_port":{"switch":"br0","port":"eth0"}}"#,
        ErrorKind::NotFound,
        "a port of mine",
    ),
    (
        r#"{"delete_switch":{"name":"mine"}}"#,
        ErrorKind::Refused,
        "Nova did not make it",
    ),
    (
        r#"{"delete_switch":{"name":"virbr0","foreign":true}}"#,
        ErrorKind::Refused,
        "libvirt network default",
    ),
    (
        r#"{"delete_switch":{"name":"docker0","foreign":true}}"#,
        ErrorKind::Refused,
        "Docker",
    ),
    (
        r#"{"delete_switch":{"name":"br9"}}"#,
        ErrorKind::NotFound,
        "no link br9",
    ),
    (
        r#"{"set_link":{"name":"lo","up":false}}"#,
        ErrorKind::Refused,
        "loopback",
    ),
    (
        r#"{"configure_bridge":{"name":"br0","options":{}}}"#,
        ErrorKind::InvalidValue,
        "no option",
    ),
];

#[test]
fn each_refusal_names_the_object_and_the_way_out() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .link("wlan0", LinkKind::Wireless)
        .wireless("wlan0")
        .bridge("br0", Owner::Nova)
        .bridge(
            "virbr0",
            Owner::Libvirt {
                network: Some("default".to_owned()),
            },
        )
        .bridge(
            "docker0",
            Owner::Containers {
                engine: "Docker".to_owned(),
            },
        )
        .bridge("mine", Owner::Nobody)
        .port("eth0", "mine")
        .build();
    for (wish, kind, words) in REFUSALS {
        let error = planned(&host, wish).unwrap_err();
        assert_eq!(error.kind(), *kind, "{wish}: {error}");
        assert!(error.message().contains(words), "{wish}: {error}");
    }
}

#[test]
fn an_address_that_somebody_renews_is_not_moved() {
    let leased = Host::new()
        .link("eth0", LinkKind::Physical)
        .lease("eth0", "192.0.2.5/24")
        .build();
    let managed = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .owned("eth0", Owner::NetworkManagerDaemon)
        .build();
    let wish = r#"{"create_bridge":{"name":"br0","ports":["eth0"]}}"#;
    assert!(
        planned(&leased, wish)
            .unwrap_err()
            .message()
            .contains("DHCP")
    );
    assert!(
        planned(&managed, wish)
            .unwrap_err()
            .message()
            .contains("NetworkManager")
    );
}

/// T10.
#[test]
fn a_bridge_is_not_made_of_two_links_that_carry_addresses() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .link("eth1", LinkKind::Physical)
        .address("eth1", "198.51.100.5/24")
        .link("eth2", LinkKind::Physical)
        .build();
    let make = |ports: &str| format!(r#"{{"create_bridge":{{"name":"br0","ports":[{ports}]}}}}"#);
    let error = planned(&host, &make(r#""eth0","eth2","eth1""#)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        error
            .message()
            .contains("eth0 and eth1 both carry addresses of this host"),
        "{error}"
    );
    assert!(error.remedy().unwrap().contains("removing its addresses"));
    // One of them is enough to give the bridge its address.
    let after = apply(&planned(&host, &make(r#""eth2","eth1""#)).unwrap(), &host);
    assert_eq!(
        after.link("br0").unwrap().mac,
        host.link("eth1").unwrap().mac
    );
}

/// T10.
#[test]
fn a_bridge_takes_the_mac_address_of_the_port_whose_addresses_it_takes() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .bridge("br0", Owner::Nova);
    let says = "br0 gets the MAC address 52:54:00:00:00:02 of its new port";
    let learns = "has to learn the new address; a DHCP server may give another";
    let wish = r#"{"attach_port":{"switch":"br0","port":"eth0"}}"#;
    let idle = host.build();
    let plan = planned(&idle, wish).unwrap();
    assert!(plan.effects.join(" ").contains(says), "{:?}", plan.effects);
    assert!(
        !plan.notices.join(" ").contains(learns),
        "{:?}",
        plan.notices
    );
    let after = apply(&plan, &idle);
    assert_eq!(
        after.link("br0").unwrap().mac,
        idle.link("eth0").unwrap().mac
    );
    assert_eq!(undo(&plan, &after).digest(), idle.digest());
    // Where the bridge is in use, whoever talks with it is told of.
    let busy = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .bridge("br0", Owner::Nova)
        .address("br0", "198.51.100.5/24")
        .build();
    let plan = planned(&busy, wish).unwrap();
    assert!(plan.effects.join(" ").contains(says), "{:?}", plan.effects);
    assert!(
        plan.notices.join(" ").contains(learns),
        "{:?}",
        plan.notices
    );
    // One that has the address already gets no other.
    let mut same = idle.clone();
    same.link_mut("br0").unwrap().mac = same.link("eth0").unwrap().mac;
    let plan = planned(&same, wish).unwrap();
    assert!(
        !plan.effects.join(" ").contains("of its new port"),
        "{:?}",
        plan.effects
    );
}

/// T11.
#[test]
fn a_port_that_is_narrower_than_its_bridge_is_told() {
    let mut host = Host::new()
        .link("eth1", LinkKind::Physical)
        .bridge("br0", Owner::Nova)
        .build();
    let wish = r#"{"attach_port":{"switch":"br0","port":"eth1"}}"#;
    let told = |host: &HostState| {
        let plan = planned(host, wish).unwrap();
        let is_told = |notice: &&String| notice.contains("larger ones do not pass");
        plan.notices.iter().find(is_told).cloned()
    };
    assert_eq!(told(&host), None);
    host.link_mut("eth1").unwrap().mtu = 1300;
    let notice = told(&host).unwrap();
    assert!(
        notice.contains("eth1 takes packets of 1300 bytes, br0 of 1500"),
        "{notice}"
    );
    host.link_mut("eth1").unwrap().mtu = 9000;
    assert_eq!(told(&host), None);
}

/// T11.
#[test]
fn an_mtu_of_a_bridge_stays_as_set_and_ipv6_has_its_least() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "2001:db8::5/64")
        .link("eth1", LinkKind::Physical)
        .address("eth1", "192.0.2.5/24")
        .bridge("br0", Owner::Nova)
        .port("eth1", "br0")
        .build();
    let set = |name: &str, mtu: u32| {
        planned(
            &host,
            &format!(r#"{{"set_mtu":{{"name":"{name}","mtu":{mtu}}}}}"#),
        )
    };
    let fitted = "the kernel may have fitted the MTU of br0 to its ports; from now on it stays as set, also when the change is undone";
    let plan = set("br0", 1400).unwrap();
    assert!(plan.notices[0].contains(fitted), "{:?}", plan.notices);
    assert_eq!(plan.notices.len(), 1, "{:?}", plan.notices);
    let plan = set("br0", 9000).unwrap();
    assert!(
        plan.notices[1].contains("over 1500 bytes do not pass through eth1"),
        "{:?}",
        plan.notices
    );
    let card = set("eth1", 1400).unwrap();
    assert!(
        !card.notices.join(" ").contains("fitted"),
        "{:?}",
        card.notices
    );
    let error = set("eth0", 1279).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    assert_eq!(error.field(), Some("mtu"));
    assert!(
        error
            .message()
            .contains("IPv6 needs 1280 bytes and eth0 has IPv6 addresses"),
        "{error}"
    );
    assert!(error.remedy().unwrap().contains("1280 or more"));
    assert_eq!(commands(&set("eth0", 1280).unwrap()).len(), 1);
    assert_eq!(commands(&set("eth1", 1279).unwrap()).len(), 1);
}

#[test]
fn a_port_is_moved_only_where_that_is_asked() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .bridge("br0", Owner::Nova)
        .bridge("br1", Owner::Nova)
        .port("eth0", "br1")
        .build();
    let error = planned(&host, r#"{"attach_port":{"switch":"br0","port":"eth0"}}"#).unwrap_err();
    assert!(error.remedy().unwrap().contains("--move"), "{error:?}");
    let plan = planned(
        &host,
        r#"{"attach_port":{"switch":"br0","port":"eth0","move":true}}"#,
    )
    .unwrap();
    let after = apply(&plan, &host);
    assert_eq!(
        after.link("eth0").unwrap().controller,
        Some(after.link("br0").unwrap().index)
    );
}

#[test]
fn several_changes_are_one_plan_that_sees_its_own_effects() {
    let host = Host::new().link("eth1", LinkKind::Physical).build();
    let set: ChangeSet = serde_json::from_str(
        r#"{"changes":[
            {"create_bridge":{"name":"br0"}},
            {"attach_port":{"switch":"br0","port":"eth1"}},
            {"configure_bridge":{"name":"br0","options":{"stp":true}}}]}"#,
    )
    .unwrap();
    let plan = plan(&host, &set, ID).unwrap();
    let after = apply(&plan, &host);
    assert!(plan.unmet(&after).is_empty());
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn the_digest_of_a_plan_changes_with_what_it_would_undo() {
    let before = Host::new().bridge("br0", Owner::Nova).build();
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"ageing_time":60}}}"#;
    let digest = planned(&before, wish).unwrap().digest;
    assert_eq!(planned(&before, wish).unwrap().digest, digest);
    let moved_on = apply(
        &planned(
            &before,
            r#"{"configure_bridge":{"name":"br0","options":{"ageing_time":90}}}"#,
        )
        .unwrap(),
        &before,
    );
    assert_ne!(planned(&moved_on, wish).unwrap().digest, digest);
}

#[test]
fn r32_what_differs_from_the_reviewed_plan_is_told_by_its_commands() {
    let host = |mtu: u32| {
        let mut host = Host::new().link("eth0", LinkKind::Physical).build();
        host.link_mut("eth0").unwrap().mtu = mtu;
        host
    };
    let wish = r#"{"set_mtu":{"name":"eth0","mtu":1400}}"#;
    let reviewed = planned(&host(1500), wish).unwrap();
    assert_eq!(drift(&reviewed, &reviewed), None);
    let told = drift(&reviewed, &planned(&host(1300), wish).unwrap()).unwrap();
    assert_eq!(
        told,
        "undone, it leads now to \"ip link set dev eth0 mtu 1300\"; \
         undone, it leads no more to \"ip link set dev eth0 mtu 1500\""
    );
    let told = drift(&reviewed, &planned(&host(1400), wish).unwrap()).unwrap();
    assert!(
        told.starts_with("not needed any more \"ip link set dev eth0 mtu 1400\""),
        "{told}"
    );
    // The same name, another link.
    let mut other = host(1500);
    other.link_mut("eth0").unwrap().index = 77;
    let told = drift(&reviewed, &planned(&other, wish).unwrap()).unwrap();
    assert!(told.contains("replaced by another of its name"), "{told}");
}

#[test]
fn an_undo_is_refused_when_the_host_has_moved_on() {
    let host = Host::new().build();
    let kept = planned(&host, r#"{"create_bridge":{"name":"br0"}}"#).unwrap();
    let after = apply(&kept, &host);
    let back = plan_undo(&after, &kept, PlanId::from_bits(8)).unwrap();
    assert_eq!(apply(&back, &after).digest(), host.digest());
    assert_eq!(back.undoes, Some(kept.id));
    let deleted = apply(
        &planned(&after, r#"{"delete_switch":{"name":"br0"}}"#).unwrap(),
        &after,
    );
    let error = plan_undo(&deleted, &kept, PlanId::from_bits(9)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().contains("br0"), "{error}");
}

#[test]
fn turning_the_filter_on_keeps_the_host_its_machines_and_its_sub_interfaces() {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .bridge("br0", Owner::Nobody)
        .address("br0", "192.0.2.5/24")
        .port("eth0", "br0")
        .port("vnet0", "br0")
        .build();
    let sub = apply(
        &planned(&host, r#"{"create_vlan":{"link":"br0","vlan":20}}"#).unwrap(),
        &host,
    );
    host = sub;
    for name in ["br0", "vnet0"] {
        host.link_mut(name).unwrap().vlans = VlanTable::default();
    }
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"vlan_filtering":true}}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(
        commands(&plan),
        [
            "bridge vlan add dev eth0 vid 20",
            "bridge vlan add dev vnet0 vid 1 pvid untagged",
            "bridge vlan add dev br0 vid 1 pvid untagged self\nbridge vlan add dev br0 vid 20 self",
            "ip link set dev br0 type bridge vlan_filtering 1",
        ]
    );
    assert_eq!(plan.confirm_within, Some(60));
    let said = plan.effects.join(" ");
    for words in [
        "Uplink eth0 carries VLAN 20 with tags, which br0.20 of this host uses",
        "Port vnet0 belongs to no VLAN and would be silent",
        "so that 192.0.2.5/24 stays reachable",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let after = apply(&plan, &host);
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn the_host_follows_the_native_vlan_of_its_uplink() {
    let mut host = reached_by_bridge();
    host.link_mut("eth0").unwrap().vlans = VlanTable::access(VlanId::new(77).unwrap());
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"vlan_filtering":true}}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(
        commands(&plan)[0],
        "bridge vlan add dev br0 vid 77 pvid untagged self"
    );
}

#[test]
fn taking_the_hosts_vlan_from_its_uplink_has_to_be_kept() {
    let host = reached_by_bridge();
    let on = r#"{"configure_bridge":{"name":"br0","options":{"vlan_filtering":true}}}"#;
    let host = apply(&planned(&host, on).unwrap(), &host);
    let wish = r#"{"set_port_vlans":{"switch":"br0","port":"eth0","vlans":{"access":5}}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(plan.confirm_within, Some(60));
    assert!(
        plan.notices[0].contains("VLAN 1, which no uplink carries"),
        "{:?}",
        plan.notices
    );
    let harmless = r#"{"set_port_vlans":{"switch":"br0","port":"eth0","vlans":{"carry":[5]}}}"#;
    assert_eq!(planned(&host, harmless).unwrap().confirm_within, None);
}

#[test]
fn vlans_are_refused_where_the_kernel_has_none() {
    let mut host = Host::new().bridge("br0", Owner::Nova).build();
    let bridge = host.link_mut("br0").unwrap();
    bridge.bridge.as_mut().unwrap().knows_vlans = false;
    for wish in [
        r#"{"configure_bridge":{"name":"br0","options":{"vlan_filtering":true}}}"#,
        r#"{"configure_bridge":{"name":"br0","options":{"default_pvid":5}}}"#,
        r#"{"set_bridge_vlans":{"switch":"br0","vlans":{"access":5}}}"#,
        // The bridge that is there tells what the kernel has.
        r#"{"create_bridge":{"name":"br1","options":{"vlan_filtering":true}}}"#,
    ] {
        let error = planned(&host, wish).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(
            error
                .message()
                .contains("this kernel has no VLAN filtering"),
            "{error}"
        );
        assert!(error.remedy().unwrap().contains("Open vSwitch"));
    }
}

#[test]
fn a_sub_interface_is_refused_where_it_cannot_be() {
    let host = Host::new()
        .link("eth0", LinkKind::Physical)
        .link("a-long-name-123", LinkKind::Physical)
        .build();
    let made = apply(
        &planned(&host, r#"{"create_vlan":{"link":"eth0","vlan":100}}"#).unwrap(),
        &host,
    );
    assert!(made.link("eth0.100").is_some());
    for (wish, field) in [
        (
            r#"{"create_vlan":{"link":"eth0","vlan":100,"name":"x"}}"#,
            Some("vlan"),
        ),
        (
            r#"{"create_vlan":{"link":"eth0","vlan":7,"name":"eth0.100"}}"#,
            Some("name"),
        ),
        (
            r#"{"create_vlan":{"link":"a-long-name-123","vlan":100}}"#,
            Some("name"),
        ),
        (r#"{"create_vlan":{"link":"lo","vlan":100}}"#, Some("link")),
        (r#"{"delete_vlan":{"name":"eth0"}}"#, None),
    ] {
        let error = planned(&made, wish).unwrap_err();
        assert_eq!(error.field(), field, "{wish}: {error}");
    }
    let again = planned(&made, r#"{"create_vlan":{"link":"eth0","vlan":100}}"#).unwrap();
    assert!(again.is_empty());
    let deleted = planned(&made, r#"{"delete_vlan":{"name":"eth0.100"}}"#).unwrap();
    assert_eq!(apply(&deleted, &made).digest(), host.digest());
}

#[test]
fn a_class_of_a_linux_bridge_marks_and_ranks_what_a_machine_sends() {
    let host = Host::new()
        .link("vnet0", LinkKind::Tap)
        .bridge("br0", Owner::Nova)
        .port("vnet0", "br0")
        .build();
    let wish = r#"{"set_qos":{"port":"vnet0","priority":"high","dscp":46,"class":"realtime"}}"#;
    let marking = planned(&host, wish).unwrap();
    assert_eq!(
        commands(&marking),
        [
            "tc qdisc add dev vnet0 clsact",
            "tc filter add dev vnet0 ingress protocol ip pref 20192 matchall action pedit ex munge ip dsfield set 0xb8 retain 0xfc pipe action csum ip4h continue",
            "tc filter add dev vnet0 ingress protocol ipv6 pref 20193 matchall action pedit ex munge ip6 traffic_class set 0xb8 retain 0xfc continue",
            "tc filter add dev vnet0 ingress protocol all pref 20194 matchall action skbedit priority 4e6f:6 continue",
        ]
    );
    let after = apply(&marking, &host);
    assert!(planned(&after, wish).unwrap().is_empty());
    // The class stands for both; what is said beside it counts more.
    let other = r#"{"set_qos":{"port":"vnet0","class":"bulk","dscp":10}}"#;
    let other = commands(&planned(&after, other).unwrap()).join("\n");
    assert!(
        other.contains("set 0x28") && other.contains("priority 4e6f:2"),
        "{other}"
    );
    let removed = planned(&after, r#"{"remove_qos":{"port":"vnet0"}}"#).unwrap();
    assert_eq!(apply(&removed, &after).digest(), host.digest());
}

#[test]
fn limits_and_mirrors_of_a_linux_bridge_say_what_they_are() {
    let host = Host::new()
        .link("vnet0", LinkKind::Tap)
        .link("vnet1", LinkKind::Tap)
        .bridge("br0", Owner::Nova)
        .port("vnet0", "br0")
        .port("vnet1", "br0")
        .build();
    let limit = planned(
        &host,
        r#"{"set_qos":{"port":"vnet0","egress_rate":50000000,"burst":10000000}}"#,
    )
    .unwrap();
    let limiting = commands(&limit).join("\n");
    for line in [
        "tc qdisc replace dev vnet0 root handle 4e6f: htb default 4",
        "classid 4e6f:1 htb rate 50000000bit burst 10000000b cburst 10000000b",
        "classid 4e6f:6 htb rate 2500000bit ceil 50000000bit burst 500000b cburst 10000000b prio 0",
        "parent 4e6f:6 bfifo limit 10312500",
    ] {
        assert!(limiting.contains(line), "{line}: {limiting}");
    }
    assert!(
        limit.effects[0].contains("50 Mbit/s, with bursts of 10 MB: what the machine receives")
    );
    let mirror = planned(
        &host,
        r#"{"add_mirror":{"switch":"br0","sources":[{"port":"vnet0","direction":"both"}],"output":{"port":"vnet1"}}}"#,
    )
    .unwrap();
    assert_eq!(
        commands(&mirror),
        [
            "tc qdisc add dev vnet0 clsact",
            "tc filter add dev vnet0 ingress protocol all pref 19968 matchall action mirred egress mirror dev vnet1",
            "tc filter add dev vnet0 egress protocol all pref 19968 matchall action mirred egress mirror dev vnet1",
        ]
    );
    let after = apply(&mirror, &host);
    let removed = planned(
        &after,
        r#"{"remove_mirror":{"switch":"br0","name":"mirror-vnet1"}}"#,
    )
    .unwrap();
    assert_eq!(apply(&removed, &after).digest(), host.digest());
    for (wish, field) in [
        (
            r#"{"set_qos":{"port":"vnet0","egress_rate":100}}"#,
            "egress-rate",
        ),
        (
            r#"{"set_qos":{"port":"vnet0","egress_rate":50000000,"burst":100}}"#,
            "burst-size",
        ),
        (
            r#"{"add_mirror":{"switch":"br0","output":{"vlan":5}}}"#,
            "destination",
        ),
        (
            r#"{"add_mirror":{"switch":"br0","sources":[{"port":"vnet1","direction":"both"}],"output":{"port":"vnet1"}}}"#,
            "destination",
        ),
    ] {
        let error = planned(&host, wish).unwrap_err();
        assert_eq!(error.field(), Some(field), "{wish}: {error}");
    }
}

/// Any change a person could ask for on [`pictured::busy`].
fn any_change() -> impl Strategy<Value = Change> {
    let switch = prop::sample::select(vec!["br0", "br1", "mine", "eth0"]);
    let port = prop::sample::select(vec!["eth0", "eth1", "vnet0", "br1", "cable"]);
    let options = any_patch();
    prop_oneof![
        (prop::sample::select(vec!["br0", "br5", "br6"]), options.clone(), prop::collection::vec(port.clone(), 0..3))
            .prop_map(|(name, options, ports)| json!({"create_bridge": {"name": name, "options": options, "ports": ports}})),
        (switch.clone(), any::<bool>()).prop_map(|(name, foreign)| json!({"delete_switch": {"name": name, "foreign": foreign}})),
        (switch.clone(), options).prop_map(|(name, options)| json!({"configure_bridge": {"name": name, "options": options}})),
        (switch.clone(), port.clone(), any::<bool>())
            .prop_map(|(switch, port, moves)| json!({"attach_port": {"switch": switch, "port": port, "move": moves}})),
        (switch.clone(), port.clone()).prop_map(|(switch, port)| json!({"detach_port": {"switch": switch, "port": port}})),
        (port.clone(), any::<bool>()).prop_map(|(name, up)| json!({"set_link": {"name": name, "up": up}})),
        (switch.clone(), port.clone(), any_port_patch())
            .prop_map(|(switch, port, options)| json!({"configure_port": {"switch": switch, "port": port, "options": options}})),
        (switch.clone(), 60u32..10_000).prop_map(|(name, mtu)| json!({"set_mtu": {"name": name, "mtu": mtu}})),
        (switch.clone(), port.clone(), any_vlan_wish())
            .prop_map(|(switch, port, vlans)| json!({"set_port_vlans": {"switch": switch, "port": port, "vlans": vlans}})),
        (switch.clone(), any_vlan_wish()).prop_map(|(switch, vlans)| json!({"set_bridge_vlans": {"switch": switch, "vlans": vlans}})),
        (prop_oneof![switch.clone(), port.clone()], 1u16..7).prop_map(|(link, vlan)| json!({"create_vlan": {"link": link, "vlan": vlan}})),
        (prop_oneof![Just("eth0.1"), Just("br1.2"), Just("mine.3")], any::<bool>())
            .prop_map(|(name, foreign)| json!({"delete_vlan": {"name": name, "foreign": foreign}})),
        (port.clone(), prop::option::of(8_000u64..1_000_000_000), prop::option::of(8_000u64..1_000_000_000))
            .prop_map(|(port, ingress, egress)| json!({"set_qos": {"port": port, "ingress_rate": ingress, "egress_rate": egress}})),
        port.clone().prop_map(|port| json!({"remove_qos": {"port": port}})),
        (switch.clone(), port.clone(), port.clone(), prop::sample::select(vec!["ingress", "egress", "both"]))
            .prop_map(|(switch, source, output, direction)| json!({"add_mirror": {"switch": switch,
                "sources": [{"port": source, "direction": direction}], "output": {"port": output}}})),
        (switch.clone(), port.clone()).prop_map(|(switch, output)| json!({"remove_mirror": {"switch": switch, "name": format!("mirror-{output}")}})),
        (prop::sample::select(vec!["bond1", "bond2", "bond5", "eth0"]), any_bond_patch(),
            prop::collection::vec(port.clone(), 0..3), prop::option::of(port.clone()))
            .prop_map(|(name, options, members, primary)| json!({"create_bond": {"name": name, "options": options, "members": members, "primary": primary}})),
        (prop::sample::select(vec!["bond1", "bond2"]), any::<bool>()).prop_map(|(name, foreign)| json!({"delete_bond": {"name": name, "foreign": foreign}})),
        (prop::sample::select(vec!["bond1", "bond2"]), any_bond_patch(), prop::option::of(prop::sample::select(vec!["eth2", "eth3", "eth1"])))
            .prop_map(|(name, options, primary)| json!({"configure_bond": {"name": name, "options": options,
                "primary": primary.map(|member| json!({"member": member}))}})),
        (prop::sample::select(vec!["bond1", "bond2"]), prop::sample::select(vec!["eth0", "eth1", "eth2", "cable"]))
            .prop_map(|(switch, port)| json!({"attach_port": {"switch": switch, "port": port}})),
        prop::sample::select(vec!["eth2", "eth3"]).prop_map(|port| json!({"detach_port": {"switch": "bond1", "port": port}})),
        prop::sample::select(vec!["bond1", "bond2"]).prop_map(|port| json!({"attach_port": {"switch": "br1", "port": port}})),
        (prop_oneof![switch.clone(), port.clone(), prop::sample::select(vec!["bond1", "br5"])],
            prop::sample::select(vec!["none", "0-1", "2", "0,3", "3-5"]))
            .prop_map(|(name, cpus)| json!({"set_affinity": {"name": name, "cpus": cpus}})),
        (switch, any_mac_policy(port)).prop_map(|(name, policy)| json!({"set_bridge_mac": {"name": name, "policy": policy}})),
    ]
    .prop_map(|value| serde_json::from_value(value).unwrap())
}

fn any_bond_patch() -> impl Strategy<Value = BondPatch> {
    let mode = prop::option::of(prop::sample::select(BondMode::ALL.to_vec()));
    let time = || prop::option::of(prop::sample::select(vec![0u32, 100, 200, 300]));
    let rate = prop::option::of(prop::sample::select(LacpRate::ALL.to_vec()));
    (mode, time(), time(), rate).prop_map(|(mode, miimon, up_delay, lacp_rate)| BondPatch {
        mode,
        miimon,
        up_delay,
        lacp_rate,
        ..BondPatch::default()
    })
}

fn any_mac_policy(port: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("keep")),
        port.prop_map(|port| json!({"port": port})),
        Just(json!({"address": "02:00:00:00:00:aa"})),
    ]
}

fn any_vlan_wish() -> impl Strategy<Value = Value> {
    let set = || prop::collection::btree_set(1u16..7, 0..4);
    prop_oneof![
        (1u16..7).prop_map(|vlan| json!({"access": vlan})),
        (set(), prop::option::of(1u16..7))
            .prop_map(|(tagged, native)| json!({"trunk": {"tagged": tagged, "native": native}})),
        set().prop_map(|set| json!({"carry": set})),
        set().prop_map(|set| json!({"drop": set})),
    ]
}

/// A few options, mostly within their ranges.
fn any_patch() -> impl Strategy<Value = BridgePatch> + Clone {
    let switch = |name: &'static str| any::<bool>().prop_map(move |on| (name, json!(on))).boxed();
    let number = |name: &'static str, range: std::ops::RangeInclusive<u32>| {
        range.prop_map(move |number| (name, json!(number))).boxed()
    };
    let option = prop::strategy::Union::new(vec![
        switch("stp"),
        number("forward_delay", 0..=31),
        number("hello_time", 1..=10),
        number("max_age", 6..=41),
        number("ageing_time", 0..=1_000_000),
        number("priority", 0..=65535),
        switch("multicast_snooping"),
        switch("multicast_querier"),
        (0..12u32)
            .prop_map(|power| ("multicast_hash_max", json!(1 << power)))
            .boxed(),
        (0..=0x1fffu32)
            .prop_map(|mask| ("group_fwd_mask", json!(mask << 3)))
            .boxed(),
        switch("vlan_filtering"),
        number("default_pvid", 0..=5),
        prop::sample::select(vec!["802.1Q", "802.1ad"])
            .prop_map(|protocol| ("vlan_protocol", json!(protocol)))
            .boxed(),
    ]);
    patch_of(option)
}

fn any_port_patch() -> impl Strategy<Value = PortPatch> + Clone {
    let switch = |name: &'static str| any::<bool>().prop_map(move |on| (name, json!(on))).boxed();
    let number = |name: &'static str, range: std::ops::RangeInclusive<u32>| {
        range.prop_map(move |number| (name, json!(number))).boxed()
    };
    patch_of(prop::strategy::Union::new(vec![
        number("cost", 0..=65535),
        number("priority", 0..=63),
        switch("hairpin"),
        switch("isolated"),
        switch("learning"),
        switch("unicast_flood"),
        switch("multicast_flood"),
        switch("broadcast_flood"),
        switch("bpdu_guard"),
        switch("root_block"),
        switch("multicast_fast_leave"),
    ]))
}

fn patch_of<P: serde::de::DeserializeOwned + std::fmt::Debug>(
    option: impl Strategy<Value = (&'static str, Value)> + Clone,
) -> impl Strategy<Value = P> + Clone {
    prop::collection::vec(option, 0..4).prop_map(|options| {
        let object: serde_json::Map<_, _> = options
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        serde_json::from_value(Value::Object(object)).unwrap()
    })
}

/// Puts wishes to a test that can be planned; no fewer than a sixth of those that
/// are drawn.
fn of_each_plan<S: Strategy>(
    wishes: &S,
    test: impl Fn(&HostState, &ChangeSet, &Plan) -> Result<(), TestCaseError>,
) where
    S::Value: Into<ChangeSet>,
{
    /// `NOVA_MODELS` sets another number.
    const CASES: u32 = 4000;
    let cases = std::env::var("NOVA_MODELS").ok();
    let cases = cases.and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let planned = std::cell::Cell::new(0);
    let host = pictured::busy();
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let ran = TestRunner::new(config).run(wishes, |wishes| {
        let set = wishes.into();
        plan(&host, &set, ID).map_or(Ok(()), |plan| {
            planned.set(planned.get() + 1);
            test(&host, &set, &plan)
        })
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
    let planned = planned.get();
    println!("{planned} of {cases} were planned");
    assert!(6 * planned > cases, "{planned} of {cases} were planned");
}

#[test]
fn another_default_vlan_comes_before_what_the_filter_needs() {
    let host = reached_by_bridge();
    let wish = r#"{"create_vlan":{"link":"br0","vlan":20}}"#;
    let host = apply(&planned(&host, wish).unwrap(), &host);
    let wish =
        r#"{"configure_bridge":{"name":"br0","options":{"vlan_filtering":true,"default_pvid":2}}}"#;
    let plan = planned(&host, wish).unwrap();
    let first = "ip link set dev br0 type bridge vlan_default_pvid 2";
    assert_eq!(commands(&plan)[0], first, "{:?}", commands(&plan));
    let after = apply(&plan, &host);
    assert_eq!(plan.unmet(&after), Vec::<String>::new());
    for name in ["br0", "eth0"] {
        let carries = after.link(name).unwrap().vlans.to_string();
        assert_eq!(carries, "2 native, 20 tagged", "{name}");
    }
    assert_eq!(undo(&plan, &after).digest(), host.digest());
}

#[test]
fn every_plan_leads_where_it_says_and_back_again() {
    let wishes = prop::collection::vec(any_change(), 1..5);
    of_each_plan(&wishes, |host, _, plan| {
        let after = apply(plan, host);
        prop_assert_eq!(plan.unmet(&after), Vec::<String>::new());
        prop_assert_eq!(undo(plan, &after).digest(), host.digest());
        Ok(())
    });
}

#[test]
fn r31_planning_again_finds_nothing_to_do() {
    of_each_plan(&any_change(), |host, set, first| {
        let after = apply(first, host);
        match plan(&after, set, PlanId::from_bits(8)) {
            Ok(second) => prop_assert!(second.is_empty(), "{:?}", commands(&second)),
            // What was deleted or detached is not there a second time.
            Err(error) => prop_assert!(matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::Refused
            )),
        }
        Ok(())
    });
}

#[test]
fn a_plan_reads_back_from_its_document() {
    let wishes = prop::collection::vec(any_change(), 1..4);
    of_each_plan(&wishes, |_, _, plan| {
        let document = serde_json::to_string(plan).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Plan>(&document).unwrap(), plan);
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_set_of_changes_reads_back_as_itself(wishes in prop::collection::vec(any_change(), 1..5)) {
        let set = ChangeSet::from(wishes);
        prop_assert_eq!(ChangeSet::from_json(&set.to_json().unwrap()).unwrap(), set);
    }

    #[test]
    fn r17_an_unknown_key_is_refused_wherever_it_stands(wishes in prop::collection::vec(any_change(), 1..3)) {
        let document = serde_json::to_value(ChangeSet::from(wishes)).unwrap();
        let places = objects(&document, "");
        prop_assert!(places.len() >= 3, "{document}");
        for place in places {
            let mut other = document.clone();
            let object = other.pointer_mut(&place).unwrap().as_object_mut().unwrap();
            object.insert("nv-unknown".to_owned(), Value::Bool(true));
            let read = ChangeSet::from_json(&other.to_string());
            prop_assert!(read.is_err(), "{place}: {other}");
        }
    }
}

/// Where objects stand in a document, as pointers to them.
fn objects(document: &Value, at: &str) -> Vec<String> {
    match document {
        Value::Object(members) => std::iter::once(at.to_owned())
            .chain(
                members
                    .iter()
                    .flat_map(|(key, value)| objects(value, &format!("{at}/{key}"))),
            )
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, value)| objects(value, &format!("{at}/{index}")))
            .collect(),
        _ => Vec::new(),
    }
}
