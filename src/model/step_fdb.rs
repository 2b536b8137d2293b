// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about addresses and groups that stay in the databases of a bridge.

use serde::{Deserialize, Serialize};

use crate::fact::Facts;
use crate::fdb::{FixedAddress, FixedGroup};
use crate::link::Link;
use crate::name::InterfaceName;
use crate::state::HostState;
use crate::step::{LinkRef, Step, StepGroup};

/// Sets an address behind a port again (`bridge fdb add … master static`) that
/// somebody had set and that went when the port left its bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FdbStep {
    /// The port.
    pub link: LinkRef,
    /// The address.
    pub address: FixedAddress,
}

impl FdbStep {
    /// Brings back what stands behind a port.
    pub(crate) fn again(link: &Link, name: &InterfaceName) -> impl Iterator<Item = Step> {
        let link_ref = LinkRef {
            name: name.clone(),
            index: Some(link.index),
        };
        link.fixed_addresses
            .clone()
            .into_iter()
            .map(move |address| {
                Self {
                    link: link_ref.clone(),
                    address,
                }
                .into()
            })
    }
}

impl StepGroup for FdbStep {
    fn title(&self) -> String {
        format!("Set {} behind {}", self.address, self.link.name)
    }

    fn command(&self) -> String {
        let FixedAddress { mac, vlan } = self.address;
        let vlan = vlan.map_or_else(String::new, |vlan| format!(" vlan {vlan}"));
        format!(
            "bridge fdb add {mac} dev {} master static{vlan}",
            self.link.name
        )
    }

    fn subject(&self) -> String {
        format!("port {}", self.link.name)
    }

    fn inverse(&self, _before: &HostState) -> Vec<Step> {
        Vec::new()
    }

    fn simulate(&self, state: &mut HostState) {
        if let Some(found) = self.link.find_mut(state)
            && !found.fixed_addresses.contains(&self.address)
        {
            found.fixed_addresses.push(self.address);
            found.fixed_addresses.sort();
        }
    }

    fn facts(&self, facts: &mut Facts) {
        let object = self.link.name.as_str();
        let claim = format!("{} is behind {object}", self.address);
        let (name, address) = (object.to_owned(), self.address);
        facts.add(
            object,
            "port option",
            address.to_string(),
            claim,
            move |state| {
                let link = state.link(&name);
                link.is_some_and(|link| link.fixed_addresses.contains(&address))
            },
        );
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        vec![&mut self.link]
    }
}

/// Sends a group to a port again (`bridge mdb add … permanent`) that somebody had
/// sent there and that went when the port left its bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MdbStep {
    /// The port.
    pub link: LinkRef,
    /// Its bridge.
    pub bridge: InterfaceName,
    /// The group.
    pub group: FixedGroup,
}

impl MdbStep {
    /// Brings back what is sent to a port. The kernel takes groups only for what
    /// is up.
    pub(crate) fn again(
        link: &Link,
        name: &InterfaceName,
        bridge: &Link,
    ) -> impl Iterator<Item = Step> {
        let link_ref = LinkRef {
            name: name.clone(),
            index: Some(link.index),
        };
        let bridge_name = bridge.name.to_interface_name().ok();
        let groups = if link.is_up && bridge.is_up {
            link.fixed_groups.clone()
        } else {
            Vec::new()
        };
        groups.into_iter().filter_map(move |group| {
            let step = Self {
                link: link_ref.clone(),
                bridge: bridge_name.clone()?,
                group,
            };
            Some(step.into())
        })
    }
}

impl StepGroup for MdbStep {
    fn title(&self) -> String {
        format!("Send {} to {}", self.group, self.link.name)
    }

    fn command(&self) -> String {
        let FixedGroup { group, vlan } = self.group;
        let vlan = vlan.map_or_else(String::new, |vlan| format!(" vid {vlan}"));
        format!(
            "bridge mdb add dev {} port {} grp {group} permanent{vlan}",
            self.bridge, self.link.name
        )
    }

    fn subject(&self) -> String {
        format!("port {}", self.link.name)
    }

    fn inverse(&self, _before: &HostState) -> Vec<Step> {
        Vec::new()
    }

    fn simulate(&self, state: &mut HostState) {
        if let Some(found) = self.link.find_mut(state)
            && !found.fixed_groups.contains(&self.group)
        {
            found.fixed_groups.push(self.group);
            found.fixed_groups.sort();
        }
    }

    fn facts(&self, facts: &mut Facts) {
        let object = self.link.name.as_str();
        let claim = format!("{} is sent to {object}", self.group);
        let (name, group) = (object.to_owned(), self.group);
        facts.add(
            object,
            "port option",
            group.to_string(),
            claim,
            move |state| {
                let link = state.link(&name);
                link.is_some_and(|link| link.fixed_groups.contains(&group))
            },
        );
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        vec![&mut self.link]
    }
}
