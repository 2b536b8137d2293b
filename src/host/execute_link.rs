// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about any link, as netlink requests.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use nova_model::address::MacAddress;
use nova_model::link::Link;
use nova_model::name::InterfaceName;
use nova_model::step::{LinkRef, LinkStep};

use crate::execute::{Executor, Undone, vanished_or, with};
use crate::failure::Failure;
use crate::neighbour::{self, Hop};
use crate::observe;

/// Most neighbours that are asked after the MAC address of a link has changed.
const MOST_ACQUAINTANCES: usize = 256;

impl Executor {
    pub(crate) fn link_step(&mut self, step: &LinkStep) -> Result<Undone, Failure> {
        match step {
            LinkStep::SetController { link, controller } => {
                self.set_controller(link, controller.as_ref())
            }
            LinkStep::SetUp { link, up } => self.set(link, |found| {
                (found.is_up != *up).then(|| up_message(found.index, *up))
            }),
            LinkStep::SetMac { link, mac } => self.set_mac(link, *mac),
            LinkStep::SetMtu { link, mtu } => self.set(link, |found| {
                (found.mtu != *mtu).then(|| with(found.index, [LinkAttribute::Mtu(*mtu)]))
            }),
        }
    }

    /// Gives a link a MAC address and has those learn it whom this host knows through
    /// it: until they ask by themselves, which takes up to a minute, what
    /// they send goes nowhere.
    fn set_mac(&mut self, link: &LinkRef, mac: MacAddress) -> Result<Undone, Failure> {
        // The kernel forgets them with the address.
        let acquaintances = match self.prove(link)? {
            Some(found) if found.mac != Some(mac) => self.acquaintances(&found),
            _ => Ok(Vec::new()),
        };
        let done = self.set(link, |found| {
            let follows = found.bridge.is_some_and(|bridge| bridge.follows_ports);
            (found.mac != Some(mac) || follows)
                .then(|| with(found.index, [LinkAttribute::Address(mac.0.to_vec())]))
        })?;
        // Who is not asked now learns it when it asks itself.
        for hop in acquaintances.into_iter().flatten().take(MOST_ACQUAINTANCES) {
            let _ = neighbour::ask(&mut self.socket, hop);
        }
        Ok(done)
    }

    /// Whom this host knows through a link, or through the sub-interfaces directly on
    /// it whose MAC address is the same.
    fn acquaintances(&mut self, below: &Link) -> Result<Vec<Hop>, Failure> {
        let (index, mac) = (below.index, below.mac);
        let links = observe::links(&mut self.socket)?;
        let upon = links.values();
        let upon = upon.filter(|link| link.lower == Some(index) && link.mac == mac);
        let with_upon: Vec<u32> = upon.map(|link| link.index).chain([index]).collect();
        neighbour::acquaintances(&mut self.socket, &with_upon)
    }

    pub(crate) fn set_controller(
        &mut self,
        link: &LinkRef,
        controller: Option<&InterfaceName>,
    ) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let controller = match controller {
            None => None,
            Some(name) => match self.look(name)? {
                Some(bridge) => Some(bridge.index),
                None => return Ok(Undone::Vanished),
            },
        };
        if found.controller == controller {
            return Ok(Undone::AlreadySo);
        }
        let attribute = LinkAttribute::Controller(controller.unwrap_or_default());
        let request = RouteNetlinkMessage::SetLink(with(found.index, [attribute]));
        vanished_or(self.socket.change(request, 0))
    }

    /// Sends the request that the link needs, if it needs one.
    fn set(
        &mut self,
        link: &LinkRef,
        request: impl FnOnce(&Link) -> Option<LinkMessage>,
    ) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        match request(&found) {
            None => Ok(Undone::AlreadySo),
            Some(message) => {
                vanished_or(self.socket.change(RouteNetlinkMessage::SetLink(message), 0))
            }
        }
    }
}

fn up_message(index: u32, up: bool) -> LinkMessage {
    let mut message = with(index, []);
    message.header.change_mask = LinkFlags::Up;
    if up {
        message.header.flags = LinkFlags::Up;
    }
    message
}
