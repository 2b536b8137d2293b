// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Ports of a switch with what limits them, as rows of a list.

use nova_model::name::printable;
use nova_model::state::Snapshot;
use nova_model::traffic_view::{Limit, QosView};

use crate::limit::{by_port, is_limited, why_not};
use crate::port_row::{behind, symbol};
use crate::row::Row;
use crate::switch::{Port, Switch};

/// Values of a row of [`limits`].
pub const LIMIT_ROLES: &[&str] = &[
    "name",
    "symbol",
    "about",
    "ingress",
    "egress",
    "beside",
    "isLimited",
    "whyNot",
];

/// The ports of the switch of this name with their limits.
#[must_use]
pub fn limits(snapshot: &Snapshot, switch: &str) -> Vec<Row> {
    let Some(switch) = Switch::find(snapshot, switch) else {
        return Vec::new();
    };
    let known = by_port(&snapshot.host);
    let ports = switch.ports(snapshot);
    ports
        .iter()
        .map(|port| row(snapshot, port, known.get(&port.name())))
        .collect()
}

fn row(snapshot: &Snapshot, port: &Port, view: Option<&QosView>) -> Row {
    let mut beside = Vec::new();
    if let Some(view) = view {
        beside.extend(
            view.priority
                .map(|priority| format!("{} priority", priority.word())),
        );
        beside.extend(view.dscp.map(|dscp| format!("marks DSCP {dscp}")));
        let foreign = view.foreign.as_ref();
        beside.extend(foreign.map(|kind| format!("queued by {}, not by Nova", printable(kind))));
    }
    let name = port.name();
    let words = |limit: Option<Limit>| limit.map_or_else(String::new, |limit| limit.words());
    Row::new(
        name.clone(),
        vec![
            name.into(),
            symbol(port).into(),
            behind(snapshot, port)
                .into_iter()
                .next()
                .unwrap_or_default()
                .into(),
            words(view.and_then(|view| view.ingress)).into(),
            words(view.and_then(|view| view.egress)).into(),
            beside.join(" · ").into(),
            view.is_some_and(is_limited).into(),
            why_not(port).into(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::bandwidth::{BitRate, ByteSize};
    use nova_model::traffic::{Shaper, Shaping};

    #[test]
    fn a_limit_of_the_kernel_is_told_with_its_units() {
        let mut host = fixture::small();
        host.host.links.get_mut(&20).unwrap().traffic.shaping = Shaping::Limited(Shaper {
            rate: BitRate(50_000_000),
            burst: ByteSize(131_072),
        });
        let rows = limits(&host, "br0");
        assert_eq!(rows[0].cells[6], false.into());
        assert_eq!(rows[1].cells[4], "50 Mbit/s, bursts of 128 KiB".into());
        assert_eq!(rows[1].cells[6], true.into());
    }

    #[test]
    fn a_tunnel_says_why_it_is_not_limited() {
        let rows = limits(&fixture::small(), "ovs0");
        assert!(rows[0].needle.contains("tunnels"), "{:?}", rows[0]);
        assert_eq!(rows[1].cells[7], "".into());
    }
}
