// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the monitor of the window says of real traffic between two machines
//! behind a bridge, against what iperf3 measures, and of traffic that goes one
//! way only, there and on the command line.

#![allow(clippy::unwrap_used)]

use std::process::Child;
use std::time::{Duration, Instant};

use atspi::Role;
use nova_tests::focus::{Focus, Place};
use nova_tests::host::{Cable, Gone};
use nova_tests::person::{Person, Thing};
use nova_tests::program::{command, nova, run, sh, within};
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
        within(30, || row("mona").is_some()),
        "{}",
        person.describes()
    );
    // The chart is of the first link that is found: the machine that sends.
    person.presses_what_begins(Role::ListItem, "mona, ");

    let mut readings: Vec<[Option<f64>; 3]> = Vec::new();
    let report = std::thread::scope(|scope| {
        let client = format!("iperf3 -J -u -b 20M -l {DATAGRAM} -t 16 -c 198.51.100.2");
        let traffic = scope.spawn(move || a.far(&client).ok());
        let begun = || row("mona").is_some_and(|row| rate_after("receives", &row.name) > Some(1e6));
        assert!(within(30, begun), "{}", person.describes());
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

/// Sends frames of 1000 bytes to the machine [`MAC`], some 200 a second: from the
/// packet socket of a link, or as whoever is at the tap of that name, which is
/// there as long as this runs.
const SENDER: &str = "
import fcntl, os, socket, struct, sys, time
kind, name = sys.argv[1:]
frame = bytes.fromhex('5254004e5644' + '02004e564401' + '88b5') + bytes(986)
if kind == 'tap':
    tap = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(tap, 0x400454ca, struct.pack('16sH', name.encode(), 0x1002))
    send = lambda: os.write(tap, frame)
else:
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((name, 0))
    send = lambda: link.send(frame)
while True:
    try:
        send()
    except OSError:
        pass  # not up yet
    time.sleep(0.005)
";
const MAC: &str = "52:54:00:4e:56:44";

/// A program that runs until this is dropped.
struct Running(Child);

impl Running {
    fn start(program: &str, arguments: &[&str]) -> Self {
        Self(command(program, arguments).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A machine whose firmware asks for an address again and again, and gets none:
/// it hears what is sent to it and answers nothing.
struct Listener;

impl Listener {
    fn start() -> Self {
        let document = format!(
            "<domain type='qemu'><name>monitored</name><memory unit='MiB'>64</memory><os>\
             <type arch='x86_64' machine='pc'>hvm</type><bios rebootTimeout='0'/></os><features><acpi/>\
             </features><devices><controller type='usb' model='none'/><memballoon model='none'/><video>\
             <model type='none'/></video><interface type='bridge'><source bridge='monbr1'/>\
             <mac address='{MAC}'/><target dev='montap'/><model type='virtio'/><boot order='1'/></interface>\
             </devices></domain>"
        );
        let _ = run("virsh", &["destroy", "monitored"]);
        let _ = sh(&format!(
            "f=$(mktemp); echo \"{document}\" >$f; virsh create $f; rm $f"
        ))
        .ok();
        Self
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = run("virsh", &["destroy", "monitored"]);
    }
}

/// Bytes that the kernel has counted at links, [received, sent] by each.
fn counted<const N: usize>(links: [&str; N]) -> [[u64; 2]; N] {
    links.map(|name| {
        let told = run("ip", &["-s", "-j", "link", "show", name]).json();
        let bytes = |key: &str| told[0]["stats64"][key]["bytes"].as_u64().unwrap();
        [bytes("rx"), bytes("tx")]
    })
}

/// Whether both are the same but for a tenth.
fn is_about(one: f64, other: f64) -> bool {
    other > 0.0 && (one / other - 1.0).abs() < 0.1
}

/// bit/s received and sent by what is in a row of the monitor.
fn row_of(person: &Person, link: &str) -> Option<(f64, f64)> {
    let begin = format!("{link}, ");
    let row = person.sees_where(|it| it.role == Role::ListItem && it.name.starts_with(&begin))?;
    Some((
        rate_after("receives", &row.name)?,
        rate_after("sends", &row.name)?,
    ))
}

/// What enters and leaves the host is `moncard`, what the machines say and hear
/// is at the taps; the bridge is all of it, once.
#[test]
fn what_is_sent_to_a_machine_it_receives_and_each_frame_counts_once() {
    let _gone = Gone("monbr1");
    let _ =
        sh("ip link delete monbr1; ip link add monbr1 type bridge && ip link set monbr1 up").ok();
    let card = Cable::lay("moncard");
    let namespace = format!("--net=/run/netns/{}", card.namespace);
    let _talker = Running::start("python3", &["-c", SENDER, "tap", "monvoice"]);
    assert!(within(30, || sh("ip link set monvoice master monbr1 up")
        .code
        == 0));
    let _ = sh("ip link set moncard master monbr1").ok();
    let _listener = Listener::start();
    let _outside = Running::start(
        "nsenter",
        &[&namespace, "python3", "-c", SENDER, "link", "far"],
    );
    let person = Seat::at("monitor");
    person.waits_for("libvirt: connected");
    person.types("Search", "mon");

    // The firmware is deaf for a while each time that it begins again.
    let mut last = String::new();
    let is_told = within(60, || {
        last = on_the_command_line();
        last.is_empty()
    });
    assert!(is_told, "{last}");
    let mut shown = Vec::new();
    let is_shown = within(60, || {
        let rows = ["montap", "moncard", "monvoice"].map(|link| row_of(&person, link));
        let [Some(machine), Some(card), Some(voice)] = rows else {
            return false;
        };
        shown = vec![machine, card, voice];
        is_about(machine.0, card.0 + voice.1)
            && machine.1 < machine.0 / 10.0
            && card.1 < card.0 / 10.0
            && voice.0 < voice.1 / 10.0
    });
    assert!(is_shown, "{shown:?}; {}", person.describes());
    println!("shown, received and sent in bit/s: {shown:?}");

    person.presses(Role::ListItem, "Switches");
    // Who sends does so the slower the busier the machine is.
    let sent = || {
        let began = Instant::now();
        let before = counted(["moncard", "monvoice"]);
        std::thread::sleep(Duration::from_secs(2));
        let after = counted(["moncard", "monvoice"]);
        let bytes = |at: usize| (after[at][0] - before[at][0]) as f64;
        (bytes(0) + bytes(1)) * 8.0 / began.elapsed().as_secs_f64()
    };
    let carried = || {
        let row = person.sees(Role::ListItem, "monbr1")?;
        let rate = row
            .description
            .split(", ")
            .find(|part| part.ends_with("b/s"))?;
        Some(bits(rate))
    };
    let mut last = (None, 0.0);
    let is_once = within(60, || {
        let sent = sent();
        last = (carried(), sent);
        last.0.is_some_and(|rate| is_about(rate, last.1))
    });
    assert!(is_once, "{last:?}; {}", person.describes());
}

/// What is wrong with four seconds of `nova network monitor`; nothing where the
/// machine has heard all the time.
fn on_the_command_line() -> String {
    let before = counted(["montap", "moncard", "monvoice"]);
    let lines = nova(&["monitor", "all", "--duration", "4s", "--output", "json"]).ok();
    let after = counted(["montap", "moncard", "monvoice"]);
    let samples: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |sample: &Value, link: &str, key: &str| {
        let mut links = sample["interfaces"].as_array().unwrap().iter();
        links.find(|it| it["name"] == link).unwrap()[key]
            .as_f64()
            .unwrap()
    };
    let newest = samples.last().unwrap();
    // A machine is at the far end of its tap: what the kernel sends, it receives.
    for (at, link, received, sent) in [
        (0, "montap", 1, 0),
        (1, "moncard", 0, 1),
        (2, "monvoice", 1, 0),
    ] {
        for (key, side) in [("rx_bytes", received), ("tx_bytes", sent)] {
            let told = of(newest, link, key);
            #[allow(clippy::cast_precision_loss, reason = "a few megabytes")]
            let (least, most) = (before[at][side] as f64, after[at][side] as f64);
            assert!(
                (least..=most).contains(&told),
                "{key} of {link} is told as {told}; ip says {least} to {most}"
            );
        }
    }
    let median_of = |what: &dyn Fn(&Value) -> f64| median(samples.iter().map(what).collect());
    let rate = |link: &str, key: &str| median_of(&|sample| of(sample, link, key));
    let outside = |key: &str| median_of(&|sample| sample["outside"][key].as_f64().unwrap());
    let (heard, said) = (rate("montap", "received_bps"), rate("montap", "sent_bps"));
    let (card, voice) = (
        rate("moncard", "received_bps"),
        rate("monvoice", "sent_bps"),
    );
    let entered = (outside("received_bps"), outside("sent_bps"));
    let is_so = is_about(heard, card + voice)
        && said < heard / 10.0
        && is_about(entered.0, card)
        && entered.1 < entered.0 / 10.0;
    let told = format!(
        "the machine receives {heard} and sends {said} bit/s, the card receives {card}, \
         the tap sends {voice}, from outside and back {entered:?}"
    );
    println!("{told}");
    if is_so { String::new() } else { told }
}
