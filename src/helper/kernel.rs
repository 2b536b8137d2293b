// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The kernel of this host, through nova-host.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use nova_host::contact::Contacts;
use nova_host::execute::{Executor, Undone};
use nova_model::Result;
use nova_model::state::HostState;
use nova_model::step::Step;

use crate::host::Host;
use crate::record::Made;

/// The kernel.
pub struct Kernel {
    executor: Mutex<Executor>,
    /// What was seen last, for what the kernel hides at times.
    seen: Mutex<Option<HostState>>,
}

impl Kernel {
    /// Opens the way to the kernel.
    ///
    /// # Errors
    /// Those of the kernel.
    pub fn open() -> Result<Self> {
        Ok(Self {
            executor: Mutex::new(Executor::new()?),
            seen: Mutex::new(None),
        })
    }
}

impl Host for Kernel {
    fn begin(&self) -> Result<()> {
        *self.executor.lock().unwrap_or_else(PoisonError::into_inner) = Executor::new()?;
        Ok(())
    }

    fn remember(&self, made: &Made) {
        // A name that is none is none of a link either.
        if let Ok(name) = made.name.parse() {
            let mut executor = self.executor.lock().unwrap_or_else(PoisonError::into_inner);
            executor.remember(name, made.index);
        }
    }

    fn administrators(&self) -> Vec<(IpAddr, IpAddr)> {
        nova_host::session::administrators()
    }

    fn observe(&self) -> Result<HostState> {
        let mut state = nova_host::observe::observe()?;
        nova_host::steering::read(&mut state, |_| true);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen.as_ref() {
            state.recall(seen);
        }
        *seen = Some(state.clone());
        Ok(state)
    }

    fn execute(&self, step: &Step) -> Result<()> {
        self.executor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .execute(step)
    }

    fn undo(&self, step: &Step) -> Result<Undone> {
        self.executor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .undo(step)
    }

    fn contacts(&self) -> Result<Contacts> {
        nova_host::contact::contacts()
    }
}
