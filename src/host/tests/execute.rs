// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Every step done, read back with `ip`, and undone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{ip, ip_batch, ip_link, json, run, seen, seen_link};
use nova_host::execute::{Executor, Undone};
use nova_model::ErrorKind;
use nova_model::bridge::{BridgeOptions, BridgePatch, PortPatch};
use nova_model::change::ChangeSet;
use nova_model::link::Owner;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::step::{
    AddressStep, BridgeStep, LinkRef, LinkStep, PortStep, RouteSpec, RouteStep, Step,
};
use nova_model::traffic::Deed;

/// The link by name and, as a plan would have it, by index.
fn link(name: &str) -> LinkRef {
    LinkRef {
        name: name.parse().unwrap(),
        index: seen().link(name).map(|link| link.index),
    }
}

fn add_bridge(name: &str) -> Step {
    Step::from(BridgeStep::Add {
        name: name.parse().unwrap(),
        mac: "02:00:00:00:00:42".parse().unwrap(),
        options: BridgePatch::default(),
        alias: Some("nova:0123".to_owned()),
        mtu: None,
        up: true,
    })
}

/// Does the step, undoes it twice, and expects the host as before.
fn there_and_back(step: &(impl Clone + Into<Step>), check: impl FnOnce()) {
    let step = &step.clone().into();
    let before = seen();
    let undo = step.inverse(&before);
    let mut executor = Executor::new().unwrap();
    executor.execute(step).unwrap();
    let unmet = nova_model::fact::unmet([step], &seen());
    assert!(unmet.is_empty(), "{unmet:?}");
    check();
    for step in &undo {
        executor.undo(step).unwrap();
    }
    assert_eq!(seen().digest(), before.digest(), "{step:?}");
    for step in &undo {
        let again = executor.undo(step).unwrap();
        assert_eq!(again, Undone::AlreadySo, "{step:?}");
    }
    assert_eq!(seen().digest(), before.digest(), "{step:?}");
}

kernel_test! {
    fn a_bridge_is_made_complete_marked_and_up() {
        let step = BridgeStep::Add {
            name: "br0".parse().unwrap(),
            mac: "02:00:00:00:00:42".parse().unwrap(),
            options: BridgePatch {
                stp: Some(true),
                forward_delay: Some(4),
                hello_time: Some(1),
                max_age: Some(6),
                ageing_time: Some(60),
                priority: Some(8192),
                multicast_snooping: Some(false),
                multicast_querier: Some(true),
                multicast_hash_max: Some(512),
                group_fwd_mask: Some(0x4008),
                ..BridgePatch::default()
            },
            alias: Some("x".repeat(255)),
            mtu: Some(1400),
            up: true,
        };
        there_and_back(&step, || {
            let shown = ip_link("br0");
            let data = &shown["linkinfo"]["info_data"];
            assert_eq!(shown["address"], "02:00:00:00:00:42");
            assert_eq!(shown["ifalias"], "x".repeat(255));
            assert_eq!(shown["mtu"], 1400);
            assert!(shown["flags"].as_array().unwrap().iter().any(|flag| flag == "UP"));
            assert_eq!(data["stp_state"], 1);
            assert_eq!(data["forward_delay"], 400);
            assert_eq!(data["hello_time"], 100);
            assert_eq!(data["max_age"], 600);
            assert_eq!(data["ageing_time"], 6000);
            assert_eq!(data["priority"], 8192);
            assert_eq!(data["mcast_snooping"], 0);
            assert_eq!(data["mcast_querier"], 1);
            assert_eq!(data["mcast_hash_max"], 512);
            assert_eq!(data["group_fwd_mask"], "0x4008");
        });
    }
}

kernel_test! {
    fn a_bridge_that_is_deleted_comes_back_with_everything() {
        ip_batch(
            "link add br0 address 02:00:00:00:00:42 type bridge stp_state 1 forward_delay 200 priority 4096\n\
             link set br0 alias nova:77 mtu 1400 up\n",
        );
        let mac = "02:00:00:00:00:42".parse().unwrap();
        let step = BridgeStep::Delete { name: "br0".parse().unwrap(), mac };
        there_and_back(&step, || assert!(seen().link("br0").is_none()));
        assert_eq!(seen_link("br0").owner, Owner::Nova);
        assert_eq!(ip_link("br0")["linkinfo"]["info_data"]["forward_delay"], 200);
    }
}

kernel_test! {
    fn options_are_set_in_the_order_the_kernel_can_take() {
        // Without STP a delay of 0 stands; STP raises it; off again it must go
        // back to 0, which the kernel refuses while STP runs.
        ip("link add br0 type bridge forward_delay 0");
        let options = BridgePatch {
            stp: Some(true),
            forward_delay: Some(30),
            max_age: Some(40),
            ..BridgePatch::default()
        };
        let step = BridgeStep::Set { link: link("br0"), options };
        there_and_back(&step, || {
            let data = ip_link("br0")["linkinfo"]["info_data"].clone();
            assert_eq!((&data["stp_state"], &data["forward_delay"]), (&1.into(), &3000.into()));
        });
    }
}

kernel_test! {
    fn links_are_attached_detached_raised_and_renumbered() {
        ip_batch(
            "link add br0 address 02:00:00:00:00:01 type bridge\n\
             link add br1 address 02:00:00:00:00:02 type bridge\n\
             link add p0 type veth peer name p1\n",
        );
        let to = |bridge: Option<&str>| LinkStep::SetController {
            link: link("p0"),
            controller: bridge.map(|bridge| bridge.parse().unwrap()),
        };
        there_and_back(&to(Some("br0")), || assert_eq!(ip_link("p0")["master"], "br0"));
        ip("link set p0 master br0");
        there_and_back(&to(Some("br1")), || assert_eq!(ip_link("p0")["master"], "br1"));
        there_and_back(&to(None), || assert!(ip_link("p0")["master"].is_null()));
        there_and_back(&LinkStep::SetUp { link: link("p0"), up: true }, || {
            assert!(ip_link("p0")["flags"].as_array().unwrap().iter().any(|flag| flag == "UP"));
        });
        let mac = "02:00:00:00:00:99".parse().unwrap();
        there_and_back(&LinkStep::SetMac { link: link("br0"), mac }, || {
            assert_eq!(ip_link("br0")["address"], "02:00:00:00:00:99");
        });
    }
}

kernel_test! {
    fn a_bridge_keeps_its_mac_address_whatever_port_comes_or_goes() {
        ip_batch(
            "link add br0 type bridge\nlink set br0 up\n\
             link add p0 address 02:00:00:00:00:01 type veth peer name p1\n\
             link add p2 address 02:00:00:00:00:02 type veth peer name p3\nlink set p2 master br0\n",
        );
        let mac = ip_link("br0")["address"].clone();
        for wish in [
            r#"{"changes":[{"detach_port":{"switch":"br0","port":"p2"}}]}"#,
            r#"{"changes":[{"attach_port":{"switch":"br0","port":"p0"}}]}"#,
        ] {
            assert!(seen_link("br0").bridge.unwrap().follows_ports);
            let before = seen();
            let wish = ChangeSet::from_json(wish).unwrap();
            let plan = plan(&before, &wish, PlanId::from_bits(1)).unwrap();
            assert!(plan.steps[0].command.ends_with(&format!("br0 address {}", mac.as_str().unwrap())));
            let mut executor = Executor::new().unwrap();
            for planned in &plan.steps {
                executor.execute(&planned.step).unwrap();
            }
            assert!(plan.unmet(&seen()).is_empty());
            assert_eq!(ip_link("br0")["address"], mac);
            for undo in plan.steps.iter().rev().flat_map(|planned| &planned.undo) {
                executor.undo(undo).unwrap();
            }
            assert_eq!(ip_link("br0")["address"], mac);
            assert!(!seen_link("br0").bridge.unwrap().follows_ports);
            assert_eq!(seen().digest(), before.digest());
            // Only a bridge made anew follows its ports.
            ip_batch("link del br0\nlink add br0 type bridge\nlink set br0 up\nlink set p2 master br0\n");
            ip(&format!("link set p2 address {}", mac.as_str().unwrap()));
        }
    }
}

kernel_test! {
    fn options_of_a_port_are_set_and_come_back_with_it() {
        ip_batch(
            "link add br0 address 02:00:00:00:00:01 type bridge\n\
             link add p0 type veth peer name p1\nlink set p0 master br0\n",
        );
        let options = PortPatch {
            cost: Some(77),
            priority: Some(9),
            hairpin: Some(true),
            isolated: Some(true),
            learning: Some(false),
            unicast_flood: Some(false),
            multicast_flood: Some(false),
            broadcast_flood: Some(false),
            bpdu_guard: Some(true),
            root_block: Some(true),
            multicast_fast_leave: Some(true),
        };
        let step = PortStep::Set { link: link("p0"), options };
        let check = || {
            let shown = json("bridge", "-j -d link show dev p0")[0].clone();
            for (option, value) in [
                ("hairpin", true),
                ("isolated", true),
                ("learning", false),
                ("flood", false),
                ("mcast_flood", false),
                ("bcast_flood", false),
                ("guard", true),
                ("root_block", true),
                ("fastleave", true),
            ] {
                assert_eq!(shown[option], value, "{option}");
            }
            assert_eq!((&shown["cost"], &shown["priority"]), (&77.into(), &9.into()));
        };
        there_and_back(&step, check);
        Executor::new().unwrap().execute(&step.into()).unwrap();
        there_and_back(&LinkStep::SetController { link: link("p0"), controller: None }, || {});
        check();
    }
}

/// All that `ip` shows of a bridge and of its port, but what counts and ticks.
fn shown_whole(bridge: &str, port: &str) -> Vec<(String, serde_json::Value)> {
    let moving = ["timer", "topology", "state", "_id", "no", "n_learned"];
    [(bridge, "info_data"), (port, "info_slave_data")]
        .iter()
        .flat_map(|(name, part)| {
            let link = json("ip", &format!("-d -j link show dev {name}"));
            let data = link[0]["linkinfo"][part].as_object().cloned();
            data.unwrap_or_else(|| panic!("{name} has no {part}: {link}"))
        })
        .filter(|(key, _)| {
            !moving
                .iter()
                .any(|moving| key == moving || key.ends_with(moving))
        })
        .collect()
}

kernel_test! {
    fn options_that_nova_does_not_offer_come_back_with_the_bridge_and_the_port() {
        ip_batch(
            "link add br0 address 02:00:00:00:00:01 type bridge\n\
             link add p0 type veth peer name p1\nlink set p0 master br0\n\
             link set br0 type bridge mcast_router 2 mcast_query_interval 6000\n\
             link set br0 type bridge mcast_stats_enabled 1 mcast_igmp_version 3 no_linklocal_learn 1\n\
             link set p0 type bridge_slave mcast_router 2 mcast_to_unicast on group_fwd_mask 8\n\
             link set p0 type bridge_slave neigh_suppress on proxy_arp on vlan_tunnel on\n",
        );
        run("bridge", &["fdb", "add", "02:00:00:00:00:77", "dev", "p0", "master", "static"]);
        ip_batch("link set br0 up\nlink set p0 up\nlink set p1 up\n");
        run("bridge", &["mdb", "add", "dev", "br0", "port", "p0", "grp", "239.1.1.1", "permanent"]);
        run("bridge", &["mdb", "add", "dev", "br0", "port", "p0", "grp", "ff05::17", "permanent"]);
        let before = shown_whole("br0", "p0");
        let host = seen();
        let gone = plan(
            &host,
            &ChangeSet::from_json(r#"{"changes":[{"delete_switch":{"name":"br0","foreign":true}}]}"#).unwrap(),
            PlanId::from_bits(5),
        )
        .unwrap();
        let mut executor = Executor::new().unwrap();
        for planned in &gone.steps {
            executor.execute(&planned.step).unwrap();
        }
        assert!(seen().link("br0").is_none());
        let mut executor = Executor::new().unwrap();
        for step in gone.steps.iter().rev().flat_map(|planned| &planned.undo) {
            executor.undo(step).unwrap();
        }
        assert_eq!(shown_whole("br0", "p0"), before);
        let known = json("bridge", "-j fdb show br br0 dev p0");
        let known = known.as_array().unwrap();
        let is_set = |entry: &serde_json::Value| {
            entry["mac"] == "02:00:00:00:00:77" && entry["state"] == "static"
        };
        assert!(known.iter().any(is_set), "{known:?}");
        let groups = run("bridge", &["mdb", "show", "dev", "br0"]);
        for group in ["239.1.1.1 permanent", "ff05::17 permanent"] {
            assert!(groups.contains(&format!("port p0 grp {group}")), "{groups}");
        }
        assert_eq!(seen().digest(), host.digest());
        let again = gone.steps.iter().rev().flat_map(|planned| &planned.undo);
        for step in again.filter(|step| matches!(step, Step::Other(_) | Step::Fdb(_) | Step::Mdb(_))) {
            assert_eq!(executor.undo(step).unwrap(), Undone::AlreadySo);
        }
    }
}

/// Both ends up, the near ones ports of a bridge.
const TWO_PORTS: &str = "link add br0 address 02:00:00:00:00:01 type bridge\nlink set br0 up\n\
    link add p0 type veth peer name q0\nlink add p1 type veth peer name q1\n\
    link set p0 master br0 up\nlink set p1 master br0 up\nlink set q0 up\nlink set q1 up\n";

fn done(wish: &str) -> Plan {
    let plan = plan(
        &seen(),
        &ChangeSet::from_json(wish).unwrap(),
        PlanId::from_bits(5),
    )
    .unwrap();
    let mut executor = Executor::new().unwrap();
    for planned in &plan.steps {
        executor.execute(&planned.step).unwrap();
    }
    let unmet = plan.unmet(&seen());
    assert!(unmet.is_empty(), "{unmet:?}");
    plan
}

fn undone(plan: &Plan) {
    let mut executor = Executor::new().unwrap();
    for undo in plan.steps.iter().rev().flat_map(|planned| &planned.undo) {
        executor.undo(undo).unwrap();
    }
}

kernel_test! {
    fn a_port_is_limited_both_ways_as_tc_shows_it() {
        ip_batch(TWO_PORTS);
        let before = seen();
        let limits = r#"{"changes":[{"set_qos":{"port":"p0","ingress_rate":100000000,
            "egress_rate":50000000,"burst":10000000}}]}"#;
        let plan = done(limits);
        let root = json("tc", "-j qdisc show dev p0")[0].clone();
        assert_eq!((&root["kind"], &root["handle"]), (&"htb".into(), &"4e6f:".into()));
        let classes = run("tc", &["class", "show", "dev", "p0"]);
        assert!(classes.contains("rate 50Mbit ceil 50Mbit burst 9") || classes.contains("rate 50Mbit ceil 50Mbit burst 10"), "{classes}");
        let buffer = seen().links.values().find(|link| link.kind.word() == "ifb").unwrap().clone();
        assert_eq!(buffer.owner, Owner::Nova);
        let behind = run("tc", &["class", "show", "dev", &buffer.name.to_string()]);
        assert!(behind.contains("rate 100Mbit ceil 100Mbit"), "{behind}");
        let filters = run("tc", &["filter", "show", "dev", "p0", "ingress"]);
        assert!(filters.contains(&format!("Egress Redirect to device {}", buffer.name)), "{filters}");
        // A second time there is nothing to do, another rate changes the same.
        let again = plan_of(limits);
        assert!(again.is_empty(), "{:?}", again.steps);
        let more = done(r#"{"changes":[{"set_qos":{"port":"p0","ingress_rate":200000000}}]}"#);
        assert_eq!(more.steps.len(), 1);
        undone(&more);
        let removed = done(r#"{"changes":[{"remove_qos":{"port":"p0"}}]}"#);
        assert_eq!(seen().digest(), before.digest());
        undone(&removed);
        undone(&plan);
        assert_eq!(seen().digest(), before.digest());
    }
}

fn plan_of(wish: &str) -> Plan {
    plan(
        &seen(),
        &ChangeSet::from_json(wish).unwrap(),
        PlanId::from_bits(6),
    )
    .unwrap()
}

kernel_test! {
    fn a_mark_stands_or_the_missing_module_is_named() {
        ip_batch(TWO_PORTS);
        let before = seen();
        let wish = r#"{"changes":[{"set_qos":{"port":"p0","priority":"high","dscp":46}}]}"#;
        let plan = plan_of(wish);
        assert_eq!(plan.steps.len(), 4);
        let mut executor = Executor::new().unwrap();
        let failed = plan.steps.iter().find_map(|planned| executor.execute(&planned.step).err());
        match failed {
            None => {
                let filters = run("tc", &["filter", "show", "dev", "p0", "ingress"]);
                assert!(filters.contains("pedit") && filters.contains("priority 4e6f:6"), "{filters}");
                assert!(plan_of(wish).is_empty());
            }
            Some(error) => assert!(
                error.message().contains("the kernel has no module act_pedit"),
                "{error}"
            ),
        }
        undone(&plan);
        assert_eq!(seen().digest(), before.digest());
    }
}

kernel_test! {
    fn a_mirror_and_a_limit_stand_beside_each_other() {
        ip_batch(TWO_PORTS);
        let before = seen();
        let mirror = done(r#"{"changes":[{"add_mirror":{"switch":"br0",
            "sources":[{"port":"p0","direction":"both"}],"output":{"port":"p1"}}}]}"#);
        let limit = done(r#"{"changes":[{"set_qos":{"port":"p0","ingress_rate":8000000}}]}"#);
        for way in ["ingress", "egress"] {
            let filters = run("tc", &["filter", "show", "dev", "p0", way]);
            assert!(filters.contains("Egress Mirror to device p1"), "{filters}");
        }
        let gone = done(r#"{"changes":[{"remove_mirror":{"switch":"br0","name":"mirror-p1"}}]}"#);
        let filters = run("tc", &["filter", "show", "dev", "p0", "ingress"]);
        assert!(!filters.contains("Mirror") && filters.contains("Redirect"), "{filters}");
        for plan in [gone, limit, mirror] {
            undone(&plan);
        }
        assert_eq!(seen().digest(), before.digest());
    }
}

kernel_test! {
    fn limits_and_filters_of_others_are_left_alone() {
        ip_batch(TWO_PORTS);
        run("tc", &["qdisc", "add", "dev", "p0", "root", "handle", "1:", "htb"]);
        run("tc", &["qdisc", "add", "dev", "p1", "clsact"]);
        let u32 = ["filter", "add", "dev", "p1", "ingress", "pref", "7", "protocol", "all", "u32",
            "match", "u32", "0", "0", "action", "mirred", "egress", "mirror", "dev", "p0"];
        run("tc", &u32);
        let before = seen();
        let refused = plan(
            &before,
            &ChangeSet::from_json(r#"{"changes":[{"set_qos":{"port":"p0","egress_rate":8000000}}]}"#).unwrap(),
            PlanId::from_bits(1),
        )
        .unwrap_err();
        assert!(refused.message().contains("htb"), "{refused}");
        assert!(refused.remedy().unwrap().contains("tc qdisc delete dev p0 root"));
        let filters = &before.link("p1").unwrap().traffic.filters;
        let p0 = before.link("p0").unwrap().index;
        assert_eq!(filters.len(), 1);
        assert_eq!((&filters[0].deed, filters[0].is_ours), (&Deed::Mirror(p0), false));
        let added = done(r#"{"changes":[{"add_mirror":{"switch":"br0",
            "sources":[{"port":"p1","direction":"ingress"}],"output":{"port":"p0"}}}]}"#);
        assert!(added.notices.iter().any(|notice| notice.contains("did not make")), "{:?}", added.notices);
        done(r#"{"changes":[{"remove_mirror":{"switch":"br0","name":"mirror-p0"}}]}"#);
        assert_eq!(seen().digest(), before.digest());
    }
}

kernel_test! {
    fn an_mtu_is_set_and_set_back() {
        ip_batch("link add br0 type bridge\nlink add p0 mtu 1400 type veth peer name p1\n");
        for name in ["br0", "p0"] {
            there_and_back(&LinkStep::SetMtu { link: link(name), mtu: 9000 }, || {
                assert_eq!(ip_link(name)["mtu"], 9000);
            });
        }
    }
}

kernel_test! {
    fn without_vlan_filtering_in_the_kernel_the_error_says_so() {
        ip("link add br0 type bridge");
        let shown = ip_link("br0")["linkinfo"]["info_data"].clone();
        assert_eq!(
            seen_link("br0").bridge.unwrap().knows_vlans,
            !shown["vlan_default_pvid"].is_null()
        );
        if seen_link("br0").bridge.unwrap().knows_vlans {
            return;
        }
        let options = BridgePatch { vlan_filtering: Some(true), ..BridgePatch::default() };
        let mut executor = Executor::new().unwrap();
        for step in [
            Step::from(BridgeStep::Set { link: link("br0"), options }),
            Step::from(BridgeStep::Add {
                name: "br1".parse().unwrap(),
                mac: "02:00:00:00:00:42".parse().unwrap(),
                options,
                alias: None,
                mtu: None,
                up: true,
            }),
        ] {
            let error = executor.execute(&step).unwrap_err();
            assert!(error.message().contains("this kernel has no VLAN filtering"), "{error}");
        }
    }
}

kernel_test! {
    fn a_link_set_down_gets_its_addresses_and_routes_back() {
        ip_batch(
            "link add v0 type veth peer name v1\nlink set v1 up\nlink set v0 up\n\
             address add 192.0.2.5/24 dev v0\naddress add 2001:db8::5/64 dev v0 nodad\n\
             route add default via 192.0.2.1 dev v0 metric 10\n\
             route add 2001:db8:7::/48 via 2001:db8::1 dev v0\n\
             route add 203.0.113.0/24 dev v0 src 192.0.2.5 proto static\n",
        );
        there_and_back_once(&LinkStep::SetUp { link: link("v0"), up: false });
    }
}

/// As [`there_and_back`] for steps the kernel does more after than it is told.
fn there_and_back_once(step: &(impl Clone + Into<Step>)) {
    let step = &step.clone().into();
    let before = seen();
    let undo = step.inverse(&before);
    let mut executor = Executor::new().unwrap();
    executor.execute(step).unwrap();
    for step in &undo {
        executor.undo(step).unwrap();
    }
    assert_eq!(seen().digest(), before.digest());
}

kernel_test! {
    fn addresses_and_routes_come_and_go() {
        ip_batch(
            "link add v0 type veth peer name v1\nlink set v1 up\nlink set v0 up\n\
             address add 198.51.100.2/32 dev v0\n",
        );
        let net = "192.0.2.5/24".parse().unwrap();
        there_and_back(&AddressStep::Add { link: link("v0"), net }, || {
            let shown = json("ip", "-j -4 address show dev v0");
            assert!(shown.to_string().contains("192.0.2.5"), "{shown}");
        });
        let net6 = "2001:db8::5/64".parse().unwrap();
        there_and_back(&AddressStep::Add { link: link("v0"), net: net6 }, || {});
        ip("address add 192.0.2.5/24 dev v0");
        there_and_back(&AddressStep::Remove { link: link("v0"), net }, || {});
        let route = |destination: &str, gateway: Option<&str>, metric| RouteSpec {
            destination: destination.parse().unwrap(),
            gateway: gateway.map(|gateway| gateway.parse().unwrap()),
            source: None,
            link: "v0".parse().unwrap(),
            metric,
            protocol: 4,
        };
        for route in [
            route("0.0.0.0/0", Some("192.0.2.1"), 0),
            route("203.0.113.0/24", None, 7),
            // A gateway that no address of the host reaches.
            route("0.0.0.0/0", Some("198.51.100.1"), 99),
            route("2001:db8:7::/48", Some("fe80::1"), 20),
            route("203.0.113.0/24", Some("fe80::1"), 20),
        ] {
            there_and_back(&RouteStep::Add(route.clone()), || {});
            Executor::new().unwrap().execute(&RouteStep::Add(route.clone()).into()).unwrap();
            there_and_back(&RouteStep::Remove(route), || {});
        }
    }
}

kernel_test! {
    fn the_addresses_of_a_network_come_back_in_their_order() {
        ip_batch(
            "link add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up\n\
             address add 192.0.2.5/24 dev v0\naddress add 192.0.2.6/24 dev v0\n",
        );
        let before = seen();
        let mut executor = Executor::new().unwrap();
        // As a plan does it: with the first the kernel may take the others.
        let steps = ["192.0.2.6/24", "192.0.2.5/24"].map(|net| Step::from(AddressStep::Remove {
            link: link("v0"),
            net: net.parse().unwrap(),
        }));
        for step in &steps {
            executor.execute(step).unwrap();
        }
        assert_eq!(executor.undo(&steps[0]).unwrap(), Undone::AlreadySo);
        assert!(seen_link("v0").addresses.iter().all(|address| !address.net.address().is_ipv4()));
        for step in steps.iter().rev() {
            for undo in step.inverse(&before) {
                executor.undo(&undo).unwrap();
            }
        }
        assert_eq!(seen().digest(), before.digest());
    }
}

kernel_test! {
    fn what_took_the_name_meanwhile_is_left_alone() {
        ip("link add br0 address 02:00:00:00:00:01 type bridge");
        let planned = link("br0");
        ip("link del br0");
        let mut executor = Executor::new().unwrap();
        let delete = Step::from(BridgeStep::Delete {
            name: "br0".parse().unwrap(),
            mac: "02:00:00:00:00:01".parse().unwrap(),
        });
        assert_eq!(executor.undo(&delete).unwrap(), Undone::AlreadySo);
        ip("link add br0 address 02:00:00:00:00:0f type bridge");
        let foreign = seen();
        let steps = [
            delete,
            Step::from(LinkStep::SetUp { link: planned.clone(), up: true }),
            Step::from(LinkStep::SetMac { link: planned.clone(), mac: "02:00:00:00:00:02".parse().unwrap() }),
            Step::from(AddressStep::Add { link: planned.clone(), net: "192.0.2.1/24".parse().unwrap() }),
            Step::from(BridgeStep::Set {
                link: planned,
                options: BridgePatch { stp: Some(true), ..BridgePatch::default() },
            }),
        ];
        for step in &steps {
            assert_eq!(executor.undo(step).unwrap(), Undone::Vanished, "{step:?}");
            assert_eq!(executor.execute(step).unwrap_err().kind(), ErrorKind::NotFound, "{step:?}");
        }
        let error = executor.execute(&add_bridge("br0")).unwrap_err();
        assert_eq!(error.message(), "bridge br0: it exists already");
        assert!(executor.undo(&add_bridge("br0")).is_err());
        assert_eq!(seen(), foreign);
    }
}

kernel_test! {
    fn a_bridge_made_again_is_meant_by_the_index_of_the_old_one() {
        ip_batch(
            "link add br0 address 02:00:00:00:00:42 type bridge\nlink set br0 up\n\
             address add 192.0.2.1/24 dev br0\n",
        );
        let before = seen();
        let reference = link("br0");
        let steps = [
            Step::from(AddressStep::Remove { link: reference.clone(), net: "192.0.2.1/24".parse().unwrap() }),
            Step::from(LinkStep::SetUp { link: reference, up: false }),
            Step::from(BridgeStep::Delete {
                name: "br0".parse().unwrap(),
                mac: "02:00:00:00:00:42".parse().unwrap(),
            }),
        ];
        let mut executor = Executor::new().unwrap();
        let mut undos = Vec::new();
        for step in &steps {
            undos.push(step.inverse(&seen()));
            executor.execute(step).unwrap();
        }
        // Whoever undoes after a crash knows nothing, and may be interrupted too.
        for length in [1, 2, 3] {
            let mut executor = Executor::new().unwrap();
            for undo in undos.iter().rev().take(length).flatten() {
                assert_ne!(executor.undo(undo).unwrap(), Undone::Vanished, "{undo:?}");
            }
        }
        assert_eq!(seen().digest(), before.digest());
        assert_ne!(seen_link("br0").index, before.link("br0").unwrap().index);
    }
}

kernel_test! {
    fn the_kernels_reason_is_in_the_error() {
        ip_batch("link add br0 type bridge\nlink add br1 type bridge\ntuntap add tun0 mode tun\n");
        let mut executor = Executor::new().unwrap();
        let attach = |port: &str| Step::from(LinkStep::SetController {
            link: link(port),
            controller: Some("br0".parse().unwrap()),
        });
        let error = executor.execute(&attach("br1")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.message().starts_with("bridge br0: port br1: "), "{error}");
        let error = executor.execute(&attach("tun0")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        let gone = Step::from(LinkStep::SetController {
            link: LinkRef { name: "nix0".parse().unwrap(), index: None },
            controller: None,
        });
        let error = executor.execute(&gone).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.message(), "nix0: it vanished meanwhile");
        ip("link add vx0 type vxlan id 7 dstport 4789 remote 192.0.2.1");
        let mac = "01:00:00:00:00:01".parse().unwrap();
        let error = executor.execute(&Step::from(LinkStep::SetMac { link: link("vx0"), mac })).unwrap_err();
        assert!(error.message().starts_with("vx0: MAC address 01:00:00:00:00:01: "), "{error}");
    }
}

kernel_test! {
    fn without_the_privilege_nothing_changes_and_the_error_says_so() {
        let before = seen();
        let error = std::thread::spawn(|| {
            // Only this thread loses the privilege.
            let none = rustix::thread::CapabilitySet::empty();
            let sets = rustix::thread::CapabilitySets {
                effective: none,
                permitted: none,
                inheritable: none,
            };
            let mut executor = Executor::new().unwrap();
            rustix::thread::set_capabilities(None, sets).unwrap();
            assert!(nova_host::observe::observe().is_ok());
            executor.execute(&add_bridge("br0")).unwrap_err()
        })
        .join()
        .unwrap();
        assert_eq!(error.kind(), ErrorKind::NotAuthorised);
        assert_eq!(seen(), before);
    }
}

kernel_test! {
    fn an_alternative_name_is_not_the_name() {
        ip_batch("link add br0 type bridge\nlink property add dev br0 altname office\n");
        let mut executor = Executor::new().unwrap();
        let step = Step::from(LinkStep::SetUp {
            link: LinkRef { name: "office".parse().unwrap(), index: None },
            up: true,
        });
        assert_eq!(executor.undo(&step).unwrap(), Undone::Vanished);
        assert!(!seen_link("br0").is_up);
        assert_eq!(seen_link("br0").bridge.unwrap().options, BridgeOptions::default());
    }
}
