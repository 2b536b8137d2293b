// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Lines of a label and a value that fit the terminal. Pure: facts in, text
//! out.

use nova_model::name::printable;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::table::Style;

/// Space between labels and values.
const GAP: usize = 2;
/// Narrowest that values are made.
const NARROWEST: usize = 8;

/// What is to be said of one thing, in the order in which it is added.
#[derive(Clone, Debug, Default)]
pub struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// Adds a fact.
    pub fn add(&mut self, label: &'static str, value: impl Into<String>) {
        self.0.push((label, value.into()));
    }

    /// Adds a fact where there is one.
    pub fn add_some(&mut self, label: &'static str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.add(label, value);
        }
    }

    /// The facts as text, the values below each other. On a terminal a value
    /// that is longer than its line goes on in the next: nothing of it is left
    /// out. Text that a terminal would act on is escaped.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let labels = self.0.iter().map(|(label, _)| label.width());
        let indent = labels.max().unwrap_or(0) + GAP;
        let room = style
            .width
            .map(|width| width.saturating_sub(indent).max(NARROWEST));
        let mut text = String::new();
        for (label, value) in &self.0 {
            let value = printable(value);
            let parts = room.map_or_else(|| vec![value.clone()], |room| wrap(&value, room));
            for (at, part) in parts.iter().enumerate() {
                let label = if at == 0 { label } else { "" };
                let line = format!("{label:indent$}{part}");
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }
}

impl FromIterator<(&'static str, String)> for Facts {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(facts: I) -> Self {
        Self(facts.into_iter().collect())
    }
}

/// The text in lines of at most so many columns: broken between words, and
/// within one that is longer than a line.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if line.width() + c.width().unwrap_or(0) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        [
            ("Name", "br0".to_owned()),
            ("Addresses", "192.0.2.5/24, 192.0.2.6/24".to_owned()),
            ("UUID", "0123456789abcdef0123456789abcdef".to_owned()),
            ("Alias", "\x1b[2J".to_owned()),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn a_pipe_gets_a_line_for_each() {
        let text = facts().render(Style::default());
        assert_eq!(text.lines().count(), 4);
        assert!(
            text.contains("Addresses  192.0.2.5/24, 192.0.2.6/24\n"),
            "{text}"
        );
        assert!(text.contains("Alias      \\x1b[2J\n"), "{text}");
    }

    #[test]
    fn what_is_longer_than_the_line_goes_on_below() {
        let style = Style {
            width: Some(28),
            is_coloured: false,
        };
        let wanted = "Name       br0
Addresses  192.0.2.5/24,
           192.0.2.6/24
UUID       0123456789abcdef0
           123456789abcdef
Alias      \\x1b[2J
";
        assert_eq!(facts().render(style), wanted);
    }

    #[test]
    fn no_width_is_too_small() {
        for width in 0..20 {
            let style = Style {
                width: Some(width),
                is_coloured: false,
            };
            assert!(facts().render(style).contains("Name       br0\n"));
        }
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("網路網路網路", 7), ["網路網", "路網路"]);
    }
}
