// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Counters against `ip -s -j link`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{ip_batch, json};
use nova_host::stats::Sampler;

kernel_test! {
    fn the_counters_are_those_that_ip_shows() {
        ip_batch(
            "link set lo up\nlink add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up\n\
             address add 192.0.2.1/24 dev v0\n",
        );
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        for _ in 0..500 {
            socket.send_to(&[7; 1000], "127.0.0.1:9").unwrap();
        }
        let mut sampler = Sampler::new().unwrap();
        let compare = |sampler: &mut Sampler| -> bool {
            let sample = sampler.sample().unwrap();
            let shown = json("ip", "-s -j link show");
            let shown = shown.as_array().unwrap();
            assert_eq!(sample.len(), shown.len());
            let again = sampler.sample().unwrap();
            // IPv6 speaks by itself on new links; compare where it was silent.
            sample == again && sample.iter().all(|counters| {
                let shown = shown.iter().find(|link| link["ifindex"] == counters.index).unwrap();
                let (rx, tx) = (&shown["stats64"]["rx"], &shown["stats64"]["tx"]);
                assert_eq!(rx["bytes"], counters.rx_bytes);
                assert_eq!(tx["bytes"], counters.tx_bytes);
                assert_eq!(rx["packets"], counters.rx_packets);
                assert_eq!(tx["packets"], counters.tx_packets);
                assert_eq!(rx["errors"], counters.rx_errors);
                assert_eq!(tx["errors"], counters.tx_errors);
                assert_eq!(rx["dropped"], counters.rx_drops);
                assert_eq!(tx["dropped"], counters.tx_drops);
                true
            })
        };
        assert!((0..20).any(|_| compare(&mut sampler)));
        let lo = sampler.sample().unwrap()[0];
        assert!(lo.rx_bytes >= 500 * 1000 && lo.rx_packets >= 500, "{lo:?}");
    }
}

kernel_test! {
    fn a_thousand_links_are_counted_in_one_sample() {
        let lines: String = (0..1000).map(|n| format!("link add n{n} type ifb\n")).collect();
        ip_batch(&lines);
        let mut sampler = Sampler::new().unwrap();
        let sample = sampler.sample().unwrap();
        assert_eq!(sample.len(), 1001);
        assert!(sample.windows(2).all(|pair| pair[0].index < pair[1].index));
    }
}
