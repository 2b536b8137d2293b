// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Wishes about Linux bridges and their ports, from what was typed.

use nova::networking::{Change, NovaError, Result};
use nova_model::bridge::{BridgePatch, PortPatch};
use nova_model::change::{
    ChangeSet, ConfigureBridge, ConfigurePort, CreateBridge, MacPolicy, SetBridgeMac, SetMtu,
    SetPortVlans,
};
use nova_model::name::InterfaceName;

use crate::arguments::Switch;
use crate::arguments_bridge::{BridgeOptions, PortOptions, PortVlans};

/// The wish of `create-switch` for a Linux bridge.
pub fn create_switch(
    name: &str,
    stp_enable: bool,
    options: &BridgeOptions,
    interfaces: Vec<String>,
) -> Result<ChangeSet> {
    let create = Change::CreateBridge(CreateBridge {
        name: name.parse()?,
        options: BridgePatch {
            stp: stp_enable.then_some(true),
            ..patch(options)
        },
        ports: interfaces
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_>>()?,
    });
    let mut changes = vec![create];
    changes.extend(beside(&name.parse()?, options)?);
    Ok(changes.into())
}

/// The wish of `configure-bridge`.
pub fn configure(name: &str, stp: Option<Switch>, options: &BridgeOptions) -> Result<ChangeSet> {
    let name: InterfaceName = name.parse()?;
    let patch = BridgePatch {
        stp: stp.map(Switch::is_on),
        ..patch(options)
    };
    let mut changes = beside(&name, options)?;
    // Without any option the planner says what there is.
    if !patch.is_empty() || changes.is_empty() {
        changes.insert(
            0,
            Change::ConfigureBridge(ConfigureBridge {
                name,
                options: patch,
            }),
        );
    }
    Ok(changes.into())
}

fn port_patch(options: &PortOptions) -> PortPatch {
    let on = |switch: Option<Switch>| switch.map(Switch::is_on);
    PortPatch {
        cost: options.path_cost,
        priority: options.port_priority,
        hairpin: on(options.hairpin),
        isolated: on(options.isolated),
        learning: on(options.learning),
        unicast_flood: on(options.flood),
        multicast_flood: on(options.multicast_flood),
        broadcast_flood: on(options.broadcast_flood),
        bpdu_guard: on(options.bpdu_guard),
        root_block: on(options.root_block),
        multicast_fast_leave: on(options.fast_leave),
    }
}

/// The wish of `configure-port`.
pub fn configure_port(
    switch: &str,
    port: &str,
    options: &PortOptions,
    vlans: &PortVlans,
) -> Result<ChangeSet> {
    let (switch, port): (InterfaceName, InterfaceName) = (switch.parse()?, port.parse()?);
    let mut changes: Vec<Change> = crate::vlan::port_wishes(vlans)
        .into_iter()
        .map(|vlans| {
            Change::SetPortVlans(SetPortVlans {
                switch: switch.clone(),
                port: port.clone(),
                vlans,
            })
        })
        .collect();
    let options = port_patch(options);
    // Without any option the planner says what there is.
    if !options.is_empty() || changes.is_empty() {
        changes.push(Change::ConfigurePort(ConfigurePort {
            switch,
            port,
            options,
        }));
    }
    Ok(changes.into())
}

/// What is typed as an option of a bridge and belongs to its link.
pub fn beside(name: &InterfaceName, options: &BridgeOptions) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    if let Some(policy) = &options.mac {
        changes.push(Change::SetBridgeMac(SetBridgeMac {
            name: name.clone(),
            policy: mac_policy(policy)?,
        }));
    }
    if let Some(mtu) = options.mtu {
        changes.push(Change::SetMtu(SetMtu {
            name: name.clone(),
            mtu,
        }));
    }
    Ok(changes)
}

fn mac_policy(text: &str) -> Result<MacPolicy> {
    if text == "keep" {
        return Ok(MacPolicy::Keep);
    }
    if let Ok(mac) = text.parse() {
        return Ok(MacPolicy::Address(mac));
    }
    text.parse().map(MacPolicy::Port).map_err(|_| {
        NovaError::invalid(
            "mac",
            text,
            "\"keep\", the name of a port, or an address such as 52:54:00:12:34:56",
        )
    })
}

pub fn patch(options: &BridgeOptions) -> BridgePatch {
    BridgePatch {
        stp: None,
        forward_delay: options.forward_delay,
        hello_time: options.hello_time,
        max_age: options.max_age,
        ageing_time: options.ageing_time,
        priority: options.priority,
        multicast_snooping: options.multicast_snooping.map(Switch::is_on),
        multicast_querier: options.multicast_querier.map(Switch::is_on),
        multicast_hash_max: options.hash_max,
        group_fwd_mask: options.group_fwd_mask,
        vlan_filtering: options.vlan_filtering.map(Switch::is_on),
        default_pvid: options.default_vlan,
        vlan_protocol: options.vlan_protocol.map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nova::networking::ErrorKind;

    #[test]
    fn a_mac_policy_is_a_word_an_address_or_a_port() {
        assert_eq!(mac_policy("keep").unwrap(), MacPolicy::Keep);
        assert!(matches!(
            mac_policy("52:54:00:12:34:56").unwrap(),
            MacPolicy::Address(_)
        ));
        assert!(matches!(mac_policy("eth0").unwrap(), MacPolicy::Port(_)));
        let error = mac_policy("52:54:00").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
    }
}
