// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Everything the window knows at one moment, and the one place it comes from.
//!
//! The runtime thread publishes; the objects of the window follow. What has
//! been published last is always at hand, so an object made late shows the
//! same as one made early.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use nova::networking::{Monitor, Rates};
use nova_model::NovaError;
use nova_model::history::HistoryEntry;
use nova_model::state::Snapshot;

use crate::flow::Stage;
use crate::query::{Ages, Flows};
use crate::topology_lens::Lens;
use crate::topology_scene::Scene;
use crate::wish::{Presses, Wish};

/// What is known now. Cheap to copy.
#[derive(Clone, Default)]
pub struct World {
    /// The picture of the host, absent until the first one.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The picture as the topology draws it.
    pub scene: Option<Arc<Scene>>,
    /// How the person looks at it.
    pub lens: Arc<Lens>,
    /// Why there is no newer picture.
    pub blind: Option<NovaError>,
    /// What all links carry, absent until it was measured.
    pub rates: Option<Arc<Rates>>,
    /// What all links have carried in the last minutes.
    pub monitor: Option<Monitor>,
    /// How long addresses were idle, of the bridge that was asked about last.
    pub ages: Option<Arc<Ages>>,
    /// The flows of the bridge of Open vSwitch that was asked about last.
    pub flows: Arc<Flows>,
    /// Changes of the past, newest first, absent until first read.
    pub history: Option<Arc<Vec<HistoryEntry>>>,
    /// Why the helper cannot be asked.
    pub helper: Option<NovaError>,
    /// The change that is under way.
    pub stage: Arc<Stage>,
    /// The last thing worth telling, with its number in time.
    pub notice: Option<Arc<Notice>>,
}

/// Something that has happened, told in passing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// Counts up, so that the same words can be told twice.
    pub number: u64,
    /// The sentence.
    pub text: String,
    /// What to do about it, where it is a failure.
    pub remedy: String,
    /// Whether it is a failure, which stays until it is dismissed.
    pub is_failure: bool,
    /// The change that can be undone, empty where none can.
    pub undo: String,
}

/// The part of the world that has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// [`World::snapshot`] or [`World::blind`].
    Picture,
    /// [`World::rates`] or [`World::monitor`].
    Rates,
    /// [`World::scene`] or [`World::lens`].
    Scene,
    /// [`World::history`] or [`World::helper`].
    History,
    /// [`World::stage`] or [`World::notice`].
    Flow,
    /// [`World::ages`] or [`World::flows`].
    Query,
}

type Listener = Arc<dyn Fn(Topic, &World) -> bool + Send + Sync>;

/// Where the runtime thread and the objects of the window meet.
#[derive(Default)]
pub struct Hub {
    world: Mutex<World>,
    listeners: Mutex<Vec<Listener>>,
    wishes: OnceLock<tokio::sync::mpsc::UnboundedSender<Wish>>,
    presses: Mutex<Presses>,
}

impl Hub {
    /// What is known now.
    #[must_use]
    pub fn world(&self) -> World {
        lock(&self.world).clone()
    }

    /// Changes what is known and tells everybody who follows.
    pub fn publish(&self, topic: Topic, change: impl FnOnce(&mut World)) {
        let world = {
            let mut world = lock(&self.world);
            change(&mut world);
            world.clone()
        };
        // Not called under the lock: a listener may wait for an object that is
        // just about to listen itself.
        let listeners = lock(&self.listeners).clone();
        let gone: Vec<Listener> = listeners
            .into_iter()
            .filter(|listener| !listener(topic, &world))
            .collect();
        lock(&self.listeners).retain(|listener| !gone.iter().any(|one| Arc::ptr_eq(one, listener)));
    }

    /// Calls the listener at every change from now on, until it returns false.
    pub fn listen(&self, listener: impl Fn(Topic, &World) -> bool + Send + Sync + 'static) {
        lock(&self.listeners).push(Arc::new(listener));
    }

    /// Sends a wish to the runtime thread. Without one, nothing happens, nor
    /// at the echo of a wish.
    pub fn wish(&self, wish: Wish) {
        if let Some(wishes) = self.wishes.get()
            && lock(&self.presses).is_new(&wish, Instant::now())
        {
            // The receiver lives as long as the process.
            let _ = wishes.send(wish);
        }
    }

    /// Where wishes go from now on.
    pub fn connect(&self, wishes: tokio::sync::mpsc::UnboundedSender<Wish>) {
        let _ = self.wishes.set(wishes);
    }
}

/// The hub of this process.
#[must_use]
pub fn hub() -> &'static Hub {
    static HUB: OnceLock<Hub> = OnceLock::new();
    HUB.get_or_init(Hub::default)
}

/// A panic elsewhere leaves the data behind a lock whole: it is only replaced.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_listener_that_is_gone_is_forgotten() {
        let hub = Hub::default();
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        hub.listen(move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            false
        });
        hub.publish(Topic::Picture, |_| {});
        hub.publish(Topic::Picture, |_| {});
        assert_eq!(heard.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_last_that_was_published_is_at_hand() {
        let hub = Hub::default();
        hub.publish(Topic::History, |world| {
            world.history = Some(Arc::default());
        });
        assert!(hub.world().history.is_some());
    }
}
