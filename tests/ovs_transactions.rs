// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Random changes of Open vSwitch on a database server of their
//! own: every plan leads where it says, asks for nothing when it is made again,
//! and its undo leads back.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use std::path::PathBuf;

use nova_host::execute::Undone;
use nova_host::execute_ovs::OvsExecutor;
use nova_host::ovs::{Place, observe};
use nova_model::change::{
    AddMirror, AddOvsPort, AttachPort, Change, ChangeSet, ConfigureOvsBridge, ConfigureOvsPort,
    CreateOvsBridge, DeleteSwitch, DetachPort, OvsPortKind, RemoveMirror, RemoveQos, SetQos,
};
use nova_model::mirror::{MirrorDirection, MirrorOutput, MirrorSource};
use nova_model::ovs_conf::FailMode;
use nova_model::ovs_options::OvsOptions;
use nova_model::ovs_value::{BondMode, Datapath, Lacp, Tunnel, TunnelKind, VlanMode, VlanWish};
use nova_model::plan::{Plan, PlanId, PlannedStep, plan};
use nova_model::state::HostState;
use nova_model::step::{OvsStep, Step};
use nova_tests::program::{sh, within};
use proptest::prelude::*;
use proptest::sample::select;

/// A database server that is gone when dropped.
struct Server(PathBuf);

impl Server {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("nova-ovsdb-{}", std::process::id()));
        let at = folder.display();
        let _ = sh(&format!(
            "set -e; mkdir {at}; ovsdb-tool create {at}/conf.db /usr/share/openvswitch/vswitch.ovsschema; \
             ovsdb-server --remote=punix:{at}/db.sock --pidfile={at}/pid --unixctl={at}/ctl --detach --no-chdir \
             --log-file={at}/log {at}/conf.db 2>/dev/null; ovs-vsctl --db=unix:{at}/db.sock --no-wait init"
        ))
        .ok();
        Self(folder)
    }

    fn restart(&self) {
        let at = self.0.display();
        let _ = sh(&format!(
            "kill $(cat {at}/pid); while test -e {at}/pid; do sleep 0.05; done; \
             ovsdb-server --remote=punix:{at}/db.sock --pidfile={at}/pid --unixctl={at}/ctl --detach --no-chdir \
             --log-file={at}/log {at}/conf.db 2>/dev/null"
        ))
        .ok();
    }

    fn place(&self) -> Place {
        Place::private(&self.0)
    }

    /// Four cards and what the database holds.
    fn host(&self) -> HostState {
        let link = |index: u32| {
            serde_json::json!({"index": index, "name": format!("eth{index}"), "kind": "physical",
                "mac": format!("52:54:00:00:00:0{index}"), "mtu": 1500, "is_up": true, "has_carrier": true,
                "refuses_bridge": false, "controller": null, "lower": null, "alias": null,
                "addresses": [], "bridge": null, "port": null, "owner": {"by": "nobody"}})
        };
        let links: serde_json::Map<String, serde_json::Value> = (1..=4)
            .map(|index| (index.to_string(), link(index)))
            .collect();
        let document = serde_json::json!({"links": links, "routes": []});
        HostState {
            ovs: observe(&self.place()),
            ..serde_json::from_value(document).expect("a host")
        }
    }

    fn fingerprint(&self) -> Vec<String> {
        self.host().ovs.state().expect("a database").fingerprint()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let at = self.0.display();
        let _ = sh(&format!("kill $(cat {at}/pid); rm -rf {at}"));
    }
}

fn ovs_steps(plan: &Plan) -> Vec<(OvsStep, Vec<OvsStep>)> {
    let only_ovs = |step: &Step| match step {
        Step::Ovs(step) => step.clone(),
        other => panic!("not about Open vSwitch: {other:?}"),
    };
    plan.steps
        .iter()
        .map(|planned| {
            (
                only_ovs(&planned.step),
                planned.undo.iter().map(only_ovs).collect(),
            )
        })
        .collect()
}

/// Undoes a plan, each step twice: a helper that was killed before it could note a
/// step does it again as it starts.
fn undo(server: &Server, plan: &Plan) {
    let steps = ovs_steps(plan);
    for step in steps.iter().rev().flat_map(|(_, undo)| undo) {
        let once = || OvsExecutor::new(server.place()).undo(step).unwrap();
        let _ = once();
        let again = once();
        assert_ne!(again, Undone::Done, "{step:?} of {plan:?}");
    }
}

/// Checks a wish; how many transactions its plan has.
fn check(server: &Server, wish: &ChangeSet, id: u128) -> usize {
    let before = server.fingerprint();
    let Ok(plan_made) = plan(&server.host(), wish, PlanId::from_bits(id)) else {
        return 0;
    };
    // A card that no switch has any more is limited by the kernel, not here.
    let is_ours = |planned: &PlannedStep| matches!(planned.step, Step::Ovs(_));
    if !plan_made.steps.iter().all(is_ours) {
        return 0;
    }
    let run = || {
        let mut executor = OvsExecutor::new(server.place());
        for (step, _) in ovs_steps(&plan_made) {
            executor.execute(&step).unwrap();
        }
    };
    run();
    let after = server.host();
    assert_eq!(
        plan_made.unmet(&after),
        Vec::<String>::new(),
        "{plan_made:?}"
    );
    // Two changes of one set may contradict each other.
    if let (1, Ok(again)) = (
        wish.changes.len(),
        plan(&after, wish, PlanId::from_bits(id + 1)),
    ) {
        assert!(again.is_empty(), "{wish:?}\n{:?}", again.steps);
    }
    undo(server, &plan_made);
    assert_eq!(server.fingerprint(), before, "{plan_made:?}");
    // Rows that were brought back have other identifiers: plan anew.
    let again = plan(&server.host(), wish, PlanId::from_bits(id)).unwrap();
    let mut executor = OvsExecutor::new(server.place());
    for (step, _) in ovs_steps(&again) {
        executor.execute(&step).unwrap();
    }
    plan_made.steps.len()
}

fn switch() -> impl Strategy<Value = nova_model::name::InterfaceName> {
    select(vec!["ovs0", "ovs1"]).prop_map(|name| name.parse().unwrap())
}

fn port() -> impl Strategy<Value = nova_model::name::InterfaceName> {
    select(vec![
        "eth1", "eth2", "eth3", "eth4", "int0", "vx0", "p0", "p1", "bond0",
    ])
    .prop_map(|name| name.parse().unwrap())
}

fn card() -> impl Strategy<Value = nova_model::name::InterfaceName> {
    select(vec!["eth1", "eth2", "eth3", "eth4"]).prop_map(|name| name.parse().unwrap())
}

fn vlans() -> impl Strategy<Value = VlanWish> {
    let mode = select(vec![
        None,
        Some(VlanMode::Access),
        Some(VlanMode::Trunk),
        Some(VlanMode::NativeUntagged),
    ]);
    (
        mode,
        select(vec![None, Some(100)]),
        select(vec!["", "200,300-302"]),
    )
        .prop_map(|(mode, tag, trunks)| VlanWish {
            mode,
            tag: tag.map(|tag: u16| tag.try_into().unwrap()),
            trunks: if trunks.is_empty() {
                nova_model::vlan::VlanSet::default()
            } else {
                trunks.parse().unwrap()
            },
        })
}

fn options() -> impl Strategy<Value = OvsOptions> {
    (
        any::<Option<bool>>(),
        select(vec![None, Some(8192), Some(4096)]),
        select(vec![None, Some(FailMode::Secure), Some(FailMode::Unset)]),
        select(vec![None, Some("tcp:192.0.2.1:6653"), Some("ptcp:6653")]),
        select(vec![None, Some("1.3")]),
        any::<Option<bool>>(),
    )
        .prop_map(
            |(stp, priority, fail_mode, controller, version, snooping)| OvsOptions {
                stp,
                priority,
                fail_mode,
                multicast_snooping: snooping,
                controllers: controller.map(|target| vec![target.parse().unwrap()]),
                protocols: version.map(|version| vec![version.parse().unwrap()]),
                ..OvsOptions::default()
            },
        )
}

fn kind() -> impl Strategy<Value = OvsPortKind> {
    prop_oneof![
        3 => Just(OvsPortKind::Link),
        1 => Just(OvsPortKind::Internal),
        1 => Just(OvsPortKind::Patch { peer: "p1".parse().unwrap() }),
        1 => Just(OvsPortKind::Tunnel(Tunnel {
            kind: TunnelKind::Vxlan,
            remote: "192.0.2.9".parse().unwrap(),
            local: None,
            key: Some(7),
            udp_port: None,
        })),
        1 => (bond_mode(), lacp()).prop_map(|(mode, lacp)| OvsPortKind::Bond {
            links: vec!["eth3".parse().unwrap(), "eth4".parse().unwrap()],
            mode,
            lacp,
        }),
    ]
}

fn bond_mode() -> impl Strategy<Value = BondMode> {
    select(vec![
        BondMode::ActiveBackup,
        BondMode::BalanceSlb,
        BondMode::BalanceTcp,
    ])
}

fn lacp() -> impl Strategy<Value = Lacp> {
    select(vec![Lacp::Off, Lacp::Active, Lacp::Passive])
}

fn mirror() -> impl Strategy<Value = Change> {
    let directions = select(vec![
        MirrorDirection::Ingress,
        MirrorDirection::Egress,
        MirrorDirection::Both,
    ]);
    let sources = prop::collection::vec(
        (port(), directions).prop_map(|(port, direction)| MirrorSource { port, direction }),
        0..3,
    );
    let output = prop_oneof![
        port().prop_map(MirrorOutput::Port),
        Just(MirrorOutput::Vlan(9_u16.try_into().unwrap())),
    ];
    (switch(), sources, output).prop_map(|(switch, sources, output)| {
        Change::AddMirror(AddMirror {
            switch,
            name: Some("m0".parse().unwrap()),
            sources,
            vlans: nova_model::vlan::VlanSet::default(),
            output,
        })
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    let create = (
        select(vec!["ovs0", "ovs1"]),
        options(),
        prop::collection::vec(card(), 0..3),
    );
    prop_oneof![
        4 => create.prop_map(|(name, options, mut ports)| {
            ports.sort_by_key(|port| port.as_str().to_owned());
            ports.dedup();
            Change::CreateOvsBridge(CreateOvsBridge {
                name: name.parse().unwrap(),
                datapath: Some(Datapath::Netdev),
                options,
                ports,
            })
        }),
        1 => switch().prop_map(|name| Change::DeleteSwitch(DeleteSwitch { name, foreign: true })),
        2 => (switch(), options()).prop_map(|(name, options)| {
            Change::ConfigureOvsBridge(ConfigureOvsBridge { name, options })
        }),
        6 => (switch(), port(), kind(), vlans(), any::<bool>()).prop_map(|(switch, port, kind, vlans, moves)| {
            Change::AddOvsPort(AddOvsPort { switch, port, kind, vlans, moves })
        }),
        2 => (switch(), port(), any::<bool>()).prop_map(|(switch, port, moves)| {
            Change::AttachPort(AttachPort { switch, port, moves })
        }),
        2 => (switch(), port()).prop_map(|(switch, port)| Change::DetachPort(DetachPort { switch, port })),
        3 => (switch(), port(), vlans(), 0..3_u16, any::<Option<bool>>()).prop_map(|(switch, port, vlans, cost, protected)| {
            Change::ConfigureOvsPort(ConfigureOvsPort {
                vlans: Some(vlans),
                path_cost: Some(cost),
                protected,
                ..ConfigureOvsPort::nothing(switch, port)
            })
        }),
        2 => (switch(), port(), bond_mode(), lacp()).prop_map(|(switch, port, mode, lacp)| {
            Change::ConfigureOvsPort(ConfigureOvsPort {
                bond_mode: Some(mode),
                lacp: Some(lacp),
                ..ConfigureOvsPort::nothing(switch, port)
            })
        }),
        3 => mirror(),
        1 => switch().prop_map(|switch| Change::RemoveMirror(RemoveMirror {
            switch,
            name: "m0".parse().unwrap(),
            foreign: false,
        })),
        3 => (port(), any::<bool>(), any::<bool>()).prop_map(|(port, ingress, egress)| Change::SetQos(SetQos {
            port,
            ingress_rate: ingress.then(|| "100Mbps".parse().unwrap()),
            egress_rate: egress.then(|| "50Mbps".parse().unwrap()),
            burst: None,
            priority: None,
            dscp: None,
            class: None,
        })),
        1 => port().prop_map(|port| Change::RemoveQos(RemoveQos { port })),
    ]
}

#[test]
fn every_plan_leads_where_it_says_and_back_again() {
    let server = Server::start();
    let runner_config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(40)
    };
    let sets = prop::collection::vec(prop::collection::vec(any_change(), 1..3), 1..20);
    let number = std::cell::Cell::new(1_u128);
    let transactions = std::cell::Cell::new(0);
    let ran = proptest::test_runner::TestRunner::new(runner_config).run(&sets, |sets| {
        // Each sequence begins with an empty database.
        let at = server.0.display();
        let _ = sh(&format!(
            "ovs-vsctl --no-wait --db=unix:{at}/db.sock clear Open_vSwitch . bridges && \
             ovs-vsctl --no-wait --db=unix:{at}/db.sock -- --all destroy QoS -- --all destroy Queue"
        ))
        .ok();
        let ports = [("ovs0", "eth1"), ("ovs1", "eth2")].map(|(name, port)| {
            Change::CreateOvsBridge(CreateOvsBridge {
                name: name.parse().unwrap(),
                datapath: Some(Datapath::Netdev),
                options: OvsOptions::default(),
                ports: vec![port.parse().unwrap()],
            })
        });
        let sets = std::iter::once(ports.to_vec()).chain(sets);
        for changes in sets {
            number.set(number.get() + 2);
            let done = check(&server, &ChangeSet::from(changes), number.get() << 8);
            transactions.set(transactions.get() + done);
        }
        Ok(())
    });
    ran.unwrap();
    println!("{} transactions", transactions.get());
    assert!(transactions.get() > 100, "hardly anything was planned");
}

#[test]
fn an_undo_waits_for_a_database_that_is_restarted() {
    let server = Server::start();
    let before = server.fingerprint();
    let wish = ChangeSet::from(vec![Change::CreateOvsBridge(CreateOvsBridge {
        name: "ovs0".parse().unwrap(),
        datapath: Some(Datapath::Netdev),
        options: OvsOptions::default(),
        ports: vec!["eth1".parse().unwrap()],
    })]);
    let made = plan(&server.host(), &wish, PlanId::from_bits(7)).unwrap();
    let mut executor = OvsExecutor::new(server.place());
    for (step, _) in ovs_steps(&made) {
        executor.execute(&step).unwrap();
    }
    let at = server.0.display();
    let _ = sh(&format!(
        "kill $(cat {at}/pid); while test -e {at}/pid; do sleep 0.05; done"
    ))
    .ok();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(700));
            let _ = sh(&format!(
                "ovsdb-server --remote=punix:{at}/db.sock --pidfile={at}/pid --unixctl={at}/ctl --detach --no-chdir \
                 --log-file={at}/log {at}/conf.db 2>/dev/null"
            ));
        });
        undo(&server, &made);
    });
    assert_eq!(server.fingerprint(), before);
}

#[test]
fn r15_what_another_changed_meanwhile_is_met_and_left_alone() {
    let server = Server::start();
    let at = server.0.display();
    let vsctl = |line: &str| {
        sh(&format!(
            "ovs-vsctl --no-wait --db=unix:{at}/db.sock {line}"
        ))
        .ok()
    };
    let _ =
        vsctl("add-br ovs0 -- set Bridge ovs0 datapath_type=netdev -- add-port ovs0 eth1 tag=1");
    let wish = |tag: u16| {
        ChangeSet::from(vec![Change::ConfigureOvsPort(ConfigureOvsPort {
            vlans: Some(VlanWish {
                tag: Some(tag.try_into().unwrap()),
                ..VlanWish::default()
            }),
            ..ConfigureOvsPort::nothing("ovs0".parse().unwrap(), "eth1".parse().unwrap())
        })])
    };
    let made = plan(&server.host(), &wish(2), PlanId::from_bits(9)).unwrap();
    let (step, back) = ovs_steps(&made).remove(0);
    let _ = vsctl("set Port eth1 tag=3");
    let mut executor = OvsExecutor::new(server.place());
    let stale = executor.execute(&step).unwrap_err();
    assert_eq!(stale.kind(), nova_model::ErrorKind::Stale, "{stale}");
    assert_eq!(vsctl("get Port eth1 tag").trim(), "3");
    assert_eq!(executor.undo(&back[0]).unwrap(), Undone::Vanished);
    assert_eq!(vsctl("get Port eth1 tag").trim(), "3");
    // The same name in another row is another port.
    let made = plan(&server.host(), &wish(4), PlanId::from_bits(11)).unwrap();
    let (step, _) = ovs_steps(&made).remove(0);
    let _ = vsctl("del-port ovs0 eth1 -- add-port ovs0 eth1 tag=3");
    assert!(executor.execute(&step).is_err());
    assert_eq!(vsctl("get Port eth1 tag").trim(), "3");
    server.restart();
    assert!(within(10, || server.host().ovs.state().is_some()));
}
