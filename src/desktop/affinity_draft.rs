// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The CPUs that process what arrives at a link, or at a switch by any of its ports,
//! as they are being chosen.

use nova::networking::read_steering;
use nova_model::Result;
use nova_model::change::{Change, ChangeSet, SetAffinity};
use nova_model::name::InterfaceName;
use nova_model::plan::{PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::steering::{CpuSet, entrances, phrase};

use crate::draft::{Draft, Sheet, Values};
use crate::row::Cell;
use crate::switch_row::find;

/// The CPUs of a link.
pub struct AffinityDraft {
    host: HostState,
    link: InterfaceName,
    cpus: String,
}

/// Begins with the CPUs as they are.
#[must_use]
pub fn begin(snapshot: &Snapshot, link: &str) -> Option<Box<dyn Draft>> {
    let link = find(snapshot, link)?;
    let link = link.name.to_interface_name().ok()?;
    let host = with_queues(snapshot.host.clone(), &link);
    let mut draft = AffinityDraft {
        host,
        link,
        cpus: String::new(),
    };
    draft.cpus = draft.queues().first().map(ToString::to_string)?;
    Some(Box::new(draft))
}

/// The host with the queues of the link and of its ports, which nobody follows, as
/// they are now.
fn with_queues(mut host: HostState, link: &InterfaceName) -> HostState {
    let asked = host.link(link.as_str());
    let asked = asked.map_or_else(Vec::new, |link| entrances(&host, link));
    let asked: Vec<u32> = asked.into_iter().map(|link| link.index).collect();
    read_steering(&mut host, |one| asked.contains(&one.index));
    host
}

impl AffinityDraft {
    /// The CPUs of each queue of the link and of its ports.
    fn queues(&self) -> Vec<CpuSet> {
        let link = self.host.link(self.link.as_str());
        let links = link.map_or_else(Vec::new, |link| entrances(&self.host, link));
        let queues = links.into_iter().flat_map(|link| &link.receive_cpus);
        queues.cloned().collect()
    }

    /// The same in words.
    fn now(&self) -> String {
        let queues = self.queues();
        let ports = self
            .host
            .link(self.link.as_str())
            .map_or(0, |link| entrances(&self.host, link).len() - 1);
        match queues.windows(2).all(|pair| pair[0] == pair[1]) {
            false if ports > 0 => "not the same everywhere".to_owned(),
            _ => phrase(&queues),
        }
    }

    /// What is asked for, `None` while nothing differs.
    fn wish(&self) -> Result<Option<ChangeSet>> {
        let text = self.cpus.trim();
        let cpus: CpuSet = match text.is_empty() {
            true => CpuSet::new(),
            false => text.parse()?,
        };
        let is_so = self.queues().iter().all(|queue| *queue == cpus);
        Ok((!is_so).then(|| {
            ChangeSet::from(Change::SetAffinity(SetAffinity {
                name: self.link.clone(),
                cpus,
                alone: false,
            }))
        }))
    }
}

impl Draft for AffinityDraft {
    fn values(&self) -> Values {
        Sheet::default()
            .with("cpus", self.cpus.as_str())
            .with("now", self.now().as_str())
            .with("online", self.host.cpus.online.to_string().as_str())
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        if let ("cpus", Cell::Text(text)) = (field, value) {
            self.cpus = text;
        }
    }

    fn problem(&self) -> Option<nova_model::NovaError> {
        let planned = |wish: ChangeSet| plan(&self.host, &wish, PlanId::from_bits(0));
        self.wish()
            .and_then(|wish| wish.map(planned).transpose())
            .err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        self.wish()
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        self.host = with_queues(snapshot.host.clone(), &self.link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    /// A draft about eth1 with one queue on no CPU, on a host with four.
    fn draft() -> AffinityDraft {
        let mut host = fixture::small().host;
        host.cpus.online = "0-3".parse().unwrap();
        let eth1 = host.link("eth1").unwrap().index;
        host.links.get_mut(&eth1).unwrap().receive_cpus = vec![CpuSet::new()];
        AffinityDraft {
            host,
            link: "eth1".parse().unwrap(),
            cpus: "none".to_owned(),
        }
    }

    #[test]
    fn cpus_are_asked_for_once_they_differ() {
        let mut draft = draft();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("cpus", Cell::Text("0-1,3".to_owned()));
        let set = draft.changes().unwrap().unwrap();
        assert!(
            matches!(set.changes.as_slice(), [Change::SetAffinity(set)] if set.cpus.len() == 3),
            "{set:?}"
        );
        assert_eq!(draft.problem(), None);
    }

    #[test]
    fn a_switch_is_asked_for_where_one_of_its_ports_differs() {
        let mut host = fixture::small().host;
        host.cpus.online = "0-3".parse().unwrap();
        for link in host.links.values_mut() {
            link.receive_cpus = vec![CpuSet::new()];
        }
        let port = host.ports_of(10).next().unwrap().index;
        host.links.get_mut(&port).unwrap().receive_cpus = vec!["1".parse().unwrap()];
        let mut draft = AffinityDraft {
            host,
            link: "br0".parse().unwrap(),
            cpus: "none".to_owned(),
        };
        assert_eq!(draft.values()["now"], "not the same everywhere".into());
        let set = draft.changes().unwrap().unwrap();
        assert!(
            matches!(set.changes.as_slice(), [Change::SetAffinity(set)] if !set.alone),
            "{set:?}"
        );
        draft.host.links.get_mut(&port).unwrap().receive_cpus = vec![CpuSet::new()];
        assert_eq!(draft.values()["now"], "none".into());
        assert_eq!(draft.changes().unwrap(), None);
    }

    #[test]
    fn cpus_that_are_none_or_not_there_are_told_at_their_field() {
        for text in ["first", "2-1", "9"] {
            let mut draft = draft();
            draft.set("cpus", Cell::Text(text.to_owned()));
            let problem = draft.problem().unwrap();
            assert_eq!(problem.field(), Some("cpus"), "{text}: {problem:?}");
        }
    }

    #[test]
    fn what_does_not_exist_has_no_form() {
        assert!(begin(&fixture::small(), "eth9").is_none());
    }
}
