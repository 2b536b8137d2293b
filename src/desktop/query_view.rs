// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a page asks about one switch beyond the picture of the host.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt::CxxQtType;
use cxx_qt_lib::QString;
use nova_model::NovaError;

use crate::follow::{Mirror, mirror, refresh};
use crate::history_row::sentence;
use crate::learned_row;
use crate::wish::Wish;
use crate::world::{Topic, World, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[qproperty(QString, name)]
        #[qproperty(QString, learned_note, READ, NOTIFY = changed)]
        #[qproperty(bool, has_flows, READ, NOTIFY = changed)]
        #[qproperty(bool, flows_busy, READ, NOTIFY = changed)]
        #[qproperty(f64, flows_at, READ, NOTIFY = changed)]
        #[qproperty(QString, flows_error, READ, NOTIFY = changed)]
        #[qproperty(QString, flows_remedy, READ, NOTIFY = changed)]
        #[qproperty(QString, flows_icon, READ, NOTIFY = changed)]
        type QueryView = super::QueryViewRust;

        #[qsignal]
        fn changed(self: Pin<&mut QueryView>);

        /// Has read how long each learned address was idle.
        #[qinvokable]
        fn read_ages(self: &QueryView);
        /// Has read the flows of the switch.
        #[qinvokable]
        fn read_flows(self: &QueryView);
    }

    impl cxx_qt::Threading for QueryView {}
    impl cxx_qt::Initialize for QueryView {}
}

/// What has come of it.
#[derive(Clone, Default, PartialEq)]
pub struct QueryViewRust {
    name: QString,
    learned_note: QString,
    has_flows: bool,
    flows_busy: bool,
    flows_at: f64,
    flows_error: QString,
    flows_remedy: QString,
    flows_icon: QString,
}

impl cxx_qt::Initialize for ffi::QueryView {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut()
            .on_name_changed(|view| refresh(view, &hub().world()))
            .release();
        mirror(self);
    }
}

impl Mirror for ffi::QueryView {
    const TOPICS: &'static [Topic] = &[Topic::Picture, Topic::Query];

    fn read(shown: &Self::Rust, world: &World) -> Self::Rust {
        QueryViewRust::read(world, &shown.name)
    }

    fn tell(self: Pin<&mut Self>) {
        self.changed();
    }
}

impl ffi::QueryView {
    fn read_ages(&self) {
        hub().wish(Wish::ReadAges(self.rust().name.to_string()));
    }

    fn read_flows(&self) {
        hub().wish(Wish::ReadFlows(self.rust().name.to_string()));
    }
}

impl QueryViewRust {
    fn read(world: &World, name: &QString) -> Self {
        let snapshot = world.snapshot.as_deref();
        let shown = name.to_string();
        let note = snapshot.map(|snapshot| learned_row::note(snapshot, &shown));
        let about = Self {
            name: name.clone(),
            learned_note: note.map(QString::from).unwrap_or_default(),
            ..Self::default()
        };
        let flows = world.flows.as_ref();
        if flows.switch != shown {
            return about;
        }
        let error = flows.error.as_ref();
        // Exact for the next 285 million years.
        #[allow(clippy::cast_precision_loss)]
        let read_at = flows.read_at as f64;
        Self {
            has_flows: flows.lines.is_some(),
            flows_busy: flows.is_busy,
            flows_at: read_at,
            flows_error: error.map(sentence).map(QString::from).unwrap_or_default(),
            flows_remedy: error
                .and_then(NovaError::remedy)
                .map(QString::from)
                .unwrap_or_default(),
            flows_icon: error
                .map(|error| QString::from(error.kind().icon_name()))
                .unwrap_or_default(),
            ..about
        }
    }
}
