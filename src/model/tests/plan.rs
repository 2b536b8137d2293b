// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Plans on pictured hosts: what is planned, what is refused, and that every
//! plan leads where it says and back again.

#![allow(missing_docs, clippy::unwrap_used)]

mod bond;
mod pictured;
mod random;
mod steering;
mod traffic;

use nova_model::ErrorKind;
use nova_model::bridge::{BridgeOptions, BridgePatch};
use nova_model::change::ChangeSet;
use nova_model::drift::drift;
use nova_model::link::{LinkKind, Owner};
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use nova_model::vlan::VlanId;
use nova_model::vlan_table::VlanTable;
use pictured::{Host, apply, change, undo};

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
