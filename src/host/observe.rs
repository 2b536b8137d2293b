// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The host as the kernel shows it, read at once.

use std::collections::BTreeMap;

use nova_model::Result;
use nova_model::address::Route;
use nova_model::link::Link;
use nova_model::state::HostState;
use rustix::io::Errno;

use crate::failure::Failure;
use crate::link::{LinkNews, RTM_NEWLINK};
use crate::ovs::Place;
use crate::owner::{Claims, assign};
use crate::socket::Socket;
use crate::{address, fdb, link, mdb, route, tc, vlan};

/// Reads all links, addresses and routes of the network namespace of this
/// thread, who owns each link, and Open vSwitch. Needs no privilege, except
/// that the database of Open vSwitch mostly does: without it, it is locked.
///
/// # Errors
/// `Internal` where netlink does not work, `Refused` where the links change
/// faster than they can be read.
pub fn observe() -> Result<HostState> {
    let read = || {
        let mut socket = Socket::new()?;
        read(&mut socket, &Claims::read())
    };
    let mut state = read().map_err(|failure| failure.about("the network of this host"))?;
    state.ovs = crate::ovs::observe(&Place::default());
    crate::ovs::claim(&mut state);
    Ok(state)
}

/// Reads everything through this socket.
pub(crate) fn read(
    socket: &mut Socket,
    claims: &Claims,
) -> std::result::Result<HostState, Failure> {
    let mut state = HostState {
        links: links(socket)?,
        routes: routes(socket)?,
        ..HostState::default()
    };
    let addresses = socket.dump(&address::all(), |found: &mut Vec<_>, frame| {
        if frame.kind == address::RTM_NEWADDR {
            found.extend(address::decode(frame.payload));
        }
    })?;
    for (index, address) in addresses {
        // The link may have come or gone between the two dumps.
        if let Some(link) = state.links.get_mut(&index) {
            link.addresses.push(address);
        }
    }
    for (index, table) in vlan::read(socket, &state.links)? {
        if let Some(link) = state.links.get_mut(&index) {
            link.vlans = table;
        }
    }
    for (index, traffic) in tc::read(socket, &state.links)? {
        if let Some(link) = state.links.get_mut(&index) {
            link.traffic = traffic;
        }
    }
    for entry in fdb::read_all(socket, None)? {
        if let (Some(address), Some(link)) =
            (entry.fixed_address(), state.links.get_mut(&entry.link))
        {
            link.fixed_addresses.push(address);
        }
    }
    for entry in mdb::read(socket)? {
        if let (Some(group), Some(link)) = (entry.fixed_group(), state.links.get_mut(&entry.link))
            && link.port.is_some()
        {
            link.fixed_groups.push(group);
        }
    }
    for link in state.links.values_mut() {
        link.addresses.sort();
        link.addresses.dedup();
    }
    let HostState { links, routes, .. } = &mut state;
    routes.retain(|route| links.contains_key(&route.link));
    assign(&mut state, claims);
    Ok(state)
}

/// Reads the links, by index.
pub(crate) fn links(socket: &mut Socket) -> std::result::Result<BTreeMap<u32, Link>, Failure> {
    socket.dump(&link::all(), |links: &mut BTreeMap<_, _>, frame| {
        if frame.kind == RTM_NEWLINK
            && let LinkNews::Whole(link) = link::decode(frame.payload)
        {
            links.insert(link.index, *link);
        }
    })
}

/// Reads the routes, sorted.
pub(crate) fn routes(socket: &mut Socket) -> std::result::Result<Vec<Route>, Failure> {
    let mut routes = Vec::new();
    for request in route::all() {
        let found = socket.dump(&request, |found: &mut Vec<Route>, frame| {
            if frame.kind == route::RTM_NEWROUTE {
                found.extend(route::decode(frame.payload));
            }
        });
        match found {
            Ok(found) => routes.extend(found),
            // A namespace in which nothing was ever routed has no main table.
            Err(failure) if failure.errno == Errno::NOENT => {}
            // A kernel without IPv6 knows no such routes.
            Err(failure) if failure.errno == Errno::OPNOTSUPP => {}
            Err(failure) => return Err(failure),
        }
    }
    routes.sort();
    routes.dedup();
    Ok(routes)
}
