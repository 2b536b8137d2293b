// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What bridging a card means where a program configures it, and what of a
//! change lasts.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use std::collections::BTreeMap;

use nova_model::address::Route;
use nova_model::change::ChangeSet;
use nova_model::error::ErrorKind;
use nova_model::link::{LinkKind, Owner};
use nova_model::manager::{
    Backend, Managers, NetworkManagerDaemon, Networkd, NetworkdLink, NmLink,
};
use nova_model::networkd::{NetworkdFile, Place};
use nova_model::nm::{NmProfile, NmValue};
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use nova_model::step::{BondStep, ManagerStep, Step};
use pictured::{Host, apply, change, undo};

const ID: PlanId = PlanId::from_bits(7);
const WISH: &str = r#"{"create_bridge":{"name":"br0","ports":["eth0"]}}"#;

fn leased() -> HostState {
    Host::new()
        .link("eth0", LinkKind::Physical)
        .lease("eth0", "192.0.2.134/24")
        .route("eth0", "0.0.0.0/0", Some("192.0.2.1"))
        .build()
}

fn profile() -> NmProfile {
    let text = |text: &str| NmValue::Text(text.to_owned());
    let of = |values: &[(&str, NmValue)]| -> BTreeMap<String, NmValue> {
        let values = values.iter().cloned();
        values.map(|(key, value)| (key.to_owned(), value)).collect()
    };
    NmProfile {
        uuid: "59398828-f367-443e-b0b2-6be373e01a62"
            .to_owned()
            .try_into()
            .unwrap(),
        name: "office".to_owned(),
        settings: BTreeMap::from([
            (
                "connection".to_owned(),
                of(&[
                    ("id", text("office")),
                    ("type", text("802-3-ethernet")),
                    ("zone", text("work")),
                ]),
            ),
            (
                "802-3-ethernet".to_owned(),
                of(&[("mtu", NmValue::Uint(1400))]),
            ),
            (
                "ipv4".to_owned(),
                of(&[
                    ("method", text("auto")),
                    ("dhcp-client-id", text("mac")),
                    ("dns-data", NmValue::Texts(vec!["192.0.2.53".to_owned()])),
                    ("dns", NmValue::Uints(vec![1])),
                ]),
            ),
        ]),
    }
}

fn with_nm(mut host: HostState, profile: NmProfile) -> HostState {
    let link = NmLink {
        profile: Some(profile),
        is_stored: true,
        unknown: Vec::new(),
    };
    host.managers.network_manager = Some(NetworkManagerDaemon {
        links: BTreeMap::from([("eth0".to_owned(), link)]),
        own: Vec::new(),
    });
    host
}

fn with_networkd(host: HostState, text: &str) -> HostState {
    with_networkd_file(host, "/etc/systemd/network/20-wired.network", text)
}

fn with_networkd_file(mut host: HostState, file: &str, text: &str) -> HostState {
    let link = NetworkdLink {
        file: file.to_owned(),
        text: Some(text.to_owned()),
        iaid: Some(9),
    };
    host.managers = Managers {
        networkd: Some(Networkd {
            links: BTreeMap::from([("eth0".to_owned(), link)]),
            ..Networkd::default()
        }),
        ..Managers::default()
    };
    host
}

fn added(plan: &Plan) -> Vec<&NmProfile> {
    let steps = plan.steps.iter();
    steps
        .filter_map(|planned| match &planned.step {
            Step::Manager(ManagerStep::AddProfile { profile, place }) => {
                assert_eq!(*place, Place::Volatile);
                Some(profile)
            }
            _ => None,
        })
        .collect()
}

#[test]
fn what_the_profile_says_of_the_host_moves_and_of_the_card_stays() {
    let host = with_nm(leased(), profile());
    let made = plan(&host, &change(WISH), ID).unwrap();
    let [bridge, port] = added(&made)[..] else {
        panic!("two profiles");
    };
    assert_eq!(bridge.text("ipv4", "dhcp-client-id"), Some("mac"));
    assert_eq!(bridge.text("connection", "zone"), Some("work"));
    assert_eq!(bridge.bridge_mac(), host.link("eth0").unwrap().mac);
    assert!(bridge.value("ipv4", "dns").is_none(), "said twice");
    assert!(bridge.value("802-3-ethernet", "mtu").is_none());
    assert_eq!(
        port.value("802-3-ethernet", "mtu"),
        Some(&NmValue::Uint(1400))
    );
    assert_eq!(
        port.text("connection", "master"),
        Some(bridge.uuid.as_str())
    );
    assert!(port.value("ipv4", "method").is_none());
    assert_eq!(bridge.mark(), Some(ID));
    assert!(made.confirm_within.is_some());
    assert!(made.unmet(&host).len() > 2);
    let after = apply(&made, &host);
    assert!(made.unmet(&after).is_empty(), "{:?}", made.unmet(&after));
    assert_eq!(undo(&made, &after).digest(), host.digest());
}

#[test]
fn r24_nothing_lasting_is_done_before_the_change_is_kept() {
    for host in [
        with_nm(leased(), profile()),
        with_networkd(leased(), "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"),
    ] {
        let made = plan(&host, &change(WISH), ID).unwrap();
        let lasting = |planned: &nova_model::plan::PlannedStep| match &planned.step {
            Step::Manager(step) => step.is_lasting(),
            _ => false,
        };
        assert!(!made.steps.iter().any(lasting));
        assert!(made.keeping.steps.iter().any(lasting));
        let after = apply(&made, &host);
        let back = plan_undo(&after, &made, PlanId::from_bits(8)).unwrap();
        assert!(!back.steps.iter().any(lasting), "{:?}", back.steps);
        assert!(back.keeping.steps.iter().any(lasting));
        assert_eq!(apply(&back, &after).digest(), host.digest());
        assert!(back.confirm_within.is_some());
    }
}

#[test]
fn what_was_set_by_hand_is_refused_before_and_told_when_it_goes() {
    for host in [
        with_nm(leased(), profile()),
        with_networkd(leased(), "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"),
    ] {
        let by_hand = |host: &HostState, link: &str| {
            let mut other = host.clone();
            let mut route = other.routes[0].clone();
            route.destination = "198.18.0.0/16".parse().unwrap();
            route.link = other.link(link).unwrap().index;
            route.protocol = Route::PROTOCOL_BOOT;
            other.routes.push(route);
            other
        };
        let error = plan(&by_hand(&host, "eth0"), &change(WISH), ID).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        let told = "its route 198.18.0.0/16 via 192.0.2.1 was set by hand";
        assert!(error.message().contains(told), "{error}");
        let made = plan(&host, &change(WISH), ID).unwrap();
        let after = apply(&made, &host);
        let told = |after: &HostState| {
            let back = plan_undo(after, &made, PlanId::from_bits(8)).unwrap();
            back.notices
                .join(" ")
                .contains("by hand since goes with it: 198.18.0.0/16")
        };
        assert!(!told(&after) && told(&by_hand(&after, "br0")));
    }
}

#[test]
fn none_keeps_the_steps_and_writes_nothing() {
    let host = with_nm(leased(), profile());
    let wish = ChangeSet {
        persist: Persist::None,
        ..change(WISH)
    };
    let made = plan(&host, &wish, ID).unwrap();
    assert!(made.keeping.steps.is_empty());
    assert_eq!(made.keeping.backend, None);
    assert_eq!(added(&made).len(), 2);
    let wish = ChangeSet {
        persist: Persist::Networkd,
        ..change(WISH)
    };
    let error = plan(&host, &wish, ID).unwrap_err();
    assert_eq!(error.field(), Some("persist"));
}

#[test]
fn the_lease_of_networkd_stays_the_same() {
    let host = with_networkd(leased(), "[Match]\nName=eth0\n[Network]\nDHCP=yes\n");
    let made = plan(&host, &change(WISH), ID).unwrap();
    let Some(Step::Manager(ManagerStep::Files { write, .. })) =
        made.steps.first().map(|planned| &planned.step)
    else {
        panic!("files are written");
    };
    let names: Vec<String> = write.iter().map(|(_, file)| file.name()).collect();
    assert_eq!(
        names,
        [
            "05-nova-br0.netdev",
            "05-nova-br0.network",
            "05-nova-eth0.network"
        ]
    );
    let text: String = write
        .iter()
        .map(|(_, file)| NetworkdFile::body(file))
        .collect();
    for says in [
        "DHCP=yes",
        "IAID=9",
        "MACAddress=52:54:00:00:00:02",
        "Bridge=br0",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    assert_eq!(made.keeping.backend, Some(Backend::Networkd));
}

#[test]
fn a_profile_with_a_login_or_of_another_kind_is_refused_with_the_reason() {
    let mut login = profile();
    login.settings.insert("802-1x".to_owned(), BTreeMap::new());
    let error = plan(&with_nm(leased(), login), &change(WISH), ID).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().contains("802.1X"), "{error}");
    let mut wireless = leased();
    wireless.link_mut("eth0").unwrap().refuses_bridge = true;
    let error = plan(&with_nm(wireless, profile()), &change(WISH), ID).unwrap_err();
    assert!(error.message().contains("Wi-Fi"), "{error}");
    assert!(error.remedy().is_some_and(|way| way.contains("NAT")));
}

#[test]
fn a_kept_bridge_with_a_lease_is_never_written_with_its_address() {
    let mut host = with_nm(
        Host::new()
            .link("eth0", LinkKind::Physical)
            .bridge("br0", Owner::Nova)
            .port("eth0", "br0")
            .lease("br0", "192.0.2.134/24")
            .route("br0", "0.0.0.0/0", Some("192.0.2.1"))
            .build(),
        profile(),
    );
    let made = plan(&with_nm(leased(), profile()), &change(WISH), ID).unwrap();
    let mut bridge = added(&made)[0].clone();
    let mac = host.link("br0").unwrap().mac.unwrap();
    let values = bridge.settings.get_mut("bridge").unwrap();
    values.insert("mac-address".to_owned(), NmValue::Bytes(mac.0.to_vec()));
    let daemon = host.managers.network_manager.as_mut().unwrap();
    let active = NmLink {
        profile: Some(bridge.clone()),
        is_stored: true,
        unknown: Vec::new(),
    };
    daemon.links.insert("br0".to_owned(), active);
    daemon.own.push(bridge);
    let wish = r#"{"configure_bridge":{"name":"br0","options":{"priority":8192}}}"#;
    let made = plan(&host, &change(wish), PlanId::from_bits(9)).unwrap();
    let [only] = &made.keeping.steps[..] else {
        panic!("{:?}", made.keeping);
    };
    let Step::Manager(ManagerStep::ReplaceProfile { before, after, .. }) = &only.step else {
        panic!("{only:?}");
    };
    assert_eq!(
        after.value("bridge", "priority"),
        Some(&NmValue::Uint(8192))
    );
    assert_eq!(after.settings.get("ipv4"), before.settings.get("ipv4"));
    assert_eq!(after.mark(), Some(ID));
    let error = plan(
        &host,
        &change(r#"{"delete_switch":{"name":"br0"}}"#),
        PlanId::from_bits(9),
    )
    .unwrap_err();
    assert!(
        error
            .remedy()
            .is_some_and(|way| way.contains("nova network undo")),
        "{error}"
    );
}

#[test]
fn what_is_made_by_hand_is_gone_with_the_next_boot_and_the_plan_says_so() {
    let host = Host::new().link("eth1", LinkKind::Physical).build();
    let made = plan(&host, &change(r#"{"create_bridge":{"name":"br0"}}"#), ID).unwrap();
    assert!(made.keeping.steps.is_empty());
    assert!(made.keeping.effects[0].contains("gone with the next boot"));
}

#[test]
fn what_others_configure_is_said_to_go_with_the_boot() {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.2/24")
        .route("eth0", "0.0.0.0/0", Some("192.0.2.1"))
        .owned("eth0", Owner::NetworkManagerDaemon)
        .link("eth1", LinkKind::Physical)
        .bridge("br0", Owner::NetworkManagerDaemon)
        .build();
    host.managers.network_manager = Some(NetworkManagerDaemon::default());
    for (wish, says) in [
        (
            r#"{"configure_bridge":{"name":"br0","options":{"ageing_time":100}}}"#,
            "the options of br0",
        ),
        (
            r#"{"attach_port":{"switch":"br0","port":"eth1"}}"#,
            "that eth1 is a port of br0",
        ),
    ] {
        let made = plan(&host, &change(wish), ID).unwrap();
        assert!(made.keeping.steps.is_empty(), "{wish}");
        let keeping = made.keeping.effects.join(" ");
        assert!(
            keeping.contains("does not keep this") && keeping.contains(says),
            "{wish}: {keeping}"
        );
    }
}

/// T31: the first file that matches a link is the one that counts.
#[test]
fn a_port_whose_file_comes_before_every_file_of_nova_is_refused() {
    let first = "/etc/systemd/network/00-first.network";
    let host = with_networkd_file(
        Host::new()
            .link("eth0", LinkKind::Physical)
            .bridge("br0", Owner::Nova)
            .build(),
        first,
        "[Match]\nName=eth0\n",
    );
    let wish = ChangeSet {
        persist: Persist::Networkd,
        ..change(r#"{"attach_port":{"switch":"br0","port":"eth0"}}"#)
    };
    let error = plan(&host, &wish, ID).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.field(), Some("persist"), "{error}");
    assert!(
        error.message().contains("eth0")
            && error
                .message()
                .contains(&format!("{first} comes before every file")),
        "{error}"
    );
    assert!(
        error
            .remedy()
            .is_some_and(|way| way.contains("higher number") && way.contains("--persist none")),
        "{error:?}"
    );
    // The way out that is named is one.
    let wish = ChangeSet {
        persist: Persist::None,
        ..wish
    };
    let made = plan(&host, &wish, ID).unwrap();
    assert!(made.keeping.steps.is_empty());
}

#[test]
fn where_a_program_is_silent_nothing_is_planned_that_could_be_its() {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.2/24")
        .link("eth1", LinkKind::Physical)
        .build();
    host.managers.silent = vec![Backend::NetworkManager];
    let wish = |persist: Persist, port: &str| ChangeSet {
        persist,
        ..change(&format!(
            r#"{{"create_bridge":{{"name":"br0","ports":["{port}"]}}}}"#
        ))
    };
    for (persist, port) in [
        (Persist::Auto, "eth0"),
        (Persist::None, "eth0"),
        (Persist::Auto, "eth1"),
    ] {
        let error = plan(&host, &wish(persist, port), ID).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DaemonMissing, "{port}");
        assert!(
            error
                .message()
                .contains("NetworkManager runs and does not answer"),
            "{error}"
        );
    }
    // The way out that is named for what is none of its business.
    let made = plan(&host, &wish(Persist::None, "eth1"), ID).unwrap();
    assert!(!made.steps.is_empty());
}

const BOND: &str = r#"{"create_bond":{"name":"bond0","members":["eth0"]}}"#;

#[test]
fn a_bond_takes_over_what_its_card_had_and_gives_it_back() {
    let text = "[Match]\nName=eth0\n[Network]\nDHCP=yes\n";
    for host in [with_nm(leased(), profile()), with_networkd(leased(), text)] {
        let made = plan(&host, &change(BOND), ID).unwrap();
        assert!(made.confirm_within.is_some());
        let after = apply(&made, &host);
        let (bond, card) = (after.link("bond0").unwrap(), after.link("eth0").unwrap());
        assert_eq!(card.controller, Some(bond.index));
        assert_eq!(bond.mac, host.link("eth0").unwrap().mac);
        assert_eq!(bond.addresses, host.link("eth0").unwrap().addresses);
        assert!(card.addresses.is_empty());
        assert!(after.routes.iter().all(|route| route.link == bond.index));
        assert!(made.unmet(&host).len() > 2);
        assert!(made.unmet(&after).is_empty(), "{:?}", made.unmet(&after));
        assert_eq!(undo(&made, &after).digest(), host.digest());
        let back = plan_undo(&after, &made, PlanId::from_bits(8)).unwrap();
        assert!(back.confirm_within.is_some());
        let undone = apply(&back, &after);
        assert_eq!(undone.digest(), host.digest());
        assert!(back.unmet(&undone).is_empty(), "{:?}", back.unmet(&undone));
    }
}

#[test]
fn the_profile_of_a_bond_has_what_is_the_host_s_and_that_of_a_member_the_card_s() {
    let host = with_nm(leased(), profile());
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0"],"primary":"eth0","options":{"miimon":200}}}"#;
    let made = plan(&host, &change(wish), ID).unwrap();
    let [bond, member] = added(&made)[..] else {
        panic!("two profiles");
    };
    let (name, mac) = bond.link_made().unwrap();
    assert_eq!(name.as_str(), "bond0");
    assert_eq!(Some(mac), host.link("eth0").unwrap().mac);
    assert_eq!(bond.text("ipv4", "dhcp-client-id"), Some("mac"));
    assert_eq!(bond.text("connection", "zone"), Some("work"));
    assert_eq!(
        bond.value("802-3-ethernet", "mtu"),
        Some(&NmValue::Uint(1400))
    );
    let shown = bond.nmcli(false);
    for says in ["mode=active-backup", "miimon=200", "primary=eth0"] {
        assert!(shown.contains(says), "{shown}");
    }
    assert_eq!(member.text("connection", "slave-type"), Some("bond"));
    assert_eq!(
        member.text("connection", "master"),
        Some(bond.uuid.as_str())
    );
    assert!(member.value("802-3-ethernet", "mtu").is_none());
    assert!(member.value("ipv4", "method").is_none());
    let effects = made.effects.join(" ");
    for says in [
        "NetworkManager makes the bond bond0, with",
        "192.0.2.134/24 (from DHCP) moves from eth0 to bond0.",
    ] {
        assert!(effects.contains(says), "{effects}");
    }
}

/// A host with two cards that a program configures and one that none does; the
/// first and the second have leases.
fn three_cards() -> HostState {
    Host::new()
        .link("eth0", LinkKind::Physical)
        .lease("eth0", "192.0.2.134/24")
        .route("eth0", "0.0.0.0/0", Some("192.0.2.1"))
        .link("eth1", LinkKind::Physical)
        .lease("eth1", "192.0.2.7/24")
        .link("eth2", LinkKind::Physical)
        .build()
}

/// The same program configures the second card.
fn with_second(mut host: HostState) -> HostState {
    if let Some(daemon) = &mut host.managers.network_manager {
        let mut second = daemon.links["eth0"].clone();
        let profile = second.profile.as_mut().unwrap();
        profile.name = "second".to_owned();
        profile.uuid = "8d1d65a1-0000-4000-8000-000000000001"
            .to_owned()
            .try_into()
            .unwrap();
        daemon.links.insert("eth1".to_owned(), second);
    }
    if let Some(networkd) = &mut host.managers.networkd {
        let second = NetworkdLink {
            file: "/run/systemd/network/80-second.network".to_owned(),
            text: Some("[Match]\nName=eth1\n[Network]\nDHCP=ipv4\n".to_owned()),
            iaid: Some(4),
        };
        networkd.links.insert("eth1".to_owned(), second);
    }
    host
}

fn both_managed() -> [HostState; 2] {
    let text = "[Match]\nName=eth0\n[Network]\nDHCP=yes\n";
    [
        with_second(with_nm(three_cards(), profile())),
        with_second(with_networkd(three_cards(), text)),
    ]
}

#[test]
fn other_cards_join_a_bond_and_their_leases_go() {
    let wish =
        r#"{"create_bond":{"name":"bond0","members":["eth2","eth0","eth1"],"primary":"eth2"}}"#;
    for host in both_managed() {
        let made = plan(&host, &change(wish), ID).unwrap();
        let effects = made.effects.join(" ");
        assert!(
            effects.contains("eth1 gives 192.0.2.7/24 back"),
            "{effects}"
        );
        let notices = made.notices.join(" ");
        assert!(
            notices.contains("no longer reached at 192.0.2.7/24"),
            "{notices}"
        );
        let after = apply(&made, &host);
        let bond = after.link("bond0").unwrap();
        assert_eq!(after.ports_of(bond.index).count(), 3);
        assert_eq!(bond.addresses, host.link("eth0").unwrap().addresses);
        assert_eq!(bond.mac, host.link("eth0").unwrap().mac);
        assert!(after.link("eth1").unwrap().addresses.is_empty());
        assert!(made.unmet(&after).is_empty(), "{:?}", made.unmet(&after));
        let back = plan_undo(&after, &made, PlanId::from_bits(8)).unwrap();
        // Leases come when they come.
        let mut undone = apply(&back, &after);
        let second = undone.link_mut("eth1").unwrap();
        assert_eq!(second.controller, None);
        second.addresses = host.link("eth1").unwrap().addresses.clone();
        assert_eq!(undone.digest(), host.digest());
        assert!(back.unmet(&undone).is_empty(), "{:?}", back.unmet(&undone));
        // The one that joins last is preferred, also after a boot.
        let preferred = bond.bond.as_ref().unwrap().primary;
        assert_eq!(preferred, after.link("eth2").map(|link| link.index));
        let steps = serde_json::to_string(&made.steps[0]).unwrap();
        let kept = serde_json::to_string(&made.keeping.steps).unwrap();
        assert!(
            steps.contains(r#""primary":"eth2""#) || kept.contains("PrimarySlave"),
            "{steps} {kept}"
        );
        // What nobody configures is kept as a member, too.
        let kept = serde_json::to_string(&made.keeping.steps).unwrap();
        assert!(kept.contains("eth2"), "{kept}");
    }
}

#[test]
fn an_undo_of_a_bond_by_networkd_lends_each_card_its_own_file() {
    let [_, host] = both_managed();
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0","eth1"]}}"#;
    let made = plan(&host, &change(wish), ID).unwrap();
    let after = apply(&made, &host);
    let back = plan_undo(&after, &made, PlanId::from_bits(8)).unwrap();
    let Some(Step::Manager(ManagerStep::Files { write, .. })) =
        back.steps.first().map(|planned| &planned.step)
    else {
        panic!("files are written");
    };
    let lent: Vec<String> = write
        .iter()
        .map(|(place, file)| {
            assert_eq!(*place, Place::Volatile);
            format!("{} {}", file.name(), file.body().replace('\n', " "))
        })
        .collect();
    assert_eq!(lent.len(), 3, "{lent:?}");
    for (file, says) in [
        ("03-nova-eth0.network", "DHCP=yes"),
        ("03-nova-bond0.network", "Unmanaged=yes"),
        ("03-nova-eth1.network", "DHCP=ipv4"),
    ] {
        let found = lent.iter().find(|line| line.starts_with(file));
        assert!(found.is_some_and(|line| line.contains(says)), "{lent:?}");
    }
}

#[test]
fn an_undo_of_a_bond_by_networkd_lets_a_member_go_that_it_would_take_back() {
    let [_, host] = both_managed();
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0","eth2"]}}"#;
    let made = plan(&host, &change(wish), ID).unwrap();
    let after = apply(&made, &host);
    let back = plan_undo(&after, &made, PlanId::from_bits(8)).unwrap();
    let at = |is_it: &dyn Fn(&Step) -> bool| {
        back.steps
            .iter()
            .position(|planned| is_it(&planned.step))
            .unwrap()
    };
    let let_go = at(&|step| {
        let Step::Manager(ManagerStep::Files { write, .. }) = step else {
            return false;
        };
        write.iter().any(|(place, file)| {
            file.name() == "03-nova-eth2.network"
                && file.body().contains("Unmanaged=yes")
                && *place == Place::Volatile
        })
    });
    let leaves = at(
        &|step| matches!(step, Step::Bond(BondStep::RemoveMember { link, .. }) if link.name.as_str() == "eth2"),
    );
    assert!(let_go < leaves);
    // It is read again when nothing of it is there any more.
    let mut standing = vec!["25-nova-eth2.network", "03-nova-eth2.network"];
    for planned in &back.keeping.steps {
        if let Step::Manager(ManagerStep::Files { remove, effect, .. }) = &planned.step {
            let names: Vec<String> = remove.iter().map(|(_, file)| file.name()).collect();
            standing.retain(|name| !names.iter().any(|gone| gone == name));
            assert!(effect.is_none() || standing.is_empty(), "{standing:?}");
        }
    }
    assert_eq!(standing, Vec::<&str>::new());
}

#[test]
fn addresses_of_a_second_card_that_are_set_by_hand_are_not_lost() {
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0","eth1"]}}"#;
    for mut host in both_managed() {
        for address in &mut host.link_mut("eth1").unwrap().addresses {
            address.is_dynamic = false;
        }
        let error = plan(&host, &change(wish), ID).unwrap_err();
        assert_eq!(error.field(), Some("interfaces"));
        assert!(
            error
                .message()
                .contains("eth0 and eth1 both carry addresses"),
            "{error}"
        );
    }
    // Nor are two programs set upon one bond.
    let [mut host, other] = both_managed();
    host.managers.networkd = other.managers.networkd;
    let daemon = host.managers.network_manager.as_mut().unwrap();
    daemon.links.remove("eth1");
    let host = {
        host.link_mut("eth1").unwrap().owner = Owner::Networkd;
        host
    };
    let error = plan(&host, &change(wish), ID).unwrap_err();
    assert!(
        error
            .message()
            .contains("systemd-networkd configures its addresses"),
        "{error}"
    );
    assert!(
        error
            .remedy()
            .is_some_and(|way| way.contains("One program")),
        "{error:?}"
    );
}

/// The host after a plan, with what the program tells of the links then.
fn managed_after(host: &HostState, made: &Plan) -> HostState {
    let mut after = apply(made, host);
    if let Some(daemon) = &mut after.managers.network_manager {
        for profile in added(made) {
            let name = profile.about().unwrap();
            let link = NmLink {
                profile: Some(profile.clone()),
                is_stored: true,
                unknown: Vec::new(),
            };
            daemon.links.insert(name.to_owned(), link);
            daemon.own.push(profile.clone());
        }
    }
    let planned = made.steps.iter().map(|planned| &planned.step);
    let written = planned.filter_map(|step| match step {
        Step::Manager(ManagerStep::Files { write, .. }) => Some(write),
        _ => None,
    });
    if let Some(networkd) = &mut after.managers.networkd {
        for (_, file) in written.flatten() {
            let link = NetworkdLink {
                file: format!("/etc/systemd/network/{}", file.name()),
                text: Some(file.body()),
                iaid: None,
            };
            networkd.own.insert(file.name(), file.clone());
            networkd.links.insert(file.link.to_string(), link);
        }
    }
    after.link_mut("bond0").unwrap().owner = Owner::Nova;
    after
}

#[test]
fn a_card_of_the_program_joins_the_bond_that_it_has() {
    let join = r#"{"attach_port":{"switch":"bond0","port":"eth1"}}"#;
    for host in both_managed() {
        let made = plan(&host, &change(BOND), ID).unwrap();
        let bonded = managed_after(&host, &made);
        let joined = plan(&bonded, &change(join), PlanId::from_bits(9)).unwrap();
        assert!(joined.confirm_within.is_some());
        assert!(
            joined
                .effects
                .join(" ")
                .contains("eth1 gives 192.0.2.7/24 back"),
            "{:?}",
            joined.effects
        );
        let after = apply(&joined, &bonded);
        let bond = after.link("bond0").unwrap();
        assert_eq!(after.link("eth1").unwrap().controller, Some(bond.index));
        assert_eq!(bond.addresses, bonded.link("bond0").unwrap().addresses);
        assert!(
            joined.unmet(&after).is_empty(),
            "{:?}",
            joined.unmet(&after)
        );
        let back = plan_undo(&after, &joined, PlanId::from_bits(10)).unwrap();
        let mut undone = apply(&back, &after);
        let second = undone.link_mut("eth1").unwrap();
        second.addresses = host.link("eth1").unwrap().addresses.clone();
        assert_eq!(undone.digest(), bonded.digest());

        // The bond itself goes by its own undo alone.
        let gone = r#"{"delete_bond":{"name":"bond0"}}"#;
        let error = plan(&bonded, &change(gone), PlanId::from_bits(9)).unwrap_err();
        assert!(error.message().contains("bond bond0: "), "{error}");
        assert!(
            error
                .remedy()
                .is_some_and(|way| way.contains("nova network undo")),
            "{error:?}"
        );
    }
    // A bond that the program does not have is told how to be one that it has.
    let [host, _] = both_managed();
    let made = plan(&host, &change(BOND), ID).unwrap();
    let mut bonded = managed_after(&host, &made);
    let daemon = bonded.managers.network_manager.as_mut().unwrap();
    daemon.links.remove("bond0");
    let error = plan(&bonded, &change(join), PlanId::from_bits(9)).unwrap_err();
    assert!(
        error
            .remedy()
            .is_some_and(|way| way.contains("make it again with eth1")),
        "{error:?}"
    );
}

#[test]
fn a_bridge_stands_above_a_bond_of_the_program_with_all_its_members() {
    let wish =
        r#"{"create_bond":{"name":"bond0","members":["eth0","eth1","eth2"],"primary":"eth2"}}"#;
    let bridge = r#"{"create_bridge":{"name":"br0","ports":["bond0"]}}"#;
    for host in both_managed() {
        let made = plan(&host, &change(wish), ID).unwrap();
        let bonded = managed_after(&host, &made);
        let bridged = plan(&bonded, &change(bridge), PlanId::from_bits(9)).unwrap();
        let after = apply(&bridged, &bonded);
        let (bridge, bond) = (after.link("br0").unwrap(), after.link("bond0").unwrap());
        assert_eq!(bond.controller, Some(bridge.index));
        assert_eq!(after.ports_of(bond.index).count(), 3);
        let preferred = after.link("eth2").unwrap().index;
        assert_eq!(bond.bond.as_ref().unwrap().primary, Some(preferred));
        assert_eq!(bridge.addresses, host.link("eth0").unwrap().addresses);
        assert!(
            bridged.unmet(&after).is_empty(),
            "{:?}",
            bridged.unmet(&after)
        );
        assert_eq!(undo(&bridged, &after).digest(), bonded.digest());
        let back = plan_undo(&after, &bridged, PlanId::from_bits(10)).unwrap();
        assert_eq!(apply(&back, &after).digest(), bonded.digest());
        if bonded.managers.network_manager.is_none() {
            continue;
        }
        // The members name the profile of their bond, which is a new one.
        let [above, port, first, second] = added(&bridged)[..] else {
            panic!("four profiles");
        };
        assert_eq!(port.text("connection", "type"), Some("bond"));
        assert_eq!(port.text("connection", "master"), Some(above.uuid.as_str()));
        assert_eq!(port.link_made(), None);
        for member in [first, second] {
            assert_eq!(
                member.text("connection", "master"),
                Some(port.uuid.as_str())
            );
        }
        // So does what is written of the member that no program configures.
        let kept = bridged.keeping.steps.iter();
        let mut kept = kept.filter_map(|planned| match &planned.step {
            Step::Manager(ManagerStep::AddProfile { profile, .. }) => Some(profile),
            _ => None,
        });
        let third = kept.next().unwrap();
        assert_eq!(third.about(), Some("eth2"));
        assert_eq!(third.text("connection", "master"), Some(port.uuid.as_str()));
    }
}

/// The profiles that a change of `NetworkManager`'s writes when it is kept.
fn kept_profiles(made: &Plan) -> Vec<NmProfile> {
    let steps = made.keeping.steps.iter();
    let profiles = steps.filter_map(|planned| match &planned.step {
        Step::Manager(ManagerStep::AddProfile { profile, .. }) => Some(profile.clone()),
        _ => None,
    });
    profiles.collect()
}

#[test]
fn a_member_that_the_daemon_has_since_a_boot_goes_back_by_its_profile() {
    let wish = r#"{"create_bond":{"name":"bond0","members":["eth0","eth2"]}}"#;
    let bridge = r#"{"create_bridge":{"name":"br0","ports":["bond0"]}}"#;
    let host = with_nm(three_cards(), profile());
    let made = plan(&host, &change(wish), ID).unwrap();
    let bonded = managed_after(&host, &made);
    let bridged = plan(&bonded, &change(bridge), PlanId::from_bits(9)).unwrap();
    let mut booted = managed_after(&bonded, &bridged);
    let (first, second) = (kept_profiles(&made), kept_profiles(&bridged));
    let daemon = booted.managers.network_manager.as_mut().unwrap();
    daemon.own.extend(first.iter().chain(&second).cloned());
    let active = NmLink {
        profile: Some(second[0].clone()),
        is_stored: true,
        unknown: Vec::new(),
    };
    daemon.links.insert("eth2".to_owned(), active);
    let back = plan_undo(&booted, &bridged, PlanId::from_bits(10)).unwrap();
    let by_hand = |planned: &&nova_model::plan::PlannedStep| matches!(planned.step, Step::Bond(_));
    assert_eq!(back.steps.iter().find(by_hand), None);
    let activated = back.steps.iter().find_map(|planned| match &planned.step {
        Step::Manager(ManagerStep::Activate { after, .. }) => Some(after),
        _ => None,
    });
    let profiles = &activated.unwrap().profiles;
    let third = profiles.iter().find(|it| it.card.as_str() == "eth2");
    assert_eq!(third.unwrap().uuid, first[0].uuid);
    let undone = apply(&back, &booted);
    assert!(back.unmet(&undone).is_empty(), "{:?}", back.unmet(&undone));
    assert_eq!(undone.digest(), bonded.digest());
}
