// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The system bus for code that blocks.

use std::time::{Duration, Instant};

use nova_model::{ErrorKind, NovaError, Result};
use serde::Serialize;
use tokio::runtime::Runtime;
use zbus::names::BusName;
use zbus::{Connection, DynamicType, Message};

/// How long a daemon may take to answer a call.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a daemon that restarts may be away, and the bus itself, before a change
/// is given up, and before what it did is left undone in part: the NetworkManager
/// daemon needs 25 s to start where the bus was killed.
pub(crate) const ABSENCE: Duration = Duration::from_secs(10);
pub(crate) const ABSENCE_IN_UNDO: Duration = Duration::from_secs(40);
/// How often is looked meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// An object of a daemon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) service: &'static str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'static str,
}

/// A connection that moves while somebody waits for an answer.
pub(crate) struct SystemBus {
    runtime: Runtime,
    connection: Connection,
    patience: Duration,
}

impl SystemBus {
    /// Connects, and waits so long where the bus is starting again; so long is waited
    /// for each of its daemons, too.
    ///
    /// # Errors
    /// `DaemonMissing` where there is no system bus.
    pub(crate) fn open(patience: Duration) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| NovaError::internal(format!("no runtime for the bus: {error}")))?;
        let since = Instant::now();
        let connection = loop {
            let bus = zbus::connection::Builder::system().method_timeout(ANSWER);
            match runtime.block_on(bus.build()) {
                Ok(connection) => break connection,
                Err(_) if since.elapsed() < patience => std::thread::sleep(LOOK),
                Err(error) => {
                    return Err(NovaError::new(
                        ErrorKind::DaemonMissing,
                        format!("the system bus does not answer: {error}"),
                    ));
                }
            }
        };
        Ok(Self {
            runtime,
            connection,
            patience,
        })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Those of the daemon.
    pub(crate) fn call(
        &self,
        target: Target<'_>,
        method: &str,
        body: &(impl Serialize + DynamicType),
    ) -> zbus::Result<Message> {
        self.runtime.block_on(self.connection.call_method(
            Some(target.service),
            target.path,
            Some(target.interface),
            method,
            body,
        ))
    }

    /// Waits until a daemon has its name on the bus: it may be restarting.
    ///
    /// # Errors
    /// `DaemonMissing` where it stays away.
    pub(crate) fn await_service(&self, service: &'static str, name: &str) -> Result<()> {
        let since = Instant::now();
        while !self.runtime.block_on(has_owner(&self.connection, service)) {
            if since.elapsed() >= self.patience {
                return Err(NovaError::new(
                    ErrorKind::DaemonMissing,
                    format!("{name} does not run"),
                )
                .with_remedy("Start it and try again."));
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

/// Whether a daemon has its name on the bus; asking does not start it.
pub(crate) async fn has_owner(connection: &Connection, service: &'static str) -> bool {
    let Ok(name) = BusName::from_static_str(service) else {
        return false;
    };
    let Ok(daemon) = zbus::fdo::DBusProxy::new(connection).await else {
        return false;
    };
    daemon.name_has_owner(name).await.unwrap_or(false)
}
