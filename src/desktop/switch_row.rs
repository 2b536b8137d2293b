// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Switches as rows of a list.

use nova::networking::Rates;
use nova_model::bridge::StpState;
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::rate::format_rate;
use nova_model::state::Snapshot;

use crate::row::Row;
use crate::switch::Switch;

/// Values of a row of [`switches`].
pub const SWITCH_ROLES: &[&str] = &["name", "facts", "rate", "chip", "chipKind", "linkIndex"];

/// All switches, by name.
#[must_use]
pub fn switches(snapshot: &Snapshot, rates: Option<&Rates>) -> Vec<Row> {
    Switch::all(snapshot)
        .into_iter()
        .map(|switch| {
            let name = switch.name();
            let facts = facts(snapshot, &switch);
            let (chip, kind) = chip(snapshot, &switch);
            let index = switch.link().map_or(0, |link| link.index);
            Row::new(
                name.clone(),
                vec![
                    name.into(),
                    facts.into(),
                    rate(index, rates).into(),
                    chip.into(),
                    kind.into(),
                    usize::try_from(index).unwrap_or_default().into(),
                ],
            )
        })
        .collect()
}

/// What a switch carries, empty while nothing was measured.
#[must_use]
pub fn rate(index: u32, rates: Option<&Rates>) -> String {
    rates
        .and_then(|rates| rates.switches.get(&index))
        .map_or_else(String::new, |bits| format_rate(*bits))
}

/// The second line of a switch: ports, addresses, whether it filters by VLAN,
/// whose it is.
#[must_use]
pub fn facts(snapshot: &Snapshot, switch: &Switch) -> String {
    let ports = switch.ports(snapshot).len();
    let mut parts = vec![counted(ports, "port", "ports", "no ports")];
    if let Some(link) = switch.link() {
        let addresses = addresses(link);
        let more = addresses.len().saturating_sub(1);
        parts.extend(addresses.into_iter().take(1));
        parts.extend((more > 0).then(|| format!("+{more}")));
        let filters = link.bridge.is_some_and(|it| it.options.vlan_filtering);
        parts.extend(filters.then(|| "VLANs".to_owned()));
        if let Some(network) = snapshot.network_of_bridge(link) {
            parts.push(format!(
                "network {}",
                nova_model::name::printable(&network.name)
            ));
        } else {
            match &link.owner {
                Owner::Nobody | Owner::Kernel | Owner::OpenVSwitch => {}
                Owner::Nova => parts.push("made by Nova".to_owned()),
                other => parts.push(format!("configured by {}", other.name())),
            }
        }
    }
    if switch.is_ovs() {
        parts.push("Open vSwitch".to_owned());
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
pub fn chip(snapshot: &Snapshot, switch: &Switch) -> (&'static str, &'static str) {
    if !switch.is_up() {
        return match switch.is_ovs() {
            true => ("not running", "warning"),
            false => ("down", "neutral"),
        };
    }
    let ports = switch.ports(snapshot);
    if ports
        .iter()
        .any(|port| port.ovs.is_some_and(|port| port.failure().is_some()))
    {
        return ("port failed", "warning");
    }
    let has = |wanted: &[StpState]| {
        ports.iter().any(|port| {
            port.tree_state()
                .is_some_and(|state| wanted.contains(&state))
        })
    };
    if has(&[StpState::Listening, StpState::Learning]) {
        return ("settling", "neutral");
    }
    if has(&[StpState::Blocking]) {
        return ("port blocked", "warning");
    }
    ("", "neutral")
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
        LinkKind::Bond => crate::view::BOND_ICON,
        LinkKind::Vlan { .. } => crate::view::VLAN_ICON,
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
                    "ovs0",
                    &"2 ports · Open vSwitch".into(),
                    &"port failed".into()
                ),
                (
                    "virbr0",
                    &"no ports · 192.168.122.1/24 · network default".into(),
                    &"".into()
                ),
            ]
        );
    }

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["br10", "br2", "br", "virbr0"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["br", "br2", "br10", "virbr0"]);
    }
}
