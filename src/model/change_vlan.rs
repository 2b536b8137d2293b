// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about VLANs: what ports carry, and 802.1Q sub-interfaces.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::bridge::VlanProtocol;
use crate::change::Verb;
use crate::error::Result;
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::vlan::{VlanId, VlanSet};
use crate::vlan_table::VlanTable;

/// Sets the VLANs that a port of a Linux bridge carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetPortVlans {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the port.
    pub port: InterfaceName,
    /// What it is to carry.
    pub vlans: VlanWish,
}

/// Sets the VLANs that a Linux bridge carries towards this host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetBridgeVlans {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// What it is to carry.
    pub vlans: VlanWish,
}

/// What a port is to carry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VlanWish {
    /// One VLAN without tags and nothing else.
    Access(VlanId),
    /// These VLANs with tags, one without, and nothing else.
    Trunk {
        /// Those with tags.
        tagged: VlanSet,
        /// The one of frames without a tag.
        native: Option<VlanId>,
    },
    /// These VLANs with tags, beside what it carries.
    Carry(VlanSet),
    /// What it carries without these VLANs.
    Drop(VlanSet),
    /// Exactly this, VLAN by VLAN.
    Table(VlanTable),
}

impl VlanWish {
    /// What a port that carries `now` carries after the wish.
    #[must_use]
    pub fn applied_to(&self, now: &VlanTable) -> VlanTable {
        match self {
            Self::Access(vlan) => VlanTable::access(*vlan),
            Self::Trunk { tagged, native } => VlanTable::trunk(tagged.clone(), *native),
            Self::Carry(vlans) => {
                let mut table = now.clone();
                for vlan in &vlans.0 {
                    if !now.members.contains(*vlan) {
                        table.add(*vlan, false, false);
                    }
                }
                table
            }
            Self::Drop(vlans) => {
                let mut table = now.clone();
                for vlan in &vlans.0 {
                    table.remove(*vlan);
                }
                table
            }
            Self::Table(table) => table.clone(),
        }
    }
}

/// Creates an 802.1Q sub-interface: the frames of one VLAN of a link, without
/// their tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateVlan {
    /// Name of the link below.
    pub link: InterfaceName,
    /// Its VLAN.
    pub vlan: VlanId,
    /// Name of the sub-interface; the link's with a dot and the VLAN where it
    /// is absent.
    #[serde(default)]
    pub name: Option<InterfaceName>,
    /// The kind of its tags.
    #[serde(default)]
    pub protocol: VlanProtocol,
}

/// Deletes an 802.1Q sub-interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteVlan {
    /// Its name.
    pub name: InterfaceName,
    /// Also where Nova did not make it.
    #[serde(default)]
    pub foreign: bool,
}

impl Verb for SetPortVlans {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        format!("Set the VLANs of port {} of {}", self.port, self.switch)
    }

    fn outcome(&self) -> String {
        format!("VLANs of {} set", self.port)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_port_vlans(self)
    }
}

impl Verb for SetBridgeVlans {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        format!("Set the VLANs of {} itself", self.switch)
    }

    fn outcome(&self) -> String {
        format!("VLANs of {} set", self.switch)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_bridge_vlans(self)
    }
}

impl Verb for CreateVlan {
    fn action(&self) -> Action {
        Action::CreateSwitch
    }

    fn sentence(&self) -> String {
        format!(
            "Create the sub-interface of {} for VLAN {}",
            self.link, self.vlan
        )
    }

    fn outcome(&self) -> String {
        format!("VLAN {} of {} created", self.vlan, self.link)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.create_vlan(self)
    }
}

impl Verb for DeleteVlan {
    fn action(&self) -> Action {
        Action::DeleteSwitch
    }

    fn sentence(&self) -> String {
        format!("Delete the sub-interface {}", self.name)
    }

    fn outcome(&self) -> String {
        format!("{} deleted", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.delete_vlan(self)
    }
}
