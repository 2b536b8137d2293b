// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Filters for frames with certain tags or without one, as netlink carries them
//! (`tc filter … flower`): one for each VLAN, at the same priority.

use netlink_packet_route::RouteNetlinkMessage;
use nova_model::traffic::{Filter, Frames, Way};

use crate::attribute::attributes;
use crate::tc::{ETH_P_ALL, filter_message, mirred, nested, nla, with_kind};

pub(crate) const TCA_FLOWER_ACT: u16 = 3;
const TCA_FLOWER_KEY_ETH_TYPE: u16 = 8;
const TCA_FLOWER_FLAGS: u16 = 22;
const TCA_FLOWER_KEY_VLAN_ID: u16 = 23;
const TCA_FLOWER_IN_HW_COUNT: u16 = 86;
const TCA_FLOWER_KEY_NUM_OF_VLANS: u16 = 102;
const ETH_P_8021Q: u16 = 0x8100;

/// The requests that add the filters which copy these frames to a link; none where
/// it is every frame.
pub(crate) fn add(
    index: u32,
    way: Way,
    priority: u16,
    frames: &Frames,
    target: u32,
) -> Vec<RouteNetlinkMessage> {
    let request = |protocol: u16, mut options: Vec<u8>| {
        options.extend(nested(TCA_FLOWER_ACT, &mirred(true, target)));
        let message = filter_message(index, way, priority, protocol);
        RouteNetlinkMessage::NewTrafficFilter(with_kind(message, "flower", options))
    };
    match frames {
        Frames::All => Vec::new(),
        Frames::Untagged => {
            vec![request(ETH_P_ALL, nla(TCA_FLOWER_KEY_NUM_OF_VLANS, &[0]))]
        }
        Frames::Tagged(vlans) => vlans
            .iter()
            .map(|vlan| {
                let mut keys = nla(TCA_FLOWER_KEY_ETH_TYPE, &ETH_P_8021Q.to_be_bytes());
                keys.extend(nla(TCA_FLOWER_KEY_VLAN_ID, &vlan.to_ne_bytes()));
                request(ETH_P_8021Q, keys)
            })
            .collect(),
    }
}

/// Reads which frames a filter is for; none where it asks anything else of them.
pub(crate) fn decode(options: &[u8], protocol: u16) -> Option<Frames> {
    let mut frames = None;
    for option in attributes(options) {
        match (option.kind, option.value) {
            (TCA_FLOWER_ACT | TCA_FLOWER_FLAGS | TCA_FLOWER_IN_HW_COUNT, _) => {}
            (TCA_FLOWER_KEY_ETH_TYPE, value) if *value == ETH_P_8021Q.to_be_bytes() => {}
            (TCA_FLOWER_KEY_VLAN_ID, &[low, high]) if protocol == ETH_P_8021Q => {
                let vlan = u16::from_ne_bytes([low, high]);
                frames = Some(Frames::Tagged([vlan].into()));
            }
            (TCA_FLOWER_KEY_NUM_OF_VLANS, &[0]) if protocol == ETH_P_ALL => {
                frames = Some(Frames::Untagged);
            }
            _ => return None,
        }
    }
    frames
}

/// Makes one of the filters of a priority that do the same for a VLAN each.
pub(crate) fn join(filters: &mut Vec<Filter>) {
    let mut joined: Vec<Filter> = Vec::with_capacity(filters.len());
    for filter in std::mem::take(filters) {
        let same = joined.iter_mut().find(|it| {
            (it.way, it.priority, it.is_ours) == (filter.way, filter.priority, filter.is_ours)
                && it.deed == filter.deed
        });
        match (same.map(|it| &mut it.frames), &filter.frames) {
            (Some(Frames::Tagged(all)), Frames::Tagged(more)) => all.extend(more),
            _ => joined.push(filter),
        }
    }
    joined.sort();
    *filters = joined;
}

#[cfg(test)]
mod tests {
    use super::*;
    use nova_model::traffic::Deed;

    fn tagged(priority: u16, vlan: u16) -> Filter {
        Filter {
            way: Way::Ingress,
            priority,
            frames: Frames::Tagged([vlan].into()),
            deed: Deed::Mirror(7),
            is_ours: true,
        }
    }

    #[test]
    fn filters_for_a_vlan_each_are_one_and_others_stay_apart() {
        let foreign = Filter {
            is_ours: false,
            ..tagged(1, 9)
        };
        let mut filters = vec![tagged(1, 10), tagged(1, 20), tagged(2, 30), foreign.clone()];
        join(&mut filters);
        let both = Filter {
            frames: Frames::Tagged([10, 20].into()),
            ..tagged(1, 10)
        };
        assert_eq!(filters.len(), 3, "{filters:?}");
        for filter in [foreign, both, tagged(2, 30)] {
            assert!(filters.contains(&filter), "{filter:?}");
        }
    }

    #[test]
    fn what_asks_for_more_of_a_frame_is_none_of_ours() {
        let tag = nla(TCA_FLOWER_KEY_ETH_TYPE, &[0x81, 0]);
        let vlan = nla(TCA_FLOWER_KEY_VLAN_ID, &10u16.to_ne_bytes());
        let told = [tag.clone(), vlan.clone()].concat();
        let ten = Frames::Tagged([10].into());
        assert_eq!(decode(&told, ETH_P_8021Q), Some(ten));
        assert_eq!(decode(&told, ETH_P_ALL), None);
        // The same of one address, and with no VLAN at all.
        let address = nla(4, &[2, 0, 0, 0, 0, 1]);
        assert_eq!(decode(&[told, address].concat(), ETH_P_8021Q), None);
        assert_eq!(decode(&tag, ETH_P_8021Q), None);
        let count = |number| nla(TCA_FLOWER_KEY_NUM_OF_VLANS, &[number]);
        assert_eq!(decode(&count(0), ETH_P_ALL), Some(Frames::Untagged));
        assert_eq!(decode(&count(1), ETH_P_ALL), None);
    }
}
