// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Every field of a dialog, filled as a person would and applied at once. What
//! became of each is read with `ip`, `tc` and `ovs-vsctl`.

#![allow(clippy::unwrap_used)]

use atspi::Role;
use nova_tests::host::{Cable, Gone, link};
use nova_tests::ovs::{Free, vsctl};
use nova_tests::permission::Allowed;
use nova_tests::program::{nova, sh};
use nova_tests::seat::Seat;

/// A Linux bridge that Nova made, with a cable.
fn bridge() -> (Gone, Cable) {
    let _ = sh("ip link delete all0");
    let cable = Cable::lay("card0");
    let line = ["create-switch", "all0", "--interfaces", "card0", "--yes"];
    let _ = nova(&line).ok();
    (Gone("all0"), cable)
}

/// Goes from a form to the very end.
fn applies(person: &Seat, outcome: &str) {
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    person.waits_for(outcome);
}

/// Types into a field that one may have to scroll to.
fn fills(person: &Seat, field: &str, text: &str) {
    person.reaches(Role::Text, field);
    person.types(field, text);
}

/// Presses a box that one may have to scroll to.
fn checks(person: &Seat, name: &str) {
    person.reaches(Role::CheckBox, name);
    person.presses(Role::CheckBox, name);
}

/// Sets a number that one may have to scroll to.
fn sets(person: &Seat, field: &str, value: f64) {
    person.reaches(Role::SpinButton, field);
    person.sets(field, value);
}

#[test]
fn every_option_of_a_port_reaches_the_kernel() {
    let _allowed = Allowed::for_user("nova");
    let _made = bridge();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "all0");
    person.presses(Role::PageTab, "Ports (1)");
    person.presses(Role::Button, "Configure card0…");
    person.sets("Path cost", 7.0);
    person.sets("Port priority", 16.0);
    for flag in [
        "BPDU guard",
        "Root block",
        "Isolated",
        "Hairpin",
        "Learning",
        "Flood unknown addresses",
        "Flood unknown multicast",
        "Broadcasts",
        "Fast leave of multicast groups",
    ] {
        checks(&person, flag);
    }
    applies(&person, "port card0 configured");
    let port = &link("card0").unwrap()["linkinfo"]["info_slave_data"];
    let is = [
        "cost",
        "priority",
        "guard",
        "root_block",
        "isolated",
        "hairpin",
        "learning",
        "flood",
        "mcast_flood",
        "bcast_flood",
        "fastleave",
    ]
    .map(|name| port[name].clone());
    let wanted = serde_json::json!([
        7, 16, true, true, true, true, false, false, false, false, true
    ]);
    assert_eq!(serde_json::json!(is), wanted, "{port}");
}

#[test]
fn every_option_of_a_linux_bridge_reaches_the_kernel() {
    let _allowed = Allowed::for_user("nova");
    let _made = bridge();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "all0");
    person.presses(Role::Button, "Configure…");
    for (field, value) in [
        ("Forward delay in seconds", 4.0),
        ("Hello time in seconds", 1.0),
        ("Max age in seconds", 6.0),
        ("Priority", 8192.0),
        ("MAC ageing time in seconds", 120.0),
        ("MTU in bytes", 1400.0),
    ] {
        sets(&person, field, value);
    }
    for flag in [
        "Forward LLDP",
        "Forward 802.1X",
        "Multicast snooping",
        "Multicast querier",
    ] {
        checks(&person, flag);
    }
    person.chooses("Most multicast groups", "512");
    person.reaches(Role::ListItem, "MAC address");
    person.chooses("MAC address", "Given below");
    fills(&person, "Given MAC address", "02:00:00:00:00:77");
    applies(&person, "all0 configured");
    let shown = link("all0").unwrap();
    let options = &shown["linkinfo"]["info_data"];
    let is = [
        "forward_delay",
        "hello_time",
        "max_age",
        "priority",
        "ageing_time",
        "mcast_snooping",
        "mcast_querier",
        "mcast_hash_max",
    ]
    .map(|name| options[name].clone());
    let wanted = [400, 100, 600, 8192, 12000, 0, 1, 512];
    assert_eq!(is, wanted, "{options}");
    assert_eq!(options["group_fwd_mask"], "0x4008", "{options}");
    assert_eq!(shown["mtu"], 1400);
    assert_eq!(shown["address"], "02:00:00:00:00:77");
}

#[test]
fn every_option_of_a_new_switch_of_open_vswitch_reaches_its_database() {
    let _allowed = Allowed::for_user("nova");
    let _free = Free::new("all1");
    let _cable = Cable::lay("card1");
    let person = Seat::at("switches");
    person.presses(Role::Button, "Create Switch…");
    person.presses(Role::RadioButton, "Open vSwitch");
    person.types("Name", "all1");
    person.chooses("Spanning tree", "Rapid spanning tree (802.1D-2004)");
    person.chooses("Datapath", "ovs-vswitchd itself (netdev)");
    fills(
        &person,
        "Controllers",
        "tcp:192.0.2.1:6653 ssl:192.0.2.2:6653",
    );
    checks(&person, "Fail mode secure");
    fills(&person, "Versions of OpenFlow", "1.3 1.4");
    checks(&person, "card1");
    person.reaches(Role::Button, "Advanced");
    person.presses(Role::Button, "Advanced");
    for (field, value) in [
        ("Priority", 4096.0),
        ("Forward delay in seconds", 5.0),
        ("Max age in seconds", 8.0),
        ("MAC ageing time in seconds", 60.0),
    ] {
        sets(&person, field, value);
    }
    checks(&person, "Multicast snooping");
    applies(&person, "all1 created");
    for (column, is) in [
        ("rstp_enable", "true"),
        ("datapath_type", "netdev"),
        ("fail_mode", "secure"),
        ("protocols", "[OpenFlow13, OpenFlow14]"),
        ("mcast_snooping_enable", "true"),
        ("other_config:rstp-priority", "\"4096\""),
        ("other_config:rstp-forward-delay", "\"5\""),
        ("other_config:rstp-max-age", "\"8\""),
        ("other_config:mac-aging-time", "\"60\""),
    ] {
        assert_eq!(vsctl(&format!("get Bridge all1 {column}")), is, "{column}");
    }
    assert_eq!(vsctl("list-ports all1"), "card1");
    assert_eq!(
        vsctl("get-controller all1"),
        "ssl:192.0.2.2:6653\ntcp:192.0.2.1:6653"
    );
}

#[test]
fn every_field_of_a_mirror_and_of_limits_reaches_open_vswitch() {
    let _allowed = Allowed::for_user("nova");
    let _free = Free::made("all2");
    let _cables = ["card2", "card3"].map(Cable::lay);
    for port in ["card2", "card3"] {
        let _ = nova(&["add-interface", "all2", port, "--yes"]).ok();
    }
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "all2");
    person.presses(Role::PageTab, "Mirrors");
    person.presses(Role::Button, "Create Mirror…");
    person.presses(Role::CheckBox, "card2");
    person.chooses("Direction", "Ingress: what arrives");
    checks(&person, "A VLAN instead of a port");
    fills(&person, "VLAN of the copies", "900");
    fills(&person, "Only frames of these VLANs", "100,200-201");
    fills(&person, "Name of the mirror", "watched");
    applies(&person, "all2 mirrors to");
    let of_mirror = |column: &str| vsctl(&format!("get Mirror watched {column}"));
    let card = vsctl("get Port card2 _uuid");
    for (column, is) in [
        ("output_vlan", "900"),
        ("output_port", "[]"),
        ("select_all", "false"),
        ("select_dst_port", "[]"),
        ("select_vlan", "[100, 200, 201]"),
        ("select_src_port", &format!("[{card}]")),
    ] {
        assert_eq!(of_mirror(column), is, "{column}");
    }
    person.presses(Role::PageTab, "QoS");
    person.presses(Role::Button, "Limit card3…");
    person.types("Ingress rate", "100Mbps");
    fills(&person, "Egress rate", "50Mbps");
    fills(&person, "Burst size", "10MB");
    person.chooses("Priority", "Low: sent after all others");
    fills(&person, "DSCP", "34");
    applies(&person, "card3 limited");
    for (column, is) in [
        ("ingress_policing_rate", "100000"),
        ("ingress_policing_burst", "80000"),
    ] {
        assert_eq!(vsctl(&format!("get Interface card3 {column}")), is);
    }
    let queue = vsctl("--bare --columns=other_config list Queue");
    assert!(
        queue.contains("burst=80000000") && queue.contains("max-rate=50000000"),
        "{queue}"
    );
    let flows = sh("ovs-ofctl -O OpenFlow13 dump-flows all2").ok();
    assert!(flows.contains("set_field:34->ip_dscp"), "{flows}");
    let _ = nova(&["remove-qos", "card3", "--yes"]).ok();
}
