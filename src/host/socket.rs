// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A blocking route-netlink socket: framing, acknowledgements and dumps.

use std::os::fd::{AsFd, BorrowedFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST,
    NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN, NetlinkBuffer, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::SocketAddr;
use netlink_sys::protocols::{NETLINK_GENERIC, NETLINK_ROUTE, NETLINK_SOCK_DIAG};
use rustix::io::Errno;
use rustix::net::RecvFlags;

use crate::attribute::{attributes, text_of, u32_of};
use crate::failure::Failure;

/// Bytes of one read; the kernel fills up to 32 KiB in a dump.
const READ_BYTES: usize = 64 * 1024;
/// Bytes the kernel may queue for a socket that listens to events.
const QUEUE_BYTES: i32 = 4 * 1024 * 1024;
/// How often a dump is repeated that the kernel calls inconsistent.
const DUMP_ATTEMPTS: usize = 20;
/// Length of a netlink header.
const HEADER_BYTES: usize = 16;
/// The kernel's sentence in an acknowledgement.
const NLMSGERR_ATTR_MSG: u16 = 1;

/// One message of the kernel.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// Its type: 16 is `RTM_NEWLINK`.
    pub(crate) kind: u16,
    /// Its flags (`NLM_F_…`).
    pub(crate) flags: u16,
    /// Everything after the header.
    pub(crate) payload: &'a [u8],
}

/// A route-netlink socket.
pub(crate) struct Socket {
    socket: netlink_sys::Socket,
    sequence: u32,
    buffer: Vec<u8>,
}

/// What a read brought.
enum Answer {
    More,
    End { interrupted: bool },
}

impl Socket {
    /// A socket for requests.
    pub(crate) fn new() -> Result<Self, Failure> {
        let mut socket = netlink_sys::Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        // Kernels before 4.20 check less and filter less; what they send more
        // is sorted out on this side.
        match socket.set_netlink_get_strict_chk(true) {
            Ok(()) => {}
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOPROTOOPT) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self {
            socket,
            sequence: 0,
            buffer: Vec::with_capacity(READ_BYTES),
        })
    }

    /// A socket that asks about the sockets of this host.
    pub(crate) fn diagnosing() -> Result<Self, Failure> {
        Self::of(NETLINK_SOCK_DIAG)
    }

    /// A socket that asks the families of generic netlink, as that of Wi-Fi.
    pub(crate) fn generic() -> Result<Self, Failure> {
        Self::of(NETLINK_GENERIC)
    }

    fn of(protocol: isize) -> Result<Self, Failure> {
        let mut socket = netlink_sys::Socket::new(protocol)?;
        socket.bind_auto()?;
        Ok(Self {
            socket,
            sequence: 0,
            buffer: Vec::with_capacity(READ_BYTES),
        })
    }

    /// A socket that hears the events of these groups (`RTNLGRP_…`).
    pub(crate) fn listening(groups: &[u32]) -> Result<Self, Failure> {
        let listening = Self::new()?;
        // More than the administrator's limit is silently cut to the limit; an
        // overflow is noticed and mended anyway.
        listening.socket.set_rx_buf_sz(QUEUE_BYTES)?;
        for group in groups {
            listening.socket.add_membership(*group)?;
        }
        Ok(listening)
    }

    /// Hears the events of this group too, where this kernel has it.
    pub(crate) fn listen_where_possible(&mut self, group: u32) -> Result<(), Failure> {
        match self.socket.add_membership(group) {
            Ok(()) => Ok(()),
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the kernel for a change and waits for its answer.
    pub(crate) fn change(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<(), Failure> {
        self.send(message, NLM_F_REQUEST | NLM_F_ACK | flags)?;
        self.answers(|_| {}).map(|_| ())
    }

    /// Asks for a change by a request of bytes and waits for the answer.
    pub(crate) fn change_bytes(
        &mut self,
        kind: u16,
        body: &[u8],
        flags: u16,
    ) -> Result<(), Failure> {
        self.send_bytes(kind, body, NLM_F_REQUEST | NLM_F_ACK | flags)?;
        self.answers(|_| {}).map(|_| ())
    }

    /// Asks for one object; `None` where there is no such object.
    pub(crate) fn get<T>(
        &mut self,
        message: RouteNetlinkMessage,
        mut read: impl FnMut(Frame<'_>) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        self.send(message, NLM_F_REQUEST | NLM_F_ACK)?;
        let mut found = None;
        match self.answers(|frame| found = found.take().or_else(|| read(frame))) {
            Ok(_) => Ok(found),
            Err(failure) if failure.is_gone() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Asks for all objects and folds them. A dump during which the kernel's
    /// lists moved is repeated from the start.
    ///
    /// # Errors
    /// `EBUSY` where they never stand still.
    pub(crate) fn dump<T: Default>(
        &mut self,
        message: &RouteNetlinkMessage,
        mut fold: impl FnMut(&mut T, Frame<'_>),
    ) -> Result<T, Failure> {
        for _ in 0..DUMP_ATTEMPTS {
            self.send(message.clone(), NLM_F_REQUEST | NLM_F_DUMP)?;
            let mut folded = T::default();
            match self.answers(|frame| fold(&mut folded, frame)) {
                Ok(Answer::End { interrupted: true }) => {}
                Ok(_) => return Ok(folded),
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure {
            errno: Errno::BUSY,
            text: Some("the links of this host change faster than they can be read".to_owned()),
        })
    }

    /// Asks for all objects by a request of bytes and folds them.
    ///
    /// # Errors
    /// As [`Self::dump`].
    pub(crate) fn dump_bytes<T: Default>(
        &mut self,
        kind: u16,
        body: &[u8],
        mut fold: impl FnMut(&mut T, Frame<'_>),
    ) -> Result<T, Failure> {
        for _ in 0..DUMP_ATTEMPTS {
            self.send_bytes(kind, body, NLM_F_REQUEST | NLM_F_DUMP)?;
            let mut folded = T::default();
            match self.answers(|frame| fold(&mut folded, frame)) {
                Ok(Answer::End { interrupted: true }) => {}
                Ok(_) => return Ok(folded),
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::new(Errno::BUSY))
    }

    /// Reads the events that have arrived, without waiting.
    ///
    /// # Errors
    /// `ENOBUFS` where events were lost.
    pub(crate) fn events(&mut self, mut visit: impl FnMut(Frame<'_>)) -> Result<bool, Failure> {
        match receive(&self.socket, &mut self.buffer, RecvFlags::DONTWAIT) {
            Ok(()) => {
                frames(&self.buffer, |_, frame| visit(frame));
                Ok(true)
            }
            Err(failure) if failure.errno == Errno::AGAIN => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    fn send(&mut self, message: RouteNetlinkMessage, flags: u16) -> Result<(), Failure> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send_to(&bytes, &SocketAddr::new(0, 0), 0)?;
        Ok(())
    }

    fn send_bytes(&mut self, kind: u16, body: &[u8], flags: u16) -> Result<(), Failure> {
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX);
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(self.sequence.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(body);
        self.socket.send_to(&bytes, &SocketAddr::new(0, 0), 0)?;
        Ok(())
    }

    /// Reads until the request sent last is answered.
    fn answers(&mut self, mut visit: impl FnMut(Frame<'_>)) -> Result<Answer, Failure> {
        let mut interrupted = false;
        loop {
            receive(&self.socket, &mut self.buffer, RecvFlags::empty())?;
            let mut result = Ok(Answer::More);
            let wanted = self.sequence;
            frames(&self.buffer, |sequence, frame| {
                // What an earlier request left behind.
                if sequence != wanted {
                    return;
                }
                interrupted |= frame.flags & NLM_F_DUMP_INTR != 0;
                match frame.kind {
                    NLMSG_ERROR | NLMSG_DONE => {
                        result = outcome(frame).map(|()| Answer::End { interrupted });
                    }
                    NLMSG_OVERRUN => result = Err(Failure::new(Errno::NOBUFS)),
                    _ => visit(frame),
                }
            });
            match result {
                Ok(Answer::More) => {}
                end => return end,
            }
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Reads one datagram of the kernel; those of other processes are dropped.
fn receive(
    socket: &netlink_sys::Socket,
    buffer: &mut Vec<u8>,
    flags: RecvFlags,
) -> Result<(), Failure> {
    let flags = (flags | RecvFlags::TRUNC).bits().cast_signed();
    loop {
        buffer.clear();
        match socket.recv_from(buffer, flags) {
            Ok((length, _)) if length > buffer.len() => {
                // The rest of this datagram is lost; the next one will fit.
                buffer.reserve(length);
                return Err(Failure::new(Errno::NOBUFS));
            }
            Ok((_, sender)) if sender.port_number() != 0 => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Visits the messages of a datagram with their sequence numbers.
fn frames(mut bytes: &[u8], mut visit: impl FnMut(u32, Frame<'_>)) {
    while let Ok(message) = NetlinkBuffer::new_checked(bytes) {
        let length = message.length() as usize;
        if let Some(payload) = bytes.get(HEADER_BYTES..length) {
            visit(
                message.sequence_number(),
                Frame {
                    kind: message.message_type(),
                    flags: message.flags(),
                    payload,
                },
            );
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
}

/// What an acknowledgement or the end of a dump says.
fn outcome(frame: Frame<'_>) -> Result<(), Failure> {
    let code = u32_of(frame.payload).unwrap_or_default().cast_signed();
    if code >= 0 {
        return Ok(());
    }
    Err(Failure {
        errno: Errno::from_raw_os_error(-code),
        text: sentence(frame),
    })
}

/// The kernel's own sentence behind an error code.
fn sentence(frame: Frame<'_>) -> Option<String> {
    if frame.flags & NLM_F_ACK_TLVS == 0 {
        return None;
    }
    let code = 4;
    let start = if frame.kind == NLMSG_DONE {
        code
    } else if frame.flags & NLM_F_CAPPED != 0 {
        code + HEADER_BYTES
    } else {
        let echoed = u32_of(frame.payload.get(code..)?)? as usize;
        code + echoed.next_multiple_of(4)
    };
    attributes(frame.payload.get(start..)?)
        .find(|attribute| attribute.kind == NLMSGERR_ATTR_MSG)
        .map(|attribute| String::from_utf8_lossy(text_of(attribute.value)).into_owned())
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u16, flags: u16, payload: &[u8]) -> Frame<'_> {
        Frame {
            kind,
            flags,
            payload,
        }
    }

    #[test]
    fn an_acknowledgement_without_error_is_success() {
        assert_eq!(outcome(frame(NLMSG_ERROR, 0, &[0; 20])), Ok(()));
    }

    #[test]
    fn the_kernels_sentence_is_read_behind_a_capped_echo() {
        let mut payload = (-22i32).to_ne_bytes().to_vec();
        payload.extend([0; HEADER_BYTES]);
        payload.extend([8, 0, 1, 0, b'n', b'o', b'!', 0]);
        let failure = outcome(frame(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, &payload));
        assert_eq!(
            failure,
            Err(Failure {
                errno: Errno::INVAL,
                text: Some("no!".to_owned())
            })
        );
    }

    #[test]
    fn a_message_longer_than_its_datagram_ends_the_walk() {
        let mut bytes = vec![20, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend([255; 16]);
        let mut kinds = Vec::new();
        frames(&bytes, |_, frame| kinds.push(frame.kind));
        assert_eq!(kinds, [3]);
    }
}
