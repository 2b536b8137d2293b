// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The verbs: what a person can ask Nova to change. This is all that crosses
//! the bus; commands, paths and file contents never do.

use serde::{Deserialize, Serialize};

use crate::action::{Action, MAX_DOCUMENT_BYTES};
pub use crate::change_bond::{ConfigureBond, CreateBond, DeleteBond, PrimaryWish};
pub use crate::change_bridge::{ConfigureBridge, CreateBridge, DeleteSwitch};
pub use crate::change_link::{MacPolicy, SetBridgeMac, SetLink, SetMtu};
pub use crate::change_ovs::{
    AddOvsPort, ConfigureOvsBridge, ConfigureOvsPort, CreateOvsBridge, OvsPortKind,
};
pub use crate::change_port::{AttachPort, ConfigurePort, DetachPort};
pub use crate::change_steering::SetAffinity;
pub use crate::change_vlan::{CreateVlan, DeleteVlan, SetBridgeVlans, SetPortVlans, VlanWish};
use crate::error::{NovaError, Result};
pub use crate::mirror::{AddMirror, RemoveMirror};
use crate::persist::Persist;
use crate::planner::Planner;
pub use crate::qos::{RemoveQos, SetQos};

/// A wish to change the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Create a Linux bridge.
    CreateBridge(CreateBridge),
    /// Delete a Linux bridge.
    DeleteSwitch(DeleteSwitch),
    /// Change options of a Linux bridge.
    ConfigureBridge(ConfigureBridge),
    /// Attach a link to a bridge as a port.
    AttachPort(AttachPort),
    /// Detach a port from its bridge.
    DetachPort(DetachPort),
    /// Change options of a port of a bridge.
    ConfigurePort(ConfigurePort),
    /// Set the VLANs that a port of a bridge carries.
    SetPortVlans(SetPortVlans),
    /// Set the VLANs that a bridge carries towards this host.
    SetBridgeVlans(SetBridgeVlans),
    /// Create an 802.1Q sub-interface.
    CreateVlan(CreateVlan),
    /// Delete an 802.1Q sub-interface.
    DeleteVlan(DeleteVlan),
    /// Create a bond.
    CreateBond(CreateBond),
    /// Delete a bond.
    DeleteBond(DeleteBond),
    /// Change options of a bond.
    ConfigureBond(ConfigureBond),
    /// Set a link up or down.
    SetLink(SetLink),
    /// Set the MTU of a link.
    SetMtu(SetMtu),
    /// Give a bridge its MAC address.
    SetBridgeMac(SetBridgeMac),
    /// Set on which CPUs what arrives is processed.
    SetAffinity(SetAffinity),
    /// Create a bridge of Open vSwitch.
    CreateOvsBridge(CreateOvsBridge),
    /// Change options of a bridge of Open vSwitch.
    ConfigureOvsBridge(ConfigureOvsBridge),
    /// Add a port to a bridge of Open vSwitch.
    AddOvsPort(AddOvsPort),
    /// Change a port of a bridge of Open vSwitch.
    ConfigureOvsPort(ConfigureOvsPort),
    /// Add a mirror to a switch.
    AddMirror(AddMirror),
    /// Remove a mirror from a switch.
    RemoveMirror(RemoveMirror),
    /// Set the quality of service of a port.
    SetQos(SetQos),
    /// Take all quality of service from a port.
    RemoveQos(RemoveQos),
}

/// What every verb knows of itself.
pub(crate) trait Verb {
    /// The polkit action it needs.
    fn action(&self) -> Action;

    /// Further polkit actions it needs.
    fn more_actions(&self) -> Vec<Action> {
        Vec::new()
    }

    /// The sentence of the change, for titles: `Create bridge br0`.
    fn sentence(&self) -> String;

    /// What is said in passing once it is done: `br0 created`.
    fn outcome(&self) -> String;

    /// Plans it on the host as the planner sees it.
    fn plan(&self, planner: &mut Planner) -> Result<()>;
}

impl Change {
    pub(crate) fn verb(&self) -> &dyn Verb {
        match self {
            Self::CreateBridge(verb) => verb,
            Self::DeleteSwitch(verb) => verb,
            Self::ConfigureBridge(verb) => verb,
            Self::AttachPort(verb) => verb,
            Self::DetachPort(verb) => verb,
            Self::ConfigurePort(verb) => verb,
            Self::SetPortVlans(verb) => verb,
            Self::SetBridgeVlans(verb) => verb,
            Self::CreateVlan(verb) => verb,
            Self::DeleteVlan(verb) => verb,
            Self::CreateBond(verb) => verb,
            Self::DeleteBond(verb) => verb,
            Self::ConfigureBond(verb) => verb,
            Self::SetLink(verb) => verb,
            Self::SetMtu(verb) => verb,
            Self::SetBridgeMac(verb) => verb,
            Self::SetAffinity(verb) => verb,
            Self::CreateOvsBridge(verb) => verb,
            Self::ConfigureOvsBridge(verb) => verb,
            Self::AddOvsPort(verb) => verb,
            Self::ConfigureOvsPort(verb) => verb,
            Self::AddMirror(verb) => verb,
            Self::RemoveMirror(verb) => verb,
            Self::SetQos(verb) => verb,
            Self::RemoveQos(verb) => verb,
        }
    }

    /// The polkit action it needs.
    #[must_use]
    pub fn action(&self) -> Action {
        self.verb().action()
    }

    /// All polkit actions it needs: creating a bridge with ports also changes
    /// ports.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = vec![self.action()];
        actions.extend(self.verb().more_actions());
        actions
    }

    /// The sentence of the change, for titles: `Create bridge br0`.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.verb().sentence()
    }

    /// What is said in passing once it is done: `br0 created`.
    #[must_use]
    pub fn outcome(&self) -> String {
        self.verb().outcome()
    }
}

/// Several changes that are planned, applied and undone as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeSet {
    /// The changes in their order, at least one.
    pub changes: Vec<Change>,
    /// Who is to keep them beyond the next boot.
    #[serde(default, skip_serializing_if = "Persist::is_auto")]
    pub persist: Persist,
}

impl ChangeSet {
    /// Most changes in one set.
    pub const MAX_CHANGES: usize = 600;

    /// Reads the document that crosses the bus.
    ///
    /// # Errors
    /// `InvalidValue` for a document over 64 KiB, one that is not of this form
    /// (an unknown key is named with its place), and an empty set.
    pub fn from_json(document: &str) -> Result<Self> {
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(NovaError::new(
                crate::error::ErrorKind::InvalidValue,
                format!(
                    "the change document has {} bytes, the helper reads {MAX_DOCUMENT_BYTES}",
                    document.len()
                ),
            )
            .with_remedy("Split it into several changes."));
        }
        let mut reader = serde_json::Deserializer::from_str(document);
        let set: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let place = error.path().to_string();
            NovaError::invalid(
                "change",
                place,
                &crate::name::printable(&error.inner().to_string()),
            )
        })?;
        reader
            .end()
            .map_err(|error| NovaError::invalid("change", "end", &error.to_string()))?;
        if set.changes.is_empty() || set.changes.len() > Self::MAX_CHANGES {
            return Err(NovaError::invalid(
                "changes",
                set.changes.len(),
                &format!("1 to {} changes in one set", Self::MAX_CHANGES),
            ));
        }
        Ok(set)
    }

    /// The document that crosses the bus.
    ///
    /// # Errors
    /// `InvalidValue` where it would be longer than the helper reads.
    pub fn to_json(&self) -> Result<String> {
        let document = serde_json::to_string(self).map_err(|error| {
            NovaError::internal(format!("the change has no JSON form: {error}"))
        })?;
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(NovaError::invalid(
                "changes",
                self.changes.len(),
                "64 KiB as a document",
            ));
        }
        Ok(document)
    }

    /// The sentence of the whole set: that of its only change, or of the first
    /// and how many more.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.changes.as_slice() {
            [] => "Change nothing".to_owned(),
            [only] => only.sentence(),
            [first, rest @ ..] => format!("{} and {} more", first.sentence(), rest.len()),
        }
    }
}

impl From<Vec<Change>> for ChangeSet {
    fn from(changes: Vec<Change>) -> Self {
        Self {
            changes,
            persist: Persist::Auto,
        }
    }
}

impl From<Change> for ChangeSet {
    fn from(change: Change) -> Self {
        vec![change].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::BridgePatch;

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        for (document, place) in [
            (r#"{"changes":[],"x":1}"#, "x"),
            (
                r#"{"changes":[{"set_link":{"name":"a","up":true,"x":1}}]}"#,
                "changes[0].set_link.x",
            ),
            (
                r#"{"changes":[{"create_bridge":{"name":"a","options":{"script_pre":"/bin/sh"}}}]}"#,
                "changes[0].create_bridge.options.script_pre",
            ),
        ] {
            let error = ChangeSet::from_json(document).unwrap_err();
            assert!(error.message().contains(place), "{document}: {error}");
        }
    }

    #[test]
    fn refuses_documents_that_are_empty_endless_or_too_long() {
        assert!(ChangeSet::from_json(r#"{"changes":[]}"#).is_err());
        assert!(
            ChangeSet::from_json(r#"{"changes":[{"set_link":{"name":"a","up":true}}]} x"#).is_err()
        );
        assert!(ChangeSet::from_json(&" ".repeat(MAX_DOCUMENT_BYTES + 1)).is_err());
    }

    #[test]
    fn a_set_reads_back_as_itself() {
        let set = ChangeSet {
            persist: Persist::None,
            changes: vec![
                Change::CreateBridge(CreateBridge {
                    name: "br0".parse().unwrap(),
                    options: BridgePatch {
                        stp: Some(true),
                        ..BridgePatch::default()
                    },
                    ports: vec!["eth0".parse().unwrap()],
                }),
                Change::SetLink(SetLink {
                    name: "eth0.100".parse().unwrap(),
                    up: true,
                }),
            ],
        };
        assert_eq!(ChangeSet::from_json(&set.to_json().unwrap()).unwrap(), set);
    }
}
