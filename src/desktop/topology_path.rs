// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Courses of links on the pixels of the screen.

/// The path at this scale with its level stretches where a line of `width`
/// pixels covers whole pixels: whole heights for even widths, halves for odd
/// ones. `path` is SVG path data of absolute `M` and `C` commands.
#[must_use]
pub fn scaled(path: &str, factor: f64, width: f64) -> String {
    let offset = match width.round().rem_euclid(2.0) < 0.5 {
        true => 0.0,
        false => 0.5,
    };
    let mut scaled = String::with_capacity(path.len());
    let mut is_height = false;
    for word in path.split_ascii_whitespace() {
        if !scaled.is_empty() {
            scaled.push(' ');
        }
        let Ok(number) = word.parse::<f64>() else {
            scaled.push_str(word);
            is_height = false;
            continue;
        };
        let length = match is_height {
            true => (number * factor).round() + offset,
            false => (number * factor).round(),
        };
        scaled.push_str(&length.to_string());
        is_height = !is_height;
    }
    scaled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thin_line_lies_on_the_middle_of_its_pixels() {
        assert_eq!(
            scaled("M 0 10 C 4 10 4 21 8 21", 1.0, 1.0),
            "M 0 10.5 C 4 10.5 4 21.5 8 21.5"
        );
        assert_eq!(
            scaled("M 0 10 C 4 10 4 21 8 21", 1.0, 2.0),
            "M 0 10 C 4 10 4 21 8 21"
        );
    }

    #[test]
    fn what_is_level_stays_level_at_any_scale() {
        assert_eq!(
            scaled("M 3 10 C 6 10 6 10 9 10", 0.71, 1.0),
            "M 2 7.5 C 4 7.5 4 7.5 6 7.5"
        );
    }
}
