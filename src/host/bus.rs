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
/// How long a daemon that restarts may be away.
const ABSENCE: Duration = Duration::from_secs(10);

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
}

impl SystemBus {
    /// Connects.
    ///
    /// # Errors
    /// `DaemonMissing` where there is no system bus.
    pub(crate) fn open() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| NovaError::internal(format!("no runtime for the bus: {error}")))?;
        let connection = runtime
            .block_on(
                zbus::connection::Builder::system()
                    .method_timeout(ANSWER)
                    .build(),
            )
            .map_err(|error| {
                NovaError::new(
                    ErrorKind::DaemonMissing,
                    format!("the system bus does not answer: {error}"),
                )
            })?;
        Ok(Self {
            runtime,
            connection,
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
            if since.elapsed() > ABSENCE {
                return Err(NovaError::new(
                    ErrorKind::DaemonMissing,
                    format!("{name} does not run"),
                )
                .with_remedy("Start it and try again."));
            }
            std::thread::sleep(Duration::from_millis(100));
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
