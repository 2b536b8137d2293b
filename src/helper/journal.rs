// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The journal: one file a change, written before the change and kept as its
//! history. Files are named by the identifier of the change alone, in one
//! folder that is opened once; no caller can name a path.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nova_model::binding::Bindings;
use nova_model::history::ChangeState;
use nova_model::ovs_conf::RowId;
use nova_model::plan::{Plan, PlanId};
use nova_model::{ErrorKind, NovaError, Result};
use rustix::fs::{
    AtFlags, CWD, Dir, FlockOperation, Mode, OFlags, flock, fstat, fsync, mkdirat, renameat,
    statat, unlinkat,
};
use rustix::io::{Errno, retry_on_intr};

use crate::failure::internal;
use crate::record::{Begin, Made, Past, Record, VERSION};

/// Name of the folder below the service's state folder.
const FOLDER: &str = "journal";
/// Waits before a change that could not be read is read again.
const READ_AGAIN: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(200)];
/// The file of what is bound to cards of machines, and the next one.
const BINDINGS: &str = "bindings.json";
const NEW_BINDINGS: &str = "bindings.new";
/// Longest file that is read, and most that all files may hold, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Most changes that are kept.
const MAX_FILES: usize = 1000;
/// Between two tries to lock the folder.
const PIECE: Duration = Duration::from_millis(20);

/// The folder of the journal, locked: one helper at a time.
pub struct Journal {
    folder: OwnedFd,
    boot: String,
    made: Mutex<HashSet<Made>>,
    rows: Mutex<HashSet<RowId>>,
    /// The places of the changes among each other.
    numbers: Mutex<HashMap<PlanId, u64>>,
    /// Whether what was read last could not be read.
    is_broken: AtomicBool,
}

/// The file of the change that is under way.
pub struct Pen {
    journal: Arc<Journal>,
    /// Absent where the disk takes nothing: a change is undone all the same.
    file: Option<File>,
    /// Bytes of the whole lines in it.
    length: u64,
}

/// What is there that changes have made.
#[derive(Debug, Default)]
pub struct InUse {
    /// The changes whose marks something bears.
    pub marks: HashSet<PlanId>,
    /// Links with a mark.
    pub made: HashSet<Made>,
    /// Rows of Open vSwitch with a mark.
    pub rows: HashSet<RowId>,
}

/// When a file was written to last, its change and its bytes.
type Written = ((i64, u64), PlanId, u64);

fn broken(doing: &str, error: impl std::fmt::Display) -> NovaError {
    internal(&format!("the journal cannot be {doing}"), error)
}

impl Journal {
    /// Opens the journal below `state`, the service's state folder, for the
    /// kernel state called `boot`. The kernel gives the lock back when this
    /// process ends, however it ends.
    ///
    /// # Errors
    /// `Busy` where another process has it for longer than `patience`,
    /// `Internal` from the disk.
    pub fn open(state: &Path, boot: String, patience: Duration) -> Result<Self> {
        let folder_flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let state = openat(CWD, state, folder_flags, Mode::empty())
            .map_err(|error| broken("opened", error))?;
        match mkdirat(&state, FOLDER, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(broken("created", error)),
        }
        let folder = openat(&state, FOLDER, folder_flags, Mode::empty())
            .map_err(|error| broken("opened", error))?;
        lock(&folder, patience)?;
        fsync(&state).map_err(|error| broken("written", error))?;
        let journal = Self {
            folder,
            boot,
            made: Mutex::default(),
            rows: Mutex::default(),
            numbers: Mutex::default(),
            is_broken: AtomicBool::new(false),
        };
        for (id, _) in journal.ids()? {
            let Ok(past) = journal.read(id) else {
                continue;
            };
            locked(&journal.numbers).insert(id, past.begin.number);
            // The database outlives a boot, the kernel's links do not.
            locked(&journal.rows).extend(past.rows);
            if past.begin.boot == journal.boot {
                locked(&journal.made).extend(past.made);
            }
        }
        Ok(journal)
    }

    /// The kernel state that stands now.
    pub fn boot(&self) -> &str {
        &self.boot
    }

    /// Whether a change in the journal made the bridge of this name and index.
    pub fn has_made(&self, name: &str, index: u32) -> bool {
        let made = Made {
            name: name.to_owned(),
            index,
        };
        locked(&self.made).contains(&made)
    }

    /// Whether a change in the journal made this row of Open vSwitch.
    pub fn has_made_row(&self, row: &RowId) -> bool {
        locked(&self.rows).contains(row)
    }

    /// What is bound to cards of machines and to links. Nothing where it was
    /// never noted; a file that says nothing is told in the log.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn bindings(&self) -> Result<Bindings> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        self.patiently(|| {
            let file = match openat(&self.folder, BINDINGS, flags, Mode::empty()) {
                Ok(file) => File::from(file),
                Err(Errno::NOENT) => return Ok(Bindings::default()),
                Err(error) => return Err(broken("read", error)),
            };
            let mut document = Vec::new();
            file.take(MAX_FILE_BYTES)
                .read_to_end(&mut document)
                .map_err(|error| broken("read", error))?;
            Ok(serde_json::from_slice(&document).unwrap_or_else(|error| {
                tracing::warn!(%error, "what is bound to cards of machines and links is not known");
                Bindings::default()
            }))
        })
    }

    /// Notes what is bound to cards of machines and to links: all of it is on the
    /// disk when this returns, or nothing.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn set_bindings(&self, bindings: &Bindings) -> Result<()> {
        if bindings.is_empty() {
            return match unlinkat(&self.folder, BINDINGS, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => Ok(()),
                Err(error) => Err(broken("written", error)),
            };
        }
        let document = serde_json::to_vec(bindings).map_err(|error| broken("written", error))?;
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.folder, NEW_BINDINGS, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| broken("written", error))?;
        let mut file = File::from(file);
        file.write_all(&document)
            .map_err(|error| broken("written", error))?;
        fsync(&file)
            .and_then(|()| renameat(&self.folder, NEW_BINDINGS, &self.folder, BINDINGS))
            .and_then(|()| fsync(&self.folder))
            .map_err(|error| broken("written", error))
    }

    /// Whether a change of this identifier is in the journal.
    pub fn has(&self, id: PlanId) -> bool {
        self.open_file(id, OFlags::RDONLY | OFlags::CLOEXEC).is_ok()
    }

    /// Begins the file of a change: on the disk when this returns.
    ///
    /// # Errors
    /// `Internal` from the disk; nothing may be changed then.
    pub fn begin(self: &Arc<Self>, plan: &Plan, uid: u32) -> Result<Pen> {
        let file = openat(
            &self.folder,
            file_name(plan.id),
            OFlags::WRONLY
                | OFlags::CREATE
                | OFlags::EXCL
                | OFlags::APPEND
                | OFlags::NOFOLLOW
                | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        )
        .map_err(|error| broken("written", error))?;
        let mut pen = Pen {
            journal: Arc::clone(self),
            file: Some(file.into()),
            length: 0,
        };
        let begin = Begin {
            version: VERSION,
            number: self.next_number(plan.id),
            uid,
            started: crate::clock::now(),
            boot: self.boot.clone(),
            plan: plan.clone(),
        };
        let written = pen
            .write(&Record::Begin(Box::new(begin)))
            .and_then(|()| pen.to_disk())
            .and_then(|()| fsync(&self.folder).map_err(|error| broken("written", error)));
        if let Err(error) = written {
            // Without a whole first line the file would say nothing.
            if let Err(error) = self.remove(plan.id) {
                tracing::warn!(%error, "an empty file stays in the journal");
            }
            return Err(error);
        }
        Ok(pen)
    }

    /// Goes on with the file of a change that was interrupted. A disk that is
    /// full or cannot be written keeps nobody from undoing it; the next helper
    /// finds it once more then.
    pub fn resume(self: &Arc<Self>, id: PlanId) -> Pen {
        let mut pen = Pen {
            journal: Arc::clone(self),
            file: None,
            length: 0,
        };
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC;
        let opened = self.open_file(id, flags).and_then(|file| {
            let stat = fstat(&file).map_err(|error| broken("read", error))?;
            Ok((file, u64::try_from(stat.st_size).unwrap_or(0)))
        });
        // The last line may be torn; what follows must not join it.
        let resumed = opened.and_then(|(file, length)| {
            pen.file = Some(file);
            pen.length = length;
            pen.append(b"\n")
        });
        if let Err(error) = resumed {
            tracing::error!(%id, %error, "a change is undone that the journal will not tell of");
        }
        pen
    }

    /// Reads a change. What is passed over is missed in the history, or stays half
    /// done: where the disk, or memory, fails for a moment, it is read again.
    ///
    /// # Errors
    /// `NotFound` where no file has this name or it says nothing, `Internal`
    /// from the disk.
    pub fn read(&self, id: PlanId) -> Result<Past> {
        self.patiently(|| {
            let mut document = Vec::new();
            self.open_file(id, OFlags::RDONLY | OFlags::CLOEXEC)?
                .take(MAX_FILE_BYTES)
                .read_to_end(&mut document)
                .map_err(|error| broken("read", error))?;
            Past::parse(&String::from_utf8_lossy(&document)).ok_or_else(|| unknown(id))
        })
    }

    /// Reads again where the disk fails, a few times; once only after one that
    /// failed each time, so that a broken disk does not hold up a thousand files.
    fn patiently<T>(&self, read: impl Fn() -> Result<T>) -> Result<T> {
        let is_fault = |error: &NovaError| error.kind() != ErrorKind::NotFound;
        let mut answer = read();
        if !self.is_broken.load(Ordering::Relaxed) {
            for pause in READ_AGAIN {
                if !answer.as_ref().is_err_and(is_fault) {
                    break;
                }
                std::thread::sleep(pause);
                answer = read();
            }
        }
        let is_broken = answer.as_ref().is_err_and(is_fault);
        self.is_broken.store(is_broken, Ordering::Relaxed);
        answer
    }

    /// A higher number than any change has had.
    fn next_number(&self, id: PlanId) -> u64 {
        let mut numbers = locked(&self.numbers);
        let next = numbers.values().max().map_or(1, |last| last + 1);
        numbers.insert(id, next);
        next
    }

    /// The changes of the journal, the newest first.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn ids(&self) -> Result<Vec<(PlanId, u64)>> {
        let files = self.files()?;
        Ok(files.into_iter().map(|(_, id, size)| (id, size)).collect())
    }

    /// The changes that were written to within the last `age`.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn lately(&self, age: Duration) -> Result<Vec<PlanId>> {
        let oldest = crate::clock::now().saturating_sub(age.as_secs());
        let files = self.files()?.into_iter();
        Ok(files
            .filter(|((seconds, _), ..)| u64::try_from(*seconds).is_ok_and(|at| at >= oldest))
            .map(|(_, id, _)| id)
            .collect())
    }

    fn files(&self) -> Result<Vec<Written>> {
        let folder = Dir::read_from(&self.folder).map_err(|error| broken("listed", error))?;
        let mut found = Vec::new();
        for file in folder {
            let file = file.map_err(|error| broken("listed", error))?;
            let Some(id) = id_of(file.file_name().to_bytes()) else {
                continue;
            };
            let Ok(stat) = statat(&self.folder, file.file_name(), AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            found.push(((stat.st_mtime, stat.st_mtime_nsec), id, size));
        }
        let numbers = locked(&self.numbers);
        found.sort_by_key(|(written, id, _)| Reverse((numbers.get(id).copied(), *written)));
        drop(numbers);
        Ok(found)
    }

    /// Forgets the oldest changes where there are too many, but none whose mark
    /// somebody bears, that made what is there (`in_use`) or that a program
    /// keeps: without them a mark is taken for a copy, and what it is on for a
    /// stranger's.
    ///
    /// # Errors
    /// `Internal` from the disk, and what `in_use` fails with.
    pub fn prune(&self, in_use: impl FnOnce() -> Result<InUse>) -> Result<()> {
        let mut bytes = 0;
        let old: Vec<PlanId> = self
            .ids()?
            .into_iter()
            .enumerate()
            .filter_map(|(at, (id, size))| {
                bytes += size;
                (at >= MAX_FILES || bytes > MAX_BYTES).then_some(id)
            })
            .collect();
        if old.is_empty() {
            return Ok(());
        }
        let in_use = in_use()?;
        for id in old.into_iter().filter(|id| !in_use.marks.contains(id)) {
            let is_needed = |past: &Past| {
                let is_kept = past.end == Some(ChangeState::Confirmed)
                    && !past.begin.plan.keeping.steps.is_empty();
                // An undo makes again what bears the mark of another change.
                is_kept
                    || past.rows.iter().any(|row| in_use.rows.contains(row))
                    || past.begin.boot == self.boot
                        && past.made.iter().any(|made| in_use.made.contains(made))
            };
            match self.read(id) {
                Ok(past) if is_needed(&past) => {}
                // What cannot be read now may be needed.
                Err(error) if error.kind() != ErrorKind::NotFound => {}
                _ => self.remove(id)?,
            }
        }
        Ok(())
    }

    /// Forgets a change.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn remove(&self, id: PlanId) -> Result<()> {
        unlinkat(&self.folder, file_name(id), AtFlags::empty())
            .map_err(|error| broken("shortened", error))
    }

    fn open_file(&self, id: PlanId, flags: OFlags) -> Result<File> {
        // The name has no component but itself, so nothing is resolved below
        // the folder. (RestrictSUIDSGID= of the unit takes openat2 away.)
        let flags = flags | OFlags::NOFOLLOW;
        let file =
            openat(&self.folder, file_name(id), flags, Mode::empty()).map_err(
                |error| match error {
                    Errno::NOENT | Errno::LOOP => unknown(id),
                    error => broken("read", error),
                },
            )?;
        let stat = fstat(&file).map_err(|error| broken("read", error))?;
        if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
            return Err(unknown(id));
        }
        Ok(file.into())
    }
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock(folder: &OwnedFd, patience: Duration) -> Result<()> {
    let until = Instant::now() + patience;
    loop {
        match flock(folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK) if Instant::now() < until => std::thread::sleep(PIECE),
            Err(Errno::WOULDBLOCK) => {
                let told = "another nova-helper is running";
                return Err(NovaError::new(ErrorKind::Busy, told));
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(broken("locked", error)),
        }
    }
}

impl Pen {
    /// Writes a line. It need not reach the disk: the kernel's network state
    /// does not survive a power cut either, and a killed helper loses nothing
    /// that was handed to the kernel. Forced out are the first line, the last,
    /// and the one before a step that outlives a boot.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn write(&mut self, record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record).map_err(|error| broken("written", error))?;
        line.push(b'\n');
        self.append(&line)?;
        match record {
            Record::Made(made) => {
                locked(&self.journal.made).insert(made.clone());
            }
            Record::MadeRows(rows) => {
                locked(&self.journal.rows).extend(rows.iter().cloned());
            }
            _ => {}
        }
        Ok(())
    }

    /// Writes the last line: on the disk when this returns. Where that fails, a
    /// line that says the change is kept does not stand: it is going to be
    /// undone, and a helper that is killed meanwhile must be seen to have left
    /// it. Any other end is true on the disk or not.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn end(&mut self, state: &ChangeState) -> Result<()> {
        let before = self.length;
        self.write(&Record::End(state.clone()))?;
        self.to_disk().inspect_err(|_| {
            if *state == ChangeState::Confirmed {
                self.cut(before);
            }
        })
    }

    /// Appends all of `bytes`, or nothing: half a line would swallow the next.
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(file) = &mut self.file else {
            return Err(broken("written", "it could not be opened"));
        };
        match file.write_all(bytes) {
            Ok(()) => {
                self.length += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.cut(self.length);
                Err(broken("written", error))
            }
        }
    }

    fn cut(&mut self, length: u64) {
        match self.file.as_ref().map(|file| file.set_len(length)) {
            Some(Err(error)) => {
                tracing::error!(%error, "a line stays in the journal that is not true");
            }
            _ => self.length = length,
        }
    }

    /// Has all that was written on the disk when this returns.
    ///
    /// # Errors
    /// `Internal` from the disk.
    pub fn to_disk(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| {
            fsync(file).map_err(|error| broken("written", error))
        })
    }
}

fn unknown(id: PlanId) -> NovaError {
    NovaError::not_found(format!("there is no change {id} in the history"))
        .with_remedy("\"nova network history\" lists the changes.")
}

fn file_name(id: PlanId) -> String {
    format!("{id}.jsonl")
}

fn id_of(name: &[u8]) -> Option<PlanId> {
    std::str::from_utf8(name)
        .ok()?
        .strip_suffix(".jsonl")?
        .parse()
        .ok()
}

/// Opens a file or folder, also where a signal comes while a disk far away is
/// waited for.
fn openat(
    folder: impl AsFd,
    path: impl AsRef<Path>,
    flags: OFlags,
    mode: Mode,
) -> rustix::io::Result<OwnedFd> {
    let (folder, path) = (folder.as_fd(), path.as_ref());
    retry_on_intr(|| rustix::fs::openat(folder, path, flags, mode))
}
