// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A host in memory that does what the model says the kernel does, and can be
//! told to fail, to lie and to stop.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nova_host::contact::Contacts;
use nova_host::execute::Undone;
use nova_model::fact::already_holds;
use nova_model::state::{Digest, HostState};
use nova_model::step::{BridgeStep, LinkStep, PortStep, Step};
use nova_model::{NovaError, Result};

use crate::host::Host;
use crate::journal::Journal;
use crate::lifeline::Lifeline;
use crate::record::Made;
use crate::transaction::Workshop;

/// What goes wrong with the next steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// The step of this number fails before it did anything.
    FailsBefore(usize),
    /// The step of this number fails although it was done.
    FailsAfter(usize),
    /// Steps report that they are done and do nothing.
    Lies,
}

pub struct Simulated {
    pub state: Mutex<HostState>,
    pub trouble: Mutex<Trouble>,
    pub executed: AtomicUsize,
    pub undone: AtomicUsize,
    pub contacts: Mutex<Contacts>,
    /// How many of the next steps back fail.
    pub failing_undos: AtomicUsize,
    /// The bridges that the change under way made.
    pub made: Mutex<BTreeMap<String, u32>>,
}

impl Simulated {
    pub fn new() -> Self {
        let text = r#"{"links":{"1":{"index":1,"name":"lo","kind":"loopback","mac":null,"mtu":65536,
            "is_up":true,"has_carrier":true,"refuses_bridge":false,"controller":null,"lower":null,
            "alias":null,"addresses":[],"bridge":null,"port":null,"owner":{"by":"kernel"}},
            "2":{"index":2,"name":"eth0","kind":"physical","mac":"52:54:00:00:00:02","mtu":1500,
            "is_up":true,"has_carrier":true,"refuses_bridge":false,"controller":null,"lower":null,
            "alias":null,"addresses":[],"bridge":null,"port":null,"owner":{"by":"nobody"}},
            "3":{"index":3,"name":"eth1","kind":"physical","mac":"52:54:00:00:00:03","mtu":1500,
            "is_up":false,"has_carrier":true,"refuses_bridge":false,"controller":null,"lower":null,
            "alias":null,"addresses":[],"bridge":null,"port":null,"owner":{"by":"nobody"}}},
            "routes":[]}"#;
        Self {
            state: Mutex::new(serde_json::from_str(text).unwrap()),
            trouble: Mutex::new(Trouble::None),
            executed: AtomicUsize::new(0),
            undone: AtomicUsize::new(0),
            contacts: Mutex::default(),
            failing_undos: AtomicUsize::new(0),
            made: Mutex::default(),
        }
    }

    pub fn digest(&self) -> Digest {
        self.state.lock().unwrap().digest()
    }
}

impl Host for Simulated {
    fn begin(&self) -> Result<()> {
        self.executed.store(0, Ordering::Relaxed);
        self.undone.store(0, Ordering::Relaxed);
        self.made.lock().unwrap().clear();
        Ok(())
    }

    fn remember(&self, made: &Made) {
        let mut known = self.made.lock().unwrap();
        known.insert(made.name.clone(), made.index);
    }

    fn administrators(&self) -> Vec<(IpAddr, IpAddr)> {
        Vec::new()
    }

    fn observe(&self) -> Result<HostState> {
        Ok(self.state.lock().unwrap().clone())
    }

    fn execute(&self, step: &Step) -> Result<()> {
        let at = self.executed.fetch_add(1, Ordering::Relaxed);
        let trouble = *self.trouble.lock().unwrap();
        if trouble == Trouble::FailsBefore(at) {
            return Err(NovaError::internal("no memory"));
        }
        if trouble != Trouble::Lies {
            let mut state = self.state.lock().unwrap();
            step.simulate(&mut state);
            if let Some(link) = step.makes().and_then(|made| state.link(made.name.as_str())) {
                let made = (link.name.to_string(), link.index);
                self.made.lock().unwrap().extend([made]);
            }
        }
        if trouble == Trouble::FailsAfter(at) {
            return Err(NovaError::internal("no memory"));
        }
        Ok(())
    }

    fn undo(&self, step: &Step) -> Result<Undone> {
        let left = self.failing_undos.load(Ordering::Relaxed);
        if left > 0 {
            self.failing_undos.store(left - 1, Ordering::Relaxed);
            return Err(NovaError::internal("no memory"));
        }
        let mut state = self.state.lock().unwrap();
        if already_holds(step, &state) {
            return Ok(Undone::AlreadySo);
        }
        if let Step::Link(LinkStep::SetController { link, .. } | LinkStep::SetUp { link, .. }) =
            step
            && state.link(link.name.as_str()).is_none()
        {
            return Ok(Undone::Vanished);
        }
        if let Step::Bridge(BridgeStep::Delete { name, mac }) = step
            && let Some(found) = state.link(name.as_str())
        {
            let made = self.made.lock().unwrap().get(name.as_str()).copied();
            if found.mac != Some(*mac) || made.is_some_and(|made| made != found.index) {
                return Ok(Undone::Vanished);
            }
        }
        if let Step::Port(PortStep::Set { link, .. }) = step
            && (state.link(link.name.as_str())).is_none_or(|found| found.port.is_none())
        {
            return Ok(Undone::Vanished);
        }
        self.undone.fetch_add(1, Ordering::Relaxed);
        step.simulate(&mut state);
        Ok(Undone::Done)
    }

    fn contacts(&self) -> Result<Contacts> {
        Ok(self.contacts.lock().unwrap().clone())
    }
}

/// A folder of its own, gone when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "nova-helper-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn workshop(folder: &Folder) -> Arc<Workshop<Simulated>> {
    let journal = Journal::open(&folder.0, "boot 1".to_owned(), Duration::ZERO).unwrap();
    Arc::new(Workshop {
        host: Simulated::new(),
        journal: Arc::new(journal),
        lifeline: Lifeline::none(),
    })
}

/// The same host after the helper was stopped and started, in this boot.
pub fn restarted(
    folder: &Folder,
    shop: Arc<Workshop<Simulated>>,
    boot: &str,
) -> Arc<Workshop<Simulated>> {
    let shop = Arc::into_inner(shop).expect("nobody else holds it");
    drop(shop.journal);
    Arc::new(Workshop {
        host: shop.host,
        journal: Arc::new(Journal::open(&folder.0, boot.to_owned(), Duration::ZERO).unwrap()),
        lifeline: Lifeline::none(),
    })
}
