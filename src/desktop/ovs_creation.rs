// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A new bridge of Open vSwitch as it is being filled in. What its options
//! lead to is told as the plan will tell it.

use nova_model::change::{Change, ChangeSet, CreateOvsBridge};
use nova_model::name::{InterfaceName, NewName};
use nova_model::ovs_conf::FailMode;
use nova_model::ovs_options::OvsOptions;
use nova_model::ovs_value::Datapath;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::ovs_switch_draft::words;
use crate::row::Cell;

/// A new bridge of Open vSwitch.
pub struct OvsCreation {
    host: HostState,
    name: String,
    // `auto` for what the host has, `system` or `netdev`.
    datapath: String,
    // `off`, `stp` or `rstp`.
    tree: String,
    secure: bool,
    controllers: String,
    protocols: String,
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
        tree: "off".to_owned(),
        secure: false,
        controllers: String::new(),
        protocols: String::new(),
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
            options: OvsOptions {
                stp: (self.tree == "stp").then_some(true),
                rstp: (self.tree == "rstp").then_some(true),
                fail_mode: self.secure.then_some(FailMode::Secure),
                protocols: words("", &self.protocols, "protocols")?,
                controllers: words("", &self.controllers, "controller")?,
                ..OvsOptions::default()
            },
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
        Sheet::default()
            .with("name", self.name.as_str())
            .with("datapath", self.datapath.as_str())
            .with("tree", self.tree.as_str())
            .with("secure", self.secure)
            .with("controllers", self.controllers.as_str())
            .with("protocols", self.protocols.as_str())
            .with("choose", "")
            .with("leave", "")
            .with("notices", notices)
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        match (field, value) {
            ("name", Cell::Text(text)) => self.name = text,
            ("datapath", Cell::Text(text)) => self.datapath = text,
            ("tree", Cell::Text(text)) => self.tree = text,
            ("controllers", Cell::Text(text)) => self.controllers = text,
            ("protocols", Cell::Text(text)) => self.protocols = text,
            ("secure", Cell::Flag(on)) => self.secure = on,
            ("choose", Cell::Text(port)) if !self.ports.contains(&port) => self.ports.push(port),
            ("leave", Cell::Text(port)) => self.ports.retain(|one| *one != port),
            _ => {}
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
    fn what_is_wrong_names_its_field() {
        let mut draft = begin(&fixture::small());
        draft.set("controllers", "tcp:nowhere".into());
        assert_eq!(draft.problem().unwrap().field(), Some("controller"));
        draft.set("controllers", "".into());
        draft.set("name", "br0".into());
        assert_eq!(draft.problem().unwrap().field(), Some("name"));
        draft.set("name", "ovs9".into());
        draft.set("datapath", "system".into());
        assert_eq!(draft.problem().unwrap().field(), Some("datapath"));
    }
}
