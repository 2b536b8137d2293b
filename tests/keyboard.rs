// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The keyboard of the lab's desktop: keys go where the window manager sends
//! them, without a program that is started for each.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// The display of the lab's desktop.
const DISPLAY: &str = ":1";
/// The keys that are struck, by their names and symbols of X.
const KEYS: [(&str, u32); 21] = [
    ("Tab", 0xff09),
    ("Return", 0xff0d),
    ("Escape", 0xff1b),
    ("space", 0x20),
    ("Home", 0xff50),
    ("Left", 0xff51),
    ("Up", 0xff52),
    ("Right", 0xff53),
    ("Down", 0xff54),
    ("End", 0xff57),
    ("Menu", 0xff67),
    ("shift", 0xffe1),
    ("ctrl", 0xffe3),
    ("F1", 0xffbe),
    ("1", 0x31),
    ("2", 0x32),
    ("3", 0x33),
    ("4", 0x34),
    ("5", 0x35),
    ("6", 0x36),
    ("f", 0x66),
];

/// A keyboard at that display.
#[derive(Debug)]
pub struct Keyboard {
    display: RustConnection,
    root: u32,
    codes: Vec<(&'static str, u8)>,
}

impl Keyboard {
    /// The keyboard of the desktop.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn of_the_desktop() -> Self {
        let (display, screen) = RustConnection::connect(Some(DISPLAY))
            .expect("the desktop of the lab runs: tests/lab/lab desktop up");
        let setup = display.setup();
        let root = setup.roots[screen].root;
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = display
            .get_keyboard_mapping(first, last - first + 1)
            .expect("the display answers")
            .reply()
            .expect("the display has keys");
        let each = usize::from(map.keysyms_per_keycode);
        let codes = KEYS.iter().map(|&(name, symbol)| {
            let at = map.keysyms.chunks(each).position(|key| key[0] == symbol);
            let at = at.unwrap_or_else(|| panic!("the display has no key {name}"));
            (name, first + u8::try_from(at).expect("a byte of keys"))
        });
        let codes = codes.collect();
        Self {
            display,
            root,
            codes,
        }
    }

    /// Strikes a key, with those that are held meanwhile before it: `ctrl+n`.
    ///
    /// # Panics
    /// Where the keyboard has no such key.
    #[allow(clippy::expect_used)]
    pub fn strikes(&self, keys: &str) {
        let codes: Vec<u8> = keys.split('+').map(|name| self.code(name)).collect();
        let pressed = codes.iter().map(|&code| (KEY_PRESS_EVENT, code));
        let released = codes.iter().rev().map(|&code| (KEY_RELEASE_EVENT, code));
        for (what, code) in pressed.chain(released) {
            let _ = self
                .display
                .xtest_fake_input(what, code, 0, self.root, 0, 0, 0)
                .expect("the display takes keys");
        }
        self.display.flush().expect("the display takes keys");
    }

    fn code(&self, name: &str) -> u8 {
        let found = self.codes.iter().find(|(known, _)| *known == name);
        found
            .unwrap_or_else(|| panic!("this keyboard has no key {name}"))
            .1
    }
}
