// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The mode of a Wi-Fi card (`iw dev NAME info`), by generic netlink. Needs no
//! privilege.

use crate::attribute::{attributes, text_of, u8_of, u16_of, u32_of};
use crate::failure::Failure;
use crate::socket::Socket;

/// `GENL_ID_CTRL`: who tells the numbers of families.
const CONTROLLER: u16 = 0x10;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
const NL80211: &[u8] = b"nl80211";
const NL80211_CMD_GET_INTERFACE: u8 = 5;
const NL80211_ATTR_IFINDEX: u16 = 3;
const NL80211_ATTR_IFTYPE: u16 = 5;
const NL80211_ATTR_4ADDR: u16 = 83;
/// A station.
const STATION: u32 = 2;
/// Ad hoc, a station of Wi-Fi Direct, and outside of any network (OCB).
const ONE_ADDRESS_TYPES: [u32; 3] = [1, 8, 11];
/// Bytes of `struct genlmsghdr`: command, version, two of padding.
const HEADER_BYTES: usize = 4;

/// Whether the kernel lets no bridge have this card as a port
/// (`IFF_DONT_BRIDGE`, which it does not tell): a station that sends frames of
/// one MAC address only. Access points and stations with four addresses may.
pub(crate) fn refuses_bridge(index: u32) -> bool {
    let mode = Socket::generic().and_then(|mut socket| mode(&mut socket, index));
    // What cannot be told is taken for what most are.
    mode.ok().flatten().is_none_or(Mode::is_of_one_address)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mode {
    index: u32,
    kind: u32,
    has_four_addresses: bool,
}

impl Mode {
    fn is_of_one_address(self) -> bool {
        ONE_ADDRESS_TYPES.contains(&self.kind) || self.kind == STATION && !self.has_four_addresses
    }
}

fn mode(socket: &mut Socket, index: u32) -> Result<Option<Mode>, Failure> {
    let families = [CTRL_CMD_GETFAMILY, 1, 0, 0];
    let family = socket.dump_bytes(CONTROLLER, &families, |found: &mut Option<u16>, frame| {
        *found = found.or_else(|| decode_family(frame.payload));
    })?;
    let Some(family) = family else {
        return Ok(None);
    };
    let cards = [NL80211_CMD_GET_INTERFACE, 0, 0, 0];
    socket.dump_bytes(family, &cards, |found: &mut Option<Mode>, frame| {
        *found = found.or_else(|| decode_mode(frame.payload).filter(|mode| mode.index == index));
    })
}

/// The number of the family of Wi-Fi, where this tells it.
fn decode_family(payload: &[u8]) -> Option<u16> {
    let mut number = None;
    let mut is_meant = false;
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        match attribute.kind {
            CTRL_ATTR_FAMILY_ID => number = u16_of(attribute.value),
            CTRL_ATTR_FAMILY_NAME => is_meant = text_of(attribute.value) == NL80211,
            _ => {}
        }
    }
    number.filter(|_| is_meant)
}

fn decode_mode(payload: &[u8]) -> Option<Mode> {
    let mut mode = Mode::default();
    for attribute in attributes(payload.get(HEADER_BYTES..)?) {
        match attribute.kind {
            NL80211_ATTR_IFINDEX => mode.index = u32_of(attribute.value)?,
            NL80211_ATTR_IFTYPE => mode.kind = u32_of(attribute.value)?,
            NL80211_ATTR_4ADDR => mode.has_four_addresses = u8_of(attribute.value)? != 0,
            _ => {}
        }
    }
    Some(mode).filter(|mode| mode.index != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tc::nla;

    fn told(index: u32, kind: u32, four: Option<u8>) -> Option<Mode> {
        let mut payload = vec![7, 0, 0, 0];
        payload.extend(nla(NL80211_ATTR_IFINDEX, &index.to_ne_bytes()));
        payload.extend(nla(NL80211_ATTR_IFTYPE, &kind.to_ne_bytes()));
        if let Some(four) = four {
            payload.extend(nla(NL80211_ATTR_4ADDR, &[four]));
        }
        decode_mode(&payload)
    }

    #[test]
    fn stations_refuse_and_access_points_do_not() {
        let (ad_hoc, station, access_point, direct) = (1, 2, 3, 8);
        for (kind, four, refuses) in [
            (ad_hoc, None, true),
            (ad_hoc, Some(1), true),
            (station, None, true),
            (station, Some(0), true),
            (station, Some(1), false),
            (access_point, None, false),
            (direct, Some(0), true),
        ] {
            let mode = told(7, kind, four).unwrap();
            assert_eq!(mode.is_of_one_address(), refuses, "{mode:?}");
        }
    }

    #[test]
    fn the_family_is_found_by_its_name() {
        let family = |name: &[u8]| {
            let mut payload = vec![1, 2, 0, 0];
            payload.extend(nla(CTRL_ATTR_FAMILY_NAME, name));
            payload.extend(nla(CTRL_ATTR_FAMILY_ID, &29u16.to_ne_bytes()));
            decode_family(&payload)
        };
        assert_eq!(family(b"nl80211\0"), Some(29));
        assert_eq!(family(b"nlctrl\0"), None);
    }

    #[test]
    fn what_is_cut_short_tells_nothing() {
        assert_eq!(decode_family(&[1, 2]), None);
        assert_eq!(decode_mode(&[]), None);
        assert_eq!(decode_mode(&[7, 0, 0, 0]), None);
    }

    #[test]
    fn a_card_that_nobody_knows_is_taken_for_a_station() {
        assert!(refuses_bridge(u32::MAX));
    }
}
