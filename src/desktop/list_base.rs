// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The plumbing of every list: roles, search, and the begin/end pairs of Qt's
//! models around the movements that [`crate::row`] computes.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt::CxxQtType;
use cxx_qt_lib::{
    QByteArray, QHash, QHashPair_i32_QByteArray, QList, QModelIndex, QString, QStringList, QVariant,
};

use crate::row::{Cell, Edit, Row, edits};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("cxx-qt-lib/qvariant.h");
        type QVariant = cxx_qt_lib::QVariant;
        include!("cxx-qt-lib/qmodelindex.h");
        type QModelIndex = cxx_qt_lib::QModelIndex;
        include!("cxx-qt-lib/qhash.h");
        type QHash_i32_QByteArray = cxx_qt_lib::QHash<cxx_qt_lib::QHashPair_i32_QByteArray>;
        include!("cxx-qt-lib/qlist.h");
        type QList_i32 = cxx_qt_lib::QList<i32>;
    }

    unsafe extern "C++Qt" {
        include!(<QtCore/QAbstractListModel>);
        #[qobject]
        type QAbstractListModel;
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[base = QAbstractListModel]
        #[qproperty(QString, filter)]
        #[qproperty(i32, count, READ, NOTIFY)]
        #[qproperty(i32, total, READ, NOTIFY)]
        #[qproperty(bool, ready, READ, NOTIFY)]
        type ListBase = super::ListBaseRust;

        #[cxx_override]
        fn data(self: &ListBase, index: &QModelIndex, role: i32) -> QVariant;
        #[cxx_override]
        fn role_names(self: &ListBase) -> QHash_i32_QByteArray;
        #[cxx_override]
        fn row_count(self: &ListBase, parent: &QModelIndex) -> i32;

        /// The value of this role in the row of this key, for what is selected.
        #[qinvokable]
        fn value(self: &ListBase, key: &QString, role: &QString) -> QVariant;
        /// Whether there is a row of this key, whether or not the search shows it.
        #[qinvokable]
        fn knows(self: &ListBase, key: &QString) -> bool;
        /// The place of the row of this key, -1 where none is shown.
        #[qinvokable]
        fn row_of(self: &ListBase, key: &QString) -> i32;
        /// The key of the row at this place, empty where there is none.
        #[qinvokable]
        fn key_at(self: &ListBase, row: i32) -> QString;
    }

    #[auto_cxx_name]
    unsafe extern "RustQt" {
        #[inherit]
        unsafe fn begin_reset_model(self: Pin<&mut ListBase>);
        #[inherit]
        unsafe fn end_reset_model(self: Pin<&mut ListBase>);
        #[inherit]
        unsafe fn begin_insert_rows(
            self: Pin<&mut ListBase>,
            parent: &QModelIndex,
            first: i32,
            last: i32,
        );
        #[inherit]
        unsafe fn end_insert_rows(self: Pin<&mut ListBase>);
        #[inherit]
        unsafe fn begin_remove_rows(
            self: Pin<&mut ListBase>,
            parent: &QModelIndex,
            first: i32,
            last: i32,
        );
        #[inherit]
        unsafe fn end_remove_rows(self: Pin<&mut ListBase>);
        #[inherit]
        fn index(self: &ListBase, row: i32, column: i32, parent: &QModelIndex) -> QModelIndex;
        #[inherit]
        #[qsignal]
        fn data_changed(
            self: Pin<&mut ListBase>,
            top_left: &QModelIndex,
            bottom_right: &QModelIndex,
            roles: &QList_i32,
        );
    }

    impl cxx_qt::Initialize for ListBase {}
}

/// `Qt::UserRole`, the first number free for roles of our own.
const FIRST_ROLE: i32 = 256;

/// What a list holds.
#[derive(Default)]
pub struct ListBaseRust {
    filter: QString,
    count: i32,
    total: i32,
    ready: bool,
    roles: &'static [&'static str],
    all: Vec<Row>,
    shown: Vec<Row>,
}

impl cxx_qt::Initialize for ffi::ListBase {
    fn initialize(self: Pin<&mut Self>) {
        self.on_filter_changed(Self::show).release();
    }
}

impl ffi::ListBase {
    /// Names the values of the rows, once, before the first row.
    pub fn set_roles(mut self: Pin<&mut Self>, roles: &'static [&'static str]) {
        self.as_mut().rust_mut().roles = roles;
    }

    /// Shows these rows from now on.
    pub fn replace(mut self: Pin<&mut Self>, rows: Vec<Row>) {
        let total = to_i32(rows.len());
        // First, so that who hears of a row that goes no longer finds it.
        self.as_mut().rust_mut().all = rows;
        self.as_mut().show();
        if self.rust().total != total {
            self.as_mut().rust_mut().total = total;
            self.as_mut().total_changed();
        }
        if !self.rust().ready {
            self.as_mut().rust_mut().ready = true;
            self.as_mut().ready_changed();
        }
    }

    fn show(mut self: Pin<&mut Self>) {
        let filter = self.rust().filter.to_string();
        let next: Vec<Row> = self
            .rust()
            .all
            .iter()
            .filter(|row| row.matches(&filter))
            .cloned()
            .collect();
        for edit in edits(&self.rust().shown, &next) {
            self.as_mut().perform(&edit, &next);
        }
        let count = to_i32(next.len());
        if self.rust().count != count {
            self.as_mut().rust_mut().count = count;
            self.as_mut().count_changed();
        }
    }

    fn perform(mut self: Pin<&mut Self>, edit: &Edit, next: &[Row]) {
        let nowhere = QModelIndex::default();
        // SAFETY: each begin is followed by its end, and between the two
        // exactly the rows that were announced move.
        match *edit {
            Edit::Reset => unsafe {
                self.as_mut().begin_reset_model();
                self.as_mut().rust_mut().shown = next.to_vec();
                self.as_mut().end_reset_model();
            },
            Edit::Remove { first, last } => unsafe {
                self.as_mut()
                    .begin_remove_rows(&nowhere, to_i32(first), to_i32(last));
                self.as_mut().rust_mut().shown.drain(first..=last);
                self.as_mut().end_remove_rows();
            },
            Edit::Insert { first, last } => unsafe {
                self.as_mut()
                    .begin_insert_rows(&nowhere, to_i32(first), to_i32(last));
                let come = next.iter().take(last + 1).skip(first).cloned();
                self.as_mut().rust_mut().shown.splice(first..first, come);
                self.as_mut().end_insert_rows();
            },
            Edit::Change { row } => {
                let mut list = self.as_mut().rust_mut();
                if let (Some(shown), Some(next)) = (list.shown.get_mut(row), next.get(row)) {
                    *shown = next.clone();
                }
                let at = self.index(to_i32(row), 0, &nowhere);
                self.as_mut().data_changed(&at, &at, &QList::default());
            }
        }
    }

    fn data(&self, index: &QModelIndex, role: i32) -> QVariant {
        let row = usize::try_from(index.row()).ok();
        let column = usize::try_from(role - FIRST_ROLE).ok();
        row.and_then(|row| self.rust().shown.get(row))
            .zip(column)
            .and_then(|(row, column)| row.cells.get(column))
            .map_or_else(QVariant::default, variant)
    }

    fn role_names(&self) -> QHash<QHashPair_i32_QByteArray> {
        let mut names = QHash::<QHashPair_i32_QByteArray>::default();
        for (number, name) in (FIRST_ROLE..).zip(self.rust().roles) {
            names.insert(number, QByteArray::from(*name));
        }
        names
    }

    fn row_count(&self, parent: &QModelIndex) -> i32 {
        if parent.is_valid() {
            return 0;
        }
        to_i32(self.rust().shown.len())
    }

    fn value(&self, key: &QString, role: &QString) -> QVariant {
        let (key, role) = (key.to_string(), role.to_string());
        let column = self.rust().roles.iter().position(|name| *name == role);
        self.rust()
            .all
            .iter()
            .find(|row| row.key == key)
            .zip(column)
            .and_then(|(row, column)| row.cells.get(column))
            .map_or_else(QVariant::default, variant)
    }

    fn knows(&self, key: &QString) -> bool {
        let key = key.to_string();
        self.rust().all.iter().any(|row| row.key == key)
    }

    fn row_of(&self, key: &QString) -> i32 {
        let key = key.to_string();
        self.rust()
            .shown
            .iter()
            .position(|row| row.key == key)
            .map_or(-1, to_i32)
    }

    fn key_at(&self, row: i32) -> QString {
        usize::try_from(row)
            .ok()
            .and_then(|row| self.rust().shown.get(row))
            .map(|row| QString::from(&row.key))
            .unwrap_or_default()
    }
}

/// The value as QML reads it.
#[must_use]
pub fn variant(cell: &Cell) -> QVariant {
    match cell {
        Cell::Text(text) => QVariant::from(&QString::from(text)),
        Cell::Whole(number) => QVariant::from(number),
        Cell::Number(number) => QVariant::from(number),
        // Exact for the next 285 million years, and what JavaScript counts in.
        #[allow(clippy::cast_precision_loss)]
        Cell::Time(seconds) => QVariant::from(&(*seconds as f64)),
        Cell::Flag(flag) => QVariant::from(flag),
        Cell::Words(words) => QVariant::from(&string_list(words)),
    }
}

/// The texts as QML reads them.
#[must_use]
pub fn string_list(words: &[String]) -> QStringList {
    let list: QList<QString> = words.iter().map(QString::from).collect();
    QStringList::from(&list)
}

/// A count as Qt has it.
pub fn to_i32(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
