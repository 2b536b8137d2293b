// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Who configures each link, from what the kernel shows and what daemons leave
//! in `/run`. Daemons that only tell over their own bus are asked elsewhere;
//! [`claim`] and [`claim_libvirt`] merge what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use nova_model::link::{Link, LinkKind, MARK_PREFIX, Owner};
use nova_model::manager::Managers;
use nova_model::name::LinkName;
use nova_model::plan::PlanId;
use nova_model::state::HostState;
use quick_xml::events::Event;

use crate::networkd::is_taken_away;

/// Where libvirt keeps the definitions of its active networks; readable by
/// root alone.
pub(crate) const LIBVIRT_FOLDER: &str = "/run/libvirt/network";
/// Where systemd-networkd keeps the state of each link, by index.
pub(crate) const NETWORKD_FOLDER: &str = "/run/systemd/netif/links";

/// Most bytes read of one file; longer files are not read at all.
const MAX_BYTES: u64 = 256 * 1024;
/// Most files read in one folder.
const MAX_FILES: usize = 4096;

/// What daemons leave in `/run` about the links they configure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Bridges of active libvirt networks, with the name of the network.
    libvirt: BTreeMap<LinkName, String>,
    /// Indices of links that systemd-networkd configures.
    networkd: BTreeSet<u32>,
}

impl Claims {
    /// Reads them; what cannot be read claims nothing.
    #[must_use]
    pub fn read() -> Self {
        let libvirt = files(LIBVIRT_FOLDER, |name| name.ends_with(".xml"))
            .into_iter()
            .filter_map(|(_, text)| network_bridge(&text))
            .collect();
        let networkd = files(NETWORKD_FOLDER, |name| name.parse::<u32>().is_ok())
            .into_iter()
            .filter(|(_, text)| is_configured(text))
            .filter_map(|(name, _)| name.parse().ok())
            .collect();
        Self { libvirt, networkd }
    }
}

/// Gives every link its owner.
pub fn assign(state: &mut HostState, claims: &Claims) {
    let mut owners: BTreeMap<u32, Owner> = state
        .links
        .values()
        .map(|link| (link.index, of_itself(link, claims)))
        .collect();
    // A port of no owner of its own belongs to who made its bridge for it.
    for link in state.links.values() {
        let Some(controller) = link.controller.and_then(|index| owners.get(&index)) else {
            continue;
        };
        let inherited = match (controller, &link.kind) {
            (Owner::Libvirt { network }, LinkKind::Tap) if is_guest_tap(link) => {
                Some(Owner::Libvirt {
                    network: network.clone(),
                })
            }
            (Owner::Containers { .. }, LinkKind::Veth) | (Owner::OpenVSwitch, _) => {
                Some(controller.clone())
            }
            _ => None,
        };
        if let (Some(inherited), Some(owner)) = (inherited, owners.get_mut(&link.index))
            && matches!(owner, Owner::Nobody | Owner::Libvirt { network: None })
        {
            *owner = inherited;
        }
    }
    for (index, owner) in owners {
        if let Some(link) = state.links.get_mut(&index) {
            link.owner = owner;
        }
    }
}

/// Adds to the picture what the programs tell that configure the host. The
/// links that the `NetworkManager` daemon configures through an active profile
/// of its own are marked; links with another owner stay as they are. A bridge,
/// bond or sub-interface that came back after a boot from a profile or file of Nova's is Nova's where
/// `has_made` knows the change that wrote it.
pub fn claim(state: &mut HostState, managers: Managers, has_made: impl Fn(PlanId) -> bool) {
    let names = managers.nm_links();
    for link in state.links.values_mut() {
        let is_made = matches!(
            link.kind,
            LinkKind::Bridge | LinkKind::Bond | LinkKind::Vlan { .. }
        );
        let is_kept = is_made
            && matches!(link.owner, Owner::Nobody | Owner::Networkd)
            && managers.maker_of(link).is_some_and(&has_made);
        if is_kept {
            link.owner = Owner::Nova;
        } else if link.owner == Owner::Nobody && names.iter().any(|name| link.name.is(name)) {
            link.owner = Owner::NetworkManagerDaemon;
        }
    }
    state.managers = managers;
}

/// Marks the bridges of libvirt's networks, by the name of the bridge, and the
/// taps on them: for callers that may not read libvirt's files but may ask
/// libvirt itself.
pub fn claim_libvirt(state: &mut HostState, networks: &BTreeMap<String, String>) {
    let mut owners = BTreeMap::new();
    for link in state.links.values() {
        let network = networks
            .iter()
            .find(|(bridge, _)| link.is_bridge() && link.name.is(bridge))
            .map(|(_, network)| network);
        if let (Some(network), Owner::Nobody | Owner::Libvirt { .. }) = (network, &link.owner) {
            owners.insert(link.index, network.clone());
        }
    }
    for link in state.links.values_mut() {
        let controller = link.controller.filter(|_| is_guest_tap(link));
        let network = owners.get(&link.index).or_else(|| owners.get(&controller?));
        if let Some(network) = network {
            link.owner = Owner::Libvirt {
                network: Some(network.clone()),
            };
        }
    }
}

/// The owner as far as the link itself and its claims tell.
fn of_itself(link: &Link, claims: &Claims) -> Owner {
    if link.kind == LinkKind::Loopback {
        return Owner::Kernel;
    }
    if link
        .alias
        .as_deref()
        .is_some_and(|alias| alias.starts_with(MARK_PREFIX))
    {
        return Owner::Nova;
    }
    if let Some(network) = claims.libvirt.get(&link.name).filter(|_| link.is_bridge()) {
        return Owner::Libvirt {
            network: Some(network.clone()),
        };
    }
    if is_libvirts_by_look(link) {
        return Owner::Libvirt { network: None };
    }
    if let Some(engine) = engine(link) {
        return Owner::Containers {
            engine: engine.to_owned(),
        };
    }
    // The second is the tap of its datapath without a kernel module.
    if link.kind == LinkKind::OpenVSwitch || link.name.is("ovs-netdev") {
        return Owner::OpenVSwitch;
    }
    if claims.networkd.contains(&link.index) {
        return Owner::Networkd;
    }
    Owner::Nobody
}

/// libvirt names what it makes by a fixed pattern and gives its bridges MAC
/// addresses of its own range.
fn is_libvirts_by_look(link: &Link) -> bool {
    let mac = link.mac.map(|mac| mac.0);
    match link.kind {
        LinkKind::Bridge => {
            numbered(&link.name, "virbr") && matches!(mac, Some([0x52, 0x54, 0, ..]))
        }
        LinkKind::Tap => numbered(&link.name, "vnet") && is_guest_tap(link),
        LinkKind::Macvtap => {
            numbered(&link.name, "macvtap") && matches!(mac, Some([0x52, 0x54, 0, ..]))
        }
        _ => false,
    }
}

/// libvirt begins the MAC address of a guest's tap with fe, so that the tap
/// never lends it to the bridge.
fn is_guest_tap(link: &Link) -> bool {
    link.kind == LinkKind::Tap && matches!(link.mac.map(|mac| mac.0), Some([0xfe, ..]))
}

/// The engine for containers that names its bridge so.
fn engine(link: &Link) -> Option<&'static str> {
    if !link.is_bridge() {
        return None;
    }
    let name = &link.name;
    let is_docker_network = name
        .as_bytes()
        .strip_prefix(b"br-")
        .is_some_and(|id| id.len() == 12 && id.iter().all(u8::is_ascii_hexdigit));
    if name.is("docker0") || is_docker_network {
        Some("Docker")
    } else if numbered(name, "podman") || name.starts_with("cni-podman") {
        Some("Podman")
    } else if numbered(name, "incusbr") {
        Some("Incus")
    } else if numbered(name, "lxdbr") {
        Some("LXD")
    } else if numbered(name, "lxcbr") {
        Some("LXC")
    } else {
        None
    }
}

/// Whether the name is this word and a number.
fn numbered(name: &LinkName, word: &str) -> bool {
    name.as_bytes()
        .strip_prefix(word.as_bytes())
        .is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
}

/// The files of a folder that are of this name and of a sensible size.
fn files(folder: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let Ok(entries) = Path::new(folder).read_dir() else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            (is_wanted(&name) && entry.file_type().ok()?.is_file()).then_some((name, entry.path()))
        })
        .take(MAX_FILES)
        .filter_map(|(name, path)| Some((name, read(&path)?)))
        .collect()
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    let length = File::open(path)
        .ok()?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .ok()?;
    (length as u64 <= MAX_BYTES).then_some(text)
}

/// The bridge that libvirt made for a network and the network's name, from the
/// network's status document (`<networkstatus><network>…`).
fn network_bridge(document: &str) -> Option<(LinkName, String)> {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut path: Vec<String> = Vec::new();
    let mut name = String::new();
    let mut bridge = None;
    let mut forward = String::new();
    loop {
        let event = reader.read_event().ok()?;
        let (element, is_open) = match &event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Text(text) if is_at(&path, &["network", "name"]) => {
                name.push_str(text);
                continue;
            }
            Event::GeneralRef(reference) if is_at(&path, &["network", "name"]) => {
                name.push_str(resolved(reference)?);
                continue;
            }
            Event::DocType(_) => return None,
            Event::Eof => break,
            _ => continue,
        };
        path.push(element.local_name().as_ref().to_owned());
        if path.len() > 32 {
            return None;
        }
        if is_at(&path, &["network", "bridge"]) {
            bridge = attribute(element, "name");
        }
        if is_at(&path, &["network", "forward"]) {
            forward = attribute(element, "mode").unwrap_or_default();
        }
        if !is_open {
            path.pop();
        }
    }
    // With forward mode='bridge' the bridge is somebody else's.
    if forward == "bridge" || name.is_empty() {
        return None;
    }
    Some((LinkName::from(bridge?.as_str()), name))
}

/// Whether the path ends so, at the top of the document or one level below.
fn is_at(path: &[String], end: &[&str]) -> bool {
    path.len() <= end.len() + 1
        && path.len() >= end.len()
        && path
            .iter()
            .rev()
            .zip(end.iter().rev())
            .all(|(element, word)| element == word)
}

fn resolved(reference: &str) -> Option<&'static str> {
    match reference {
        "amp" => Some("&"),
        "lt" => Some("<"),
        "gt" => Some(">"),
        "apos" => Some("'"),
        "quot" => Some("\""),
        _ => None,
    }
}

fn attribute(element: &quick_xml::events::BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(
        quick_xml::escape::unescape(&attribute.value)
            .ok()?
            .into_owned(),
    )
}

/// Whether systemd-networkd's state file says that it configures the link.
fn is_configured(state: &str) -> bool {
    let value = |key: &str| {
        state
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    };
    value("NETWORK_FILE").is_some_and(|file| !file.is_empty() && !is_taken_away(file))
        && value("ADMIN_STATE").is_some_and(|state| state != "unmanaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bridge_of_a_network_is_read_from_its_status() {
        let status = r#"<!-- WARNING: made by libvirt -->
            <networkstatus><class_id bitmap='0-2'/><floor sum='0'/>
            <network connections='1'><name>lab &amp; office</name><uuid>x</uuid>
            <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
            <bridge name='virbr7' stp='on' delay='0'/><mac address='52:54:00:00:00:01'/>
            </network></networkstatus>"#;
        assert_eq!(
            network_bridge(status),
            Some(("virbr7".into(), "lab & office".to_owned()))
        );
    }

    #[test]
    fn a_network_on_somebody_elses_bridge_claims_nothing() {
        let status = "<networkstatus><network><name>lan</name><forward mode='bridge'/>\
            <bridge name='br0'/></network></networkstatus>";
        assert_eq!(network_bridge(status), None);
    }

    #[test]
    fn documents_that_are_no_network_claim_nothing() {
        for document in [
            "",
            "<",
            "<network>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><network><name>&a;</name><bridge name='b'/></network>",
            "<network><name>n</name></network>",
            "<a><b><network><name>n</name><bridge name='b'/></network></b></a>",
        ] {
            assert_eq!(network_bridge(document), None, "{document}");
        }
        assert_eq!(network_bridge(&"<a>".repeat(100)), None);
    }

    #[test]
    fn networkd_claims_what_it_has_a_file_for() {
        let file = "NETWORK_FILE=/etc/systemd/network/lan.network\n";
        assert!(is_configured(&format!("ADMIN_STATE=configured\n{file}")));
        assert!(!is_configured(&format!("ADMIN_STATE=unmanaged\n{file}")));
        assert!(!is_configured("ADMIN_STATE=configured\n"));
        let gone = "NETWORK_FILE=/etc/systemd/network/25-nova-eth7.network\n";
        assert!(!is_configured(&format!("ADMIN_STATE=configured\n{gone}")));
    }
}
