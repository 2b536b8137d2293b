// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The helper's end of the line to the dead-man. Each message says until when
//! the helper will be heard of again; a line that ends, or that stays silent
//! for longer, has the dead-man undo what is under way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nova_model::{ErrorKind, NovaError, Result};

use crate::clock::Deadline;

/// Where the dead-man listens, see `nova-deadman.socket`.
pub const SOCKET: &str = "/run/nova/deadman";
/// Has the dead-man act at a moment, in milliseconds since the boot, and
/// answer [`ARMED`].
pub const ARM: &str = "arm";
/// Puts that moment off, without an answer.
pub const RENEW: &str = "renew";
/// Lets the dead-man rest.
pub const REST: &str = "rest";
/// The answer to [`ARM`].
pub const ARMED: &str = "armed";
/// How long the dead-man may take to start and answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How far a moment moves, and how old it is, before it is told again.
const PIECE: Duration = Duration::from_millis(500);

/// The line to the dead-man.
#[derive(Default)]
pub struct Lifeline {
    path: Option<PathBuf>,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    stream: Option<UnixStream>,
    told: Option<(Instant, Deadline)>,
}

impl Lifeline {
    /// A line to the dead-man that listens here. The dead-man starts with it.
    pub fn to(path: impl Into<PathBuf>) -> Self {
        let lifeline = Self {
            path: Some(path.into()),
            line: Mutex::default(),
        };
        // The first change would wait for its start otherwise.
        if let Err(error) = lifeline.connect(&mut lifeline.line()) {
            tracing::warn!(%error, "the dead-man cannot be reached");
        }
        lifeline
    }

    /// No line: whoever undoes what others left has nobody behind.
    pub fn none() -> Self {
        Self::default()
    }

    /// Has the dead-man act at this moment unless it hears otherwise before.
    /// It is ready to when this returns.
    ///
    /// # Errors
    /// `DaemonMissing` where it does not answer; nothing may be changed then.
    pub fn arm(&self, at: Deadline) -> Result<()> {
        let mut line = self.line();
        if self.path.is_none() {
            return Ok(());
        }
        let armed = match arm(&mut line, at) {
            Ok(()) => Ok(()),
            // It may have been started anew since.
            Err(_) => self.connect(&mut line).and_then(|()| arm(&mut line, at)),
        };
        armed.map_err(|error| {
            line.stream = None;
            NovaError::new(
                ErrorKind::DaemonMissing,
                format!("nobody would undo this change if the helper were stopped: {error}"),
            )
            .with_remedy(
                "\"systemctl status nova-deadman.socket\" shows why the dead-man does not answer.",
            )
        })
    }

    /// Puts the moment off. A line that broke is made anew; where that fails,
    /// the change under way goes on without.
    pub fn renew(&self, at: Deadline) {
        let mut line = self.line();
        let is_told = line.told.is_some_and(|(when, told)| {
            when.elapsed() < PIECE && told.since_boot().abs_diff(at.since_boot()) < PIECE
        });
        if self.path.is_none() || is_told {
            return;
        }
        let told = say(&mut line, RENEW, Some(at))
            .or_else(|_| self.connect(&mut line).and_then(|()| arm(&mut line, at)));
        if let Err(error) = told {
            line.stream = None;
            tracing::warn!(%error, "the dead-man does not answer");
        }
    }

    /// Lets the dead-man rest: nothing is under way any more.
    pub fn rest(&self) {
        let mut line = self.line();
        if line.stream.is_some() && say(&mut line, REST, None).is_err() {
            // One that starts anew rests until it is told otherwise.
            line.stream = None;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self, line: &mut Line) -> std::io::Result<()> {
        *line = Line::default();
        let Some(path) = &self.path else {
            return Ok(());
        };
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        line.stream = Some(stream);
        Ok(())
    }
}

fn arm(line: &mut Line, at: Deadline) -> std::io::Result<()> {
    say(line, ARM, Some(at))?;
    let broken = || std::io::Error::from(std::io::ErrorKind::NotConnected);
    let stream = line.stream.as_ref().ok_or_else(broken)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    if answer.trim_end() == ARMED {
        return Ok(());
    }
    Err(std::io::ErrorKind::UnexpectedEof.into())
}

fn say(line: &mut Line, word: &str, at: Option<Deadline>) -> std::io::Result<()> {
    let broken = || std::io::Error::from(std::io::ErrorKind::NotConnected);
    let stream = line.stream.as_mut().ok_or_else(broken)?;
    let message = match at {
        Some(at) => format!("{word} {}\n", at.since_boot().as_millis()),
        None => format!("{word}\n"),
    };
    stream.write_all(message.as_bytes())?;
    line.told = at.map(|at| (Instant::now(), at));
    Ok(())
}
