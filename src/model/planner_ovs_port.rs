// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What adding, configuring and removing a port of Open vSwitch means on a
//! host.

use crate::binding::card;
use crate::change::{AddOvsPort, AttachPort, ConfigureOvsPort, DetachPort, OvsPortKind};
use crate::error::{ErrorKind, NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::name::{InterfaceName, NewName, printable};
use crate::ovs::{OvsBridge, OvsPort};
use crate::ovs_conf::{HWADDR, InterfaceConf, Pairs, PortConf};
use crate::ovs_options::port_delay;
use crate::ovs_value::{BondMode, Lacp, Tunnel, VlanWish};
use crate::planner::{Planner, reference};
use crate::planner_ovs::{refuse_beyond, removal};
use crate::reach::is_reached_at;
use crate::step::{LinkStep, OvsEdit, OvsStep};

impl Planner {
    /// The edit that makes a port of these interfaces.
    pub(crate) fn new_port(
        &self,
        switch: &InterfaceName,
        port: &InterfaceName,
        interfaces: Vec<InterfaceConf>,
    ) -> OvsEdit {
        let conf = PortConf {
            external_ids: self.marks(),
            interfaces,
            ..PortConf::default()
        };
        OvsEdit::Port {
            bridge: switch.as_str().to_owned(),
            name: port.as_str().to_owned(),
            row: None,
            before: None,
            after: Some(Box::new(conf)),
        }
    }

    /// A link of the host that is to become a port: taken out of where it is,
    /// set up. Absent where the link does not carry anything of its own.
    pub(crate) fn link_for_ovs(
        &mut self,
        switch: &InterfaceName,
        port: &InterfaceName,
        moves: bool,
        edits: &mut Vec<OvsEdit>,
    ) -> Result<Option<Link>> {
        let link = self.state.require(port).map_err(|error| {
            if error.remedy().is_some_and(|remedy| remedy.contains("list")) {
                error.with_remedy("Open vSwitch makes the interface itself with \"--internal\".")
            } else {
                error
            }
        })?;
        let link = link.clone();
        refuse_as_ovs_port(switch, &link)?;
        let ovs = self.state.ovs.require()?;
        if let Some((other, of)) = ovs.port_of_interface(port.as_str()) {
            let (other, of) = (other.clone(), of.clone());
            self.leave_ovs(switch, &other, &of, moves, edits)?;
        }
        if let Some(other) = link
            .controller
            .and_then(|index| self.state.links.get(&index))
            .filter(|other| other.kind != LinkKind::OpenVSwitch && !other.name.is("ovs-system"))
            .cloned()
        {
            self.leave(&link, &other, switch, moves)?;
            self.push(LinkStep::SetController {
                link: reference(&link, port.clone()),
                controller: None,
            });
        }
        if is_reached_at(&link) {
            self.refuse_moving_addresses(switch, &link)?;
        }
        if self.carries(&link) {
            self.demand_confirmation_for(&crate::ovs_conf::BridgeConf::default());
            self.notice_management(&link, port);
        }
        if !link.is_up {
            self.push(LinkStep::SetUp {
                link: reference(&link, port.clone()),
                up: true,
            });
        }
        Ok(Some(link))
    }

    fn leave_ovs(
        &mut self,
        switch: &InterfaceName,
        other: &OvsBridge,
        port: &OvsPort,
        moves: bool,
        edits: &mut Vec<OvsEdit>,
    ) -> Result<()> {
        let (name, from) = (printable(&port.name), printable(&other.name));
        if !moves || port.name == other.name || port.conf.interfaces.len() > 1 {
            return Err(NovaError::refused(format!(
                "bridge {switch}: port {name} already belongs to {from}"
            ))
            .with_remedy("Detach it first, or ask for the move with \"--move\"."));
        }
        refuse_beyond(&format!("port {name}"), &port.beyond)?;
        refuse_mirrored(other, port)?;
        self.effect(format!("{name} leaves {from}."));
        self.notice_way_out(other, port);
        edits.push(removal(other, port));
        Ok(())
    }

    /// Moves the addresses of a link that became a port to the bridge.
    pub(crate) fn take_addresses(&mut self, switch: &InterfaceName, link: &Link) -> Result<()> {
        let port = link.name.to_interface_name()?;
        self.demand_confirmation_for(&crate::ovs_conf::BridgeConf::default());
        self.notice_management(link, &port);
        self.move_addresses(&port, switch, "is a port now")
    }

    /// Attaches a link, as on a Linux bridge.
    pub(crate) fn attach_to_ovs(&mut self, attach: &AttachPort) -> Result<()> {
        self.add_ovs_port(&AddOvsPort {
            switch: attach.switch.clone(),
            port: attach.port.clone(),
            kind: OvsPortKind::Link,
            vlans: VlanWish::default(),
            moves: attach.moves,
        })
    }

    pub(crate) fn add_ovs_port(&mut self, add: &AddOvsPort) -> Result<()> {
        let (switch, port) = (&add.switch, &add.port);
        let bridge = self.require_ovs_bridge(switch)?;
        let vlans = add.vlans.conf()?;
        if let Some(existing) = bridge.port(port.as_str()) {
            return self.meet_existing_port(add, &bridge, &existing.clone());
        }
        let mut edits = Vec::new();
        let mut carrier = None;
        let interfaces = match &add.kind {
            OvsPortKind::Link => {
                carrier = self
                    .link_for_ovs(switch, port, add.moves, &mut edits)?
                    .filter(|link| self.own_addresses(link) > 0);
                vec![InterfaceConf::new(port.as_str(), "")]
            }
            OvsPortKind::Internal => {
                NewName::try_from(port.as_str().to_owned())?;
                self.require_free(port)?;
                vec![InterfaceConf::new(port.as_str(), "internal")]
            }
            OvsPortKind::Patch { peer } => {
                self.require_free(port)?;
                vec![self.patch(port, peer)?]
            }
            OvsPortKind::Tunnel(tunnel) => {
                self.require_free(port)?;
                vec![self.tunnel(port, tunnel)?]
            }
            OvsPortKind::Bond { links, mode, lacp } => {
                self.require_free(port)?;
                self.bond(add, links, *mode, *lacp, &mut edits)?
            }
        };
        let mut edit = self.new_port(switch, port, interfaces);
        if let OvsEdit::Port {
            after: Some(conf), ..
        } = &mut edit
        {
            conf.vlans = vlans;
            if let OvsPortKind::Bond { mode, lacp, .. } = &add.kind {
                conf.bond_mode = Some(mode.word().to_owned());
                conf.lacp = (*lacp != Lacp::Off).then(|| lacp.word().to_owned());
            }
        }
        edits.push(edit);
        self.effect(match words(&add.vlans) {
            words if words.is_empty() => {
                format!("{port} becomes a port of {switch}; it carries every VLAN.")
            }
            words => format!("{port} becomes a port of {switch}, {words}."),
        });
        let delay = port_delay(&bridge.conf);
        if delay > 0 {
            self.notice(format!(
                "Spanning tree keeps {port} silent for about {delay} s before it forwards."
            ));
        }
        if let Some(mac) = carrier.as_ref().and_then(|link| link.mac) {
            let mut after = bridge.conf.clone();
            after
                .other_config
                .insert(HWADDR.to_owned(), mac.to_string());
            edits.push(OvsEdit::Bridge {
                name: bridge.name.clone(),
                row: Some(bridge.row.clone()),
                before: Some(bridge.conf.clone()),
                after: Some(after),
            });
        }
        self.push(OvsStep { edits });
        if let Some(link) = carrier {
            self.take_addresses(switch, &link)?;
        }
        Ok(())
    }

    fn meet_existing_port(
        &mut self,
        add: &AddOvsPort,
        bridge: &OvsBridge,
        existing: &OvsPort,
    ) -> Result<()> {
        let (switch, port) = (&add.switch, &add.port);
        let vlans = add.vlans.conf()?;
        let is_as_asked = match &add.kind {
            OvsPortKind::Link => existing
                .conf
                .interfaces
                .iter()
                .all(InterfaceConf::is_system),
            OvsPortKind::Internal => existing
                .conf
                .interfaces
                .iter()
                .all(|interface| interface.kind == "internal"),
            OvsPortKind::Patch { peer } => existing.interface(port.as_str()).is_some_and(|found| {
                found.kind == "patch"
                    && found
                        .options
                        .get("peer")
                        .is_some_and(|p| p == peer.as_str())
            }),
            OvsPortKind::Tunnel(tunnel) => existing.interface(port.as_str()).is_some_and(|found| {
                found.kind == tunnel.kind.word() && found.options == options(tunnel)
            }),
            OvsPortKind::Bond { links, mode, .. } => {
                existing.conf.bond_mode.as_deref() == Some(mode.word())
                    && links.len() == existing.conf.interfaces.len()
                    && links
                        .iter()
                        .all(|link| existing.interface(link.as_str()).is_some())
            }
        };
        if is_as_asked && existing.conf.vlans == vlans && bridge.name != port.as_str() {
            self.effect(format!("{port} is already a port of {switch}."));
            return Ok(());
        }
        Err(
            NovaError::refused(format!("bridge {switch}: it has a port {port} already"))
                .with_field("port")
                .with_remedy(format!(
                    "Change it with \"nova network ovs-configure-port {switch} {port}\"."
                )),
        )
    }

    /// Refuses a name that a link of the host or a port of Open vSwitch has.
    fn require_free(&self, name: &InterfaceName) -> Result<()> {
        let link = self.state.link(name.as_str()).map(|link| link.kind.word());
        let ovs = self.state.ovs.require()?;
        let port = ovs
            .port(name.as_str())
            .or_else(|| ovs.port_of_interface(name.as_str()))
            .map(|(bridge, _)| format!("port of {}", printable(&bridge.name)));
        match link.or(port) {
            None => Ok(()),
            Some(taken) => Err(NovaError::refused(format!(
                "port {name}: the name belongs to a {taken}"
            ))
            .with_field("port")
            .with_remedy("Choose another name.")),
        }
    }

    fn patch(&mut self, port: &InterfaceName, peer: &InterfaceName) -> Result<InterfaceConf> {
        if port == peer {
            return Err(NovaError::invalid(
                "peer",
                peer,
                "the port at the other end, not the port itself",
            ));
        }
        let mut interface = InterfaceConf::new(port.as_str(), "patch");
        interface.options = Pairs::from([("peer".to_owned(), peer.as_str().to_owned())]);
        let other = self.state.ovs.require()?.port_of_interface(peer.as_str());
        let leads_back = other.is_some_and(|(_, other)| {
            let found = other.interface(peer.as_str());
            found.is_some_and(|found| {
                found
                    .options
                    .get("peer")
                    .is_some_and(|p| p == port.as_str())
            })
        });
        if !leads_back {
            self.notice(format!(
                "Nothing passes through {port} until a patch port {peer} leads back to it."
            ));
        }
        Ok(interface)
    }

    fn tunnel(&mut self, port: &InterfaceName, tunnel: &Tunnel) -> Result<InterfaceConf> {
        tunnel.check()?;
        let ovs = self.state.ovs.require()?;
        let kind = tunnel.kind.word();
        if !ovs.interface_types.is_empty() && !ovs.interface_types.iter().any(|known| known == kind)
        {
            return Err(NovaError::refused(format!(
                "port {port}: this Open vSwitch makes no {kind} tunnels"
            ))
            .with_remedy(format!("It makes {}.", ovs.interface_types.join(", "))));
        }
        let wanted = options(tunnel);
        let same = ovs
            .bridges
            .iter()
            .flat_map(|bridge| &bridge.ports)
            .find(|other| {
                other
                    .conf
                    .interfaces
                    .iter()
                    .any(|found| found.kind == kind && found.options == wanted)
            });
        if let Some(same) = same {
            return Err(NovaError::refused(format!(
                "port {port}: the tunnel {} has the same ends and the same key",
                printable(&same.name)
            ))
            .with_field("key")
            .with_remedy("Give each tunnel between two hosts a key of its own."));
        }
        if tunnel.key.is_none() {
            self.notice(format!(
                "Without a key {port} carries the frames of every tunnel without key between both hosts."
            ));
        }
        self.notice(format!(
            "The tunnel takes up to 58 bytes of each packet: machines behind {port} need an MTU of about 1440, or the network below a larger one."
        ));
        let mut interface = InterfaceConf::new(port.as_str(), kind);
        interface.options = wanted;
        Ok(interface)
    }

    fn bond(
        &mut self,
        add: &AddOvsPort,
        links: &[InterfaceName],
        mode: BondMode,
        lacp: Lacp,
        edits: &mut Vec<OvsEdit>,
    ) -> Result<Vec<InterfaceConf>> {
        let port = &add.port;
        let invalid = |message: String, field: &str| {
            NovaError::new(ErrorKind::InvalidValue, message).with_field(field)
        };
        let mut names: Vec<&InterfaceName> = links.iter().collect();
        names.sort_by_key(|name| name.as_str());
        names.dedup();
        if names.len() < 2 || names.len() != links.len() {
            return Err(invalid(
                format!("bond {port}: it needs at least two different links"),
                "bond",
            ));
        }
        if mode == BondMode::BalanceTcp && lacp == Lacp::Off {
            return Err(unbalanced(port));
        }
        let mut interfaces = Vec::new();
        for name in names {
            let link = self.link_for_ovs(&add.switch, name, add.moves, edits)?;
            if link.is_some_and(|link| self.own_addresses(&link) > 0) {
                return Err(NovaError::refused(format!(
                    "bond {port}: {name} carries addresses of this host"
                ))
                .with_remedy("Attach it alone first, so that its addresses move to the bridge."));
            }
            interfaces.push(InterfaceConf::new(name.as_str(), ""));
        }
        if lacp != Lacp::Off {
            self.notice_lacp(port);
        }
        Ok(interfaces)
    }

    pub(crate) fn configure_ovs_port(&mut self, configure: &ConfigureOvsPort) -> Result<()> {
        let bridge = self.require_ovs_bridge(&configure.switch)?;
        let port = require_port(&bridge, &configure.port)?.clone();
        let mut after = port.conf.clone();
        if let Some(wish) = &configure.vlans {
            after.vlans = wish.conf()?;
        }
        let tree = if bridge.conf.rstp { "rstp" } else { "stp" };
        if let Some(cost) = configure.path_cost {
            let key = format!("{tree}-path-cost");
            match cost {
                0 => after.other_config.remove(&key),
                cost => after.other_config.insert(key, cost.to_string()),
            };
        }
        if let Some(priority) = configure.port_priority {
            if bridge.conf.rstp && priority % 16 != 0 {
                return Err(NovaError::invalid(
                    "port-priority",
                    priority,
                    "0 to 240 in steps of 16 with rapid spanning tree",
                ));
            }
            after
                .other_config
                .insert(format!("{tree}-port-priority"), priority.to_string());
        }
        if let Some(protected) = configure.protected {
            after.protected = protected;
        }
        let name = &configure.port;
        self.change_bond(configure, &mut after)?;
        if after == port.conf {
            self.effect(format!("The port {name} is already as asked."));
            return Ok(());
        }
        self.notice_change_of_port(&bridge, &port);
        self.notice_card(name, "The options");
        let interfaces = &port.conf.interfaces;
        let is_left_out = interfaces.len() > 1 || interfaces.iter().any(|it| it.kind == "internal");
        if is_left_out && (configure.path_cost.is_some() || configure.port_priority.is_some()) {
            self.notice(format!(
                "The spanning tree of Open vSwitch leaves out internal ports and bonds: cost and priority of {name} have no effect."
            ));
        }
        let edit = OvsEdit::Port {
            bridge: bridge.name,
            name: port.name,
            row: Some(port.row),
            before: Some(Box::new(port.conf)),
            after: Some(Box::new(after)),
        };
        let changed: Vec<String> = edit
            .changes()
            .iter()
            .map(crate::step_ovs_text::assignment)
            .collect();
        self.effect(format!("On {name}: {}.", changed.join(", ")));
        if configure.path_cost == Some(0) && !is_left_out {
            self.effect(format!(
                "What the path through {name} costs follows from the speed of its link."
            ));
        }
        self.push(OvsStep { edits: vec![edit] });
        Ok(())
    }

    fn change_bond(&mut self, configure: &ConfigureOvsPort, after: &mut PortConf) -> Result<()> {
        let name = &configure.port;
        if configure.bond_mode.is_none() && configure.lacp.is_none() {
            return Ok(());
        }
        if after.interfaces.len() < 2 {
            return Err(NovaError::refused(format!(
                "port {name}: it is no bond, a mode and LACP are for bonds"
            ))
            .with_field("bond-mode")
            .with_remedy(
                "A bond is made with \"nova network ovs-add-port\" and \"--bond\" with its links.",
            ));
        }
        if let Some(mode) = configure.bond_mode {
            after.bond_mode = Some(mode.word().to_owned());
        }
        if let Some(lacp) = configure.lacp {
            after.lacp = (lacp != Lacp::Off).then(|| lacp.word().to_owned());
            if lacp != Lacp::Off {
                self.notice_lacp(name);
            }
        }
        let balances = after.bond_mode.as_deref() == Some(BondMode::BalanceTcp.word());
        if balances && after.lacp.as_deref().is_none_or(|lacp| lacp == "off") {
            return Err(unbalanced(name));
        }
        Ok(())
    }

    fn notice_lacp(&mut self, port: &InterfaceName) {
        self.notice(format!(
            "The switch at the other end of {port} needs LACP too, or nothing passes."
        ));
    }

    /// Says who depends on a port that is changed.
    /// Has Open vSwitch give an interface that it makes this MTU, and says whether
    /// it makes it: it takes one back that another program gives it.
    pub(crate) fn ask_ovs_for_mtu(&mut self, name: &InterfaceName, mtu: u32) -> bool {
        let found = self.state.ovs.state();
        let found = found.and_then(|ovs| ovs.port_of_interface(name.as_str()));
        let Some((bridge, port)) = found else {
            return false;
        };
        let mut after = port.conf.clone();
        let mut interfaces = after.interfaces.iter_mut();
        let own = interfaces.find(|it| it.name == name.as_str() && it.kind == "internal");
        let Some(own) = own else {
            return false;
        };
        own.mtu_request = Some(mtu.into());
        let interfaces = bridge.ports.iter().flat_map(|port| &port.conf.interfaces);
        let followers: Vec<String> = interfaces
            .filter(|it| it.kind == "internal" && it.mtu_request.is_none())
            .filter(|it| it.name != name.as_str())
            .map(|it| printable(&it.name))
            .collect();
        let edit = OvsEdit::Port {
            bridge: bridge.name.clone(),
            name: port.name.clone(),
            row: Some(port.row.clone()),
            before: Some(Box::new(port.conf.clone())),
            after: Some(Box::new(after)),
        };
        if !followers.is_empty() {
            self.notice(format!(
                "Open vSwitch gives {} the smallest MTU of the bridge.",
                followers.join(", ")
            ));
        }
        self.push(OvsStep { edits: vec![edit] });
        true
    }

    fn notice_change_of_port(&mut self, bridge: &OvsBridge, port: &OvsPort) {
        if self.is_way_out(bridge, port) {
            self.notice(format!(
                "{} carries addresses of this host, and {} is the way to them.",
                printable(&bridge.name),
                printable(&port.name)
            ));
            self.demand_confirmation_for(&bridge.conf);
        }
        let is_libvirts = port
            .conf
            .interfaces
            .iter()
            .any(|interface| interface.external_ids.contains_key("vm-id"));
        // What has no tap, such as vhost-user, is known by no card.
        if is_libvirts && self.state.link(&port.name).and_then(card).is_none() {
            self.notice(format!(
                "libvirt made the port {} and sets its VLANs anew when the machine starts.",
                printable(&port.name)
            ));
        }
    }

    pub(crate) fn detach_from_ovs(&mut self, detach: &DetachPort) -> Result<()> {
        let bridge = self.require_ovs_bridge(&detach.switch)?;
        let port = require_port(&bridge, &detach.port)?.clone();
        if port.name == bridge.name {
            return Err(NovaError::refused(format!(
                "bridge {}: {} is its own interface and goes only with it",
                detach.switch, detach.port
            ))
            .with_remedy(format!(
                "\"nova network delete-switch {}\" deletes both.",
                detach.switch
            )));
        }
        refuse_beyond(&format!("port {}", detach.port), &port.beyond)?;
        refuse_mirrored(&bridge, &port)?;
        self.notice_lost_port(&bridge, &port);
        let link = self.state.link(&port.name).cloned();
        let is_internal = port
            .conf
            .interfaces
            .iter()
            .any(|found| found.kind == "internal");
        if let Some(link) = link.filter(|_| is_internal) {
            self.end_copies_to(&link)?;
            if self.carries(&link) {
                self.demand_confirmation_for(&bridge.conf);
                self.drop_addresses(&link, &detach.port);
            }
            if link.is_up {
                self.push(LinkStep::SetUp {
                    link: reference(&link, detach.port.clone()),
                    up: false,
                });
            }
        } else {
            self.notice_way_out(&bridge, &port);
        }
        self.push(OvsStep {
            edits: vec![removal(&bridge, &port)],
        });
        Ok(())
    }

    /// Whether addresses of this host are reached through a port: it leads to
    /// them from outside, or is the host's own interface that has them.
    pub(crate) fn is_way_out(&self, bridge: &OvsBridge, port: &OvsPort) -> bool {
        let interfaces = port.conf.interfaces.iter();
        let mut links = interfaces.filter_map(|found| {
            let link = self.state.link(&found.name)?;
            Some((link, found.kind == "internal"))
        });
        links.any(|(link, is_internal)| match is_internal {
            true => self.carries(link),
            false => link.is_uplink_like() && self.ovs_carries(bridge),
        })
    }

    fn notice_way_out(&mut self, bridge: &OvsBridge, port: &OvsPort) {
        if self.is_way_out(bridge, port) {
            self.notice(format!(
                "{} carries addresses of this host; without {} it may be unreachable.",
                printable(&bridge.name),
                printable(&port.name)
            ));
            self.demand_confirmation_for(&bridge.conf);
        }
    }
}

fn unbalanced(port: &InterfaceName) -> NovaError {
    NovaError::new(
        ErrorKind::InvalidValue,
        format!("bond {port}: balance-tcp needs LACP, without it nothing is balanced"),
    )
    .with_field("bond-mode")
    .with_remedy("Add \"--lacp active\", or use \"--bond-mode balance-slb\".")
}

/// The port of this name.
pub(crate) fn require_port<'a>(bridge: &'a OvsBridge, name: &InterfaceName) -> Result<&'a OvsPort> {
    bridge.port(name.as_str()).ok_or_else(|| {
        NovaError::not_found(format!(
            "bridge {}: {name} is not a port of it",
            printable(&bridge.name)
        ))
        .with_field("port")
        .with_remedy(format!(
            "\"nova network show {}\" lists its ports.",
            printable(&bridge.name)
        ))
    })
}

/// Refuses to take away a port that a mirror needs: the database would empty
/// the mirror and never fill it again.
fn refuse_mirrored(bridge: &OvsBridge, port: &OvsPort) -> Result<()> {
    let uses = |conf: &crate::ovs_conf::MirrorConf| {
        conf.ingress.contains(&port.name)
            || conf.egress.contains(&port.name)
            || conf.output_port.as_ref() == Some(&port.name)
    };
    match bridge.mirrors.iter().find(|mirror| uses(&mirror.conf)) {
        None => Ok(()),
        Some(mirror) => {
            let (name, mirror) = (printable(&bridge.name), printable(&mirror.conf.name));
            Err(NovaError::refused(format!(
                "port {}: the mirror {mirror} uses it and would lose it for good",
                printable(&port.name)
            ))
            .with_remedy(format!(
                "\"nova network remove-mirror {name} {mirror}\" removes the mirror."
            )))
        }
    }
}

fn refuse_as_ovs_port(switch: &InterfaceName, link: &Link) -> Result<()> {
    let refuse = |reason: &str, remedy: Option<&str>| {
        let error = NovaError::refused(format!(
            "bridge {switch}: {} cannot be a port: {reason}",
            link.name
        ))
        .with_field("port");
        Err(match remedy {
            Some(remedy) => error.with_remedy(remedy),
            None => error,
        })
    };
    match &link.kind {
        LinkKind::Loopback => refuse("it is the loopback interface", None),
        LinkKind::Bridge => refuse(
            "it is a Linux bridge",
            Some("Connect the two with a pair of virtual cables (veth)."),
        ),
        LinkKind::OpenVSwitch if link.name.is(switch.as_str()) => {
            refuse("it is the bridge itself", None)
        }
        _ if link.refuses_bridge => refuse(
            "Wi-Fi access points accept frames of one MAC address only",
            Some("Use a network card with a cable."),
        ),
        _ if link.name.is(switch.as_str()) => refuse("it is the bridge itself", None),
        _ if link.name.is("ovs-system") || link.name.is("ovs-netdev") => {
            refuse("Open vSwitch needs it for itself", None)
        }
        _ => Ok(()),
    }
}

fn options(tunnel: &Tunnel) -> Pairs {
    let mut options = Pairs::from([("remote_ip".to_owned(), tunnel.remote.to_string())]);
    let more = [
        ("local_ip", tunnel.local.map(|local| local.to_string())),
        ("key", tunnel.key.map(|key| key.to_string())),
        ("dst_port", tunnel.udp_port.map(|port| port.to_string())),
    ];
    for (key, value) in more {
        if let Some(value) = value {
            options.insert(key.to_owned(), value);
        }
    }
    options
}

/// The VLANs of a wish in words; empty where it asks for nothing.
fn words(wish: &VlanWish) -> String {
    match (wish.tag, wish.trunks.is_empty(), wish.mode) {
        (Some(tag), true, None | Some(crate::ovs_value::VlanMode::Access)) => {
            format!("an access port of VLAN {tag}")
        }
        (Some(tag), true, Some(mode)) => format!("{} with native VLAN {tag}", mode.word()),
        (Some(tag), false, mode) => format!(
            "{} with native VLAN {tag} and the VLANs {}",
            mode.map_or("trunk", crate::ovs_value::VlanMode::word),
            wish.trunks
        ),
        (None, false, _) => format!("a trunk of the VLANs {}", wish.trunks),
        (None, true, _) => String::new(),
    }
}
