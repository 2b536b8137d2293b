// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What limits a port, and whether one can be limited.

use std::collections::BTreeMap;

use nova_model::name::printable;
use nova_model::state::HostState;
use nova_model::traffic_view::{QosView, limits};

use crate::switch::Port;

/// The quality of service of all ports that have any, by the name shown.
#[must_use]
pub fn by_port(host: &HostState) -> BTreeMap<String, QosView> {
    let views = limits(host).into_iter();
    views.map(|view| (printable(&view.port), view)).collect()
}

/// Whether there is anything that Nova can take away again.
#[must_use]
pub const fn is_limited(view: &QosView) -> bool {
    view.ingress.is_some()
        || view.egress.is_some()
        || view.dscp.is_some()
        || view.priority.is_some()
}

/// Why a port cannot be limited, empty where it can.
#[must_use]
pub fn why_not(port: &Port) -> &'static str {
    if port.address().is_none() {
        return "Its name holds characters that Nova does not write into commands.";
    }
    match port.ovs.map(|row| row.conf.interfaces.as_slice()) {
        Some([only]) if only.kind == "patch" || only.options.contains_key("remote_ip") => {
            "Limits do not work on patch ports and tunnels. The ports behind them can be limited."
        }
        Some([_]) | None => "",
        Some(_) => "Limits do not work on a bond. The ports of the machines can be limited.",
    }
}
