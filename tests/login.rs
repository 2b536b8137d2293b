// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Users who are logged in, as logind and with it polkit see them.

use std::process::Child;
use std::time::Duration;

use zbus::{OwnedFd, OwnedObjectPath};

use crate::program::{run, sh, within};

/// The seat of this host.
const SEAT: &str = "seat0";

/// Where a user is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// From another host, as through `ssh`.
    Remote,
    /// Before this host. Who logs in last is the active one: this seat has no
    /// virtual terminals.
    Here,
}

/// A user of the host that is there until this is dropped.
#[derive(Debug)]
pub struct User(&'static str);

impl User {
    /// Adds a user without a home.
    ///
    /// # Panics
    /// Where `useradd` fails.
    #[must_use]
    pub fn add(name: &'static str) -> Self {
        let _ = sh(&format!("userdel {name}"));
        let _ = run("useradd", &["--system", "--no-create-home", name]).ok();
        Self(name)
    }

    /// Number of the user.
    ///
    /// # Panics
    /// Where `id` does not know the user.
    #[must_use]
    pub fn id(&self) -> u32 {
        let told = run("id", &["-u", self.0]).ok();
        told.trim().parse().unwrap_or(u32::MAX)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let name = self.0;
        let _ = sh(&format!("loginctl terminate-user {name}"));
        let _ = within(10, || {
            let _ = sh(&format!("pkill -KILL -u {name}"));
            run("userdel", &[name]).code != 8
        });
    }
}

/// A login; it ends when this is dropped, and whoever was active before is so
/// again.
#[derive(Debug)]
pub struct Login {
    /// What logind calls it.
    pub id: String,
    active_before: String,
    /// logind ends the login when this is closed.
    _line: OwnedFd,
}

type Made = (
    String,
    OwnedObjectPath,
    String,
    OwnedFd,
    u32,
    String,
    u32,
    bool,
);

impl Login {
    /// Logs the user of a process in, with this process as the first of the
    /// login: what `pam_systemd` asks of logind.
    ///
    /// # Panics
    /// Where logind refuses.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    pub fn of(process: &Child, user: u32, place: Place) -> Self {
        let active_before = active();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("threads");
        let is_remote = place == Place::Remote;
        let (service, seat, from) = match place {
            Place::Remote => ("sshd", "", "192.0.2.7"),
            Place::Here => ("sddm", SEAT, ""),
        };
        let (kind, class) = (if is_remote { "tty" } else { "x11" }, "user");
        let none: &[(&str, zbus::Variant<'_>)] = &[];
        let (id, _, _, line, ..): Made = runtime.block_on(async {
            let bus = zbus::Connection::system().await.expect("a system bus");
            let made = bus
                .call_method(
                    Some("org.freedesktop.login1"),
                    "/org/freedesktop/login1",
                    Some("org.freedesktop.login1.Manager"),
                    "CreateSession",
                    &(
                        user,
                        process.id(),
                        service,
                        kind,
                        class,
                        "",
                        seat,
                        0u32,
                        "",
                        "",
                        is_remote,
                        "",
                        from,
                        none,
                    ),
                )
                .await
                .expect("logind logs in");
            made.body().deserialize().expect("a login")
        });
        let login = Self {
            id,
            active_before,
            _line: line,
        };
        assert!(
            within(10, || place == Place::Remote || active() == login.id),
            "{login:?} is not active, {} is",
            active()
        );
        login
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let _ = run("loginctl", &["terminate-session", &self.id]);
        std::thread::sleep(Duration::from_millis(100));
        if !self.active_before.is_empty() {
            let _ = run("loginctl", &["activate", &self.active_before]);
        }
    }
}

/// The login that is active before this host.
fn active() -> String {
    let told = run("loginctl", &["show-seat", "-P", "ActiveSession", SEAT]);
    told.out.trim().to_owned()
}
