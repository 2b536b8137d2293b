// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A new mirror as it is being put together.

use nova_model::change::{AddMirror, Change, ChangeSet};
use nova_model::mirror::{MirrorDirection, MirrorOutput, MirrorSource};
use nova_model::name::InterfaceName;
use nova_model::state::Snapshot;
use nova_model::vlan::VlanSet;
use nova_model::{NovaError, Result};

use crate::candidate_row::candidates;
use crate::draft::{Draft, Sheet, Values};
use crate::row::Cell;
use crate::switch::Switch;

/// A new mirror of a switch.
pub struct MirrorDraft {
    switch: InterfaceName,
    is_ovs: bool,
    // What can be copied, and where to; the switch itself comes last.
    ports: Vec<String>,
    outputs: Vec<String>,
    // Each with a direction of its own, where it was given one.
    sources: Vec<(String, Option<MirrorDirection>)>,
    everything: bool,
    direction: MirrorDirection,
    to_vlan: bool,
    output: String,
    vlan: String,
    name: String,
    vlans: String,
}

/// Begins with nothing chosen.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str) -> Option<Box<dyn Draft>> {
    let shown = switch;
    let switch = Switch::find(snapshot, switch)?;
    let ports: Vec<String> = switch
        .ports(snapshot)
        .iter()
        .filter_map(|port| Some(port.address()?.to_string()))
        .collect();
    let mut outputs = ports.clone();
    if !switch.is_ovs() {
        let free = candidates(snapshot, shown);
        outputs.extend(free.into_iter().map(|row| row.key));
    }
    Some(Box::new(MirrorDraft {
        switch: switch.address()?,
        is_ovs: switch.is_ovs(),
        ports,
        outputs,
        sources: Vec::new(),
        everything: false,
        direction: MirrorDirection::Both,
        to_vlan: false,
        output: String::new(),
        vlan: String::new(),
        name: String::new(),
        vlans: String::new(),
    }))
}

impl MirrorDraft {
    /// Where copies can go: not to what is copied.
    fn outputs(&self) -> Vec<String> {
        let free = |name: &&String| !self.is_source(name);
        self.outputs.iter().filter(free).cloned().collect()
    }

    fn is_source(&self, port: &str) -> bool {
        self.sources.iter().any(|(name, _)| name == port)
    }

    /// What is copied of each source.
    fn directions(&self) -> impl Iterator<Item = (&String, MirrorDirection)> {
        let sources = self.sources.iter();
        sources.map(|(port, own)| (port, own.unwrap_or(self.direction)))
    }

    /// Gives a source a direction of its own: `vnet0 ingress`.
    fn turn(&mut self, text: &str) {
        let Some((port, direction)) = text.split_once(' ') else {
            return;
        };
        if let Some((_, own)) = self.sources.iter_mut().find(|(name, _)| name == port) {
            *own = MirrorDirection::of_word(direction).or(*own);
        }
    }

    fn wish(&self) -> Result<AddMirror> {
        let source = |(port, direction): (&String, MirrorDirection)| {
            Ok(MirrorSource {
                port: port.parse()?,
                direction,
            })
        };
        if !self.everything && self.sources.is_empty() {
            return Err(NovaError::refused("nothing is chosen to be copied")
                .with_field("source")
                .with_remedy("Choose a port, or every port."));
        }
        let sources = match self.everything {
            true => Vec::new(),
            false => self.directions().map(source).collect::<Result<_>>()?,
        };
        let named = |field: &str| {
            let field = field.to_owned();
            move |error: NovaError| error.with_field(field)
        };
        let output = if self.to_vlan {
            MirrorOutput::Vlan(
                self.vlan
                    .trim()
                    .parse()
                    .map_err(named("destination-vlan"))?,
            )
        } else if self.output.is_empty() {
            return Err(NovaError::refused("the copies have no destination")
                .with_field("destination")
                .with_remedy("Choose the port at which somebody listens."));
        } else {
            MirrorOutput::Port(self.output.parse().map_err(named("destination"))?)
        };
        Ok(AddMirror {
            switch: self.switch.clone(),
            name: match self.name.trim() {
                "" => None,
                name => Some(name.parse().map_err(named("name"))?),
            },
            sources,
            vlans: match self.vlans.trim() {
                "" => VlanSet::default(),
                vlans => vlans.parse().map_err(named("vlans"))?,
            },
            output,
        })
    }
}

impl Draft for MirrorDraft {
    fn values(&self) -> Values {
        let sheet = Sheet::default()
            .with("isOvs", self.is_ovs)
            .with("ports", self.ports.clone())
            .with("outputs", self.outputs())
            .with(
                "sources",
                self.sources
                    .iter()
                    .map(|(port, _)| port.clone())
                    .collect::<Vec<_>>(),
            )
            .with(
                "directions",
                self.directions()
                    .map(|(_, it)| it.word().to_owned())
                    .collect::<Vec<_>>(),
            )
            .with("choose", "")
            .with("leave", "")
            .with("turn", "")
            .with("everything", self.everything)
            .with("direction", self.direction.word())
            .with("output", self.output.as_str())
            .with("vlans", self.vlans.as_str());
        if !self.is_ovs {
            return sheet.0;
        }
        sheet
            .with("toVlan", self.to_vlan)
            .with("vlan", self.vlan.as_str())
            .with("name", self.name.as_str())
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        match (field, value) {
            ("everything", Cell::Flag(on)) => self.everything = on,
            ("toVlan", Cell::Flag(on)) => self.to_vlan = on,
            ("choose", Cell::Text(port))
                if self.ports.contains(&port) && !self.is_source(&port) =>
            {
                if self.output == port {
                    self.output = String::new();
                }
                self.sources.push((port, None));
            }
            ("leave", Cell::Text(port)) => self.sources.retain(|(name, _)| *name != port),
            ("turn", Cell::Text(text)) => self.turn(&text),
            ("direction", Cell::Text(text)) => {
                self.direction = MirrorDirection::of_word(&text).unwrap_or(self.direction);
            }
            ("output", Cell::Text(text)) => self.output = text,
            ("vlan", Cell::Text(text)) => self.vlan = text,
            ("name", Cell::Text(text)) => self.name = text,
            ("vlans", Cell::Text(text)) => self.vlans = text,
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.wish().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        Ok(Some(Change::AddMirror(self.wish()?).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_mirror_needs_a_source_and_a_destination() {
        let mut draft = begin(&fixture::small(), "br0").unwrap();
        assert_eq!(draft.problem().unwrap().field(), Some("source"));
        draft.set("choose", "vnet0".into());
        assert_eq!(draft.problem().unwrap().field(), Some("destination"));
        draft.set("output", "eth1".into());
        draft.set("direction", "ingress".into());
        let set = draft.changes().unwrap().unwrap();
        let [Change::AddMirror(add)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(add.sources.len(), 1);
        assert_eq!(add.sources[0].direction, MirrorDirection::Ingress);
        assert_eq!(add.output, MirrorOutput::Port("eth1".parse().unwrap()));
    }

    #[test]
    fn each_source_has_the_common_direction_or_one_of_its_own() {
        let mut draft = begin(&fixture::small(), "br0").unwrap();
        draft.set("choose", "vnet0".into());
        draft.set("choose", "eth0".into());
        draft.set("output", "eth1".into());
        draft.set("turn", "eth0 egress".into());
        draft.set("turn", "vnet0 sideways".into());
        let directions = |draft: &dyn Draft| match &draft.values()["directions"] {
            Cell::Words(words) => words.join(" "),
            other => panic!("{other:?}"),
        };
        assert_eq!(directions(draft.as_ref()), "both egress");
        // The common one is that of those without one of their own.
        draft.set("direction", "ingress".into());
        assert_eq!(directions(draft.as_ref()), "ingress egress");
        let set = draft.changes().unwrap().unwrap();
        let [Change::AddMirror(add)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(add.sources[0].direction, MirrorDirection::Ingress);
        assert_eq!(add.sources[1].direction, MirrorDirection::Egress);
        // Chosen anew, a source begins with the common one.
        draft.set("leave", "eth0".into());
        draft.set("choose", "eth0".into());
        assert_eq!(directions(draft.as_ref()), "ingress ingress");
    }

    #[test]
    fn what_is_copied_is_no_destination() {
        let mut draft = begin(&fixture::small(), "br0").unwrap();
        draft.set("output", "vnet0".into());
        draft.set("choose", "vnet0".into());
        let values = draft.values();
        assert_eq!(values["output"], "".into());
        let outputs = Cell::Words(vec!["eth0".to_owned(), "eth1".to_owned()]);
        assert_eq!(values["outputs"], outputs);
    }

    #[test]
    fn vlans_are_chosen_on_every_kind_of_switch() {
        for (switch, port, output) in [("br0", "vnet0", "eth1"), ("ovs0", "tun0", "vnet1")] {
            let Some(mut draft) = begin(&fixture::small(), switch) else {
                panic!("{switch}");
            };
            draft.set("choose", port.into());
            draft.set("output", output.into());
            draft.set("vlans", "4095".into());
            assert_eq!(draft.problem().unwrap().field(), Some("vlans"), "{switch}");
            draft.set("vlans", "10,20-21".into());
            let set = draft.changes().unwrap().unwrap();
            let [Change::AddMirror(add)] = set.changes.as_slice() else {
                panic!("{set:?}");
            };
            assert_eq!(add.vlans.to_string(), "10,20-21");
        }
    }

    #[test]
    fn open_vswitch_copies_to_a_vlan_too() {
        let mut draft = begin(&fixture::small(), "ovs0").unwrap();
        draft.set("everything", Cell::Flag(true));
        draft.set("toVlan", Cell::Flag(true));
        assert_eq!(draft.problem().unwrap().field(), Some("destination-vlan"));
        draft.set("vlan", "9".into());
        assert!(draft.problem().is_none());
    }
}
