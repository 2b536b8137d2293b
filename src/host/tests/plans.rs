// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Random changes, planned by nova-model and done on a real kernel: each plan
//! leads where it says, needs nothing more, and leads back. A watcher that sees
//! only events agrees at each end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{agrees, ip_batch, missing, seen};
use nova_host::execute::Executor;
use nova_host::watch::Watcher;
use nova_model::address::MacAddress;
use nova_model::bandwidth::{BitRate, ByteSize};
use nova_model::bridge::{BridgePatch, PortPatch, VlanProtocol};
use nova_model::change::{
    AddMirror, AttachPort, Change, ChangeSet, ConfigureBridge, ConfigurePort, CreateBridge,
    CreateVlan, DeleteSwitch, DeleteVlan, DetachPort, MacPolicy, RemoveMirror, RemoveQos,
    SetAffinity, SetBridgeMac, SetBridgeVlans, SetLink, SetMtu, SetPortVlans, SetQos, VlanWish,
};
use nova_model::mirror::{MirrorDirection, MirrorOutput, MirrorSource};
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use nova_model::vlan::{VlanId, VlanSet};
use nova_model::vlan_table::VlanTable;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SCENE: &str = "link set lo up
link add old0 address 02:00:00:00:01:00 type bridge forward_delay 0
link add old1 address 02:00:00:00:01:01 type bridge stp_state 1 forward_delay 200 priority 4096
link add old2 address 02:00:00:00:01:02 type bridge ageing_time 0 mcast_snooping 0
link add old3 type bridge
link add p0 type veth peer name q0
link add p1 type veth peer name q1
link add p2 type veth peer name q2
tuntap add tap0 mode tap
link set p0 up
link set q0 up
link set p1 up
link set q1 up
link set tap0 up
link set old0 up
link set old1 up alias office
link set p2 master old1
link set q2 master old3 up
link set old3 up
link set tap0 master old0
address add 192.0.2.5/24 dev p0
address add 192.0.2.6/24 dev p0
address add 2001:db8::5/64 dev p0 nodad
address add 198.51.100.1/24 dev old1
address add 2001:db8:9::1/64 dev old1 nodad
route add default via 192.0.2.1 dev p0 metric 10 proto static
route add 203.0.113.0/24 via 192.0.2.7 dev p0 src 192.0.2.6
route add default via 2001:db8::1 dev p0 proto static
route add 10.0.0.0/8 via 198.51.100.7 dev old1
route add 2001:db8:a::/48 via 2001:db8:9::7 dev old1 metric 7
";

fn name_of(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(names)
}

fn bridge() -> impl Strategy<Value = &'static str> {
    name_of(&["old0", "old1", "old2", "old3", "new0", "new1"])
}

fn port() -> impl Strategy<Value = &'static str> {
    name_of(&["p0", "p1", "p2", "q1", "q2", "tap0"])
}

fn mac_policy() -> impl Strategy<Value = MacPolicy> {
    prop_oneof![
        Just(MacPolicy::Keep),
        port().prop_map(|port| MacPolicy::Port(port.parse().unwrap())),
        any::<[u8; 6]>()
            .prop_map(|bytes| { MacPolicy::Address(MacAddress::locally_administered(bytes)) }),
    ]
}

/// A few options, mostly within their ranges.
fn any_patch(vlans: bool) -> impl Strategy<Value = BridgePatch> + Clone {
    let switch = |name: &'static str| any::<bool>().prop_map(move |on| (name, json!(on))).boxed();
    let number = |name: &'static str, range: std::ops::RangeInclusive<u32>| {
        range.prop_map(move |number| (name, json!(number))).boxed()
    };
    let mut options = vec![
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
    ];
    if vlans {
        options.push(switch("vlan_filtering"));
        options.push(number("default_pvid", 0..=5));
        let protocol = prop::sample::select(vec!["802.1Q", "802.1ad"]);
        options.push(
            protocol
                .prop_map(|word| ("vlan_protocol", json!(word)))
                .boxed(),
        );
    }
    patch_of(prop::strategy::Union::new(options))
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

fn patch_of<P: DeserializeOwned + std::fmt::Debug>(
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

/// Limits and mirrors.
fn traffic_change() -> impl Strategy<Value = Change> {
    let rate = || proptest::option::of((8_000u64..10_000_000_000).prop_map(BitRate));
    let direction = prop::sample::select(vec![
        MirrorDirection::Ingress,
        MirrorDirection::Egress,
        MirrorDirection::Both,
    ]);
    let source = (port(), direction).prop_map(|(port, direction)| MirrorSource {
        port: port.parse().unwrap(),
        direction,
    });
    prop_oneof![
        (
            port(),
            rate(),
            rate(),
            proptest::option::of(2_000u64..100_000_000)
        )
            .prop_map(|(port, ingress_rate, egress_rate, burst)| {
                Change::SetQos(SetQos {
                    port: port.parse().unwrap(),
                    ingress_rate,
                    egress_rate,
                    burst: burst.map(ByteSize),
                    priority: None,
                    dscp: None,
                    class: None,
                })
            }),
        port().prop_map(|port| {
            Change::RemoveQos(RemoveQos {
                port: port.parse().unwrap(),
            })
        }),
        (bridge(), proptest::collection::vec(source, 0..3), port()).prop_map(
            |(switch, sources, output)| {
                Change::AddMirror(AddMirror {
                    switch: switch.parse().unwrap(),
                    name: None,
                    sources,
                    vlans: VlanSet::default(),
                    output: MirrorOutput::Port(output.parse().unwrap()),
                })
            }
        ),
        (bridge(), port()).prop_map(|(switch, output)| {
            Change::RemoveMirror(RemoveMirror {
                switch: switch.parse().unwrap(),
                name: format!("mirror-{output}").parse().unwrap(),
                foreign: false,
            })
        }),
    ]
}

/// Changes for kernels that know VLANs.
fn vlan_change() -> impl Strategy<Value = Change> {
    let vlan = || (1u16..7).prop_map(|number| VlanId::new(number).unwrap());
    let set = move || {
        prop::collection::btree_set(vlan(), 0..4)
            .prop_map(|set| set.into_iter().collect::<VlanSet>())
    };
    let wish = prop_oneof![
        vlan().prop_map(VlanWish::Access),
        (set(), proptest::option::of(vlan()))
            .prop_map(|(tagged, native)| VlanWish::Trunk { tagged, native }),
        set().prop_map(VlanWish::Carry),
        set().prop_map(VlanWish::Drop),
        (set(), set(), vlan()).prop_map(|(tagged, untagged, native)| {
            let mut table = VlanTable::trunk(tagged, None);
            untagged
                .0
                .iter()
                .for_each(|vlan| table.add(*vlan, true, false));
            table.add(native, true, true);
            VlanWish::Table(table)
        }),
    ];
    prop_oneof![
        (bridge(), port(), wish.clone()).prop_map(|(switch, port, vlans)| {
            Change::SetPortVlans(SetPortVlans {
                switch: switch.parse().unwrap(),
                port: port.parse().unwrap(),
                vlans,
            })
        }),
        (bridge(), wish).prop_map(|(switch, vlans)| {
            Change::SetBridgeVlans(SetBridgeVlans {
                switch: switch.parse().unwrap(),
                vlans,
            })
        }),
        (prop_oneof![bridge(), port()], vlan()).prop_map(|(link, vlan)| {
            Change::CreateVlan(CreateVlan {
                link: link.parse().unwrap(),
                vlan,
                name: None,
                protocol: VlanProtocol::Dot1Q,
            })
        }),
        (prop_oneof![bridge(), port()], vlan()).prop_map(|(link, vlan)| {
            Change::DeleteVlan(DeleteVlan {
                name: format!("{link}.{vlan}").parse().unwrap(),
                foreign: true,
            })
        }),
    ]
}

fn change(vlans: bool) -> impl Strategy<Value = Change> {
    let of_all = prop_oneof![
        (
            name_of(&["new0", "new1"]),
            any_patch(vlans),
            proptest::collection::vec(port(), 0..3)
        )
            .prop_map(|(name, options, ports)| {
                Change::CreateBridge(CreateBridge {
                    name: name.parse().unwrap(),
                    options,
                    ports: ports.iter().map(|port| port.parse().unwrap()).collect(),
                })
            }),
        bridge().prop_map(|name| {
            Change::DeleteSwitch(DeleteSwitch {
                name: name.parse().unwrap(),
                foreign: true,
            })
        }),
        (bridge(), any_patch(vlans)).prop_map(|(name, options)| {
            Change::ConfigureBridge(ConfigureBridge {
                name: name.parse().unwrap(),
                options,
            })
        }),
        (bridge(), port(), any::<bool>()).prop_map(|(switch, port, moves)| {
            Change::AttachPort(AttachPort {
                switch: switch.parse().unwrap(),
                port: port.parse().unwrap(),
                moves,
            })
        }),
        (bridge(), port()).prop_map(|(switch, port)| {
            Change::DetachPort(DetachPort {
                switch: switch.parse().unwrap(),
                port: port.parse().unwrap(),
            })
        }),
        (bridge(), port(), any_port_patch()).prop_map(|(switch, port, options)| {
            Change::ConfigurePort(ConfigurePort {
                switch: switch.parse().unwrap(),
                port: port.parse().unwrap(),
                options,
            })
        }),
        (prop_oneof![bridge(), port()], 1280u32..9000).prop_map(|(name, mtu)| {
            Change::SetMtu(SetMtu {
                name: name.parse().unwrap(),
                mtu,
            })
        }),
        traffic_change(),
        (
            prop_oneof![bridge(), port()],
            prop::sample::select(vec!["none", "0", "1", "0-1", "7000"]),
        )
            .prop_map(|(name, cpus)| {
                Change::SetAffinity(SetAffinity {
                    name: name.parse().unwrap(),
                    cpus: cpus.parse().unwrap(),
                    alone: false,
                })
            }),
        (bridge(), mac_policy()).prop_map(|(name, policy)| {
            Change::SetBridgeMac(SetBridgeMac {
                name: name.parse().unwrap(),
                policy,
            })
        }),
        (prop_oneof![bridge(), port()], any::<bool>()).prop_map(|(name, up)| {
            Change::SetLink(SetLink {
                name: name.parse().unwrap(),
                up,
            })
        }),
    ];
    match vlans {
        true => prop_oneof![2 => of_all, 1 => vlan_change()].boxed(),
        false => of_all.boxed(),
    }
}

fn apply(plan: &Plan) -> Result<(), TestCaseError> {
    let mut executor = Executor::new().unwrap();
    for planned in &plan.steps {
        executor
            .execute(&planned.step)
            .map_err(|error| TestCaseError::fail(format!("{}: {error}", planned.command)))?;
    }
    let unmet = plan.unmet(&seen());
    prop_assert!(unmet.is_empty(), "{:?} {unmet:?}", commands(plan));
    Ok(())
}

fn commands(plan: &Plan) -> Vec<&str> {
    plan.steps
        .iter()
        .map(|step| step.command.as_str())
        .collect()
}

/// Back by the undo steps, as the helper does when a change is not kept.
fn roll_back(plan: &Plan) -> Result<(), TestCaseError> {
    let mut executor = Executor::new().unwrap();
    for planned in plan.steps.iter().rev() {
        for undo in &planned.undo {
            executor
                .undo(undo)
                .map_err(|error| TestCaseError::fail(format!("{}: {error}", undo.command())))?;
        }
    }
    Ok(())
}

/// Changes that, asked for again, need nothing more.
fn is_lasting(changes: &ChangeSet) -> bool {
    matches!(
        changes.changes.as_slice(),
        [Change::CreateBridge(_)
            | Change::ConfigureBridge(_)
            | Change::AttachPort(_)
            | Change::ConfigurePort(_)
            | Change::SetMtu(_)
            | Change::SetQos(_)
            | Change::AddMirror(_)
            | Change::SetPortVlans(_)
            | Change::SetBridgeVlans(_)
            | Change::CreateVlan(_)
            | Change::SetBridgeMac(_)
            | Change::SetAffinity(_)
            | Change::SetLink(_)]
    )
}

/// Does what can be planned of it and goes back. Returns how many plans it did.
fn there_and_back(sets: &[Vec<Change>], by_plan: bool) -> Result<usize, TestCaseError> {
    let mut done: Vec<(Plan, HostState)> = Vec::new();
    for (at, changes) in sets.iter().enumerate() {
        let before = seen();
        let changes = ChangeSet::from(changes.clone());
        let Ok(plan_of_it) = plan(&before, &changes, PlanId::from_bits(at as u128)) else {
            continue;
        };
        let applied = apply(&plan_of_it);
        done.push((plan_of_it, before));
        if applied.is_err() {
            take_back(&done, false)?;
            applied?;
        }
        if is_lasting(&changes) {
            let again = plan(&seen(), &changes, PlanId::from_bits(99)).unwrap();
            prop_assert!(again.is_empty(), "{:?}", commands(&again));
        }
    }
    take_back(&done, by_plan)?;
    Ok(done.iter().filter(|(plan, _)| !plan.is_empty()).count())
}

fn take_back(done: &[(Plan, HostState)], by_plan: bool) -> Result<(), TestCaseError> {
    for (at, (plan, before)) in done.iter().rev().enumerate() {
        // Only the last change can be not kept; those before are undone by plan.
        if by_plan || at > 0 {
            let undo = plan_undo(&seen(), plan, PlanId::from_bits(7)).unwrap();
            apply(&undo)?;
        } else {
            roll_back(plan)?;
        }
        let after = seen();
        if after.digest() != before.digest() {
            return Err(TestCaseError::fail(format!(
                "{:?}\nlost {:#?}\ngained {:#?}",
                commands(plan),
                missing(before, &after),
                missing(&after, before),
            )));
        }
    }
    Ok(())
}

kernel_test! {
    fn a_bridge_that_follows_its_ports_is_deleted_and_comes_back_so() {
        ip_batch(SCENE);
        let sets = [
            vec![Change::SetMtu(SetMtu { name: "q2".parse().unwrap(), mtu: 4103 })],
            vec![Change::DeleteSwitch(DeleteSwitch {
                name: "old3".parse().unwrap(),
                foreign: true,
            })],
        ];
        assert_eq!(there_and_back(&sets, false).unwrap(), 2);
    }
}

kernel_test! {
    fn every_plan_leads_where_it_says_and_back() {
        ip_batch(SCENE);
        let cases = std::env::var("PROPTEST_CASES").map_or(60, |cases| cases.parse().unwrap());
        let mut runner = TestRunner::new(Config {
            cases,
            // The kernel is not what it was after a failure.
            max_shrink_iters: 0,
            failure_persistence: None,
            ..Config::default()
        });
        let plans = std::cell::Cell::new(0);
        let watcher = std::cell::RefCell::new(Watcher::new().unwrap());
        let vlans = seen().link("old0").unwrap().bridge.unwrap().knows_vlans;
        let sets = proptest::collection::vec(proptest::collection::vec(change(vlans), 1..4), 1..4);
        runner
            .run(&(sets, any::<bool>()), |(sets, by_plan)| {
                plans.set(plans.get() + there_and_back(&sets, by_plan)?);
                agrees(&mut watcher.borrow_mut());
                Ok(())
            })
            .unwrap();
        assert!(plans.get() as u32 > cases / 6, "{} plans were possible", plans.get());
    }
}
