// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The form behind the dialogs and tables of a switch or a card:
//! `Form { kind: Form.Port }`, then `form.begin("br0", "eth0")`. Values are
//! read as `form.values.cost` and written by `form.put("cost", 7)`; they are
//! checked at every change.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt::CxxQtType;
use cxx_qt_lib::{QMap, QMapPair_QString_QVariant, QString, QStringList, QVariant};
use nova_model::NovaError;

use crate::change_flow::review;
use crate::draft::{self, Draft, Kind};
use crate::follow::follow;
use crate::history_row::sentence;
use crate::list_base::variant;
use crate::row::Cell;
use crate::world::{Topic, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("cxx-qt-lib/qvariant.h");
        type QVariant = cxx_qt_lib::QVariant;
    }

    /// What is filled in.
    #[qenum(Form)]
    enum Subject {
        Nothing,
        Bridge,
        Port,
        Vlans,
        SubInterface,
        Mirror,
        Limits,
        OvsSwitch,
        OvsCreation,
        OvsNewPort,
        Bond,
        Mtu,
        Affinity,
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[qproperty(Subject, kind)]
        #[qproperty(QVariant, values, READ, NOTIFY = checked)]
        #[qproperty(QString, error_field, READ, NOTIFY = checked)]
        #[qproperty(QString, error_text, READ, NOTIFY = checked)]
        // The field that shows its error itself, so that nobody else has to.
        #[qproperty(QString, told_field)]
        #[qproperty(bool, is_begun, READ, NOTIFY = checked)]
        #[qproperty(bool, is_valid, READ, NOTIFY = checked)]
        #[qproperty(bool, is_changed, READ, NOTIFY = checked)]
        type Form = super::FormRust;

        #[qsignal]
        fn checked(self: Pin<&mut Form>);

        /// Begins anew, with what the part of this switch is now; without a
        /// switch with what a new one is suggested to be.
        #[qinvokable]
        fn begin(self: Pin<&mut Form>, switch_name: &QString, object: &QString);
        /// Writes a value.
        #[qinvokable]
        fn put(self: Pin<&mut Form>, field: &QString, value: &QVariant);
        /// Has the change planned and shown.
        #[qinvokable]
        fn submit(self: &Form);
    }

    impl cxx_qt::Threading for Form {}
    impl cxx_qt::Initialize for Form {}
}

/// What stands in the form, and what is wrong with it.
pub struct FormRust {
    kind: ffi::Subject,
    values: QVariant,
    error_field: QString,
    error_text: QString,
    told_field: QString,
    is_begun: bool,
    is_valid: bool,
    is_changed: bool,
    draft: Option<Box<dyn Draft>>,
}

impl Default for FormRust {
    fn default() -> Self {
        Self {
            kind: ffi::Subject::Nothing,
            values: QVariant::from(&QMap::<QMapPair_QString_QVariant>::default()),
            error_field: QString::default(),
            error_text: QString::default(),
            told_field: QString::default(),
            is_begun: false,
            is_valid: false,
            is_changed: false,
            draft: None,
        }
    }
}

impl cxx_qt::Initialize for ffi::Form {
    fn initialize(self: Pin<&mut Self>) {
        follow(&*self, |mut form, topic, world| {
            let Some(snapshot) = world
                .snapshot
                .as_deref()
                .filter(|_| topic == Topic::Picture)
            else {
                return;
            };
            if let Some(draft) = &mut form.as_mut().rust_mut().draft {
                draft.follow(snapshot);
                form.check();
            }
        });
    }
}

impl ffi::Form {
    fn begin(mut self: Pin<&mut Self>, switch_name: &QString, object: &QString) {
        let world = hub().world();
        let draft = world
            .snapshot
            .as_deref()
            .zip(kind_of(self.rust().kind))
            .and_then(|(snapshot, kind)| {
                draft::begin(
                    kind,
                    snapshot,
                    &switch_name.to_string(),
                    &object.to_string(),
                )
            });
        self.as_mut().rust_mut().draft = draft;
        self.check();
    }

    fn put(mut self: Pin<&mut Self>, field: &QString, value: &QVariant) {
        let field = field.to_string();
        {
            let mut form = self.as_mut().rust_mut();
            let Some(draft) = &mut form.draft else {
                return;
            };
            let now = draft.values().remove(&field);
            let Some(cell) = now.as_ref().and_then(|now| like(now, value)) else {
                return;
            };
            if now.as_ref() == Some(&cell) {
                return;
            }
            draft.set(&field, cell);
        }
        self.check();
    }

    fn check(mut self: Pin<&mut Self>) {
        {
            let mut form = self.as_mut().rust_mut();
            let mut values = QMap::<QMapPair_QString_QVariant>::default();
            let (mut problem, mut is_changed) = (None, false);
            if let Some(draft) = &form.draft {
                for (field, cell) in draft.values() {
                    values.insert(QString::from(&field), variant(&cell));
                }
                problem = draft.problem();
                is_changed = !matches!(draft.changes(), Ok(None));
            }
            form.is_begun = form.draft.is_some();
            form.is_valid = form.is_begun && problem.is_none();
            form.is_changed = is_changed;
            form.values = QVariant::from(&values);
            let field = problem.as_ref().and_then(NovaError::field);
            form.error_field = QString::from(field.unwrap_or_default());
            form.error_text = problem.as_ref().map(words).unwrap_or_default();
        }
        self.checked();
    }

    fn submit(&self) {
        if let Some(draft) = &self.rust().draft
            && let Some(changes) = draft.changes().transpose()
        {
            review(changes);
        }
    }
}

const fn kind_of(subject: ffi::Subject) -> Option<Kind> {
    match subject {
        ffi::Subject::Bridge => Some(Kind::Bridge),
        ffi::Subject::Port => Some(Kind::Port),
        ffi::Subject::Vlans => Some(Kind::Vlans),
        ffi::Subject::SubInterface => Some(Kind::SubInterface),
        ffi::Subject::Mirror => Some(Kind::Mirror),
        ffi::Subject::Limits => Some(Kind::Limits),
        ffi::Subject::OvsSwitch => Some(Kind::OvsSwitch),
        ffi::Subject::OvsCreation => Some(Kind::OvsCreation),
        ffi::Subject::OvsNewPort => Some(Kind::OvsNewPort),
        ffi::Subject::Bond => Some(Kind::Bond),
        ffi::Subject::Mtu => Some(Kind::Mtu),
        ffi::Subject::Affinity => Some(Kind::Affinity),
        _ => None,
    }
}

/// The value as a cell of the same kind as the one that stands there.
fn like(now: &Cell, value: &QVariant) -> Option<Cell> {
    match now {
        Cell::Text(_) => value
            .value::<QString>()
            .map(|text| Cell::Text(text.to_string())),
        Cell::Whole(_) => value.value::<i32>().map(Cell::Whole),
        Cell::Flag(_) => value.value::<bool>().map(Cell::Flag),
        Cell::Words(_) => value
            .value::<QStringList>()
            .map(|words| Cell::Words(words.iter().map(ToString::to_string).collect())),
        Cell::Number(_) | Cell::Time(_) => None,
    }
}

/// The error and its remedy as one text.
fn words(error: &NovaError) -> QString {
    QString::from(match error.remedy() {
        Some(remedy) => format!("{} {remedy}", sentence(error)),
        None => sentence(error),
    })
}
