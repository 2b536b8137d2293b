// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bridge options and port states as netlink carries them. The kernel counts
//! times in hundredths of a second (`USER_HZ`); only this file knows.

use netlink_packet_core::Parseable;
use netlink_packet_route::link::{
    self, BridgePortState, BridgeStpState, InfoBridge, InfoBridgePort,
};
use nova_model::address::MacAddress;
use nova_model::bridge::{
    BridgeId, BridgePatch, BridgeStatus, PortPatch, PortStatus, StpState, VlanProtocol,
};

use crate::attribute::attributes;

const HUNDREDTHS: u32 = 100;

/// What `IFLA_INFO_DATA` of a bridge says.
pub(crate) fn status(data: &[u8]) -> BridgeStatus {
    let nowhere = BridgeId {
        priority: 0,
        mac: MacAddress([0; 6]),
    };
    let mut status = BridgeStatus::new(nowhere);
    let (mut ageing, mut forward_delay) = (0, 0);
    for attribute in attributes(data) {
        let Ok(option) = InfoBridge::parse(&attribute.whole) else {
            continue;
        };
        let options = &mut status.options;
        match option {
            InfoBridge::StpState(state) => options.stp = state != BridgeStpState::Disabled,
            InfoBridge::ForwardDelay(time) => {
                options.forward_delay = time / HUNDREDTHS;
                forward_delay = time;
            }
            InfoBridge::HelloTime(time) => options.hello_time = time / HUNDREDTHS,
            InfoBridge::MaxAge(time) => options.max_age = time / HUNDREDTHS,
            InfoBridge::AgeingTime(time) => ageing = time,
            InfoBridge::Priority(priority) => options.priority = priority,
            InfoBridge::MulticastSnooping(on) => options.multicast_snooping = on,
            InfoBridge::MulticastQuerier(on) => options.multicast_querier = on,
            InfoBridge::MulticastHashMax(groups) => options.multicast_hash_max = groups,
            InfoBridge::GroupFwdMask(mask) => options.group_fwd_mask = mask,
            InfoBridge::VlanFiltering(on) => options.vlan_filtering = on,
            // Absent where the kernel was built without it, unlike the switch.
            InfoBridge::VlanDefaultPvid(vlan) => {
                options.default_pvid = vlan;
                status.knows_vlans = true;
            }
            InfoBridge::VlanProtocol(protocol) => options.vlan_protocol = vlan_protocol(protocol),
            InfoBridge::BridgeId(id) => status.id = identifier(&id),
            InfoBridge::RootId(id) => status.root = identifier(&id),
            InfoBridge::RootPort(port) => status.root_port = port,
            InfoBridge::RootPathCost(cost) => status.root_path_cost = cost,
            InfoBridge::TopologyChange(change) => status.topology_change = change != 0,
            _ => {}
        }
    }
    // While the kernel spreads a change of the topology it counts with twice
    // the forward delay instead (__br_set_topology_change) and tells that; what
    // is set comes back afterwards.
    status.hides_ageing =
        status.options.stp && status.topology_change && ageing == forward_delay.saturating_mul(2);
    if !status.hides_ageing {
        status.options.ageing_time = ageing / HUNDREDTHS;
    }
    status
}

/// What the attributes of a port say (`IFLA_INFO_SLAVE_DATA`,
/// `IFLA_PROTINFO`).
pub(crate) fn port_status(data: &[u8]) -> PortStatus {
    let mut status = PortStatus::new(0, StpState::Disabled);
    for attribute in attributes(data) {
        let options = &mut status.options;
        match InfoBridgePort::parse(&attribute.whole) {
            Ok(InfoBridgePort::State(state)) => status.state = stp_state(state),
            Ok(InfoBridgePort::PortNumber(number)) => status.number = number,
            Ok(InfoBridgePort::Cost(cost)) => options.cost = cost,
            Ok(InfoBridgePort::Priority(priority)) => options.priority = priority,
            Ok(InfoBridgePort::HairpinMode(on)) => options.hairpin = on,
            Ok(InfoBridgePort::Isolated(on)) => options.isolated = on,
            Ok(InfoBridgePort::Learning(on)) => options.learning = on,
            Ok(InfoBridgePort::UnicastFlood(on)) => options.unicast_flood = on,
            Ok(InfoBridgePort::MulticastFlood(on)) => options.multicast_flood = on,
            Ok(InfoBridgePort::BroadcastFlood(on)) => options.broadcast_flood = on,
            Ok(InfoBridgePort::Guard(on)) => options.bpdu_guard = on,
            Ok(InfoBridgePort::Protect(on)) => options.root_block = on,
            Ok(InfoBridgePort::FastLeave(on)) => options.multicast_fast_leave = on,
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
    data.extend(patch.multicast_querier.map(InfoBridge::MulticastQuerier));
    data.extend(patch.multicast_hash_max.map(InfoBridge::MulticastHashMax));
    data.extend(patch.group_fwd_mask.map(InfoBridge::GroupFwdMask));
    data.extend(patch.vlan_filtering.map(InfoBridge::VlanFiltering));
    data.extend(patch.default_pvid.map(InfoBridge::VlanDefaultPvid));
    data.extend(patch.vlan_protocol.map(|protocol| {
        InfoBridge::VlanProtocol(match protocol {
            VlanProtocol::Dot1Q => link::VlanProtocol::Ieee8021Q,
            VlanProtocol::Dot1Ad => link::VlanProtocol::Ieee8021Ad,
        })
    }));
    data
}

/// The wish for a port as attributes.
pub(crate) fn port_options(patch: &PortPatch) -> Vec<InfoBridgePort> {
    let mut data = Vec::new();
    data.extend(patch.cost.map(InfoBridgePort::Cost));
    data.extend(patch.priority.map(InfoBridgePort::Priority));
    data.extend(patch.hairpin.map(InfoBridgePort::HairpinMode));
    data.extend(patch.isolated.map(InfoBridgePort::Isolated));
    data.extend(patch.learning.map(InfoBridgePort::Learning));
    data.extend(patch.unicast_flood.map(InfoBridgePort::UnicastFlood));
    data.extend(patch.multicast_flood.map(InfoBridgePort::MulticastFlood));
    data.extend(patch.broadcast_flood.map(InfoBridgePort::BroadcastFlood));
    data.extend(patch.bpdu_guard.map(InfoBridgePort::Guard));
    data.extend(patch.root_block.map(InfoBridgePort::Protect));
    data.extend(patch.multicast_fast_leave.map(InfoBridgePort::FastLeave));
    data
}

pub(crate) const fn vlan_protocol(protocol: link::VlanProtocol) -> VlanProtocol {
    match protocol {
        link::VlanProtocol::Ieee8021Ad => VlanProtocol::Dot1Ad,
        link::VlanProtocol::Ieee8021Q | _ => VlanProtocol::Dot1Q,
    }
}

const fn identifier(id: &link::BridgeId) -> BridgeId {
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
