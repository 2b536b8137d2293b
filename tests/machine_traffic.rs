// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). Marks, priorities and
//! policing, for which the kernel of the first tier has no modules: packets are
//! seen by tcpdump, rates are measured by iperf3.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::host::{Cable, Gone};
use nova_tests::machine::{in_machine, overheard};
use nova_tests::program::{nova, sh};

macro_rules! machine_test {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() {
            in_machine(stringify!($name), || $body);
        }
    };
}

#[track_caller]
fn done(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
    nova(&words).ok()
}

/// Two machines on a Linux bridge of Nova's.
fn two_on_a_bridge() -> (Gone, Cable, Cable) {
    let _ = sh("ip link delete nvt-br");
    let (a, b) = (Cable::lay("nvt-a"), Cable::lay("nvt-b"));
    done("create-switch nvt-br --interfaces nvt-a,nvt-b");
    for (cable, host) in [(&a, 1), (&b, 2)] {
        let _ = cable
            .far(&format!(
                "ip address add 198.51.100.{host}/24 dev far; ip -6 address add 2001:db8::{host}/64 dev far nodad"
            ))
            .ok();
    }
    (Gone("nvt-br"), a, b)
}

/// What tcpdump shows at the second machine while it pings the first one once by
/// IPv4 and IPv6.
fn pings_seen(at: &Cable) -> String {
    sh(&format!(
        "ip netns exec {} timeout 60 tcpdump -i far -nn -v -c 4 'icmp or (icmp6 and (ip6[40] == 128 or ip6[40] == 129))' \
         >/tmp/nvt-seen 2>/dev/null & sleep 4; ip netns exec {} sh -c \
         'ping -c 1 -W 5 198.51.100.1; ping -c 1 -W 5 2001:db8::1'; wait; cat /tmp/nvt-seen",
        at.namespace, at.namespace
    ))
    .out
}

machine_test! {
    fn a_class_marks_what_a_machine_on_a_linux_bridge_sends() {
        let (_gone, _a, b) = two_on_a_bridge();
        let plain = pings_seen(&b);
        assert!(!plain.contains("tos 0xb8") && plain.contains("echo request"), "{plain}");
        let filters = || sh("tc -s filter show dev nvt-a ingress; tc qdisc show dev nvt-a").ok();
        let before = filters();
        done("qos nvt-a --priority high --dscp 46 --class realtime");
        let shown = filters();
        for words in ["pedit", "csum", "skbedit  priority 4e6f:6"] {
            assert!(shown.contains(words), "{shown}");
        }
        // The answers of both families carry the mark, the questions do not, and
        // the header is sound.
        let marked = pings_seen(&b);
        assert_eq!(marked.matches("tos 0xb8").count(), 1, "{marked}");
        assert_eq!(marked.matches("class 0xb8").count(), 1, "{marked}");
        assert!(!marked.contains("bad cksum"), "{marked}");
        let told = nova(&["show", "nvt-a"]).ok();
        assert!(told.contains("DSCP 46 on what arrives") && told.contains("high of what arrives"), "{told}");
        done("remove-qos nvt-a");
        assert_eq!(filters(), before);
    }
}

/// Mbit/s that iperf3 measured at the receiver.
fn measured(report: &str) -> f64 {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    report["end"]["sum_received"]["bits_per_second"]
        .as_f64()
        .unwrap()
        / 1e6
}

machine_test! {
    fn who_has_high_priority_keeps_the_rate_when_the_port_is_full() {
        let (_gone, a, b) = two_on_a_bridge();
        let c = Cable::lay("nvt-c");
        done("add-interface nvt-br nvt-c");
        let _ = c.far("ip address add 198.51.100.3/24 dev far").ok();
        // The port of b takes 1 Mbit/s; a and c send 0.75 each, c before all others.
        done("qos nvt-b --egress-rate 1Mbps --burst-size 20kB --persist none");
        done("qos nvt-c --priority high --persist none");
        let _ = b.far("iperf3 -s -1 -D -p 5201; iperf3 -s -1 -D -p 5203; sleep 2");
        let run = "iperf3 -J -u -b 750k -l 1200 -t 8 -c 198.51.100.2";
        let both = sh(&format!(
            "ip netns exec {} {run} -p 5201 >/tmp/nvt-5201 & ip netns exec {} {run} -p 5203 >/tmp/nvt-5203; wait; \
             cat /tmp/nvt-5201",
            a.namespace, c.namespace
        ))
        .out;
        let (low, high) = (measured(&both), measured(&sh("cat /tmp/nvt-5203").out));
        assert!(high > 0.65, "high {high}, low {low}");
        assert!(low < 0.4, "high {high}, low {low}");
    }
}

machine_test! {
    fn open_vswitch_in_the_kernel_limits_what_a_machine_sends_and_marks_it() {
        let _ = sh("systemctl start ovsdb-server ovs-vswitchd; ovs-vsctl --if-exists del-br nvt-ovs");
        done("create-switch nvt-ovs --type openvswitch");
        assert_eq!(sh("ovs-vsctl get Bridge nvt-ovs datapath_type").ok().trim(), "system");
        let (a, b) = (Cable::lay("nvt-a"), Cable::lay("nvt-b"));
        for (cable, host) in [(&a, 1), (&b, 2)] {
            done(&format!("add-interface nvt-ovs {}", cable.near));
            let _ = cable.far(&format!(
                "ip address add 198.51.100.{host}/24 dev far; ip -6 address add 2001:db8::{host}/64 dev far nodad"
            )).ok();
        }
        done("qos nvt-a --ingress-rate 4Mbps --dscp 46");
        let filters = sh("tc filter show dev nvt-a ingress").ok();
        assert!(filters.contains("police"), "{filters}");
        let marked = pings_seen(&b);
        assert_eq!(marked.matches("tos 0xb8").count(), 1, "{marked}");
        assert_eq!(marked.matches("class 0xb8").count(), 1, "{marked}");
        let _ = b.far("iperf3 -s -1 -D -p 5204; sleep 2");
        let report = a.far("iperf3 -J -u -b 8M -l 1200 -t 8 -O 2 -p 5204 -c 198.51.100.2").ok();
        let rate = measured(&report);
        println!("{rate:.2} Mbit/s of 4");
        assert!((3.6..4.4).contains(&rate), "{rate} Mbit/s");
        done("remove-qos nvt-a");
        assert!(!sh("tc filter show dev nvt-a ingress").out.contains("police"));
        done("delete-switch nvt-ovs");
    }
}

machine_test! {
    fn open_vswitch_in_the_kernel_keeps_vlans_apart_and_mirrors_one() {
        let _ = sh("systemctl start ovsdb-server ovs-vswitchd; ovs-vsctl --if-exists del-br nvt-ovs");
        done("create-switch nvt-ovs --type openvswitch");
        assert_eq!(sh("ovs-vsctl get Bridge nvt-ovs datapath_type").ok().trim(), "system");
        let (a, b, m) = (Cable::lay("nvt-a"), Cable::lay("nvt-b"), Cable::lay("nvt-m"));
        done("ovs-add-port nvt-ovs nvt-a --trunk 10,20");
        done("ovs-add-port nvt-ovs nvt-b --vlan 10");
        done("ovs-add-port nvt-ovs nvt-m");
        // What the trunk says in VLAN 10 comes to the access port without the tag.
        let heard = |at: &Cable, what: &dyn Fn()| {
            overheard(&at.namespace, "far", "icmp or (vlan and icmp)", what)
        };
        let at_b = heard(&b, &|| says(&a, Some(10)));
        assert!(at_b.contains("198.18.10.1") && !at_b.contains("vlan 10"), "{at_b}");
        let at_b = heard(&b, &|| says(&a, Some(20)));
        assert!(!at_b.contains("198.18.20.1"), "{at_b}");
        let at_a = heard(&a, &|| says(&b, None));
        assert!(at_a.contains("vlan 10"), "{at_a}");
        // A mirror of one VLAN copies that alone.
        done("mirror-port nvt-ovs --source nvt-a --destination nvt-m --vlan 10");
        let copied = heard(&m, &|| says(&a, Some(10)));
        assert!(copied.contains("198.18.10.1"), "{copied}");
        let copied = heard(&m, &|| says(&a, Some(20)));
        assert!(!copied.contains("198.18.20.1"), "{copied}");
        done("remove-mirror nvt-ovs mirror-nvt-m");
        done("delete-switch nvt-ovs");
    }
}

/// What the plan says.
#[track_caller]
fn planned(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').chain(["--dry-run"]).collect();
    nova(&words).ok()
}

/// What the machine hears that copies are sent to, while this is done: pings.
fn copies(at: &Cable, what: impl FnOnce()) -> String {
    let heard = overheard(&at.namespace, "far", "icmp or (vlan and icmp)", what);
    let pings = heard.lines().filter(|line| line.contains("echo request"));
    pings.collect::<Vec<_>>().join("\n")
}

/// Has a machine ping everybody once, in a VLAN or without a tag.
fn says(cable: &Cable, vlan: Option<u16>) {
    let (link, net) = match vlan {
        None => ("far".to_owned(), 100),
        Some(vlan) => (format!("far.{vlan}"), vlan),
    };
    let host = if cable.near == "nvt-a" { 1 } else { 2 };
    let tag = vlan.map_or_else(String::new, |vlan| {
        format!("ip link add link far name {link} type vlan id {vlan}; ip link set {link} up;")
    });
    let _ = cable.far(&format!(
        "{tag} ip address replace 198.18.{net}.{host}/24 broadcast 198.18.{net}.255 dev {link}; \
         ping -b -c 1 -W 1 -I {link} 198.18.{net}.255"
    ));
}

machine_test! {
    fn a_mirror_of_vlans_on_a_linux_bridge_copies_them_alone_and_follows_the_port() {
        let (_gone, a, b) = two_on_a_bridge();
        let m = Cable::lay("nvt-m");
        let seen = |what: &dyn Fn()| copies(&m, what);
        let filters = |way| sh(&format!("tc filter show dev nvt-a {way}")).ok();
        done("configure-switch nvt-br --vlan 10 --vlan-filtering --trunk-ports nvt-a");
        done("configure-port nvt-br nvt-a --trunk 10,20");
        done("configure-port nvt-br nvt-b --vlan 10");
        // A filter of somebody else's stays as it is.
        let _ = sh("tc qdisc add dev nvt-b clsact; tc filter add dev nvt-b ingress protocol 802.1Q pref 7 \
                    flower vlan_id 10 action mirred egress mirror dev nvt-m").ok();
        let foreign = || sh("tc filter show dev nvt-b ingress pref 7").ok();
        let before = foreign();
        assert!(before.contains("vlan_id 10"), "{before}");
        let wish = "mirror-port nvt-br --source nvt-a,nvt-b --destination nvt-m --vlan 10 --persist none";
        let told = planned(wish);
        assert!(told.contains("only the VLANs 10"), "{told}");
        done(wish);
        // Of a trunk the tagged frames, and none of another VLAN or of its native one.
        assert!(filters("ingress").contains("vlan_id 10"), "{}", filters("ingress"));
        assert!(!filters("ingress").contains("num_of_vlans"), "{}", filters("ingress"));
        let heard = seen(&|| says(&a, Some(10)));
        assert!(heard.contains("198.18.10.1"), "{heard}");
        // What nvt-b gets of it leaves there without the tag.
        assert_eq!(heard.lines().count(), 2, "{heard}");
        assert_eq!(heard.matches("vlan 10").count(), 1, "{heard}");
        for other in [Some(20), None] {
            let heard = seen(&|| says(&a, other));
            assert!(!heard.contains("198.18."), "{other:?}: {heard}");
        }
        // What the access port says without a tag is of VLAN 10: once as it arrives,
        // once as it leaves through the trunk with its tag.
        let heard = seen(&|| says(&b, None));
        assert_eq!(heard.lines().count(), 2, "{heard}");
        assert_eq!(heard.matches("vlan 10").count(), 1, "{heard}");
        let shown = nova(&["list-mirrors", "nvt-br", "--output", "json"]).json();
        let mine: Vec<_> = shown["mirrors"].as_array().unwrap().iter().filter(|it| it["is_ours"] == true).collect();
        assert_eq!(mine.len(), 1, "{shown}");
        assert_eq!(mine[0]["vlans"], serde_json::json!([10]));
        assert_eq!(mine[0]["sources"], serde_json::json!({"nvt-a": "both", "nvt-b": "both"}));
        // The trunk becomes an access port of it, and its frames without a tag count.
        let told = planned("configure-port nvt-br nvt-a --vlan 10");
        assert!(told.contains("The mirror to nvt-m follows"), "{told}");
        done("configure-port nvt-br nvt-a --vlan 10");
        assert!(filters("ingress").contains("num_of_vlans 0"), "{}", filters("ingress"));
        let heard = seen(&|| says(&a, None));
        assert_eq!(heard.lines().count(), 2, "{heard}");
        // Undone, they count no more.
        let undo = nova(&["history", "--limit", "1", "--output", "json"]).json();
        done(&format!("undo {}", undo[0]["plan"]["id"].as_str().unwrap()));
        assert!(!filters("ingress").contains("num_of_vlans"), "{}", filters("ingress"));
        // Frames that leave alike and of which some are asked for are told apart by
        // nothing.
        let _ = sh("bridge vlan add dev nvt-b vid 20 untagged").ok();
        done("remove-mirror nvt-br mirror-nvt-m");
        let refused = nova(&["mirror-port", "nvt-br", "--source", "nvt-b", "--destination", "nvt-m", "--vlan", "10", "--yes"]);
        assert!(refused.code == 3 && refused.err.contains("VLANs 10,20 leave without a tag"), "{refused:?}");
        done("mirror-port nvt-br --source nvt-b:ingress --destination nvt-m --vlan 10 --persist none");
        done("remove-mirror nvt-br mirror-nvt-m");
        assert_eq!(filters("ingress") + &filters("egress"), "");
        assert_eq!(foreign(), before);
    }
}

machine_test! {
    fn a_kernel_that_tells_no_vlans_apart_says_so_and_nothing_stays() {
        let (_gone, _a, _b) = two_on_a_bridge();
        let state = || sh("tc qdisc show; tc filter show dev nvt-a ingress").ok();
        let before = state();
        let _ = sh("mkdir -p /run/modprobe.d; modprobe -r cls_flower; \
                    echo 'install cls_flower /bin/false' >/run/modprobe.d/nvt.conf").ok();
        let ran = nova(&["mirror-port", "nvt-br", "--source", "nvt-a", "--destination", "nvt-b", "--vlan", "10", "--persist", "none", "--yes"]);
        let _ = sh("rm -f /run/modprobe.d/nvt.conf");
        assert!(ran.code != 0 && ran.err.contains("no module cls_flower"), "{ran:?}");
        assert_eq!(state(), before);
        done("mirror-port nvt-br --source nvt-a --destination nvt-b --vlan 10 --persist none");
        done("remove-mirror nvt-br mirror-nvt-b");
        assert_eq!(state(), before);
    }
}
