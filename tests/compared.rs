// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What tests compare to see that a change is undone tells apart
//! what it is to tell apart.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{Cable, Gone, digest};
use nova_tests::ovs::{Free, configuration};
use nova_tests::program::sh;

#[test]
fn entries_of_tables_cpus_queues_and_filters_are_seen() {
    let _alone = alone();
    let _gone = Gone("nvd-br");
    let _ = sh("ip link delete nvd-br");
    let _cable = Cable::lay("nvd-a");
    let _ = sh("ip link add nvd-br type bridge; ip link set nvd-br up; \
        ip link set nvd-a master nvd-br; tc qdisc add dev nvd-br clsact")
    .ok();
    // The lab has it read-only; a host has it writable.
    let _ = sh("mount -o remount,rw /sys/devices").ok();
    let before = digest();
    for (does, undoes) in [
        (
            "bridge fdb add 02:00:00:00:00:77 dev nvd-a master static",
            "bridge fdb delete 02:00:00:00:00:77 dev nvd-a master",
        ),
        (
            "bridge mdb add dev nvd-br port nvd-a grp 239.1.1.7 permanent",
            "bridge mdb delete dev nvd-br port nvd-a grp 239.1.1.7 permanent",
        ),
        (
            "echo 2 >/sys/class/net/nvd-a/queues/rx-0/rps_cpus",
            "echo 0 >/sys/class/net/nvd-a/queues/rx-0/rps_cpus",
        ),
        (
            "tc qdisc add dev nvd-a root handle 7: htb default 1 && \
             tc class add dev nvd-a parent 7: classid 7:1 htb rate 7mbit",
            "tc qdisc delete dev nvd-a root",
        ),
        (
            "tc filter add dev nvd-br ingress protocol all pref 7 \
             u32 match u32 0 0 action mirred egress mirror dev nvd-a",
            "tc filter delete dev nvd-br ingress pref 7",
        ),
    ] {
        let _ = sh(does).ok();
        assert_ne!(digest(), before, "{does}");
        let _ = sh(undoes).ok();
        assert_eq!(digest(), before, "{undoes}");
    }
}

#[test]
fn flows_and_wishes_of_open_vswitch_are_seen() {
    let _alone = alone();
    let _free = Free::made("nvd-ovs");
    let before = configuration();
    for (does, undoes) in [
        (
            "ovs-ofctl -O OpenFlow13 add-flow nvd-ovs priority=7,ip,actions=NORMAL",
            "ovs-ofctl -O OpenFlow13 --strict del-flows nvd-ovs priority=7,ip",
        ),
        (
            "ovs-vsctl set Interface nvd-ovs mtu_request=1400",
            "ovs-vsctl clear Interface nvd-ovs mtu_request",
        ),
    ] {
        let _ = sh(does).ok();
        assert_ne!(configuration(), before, "{does}");
        let _ = sh(undoes).ok();
        assert_eq!(configuration(), before, "{undoes}");
    }
}
