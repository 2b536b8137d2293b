// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a page about one libvirt network shows in its head and decides its
//! actions by.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt_lib::QString;
use nova_model::name::printable;

use crate::follow::{Mirror, mirror, refresh};
use crate::network_row;
use crate::view::{NETWORK_ICON, network_icon};
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
        #[qproperty(bool, exists, READ, NOTIFY = changed)]
        #[qproperty(QString, title, READ, NOTIFY = changed)]
        #[qproperty(bool, is_active, READ, NOTIFY = changed)]
        #[qproperty(bool, is_persistent, READ, NOTIFY = changed)]
        #[qproperty(bool, autostart, READ, NOTIFY = changed)]
        #[qproperty(QString, facts, READ, NOTIFY = changed)]
        #[qproperty(QString, symbol, READ, NOTIFY = changed)]
        #[qproperty(QString, bridge, READ, NOTIFY = changed)]
        #[qproperty(QString, stop_impact, READ, NOTIFY = changed)]
        type NetworkView = super::NetworkViewRust;

        #[qsignal]
        fn changed(self: Pin<&mut NetworkView>);
    }

    impl cxx_qt::Threading for NetworkView {}
    impl cxx_qt::Initialize for NetworkView {}
}

/// The network as it is.
#[derive(Clone, Default, PartialEq)]
pub struct NetworkViewRust {
    name: QString,
    exists: bool,
    title: QString,
    is_active: bool,
    is_persistent: bool,
    autostart: bool,
    facts: QString,
    symbol: QString,
    bridge: QString,
    stop_impact: QString,
}

impl cxx_qt::Initialize for ffi::NetworkView {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut()
            .on_name_changed(|view| refresh(view, &hub().world()))
            .release();
        mirror(self);
    }
}

impl Mirror for ffi::NetworkView {
    const TOPICS: &'static [Topic] = &[Topic::Picture];

    fn read(shown: &Self::Rust, world: &World) -> Self::Rust {
        NetworkViewRust::read(world, &shown.name)
    }

    fn tell(self: Pin<&mut Self>) {
        self.changed();
    }
}

impl NetworkViewRust {
    fn read(world: &World, name: &QString) -> Self {
        let text = name.to_string();
        let blank = Self {
            name: name.clone(),
            title: QString::from(printable(&text)),
            symbol: QString::from(NETWORK_ICON),
            ..Self::default()
        };
        let Some(snapshot) = world.snapshot.as_deref() else {
            return blank;
        };
        let Some(network) = network_row::find(snapshot, &text) else {
            return blank;
        };
        let bridge = network.bridge.as_deref().map(printable);
        Self {
            exists: true,
            is_active: network.is_active,
            is_persistent: network.is_persistent,
            autostart: network.autostart,
            facts: QString::from(network_row::facts_line(snapshot, network)),
            symbol: QString::from(network_icon(network.forward)),
            bridge: QString::from(bridge.unwrap_or_default()),
            stop_impact: QString::from(network_row::stop_impact(snapshot, &text)),
            ..blank
        }
    }
}
