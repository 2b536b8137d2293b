// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Doing and undoing the steps of a plan, each as netlink requests. A link is
//! found by name, proven by index or MAC address, and then addressed by index,
//! so that nothing that took its name meanwhile is touched.

use std::collections::BTreeMap;

use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::RouteScope;
use nova_model::NovaError;
use nova_model::address::{IpNet, MacAddress};
use nova_model::bridge::BridgePatch;
use nova_model::link::Link;
use nova_model::name::InterfaceName;
use nova_model::step::{LinkRef, RouteSpec, Step};
use rustix::io::Errno;

use crate::failure::Failure;
use crate::link::{IFLA_IFALIAS, LinkNews};
use crate::socket::Socket;
use crate::{address, bridge, link, route};

type Result<T, E = NovaError> = std::result::Result<T, E>;

/// Does steps. Needs `CAP_NET_ADMIN` in the network namespace of its thread.
pub struct Executor {
    socket: Socket,
    /// Bridges made again under their old name: steps that name the index of
    /// the old one mean them.
    made: BTreeMap<InterfaceName, u32>,
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
        })
    }

    /// Does a step. A step that fails may be done in part; undoing it is sound.
    ///
    /// # Errors
    /// What the kernel says against it; `NotFound` where the link is not the
    /// one that was planned for; `NotAuthorised` without the privilege.
    pub fn execute(&mut self, step: &Step) -> Result<()> {
        if let Step::AddBridge { name, .. } = step
            && self.find(name)?.is_some()
        {
            return Err(Failure::new(Errno::EXIST).about(&format!("bridge {name}")));
        }
        match self.perform(step, Mode::Do)? {
            Undone::Done | Undone::AlreadySo => Ok(()),
            Undone::Vanished => Err(Failure::new(Errno::NODEV).about(&subject(step))),
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
        match step {
            Step::AddBridge {
                name,
                mac,
                options,
                alias,
                mtu,
                up,
            } => {
                let done = self.add_bridge(name, *mac, options, *up)?;
                return self.mark(name, alias.as_deref(), *mtu, done);
            }
            Step::DeleteBridge { name, mac } => self.delete_bridge(name, *mac),
            Step::SetBridge { link, options } => self.set_bridge(link, options),
            Step::SetController { link, controller } => {
                self.set_controller(link, controller.as_ref())
            }
            Step::SetUp { link, up } => self.set(link, |found| {
                (found.is_up != *up).then(|| up_message(found.index, *up))
            }),
            Step::SetMac { link, mac } => self.set(link, |found| {
                (found.mac != Some(*mac))
                    .then(|| with(found.index, [LinkAttribute::Address(mac.0.to_vec())]))
            }),
            Step::AddAddress { link, net } => self.add_address(link, *net, mode),
            Step::RemoveAddress { link, net } => self.remove_address(link, *net),
            Step::AddRoute(route) => self.add_route(route, mode),
            Step::RemoveRoute(route) => self.remove_route(route),
        }
        .map_err(|failure| failure.about(&subject(step)))
    }

    /// Makes the bridge, complete and up in one request.
    fn add_bridge(
        &mut self,
        name: &InterfaceName,
        mac: MacAddress,
        options: &BridgePatch,
        up: bool,
    ) -> Result<Undone> {
        let object = format!("bridge {name}");
        if let Some(found) = self.find(name)? {
            if !found.is_bridge() || found.mac != Some(mac) {
                return Err(Failure::new(Errno::EXIST).about(&object));
            }
            self.made.insert(name.clone(), found.index);
            return Ok(Undone::AlreadySo);
        }
        let mut message = with(
            0,
            [
                LinkAttribute::IfName(name.as_str().to_owned()),
                LinkAttribute::Address(mac.0.to_vec()),
                LinkAttribute::LinkInfo(vec![
                    LinkInfo::Kind(InfoKind::Bridge),
                    LinkInfo::Data(InfoData::Bridge(bridge::options(options))),
                ]),
            ],
        );
        if up {
            message.header.flags = LinkFlags::Up;
            message.header.change_mask = LinkFlags::Up;
        }
        self.socket
            .change(
                RouteNetlinkMessage::NewLink(message),
                NLM_F_CREATE | NLM_F_EXCL,
            )
            .map_err(|failure| failure.about(&object))?;
        Ok(Undone::Done)
    }

    /// Gives a bridge just made what the kernel takes only afterwards. Where
    /// that fails, the bridge goes again.
    fn mark(
        &mut self,
        name: &InterfaceName,
        alias: Option<&str>,
        mtu: Option<u32>,
        done: Undone,
    ) -> Result<Undone> {
        let object = format!("bridge {name}");
        let found = self
            .find(name)?
            .ok_or_else(|| Failure::new(Errno::NODEV).about(&object))?;
        self.made.insert(name.clone(), found.index);
        let mut attributes = Vec::new();
        if let Some(alias) = alias.filter(|alias| found.alias.as_deref() != Some(*alias)) {
            // Without a terminating zero, so that all 255 bytes are of use.
            let alias = DefaultNla::new(IFLA_IFALIAS, alias.as_bytes().to_vec());
            attributes.push(LinkAttribute::Other(alias));
        }
        attributes.extend(mtu.filter(|mtu| found.mtu != *mtu).map(LinkAttribute::Mtu));
        if attributes.is_empty() {
            return Ok(done);
        }
        let request = RouteNetlinkMessage::SetLink(with(found.index, attributes));
        match self.socket.change(request, 0) {
            Ok(()) => Ok(done),
            Err(failure) => {
                let error = failure.about(&object);
                if done == Undone::Done {
                    self.made.remove(name);
                    let gone = RouteNetlinkMessage::DelLink(with(found.index, []));
                    self.socket
                        .change(gone, 0)
                        .map_err(|failure| failure.about(&object).in_context(error.message()))?;
                }
                Err(error)
            }
        }
    }

    fn delete_bridge(&mut self, name: &InterfaceName, mac: MacAddress) -> Result<Undone, Failure> {
        let Some(found) = self.look(name)? else {
            return Ok(Undone::AlreadySo);
        };
        if !found.is_bridge() || found.mac != Some(mac) {
            return Ok(Undone::Vanished);
        }
        let message = RouteNetlinkMessage::DelLink(with(found.index, []));
        self.made.remove(name);
        match self.socket.change(message, 0) {
            Ok(()) => Ok(Undone::Done),
            Err(failure) if failure.is_gone() => Ok(Undone::AlreadySo),
            Err(failure) => Err(failure),
        }
    }

    fn set_bridge(&mut self, link: &LinkRef, patch: &BridgePatch) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(status) = found.bridge else {
            return Ok(Undone::Vanished);
        };
        let wanted = patch.applied_to(&status.options);
        let mut patch = BridgePatch::between(&status.options, &wanted);
        if patch.is_empty() {
            return Ok(Undone::AlreadySo);
        }
        // The kernel limits the forward delay while STP runs, and sets it
        // before it turns STP off.
        if patch.stp == Some(false) && patch.forward_delay.is_some() {
            let off = BridgePatch {
                stp: patch.stp.take(),
                ..BridgePatch::default()
            };
            self.request_options(found.index, &off)?;
        }
        self.request_options(found.index, &patch)
    }

    fn request_options(&mut self, index: u32, patch: &BridgePatch) -> Result<Undone, Failure> {
        let info = LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Bridge),
            LinkInfo::Data(InfoData::Bridge(bridge::options(patch))),
        ]);
        let request = RouteNetlinkMessage::NewLink(with(index, [info]));
        vanished_or(self.socket.change(request, 0))
    }

    fn set_controller(
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
        for bridge in found.controller.into_iter().chain(controller) {
            self.keep_mac(bridge)?;
        }
        let attribute = LinkAttribute::Controller(controller.unwrap_or_default());
        let request = RouteNetlinkMessage::SetLink(with(found.index, [attribute]));
        vanished_or(self.socket.change(request, 0))
    }

    /// Has a bridge keep its MAC address. One that nobody gave an address takes
    /// the lowest of its ports, and another with each port that comes or goes:
    /// leases and neighbours of the host would be lost with a change that is
    /// about a port.
    fn keep_mac(&mut self, index: u32) -> Result<(), Failure> {
        if self.made.values().any(|made| *made == index) {
            return Ok(());
        }
        let bridge = self.ask(link::by_index(index))?.filter(Link::is_bridge);
        let Some(mac) = bridge.and_then(|bridge| bridge.mac) else {
            return Ok(());
        };
        // What has no port yet or any more has no address to keep.
        if mac.0 == [0; 6] {
            return Ok(());
        }
        let message = with(index, [LinkAttribute::Address(mac.0.to_vec())]);
        vanished_or(self.socket.change(RouteNetlinkMessage::SetLink(message), 0)).map(|_| ())
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

    fn add_address(&mut self, link: &LinkRef, net: IpNet, mode: Mode) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let message = RouteNetlinkMessage::NewAddress(address::message(found.index, net));
        match self.socket.change(message, NLM_F_CREATE | NLM_F_EXCL) {
            Err(failure) if failure.errno == Errno::EXIST && mode == Mode::Undo => {
                Ok(Undone::AlreadySo)
            }
            answer => vanished_or(answer),
        }
    }

    fn remove_address(&mut self, link: &LinkRef, net: IpNet) -> Result<Undone, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(Undone::Vanished);
        };
        let message = RouteNetlinkMessage::DelAddress(address::message(found.index, net));
        match self.socket.change(message, 0) {
            // With the first address of a network the kernel takes the others.
            Err(failure) if failure.errno == Errno::ADDRNOTAVAIL => Ok(Undone::AlreadySo),
            answer => vanished_or(answer),
        }
    }

    fn add_route(&mut self, spec: &RouteSpec, mode: Mode) -> Result<Undone, Failure> {
        let Some(found) = self.look(&spec.link)? else {
            return Ok(Undone::Vanished);
        };
        let route = spec.through(found.index);
        let mut add = |is_on_link| {
            let message = RouteNetlinkMessage::NewRoute(route::message(&route, is_on_link));
            self.socket.change(message, NLM_F_CREATE | NLM_F_EXCL)
        };
        let answer = match add(false) {
            // The route stood before, so its gateway was taken for reachable:
            // hosts with a /32 address have such a default route.
            Err(failure)
                if route.gateway.is_some()
                    && matches!(
                        failure.errno,
                        Errno::NETUNREACH | Errno::HOSTUNREACH | Errno::INVAL
                    ) =>
            {
                add(true).map_err(|second| match second.errno {
                    Errno::EXIST => second,
                    _ => failure,
                })
            }
            answer => answer,
        };
        match answer {
            Err(failure) if failure.errno == Errno::EXIST && mode == Mode::Undo => {
                Ok(Undone::AlreadySo)
            }
            answer => vanished_or(answer),
        }
    }

    fn remove_route(&mut self, spec: &RouteSpec) -> Result<Undone, Failure> {
        let Some(found) = self.look(&spec.link)? else {
            return Ok(Undone::AlreadySo);
        };
        let mut message = route::message(&spec.through(found.index), false);
        message.header.scope = RouteScope::NoWhere;
        match self
            .socket
            .change(RouteNetlinkMessage::DelRoute(message), 0)
        {
            // It went with its address or its link.
            Err(failure) if failure.errno == Errno::SRCH => Ok(Undone::AlreadySo),
            answer => vanished_or(answer),
        }
    }

    /// The link of this name, if it is the one that is meant.
    fn prove(&mut self, link: &LinkRef) -> Result<Option<Link>, Failure> {
        let found = self.look(&link.name)?;
        let made = self.made.get(&link.name).copied();
        Ok(found.filter(|found| {
            link.index.is_none_or(|index| index == found.index) || made == Some(found.index)
        }))
    }

    /// The link of this name now.
    fn look(&mut self, name: &InterfaceName) -> Result<Option<Link>, Failure> {
        let found = self.ask(link::by_name(name.as_str()))?;
        // The kernel also finds links by their alternative names.
        Ok(found.filter(|link| link.name.is(name.as_str())))
    }

    fn ask(&mut self, request: RouteNetlinkMessage) -> Result<Option<Link>, Failure> {
        self.socket
            .get(request, |frame| match link::decode(frame.payload) {
                LinkNews::Whole(link) => Some(*link),
                LinkNews::Port { .. } | LinkNews::Nothing => None,
            })
    }

    fn find(&mut self, name: &InterfaceName) -> Result<Option<Link>> {
        self.look(name)
            .map_err(|failure| failure.about(name.as_str()))
    }
}

/// Whether a step goes forward, where the host must be as planned, or back,
/// where it may already be so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Do,
    Undo,
}

/// Who a step is about, as the beginning of an error.
fn subject(step: &Step) -> String {
    match step {
        Step::AddBridge { name, .. } | Step::DeleteBridge { name, .. } => format!("bridge {name}"),
        Step::SetBridge { link, .. } => format!("bridge {}", link.name),
        Step::SetController {
            link,
            controller: Some(bridge),
        } => format!("bridge {bridge}: port {}", link.name),
        Step::SetController { link, .. } | Step::SetUp { link, .. } => link.name.to_string(),
        Step::SetMac { link, mac } => format!("{}: MAC address {mac}", link.name),
        Step::AddAddress { link, net } | Step::RemoveAddress { link, net } => {
            format!("{}: address {net}", link.name)
        }
        Step::AddRoute(route) | Step::RemoveRoute(route) => {
            format!("route {}", route.ip_arguments())
        }
    }
}

fn vanished_or(answer: Result<(), Failure>) -> Result<Undone, Failure> {
    match answer {
        Ok(()) => Ok(Undone::Done),
        Err(failure) if failure.is_gone() => Ok(Undone::Vanished),
        Err(failure) => Err(failure),
    }
}

/// The body of a request about the link with this index.
fn with(index: u32, attributes: impl IntoIterator<Item = LinkAttribute>) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.attributes = attributes.into_iter().collect();
    message
}

fn up_message(index: u32, up: bool) -> LinkMessage {
    let mut message = with(index, []);
    message.header.change_mask = LinkFlags::Up;
    if up {
        message.header.flags = LinkFlags::Up;
    }
    message
}
