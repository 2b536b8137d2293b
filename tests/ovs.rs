// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bridges of Open vSwitch as its own programs see them.

use crate::program::{nova, sh, within};

/// Runs `ovs-vsctl` and returns what it says.
///
/// # Panics
/// Where it fails.
#[must_use]
pub fn vsctl(line: &str) -> String {
    sh(&format!("ovs-vsctl {line}")).ok().trim().to_owned()
}

/// Everything that is configured, flows among it, without identifiers of rows and
/// without what the daemon reports.
///
/// # Panics
/// Where `ovs-vsctl` fails.
#[must_use]
pub fn configuration() -> String {
    sh(concat!(
        "set -e; v() { ovs-vsctl --no-headings --format=csv --columns=$1 list $2 | sort; }; ",
        "v name,datapath_type,fail_mode,protocols,stp_enable,rstp_enable,mcast_snooping_enable,other_config,external_ids Bridge; ",
        "v name,tag,trunks,vlan_mode,bond_mode,bond_updelay,bond_downdelay,lacp,protected,other_config,external_ids Port; ",
        "v name,type,options,mtu_request,mac,ingress_policing_rate,ingress_policing_burst,other_config,external_ids Interface; ",
        "v name,select_all,select_vlan,output_vlan,external_ids Mirror; ",
        "v type,other_config,external_ids QoS; v dscp,other_config,external_ids Queue; v target Controller; ",
        "for b in $(ovs-vsctl list-br); do echo $b: $(ovs-vsctl list-ports $b); ",
        "ovs-ofctl -O OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15 ",
        "--no-stats dump-flows $b 2>&1 | sort; done"
    ))
    .ok()
}

/// A bridge name that is free, and is freed again.
#[derive(Debug)]
pub struct Free(&'static str);

impl Free {
    /// Frees the name.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let _ = sh(&format!("ovs-vsctl --if-exists del-br {name}"));
        Self(name)
    }

    /// The same with a bridge that Nova made.
    ///
    /// # Panics
    /// Where Nova does not make it.
    #[must_use]
    pub fn made(name: &'static str) -> Self {
        let free = Self::new(name);
        let _ = nova(&["create-switch", name, "--type", "openvswitch", "--yes"]).ok();
        free
    }
}

impl Drop for Free {
    fn drop(&mut self) {
        let _ = sh(&format!("ovs-vsctl --if-exists del-br {}", self.0));
        let _ = sh("ovs-vsctl -- --all destroy QoS -- --all destroy Queue");
    }
}

/// Runs a line of `nova network` that is to work.
///
/// # Panics
/// Where it does not.
#[track_caller]
pub fn does(line: &str) -> String {
    let arguments: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
    nova(&arguments).ok()
}

/// Starts Open vSwitch again, whatever the test did.
#[derive(Debug)]
pub struct Start;

impl Drop for Start {
    fn drop(&mut self) {
        // Restarted often, a unit is refused for a while.
        let _ = sh(
            "systemctl reset-failed ovsdb-server ovs-vswitchd openvswitch-switch; \
             systemctl start ovsdb-server ovs-vswitchd openvswitch-switch",
        );
        let _ = within(30, || sh("ovs-vsctl --timeout 5 show").code == 0);
    }
}
