// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The options and VLANs of a port of a Linux bridge as they are being set.

use nova_model::bridge::{PortOptions, PortPatch};
use nova_model::change::{Change, ChangeSet, ConfigurePort, SetPortVlans, VlanWish};
use nova_model::name::InterfaceName;
use nova_model::state::Snapshot;
use nova_model::vlan_table::VlanTable;
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::ovs_port_draft::OvsPortDraft;
use crate::row::Cell;
use crate::switch::Switch;
use crate::vlan_choice::{LINUX_MODES, OTHER, VlanChoice};

/// A port of a Linux bridge.
pub struct PortDraft {
    switch: InterfaceName,
    port: InterfaceName,
    before: PortOptions,
    options: PortOptions,
    // Absent where the kernel cannot filter by VLAN.
    vlans: Option<Vlans>,
    filters: bool,
}

struct Vlans {
    before: VlanTable,
    choice: VlanChoice,
}

/// Begins with the port as it is, whichever kind its switch is of.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str, port: &str) -> Option<Box<dyn Draft>> {
    let switch = Switch::find(snapshot, switch)?;
    let port = switch.port(snapshot, port)?;
    if let (Switch::Ovs { bridge, .. }, Some(row)) = (switch, port.ovs) {
        return Some(Box::new(OvsPortDraft::new(
            switch.address()?,
            port.address()?,
            bridge,
            row,
        )));
    }
    let status = switch.link()?.bridge?;
    let link = port.link?;
    let options = link.port?.options;
    Some(Box::new(PortDraft {
        switch: switch.address()?,
        port: port.address()?,
        before: options,
        options,
        vlans: status.knows_vlans.then(|| Vlans {
            before: link.vlans.clone(),
            choice: VlanChoice::of_table(&link.vlans),
        }),
        filters: status.options.vlan_filtering,
    }))
}

impl PortDraft {
    fn patch(&self) -> PortPatch {
        PortPatch::between(&self.before, &self.options)
    }

    fn vlan_wish(&self) -> Result<Option<VlanWish>> {
        let Some(vlans) = &self.vlans else {
            return Ok(None);
        };
        let wish = vlans.choice.table_wish()?;
        Ok(wish.filter(|wish| wish.applied_to(&vlans.before) != vlans.before))
    }
}

impl Draft for PortDraft {
    fn values(&self) -> Values {
        let options = &self.options;
        let whole = |number: u32| Cell::Whole(i32::try_from(number).unwrap_or(i32::MAX));
        let mut sheet = Sheet::default()
            .with("isOvs", false)
            .with("cost", whole(options.cost))
            .with("priority", whole(u32::from(options.priority)))
            .with("hairpin", options.hairpin)
            .with("isolated", options.isolated)
            .with("learning", options.learning)
            .with("unicastFlood", options.unicast_flood)
            .with("multicastFlood", options.multicast_flood)
            .with("broadcastFlood", options.broadcast_flood)
            .with("bpduGuard", options.bpdu_guard)
            .with("rootBlock", options.root_block)
            .with("fastLeave", options.multicast_fast_leave)
            .with("knowsVlans", self.vlans.is_some())
            .with("filters", self.filters);
        if let Some(vlans) = &self.vlans {
            sheet = with_choice(sheet, &vlans.choice, LINUX_MODES);
        }
        sheet.0
    }

    fn set(&mut self, field: &str, value: Cell) {
        let options = &mut self.options;
        match (field, value) {
            // The spin boxes give no negative numbers; one would be out of
            // every range and named as such.
            ("cost", Cell::Whole(number)) => {
                options.cost = u32::try_from(number).unwrap_or(u32::MAX);
            }
            ("priority", Cell::Whole(number)) => {
                options.priority = u16::try_from(number).unwrap_or(u16::MAX);
            }
            (field, Cell::Flag(on)) => {
                let flag = match field {
                    "hairpin" => &mut options.hairpin,
                    "isolated" => &mut options.isolated,
                    "learning" => &mut options.learning,
                    "unicastFlood" => &mut options.unicast_flood,
                    "multicastFlood" => &mut options.multicast_flood,
                    "broadcastFlood" => &mut options.broadcast_flood,
                    "bpduGuard" => &mut options.bpdu_guard,
                    "rootBlock" => &mut options.root_block,
                    "fastLeave" => &mut options.multicast_fast_leave,
                    _ => return,
                };
                *flag = on;
            }
            (field, Cell::Text(text)) => {
                if let Some(vlans) = &mut self.vlans {
                    set_choice(&mut vlans.choice, field, text);
                }
            }
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.patch()
            .check()
            .and_then(|()| self.vlan_wish().map(|_| ()))
            .err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let mut changes = Vec::new();
        changes.extend(self.vlan_wish()?.map(|vlans| {
            Change::SetPortVlans(SetPortVlans {
                switch: self.switch.clone(),
                port: self.port.clone(),
                vlans,
            })
        }));
        let options = self.patch();
        if !options.is_empty() {
            changes.push(Change::ConfigurePort(ConfigurePort {
                switch: self.switch.clone(),
                port: self.port.clone(),
                options,
            }));
        }
        Ok((!changes.is_empty()).then(|| changes.into()))
    }
}

/// Adds the values of a choice of VLANs.
#[must_use]
pub fn with_choice(sheet: Sheet, choice: &VlanChoice, modes: &[&str]) -> Sheet {
    let mut modes: Vec<String> = modes.iter().map(|mode| (*mode).to_owned()).collect();
    if choice.mode == OTHER {
        modes.push(OTHER.to_owned());
    }
    sheet
        .with("vlanMode", choice.mode.as_str())
        .with("vlanModes", modes)
        .with("vlan", choice.vlan.as_str())
        .with("trunks", choice.trunks.as_str())
}

/// Takes a value of a choice of VLANs over.
pub fn set_choice(choice: &mut VlanChoice, field: &str, text: String) {
    match field {
        "vlanMode" => choice.mode = text,
        "vlan" => choice.vlan = text,
        "trunks" => choice.trunks = text,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn only_what_differs_is_asked_for() {
        let mut draft = begin(&fixture::small(), "br0", "eth0").unwrap();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("cost", Cell::Whole(7));
        draft.set("hairpin", Cell::Flag(true));
        let set = draft.changes().unwrap().unwrap();
        let [Change::ConfigurePort(configure)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        let wanted = PortPatch {
            cost: Some(7),
            hairpin: Some(true),
            ..PortPatch::default()
        };
        assert_eq!(configure.options, wanted);
        draft.set("cost", Cell::Whole(0));
        assert_eq!(draft.problem().unwrap().field(), Some("path-cost"));
    }

    #[test]
    fn vlans_are_set_where_the_kernel_knows_them() {
        let mut host = fixture::small();
        let draft = begin(&host, "br0", "eth0").unwrap();
        assert_eq!(draft.values()["knowsVlans"], Cell::Flag(false));
        let bridge = host.host.links.get_mut(&10).unwrap();
        bridge.bridge.as_mut().unwrap().knows_vlans = true;
        let mut draft = begin(&host, "br0", "eth0").unwrap();
        draft.set("vlanMode", "access".into());
        assert_eq!(draft.problem().unwrap().field(), Some("vlan"));
        draft.set("vlan", "100".into());
        let set = draft.changes().unwrap().unwrap();
        assert!(matches!(set.changes[..], [Change::SetPortVlans(_)]));
    }

    #[test]
    fn what_does_not_exist_has_no_form() {
        let host = fixture::small();
        assert!(begin(&host, "br0", "eth1").is_none());
        assert!(begin(&host, "br9", "eth0").is_none());
    }
}
