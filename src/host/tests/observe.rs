// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What Nova sees against what `ip` and `bridge` see.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::os::unix::ffi::OsStrExt;

use common::{elsewhere, ip, ip_batch, ip_link, json, run, seen, seen_link};
use nova_model::bridge::StpState;
use nova_model::link::{LinkKind, Owner};
use nova_model::manager::{Managers, NetworkManagerDaemon, NmLink};
use nova_model::name::LinkName;

kernel_test! {
    fn a_bridge_is_seen_with_all_its_options() {
        ip("link add br0 address 52:54:00:00:00:07 type bridge stp_state 1 forward_delay 500 \
            hello_time 300 max_age 800 ageing_time 12345 priority 4096 mcast_snooping 0");
        ip("link set br0 up alias nova:0123");
        let link = seen_link("br0");
        assert_eq!(link.kind, LinkKind::Bridge);
        assert_eq!(link.owner, Owner::Nova);
        assert_eq!(link.alias.as_deref(), Some("nova:0123"));
        assert!(link.is_up);
        let bridge = link.bridge.unwrap();
        let shown = ip_link("br0");
        let data = &shown["linkinfo"]["info_data"];
        let options = bridge.options;
        assert!(options.stp);
        assert_eq!(options.forward_delay, 5);
        assert_eq!(options.hello_time, 3);
        assert_eq!(options.max_age, 8);
        assert_eq!(options.ageing_time, 123);
        assert_eq!(options.priority, 4096);
        assert!(!options.multicast_snooping);
        assert_eq!(data["forward_delay"], 500);
        assert_eq!(data["bridge_id"], "1000.52:54:0:0:0:7");
        assert_eq!(bridge.id.to_string(), "1000.525400000007");
        assert!(bridge.is_root());
        assert_eq!(link.index, u32::try_from(shown["ifindex"].as_u64().unwrap()).unwrap());
        assert_eq!(u64::from(link.mtu), shown["mtu"].as_u64().unwrap());
        assert_eq!(link.mac.unwrap().to_string(), shown["address"]);
    }
}

kernel_test! {
    fn a_port_is_seen_with_its_state_as_bridge_shows_it() {
        ip_batch(
            "link add br0 type bridge stp_state 1 forward_delay 400\n\
             link add p0 type veth peer name p1\n\
             link set p0 master br0 up\nlink set p1 up\nlink set br0 up\n\
             link set p0 type bridge_slave cost 77 priority 9 hairpin on isolated on learning off\n",
        );
        let link = seen_link("p0");
        let port = link.port.unwrap();
        let shown = &json("bridge", "-j -d link show dev p0")[0];
        assert_eq!(link.controller, seen().link("br0").map(|bridge| bridge.index));
        assert_eq!(port.state.word(), shown["state"]);
        assert_eq!(port.state, StpState::Listening);
        assert_eq!(u64::from(port.options.cost), shown["cost"].as_u64().unwrap());
        assert_eq!(u64::from(port.options.priority), shown["priority"].as_u64().unwrap());
        assert_eq!((port.options.cost, port.options.priority, port.number), (77, 9, 1));
        let options = port.options;
        assert!(options.hairpin && options.isolated && !options.learning);
        let bridge = seen_link("br0").bridge.unwrap();
        assert_eq!(port.designated_bridge, Some(bridge.id));
    }
}

kernel_test! {
    fn every_kind_of_link_is_seen_as_what_it_is() {
        ip_batch(
            "link add v0 type veth peer name v1\n\
             tuntap add tap0 mode tap\ntuntap add tun0 mode tun\n\
             link add macvtap0 link v0 type macvtap\nlink add macvlan0 link v0 type macvlan\n\
             link add vx0 type vxlan id 7 dstport 4789 remote 192.0.2.1\n\
             link add ifb7 type ifb\n",
        );
        let state = seen();
        let kind = |name: &str| state.link(name).unwrap().kind.clone();
        assert_eq!(kind("lo"), LinkKind::Loopback);
        assert_eq!(kind("v0"), LinkKind::Veth);
        assert_eq!(kind("tap0"), LinkKind::Tap);
        assert_eq!(kind("tun0"), LinkKind::Tun);
        assert_eq!(kind("macvtap0"), LinkKind::Macvtap);
        assert_eq!(kind("macvlan0"), LinkKind::Macvlan);
        assert_eq!(kind("vx0"), LinkKind::Vxlan);
        assert_eq!(kind("ifb7"), LinkKind::Other("ifb".to_owned()));
        let index = |name: &str| state.link(name).unwrap().index;
        assert_eq!(state.link("v0").unwrap().lower, Some(index("v1")));
        assert_eq!(state.link("macvtap0").unwrap().lower, Some(index("v0")));
        assert_eq!(state.link("vx0").unwrap().lower, None);
        assert_eq!(state.link("tun0").unwrap().mac, None);
        assert_eq!(state.link("lo").unwrap().owner, Owner::Kernel);
        assert_eq!(state.link("v0").unwrap().owner, Owner::Nobody);
        let shown = json("ip", "-j link show");
        assert_eq!(shown.as_array().unwrap().len(), state.links.len());
    }
}

kernel_test! {
    fn the_other_end_of_a_cable_into_another_namespace_is_no_link_here() {
        let mut sleeper = elsewhere();
        ip("link add v0 type veth peer name v1");
        ip(&format!("link set v1 netns {}", sleeper.id()));
        let link = seen_link("v0");
        assert_eq!(link.lower, None);
        assert!(link.is_uplink_like());
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}

kernel_test! {
    fn addresses_and_routes_are_seen_as_ip_shows_them() {
        ip_batch(
            "link set lo up\nlink add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up\n\
             address add 192.0.2.5/24 dev v0\naddress add 198.51.100.1 peer 198.51.100.2/32 dev v0\n\
             address add 2001:db8::5/64 dev v0 nodad valid_lft 600 preferred_lft 300\n\
             route add default via 192.0.2.1 dev v0 metric 50 proto static\n\
             route add 203.0.113.0/24 dev v0 src 192.0.2.5\n\
             route add 2001:db8:1::/48 via 2001:db8::1 dev v0 metric 7\n\
             route add 203.0.113.128/25 nexthop via 192.0.2.7 dev v0 nexthop via 192.0.2.8 dev v0\n\
             route add blackhole 10.0.0.0/8\nroute add 10.1.0.0/16 dev v0 table 77\n",
        );
        let state = seen();
        let link = state.link("v0").unwrap();
        let nets: Vec<String> = link
            .addresses
            .iter()
            .map(|address| format!("{}{}", address.net, if address.is_dynamic { "!" } else { "" }))
            .filter(|net| !net.starts_with("fe80"))
            .collect();
        assert_eq!(nets, ["192.0.2.5/24", "198.51.100.1/32", "2001:db8::5/64!"]);
        let routes: Vec<String> = state
            .routes
            .iter()
            .filter(|route| !route.destination.is_ipv6_link_local())
            .map(|route| {
                let gateway = route.gateway.map(|gateway| format!(" via {gateway}"));
                let source = route.source.map(|source| format!(" src {source}"));
                format!(
                    "{}{}{} metric {} proto {}",
                    route.destination,
                    gateway.unwrap_or_default(),
                    source.unwrap_or_default(),
                    route.metric,
                    route.protocol
                )
            })
            .collect();
        assert_eq!(
            routes,
            [
                "0.0.0.0/0 via 192.0.2.1 metric 50 proto 4",
                "192.0.2.0/24 src 192.0.2.5 metric 0 proto 2",
                "198.51.100.2/32 src 198.51.100.1 metric 0 proto 2",
                "203.0.113.0/24 src 192.0.2.5 metric 0 proto 3",
                "203.0.113.128/25 via 192.0.2.7 metric 0 proto 3",
                "203.0.113.128/25 via 192.0.2.8 metric 0 proto 3",
                "2001:db8::/64 metric 256 proto 2",
                "2001:db8:1::/48 via 2001:db8::1 metric 7 proto 3",
            ]
        );
    }
}

kernel_test! {
    fn hostile_names_are_seen_byte_by_byte() {
        let names: [&[u8]; 10] = [
            b"-d", b"0", b"e\x1b[31m", b"\xff\xfe", b"$(id)", b"\"q;#", b"a\xc2\x9bb", b"--help",
            b"a\xe2\x80\xaeb", b"\x01\x7f\x80",
        ];
        for name in names {
            let name = std::ffi::OsStr::from_bytes(name);
            let words: Vec<&std::ffi::OsStr> = ["link", "add", "name"]
                .iter()
                .map(std::ffi::OsStr::new)
                .chain([name])
                .chain(["type", "bridge"].iter().map(std::ffi::OsStr::new))
                .collect();
            run("ip", &words);
        }
        let state = seen();
        for name in names {
            let wanted = LinkName::from_bytes(name);
            let link = state.links.values().find(|link| link.name == wanted);
            let link = link.unwrap_or_else(|| panic!("{wanted}"));
            assert!(link.is_bridge(), "{wanted}");
            let shown = wanted.to_string();
            assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
        }
        let text = serde_json::to_string(&state).unwrap();
        assert!(text.is_ascii(), "{text}");
    }
}

kernel_test! {
    fn links_that_look_like_a_daemons_have_that_owner() {
        ip_batch(
            "link add virbr3 address 52:54:00:aa:00:01 type bridge\n\
             link add virbrx address 52:54:00:aa:00:02 type bridge\n\
             link add docker0 type bridge\nlink add br-0123456789ab type bridge\n\
             link add br-lan type bridge\nlink add podman1 type bridge\nlink add incusbr0 type bridge\n\
             tuntap add vnet0 mode tap\nlink set vnet0 address fe:54:00:00:00:01 master virbr3\n\
             tuntap add tap9 mode tap\nlink set tap9 address fe:54:00:00:00:02 master virbr3\n\
             link add veth9 type veth peer name eth9\nlink set veth9 master docker0\n",
        );
        let state = seen();
        let owner = |name: &str| state.link(name).unwrap().owner.clone();
        let libvirt = Owner::Libvirt { network: None };
        assert_eq!(owner("virbr3"), libvirt);
        assert_eq!(owner("vnet0"), libvirt);
        assert_eq!(owner("tap9"), libvirt);
        assert_eq!(owner("virbrx"), Owner::Nobody);
        assert_eq!(owner("docker0").name(), "Docker");
        assert_eq!(owner("br-0123456789ab").name(), "Docker");
        assert_eq!(owner("veth9").name(), "Docker");
        assert_eq!(owner("eth9"), Owner::Nobody);
        assert_eq!(owner("br-lan"), Owner::Nobody);
        assert_eq!(owner("podman1").name(), "Podman");
        assert_eq!(owner("incusbr0").name(), "Incus");
        let mut state = state;
        let links = ["br-lan", "docker0"].map(|name| (name.to_owned(), NmLink::default()));
        let daemon = NetworkManagerDaemon { links: links.into(), own: Vec::new() };
        let managers = Managers { network_manager: Some(daemon), ..Managers::default() };
        nova_host::owner::claim(&mut state, managers, |_| false);
        assert_eq!(state.link("br-lan").unwrap().owner, Owner::NetworkManagerDaemon);
        assert_eq!(state.link("docker0").unwrap().owner.name(), "Docker");
        let networks = [("virbr3".to_owned(), "lab".to_owned())].into();
        nova_host::owner::claim_libvirt(&mut state, &networks);
        let lab = Owner::Libvirt { network: Some("lab".to_owned()) };
        assert_eq!(state.link("virbr3").unwrap().owner, lab);
        assert_eq!(state.link("vnet0").unwrap().owner, lab);
    }
}

kernel_test! {
    fn links_that_vanish_in_the_middle_of_a_dump_cost_nothing() {
        let lines: String = (0..300).map(|n| format!("link add n{n} type ifb\n")).collect();
        ip_batch(&lines);
        let churn = std::thread::spawn(|| {
            for round in 0..4 {
                let lines: String = (0..300).step_by(3)
                    .map(|n| if round % 2 == 0 { format!("link del n{n}\n") }
                         else { format!("link add n{n} type ifb\n") })
                    .collect();
                ip_batch(&lines);
            }
        });
        let (mut whole, mut refused) = (0, 0);
        while !churn.is_finished() {
            // Either whole and consistent, or refused because nothing stands still.
            match nova_host::observe::observe() {
                Ok(state) => {
                    assert!((200..=301).contains(&state.links.len()));
                    whole += 1;
                }
                Err(error) => {
                    assert!(error.message().contains("faster"), "{error}");
                    refused += 1;
                }
            }
        }
        churn.join().unwrap();
        assert!(whole > 3, "{whole} were whole, {refused} refused");
        assert_eq!(seen().links.len(), 301);
    }
}

kernel_test! {
    fn the_forwarding_database_is_seen_as_bridge_shows_it() {
        // What p1 sends as it comes up may not be learned between the two looks.
        ip_batch(
            "link add br0 type bridge\nlink add p0 type veth peer name p1\n\
             link set p0 master br0\nlink set p0 type bridge_slave learning off\n\
             link set p0 up\nlink set p1 up\nlink set br0 up\n",
        );
        run("bridge", &["fdb", "add", "02:00:00:00:00:77", "dev", "p0", "master", "static"]);
        run("bridge", &["fdb", "add", "02:00:00:00:00:78", "dev", "p0", "master", "dynamic"]);
        let state = seen();
        let bridge = state.link("br0").unwrap().index;
        let entries = nova_host::fdb::fdb(bridge).unwrap();
        let shown = json("bridge", "-j fdb show br br0");
        let mut theirs: Vec<String> = shown
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| !entry["master"].is_null() || entry["ifname"] == "br0")
            .filter(|entry| entry["flags"].as_array().is_none_or(|flags| !flags.iter().any(|flag| flag == "self")))
            .map(|entry| format!("{} {}", entry["mac"].as_str().unwrap(), entry["ifname"].as_str().unwrap()))
            .collect();
        let mut ours: Vec<String> = entries
            .iter()
            .map(|entry| format!("{} {}", entry.mac, state.links[&entry.link].name))
            .collect();
        theirs.sort();
        theirs.dedup();
        ours.sort();
        ours.dedup();
        assert_eq!(ours, theirs);
        let set = entries.iter().find(|entry| entry.mac.to_string() == "02:00:00:00:00:77").unwrap();
        assert_eq!(set.origin.word(), "static");
        assert_eq!(set.idle, None);
    }
}
