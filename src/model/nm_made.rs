// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Profiles of the `NetworkManager` daemon for bonds and sub-interfaces that
//! Nova made, and what profiles of all links have in common.

use std::collections::BTreeMap;

use crate::address::MacAddress;
use crate::bond::{BondMode, BondOptions, BondPatch};
use crate::bridge::VlanProtocol;
use crate::link::{Link, LinkKind};
use crate::name::InterfaceName;
use crate::nm::{NmProfile, NmValue};
use crate::plan::PlanId;

/// The setting of everything that looks like Ethernet.
const WIRED: &str = "802-3-ethernet";
/// What a link says of the switch or bond above it.
const ABOVE: [&str; 4] = ["master", "controller", "slave-type", "port-type"];

impl NmProfile {
    /// The profile of a new bond that takes over what `uplink` says about the
    /// host's own addresses, name servers and firewall zone, and its MTU.
    pub(crate) fn bond(
        change: PlanId,
        name: &InterfaceName,
        mac: MacAddress,
        options: &BondOptions,
        primary: Option<&str>,
        uplink: Option<&Self>,
    ) -> Self {
        let mut profile = Self::marked(change, name.as_str(), name, "bond");
        profile.set(WIRED, "assigned-mac-address", text(&mac.to_string()));
        profile.set_bond(options, primary);
        profile.take_over(uplink);
        if let Some(mtu) = uplink.and_then(Self::mtu) {
            profile.set_mtu(mtu);
        }
        profile
    }

    /// The MAC address it gives to a bond that the daemon makes of it; a bond
    /// that is the port of a bridge is there already.
    pub(crate) fn bond_mac(&self) -> Option<MacAddress> {
        let is_port = ABOVE.iter().any(|key| {
            self.text("connection", key)
                .is_some_and(|text| !text.is_empty())
        });
        if is_port || self.text("connection", "type") != Some("bond") {
            return None;
        }
        self.text(WIRED, "assigned-mac-address")?.parse().ok()
    }

    /// The profile of a bond or of a sub-interface as it stands; `lower` is the
    /// link below the latter.
    pub(crate) fn of_made(
        change: PlanId,
        name: &InterfaceName,
        link: &Link,
        lower: Option<&Link>,
    ) -> Option<Self> {
        let kind = match link.kind {
            LinkKind::Bond => "bond",
            LinkKind::Vlan { .. } => "vlan",
            _ => return None,
        };
        let mut profile = Self::marked(change, name.as_str(), name, kind);
        if let LinkKind::Vlan { vid, protocol } = link.kind {
            profile.set("vlan", "id", NmValue::Uint(vid.into()));
            profile.set("vlan", "parent", text(&lower?.name.to_string()));
            if protocol != VlanProtocol::default() {
                profile.set("vlan", "protocol", text(protocol.word()));
            }
        } else if let Some(mac) = link.mac {
            profile.set(WIRED, "assigned-mac-address", text(&mac.to_string()));
        }
        profile.without_addresses();
        Some(profile)
    }

    pub(crate) fn without_addresses(&mut self) {
        for family in ["ipv4", "ipv6"] {
            let method = BTreeMap::from([("method".to_owned(), text("disabled"))]);
            self.settings.entry(family.to_owned()).or_insert(method);
        }
    }

    /// Gives the bond these options.
    pub(crate) fn set_bond(&mut self, options: &BondOptions, primary: Option<&str>) {
        let set = BondPatch::between(&BondOptions::default(), options);
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let is_lacp = options.mode == BondMode::Lacp;
        let rate = set.lacp_rate.filter(|_| is_lacp);
        let values = [
            ("mode", Some(options.mode.to_string())),
            ("miimon", Some(options.miimon.to_string())),
            ("updelay", number(set.up_delay)),
            ("downdelay", number(set.down_delay)),
            ("lacp_rate", rate.map(|rate| rate.to_string())),
            (
                "xmit_hash_policy",
                set.xmit_hash_policy.map(|policy| policy.to_string()),
            ),
            ("min_links", number(set.min_links)),
            ("primary", primary.map(ToOwned::to_owned)),
        ];
        let words = values
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect();
        self.set("bond", "options", NmValue::Words(words));
    }

    /// Makes it a port of the switch or a member of the bond of this profile, or
    /// of nothing.
    pub(crate) fn set_above(&mut self, above: Option<(&Self, &'static str)>) {
        if let Some(connection) = self.settings.get_mut("connection") {
            connection.retain(|key, _| !ABOVE.contains(&key.as_str()));
        }
        match above {
            Some((above, kind)) => {
                self.set("connection", "master", text(above.uuid.as_str()));
                self.set("connection", "slave-type", text(kind));
                // What the daemon drops of a port by itself.
                for family in ["ipv4", "ipv6"] {
                    self.settings.remove(family);
                }
            }
            None => {
                self.settings.remove("bridge-port");
                self.without_addresses();
            }
        }
    }

    /// Gives the link this MTU.
    pub(crate) fn set_mtu(&mut self, mtu: u32) {
        self.set(WIRED, "mtu", NmValue::Uint(mtu));
    }

    /// The MTU it gives to its link; absent where it leaves that as it is.
    pub(crate) fn mtu(&self) -> Option<u32> {
        let number = self.value(WIRED, "mtu")?.number()?;
        u32::try_from(number).ok().filter(|mtu| *mtu != 0)
    }

    /// Whether it is the profile that made this link.
    #[must_use]
    pub(crate) fn makes(&self, link: &Link) -> bool {
        if self.about() != Some(&link.name.to_string()) {
            return false;
        }
        match link.kind {
            LinkKind::Bridge => link.mac.is_some() && self.bridge_mac() == link.mac,
            LinkKind::Bond => {
                let mac = link.mac.map(|mac| mac.to_string());
                let given = self.text(WIRED, "assigned-mac-address");
                self.text("connection", "type") == Some("bond")
                    && given
                        .is_some_and(|given| mac.is_some_and(|mac| mac.eq_ignore_ascii_case(given)))
            }
            LinkKind::Vlan { vid, .. } => {
                let id = self.value("vlan", "id").and_then(NmValue::number);
                id == Some(i64::from(vid))
            }
            _ => false,
        }
    }
}

fn text(text: &str) -> NmValue {
    NmValue::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::LinkName;

    const CHANGE: PlanId = PlanId::from_bits(7);

    fn link(name: &str, kind: LinkKind) -> Link {
        Link {
            mac: Some(MacAddress([0x52, 0x54, 0, 0, 0, 1])),
            ..Link::new(3, LinkName::from(name), kind)
        }
    }

    #[test]
    fn a_bond_s_profile_says_its_options_and_is_known_again() {
        let bond = link("bond0", LinkKind::Bond);
        let name = "bond0".parse().unwrap();
        let mut profile = NmProfile::of_made(CHANGE, &name, &bond, None).unwrap();
        let options = BondOptions {
            mode: BondMode::ActiveBackup,
            miimon: 100,
            ..BondOptions::default()
        };
        profile.set_bond(&options, Some("eth0"));
        let shown = profile.nmcli(true);
        for says in [
            "type bond",
            "mode=active-backup",
            "miimon=100",
            "primary=eth0",
        ] {
            assert!(shown.contains(says), "{shown}");
        }
        assert!(profile.makes(&bond));
        assert!(!profile.makes(&link("bond1", LinkKind::Bond)));
        let other = Link {
            mac: Some(MacAddress([2; 6])),
            ..bond
        };
        assert!(!profile.makes(&other));
    }

    #[test]
    fn a_sub_interface_names_the_link_below() {
        let kind = LinkKind::Vlan {
            vid: 5,
            protocol: VlanProtocol::Dot1Q,
        };
        let (upper, lower) = (link("eth0.5", kind), link("eth0", LinkKind::Physical));
        let name = "eth0.5".parse().unwrap();
        let profile = NmProfile::of_made(CHANGE, &name, &upper, Some(&lower)).unwrap();
        assert_eq!(profile.text("vlan", "parent"), Some("eth0"));
        assert!(profile.makes(&upper));
        assert!(NmProfile::of_made(CHANGE, &name, &upper, None).is_none());
    }

    #[test]
    fn who_joins_a_switch_leaves_its_addresses_and_who_leaves_has_none() {
        let bond = link("bond0", LinkKind::Bond);
        let name = "bond0".parse().unwrap();
        let mut profile = NmProfile::of_made(CHANGE, &name, &bond, None).unwrap();
        let bridge = profile.clone();
        profile.set_above(Some((&bridge, "bridge")));
        assert_eq!(profile.text("connection", "slave-type"), Some("bridge"));
        assert!(!profile.settings.contains_key("ipv4"));
        profile.set_above(None);
        assert_eq!(profile.text("connection", "master"), None);
        assert_eq!(profile.text("ipv6", "method"), Some("disabled"));
    }
}
