// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is done to bridges and bonds which a program makes of a person's profile
//! or file stays beyond the next boot: a port gets a profile or file of Nova's,
//! and what is set of them is written into the profile.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use std::collections::BTreeMap;

use nova_model::bond::BondMode;
use nova_model::link::{LinkKind, Owner};
use nova_model::manager::{
    Backend, NetdevFile, NetworkManagerDaemon, Networkd, NetworkdLink, NmLink,
};
use nova_model::networkd::Place;
use nova_model::nm::{NmProfile, NmValue, NmValues};
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use nova_model::step::{BridgeStep, LinkStep, ManagerStep, Step};
use pictured::{Host, apply, change};

const BRIDGE: &str = "59398828-f367-443e-b0b2-6be373e01a62";
const JOIN: &str = r#"{"attach_port":{"switch":"br0","port":"eth1"}}"#;

fn host(owner: Owner) -> HostState {
    Host::new()
        .link("eth1", LinkKind::Physical)
        .link("eth2", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .bridge("br0", owner)
        .port("eth2", "br0")
        .build()
}

/// The bridge, and eth2 as its port, are the daemon's by a person's profiles.
fn with_network_manager() -> HostState {
    let profile = |uuid: &str, link: &str| NmProfile {
        uuid: uuid.to_owned().try_into().unwrap(),
        name: format!("office {link}"),
        settings: BTreeMap::from([(
            "connection".to_owned(),
            BTreeMap::from([("interface-name".to_owned(), NmValue::Text(link.to_owned()))]),
        )]),
    };
    let link = |profile| NmLink {
        profile: Some(profile),
        is_stored: true,
        unknown: Vec::new(),
    };
    let mut host = host(Owner::NetworkManagerDaemon);
    let second = "6aaf1c1e-3c4f-4b43-9d5c-2ef0d2a6b6a0";
    host.managers.network_manager = Some(NetworkManagerDaemon {
        links: BTreeMap::from([
            ("br0".to_owned(), link(profile(BRIDGE, "br0"))),
            ("eth2".to_owned(), link(profile(second, "eth2"))),
        ]),
        own: Vec::new(),
    });
    host
}

fn with_networkd() -> HostState {
    let link = |file: &str, text: &str| NetworkdLink {
        file: format!("/etc/systemd/network/{file}"),
        text: Some(text.to_owned()),
        iaid: None,
    };
    let mut host = host(Owner::Networkd);
    let bridge = link(
        "20-br0.network",
        "[Match]\nName=br0\n[Network]\nDHCP=ipv4\n",
    );
    let port = link(
        "21-eth2.network",
        "[Match]\nName=eth2\n[Network]\nBridge=br0\n",
    );
    host.managers.networkd = Some(Networkd {
        links: BTreeMap::from([("br0".to_owned(), bridge), ("eth2".to_owned(), port)]),
        ..Networkd::default()
    });
    host
}

fn planned(host: &HostState, wish: &str) -> Plan {
    plan(host, &change(wish), PlanId::from_bits(7)).unwrap()
}

fn kept(plan: &Plan) -> Vec<&ManagerStep> {
    let steps = plan.keeping.steps.iter();
    let kept = steps.filter_map(|planned| match &planned.step {
        Step::Manager(step) => Some(step),
        _ => None,
    });
    kept.collect()
}

#[test]
fn by_network_manager_the_port_has_a_profile_that_leads_into_the_bridge() {
    let host = with_network_manager();
    let made = planned(&host, JOIN);
    assert_eq!(made.keeping.backend, Some(Backend::NetworkManager));
    let [ManagerStep::AddProfile { profile, .. }] = kept(&made)[..] else {
        panic!("{:?}", made.keeping);
    };
    assert_eq!(profile.about(), Some("eth1"));
    assert_eq!(profile.text("connection", "master"), Some(BRIDGE));
    assert_eq!(profile.text("connection", "slave-type"), Some("bridge"));
    let said = made.keeping.effects.join(" ");
    assert!(!said.contains("gone with the next boot"), "{said}");
    // It goes with the port.
    let mut after = apply(&made, &host);
    let daemon = after.managers.network_manager.as_mut().unwrap();
    daemon.own.push(profile.clone());
    let left = planned(&after, r#"{"detach_port":{"switch":"br0","port":"eth1"}}"#);
    assert!(
        matches!(kept(&left)[..], [ManagerStep::RemoveProfile { .. }]),
        "{:?}",
        left.keeping
    );
}

#[test]
fn by_networkd_the_port_has_a_file_that_leads_into_the_bridge() {
    let host = with_networkd();
    let made = planned(&host, JOIN);
    assert_eq!(made.keeping.backend, Some(Backend::Networkd));
    let [ManagerStep::Files { write, remove, .. }] = kept(&made)[..] else {
        panic!("{:?}", made.keeping);
    };
    let [(_, file)] = &write[..] else {
        panic!("{write:?}");
    };
    assert!(remove.is_empty(), "{remove:?}");
    assert_eq!(file.link.as_str(), "eth1");
    assert!(file.body().contains("Bridge=br0"), "{}", file.body());
}

#[test]
fn ports_of_the_person_and_of_machines_get_none() {
    for host in [with_network_manager(), with_networkd()] {
        for wish in [
            r#"{"configure_port":{"switch":"br0","port":"eth2","options":{"isolated":true}}}"#,
            r#"{"attach_port":{"switch":"br0","port":"vnet0"}}"#,
        ] {
            let made = planned(&host, wish);
            assert!(kept(&made).is_empty(), "{wish}: {:?}", made.keeping);
        }
    }
}

#[test]
fn options_of_the_bridge_stand_in_its_profile_and_go_back_with_the_undo() {
    let host = with_network_manager();
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"stp":true,"ageing_time":100}}}"#;
    let made = planned(&host, wish);
    let [ManagerStep::SetValues { uuid, from, to, .. }] = kept(&made)[..] else {
        panic!("{:?}", made.keeping);
    };
    assert_eq!(uuid.as_str(), BRIDGE);
    // The daemon takes spanning tree for usual.
    let wanted = [("ageing-time", Some(NmValue::Uint(100))), ("stp", None)];
    let wanted = wanted.map(|(key, value)| (key.to_owned(), value)).into();
    assert_eq!(*to, [("bridge".to_owned(), wanted)].into());
    assert!(from["bridge"].values().all(Option::is_none), "{from:?}");
    let told = made.keeping.steps[0].command.clone();
    let modify =
        format!("nmcli connection modify uuid {BRIDGE} bridge.ageing-time 100 bridge.stp ''");
    assert_eq!(told, modify);
    let said = made.keeping.effects.join(" ");
    assert!(!said.contains("gone with the next boot"), "{said}");
    let back = plan_undo(&apply(&made, &host), &made, PlanId::from_bits(8)).unwrap();
    let [ManagerStep::SetValues { to: again, .. }] = kept(&back)[..] else {
        panic!("{:?}", back.keeping);
    };
    assert_eq!(again, from);
    // Where no file of networkd's makes the bridge, there is none to add to.
    let made = planned(&with_networkd(), wish);
    assert!(kept(&made).is_empty(), "{:?}", made.keeping);
    let said = made.keeping.effects.join(" ");
    assert!(said.contains("the options of br0"), "{said}");
}

#[test]
fn options_of_the_bridge_stand_beside_its_file_and_go_with_the_undo() {
    let mut host = with_networkd();
    let maker = |addition| NetdevFile {
        name: "10-office.netdev".to_owned().try_into().unwrap(),
        addition,
    };
    let make = |host: &mut HostState, addition| {
        let networkd = host.managers.networkd.as_mut().unwrap();
        networkd
            .makers
            .insert("br0".parse().unwrap(), maker(addition));
    };
    make(&mut host, None);
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"stp":true,"ageing_time":100}}}"#;
    let made = planned(&host, wish);
    let addition = |plan: &Plan| {
        let [ManagerStep::Addition { before, after, .. }] = kept(plan)[..] else {
            panic!("{:?}", plan.keeping);
        };
        (before.clone(), after.clone())
    };
    let (before, after) = addition(&made);
    assert_eq!(before, None);
    let added = after.clone().unwrap();
    assert_eq!(added.body(), "\n[Bridge]\nSTP=yes\nAgeingTimeSec=100\n");
    assert_eq!(
        made.keeping.steps[0].command,
        "/etc/systemd/network/10-office.netdev.d/nova.conf:\n  [Bridge]\n  STP=yes\n  AgeingTimeSec=100"
    );
    let said = made.keeping.effects.join(" ");
    assert!(!said.contains("gone with the next boot"), "{said}");
    let mut changed = apply(&made, &host);
    make(&mut changed, after.clone());
    let back = plan_undo(&changed, &made, PlanId::from_bits(8)).unwrap();
    assert_eq!(addition(&back), (after.clone(), None));
    // What was added before stays beside what comes, and the file is nobody's mark on
    // the bridge.
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"hello_time":1}}}"#;
    let more = planned(&changed, wish);
    let (_, after) = addition(&more);
    assert_eq!(
        after.as_ref().unwrap().body(),
        "\n[Bridge]\nSTP=yes\nAgeingTimeSec=100\nHelloTimeSec=1\n"
    );
    let bridge = changed.link("br0").unwrap();
    assert_eq!(changed.managers.maker_of(bridge), None);
    // What is undone first says what it was before, beside what came later.
    let mut later = apply(&more, &changed);
    make(&mut later, after);
    let back = plan_undo(&later, &made, PlanId::from_bits(8)).unwrap();
    let (_, after) = addition(&back);
    assert_eq!(
        after.unwrap().body(),
        "\n[Bridge]\nHelloTimeSec=1\nSTP=no\nAgeingTimeSec=300\n"
    );
    // What somebody wrote there, or altered, is not written over.
    let mut altered = host.clone();
    let networkd = altered.managers.networkd.as_mut().unwrap();
    let path = "10-office.netdev.d/nova.conf";
    networkd.foreign.insert(path.to_owned());
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"hello_time":1}}}"#;
    let refused = plan(&altered, &change(wish), PlanId::from_bits(9)).unwrap_err();
    assert!(refused.to_string().contains(path), "{refused}");
    let undo = plan_undo(&apply(&made, &altered), &made, PlanId::from_bits(8));
    let refused = undo.unwrap_err();
    assert!(refused.to_string().contains(path), "{refused}");
    // What `[Bridge]` has no value for is refused where it changes.
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"priority":0}}}"#;
    let refused = plan(&host, &change(wish), PlanId::from_bits(9)).unwrap_err();
    assert_eq!(refused.field(), Some("priority"));
}

/// What a plan writes into the one profile of a person that it changes.
fn written(plan: &Plan) -> (&NmValues, &NmValues) {
    let [ManagerStep::SetValues { from, to, .. }] = kept(plan)[..] else {
        panic!("{:?}", plan.keeping);
    };
    (from, to)
}

#[test]
fn the_vlans_of_the_bridge_stand_in_its_profile() {
    let mut host = with_network_manager();
    let status = host.link_mut("br0").unwrap().bridge.as_mut().unwrap();
    status.options.vlan_filtering = true;
    let made = planned(
        &host,
        r#"{"set_bridge_vlans":{"switch":"br0","vlans":{"carry":[100]}}}"#,
    );
    let (from, to) = written(&made);
    assert_eq!(from["bridge"]["vlans"], None);
    let Some(NmValue::Dicts(vlans)) = &to["bridge"]["vlans"] else {
        panic!("{to:?}");
    };
    assert!(
        vlans
            .iter()
            .any(|it| it["vid-start"] == NmValue::Short(100))
    );
    let title = &made.keeping.steps[0].title;
    assert_eq!(title, "Write the VLANs into the profile \"office br0\"");
    let said = made.keeping.effects.join(" ");
    assert!(!said.contains("gone with the next boot"), "{said}");
}

#[test]
fn options_of_a_bond_stand_in_its_profile_beside_what_nova_does_not_know() {
    let mut host = Host::new()
        .link("eth1", LinkKind::Physical)
        .bond("bond0", BondMode::ActiveBackup, &["eth1"])
        .owned("bond0", Owner::NetworkManagerDaemon)
        .build();
    let words = |words: &[(&str, &str)]| {
        let words = words.iter();
        NmValue::Words(
            words
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect(),
        )
    };
    let said = words(&[
        ("mode", "1"),
        ("miimon", "100"),
        ("fail_over_mac", "active"),
    ]);
    let text = |text: &str| NmValue::Text(text.to_owned());
    let profile = NmProfile {
        uuid: BRIDGE.to_owned().try_into().unwrap(),
        name: "office bond0".to_owned(),
        settings: BTreeMap::from([
            (
                "connection".to_owned(),
                BTreeMap::from([("interface-name".to_owned(), text("bond0"))]),
            ),
            (
                "bond".to_owned(),
                BTreeMap::from([("options".to_owned(), said.clone())]),
            ),
        ]),
    };
    host.managers.network_manager = Some(NetworkManagerDaemon {
        links: BTreeMap::from([(
            "bond0".to_owned(),
            NmLink {
                profile: Some(profile),
                is_stored: true,
                unknown: Vec::new(),
            },
        )]),
        own: Vec::new(),
    });
    let wish = r#"{"configure_bond":{"name":"bond0","options":{"miimon":50,"up_delay":100}}}"#;
    let made = planned(&host, wish);
    let (from, to) = written(&made);
    assert_eq!(from["bond"]["options"], Some(said));
    let wanted = [
        ("mode", "1"),
        ("miimon", "50"),
        ("fail_over_mac", "active"),
        ("updelay", "100"),
    ];
    assert_eq!(to["bond"]["options"], Some(words(&wanted)));
    let told = made.keeping.effects.join(" ");
    assert!(!told.contains("gone with the next boot"), "{told}");
}

/// A host on which a bridge of Nova's with the port eth1 was kept, and the
/// profiles it is kept in.
fn with_a_kept_switch() -> (HostState, Vec<NmProfile>) {
    let mut host = with_network_manager();
    let wish = r#"{"create_bridge":{"name":"br7","ports":["eth1"]}}"#;
    let mut wish = change(wish);
    wish.persist = Persist::NetworkManager;
    let made = plan(&host, &wish, PlanId::from_bits(7)).unwrap();
    let profiles: Vec<NmProfile> = kept(&made)
        .into_iter()
        .filter_map(|step| match step {
            ManagerStep::AddProfile { profile, .. } => Some(profile.clone()),
            _ => None,
        })
        .collect();
    host = apply(&made, &host);
    let daemon = host.managers.network_manager.as_mut().unwrap();
    daemon.own.clone_from(&profiles);
    (host, profiles)
}

fn done(plan: &Plan) -> Vec<&Step> {
    plan.steps.iter().map(|planned| &planned.step).collect()
}

#[test]
fn what_the_daemon_would_make_again_is_held_before_it_goes() {
    let (mut host, profiles) = with_a_kept_switch();
    let wish = r#"{"delete_switch":{"name":"br7"}}"#;
    let is_held = |step: &&Step| matches!(step, Step::Manager(ManagerStep::HoldProfile { .. }));
    let quiet = planned(&host, wish);
    assert!(!done(&quiet).iter().any(is_held), "{:?}", quiet.steps);
    // Now somebody has started both.
    let daemon = host.managers.network_manager.as_mut().unwrap();
    for profile in &profiles {
        let active = NmLink {
            profile: Some(profile.clone()),
            is_stored: true,
            unknown: Vec::new(),
        };
        daemon
            .links
            .insert(profile.about().unwrap().to_owned(), active);
    }
    let held = planned(&host, wish);
    let steps = done(&held);
    let before = |at: usize| match steps[at - 1] {
        Step::Manager(ManagerStep::HoldProfile { name, .. }) => name.as_str(),
        other => panic!("{other:?}"),
    };
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Bridge(BridgeStep::Delete { .. }) => assert_eq!(before(at), "br7"),
            Step::Link(LinkStep::SetController { .. }) => assert_eq!(before(at), "br7 port eth1"),
            _ => {}
        }
    }
    assert_eq!(steps.iter().filter(|step| is_held(step)).count(), 2);
    // It is kept as usual.
    assert_eq!(kept(&held).len(), 2);
    assert_eq!(kept(&held).len(), kept(&quiet).len());
}

#[test]
fn the_undo_of_an_undo_that_lasts_makes_the_change_again() {
    let host = with_networkd();
    let made = planned(&host, r#"{"set_mtu":{"name":"br0","mtu":1400}}"#);
    assert!(!made.keeping.steps.is_empty(), "{made:?}");
    let changed = apply(&made, &host);
    let id = PlanId::from_bits;
    let undo = plan_undo(&changed, &made, id(8)).unwrap();
    assert!(undo.is_undo());
    let back = apply(&undo, &changed);
    let again = plan_undo(&back, &undo, id(9)).unwrap();
    assert_eq!(again.title, format!("Redo: {}", made.title));
    assert_eq!(again.undoes, Some(undo.id));
    assert!(!again.is_undo());
    assert_eq!(kept(&again).len(), kept(&made).len());
    assert_eq!(apply(&again, &back), changed);
    // Where the host has moved on it is refused like any undo.
    let mut moved_on = back.clone();
    moved_on.link_mut("br0").unwrap().mtu = 1300;
    assert!(plan_undo(&moved_on, &undo, id(9)).is_err());
    let undo = plan_undo(&changed, &again, id(10)).unwrap();
    assert!(undo.is_undo());
    assert_eq!(apply(&undo, &changed), back);
}

#[test]
fn a_sub_interface_that_the_daemon_made_leaves_a_switch_for_good_only_when_that_is_kept() {
    let mut host = with_network_manager();
    let lasting = |wish: &str| {
        let mut wish = change(wish);
        wish.persist = Persist::NetworkManager;
        wish
    };
    for (wish, id) in [
        (r#"{"create_vlan":{"link":"eth1","vlan":7}}"#, 7),
        (r#"{"create_bridge":{"name":"br7","ports":["eth1.7"]}}"#, 8),
    ] {
        let made = plan(&host, &lasting(wish), PlanId::from_bits(id)).unwrap();
        host = apply(&made, &host);
        let daemon = host.managers.network_manager.as_mut().unwrap();
        for step in kept(&made) {
            let profile = match step {
                ManagerStep::AddProfile { profile, .. } => profile,
                ManagerStep::ReplaceProfile { after, .. } => after,
                _ => continue,
            };
            daemon.own.retain(|own| own.uuid != profile.uuid);
            daemon.own.push(profile.clone());
        }
    }
    let daemon = host.managers.network_manager.as_mut().unwrap();
    let profile = daemon.own.iter().find(|it| it.about() == Some("eth1.7"));
    let profile = profile.unwrap().clone();
    let active = NmLink {
        profile: Some(profile.clone()),
        is_stored: true,
        unknown: Vec::new(),
    };
    daemon.links.insert("eth1.7".to_owned(), active);
    let places = |step: &ManagerStep| match step {
        ManagerStep::ReplaceProfile { from, to, .. } => Some((*from, *to)),
        _ => None,
    };
    let of_steps = |plan: &Plan| -> Vec<(Place, Place)> {
        let steps = done(plan).into_iter();
        let steps = steps.filter_map(|step| match step {
            Step::Manager(step) => places(step),
            _ => None,
        });
        steps.collect()
    };
    let of_keeping =
        |plan: &Plan| -> Vec<_> { kept(plan).into_iter().filter_map(places).collect() };
    let leave = r#"{"delete_switch":{"name":"br7"}}"#;
    let (memory, disk) = (Place::Volatile, Place::Lasting);

    let id = PlanId::from_bits(9);
    let mut wish = lasting(leave);
    let gone = plan(&host, &wish, id).unwrap();
    assert_eq!(of_steps(&gone), [(disk, memory)]);
    assert_eq!(of_keeping(&gone), [(disk, disk)]);
    let commands = gone.steps.iter().map(|planned| planned.step.command());
    let command = commands
        .filter(|it| it.contains("--temporary"))
        .collect::<String>();
    assert_eq!(
        command,
        format!(
            "nmcli connection modify --temporary uuid {} connection.controller '' \
             connection.port-type '' ipv4.method disabled ipv6.method disabled",
            profile.uuid
        )
    );

    wish.persist = Persist::None;
    let until_the_boot = plan(&host, &wish, id).unwrap();
    assert_eq!(of_steps(&until_the_boot), [(disk, memory)]);
    assert!(
        kept(&until_the_boot).is_empty(),
        "{:?}",
        kept(&until_the_boot)
    );

    let without = apply(&gone, &host);
    let undo = plan_undo(&without, &gone, PlanId::from_bits(10)).unwrap();
    assert_eq!(of_steps(&undo), [(disk, memory)]);
    assert_eq!(of_keeping(&undo), [(disk, disk)]);
    let without = apply(&until_the_boot, &host);
    let undo = plan_undo(&without, &until_the_boot, PlanId::from_bits(10)).unwrap();
    assert_eq!(of_steps(&undo), [(memory, disk)]);
}

#[test]
fn with_a_switch_goes_what_would_put_a_link_into_it() {
    let (mut host, _) = with_a_kept_switch();
    // Somebody has taken the port out by hand.
    host.link_mut("eth1").unwrap().controller = None;
    let gone = planned(&host, r#"{"delete_switch":{"name":"br7"}}"#);
    let removed: Vec<&str> = kept(&gone)
        .into_iter()
        .filter_map(|step| match step {
            ManagerStep::RemoveProfile { profile, .. } => profile.about(),
            _ => None,
        })
        .collect();
    assert_eq!(removed, ["br7", "eth1"]);
}
