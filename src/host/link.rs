// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Links as `RTM_NEWLINK` carries them (`ip -d link show`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use netlink_packet_route::link::{
    LinkAttribute, LinkExtentMask, LinkFlags, LinkHeader, LinkLayerType, LinkMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nova_model::address::MacAddress;
use nova_model::bridge::{BridgeStatus, PortStatus, VlanProtocol};
use nova_model::link::{Link, LinkKind};
use nova_model::name::LinkName;

use crate::attribute::{attributes, text_of, u8_of, u16_of, u32_of};
use crate::{bond, bridge, execute_other, wifi};

pub(crate) const RTM_NEWLINK: u16 = 16;
pub(crate) const RTM_DELLINK: u16 = 17;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_WIRELESS: u16 = 11;
const IFLA_PROTINFO: u16 = 12;
const IFLA_LINKINFO: u16 = 18;
pub(crate) const IFLA_IFALIAS: u16 = 20;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_INFO_SLAVE_KIND: u16 = 4;
const IFLA_INFO_SLAVE_DATA: u16 = 5;
const IFLA_TUN_TYPE: u16 = 3;
const IFLA_VLAN_ID: u16 = 1;
const IFLA_VLAN_PROTOCOL: u16 = 5;
const ETH_P_8021AD: u16 = 0x88a8;

const TUN_TYPE_TUN: u8 = 1;
const HEADER_BYTES: usize = 16;

/// What a link message tells.
pub(crate) enum LinkNews {
    /// Everything of a link, its addresses and owner left out.
    Whole(Box<Link>),
    /// How a port of a bridge stands, and the index of that bridge
    /// (`AF_BRIDGE`). Its removal is followed by news of the whole link.
    Port {
        index: u32,
        bridge: Option<u32>,
        status: Option<PortStatus>,
    },
    /// Something else than the state of the link.
    Nothing,
}

/// Reads the payload of `RTM_NEWLINK` or `RTM_DELLINK`.
pub(crate) fn decode(payload: &[u8]) -> LinkNews {
    let (Ok(header), Some(rest)) = (LinkHeader::parse(payload), payload.get(HEADER_BYTES..)) else {
        return LinkNews::Nothing;
    };
    if header.interface_family == AddressFamily::Bridge {
        return decode_port(header.index, rest);
    }
    let mut name = None;
    let mut mtu = None;
    let mut info = LinkInfo::default();
    let mut link_elsewhere = false;
    let mut link = Link {
        is_up: header.flags.contains(LinkFlags::Up),
        has_carrier: header.flags.contains(LinkFlags::LowerUp),
        ..Link::new(header.index, LinkName::from_bytes(b""), LinkKind::Physical)
    };
    for attribute in attributes(rest) {
        let value = attribute.value;
        match attribute.kind {
            IFLA_IFNAME => name = Some(LinkName::from_bytes(text_of(value))),
            IFLA_ADDRESS => link.mac = value.try_into().ok().map(MacAddress),
            IFLA_MTU => mtu = u32_of(value),
            IFLA_LINK => link.lower = u32_of(value).filter(|index| *index != 0),
            IFLA_MASTER => link.controller = u32_of(value).filter(|index| *index != 0),
            IFLA_LINK_NETNSID => link_elsewhere = true,
            IFLA_IFALIAS => {
                link.alias = Some(String::from_utf8_lossy(text_of(value)).into_owned())
                    .filter(|alias| !alias.is_empty());
            }
            IFLA_LINKINFO => info.read(value),
            // Events of a Wi-Fi driver carry nothing of the link itself.
            IFLA_WIRELESS => return LinkNews::Nothing,
            _ => {}
        }
    }
    let (Some(name), Some(mtu)) = (name, mtu) else {
        return LinkNews::Nothing;
    };
    link.name = name;
    link.mtu = mtu;
    if link_elsewhere {
        link.lower = None;
    }
    link.kind = kind(&info, &header, &link.name);
    link.refuses_bridge = link.kind == LinkKind::Wireless && wifi::refuses_bridge(link.index);
    if link.kind == LinkKind::Bridge {
        link.bridge = Some(BridgeStatus {
            follows_ports: follows_ports(&link.name),
            ..bridge::status(&info.data)
        });
        link.bridge_others = execute_other::of_bridge(&info.data);
    }
    if link.kind == LinkKind::Bond {
        link.bond = Some(bond::status(&info.data));
    }
    if link.has_carrier && matches!(link.kind, LinkKind::Physical | LinkKind::Bond) {
        link.speed = speed(&link.name);
    }
    match info.port_kind.as_slice() {
        b"bridge" => {
            link.port = Some(bridge::port_status(&info.port_data));
            link.port_others = execute_other::of_port(&info.port_data);
        }
        b"bond" => link.bond_member = Some(bond::member(&info.port_data)),
        _ => {}
    }
    LinkNews::Whole(Box::new(link))
}

fn decode_port(index: u32, rest: &[u8]) -> LinkNews {
    let mut bridge = None;
    let mut status = None;
    for attribute in attributes(rest) {
        match attribute.kind {
            IFLA_MASTER => bridge = u32_of(attribute.value),
            IFLA_PROTINFO => status = Some(bridge::port_status(attribute.value)),
            _ => {}
        }
    }
    LinkNews::Port {
        index,
        bridge,
        status,
    }
}

/// `IFLA_LINKINFO`, not yet understood: its parts depend on each other.
#[derive(Default)]
struct LinkInfo {
    kind: Vec<u8>,
    data: Vec<u8>,
    port_kind: Vec<u8>,
    port_data: Vec<u8>,
}

impl LinkInfo {
    fn read(&mut self, value: &[u8]) {
        for attribute in attributes(value) {
            let value = attribute.value;
            match attribute.kind {
                IFLA_INFO_KIND => self.kind = text_of(value).to_vec(),
                IFLA_INFO_DATA => self.data = value.to_vec(),
                IFLA_INFO_SLAVE_KIND => self.port_kind = text_of(value).to_vec(),
                IFLA_INFO_SLAVE_DATA => self.port_data = value.to_vec(),
                _ => {}
            }
        }
    }

    fn datum(&self, kind: u16) -> Option<&[u8]> {
        attributes(&self.data)
            .find(|attribute| attribute.kind == kind)
            .map(|attribute| attribute.value)
    }
}

fn kind(info: &LinkInfo, header: &LinkHeader, name: &LinkName) -> LinkKind {
    match info.kind.as_slice() {
        b"bridge" => LinkKind::Bridge,
        b"veth" => LinkKind::Veth,
        b"tun" if info.datum(IFLA_TUN_TYPE).and_then(u8_of) == Some(TUN_TYPE_TUN) => LinkKind::Tun,
        b"tun" => LinkKind::Tap,
        b"macvtap" => LinkKind::Macvtap,
        b"macvlan" => LinkKind::Macvlan,
        b"vlan" => LinkKind::Vlan {
            vid: info
                .datum(IFLA_VLAN_ID)
                .and_then(u16_of)
                .unwrap_or_default(),
            protocol: info
                .datum(IFLA_VLAN_PROTOCOL)
                .and_then(|value| value.first_chunk().copied().map(u16::from_be_bytes))
                .map(|protocol| match protocol {
                    ETH_P_8021AD => VlanProtocol::Dot1Ad,
                    _ => VlanProtocol::Dot1Q,
                })
                .unwrap_or_default(),
        },
        b"vxlan" => LinkKind::Vxlan,
        b"bond" => LinkKind::Bond,
        b"dummy" => LinkKind::Dummy,
        b"openvswitch" => LinkKind::OpenVSwitch,
        b"" if header.flags.contains(LinkFlags::Loopback) => LinkKind::Loopback,
        b"" if header.link_layer_type != LinkLayerType::Ether => {
            LinkKind::Other(format!("{:?}", header.link_layer_type).to_ascii_lowercase())
        }
        b"" if is_wireless(name) => LinkKind::Wireless,
        b"" => LinkKind::Physical,
        other => LinkKind::Other(String::from_utf8_lossy(other).into_owned()),
    }
}

/// Whether the link is a Wi-Fi card: it has a PHY in sysfs.
fn is_wireless(name: &LinkName) -> bool {
    let folder = Path::new("/sys/class/net").join(OsStr::from_bytes(name.as_bytes()));
    folder.join("phy80211").exists()
}

/// Mbit/s of a card, of which `RTM_NEWLINK` does not tell. Cards of machines
/// mostly have none.
fn speed(name: &LinkName) -> Option<u32> {
    let file = Path::new("/sys/class/net")
        .join(OsStr::from_bytes(name.as_bytes()))
        .join("speed");
    let text = std::fs::read_to_string(file).ok()?;
    // -1 where the card does not know.
    text.trim_end().parse().ok().filter(|speed| *speed != 0)
}

/// Whether nobody gave the bridge its MAC address, so that it is the lowest of
/// its ports'. Netlink does not tell; where sysfs does not either, it is taken
/// to keep the one it has.
fn follows_ports(name: &LinkName) -> bool {
    const NET_ADDR_SET: &[u8] = b"3";
    let file = Path::new("/sys/class/net")
        .join(OsStr::from_bytes(name.as_bytes()))
        .join("addr_assign_type");
    std::fs::read(file).is_ok_and(|kind| kind.trim_ascii_end() != NET_ADDR_SET)
}

/// The request for all links, without their counters.
pub(crate) fn all() -> RouteNetlinkMessage {
    request(0, None)
}

/// The request for the ports of the link with this index; older kernels give
/// all links.
pub(crate) fn ports_of(controller: u32) -> RouteNetlinkMessage {
    let mut request = request(0, None);
    if let RouteNetlinkMessage::GetLink(message) = &mut request {
        message
            .attributes
            .push(LinkAttribute::Controller(controller));
    }
    request
}

/// The request for the link with this index.
pub(crate) fn by_index(index: u32) -> RouteNetlinkMessage {
    request(index, None)
}

/// The request for the link with this name.
pub(crate) fn by_name(name: &str) -> RouteNetlinkMessage {
    request(0, Some(name))
}

fn request(index: u32, name: Option<&str>) -> RouteNetlinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
        .attributes
        .push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
    message
        .attributes
        .extend(name.map(|name| LinkAttribute::IfName(name.to_owned())));
    RouteNetlinkMessage::GetLink(message)
}
