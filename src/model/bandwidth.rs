// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Rates and amounts of data as a person writes them. Units are demanded and
//! mean one thing: `tc` reads `mbps` as megabytes, libvirt counts kilobytes,
//! Open vSwitch kilobits, and none of them says so.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};

/// A rate in bit/s. As text with a decimal unit: `100Mbps`, `1.5Gbit/s`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct BitRate(pub u64);

/// An amount of data in bytes. As text with a decimal or binary unit: `10MB`,
/// `64KiB`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl BitRate {
    /// So many Mbit/s, as cards tell their speed.
    #[must_use]
    pub const fn of_megabits(megabits: u32) -> Self {
        Self(megabits as u64 * 1_000_000)
    }

    /// The rate in whole kbit/s, rounded up so that it is never 0 where a rate
    /// is asked for.
    #[must_use]
    pub const fn kilobits(self) -> u64 {
        self.0.div_ceil(1000)
    }
}

impl ByteSize {
    /// The amount in bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0.saturating_mul(8)
    }

    /// The amount in whole kilobits, rounded up.
    #[must_use]
    pub const fn kilobits(self) -> u64 {
        self.bits().div_ceil(1000)
    }
}

const RATE: &str = "a number with a unit in bits: 500kbps, 100Mbps, 2.5Gbps";
const SIZE: &str = "a number with a unit in bytes: 1500B, 64KiB, 10MB";

impl FromStr for BitRate {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let (number, unit) = parts(text).ok_or_else(|| NovaError::invalid("rate", text, RATE))?;
        let bytes = ["Bps", "B/s", "byte/s"]
            .into_iter()
            .find_map(|word| unit.strip_suffix(word));
        if let Some(exponent) = bytes.and_then(decimal) {
            let error = NovaError::invalid("rate", text, "\"B\" is bytes, rates are in bits");
            return Err(
                match scaled(number, exponent).and_then(|n| n.checked_mul(8)) {
                    Some(bits) => error.with_remedy(format!("Write {}.", Self(bits).compact())),
                    None => error,
                },
            );
        }
        ["bps", "bit/s", "b/s", "bit"]
            .into_iter()
            .find_map(|word| unit.strip_suffix(word))
            .and_then(decimal)
            .and_then(|exponent| scaled(number, exponent))
            .filter(|bits| *bits > 0)
            .map(Self)
            .ok_or_else(|| NovaError::invalid("rate", text, RATE))
    }
}

impl FromStr for ByteSize {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || NovaError::invalid("size", text, SIZE);
        let (number, unit) = parts(text).ok_or_else(refused)?;
        let binary = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
        if let Some((_, factor)) = binary.into_iter().find(|(word, _)| *word == unit) {
            let whole: u64 = number.parse().map_err(|_| refused())?;
            return whole.checked_mul(factor).map(Self).ok_or_else(refused);
        }
        if unit.ends_with('b') || unit.ends_with("bit") {
            return Err(
                NovaError::invalid("size", text, "\"b\" is bits, amounts are in bytes")
                    .with_remedy("Write a capital B: 10MB."),
            );
        }
        unit.strip_suffix('B')
            .and_then(decimal)
            .and_then(|exponent| scaled(number, exponent))
            .map(Self)
            .ok_or_else(refused)
    }
}

/// The number and the unit behind it.
fn parts(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    (!number.is_empty()).then(|| (number, unit.trim_start_matches(' ')))
}

/// The power of ten of a decimal prefix.
fn decimal(prefix: &str) -> Option<u32> {
    match prefix {
        "" => Some(0),
        "k" | "K" => Some(3),
        "M" => Some(6),
        "G" => Some(9),
        "T" => Some(12),
        _ => None,
    }
}

/// A number such as `2.5` times a power of ten, where that is whole.
fn scaled(number: &str, exponent: u32) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (fraction.is_empty() && number.contains('.')) {
        return None;
    }
    let places = u32::try_from(fraction.len()).ok()?;
    let left = exponent.checked_sub(places)?;
    let digits: u64 = format!("{whole}{fraction}").parse().ok()?;
    digits.checked_mul(10_u64.checked_pow(left)?)
}

/// The largest of these units that divides the value.
fn in_unit(value: u64, units: &[(&'static str, u64)]) -> (u64, &'static str) {
    units
        .iter()
        .find(|(_, factor)| value >= *factor && value.is_multiple_of(*factor))
        .map_or((value, ""), |(unit, factor)| (value / factor, unit))
}

const DECIMAL: [(&str, u64); 4] = [
    ("T", 1_000_000_000_000),
    ("G", 1_000_000_000),
    ("M", 1_000_000),
    ("k", 1_000),
];

impl BitRate {
    /// The rate as it can be typed again: `100Mbps`.
    #[must_use]
    pub fn compact(self) -> String {
        let (number, unit) = in_unit(self.0, &DECIMAL);
        format!("{number}{unit}bps")
    }
}

impl ByteSize {
    /// The size as it can be typed again: `64KiB`.
    #[must_use]
    pub fn compact(self) -> String {
        let (number, unit) = in_unit(self.0, &DECIMAL);
        match (unit, self.0) {
            ("", 1024..) if self.0.is_multiple_of(1024) => format!("{}KiB", self.0 / 1024),
            _ => format!("{number}{unit}B"),
        }
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = in_unit(self.0, &DECIMAL);
        write!(f, "{number} {unit}bit/s")
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = in_unit(self.0, &DECIMAL);
        match (unit, self.0) {
            ("", 1024..) if self.0.is_multiple_of(1024) => write!(f, "{} KiB", self.0 / 1024),
            ("", _) => write!(f, "{number} bytes"),
            _ => write!(f, "{number} {unit}B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_decimal_bits() {
        for (text, bits) in [
            ("100Mbps", 100_000_000),
            ("100Mbit/s", 100_000_000),
            ("2.5Gbps", 2_500_000_000),
            ("500kbit", 500_000),
            ("9 kb/s", 9_000),
            ("1bps", 1),
        ] {
            assert_eq!(text.parse(), Ok(BitRate(bits)), "{text}");
        }
        assert_eq!(BitRate(100_000_000).to_string(), "100 Mbit/s");
        assert_eq!(BitRate(1_500_000).to_string(), "1500 kbit/s");
    }

    #[test]
    fn a_rate_without_a_clear_unit_is_refused() {
        for text in [
            "100",
            "100m",
            "100mbps",
            "Mbps",
            "-1Mbps",
            "1e3bps",
            "0Mbps",
            "1.Mbps",
            ".5Mbps",
            "100Mbps ",
            "1.5bps",
            "99999999999Tbps",
            "1..5Mbps",
            "",
        ] {
            assert!(text.parse::<BitRate>().is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_as_a_rate_are_refused_with_the_bits() {
        let error = "100MB/s".parse::<BitRate>().unwrap_err();
        assert_eq!(error.remedy(), Some("Write 800Mbps."));
    }

    #[test]
    fn sizes_are_bytes_decimal_or_binary() {
        for (text, bytes, shown) in [
            ("10MB", 10_000_000, "10 MB"),
            ("64KiB", 65_536, "64 KiB"),
            ("1500B", 1500, "1500 bytes"),
            ("1.5kB", 1500, "1500 bytes"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!(size, ByteSize(bytes), "{text}");
            assert_eq!(size.to_string(), shown);
            assert_eq!(size.compact().parse(), Ok(size), "{text}");
        }
        assert_eq!("10MB".parse::<ByteSize>().unwrap().kilobits(), 80_000);
    }

    #[test]
    fn bits_as_a_size_are_refused() {
        for text in ["10Mb", "10", "10M", "B", "10Mbit", "1.5KiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
