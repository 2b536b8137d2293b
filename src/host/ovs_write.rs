// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From the edits of a step to the operations of one transaction. Rows that
//! stand are named by their identifier and guarded by a `wait` on what was
//! read of them, so that a change of somebody else in between is met, not
//! overwritten.

use std::collections::{BTreeMap, BTreeSet};

use nova_model::ovs::OvsState;
use nova_model::ovs_cells::{Atom, CellChange, Cells};
use nova_model::ovs_conf::{MARK_KEY, MirrorConf, PortConf, QosConf, RowId};
use nova_model::step::OvsEdit;
use serde_json::{Map, Value, json};

use crate::execute::Mode;
use crate::ovs_read;
use crate::ovsdb::Trouble;
use crate::ovsdb_value::{Tables, ids, map, to_map, to_new, to_optional, to_row, to_set};

/// What an object is known by: its bridge, and the name of its edit.
pub(crate) type Known = (String, String);

/// Operations in the making.
pub(crate) struct Writer<'a> {
    state: &'a OvsState,
    tables: &'a Tables,
    mode: Mode,
    /// Objects that were made again: rows that edits name may be older.
    made: &'a mut BTreeSet<Known>,
    guards: Vec<Value>,
    operations: Vec<Value>,
    removed: BTreeSet<RowId>,
    new_bridges: BTreeMap<String, Value>,
    new_ports: BTreeMap<Known, Value>,
    count: usize,
    /// Whether something that an edit is about was not there.
    pub(crate) has_vanished: bool,
}

fn known(edit: &OvsEdit) -> Known {
    let kind = match edit {
        OvsEdit::Bridge { .. } => "bridge",
        OvsEdit::Port { .. } => "port",
        OvsEdit::Mirror { .. } => "mirror",
    };
    (edit.bridge().to_owned(), format!("{kind} {}", edit.name()))
}

const fn table(edit: &OvsEdit) -> &'static str {
    match edit {
        OvsEdit::Bridge { .. } => "Bridge",
        OvsEdit::Port { .. } => "Port",
        OvsEdit::Mirror { .. } => "Mirror",
    }
}

fn this(row: &RowId) -> Value {
    json!([["_uuid", "==", to_row(row)]])
}

fn atom(atom: &Atom) -> Value {
    match atom {
        Atom::Flag(flag) => json!(flag),
        Atom::Number(number) => json!(number),
        Atom::Text(text) => json!(text),
    }
}

/// The operations that count the configuration up and tell its number.
pub(crate) fn counted() -> [Value; 2] {
    [
        json!({"op": "mutate", "table": "Open_vSwitch", "where": [],
            "mutations": [["next_cfg", "+=", 1]]}),
        json!({"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]}),
    ]
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(
        state: &'a OvsState,
        tables: &'a Tables,
        mode: Mode,
        made: &'a mut BTreeSet<Known>,
    ) -> Self {
        Self {
            state,
            tables,
            mode,
            made,
            guards: Vec::new(),
            operations: Vec::new(),
            removed: BTreeSet::new(),
            new_bridges: BTreeMap::new(),
            new_ports: BTreeMap::new(),
            count: 0,
            has_vanished: false,
        }
    }

    /// The operations; none where nothing is left to be done. The last two count
    /// the configuration up and tell its number.
    pub(crate) fn finish(self) -> Vec<Value> {
        if self.operations.is_empty() {
            return Vec::new();
        }
        // The guards look at the rows as they were before the rest.
        let mut all = self.guards;
        all.extend(self.operations);
        // On the disk before it is answered: what is kept must outlive a loss
        // of power.
        all.push(json!({"op": "commit", "durable": true}));
        all.extend(counted());
        all
    }

    /// Adds what an edit needs.
    ///
    /// # Errors
    /// `Moved` where the object is another than was planned for; only forward,
    /// an undo leaves it alone.
    pub(crate) fn edit(&mut self, edit: &OvsEdit) -> Result<(), Trouble> {
        let found = edit.find(self.state);
        if edit.is_creation() {
            return match found {
                None => self.make(edit),
                Some(_) if edit.holds(self.state) => {
                    self.made.insert(known(edit));
                    Ok(())
                }
                Some(_) => self.moved(),
            };
        }
        let Some((row, ids, cells)) = found else {
            return if edit.is_deletion() {
                Ok(())
            } else {
                self.moved()
            };
        };
        if !edit.is_about(&row, &ids) && !self.made.contains(&known(edit)) {
            return self.moved();
        }
        if edit.is_deletion() {
            self.delete(edit, &row, &cells)
        } else {
            self.set(edit, &row, &cells)
        }
    }

    fn moved(&mut self) -> Result<(), Trouble> {
        self.has_vanished = true;
        match self.mode {
            Mode::Do => Err(Trouble::Moved),
            Mode::Undo => Ok(()),
        }
    }

    fn name(&mut self) -> String {
        self.count += 1;
        format!("row{}", self.count)
    }

    fn insert(&mut self, table: &str, row: Map<String, Value>) -> Value {
        let name = self.name();
        self.operations
            .push(json!({"op": "insert", "table": table, "row": row, "uuid-name": name}));
        to_new(&name)
    }

    fn update(&mut self, table: &str, row: &RowId, column: &str, value: Value) {
        self.operations
            .push(json!({"op": "update", "table": table, "where": this(row),
            "row": {column: value}}));
    }

    fn mutate(&mut self, table: &str, id: &Value, column: &str, how: &str, value: &Value) {
        self.operations.push(json!({"op": "mutate", "table": table,
            "where": [["_uuid", "==", id]], "mutations": [[column, how, value]]}));
    }

    /// Has the transaction fail where these columns are others by now.
    fn guard(&mut self, table: &str, row: &RowId, columns: &BTreeSet<&str>) {
        let Some(found) = self.tables.row(table, &row.0) else {
            return;
        };
        let expected: Map<String, Value> = columns
            .iter()
            .filter_map(|column| Some(((*column).to_owned(), found.get(*column)?.clone())))
            .collect();
        let columns: Vec<&String> = expected.keys().collect();
        self.guards
            .push(json!({"op": "wait", "timeout": 0, "table": table,
            "where": this(row), "columns": columns, "until": "==", "rows": [expected]}));
    }

    fn bridge_row(&self, name: &str) -> Option<Value> {
        let standing = || self.state.bridge(name).map(|bridge| to_row(&bridge.row));
        self.new_bridges.get(name).cloned().or_else(standing)
    }

    fn port_row(&self, bridge: &str, name: &str) -> Option<Value> {
        let key = (bridge.to_owned(), name.to_owned());
        let standing = || {
            let port = self.state.bridge(bridge)?.port(name)?;
            Some(to_row(&port.row))
        };
        self.new_ports.get(&key).cloned().or_else(standing)
    }

    fn make(&mut self, edit: &OvsEdit) -> Result<(), Trouble> {
        match edit {
            OvsEdit::Bridge {
                name,
                after: Some(conf),
                ..
            } => {
                let Some(root) = ovs_read::root(self.tables) else {
                    return Err(Trouble::Refused("it has no root row".to_owned()));
                };
                let controllers: Vec<Value> = conf
                    .controllers
                    .iter()
                    .map(|target| self.controller(target))
                    .collect();
                let mut row = row_of(&conf.cells(), None);
                row.insert("name".to_owned(), json!(name));
                row.insert("controller".to_owned(), to_set(controllers));
                let id = self.insert("Bridge", row);
                self.mutate(
                    "Open_vSwitch",
                    &to_row(&root),
                    "bridges",
                    "insert",
                    &to_set([id.clone()]),
                );
                self.new_bridges.insert(name.clone(), id);
            }
            OvsEdit::Port {
                bridge,
                name,
                after: Some(conf),
                ..
            } => {
                let Some(bridge_row) = self.bridge_row(bridge) else {
                    return self.moved();
                };
                let id = self.make_port(name, conf);
                self.mutate(
                    "Bridge",
                    &bridge_row,
                    "ports",
                    "insert",
                    &to_set([id.clone()]),
                );
                self.new_ports.insert((bridge.clone(), name.clone()), id);
            }
            OvsEdit::Mirror {
                bridge,
                after: Some(conf),
                ..
            } => {
                let (Some(bridge_row), Some(row)) =
                    (self.bridge_row(bridge), self.mirror(bridge, conf))
                else {
                    return self.moved();
                };
                let id = self.insert("Mirror", row);
                // Never "set": what others mirror stays.
                self.mutate("Bridge", &bridge_row, "mirrors", "insert", &to_set([id]));
            }
            OvsEdit::Bridge { .. } | OvsEdit::Port { .. } | OvsEdit::Mirror { .. } => {}
        }
        self.made.insert(known(edit));
        Ok(())
    }

    fn controller(&mut self, target: &str) -> Value {
        let row = Map::from_iter([("target".to_owned(), json!(target))]);
        self.insert("Controller", row)
    }

    fn make_port(&mut self, name: &str, conf: &PortConf) -> Value {
        let cells = conf.cells();
        let interfaces: Vec<Value> = conf
            .interfaces
            .iter()
            .map(|interface| {
                let mut row = row_of(&cells, Some(&interface.name));
                row.insert("name".to_owned(), json!(interface.name));
                self.insert("Interface", row)
            })
            .collect();
        let qos = conf.qos.as_ref().map(|qos| self.qos(qos));
        let mut row = row_of(&cells, None);
        row.insert("name".to_owned(), json!(name));
        row.insert("interfaces".to_owned(), to_set(interfaces));
        if let Some(qos) = qos {
            row.insert("qos".to_owned(), qos);
        }
        self.insert("Port", row)
    }

    /// A row of this quality of service: one that stands unused, or a new one.
    fn qos(&mut self, conf: &QosConf) -> Value {
        let unused = self
            .state
            .qos
            .iter()
            .find(|(row, found)| *found == conf && !self.is_used(row));
        if let Some((row, _)) = unused {
            return to_row(row);
        }
        // Those of ports that are gone, such as the taps of machines that were
        // stopped, would pile up.
        let left: Vec<RowId> = self
            .state
            .qos
            .iter()
            .filter(|(row, found)| is_same_of_nova(found, conf) && !self.is_used(row))
            .map(|(row, _)| row.clone())
            .collect();
        for row in left {
            self.delete_qos(&row);
        }
        let mut queues = Vec::new();
        for (number, queue) in &conf.queues {
            let row = Map::from_iter([
                ("dscp".to_owned(), to_optional(queue.dscp)),
                ("other_config".to_owned(), to_map(&queue.other_config)),
                ("external_ids".to_owned(), to_map(&queue.external_ids)),
            ]);
            queues.push(json!([number, self.insert("Queue", row)]));
        }
        let row = Map::from_iter([
            ("type".to_owned(), json!(conf.kind)),
            ("other_config".to_owned(), to_map(&conf.other_config)),
            ("external_ids".to_owned(), to_map(&conf.external_ids)),
            ("queues".to_owned(), json!(["map", queues])),
        ]);
        self.insert("QoS", row)
    }

    fn is_used(&self, qos: &RowId) -> bool {
        let ports = self.tables.rows("Port");
        ports
            .filter(|(_, row)| ids(row, "qos").contains(qos))
            .count()
            > 0
    }

    /// Deletes a quality of service that Nova made and that no other port uses.
    /// Its rows would stay for ever: nothing refers to them from the root.
    fn drop_qos(&mut self, port: &RowId) {
        let Some(row) = self.tables.row("Port", &port.0) else {
            return;
        };
        let Some(qos) = ids(row, "qos").into_iter().next() else {
            return;
        };
        let users = self
            .tables
            .rows("Port")
            .filter(|(_, row)| ids(row, "qos").contains(&qos))
            .count();
        let is_ours = self
            .state
            .qos
            .get(&qos)
            .is_some_and(|conf| conf.external_ids.contains_key(MARK_KEY));
        if users != 1 || !is_ours {
            return;
        }
        // The database counts the reference even of a port that goes, too.
        self.update("Port", port, "qos", to_set(None::<Value>));
        self.delete_qos(&qos);
    }

    fn delete_qos(&mut self, qos: &RowId) {
        self.operations
            .push(json!({"op": "delete", "table": "QoS", "where": this(qos)}));
        let queues = self.tables.row("QoS", &qos.0).map(|row| map(row, "queues"));
        for (_, queue) in queues.unwrap_or_default() {
            self.operations
                .push(json!({"op": "delete", "table": "Queue", "where": [["_uuid", "==", queue]]}));
        }
    }

    /// The row of a mirror; none where its output is gone.
    fn mirror(&self, bridge: &str, conf: &MirrorConf) -> Option<Map<String, Value>> {
        let ports = |names: &BTreeSet<String>| {
            to_set(names.iter().filter_map(|name| self.port_row(bridge, name)))
        };
        let output = match &conf.output_port {
            Some(name) => Some(self.port_row(bridge, name)?),
            None => None,
        };
        let mut row = row_of(&conf.cells(), None);
        row.insert("select_src_port".to_owned(), ports(&conf.ingress));
        row.insert("select_dst_port".to_owned(), ports(&conf.egress));
        row.insert("output_port".to_owned(), to_set(output));
        Some(row)
    }

    /// The ports that a mirror is to have in this column, as references; none
    /// where the column holds something else.
    fn ports_of_mirror(&self, edit: &OvsEdit, column: &str) -> Option<Value> {
        let OvsEdit::Mirror {
            bridge,
            after: Some(after),
            ..
        } = edit
        else {
            return None;
        };
        let names: Vec<&String> = match column {
            "select_src_port" => after.ingress.iter().collect(),
            "select_dst_port" => after.egress.iter().collect(),
            "output_port" => after.output_port.iter().collect(),
            _ => return None,
        };
        let rows = names
            .into_iter()
            .filter_map(|name| self.port_row(bridge, name));
        Some(to_set(rows))
    }

    fn delete(&mut self, edit: &OvsEdit, row: &RowId, cells: &Cells) -> Result<(), Trouble> {
        if self.mode == Mode::Do {
            let changes = edit.changes();
            let is_as_planned = changes
                .iter()
                .all(|change| cells.get(&change.id) == Some(&change.before));
            if !is_as_planned {
                return Err(Trouble::Moved);
            }
            let own = changes
                .iter()
                .filter(|change| change.id.interface.is_none());
            let mut columns: BTreeSet<&str> = own.map(|change| change.id.column).collect();
            if let OvsEdit::Bridge { .. } = edit {
                columns.extend(["ports", "mirrors"]);
                let ports = self.state.bridge(edit.bridge()).map(|bridge| &bridge.ports);
                let has_more = ports.is_some_and(|ports| {
                    ports.iter().any(|port| !self.removed.contains(&port.row))
                });
                // A port came meanwhile: it must not go unseen.
                if has_more {
                    return Err(Trouble::Moved);
                }
            }
            self.guard(table(edit), row, &columns);
        }
        match edit {
            OvsEdit::Bridge { .. } => {
                let Some(root) = ovs_read::root(self.tables) else {
                    return Ok(());
                };
                self.mutate(
                    "Open_vSwitch",
                    &to_row(&root),
                    "bridges",
                    "delete",
                    &to_set([to_row(row)]),
                );
            }
            OvsEdit::Port { .. } => {
                self.removed.insert(row.clone());
                self.drop_qos(row);
                self.leave(edit.bridge(), "ports", row);
            }
            OvsEdit::Mirror { .. } => self.leave(edit.bridge(), "mirrors", row),
        }
        Ok(())
    }

    /// Takes a row out of its bridge; with its last reference it is gone.
    fn leave(&mut self, bridge: &str, column: &str, row: &RowId) {
        if let Some(bridge) = self.state.bridge(bridge) {
            let bridge = to_row(&bridge.row);
            self.mutate("Bridge", &bridge, column, "delete", &to_set([to_row(row)]));
        }
    }

    fn set(&mut self, edit: &OvsEdit, row: &RowId, cells: &Cells) -> Result<(), Trouble> {
        for change in edit.changes() {
            let now = cells.get(&change.id).cloned().unwrap_or_default();
            if now == change.after {
                continue;
            }
            if now != change.before {
                self.moved()?;
                continue;
            }
            let (table, row) = match &change.id.interface {
                None => (table(edit), row.clone()),
                Some(name) => match self.interface_row(edit, name) {
                    Some(row) => ("Interface", row),
                    None => {
                        self.moved()?;
                        continue;
                    }
                },
            };
            self.guard(table, &row, &BTreeSet::from([change.id.column]));
            match self.ports_of_mirror(edit, change.id.column) {
                Some(ports) => self.update(table, &row, change.id.column, ports),
                None => self.write(table, &row, &change),
            }
        }
        if let Some((before, after)) = edit.qos_change() {
            let port = self
                .state
                .bridge(edit.bridge())
                .and_then(|bridge| bridge.port(edit.name()));
            let now = port.and_then(|port| port.conf.qos.as_ref());
            if now == after {
                return Ok(());
            }
            if now != before {
                return self.moved();
            }
            self.guard("Port", row, &BTreeSet::from(["qos"]));
            let qos = after.map(|qos| self.qos(qos));
            self.drop_qos(row);
            self.update("Port", row, "qos", to_set(qos));
        }
        Ok(())
    }

    fn interface_row(&self, edit: &OvsEdit, name: &str) -> Option<RowId> {
        let port = self.state.bridge(edit.bridge())?.port(edit.name())?;
        Some(port.interfaces.get(name)?.row.clone())
    }

    fn write(&mut self, table: &str, row: &RowId, change: &CellChange) {
        let column = change.id.column;
        match &change.id.key {
            Some(key) => {
                let id = to_row(row);
                if !change.before.is_empty() {
                    self.mutate(table, &id, column, "delete", &to_set([json!(key)]));
                }
                if let Some(Atom::Text(text)) = change.after.first() {
                    let pair = json!(["map", [[key, text]]]);
                    self.mutate(table, &id, column, "insert", &pair);
                }
            }
            None if column == "controller" => {
                let targets = change.after.iter().map(ToString::to_string);
                let rows: Vec<Value> = targets
                    .map(|target| self.kept_controller(row, &target))
                    .collect();
                self.update(table, row, column, to_set(rows));
            }
            None => self.update(table, row, column, to_set(change.after.iter().map(atom))),
        }
    }

    /// The row of a controller that the bridge has, or a new one.
    fn kept_controller(&mut self, bridge: &RowId, target: &str) -> Value {
        let rows = self
            .tables
            .row("Bridge", &bridge.0)
            .map(|row| ids(row, "controller"));
        let standing = rows.unwrap_or_default().into_iter().find(|id| {
            let row = self.tables.row("Controller", &id.0);
            row.and_then(|row| row.get("target")) == Some(&json!(target))
        });
        match standing {
            Some(row) => to_row(&row),
            None => self.controller(target),
        }
    }
}

/// The columns that these cells make up, of the row itself or of an interface.
/// References to other rows are written by those who know them.
fn row_of(cells: &Cells, interface: Option<&str>) -> Map<String, Value> {
    const REFERENCES: [&str; 4] = [
        "controller",
        "select_src_port",
        "select_dst_port",
        "output_port",
    ];
    let mut row = Map::new();
    let mut pairs: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (id, atoms) in cells {
        if id.interface.as_deref() != interface || REFERENCES.contains(&id.column) {
            continue;
        }
        match (&id.key, atoms.first()) {
            (Some(key), Some(Atom::Text(text))) => {
                pairs.entry(id.column).or_default().push(json!([key, text]));
            }
            (Some(_), _) => {}
            (None, _) => {
                row.insert(id.column.to_owned(), to_set(atoms.iter().map(atom)));
            }
        }
    }
    row.extend(
        pairs
            .into_iter()
            .map(|(column, pairs)| (column.to_owned(), json!(["map", pairs]))),
    );
    row
}

/// Whether both are Nova's and differ in nothing but the change they are of.
fn is_same_of_nova(found: &QosConf, wanted: &QosConf) -> bool {
    let bare = |conf: &QosConf| {
        let mut conf = conf.clone();
        let is_ours = conf.external_ids.remove(MARK_KEY).is_some();
        for queue in conf.queues.values_mut() {
            queue.external_ids.remove(MARK_KEY);
        }
        (is_ours, conf)
    };
    bare(found).0 && bare(found) == bare(wanted)
}
