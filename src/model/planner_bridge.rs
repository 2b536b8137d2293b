// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What creating, deleting and configuring a Linux bridge means on a host.

use sha2::{Digest as _, Sha256};

use crate::address::MacAddress;
use crate::bridge::{BridgeOptions, BridgePatch};
use crate::change::{ConfigureBridge, CreateBridge, DeleteSwitch};
use crate::error::{ErrorKind, NovaError, Result};
use crate::link::{Link, LinkKind, MARK_PREFIX, Owner};
use crate::name::InterfaceName;
use crate::planner::{Planner, reference};
use crate::step::{BridgeStep, LinkStep};
use crate::step_bridge::DEFAULT_MTU;

impl Planner {
    pub(crate) fn create_bridge(&mut self, create: &CreateBridge) -> Result<()> {
        let name = create.name.as_interface_name();
        create.options.check(&BridgeOptions::default())?;
        if let Some(existing) = self.state.link(name.as_str()) {
            return self.meet_existing(create, &existing.clone());
        }
        self.require_vlans_for_new(name, &create.options)?;
        if let Some((card, backend)) = self.managed(&create.ports) {
            return self.bridge_uplink(create, &card, backend);
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
        self.push(BridgeStep::Add {
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
            .with_remedy(format!(
                "Choose another name: {} is free.",
                self.state.free_name("br")
            )));
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
            "Choose another name ({} is free), or change the existing one with \"nova network configure-bridge {name}\".",
            self.state.free_name("br")
        )))
    }

    pub(crate) fn delete_switch(&mut self, delete: &DeleteSwitch) -> Result<()> {
        if self.is_ovs(&delete.name) {
            return self.delete_ovs_bridge(delete);
        }
        let link = self.require_bridge(&delete.name)?.clone();
        let name = &delete.name;
        refuse_foreign_deletion(&link, delete.foreign)?;
        self.refuse_upon(&link)?;
        self.refuse_kept_uplink(&link)?;
        let mac = link
            .mac
            .ok_or_else(|| NovaError::internal(format!("bridge {name} has no MAC address")))?;
        let ports: Vec<Link> = self.state.ports_of(link.index).cloned().collect();
        let uplinks: Vec<&Link> = ports.iter().filter(|port| port.is_uplink_like()).collect();
        let carries = self.own_addresses(&link) > 0;
        if self.carries(&link) {
            self.demand_confirmation(&BridgeOptions::default());
        }
        let heir = match uplinks.as_slice() {
            [only] if carries => Some(only.name.to_interface_name()?),
            _ => None,
        };
        self.end_traffic(&link)?;
        // By its MAC address the bridge is known until it is deleted; one that
        // follows its ports would lose it with the first that is detached.
        if !ports.is_empty() {
            self.pin_mac(&link)?;
        }
        // An MTU that the kernel fitted to the ports is fitted again once they
        // are back; one that is set would stay.
        if ports.iter().map(|port| port.mtu).min() == Some(link.mtu)
            && let Some(fitted) = self.state.links.get_mut(&link.index)
        {
            fitted.mtu = DEFAULT_MTU;
        }
        for port in &ports {
            let port_name = port.name.to_interface_name()?;
            self.push(LinkStep::SetController {
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
        self.push(LinkStep::SetUp {
            link: reference(&link, name.clone()),
            up: false,
        });
        self.push(BridgeStep::Delete {
            name: name.clone(),
            mac,
        });
        if link.owner != Owner::Nova {
            self.notice(format!(
                "An undo makes {name} again with its options, ports, addresses and routes; what else was set on it by hand (queue length, routes of other tables, permanent neighbours, its values in /proc/sys/net) does not come back."
            ));
        }
        self.effect(format!("The Linux bridge {name} disappears."));
        Ok(())
    }

    pub(crate) fn configure_bridge(&mut self, configure: &ConfigureBridge) -> Result<()> {
        if self.is_ovs(&configure.name) {
            return self.configure_as_ovs(configure);
        }
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
        self.require_vlans_for(&link, &difference)?;
        let mut rest = difference;
        match difference.vlan_filtering {
            Some(true) => {
                // The kernel has the VLANs of the ports follow another default, so
                // that comes before anything is added to them.
                if let Some(default_pvid) = rest.default_pvid.take() {
                    self.push(BridgeStep::Set {
                        link: reference(&link, name.clone()),
                        options: BridgePatch {
                            default_pvid: Some(default_pvid),
                            ..BridgePatch::default()
                        },
                    });
                }
                let link = self.require_bridge(name)?.clone();
                self.prepare_filtering(&link)?;
            }
            Some(false) => self.notice_unfiltered(&link),
            None => {}
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
        let is_plain = |options: &BridgeOptions| !options.stp && !options.vlan_filtering;
        let is_idle = is_plain(&now) && is_plain(&wanted);
        if difference.moves_frames() && !is_idle && self.carries(&link) {
            self.demand_confirmation(&wanted);
        }
        self.push(BridgeStep::Set {
            link: reference(&link, name.clone()),
            options: rest,
        });
        Ok(())
    }

    /// A MAC address that only this plan gives to a link of this name.
    pub(crate) fn own_mac(&self, name: &InterfaceName) -> MacAddress {
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
