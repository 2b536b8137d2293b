// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Rows of lists without Qt: what a row holds, and how one list of rows
//! becomes the next with as little movement on screen as possible.

use std::collections::HashSet;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i32),
    /// A length or another number of any size.
    Number(f64),
    /// A time in seconds since 1970, 0 for never.
    Time(u64),
    /// A yes or a no.
    Flag(bool),
    /// A list of texts.
    Words(Vec<String>),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Whole(i32::try_from(number).unwrap_or(i32::MAX))
    }
}

impl From<Vec<String>> for Cell {
    fn from(words: Vec<String>) -> Self {
        Self::Words(words)
    }
}

/// A row: who it is, what it shows, by what it is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The same for the same object from one picture to the next.
    pub key: String,
    /// The values, in the order of the model's roles.
    pub cells: Vec<Cell>,
    /// What a search looks into, lower case.
    pub needle: String,
}

/// The texts of these cells, lower case, a line each.
fn texts<'a>(cells: impl Iterator<Item = &'a Cell>) -> String {
    let mut texts = String::new();
    for cell in cells {
        let words = match cell {
            Cell::Text(text) => std::slice::from_ref(text),
            Cell::Words(words) => words.as_slice(),
            Cell::Whole(_) | Cell::Number(_) | Cell::Time(_) | Cell::Flag(_) => &[],
        };
        for word in words {
            texts.push_str(&word.to_lowercase());
            texts.push('\n');
        }
    }
    texts
}

impl Row {
    /// A row found by everything that is text in it.
    #[must_use]
    pub fn new(key: impl Into<String>, cells: Vec<Cell>) -> Self {
        let needle = texts(cells.iter());
        Self {
            key: key.into(),
            cells,
            needle,
        }
    }

    /// The row found by the values in these places alone.
    #[must_use]
    pub fn found_by(mut self, places: &[usize]) -> Self {
        self.needle = texts(places.iter().filter_map(|at| self.cells.get(*at)));
        self
    }

    /// Whether every word of the search occurs in it.
    #[must_use]
    pub fn matches(&self, filter: &str) -> bool {
        filter
            .to_lowercase()
            .split_whitespace()
            .all(|word| self.needle.contains(word))
    }
}

/// One movement of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Everything is different.
    Reset,
    /// Rows `first..=last` of the list as it is now go.
    Remove { first: usize, last: usize },
    /// Rows `first..=last` of the next list come.
    Insert { first: usize, last: usize },
    /// The row at this place, of both lists by then, shows other values.
    Change { row: usize },
}

/// The movements that turn `shown` into `next`, in their order.
#[must_use]
pub fn edits(shown: &[Row], next: &[Row]) -> Vec<Edit> {
    let kept: HashSet<&str> = next.iter().map(|row| row.key.as_str()).collect();
    let known: HashSet<&str> = shown.iter().map(|row| row.key.as_str()).collect();
    let staying: Vec<&Row> = shown
        .iter()
        .filter(|row| kept.contains(&*row.key))
        .collect();
    let old: Vec<&Row> = next
        .iter()
        .filter(|row| known.contains(&*row.key))
        .collect();
    let in_order = kept.len() == next.len()
        && known.len() == shown.len()
        && staying
            .iter()
            .map(|row| &row.key)
            .eq(old.iter().map(|row| &row.key));
    if !in_order || (old.is_empty() && !shown.is_empty()) {
        return vec![Edit::Reset];
    }
    let gone = spans(shown, |row| !kept.contains(&*row.key));
    let come = spans(next, |row| !known.contains(&*row.key));
    let mut edits: Vec<Edit> = gone
        .into_iter()
        .rev()
        .map(|(first, last)| Edit::Remove { first, last })
        .collect();
    edits.extend(
        come.into_iter()
            .map(|(first, last)| Edit::Insert { first, last }),
    );
    let changed: HashSet<&str> = staying
        .iter()
        .zip(&old)
        .filter(|(before, after)| before.cells != after.cells)
        .map(|(row, _)| row.key.as_str())
        .collect();
    edits.extend(
        next.iter()
            .enumerate()
            .filter(|(_, row)| changed.contains(&*row.key))
            .map(|(row, _)| Edit::Change { row }),
    );
    edits
}

/// Runs of rows for which `wanted` holds.
fn spans(rows: &[Row], wanted: impl Fn(&Row) -> bool) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (at, _) in rows.iter().enumerate().filter(|(_, row)| wanted(row)) {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => spans.push((at, at)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        text.split_whitespace()
            .map(|word| {
                let (key, cell) = word.split_once('=').unwrap_or((word, ""));
                Row::new(key, vec![cell.into()])
            })
            .collect()
    }

    /// Does to a list what a model does with the movements.
    fn replay(mut shown: Vec<Row>, next: &[Row]) -> Vec<Row> {
        for edit in edits(&shown, next) {
            match edit {
                Edit::Reset => shown = next.to_vec(),
                Edit::Remove { first, last } => drop(shown.drain(first..=last)),
                Edit::Insert { first, last } => {
                    shown.splice(first..first, next[first..=last].iter().cloned());
                }
                Edit::Change { row } => shown[row] = next[row].clone(),
            }
        }
        shown
    }

    #[test]
    fn every_list_becomes_the_next_by_its_movements() {
        let lists = [
            "",
            "a",
            "b",
            "a b",
            "b a",
            "a=1 b",
            "a b c d",
            "b d",
            "x a y b=2 z",
            "a c b",
            "d=1 e f",
        ];
        for from in lists {
            for to in lists {
                assert_eq!(
                    replay(rows(from), &rows(to)),
                    rows(to),
                    "{from:?} to {to:?}"
                );
            }
        }
    }

    #[test]
    fn only_the_row_that_changed_is_touched() {
        assert_eq!(
            edits(&rows("a b=1 c"), &rows("a b=2 c")),
            [Edit::Change { row: 1 }]
        );
        assert_eq!(edits(&rows("a b"), &rows("a b")), []);
    }

    #[test]
    fn a_new_neighbour_moves_nobody() {
        assert_eq!(
            edits(&rows("a c"), &rows("a b c")),
            [Edit::Insert { first: 1, last: 1 }]
        );
    }

    #[test]
    fn a_search_finds_every_word_anywhere() {
        let row = Row::new(
            "br0",
            vec!["br0".into(), "Linux bridge · 192.0.2.5/24".into()],
        );
        assert!(row.matches(""));
        assert!(row.matches("192.0 LINUX"));
        assert!(!row.matches("br0 ovs"));
    }

    #[test]
    fn a_search_finds_nothing_in_what_it_is_not_to_look_into() {
        let row = Row::new("br0", vec!["br0".into(), "icon-network".into()]);
        assert!(row.matches("network"));
        let row = row.found_by(&[0, 7]);
        assert!(row.matches("BR"));
        assert!(!row.matches("network"));
    }
}
