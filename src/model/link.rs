// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Links of the host as the kernel reports them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::{LinkAddress, MacAddress};
use crate::bond::{BondMember, BondStatus};
use crate::bridge::{BridgeStatus, PortStatus, VlanProtocol};
use crate::fdb::{FixedAddress, FixedGroup};
use crate::name::LinkName;
use crate::other_option::OtherOptions;
use crate::steering::CpuSet;
use crate::traffic::{Hooks, Shaping, Traffic};
use crate::vlan::VlanSet;
use crate::vlan_table::VlanTable;

/// A netlink link (`ip -d link show`) with what else belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// Index, unique on the host while the link lives.
    pub index: u32,
    /// Name, up to 15 bytes of any kind.
    pub name: LinkName,
    /// What it is.
    pub kind: LinkKind,
    /// MAC address, absent on links without one (loopback has zeros).
    pub mac: Option<MacAddress>,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// Set up by the administrator (`IFF_UP`).
    pub is_up: bool,
    /// Has a carrier: a cable, a running guest (`IFF_LOWER_UP`).
    pub has_carrier: bool,
    /// Mbit/s that the ends of its cable have agreed on, where a card or a bond
    /// of cards tells.
    #[serde(default)]
    pub speed: Option<u32>,
    /// May not be a port of a bridge (`IFF_DONT_BRIDGE`: Wi-Fi stations).
    pub refuses_bridge: bool,
    /// Index of the link this one is a port of (`IFLA_MASTER`).
    pub controller: Option<u32>,
    /// Index of the link below or of the veth peer (`IFLA_LINK`), where it
    /// lies in the same network namespace.
    pub lower: Option<u32>,
    /// Friendly name or mark (`ip link set … alias`), up to 255 characters.
    pub alias: Option<String>,
    /// IP addresses, sorted.
    pub addresses: Vec<LinkAddress>,
    /// What it reports as a bridge.
    pub bridge: Option<BridgeStatus>,
    /// What it reports as the port of a bridge.
    pub port: Option<PortStatus>,
    /// What it reports as a bond.
    #[serde(default)]
    pub bond: Option<BondStatus>,
    /// What it reports as a member of a bond.
    #[serde(default)]
    pub bond_member: Option<BondMember>,
    /// The VLANs it carries as a port of a bridge, or as a bridge towards this
    /// host.
    #[serde(default)]
    pub vlans: VlanTable,
    /// What is done to its frames on their way.
    #[serde(default)]
    pub traffic: Traffic,
    /// On which CPUs is processed what arrives, by receive queue; empty where it
    /// was not read.
    #[serde(default)]
    pub receive_cpus: Vec<CpuSet>,
    /// Options as a bridge that are not as on a new one and that Nova only
    /// brings back.
    #[serde(default, skip_serializing_if = "OtherOptions::is_empty")]
    pub bridge_others: OtherOptions,
    /// The same as a port of a bridge.
    #[serde(default, skip_serializing_if = "OtherOptions::is_empty")]
    pub port_others: OtherOptions,
    /// Addresses that somebody set behind it as a port of a bridge, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed_addresses: Vec<FixedAddress>,
    /// Groups that somebody sends to it as a port of a bridge, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed_groups: Vec<FixedGroup>,
    /// Who configures it.
    pub owner: Owner,
}

impl Link {
    /// A link that is down and has nothing yet.
    #[must_use]
    pub const fn new(index: u32, name: LinkName, kind: LinkKind) -> Self {
        Self {
            index,
            name,
            kind,
            mac: None,
            mtu: 1500,
            is_up: false,
            has_carrier: false,
            speed: None,
            refuses_bridge: false,
            controller: None,
            lower: None,
            alias: None,
            addresses: Vec::new(),
            bridge: None,
            port: None,
            bond: None,
            bond_member: None,
            vlans: VlanTable {
                members: VlanSet(BTreeSet::new()),
                untagged: VlanSet(BTreeSet::new()),
                pvid: None,
            },
            traffic: Traffic {
                shaping: Shaping::Usual,
                hooks: Hooks::None,
                filters: Vec::new(),
            },
            receive_cpus: Vec::new(),
            bridge_others: OtherOptions::new(),
            port_others: OtherOptions::new(),
            fixed_addresses: Vec::new(),
            fixed_groups: Vec::new(),
            owner: Owner::Nobody,
        }
    }

    /// Has it be a port of nothing, as the kernel does.
    pub(crate) fn leave(&mut self) {
        self.controller = None;
        self.port = None;
        self.port_others = OtherOptions::new();
        self.fixed_addresses.clear();
        self.fixed_groups.clear();
        self.bond_member = None;
        if !self.is_bridge() {
            self.vlans = VlanTable::default();
        }
    }

    /// Takes over from an earlier picture of the same link what the kernel
    /// hides in this one, see [`BridgeStatus::hides_ageing`].
    pub fn recall(&mut self, before: &Self) {
        if let (Some(now), Some(then)) = (&mut self.bridge, &before.bridge)
            && now.hides_ageing
            && self.name == before.name
        {
            now.options.ageing_time = then.options.ageing_time;
        }
    }

    /// Whether it is a Linux bridge.
    #[must_use]
    pub const fn is_bridge(&self) -> bool {
        matches!(self.kind, LinkKind::Bridge)
    }

    /// Whether it is a bond.
    #[must_use]
    pub const fn is_bond(&self) -> bool {
        matches!(self.kind, LinkKind::Bond)
    }

    /// Whether Nova made it as the buffer through which it limits what comes in
    /// through another link (`ifb`): nothing for a person to use.
    #[must_use]
    pub fn is_buffer(&self) -> bool {
        self.owner == Owner::Nova && self.kind == crate::step_traffic::buffer()
    }

    /// Whether a machine or a container is behind it, and not the world.
    #[must_use]
    pub fn leads_to_guest(&self) -> bool {
        match self.kind {
            LinkKind::Tap | LinkKind::Tun | LinkKind::Macvtap => true,
            LinkKind::Veth => self.leads_into_container(None),
            _ => false,
        }
    }

    /// Whether it stands for a card or cable of the host: a physical card, or
    /// a veth whose other end lies elsewhere.
    #[must_use]
    pub const fn is_uplink_like(&self) -> bool {
        matches!(
            self.kind,
            LinkKind::Physical | LinkKind::Wireless | LinkKind::Bond | LinkKind::Vlan { .. }
        ) || matches!(self.kind, LinkKind::Veth) && self.lower.is_none()
    }

    /// Whether a virtual cable leads into a container rather than to the world:
    /// by the engine that made it, by the link it is a port of, or by the names
    /// engines give.
    #[must_use]
    pub fn leads_into_container(&self, controller: Option<&Self>) -> bool {
        let is_engine = |link: &Self| matches!(link.owner, Owner::Containers { .. });
        is_engine(self)
            || controller.is_some_and(is_engine)
            || ["veth", "vb-", "ve-", "lxc", "vnet"]
                .iter()
                .any(|prefix| self.name.starts_with(prefix))
    }
}

/// What a link is (`IFLA_INFO_KIND`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// A network card, or what poses as one to the host.
    Physical,
    /// A Wi-Fi card.
    Wireless,
    /// The loopback interface.
    Loopback,
    /// A Linux bridge.
    Bridge,
    /// One end of a pair of virtual cables.
    Veth,
    /// A tap: the host's end of a machine's interface.
    Tap,
    /// A tun: a tunnel of IP packets.
    Tun,
    /// A macvtap: a machine's interface straight on a card.
    Macvtap,
    /// A macvlan.
    Macvlan,
    /// An 802.1Q sub-interface.
    Vlan {
        /// VLAN identifier, 1–4094.
        vid: u16,
        /// The kind of its tags.
        #[serde(default)]
        protocol: VlanProtocol,
    },
    /// A VXLAN tunnel.
    Vxlan,
    /// A bond of several links.
    Bond,
    /// A dummy.
    Dummy,
    /// An Open vSwitch port without a device of its own.
    OpenVSwitch,
    /// Any other kind, by the kernel's word for it.
    Other(String),
}

impl LinkKind {
    /// The word a person reads.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Physical => "network card".to_owned(),
            Self::Wireless => "Wi-Fi card".to_owned(),
            Self::Loopback => "loopback".to_owned(),
            Self::Bridge => "Linux bridge".to_owned(),
            Self::Veth => "virtual cable".to_owned(),
            Self::Tap => "tap".to_owned(),
            Self::Tun => "tun".to_owned(),
            Self::Macvtap => "macvtap".to_owned(),
            Self::Macvlan => "macvlan".to_owned(),
            Self::Vlan {
                vid,
                protocol: VlanProtocol::Dot1Q,
            } => format!("VLAN {vid}"),
            Self::Vlan { vid, protocol } => format!("VLAN {vid} ({})", protocol.word()),
            Self::Vxlan => "VXLAN".to_owned(),
            Self::Bond => "bond".to_owned(),
            Self::Dummy => "dummy".to_owned(),
            Self::OpenVSwitch => "Open vSwitch".to_owned(),
            Self::Other(kind) => crate::name::printable(kind),
        }
    }
}

/// Who configures a link.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Owner {
    /// The `NetworkManager` daemon, through an active profile.
    NetworkManagerDaemon,
    /// systemd-networkd, through a `.network` file.
    Networkd,
    /// libvirt: the bridge of a network, or the tap of a machine.
    Libvirt {
        /// Name of the libvirt network, where it is the bridge of one.
        network: Option<String>,
    },
    /// Docker, Podman, Incus or another engine for containers.
    Containers {
        /// Which engine.
        engine: String,
    },
    /// Open vSwitch.
    OpenVSwitch,
    /// Nova made it and marked it.
    Nova,
    /// The kernel itself: loopback.
    Kernel,
    /// Nobody that Nova knows: made by hand or by a script.
    #[default]
    Nobody,
}

impl Owner {
    /// Who made a link with this alias, as far as the alias tells.
    #[must_use]
    pub fn of_alias(alias: Option<&str>) -> Self {
        match alias {
            Some(alias) if alias.starts_with(MARK_PREFIX) => Self::Nova,
            _ => Self::Nobody,
        }
    }

    /// The name a person reads.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::NetworkManagerDaemon => "NetworkManager",
            Self::Networkd => "systemd-networkd",
            Self::Libvirt { .. } => "libvirt",
            Self::Containers { engine } => engine,
            Self::OpenVSwitch => "Open vSwitch",
            Self::Nova => "Nova",
            Self::Kernel => "the kernel",
            Self::Nobody => "nobody",
        }
    }
}

/// Prefix of the alias Nova gives to the links it makes; the identifier of the
/// change that made it follows.
pub const MARK_PREFIX: &str = "nova:";
