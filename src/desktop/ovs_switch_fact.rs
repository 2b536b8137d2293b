// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One switch of Open vSwitch in words.

use nova_model::link::Link;
use nova_model::name::printable;
use nova_model::ovs::{OvsBridge, OvsView};
use nova_model::ovs_conf::FailMode;

use crate::row::Row;
use crate::switch_fact::{address_fact, fact};

/// The facts of a bridge of Open vSwitch and of the host's interface on it.
#[must_use]
pub fn facts(bridge: &OvsBridge, link: Option<&Link>, runs: bool) -> Vec<Row> {
    let mut facts = vec![fact(
        "Link",
        "State",
        if runs {
            "up"
        } else {
            "Open vSwitch does not run"
        },
        if runs {
            ""
        } else {
            "The database keeps it; nothing passes until ovs-vswitchd runs."
        },
    )];
    if let Some(link) = link {
        facts.push(address_fact(link));
        facts.extend(
            link.mac
                .map(|mac| fact("Link", "MAC address", mac.to_string(), "")),
        );
        facts.push(fact("Link", "MTU", format!("{} bytes", link.mtu), ""));
    }
    facts.extend(switching(bridge));
    facts.extend(
        bridge
            .beyond
            .iter()
            .map(|beyond| fact("Open vSwitch", "Also", printable(beyond), "")),
    );
    facts
}

fn switching(bridge: &OvsBridge) -> Vec<Row> {
    let section = "Open vSwitch";
    let conf = &bridge.conf;
    let is_user_space = conf.datapath_type == "netdev";
    let option = |key: &str| conf.other_config.get(key).map(|text| printable(text));
    let mut facts = vec![
        fact(
            section,
            "Datapath",
            if is_user_space { "netdev" } else { "system" },
            if is_user_space {
                "ovs-vswitchd itself moves the frames."
            } else {
                "The kernel moves the frames."
            },
        ),
        fact(
            section,
            "Controller",
            controllers(bridge),
            if conf.controllers.is_empty() {
                "It switches by itself."
            } else {
                "The controller decides where frames go."
            },
        ),
        fact(
            section,
            "Fail mode",
            conf.fail_mode.word().unwrap_or("standalone"),
            match conf.fail_mode {
                FailMode::Secure => {
                    "Without a controller only its flows count; the rest is dropped."
                }
                FailMode::Unset | FailMode::Standalone => {
                    "Without a controller it switches by itself."
                }
            },
        ),
        fact(
            section,
            "OpenFlow",
            match conf.protocols.is_empty() {
                true => "all versions".to_owned(),
                false => conf
                    .protocols
                    .iter()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", "),
            },
            "",
        ),
    ];
    let ageing = option("mac-aging-time").unwrap_or_else(|| "300".to_owned());
    facts.push(fact(
        section,
        "MAC ageing time",
        format!("{ageing} s"),
        "An address that stays silent for this long is forgotten.",
    ));
    facts.push(fact(
        section,
        "Multicast snooping",
        if conf.mcast_snooping { "on" } else { "off" },
        if conf.mcast_snooping {
            "Multicast goes only to the ports that asked for it."
        } else {
            "Multicast goes to every port."
        },
    ));
    facts
}

/// The facts of Open vSwitch itself.
#[must_use]
pub fn program(ovs: &OvsView) -> Vec<Row> {
    let section = "Open vSwitch on this host";
    let Some(state) = ovs.state() else {
        return Vec::new();
    };
    let version = state.version.as_deref().map(printable);
    let mut facts = vec![
        fact(
            section,
            "Version",
            version.unwrap_or_else(|| "not told".to_owned()),
            "",
        ),
        fact(
            section,
            "Kernel module",
            if state.has_kernel_datapath {
                "there"
            } else {
                "missing"
            },
            if state.has_kernel_datapath {
                "New switches leave the frames to the kernel."
            } else {
                "ovs-vswitchd moves the frames of new switches itself, which takes more of the processor."
            },
        ),
    ];
    if !state.managers.is_empty() {
        let managers: Vec<String> = state.managers.iter().map(|it| printable(it)).collect();
        facts.push(fact(
            section,
            "Managers",
            managers.join("\n"),
            "Programs elsewhere that may change its database.",
        ));
    }
    facts
}

fn controllers(bridge: &OvsBridge) -> String {
    let targets = bridge.conf.controllers.iter();
    let told: Vec<String> = targets
        .map(|target| {
            let word = match bridge.connected.contains(target) {
                true => "connected",
                false => "does not answer",
            };
            format!("{}, {word}", printable(target))
        })
        .collect();
    match told.is_empty() {
        true => "none".to_owned(),
        false => told.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture;
    use crate::switch_fact::facts;

    #[test]
    fn a_bridge_of_open_vswitch_says_who_decides() {
        let mut host = fixture::small();
        let ovs = host.host.ovs.state_mut().unwrap();
        let bridge = ovs.bridge_mut("ovs0").unwrap();
        bridge
            .conf
            .controllers
            .insert("tcp:192.0.2.1:6653".to_owned());
        let rows = facts(&host, "ovs0");
        assert!(
            rows.iter()
                .any(|row| row.needle.contains("does not answer")),
            "{rows:?}"
        );
    }
}
