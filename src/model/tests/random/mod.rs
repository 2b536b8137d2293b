// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What holds for every plan, put to changes that are drawn at random.

use super::pictured::{apply, busy, undo};
use super::{ID, commands, planned};
use nova_model::ErrorKind;
use nova_model::bond::{BondMode, BondPatch, LacpRate};
use nova_model::bridge::{BridgePatch, PortPatch};
use nova_model::change::{Change, ChangeSet};
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::HostState;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// [`busy`] with limits and copies on what can be deleted.
fn limited() -> HostState {
    let mut host = busy();
    for wish in [
        r#"{"set_qos":{"port":"br1","egress_rate":50000000,"ingress_rate":90000000,"dscp":46}}"#,
        r#"{"set_qos":{"port":"bond1","egress_rate":50000000}}"#,
        r#"{"add_mirror":{"switch":"mine","sources":[{"port":"cable","direction":"both"}],"output":{"port":"br1"}}}"#,
        r#"{"add_mirror":{"switch":"br1","sources":[{"port":"br1","direction":"ingress"}],"output":{"port":"bond2"}}}"#,
        r#"{"add_mirror":{"switch":"br1","output":{"port":"eth1.7"}}}"#,
    ] {
        host = apply(&planned(&host, wish).unwrap(), &host);
    }
    host
}

/// Any change a person could ask for on [`busy`].
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
    let hosts = [busy(), limited()];
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let ran = TestRunner::new(config).run(&(0..hosts.len(), wishes), |(host, wishes)| {
        let host = &hosts[host];
        let set = wishes.into();
        plan(host, &set, ID).map_or(Ok(()), |plan| {
            planned.set(planned.get() + 1);
            test(host, &set, &plan)
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
