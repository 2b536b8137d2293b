// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network list-mirrors`, `list-qos` and `list-affinity`: copies, limits and
//! CPUs of every switch, whatever it is made of.

use nova::networking::{HostState, NetworkManager, NovaError, read_steering};
use nova_model::name::printable;
use nova_model::steering::{entrances, phrase};
use nova_model::traffic_view::{Limit, MirrorView, limits, mirrors};
use serde_json::json;

use crate::arguments::Output;
use crate::ovs_show;
use crate::table::{Align, Table};
use crate::terminal::{Outcome, Terminal};

/// Whether there is such a switch, and something may be listed of it.
fn check(host: &HostState, switch: Option<&str>) -> Result<(), NovaError> {
    let Some(name) = switch else { return Ok(()) };
    let is_bridge = host.bridges().any(|link| link.name.is(name));
    if is_bridge || host.ovs.bridge(name).is_some() {
        return Ok(());
    }
    Err(
        NovaError::not_found(format!("there is no switch {}", printable(name)))
            .with_field("switch")
            .with_remedy("\"nova network list\" shows what exists."),
    )
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// The mirrors as a table.
pub fn mirror_table(mirrors: &[MirrorView]) -> Table {
    let mut table = Table::new(&[
        ("MIRROR", Align::Left),
        ("SWITCH", Align::Left),
        ("COPIES", Align::Left),
        ("TO", Align::Left),
        ("FRAMES", Align::Right),
        ("OWNER", Align::Left),
    ]);
    for mirror in mirrors {
        table.row([
            printable(&mirror.name),
            or_dash(mirror.switch.as_deref().map(printable)),
            mirror.source_words(),
            mirror.output_words(),
            or_dash(mirror.frames.map(|frames| frames.to_string())),
            if mirror.is_ours { "Nova" } else { "-" }.to_owned(),
        ]);
    }
    table
}

/// Lists the mirrors of all switches, or of one.
pub async fn list_mirrors(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    switch: Option<&str>,
) -> Outcome {
    let snapshot = manager.overview().await?;
    check(&snapshot.host, switch)?;
    let mut found = mirrors(&snapshot.host);
    found.retain(|mirror| switch.is_none() || mirror.switch.as_deref() == switch);
    match output {
        Output::Json => terminal.print_json(&json!({ "mirrors": found })),
        Output::Table if found.is_empty() => terminal.print("Nothing is mirrored.\n"),
        Output::Table => terminal.print(&mirror_table(&found).render(terminal.style)),
    }?;
    ovs_show::tell_trouble(&snapshot.host);
    Ok(())
}

/// Lists limits, marks and priorities of the ports of all switches, or of one.
pub async fn list_qos(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    switch: Option<&str>,
) -> Outcome {
    let snapshot = manager.overview().await?;
    check(&snapshot.host, switch)?;
    let mut found = limits(&snapshot.host);
    found.retain(|port| switch.is_none() || port.switch.as_deref() == switch);
    if output == Output::Json {
        return terminal.print_json(&json!({ "ports": found }));
    }
    if found.is_empty() {
        terminal.print("No port has limits.\n")?;
        ovs_show::tell_trouble(&snapshot.host);
        return Ok(());
    }
    let mut table = Table::new(&[
        ("PORT", Align::Left),
        ("SWITCH", Align::Left),
        ("INGRESS", Align::Left),
        ("EGRESS", Align::Left),
        ("DSCP", Align::Right),
        ("PRIORITY", Align::Left),
    ]);
    for port in &found {
        let egress = match (&port.egress, &port.foreign) {
            (Some(limit), None) => Some(limit.words()),
            (Some(limit), Some(kind)) => Some(format!("{}, by {kind}", limit.words())),
            (None, foreign) => foreign
                .as_ref()
                .map(|kind| format!("by {kind}, not by Nova")),
        };
        table.row([
            printable(&port.port),
            or_dash(port.switch.as_deref().map(printable)),
            or_dash(port.ingress.as_ref().map(Limit::words)),
            or_dash(egress.as_deref().map(printable)),
            or_dash(port.dscp.map(|dscp| dscp.to_string())),
            or_dash(port.priority.map(|priority| priority.word().to_owned())),
        ]);
    }
    terminal.print(&table.render(terminal.style))?;
    ovs_show::tell_trouble(&snapshot.host);
    Ok(())
}

/// Lists on which CPUs is processed what arrives at links, at all of them or at
/// those of one switch.
pub async fn list_affinity(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    switch: Option<&str>,
) -> Outcome {
    let mut host = manager.overview().await?.host;
    check(&host, switch)?;
    read_steering(&mut host, |_| true);
    let links: Vec<_> = match switch {
        // One of Open vSwitch may have no link now.
        Some(name) => host
            .link(name)
            .map_or_else(Vec::new, |link| entrances(&host, link)),
        None => host.links.values().collect(),
    };
    let with_queues = links.into_iter().filter(|it| !it.receive_cpus.is_empty());
    let found: Vec<_> = with_queues
        .map(|link| (link, host.switch_of(link)))
        .collect();
    if output == Output::Json {
        let links: Vec<_> = found
            .iter()
            .map(|(link, switch)| {
                json!({ "link": link.name, "switch": switch, "cpus": link.receive_cpus })
            })
            .collect();
        return terminal.print_json(&json!({ "links": links }));
    }
    if found.is_empty() {
        terminal.print("No link has a queue for what arrives.\n")?;
        ovs_show::tell_trouble(&host);
        return Ok(());
    }
    let mut table = Table::new(&[
        ("LINK", Align::Left),
        ("SWITCH", Align::Left),
        ("CPUS", Align::Left),
    ]);
    for (link, switch) in &found {
        table.row([
            link.name.to_string(),
            or_dash(switch.as_deref().map(printable)),
            phrase(&link.receive_cpus),
        ]);
    }
    terminal.print(&table.render(terminal.style))?;
    ovs_show::tell_trouble(&host);
    Ok(())
}
