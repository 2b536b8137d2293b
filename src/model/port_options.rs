// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Options of a port of a Linux bridge.

use crate::error::Result;
use crate::options::{in_range, on_off, options};

options! {
    /// All options of a port (`ip link … type bridge_slave`, `bridge link set`).
    PortOptions,
    /// A wish to change some options of a port; `None` leaves one as it is.
    PortPatch,
    {
        /// Cost of the path through this port (`cost`), 1–65535. The kernel
        /// takes it from the speed of the link until it is set.
        cost: u32 = 2,
        /// Priority of the port in the spanning tree (`priority`), 0–63.
        priority: u16 = 32,
        /// Frames may leave by the port they came in (`hairpin`).
        hairpin: bool = false,
        /// Isolated ports reach only ports that are not isolated (`isolated`).
        isolated: bool = false,
        /// Learns the addresses it sees (`learning`).
        learning: bool = true,
        /// Gets frames to addresses nobody has learned (`flood`).
        unicast_flood: bool = true,
        /// Gets multicast of groups nobody has asked for (`mcast_flood`).
        multicast_flood: bool = true,
        /// Gets broadcasts (`bcast_flood`).
        broadcast_flood: bool = true,
        /// Is shut off as soon as spanning tree frames arrive (`guard`).
        bpdu_guard: bool = false,
        /// Never becomes the way to the root (`root_block`).
        root_block: bool = false,
        /// Leaves a multicast group at the first goodbye (`fastleave`).
        multicast_fast_leave: bool = false,
    }
}

impl PortPatch {
    /// Checks the wish against the ranges of the kernel.
    ///
    /// # Errors
    /// `InvalidValue` that names the first field out of range.
    pub fn check(&self) -> Result<()> {
        in_range("path-cost", self.cost, 1, 65535, "")?;
        in_range("port-priority", self.priority.map(u32::from), 0, 63, "")
    }

    /// The options of `ip link … type bridge_slave` that this wish equals.
    #[must_use]
    pub fn ip_arguments(&self) -> String {
        let word = |on: bool| on_off(on).to_owned();
        let options = [
            ("cost", self.cost.map(|number| number.to_string())),
            ("priority", self.priority.map(|number| number.to_string())),
            ("hairpin", self.hairpin.map(word)),
            ("isolated", self.isolated.map(word)),
            ("learning", self.learning.map(word)),
            ("flood", self.unicast_flood.map(word)),
            ("mcast_flood", self.multicast_flood.map(word)),
            ("bcast_flood", self.broadcast_flood.map(word)),
            ("guard", self.bpdu_guard.map(word)),
            ("root_block", self.root_block.map(word)),
            ("fastleave", self.multicast_fast_leave.map(word)),
        ];
        let words: Vec<String> = options
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect();
        words.join(" ")
    }

    /// The wish in words, one phrase an option: `hairpin on`.
    #[must_use]
    pub fn phrases(&self) -> Vec<String> {
        let switch = |label: &str, on: Option<bool>| on.map(|on| format!("{label} {}", on_off(on)));
        let phrases = [
            self.cost.map(|number| format!("path cost {number}")),
            self.priority
                .map(|number| format!("port priority {number}")),
            switch("hairpin", self.hairpin),
            switch("isolation", self.isolated),
            switch("learning", self.learning),
            switch("flooding of unknown addresses", self.unicast_flood),
            switch("flooding of unknown multicast", self.multicast_flood),
            switch("broadcasts", self.broadcast_flood),
            switch("BPDU guard", self.bpdu_guard),
            switch("root block", self.root_block),
            switch("fast leave of multicast groups", self.multicast_fast_leave),
        ];
        phrases.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_cost_and_priority_beyond_their_ranges() {
        let cost = |cost| PortPatch {
            cost: Some(cost),
            ..PortPatch::default()
        };
        for number in [0, 65536] {
            let error = cost(number).check().unwrap_err();
            assert_eq!(error.field(), Some("path-cost"));
            assert!(error.message().contains("1 to 65535"), "{error}");
        }
        let priority = PortPatch {
            priority: Some(64),
            ..PortPatch::default()
        };
        assert_eq!(priority.check().unwrap_err().field(), Some("port-priority"));
        assert_eq!(PortPatch::all_of(&PortOptions::default()).check(), Ok(()));
    }

    #[test]
    fn every_option_has_a_phrase_and_an_argument() {
        for (option, single) in PortPatch::all_of(&PortOptions::default()).singles() {
            assert_eq!(single.phrases().len(), 1, "{option}");
            assert_eq!(single.ip_arguments().split(' ').count(), 2, "{option}");
        }
    }
}
