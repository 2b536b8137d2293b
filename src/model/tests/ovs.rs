// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a bridge of Open vSwitch would take and ignore, or take as something
//! else, is refused or said before.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use nova_model::address::MacAddress;
use nova_model::change::Change;
use nova_model::error::ErrorKind;
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::manager::{NetworkManagerDaemon, Networkd};
use nova_model::name::InterfaceName;
use nova_model::networkd::NetworkdFile;
use nova_model::ovs::{OvsBridge, OvsMirror, OvsPort, OvsState, OvsView};
use nova_model::ovs_conf::{InterfaceConf, MirrorConf, PortConf, RowId};
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::HostState;
use nova_model::step::{ManagerStep, Step};
use pictured::{Host, apply, change, undo};

const ID: PlanId = PlanId::from_bits(7);

/// The bridge `ovs0` with the ports `vnet0` and `eth1`, and so many mirrors to
/// VLANs.
fn host(mirrors: usize) -> HostState {
    let port = |name: &str, kind: &str| OvsPort {
        name: name.to_owned(),
        conf: PortConf {
            interfaces: vec![InterfaceConf::new(name, kind)],
            ..PortConf::default()
        },
        ..OvsPort::default()
    };
    let mirror = |number: usize| OvsMirror {
        row: RowId::default(),
        packets: None,
        conf: MirrorConf {
            name: format!("theirs{number}"),
            select_all: true,
            output_vlan: Some(900),
            ..MirrorConf::default()
        },
    };
    let mut host = Host::new()
        .link("eth1", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .build();
    host.ovs = OvsView::Known(OvsState {
        is_running: true,
        bridges: vec![OvsBridge {
            name: "ovs0".to_owned(),
            ports: vec![
                port("ovs0", "internal"),
                port("eth1", ""),
                port("vnet0", ""),
            ],
            mirrors: (0..mirrors).map(mirror).collect(),
            ..OvsBridge::default()
        }],
        ..OvsState::default()
    });
    host
}

fn planned(host: &HostState, wish: &str) -> nova_model::Result<Plan> {
    plan(host, &change(wish), ID)
}

const TO_PORT: &str = r#"{"add_mirror":{"switch":"ovs0","sources":[{"port":"vnet0","direction":"both"}],"output":{"port":"eth1"}}}"#;
const TO_VLAN: &str = r#"{"add_mirror":{"switch":"ovs0","output":{"vlan":901}}}"#;

/// T28.
#[test]
fn the_mirror_that_open_vswitch_would_ignore_is_refused() {
    let plan = planned(&host(31), TO_PORT).unwrap();
    let full = apply(&plan, &host(31));
    assert_eq!(full.ovs.bridge("ovs0").unwrap().mirrors.len(), 32);
    for wish in [TO_PORT, TO_VLAN] {
        let error = planned(&host(32), wish).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(
            error
                .message()
                .contains("bridge ovs0: it has 32 mirrors, Open vSwitch ignores further ones"),
            "{error}"
        );
        assert!(error.remedy().unwrap().contains("Remove one first"));
    }
    // The last of the thirty-two is there already: nothing is to be done.
    assert!(planned(&full, TO_PORT).unwrap().is_empty());
}

/// T29.
#[test]
fn what_the_spanning_tree_leaves_out_is_said_before() {
    let notices = |port: &str| {
        let wish = format!(
            r#"{{"configure_ovs_port":{{"switch":"ovs0","port":"{port}","path_cost":5}}}}"#
        );
        planned(&host(0), &wish).unwrap().notices.join(" ")
    };
    let told = "leaves out internal ports and bonds";
    assert!(notices("ovs0").contains(told), "{}", notices("ovs0"));
    assert!(!notices("vnet0").contains(told), "{}", notices("vnet0"));
}

#[test]
fn a_cost_of_zero_leaves_it_to_the_speed_of_the_link() {
    let wish = r#"{"configure_ovs_port":{"switch":"ovs0","port":"vnet0","path_cost":0}}"#;
    for tree in ["stp", "rstp"] {
        let key = |what: &str| format!("{tree}-{what}");
        let mut host = host(0);
        let bridge = host.ovs.state_mut().unwrap().bridge_mut("ovs0").unwrap();
        bridge.conf.rstp = tree == "rstp";
        let config = &mut bridge.port_mut("vnet0").unwrap().conf.other_config;
        config.insert(key("path-cost"), "7".to_owned());
        config.insert(key("port-priority"), "16".to_owned());
        let plan = planned(&host, wish).unwrap();
        assert_eq!(
            plan.effects,
            [
                format!("On vnet0: other_config:{tree}-path-cost empty."),
                "What the path through vnet0 costs follows from the speed of its link.".to_owned(),
            ]
        );
        assert_eq!(
            plan.steps[0].step.command(),
            format!("ovs-vsctl remove Port vnet0 other_config {tree}-path-cost")
        );
        let after = apply(&plan, &host);
        let port = after.ovs.bridge("ovs0").unwrap().port("vnet0").unwrap();
        let left: Vec<&String> = port.conf.other_config.keys().collect();
        assert_eq!(left, [&key("port-priority")]);
        assert!(plan.unmet(&after).is_empty() && !plan.unmet(&host).is_empty());
        assert_eq!(undo(&plan, &after), host);
        assert!(planned(&after, wish).unwrap().is_empty());
    }
}

/// The kernel takes no such cost; the words of a Linux bridge name the command
/// that does it here.
#[test]
fn a_cost_of_zero_in_the_words_of_a_linux_bridge_names_the_way() {
    let wish = r#"{"configure_port":{"switch":"ovs0","port":"vnet0","options":{"cost":0,"isolated":true}}}"#;
    let error = planned(&host(0), wish).unwrap_err();
    assert_eq!(error.field(), Some("path-cost"));
    assert!(error.message().contains("1 to 65535"), "{error}");
    assert_eq!(
        error.remedy(),
        Some(
            "\"nova network ovs-configure-port ovs0 vnet0 --path-cost 0\" leaves it to the speed of the link."
        )
    );
}

/// T28.
#[test]
fn what_a_mirror_costs_is_said_before() {
    let to_vlan = planned(&host(0), TO_VLAN).unwrap();
    assert!(
        to_vlan.notices[0].contains("VLAN 901 of ovs0 floods the copies")
            && to_vlan.notices[0].contains("not set up for it (RSPAN)")
            && to_vlan.notices[0].contains("may lose connections"),
        "{:?}",
        to_vlan.notices
    );
    assert!(
        to_vlan.effects[0].contains("copies to VLAN 901: everything of every port."),
        "{:?}",
        to_vlan.effects
    );
    let to_port = planned(&host(0), TO_PORT).unwrap();
    assert!(
        to_port.notices[0].contains("eth1 carries nothing but copies"),
        "{:?}",
        to_port.notices
    );
    assert!(!to_port.notices.join(" ").contains("RSPAN"));
}

/// T29: 70000 was taken and became 4464.
#[test]
fn a_priority_that_the_daemon_would_make_another_of_is_refused() {
    let configure = |priority: u32| {
        format!(
            r#"{{"configure_ovs_bridge":{{"name":"ovs0","options":{{"stp":true,"priority":{priority}}}}}}}"#
        )
    };
    for priority in [70_000, 65_536] {
        let refused = serde_json::from_str::<Change>(&configure(priority)).unwrap_err();
        assert!(refused.to_string().contains("u16"), "{refused}");
    }
    for (priority, possible) in [(65_535, "61440"), (4464, "4096"), (1, "0")] {
        let error = planned(&host(0), &configure(priority)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert_eq!(error.field(), Some("priority"));
        assert!(error.message().contains("0 to 61440"), "{error}");
        assert_eq!(
            error.remedy(),
            Some(format!("{possible} is possible.").as_str())
        );
    }
    let after = apply(&planned(&host(0), &configure(61_440)).unwrap(), &host(0));
    let conf = &after.ovs.bridge("ovs0").unwrap().conf;
    assert_eq!(conf.other_config["stp-priority"], "61440");
}

/// T29.
#[test]
fn who_takes_no_part_in_a_tree_is_said_where_one_starts() {
    let says = "bonds, internal ports and the output of mirrors take no part in the tree";
    let configure = |options: &str| {
        format!(r#"{{"configure_ovs_bridge":{{"name":"ovs0","options":{options}}}}}"#)
    };
    for tree in ["stp", "rstp"] {
        let on = configure(&format!(r#"{{"{tree}":true}}"#));
        let plan = planned(&host(0), &on).unwrap();
        assert!(plan.notices.join(" ").contains(says), "{:?}", plan.notices);
        // Where it runs already, nothing starts.
        let running = apply(&plan, &host(0));
        let more = planned(&running, &configure(r#"{"priority":4096}"#)).unwrap();
        assert!(!more.notices.join(" ").contains(says), "{:?}", more.notices);
    }
    let none = planned(&host(0), &configure(r#"{"ageing_time":60}"#)).unwrap();
    assert!(!none.notices.join(" ").contains(says), "{:?}", none.notices);
}

/// A host without switches whose card `eth1` somebody gave an address by hand.
fn with_uplink() -> HostState {
    let mut host = Host::new()
        .link("eth1", LinkKind::Physical)
        .address("eth1", "192.0.2.5/24")
        .route("eth1", "0.0.0.0/0", Some("192.0.2.1"))
        .build();
    host.ovs = OvsView::Known(OvsState {
        is_running: true,
        datapath_types: vec!["netdev".to_owned()],
        ..OvsState::default()
    });
    host
}

const ABOVE: &str =
    r#"{"create_ovs_bridge":{"name":"ovs1","datapath":null,"options":{},"ports":["eth1"]}}"#;

fn stranded(plan: &Plan) -> String {
    let told = |notice: &&String| notice.starts_with("With the next boot Open vSwitch takes eth1");
    plan.notices.iter().find(told).cloned().unwrap_or_default()
}

#[test]
fn a_host_that_the_next_boot_would_cut_off_is_told_so() {
    let mut host = with_uplink();
    let told = stranded(&planned(&host, ABOVE).unwrap());
    assert!(
        told.contains("nobody gives ovs1 its addresses") && !told.contains("--persist"),
        "{told}"
    );
    // So where NetworkManager has another card: it keeps nothing of Open vSwitch.
    host.managers.network_manager = Some(NetworkManagerDaemon::default());
    let mut by_daemon = change(ABOVE);
    by_daemon.persist = Persist::NetworkManager;
    let told = stranded(&plan(&host, &by_daemon, ID).unwrap());
    assert!(told.contains("nobody gives ovs1 its addresses"), "{told}");
    host.managers.networkd = Some(Networkd::default());
    let told = stranded(&planned(&host, ABOVE).unwrap());
    assert!(told.ends_with("has systemd-networkd give them."), "{told}");
}

#[test]
fn networkd_gives_a_bridge_of_open_vswitch_the_addresses_it_was_asked_to_keep() {
    let mut host = with_uplink();
    host.managers.networkd = Some(Networkd::default());
    let mut wish = change(ABOVE);
    wish.persist = Persist::Networkd;
    let made = plan(&host, &wish, ID).unwrap();
    assert_eq!(stranded(&made), "");
    let files = |plan: &Plan| -> Vec<(bool, NetworkdFile)> {
        let steps = plan.keeping.steps.iter();
        let files = steps.filter_map(|planned| match &planned.step {
            Step::Manager(ManagerStep::Files { write, remove, .. }) => Some((write, remove)),
            _ => None,
        });
        files
            .flat_map(|(write, remove)| {
                let written = write.iter().map(|(_, file)| (true, file.clone()));
                written.chain(remove.iter().map(|(_, file)| (false, file.clone())))
            })
            .collect()
    };
    let kept = files(&made);
    let text = |link: &str| -> String {
        let file = kept.iter().find(|(_, file)| file.link.as_str() == link);
        file.unwrap().1.body()
    };
    let bridge = text("ovs1");
    for line in [
        "Name=ovs1",
        "Address=192.0.2.5/24",
        "Destination=0.0.0.0/0",
        "Gateway=192.0.2.1",
    ] {
        assert!(bridge.contains(line), "{line}: {bridge}");
    }
    let card = text("eth1");
    assert!(card.contains("LinkLocalAddressing=no"), "{card}");
    assert!(!card.contains("Address="), "{card}");

    // Both stay where something else of the card changes, and go with the undo.
    let mut after = apply(&made, &host);
    let networkd = after.managers.networkd.as_mut().unwrap();
    networkd.own = kept
        .iter()
        .map(|(_, file)| (file.name(), file.clone()))
        .collect();
    let mtu = planned(&after, r#"{"set_mtu":{"name":"eth1","mtu":1400}}"#).unwrap();
    let changed = files(&mtu);
    let written = changed.iter().find(|(is_written, _)| *is_written);
    let card = written.unwrap().1.body();
    for line in ["Name=eth1", "MTUBytes=1400", "LinkLocalAddressing=no"] {
        assert!(card.contains(line), "{line}: {card}");
    }
    assert!(
        changed.iter().all(|(_, file)| file.link.as_str() == "eth1"),
        "{changed:?}"
    );

    // Deleted, the card would have no address after a boot; the undo knows better.
    let error = planned(&after, r#"{"delete_switch":{"name":"ovs1"}}"#).unwrap_err();
    assert!(
        error
            .message()
            .contains("systemd-networkd gives it this host's addresses"),
        "{error}"
    );
    assert!(
        error.remedy().unwrap().contains("nova network undo"),
        "{error}"
    );
}

/// The same with the interfaces that Open vSwitch makes for its bridge.
fn with_local() -> HostState {
    let mut host = host(0);
    let local = Link {
        mac: Some(MacAddress([2, 0, 0, 0, 0, 9])),
        owner: Owner::OpenVSwitch,
        ..Link::new(
            90,
            (&"ovs0".parse::<InterfaceName>().unwrap()).into(),
            LinkKind::OpenVSwitch,
        )
    };
    host.links.insert(90, local);
    host
}

#[test]
fn open_vswitch_is_asked_for_the_mtu_of_what_it_makes() {
    let host = with_local();
    let asked = planned(&host, r#"{"set_mtu":{"name":"ovs0","mtu":1400}}"#).unwrap();
    assert_eq!(
        asked.steps[0].command,
        "ovs-vsctl set Interface ovs0 mtu_request=1400"
    );
    let after = apply(&asked, &host);
    assert_eq!(after.link("ovs0").unwrap().mtu, 1400);
    let back = undo(&asked, &after);
    assert_eq!(back.link("ovs0").unwrap().mtu, 1500);
    assert_eq!(back.ovs, host.ovs);
    // The card is the kernel's own.
    let card = planned(&host, r#"{"set_mtu":{"name":"eth1","mtu":1400}}"#).unwrap();
    assert_eq!(card.steps[0].command, "ip link set dev eth1 mtu 1400");
}

#[test]
fn a_bridge_of_open_vswitch_gets_and_keeps_a_mac_address() {
    let host = with_local();
    let wish =
        |policy: &str| format!(r#"{{"set_bridge_mac":{{"name":"ovs0","policy":{policy}}}}}"#);
    let keeps = planned(&host, &wish(r#""keep""#)).unwrap();
    assert_eq!(
        keeps.steps[0].command,
        "ovs-vsctl set Bridge ovs0 other_config:hwaddr=02:00:00:00:00:09"
    );
    let other = planned(&host, &wish(r#"{"address":"02:00:00:00:00:aa"}"#)).unwrap();
    let after = apply(&other, &host);
    let mac = |host: &HostState| host.link("ovs0").unwrap().mac.unwrap().to_string();
    assert_eq!(mac(&after), "02:00:00:00:00:aa");
    assert!(planned(&after, &wish(r#""keep""#)).unwrap().is_empty());
    for (policy, says) in [
        (
            r#"{"address":"01:00:00:00:00:aa"}"#,
            "the address of one station",
        ),
        (r#"{"port":"eth9"}"#, "eth9"),
    ] {
        let error = planned(&host, &wish(policy)).unwrap_err();
        assert!(error.message().contains(says), "{error}");
    }
}
