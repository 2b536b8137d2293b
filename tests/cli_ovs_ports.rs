// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What ports of Open vSwitch carry: patch ports, native VLANs,
//! bonds, tunnels, and trees of two bridges. Rows are read with `ovs-vsctl`,
//! what the daemon makes of them with `ovs-appctl`, what passes with `ping` and
//! `tcpdump`.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::capture::Capture;
use nova_tests::host::Cable;
use nova_tests::ovs::{Free, configuration, does, vsctl};
use nova_tests::program::{nova, sh, within};

/// A machine behind a port.
fn machine(switch: &str, port: &str, address: &str) -> Cable {
    let cable = Cable::lay(port);
    let _ = does(&format!("ovs-add-port {switch} {port}"));
    let _ = cable
        .far(&format!("ip address add {address}/24 dev far"))
        .ok();
    cable
}

fn reaches(from: &Cable, address: &str) -> bool {
    from.far(&format!("ping -c 1 -W 2 {address}")).code == 0
}

/// Cables with both ends on this host, gone when dropped.
struct Links(Vec<&'static str>);

impl Links {
    fn lay(pairs: &[(&'static str, &'static str)]) -> Self {
        let mut near = Vec::new();
        for (one, other) in pairs {
            let _ = sh(&format!("ip link delete {one}"));
            let _ = sh(&format!(
                "set -e; ip link add {one} type veth peer name {other}; \
                 ip link set {one} up; ip link set {other} up"
            ))
            .ok();
            near.push(*one);
        }
        Self(near)
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        for name in &self.0 {
            let _ = sh(&format!("ip link delete {name}"));
        }
    }
}

#[test]
fn two_bridges_joined_by_patch_ports_are_one_network() {
    let _alone = alone();
    let (_a, _b) = (Free::made("nvp1"), Free::made("nvp2"));
    let a = machine("nvp1", "nvp-a", "198.51.100.1");
    let _b = machine("nvp2", "nvp-b", "198.51.100.2");
    let before = configuration();
    assert!(!reaches(&a, "198.51.100.2"), "nothing joins them yet");
    let _ = does("ovs-add-port nvp1 p12 --peer p21");
    assert!(!reaches(&a, "198.51.100.2"), "half a pair joins nothing");
    let _ = does("ovs-add-port nvp2 p21 --peer p12");
    for (port, peer) in [("p12", "p21"), ("p21", "p12")] {
        assert_eq!(vsctl(&format!("get Interface {port} type")), "patch");
        assert_eq!(vsctl(&format!("get Interface {port} options:peer")), peer);
        assert_eq!(vsctl(&format!("get Interface {port} error")), "[]");
    }
    assert!(within(20, || reaches(&a, "198.51.100.2")));
    // What is in another VLAN at one end is so at the other.
    let _ = does("ovs-configure-port nvp1 nvp-a --vlan 100");
    assert!(!reaches(&a, "198.51.100.2"));
    let _ = does("ovs-configure-port nvp2 nvp-b --vlan 100");
    assert!(within(20, || reaches(&a, "198.51.100.2")));
    let _ = does("ovs-configure-port nvp1 nvp-a --no-vlan");
    let _ = does("ovs-configure-port nvp2 nvp-b --no-vlan");
    let _ = does("remove-interface nvp1 p12");
    assert!(!reaches(&a, "198.51.100.2"));
    let _ = does("remove-interface nvp2 p21");
    assert_eq!(configuration(), before);
}

#[test]
fn a_native_vlan_leaves_with_or_without_its_tag() {
    let _alone = alone();
    let _free = Free::made("nvp3");
    let a = machine("nvp3", "nvp-a", "198.51.100.1");
    let _ = does("ovs-configure-port nvp3 nvp-a --vlan 100");
    let c = machine("nvp3", "nvp-c", "198.51.100.3");
    let _ = does("ovs-configure-port nvp3 nvp-c --vlan 200");
    let trunk = Cable::lay("nvp-t");
    let _ = does("ovs-add-port nvp3 nvp-t --trunk 200");
    let _ = trunk.far("ip address add 198.51.100.2/24 dev far").ok();
    for (mode, is_tagged) in [("native-tagged", true), ("native-untagged", false)] {
        let _ = does(&format!(
            "ovs-configure-port nvp3 nvp-t --vlan-mode {mode} --vlan 100 --trunk 200"
        ));
        assert_eq!(
            vsctl("get Port nvp-t vlan_mode tag trunks"),
            format!("{mode}\n100\n[200]")
        );
        // Broadcasts of both VLANs; who answers does not matter.
        let heard = Capture::start(&trunk, "arp or (vlan and arp)");
        let asks = |from: &Cable, host: u8| {
            let _ = from.far("ip neighbour flush dev far");
            let _ = from.far(&format!("ping -c 1 -W 1 198.51.100.{host}"));
        };
        asks(&a, 71);
        asks(&c, 72);
        let frames = heard.frames_before("who-has 198.51.100.72");
        let native: Vec<&String> = frames
            .iter()
            .filter(|line| line.contains("who-has 198.51.100.71"))
            .collect();
        assert!(!native.is_empty(), "{mode}: {frames:#?}");
        for line in native {
            assert_eq!(line.contains("vlan 100"), is_tagged, "{mode}: {line}");
        }
        let frames = heard.frames();
        let trunked = frames.iter().find(|line| line.contains("198.51.100.72"));
        assert!(trunked.unwrap().contains("vlan 200"), "{mode}: {frames:#?}");
        // Without a tag it is of the native VLAN as it arrives; only one who is
        // answered without a tag, too, understands that.
        if is_tagged {
            assert!(!reaches(&trunk, "198.51.100.1"), "{mode}");
        } else {
            assert!(within(20, || reaches(&trunk, "198.51.100.1")), "{mode}");
        }
    }
}

#[test]
fn of_an_active_backup_bond_one_member_carries_and_another_takes_over() {
    let _alone = alone();
    let _free = Free::made("nvp4");
    let a = machine("nvp4", "nvp-a", "198.51.100.1");
    // Both cables end in the same switch.
    let x = Cable::lay("nvp-x");
    let _y = Links::lay(&[("nvp-y", "nvp-yfar")]);
    let _ = sh("ip link set nvp-yfar netns t-nvp-x").ok();
    let _ = x
        .far(
            "set -e; ip link add sw type bridge; ip link set far master sw; ip link set nvp-yfar master sw; \
             ip link set nvp-yfar up; ip link set sw up; ip address add 198.51.100.2/24 dev sw",
        )
        .ok();
    let before = configuration();
    let _ = does("ovs-add-port nvp4 bd0 --bond nvp-x,nvp-y --bond-mode active-backup");
    assert_eq!(vsctl("get Port bd0 bond_mode"), "active-backup");
    let shown = || sh("ovs-appctl bond/show bd0").ok();
    assert!(shown().contains("bond_mode: active-backup"), "{}", shown());
    // "active member mac: 52:54:…(nvp-x)"
    let active = || {
        let told = shown();
        let line = told
            .lines()
            .find(|line| line.contains("active member mac"))?;
        let name = line.split_once('(')?.1.trim_end_matches(')').to_owned();
        ["nvp-x", "nvp-y"].contains(&name.as_str()).then_some(name)
    };
    assert!(within(20, || active().is_some()), "{}", shown());
    assert!(within(20, || reaches(&a, "198.51.100.2")));
    let first = active().unwrap();
    let _ = sh(&format!("ip link set {first} down")).ok();
    let is_other = || active().is_some_and(|now| now != first);
    assert!(within(20, is_other), "{first}: {}", shown());
    assert!(within(20, || reaches(&a, "198.51.100.2")));
    let _ = does("ovs-configure-port nvp4 bd0 --bond-mode balance-slb");
    assert_eq!(vsctl("get Port bd0 bond_mode"), "balance-slb");
    assert!(shown().contains("bond_mode: balance-slb"), "{}", shown());
    assert!(within(20, || reaches(&a, "198.51.100.2")));
    let row = vsctl("list Port bd0");
    for (wish, says) in [
        ("bd0 --bond-mode balance-tcp", "needs LACP"),
        ("nvp-a --lacp active", "it is no bond"),
    ] {
        let line = format!("ovs-configure-port nvp4 {wish} --yes");
        let refused = nova(&line.split(' ').collect::<Vec<_>>());
        assert!(matches!(refused.code, 2 | 3), "{refused:?}");
        assert!(refused.err.contains(says), "{refused:?}");
        assert_eq!(vsctl("list Port bd0"), row);
    }
    let _ = does("remove-interface nvp4 bd0");
    assert_eq!(configuration(), before);
}

#[test]
fn two_balance_tcp_bonds_agree_by_lacp_and_carry() {
    let _alone = alone();
    let (_a, _b) = (Free::made("nvp5"), Free::made("nvp6"));
    let _links = Links::lay(&[("nvp-m1", "nvp-n1"), ("nvp-m2", "nvp-n2")]);
    let a = machine("nvp5", "nvp-a", "198.51.100.1");
    let _b = machine("nvp6", "nvp-b", "198.51.100.2");
    let before = configuration();
    let _ =
        does("ovs-add-port nvp5 bd5 --bond nvp-m1,nvp-m2 --bond-mode balance-tcp --lacp active");
    let _ =
        does("ovs-add-port nvp6 bd6 --bond nvp-n1,nvp-n2 --bond-mode balance-tcp --lacp passive");
    for (bond, lacp) in [("bd5", "active"), ("bd6", "passive")] {
        assert_eq!(
            vsctl(&format!("get Port {bond} bond_mode lacp")),
            format!("balance-tcp\n{lacp}")
        );
        let shown = || sh(&format!("ovs-appctl bond/show {bond}")).ok();
        let agrees = || shown().contains("lacp_status: negotiated");
        assert!(within(60, agrees), "{}", shown());
        assert!(shown().contains("bond_mode: balance-tcp"), "{}", shown());
    }
    assert!(within(20, || reaches(&a, "198.51.100.2")));
    let _ = does("remove-interface nvp5 bd5");
    let _ = does("remove-interface nvp6 bd6");
    assert_eq!(configuration(), before);
}

/// State and role of a port in the rapid tree, as the daemon reports them.
fn rstp(port: &str) -> (String, String) {
    let of = |key: &str| {
        let get = format!("ovs-vsctl --if-exists get Port {port} rstp_status:{key}");
        sh(&get).out.trim().replace('"', "")
    };
    (of("rstp_port_state"), of("rstp_port_role"))
}

#[test]
fn a_rapid_tree_closes_the_loop_of_two_bridges_and_opens_it_where_a_cable_breaks() {
    let _alone = alone();
    let (_a, _b) = (Free::made("nvp7"), Free::made("nvp8"));
    let _links = Links::lay(&[("nvp-k1", "nvp-l1"), ("nvp-k2", "nvp-l2")]);
    let a = machine("nvp7", "nvp-a", "198.51.100.1");
    let _b = machine("nvp8", "nvp-b", "198.51.100.2");
    let _ = does("ovs-configure-switch nvp7 --rstp on --priority 4096");
    let _ = does("ovs-configure-switch nvp8 --rstp on");
    assert_eq!(
        vsctl("get Bridge nvp7 stp_enable rstp_enable"),
        "false\ntrue"
    );
    assert!(vsctl("get Bridge nvp7 other_config").contains("rstp-priority=\"4096\""));
    for (switch, port) in [
        ("nvp7", "nvp-k1"),
        ("nvp8", "nvp-l1"),
        ("nvp7", "nvp-k2"),
        ("nvp8", "nvp-l2"),
    ] {
        let _ = does(&format!("ovs-add-port {switch} {port}"));
    }
    let is = |port: &str, state: &str, role: &str| {
        within(60, || rstp(port) == (state.to_owned(), role.to_owned()))
    };
    for (port, state, role) in [
        ("nvp-k1", "Forwarding", "Designated"),
        ("nvp-k2", "Forwarding", "Designated"),
        ("nvp-l1", "Forwarding", "Root"),
        ("nvp-l2", "Discarding", "Alternate"),
    ] {
        assert!(is(port, state, role), "{port}: {:?}", rstp(port));
    }
    assert!(within(20, || reaches(&a, "198.51.100.2")));
    // What the daemon reports is what a person reads.
    let listed = nova(&["show", "nvp8"]).ok();
    let line = |port: &str| {
        let found = listed.lines().find(|line| line.contains(port));
        found.unwrap_or_default().to_lowercase()
    };
    assert!(line("nvp-l2").contains("discarding"), "{listed}");
    assert!(line("nvp-l1").contains("forwarding"), "{listed}");
    let _ = sh("ip link set nvp-k1 down").ok();
    assert!(is("nvp-l2", "Forwarding", "Root"), "{:?}", rstp("nvp-l2"));
    assert!(within(20, || reaches(&a, "198.51.100.2")));
}

/// What the tree of a bridge says the path through a port costs.
fn path_cost(tree: &str, switch: &str, port: &str) -> Option<String> {
    // "  nvp-c      designated forwarding 2     128.1"
    let shown = sh(&format!("ovs-appctl {tree}/show {switch}")).out;
    let line = shown.lines().find(|line| line.contains(port))?;
    line.split_whitespace().nth(3).map(str::to_owned)
}

#[test]
fn a_cost_that_was_set_is_left_to_the_speed_of_the_link_again() {
    let _alone = alone();
    let _free = Free::made("nvp9");
    let _cable = Cable::lay("nvp-c");
    let _ = does("ovs-add-port nvp9 nvp-c");
    for tree in ["stp", "rstp"] {
        let _ = does(&format!("ovs-configure-switch nvp9 --{tree} on"));
        let cost = || path_cost(tree, "nvp9", "nvp-c");
        assert!(within(20, || cost().is_some()), "{tree}");
        let by_speed = cost();
        let options = || vsctl("get Port nvp-c other_config");
        let _ = does("ovs-configure-port nvp9 nvp-c --path-cost 77");
        assert_eq!(options(), format!("{{{tree}-path-cost=\"77\"}}"));
        let is_set = || cost().as_deref() == Some("77");
        assert!(within(20, is_set), "{tree}: {:?}", cost());
        let line = "ovs-configure-port nvp9 nvp-c --path-cost 0 --yes --output json";
        let entry = nova(&line.split(' ').collect::<Vec<_>>()).json();
        assert_eq!(options(), "{}");
        assert!(within(20, || cost() == by_speed), "{tree}: {:?}", cost());
        let _ = nova(&["undo", entry["plan"]["id"].as_str().unwrap(), "--yes"]).ok();
        assert_eq!(options(), format!("{{{tree}-path-cost=\"77\"}}"));
        let _ = does("ovs-configure-port nvp9 nvp-c --path-cost 0");
    }
}

/// The kernel of the first tier has VXLAN alone, which is the other end here; of
/// the others is seen what leaves.
#[test]
fn a_tunnel_carries_to_a_machine_behind_another_host() {
    let _alone = alone();
    let (_u, _i) = (Free::made("nvp-u"), Free::made("nvp-i"));
    // The other host, and the way there through the bridge that has the address.
    let host = Cable::lay("nvp-w");
    let _ = does("ovs-add-port nvp-u nvp-w");
    let _ = sh("ip address add 198.51.100.1/24 dev nvp-u && ip link set nvp-u up").ok();
    let a = machine("nvp-i", "nvp-a", "203.0.113.1");
    let before = configuration();
    // The daemon drops checksums that a virtual cable leaves to nobody.
    for cable in [&host, &a] {
        let _ = cable.far("ethtool -K far tx off").ok();
    }
    let _ = host
        .far(
            "set -e; ip address add 198.51.100.2/24 dev far; \
             ip link add vx type vxlan id 100 remote 198.51.100.1 dstport 4789 dev far; \
             ip address add 203.0.113.2/24 dev vx; ip link set vx up",
        )
        .ok();
    assert!(within(20, || reaches(&host, "198.51.100.1")));
    assert!(!reaches(&a, "203.0.113.2"), "there is no tunnel yet");
    let _ = does(
        "ovs-add-port nvp-i vx0 --tunnel vxlan --remote 198.51.100.2 --local 198.51.100.1 --key 100",
    );
    assert_eq!(vsctl("get Interface vx0 type"), "vxlan");
    assert_eq!(
        vsctl("get Interface vx0 options"),
        "{key=\"100\", local_ip=\"198.51.100.1\", remote_ip=\"198.51.100.2\"}"
    );
    let heard = Capture::start(&host, "udp port 4789");
    assert!(within(20, || reaches(&a, "203.0.113.2")));
    let asked = |frames: &[String], says: &str| frames.iter().any(|line| line.contains(says));
    assert!(
        within(20, || asked(&heard.frames(), "VXLAN")
            && asked(&heard.frames(), "vni 100")),
        "{:#?}",
        heard.frames()
    );
    let _ = does("remove-interface nvp-i vx0");
    assert!(!reaches(&a, "203.0.113.2"), "the tunnel is gone");
    // Another key is another network.
    let _ = does("ovs-add-port nvp-i vx0 --tunnel vxlan --remote 198.51.100.2 --key 101");
    assert!(!reaches(&a, "203.0.113.2"), "the other end has the key 100");
    let _ = does("remove-interface nvp-i vx0");
    for (line, filter, says) in [
        (
            "ovs-add-port nvp-i tn0 --tunnel geneve --remote 198.51.100.2 --key 7",
            "udp port 6081",
            "Geneve, Flags [none], vni 0x7",
        ),
        (
            "ovs-add-port nvp-i tn0 --tunnel geneve --remote 198.51.100.2 --key 8 --udp-port 6082",
            "udp port 6082",
            "198.51.100.2.6082",
        ),
        (
            "ovs-add-port nvp-i tn0 --tunnel gre --remote 198.51.100.2 --key 9",
            "ip proto 47",
            "GREv0, key=0x9",
        ),
    ] {
        let heard = Capture::start(&host, filter);
        let _ = does(line);
        assert_eq!(vsctl("get Interface tn0 error"), "[]", "{line}");
        let arrives = || {
            let _ = reaches(&a, "203.0.113.77");
            asked(&heard.frames(), says)
        };
        assert!(within(20, arrives), "{line}: {:#?}", heard.frames());
        let _ = does("remove-interface nvp-i tn0");
    }
    assert_eq!(configuration(), before);
}
