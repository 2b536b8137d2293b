// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Which port of a Linux bridge carries which VLAN, as a table that is being
//! edited. Columns are VLANs, or ranges that all ports treat alike.

use std::collections::{BTreeMap, BTreeSet};

use nova_model::bridge::{BridgeOptions, BridgePatch};
use nova_model::change::{
    Change, ChangeSet, ConfigureBridge, SetBridgeVlans, SetPortVlans, VlanWish,
};
use nova_model::name::InterfaceName;
use nova_model::state::Snapshot;
use nova_model::vlan::{VlanId, VlanSet};
use nova_model::vlan_table::VlanTable;
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::row::Cell;
use crate::switch::Switch;

/// The table of a Linux bridge.
pub struct VlanDraft {
    switch: InterfaceName,
    before: BridgeOptions,
    options: BridgeOptions,
    // The bridge towards this host, then its ports.
    lines: Vec<Line>,
    edited: BTreeMap<String, VlanTable>,
    // Columns that were asked for, each with its own edges, and what was asked
    // for last.
    added: Vec<Column>,
    asked: String,
}

struct Line {
    name: String,
    // Absent where Nova cannot address it.
    address: Option<InterfaceName>,
    table: VlanTable,
}

/// Begins with the bridge as it is; `None` for another kind of switch, and
/// where the kernel cannot filter by VLAN.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str) -> Option<Box<dyn Draft>> {
    let switch = Switch::find(snapshot, switch)?;
    let mut draft = VlanDraft {
        switch: switch.address()?,
        before: BridgeOptions::default(),
        options: BridgeOptions::default(),
        lines: Vec::new(),
        edited: BTreeMap::new(),
        added: Vec::new(),
        asked: String::new(),
    };
    draft.read(snapshot)?;
    draft.options = draft.before;
    Some(Box::new(draft))
}

/// VLANs that every port treats alike.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Column {
    first: VlanId,
    last: VlanId,
}

impl std::fmt::Display for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.first == self.last {
            true => self.first.fmt(f),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl Column {
    fn vlans(self) -> impl Iterator<Item = VlanId> {
        let numbers = self.first.number()..=self.last.number();
        numbers.filter_map(|number| VlanId::new(number).ok())
    }
}

impl VlanDraft {
    /// Takes the bridge over as it is now.
    fn read(&mut self, snapshot: &Snapshot) -> Option<()> {
        let switch = Switch::find(snapshot, self.switch.as_str())?;
        let Switch::Linux(bridge) = switch else {
            return None;
        };
        let status = bridge.bridge.filter(|status| status.knows_vlans)?;
        self.before = status.options;
        let own = Line {
            name: switch.name(),
            address: switch.address(),
            table: bridge.vlans.clone(),
        };
        let ports = switch.ports(snapshot);
        let ports = ports.iter().filter_map(|port| {
            Some(Line {
                name: port.name(),
                address: port.address(),
                table: port.link?.vlans.clone(),
            })
        });
        self.lines = std::iter::once(own).chain(ports).collect();
        Some(())
    }

    /// What a line is to carry.
    fn table<'a>(&'a self, line: &'a Line) -> &'a VlanTable {
        self.edited.get(&line.name).unwrap_or(&line.table)
    }

    fn columns(&self) -> Vec<Column> {
        let mut edges: BTreeSet<u16> = BTreeSet::new();
        let mut known: BTreeSet<VlanId> = BTreeSet::new();
        for line in &self.lines {
            let table = self.table(line);
            known.extend(&table.members.0);
            for range in table.ranges() {
                edges.extend([range.first.number(), range.last.number() + 1]);
            }
        }
        for column in &self.added {
            known.extend(column.vlans());
            edges.extend([column.first.number(), column.last.number() + 1]);
        }
        let mut columns: Vec<Column> = Vec::new();
        for vlan in known {
            match columns.last_mut() {
                Some(column)
                    if column.last.number() + 1 == vlan.number()
                        && !edges.contains(&vlan.number()) =>
                {
                    column.last = vlan;
                }
                _ => columns.push(Column {
                    first: vlan,
                    last: vlan,
                }),
            }
        }
        columns
    }

    /// Has a cell be the next of what it can be: not carried, tagged,
    /// untagged, and for a single VLAN untagged and native.
    fn turn(&mut self, line: &str, column: &str) {
        let column = self
            .columns()
            .into_iter()
            .find(|one| one.to_string() == column);
        let line = self
            .lines
            .iter()
            .find(|one| one.name == line && one.address.is_some());
        let (Some(column), Some(line)) = (column, line) else {
            return;
        };
        let mut table = self.table(line).clone();
        let next = match word(&table, column.first) {
            "" => "tagged",
            "tagged" => "untagged",
            "untagged" if column.first == column.last => "native",
            _ => "",
        };
        for vlan in column.vlans() {
            match next {
                "" => table.remove(vlan),
                "tagged" => table.add(vlan, false, false),
                "untagged" => table.add(vlan, true, false),
                _ => table.add(vlan, true, true),
            }
        }
        if table == line.table {
            self.edited.remove(&line.name);
        } else {
            self.edited.insert(line.name.clone(), table);
        }
        // The column stays, also where nobody carries it any more.
        self.add(column);
    }

    fn add(&mut self, column: Column) {
        if !self.added.contains(&column) {
            self.added.push(column);
        }
    }

    /// The columns that are asked for: what commas part is not one column.
    fn asked(&self) -> Result<Vec<Column>> {
        let text: String = self.asked.split_whitespace().collect();
        let mut columns = Vec::new();
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let vlans: VlanSet = part
                .parse()
                .map_err(|error: NovaError| error.with_field("column"))?;
            let ranges = vlans.ranges().into_iter();
            columns.extend(ranges.map(|(first, last)| Column { first, last }));
        }
        Ok(columns)
    }

    fn patch(&self) -> BridgePatch {
        BridgePatch {
            vlan_filtering: (self.options.vlan_filtering != self.before.vlan_filtering)
                .then_some(self.options.vlan_filtering),
            default_pvid: (self.options.default_pvid != self.before.default_pvid)
                .then_some(self.options.default_pvid),
            ..BridgePatch::default()
        }
    }
}

/// How a VLAN is carried.
fn word(table: &VlanTable, vlan: VlanId) -> &'static str {
    let is_untagged = table.untagged.contains(vlan);
    match (table.members.contains(vlan), table.pvid == Some(vlan)) {
        (false, _) => "",
        (true, true) if is_untagged => "native",
        (true, true) => "native-tagged",
        (true, false) if is_untagged => "untagged",
        (true, false) => "tagged",
    }
}

impl Draft for VlanDraft {
    fn values(&self) -> Values {
        let columns = self.columns();
        let texts = |columns: &[Column]| -> Vec<String> {
            columns.iter().map(ToString::to_string).collect()
        };
        let names: Vec<String> = self.lines.iter().map(|line| line.name.clone()).collect();
        let fixed: Vec<String> = self
            .lines
            .iter()
            .filter(|line| line.address.is_none())
            .map(|line| line.name.clone())
            .collect();
        let mut sheet = Sheet::default()
            .with("filtering", self.options.vlan_filtering)
            .with("defaultVlan", Cell::Whole(self.options.default_pvid.into()))
            .with("columns", texts(&columns))
            .with("lines", names)
            .with("fixed", fixed)
            .with("edited", self.edited.keys().cloned().collect::<Vec<_>>())
            .with("asked", self.asked.as_str())
            .with("add", "")
            .with("turn", "")
            .with("forget", false);
        for line in &self.lines {
            let table = self.table(line);
            let cells = columns.iter().map(|column| word(table, column.first));
            let cells: Vec<String> = cells.map(str::to_owned).collect();
            sheet = sheet.with(&format!("line:{}", line.name), cells);
        }
        sheet.0
    }

    fn set(&mut self, field: &str, value: Cell) {
        match (field, value) {
            ("filtering", Cell::Flag(on)) => self.options.vlan_filtering = on,
            ("defaultVlan", Cell::Whole(number)) => {
                // Beyond every VLAN, and named as such.
                self.options.default_pvid = u16::try_from(number).unwrap_or(u16::MAX);
            }
            ("asked", Cell::Text(text)) => self.asked = text,
            ("add", Cell::Text(_)) => {
                if let Ok(columns) = self.asked() {
                    columns.into_iter().for_each(|column| self.add(column));
                    self.asked = String::new();
                }
            }
            ("turn", Cell::Text(cell)) => {
                if let Some((line, column)) = cell.rsplit_once('/') {
                    self.turn(line, column);
                }
            }
            ("forget", Cell::Flag(true)) => {
                self.options = self.before;
                self.edited.clear();
                self.added.clear();
                self.asked = String::new();
            }
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.patch()
            .check(&self.before)
            .and_then(|()| self.asked().map(|_| ()))
            .err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let mut changes = Vec::new();
        for line in &self.lines {
            let (Some(table), Some(name)) = (self.edited.get(&line.name), &line.address) else {
                continue;
            };
            let vlans = VlanWish::Table(table.clone());
            let switch = self.switch.clone();
            changes.push(if *name == self.switch {
                Change::SetBridgeVlans(SetBridgeVlans { switch, vlans })
            } else {
                Change::SetPortVlans(SetPortVlans {
                    switch,
                    port: name.clone(),
                    vlans,
                })
            });
        }
        // The filter last, so that nobody is silent in between.
        let options = self.patch();
        if !options.is_empty() {
            changes.push(Change::ConfigureBridge(ConfigureBridge {
                name: self.switch.clone(),
                options,
            }));
        }
        Ok((!changes.is_empty()).then(|| changes.into()))
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        let before = self.before;
        if self.read(snapshot).is_none() {
            self.lines.clear();
        }
        // What nobody has touched here is as the host has it.
        if self.options.vlan_filtering == before.vlan_filtering {
            self.options.vlan_filtering = self.before.vlan_filtering;
        }
        if self.options.default_pvid == before.default_pvid {
            self.options.default_pvid = self.before.default_pvid;
        }
        let lines = &self.lines;
        self.edited.retain(|name, table| {
            let mut lines = lines.iter();
            lines.any(|line| line.name == *name && line.table != *table)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn filtering() -> Snapshot {
        let mut snapshot = fixture::small();
        let links = &mut snapshot.host.links;
        let status = links.get_mut(&10).unwrap().bridge.as_mut().unwrap();
        status.knows_vlans = true;
        let one = VlanId::new(1).unwrap();
        for index in [2, 10, 20] {
            links.get_mut(&index).unwrap().vlans = VlanTable::access(one);
        }
        links.get_mut(&2).unwrap().vlans = VlanTable::trunk("100-110".parse().unwrap(), Some(one));
        snapshot
    }

    fn words(draft: &dyn Draft, field: &str) -> Vec<String> {
        match &draft.values()[field] {
            Cell::Words(words) => words.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ranges_that_all_treat_alike_are_one_column() {
        let draft = begin(&filtering(), "br0").unwrap();
        assert_eq!(words(draft.as_ref(), "columns"), ["1", "100-110"]);
        assert_eq!(words(draft.as_ref(), "lines"), ["br0", "eth0", "vnet0"]);
        assert_eq!(words(draft.as_ref(), "line:eth0"), ["native", "tagged"]);
        assert_eq!(words(draft.as_ref(), "line:vnet0"), ["native", ""]);
    }

    #[test]
    fn a_column_that_is_added_parts_a_range() {
        let mut draft = begin(&filtering(), "br0").unwrap();
        draft.set("asked", "105".into());
        draft.set("add", "now".into());
        let columns = words(draft.as_ref(), "columns");
        assert_eq!(columns, ["1", "100-104", "105", "106-110"]);
        draft.set("asked", "nonsense".into());
        assert_eq!(draft.problem().unwrap().field(), Some("column"));
    }

    #[test]
    fn columns_that_are_added_side_by_side_stay_apart() {
        let mut draft = begin(&filtering(), "br0").unwrap();
        for asked in ["10", "11", "12,13", "14-16"] {
            draft.set("asked", asked.into());
            draft.set("add", "now".into());
        }
        let columns = words(draft.as_ref(), "columns");
        assert_eq!(columns[1..6], ["10", "11", "12", "13", "14-16"]);
        // A cell that is turned turns its own column alone.
        draft.set("turn", "vnet0/11".into());
        let line = words(draft.as_ref(), "line:vnet0");
        assert_eq!(line[1..6], ["", "tagged", "", "", ""]);
    }

    #[test]
    fn a_cell_turns_until_it_is_as_before() {
        let mut draft = begin(&filtering(), "br0").unwrap();
        for expected in ["tagged", "untagged", ""] {
            draft.set("turn", "vnet0/100-110".into());
            assert_eq!(words(draft.as_ref(), "line:vnet0")[1], expected);
        }
        assert_eq!(draft.changes().unwrap(), None);
    }

    #[test]
    fn the_filter_goes_on_after_the_ports() {
        let mut draft = begin(&filtering(), "br0").unwrap();
        draft.set("filtering", Cell::Flag(true));
        draft.set("turn", "vnet0/100-110".into());
        draft.set("turn", "br0/100-110".into());
        let set = draft.changes().unwrap().unwrap();
        assert!(matches!(
            set.changes[..],
            [
                Change::SetBridgeVlans(_),
                Change::SetPortVlans(_),
                Change::ConfigureBridge(_)
            ]
        ));
    }

    #[test]
    fn what_the_host_has_become_is_no_edit_any_more() {
        let mut draft = begin(&filtering(), "br0").unwrap();
        draft.set("turn", "vnet0/100-110".into());
        let mut host = filtering();
        let tap = host.host.links.get_mut(&20).unwrap();
        for number in 100..=110 {
            tap.vlans.add(VlanId::new(number).unwrap(), false, false);
        }
        draft.follow(&host);
        assert_eq!(draft.changes().unwrap(), None);
    }

    #[test]
    fn a_kernel_without_vlans_has_no_table() {
        assert!(begin(&fixture::small(), "br0").is_none());
        assert!(begin(&filtering(), "ovs0").is_none());
    }
}
