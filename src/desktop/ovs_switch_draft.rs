// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The options of a bridge of Open vSwitch as they are being set.

use nova_model::change::{Change, ChangeSet, ConfigureOvsBridge};
use nova_model::name::InterfaceName;
use nova_model::ovs_conf::BridgeConf;
use nova_model::ovs_options::OvsOptions;
use nova_model::state::Snapshot;
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::ovs_value::OvsFields;
use crate::row::Cell;
use crate::switch::Switch;

/// A bridge of Open vSwitch.
pub struct OvsSwitchDraft {
    name: InterfaceName,
    conf: BridgeConf,
    before: OvsFields,
    fields: OvsFields,
}

/// Begins with the bridge as it is.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str) -> Option<Box<dyn Draft>> {
    let switch = Switch::find(snapshot, switch)?;
    let Switch::Ovs { bridge, .. } = switch else {
        return None;
    };
    let fields = OvsFields::of(&bridge.conf);
    Some(Box::new(OvsSwitchDraft {
        name: switch.address()?,
        conf: bridge.conf.clone(),
        before: fields.clone(),
        fields,
    }))
}

impl OvsSwitchDraft {
    fn wish(&self) -> Result<OvsOptions> {
        let options = self.fields.since(&self.before)?;
        options.applied_to(&self.conf)?;
        Ok(options)
    }
}

impl Draft for OvsSwitchDraft {
    fn values(&self) -> Values {
        self.fields.on(Sheet::default()).0
    }

    fn set(&mut self, field: &str, value: Cell) {
        self.fields.take(field, value);
    }

    fn problem(&self) -> Option<NovaError> {
        self.wish().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let options = self.wish()?;
        Ok((!options.is_empty()).then(|| {
            Change::ConfigureOvsBridge(ConfigureOvsBridge {
                name: self.name.clone(),
                options,
            })
            .into()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn options(draft: &dyn Draft) -> OvsOptions {
        let set = draft.changes().unwrap().unwrap();
        match set.changes.into_iter().next() {
            Some(Change::ConfigureOvsBridge(configure)) => configure.options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_differs_is_asked_for() {
        let mut draft = begin(&fixture::small(), "ovs0").unwrap();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("tree", "rstp".into());
        let wanted = OvsOptions {
            rstp: Some(true),
            ..OvsOptions::default()
        };
        assert_eq!(options(draft.as_ref()), wanted);
    }

    #[test]
    fn a_wrong_controller_and_a_wrong_time_name_their_fields() {
        let mut draft = begin(&fixture::small(), "ovs0").unwrap();
        draft.set("controllers", "tcp:nowhere".into());
        assert_eq!(draft.problem().unwrap().field(), Some("controller"));
        draft.set("controllers", "tcp:192.0.2.1:6653".into());
        assert!(draft.problem().is_none());
        draft.set("tree", "stp".into());
        draft.set("forwardDelay", Cell::Whole(2));
        assert_eq!(draft.problem().unwrap().field(), Some("forward-delay"));
    }

    #[test]
    fn either_tree_has_times_of_its_own_and_none_without_a_tree() {
        let mut host = fixture::small();
        let bridge = host
            .host
            .ovs
            .state_mut()
            .unwrap()
            .bridge_mut("ovs0")
            .unwrap();
        let config = &mut bridge.conf.other_config;
        config.insert("stp-priority".to_owned(), "4096".to_owned());
        let mut draft = begin(&host, "ovs0").unwrap();
        assert_eq!(draft.values()["priority"], Cell::Whole(4096));
        draft.set("priority", Cell::Whole(8192));
        assert_eq!(draft.changes().unwrap(), None, "no tree, no priority");
        draft.set("tree", "rstp".into());
        assert_eq!(draft.values()["priority"], Cell::Whole(32768));
        draft.set("priority", Cell::Whole(4096));
        let wanted = OvsOptions {
            rstp: Some(true),
            priority: Some(4096),
            ..OvsOptions::default()
        };
        assert_eq!(options(draft.as_ref()), wanted);
    }

    #[test]
    fn a_linux_bridge_has_another_form() {
        assert!(begin(&fixture::small(), "br0").is_none());
    }
}
