// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A new bridge of Open vSwitch as it is being filled in. What its options
//! lead to is told as the plan will tell it.

use nova_model::change::{Change, ChangeSet, CreateOvsBridge};
use nova_model::name::{InterfaceName, NewName};
use nova_model::ovs_conf::BridgeConf;
use nova_model::ovs_value::Datapath;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::ovs_value::OvsFields;
use crate::row::Cell;

/// A new bridge of Open vSwitch.
pub struct OvsCreation {
    host: HostState,
    name: String,
    // `auto` for what the host has, `system` or `netdev`.
    datapath: String,
    fields: OvsFields,
    ports: Vec<String>,
}

/// Begins with the first free name of the kind `ovs0`.
#[must_use]
pub fn begin(snapshot: &Snapshot) -> Box<dyn Draft> {
    let host = snapshot.host.clone();
    let name = (0..)
        .map(|number: u32| format!("ovs{number}"))
        .find(|name| host.link(name).is_none() && host.ovs.bridge(name).is_none());
    Box::new(OvsCreation {
        host,
        name: name.unwrap_or_default(),
        datapath: "auto".to_owned(),
        fields: OvsFields::of(&BridgeConf::default()),
        ports: Vec::new(),
    })
}

impl OvsCreation {
    fn wish(&self) -> Result<ChangeSet> {
        let ports: Result<Vec<InterfaceName>> = self
            .ports
            .iter()
            .map(|port| port.as_str().parse())
            .collect();
        Ok(ChangeSet::from(Change::CreateOvsBridge(CreateOvsBridge {
            name: NewName::try_from(self.name.clone())?,
            datapath: match self.datapath.as_str() {
                "system" => Some(Datapath::System),
                "netdev" => Some(Datapath::Netdev),
                _ => None,
            },
            options: self.fields.since(&OvsFields::of(&BridgeConf::default()))?,
            ports: ports?,
        })))
    }

    fn plan(&self) -> Result<Plan> {
        plan(&self.host, &self.wish()?, PlanId::from_bits(0))
    }
}

impl Draft for OvsCreation {
    fn values(&self) -> Values {
        let notices = self.plan().map(|plan| plan.notices).unwrap_or_default();
        let sheet = Sheet::default()
            .with("name", self.name.as_str())
            .with("datapath", self.datapath.as_str())
            .with("choose", "")
            .with("leave", "")
            .with("notices", notices);
        self.fields.on(sheet).0
    }

    fn set(&mut self, field: &str, value: Cell) {
        match (field, value) {
            ("name", Cell::Text(text)) => self.name = text,
            ("datapath", Cell::Text(text)) => self.datapath = text,
            ("choose", Cell::Text(port)) if !self.ports.contains(&port) => self.ports.push(port),
            ("leave", Cell::Text(port)) => self.ports.retain(|one| *one != port),
            (field, value) => self.fields.take(field, value),
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.plan().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        self.wish().map(Some)
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        self.host = snapshot.host.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::ovs_options::OvsOptions;

    #[test]
    fn a_secure_bridge_without_controller_says_that_it_drops_all() {
        let mut draft = begin(&fixture::small());
        assert!(draft.problem().is_none(), "{:?}", draft.problem());
        draft.set("secure", true.into());
        let Some(Cell::Words(notices)) = draft.values().remove("notices") else {
            panic!("there are notices");
        };
        assert!(
            notices
                .iter()
                .any(|notice| notice.contains("drops every frame that no flow allows")),
            "{notices:?}"
        );
    }

    #[test]
    fn the_options_of_a_bridge_are_those_of_a_new_one_too() {
        let mut draft = begin(&fixture::small());
        draft.set("tree", "stp".into());
        draft.set("priority", Cell::Whole(4096));
        draft.set("ageingTime", Cell::Whole(60));
        draft.set("multicastSnooping", true.into());
        let set = draft.changes().unwrap().unwrap();
        let [Change::CreateOvsBridge(create)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        let wanted = OvsOptions {
            stp: Some(true),
            priority: Some(4096),
            ageing_time: Some(60),
            multicast_snooping: Some(true),
            ..OvsOptions::default()
        };
        assert_eq!(create.options, wanted);
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let mut draft = begin(&fixture::small());
        draft.set("controllers", "tcp:nowhere".into());
        assert_eq!(draft.problem().unwrap().field(), Some("controller"));
        draft.set("controllers", "".into());
        draft.set("name", "br0".into());
        assert_eq!(draft.problem().unwrap().field(), Some("name"));
        draft.set("name", "ovs9".into());
        draft.set("tree", "rstp".into());
        draft.set("maxAge", Cell::Whole(60));
        assert_eq!(draft.problem().unwrap().field(), Some("max-age"));
        draft.set("maxAge", Cell::Whole(20));
        draft.set("datapath", "system".into());
        assert_eq!(draft.problem().unwrap().field(), Some("datapath"));
    }
}
