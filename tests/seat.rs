// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window of Nova with a person before it.

use std::cell::Cell;
use std::ops::Deref;

use crate::desktop::OnDesktop;
use crate::person::Person;
use crate::program::sh;

/// Name of the window's program, as assistive tools are told it.
const APPLICATION: &str = "Nova";

/// A person who sits at the window. When the person leaves, the window is
/// closed, and it must not have complained.
#[derive(Debug)]
pub struct Seat {
    window: OnDesktop,
    person: Person,
    is_killed: Cell<bool>,
}

impl Seat {
    /// Opens the window on a page.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    pub fn at(page: &str) -> Self {
        Self::with(&["--page", page])
    }

    /// Opens the window on a page as the desktop does, within its login: polkit
    /// asks the agent of that.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    pub fn within_login(page: &str) -> Self {
        Self::started_by(
            &["systemd-run", "--user", "--scope", "--quiet", "--collect"],
            page,
        )
    }

    /// Opens the window on a page where this host has no link but its own
    /// loopback: in a network namespace of its own.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    pub fn without_links(page: &str) -> Self {
        Self::started_by(&["unshare", "--map-current-user", "--net"], page)
    }

    /// Opens the window on a page in the language of a locale, whose catalogue calls
    /// the program so.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    pub fn in_language(locale: &str, application: &'static str, page: &str) -> Self {
        let locale = format!("LANG={locale}");
        Self::started_as(application, &["env", "--unset=LC_ALL", &locale], page)
    }

    fn started_by(start: &[&str], page: &str) -> Self {
        Self::started_as(APPLICATION, start, page)
    }

    fn started_as(application: &'static str, start: &[&str], page: &str) -> Self {
        let window = ["nova-desktop", "--page", page];
        Self {
            window: OnDesktop::start("nova-desktop", &[start, &window].concat()),
            person: Person::sit_down(application),
            is_killed: Cell::new(false),
        }
    }

    /// Opens the window with these arguments.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    pub fn with(arguments: &[&str]) -> Self {
        let mut all = vec!["nova-desktop"];
        all.extend(arguments);
        Self {
            window: OnDesktop::start("nova-desktop", &all),
            person: Person::sit_down(APPLICATION),
            is_killed: Cell::new(false),
        }
    }

    /// Kills the window where it stands.
    ///
    /// # Panics
    /// Where it does not run.
    #[allow(clippy::expect_used)]
    pub fn kills(&self) {
        let process = self.window.pid().expect("the window runs");
        let _ = sh(&format!("kill -KILL {process}")).ok();
        self.is_killed.set(true);
    }

    /// A person at the window that is open already.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    pub fn beside() -> Person {
        Person::sit_down(APPLICATION)
    }
}

impl Deref for Seat {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.person
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Of a window that was killed the program that started it says so.
        if !std::thread::panicking() && !self.is_killed.get() {
            assert_eq!(self.window.complaints(), "", "the window complains");
        }
    }
}
