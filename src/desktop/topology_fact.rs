// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the panel beside the topology says about the selected node.

use nova::networking::Rates;
use nova_model::rate::format_rate;
use nova_model::topology::{Edge, Node, NodeId, NodeKind};

use crate::row::Row;
use crate::switch_fact::fact;
use crate::topology_row::carried;
use crate::topology_scene::Scene;

/// Facts about the node in rows: what it is, then each connection.
#[must_use]
pub fn facts(scene: &Scene, id: &str, rates: Option<&Rates>) -> Vec<Row> {
    let id = NodeId(id.to_owned());
    let Some(node) = scene.graph.node(&id) else {
        return Vec::new();
    };
    let mut rows = vec![fact("", "State", node.state_word(), "")];
    if let NodeKind::MachineGroup { count, running } = node.kind {
        rows = vec![fact("", "Running", format!("{running} of {count}"), "")];
    }
    if let (Some(link), true) = (&node.link, node.link.as_ref() != Some(&node.name)) {
        rows.push(fact("", "Bridge", link.clone(), ""));
    }
    if !node.addresses.is_empty() {
        rows.push(fact("", "Addresses", node.addresses.join("\n"), ""));
    }
    if let Some(owner) = &node.owner {
        rows.push(fact("", "Configured by", owner.clone(), ""));
    }
    if let Some(link) = &node.leaves_through {
        let hint = "The host forwards its packets there.";
        rows.push(fact("", "Leaves through", link.clone(), hint));
    }
    let edges = scene.graph.edges_of(&id);
    rows.extend(
        edges
            .iter()
            .map(|(other, edge)| connection(node, other, edge, rates)),
    );
    rows
}

/// A connection as a row: its other end, and the port with what it carries.
fn connection(node: &Node, other: &Node, edge: &Edge, rates: Option<&Rates>) -> Row {
    let mut parts = Vec::new();
    if !edge.port.is_empty() && edge.port != other.name && edge.port != node.name {
        parts.push(edge.port.clone());
    }
    if edge.links.len() > 1 {
        parts.push(format!("{} ports", edge.links.len()));
    }
    // One address stands above already.
    if node.addresses.len() > 1 || other.addresses.len() > 1 {
        parts.extend(edge.addresses.iter().cloned());
    }
    parts.extend(edge.vid.map(|vid| format!("VLAN {vid}")));
    match edge.stp.filter(|_| edge.is_blocked()) {
        Some(state) => parts.push(state.word().to_owned()),
        None if !edge.is_up => parts.push("down".to_owned()),
        None => {}
    }
    parts.extend(edge.mirrors.iter().cloned());
    if let Some(rates) = rates.filter(|_| edge.is_up) {
        let (received, sent) = carried(edge, rates);
        parts.push(format!(
            "↓ {}  ↑ {}",
            format_rate(received),
            format_rate(sent)
        ));
    }
    let hint = match edge.is_blocked() {
        true => "Spanning tree keeps this port silent, so that no loop floods the network.",
        false => "",
    };
    let label = format!("{} {}", other.kind.word(), other.name);
    let mut row = fact("Connections", &label, parts.join("\n"), hint);
    // Two connections may lead to the same node.
    row.key = edge.id.to_string();
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::topology_lens::Lens;

    #[test]
    fn a_switch_tells_its_connections() {
        let scene = Scene::of(&fixture::small(), &Lens::default());
        let rows = facts(&scene, "link:br0", Some(&Rates::default()));
        assert!(
            rows.iter()
                .any(|row| row.needle.contains("network card eth0"))
        );
        assert!(rows.iter().any(|row| row.needle.contains("vnet0")));
    }

    #[test]
    fn what_is_gone_has_no_facts() {
        let scene = Scene::of(&fixture::small(), &Lens::default());
        assert!(facts(&scene, "link:nothing", None).is_empty());
    }
}
