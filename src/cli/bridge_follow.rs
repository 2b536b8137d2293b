// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network debug bridge NAME --follow`: what a bridge learns and how its
//! spanning tree moves, one change a line.

use nova::networking::{NetworkManager, NovaError};
use nova_model::fdb::{FdbEntry, MdbEntry};
use nova_model::name::InterfaceName;
use nova_model::state::HostState;

use crate::bridge_show::name_of;
use crate::terminal::{Outcome, Terminal};

/// Tells of every change of a bridge until it is gone.
pub async fn follow(manager: &NetworkManager, terminal: Terminal, name: &InterfaceName) -> Outcome {
    let mut watch = manager.watch().await?;
    let mut before = watch.snapshots.borrow_and_update().host.clone();
    while watch.snapshots.changed().await.is_ok() {
        let now = watch.snapshots.borrow_and_update().host.clone();
        for line in changes(name, &before, &now) {
            terminal.print(&format!("{line}\n"))?;
        }
        if now.link(name.as_str()).is_none() {
            return Ok(());
        }
        before = now;
    }
    Err(NovaError::internal("the host is not followed any more").into())
}

/// What is new about a bridge, in sentences.
fn changes(name: &InterfaceName, before: &HostState, now: &HostState) -> Vec<String> {
    let Some(bridge) = now.link(name.as_str()) else {
        return vec![format!("{name} is gone")];
    };
    let mut lines = Vec::new();
    let was = before.links.get(&bridge.index).and_then(|it| it.bridge);
    if let (Some(was), Some(is)) = (was, bridge.bridge) {
        if was.root != is.root {
            lines.push(if is.is_root() {
                format!("{name} is the root of the spanning tree")
            } else {
                format!("the root of the spanning tree is {}", is.root)
            });
        }
        if is.topology_change && !was.topology_change {
            lines.push("a change of the topology is being spread".to_owned());
        }
    }
    let status = bridge.bridge;
    for port in now.ports_of(bridge.index) {
        let known = before
            .links
            .get(&port.index)
            .filter(|it| it.controller == Some(bridge.index));
        let Some(known) = known else {
            lines.push(format!("{} is a port now", port.name));
            continue;
        };
        let (Some(then), Some(is), Some(status)) = (known.port, port.port, status) else {
            continue;
        };
        let role_then = was.map(|was| then.role(&was));
        if role_then != Some(is.role(&status)) || then.state != is.state {
            lines.push(format!(
                "{} is {}, {}",
                port.name,
                is.role(&status).word(),
                is.state.word()
            ));
        }
    }
    for port in before.ports_of(bridge.index) {
        let stays = now.links.get(&port.index);
        if stays.is_none_or(|it| it.controller != Some(bridge.index)) {
            lines.push(format!("{} is no port any more", port.name));
        }
    }
    let address = |host: &HostState, entry: &FdbEntry, verb: &str| {
        let vlan = entry
            .vlan
            .map_or_else(String::new, |vlan| format!(" in VLAN {vlan}"));
        format!("{}{vlan} {verb} {}", entry.mac, name_of(host, entry.link))
    };
    let here = |entry: &&FdbEntry| entry.bridge == bridge.index;
    for entry in now.learned.addresses.iter().filter(here) {
        if !before.learned.addresses.contains(entry) {
            lines.push(address(now, entry, "is behind"));
        }
    }
    for entry in before.learned.addresses.iter().filter(here) {
        if !now.learned.addresses.iter().any(|it| it.is_same(entry)) {
            lines.push(address(before, entry, "is not behind any more:"));
        }
    }
    let here = |entry: &&MdbEntry| entry.bridge == bridge.index;
    for entry in now.learned.groups.iter().filter(here) {
        if !before.learned.groups.contains(entry) {
            let port = name_of(now, entry.link);
            lines.push(format!("{port} asked for the group {}", entry.group));
        }
    }
    for entry in before.learned.groups.iter().filter(here) {
        if !now.learned.groups.contains(entry) {
            let port = name_of(before, entry.link);
            lines.push(format!("{port} left the group {}", entry.group));
        }
    }
    lines
}
