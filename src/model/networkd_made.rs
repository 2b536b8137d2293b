// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Files of systemd-networkd for bonds and sub-interfaces that Nova made, and
//! for what stands upon a link.

use crate::bond::{BondMode, BondOptions, BondPatch, HashPolicy};
use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind};
use crate::name::InterfaceName;
use crate::networkd::{FileKind, NetworkdFile, Section, parse};

/// What a `.network` file has to say of a link, beside its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stack {
    /// The bridge or the bond above it.
    pub(crate) above: Option<Above>,
    /// The sub-interfaces upon it.
    pub(crate) vlans: Vec<InterfaceName>,
    /// Its MTU, where that is set by hand.
    pub(crate) mtu: Option<u32>,
}

/// What a link is a port or a member of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Above {
    /// Its name.
    pub(crate) name: InterfaceName,
    /// Whether it is a bond.
    pub(crate) is_bond: bool,
    /// Whether the bond prefers the link.
    pub(crate) is_primary: bool,
}

/// The sections of a link that nobody configured: what stands upon it needs it
/// up, and the host is online without it.
pub(crate) fn plain() -> Vec<Section> {
    vec![
        Section::new("Link").with("RequiredForOnline", "no"),
        Section::new("Network")
            .with("LinkLocalAddressing", "no")
            .with("ConfigureWithoutCarrier", "yes"),
    ]
}

/// What a file says of the link it is about, to be said again in another file
/// about the same link.
///
/// # Errors
/// `Refused` for what Nova does not know.
pub(crate) fn again(text: &str) -> Result<Vec<Section>> {
    let mut sections = parse(text)?;
    sections.retain(|section| section.name() != "Match");
    Ok(sections)
}

impl Stack {
    /// The sections with this stack instead of the one they tell.
    pub(crate) fn applied_to(&self, sections: Vec<Section>) -> Vec<Section> {
        let mut sections: Vec<Section> = sections
            .into_iter()
            .map(|section| match section.name() {
                "Network" => section.without(&["Bridge", "Bond", "VLAN", "PrimarySlave"]),
                "Link" if self.mtu.is_some() => section.without(&["MTUBytes"]),
                _ => section,
            })
            .collect();
        let mut network = Vec::new();
        if let Some(above) = &self.above {
            let key = if above.is_bond { "Bond" } else { "Bridge" };
            network.push((key, above.name.to_string()));
            if above.is_primary {
                network.push(("PrimarySlave", "yes".to_owned()));
            }
        }
        network.extend(self.vlans.iter().map(|vlan| ("VLAN", vlan.to_string())));
        add(&mut sections, "Network", network);
        let mtu = self.mtu.map(|mtu| ("MTUBytes", mtu.to_string()));
        add(&mut sections, "Link", mtu.into_iter().collect());
        sections.retain(|section| section.name() == "Network" || !section.entries().is_empty());
        sections
    }
}

/// Has the section of this name say these values, instead of what it said of them.
pub(crate) fn replace(
    sections: &mut Vec<Section>,
    name: &'static str,
    set: Vec<(&'static str, String)>,
) {
    let keys: Vec<&str> = set.iter().map(|(key, _)| *key).collect();
    if let Some(section) = sections.iter_mut().find(|section| section.name() == name) {
        *section = section.clone().without(&keys);
    }
    add(sections, name, set);
}

fn add(sections: &mut Vec<Section>, name: &'static str, entries: Vec<(&str, String)>) {
    if entries.is_empty() {
        return;
    }
    let at = sections.iter().position(|section| section.name() == name);
    let section = match at {
        Some(at) => sections.remove(at),
        None => Section::new(name),
    };
    let section = entries
        .into_iter()
        .fold(section, |section, (key, value)| section.with(key, value));
    sections.insert(at.unwrap_or(0), section);
}

/// The sections of the `.netdev` file that makes a bond or a sub-interface.
pub(crate) fn netdev(name: &InterfaceName, link: &Link) -> Vec<Section> {
    let head = Section::new("NetDev").with("Name", name);
    match link.kind {
        LinkKind::Vlan { vid, protocol } => {
            let mut vlan = Section::new("VLAN").with("Id", vid);
            if protocol != crate::bridge::VlanProtocol::default() {
                vlan = vlan.with("Protocol", protocol.word());
            }
            vec![head.with("Kind", "vlan"), vlan]
        }
        _ => {
            let mut head = head.with("Kind", "bond");
            if let Some(mac) = link.mac {
                head = head.with("MACAddress", mac);
            }
            let options = link.bond.as_ref().map(|bond| bond.options);
            vec![head, bond(&options.unwrap_or_default())]
        }
    }
}

/// The same, where systemd-networkd can set them.
///
/// # Errors
/// `Refused` for a policy that it does not know.
pub(crate) fn bond_options(name: &InterfaceName, options: &BondOptions) -> Result<Section> {
    refuse_unknown(name, &BondPatch::between(&BondOptions::default(), options))?;
    Ok(bond(options))
}

/// What of `[Bond]` differs between these options of a bond.
///
/// # Errors
/// `Refused` for a policy that systemd-networkd does not know.
pub(crate) fn bond_changes(
    name: &InterfaceName,
    was: &BondOptions,
    is: &BondOptions,
) -> Result<Vec<(&'static str, String)>> {
    let set = BondPatch::between(was, is);
    refuse_unknown(name, &set)?;
    Ok(bond_entries(&set, is.mode))
}

fn refuse_unknown(name: &InterfaceName, set: &BondPatch) -> Result<()> {
    if set.xmit_hash_policy != Some(HashPolicy::VlanSource) {
        return Ok(());
    }
    Err(NovaError::refused(format!(
        "bond {name}: systemd-networkd does not know the hash policy {}",
        HashPolicy::VlanSource
    ))
    .with_field("persist")
    .with_remedy("Choose another policy, or say \"--persist none\"."))
}

/// The section `[Bond]` of a `.netdev` file.
fn bond(options: &BondOptions) -> Section {
    let set = BondPatch {
        mode: Some(options.mode),
        ..BondPatch::between(&BondOptions::default(), options)
    };
    let entries = bond_entries(&set, options.mode).into_iter();
    entries.fold(Section::new("Bond"), |section, (key, value)| {
        section.with(key, value)
    })
}

/// What is set, as `[Bond]` of a `.netdev` file says it of a bond of this mode.
fn bond_entries(set: &BondPatch, mode: BondMode) -> Vec<(&'static str, String)> {
    let time = |time: Option<u32>| time.map(|time| format!("{time}ms"));
    let rate = set.lacp_rate.filter(|_| mode == BondMode::Lacp);
    let entries = [
        ("Mode", set.mode.map(|it| it.to_string())),
        ("MIIMonitorSec", time(set.miimon)),
        ("UpDelaySec", time(set.up_delay)),
        ("DownDelaySec", time(set.down_delay)),
        ("LACPTransmitRate", rate.map(|it| it.to_string())),
        (
            "TransmitHashPolicy",
            set.xmit_hash_policy.map(|it| it.to_string()),
        ),
        ("MinLinks", set.min_links.map(|it| it.to_string())),
    ];
    let set = entries.into_iter();
    set.filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Whether this is the `.netdev` file that made the link.
pub(crate) fn makes(file: &NetworkdFile, link: &Link) -> bool {
    if file.kind != FileKind::Netdev || !link.name.is(file.link.as_str()) {
        return false;
    }
    let says = |key: &str, value: &str| {
        let mut sections = file.sections.iter();
        sections.any(|section| {
            section
                .value(key)
                .is_some_and(|it| it.eq_ignore_ascii_case(value))
        })
    };
    let has_mac = || {
        link.mac
            .is_some_and(|mac| says("MACAddress", &mac.to_string()))
    };
    match link.kind {
        LinkKind::Bridge => says("Kind", "bridge") && has_mac(),
        LinkKind::Bond => says("Kind", "bond") && has_mac(),
        LinkKind::Vlan { vid, .. } => says("Kind", "vlan") && says("Id", &vid.to_string()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_replaces_the_one_that_was_and_nothing_else() {
        let text = "[Network]\nDHCP=ipv4\nBridge=br9\nVLAN=eth0.5\n[DHCPv4]\nRouteMetric=5\n";
        let stack = Stack {
            above: Some(Above {
                name: "bond0".parse().unwrap(),
                is_bond: true,
                is_primary: true,
            }),
            vlans: vec!["eth0.6".parse().unwrap(), "eth0.7".parse().unwrap()],
            mtu: Some(9000),
        };
        let file = NetworkdFile {
            kind: FileKind::Network,
            link: "eth0".parse().unwrap(),
            rank: crate::networkd::Rank::Usual,
            change: crate::plan::PlanId::from_bits(1),
            sections: stack.applied_to(again(text).unwrap()),
        };
        assert_eq!(
            file.body(),
            "\n[Link]\nMTUBytes=9000\n\n[Network]\nDHCP=ipv4\nBond=bond0\nPrimarySlave=yes\n\
             VLAN=eth0.6\nVLAN=eth0.7\n\n[DHCPv4]\nRouteMetric=5\n"
        );
    }

    #[test]
    fn times_of_a_bond_have_their_unit() {
        let options = BondOptions {
            mode: BondMode::Lacp,
            miimon: 100,
            up_delay: 200,
            ..BondOptions::default()
        };
        let section = bond(&options);
        assert_eq!(section.value("Mode"), Some("802.3ad"));
        assert_eq!(section.value("MIIMonitorSec"), Some("100ms"));
        assert_eq!(section.value("UpDelaySec"), Some("200ms"));
        assert_eq!(section.value("LACPTransmitRate"), None);
    }
}
