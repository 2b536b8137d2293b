// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is bound to one card of a machine, or to one link.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::bandwidth::{BitRate, ByteSize};
use crate::binding::{card, controller_of, is_known_by_name};
use crate::bridge::{PortOptions, PortPatch};
use crate::change::{Change, ConfigureOvsPort, ConfigurePort, SetAffinity, SetPortVlans, VlanWish};
use crate::link::Link;
use crate::name::InterfaceName;
use crate::ovs::{OvsBridge, OvsPort};
use crate::ovs_conf::PortVlans;
use crate::ovs_value::{VlanMode, VlanWish as OvsVlans};
use crate::qos::{Dscp, Priority, SetQos};
use crate::state::HostState;
use crate::steering::CpuSet;
use crate::traffic_view::{Limit, QosView};
use crate::vlan::VlanId;
use crate::vlan_table::VlanTable;

/// What is bound to a link: its quality of service, what it is as a port, and
/// the CPUs that process what arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BoundPort {
    /// Name of the switch it holds on.
    pub switch: Option<String>,
    /// Limit of what the machine sends.
    pub ingress: Option<(BitRate, Option<ByteSize>)>,
    /// Limit of what it receives.
    pub egress: Option<(BitRate, Option<ByteSize>)>,
    /// Mark of what it sends.
    pub dscp: Option<Dscp>,
    /// Priority of what it sends.
    pub priority: Option<Priority>,
    /// Options that a person has set.
    #[serde(default, skip_serializing_if = "PortPatch::is_empty")]
    pub options: PortPatch,
    /// The VLANs that a person has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlans: Option<BoundVlans>,
    /// The CPUs on which what arrives in each of its queues is processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<CpuSet>,
    /// The boot until whose end it is not given: something else was set for
    /// that time only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests: Option<String>,
}

/// The VLANs of a port, by the kind of its switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BoundVlans {
    /// On a Linux bridge.
    Bridge(VlanTable),
    /// On a bridge of Open vSwitch.
    Ovs(OvsVlans),
}

/// What a plan asks of a port.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// Its limits, mark and priority.
    pub(crate) qos: bool,
    /// These options; what they are to be does not matter here.
    pub(crate) options: PortPatch,
    /// Its VLANs.
    pub(crate) vlans: bool,
    /// The CPUs that process what arrives.
    pub(crate) cpus: bool,
    /// What was before a change is to be again.
    pub(crate) is_undo: bool,
}

/// A port as it is.
pub(crate) struct Found<'a> {
    link: &'a Link,
    name: InterfaceName,
    switch: Option<String>,
    above: Option<&'a Link>,
    ovs: Option<(&'a OvsBridge, &'a OvsPort)>,
    qos: Option<&'a QosView>,
}

impl<'a> Found<'a> {
    pub(crate) fn new(link: &'a Link, host: &'a HostState, views: &'a [QosView]) -> Option<Self> {
        let name = link.name.to_interface_name().ok()?;
        Some(Self {
            link,
            switch: controller_of(link, host),
            above: link.controller.and_then(|index| host.links.get(&index)),
            ovs: host.ovs.state().and_then(|ovs| ovs.port(name.as_str())),
            qos: views.iter().find(|view| link.name.is(&view.port)),
            name,
        })
    }

    /// The address that names the card of a machine, where it is its tap.
    pub(crate) fn card(&self) -> Option<MacAddress> {
        card(self.link)
    }

    /// Whether its name means the same link after a boot.
    pub(crate) fn is_known_by_name(&self) -> bool {
        is_known_by_name(self.link)
    }

    /// Whether it stands in the database of Open vSwitch.
    pub(crate) const fn is_ovs(&self) -> bool {
        self.ovs.is_some()
    }

    /// The switch it is a port of.
    pub(crate) const fn switch(&self) -> Option<&String> {
        self.switch.as_ref()
    }

    /// Its options that are other than on a new port.
    fn options(&self) -> PortPatch {
        let Some((bridge, port)) = self.ovs else {
            let options = self.link.port.map(|port| port.options);
            return PortPatch::between(&PortOptions::default(), &options.unwrap_or_default());
        };
        let tree = if bridge.conf.rstp { "rstp" } else { "stp" };
        let found = |key: &str| port.conf.other_config.get(&format!("{tree}-{key}"));
        PortPatch {
            isolated: port.conf.protected.then_some(true),
            cost: found("path-cost").and_then(|cost| cost.parse().ok()),
            priority: found("port-priority").and_then(|priority| priority.parse().ok()),
            ..PortPatch::default()
        }
    }

    /// The CPUs of all its queues, where some are chosen and the same for each.
    fn cpus(&self) -> Option<CpuSet> {
        let (first, rest) = self.link.receive_cpus.split_first()?;
        let is_one = !first.is_empty() && rest.iter().all(|other| other == first);
        is_one.then(|| first.clone())
    }

    /// Its VLANs, where they are other than on a new port.
    fn vlans(&self) -> Option<BoundVlans> {
        if let Some((_, port)) = self.ovs {
            let vlans = &port.conf.vlans;
            return (*vlans != PortVlans::default())
                .then(|| wish_for(vlans))
                .flatten()
                .map(BoundVlans::Ovs);
        }
        let usual = self.above?.bridge?.options.default_pvid;
        let usual = VlanId::new(usual).map_or_else(|_| VlanTable::default(), VlanTable::access);
        (self.link.vlans != usual).then(|| BoundVlans::Bridge(self.link.vlans.clone()))
    }
}

/// The wish that leads to these VLANs of Open vSwitch; none for what no wish of
/// Nova's leads to.
fn wish_for(vlans: &PortVlans) -> Option<OvsVlans> {
    let modes = [
        VlanMode::Access,
        VlanMode::Trunk,
        VlanMode::NativeTagged,
        VlanMode::NativeUntagged,
    ];
    let wish = OvsVlans {
        mode: modes
            .into_iter()
            .find(|mode| vlans.mode.as_deref() == Some(mode.word())),
        tag: vlans.tag.and_then(|tag| VlanId::new(tag).ok()),
        trunks: vlans
            .trunks
            .iter()
            .filter_map(|vlan| VlanId::new(*vlan).ok())
            .collect(),
    };
    wish.conf().is_ok_and(|conf| conf == *vlans).then_some(wish)
}

impl BoundPort {
    /// What is bound once a plan has asked this of the port that is found; none
    /// where it is nothing. What stands in a database needs no binding.
    pub(crate) fn noted(
        known: Option<&Self>,
        found: &Found<'_>,
        asked: &Asked,
        in_database: bool,
    ) -> Option<Self> {
        let here = known.filter(|known| known.switch == found.switch);
        let mut bound = here.cloned().unwrap_or_default();
        bound.switch.clone_from(&found.switch);
        bound.rests = None;
        // What an undo brings back and is not bound was set by another, whose it
        // stays; what the change has unbound is bound again beside this.
        let is_meant = |is_bound: bool| is_bound || !asked.is_undo;
        if asked.qos && is_meant(bound.has_qos()) || here.is_none() && known.is_some() {
            bound.note_qos(found.qos, in_database);
        }
        let named = match asked.is_undo {
            true => bound.options.renewed(&bound.options, &asked.options),
            false => asked.options,
        };
        bound.options = bound.options.renewed(&named, &found.options());
        if asked.vlans && is_meant(bound.vlans.is_some()) {
            bound.vlans = found.vlans();
        }
        if asked.cpus && asked.is_undo {
            // What another had set is there again and stays that other's.
            let known = known.and_then(|known| known.cpus.clone());
            bound.cpus = known.filter(|known| found.cpus().as_ref() == Some(known));
        } else if asked.cpus {
            bound.cpus = found.cpus();
        } else if here.is_none() {
            // They are the link's, whatever it is a port of.
            bound.cpus = known.and_then(|known| known.cpus.clone());
        }
        (!bound.is_nothing()).then_some(bound)
    }

    /// Whether nothing is bound.
    pub(crate) fn is_nothing(&self) -> bool {
        let empty = Self {
            switch: self.switch.clone(),
            rests: self.rests.clone(),
            ..Self::default()
        };
        *self == empty
    }

    fn has_qos(&self) -> bool {
        let limits = self.ingress.is_some() || self.egress.is_some();
        limits || self.dscp.is_some() || self.priority.is_some()
    }

    /// Has other CPUs process what arrives, or none.
    pub(crate) fn choose_cpus(&mut self, cpus: &CpuSet) {
        if self.cpus.is_some() {
            self.cpus = Some(cpus.clone()).filter(|cpus| !cpus.is_empty());
        }
    }

    fn note_qos(&mut self, view: Option<&QosView>, in_database: bool) {
        let of = |limit: Option<Limit>| limit.map(|limit| (limit.rate, limit.burst));
        let rates = view.filter(|_| !in_database);
        self.ingress = rates.and_then(|view| of(view.ingress));
        self.egress = rates
            .filter(|view| view.foreign.is_none())
            .and_then(|view| of(view.egress));
        self.dscp = view.and_then(|view| view.dscp);
        self.priority = view.and_then(|view| view.priority);
    }

    /// The wishes that set what the port does not have.
    pub(crate) fn wishes(&self, found: &Found<'_>) -> Vec<Change> {
        let mut wishes: Vec<Change> = self
            .qos_wishes(&found.name, found.qos)
            .into_iter()
            .map(Change::SetQos)
            .collect();
        wishes.extend(self.affinity_wish(found));
        if let Some(switch) = self.switch.as_deref()
            && let Ok(switch) = InterfaceName::try_from(switch)
        {
            match found.is_ovs() {
                true => wishes.extend(self.ovs_wish(switch, found)),
                false => wishes.extend(self.port_wishes(&switch, found)),
            }
        }
        wishes
    }

    fn affinity_wish(&self, found: &Found<'_>) -> Option<Change> {
        let cpus = self.cpus.clone()?;
        let differs = found.link.receive_cpus.iter().any(|now| *now != cpus);
        differs.then(|| {
            Change::SetAffinity(SetAffinity {
                name: found.name.clone(),
                cpus,
                alone: true,
            })
        })
    }

    /// Whether the port has the limits, the mark and the priority.
    pub(crate) fn has_its_qos(&self, found: &Found<'_>) -> bool {
        self.qos_wishes(&found.name, found.qos).is_empty()
    }

    fn qos_wishes(&self, port: &InterfaceName, now: Option<&QosView>) -> Vec<SetQos> {
        let nothing = SetQos::nothing(port.clone());
        let is_set = |wanted: (BitRate, Option<ByteSize>), found: Option<Limit>| {
            found.is_some_and(|found| found.rate == wanted.0)
        };
        let mut wishes = Vec::new();
        let (ingress, egress) = now.map_or((None, None), |now| (now.ingress, now.egress));
        if let Some(wanted) = self.ingress.filter(|wanted| !is_set(*wanted, ingress)) {
            wishes.push(SetQos {
                ingress_rate: Some(wanted.0),
                burst: wanted.1,
                ..nothing.clone()
            });
        }
        if let Some(wanted) = self.egress.filter(|wanted| !is_set(*wanted, egress)) {
            wishes.push(SetQos {
                egress_rate: Some(wanted.0),
                burst: wanted.1,
                ..nothing.clone()
            });
        }
        let class = now.map_or((None, None), |now| (now.dscp, now.priority));
        if (self.dscp, self.priority) != class && (self.dscp, self.priority) != (None, None) {
            wishes.push(SetQos {
                dscp: self.dscp,
                priority: self.priority,
                ..nothing
            });
        }
        wishes
    }

    fn port_wishes(&self, switch: &InterfaceName, found: &Found<'_>) -> Vec<Change> {
        let mut wishes = Vec::new();
        let options = found.link.port.map(|port| port.options);
        if let Some(now) = options {
            let options = PortPatch::between(&now, &self.options.applied_to(&now));
            if !options.is_empty() {
                wishes.push(Change::ConfigurePort(ConfigurePort {
                    switch: switch.clone(),
                    port: found.name.clone(),
                    options,
                }));
            }
        }
        if let Some(BoundVlans::Bridge(table)) = &self.vlans
            && *table != found.link.vlans
        {
            wishes.push(Change::SetPortVlans(SetPortVlans {
                switch: switch.clone(),
                port: found.name.clone(),
                vlans: VlanWish::Table(table.clone()),
            }));
        }
        wishes
    }

    fn ovs_wish(&self, switch: InterfaceName, found: &Found<'_>) -> Option<Change> {
        let now = found.options();
        let vlans = match &self.vlans {
            Some(BoundVlans::Ovs(wish)) if found.vlans() != self.vlans => Some(wish.clone()),
            _ => None,
        };
        let wanted = &self.options;
        let path_cost = wanted.cost.filter(|cost| now.cost != Some(*cost));
        let port_priority = wanted.priority.filter(|it| now.priority != Some(*it));
        let wish = ConfigureOvsPort {
            vlans,
            path_cost: path_cost.and_then(|cost| cost.try_into().ok()),
            port_priority: port_priority.and_then(|it| it.try_into().ok()),
            protected: wanted.isolated.filter(|it| now.isolated != Some(*it)),
            ..ConfigureOvsPort::nothing(switch, found.name.clone())
        };
        let says = wish.vlans.is_some()
            || wish.path_cost.is_some()
            || wish.port_priority.is_some()
            || wish.protected.is_some();
        says.then_some(Change::ConfigureOvsPort(wish))
    }
}
