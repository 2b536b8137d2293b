// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The steps a plan is made of: all that the helper will ever do, as one
//! closed list, grouped by noun. Each step knows its inverse, what it changes
//! in the picture of the host, what must hold after it, and the command it
//! equals.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::fact::Facts;
use crate::link::{Link, LinkKind};
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::state::HostState;
pub use crate::step_address::AddressStep;
pub use crate::step_bond::BondStep;
pub use crate::step_bridge::BridgeStep;
pub use crate::step_fdb::{FdbStep, MdbStep};
pub use crate::step_flow::{
    CLASS_KEY, FLOW_COOKIE, FLOW_PRIORITY, FlowStep, PortClass, queue_number,
};
pub use crate::step_link::LinkStep;
pub use crate::step_manager::{Activation, ActiveProfile, FileEffect, ManagerStep};
pub use crate::step_other::OtherStep;
pub use crate::step_ovs::{OvsEdit, OvsStep};
pub use crate::step_port::PortStep;
pub use crate::step_route::{RouteSpec, RouteStep};
pub use crate::step_steering::SteeringStep;
pub use crate::step_traffic::{FilterSpec, TrafficStep};
pub use crate::step_vlan::VlanStep;

/// A link a step acts on: its name, and its index where the link stood before
/// the plan. A link that was replaced meanwhile has another index and is left
/// alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkRef {
    /// Name of the link.
    pub name: InterfaceName,
    /// Its index, absent for links the plan itself makes.
    pub index: Option<u32>,
}

impl LinkRef {
    /// The link in this picture of the host, by its name.
    pub(crate) fn find<'a>(&self, state: &'a HostState) -> Option<&'a Link> {
        state.link(self.name.as_str())
    }

    /// The link in this picture of the host, to be changed.
    pub(crate) fn find_mut<'a>(&self, state: &'a mut HostState) -> Option<&'a mut Link> {
        state.link_mut(self.name.as_str())
    }
}

/// A link that a step makes: how to tell it from others of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink<'a> {
    /// Its name.
    pub name: &'a InterfaceName,
    /// The MAC address it has from its first moment.
    pub mac: MacAddress,
    /// What it is.
    pub kind: LinkKind,
}

impl NewLink<'_> {
    /// Whether this is the link that the step made.
    #[must_use]
    pub fn is(&self, link: &Link) -> bool {
        link.name.is(self.name.as_str()) && link.kind == self.kind && link.mac == Some(self.mac)
    }
}

/// One change of the host, small enough to be done or not done.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// About a Linux bridge itself.
    Bridge(BridgeStep),
    /// About a bond.
    Bond(BondStep),
    /// About any link.
    Link(LinkStep),
    /// About a port of a bridge.
    Port(PortStep),
    /// About options that Nova does not offer.
    Other(OtherStep),
    /// About addresses behind a port.
    Fdb(FdbStep),
    /// Groups of the multicast database.
    Mdb(MdbStep),
    /// About VLANs.
    Vlan(VlanStep),
    /// About limits and copies.
    Traffic(TrafficStep),
    /// About the CPUs that process what arrives.
    Steering(SteeringStep),
    /// About an IP address.
    Address(AddressStep),
    /// About a route.
    Route(RouteStep),
    /// About Open vSwitch: one transaction of its database.
    Ovs(OvsStep),
    /// About flows of Open vSwitch.
    Flow(FlowStep),
    /// Done by the program that configures the host's network.
    Manager(ManagerStep),
}

/// What every group of steps knows of its steps.
pub(crate) trait StepGroup {
    /// What happens, in words.
    fn title(&self) -> String;

    /// The command it equals, one a line.
    fn command(&self) -> String;

    /// Who it is about, as the beginning of an error: `bridge br0`.
    fn subject(&self) -> String;

    /// The steps that lead back to `before`.
    fn inverse(&self, before: &HostState) -> Vec<Step>;

    /// Changes the picture of the host as the host would change.
    fn simulate(&self, state: &mut HostState);

    /// What must hold after it. What it undoes of earlier steps is forgotten
    /// first ([`Facts::forget`]).
    fn facts(&self, facts: &mut Facts);

    /// The links it acts on that stood before the plan began.
    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        Vec::new()
    }

    /// Points what it names at what stands under that name now.
    fn rebind(&mut self, _state: &HostState) {}

    /// The link it makes.
    fn makes(&self) -> Option<NewLink<'_>> {
        None
    }

    /// Whether what it does stands after the machine has booted.
    fn outlives_boot(&self) -> bool {
        false
    }

    /// Whether it makes a link of this name.
    fn makes_link(&self, name: &str) -> bool {
        self.makes().is_some_and(|made| made.name.as_str() == name)
    }

    /// Whether it can take addresses or routes of this host away, or the way to
    /// them, on a host that was `before` the plan.
    fn touches_reach(&self, _planner: &Planner, _before: &HostState) -> bool {
        false
    }
}

impl Step {
    fn group(&self) -> &dyn StepGroup {
        match self {
            Self::Bridge(step) => step,
            Self::Bond(step) => step,
            Self::Link(step) => step,
            Self::Port(step) => step,
            Self::Other(step) => step,
            Self::Fdb(step) => step,
            Self::Mdb(step) => step,
            Self::Vlan(step) => step,
            Self::Traffic(step) => step,
            Self::Steering(step) => step,
            Self::Address(step) => step,
            Self::Route(step) => step,
            Self::Ovs(step) => step,
            Self::Flow(step) => step,
            Self::Manager(step) => step,
        }
    }

    fn group_mut(&mut self) -> &mut dyn StepGroup {
        match self {
            Self::Bridge(step) => step,
            Self::Bond(step) => step,
            Self::Link(step) => step,
            Self::Port(step) => step,
            Self::Other(step) => step,
            Self::Fdb(step) => step,
            Self::Mdb(step) => step,
            Self::Vlan(step) => step,
            Self::Traffic(step) => step,
            Self::Steering(step) => step,
            Self::Address(step) => step,
            Self::Route(step) => step,
            Self::Ovs(step) => step,
            Self::Flow(step) => step,
            Self::Manager(step) => step,
        }
    }

    /// The links it acts on, by name and index.
    pub(crate) fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        self.group_mut().links_mut()
    }

    /// Points what it names at what stands under that name in this picture.
    pub(crate) fn rebind(&mut self, state: &HostState) {
        self.group_mut().rebind(state);
    }

    pub(crate) fn facts(&self, facts: &mut Facts) {
        self.group().facts(facts);
    }

    pub(crate) fn touches_reach(&self, planner: &Planner, before: &HostState) -> bool {
        self.group().touches_reach(planner, before)
    }

    /// The links whose configuration beyond the next boot it changes.
    pub(crate) fn lasting_subjects(&self) -> Vec<InterfaceName> {
        match self {
            Self::Bridge(
                BridgeStep::Add { name, .. }
                | BridgeStep::Delete { name, .. }
                | BridgeStep::Set {
                    link: LinkRef { name, .. },
                    ..
                },
            ) => vec![name.clone()],
            Self::Link(
                LinkStep::SetController { link, .. }
                | LinkStep::SetMac { link, .. }
                | LinkStep::SetMtu { link, .. },
            )
            | Self::Port(PortStep::Set { link, .. })
            | Self::Vlan(VlanStep::Set { link, .. })
            | Self::Address(AddressStep::Add { link, .. } | AddressStep::Remove { link, .. }) => {
                vec![link.name.clone()]
            }
            Self::Vlan(VlanStep::AddLink { name, .. } | VlanStep::DeleteLink { name, .. }) => {
                vec![name.clone()]
            }
            Self::Bond(
                BondStep::Add { name, .. }
                | BondStep::Delete { name, .. }
                | BondStep::Set {
                    link: LinkRef { name, .. },
                    ..
                }
                | BondStep::SetPrimary {
                    link: LinkRef { name, .. },
                    ..
                },
            ) => vec![name.clone()],
            Self::Bond(
                BondStep::AddMember { bond, link } | BondStep::RemoveMember { bond, link },
            ) => {
                vec![bond.name.clone(), link.name.clone()]
            }
            _ => Vec::new(),
        }
    }

    /// Most seconds it may take besides what any step takes: a program may have
    /// to wait for addresses.
    #[must_use]
    pub fn patience(&self) -> u32 {
        match self {
            Self::Manager(step) => step.patience(),
            _ => 0,
        }
    }

    /// What happens, in words.
    #[must_use]
    pub fn title(&self) -> String {
        self.group().title()
    }

    /// The command it equals, several one a line.
    #[must_use]
    pub fn command(&self) -> String {
        self.group().command()
    }

    /// Who it is about, as the beginning of an error: `bridge br0`.
    #[must_use]
    pub fn subject(&self) -> String {
        self.group().subject()
    }

    /// The link it makes, where it makes one.
    #[must_use]
    pub fn makes(&self) -> Option<NewLink<'_>> {
        self.group().makes()
    }

    /// Whether what it does stands after the machine has booted: it is in the
    /// database of a daemon, not in the kernel.
    #[must_use]
    pub fn outlives_boot(&self) -> bool {
        self.group().outlives_boot()
    }

    /// Whether it makes a link of this name.
    pub(crate) fn makes_link(&self, name: &str) -> bool {
        self.group().makes_link(name)
    }

    /// The steps that lead back to `before`, the host as it is before this
    /// step. Each may find its work already done and is then content.
    #[must_use]
    pub fn inverse(&self, before: &HostState) -> Vec<Self> {
        self.group().inverse(before)
    }

    /// Changes the picture of the host as the kernel would.
    pub fn simulate(&self, state: &mut HostState) {
        self.group().simulate(state);
    }
}

impl From<BridgeStep> for Step {
    fn from(step: BridgeStep) -> Self {
        Self::Bridge(step)
    }
}

impl From<BondStep> for Step {
    fn from(step: BondStep) -> Self {
        Self::Bond(step)
    }
}

impl From<LinkStep> for Step {
    fn from(step: LinkStep) -> Self {
        Self::Link(step)
    }
}

impl From<PortStep> for Step {
    fn from(step: PortStep) -> Self {
        Self::Port(step)
    }
}

impl From<OtherStep> for Step {
    fn from(step: OtherStep) -> Self {
        Self::Other(step)
    }
}

impl From<FdbStep> for Step {
    fn from(step: FdbStep) -> Self {
        Self::Fdb(step)
    }
}

impl From<MdbStep> for Step {
    fn from(step: MdbStep) -> Self {
        Self::Mdb(step)
    }
}

impl From<VlanStep> for Step {
    fn from(step: VlanStep) -> Self {
        Self::Vlan(step)
    }
}

impl From<TrafficStep> for Step {
    fn from(step: TrafficStep) -> Self {
        Self::Traffic(step)
    }
}

impl From<SteeringStep> for Step {
    fn from(step: SteeringStep) -> Self {
        Self::Steering(step)
    }
}

impl From<AddressStep> for Step {
    fn from(step: AddressStep) -> Self {
        Self::Address(step)
    }
}

impl From<RouteStep> for Step {
    fn from(step: RouteStep) -> Self {
        Self::Route(step)
    }
}

impl From<OvsStep> for Step {
    fn from(step: OvsStep) -> Self {
        Self::Ovs(step)
    }
}

impl From<FlowStep> for Step {
    fn from(step: FlowStep) -> Self {
        Self::Flow(step)
    }
}

impl From<ManagerStep> for Step {
    fn from(step: ManagerStep) -> Self {
        Self::Manager(step)
    }
}
