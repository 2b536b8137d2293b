// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a Linux bridge has learned, as rows of a list: addresses of its
//! forwarding database, and groups of its multicast database.

use std::collections::HashMap;
use std::net::IpAddr;

use nova_model::address::MacAddress;
use nova_model::fdb::{FdbEntry, FdbOrigin, Group, MdbEntry};
use nova_model::link::Link;
use nova_model::name::printable;
use nova_model::state::Snapshot;

use crate::query::Ages;
use crate::row::Row;
use crate::switch::Switch;
use crate::switch_row::counted;

/// Values of a row of [`learned`].
pub const LEARNED_ROLES: &[&str] = &[
    "section", "address", "owner", "port", "vlan", "kind", "idle",
];

/// The addresses that the bridge of this name knows, learned ones first, then
/// the groups its ports asked for.
#[must_use]
pub fn learned(snapshot: &Snapshot, switch: &str, ages: Option<&Ages>) -> Vec<Row> {
    let Some(bridge) = linux(snapshot, switch) else {
        return Vec::new();
    };
    let directory = Directory::of(snapshot);
    let known = &snapshot.host.learned;
    let here = known.addresses.iter();
    let mut addresses: Vec<&FdbEntry> = here.filter(|it| it.bridge == bridge.index).collect();
    // By address: one that moves to another port keeps its place.
    addresses.sort_by_key(|it| (rank(it.origin), it.mac, it.vlan));
    let here = known.groups.iter();
    let mut groups: Vec<&MdbEntry> = here.filter(|it| it.bridge == bridge.index).collect();
    groups.sort_by_key(|it| (it.group, it.vlan, it.link));
    let addresses = addresses
        .into_iter()
        .map(|entry| address_row(&directory, entry, ages));
    let groups = groups.into_iter().map(|entry| group_row(&directory, entry));
    addresses.chain(groups).collect()
}

/// How much a bridge has learned, and how long it remembers it.
#[must_use]
pub fn note(snapshot: &Snapshot, switch: &str) -> String {
    let Some(bridge) = linux(snapshot, switch) else {
        return String::new();
    };
    let Some(options) = bridge.bridge.map(|status| status.options) else {
        return String::new();
    };
    let known = &snapshot.host.learned;
    let is_learned = |it: &&FdbEntry| it.bridge == bridge.index && it.origin == FdbOrigin::Learned;
    let addresses = known.addresses.iter().filter(is_learned).count();
    let groups = known.groups.iter().filter(|it| it.bridge == bridge.index);
    let mut parts = vec![counted(
        addresses,
        "address learned",
        "addresses learned",
        "no address learned yet",
    )];
    parts.push(match options.ageing_time {
        0 => "an ageing time of 0 s: nothing is remembered".to_owned(),
        seconds => format!("forgotten after {seconds} s of silence"),
    });
    parts.push(match options.multicast_snooping {
        true => counted(
            groups.count(),
            "request for a multicast group",
            "requests for multicast groups",
            "no port asks for a multicast group",
        ),
        false => "multicast snooping is off".to_owned(),
    });
    parts.join(" · ")
}

fn linux<'a>(snapshot: &'a Snapshot, switch: &str) -> Option<&'a Link> {
    match Switch::find(snapshot, switch)? {
        Switch::Linux(link) => Some(link),
        Switch::Ovs { .. } => None,
    }
}

const fn rank(origin: FdbOrigin) -> u8 {
    match origin {
        FdbOrigin::Learned => 0,
        FdbOrigin::Set => 1,
        FdbOrigin::Own => 2,
    }
}

const fn section(origin: FdbOrigin) -> &'static str {
    match origin {
        FdbOrigin::Learned => "Learned addresses",
        FdbOrigin::Set => "Static addresses",
        FdbOrigin::Own => "Own addresses",
    }
}

fn address_row(directory: &Directory, entry: &FdbEntry, ages: Option<&Ages>) -> Row {
    let vlan = entry.vlan.map(|vlan| vlan.to_string()).unwrap_or_default();
    let idle = match (entry.origin, ages) {
        (FdbOrigin::Learned, Some(ages)) => ages.idle(entry).map(duration),
        _ => None,
    };
    let mut row = Row::new(
        format!("{}/{vlan}", entry.mac),
        vec![
            section(entry.origin).into(),
            entry.mac.to_string().into(),
            directory.owner(entry).into(),
            directory.port(entry.link).into(),
            vlan.into(),
            entry.origin.word().into(),
        ],
    );
    // Not searched: it would come and go with the time.
    row.cells.push(idle.unwrap_or_default().into());
    row
}

fn group_row(directory: &Directory, entry: &MdbEntry) -> Row {
    let vlan = entry.vlan.map(|vlan| vlan.to_string()).unwrap_or_default();
    let mut about: Vec<String> = purpose(&entry.group)
        .map(str::to_owned)
        .into_iter()
        .collect();
    match entry.link == entry.bridge {
        true => about.push("this host".to_owned()),
        false => about.extend(directory.machines_at.get(&entry.link).cloned()),
    }
    Row::new(
        format!("{}/{}/{vlan}", entry.group, entry.link),
        vec![
            "Multicast groups".into(),
            entry.group.to_string().into(),
            about.join(" · ").into(),
            directory.port(entry.link).into(),
            vlan.into(),
            match entry.is_permanent {
                true => "static",
                false => "asked for",
            }
            .into(),
            "".into(),
        ],
    )
}

/// What a group is for, where the assignments of the IANA say it.
fn purpose(group: &Group) -> Option<&'static str> {
    let Group::Ip(address) = group else {
        return None;
    };
    match address {
        IpAddr::V4(address) => match address.octets() {
            [224, 0, 0, 251] => Some("mDNS"),
            [224, 0, 0, 252] => Some("LLMNR"),
            [224, 0, 0, 22] => Some("IGMP"),
            [224, 0, 0, 5 | 6] => Some("OSPF"),
            [224, 0, 0, 18] => Some("VRRP"),
            [239, 255, 255, 250] => Some("SSDP"),
            _ => None,
        },
        IpAddr::V6(address) => match address.segments() {
            [_, 0, 0, 0, 0, 0, 0, 0xfb] => Some("mDNS"),
            [_, 0, 0, 0, 0, 0, 0, 0x0c] => Some("SSDP"),
            [_, 0, 0, 0, 0, 0, 0, 0x02] => Some("IPv6 routers"),
            [_, 0, 0, 0, 0, 0, 0, 0x6a] => Some("multicast routers"),
            [_, 0, 0, 0, 0, 0, 1, 3] => Some("LLMNR"),
            [_, 0, 0, 0, 0, 0, 1, 2] => Some("DHCPv6"),
            [0xff02, 0, 0, 0, 0, 1, high, _] if high & 0xff00 == 0xff00 => {
                Some("IPv6 neighbour discovery")
            }
            _ => None,
        },
    }
}

/// A time as short as a column is wide: `12 s`, `4 min`, `2 h`.
#[must_use]
pub fn duration(seconds: u32) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Whose addresses are known on this host.
struct Directory {
    addresses: HashMap<MacAddress, String>,
    machines_at: HashMap<u32, String>,
    ports: HashMap<u32, String>,
}

impl Directory {
    fn of(snapshot: &Snapshot) -> Self {
        let mut directory = Self {
            addresses: HashMap::new(),
            machines_at: HashMap::new(),
            ports: HashMap::new(),
        };
        let virt = snapshot.virt.available();
        let leases = virt.into_iter().flat_map(|virt| &virt.networks);
        for lease in leases.flat_map(|network| &network.leases) {
            let name = lease.hostname.as_deref().map(printable);
            let address = lease.address.address().to_string();
            let words = name.map_or_else(|| address.clone(), |name| format!("{name}, {address}"));
            directory.addresses.insert(lease.mac, words);
        }
        for link in snapshot.host.links.values() {
            let name = link.name.to_string();
            if let Some(mac) = link.mac {
                directory
                    .addresses
                    .insert(mac, format!("{name} of this host"));
            }
            directory.ports.insert(link.index, name);
        }
        let taps = snapshot.host.links.values();
        let by_tap: HashMap<String, u32> = taps
            .map(|link| (link.name.to_string(), link.index))
            .collect();
        for machine in virt.into_iter().flat_map(|virt| &virt.machines) {
            let name = printable(&machine.name);
            for (at, interface) in machine.interfaces.iter().enumerate() {
                if let Some(mac) = interface.mac {
                    let words = format!("machine {name}, interface {}", at + 1);
                    directory.addresses.insert(mac, words);
                }
                let tap = interface.tap.as_deref().map(printable);
                if let Some(index) = tap.and_then(|tap| by_tap.get(&tap)) {
                    let words = format!("machine {name}");
                    directory.machines_at.insert(*index, words);
                }
            }
        }
        directory
    }

    /// Whose an address is, empty where nobody knows.
    fn owner(&self, entry: &FdbEntry) -> String {
        match (entry.origin, self.addresses.get(&entry.mac)) {
            (FdbOrigin::Own, _) if entry.link == entry.bridge => "this host".to_owned(),
            (FdbOrigin::Own, _) => "the port itself".to_owned(),
            (_, Some(words)) => words.clone(),
            (_, None) => self
                .machines_at
                .get(&entry.link)
                .map_or_else(String::new, |machine| format!("behind {machine}")),
        }
    }

    fn port(&self, index: u32) -> String {
        let name = self.ports.get(&index);
        name.map_or_else(|| format!("#{index}"), Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::row::{Cell, Edit, edits};

    fn entry(link: u32, mac: &str, origin: FdbOrigin) -> FdbEntry {
        FdbEntry {
            bridge: 10,
            link,
            mac: mac.parse().unwrap(),
            vlan: None,
            origin,
            idle: None,
        }
    }

    fn host() -> Snapshot {
        let mut host = fixture::small();
        let known = &mut host.host.learned;
        known.learn(entry(20, "52:54:00:00:00:ab", FdbOrigin::Learned));
        known.learn(entry(20, "02:00:00:00:00:07", FdbOrigin::Learned));
        known.learn(entry(2, "02:00:00:00:00:08", FdbOrigin::Set));
        known.learn(entry(2, "52:54:00:00:00:02", FdbOrigin::Own));
        known.learn(entry(10, "52:54:00:00:00:0a", FdbOrigin::Own));
        let group = MdbEntry {
            bridge: 10,
            link: 20,
            group: Group::Ip("224.0.0.251".parse().unwrap()),
            vlan: None,
            is_permanent: false,
        };
        known.join(group, true);
        // Another bridge's.
        known.learn(FdbEntry {
            bridge: 12,
            ..entry(12, "02:00:00:00:00:09", FdbOrigin::Learned)
        });
        host
    }

    fn cell<'a>(rows: &'a [Row], address: &str, role: &str) -> &'a Cell {
        let at = LEARNED_ROLES.iter().position(|it| *it == role).unwrap();
        let row = rows.iter().find(|row| row.cells[1] == address.into());
        &row.unwrap().cells[at]
    }

    #[test]
    fn an_address_says_whose_it_is() {
        let rows = learned(&host(), "br0", None);
        assert_eq!(rows.len(), 6);
        assert!(
            rows.iter()
                .all(|row| row.cells.len() == LEARNED_ROLES.len())
        );
        let whose = |mac| cell(&rows, mac, "owner").clone();
        assert_eq!(
            whose("52:54:00:00:00:ab"),
            "machine web, interface 1".into()
        );
        assert_eq!(whose("02:00:00:00:00:07"), "behind machine web".into());
        assert_eq!(whose("02:00:00:00:00:08"), "".into());
        assert_eq!(whose("52:54:00:00:00:02"), "the port itself".into());
        assert_eq!(whose("52:54:00:00:00:0a"), "this host".into());
        assert_eq!(whose("224.0.0.251"), "mDNS · machine web".into());
        assert_eq!(cell(&rows, "02:00:00:00:00:08", "port"), &"eth0".into());
    }

    #[test]
    fn learned_ones_stand_before_static_and_own_ones() {
        let rows = learned(&host(), "br0", None);
        let mut sections: Vec<_> = rows.iter().map(|row| row.cells[0].clone()).collect();
        sections.dedup();
        let words =
            ["Learned", "Static", "Own"].map(|word| Cell::from(format!("{word} addresses")));
        assert_eq!(sections[..3], words);
        assert_eq!(sections[3], "Multicast groups".into());
        assert!(rows[0].matches("learned vnet0"));
    }

    #[test]
    fn the_age_is_told_once_it_was_read() {
        let mac = "52:54:00:00:00:ab";
        let mut read = entry(20, mac, FdbOrigin::Learned);
        assert_eq!(
            cell(&learned(&host(), "br0", None), mac, "idle"),
            &"".into()
        );
        read.idle = Some(125);
        let ages = Ages::of(10, &[read]);
        let rows = learned(&host(), "br0", Some(&ages));
        assert_eq!(cell(&rows, mac, "idle"), &"2 min".into());
        // It came after that.
        assert_eq!(cell(&rows, "02:00:00:00:00:07", "idle"), &"0 s".into());
        let other = Ages::of(12, &[]);
        let rows = learned(&host(), "br0", Some(&other));
        assert_eq!(cell(&rows, mac, "idle"), &"".into());
    }

    #[test]
    fn an_address_that_moves_keeps_its_place() {
        let mut host = host();
        let before = learned(&host, "br0", None);
        let moved = entry(2, "52:54:00:00:00:ab", FdbOrigin::Learned);
        host.host.learned.learn(moved);
        let after = learned(&host, "br0", None);
        assert_eq!(edits(&before, &after), [Edit::Change { row: 1 }]);
    }

    #[test]
    fn the_note_counts_what_was_learned_and_says_for_how_long() {
        let mut host = host();
        assert_eq!(
            note(&host, "br0"),
            "2 addresses learned · forgotten after 300 s of silence · 1 request for a multicast group"
        );
        let bridge = host.host.links.get_mut(&11).unwrap();
        let options = &mut bridge.bridge.as_mut().unwrap().options;
        options.multicast_snooping = false;
        options.ageing_time = 0;
        let words = note(&host, "br1");
        assert!(words.starts_with("no address learned yet"), "{words}");
        assert!(words.ends_with("multicast snooping is off"), "{words}");
        assert_eq!(note(&host, "ovs0"), "");
    }

    #[test]
    fn times_are_short() {
        let told = [0, 59, 60, 3599, 3600, 172_800].map(duration);
        assert_eq!(told, ["0 s", "59 s", "1 min", "59 min", "1 h", "2 d"]);
    }
}
