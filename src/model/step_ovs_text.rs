// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about Open vSwitch in words, and as the `ovs-vsctl` line they equal.

use crate::name::printable;
use crate::ovs_cells::{Atom, CellChange, is_mark};
use crate::ovs_conf::{MirrorConf, PortConf, QosConf};
use crate::step_ovs::OvsEdit;

/// What a transaction does, in words.
pub(crate) fn title(edits: &[OvsEdit]) -> String {
    // What goes and comes with its bridge is not worth a word.
    let is_told = |edit: &&OvsEdit| {
        let local = edit.name() == edit.bridge() && matches!(edit, OvsEdit::Port { .. });
        let with_bridge = edits.iter().any(|other| {
            matches!(other, OvsEdit::Bridge { .. })
                && other.bridge() == edit.bridge()
                && (other.is_deletion() || other.is_creation() && local)
        });
        matches!(edit, OvsEdit::Bridge { .. }) || !with_bridge
    };
    let told: Vec<String> = edits.iter().filter(is_told).map(title_of).collect();
    match told.as_slice() {
        [first, second, third, _, ..] => {
            format!("{first}, {second}, {third} and {} more", told.len() - 3)
        }
        told => told.join(", "),
    }
}

fn title_of(edit: &OvsEdit) -> String {
    let (bridge, name) = (printable(edit.bridge()), printable(edit.name()));
    match edit {
        OvsEdit::Bridge { before: None, .. } => format!("Create Open vSwitch bridge {name}"),
        OvsEdit::Bridge { after: None, .. } => format!("Delete Open vSwitch bridge {name}"),
        OvsEdit::Port { before: None, .. } => format!("Add port {name} to {bridge}"),
        OvsEdit::Port { after: None, .. } => format!("Remove port {name} from {bridge}"),
        OvsEdit::Mirror { before: None, .. } => format!("Add mirror {name} to {bridge}"),
        OvsEdit::Mirror { after: None, .. } => format!("Remove mirror {name} from {bridge}"),
        OvsEdit::Mirror { .. } => format!("Change mirror {name} of {bridge}"),
        OvsEdit::Bridge { .. } | OvsEdit::Port { .. } => {
            let mut parts: Vec<String> = edit
                .changes()
                .iter()
                .filter(|change| !is_mark(&change.id))
                .map(assignment)
                .collect();
            match edit.qos_change() {
                Some((_, Some(qos))) => parts.push(format!("quality of service {}", qos.kind)),
                Some((_, None)) => parts.push("no quality of service".to_owned()),
                None => {}
            }
            format!("Set {} on {name}", parts.join(", "))
        }
    }
}

/// The value a cell gets: `tag=100`, `tag empty`.
pub(crate) fn assignment(change: &CellChange) -> String {
    match change.after.as_slice() {
        [] => format!("{} empty", printable(&change.id.to_string())),
        atoms => format!("{}={}", printable(&change.id.to_string()), plain(atoms)),
    }
}

fn plain(atoms: &[Atom]) -> String {
    let words: Vec<String> = atoms
        .iter()
        .map(|atom| printable(&atom.to_string()))
        .collect();
    words.join(",")
}

/// The line of `ovs-vsctl` that the transaction equals.
pub(crate) fn command(edits: &[OvsEdit]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let deleted: Vec<&str> = edits
        .iter()
        .filter(|edit| matches!(edit, OvsEdit::Bridge { after: None, .. }))
        .map(OvsEdit::bridge)
        .collect();
    for edit in edits {
        let goes_with_bridge =
            deleted.contains(&edit.bridge()) && !matches!(edit, OvsEdit::Bridge { .. });
        if !goes_with_bridge {
            commands_of(edit, &mut parts);
        }
    }
    format!("ovs-vsctl {}", parts.join(" -- "))
}

fn commands_of(edit: &OvsEdit, parts: &mut Vec<String>) {
    let (bridge, name) = (word(edit.bridge()), word(edit.name()));
    match edit {
        OvsEdit::Bridge { before: None, .. } => {
            parts.push(format!("add-br {name}"));
            set_cells(edit, "Bridge", &name, parts);
        }
        OvsEdit::Bridge { after: None, .. } => parts.push(format!("del-br {name}")),
        OvsEdit::Bridge { .. } => set_cells(edit, "Bridge", &name, parts),
        OvsEdit::Port {
            before: None,
            after: Some(conf),
            ..
        } => {
            if edit.name() != edit.bridge() {
                parts.push(add_port(&bridge, &name, conf));
            }
            set_cells(edit, "Port", &name, parts);
            set_qos(edit, &name, parts);
        }
        OvsEdit::Port { after: None, .. } => parts.push(format!("del-port {bridge} {name}")),
        OvsEdit::Port { .. } => {
            set_cells(edit, "Port", &name, parts);
            set_qos(edit, &name, parts);
        }
        OvsEdit::Mirror {
            after: Some(conf), ..
        } => add_mirror(&bridge, conf, parts),
        OvsEdit::Mirror { after: None, .. } => parts.push(format!(
            "--id=@m get Mirror {name} -- remove Bridge {bridge} mirrors @m"
        )),
    }
}

fn add_port(bridge: &str, name: &str, conf: &PortConf) -> String {
    match conf.interfaces.as_slice() {
        [] | [_] => format!("add-port {bridge} {name}"),
        members => {
            let members: Vec<String> = members.iter().map(|member| word(&member.name)).collect();
            format!("add-bond {bridge} {name} {}", members.join(" "))
        }
    }
}

/// What a new row holds without being told.
fn is_default(change: &CellChange) -> bool {
    let zero = matches!(
        change.after.as_slice(),
        [Atom::Flag(false) | Atom::Number(0)]
    );
    let empty = matches!(change.after.as_slice(), [Atom::Text(text)] if text.is_empty());
    change.before.is_empty() && (zero || empty)
}

fn set_cells(edit: &OvsEdit, table: &str, name: &str, parts: &mut Vec<String>) {
    let changes: Vec<CellChange> = edit
        .changes()
        .into_iter()
        .filter(|change| !is_default(change))
        .collect();
    let mut interfaces: Vec<Option<String>> = changes
        .iter()
        .map(|change| change.id.interface.clone())
        .collect();
    interfaces.sort();
    interfaces.dedup();
    for interface in interfaces {
        let of = changes
            .iter()
            .filter(|change| change.id.interface == interface);
        let (table, row) = match &interface {
            Some(interface) => ("Interface", word(interface)),
            None => (table, name.to_owned()),
        };
        let mut set = Vec::new();
        for change in of {
            match (change.id.column, change.after.as_slice()) {
                ("controller", []) => parts.push(format!("del-controller {row}")),
                ("controller", targets) => {
                    let targets: Vec<String> = targets
                        .iter()
                        .map(|target| word(&target.to_string()))
                        .collect();
                    parts.push(format!("set-controller {row} {}", targets.join(" ")));
                }
                (column, []) => match &change.id.key {
                    Some(key) => parts.push(format!("remove {table} {row} {column} {}", word(key))),
                    None => parts.push(format!("clear {table} {row} {column}")),
                },
                (column, atoms) => match &change.id.key {
                    Some(key) => set.push(format!("{column}:{}={}", word(key), value(atoms))),
                    None => set.push(format!("{column}={}", value(atoms))),
                },
            }
        }
        if !set.is_empty() {
            parts.push(format!("set {table} {row} {}", set.join(" ")));
        }
    }
}

fn set_qos(edit: &OvsEdit, name: &str, parts: &mut Vec<String>) {
    match edit.qos_change() {
        None => {}
        Some((_, None)) => parts.push(format!("clear Port {name} qos")),
        Some((_, Some(qos))) => {
            parts.push(format!("set Port {name} qos=@qos"));
            create_qos(qos, parts);
        }
    }
}

fn create_qos(qos: &QosConf, parts: &mut Vec<String>) {
    let pairs = |column: &str, pairs: &crate::ovs_conf::Pairs| -> String {
        pairs
            .iter()
            .map(|(key, text)| format!(" {column}:{}={}", word(key), word(text)))
            .collect()
    };
    let queues: String = qos
        .queues
        .keys()
        .map(|number| format!(" queues:{number}=@q{number}"))
        .collect();
    parts.push(format!(
        "--id=@qos create QoS type={}{}{}{queues}",
        word(&qos.kind),
        pairs("other_config", &qos.other_config),
        pairs("external_ids", &qos.external_ids),
    ));
    for (number, queue) in &qos.queues {
        let dscp = queue
            .dscp
            .map_or_else(String::new, |dscp| format!(" dscp={dscp}"));
        parts.push(format!(
            "--id=@q{number} create Queue{dscp}{}{}",
            pairs("other_config", &queue.other_config),
            pairs("external_ids", &queue.external_ids),
        ));
    }
}

fn add_mirror(bridge: &str, conf: &MirrorConf, parts: &mut Vec<String>) {
    let ports: std::collections::BTreeSet<&String> = conf
        .ingress
        .iter()
        .chain(&conf.egress)
        .chain(&conf.output_port)
        .collect();
    let ports: Vec<&String> = ports.into_iter().collect();
    let reference = |name: &String| {
        let at = ports.iter().position(|port| *port == name).unwrap_or(0);
        format!("@p{at}")
    };
    for port in &ports {
        parts.push(format!("--id={} get Port {}", reference(port), word(port)));
    }
    let list = |column: &str, names: &std::collections::BTreeSet<String>| match names.len() {
        0 => String::new(),
        _ => {
            let names: Vec<String> = names.iter().map(reference).collect();
            format!(" {column}={}", names.join(","))
        }
    };
    let mut words = format!("--id=@m create Mirror name={}", word(&conf.name));
    if conf.select_all {
        words.push_str(" select_all=true");
    }
    words.push_str(&list("select_src_port", &conf.ingress));
    words.push_str(&list("select_dst_port", &conf.egress));
    if !conf.vlans.is_empty() {
        let vlans: Vec<String> = conf.vlans.iter().map(ToString::to_string).collect();
        words.push_str(&format!(" select_vlan={}", vlans.join(",")));
    }
    if let Some(port) = &conf.output_port {
        words.push_str(&format!(" output_port={}", reference(port)));
    }
    if let Some(vlan) = conf.output_vlan {
        words.push_str(&format!(" output_vlan={vlan}"));
    }
    for (key, text) in &conf.external_ids {
        words.push_str(&format!(" external_ids:{}={}", word(key), word(text)));
    }
    parts.push(words);
    parts.push(format!("add Bridge {bridge} mirrors @m"));
}

fn value(atoms: &[Atom]) -> String {
    let words: Vec<String> = atoms.iter().map(|atom| word(&atom.to_string())).collect();
    words.join(",")
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-@+:/".contains(&b);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", printable(text).replace('\'', "'\\''"))
}
