// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the window asks of the runtime thread.

use std::time::{Duration, Instant};

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
    /// Do what was reviewed, and have it wait so many seconds to be kept instead of
    /// as many as the plan asks for.
    Apply(Option<u32>),
    /// Put the review away, nothing has happened.
    Dismiss,
    /// Keep the change that waits for it.
    Keep,
    /// Have it wait longer.
    Wait,
    /// Undo the change that waits to be kept.
    Revert,
    /// Undo what the undo of a change left.
    RevertRest(PlanId),
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

/// Time in which the same wish is the same press of a button: Kirigami lets
/// assistive tools press the buttons of a tool bar twice, at once. No person
/// presses one twice that fast.
const ONE_PRESS: Duration = Duration::from_millis(50);

/// Tells a press of a button from the echo of one.
#[derive(Debug, Default)]
pub struct Presses {
    last: Option<(Wish, Instant)>,
}

impl Presses {
    /// Whether this wish, made at this moment, is a new one.
    pub fn is_new(&mut self, wish: &Wish, now: Instant) -> bool {
        let last = self.last.replace((wish.clone(), now));
        last.is_none_or(|(last, at)| last != *wish || now.duration_since(at) >= ONE_PRESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_at_once_is_an_echo_and_one_a_moment_later_is_meant() {
        let mut presses = Presses::default();
        let start = Instant::now();
        assert!(presses.is_new(&Wish::Apply(None), start));
        assert!(!presses.is_new(&Wish::Apply(None), start + Duration::from_millis(3)));
        assert!(presses.is_new(&Wish::Dismiss, start + Duration::from_millis(3)));
        assert!(presses.is_new(&Wish::Apply(None), start + Duration::from_millis(4)));
        // Refused, allowed meanwhile, asked for again.
        assert!(presses.is_new(&Wish::Apply(None), start + Duration::from_millis(100)));
    }
}
