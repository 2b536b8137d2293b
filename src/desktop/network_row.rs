// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! libvirt networks as rows, with their facts, leases and machines.

use nova::networking::Rates;
use nova_model::link::Link;
use nova_model::machine::{InterfaceSource, Machine, MachineState};
use nova_model::name::printable;
use nova_model::network::{ForwardMode, Network};
use nova_model::state::Snapshot;

use crate::row::{Cell, Row};
use crate::switch_fact::fact;
use crate::switch_row::{counted, natural, rate};
use crate::view::network_icon;

/// Values of a row of [`networks`].
pub const NETWORK_ROLES: &[&str] = &[
    "key",
    "name",
    "symbol",
    "facts",
    "rate",
    "chip",
    "chipKind",
    "linkIndex",
];
/// Values of a row of [`leases`].
pub const LEASE_ROLES: &[&str] = &["address", "hostname", "mac", "expires"];
/// Values of a row of [`machines`].
pub const MACHINE_ROLES: &[&str] = &["name", "facts", "doing", "isRunning"];

/// All libvirt networks, by name.
#[must_use]
pub fn networks(snapshot: &Snapshot, rates: Option<&Rates>) -> Vec<Row> {
    let mut networks: Vec<&Network> = all(snapshot).iter().collect();
    networks.sort_by_key(|network| natural(&network.name));
    networks
        .into_iter()
        .map(|network| {
            let name = printable(&network.name);
            let facts = facts_line(snapshot, network);
            let chip = if network.is_active { "" } else { "stopped" };
            let index = own_switch(snapshot, network).map_or(0, |link| link.index);
            Row::new(
                network.name.clone(),
                vec![
                    network.name.as_str().into(),
                    name.into(),
                    network_icon(network.forward).into(),
                    facts.into(),
                    rate(index, rates).into(),
                    chip.into(),
                    "neutral".into(),
                    usize::try_from(index).unwrap_or_default().into(),
                ],
            )
        })
        .collect()
}

/// The switch that carries this network and nothing else.
fn own_switch<'a>(snapshot: &'a Snapshot, network: &Network) -> Option<&'a Link> {
    let bridge = network.bridge.as_deref()?;
    let own = network.is_active && network.has_own_bridge();
    own.then(|| snapshot.host.link(bridge)).flatten()
}

/// The libvirt networks, none where libvirt does not answer.
fn all(snapshot: &Snapshot) -> &[Network] {
    snapshot
        .virt
        .available()
        .map_or(&[], |virt| virt.networks.as_slice())
}

/// The network of this name.
#[must_use]
pub fn find<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a Network> {
    all(snapshot).iter().find(|network| network.name == name)
}

/// The second line of a network: mode, subnet, machines.
#[must_use]
pub fn facts_line(snapshot: &Snapshot, network: &Network) -> String {
    let mut parts = vec![network.forward.title().to_owned()];
    match (network.subnets.first(), network.bridge.as_deref()) {
        (Some(subnet), _) => parts.push(subnet.host.to_string()),
        (None, Some(bridge)) => parts.push(printable(bridge)),
        (None, None) => {}
    }
    let machines = attached(snapshot, &network.name).count();
    parts.push(counted(machines, "machine", "machines", "no machines"));
    parts.join(" · ")
}

/// Machines with an interface in the network.
fn attached<'a>(snapshot: &'a Snapshot, network: &'a str) -> impl Iterator<Item = &'a Machine> {
    let machines = snapshot
        .virt
        .available()
        .map_or(&[] as &[Machine], |virt| virt.machines.as_slice());
    machines.iter().filter(move |machine| {
        machine.interfaces.iter().any(|interface| {
            matches!(&interface.source, InterfaceSource::Network(name) if name == network)
        })
    })
}

/// What a mode means, for someone who meets it the first time.
const fn mode_hint(mode: ForwardMode) -> &'static str {
    match mode {
        ForwardMode::Isolated => "Machines reach each other and this host, nothing outside.",
        ForwardMode::Nat => {
            "Machines reach the outside with the address of this host; nobody outside reaches them."
        }
        ForwardMode::Route => {
            "Machines reach the outside with their own addresses; the routers outside have to know the way back."
        }
        ForwardMode::Open => "As routed, and libvirt adds no firewall rule of its own.",
        ForwardMode::Bridge => {
            "Machines are plugged into an existing switch and reach whatever it reaches."
        }
        ForwardMode::Private | ForwardMode::Vepa | ForwardMode::Passthrough => {
            "Machines sit directly on a network card; they cannot reach this host through it."
        }
        ForwardMode::Hostdev => "A network card is handed to each machine.",
    }
}

/// The facts of the network of this name.
#[must_use]
pub fn facts(snapshot: &Snapshot, name: &str) -> Vec<Row> {
    let Some(network) = find(snapshot, name) else {
        return Vec::new();
    };
    let section = "Network";
    let mut facts = vec![
        fact(
            section,
            "State",
            if network.is_active {
                "started"
            } else {
                "stopped"
            },
            if network.is_persistent {
                ""
            } else {
                "It is not defined on disk and disappears when it stops."
            },
        ),
        fact(
            section,
            "Mode",
            network.forward.title(),
            mode_hint(network.forward),
        ),
    ];
    if let Some(title) = &network.title {
        facts.push(fact(section, "Title", printable(title), ""));
    }
    if let Some(bridge) = &network.bridge {
        let hint = if network.has_own_bridge() {
            "libvirt makes this switch when the network starts."
        } else {
            ""
        };
        facts.push(fact(section, "Switch", printable(bridge), hint));
    }
    if !network.forward_devices.is_empty() {
        let devices: Vec<String> = network
            .forward_devices
            .iter()
            .map(|device| printable(device))
            .collect();
        facts.push(fact(section, "Leaves through", devices.join(", "), ""));
    }
    if let Some(domain) = &network.domain {
        facts.push(fact(section, "DNS domain", printable(domain), ""));
    }
    for subnet in &network.subnets {
        let ranges: Vec<String> = subnet
            .dhcp_ranges
            .iter()
            .map(|(first, last)| format!("{first} – {last}"))
            .collect();
        let host = subnet.host.to_string();
        facts.push(fact(
            "Addresses",
            &format!("Host in {host}"),
            host.clone(),
            "",
        ));
        facts.push(fact(
            "Addresses",
            &format!("DHCP in {host}"),
            if ranges.is_empty() {
                "not served".to_owned()
            } else {
                ranges.join("\n")
            },
            if ranges.is_empty() {
                "Machines need addresses of their own."
            } else {
                "Machines that ask get an address of this range."
            },
        ));
    }
    facts.into_iter().map(short_label).collect()
}

/// Several subnets share their labels; the key stays apart.
fn short_label(mut row: Row) -> Row {
    if let Some(Cell::Text(label)) = row.cells.get_mut(1) {
        if label.starts_with("Host in ") {
            "Host address".clone_into(label);
        } else if label.starts_with("DHCP in ") {
            "DHCP range".clone_into(label);
        }
    }
    row
}

/// The leases of the network of this name, by address.
#[must_use]
pub fn leases(snapshot: &Snapshot, name: &str) -> Vec<Row> {
    let Some(network) = find(snapshot, name) else {
        return Vec::new();
    };
    network
        .leases
        .iter()
        .map(|lease| {
            let address = lease.address.address().to_string();
            let hostname = machine_of(snapshot, lease.mac)
                .or_else(|| lease.hostname.as_deref().map(printable))
                .unwrap_or_default();
            Row::new(
                format!("{address} {}", lease.mac),
                vec![
                    address.into(),
                    hostname.into(),
                    lease.mac.to_string().into(),
                    Cell::Time(lease.expires),
                ],
            )
        })
        .collect()
}

fn machine_of(snapshot: &Snapshot, mac: nova_model::address::MacAddress) -> Option<String> {
    snapshot
        .virt
        .available()?
        .machines
        .iter()
        .find(|machine| {
            machine
                .interfaces
                .iter()
                .any(|interface| interface.mac == Some(mac))
        })
        .map(|machine| printable(&machine.name))
}

/// The machines with an interface in the network of this name.
#[must_use]
pub fn machines(snapshot: &Snapshot, name: &str) -> Vec<Row> {
    attached(snapshot, name)
        .map(|machine| {
            let shown = printable(&machine.name);
            let facts = interface_facts(machine, name);
            let state = machine.state.word();
            Row::new(
                machine.uuid.clone(),
                vec![
                    shown.into(),
                    facts.into(),
                    state.into(),
                    (machine.state == MachineState::Running).into(),
                ],
            )
        })
        .collect()
}

fn interface_facts(machine: &Machine, network: &str) -> String {
    let mut parts = Vec::new();
    for interface in &machine.interfaces {
        if !matches!(&interface.source, InterfaceSource::Network(name) if name == network) {
            continue;
        }
        parts.extend(interface.addresses.iter().map(ToString::to_string));
        parts.extend(interface.mac.map(|mac| mac.to_string()));
        parts.extend(interface.tap.as_deref().map(printable));
        if !interface.is_plugged {
            parts.push("cable unplugged".to_owned());
        }
    }
    parts.join(" · ")
}

/// What stopping the network means to whom.
#[must_use]
pub fn stop_impact(snapshot: &Snapshot, name: &str) -> String {
    let running: Vec<String> = attached(snapshot, name)
        .filter(|machine| machine.state == MachineState::Running)
        .map(|machine| printable(&machine.name))
        .collect();
    let shown = running
        .iter()
        .take(3)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match running.len() {
        0 => "No running machine uses it.".to_owned(),
        1 => format!("The machine {shown} loses this connection at once."),
        2..=3 => format!(
            "{} machines lose this connection at once: {shown}.",
            running.len()
        ),
        more => format!(
            "{more} machines lose this connection at once: {shown} and {} more.",
            more - 3
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_network_says_its_mode_subnet_and_machines() {
        let host = fixture::small();
        let rows = networks(&host, None);
        assert_eq!(rows[0].cells[2], crate::view::NAT_ICON.into());
        assert_eq!(
            rows[0].cells[3],
            "NAT · 192.168.122.1/24 · 1 machine".into()
        );
    }

    #[test]
    fn a_network_shows_what_its_own_switch_carries() {
        let host = fixture::small();
        let index = host.host.link("virbr0").unwrap().index;
        let mut rates = Rates::default();
        rates.switches.insert(index, 1_500_000.0);
        let rows = networks(&host, Some(&rates));
        assert_eq!(rows[0].cells[4], "1.50 Mb/s".into());
        let whole = usize::try_from(index).unwrap();
        assert_eq!(rows[0].cells[7], whole.into());
    }

    #[test]
    fn a_lease_is_shown_with_the_machine_it_belongs_to() {
        let rows = leases(&fixture::small(), "default");
        assert_eq!(rows[0].cells[1], "web".into());
        assert_eq!(rows[0].cells[3], Cell::Time(0));
    }

    #[test]
    fn stopping_names_who_loses_the_connection() {
        assert_eq!(
            stop_impact(&fixture::small(), "default"),
            "The machine web loses this connection at once."
        );
        assert_eq!(
            stop_impact(&fixture::small(), "none"),
            "No running machine uses it."
        );
    }

    #[test]
    fn two_subnets_keep_apart_but_share_their_labels() {
        let mut host = fixture::small();
        if let nova_model::state::Service::Available(virt) = &mut host.virt {
            let mut second = virt.networks[0].subnets[0].clone();
            second.host = "10.0.0.1/8".parse().unwrap();
            second.dhcp_ranges.clear();
            virt.networks[0].subnets.push(second);
        }
        let rows = facts(&host, "default");
        let labels: Vec<_> = rows
            .iter()
            .filter(|row| row.cells[1] == "DHCP range".into())
            .collect();
        assert_eq!(labels.len(), 2);
        assert_ne!(labels[0].key, labels[1].key);
    }
}
