// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The programs that keep changes beyond the next boot, by the names of the
//! feature document. Each makes changes that are to be kept by it; which of the
//! two configures the host is found out where nobody is named
//! ([`crate::networking::Persist::Auto`]).

use nova_model::Result;
use nova_model::bridge::BridgePatch;
use nova_model::change::{Change, ChangeSet, ConfigureBridge};
use nova_model::history::HistoryEntry;
use nova_model::persist::Persist;

use crate::manager::NetworkManager;
use crate::switch::BridgeConfig;

/// Has systemd-networkd keep changes, as files below `/etc/systemd/network`.
///
/// ```
/// use nova::networking::{Persist, SystemdNetworkdManager};
///
/// let changes = SystemdNetworkdManager.to_create_bridge("br0", &["eth1".to_owned()])?;
/// assert_eq!(changes.persist, Persist::Networkd);
/// # Ok::<(), nova::networking::NovaError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemdNetworkdManager;

impl SystemdNetworkdManager {
    /// The change that creates a Linux bridge with these links as ports.
    ///
    /// # Errors
    /// `InvalidValue` for a name Nova does not create or address.
    pub fn to_create_bridge(&self, bridge_name: &str, interfaces: &[String]) -> Result<ChangeSet> {
        create(bridge_name, interfaces, Persist::Networkd)
    }

    /// Creates that bridge and has its files written.
    ///
    /// # Errors
    /// As [`Self::to_create_bridge`] and [`NetworkManager::carry_out`].
    pub async fn create_bridge_config(
        &self,
        bridge_name: &str,
        interfaces: &[String],
    ) -> Result<HistoryEntry> {
        let changes = self.to_create_bridge(bridge_name, interfaces)?;
        NetworkManager::new().carry_out(&changes).await
    }
}

/// Has the `NetworkManager` daemon keep changes, as profiles
/// (`nmcli connection`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkManagerIntegration;

impl NetworkManagerIntegration {
    /// The change that creates a Linux bridge with these links as ports.
    ///
    /// # Errors
    /// `InvalidValue` for a name Nova does not create or address.
    pub fn to_create_bridge(&self, bridge_name: &str, interfaces: &[String]) -> Result<ChangeSet> {
        create(bridge_name, interfaces, Persist::NetworkManager)
    }

    /// Creates that bridge and has its profiles written.
    ///
    /// # Errors
    /// As [`Self::to_create_bridge`] and [`NetworkManager::carry_out`].
    pub async fn create_bridge(
        &self,
        bridge_name: &str,
        interfaces: &[String],
    ) -> Result<HistoryEntry> {
        let changes = self.to_create_bridge(bridge_name, interfaces)?;
        NetworkManager::new().carry_out(&changes).await
    }

    /// The change that has a bridge filter by VLAN, with this one for frames
    /// without a tag.
    ///
    /// # Errors
    /// `InvalidValue` for a name Nova does not address, or a VLAN outside
    /// 1–4094.
    pub fn to_configure_bridge_vlan(&self, bridge_name: &str, vlan_id: u16) -> Result<ChangeSet> {
        let options = BridgePatch {
            vlan_filtering: Some(true),
            default_pvid: Some(vlan_id),
            ..BridgePatch::default()
        };
        let change = Change::ConfigureBridge(ConfigureBridge {
            name: bridge_name.parse()?,
            options,
        });
        Ok(kept_by(change, Persist::NetworkManager))
    }

    /// Has a bridge do that.
    ///
    /// # Errors
    /// As [`Self::to_configure_bridge_vlan`] and [`NetworkManager::carry_out`].
    pub async fn configure_bridge_vlan(
        &self,
        bridge_name: &str,
        vlan_id: u16,
    ) -> Result<HistoryEntry> {
        let changes = self.to_configure_bridge_vlan(bridge_name, vlan_id)?;
        NetworkManager::new().carry_out(&changes).await
    }
}

fn create(name: &str, ports: &[String], persist: Persist) -> Result<ChangeSet> {
    let change = BridgeConfig::new(name).to_create(ports.to_vec())?;
    Ok(kept_by(change, persist))
}

fn kept_by(change: Change, persist: Persist) -> ChangeSet {
    ChangeSet {
        persist,
        ..change.into()
    }
}
