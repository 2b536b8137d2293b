// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Quality of service of a port: limits, priority and marks. The wishes are
//! the same for every kind of switch. Directions are the switch's: ingress is
//! what a machine sends, egress what it receives.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bandwidth::{BitRate, ByteSize};
use crate::error::{ErrorKind, NovaError, Result};
use crate::name::InterfaceName;

/// A differentiated services code point (RFC 2474), 0–63.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "u8", into = "u8")]
pub struct Dscp(u8);

impl Dscp {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Dscp {
    type Error = NovaError;

    fn try_from(number: u8) -> Result<Self> {
        match number {
            0..=63 => Ok(Self(number)),
            _ => Err(NovaError::invalid("dscp", number, "0 to 63")),
        }
    }
}

impl FromStr for Dscp {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let number: Option<u8> = text.parse().ok();
        number
            .filter(|number| *number <= 63)
            .map(Self)
            .ok_or_else(|| {
                NovaError::invalid("dscp", text, "0 to 63").with_remedy("46 marks voice (EF).")
            })
    }
}

impl From<Dscp> for u8 {
    fn from(dscp: Dscp) -> Self {
        dscp.0
    }
}

impl fmt::Display for Dscp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose frames wait where a port is full that they leave through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Sent before all others.
    High,
    /// Sent in turn.
    Normal,
    /// Sent after all others.
    Low,
}

impl Priority {
    /// The word a person reads and types.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// What kind of traffic it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TrafficClass {
    /// Voice and video: small buffers, early sending.
    Realtime,
    /// Everything without a class.
    BestEffort,
    /// Backups and downloads: large buffers.
    Bulk,
}

impl TrafficClass {
    /// The priority that this kind has unless another is asked for.
    #[must_use]
    pub const fn priority(self) -> Priority {
        match self {
            Self::Realtime => Priority::High,
            Self::BestEffort => Priority::Normal,
            Self::Bulk => Priority::Low,
        }
    }

    /// The mark that this kind has unless another is asked for: expedited
    /// forwarding (RFC 3246), none, and the scavenger class (RFC 3662).
    #[must_use]
    pub const fn dscp(self) -> Dscp {
        match self {
            Self::Realtime => Dscp(46),
            Self::BestEffort => Dscp(0),
            Self::Bulk => Dscp(8),
        }
    }

    /// The word a person reads and types.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::BestEffort => "best-effort",
            Self::Bulk => "bulk",
        }
    }
}

/// Sets the quality of service of a port; what is absent stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetQos {
    /// Name of the port.
    pub port: InterfaceName,
    /// Most that may arrive from the port.
    #[serde(default)]
    pub ingress_rate: Option<BitRate>,
    /// Most that may leave to the port.
    #[serde(default)]
    pub egress_rate: Option<BitRate>,
    /// How much may pass at once before a rate counts.
    #[serde(default)]
    pub burst: Option<ByteSize>,
    /// How what arrives from the port is queued where it leaves.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// The mark that IP packets get that arrive from the port.
    #[serde(default)]
    pub dscp: Option<Dscp>,
    /// What kind of traffic arrives from the port: stands for a priority and a
    /// mark.
    #[serde(default)]
    pub class: Option<TrafficClass>,
}

impl SetQos {
    /// A wish about this port that asks for nothing yet.
    #[must_use]
    pub const fn nothing(port: InterfaceName) -> Self {
        Self {
            port,
            ingress_rate: None,
            egress_rate: None,
            burst: None,
            priority: None,
            dscp: None,
            class: None,
        }
    }

    /// The priority that is asked for, by itself or by the class.
    #[must_use]
    pub fn wanted_priority(&self) -> Option<Priority> {
        self.priority.or(self.class.map(TrafficClass::priority))
    }

    /// Whether it limits anything.
    #[must_use]
    pub const fn has_rate(&self) -> bool {
        self.ingress_rate.is_some() || self.egress_rate.is_some()
    }

    /// The mark that is asked for, by itself or by the class.
    #[must_use]
    pub fn wanted_dscp(&self) -> Option<Dscp> {
        self.dscp.or(self.class.map(TrafficClass::dscp))
    }

    /// What it does to what arrives from the port, in words; empty where it
    /// gives neither priority nor mark.
    #[must_use]
    pub fn class_words(&self) -> Vec<String> {
        let port = &self.port;
        let mut words = Vec::new();
        if let Some(dscp) = self.wanted_dscp() {
            words.push(format!(
                "IP packets that arrive from {port} are marked with DSCP {dscp}: what the machine sends."
            ));
        }
        if let Some(priority) = self.wanted_priority() {
            words.push(format!(
                "What arrives from {port} has {} priority where it leaves through a port with a limit.",
                priority.word()
            ));
        }
        words
    }

    /// Refuses a wish that says nothing, or a burst without a rate.
    ///
    /// # Errors
    /// `InvalidValue`.
    pub fn check(&self) -> Result<()> {
        let has_rate = self.ingress_rate.is_some() || self.egress_rate.is_some();
        let has_class = self.priority.is_some() || self.dscp.is_some() || self.class.is_some();
        if self.burst.is_some() && !has_rate {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("port {}: a burst size needs a rate", self.port),
            )
            .with_field("burst-size")
            .with_remedy("Add \"--ingress-rate\" or \"--egress-rate\"."));
        }
        if !has_rate && !has_class {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("port {}: no rate and no class is given", self.port),
            )
            .with_remedy("\"nova network qos --help\" lists the options."));
        }
        Ok(())
    }
}

/// Takes all limits, priorities and marks from a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoveQos {
    /// Name of the port.
    pub port: InterfaceName,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_point_has_six_bits() {
        for text in ["64", "-1", "256", "ef", ""] {
            assert!(text.parse::<Dscp>().is_err(), "{text}");
        }
        assert_eq!("46".parse::<Dscp>().unwrap().number(), 46);
        assert!(serde_json::from_str::<Dscp>("64").is_err());
    }

    #[test]
    fn a_wish_that_says_nothing_is_refused() {
        let nothing = SetQos::nothing("vm1".parse().unwrap());
        assert!(nothing.check().is_err());
        let burst = SetQos {
            burst: Some(ByteSize(1)),
            ..nothing
        };
        assert_eq!(burst.check().unwrap_err().field(), Some("burst-size"));
    }
}
