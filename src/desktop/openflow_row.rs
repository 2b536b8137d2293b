// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The flows of a bridge of Open vSwitch as rows of a list.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use nova_model::name::printable;
use nova_model::ovs::OvsBridge;
use nova_model::state::Snapshot;

use crate::learned_row::duration;
use crate::query::Flows;
use crate::row::{Cell, Row};
use crate::switch::Switch;

/// Values of a row of [`flows`].
pub const FLOW_ROLES: &[&str] = &[
    "section", "table", "priority", "frames", "actions", "packets", "bytes", "age",
];

/// The priority of a flow that names none (`OFP_DEFAULT_PRIORITY`).
const USUAL_PRIORITY: u32 = 32768;
/// The table Open vSwitch keeps for itself (`TBL_INTERNAL`).
const OWN_TABLE: u32 = 254;

/// The flows of the bridge of this name as they were read last, in the order
/// in which they count.
#[must_use]
pub fn flows(snapshot: &Snapshot, read: &Flows, switch: &str) -> Vec<Row> {
    let lines = read.lines.as_ref().filter(|_| read.switch == switch);
    let ports = match Switch::find(snapshot, switch) {
        Some(Switch::Ovs { bridge, .. }) => numbers(bridge),
        _ => BTreeMap::new(),
    };
    let mut flows: Vec<Flow> = lines
        .into_iter()
        .flat_map(|lines| lines.iter())
        .filter(|line| !line.is_empty())
        .map(|line| Flow::read(&printable(line), &ports))
        .collect();
    flows.sort_by(|a, b| {
        let order = |flow: &Flow| (flow.table, Reverse(flow.priority));
        order(a)
            .cmp(&order(b))
            .then_with(|| a.frames.cmp(&b.frames))
    });
    flows.into_iter().map(Flow::row).collect()
}

/// The names of ports by their numbers in OpenFlow.
fn numbers(bridge: &OvsBridge) -> BTreeMap<u64, String> {
    let ports = bridge.ports.iter().flat_map(|port| &port.interfaces);
    ports
        .filter_map(|(name, interface)| {
            let number = u64::try_from(interface.ofport?).ok()?;
            Some((number, printable(name)))
        })
        .collect()
}

/// One flow.
#[derive(Debug, PartialEq, Eq)]
struct Flow {
    table: u32,
    priority: u32,
    frames: String,
    actions: String,
    packets: u64,
    bytes: u64,
    seconds: Option<u64>,
}

impl Flow {
    /// Reads a line such as `table_id=1, duration=7s, n_packets=2, n_bytes=84,
    /// priority=100,in_port=1,actions=output:2`; what is not understood stays
    /// in what the frames are told by.
    fn read(line: &str, ports: &BTreeMap<u64, String>) -> Self {
        let (before, actions) = line.split_once("actions=").unwrap_or((line, ""));
        let mut flow = Self {
            table: 0,
            priority: USUAL_PRIORITY,
            frames: String::new(),
            actions: named(actions, "output:", ports),
            packets: 0,
            bytes: 0,
            seconds: None,
        };
        let mut frames = Vec::new();
        for part in before.split(',').map(str::trim) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match (key, value.parse::<u64>()) {
                ("table" | "table_id", Ok(table)) => {
                    flow.table = u32::try_from(table).unwrap_or(u32::MAX);
                }
                ("priority", Ok(priority)) => {
                    flow.priority = u32::try_from(priority).unwrap_or(u32::MAX);
                }
                ("n_packets", Ok(packets)) => flow.packets = packets,
                ("n_bytes", Ok(bytes)) => flow.bytes = bytes,
                ("duration", _) => {
                    let whole = value.split(['.', 's']).next();
                    flow.seconds = whole.and_then(|text| text.parse().ok());
                }
                ("n_offload_packets" | "n_offload_bytes" | "", _) => {}
                _ => frames.push(part),
            }
        }
        flow.frames = named(&frames.join(", "), "in_port=", ports);
        flow
    }

    fn row(self) -> Row {
        let key = format!("{}/{}/{}", self.table, self.priority, self.frames);
        let section = match self.table {
            OWN_TABLE => format!("Table {OWN_TABLE}, of Open vSwitch itself"),
            table => format!("Table {table}"),
        };
        let frames = match self.frames.is_empty() {
            true => "every frame".to_owned(),
            false => self.frames,
        };
        let mut row = Row::new(
            key,
            vec![
                section.into(),
                self.table.to_string().into(),
                self.priority.to_string().into(),
                frames.into(),
                self.actions.into(),
            ],
        );
        let age = self
            .seconds
            .map(|seconds| duration(u32::try_from(seconds).unwrap_or(u32::MAX)));
        // Exact up to 2^53 packets.
        #[allow(clippy::cast_precision_loss)]
        let packets = Cell::Number(self.packets as f64);
        // Counters are not searched.
        row.cells.extend([
            packets,
            amount(self.bytes).into(),
            age.unwrap_or_default().into(),
        ]);
        row
    }
}

/// The text with the names of ports in place of the numbers after `before`.
fn named(text: &str, before: &str, ports: &BTreeMap<u64, String>) -> String {
    let mut parts = text.split(before);
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let name = number.parse().ok().and_then(|number| ports.get(&number));
        told.push_str(before);
        told.push_str(name.map_or(number, String::as_str));
        told.push_str(rest);
    }
    told
}

/// An amount of data as short as a column is wide: `84 B`, `1.5 kB`.
fn amount(bytes: u64) -> String {
    let units = [("T", 4_u32), ("G", 3), ("M", 2), ("k", 1)];
    let scale = |power: u32| 1000_u64.pow(power);
    match units.into_iter().find(|(_, power)| bytes >= scale(*power)) {
        Some((unit, power)) => {
            let tenths = bytes / (scale(power) / 10);
            format!("{}.{} {unit}B", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use std::sync::Arc;

    fn read(lines: &[&str]) -> Flows {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Flows {
            switch: "ovs0".to_owned(),
            lines: Some(Arc::new(lines)),
            ..Flows::default()
        }
    }

    const LINES: [&str; 4] = [
        "table_id=254, duration=9s, n_packets=0, n_bytes=0, priority=2,recirc_id=0,actions=drop",
        "duration=9s, n_packets=3, n_bytes=126, priority=0,actions=NORMAL",
        "duration=61s, n_packets=2, n_bytes=1500, priority=100,in_port=1,dl_vlan=7,actions=output:1,strip_vlan,output:9",
        "duration=9s, n_packets=0, n_bytes=0, arp,actions=CONTROLLER:65535",
    ];

    fn column(rows: &[Row], role: &str) -> Vec<Cell> {
        let at = FLOW_ROLES.iter().position(|it| *it == role).unwrap();
        rows.iter().map(|row| row.cells[at].clone()).collect()
    }

    #[test]
    fn flows_stand_in_the_order_in_which_they_count() {
        let rows = flows(&fixture::small(), &read(&LINES), "ovs0");
        assert!(rows.iter().all(|row| row.cells.len() == FLOW_ROLES.len()));
        let words = |words: [&str; 4]| words.map(Cell::from).to_vec();
        assert_eq!(column(&rows, "priority"), words(["32768", "100", "0", "2"]));
        assert_eq!(column(&rows, "table"), words(["0", "0", "0", "254"]));
        assert_eq!(
            column(&rows, "bytes"),
            words(["0 B", "1.5 kB", "126 B", "0 B"])
        );
        assert_eq!(column(&rows, "age"), words(["9 s", "1 min", "9 s", "9 s"]));
        assert_eq!(column(&rows, "frames")[2], "every frame".into());
        assert_eq!(column(&rows, "packets")[1], Cell::Number(2.0));
    }

    #[test]
    fn ports_are_told_by_their_names() {
        let mut host = fixture::small();
        let bridge = host.host.ovs.state_mut().unwrap().bridge_mut("ovs0");
        for port in &mut bridge.unwrap().ports {
            for (name, interface) in &mut port.interfaces {
                interface.ofport = Some(if name == "vnet1" { 1 } else { 2 });
            }
        }
        let rows = flows(&host, &read(&LINES), "ovs0");
        assert_eq!(
            column(&rows, "frames")[1],
            "in_port=vnet1, dl_vlan=7".into()
        );
        let actions = "output:vnet1,strip_vlan,output:9";
        assert_eq!(column(&rows, "actions")[1], actions.into());
    }

    #[test]
    fn what_is_not_understood_is_shown_as_it_is() {
        let rows = flows(&fixture::small(), &read(&["", "no flow at all"]), "ovs0");
        assert_eq!(column(&rows, "frames"), [Cell::from("no flow at all")]);
    }

    #[test]
    fn the_flows_of_another_bridge_are_not_shown() {
        assert!(flows(&fixture::small(), &read(&LINES), "ovs1").is_empty());
    }
}
