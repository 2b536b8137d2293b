// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! On which CPUs what arrives at a link is processed. The kernel tells and takes
//! it in sysfs alone, so this is the one place that writes there: the masks of
//! the receive queues of a link, below the folder of that link, which is proven
//! by its index. Nothing that is a path comes from anywhere else.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;

use nova_model::link::{Link, LinkKind};
use nova_model::name::InterfaceName;
use nova_model::state::HostState;
use nova_model::steering::CpuSet;
use rustix::fs::{CWD, Mode, OFlags, fstatfs, openat};
use rustix::io::Errno;

use crate::execute::Undone;
use crate::failure::Failure;

const SYSFS: &str = "/sys";
/// What `statfs` tells of sysfs (`SYSFS_MAGIC`).
const SYSFS_MAGIC: i64 = 0x6265_6572;
/// Most bytes of one file: a mask of 8192 CPUs has 2303.
const MAX_BYTES: u64 = 4096;
/// Most receive queues of a link (`MAX_TAP_QUEUES` is 256).
const MAX_QUEUES: usize = 1024;

/// Reads the CPUs of the host, and on which of them is processed what arrives
/// at the links that are wanted. Needs no privilege. What sysfs does not show,
/// because it is that of another network namespace for example, stays empty.
pub fn read(state: &mut HostState, is_wanted: impl Fn(&Link) -> bool) {
    let Ok(sysfs) = Sysfs::open() else {
        return;
    };
    state.cpus.online = sysfs.cpus("online");
    state.cpus.isolated = sysfs.cpus("isolated");
    for link in state.links.values_mut() {
        // Neither takes frames in by itself.
        let takes_in = !matches!(link.kind, LinkKind::Loopback | LinkKind::Vlan { .. });
        if takes_in && is_wanted(link) {
            let name = link.name.to_interface_name().ok();
            let folder = name.and_then(|name| sysfs.folder(&name, link.index).ok());
            link.receive_cpus = folder.map(|folder| folder.queues()).unwrap_or_default();
        }
    }
}

/// Sets the masks of the queues of the link with this name and index.
///
/// # Errors
/// What the kernel says; `ROFS` where this process may not write to sysfs.
pub(crate) fn set(name: &InterfaceName, index: u32, queues: &[CpuSet]) -> Result<Undone, Failure> {
    let folder = match Sysfs::open().and_then(|sysfs| sysfs.folder(name, index)) {
        Ok(folder) => folder,
        Err(Errno::NOENT | Errno::NODEV) => return Ok(Undone::Vanished),
        Err(error) => return Err(error.into()),
    };
    let mut outcome = Undone::Vanished;
    for (number, cpus) in queues.iter().enumerate().take(MAX_QUEUES) {
        match folder.set(number, cpus) {
            Ok(true) => outcome = Undone::Done,
            Ok(false) if outcome == Undone::Vanished => outcome = Undone::AlreadySo,
            Ok(false) => {}
            // A queue that a machine no longer has.
            Err(Errno::NOENT | Errno::NODEV) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(outcome)
}

/// The folders of sysfs that are looked into, opened once.
struct Sysfs {
    links: Folder,
    cpus: Folder,
}

impl Sysfs {
    fn open() -> Result<Self, Errno> {
        let walk = |path: &[&str]| {
            let mut folder = openat(CWD, SYSFS, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
            for part in path {
                folder = openat(&folder, *part, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
            }
            Folder(folder).on_sysfs()
        };
        Ok(Self {
            links: walk(&["class", "net"])?,
            cpus: walk(&["devices", "system", "cpu"])?,
        })
    }

    /// The folder of the link, if it is the one that is meant. By its name it
    /// is reached through a symbolic link, which the kernel made and which
    /// stays within sysfs.
    fn folder(&self, name: &InterfaceName, index: u32) -> Result<Folder, Errno> {
        let folder = openat(&self.links.0, name.as_str(), FOLDER, Mode::empty())?;
        let folder = Folder(folder).on_sysfs()?;
        let found = folder.read("ifindex")?;
        match found.trim().parse() == Ok(index) {
            true => Ok(folder),
            false => Err(Errno::NODEV),
        }
    }

    /// A set of CPUs as the kernel tells it.
    fn cpus(&self, which: &str) -> CpuSet {
        let text = self.cpus.read(which).ok();
        text.and_then(|text| text.trim().parse().ok())
            .unwrap_or_default()
    }
}

/// How folders are opened.
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A folder of sysfs: that of all links, of one, or of the CPUs.
struct Folder(OwnedFd);

impl Folder {
    /// This folder, where nothing else was mounted in its place.
    fn on_sysfs(self) -> Result<Self, Errno> {
        match fstatfs(&self.0)?.f_type == SYSFS_MAGIC {
            true => Ok(self),
            false => Err(Errno::NOENT),
        }
    }

    fn open(&self, path: &str, access: OFlags) -> Result<File, Errno> {
        let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.0, path, flags, Mode::empty())?;
        match fstatfs(&file)?.f_type == SYSFS_MAGIC {
            true => Ok(File::from(file)),
            false => Err(Errno::NOENT),
        }
    }

    fn read(&self, path: &str) -> Result<String, Errno> {
        let mut text = String::new();
        self.open(path, OFlags::RDONLY)?
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(text)
    }

    /// The masks of all queues, in their order.
    fn queues(&self) -> Vec<CpuSet> {
        (0..MAX_QUEUES)
            .map_while(|number| self.mask(number).ok())
            .collect()
    }

    fn mask(&self, number: usize) -> Result<CpuSet, Errno> {
        let text = self.read(&path_of(number))?;
        CpuSet::from_mask(text.trim()).map_err(|_| Errno::INVAL)
    }

    /// Writes the mask of a queue; false where it has it already.
    fn set(&self, number: usize, cpus: &CpuSet) -> Result<bool, Errno> {
        if self.mask(number)? == *cpus {
            return Ok(false);
        }
        // The kernel takes a mask in one piece.
        self.open(&path_of(number), OFlags::WRONLY)?
            .write_all(cpus.mask().as_bytes())
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(true)
    }
}

fn path_of(queue: usize) -> String {
    format!("queues/rx-{queue}/rps_cpus")
}
