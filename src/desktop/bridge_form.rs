// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The form behind the dialogs that create and configure a bridge. It is
//! checked at every change.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt::CxxQtType;
use cxx_qt_lib::{QList, QString, QStringList};
use nova_model::NovaError;
use nova_model::bridge::BridgeOptions;

use crate::bridge_draft::{Draft, Problems};
use crate::card_row::with_remedy;
use crate::change_flow::review;
use crate::list_base::string_list;
use crate::switch_row;
use crate::world::hub;

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("cxx-qt-lib/qstringlist.h");
        type QStringList = cxx_qt_lib::QStringList;
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[qproperty(QString, name, READ, WRITE, NOTIFY = edited)]
        #[qproperty(bool, stp, READ, WRITE, NOTIFY = edited)]
        #[qproperty(i32, forward_delay, READ, WRITE, NOTIFY = edited)]
        #[qproperty(i32, hello_time, READ, WRITE, NOTIFY = edited)]
        #[qproperty(i32, max_age, READ, WRITE, NOTIFY = edited)]
        #[qproperty(i32, ageing_time, READ, WRITE, NOTIFY = edited)]
        #[qproperty(i32, priority, READ, WRITE, NOTIFY = edited)]
        #[qproperty(bool, multicast_snooping, READ, WRITE, NOTIFY = edited)]
        #[qproperty(QStringList, ports, READ, WRITE, NOTIFY = edited)]
        #[qproperty(QString, name_error, READ, NOTIFY = checked)]
        #[qproperty(QString, error_field, READ, NOTIFY = checked)]
        #[qproperty(QString, error_text, READ, NOTIFY = checked)]
        #[qproperty(bool, is_valid, READ, NOTIFY = checked)]
        #[qproperty(bool, is_changed, READ, NOTIFY = checked)]
        type BridgeForm = super::BridgeFormRust;

        #[qsignal]
        fn edited(self: Pin<&mut BridgeForm>);
        #[qsignal]
        fn checked(self: Pin<&mut BridgeForm>);

        /// Starts anew, with a free name and the options of a new bridge.
        #[qinvokable]
        fn reset(self: Pin<&mut BridgeForm>);
        /// Takes the options of the bridge of this name, to configure it.
        #[qinvokable]
        fn load(self: Pin<&mut BridgeForm>, switch_name: &QString);
        /// Chooses a link as a port, or no longer.
        #[qinvokable]
        fn choose_port(self: Pin<&mut BridgeForm>, port: &QString, chosen: bool);
        /// Has the change planned and shown.
        #[qinvokable]
        fn submit(self: &BridgeForm);
    }

    impl cxx_qt::Initialize for BridgeForm {}
}

/// What stands in the form.
#[derive(Default)]
pub struct BridgeFormRust {
    name: QString,
    stp: bool,
    forward_delay: i32,
    hello_time: i32,
    max_age: i32,
    ageing_time: i32,
    priority: i32,
    multicast_snooping: bool,
    ports: QStringList,
    name_error: QString,
    error_field: QString,
    error_text: QString,
    is_valid: bool,
    is_changed: bool,
    current: Option<BridgeOptions>,
}

impl cxx_qt::Initialize for ffi::BridgeForm {
    fn initialize(self: Pin<&mut Self>) {
        self.on_edited(Self::check).release();
    }
}

impl ffi::BridgeForm {
    fn reset(self: Pin<&mut Self>) {
        let host = hub().world().snapshot;
        let draft = host.map_or_else(Draft::default, |snapshot| Draft::new(&snapshot.host));
        self.fill(&draft, None);
    }

    fn load(self: Pin<&mut Self>, switch_name: &QString) {
        let world = hub().world();
        let link = world
            .snapshot
            .as_deref()
            .and_then(|snapshot| switch_row::find(snapshot, &switch_name.to_string()));
        if let Some(link) = link {
            let draft = Draft::of(link);
            self.fill(&draft, Some(draft.options));
        }
    }

    fn fill(mut self: Pin<&mut Self>, draft: &Draft, current: Option<BridgeOptions>) {
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let options = &draft.options;
        {
            let mut form = self.as_mut().rust_mut();
            form.name = QString::from(&draft.name);
            form.stp = options.stp;
            form.forward_delay = number(options.forward_delay);
            form.hello_time = number(options.hello_time);
            form.max_age = number(options.max_age);
            form.ageing_time = number(options.ageing_time);
            form.priority = i32::from(options.priority);
            form.multicast_snooping = options.multicast_snooping;
            form.ports = string_list(&draft.ports);
            form.current = current;
        }
        self.edited();
    }

    fn choose_port(mut self: Pin<&mut Self>, port: &QString, chosen: bool) {
        let mut ports: Vec<String> = self.rust().draft().ports;
        let port = port.to_string();
        ports.retain(|one| *one != port);
        if chosen {
            ports.push(port);
        }
        self.as_mut().rust_mut().ports = string_list(&ports);
        self.edited();
    }

    fn check(mut self: Pin<&mut Self>) {
        let draft = self.rust().draft();
        let world = hub().world();
        let problems = match (self.rust().current, world.snapshot.as_deref()) {
            (Some(current), _) => draft.problems_of_options(&current),
            (None, Some(snapshot)) => draft.problems(&snapshot.host),
            (None, None) => Problems::default(),
        };
        let is_changed = self
            .rust()
            .current
            .is_none_or(|current| current != draft.options);
        {
            let mut form = self.as_mut().rust_mut();
            form.is_valid = problems.is_empty();
            form.is_changed = is_changed;
            form.name_error = QString::from(words(problems.name.as_ref()));
            form.error_text = QString::from(words(problems.option.as_ref()));
            let field = problems.option.as_ref().and_then(NovaError::field);
            form.error_field = QString::from(field.unwrap_or_default());
        }
        self.checked();
    }

    fn submit(&self) {
        let draft = self.rust().draft();
        review(match self.rust().current {
            Some(current) => draft.configuration(&current),
            None => draft.creation(),
        });
    }
}

impl BridgeFormRust {
    fn draft(&self) -> Draft {
        // The spin boxes give no negative numbers; one would be out of every
        // range and named as such.
        let number = |value: i32| u32::try_from(value).unwrap_or(u32::MAX);
        let ports: &QList<QString> = &self.ports;
        Draft {
            name: self.name.to_string(),
            options: BridgeOptions {
                stp: self.stp,
                forward_delay: number(self.forward_delay),
                hello_time: number(self.hello_time),
                max_age: number(self.max_age),
                ageing_time: number(self.ageing_time),
                priority: u16::try_from(self.priority).unwrap_or(u16::MAX),
                multicast_snooping: self.multicast_snooping,
                ..self.current.unwrap_or_default()
            },
            ports: ports.iter().map(ToString::to_string).collect(),
        }
    }
}

fn words(error: Option<&NovaError>) -> String {
    error.map_or_else(String::new, with_remedy)
}
