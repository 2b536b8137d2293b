// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bridge options and port states as netlink carries them. The kernel counts
//! times in hundredths of a second (`USER_HZ`); only this file knows.

use netlink_packet_core::Parseable;
use netlink_packet_route::link::{BridgePortState, BridgeStpState, InfoBridge, InfoBridgePort};
use nova_model::address::MacAddress;
use nova_model::bridge::{
    BridgeId, BridgeOptions, BridgePatch, BridgeStatus, PortStatus, StpState,
};

use crate::attribute::attributes;

const HUNDREDTHS: u32 = 100;

/// What `IFLA_INFO_DATA` of a bridge says.
pub(crate) fn status(data: &[u8]) -> BridgeStatus {
    let nowhere = BridgeId {
        priority: 0,
        mac: MacAddress([0; 6]),
    };
    let mut status = BridgeStatus {
        options: BridgeOptions::default(),
        vlan_filtering: false,
        id: nowhere,
        root: nowhere,
        root_port: 0,
        root_path_cost: 0,
        topology_change: false,
    };
    for attribute in attributes(data) {
        let Ok(option) = InfoBridge::parse(&attribute.whole) else {
            continue;
        };
        let options = &mut status.options;
        match option {
            InfoBridge::StpState(state) => options.stp = state != BridgeStpState::Disabled,
            InfoBridge::ForwardDelay(time) => options.forward_delay = time / HUNDREDTHS,
            InfoBridge::HelloTime(time) => options.hello_time = time / HUNDREDTHS,
            InfoBridge::MaxAge(time) => options.max_age = time / HUNDREDTHS,
            InfoBridge::AgeingTime(time) => options.ageing_time = time / HUNDREDTHS,
            InfoBridge::Priority(priority) => options.priority = priority,
            InfoBridge::MulticastSnooping(on) => options.multicast_snooping = on,
            InfoBridge::VlanFiltering(on) => status.vlan_filtering = on,
            InfoBridge::BridgeId(id) => status.id = identifier(&id),
            InfoBridge::RootId(id) => status.root = identifier(&id),
            InfoBridge::RootPort(port) => status.root_port = port,
            InfoBridge::RootPathCost(cost) => status.root_path_cost = cost,
            InfoBridge::TopologyChange(change) => status.topology_change = change != 0,
            _ => {}
        }
    }
    status
}

/// What the attributes of a port say (`IFLA_INFO_SLAVE_DATA`,
/// `IFLA_PROTINFO`).
pub(crate) fn port_status(data: &[u8]) -> PortStatus {
    let mut status = PortStatus {
        state: StpState::Disabled,
        number: 0,
        cost: 0,
        priority: 0,
        hairpin: false,
        isolated: false,
        learning: true,
        designated_bridge: None,
    };
    for attribute in attributes(data) {
        match InfoBridgePort::parse(&attribute.whole) {
            Ok(InfoBridgePort::State(state)) => status.state = stp_state(state),
            Ok(InfoBridgePort::PortNumber(number)) => status.number = number,
            Ok(InfoBridgePort::Cost(cost)) => status.cost = cost,
            Ok(InfoBridgePort::Priority(priority)) => status.priority = priority,
            Ok(InfoBridgePort::HairpinMode(on)) => status.hairpin = on,
            Ok(InfoBridgePort::Isolated(on)) => status.isolated = on,
            Ok(InfoBridgePort::Learning(on)) => status.learning = on,
            Ok(InfoBridgePort::BridgeId(id)) => status.designated_bridge = Some(identifier(&id)),
            _ => {}
        }
    }
    status
}

/// The wish as attributes. Times come before the switch for STP, because the
/// kernel limits the forward delay only while STP runs.
pub(crate) fn options(patch: &BridgePatch) -> Vec<InfoBridge> {
    let mut data = Vec::new();
    let mut time = |value: Option<u32>, attribute: fn(u32) -> InfoBridge| {
        data.extend(value.map(|seconds| attribute(seconds.saturating_mul(HUNDREDTHS))));
    };
    time(patch.forward_delay, InfoBridge::ForwardDelay);
    time(patch.hello_time, InfoBridge::HelloTime);
    time(patch.max_age, InfoBridge::MaxAge);
    time(patch.ageing_time, InfoBridge::AgeingTime);
    data.extend(patch.stp.map(|on| {
        InfoBridge::StpState(if on {
            BridgeStpState::KernelStp
        } else {
            BridgeStpState::Disabled
        })
    }));
    data.extend(patch.priority.map(InfoBridge::Priority));
    data.extend(patch.multicast_snooping.map(InfoBridge::MulticastSnooping));
    data
}

const fn identifier(id: &netlink_packet_route::link::BridgeId) -> BridgeId {
    BridgeId {
        priority: id.priority,
        mac: MacAddress(id.address),
    }
}

const fn stp_state(state: BridgePortState) -> StpState {
    match state {
        BridgePortState::Listening => StpState::Listening,
        BridgePortState::Learning => StpState::Learning,
        BridgePortState::Forwarding => StpState::Forwarding,
        BridgePortState::Blocking => StpState::Blocking,
        BridgePortState::Disabled | BridgePortState::Other(_) | _ => StpState::Disabled,
    }
}
