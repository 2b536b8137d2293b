// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the monitor of the window says of real traffic between two machines
//! behind a bridge, against what iperf3 measures.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use atspi::Role;
use nova_tests::focus::{Focus, Place};
use nova_tests::host::{Cable, Gone};
use nova_tests::person::Thing;
use nova_tests::program::{sh, within};
use nova_tests::seat::Seat;
use serde_json::Value;

/// Bytes of a datagram, and of the frame that carries it.
const DATAGRAM: f64 = 1400.0;
const FRAME: f64 = DATAGRAM + 8.0 + 20.0 + 14.0;

/// Two machines behind the ports `mona` and `monb` of a bridge.
fn machines() -> (Gone, [Cable; 2]) {
    let gone = Gone("monbr0");
    let _ = sh("ip link delete monbr0");
    let _ = sh("set -e; ip link add monbr0 type bridge; ip link set monbr0 up").ok();
    let cables = ["mona", "monb"].map(Cable::lay);
    for (host, cable) in (1..).zip(&cables) {
        let _ = sh(&format!("ip link set {} master monbr0", cable.near)).ok();
        let _ = cable
            .far(&format!("ip address add 198.51.100.{host}/24 dev far"))
            .ok();
    }
    (gone, cables)
}

/// bit/s of a text such as "20.6 Mb/s".
fn bits(text: &str) -> f64 {
    let (number, unit) = text.trim().split_once(' ').unwrap();
    let factor = match unit {
        "b/s" => 1.0,
        "kb/s" => 1e3,
        "Mb/s" => 1e6,
        "Gb/s" => 1e9,
        other => panic!("{other:?} is no unit of a rate"),
    };
    number.parse::<f64>().unwrap() * factor
}

/// What follows a word in a text such as "receives 20.6 Mb/s, sends 0 b/s".
fn rate_after(word: &str, text: &str) -> Option<f64> {
    let (_, rest) = text.split_once(&format!("{word} "))?;
    Some(bits(rest.split(',').next()?))
}

/// What the window says now: what the port of the sender receives and that of
/// the receiver sends, and what the chart is of.
fn reading(places: &[Place]) -> [Option<f64>; 3] {
    let told = |role: Role, begin: &str, word: &str| {
        let is_it =
            |place: &&Place| place.thing.role == role && place.thing.name.starts_with(begin);
        let Thing {
            name, description, ..
        } = &places.iter().find(is_it)?.thing;
        rate_after(word, name).or_else(|| rate_after(word, description))
    };
    [
        told(Role::ListItem, "mona, ", "receives"),
        told(Role::ListItem, "monb, ", "sends"),
        told(Role::CHART, "Traffic of mona", "receives"),
    ]
}

fn median(mut values: Vec<f64>) -> f64 {
    assert!(values.len() > 3, "{values:?}");
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[track_caller]
fn is_within_a_twentieth(what: &str, shown: f64, measured: f64) {
    println!(
        "{what}: {:.2} Mbit/s, iperf3 {:.2}",
        shown / 1e6,
        measured / 1e6
    );
    assert!(
        (shown - measured).abs() <= measured / 20.0,
        "{what} is shown as {shown} bit/s; iperf3 measures {measured}"
    );
}

#[test]
fn the_rates_of_links_are_those_that_iperf3_measures() {
    let (_gone, [a, b]) = machines();
    let _ = b.far("iperf3 -s -1 -D; for i in $(seq 100); do ss -ltn | grep -q :5201 && break; sleep 0.1; done");
    let person = Seat::at("monitor");
    person.waits_for("libvirt: connected");
    person.types("Search", "mon");
    let row = |name: &str| {
        let begin = format!("{name}, ");
        person.sees_where(|thing| thing.role == Role::ListItem && thing.name.starts_with(&begin))
    };
    assert!(
        within(15, || row("mona").is_some()),
        "{}",
        person.describes()
    );
    // The chart is of the first link that is found: the machine that sends.
    person.presses(Role::ListItem, &row("mona").unwrap().name);

    let mut readings: Vec<[Option<f64>; 3]> = Vec::new();
    let report = std::thread::scope(|scope| {
        let client = format!("iperf3 -J -u -b 20M -l {DATAGRAM} -t 16 -c 198.51.100.2");
        let traffic = scope.spawn(move || a.far(&client).ok());
        let begun = || row("mona").is_some_and(|row| rate_after("receives", &row.name) > Some(1e6));
        assert!(within(15, begun), "{}", person.describes());
        // Who talks most can be reached by the keyboard, as the links can.
        let stops = Focus::of(&person).goes_round();
        let links = stops
            .iter()
            .filter(|stop| stop.thing.name.starts_with("mon"));
        let links: Vec<String> = links.map(|stop| stop.thing.to_string()).collect();
        assert_eq!(links.len(), 2, "{links:#?}");
        while !traffic.is_finished() {
            std::thread::sleep(Duration::from_secs(1));
            readings.push(reading(&person.places()));
        }
        traffic.join().unwrap()
    });
    // What was read when it was over already is not looked at.
    readings.truncate(readings.len().saturating_sub(2));
    let shown = |at: usize| median(readings.iter().filter_map(|reading| reading[at]).collect());
    let report: Value = serde_json::from_str(&report).unwrap();
    let payload = report["end"]["sum"]["bits_per_second"].as_f64().unwrap();
    let measured = payload * FRAME / DATAGRAM;
    is_within_a_twentieth("what the port of the sender receives", shown(0), measured);
    is_within_a_twentieth("what the port of the receiver sends", shown(1), measured);
    is_within_a_twentieth("what the chart is of", shown(2), measured);
}
