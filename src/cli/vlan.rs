// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! VLANs: wishes from what was typed, and the list of what is carried where.

use nova::networking::{Change, ErrorKind, NetworkManager, NovaError, Result};
use nova_model::bridge::BridgePatch;
use nova_model::change::{
    ChangeSet, ConfigureBridge, CreateVlan, DeleteVlan, SetBridgeVlans, SetPortVlans, VlanWish,
};
use nova_model::link::LinkKind;
use nova_model::name::{InterfaceName, printable};
use nova_model::ovs::{OvsBridge, OvsPort};
use nova_model::state::HostState;
use nova_model::vlan::{VlanId, VlanSet};
use nova_model::vlan_table::VlanTable;
use serde_json::{Value, json};

use crate::arguments::{Output, Switch};
use crate::arguments_bridge as typed;
use crate::table::{Align, Table};
use crate::terminal::{Outcome, Terminal};

/// The wishes of `configure-port` about VLANs.
pub fn port_wishes(vlans: &typed::PortVlans) -> Vec<VlanWish> {
    let mut wishes = Vec::new();
    wishes.extend(vlans.vlan.map(VlanWish::Access));
    wishes.extend(vlans.trunk.clone().map(|tagged| VlanWish::Trunk {
        tagged,
        native: vlans.native_vlan,
    }));
    wishes.extend(vlans.add_vlans.clone().map(VlanWish::Carry));
    wishes.extend(vlans.remove_vlans.clone().map(VlanWish::Drop));
    wishes
}

/// The wish of `configure-switch`: ports first, the filter last, so that nobody
/// is silent in between.
pub fn configure_switch(typed: &typed::ConfigureSwitch) -> Result<ChangeSet> {
    let switch: InterfaceName = typed.name.parse()?;
    let mut changes = Vec::new();
    let port_wish = |port: &String, vlans: VlanWish| -> Result<Change> {
        Ok(Change::SetPortVlans(SetPortVlans {
            switch: switch.clone(),
            port: port.parse()?,
            vlans,
        }))
    };
    if let Some(vlans) = &typed.vlan {
        for port in &typed.trunk_ports {
            changes.push(port_wish(port, VlanWish::Carry(vlans.clone()))?);
        }
        for port in &typed.access_ports {
            changes.push(port_wish(port, VlanWish::Access(only(vlans)?))?);
        }
        if typed.trunk_ports.is_empty() && typed.access_ports.is_empty() {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("switch {switch}: VLAN {vlans} is given and no port for it"),
            )
            .with_field("vlan")
            .with_remedy("Name ports with \"--trunk-ports\" or \"--access-ports\"."));
        }
    }
    let own = match (typed.own_vlan, &typed.own_vlans) {
        (Some(native), None) => Some(VlanWish::Access(native)),
        (native, Some(tagged)) => Some(match native {
            None => VlanWish::Carry(tagged.clone()),
            Some(native) => VlanWish::Trunk {
                tagged: tagged.clone(),
                native: Some(native),
            },
        }),
        (None, None) => None,
    };
    changes.extend(own.map(|vlans| {
        Change::SetBridgeVlans(SetBridgeVlans {
            switch: switch.clone(),
            vlans,
        })
    }));
    let options = BridgePatch {
        vlan_filtering: typed.vlan_filtering.map(Switch::is_on),
        default_pvid: typed.default_vlan,
        ..BridgePatch::default()
    };
    // Without any option the planner says what there is.
    if !options.is_empty() || changes.is_empty() {
        changes.push(Change::ConfigureBridge(ConfigureBridge {
            name: switch,
            options,
        }));
    }
    Ok(changes.into())
}

fn only(vlans: &VlanSet) -> Result<VlanId> {
    let mut all = vlans.0.iter();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(*only),
        _ => Err(
            NovaError::invalid("vlan", vlans, "an access port carries one VLAN").with_remedy(
                "Give one VLAN for access ports, and trunk ports in a call of their own.",
            ),
        ),
    }
}

/// The wish of `create-vlan`.
pub fn create_vlan(typed: &typed::CreateVlan) -> Result<Change> {
    Ok(Change::CreateVlan(CreateVlan {
        link: typed.link.parse()?,
        vlan: typed.vlan,
        name: typed.name.as_deref().map(str::parse).transpose()?,
        protocol: typed.protocol.into(),
    }))
}

/// The wish of `delete-vlan`.
pub fn delete_vlan(name: &str, foreign: bool) -> Result<Change> {
    Ok(Change::DeleteVlan(DeleteVlan {
        name: name.parse()?,
        foreign,
    }))
}

/// Lists what switches, ports and sub-interfaces carry.
pub async fn list(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    switch: Option<&str>,
) -> Outcome {
    let snapshot = manager.overview().await?;
    let host = &snapshot.host;
    if let Some(name) = switch
        && host.ovs.bridge(name).is_none()
    {
        host.require(&name.parse()?)?;
    }
    let rows = rows(host, switch);
    match output {
        Output::Json => {
            let rows: Vec<Value> = rows.iter().map(Row::document).collect();
            terminal.print_json(&json!({ "vlans": rows }))
        }
        Output::Table if rows.is_empty() => terminal.print("No link carries VLANs.\n"),
        Output::Table => {
            let mut table = Table::new(&[
                ("LINK", Align::Left),
                ("ROLE", Align::Left),
                ("FILTER", Align::Left),
                ("NATIVE", Align::Right),
                ("UNTAGGED", Align::Left),
                ("TAGGED", Align::Left),
            ]);
            for row in &rows {
                table.row(row.cells());
            }
            terminal.print(&table.render(terminal.style))
        }
    }
}

/// What one link carries.
struct Row {
    name: String,
    role: String,
    filters: Option<bool>,
    table: VlanTable,
    /// Every VLAN passes tagged.
    every: bool,
}

fn rows(host: &HostState, only: Option<&str>) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    for bridge in host.bridges().filter(|link| wanted(&link.name.to_string())) {
        let Some(status) = bridge.bridge.filter(|status| status.knows_vlans) else {
            continue;
        };
        let filters = Some(status.options.vlan_filtering);
        rows.push(Row {
            name: bridge.name.to_string(),
            role: "towards this host".to_owned(),
            filters,
            table: bridge.vlans.clone(),
            every: false,
        });
        rows.extend(host.ports_of(bridge.index).map(|port| Row {
            name: port.name.to_string(),
            role: format!("port of {}", bridge.name),
            filters,
            table: port.vlans.clone(),
            every: false,
        }));
    }
    let bridges = host.ovs.state().map(|ovs| ovs.bridges.as_slice());
    let bridges = bridges.unwrap_or_default().iter();
    for bridge in bridges.filter(|bridge| wanted(&bridge.name)) {
        rows.extend(bridge.ports.iter().map(|port| of_ovs(bridge, port)));
    }
    for link in host.links.values() {
        let LinkKind::Vlan { vid, .. } = link.kind else {
            continue;
        };
        let below = link.lower.and_then(|index| host.links.get(&index));
        let below = below.map_or_else(|| "?".to_owned(), |below| below.name.to_string());
        let (Ok(vlan), true) = (VlanId::new(vid), wanted(&below)) else {
            continue;
        };
        rows.push(Row {
            name: link.name.to_string(),
            role: format!("sub-interface of {below}"),
            filters: None,
            table: VlanTable::trunk(std::iter::once(vlan).collect(), None),
            every: false,
        });
    }
    rows
}

/// What a port of Open vSwitch carries: one VLAN untagged, or those of a trunk,
/// where none named means every one.
fn of_ovs(bridge: &OvsBridge, port: &OvsPort) -> Row {
    let vlans = &port.conf.vlans;
    let ids = |numbers: &mut dyn Iterator<Item = u16>| -> VlanSet {
        numbers
            .filter_map(|number| VlanId::new(number).ok())
            .collect()
    };
    let tag = ids(&mut vlans.tag.into_iter());
    let native = tag.0.iter().next().copied();
    let is_access = native.is_some() && matches!(vlans.mode.as_deref(), None | Some("access"));
    let trunks = match is_access {
        true => VlanSet::default(),
        false => ids(&mut vlans.trunks.iter().copied()),
    };
    let mut table = VlanTable::trunk(trunks, native);
    if vlans.mode.as_deref() == Some("native-tagged") {
        table.untagged = VlanSet::default();
    }
    Row {
        name: printable(&port.name),
        role: match port.name == bridge.name {
            true => "towards this host".to_owned(),
            false => format!("port of {}", printable(&bridge.name)),
        },
        filters: Some(true),
        table,
        every: !is_access && vlans.trunks.is_empty(),
    }
}

impl Row {
    fn tagged(&self) -> VlanSet {
        let table = &self.table;
        let tagged = table.members.0.iter().copied();
        tagged
            .filter(|vlan| !table.untagged.contains(*vlan))
            .collect()
    }

    fn cells(&self) -> [String; 6] {
        let or_dash = |text: String| {
            if text.is_empty() {
                "-".to_owned()
            } else {
                text
            }
        };
        [
            self.name.clone(),
            self.role.clone(),
            match self.filters {
                Some(true) => "on",
                Some(false) => "off",
                None => "-",
            }
            .to_owned(),
            self.table
                .pvid
                .map_or_else(|| "-".to_owned(), |vlan| vlan.to_string()),
            or_dash(self.table.untagged.to_string()),
            match self.every {
                true => "all".to_owned(),
                false => or_dash(self.tagged().to_string()),
            },
        ]
    }

    fn document(&self) -> Value {
        json!({
            "link": self.name,
            "role": self.role,
            "filtering": self.filters,
            "native": self.table.pvid,
            "untagged": self.table.untagged,
            "tagged": self.tagged(),
            "every_vlan": self.every,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Area, Network, Nova, Verb};
    use clap::Parser as _;

    fn wish(line: &str) -> Result<ChangeSet> {
        let Nova {
            area: Area::Network(Network { verb, .. }),
        } = Nova::try_parse_from(line.split(' ')).unwrap();
        let Verb::ConfigureSwitch(typed) = verb else {
            panic!("{line}")
        };
        configure_switch(&typed)
    }

    #[test]
    fn the_ports_come_before_the_filter() {
        let set = wish(
            "nova network configure-switch br0 --vlan 100 --vlan-filtering --trunk-ports eth0",
        )
        .unwrap();
        let [Change::SetPortVlans(port), Change::ConfigureBridge(bridge)] = &set.changes[..] else {
            panic!("{set:?}")
        };
        assert_eq!(port.vlans, VlanWish::Carry("100".parse().unwrap()));
        assert_eq!(bridge.options.vlan_filtering, Some(true));
    }

    #[test]
    fn an_access_port_takes_one_vlan() {
        let error = wish("nova network configure-switch br0 --vlan 100-102 --access-ports vnet0")
            .unwrap_err();
        assert_eq!(error.field(), Some("vlan"));
        let error = wish("nova network configure-switch br0 --vlan 100").unwrap_err();
        assert!(error.remedy().unwrap().contains("--trunk-ports"));
    }
}
