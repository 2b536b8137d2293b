// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! libvirt's description of a network, read. Elements that Nova does not know
//! are passed over; a value it cannot read is left out.

use std::net::{IpAddr, Ipv4Addr};

use crate::address::IpNet;
use crate::error::Result;
use crate::network::{ForwardMode, Network, Subnet};
use crate::xml::Element;

impl Network {
    /// The network that a `<network>` document describes
    /// (`virsh net-dumpxml`). What the document does not tell — whether it is
    /// active, persistent, started with the host, and its leases — is left
    /// false and empty.
    ///
    /// # Errors
    /// `InvalidValue` where the document is longer than 1 MiB, not well-formed
    /// or has no name.
    pub fn from_xml(document: &str) -> Result<Self> {
        let root = Element::parse(document, "network")?;
        let name = root.child_text("name").unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(crate::error::NovaError::invalid(
                "name",
                "",
                "a network has a name",
            ));
        }
        let forward = root.child("forward");
        Ok(Self {
            uuid: root.child_text("uuid").unwrap_or_default().to_owned(),
            name,
            title: root.child_text("title").map(ToOwned::to_owned),
            forward: forward.map_or(ForwardMode::Isolated, |forward| {
                mode(forward.attribute("mode"))
            }),
            forward_devices: forward.map(devices).unwrap_or_default(),
            bridge: root
                .child_attribute("bridge", "name")
                .map(ToOwned::to_owned),
            domain: root
                .child_attribute("domain", "name")
                .map(ToOwned::to_owned),
            subnets: root.children_named("ip").filter_map(subnet).collect(),
            is_active: false,
            is_persistent: false,
            autostart: false,
            leases: Vec::new(),
        })
    }
}

/// libvirt reads a `<forward>` without a mode as NAT.
fn mode(word: Option<&str>) -> ForwardMode {
    match word {
        Some("route") => ForwardMode::Route,
        Some("open") => ForwardMode::Open,
        Some("bridge") => ForwardMode::Bridge,
        Some("private") => ForwardMode::Private,
        Some("vepa") => ForwardMode::Vepa,
        Some("passthrough") => ForwardMode::Passthrough,
        Some("hostdev") => ForwardMode::Hostdev,
        Some("none") => ForwardMode::Isolated,
        _ => ForwardMode::Nat,
    }
}

/// The links named by `<forward dev=…>` and `<interface dev=…>`, each once.
fn devices(forward: &Element) -> Vec<String> {
    let mut devices: Vec<String> = Vec::new();
    let inner = forward
        .children_named("interface")
        .filter_map(|interface| interface.attribute("dev"));
    for device in forward.attribute("dev").into_iter().chain(inner) {
        if !devices.iter().any(|known| known == device) {
            devices.push(device.to_owned());
        }
    }
    devices
}

fn subnet(ip: &Element) -> Option<Subnet> {
    let address: IpAddr = ip.attribute("address")?.parse().ok()?;
    let prefix = match (ip.attribute("prefix"), ip.attribute("netmask")) {
        (Some(prefix), _) => prefix.parse().ok()?,
        (None, Some(netmask)) => prefix_of(netmask.parse().ok()?)?,
        // libvirt falls back on the class of the address.
        (None, None) => match address {
            IpAddr::V4(v4) => class_prefix(v4),
            IpAddr::V6(_) => 64,
        },
    };
    let dhcp_ranges = ip
        .children_named("dhcp")
        .flat_map(|dhcp| dhcp.children_named("range"))
        .filter_map(|range| {
            let start = range.attribute("start")?.parse().ok()?;
            let end = range.attribute("end")?.parse().ok()?;
            Some((start, end))
        })
        .collect();
    Some(Subnet {
        host: IpNet::new(address, prefix).ok()?,
        dhcp_ranges,
    })
}

fn prefix_of(netmask: Ipv4Addr) -> Option<u8> {
    let bits = u32::from(netmask);
    let ones = bits.leading_ones();
    (bits.count_ones() == ones).then(|| u8::try_from(ones).ok())?
}

const fn class_prefix(address: Ipv4Addr) -> u8 {
    match address.octets()[0] {
        0..=127 => 8,
        128..=191 => 16,
        _ => 24,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAT: &str = r#"<network connections='2'>
      <name>default</name>
      <uuid>3a1f4b5c-0000-4000-8000-000000000001</uuid>
      <title>The &lt;first&gt;</title>
      <forward mode='nat' dev='eth0'><nat><port start='1024' end='65535'/></nat>
        <interface dev='eth0'/><interface dev='eth1'/></forward>
      <bridge name='virbr0' stp='on' delay='0'/>
      <mac address='52:54:00:aa:bb:cc'/>
      <domain name='lab.example' localOnly='yes'/>
      <something-new deeply='nested'><x/></something-new>
      <ip address='192.168.122.1' netmask='255.255.255.0'>
        <dhcp><range start='192.168.122.2' end='192.168.122.254'/>
        <host mac='52:54:00:00:00:01' ip='192.168.122.9'/></dhcp>
      </ip>
      <ip family='ipv6' address='2001:db8::1' prefix='64'/>
    </network>"#;

    #[test]
    fn reads_a_nat_network() {
        let network = Network::from_xml(NAT).unwrap();
        assert_eq!(network.name, "default");
        assert_eq!(network.title.as_deref(), Some("The <first>"));
        assert_eq!(network.forward, ForwardMode::Nat);
        assert_eq!(network.forward_devices, ["eth0", "eth1"]);
        assert_eq!(network.bridge.as_deref(), Some("virbr0"));
        assert_eq!(network.domain.as_deref(), Some("lab.example"));
        assert_eq!(
            network.subnets,
            [
                Subnet {
                    host: "192.168.122.1/24".parse().unwrap(),
                    dhcp_ranges: vec![(
                        "192.168.122.2".parse().unwrap(),
                        "192.168.122.254".parse().unwrap()
                    )],
                },
                Subnet {
                    host: "2001:db8::1/64".parse().unwrap(),
                    dhcp_ranges: Vec::new(),
                },
            ]
        );
    }

    #[test]
    fn a_network_without_forward_is_isolated() {
        let network = Network::from_xml("<network><name>a</name></network>").unwrap();
        assert_eq!(network.forward, ForwardMode::Isolated);
        assert!(network.has_own_bridge());
    }

    #[test]
    fn every_mode_is_known_by_its_word() {
        for mode in [
            ForwardMode::Nat,
            ForwardMode::Route,
            ForwardMode::Open,
            ForwardMode::Bridge,
            ForwardMode::Private,
            ForwardMode::Vepa,
            ForwardMode::Passthrough,
            ForwardMode::Hostdev,
        ] {
            let document = format!(
                "<network><name>a</name><forward mode='{}'/></network>",
                mode.word()
            );
            assert_eq!(Network::from_xml(&document).unwrap().forward, mode);
        }
    }

    #[test]
    fn a_netmask_with_holes_leaves_the_subnet_out() {
        let document = "<network><name>a</name><ip address='10.0.0.1' netmask='255.0.255.0'/>\
                        <ip address='x'/><ip address='10.0.0.1' prefix='33'/></network>";
        assert_eq!(Network::from_xml(document).unwrap().subnets, []);
    }

    #[test]
    fn refuses_a_network_without_a_name() {
        assert!(Network::from_xml("<network/>").is_err());
    }

    proptest! {
        #[test]
        fn a_described_subnet_reads_back_as_itself(bits: u32, prefix in 0u8..=32) {
            let host = IpNet::new(Ipv4Addr::from(bits).into(), prefix).unwrap();
            let netmask = Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0));
            let document = format!(
                "<network><name>a</name><ip address='{}' netmask='{netmask}'/></network>",
                host.address()
            );
            let network = Network::from_xml(&document).unwrap();
            prop_assert_eq!(network.subnets[0].host, host);
        }

        #[test]
        fn hostile_names_are_read_as_they_are(name in "[!-~\u{a1}-\u{2fff}]{1,40}") {
            let document = format!("<network><name>{}</name></network>", quick_xml::escape::escape(&name));
            prop_assert_eq!(Network::from_xml(&document).unwrap().name, name.trim());
        }
    }
}
