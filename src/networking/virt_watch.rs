// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! libvirt as it changes. A thread of its own holds the connection, reads
//! again what an event is about, and publishes the picture.
//!
//! A daemon that a person stopped stays stopped: its sockets may still be held
//! open by systemd and would start it again, so a lost connection is taken up
//! only after the daemon's process file has come back. One that hangs is waited for
//! on its socket: stopped meanwhile, it is started again.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use nova_model::state::{Service, VirtState};
use nova_model::{ErrorKind, NovaError, Result};
use virt::connect::Connect;

use crate::files::follow_folders;
use crate::libvirt::{self, Event, Subscription};
use crate::virt_read::{self, Dirty, Reader};

/// Quiet time after an event before it is acted on, so that a burst is read
/// once.
const QUIET: Duration = Duration::from_millis(40);
/// Longest time a burst can hold the picture back.
const LONGEST_BURST: Duration = Duration::from_millis(250);
/// How often a missing daemon's process file is looked at where no event of
/// the file system tells.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How often it is looked for another daemon before the one that was lost is tried
/// again. It closes its connections first and may wait 30 s for its own threads
/// before it ends; who connects meanwhile has its socket start it anew.
const PATIENCE: u32 = 20;

/// How many seconds a connection may be silent before the daemon is asked whether
/// it is still there; where that has no answer for as long, it is told as silent.
const SILENCE: i32 = 10;
/// How long it may take to tell what it is asked, while it answers that it is there.
const TO_TELL: Duration = Duration::from_secs(20);

/// A reason to look.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    /// libvirt told of a change.
    Event(Event),
    /// A lease file changed.
    Leases,
    /// Something changed that libvirt does not tell of.
    Reread(Dirty),
    /// The daemon's process file came or went.
    Daemon,
}

/// Follows libvirt in a thread that lives as long as the process; `publish` is
/// called with each new picture.
///
/// # Errors
/// `Internal` where no thread can be had.
pub(crate) fn follow(
    publish: impl Fn(Service<VirtState>) + Send + Sync + 'static,
) -> Result<Sender<Signal>> {
    let (sender, receiver) = channel();
    let own = sender.clone();
    std::thread::Builder::new()
        .name("libvirt".to_owned())
        .spawn(move || {
            follow_files(&own);
            Follower {
                sender: own,
                receiver,
                publish: Box::new(publish),
            }
            .run();
        })
        .map_err(|error| NovaError::internal(format!("no thread for libvirt: {error}")))?;
    Ok(sender)
}

/// Why a connection ended.
enum Loss {
    /// The daemon runs and does not answer.
    Silent,
    /// The daemon is gone, or something else is wrong.
    Ended(NovaError),
}

struct Follower {
    sender: Sender<Signal>,
    receiver: Receiver<Signal>,
    publish: Box<dyn Fn(Service<VirtState>) + Send + Sync>,
}

impl Follower {
    fn run(self) {
        // The first connection may start a daemon that waits behind its
        // socket, as any other client of libvirt would.
        let mut connect = first_connection();
        loop {
            // A daemon that goes away is still there for a moment; what it
            // would answer then is lost with it.
            let served = running_process();
            let loss = match connect {
                Ok(connect) => self.stay_connected(connect),
                Err(error) => Loss::Ended(error),
            };
            connect = match loss {
                Loss::Silent => {
                    tracing::info!("libvirt is silent");
                    (self.publish)(Service::Missing(virt_read::silent()));
                    // Waits until it answers again or ends.
                    virt_read::open()
                }
                Loss::Ended(error) => {
                    tracing::info!("{error}");
                    let is_stopped = error.kind() == ErrorKind::DaemonMissing;
                    (self.publish)(Service::Missing(error));
                    if !is_stopped {
                        // Not a matter of a daemon that comes back; do not hurry.
                        let _ = self.receiver.recv_timeout(LOOK_AGAIN);
                    }
                    Ok(self.await_daemon(served))
                }
            };
        }
    }

    /// Publishes the picture over this connection until it breaks, and says
    /// why it did.
    fn stay_connected(&self, connect: Connect) -> Loss {
        let sender = self.sender.clone();
        let subscription = Subscription::new(&connect, move |event| {
            let _ = sender.send(Signal::Event(event));
        });
        // Without events the picture is right now and stale later; saying so
        // in the log is all that can be done.
        if let Err(error) = &subscription {
            tracing::warn!("libvirt sends no events: {error}");
        }
        if let Err(error) = connect.set_keep_alive(SILENCE, 1) {
            tracing::warn!("a libvirt that hangs is not told: {error}");
        }
        let mut reader = Reader::new(connect);
        tracing::info!("libvirt answers");
        let mut dirty = Dirty::all();
        loop {
            if !dirty.is_nothing() {
                match self.refreshed(&mut reader, &dirty) {
                    Ok(()) => (self.publish)(Service::Available(reader.state())),
                    Err(_) if !reader.is_alive() => return self.closed(),
                    Err(error) => return Loss::Ended(error),
                }
            }
            dirty = match self.next_burst() {
                Ok(dirty) => dirty,
                Err(loss) => return loss,
            };
        }
    }

    /// Reads what is dirty, and tells of a daemon that takes too long for it.
    fn refreshed(&self, reader: &mut Reader, dirty: &Dirty) -> Result<()> {
        let (done, is_done) = channel::<()>();
        let publish = &self.publish;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if is_done.recv_timeout(TO_TELL) == Err(RecvTimeoutError::Timeout) {
                    publish(Service::Missing(virt_read::silent()));
                }
            });
            let read = reader.refresh(dirty);
            drop(done);
            read
        })
    }

    /// Why the connection is closed, as its event tells, which may be on its way.
    fn closed(&self) -> Loss {
        while let Ok(signal) = self.receiver.recv_timeout(LONGEST_BURST) {
            if let Err(loss) = fold(&mut Dirty::default(), signal) {
                return loss;
            }
        }
        Loss::Ended(virt_read::stopped())
    }

    /// Waits for a signal and takes what follows it closely along.
    fn next_burst(&self) -> std::result::Result<Dirty, Loss> {
        let mut dirty = Dirty::default();
        let first = self.receiver.recv();
        let first = first.map_err(|_| Loss::Ended(virt_read::stopped()))?;
        fold(&mut dirty, first)?;
        let end = Instant::now() + LONGEST_BURST;
        while Instant::now() < end {
            match self.receiver.recv_timeout(QUIET) {
                Ok(signal) => fold(&mut dirty, signal)?,
                Err(_) => break,
            }
        }
        Ok(dirty)
    }

    /// Waits until a daemon other than the process `served` runs and answers,
    /// or that one still does after a while.
    fn await_daemon(&self, served: Option<u32>) -> Connect {
        let mut tried = served;
        let mut looked = 0;
        loop {
            let process = running_process();
            if process.is_some() && process != tried {
                tracing::debug!("process {process:?} is tried");
                tried = process;
                if let Some(connect) = connect_soon() {
                    return connect;
                }
            }
            match self.receiver.recv_timeout(LOOK_AGAIN) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    looked += 1;
                    if tried != served || looked >= PATIENCE {
                        tried = None;
                        looked = 0;
                    }
                }
                // Cannot be: this side holds a sender too.
                Err(RecvTimeoutError::Disconnected) => std::thread::park(),
            }
        }
    }
}

fn first_connection() -> Result<Connect> {
    libvirt::start_event_loop().map_err(|error| {
        NovaError::internal(format!("libvirt's event loop: {}", error.message()))
    })?;
    virt_read::open()
}

/// The process file is there a moment before its process answers.
fn connect_soon() -> Option<Connect> {
    const TRIES: u32 = 10;
    (0..TRIES).find_map(|tried| {
        if tried > 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
        virt_read::open()
            .inspect_err(|error| tracing::debug!("{error}"))
            .ok()
    })
}

fn fold(dirty: &mut Dirty, signal: Signal) -> std::result::Result<(), Loss> {
    match signal {
        Signal::Event(Event::Closed { is_silent: true }) => return Err(Loss::Silent),
        Signal::Event(Event::Closed { is_silent: false }) => {
            return Err(Loss::Ended(virt_read::stopped()));
        }
        Signal::Event(Event::Machine { uuid: Some(uuid) }) => {
            dirty.machine.insert(uuid);
        }
        Signal::Event(Event::Machine { uuid: None }) => dirty.machines = true,
        Signal::Event(Event::Network) => dirty.networks = true,
        Signal::Leases => dirty.leases = true,
        Signal::Reread(more) => {
            dirty.networks |= more.networks;
            dirty.leases |= more.leases;
            dirty.machines |= more.machines;
            dirty.machine.extend(more.machine);
        }
        Signal::Daemon => {}
    }
    Ok(())
}

/// Folder of the files in which libvirt's dnsmasq keeps leases; libvirt has no
/// event for them.
const LEASE_FOLDER: &str = "/var/lib/libvirt/dnsmasq";
/// Folders of the files in which libvirt keeps networks as they are and as they are
/// defined: it has no event for a change of parts of one (`virsh net-update`).
const NETWORK_FOLDERS: [&str; 2] = ["/run/libvirt/network", "/etc/libvirt/qemu/networks"];
/// Folder of the process files.
const RUN_FOLDER: &str = "/run";
/// Process files of the daemons that answer for `qemu:///system`: the
/// monolithic one, and the one of its own where the daemons are split.
const PROCESS_FILES: [&str; 2] = ["libvirtd.pid", "virtqemud.pid"];
/// Folder of the links that make networks start with the host. Often readable
/// for root alone; the mark then shows with the next event.
const AUTOSTART_FOLDER: &str = "/etc/libvirt/qemu/networks/autostart";

fn follow_files(sender: &Sender<Signal>) {
    let sender = sender.clone();
    let [active, defined] = NETWORK_FOLDERS;
    let folders = [LEASE_FOLDER, RUN_FOLDER, AUTOSTART_FOLDER, active, defined];
    let networks = || {
        Signal::Reread(Dirty {
            networks: true,
            ..Dirty::default()
        })
    };
    let followed = follow_folders(&folders, move |folder, name| {
        let signal = match folder {
            LEASE_FOLDER if name.is_empty() || name.ends_with(".status") => Signal::Leases,
            RUN_FOLDER if PROCESS_FILES.contains(&name) => Signal::Daemon,
            AUTOSTART_FOLDER => networks(),
            _ if NETWORK_FOLDERS.contains(&folder)
                && (name.is_empty() || name.ends_with(".xml")) =>
            {
                networks()
            }
            _ => return true,
        };
        sender.send(signal).is_ok()
    });
    if let Err(error) = followed {
        tracing::warn!("{error}");
    }
}

/// The process of a daemon that has written its process file and lives.
fn running_process() -> Option<u32> {
    PROCESS_FILES.iter().find_map(|file| {
        let text = std::fs::read_to_string(Path::new(RUN_FOLDER).join(file)).ok()?;
        let process: u32 = text.trim().parse().ok()?;
        Path::new("/proc")
            .join(process.to_string())
            .exists()
            .then_some(process)
    })
}
