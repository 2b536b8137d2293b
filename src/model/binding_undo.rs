// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a change did to what is bound, so that its undo can bring that back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::binding::Bindings;

/// The part of what is bound that a change has made other than it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rebound {
    /// As it was before the change.
    before: Bindings,
    /// As the change left it.
    after: Bindings,
}

impl Rebound {
    /// What leads from one state of what is bound to another.
    #[must_use]
    pub fn between(before: &Bindings, after: &Bindings) -> Self {
        Self {
            before: beside(before, after),
            after: beside(after, before),
        }
    }

    /// Whether nothing is other than it was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }
}

impl Bindings {
    /// Brings back what a change had found bound that has just been undone, where
    /// nobody has bound anything else meanwhile: `last` was bound when the undo
    /// began.
    pub fn bring_back(&mut self, last: &Self, change: &Rebound) {
        let Rebound { before, after } = change;
        restore(&mut self.ports, &last.ports, &before.ports, &after.ports);
        restore(&mut self.links, &last.links, &before.links, &after.links);
        let is_untouched = after.mirrors.iter().all(|it| last.mirrors.contains(it))
            && !before.mirrors.iter().any(|it| last.mirrors.contains(it));
        if is_untouched && before.mirrors != after.mirrors {
            self.mirrors.clone_from(&last.mirrors);
            self.mirrors.retain(|it| !after.mirrors.contains(it));
            self.mirrors.extend(before.mirrors.iter().cloned());
        }
    }
}

/// What is bound in one way and in the other not, or otherwise.
fn beside(one: &Bindings, other: &Bindings) -> Bindings {
    let mut rest = one.clone();
    rest.ports
        .retain(|mac, bound| other.ports.get(mac) != Some(bound));
    rest.links
        .retain(|name, bound| other.links.get(name) != Some(bound));
    rest.mirrors.retain(|it| !other.mirrors.contains(it));
    rest
}

fn restore<K: Ord + Clone, V: PartialEq + Clone>(
    now: &mut BTreeMap<K, V>,
    last: &BTreeMap<K, V>,
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
) {
    for key in before.keys().chain(after.keys()) {
        if last.get(key) != after.get(key) {
            continue;
        }
        match before.get(key) {
            Some(bound) => drop(now.insert(key.clone(), bound.clone())),
            None => drop(now.remove(key)),
        }
    }
}
