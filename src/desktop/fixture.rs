// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A host for tests: br0 leads outside and carries the machine web, br1 is
//! down and empty, virbr0 belongs to the libvirt network default, ovs0 is of
//! Open vSwitch and has a tunnel that could not be made.

use std::collections::BTreeMap;

use nova_model::address::LinkAddress;
use nova_model::bond::{BondMember, BondMode, BondOptions, BondStatus, LinkMonitor};
use nova_model::bridge::{BridgeId, BridgeStatus, PortStatus, StpState, VlanProtocol};
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::machine::{InterfaceSource, Machine, MachineInterface, MachineState};
use nova_model::network::{ForwardMode, Lease, Network, Subnet};
use nova_model::ovs::{OvsBridge, OvsInterface, OvsPort, OvsState, OvsView};
use nova_model::ovs_conf::{BridgeConf, InterfaceConf, PortConf, RowId};
use nova_model::state::{HostState, Service, Snapshot, VirtState};

/// The host.
pub fn small() -> Snapshot {
    let links = [
        link(2, "eth0", LinkKind::Physical, Some(10), &[]),
        link(3, "eth1", LinkKind::Physical, None, &["198.51.100.7/24"]),
        link(10, "br0", LinkKind::Bridge, None, &["192.0.2.5/24"]),
        Link {
            is_up: false,
            ..link(11, "br1", LinkKind::Bridge, None, &[])
        },
        link(12, "virbr0", LinkKind::Bridge, None, &["192.168.122.1/24"]),
        link(20, "vnet0", LinkKind::Tap, Some(10), &["fe80::1/64"]),
    ];
    Snapshot {
        host: HostState {
            links: links.into_iter().map(|link| (link.index, link)).collect(),
            routes: Vec::new(),
            ovs: OvsView::Known(ovs()),
            ..HostState::default()
        },
        virt: Service::Available(VirtState {
            networks: vec![network()],
            machines: vec![machine()],
        }),
    }
}

/// The same host with bond0 of eth2, which is in use, and eth3, the
/// sub-interface bond0.7 upon it, and a Wi-Fi card that is not connected.
pub fn bonded() -> Snapshot {
    let mut snapshot = small();
    let member = |index, name, is_active| Link {
        port: None,
        bond_member: Some(BondMember {
            is_active,
            monitor: LinkMonitor::Up,
            own_mac: Some(format!("52:54:00:00:00:{index:02x}").parse().unwrap()),
            ..BondMember::default()
        }),
        ..link(index, name, LinkKind::Physical, Some(30), &[])
    };
    let protocol = VlanProtocol::default();
    let links = [
        Link {
            owner: Owner::Nova,
            bond: Some(BondStatus {
                options: BondOptions {
                    mode: BondMode::ActiveBackup,
                    miimon: 100,
                    ..BondOptions::default()
                },
                primary: Some(31),
                active: Some(31),
                ..BondStatus::default()
            }),
            ..link(30, "bond0", LinkKind::Bond, None, &[])
        },
        Link {
            speed: Some(1000),
            ..member(31, "eth2", true)
        },
        member(32, "eth3", false),
        Link {
            owner: Owner::Nova,
            lower: Some(30),
            ..link(
                33,
                "bond0.7",
                LinkKind::Vlan { vid: 7, protocol },
                None,
                &["203.0.113.4/24"],
            )
        },
        Link {
            has_carrier: false,
            refuses_bridge: true,
            ..link(34, "wlan0", LinkKind::Wireless, None, &[])
        },
    ];
    let links = links.into_iter().map(|link| (link.index, link));
    snapshot.host.links.extend(links);
    snapshot
}

fn link(
    index: u32,
    name: &str,
    kind: LinkKind,
    controller: Option<u32>,
    addresses: &[&str],
) -> Link {
    let mac = format!("52:54:00:00:00:{index:02x}").parse().unwrap();
    let id = BridgeId {
        priority: 32768,
        mac,
    };
    Link {
        mac: Some(mac),
        is_up: true,
        has_carrier: true,
        controller,
        addresses: addresses
            .iter()
            .map(|net| LinkAddress {
                net: net.parse().unwrap(),
                is_secondary: false,
                is_dynamic: false,
            })
            .collect(),
        bridge: (kind == LinkKind::Bridge).then(|| BridgeStatus::new(id)),
        port: controller
            .map(|_| PortStatus::new(u16::try_from(index).unwrap(), StpState::Forwarding)),
        ..Link::new(index, name.into(), kind)
    }
}

fn ovs() -> OvsState {
    OvsState {
        is_running: true,
        bridges: vec![OvsBridge {
            row: RowId("bridge".to_owned()),
            name: "ovs0".to_owned(),
            conf: BridgeConf::default(),
            ports: vec![
                ovs_port("ovs0", "internal", None),
                ovs_port("tun0", "vxlan", Some("no route")),
                ovs_port("vnet1", "", None),
            ],
            mirrors: Vec::new(),
            connected: Vec::new(),
            status: BTreeMap::new(),
            beyond: Vec::new(),
        }],
        ..OvsState::default()
    }
}

fn ovs_port(name: &str, kind: &str, error: Option<&str>) -> OvsPort {
    let mut interface = InterfaceConf::new(name, kind);
    if kind == "vxlan" {
        let remote = ("remote_ip".to_owned(), "192.0.2.9".to_owned());
        interface.options.extend([remote]);
    }
    let reported = OvsInterface {
        row: RowId(format!("{name}-interface")),
        ofport: Some(1),
        error: error.map(str::to_owned),
        is_up: Some(true),
        has_carrier: Some(true),
        mac: None,
    };
    OvsPort {
        row: RowId(name.to_owned()),
        name: name.to_owned(),
        conf: PortConf {
            interfaces: vec![interface],
            ..PortConf::default()
        },
        interfaces: [(name.to_owned(), reported)].into(),
        qos_row: None,
        class: None,
        stp_state: None,
        stp_role: None,
        beyond: Vec::new(),
    }
}

fn network() -> Network {
    Network {
        uuid: "2f5d…".to_owned(),
        name: "default".to_owned(),
        title: None,
        forward: ForwardMode::Nat,
        forward_devices: Vec::new(),
        bridge: Some("virbr0".to_owned()),
        domain: None,
        subnets: vec![Subnet {
            host: "192.168.122.1/24".parse().unwrap(),
            dhcp_ranges: vec![(
                "192.168.122.2".parse().unwrap(),
                "192.168.122.254".parse().unwrap(),
            )],
        }],
        is_active: true,
        is_persistent: true,
        autostart: false,
        leases: vec![Lease {
            mac: "52:54:00:00:00:aa".parse().unwrap(),
            address: "192.168.122.50/24".parse().unwrap(),
            hostname: Some("web".to_owned()),
            expires: 0,
        }],
    }
}

fn machine() -> Machine {
    let interface = |source, tap: Option<&str>, mac: &str| MachineInterface {
        mac: Some(mac.parse().unwrap()),
        source,
        tap: tap.map(str::to_owned),
        model: Some("virtio".to_owned()),
        is_plugged: true,
        addresses: Vec::new(),
    };
    Machine {
        uuid: "91aa…".to_owned(),
        name: "web".to_owned(),
        state: MachineState::Running,
        interfaces: vec![
            interface(
                InterfaceSource::Bridge("br0".to_owned()),
                Some("vnet0"),
                "52:54:00:00:00:ab",
            ),
            interface(
                InterfaceSource::Network("default".to_owned()),
                None,
                "52:54:00:00:00:aa",
            ),
        ],
    }
}
