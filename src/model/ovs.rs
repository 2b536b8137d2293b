// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Open vSwitch as its database describes it: what is configured, apart from
//! what is only reported, so that a configuration can be compared and brought
//! back. Names in the database may be any text; whoever shows one escapes it
//! (`crate::name::printable`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, NovaError, Result};
use crate::ovs_conf::{
    BridgeConf, InterfaceConf, MARK_KEY, Mark, MirrorConf, PortConf, QosConf, RowId,
};
use crate::step_flow::PortClass;

/// Open vSwitch on this host, or why nothing is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OvsView {
    /// It is not installed.
    #[default]
    NotInstalled,
    /// It is installed, its database does not run.
    NotRunning,
    /// Its database runs; this process may not open it.
    Locked,
    /// Its database runs and cannot be read, for this reason.
    Broken(String),
    /// What the database holds.
    Known(OvsState),
}

impl OvsView {
    /// What the database holds, where it can be read.
    #[must_use]
    pub const fn state(&self) -> Option<&OvsState> {
        match self {
            Self::Known(state) => Some(state),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub const fn state_mut(&mut self) -> Option<&mut OvsState> {
        match self {
            Self::Known(state) => Some(state),
            _ => None,
        }
    }

    /// The bridge of this name.
    #[must_use]
    pub fn bridge(&self, name: &str) -> Option<&OvsBridge> {
        self.state()?.bridge(name)
    }

    /// Why nothing can be changed, with the way out; absent where something
    /// can: the database can be read and the switch itself runs.
    #[must_use]
    pub fn trouble(&self) -> Option<NovaError> {
        const START: &str = "Start it with \"systemctl start openvswitch-switch\" (Debian, Ubuntu), \"openvswitch\" (Fedora, openSUSE) or \"ovs-vswitchd\" (Arch).";
        let missing = |text: &str| NovaError::new(ErrorKind::DaemonMissing, text);
        match self {
            Self::NotInstalled => Some(
                missing("Open vSwitch is not installed").with_remedy(
                    "Install \"openvswitch-switch\" (Debian, Ubuntu) or \"openvswitch\", then start it.",
                ),
            ),
            Self::NotRunning => Some(
                missing("Open vSwitch is not running: its database does not answer")
                    .with_remedy(START),
            ),
            Self::Locked => Some(
                missing("Open vSwitch runs, and its database may not be opened by this process")
                    .with_remedy(
                        "Nova's helper reads it; where Open vSwitch has a user of its own, give nova-helper.service that group with SupplementaryGroups=.",
                    ),
            ),
            Self::Broken(reason) => Some(
                missing(&format!(
                    "the database of Open vSwitch cannot be read: {}",
                    crate::name::printable(reason)
                ))
                .with_remedy("\"journalctl --unit ovsdb-server\" tells more."),
            ),
            Self::Known(state) if !state.is_running => Some(
                missing("Open vSwitch is not running: its database answers, ovs-vswitchd does not")
                    .with_remedy(START),
            ),
            Self::Known(_) => None,
        }
    }

    /// What the database holds, where the switch runs and can be changed.
    ///
    /// # Errors
    /// `DaemonMissing`, see [`Self::trouble`].
    pub fn require(&self) -> Result<&OvsState> {
        match (self.trouble(), self) {
            (None, Self::Known(state)) => Ok(state),
            (Some(error), _) => Err(error),
            (None, _) => Err(NovaError::internal("Open vSwitch has no state")),
        }
    }
}

/// What the database of Open vSwitch holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OvsState {
    /// Whether `ovs-vswitchd` runs and carries it out.
    pub is_running: bool,
    /// Version of Open vSwitch.
    pub version: Option<String>,
    /// Datapath types it can make.
    pub datapath_types: Vec<String>,
    /// Interface types it can make.
    pub interface_types: Vec<String>,
    /// Bridges, sorted by name.
    pub bridges: Vec<OvsBridge>,
    /// Rows of the table `QoS`, by identifier.
    pub qos: BTreeMap<RowId, QosConf>,
    /// Where it listens for managers (`ovs-vsctl set-manager`).
    pub managers: Vec<String>,
    /// Whether the kernel has the module that moves frames for it.
    pub has_kernel_datapath: bool,
    /// Rows with a mark of Nova that its journal does not bear out: anybody can
    /// copy one.
    pub disowned: BTreeSet<RowId>,
}

impl OvsState {
    /// The bridge of this name.
    #[must_use]
    pub fn bridge(&self, name: &str) -> Option<&OvsBridge> {
        self.bridges.iter().find(|bridge| bridge.name == name)
    }

    /// The same, to be changed.
    pub fn bridge_mut(&mut self, name: &str) -> Option<&mut OvsBridge> {
        self.bridges.iter_mut().find(|bridge| bridge.name == name)
    }

    /// The port of this name and its bridge.
    #[must_use]
    pub fn port(&self, name: &str) -> Option<(&OvsBridge, &OvsPort)> {
        self.bridges
            .iter()
            .find_map(|bridge| Some((bridge, bridge.port(name)?)))
    }

    /// The port that has this interface, and its bridge: the port itself or a
    /// bond.
    #[must_use]
    pub fn port_of_interface(&self, name: &str) -> Option<(&OvsBridge, &OvsPort)> {
        self.bridges.iter().find_map(|bridge| {
            let port = bridge
                .ports
                .iter()
                .find(|port| port.interface(name).is_some())?;
            Some((bridge, port))
        })
    }

    /// Everything that stays the same while nobody changes the configuration,
    /// without row identifiers: two equal texts mean equal configuration.
    #[must_use]
    pub fn fingerprint(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for bridge in &self.bridges {
            lines.push(format!(
                "{} {:?} {:?}",
                bridge.name, bridge.conf, bridge.beyond
            ));
            for port in &bridge.ports {
                lines.push(format!(
                    "{}/{} {:?} {:?} {:?}",
                    bridge.name, port.name, port.conf, port.class, port.beyond
                ));
            }
            for mirror in &bridge.mirrors {
                lines.push(format!("{} {:?}", bridge.name, mirror.conf));
            }
        }
        let mut qos: Vec<String> = self.qos.values().map(|qos| format!("{qos:?}")).collect();
        qos.sort();
        lines.extend(qos);
        lines
    }
}

impl OvsState {
    /// The marks of Nova on bridges, ports, mirrors and qualities of service.
    #[must_use]
    pub fn marks(&self) -> BTreeSet<Mark> {
        let of_bridges = self.bridges.iter().flat_map(|bridge| {
            let ports = bridge.ports.iter().map(|port| &port.conf.external_ids);
            let mirrors = bridge.mirrors.iter().map(|it| &it.conf.external_ids);
            std::iter::once(&bridge.conf.external_ids)
                .chain(ports)
                .chain(mirrors)
        });
        let of_qos = self.qos.values().map(|qos| &qos.external_ids);
        of_bridges.chain(of_qos).filter_map(mark_of).collect()
    }

    /// The bridges, ports and mirrors with a mark of Nova, by their rows.
    #[must_use]
    pub fn marked(&self) -> BTreeMap<&RowId, Mark> {
        let rows = self.bridges.iter().flat_map(|bridge| {
            let ports = bridge.ports.iter();
            let ports = ports.map(|port| (&port.row, &port.conf.external_ids));
            let mirrors = bridge.mirrors.iter();
            let mirrors = mirrors.map(|it| (&it.row, &it.conf.external_ids));
            std::iter::once((&bridge.row, &bridge.conf.external_ids))
                .chain(ports)
                .chain(mirrors)
        });
        rows.filter_map(|(row, ids)| Some((row, mark_of(ids)?)))
            .collect()
    }

    /// Whether the bridge is Nova's: it carries a mark that is not copied.
    #[must_use]
    pub fn owns_bridge(&self, bridge: &OvsBridge) -> bool {
        bridge.mark().is_some() && !self.disowned.contains(&bridge.row)
    }

    /// The same of a mirror.
    #[must_use]
    pub fn owns_mirror(&self, mirror: &OvsMirror) -> bool {
        mirror.mark().is_some() && !self.disowned.contains(&mirror.row)
    }
}

/// A bridge of Open vSwitch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OvsBridge {
    /// Its row.
    pub row: RowId,
    /// Name.
    pub name: String,
    /// How it is configured.
    pub conf: BridgeConf,
    /// Its ports, sorted by name; among them the local port of its own name.
    pub ports: Vec<OvsPort>,
    /// Its mirrors, sorted by name.
    pub mirrors: Vec<OvsMirror>,
    /// Controllers that are connected, of those configured.
    pub connected: Vec<String>,
    /// Its spanning tree as it reports it (`stp_bridge_id`, `rstp_root_id`, …).
    pub status: BTreeMap<String, String>,
    /// What it has besides, in words: Nova neither changes it nor could bring
    /// it back.
    pub beyond: Vec<String>,
}

impl OvsBridge {
    /// The port of this name.
    #[must_use]
    pub fn port(&self, name: &str) -> Option<&OvsPort> {
        self.ports.iter().find(|port| port.name == name)
    }

    /// The port of this name, to be changed.
    pub fn port_mut(&mut self, name: &str) -> Option<&mut OvsPort> {
        self.ports.iter_mut().find(|port| port.name == name)
    }

    /// The ports that connect something: all but the local one.
    pub fn outer_ports(&self) -> impl Iterator<Item = &OvsPort> {
        self.ports.iter().filter(|port| port.name != self.name)
    }

    /// The names of the host's own interfaces on it, the local one among them.
    pub fn internal_interfaces(&self) -> impl Iterator<Item = &str> {
        let interfaces = self.ports.iter().flat_map(|port| &port.conf.interfaces);
        interfaces
            .filter(|interface| interface.kind == "internal")
            .map(|interface| interface.name.as_str())
    }

    /// The mirror of this name.
    #[must_use]
    pub fn mirror(&self, name: &str) -> Option<&OvsMirror> {
        self.mirrors.iter().find(|mirror| mirror.conf.name == name)
    }

    /// The mark of Nova, where it carries one.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        mark_of(&self.conf.external_ids)
    }

    /// Its spanning tree, where one runs; the rapid one where both are set.
    #[must_use]
    pub fn tree(&self) -> Option<OvsTree<'_>> {
        let is_rapid = self.conf.rstp;
        let prefix = if is_rapid { "rstp" } else { "stp" };
        let told = |key| {
            let text = self.status.get(&format!("{prefix}_{key}"));
            text.map(String::as_str)
        };
        (self.conf.stp || is_rapid).then(|| OvsTree {
            is_rapid,
            prefix,
            id: told("bridge_id"),
            root: told("root_id").or_else(|| told("designated_root")),
            root_path_cost: told("root_path_cost"),
        })
    }
}

/// The spanning tree of a bridge as Open vSwitch reports it, some seconds after
/// it began (`ovs-vsctl get bridge NAME status`, `rstp_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OvsTree<'a> {
    /// By 802.1w, and not by 802.1D.
    pub is_rapid: bool,
    /// What its keys in `other_config` begin with: `stp` or `rstp`.
    pub prefix: &'static str,
    /// The bridge's own identifier.
    pub id: Option<&'a str>,
    /// The identifier of the root.
    pub root: Option<&'a str>,
    /// The cost of the way there.
    pub root_path_cost: Option<&'a str>,
}

impl OvsTree<'_> {
    /// Whether the bridge is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.root.is_some() && self.root == self.id
    }
}

/// A port of a bridge: one interface, or several as a bond.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OvsPort {
    /// Its row.
    pub row: RowId,
    /// Name.
    pub name: String,
    /// How it is configured.
    pub conf: PortConf,
    /// The rows of its interfaces and what they report, by name.
    pub interfaces: BTreeMap<String, OvsInterface>,
    /// The row of its quality of service.
    pub qos_row: Option<RowId>,
    /// What flows of Nova's do to what arrives from it.
    pub class: Option<PortClass>,
    /// State in the spanning tree, where one runs (`forwarding`).
    pub stp_state: Option<String>,
    /// Role in the spanning tree, where one runs (`designated`).
    #[serde(default)]
    pub stp_role: Option<String>,
    /// What it has besides, see [`OvsBridge::beyond`].
    pub beyond: Vec<String>,
}

impl OvsPort {
    /// The configuration of its interface of this name.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<&InterfaceConf> {
        self.conf
            .interfaces
            .iter()
            .find(|interface| interface.name == name)
    }

    /// The mark of Nova, where it carries one.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        mark_of(&self.conf.external_ids)
    }

    /// What one of its interfaces complains about.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.interfaces
            .values()
            .find_map(|interface| interface.error.as_deref())
    }

    /// What one of its interfaces could not be made for. A patch port that
    /// waits for its other end complains too, and is made all the same.
    #[must_use]
    pub fn failure(&self) -> Option<(&str, &str)> {
        let is_patch = |name: &String| {
            self.interface(name)
                .is_some_and(|interface| interface.kind == "patch")
        };
        self.interfaces
            .iter()
            .filter(|(name, _)| !is_patch(name))
            .find_map(|(name, interface)| Some((name.as_str(), interface.error.as_deref()?)))
    }
}

/// What an interface reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OvsInterface {
    /// Its row.
    pub row: RowId,
    /// Number in OpenFlow, −1 where it could not be made.
    pub ofport: Option<i64>,
    /// What went wrong when it was made.
    pub error: Option<String>,
    /// Set up.
    pub is_up: Option<bool>,
    /// Has a carrier.
    pub has_carrier: Option<bool>,
    /// MAC address in use.
    pub mac: Option<String>,
}

/// A mirror of a bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OvsMirror {
    /// Its row.
    pub row: RowId,
    /// How it is configured.
    pub conf: MirrorConf,
    /// Frames it has copied, where it counts.
    pub packets: Option<u64>,
}

impl OvsMirror {
    /// The mark of Nova, where it carries one.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        mark_of(&self.conf.external_ids)
    }
}

fn mark_of(ids: &BTreeMap<String, String>) -> Option<Mark> {
    ids.get(MARK_KEY).cloned().map(Mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_but_a_running_switch_explains_itself() {
        let stopped = OvsView::Known(OvsState::default());
        for view in [
            OvsView::NotInstalled,
            OvsView::NotRunning,
            OvsView::Locked,
            OvsView::Broken("\u{1b}[2J".to_owned()),
            stopped,
        ] {
            let error = view.require().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DaemonMissing, "{view:?}");
            assert!(error.remedy().is_some(), "{view:?}");
            assert!(!error.message().contains('\u{1b}'));
        }
        let running = OvsView::Known(OvsState {
            is_running: true,
            ..OvsState::default()
        });
        assert!(running.require().is_ok());
    }
}
