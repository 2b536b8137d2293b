// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors: copies of the frames of some ports, sent out of another. The
//! wishes are the same for every kind of switch.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};
use crate::name::InterfaceName;
use crate::vlan::{VlanId, VlanSet};

/// The name of a mirror: 1 to 64 letters, digits, `.`, `_` or `-`, not starting
/// with `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct MirrorName(String);

impl MirrorName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MirrorName {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if text.is_empty()
            || text.len() > 64
            || text.starts_with('-')
            || !text.bytes().all(is_allowed)
        {
            return Err(NovaError::invalid(
                "mirror",
                &text,
                "1 to 64 letters, digits, \".\", \"_\" or \"-\", not starting with \"-\"",
            ));
        }
        Ok(Self(text))
    }
}

impl FromStr for MirrorName {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl From<MirrorName> for String {
    fn from(name: MirrorName) -> Self {
        name.0
    }
}

impl fmt::Display for MirrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which frames of a port are copied, as the switch sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MirrorDirection {
    /// Those that arrive at the switch through the port: what a machine sends.
    Ingress,
    /// Those that leave the switch through the port: what a machine receives.
    Egress,
    /// All of them.
    Both,
}

impl MirrorDirection {
    /// Whether frames that arrive are copied.
    #[must_use]
    pub const fn has_ingress(self) -> bool {
        matches!(self, Self::Ingress | Self::Both)
    }

    /// Whether frames that leave are copied.
    #[must_use]
    pub const fn has_egress(self) -> bool {
        matches!(self, Self::Egress | Self::Both)
    }

    /// The word a person types.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
            Self::Both => "both",
        }
    }

    /// The direction with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Ingress, Self::Egress, Self::Both];
        all.into_iter().find(|direction| direction.word() == word)
    }

    /// The direction a person reads.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Ingress => "what arrives from",
            Self::Egress => "what leaves to",
            Self::Both => "everything of",
        }
    }
}

/// What a mirror is going to copy and where to, in a sentence.
pub(crate) fn sentence(
    switch: &dyn fmt::Display,
    output: &dyn fmt::Display,
    sources: &[String],
    vlans: &VlanSet,
) -> String {
    let only = match vlans.is_empty() {
        true => String::new(),
        false => format!("; of these only the VLANs {vlans}"),
    };
    format!("{switch} copies to {output}: {}{only}.", sources.join(", "))
}

/// A port whose frames are copied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MirrorSource {
    /// Name of the port.
    pub port: InterfaceName,
    /// Which of its frames.
    pub direction: MirrorDirection,
}

/// Where the copies go.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MirrorOutput {
    /// A port of the same switch, which then carries nothing but copies.
    Port(InterfaceName),
    /// A VLAN of the same switch (RSPAN).
    Vlan(VlanId),
}

impl fmt::Display for MirrorOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => port.fmt(f),
            Self::Vlan(vlan) => write!(f, "VLAN {vlan}"),
        }
    }
}

/// Adds a mirror to a switch; those it has stay.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddMirror {
    /// Name of the switch.
    pub switch: InterfaceName,
    /// Name of the mirror; made from its output where it is absent.
    #[serde(default)]
    pub name: Option<MirrorName>,
    /// Ports whose frames are copied; none means every port.
    #[serde(default)]
    pub sources: Vec<MirrorSource>,
    /// Only frames of these VLANs; none means of all.
    #[serde(default)]
    pub vlans: VlanSet,
    /// Where the copies go.
    pub output: MirrorOutput,
}

impl AddMirror {
    /// The name of the mirror: the one that was given, or `mirror-` and its
    /// output.
    ///
    /// # Errors
    /// `InvalidValue` where the name of the output port cannot be part of it.
    pub fn name(&self) -> Result<MirrorName> {
        match (&self.name, &self.output) {
            (Some(name), _) => Ok(name.clone()),
            (None, MirrorOutput::Port(port)) => {
                format!("mirror-{}", port.as_str().replace(['@', '+'], "_")).parse()
            }
            (None, MirrorOutput::Vlan(vlan)) => format!("mirror-vlan{vlan}").parse(),
        }
    }
}

/// Removes a mirror from a switch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoveMirror {
    /// Name of the switch.
    pub switch: InterfaceName,
    /// Name of the mirror.
    pub name: MirrorName,
    /// Also where Nova did not make it.
    #[serde(default)]
    pub foreign: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_named_after_its_output() {
        let mut wish = AddMirror {
            switch: "ovs0".parse().unwrap(),
            name: None,
            sources: Vec::new(),
            vlans: VlanSet::default(),
            output: MirrorOutput::Port("vm2@x".parse().unwrap()),
        };
        assert_eq!(wish.name().unwrap().as_str(), "mirror-vm2_x");
        wish.output = MirrorOutput::Vlan(VlanId::new(9).unwrap());
        assert_eq!(wish.name().unwrap().as_str(), "mirror-vlan9");
    }

    #[test]
    fn refuses_names_that_a_terminal_would_misread() {
        for name in ["", "-m", "a b", "m\u{1b}", "ä", &"m".repeat(65)] {
            assert!(name.parse::<MirrorName>().is_err(), "{name}");
        }
    }
}
