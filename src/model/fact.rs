// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What must hold on the host after a plan: a daemon's or the kernel's "done"
//! is not proof, what is observed afterwards is.

use std::collections::BTreeMap;

use crate::bridge::BridgePatch;
use crate::link::Link;
use crate::state::HostState;
use crate::step::Step;

/// The last thing a plan says about one property of one object.
struct Fact {
    /// The sentence that is false where the fact does not hold.
    claim: String,
    holds: Box<dyn Fn(&HostState) -> bool>,
}

/// Everything that `steps` together demand and `observed` does not show, as
/// sentences such as `br0 is up`. Empty where all is as planned.
#[must_use]
pub fn unmet<'a>(steps: impl IntoIterator<Item = &'a Step>, observed: &HostState) -> Vec<String> {
    let mut facts: BTreeMap<(String, &'static str, String), Fact> = BTreeMap::new();
    for step in steps {
        match step {
            Step::DeleteBridge { name, .. } => {
                facts.retain(|(object, ..), _| object != name.as_str());
            }
            // The kernel takes routes and IPv6 addresses away with the link.
            Step::SetUp { link, up: false } => facts.retain(|(object, property, detail), _| {
                object != link.name.as_str()
                    || *property != "route" && !(*property == "address" && detail.contains(':'))
            }),
            _ => {}
        }
        for (key, fact) in facts_of(step) {
            facts.insert(key, fact);
        }
    }
    facts
        .into_values()
        .filter(|fact| !(fact.holds)(observed))
        .map(|fact| fact.claim)
        .collect()
}

/// Whether the step would change nothing on `observed`.
#[must_use]
pub fn already_holds(step: &Step, observed: &HostState) -> bool {
    unmet([step], observed).is_empty()
}

type Key = (String, &'static str, String);

fn facts_of(step: &Step) -> Vec<(Key, Fact)> {
    let mut facts = Facts(Vec::new());
    match step {
        Step::AddBridge {
            name,
            mac,
            options,
            alias,
            mtu,
            up,
        } => {
            let object = name.as_str();
            let mac = *mac;
            let claim = format!("{object} exists as a bridge");
            facts.link(object, "exists", claim, Link::is_bridge);
            let claim = format!("{object} has the MAC address {mac}");
            facts.link(object, "mac", claim, move |link| link.mac == Some(mac));
            facts.options(object, options);
            let up = *up;
            facts.link(
                object,
                "up",
                format!("{object} is {}", word(up)),
                move |link| link.is_up == up,
            );
            if let Some(alias) = alias.clone() {
                facts.link(
                    object,
                    "alias",
                    format!("{object} has its alias"),
                    move |link| link.alias.as_ref() == Some(&alias),
                );
            }
            if let Some(mtu) = *mtu {
                facts.link(
                    object,
                    "mtu",
                    format!("{object} has an MTU of {mtu}"),
                    move |link| link.mtu == mtu,
                );
            }
        }
        Step::DeleteBridge { name, mac } => {
            let (object, mac) = (name.as_str().to_owned(), *mac);
            facts.add(
                name.as_str(),
                "exists",
                "",
                format!("{name} is gone"),
                move |state| state.link(&object).is_none_or(|link| link.mac != Some(mac)),
            );
        }
        Step::SetBridge { link, options } => facts.options(link.name.as_str(), options),
        Step::SetController { link, controller } => {
            let (object, wanted) = (link.name.as_str().to_owned(), controller.clone());
            let claim = match controller {
                Some(bridge) => format!("{} is a port of {bridge}", link.name),
                None => format!("{} is a port of nothing", link.name),
            };
            facts.add(link.name.as_str(), "controller", "", claim, move |state| {
                let found = state.link(&object);
                let controller = found
                    .and_then(|link| link.controller)
                    .and_then(|index| state.links.get(&index));
                match &wanted {
                    None => found.is_some() && controller.is_none(),
                    Some(name) => controller.is_some_and(|bridge| bridge.name.is(name.as_str())),
                }
            });
        }
        Step::SetUp { link, up } => {
            let up = *up;
            let claim = format!("{} is {}", link.name, word(up));
            facts.link(link.name.as_str(), "up", claim, move |found| {
                found.is_up == up
            });
        }
        Step::SetMac { link, mac } => {
            let mac = *mac;
            let claim = format!("{} has the MAC address {mac}", link.name);
            facts.link(link.name.as_str(), "mac", claim, move |found| {
                found.mac == Some(mac)
            });
        }
        Step::AddAddress { link, net } => facts.address(link.name.as_str(), *net, true),
        Step::RemoveAddress { link, net } => facts.address(link.name.as_str(), *net, false),
        Step::AddRoute(route) => facts.route(route, true),
        Step::RemoveRoute(route) => facts.route(route, false),
    }
    facts.0
}

const fn word(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

struct Facts(Vec<(Key, Fact)>);

impl Facts {
    fn add(
        &mut self,
        object: &str,
        property: &'static str,
        detail: impl Into<String>,
        claim: String,
        holds: impl Fn(&HostState) -> bool + 'static,
    ) {
        let key = (object.to_owned(), property, detail.into());
        self.0.push((
            key,
            Fact {
                claim,
                holds: Box::new(holds),
            },
        ));
    }

    fn link(
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

    /// One fact an option, so that a later step overrides just that option.
    fn options(&mut self, object: &str, patch: &BridgePatch) {
        for (option, single) in single_options(patch) {
            let name = object.to_owned();
            let claim = format!("{object} has {}", single.phrases().join(", "));
            self.add(object, "option", option, claim, move |state| {
                state
                    .link(&name)
                    .and_then(|link| link.bridge)
                    .is_some_and(|bridge| single.applied_to(&bridge.options) == bridge.options)
            });
        }
    }

    fn address(&mut self, object: &str, net: crate::address::IpNet, present: bool) {
        let claim = format!(
            "{object} {} {net}",
            if present { "has" } else { "does not have" }
        );
        let name = object.to_owned();
        self.add(object, "address", net.to_string(), claim, move |state| {
            let found = state.link(&name);
            let has =
                found.is_some_and(|link| link.addresses.iter().any(|address| address.net == net));
            has == present
        });
    }

    fn route(&mut self, route: &crate::step::RouteSpec, present: bool) {
        let words = route.ip_arguments();
        let claim = format!(
            "the route {words} {}",
            if present { "stands" } else { "is gone" }
        );
        let route = route.clone();
        let object = route.link.as_str().to_owned();
        self.add(&object, "route", words, claim, move |state| {
            let has = state.link(route.link.as_str()).is_some_and(|link| {
                let wanted = route.through(link.index);
                state.routes_of(link.index).any(|found| {
                    (found.destination, found.gateway, found.metric)
                        == (wanted.destination, wanted.gateway, wanted.metric)
                })
            });
            has == present
        });
    }
}

fn single_options(patch: &BridgePatch) -> Vec<(&'static str, BridgePatch)> {
    let none = BridgePatch::default;
    [
        (
            "stp",
            BridgePatch {
                stp: patch.stp,
                ..none()
            },
        ),
        (
            "forward_delay",
            BridgePatch {
                forward_delay: patch.forward_delay,
                ..none()
            },
        ),
        (
            "hello_time",
            BridgePatch {
                hello_time: patch.hello_time,
                ..none()
            },
        ),
        (
            "max_age",
            BridgePatch {
                max_age: patch.max_age,
                ..none()
            },
        ),
        (
            "ageing_time",
            BridgePatch {
                ageing_time: patch.ageing_time,
                ..none()
            },
        ),
        (
            "priority",
            BridgePatch {
                priority: patch.priority,
                ..none()
            },
        ),
        (
            "multicast_snooping",
            BridgePatch {
                multicast_snooping: patch.multicast_snooping,
                ..none()
            },
        ),
    ]
    .into_iter()
    .filter(|(_, single)| !single.is_empty())
    .collect()
}
