// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Questions to `ovs-vswitchd` itself, over the socket that `ovs-appctl` uses.
//! Nothing is changed by them.

use std::time::Duration;

use nova_model::name::InterfaceName;
use nova_model::{ErrorKind, NovaError, Result};
use serde_json::{Value, json};

use crate::ovs::Place;
use crate::ovsdb::{Database, Trouble};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The flows of a bridge as `ovs-appctl bridge/dump-flows` tells them, one a
/// line, the hidden ones too.
///
/// # Errors
/// `DaemonMissing` where `ovs-vswitchd` does not run or may not be asked,
/// `NotFound` where it has no such bridge.
pub fn flows(place: &Place, bridge: &InterfaceName) -> Result<String> {
    let about = format!("bridge {bridge}");
    let socket = place.control().ok_or_else(|| {
        NovaError::new(
            ErrorKind::DaemonMissing,
            format!("{about}: ovs-vswitchd does not run, or may not be asked by this process"),
        )
        .with_remedy("Start Open vSwitch, or ask as root.")
    })?;
    // Both sockets speak JSON-RPC.
    let answer = Database::open(&socket, PATIENCE)
        .and_then(|mut control| control.call("bridge/dump-flows", &json!([bridge.as_str()])));
    match answer {
        Ok(Value::String(flows)) => Ok(flows),
        Ok(_) => Err(NovaError::internal(format!(
            "{about}: the flows are no text"
        ))),
        Err(Trouble::Refused(text)) if text.contains("no such bridge") => Err(
            NovaError::not_found(format!("there is no Open vSwitch bridge {bridge}")),
        ),
        Err(trouble) => Err(trouble.about(&about)),
    }
}
