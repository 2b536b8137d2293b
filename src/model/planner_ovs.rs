// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What creating, configuring and deleting a bridge of Open vSwitch means on a
//! host.

use crate::change::{ConfigureBridge, CreateOvsBridge, DeleteSwitch, MacPolicy, SetBridgeMac};
use crate::error::{ErrorKind, NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::name::{InterfaceName, printable};
use crate::ovs::{OvsBridge, OvsState};
use crate::ovs_conf::{BridgeConf, FailMode, HWADDR, InterfaceConf, MARK_KEY, Pairs, PortConf};
use crate::ovs_options::{OvsOptions, port_delay};
use crate::ovs_value::Datapath;
use crate::ovs_words;
use crate::plan::{CONFIRM_DEFAULT, CONFIRM_RANGE};
use crate::planner::{Planner, reference};
use crate::planner_link::require_station;
use crate::planner_ovs_port::require_port;
use crate::step::{LinkStep, OvsEdit, OvsStep};

impl Planner {
    /// Whether a bridge of Open vSwitch has this name.
    pub(crate) fn is_ovs(&self, name: &InterfaceName) -> bool {
        self.state.ovs.bridge(name.as_str()).is_some()
    }

    /// The bridge of this name, which must be one of Open vSwitch.
    pub(crate) fn require_ovs_bridge(&self, name: &InterfaceName) -> Result<OvsBridge> {
        let link = self.state.link(name.as_str());
        if let Some(bridge) = self.state.ovs.bridge(name.as_str()) {
            self.state.ovs.require()?;
            return Ok(bridge.clone());
        }
        if let Some(link) = link.filter(|link| link.is_bridge()) {
            return Err(NovaError::refused(format!(
                "{} is a Linux bridge, not an Open vSwitch bridge",
                link.name
            )));
        }
        let ovs = self.state.ovs.require()?;
        let names: Vec<String> = ovs
            .bridges
            .iter()
            .map(|bridge| printable(&bridge.name))
            .collect();
        let error = NovaError::not_found(format!("there is no Open vSwitch bridge {name}"));
        Err(match names.as_slice() {
            [] => error.with_remedy(format!(
                "\"nova network create-switch {name} --type openvswitch\" makes it."
            )),
            names => error.with_remedy(format!("There is {}.", names.join(", "))),
        })
    }

    /// The mark of this plan.
    pub(crate) fn marks(&self) -> Pairs {
        Pairs::from([(MARK_KEY.to_owned(), self.id.to_string())])
    }

    pub(crate) fn create_ovs_bridge(&mut self, create: &CreateOvsBridge) -> Result<()> {
        let ovs = self.state.ovs.require()?;
        let name = create.name.as_interface_name();
        let mut conf = create.options.applied_to(&BridgeConf {
            external_ids: self.marks(),
            ..BridgeConf::default()
        })?;
        if let Some(existing) = ovs.bridge(name.as_str()) {
            let existing = existing.clone();
            return self.meet_existing_ovs(create, &existing);
        }
        let taken = self.state.link(name.as_str()).map(|link| link.kind.word());
        let port = ovs.port_of_interface(name.as_str());
        let taken = taken.or_else(|| port.map(|(bridge, _)| format!("port of {}", bridge.name)));
        if let Some(taken) = taken {
            return Err(NovaError::refused(format!(
                "bridge {name}: the name belongs to a {}",
                printable(&taken)
            ))
            .with_field("name")
            .with_remedy("Choose another name."));
        }
        let datapath = choose_datapath(ovs, create.datapath)?;
        conf.datapath_type = datapath.word().to_owned();
        let managed = self.managed_uplink(&create.ports);
        let mac = self.mac_to_keep(name, &create.ports)?.or_else(|| {
            let (card, _) = managed.as_ref()?;
            Some(card.mac?.to_string())
        });
        if let Some(mac) = mac {
            conf.other_config.insert(HWADDR.to_owned(), mac);
        }
        self.effect(format!("The Open vSwitch bridge {name} appears."));
        if datapath == Datapath::Netdev && create.datapath.is_none() {
            self.notice(format!(
                "The kernel has no module openvswitch: ovs-vswitchd moves the frames of {name} itself (datapath netdev), which takes more of the processor."
            ));
        }
        let mut local = PortConf {
            external_ids: self.marks(),
            ..PortConf::default()
        };
        local.interfaces = vec![InterfaceConf::new(name.as_str(), "internal")];
        let mut edits = vec![
            OvsEdit::Bridge {
                name: name.as_str().to_owned(),
                row: None,
                before: None,
                after: Some(conf.clone()),
            },
            OvsEdit::Port {
                bridge: name.as_str().to_owned(),
                name: name.as_str().to_owned(),
                row: None,
                before: None,
                after: Some(Box::new(local)),
            },
        ];
        self.notice_ovs_options(name, &BridgeConf::default(), &conf, false);
        if let Some((card, backend)) = managed {
            return self.ovs_uplink(create, conf, edits, &card, backend);
        }
        let mut carrier = None;
        for port in &create.ports {
            if let Some(link) = self.link_for_ovs(name, port, false, &mut edits)?
                && self.own_addresses(&link) > 0
            {
                carrier = Some(link);
            }
            edits.push(self.new_port(name, port, vec![InterfaceConf::new(port.as_str(), "")]));
            self.effect(format!("{port} becomes a port of {name}."));
        }
        self.push(OvsStep { edits });
        if let Some(link) = carrier {
            self.take_addresses(name, &link)?;
        }
        Ok(())
    }

    /// A bridge of that name stands already: content where it is Nova's and as
    /// asked, refused otherwise.
    fn meet_existing_ovs(&mut self, create: &CreateOvsBridge, existing: &OvsBridge) -> Result<()> {
        let name = &create.name;
        let wanted = create.options.applied_to(&existing.conf)?;
        let has_ports = create
            .ports
            .iter()
            .all(|port| existing.port(port.as_str()).is_some());
        let datapath = create.datapath.map(Datapath::word);
        let is_as_asked = self.owns(existing)
            && wanted == existing.conf
            && has_ports
            && datapath.is_none_or(|word| word == existing.conf.datapath_type);
        if is_as_asked {
            self.effect(format!("The bridge {name} is already as asked."));
            return Ok(());
        }
        Err(NovaError::refused(format!(
            "bridge {name}: an Open vSwitch bridge of this name exists"
        ))
        .with_field("name")
        .with_remedy(format!(
            "Choose another name, or change the existing one with \"nova network ovs-configure-switch {name}\"."
        )))
    }

    /// Whether Nova made the bridge: it carries a mark that the journal bears
    /// out.
    pub(crate) fn owns(&self, bridge: &OvsBridge) -> bool {
        let ovs = self.state.ovs.state();
        ovs.is_some_and(|ovs| ovs.owns_bridge(bridge))
    }

    /// The MAC address that the bridge takes over from the one port that
    /// carries addresses of the host: with another one leases and neighbours
    /// would be lost.
    fn mac_to_keep(&self, name: &InterfaceName, ports: &[InterfaceName]) -> Result<Option<String>> {
        let links = ports
            .iter()
            .filter_map(|port| self.state.link(port.as_str()));
        let carrying: Vec<&Link> = links.filter(|link| self.own_addresses(link) > 0).collect();
        match carrying[..] {
            [first, second, ..] => Err(NovaError::refused(format!(
                "bridge {name}: {} and {} both carry addresses of this host",
                first.name, second.name
            ))
            .with_remedy("Attach the second after removing its addresses.")),
            [only] => Ok(only.mac.map(|mac| mac.to_string())),
            [] => Ok(None),
        }
    }

    /// Gives a bridge a MAC address that it keeps (`other_config:hwaddr`).
    pub(crate) fn set_ovs_mac(&mut self, set: &SetBridgeMac) -> Result<()> {
        let name = &set.name;
        let bridge = self.require_ovs_bridge(name)?;
        let of_link = |link: &InterfaceName| {
            let mac = self.state.link(link.as_str()).and_then(|link| link.mac);
            mac.filter(|mac| mac.0 != [0; 6]).ok_or_else(|| {
                NovaError::refused(format!("bridge {name}: {link} has no MAC address now"))
                    .with_field("mac")
                    .with_remedy("Name an address.")
            })
        };
        let mac = match &set.policy {
            MacPolicy::Address(mac) => *mac,
            MacPolicy::Keep => of_link(name)?,
            MacPolicy::Port(port) => {
                let _ = require_port(&bridge, port)?;
                of_link(port)?
            }
        };
        require_station(mac)?;
        let mut after = bridge.conf.clone();
        let known = after
            .other_config
            .insert(HWADDR.to_owned(), mac.to_string());
        if known == Some(mac.to_string()) {
            self.effect(format!("{name} already keeps the MAC address {mac}."));
            return Ok(());
        }
        let link = self.state.link(name.as_str()).cloned();
        if link.as_ref().and_then(|link| link.mac) == Some(mac) {
            self.effect(format!(
                "{name} keeps the MAC address {mac}, whatever its ports have."
            ));
        } else {
            self.effect(format!("{name} gets the MAC address {mac}."));
            if link.is_some_and(|link| self.carries(&link)) {
                self.demand_confirmation_for(&bridge.conf);
                self.notice_relearning(name);
            }
        }
        self.push(OvsStep {
            edits: vec![OvsEdit::Bridge {
                name: bridge.name,
                row: Some(bridge.row),
                before: Some(bridge.conf),
                after: Some(after),
            }],
        });
        Ok(())
    }

    pub(crate) fn configure_ovs_bridge(
        &mut self,
        name: &InterfaceName,
        options: &OvsOptions,
    ) -> Result<()> {
        let bridge = self.require_ovs_bridge(name)?;
        if options.is_empty() {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("bridge {name}: no option is given"),
            )
            .with_remedy("\"nova network ovs-configure-switch --help\" lists the options."));
        }
        let wanted = options.applied_to(&bridge.conf)?;
        if wanted == bridge.conf {
            self.effect(format!("The bridge {name} is already as asked."));
            return Ok(());
        }
        if wanted.controllers != bridge.conf.controllers
            && bridge
                .beyond
                .iter()
                .any(|beyond| beyond == "controller options")
        {
            return Err(NovaError::refused(format!(
                "bridge {name}: its controllers have options that could not be brought back"
            ))
            .with_remedy("Change them with the program that set them."));
        }
        let carries = self.ovs_carries(&bridge);
        self.notice_ovs_options(name, &bridge.conf, &wanted, carries);
        let edit = OvsEdit::Bridge {
            name: bridge.name,
            row: Some(bridge.row),
            before: Some(bridge.conf),
            after: Some(wanted),
        };
        let changed: Vec<String> = edit
            .changes()
            .iter()
            .map(crate::step_ovs_text::assignment)
            .collect();
        self.effect(format!("On {name}: {}.", changed.join(", ")));
        self.push(OvsStep { edits: vec![edit] });
        Ok(())
    }

    /// The options of a Linux bridge, asked of a bridge of Open vSwitch.
    pub(crate) fn configure_as_ovs(&mut self, configure: &ConfigureBridge) -> Result<()> {
        let options = OvsOptions::try_from(&configure.options)?;
        self.configure_ovs_bridge(&configure.name, &options)
    }

    /// Whether addresses or routes of this host depend on the bridge: its own
    /// interface carries them.
    pub(crate) fn ovs_carries(&self, bridge: &OvsBridge) -> bool {
        bridge
            .internal_interfaces()
            .filter_map(|name| self.state.link(name))
            .any(|link| self.carries(link))
    }

    fn notice_ovs_options(
        &mut self,
        name: &InterfaceName,
        now: &BridgeConf,
        wanted: &BridgeConf,
        carries: bool,
    ) {
        let is_secure = wanted.fail_mode == FailMode::Secure;
        let control_changes =
            now.fail_mode != wanted.fail_mode || now.controllers != wanted.controllers;
        if control_changes && is_secure {
            self.notice(if wanted.controllers.is_empty() {
                format!("In fail mode secure and without a controller {name} drops every frame that no flow allows.")
            } else {
                format!("In fail mode secure {name} drops every frame while its controller does not answer.")
            });
        } else if control_changes && !wanted.controllers.is_empty() {
            self.notice(format!(
                "While its controller does not answer, {name} switches by itself; once it answers, it alone decides what passes."
            ));
        }
        if control_changes && carries && (is_secure || !wanted.controllers.is_empty()) {
            self.notice(format!("{name} carries addresses of this host."));
            self.demand_confirmation_for(wanted);
        }
        let has_10 = wanted.protocols.contains("OpenFlow10");
        if now.protocols != wanted.protocols
            && !has_10
            && let Some(version) = wanted.protocols.iter().next()
        {
            self.notice(format!(
                "Programs that speak OpenFlow 1.0 cannot talk to {name} any more; ovs-ofctl needs \"-O {version}\"."
            ));
        }
        let tree_starts = wanted.stp && !now.stp || wanted.rstp && !now.rstp;
        if tree_starts {
            let delay = port_delay(wanted);
            self.notice(match delay {
                0 => format!("Rapid spanning tree keeps loops from flooding the network; ports of {name} are silent for a moment."),
                delay => format!("Spanning tree keeps loops from flooding the network. Each port of {name} stays silent for about {delay} s first."),
            });
            self.notice(
                "In Open vSwitch bonds, internal ports and the output of mirrors take no part in the tree.".to_owned(),
            );
            if carries {
                self.demand_confirmation_for(wanted);
            }
        }
        if now.stp && wanted.rstp || now.rstp && wanted.stp {
            self.effect(format!("The other spanning tree of {name} goes off."));
        }
    }

    pub(crate) fn demand_confirmation_for(&mut self, conf: &BridgeConf) {
        let seconds = (2 * port_delay(conf) + 20).clamp(CONFIRM_DEFAULT, *CONFIRM_RANGE.end());
        self.confirm_within = self.confirm_within.max(Some(seconds));
    }

    pub(crate) fn delete_ovs_bridge(&mut self, delete: &DeleteSwitch) -> Result<()> {
        let name = &delete.name;
        let bridge = self.require_ovs_bridge(name)?;
        if !self.owns(&bridge) && !delete.foreign {
            return Err(
                NovaError::refused(format!("bridge {name}: Nova did not make it"))
                    .with_remedy("Delete it all the same with \"--foreign\"."),
            );
        }
        let ports = bridge.ports.iter();
        let beyond: Vec<String> = bridge
            .beyond
            .iter()
            .cloned()
            .chain(ports.flat_map(|port| {
                port.beyond
                    .iter()
                    .map(|word| format!("{word} on port {}", printable(&port.name)))
            }))
            .collect();
        refuse_beyond(&format!("bridge {name}"), &beyond)?;
        self.refuse_kept_on_ovs(name)?;
        let local = self.state.link(name.as_str()).cloned();
        let carries = self.ovs_carries(&bridge);
        if carries {
            self.demand_confirmation_for(&BridgeConf::default());
        }
        let heir = self.heir_of(&bridge, carries)?;
        let mut edits: Vec<OvsEdit> = bridge
            .mirrors
            .iter()
            .map(|mirror| OvsEdit::Mirror {
                bridge: bridge.name.clone(),
                row: Some(mirror.row.clone()),
                before: Some(mirror.conf.clone()),
                after: None,
            })
            .collect();
        for port in bridge.outer_ports() {
            self.notice_lost_port(&bridge, port);
            edits.push(removal(&bridge, port));
        }
        if let Some(heir) = &heir {
            // Its port goes first: the addresses cannot work on a port.
            self.push(OvsStep {
                edits: std::mem::take(&mut edits),
            });
            self.move_addresses(name, heir, "is detached and takes them back")?;
        } else if let Some(link) = &local {
            self.drop_addresses(link, name);
        }
        // Each interface of the host goes with what it has, step by step, so
        // that each can be brought back.
        let internal: Vec<Link> = bridge
            .internal_interfaces()
            .filter_map(|name| self.state.link(name).cloned())
            .collect();
        for link in internal {
            let own = link.name.to_interface_name()?;
            self.refuse_upon(&link)?;
            self.end_copies_to(&link)?;
            if own != *name {
                self.drop_addresses(&link, &own);
            }
            if link.is_up {
                self.push(LinkStep::SetUp {
                    link: reference(&link, own),
                    up: false,
                });
            }
        }
        edits.extend(
            bridge
                .port(name.as_str())
                .map(|port| removal(&bridge, port)),
        );
        edits.push(OvsEdit::Bridge {
            name: bridge.name.clone(),
            row: Some(bridge.row.clone()),
            before: Some(bridge.conf.clone()),
            after: None,
        });
        if bridge.conf.fail_mode == FailMode::Secure || !bridge.conf.controllers.is_empty() {
            self.notice(format!(
                "The flows of {name} go with it; an undo brings the bridge back, its controller the flows."
            ));
        }
        let mirrors = bridge.mirrors.iter();
        let mirrors: Vec<String> = mirrors.map(|it| printable(&it.conf.name)).collect();
        if !mirrors.is_empty() {
            self.effect(format!("Its mirrors go with it: {}.", mirrors.join(", ")));
        }
        let limited: Vec<String> = bridge
            .ports
            .iter()
            .filter(|port| !ovs_words::limits(&port.conf).is_empty())
            .map(|port| printable(&port.name))
            .collect();
        if !limited.is_empty() {
            self.effect(format!("So do the limits of {}.", limited.join(", ")));
        }
        self.effect(format!("The Open vSwitch bridge {name} disappears."));
        self.push(OvsStep { edits });
        Ok(())
    }

    /// The one card that takes the addresses of the host back.
    fn heir_of(&self, bridge: &OvsBridge, carries: bool) -> Result<Option<InterfaceName>> {
        let links: Vec<&Link> = bridge
            .outer_ports()
            .filter_map(|port| self.state.link(&port.name))
            .filter(|link| link.is_uplink_like())
            .collect();
        match links[..] {
            [only] if carries => only.name.to_interface_name().map(Some),
            _ => Ok(None),
        }
    }

    /// Says who loses a connection with a port.
    pub(crate) fn notice_lost_port(&mut self, bridge: &OvsBridge, port: &crate::ovs::OvsPort) {
        let name = printable(&port.name);
        let is_system = port.conf.interfaces.iter().all(InterfaceConf::is_system);
        self.effect(if is_system {
            format!(
                "{name} is detached from {} and stays.",
                printable(&bridge.name)
            )
        } else {
            format!("The port {name} disappears.")
        });
        let link = self.state.link(&port.name);
        if link.is_some_and(|link| matches!(link.kind, LinkKind::Tap)) && is_system {
            self.notice(format!("The machine behind {name} loses this connection."));
        }
        let leads_here = |other: &InterfaceConf| other.options.get("peer") == Some(&port.name);
        let peer = self.state.ovs.state().and_then(|ovs| {
            ovs.bridges.iter().find_map(|other| {
                let ports = other.ports.iter().filter(|_| other.name != bridge.name);
                let mut interfaces = ports.flat_map(|port| &port.conf.interfaces);
                let found = interfaces.find(|interface| leads_here(interface))?;
                Some(format!(
                    "{} of {}",
                    printable(&found.name),
                    printable(&other.name)
                ))
            })
        });
        if let Some(peer) = peer {
            self.notice(format!("The patch port {peer} then leads nowhere."));
        }
    }
}

/// The edit that takes a port away.
pub(crate) fn removal(bridge: &OvsBridge, port: &crate::ovs::OvsPort) -> OvsEdit {
    OvsEdit::Port {
        bridge: bridge.name.clone(),
        name: port.name.clone(),
        row: Some(port.row.clone()),
        before: Some(Box::new(port.conf.clone())),
        after: None,
    }
}

/// Refuses to delete what could not be brought back.
pub(crate) fn refuse_beyond(object: &str, beyond: &[String]) -> Result<()> {
    if beyond.is_empty() {
        return Ok(());
    }
    Err(NovaError::refused(format!(
        "{object}: it has {}, which could not be brought back",
        beyond.join(", ")
    ))
    .with_remedy("Remove that with the program that set it first."))
}

fn choose_datapath(ovs: &OvsState, asked: Option<Datapath>) -> Result<Datapath> {
    match asked {
        Some(Datapath::System) if !ovs.has_kernel_datapath => Err(NovaError::refused(
            "datapath system: the kernel has no module openvswitch",
        )
        .with_field("datapath")
        .with_remedy(
            "Use \"--datapath netdev\", or load the module with \"modprobe openvswitch\".",
        )),
        Some(asked) => Ok(asked),
        None if ovs.has_kernel_datapath => Ok(Datapath::System),
        None => Ok(Datapath::Netdev),
    }
}
