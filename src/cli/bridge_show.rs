// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network debug bridge NAME`: what a bridge knows and how its spanning
//! tree stands.

use nova::networking::{NetworkManager, NovaError};
use nova_model::fdb::{FdbEntry, MdbEntry};
use nova_model::link::Link;
use nova_model::name::{InterfaceName, printable};
use nova_model::ovs::{OvsBridge, OvsPort, OvsTree};
use nova_model::state::HostState;
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::arguments_bridge::DebugBridge;
use crate::table::{Align, Style, Table};
use crate::terminal::{Outcome, Terminal};

/// Shows the spanning tree, the forwarding database and the multicast database
/// of a bridge; all where none is asked for.
pub async fn debug(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    typed: &DebugBridge,
) -> Outcome {
    let name: InterfaceName = typed.bridge.parse()?;
    let snapshot = manager.snapshot().await?;
    let host = &snapshot.host;
    let only_tree = typed.show_stp && !typed.show_fdb && !typed.show_mdb && !typed.follow;
    if let Some(bridge) = host.ovs.bridge(name.as_str()).filter(|_| only_tree) {
        return match output {
            Output::Json => terminal.print_json(&json!({
                "bridge": name,
                "fdb": Value::Null,
                "mdb": Value::Null,
                "stp": ovs_stp_document(bridge),
            })),
            Output::Table => terminal.print(&ovs_stp_text(bridge, terminal.style)),
        };
    }
    let bridge = host.require(&name)?;
    if !bridge.is_bridge() {
        let error = NovaError::refused(format!(
            "{name} is a {}, not a Linux bridge",
            bridge.kind.word()
        ));
        return Err(match host.ovs.bridge(name.as_str()) {
            Some(_) => error.with_remedy(format!(
                "\"nova network debug ovs {name}\" looks into it, \"nova network show {name} --stp\" shows its spanning tree."
            )),
            None => error,
        }
        .into());
    }
    if typed.follow && output == Output::Json {
        return Err(
            NovaError::invalid("output", "json", "changes are told one a line, as text").into(),
        );
    }
    let all = !typed.show_fdb && !typed.show_stp && !typed.show_mdb;
    let entries = match typed.show_fdb || all {
        true => Some(manager.fdb(bridge.index).await?),
        false => None,
    };
    let groups = match typed.show_mdb || all {
        true => Some(manager.mdb(bridge.index).await?),
        false => None,
    };
    let stp = typed.show_stp || all;
    if output == Output::Json {
        return terminal.print_json(&json!({
            "bridge": name,
            "fdb": entries.as_deref().map(|entries| fdb_document(host, entries)),
            "mdb": groups.as_deref().map(|groups| mdb_document(host, groups)),
            "stp": stp.then(|| stp_document(host, bridge)),
        }));
    }
    let parts = [
        stp.then(|| stp_text(host, bridge, terminal.style)),
        entries.map(|entries| fdb_text(host, &entries, terminal.style)),
        groups.map(|groups| mdb_text(host, &groups, terminal.style)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    terminal.print(&parts.join("\n"))?;
    if typed.follow {
        return crate::bridge_follow::follow(manager, terminal, &name).await;
    }
    Ok(())
}

/// What `show NAME --fdb --mdb --stp` asks for; nothing where none is given.
#[must_use]
pub fn asked(typed: &crate::arguments::Show) -> Option<DebugBridge> {
    (typed.fdb || typed.mdb || typed.stp).then(|| DebugBridge {
        bridge: typed.name.clone(),
        show_fdb: typed.fdb,
        show_mdb: typed.mdb,
        show_stp: typed.stp,
        follow: false,
    })
}

fn mdb_text(host: &HostState, groups: &[MdbEntry], style: Style) -> String {
    if groups.is_empty() {
        return "No port asked for a group.\n".to_owned();
    }
    let mut table = Table::new(&[
        ("GROUP", Align::Left),
        ("VLAN", Align::Right),
        ("PORT", Align::Left),
        ("ORIGIN", Align::Left),
    ]);
    for entry in groups {
        table.row([
            entry.group.to_string(),
            entry
                .vlan
                .map_or_else(|| "-".to_owned(), |vlan| vlan.to_string()),
            name_of(host, entry.link),
            if entry.is_permanent {
                "static"
            } else {
                "asked"
            }
            .to_owned(),
        ]);
    }
    table.render(style)
}

fn mdb_document(host: &HostState, groups: &[MdbEntry]) -> Value {
    groups
        .iter()
        .map(|entry| {
            json!({
                "group": entry.group,
                "vlan": entry.vlan,
                "port": name_of(host, entry.link),
                "permanent": entry.is_permanent,
            })
        })
        .collect()
}

/// The name of the link with this index.
pub fn name_of(host: &HostState, index: u32) -> String {
    host.links
        .get(&index)
        .map_or_else(|| format!("#{index}"), |link| link.name.to_string())
}

fn fdb_text(host: &HostState, entries: &[FdbEntry], style: Style) -> String {
    if entries.is_empty() {
        return "It knows no address.\n".to_owned();
    }
    let mut table = Table::new(&[
        ("ADDRESS", Align::Left),
        ("VLAN", Align::Right),
        ("PORT", Align::Left),
        ("ORIGIN", Align::Left),
        ("IDLE", Align::Right),
    ]);
    for entry in entries {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        table.row([
            entry.mac.to_string(),
            or_dash(entry.vlan.map(|vlan| vlan.to_string())),
            name_of(host, entry.link),
            entry.origin.word().to_owned(),
            or_dash(entry.idle.map(|seconds| format!("{seconds} s"))),
        ]);
    }
    table.render(style)
}

fn fdb_document(host: &HostState, entries: &[FdbEntry]) -> Value {
    entries
        .iter()
        .map(|entry| {
            json!({
                "mac": entry.mac,
                "vlan": entry.vlan,
                "port": name_of(host, entry.link),
                "origin": entry.origin,
                "idle": entry.idle,
            })
        })
        .collect()
}

fn stp_text(host: &HostState, bridge: &Link, style: Style) -> String {
    let Some(status) = bridge.bridge else {
        return String::new();
    };
    let mut text = if !status.options.stp {
        "Spanning tree is off: every port forwards.\n".to_owned()
    } else if status.is_root() {
        format!(
            "{} is the root of its spanning tree, {}.\n",
            bridge.name, status.id
        )
    } else {
        format!(
            "{} is {}; the root is {}, path cost {}.\n",
            bridge.name, status.id, status.root, status.root_path_cost
        )
    };
    if status.topology_change {
        text.push_str("A change of the topology is being spread.\n");
    }
    let mut table = Table::new(&[
        ("PORT", Align::Left),
        ("ROLE", Align::Left),
        ("STATE", Align::Left),
        ("COST", Align::Right),
        ("PRIORITY", Align::Right),
        ("DESIGNATED BRIDGE", Align::Left),
    ]);
    for link in host.ports_of(bridge.index) {
        let Some(port) = link.port else {
            continue;
        };
        table.row([
            link.name.to_string(),
            port.role(&status).word().to_owned(),
            port.state.word().to_owned(),
            port.options.cost.to_string(),
            port.options.priority.to_string(),
            port.designated_bridge
                .map_or_else(|| "-".to_owned(), |id| id.to_string()),
        ]);
    }
    if !table.is_empty() {
        text.push_str(&table.render(style));
    }
    text
}

fn stp_document(host: &HostState, bridge: &Link) -> Value {
    let Some(status) = bridge.bridge else {
        return Value::Null;
    };
    let ports: Vec<Value> = host
        .ports_of(bridge.index)
        .filter_map(|link| {
            let port = link.port?;
            Some(json!({
                "port": link.name,
                "role": port.role(&status),
                "state": port.state,
                "cost": port.options.cost,
                "priority": port.options.priority,
                "designated_bridge": port.designated_bridge.map(|id| id.to_string()),
            }))
        })
        .collect();
    json!({
        "enabled": status.options.stp,
        "bridge": status.id.to_string(),
        "root": status.root.to_string(),
        "is_root": status.is_root(),
        "root_path_cost": status.root_path_cost,
        "topology_change": status.topology_change,
        "ports": ports,
    })
}

/// The ports of a bridge of Open vSwitch in its spanning tree: role, state, cost and
/// priority, where they are set.
fn ovs_tree_ports<'a>(
    bridge: &'a OvsBridge,
    tree: &OvsTree<'_>,
) -> impl Iterator<Item = (&'a OvsPort, [Option<String>; 4])> {
    let prefix = tree.prefix;
    bridge.outer_ports().map(move |port| {
        let told = |text: &Option<String>| text.as_deref().map(printable);
        let option = |key: &str| {
            let text = port.conf.other_config.get(&format!("{prefix}-{key}"));
            text.map(|text| printable(text))
        };
        let cells = [
            told(&port.stp_role),
            told(&port.stp_state),
            option("path-cost"),
            option("port-priority"),
        ];
        (port, cells)
    })
}

fn ovs_stp_text(bridge: &OvsBridge, style: Style) -> String {
    let name = printable(&bridge.name);
    let Some(tree) = bridge.tree() else {
        return "Spanning tree is off: every port forwards.\n".to_owned();
    };
    let kind = if tree.is_rapid {
        "rapid spanning tree"
    } else {
        "spanning tree"
    };
    let told = |text: Option<&str>| text.map_or_else(|| "?".to_owned(), printable);
    let (id, root) = (told(tree.id), told(tree.root));
    let mut text = if tree.root.is_none() {
        format!("{name} takes part in a {kind}; its root is not known yet.\n")
    } else if tree.is_root() {
        format!("{name} is the root of its {kind}, {id}.\n")
    } else {
        let cost = told(tree.root_path_cost);
        format!("{name} is {id}; the root of its {kind} is {root}, path cost {cost}.\n")
    };
    let mut table = Table::new(&[
        ("PORT", Align::Left),
        ("ROLE", Align::Left),
        ("STATE", Align::Left),
        ("COST", Align::Right),
        ("PRIORITY", Align::Right),
    ]);
    for (port, cells) in ovs_tree_ports(bridge, &tree) {
        let [role, state, cost, priority] =
            cells.map(|cell| cell.unwrap_or_else(|| "-".to_owned()));
        table.row([printable(&port.name), role, state, cost, priority]);
    }
    if !table.is_empty() {
        text.push_str(&table.render(style));
    }
    text
}

fn ovs_stp_document(bridge: &OvsBridge) -> Value {
    let Some(tree) = bridge.tree() else {
        return json!({ "enabled": false });
    };
    let ports: Vec<Value> = ovs_tree_ports(bridge, &tree)
        .map(|(port, [role, state, cost, priority])| {
            let number = |text: Option<String>| text.and_then(|text| text.parse::<u32>().ok());
            json!({
                "port": port.name,
                "role": role,
                "state": state,
                "cost": number(cost),
                "priority": number(priority),
            })
        })
        .collect();
    let cost = tree
        .root_path_cost
        .and_then(|text| text.parse::<u32>().ok());
    json!({
        "enabled": true,
        "rapid": tree.is_rapid,
        "bridge": tree.id,
        "root": tree.root,
        "is_root": tree.is_root(),
        "root_path_cost": cost,
        "ports": ports,
    })
}
