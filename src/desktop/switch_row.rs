// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Switches as rows of a list, and the ports of one.

use nova::networking::Rates;
use nova_model::bridge::StpState;
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::rate::format_rate;
use nova_model::state::Snapshot;

use crate::row::Row;

/// Values of a row of [`switches`].
pub const SWITCH_ROLES: &[&str] = &["name", "facts", "rate", "chip", "chipKind", "linkIndex"];

/// Values of a row of [`ports`].
pub const PORT_ROLES: &[&str] = &[
    "name",
    "symbol",
    "facts",
    "stpState",
    "stateKind",
    "stateHint",
    "addressable",
];

/// All switches, by name.
#[must_use]
pub fn switches(snapshot: &Snapshot, rates: Option<&Rates>) -> Vec<Row> {
    let mut links: Vec<&Link> = snapshot.host.bridges().collect();
    links.sort_by_key(|link| natural(&link.name.to_string()));
    links
        .into_iter()
        .map(|link| {
            let name = link.name.to_string();
            let facts = facts(snapshot, link);
            let (chip, kind) = chip(snapshot, link);
            Row::new(
                name.clone(),
                vec![
                    name.into(),
                    facts.into(),
                    rate(link, rates).into(),
                    chip.into(),
                    kind.into(),
                    usize::try_from(link.index).unwrap_or_default().into(),
                ],
            )
        })
        .collect()
}

/// What a switch carries, empty while nothing was measured.
fn rate(link: &Link, rates: Option<&Rates>) -> String {
    rates
        .and_then(|rates| rates.switches.get(&link.index))
        .map_or_else(String::new, |bits| format_rate(*bits))
}

/// The second line of a switch: ports, addresses, whose it is.
#[must_use]
pub fn facts(snapshot: &Snapshot, link: &Link) -> String {
    let ports = snapshot.host.ports_of(link.index).count();
    let mut parts = vec![counted(ports, "port", "ports", "no ports")];
    parts.extend(
        addresses(link)
            .into_iter()
            .take(1)
            .chain((addresses(link).len() > 1).then(|| format!("+{}", addresses(link).len() - 1))),
    );
    if let Some(network) = snapshot.network_of_bridge(link) {
        parts.push(format!(
            "network {}",
            nova_model::name::printable(&network.name)
        ));
    }
    parts.join(" · ")
}

/// The addresses people look for: IPv6 link-local ones are left out.
#[must_use]
pub fn addresses(link: &Link) -> Vec<String> {
    link.addresses
        .iter()
        .filter(|address| !address.net.is_ipv6_link_local())
        .map(|address| address.net.to_string())
        .collect()
}

/// What is not as usual, with its kind: `warning` or `neutral`.
#[must_use]
pub fn chip(snapshot: &Snapshot, link: &Link) -> (&'static str, &'static str) {
    if !link.is_up {
        return ("down", "neutral");
    }
    let states = || {
        snapshot
            .host
            .ports_of(link.index)
            .filter_map(|port| port.port.map(|status| status.state))
    };
    if states().any(|state| matches!(state, StpState::Listening | StpState::Learning)) {
        return ("settling", "neutral");
    }
    if states().any(|state| state == StpState::Blocking) {
        return ("port blocked", "warning");
    }
    ("", "neutral")
}

/// The ports of the switch of this name, by number.
#[must_use]
pub fn ports(snapshot: &Snapshot, switch: &str) -> Vec<Row> {
    let Some(bridge) = find(snapshot, switch) else {
        return Vec::new();
    };
    let mut ports: Vec<&Link> = snapshot.host.ports_of(bridge.index).collect();
    ports.sort_by_key(|link| link.port.map_or(u16::MAX, |port| port.number));
    ports
        .into_iter()
        .map(|link| port_row(snapshot, link))
        .collect()
}

fn port_row(snapshot: &Snapshot, link: &Link) -> Row {
    let name = link.name.to_string();
    let mut parts = vec![whose(snapshot, link)];
    parts.extend(addresses(link));
    if let Some(mac) = link.mac {
        parts.push(mac.to_string());
    }
    let facts = parts.join(" · ");
    let (state, kind, hint) = port_state(link);
    Row::new(
        name.clone(),
        vec![
            name.into(),
            icon(&link.kind).into(),
            facts.into(),
            state.into(),
            kind.into(),
            hint.into(),
            link.name.to_interface_name().is_ok().into(),
        ],
    )
}

/// What a port does, its kind and what that means.
fn port_state(link: &Link) -> (&'static str, &'static str, &'static str) {
    if !link.is_up {
        return ("down", "neutral", "The port is set down; nothing passes.");
    }
    if !link.has_carrier {
        return (
            "no carrier",
            "neutral",
            "Nothing is plugged in at the other end.",
        );
    }
    match link.port.map(|port| port.state) {
        Some(StpState::Forwarding) | None => {
            ("forwarding", "positive", "Frames pass in both directions.")
        }
        Some(StpState::Blocking) => (
            "blocking",
            "warning",
            "Spanning tree keeps this port silent, because another path leads to the root.",
        ),
        Some(StpState::Listening) => (
            "listening",
            "neutral",
            "Spanning tree listens for other switches before it lets anything pass.",
        ),
        Some(StpState::Learning) => (
            "learning",
            "neutral",
            "The switch learns addresses before it lets anything pass.",
        ),
        Some(StpState::Disabled) => ("disabled", "neutral", "The port takes no part."),
    }
}

/// Whose end a link is: the machine of a tap, else the kind of link.
#[must_use]
pub fn whose(snapshot: &Snapshot, link: &Link) -> String {
    match snapshot.machine_of_tap(link) {
        Some((machine, _)) => {
            format!("machine {}", nova_model::name::printable(&machine.name))
        }
        None => link.kind.word(),
    }
}

/// The icon of a kind of link.
#[must_use]
pub const fn icon(kind: &LinkKind) -> &'static str {
    match kind {
        LinkKind::Wireless => "network-wireless-symbolic",
        LinkKind::Tap | LinkKind::Macvtap => "computer-symbolic",
        LinkKind::Bridge | LinkKind::OpenVSwitch => crate::view::SWITCH_ICON,
        LinkKind::Tun | LinkKind::Vxlan => "network-vpn-symbolic",
        _ => crate::view::CARD_ICON,
    }
}

/// The link of this name as it is shown, which may hold escapes.
#[must_use]
pub fn find<'a>(snapshot: &'a Snapshot, shown: &str) -> Option<&'a Link> {
    snapshot
        .host
        .links
        .values()
        .find(|link| link.name.to_string() == shown)
}

/// The words for who configures a link.
#[must_use]
pub fn owner_words(owner: &Owner) -> String {
    match owner {
        Owner::Libvirt {
            network: Some(network),
        } => format!(
            "libvirt, as the bridge of network {}",
            nova_model::name::printable(network)
        ),
        Owner::Nobody => "nobody; it was made by hand or by a script".to_owned(),
        other => other.name().to_owned(),
    }
}

/// `no ports`, `1 port`, `3 ports`.
#[must_use]
pub fn counted(number: usize, one: &str, many: &str, none: &str) -> String {
    match number {
        0 => none.to_owned(),
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// A key that sorts `br2` before `br10`.
#[must_use]
pub fn natural(name: &str) -> (String, u64, String) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name.get(stem.len()..).unwrap_or_default();
    (
        stem.to_lowercase(),
        number.parse().unwrap_or_default(),
        name.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_switch_says_its_ports_addresses_and_network() {
        let rows = switches(&fixture::small(), None);
        let facts: Vec<_> = rows
            .iter()
            .map(|row| (row.key.as_str(), &row.cells[1], &row.cells[3]))
            .collect();
        assert_eq!(
            facts,
            [
                ("br0", &"2 ports · 192.0.2.5/24".into(), &"".into()),
                ("br1", &"no ports".into(), &"down".into()),
                (
                    "virbr0",
                    &"no ports · 192.168.122.1/24 · network default".into(),
                    &"".into()
                ),
            ]
        );
    }

    #[test]
    fn a_tap_is_shown_as_its_machine() {
        let rows = ports(&fixture::small(), "br0");
        assert_eq!(rows.len(), 2);
        assert!(rows[0].needle.contains("network card"), "{:?}", rows[0]);
        assert!(rows[1].needle.contains("machine web"), "{:?}", rows[1]);
    }

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["br10", "br2", "br", "virbr0"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["br", "br2", "br10", "virbr0"]);
    }
}
