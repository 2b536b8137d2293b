// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! On which CPUs what arrives is processed.

use nova_model::ErrorKind;
use nova_model::action::Action;
use nova_model::bond::BondMode;
use nova_model::bridge::VlanProtocol;
use nova_model::link::{LinkKind, Owner};
use nova_model::plan::plan_undo;
use nova_model::state::HostState;

use crate::pictured::{Host, apply, undo};
use crate::{ID, commands, planned};

/// A bridge with a card of two queues, a bond and a machine.
fn host() -> HostState {
    Host::new()
        .link("eth0", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .bond("bond1", BondMode::ActiveBackup, &["eth2"])
        .bridge("br0", Owner::Nova)
        .port("eth0", "br0")
        .port("vnet0", "br0")
        .port("bond1", "br0")
        .link(
            "br0.5",
            LinkKind::Vlan {
                vid: 5,
                protocol: VlanProtocol::default(),
            },
        )
        .build()
}

#[test]
fn a_bridge_means_itself_and_everything_at_which_frames_come_in() {
    let host = host();
    let wish = r#"{"set_affinity":{"name":"br0","cpus":"0-1,3"}}"#;
    let plan = planned(&host, wish).unwrap();
    assert_eq!(
        commands(&plan),
        [
            "echo b > /sys/class/net/br0/queues/rx-0/rps_cpus",
            "echo b > /sys/class/net/eth0/queues/rx-0/rps_cpus\necho b > /sys/class/net/eth0/queues/rx-1/rps_cpus",
            "echo b > /sys/class/net/vnet0/queues/rx-0/rps_cpus",
            "echo b > /sys/class/net/bond1/queues/rx-0/rps_cpus",
            "echo b > /sys/class/net/eth2/queues/rx-0/rps_cpus\necho b > /sys/class/net/eth2/queues/rx-1/rps_cpus",
        ]
    );
    assert_eq!(
        plan.effects,
        [
            "What arrives at br0 and its 4 ports is processed on CPUs 0-1,3.",
            "This comes back with each boot: on which CPUs what arrives is processed.",
        ]
    );
    assert_eq!(
        plan.actions.iter().copied().collect::<Vec<_>>(),
        [Action::ConfigureSwitch]
    );
    assert_eq!(plan.confirm_within, None);
    assert!(plan.keeping.is_empty(), "{:?}", plan.keeping);
    let after = apply(&plan, &host);
    assert_eq!(plan.unmet(&after), Vec::<String>::new());
    assert_eq!(plan.unmet(&host).len(), 7);
    assert_ne!(after.digest(), host.digest());
    assert_eq!(undo(&plan, &after).digest(), host.digest());
    let again = planned(&after, wish).unwrap();
    assert!(again.is_empty());
    assert_eq!(
        again.effects,
        ["What arrives at br0 is already processed on CPUs 0-1,3."]
    );
}

#[test]
fn each_queue_has_what_it_had_when_it_is_undone() {
    let mut host = host();
    let queues = &mut host.link_mut("eth0").unwrap().receive_cpus;
    *queues = vec!["0".parse().unwrap(), "none".parse().unwrap()];
    let plan = planned(&host, r#"{"set_affinity":{"name":"eth0","cpus":"2"}}"#).unwrap();
    let after = apply(&plan, &host);
    let undone = plan_undo(&after, &plan, ID).unwrap();
    assert_eq!(
        commands(&undone),
        [
            "echo 1 > /sys/class/net/eth0/queues/rx-0/rps_cpus\necho 0 > /sys/class/net/eth0/queues/rx-1/rps_cpus"
        ]
    );
    assert_eq!(
        undone.effects,
        ["Process what arrives at eth0 on CPUs 0 for queue 0; none for queue 1."]
    );
    assert_eq!(apply(&undone, &after).digest(), host.digest());
}

#[test]
fn a_bridge_that_comes_back_has_its_cpus_again() {
    let host = host();
    let set = planned(&host, r#"{"set_affinity":{"name":"br0","cpus":"1"}}"#).unwrap();
    let before = apply(&set, &host);
    let deleted = planned(&before, r#"{"delete_switch":{"name":"br0"}}"#).unwrap();
    let after = apply(&deleted, &before);
    assert_eq!(undo(&deleted, &after).digest(), before.digest());
    let undone = plan_undo(&after, &deleted, ID).unwrap();
    assert_eq!(apply(&undone, &after).digest(), before.digest());
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let mut host = host();
    host.cpus.isolated = "3".parse().unwrap();
    let lower = host.link("br0").unwrap().index;
    host.link_mut("br0.5").unwrap().lower = Some(lower);
    host.link_mut("vnet0").unwrap().receive_cpus.clear();
    for (name, cpus, kind, says) in [
        (
            "br0",
            "2-5",
            ErrorKind::InvalidValue,
            "this host has the CPUs 0-3, not 4-5",
        ),
        (
            "br0",
            "2-3",
            ErrorKind::InvalidValue,
            "keep 3 free of such work",
        ),
        ("br9", "1", ErrorKind::NotFound, "no link br9"),
        ("lo", "1", ErrorKind::Refused, "no queue for what arrives"),
        (
            "vnet0",
            "1",
            ErrorKind::Refused,
            "no queue for what arrives",
        ),
        (
            "br0.5",
            "1",
            ErrorKind::Refused,
            "processed where those of the link below",
        ),
    ] {
        let wish = format!(r#"{{"set_affinity":{{"name":"{name}","cpus":"{cpus}"}}}}"#);
        let error = planned(&host, &wish).unwrap_err();
        assert_eq!(error.kind(), kind, "{wish}: {error}");
        assert!(error.message().contains(says), "{wish}: {error}");
    }
    // A port that shows none is passed over, and said.
    let plan = planned(&host, r#"{"set_affinity":{"name":"br0","cpus":"1"}}"#).unwrap();
    assert!(
        plan.notices
            .iter()
            .any(|notice| notice.contains("arrives at vnet0"))
    );
    let none = planned(&host, r#"{"set_affinity":{"name":"br0","cpus":"none"}}"#).unwrap();
    assert!(none.is_empty(), "{:?}", commands(&none));
}
