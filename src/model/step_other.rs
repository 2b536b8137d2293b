// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps that bring options back which Nova does not offer.

use serde::{Deserialize, Serialize};

use crate::fact::Facts;
use crate::link::Link;
use crate::name::InterfaceName;
use crate::other_option::{OF_PORT, OtherOption, OtherOptions, SWITCHES};
use crate::state::HostState;
use crate::step::{LinkRef, Step, StepGroup};

/// Sets options again that a bridge or a port had before it was deleted or
/// detached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OtherStep {
    /// The bridge, or the port.
    pub link: LinkRef,
    /// Whether they belong to it as a port.
    pub as_port: bool,
    /// The options.
    pub options: OtherOptions,
}

impl OtherStep {
    /// Brings back what a bridge had, where it had any.
    pub(crate) fn of_bridge(link: &Link, name: &InterfaceName) -> Option<Step> {
        Self::again(link, name, false, &link.bridge_others)
    }

    /// Brings back what a port had, where it had any.
    pub(crate) fn of_port(link: &Link, name: &InterfaceName) -> Option<Step> {
        Self::again(link, name, true, &link.port_others)
    }

    fn again(
        link: &Link,
        name: &InterfaceName,
        as_port: bool,
        options: &OtherOptions,
    ) -> Option<Step> {
        (!options.is_empty()).then(|| {
            Self {
                link: LinkRef {
                    name: name.clone(),
                    index: Some(link.index),
                },
                as_port,
                options: options.clone(),
            }
            .into()
        })
    }

    fn kind(&self) -> &'static str {
        if self.as_port {
            "bridge_slave"
        } else {
            "bridge"
        }
    }

    fn words(&self) -> Vec<String> {
        let options = self.options.iter();
        options
            .flat_map(|(word, value)| spelled(word, *value, self.as_port))
            .collect()
    }
}

/// An option as `ip link` takes it: options of one bit by their own names,
/// switches of a port as words.
fn spelled(word: &str, value: u64, as_port: bool) -> Vec<String> {
    let is_switch = |it: &&OtherOption| it.word == word && it.bytes == 1 && it.usual == (0, 0);
    if word == SWITCHES {
        let names = ["no_linklocal_learn", "mcast_vlan_snooping", "mst_enabled"];
        let on = names
            .iter()
            .enumerate()
            .filter(|(bit, _)| value >> bit & 1 == 1);
        on.map(|(_, name)| format!("{name} 1")).collect()
    } else if as_port && value == 1 && OF_PORT.iter().any(|it| is_switch(&it)) {
        vec![format!("{word} on")]
    } else {
        vec![format!("{word} {value}")]
    }
}

/// Those of a link, as a port or as a bridge.
fn others(link: &Link, as_port: bool) -> &OtherOptions {
    if as_port {
        &link.port_others
    } else {
        &link.bridge_others
    }
}

impl StepGroup for OtherStep {
    fn title(&self) -> String {
        format!("Set {} on {}", self.words().join(", "), self.link.name)
    }

    fn command(&self) -> String {
        format!(
            "ip link set dev {} type {} {}",
            self.link.name,
            self.kind(),
            self.words().join(" ")
        )
    }

    fn subject(&self) -> String {
        let noun = if self.as_port { "port" } else { "bridge" };
        format!("{noun} {}", self.link.name)
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        let Some(found) = self.link.find(before) else {
            return Vec::new();
        };
        let mut back = self.clone();
        back.options
            .retain(|word, _| others(found, self.as_port).contains_key(word));
        for (word, value) in &mut back.options {
            if let Some(then) = others(found, self.as_port).get(word) {
                *value = *then;
            }
        }
        (!back.options.is_empty())
            .then(|| back.into())
            .into_iter()
            .collect()
    }

    fn simulate(&self, state: &mut HostState) {
        let Some(found) = self.link.find_mut(state) else {
            return;
        };
        let options = if self.as_port {
            &mut found.port_others
        } else {
            &mut found.bridge_others
        };
        options.extend(self.options.clone());
    }

    fn facts(&self, facts: &mut Facts) {
        let object = self.link.name.as_str();
        let property = if self.as_port {
            "port option"
        } else {
            "option"
        };
        for (word, value) in &self.options {
            let claim = format!("{} has {word} {value}", self.subject());
            let (name, as_port) = (object.to_owned(), self.as_port);
            let (known, value) = (word.clone(), *value);
            facts.add(object, property, word.clone(), claim, move |state| {
                let link = state.link(&name);
                link.is_some_and(|link| others(link, as_port).get(&known) == Some(&value))
            });
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        vec![&mut self.link]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_as_ip_takes_them() {
        assert_eq!(
            spelled(SWITCHES, 0b101, false),
            ["no_linklocal_learn 1", "mst_enabled 1"]
        );
        assert_eq!(spelled("neigh_suppress", 1, true), ["neigh_suppress on"]);
        assert_eq!(spelled("mcast_router", 2, true), ["mcast_router 2"]);
        assert_eq!(
            spelled("nf_call_iptables", 1, false),
            ["nf_call_iptables 1"]
        );
    }
}
