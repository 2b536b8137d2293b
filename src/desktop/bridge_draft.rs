// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bridge as it is being filled in: what is wrong with it as one types, and
//! the change it becomes. The rules are those of nova-model.

use nova_model::bridge::{BridgeOptions, BridgePatch};
use nova_model::change::{Change, ChangeSet, ConfigureBridge, CreateBridge};
use nova_model::link::Link;
use nova_model::name::{InterfaceName, NewName};
use nova_model::state::HostState;
use nova_model::{NovaError, Result};

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Name as typed.
    pub name: String,
    /// Options as chosen.
    pub options: BridgeOptions,
    /// Links chosen as ports.
    pub ports: Vec<String>,
}

/// What is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// With the name.
    pub name: Option<NovaError>,
    /// With the first option out of range, which its field names.
    pub option: Option<NovaError>,
}

impl Problems {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_none() && self.option.is_none()
    }
}

impl Draft {
    /// A new bridge with the next free name and the kernel's options.
    #[must_use]
    pub fn new(host: &HostState) -> Self {
        Self {
            name: next_name(host),
            ..Self::default()
        }
    }

    /// The bridge as it is, to be configured.
    #[must_use]
    pub fn of(bridge: &Link) -> Self {
        Self {
            name: bridge.name.to_string(),
            options: bridge
                .bridge
                .map(|status| status.options)
                .unwrap_or_default(),
            ports: Vec::new(),
        }
    }

    /// What is wrong with it as a new bridge on this host.
    #[must_use]
    pub fn problems(&self, host: &HostState) -> Problems {
        let name = match NewName::try_from(self.name.clone()) {
            Err(error) => Some(error),
            Ok(name) => host.link(name.as_str()).map(|link| taken(host, link)),
        };
        Problems {
            name,
            option: self.option_problem(&BridgeOptions::default()),
        }
    }

    /// What is wrong with it as new options of a bridge that has `current`.
    #[must_use]
    pub fn problems_of_options(&self, current: &BridgeOptions) -> Problems {
        Problems {
            name: None,
            option: self.option_problem(current),
        }
    }

    fn option_problem(&self, current: &BridgeOptions) -> Option<NovaError> {
        BridgePatch::between(current, &self.options)
            .check(current)
            .err()
    }

    /// The change that creates it.
    ///
    /// # Errors
    /// `InvalidValue` as in [`problems`](Self::problems).
    pub fn creation(&self) -> Result<ChangeSet> {
        let ports: Result<Vec<InterfaceName>> = self
            .ports
            .iter()
            .map(|port| InterfaceName::try_from(port.as_str()))
            .collect();
        Ok(ChangeSet::from(Change::CreateBridge(CreateBridge {
            name: NewName::try_from(self.name.clone())?,
            options: BridgePatch::between(&BridgeOptions::default(), &self.options),
            ports: ports?,
        })))
    }

    /// The change that gives its options to the bridge that has `current`.
    ///
    /// # Errors
    /// `InvalidValue` where the name is not one Nova addresses.
    pub fn configuration(&self, current: &BridgeOptions) -> Result<ChangeSet> {
        Ok(ChangeSet::from(Change::ConfigureBridge(ConfigureBridge {
            name: InterfaceName::try_from(self.name.as_str())?,
            options: BridgePatch::between(current, &self.options),
        })))
    }
}

/// The first free name of the kind `br0`.
#[must_use]
pub fn next_name(host: &HostState) -> String {
    free_name(host, "br")
}

/// The first free name that begins so, with a number at its end.
#[must_use]
pub fn free_name(host: &HostState, stem: &str) -> String {
    (0..)
        .map(|number: u32| format!("{stem}{number}"))
        .find(|name| host.link(name).is_none())
        .unwrap_or_default()
}

fn taken(host: &HostState, link: &Link) -> NovaError {
    let kind = link.kind.word();
    NovaError::refused(format!("the name {} belongs to a {kind}", link.name))
        .with_field("name")
        .with_remedy(format!("{} is free.", next_name(host)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_suggested_name_is_free() {
        let host = fixture::small().host;
        let draft = Draft::new(&host);
        assert_eq!(draft.name, "br2");
        assert!(draft.problems(&host).is_empty());
    }

    #[test]
    fn a_taken_name_says_by_whom_and_what_is_free() {
        let host = fixture::small().host;
        let draft = Draft {
            name: "eth0".to_owned(),
            ..Draft::default()
        };
        let error = draft.problems(&host).name.unwrap();
        assert_eq!(error.message(), "the name eth0 belongs to a network card");
        assert_eq!(error.remedy(), Some("br2 is free."));
    }

    #[test]
    fn only_options_that_differ_are_asked_for() {
        let mut draft = Draft {
            name: "br7".to_owned(),
            ..Draft::default()
        };
        draft.options.stp = true;
        let Change::CreateBridge(create) = &draft.creation().unwrap().changes[0] else {
            panic!("creates a bridge");
        };
        assert_eq!(create.options.stp, Some(true));
        assert_eq!(create.options.forward_delay, None);
    }

    #[test]
    fn the_problem_names_the_field_it_stands_beside() {
        let mut draft = Draft::default();
        draft.options.stp = true;
        draft.options.forward_delay = 2;
        let problems = draft.problems_of_options(&BridgeOptions::default());
        assert_eq!(problems.option.unwrap().field(), Some("forward-delay"));
    }
}
