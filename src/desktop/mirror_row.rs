// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors of a switch as rows of a list: those in the database of Open
//! vSwitch, and on a Linux bridge the filters that copy.

use nova_model::mirror::MirrorName;
use nova_model::name::printable;
use nova_model::state::Snapshot;
use nova_model::traffic_view::{MirrorView, mirrors as all};

use crate::row::Row;
use crate::switch::Switch;

/// Values of a row of [`mirrors`].
pub const MIRROR_ROLES: &[&str] = &[
    "name", "copies", "output", "frames", "owner", "isNova", "whyFixed",
];

/// The mirrors of the switch of this name.
#[must_use]
pub fn mirrors(snapshot: &Snapshot, switch: &str) -> Vec<Row> {
    let is_ovs = Switch::find(snapshot, switch).is_some_and(|switch| switch.is_ovs());
    let is_here = |view: &MirrorView| {
        let name = view.switch.as_deref();
        name.is_some_and(|name| printable(name) == switch)
    };
    let views = all(&snapshot.host).into_iter();
    views
        .filter(is_here)
        .map(|view| row(&view, is_ovs))
        .collect()
}

/// Why a mirror cannot be removed, empty where it can.
fn why_fixed(view: &MirrorView, is_ovs: bool) -> &'static str {
    if view.name.parse::<MirrorName>().is_err() {
        return "Its name holds characters that Nova does not write into commands.";
    }
    match is_ovs || view.is_ours {
        true => "",
        false => "Another program made it; the program or \"tc filter\" removes it.",
    }
}

fn row(view: &MirrorView, is_ovs: bool) -> Row {
    let frames = match view.frames {
        None => String::new(),
        Some(1) => "1 frame copied".to_owned(),
        Some(frames) => format!("{frames} frames copied"),
    };
    let owner = if view.is_ours { "" } else { "not by Nova" };
    let name = printable(&view.name);
    Row::new(
        format!("{name}/{}", view.is_ours),
        vec![
            name.into(),
            view.source_words().into(),
            view.output_words().into(),
            frames.into(),
            owner.into(),
            view.is_ours.into(),
            why_fixed(view, is_ovs).into(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::traffic::{Deed, Filter, Frames, Way};

    fn copying(way: Way, is_ours: bool) -> Filter {
        Filter {
            way,
            priority: 0x4e00,
            frames: Frames::All,
            deed: Deed::Mirror(3),
            is_ours,
        }
    }

    #[test]
    fn filters_to_the_same_link_are_one_mirror() {
        let mut host = fixture::small();
        let port = host.host.links.get_mut(&2).unwrap();
        port.traffic.filters = vec![copying(Way::Ingress, true), copying(Way::Egress, true)];
        let tap = host.host.links.get_mut(&20).unwrap();
        tap.traffic.filters = vec![copying(Way::Ingress, true)];
        let rows = mirrors(&host, "br0");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].cells[0], "mirror-eth1".into());
        assert_eq!(rows[0].cells[1], "eth0, vnet0 ingress".into());
        assert_eq!(rows[0].cells[2], "eth1".into());
    }

    #[test]
    fn a_mirror_of_another_program_says_who_can_remove_it() {
        let mut host = fixture::small();
        let port = host.host.links.get_mut(&2).unwrap();
        port.traffic.filters = vec![copying(Way::Ingress, false)];
        let rows = mirrors(&host, "br0");
        assert_eq!(rows[0].cells[5], false.into());
        assert!(rows[0].needle.contains("another program"));
    }
}
