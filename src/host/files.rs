// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The one place that writes files of the host: complete or not at all, in two
//! fixed folders, under names of Nova's own, never through a link and never over
//! a file that Nova did not write.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;

use nova_model::networkd::{DropIn, NetdevName, NetworkdFile, Place, written_by};
use nova_model::{ErrorKind, NovaError, Result};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, fchmod, fsync, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;

use crate::execute::Undone;

/// Most bytes read of one file; a longer one is none of Nova's.
const MAX_BYTES: u64 = 256 * 1024;
/// Everybody reads them, systemd-networkd among them; root writes.
const FILE_MODE: Mode = Mode::from_raw_mode(0o644);

/// A folder that Nova writes to, opened once.
pub(crate) struct Folder {
    path: String,
    folder: OwnedFd,
}

impl Folder {
    /// Opens the folder, part by part, and makes its last part where it is
    /// missing.
    ///
    /// # Errors
    /// `NotAuthorised` or `Internal`, and `Refused` where a part is a link.
    pub(crate) fn open(place: Place) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let path = place.folder().to_owned();
        let fail = |error| broken(&path, "", "opened", error);
        let parts: Vec<&str> = place
            .folder()
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let mut folder = openat(CWD, "/", flags, Mode::empty()).map_err(fail)?;
        for (at, part) in parts.iter().enumerate() {
            let next = match openat(&folder, *part, flags, Mode::empty()) {
                Err(Errno::NOENT) if at + 1 == parts.len() => {
                    match mkdirat(&folder, *part, Mode::from_raw_mode(0o755)) {
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(error) => return Err(fail(error)),
                    }
                    openat(&folder, *part, flags, Mode::empty())
                }
                next => next,
            };
            folder = next.map_err(fail)?;
        }
        Ok(Self { path, folder })
    }

    /// Opens the folder of what is added to the file of this name, and makes it where
    /// it is missing and `is_made`.
    fn of_additions(&self, beside: &NetdevName, is_made: bool) -> Result<Option<Self>> {
        let name = DropIn::folder(beside);
        let path = format!("{}/{name}", self.path);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fail = |error| broken(&path, "", "opened", error);
        let is_new = match is_made {
            true => match mkdirat(&self.folder, &name, Mode::from_raw_mode(0o755)) {
                Ok(()) => true,
                Err(Errno::EXIST) => false,
                Err(error) => return Err(fail(error)),
            },
            false => false,
        };
        let folder = match openat(&self.folder, &name, flags, Mode::empty()) {
            Err(Errno::NOENT) if !is_made => return Ok(None),
            folder => folder.map_err(fail)?,
        };
        if is_new {
            // systemd-networkd is not root.
            fchmod(&folder, Mode::from_raw_mode(0o755)).map_err(fail)?;
            fsync(&self.folder).map_err(fail)?;
        }
        Ok(Some(Self { path, folder }))
    }

    /// Has `after` stand beside the file of this name, where `before` stood; on the
    /// disk when this returns.
    ///
    /// # Errors
    /// `Refused` where something else stands there, `Internal` from the disk.
    pub(crate) fn replace(
        &self,
        beside: &NetdevName,
        before: Option<&DropIn>,
        after: Option<&DropIn>,
    ) -> Result<Undone> {
        let Some(additions) = self.of_additions(beside, after.is_some())? else {
            return Ok(Undone::AlreadySo);
        };
        let found = additions.read(DropIn::NAME)?;
        let [before, after] = [before, after].map(|it| it.map(DropIn::text));
        if found == after {
            return Ok(Undone::AlreadySo);
        }
        if found != before {
            return Err(additions.foreign(DropIn::NAME));
        }
        match after {
            Some(text) => additions.put(DropIn::NAME, &text)?,
            None => {
                additions.take_away(DropIn::NAME)?;
                // Others may have files there.
                let name = DropIn::folder(beside);
                match unlinkat(&self.folder, &name, AtFlags::REMOVEDIR) {
                    Ok(()) => fsync(&self.folder)
                        .map_err(|error| broken(&self.path, &name, "removed", error))?,
                    Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => {}
                    Err(error) => return Err(broken(&self.path, &name, "removed", error)),
                }
            }
        }
        Ok(Undone::Done)
    }

    /// Writes a file; on the disk when this returns.
    ///
    /// # Errors
    /// `Refused` where another's file has the name, `Internal` from the disk.
    pub(crate) fn write(&self, file: &NetworkdFile) -> Result<Undone> {
        let name = file.name();
        let text = file.text();
        match self.read(&name)? {
            Some(found) if found == text => return Ok(Undone::AlreadySo),
            Some(found) if written_by(&found).is_none() => return Err(self.foreign(&name)),
            _ => {}
        }
        self.put(&name, &text)?;
        Ok(Undone::Done)
    }

    /// Writes a file, whole at once.
    fn put(&self, name: &str, text: &str) -> Result<()> {
        let fail = |error| broken(&self.path, name, "written", error);
        let new = format!(".{name}.new");
        // One that a sudden end left behind.
        match unlinkat(&self.folder, &new, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(fail(error)),
        }
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(&self.folder, &new, flags, FILE_MODE).map_err(fail)?;
        let written = fchmod(&opened, FILE_MODE)
            .map_err(fail)
            .and_then(|()| {
                let mut opened = File::from(opened);
                opened
                    .write_all(text.as_bytes())
                    .and_then(|()| opened.sync_all())
                    .map_err(|error| broken(&self.path, name, "written", error))
            })
            .and_then(|()| renameat(&self.folder, &new, &self.folder, name).map_err(fail));
        if let Err(error) = written {
            // What is left of it is removed before the next one, if not now.
            let _ = unlinkat(&self.folder, &new, AtFlags::empty());
            return Err(error);
        }
        fsync(&self.folder).map_err(fail)?;
        Ok(())
    }

    /// Removes a file of Nova's.
    ///
    /// # Errors
    /// `Refused` where it was altered since, `Internal` from the disk.
    pub(crate) fn remove(&self, file: &NetworkdFile) -> Result<Undone> {
        let name = file.name();
        let Some(found) = self.read(&name)? else {
            return Ok(Undone::AlreadySo);
        };
        if written_by(&found) != Some(file.change) {
            return Err(self.foreign(&name));
        }
        self.take_away(&name)?;
        Ok(Undone::Done)
    }

    fn take_away(&self, name: &str) -> Result<()> {
        let fail = |error| broken(&self.path, name, "removed", error);
        match unlinkat(&self.folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(fail(error)),
        }
        fsync(&self.folder).map_err(fail)
    }

    fn read(&self, name: &str) -> Result<Option<String>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = match openat(&self.folder, name, flags, Mode::empty()) {
            Ok(opened) => opened,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(self.foreign(name)),
            Err(error) => return Err(broken(&self.path, name, "read", error)),
        };
        let mut bytes = Vec::new();
        File::from(opened)
            .take(MAX_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|error| broken(&self.path, name, "read", error))?;
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| self.foreign(name))
    }

    fn foreign(&self, name: &str) -> NovaError {
        NovaError::refused(format!(
            "{}/{name} was not written by Nova for this change, or altered since; it stays as it is",
            self.path
        ))
        .with_remedy("Look at that file and move it away where it is not needed.")
    }
}

fn broken(folder: &str, name: &str, doing: &str, error: impl std::fmt::Display) -> NovaError {
    let path = format!("{folder}/{name}");
    NovaError::new(
        ErrorKind::Internal,
        format!("{} cannot be {doing}: {error}", path.trim_end_matches('/')),
    )
}
