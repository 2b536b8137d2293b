// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Nova's flows on a bridge of Open vSwitch, by OpenFlow 1.3 over the socket
//! that `ovs-ofctl` uses. Flows of others are neither read nor touched.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nova_model::qos::{Dscp, Priority};
use nova_model::step::{FLOW_COOKIE, FLOW_PRIORITY, PortClass, queue_number};

use crate::ovsdb::Trouble;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// `OFP13_VERSION`.
const VERSION: u8 = 4;
const HELLO: u8 = 0;
const ERROR: u8 = 1;
const ECHO_REQUEST: u8 = 2;
const ECHO_REPLY: u8 = 3;
const FLOW_MOD: u8 = 14;
const MULTIPART_REQUEST: u8 = 18;
const MULTIPART_REPLY: u8 = 19;
const BARRIER_REQUEST: u8 = 20;
const BARRIER_REPLY: u8 = 21;
const HEADER_BYTES: usize = 8;
/// The number of our requests; what else comes is not for us.
const XID: u32 = 0x6e6f;

const OXM_IN_PORT: u32 = 0x8000_0004;
const OXM_ETH_TYPE: u32 = 0x8000_0a02;
const OXM_IP_DSCP: u32 = 0x8000_1001;
const ETH_P_IP: u16 = 0x0800;
const ETH_P_IPV6: u16 = 0x86dd;
const ACTION_OUTPUT: u16 = 0;
const ACTION_SET_QUEUE: u16 = 21;
const ACTION_SET_FIELD: u16 = 25;
const APPLY_ACTIONS: u16 = 4;
const PORT_NORMAL: u32 = 0xffff_fffa;
const ANY: u32 = 0xffff_ffff;
const COMMAND_ADD: u8 = 0;
const COMMAND_DELETE: u8 = 3;
/// Bytes of a flow in an answer, before what it matches.
const FLOW_BYTES: usize = 48;

/// A conversation with a bridge.
pub(crate) struct OpenFlow(UnixStream);

impl OpenFlow {
    /// Speaks to the bridge behind this socket.
    ///
    /// # Errors
    /// `Missing`, `Locked`; `Refused` where it does not speak OpenFlow 1.3.
    pub(crate) fn open(socket: &Path) -> Result<Self, Trouble> {
        let stream = UnixStream::connect(socket).map_err(|error| Trouble::of(&error))?;
        for set in [UnixStream::set_read_timeout, UnixStream::set_write_timeout] {
            set(&stream, Some(PATIENCE)).map_err(|error| Trouble::of(&error))?;
        }
        let mut this = Self(stream);
        // The versions: a set of bits, of which this one alone is offered.
        let mut offer = vec![0, 1, 0, 8];
        offer.extend((1u32 << VERSION).to_be_bytes());
        this.send(HELLO, &offer)?;
        loop {
            match this.receive()? {
                (HELLO, _) => return Ok(this),
                (ERROR, _) => {
                    return Err(Trouble::Refused(
                        "the bridge does not speak OpenFlow 1.3".into(),
                    ));
                }
                _ => {}
            }
        }
    }

    /// Has what arrives from the port with this number carry the class, and
    /// nothing else.
    ///
    /// # Errors
    /// `Refused` with the kind and code of the bridge's error.
    pub(crate) fn set(&mut self, port: u32, class: Option<PortClass>) -> Result<(), Trouble> {
        let cookie = FLOW_COOKIE | u64::from(port);
        self.send(
            FLOW_MOD,
            &flow_mod(COMMAND_DELETE, cookie, u64::MAX, 0, &[], &[]),
        )?;
        let class = class.unwrap_or_default();
        let mut add = |kind: Option<u16>, priority| {
            let mut matched = oxm(OXM_IN_PORT, &port.to_be_bytes());
            let mut actions = Vec::new();
            if let (Some(kind), Some(dscp)) = (kind, class.dscp) {
                matched.extend(oxm(OXM_ETH_TYPE, &kind.to_be_bytes()));
                actions.extend(action(
                    ACTION_SET_FIELD,
                    &oxm(OXM_IP_DSCP, &[dscp.number()]),
                ));
            }
            if let Some(priority) = class.priority {
                let queue = queue_number(priority).to_be_bytes();
                actions.extend(action(ACTION_SET_QUEUE, &queue));
            }
            let mut output = PORT_NORMAL.to_be_bytes().to_vec();
            output.extend([0; 8]);
            actions.extend(action(ACTION_OUTPUT, &output));
            let flow = flow_mod(COMMAND_ADD, cookie, 0, priority, &matched, &actions);
            self.send(FLOW_MOD, &flow)
        };
        if class.dscp.is_some() {
            add(Some(ETH_P_IP), FLOW_PRIORITY + 1)?;
            add(Some(ETH_P_IPV6), FLOW_PRIORITY + 1)?;
        }
        if class.priority.is_some() {
            add(None, FLOW_PRIORITY)?;
        }
        self.send(BARRIER_REQUEST, &[])?;
        loop {
            match self.receive()? {
                (BARRIER_REPLY, _) => return Ok(()),
                (ERROR, body) => return Err(complaint(&body)),
                _ => {}
            }
        }
    }

    /// The classes that Nova's flows give, by the number of the port.
    ///
    /// # Errors
    /// Those of the connection.
    pub(crate) fn classes(&mut self) -> Result<BTreeMap<u32, PortClass>, Trouble> {
        let mut request = vec![0, 1, 0, 0, 0, 0, 0, 0];
        request.extend([0xff, 0, 0, 0]);
        request.extend(ANY.to_be_bytes());
        request.extend(ANY.to_be_bytes());
        request.extend([0; 4]);
        request.extend(FLOW_COOKIE.to_be_bytes());
        request.extend((u64::from(u32::MAX) << 32).to_be_bytes());
        request.extend(packed_match(&[]));
        self.send(MULTIPART_REQUEST, &request)?;
        let mut found = BTreeMap::new();
        loop {
            match self.receive()? {
                (MULTIPART_REPLY, body) => {
                    let more = body.get(3).is_some_and(|flags| flags & 1 != 0);
                    read_flows(body.get(8..).unwrap_or_default(), &mut found);
                    if !more {
                        return Ok(found);
                    }
                }
                (ERROR, body) => return Err(complaint(&body)),
                _ => {}
            }
        }
    }

    fn send(&mut self, kind: u8, body: &[u8]) -> Result<(), Trouble> {
        let length = u16::try_from(HEADER_BYTES + body.len())
            .map_err(|_| Trouble::Garbled("a request is too long".to_owned()))?;
        let mut bytes = vec![VERSION, kind];
        bytes.extend(length.to_be_bytes());
        bytes.extend(XID.to_be_bytes());
        bytes.extend(body);
        self.0
            .write_all(&bytes)
            .map_err(|error| Trouble::of(&error))
    }

    fn receive(&mut self) -> Result<(u8, Vec<u8>), Trouble> {
        loop {
            let mut header = [0; HEADER_BYTES];
            self.0
                .read_exact(&mut header)
                .map_err(|error| Trouble::of(&error))?;
            let [_, kind, high, low, ..] = header;
            let length = usize::from(u16::from_be_bytes([high, low]));
            let rest = length
                .checked_sub(HEADER_BYTES)
                .ok_or_else(|| Trouble::Garbled("a message is too short".to_owned()))?;
            let mut body = vec![0; rest];
            self.0
                .read_exact(&mut body)
                .map_err(|error| Trouble::of(&error))?;
            if kind != ECHO_REQUEST {
                return Ok((kind, body));
            }
            self.send(ECHO_REPLY, &body)?;
        }
    }
}

fn complaint(body: &[u8]) -> Trouble {
    let number = |at: usize| be16(body, at).unwrap_or_default();
    Trouble::Refused(format!("OpenFlow error {}, code {}", number(0), number(2)))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*bytes))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*bytes))
}

fn oxm(header: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = header.to_be_bytes().to_vec();
    bytes.extend(value);
    bytes
}

fn packed_match(oxms: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + oxms.len()).unwrap_or(u16::MAX);
    let mut bytes = vec![0, 1];
    bytes.extend(length.to_be_bytes());
    bytes.extend(oxms);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

fn action(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    let length = (4 + body.len()).next_multiple_of(8);
    bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(body);
    bytes.resize(length, 0);
    bytes
}

fn flow_mod(
    command: u8,
    cookie: u64,
    mask: u64,
    priority: u16,
    matched: &[u8],
    actions: &[u8],
) -> Vec<u8> {
    let mut bytes = cookie.to_be_bytes().to_vec();
    bytes.extend(mask.to_be_bytes());
    let table = if command == COMMAND_DELETE { 0xff } else { 0 };
    bytes.extend([table, command]);
    // It does not age.
    bytes.extend([0; 4]);
    bytes.extend(priority.to_be_bytes());
    // No waiting frame, whatever port or group it leads to.
    for _ in 0..3 {
        bytes.extend(ANY.to_be_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(packed_match(matched));
    if !actions.is_empty() {
        let length = u16::try_from(8 + actions.len()).unwrap_or(u16::MAX);
        bytes.extend(APPLY_ACTIONS.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(actions);
    }
    bytes
}

/// Reads flows one behind the other; what makes no sense ends it.
pub(crate) fn read_flows(mut bytes: &[u8], found: &mut BTreeMap<u32, PortClass>) {
    while let Some(length) = be16(bytes, 0).map(usize::from)
        && length >= FLOW_BYTES
        && let Some(flow) = bytes.get(..length)
    {
        if let Some((port, class)) = read_flow(flow) {
            let known = found.entry(port).or_default();
            *known = class.or(*known);
        }
        bytes = bytes.get(length..).unwrap_or_default();
    }
}

fn read_flow(flow: &[u8]) -> Option<(u32, PortClass)> {
    let (upper, port) = (be32(flow, 24)?, be32(flow, 28)?);
    if u64::from(upper) << 32 != FLOW_COOKIE {
        return None;
    }
    let matched = usize::from(be16(flow, FLOW_BYTES + 2)?).next_multiple_of(8);
    let instruction = flow.get(FLOW_BYTES + matched..)?;
    let mut actions = instruction.get(8..)?;
    let mut class = PortClass::default();
    while let Some(length) = be16(actions, 2).map(usize::from)
        && length >= 8
        && let Some(action) = actions.get(..length)
    {
        match be16(action, 0)? {
            ACTION_SET_FIELD if be32(action, 4)? == OXM_IP_DSCP => {
                class.dscp = Dscp::try_from(*action.get(8)?).ok();
            }
            ACTION_SET_QUEUE => {
                let number = be32(action, 4)?;
                class.priority = [Priority::High, Priority::Normal, Priority::Low]
                    .into_iter()
                    .find(|priority| queue_number(*priority) == number);
            }
            _ => {}
        }
        actions = actions.get(length..)?;
    }
    Some((port, class))
}
