// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The desktop's notifications: what programs ask to have shown, and the person
//! who answers them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Runtime;
use zbus::connection::Builder;
use zbus::{Connection, OwnedVariant};

use crate::program::{become_user, within};

/// User id of the lab's user `nova`, whose desktop it is.
const UID: u32 = 1000;
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// One notification that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    id: u32,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Key and label of each of its buttons.
    buttons: Vec<(String, String)>,
}

type Shown = Arc<Mutex<Vec<Notice>>>;

/// The service that shows them on the desktop of user `nova`, until it is dropped.
#[derive(Debug)]
pub struct Notices {
    shown: Shown,
    connection: Connection,
    runtime: Runtime,
}

struct Service {
    shown: Shown,
    last: u32,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[allow(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &mut self,
        _application: &str,
        replaces: u32,
        _icon: &str,
        title: String,
        text: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedVariant>,
        _timeout: i32,
    ) -> u32 {
        let id = if replaces == 0 {
            self.last += 1;
            self.last
        } else {
            replaces
        };
        let pairs = actions.chunks_exact(2);
        let buttons = pairs.map(|pair| (pair[0].clone(), pair[1].clone()));
        let notice = Notice {
            id,
            title,
            text,
            buttons: buttons.collect(),
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|other| other.id != id);
        shown.push(notice);
        id
    }

    fn close_notification(&self, id: u32) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|notice| notice.id != id);
    }

    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["actions", "body", "persistence"]
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("tests", "Nova", "1", "1.2")
    }
}

impl Notices {
    /// Shows what is asked from now on.
    ///
    /// # Panics
    /// Where the desktop is not up, or another service shows them.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    pub fn show() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        let shown = Shown::default();
        let service = Service {
            shown: shown.clone(),
            last: 0,
        };
        // A session bus talks to its own user only.
        become_user(UID);
        let address = format!("unix:path=/run/user/{UID}/bus");
        let bus = Builder::address(address.as_str())
            .serve_at(PATH, service)
            .name(NAME);
        let connection = runtime.block_on(bus.build());
        become_user(0);
        Self {
            shown,
            connection: connection.expect("the desktop of the lab runs, and shows none itself"),
            runtime,
        }
    }

    /// What is shown now.
    #[must_use]
    pub fn shown(&self) -> Vec<Notice> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    /// Waits for a notification of this title.
    ///
    /// # Panics
    /// Where it does not appear.
    #[must_use]
    #[allow(clippy::expect_used, reason = "it was waited for")]
    pub fn waits_for(&self, title: &str) -> Notice {
        let find = || {
            self.shown()
                .into_iter()
                .find(|notice| notice.title == title)
        };
        assert!(within(30, || find().is_some()), "{:?}", self.shown());
        find().expect("it is shown")
    }

    /// Presses this button of a notification.
    ///
    /// # Panics
    /// Where it has none of that label.
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    pub fn presses(&self, notice: &Notice, label: &str) {
        let button = notice.buttons.iter().find(|(_, told)| told == label);
        let (key, _) = button.expect(label);
        // Who has just asked for it may not know yet what it is called.
        let is_taken = within(30, || {
            let body = (notice.id, key.as_str());
            let told =
                self.connection
                    .emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &body);
            self.runtime.block_on(told).expect("the bus of the desktop");
            within(1, || self.shown().iter().all(|shown| shown.id != notice.id))
        });
        assert!(is_taken, "{label} is taken by nobody");
    }
}
