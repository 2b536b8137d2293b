// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bridging a card that a program configures: that program makes the bridge and
//! moves what the host is reached by, so that nobody works against it.

use std::net::IpAddr;

use crate::address::{IpNet, MacAddress, Route};
use crate::bridge::{BridgeOptions, BridgePatch};
use crate::change::CreateBridge;
use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::manager::{Backend, NetworkdLink, NmLink};
use crate::name::{InterfaceName, printable};
use crate::networkd::{NetworkdFile, Place};
use crate::networkd_file::{self, BridgeFiles};
use crate::nm::{NmProfile, NmValue};
use crate::planner::Planner;
use crate::planner_port::refuse_as_port;
use crate::reach::movable;
use crate::step::{Activation, FileEffect, ManagerStep};
use crate::uplink::{Uplink, UplinkBridge};

/// Seconds that a program may take for addresses, besides spanning tree.
const PATIENCE: u32 = 45;

/// A card, the bridge that is to stand above it, and what moves.
struct Move {
    card: InterfaceName,
    name: InterfaceName,
    mac: MacAddress,
    options: BridgeOptions,
    before: Uplink,
    after: Uplink,
}

impl Planner {
    /// The port of a new bridge whose addresses a program configures, and which
    /// program that is.
    pub(crate) fn managed_port(&self, create: &CreateBridge) -> Option<(Link, Backend)> {
        create.ports.iter().find_map(|port| {
            let backend = self.state.managers.of(port.as_str())?;
            Some((self.state.link(port.as_str())?.clone(), backend))
        })
    }

    /// Makes a bridge above a card through the program that configures it.
    pub(crate) fn bridge_uplink(
        &mut self,
        create: &CreateBridge,
        card: &Link,
        backend: Backend,
    ) -> Result<()> {
        let moved = self.uplink_move(create, card)?;
        match backend {
            Backend::NetworkManager => {
                let link = self.state.managers.nm_link(moved.card.as_str()).cloned();
                self.bridge_with_nm(&moved, &link.unwrap_or_default())?;
            }
            Backend::Networkd => {
                let link = self.state.managers.networkd_link(moved.card.as_str());
                let link = link.cloned().unwrap_or_default();
                self.bridge_with_networkd(&moved, &link)?;
            }
        }
        self.describe_move(&moved, card, backend, create);
        for port in create.ports.iter().filter(|port| **port != moved.card) {
            if let Some(other) = self.state.managers.of(port.as_str()) {
                return Err(NovaError::refused(format!(
                    "bridge {}: {port} cannot be attached too: {} configures its addresses",
                    create.name,
                    other.name()
                ))
                .with_field("port")
                .with_remedy("Attach one card with addresses; the others without."));
            }
            self.attach(&moved.name, port, false)?;
        }
        Ok(())
    }

    fn uplink_move(&self, create: &CreateBridge, card: &Link) -> Result<Move> {
        let name = create.name.as_interface_name().clone();
        let card_name = card.name.to_interface_name()?;
        let refuse = |reason: &str| {
            NovaError::refused(format!(
                "bridge {name}: {card_name} cannot be a port: {reason}"
            ))
            .with_field("port")
        };
        // The bridge does not stand yet; of what refuses a port only the card counts.
        refuse_as_port(&name, None, card)?;
        if let Some(controller) = card.controller.and_then(|at| self.state.links.get(&at)) {
            return Err(
                refuse(&format!("it already belongs to {}", controller.name))
                    .with_remedy("Detach it there first."),
            );
        }
        let mac = card.mac.ok_or_else(|| {
            refuse("it has no MAC address, only cards of Ethernet can be bridged")
        })?;
        let options = create.options.applied_to(&BridgeOptions::default());
        let bridge = UplinkBridge {
            name: name.clone(),
            mac,
            options: BridgePatch::between(&BridgeOptions::default(), &options),
        };
        let leases = |link: &Link| {
            let mut addresses = link.addresses.iter();
            addresses.any(|address| address.is_dynamic && address.net.address().is_ipv4())
        };
        let by_hand: Vec<IpNet> = movable(card)
            .filter(|net| {
                card.addresses
                    .iter()
                    .any(|address| address.net == *net && !address.is_dynamic)
            })
            .collect();
        let before = Uplink {
            card: card_name.clone(),
            bridge: None,
            addresses: by_hand,
            gateways: self.gateways(card),
            is_leased: leases(card),
            patience: PATIENCE,
        };
        Ok(Move {
            after: Uplink {
                bridge: Some(bridge),
                patience: PATIENCE + options.port_delay(),
                ..before.clone()
            },
            card: card_name,
            name,
            mac,
            options,
            before,
        })
    }

    fn bridge_with_nm(&mut self, moved: &Move, link: &NmLink) -> Result<()> {
        let refuse = |reason: String| {
            NovaError::refused(format!(
                "bridge {}: {} cannot be attached: {reason}",
                moved.name, moved.card
            ))
            .with_field("port")
        };
        let Some(active) = &link.profile else {
            return Err(refuse(
                "Nova may not read its profile of NetworkManager".to_owned(),
            ));
        };
        let shown = printable(&active.name);
        if active.settings.contains_key("802-1x") {
            return Err(refuse(format!(
                "its profile \"{shown}\" logs in to the network (802.1X), and its secret cannot be carried over"
            ))
            .with_remedy("Make the bridge and its port in the settings of NetworkManager."));
        }
        if !matches!(
            active.text("connection", "type"),
            Some("802-3-ethernet" | "vlan")
        ) {
            return Err(refuse(format!(
                "its profile \"{shown}\" is none of a network card"
            ))
            .with_remedy("Make the bridge in the settings of NetworkManager; machines are attached to it as to any other."));
        }
        if let Some(unknown) = link.unknown.first() {
            return Err(refuse(format!(
                "its profile \"{shown}\" sets {}, which Nova cannot carry over",
                printable(unknown)
            )));
        }
        refuse_lost_address(
            moved,
            &nm_addresses(active),
            &format!("the profile \"{shown}\""),
        )?;

        let mut bridge = NmProfile::bridge(
            self.id,
            &moved.name,
            moved.mac,
            &moved.options,
            Some(active),
        );
        // A card's routes win over a bridge's where nothing is said.
        let says_metric = bridge
            .value("ipv4", "route-metric")
            .and_then(NmValue::number)
            .is_some_and(|metric| metric >= 0);
        if let (false, Some(metric)) = (says_metric, self.default_metric(moved)) {
            bridge.set("ipv4", "route-metric", NmValue::Long(i64::from(metric)));
        }
        let port = NmProfile::port(self.id, &moved.card, &bridge, &moved.name, Some(active));
        let activation = |profile: &NmProfile, uplink: &Uplink| {
            Box::new(Activation {
                uuid: profile.uuid.clone(),
                name: profile.name.clone(),
                uplink: uplink.clone(),
            })
        };
        for profile in [&bridge, &port] {
            self.push(ManagerStep::AddProfile {
                profile: profile.clone(),
                place: Place::Volatile,
            });
        }
        self.push(ManagerStep::Activate {
            after: activation(&port, &moved.after),
            before: activation(active, &moved.before),
        });
        for profile in [&bridge, &port] {
            self.keep(ManagerStep::MoveProfile {
                uuid: profile.uuid.clone(),
                name: profile.name.clone(),
                to: Place::Lasting,
            });
        }
        if link.is_stored && active.starts_by_itself() {
            self.keep(ManagerStep::SetAutoconnect {
                uuid: active.uuid.clone(),
                name: active.name.clone(),
                on: false,
            });
            self.keeping_effect(format!(
                "The profile \"{shown}\" stays as it is and no longer starts with the host."
            ));
        }
        Ok(())
    }

    fn bridge_with_networkd(&mut self, moved: &Move, link: &NetworkdLink) -> Result<()> {
        let refuse = |reason: String| {
            NovaError::refused(format!(
                "bridge {}: {} cannot be attached: {reason}",
                moved.name, moved.card
            ))
            .with_field("port")
        };
        let Some(text) = &link.text else {
            return Err(refuse(format!(
                "Nova may not read {}",
                printable(&link.file)
            )));
        };
        let adopted = networkd_file::adopt(text)
            .map_err(|error| {
                refuse(format!("{}: {}", printable(&link.file), error.message()))
                    .with_remedy("Make the bridge by hand in the files of systemd-networkd.")
            })?
            .with_iaid(link.iaid);
        refuse_lost_address(moved, &adopted.addresses(), &printable(&link.file))?;
        let rank = networkd_file::rank_before(&link.file, &moved.card).ok_or_else(|| {
            refuse(format!(
                "{} comes before every file that Nova writes",
                printable(&link.file)
            ))
            .with_remedy("Rename that file to begin with a higher number.")
        })?;
        let files = BridgeFiles {
            change: self.id,
            rank,
            name: &moved.name,
            mac: Some(moved.mac),
            options: &moved.options,
            adopted: Some(&adopted),
            itself: None,
        };
        let mut written = files.bridge()?;
        written.push(files.port(&moved.card));
        self.refuse_foreign_files(&written)?;
        let at = |place: Place| -> Vec<(Place, NetworkdFile)> {
            written.iter().map(|file| (place, file.clone())).collect()
        };
        self.push(ManagerStep::Files {
            write: at(Place::Volatile),
            remove: Vec::new(),
            effect: Some(Box::new(FileEffect {
                after: moved.after.clone(),
                before: moved.before.clone(),
            })),
        });
        self.keep(ManagerStep::Files {
            write: at(Place::Lasting),
            remove: at(Place::Volatile),
            effect: None,
        });
        self.keeping_effect(format!(
            "{} stays as it is; for {} the new files come first.",
            printable(&link.file),
            moved.card
        ));
        Ok(())
    }

    /// Refuses to write over a file that is not Nova's own.
    pub(crate) fn refuse_foreign_files(&self, files: &[NetworkdFile]) -> Result<()> {
        let foreign = self.state.managers.networkd.as_ref().map(|it| &it.foreign);
        let taken = files
            .iter()
            .map(NetworkdFile::name)
            .find(|name| foreign.is_some_and(|foreign| foreign.contains(name)));
        match taken {
            None => Ok(()),
            Some(name) => Err(NovaError::refused(format!(
                "{}/{name} stands already, and Nova did not write it or somebody altered it",
                Place::Lasting.folder()
            ))
            .with_remedy("Move that file away first, or keep the change until the next boot only with \"--persist none\".")),
        }
    }

    /// Next hops of the default routes through a link that do not come of a
    /// router's announcements, which come when they come.
    fn gateways(&self, card: &Link) -> Vec<IpAddr> {
        let mut gateways: Vec<IpAddr> = self
            .state
            .routes_of(card.index)
            .filter(|route| route.is_default() && route.protocol != Route::PROTOCOL_ROUTER)
            .filter_map(|route| route.gateway)
            .filter(IpAddr::is_ipv4)
            .collect();
        gateways.dedup();
        gateways
    }

    fn default_metric(&self, moved: &Move) -> Option<u32> {
        let card = self.state.link(moved.card.as_str())?;
        let mut defaults = self
            .state
            .routes_of(card.index)
            .filter(|route| route.is_default() && route.destination.address().is_ipv4());
        defaults.next().map(|route| route.metric)
    }

    fn describe_move(
        &mut self,
        moved: &Move,
        card: &Link,
        backend: Backend,
        create: &CreateBridge,
    ) {
        let (name, port) = (&moved.name, &moved.card);
        let phrases = create.options.phrases();
        let with = if phrases.is_empty() {
            String::new()
        } else {
            format!(", with {}", phrases.join(", "))
        };
        self.effect(format!(
            "{} makes the Linux bridge {name}{with}. It has the MAC address {} of {port}, so that DHCP servers and neighbours know it.",
            backend.name(),
            moved.mac
        ));
        self.effect(format!("{port} becomes a port of {name}."));
        let nets: Vec<String> = movable(card)
            .map(|net| {
                if moved.before.addresses.contains(&net) {
                    net.to_string()
                } else {
                    format!("{net} (from DHCP)")
                }
            })
            .collect();
        if !nets.is_empty() {
            self.effect(format!("{} moves from {port} to {name}.", nets.join(", ")));
        }
        let gateways: Vec<String> = moved
            .before
            .gateways
            .iter()
            .map(ToString::to_string)
            .collect();
        if !gateways.is_empty() {
            self.effect(format!(
                "The default route through {} and the name servers move with it.",
                gateways.join(", ")
            ));
        }
        let connected: Vec<String> = self
            .state
            .administrators
            .iter()
            .filter(|(local, _)| card.addresses.iter().any(|it| it.net.address() == *local))
            .map(|(_, remote)| remote.to_string())
            .collect();
        if !connected.is_empty() {
            self.notice(format!(
                "Connected through {port} to administer this host: {}.",
                connected.join(", ")
            ));
        }
        let delay = moved.options.port_delay();
        self.notice(if delay > 0 {
            format!(
                "Spanning tree keeps {port} silent for about {delay} s: as long this host is not reached through {name}."
            )
        } else {
            format!("This host is not reached through {port} for a second or two while its addresses move. Connections survive that.")
        });
        let has_router_address = card
            .addresses
            .iter()
            .any(|address| address.is_dynamic && address.net.address().is_ipv6());
        if has_router_address {
            self.notice(format!(
                "IPv6 addresses that {port} made of a router's announcements may be other ones on {name}."
            ));
        }
        self.demand_confirmation(&moved.options);
    }
}

/// Addresses that the program does not know would be lost with the move.
fn refuse_lost_address(moved: &Move, known: &[IpNet], place: &str) -> Result<()> {
    let lost = moved
        .before
        .addresses
        .iter()
        .find(|net| !known.contains(net));
    match lost {
        None => Ok(()),
        Some(net) => Err(NovaError::refused(format!(
            "bridge {}: {} cannot be attached: its address {net} does not stand in {place} and would be lost",
            moved.name, moved.card
        ))
        .with_field("port")
        .with_remedy("Remove that address, or write it there first.")),
    }
}

/// The addresses that stand in a profile.
fn nm_addresses(profile: &NmProfile) -> Vec<IpNet> {
    ["ipv4", "ipv6"]
        .into_iter()
        .filter_map(|family| match profile.value(family, "address-data")? {
            NmValue::Dicts(dicts) => Some(dicts),
            _ => None,
        })
        .flatten()
        .filter_map(|dict| {
            let NmValue::Text(address) = dict.get("address")? else {
                return None;
            };
            let prefix = u8::try_from(dict.get("prefix")?.number()?).ok()?;
            IpNet::new(address.parse().ok()?, prefix).ok()
        })
        .collect()
}

/// Whether a kind of link is one that a port profile or file is kept for: taps
/// come and go with their machines.
#[must_use]
pub(crate) const fn is_kept_as_port(kind: &LinkKind) -> bool {
    matches!(
        kind,
        LinkKind::Physical
            | LinkKind::Veth
            | LinkKind::Dummy
            | LinkKind::Bond
            | LinkKind::Vlan { .. }
    )
}
