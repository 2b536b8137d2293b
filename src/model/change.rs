// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The verbs: what a person can ask Nova to change. This is all that crosses
//! the bus; commands, paths and file contents never do.

use serde::{Deserialize, Serialize};

use crate::action::{Action, MAX_DOCUMENT_BYTES};
use crate::bridge::BridgePatch;
use crate::error::{NovaError, Result};
use crate::name::{InterfaceName, NewName};

/// A wish to change the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Set a link up or down.
    SetLink(SetLink),
}

/// Creates a Linux bridge and sets it up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateBridge {
    /// Name of the new bridge.
    pub name: NewName,
    /// Options that differ from the kernel's defaults.
    #[serde(default)]
    pub options: BridgePatch,
    /// Links to attach as ports.
    #[serde(default)]
    pub ports: Vec<InterfaceName>,
}

/// Deletes a Linux bridge; its ports stay, detached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteSwitch {
    /// Name of the bridge.
    pub name: InterfaceName,
    /// Also where Nova did not make it.
    #[serde(default)]
    pub foreign: bool,
}

/// Changes options of a Linux bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigureBridge {
    /// Name of the bridge.
    pub name: InterfaceName,
    /// The options to change.
    pub options: BridgePatch,
}

/// Attaches a link to a bridge as a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachPort {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the link.
    pub port: InterfaceName,
    /// Move it here where it is a port of another bridge.
    #[serde(default, rename = "move")]
    pub moves: bool,
}

/// Detaches a port from its bridge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetachPort {
    /// Name of the bridge.
    pub switch: InterfaceName,
    /// Name of the port.
    pub port: InterfaceName,
}

/// Sets a link up or down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetLink {
    /// Name of the link.
    pub name: InterfaceName,
    /// Up or down.
    pub up: bool,
}

impl Change {
    /// The polkit action it needs.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::CreateBridge(_) => Action::CreateSwitch,
            Self::DeleteSwitch(_) => Action::DeleteSwitch,
            Self::ConfigureBridge(_) => Action::ConfigureSwitch,
            Self::AttachPort(_) | Self::DetachPort(_) => Action::ChangePorts,
            Self::SetLink(_) => Action::SetLink,
        }
    }

    /// All polkit actions it needs: creating a bridge with ports also changes
    /// ports.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = vec![self.action()];
        if matches!(self, Self::CreateBridge(create) if !create.ports.is_empty()) {
            actions.push(Action::ChangePorts);
        }
        actions
    }

    /// The sentence of the change, for titles: `Create bridge br0`.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::CreateBridge(create) => format!("Create bridge {}", create.name),
            Self::DeleteSwitch(delete) => format!("Delete bridge {}", delete.name),
            Self::ConfigureBridge(configure) => format!("Configure bridge {}", configure.name),
            Self::AttachPort(attach) => format!("Attach {} to {}", attach.port, attach.switch),
            Self::DetachPort(detach) => format!("Detach {} from {}", detach.port, detach.switch),
            Self::SetLink(SetLink { name, up: true }) => format!("Set {name} up"),
            Self::SetLink(SetLink { name, up: false }) => format!("Set {name} down"),
        }
    }
}

/// Several changes that are planned, applied and undone as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSet {
    /// The changes in their order, at least one.
    pub changes: Vec<Change>,
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

impl From<Change> for ChangeSet {
    fn from(change: Change) -> Self {
        Self {
            changes: vec![change],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
