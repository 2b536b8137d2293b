// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What of a plan no program keeps: whether Nova makes it again, see
//! [`crate::binding`], or whether it is gone with the next boot.

use std::collections::{BTreeMap, BTreeSet};

use crate::binding::{card, is_known_by_name};
use crate::bridge::PortPatch;
use crate::change::Change;
use crate::link::{LinkKind, Owner};
use crate::manager::Backend;
use crate::mirror::MirrorOutput;
use crate::name::InterfaceName;
use crate::persist::{MadeAgain, Persist};
use crate::planner::Planner;
use crate::planner_mirror_vlan::follows_vlans;
use crate::state::HostState;
use crate::steering::CpuSet;
use crate::step::{BondStep, BridgeStep, LinkStep, PortStep, Step, VlanStep};

/// The options of a port that this program has no word for.
fn beyond_backend(backend: Backend, options: PortPatch) -> PortPatch {
    match backend {
        Backend::NetworkManager => PortPatch {
            cost: None,
            priority: None,
            hairpin: None,
            ..options
        },
        Backend::Networkd => PortPatch {
            broadcast_flood: options.broadcast_flood,
            ..PortPatch::default()
        },
    }
}

/// How long limits and copies stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasting {
    /// They belong to the card of a machine and come back with it.
    Card,
    /// They belong to links that have their names again after a boot.
    Name,
    /// Until the link goes.
    Link,
}

impl Planner {
    /// Says what of the plan is gone with the next boot, where no program keeps
    /// anything of it, and what comes back.
    pub(crate) fn notice_fleeting(&mut self, asked: Persist) {
        let fleeting: Vec<String> = self.fleeting(asked).into_iter().collect();
        if !fleeting.is_empty() {
            self.keeping_effect(format!(
                "This is gone with the next boot: {}.",
                fleeting.join("; ")
            ));
        }
        self.make_again(None, asked);
    }

    /// Says what of the plan the program cannot keep.
    pub(crate) fn notice_unkept(
        &mut self,
        before: &HostState,
        backend: Backend,
        asked: Persist,
        touched: &BTreeSet<InterfaceName>,
    ) {
        let mut unkept = Vec::new();
        for name in touched {
            let Some(link) = self.state.link(name.as_str()) else {
                continue;
            };
            let is_kept = self.kept_link(name).is_some() || self.kept_above(name).is_some();
            if self.mtu_set(name).is_some()
                && !is_kept
                && link.bond_member.is_none()
                && !before.managers.can_keep_mtu(name, backend)
            {
                unkept.push(format!("the MTU of {name}"));
            }
        }
        unkept.extend(self.of_others(backend));
        unkept.extend(self.fleeting(asked));
        if !unkept.is_empty() {
            self.keeping_effect(format!(
                "{} does not keep this, it is gone with the next boot: {}.",
                backend.name(),
                unkept.join("; ")
            ));
        }
        self.make_again(Some(backend), asked);
    }

    /// What the plan does to bridges and bonds that others made and configure, but
    /// for what a profile takes up, or a file beside theirs. Ports that Nova attached have one of
    /// their own.
    fn of_others(&self, backend: Backend) -> BTreeSet<String> {
        let is_in_profile = |name: &InterfaceName| {
            let profile = self.state.managers.stored_profile(name);
            backend == Backend::NetworkManager && profile.is_some()
        };
        let is_added_to = |name: &InterfaceName| {
            backend == Backend::Networkd && self.state.managers.netdev_of(name).is_some()
        };
        let steps = self.steps.iter();
        steps
            .filter_map(|planned| match &planned.step {
                Step::Bridge(BridgeStep::Set { link, .. })
                | Step::Bond(BondStep::Set { link, .. })
                    if is_added_to(&link.name) =>
                {
                    None
                }
                Step::Bridge(BridgeStep::Set { link, .. })
                | Step::Bond(BondStep::Set { link, .. })
                | Step::Vlan(VlanStep::Set {
                    link, itself: true, ..
                }) if is_in_profile(&link.name) => None,
                Step::Bridge(BridgeStep::Set { link, .. })
                | Step::Bond(BondStep::Set { link, .. })
                    if self.is_not_kept(&link.name) =>
                {
                    Some(format!("the options of {}", link.name))
                }
                Step::Vlan(VlanStep::Set {
                    link, itself: true, ..
                }) if self.is_not_kept(&link.name) => {
                    Some(format!("the VLANs of {} towards this host", link.name))
                }
                Step::Link(LinkStep::SetController {
                    link,
                    controller: Some(controller),
                }) if self.is_not_kept(controller)
                    && self.above_of_another(&link.name, backend).is_none() =>
                {
                    (!self.is_of_machine(&link.name))
                        .then(|| format!("that {} is a port of {controller}", link.name))
                }
                _ => None,
            })
            .collect()
    }

    /// Whether a bridge or bond stands that neither Nova nor libvirt made.
    fn is_not_kept(&self, name: &InterfaceName) -> bool {
        self.state.link(name.as_str()).is_some_and(|link| {
            matches!(link.kind, LinkKind::Bridge | LinkKind::Bond)
                && !matches!(link.owner, Owner::Nova | Owner::Libvirt { .. })
        })
    }

    /// Whether a step does what was asked of a port, and Nova alone makes it
    /// again.
    pub(crate) fn is_bound(&self, step: &Step, asked: Persist) -> bool {
        let (Step::Port(PortStep::Set { link, .. }) | Step::Vlan(VlanStep::Set { link, .. })) =
            step
        else {
            return false;
        };
        let is_named = self.changes.iter().any(|change| match change {
            Change::ConfigurePort(it) => it.port == link.name,
            Change::SetPortVlans(it) => it.port == link.name,
            _ => false,
        });
        is_named
            && self.state.link(link.name.as_str()).is_some_and(|found| {
                card(found).is_some()
                    || asked != Persist::None
                        && is_known_by_name(found)
                        && self.kept_above(&link.name).is_none()
            })
    }

    /// Has Nova make again with each boot what no program keeps of links that
    /// have their names again then, and says so.
    pub(crate) fn make_again(&mut self, backend: Option<Backend>, asked: Persist) {
        if asked == Persist::None {
            return;
        }
        let mut again: BTreeMap<InterfaceName, MadeAgain> = BTreeMap::new();
        let mut words = BTreeSet::new();
        for planned in &self.steps {
            match &planned.step {
                step if follows_vlans(step) => {}
                Step::Traffic(_) | Step::Flow(_) if self.lastings().contains(&Lasting::Name) => {
                    words.insert("limits, marks and copies of frames".to_owned());
                }
                Step::Port(PortStep::Set { link, options })
                    if !self.is_of_machine(&link.name) && !self.is_above_by_nova(&link.name) =>
                {
                    let rest = match (self.kept_above(&link.name), backend) {
                        (None, _) => *options,
                        (Some(_), Some(backend)) => beyond_backend(backend, *options),
                        // The switch is gone with the boot.
                        (Some(_), None) => PortPatch::default(),
                    };
                    if !rest.is_empty() {
                        let phrases = rest.phrases().join(", ");
                        words.insert(format!("on port {}: {phrases}", link.name));
                        let known = again.entry(link.name.clone()).or_default();
                        known.options = known.options.renewed(&rest, &rest);
                    }
                }
                Step::Steering(step)
                    if !self.is_of_machine(&step.link.name)
                        && !step.queues.iter().all(CpuSet::is_empty) =>
                {
                    words.insert("on which CPUs what arrives is processed".to_owned());
                }
                step @ Step::Vlan(VlanStep::Set { link, .. })
                    if self.is_bound(step, asked) && !self.is_of_machine(&link.name) =>
                {
                    words.insert(format!("the VLANs of {}", link.name));
                    again.entry(link.name.clone()).or_default().vlans = true;
                }
                _ => {}
            }
        }
        self.made_again = again;
        let of_every_port = self.changes.iter().filter_map(|change| match change {
            Change::AddMirror(add) => add.sources.is_empty().then_some(&add.switch),
            _ => None,
        });
        let followed: Vec<InterfaceName> = of_every_port
            .filter(|switch| !self.steps.is_empty() && self.is_kernel_port(switch))
            .cloned()
            .collect();
        for switch in followed {
            self.effect(format!(
                "What enters a port that {switch} gets later is copied, too."
            ));
        }
        if !words.is_empty() {
            let words: Vec<String> = words.into_iter().collect();
            self.effect(format!(
                "This comes back with each boot: {}.",
                words.join("; ")
            ));
        }
    }

    /// Says whose it is, where a port is the tap of a machine.
    pub(crate) fn notice_card(&mut self, port: &InterfaceName, what: &str) {
        let link = self.state.link(port.as_str());
        if link.and_then(card).is_some() {
            self.notice(format!(
                "{what} belong to the card of the machine behind {port}: they go when it stops and come back when it starts."
            ));
        }
    }

    fn is_of_machine(&self, name: &InterfaceName) -> bool {
        let link = self.state.link(name.as_str());
        link.is_some_and(|link| !is_known_by_name(link))
    }

    fn is_macvtap(&self, name: &InterfaceName) -> bool {
        let link = self.state.link(name.as_str());
        link.is_some_and(|link| link.kind == LinkKind::Macvtap)
    }

    /// What of the plan nobody keeps: some limits and copies, which links are
    /// down, and what is done to links that others made.
    fn fleeting(&self, asked: Persist) -> BTreeSet<String> {
        let mut fleeting = BTreeSet::new();
        let lastings = self.lastings();
        let are_fleeting = lastings.contains(&Lasting::Link)
            || asked == Persist::None && lastings.contains(&Lasting::Name);
        for planned in &self.steps {
            match &planned.step {
                step if follows_vlans(step) => {}
                Step::Traffic(_) | Step::Flow(_) if are_fleeting => {
                    fleeting.insert("limits, marks and copies of frames".to_owned());
                }
                Step::Steering(step)
                    if self.is_macvtap(&step.link.name)
                        || asked == Persist::None && !self.is_of_machine(&step.link.name) =>
                {
                    fleeting.insert("on which CPUs what arrives is processed".to_owned());
                }
                Step::Link(LinkStep::SetController { link, .. })
                | Step::Port(PortStep::Set { link, .. })
                    if self.kept_above(&link.name).is_none()
                        && self.is_above_by_nova(&link.name) =>
                {
                    fleeting.insert(format!("{} as a port", link.name));
                }
                _ => {}
            }
        }
        for change in &self.changes {
            if let Change::SetLink(set) = change {
                let word = if set.up { "up" } else { "down" };
                fleeting.insert(format!("that {} is {word}", set.name));
            }
        }
        fleeting
    }

    /// How long the limits and copies stand that the changes ask for.
    fn lastings(&self) -> Vec<Lasting> {
        let of_link = |name: &InterfaceName| match self.state.link(name.as_str()) {
            Some(link) if card(link).is_some() => Lasting::Card,
            Some(link) if is_known_by_name(link) => Lasting::Name,
            _ => Lasting::Link,
        };
        let changes = self.changes.iter();
        changes
            .filter_map(|change| match change {
                Change::SetQos(set) => Some(of_link(&set.port)),
                Change::AddMirror(add) => {
                    let mut ends: Vec<Lasting> =
                        add.sources.iter().map(|it| of_link(&it.port)).collect();
                    if let MirrorOutput::Port(port) = &add.output {
                        ends.push(of_link(port));
                    }
                    let worst = [Lasting::Link, Lasting::Card, Lasting::Name];
                    worst.into_iter().find(|worst| ends.contains(worst))
                }
                _ => None,
            })
            .collect()
    }

    /// Whether a link that is kept by nobody is a port of what Nova keeps: a bond
    /// or sub-interface that another made.
    fn is_above_by_nova(&self, name: &InterfaceName) -> bool {
        let Some(link) = self.state.link(name.as_str()) else {
            return false;
        };
        let above = link.controller.and_then(|at| self.state.links.get(&at));
        matches!(link.kind, LinkKind::Bond | LinkKind::Vlan { .. })
            && above.is_some_and(|above| above.owner == Owner::Nova)
    }
}
