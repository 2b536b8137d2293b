// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the window asks of the runtime thread.

use nova_model::change::ChangeSet;
use nova_model::plan::PlanId;

/// A wish of the person at the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Plan this and show the plan.
    Review(ChangeSet),
    /// Plan the undo of a change and show the plan.
    ReviewUndo(PlanId),
    /// Plan anew what could not be done, and show that plan.
    ReviewAgain,
    /// Do what was reviewed.
    Apply,
    /// Put the review away, nothing has happened.
    Dismiss,
    /// Keep the change that waits for it.
    Keep,
    /// Have it wait longer.
    Wait,
    /// Undo the change that waits to be kept.
    Revert,
    /// Start a libvirt network.
    StartNetwork(String),
    /// Stop a libvirt network.
    StopNetwork(String),
    /// Start a libvirt network with the host, or not.
    SetAutostart(String, bool),
    /// Read how long the learned addresses of this switch were idle.
    ReadAges(String),
    /// Read the flows of this switch of Open vSwitch.
    ReadFlows(String),
    /// Ask the daemons again, now.
    Retry,
}
