// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Numbers as people read and write them.

use std::time::Duration;

use nova_model::plan::CONFIRM_RANGE;

/// A rate with three digits and a decimal unit: `12.4 Mbit/s`.
#[must_use]
pub fn bit_rate(bits_per_second: f64) -> String {
    const UNITS: [&str; 5] = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
    let mut value = bits_per_second.max(0.0);
    let mut unit = 0;
    while value >= 999.5 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or_default();
    if unit == "bit/s" || value >= 99.95 {
        format!("{value:.0} {unit}")
    } else if value >= 9.995 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.2} {unit}")
    }
}

/// A time span as it is typed: `90`, `90s`, `5m`, `1h`; up to a day.
///
/// # Errors
/// What is allowed, as a sentence.
pub fn duration(text: &str) -> Result<Duration, String> {
    let fail = || "a number with s, m or h: 30s, 5m".to_owned();
    let (digits, factor) = match text.char_indices().next_back() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 3600),
        _ => (Some(text), 1),
    };
    let number: u64 = digits
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(fail)?;
    match number.checked_mul(factor) {
        Some(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("1 second to 24 hours".to_owned()),
    }
}

/// A whole number as it is typed. What is none, or none of this type, is told the
/// range; within the type the model judges, which knows what else it depends on.
///
/// # Errors
/// What is allowed.
pub fn whole<T: TryFrom<i64>, const FROM: u32, const TO: u32>(text: &str) -> Result<T, String> {
    let number = text.parse::<i64>().ok();
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("a whole number, {FROM} to {TO}"))
}

/// The same of seconds, as `15` or `15s`.
///
/// # Errors
/// What is allowed.
pub fn seconds<T: TryFrom<i64>, const FROM: u32, const TO: u32>(text: &str) -> Result<T, String> {
    whole::<T, FROM, TO>(text.strip_suffix('s').unwrap_or(text))
        .map_err(|_| format!("whole seconds, {FROM} to {TO}: {FROM}, or {TO}s"))
}

/// A mask of 16 bits as it is typed: `0x4000` or `16384`.
///
/// # Errors
/// What is allowed, as a sentence.
pub fn mask(text: &str) -> Result<u16, String> {
    let digits = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    match digits {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
    .ok_or_else(|| "16 bits: 0 to 65535 or 0x0 to 0xffff".to_owned())
}

/// How long a change waits to be kept, in seconds: `60s`, `5m`.
///
/// # Errors
/// What is allowed, as a sentence.
pub fn confirm_time(text: &str) -> Result<u32, String> {
    let seconds = duration(text)?.as_secs();
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| CONFIRM_RANGE.contains(seconds))
        .ok_or_else(|| "10 seconds to 10 minutes: 60s, 5m".to_owned())
}

/// Seconds since 1970 as date and time of day in UTC: `2026-11-22 14:03:07`.
#[must_use]
pub fn utc(seconds: u64) -> String {
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(day);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month and day of a number of days since 1970. Counted in years that
/// begin in March, so that the leap day is the last.
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year_of_era + (month <= 2) as u64;
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_keep_is_ten_seconds_to_ten_minutes() {
        assert_eq!(confirm_time("60s"), Ok(60));
        assert_eq!(confirm_time("10m"), Ok(600));
        for wrong in ["9s", "601", "11m", "0", "", "1h", "-60s", "60 s"] {
            assert!(confirm_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_number_of_a_type_is_told_the_range() {
        assert_eq!(whole::<u16, 0, 65_535>("65535"), Ok(65_535));
        assert_eq!(seconds::<u32, 4, 30>("15s"), Ok(15));
        assert_eq!(seconds::<u32, 4, 30>("15"), Ok(15));
        for wrong in ["-1", "65536", "1.5", "0x10", "", " 1", "1 ", "5s"] {
            let told = whole::<u16, 0, 65_535>(wrong).unwrap_err();
            assert!(told.contains("0 to 65535"), "{wrong}: {told}");
        }
        for wrong in ["-1", "-1s", "1500ms", "s", "15 s", "1m", "99999999999s"] {
            let told = seconds::<u32, 4, 30>(wrong).unwrap_err();
            assert!(told.contains("whole seconds, 4 to 30"), "{wrong}: {told}");
        }
    }

    #[test]
    fn rates_have_three_digits() {
        for (rate, shown) in [
            (0.0, "0 bit/s"),
            (-3.0, "0 bit/s"),
            (999.0, "999 bit/s"),
            (999.6, "1.00 kbit/s"),
            (12_345.0, "12.3 kbit/s"),
            (99_960.0, "100 kbit/s"),
            (1_000_000.0, "1.00 Mbit/s"),
            (9_996_000_000.0, "10.0 Gbit/s"),
            (1e15, "1000 Tbit/s"),
        ] {
            assert_eq!(bit_rate(rate), shown, "{rate}");
        }
    }

    #[test]
    fn moments_are_shown_as_dates() {
        for (seconds, shown) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_795_356_187, "2026-11-22 14:03:07"),
            (4_102_444_799, "2099-12-31 23:59:59"),
        ] {
            assert_eq!(utc(seconds), shown);
        }
    }

    #[test]
    fn time_spans_are_read_with_their_unit() {
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for text in [
            "",
            "s",
            "0s",
            "-1s",
            "1d",
            "25h",
            "99999999999999999999",
            "1.5s",
            "٣s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
