// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Configuration of Open vSwitch column by column, so that two can be compared
//! and only what differs is written, said and undone.

use std::collections::BTreeMap;
use std::fmt;

use crate::ovs_conf::{BridgeConf, InterfaceConf, MARK_KEY, MirrorConf, Pairs, PortConf};

/// A column, or one key of a column of pairs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId {
    /// Name of the interface, where the column is one of an interface of the
    /// port.
    pub interface: Option<String>,
    /// The column.
    pub column: &'static str,
    /// The key, in columns of pairs.
    pub key: Option<String>,
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.column)?;
        match &self.key {
            Some(key) => write!(f, ":{key}"),
            None => Ok(()),
        }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(u64),
    /// A text.
    Text(String),
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The values of a cell; none where the column is empty or has no such key.
pub type Atoms = Vec<Atom>;

/// All cells of a row, and of the interfaces of a port.
pub type Cells = BTreeMap<CellId, Atoms>;

/// A cell that differs, with its values before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellChange {
    /// Which.
    pub id: CellId,
    /// Its values before.
    pub before: Atoms,
    /// Its values after.
    pub after: Atoms,
}

/// The cells that differ.
#[must_use]
pub fn differing(before: &Cells, after: &Cells) -> Vec<CellChange> {
    let of = |cells: &Cells, id: &CellId| cells.get(id).cloned().unwrap_or_default();
    let mut ids: Vec<&CellId> = before.keys().chain(after.keys()).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .map(|id| CellChange {
            id: id.clone(),
            before: of(before, id),
            after: of(after, id),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Cells in the making.
struct Sheet<'a> {
    cells: Cells,
    interface: Option<&'a str>,
}

impl Sheet<'_> {
    fn put(&mut self, column: &'static str, atoms: Atoms) {
        if !atoms.is_empty() {
            let interface = self.interface.map(str::to_owned);
            let id = CellId {
                interface,
                column,
                key: None,
            };
            self.cells.insert(id, atoms);
        }
    }

    fn flag(&mut self, column: &'static str, flag: bool) {
        self.put(column, vec![Atom::Flag(flag)]);
    }

    fn numbers<T: Into<u64>>(
        &mut self,
        column: &'static str,
        numbers: impl IntoIterator<Item = T>,
    ) {
        let atoms = numbers.into_iter().map(|n| Atom::Number(n.into()));
        self.put(column, atoms.collect());
    }

    fn texts<'t>(&mut self, column: &'static str, texts: impl IntoIterator<Item = &'t String>) {
        let atoms = texts.into_iter().map(|text| Atom::Text(text.clone()));
        self.put(column, atoms.collect());
    }

    fn pairs(&mut self, column: &'static str, pairs: &Pairs) {
        for (key, value) in pairs {
            let id = CellId {
                interface: self.interface.map(str::to_owned),
                column,
                key: Some(key.clone()),
            };
            self.cells.insert(id, vec![Atom::Text(value.clone())]);
        }
    }
}

const fn sheet(interface: Option<&str>) -> Sheet<'_> {
    Sheet {
        cells: Cells::new(),
        interface,
    }
}

impl BridgeConf {
    /// Its cells; `controller` holds the targets.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let mut sheet = sheet(None);
        sheet.texts("datapath_type", [&self.datapath_type]);
        let fail_mode = self.fail_mode.word().map(str::to_owned);
        sheet.texts("fail_mode", &fail_mode);
        sheet.texts("protocols", &self.protocols);
        sheet.texts("controller", &self.controllers);
        sheet.flag("stp_enable", self.stp);
        sheet.flag("rstp_enable", self.rstp);
        sheet.flag("mcast_snooping_enable", self.mcast_snooping);
        sheet.pairs("other_config", &self.other_config);
        sheet.pairs("external_ids", &self.external_ids);
        sheet.cells
    }
}

impl PortConf {
    /// Its cells and those of its interfaces; its quality of service is not
    /// among them.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let mut sheet = sheet(None);
        sheet.texts("vlan_mode", &self.vlans.mode);
        sheet.numbers("tag", self.vlans.tag);
        sheet.numbers("trunks", self.vlans.trunks.iter().copied());
        sheet.texts("bond_mode", &self.bond_mode);
        sheet.texts("lacp", &self.lacp);
        sheet.flag("protected", self.protected);
        sheet.pairs("other_config", &self.other_config);
        sheet.pairs("external_ids", &self.external_ids);
        let mut cells = sheet.cells;
        for interface in &self.interfaces {
            cells.extend(interface.cells());
        }
        cells
    }
}

impl InterfaceConf {
    /// Its cells.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let mut sheet = sheet(Some(&self.name));
        sheet.texts("type", [&self.kind]);
        sheet.pairs("options", &self.options);
        sheet.numbers("ingress_policing_rate", [self.policing_rate]);
        sheet.numbers("ingress_policing_burst", [self.policing_burst]);
        sheet.texts("mac", &self.mac);
        sheet.numbers("mtu_request", self.mtu_request);
        sheet.numbers("ofport_request", self.ofport_request);
        sheet.pairs("other_config", &self.other_config);
        sheet.pairs("external_ids", &self.external_ids);
        sheet.cells
    }
}

impl MirrorConf {
    /// Its cells; the columns of ports hold names.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let mut sheet = sheet(None);
        sheet.texts("name", [&self.name]);
        sheet.flag("select_all", self.select_all);
        sheet.texts("select_src_port", &self.ingress);
        sheet.texts("select_dst_port", &self.egress);
        sheet.numbers("select_vlan", self.vlans.iter().copied());
        sheet.texts("output_port", &self.output_port);
        sheet.numbers("output_vlan", self.output_vlan);
        sheet.numbers("snaplen", self.snaplen);
        sheet.texts("filter", &self.filter);
        sheet.pairs("external_ids", &self.external_ids);
        sheet.cells
    }
}

/// Whether a cell is Nova's mark.
pub(crate) fn is_mark(id: &CellId) -> bool {
    id.column == "external_ids" && id.key.as_deref() == Some(MARK_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change() {
        let before = BridgeConf {
            stp: true,
            other_config: Pairs::from([("a".to_owned(), "1".to_owned())]),
            ..BridgeConf::default()
        };
        let after = BridgeConf {
            other_config: Pairs::from([("b".to_owned(), "2".to_owned())]),
            ..before.clone()
        };
        let changes = differing(&before.cells(), &after.cells());
        let shown: Vec<String> = changes
            .iter()
            .map(|change| {
                format!(
                    "{} {} {}",
                    change.id,
                    change.before.len(),
                    change.after.len()
                )
            })
            .collect();
        assert_eq!(shown, ["other_config:a 1 0", "other_config:b 0 1"]);
        assert!(differing(&after.cells(), &after.cells()).is_empty());
    }
}
