// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab with the scene `small`. Every key that a command prints as JSON
//! stands in nova-network(1), in the paragraph of that command.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;

use nova_tests::bus::alone;
use nova_tests::host::{Cable, Gone};
use nova_tests::program::{nova, sh};
use serde_json::Value;

/// Beginning of the paragraph, command, and how deep its keys are its own:
/// below that stand whole objects of the host.
const COMMANDS: &[(&str, &str, usize)] = &[
    ("list ", "list --all", 2),
    ("list-bonds ", "list-bonds", 2),
    ("list-vlans ", "list-vlans", 2),
    ("list-mirrors ", "list-mirrors", 2),
    ("list-qos ", "list-qos", 3),
    ("show ", "show nvj-br", 1),
    ("show ", "show mirror-nvj-b", 1),
    ("debug bridge", "debug bridge nvj-br", 3),
    ("debug bridge", "show nvj-br --stp", 3),
    (
        "debug ovs ",
        "debug ovs nvj-ovs --show-ports --show-flows",
        1,
    ),
    ("topology ", "topology", 2),
    ("changes ", "set-link nvj-a down --dry-run", 1),
];

/// The words of the paragraph that begins so.
fn paragraph(help: &str, begins: &str) -> BTreeSet<String> {
    let is_start = |line: &str| line.starts_with("  ") && !line.starts_with("   ");
    let mut lines = help
        .lines()
        .skip_while(|line| !line.starts_with("JSON"))
        .skip_while(|line| {
            !line
                .strip_prefix("  ")
                .is_some_and(|line| line.starts_with(begins))
        });
    let first = lines
        .next()
        .unwrap_or_else(|| panic!("no paragraph {begins}"));
    let rest = lines.take_while(|line| !is_start(line));
    let text: Vec<&str> = std::iter::once(first).chain(rest).collect();
    text.join(" ")
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map(str::to_owned)
        .collect()
}

fn keys(value: &Value, depth: usize, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) if depth > 0 => {
            for (key, value) in map {
                found.insert(key.clone());
                keys(value, depth - 1, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| keys(value, depth, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_json_is_documented() {
    let _alone = alone();
    let _gone = Gone("nvj-br");
    let _ = sh("ip link delete nvj-br; ovs-vsctl --if-exists del-br nvj-ovs");
    let _cables = ["nvj-a", "nvj-b"].map(Cable::lay);
    for line in [
        "create-switch nvj-br --stp-enable --interfaces nvj-a,nvj-b",
        "create-switch nvj-ovs --type openvswitch",
        "qos nvj-a --egress-rate 10Mbps --ingress-rate 10Mbps --persist none",
        "mirror-port nvj-br --source nvj-a --destination nvj-b --persist none",
    ] {
        let ran = nova(&line.split(' ').chain(["--yes"]).collect::<Vec<_>>());
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
    }
    let help = nova(&["--help"]).ok();
    let mut missing = Vec::new();
    for (begins, line, depth) in COMMANDS {
        let words = line.split(' ').chain(["--output", "json"]);
        let document = nova(&words.collect::<Vec<_>>()).json();
        let mut found = BTreeSet::new();
        keys(&document, *depth, &mut found);
        assert!(!found.is_empty(), "{line} prints nothing");
        let told = paragraph(&help, begins);
        // Keys of sources are names of ports.
        found.retain(|key| !told.contains(key) && !key.starts_with("nvj-"));
        if !found.is_empty() {
            missing.push(format!("{line}: {found:?}"));
        }
    }
    let _ = nova(&["delete-switch", "nvj-ovs", "--yes"]).ok();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
