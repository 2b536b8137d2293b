// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Verbs about any link.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::address::MacAddress;
use crate::change::Verb;
use crate::error::Result;
use crate::name::InterfaceName;
use crate::planner::Planner;

/// Sets a link up or down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetLink {
    /// Name of the link.
    pub name: InterfaceName,
    /// Up or down.
    pub up: bool,
}

/// Sets the MTU of a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetMtu {
    /// Name of the link.
    pub name: InterfaceName,
    /// Largest packet in bytes, 68–65535.
    pub mtu: u32,
}

/// Gives a bridge its MAC address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetBridgeMac {
    /// Name of the bridge.
    pub name: InterfaceName,
    /// Where the address comes from.
    pub policy: MacPolicy,
}

/// Where the MAC address of a bridge comes from. One that nobody chose follows
/// the ports: it is the lowest of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MacPolicy {
    /// The one it has now, from now on whatever its ports.
    Keep,
    /// That of one of its ports: the address by which the network knows the
    /// host that had it on this card before.
    Port(InterfaceName),
    /// This one.
    Address(MacAddress),
}

impl SetLink {
    const fn word(&self) -> &'static str {
        if self.up { "up" } else { "down" }
    }
}

impl Verb for SetLink {
    fn action(&self) -> Action {
        Action::SetLink
    }

    fn sentence(&self) -> String {
        format!("Set {} {}", self.name, self.word())
    }

    fn outcome(&self) -> String {
        format!("{} set {}", self.name, self.word())
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_link(self)
    }
}

impl Verb for SetMtu {
    fn action(&self) -> Action {
        Action::SetLink
    }

    fn sentence(&self) -> String {
        format!("Set the MTU of {} to {}", self.name, self.mtu)
    }

    fn outcome(&self) -> String {
        format!("MTU of {} set", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_mtu(self)
    }
}

impl Verb for SetBridgeMac {
    fn action(&self) -> Action {
        Action::ConfigureSwitch
    }

    fn sentence(&self) -> String {
        match &self.policy {
            MacPolicy::Keep => format!("Have {} keep its MAC address", self.name),
            MacPolicy::Port(port) => format!("Give {} the MAC address of {port}", self.name),
            MacPolicy::Address(mac) => format!("Give {} the MAC address {mac}", self.name),
        }
    }

    fn outcome(&self) -> String {
        format!("MAC address of {} set", self.name)
    }

    fn plan(&self, planner: &mut Planner) -> Result<()> {
        planner.set_bridge_mac(self)
    }
}
