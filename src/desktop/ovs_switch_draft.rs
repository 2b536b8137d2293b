// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The options of a bridge of Open vSwitch as they are being set.

use nova_model::change::{Change, ChangeSet, ConfigureOvsBridge, SetMtu};
use nova_model::name::InterfaceName;
use nova_model::ovs_conf::BridgeConf;
use nova_model::plan::{PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::ovs_value::OvsFields;
use crate::row::Cell;
use crate::switch::Switch;

/// A bridge of Open vSwitch.
pub struct OvsSwitchDraft {
    host: HostState,
    name: InterfaceName,
    conf: BridgeConf,
    before: OvsFields,
    fields: OvsFields,
    // Of its own interface; none while this host has no such link.
    mtu_before: Option<u32>,
    mtu: Option<u32>,
}

/// Begins with the bridge as it is.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str) -> Option<Box<dyn Draft>> {
    let switch = Switch::find(snapshot, switch)?;
    let Switch::Ovs { bridge, .. } = switch else {
        return None;
    };
    let fields = OvsFields::of(&bridge.conf);
    let mtu = snapshot.host.link(&bridge.name).map(|link| link.mtu);
    Some(Box::new(OvsSwitchDraft {
        name: switch.address()?,
        conf: bridge.conf.clone(),
        before: fields.clone(),
        fields,
        mtu_before: mtu,
        mtu,
        host: snapshot.host.clone(),
    }))
}

impl OvsSwitchDraft {
    fn wish(&self) -> Result<Vec<Change>> {
        let options = self.fields.since(&self.before)?;
        options.applied_to(&self.conf)?;
        let mut changes = Vec::new();
        if !options.is_empty() {
            changes.push(Change::ConfigureOvsBridge(ConfigureOvsBridge {
                name: self.name.clone(),
                options,
            }));
        }
        if let Some(mtu) = self.mtu.filter(|_| self.mtu != self.mtu_before) {
            let set = Change::SetMtu(SetMtu {
                name: self.name.clone(),
                mtu,
            });
            // What is possible there depends on its addresses.
            plan(&self.host, &set.clone().into(), PlanId::from_bits(0))?;
            changes.push(set);
        }
        Ok(changes)
    }
}

impl Draft for OvsSwitchDraft {
    fn values(&self) -> Values {
        let mut sheet = self.fields.on(Sheet::default());
        if let Some(mtu) = self.mtu {
            sheet = sheet.with("mtu", Cell::Whole(i32::try_from(mtu).unwrap_or(i32::MAX)));
        }
        sheet.0
    }

    fn set(&mut self, field: &str, value: Cell) {
        match (field, value) {
            ("mtu", Cell::Whole(number)) => {
                self.mtu = self.mtu.map(|_| u32::try_from(number).unwrap_or_default());
            }
            (field, value) => self.fields.take(field, value),
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.wish().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let changes = self.wish()?;
        Ok((!changes.is_empty()).then(|| changes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::link::{Link, LinkKind, Owner};
    use nova_model::ovs_options::OvsOptions;

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
    fn an_mtu_is_asked_for_beside_the_options_and_names_its_field() {
        let mut host = fixture::small();
        let (name, owner) = ("ovs0".parse::<InterfaceName>().unwrap(), Owner::OpenVSwitch);
        let local = Link {
            owner,
            ..Link::new(900, (&name).into(), LinkKind::OpenVSwitch)
        };
        host.host.links.insert(900, local);
        let mut draft = begin(&host, "ovs0").unwrap();
        assert_eq!(draft.values()["mtu"], Cell::Whole(1500));
        draft.set("mtu", Cell::Whole(1400));
        draft.set("secure", true.into());
        let set = draft.changes().unwrap().unwrap();
        assert!(
            matches!(set.changes.as_slice(), [Change::ConfigureOvsBridge(_), Change::SetMtu(set)] if set.mtu == 1400),
            "{set:?}"
        );
        draft.set("mtu", Cell::Whole(67));
        assert_eq!(draft.problem().unwrap().field(), Some("mtu"));
    }

    #[test]
    fn a_linux_bridge_has_another_form() {
        assert!(begin(&fixture::small(), "br0").is_none());
    }
}
