// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Who calls, and how much of the helper one caller may hold at a time: the
//! bus allows tens of thousands of calls in flight, and each would be a task.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use nova_model::action::MAX_DOCUMENT_BYTES;
use nova_model::{ErrorKind, NovaError, Result};
use zbus::fdo::DBusProxy;
use zbus::message::Header;
use zbus::names::{BusName, OwnedUniqueName};

/// Calls one connection, one user and everybody but root may have in flight.
const PER_CONNECTION: usize = 8;
const PER_USER: usize = 8;
const ALL_USERS: usize = 64;
/// Calls of connections that called for the first time and whose user is asked for.
const UNKNOWN: usize = 512;
/// Connections whose user is remembered: all that some users may have. The bus
/// never gives a name twice.
const REMEMBERED: usize = 4096;
/// What a message holds besides the one document.
const ENVELOPE_BYTES: usize = 1024;

/// Counts calls in flight.
pub struct Gate {
    bus: DBusProxy<'static>,
    counts: Arc<Mutex<Counts>>,
}

struct Counts {
    by_name: HashMap<OwnedUniqueName, usize>,
    by_user: HashMap<u32, usize>,
    users: HashMap<OwnedUniqueName, u32>,
    /// Calls whose user the bus is asked for.
    unknown: usize,
    last: Instant,
}

impl Counts {
    /// Counts a call of this user; false where there are too many.
    fn count_user(&mut self, uid: u32) -> bool {
        let others = self.by_user.iter().filter(|(uid, _)| **uid != 0);
        let all: usize = others.map(|(_, count)| count).sum();
        let mine = self.by_user.entry(uid).or_insert(0);
        if *mine >= PER_USER || (uid != 0 && all >= ALL_USERS) {
            return false;
        }
        *mine += 1;
        true
    }
}

/// A caller whose call is counted until this is dropped.
pub struct Caller {
    name: OwnedUniqueName,
    uid: Option<u32>,
    counts: Arc<Mutex<Counts>>,
}

impl Caller {
    /// Unique bus name of the connection.
    pub const fn name(&self) -> &OwnedUniqueName {
        &self.name
    }

    /// User id of the process behind it: for quotas, ownership of plans and the
    /// audit, never for authorisation.
    pub fn uid(&self) -> u32 {
        self.uid.unwrap_or(u32::MAX)
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.last = Instant::now();
        decrease(&mut counts.by_name, &self.name);
        match &self.uid {
            Some(uid) => decrease(&mut counts.by_user, uid),
            None => counts.unknown = counts.unknown.saturating_sub(1),
        }
    }
}

fn decrease<K: std::hash::Hash + Eq + Clone>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_many() -> NovaError {
    NovaError::new(ErrorKind::Busy, "too many calls at a time")
        .with_remedy("Wait for the answers before asking again.")
}

impl Gate {
    /// A gate that asks this bus who is who. Over the connection that the calls come
    /// by the answers would wait behind a flood of them.
    pub fn new(bus: DBusProxy<'static>) -> Self {
        let counts = Counts {
            by_name: HashMap::new(),
            by_user: HashMap::new(),
            users: HashMap::new(),
            unknown: 0,
            last: Instant::now(),
        };
        Self {
            bus,
            counts: Arc::new(Mutex::new(counts)),
        }
    }

    /// Since when nobody has called; absent while a call is in flight.
    pub fn idle_since(&self) -> Option<Instant> {
        let counts = lock(&self.counts);
        counts.by_name.is_empty().then_some(counts.last)
    }

    /// Counts a call, at once. Nothing of its body has been looked at but its
    /// length: a flood of large messages ends here, and so does one of calls.
    ///
    /// # Errors
    /// `InvalidValue` for a message longer than any document, `Busy` where the
    /// caller has too many calls in flight, `NotAuthorised` for one without a
    /// name.
    pub fn count(&self, header: &Header<'_>) -> Result<Caller> {
        // Who is not let in has called all the same.
        lock(&self.counts).last = Instant::now();
        let length = header.primary().body_len() as usize;
        if length > MAX_DOCUMENT_BYTES + ENVELOPE_BYTES {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("the message has {length} bytes, the helper reads {MAX_DOCUMENT_BYTES}"),
            )
            .with_remedy("Split it into several changes."));
        }
        let name: OwnedUniqueName = header
            .sender()
            .ok_or_else(|| NovaError::new(ErrorKind::NotAuthorised, "the caller has no bus name"))?
            .to_owned()
            .into();
        let mut counts = lock(&self.counts);
        if counts.by_name.get(&name).copied().unwrap_or(0) >= PER_CONNECTION {
            return Err(too_many());
        }
        let uid = counts.users.get(&name).copied();
        match uid {
            Some(uid) if !counts.count_user(uid) => return Err(too_many()),
            None if counts.unknown >= UNKNOWN => return Err(too_many()),
            Some(_) => {}
            None => counts.unknown += 1,
        }
        *counts.by_name.entry(name.clone()).or_insert(0) += 1;
        drop(counts);
        Ok(Caller {
            name,
            uid,
            counts: Arc::clone(&self.counts),
        })
    }

    /// Lets a counted call in, of a user who is known by then.
    ///
    /// # Errors
    /// `Busy` where the user has too many calls in flight, `NotAuthorised` where
    /// the caller has gone.
    pub async fn admit(&self, mut caller: Caller) -> Result<Caller> {
        if caller.uid.is_some() {
            return Ok(caller);
        }
        let uid = self.user_of(&caller.name).await?;
        let mut counts = lock(&self.counts);
        if !counts.count_user(uid) {
            return Err(too_many());
        }
        counts.unknown = counts.unknown.saturating_sub(1);
        drop(counts);
        caller.uid = Some(uid);
        Ok(caller)
    }

    async fn user_of(&self, name: &OwnedUniqueName) -> Result<u32> {
        if let Some(uid) = lock(&self.counts).users.get(name) {
            return Ok(*uid);
        }
        let uid = self
            .bus
            .get_connection_unix_user(BusName::Unique(name.as_ref()))
            .await
            .map_err(|_| NovaError::new(ErrorKind::NotAuthorised, "the caller has gone"))?;
        let mut counts = lock(&self.counts);
        if counts.users.len() >= REMEMBERED {
            counts.users.clear();
        }
        counts.users.insert(name.clone(), uid);
        drop(counts);
        Ok(uid)
    }
}
