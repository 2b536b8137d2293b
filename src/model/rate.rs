// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Rates as people read them: decimal units of bit/s, three significant digits.

/// The rate with its unit: `0 b/s`, `980 b/s`, `12.4 Mb/s`. Takes bit/s;
/// anything that is not a positive number counts as 0.
#[must_use]
pub fn format_rate(bits_per_second: f64) -> String {
    const UNITS: [&str; 5] = ["b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s"];
    let mut value = match bits_per_second.is_finite() && bits_per_second > 0.0 {
        true => bits_per_second,
        false => 0.0,
    };
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    // 999.5 would be rounded to 1000.
    while value >= 999.5 {
        let Some(next) = units.next() else {
            break;
        };
        value /= 1000.0;
        unit = next;
    }
    let decimals = match value {
        _ if unit == "b/s" => 0,
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

/// The smallest of 1, 2, 5, 10, 20, 50, … that is not below the value; 1 for
/// everything up to 1.
#[must_use]
pub fn step_at_least(value: f64) -> f64 {
    if !value.is_finite() || value <= 1.0 {
        return 1.0;
    }
    let decade = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * decade);
    steps
        .into_iter()
        // Rounding must not push 5 000 000 to the next step.
        .find(|step| *step >= value * (1.0 - 1e-9))
        .unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_have_three_significant_digits() {
        let cases = [
            (0.0, "0 b/s"),
            (0.4, "0 b/s"),
            (980.0, "980 b/s"),
            (999.6, "1.00 kb/s"),
            (1_000.0, "1.00 kb/s"),
            (9_994.0, "9.99 kb/s"),
            (9_996.0, "10.0 kb/s"),
            (12_400_000.0, "12.4 Mb/s"),
            (99_960_000.0, "100 Mb/s"),
            (940e6, "940 Mb/s"),
            (25e9, "25.0 Gb/s"),
            (3e16, "30000 Tb/s"),
            (-5.0, "0 b/s"),
            (f64::NAN, "0 b/s"),
            (f64::INFINITY, "0 b/s"),
        ];
        for (rate, text) in cases {
            assert_eq!(format_rate(rate), text);
        }
    }

    #[test]
    fn steps_are_one_two_five() {
        let cases = [
            (0.0, 1.0),
            (1.1, 2.0),
            (3.0, 5.0),
            (5.0, 5.0),
            (7.0, 10.0),
            (1_200_000.0, 2_000_000.0),
            (5_000_000.0, 5_000_000.0),
        ];
        for (value, step) in cases {
            assert_eq!(step_at_least(value), step);
        }
    }

    proptest! {
        #[test]
        fn a_step_is_never_below_and_never_far_above(value in 1.0..1e12_f64) {
            let step = step_at_least(value);
            prop_assert!(step >= value * 0.999_999 && step <= value * 2.5001);
        }
    }
}
