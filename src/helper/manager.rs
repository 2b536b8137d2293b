// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The programs that configure the host's network: a plan does not fight them.

use nova_model::manager::Managers;
use zbus::Connection;

/// What they tell. One that does not run is absent.
pub async fn managers(bus: &Connection) -> Managers {
    nova_host::manager::look(bus, |error| {
        tracing::warn!("{}", crate::audit::foreign(error));
    })
    .await
}
