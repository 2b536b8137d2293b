// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. The Rust API as a program uses it: what it creates and
//! changes is seen by other programs, and undone by it.

#![allow(missing_docs, clippy::unwrap_used)]

use nova::networking::{
    ChangeState, ErrorKind, HistoryEntry, LinuxBridge, MirrorType, NetworkManager,
    NetworkManagerIntegration, OpenVSwitch, OvsPort, PortMirror, StpConfig, SwitchType,
    SystemdNetworkdManager,
};
use nova_tests::bus::alone;
use nova_tests::host::{Cable, Gone, link};
use nova_tests::lan::{Lan, files, profiles};
use nova_tests::program::sh;

const SWITCH: &str = "nva-br";
const OVS: &str = "nva-ovs";

/// Runs what a program awaits.
fn block<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

async fn undo(manager: &NetworkManager, entry: &HistoryEntry) {
    let plan = manager.prepare_undo(entry.plan.id).await.unwrap();
    let entry = manager.apply(&plan, None, |_| {}).await.unwrap();
    assert_eq!(entry.state, ChangeState::Confirmed);
}

fn option(name: &str) -> serde_json::Value {
    link(SWITCH).unwrap()["linkinfo"]["info_data"][name].clone()
}

#[test]
fn a_bridge_its_spanning_tree_and_a_mirror_come_and_go() {
    let _alone = alone();
    let _cables = ["nva-a", "nva-b"].map(Cable::lay);
    block(async {
        let manager = NetworkManager::new();
        let bridge = LinuxBridge {
            interfaces: vec!["nva-a".to_owned(), "nva-b".to_owned()],
            multicast_snooping: false,
            ..LinuxBridge::new(SWITCH)
        };
        let created = bridge.create().await.unwrap();
        assert_eq!(created.state, ChangeState::Confirmed);
        assert_eq!(option("mcast_snooping"), 0);
        assert_eq!(link("nva-b").unwrap()["master"], SWITCH);
        // Another of this name is refused.
        let other = LinuxBridge::new(SWITCH).create().await.unwrap_err();
        assert_eq!(other.kind(), ErrorKind::Refused, "{other}");

        let tree = StpConfig {
            enabled: false,
            priority: 4096,
            path_cost: [("nva-a".to_owned(), 7)].into(),
            ..StpConfig::default()
        };
        let tuned = tree.apply(SWITCH).await.unwrap();
        assert_eq!(option("priority"), 4096);
        let cost = sh("bridge -d -j link show dev nva-a").json()[0]["cost"].clone();
        assert_eq!(cost, 7);

        let mirror = PortMirror {
            bridge: SWITCH.to_owned(),
            source_ports: vec!["nva-a".to_owned()],
            destination_port: "nva-b".to_owned(),
            mirror_type: MirrorType::Ingress,
            filter: None,
        };
        let mirrored = mirror.create().await.unwrap();
        let filters = || sh("tc filter show dev nva-a ingress").ok();
        assert!(filters().contains("to device nva-b"), "{}", filters());

        for entry in [&mirrored, &tuned, &created] {
            undo(&manager, entry).await;
        }
        assert!(!filters().contains("nva-b"), "{}", filters());
        assert!(link(SWITCH).is_none());
    });
}

#[test]
fn a_bridge_of_open_vswitch_has_the_ports_it_was_given() {
    let _alone = alone();
    let _cable = Cable::lay("nva-a");
    block(async {
        let manager = NetworkManager::new();
        let switch = OpenVSwitch {
            ports: vec![OvsPort {
                tag: Some(100),
                ..OvsPort::new("nva-a")
            }],
            protocols: vec!["1.3".to_owned()],
            ..OpenVSwitch::new(OVS)
        };
        let created = switch.create().await.unwrap();
        let seen = sh(&format!(
            "ovs-vsctl list-ports {OVS}; ovs-vsctl get port nva-a tag; \
             ovs-vsctl get bridge {OVS} protocols"
        ))
        .ok();
        assert_eq!(
            seen.split_whitespace().collect::<Vec<_>>(),
            ["nva-a", "100", "[OpenFlow13]"]
        );
        undo(&manager, &created).await;
        assert_ne!(sh(&format!("ovs-vsctl br-exists {OVS}")).code, 0);
    });
}

#[test]
fn a_switch_by_its_type_alone() {
    let _alone = alone();
    block(async {
        let mut manager = NetworkManager::new();
        for (name, switch_type) in [
            (SWITCH, SwitchType::LinuxBridge),
            (OVS, SwitchType::OpenVSwitch),
        ] {
            let created = manager
                .create_virtual_switch(name, switch_type)
                .await
                .unwrap();
            assert!(link(name).is_some(), "{name}");
            undo(&manager, &created).await;
            assert!(link(name).is_none(), "{name}");
        }
    });
}

#[test]
fn a_bridge_is_kept_by_the_program_that_was_named() {
    let _alone = alone();
    let _gone = Gone(SWITCH);
    let _cable = Cable::lay("nva-a");
    let ports = ["nva-a".to_owned()];
    let kept = |written: &[String]| written.iter().any(|name| name.contains(SWITCH));
    {
        let _lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
        block(async {
            let manager = NetworkManager::new();
            let created = NetworkManagerIntegration.create_bridge(SWITCH, &ports);
            let created = created.await.unwrap();
            assert_eq!(link("nva-a").unwrap()["master"], SWITCH);
            assert!(kept(&profiles()), "{:?}", profiles());
            undo(&manager, &created).await;
            assert!(!kept(&profiles()), "{:?}", profiles());
            assert!(link(SWITCH).is_none());
            // It does not run, and so cannot keep anything.
            let refused = SystemdNetworkdManager.create_bridge_config(SWITCH, &ports);
            let refused = refused.await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
        });
    }
    let lasting = || files("/etc/systemd/network");
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    block(async {
        let manager = NetworkManager::new();
        let created = SystemdNetworkdManager.create_bridge_config(SWITCH, &ports);
        let created = created.await.unwrap();
        assert_eq!(link("nva-a").unwrap()["master"], SWITCH);
        assert!(kept(&lasting()), "{:?}", lasting());
        undo(&manager, &created).await;
        assert!(!kept(&lasting()), "{:?}", lasting());
        assert!(link(SWITCH).is_none());
    });
}
