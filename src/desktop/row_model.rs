// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The model of every plain list: `RowModel { source: RowModel.Ports; subject: "br0" }`.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt::CxxQtType;
use cxx_qt::casting::Upcast;
use cxx_qt_lib::QString;

use crate::follow::follow;
use crate::list_base::ffi::ListBase;
use crate::view::List;
use crate::world::{World, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("nova-desktop/src/desktop/list_base.cxxqt.h");
        type ListBase = crate::list_base::ffi::ListBase;
    }

    /// Which list it is.
    #[qenum(RowModel)]
    enum Source {
        Nothing,
        Switches,
        SwitchFacts,
        Ports,
        Candidates,
        Cards,
        HostCards,
        CardFacts,
        Members,
        Joinable,
        Keepers,
        SubInterfaces,
        TreeFacts,
        TreePorts,
        Learned,
        Flows,
        Mirrors,
        Limits,
        Networks,
        NetworkFacts,
        Leases,
        Machines,
        History,
        Steps,
        TopologyNodes,
        TopologyLinks,
        TopologyTicks,
        TopologyCaptions,
        TopologyFacts,
        Traffic,
        Talkers,
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[base = ListBase]
        #[qproperty(Source, source)]
        #[qproperty(QString, subject)]
        type RowModel = super::RowModelRust;
    }

    impl cxx_qt::Threading for RowModel {}
    impl cxx_qt::Initialize for RowModel {}
}

/// Which list, about what.
pub struct RowModelRust {
    source: ffi::Source,
    subject: QString,
}

impl Default for RowModelRust {
    fn default() -> Self {
        Self {
            source: ffi::Source::Nothing,
            subject: QString::default(),
        }
    }
}

impl cxx_qt::Initialize for ffi::RowModel {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut()
            .on_source_changed(|mut model| {
                if let Some(list) = list_of(model.rust().source) {
                    let base: Pin<&mut ListBase> = model.as_mut().upcast_pin();
                    base.set_roles(list.roles());
                }
                model.refresh(&hub().world());
            })
            .release();
        self.as_mut()
            .on_subject_changed(|model| model.refresh(&hub().world()))
            .release();
        follow(&*self, |model, topic, _| {
            if list_of(model.rust().source).is_some_and(|list| list.follows(topic)) {
                // As it is now, like a mirror.
                model.refresh(&hub().world());
            }
        });
    }
}

impl ffi::RowModel {
    fn refresh(self: Pin<&mut Self>, world: &World) {
        let subject = self.rust().subject.to_string();
        let rows = list_of(self.rust().source).and_then(|list| list.rows(world, &subject));
        if let Some(rows) = rows {
            let base: Pin<&mut ListBase> = self.upcast_pin();
            base.replace(rows);
        }
    }
}

const fn list_of(source: ffi::Source) -> Option<List> {
    match source {
        ffi::Source::Switches => Some(List::Switches),
        ffi::Source::SwitchFacts => Some(List::SwitchFacts),
        ffi::Source::Ports => Some(List::Ports),
        ffi::Source::Candidates => Some(List::Candidates),
        ffi::Source::Cards => Some(List::Cards),
        ffi::Source::HostCards => Some(List::HostCards),
        ffi::Source::CardFacts => Some(List::CardFacts),
        ffi::Source::Members => Some(List::Members),
        ffi::Source::Joinable => Some(List::Joinable),
        ffi::Source::Keepers => Some(List::Keepers),
        ffi::Source::SubInterfaces => Some(List::SubInterfaces),
        ffi::Source::TreeFacts => Some(List::TreeFacts),
        ffi::Source::TreePorts => Some(List::TreePorts),
        ffi::Source::Learned => Some(List::Learned),
        ffi::Source::Flows => Some(List::Flows),
        ffi::Source::Mirrors => Some(List::Mirrors),
        ffi::Source::Limits => Some(List::Limits),
        ffi::Source::Networks => Some(List::Networks),
        ffi::Source::NetworkFacts => Some(List::NetworkFacts),
        ffi::Source::Leases => Some(List::Leases),
        ffi::Source::Machines => Some(List::Machines),
        ffi::Source::History => Some(List::History),
        ffi::Source::Steps => Some(List::Steps),
        ffi::Source::TopologyNodes => Some(List::TopologyNodes),
        ffi::Source::TopologyLinks => Some(List::TopologyLinks),
        ffi::Source::TopologyTicks => Some(List::TopologyTicks),
        ffi::Source::TopologyCaptions => Some(List::TopologyCaptions),
        ffi::Source::TopologyFacts => Some(List::TopologyFacts),
        ffi::Source::Traffic => Some(List::Traffic),
        ffi::Source::Talkers => Some(List::Talkers),
        _ => None,
    }
}
