// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a page about one switch shows in its head and decides its actions by.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt_lib::QString;
use nova_model::name::printable;

use crate::follow::{Mirror, mirror, refresh};
use crate::switch::Switch;
use crate::switch_row;
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
        #[qproperty(bool, is_up, READ, NOTIFY = changed)]
        #[qproperty(bool, is_ovs, READ, NOTIFY = changed)]
        #[qproperty(bool, filters_vlans, READ, NOTIFY = changed)]
        #[qproperty(bool, is_nova, READ, NOTIFY = changed)]
        #[qproperty(bool, is_changeable, READ, NOTIFY = changed)]
        #[qproperty(QString, why_fixed, READ, NOTIFY = changed)]
        #[qproperty(QString, facts, READ, NOTIFY = changed)]
        #[qproperty(QString, chip, READ, NOTIFY = changed)]
        #[qproperty(QString, chip_kind, READ, NOTIFY = changed)]
        #[qproperty(QString, network, READ, NOTIFY = changed)]
        type SwitchView = super::SwitchViewRust;

        #[qsignal]
        fn changed(self: Pin<&mut SwitchView>);
    }

    impl cxx_qt::Threading for SwitchView {}
    impl cxx_qt::Initialize for SwitchView {}
}

/// The switch as it is.
#[derive(Clone, Default, PartialEq)]
pub struct SwitchViewRust {
    name: QString,
    exists: bool,
    is_up: bool,
    is_ovs: bool,
    filters_vlans: bool,
    is_nova: bool,
    is_changeable: bool,
    why_fixed: QString,
    facts: QString,
    chip: QString,
    chip_kind: QString,
    network: QString,
}

impl cxx_qt::Initialize for ffi::SwitchView {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut()
            .on_name_changed(|view| refresh(view, &hub().world()))
            .release();
        mirror(self);
    }
}

impl Mirror for ffi::SwitchView {
    const TOPICS: &'static [Topic] = &[Topic::Picture];

    fn read(shown: &Self::Rust, world: &World) -> Self::Rust {
        SwitchViewRust::read(world, &shown.name)
    }

    fn tell(self: Pin<&mut Self>) {
        self.changed();
    }
}

impl SwitchViewRust {
    fn read(world: &World, name: &QString) -> Self {
        let blank = Self {
            name: name.clone(),
            ..Self::default()
        };
        let Some(snapshot) = world.snapshot.as_deref() else {
            return blank;
        };
        let Some(switch) = Switch::find(snapshot, &name.to_string()) else {
            return blank;
        };
        let (chip, chip_kind) = switch_row::chip(snapshot, &switch);
        let network = switch
            .link()
            .and_then(|link| snapshot.network_of_bridge(link));
        let bridge = switch.link().and_then(|link| link.bridge);
        let is_changeable = switch.address().is_some();
        Self {
            exists: true,
            is_up: switch.is_up(),
            is_ovs: switch.is_ovs(),
            filters_vlans: bridge.is_some_and(|status| status.options.vlan_filtering),
            is_nova: switch.is_nova(snapshot),
            is_changeable,
            why_fixed: QString::from(match is_changeable {
                true => "",
                false => "Its name holds characters that Nova does not write into commands.",
            }),
            facts: QString::from(switch_row::facts(snapshot, &switch)),
            chip: QString::from(chip),
            chip_kind: QString::from(chip_kind),
            network: network
                .map(|network| QString::from(printable(&network.name)))
                .unwrap_or_default(),
            ..blank
        }
    }
}
