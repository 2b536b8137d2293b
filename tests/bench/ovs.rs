// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One change of a port of Open vSwitch on the command line.

use nova_tests::program::{nova, run, sh};

use crate::{Row, median, timed};

const RUNS: u32 = 20;

/// Puts a port into another VLAN, by Nova and by `ovs-vsctl`.
pub fn change_port() -> Row {
    let _ = sh("set -e; ovs-vsctl --if-exists del-br bench-ovs; \
        ovs-vsctl add-br bench-ovs -- set bridge bench-ovs datapath_type=netdev; \
        ovs-vsctl add-port bench-ovs bench-p -- set interface bench-p type=internal")
    .ok();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..RUNS {
        let vlan = (100 + number).to_string();
        ours.push(timed(|| {
            drop(
                nova(&[
                    "ovs-configure-port",
                    "bench-ovs",
                    "bench-p",
                    "--vlan",
                    &vlan,
                    "--yes",
                ])
                .ok(),
            );
        }));
        let tag = format!("tag={}", 200 + number);
        theirs.push(timed(|| {
            drop(run("ovs-vsctl", &["set", "port", "bench-p", &tag]).ok());
        }));
    }
    let _ = sh("ovs-vsctl del-br bench-ovs").ok();
    Row::of_times(
        "nova network ovs-configure-port | ovs-vsctl set port",
        median(ours),
        median(theirs),
        0.5,
    )
}
