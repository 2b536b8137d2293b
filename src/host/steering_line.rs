// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Who may write to sysfs does so for who may not. The helper and its dead-man
//! see all of `/sys` read-only: among what root may write there is the memory of
//! devices. A process with nothing else to do (`nova-steering.service`) sets the
//! CPUs of the queues of links, as a step asks, and nothing else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use nova_model::step::SteeringStep;
use nova_model::{ErrorKind, NovaError, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::execute::Undone;
use crate::failure::Failure;
use crate::steering;

/// Where it listens, see `nova-steering.socket`.
const SOCKET: &str = "/run/nova/steering";
/// How long it may take to start and answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a caller may take to say what it wants.
const CALLER: Duration = Duration::from_secs(2);
/// Longest request: 1024 queues with a mask each.
const MAX_REQUEST: u64 = 256 * 1024;

/// Has the step done by the process that may.
///
/// # Errors
/// `DaemonMissing` where it does not answer, and what the kernel says.
pub(crate) fn ask(step: &SteeringStep, about: &str) -> Result<Undone> {
    let answer = converse(step).map_err(|error| {
        NovaError::new(
            ErrorKind::DaemonMissing,
            format!("{about}: the part of Nova that may set it does not answer: {error}"),
        )
        .with_remedy("\"systemctl status nova-steering.socket\" shows why.")
    })?;
    match answer.trim_end().split_once(' ') {
        None if answer.trim_end() == "done" => Ok(Undone::Done),
        None if answer.trim_end() == "already" => Ok(Undone::AlreadySo),
        None if answer.trim_end() == "vanished" => Ok(Undone::Vanished),
        Some(("errno", number)) => {
            let errno = number.parse().map_or(Errno::IO, Errno::from_raw_os_error);
            Err(Failure::new(errno).about(about))
        }
        _ => Err(NovaError::internal(format!(
            "{about}: the answer to it makes no sense"
        ))),
    }
}

fn converse(step: &SteeringStep) -> std::io::Result<String> {
    let mut line = UnixStream::connect(SOCKET)?;
    line.set_read_timeout(Some(PATIENCE))?;
    line.set_write_timeout(Some(PATIENCE))?;
    serde_json::to_writer(&line, step)?;
    line.write_all(b"\n")?;
    let mut answer = String::new();
    BufReader::new(line.take(64)).read_line(&mut answer)?;
    Ok(answer)
}

/// Does what callers ask, one after the other, until nobody has called for as
/// long as `idle`. Only root may call.
///
/// # Errors
/// `Internal` where the socket or the kernel cannot be used.
pub fn serve(listener: &UnixListener, idle: Duration) -> Result<()> {
    let broken = |error: std::io::Error| NovaError::internal(format!("the socket: {error}"));
    let idle = Timespec::try_from(idle).ok();
    loop {
        let mut fds = [PollFd::new(listener, PollFlags::IN)];
        match poll(&mut fds, idle.as_ref()) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(broken(error.into())),
        }
        let (line, _) = listener.accept().map_err(broken)?;
        // Whoever does not speak properly gets no answer.
        let _ = answer(&line);
    }
}

fn answer(mut line: &UnixStream) -> std::io::Result<()> {
    let peer = rustix::net::sockopt::socket_peercred(line)?;
    if !peer.uid.is_root() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    line.set_read_timeout(Some(CALLER))?;
    line.set_write_timeout(Some(CALLER))?;
    let mut request = String::new();
    BufReader::new(line.take(MAX_REQUEST)).read_line(&mut request)?;
    let step: SteeringStep = serde_json::from_str(&request)?;
    // Whoever asks has looked which link it is.
    let index = step.link.index.ok_or(std::io::ErrorKind::InvalidData)?;
    let answer = match steering::set(&step.link.name, index, &step.queues) {
        Ok(Undone::Done) => "done\n".to_owned(),
        Ok(Undone::AlreadySo) => "already\n".to_owned(),
        Ok(Undone::Vanished) => "vanished\n".to_owned(),
        Err(failure) => format!("errno {}\n", failure.errno.raw_os_error()),
    };
    line.write_all(answer.as_bytes())
}
