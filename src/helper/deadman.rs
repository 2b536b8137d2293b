// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The dead-man: a process beside the helper that undoes what the helper left.
//! It holds everything it needs from the moment it starts, so it works where
//! the helper was killed or stopped, where its binary is gone and the bus too.
//!
//! Only one of the two undoes: whoever does holds the lock of the journal, and
//! a helper that is silent for too long is killed before its lock is taken. A
//! helper that was merely stopped never acts again.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use nova_model::{ErrorKind, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::clock::{Deadline, asleep};
use crate::failure::internal;
use crate::journal::Journal;
use crate::kernel::Kernel;
use crate::lifeline::{ARM, ARMED, Lifeline, RENEW, REST};
use crate::recovery::recover;
use crate::transaction::Workshop;

/// How long there is nobody to watch before the dead-man leaves.
const IDLE: Duration = Duration::from_secs(30);
/// Longest sleep: the machine may sleep meanwhile, and no timer with it.
const PIECE: Duration = Duration::from_millis(250);
/// How long after the machine woke a helper may take to say something: its time
/// ran on while it slept, too. Two clocks that are read one after the other
/// differ by less than `NAP` where it has not slept.
const TO_WAKE: Duration = Duration::from_secs(2);
const NAP: Duration = Duration::from_millis(100);
/// How long a process may take to die.
const TO_DIE: Duration = Duration::from_secs(5);
/// How long to wait for a lock that the helper itself may have by now.
const FOR_LOCK: Duration = Duration::from_secs(1);
/// Longest message, and most helpers at a time.
const MAX_MESSAGE: usize = 64;
const MAX_WARDS: usize = 8;
/// Pauses before each further attempt to undo: the kernel may have been short of
/// memory, the disk of space. Together they are shorter than a new helper waits
/// for an answer.
const AGAIN: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// Watches helpers that connect to the socket on standard input until there
/// are none.
///
/// # Errors
/// `Internal` where standard input is no such socket.
pub fn serve(state: &std::path::Path) -> Result<()> {
    let socket = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| internal("no socket to listen on", error))?;
    let kernel = Kernel::open()?;
    let boot = crate::clock::boot()?;
    let mut kernel = Some(kernel);
    let mut take_over = move || {
        let host = match kernel.take() {
            Some(host) => host,
            None => Kernel::open()?,
        };
        let journal = Journal::open(state, boot.clone(), FOR_LOCK)?;
        let shop = std::sync::Arc::new(Workshop {
            host,
            journal: std::sync::Arc::new(journal),
            lifeline: Lifeline::none(),
        });
        recover(&shop)?.of_all()
    };
    // What a dead-man before this one, killed with the helper, left to do.
    act(&mut take_over);
    watch(&UnixListener::from(socket), IDLE, &mut take_over)
}

fn act(take_over: &mut impl FnMut() -> Result<()>) {
    for pause in std::iter::once(Duration::ZERO).chain(AGAIN) {
        std::thread::sleep(pause);
        match take_over() {
            Ok(()) => return,
            // A helper lives and sees to it itself.
            Err(error) if error.kind() == ErrorKind::Busy => return,
            Err(error) => tracing::error!("{}", crate::audit::foreign(error.message())),
        }
    }
}

/// A helper under watch.
struct Ward {
    line: UnixStream,
    process: OwnedFd,
    silent_until: Option<Deadline>,
    /// When it has to be awake, where the machine slept.
    awake_from: Option<Deadline>,
    input: Vec<u8>,
}

/// Watches the helpers that connect, and has `take_over` undo what they leave.
/// Returns when there was nobody for as long as `idle`.
///
/// # Errors
/// `Internal` where the socket fails.
pub fn watch(
    listener: &UnixListener,
    idle: Duration,
    take_over: &mut impl FnMut() -> Result<()>,
) -> Result<()> {
    let broken = |error: std::io::Error| internal("the socket of the dead-man", error);
    listener.set_nonblocking(true).map_err(broken)?;
    let mut wards: Vec<Ward> = Vec::new();
    let mut last = Instant::now();
    let mut slept = asleep();
    tracing::debug!("watching");
    while !wards.is_empty() || last.elapsed() < idle {
        wait(listener, &wards);
        while wards.len() < MAX_WARDS
            && let Ok((line, _)) = listener.accept()
        {
            wards.extend(Ward::new(line));
        }
        let now = asleep();
        if now.saturating_sub(slept) > NAP {
            wards.iter_mut().for_each(Ward::wake);
        }
        slept = now;
        let mut is_left = false;
        wards.retain_mut(|ward| match ward.look() {
            Heard::Alive => true,
            Heard::Gone { left } => {
                is_left |= left;
                false
            }
        });
        if is_left {
            tracing::warn!("a helper left a change behind");
            act(take_over);
        }
        if !wards.is_empty() {
            last = Instant::now();
        }
    }
    Ok(())
}

fn wait(listener: &UnixListener, wards: &[Ward]) {
    let mut fds: Vec<PollFd<'_>> = wards
        .iter()
        .map(|ward| PollFd::new(&ward.line, PollFlags::IN))
        .collect();
    fds.push(PollFd::new(listener, PollFlags::IN));
    let span = wards
        .iter()
        .filter_map(Ward::patience)
        .map(Deadline::left)
        .min()
        .map_or(PIECE * 4, |left| left.min(PIECE));
    // An interrupted wait is a short one.
    let _ = poll(&mut fds, Timespec::try_from(span).ok().as_ref());
}

/// What became of a helper.
enum Heard {
    Alive,
    Gone { left: bool },
}

impl Ward {
    /// The helper at the other end. Absent where it has gone already.
    fn new(line: UnixStream) -> Option<Self> {
        let peer = rustix::net::sockopt::socket_peercred(&line).ok()?;
        let process = pidfd_open(peer.pid, PidfdFlags::empty()).ok()?;
        line.set_nonblocking(true).ok()?;
        // It was alive when its process was looked up if its end is open now,
        // so no other process has taken its number.
        let mut byte = [0];
        let peeked = rustix::net::recv(
            &line,
            &mut byte[..],
            rustix::net::RecvFlags::PEEK | rustix::net::RecvFlags::DONTWAIT,
        );
        if matches!(peeked, Ok((0, _))) {
            return None;
        }
        Some(Self {
            line,
            process,
            silent_until: None,
            awake_from: None,
            input: Vec::new(),
        })
    }

    /// Lets it wake up before its silence counts.
    fn wake(&mut self) {
        self.awake_from = Some(Deadline::after(TO_WAKE));
    }

    /// Until when its silence does not count. What it said before the machine
    /// slept, or in its first moment awake, may speak of a time that is over.
    fn patience(&self) -> Option<Deadline> {
        self.silent_until.map(|at| match self.awake_from {
            Some(awake) => at.max(awake),
            None => at,
        })
    }

    /// Reads what it says. One that was silent for too long is killed.
    fn look(&mut self) -> Heard {
        let mut bytes = [0; MAX_MESSAGE];
        loop {
            match self.line.read(&mut bytes) {
                Ok(0) => return self.gone(),
                Ok(count) => self.input.extend(bytes.iter().take(count)),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return self.gone(),
            }
            if !self.heed() {
                return self.gone();
            }
        }
        if self.patience().is_some_and(|at| at.left().is_zero()) {
            tracing::warn!("a helper is silent; it is killed");
            return self.gone();
        }
        Heard::Alive
    }

    /// Takes the messages that are whole. False where one makes no sense.
    fn heed(&mut self) -> bool {
        while let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
            let rest = self.input.split_off(end + 1);
            let line = std::mem::replace(&mut self.input, rest);
            let line = String::from_utf8_lossy(&line);
            let mut words = line.split_whitespace();
            let word = words.next();
            let at = words
                .next()
                .and_then(|millis| millis.parse().ok())
                .map(|millis| Deadline::at(Duration::from_millis(millis)));
            match (word, at) {
                (Some(REST), None) => self.silent_until = None,
                (Some(RENEW), Some(_)) => self.silent_until = at,
                (Some(ARM), Some(_)) => {
                    self.silent_until = at;
                    if self
                        .line
                        .write_all(format!("{ARMED}\n").as_bytes())
                        .is_err()
                    {
                        return false;
                    }
                }
                _ => return false,
            }
        }
        self.input.len() <= MAX_MESSAGE
    }

    /// Makes sure that a helper which left a change cannot go on with it.
    fn gone(&self) -> Heard {
        let left = self.silent_until.is_some();
        if left {
            // A stopped process dies of it too; one that is dead is past it.
            let _ = pidfd_send_signal(&self.process, Signal::KILL);
            let mut fds = [PollFd::new(&self.process, PollFlags::IN)];
            if let Ok(0) = poll(&mut fds, Timespec::try_from(TO_DIE).ok().as_ref()) {
                tracing::error!("a helper does not die");
            }
        }
        Heard::Gone { left }
    }
}
