// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Hosts drawn for tests, a line a thing.

use nova_model::address::{LinkAddress, MacAddress, Route};
use nova_model::bond::{BondMember, BondMode, BondOptions, BondStatus};
use nova_model::bridge::{BridgeId, BridgeStatus, PortStatus, StpState, VlanProtocol};
use nova_model::change::{Change, ChangeSet};
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::plan::Plan;
use nova_model::state::HostState;
use nova_model::steering::CpuSet;
use nova_model::vlan::VlanId;
use nova_model::vlan_table::VlanTable;

/// A host in the drawing; starts with loopback.
pub struct Host(HostState);

impl Host {
    pub fn new() -> Self {
        let mut host = HostState::default();
        host.cpus.online = "0-3".parse().unwrap();
        Self(host).link("lo", LinkKind::Loopback)
    }

    pub fn build(self) -> HostState {
        self.0
    }

    pub fn link(mut self, name: &str, kind: LinkKind) -> Self {
        let index = self.0.links.len() as u32 + 1;
        let mac = MacAddress([0x52, 0x54, 0, 0, 0, index as u8]);
        let queues = match kind {
            LinkKind::Loopback | LinkKind::Vlan { .. } => 0,
            LinkKind::Physical => 2,
            _ => 1,
        };
        let link = Link {
            mac: Some(mac),
            receive_cpus: vec![CpuSet::new(); queues],
            is_up: true,
            has_carrier: true,
            ..Link::new(index, name.into(), kind)
        };
        self.0.links.insert(index, link);
        self
    }

    pub fn bridge(self, name: &str, owner: Owner) -> Self {
        let follows_ports = owner != Owner::Nova;
        let mut host = self.link(name, LinkKind::Bridge).owned(name, owner);
        let link = host.0.link_mut(name).unwrap();
        let id = BridgeId {
            priority: 32768,
            mac: link.mac.unwrap(),
        };
        link.bridge = Some(BridgeStatus {
            knows_vlans: true,
            follows_ports,
            ..BridgeStatus::new(id)
        });
        link.vlans = VlanTable::access(VlanId::new(1).unwrap());
        host
    }

    pub fn vlan(self, name: &str, lower: &str, vid: u16) -> Self {
        let protocol = VlanProtocol::default();
        let below = self.0.link(lower).unwrap().clone();
        let mut host = self.link(name, LinkKind::Vlan { vid, protocol });
        let link = host.0.link_mut(name).unwrap();
        link.lower = Some(below.index);
        link.mac = below.mac;
        host
    }

    pub fn owned(mut self, name: &str, owner: Owner) -> Self {
        self.0.link_mut(name).unwrap().owner = owner;
        self
    }

    pub fn wireless(mut self, name: &str) -> Self {
        self.0.link_mut(name).unwrap().refuses_bridge = true;
        self
    }

    pub fn port(mut self, name: &str, bridge: &str) -> Self {
        let index = self.0.link(bridge).unwrap().index;
        let link = self.0.link_mut(name).unwrap();
        link.controller = Some(index);
        link.port = Some(PortStatus::new(1, StpState::Forwarding));
        link.vlans = VlanTable::access(VlanId::new(1).unwrap());
        self
    }

    pub fn bond(self, name: &str, mode: BondMode, members: &[&str]) -> Self {
        let mut host = self.link(name, LinkKind::Bond).owned(name, Owner::Nova);
        let bond = host.0.link_mut(name).unwrap();
        bond.bond = Some(BondStatus {
            options: BondOptions {
                mode,
                miimon: 100,
                ..BondOptions::default()
            },
            ..BondStatus::default()
        });
        let (index, mac) = (bond.index, bond.mac);
        for member in members {
            host = host.link(member, LinkKind::Physical);
            let link = host.0.link_mut(member).unwrap();
            link.bond_member = Some(BondMember {
                own_mac: link.mac,
                ..BondMember::default()
            });
            link.controller = Some(index);
            link.mac = mac;
        }
        host
    }

    pub fn address(self, name: &str, net: &str) -> Self {
        self.add_address(name, net, false)
    }

    pub fn lease(self, name: &str, net: &str) -> Self {
        self.add_address(name, net, true)
    }

    fn add_address(mut self, name: &str, net: &str, is_dynamic: bool) -> Self {
        let address = LinkAddress {
            is_secondary: false,
            net: net.parse().unwrap(),
            is_dynamic,
        };
        self.0.link_mut(name).unwrap().addresses.push(address);
        self
    }

    pub fn route(mut self, name: &str, destination: &str, gateway: Option<&str>) -> Self {
        let link = self.0.link(name).unwrap().index;
        self.0.routes.push(Route {
            destination: destination.parse().unwrap(),
            gateway: gateway.map(|gateway| gateway.parse().unwrap()),
            source: None,
            link,
            metric: 0,
            protocol: 4,
        });
        self
    }
}

/// A host with something of everything.
pub fn busy() -> HostState {
    Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.5/24")
        .address("eth0", "2001:db8::5/64")
        .route("eth0", "0.0.0.0/0", Some("192.0.2.1"))
        .link("eth1", LinkKind::Physical)
        .vlan("eth1.7", "eth1", 7)
        .address("eth1.7", "198.18.0.5/24")
        .address("eth1.7", "2001:db8:7::5/64")
        .route("eth1.7", "198.18.4.0/24", Some("198.18.0.1"))
        .link("cable", LinkKind::Veth)
        .link("vnet0", LinkKind::Tap)
        .bridge("br1", Owner::Nova)
        .bridge("mine", Owner::Nobody)
        .address("mine", "198.51.100.1/24")
        .port("vnet0", "br1")
        .port("cable", "mine")
        .bond("bond1", BondMode::ActiveBackup, &["eth2", "eth3"])
        .bond("bond2", BondMode::Lacp, &[])
        .address("bond2", "203.0.113.9/24")
        .build()
}

/// A set of one change, given as JSON.
pub fn change(wish: &str) -> ChangeSet {
    serde_json::from_str::<Change>(wish).unwrap().into()
}

/// The host after all steps of the plan.
pub fn apply(plan: &Plan, host: &HostState) -> HostState {
    let mut after = host.clone();
    for planned in &plan.steps {
        planned.step.simulate(&mut after);
    }
    after
}

/// The host after all undo steps of the plan, in reverse.
pub fn undo(plan: &Plan, after: &HostState) -> HostState {
    let mut back = after.clone();
    for planned in plan.steps.iter().rev() {
        for step in &planned.undo {
            step.simulate(&mut back);
        }
    }
    back
}
