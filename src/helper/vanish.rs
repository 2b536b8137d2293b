// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Noticing that a caller has gone from the bus.

use futures_util::StreamExt as _;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::{BusName, OwnedUniqueName};
use zbus::proxy::CacheProperties;

/// Waits until the connection of this name has left the bus. Where the bus
/// cannot tell, it never returns: a change then ends by its deadline.
pub async fn vanished(bus: &Connection, name: OwnedUniqueName) {
    if let Err(error) = watch(bus, &name).await {
        tracing::warn!(%error, client = %name, "the bus does not tell whether the client is there");
        std::future::pending::<()>().await;
    }
}

async fn watch(bus: &Connection, name: &OwnedUniqueName) -> zbus::Result<()> {
    let daemon = DBusProxy::builder(bus)
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    // Only signals about this one name wake the helper.
    let mut changes = daemon
        .receive_name_owner_changed_with_args(&[(0, name.as_str())])
        .await?;
    if !daemon
        .name_has_owner(BusName::Unique(name.as_ref()))
        .await?
    {
        return Ok(());
    }
    while let Some(change) = changes.next().await {
        if change.args()?.new_owner().is_none() {
            return Ok(());
        }
    }
    Err(zbus::Error::Failure(
        "the bus has closed the stream".to_owned(),
    ))
}
