// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Ports of a switch as rows of a list.

use nova::networking::Rates;
use nova_model::bridge::{PortOptions, PortPatch, StpState};
use nova_model::link::Link;
use nova_model::name::printable;
use nova_model::ovs::OvsPort;
use nova_model::ovs_words;
use nova_model::rate::format_rate;
use nova_model::state::Snapshot;
use nova_model::topology_ovs::what;

use crate::row::Row;
use crate::switch::{Port, Switch};
use crate::switch_row::{addresses, icon, whose};

/// Values of a row of [`ports`].
pub const PORT_ROLES: &[&str] = &[
    "name",
    "symbol",
    "facts",
    "options",
    "vlans",
    "rate",
    "rateHint",
    "stpState",
    "stateKind",
    "stateHint",
    "addressable",
];

/// The ports of the switch of this name.
#[must_use]
pub fn ports(snapshot: &Snapshot, switch: &str, rates: Option<&Rates>) -> Vec<Row> {
    let Some(switch) = Switch::find(snapshot, switch) else {
        return Vec::new();
    };
    let ports = switch.ports(snapshot);
    ports
        .iter()
        .map(|port| port_row(snapshot, &switch, port, rates))
        .collect()
}

fn port_row(snapshot: &Snapshot, switch: &Switch, port: &Port, rates: Option<&Rates>) -> Row {
    let name = port.name();
    let (state, kind, hint) = state(port);
    let (rate, rate_hint) = rate(port, rates);
    Row::new(
        name.clone(),
        vec![
            name.into(),
            symbol(port).into(),
            behind(snapshot, port).join(" · ").into(),
            options(switch, port).join(" · ").into(),
            vlans(port).into(),
            rate.into(),
            rate_hint.into(),
            state.into(),
            kind.into(),
            hint.into(),
            port.address().is_some().into(),
        ],
    )
}

/// The icon of what a port is.
#[must_use]
pub fn symbol(port: &Port) -> &'static str {
    match (port.link, port.ovs) {
        (Some(link), _) => icon(&link.kind),
        (None, Some(row)) if row.interfaces.len() > 1 => "network-wired-symbolic",
        (None, _) => "network-vpn-symbolic",
    }
}

/// Who is behind a port, and its addresses.
#[must_use]
pub fn behind(snapshot: &Snapshot, port: &Port) -> Vec<String> {
    let mut parts = Vec::new();
    match (port.link, port.ovs) {
        (Some(link), _) => {
            parts.push(match snapshot.machine_of_tap(link) {
                Some((_, at)) => format!("{}, interface {}", whose(snapshot, link), at + 1),
                None => whose(snapshot, link),
            });
            parts.extend(addresses(link));
            parts.extend(link.mac.map(|mac| mac.to_string()));
        }
        (None, Some(row)) => parts.push(kind_of(row)),
        (None, None) => {}
    }
    parts
}

/// What a port of Open vSwitch without a link of its own is.
fn kind_of(row: &OvsPort) -> String {
    match row.conf.interfaces.as_slice() {
        [only] => what(only),
        members => {
            let names: Vec<String> = members.iter().map(|it| printable(&it.name)).collect();
            let mode = row.conf.bond_mode.as_deref().unwrap_or("bond");
            format!("{} of {}", printable(mode), names.join(", "))
        }
    }
}

/// The VLANs of a port in words.
fn vlans(port: &Port) -> String {
    match (port.ovs, port.link) {
        (Some(row), _) => ovs_words::vlans(&row.conf.vlans),
        (None, Some(link)) => link.vlans.to_string(),
        (None, None) => String::new(),
    }
}

/// What a port is set to that is not as usual.
fn options(switch: &Switch, port: &Port) -> Vec<String> {
    let mut words = Vec::new();
    match (port.ovs, port.link) {
        (Some(row), _) => {
            let vlans = vlans(port);
            words.extend((vlans != "all").then(|| format!("VLANs {vlans}")));
            words.extend(row.conf.protected.then(|| "protected".to_owned()));
            words.extend(ovs_words::limits(&row.conf));
        }
        (None, Some(link)) => {
            let filters = switch
                .link()
                .and_then(|link| link.bridge)
                .is_some_and(|status| status.options.vlan_filtering);
            words.extend(filters.then(|| format!("VLANs {}", vlans(port))));
            words.extend(
                link.port
                    .map(|status| unusual(&status.options))
                    .into_iter()
                    .flatten(),
            );
        }
        (None, None) => {}
    }
    words
}

/// The options of a port that differ from the kernel's, in words. The cost
/// follows the speed of the link and is left out.
fn unusual(options: &PortOptions) -> Vec<String> {
    let usual = PortOptions {
        cost: options.cost,
        ..PortOptions::default()
    };
    PortPatch::between(&usual, options).phrases()
}

/// What a port carries now, and both directions of it.
fn rate(port: &Port, rates: Option<&Rates>) -> (String, String) {
    let measured = port
        .link
        .zip(rates)
        .and_then(|(link, rates)| rates.links.get(&link.index));
    measured.map_or_else(Default::default, |measured| {
        let now = measured.rate;
        (
            format_rate(now.sum()),
            // The link's counters: what it receives arrives at the switch.
            format!(
                "{} arrive at the switch, {} leave it.",
                format_rate(now.received),
                format_rate(now.sent)
            ),
        )
    })
}

/// What a port does, its kind and what that means.
#[must_use]
pub fn state(port: &Port) -> (String, &'static str, String) {
    let told = |word: &str, kind, hint: &str| (word.to_owned(), kind, hint.to_owned());
    if let Some((name, error)) = port.ovs.and_then(OvsPort::failure) {
        let hint = format!("{}: {}", printable(name), printable(error));
        return ("failed".to_owned(), "negative", hint);
    }
    let (is_up, has_carrier) = liveness(port);
    if !is_up {
        return told("down", "neutral", "The port is set down; nothing passes.");
    }
    if !has_carrier {
        let hint = "Nothing is plugged in at the other end.";
        return told("no carrier", "neutral", hint);
    }
    match port.tree_state() {
        Some(StpState::Forwarding) | None => {
            told("forwarding", "positive", "Frames pass in both directions.")
        }
        Some(StpState::Blocking) => told(
            "blocking",
            "warning",
            "Spanning tree keeps this port silent, because another path leads to the root.",
        ),
        Some(StpState::Listening) => told(
            "listening",
            "neutral",
            "Spanning tree listens for other switches before it lets anything pass.",
        ),
        Some(StpState::Learning) => told(
            "learning",
            "neutral",
            "The switch learns addresses before it lets anything pass.",
        ),
        Some(StpState::Disabled) => told("disabled", "neutral", "The port takes no part."),
    }
}

/// Whether a port is set up, and whether something is plugged in.
fn liveness(port: &Port) -> (bool, bool) {
    let of_link = |link: &Link| (link.is_up, link.has_carrier);
    match port.ovs {
        None => port.link.map_or((false, false), of_link),
        Some(row) if row.interfaces.values().all(|it| it.is_up.is_none()) => {
            port.link.map_or((true, true), of_link)
        }
        Some(row) => {
            let mut all = row.interfaces.values();
            let is_up = all.clone().any(|it| it.is_up != Some(false));
            let has_carrier = all.any(|it| it.has_carrier != Some(false));
            (is_up, has_carrier)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_tap_is_shown_as_its_machine_and_interface() {
        let rows = ports(&fixture::small(), "br0", None);
        assert_eq!(rows.len(), 2);
        assert!(rows[0].needle.contains("network card"), "{:?}", rows[0]);
        assert!(
            rows[1].needle.contains("machine web, interface 1"),
            "{:?}",
            rows[1]
        );
    }

    #[test]
    fn a_port_that_open_vswitch_could_not_make_says_why() {
        let rows = ports(&fixture::small(), "ovs0", None);
        let tunnel = &rows[0];
        assert!(tunnel.needle.contains("vxlan to 192.0.2.9"), "{tunnel:?}");
        assert!(tunnel.needle.contains("failed"), "{tunnel:?}");
        assert!(tunnel.needle.contains("no route"), "{tunnel:?}");
    }

    #[test]
    fn options_are_told_where_they_are_not_the_usual_ones() {
        let mut host = fixture::small();
        let link = host.host.links.get_mut(&2).unwrap();
        link.port.as_mut().unwrap().options.hairpin = true;
        let rows = ports(&host, "br0", None);
        assert_eq!(rows[0].cells[3], "hairpin on".into());
        assert_eq!(rows[1].cells[3], "".into());
    }
}
