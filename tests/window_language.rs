// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window in another language: with a catalogue that puts all that
//! `packaging/messages` finds into brackets, what is pressed and filled in on each
//! page stands in brackets. What the model says does not, nor what the host is
//! called.

#![allow(clippy::unwrap_used)]

use atspi::Role;
use nova_tests::person::Thing;
use nova_tests::program::{sh, within};
use nova_tests::seat::Seat;

/// A locale in whose language nobody has said what the window says.
const LOCALE: &str = "de_DE.UTF-8";
/// Where the catalogue of user `nova` for it is.
const CATALOGUE: &str = "/home/nova/.local/share/locale/de/LC_MESSAGES/nova-desktop.mo";

/// The catalogue; gone when it is dropped.
struct Brackets;

impl Brackets {
    fn set() -> Self {
        let brackets = Self;
        let checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let made = sh(&format!(
            "set -eu
            localedef --inputfile=de_DE --charmap=UTF-8 {LOCALE}
            runuser -u nova -- mkdir -p $(dirname {CATALOGUE})
            {checkout}/packaging/messages >/run/nova-messages.pot
            msgen /run/nova-messages.pot |
                msgfilter --keep-header -o /run/nova-messages.po sed 's/..*/⟦&⟧/'
            msgfmt -o {CATALOGUE} /run/nova-messages.po
            grep -c '^msgid' /run/nova-messages.po"
        ));
        let found: u32 = made.ok().trim().parse().unwrap();
        assert!(found > 500, "{found} messages");
        brackets
    }
}

impl Drop for Brackets {
    fn drop(&mut self) {
        let _ = sh(&format!(
            "rm -f {CATALOGUE} /run/nova-messages.po*; localedef --delete-from-archive de_DE.utf8"
        ));
    }
}

/// Asserts that all that is pressed, chosen or filled in says what the catalogue
/// has.
#[track_caller]
fn all_is_translated(person: &Seat, place: &str) {
    let said = [
        Role::Button,
        Role::CheckBox,
        Role::RadioButton,
        Role::Dialog,
        Role::Entry,
        Role::SpinButton,
        Role::ComboBox,
    ];
    // Described by the model: what the picture of the network consists of, cards.
    // Closing a dialog is Kirigami's.
    let is_others = |thing: &Thing| {
        thing.description.starts_with("Connected with ")
            || thing.description == "virtual cable"
            || thing.name == "Close"
    };
    let look = || {
        let shown = person.looks().into_iter();
        let named = shown.filter(|thing| thing.is_showing() && !thing.name.is_empty());
        let said = named.filter(|thing| said.contains(&thing.role) && !is_others(thing));
        said.partition::<Vec<Thing>, _>(|thing| thing.name.contains('⟦'))
    };
    let is_translated = || {
        let (translated, others) = look();
        !translated.is_empty() && others.is_empty()
    };
    assert!(within(10, is_translated), "{place}: {:#?}", look());
}

#[test]
fn all_that_the_window_says_itself_is_translated() {
    let _brackets = Brackets::set();
    let person = Seat::in_language(LOCALE, "⟦Nova⟧", "topology");
    for page in [
        "Topology", "Switches", "Cards", "Networks", "Monitor", "History",
    ] {
        let page = format!("⟦{page}⟧");
        person.presses(Role::ListItem, &page);
        person.waits_for(&page);
        all_is_translated(&person, &page);
    }
    person.presses(Role::ListItem, "⟦Switches⟧");
    person.presses(Role::Button, "⟦Create Switch…⟧");
    person.waits_for("⟦Create Switch⟧");
    all_is_translated(&person, "⟦Create Switch⟧");
}
