// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab with the scene `small`. Every key that a command prints as JSON
//! stands in nova-network(1), in the paragraph of that command, or in the schema
//! that is named there.

#![allow(missing_docs, clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "files for other programs")]

use std::collections::{BTreeMap, BTreeSet};

use nova_tests::bus::{OwnHistory, alone};
use nova_tests::host::{Cable, Gone};
use nova_tests::program::{nova, run, sh};
use serde_json::Value;

/// Beginning of the paragraph, command, and how deep its keys are its own:
/// below that stand whole objects of the host.
const COMMANDS: &[(&str, &str, usize)] = &[
    ("list ", "list --all", 2),
    ("list-bonds ", "list-bonds", 2),
    ("list-vlans ", "list-vlans", 2),
    ("list-mirrors ", "list-mirrors", 2),
    ("list-qos ", "list-qos", 3),
    ("list-affinity ", "list-affinity", 2),
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
    ("monitor ", "monitor all --show-drops", 2),
    ("changes ", "history", 1),
    ("changes ", "purge --dry-run", 1),
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

/// Makes the schema refuse every key that it does not describe.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(close);
            if map.contains_key("properties") {
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(all) => all.iter_mut().for_each(close),
        _ => {}
    }
}

/// What the installed schemas have against the documents, each with the name of
/// its schema and the command that printed it, by the words of Debian's
/// validator.
fn faults(printed: &[(&str, String, Value)]) -> String {
    let names: BTreeSet<&str> = printed.iter().map(|(name, ..)| *name).collect();
    let schemas: BTreeMap<&str, Value> = names
        .into_iter()
        .map(|name| {
            let path = format!("/usr/share/nova-networking/schema/{name}.schema.json");
            let text = std::fs::read_to_string(path).unwrap();
            let mut schema = serde_json::from_str(&text).unwrap();
            close(&mut schema);
            (name, schema)
        })
        .collect();
    let check = "import json, sys, jsonschema
schemas, printed = json.load(open(sys.argv[1]))
for name, line, document in printed:
    for error in jsonschema.Draft202012Validator(schemas[name]).iter_errors(document):
        deepest = jsonschema.exceptions.best_match([error])
        print(line, deepest.json_path, deepest.message[:300])";
    let both = std::env::temp_dir().join("nvj-documents");
    std::fs::write(&both, serde_json::to_vec(&(schemas, printed)).unwrap()).unwrap();
    run("python3", &["-c", check, both.to_str().unwrap()]).ok()
}

/// Everything in the scene that has a name is shown, and what was done to it.
#[test]
fn whole_objects_are_as_their_schemas_say() {
    let _alone = alone();
    let _gone = Gone("nvj-br");
    let _ = sh("ip link delete nvj-br; ovs-vsctl --if-exists del-br nvj-ovs");
    let _cables = ["nvj-a", "nvj-b", "nvj-c"].map(Cable::lay);
    for line in [
        "create-switch nvj-br --stp-enable --interfaces nvj-a,nvj-b",
        "create-switch nvj-ovs --type openvswitch --interfaces nvj-c",
        "qos nvj-a --egress-rate 10Mbps --ingress-rate 10Mbps --persist none",
        "qos nvj-c --egress-rate 10Mbps --ingress-rate 10Mbps",
        "mirror-port nvj-br --source nvj-a --destination nvj-b --persist none",
    ] {
        let ran = nova(&line.split(' ').chain(["--yes"]).collect::<Vec<_>>());
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
    }
    let list = nova(&["list", "--all", "--output", "json"]).json();
    let machines = sh("virsh --connect qemu:///system list --all --name");
    let mut named: BTreeSet<String> = ["switches", "networks", "links", "bonds"]
        .iter()
        .flat_map(|kind| list[kind].as_array().unwrap())
        .map(|thing| thing["name"].as_str().unwrap().to_owned())
        .collect();
    named.extend(
        machines
            .ok()
            .lines()
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
    );
    assert!(named.len() > 10, "{named:?}");
    let mut printed = Vec::new();
    let mut judge = |schema: &'static str, line: &[&str]| {
        let document = nova(&[line, &["--output", "json"][..]].concat()).json();
        let documents = match document {
            Value::Array(all) => all,
            one => vec![one],
        };
        assert!(!documents.is_empty(), "{line:?} prints nothing");
        printed.extend(
            documents
                .into_iter()
                .map(|document| (schema, line.join(" "), document)),
        );
    };
    for name in &named {
        judge("show", &["show", name]);
    }
    judge(
        "debug-ovs",
        &["debug", "ovs", "nvj-ovs", "--show-ports", "--show-flows"],
    );
    judge("plan", &["delete-switch", "nvj-br", "--dry-run"]);
    judge("plan", &["delete-switch", "nvj-ovs", "--dry-run"]);
    judge("change", &["history"]);
    judge("change", &["purge", "--dry-run"]);
    judge("change", &["delete-switch", "nvj-ovs", "--yes"]);
    assert_eq!(faults(&printed), "");
    let _ = nova(&["remove-qos", "nvj-a", "--yes"]).ok();
}

/// Of three bridges one can be undone, one has gone, and one was replaced by
/// another that bears the mark: all that a purge can tell of.
#[test]
fn what_a_purge_tells_is_documented_and_as_its_schema_says() {
    let _alone = alone();
    let _history = OwnHistory::begin();
    let _gone = Gone("nvj-br");
    let _ = sh("for link in nvj-br nvj-gone nvj-new; do ip link delete $link; done");
    for name in ["nvj-br", "nvj-gone", "nvj-new"] {
        let _ = nova(&["create-switch", name, "--yes"]).ok();
    }
    let _ = sh(
        "set -e; ip link delete nvj-gone; mark=$(cat /sys/class/net/nvj-br/ifalias); \
        ip link delete nvj-br; ip link add nvj-br type bridge; ip link set nvj-br alias \"$mark\"",
    )
    .ok();
    let told = nova(&["purge", "--yes", "--output", "json"]).json();
    for key in ["undone", "gone", "left", "marked"] {
        assert_eq!(told[key].as_array().map(Vec::len), Some(1), "{key}: {told}");
    }
    let mut found = BTreeSet::new();
    keys(&told, 1, &mut found);
    keys(&told["left"], 1, &mut found);
    let documented = paragraph(&nova(&["--help"]).ok(), "purge ");
    found.retain(|key| !documented.contains(key));
    assert_eq!(found, BTreeSet::new());
    assert_eq!(faults(&[("purge", "purge".to_owned(), told)]), "");
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
    let _ = nova(&["remove-qos", "nvj-a", "--yes"]).ok();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
