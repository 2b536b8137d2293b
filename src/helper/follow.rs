// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova-helper follow`: sees machines start and links appear, and has the
//! helper give them what is bound to them. A process of its own, without any
//! privilege, because the helper itself is not there while nobody calls; what is
//! bound it may not read. It runs only while something is.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nova_host::watch::Watcher;
use nova_model::Result;
use nova_model::action::{BUS_NAME, OBJECT_PATH};
use nova_model::state::HostState;
use zbus::Connection;

use crate::failure::internal;
use crate::rearm::Rearmed;

/// How long a link that has appeared is let be: who made it still sets it up.
const SETTLE: Duration = Duration::from_millis(200);
/// Between two attempts while a port waits for its switch or a change is under
/// way, and how many there are.
const PAUSE: Duration = Duration::from_millis(500);
const ATTEMPTS: u32 = 240;
/// When it is looked again after all was well: a switch that starts may still
/// forget what it was given, as ovs-vswitchd does with flows.
const LATER: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(20)];

/// A link and what it is a port of.
type Seen = (u32, Option<u32>);

/// Follows the links of the host until nothing is bound any more.
///
/// # Errors
/// Those of kernel and bus.
pub fn follow() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| internal("no threads", error))?;
    let bus = runtime
        .block_on(Connection::system())
        .map_err(|error| internal("the system bus", error))?;
    let mut watcher = Watcher::new()?;
    let mut known: Option<BTreeSet<Seen>> = None;
    let mut attempts = 0;
    let mut later = LATER.iter();
    let mut due: Option<Instant> = None;
    loop {
        let links = links(watcher.state());
        // Also where one has gone: its buffer goes, too.
        if known.as_ref().is_none_or(|known| *known != links) {
            attempts = ATTEMPTS;
            later = LATER.iter();
            std::thread::sleep(SETTLE);
        }
        known = Some(links);
        if attempts == 0 && due.is_some_and(|due| due <= Instant::now()) {
            attempts = ATTEMPTS;
        }
        if attempts > 0 {
            attempts -= 1;
            match runtime.block_on(rearm(&bus)) {
                Ok(Rearmed { bound: 0, .. }) => return Ok(()),
                Ok(Rearmed { waiting: 0, .. }) => {
                    attempts = 0;
                    due = later.next().map(|wait| Instant::now() + *wait);
                }
                Ok(_) => due = None,
                Err(error) => {
                    due = None;
                    tracing::debug!(%error, "the helper could not do it");
                }
            }
        }
        let until_due = due.map(|due| due.saturating_duration_since(Instant::now()));
        watcher.wait(if attempts > 0 { Some(PAUSE) } else { until_due })?;
    }
}

fn links(state: &HostState) -> BTreeSet<Seen> {
    let links = state.links.values();
    links.map(|link| (link.index, link.controller)).collect()
}

async fn rearm(bus: &Connection) -> zbus::Result<Rearmed> {
    let answer = bus
        .call_method(Some(BUS_NAME), OBJECT_PATH, Some(BUS_NAME), "Rearm", &())
        .await?;
    let document: String = answer.body().deserialize()?;
    serde_json::from_str(&document).map_err(|error| zbus::Error::Failure(error.to_string()))
}

/// Has systemd run this process, where it does not.
pub async fn begin(bus: &Connection) {
    let asked = bus
        .call_method(
            Some("org.freedesktop.systemd1"),
            "/org/freedesktop/systemd1",
            Some("org.freedesktop.systemd1.Manager"),
            "StartUnit",
            &("nova-follow.service", "replace"),
        )
        .await;
    if let Err(error) = asked {
        tracing::warn!(%error, "nobody sees machines start; what is bound to them does not follow");
    }
}
