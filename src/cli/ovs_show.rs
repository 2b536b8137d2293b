// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Open vSwitch as `list`, `show` and `debug` tell it.

use nova::networking::{HostState, NetworkManager, NovaError};
use nova_model::name::printable;
use nova_model::ovs::{OvsBridge, OvsPort, OvsView};
use nova_model::ovs_words::{limits, mirror_words, vlans};
use nova_model::topology_ovs::what;
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::facts::Facts;
use crate::schema::DebugOvsDocument;
use crate::table::{Align, Style, Table};
use crate::terminal::{Outcome, Terminal, complain};

/// Why Open vSwitch cannot be seen or used, where it is installed.
#[must_use]
pub fn trouble(host: &HostState) -> Option<NovaError> {
    match &host.ovs {
        OvsView::NotInstalled => None,
        view => view.trouble(),
    }
}

/// Says so beside what was printed, which lacks what Open vSwitch has.
pub fn tell_trouble(host: &HostState) {
    if let Some(error) = trouble(host) {
        complain(&error);
    }
}

/// The state of a bridge in a word.
#[must_use]
pub fn state(host: &HostState) -> &'static str {
    match host.ovs.state() {
        Some(ovs) if ovs.is_running => "up",
        _ => "off",
    }
}

/// Who made a bridge.
#[must_use]
pub fn owner(host: &HostState, bridge: &OvsBridge) -> &'static str {
    let ovs = host.ovs.state();
    let is_ours = ovs.is_some_and(|ovs| ovs.owns_bridge(bridge));
    if is_ours { "Nova" } else { "-" }
}

/// The spanning tree of a bridge in a word.
#[must_use]
pub const fn tree(bridge: &OvsBridge) -> &'static str {
    match (bridge.conf.stp, bridge.conf.rstp) {
        (_, true) => "rapid",
        (true, false) => "on",
        (false, false) => "off",
    }
}

/// The bridges as `list --output json` tells them.
pub fn documents(host: &HostState) -> impl Iterator<Item = Value> {
    let bridges = host.ovs.state().map(|ovs| ovs.bridges.as_slice());
    bridges.unwrap_or_default().iter().map(move |bridge| {
        let link = host.link(&bridge.name);
        json!({
            "name": bridge.name,
            "type": "openvswitch",
            "up": state(host) == "up",
            "carrier": link.is_some_and(|link| link.has_carrier),
            "owner": if owner(host, bridge) == "Nova" { "Nova" } else { "nobody" },
            "stp": bridge.conf.stp,
            "rstp": bridge.conf.rstp,
            "ports": bridge.outer_ports().map(|port| &port.name).collect::<Vec<_>>(),
            "mirrors": bridge.mirrors.iter().map(|mirror| &mirror.conf.name).collect::<Vec<_>>(),
            "addresses": link.map(crate::list::addresses).unwrap_or_default(),
            "carries_libvirt_network": Value::Null,
        })
    })
}

/// The limits of a port and what is done to frames that arrive from it.
fn limits_and_class(port: &OvsPort) -> Vec<String> {
    let mut words = limits(&port.conf);
    let class = port.class.unwrap_or_default();
    words.extend(class.dscp.map(|dscp| format!("marks DSCP {dscp}")));
    words.extend(
        class
            .priority
            .map(|priority| format!("{} priority", priority.word())),
    );
    words
}

/// Everything about a bridge.
#[must_use]
pub fn bridge_text(host: &HostState, bridge: &OvsBridge, style: Style) -> String {
    let conf = &bridge.conf;
    let list = |words: &std::collections::BTreeSet<String>, none: &str| match words.len() {
        0 => none.to_owned(),
        _ => words.iter().cloned().collect::<Vec<_>>().join(", "),
    };
    let datapath = match conf.datapath_type.as_str() {
        "" => "system",
        word => word,
    };
    let controllers: Vec<String> = conf
        .controllers
        .iter()
        .map(|target| match bridge.connected.contains(target) {
            true => format!("{target}, connected"),
            false => format!("{target}, does not answer"),
        })
        .collect();
    let mut facts = vec![
        ("Name", bridge.name.clone()),
        ("Type", "Open vSwitch bridge".to_owned()),
        ("State", state(host).to_owned()),
        ("Owner", owner(host, bridge).to_owned()),
        ("Datapath", datapath.to_owned()),
        ("Spanning tree", tree(bridge).to_owned()),
        ("OpenFlow", list(&conf.protocols, "all versions")),
        (
            "Controller",
            if controllers.is_empty() {
                "none".to_owned()
            } else {
                controllers.join("; ")
            },
        ),
        (
            "Fail mode",
            conf.fail_mode.word().unwrap_or("standalone").to_owned(),
        ),
    ];
    facts.extend(
        conf.other_config
            .iter()
            .map(|(key, value)| ("Option", format!("{key}={value}"))),
    );
    facts.extend(bridge.beyond.iter().map(|beyond| ("Also", beyond.clone())));
    let mut text = Facts::from_iter(facts).render(style);
    text.push('\n');
    text.push_str(&ports_table(bridge).render(style));
    if !bridge.mirrors.is_empty() {
        let mut table = Table::new(&[
            ("MIRROR", Align::Left),
            ("COPIES", Align::Left),
            ("TO", Align::Left),
            ("FRAMES", Align::Right),
        ]);
        for mirror in &bridge.mirrors {
            let (sources, output) = mirror_words(&mirror.conf);
            let packets = mirror
                .packets
                .map_or_else(|| "-".to_owned(), |n| n.to_string());
            table.row([printable(&mirror.conf.name), sources, output, packets]);
        }
        text.push('\n');
        text.push_str(&table.render(style));
    }
    text
}

fn ports_table(bridge: &OvsBridge) -> Table {
    let mut table = Table::new(&[
        ("PORT", Align::Left),
        ("NUMBER", Align::Right),
        ("TYPE", Align::Left),
        ("STATE", Align::Left),
        ("VLANS", Align::Left),
        ("LIMITS", Align::Left),
    ]);
    for port in &bridge.ports {
        let numbers: Vec<String> = port
            .interfaces
            .values()
            .filter_map(|interface| interface.ofport.map(|number| number.to_string()))
            .collect();
        let kinds = match port.conf.interfaces.as_slice() {
            [only] => what(only),
            members => {
                let names: Vec<String> = members.iter().map(|it| printable(&it.name)).collect();
                let mode = port.conf.bond_mode.as_deref().unwrap_or("bond");
                format!("{} of {}", printable(mode), names.join(", "))
            }
        };
        let limits = limits_and_class(port);
        table.row([
            printable(&port.name),
            numbers.join(","),
            kinds,
            port_state(port),
            vlans(&port.conf.vlans),
            if limits.is_empty() {
                "-".to_owned()
            } else {
                limits.join("; ")
            },
        ]);
    }
    table
}

fn port_state(port: &OvsPort) -> String {
    if let Some(error) = port.error() {
        return printable(error);
    }
    let has = |up: fn(&nova_model::ovs::OvsInterface) -> Option<bool>| {
        port.interfaces
            .values()
            .any(|interface| up(interface) == Some(true))
    };
    let word = match (has(|it| it.is_up), has(|it| it.has_carrier)) {
        (true, true) => "up",
        (true, false) => "no carrier",
        _ => "down",
    };
    match &port.stp_state {
        Some(state) => format!("{word}, {}", printable(state)),
        None => word.to_owned(),
    }
}

/// What Open vSwitch knows of a port, below what the kernel knows of its link.
#[must_use]
pub fn port_text(bridge: &OvsBridge, port: &OvsPort, style: Style) -> String {
    let mut facts = vec![
        ("Port of", bridge.name.clone()),
        ("Port state", port_state(port)),
        ("VLANs", vlans(&port.conf.vlans)),
    ];
    facts.extend(
        limits_and_class(port)
            .into_iter()
            .map(|limit| ("Limit", limit)),
    );
    facts.extend(
        port.conf
            .interfaces
            .iter()
            .map(|it| ("Interface", format!("{}: {}", it.name, what(it)))),
    );
    Facts::from_iter(facts).render(style)
}

/// `nova network debug ovs …`.
pub async fn debug(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    typed: &crate::ovs_arguments::DebugOvs,
) -> Outcome {
    let (flows, ports) = match (typed.show_flows, typed.show_ports) {
        (false, false) => (true, true),
        asked => asked,
    };
    let snapshot = manager.overview().await?;
    if let Some(error) = snapshot.host.ovs.trouble() {
        return Err(error.into());
    }
    let Some(bridge) = snapshot.host.ovs.bridge(&typed.bridge) else {
        let name = printable(&typed.bridge);
        let error = NovaError::not_found(format!("there is no Open vSwitch bridge {name}"));
        return Err(error
            .with_remedy("\"nova network list\" shows what exists.")
            .into());
    };
    let flows = if flows {
        Some(manager.ovs_flows(&bridge.name).await?)
    } else {
        None
    };
    if output == Output::Json {
        return terminal.print_json(&DebugOvsDocument {
            ports: ports.then_some(&bridge.ports),
            flows,
        });
    }
    let mut text = String::new();
    if ports {
        text.push_str(&terminal.heading("Ports"));
        text.push_str(&ports_table(bridge).render(terminal.style));
    }
    if let Some(flows) = flows {
        if ports {
            text.push('\n');
        }
        text.push_str(&terminal.heading("Flows"));
        for flow in flows {
            text.push_str(&format!("{}\n", printable(&flow)));
        }
    }
    terminal.print(&text)
}
