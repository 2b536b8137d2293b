// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bridge of Open vSwitch above a card that a program configures.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use std::collections::BTreeMap;

use nova_model::change::Change;
use nova_model::link::{LinkKind, Owner};
use nova_model::manager::{
    Backend, Managers, NetworkManagerDaemon, Networkd, NetworkdLink, NmLink,
};
use nova_model::networkd::Place;
use nova_model::ovs::{OvsState, OvsView};
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan, plan_undo};
use nova_model::state::HostState;
use nova_model::step::{ManagerStep, Step};
use pictured::{Host, apply, change, undo};

const ID: PlanId = PlanId::from_bits(7);
const WISH: &str =
    r#"{"create_ovs_bridge":{"name":"ovs0","datapath":null,"options":{},"ports":["eth0","eth1"]}}"#;

fn host(owner: Owner) -> HostState {
    let mut host = Host::new()
        .link("eth0", LinkKind::Physical)
        .address("eth0", "192.0.2.9/24")
        .lease("eth0", "192.0.2.134/24")
        .route("eth0", "0.0.0.0/0", Some("192.0.2.1"))
        .owned("eth0", owner)
        .link("eth1", LinkKind::Physical)
        .build();
    host.ovs = OvsView::Known(OvsState {
        is_running: true,
        datapath_types: vec!["netdev".to_owned()],
        ..OvsState::default()
    });
    host
}

fn with_networkd() -> HostState {
    let mut host = host(Owner::Networkd);
    let text = "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nAddress=192.0.2.9/24\n";
    let link = NetworkdLink {
        file: "/etc/systemd/network/20-wired.network".to_owned(),
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

/// What each step is, in a word.
fn order(steps: &[nova_model::plan::PlannedStep]) -> Vec<&'static str> {
    steps
        .iter()
        .map(|planned| match &planned.step {
            Step::Ovs(_) => "ovs",
            Step::Link(_) => "link",
            Step::Manager(ManagerStep::Files { write, remove, .. })
                if write.is_empty() && remove.is_empty() =>
            {
                "again"
            }
            Step::Manager(ManagerStep::Files { .. }) => "files",
            step => panic!("{step:?}"),
        })
        .collect()
}

fn after_keeping(made: &Plan, after: &HostState) -> HostState {
    let mut kept = after.clone();
    let networkd = kept.managers.networkd.as_mut().unwrap();
    for planned in &made.keeping.steps {
        if let Step::Manager(ManagerStep::Files { write, .. }) = &planned.step {
            let files = write.iter().map(|(place, file)| {
                assert_eq!(*place, Place::Lasting);
                (file.name(), file.clone())
            });
            networkd.own.extend(files);
        }
    }
    for name in ["ovs0", "eth0"] {
        let file = format!("/etc/systemd/network/05-nova-{name}.network");
        let link = NetworkdLink {
            file,
            text: Some(String::new()),
            iaid: None,
        };
        networkd.links.insert(name.to_owned(), link);
    }
    kept
}

#[test]
fn open_vswitch_takes_the_card_between_what_networkd_does() {
    let host = with_networkd();
    let made = plan(&host, &change(WISH), ID).unwrap();
    assert_eq!(order(&made.steps), ["ovs", "link", "files", "ovs", "again"]);
    let after = apply(&made, &host);
    assert_eq!(made.unmet(&after), Vec::<String>::new());
    let (bridge, card) = (after.link("ovs0").unwrap(), after.link("eth0").unwrap());
    assert_eq!(bridge.mac, card.mac);
    let nets = |link: &nova_model::link::Link| -> Vec<String> {
        let nets = link.addresses.iter().map(|it| it.net.to_string());
        nets.filter(|net| !net.starts_with("fe80")).collect()
    };
    assert_eq!(nets(bridge), ["192.0.2.9/24", "192.0.2.134/24"]);
    assert_eq!(nets(card), Vec::<String>::new());
    assert!(made.confirm_within.is_some());
    let written: Vec<String> = made
        .steps
        .iter()
        .filter_map(|planned| match &planned.step {
            Step::Manager(ManagerStep::Files { write, .. }) => Some(write),
            _ => None,
        })
        .flatten()
        .map(|(place, file)| {
            assert_eq!(*place, Place::Volatile);
            format!("{}:{}", file.name(), file.body())
        })
        .collect();
    // The bridge itself is made by Open vSwitch: no .netdev.
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(
        written[0].starts_with("05-nova-ovs0.network:"),
        "{}",
        written[0]
    );
    for line in ["Name=ovs0", "DHCP=ipv4", "Address=192.0.2.9/24", "IAID=9"] {
        assert!(written[0].contains(line), "{line}: {}", written[0]);
    }
    assert!(!written[1].contains("Address="), "{}", written[1]);
    assert!(
        written[1].contains("LinkLocalAddressing=no"),
        "{}",
        written[1]
    );
    assert_eq!(undo(&made, &after), host);
    let back: Vec<&str> = order(
        &made
            .steps
            .iter()
            .rev()
            .flat_map(|planned| {
                planned
                    .undo
                    .iter()
                    .map(|step| nova_model::plan::PlannedStep {
                        step: step.clone(),
                        ..planned.clone()
                    })
            })
            .collect::<Vec<_>>(),
    );
    // The card leaves the bridge before its own file counts again.
    let leaves = back.iter().position(|it| *it == "ovs").unwrap();
    let files = back.iter().position(|it| *it == "files").unwrap();
    assert!(leaves < files, "{back:?}");
}

#[test]
fn what_was_kept_is_undone_and_leaves_no_file() {
    let host = with_networkd();
    let made = plan(&host, &change(WISH), ID).unwrap();
    assert_eq!(made.keeping.backend, Some(Backend::Networkd));
    let after = after_keeping(&made, &apply(&made, &host));
    let refused = plan(
        &after,
        &change(r#"{"delete_switch":{"name":"ovs0","foreign":false}}"#),
        ID,
    )
    .unwrap_err();
    assert!(
        refused.remedy().unwrap().contains("nova network undo"),
        "{refused}"
    );
    let back = plan_undo(&after, &made, PlanId::from_bits(8)).unwrap();
    let order = order(&back.steps);
    assert_eq!(order, ["ovs", "files", "link", "ovs"]);
    let again = apply(&back, &after);
    assert_eq!(back.unmet(&again), Vec::<String>::new());
    assert_eq!(again.links, host.links);
    assert_eq!(again.digest(), host.digest());
    let removed: Vec<String> = back
        .keeping
        .steps
        .iter()
        .filter_map(|planned| match &planned.step {
            Step::Manager(ManagerStep::Files { remove, .. }) => Some(remove),
            _ => None,
        })
        .flatten()
        .filter(|(place, _)| *place == Place::Lasting)
        .map(|(_, file)| file.name())
        .collect();
    assert_eq!(removed, ["05-nova-ovs0.network", "05-nova-eth0.network"]);
    // The undo can be undone in its turn.
    assert_eq!(undo(&back, &again).digest(), after.digest());
}

#[test]
fn until_the_next_boot_no_file_lasts() {
    let mut wish = change(WISH);
    wish.persist = Persist::None;
    let made = plan(&with_networkd(), &wish, ID).unwrap();
    assert!(made.keeping.steps.is_empty());
    let told = made.notices.join(" ");
    assert!(
        told.contains("Open vSwitch takes eth0 again and nobody gives ovs0 its addresses"),
        "{told}"
    );
}

#[test]
fn network_manager_gives_no_addresses_to_a_bridge_it_did_not_make() {
    let mut host = host(Owner::NetworkManagerDaemon);
    let profile = nova_model::nm::NmProfile {
        uuid: "59398828-f367-443e-b0b2-6be373e01a62"
            .to_owned()
            .try_into()
            .unwrap(),
        name: "office".to_owned(),
        settings: BTreeMap::from([(
            "connection".to_owned(),
            BTreeMap::from([(
                "type".to_owned(),
                nova_model::nm::NmValue::Text("802-3-ethernet".to_owned()),
            )]),
        )]),
    };
    let link = NmLink {
        profile: Some(profile),
        is_stored: true,
        unknown: Vec::new(),
    };
    host.managers.network_manager = Some(NetworkManagerDaemon {
        links: BTreeMap::from([("eth0".to_owned(), link)]),
        own: Vec::new(),
    });
    let refused = plan(&host, &change(WISH), ID).unwrap_err();
    assert!(refused.message().contains("NetworkManager"), "{refused}");
    assert!(
        refused.remedy().unwrap().contains("bridge-nic eth0"),
        "{refused}"
    );
}

#[test]
fn a_second_card_with_addresses_is_refused() {
    let mut host = with_networkd();
    let second = Host::new()
        .link("eth1", LinkKind::Physical)
        .address("eth1", "198.18.0.2/24")
        .build();
    let addresses = second.link("eth1").unwrap().addresses.clone();
    host.link_mut("eth1").unwrap().addresses = addresses;
    let wish: Change = serde_json::from_str(WISH).unwrap();
    let refused = plan(&host, &wish.into(), ID).unwrap_err();
    assert!(
        refused.message().contains("both carry addresses"),
        "{refused}"
    );
}

#[test]
fn a_card_that_a_router_alone_gives_an_address_keeps_its_mac_address() {
    let mut host = with_networkd();
    let card = host.link_mut("eth0").unwrap();
    card.addresses.clear();
    let routed = Host::new()
        .link("eth0", LinkKind::Physical)
        .lease("eth0", "2001:db8::7/64")
        .build();
    card.addresses
        .clone_from(&routed.link("eth0").unwrap().addresses);
    host.routes.clear();
    let made = plan(&host, &change(WISH), ID).unwrap();
    let after = apply(&made, &host);
    assert_eq!(made.unmet(&after), Vec::<String>::new());
    let (bridge, card) = (after.link("ovs0").unwrap(), after.link("eth0").unwrap());
    assert_eq!(bridge.mac, card.mac);
}
