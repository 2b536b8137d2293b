// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Plans: what will happen, in steps with their undo, and what to know before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::change::ChangeSet;
use crate::error::{NovaError, Result};
use crate::fact;
use crate::link::{Link, Owner};
use crate::name::{InterfaceName, printable};
use crate::persist::{Keeping, MadeAgain, Persist};
use crate::planner::Planner;
use crate::planner_mirror_vlan::follows_vlans;
use crate::state::{Digest, HostState};
use crate::step::{BridgeStep, LinkStep, ManagerStep, OvsEdit, Step};

/// Identifier of a plan and of the change it becomes: 128 random bits, 32
/// hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct PlanId(u128);

impl PlanId {
    /// The identifier made of these bits.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PlanId {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let is_hex = text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if text.len() != 32 || !is_hex {
            return Err(NovaError::invalid("id", text, "32 hexadecimal digits"));
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| NovaError::invalid("id", text, "32 hexadecimal digits"))
    }
}

impl TryFrom<String> for PlanId {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<PlanId> for String {
    fn from(id: PlanId) -> Self {
        id.to_string()
    }
}

/// A complete plan for a set of changes on the host as it was observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// Identifier.
    pub id: PlanId,
    /// The sentence of the change: `Create bridge br0`.
    pub title: String,
    /// The changes it fulfils.
    pub changes: ChangeSet,
    /// What will happen, as two to eight short sentences.
    pub effects: Vec<String>,
    /// What to know before agreeing, with whom it affects.
    pub notices: Vec<String>,
    /// The steps in their order; empty where the host is already as asked.
    pub steps: Vec<PlannedStep>,
    /// The polkit actions it needs.
    pub actions: BTreeSet<Action>,
    /// Seconds within which the change must be kept or is undone. Absent where
    /// it cannot cut anyone off and keeps itself.
    pub confirm_within: Option<u32>,
    /// What lasts of it beyond the next boot.
    #[serde(default, skip_serializing_if = "Keeping::is_empty")]
    pub keeping: Keeping,
    /// What of ports Nova makes again with each boot, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made_again: BTreeMap<InterfaceName, MadeAgain>,
    /// The earlier change that this one undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<PlanId>,
    /// What it undoes was an undo itself that lasts beyond the next boot: the change
    /// is made again, as if it were asked for anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redoes: bool,
    /// Nobody asked for it now: it gave machines and links that appeared what is
    /// bound to them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gives_again: bool,
    /// Digest of steps and undo; applying demands the one that was reviewed.
    pub digest: Digest,
}

/// A step of a plan with the steps that undo it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlannedStep {
    /// What it does, in words.
    pub title: String,
    /// The command it equals.
    pub command: String,
    /// The step.
    pub step: Step,
    /// What undoes it, in order.
    pub undo: Vec<Step>,
}

impl Plan {
    /// Whether the two are about the same: what the steps of one change, there or
    /// back, is named in those of the other.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let changes = |plan: &Self| fact::objects(plan.all_steps());
        let names = |plan: &Self| -> BTreeSet<String> {
            let mut found = BTreeSet::new();
            for step in plan.all_steps() {
                gather(&serde_json::json!(step), &mut found);
            }
            found
        };
        !changes(self).is_disjoint(&names(other)) || !changes(other).is_disjoint(&names(self))
    }

    /// The steps there, back, and those that keep it.
    fn all_steps(&self) -> impl Iterator<Item = &Step> {
        let all = self.steps.iter().chain(&self.keeping.steps);
        all.flat_map(|planned| std::iter::once(&planned.step).chain(&planned.undo))
    }

    /// Whether the host is already as asked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it takes a change back.
    #[must_use]
    pub const fn is_undo(&self) -> bool {
        self.undoes.is_some() && !self.redoes
    }

    /// The step of this number: first those of the plan, then those that are
    /// done when it is kept.
    #[must_use]
    pub fn step(&self, at: usize) -> Option<&PlannedStep> {
        self.steps.iter().chain(&self.keeping.steps).nth(at)
    }

    /// What must hold after it and does not on `observed`.
    #[must_use]
    pub fn unmet(&self, observed: &HostState) -> Vec<String> {
        fact::unmet(self.steps.iter().map(|planned| &planned.step), observed)
    }

    /// Whether nothing of what was to hold after it holds on `observed`.
    #[must_use]
    pub fn is_gone(&self, observed: &HostState) -> bool {
        fact::is_gone(self.steps.iter().map(|planned| &planned.step), observed)
    }

    /// The same without the links of which something holds no more: what was
    /// given to several has nothing to do with each other.
    fn of_what_stands(&self, observed: &HostState) -> Self {
        let steps = self.steps.iter().map(|planned| &planned.step);
        let moved_on = fact::moved_on(steps, observed);
        let mut rest = self.clone();
        rest.steps
            .retain(|planned| !fact::is_about(&planned.step, &moved_on));
        rest
    }
}

/// Seconds within which a change is to be kept, where nothing else is asked.
pub const CONFIRM_DEFAULT: u32 = 60;
/// Fewest and most seconds that can be asked for.
pub const CONFIRM_RANGE: std::ops::RangeInclusive<u32> = 10..=600;

/// Plans `changes` on the host as observed. Pure: the same arguments give the
/// same plan.
///
/// # Errors
/// `InvalidValue`, `NotFound` or `Refused` with the reason and a way out;
/// nothing has happened then.
pub fn plan(state: &HostState, changes: &ChangeSet, id: PlanId) -> Result<Plan> {
    let mut planner = Planner::new(state.clone(), id);
    for change in &changes.changes {
        planner.plan(change)?;
    }
    planner.keep_beyond_boot(state, changes.persist)?;
    let Planner {
        steps,
        effects,
        notices,
        actions,
        confirm_within,
        keeping,
        made_again,
        ..
    } = planner;
    let digest = Digest::of(&(&changes, &steps, &keeping, &made_again));
    Ok(Plan {
        id,
        title: changes.sentence(),
        changes: changes.clone(),
        effects,
        notices,
        steps,
        actions,
        confirm_within,
        keeping,
        made_again,
        undoes: None,
        redoes: false,
        gives_again: false,
        digest,
    })
}

/// Plans the deletion of what Nova made for ports that have gone since; nothing
/// brings it back, it is of no use. A plan without steps where there is none.
///
/// # Errors
/// `Internal` where a link of Nova's is not as Nova made it.
pub fn plan_tidy(state: &HostState, id: PlanId) -> Result<Plan> {
    let mut planner = Planner::new(state.clone(), id);
    planner.delete_orphaned_buffers()?;
    planner.remove_all_lost_filters()?;
    let mut steps = planner.steps;
    for planned in &mut steps {
        planned.undo.clear();
    }
    let changes = ChangeSet {
        changes: Vec::new(),
        persist: Persist::None,
    };
    let digest = Digest::of(&steps);
    Ok(Plan {
        id,
        title: "Delete what is left of ports that have gone".to_owned(),
        changes,
        effects: steps.iter().map(|it| format!("{}.", it.title)).collect(),
        notices: Vec::new(),
        steps,
        actions: BTreeSet::new(),
        confirm_within: None,
        keeping: Keeping::default(),
        made_again: BTreeMap::new(),
        undoes: None,
        redoes: false,
        gives_again: true,
        digest,
    })
}

/// Whose place a copy has taken of what the step made: it looks the same, to
/// the mark, but the journal does not bear the mark out.
fn taken_from(step: &Step, state: &HostState) -> Option<String> {
    if let (Step::Ovs(step), Some(ovs)) = (step, state.ovs.state()) {
        let mut made = step.edits.iter().filter(|edit| edit.is_creation());
        let copied = |edit: &&OvsEdit| {
            let found = edit.find(ovs);
            found.is_some_and(|(row, ..)| ovs.disowned.contains(&row))
        };
        return made.find(copied).map(|edit| edit.name().to_owned());
    }
    let made = step.makes()?;
    let link = state.link(made.name.as_str())?;
    let is_marked = Owner::of_alias(link.alias.as_deref()) == Owner::Nova;
    (is_marked && link.owner != Owner::Nova).then(|| link.name.to_string())
}

/// Refuses to delete a bridge that machines have been attached to since: nobody
/// would attach them again.
fn refuse_attached_since(steps: &[PlannedStep], state: &HostState, kept: &Plan) -> Result<()> {
    let lets_go = |port: &Link| {
        steps.iter().any(|planned| match &planned.step {
            Step::Link(LinkStep::SetController { link, .. }) => port.name.is(link.name.as_str()),
            _ => false,
        })
    };
    for planned in steps {
        let name = match &planned.step {
            Step::Bridge(BridgeStep::Delete { name, .. }) => name,
            Step::Manager(ManagerStep::Deactivate { link, .. }) => link,
            Step::Manager(step) => match step.left() {
                Some(left) => left,
                None => continue,
            },
            _ => continue,
        };
        let bridge = state.link(name.as_str());
        let ports = bridge.into_iter().flat_map(|it| state.ports_of(it.index));
        let left: Vec<String> = ports
            .filter(|port| port.leads_to_guest() && !lets_go(port))
            .map(|port| port.name.to_string())
            .collect();
        if !left.is_empty() {
            return Err(NovaError::refused(format!(
                "\"{}\" cannot be undone: attached to {name} since: {}",
                kept.title,
                left.join(", ")
            ))
            .with_remedy("Stop the machines behind them, or detach them first."));
        }
    }
    Ok(())
}

/// Plans the undo of a change that was applied and kept: its undo steps in
/// reverse, as a change of its own. The undo of an undo that lasts makes the change
/// again.
///
/// # Errors
/// `Refused` where the host has moved on from what the change left, with what
/// is different now, and where another has taken the place of what it made.
pub fn plan_undo(state: &HostState, kept: &Plan, id: PlanId) -> Result<Plan> {
    let rest = kept.gives_again.then(|| kept.of_what_stands(state));
    let kept = match &rest {
        Some(rest) if !rest.is_empty() => rest,
        _ => kept,
    };
    // What follows the VLANs of ports is not what the change left.
    let left = kept.steps.iter().map(|planned| &planned.step);
    let moved_on = fact::unmet(left.filter(|step| !follows_vlans(step)), state);
    if !moved_on.is_empty() {
        return Err(NovaError::refused(format!(
            "\"{}\" cannot be undone: the host has moved on, no longer true is: {}",
            kept.title,
            moved_on.join("; ")
        ))
        .with_remedy(
            "Change what you need by hand; the steps of the change are listed in the history.",
        ));
    }
    if let Some(name) = kept.steps.iter().find_map(|it| taken_from(&it.step, state)) {
        return Err(NovaError::refused(format!(
            "\"{}\" cannot be undone: another has taken the place of {}, Nova did not make it",
            kept.title,
            printable(&name)
        ))
        .with_remedy("Delete it by hand, if it is to go."));
    }
    if kept.is_undo() && !kept.keeping.steps.is_empty() {
        return redo(state, kept, id);
    }
    let mut planner = Planner::new(state.clone(), id);
    planner.undo_kept(kept)?;
    refuse_attached_since(&planner.steps, state, kept)?;
    planner.guard_undo(state, kept);
    planner.notice_set_since(state, kept);
    let Planner {
        steps,
        notices,
        confirm_within,
        keeping,
        ..
    } = planner;
    let effects = steps
        .iter()
        .map(|planned| format!("{}.", planned.title))
        .collect();
    let digest = Digest::of(&(&kept.id, &steps, &keeping));
    Ok(Plan {
        id,
        title: format!("Undo: {}", kept.title),
        changes: kept.changes.clone(),
        effects,
        notices,
        steps,
        actions: kept.actions.clone(),
        confirm_within,
        keeping,
        made_again: kept.made_again.clone(),
        undoes: Some(kept.id),
        redoes: false,
        gives_again: false,
        digest,
    })
}

fn redo(state: &HostState, undo: &Plan, id: PlanId) -> Result<Plan> {
    let again = plan(state, &undo.changes, id)?;
    Ok(Plan {
        title: format!("Redo: {}", again.title),
        undoes: Some(undo.id),
        redoes: true,
        ..again
    })
}

/// The texts in a document.
fn gather(document: &serde_json::Value, found: &mut BTreeSet<String>) {
    match document {
        serde_json::Value::String(text) => {
            found.insert(text.clone());
        }
        serde_json::Value::Array(parts) => parts.iter().for_each(|part| gather(part, found)),
        serde_json::Value::Object(parts) => parts.values().for_each(|part| gather(part, found)),
        _ => {}
    }
}
