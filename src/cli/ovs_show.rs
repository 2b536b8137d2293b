// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Open vSwitch as `list`, `show` and `debug` tell it.

use nova::networking::{HostState, NetworkManager, NovaError};
use nova_model::bandwidth::{BitRate, ByteSize};
use nova_model::name::printable;
use nova_model::ovs::{OvsBridge, OvsPort, OvsView};
use nova_model::ovs_conf::{MirrorConf, PortConf, PortVlans};
use nova_model::topology_ovs::what;
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::table::{Align, Style, Table};
use crate::terminal::{Outcome, Terminal};

/// Why Open vSwitch cannot be seen or used, where it is installed.
#[must_use]
pub fn trouble(host: &HostState) -> Option<NovaError> {
    match &host.ovs {
        OvsView::NotInstalled => None,
        view => view.trouble(),
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
    let disowned = host.ovs.state().map(|ovs| &ovs.disowned);
    let is_ours = bridge
        .mark()
        .is_some_and(|mark| disowned.is_none_or(|disowned| !disowned.contains(&mark)));
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

/// The VLANs of a port in words.
#[must_use]
pub fn vlans(vlans: &PortVlans) -> String {
    let trunks: Vec<String> = vlans.trunks.iter().map(ToString::to_string).collect();
    let trunks = trunks.join(",");
    match (vlans.mode.as_deref(), vlans.tag, trunks.as_str()) {
        (None | Some("access"), Some(tag), _) => format!("access {tag}"),
        (Some(mode), Some(tag), "") => format!("{mode} {tag}"),
        (Some(mode), Some(tag), trunks) => format!("{mode} {tag}, trunk {trunks}"),
        (_, None, "") => "all".to_owned(),
        (_, None, trunks) => format!("trunk {trunks}"),
    }
}

/// The limits of a port in words.
#[must_use]
pub fn limits(conf: &PortConf) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(interface) = conf.interfaces.iter().find(|found| found.policing_rate > 0) {
        let burst = match interface.policing_burst {
            0 => 8000,
            burst => burst,
        };
        words.push(format!(
            "in {}, burst {}",
            BitRate(interface.policing_rate * 1000),
            ByteSize(burst * 125)
        ));
    }
    if let Some(qos) = &conf.qos {
        let rate = qos
            .other_config
            .get("max-rate")
            .and_then(|rate| rate.parse().ok());
        words.push(match rate {
            Some(rate) => format!("out {}", BitRate(rate)),
            None => format!("out {}", printable(&qos.kind)),
        });
    }
    words
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

fn mirror_words(conf: &MirrorConf) -> (String, String) {
    let mut sources: Vec<String> = Vec::new();
    if conf.select_all {
        sources.push("every port".to_owned());
    }
    let both = conf.ingress.intersection(&conf.egress);
    sources.extend(both.map(|port| printable(port)));
    let only = conf.ingress.difference(&conf.egress);
    sources.extend(only.map(|port| format!("{} ingress", printable(port))));
    let only = conf.egress.difference(&conf.ingress);
    sources.extend(only.map(|port| format!("{} egress", printable(port))));
    if sources.is_empty() {
        sources.push("nothing: its ports are gone".to_owned());
    }
    if !conf.vlans.is_empty() {
        let vlans: Vec<String> = conf.vlans.iter().map(ToString::to_string).collect();
        sources.push(format!("VLANs {}", vlans.join(",")));
    }
    let output = match (&conf.output_port, conf.output_vlan) {
        (Some(port), _) => printable(port),
        (None, Some(vlan)) => format!("VLAN {vlan}"),
        (None, None) => "nowhere: its port is gone".to_owned(),
    };
    (sources.join(", "), output)
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
    let mut text = lines(&facts);
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
pub fn port_text(bridge: &OvsBridge, port: &OvsPort) -> String {
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
    lines(&facts)
}

fn lines(facts: &[(&str, String)]) -> String {
    let width = facts
        .iter()
        .map(|(label, _)| label.len())
        .max()
        .unwrap_or(0);
    facts
        .iter()
        .map(|(label, value)| format!("{label:width$}  {}\n", printable(value)))
        .collect()
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
        return terminal.print_json(&json!({
            "ports": ports.then_some(&bridge.ports),
            "flows": flows,
        }));
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

#[cfg(test)]
mod tests {
    use super::*;
    use nova_model::ovs_conf::{InterfaceConf, QosConf};

    #[test]
    fn vlans_are_told_as_they_are_typed() {
        let of = |mode: Option<&str>, tag, trunks: &[u16]| {
            vlans(&PortVlans {
                mode: mode.map(str::to_owned),
                tag,
                trunks: trunks.iter().copied().collect(),
            })
        };
        assert_eq!(of(None, Some(100), &[]), "access 100");
        assert_eq!(of(None, None, &[100, 200]), "trunk 100,200");
        assert_eq!(of(None, None, &[]), "all");
        assert_eq!(
            of(Some("native-untagged"), Some(1), &[2]),
            "native-untagged 1, trunk 2"
        );
    }

    #[test]
    fn limits_are_told_with_their_units() {
        let mut conf = PortConf {
            interfaces: vec![InterfaceConf::new("vm1", "")],
            qos: Some(QosConf {
                other_config: [("max-rate".to_owned(), "50000000".to_owned())].into(),
                ..QosConf::default()
            }),
            ..PortConf::default()
        };
        conf.interfaces[0].policing_rate = 100_000;
        conf.interfaces[0].policing_burst = 80_000;
        assert_eq!(
            limits(&conf),
            ["in 100 Mbit/s, burst 10 MB", "out 50 Mbit/s"]
        );
    }

    #[test]
    fn a_mirror_that_lost_its_ports_says_so() {
        let (sources, output) = mirror_words(&MirrorConf::default());
        assert!(sources.contains("gone") && output.contains("gone"));
    }
}
