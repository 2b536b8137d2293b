// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One wish for each action that changes something, and the host that they are
//! about.

use nova_model::action::Action;

use crate::host::{Cable, Gone};
use crate::program::sh;

/// The wishes, each with the actions that it needs.
pub const WISHES: [(&str, &[Action]); 6] = [
    (
        r#"{"changes":[{"create_bridge":{"name":"nvs-new"}}]}"#,
        &[Action::CreateSwitch],
    ),
    (
        r#"{"changes":[{"delete_switch":{"name":"nvs-br","foreign":true}}]}"#,
        &[Action::DeleteSwitch],
    ),
    (
        r#"{"changes":[{"configure_bridge":{"name":"nvs-br","options":{"priority":8192}}}]}"#,
        &[Action::ConfigureSwitch],
    ),
    (
        r#"{"changes":[{"attach_port":{"switch":"nvs-br","port":"nvs-a"}}]}"#,
        &[Action::ChangePorts],
    ),
    (
        r#"{"changes":[{"set_link":{"name":"nvs-a","up":false}}]}"#,
        &[Action::SetLink],
    ),
    (
        r#"{"changes":[{"add_mirror":{"switch":"nvs-br","sources":[{"port":"nvs-br","direction":"ingress"}],"output":{"port":"nvs-a"}}}]}"#,
        &[Action::Mirror],
    ),
];

/// A bridge of nobody and a cable.
///
/// # Panics
/// Where `ip` fails.
#[must_use]
pub fn scene() -> (Gone, Gone, Cable) {
    let _ = sh("ip link delete nvs-br; ip link delete nvs-new");
    let _ = sh("ip link add nvs-br type bridge").ok();
    (Gone("nvs-br"), Gone("nvs-new"), Cable::lay("nvs-a"))
}
