// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! VLAN identifiers and sets of them, as 802.1Q has them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};

/// A VLAN identifier, 1–4094. 0 marks a priority tag and 4095 is reserved;
/// libvirt and Open vSwitch take both and mean something else by them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "u16", into = "u16")]
pub struct VlanId(u16);

impl VlanId {
    /// The highest.
    pub const MAX: u16 = 4094;

    /// The identifier of this number.
    ///
    /// # Errors
    /// `InvalidValue` for 0 and for everything above 4094.
    pub fn new(number: u16) -> Result<Self> {
        Self::try_from(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for VlanId {
    type Error = NovaError;

    fn try_from(number: u16) -> Result<Self> {
        match number {
            1..=Self::MAX => Ok(Self(number)),
            _ => Err(refused(&number)),
        }
    }
}

fn refused(text: &dyn fmt::Display) -> NovaError {
    NovaError::invalid("vlan", text, "1 to 4094")
}

impl FromStr for VlanId {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|_| is_number)
            .ok_or_else(|| refused(&text))
            .and_then(Self::new)
    }
}

impl From<VlanId> for u16 {
    fn from(id: VlanId) -> Self {
        id.0
    }
}

impl fmt::Display for VlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for VlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A set of VLAN identifiers. As text: `100,200,300-310`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct VlanSet(pub BTreeSet<VlanId>);

impl VlanSet {
    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds this one.
    #[must_use]
    pub fn contains(&self, id: VlanId) -> bool {
        self.0.contains(&id)
    }

    /// The identifiers as runs of neighbours: first and last of each.
    #[must_use]
    pub fn ranges(&self) -> Vec<(VlanId, VlanId)> {
        let mut ranges: Vec<(VlanId, VlanId)> = Vec::new();
        for id in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if last.0 + 1 == id.0 => *last = *id,
                _ => ranges.push((*id, *id)),
            }
        }
        ranges
    }
}

impl FromIterator<VlanId> for VlanSet {
    fn from_iter<T: IntoIterator<Item = VlanId>>(ids: T) -> Self {
        Self(ids.into_iter().collect())
    }
}

impl FromStr for VlanSet {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let mut ids = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (VlanId, VlanId) = (first.parse()?, last.parse()?);
            if first > last {
                return Err(NovaError::invalid(
                    "vlan",
                    part,
                    "a range goes from the lower to the higher number",
                )
                .with_remedy(format!("\"{last}-{first}\" is possible.")));
            }
            ids.extend((first.0..=last.0).map(VlanId));
        }
        Ok(Self(ids))
    }
}

impl fmt::Display for VlanSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.ranges().into_iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            first.fmt(f)?;
            if first != last {
                write!(f, "-{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_identifier() {
        for text in ["0", "4095", "65536", "-1", "", "a", "1.5", "+1", "٣"] {
            let error = text.parse::<VlanId>().unwrap_err();
            assert!(error.message().contains("1 to 4094"), "{text}: {error}");
        }
        assert!(serde_json::from_str::<VlanId>("4095").is_err());
    }

    #[test]
    fn a_set_is_read_and_written_with_ranges() {
        let set: VlanSet = "300-302,100,200,301".parse().unwrap();
        assert_eq!(set.to_string(), "100,200,300-302");
        assert_eq!(set.0.len(), 5);
        for text in ["", ",", "1,", "5-1", "1-4095", "1-", "-1", "1 2"] {
            assert!(text.parse::<VlanSet>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_the_wrong_way_round_is_turned_in_the_remedy() {
        let error = "20-10".parse::<VlanSet>().unwrap_err();
        assert_eq!(error.remedy(), Some("\"10-20\" is possible."));
    }
}
