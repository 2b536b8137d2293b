// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Making links and deleting them again, whatever their kind. A link that Nova
//! makes has its MAC address from its first moment: by that it is known again.

use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkInfo};
use nova_model::step::NewLink;
use rustix::io::Errno;

use crate::execute::{Executor, Undone, with};
use crate::failure::Failure;
use crate::link::IFLA_IFALIAS;

/// A link to be made.
pub(crate) struct Making<'a> {
    /// Name, MAC address and kind.
    pub(crate) link: NewLink<'a>,
    /// The kind and its options as netlink carries them.
    pub(crate) info: Vec<LinkInfo>,
    /// Index of the link below.
    pub(crate) lower: Option<u32>,
    /// Its alias.
    pub(crate) alias: Option<&'a str>,
    /// MTU in bytes, where it is set by hand.
    pub(crate) mtu: Option<u32>,
    /// Whether to set it up at once.
    pub(crate) up: bool,
}

impl Executor {
    /// Makes the link, complete and up in one request; then gives it what the
    /// kernel takes only afterwards.
    pub(crate) fn make(&mut self, making: &Making<'_>) -> Result<Undone, Failure> {
        let NewLink { name, mac, .. } = &making.link;
        if let Some(found) = self.look(name)? {
            if !making.link.is(&found) {
                return Err(Failure::new(Errno::EXIST));
            }
            self.made.insert((*name).clone(), found.index);
            return self.mark(making, Undone::AlreadySo);
        }
        let mut message = with(
            0,
            [
                LinkAttribute::IfName(name.as_str().to_owned()),
                LinkAttribute::Address(mac.0.to_vec()),
                LinkAttribute::LinkInfo(making.info.clone()),
            ],
        );
        message
            .attributes
            .extend(making.lower.map(LinkAttribute::Link));
        if making.up {
            message.header.flags = LinkFlags::Up;
            message.header.change_mask = LinkFlags::Up;
        }
        self.socket.change(
            RouteNetlinkMessage::NewLink(message),
            NLM_F_CREATE | NLM_F_EXCL,
        )?;
        self.mark(making, Undone::Done)
    }

    /// Gives a link just made what the kernel takes only afterwards. Where that
    /// fails, the link goes again.
    fn mark(&mut self, making: &Making<'_>, done: Undone) -> Result<Undone, Failure> {
        let name = making.link.name;
        let found = self.look(name)?.ok_or(Failure::new(Errno::NODEV))?;
        self.made.insert(name.clone(), found.index);
        let mut attributes = Vec::new();
        if let Some(alias) = making
            .alias
            .filter(|alias| found.alias.as_deref() != Some(*alias))
        {
            // Without a terminating zero, so that all 255 bytes are of use.
            let alias = DefaultNla::new(IFLA_IFALIAS, alias.as_bytes().to_vec());
            attributes.push(LinkAttribute::Other(alias));
        }
        let mtu = making.mtu.filter(|mtu| found.mtu != *mtu);
        attributes.extend(mtu.map(LinkAttribute::Mtu));
        if attributes.is_empty() {
            return Ok(done);
        }
        let request = RouteNetlinkMessage::SetLink(with(found.index, attributes));
        let answer = self.socket.change(request, 0).map(|()| done);
        if answer.is_err() && done == Undone::Done {
            self.made.remove(name);
            let gone = RouteNetlinkMessage::DelLink(with(found.index, []));
            self.socket
                .change(gone, 0)
                .map_err(|left| left.after(&answer))?;
        }
        answer
    }

    /// Deletes the link, where the one of this name is the one that was made.
    pub(crate) fn delete(&mut self, link: &NewLink<'_>) -> Result<Undone, Failure> {
        let Some(found) = self.look(link.name)? else {
            return Ok(Undone::AlreadySo);
        };
        // One with everything of it but the index is another, made since.
        let is_another = |made: &u32| *made != found.index;
        if !link.is(&found) || self.made.get(link.name).is_some_and(is_another) {
            return Ok(Undone::Vanished);
        }
        let message = RouteNetlinkMessage::DelLink(with(found.index, []));
        self.made.remove(link.name);
        match self.socket.change(message, 0) {
            Ok(()) => Ok(Undone::Done),
            Err(failure) if failure.is_gone() => Ok(Undone::AlreadySo),
            Err(failure) => Err(failure),
        }
    }
}
