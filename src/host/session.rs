// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! TCP connections of administrators, as `ss -ti` shows them. Needs no
//! privilege.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::attribute::{attributes, u8_of, u16_of, u32_of};
use crate::failure::Failure;
use crate::socket::Socket;

/// `SOCK_DIAG_BY_FAMILY`.
const BY_FAMILY: u16 = 20;
const INET_DIAG_INFO: u16 = 2;
const IPPROTO_TCP: u8 = 6;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const TCP_ESTABLISHED: u32 = 1;
/// Bytes of `struct inet_diag_msg`.
const HEADER_BYTES: usize = 72;
/// Bytes of `struct inet_diag_sockid`, all zero for any.
const SOCKET_ID_BYTES: usize = 48;

/// Ports on which administrators reach a host: ssh, Cockpit.
const PORTS: [u16; 2] = [22, 9090];

/// A connection from an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// This host's end.
    pub local: SocketAddr,
    /// The administrator's end.
    pub remote: SocketAddr,
    /// How often in a row what was sent last has been sent again without an
    /// answer. 0 where nothing is owed an answer.
    pub unanswered: u8,
}

/// The established connections of administrators from elsewhere. None where
/// the kernel cannot tell them.
pub(crate) fn sessions() -> Result<Vec<Session>, Failure> {
    let mut socket = Socket::diagnosing()?;
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        // struct inet_diag_req_v2: family, protocol, extensions, padding, states.
        let mut request = vec![family, IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1), 0];
        request.extend((1u32 << TCP_ESTABLISHED).to_ne_bytes());
        request.resize(request.len() + SOCKET_ID_BYTES, 0);
        let sessions = socket.dump_bytes(BY_FAMILY, &request, |sessions: &mut Vec<_>, frame| {
            if frame.kind == BY_FAMILY {
                sessions.extend(decode(frame.payload));
            }
        });
        match sessions {
            Ok(sessions) => found.extend(sessions),
            // Built without it, or without this family.
            Err(failure) if failure.errno == rustix::io::Errno::NOENT => {}
            Err(failure) => return Err(failure),
        }
    }
    found.retain(|session| {
        PORTS.contains(&session.local.port()) && !session.remote.ip().is_loopback()
    });
    Ok(found)
}

/// Who administers this host now, by this host's end and the far end of each
/// connection. Nobody where the kernel cannot tell.
#[must_use]
pub fn administrators() -> Vec<(IpAddr, IpAddr)> {
    let sessions = sessions().unwrap_or_default();
    let mut ends: Vec<(IpAddr, IpAddr)> = sessions
        .iter()
        .map(|session| (session.local.ip(), session.remote.ip()))
        .collect();
    ends.sort();
    ends.dedup();
    ends
}

pub(crate) fn decode(payload: &[u8]) -> Option<Session> {
    let family = u8_of(payload)?;
    let port = |at: usize| u16_of(payload.get(at..)?).map(u16::from_be);
    let address = |at: usize| -> Option<IpAddr> {
        let bytes = payload.get(at..)?;
        match family {
            AF_INET => bytes
                .first_chunk::<4>()
                .map(|v4| Ipv4Addr::from(*v4).into()),
            AF_INET6 => bytes
                .first_chunk::<16>()
                .map(|v6| Ipv6Addr::from(*v6).to_canonical()),
            _ => None,
        }
    };
    let local = SocketAddr::new(address(8)?, port(4)?);
    let remote = SocketAddr::new(address(24)?, port(6)?);
    let info = attributes(payload.get(HEADER_BYTES..)?)
        .find(|attribute| attribute.kind == INET_DIAG_INFO)?
        .value;
    // struct tcp_info: tcpi_retransmits, and tcpi_unacked behind eight single
    // bytes and four words.
    let retransmits = u8_of(info.get(2..)?)?;
    let unacked = u32_of(info.get(24..)?)?;
    Some(Session {
        local,
        remote,
        unanswered: if unacked > 0 { retransmits } else { 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_an_answer_is_read_from_tcp_info() {
        let mut bytes = vec![AF_INET, 1, 0, 0, 0, 22, 0x30, 0x39];
        bytes.extend([192, 0, 2, 1]);
        bytes.resize(24, 0);
        bytes.extend([192, 0, 2, 9]);
        bytes.resize(HEADER_BYTES, 0);
        let mut info = vec![0; 60];
        info[2] = 3;
        info[24] = 1;
        bytes.extend(64u16.to_ne_bytes());
        bytes.extend(INET_DIAG_INFO.to_ne_bytes());
        bytes.extend(&info);
        let session = decode(&bytes).unwrap();
        assert_eq!(session.local, "192.0.2.1:22".parse().unwrap());
        assert_eq!(session.remote, "192.0.2.9:12345".parse().unwrap());
        assert_eq!(session.unanswered, 3);
        bytes[HEADER_BYTES + 4 + 24] = 0;
        assert_eq!(decode(&bytes).unwrap().unanswered, 0);
        for end in 0..bytes.len() {
            let _ = decode(&bytes[..end]);
        }
    }
}
