// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Addresses of links: MAC addresses and IP addresses with their prefix.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};

/// A 48-bit MAC address. Text form `52:54:00:12:34:56`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// A locally administered unicast address from any 48 bits.
    #[must_use]
    pub const fn locally_administered(mut bytes: [u8; 6]) -> Self {
        bytes[0] = (bytes[0] & 0b1111_1100) | 0b10;
        Self(bytes)
    }

    /// Whether it addresses a group instead of one station.
    #[must_use]
    pub const fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        f.pad(&format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"))
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MacAddress {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let fail = || {
            NovaError::invalid(
                "mac",
                text,
                "six pairs of hexadecimal digits, 52:54:00:12:34:56",
            )
        };
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts
                .next()
                .filter(|part| part.len() == 2)
                .ok_or_else(fail)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| fail())?;
        }
        if parts.next().is_some() {
            return Err(fail());
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for MacAddress {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<MacAddress> for String {
    fn from(mac: MacAddress) -> Self {
        mac.to_string()
    }
}

/// An IP address with the length of its prefix, as on a link. Text form
/// `192.0.2.5/24`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct IpNet {
    address: IpAddr,
    prefix: u8,
}

impl IpNet {
    /// The address with a prefix of at most 32 (IPv4) or 128 (IPv6) bits.
    ///
    /// # Errors
    /// `InvalidValue` where the prefix is longer than the address.
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self> {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if prefix > longest {
            return Err(NovaError::invalid(
                "prefix",
                prefix,
                &format!("0 to {longest} bits"),
            ));
        }
        Ok(Self { address, prefix })
    }

    /// The address without its prefix.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// The length of the prefix in bits.
    #[must_use]
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether it is an IPv6 address of the link itself (`fe80::/10`), which
    /// the kernel makes and removes by itself.
    #[must_use]
    pub fn is_ipv6_link_local(self) -> bool {
        matches!(self.address, IpAddr::V6(v6) if v6.is_unicast_link_local())
    }

    /// Whether this address lies in the network of `self`.
    #[must_use]
    pub fn contains(self, other: IpAddr) -> bool {
        let bits = |ip: IpAddr| match ip {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, true),
            IpAddr::V6(v6) => (u128::from(v6), false),
        };
        let ((own, own_is_v4), (theirs, theirs_is_v4)) = (bits(self.address), bits(other));
        let differing = own ^ theirs;
        own_is_v4 == theirs_is_v4
            && (self.prefix == 0 || differing >> (128 - u32::from(self.prefix)) == 0)
    }
}

impl fmt::Display for IpNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.address, self.prefix))
    }
}

impl fmt::Debug for IpNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for IpNet {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let fail = || {
            NovaError::invalid(
                "address",
                text,
                "an IP address with its prefix, 192.0.2.5/24",
            )
        };
        let (address, prefix) = text.split_once('/').ok_or_else(fail)?;
        let address = address.parse().map_err(|_| fail())?;
        Self::new(address, prefix.parse().map_err(|_| fail())?)
    }
}

impl TryFrom<String> for IpNet {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<IpNet> for String {
    fn from(net: IpNet) -> Self {
        net.to_string()
    }
}

/// An IP address as a link carries it (`ip address show`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkAddress {
    /// Whether another address of the same IPv4 network was there before
    /// (`secondary`): what the host sends there has that one as its source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_secondary: bool,
    /// The address and its prefix.
    pub net: IpNet,
    /// Whether it has a limited lifetime: given by DHCP or a router
    /// advertisement and renewed by whoever asked for it.
    pub is_dynamic: bool,
}

impl LinkAddress {
    /// An address that is set by hand beside `others` of the same link.
    #[must_use]
    pub fn beside(net: IpNet, others: &[Self]) -> Self {
        let is_same =
            |other: &&Self| other.net.prefix() == net.prefix() && other.net.contains(net.address());
        Self {
            is_secondary: net.address().is_ipv4() && others.iter().any(|other| is_same(&other)),
            net,
            is_dynamic: false,
        }
    }
}

/// A unicast route of the main table (`ip route show`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Where it leads; a prefix of 0 is the default route.
    pub destination: IpNet,
    /// The next hop, absent for networks that are on the link.
    pub gateway: Option<IpAddr>,
    /// The source address it prefers.
    pub source: Option<IpAddr>,
    /// Index of the link it leaves through.
    pub link: u32,
    /// Metric; the lowest wins. 0 where none is set (IPv4).
    pub metric: u32,
    /// Who made it, the number of `ip route … proto`: 2 kernel, 3 boot,
    /// 4 static, 9 router advertisement, 16 DHCP.
    pub protocol: u8,
}

impl Route {
    /// Number of the protocol `kernel`: routes that come and go with addresses.
    pub const PROTOCOL_KERNEL: u8 = 2;

    /// Number of the protocol `boot`: routes that are set by `ip route add`.
    pub const PROTOCOL_BOOT: u8 = 3;

    /// Number of the protocol `ra`: routes of a router's announcements.
    pub const PROTOCOL_ROUTER: u8 = 9;

    /// Whether it is a default route.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        self.destination.prefix() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_network_contains_its_own_addresses_only() {
        let net: IpNet = "192.0.2.5/24".parse().unwrap();
        assert!(net.contains("192.0.2.200".parse().unwrap()));
        assert!(!net.contains("192.0.3.1".parse().unwrap()));
        assert!(!net.contains("::1".parse().unwrap()));
        let all: IpNet = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn refuses_half_a_mac_address() {
        for text in [
            "",
            "52:54:00:12:34",
            "52:54:00:12:34:56:78",
            "5:54:00:12:34:56",
            "zz:54:00:12:34:56",
        ] {
            assert!(text.parse::<MacAddress>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn mac_text_reads_back_as_itself(bytes: [u8; 6]) {
            let mac = MacAddress(bytes);
            prop_assert_eq!(mac.to_string().parse::<MacAddress>().unwrap(), mac);
        }

        #[test]
        fn address_text_reads_back_as_itself(bits: u128, prefix in 0u8..=128) {
            let net = IpNet::new(IpAddr::V6(bits.into()), prefix).unwrap();
            prop_assert_eq!(net.to_string().parse::<IpNet>().unwrap(), net);
        }
    }
}
