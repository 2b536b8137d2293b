// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Bridges of Open vSwitch and their controllers: one that is not
//! there, several, and one that answers.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use nova_tests::bus::alone;
use nova_tests::host::Cable;
use nova_tests::ovs::{Free, configuration, does, vsctl};
use nova_tests::program::{nova, sh, within};

#[test]
fn a_switch_with_controller_is_made_as_the_feature_document_says_and_deleted() {
    let _alone = alone();
    let _free = Free::new("nvc0");
    let before = configuration();
    let line = "create-switch nvc0 --type openvswitch --openflow-version 1.3 --controller tcp:192.168.1.100:6653";
    let plan = nova(&line.split(' ').chain(["--dry-run"]).collect::<Vec<_>>()).ok();
    // T29: the consequences are said before.
    assert!(plan.contains("-O OpenFlow13"), "{plan}");
    assert!(plan.contains("controller does not answer"), "{plan}");
    assert_eq!(configuration(), before);
    let _ = does(line);
    assert_eq!(vsctl("get Bridge nvc0 protocols"), "[OpenFlow13]");
    assert_eq!(vsctl("get-controller nvc0"), "tcp:192.168.1.100:6653");
    assert_eq!(vsctl("get Interface nvc0 type"), "internal");
    assert_eq!(vsctl("get Interface nvc0 error"), "[]");
    let made = configuration();
    let entry = nova(&["delete-switch", "nvc0", "--yes", "--output", "json"]).json();
    assert_eq!(configuration(), before);
    let id = entry["plan"]["id"].as_str().expect("an id");
    let _ = nova(&["undo", id, "--yes"]).ok();
    assert_eq!(configuration(), made);
    // Asked again, it is as asked.
    let again = nova(&[
        "create-switch",
        "nvc0",
        "--type",
        "openvswitch",
        "--dry-run",
    ])
    .ok();
    assert!(again.contains("Nothing has to be done"), "{again}");
}

/// A controller of OpenFlow 1.3 that greets whoever connects, answers its echo
/// requests, and installs no flow.
struct Controller {
    port: u16,
    ends: Arc<AtomicBool>,
    serves: Option<JoinHandle<()>>,
}

impl Controller {
    fn starts() -> Self {
        let listens = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listens.local_addr().unwrap().port();
        listens.set_nonblocking(true).unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&ends);
        let serves = std::thread::spawn(move || {
            let mut clients = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                clients.extend(
                    listens
                        .accept()
                        .ok()
                        .and_then(|(client, _)| greeted(client)),
                );
                clients.iter_mut().for_each(answer);
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        Self {
            port,
            ends,
            serves: Some(serves),
        }
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = self.serves.take().map(JoinHandle::join);
    }
}

/// Says hello: version, type, length and number of the message.
fn greeted(mut client: TcpStream) -> Option<TcpStream> {
    client.write_all(&[4, 0, 0, 8, 0, 0, 0, 1]).ok()?;
    client.set_nonblocking(true).ok()?;
    Some(client)
}

/// Gives an echo request back as its reply.
fn answer(client: &mut TcpStream) {
    let mut message = [0; 8];
    if let Ok(8) = client.read(&mut message)
        && message[1] == 2
    {
        message[1] = 3;
        let _ = client.write_all(&message);
    }
}

#[test]
fn a_controller_that_answers_is_told_and_so_is_that_it_went() {
    let _alone = alone();
    let _free = Free::new("nvc1");
    let controller = Controller::starts();
    let target = format!("tcp:127.0.0.1:{}", controller.port);
    let _ = does(&format!(
        "create-switch nvc1 --type openvswitch --fail-mode secure --openflow-version 1.3 --controller {target}"
    ));
    let connected = || vsctl("--bare --columns=is_connected list Controller");
    assert!(within(20, || connected() == "true"), "{}", connected());
    let says = |words: &str| nova(&["show", "nvc1"]).ok().contains(words);
    let is_told = format!("{target}, connected");
    assert!(
        within(5, || says(&is_told)),
        "{}",
        nova(&["show", "nvc1"]).out
    );
    drop(controller);
    assert!(within(30, || connected() == "false"), "{}", connected());
    assert!(
        within(5, || !says(&is_told)),
        "{}",
        nova(&["show", "nvc1"]).out
    );
}

#[test]
fn several_controllers_are_set_and_taken_away_and_a_bridge_alone_switches_again() {
    let _alone = alone();
    let _free = Free::new("nvc2");
    let cables = ["nvc-a", "nvc-b"].map(Cable::lay);
    let _ = does(
        "create-switch nvc2 --type openvswitch --datapath netdev --fail-mode secure \
         --controller tcp:192.0.2.1:6653 --controller ssl:192.0.2.2:6653 \
         --interfaces nvc-a,nvc-b",
    );
    let _ = cables[0].far("ip address add 198.51.100.1/24 dev far").ok();
    let _ = cables[1].far("ip address add 198.51.100.2/24 dev far").ok();
    let reaches = || cables[0].far("ping -c 1 -W 1 198.51.100.2").code == 0;
    assert_eq!(vsctl("get Bridge nvc2 datapath_type"), "netdev");
    assert_eq!(
        vsctl("get-controller nvc2"),
        "ssl:192.0.2.2:6653\ntcp:192.0.2.1:6653"
    );
    // Nobody tells it a flow, so it passes nothing on.
    assert!(!within(2, reaches));
    let _ = does("ovs-configure-switch nvc2 --fail-mode standalone");
    assert_eq!(vsctl("get-fail-mode nvc2"), "standalone");
    assert!(
        within(60, reaches),
        "{}",
        sh("ovs-ofctl dump-flows nvc2").out
    );
    let _ = does("ovs-configure-switch nvc2 --no-controller");
    assert_eq!(vsctl("get-controller nvc2"), "");
    assert!(within(20, reaches));
    let both = nova(&[
        "ovs-configure-switch",
        "nvc2",
        "--no-controller",
        "--controller",
        "tcp:192.0.2.1:6653",
    ]);
    assert!(
        both.code == 2 && both.err.contains("cannot be used with"),
        "{both:?}"
    );
}
