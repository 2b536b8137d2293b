// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about IP addresses and routes, as netlink requests.

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::RouteScope;
use nova_model::address::IpNet;
use nova_model::step::{AddressStep, LinkRef, RouteSpec, RouteStep};
use rustix::io::Errno;

use crate::execute::{Executor, Mode, Undone, vanished_or};
use crate::failure::Failure;
use crate::{address, route};

impl Executor {
    pub(crate) fn address_step(
        &mut self,
        step: &AddressStep,
        mode: Mode,
    ) -> Result<Undone, Failure> {
        match step {
            AddressStep::Add { link, net } => self.add_address(link, *net, mode),
            AddressStep::Remove { link, net } => self.remove_address(link, *net),
        }
    }

    pub(crate) fn route_step(&mut self, step: &RouteStep, mode: Mode) -> Result<Undone, Failure> {
        match step {
            RouteStep::Add(route) => self.add_route(route, mode),
            RouteStep::Remove(route) => self.remove_route(route),
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
}
