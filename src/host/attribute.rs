// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Walking netlink attributes one by one, so that one that cannot be read
//! costs nothing but itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::{NLA_HEADER_SIZE, NlaBuffer, NlasIterator};

/// One attribute.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a> {
    /// Its type, without the flags.
    pub(crate) kind: u16,
    /// Its value.
    pub(crate) value: &'a [u8],
    /// The whole of it, for parsers of netlink-packet-route.
    pub(crate) whole: NlaBuffer<&'a [u8]>,
}

/// The attributes in these bytes, up to the first that is cut off.
pub(crate) fn attributes(bytes: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    NlasIterator::new(bytes).map_while(|attribute| {
        let whole = attribute.ok()?;
        let value = whole
            .into_inner()
            .get(NLA_HEADER_SIZE..usize::from(whole.length()))?;
        Some(Attribute {
            kind: whole.kind(),
            value,
            whole,
        })
    })
}

pub(crate) fn u8_of(value: &[u8]) -> Option<u8> {
    value.first().copied()
}

pub(crate) fn u16_of(value: &[u8]) -> Option<u16> {
    value.first_chunk().copied().map(u16::from_ne_bytes)
}

pub(crate) fn u32_of(value: &[u8]) -> Option<u32> {
    value.first_chunk().copied().map(u32::from_ne_bytes)
}

pub(crate) fn u64_of(value: &[u8]) -> Option<u64> {
    value.first_chunk().copied().map(u64::from_ne_bytes)
}

/// The bytes before the terminating zero.
pub(crate) fn text_of(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An address of 4 or 16 bytes.
pub(crate) fn address_of(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => value
            .first_chunk::<4>()
            .map(|v4| Ipv4Addr::from(*v4).into()),
        16 => value
            .first_chunk::<16>()
            .map(|v6| Ipv6Addr::from(*v6).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_that_is_cut_off_ends_the_walk() {
        let bytes = [5, 0, 1, 0, 7, 0, 0, 0, 200, 0, 2, 0, 1];
        let found: Vec<(u16, u8)> = attributes(&bytes)
            .map(|attribute| (attribute.kind, attribute.value[0]))
            .collect();
        assert_eq!(found, [(1, 7)]);
    }

    #[test]
    fn short_values_are_no_values() {
        assert_eq!(u32_of(&[1, 2]), None);
        assert_eq!(address_of(&[1, 2, 3]), None);
        assert_eq!(text_of(b"ab\0cd"), b"ab");
        assert_eq!(text_of(b"\xff"), b"\xff");
    }
}
