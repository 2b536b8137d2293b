// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What attaching a port to a bridge and detaching it means on a host.

use crate::address::MacAddress;
use crate::bridge::{BridgeOptions, PortPatch};
use crate::change::{AttachPort, ConfigurePort, DetachPort};
use crate::error::{ErrorKind, NovaError, Result};
use crate::link::{Link, LinkKind, Owner};
use crate::name::InterfaceName;
use crate::planner::{Planner, reference};
use crate::reach::is_reached_at;
use crate::step::{LinkRef, LinkStep, PortStep};

impl Planner {
    pub(crate) fn attach_port(&mut self, attach: &AttachPort) -> Result<()> {
        if self.is_ovs(&attach.switch) {
            return self.attach_to_ovs(attach);
        }
        if self.is_bond(&attach.switch) {
            return self.attach_to_bond(attach);
        }
        self.require_bridge(&attach.switch)?;
        self.attach(&attach.switch, &attach.port, attach.moves)
    }

    pub(crate) fn attach(
        &mut self,
        switch: &InterfaceName,
        port: &InterfaceName,
        moves: bool,
    ) -> Result<()> {
        let bridge = self.state.require(switch)?.clone();
        let link = self.state.require(port)?.clone();
        refuse_as_port(switch, Some(&bridge), &link)?;
        let options = bridge
            .bridge
            .map(|bridge| bridge.options)
            .unwrap_or_default();
        if link.controller == Some(bridge.index) {
            self.effect(format!("{port} is already a port of {switch}."));
            return Ok(());
        }
        if let Some(other) = link
            .controller
            .and_then(|index| self.state.links.get(&index))
            .cloned()
        {
            self.leave(&link, &other, switch, moves)?;
        }
        if is_reached_at(&link) {
            self.refuse_moving_addresses(switch, &link)?;
        }
        if self.carries(&link) {
            self.demand_confirmation(&options);
            self.notice_management(&link, port);
        }
        self.notice_second_way(&bridge, &link);
        let carries = self.own_addresses(&link) > 0;
        if !carries {
            self.keep_mac(&bridge)?;
        }
        if let (true, Some(mac)) = (carries, link.mac) {
            self.notice_new_mac(&bridge, switch, mac);
            let bridge = LinkRef {
                name: switch.clone(),
                index: None,
            };
            self.push(LinkStep::SetMac { link: bridge, mac });
        }
        self.push(LinkStep::SetController {
            link: reference(&link, port.clone()),
            controller: Some(switch.clone()),
        });
        self.push(LinkStep::SetUp {
            link: reference(&link, port.clone()),
            up: true,
        });
        self.effect(format!("{port} becomes a port of {switch}."));
        self.notice_narrow_port(&bridge, &link);
        self.notice_bond_as_port(&link);
        if options.stp {
            self.notice(format!(
                "Spanning tree keeps {port} silent for about {} s before it forwards.",
                options.port_delay()
            ));
        }
        if carries {
            self.move_addresses(port, switch, "is a port now")?;
        }
        Ok(())
    }

    /// Says so where a port is too narrow for packets of its bridge. The kernel tells
    /// nobody whether the MTU of a bridge was set, and so follows no port.
    fn notice_narrow_port(&mut self, bridge: &Link, port: &Link) {
        if port.mtu < bridge.mtu {
            self.notice(format!(
                "{} takes packets of {} bytes, {} of {}: larger ones do not pass through it, and {} gets its MTU unless that was set.",
                port.name, port.mtu, bridge.name, bridge.mtu, bridge.name
            ));
        }
    }

    /// Says so where a bridge that is in use gets the MAC address of a port.
    fn notice_new_mac(&mut self, bridge: &Link, name: &InterfaceName, mac: MacAddress) {
        if bridge.mac == Some(mac) || self.index_before(name).is_none() {
            return;
        }
        self.effect(format!(
            "{} gets the MAC address {mac} of its new port.",
            bridge.name
        ));
        if self.carries(bridge) {
            self.notice_relearning(name);
        }
    }

    /// `NotFound` for a link that is no port of this bridge.
    pub(crate) fn require_port(&self, bridge: &Link, link: &Link) -> Result<()> {
        if link.controller == Some(bridge.index) {
            return Ok(());
        }
        let (switch, port) = (&bridge.name, &link.name);
        let other = link
            .controller
            .and_then(|index| self.state.links.get(&index));
        Err(NovaError::not_found(match other {
            Some(other) => format!(
                "bridge {switch}: {port} is a port of {}, not of this bridge",
                other.name
            ),
            None => format!("bridge {switch}: {port} is not a port of it"),
        })
        .with_field("port")
        .with_remedy(format!("\"nova network show {switch}\" lists its ports.")))
    }

    pub(crate) fn configure_port(&mut self, configure: &ConfigurePort) -> Result<()> {
        let ConfigurePort {
            switch,
            port,
            options,
        } = configure;
        if self.is_ovs(switch) {
            return self.configure_port_as_ovs(configure);
        }
        let bridge = self.require_bridge(switch)?.clone();
        let link = self.state.require(port)?.clone();
        self.require_port(&bridge, &link)?;
        if options.is_empty() {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("port {port}: no option is given"),
            )
            .with_remedy("\"nova network configure-port --help\" lists the options."));
        }
        options.check()?;
        let now = link.port.map(|status| status.options).unwrap_or_default();
        let difference = PortPatch::between(&now, &options.applied_to(&now));
        if difference.is_empty() {
            self.effect(format!("Port {port} is already as asked."));
            return Ok(());
        }
        self.effect(format!(
            "On port {port} of {switch}: {}.",
            difference.phrases().join(", ")
        ));
        self.notice_port_options(&bridge, &link, &difference);
        self.notice_card(port, "The options");
        self.push(PortStep::Set {
            link: reference(&link, port.clone()),
            options: difference,
        });
        Ok(())
    }

    fn notice_port_options(&mut self, bridge: &Link, link: &Link, options: &PortPatch) {
        let (switch, port) = (&bridge.name, &link.name);
        let stp = bridge.bridge.is_some_and(|status| status.options.stp);
        let cuts = options.isolated == Some(true)
            || options.learning == Some(false)
            || options.unicast_flood == Some(false)
            || options.broadcast_flood == Some(false)
            || options.bpdu_guard == Some(true)
            || options.root_block == Some(true);
        if cuts && link.is_uplink_like() && self.carries(bridge) {
            let delay = bridge.bridge.map(|status| status.options);
            self.demand_confirmation(&delay.unwrap_or_default());
            self.notice(format!(
                "{switch} carries addresses of this host and reaches the network through {port}."
            ));
        }
        if options.isolated == Some(true) {
            self.notice(format!(
                "{port} reaches the ports of {switch} that are not isolated, this host, and no other isolated port."
            ));
        }
        if options.bpdu_guard == Some(true) {
            self.notice(format!(
                "The kernel disables {port} when a spanning tree frame arrives on it, until it is set down and up."
            ));
        }
        if options.root_block == Some(true) && !stp {
            self.notice(format!(
                "Root block has an effect once spanning tree is on; on {switch} it is off."
            ));
        }
        if (options.cost.is_some() || options.priority.is_some()) && !stp {
            self.notice(format!(
                "Cost and priority have an effect once spanning tree is on; on {switch} it is off."
            ));
        }
    }

    /// Has a bridge keep its MAC address. One that nobody gave an address takes
    /// the lowest of its ports, and another with each port that comes or goes:
    /// leases and neighbours of the host would be lost with a change that is
    /// about a port.
    fn keep_mac(&mut self, bridge: &Link) -> Result<()> {
        if let Some(mac) = self.pin_mac(bridge)? {
            self.effect(format!(
                "{} keeps its MAC address {mac}, which followed its ports until now; it stays so when the change is undone.",
                bridge.name
            ));
        }
        Ok(())
    }

    /// Sets the MAC address that the bridge has, where it follows its ports.
    pub(crate) fn pin_mac(&mut self, bridge: &Link) -> Result<Option<MacAddress>> {
        let follows = bridge.bridge.is_some_and(|status| status.follows_ports);
        let Some(mac) = bridge.mac.filter(|mac| follows && mac.0 != [0; 6]) else {
            return Ok(None);
        };
        let name = bridge.name.to_interface_name()?;
        self.push(LinkStep::SetMac {
            link: reference(bridge, name),
            mac,
        });
        Ok(Some(mac))
    }

    /// Takes a link out of the bridge it is a port of, where it may be moved.
    pub(crate) fn leave(
        &mut self,
        link: &Link,
        other: &Link,
        switch: &InterfaceName,
        moves: bool,
    ) -> Result<()> {
        if !moves || !other.is_bridge() {
            let error = NovaError::refused(format!(
                "bridge {switch}: port {} already belongs to {}",
                link.name, other.name
            ));
            return Err(if other.is_bridge() {
                error.with_remedy("Detach it first, or ask for the move with \"--move\".")
            } else {
                error.with_remedy("Detach it there first.")
            });
        }
        if matches!(link.owner, Owner::Libvirt { .. }) {
            self.notice(format!(
                "libvirt does not learn of the move: {} is back on {} when its machine restarts.",
                link.name, other.name
            ));
        }
        if link.is_uplink_like() && self.carries(other) {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice(format!("{} loses its uplink {}.", other.name, link.name));
        }
        self.keep_mac(other)?;
        self.effect(format!("{} leaves {}.", link.name, other.name));
        Ok(())
    }

    pub(crate) fn detach_port(&mut self, detach: &DetachPort) -> Result<()> {
        if self.is_ovs(&detach.switch) {
            return self.detach_from_ovs(detach);
        }
        if self.is_bond(&detach.switch) {
            return self.detach_from_bond(detach);
        }
        let bridge = self.require_bridge(&detach.switch)?.clone();
        let link = self.state.require(&detach.port)?.clone();
        self.require_port(&bridge, &link)?;
        if link.is_uplink_like() && self.carries(&bridge) {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice(format!(
                "{} carries addresses of this host; without {} it may be unreachable.",
                detach.switch, detach.port
            ));
        }
        if matches!(link.kind, LinkKind::Tap) {
            self.notice(format!(
                "The machine behind {} loses this connection.",
                detach.port
            ));
        }
        self.keep_mac(&bridge)?;
        self.push(LinkStep::SetController {
            link: reference(&link, detach.port.clone()),
            controller: None,
        });
        self.effect(format!(
            "{} is detached from {} and stays.",
            detach.port, detach.switch
        ));
        Ok(())
    }
}

pub(crate) fn refuse_as_port(
    switch: &InterfaceName,
    bridge: Option<&Link>,
    link: &Link,
) -> Result<()> {
    let refuse = |reason: &str| {
        Err(NovaError::refused(format!(
            "bridge {switch}: {} cannot be a port: {reason}",
            link.name
        ))
        .with_field("port"))
    };
    if bridge.is_some_and(|bridge| link.index == bridge.index) {
        return refuse("it is the bridge itself");
    }
    match &link.kind {
        LinkKind::Loopback => refuse("it is the loopback interface"),
        LinkKind::Bridge => refuse("it is a bridge, and bridges cannot be ports of bridges")
            .map_err(|error| {
                error.with_remedy("Connect two bridges with a pair of virtual cables (veth).")
            }),
        _ if link.refuses_bridge => {
            refuse("Wi-Fi access points accept frames of one MAC address only").map_err(|error| {
                error.with_remedy("Use a network card with a cable, or give the machines a NAT or routed libvirt network, which Wi-Fi carries.")
            })
        }
        LinkKind::OpenVSwitch => refuse("it belongs to Open vSwitch"),
        _ => Ok(()),
    }
}

impl Planner {
    /// Addresses that somebody renews would come back on the port or expire on the
    /// bridge; only those set by hand can be moved.
    pub(crate) fn refuse_moving_addresses(
        &self,
        switch: &InterfaceName,
        link: &Link,
    ) -> Result<()> {
        if let (Owner::Nobody, Some(silence)) = (&link.owner, self.silence()) {
            return Err(silence);
        }
        let leased = link
            .addresses
            .iter()
            .find(|address| address.is_dynamic && address.net.address().is_ipv4());
        let reason = match (&link.owner, leased) {
            (Owner::NetworkManagerDaemon | Owner::Networkd, _) => {
                format!("{} configures its addresses", link.owner.name())
            }
            (_, Some(address)) => format!(
                "its address {} comes from DHCP, and it would expire on the bridge: whoever asked for it is neither NetworkManager nor systemd-networkd",
                address.net
            ),
            _ => return Ok(()),
        };
        let way = match link.owner {
            Owner::Networkd if self.is_ovs(switch) => {
                "create-switch NAME --type openvswitch --interfaces"
            }
            _ => "bridge-nic",
        };
        Err(NovaError::refused(format!("bridge {switch}: {} cannot be attached: {reason}", link.name))
            .with_field("port")
            .with_remedy(format!("Make a new bridge above it with \"nova network {way} {}\", or attach a card without an address.", link.name)))
    }
}
