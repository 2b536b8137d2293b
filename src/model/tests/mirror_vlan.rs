// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors of some VLANs on a Linux bridge: what is copied of frames without a
//! tag, and that it follows the VLANs of the ports.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use nova_model::binding::Bindings;
use nova_model::change::Change;
use nova_model::link::{LinkKind, Owner};
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use nova_model::traffic_view::mirrors;
use nova_model::vlan_table::VlanTable;
use pictured::{Host, apply, change, undo};

const TEN: &str = r#"{"add_mirror":{"switch":"br0","sources":[{"port":"eth1","direction":"both"}],"vlans":[10],"output":{"port":"eth3"}}}"#;
const REMOVE: &str = r#"{"remove_mirror":{"switch":"br0","name":"mirror-eth3"}}"#;

/// A bridge with two ports, which filters VLANs.
fn host(filters: bool) -> HostState {
    let mut host = Host::new()
        .link("eth1", LinkKind::Physical)
        .link("eth2", LinkKind::Physical)
        .link("eth3", LinkKind::Physical)
        .bridge("br0", Owner::Nova)
        .port("eth1", "br0")
        .port("eth2", "br0")
        .build();
    let bridge = host.link_mut("br0").unwrap().bridge.as_mut().unwrap();
    bridge.options.vlan_filtering = filters;
    host
}

fn planned(host: &HostState, wish: &str) -> Plan {
    plan(host, &change(wish), PlanId::from_bits(7)).unwrap()
}

fn plan_of(host: &HostState, wish: Change) -> Plan {
    plan(host, &wish.into(), PlanId::from_bits(7)).unwrap()
}

fn after(host: &HostState, wishes: &[&str]) -> HostState {
    let step = |host: HostState, wish: &&str| {
        let plan = planned(&host, wish);
        let after = apply(&plan, &host);
        assert_eq!(undo(&plan, &after).digest(), host.digest(), "{wish}");
        after
    };
    wishes.iter().fold(host.clone(), step)
}

fn refusal(host: &HostState, wish: &str) -> String {
    let error = plan(host, &change(wish), PlanId::from_bits(7)).unwrap_err();
    assert!(error.remedy().is_some(), "{error}");
    error.message().to_owned()
}

fn vlans(port: &str, wish: &str) -> String {
    format!(r#"{{"set_port_vlans":{{"switch":"br0","port":"{port}","vlans":{wish}}}}}"#)
}

/// The filters of eth1, a word each.
fn copied(host: &HostState) -> Vec<String> {
    let filters = &host.link("eth1").unwrap().traffic.filters;
    let words =
        |filter: &nova_model::traffic::Filter| format!("{} {}", filter.way.word(), filter.frames);
    filters.iter().map(words).collect()
}

#[test]
fn frames_without_a_tag_are_copied_where_they_belong_to_the_selection() {
    let trunk = vlans("eth1", r#"{"trunk":{"tagged":[10,20],"native":1}}"#);
    let tags = ["ingress tagged with VLAN 10", "egress tagged with VLAN 10"];
    let now = after(&host(true), &[&trunk, TEN]);
    assert_eq!(copied(&now), tags);
    assert_eq!(mirrors(&now)[0].vlans, [10]);
    let access = vlans("eth1", r#"{"access":10}"#);
    let now = after(&host(true), &[&access, TEN]);
    let all = [
        "ingress tagged with VLAN 10",
        "ingress without a tag",
        "ingress with a tag of no VLAN",
        "egress tagged with VLAN 10",
        "egress without a tag",
    ];
    assert_eq!(copied(&now), all);
    assert_eq!(mirrors(&now).len(), 1);
    assert_eq!(mirrors(&now)[0].source_words(), "eth1, VLANs 10");
    // Asked for again, it is as it is; removed, nothing is left of it.
    assert!(planned(&now, TEN).steps.is_empty());
    let gone = after(&now, &[REMOVE]);
    assert!(copied(&gone).is_empty());
    assert_eq!(gone.digest(), after(&host(true), &[&access]).digest());
}

#[test]
fn a_mirror_of_vlans_follows_those_of_its_port() {
    let trunk = vlans("eth1", r#"{"trunk":{"tagged":[10,20],"native":1}}"#);
    let access = vlans("eth1", r#"{"access":10}"#);
    let now = after(&host(true), &[&access, TEN]);
    let plan = planned(&now, &trunk);
    assert!(
        plan.effects.iter().any(|it| it
            == "The mirror to eth3 follows: no frames that arrive from eth1 without a tag are copied."),
        "{:?}",
        plan.effects
    );
    let changed = apply(&plan, &now);
    assert_eq!(copied(&changed).len(), 2);
    assert_eq!(copied(&after(&changed, &[&access])), copied(&now));
    // A change of another port does not touch it.
    let other = vlans("eth2", r#"{"access":10}"#);
    assert_eq!(planned(&now, &other).steps.len(), 1);
    // Without filtering there are tags alone, and with it all comes again.
    let filtering = |on| {
        format!(r#"{{"configure_bridge":{{"name":"br0","options":{{"vlan_filtering":{on}}}}}}}"#)
    };
    let off = after(&now, &[&filtering(false)]);
    assert_eq!(copied(&off).len(), 2);
    assert_eq!(copied(&after(&off, &[&filtering(true)])), copied(&now));
}

#[test]
fn each_undo_leaves_the_mirror_as_the_vlans_are_then() {
    let trunk = vlans("eth1", r#"{"trunk":{"tagged":[10,20],"native":1}}"#);
    let access = vlans("eth1", r#"{"access":10}"#);
    let undone = |plan: &Plan, host: &HostState| {
        apply(&plan_undo(host, plan, PlanId::from_bits(9)).unwrap(), host)
    };
    // Made on a trunk, then the port became an access port: nothing stays.
    let start = after(&host(true), &[&trunk]);
    let mirror = planned(&start, TEN);
    let made = apply(&mirror, &start);
    let narrow = planned(&made, &access);
    let narrowed = apply(&narrow, &made);
    assert_eq!(copied(&narrowed).len(), 5);
    assert!(copied(&undone(&mirror, &narrowed)).is_empty());
    assert_eq!(undone(&narrow, &narrowed).digest(), made.digest());
    // The VLANs are undone when the mirror is gone: they alone come back.
    let gone = after(&narrowed, &[REMOVE]);
    assert_eq!(undone(&narrow, &gone).digest(), start.digest());
    // A second one of the same VLANs goes, and the first is whole.
    let first = after(
        &host(true),
        &[&access, &vlans("eth2", r#"{"access":10}"#), TEN],
    );
    let both = TEN.replace(
        r#"[{"port":"eth1","direction":"both"}]"#,
        r#"[{"port":"eth1","direction":"both"},{"port":"eth2","direction":"both"}]"#,
    );
    let second = planned(&first, &both);
    let whole = apply(&second, &first);
    assert_eq!(undone(&second, &whole).digest(), first.digest());
    // And the removal when the VLANs are others.
    let remove = planned(&narrowed, REMOVE);
    let wide = after(&apply(&remove, &narrowed), &[&trunk]);
    assert_eq!(undone(&remove, &wide).digest(), made.digest());
}

#[test]
fn what_cannot_be_told_apart_is_refused_and_later_said() {
    let two = vlans(
        "eth1",
        r#"{"table":{"members":[10,20],"untagged":[10,20],"pvid":10}}"#,
    );
    let mixed = after(&host(true), &[&two]);
    let words = refusal(&mixed, TEN);
    assert!(
        words.contains("its VLANs 10,20 leave without a tag"),
        "{words}"
    );
    let ingress = TEN.replace("both", "ingress");
    assert_eq!(copied(&after(&mixed, &[&ingress])).len(), 3);
    let both = TEN.replace("[10]", "[10,20]");
    assert_eq!(copied(&after(&mixed, &[&both])).len(), 5);
    // It was well told apart when it was made.
    let access = vlans("eth1", r#"{"access":10}"#);
    let now = after(&host(true), &[&access, TEN]);
    let plan = planned(&now, &two);
    assert!(
        plan.notices
            .iter()
            .any(|it| it.contains("VLANs 10,20 leave to eth1 without a tag")),
        "{:?}",
        plan.notices
    );
    let egress = ["egress tagged with VLAN 10"];
    assert_eq!(copied(&apply(&plan, &now))[3..], egress);
}

#[test]
fn one_selection_goes_to_a_link_and_the_bridge_itself_has_none() {
    let now = after(&host(true), &[TEN]);
    let other = TEN.replace("[10]", "[10,20]").replace("eth1", "eth2");
    let words = refusal(&now, &other);
    assert!(
        words.contains("another mirror to eth3, of frames tagged with VLAN 10"),
        "{words}"
    );
    let every = TEN.replace(r#""vlans":[10],"#, "");
    assert!(refusal(&now, &every).contains("another mirror to eth3"));
    let whole = after(&host(true), &[&every]);
    assert!(refusal(&whole, TEN).contains("of frames of every VLAN"));
    let itself = TEN.replace("eth1", "br0");
    assert!(refusal(&host(true), &itself).contains("not at the bridge itself"));
    // A port of none of them, and a bridge that knows none.
    let notices = |filters| planned(&host(filters), TEN).notices.join(" ");
    assert!(
        notices(true).contains("eth1 is in none of the VLANs 10"),
        "{}",
        notices(true)
    );
    assert!(
        notices(false).contains("br0 does not filter VLANs"),
        "{}",
        notices(false)
    );
}

#[test]
fn what_is_bound_is_made_again_as_the_vlans_are_then() {
    let fresh = after(&host(true), &[&vlans("eth1", r#"{"access":10}"#)]);
    let plan = planned(&fresh, TEN);
    let now = apply(&plan, &fresh);
    let mut bindings = Bindings::default();
    bindings.note(&plan, &now, "boot");
    let given = |host: &HostState| {
        let wishes = bindings.wishes(host, "boot").0;
        let give = |host: HostState, wish| apply(&plan_of(&host, wish), &host);
        wishes.into_iter().fold(host.clone(), give)
    };
    assert!(bindings.wishes(&now, "boot").0.is_empty());
    assert_eq!(given(&fresh).digest(), now.digest());
    // Somebody else has made the port a trunk, whose native VLAN is another.
    let mut other = now.clone();
    let table = VlanTable::trunk("10,20".parse().unwrap(), Some(1.try_into().unwrap()));
    other.link_mut("eth1").unwrap().vlans = table;
    let followed = given(&other);
    assert_eq!(copied(&followed).len(), 2);
    assert!(bindings.wishes(&followed, "boot").0.is_empty());
}

#[test]
fn the_commands_are_those_of_tc() {
    let access = vlans("eth1", r#"{"access":10}"#);
    let wish = TEN
        .replace("[10]", "[10,20,21,22]")
        .replace("both", "ingress");
    let plan = planned(&after(&host(true), &[&access]), &wish);
    let commands: Vec<&str> = plan.steps.iter().map(|it| it.command.as_str()).collect();
    assert_eq!(
        commands,
        [
            "tc qdisc add dev eth1 clsact",
            "for vlan in 10 $(seq 20 22); do tc filter add dev eth1 ingress protocol 802.1Q pref 19968 flower vlan_id $vlan action mirred egress mirror dev eth3; done",
            "tc filter add dev eth1 ingress protocol all pref 19969 flower num_of_vlans 0 action mirred egress mirror dev eth3",
            "tc filter add dev eth1 ingress protocol 802.1Q pref 19970 flower vlan_id 0 action mirred egress mirror dev eth3",
        ]
    );
}
