// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! libvirt networks and the leases they give.

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, MacAddress};

/// A libvirt `<network>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Network {
    /// UUID in its text form.
    pub uuid: String,
    /// Name, unique per libvirt connection; any text libvirt accepts.
    pub name: String,
    /// Title for people, where one is set.
    pub title: Option<String>,
    /// How it reaches the outside.
    pub forward: ForwardMode,
    /// Host links it forwards through (`<forward dev=…>`), empty for any.
    pub forward_devices: Vec<String>,
    /// The bridge: libvirt's own, or an existing one with `forward mode='bridge'`.
    pub bridge: Option<String>,
    /// Domain its DNS answers for.
    pub domain: Option<String>,
    /// Addresses of the host in it, with the DHCP ranges they serve.
    pub subnets: Vec<Subnet>,
    /// Started.
    pub is_active: bool,
    /// Defined on disk, so it is there after it stops.
    pub is_persistent: bool,
    /// Started with the host.
    pub autostart: bool,
    /// Leases its DHCP has given, sorted by address.
    pub leases: Vec<Lease>,
}

impl Network {
    /// Whether libvirt makes and removes the bridge of this network itself.
    #[must_use]
    pub const fn has_own_bridge(&self) -> bool {
        matches!(
            self.forward,
            ForwardMode::Isolated | ForwardMode::Nat | ForwardMode::Route | ForwardMode::Open
        )
    }
}

/// One `<ip>` of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subnet {
    /// The host's address in it and the prefix.
    pub host: IpNet,
    /// First and last address given by DHCP, where it is served.
    pub dhcp_ranges: Vec<(std::net::IpAddr, std::net::IpAddr)>,
}

/// How a network reaches the outside (`<forward mode=…>`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ForwardMode {
    /// No `<forward>`: machines reach each other and the host only.
    Isolated,
    /// Through the host, with its address.
    Nat,
    /// Through the host, with their own addresses.
    Route,
    /// Through the host, without any firewall rule of libvirt.
    Open,
    /// On an existing bridge or straight on a card.
    Bridge,
    /// macvtap, private.
    Private,
    /// macvtap, VEPA.
    Vepa,
    /// macvtap, pass-through.
    Passthrough,
    /// A card handed to the machine.
    Hostdev,
}

impl ForwardMode {
    /// libvirt's word; *isolated* where there is no `<forward>`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Isolated => "isolated",
            Self::Nat => "nat",
            Self::Route => "route",
            Self::Open => "open",
            Self::Bridge => "bridge",
            Self::Private => "private",
            Self::Vepa => "vepa",
            Self::Passthrough => "passthrough",
            Self::Hostdev => "hostdev",
        }
    }

    /// The word a person reads: `NAT`, `routed`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Nat => "NAT",
            Self::Route => "routed",
            Self::Bridge => "bridged",
            other => other.word(),
        }
    }
}

/// An address given by the DHCP of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lease {
    /// MAC address it was given to.
    pub mac: MacAddress,
    /// The address.
    pub address: IpNet,
    /// Name the guest gave; text from a guest, to be shown escaped.
    pub hostname: Option<String>,
    /// Seconds since 1970 when it ends; 0 for never.
    pub expires: u64,
}
