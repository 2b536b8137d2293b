// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! How a person looks at the topology: what is unfolded, what is searched,
//! what was put elsewhere.

use std::collections::BTreeSet;

use nova_model::layout::{Metrics, Point, Positions};
use nova_model::topology::NodeId;

/// Furthest place that counts; beyond lies nothing that a person has put there.
const FURTHEST: f64 = 100_000.0;

/// Width by height of a picture that is to be higher than wide.
const TALL: f64 = 0.85;

/// A look at the topology.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lens {
    /// Groups of machines that are shown one by one.
    pub unfolded: BTreeSet<NodeId>,
    /// Words that are searched, lower case; empty for no search.
    pub search: String,
    /// Places a person has given to nodes.
    pub positions: Positions,
    /// How much of the way back to the computed places is done, 0–1.
    pub arranged: f64,
    /// The picture is to be higher than wide, as the window is.
    pub is_tall: bool,
}

impl Lens {
    /// The sizes of what is drawn, for a picture of the wanted shape.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let usual = Metrics::default();
        let aspect = match self.is_tall {
            true => TALL,
            false => usual.aspect,
        };
        Metrics { aspect, ..usual }
    }

    /// The places as text to be kept until the next start.
    #[must_use]
    pub fn places(&self) -> String {
        let places: Vec<String> = self
            .positions
            .iter()
            .map(|(id, at)| format!("{}\t{}\t{id}", at.x.round(), at.y.round()))
            .collect();
        places.join("\n")
    }

    /// Takes the places from such a text; a line that is none is left out.
    pub fn restore(&mut self, places: &str) {
        self.positions = places.lines().filter_map(place).collect();
    }
}

fn place(line: &str) -> Option<(NodeId, Point)> {
    let mut parts = line.splitn(3, '\t');
    let mut length = || {
        let length: f64 = parts.next()?.parse().ok()?;
        (length.abs() <= FURTHEST).then_some(length)
    };
    let at = Point::new(length()?, length()?);
    let id = parts.next().filter(|id| !id.is_empty())?;
    Some((NodeId(id.to_owned()), at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_survive_a_restart() {
        let mut lens = Lens::default();
        lens.positions
            .insert(NodeId::new("link", "br0"), Point::new(-12.0, 340.4));
        lens.positions
            .insert(NodeId::new("link", "odd\tname"), Point::new(1.0, 2.0));
        let mut next = Lens::default();
        next.restore(&lens.places());
        let br0 = next.positions[&NodeId::new("link", "br0")];
        assert_eq!(br0, Point::new(-12.0, 340.0));
        assert_eq!(next.positions.len(), 2);
    }

    #[test]
    fn the_picture_has_the_shape_of_the_window() {
        let tall = Lens {
            is_tall: true,
            ..Lens::default()
        };
        assert!(tall.metrics().aspect < 1.0);
        assert_eq!(Lens::default().metrics(), Metrics::default());
    }

    #[test]
    fn what_is_no_place_is_left_out() {
        let mut lens = Lens::default();
        lens.restore("1\t2\nx\t2\tlink:a\n1\tNaN\tlink:b\n1e9\t0\tlink:c\n1\t2\t\n\n3\t4\tlink:d");
        let kept: Vec<&str> = lens.positions.keys().map(|id| id.0.as_str()).collect();
        assert_eq!(kept, ["link:d"]);
    }
}
