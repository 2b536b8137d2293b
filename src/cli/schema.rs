// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The JSON that prints whole objects, as JSON Schema (draft 2020-12): written
//! by the build from the types themselves, so that it can say nothing else than
//! what is printed.

use nova_model::NovaError;
use nova_model::history::HistoryEntry;
use nova_model::link::Link;
use nova_model::machine::Machine;
use nova_model::name::LinkName;
use nova_model::network::Network;
use nova_model::ovs::{OvsBridge, OvsPort};
use nova_model::plan::{Plan, PlanId};
use nova_model::traffic_view::MirrorView;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// What `nova network show NAME` prints: each thing of this name, or null.
#[derive(Serialize, JsonSchema)]
pub struct ShowDocument<'a> {
    /// The link.
    pub link: Option<LinkDocument<'a>>,
    /// The libvirt network.
    pub network: Option<&'a Network>,
    /// The virtual machine.
    pub machine: Option<&'a Machine>,
    /// The Open vSwitch bridge.
    pub ovs_bridge: Option<&'a OvsBridge>,
    /// The port of an Open vSwitch bridge.
    pub ovs_port: Option<&'a OvsPort>,
    /// The mirrors.
    pub mirrors: &'a [MirrorView],
}

/// A link, with what others say of it.
#[derive(Serialize, JsonSchema)]
pub struct LinkDocument<'a> {
    /// What the kernel says.
    #[serde(flatten)]
    pub link: &'a Link,
    /// Names of its ports.
    pub ports: Vec<&'a LinkName>,
    /// Name of the switch or bond it is a port of.
    pub switch: Option<String>,
    /// Name of the machine whose tap it is.
    pub machine: Option<&'a str>,
}

/// What `nova network debug ovs BRIDGE` prints; null what was not asked for.
#[derive(Serialize, JsonSchema)]
pub struct DebugOvsDocument<'a> {
    /// The ports.
    pub ports: Option<&'a [OvsPort]>,
    /// The flows, a line each, as `ovs-ofctl dump-flows` writes them.
    pub flows: Option<Vec<String>>,
}

/// What `nova network purge` prints.
#[derive(Default, Serialize, JsonSchema)]
pub struct PurgeDocument {
    /// The undos that were kept, in their order.
    pub undone: Vec<HistoryEntry>,
    /// Ids of the changes of which nothing was there any more.
    pub gone: Vec<PlanId>,
    /// The changes that could not be undone.
    pub left: Vec<LeftDocument>,
    /// For how many links, cards of machines and mirrors it is forgotten what they
    /// would have been given again.
    pub forgotten: u32,
    /// Links and Open vSwitch bridges that still bear Nova's mark.
    pub marked: Vec<String>,
}

/// A change that could not be undone.
#[derive(Serialize, JsonSchema)]
pub struct LeftDocument {
    /// Its id.
    pub id: PlanId,
    /// Its title.
    pub title: String,
    /// Why not.
    pub error: NovaError,
}

/// Each schema, by the name of its file without `.schema.json`.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Schema)> {
    fn of<T: JsonSchema>() -> Schema {
        SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<T>()
    }
    vec![
        ("show", of::<ShowDocument<'static>>()),
        ("debug-ovs", of::<DebugOvsDocument<'static>>()),
        ("plan", of::<Plan>()),
        ("change", of::<HistoryEntry>()),
        ("purge", of::<PurgeDocument>()),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;

    fn without_prose(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, value| key != "description" || !value.is_string());
                map.values_mut().for_each(without_prose);
            }
            Value::Array(all) => all.iter_mut().for_each(without_prose),
            _ => {}
        }
    }

    /// The shape of the JSON is a promise: a key that goes or changes its type
    /// shows here. Each type stands in a line of its own.
    #[test]
    fn the_shape_of_the_json_stays() {
        let mut types = BTreeMap::new();
        for (name, schema) in schemas() {
            let mut schema = schema.to_value();
            without_prose(&mut schema);
            let parts = schema["$defs"].as_object_mut().map(std::mem::take);
            types.extend(parts.into_iter().flatten());
            types.insert(name.to_owned(), schema["properties"].take());
        }
        let lines: Vec<String> = types
            .iter()
            .map(|(name, shape)| format!("{name} {shape}"))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
