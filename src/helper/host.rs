// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The host as the helper works on it.

use nova_host::contact::Contacts;
use std::net::IpAddr;

use nova_host::execute::Undone;
use nova_model::Result;
use nova_model::state::HostState;
use nova_model::step::Step;

use crate::record::Made;

/// A host that can be observed and changed, one step at a time.
pub trait Host: Send + Sync + 'static {
    /// Gets ready for another change; what an earlier one taught is forgotten.
    ///
    /// # Errors
    /// Those of the kernel.
    fn begin(&self) -> Result<()>;

    /// Takes note of a link that the change under way made before now.
    fn remember(&self, made: &Made);

    /// Who administers the host now, see [`HostState::administrators`].
    fn administrators(&self) -> Vec<(IpAddr, IpAddr)>;

    /// The host as it is.
    ///
    /// # Errors
    /// Those of the kernel.
    fn observe(&self) -> Result<HostState>;

    /// Does a step.
    ///
    /// # Errors
    /// Those of the kernel.
    fn execute(&self, step: &Step) -> Result<()>;

    /// Does a step that undoes another. Content where it is done already.
    ///
    /// # Errors
    /// Those of the kernel.
    fn undo(&self, step: &Step) -> Result<Undone>;

    /// Whom the host reaches now. Takes up to a second.
    ///
    /// # Errors
    /// Those of the kernel.
    fn contacts(&self) -> Result<Contacts>;
}
