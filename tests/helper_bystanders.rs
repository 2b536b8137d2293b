// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What a change has nothing to do with stays as it is: packet
//! filters, name and address servers, files and descriptors of others.

#![allow(missing_docs, clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "files for other programs")]

use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

use nova_model::action::{BUS_NAME, OBJECT_PATH};
use nova_tests::bus::{Client, alone, helper};
use nova_tests::host::{Cable, Gone};
use nova_tests::program::{command, run, sh, within};

/// A bridge over a card with an address and a route: what touches most.
const CHANGE: &str = r#"{"changes":[{"create_bridge":{"name":"nvy-br","ports":["nvy-a"]}}]}"#;

fn card_with_address() -> (Gone, Cable) {
    let _ = sh("ip link delete nvy-br");
    let cable = Cable::lay("nvy-a");
    let _ = sh("set -e; ip address add 198.51.100.5/24 dev nvy-a; \
        ip route add 203.0.113.0/24 via 198.51.100.1 dev nvy-a")
    .ok();
    (Gone("nvy-br"), cable)
}

/// Applies the change, reverts it, applies it again and keeps it, undoes that.
fn there_and_back(client: &Client) {
    let plan = client.prepare(CHANGE).unwrap();
    client.apply(&plan, 60).unwrap();
    client.decide("Rollback", &plan).unwrap();
    let plan = client.prepare(CHANGE).unwrap();
    client.apply(&plan, 60).unwrap();
    client.decide("Confirm", &plan).unwrap();
    let undo = client.call("PrepareUndo", &(plan.id.to_string(),)).unwrap();
    let undo = serde_json::from_str(&undo).unwrap();
    client.apply(&undo, 60).unwrap();
    client.decide("Confirm", &undo).unwrap();
}

/// Everything nft reports while this lives.
struct Monitor {
    nft: Child,
}

const EVENTS: &str = "/run/nova-tests.nft";

impl Monitor {
    fn start() -> Self {
        let file = std::fs::File::create(EVENTS).unwrap();
        let nft = command("nft", &["-j", "monitor"])
            .stdin(Stdio::null())
            .stdout(file)
            .spawn()
            .unwrap();
        let monitor = Self { nft };
        // It is ready when it has seen a change.
        let ready = within(10, || {
            let _ = sh("nft add table inet nvy-ready; nft delete table inet nvy-ready").ok();
            monitor.seen().contains("nvy-ready")
        });
        assert!(ready, "nft monitor reports nothing");
        monitor
    }

    fn seen(&self) -> String {
        assert!(self.nft.id() > 0);
        std::fs::read_to_string(EVENTS).unwrap()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.nft.kill();
        let _ = self.nft.wait();
        let _ = std::fs::remove_file(EVENTS);
    }
}

/// A table whose comment becomes a rule of its own in the hands of whoever
/// dumps the rules as text and loads them again.
const HOSTILE: &str = r#"{"nftables":[
    {"add":{"table":{"family":"inet","name":"nvy"}}},
    {"add":{"chain":{"family":"inet","table":"nvy","name":"in","type":"filter","hook":"input","prio":300,"policy":"accept"}}},
    {"add":{"rule":{"family":"inet","table":"nvy","chain":"in","expr":[{"match":{"op":"==","left":{"meta":{"key":"l4proto"}},"right":"udplite"}},{"drop":null}],"comment":"x\"\n accept comment \"y"}}}]}"#;

#[test]
fn r13_r22_a_change_and_its_undo_leave_every_packet_filter_as_it_was() {
    let _alone = alone();
    let _scene = card_with_address();
    let client = Client::connect();
    let _ = sh("nft delete table inet nvy");
    std::fs::write("/run/nova-tests.hostile", HOSTILE).unwrap();
    let _ = run("nft", &["-j", "-f", "/run/nova-tests.hostile"]).ok();
    let rules = || sh("nft -j list ruleset | jq -S 'del(.. | .counter?)'").ok();
    let before = rules();
    assert!(before.contains("accept comment"), "{before}");
    let monitor = Monitor::start();
    let until_now = monitor.seen().len();
    there_and_back(&client);
    // A change of ours behind it proves that nothing came in between.
    let _ = sh("nft add table inet nvy-last; nft delete table inet nvy-last").ok();
    assert!(within(10, || monitor.seen().matches("nvy-last").count() >= 2));
    let seen = monitor.seen();
    let others: Vec<&str> = seen
        .get(until_now..)
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.contains("nvy-ready") && !line.contains("nvy-last"))
        .collect();
    assert_eq!(others, [] as [&str; 0]);
    assert_eq!(rules(), before);
    let _ = sh("nft delete table inet nvy; rm /run/nova-tests.hostile").ok();
}

#[test]
fn r12_a_change_and_its_undo_leave_name_and_address_servers_as_they_were() {
    let _alone = alone();
    let _scene = card_with_address();
    let client = Client::connect();
    // Their processes, what they are told, and what they were told.
    let servers = || {
        sh("pgrep -a dnsmasq; sha256sum /var/lib/libvirt/dnsmasq/*.conf /var/lib/libvirt/dnsmasq/*.hostsfile /etc/dnsmasq.conf /etc/dnsmasq.d/* 2>/dev/null; cat /etc/resolv.conf").out
    };
    let before = servers();
    assert!(before.contains("dnsmasq"), "the scene has none: {before}");
    there_and_back(&client);
    assert_eq!(servers(), before);
}

/// What programs attack with: things that are not what they seem, or that are
/// not the caller's to read.
fn descriptors() -> Vec<(&'static str, OwnedFd)> {
    use rustix::fs::{Mode, OFlags, open};
    let open = |path: &str, flags| open(path, flags | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let (pipe, _) = std::io::pipe().unwrap();
    let (socket, _) = std::os::unix::net::UnixStream::pair().unwrap();
    vec![
        ("a device", open("/dev/zero", OFlags::RDONLY)),
        ("a path alone", open("/etc/shadow", OFlags::PATH)),
        ("a folder", open("/etc", OFlags::RDONLY | OFlags::DIRECTORY)),
        ("its own memory", open("/proc/self/mem", OFlags::RDWR)),
        ("a pipe", pipe.into()),
        ("a socket", socket.into()),
    ]
}

#[test]
fn r19_no_method_takes_a_descriptor_and_none_is_kept() {
    let _alone = alone();
    let client = Client::connect();
    let id = helper();
    let described = run(
        "busctl",
        &["introspect", "--xml-interface", BUS_NAME, OBJECT_PATH],
    )
    .ok();
    let ours = described
        .split("<interface ")
        .find(|part| part.starts_with(&format!("name=\"{BUS_NAME}\"")))
        .unwrap();
    let mut methods = 0;
    for method in ours.split("<method name=\"").skip(1) {
        methods += 1;
        let method = method.split("</method>").next().unwrap();
        for argument in method.split("<arg ").skip(1) {
            let kind = argument.split("type=\"").nth(1).unwrap();
            let kind = kind.split('"').next().unwrap();
            assert!(
                ["s", "u", "b", "t"].contains(&kind),
                "{kind} in {method}: only flat types cross the bus"
            );
        }
    }
    assert!(methods >= 8, "{described}");
    let held = || {
        let held = sh(&format!("ls -l /proc/{id}/fd | grep -c -- '->'")).out;
        held.trim().parse::<usize>().unwrap()
    };
    // One call makes what the first call makes.
    let _ = client.call("Status", &());
    let before = held();
    for _ in 0..20 {
        for (what, descriptor) in descriptors() {
            let sent = (zbus::OwnedFd::from(descriptor),);
            for method in ["Prepare", "History", "Confirm", "Status"] {
                let refused = client.call(method, &sent).unwrap_err();
                assert_eq!(
                    refused.0, "org.freedesktop.DBus.Error.InvalidArgs",
                    "{method} with {what}: {refused:?}"
                );
            }
        }
    }
    assert!(
        within(20, || held() <= before),
        "{before} became {}",
        held()
    );
    assert_eq!(helper(), id, "it is still the same process");
}
