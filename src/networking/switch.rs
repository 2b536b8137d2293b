// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Switches by the names of the feature document.

use nova_model::Result;
use nova_model::bridge::{BridgeOptions, BridgePatch};
use nova_model::change::{
    AddOvsPort, Change, ChangeSet, ConfigureBridge, CreateBridge, CreateOvsBridge, OvsPortKind,
};
use nova_model::history::HistoryEntry;
use nova_model::ovs_options::OvsOptions;
use nova_model::ovs_value::{OpenFlow, VlanWish};
use nova_model::vlan::VlanId;

use crate::manager::NetworkManager;

/// What a switch is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SwitchType {
    /// A bridge of the kernel (`ip link add … type bridge`).
    #[default]
    LinuxBridge,
    /// A bridge of Open vSwitch (`ovs-vsctl add-br`).
    OpenVSwitch,
}

/// A new Linux bridge; [`BridgeConfig`] has all options.
///
/// ```
/// use nova::networking::LinuxBridge;
///
/// let bridge = LinuxBridge {
///     interfaces: vec!["eth0".to_owned()],
///     stp_enabled: true,
///     ..LinuxBridge::new("br0")
/// };
/// assert!(bridge.to_create().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinuxBridge {
    /// Name of the bridge.
    pub name: String,
    /// Links to attach as ports.
    pub interfaces: Vec<String>,
    /// Spanning tree on or off.
    pub stp_enabled: bool,
    /// Each port carries only the VLANs it is a member of.
    pub vlan_filtering: bool,
    /// Multicast only to ports that asked for it.
    pub multicast_snooping: bool,
}

impl LinuxBridge {
    /// A bridge of this name without ports, with the kernel's defaults.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let defaults = BridgeOptions::default();
        Self {
            name: name.into(),
            interfaces: Vec::new(),
            stp_enabled: defaults.stp,
            vlan_filtering: defaults.vlan_filtering,
            multicast_snooping: defaults.multicast_snooping,
        }
    }

    /// The change that creates it.
    ///
    /// # Errors
    /// As [`BridgeConfig::to_create`].
    pub fn to_create(&self) -> Result<Change> {
        let config = BridgeConfig {
            stp: self.stp_enabled,
            vlan_filtering: self.vlan_filtering,
            multicast_snooping: self.multicast_snooping,
            ..BridgeConfig::new(self.name.clone())
        };
        config.to_create(self.interfaces.clone())
    }

    /// Creates it and keeps it.
    ///
    /// # Errors
    /// As [`Self::to_create`] and [`NetworkManager::carry_out`].
    pub async fn create(&self) -> Result<HistoryEntry> {
        NetworkManager::new()
            .carry_out(&self.to_create()?.into())
            .await
    }
}

/// A Linux bridge with all its options; times are in seconds.
///
/// ```
/// use nova::networking::BridgeConfig;
///
/// let config = BridgeConfig {
///     stp: true,
///     forward_delay: 4,
///     hello_time: 1,
///     max_age: 6,
///     ..BridgeConfig::new("br0")
/// };
/// assert!(config.to_create(Vec::new()).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeConfig {
    /// Name of the bridge.
    pub name: String,
    /// Spanning tree on or off.
    pub stp: bool,
    /// Forward delay, 4–30 s with spanning tree, 0–30 s without.
    pub forward_delay: u32,
    /// Hello time, 1–10 s.
    pub hello_time: u32,
    /// Max age, 6–40 s.
    pub max_age: u32,
    /// Time after which a MAC address is forgotten, 0–1 000 000 s.
    pub aging_time: u32,
    /// Multicast only to ports that asked for it.
    pub multicast_snooping: bool,
    /// Each port carries only the VLANs it is a member of.
    pub vlan_filtering: bool,
    /// Bridge priority, 0–65535.
    pub priority: u16,
}

impl BridgeConfig {
    /// A bridge of this name with the kernel's defaults.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let defaults = BridgeOptions::default();
        Self {
            name: name.into(),
            stp: defaults.stp,
            forward_delay: defaults.forward_delay,
            hello_time: defaults.hello_time,
            max_age: defaults.max_age,
            aging_time: defaults.ageing_time,
            multicast_snooping: defaults.multicast_snooping,
            vlan_filtering: defaults.vlan_filtering,
            priority: defaults.priority,
        }
    }

    fn options(&self) -> BridgeOptions {
        BridgeOptions {
            stp: self.stp,
            forward_delay: self.forward_delay,
            hello_time: self.hello_time,
            max_age: self.max_age,
            ageing_time: self.aging_time,
            priority: self.priority,
            multicast_snooping: self.multicast_snooping,
            vlan_filtering: self.vlan_filtering,
            ..BridgeOptions::default()
        }
    }

    /// The change that creates this bridge with these links as ports.
    ///
    /// # Errors
    /// `InvalidValue` for a name Nova does not create or address, or options
    /// outside their ranges.
    pub fn to_create(&self, ports: Vec<String>) -> Result<Change> {
        let defaults = BridgeOptions::default();
        let options = BridgePatch::between(&defaults, &self.options());
        options.check(&defaults)?;
        Ok(Change::CreateBridge(CreateBridge {
            name: self.name.parse()?,
            options,
            ports: ports
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_>>()?,
        }))
    }

    /// The wish for what is named here; every other option stays.
    fn wish(&self) -> BridgePatch {
        let options = self.options();
        BridgePatch {
            stp: Some(options.stp),
            forward_delay: Some(options.forward_delay),
            hello_time: Some(options.hello_time),
            max_age: Some(options.max_age),
            ageing_time: Some(options.ageing_time),
            priority: Some(options.priority),
            multicast_snooping: Some(options.multicast_snooping),
            vlan_filtering: Some(options.vlan_filtering),
            ..BridgePatch::default()
        }
    }

    /// The change that gives an existing bridge all of these options.
    ///
    /// # Errors
    /// `InvalidValue` for a name Nova does not address.
    pub fn to_configure(&self) -> Result<Change> {
        Ok(Change::ConfigureBridge(ConfigureBridge {
            name: self.name.parse()?,
            options: self.wish(),
        }))
    }
}

/// A bridge of Open vSwitch, by the names of the feature document.
///
/// ```
/// use nova::networking::{OpenVSwitch, OvsPort};
///
/// let switch = OpenVSwitch {
///     ports: vec![OvsPort::new("eth1"), OvsPort { tag: Some(100), ..OvsPort::new("eth2") }],
///     controller: Some("tcp:192.168.1.100:6653".to_owned()),
///     protocols: vec!["1.3".to_owned()],
///     ..OpenVSwitch::new("ovs0")
/// };
/// assert!(switch.to_create().is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenVSwitch {
    /// Name of the bridge.
    pub name: String,
    /// Links to attach as ports.
    pub ports: Vec<OvsPort>,
    /// Controller: `tcp:ADDRESS:PORT`, `ssl:ADDRESS:PORT`, `ptcp:PORT` or
    /// `pssl:PORT`.
    pub controller: Option<String>,
    /// Versions of OpenFlow it speaks: `1.0` to `1.5`; none means all.
    pub protocols: Vec<String>,
}

impl OpenVSwitch {
    /// A bridge of this name without ports and without a controller.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The changes that create it with its ports.
    ///
    /// # Errors
    /// `InvalidValue` for a name, a target, a version or a VLAN that is none.
    pub fn to_create(&self) -> Result<ChangeSet> {
        let protocols: Vec<OpenFlow> = self
            .protocols
            .iter()
            .map(|version| version.parse())
            .collect::<Result<_>>()?;
        let controller = self.controller.as_deref().map(str::parse).transpose()?;
        let create = Change::CreateOvsBridge(CreateOvsBridge {
            name: self.name.parse()?,
            datapath: None,
            options: OvsOptions {
                protocols: (!protocols.is_empty()).then_some(protocols),
                controllers: controller.map(|controller| vec![controller]),
                ..OvsOptions::default()
            },
            ports: Vec::new(),
        });
        let ports = self.ports.iter().map(|port| port.to_change(&self.name));
        let changes: Vec<Change> = std::iter::once(Ok(create))
            .chain(ports)
            .collect::<Result<_>>()?;
        Ok(changes.into())
    }

    /// Creates it with its ports and keeps it.
    ///
    /// # Errors
    /// As [`Self::to_create`] and [`NetworkManager::carry_out`].
    pub async fn create(&self) -> Result<HistoryEntry> {
        NetworkManager::new().carry_out(&self.to_create()?).await
    }
}

/// A link as a port of Open vSwitch, by the names of its database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OvsPort {
    /// Name of the link.
    pub name: String,
    /// The VLAN of frames without a tag, 1–4094: an access port where `trunks`
    /// is empty.
    pub tag: Option<u16>,
    /// VLANs that pass with their tags, 1–4094; none means all, where there is
    /// no `tag`.
    pub trunks: Vec<u16>,
}

impl OvsPort {
    /// A port that carries every VLAN.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The change that adds it to a bridge.
    ///
    /// # Errors
    /// `InvalidValue` for a name or a VLAN that is none, and for a `tag` beside
    /// `trunks`, which could mean two things.
    pub fn to_change(&self, bridge: &str) -> Result<Change> {
        let vlans = VlanWish {
            mode: None,
            tag: self.tag.map(VlanId::try_from).transpose()?,
            trunks: self
                .trunks
                .iter()
                .map(|vlan| VlanId::try_from(*vlan))
                .collect::<Result<_>>()?,
        };
        vlans.conf()?;
        Ok(Change::AddOvsPort(AddOvsPort {
            switch: bridge.parse()?,
            port: self.name.parse()?,
            kind: OvsPortKind::Link,
            vlans,
            moves: false,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_with_the_defaults_asks_for_nothing_special() {
        let change = BridgeConfig::new("br0").to_create(Vec::new()).unwrap();
        let Change::CreateBridge(create) = change else {
            panic!("a bridge is created");
        };
        assert!(create.options.is_empty());
    }

    #[test]
    fn options_out_of_range_are_refused_before_anything_is_asked() {
        let config = BridgeConfig {
            stp: true,
            forward_delay: 0,
            ..BridgeConfig::new("br0")
        };
        let error = config.to_create(Vec::new()).unwrap_err();
        assert_eq!(error.field(), Some("forward-delay"));
    }
}
