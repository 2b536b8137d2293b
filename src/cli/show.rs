// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network show NAME`: everything about one thing.

use nova::networking::{NetworkManager, NovaError, Service, Snapshot, read_steering};
use nova_model::bandwidth::BitRate;
use nova_model::bridge::{PortOptions, PortPatch};
use nova_model::link::{Link, LinkKind};
use nova_model::machine::{InterfaceSource, Machine};
use nova_model::name::printable;
use nova_model::network::Network;
use nova_model::ovs::{OvsBridge, OvsPort};
use nova_model::state::HostState;
use nova_model::steering::phrase;
use nova_model::traffic::{Deed, Frames, Shaping, Stamp};
use nova_model::traffic_view::{MirrorView, mirrors};

use crate::arguments::Output;
use crate::bond;
use crate::facts::Facts;
use crate::list::{addresses, controller, owner, state};
use crate::ovs_show;
use crate::schema::{LinkDocument, ShowDocument};
use crate::table::{Align, Style, Table};
use crate::terminal::{Outcome, Terminal};
use crate::traffic_list::mirror_table;
use crate::units::utc;

/// Shows the link, the libvirt network and the machine of this name.
pub async fn show(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    name: &str,
) -> Outcome {
    let mut snapshot = manager.snapshot().await?;
    read_steering(&mut snapshot.host, |link| link.name.to_string() == name);
    let found = Found::new(&snapshot, name);
    if found.is_nothing() {
        let error = NovaError::not_found(format!(
            "there is no link, network, machine or mirror {}",
            printable(name)
        ));
        return Err(match &snapshot.virt {
            Service::Available(_) => {
                error.with_remedy("\"nova network list --all\" shows what exists.")
            }
            Service::Missing(missing) => {
                error.with_remedy(format!("Networks and machines are not seen: {missing}."))
            }
        }
        .into());
    }
    match output {
        Output::Json => terminal.print_json(&found.document(&snapshot)),
        Output::Table => {
            terminal.print(&found.text(&snapshot, terminal.style))?;
            // Such links outlive Open vSwitch, whose they may be.
            let kind = found.link.map(|link| &link.kind);
            if matches!(kind, Some(LinkKind::Tap | LinkKind::OpenVSwitch)) {
                ovs_show::tell_trouble(&snapshot.host);
            }
            Ok(())
        }
    }
}

struct Found<'a> {
    link: Option<&'a Link>,
    network: Option<&'a Network>,
    machine: Option<&'a Machine>,
    ovs_bridge: Option<&'a OvsBridge>,
    ovs_port: Option<(&'a OvsBridge, &'a OvsPort)>,
    mirrors: Vec<MirrorView>,
}

impl<'a> Found<'a> {
    fn new(snapshot: &'a Snapshot, name: &str) -> Self {
        let virt = snapshot.virt.available();
        // A hostile name can only be typed as it is shown.
        let links = &snapshot.host.links;
        let shown = || links.values().find(|link| link.name.to_string() == name);
        let ovs = snapshot.host.ovs.state();
        Self {
            ovs_bridge: ovs.and_then(|ovs| ovs.bridge(name)),
            ovs_port: ovs.and_then(|ovs| ovs.port(name).or_else(|| ovs.port_of_interface(name))),
            link: snapshot.host.link(name).or_else(shown),
            network: virt.and_then(|virt| virt.networks.iter().find(|it| it.name == name)),
            machine: virt.and_then(|virt| virt.machines.iter().find(|it| it.name == name)),
            mirrors: mirrors(&snapshot.host)
                .into_iter()
                .filter(|mirror| mirror.name == name)
                .collect(),
        }
    }

    const fn is_nothing(&self) -> bool {
        self.link.is_none()
            && self.network.is_none()
            && self.machine.is_none()
            && self.ovs_port.is_none()
            && self.mirrors.is_empty()
    }

    fn text(&self, snapshot: &Snapshot, style: Style) -> String {
        let host = &snapshot.host;
        let port = self.ovs_port.filter(|_| self.ovs_bridge.is_none());
        let parts = [
            self.ovs_bridge
                .map(|bridge| ovs_show::bridge_text(host, bridge, style)),
            port.map(|(bridge, port)| ovs_show::port_text(bridge, port, style)),
            self.link.map(|link| link_text(snapshot, link, style)),
            self.network.map(|network| network_text(network, style)),
            self.machine.map(|machine| machine_text(machine, style)),
            (!self.mirrors.is_empty()).then(|| mirror_table(&self.mirrors).render(style)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    fn document(&self, snapshot: &'a Snapshot) -> ShowDocument<'_> {
        let host = &snapshot.host;
        ShowDocument {
            link: self.link.map(|link| LinkDocument {
                link,
                ports: host.ports_of(link.index).map(|port| &port.name).collect(),
                switch: controller(host, link),
                machine: snapshot
                    .machine_of_tap(link)
                    .map(|(machine, _)| machine.name.as_str()),
            }),
            network: self.network,
            machine: self.machine,
            ovs_bridge: self.ovs_bridge,
            ovs_port: self.ovs_port.map(|(_, port)| port),
            mirrors: &self.mirrors,
        }
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn link_text(snapshot: &Snapshot, link: &Link, style: Style) -> String {
    let host = &snapshot.host;
    let mut facts = Facts::default();
    facts.add("Name", link.name.to_string());
    facts.add("Type", link.kind.word());
    facts.add("State", state(link));
    facts.add("Owner", owner(link));
    facts.add_some("MAC address", link.mac.map(|mac| mac.to_string()));
    facts.add("MTU", link.mtu.to_string());
    let speed = link.speed.map(BitRate::of_megabits);
    facts.add_some("Speed", speed.map(|speed| speed.to_string()));
    facts.add_some("Alias", link.alias.clone());
    facts.add_some("Port of", controller(host, link));
    if let Some((machine, at)) = snapshot.machine_of_tap(link) {
        facts.add("Machine", format!("{}, interface {}", machine.name, at + 1));
    }
    let lower = link.lower.and_then(|index| host.links.get(&index));
    facts.add_some("On", lower.map(|lower| lower.name.to_string()));
    facts.add_some("Addresses", joined(&addresses(link)));
    let routes: Vec<String> = host
        .routes_of(link.index)
        .filter(|route| route.is_default())
        .filter_map(|route| route.gateway.map(|gateway| gateway.to_string()))
        .collect();
    facts.add_some("Gateway", joined(&routes));
    if let Some(status) = link.bridge {
        let options = status.options;
        facts.add("Spanning tree", on_off(options.stp));
        facts.add("Forward delay", format!("{} s", options.forward_delay));
        facts.add("Hello time", format!("{} s", options.hello_time));
        facts.add("Max age", format!("{} s", options.max_age));
        facts.add("Ageing time", format!("{} s", options.ageing_time));
        facts.add("Priority", options.priority.to_string());
        facts.add("Multicast snooping", on_off(options.multicast_snooping));
        facts.add("Multicast querier", on_off(options.multicast_querier));
        facts.add("Multicast groups", options.multicast_hash_max.to_string());
        let mask = Some(options.group_fwd_mask).filter(|mask| *mask != 0);
        facts.add_some("Link-local frames", mask.map(|mask| format!("{mask:#06x}")));
        if status.knows_vlans {
            facts.add("VLAN filtering", on_off(options.vlan_filtering));
            let default = Some(options.default_pvid).filter(|vlan| *vlan != 0);
            let default = default.map_or_else(|| "none".to_owned(), |vlan| vlan.to_string());
            facts.add("Default VLAN", default);
            facts.add("VLAN tags", options.vlan_protocol.word());
            facts.add("Own VLANs", link.vlans.to_string());
        }
        if status.follows_ports {
            facts.add("MAC policy", "the lowest of its ports");
        }
        facts.add("Bridge id", status.id.to_string());
        if options.stp {
            let root = if status.is_root() {
                "this bridge".to_owned()
            } else {
                format!("{}, path cost {}", status.root, status.root_path_cost)
            };
            facts.add("Root bridge", root);
        }
    }
    if let Some(port) = link.port {
        facts.add("Port state", port.state.word());
        facts.add("Port cost", port.options.cost.to_string());
        facts.add("Port priority", port.options.priority.to_string());
        let usual = PortOptions {
            cost: port.options.cost,
            priority: port.options.priority,
            ..PortOptions::default()
        };
        let unusual = PortPatch::between(&usual, &port.options).phrases();
        facts.add_some("Port options", joined(&unusual));
        if !link.vlans.is_empty() {
            facts.add("VLANs", link.vlans.to_string());
        }
    }
    for (label, value) in bond::facts(host, link) {
        facts.add(label, value);
    }
    if link.receive_cpus.iter().any(|cpus| !cpus.is_empty()) {
        facts.add("CPUs for arrivals", phrase(&link.receive_cpus));
    }
    traffic_facts(&mut facts, host, link);
    let mut text = facts.render(style);
    if link.is_bridge() {
        text.push('\n');
        text.push_str(&ports_text(snapshot, link, style));
    }
    if link.is_bond() {
        text.push('\n');
        text.push_str(&bond::members_text(host, link, style));
    }
    text
}

/// Limits and mirrors as they are typed again.
fn traffic_facts(facts: &mut Facts, host: &HostState, link: &Link) {
    // What shapes a port of Open vSwitch is told with the port.
    let ovs = host.ovs.state();
    let is_of_ovs = ovs.is_some_and(|ovs| ovs.port_of_interface(&link.name.to_string()).is_some());
    let limit = |link: &Link| match &link.traffic.shaping {
        Shaping::Foreign(_) if is_of_ovs => None,
        Shaping::Limited(shaper) => Some(format!("{}, bursts of {}", shaper.rate, shaper.burst)),
        Shaping::Foreign(kind) => Some(format!("queued by {kind}, not by Nova")),
        Shaping::Usual => None,
    };
    facts.add_some("Egress limit", limit(link));
    for filter in &link.traffic.filters {
        let (word, index) = match &filter.deed {
            Deed::Mirror(index) => ("copied to", *index),
            Deed::Redirect(index) => ("sent through", *index),
            Deed::Stamp(Stamp::Rank(priority)) => {
                facts.add("Priority", format!("{} of what arrives", priority.word()));
                continue;
            }
            Deed::Stamp(Stamp::MarkV4(dscp)) => {
                facts.add("Mark", format!("DSCP {dscp} on what arrives"));
                continue;
            }
            // It comes beside the one of IPv4.
            Deed::Stamp(Stamp::MarkV6(_)) => continue,
            Deed::Other(kind) => {
                let text = format!("{} filtered by {kind}", filter.way.word());
                facts.add("Filter", text);
                continue;
            }
        };
        let target = host.links.get(&index);
        if let (true, false, Some(buffer)) = (filter.is_ours, word == "copied to", target) {
            facts.add_some("Ingress limit", limit(buffer));
            continue;
        }
        let target = match target {
            Some(target) => target.name.to_string(),
            None => "a link that has gone".to_owned(),
        };
        let whose = if filter.is_ours { "" } else { ", not by Nova" };
        let frames = match &filter.frames {
            Frames::All => String::new(),
            frames => format!(" {frames}"),
        };
        facts.add(
            "Filter",
            format!("{}{frames} {word} {target}{whose}", filter.way.word()),
        );
    }
}

fn ports_text(snapshot: &Snapshot, bridge: &Link, style: Style) -> String {
    let mut table = Table::new(&[
        ("PORT", Align::Left),
        ("TYPE", Align::Left),
        ("STATE", Align::Left),
        ("STP", Align::Left),
        ("COST", Align::Right),
        ("VLANS", Align::Left),
        ("MACHINE", Align::Left),
    ]);
    for port in snapshot.host.ports_of(bridge.index) {
        let machine = snapshot
            .machine_of_tap(port)
            .map_or_else(|| "-".to_owned(), |(machine, _)| machine.name.clone());
        table.row([
            port.name.to_string(),
            port.kind.word(),
            state(port).to_owned(),
            port.port.map_or("-", |port| port.state.word()).to_owned(),
            port.port
                .map_or_else(String::new, |port| port.options.cost.to_string()),
            match port.vlans.is_empty() {
                true => "-".to_owned(),
                false => port.vlans.to_string(),
            },
            machine,
        ]);
    }
    if table.is_empty() {
        "It has no ports.\n".to_owned()
    } else {
        table.render(style)
    }
}

fn network_text(network: &Network, style: Style) -> String {
    let mut facts = Facts::default();
    facts.add("Name", &network.name);
    facts.add("Type", "libvirt network");
    facts.add_some("Title", network.title.clone());
    facts.add("Mode", network.forward.title());
    facts.add_some("Through", joined(&network.forward_devices));
    facts.add("State", if network.is_active { "active" } else { "off" });
    facts.add(
        "Persistent",
        if network.is_persistent { "yes" } else { "no" },
    );
    facts.add("Autostart", if network.autostart { "yes" } else { "no" });
    facts.add_some("Bridge", network.bridge.clone());
    facts.add_some("Domain", network.domain.clone());
    for subnet in &network.subnets {
        facts.add("Subnet", subnet.host.to_string());
        for (first, last) in &subnet.dhcp_ranges {
            facts.add("DHCP", format!("{first} to {last}"));
        }
    }
    facts.add("UUID", &network.uuid);
    let mut text = facts.render(style);
    if !network.leases.is_empty() {
        let mut table = Table::new(&[
            ("LEASE", Align::Left),
            ("MAC ADDRESS", Align::Left),
            ("HOST NAME", Align::Left),
            ("ENDS (UTC)", Align::Left),
        ]);
        for lease in &network.leases {
            table.row([
                lease.address.to_string(),
                lease.mac.to_string(),
                lease.hostname.clone().unwrap_or_else(|| "-".to_owned()),
                if lease.expires == 0 {
                    "never".to_owned()
                } else {
                    utc(lease.expires)
                },
            ]);
        }
        text.push('\n');
        text.push_str(&table.render(style));
    }
    text
}

fn machine_text(machine: &Machine, style: Style) -> String {
    let mut facts = Facts::default();
    facts.add("Name", &machine.name);
    facts.add("Type", "machine");
    facts.add("State", machine.state.word());
    facts.add("UUID", &machine.uuid);
    let mut table = Table::new(&[
        ("INTERFACE", Align::Left),
        ("CONNECTED TO", Align::Left),
        ("MAC ADDRESS", Align::Left),
        ("MODEL", Align::Left),
        ("CABLE", Align::Left),
        ("ADDRESSES", Align::Left),
    ]);
    for interface in &machine.interfaces {
        let source = match &interface.source {
            InterfaceSource::Network(name) => format!("network {name}"),
            InterfaceSource::Bridge(name) => format!("switch {name}"),
            InterfaceSource::Direct(name) => format!("card {name}"),
            InterfaceSource::Other(word) => word.clone(),
        };
        let addresses: Vec<String> = interface
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        table.row([
            interface.tap.clone().unwrap_or_else(|| "-".to_owned()),
            source,
            interface
                .mac
                .map_or_else(String::new, |mac| mac.to_string()),
            interface.model.clone().unwrap_or_else(|| "-".to_owned()),
            if interface.is_plugged { "in" } else { "out" }.to_owned(),
            addresses.join(", "),
        ]);
    }
    let mut text = facts.render(style);
    text.push('\n');
    if table.is_empty() {
        text.push_str("It has no interfaces.\n");
    } else {
        text.push_str(&table.render(style));
    }
    text
}

fn joined(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_shows_its_leases_with_hostile_names_escaped() {
        let mut network = Network::from_xml(
            "<network><name>lab</name><uuid>u</uuid><forward mode='nat'/><bridge name='virbr0'/>\
             <ip address='10.0.0.1' prefix='24'><dhcp><range start='10.0.0.2' end='10.0.0.9'/></dhcp></ip></network>",
        )
        .unwrap();
        network.is_active = true;
        network.leases.push(nova_model::network::Lease {
            mac: "52:54:00:00:00:01".parse().unwrap(),
            address: "10.0.0.2/24".parse().unwrap(),
            hostname: Some("web\u{1b}[2J".to_owned()),
            expires: 1_795_356_187,
        });
        insta::assert_snapshot!(network_text(&network, Style::default()));
    }

    #[test]
    fn a_machine_shows_its_interfaces() {
        let machine = Machine::from_xml(
            "<domain><name>web</name><uuid>u</uuid><devices>\
             <interface type='network'><mac address='52:54:00:00:00:01'/><source network='lab'/>\
             <target dev='vnet0'/><model type='virtio'/></interface>\
             <interface type='user'><link state='down'/></interface></devices></domain>",
        )
        .unwrap();
        insta::assert_snapshot!(machine_text(&machine, Style::default()));
    }
}
