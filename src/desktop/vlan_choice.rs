// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a port carries, as one chooses it in a dialog: a mode and the VLANs
//! that belong to it. One choice for ports of both kinds of switches.

use nova_model::change::VlanWish;
use nova_model::ovs_conf::PortVlans;
use nova_model::ovs_value::{self, VlanMode};
use nova_model::vlan::{VlanId, VlanSet};
use nova_model::vlan_table::VlanTable;
use nova_model::{NovaError, Result};

/// The modes of a port of a Linux bridge.
pub const LINUX_MODES: &[&str] = &["access", "trunk"];

/// The modes of a port of Open vSwitch.
pub const OVS_MODES: &[&str] = &["all", "access", "trunk", "native-untagged", "native-tagged"];

/// The mode of a port whose VLANs fit none of the others; they stay.
pub const OTHER: &str = "other";

/// What is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VlanChoice {
    /// One of the modes.
    pub mode: String,
    /// The VLAN of untagged frames, as typed.
    pub vlan: String,
    /// The VLANs with tags, as typed.
    pub trunks: String,
}

impl VlanChoice {
    /// The choice that a port of a Linux bridge stands for.
    #[must_use]
    pub fn of_table(table: &VlanTable) -> Self {
        let native = table.pvid.map(|vlan| vlan.to_string()).unwrap_or_default();
        if table
            .pvid
            .is_some_and(|vlan| *table == VlanTable::access(vlan))
        {
            return Self {
                mode: "access".to_owned(),
                vlan: native,
                trunks: String::new(),
            };
        }
        let tagged = tagged(table);
        let is_trunk = VlanTable::trunk(tagged.clone(), table.pvid) == *table;
        Self {
            mode: if is_trunk { "trunk" } else { OTHER }.to_owned(),
            vlan: native,
            trunks: tagged.to_string(),
        }
    }

    /// The choice that a port of Open vSwitch stands for.
    #[must_use]
    pub fn of_conf(conf: &PortVlans) -> Self {
        let trunks: VlanSet = conf
            .trunks
            .iter()
            .filter_map(|number| VlanId::new(*number).ok())
            .collect();
        let mode = match (conf.mode.as_deref(), conf.tag) {
            (None | Some("access"), Some(_)) => "access",
            (None, None) if trunks.is_empty() => "all",
            (None | Some("trunk"), None) => "trunk",
            (Some("native-untagged"), Some(_)) => "native-untagged",
            (Some("native-tagged"), Some(_)) => "native-tagged",
            _ => OTHER,
        };
        Self {
            mode: mode.to_owned(),
            vlan: conf.tag.map(|tag| tag.to_string()).unwrap_or_default(),
            trunks: trunks.to_string(),
        }
    }

    /// What a port of a Linux bridge is to carry; `None` leaves it as it is.
    ///
    /// # Errors
    /// `InvalidValue` that names `vlan` or `trunk`.
    pub fn table_wish(&self) -> Result<Option<VlanWish>> {
        Ok(match self.mode.as_str() {
            "access" => Some(VlanWish::Access(self.native()?)),
            "trunk" => {
                let native = match self.vlan.trim() {
                    "" => None,
                    _ => Some(self.native()?),
                };
                let tagged = self.tagged()?;
                if let Some(vlan) = native.filter(|vlan| tagged.contains(*vlan)) {
                    return Err(NovaError::refused(format!(
                        "VLAN {vlan} cannot leave with a tag and without one"
                    ))
                    .with_field("trunk")
                    .with_remedy("Leave it out of the tagged VLANs."));
                }
                Some(VlanWish::Trunk { tagged, native })
            }
            _ => None,
        })
    }

    /// What a port of Open vSwitch is to carry; `None` leaves it as it is.
    ///
    /// # Errors
    /// `InvalidValue` that names `vlan` or `trunk`.
    pub fn conf_wish(&self) -> Result<Option<ovs_value::VlanWish>> {
        let wish = |mode, tag, trunks| {
            Some(ovs_value::VlanWish {
                mode: Some(mode),
                tag,
                trunks,
            })
        };
        Ok(match self.mode.as_str() {
            "all" => Some(ovs_value::VlanWish::default()),
            "access" => wish(VlanMode::Access, Some(self.native()?), VlanSet::default()),
            "trunk" => wish(VlanMode::Trunk, None, self.tagged()?),
            "native-untagged" => wish(
                VlanMode::NativeUntagged,
                Some(self.native()?),
                self.perhaps_tagged()?,
            ),
            "native-tagged" => wish(
                VlanMode::NativeTagged,
                Some(self.native()?),
                self.perhaps_tagged()?,
            ),
            _ => None,
        })
    }

    fn native(&self) -> Result<VlanId> {
        self.vlan
            .trim()
            .parse()
            .map_err(|error: NovaError| error.with_field("vlan"))
    }

    fn tagged(&self) -> Result<VlanSet> {
        let text: String = self.trunks.split_whitespace().collect();
        let set: Result<VlanSet> = text.parse();
        set.map_err(|error| {
            let error = error.with_field("trunk");
            match error.remedy() {
                Some(_) => error,
                None => error.with_remedy("Several are written as 100,200,300-310."),
            }
        })
    }

    fn perhaps_tagged(&self) -> Result<VlanSet> {
        match self.trunks.trim() {
            "" => Ok(VlanSet::default()),
            _ => self.tagged(),
        }
    }
}

/// The VLANs that leave with a tag.
#[must_use]
pub fn tagged(table: &VlanTable) -> VlanSet {
    let members = table.members.0.iter().copied();
    members
        .filter(|vlan| !table.untagged.contains(*vlan))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vlan(number: u16) -> VlanId {
        VlanId::new(number).unwrap()
    }

    #[test]
    fn a_choice_comes_back_as_what_it_was() {
        for table in [
            VlanTable::access(vlan(7)),
            VlanTable::trunk("100-110,200".parse().unwrap(), Some(vlan(1))),
            VlanTable::trunk("5".parse().unwrap(), None),
        ] {
            let wish = VlanChoice::of_table(&table).table_wish().unwrap().unwrap();
            assert_eq!(wish.applied_to(&table), table);
        }
        for (mode, tag, trunks) in [
            (Some("access"), Some(100), vec![]),
            (Some("trunk"), None, vec![100, 200]),
            (Some("native-tagged"), Some(5), vec![]),
            (None, None, vec![]),
        ] {
            let conf = PortVlans {
                mode: mode.map(str::to_owned),
                tag,
                trunks: trunks.into_iter().collect(),
            };
            let wish = VlanChoice::of_conf(&conf).conf_wish().unwrap().unwrap();
            assert_eq!(wish.conf().unwrap(), conf);
        }
    }

    #[test]
    fn what_fits_no_mode_stays() {
        let mut table = VlanTable::access(vlan(7));
        table.add(vlan(8), true, false);
        let choice = VlanChoice::of_table(&table);
        assert_eq!(choice.mode, OTHER);
        assert_eq!(choice.table_wish().unwrap(), None);
        let tunnel = PortVlans {
            mode: Some("dot1q-tunnel".to_owned()),
            tag: Some(9),
            ..PortVlans::default()
        };
        assert_eq!(VlanChoice::of_conf(&tunnel).mode, OTHER);
    }

    #[test]
    fn a_wrong_number_names_its_field() {
        let choice = VlanChoice {
            mode: "trunk".to_owned(),
            vlan: "1".to_owned(),
            trunks: "10-x".to_owned(),
        };
        assert_eq!(choice.table_wish().unwrap_err().field(), Some("trunk"));
        let choice = VlanChoice {
            mode: "access".to_owned(),
            ..VlanChoice::default()
        };
        assert_eq!(choice.conf_wish().unwrap_err().field(), Some("vlan"));
    }
}
