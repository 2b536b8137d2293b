// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). VLANs from the command
//! line and the Rust API: what ports carry is seen by tcpdump behind them.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova::networking::NetworkManagerIntegration;
use nova_tests::host::{Cable, Gone, link};
use nova_tests::lan::Lan;
use nova_tests::machine::{in_machine, overheard};
use nova_tests::program::{nova, sh};
use serde_json::Value;

macro_rules! machine_test {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() {
            in_machine(stringify!($name), || $body);
        }
    };
}

/// All VLANs as `bridge` shows them, of these links.
fn tables(names: &[&str]) -> String {
    let shown = sh("bridge -j vlan show").json();
    shown
        .as_array()
        .unwrap()
        .iter()
        .filter(|link| names.iter().any(|name| link["ifname"] == *name))
        .map(|link| format!("{} {}\n", link["ifname"], link["vlans"]))
        .collect()
}

/// Does what is asked, without asking back.
#[track_caller]
fn done(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    words.push("--yes");
    let ran = nova(&words);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    ran.out
}

/// The identifier by which `nova network undo` finds what was just done.
fn undo_last() {
    let shown = nova(&["history", "--limit", "1", "--output", "json"]).json();
    let id = find_id(&shown).expect("the history has an entry");
    done(&format!("undo {id}"));
}

fn find_id(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) => map
            .get("id")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or_else(|| map.values().find_map(find_id)),
        Value::Array(all) => all.iter().find_map(find_id),
        _ => None,
    }
}

/// Sends a broadcast ARP question from the far end of a cable, with a tag where
/// a VLAN is given.
fn ask(cable: &Cable, vlan: Option<u16>) {
    let line = match vlan {
        None => {
            "ip address replace 192.0.2.9/24 dev far; arping -c 2 -w 1 -I far 192.0.2.77".to_owned()
        }
        Some(vlan) => format!(
            "ip link add link far name far.{vlan} type vlan id {vlan}; ip link set far.{vlan} up; \
             ip address replace 198.51.100.9/24 dev far.{vlan}; \
             ping -c 2 -i 0.2 -w 1 198.51.100.77; ip link delete far.{vlan}"
        ),
    };
    let _ = cable.far(&line);
}

fn pinged(cable: &Cable) {
    // While it waits for the answer to an earlier question it asks no other.
    let _ = cable.far("ip neighbour flush dev far; ip address replace 192.0.2.9/24 dev far; ping -c 2 -i 0.2 -w 1 192.0.2.77");
}

machine_test! {
    fn tagged_frames_leave_only_by_the_ports_that_carry_their_vlan() {
        let _gone = Gone("nvv-br");
        let _ = sh("ip link delete nvv-br");
        let (uplink, member, other) =
            (Cable::lay("nvv-up"), Cable::lay("nvv-a"), Cable::lay("nvv-b"));
        done("create-switch nvv-br --interfaces nvv-up,nvv-a,nvv-b");
        let before = tables(&["nvv-br", "nvv-up", "nvv-a", "nvv-b"]);
        // The line of the feature document, then the port of a machine.
        done("configure-switch nvv-br --vlan 100 --vlan-filtering --trunk-ports nvv-up");
        done("configure-port nvv-br nvv-a --vlan 100");
        assert_eq!(link("nvv-br").unwrap()["linkinfo"]["info_data"]["vlan_filtering"], 1);
        // A tagged question comes out untagged at the member, and nowhere else.
        let heard = overheard(&member.namespace, "far", "arp", || ask(&uplink, Some(100)));
        assert!(heard.contains("198.51.100.77"), "{heard}");
        assert!(!heard.contains("vlan 100"), "{heard}");
        let heard = overheard(&other.namespace, "far", "arp", || ask(&uplink, Some(100)));
        assert!(!heard.contains("198.51.100.77"), "{heard}");
        // What the member says without a tag leaves by the uplink with one.
        let heard = overheard(&uplink.namespace, "far", "vlan 100", || pinged(&member));
        assert!(heard.contains("vlan 100") && heard.contains("192.0.2.77"), "{heard}");
        // Another VLAN passes nowhere.
        let heard = overheard(&member.namespace, "far", "arp", || ask(&uplink, Some(200)));
        assert!(!heard.contains("198.51.100.77"), "{heard}");
        undo_last();
        let heard = overheard(&member.namespace, "far", "arp", || ask(&uplink, Some(100)));
        assert!(!heard.contains("198.51.100.77"), "{heard}");
        done("configure-switch nvv-br --vlan-filtering off");
        done("configure-port nvv-br nvv-up --remove-vlans 100");
        assert_eq!(tables(&["nvv-br", "nvv-up", "nvv-a", "nvv-b"]), before);
    }
}

machine_test! {
    fn turning_the_filter_on_keeps_this_host_and_its_sub_interfaces_reachable() {
        let _gone = Gone("nvv-br");
        let _ = sh("ip link delete nvv-br");
        let uplink = Cable::lay("nvv-up");
        let _ = sh("ip link add nvv-br type bridge && ip link set nvv-up master nvv-br && \
            ip link set nvv-br up && ip address add 192.0.2.1/24 dev nvv-br && \
            bridge vlan delete dev nvv-br vid 1 self && bridge vlan delete dev nvv-up vid 1").ok();
        done("create-vlan nvv-br 20");
        let _ = sh("ip address add 198.51.100.1/24 dev nvv-br.20").ok();
        let _ = uplink.far("ip address add 192.0.2.2/24 dev far; ip link add link far name far.20 \
            type vlan id 20; ip link set far.20 up; ip address add 198.51.100.2/24 dev far.20").ok();
        let reaches = || {
            uplink.far("ping -c 1 -w 3 192.0.2.1").code == 0
                && uplink.far("ping -c 1 -w 3 198.51.100.1").code == 0
        };
        assert!(reaches());
        let before = tables(&["nvv-br", "nvv-up"]);
        let plan = nova(&["configure-bridge", "nvv-br", "--vlan-filtering", "--dry-run"]).ok();
        for words in ["so that 192.0.2.1/24 stays reachable", "VLAN 20 with tags, which nvv-br.20 of this host uses"] {
            assert!(plan.contains(words), "{plan}");
        }
        // Another default takes the place of the one before it on all of them.
        done("configure-bridge nvv-br --vlan-filtering --default-vlan 2");
        assert!(reaches(), "{}", tables(&["nvv-br", "nvv-up"]));
        undo_last();
        assert_eq!(tables(&["nvv-br", "nvv-up"]), before);
        assert!(reaches());
    }
}

machine_test! {
    fn a_filtering_bridge_that_is_deleted_comes_back_with_its_tables() {
        let _gone = Gone("nvv-br");
        let _ = sh("ip link delete nvv-br");
        let _cables = [Cable::lay("nvv-a"), Cable::lay("nvv-b")];
        done("create-switch nvv-br --interfaces nvv-a,nvv-b --vlan-filtering --default-vlan 7");
        done("configure-port nvv-br nvv-a --trunk 100-110,200 --native-vlan 5 --isolated");
        done("configure-switch nvv-br --own-vlans 100,200");
        let before = tables(&["nvv-br", "nvv-a", "nvv-b"]);
        assert!(before.contains("\"vlan\":110"), "{before}");
        done("delete-switch nvv-br");
        assert!(link("nvv-br").is_none());
        undo_last();
        assert_eq!(tables(&["nvv-br", "nvv-a", "nvv-b"]), before);
        let port = sh("bridge -j -d link show dev nvv-a").json();
        assert_eq!(port[0]["isolated"], true);
    }
}

machine_test! {
    fn a_sub_interface_is_made_listed_and_deleted() {
        let _cable = Cable::lay("nvv-a");
        done("create-vlan nvv-a 100 --name nvv-a.100");
        let made = link("nvv-a.100").unwrap();
        assert_eq!(made["linkinfo"]["info_kind"], "vlan");
        assert_eq!(made["linkinfo"]["info_data"]["id"], 100);
        assert_eq!(made["link"], "nvv-a");
        let listed = nova(&["list-vlans"]).ok();
        assert!(listed.contains("nvv-a.100") && listed.contains("sub-interface of nvv-a"), "{listed}");
        let error = nova(&["create-vlan", "nvv-a", "100", "--name", "other", "--yes"]);
        assert_eq!(error.code, 3, "{error:?}");
        assert!(error.err.contains("nvv-a.100"), "{error:?}");
        done("delete-vlan nvv-a.100");
        assert!(link("nvv-a.100").is_none());
        undo_last();
        assert!(link("nvv-a.100").is_some());
        undo_last();
        assert!(link("nvv-a.100").is_none());
    }
}

machine_test! {
    fn a_bridge_of_service_tags_puts_them_around_what_passes() {
        let _gone = Gone("nvv-br");
        let _ = sh("ip link delete nvv-br");
        let (uplink, member) = (Cable::lay("nvv-up"), Cable::lay("nvv-a"));
        done("create-switch nvv-br --interfaces nvv-up,nvv-a");
        done("configure-bridge nvv-br --vlan-filtering --vlan-protocol 802.1ad");
        let protocol = || link("nvv-br").unwrap()["linkinfo"]["info_data"]["vlan_protocol"].clone();
        assert_eq!(protocol(), "802.1ad");
        done("configure-port nvv-br nvv-up --trunk 100");
        done("configure-port nvv-br nvv-a --vlan 100");
        // What a customer says leaves with the service tag, and its own tag inside.
        let tagged = || ask(&member, Some(7));
        let heard = overheard(&uplink.namespace, "far", "vlan 100", tagged);
        assert!(heard.contains("802.1Q-QinQ") && heard.contains("vlan 7"), "{heard}");
        let plain = || pinged(&member);
        let heard = overheard(&uplink.namespace, "far", "vlan 100", plain);
        assert!(heard.contains("802.1Q-QinQ") && heard.contains("192.0.2.77"), "{heard}");
        // The tag of 802.1Q is none of its own: nothing passes by it.
        let heard = overheard(&member.namespace, "far", "arp", || ask(&uplink, Some(100)));
        assert!(!heard.contains("198.51.100.77"), "{heard}");
        let shown = nova(&["show", "nvv-br"]).ok();
        assert!(shown.contains("802.1ad"), "{shown}");
        done("configure-bridge nvv-br --vlan-protocol 802.1Q");
        assert_eq!(protocol(), "802.1Q");
        undo_last();
        assert_eq!(protocol(), "802.1ad");
    }
}

machine_test! {
    fn access_ports_and_the_host_join_a_vlan_and_nobody_is_in_one_by_default() {
        let _gone = Gone("nvv-br");
        let _ = sh("ip link delete nvv-br");
        let (a, b, c) = (Cable::lay("nvv-a"), Cable::lay("nvv-b"), Cable::lay("nvv-c"));
        done("create-switch nvv-br --interfaces nvv-a,nvv-b,nvv-c --vlan-filtering --default-vlan 0");
        let all = ["nvv-br", "nvv-a", "nvv-b", "nvv-c"];
        assert_eq!(tables(&all), "", "no port is in a VLAN");
        assert_eq!(link("nvv-br").unwrap()["linkinfo"]["info_data"]["vlan_default_pvid"], 0);
        let heard = overheard(&b.namespace, "far", "arp", || pinged(&a));
        assert!(!heard.contains("192.0.2.77"), "{heard}");
        done("configure-switch nvv-br --vlan 100 --access-ports nvv-a,nvv-b --own-vlan 100");
        let joined = tables(&all);
        assert_eq!(joined.matches("\"vlan\":100").count(), 3, "{joined}");
        assert_eq!(joined.matches("PVID").count(), 3, "{joined}");
        let heard = overheard(&b.namespace, "far", "arp", || pinged(&a));
        assert!(heard.contains("192.0.2.77") && !heard.contains("vlan"), "{heard}");
        let heard = overheard(&c.namespace, "far", "arp", || pinged(&a));
        assert!(!heard.contains("192.0.2.77"), "{heard}");
        // The host is in it, without a tag.
        let _ = sh("ip address add 192.0.2.1/24 dev nvv-br").ok();
        let _ = a.far("ip address replace 192.0.2.9/24 dev far");
        let reached = a.far("ping -c 1 -w 5 192.0.2.1");
        assert_eq!(reached.code, 0, "{reached:?}");
        undo_last();
        assert_eq!(tables(&all), "");
    }
}

/// The lines of the feature document, as they stand there.
const WRITTEN: [&str; 14] = [
    "create-switch br0 --type linux-bridge --stp-enable --interfaces eth0",
    "create-switch ovs0 --type openvswitch --openflow-version 1.3 --controller tcp:192.168.1.100:6653",
    "ovs-add-port ovs0 vm1-port",
    "ovs-add-port ovs0 vm2-port",
    "configure-switch br0 --vlan 100 --vlan-filtering --trunk-ports eth0",
    "mirror-port ovs0 --source vm1-port --destination vm2-port --mirror-type ingress,egress",
    "create-vlan eth1 100 --name eth1.100",
    "add-interface br0 eth1.100",
    "configure-bridge br0 --vlan-filtering --default-vlan 1",
    "ovs-add-port ovs0 vm1 --vlan 100",
    "ovs-add-port ovs0 uplink --trunk 100,200,300",
    "ovs-configure-port ovs0 vm1 --vlan-mode access --vlan 100",
    "qos vm1-port --ingress-rate 100Mbps --egress-rate 50Mbps --burst-size 10MB",
    "qos vm1-port --priority high --dscp 46 --class realtime",
];

machine_test! {
    fn commands_of_the_document_work_as_they_stand() {
        let _gone = (Gone("br0"), Gone("eth1.100"));
        let _ = sh("ip link delete br0; ovs-vsctl --if-exists del-br ovs0");
        let names = ["eth0", "eth1", "vm1-port", "vm2-port", "vm1", "uplink"];
        let _cables = names.map(Cable::lay);
        for line in WRITTEN {
            done(line);
        }
        let bridge = || link("br0").unwrap()["linkinfo"]["info_data"].clone();
        assert_eq!((&bridge()["stp_state"], &bridge()["vlan_filtering"]), (&1.into(), &1.into()));
        let carried = tables(&["eth0"]);
        assert!(carried.contains("100"), "{carried}");
        let vlan = link("eth1.100").unwrap();
        assert_eq!((&vlan["master"], &vlan["linkinfo"]["info_data"]["id"]), (&"br0".into(), &100.into()));
        let said = |line: &str| sh(&format!("ovs-vsctl {line}")).ok().trim().to_owned();
        for (line, is) in [
            ("get Bridge ovs0 protocols", "[OpenFlow13]"),
            ("get-controller ovs0", "tcp:192.168.1.100:6653"),
            ("get Port vm1 tag", "100"),
            ("get Port vm1 vlan_mode", "access"),
            ("get Port uplink trunks", "[100, 200, 300]"),
            ("get Interface vm1-port ingress_policing_rate", "100000"),
        ] {
            assert_eq!(said(line), is, "{line}");
        }
        let mirror = said("--bare --columns=select_src_port,select_dst_port,output_port list Mirror");
        assert_eq!(mirror.split_whitespace().count(), 3, "{mirror}");
        let queues = said("--bare --columns=other_config list Queue");
        assert!(queues.contains("max-rate=50000000") && queues.contains("burst=80000000"), "{queues}");
        // What makes a bridge faster.
        done("optimize-bridge br0 --forward-delay 4 --hello-time 1 --max-age 6 --ageing-time 300");
        done("configure-bridge br0 --stp off");
        done("optimize-bridge br0 --forward-delay 0 --hello-time 1 --max-age 6 --ageing-time 300");
        done("configure-bridge br0 --multicast-snooping --multicast-querier --hash-max 4096");
        let is = bridge();
        let told = ["forward_delay", "hello_time", "max_age", "mcast_querier", "mcast_hash_max"];
        assert_eq!(told.map(|name| is[name].clone()), [0, 100, 600, 1, 4096]);
        // It names four CPUs: a host with fewer says which it has.
        let cpus: u32 = sh("nproc").ok().trim().parse().unwrap();
        let steers = nova(&["set-affinity", "br0", "--cpu-mask", "0x0F", "--yes"]);
        let mask = sh("cat /sys/class/net/eth0/queues/rx-0/rps_cpus").ok();
        match cpus {
            4.. => assert_eq!((steers.code, mask.trim().trim_start_matches('0')), (0, "f")),
            _ => assert!(steers.code == 2 && steers.err.contains("CPU"), "{steers:?}"),
        }
        for line in ["delete-switch br0", "delete-vlan eth1.100", "delete-switch ovs0"] {
            done(line);
        }
        assert_eq!(said("--bare --columns=_uuid list QoS"), "");
    }
}

machine_test! {
    fn a_sub_interface_can_have_service_tags() {
        let _gone = Gone("nvv-up.30");
        let uplink = Cable::lay("nvv-up");
        done("create-vlan nvv-up 30 --protocol 802.1ad");
        let made = link("nvv-up.30").unwrap()["linkinfo"]["info_data"].clone();
        assert_eq!((&made["protocol"], &made["id"]), (&"802.1ad".into(), &30.into()));
        let _ = sh("ip address add 192.0.2.30/24 dev nvv-up.30").ok();
        let heard = overheard(&uplink.namespace, "far", "vlan 30", || {
            let _ = sh("ping -c 2 -i 0.2 -w 1 192.0.2.31");
        });
        assert!(heard.contains("802.1Q-QinQ") && heard.contains("192.0.2.31"), "{heard}");
        done("delete-vlan nvv-up.30");
        assert!(link("nvv-up.30").is_none());
    }
}

machine_test! {
    fn by_the_rust_api_network_manager_keeps_the_vlan_of_new_ports() {
        let _gone = Gone("nvv-br");
        let _ = sh("ip link delete nvv-br");
        let _lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
        let _cable = Cable::lay("nvv-a");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let keeper = NetworkManagerIntegration;
            let _ = keeper.create_bridge("nvv-br", &["nvv-a".to_owned()]).await.unwrap();
            let _ = keeper.configure_bridge_vlan("nvv-br", 7).await.unwrap();
        });
        let is = || link("nvv-br").unwrap()["linkinfo"]["info_data"].clone();
        assert_eq!((&is()["vlan_filtering"], &is()["vlan_default_pvid"]), (&1.into(), &7.into()));
        let kept = sh("cat /etc/NetworkManager/system-connections/nvv-br.nmconnection").ok();
        assert!(kept.contains("vlan-filtering=true") && kept.contains("vlan-default-pvid=7"), "{kept}");
        done("delete-switch nvv-br");
    }
}
