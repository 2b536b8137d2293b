// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Following the host: the kernel's events, folded into one picture.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nova_model::Result;
use nova_model::fdb::Learned;
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::state::HostState;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify;
use rustix::io::Errno;

use crate::failure::Failure;
use crate::link::{LinkNews, RTM_DELLINK, RTM_NEWLINK};
use crate::owner::{Claims, LIBVIRT_FOLDER, NETWORKD_FOLDER, assign};
use crate::socket::{Frame, Socket};
use crate::{address, fdb, link, mdb, observe, route, tc, vlan};

const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_TC: u32 = 4;
const RTNLGRP_IPV4_IFADDR: u32 = 5;
const RTNLGRP_IPV4_ROUTE: u32 = 7;
const RTNLGRP_IPV6_IFADDR: u32 = 9;
const RTNLGRP_IPV6_ROUTE: u32 = 11;
const RTNLGRP_NEIGH: u32 = 3;
const RTNLGRP_MDB: u32 = 26;
const RTNLGRP_BRVLAN: u32 = 33;
const NLM_F_REPLACE: u16 = 0x100;

/// How often bridges are read again of which the kernel does not report
/// everything, as long as there are such.
const UNREPORTED: Duration = Duration::from_secs(1);
/// The shortest wait before a read that failed is tried again.
const RETRY: Duration = Duration::from_millis(200);

/// Follows the network of the host.
pub struct Watcher {
    events: Socket,
    requests: Socket,
    daemons: Option<OwnedFd>,
    waker: Waker,
    claims: Claims,
    state: HostState,
    pending: Pending,
    looked: Instant,
}

/// What events did not tell and has to be asked for.
#[derive(Default)]
struct Pending {
    everything: bool,
    routes: bool,
    owners: bool,
    vlans: bool,
    traffic: bool,
    learned: bool,
    links: BTreeSet<u32>,
}

/// Ends a [`Watcher::wait`] from another thread.
#[derive(Clone)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    /// Makes the wait that is under way, or the next one, return at once.
    pub fn wake(&self) {
        // The counter can only be full if nobody waited since 2^64 calls.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }
}

impl Watcher {
    /// Begins to listen, then reads the host once.
    ///
    /// # Errors
    /// As [`observe::observe`].
    pub fn new() -> Result<Self> {
        Self::begin().map_err(about)
    }

    fn begin() -> std::result::Result<Self, Failure> {
        let mut events = Socket::listening(&[
            RTNLGRP_LINK,
            RTNLGRP_NEIGH,
            RTNLGRP_TC,
            RTNLGRP_IPV4_IFADDR,
            RTNLGRP_IPV4_ROUTE,
            RTNLGRP_IPV6_IFADDR,
            RTNLGRP_IPV6_ROUTE,
        ])?;
        // Kernels before 5.6 tell of VLANs only when asked.
        events.listen_where_possible(RTNLGRP_BRVLAN)?;
        events.listen_where_possible(RTNLGRP_MDB)?;
        let mut requests = Socket::new()?;
        let daemons = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK);
        let waker = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let claims = Claims::read();
        let mut state = observe::read(&mut requests, &claims)?;
        state.learned = learned(&mut requests)?;
        let watcher = Self {
            events,
            requests,
            // Without it, owners are looked up again when links change.
            daemons: daemons.ok(),
            waker: Waker(Arc::new(waker)),
            claims,
            state,
            pending: Pending::default(),
            looked: Instant::now(),
        };
        watcher.watch_daemons();
        Ok(watcher)
    }

    /// The host as it is known now.
    #[must_use]
    pub const fn state(&self) -> &HostState {
        &self.state
    }

    /// What ends a wait early.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Waits for events until the time is over, or for ever, and folds them.
    /// Returns early, with `false`, when woken or when what happened changed
    /// nothing; true where the state is another now.
    ///
    /// # Errors
    /// `Internal` where netlink does not work. What could not be read is asked
    /// for again at the next call.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<bool> {
        self.follow(timeout).map_err(about)
    }

    fn follow(&mut self, timeout: Option<Duration>) -> std::result::Result<bool, Failure> {
        let own = if !self.pending.is_empty() {
            Some(RETRY)
        } else if self.unreported().next().is_some() {
            Some(UNREPORTED.saturating_sub(self.looked.elapsed()))
        } else {
            None
        };
        let is_own_end = own.is_some_and(|own| timeout.is_none_or(|timeout| own <= timeout));
        if self.poll(if is_own_end { own } else { timeout })? {
            self.drain_daemons();
            self.pending.owners = true;
        }
        if self.looked.elapsed() >= UNREPORTED {
            self.looked = Instant::now();
            let unreported: Vec<u32> = self.unreported().collect();
            self.pending.links.extend(unreported);
        }
        // Everything that is queued comes before a new look, which is newer.
        let changed = self.drain_events()?;
        Ok(self.ask()? || changed)
    }

    /// Bridges of which the kernel does not report everything: options of one
    /// that is down, and the end of a change of the spanning tree, which comes
    /// by a timer.
    fn unreported(&self) -> impl Iterator<Item = u32> {
        self.state
            .links
            .values()
            .filter(|link| {
                link.bridge
                    .is_some_and(|bridge| bridge.topology_change || !link.is_up)
            })
            .map(|link| link.index)
    }

    /// Waits; whether daemons left something new.
    fn poll(&self, timeout: Option<Duration>) -> std::result::Result<bool, Failure> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut sources = vec![
            PollFd::new(&self.events, PollFlags::IN),
            PollFd::new(&self.waker.0, PollFlags::IN),
        ];
        sources.extend(
            self.daemons
                .as_ref()
                .map(|daemons| PollFd::new(daemons, PollFlags::IN)),
        );
        match poll(&mut sources, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let arrived = |position: usize| {
            sources
                .get(position)
                .is_some_and(|source| !source.revents().is_empty())
        };
        if arrived(1) {
            let mut count = [0; 8];
            let _ = rustix::io::read(&self.waker.0, &mut count);
        }
        Ok(arrived(2))
    }

    /// Folds all events that have arrived.
    fn drain_events(&mut self) -> std::result::Result<bool, Failure> {
        let mut changed = false;
        while let Some(now) = self.drain_one()? {
            changed |= now;
        }
        Ok(changed)
    }

    /// Folds one datagram: whether it changed the state, `None` where there is
    /// none.
    fn drain_one(&mut self) -> std::result::Result<Option<bool>, Failure> {
        let Self {
            events,
            state,
            pending,
            ..
        } = self;
        let mut changed = false;
        match events.events(|frame| changed |= fold(state, pending, frame)) {
            Ok(true) => Ok(Some(changed)),
            Ok(false) => Ok(None),
            Err(failure) if failure.errno == Errno::NOBUFS => {
                pending.everything = true;
                Ok(Some(changed))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Asks for what the events did not tell.
    fn ask(&mut self) -> std::result::Result<bool, Failure> {
        if self.pending.owners || self.pending.everything {
            self.watch_daemons();
            self.claims = Claims::read();
        }
        if self.pending.everything {
            let state = match observe::read(&mut self.requests, &self.claims) {
                Ok(state) => state,
                // It stays pending until the host stands still for a moment.
                Err(failure) if failure.errno == Errno::BUSY => return Ok(false),
                Err(failure) => return Err(failure),
            };
            let mut state = state;
            state.learned = learned(&mut self.requests)?;
            self.pending = Pending::default();
            state.recall(&self.state);
            let changed = state != self.state;
            self.state = state;
            return Ok(changed);
        }
        let mut changed = false;
        while let Some(index) = self.pending.links.first().copied() {
            let found = self.requests.get(link::by_index(index), |frame| {
                match link::decode(frame.payload) {
                    LinkNews::Whole(link) => Some(*link),
                    LinkNews::Port { .. } | LinkNews::Nothing => None,
                }
            })?;
            self.pending.links.remove(&index);
            // Where it is gone, an event will say so.
            if let Some(found) = found {
                let mut more = Pending::default();
                changed |= put(&mut self.state, &mut more, found);
                self.pending.routes |= more.routes;
                self.pending.owners |= more.owners;
                self.pending.vlans |= more.vlans;
                self.pending.learned |= more.learned;
                self.pending.links.extend(more.links);
            }
        }
        if self.pending.vlans {
            let mut tables = vlan::read(&mut self.requests, &self.state.links)?;
            self.pending.vlans = false;
            for link in self.state.links.values_mut() {
                let table = tables.remove(&link.index).unwrap_or_default();
                changed |= table != link.vlans;
                link.vlans = table;
            }
        }
        if self.pending.traffic {
            let mut all = tc::read(&mut self.requests, &self.state.links)?;
            self.pending.traffic = false;
            for link in self.state.links.values_mut() {
                let traffic = all.remove(&link.index).unwrap_or_default();
                changed |= traffic != link.traffic;
                link.traffic = traffic;
            }
        }
        if self.pending.learned {
            let now = learned(&mut self.requests)?;
            self.pending.learned = false;
            changed |= now != self.state.learned;
            self.state.learned = now;
        }
        if self.pending.routes {
            let mut routes = observe::routes(&mut self.requests)?;
            routes.retain(|route| self.state.links.contains_key(&route.link));
            self.pending.routes = false;
            changed |= routes != self.state.routes;
            self.state.routes = routes;
        }
        if self.pending.owners || changed {
            self.pending.owners = false;
            let before: Vec<_> = self.owners();
            assign(&mut self.state, &self.claims);
            changed |= before != self.owners();
        }
        Ok(changed)
    }

    fn owners(&self) -> Vec<Owner> {
        self.state
            .links
            .values()
            .map(|link| link.owner.clone())
            .collect()
    }

    /// Watches the folders in which daemons say what they configure. They
    /// appear when the daemon first starts; watching one twice is harmless.
    fn watch_daemons(&self) {
        use inotify::WatchFlags;
        let Some(daemons) = &self.daemons else {
            return;
        };
        for folder in [LIBVIRT_FOLDER, NETWORKD_FOLDER] {
            let _ = inotify::add_watch(
                daemons,
                folder,
                WatchFlags::CLOSE_WRITE
                    | WatchFlags::MOVED_TO
                    | WatchFlags::DELETE
                    | WatchFlags::ONLYDIR,
            );
        }
    }

    fn drain_daemons(&self) {
        let mut bytes = [0; 4096];
        if let Some(daemons) = &self.daemons {
            while rustix::io::read(daemons, &mut bytes).is_ok_and(|read| read > 0) {}
        }
    }
}

impl Pending {
    fn is_empty(&self) -> bool {
        !self.everything
            && !self.routes
            && !self.owners
            && !self.vlans
            && !self.learned
            && self.links.is_empty()
    }
}

/// What bridges have learned, without how long each address was idle.
fn learned(socket: &mut Socket) -> std::result::Result<Learned, Failure> {
    let mut addresses = fdb::read_all(socket, None)?;
    for entry in &mut addresses {
        entry.idle = None;
    }
    addresses.sort();
    Ok(Learned {
        addresses,
        groups: mdb::read(socket)?,
    })
}

fn about(failure: Failure) -> nova_model::NovaError {
    failure.about("the network of this host")
}

/// Folds one event. Returns whether the state is another now.
fn fold(state: &mut HostState, pending: &mut Pending, frame: Frame<'_>) -> bool {
    match frame.kind {
        RTM_NEWLINK => match link::decode(frame.payload) {
            LinkNews::Whole(link) => put(state, pending, *link),
            LinkNews::Port {
                index,
                bridge,
                status,
            } => {
                // The tree may have another root now, of which only the bridge
                // itself tells.
                pending.links.extend(bridge);
                let Some(port) = state.links.get_mut(&index) else {
                    return false;
                };
                let changed = status.is_some() && port.port != status && port.controller == bridge;
                if changed {
                    port.port = status;
                }
                changed
            }
            LinkNews::Nothing => false,
        },
        RTM_DELLINK => match link::decode(frame.payload) {
            LinkNews::Whole(link) => remove(state, pending, link.index),
            LinkNews::Port { index, .. } => {
                pending.links.insert(index);
                false
            }
            LinkNews::Nothing => false,
        },
        fdb::RTM_NEWNEIGH | fdb::RTM_DELNEIGH => {
            // Neighbours by IP address are told in the same group.
            let entry = Some(frame.payload)
                .filter(|payload| payload.first() == Some(&fdb::FAMILY))
                .and_then(fdb::decode);
            entry.is_some_and(|entry| match frame.kind {
                fdb::RTM_NEWNEIGH => state.learned.learn(entry),
                _ => state.learned.forget(&entry),
            })
        }
        mdb::RTM_NEWMDB | mdb::RTM_DELMDB => {
            let mut changed = false;
            for entry in mdb::decode(frame.payload) {
                changed |= state.learned.join(entry, frame.kind == mdb::RTM_NEWMDB);
            }
            changed
        }
        tc::RTM_NEWTCLASS
        | tc::RTM_DELTCLASS
        | tc::RTM_NEWQDISC
        | tc::RTM_DELQDISC
        | tc::RTM_NEWTFILTER
        | tc::RTM_DELTFILTER => {
            pending.traffic = true;
            false
        }
        vlan::RTM_NEWVLAN | vlan::RTM_DELVLAN => {
            pending.vlans = true;
            false
        }
        address::RTM_NEWADDR | address::RTM_DELADDR => fold_address(state, pending, frame),
        route::RTM_NEWROUTE | route::RTM_DELROUTE => {
            if route::decode(frame.payload).is_empty() {
                return false;
            }
            fold_route(state, pending, frame)
        }
        _ => false,
    }
}

/// Puts a link as it is now in the place of what was known of it.
fn put(state: &mut HostState, pending: &mut Pending, mut link: Link) -> bool {
    let before = state.links.get(&link.index);
    if let Some(before) = before {
        link.addresses.clone_from(&before.addresses);
        link.owner = before.owner.clone();
        link.vlans.clone_from(&before.vlans);
        link.traffic.clone_from(&before.traffic);
        link.recall(before);
        if *before == link {
            return false;
        }
        // With a link that goes down the kernel drops its routes silently.
        pending.routes |= before.is_up != link.is_up || before.has_carrier != link.has_carrier;
    }
    // Ports learn of another identity of their bridge without an event.
    let identity = |link: &Link| link.bridge.map(|bridge| (bridge.id, bridge.root));
    if before.is_some_and(|before| identity(before) != identity(&link)) {
        let ports = state.ports_of(link.index).map(|port| port.index);
        pending.links.extend(ports);
    }
    let is_new = before.is_none();
    let default = |link: &Link| link.bridge.map(|bridge| bridge.options.default_pvid);
    pending.vlans |= (link.is_bridge() || link.controller.is_some())
        && before.is_none_or(|before| {
            before.controller != link.controller || default(before) != default(&link)
        })
        || before.is_some_and(|before| before.controller.is_some() && link.controller.is_none());
    // An address of two ports changes hands silently.
    pending.learned |= (link.is_bridge() || link.controller.is_some())
        && before.is_none_or(|before| {
            before.controller != link.controller
                || before.mac != link.mac
                || before.is_up != link.is_up
        })
        || before.is_some_and(|before| before.controller.is_some() && link.controller.is_none());
    pending.owners |= is_new
        || before.is_some_and(|before| {
            before.name != link.name
                || before.alias != link.alias
                || before.mac != link.mac
                || before.controller != link.controller
        });
    // The other end of a pair of cables is not told that this end came back.
    if let Some(peer) = link.lower.and_then(|lower| state.links.get(&lower))
        && link.kind == LinkKind::Veth
        && peer.kind == LinkKind::Veth
        && peer.lower != Some(link.index)
    {
        pending.links.insert(peer.index);
    }
    state.links.insert(link.index, link);
    true
}

/// Removes a link with all that hung on it.
fn remove(state: &mut HostState, pending: &mut Pending, index: u32) -> bool {
    let was_known = state.links.remove(&index).is_some();
    state.routes.retain(|route| route.link != index);
    state.learned.drop_link(index);
    // It may have gone into another namespace, and then what refers to it stays.
    let referring = state
        .links
        .values()
        .filter(|link| link.lower == Some(index) || link.controller == Some(index));
    pending.links.extend(referring.map(|link| link.index));
    pending.learned |= was_known;
    pending.routes |= was_known;
    pending.owners |= was_known;
    was_known
}

fn fold_address(state: &mut HostState, pending: &mut Pending, frame: Frame<'_>) -> bool {
    let Some((index, address)) = address::decode(frame.payload) else {
        return false;
    };
    let Some(link) = state.links.get_mut(&index) else {
        return false;
    };
    let before = link.addresses.clone();
    link.addresses.retain(|known| known.net != address.net);
    if frame.kind == address::RTM_NEWADDR {
        link.addresses.push(address);
        link.addresses.sort();
    } else {
        // Routes that prefer a lost address go without an event.
        pending.routes = true;
    }
    before != link.addresses
}

fn fold_route(state: &mut HostState, pending: &mut Pending, frame: Frame<'_>) -> bool {
    if frame.flags & NLM_F_REPLACE != 0 {
        pending.routes = true;
        return false;
    }
    let before = state.routes.len();
    for route in route::decode(frame.payload) {
        let place = state.routes.binary_search(&route);
        match (frame.kind, place) {
            (route::RTM_NEWROUTE, Err(place)) if state.links.contains_key(&route.link) => {
                state.routes.insert(place, route);
            }
            (route::RTM_DELROUTE, Ok(place)) => {
                state.routes.remove(place);
            }
            _ => {}
        }
    }
    before != state.routes.len()
}
