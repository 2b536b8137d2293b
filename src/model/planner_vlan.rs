// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What VLANs mean on a host: what ports carry, sub-interfaces, and what turning
//! the filter on takes so that nobody is cut off.

use std::collections::BTreeSet;

use crate::bridge::{BridgeOptions, BridgePatch};
use crate::change::{CreateVlan, DeleteVlan, SetBridgeVlans, SetPortVlans, VlanWish};
use crate::error::{ErrorKind, NovaError, Result};
use crate::link::{Link, LinkKind, MARK_PREFIX, Owner};
use crate::name::InterfaceName;
use crate::planner::{Planner, reference};
use crate::reach::is_reached_at;
use crate::step::{LinkStep, VlanStep};
use crate::vlan::VlanId;
use crate::vlan_table::VlanTable;

/// What is said where the kernel was built without VLAN filtering.
const NO_FILTERING: &str = "this kernel has no VLAN filtering";

impl Planner {
    pub(crate) fn set_port_vlans(&mut self, set: &SetPortVlans) -> Result<()> {
        check(&set.vlans)?;
        if self.is_ovs(&set.switch) {
            return self.set_port_vlans_as_ovs(set);
        }
        let bridge = self.require_vlan_bridge(&set.switch)?.clone();
        let link = self.state.require(&set.port)?.clone();
        self.require_port(&bridge, &link)?;
        self.set_vlans(&bridge, &link, &set.vlans)
    }

    pub(crate) fn set_bridge_vlans(&mut self, set: &SetBridgeVlans) -> Result<()> {
        check(&set.vlans)?;
        if self.is_ovs(&set.switch) {
            return self.set_bridge_vlans_as_ovs(set);
        }
        let bridge = self.require_vlan_bridge(&set.switch)?.clone();
        self.set_vlans(&bridge, &bridge, &set.vlans)
    }

    fn set_vlans(&mut self, bridge: &Link, link: &Link, wish: &VlanWish) -> Result<()> {
        let name = link.name.to_interface_name()?;
        let to = wish.applied_to(&link.vlans);
        if to == link.vlans {
            self.effect(format!("{name} already carries VLANs: {to}."));
            return Ok(());
        }
        if link.index == bridge.index {
            self.effect(format!(
                "Towards this host {name} carries VLANs: {to} (until now: {}).",
                link.vlans
            ));
        } else {
            self.effect(format!(
                "Port {name} carries VLANs: {to} (until now: {}).",
                link.vlans
            ));
        }
        if bridge
            .bridge
            .is_some_and(|status| !status.options.vlan_filtering)
        {
            self.notice(format!(
                "VLAN filtering is off on {}: until it is turned on, every port gets the frames of every VLAN.",
                bridge.name
            ));
        }
        if to.is_empty() {
            self.notice(format!("{name} carries nothing any more."));
        }
        self.notice_card(&name, "The VLANs");
        self.carry(link, name, to, link.index == bridge.index);
        Ok(())
    }

    fn carry(&mut self, link: &Link, name: InterfaceName, to: VlanTable, itself: bool) {
        self.push(VlanStep::Set {
            link: reference(link, name),
            itself,
            from: link.vlans.clone(),
            to,
        });
    }

    /// Refuses options about VLANs where the kernel has none.
    pub(crate) fn require_vlans_for(&self, bridge: &Link, options: &BridgePatch) -> Result<()> {
        match is_about_vlans(options) {
            true => refuse_without_vlans(bridge),
            false => Ok(()),
        }
    }

    /// The same for a bridge that is to be made: the others show what the kernel has.
    pub(crate) fn require_vlans_for_new(
        &self,
        name: &InterfaceName,
        options: &BridgePatch,
    ) -> Result<()> {
        let mut others = self.state.links.values().filter_map(|link| link.bridge);
        match is_about_vlans(options) && others.any(|status| !status.knows_vlans) {
            true => Err(without_vlans(name)),
            false => Ok(()),
        }
    }

    fn require_vlan_bridge(&self, name: &InterfaceName) -> Result<&Link> {
        let bridge = self.require_bridge(name)?;
        refuse_without_vlans(bridge)?;
        Ok(bridge)
    }

    /// Before the filter goes on: has the bridge, its uplinks and ports that
    /// belong to no VLAN carry what they carried so far without being members.
    pub(crate) fn prepare_filtering(&mut self, bridge: &Link) -> Result<()> {
        let name = bridge.name.to_interface_name()?;
        let options = bridge
            .bridge
            .map(|status| status.options)
            .unwrap_or_default();
        if self.carries(bridge) {
            self.demand_confirmation(&options);
        }
        let ports: Vec<Link> = self.state.ports_of(bridge.index).cloned().collect();
        // What comes in without a tag through an uplink reached the host so far.
        let native = ports
            .iter()
            .filter(|port| port.is_uplink_like())
            .find_map(|port| port.vlans.pvid)
            .or(bridge.vlans.pvid)
            .or(VlanId::new(options.default_pvid).ok())
            .map_or_else(|| VlanId::new(1), Ok)?;
        for port in &ports {
            self.prepare_port(bridge, port, native)?;
        }
        self.prepare_bridge(bridge, &name, native)?;
        self.notice(format!(
            "From then on each port of {name} gets only the frames of its own VLANs; a machine that tags frames itself needs those VLANs on its port."
        ));
        Ok(())
    }

    fn prepare_port(&mut self, bridge: &Link, port: &Link, native: VlanId) -> Result<()> {
        let name = port.name.to_interface_name()?;
        let mut table = port.vlans.clone();
        let mut added: BTreeSet<VlanId> = BTreeSet::new();
        if table.is_empty() {
            table.add(native, true, true);
            added.insert(native);
        }
        if port.is_uplink_like() {
            for (vlan, upper) in self.upon(bridge) {
                if !table.members.contains(vlan) {
                    table.add(vlan, false, false);
                    self.effect(format!(
                        "Uplink {name} carries VLAN {vlan} with tags, which {upper} of this host uses."
                    ));
                }
            }
            if table.pvid.is_none() && self.own_addresses(bridge) > 0 {
                table.add(native, true, true);
                added.insert(native);
            }
        }
        if !added.is_empty() {
            self.effect(format!(
                "Port {name} belongs to no VLAN and would be silent: it becomes a member of VLAN {native}, without tags."
            ));
        }
        if table != port.vlans {
            self.carry(port, name, table, false);
        }
        Ok(())
    }

    fn prepare_bridge(
        &mut self,
        bridge: &Link,
        name: &InterfaceName,
        native: VlanId,
    ) -> Result<()> {
        let mut table = bridge.vlans.clone();
        let own: Vec<String> = bridge
            .addresses
            .iter()
            .filter(|address| !address.net.is_ipv6_link_local())
            .map(|address| address.net.to_string())
            .collect();
        if table.pvid != Some(native) && !own.is_empty() {
            table.add(native, true, true);
            self.effect(format!(
                "{name} itself becomes a member of VLAN {native}, without tags, so that {} stays reachable.",
                own.join(", ")
            ));
        }
        for (vlan, upper) in self.upon(bridge) {
            if !table.members.contains(vlan) {
                table.add(vlan, false, false);
                self.effect(format!(
                    "{name} itself carries VLAN {vlan} with tags, which {upper} of this host uses."
                ));
            }
        }
        if table != bridge.vlans {
            self.carry(bridge, name.clone(), table, true);
        }
        Ok(())
    }

    /// The VLANs of the sub-interfaces on a bridge, with the name of each.
    fn upon(&self, bridge: &Link) -> Vec<(VlanId, String)> {
        self.state
            .links
            .values()
            .filter(|link| link.lower == Some(bridge.index))
            .filter_map(|link| match link.kind {
                LinkKind::Vlan { vid, .. } => Some((VlanId::new(vid).ok()?, link.name.to_string())),
                _ => None,
            })
            .collect()
    }

    /// What the person has to know before the filter goes off.
    pub(crate) fn notice_unfiltered(&mut self, bridge: &Link) {
        let options = bridge
            .bridge
            .map(|status| status.options)
            .unwrap_or_default();
        if self.carries(bridge) {
            self.demand_confirmation(&options);
        }
        self.notice(format!(
            "Without VLAN filtering every port of {} gets the frames of every VLAN; machines that were kept apart reach each other.",
            bridge.name
        ));
    }

    /// After a change: says so where addresses of this host lie on a bridge
    /// whose VLANs no longer lead to an uplink, and did before.
    pub(crate) fn guard_vlans(&mut self, cut_off_before: &BTreeSet<u32>) {
        let lost: Vec<(String, BridgeOptions)> = self
            .state
            .bridges()
            .filter(|bridge| !cut_off_before.contains(&bridge.index))
            .filter_map(|bridge| Some((self.cut_off(bridge)?, bridge.bridge?.options)))
            .collect();
        for (reason, options) in lost {
            self.demand_confirmation(&options);
            self.notice(reason);
        }
    }

    /// Bridges that carry addresses of this host and lead them to no uplink.
    pub(crate) fn cut_off_bridges(&self) -> BTreeSet<u32> {
        self.state
            .bridges()
            .filter(|bridge| self.cut_off(bridge).is_some())
            .map(|bridge| bridge.index)
            .collect()
    }

    /// Why the addresses of this host on a filtering bridge reach no uplink.
    fn cut_off(&self, bridge: &Link) -> Option<String> {
        let filters = bridge
            .bridge
            .is_some_and(|status| status.knows_vlans && status.options.vlan_filtering);
        if !filters {
            return None;
        }
        let upper = self.upon(bridge).into_iter().find_map(|(vlan, upper)| {
            let is_reached = self.state.link(&upper).is_some_and(|link| self.carries(link));
            (is_reached && !self.leads_out(bridge, vlan)).then(|| format!(
                "{upper} carries addresses of this host in VLAN {vlan}, which leads from {} to no uplink: the host may be unreachable through it.",
                bridge.name
            ))
        });
        if upper.is_some() || !is_reached_at(bridge) {
            return upper;
        }
        let name = &bridge.name;
        let Some(native) = bridge.vlans.pvid else {
            return Some(format!(
                "{name} carries addresses of this host and no VLAN without tags: the host may be unreachable through it."
            ));
        };
        if self.leads_out(bridge, native) {
            return None;
        }
        Some(format!(
            "The addresses of this host on {name} belong to VLAN {native}, which no uplink carries: the host may be unreachable through it."
        ))
    }

    /// Whether frames of a VLAN get from the host's own side of a filtering
    /// bridge to an uplink; also where it has none that they could get to.
    fn leads_out(&self, bridge: &Link, vlan: VlanId) -> bool {
        let mut uplinks = self
            .state
            .ports_of(bridge.index)
            .filter(|port| port.is_uplink_like())
            .peekable();
        uplinks.peek().is_none()
            || bridge.vlans.members.contains(vlan)
                && uplinks.any(|port| port.vlans.members.contains(vlan))
    }

    pub(crate) fn create_vlan(&mut self, create: &CreateVlan) -> Result<()> {
        let CreateVlan { link, vlan, .. } = create;
        let below = self.state.require(link)?.clone();
        let name = match &create.name {
            Some(name) => name.clone(),
            None => sub_name(link, *vlan)?,
        };
        match below.kind {
            LinkKind::Loopback | LinkKind::Tun | LinkKind::OpenVSwitch => {
                return Err(NovaError::refused(format!(
                    "{link} is a {}, which carries no VLAN tags",
                    below.kind.word()
                ))
                .with_field("link"));
            }
            _ => {}
        }
        if let Some(existing) = self.state.link(name.as_str()) {
            let wanted = LinkKind::Vlan {
                vid: vlan.number(),
                protocol: create.protocol,
            };
            if existing.kind == wanted && existing.lower == Some(below.index) {
                self.effect(format!("{name} is already as asked."));
                return Ok(());
            }
            return Err(NovaError::refused(format!(
                "sub-interface {name}: the name belongs to a {}",
                existing.kind.word()
            ))
            .with_field("name")
            .with_remedy("Choose another name."));
        }
        let same = self.state.links.values().find(|other| {
            other.lower == Some(below.index)
                && matches!(other.kind, LinkKind::Vlan { vid, protocol }
                    if vid == vlan.number() && protocol == create.protocol)
        });
        if let Some(same) = same {
            return Err(NovaError::refused(format!(
                "{link}: its VLAN {vlan} has a sub-interface already, {}",
                same.name
            ))
            .with_field("vlan")
            .with_remedy(format!("Use {}.", same.name)));
        }
        self.notice_above(&below, *vlan);
        let mac = below.mac.ok_or_else(|| {
            NovaError::refused(format!(
                "{link} has no MAC address, so it carries no VLAN tags"
            ))
        })?;
        self.effect(format!(
            "{name} appears and is up: the frames of VLAN {vlan} on {link}, without their tag."
        ));
        if !below.is_up {
            self.effect(format!("{link} is set up."));
            self.push(LinkStep::SetUp {
                link: reference(&below, link.clone()),
                up: true,
            });
        }
        self.push(VlanStep::AddLink {
            name,
            lower: reference(&below, link.clone()),
            vlan: *vlan,
            protocol: create.protocol,
            mac,
            alias: Some(format!("{MARK_PREFIX}{}", self.id)),
            mtu: None,
            up: true,
        });
        Ok(())
    }

    /// A sub-interface upon a bridge or a port of one hears only what those let
    /// through.
    fn notice_above(&mut self, below: &Link, vlan: VlanId) {
        if below.is_bridge() {
            let filters = below
                .bridge
                .is_some_and(|status| status.options.vlan_filtering);
            if filters && !below.vlans.members.contains(vlan) {
                self.notice(format!(
                    "{} filters by VLAN and does not carry VLAN {vlan} towards this host; add it with \"nova network configure-switch {} --own-vlans {vlan}\".",
                    below.name, below.name
                ));
            }
        } else if let Some(bridge) = below
            .controller
            .and_then(|index| self.state.links.get(&index))
        {
            let sentence = format!(
                "{} is a port of {}: frames of VLAN {vlan} go to the sub-interface and no longer to {}.",
                below.name, bridge.name, bridge.name
            );
            let (options, carries) = (
                bridge
                    .bridge
                    .map(|status| status.options)
                    .unwrap_or_default(),
                below.is_uplink_like() && self.carries(bridge),
            );
            self.notice(sentence);
            if carries {
                self.demand_confirmation(&options);
            }
        }
    }

    pub(crate) fn delete_vlan(&mut self, delete: &DeleteVlan) -> Result<()> {
        let name = &delete.name;
        let link = self.state.require(name)?.clone();
        let LinkKind::Vlan { vid, .. } = link.kind else {
            return Err(NovaError::refused(format!(
                "{name} is a {}, not the sub-interface of a VLAN",
                link.kind.word()
            )));
        };
        refuse_foreign(&link, delete.foreign)?;
        self.refuse_upon(&link)?;
        let mac = link
            .mac
            .ok_or_else(|| NovaError::internal(format!("{name} has no MAC address")))?;
        self.end_traffic(&link)?;
        if link.controller.is_some() {
            let bridge = link
                .controller
                .and_then(|index| self.state.links.get(&index))
                .cloned();
            if let Some(bridge) = bridge {
                if self.carries(&bridge) {
                    self.demand_confirmation(&BridgeOptions::default());
                    self.notice(format!("{} loses its uplink {name}.", bridge.name));
                }
                self.push(LinkStep::SetController {
                    link: reference(&link, name.clone()),
                    controller: None,
                });
            }
        }
        if self.carries(&link) {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice_management(&link, name);
            self.drop_addresses(&link, name);
        }
        self.push(LinkStep::SetUp {
            link: reference(&link, name.clone()),
            up: false,
        });
        self.push(VlanStep::DeleteLink {
            name: name.clone(),
            vlan: VlanId::new(vid)?,
            mac,
        });
        self.effect(format!("{name} disappears; the link below stays."));
        Ok(())
    }
}

impl Planner {
    /// Refuses to delete a link with which another would disappear.
    pub(crate) fn refuse_upon(&self, link: &Link) -> Result<()> {
        let upon = self.state.links.values().find(|upper| {
            upper.lower == Some(link.index)
                && upper.index != link.index
                && upper.kind != LinkKind::Veth
        });
        let Some(upper) = upon else {
            return Ok(());
        };
        Err(NovaError::refused(format!(
            "{} {}: {} stands on it and would disappear with it",
            link.kind.word(),
            link.name,
            upper.name
        ))
        .with_remedy(format!("Delete {} first.", upper.name)))
    }
}

/// Refuses a deletion that is not Nova's to do.
pub(crate) fn refuse_foreign(link: &Link, named_as_foreign: bool) -> Result<()> {
    let name = &link.name;
    match &link.owner {
        Owner::Nova => Ok(()),
        Owner::Nobody if named_as_foreign => Ok(()),
        Owner::Nobody => Err(NovaError::refused(format!("{name}: Nova did not make it"))
            .with_remedy("Delete it all the same with \"--foreign\".")),
        owner => Err(
            NovaError::refused(format!("{name}: it belongs to {}", owner.name())).with_remedy(
                format!(
                    "Delete it with {}, which would bring it back.",
                    owner.name()
                ),
            ),
        ),
    }
}

pub(crate) fn refuse_without_vlans(bridge: &Link) -> Result<()> {
    if bridge.bridge.is_none_or(|status| status.knows_vlans) {
        return Ok(());
    }
    Err(without_vlans(&bridge.name))
}

fn without_vlans(bridge: &impl std::fmt::Display) -> NovaError {
    NovaError::refused(format!("bridge {bridge}: {NO_FILTERING}")).with_remedy(
        "Use a kernel with CONFIG_BRIDGE_VLAN_FILTERING, one bridge for each VLAN, or Open vSwitch.",
    )
}

const fn is_about_vlans(options: &BridgePatch) -> bool {
    options.vlan_filtering.is_some()
        || options.default_pvid.is_some()
        || options.vlan_protocol.is_some()
}

fn check(wish: &VlanWish) -> Result<()> {
    match wish {
        VlanWish::Trunk {
            tagged,
            native: Some(native),
        } if tagged.contains(*native) => Err(NovaError::invalid(
            "native-vlan",
            native,
            "it leaves without a tag, and the trunk is to carry it with one",
        )
        .with_remedy("Leave it out of the trunk's VLANs.")),
        VlanWish::Carry(vlans) | VlanWish::Drop(vlans) if vlans.is_empty() => {
            Err(NovaError::new(ErrorKind::InvalidValue, "no VLAN is given"))
        }
        VlanWish::Table(table) => match table.stray() {
            Some(vlan) => Err(NovaError::invalid(
                "vlan",
                vlan,
                "what leaves without a tag and what arrives without one belong to VLANs that the port carries",
            )),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The name of a sub-interface: that of the link with the VLAN, where it fits.
fn sub_name(link: &InterfaceName, vlan: VlanId) -> Result<InterfaceName> {
    let name = format!("{link}.{vlan}");
    InterfaceName::try_from(name.as_str()).map_err(|_| {
        NovaError::invalid("name", &name, "names have at most 15 bytes")
            .with_field("name")
            .with_remedy(format!("Choose one with \"--name\", such as vlan{vlan}."))
    })
}
