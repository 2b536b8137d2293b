// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! systemd-networkd: which links it configures by which file, and steps done by
//! it: files of Nova's that it reads when told over the bus.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nova_model::manager::{NetdevFile, Networkd, NetworkdLink};
use nova_model::name::{InterfaceName, printable};
use nova_model::networkd::{
    DropIn, FileKind, NetdevName, NetworkdFile, Place, Rank, link_made, parse, written_by,
};
use nova_model::step::{ManagerStep, Step};
use nova_model::uplink::Uplink;
use nova_model::{NovaError, Result};
use serde::Deserialize;
use zbus::Connection;

use crate::bus::{SystemBus, Target, has_owner};
use crate::execute::{Executor, Undone};
use crate::files::Folder;
use crate::nm::{await_uplink, await_uplink_for};

const SERVICE: &str = "org.freedesktop.network1";
const MANAGER: Target<'static> = Target {
    service: SERVICE,
    path: "/org/freedesktop/network1",
    interface: "org.freedesktop.network1.Manager",
};
/// Folders that it reads.
const FOLDERS: [&str; 4] = [
    "/etc/systemd/network/",
    "/run/systemd/network/",
    "/usr/local/lib/systemd/network/",
    "/usr/lib/systemd/network/",
];
/// How long a card may take to be as before the bridge above it that goes, where
/// the daemon knows both.
const AT_ONCE: Duration = Duration::from_secs(10);
/// Most bytes read of one file.
const MAX_BYTES: u64 = 64 * 1024;
/// Most files read in one folder.
const MAX_FILES: usize = 4096;

/// What `Describe` of the manager tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    #[serde(default)]
    interfaces: Vec<Interface>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Interface {
    name: String,
    #[serde(default)]
    administrative_state: String,
    network_file: Option<String>,
    #[serde(default)]
    network_file_dropins: Vec<String>,
    #[serde(rename = "DHCPv4Client")]
    dhcp: Option<DhcpClient>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DhcpClient {
    #[serde(default)]
    client_identifier: Vec<u8>,
}

/// What it tells; absent where it does not run.
///
/// # Errors
/// Those of the bus.
pub(crate) async fn look(connection: &Connection) -> zbus::Result<Option<Networkd>> {
    if !has_owner(connection, SERVICE).await {
        return Ok(None);
    }
    let reply = connection
        .call_method(
            Some(SERVICE),
            MANAGER.path,
            Some(MANAGER.interface),
            "Describe",
            &(),
        )
        .await?;
    let document: String = reply.body().deserialize()?;
    let description: Description = serde_json::from_str(&document)
        .map_err(|error| zbus::Error::Failure(format!("Describe of systemd-networkd: {error}")))?;
    let links = description
        .interfaces
        .into_iter()
        .filter(|it| {
            !matches!(
                it.administrative_state.as_str(),
                "" | "unmanaged" | "pending"
            )
        })
        .filter_map(|it| {
            let file = where_it_lies(it.network_file.clone()?);
            if is_taken_away(&file) {
                return None;
            }
            let mut text = read(&file);
            for dropin in &it.network_file_dropins {
                text = text
                    .zip(read(dropin))
                    .map(|(text, more)| format!("{text}\n{more}"));
            }
            let iaid = it
                .dhcp
                .as_ref()
                .and_then(|dhcp| iaid(&dhcp.client_identifier));
            Some((it.name, NetworkdLink { file, text, iaid }))
        })
        .collect();
    let (own, mut foreign) = lasting_files();
    let makers = makers();
    let beside = makers.values().filter(|maker| maker.addition.is_none());
    foreign.extend(
        beside
            .map(|maker| DropIn::path(&maker.name))
            .filter(|path| at(path).symlink_metadata().is_ok()),
    );
    Ok(Some(Networkd {
        links,
        own,
        foreign,
        makers,
    }))
}

/// Where a file lies by now that it has read: with a change that is kept, Nova's
/// own move to the folder that lasts, and it does not read them again for that.
fn where_it_lies(path: String) -> String {
    let moved = path
        .strip_prefix(Place::Volatile.folder())
        .map(|name| format!("{}{name}", Place::Lasting.folder()));
    match moved {
        Some(moved) if !Path::new(&path).exists() && Path::new(&moved).exists() => moved,
        _ => path,
    }
}

/// Whether this is a file of Nova's own that is gone again. The daemon goes on to
/// name it until it reads its files anew, which Nova does not have it do: what a
/// person has written there meanwhile would count, too.
pub(crate) fn is_taken_away(path: &str) -> bool {
    let path = where_it_lies(path.to_owned());
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_own = name.split_once('-').is_some_and(|(rank, rest)| {
        rank.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with("nova-")
    });
    let found = Path::new(&path).symlink_metadata();
    is_own && found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// The number of the link in an identifier of RFC 4361: type 255, number,
/// identifier of the host.
fn iaid(client: &[u8]) -> Option<u32> {
    let [255, a, b, c, d, ..] = client else {
        return None;
    };
    Some(u32::from_be_bytes([*a, *b, *c, *d]))
}

/// The text of a file in one of the folders that everybody may read; a plan
/// shows what it takes over.
fn read(path: &str) -> Option<String> {
    let is_plain = FOLDERS.iter().any(|folder| path.starts_with(folder))
        && !path.split('/').any(|part| part == "..");
    if !is_plain {
        return None;
    }
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES || metadata.mode() & 0o004 == 0 {
        return None;
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Nova's own files that lie for good, and the names of all others there.
fn lasting_files() -> (BTreeMap<String, NetworkdFile>, BTreeSet<String>) {
    let mut own = BTreeMap::new();
    let mut foreign = BTreeSet::new();
    let folder = Place::Lasting.folder();
    let entries = Path::new(folder).read_dir().into_iter().flatten();
    for entry in entries.take(MAX_FILES).filter_map(std::result::Result::ok) {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let text = is_file.then(|| read(&format!("{folder}/{name}"))).flatten();
        match text.and_then(|text| own_file(&name, &text)) {
            Some(file) => {
                own.insert(name, file);
            }
            None => {
                foreign.insert(name);
            }
        }
    }
    (own, foreign)
}

/// The `.netdev` files of others, by the link that each makes: of several files of a
/// name that of the first folder is read, of several for a link the first by name.
fn makers() -> BTreeMap<InterfaceName, NetdevFile> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for folder in FOLDERS {
        let entries = Path::new(folder).read_dir().into_iter().flatten();
        for entry in entries.take(MAX_FILES).filter_map(std::result::Result::ok) {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if name.ends_with(".netdev") {
                let path = format!("{folder}{name}");
                files.entry(name).or_insert(path);
            }
        }
    }
    let mut makers = BTreeMap::new();
    let mut made = BTreeSet::new();
    for (name, path) in files {
        let Some(text) = read(&path) else {
            continue;
        };
        let Some(link) = link_made(&text) else {
            continue;
        };
        let is_first = made.insert(link.clone());
        let is_of_nova = own_file(&name, &text).is_some();
        if let (true, false, Ok(name)) = (is_first, is_of_nova, NetdevName::try_from(name)) {
            let addition = addition(&name);
            makers.insert(link, NetdevFile { name, addition });
        }
    }
    makers
}

/// A path below the folder of the files that lie for good.
fn at(path: &str) -> PathBuf {
    Path::new(Place::Lasting.folder()).join(path)
}

/// What Nova adds to a file of somebody else's.
fn addition(beside: &NetdevName) -> Option<DropIn> {
    let text = read(at(&DropIn::path(beside)).to_str()?)?;
    let addition = DropIn {
        beside: beside.clone(),
        change: written_by(&text)?,
        sections: parse(&text).ok()?,
    };
    (addition.text() == text).then_some(addition)
}

/// The file of Nova's that this is.
fn own_file(name: &str, text: &str) -> Option<NetworkdFile> {
    let change = written_by(text)?;
    let (rank, rest) = name.split_once("-nova-")?;
    let rank = match rank {
        "03" => Rank::Undo,
        "04" => Rank::Stacked,
        "05" => Rank::Early,
        "25" => Rank::Usual,
        _ => return None,
    };
    let (link, kind) = rest.rsplit_once('.')?;
    let kind = match kind {
        "netdev" => FileKind::Netdev,
        "network" => FileKind::Network,
        _ => return None,
    };
    let file = NetworkdFile {
        kind,
        link: link.try_into().ok()?,
        rank,
        change,
        sections: parse(text).ok()?,
    };
    (file.text() == text).then_some(file)
}

/// Does a step.
///
/// # Errors
/// Those of the disk and of the daemon.
pub(crate) fn perform(
    bus: impl FnOnce() -> Result<SystemBus>,
    step: &ManagerStep,
) -> Result<Undone> {
    let (write, remove, effect) = match step {
        ManagerStep::Files {
            write,
            remove,
            effect,
        } => (write, remove, effect),
        ManagerStep::Addition {
            beside,
            before,
            after,
            ..
        } => {
            let (before, after) = (before.as_ref(), after.as_ref());
            return Folder::open(Place::Lasting)?.replace(beside, before, after);
        }
        _ => {
            return Err(NovaError::internal(
                "profiles are no matter of systemd-networkd",
            ));
        }
    };
    let mut did = Undone::AlreadySo;
    let mut note = |done: Undone| {
        if done == Undone::Done {
            did = Undone::Done;
        }
    };
    for (place, file) in write {
        note(Folder::open(*place)?.write(file)?);
    }
    for (place, file) in remove {
        // A file that is written in the same step has replaced it.
        if !write
            .iter()
            .any(|(at, new)| at == place && new.name() == file.name())
        {
            note(Folder::open(*place)?.remove(file)?);
        }
    }
    if let Some(effect) = effect {
        let bus = bus()?;
        bus.await_service(SERVICE, "systemd-networkd")?;
        if write.is_empty() && remove.is_empty() {
            reconfigure(&bus, effect.after.bearer())?;
        } else {
            bus.call(MANAGER, "Reload", &())
                .map_err(|error| told(&error))?;
        }
        let leaves = effect.leaves();
        if !leaves.is_empty() && await_uplink_for(&effect.after, AT_ONCE).is_err() {
            take_back(&bus, &effect.after, &leaves)?;
        }
        await_uplink(&effect.after)?;
    }
    Ok(did)
}

/// Where the daemon has begun anew meanwhile, it does not know what it gave the
/// bridge or bond that goes, and lets address and routes stand there: the card gets
/// the address beside it, and no route. So it goes now, and the card is configured
/// once more.
fn take_back(bus: &SystemBus, uplink: &Uplink, leaves: &[Step]) -> Result<()> {
    let mut executor = Executor::new()?;
    for step in leaves {
        let _ = executor.undo(step)?;
    }
    reconfigure(bus, &uplink.card)
}

/// Has the daemon configure a link once more, where it is there.
fn reconfigure(bus: &SystemBus, link: &InterfaceName) -> Result<()> {
    let state = crate::observe::observe()?;
    if let Some(link) = state.link(link.as_str()) {
        bus.call(MANAGER, "ReconfigureLink", &link.index.cast_signed())
            .map_err(|error| told(&error))?;
    }
    Ok(())
}

fn told(error: &zbus::Error) -> NovaError {
    match error {
        zbus::Error::MethodError(_, Some(text), _) => {
            NovaError::refused(format!("systemd-networkd says: {}", printable(text)))
        }
        error => NovaError::internal(format!(
            "systemd-networkd: {}",
            printable(&error.to_string())
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_link_is_read_of_its_client_identifier() {
        assert_eq!(iaid(&[255, 249, 142, 238, 202, 0, 2]), Some(0xf98e_eeca));
        assert_eq!(iaid(&[1, 0x52, 0x54, 0, 0, 1, 1]), None);
        assert_eq!(iaid(&[]), None);
    }

    #[test]
    fn only_files_that_systemd_networkd_reads_are_read() {
        for path in [
            "/etc/shadow",
            "/etc/systemd/network/../../shadow",
            "/run/systemd/netif/links/1",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }

    #[test]
    fn only_nova_s_own_file_counts_as_taken_away() {
        assert!(is_taken_away("/run/systemd/network/25-nova-eth7.network"));
        assert!(!is_taken_away("/etc/systemd/network/10-eth7.network"));
        assert!(!is_taken_away("/etc/systemd/network/my-nova-eth7.network"));
    }

    #[test]
    fn a_file_of_nova_s_is_known_again() {
        let file = NetworkdFile {
            kind: FileKind::Network,
            link: "br-0".try_into().unwrap(),
            rank: Rank::Usual,
            change: nova_model::plan::PlanId::from_bits(5),
            sections: parse("[Match]\nName=br-0\n[Network]\nDHCP=ipv4\n").unwrap(),
        };
        assert_eq!(own_file(&file.name(), &file.text()), Some(file.clone()));
        assert_eq!(own_file(&file.name(), &file.body()), None);
        assert_eq!(own_file("20-lan.network", &file.text()), None);
    }
}
