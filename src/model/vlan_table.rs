// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The VLANs of a port, and of a bridge as a port of itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::vlan::{VlanId, VlanSet};

/// What a port carries (`bridge vlan show dev vnet0`). Every VLAN is a member;
/// frames of an untagged one leave without a tag; frames that arrive without a
/// tag belong to the PVID.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct VlanTable {
    /// All it is a member of.
    pub members: VlanSet,
    /// Those that leave without a tag; members too.
    pub untagged: VlanSet,
    /// The one of frames that arrive without a tag; a member too.
    pub pvid: Option<VlanId>,
}

/// VLANs from the first to the last that a port treats alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VlanRange {
    /// The lowest.
    pub first: VlanId,
    /// The highest.
    pub last: VlanId,
    /// They leave without a tag.
    pub is_untagged: bool,
    /// Frames without a tag belong to it; then the range has one member.
    pub is_pvid: bool,
}

impl VlanTable {
    /// One VLAN, without tags: what a machine or a card that knows nothing of
    /// VLANs needs.
    #[must_use]
    pub fn access(vlan: VlanId) -> Self {
        let set: VlanSet = std::iter::once(vlan).collect();
        Self {
            members: set.clone(),
            untagged: set,
            pvid: Some(vlan),
        }
    }

    /// VLANs with tags, and perhaps one without.
    #[must_use]
    pub fn trunk(tagged: VlanSet, native: Option<VlanId>) -> Self {
        let mut table = native.map(Self::access).unwrap_or_default();
        table.members.0.extend(tagged.0);
        table
    }

    /// Whether it carries nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A VLAN that is to leave without a tag or to take frames without one, and
    /// is no member: such a table means nothing.
    #[must_use]
    pub fn stray(&self) -> Option<VlanId> {
        let mut all = self.untagged.0.iter().copied().chain(self.pvid);
        all.find(|vlan| !self.members.contains(*vlan))
    }

    /// How it treats a VLAN: whether it carries it, without a tag, as PVID.
    fn treats(&self, vlan: VlanId) -> (bool, bool, bool) {
        (
            self.members.contains(vlan),
            self.untagged.contains(vlan),
            self.pvid == Some(vlan),
        )
    }

    /// Makes a VLAN a member; a PVID takes the place of the one before.
    pub fn add(&mut self, vlan: VlanId, untagged: bool, pvid: bool) {
        self.members.0.insert(vlan);
        if untagged {
            self.untagged.0.insert(vlan);
        } else {
            self.untagged.0.remove(&vlan);
        }
        if pvid {
            self.pvid = Some(vlan);
        } else if self.pvid == Some(vlan) {
            self.pvid = None;
        }
    }

    /// Takes a VLAN away.
    pub fn remove(&mut self, vlan: VlanId) {
        self.members.0.remove(&vlan);
        self.untagged.0.remove(&vlan);
        if self.pvid == Some(vlan) {
            self.pvid = None;
        }
    }

    /// What it carries, in ranges that are treated alike.
    #[must_use]
    pub fn ranges(&self) -> Vec<VlanRange> {
        self.ranges_of(self.members.0.iter().copied())
    }

    fn ranges_of(&self, vlans: impl Iterator<Item = VlanId>) -> Vec<VlanRange> {
        let mut ranges: Vec<VlanRange> = Vec::new();
        for vlan in vlans {
            let (_, is_untagged, is_pvid) = self.treats(vlan);
            match ranges.last_mut() {
                Some(range)
                    if !is_pvid
                        && !range.is_pvid
                        && range.is_untagged == is_untagged
                        && range.last.number() + 1 == vlan.number() =>
                {
                    range.last = vlan;
                }
                _ => ranges.push(VlanRange {
                    first: vlan,
                    last: vlan,
                    is_untagged,
                    is_pvid,
                }),
            }
        }
        ranges
    }

    /// What must be added or treated otherwise so that this becomes `wanted`.
    #[must_use]
    pub fn additions(&self, wanted: &Self) -> Vec<VlanRange> {
        // Another PVID takes the place of the one before by itself.
        let moves = wanted.pvid.is_some() && self.pvid != wanted.pvid;
        let other = |vlan: &VlanId| {
            let (was, is) = (self.treats(*vlan), wanted.treats(*vlan));
            was != is && !(moves && self.pvid == Some(*vlan) && (was.0, was.1) == (is.0, is.1))
        };
        wanted.ranges_of(wanted.members.0.iter().copied().filter(other))
    }

    /// What must be taken away so that this becomes `wanted`.
    #[must_use]
    pub fn removals(&self, wanted: &Self) -> VlanSet {
        self.members
            .0
            .iter()
            .copied()
            .filter(|vlan| !wanted.members.contains(*vlan))
            .collect()
    }

    /// Whether this is the membership the kernel gives with a default VLAN.
    pub(crate) fn has_default(&self, vlan: VlanId) -> bool {
        self.pvid == Some(vlan) && self.untagged.contains(vlan)
    }
}

impl VlanRange {
    /// The flags of `bridge vlan add`.
    #[must_use]
    pub const fn flags(&self) -> &'static str {
        match (self.is_pvid, self.is_untagged) {
            (true, true) => " pvid untagged",
            (true, false) => " pvid",
            (false, true) => " untagged",
            (false, false) => "",
        }
    }
}

impl fmt::Display for VlanRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        if self.first != self.last {
            write!(f, "-{}", self.last)?;
        }
        Ok(())
    }
}

impl fmt::Display for VlanTable {
    /// `1 native, 7 untagged, 100-110 tagged`; `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (at, range) in self.ranges().iter().enumerate() {
            let word = match (range.is_pvid, range.is_untagged) {
                (true, true) => "native",
                (true, false) => "native, tagged on the way out",
                (false, true) => "untagged",
                (false, false) => "tagged",
            };
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{range} {word}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vlan(number: u16) -> VlanId {
        VlanId::new(number).unwrap()
    }

    #[test]
    fn a_trunk_says_what_it_carries() {
        let table = VlanTable::trunk("100-110,200".parse().unwrap(), Some(vlan(1)));
        assert_eq!(table.to_string(), "1 native, 100-110 tagged, 200 tagged");
        assert_eq!(VlanTable::default().to_string(), "none");
    }

    #[test]
    fn a_table_whose_native_vlan_is_no_member_means_nothing() {
        let mut table = VlanTable::access(vlan(1));
        assert_eq!(table.stray(), None);
        table.members.0.clear();
        assert_eq!(table.stray(), Some(vlan(1)));
    }

    #[test]
    fn a_native_vlan_is_never_part_of_a_range() {
        let table = VlanTable::trunk("1-5".parse().unwrap(), Some(vlan(3)));
        let shown: Vec<String> = table.ranges().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["1-2", "3", "4-5"]);
    }

    #[test]
    fn another_native_vlan_is_added_before_the_first_goes() {
        let (from, to) = (VlanTable::access(vlan(1)), VlanTable::access(vlan(100)));
        assert_eq!(from.additions(&to).len(), 1);
        assert_eq!(from.removals(&to).to_string(), "1");
    }

    fn table() -> impl Strategy<Value = VlanTable> {
        let members = proptest::collection::btree_map(1u16..40, any::<bool>(), 0..20);
        (members, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(members, at, has)| {
            let mut table = VlanTable::default();
            for (number, untagged) in &members {
                table.add(vlan(*number), *untagged, false);
            }
            if has && !members.is_empty() {
                table.pvid = table.members.0.iter().nth(at.index(members.len())).copied();
            }
            table
        })
    }

    proptest! {
        #[test]
        fn additions_and_removals_lead_from_one_table_to_the_other(
            from in table(), to in table()
        ) {
            let mut now = from.clone();
            // In the order in which the kernel is told, the lowest first.
            for range in from.additions(&to) {
                for number in range.first.number()..=range.last.number() {
                    now.add(vlan(number), range.is_untagged, range.is_pvid);
                }
            }
            for gone in from.removals(&to).0 {
                now.remove(gone);
            }
            prop_assert_eq!(now, to);
        }
    }
}
