// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From a verb to steps: what each change means on this host, what it is
//! refused for and what the person has to know.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::action::Action;
use crate::address::MacAddress;
use crate::bridge::{BridgeOptions, BridgePatch};
use crate::change::{
    AttachPort, Change, ConfigureBridge, CreateBridge, DeleteSwitch, DetachPort, SetLink,
};
use crate::error::{ErrorKind, NovaError, Result};
use crate::fact::already_holds;
use crate::link::{Link, LinkKind, MARK_PREFIX, Owner};
use crate::name::InterfaceName;
use crate::plan::{CONFIRM_DEFAULT, CONFIRM_RANGE, PlanId, PlannedStep};
use crate::state::HostState;
use crate::step::{LinkRef, Step};

/// A plan in the making: the picture of the host moves on with each step.
pub(crate) struct Planner {
    pub(crate) state: HostState,
    id: PlanId,
    pub(crate) steps: Vec<PlannedStep>,
    pub(crate) effects: Vec<String>,
    pub(crate) notices: Vec<String>,
    pub(crate) actions: BTreeSet<Action>,
    pub(crate) confirm_within: Option<u32>,
}

impl Planner {
    pub(crate) const fn new(state: HostState, id: PlanId) -> Self {
        Self {
            state,
            id,
            steps: Vec::new(),
            effects: Vec::new(),
            notices: Vec::new(),
            actions: BTreeSet::new(),
            confirm_within: None,
        }
    }

    pub(crate) fn plan(&mut self, change: &Change) -> Result<()> {
        self.actions.extend(change.actions());
        match change {
            Change::CreateBridge(create) => self.create_bridge(create),
            Change::DeleteSwitch(delete) => self.delete_switch(delete),
            Change::ConfigureBridge(configure) => self.configure_bridge(configure),
            Change::AttachPort(attach) => self.attach_port(attach),
            Change::DetachPort(detach) => self.detach_port(detach),
            Change::SetLink(set) => self.set_link(set),
        }
    }

    /// Adds a step with its undo, unless it would change nothing.
    pub(crate) fn push(&mut self, mut step: Step) {
        if already_holds(&step, &self.state) {
            return;
        }
        // A bridge of this plan has its index only once it is made; one that was
        // deleted and brought back has another than an undo remembers.
        if let Some(link) = step.link_mut() {
            link.index = self.index_before(&link.name);
        }
        let undo = step.inverse(&self.state);
        step.simulate(&mut self.state);
        self.steps.push(PlannedStep {
            title: step.title(),
            command: step.command(),
            step,
            undo,
        });
    }

    pub(crate) fn effect(&mut self, sentence: String) {
        self.effects.push(sentence);
    }

    pub(crate) fn notice(&mut self, sentence: String) {
        if !self.notices.contains(&sentence) {
            self.notices.push(sentence);
        }
    }

    /// The change can cut someone off: it is undone unless it is kept. With
    /// spanning tree, silent ports must not look like a failure.
    fn demand_confirmation(&mut self, options: &BridgeOptions) {
        let seconds = (2 * options.port_delay() + 20).clamp(CONFIRM_DEFAULT, *CONFIRM_RANGE.end());
        self.confirm_within = self.confirm_within.max(Some(seconds));
    }

    fn create_bridge(&mut self, create: &CreateBridge) -> Result<()> {
        let name = create.name.as_interface_name();
        create.options.check(&BridgeOptions::default())?;
        if let Some(existing) = self.state.link(name.as_str()) {
            return self.meet_existing(create, &existing.clone());
        }
        let carrying: Vec<&InterfaceName> = create
            .ports
            .iter()
            .filter(|port| {
                self.state
                    .link(port.as_str())
                    .is_some_and(|link| self.own_addresses(link) > 0)
            })
            .collect();
        if let [first, second, ..] = carrying[..] {
            return Err(NovaError::refused(format!(
                "bridge {name}: {first} and {second} both carry addresses of this host"
            ))
            .with_remedy("Attach the second after removing its addresses."));
        }
        let port_mac = carrying
            .first()
            .and_then(|port| self.state.link(port.as_str()))
            .and_then(|link| link.mac);
        self.push(Step::AddBridge {
            name: name.clone(),
            mac: port_mac.unwrap_or_else(|| self.own_mac(name)),
            options: BridgePatch::between(
                &BridgeOptions::default(),
                &create.options.applied_to(&BridgeOptions::default()),
            ),
            alias: Some(format!("{MARK_PREFIX}{}", self.id)),
            mtu: None,
            up: true,
        });
        let phrases = create.options.phrases();
        self.effect(match phrases.as_slice() {
            [] => format!("The Linux bridge {name} appears and is up."),
            phrases => format!(
                "The Linux bridge {name} appears and is up, with {}.",
                phrases.join(", ")
            ),
        });
        self.notice_options(name, &create.options);
        for port in &create.ports {
            self.attach(name, port, false)?;
        }
        Ok(())
    }

    /// A bridge of that name stands already: content where it is Nova's and as
    /// asked, refused otherwise.
    fn meet_existing(&mut self, create: &CreateBridge, existing: &Link) -> Result<()> {
        let name = &create.name;
        if !existing.is_bridge() {
            return Err(NovaError::refused(format!(
                "bridge {name}: the name belongs to a {}",
                existing.kind.word()
            ))
            .with_field("name")
            .with_remedy("Choose another name."));
        }
        let options = existing
            .bridge
            .map(|bridge| bridge.options)
            .unwrap_or_default();
        let is_as_asked = existing.owner == Owner::Nova
            && create.options.applied_to(&BridgeOptions::default()) == options
            && create.ports.iter().all(|port| {
                self.state
                    .link(port.as_str())
                    .is_some_and(|link| link.controller == Some(existing.index))
            });
        if is_as_asked {
            self.effect(format!("The bridge {name} is already as asked."));
            return Ok(());
        }
        Err(NovaError::refused(format!(
            "bridge {name}: a bridge of this name exists and belongs to {}",
            existing.owner.name()
        ))
        .with_field("name")
        .with_remedy(format!(
            "Choose another name, or change the existing one with \"nova network configure-bridge {name}\"."
        )))
    }

    fn delete_switch(&mut self, delete: &DeleteSwitch) -> Result<()> {
        let link = self.require_bridge(&delete.name)?.clone();
        let name = &delete.name;
        refuse_foreign_deletion(&link, delete.foreign)?;
        if link.bridge.is_some_and(|bridge| bridge.vlan_filtering) {
            return Err(NovaError::refused(format!(
                "bridge {name}: it filters by VLAN, and its VLAN table could not be brought back"
            ))
            .with_remedy("Turn VLAN filtering off first."));
        }
        let mac = link
            .mac
            .ok_or_else(|| NovaError::internal(format!("bridge {name} has no MAC address")))?;
        let ports: Vec<Link> = self.state.ports_of(link.index).cloned().collect();
        let uplinks: Vec<&Link> = ports.iter().filter(|port| port.is_uplink_like()).collect();
        let carries = self.own_addresses(&link) > 0;
        if carries {
            self.demand_confirmation(&BridgeOptions::default());
        }
        let heir = match uplinks.as_slice() {
            [only] if carries => Some(only.name.to_interface_name()?),
            _ => None,
        };
        for port in &ports {
            let port_name = port.name.to_interface_name()?;
            self.push(Step::SetController {
                link: reference(port, port_name.clone()),
                controller: None,
            });
            if heir.as_ref() != Some(&port_name) {
                self.effect(format!("{port_name} is detached and stays."));
            }
            if matches!(port.kind, LinkKind::Tap) {
                self.notice(format!(
                    "The machine behind {port_name} loses this connection."
                ));
            }
        }
        match &heir {
            Some(heir) => self.move_addresses(name, heir, "is detached and takes them back")?,
            None => self.drop_addresses(&link, name),
        }
        self.push(Step::SetUp {
            link: reference(&link, name.clone()),
            up: false,
        });
        self.push(Step::DeleteBridge {
            name: name.clone(),
            mac,
        });
        self.effect(format!("The Linux bridge {name} disappears."));
        Ok(())
    }

    fn configure_bridge(&mut self, configure: &ConfigureBridge) -> Result<()> {
        let name = &configure.name;
        let link = self.require_bridge(name)?.clone();
        let now = link.bridge.map(|bridge| bridge.options).unwrap_or_default();
        if configure.options.is_empty() {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("bridge {name}: no option is given"),
            )
            .with_remedy("\"nova network configure-bridge --help\" lists the options."));
        }
        configure.options.check(&now)?;
        let wanted = configure.options.applied_to(&now);
        let difference = BridgePatch::between(&now, &wanted);
        if difference.is_empty() {
            self.effect(format!("The bridge {name} is already as asked."));
            return Ok(());
        }
        self.effect(format!("On {name}: {}.", difference.phrases().join(", ")));
        self.notice_options(name, &difference);
        if let Owner::Libvirt {
            network: Some(network),
        } = &link.owner
        {
            self.notice(format!(
                "libvirt made {name} for its network {network} and sets the options anew when that starts."
            ));
        }
        if difference.stp == Some(true) && self.carries(&link) {
            self.demand_confirmation(&wanted);
        }
        self.push(Step::SetBridge {
            link: reference(&link, name.clone()),
            options: difference,
        });
        Ok(())
    }

    fn attach_port(&mut self, attach: &AttachPort) -> Result<()> {
        self.require_bridge(&attach.switch)?;
        self.attach(&attach.switch, &attach.port, attach.moves)
    }

    fn attach(&mut self, switch: &InterfaceName, port: &InterfaceName, moves: bool) -> Result<()> {
        let bridge = self.state.require(switch)?.clone();
        let link = self.state.require(port)?.clone();
        refuse_as_port(switch, &bridge, &link)?;
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
        let carries = self.own_addresses(&link) > 0;
        if carries {
            refuse_moving_addresses(switch, &link)?;
            self.demand_confirmation(&options);
            if let Some(mac) = link.mac {
                let bridge = LinkRef {
                    name: switch.clone(),
                    index: None,
                };
                self.push(Step::SetMac { link: bridge, mac });
            }
        }
        self.push(Step::SetController {
            link: reference(&link, port.clone()),
            controller: Some(switch.clone()),
        });
        self.push(Step::SetUp {
            link: reference(&link, port.clone()),
            up: true,
        });
        self.effect(format!("{port} becomes a port of {switch}."));
        if options.stp {
            self.notice(format!(
                "Spanning tree keeps {port} silent for about {} s before it forwards.",
                options.port_delay()
            ));
        }
        if carries {
            self.notice_management(&link, port);
            self.move_addresses(port, switch, "is a port now")?;
        }
        Ok(())
    }

    /// Takes a link out of the bridge it is a port of, where it may be moved.
    fn leave(
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
        self.effect(format!("{} leaves {}.", link.name, other.name));
        Ok(())
    }

    fn detach_port(&mut self, detach: &DetachPort) -> Result<()> {
        let bridge = self.require_bridge(&detach.switch)?.clone();
        let link = self.state.require(&detach.port)?.clone();
        if link.controller != Some(bridge.index) {
            let other = link
                .controller
                .and_then(|index| self.state.links.get(&index));
            return Err(NovaError::refused(match other {
                Some(other) => format!(
                    "bridge {}: {} is a port of {}, not of this bridge",
                    detach.switch, detach.port, other.name
                ),
                None => format!(
                    "bridge {}: {} is not a port of it",
                    detach.switch, detach.port
                ),
            })
            .with_remedy(format!(
                "\"nova network show {}\" lists its ports.",
                detach.switch
            )));
        }
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
        self.push(Step::SetController {
            link: reference(&link, detach.port.clone()),
            controller: None,
        });
        self.effect(format!(
            "{} is detached from {} and stays.",
            detach.port, detach.switch
        ));
        Ok(())
    }

    fn set_link(&mut self, set: &SetLink) -> Result<()> {
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
            let controller = link
                .controller
                .and_then(|index| self.state.links.get(&index))
                .cloned();
            let feeds = controller.filter(|bridge| link.is_uplink_like() && self.carries(bridge));
            if self.carries(&link) || feeds.is_some() {
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
        self.push(Step::SetUp {
            link: reference(&link, set.name.clone()),
            up: set.up,
        });
        Ok(())
    }

    /// The named link, which must be a Linux bridge.
    fn require_bridge(&self, name: &InterfaceName) -> Result<&Link> {
        let link = self.state.require(name)?;
        if link.is_bridge() {
            return Ok(link);
        }
        Err(NovaError::refused(format!(
            "{name} is a {}, not a Linux bridge",
            link.kind.word()
        )))
    }

    /// A MAC address that only this plan gives to a link of this name.
    fn own_mac(&self, name: &InterfaceName) -> MacAddress {
        let hash = Sha256::digest(format!("{}/{name}", self.id));
        let mut bytes = [0; 6];
        bytes
            .iter_mut()
            .zip(hash.iter())
            .for_each(|(byte, from)| *byte = *from);
        MacAddress::locally_administered(bytes)
    }

    fn notice_options(&mut self, name: &InterfaceName, options: &BridgePatch) {
        if options.stp == Some(true) {
            let delay = options.forward_delay.or_else(|| {
                self.state
                    .link(name.as_str())
                    .and_then(|link| link.bridge)
                    .map(|b| b.options.forward_delay)
            });
            self.notice(format!(
                "Spanning tree keeps loops from flooding the network. Each port of {name} stays silent for about {} s first.",
                2 * delay.unwrap_or(BridgeOptions::default().forward_delay)
            ));
        }
        if let Some(priority) = options.priority
            && priority % 4096 != 0
        {
            self.notice(format!(
                "Priority {priority} is not a multiple of 4096; switches that speak 802.1D-2004 or RSTP round it down to {}.",
                priority - priority % 4096
            ));
        }
        if options.ageing_time == Some(0) {
            self.notice(format!(
                "With an ageing time of 0 s {name} floods every frame to every port."
            ));
        }
    }
}

/// A link that stood before the plan, by name and index.
pub(crate) const fn reference(link: &Link, name: InterfaceName) -> LinkRef {
    LinkRef {
        name,
        index: Some(link.index),
    }
}

fn refuse_foreign_deletion(link: &Link, named_as_foreign: bool) -> Result<()> {
    let name = &link.name;
    match &link.owner {
        Owner::Nova => Ok(()),
        Owner::Nobody if named_as_foreign => Ok(()),
        Owner::Nobody => Err(
            NovaError::refused(format!("bridge {name}: Nova did not make it"))
                .with_remedy("Delete it all the same with \"--foreign\"."),
        ),
        Owner::Libvirt {
            network: Some(network),
        } => Err(NovaError::refused(format!(
            "bridge {name}: it belongs to the libvirt network {}",
            crate::name::printable(network)
        ))
        .with_remedy("Stop that network instead; libvirt then removes the bridge.")),
        owner => Err(
            NovaError::refused(format!("bridge {name}: it belongs to {}", owner.name()))
                .with_remedy(format!(
                    "Delete it with {}, which would bring it back.",
                    owner.name()
                )),
        ),
    }
}

fn refuse_as_port(switch: &InterfaceName, bridge: &Link, link: &Link) -> Result<()> {
    let refuse = |reason: &str| {
        Err(NovaError::refused(format!(
            "bridge {switch}: {} cannot be a port: {reason}",
            link.name
        ))
        .with_field("port"))
    };
    if link.index == bridge.index {
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
                error.with_remedy("Use a network card with a cable, or a NAT or routed network.")
            })
        }
        LinkKind::OpenVSwitch => refuse("it belongs to Open vSwitch"),
        _ => Ok(()),
    }
}

/// Addresses that somebody renews would come back on the port or expire on the
/// bridge; only those set by hand can be moved.
fn refuse_moving_addresses(switch: &InterfaceName, link: &Link) -> Result<()> {
    let leased = link
        .addresses
        .iter()
        .find(|address| address.is_dynamic && address.net.address().is_ipv4());
    let reason = match (&link.owner, leased) {
        (Owner::NetworkManagerDaemon | Owner::Networkd, _) => {
            format!("{} manages its address", link.owner.name())
        }
        (_, Some(address)) => format!(
            "its address {} comes from DHCP and would expire on the bridge",
            address.net
        ),
        _ => return Ok(()),
    };
    Err(NovaError::refused(format!("bridge {switch}: {} cannot be attached: {reason}", link.name))
        .with_field("port")
        .with_remedy("Configure the address on the bridge with that program first, or attach a card without an address."))
}
