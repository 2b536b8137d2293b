// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The helper as a client on the system bus sees it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use nova_model::action::{BUS_NAME, OBJECT_PATH};
use nova_model::history::HistoryEntry;
use nova_model::plan::Plan;
use zbus::{Connection, DBusError as _};

use crate::program::{become_user, nova, run, sh, within};

/// What a call came to: its answer, or name and text of the error.
pub type Answer = Result<String, (String, String)>;

/// A client of the helper that stays on the bus until dropped.
#[derive(Debug)]
pub struct Client {
    runtime: tokio::runtime::Runtime,
    bus: Connection,
}

impl Default for Client {
    fn default() -> Self {
        Self::connect()
    }
}

impl Client {
    /// A client of the user who runs the test.
    ///
    /// # Panics
    /// Where there is no system bus.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    pub fn connect() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        let bus = runtime
            .block_on(Connection::system())
            .expect("the tests need a system bus");
        Self { runtime, bus }
    }

    /// A client of another user of this system.
    ///
    /// # Panics
    /// Where there is no system bus, or the test is not run as root.
    #[must_use]
    pub fn of_user(uid: u32) -> Self {
        become_user(uid);
        let client = Self::connect();
        become_user(0);
        client
    }

    /// Calls a method of the helper.
    ///
    /// # Errors
    /// Name and text of the error the helper or the bus answers with.
    pub fn call<B: serde::Serialize + zbus::Type>(&self, method: &str, body: &B) -> Answer {
        self.runtime.block_on(call(&self.bus, method, body))
    }

    /// Prepares a plan.
    ///
    /// # Errors
    /// As [`Self::call`].
    ///
    /// # Panics
    /// Where the answer is no plan.
    #[allow(clippy::expect_used, reason = "a broken answer fails the test")]
    pub fn prepare(&self, document: &str) -> Result<Plan, (String, String)> {
        let plan = self.call("Prepare", &(document,))?;
        Ok(serde_json::from_str(&plan).expect("a plan"))
    }

    /// Applies a plan.
    ///
    /// # Errors
    /// As [`Self::call`].
    ///
    /// # Panics
    /// Where the answer is no entry of the history.
    pub fn apply(&self, plan: &Plan, within: u32) -> Result<HistoryEntry, (String, String)> {
        let id = plan.id.to_string();
        entry(self.call("Apply", &(id.as_str(), plan.digest.as_str(), within)))
    }

    /// Keeps or reverts a change: `Confirm` or `Rollback`.
    ///
    /// # Errors
    /// As [`Self::call`].
    ///
    /// # Panics
    /// Where the answer is no entry of the history.
    pub fn decide(&self, method: &str, plan: &Plan) -> Result<HistoryEntry, (String, String)> {
        entry(self.call(method, &(plan.id.to_string(),)))
    }

    /// The newest entries of the history.
    ///
    /// # Panics
    /// Where the helper does not tell it.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken answer fails the test")]
    pub fn history(&self) -> Vec<HistoryEntry> {
        let entries = self.call("History", &(50u32,)).expect("the history");
        serde_json::from_str(&entries).expect("entries")
    }
}

/// Calls a method of the helper over a connection.
///
/// # Errors
/// Name and text of the error the helper or the bus answers with.
pub async fn call<B: serde::Serialize + zbus::Type>(
    bus: &Connection,
    method: &str,
    body: &B,
) -> Answer {
    let reply = bus
        .call_method(Some(BUS_NAME), OBJECT_PATH, Some(BUS_NAME), method, body)
        .await;
    match reply {
        Ok(reply) => reply
            .body()
            .deserialize()
            .map_err(|error| ("no text".to_owned(), error.to_string())),
        Err(zbus::Error::MethodError(name, text, _)) => {
            Err((name.to_string(), text.unwrap_or_default()))
        }
        Err(zbus::Error::FDO(error)) => Err((
            error.name().to_string(),
            error.description().unwrap_or_default().to_owned(),
        )),
        Err(error) => Err(("no reply".to_owned(), error.to_string())),
    }
}

#[allow(clippy::expect_used, reason = "a broken answer fails the test")]
fn entry(answer: Answer) -> Result<HistoryEntry, (String, String)> {
    Ok(serde_json::from_str(&answer?).expect("an entry of the history"))
}

/// One test at a time: they share the helper, polkit and the network.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of the helper's process, started where it does not run.
///
/// # Panics
/// Where it cannot be started.
#[must_use]
pub fn helper() -> String {
    let mut id = String::new();
    let runs = within(10, || {
        let _ = run(
            "busctl",
            &["call", BUS_NAME, OBJECT_PATH, BUS_NAME, "Status"],
        );
        id = sh("systemctl show -P MainPID nova-helper.service").out;
        id = id.trim().to_owned();
        !id.is_empty() && id != "0"
    });
    assert!(
        runs,
        "nova-helper does not run; the tests need the lab\n{}",
        told_of_late()
    );
    id
}

/// Why the helper is not as a test expects: whether it runs, what it and who has
/// it follow links have told of late, and who is on the bus and could call it.
#[must_use]
pub fn told_of_late() -> String {
    sh(
        "systemctl status --no-pager --lines 0 nova-helper nova-follow; \
         journalctl -q -u nova-helper -u nova-follow -n 40 -o short-precise --no-pager; \
         busctl list --unique --no-pager",
    )
    .out
}

/// The helper's journal.
const JOURNAL: &str = "/var/lib/nova/journal";

/// A history of the test's own; the other one is there again when it is dropped.
#[derive(Debug)]
pub struct OwnHistory;

impl OwnHistory {
    /// Puts the history aside and begins a new one.
    ///
    /// # Panics
    /// Where something stands in the new one.
    #[must_use]
    pub fn begin() -> Self {
        let _ = sh(&format!(
            "systemctl stop nova-helper nova-follow; mv {JOURNAL} {JOURNAL}.aside"
        ));
        // Whose port has gone is left of tests whose history this one is not.
        let _ = sh("for link in $(ls /sys/class/net | grep ^nvbuf); do ip link delete $link; done");
        let own = Self;
        let standing = nova(&["purge", "--dry-run", "--output", "json"]).json();
        assert_eq!(standing, serde_json::json!([]));
        own
    }
}

impl Drop for OwnHistory {
    fn drop(&mut self) {
        let _ = sh(&format!(
            "systemctl stop nova-helper nova-follow; rm -rf {JOURNAL}; mv {JOURNAL}.aside {JOURNAL}"
        ));
    }
}

/// What polkit says to every action of Nova while this lives.
#[derive(Debug)]
pub struct Rule;

const RULE: &str = "/etc/polkit-1/rules.d/00-nova-tests.rules";

impl Rule {
    /// Has polkit say `verdict` (`YES`, `NO`, `AUTH_ADMIN_KEEP`) to everybody.
    ///
    /// # Panics
    /// Where polkit does not take it up.
    #[must_use]
    pub fn all(verdict: &str) -> Self {
        Self::all_but(verdict, "nothing")
    }

    /// The same; of the action `org.nova.networking.` with this ending it says
    /// nothing.
    ///
    /// # Panics
    /// Where polkit does not take it up.
    #[must_use]
    pub fn all_but(verdict: &str, action: &str) -> Self {
        let _ = sh(&format!(
            "set -e; mkdir -p /etc/polkit-1/rules.d; printf '%s' 'polkit.addRule(function(action, subject) {{ \
             if (action.id.indexOf(\"org.nova.\") == 0 && action.id != \"org.nova.networking.{action}\") \
             return polkit.Result.{verdict}; }});' >{RULE}; \
             chmod 644 {RULE}; systemctl reset-failed polkit; systemctl restart polkit"
        ))
        .ok();
        Self
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        let _ = sh(&format!(
            "rm -f {RULE}; systemctl reset-failed polkit; systemctl restart polkit"
        ));
    }
}
