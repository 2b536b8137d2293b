// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The options of a bridge of Open vSwitch as the values of a form, of a new
//! bridge and of one that is there.

use std::collections::BTreeSet;

use nova_model::ovs_conf::{BridgeConf, FailMode};
use nova_model::ovs_options::OvsOptions;
use nova_model::{NovaError, Result};

use crate::draft::Sheet;
use crate::row::Cell;

/// What stands in the form.
#[derive(Clone, PartialEq)]
pub struct OvsFields {
    // `off`, `stp` or `rstp`.
    tree: String,
    // The database keeps the times of either tree apart.
    stp: TreeTimes,
    rstp: TreeTimes,
    ageing_time: i32,
    multicast_snooping: bool,
    secure: bool,
    controllers: String,
    protocols: String,
}

/// Times of a spanning tree in seconds, and the priority of the bridge in it.
#[derive(Clone, PartialEq)]
struct TreeTimes {
    forward_delay: i32,
    hello_time: i32,
    max_age: i32,
    priority: i32,
}

fn number(conf: &BridgeConf, key: &str, usual: i32) -> i32 {
    let text = conf.other_config.get(key);
    text.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

impl TreeTimes {
    /// Those of this tree, with what `ovs-vswitchd` takes where the database
    /// says nothing.
    fn of(conf: &BridgeConf, tree: &str) -> Self {
        let number = |key: &str, usual| number(conf, &format!("{tree}-{key}"), usual);
        Self {
            forward_delay: number("forward-delay", 15),
            hello_time: number("hello-time", 2),
            max_age: number("max-age", 20),
            priority: number("priority", 32768),
        }
    }
}

impl OvsFields {
    /// Those of a bridge that is configured so.
    #[must_use]
    pub fn of(conf: &BridgeConf) -> Self {
        let tree = match (conf.rstp, conf.stp) {
            (true, _) => "rstp",
            (false, true) => "stp",
            (false, false) => "off",
        };
        let joined = |words: &BTreeSet<String>| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            words.join(" ")
        };
        Self {
            tree: tree.to_owned(),
            stp: TreeTimes::of(conf, "stp"),
            rstp: TreeTimes::of(conf, "rstp"),
            ageing_time: number(conf, "mac-aging-time", 300),
            multicast_snooping: conf.mcast_snooping,
            secure: conf.fail_mode == FailMode::Secure,
            controllers: joined(&conf.controllers),
            protocols: joined(&conf.protocols),
        }
    }

    /// The times of the tree that is chosen.
    fn times(&self) -> &TreeTimes {
        match self.tree.as_str() {
            "rstp" => &self.rstp,
            _ => &self.stp,
        }
    }

    /// The wish that makes these of what was `before`.
    ///
    /// # Errors
    /// `InvalidValue` with the field, for a word that cannot be read.
    pub fn since(&self, before: &Self) -> Result<OvsOptions> {
        // A number below every range is named as such.
        let number = |was: i32, is: i32| (was != is).then(|| u32::try_from(is).unwrap_or_default());
        let turned = |tree: &str| {
            let (was, is) = (before.tree == tree, self.tree == tree);
            (was != is).then_some(is)
        };
        let mut options = OvsOptions {
            stp: turned("stp"),
            rstp: turned("rstp"),
            ageing_time: number(before.ageing_time, self.ageing_time),
            multicast_snooping: (before.multicast_snooping != self.multicast_snooping)
                .then_some(self.multicast_snooping),
            fail_mode: (before.secure != self.secure).then_some(if self.secure {
                FailMode::Secure
            } else {
                FailMode::Standalone
            }),
            protocols: words(&before.protocols, &self.protocols, "protocols")?,
            controllers: words(&before.controllers, &self.controllers, "controller")?,
            ..OvsOptions::default()
        };
        // Times of a tree that is not chosen are not shown either.
        let (was, is) = match self.tree.as_str() {
            "stp" => (&before.stp, &self.stp),
            "rstp" => (&before.rstp, &self.rstp),
            _ => return Ok(options),
        };
        options.forward_delay = number(was.forward_delay, is.forward_delay);
        options.hello_time = number(was.hello_time, is.hello_time);
        options.max_age = number(was.max_age, is.max_age);
        options.priority = number(was.priority, is.priority)
            .map(|priority| u16::try_from(priority).unwrap_or(u16::MAX));
        Ok(options)
    }

    /// The same, with its values.
    #[must_use]
    pub fn on(&self, sheet: Sheet) -> Sheet {
        let times = self.times();
        sheet
            .with("tree", self.tree.as_str())
            .with("forwardDelay", Cell::Whole(times.forward_delay))
            .with("helloTime", Cell::Whole(times.hello_time))
            .with("maxAge", Cell::Whole(times.max_age))
            .with("priority", Cell::Whole(times.priority))
            .with("ageingTime", Cell::Whole(self.ageing_time))
            .with("multicastSnooping", self.multicast_snooping)
            .with("secure", self.secure)
            .with("controllers", self.controllers.as_str())
            .with("protocols", self.protocols.as_str())
    }

    /// Takes a value over; one that is not among these is left alone.
    pub fn take(&mut self, field: &str, value: Cell) {
        match (field, value) {
            ("tree", Cell::Text(text)) => self.tree = text,
            ("controllers", Cell::Text(text)) => self.controllers = text,
            ("protocols", Cell::Text(text)) => self.protocols = text,
            ("multicastSnooping", Cell::Flag(on)) => self.multicast_snooping = on,
            ("secure", Cell::Flag(on)) => self.secure = on,
            ("ageingTime", Cell::Whole(number)) => self.ageing_time = number,
            (field, Cell::Whole(number)) => {
                let times = match self.tree.as_str() {
                    "rstp" => &mut self.rstp,
                    _ => &mut self.stp,
                };
                let time = match field {
                    "forwardDelay" => &mut times.forward_delay,
                    "helloTime" => &mut times.hello_time,
                    "maxAge" => &mut times.max_age,
                    "priority" => &mut times.priority,
                    _ => return,
                };
                *time = number;
            }
            _ => {}
        }
    }
}

/// The words of a field that differs, each read; `None` where it does not.
///
/// # Errors
/// `InvalidValue` with the field, for a word that cannot be read.
fn words<T: std::str::FromStr<Err = NovaError>>(
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
