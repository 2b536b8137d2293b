// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is configured in the database of Open vSwitch, row by row: enough to
//! compare two configurations and to bring one back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// Key in `external_ids` of the mark that Nova gives to the rows it makes.
pub const MARK_KEY: &str = "nova";

/// Key in `other_config` of a bridge of the MAC address that it keeps.
pub(crate) const HWADDR: &str = "hwaddr";

/// Identifier of a row (`_uuid`).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RowId(pub String);

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Nova's mark: the identifier of the change that made a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Mark(pub String);

/// Keys and values of `other_config`, `options` and `external_ids`.
pub type Pairs = BTreeMap<String, String>;

/// What a bridge does while no controller answers (`fail_mode`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailMode {
    /// Not set: as [`Self::Standalone`].
    #[default]
    Unset,
    /// It switches by itself.
    Standalone,
    /// It drops everything that no flow allows.
    Secure,
}

impl FailMode {
    /// The word of the database; absent where it is not set.
    #[must_use]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Unset => None,
            Self::Standalone => Some("standalone"),
            Self::Secure => Some("secure"),
        }
    }
}

/// Configuration of a bridge (table `Bridge`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BridgeConf {
    /// Who moves the frames: `system` (the kernel) or `netdev` (ovs-vswitchd);
    /// empty means `system`.
    pub datapath_type: String,
    /// What it does while no controller answers.
    pub fail_mode: FailMode,
    /// Versions of OpenFlow it speaks (`OpenFlow13`); none means all.
    pub protocols: BTreeSet<String>,
    /// Targets of its controllers (`tcp:192.0.2.1:6653`).
    pub controllers: BTreeSet<String>,
    /// Spanning tree (802.1D).
    pub stp: bool,
    /// Rapid spanning tree (802.1D-2004).
    pub rstp: bool,
    /// Multicast only to ports that asked for it.
    pub mcast_snooping: bool,
    /// Further options by the database's keys.
    pub other_config: Pairs,
    /// What programs have noted on it.
    pub external_ids: Pairs,
}

/// How a port treats VLAN tags (`vlan_mode`, `tag`, `trunks`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PortVlans {
    /// `access`, `trunk`, `native-tagged`, `native-untagged` or
    /// `dot1q-tunnel`; absent means access with a tag and trunk without.
    pub mode: Option<String>,
    /// The VLAN of untagged frames.
    pub tag: Option<u16>,
    /// VLANs that pass tagged; none means all.
    pub trunks: BTreeSet<u16>,
}

/// Configuration of a port (table `Port`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PortConf {
    /// VLANs.
    pub vlans: PortVlans,
    /// How a bond spreads frames (`active-backup`, `balance-slb`,
    /// `balance-tcp`).
    pub bond_mode: Option<String>,
    /// LACP of a bond (`active`, `passive`, `off`).
    pub lacp: Option<String>,
    /// Whether it reaches only ports that are not protected.
    pub protected: bool,
    /// Quality of service of what leaves through it.
    pub qos: Option<QosConf>,
    /// Further options by the database's keys.
    pub other_config: Pairs,
    /// What programs have noted on it.
    pub external_ids: Pairs,
    /// Its interfaces, sorted by name.
    pub interfaces: Vec<InterfaceConf>,
}

/// Configuration of an interface (table `Interface`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InterfaceConf {
    /// Name: that of a link for type `system`.
    pub name: String,
    /// `system` (also as the empty word), `internal`, `patch`, `vxlan`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Options of its type (`peer`, `remote_ip`, `key`).
    pub options: Pairs,
    /// Most that may arrive, in kbit/s; 0 is no limit.
    pub policing_rate: u64,
    /// Burst of that limit in kbit; 0 means 8000.
    pub policing_burst: u64,
    /// MAC address asked for.
    pub mac: Option<String>,
    /// MTU asked for, in bytes.
    pub mtu_request: Option<u64>,
    /// OpenFlow number asked for.
    pub ofport_request: Option<u64>,
    /// Further options by the database's keys.
    pub other_config: Pairs,
    /// What programs have noted on it; libvirt notes machine and MAC address.
    pub external_ids: Pairs,
}

impl InterfaceConf {
    /// An interface of this name and type.
    #[must_use]
    pub fn new(name: &str, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    /// Whether it is a link of the host that exists without Open vSwitch.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.kind.is_empty() || self.kind == "system"
    }
}

/// Configuration of quality of service (table `QoS`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QosConf {
    /// `linux-htb`, `linux-hfsc`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Options (`max-rate` in bit/s).
    pub other_config: Pairs,
    /// What programs have noted on it.
    pub external_ids: Pairs,
    /// Queues by number.
    pub queues: BTreeMap<u32, QueueConf>,
}

/// Configuration of a queue (table `Queue`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QueueConf {
    /// Mark that IP packets get, 0–63.
    pub dscp: Option<u8>,
    /// Options (`min-rate`, `max-rate`, `burst` in bits, `priority`).
    pub other_config: Pairs,
    /// What programs have noted on it.
    pub external_ids: Pairs,
}

/// Configuration of a mirror (table `Mirror`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MirrorConf {
    /// Name.
    pub name: String,
    /// Copies the frames of every port.
    pub select_all: bool,
    /// Ports whose frames are copied as they arrive.
    pub ingress: BTreeSet<String>,
    /// Ports whose frames are copied as they leave.
    pub egress: BTreeSet<String>,
    /// Only frames of these VLANs; none means of all.
    pub vlans: BTreeSet<u16>,
    /// The port that the copies leave through.
    pub output_port: Option<String>,
    /// The VLAN that the copies are sent in.
    pub output_vlan: Option<u16>,
    /// Bytes of each frame that are copied.
    pub snaplen: Option<u32>,
    /// A filter on frames, in the words of `ovs-ofctl`.
    pub filter: Option<String>,
    /// What programs have noted on it.
    pub external_ids: Pairs,
}
