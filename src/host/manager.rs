// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The programs that configure the host's network, asked over the system bus:
//! what they tell, and steps that they do.

use std::time::Duration;

use nova_model::Result;
use nova_model::manager::{Backend, Managers};
use nova_model::name::{InterfaceName, printable};
use nova_model::step::ManagerStep;
use zbus::Connection;

use crate::bus::SystemBus;
use crate::execute::{Mode, Undone};
use crate::{networkd, nm};

/// How long each of them may take to tell.
const PATIENCE: Duration = Duration::from_secs(6);

/// What they tell. One that does not run is absent; one that runs and does not
/// answer in time is silent. `report` is called with what went wrong.
pub async fn look(connection: &Connection, report: impl Fn(&str)) -> Managers {
    let daemon = tokio::time::timeout(PATIENCE, nm::look(connection));
    let networkd = tokio::time::timeout(PATIENCE, networkd::look(connection));
    let (daemon, networkd) = tokio::join!(daemon, networkd);
    let silent = [
        (daemon.is_err(), Backend::NetworkManager),
        (networkd.is_err(), Backend::Networkd),
    ];
    let silent = silent.into_iter().filter(|(is_silent, _)| *is_silent);
    Managers {
        silent: silent.map(|(_, backend)| backend).collect(),
        network_manager: answer(daemon, "NetworkManager", &report),
        networkd: answer(networkd, "systemd-networkd", &report),
    }
}

fn answer<T>(
    told: std::result::Result<zbus::Result<Option<T>>, tokio::time::error::Elapsed>,
    name: &str,
    report: &impl Fn(&str),
) -> Option<T> {
    match told {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            report(&format!(
                "{name} does not tell its links: {}",
                printable(&error.to_string())
            ));
            None
        }
        Err(_) => {
            report(&format!("{name} does not answer"));
            None
        }
    }
}

/// Does a step of theirs, and waits so long for one that is starting again.
///
/// # Errors
/// What they say against it, in the context of the step.
pub(crate) fn perform(step: &ManagerStep, mode: Mode, patience: Duration) -> Result<Undone> {
    match step {
        ManagerStep::Files { .. } | ManagerStep::Addition { .. } => {
            networkd::perform(|| SystemBus::open(patience), step)
        }
        _ => nm::Daemon {
            bus: &SystemBus::open(patience)?,
        }
        .perform(step, mode),
    }
}

/// Whether the `NetworkManager` daemon has made this link of a profile of Nova's.
pub(crate) fn has_made(link: &InterfaceName) -> bool {
    let bus = SystemBus::open(Duration::ZERO);
    bus.and_then(|bus| nm::Daemon { bus: &bus }.has_made(link.as_str()))
        .unwrap_or(false)
}
