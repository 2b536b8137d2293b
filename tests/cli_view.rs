// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab with the scene `small`. What the command line shows, held
//! against `ip` and `virsh`.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::host::{Cable, Frozen, Gone, Hostile, LIBVIRT, LibvirtBack, is_tame, links};
use nova_tests::program::{Ran, command, nova, run, sh, within};
use serde_json::Value;

fn names(document: &Value, list: &str) -> Vec<String> {
    let entries = document[list].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| Some(entry["name"].as_str()?.to_owned()))
        .collect()
}

fn list() -> Value {
    nova(&["list", "--all", "--output", "json"]).json()
}

#[test]
fn the_list_holds_what_ip_and_virsh_show() {
    let document = list();
    let mut shown = names(&document, "switches");
    shown.extend(names(&document, "links"));
    shown.sort();
    let mut wanted: Vec<String> = links()
        .iter()
        .filter_map(|link| Some(link["ifname"].as_str()?.to_owned()))
        .collect();
    wanted.sort();
    assert_eq!(shown, wanted);
    let virsh = run("virsh", &["net-list", "--all", "--name"]).ok();
    let mut wanted: Vec<&str> = virsh.split_whitespace().collect();
    wanted.sort_unstable();
    assert_eq!(names(&document, "networks"), wanted);
    assert_eq!(document["libvirt"], Value::Null);
}

#[test]
fn leases_are_those_that_virsh_lists() {
    // A machine may take a while to ask for its address.
    assert!(within(60, || !leases_of_virsh().is_empty()));
    let told = nova(&["show", "default", "--output", "json"]).json();
    let told = told["network"]["leases"].as_array().unwrap();
    let mut shown: Vec<(String, String)> = told
        .iter()
        .map(|lease| {
            let text = |key: &str| lease[key].as_str().unwrap_or_default().to_owned();
            (text("mac"), text("address"))
        })
        .collect();
    shown.sort();
    assert_eq!(shown, leases_of_virsh());
    let table = nova(&["show", "default"]).ok();
    for (mac, address) in &shown {
        assert!(table.contains(mac) && table.contains(address), "{table}");
    }
}

/// MAC and IP addresses, sorted.
fn leases_of_virsh() -> Vec<(String, String)> {
    let listed = run("virsh", &["--quiet", "net-dhcp-leases", "default"]).ok();
    let mut leases: Vec<(String, String)> = listed
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            Some(((*words.get(2)?).to_owned(), (*words.get(4)?).to_owned()))
        })
        .collect();
    leases.sort();
    leases
}

#[test]
fn a_change_from_outside_is_listed() {
    let _cable = Cable::lay("nvw-out");
    assert!(names(&list(), "links").contains(&"nvw-out".to_owned()));
    drop(_cable);
    assert!(!names(&list(), "links").contains(&"nvw-out".to_owned()));
}

#[test]
fn a_machine_that_stops_and_starts_is_shown_so() {
    let state = || {
        let shown = nova(&["show", "build", "--output", "json"]).json();
        shown["machine"]["state"].as_str().map(ToOwned::to_owned)
    };
    assert_eq!(state().as_deref(), Some("running"));
    let _ = run("virsh", &["destroy", "build"]).ok();
    assert_eq!(state().as_deref(), Some("off"));
    let _ = run("virsh", &["start", "build"]).ok();
    assert_eq!(state().as_deref(), Some("running"));
    let tap = run("virsh", &["domiflist", "build"]).ok();
    let shown = nova(&["show", "build", "--output", "json"]).json();
    let shown = shown["machine"]["interfaces"][0]["tap"]
        .as_str()
        .unwrap_or("?")
        .to_owned();
    assert!(tap.contains(&shown), "{tap}: {shown}");
    // The firmware asks for an address anew.
    assert!(within(40, || {
        let shown = nova(&["show", "build", "--output", "json"]).json();
        shown["machine"]["interfaces"][0]["addresses"][0].is_string()
    }));
}

#[test]
fn a_network_is_stopped_started_and_started_with_the_host() {
    let active = || run("virsh", &["net-list", "--name"]).ok();
    let stop = nova(&["stop-network", "isolated", "--dry-run"]).ok();
    assert!(stop.contains("database"), "{stop}");
    assert!(active().contains("isolated"));
    let document = "<network><name>nvw net</name><bridge name='nvw-net0'/>\
                    <ip address='10.77.0.1' prefix='24'/></network>";
    let _ = sh("virsh net-destroy 'nvw net'; virsh net-undefine 'nvw net'");
    let _ = sh(&format!(
        "f=$(mktemp); printf %s \"{document}\" >$f; virsh net-define $f; rm $f"
    ))
    .ok();
    let _ = nova(&["start-network", "nvw net", "--yes"]).ok();
    assert!(active().contains("nvw net"));
    let _ = nova(&["autostart-network", "nvw net", "--yes"]).ok();
    let shown = list();
    let network = shown["networks"]
        .as_array()
        .and_then(|all| all.iter().find(|it| it["name"] == "nvw net"))
        .cloned();
    assert_eq!(
        network.map(|it| it["autostart"].clone()),
        Some(Value::Bool(true))
    );
    let _ = nova(&["stop-network", "nvw net", "--yes"]).ok();
    assert!(!active().contains("nvw net"));
    let _ = run("virsh", &["net-undefine", "nvw net"]).ok();
    let none = nova(&["start-network", "nvw net", "--yes"]);
    assert_eq!(none.code, 5, "{none:?}");
}

#[test]
fn without_libvirt_the_rest_goes_on() {
    let _back = LibvirtBack;
    let _ = sh(&format!("systemctl stop {LIBVIRT}")).ok();
    let shown = nova(&["list"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.contains("br0"), "{shown:?}");
    assert!(shown.err.contains("systemctl start libvirtd"), "{shown:?}");
    let document = list();
    assert!(document["libvirt"]["error"].is_string(), "{document}");
    let tree = nova(&["topology"]);
    assert_eq!(tree.code, 0, "{tree:?}");
    let start = nova(&["start-network", "default", "--yes"]);
    assert_eq!(start.code, 7, "{start:?}");
    drop(_back);
    assert!(within(10, || names(&list(), "networks")
        .contains(&"default".to_owned())));
}

#[test]
fn a_libvirt_that_hangs_is_given_up_and_the_rest_goes_on() {
    let frozen = Frozen::unit("libvirtd");
    let shown = nova(&["list"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.contains("br0"), "{shown:?}");
    let told = "libvirt runs and does not answer";
    assert!(shown.err.contains(told), "{shown:?}");
    assert!(shown.err.contains("systemctl status libvirtd"), "{shown:?}");
    let start = nova(&["start-network", "default", "--yes"]);
    assert_eq!(start.code, 7, "{start:?}");
    assert!(start.err.contains(told), "{start:?}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let manager = nova::networking::NetworkManager::new();
    let stop = runtime.block_on(manager.stop_network("isolated"));
    assert!(stop.unwrap_err().message().contains(told));
    drop(frozen);
    // What was told to have failed is not done afterwards.
    let info = run("virsh", &["net-info", "isolated"]).ok();
    assert!(info.contains("Active:         yes"), "{info}");
    assert!(within(10, || names(&list(), "networks")
        .contains(&"default".to_owned())));
}

#[test]
fn a_change_of_the_topology_is_told_while_it_is_spread() {
    let _gone = Gone("nvw-stp");
    let _ = sh("ip link delete nvw-stp");
    let _cable = Cable::lay("nvw-c");
    let _ = sh(
        "set -e; ip link add nvw-stp type bridge stp_state 1 forward_delay 200 max_age 600 \
        hello_time 100; ip link set nvw-stp up; ip link set nvw-c master nvw-stp",
    )
    .ok();
    // Its port begins to forward, which the root of a tree tells for a while.
    let kernel = || sh("cat /sys/class/net/nvw-stp/bridge/topology_change").ok();
    let shown = || nova(&["show", "nvw-stp", "--output", "json"]).json();
    assert!(within(20, || kernel().trim() == "1"));
    assert_eq!(
        shown()["link"]["bridge"]["topology_change"],
        true,
        "{}",
        shown()
    );
    let told = || nova(&["debug", "bridge", "nvw-stp", "--show-stp"]).ok();
    let words = "A change of the topology is being spread.";
    assert!(told().contains(words), "{}", told());
    assert!(within(40, || kernel().trim() == "0"));
    assert!(within(5, || !told().contains(words)), "{}", told());
}

#[track_caller]
fn shows_tamely(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(is_tame(&ran.out) && is_tame(&ran.err), "{ran:?}");
}

#[test]
fn hostile_names_are_shown_without_harm() {
    let _hostile = Hostile::make();
    for arguments in [
        &["list"][..],
        &["list", "--output", "json"],
        &["list", "--all"],
        &["topology"],
        &["topology", "--output", "json"],
        &["monitor", "--interfaces", "all"],
        &["monitor", "--interfaces", "all", "--output", "json"],
        &["show", r"h\x1b[2J\x07"],
        &["show", r"x\xff\xfe", "--output", "json"],
        &["history"],
    ] {
        shows_tamely(&nova(arguments));
    }
    let listed = nova(&["list"]).ok();
    for name in Hostile::SHOWN {
        assert!(listed.contains(name), "{name}: {listed}");
    }
    let gone = nova(&["show", "\u{1b}[31mnone"]);
    assert_eq!(gone.code, 5);
    assert!(!gone.err.contains('\u{1b}'), "{gone:?}");
}

#[test]
fn the_rate_through_a_bridge_is_what_iperf3_says() {
    let _ = sh("ip link delete nvw-br");
    let _ = sh("ip link add nvw-br type bridge && ip link set nvw-br up").ok();
    let _gone = Gone("nvw-br");
    let (server, client) = (Cable::lay("nvw-s"), Cable::lay("nvw-c"));
    let _ = sh("ip link set nvw-s master nvw-br; ip link set nvw-c master nvw-br").ok();
    let _ = server.far("ip address add 10.78.0.1/24 dev far; iperf3 --server --one-off --daemon");
    let _ = client.far("ip address add 10.78.0.2/24 dev far");
    let iperf = command(
        "ip",
        &[
            "netns",
            "exec",
            &client.namespace,
            "iperf3",
            "--client",
            "10.78.0.1",
            "--time",
            "9",
            "--bitrate",
            "200M",
            "--json",
        ],
    )
    .stdout(std::process::Stdio::piped())
    .spawn()
    .expect("iperf3");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let ran = nova(&[
        "monitor",
        "--interfaces",
        "nvw-c,nvw-s",
        "--duration",
        "5s",
        "--output",
        "json",
    ]);
    let output = iperf.wait_with_output().expect("iperf3 ends");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let truth = report["end"]["sum_sent"]["bits_per_second"]
        .as_f64()
        .expect("a rate");
    let samples: Vec<Value> = ran
        .ok()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a document a line"))
        .collect();
    assert!(samples.len() >= 4, "{samples:?}");
    // nvw-c receives what the client sends; nvw-s sends it on.
    for (at, key) in [(0, "received_bps"), (1, "sent_bps")] {
        let sum: f64 = samples
            .iter()
            .filter_map(|sample| sample["interfaces"][at][key].as_f64())
            .sum();
        #[allow(clippy::cast_precision_loss)]
        let mean = sum / samples.len() as f64;
        assert!(
            (mean / truth - 1.0).abs() < 0.05,
            "shown {mean}, iperf3 says {truth}"
        );
        println!("{key}: shown {mean:.0} bit/s, iperf3 {truth:.0} bit/s");
    }
}

/// What a terminal of so many columns is sent, line by line.
fn at_a_terminal(columns: usize, line: &str) -> String {
    let sent = sh(&format!(
        "env -u NO_COLOR TERM=xterm script -qec 'stty cols {columns}; nova network {line}' /dev/null"
    ));
    sent.ok().replace('\r', "")
}

#[test]
fn what_is_watched_stays_within_the_lines_of_a_terminal() {
    let _links: Vec<Gone> = (0..12)
        .map(|number| {
            let name: &'static str = format!("nvt{number}").leak();
            let _ = sh(&format!(
                "ip link add {name} type bridge && ip link set {name} up"
            ))
            .ok();
            Gone(name)
        })
        .collect();
    for (lines, columns) in [(10, 80), (12, 30)] {
        let sent = sh(&format!(
            "TERM=xterm script -qec 'stty rows {lines} cols {columns}; \
             nova network monitor --interfaces all --real-time --duration 6s' /dev/null"
        ));
        let sent = sent.ok().replace('\r', "");
        // It goes up over what it has drawn, and draws again.
        let pictures: Vec<&str> = sent.split("\u{1b}[J").collect();
        assert!(pictures.len() > 1, "nothing was drawn again: {sent:?}");
        for picture in pictures {
            // The last thing is the way up again.
            let picture = picture
                .rsplit_once("\u{1b}[")
                .map_or(picture, |it| match it.1 {
                    way if way.ends_with('A') => it.0,
                    _ => picture,
                });
            let picture = plain(picture);
            let rows = |line: &str| line.chars().count().div_ceil(columns).max(1);
            let drawn: usize = picture.lines().map(rows).sum();
            assert!(drawn < lines, "{drawn} of {lines} lines: {picture}");
            assert!(picture.contains("no more"), "{picture}");
            assert!(picture.contains("To and from outside"), "{picture}");
        }
    }
}

/// The text without what sets off a heading.
fn plain(text: &str) -> String {
    let marks = ["\u{1b}[1m", "\u{1b}[1;34m", "\u{1b}[0m"];
    marks
        .iter()
        .fold(text.to_owned(), |text, mark| text.replace(mark, ""))
}

#[test]
fn a_terminal_gets_lines_that_fit_and_a_pipe_everything() {
    let long = format!("nvw-{}-end", "long".repeat(20));
    let _ = sh(&format!("virsh net-undefine {long}"));
    let _ = sh(&format!(
        "f=$(mktemp); echo \"<network><name>{long}</name><bridge name='nvw-long0'/>\
         <ip address='10.79.0.1' prefix='24'/></network>\" >$f; virsh net-define $f; rm $f"
    ))
    .ok();
    let show_long = format!("show {long}");
    let lines = [
        "list",
        "list --all",
        "show br0",
        "show app",
        "show default",
        &show_long,
    ];
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let piped = nova(&words).ok();
        assert!(!piped.contains(['\u{1b}', '…']), "{line}: {piped}");
        let is_whole = line.contains("app") || line.contains("br0") || line.contains("default");
        assert!(is_whole || piped.contains(&long), "{line}: {piped}");
        for columns in [80, 40] {
            let sent = at_a_terminal(columns, line);
            let shown = plain(&sent);
            assert!(is_tame(&shown), "{line}: {shown:?}");
            let too_long: Vec<&str> = shown
                .lines()
                .filter(|line| line.chars().count() > columns)
                .collect();
            assert!(
                too_long.is_empty(),
                "{line}: {too_long:#?} of {columns} columns"
            );
            // Each thing that a line of the pipe begins with is told.
            let begins = piped
                .lines()
                .filter_map(|line| line.split_whitespace().next());
            for begin in begins.filter(|begin| **begin != long) {
                assert!(shown.contains(begin), "{line}: no {begin}: {shown}");
            }
        }
    }
    // A table has the ends of a name that is too long, and says that it is cut.
    let list = at_a_terminal(80, "list");
    assert!(list.contains("\u{1b}[1m"), "{list:?}");
    let row = plain(&list);
    let row = row
        .lines()
        .find(|line| line.starts_with("nvw-long"))
        .unwrap();
    assert!(row.contains('…') && row.contains("-end"), "{row}");
    // Where there is no room for columns, and in what is told of one thing,
    // nothing is left out.
    for line in ["list", &show_long] {
        let told = plain(&at_a_terminal(40, line));
        let told: String = told.split_whitespace().collect();
        assert!(told.contains(&long), "{told}");
    }
    let _ = run("virsh", &["net-undefine", &long]).ok();
}

#[test]
fn a_link_that_does_not_exist_is_not_found() {
    for arguments in [&["show", "nvw-none"][..], &["monitor", "nvw-none"]] {
        let ran = nova(arguments);
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.err.starts_with("nova: "), "{ran:?}");
    }
}
