// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Files of systemd-networkd for bridges, bonds and their ports, and what they
//! take over of the file that configured a card before.

use crate::address::{IpNet, MacAddress, Route};
use crate::bond::BondOptions;
use crate::bridge::{BridgeOptions, PortOptions, PortPatch};
use crate::error::{NovaError, Result};
use crate::link::Link;
use crate::name::InterfaceName;
use crate::networkd::{FileKind, NetworkdFile, Place, Rank, Section, parse};
use crate::networkd_made;
use crate::plan::PlanId;
use crate::vlan::VlanId;
use crate::vlan_table::{VlanRange, VlanTable};

/// What a `.network` file says about the host's own addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Adopted {
    /// The sections, without `[Match]`.
    sections: Vec<Section>,
}

/// Reads the text of a card's `.network` file and of its drop-ins.
///
/// # Errors
/// `Refused` for what Nova would have to leave behind.
pub(crate) fn adopt(text: &str) -> Result<Adopted> {
    let mut sections = parse(text)?;
    sections.retain(|section| section.name() != "Match");
    for section in &sections {
        let name = section.name();
        if matches!(name, "NetDev" | "Bridge" | "BridgeVLAN" | "VLAN" | "Bond") {
            return Err(NovaError::refused(format!(
                "the section [{name}] is none that Nova carries over"
            )));
        }
        let is_stacked = |key: &str| matches!(key, "Bridge" | "Bond" | "VLAN" | "Unmanaged");
        if let Some((key, _)) = section.entries().iter().find(|(key, _)| is_stacked(key)) {
            return Err(NovaError::refused(format!(
                "the option {key}= in [{name}] is none that Nova carries over"
            )));
        }
    }
    Ok(Adopted { sections })
}

impl Adopted {
    /// The same with the number by which the DHCP client told the card from
    /// others, so that the server goes on with the same lease.
    pub(crate) fn with_iaid(mut self, iaid: Option<u32>) -> Self {
        let says_who = self.sections.iter().any(|section| {
            section.name() == "DHCPv4"
                && (section.value("IAID").is_some() || section.value("ClientIdentifier").is_some())
        });
        if let (false, Some(iaid)) = (says_who, iaid) {
            let section = Section::new("DHCPv4").with("IAID", iaid);
            self.sections.push(section);
        }
        self
    }

    /// The same with this MTU, where it gives none.
    pub(crate) fn with_mtu(mut self, mtu: Option<u32>) -> Self {
        if let (None, Some(mtu)) = (self.mtu(), mtu) {
            self.sections
                .insert(0, Section::new("Link").with("MTUBytes", mtu));
        }
        self
    }

    /// What keeps these addresses and routes of a host that nobody configured
    /// before.
    pub(crate) fn of(nets: &[IpNet], routes: &[Route]) -> Self {
        let mut network = Section::new("Network");
        for net in nets {
            network = network.with("Address", net);
        }
        let mut sections = vec![network];
        for route in routes
            .iter()
            .filter(|route| route.protocol != Route::PROTOCOL_KERNEL)
        {
            let mut section = Section::new("Route").with("Destination", route.destination);
            if let Some(gateway) = route.gateway {
                section = section.with("Gateway", gateway);
            }
            if let Some(source) = route.source {
                section = section.with("PreferredSource", source);
            }
            if route.metric != 0 {
                section = section.with("Metric", route.metric);
            }
            sections.push(section);
        }
        Self { sections }
    }

    /// What has systemd-networkd leave a link alone.
    pub(crate) fn let_go() -> Self {
        Self {
            sections: vec![Section::new("Link").with("Unmanaged", "yes")],
        }
    }

    /// What the `.network` file about this link says, among these files.
    pub(crate) fn among(files: &[(Place, NetworkdFile)], link: &InterfaceName) -> Option<Self> {
        let (_, file) = files
            .iter()
            .find(|(_, file)| file.kind == FileKind::Network && file.link == *link)?;
        let mut sections = file.sections.clone();
        sections.retain(|section| section.name() != "Match");
        Some(Self { sections })
    }

    /// The addresses that are set by hand.
    pub(crate) fn addresses(&self) -> Vec<IpNet> {
        self.sections
            .iter()
            .filter(|section| matches!(section.name(), "Network" | "Address"))
            .flat_map(Section::entries)
            .filter(|(key, _)| key == "Address")
            .filter_map(|(_, value)| value.parse().ok())
            .collect()
    }

    /// A file that says the same about another link.
    pub(crate) fn about(&self, link: &InterfaceName, rank: Rank, change: PlanId) -> NetworkdFile {
        let mut sections = vec![Section::new("Match").with("Name", link)];
        sections.extend(self.sections.clone());
        NetworkdFile {
            kind: FileKind::Network,
            link: link.clone(),
            rank,
            change,
            sections,
        }
    }

    fn mtu(&self) -> Option<&str> {
        self.sections
            .iter()
            .filter(|section| section.name() == "Link")
            .find_map(|section| section.value("MTUBytes"))
    }
}

/// What the files of a bridge or a bond are made from.
pub(crate) struct SwitchFiles<'a> {
    pub(crate) change: PlanId,
    pub(crate) rank: Rank,
    pub(crate) name: &'a InterfaceName,
    pub(crate) mac: Option<MacAddress>,
    pub(crate) kind: SwitchKind<'a>,
    pub(crate) adopted: Option<&'a Adopted>,
    /// A bridge as a port of itself, where it stands.
    pub(crate) itself: Option<&'a Link>,
}

/// What files make, with its options.
#[derive(Clone, Copy)]
pub(crate) enum SwitchKind<'a> {
    Bridge(&'a BridgeOptions),
    Bond {
        options: &'a BondOptions,
        primary: Option<&'a InterfaceName>,
    },
    /// Made by Open vSwitch, of its database.
    OpenVSwitch,
}

impl SwitchKind<'_> {
    /// What makes it; nothing where another program does.
    fn sections(self, name: &InterfaceName, mac: Option<MacAddress>) -> Result<Vec<Section>> {
        let (kind, own) = match self {
            Self::Bridge(options) => ("bridge", bridge_options(name, options)?),
            Self::Bond { options, .. } => ("bond", networkd_made::bond_options(name, options)?),
            Self::OpenVSwitch => return Ok(Vec::new()),
        };
        let mut netdev = Section::new("NetDev").with("Name", name).with("Kind", kind);
        if let Some(mac) = mac {
            netdev = netdev.with("MACAddress", mac);
        }
        Ok(vec![netdev, own])
    }
}

impl SwitchFiles<'_> {
    /// The files of the bridge or bond itself: what it is, and its
    /// configuration.
    ///
    /// # Errors
    /// `Refused` for options that systemd-networkd cannot set.
    pub(crate) fn switch(&self) -> Result<Vec<NetworkdFile>> {
        let nothing = Adopted::default();
        let mut network = self
            .adopted
            .unwrap_or(&nothing)
            .about(self.name, self.rank, self.change);
        if self.adopted.is_none() {
            // It carries frames, not addresses of this host, and is up without
            // a port.
            network.sections.push(
                Section::new("Network")
                    .with("LinkLocalAddressing", "no")
                    .with("ConfigureWithoutCarrier", "yes"),
            );
            network
                .sections
                .insert(1, Section::new("Link").with("RequiredForOnline", "no"));
        }
        // The bridge is a port of itself: what this host reaches through it.
        if let (Some(link), SwitchKind::Bridge(options)) = (self.itself, self.kind) {
            let own = |section: &Section| !matches!(section.name(), "BridgeVLAN");
            network.sections.retain(own);
            network.sections.extend(
                port_sections(link, options.default_pvid)
                    .into_iter()
                    .filter(|section| section.name() == "BridgeVLAN"),
            );
        }
        let made = self.kind.sections(self.name, self.mac)?;
        let netdev = (!made.is_empty()).then(|| self.file(FileKind::Netdev, self.name, made));
        Ok(netdev.into_iter().chain([network]).collect())
    }

    /// The file of a port or a member.
    pub(crate) fn port(&self, port: &InterfaceName) -> NetworkdFile {
        let mut sections = vec![Section::new("Match").with("Name", port)];
        let mut network = Section::new("Network");
        match self.kind {
            SwitchKind::Bridge(_) => {
                // All members have the MTU of their bond; ports have their own.
                if let Some(mtu) = self.adopted.and_then(Adopted::mtu) {
                    sections.push(Section::new("Link").with("MTUBytes", mtu));
                }
                network = network.with("Bridge", self.name);
            }
            SwitchKind::OpenVSwitch => {
                if let Some(mtu) = self.adopted.and_then(Adopted::mtu) {
                    sections.push(Section::new("Link").with("MTUBytes", mtu));
                }
            }
            SwitchKind::Bond { primary, .. } => {
                network = network.with("Bond", self.name);
                if primary == Some(port) {
                    network = network.with("PrimarySlave", "yes");
                }
            }
        }
        sections.push(network.with("LinkLocalAddressing", "no"));
        self.file(FileKind::Network, port, sections)
    }

    fn file(&self, kind: FileKind, link: &InterfaceName, sections: Vec<Section>) -> NetworkdFile {
        NetworkdFile {
            kind,
            link: link.clone(),
            rank: self.rank,
            change: self.change,
            sections,
        }
    }
}

/// The section `[Bridge]` of a `.netdev` file; its times are seconds.
fn bridge_options(name: &InterfaceName, options: &BridgeOptions) -> Result<Section> {
    let defaults = BridgeOptions::default();
    refuse_unknown(name, &defaults, options)?;
    // What it does not say is as the kernel has it; whether there is a tree is
    // always said.
    let usual = bridge_entries(&defaults);
    let entries = bridge_entries(options).into_iter().zip(usual);
    let section = entries
        .filter(|(entry, usual)| entry.0 == "STP" || entry != usual)
        .fold(Section::new("Bridge"), |section, ((key, value), _)| {
            section.with(key, value)
        });
    Ok(section)
}

/// What of `[Bridge]` differs between these options of a bridge.
///
/// # Errors
/// `Refused` for what systemd-networkd cannot set.
pub(crate) fn bridge_changes(
    name: &InterfaceName,
    was: &BridgeOptions,
    is: &BridgeOptions,
) -> Result<Vec<(&'static str, String)>> {
    refuse_unknown(name, was, is)?;
    let entries = bridge_entries(is).into_iter().zip(bridge_entries(was));
    let changed = entries.filter(|(is, was)| is != was);
    Ok(changed.map(|(is, _)| is).collect())
}

/// Refuses what changes and has no key, or no value, in `[Bridge]`.
fn refuse_unknown(name: &InterfaceName, was: &BridgeOptions, is: &BridgeOptions) -> Result<()> {
    if is.priority == 0 && was.priority != 0 {
        return Err(NovaError::refused(format!(
            "bridge {name}: systemd-networkd cannot set the priority 0, it takes 1 to 65535"
        ))
        .with_field("priority")
        .with_remedy("Choose 4096, the next step of 802.1D, or keep it until the next boot only with \"--persist none\"."));
    }
    if is.multicast_hash_max != was.multicast_hash_max {
        return Err(NovaError::refused(format!(
            "bridge {name}: systemd-networkd cannot set how many multicast groups it remembers"
        ))
        .with_field("multicast-hash-max")
        .with_remedy(format!(
            "Leave that at {}, or keep it until the next boot only with \"--persist none\".",
            was.multicast_hash_max
        )));
    }
    Ok(())
}

/// Every option of a bridge as `[Bridge]` of a `.netdev` file says it.
fn bridge_entries(options: &BridgeOptions) -> [(&'static str, String); 12] {
    let yes = |on: bool| if on { "yes" } else { "no" }.to_owned();
    [
        ("STP", yes(options.stp)),
        ("ForwardDelaySec", options.forward_delay.to_string()),
        ("HelloTimeSec", options.hello_time.to_string()),
        ("MaxAgeSec", options.max_age.to_string()),
        ("AgeingTimeSec", options.ageing_time.to_string()),
        ("Priority", options.priority.to_string()),
        ("MulticastSnooping", yes(options.multicast_snooping)),
        ("MulticastQuerier", yes(options.multicast_querier)),
        ("VLANFiltering", yes(options.vlan_filtering)),
        ("GroupForwardMask", options.group_fwd_mask.to_string()),
        (
            "DefaultPVID",
            match options.default_pvid {
                0 => "none".to_owned(),
                vlan => vlan.to_string(),
            },
        ),
        ("VLANProtocol", options.vlan_protocol.word().to_owned()),
    ]
}

/// What a port's file says of the port itself; `usual` is the VLAN that every
/// port of its bridge gets.
pub(crate) fn port_sections(link: &Link, usual: u16) -> Vec<Section> {
    let mut sections = Vec::new();
    let options = link.port.map(|port| port.options).unwrap_or_default();
    let patch = PortPatch::between(&PortOptions::default(), &options);
    let yes = |on: bool| if on { "yes" } else { "no" };
    let switches = [
        ("HairPin", patch.hairpin),
        ("Isolated", patch.isolated),
        ("Learning", patch.learning),
        ("UnicastFlood", patch.unicast_flood),
        ("MulticastFlood", patch.multicast_flood),
        ("FastLeave", patch.multicast_fast_leave),
        // Whether spanning tree is heard, and whether the port may lead to the root:
        // the kernel's flags the other way round. systemd 239 to 251 hands them on
        // as the flags themselves, against its manual.
        ("UseBPDU", patch.bpdu_guard.map(|on| !on)),
        ("AllowPortToBeRoot", patch.root_block.map(|on| !on)),
    ];
    let mut section = Section::new("Bridge");
    for (key, on) in switches {
        if let Some(on) = on {
            section = section.with(key, yes(on));
        }
    }
    if let Some(cost) = patch.cost {
        section = section.with("Cost", cost);
    }
    if let Some(priority) = patch.priority {
        section = section.with("Priority", priority);
    }
    if !section.entries().is_empty() {
        sections.push(section);
    }
    for range in kept_vlans(link, usual) {
        let vlans = if range.first == range.last {
            range.first.to_string()
        } else {
            format!("{}-{}", range.first, range.last)
        };
        let mut section = Section::new("BridgeVLAN").with("VLAN", &vlans);
        if range.is_untagged {
            section = section.with("EgressUntagged", &vlans);
        }
        if range.is_pvid {
            section = section.with("PVID", &vlans);
        }
        sections.push(section);
    }
    sections
}

/// The VLANs of a link that are not just the one every port gets (`usual`, 0 for
/// none).
pub(crate) fn kept_vlans(link: &Link, usual: u16) -> Vec<VlanRange> {
    let usual = VlanId::try_from(usual)
        .map(VlanTable::access)
        .unwrap_or_default();
    if link.vlans == usual {
        Vec::new()
    } else {
        link.vlans.ranges()
    }
}

/// Where Nova's file for a card has to stand so that it comes before the file
/// that configures it now; nothing where no place does.
pub(crate) fn rank_before(file: &str, card: &InterfaceName) -> Option<Rank> {
    let name = file.rsplit('/').next().unwrap_or(file);
    [Rank::Usual, Rank::Early, Rank::Stacked]
        .into_iter()
        .find(|rank| {
            let own = NetworkdFile {
                kind: FileKind::Network,
                link: card.clone(),
                rank: *rank,
                change: PlanId::from_bits(0),
                sections: Vec::new(),
            };
            own.name().as_str() < name
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{PortStatus, StpState};
    use crate::link::LinkKind;

    #[test]
    fn nova_s_file_comes_before_the_one_that_was_there() {
        let card: InterfaceName = "eth0".parse().unwrap();
        for (file, rank) in [
            (
                "/usr/lib/systemd/network/80-wired.network",
                Some(Rank::Usual),
            ),
            ("/etc/systemd/network/20-wired.network", Some(Rank::Early)),
            (
                "/run/systemd/network/10-netplan-eth0.network",
                Some(Rank::Early),
            ),
            ("/etc/systemd/network/00-first.network", None),
        ] {
            assert_eq!(rank_before(file, &card), rank, "{file}");
        }
    }

    #[test]
    fn what_would_be_left_behind_is_named() {
        for (text, says) in [
            ("[Network]\nVLAN=eth0.5\n", "VLAN= in [Network]"),
            ("[Bridge]\nCost=4\n", "[Bridge]"),
            ("[CAN]\nBitRate=1\n", "[CAN]"),
        ] {
            let error = adopt(text).unwrap_err();
            assert!(error.message().contains(says), "{text}: {error}");
        }
    }

    /// What is said of a port whose options are the kernel's but for these.
    fn said(options: &str) -> Vec<String> {
        let mut link = Link::new(2, "eth1".into(), LinkKind::Physical);
        link.port = Some(PortStatus {
            options: serde_json::from_str(options).unwrap(),
            ..PortStatus::new(1, StpState::Forwarding)
        });
        let sections = port_sections(&link, 0);
        let entries = sections.iter().flat_map(|section| {
            assert_eq!(section.name(), "Bridge", "{options}");
            section.entries()
        });
        entries
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }

    /// A port with the BPDU guard does not hear spanning tree, one with root block
    /// may not lead to the root (`systemd.network(5)`).
    #[test]
    fn each_option_of_a_port_is_said_by_the_key_that_means_it() {
        for (options, entry) in [
            (r#"{"bpdu_guard":true}"#, "UseBPDU=no"),
            (r#"{"root_block":true}"#, "AllowPortToBeRoot=no"),
            (r#"{"hairpin":true}"#, "HairPin=yes"),
            (r#"{"isolated":true}"#, "Isolated=yes"),
            (r#"{"learning":false}"#, "Learning=no"),
            (r#"{"unicast_flood":false}"#, "UnicastFlood=no"),
            (r#"{"multicast_flood":false}"#, "MulticastFlood=no"),
            (r#"{"multicast_fast_leave":true}"#, "FastLeave=yes"),
            (r#"{"cost":7}"#, "Cost=7"),
            (r#"{"priority":5}"#, "Priority=5"),
        ] {
            assert_eq!(said(options), [entry]);
        }
        let both = r#"{"bpdu_guard":true,"root_block":true}"#;
        assert_eq!(said(both), ["UseBPDU=no", "AllowPortToBeRoot=no"]);
        // What the kernel gives is not said, and broadcasts have no key: Nova sets
        // them itself with each boot.
        for options in [
            r#"{"bpdu_guard":false,"root_block":false}"#,
            r#"{"broadcast_flood":false}"#,
        ] {
            assert!(said(options).is_empty(), "{options}");
        }
    }

    #[test]
    fn networkd_cannot_set_the_priority_zero_and_says_so() {
        let name = "br0".parse().unwrap();
        let lowest = BridgeOptions {
            priority: 0,
            ..BridgeOptions::default()
        };
        let error = bridge_options(&name, &lowest).unwrap_err();
        assert_eq!(error.field(), Some("priority"));
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("4096")));
    }

    /// T31: `[Bridge]` has no such key.
    #[test]
    fn networkd_cannot_set_how_many_groups_are_remembered_and_says_so() {
        let name = "br0".parse().unwrap();
        let few = BridgeOptions {
            multicast_hash_max: 512,
            ..BridgeOptions::default()
        };
        let error = bridge_options(&name, &few).unwrap_err();
        assert_eq!(error.field(), Some("multicast-hash-max"));
        assert!(error.message().contains("bridge br0"), "{error}");
        assert!(
            error
                .remedy()
                .is_some_and(|remedy| remedy.contains("--persist none"))
        );
        assert!(bridge_options(&name, &BridgeOptions::default()).is_ok());
    }
}
