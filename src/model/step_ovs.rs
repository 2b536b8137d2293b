// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about Open vSwitch. A step is one transaction of its database: all of
//! its edits are done, or none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fact::Facts;
use crate::link::{Link, LinkKind, Owner};
use crate::name::printable;
use crate::ovs::{OvsBridge, OvsMirror, OvsPort, OvsState};
use crate::ovs_cells::{CellChange, Cells, differing};
use crate::ovs_conf::{
    BridgeConf, HWADDR, InterfaceConf, MARK_KEY, MirrorConf, Pairs, PortConf, QosConf, RowId,
};
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{Step, StepGroup};
use crate::traffic::{Filter, Way};

/// One transaction of the database of Open vSwitch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OvsStep {
    /// What it changes, in this order.
    pub edits: Vec<OvsEdit>,
}

/// What becomes of one object: it is made (`before` is absent), changed, or
/// deleted (`after` is absent).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OvsEdit {
    /// About a bridge; its ports and mirrors are edits of their own.
    Bridge {
        /// Name of the bridge.
        name: String,
        /// Its row, where it stood before the plan.
        row: Option<RowId>,
        /// Its configuration before.
        before: Option<BridgeConf>,
        /// Its configuration after.
        after: Option<BridgeConf>,
    },
    /// About a port and its interfaces.
    Port {
        /// Name of the bridge.
        bridge: String,
        /// Name of the port.
        name: String,
        /// Its row, where it stood before the plan.
        row: Option<RowId>,
        /// Its configuration before.
        before: Option<Box<PortConf>>,
        /// Its configuration after.
        after: Option<Box<PortConf>>,
    },
    /// About a mirror.
    Mirror {
        /// Name of the bridge.
        bridge: String,
        /// Its row, where it stood before the plan.
        row: Option<RowId>,
        /// Its configuration before.
        before: Option<MirrorConf>,
        /// Its configuration after.
        after: Option<MirrorConf>,
    },
}

impl OvsEdit {
    /// The name of the bridge it is about.
    #[must_use]
    pub fn bridge(&self) -> &str {
        match self {
            Self::Bridge { name, .. } => name,
            Self::Port { bridge, .. } | Self::Mirror { bridge, .. } => bridge,
        }
    }

    /// The name of the object it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Bridge { name, .. } | Self::Port { name, .. } => name,
            Self::Mirror { before, after, .. } => after
                .as_ref()
                .or(before.as_ref())
                .map_or("", |conf| conf.name.as_str()),
        }
    }

    /// Nova's mark on the object, before or after.
    #[must_use]
    pub fn mark(&self) -> Option<&str> {
        let (before, after) = self.external_ids();
        [before, after]
            .into_iter()
            .flatten()
            .find_map(|ids| ids.get(MARK_KEY))
            .map(String::as_str)
    }

    /// Whether the object in this row, with these notes, is the one that is
    /// meant and not another that took its name.
    #[must_use]
    pub fn is_about(&self, found: &RowId, ids: &Pairs) -> bool {
        let (Self::Bridge { row, .. } | Self::Port { row, .. } | Self::Mirror { row, .. }) = self;
        row.as_ref() == Some(found)
            || self.mark().is_some() && ids.get(MARK_KEY).map(String::as_str) == self.mark()
    }

    fn external_ids(&self) -> (Option<&Pairs>, Option<&Pairs>) {
        match self {
            Self::Bridge { before, after, .. } => (
                before.as_ref().map(|conf| &conf.external_ids),
                after.as_ref().map(|conf| &conf.external_ids),
            ),
            Self::Port { before, after, .. } => (
                before.as_ref().map(|conf| &conf.external_ids),
                after.as_ref().map(|conf| &conf.external_ids),
            ),
            Self::Mirror { before, after, .. } => (
                before.as_ref().map(|conf| &conf.external_ids),
                after.as_ref().map(|conf| &conf.external_ids),
            ),
        }
    }

    /// Who it is about: `port vm1 of ovs0`.
    #[must_use]
    pub fn described(&self) -> String {
        let (bridge, name) = (printable(self.bridge()), printable(self.name()));
        match self {
            Self::Bridge { .. } => format!("bridge {name}"),
            Self::Port { .. } => format!("port {name} of {bridge}"),
            Self::Mirror { .. } => format!("mirror {name} of {bridge}"),
        }
    }

    fn reversed(&self) -> Self {
        let mut reversed = self.clone();
        match &mut reversed {
            Self::Bridge { before, after, .. } => std::mem::swap(before, after),
            Self::Port { before, after, .. } => std::mem::swap(before, after),
            Self::Mirror { before, after, .. } => std::mem::swap(before, after),
        }
        reversed
    }

    /// Points it at the row that stands under its name.
    fn rebind(&mut self, state: &OvsState) {
        let found = state.bridge(self.bridge());
        match self {
            Self::Bridge { row, .. } => *row = found.map(|bridge| bridge.row.clone()),
            Self::Port { name, row, .. } => {
                *row = found
                    .and_then(|bridge| bridge.port(name))
                    .map(|port| port.row.clone());
            }
            Self::Mirror {
                row, before, after, ..
            } => {
                let name = after.as_ref().or(before.as_ref()).map(|conf| &conf.name);
                *row = found
                    .zip(name)
                    .and_then(|(bridge, name)| bridge.mirror(name))
                    .map(|mirror| mirror.row.clone());
            }
        }
    }

    /// The object as the database holds it: its row, its notes, its cells.
    #[must_use]
    pub fn find(&self, state: &OvsState) -> Option<(RowId, Pairs, Cells)> {
        let bridge = state.bridge(self.bridge())?;
        match self {
            Self::Bridge { .. } => Some((
                bridge.row.clone(),
                bridge.conf.external_ids.clone(),
                bridge.conf.cells(),
            )),
            Self::Port { name, .. } => {
                let port = bridge.port(name)?;
                Some((
                    port.row.clone(),
                    port.conf.external_ids.clone(),
                    port.conf.cells(),
                ))
            }
            Self::Mirror { .. } => {
                let mirror = bridge.mirror(self.name())?;
                Some((
                    mirror.row.clone(),
                    mirror.conf.external_ids.clone(),
                    mirror.conf.cells(),
                ))
            }
        }
    }

    /// The cells that it changes; all that are not empty where it makes or
    /// deletes the object.
    #[must_use]
    pub fn changes(&self) -> Vec<CellChange> {
        let (before, after) = match self {
            Self::Bridge { before, after, .. } => (
                before.as_ref().map(BridgeConf::cells),
                after.as_ref().map(BridgeConf::cells),
            ),
            Self::Port { before, after, .. } => (
                before.as_ref().map(|conf| conf.cells()),
                after.as_ref().map(|conf| conf.cells()),
            ),
            Self::Mirror { before, after, .. } => (
                before.as_ref().map(MirrorConf::cells),
                after.as_ref().map(MirrorConf::cells),
            ),
        };
        differing(&before.unwrap_or_default(), &after.unwrap_or_default())
    }

    /// The quality of service before and after, where it changes.
    #[must_use]
    pub fn qos_change(&self) -> Option<(Option<&QosConf>, Option<&QosConf>)> {
        let Self::Port { before, after, .. } = self else {
            return None;
        };
        let before = before.as_ref().and_then(|conf| conf.qos.as_ref());
        let after = after.as_ref().and_then(|conf| conf.qos.as_ref());
        (before != after).then_some((before, after))
    }

    /// The links of the host that come or go with internal interfaces of a port.
    #[must_use]
    pub fn internal_links(&self, coming: bool) -> Vec<&str> {
        let conf =
            match self {
                Self::Port { before, after, .. } if before.is_none() != after.is_none() => {
                    if coming { after } else { before }
                }
                _ => return Vec::new(),
            };
        let interfaces = conf.iter().flat_map(|conf| &conf.interfaces);
        interfaces
            .filter(|interface| interface.kind == "internal")
            .map(|interface| interface.name.as_str())
            .collect()
    }

    /// Whether it deletes its object.
    #[must_use]
    pub const fn is_deletion(&self) -> bool {
        matches!(
            self,
            Self::Bridge { after: None, .. }
                | Self::Port { after: None, .. }
                | Self::Mirror { after: None, .. }
        )
    }

    /// Whether it makes its object.
    #[must_use]
    pub const fn is_creation(&self) -> bool {
        matches!(
            self,
            Self::Bridge { before: None, .. }
                | Self::Port { before: None, .. }
                | Self::Mirror { before: None, .. }
        )
    }

    /// Whether the database already holds what this leads to.
    #[must_use]
    pub fn holds(&self, state: &OvsState) -> bool {
        let Some((row, ids, cells)) = self.find(state) else {
            return self.is_deletion();
        };
        if self.is_deletion() {
            return !self.is_about(&row, &ids);
        }
        self.changes()
            .iter()
            .all(|change| cells.get(&change.id).cloned().unwrap_or_default() == change.after)
            && self
                .qos_change()
                .is_none_or(|(_, after)| self.found_qos(state) == after)
    }

    fn found_qos<'a>(&self, state: &'a OvsState) -> Option<&'a QosConf> {
        let port = state.bridge(self.bridge())?.port(self.name())?;
        port.conf.qos.as_ref()
    }

    /// What an interface of the port complains about.
    fn has_error(&self, state: &OvsState) -> bool {
        let port = state
            .bridge(self.bridge())
            .and_then(|bridge| bridge.port(self.name()));
        port.is_some_and(|port| port.failure().is_some())
    }
}

impl StepGroup for OvsStep {
    fn title(&self) -> String {
        crate::step_ovs_text::title(&self.edits)
    }

    fn command(&self) -> String {
        crate::step_ovs_text::command(&self.edits)
    }

    fn subject(&self) -> String {
        let bridge = self.edits.first().map_or("", OvsEdit::bridge);
        format!("bridge {}", printable(bridge))
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        let mut first = Vec::new();
        let mut edits = Vec::new();
        for edit in self.edits.iter().rev() {
            match resizing(edit, before) {
                Some((resizes, then)) => {
                    first.push(resizes);
                    edits.push(then);
                }
                None => edits.push(edit.reversed()),
            }
        }
        let first = (!first.is_empty()).then(|| Self { edits: first }.into());
        first.into_iter().chain([Self { edits }.into()]).collect()
    }

    fn simulate(&self, state: &mut HostState) {
        for edit in &self.edits {
            if let Some(ovs) = state.ovs.state_mut() {
                simulate(edit, ovs);
            }
            simulate_links(edit, state);
        }
    }

    fn facts(&self, facts: &mut Facts) {
        for edit in &self.edits {
            edit_holds(facts, edit);
        }
    }

    fn rebind(&mut self, state: &HostState) {
        if let Some(ovs) = state.ovs.state() {
            self.edits.iter_mut().for_each(|edit| edit.rebind(ovs));
        }
    }

    fn outlives_boot(&self) -> bool {
        true
    }

    fn makes_link(&self, name: &str) -> bool {
        let made = self.edits.iter().flat_map(|edit| edit.internal_links(true));
        made.into_iter().any(|made| made == name)
    }

    fn touches_reach(&self, planner: &Planner, before: &HostState) -> bool {
        self.edits.iter().any(|edit| {
            let name = edit.bridge();
            before
                .link(name)
                .is_some_and(|link| planner.own_addresses(link) > 0)
        })
    }
}

/// The interfaces of the host that come and go with internal ports.
fn simulate_links(edit: &OvsEdit, state: &mut HostState) {
    for name in edit.internal_links(false) {
        if let Some(index) = state.link(name).map(|link| link.index) {
            state.links.remove(&index);
            state.routes.retain(|route| route.link != index);
        }
    }
    let bridge = state.ovs.bridge(edit.bridge()).map(|bridge| &bridge.conf);
    let is_netdev = bridge.is_some_and(|conf| conf.datapath_type == "netdev");
    let mac = bridge
        .and_then(|conf| conf.other_config.get(HWADDR))
        .filter(|_| edit.name() == edit.bridge())
        .and_then(|mac| mac.parse().ok());
    for name in edit.internal_links(true) {
        if state.link(name).is_some() {
            continue;
        }
        let index = state.links.keys().next_back().map_or(1, |last| last + 1);
        let kind = match is_netdev {
            true => LinkKind::Tap,
            false => LinkKind::OpenVSwitch,
        };
        let link = Link {
            mac,
            owner: Owner::OpenVSwitch,
            ..Link::new(index, name.into(), kind)
        };
        state.links.insert(index, link);
    }
    if let Some(mac) = mac
        && let Some(local) = state.link_mut(edit.bridge())
    {
        local.mac = Some(mac);
    }
    // Without a wish it stays as it is until its ports change.
    for (name, mtu) in mtu_wishes(edit) {
        if let (Some(found), Some(mtu)) = (state.link_mut(name), mtu) {
            found.mtu = mtu;
        }
    }
}

/// The way back from a wish for an MTU where there was none: what asks for the MTU
/// that was there, and what ends that wish. Open vSwitch leaves an MTU that is no
/// longer asked for as it is, and may take back one that another program sets.
fn resizing(edit: &OvsEdit, host: &HostState) -> Option<(OvsEdit, OvsEdit)> {
    let OvsEdit::Port {
        bridge,
        name,
        row,
        before: Some(before),
        after: Some(after),
    } = edit
    else {
        return None;
    };
    let mut meanwhile = after.clone();
    let mut is_other = false;
    for (wished, mtu) in mtu_wishes(edit) {
        let mut known = before.interfaces.iter();
        let had_none = known.any(|it| it.name == wished && it.mtu_request.is_none());
        let mut interfaces = meanwhile.interfaces.iter_mut();
        if let (true, Some(_), Some(link), Some(interface)) = (
            had_none,
            mtu,
            host.link(wished),
            interfaces.find(|it| it.name == wished),
        ) {
            interface.mtu_request = Some(link.mtu.into());
            is_other = true;
        }
    }
    let edit = |before: &PortConf, after: &PortConf| OvsEdit::Port {
        bridge: bridge.clone(),
        name: name.clone(),
        row: row.clone(),
        before: Some(Box::new(before.clone())),
        after: Some(Box::new(after.clone())),
    };
    is_other.then(|| (edit(after, &meanwhile), edit(&meanwhile, before)))
}

/// The interfaces that Open vSwitch makes of whose MTU a change asks for another
/// one, or for none from now on.
fn mtu_wishes(edit: &OvsEdit) -> Vec<(&str, Option<u32>)> {
    let OvsEdit::Port {
        before,
        after: Some(after),
        ..
    } = edit
    else {
        return Vec::new();
    };
    let asked = |conf: &InterfaceConf| conf.mtu_request.and_then(|mtu| u32::try_from(mtu).ok());
    let was = |name: &str| {
        let interfaces = before.iter().flat_map(|conf| &conf.interfaces);
        let mut known = interfaces.filter(|it| it.name == name);
        known.next().and_then(asked)
    };
    let own = after.interfaces.iter().filter(|it| it.kind == "internal");
    own.map(|it| (it.name.as_str(), asked(it)))
        .filter(|(name, mtu)| was(name) != *mtu)
        .collect()
}

/// One fact a cell, so that a later edit overrides just that cell.
fn edit_holds(facts: &mut Facts, edit: &OvsEdit) {
    // The interfaces of the host that go with it: nothing is demanded of them.
    for gone in edit.internal_links(false) {
        facts.forget(|name, _, _| name == gone);
    }
    let object = format!("ovs {}", edit.bridge());
    let part = match edit {
        OvsEdit::Bridge { .. } => String::new(),
        OvsEdit::Port { name, .. } => format!("port {name}\0"),
        OvsEdit::Mirror { .. } => format!("mirror {}\0", edit.name()),
    };
    let said = edit.described();
    let mut demand = |what: &str, claim: String, holds: Box<dyn Fn(&OvsState) -> bool>| {
        facts.add(
            &object,
            "ovs",
            format!("{part}{what}"),
            claim,
            move |state| state.ovs.state().is_some_and(&holds),
        );
    };
    let wanted = edit.clone();
    if edit.is_deletion() {
        demand(
            "exists",
            format!("{said} is gone"),
            Box::new(move |ovs| wanted.holds(ovs)),
        );
        facts.forget(|name, _, detail| {
            name == object
                && detail.starts_with(&part)
                && detail.strip_prefix(&part) != Some("exists")
        });
        return;
    }
    let claim = format!("{said} exists in Open vSwitch");
    demand(
        "exists",
        claim,
        Box::new(move |ovs| wanted.find(ovs).is_some()),
    );
    for change in edit.changes() {
        let (wanted, id) = (edit.clone(), change.id.to_string());
        let claim = format!("{said} has {}", crate::step_ovs_text::assignment(&change));
        let interface = change.id.interface.clone().unwrap_or_default();
        demand(
            &format!("{interface}\0{id}"),
            claim,
            Box::new(move |ovs| {
                let found = wanted
                    .find(ovs)
                    .map(|(_, _, cells)| cells)
                    .unwrap_or_default();
                found.get(&change.id).cloned().unwrap_or_default() == change.after
            }),
        );
    }
    if let Some((_, after)) = edit.qos_change() {
        let (wanted, after) = (edit.clone(), after.cloned());
        let claim = format!("{said} has its quality of service");
        demand(
            "qos",
            claim,
            Box::new(move |ovs| wanted.found_qos(ovs) == after.as_ref()),
        );
    }
    if let OvsEdit::Port { .. } = edit {
        let wanted = edit.clone();
        let claim = format!("Open vSwitch could make {said}");
        demand("error", claim, Box::new(move |ovs| !wanted.has_error(ovs)));
        limit_holds(facts, edit);
    }
    interface_holds(facts, edit);
}

/// What Open vSwitch only writes into its log where the kernel does not take it.
fn interface_holds(facts: &mut Facts, edit: &OvsEdit) {
    if let OvsEdit::Bridge {
        name,
        before: Some(_),
        after: Some(after),
        ..
    } = edit
        && edit
            .changes()
            .iter()
            .any(|it| it.id.key.as_deref() == Some(HWADDR))
    {
        match after
            .other_config
            .get(HWADDR)
            .and_then(|mac| mac.parse().ok())
        {
            Some(mac) => facts.mac(name, mac),
            None => facts.forget(|object, property, _| object == name && property == "mac"),
        }
    }
    for (name, mtu) in mtu_wishes(edit) {
        match mtu {
            Some(mtu) => facts.mtu(name, mtu),
            None => facts.forget(|object, property, _| object == name && property == "mtu"),
        }
    }
}

/// A limit of what arrives is carried out by filters of the kernel. Without the
/// modules for them Open vSwitch only writes so into its log.
fn limit_holds(facts: &mut Facts, edit: &OvsEdit) {
    let OvsEdit::Port {
        bridge,
        after: Some(after),
        ..
    } = edit
    else {
        return;
    };
    let is_changed = |change: &CellChange| change.id.column == "ingress_policing_rate";
    if !edit.changes().iter().any(is_changed) {
        return;
    }
    for interface in after.interfaces.iter().filter(|it| it.policing_rate > 0) {
        let claim = format!(
            "the kernel limits what arrives from {} (modules act_police and cls_matchall or cls_basic)",
            printable(&interface.name)
        );
        let (bridge, name) = (bridge.clone(), interface.name.clone());
        let property = format!("policing {name}");
        facts.add(
            &format!("ovs {bridge}"),
            "limit",
            property,
            claim,
            move |state| {
                let by_kernel = state.ovs.state().is_some_and(|ovs| ovs.has_kernel_datapath)
                    && state
                        .ovs
                        .bridge(&bridge)
                        .is_some_and(|bridge| bridge.conf.datapath_type != "netdev");
                let is_filter = |filter: &Filter| filter.way == Way::Ingress && !filter.is_ours;
                !by_kernel
                    || state
                        .link(&name)
                        .is_none_or(|link| link.traffic.filters.iter().any(is_filter))
            },
        );
    }
}

fn simulate(edit: &OvsEdit, ovs: &mut OvsState) {
    match edit {
        OvsEdit::Bridge {
            name, row, after, ..
        } => match (after, ovs.bridge_mut(name)) {
            (None, _) => ovs.bridges.retain(|bridge| bridge.name != *name),
            (Some(after), Some(found)) => found.conf = after.clone(),
            (Some(after), None) => {
                ovs.bridges.push(OvsBridge {
                    row: row.clone().unwrap_or(RowId(String::new())),
                    name: name.clone(),
                    conf: after.clone(),
                    ports: Vec::new(),
                    mirrors: Vec::new(),
                    connected: Vec::new(),
                    status: Pairs::new(),
                    beyond: Vec::new(),
                });
                ovs.bridges.sort_by(|a, b| a.name.cmp(&b.name));
            }
        },
        OvsEdit::Port {
            bridge,
            name,
            row,
            after,
            ..
        } => {
            let Some(bridge) = ovs.bridge_mut(bridge) else {
                return;
            };
            match (after, bridge.port_mut(name)) {
                (None, _) => bridge.ports.retain(|port| port.name != *name),
                (Some(after), Some(found)) => found.conf = (**after).clone(),
                (Some(after), None) => {
                    bridge.ports.push(OvsPort {
                        row: row.clone().unwrap_or(RowId(String::new())),
                        name: name.clone(),
                        conf: (**after).clone(),
                        interfaces: BTreeMap::new(),
                        qos_row: None,
                        class: None,
                        stp_state: None,
                        stp_role: None,
                        beyond: Vec::new(),
                    });
                    bridge.ports.sort_by(|a, b| a.name.cmp(&b.name));
                }
            }
        }
        OvsEdit::Mirror {
            bridge, row, after, ..
        } => {
            let name = edit.name();
            let Some(bridge) = ovs.bridge_mut(bridge) else {
                return;
            };
            bridge.mirrors.retain(|mirror| mirror.conf.name != name);
            if let Some(after) = after {
                bridge.mirrors.push(OvsMirror {
                    row: row.clone().unwrap_or(RowId(String::new())),
                    conf: after.clone(),
                    packets: None,
                });
                bridge.mirrors.sort_by(|a, b| a.conf.name.cmp(&b.conf.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::unmet;
    use crate::ovs::OvsView;
    use crate::step::{LinkRef, LinkStep};

    #[test]
    fn nothing_is_demanded_of_an_interface_that_goes_with_its_port() {
        let name = "ovs0".to_owned();
        let down = LinkStep::SetUp {
            link: LinkRef {
                name: "ovs0".parse().unwrap(),
                index: Some(7),
            },
            up: false,
        };
        let conf = PortConf {
            interfaces: vec![InterfaceConf::new("ovs0", "internal")],
            ..PortConf::default()
        };
        let gone = OvsStep {
            edits: vec![OvsEdit::Port {
                bridge: name.clone(),
                name,
                row: None,
                before: Some(Box::new(conf)),
                after: None,
            }],
        };
        let host = HostState {
            ovs: OvsView::Known(OvsState::default()),
            ..HostState::default()
        };
        assert_eq!(unmet(&[down.clone().into()], &host).len(), 1);
        assert_eq!(
            unmet(&[down.into(), gone.into()], &host),
            Vec::<String>::new()
        );
    }
}
