// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Values that a person may ask of Open vSwitch. The database takes more than
//! makes sense; what is refused here never reaches it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, NovaError, Result};
use crate::ovs_conf::PortVlans;
use crate::vlan::{VlanId, VlanSet};

/// Who moves the frames of a bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Datapath {
    /// The kernel, through its module `openvswitch`.
    System,
    /// `ovs-vswitchd` itself.
    Netdev,
}

impl Datapath {
    /// The word of the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Netdev => "netdev",
        }
    }
}

/// A version of OpenFlow: `1.0` to `1.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct OpenFlow(u8);

impl OpenFlow {
    /// The word of the database: `OpenFlow13`.
    #[must_use]
    pub fn word(self) -> String {
        format!("OpenFlow1{}", self.0)
    }
}

impl FromStr for OpenFlow {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let minor = text.strip_prefix("1.").or(text.strip_prefix("OpenFlow1"));
        match minor.map(str::as_bytes) {
            Some([digit @ b'0'..=b'5']) => Ok(Self(digit - b'0')),
            _ => Err(NovaError::invalid("openflow-version", text, "1.0 to 1.5")),
        }
    }
}

impl TryFrom<String> for OpenFlow {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<OpenFlow> for String {
    fn from(version: OpenFlow) -> Self {
        version.to_string()
    }
}

impl fmt::Display for OpenFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// Where a controller is reached or listened for: `tcp:192.0.2.1:6653`,
/// `ssl:[2001:db8::1]:6653`, `ptcp:6653`, `pssl:6653`. Names of hosts and paths
/// of sockets are not taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct ControllerTarget(String);

/// The port that IANA gave to OpenFlow.
const OPENFLOW_PORT: u16 = 6653;

impl ControllerTarget {
    /// The target as the database has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the bridge listens and the controller connects.
    #[must_use]
    pub fn is_passive(&self) -> bool {
        self.0.starts_with('p')
    }
}

impl FromStr for ControllerTarget {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || {
            NovaError::invalid(
                "controller",
                text,
                "tcp:ADDRESS:PORT, ssl:ADDRESS:PORT, ptcp:PORT or pssl:PORT",
            )
            .with_remedy("For example tcp:192.168.1.100:6653.")
        };
        let (scheme, rest) = text.split_once(':').ok_or_else(refused)?;
        let port = |port: &str| {
            let is_number = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
            port.parse()
                .ok()
                .filter(|port: &u16| is_number && *port > 0)
        };
        match scheme {
            "tcp" | "ssl" => {
                let (host, given) = match rest.strip_prefix('[') {
                    Some(rest) => {
                        let (host, behind) = rest.split_once(']').ok_or_else(refused)?;
                        let given = match behind {
                            "" => None,
                            behind => Some(behind.strip_prefix(':').ok_or_else(refused)?),
                        };
                        (host, given)
                    }
                    None => match rest.split_once(':') {
                        Some((host, given)) => (host, Some(given)),
                        None => (rest, None),
                    },
                };
                let address: IpAddr = host.parse().map_err(|_| refused())?;
                let number = match given {
                    Some(given) => port(given).ok_or_else(refused)?,
                    None => OPENFLOW_PORT,
                };
                Ok(Self(match address {
                    IpAddr::V4(address) => format!("{scheme}:{address}:{number}"),
                    IpAddr::V6(address) => format!("{scheme}:[{address}]:{number}"),
                }))
            }
            "ptcp" | "pssl" => {
                let number = port(rest).ok_or_else(refused)?;
                Ok(Self(format!("{scheme}:{number}")))
            }
            _ => Err(refused()),
        }
    }
}

impl TryFrom<String> for ControllerTarget {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<ControllerTarget> for String {
    fn from(target: ControllerTarget) -> Self {
        target.0
    }
}

impl fmt::Display for ControllerTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How a port treats VLAN tags (`vlan_mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VlanMode {
    /// One VLAN, untagged.
    Access,
    /// Several VLANs, tagged.
    Trunk,
    /// As trunk; the native VLAN leaves tagged.
    NativeTagged,
    /// As trunk; the native VLAN leaves untagged.
    NativeUntagged,
}

impl VlanMode {
    /// The word of the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Trunk => "trunk",
            Self::NativeTagged => "native-tagged",
            Self::NativeUntagged => "native-untagged",
        }
    }
}

/// A wish for the VLANs of a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "OvsVlanWish")
)]
#[serde(deny_unknown_fields)]
pub struct VlanWish {
    /// How tags are treated; made from the rest where it is absent.
    #[serde(default)]
    pub mode: Option<VlanMode>,
    /// The VLAN of untagged frames.
    #[serde(default)]
    pub tag: Option<VlanId>,
    /// VLANs that pass tagged; none means all.
    #[serde(default)]
    pub trunks: VlanSet,
}

impl VlanWish {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the port is configured with. Open vSwitch takes combinations that
    /// mean nothing, such as an access VLAN with trunks.
    ///
    /// # Errors
    /// `InvalidValue` for those.
    pub fn conf(&self) -> Result<PortVlans> {
        let has_trunks = !self.trunks.is_empty();
        let refuse = |message: &str, remedy: &str| {
            Err(NovaError::new(ErrorKind::InvalidValue, message)
                .with_field("vlan-mode")
                .with_remedy(remedy))
        };
        match (self.mode, self.tag, has_trunks) {
            (Some(VlanMode::Access), None, _) => refuse(
                "vlan-mode access needs the VLAN of the port",
                "Add \"--vlan 100\".",
            ),
            (Some(VlanMode::Access), _, true) => refuse(
                "an access port carries one VLAN, trunks would be ignored",
                "Leave \"--trunk\" out, or use \"--vlan-mode native-untagged\".",
            ),
            (Some(VlanMode::Trunk), Some(_), _) => refuse(
                "a trunk port has no VLAN of its own",
                "Use \"--vlan-mode native-untagged\" where untagged frames belong to one.",
            ),
            (Some(mode @ (VlanMode::NativeTagged | VlanMode::NativeUntagged)), None, _) => refuse(
                &format!("vlan-mode {} needs the native VLAN", mode.word()),
                "Add \"--vlan 100\".",
            ),
            (None, Some(_), true) => refuse(
                "a VLAN together with trunks can mean two things",
                "Add \"--vlan-mode native-untagged\" or \"--vlan-mode native-tagged\".",
            ),
            _ => Ok(PortVlans {
                mode: self.mode.map(|mode| mode.word().to_owned()),
                tag: self.tag.map(VlanId::number),
                trunks: self.trunks.0.iter().map(|id| id.number()).collect(),
            }),
        }
    }
}

/// How a bond spreads frames over its links.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "OvsBondMode")
)]
#[serde(rename_all = "kebab-case")]
pub enum BondMode {
    /// One link carries everything, the others wait.
    #[default]
    ActiveBackup,
    /// By MAC address and VLAN; the switch at the other end knows nothing of
    /// it.
    BalanceSlb,
    /// By connection; needs LACP.
    BalanceTcp,
}

impl BondMode {
    /// The word of the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ActiveBackup => "active-backup",
            Self::BalanceSlb => "balance-slb",
            Self::BalanceTcp => "balance-tcp",
        }
    }

    /// The mode of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::ActiveBackup, Self::BalanceSlb, Self::BalanceTcp];
        all.into_iter().find(|mode| mode.word() == word)
    }
}

/// Whether a bond speaks LACP (802.1AX).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Lacp {
    /// It does not.
    #[default]
    Off,
    /// It begins.
    Active,
    /// It answers.
    Passive,
}

impl Lacp {
    /// The word of the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }

    /// What this word stands for.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Off, Self::Active, Self::Passive];
        all.into_iter().find(|lacp| lacp.word() == word)
    }
}

/// A kind of tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TunnelKind {
    /// VXLAN (RFC 7348).
    Vxlan,
    /// GRE (RFC 2890).
    Gre,
    /// Geneve (RFC 8926).
    Geneve,
}

impl TunnelKind {
    /// The word of the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::Gre => "gre",
            Self::Geneve => "geneve",
        }
    }

    /// The highest key.
    #[must_use]
    pub const fn max_key(self) -> u32 {
        match self {
            Self::Vxlan | Self::Geneve => 0x00ff_ffff,
            Self::Gre => u32::MAX,
        }
    }
}

/// A wish for a tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tunnel {
    /// Its kind.
    pub kind: TunnelKind,
    /// Address of the other end.
    pub remote: IpAddr,
    /// Address of this end; the host chooses where it is absent.
    #[serde(default)]
    pub local: Option<IpAddr>,
    /// Key (VNI): 0 to 16777215, for GRE to 4294967295.
    #[serde(default)]
    pub key: Option<u32>,
    /// UDP port of the other end, for VXLAN and Geneve.
    #[serde(default)]
    pub udp_port: Option<u16>,
}

impl Tunnel {
    /// Checks it.
    ///
    /// # Errors
    /// `InvalidValue` with the field.
    pub fn check(&self) -> Result<()> {
        if self.remote.is_unspecified() || self.remote.is_multicast() {
            return Err(NovaError::invalid(
                "remote",
                self.remote,
                "the address of one other host",
            ));
        }
        if let Some(local) = self.local
            && local.is_ipv4() != self.remote.is_ipv4()
        {
            return Err(NovaError::invalid(
                "local",
                local,
                "both ends need addresses of one family",
            ));
        }
        if let Some(key) = self.key
            && key > self.kind.max_key()
        {
            let allowed = format!("0 to {} for {}", self.kind.max_key(), self.kind.word());
            return Err(NovaError::invalid("key", key, &allowed));
        }
        match (self.udp_port, self.kind) {
            (Some(port), TunnelKind::Gre) => Err(NovaError::invalid(
                "udp-port",
                port,
                "GRE has no ports, VXLAN and Geneve have",
            )),
            (Some(0), _) => Err(NovaError::invalid("udp-port", 0, "1 to 65535")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_controllers_are_addresses_with_ports() {
        for (text, target) in [
            ("tcp:192.168.1.100:6653", "tcp:192.168.1.100:6653"),
            ("tcp:192.168.1.100", "tcp:192.168.1.100:6653"),
            ("ssl:[2001:db8::1]:6640", "ssl:[2001:db8::1]:6640"),
            ("tcp:[::1]", "tcp:[::1]:6653"),
            ("ptcp:6653", "ptcp:6653"),
        ] {
            assert_eq!(text.parse::<ControllerTarget>().unwrap().as_str(), target);
        }
        for text in [
            "",
            "tcp",
            "tcp:",
            "tcp:host:1",
            "tcp:1.2.3.4:0",
            "tcp:1.2.3.4:65536",
            "tcp:1.2.3.4:+1",
            "tcp:[::1",
            "tcp:[::1]x",
            "unix:/etc/shadow",
            "punix:/tmp/x",
            "ptcp:",
            "exec:sh",
            "tcp:1.2.3.4:66 53",
        ] {
            assert!(text.parse::<ControllerTarget>().is_err(), "{text}");
        }
    }

    #[test]
    fn versions_of_openflow_are_few() {
        assert_eq!("1.3".parse::<OpenFlow>().unwrap().word(), "OpenFlow13");
        for text in ["1.6", "2.0", "1", "13", "1.33", ""] {
            assert!(text.parse::<OpenFlow>().is_err(), "{text}");
        }
    }

    #[test]
    fn vlans_that_mean_nothing_are_refused() {
        let wish = |mode, tag: Option<u16>, trunks: &str| VlanWish {
            mode,
            tag: tag.map(|tag| VlanId::new(tag).unwrap()),
            trunks: if trunks.is_empty() {
                VlanSet::default()
            } else {
                trunks.parse().unwrap()
            },
        };
        for bad in [
            wish(Some(VlanMode::Access), None, ""),
            wish(Some(VlanMode::Access), Some(1), "2"),
            wish(Some(VlanMode::Trunk), Some(1), "2"),
            wish(Some(VlanMode::NativeTagged), None, "2"),
            wish(None, Some(1), "2"),
        ] {
            let error = bad.conf().unwrap_err();
            assert!(error.remedy().is_some(), "{bad:?}");
        }
        let access = wish(None, Some(100), "").conf().unwrap();
        assert_eq!((access.mode, access.tag), (None, Some(100)));
        let trunk = wish(None, None, "100,200").conf().unwrap();
        assert_eq!(trunk.trunks.len(), 2);
    }

    #[test]
    fn tunnels_have_bounds() {
        let tunnel = |kind, remote: &str, key, udp_port| Tunnel {
            kind,
            remote: remote.parse().unwrap(),
            local: None,
            key,
            udp_port,
        };
        assert!(
            tunnel(TunnelKind::Vxlan, "192.0.2.9", Some(100), None)
                .check()
                .is_ok()
        );
        for bad in [
            tunnel(TunnelKind::Vxlan, "192.0.2.9", Some(1 << 24), None),
            tunnel(TunnelKind::Gre, "192.0.2.9", None, Some(4789)),
            tunnel(TunnelKind::Geneve, "192.0.2.9", None, Some(0)),
            tunnel(TunnelKind::Vxlan, "0.0.0.0", None, None),
            tunnel(TunnelKind::Vxlan, "239.1.1.1", None, None),
            Tunnel {
                local: Some("::1".parse().unwrap()),
                ..tunnel(TunnelKind::Vxlan, "192.0.2.9", None, None)
            },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
