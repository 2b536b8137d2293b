// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network topology`: the whole network as a tree.

use nova::networking::{NetworkManager, Service};
use nova_model::topology::{Graph, Options};
use nova_model::topology_text::{topology_text, topology_text_ascii};
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::terminal::{Outcome, Terminal, complain};

/// Shows the tree, every machine by itself.
pub async fn topology(manager: &NetworkManager, terminal: Terminal, output: Output) -> Outcome {
    let snapshot = manager.snapshot().await?;
    let options = Options {
        fold_above: usize::MAX,
        forwarding_edges: usize::MAX,
        ..Options::default()
    };
    let graph = Graph::of(&snapshot, &options);
    match output {
        Output::Json => terminal.print_json(&document(&graph)),
        Output::Table => {
            let text = if terminal.is_interactive && speaks_utf8() {
                topology_text(&graph)
            } else {
                topology_text_ascii(&graph)
            };
            terminal.print(&text)?;
            if let Service::Missing(error) = &snapshot.virt {
                complain(error);
            }
            Ok(())
        }
    }
}

fn document(graph: &Graph) -> Value {
    let connections: Vec<Value> = graph
        .edges()
        .map(|(from, to, edge)| {
            json!({
                "id": edge.id, "from": from.id, "to": to.id, "kind": edge.kind,
                "port": edge.port, "links": edge.links, "is_up": edge.is_up,
                "stp": edge.stp, "vid": edge.vid,
            })
        })
        .collect();
    json!({"nodes": graph.nodes().collect::<Vec<_>>(), "connections": connections})
}

/// Whether the language of the terminal is one in UTF-8.
fn speaks_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}
