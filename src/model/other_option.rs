// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Options of Linux bridges and their ports that Nova does not offer, but
//! brings back with the bridge or the port they belong to: somebody set them,
//! and an undo leaves nothing behind.

use std::collections::BTreeMap;

/// Which of these options are not as the kernel has them at first, by the word
/// of `ip link`, with their values as the kernel counts them.
pub type OtherOptions = BTreeMap<String, u64>;

/// An option that is only brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherOption {
    /// The word of `ip link … type bridge` or `bridge_slave`.
    pub word: &'static str,
    /// Number of its netlink attribute (`IFLA_BR_*`, `IFLA_BRPORT_*`).
    pub attribute: u16,
    /// Bytes of its value.
    pub bytes: usize,
    /// The least and the largest value that a new bridge or port has.
    pub usual: (u64, u64),
}

const fn option(word: &'static str, attribute: u16, bytes: usize, usual: u64) -> OtherOption {
    OtherOption {
        word,
        attribute,
        bytes,
        usual: (usual, usual),
    }
}

/// The word for options of one bit each (`IFLA_BR_MULTI_BOOLOPT`), which `ip`
/// sets by names of their own: which are on.
pub const SWITCHES: &str = "boolopt";

/// Those of a bridge. Times are hundredths of a second.
pub const OF_BRIDGE: [OtherOption; 20] = [
    option("mcast_router", 22, 1, 1),
    option("mcast_query_use_ifaddr", 24, 1, 0),
    option("mcast_last_member_count", 28, 4, 2),
    option("mcast_startup_query_count", 29, 4, 2),
    option("mcast_last_member_interval", 30, 8, 100),
    option("mcast_membership_interval", 31, 8, 26000),
    option("mcast_querier_interval", 32, 8, 25500),
    option("mcast_query_interval", 33, 8, 12500),
    option("mcast_query_response_interval", 34, 8, 1000),
    OtherOption {
        // 31.25 s, rounded by how often the kernel ticks.
        usual: (3120, 3128),
        ..option("mcast_startup_query_interval", 35, 8, 0)
    },
    option("nf_call_iptables", 36, 1, 0),
    option("nf_call_ip6tables", 37, 1, 0),
    option("nf_call_arptables", 38, 1, 0),
    option("vlan_stats_enabled", 41, 1, 0),
    option("mcast_stats_enabled", 42, 1, 0),
    option("mcast_igmp_version", 43, 1, 2),
    option("mcast_mld_version", 44, 1, 1),
    option("vlan_stats_per_port", 45, 1, 0),
    option(SWITCHES, 46, 8, 0),
    option("fdb_max_learned", 49, 4, 0),
];

/// Those of a port.
pub const OF_PORT: [OtherOption; 12] = [
    option("proxy_arp", 10, 1, 0),
    option("proxy_arp_wifi", 12, 1, 0),
    option("mcast_router", 25, 1, 1),
    option("mcast_to_unicast", 28, 1, 0),
    option("vlan_tunnel", 29, 1, 0),
    option("group_fwd_mask", 31, 2, 0),
    option("neigh_suppress", 32, 1, 0),
    option("eht_hosts_limit", 37, 4, 512),
    option("locked", 39, 1, 0),
    option("mab", 40, 1, 0),
    option("mcast_max_groups", 42, 4, 0),
    option("neigh_vlan_suppress", 43, 1, 0),
];

impl OtherOption {
    /// Notes a value, unless it is the one of a new bridge or port.
    pub fn note(&self, value: u64, options: &mut OtherOptions) {
        if value < self.usual.0 || value > self.usual.1 {
            options.insert(self.word.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_set_is_noted() {
        let mut options = OtherOptions::new();
        for known in OF_BRIDGE.iter().chain(&OF_PORT) {
            known.note(known.usual.0, &mut options);
            known.note(known.usual.1, &mut options);
        }
        assert!(options.is_empty(), "{options:?}");
        OF_BRIDGE[0].note(2, &mut options);
        assert_eq!(
            options,
            OtherOptions::from([("mcast_router".to_owned(), 2)])
        );
    }

    #[test]
    fn each_word_and_each_attribute_stands_once() {
        for table in [&OF_BRIDGE[..], &OF_PORT[..]] {
            for (at, one) in table.iter().enumerate() {
                for other in &table[at + 1..] {
                    assert!(one.word != other.word && one.attribute != other.attribute);
                }
            }
        }
    }
}
