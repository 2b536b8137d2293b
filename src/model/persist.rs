// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What of a change lasts beyond the next boot, and who keeps it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bridge::PortPatch;
use crate::error::{NovaError, Result};
use crate::manager::Backend;
use crate::plan::PlannedStep;

/// Who is to keep a change beyond the next boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Persist {
    /// The program that configures the uplink of the host; nobody where none
    /// does.
    #[default]
    Auto,
    /// The `NetworkManager` daemon.
    #[serde(rename = "networkmanager")]
    NetworkManager,
    /// systemd-networkd.
    Networkd,
    /// Nobody: the change is gone with the next boot.
    None,
}

impl Persist {
    /// All of them with the words for them.
    pub const WORDS: [(Self, &'static str); 4] = [
        (Self::Auto, Self::Auto.word()),
        (Self::NetworkManager, Self::NetworkManager.word()),
        (Self::Networkd, Self::Networkd.word()),
        (Self::None, Self::None.word()),
    ];

    /// The word that asks for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::NetworkManager => "networkmanager",
            Self::Networkd => "networkd",
            Self::None => "none",
        }
    }

    /// Whether it is what is asked where nothing is said.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }

    /// The program that was asked for by name.
    #[must_use]
    pub const fn backend(self) -> Option<Backend> {
        match self {
            Self::NetworkManager => Some(Backend::NetworkManager),
            Self::Networkd => Some(Backend::Networkd),
            Self::Auto | Self::None => None,
        }
    }
}

impl FromStr for Persist {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::WORDS.iter().find(|(_, word)| *word == text);
        found.map(|(persist, _)| *persist).ok_or_else(|| {
            NovaError::invalid("persist", text, "auto, networkmanager, networkd or none")
        })
    }
}

/// What of a port no program keeps, and Nova makes again with each boot, see
/// [`crate::binding`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MadeAgain {
    /// Options, with what they are set to.
    #[serde(skip_serializing_if = "PortPatch::is_empty")]
    pub options: PortPatch,
    /// Whether its VLANs are.
    pub vlans: bool,
}

/// What lasts of a change, and the steps that are done when it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Keeping {
    /// Who keeps it; absent where it is gone with the next boot, or where
    /// nothing of it would be.
    pub backend: Option<Backend>,
    /// What is written, in words; empty where the change is not one that a boot
    /// would undo.
    pub effects: Vec<String>,
    /// What is done when the change is kept, each with what undoes it.
    pub steps: Vec<PlannedStep>,
}

impl Keeping {
    /// Whether there is nothing to say about it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.backend.is_none() && self.effects.is_empty() && self.steps.is_empty()
    }
}
