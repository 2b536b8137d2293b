// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Whom the host is in contact with: the next hops of its default routes, its
//! resolvers, and the administrators who are connected to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use nova_model::Result;
use nova_model::state::HostState;

use crate::failure::Failure;
use crate::neighbour::{self, Hop};
use crate::observe::observe;
use crate::session::{Session, sessions};
use crate::socket::Socket;

/// Where the host's resolvers stand; those behind systemd-resolved, where the
/// host asks itself (127.0.0.53).
const RESOLVERS: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
/// How long neighbours have to answer, and how often it is looked.
const TO_ANSWER: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(50);

/// Whom the host reaches at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// Next hops of the default routes, and whether they answer. A default
    /// route without a next hop counts as its destination, which answers.
    pub gateways: BTreeMap<IpAddr, bool>,
    /// Resolvers outside the host, and whether the first hop to them answers.
    pub resolvers: BTreeMap<IpAddr, bool>,
    /// Connections of administrators, by their far end.
    pub sessions: BTreeMap<SocketAddr, Contact>,
    /// Ways out of the host still listen or learn, see [`HostState::is_learning`].
    pub is_learning: bool,
    /// The cards that lead out are up and have no carrier: they may be
    /// agreeing with the other end on a speed.
    pub lacks_carrier: bool,
}

/// A connection of an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Whether the first hop to the far end answers.
    pub is_near: bool,
    /// How often in a row what was sent last went unanswered.
    pub unanswered: u8,
}

/// Asks everybody the host should reach and gives them a second to answer.
/// Needs `CAP_NET_ADMIN`.
///
/// # Errors
/// Those of the kernel.
pub fn contacts() -> Result<Contacts> {
    ask().map_err(|failure| failure.about("the neighbours of this host"))
}

fn ask() -> std::result::Result<Contacts, Failure> {
    let mut socket = Socket::new()?;
    let state = observe().map_err(|_| Failure::new(rustix::io::Errno::BUSY))?;
    let sessions = sessions()?;
    let resolvers = resolvers();
    let mut found = Contacts {
        is_learning: state.is_learning(),
        lacks_carrier: lacks_carrier(&state),
        ..Contacts::default()
    };
    let mut ways: Vec<(Whom, Hop)> = Vec::new();
    for route in state.routes.iter().filter(|route| route.is_default()) {
        match route.gateway {
            Some(address) => {
                found.gateways.insert(address, false);
                let link = route.link;
                ways.push((Whom::Gateway(address), Hop { link, address }));
            }
            None => {
                found.gateways.insert(route.destination.address(), true);
            }
        }
    }
    for resolver in resolvers {
        found.resolvers.insert(resolver, false);
        if let Some(hop) = neighbour::next_hop(&mut socket, resolver, None)? {
            ways.push((Whom::Resolver(resolver), hop));
        }
    }
    for Session {
        local,
        remote,
        unanswered,
    } in sessions
    {
        let is_near = false;
        found.sessions.insert(
            remote,
            Contact {
                is_near,
                unanswered,
            },
        );
        if let Some(hop) = neighbour::next_hop(&mut socket, remote.ip(), Some(local.ip()))? {
            ways.push((Whom::Session(remote), hop));
        }
    }
    let there = there(&mut socket, ways.iter().map(|(_, hop)| *hop).collect())?;
    for (whom, hop) in ways {
        if !there.contains(&hop) {
            continue;
        }
        match whom {
            Whom::Gateway(address) => found.gateways.insert(address, true),
            Whom::Resolver(address) => found.resolvers.insert(address, true),
            Whom::Session(remote) => {
                if let Some(contact) = found.sessions.get_mut(&remote) {
                    contact.is_near = true;
                }
                None
            }
        };
    }
    Ok(found)
}

enum Whom {
    Gateway(IpAddr),
    Resolver(IpAddr),
    Session(SocketAddr),
}

/// Those of the neighbours that answer within a second.
fn there(
    socket: &mut Socket,
    mut asked: BTreeSet<Hop>,
) -> std::result::Result<BTreeSet<Hop>, Failure> {
    for hop in &asked {
        neighbour::ask(socket, *hop)?;
    }
    let until = Instant::now() + TO_ANSWER;
    let mut there = BTreeSet::new();
    loop {
        let mut answered = Vec::new();
        for hop in &asked {
            if neighbour::answers(socket, *hop)? {
                answered.push(*hop);
            }
        }
        for hop in answered {
            asked.remove(&hop);
            there.insert(hop);
        }
        if asked.is_empty() || Instant::now() >= until {
            return Ok(there);
        }
        std::thread::sleep(LOOK);
    }
}

/// How long cards may need to agree with the other end on a speed.
pub const TO_GET_CARRIER: Duration = Duration::from_secs(6);

/// Whether the links may still be on their way to carry something, so long after
/// a change: spanning tree keeps a way out silent, or cards agree on a speed.
#[must_use]
pub fn is_settling(state: &HostState, after: Duration) -> bool {
    state.is_learning() || lacks_carrier(state) && after < TO_GET_CARRIER
}

fn lacks_carrier(state: &HostState) -> bool {
    let leads_out = |link: u32| state.routes_of(link).any(|route| route.is_default());
    let mut cards = state
        .links
        .values()
        .filter(|link| link.is_up && link.is_uplink_like())
        .filter(|link| leads_out(link.index) || link.controller.is_some_and(leads_out))
        .peekable();
    cards.peek().is_some() && cards.all(|link| !link.has_carrier)
}

/// The resolvers outside the host, as far as a file names any.
fn resolvers() -> BTreeSet<IpAddr> {
    first_outside(
        RESOLVERS
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap_or_default()),
    )
}

/// Those of the first text that names any.
fn first_outside(mut texts: impl Iterator<Item = String>) -> BTreeSet<IpAddr> {
    texts
        .find_map(|text| Some(parse(&text)).filter(|found| !found.is_empty()))
        .unwrap_or_default()
}

fn parse(text: &str) -> BTreeSet<IpAddr> {
    text.lines()
        .filter_map(|line| line.strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_whitespace().next()?.parse::<IpAddr>().ok())
        .filter(|address| !address.is_loopback() && !address.is_unspecified())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolvers_of_the_host_itself_are_no_contacts() {
        let found = parse(
            "# x\nnameserver 127.0.0.53\nnameserver\t192.0.2.53 # y\noptions edns0\n\
             nameserver ::1\nnameserver 2001:db8::53\nnameserver fe80::1%eth0\nnameserver\n",
        );
        let expected: BTreeSet<IpAddr> = ["192.0.2.53", "2001:db8::53"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn behind_a_resolver_on_the_host_stand_those_it_asks() {
        let texts = ["nameserver 127.0.0.53\n", "nameserver 192.0.2.54\n"];
        let found = first_outside(texts.iter().map(ToString::to_string));
        assert_eq!(found, BTreeSet::from(["192.0.2.54".parse().unwrap()]));
        assert!(first_outside(std::iter::empty()).is_empty());
    }
}
