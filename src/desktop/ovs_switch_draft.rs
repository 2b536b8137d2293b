// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The options of a bridge of Open vSwitch as they are being set.

use nova_model::change::{Change, ChangeSet, ConfigureOvsBridge};
use nova_model::name::InterfaceName;
use nova_model::ovs_conf::{BridgeConf, FailMode};
use nova_model::ovs_options::OvsOptions;
use nova_model::state::Snapshot;
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::row::Cell;
use crate::switch::Switch;

/// A bridge of Open vSwitch.
pub struct OvsSwitchDraft {
    name: InterfaceName,
    conf: BridgeConf,
    before: Options,
    options: Options,
}

#[derive(Clone, PartialEq)]
struct Options {
    // `off`, `stp` or `rstp`.
    tree: String,
    forward_delay: i32,
    hello_time: i32,
    max_age: i32,
    priority: i32,
    ageing_time: i32,
    multicast_snooping: bool,
    secure: bool,
    controllers: String,
    protocols: String,
}

/// Begins with the bridge as it is.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str) -> Option<Box<dyn Draft>> {
    let switch = Switch::find(snapshot, switch)?;
    let Switch::Ovs { bridge, .. } = switch else {
        return None;
    };
    let options = Options::of(&bridge.conf);
    Some(Box::new(OvsSwitchDraft {
        name: switch.address()?,
        conf: bridge.conf.clone(),
        before: options.clone(),
        options,
    }))
}

impl Options {
    fn of(conf: &BridgeConf) -> Self {
        let tree = match (conf.rstp, conf.stp) {
            (true, _) => "rstp",
            (false, true) => "stp",
            (false, false) => "off",
        };
        let keys = if conf.rstp { "rstp" } else { "stp" };
        let number = |key: &str, usual| {
            let text = conf.other_config.get(key);
            text.and_then(|text| text.parse().ok()).unwrap_or(usual)
        };
        let of_tree = |key: &str, usual| number(&format!("{keys}-{key}"), usual);
        let joined = |words: &std::collections::BTreeSet<String>| {
            words.iter().cloned().collect::<Vec<_>>().join(" ")
        };
        Self {
            tree: tree.to_owned(),
            forward_delay: of_tree("forward-delay", 15),
            hello_time: of_tree("hello-time", 2),
            max_age: of_tree("max-age", 20),
            priority: of_tree("priority", 32768),
            ageing_time: number("mac-aging-time", 300),
            multicast_snooping: conf.mcast_snooping,
            secure: conf.fail_mode == FailMode::Secure,
            controllers: joined(&conf.controllers),
            protocols: joined(&conf.protocols),
        }
    }
}

impl OvsSwitchDraft {
    fn wish(&self) -> Result<OvsOptions> {
        let (before, now) = (&self.before, &self.options);
        // A number below every range is named as such.
        let number = |was: i32, is: i32| (was != is).then(|| u32::try_from(is).unwrap_or_default());
        let options = OvsOptions {
            stp: (before.tree != now.tree && (now.tree == "stp" || before.tree == "stp"))
                .then_some(now.tree == "stp"),
            rstp: (before.tree != now.tree && (now.tree == "rstp" || before.tree == "rstp"))
                .then_some(now.tree == "rstp"),
            forward_delay: number(before.forward_delay, now.forward_delay),
            hello_time: number(before.hello_time, now.hello_time),
            max_age: number(before.max_age, now.max_age),
            priority: number(before.priority, now.priority)
                .map(|priority| u16::try_from(priority).unwrap_or(u16::MAX)),
            ageing_time: number(before.ageing_time, now.ageing_time),
            multicast_snooping: (before.multicast_snooping != now.multicast_snooping)
                .then_some(now.multicast_snooping),
            fail_mode: (before.secure != now.secure).then_some(if now.secure {
                FailMode::Secure
            } else {
                FailMode::Standalone
            }),
            protocols: words(&before.protocols, &now.protocols, "protocols")?,
            controllers: words(&before.controllers, &now.controllers, "controller")?,
        };
        options.applied_to(&self.conf)?;
        Ok(options)
    }
}

/// The words of a field that differs, each read; `None` where it does not.
///
/// # Errors
/// `InvalidValue` with the field, for a word that cannot be read.
pub fn words<T: std::str::FromStr<Err = NovaError>>(
    before: &str,
    now: &str,
    field: &str,
) -> Result<Option<Vec<T>>> {
    if before == now {
        return Ok(None);
    }
    let words = now
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(|word| word.parse::<T>().map_err(|error| error.with_field(field)));
    words.collect::<Result<_>>().map(Some)
}

impl Draft for OvsSwitchDraft {
    fn values(&self) -> Values {
        let options = &self.options;
        Sheet::default()
            .with("tree", options.tree.as_str())
            .with("forwardDelay", Cell::Whole(options.forward_delay))
            .with("helloTime", Cell::Whole(options.hello_time))
            .with("maxAge", Cell::Whole(options.max_age))
            .with("priority", Cell::Whole(options.priority))
            .with("ageingTime", Cell::Whole(options.ageing_time))
            .with("multicastSnooping", options.multicast_snooping)
            .with("secure", options.secure)
            .with("controllers", options.controllers.as_str())
            .with("protocols", options.protocols.as_str())
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        let options = &mut self.options;
        match (field, value) {
            ("tree", Cell::Text(text)) => options.tree = text,
            ("controllers", Cell::Text(text)) => options.controllers = text,
            ("protocols", Cell::Text(text)) => options.protocols = text,
            ("multicastSnooping", Cell::Flag(on)) => options.multicast_snooping = on,
            ("secure", Cell::Flag(on)) => options.secure = on,
            (field, Cell::Whole(number)) => {
                let option = match field {
                    "forwardDelay" => &mut options.forward_delay,
                    "helloTime" => &mut options.hello_time,
                    "maxAge" => &mut options.max_age,
                    "priority" => &mut options.priority,
                    "ageingTime" => &mut options.ageing_time,
                    _ => return,
                };
                *option = number;
            }
            _ => {}
        }
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
        draft.set("forwardDelay", Cell::Whole(2));
        assert_eq!(draft.problem().unwrap().field(), Some("forward-delay"));
    }

    #[test]
    fn a_linux_bridge_has_another_form() {
        assert!(begin(&fixture::small(), "br0").is_none());
    }
}
