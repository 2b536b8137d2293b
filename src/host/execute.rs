// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Doing and undoing the steps of a plan, each as netlink requests. A link is
//! found by name, proven by index or MAC address, and then addressed by index,
//! so that nothing that took its name meanwhile is touched.

use std::collections::BTreeMap;
use std::time::Duration;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use nova_model::link::{Link, LinkKind};
use nova_model::name::InterfaceName;
use nova_model::step::{LinkRef, ManagerStep, OvsStep, Step};
use nova_model::{ErrorKind, NovaError};
use rustix::io::Errno;

use crate::bus::{ABSENCE, ABSENCE_IN_UNDO};
use crate::execute_ovs::OvsExecutor;
use crate::failure::Failure;
use crate::link::{self, LinkNews};
use crate::manager;
use crate::ovs::Place;
use crate::socket::Socket;

type Result<T, E = NovaError> = std::result::Result<T, E>;

/// Does steps. Needs `CAP_NET_ADMIN` in the network namespace of its thread.
pub struct Executor {
    pub(crate) socket: Socket,
    /// Bridges made again under their old name: steps that name the index of
    /// the old one mean them.
    pub(crate) made: BTreeMap<InterfaceName, u32>,
    ovs: OvsExecutor,
    /// Where a program that configures the network was waited for in vain.
    deserted: Option<Mode>,
}

/// What became of an undo step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It was done now.
    Done,
    /// The host was already so.
    AlreadySo,
    /// What it is about is gone, or another object has taken its name; that one
    /// was left alone.
    Vanished,
}

impl Executor {
    /// An executor for the network namespace of this thread.
    ///
    /// # Errors
    /// `Internal` where netlink does not work.
    pub fn new() -> Result<Self> {
        let socket = Socket::new().map_err(|failure| failure.about("the network of this host"))?;
        Ok(Self {
            socket,
            made: BTreeMap::new(),
            ovs: OvsExecutor::new(Place::default()),
            deserted: None,
        })
    }

    /// Takes note of a link that was made by who did the steps before: one of
    /// this name with another index is not it.
    pub fn remember(&mut self, name: InterfaceName, index: u32) {
        self.made.insert(name, index);
    }

    /// Does a step. A step that fails may be done in part; undoing it is sound.
    ///
    /// # Errors
    /// What the kernel says against it; `NotFound` where the link is not the
    /// one that was planned for; `NotAuthorised` without the privilege.
    pub fn execute(&mut self, step: &Step) -> Result<()> {
        if let Step::Ovs(step) = step {
            self.ovs.execute(step)?;
            return self.note_internal(step);
        }
        if let Some(made) = step.makes()
            && self
                .look(made.name)
                .map_err(|failure| failure.about(&step.subject()))?
                .is_some()
        {
            return Err(Failure::new(Errno::EXIST).about(&step.subject()));
        }
        match self.perform(step, Mode::Do)? {
            Undone::Done | Undone::AlreadySo => Ok(()),
            Undone::Vanished => Err(Failure::new(Errno::NODEV).about(&step.subject())),
        }
    }

    /// Does a step that undoes another. Doing it twice is the same as once, and
    /// what vanished meanwhile is no error.
    ///
    /// # Errors
    /// What the kernel says against it.
    pub fn undo(&mut self, step: &Step) -> Result<Undone> {
        self.perform(step, Mode::Undo)
    }

    fn perform(&mut self, step: &Step, mode: Mode) -> Result<Undone> {
        if let Step::Manager(manager) = step {
            // Many steps wait in vain but once, on the way there and on the way back.
            let patience = match mode {
                _ if self.deserted == Some(mode) => Duration::ZERO,
                Mode::Do => ABSENCE,
                Mode::Undo => ABSENCE_IN_UNDO,
            };
            let done = manager::perform(manager, mode, patience);
            if let Err(error) = &done
                && error.kind() == ErrorKind::DaemonMissing
            {
                self.deserted = Some(mode);
            }
            let done = done.map_err(|error| error.in_context(&step.subject()))?;
            self.note_bond(manager)?;
            return Ok(done);
        }
        match step {
            Step::Bridge(step) => self.bridge_step(step),
            Step::Bond(step) => self.bond_step(step),
            Step::Link(step) => self.link_step(step),
            Step::Port(step) => self.port_step(step),
            Step::Other(step) => self.other_step(step),
            Step::Fdb(step) => self.fdb_step(step),
            Step::Mdb(step) => self.mdb_step(step),
            Step::Vlan(step) => self.vlan_step(step),
            Step::Traffic(step) => self.traffic_step(step),
            Step::Steering(step) => return self.steering_step(step),
            Step::Address(step) => self.address_step(step, mode),
            Step::Route(step) => self.route_step(step, mode),
            Step::Ovs(step) => {
                let undone = self.ovs.undo(step)?;
                self.note_internal(step)?;
                return Ok(undone);
            }
            Step::Flow(step) => return self.ovs.classify(step),
            Step::Manager(_) => Ok(Undone::AlreadySo),
        }
        .map_err(|failure| failure.about(&step.subject()))
    }

    /// Notes the bond that a program has let go and made again on the way: it has
    /// another index than the steps that name it remember.
    fn note_bond(&mut self, step: &ManagerStep) -> Result<()> {
        let Some(uplink) = step.uplink() else {
            return Ok(());
        };
        let name = &uplink.card;
        let link = self.look(name);
        let link = link.map_err(|failure| failure.about(name.as_str()))?;
        if let Some(bond) = link.filter(Link::is_bond) {
            self.made.insert(name.clone(), bond.index);
        }
        Ok(())
    }

    /// Notes the links that Open vSwitch made: brought back, they have another
    /// index than the steps that name them remember.
    fn note_internal(&mut self, step: &OvsStep) -> Result<()> {
        let made = step.edits.iter().flat_map(|edit| edit.internal_links(true));
        for name in made {
            let Ok(name) = InterfaceName::try_from(name) else {
                continue;
            };
            let link = self.look(&name);
            if let Some(link) = link.map_err(|failure| failure.about(name.as_str()))? {
                self.made.insert(name, link.index);
            }
        }
        Ok(())
    }

    /// The link of this name, if it is the one that is meant. A sub-interface or bond
    /// that goes with a change, a daemon makes anew of its profile: it is the same,
    /// under another index.
    pub(crate) fn prove(&mut self, link: &LinkRef) -> Result<Option<Link>, Failure> {
        let Some(found) = self.look(&link.name)? else {
            return Ok(None);
        };
        let made = self.made.get(&link.name).copied();
        if link.index.is_none_or(|index| index == found.index) || made == Some(found.index) {
            return Ok(Some(found));
        }
        let is_made_anew = matches!(found.kind, LinkKind::Vlan { .. } | LinkKind::Bond)
            && manager::has_made(&link.name);
        if !is_made_anew {
            return Ok(None);
        }
        self.made.insert(link.name.clone(), found.index);
        Ok(Some(found))
    }

    /// The link of this name now.
    pub(crate) fn look(&mut self, name: &InterfaceName) -> Result<Option<Link>, Failure> {
        let found = self.ask(link::by_name(name.as_str()))?;
        // The kernel also finds links by their alternative names.
        Ok(found.filter(|link| link.name.is(name.as_str())))
    }

    pub(crate) fn ask(&mut self, request: RouteNetlinkMessage) -> Result<Option<Link>, Failure> {
        self.socket
            .get(request, |frame| match link::decode(frame.payload) {
                LinkNews::Whole(link) => Some(*link),
                LinkNews::Port { .. } | LinkNews::Nothing => None,
            })
    }
}

/// Whether a step goes forward, where the host must be as planned, or back,
/// where it may already be so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Do,
    Undo,
}

pub(crate) fn vanished_or(answer: Result<(), Failure>) -> Result<Undone, Failure> {
    match answer {
        Ok(()) => Ok(Undone::Done),
        Err(failure) if failure.is_gone() => Ok(Undone::Vanished),
        Err(failure) => Err(failure),
    }
}

/// The body of a request about the link with this index.
pub(crate) fn with(index: u32, attributes: impl IntoIterator<Item = LinkAttribute>) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.attributes = attributes.into_iter().collect();
    message
}
