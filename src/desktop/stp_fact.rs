// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The spanning tree of a switch in words, and its ports as rows.

use nova_model::bridge::{BridgeStatus, StpState};
use nova_model::link::Link;
use nova_model::name::printable;
use nova_model::ovs::{OvsBridge, OvsTree};
use nova_model::state::Snapshot;

use crate::port_row::{state, symbol};
use crate::row::Row;
use crate::switch::{Port, Switch};
use crate::switch_fact::{fact, seconds};

/// Values of a row of [`ports`].
pub const TREE_ROLES: &[&str] = &[
    "name",
    "symbol",
    "role",
    "roleHint",
    "stpState",
    "stateKind",
    "stateHint",
    "cost",
    "priority",
    "about",
    "addressable",
];

const SECTION: &str = "Spanning tree";
const OFF: &str =
    "Nothing stops frames from circling where two paths join this switch to another one.";
const ON: &str = "Keeps loops between switches from flooding the network.";

/// The spanning tree in one fact.
#[must_use]
pub fn summary(snapshot: &Snapshot, switch: &Switch) -> Row {
    match switch {
        Switch::Linux(link) => match link.bridge.filter(|status| status.options.stp) {
            Some(status) => fact(SECTION, "Root", root_words(snapshot, link, &status), ON),
            None => fact(SECTION, "State", "off", OFF),
        },
        Switch::Ovs { bridge, .. } => match bridge.tree() {
            Some(tree) => fact(SECTION, "Root", ovs_root(bridge, &tree), ON),
            None => fact(SECTION, "State", "off", OFF),
        },
    }
}

/// Everything about the spanning tree of the switch of this name.
#[must_use]
pub fn facts(snapshot: &Snapshot, switch: &str) -> Vec<Row> {
    match Switch::find(snapshot, switch) {
        Some(Switch::Linux(link)) => link
            .bridge
            .map(|status| linux(snapshot, link, &status))
            .unwrap_or_default(),
        Some(Switch::Ovs { bridge, .. }) => ovs(bridge),
        None => Vec::new(),
    }
}

fn linux(snapshot: &Snapshot, link: &Link, status: &BridgeStatus) -> Vec<Row> {
    let options = &status.options;
    if !options.stp {
        return vec![fact("", "State", "off", OFF)];
    }
    let delay = format!(
        "A new port stays silent for {} s before it forwards.",
        options.port_delay()
    );
    let change = if status.topology_change {
        ("being spread", "Addresses are forgotten sooner meanwhile.")
    } else {
        ("none", "")
    };
    let mut facts = vec![
        fact("", "State", "on", ON),
        fact("", "Root", root_words(snapshot, link, status), ""),
        fact("", "Own identifier", status.id.to_string(), ""),
    ];
    if !status.is_root() {
        facts.push(fact("", "Root identifier", status.root.to_string(), ""));
    }
    facts.extend([
        fact("", "Topology change", change.0, change.1),
        fact("", "Priority", options.priority.to_string(), PRIORITY),
        fact("", "Forward delay", seconds(options.forward_delay), &delay),
        fact("", "Hello time", seconds(options.hello_time), HELLO),
        fact("", "Max age", seconds(options.max_age), AGE),
    ]);
    facts
}

const PRIORITY: &str = "The switch with the lowest number becomes the root.";
const HELLO: &str = "How often the root tells the others that it is there.";
const AGE: &str = "After this long without a word from the root, another one is chosen.";

fn root_words(snapshot: &Snapshot, link: &Link, status: &BridgeStatus) -> String {
    if status.is_root() {
        return format!("{} is the root", link.name);
    }
    let through = snapshot
        .host
        .ports_of(link.index)
        .find(|port| {
            port.port
                .is_some_and(|port| port.number == status.root_port)
        })
        .map_or_else(String::new, |port| format!(" through {}", port.name));
    format!(
        "{}{through}, path cost {}",
        status.root, status.root_path_cost
    )
}

fn ovs(bridge: &OvsBridge) -> Vec<Row> {
    let Some(tree) = bridge.tree() else {
        return vec![fact("", "State", "off", OFF)];
    };
    let OvsTree {
        is_rapid, prefix, ..
    } = tree;
    let option = |key: &str, usual: &str| {
        let text = bridge.conf.other_config.get(&format!("{prefix}-{key}"));
        text.map_or_else(|| usual.to_owned(), |text| printable(text))
    };
    let mut facts = vec![
        fact("", "State", if is_rapid { "on, rapid" } else { "on" }, ON),
        fact("", "Root", ovs_root(bridge, &tree), ""),
    ];
    facts.extend(
        tree.id
            .map(|id| fact("", "Own identifier", printable(id), "")),
    );
    facts.push(fact("", "Priority", option("priority", "32768"), PRIORITY));
    let delay = option("forward-delay", "15");
    let hint = if is_rapid {
        "Counts only towards switches without rapid spanning tree.".to_owned()
    } else {
        let silent = delay.parse::<u32>().unwrap_or_default().saturating_mul(2);
        format!("A new port stays silent for {silent} s before it forwards.")
    };
    facts.push(fact("", "Forward delay", format!("{delay} s"), &hint));
    let hello = if is_rapid {
        "2".to_owned()
    } else {
        option("hello-time", "2")
    };
    facts.push(fact("", "Hello time", format!("{hello} s"), HELLO));
    let age = option("max-age", "20");
    facts.push(fact("", "Max age", format!("{age} s"), AGE));
    facts
}

fn ovs_root(bridge: &OvsBridge, tree: &OvsTree<'_>) -> String {
    match tree.root {
        Some(_) if tree.is_root() => format!("{} is the root", printable(&bridge.name)),
        Some(root) => {
            let cost = tree.root_path_cost.unwrap_or("?");
            format!("{}, path cost {}", printable(root), printable(cost))
        }
        None => "not known yet".to_owned(),
    }
}

/// The ports of the switch of this name with their part in the tree; none
/// where it is off.
#[must_use]
pub fn ports(snapshot: &Snapshot, switch: &str) -> Vec<Row> {
    let Some(switch) = Switch::find(snapshot, switch) else {
        return Vec::new();
    };
    let is_on = match switch {
        Switch::Linux(link) => link.bridge.is_some_and(|status| status.options.stp),
        Switch::Ovs { bridge, .. } => bridge.tree().is_some(),
    };
    if !is_on {
        return Vec::new();
    }
    let ports = switch.ports(snapshot);
    ports.iter().map(|port| row(&switch, port)).collect()
}

fn row(switch: &Switch, port: &Port) -> Row {
    let name = port.name();
    let (word, kind, hint) = state(port);
    let role = role(switch, port);
    let (cost, priority, about) = numbers(switch, port);
    Row::new(
        name.clone(),
        vec![
            name.into(),
            symbol(port).into(),
            role_word(&role).into(),
            role_hint(&role).into(),
            word.into(),
            kind.into(),
            hint.into(),
            cost.into(),
            priority.into(),
            about.into(),
            port.address().is_some().into(),
        ],
    )
}

/// The role of a port by the word of the standard; empty where it takes no
/// part.
fn role(switch: &Switch, port: &Port) -> String {
    match (port.ovs, port.link.and_then(|link| link.port)) {
        (Some(row), _) => row.stp_role.clone().unwrap_or_default(),
        (None, Some(status)) if status.state != StpState::Disabled => {
            let bridge = switch.link().and_then(|link| link.bridge);
            bridge.map_or_else(String::new, |bridge| status.role(&bridge).word().to_owned())
        }
        _ => String::new(),
    }
}

fn role_word(role: &str) -> String {
    match role {
        "" => "takes no part".to_owned(),
        role => format!("{} port", printable(role)),
    }
}

fn role_hint(role: &str) -> &'static str {
    match role {
        "root" => "It leads to the root.",
        "designated" => "It serves the network behind it.",
        "alternate" => "It is another way to the root, kept silent.",
        "backup" => "Another port of this switch serves the same network.",
        _ => "Spanning tree does not use it.",
    }
}

/// Cost, priority and what else is known of a port.
fn numbers(switch: &Switch, port: &Port) -> (String, String, String) {
    if let (Switch::Ovs { bridge, .. }, Some(row)) = (switch, port.ovs) {
        let prefix = bridge.tree().map_or("stp", |tree| tree.prefix);
        let option = |key: &str, usual: &str| {
            let text = row.conf.other_config.get(&format!("{prefix}-{key}"));
            text.map_or_else(|| usual.to_owned(), |text| printable(text))
        };
        return (
            option("path-cost", "by speed"),
            option("port-priority", "128"),
            String::new(),
        );
    }
    let Some(status) = port.link.and_then(|link| link.port) else {
        return Default::default();
    };
    let own = switch.link().and_then(|link| link.bridge);
    let other = status
        .designated_bridge
        .filter(|id| own.is_some_and(|own| own.id != *id));
    (
        status.options.cost.to_string(),
        status.options.priority.to_string(),
        other.map_or_else(String::new, |id| format!("towards {id}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn times_are_told_only_where_they_count() {
        let mut host = fixture::small();
        assert_eq!(facts(&host, "br0").len(), 1);
        assert!(ports(&host, "br0").is_empty());
        let bridge = host.host.links.get_mut(&10).unwrap();
        bridge.bridge.as_mut().unwrap().options.stp = true;
        let with = facts(&host, "br0");
        assert!(
            with.iter()
                .any(|row| row.needle.contains("br0 is the root"))
        );
        assert!(with.iter().any(|row| row.needle.contains("for 30 s")));
        let rows = ports(&host, "br0");
        assert_eq!(rows[0].cells[2], "designated port".into());
    }

    #[test]
    fn open_vswitch_tells_its_root() {
        let mut host = fixture::small();
        let ovs = host.host.ovs.state_mut().unwrap();
        let bridge = ovs.bridge_mut("ovs0").unwrap();
        bridge.conf.stp = true;
        let id = "8000.2eb5af5e004d".to_owned();
        bridge.status = [
            ("stp_bridge_id".to_owned(), id.clone()),
            ("stp_designated_root".to_owned(), id),
        ]
        .into();
        let rows = facts(&host, "ovs0");
        assert!(
            rows.iter()
                .any(|row| row.needle.contains("ovs0 is the root"))
        );
        let rows = ports(&host, "ovs0");
        assert_eq!(rows[1].cells[2], "takes no part".into());
    }
}
