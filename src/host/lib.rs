// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! All talk with the kernel, by netlink and without a child process:
//! [`observe`] reads the host as it is, [`watch`] follows what changes,
//! [`stats`] counts, [`execute`] does and undoes the steps of a plan. Everything
//! blocks; whoever is asynchronous gives it a thread.
//!
//! Reading needs no privilege. Executing needs `CAP_NET_ADMIN`.

mod address;
mod attribute;
mod bond;
mod bridge;
mod bus;
pub mod contact;
pub mod execute;
mod execute_address;
mod execute_bond;
mod execute_bridge;
mod execute_link;
mod execute_new;
mod execute_other;
pub mod execute_ovs;
mod execute_steering;
mod execute_traffic;
mod execute_vlan;
mod failure;
pub mod fdb;
mod files;
mod link;
pub mod manager;
pub mod mdb;
mod neighbour;
mod networkd;
mod nm;
pub mod observe;
mod openflow;
pub mod ovs;
pub mod ovs_control;
mod ovs_read;
mod ovs_write;
pub mod ovsdb;
mod ovsdb_frame;
mod ovsdb_value;
pub mod owner;
mod route;
pub mod session;
mod socket;
pub mod stats;
pub mod steering;
pub mod steering_line;
mod tc;
mod tc_flower;
mod tc_shape;
mod tc_stamp;
mod vlan;
pub mod watch;
mod wifi;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Attributes of any type and length, nested too, and bytes that are none.
    fn payload() -> impl Strategy<Value = Vec<u8>> {
        let value = proptest::collection::vec(any::<u8>(), 0..40);
        let attribute = |value: Vec<u8>, kind: u16| {
            let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
            let mut bytes = length.to_ne_bytes().to_vec();
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        };
        value.prop_recursive(3, 32, 8, move |inner| {
            proptest::collection::vec((inner, 0u16..70), 0..8).prop_map(move |parts| {
                parts
                    .into_iter()
                    .flat_map(|(value, kind)| attribute(value, kind))
                    .collect()
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_bytes_from_the_kernel_make_a_reader_panic(
            head: [u8; 16],
            family in proptest::sample::select(vec![0, 2, 7, 10]),
            rest in payload(),
        ) {
            for header in [8, 12, 16] {
                let mut bytes = [&head[..header], &rest].concat();
                bytes[0] = family;
                let _ = crate::link::decode(&bytes);
                let _ = crate::address::decode(&bytes);
                let _ = crate::route::decode(&bytes);
                // A unicast route of the main table.
                bytes[4..8].copy_from_slice(&[254, 3, 0, 1]);
                let _ = crate::route::decode(&bytes);
                let _ = crate::stats::decode(&bytes);
                let _ = crate::vlan::decode(&bytes);
                let _ = crate::fdb::decode(&bytes);
                let _ = crate::mdb::decode(&bytes);
                let _ = crate::tc::decode_qdisc(&bytes);
                let _ = crate::tc_shape::decode(&bytes);
                crate::openflow::read_flows(&bytes, &mut Default::default());
                let _ = crate::tc_stamp::decode(&bytes, 0x4ee0);
                let _ = crate::tc::decode_filter(&bytes, nova_model::traffic::Way::Ingress);
                let _ = crate::session::decode(&bytes);
            }
            let _ = crate::bridge::status(&rest);
            let _ = crate::bridge::port_status(&rest);
        }
    }
}
