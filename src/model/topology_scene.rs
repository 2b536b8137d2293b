// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Hosts to draw in tests: built in a few calls, like the lab's scenes.

use std::collections::BTreeMap;

use crate::address::{LinkAddress, Route};
use crate::bridge::{BridgeId, BridgeOptions, BridgeStatus, PortStatus, StpState};
use crate::link::{Link, LinkKind, Owner};
use crate::machine::{InterfaceSource, Machine, MachineInterface, MachineState};
use crate::network::{ForwardMode, Network, Subnet};
use crate::state::{HostState, Service, Snapshot, VirtState};

/// A host under construction.
pub(crate) struct Scene {
    pub(crate) host: HostState,
    pub(crate) virt: VirtState,
    taps: u32,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self {
            host: HostState::default(),
            virt: VirtState::default(),
            taps: 0,
        }
    }

    pub(crate) fn link(&mut self, name: &str, kind: LinkKind, switch: Option<&str>) -> &mut Link {
        let index = u32::try_from(self.host.links.len()).unwrap() + 1;
        let controller = switch.map(|switch| self.host.link(switch).unwrap().index);
        let is_bridge = kind == LinkKind::Bridge;
        let link = Link {
            is_up: true,
            has_carrier: true,
            controller,
            bridge: is_bridge.then(bridge_status),
            port: controller.map(|_| port_status(StpState::Forwarding)),
            ..Link::new(index, name.into(), kind)
        };
        self.host.links.entry(index).or_insert(link)
    }

    pub(crate) fn address(&mut self, link: &str, net: &str) {
        self.host
            .link_mut(link)
            .unwrap()
            .addresses
            .push(LinkAddress {
                net: net.parse().unwrap(),
                is_secondary: false,
                is_dynamic: false,
            });
    }

    pub(crate) fn default_route(&mut self, link: &str, gateway: &str) {
        let link = self.host.link(link).unwrap().index;
        self.host.routes.push(Route {
            destination: "0.0.0.0/0".parse().unwrap(),
            gateway: Some(gateway.parse().unwrap()),
            source: None,
            link,
            metric: 0,
            protocol: 16,
        });
    }

    pub(crate) fn network(&mut self, name: &str, bridge: &str, mode: ForwardMode, host: &str) {
        let mut network = Network {
            uuid: format!("n-{name}"),
            name: name.to_owned(),
            title: None,
            forward: mode,
            forward_devices: Vec::new(),
            bridge: Some(bridge.to_owned()),
            domain: None,
            subnets: Vec::new(),
            is_active: true,
            is_persistent: true,
            autostart: true,
            leases: Vec::new(),
        };
        if network.has_own_bridge() {
            network.subnets.push(Subnet {
                host: host.parse().unwrap(),
                dhcp_ranges: Vec::new(),
            });
            self.link(bridge, LinkKind::Bridge, None).owner = Owner::Libvirt {
                network: Some(name.to_owned()),
            };
            self.address(bridge, host);
        }
        self.virt.networks.push(network);
    }

    /// A machine with an interface on each of these: `network:NAME`,
    /// `bridge:NAME` or `direct:NAME`.
    pub(crate) fn machine(&mut self, name: &str, state: MachineState, sources: &[&str]) {
        let mut interfaces = Vec::new();
        for source in sources {
            let (kind, target) = source.split_once(':').unwrap();
            let source = match kind {
                "network" => InterfaceSource::Network(target.to_owned()),
                "bridge" => InterfaceSource::Bridge(target.to_owned()),
                _ => InterfaceSource::Direct(target.to_owned()),
            };
            let networks = self.virt.networks.iter();
            let bridge = match &source {
                InterfaceSource::Network(name) => networks
                    .filter(|network| network.name == *name)
                    .find_map(|network| network.bridge.clone()),
                InterfaceSource::Bridge(name) => Some(name.clone()),
                _ => None,
            };
            let mut interface = MachineInterface {
                mac: None,
                source,
                tap: None,
                model: None,
                is_plugged: true,
                addresses: Vec::new(),
            };
            if state == MachineState::Running {
                let tap = format!("vnet{}", self.taps);
                if let Some(bridge) = bridge.filter(|name| self.host.link(name).is_some()) {
                    self.link(&tap, LinkKind::Tap, Some(&bridge));
                    interface.addresses.push(
                        format!("10.0.{}.{}", self.taps / 200, 10 + self.taps % 200)
                            .parse()
                            .unwrap(),
                    );
                }
                interface.tap = Some(tap);
                self.taps += 1;
            }
            interfaces.push(interface);
        }
        self.virt.machines.push(Machine {
            uuid: format!("m-{name}"),
            name: name.to_owned(),
            state,
            interfaces,
        });
    }

    pub(crate) fn snapshot(self) -> Snapshot {
        Snapshot {
            host: self.host,
            virt: Service::Available(self.virt),
        }
    }
}

fn bridge_status() -> BridgeStatus {
    let id = BridgeId {
        priority: 0x8000,
        mac: crate::address::MacAddress([2, 0, 0, 0, 0, 1]),
    };
    BridgeStatus {
        options: BridgeOptions {
            stp: true,
            ..BridgeOptions::default()
        },
        ..BridgeStatus::new(id)
    }
}

pub(crate) fn port_status(state: StpState) -> PortStatus {
    PortStatus::new(1, state)
}

/// The lab's `small`: a workstation with two bridges, three libvirt networks
/// and four machines.
pub(crate) fn small() -> Snapshot {
    workstation().snapshot()
}

fn workstation() -> Scene {
    let mut scene = Scene::new();
    scene.link("lo", LinkKind::Loopback, None);
    scene.link("br0", LinkKind::Bridge, None).owner = Owner::NetworkManagerDaemon;
    scene.link("eth0", LinkKind::Veth, Some("br0"));
    scene.link("eth1", LinkKind::Veth, None);
    scene.address("br0", "192.0.2.5/24");
    scene.default_route("br0", "192.0.2.1");
    scene.link("br1", LinkKind::Bridge, None);
    scene.address("br1", "10.20.0.1/24");
    scene.network("default", "virbr0", ForwardMode::Nat, "192.168.122.1/24");
    scene.network("isolated", "virbr1", ForwardMode::Isolated, "10.10.10.1/24");
    scene.network("office", "br0", ForwardMode::Bridge, "");
    let on = MachineState::Running;
    scene.machine("web", on, &["network:office"]);
    scene.machine("app", on, &["network:default", "network:isolated"]);
    scene.machine("database", on, &["network:isolated", "bridge:br1"]);
    scene.machine("build", on, &["network:default"]);
    scene
}

/// The lab's `large`: 60 networks and 40 machines.
pub(crate) fn large() -> Snapshot {
    let mut scene = workstation();
    let modes = [ForwardMode::Nat, ForwardMode::Isolated, ForwardMode::Route];
    for number in 3..60 {
        let host = format!("10.{}.0.1/24", 100 + number);
        let mode = modes[number % 3];
        scene.network(
            &format!("net{number:02}"),
            &format!("vnet-br{number}"),
            mode,
            &host,
        );
    }
    for number in 5..=40 {
        let network = format!("network:net{:02}", 3 + number % 20);
        scene.machine(
            &format!("vm{number:02}"),
            MachineState::Running,
            &[&network],
        );
    }
    scene.snapshot()
}

/// What else happens: long and hostile names, machines that are off, folded
/// and missing things, a bond, a VLAN, a blocked port, containers.
pub(crate) fn varied() -> Snapshot {
    let mut scene = Scene::new();
    scene.link("bond0", LinkKind::Bond, None);
    for name in ["enp3s0f0np0", "enp3s0f1np1"] {
        let bond = scene.host.link("bond0").unwrap().index;
        let link = scene.link(name, LinkKind::Physical, None);
        link.controller = Some(bond);
        link.has_carrier = name.ends_with('0');
    }
    scene.link("br-lan", LinkKind::Bridge, None).owner = Owner::Nova;
    let lower = scene.host.link("bond0").unwrap().index;
    scene
        .link(
            "bond0.20",
            LinkKind::Vlan {
                vid: 20,
                protocol: crate::bridge::VlanProtocol::Dot1Q,
            },
            Some("br-lan"),
        )
        .lower = Some(lower);
    scene.address("br-lan", "198.51.100.7/24");
    scene.default_route("br-lan", "198.51.100.1");
    scene.link("wlan0", LinkKind::Wireless, None).is_up = false;
    scene.link("br-lab", LinkKind::Bridge, None);
    let peer = scene.link("lab-up", LinkKind::Veth, Some("br-lan")).index;
    let down = scene.link("lab-down", LinkKind::Veth, Some("br-lab"));
    down.lower = Some(peer);
    down.port = Some(port_status(StpState::Blocking));
    let down = down.index;
    scene.host.link_mut("lab-up").unwrap().lower = Some(down);
    scene.link("docker0", LinkKind::Bridge, None).owner = Owner::Containers {
        engine: "Docker".to_owned(),
    };
    for name in ["veth0a1b2c3", "veth1f00d42", "veth2c0ffee"] {
        scene.link(name, LinkKind::Veth, Some("docker0"));
    }
    scene.network("default", "virbr0", ForwardMode::Nat, "192.168.122.1/24");
    let long = "integration-tests-of-the-release-branch";
    scene.network(
        long,
        "virbr7",
        ForwardMode::Route,
        "2001:db8:1234:5678::1/64",
    );
    scene.network("old", "virbr9", ForwardMode::Nat, "10.9.0.1/24");
    scene.virt.networks.last_mut().unwrap().is_active = false;
    scene.host.links.retain(|_, link| !link.name.is("virbr9"));
    let on = MachineState::Running;
    for number in 1..=23 {
        let state = if number % 6 == 0 {
            MachineState::Off
        } else {
            on
        };
        scene.machine(&format!("worker{number}"), state, &["bridge:br-lab"]);
    }
    for number in 1..=8 {
        let state = if number == 3 {
            MachineState::Paused
        } else {
            on
        };
        scene.machine(&format!("node{number}"), state, &["network:default"]);
    }
    let source = format!("network:{long}");
    scene.machine(
        "a-machine-with-a-name-that-never-ends-at-all",
        on,
        &[&source],
    );
    scene.machine(
        "crashed",
        MachineState::Crashed,
        &[&source, "bridge:br-lan", "network:default"],
    );
    scene.machine("archive", MachineState::Off, &["network:old"]);
    scene.machine("orphan", MachineState::Off, &["network:gone"]);
    scene.machine("fast", on, &["direct:enp3s0f1np1"]);
    scene.machine("e\u{1b}[31mvil", on, &["bridge:br-lan"]);
    scene.snapshot()
}

/// The same host read in another order: lists turned round, indices renumbered.
pub(crate) fn reversed(snapshot: &Snapshot) -> Snapshot {
    let mut other = snapshot.clone();
    let renumber = |index: u32| 10_000 - index;
    let links: BTreeMap<u32, Link> = other
        .host
        .links
        .into_values()
        .map(|mut link| {
            link.index = renumber(link.index);
            link.controller = link.controller.map(renumber);
            link.lower = link.lower.map(renumber);
            (link.index, link)
        })
        .collect();
    other.host.links = links;
    for route in &mut other.host.routes {
        route.link = renumber(route.link);
    }
    if let Service::Available(virt) = &mut other.virt {
        virt.networks.reverse();
        virt.machines.reverse();
    }
    other
}
