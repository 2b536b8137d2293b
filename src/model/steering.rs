// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Receive packet steering: on which CPUs of the host what arrives at a link is
//! processed, for each queue it arrives in.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::state::HostState;

/// Highest CPU number of any kernel (`NR_CPUS` at most 8192).
const MAX_CPU: u16 = 8191;
/// What is said where no CPU is chosen.
const NONE: &str = "none";
/// Bits of one group of a mask as the kernel writes it.
const GROUP: u16 = 32;

/// A set of CPUs by number; text and JSON give it as a list: `0-3,6`. The empty
/// one, `none`, means that what arrives stays on the CPU that took it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct CpuSet(BTreeSet<u16>);

impl CpuSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Reads a mask: hexadecimal digits, with or without `0x` in front and
    /// commas between groups of 32 bits (`0x0F`, `1,00000000`), or `none`.
    ///
    /// # Errors
    /// `InvalidValue` for anything else.
    pub fn from_mask(text: &str) -> Result<Self> {
        let refused = || {
            NovaError::invalid(
                "cpu-mask",
                text,
                "hexadecimal digits, a bit for each CPU: 0x0F is CPUs 0 to 3; 0 or none for none",
            )
        };
        if text == NONE {
            return Ok(Self::new());
        }
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let groups: Vec<&str> = digits.unwrap_or(text).split(',').collect();
        // Without commas the digits are one number of any length.
        let is_grouped = groups.len() > 1;
        let mut cpus = BTreeSet::new();
        for (at, group) in groups.iter().rev().enumerate() {
            if group.is_empty() || is_grouped && group.len() > usize::from(GROUP / 4) {
                return Err(refused());
            }
            for (place, digit) in group.chars().rev().enumerate() {
                let digit = digit.to_digit(16).ok_or_else(refused)?;
                let first = at * usize::from(GROUP) + place * 4;
                for bit in (0..4).filter(|bit| digit & (1 << bit) != 0) {
                    let cpu = u16::try_from(first + bit).map_err(|_| refused())?;
                    cpus.insert(cpu);
                }
            }
        }
        match cpus.last() {
            Some(last) if *last > MAX_CPU => Err(refused()),
            _ => Ok(Self(cpus)),
        }
    }

    /// The mask as the kernel reads and writes it: `f`, `1,00000000`.
    #[must_use]
    pub fn mask(&self) -> String {
        let groups = self.0.last().map_or(0, |last| last / GROUP);
        let group = |at: u16| {
            let bits = self.0.range(at * GROUP..(at + 1) * GROUP);
            bits.fold(0u32, |mask, cpu| mask | 1 << (cpu % GROUP))
        };
        let mut text = format!("{:x}", group(groups));
        for at in (0..groups).rev() {
            text.push_str(&format!(",{:08x}", group(at)));
        }
        text
    }

    /// Whether no CPU is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many CPUs are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }

    /// Those that are in `other`, too.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }
}

impl FromStr for CpuSet {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || {
            NovaError::invalid(
                "cpus",
                text,
                "CPUs and ranges of them: 0-3,6; none for none",
            )
        };
        if text == NONE {
            return Ok(Self::new());
        }
        let mut cpus = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = is_number.then(|| text.parse::<u16>().ok()).flatten();
                number.filter(|cpu| *cpu <= MAX_CPU).ok_or_else(refused)
            };
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(refused());
            }
            cpus.extend(first..=last);
        }
        Ok(Self(cpus))
    }
}

impl TryFrom<String> for CpuSet {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<CpuSet> for String {
    fn from(cpus: CpuSet) -> Self {
        cpus.to_string()
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for cpu in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == *cpu => *last = *cpu,
                _ => ranges.push((*cpu, *cpu)),
            }
        }
        let words: Vec<String> = ranges
            .into_iter()
            .map(|(first, last)| match first == last {
                true => first.to_string(),
                false => format!("{first}-{last}"),
            })
            .collect();
        f.pad(
            match words.is_empty() {
                true => NONE.to_owned(),
                false => words.join(","),
            }
            .as_str(),
        )
    }
}

/// The CPUs of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Cpus {
    /// Those that run; empty where it is not known.
    pub online: CpuSet,
    /// Those of them that the kernel was told to keep free of such work.
    pub isolated: CpuSet,
}

/// The masks of the queues of a link in words: `0-3`, or each queue's where
/// they differ.
#[must_use]
pub fn phrase(queues: &[CpuSet]) -> String {
    match queues {
        [] => NONE.to_owned(),
        [first, rest @ ..] if rest.iter().all(|other| other == first) => first.to_string(),
        queues => {
            let words: Vec<String> = queues
                .iter()
                .enumerate()
                .map(|(at, cpus)| format!("{cpus} for queue {at}"))
                .collect();
            words.join("; ")
        }
    }
}

/// The link itself and everything below it at which frames come in: the
/// ports of a switch, the members of a bond that is one. What arrives at a switch is
/// processed on the CPUs of these.
#[must_use]
pub fn entrances<'a>(state: &'a HostState, link: &'a Link) -> Vec<&'a Link> {
    let mut seen = BTreeSet::from([link.index]);
    let mut found = vec![link];
    let mut at = 0;
    while let Some(above) = found.get(at).copied() {
        at += 1;
        let outer = state.ovs.bridge(&above.name.to_string());
        let names = outer
            .into_iter()
            .flat_map(|bridge| bridge.ports.iter())
            .flat_map(|port| port.interfaces.keys());
        let below = state
            .ports_of(above.index)
            .chain(names.filter_map(|name| state.link(name)));
        for link in below {
            if !matches!(link.kind, LinkKind::Vlan { .. }) && seen.insert(link.index) {
                found.push(link);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(text: &str) -> CpuSet {
        text.parse().unwrap()
    }

    #[test]
    fn masks_are_read_in_every_form_a_person_writes() {
        for (mask, cpus) in [
            ("0x0F", "0-3"),
            ("0f", "0-3"),
            ("0X4f", "0-3,6"),
            ("0", "none"),
            ("00000000,00000000", "none"),
            ("none", "none"),
            ("1,00000000", "32"),
            ("0x100000000", "32"),
            ("8,00000000,00000001", "0,67"),
        ] {
            assert_eq!(CpuSet::from_mask(mask).unwrap(), list(cpus), "{mask}");
        }
    }

    #[test]
    fn what_is_no_mask_or_list_is_refused() {
        for mask in [
            "",
            "0x",
            "g",
            "-1",
            "0x-f",
            "f,",
            ",f",
            "1,000000000",
            "f f",
            "+f",
            "all",
        ] {
            let error = CpuSet::from_mask(mask).unwrap_err();
            assert_eq!(error.field(), Some("cpu-mask"), "{mask}");
        }
        assert!(CpuSet::from_mask(&format!("1{}", "0".repeat(2048))).is_err());
        assert!(CpuSet::from_mask(&"f".repeat(100_000)).is_err());
        for cpus in [
            "", "3-0", "0-", "-3", "0x1", "8192", "70000", "1,,2", "+1", " 1",
        ] {
            let error = cpus.parse::<CpuSet>().unwrap_err();
            assert_eq!(error.field(), Some("cpus"), "{cpus}");
        }
    }

    #[test]
    fn queues_that_differ_are_told_apart() {
        assert_eq!(phrase(&[list("0-3"), list("0-3")]), "0-3");
        assert_eq!(
            phrase(&[list("0"), list("none")]),
            "0 for queue 0; none for queue 1"
        );
    }

    proptest! {
        #[test]
        fn a_set_reads_back_from_its_mask_and_its_list(cpus in prop::collection::btree_set(0..=MAX_CPU, 0..40)) {
            let set = CpuSet(cpus);
            prop_assert_eq!(&CpuSet::from_mask(&set.mask()).unwrap(), &set);
            prop_assert_eq!(&list(&set.to_string()), &set);
        }

        #[test]
        fn no_text_brings_the_reader_down(text in "\\PC{0,40}") {
            let _ = CpuSet::from_mask(&text);
            let _ = text.parse::<CpuSet>();
        }
    }
}
