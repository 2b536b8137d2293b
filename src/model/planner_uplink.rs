// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bridge or a bond above a card that a program configures: that program makes
//! it and moves what the host is reached by, so that nobody works against it.

use std::net::IpAddr;

use crate::address::{IpNet, MacAddress, Route};
use crate::bond::{BondOptions, BondPatch};
use crate::bridge::{BridgeOptions, BridgePatch};
use crate::change::CreateBridge;
use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::manager::Backend;
use crate::name::InterfaceName;
use crate::ovs_conf::BridgeConf;
use crate::ovs_options::port_delay;
use crate::planner::{Planner, reference};
use crate::planner_persist::by_hand;
use crate::planner_port::refuse_as_port;
use crate::reach::movable;
use crate::step::BondStep;
use crate::uplink::{Above, AboveKind, OtherCard, Uplink};

/// Seconds that a program may take for addresses, besides spanning tree.
pub(crate) const PATIENCE: u32 = 45;

/// A card, the bridge or bond that is to stand above it, and what moves.
pub(crate) struct Move {
    pub(crate) card: InterfaceName,
    pub(crate) name: InterfaceName,
    pub(crate) mac: MacAddress,
    pub(crate) wish: Wish,
    pub(crate) before: Uplink,
    pub(crate) after: Uplink,
    /// Members of the card, a bond, that no program configures now.
    pub(crate) aside: Vec<InterfaceName>,
}

/// What is to stand above the card.
#[derive(Clone)]
pub(crate) enum Wish {
    Bridge(BridgeOptions),
    Bond {
        options: BondOptions,
        primary: Option<InterfaceName>,
    },
    OpenVSwitch(BridgeConf),
}

impl Wish {
    /// The word a person reads.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Bridge(_) | Self::OpenVSwitch(_) => "bridge",
            Self::Bond { .. } => "bond",
        }
    }

    pub(crate) fn kind(&self) -> AboveKind {
        match self {
            Self::Bridge(options) => {
                AboveKind::Bridge(BridgePatch::between(&BridgeOptions::default(), options))
            }
            Self::Bond { options, primary } => AboveKind::Bond {
                options: BondPatch::between(&BondOptions::default(), options),
                primary: primary.clone(),
            },
            Self::OpenVSwitch(_) => AboveKind::OpenVSwitch,
        }
    }

    /// Seconds for which a port that is there carries nothing yet.
    fn delay(&self) -> u32 {
        match self {
            Self::Bridge(options) => options.port_delay(),
            Self::Bond { options, .. } => options.up_delay.div_ceil(1000),
            Self::OpenVSwitch(conf) => port_delay(conf),
        }
    }
}

/// The refusal of a card by the bridge or bond of this name.
pub(crate) fn refusal(
    wish: &Wish,
    name: &InterfaceName,
    card: &InterfaceName,
    reason: &str,
) -> NovaError {
    match wish {
        Wish::Bridge(_) | Wish::OpenVSwitch(_) => NovaError::refused(format!(
            "bridge {name}: {card} cannot be attached: {reason}"
        ))
        .with_field("port"),
        Wish::Bond { .. } => {
            NovaError::refused(format!("bond {name}: {card} cannot be a member: {reason}"))
                .with_field("interfaces")
        }
    }
}

impl Move {
    pub(crate) fn refuse(&self, card: &InterfaceName, reason: &str) -> NovaError {
        refusal(&self.wish, &self.name, card, reason)
    }
}

impl Planner {
    /// The first of these links whose addresses a program configures, and which
    /// program that is.
    pub(crate) fn managed(&self, links: &[InterfaceName]) -> Option<(Link, Backend)> {
        links.iter().find_map(|name| {
            let backend = self.state.managers.of(name.as_str())?;
            Some((self.state.link(name.as_str())?.clone(), backend))
        })
    }

    /// Makes a bridge above a card through the program that configures it.
    pub(crate) fn bridge_uplink(
        &mut self,
        create: &CreateBridge,
        card: &Link,
        backend: Backend,
    ) -> Result<()> {
        let name = create.name.as_interface_name();
        // The bridge does not stand yet; of what refuses a port only the card counts.
        refuse_as_port(name, None, card)?;
        let wish = Wish::Bridge(create.options.applied_to(&BridgeOptions::default()));
        let fellows = self.fellows(card, backend);
        let aside = self.set_aside(card, backend, &fellows)?;
        let moved = Move {
            aside: aside
                .iter()
                .filter_map(BondStep::joining)
                .cloned()
                .collect(),
            ..self.uplink_move(name, wish, card, fellows)?
        };
        self.make_above(&moved, backend)?;
        for step in aside {
            self.push(step);
        }
        self.describe_move(&moved, card, backend, &create.options.phrases());
        for port in create.ports.iter().filter(|port| **port != moved.card) {
            if let Some(other) = self.state.managers.of(port.as_str()) {
                return Err(NovaError::refused(format!(
                    "bridge {name}: {port} cannot be attached too: {} configures its addresses",
                    other.name()
                ))
                .with_field("port")
                .with_remedy("Attach one card with addresses; the others without."));
            }
            self.attach(&moved.name, port, false)?;
        }
        Ok(())
    }

    /// The members of a bond that change their profiles with it: those of
    /// `NetworkManager` name the profile of their bond.
    fn fellows(&self, card: &Link, backend: Backend) -> Vec<(OtherCard, OtherCard)> {
        if !card.is_bond() || backend != Backend::NetworkManager {
            return Vec::new();
        }
        let members = self.state.ports_of(card.index);
        members
            .filter(|member| self.state.managers.of(&member.name.to_string()) == Some(backend))
            .filter_map(|member| {
                let fellow = OtherCard {
                    card: member.name.to_interface_name().ok()?,
                    bond: card.name.to_interface_name().ok(),
                    is_leased: false,
                };
                Some((fellow.clone(), fellow))
            })
            .collect()
    }

    /// `NetworkManager` takes all members out of a bond that gets another profile,
    /// and brings back those it configures. The others leave before and join
    /// again by the steps that this gives.
    fn set_aside(
        &mut self,
        card: &Link,
        backend: Backend,
        fellows: &[(OtherCard, OtherCard)],
    ) -> Result<Vec<BondStep>> {
        let mut again = Vec::new();
        let Some(status) = card.bond.as_ref() else {
            return Ok(again);
        };
        if backend != Backend::NetworkManager {
            return Ok(again);
        }
        let bond = reference(card, card.name.to_interface_name()?);
        let members: Vec<Link> = self.state.ports_of(card.index).cloned().collect();
        for member in members {
            let name = member.name.to_interface_name()?;
            if fellows.iter().any(|(fellow, _)| fellow.card == name) {
                continue;
            }
            let link = reference(&member, name.clone());
            self.push(BondStep::RemoveMember {
                bond: bond.clone(),
                link: link.clone(),
            });
            again.push(BondStep::AddMember {
                bond: bond.clone(),
                link,
            });
            if status.primary == Some(member.index) {
                again.push(BondStep::SetPrimary {
                    link: bond.clone(),
                    primary: Some(name),
                });
            }
        }
        Ok(again)
    }

    pub(crate) fn uplink_move(
        &self,
        name: &InterfaceName,
        wish: Wish,
        card: &Link,
        others: Vec<(OtherCard, OtherCard)>,
    ) -> Result<Move> {
        let card_name = card.name.to_interface_name()?;
        let refuse = |reason: &str| match wish {
            Wish::Bridge(_) | Wish::OpenVSwitch(_) => NovaError::refused(format!(
                "bridge {name}: {card_name} cannot be a port: {reason}"
            ))
            .with_field("port"),
            Wish::Bond { .. } => refusal(&wish, name, &card_name, reason),
        };
        if let Some(controller) = card.controller.and_then(|at| self.state.links.get(&at)) {
            return Err(
                refuse(&format!("it already belongs to {}", controller.name))
                    .with_remedy("Detach it there first."),
            );
        }
        let mac = card.mac.ok_or_else(|| {
            refuse(&format!(
                "it has no MAC address, only cards of Ethernet can be {}",
                match wish {
                    Wish::Bridge(_) | Wish::OpenVSwitch(_) => "bridged",
                    Wish::Bond { .. } => "bonded",
                }
            ))
        })?;
        let (before, after) = others.into_iter().unzip();
        let before = Uplink {
            card: card_name.clone(),
            above: None,
            others: before,
            addresses: by_hand(card),
            gateways: self.gateways(card),
            is_leased: leases(card),
            patience: PATIENCE,
        };
        Ok(Move {
            after: Uplink {
                above: Some(Above {
                    name: name.clone(),
                    mac,
                    kind: wish.kind(),
                }),
                others: after,
                patience: PATIENCE + wish.delay(),
                ..before.clone()
            },
            card: card_name,
            name: name.clone(),
            mac,
            wish,
            before,
            aside: Vec::new(),
        })
    }

    pub(crate) fn make_above(&mut self, moved: &Move, backend: Backend) -> Result<()> {
        match backend {
            Backend::NetworkManager => self.make_with_nm(moved),
            Backend::Networkd => self.make_with_networkd(moved),
        }
    }

    /// Next hops of the default routes through a link that do not come of a
    /// router's announcements, which come when they come.
    pub(crate) fn gateways(&self, card: &Link) -> Vec<IpAddr> {
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

    pub(crate) fn default_metric(&self, moved: &Move) -> Option<u32> {
        let card = self.state.link(moved.card.as_str())?;
        let mut defaults = self
            .state
            .routes_of(card.index)
            .filter(|route| route.is_default() && route.destination.address().is_ipv4());
        defaults.next().map(|route| route.metric)
    }

    pub(crate) fn describe_move(
        &mut self,
        moved: &Move,
        card: &Link,
        backend: Backend,
        phrases: &[String],
    ) {
        let (name, port) = (&moved.name, &moved.card);
        let with = if phrases.is_empty() {
            String::new()
        } else {
            format!(", with {}", phrases.join(", "))
        };
        let (maker, what, role) = match moved.wish {
            Wish::Bridge(_) => (backend.name(), "Linux bridge", "port"),
            Wish::Bond { .. } => (backend.name(), "bond", "member"),
            Wish::OpenVSwitch(_) => ("Open vSwitch", "bridge", "port"),
        };
        self.effect(format!(
            "{maker} makes the {what} {name}{with}. It has the MAC address {} of {port}, so that DHCP servers and neighbours know it.",
            moved.mac
        ));
        self.effect(format!("{port} becomes a {role} of {name}."));
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
        } else if !nets.is_empty() {
            self.effect(format!("Name servers that {port} has move with it."));
        }
        let routes = self.lasting_routes(card);
        self.tell_moving_routes(&routes);
        self.notice_connected(card, "");
        let delay = moved.wish.delay();
        self.notice(match moved.wish {
            Wish::Bridge(_) | Wish::OpenVSwitch(_) if delay > 0 => format!(
                "Spanning tree keeps {port} silent for about {delay} s: as long this host is not reached through {name}."
            ),
            Wish::Bond { .. } if delay > 0 => format!(
                "{name} uses {port} after {delay} s: as long this host is not reached through it."
            ),
            Wish::OpenVSwitch(_) => format!(
                "This host is not reached through {port} for a few seconds, until {name} has its addresses. Connections survive that."
            ),
            _ => format!("This host is not reached through {port} for a second or two while its addresses move. Connections survive that."),
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
        self.demand_confirmation(&match &moved.wish {
            Wish::Bridge(options) => *options,
            Wish::Bond { .. } | Wish::OpenVSwitch(_) => BridgeOptions::default(),
        });
        if let Wish::OpenVSwitch(conf) = &moved.wish {
            self.demand_confirmation_for(conf);
        }
    }

    pub(crate) fn notice_connected(&mut self, card: &Link, also: &str) {
        let connected: Vec<String> = self
            .state
            .administrators
            .iter()
            .filter(|(local, _)| card.addresses.iter().any(|it| it.net.address() == *local))
            .map(|(_, remote)| remote.to_string())
            .collect();
        if !connected.is_empty() {
            self.notice(format!(
                "Connected through {} to administer this host{also}: {}.",
                card.name,
                connected.join(", ")
            ));
        }
    }
}

pub(crate) fn leases(link: &Link) -> bool {
    let mut addresses = link.addresses.iter();
    addresses.any(|address| address.is_dynamic && address.net.address().is_ipv4())
}

impl Planner {
    /// Routes that somebody set would be lost with the move.
    pub(crate) fn refuse_lost_route(&self, moved: &Move, place: &str) -> Result<()> {
        let Some(card) = self.state.link(moved.card.as_str()) else {
            return Ok(());
        };
        match self.state.routes_by_hand(card.index).next() {
            None => Ok(()),
            Some(route) => {
                let via = route.gateway.map(|hop| format!(" via {hop}"));
                Err(moved
                    .refuse(
                        &moved.card,
                        &format!(
                            "its route {}{} was set by hand, does not stand in {place} and would be lost",
                            route.destination,
                            via.unwrap_or_default()
                        ),
                    )
                    .with_remedy("Remove that route, or write it there first."))
            }
        }
    }
}

/// Addresses that the program does not know would be lost with the move.
pub(crate) fn refuse_lost_address(moved: &Move, known: &[IpNet], place: &str) -> Result<()> {
    let lost = moved
        .before
        .addresses
        .iter()
        .find(|net| !known.contains(net));
    match lost {
        None => Ok(()),
        Some(net) => Err(moved
            .refuse(
                &moved.card,
                &format!("its address {net} does not stand in {place} and would be lost"),
            )
            .with_remedy("Remove that address, or write it there first.")),
    }
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
