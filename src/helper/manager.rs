// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the `NetworkManager` daemon configures: a plan does not fight it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use zbus::fdo::{DBusProxy, ManagedObjects};
use zbus::names::BusName;
use zbus::{Connection, OwnedObjectPath, OwnedVariant};

const NAME: &str = "org.freedesktop.NetworkManager";
const ROOT: &str = "/org/freedesktop";
const DEVICE: &str = "org.freedesktop.NetworkManager.Device";
const ACTIVE: &str = "org.freedesktop.NetworkManager.Connection.Active";
/// `NM_ACTIVATION_STATE_FLAG_EXTERNAL`: a profile in memory that only mirrors
/// what somebody else configured.
const EXTERNAL: u32 = 0x80;
/// How long the daemon may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Names of the links that the daemon configures through an active profile of
/// its own. None where it does not run or does not answer in time.
pub async fn managed_links(bus: &Connection) -> BTreeSet<String> {
    match tokio::time::timeout(PATIENCE, ask(bus)).await {
        Ok(Ok(names)) => names,
        Ok(Err(error)) => {
            let error = crate::audit::foreign(&error.to_string());
            tracing::warn!(%error, "the NetworkManager daemon does not tell its links");
            BTreeSet::new()
        }
        Err(_) => {
            tracing::warn!("the NetworkManager daemon does not answer");
            BTreeSet::new()
        }
    }
}

async fn ask(bus: &Connection) -> zbus::Result<BTreeSet<String>> {
    let name = BusName::from_static_str(NAME)?;
    // Asking must not start it.
    if !DBusProxy::new(bus).await?.name_has_owner(name).await? {
        return Ok(BTreeSet::new());
    }
    let reply = bus
        .call_method(
            Some(NAME),
            ROOT,
            Some("org.freedesktop.DBus.ObjectManager"),
            "GetManagedObjects",
            &(),
        )
        .await?;
    Ok(managed(&reply.body().deserialize()?))
}

fn managed(objects: &ManagedObjects) -> BTreeSet<String> {
    objects
        .values()
        .filter_map(|interfaces| interfaces.iter().find(|(name, _)| name.as_str() == DEVICE))
        .filter_map(|(_, device)| {
            let active: OwnedObjectPath = property(device, "ActiveConnection")?;
            let (_, connection) = objects
                .get(&active)?
                .iter()
                .find(|(name, _)| name.as_str() == ACTIVE)?;
            let flags: u32 = property(connection, "StateFlags")?;
            if flags & EXTERNAL != 0 {
                return None;
            }
            property(device, "Interface")
        })
        .collect()
}

fn property<T: TryFrom<OwnedVariant>>(
    properties: &HashMap<String, OwnedVariant>,
    name: &str,
) -> Option<T> {
    properties.get(name)?.try_clone().ok()?.try_into().ok()
}
