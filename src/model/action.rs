// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The classes of privileged work that polkit decides about, one action each.

use serde::{Deserialize, Serialize};

/// Name and interface of the helper on the system bus.
pub const BUS_NAME: &str = "org.nova.Networking1";
/// Path of the helper's one object.
pub const OBJECT_PATH: &str = "/org/nova/Networking1";
/// Prefix of the helper's D-Bus error names; the kind follows.
pub const ERROR_PREFIX: &str = "org.nova.Networking1.Error.";
/// Largest document the helper reads, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// A class of privileged work; each is a polkit action of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Prepare a plan, read the history.
    Observe,
    /// Create a switch.
    CreateSwitch,
    /// Delete a switch.
    DeleteSwitch,
    /// Change options of a switch.
    ConfigureSwitch,
    /// Attach a port to a switch or detach it.
    ChangePorts,
    /// Set a link up or down.
    SetLink,
    /// Copy the frames of ports to another port.
    Mirror,
    /// Keep or revert one's own change.
    Confirm,
    /// Revert the change of another user.
    RollbackForeign,
}

impl Action {
    /// Every action, in the order of the definition.
    pub const ALL: [Self; 9] = [
        Self::Observe,
        Self::CreateSwitch,
        Self::DeleteSwitch,
        Self::ConfigureSwitch,
        Self::ChangePorts,
        Self::SetLink,
        Self::Mirror,
        Self::Confirm,
        Self::RollbackForeign,
    ];

    /// The identifier of the action in polkit.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Observe => "org.nova.networking.observe",
            Self::CreateSwitch => "org.nova.networking.create-switch",
            Self::DeleteSwitch => "org.nova.networking.delete-switch",
            Self::ConfigureSwitch => "org.nova.networking.configure-switch",
            Self::ChangePorts => "org.nova.networking.change-ports",
            Self::SetLink => "org.nova.networking.set-link",
            Self::Mirror => "org.nova.networking.mirror",
            Self::Confirm => "org.nova.networking.confirm",
            Self::RollbackForeign => "org.nova.networking.rollback-foreign",
        }
    }
}
