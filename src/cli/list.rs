// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network list`: switches and libvirt networks at a glance.

use nova::networking::{HostState, NetworkManager, Service, Snapshot};
use nova_model::link::{Link, Owner};
use nova_model::network::Network;
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::bond;
use crate::ovs_show;
use crate::table::{Align, Table};
use crate::terminal::{Outcome, Terminal, complain};

/// Lists switches and networks, with `all` also every other link.
pub async fn list(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    all: bool,
) -> Outcome {
    let snapshot = manager.overview().await?;
    match output {
        Output::Json => terminal.print_json(&document(&snapshot, all)),
        Output::Table => {
            terminal.print(&text(&snapshot, terminal, all))?;
            if let Service::Missing(error) = &snapshot.virt {
                complain(error);
            }
            ovs_show::tell_trouble(&snapshot.host);
            Ok(())
        }
    }
}

fn text(snapshot: &Snapshot, terminal: Terminal, all: bool) -> String {
    let host = &snapshot.host;
    let mut text = terminal.heading("Switches");
    let switches = switches(host);
    if switches.is_empty() {
        text.push_str("There is none; \"nova network create-switch br0\" makes one.\n");
    } else {
        text.push_str(&switches.render(terminal.style));
    }
    if let Some(bonds) = bond::table(host) {
        text.push('\n');
        text.push_str(&terminal.heading("Bonds"));
        text.push_str(&bonds.render(terminal.style));
    }
    if let Some(virt) = snapshot.virt.available() {
        text.push('\n');
        text.push_str(&terminal.heading("Networks"));
        let networks = networks(&virt.networks);
        if networks.is_empty() {
            text.push_str("libvirt has none.\n");
        } else {
            text.push_str(&networks.render(terminal.style));
        }
    }
    if all {
        text.push('\n');
        text.push_str(&terminal.heading("Other links"));
        text.push_str(&others(host).render(terminal.style));
    }
    text
}

fn switches(host: &HostState) -> Table {
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("TYPE", Align::Left),
        ("STATE", Align::Left),
        ("STP", Align::Left),
        ("PORTS", Align::Right),
        ("OWNER", Align::Left),
        ("ADDRESSES", Align::Left),
    ]);
    for bridge in host.bridges() {
        let stp = bridge.bridge.is_some_and(|status| status.options.stp);
        table.row([
            bridge.name.to_string(),
            "Linux bridge".to_owned(),
            state(bridge).to_owned(),
            if stp { "on" } else { "off" }.to_owned(),
            host.ports_of(bridge.index).count().to_string(),
            owner(bridge),
            addresses(bridge).join(", "),
        ]);
    }
    let ovs = host.ovs.state().map(|ovs| ovs.bridges.as_slice());
    for bridge in ovs.unwrap_or_default() {
        let link = host.link(&bridge.name);
        table.row([
            nova_model::name::printable(&bridge.name),
            "Open vSwitch".to_owned(),
            ovs_show::state(host).to_owned(),
            ovs_show::tree(bridge).to_owned(),
            bridge.outer_ports().count().to_string(),
            ovs_show::owner(host, bridge).to_owned(),
            link.map(addresses).unwrap_or_default().join(", "),
        ]);
    }
    table.sort();
    table
}

fn networks(networks: &[Network]) -> Table {
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("MODE", Align::Left),
        ("STATE", Align::Left),
        ("AUTOSTART", Align::Left),
        ("BRIDGE", Align::Left),
        ("SUBNETS", Align::Left),
    ]);
    for network in networks {
        let subnets: Vec<String> = network
            .subnets
            .iter()
            .map(|subnet| subnet.host.to_string())
            .collect();
        table.row([
            network.name.clone(),
            network.forward.title().to_owned(),
            if network.is_active { "active" } else { "off" }.to_owned(),
            if network.autostart { "yes" } else { "no" }.to_owned(),
            network.bridge.clone().unwrap_or_else(|| "-".to_owned()),
            subnets.join(", "),
        ]);
    }
    table.sort();
    table
}

fn others(host: &HostState) -> Table {
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("TYPE", Align::Left),
        ("STATE", Align::Left),
        ("SWITCH", Align::Left),
        ("OWNER", Align::Left),
        ("ADDRESSES", Align::Left),
    ]);
    for link in host.links.values().filter(|link| !link.is_bridge()) {
        table.row([
            link.name.to_string(),
            link.kind.word(),
            state(link).to_owned(),
            controller(host, link).unwrap_or_else(|| "-".to_owned()),
            owner(link),
            addresses(link).join(", "),
        ]);
    }
    table.sort();
    table
}

/// The state of a link in a word.
pub fn state(link: &Link) -> &'static str {
    match (link.is_up, link.has_carrier) {
        (true, true) => "up",
        (true, false) => "no carrier",
        (false, _) => "down",
    }
}

/// Who configures the link; `-` for nobody.
pub fn owner(link: &Link) -> String {
    match &link.owner {
        Owner::Nobody => "-".to_owned(),
        Owner::Libvirt {
            network: Some(network),
        } => format!("libvirt ({network})"),
        owner => owner.name().to_owned(),
    }
}

/// The addresses of a link as text, those the kernel makes by itself left out.
pub fn addresses(link: &Link) -> Vec<String> {
    link.addresses
        .iter()
        .filter(|address| !address.net.is_ipv6_link_local())
        .map(|address| address.net.to_string())
        .collect()
}

/// The name of the link this one is a port of.
pub fn controller(host: &HostState, link: &Link) -> Option<String> {
    let controller = host.links.get(&link.controller?)?;
    Some(controller.name.to_string())
}

fn document(snapshot: &Snapshot, all: bool) -> Value {
    let host = &snapshot.host;
    let switches: Vec<Value> = host
        .bridges()
        .map(|bridge| {
            json!({
                "name": bridge.name,
                "type": "linux-bridge",
                "up": bridge.is_up,
                "carrier": bridge.has_carrier,
                "owner": bridge.owner.name(),
                "stp": bridge.bridge.is_some_and(|status| status.options.stp),
                "ports": host.ports_of(bridge.index).map(|port| &port.name).collect::<Vec<_>>(),
                "addresses": addresses(bridge),
                "carries_libvirt_network": snapshot.network_of_bridge(bridge).map(|network| &network.name),
            })
        })
        .chain(ovs_show::documents(host))
        .collect();
    let virt = snapshot.virt.available();
    let networks: Vec<Value> = virt
        .map(|virt| virt.networks.as_slice())
        .unwrap_or_default()
        .iter()
        .map(network_document)
        .collect();
    let mut document = json!({
        "switches": switches,
        "bonds": bond::documents(host),
        "networks": networks,
        "openvswitch": ovs_show::trouble(host)
            .map(|error| json!({"error": error.message(), "remedy": error.remedy()})),
        "libvirt": match &snapshot.virt {
            Service::Available(_) => Value::Null,
            Service::Missing(error) => json!({"error": error.message(), "remedy": error.remedy()}),
        },
    });
    if all {
        let links = host.links.values().filter(|link| !link.is_bridge());
        document["links"] = links
            .map(|link| {
                json!({
                    "name": link.name,
                    "type": link.kind.word(),
                    "up": link.is_up,
                    "carrier": link.has_carrier,
                    "owner": link.owner.name(),
                    "switch": controller(host, link),
                    "addresses": addresses(link),
                })
            })
            .collect();
    }
    document
}

fn network_document(network: &Network) -> Value {
    let subnets = network
        .subnets
        .iter()
        .map(|subnet| json!({"address": subnet.host, "dhcp": subnet.dhcp_ranges}));
    json!({
        "name": network.name,
        "uuid": network.uuid,
        "mode": network.forward,
        "active": network.is_active,
        "persistent": network.is_persistent,
        "autostart": network.autostart,
        "bridge": network.bridge,
        "devices": network.forward_devices,
        "subnets": subnets.collect::<Vec<_>>(),
    })
}
