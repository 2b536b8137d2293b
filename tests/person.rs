// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A person at the window of the lab's desktop: sees what the accessibility
//! tree shows and presses what can be pressed there, as a screen reader would.

use std::collections::VecDeque;
use std::time::Duration;

use atspi::proxy::accessible::{AccessibleProxy, ObjectRefExt as _};
use atspi::proxy::proxy_ext::ProxyExt as _;
use atspi::{AccessibilityConnection, Role, State};
use rustix::process::Uid;

/// User id of the lab's user `nova`, whose desktop it is.
const UID: u32 = 1000;
/// How long a person waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(10);

#[allow(clippy::expect_used)]
fn become_user(uid: u32) {
    rustix::thread::set_thread_res_uid(None, Uid::from_raw(uid), None)
        .expect("the tests run as root in the lab");
}

/// One thing on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub role: Role,
    /// Its accessible name.
    pub name: String,
    /// Its accessible description.
    pub description: String,
}

/// A person in front of the running window of one application.
#[derive(Debug)]
pub struct Person {
    runtime: tokio::runtime::Runtime,
    connection: AccessibilityConnection,
    application: &'static str,
}

impl Person {
    /// Sits down at the desktop of user `nova`.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn sit_down(application: &'static str) -> Self {
        // A session bus talks to its own user only: this thread is that user
        // while it introduces itself.
        become_user(UID);
        let person = Self::connect(application);
        become_user(0);
        person
    }

    #[allow(clippy::expect_used)]
    fn connect(application: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for the bus");
        let connection = runtime
            .block_on(async {
                let session = zbus5::connection::Builder::address(
                    format!("unix:path=/run/user/{UID}/bus").as_str(),
                )?
                .build()
                .await?;
                let answer = session
                    .call_method(
                        Some("org.a11y.Bus"),
                        "/org/a11y/bus",
                        Some("org.a11y.Bus"),
                        "GetAddress",
                        &(),
                    )
                    .await?;
                let address: String = answer.body().deserialize()?;
                AccessibilityConnection::from_address(address.parse()?)
                    .await
                    .map_err(|error| zbus5::Error::Failure(error.to_string()))
            })
            .expect("the desktop of the lab runs: tests/lab/lab desktop up");
        Self {
            runtime,
            connection,
            application,
        }
    }

    /// Everything on the screen of the application, top to bottom.
    #[must_use]
    pub fn looks(&self) -> Vec<Thing> {
        self.runtime.block_on(async {
            let mut things = Vec::new();
            for (thing, _) in self.walk().await {
                things.push(thing);
            }
            things
        })
    }

    /// Whether something of this role and name is on the screen now.
    #[must_use]
    pub fn sees(&self, role: Role, name: &str) -> bool {
        self.looks()
            .iter()
            .any(|thing| thing.role == role && thing.name == name)
    }

    /// Whether any text on the screen contains these words now.
    #[must_use]
    pub fn reads(&self, words: &str) -> bool {
        self.looks()
            .iter()
            .any(|thing| thing.name.contains(words) || thing.description.contains(words))
    }

    /// Waits until these words are on the screen.
    ///
    /// # Panics
    /// Where they do not appear; the message lists what is there instead.
    pub fn waits_for(&self, words: &str) {
        let met = crate::program::within(PATIENCE.as_secs(), || self.reads(words));
        assert!(
            met,
            "\"{words}\" does not appear; there is {}",
            self.describes()
        );
    }

    /// Presses the thing of this role and name, once it is there and enabled.
    ///
    /// # Panics
    /// Where it does not appear, or offers no action.
    pub fn presses(&self, role: Role, name: &str) {
        let pressed = crate::program::within(PATIENCE.as_secs(), || {
            self.runtime
                .block_on(self.press(role, name))
                .unwrap_or(false)
        });
        assert!(
            pressed,
            "{role} \"{name}\" cannot be pressed; there is {}",
            self.describes()
        );
    }

    /// Replaces the text of the field of this name.
    ///
    /// # Panics
    /// Where there is no such field.
    pub fn types(&self, field: &str, text: &str) {
        let typed = crate::program::within(PATIENCE.as_secs(), || {
            self.runtime
                .block_on(self.set_text(field, text))
                .unwrap_or(false)
        });
        assert!(
            typed,
            "there is no field \"{field}\"; there is {}",
            self.describes()
        );
    }

    /// What is on the screen, a line a thing that has a name.
    fn describes(&self) -> String {
        let named = self
            .looks()
            .into_iter()
            .filter(|thing| !thing.name.is_empty());
        named
            .map(|thing| {
                format!(
                    "\n  {} \"{}\" {}",
                    thing.role, thing.name, thing.description
                )
            })
            .collect()
    }

    async fn press(&self, role: Role, name: &str) -> Option<bool> {
        for (thing, proxy) in self.walk().await {
            if thing.role == role && thing.name == name {
                let states = proxy.get_state().await.ok()?;
                if !states.contains(State::Enabled) || !states.contains(State::Showing) {
                    continue;
                }
                let action = proxy.proxies().await.ok()?.action().await.ok()?;
                return action.do_action(0).await.ok();
            }
        }
        None
    }

    async fn set_text(&self, field: &str, text: &str) -> Option<bool> {
        for (thing, proxy) in self.walk().await {
            if thing.name == field
                && matches!(thing.role, Role::Entry | Role::Text | Role::SpinButton)
            {
                let editable = proxy.proxies().await.ok()?.editable_text().await.ok()?;
                return editable.set_text_contents(text).await.ok();
            }
        }
        None
    }

    /// All visible things of the application with their proxies; what vanishes
    /// while one looks is left out.
    async fn walk(&self) -> Vec<(Thing, AccessibleProxy<'_>)> {
        let mut found = Vec::new();
        let Ok(desktop) = self.connection.root_accessible_on_registry().await else {
            return found;
        };
        let mut open = VecDeque::new();
        for child in desktop.get_children().await.unwrap_or_default() {
            let Ok(proxy) = child
                .into_accessible_proxy(self.connection.connection())
                .await
            else {
                continue;
            };
            if proxy
                .name()
                .await
                .is_ok_and(|name| name == self.application)
            {
                open.push_back(proxy);
            }
        }
        while let Some(proxy) = open.pop_front() {
            let (Ok(role), Ok(name)) = (proxy.get_role().await, proxy.name().await) else {
                continue;
            };
            let description = proxy.description().await.unwrap_or_default();
            for child in proxy.get_children().await.unwrap_or_default() {
                if let Ok(child) = child
                    .into_accessible_proxy(self.connection.connection())
                    .await
                {
                    open.push_back(child);
                }
            }
            found.push((
                Thing {
                    role,
                    name,
                    description,
                },
                proxy,
            ));
        }
        found
    }
}
