// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bonds and their members as netlink carries them (`ip -d link show`).

use netlink_packet_route::link::{
    BondLacpRate, BondMode as WireMode, BondXmitHashPolicy, InfoBond,
};
use nova_model::address::MacAddress;
use nova_model::bond::{
    BondMember, BondMode, BondOptions, BondPartner, BondPatch, BondStatus, HashPolicy, LacpRate,
    LinkMonitor,
};

use crate::attribute::{Attribute, attributes, u8_of, u16_of, u32_of};

// Of linux/if_link.h.
const MODE: u16 = 1;
const ACTIVE: u16 = 2;
const MIIMON: u16 = 3;
const UPDELAY: u16 = 4;
const DOWNDELAY: u16 = 5;
const ARP_IP_TARGET: u16 = 8;
const PRIMARY: u16 = 11;
const XMIT_HASH_POLICY: u16 = 14;
const MIN_LINKS: u16 = 18;
const LACP_RATE: u16 = 21;
const AD_INFO: u16 = 23;
const AD_ACTOR_SYSTEM: u16 = 26;
const NS_IP6_TARGET: u16 = 31;

/// Options that Nova does not set: number, the kernel's name, its default.
const OTHERS: [(u16, &str, u32); 20] = [
    (6, "use_carrier", 1),
    (7, "arp_interval", 0),
    (9, "arp_validate", 0),
    (10, "arp_all_targets", 0),
    (12, "primary_reselect", 0),
    (13, "fail_over_mac", 0),
    (15, "resend_igmp", 1),
    (16, "num_grat_arp", 1),
    (17, "all_slaves_active", 0),
    (19, "lp_interval", 1),
    (20, "packets_per_slave", 1),
    (22, "ad_select", 0),
    (24, "ad_actor_sys_prio", 65535),
    (25, "ad_user_port_key", 0),
    (27, "tlb_dynamic_lb", 1),
    (28, "peer_notify_delay", 0),
    (29, "lacp_active", 1),
    (30, "arp_missed_max", 2),
    (32, "coupled_control", 1),
    (33, "broadcast_neighbor", 0),
];

const AD_AGGREGATOR: u16 = 1;
const AD_NUM_PORTS: u16 = 2;
const AD_PARTNER_MAC: u16 = 5;

const MEMBER_STATE: u16 = 1;
const MEMBER_MII: u16 = 2;
const MEMBER_FAILURES: u16 = 3;
const MEMBER_OWN_MAC: u16 = 4;
const MEMBER_AGGREGATOR: u16 = 6;
const MEMBER_PARTNER_STATE: u16 = 8;
/// The other end has the port in its aggregator (802.1AX).
const LACP_SYNCHRONISED: u16 = 0x08;

/// What `IFLA_INFO_DATA` of a bond says.
pub(crate) fn status(data: &[u8]) -> BondStatus {
    let mut status = BondStatus::default();
    let index = |value: &[u8]| u32_of(value).filter(|index| *index != 0);
    for Attribute { kind, value, .. } in attributes(data) {
        let BondOptions {
            mode,
            miimon,
            up_delay,
            down_delay,
            lacp_rate,
            xmit_hash_policy,
            min_links,
        } = &mut status.options;
        match kind {
            MODE => {
                *mode = u8_of(value)
                    .and_then(BondMode::of_number)
                    .unwrap_or_default();
            }
            ACTIVE => status.active = index(value),
            PRIMARY => status.primary = index(value),
            MIIMON => *miimon = u32_of(value).unwrap_or_default(),
            UPDELAY => *up_delay = u32_of(value).unwrap_or_default(),
            DOWNDELAY => *down_delay = u32_of(value).unwrap_or_default(),
            MIN_LINKS => *min_links = u32_of(value).unwrap_or_default(),
            LACP_RATE => {
                *lacp_rate = u8_of(value)
                    .and_then(LacpRate::of_number)
                    .unwrap_or_default();
            }
            XMIT_HASH_POLICY => {
                let policy = u8_of(value).and_then(HashPolicy::of_number);
                *xmit_hash_policy = policy.unwrap_or_default();
            }
            AD_INFO => status.partner = Some(partner(value)),
            AD_ACTOR_SYSTEM if value.iter().any(|byte| *byte != 0) => {
                status.foreign.push("ad_actor_system".to_owned());
            }
            ARP_IP_TARGET if !value.is_empty() => status.foreign.push("arp_ip_target".to_owned()),
            NS_IP6_TARGET if !value.is_empty() => status.foreign.push("ns_ip6_target".to_owned()),
            kind => status.foreign.extend(other(kind, value)),
        }
    }
    status
}

/// The name of an option that is not as the kernel gives it at first.
fn other(kind: u16, value: &[u8]) -> Option<String> {
    let (_, name, default) = OTHERS.iter().find(|(number, ..)| *number == kind)?;
    let number = match value.len() {
        1 => u8_of(value).map(u32::from),
        2 => u16_of(value).map(u32::from),
        _ => u32_of(value),
    };
    number
        .is_some_and(|number| number != *default)
        .then(|| (*name).to_owned())
}

fn partner(data: &[u8]) -> BondPartner {
    let mut partner = BondPartner {
        aggregator: 0,
        ports: 0,
        mac: MacAddress([0; 6]),
    };
    for Attribute { kind, value, .. } in attributes(data) {
        match kind {
            AD_AGGREGATOR => partner.aggregator = u16_of(value).unwrap_or_default(),
            AD_NUM_PORTS => partner.ports = u16_of(value).unwrap_or_default(),
            AD_PARTNER_MAC => partner.mac = value.try_into().map_or(partner.mac, MacAddress),
            _ => {}
        }
    }
    partner
}

/// What `IFLA_INFO_SLAVE_DATA` of a member says.
pub(crate) fn member(data: &[u8]) -> BondMember {
    let mut member = BondMember::default();
    for Attribute { kind, value, .. } in attributes(data) {
        match kind {
            MEMBER_STATE => member.is_active = u8_of(value) == Some(0),
            MEMBER_MII => {
                member.monitor = match u8_of(value) {
                    Some(0) => LinkMonitor::Up,
                    Some(1) => LinkMonitor::GoingDown,
                    Some(3) => LinkMonitor::ComingUp,
                    _ => LinkMonitor::Down,
                };
            }
            MEMBER_FAILURES => member.failures = u32_of(value).unwrap_or_default(),
            MEMBER_OWN_MAC => member.own_mac = value.try_into().ok().map(MacAddress),
            MEMBER_AGGREGATOR => member.aggregator = u16_of(value),
            MEMBER_PARTNER_STATE => {
                member.partner_in_sync = u16_of(value).map(|state| state & LACP_SYNCHRONISED != 0);
            }
            _ => {}
        }
    }
    member
}

/// The wish as attributes; the kernel takes them in an order of its own.
pub(crate) fn options(patch: &BondPatch) -> Vec<InfoBond> {
    let mut data = Vec::new();
    let mode = patch.mode.map(|mode| WireMode::from(mode.number()));
    data.extend(mode.map(InfoBond::Mode));
    data.extend(patch.miimon.map(InfoBond::MiiMon));
    data.extend(patch.up_delay.map(InfoBond::UpDelay));
    data.extend(patch.down_delay.map(InfoBond::DownDelay));
    let rate = patch
        .lacp_rate
        .map(|rate| BondLacpRate::from(rate.number()));
    data.extend(rate.map(InfoBond::AdLacpRate));
    let policy = patch.xmit_hash_policy;
    let policy = policy.map(|policy| BondXmitHashPolicy::from(policy.number()));
    data.extend(policy.map(InfoBond::XmitHashPolicy));
    data.extend(patch.min_links.map(InfoBond::MinLinks));
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::Emitable as _;

    fn bytes(attributes: &[InfoBond]) -> Vec<u8> {
        let mut bytes = vec![0; attributes.buffer_len()];
        attributes.emit(&mut bytes);
        bytes
    }

    #[test]
    fn options_read_back_as_they_are_written() {
        let wanted = BondOptions {
            mode: BondMode::Lacp,
            miimon: 100,
            up_delay: 200,
            down_delay: 300,
            lacp_rate: LacpRate::Fast,
            xmit_hash_policy: HashPolicy::VlanSource,
            min_links: 2,
        };
        let data = bytes(&options(&BondPatch::all_of(&wanted)));
        assert_eq!(status(&data).options, wanted);
    }

    #[test]
    fn what_nova_does_not_set_is_named_where_it_is_set() {
        let data = bytes(&[InfoBond::ArpInterval(200), InfoBond::MinLinks(1)]);
        assert_eq!(status(&data).foreign, ["arp_interval"]);
        let data = bytes(&[InfoBond::ArpInterval(0), InfoBond::UseCarrier(true)]);
        assert!(status(&data).foreign.is_empty());
    }

    #[test]
    fn attributes_that_are_cut_off_say_nothing() {
        assert_eq!(status(&[5, 0, 1]), BondStatus::default());
        assert_eq!(member(&[5, 0, 2, 0]), BondMember::default());
    }
}
