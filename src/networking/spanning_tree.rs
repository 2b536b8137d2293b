// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The spanning tree of a Linux bridge by the names of the feature document.

use std::collections::BTreeMap;

use nova_model::Result;
use nova_model::bridge::{BridgeOptions, BridgePatch, PortPatch};
use nova_model::change::{Change, ChangeSet, ConfigureBridge, ConfigurePort};
use nova_model::history::HistoryEntry;

use crate::manager::NetworkManager;

/// The spanning tree of a Linux bridge (802.1D); times are in seconds.
///
/// ```
/// use nova::networking::StpConfig;
///
/// let tree = StpConfig {
///     enabled: true,
///     priority: 4096,
///     path_cost: [("eth0".to_owned(), 4)].into(),
///     ..StpConfig::default()
/// };
/// assert_eq!(tree.to_changes("br0")?.changes.len(), 2);
/// # Ok::<(), nova::networking::NovaError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StpConfig {
    /// On or off.
    pub enabled: bool,
    /// Bridge priority, 0–65535; the lowest becomes the root.
    pub priority: u16,
    /// Forward delay, 4–30 s while it is on, 0–30 s while it is off.
    pub forward_delay: u32,
    /// Hello time, 1–10 s.
    pub hello_time: u32,
    /// Max age, 6–40 s.
    pub max_age: u32,
    /// Cost of the path through each of these ports, 1–65535; the others keep
    /// theirs.
    pub path_cost: BTreeMap<String, u32>,
}

impl Default for StpConfig {
    /// On, with the kernel's priority and times.
    fn default() -> Self {
        let defaults = BridgeOptions::default();
        Self {
            enabled: true,
            priority: defaults.priority,
            forward_delay: defaults.forward_delay,
            hello_time: defaults.hello_time,
            max_age: defaults.max_age,
            path_cost: BTreeMap::new(),
        }
    }
}

impl StpConfig {
    /// The changes that give it to an existing bridge: first its options, then
    /// the costs of its ports.
    ///
    /// # Errors
    /// `InvalidValue` for a name Nova does not address and for a number outside
    /// its range; whether the times fit each other is seen when it is planned.
    pub fn to_changes(&self, bridge: &str) -> Result<ChangeSet> {
        let mut changes = vec![Change::ConfigureBridge(ConfigureBridge {
            name: bridge.parse()?,
            options: BridgePatch {
                stp: Some(self.enabled),
                priority: Some(self.priority),
                forward_delay: Some(self.forward_delay),
                hello_time: Some(self.hello_time),
                max_age: Some(self.max_age),
                ..BridgePatch::default()
            },
        })];
        for (port, cost) in &self.path_cost {
            let options = PortPatch {
                cost: Some(*cost),
                ..PortPatch::default()
            };
            options.check()?;
            changes.push(Change::ConfigurePort(ConfigurePort {
                switch: bridge.parse()?,
                port: port.parse()?,
                options,
            }));
        }
        Ok(changes.into())
    }

    /// Gives it to an existing bridge and keeps it.
    ///
    /// # Errors
    /// As [`Self::to_changes`] and [`NetworkManager::carry_out`].
    pub async fn apply(&self, bridge: &str) -> Result<HistoryEntry> {
        NetworkManager::new()
            .carry_out(&self.to_changes(bridge)?)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_out_of_range_is_refused_by_name() {
        let tree = StpConfig {
            path_cost: [("eth0".to_owned(), 0)].into(),
            ..StpConfig::default()
        };
        let error = tree.to_changes("br0").unwrap_err();
        assert_eq!(error.field(), Some("path-cost"));
    }
}
