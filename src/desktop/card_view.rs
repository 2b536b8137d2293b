// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a page about one card, bond or sub-interface shows in its head and
//! decides its actions by.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt_lib::QString;
use nova_model::link::{LinkKind, Owner};

use crate::card::{self, above};
use crate::follow::{Mirror, mirror, refresh};
use crate::host_card_row;
use crate::switch_row::find;
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
        #[qproperty(bool, is_bond, READ, NOTIFY = changed)]
        #[qproperty(bool, is_vlan, READ, NOTIFY = changed)]
        #[qproperty(bool, is_nova, READ, NOTIFY = changed)]
        #[qproperty(bool, is_changeable, READ, NOTIFY = changed)]
        #[qproperty(bool, is_uplink, READ, NOTIFY = changed)]
        #[qproperty(QString, above, READ, NOTIFY = changed)]
        #[qproperty(QString, symbol, READ, NOTIFY = changed)]
        #[qproperty(QString, facts, READ, NOTIFY = changed)]
        #[qproperty(QString, chip, READ, NOTIFY = changed)]
        #[qproperty(QString, chip_kind, READ, NOTIFY = changed)]
        type CardView = super::CardViewRust;

        #[qsignal]
        fn changed(self: Pin<&mut CardView>);
    }

    impl cxx_qt::Threading for CardView {}
    impl cxx_qt::Initialize for CardView {}
}

/// The card as it is.
#[derive(Clone, Default, PartialEq)]
pub struct CardViewRust {
    name: QString,
    exists: bool,
    is_up: bool,
    is_bond: bool,
    is_vlan: bool,
    is_nova: bool,
    is_changeable: bool,
    is_uplink: bool,
    above: QString,
    symbol: QString,
    facts: QString,
    chip: QString,
    chip_kind: QString,
}

impl cxx_qt::Initialize for ffi::CardView {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut()
            .on_name_changed(|view| refresh(view, &hub().world()))
            .release();
        mirror(self);
    }
}

impl Mirror for ffi::CardView {
    const TOPICS: &'static [Topic] = &[Topic::Picture];

    fn read(shown: &Self::Rust, world: &World) -> Self::Rust {
        CardViewRust::read(world, &shown.name)
    }

    fn tell(self: Pin<&mut Self>) {
        self.changed();
    }
}

impl CardViewRust {
    fn read(world: &World, name: &QString) -> Self {
        let blank = Self {
            name: name.clone(),
            symbol: QString::from(card::symbol(&LinkKind::Physical)),
            ..Self::default()
        };
        let Some(snapshot) = world.snapshot.as_deref() else {
            return blank;
        };
        let Some(link) = find(snapshot, &name.to_string()) else {
            return blank;
        };
        let (chip, chip_kind) = card::chip(&snapshot.host, link);
        let above = above(&snapshot.host, link);
        Self {
            exists: true,
            is_up: link.is_up,
            is_bond: link.is_bond(),
            is_vlan: matches!(link.kind, LinkKind::Vlan { .. }),
            is_nova: link.owner == Owner::Nova,
            is_changeable: link.name.to_interface_name().is_ok(),
            is_uplink: link.is_uplink_like(),
            above: above
                .map(|above| QString::from(above.name))
                .unwrap_or_default(),
            symbol: QString::from(card::symbol(&link.kind)),
            facts: QString::from(host_card_row::facts(snapshot, link)),
            chip: QString::from(chip),
            chip_kind: QString::from(chip_kind),
            ..blank
        }
    }
}
