// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A sign of life to systemd, which kills a helper that gives none
//! (`WatchdogSec=` of its unit). The dead-man watches only changes that have
//! begun; a helper that is stopped before would leave its callers waiting.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::Duration;

/// Gives signs of life for as long as systemd wants them.
pub async fn give_signs_of_life() {
    let Some((socket, every)) = wanted() else {
        return std::future::pending().await;
    };
    let Ok(datagram) = UnixDatagram::unbound() else {
        return std::future::pending().await;
    };
    loop {
        if let Err(error) = datagram.send_to(b"WATCHDOG=1", &socket) {
            tracing::debug!(%error, "systemd does not listen");
        }
        tokio::time::sleep(every).await;
    }
}

/// Where to, and how often: three times in the span that systemd waits, see
/// `sd_watchdog_enabled(3)`.
fn wanted() -> Option<(PathBuf, Duration)> {
    let socket = std::env::var_os("NOTIFY_SOCKET")?;
    let span: u64 = std::env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    Some((socket.into(), Duration::from_micros(span / 3)))
}
