// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What must hold on the host after a plan: a daemon's or the kernel's "done"
//! is not proof, what is observed afterwards is.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::MacAddress;
use crate::link::{Link, Owner};
use crate::state::HostState;
use crate::step::Step;

/// The last thing a plan says about one property of one object.
struct Fact {
    /// Its place in the order of facts and shadows.
    number: usize,
    /// The sentence that is false where the fact does not hold.
    claim: String,
    holds: Box<dyn Fn(&HostState) -> bool>,
}

/// What was done to a link after earlier facts about the sub-interfaces upon it,
/// of which the kernel does the same to them.
struct Shadow {
    number: usize,
    link: String,
    covers: fn(property: &str, detail: &str) -> bool,
}

/// Everything that `steps` together demand and `observed` does not show, as
/// sentences such as `br0 is up`. Empty where all is as planned.
#[must_use]
pub fn unmet<'a>(steps: impl IntoIterator<Item = &'a Step>, observed: &HostState) -> Vec<String> {
    Facts::of(steps).unmet(observed)
}

/// The objects of which something that `steps` together demand does not hold.
pub(crate) fn moved_on<'a>(
    steps: impl IntoIterator<Item = &'a Step>,
    observed: &HostState,
) -> BTreeSet<String> {
    let facts = Facts::of(steps);
    let failing = facts.failing(observed);
    failing.map(|((object, ..), _)| object.clone()).collect()
}

/// The objects of which `steps` demand something.
pub(crate) fn objects<'a>(steps: impl IntoIterator<Item = &'a Step>) -> BTreeSet<String> {
    let keys = Facts::of(steps).demanded.into_keys();
    keys.map(|(object, ..)| object).collect()
}

/// Whether a step demands something of one of these objects.
pub(crate) fn is_about(step: &Step, objects: &BTreeSet<String>) -> bool {
    let facts = Facts::of([step]);
    let mut keys = facts.demanded.keys();
    keys.any(|(object, ..)| objects.contains(object))
}

/// Whether `steps` together demand something and nothing of it holds.
pub(crate) fn is_gone<'a>(steps: impl IntoIterator<Item = &'a Step>, observed: &HostState) -> bool {
    let facts = Facts::of(steps);
    !facts.demanded.is_empty() && facts.failing(observed).count() == facts.demanded.len()
}

/// Whether the step would change nothing on `observed`.
#[must_use]
pub fn already_holds(step: &Step, observed: &HostState) -> bool {
    unmet([step], observed).is_empty()
}

/// Object, property and which of several: `br0`, `address`, `192.0.2.1/24`.
type Key = (String, &'static str, String);

/// What the steps of a plan demand, each property of each object once.
#[derive(Default)]
pub(crate) struct Facts {
    demanded: BTreeMap<Key, Fact>,
    shadows: Vec<Shadow>,
    count: usize,
}

impl Facts {
    fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut facts = Self::default();
        for step in steps {
            step.facts(&mut facts);
        }
        facts
    }

    /// What of it does not hold on `observed`.
    fn failing(&self, observed: &HostState) -> impl Iterator<Item = (&Key, &Fact)> {
        self.demanded
            .iter()
            .filter(|(_, fact)| !(fact.holds)(observed))
            .filter(|(key, fact)| !self.is_shadowed(key, fact, observed))
    }

    /// The same, as sentences.
    pub(crate) fn unmet(&self, observed: &HostState) -> Vec<String> {
        let failing = self.failing(observed);
        failing.map(|(_, fact)| fact.claim.clone()).collect()
    }

    fn is_shadowed(&self, (object, property, detail): &Key, fact: &Fact, on: &HostState) -> bool {
        self.shadows.iter().any(|shadow| {
            shadow.number > fact.number
                && (shadow.covers)(property, detail)
                && on.link(&shadow.link).is_some_and(|below| {
                    let mut upon = on.vlans_upon(below.index).into_iter();
                    upon.any(|upper| upper.name.is(object))
                })
        })
    }

    /// The kernel does to the sub-interfaces upon a link what was done to it.
    pub(crate) fn shadow(&mut self, link: &str, covers: fn(&str, &str) -> bool) {
        self.count += 1;
        self.shadows.push(Shadow {
            number: self.count,
            link: link.to_owned(),
            covers,
        });
    }

    /// Demands something; what was demanded of the same property before no
    /// longer counts.
    pub(crate) fn add(
        &mut self,
        object: &str,
        property: &'static str,
        detail: impl Into<String>,
        claim: String,
        holds: impl Fn(&HostState) -> bool + 'static,
    ) {
        let key = (object.to_owned(), property, detail.into());
        self.count += 1;
        let fact = Fact {
            number: self.count,
            claim,
            holds: Box::new(holds),
        };
        self.demanded.insert(key, fact);
    }

    /// Demands something of a link that must exist for it.
    pub(crate) fn link(
        &mut self,
        object: &str,
        property: &'static str,
        claim: String,
        holds: impl Fn(&Link) -> bool + 'static,
    ) {
        let name = object.to_owned();
        self.add(object, property, "", claim, move |state| {
            state.link(&name).is_some_and(&holds)
        });
    }

    /// Demands no longer what this says of object, property and detail.
    pub(crate) fn forget(&mut self, gone: impl Fn(&str, &str, &str) -> bool) {
        self.demanded
            .retain(|(object, property, detail), _| !gone(object, property, detail));
    }

    /// The link is up or down.
    pub(crate) fn up(&mut self, object: &str, up: bool) {
        let claim = format!("{object} is {}", if up { "up" } else { "down" });
        self.link(object, "up", claim, move |link| link.is_up == up);
    }

    /// The link has this MAC address.
    pub(crate) fn mac(&mut self, object: &str, mac: MacAddress) {
        let claim = format!("{object} has the MAC address {mac}");
        self.link(object, "mac", claim, move |link| link.mac == Some(mac));
    }

    /// The link has this MTU.
    pub(crate) fn mtu(&mut self, object: &str, mtu: u32) {
        let claim = format!("{object} has an MTU of {mtu}");
        self.link(object, "mtu", claim, move |link| link.mtu == mtu);
    }

    /// The link has this alias. One that a program made again after a boot has
    /// none, and is Nova's by the mark of its profile or file.
    pub(crate) fn alias(&mut self, object: &str, alias: String) {
        let claim = format!("{object} has its alias");
        self.link(object, "alias", claim, move |link| match &link.alias {
            Some(found) => *found == alias,
            None => link.owner == Owner::Nova,
        });
    }

    /// No link of this name has this MAC address any more; nothing else is
    /// demanded of it.
    pub(crate) fn gone(&mut self, object: &str, mac: MacAddress) {
        self.forget(|name, _, _| name == object);
        let name = object.to_owned();
        let claim = format!("{object} is gone");
        self.add(object, "exists", "", claim, move |state| {
            state.link(&name).is_none_or(|link| link.mac != Some(mac))
        });
    }
}
