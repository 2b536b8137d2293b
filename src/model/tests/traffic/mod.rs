// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Limits, marks and mirrors of links of the kernel.

use super::pictured::{Host, apply, undo};
use super::{commands, planned};
use nova_model::link::{LinkKind, Owner};
use nova_model::state::HostState;

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

/// A host where limits, marks and copies stand on what can be deleted.
fn limited_and_copied() -> HostState {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .vlan("eth0.7", "eth0", 7)
        .bridge("br0", Owner::Nova)
        .bridge("br1", Owner::Nova)
        .port("vnet0", "br0")
        .build();
    for wish in [
        r#"{"set_qos":{"port":"br1","egress_rate":50000000,"ingress_rate":90000000,"dscp":46}}"#,
        r#"{"set_qos":{"port":"eth0.7","egress_rate":50000000}}"#,
        r#"{"add_mirror":{"switch":"br0","sources":[{"port":"vnet0","direction":"both"}],"output":{"port":"br1"}}}"#,
        r#"{"add_mirror":{"switch":"br1","sources":[{"port":"br1","direction":"ingress"}],"output":{"port":"eth0"}}}"#,
        r#"{"add_mirror":{"switch":"br0","sources":[{"port":"vnet0","direction":"ingress"}],"output":{"port":"eth0.7"}}}"#,
    ] {
        host = apply(&planned(&host, wish).unwrap(), &host);
    }
    host
}

#[test]
fn what_is_deleted_takes_its_limits_and_copies_along_and_an_undo_brings_them_back() {
    let host = limited_and_copied();
    for (wish, told, stays) in [
        (
            r#"{"delete_switch":{"name":"br1"}}"#,
            vec![
                "vnet0 is no longer copied to br1.",
                "br1 is no longer copied to eth0.",
            ],
            1,
        ),
        (
            r#"{"delete_vlan":{"name":"eth0.7","foreign":true}}"#,
            vec!["vnet0 is no longer copied to eth0.7."],
            2,
        ),
    ] {
        let deleted = planned(&host, wish).unwrap();
        let after = apply(&deleted, &host);
        assert_eq!(deleted.unmet(&after), Vec::<String>::new(), "{wish}");
        for sentence in told {
            let is_told = deleted.effects.iter().any(|effect| effect == sentence);
            assert!(is_told, "{wish}: {sentence}: {:?}", deleted.effects);
        }
        let filters = &after.link("vnet0").unwrap().traffic.filters;
        assert_eq!(filters.len(), stays, "{wish}: {filters:?}");
        assert_eq!(undo(&deleted, &after).digest(), host.digest(), "{wish}");
    }
    let deleted = planned(&host, r#"{"delete_switch":{"name":"br1"}}"#).unwrap();
    let buffers = |host: &HostState| host.links.values().filter(|link| link.is_buffer()).count();
    assert_eq!(buffers(&host), 1);
    assert_eq!(buffers(&apply(&deleted, &host)), 0);
}

#[test]
fn a_buffer_that_one_set_deletes_and_makes_again_is_there() {
    let host = limited_and_copied();
    let wishes = r#"{"changes":[
        {"set_qos":{"port":"br0","ingress_rate":50000000}},
        {"remove_qos":{"port":"br0"}},
        {"set_qos":{"port":"br0","ingress_rate":90000000}}
    ]}"#;
    let set = nova_model::change::ChangeSet::from_json(wishes).unwrap();
    let limit = nova_model::plan::plan(&host, &set, super::ID).unwrap();
    let after = apply(&limit, &host);
    assert_eq!(limit.unmet(&after), Vec::<String>::new());
    assert_eq!(undo(&limit, &after).digest(), host.digest());
}
