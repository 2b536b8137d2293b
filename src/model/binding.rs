// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the kernel holds alone and what is therefore made again: for network
//! cards of machines, because libvirt makes a new tap with each start of a
//! machine, and for links by their names, because nothing of it is there after
//! a boot. The MAC address of a tap names the card; it is that of the card with
//! another first byte.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
pub use crate::binding_mirror::{BoundMirror, End};
use crate::binding_port::{Asked, Found};
pub use crate::binding_port::{BoundPort, BoundVlans};
pub use crate::binding_undo::Rebound;
use crate::change::Change;
use crate::link::{Link, LinkKind};
use crate::mirror::MirrorOutput;
use crate::ovs::OvsView;
use crate::persist::Persist;
use crate::plan::Plan;
use crate::qos::RemoveQos;
use crate::state::HostState;
use crate::steering::entrances;
use crate::step::{LinkStep, ManagerStep, OvsEdit, Step};
use crate::traffic_view::{MirrorView, limits, mirrors};

/// The first byte of the MAC address of every tap that libvirt makes.
const TAP_BYTE: u8 = 0xfe;

/// All that is bound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// What is bound to cards of machines, by the MAC address of the tap.
    pub ports: BTreeMap<MacAddress, BoundPort>,
    /// What is bound to links, by their names.
    #[serde(default)]
    pub links: BTreeMap<String, BoundPort>,
    /// Mirrors that have to be made again.
    pub mirrors: Vec<BoundMirror>,
}

/// The address that names the card of a machine, where a link is its tap.
#[must_use]
pub fn card(link: &Link) -> Option<MacAddress> {
    let mac = link.mac?;
    (link.kind == LinkKind::Tap && mac.0.first() == Some(&TAP_BYTE)).then_some(mac)
}

/// Whether the name of a link means the same one after a boot: libvirt numbers
/// those of machines as they start.
pub(crate) fn is_known_by_name(link: &Link) -> bool {
    card(link).is_none() && link.kind != LinkKind::Macvtap
}

/// The bridge or bond that a link is a port or member of, as its own port of Open
/// vSwitch or by the kernel.
pub(crate) fn controller_of(link: &Link, host: &HostState) -> Option<String> {
    let name = link.name.to_string();
    let ovs = host.ovs.state().and_then(|ovs| ovs.port(&name));
    ovs.map(|(bridge, _)| bridge.name.clone()).or_else(|| {
        let controller = host.links.get(&link.controller?)?;
        Some(controller.name.to_string())
    })
}

/// Whether Open vSwitch is installed and cannot be asked for anything now: its
/// ports would be taken for links of the kernel alone.
pub(crate) fn is_ovs_away(host: &HostState) -> bool {
    host.ovs != OvsView::NotInstalled && host.ovs.trouble().is_some()
}

impl Bindings {
    /// Whether nothing is bound.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many cards, links and mirrors are bound.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ports.len() + self.links.len() + self.mirrors.len()
    }

    /// Whether something would be noted or forgotten with this plan.
    #[must_use]
    pub fn are_concerned(&self, plan: &Plan) -> bool {
        !asked(plan).is_empty()
            || !named_mirrors(plan).is_empty()
            || !self.is_empty()
                && plan
                    .steps
                    .iter()
                    .any(|step| !subjects(&step.step).is_empty())
    }

    /// Notes what holds now of what a plan was about that was kept. What is
    /// noted of anything else stays: it may not have been made again yet. `boot`
    /// tells this boot from others.
    pub fn note(&mut self, plan: &Plan, host: &HostState, boot: &str) {
        let views = limits(host);
        let is_undo = plan.is_undo();
        for (name, asked) in asked_on(plan, host) {
            let asked = Asked { is_undo, ..asked };
            let Some(found) = host
                .link(&name)
                .and_then(|link| Found::new(link, host, &views))
            else {
                continue;
            };
            if let Some(mac) = found.card() {
                let known = self.ports.get(&mac);
                match BoundPort::noted(known, &found, &asked, false) {
                    Some(bound) => drop(self.ports.insert(mac, bound)),
                    None => drop(self.ports.remove(&mac)),
                }
            } else if found.is_known_by_name() {
                self.note_link(&name, plan, &found, asked, boot);
            }
        }
        self.note_absent_cpus(plan, host);
        let seen = mirrors(host);
        for (switch, name) in named_mirrors(plan) {
            self.note_mirror(&switch, &name, plan, host, &seen, boot);
        }
        if plan.changes.persist != Persist::None {
            self.follow_links(plan, host);
        }
    }

    /// What is chosen for a switch and its ports holds for the ports of it, too,
    /// that are not there now.
    fn note_absent_cpus(&mut self, plan: &Plan, host: &HostState) {
        if plan.changes.persist == Persist::None || plan.is_undo() {
            return;
        }
        for change in &plan.changes.changes {
            let Change::SetAffinity(set) = change else {
                continue;
            };
            let is_port = |bound: &BoundPort| {
                !set.alone && bound.switch.as_deref() == Some(set.name.as_str())
            };
            let here: BTreeSet<MacAddress> = host.links.values().filter_map(card).collect();
            let ports = self.ports.iter_mut().filter(|(mac, _)| !here.contains(mac));
            let links = self.links.iter_mut();
            let links = links.filter(|(name, _)| host.link(name).is_none());
            let absent = ports.map(|it| it.1).chain(links.map(|it| it.1));
            for bound in absent.filter(|bound| is_port(bound)) {
                bound.choose_cpus(&set.cpus);
            }
        }
        self.ports.retain(|_, bound| !bound.is_nothing());
        self.links.retain(|_, bound| !bound.is_nothing());
    }

    fn note_link(&mut self, name: &str, plan: &Plan, found: &Found<'_>, asked: Asked, boot: &str) {
        if plan.changes.persist == Persist::None {
            if let Some(bound) = self.links.get_mut(name) {
                let differs = !bound.wishes(found).is_empty();
                bound.rests = differs.then(|| boot.to_owned());
            }
            return;
        }
        let again = plan
            .made_again
            .iter()
            .find(|(port, _)| port.as_str() == name);
        let again = again.map(|(_, again)| *again).unwrap_or_default();
        let asked = Asked {
            qos: asked.qos,
            options: again.options,
            vlans: again.vlans,
            ..asked
        };
        let known = self.links.get(name);
        match BoundPort::noted(known, found, &asked, found.is_ovs()) {
            Some(bound) => drop(self.links.insert(name.to_owned(), bound)),
            None => drop(self.links.remove(name)),
        }
    }

    fn note_mirror(
        &mut self,
        switch: &str,
        name: &str,
        plan: &Plan,
        host: &HostState,
        views: &[MirrorView],
        boot: &str,
    ) {
        let lasts = plan.changes.persist != Persist::None;
        let is_meant = |known: &BoundMirror| known.is_called(switch, name, host);
        let view = views.iter().find(|view| {
            view.is_ours && view.switch.as_deref() == Some(switch) && view.name == name
        });
        let mut seen = view.and_then(|view| BoundMirror::of(view, host));
        let at = self.mirrors.iter().position(is_meant);
        if let (false, Some(known)) = (lasts, at.and_then(|at| self.mirrors.get_mut(at)))
            && !known.names_a_card()
        {
            let differs = known.wish(host, views).is_some();
            known.rests = differs.then(|| boot.to_owned());
            return;
        }
        let known = at.map(|at| self.mirrors.remove(at));
        let is_every = is_of_every_port(plan, switch);
        let is_undone = is_every && plan.is_undo();
        let follows = known.as_ref().is_some_and(|it| it.every_port) && !is_undone
            || is_every && view.is_some_and(|view| covers_every_port(view, host));
        if let (Some(seen), Some(known)) = (&mut seen, known) {
            seen.recall(known, host);
        }
        if let Some(seen) = seen.as_mut().filter(|seen| !seen.is_ovs)
            && lasts
            && follows
        {
            seen.follow_every_port();
        }
        self.mirrors
            .extend(seen.filter(|seen| seen.names_a_card() || lasts && !seen.is_ovs));
    }

    /// Forgets what is bound to links that a plan has deleted, and has the rest
    /// follow links that it has moved to another switch.
    fn follow_links(&mut self, plan: &Plan, host: &HostState) {
        let steps = || plan.steps.iter().map(|planned| &planned.step);
        let gone: BTreeSet<String> = steps()
            .flat_map(subjects)
            .filter(|name| host.link(name).is_none() && host.ovs.bridge(name).is_none())
            .collect();
        for name in &gone {
            self.links.remove(name);
            self.mirrors.retain_mut(|mirror| mirror.lose(name));
        }
        let moved: BTreeSet<String> = steps().flat_map(moved).collect();
        let views = limits(host);
        let renewed: Vec<(String, Option<BoundPort>)> = self
            .links
            .iter()
            .filter_map(|(name, bound)| {
                let link = host.link(name)?;
                let found = Found::new(link, host, &views)?;
                let is_left = bound.switch.as_ref().is_some_and(|it| gone.contains(it));
                let is_moved = moved.contains(name)
                    && bound.switch.as_ref() != found.switch()
                    && bound.has_its_qos(&found);
                let nothing = Asked::default();
                let noted = || BoundPort::noted(Some(bound), &found, &nothing, found.is_ovs());
                (is_left || is_moved).then(|| (name.clone(), noted()))
            })
            .collect();
        for (name, bound) in renewed {
            match bound {
                Some(bound) => drop(self.links.insert(name, bound)),
                None => drop(self.links.remove(&name)),
            }
        }
    }

    /// The wishes that give what is there what is bound to it, and how much is
    /// there and not on its switch yet in a way that nobody sees who follows the
    /// links of the host.
    #[must_use]
    pub fn wishes(&self, host: &HostState, boot: &str) -> (Vec<Change>, usize) {
        let mut wishes = Vec::new();
        let mut waiting = 0;
        let views = limits(host);
        let is_awake = |rests: &Option<String>| rests.as_deref() != Some(boot);
        let is_away = is_ovs_away(host);
        for link in host.links.values() {
            let mac = card(link);
            let bound = match mac {
                Some(mac) => self.ports.get(&mac),
                None => self.links.get(&link.name.to_string()),
            };
            let bound = bound.filter(|bound| is_awake(&bound.rests));
            let (Some(bound), Some(found)) = (bound, Found::new(link, host, &views)) else {
                continue;
            };
            let is_here = bound.switch.as_ref() == found.switch();
            match &bound.switch {
                _ if is_here && !(found.is_ovs() && is_away) => {
                    wishes.extend(bound.wishes(&found));
                }
                _ if is_here => waiting += 1,
                Some(switch) => {
                    let is_its = mac.is_some() && host.ovs.bridge(switch).is_some();
                    let may_be_its = || !host.link(switch).is_some_and(Link::is_bridge);
                    waiting += usize::from(is_its || is_away && may_be_its());
                }
                None => {}
            }
        }
        let seen = mirrors(host);
        let awake = || self.mirrors.iter().filter(|it| is_awake(&it.rests));
        wishes.extend(awake().filter_map(|it| it.wish(host, &seen)));
        waiting += awake().filter(|it| it.waits(host)).count();
        (wishes, waiting)
    }
}

/// What the changes of a plan ask of ports, by their names.
fn asked(plan: &Plan) -> BTreeMap<String, Asked> {
    let mut all: BTreeMap<String, Asked> = BTreeMap::new();
    for change in &plan.changes.changes {
        let port = match change {
            Change::SetQos(it) => &it.port,
            Change::RemoveQos(RemoveQos { port }) => port,
            Change::ConfigurePort(it) => &it.port,
            Change::SetPortVlans(it) => &it.port,
            Change::ConfigureOvsPort(it) => &it.port,
            Change::AddOvsPort(it) if !it.vlans.is_empty() => &it.port,
            Change::SetAffinity(it) => &it.name,
            _ => continue,
        };
        let asked = all.entry(port.as_str().to_owned()).or_default();
        match change {
            Change::SetQos(_) | Change::RemoveQos(_) => asked.qos = true,
            Change::SetAffinity(_) => asked.cpus = true,
            Change::ConfigurePort(it) => {
                asked.options = it.options.renewed(&asked.options, &asked.options);
            }
            Change::ConfigureOvsPort(it) => {
                asked.vlans |= it.vlans.is_some();
                let options = &mut asked.options;
                options.isolated = options.isolated.or(it.protected);
                options.cost = options.cost.or(it.path_cost.map(Into::into));
                options.priority = options.priority.or(it.port_priority.map(Into::into));
            }
            _ => asked.vlans = true,
        }
    }
    all
}

/// The same, with the ports of the switches and bonds that it asks of for them,
/// too.
fn asked_on(plan: &Plan, host: &HostState) -> BTreeMap<String, Asked> {
    let mut all = asked(plan);
    for change in &plan.changes.changes {
        if let Change::SetAffinity(it) = change
            && let Some(link) = host.link(it.name.as_str()).filter(|_| !it.alone)
        {
            for link in entrances(host, link) {
                all.entry(link.name.to_string()).or_default().cpus = true;
            }
        }
    }
    all
}

/// The mirrors that a plan is about, by switch and name.
fn named_mirrors(plan: &Plan) -> BTreeSet<(String, String)> {
    let mut named = BTreeSet::new();
    for change in &plan.changes.changes {
        let (switch, name) = match change {
            Change::AddMirror(add) => {
                if let (None, MirrorOutput::Port(port)) = (&add.name, &add.output) {
                    // In the kernel it is called after the port as it is.
                    let name = format!("mirror-{port}");
                    named.insert((add.switch.as_str().to_owned(), name));
                }
                (&add.switch, add.name().ok())
            }
            Change::RemoveMirror(it) => (&it.switch, Some(it.name.clone())),
            _ => continue,
        };
        named.extend(name.map(|name| (switch.as_str().to_owned(), name.as_str().to_owned())));
    }
    named
}

/// Whether what enters each port of its switch is copied.
fn covers_every_port(view: &MirrorView, host: &HostState) -> bool {
    let switch = view.switch.as_deref().and_then(|name| host.link(name));
    let mut ports = switch.into_iter().flat_map(|it| host.ports_of(it.index));
    ports.all(|port| {
        let name = port.name.to_string();
        let direction = view.sources.get(&name);
        view.output.as_ref() == Some(&name) || direction.is_some_and(|it| it.has_ingress())
    })
}

/// Whether a plan is about a mirror of every port of this switch.
fn is_of_every_port(plan: &Plan, switch: &str) -> bool {
    plan.changes.changes.iter().any(|change| match change {
        Change::AddMirror(add) => add.switch.as_str() == switch && add.sources.is_empty(),
        _ => false,
    })
}

/// The links a step is about that it may have deleted or moved.
fn subjects(step: &Step) -> Vec<String> {
    match step {
        Step::Ovs(step) => step
            .edits
            .iter()
            .filter(|edit| !matches!(edit, OvsEdit::Mirror { .. }))
            .map(|edit| edit.name().to_owned())
            .collect(),
        Step::Manager(ManagerStep::Deactivate { link, .. }) => vec![link.as_str().to_owned()],
        _ => {
            let names = step.lasting_subjects().into_iter();
            names.map(|name| name.as_str().to_owned()).collect()
        }
    }
}

/// The links that a step has become ports of another switch.
fn moved(step: &Step) -> Vec<String> {
    match step {
        Step::Link(LinkStep::SetController { link, .. }) => vec![link.name.as_str().to_owned()],
        Step::Ovs(_) => subjects(step),
        _ => Vec::new(),
    }
}
