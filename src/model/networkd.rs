// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Files of systemd-networkd (`systemd.netdev(5)`, `systemd.network(5)`): the
//! sections and keys that Nova reads and writes, as one closed table.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{NovaError, Result};
use crate::name::{InterfaceName, printable};
use crate::plan::PlanId;

/// Every section and key that a file of Nova's may hold.
const KEYS: [(&str, &[&str]); 13] = [
    ("NetDev", &["Name", "Kind", "MACAddress", "MTUBytes"]),
    (
        "Bridge",
        &[
            // Of a .netdev file.
            "STP",
            "ForwardDelaySec",
            "HelloTimeSec",
            "MaxAgeSec",
            "AgeingTimeSec",
            "Priority",
            "GroupForwardMask",
            "MulticastSnooping",
            "MulticastQuerier",
            "VLANFiltering",
            "VLANProtocol",
            "DefaultPVID",
            // Of a .network file: the port.
            "Cost",
            "HairPin",
            "Isolated",
            "Learning",
            "UnicastFlood",
            "MulticastFlood",
            "FastLeave",
            "UseBPDU",
            "AllowPortToBeRoot",
        ],
    ),
    ("BridgeVLAN", &["VLAN", "PVID", "EgressUntagged"]),
    ("VLAN", &["Id", "Protocol"]),
    (
        "Bond",
        &[
            "Mode",
            "MIIMonitorSec",
            "UpDelaySec",
            "DownDelaySec",
            "LACPTransmitRate",
            "TransmitHashPolicy",
            "MinLinks",
        ],
    ),
    ("Match", &["Name"]),
    (
        "Link",
        &[
            "MTUBytes",
            "RequiredForOnline",
            "RequiredFamilyForOnline",
            "Unmanaged",
        ],
    ),
    (
        "Network",
        &[
            "Bridge",
            "Bond",
            "PrimarySlave",
            "VLAN",
            "DHCP",
            "LinkLocalAddressing",
            "IPv6LinkLocalAddressGenerationMode",
            "IPv4LLRoute",
            "DefaultRouteOnDevice",
            "LLMNR",
            "MulticastDNS",
            "DNSOverTLS",
            "DNSSEC",
            "DNSSECNegativeTrustAnchors",
            "Address",
            "Gateway",
            "DNS",
            "Domains",
            "DNSDefaultRoute",
            "NTP",
            "IPForward",
            "IPv4Forwarding",
            "IPv6Forwarding",
            "IPMasquerade",
            "IPv6PrivacyExtensions",
            "IPv6AcceptRA",
            "IPv6DuplicateAddressDetection",
            "IPv6HopLimit",
            "ConfigureWithoutCarrier",
            "IgnoreCarrierLoss",
            "KeepConfiguration",
        ],
    ),
    (
        "Address",
        &[
            "Address",
            "Peer",
            "Broadcast",
            "Label",
            "PreferredLifetime",
            "Scope",
            "RouteMetric",
            "HomeAddress",
            "DuplicateAddressDetection",
            "ManageTemporaryAddress",
            "AddPrefixRoute",
        ],
    ),
    (
        "Route",
        &[
            "Gateway",
            "GatewayOnLink",
            "Destination",
            "Source",
            "Metric",
            "IPv6Preference",
            "Scope",
            "PreferredSource",
            "Table",
            "Type",
            "QuickAck",
            "MTUBytes",
        ],
    ),
    (
        "DHCPv4",
        &[
            "UseDNS",
            "RoutesToDNS",
            "UseNTP",
            "RoutesToNTP",
            "UseMTU",
            "Anonymize",
            "SendHostname",
            "Hostname",
            "UseHostname",
            "UseDomains",
            "UseRoutes",
            "UseGateway",
            "UseTimezone",
            "ClientIdentifier",
            "VendorClassIdentifier",
            "UserClass",
            "MaxAttempts",
            "DUIDType",
            "DUIDRawData",
            "IAID",
            "RequestBroadcast",
            "RouteMetric",
            "RouteTable",
            "RequestOptions",
            "SendOption",
            "SendRelease",
            "RapidCommit",
        ],
    ),
    (
        "DHCPv6",
        &[
            "UseDNS",
            "UseNTP",
            "UseAddress",
            "UseHostname",
            "UseDomains",
            "WithoutRA",
            "DUIDType",
            "DUIDRawData",
            "IAID",
            "RapidCommit",
            "SendRelease",
            "RequestOptions",
        ],
    ),
    (
        "IPv6AcceptRA",
        &[
            "Token",
            "UseDNS",
            "UseDomains",
            "UseGateway",
            "UseRoutePrefix",
            "UseAutonomousPrefix",
            "UseOnLinkPrefix",
            "DHCPv6Client",
            "RouteTable",
            "RouteMetric",
            "UseMTU",
        ],
    ),
];

/// Longest value in bytes.
const MAX_VALUE: usize = 1024;
/// First words of the first line of a file that Nova wrote; the identifier of
/// the change follows.
const HEADER: &str = "# Written by Nova for the change ";
const HASH: &str = "# sha256 ";

/// A key and its value.
pub type Entry = (String, String);

/// A section of a file: only keys of the table, values that cannot leave their
/// line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "(String, Vec<Entry>)", into = "(String, Vec<Entry>)")]
pub struct Section {
    name: String,
    entries: Vec<Entry>,
}

impl Section {
    /// An empty section of the table.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            entries: Vec::new(),
        }
    }

    /// The same with one more entry. What is not of the table, or could not
    /// stand in one line, is left out.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl ToString) -> Self {
        let value = value.to_string();
        if check(&self.name, key, &value).is_ok() {
            self.entries.push((key.to_owned(), value));
        }
        self
    }

    /// The same without the entries of these keys.
    #[must_use]
    pub(crate) fn without(mut self, keys: &[&str]) -> Self {
        self.entries
            .retain(|(key, _)| !keys.contains(&key.as_str()));
        self
    }

    /// Its name, without brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Keys and values in their order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let found = self.entries.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }
}

impl TryFrom<(String, Vec<Entry>)> for Section {
    type Error = NovaError;

    fn try_from((name, entries): (String, Vec<Entry>)) -> Result<Self> {
        for (key, value) in &entries {
            check(&name, key, value)?;
        }
        Ok(Self { name, entries })
    }
}

impl From<Section> for (String, Vec<Entry>) {
    fn from(section: Section) -> Self {
        (section.name, section.entries)
    }
}

fn check(section: &str, key: &str, value: &str) -> Result<()> {
    let is_known = KEYS
        .iter()
        .any(|(name, keys)| *name == section && keys.contains(&key));
    if !is_known {
        return Err(NovaError::refused(format!(
            "the option {}= in [{}] is none that Nova carries over",
            printable(key),
            printable(section)
        )));
    }
    // A line ends at a control character; a backslash at its end goes on in the
    // next one; white space around a value is not a part of it.
    let is_one_line = value.len() <= MAX_VALUE
        && value.trim() == value
        && !value.ends_with('\\')
        && !value.chars().any(|c| c.is_control() || c == '\u{feff}');
    if !is_one_line {
        return Err(NovaError::refused(format!(
            "the value of {key}= in [{section}] does not stand in one line"
        )));
    }
    Ok(())
}

/// What a file says, section by section.
///
/// # Errors
/// `Refused` for a section or key that Nova does not know, and for a line that
/// is none of the format.
pub fn parse(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim().to_owned();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        while line.ends_with('\\') {
            line.pop();
            line.push(' ');
            // Comments between the parts of a line are no part of it.
            let next = lines
                .by_ref()
                .map(str::trim)
                .find(|next| !next.starts_with(['#', ';']));
            line.push_str(next.unwrap_or_default());
            line = line.trim().to_owned();
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            sections.push(Section {
                name: name.to_owned(),
                entries: Vec::new(),
            });
            continue;
        }
        let (Some((key, value)), Some(section)) = (line.split_once('='), sections.last_mut())
        else {
            return Err(NovaError::refused(format!(
                "the line \"{}\" is neither a section nor an option",
                printable(&line)
            )));
        };
        let (key, value) = (key.trim(), value.trim());
        // What a file is about does not concern who takes over its content.
        if section.name != "Match" {
            check(&section.name, key, value)?;
        }
        section.entries.push((key.to_owned(), value.to_owned()));
    }
    Ok(sections)
}

/// The link that a `.netdev` file makes, whatever else it says: the last `Name=`
/// of its section `[NetDev]`.
#[must_use]
pub fn link_made(text: &str) -> Option<InterfaceName> {
    let mut is_inside = false;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            is_inside = line == "[NetDev]";
        } else if let (true, Some((key, value))) = (is_inside, line.split_once('='))
            && key.trim() == "Name"
        {
            found = value.trim().parse().ok();
        }
    }
    found
}

/// What a file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A link that systemd-networkd makes.
    Netdev,
    /// The configuration of a link.
    Network,
}

/// Where a file stands among others: for each link the first by name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// `03-`: while an undo waits, before Nova's own lasting files.
    Undo,
    /// `04-`: before a file of Nova's own about the same link.
    Stacked,
    /// `05-`: before a file that a person or an installer wrote.
    Early,
    /// `25-`: before what a distribution brings.
    Usual,
}

/// How long a file is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Until the machine boots: `/run/systemd/network`.
    Volatile,
    /// For good: `/etc/systemd/network`.
    Lasting,
}

impl Place {
    /// The folder.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Volatile => "/run/systemd/network",
            Self::Lasting => "/etc/systemd/network",
        }
    }
}

/// A file of Nova's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NetworkdFile {
    /// What it describes.
    pub kind: FileKind,
    /// The link it is about.
    pub link: InterfaceName,
    /// Where it stands among others.
    pub rank: Rank,
    /// The change it was written for.
    pub change: PlanId,
    /// What it says.
    pub sections: Vec<Section>,
}

impl NetworkdFile {
    /// Its name, without the folder: `25-nova-br0.netdev`.
    #[must_use]
    pub fn name(&self) -> String {
        let rank = match self.rank {
            Rank::Undo => "03",
            Rank::Stacked => "04",
            Rank::Early => "05",
            Rank::Usual => "25",
        };
        let kind = match self.kind {
            FileKind::Netdev => "netdev",
            FileKind::Network => "network",
        };
        format!("{rank}-nova-{}.{kind}", self.link)
    }

    /// Its text: a header that marks it as Nova's, and the sections.
    #[must_use]
    pub fn text(&self) -> String {
        marked(self.change, &self.body())
    }

    /// The sections as text.
    #[must_use]
    pub fn body(&self) -> String {
        body(&self.sections)
    }
}

/// The name of a `.netdev` file of somebody else's, without its folder:
/// `10-br0.netdev`. At most 200 letters, digits and `._@:+-`, no `.` at first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct NetdevName(String);

impl NetdevName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NetdevName {
    type Error = NovaError;

    fn try_from(name: String) -> Result<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@:+-".contains(c);
        let is_fine = name.len() <= 200
            && name.ends_with(".netdev")
            && !name.starts_with('.')
            && name.chars().all(is_plain);
        match is_fine {
            true => Ok(Self(name)),
            false => Err(NovaError::refused(format!(
                "\"{}\" is no plain name of a .netdev file",
                printable(&name)
            ))),
        }
    }
}

impl From<NetdevName> for String {
    fn from(name: NetdevName) -> Self {
        name.0
    }
}

/// A file of Nova's that adds to one of somebody else's (`systemd.netdev(5)`):
/// `/etc/systemd/network/10-br0.netdev.d/nova.conf`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DropIn {
    /// The file it adds to.
    pub beside: NetdevName,
    /// The change it was written for.
    pub change: PlanId,
    /// What it says.
    pub sections: Vec<Section>,
}

impl DropIn {
    /// Its name in its folder.
    pub const NAME: &str = "nova.conf";

    /// Its folder in that of the files.
    #[must_use]
    pub fn folder(beside: &NetdevName) -> String {
        format!("{}.d", beside.0)
    }

    /// Its path below the folder of the files.
    #[must_use]
    pub fn path(beside: &NetdevName) -> String {
        format!("{}/{}", Self::folder(beside), Self::NAME)
    }

    /// Its text, marked as Nova's.
    #[must_use]
    pub fn text(&self) -> String {
        marked(self.change, &self.body())
    }

    /// The sections as text.
    #[must_use]
    pub fn body(&self) -> String {
        body(&self.sections)
    }
}

fn marked(change: PlanId, body: &str) -> String {
    format!("{HEADER}{change}.\n{HASH}{}\n{body}", hash(body))
}

fn body(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(&format!("\n[{}]\n", section.name));
        for (key, value) in &section.entries {
            text.push_str(&format!("{key}={value}\n"));
        }
    }
    text
}

/// The change that wrote a file of Nova's, where nobody altered it since.
#[must_use]
pub fn written_by(text: &str) -> Option<PlanId> {
    let (header, rest) = text.split_once('\n')?;
    let change = header.strip_prefix(HEADER)?.strip_suffix('.')?;
    let (mark, body) = rest.split_once('\n')?;
    (mark.strip_prefix(HASH)? == hash(body))
        .then(|| change.parse().ok())
        .flatten()
}

fn hash(body: &str) -> String {
    Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> impl Strategy<Value = Section> {
        let table = proptest::sample::select(KEYS.to_vec());
        (
            table,
            proptest::collection::vec((any::<proptest::sample::Index>(), ".{0,40}"), 0..6),
        )
            .prop_map(|((name, keys), entries)| {
                entries
                    .into_iter()
                    .fold(Section::new(name), |section, (at, value)| {
                        section.with(keys[at.index(keys.len())], value)
                    })
            })
    }

    proptest! {
        #[test]
        fn r16_a_file_reads_back_as_it_was_written(sections in proptest::collection::vec(entries(), 1..5)) {
            let file = NetworkdFile {
                kind: FileKind::Network,
                link: "br0".parse().unwrap(),
                rank: Rank::Usual,
                change: PlanId::from_bits(7),
                sections,
            };
            let text = file.text();
            prop_assert_eq!(parse(&text).unwrap(), file.sections);
            prop_assert_eq!(written_by(&text), Some(PlanId::from_bits(7)));
        }

        #[test]
        fn no_text_of_a_file_makes_the_reader_panic(text in "(\\PC|\n|\\[|\\]|=|\\\\){0,200}") {
            let _ = parse(&text);
            let _ = written_by(&text);
        }
    }

    #[test]
    fn r16_a_value_never_becomes_a_line_of_its_own() {
        for value in ["a\n[Link]", "a\\", " a", "a\u{7}", "\u{feff}a"] {
            assert!(
                Section::new("Network")
                    .with("DNS", value)
                    .entries()
                    .is_empty(),
                "{value:?}"
            );
            let raw = (
                "Network".to_owned(),
                vec![("DNS".to_owned(), value.to_owned())],
            );
            assert!(Section::try_from(raw).is_err(), "{value:?}");
        }
    }

    #[test]
    fn r16_a_key_outside_the_table_is_refused_by_name() {
        let error = parse("[Network]\nDHCPServer=yes\n").unwrap_err();
        assert!(
            error.message().contains("DHCPServer= in [Network]"),
            "{error}"
        );
        assert!(parse("[Exec]\nStart=/bin/sh\n").is_err());
    }

    #[test]
    fn a_file_that_was_altered_is_no_longer_nova_s() {
        let file = NetworkdFile {
            kind: FileKind::Netdev,
            link: "br0".parse().unwrap(),
            rank: Rank::Usual,
            change: PlanId::from_bits(7),
            sections: vec![
                Section::new("NetDev")
                    .with("Name", "br0")
                    .with("Kind", "bridge"),
            ],
        };
        assert_eq!(file.name(), "25-nova-br0.netdev");
        assert_eq!(written_by(&format!("{}MTUBytes=9000\n", file.text())), None);
        assert_eq!(written_by("[NetDev]\nName=br0\n"), None);
    }

    #[test]
    fn the_link_that_a_file_makes_is_read_whatever_else_it_says() {
        let text = "[Match]\nHost=a\n[NetDev]\n# Name=no\nKind = bridge\nName = br0 \nMTUBytes=1K\n[Bridge]\nName=no\n";
        assert_eq!(link_made(text), Some("br0".parse().unwrap()));
        for text in [
            "",
            "[NetDev]\nKind=bridge\n",
            "Name=br0\n",
            "[NetDev]\nName=a/b\n",
        ] {
            assert_eq!(link_made(text), None, "{text:?}");
        }
    }

    #[test]
    fn r16_only_a_plain_name_of_a_file_is_added_to() {
        for name in ["10-br0.netdev", "a@b:c+d_e.netdev"] {
            assert!(NetdevName::try_from(name.to_owned()).is_ok(), "{name}");
        }
        let long = format!("{}.netdev", "a".repeat(200));
        for name in [
            "../x.netdev",
            "a/b.netdev",
            ".netdev",
            "br0.network",
            "a b.netdev",
            &long,
        ] {
            let refused = NetdevName::try_from(name.to_owned());
            assert!(refused.is_err(), "{name}");
        }
    }

    #[test]
    fn lines_that_go_on_are_one_line() {
        let sections =
            parse("[Network]\n# a comment\nDNS=192.0.2.1 \\\n; another\n  192.0.2.2\n").unwrap();
        assert_eq!(sections[0].value("DNS"), Some("192.0.2.1  192.0.2.2"));
    }
}
