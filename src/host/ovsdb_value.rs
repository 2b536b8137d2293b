// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Rows and values of the database (RFC 7047, 5.1). A set of one value is
//! written as that value; a value of another type than asked for reads as
//! nothing.

use std::collections::BTreeMap;

use nova_model::ovs_conf::{Pairs, RowId};
use serde_json::{Map, Value, json};

/// A row: values by column.
pub(crate) type Row = Map<String, Value>;
/// The rows of a table by identifier.
pub(crate) type Table = BTreeMap<String, Row>;

/// The tables that are watched, as they are now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tables(BTreeMap<String, Table>);

impl Tables {
    /// Takes in what a monitor tells: rows that are new, changed or gone.
    pub(crate) fn take_in(&mut self, news: Value) {
        let Value::Object(tables) = news else { return };
        for (name, rows) in tables {
            let Value::Object(rows) = rows else { continue };
            let table = self.0.entry(name).or_default();
            for (id, mut change) in rows {
                match change.get_mut("new").map(Value::take) {
                    Some(Value::Object(row)) => {
                        table.insert(id, row);
                    }
                    _ => {
                        table.remove(&id);
                    }
                }
            }
        }
    }

    /// The rows of a table.
    pub(crate) fn rows(&self, table: &str) -> impl Iterator<Item = (&String, &Row)> {
        self.0.get(table).into_iter().flatten()
    }

    /// The row of this identifier.
    pub(crate) fn row(&self, table: &str, id: &str) -> Option<&Row> {
        self.0.get(table)?.get(id)
    }
}

/// The values of a set, or the one value.
pub(crate) fn set<'a>(row: &'a Row, column: &str) -> Vec<&'a Value> {
    let Some(value) = row.get(column) else {
        return Vec::new();
    };
    match tagged(value) {
        Some(("set", Value::Array(values))) => values.iter().collect(),
        Some(("map", _)) => Vec::new(),
        _ => vec![value],
    }
}

/// The rows a column refers to.
pub(crate) fn ids(row: &Row, column: &str) -> Vec<RowId> {
    let id = |value| match tagged(value) {
        Some(("uuid", Value::String(id))) => Some(RowId(id.clone())),
        _ => None,
    };
    set(row, column).into_iter().filter_map(id).collect()
}

/// The texts of a column.
pub(crate) fn texts(row: &Row, column: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    set(row, column).into_iter().filter_map(text).collect()
}

/// The first text of a column.
pub(crate) fn text(row: &Row, column: &str) -> Option<String> {
    texts(row, column).into_iter().next()
}

/// The numbers of a column that fit.
pub(crate) fn numbers<T: TryFrom<i64>>(row: &Row, column: &str) -> Vec<T> {
    let number = |value: &Value| value.as_i64().and_then(|number| number.try_into().ok());
    set(row, column).into_iter().filter_map(number).collect()
}

/// The first number of a column.
pub(crate) fn number<T: TryFrom<i64>>(row: &Row, column: &str) -> Option<T> {
    numbers(row, column).into_iter().next()
}

/// Whether a column is true.
pub(crate) fn is_set(row: &Row, column: &str) -> bool {
    row.get(column) == Some(&Value::Bool(true))
}

/// The pairs of a map.
pub(crate) fn map<'a>(row: &'a Row, column: &str) -> Vec<(&'a Value, &'a Value)> {
    let Some(("map", Value::Array(pairs))) = row.get(column).and_then(tagged) else {
        return Vec::new();
    };
    let pair = |pair: &'a Value| Some((pair.get(0)?, pair.get(1)?));
    pairs.iter().filter_map(pair).collect()
}

/// The pairs of a map of texts.
pub(crate) fn pairs(row: &Row, column: &str) -> Pairs {
    let text = |(key, value): (&Value, &Value)| {
        Some((key.as_str()?.to_owned(), value.as_str()?.to_owned()))
    };
    map(row, column).into_iter().filter_map(text).collect()
}

fn tagged(value: &Value) -> Option<(&str, &Value)> {
    match value.as_array()?.as_slice() {
        [tag, value] => Some((tag.as_str()?, value)),
        _ => None,
    }
}

/// A set of these values, as it is written.
pub(crate) fn to_set(values: impl IntoIterator<Item = Value>) -> Value {
    json!(["set", values.into_iter().collect::<Vec<_>>()])
}

/// An optional value, as it is written.
pub(crate) fn to_optional(value: Option<impl Into<Value>>) -> Value {
    to_set(value.map(Into::into))
}

/// A map of texts, as it is written.
pub(crate) fn to_map(pairs: &Pairs) -> Value {
    let pairs: Vec<Value> = pairs
        .iter()
        .map(|(key, value)| json!([key, value]))
        .collect();
    json!(["map", pairs])
}

/// A reference to a row that stands.
pub(crate) fn to_row(id: &RowId) -> Value {
    json!(["uuid", id.0])
}

/// A reference to a row that the same transaction makes.
pub(crate) fn to_new(name: &str) -> Value {
    json!(["named-uuid", name])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        Row::from_iter([("c".to_owned(), value)])
    }

    #[test]
    fn a_value_alone_is_a_set_of_one() {
        assert_eq!(numbers::<u16>(&row(json!(7)), "c"), [7]);
        assert_eq!(
            numbers::<u16>(&row(json!(["set", [7, 9, -1, 70000]])), "c"),
            [7, 9]
        );
        assert_eq!(
            ids(&row(json!(["uuid", "a"])), "c"),
            [RowId("a".to_owned())]
        );
        assert_eq!(
            ids(&row(json!(["set", [["uuid", "a"], ["uuid", "b"]]])), "c").len(),
            2
        );
        assert_eq!(texts(&row(json!(["set", []])), "c"), Vec::<String>::new());
    }

    #[test]
    fn what_is_of_another_type_reads_as_nothing() {
        for value in [
            json!(null),
            json!({}),
            json!([1]),
            json!(["set"]),
            json!(["map", 1]),
        ] {
            let row = row(value.clone());
            assert!(pairs(&row, "c").is_empty(), "{value}");
            assert_eq!(text(&row, "c"), None, "{value}");
            assert_eq!(number::<u32>(&row, "c"), None, "{value}");
            assert!(ids(&row, "c").is_empty(), "{value}");
        }
    }

    #[test]
    fn rows_come_change_and_go() {
        let mut tables = Tables::default();
        tables.take_in(json!({"Port": {"u": {"new": {"name": "a"}}}}));
        tables.take_in(json!({"Port": {"u": {"old": {"name": "a"}, "new": {"name": "b"}}}}));
        assert_eq!(
            text(tables.row("Port", "u").unwrap(), "name").as_deref(),
            Some("b")
        );
        tables.take_in(json!({"Port": {"u": {"old": {"name": "b"}}}}));
        assert_eq!(tables.rows("Port").count(), 0);
    }
}
