// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The options and VLANs of a port of Open vSwitch as they are being set.

use nova_model::change::{Change, ChangeSet, ConfigureOvsPort};
use nova_model::name::InterfaceName;
use nova_model::ovs::{OvsBridge, OvsPort};
use nova_model::ovs_value::{BondMode, Lacp};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::port_draft::{set_choice, with_choice};
use crate::row::Cell;
use crate::vlan_choice::{OVS_MODES, VlanChoice};

/// A port of Open vSwitch.
pub struct OvsPortDraft {
    switch: InterfaceName,
    port: InterfaceName,
    is_rapid: bool,
    before: Options,
    options: Options,
}

#[derive(Clone, PartialEq)]
struct Options {
    // 0 where nobody set one: Open vSwitch takes them from the link then.
    cost: i32,
    priority: i32,
    protected: bool,
    vlans: VlanChoice,
    // What the port spreads frames by, where it is a bond.
    bond: Option<(BondMode, Lacp)>,
}

/// The priority of a port that nobody gave one.
const USUAL_PRIORITY: i32 = 128;

impl OvsPortDraft {
    /// Begins with the port as it is.
    #[must_use]
    pub fn new(
        switch: InterfaceName,
        port: InterfaceName,
        bridge: &OvsBridge,
        row: &OvsPort,
    ) -> Self {
        let tree = if bridge.conf.rstp { "rstp" } else { "stp" };
        let number = |key: &str, usual| {
            let text = row.conf.other_config.get(&format!("{tree}-{key}"));
            text.and_then(|text| text.parse().ok()).unwrap_or(usual)
        };
        let options = Options {
            cost: number("path-cost", 0),
            priority: number("port-priority", USUAL_PRIORITY),
            protected: row.conf.protected,
            vlans: VlanChoice::of_conf(&row.conf.vlans),
            bond: (row.conf.interfaces.len() > 1).then(|| {
                let mode = row.conf.bond_mode.as_deref();
                let lacp = row.conf.lacp.as_deref();
                (
                    mode.and_then(BondMode::of_word).unwrap_or_default(),
                    lacp.and_then(Lacp::of_word).unwrap_or_default(),
                )
            }),
        };
        Self {
            switch,
            port,
            is_rapid: bridge.conf.rstp,
            before: options.clone(),
            options,
        }
    }

    fn wish(&self) -> Result<ConfigureOvsPort> {
        let (before, now) = (&self.before, &self.options);
        let cost = u16::try_from(now.cost).ok();
        if now.cost != before.cost && cost.is_none() {
            return Err(NovaError::invalid("path-cost", now.cost, "0 to 65535"));
        }
        let allowed = if self.is_rapid {
            "0 to 240 in steps of 16 with rapid spanning tree"
        } else {
            "0 to 255"
        };
        let priority = u8::try_from(now.priority)
            .ok()
            .filter(|priority| !self.is_rapid || priority % 16 == 0);
        if now.priority != before.priority && priority.is_none() {
            return Err(NovaError::invalid("port-priority", now.priority, allowed));
        }
        let vlans = match now.vlans == before.vlans {
            true => None,
            false => now.vlans.conf_wish()?,
        };
        Ok(ConfigureOvsPort {
            vlans,
            path_cost: cost.filter(|_| now.cost != before.cost),
            port_priority: priority.filter(|_| now.priority != before.priority),
            protected: (now.protected != before.protected).then_some(now.protected),
            bond_mode: changed(before.bond, now.bond, |bond| bond.0),
            lacp: changed(before.bond, now.bond, |bond| bond.1),
            ..ConfigureOvsPort::nothing(self.switch.clone(), self.port.clone())
        })
    }
}

/// A part of how a bond spreads frames, where that is another now.
fn changed<T: PartialEq>(
    before: Option<(BondMode, Lacp)>,
    now: Option<(BondMode, Lacp)>,
    part: impl Fn((BondMode, Lacp)) -> T,
) -> Option<T> {
    let (before, now) = (before.map(&part), now.map(&part));
    now.filter(|now| before.as_ref() != Some(now))
}

impl Draft for OvsPortDraft {
    fn values(&self) -> Values {
        let options = &self.options;
        let sheet = Sheet::default()
            .with("isOvs", true)
            .with("isRapid", self.is_rapid)
            .with("cost", Cell::Whole(options.cost))
            .with("priority", Cell::Whole(options.priority))
            .with("protected", options.protected)
            .with("knowsVlans", true)
            .with("filters", true)
            .with("isBond", options.bond.is_some())
            .with("mode", options.bond.map_or("", |bond| bond.0.word()))
            .with("lacp", options.bond.map_or("", |bond| bond.1.word()));
        with_choice(sheet, &options.vlans, OVS_MODES).0
    }

    fn set(&mut self, field: &str, value: Cell) {
        let options = &mut self.options;
        match (field, value) {
            ("cost", Cell::Whole(number)) => options.cost = number,
            ("priority", Cell::Whole(number)) => options.priority = number,
            ("protected", Cell::Flag(on)) => options.protected = on,
            ("mode", Cell::Text(word)) => {
                if let (Some(bond), Some(mode)) = (&mut options.bond, BondMode::of_word(&word)) {
                    bond.0 = mode;
                }
            }
            ("lacp", Cell::Text(word)) => {
                if let (Some(bond), Some(lacp)) = (&mut options.bond, Lacp::of_word(&word)) {
                    bond.1 = lacp;
                }
            }
            (field, Cell::Text(text)) => set_choice(&mut options.vlans, field, text),
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.wish().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let wish = self.wish()?;
        let asks = wish.vlans.is_some()
            || wish.path_cost.is_some()
            || wish.port_priority.is_some()
            || wish.protected.is_some()
            || wish.bond_mode.is_some()
            || wish.lacp.is_some();
        Ok(asks.then(|| Change::ConfigureOvsPort(wish).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::port_draft::begin;
    use nova::networking::Snapshot;
    use nova_model::ovs_conf::InterfaceConf;
    use nova_model::ovs_value::VlanMode;

    #[test]
    fn a_port_becomes_an_access_port() {
        let mut draft = begin(&fixture::small(), "ovs0", "vnet1").unwrap();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("vlanMode", "access".into());
        assert_eq!(draft.problem().unwrap().field(), Some("vlan"));
        draft.set("vlan", "100".into());
        let set = draft.changes().unwrap().unwrap();
        let [Change::ConfigureOvsPort(wish)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(wish.vlans.as_ref().unwrap().mode, Some(VlanMode::Access));
        assert_eq!(wish.path_cost, None);
    }

    #[test]
    fn of_a_bond_only_what_is_changed_is_asked_for() {
        let mut snapshot = fixture::small();
        let bond = |snapshot: &Snapshot| begin(snapshot, "ovs0", "vnet1").unwrap();
        assert_eq!(bond(&snapshot).values()["isBond"], false.into());
        let ovs = snapshot.host.ovs.state_mut().unwrap();
        let bridge = ovs.bridges.iter_mut().find(|it| it.name == "ovs0").unwrap();
        let port = bridge
            .ports
            .iter_mut()
            .find(|it| it.name == "vnet1")
            .unwrap();
        port.conf.interfaces.push(InterfaceConf::new("eth9", ""));
        port.conf.bond_mode = Some("balance-slb".to_owned());
        let mut draft = bond(&snapshot);
        assert_eq!(draft.values()["mode"], "balance-slb".into());
        assert_eq!(draft.values()["lacp"], "off".into());
        draft.set("lacp", "off".into());
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("lacp", "active".into());
        let set = draft.changes().unwrap().unwrap();
        let [Change::ConfigureOvsPort(wish)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!((wish.bond_mode, wish.lacp), (None, Some(Lacp::Active)));
    }

    #[test]
    fn a_cost_is_asked_for_only_where_one_is_given() {
        let mut draft = begin(&fixture::small(), "ovs0", "vnet1").unwrap();
        draft.set("cost", Cell::Whole(70_000));
        assert_eq!(draft.problem().unwrap().field(), Some("path-cost"));
        draft.set("cost", Cell::Whole(19));
        assert!(draft.problem().is_none());
        draft.set("priority", Cell::Whole(300));
        assert_eq!(draft.problem().unwrap().field(), Some("port-priority"));
    }

    #[test]
    fn a_cost_that_was_set_can_be_taken_away() {
        let mut snapshot = fixture::small();
        let ovs = snapshot.host.ovs.state_mut().unwrap();
        let port = ovs.bridge_mut("ovs0").unwrap().port_mut("vnet1").unwrap();
        let key = "stp-path-cost".to_owned();
        port.conf.other_config.insert(key, "19".to_owned());
        let mut draft = begin(&snapshot, "ovs0", "vnet1").unwrap();
        assert_eq!(draft.values()["cost"], Cell::Whole(19));
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("cost", Cell::Whole(0));
        let set = draft.changes().unwrap().unwrap();
        let [Change::ConfigureOvsPort(wish)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(wish.path_cost, Some(0));
    }
}
