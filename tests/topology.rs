// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The picture of the network and the charts as a person without a mouse uses
//! them, and whether it is all there. Runs in the lab with the scene `small`,
//! whose desktop is up; with `NOVA_EVERYTHING=1` also with `large`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use atspi::Role;
use nova::networking::NetworkManager;
use nova_model::layout::{Layout, Metrics, Positions};
use nova_model::topology::{Graph, Options};
use nova_tests::desktop::OnDesktop;
use nova_tests::focus::{Place, is_everything};
use nova_tests::host::Gone;
use nova_tests::person::Person;
use nova_tests::program::{nova, run, sh, within};
use serde_json::Value;

/// Opens the window on a page, with a person before it.
fn open(page: &str) -> (OnDesktop, Person) {
    let window = OnDesktop::start("nova-desktop", &["nova-desktop", "--page", page]);
    let person = Person::sit_down("Nova");
    (window, person)
}

#[test]
fn a_switch_of_the_picture_is_found_pressed_and_described() {
    let _gone = Gone("pictured0");
    let _ = sh("ip link add pictured0 type bridge && ip link set pictured0 up").ok();
    let (_window, person) = open("topology");
    person.waits_for("Linux bridge pictured0, up");
    person.presses(Role::Button, "Linux bridge pictured0, up");
    person.waits_for("Details of pictured0");
}

#[test]
fn a_link_is_measured_on_the_monitor() {
    let _gone = Gone("measured0");
    let _ = sh("ip link add measured0 type bridge && ip link set measured0 up").ok();
    let (_window, person) = open("monitor");
    person.waits_for("measured0, Linux bridge, receives 0 b/s, sends 0 b/s");
}

/// The words that `virsh` prints.
fn virsh(line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let told = run("virsh", &words).ok();
    let mut told: Vec<String> = told.split_whitespace().map(ToOwned::to_owned).collect();
    told.sort();
    told
}

/// The text of this key, of each object.
fn texts(objects: &Value, key: &str) -> Vec<String> {
    let objects = objects.as_array().unwrap().iter();
    let mut texts: Vec<String> = objects
        .map(|object| object[key].as_str().unwrap().to_owned())
        .collect();
    texts.sort();
    texts
}

/// Every card of a machine: the machine, its tap, and where that is plugged in.
type Plugs = BTreeSet<[String; 3]>;

fn plugs_by_virsh(machines: &[String]) -> Plugs {
    let mut plugs = Plugs::new();
    for machine in machines {
        let listed = run("virsh", &["domiflist", machine]).ok();
        for card in listed.lines().skip(2).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = card.split_whitespace().collect();
            plugs.insert([machine, words[0], words[2]].map(ToString::to_string));
        }
    }
    plugs
}

fn plugs_by_the_picture(picture: &Value) -> Plugs {
    let nodes = picture["nodes"].as_array().unwrap();
    let name = |id: &Value| {
        let node = nodes.iter().find(|node| node["id"] == *id).unwrap();
        node["name"].as_str().unwrap().to_owned()
    };
    let edges = picture["connections"].as_array().unwrap().iter();
    edges
        .filter(|edge| edge["to"].as_str().unwrap().starts_with("machine:"))
        .map(|edge| {
            assert_eq!(edge["links"].as_array().map(Vec::len), Some(1), "{edge}");
            let tap = edge["links"][0].as_str().unwrap().to_owned();
            [name(&edge["to"]), tap, name(&edge["from"])]
        })
        .collect()
}

/// The boxes of the picture as the window lays it out, folded and unfolded: no
/// two lie on each other.
fn nothing_overlaps(nodes: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let snapshot = runtime.block_on(NetworkManager::new().snapshot()).unwrap();
    let unfolded = Options {
        fold_above: usize::MAX,
        forwarding_edges: usize::MAX,
        ..Options::default()
    };
    let all = Graph::of(&snapshot, &unfolded);
    assert_eq!(all.nodes().count(), nodes);
    for graph in [all, Graph::of(&snapshot, &Options::default())] {
        let picture = Layout::of(&graph, &Metrics::default(), &Positions::new());
        assert_eq!(picture.nodes.len(), graph.nodes().count());
        for (at, one) in picture.nodes.iter().enumerate() {
            for other in &picture.nodes[at + 1..] {
                assert!(!one.rect.overlaps(&other.rect), "{one:?} on {other:?}");
            }
        }
    }
}

/// The names of the rows of a list of the window that are there now.
fn rows_in_sight(person: &Person, list: &str) -> BTreeSet<String> {
    let places = person.places();
    let is_row = |row: &&Place| {
        let parent = row.parent.map(|at| &places[at].thing);
        row.thing.role == Role::ListItem
            && parent.is_some_and(|it| it.role == Role::List && it.name == list)
    };
    let rows = places.iter().filter(is_row);
    rows.map(|row| row.thing.name.clone()).collect()
}

/// The names of all rows of a list of the window, page by page.
fn rows(person: &Person, list: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    person.reaches(Role::Text, "Search");
    person.strikes(&["Down", "Home"]);
    // What is next to the first page is still on it.
    let mut in_vain = 0;
    while in_vain < 2 {
        let mut now = BTreeSet::new();
        let stands_still = || {
            let before = std::mem::replace(&mut now, rows_in_sight(person, list));
            before == now
        };
        assert!(within(20, stands_still), "{}", person.describes());
        person.strikes(&["Next"]);
        let moves = || rows_in_sight(person, list) != now;
        in_vain = if within(3, moves) { 0 } else { in_vain + 1 };
        all.extend(now);
    }
    all
}

/// Networks that are only defined, more than a list shows at once.
struct Spare;

impl Spare {
    fn define() -> Self {
        let spare = Self;
        let _ = sh("for i in $(seq 10 39); do \
                echo \"<network><name>spare$i</name><bridge name='spare$i'/></network>\" >/run/spare$i.xml; \
                echo net-define /run/spare$i.xml; done | virsh; rm /run/spare*.xml")
        .ok();
        spare
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        let _ = sh("for i in $(seq 10 39); do echo net-undefine spare$i; done | virsh");
    }
}

/// Builds a scene.
const SCENES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/lab/scenes/build");

/// The scene `small` again, whatever the test did with another.
struct Small;

impl Drop for Small {
    fn drop(&mut self) {
        let _ = run(SCENES, &["small"]);
    }
}

#[test]
fn every_network_and_machine_of_libvirt_is_there_once_and_plugged_in_where_virsh_says() {
    let spare = Spare::define();
    is_all_there(33, 4);
    drop(spare);
    if is_everything() {
        let _small = Small;
        let _ = run(SCENES, &["large"]).ok();
        is_all_there(60, 40);
    }
}

/// Compares a host with at least so many networks and machines.
fn is_all_there(least_networks: usize, least_machines: usize) {
    let networks = virsh("net-list --all --name");
    let machines = virsh("list --all --name");
    assert!(networks.len() >= least_networks, "{networks:?}");
    assert!(machines.len() >= least_machines, "{machines:?}");
    let list = nova(&["list", "--output", "json"]).json();
    assert_eq!(texts(&list["networks"], "name"), networks);

    let picture = nova(&["topology", "--output", "json"]).json();
    let nodes = picture["nodes"].as_array().unwrap();
    let of_kind = |kind: &str| {
        let nodes = nodes.iter().filter(|node| node["kind"][kind].is_string());
        texts(&Value::Array(nodes.cloned().collect()), "name")
    };
    assert_eq!(of_kind("machine"), machines);
    assert_eq!(of_kind("network"), networks);
    let plugs = plugs_by_virsh(&machines);
    assert!(plugs.len() >= least_machines, "{plugs:?}");
    assert_eq!(plugs_by_the_picture(&picture), plugs);
    nothing_overlaps(nodes.len());

    let (_window, person) = open("networks");
    let listed = format!("{} listed", networks.len());
    let counted = || {
        let page = person.sees(Role::ListItem, "Networks");
        page.is_some_and(|page| page.description == listed)
    };
    assert!(within(20, counted), "{}", person.describes());
    let shown = rows(&person, "Networks");
    assert_eq!(shown, networks.into_iter().collect());
}
