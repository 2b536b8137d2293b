// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What setting a link up or down, its MTU and its MAC address means on a host.

use crate::address::MacAddress;
use crate::bridge::BridgeOptions;
use crate::change::{MacPolicy, SetBridgeMac, SetLink, SetMtu};
use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::name::InterfaceName;
use crate::options::in_range;
use crate::planner::{Planner, reference};
use crate::step::LinkStep;
use crate::step_link::narrowed;

impl Planner {
    pub(crate) fn set_link(&mut self, set: &SetLink) -> Result<()> {
        let link = self.state.require(&set.name)?.clone();
        if matches!(link.kind, LinkKind::Loopback) {
            return Err(NovaError::refused(format!(
                "{}: the loopback interface stays up, the host talks to itself through it",
                set.name
            )));
        }
        if link.is_up == set.up {
            self.effect(format!(
                "{} is already {}.",
                set.name,
                if set.up { "up" } else { "down" }
            ));
            return Ok(());
        }
        if set.up {
            self.effect(format!("{} is set up.", set.name));
        } else {
            self.effect(format!(
                "{} is set down; nothing passes through it.",
                set.name
            ));
            if self.carries(&link) {
                self.demand_confirmation(&BridgeOptions::default());
                self.notice_management(&link, &set.name);
            }
            let taps = self
                .state
                .ports_of(link.index)
                .filter(|port| matches!(port.kind, LinkKind::Tap))
                .count();
            if taps > 0 {
                self.notice(format!(
                    "{taps} machine interfaces on {} lose their connection.",
                    set.name
                ));
            }
        }
        self.push(LinkStep::SetUp {
            link: reference(&link, set.name.clone()),
            up: set.up,
        });
        Ok(())
    }

    pub(crate) fn set_mtu(&mut self, set: &SetMtu) -> Result<()> {
        let SetMtu { name, mtu } = set;
        in_range("mtu", Some(*mtu), 68, 65535, "bytes")?;
        let link = self.state.require(name)?.clone();
        if matches!(link.kind, LinkKind::Loopback) {
            return Err(NovaError::refused(format!(
                "{name}: the loopback interface keeps its MTU"
            )));
        }
        if link.mtu == *mtu {
            self.effect(format!("{name} already has an MTU of {mtu}."));
            return Ok(());
        }
        let has_ipv6 = |link: &Link| {
            link.addresses
                .iter()
                .any(|address| address.net.address().is_ipv6())
        };
        if *mtu < 1280 && has_ipv6(&link) {
            return Err(NovaError::invalid(
                "mtu",
                mtu,
                &format!("IPv6 needs 1280 bytes and {name} has IPv6 addresses"),
            )
            .with_remedy("Choose 1280 or more, or remove the IPv6 addresses first."));
        }
        self.effect(format!(
            "The MTU of {name} becomes {mtu}; it was {}.",
            link.mtu
        ));
        let narrowed: Vec<String> = narrowed(&self.state, link.index, *mtu)
            .map(|upper| upper.name.to_string())
            .collect();
        if !narrowed.is_empty() {
            self.effect(format!(
                "So does that of {}, which cannot be larger.",
                narrowed.join(", ")
            ));
        }
        if link.is_bridge() {
            self.notice(format!(
                "Until now the kernel may have fitted the MTU of {name} to its ports; from now on it stays as set, also when the change is undone."
            ));
            let narrow = self
                .state
                .ports_of(link.index)
                .filter(|port| port.mtu < *mtu)
                .min_by_key(|port| port.mtu)
                .map(|port| (port.name.clone(), port.mtu));
            if let Some((port, least)) = narrow {
                self.notice(format!(
                    "Packets of this host over {least} bytes do not pass through {port}."
                ));
            }
        }
        if self.carries(&link) {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice_management(&link, name);
        }
        if !self.ask_ovs_for_mtu(name, *mtu) {
            self.push(LinkStep::SetMtu {
                link: reference(&link, name.clone()),
                mtu: *mtu,
            });
        }
        Ok(())
    }

    pub(crate) fn set_bridge_mac(&mut self, set: &SetBridgeMac) -> Result<()> {
        let name = &set.name;
        if self.state.ovs.bridge(name.as_str()).is_some() {
            return self.set_ovs_mac(set);
        }
        let bridge = self.require_bridge(name)?.clone();
        let mac = match &set.policy {
            MacPolicy::Address(mac) => *mac,
            MacPolicy::Keep => bridge.mac.filter(|mac| mac.0 != [0; 6]).ok_or_else(|| {
                NovaError::refused(format!("bridge {name}: it has no MAC address to keep"))
                    .with_field("mac")
                    .with_remedy("Name a port or an address.")
            })?,
            MacPolicy::Port(port) => {
                let link = self.state.require(port)?;
                self.require_port(&bridge, link)?;
                link.mac.ok_or_else(|| {
                    NovaError::refused(format!("bridge {name}: {port} has no MAC address"))
                        .with_field("mac")
                })?
            }
        };
        require_station(mac)?;
        let follows = bridge.bridge.is_some_and(|status| status.follows_ports);
        if bridge.mac == Some(mac) && !follows {
            self.effect(format!("{name} already has the MAC address {mac}."));
            return Ok(());
        }
        if bridge.mac != Some(mac) {
            self.effect(format!("{name} gets the MAC address {mac}."));
            if self.carries(&bridge) {
                self.demand_confirmation(&BridgeOptions::default());
                self.notice_relearning(name);
            }
        }
        if follows {
            self.notice(format!(
                "{name} no longer takes the lowest MAC address of its ports; nothing brings that back but making the bridge anew."
            ));
        }
        self.push(LinkStep::SetMac {
            link: reference(&bridge, name.clone()),
            mac,
        });
        Ok(())
    }

    /// Says what follows where a switch by which this host is reached gets another
    /// MAC address.
    pub(crate) fn notice_relearning(&mut self, name: &InterfaceName) {
        self.notice(format!(
            "Whoever talks with this host through {name} has to learn the new address; a DHCP server may give another IP address for it."
        ));
    }
}

/// Refuses what no single station can have.
pub(crate) fn require_station(mac: MacAddress) -> Result<()> {
    if mac.0 == [0; 6] || mac.is_multicast() {
        return Err(NovaError::invalid(
            "mac",
            mac,
            "the address of one station: not all zeros, the first byte even",
        ));
    }
    Ok(())
}
