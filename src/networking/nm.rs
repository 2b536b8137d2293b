// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The programs that configure the host's network, asked over the system bus,
//! and when to ask them again.

use futures_util::StreamExt as _;
use nova_model::manager::Managers;
use zbus::message::Type;
use zbus::{Connection, MatchRule, MessageStream};

const SERVICE: &str = "org.freedesktop.NetworkManager";
const DEVICE: &str = "org.freedesktop.NetworkManager.Device";

/// What they tell. One that does not run is absent; it is never started for
/// this question.
pub(crate) async fn managers(connection: &Connection) -> Managers {
    nova_host::manager::look(connection, |error| tracing::debug!("{error}")).await
}

/// Has `tell` called whenever the daemon's answer may be another: a device
/// changed its state, or the daemon came or went. Ends when `tell` returns
/// false or the bus goes away.
///
/// # Errors
/// What the bus says where it takes no rule.
pub(crate) async fn follow(
    connection: &Connection,
    mut tell: impl FnMut() -> bool,
) -> zbus::Result<()> {
    let states = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(SERVICE)
        .interface(DEVICE)
        .member("StateChanged")
        .build()?;
    let owners = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender("org.freedesktop.DBus")
        .interface("org.freedesktop.DBus")
        .member("NameOwnerChanged")
        .arg(0, SERVICE)
        .build()?;
    let mut states = MessageStream::for_match_rule(states, connection, None).await?;
    let mut owners = MessageStream::for_match_rule(owners, connection, None).await?;
    loop {
        tokio::select! {
            Some(_) = states.next() => {}
            Some(_) = owners.next() => {}
            else => return Ok(()),
        }
        if !tell() {
            return Ok(());
        }
    }
}
