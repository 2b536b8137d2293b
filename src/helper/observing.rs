// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What only root may read, for everybody who may see it: Open vSwitch, once
//! or whenever it changes. Its database is followed while somebody watches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nova_host::ovs::{Live, Place};
use nova_model::name::InterfaceName;
use nova_model::observation::{MAX_OBSERVATION_BYTES, Observation};
use nova_model::{ErrorKind, NovaError, Result};
use tokio::sync::watch;

use crate::host::Host;
use crate::transaction::Workshop;

/// Most watchers of one user.
const MAX_WATCHERS: usize = 4;
/// How long the follower waits before it looks whether anybody watches.
const LOOK: Duration = Duration::from_secs(2);
/// How long a burst of changes is let pass.
const BURST: Duration = Duration::from_millis(50);

/// Who watches, and what they were told last.
pub struct Observers {
    desk: Mutex<Desk>,
    news: watch::Sender<Arc<str>>,
}

#[derive(Default)]
struct Desk {
    /// The user of each watcher.
    watchers: Vec<u32>,
    /// Whether somebody follows the database for them.
    is_followed: bool,
}

/// The place of a watcher; given back when dropped.
pub struct Seat {
    observers: Arc<Observers>,
    uid: u32,
    /// What is new, as a document.
    pub news: watch::Receiver<Arc<str>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut desk = self.observers.desk();
        let at = desk.watchers.iter().position(|uid| *uid == self.uid);
        at.map(|at| desk.watchers.swap_remove(at));
    }
}

impl Observers {
    /// Nobody watches yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            desk: Mutex::default(),
            news: watch::Sender::new(Arc::from("")),
        })
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody watches.
    pub fn is_watched(&self) -> bool {
        !self.desk().watchers.is_empty()
    }

    /// A place for a watcher of this user.
    ///
    /// # Errors
    /// `Busy` where the user has too many; `Internal` where no thread can be
    /// had.
    pub fn watch<H: Host>(self: &Arc<Self>, shop: &Arc<Workshop<H>>, uid: u32) -> Result<Seat> {
        let mut desk = self.desk();
        let of_user = desk.watchers.iter().filter(|other| **other == uid).count();
        if of_user >= MAX_WATCHERS {
            return Err(NovaError::new(
                ErrorKind::Busy,
                format!("{of_user} programs of user {uid} watch already"),
            )
            .with_remedy("Close one of them."));
        }
        if !desk.is_followed {
            let (observers, shop) = (Arc::clone(self), Arc::clone(shop));
            std::thread::Builder::new()
                .name("openvswitch".to_owned())
                .spawn(move || observers.follow(&shop))
                .map_err(|error| NovaError::internal(format!("no thread to watch: {error}")))?;
            desk.is_followed = true;
        }
        desk.watchers.push(uid);
        Ok(Seat {
            observers: Arc::clone(self),
            uid,
            news: self.news.subscribe(),
        })
    }

    /// Follows the database until nobody watches any more.
    fn follow<H: Host>(&self, shop: &Workshop<H>) {
        while self.is_wanted() {
            let live = Live::open(&Place::default());
            self.tell(shop);
            match live {
                Ok(mut live) => {
                    while let Ok(is_new) = live.wait(Some(LOOK)) {
                        if is_new {
                            std::thread::sleep(BURST);
                            self.tell(shop);
                        } else if !self.is_watched() {
                            break;
                        }
                    }
                }
                // It does not run; it may be started.
                Err(_) => std::thread::sleep(LOOK),
            }
        }
    }

    /// Whether to go on; once this is false, the next watcher begins anew.
    fn is_wanted(&self) -> bool {
        let mut desk = self.desk();
        desk.is_followed = !desk.watchers.is_empty();
        desk.is_followed
    }

    fn tell<H: Host>(&self, shop: &Workshop<H>) {
        match observation(shop) {
            Ok(document) => {
                self.news.send_if_modified(|told| {
                    let is_new = **told != *document;
                    if is_new {
                        *told = Arc::from(document);
                    }
                    is_new
                });
            }
            Err(error) => tracing::warn!(%error, "what is watched cannot be told"),
        }
    }
}

/// What only root may read, as a document.
///
/// # Errors
/// Those of the kernel; `Internal` where it is larger than anybody reads.
pub fn observation<H: Host>(shop: &Workshop<H>) -> Result<String> {
    let state = shop.observe(nova_model::manager::Managers::default())?;
    let document = serde_json::to_string(&Observation { ovs: state.ovs })
        .map_err(|error| NovaError::internal(error.to_string()))?;
    if document.len() > MAX_OBSERVATION_BYTES {
        return Err(NovaError::internal(format!(
            "Open vSwitch holds more than is told: {} bytes",
            document.len()
        )));
    }
    Ok(document)
}

/// The flows of a bridge of Open vSwitch, one a line.
///
/// # Errors
/// `NotFound`, `DaemonMissing`.
pub fn flows(bridge: &str) -> Result<String> {
    let bridge: InterfaceName = bridge.parse()?;
    nova_host::ovs_control::flows(&Place::default(), &bridge)
}
