// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Tables that fit the terminal. Pure: cells in, text out.

use nova_model::topology::natural_order;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::facts::Facts;

/// How a table is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; none where the output is no terminal and
    /// nothing has to fit.
    pub width: Option<usize>,
    /// Whether the headings are set off by colour.
    pub is_coloured: bool,
}

/// Which edge the cells of a column are set at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table: headings, then rows of as many cells.
#[derive(Clone, Debug)]
pub struct Table {
    headings: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

/// Space between two columns.
const GAP: usize = 2;
/// Narrowest a column is made, unless its content is narrower: with less, two
/// addresses or names could no more be told apart.
const NARROWEST: usize = 12;

impl Table {
    /// A table with these headings and no rows.
    #[must_use]
    pub fn new(headings: &[(&'static str, Align)]) -> Self {
        Self {
            headings: headings.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; text that a terminal would act on is escaped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(
            cells
                .into_iter()
                .map(|cell| nova_model::name::printable(&cell))
                .collect(),
        );
    }

    /// Puts the rows in the order people expect of what is in the first
    /// column: `net2` before `net10`.
    pub fn sort(&mut self) {
        self.rows.sort_by(|a, b| match (a.first(), b.first()) {
            (Some(a), Some(b)) => natural_order(a, b),
            (a, b) => a.cmp(&b),
        });
    }

    /// Whether it has no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, a line each row; where the terminal is too narrow for
    /// its columns, the cells of a row below each other.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let widths = self.widths(style.width);
        if style.width.is_some_and(|limit| line_width(&widths) > limit) {
            return self.stacked(style);
        }
        let mut text = String::new();
        let headings: Vec<String> = self
            .headings
            .iter()
            .map(|(heading, _)| (*heading).to_owned())
            .collect();
        let line = self.line(&headings, &widths);
        if style.is_coloured {
            text.push_str(&format!("\x1b[1m{line}\x1b[0m\n"));
        } else {
            text.push_str(&line);
            text.push('\n');
        }
        for row in &self.rows {
            text.push_str(&self.line(row, &widths));
            text.push('\n');
        }
        text
    }

    fn stacked(&self, style: Style) -> String {
        let headings = self.headings.iter().map(|(heading, _)| *heading);
        let rows = self.rows.iter().map(|row| {
            let facts: Facts = headings.clone().zip(row.iter().cloned()).collect();
            facts.render(style)
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.iter().zip(widths).zip(&self.headings) {
            if !line.is_empty() {
                line.push_str(&" ".repeat(GAP));
            }
            let cell = elide(cell, *width);
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => line.extend([cell.as_str(), &padding]),
                Align::Right => line.extend([padding.as_str(), &cell]),
            }
        }
        line.trim_end().to_owned()
    }

    /// The widths of the columns: what the content needs, the widest columns
    /// narrowed until the line fits.
    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .headings
            .iter()
            .enumerate()
            .map(|(at, (heading, _))| {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                let widest = cells.map(|cell| cell.width()).max().unwrap_or(0);
                widest.max(heading.width())
            })
            .collect();
        let Some(limit) = limit else { return widths };
        while line_width(&widths) > limit {
            let Some(widest) = widths.iter_mut().max() else {
                break;
            };
            if *widest <= NARROWEST {
                break;
            }
            *widest -= 1;
        }
        widths
    }
}

/// Columns of a line whose cells are as wide as these.
fn line_width(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// The text in at most so many columns, the middle left out where it is
/// longer: both ends of a name tell more than its beginning.
fn elide(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let tail_room = room / 2;
    let head = take(text.chars(), room - tail_room);
    let tail: String = take(text.chars().rev(), tail_room).chars().rev().collect();
    format!("{head}…{tail}")
}

fn take(chars: impl Iterator<Item = char>, room: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[
            ("NAME", Align::Left),
            ("PORTS", Align::Right),
            ("ADDRESSES", Align::Left),
        ]);
        table.row(["br0".into(), "3".into(), "192.0.2.5/24".into()]);
        table.row([
            "a-very-long-name".into(),
            "12".into(),
            "2001:db8:1234:5678:9abc:def0:1234:5678/64, 192.0.2.200/24".into(),
        ]);
        table.row(["e\x1b[31m".into(), "0".into(), "網路".into()]);
        table
    }

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut table = Table::new(&[("NAME", Align::Left)]);
        for name in ["net10", "br0", "net2"] {
            table.row([name.into()]);
        }
        table.sort();
        assert_eq!(table.render(Style::default()), "NAME\nbr0\nnet2\nnet10\n");
    }

    #[test]
    fn a_pipe_gets_everything() {
        insta::assert_snapshot!(table().render(Style::default()));
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        let style = Style {
            width: Some(48),
            is_coloured: false,
        };
        let text = table().render(style);
        assert!(text.lines().all(|line| line.width() <= 48), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_terminal_without_room_for_the_columns_gets_the_cells_below_each_other() {
        let style = Style {
            width: Some(22),
            is_coloured: true,
        };
        let text = table().render(style);
        assert!(text.lines().all(|line| line.width() <= 22), "{text}");
        assert!(text.starts_with("NAME       br0\nPORTS      3\n"), "{text}");
        assert!(
            text.contains("\n\nNAME       a-very-long\n           -name\n"),
            "{text}"
        );
    }

    #[test]
    fn the_middle_of_a_long_text_is_left_out() {
        assert_eq!(elide("abcdefghij", 5), "ab…ij");
        assert_eq!(elide("abcdefghij", 1), "…");
        assert_eq!(elide("abc", 3), "abc");
        assert_eq!(elide("網路網路網路", 7), "網…路");
    }

    #[test]
    fn no_width_is_too_small() {
        for width in 0..60 {
            let style = Style {
                width: Some(width),
                is_coloured: true,
            };
            assert!(!table().render(style).is_empty());
        }
    }
}
