// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! TCP connections of administrators, as `ss -ti` shows them. Needs no
//! privilege.

use std::collections::BTreeSet;
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

/// Ports on which administrators reach a host wherever nobody chose others:
/// ssh, Cockpit.
const PORTS: [u16; 2] = [22, 9090];
/// Where the ssh server is told to listen, and the folder of further files.
const SSHD: &str = "/etc/ssh/sshd_config";
const SSHD_MORE: &str = "/etc/ssh/sshd_config.d";

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
    let ports = ports();
    found.retain(|session| {
        ports.contains(&session.local.port()) && !session.remote.ip().is_loopback()
    });
    Ok(found)
}

/// The ports on which administrators reach this host.
fn ports() -> BTreeSet<u16> {
    let more = std::fs::read_dir(SSHD_MORE).into_iter().flatten().flatten();
    let files = more.map(|file| file.path()).chain([SSHD.into()]);
    let texts = files.filter_map(|file| std::fs::read_to_string(file).ok());
    texts
        .flat_map(|text| ports_of_sshd(&text))
        .chain(PORTS)
        .collect()
}

/// The ports that `sshd_config` names, by `Port` and by `ListenAddress`.
fn ports_of_sshd(text: &str) -> Vec<u16> {
    let words = text.lines().filter_map(|line| {
        let mut words = line
            .split([' ', '\t', '=', '"'])
            .filter(|word| !word.is_empty());
        Some((words.next()?.to_ascii_lowercase(), words.next()?.to_owned()))
    });
    words
        .filter_map(|(keyword, value)| match keyword.as_str() {
            "port" => value.parse().ok(),
            // A port stands behind a name, an IPv4 address or one in brackets.
            "listenaddress" => {
                let (host, port) = value.rsplit_once(':')?;
                let is_bare_v6 = host.contains(':') && !host.ends_with(']');
                port.parse().ok().filter(|_| !is_bare_v6)
            }
            _ => None,
        })
        .collect()
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
    fn ports_that_sshd_was_given_count() {
        let text = "# Port 23\nPort 2222\n  port=2223\nListenAddress 192.0.2.1:2224\n\
                    ListenAddress [2001:db8::1]:2225\nListenAddress 2001:db8::2\n\
                    ListenAddress 192.0.2.2\nPortable 9\nPort x\nPort 70000\n";
        assert_eq!(ports_of_sshd(text), [2222, 2223, 2224, 2225]);
    }

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
