// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The multicast database of bridges as netlink carries it
//! (`bridge mdb show`).

use std::net::{IpAddr, Ipv6Addr};

use nova_model::Result;
use nova_model::address::MacAddress;
use nova_model::fdb::{FixedGroup, Group, MdbEntry};
use nova_model::vlan::VlanId;

use crate::attribute::{attributes, u8_of, u16_of, u32_of};
use crate::failure::Failure;
use crate::socket::Socket;
use crate::tc::nla;

pub(crate) const RTM_NEWMDB: u16 = 84;
pub(crate) const RTM_DELMDB: u16 = 85;
const RTM_GETMDB: u16 = 86;
const AF_BRIDGE: u8 = 7;
/// Bytes of `struct br_port_msg`.
const HEADER_BYTES: usize = 8;
const MDBA_MDB: u16 = 1;
const MDBA_MDB_ENTRY: u16 = 1;
const MDBA_MDB_ENTRY_INFO: u16 = 1;
const MDBA_SET_ENTRY: u16 = 1;
const MDB_PERMANENT: u8 = 1;
const ETH_P_IP: u16 = 0x0800;
const ETH_P_IPV6: u16 = 0x86dd;

/// Reads which ports of the bridge with this index asked for which groups,
/// sorted. Needs no privilege. Nothing where the kernel was built without
/// multicast snooping.
///
/// # Errors
/// `Internal` where netlink does not work.
pub fn mdb(bridge: u32) -> Result<Vec<MdbEntry>> {
    let read = || {
        let mut found = read(&mut Socket::new()?)?;
        found.retain(|entry| entry.bridge == bridge);
        Ok(found)
    };
    read().map_err(|failure: Failure| failure.about("the multicast database"))
}

/// Reads the databases of all bridges, sorted.
pub(crate) fn read(socket: &mut Socket) -> std::result::Result<Vec<MdbEntry>, Failure> {
    let mut request = [0; HEADER_BYTES];
    request[0] = AF_BRIDGE;
    let found = socket.dump_bytes(RTM_GETMDB, &request, |found: &mut Vec<MdbEntry>, frame| {
        if frame.kind == RTM_NEWMDB || frame.kind == RTM_GETMDB {
            found.extend(decode(frame.payload));
        }
    });
    let mut found = match found {
        Ok(found) => found,
        Err(failure) if failure.errno == rustix::io::Errno::OPNOTSUPP => Vec::new(),
        Err(failure) => return Err(failure),
    };
    found.sort();
    found.dedup();
    Ok(found)
}

/// Reads the entries of one message, all of one bridge.
pub(crate) fn decode(payload: &[u8]) -> Vec<MdbEntry> {
    let mut found = Vec::new();
    let Some(bridge) = payload.get(4..).and_then(u32_of) else {
        return found;
    };
    let rest = payload.get(HEADER_BYTES..).unwrap_or_default();
    for table in attributes(rest).filter(|it| it.kind == MDBA_MDB) {
        for entry in attributes(table.value).filter(|it| it.kind == MDBA_MDB_ENTRY) {
            for info in attributes(entry.value).filter(|it| it.kind == MDBA_MDB_ENTRY_INFO) {
                found.extend(decode_entry(bridge, info.value));
            }
        }
    }
    found
}

/// The body of an `RTM_NEWMDB` that sends a group to a port for good.
pub(crate) fn permanent(bridge: u32, port: u32, fixed: FixedGroup) -> Vec<u8> {
    let (group, protocol) = match fixed.group {
        Group::Ip(IpAddr::V4(address)) => (address.octets().to_vec(), ETH_P_IP),
        Group::Ip(IpAddr::V6(address)) => (address.octets().to_vec(), ETH_P_IPV6),
        Group::Mac(MacAddress(bytes)) => (bytes.to_vec(), 0),
    };
    let mut entry = port.to_ne_bytes().to_vec();
    entry.extend([MDB_PERMANENT, 0]);
    entry.extend(fixed.vlan.map_or(0, VlanId::number).to_ne_bytes());
    entry.extend(group);
    entry.resize(24, 0);
    entry.extend(protocol.to_be_bytes());
    entry.extend([0; 2]);
    let mut body = vec![AF_BRIDGE, 0, 0, 0];
    body.extend(bridge.to_ne_bytes());
    body.extend(nla(MDBA_SET_ENTRY, &entry));
    body
}

/// Reads one `struct br_mdb_entry`: port, state, flags, VLAN, group, protocol.
fn decode_entry(bridge: u32, info: &[u8]) -> Option<MdbEntry> {
    let link = u32_of(info)?;
    let state = u8_of(info.get(4..)?)?;
    let vlan = u16_of(info.get(6..)?)?;
    let group = info.get(8..24)?;
    let group = match u16_of(info.get(24..)?).map(u16::from_be)? {
        ETH_P_IP => Group::Ip(IpAddr::from(*group.first_chunk::<4>()?)),
        ETH_P_IPV6 => Group::Ip(Ipv6Addr::from(*group.first_chunk::<16>()?).into()),
        _ => Group::Mac(MacAddress(*group.first_chunk::<6>()?)),
    };
    Some(MdbEntry {
        bridge,
        link,
        group,
        vlan: VlanId::new(vlan).ok(),
        is_permanent: state & MDB_PERMANENT != 0,
    })
}
