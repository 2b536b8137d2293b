// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What creating, deleting and configuring a bond means on a host, and what
//! becoming a member of one does to a link.

use crate::bond::{BondMode, BondOptions, BondPatch};
use crate::bridge::BridgeOptions;
use crate::change::{AttachPort, ConfigureBond, CreateBond, DeleteBond, DetachPort, PrimaryWish};
use crate::error::{ErrorKind, NovaError, Result};
use crate::link::{Link, LinkKind, MARK_PREFIX, Owner};
use crate::name::InterfaceName;
use crate::planner::{Planner, reference};
use crate::planner_vlan::refuse_foreign;
use crate::step::{BondStep, LinkRef, LinkStep};
use crate::step_link::inverse_of_down;

impl Planner {
    pub(crate) fn is_bond(&self, name: &InterfaceName) -> bool {
        self.state.link(name.as_str()).is_some_and(Link::is_bond)
    }

    pub(crate) fn create_bond(&mut self, create: &CreateBond) -> Result<()> {
        let name = &create.name;
        let options = create.options.for_new();
        options.check(&BondOptions::default())?;
        if let Some(existing) = self.state.link(name.as_str()) {
            return self.meet_existing_bond(create, &existing.clone());
        }
        if let Some(primary) = &create.primary {
            check_primary(
                name,
                options.mode,
                primary,
                create.members.contains(primary),
            )?;
        }
        if let Some((card, backend)) = self.managed(&create.members) {
            return self.bond_uplink(create, &options, &card, backend);
        }
        let mut members = Vec::new();
        for member in &create.members {
            let link = self.state.require(member)?.clone();
            self.refuse_as_member(name, &link)?;
            members.push(link);
        }
        let carrying: Vec<&Link> = members
            .iter()
            .filter(|link| self.own_addresses(link) > 0)
            .collect();
        if let [first, second, ..] = carrying[..] {
            return Err(NovaError::refused(format!(
                "bond {name}: {} and {} both carry addresses of this host",
                first.name, second.name
            ))
            .with_field("interfaces")
            .with_remedy("Add the second after removing its addresses."));
        }
        // DHCP servers and neighbours know this host by a card's address.
        let known = carrying.first().copied().or(members.first());
        let mac = known
            .and_then(|link| link.mac)
            .filter(|mac| mac.0 != [0; 6]);
        let defaults = BondOptions::default();
        self.push(BondStep::Add {
            name: name.clone(),
            mac: mac.unwrap_or_else(|| self.own_mac(name)),
            options: BondPatch::between(&defaults, &options.applied_to(&defaults)),
            alias: Some(format!("{MARK_PREFIX}{}", self.id)),
            mtu: None,
            up: true,
        });
        self.effect(format!(
            "The bond {name} appears and is up, with {}.",
            options.phrases().join(", ")
        ));
        if let (Some(link), Some(mac)) = (known, mac) {
            self.effect(format!(
                "It has the MAC address {mac} of {}; members have it too while they are members.",
                link.name
            ));
        }
        self.notice_mode(name, &options.applied_to(&defaults));
        for member in &create.members {
            self.add_member(name, member)?;
        }
        if let Some(primary) = &create.primary {
            self.prefer(name, Some(primary));
        }
        Ok(())
    }

    fn meet_existing_bond(&mut self, create: &CreateBond, existing: &Link) -> Result<()> {
        let name = &create.name;
        let Some(bond) = &existing.bond else {
            return Err(NovaError::refused(format!(
                "bond {name}: the name belongs to a {}",
                existing.kind.word()
            ))
            .with_field("name")
            .with_remedy("Choose another name."));
        };
        let wanted = create.options.for_new().applied_to(&BondOptions::default());
        let is_as_asked = existing.owner == Owner::Nova
            && wanted == bond.options
            && create.members.iter().all(|member| {
                let link = self.state.link(member.as_str());
                link.is_some_and(|link| link.controller == Some(existing.index))
            })
            && create.primary == self.name_of(bond.primary);
        if is_as_asked {
            self.effect(format!("The bond {name} is already as asked."));
            return Ok(());
        }
        Err(NovaError::refused(format!(
            "bond {name}: a bond of this name exists and belongs to {}",
            existing.owner.name()
        ))
        .with_field("name")
        .with_remedy(format!(
            "Choose another name, or change the existing one with \"nova network configure-bond {name}\"."
        )))
    }

    pub(crate) fn delete_bond(&mut self, delete: &DeleteBond) -> Result<()> {
        let name = &delete.name;
        let link = self.require_bond(name)?.clone();
        refuse_foreign(&link, delete.foreign)?;
        refuse_unknown_options(&link)?;
        self.refuse_upon(&link)?;
        self.refuse_kept_uplink(&link)?;
        let mac = link
            .mac
            .ok_or_else(|| NovaError::internal(format!("bond {name} has no MAC address")))?;
        self.end_traffic(&link)?;
        if let Some(above) = link
            .controller
            .and_then(|at| self.state.links.get(&at))
            .cloned()
        {
            if self.carries(&above) {
                self.demand_confirmation(&BridgeOptions::default());
                self.notice(format!("{} loses its uplink {name}.", above.name));
            }
            self.push(LinkStep::SetController {
                link: reference(&link, name.clone()),
                controller: None,
            });
        }
        let members: Vec<Link> = self.state.ports_of(link.index).cloned().collect();
        let carries = self.carries(&link);
        if carries {
            self.demand_confirmation(&BridgeOptions::default());
        }
        // The one in use takes the addresses: its cable is known to work.
        let in_use = members
            .iter()
            .find(|member| member.bond_member.is_some_and(|it| it.is_active))
            .or(members.first());
        let heir = match in_use {
            Some(heir) if self.own_addresses(&link) > 0 => Some(heir.name.to_interface_name()?),
            _ => None,
        };
        for member in &members {
            let member_name = member.name.to_interface_name()?;
            self.push(BondStep::RemoveMember {
                bond: reference(&link, name.clone()),
                link: reference(member, member_name.clone()),
            });
            if heir.as_ref() != Some(&member_name) {
                self.effect(format!("{member_name} leaves {name}, stays and is down."));
            }
        }
        // Without members it has an address by chance; it is known by its own.
        self.push(LinkStep::SetMac {
            link: reference(&link, name.clone()),
            mac,
        });
        match &heir {
            Some(heir) => self.move_addresses(name, heir, "leaves the bond and takes them back")?,
            None => self.drop_addresses(&link, name),
        }
        self.push(LinkStep::SetUp {
            link: reference(&link, name.clone()),
            up: false,
        });
        self.push(BondStep::Delete {
            name: name.clone(),
            mac,
        });
        self.effect(format!("The bond {name} disappears."));
        Ok(())
    }

    pub(crate) fn configure_bond(&mut self, configure: &ConfigureBond) -> Result<()> {
        let ConfigureBond {
            name,
            options,
            primary,
        } = configure;
        let link = self.require_bond(name)?.clone();
        let bond = link.bond.clone().unwrap_or_default();
        if options.is_empty() && primary.is_none() {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("bond {name}: no option is given"),
            )
            .with_remedy("\"nova network configure-bond --help\" lists the options."));
        }
        // What a profile or a file says is written there, too, or beside it.
        let managers = &self.state.managers;
        if managers.stored_profile(name).is_none() && managers.netdev_of(name).is_none() {
            self.refuse_another_s_bond(&link)?;
        }
        options.check(&bond.options)?;
        let wanted = options.applied_to(&bond.options);
        let difference = BondPatch::between(&bond.options, &wanted);
        if difference.miimon.is_some() && bond.foreign.iter().any(|it| it.starts_with("arp_")) {
            return Err(NovaError::refused(format!(
                "bond {name}: it looks for its members' links by ARP, and monitoring by carrier would end that"
            ))
            .with_field("miimon")
            .with_remedy("Turn ARP monitoring off first where it was turned on."));
        }
        let members: Vec<Link> = self.state.ports_of(link.index).cloned().collect();
        if let (Some(mode), Some(member)) = (difference.mode, members.first()) {
            return Err(NovaError::refused(format!(
                "bond {name}: its mode stays {} while it has members",
                bond.options.mode
            ))
            .with_field("mode")
            .with_remedy(format!(
                "Take its members out first (\"nova network remove-interface {name} {}\"), or make another bond of the mode {mode}.",
                member.name
            )));
        }
        if !difference.is_empty() {
            self.set_bond(&link, name, difference)?;
            self.notice_mode(name, &wanted);
        }
        let now = self.name_of(bond.primary);
        let preferred = match primary {
            None => now.clone(),
            Some(PrimaryWish::None) => None,
            Some(PrimaryWish::Member(member)) => {
                let is_member = members.iter().any(|link| link.name.is(member.as_str()));
                check_primary(name, Some(wanted.mode), member, is_member)?;
                Some(member.clone())
            }
        };
        if preferred != now {
            self.prefer(name, preferred.as_ref());
        } else if difference.is_empty() {
            self.effect(format!("The bond {name} is already as asked."));
        }
        Ok(())
    }

    /// Sets options; what the kernel takes only while the bond is down is set in
    /// a moment in which it is, and what that took away comes back.
    fn set_bond(&mut self, link: &Link, name: &InterfaceName, options: BondPatch) -> Result<()> {
        self.effect(format!("On {name}: {}.", options.phrases().join(", ")));
        let target = reference(link, name.clone());
        let set = BondStep::Set {
            link: target.clone(),
            options,
        };
        if !(options.needs_down() && link.is_up) {
            self.push(set);
            return Ok(());
        }
        let above = link.controller.and_then(|at| self.state.links.get(&at));
        if self.carries(link) || above.is_some_and(|above| self.carries(above)) {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice_management(link, name);
        }
        self.notice(format!(
            "The kernel takes this only while {name} is down: nothing passes through it for a moment."
        ));
        let back = inverse_of_down(&self.state, &target);
        self.push(LinkStep::SetUp {
            link: target,
            up: false,
        });
        self.push(set);
        for step in back {
            self.push(step);
        }
        Ok(())
    }

    pub(crate) fn prefer(&mut self, name: &InterfaceName, member: Option<&InterfaceName>) {
        self.effect(match member {
            Some(member) => format!("{name} uses {member} whenever its link is there."),
            None => format!("{name} prefers none of its members."),
        });
        self.push(BondStep::SetPrimary {
            link: self.by_name(name),
            primary: member.cloned(),
        });
    }

    fn by_name(&self, name: &InterfaceName) -> LinkRef {
        LinkRef {
            name: name.clone(),
            index: self.index_before(name),
        }
    }

    pub(crate) fn name_of(&self, index: Option<u32>) -> Option<InterfaceName> {
        let link = self.state.links.get(&index?)?;
        link.name.to_interface_name().ok()
    }

    fn require_bond(&self, name: &InterfaceName) -> Result<&Link> {
        let link = self.state.require(name)?;
        if link.is_bond() {
            return Ok(link);
        }
        Err(NovaError::refused(format!(
            "{name} is a {}, not a bond",
            link.kind.word()
        )))
    }

    /// The bond of somebody who would set it back.
    fn refuse_another_s_bond(&self, bond: &Link) -> Result<()> {
        match &bond.owner {
            Owner::Nova | Owner::Nobody => Ok(()),
            owner => Err(NovaError::refused(format!(
                "bond {}: it belongs to {}, which would set it back",
                bond.name,
                owner.name()
            ))
            .with_remedy(format!("Change it with {}.", owner.name()))),
        }
    }

    pub(crate) fn attach_to_bond(&mut self, attach: &AttachPort) -> Result<()> {
        let (name, member) = (&attach.switch, &attach.port);
        let bond = self.require_bond(name)?.clone();
        let link = self.state.require(member)?.clone();
        if link.controller == Some(bond.index) {
            self.effect(format!("{member} is already a member of {name}."));
            return Ok(());
        }
        self.refuse_another_s_bond(&bond)?;
        if let Some(backend) = self.state.managers.of(member.as_str()) {
            return self.join_bond(name, &bond, &link, backend);
        }
        self.refuse_as_member(name, &link)?;
        self.add_member(name, member)
    }

    /// Makes a link a member: its addresses move to the bond, then it is set
    /// down, for the kernel takes no member that is up.
    pub(crate) fn add_member(
        &mut self,
        name: &InterfaceName,
        member: &InterfaceName,
    ) -> Result<()> {
        let bond = self.require_bond(name)?.clone();
        let link = self.state.require(member)?.clone();
        if self.own_addresses(&link) > 0 {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice_management(&link, member);
            self.move_addresses(member, name, "is a member now")?;
        } else if self.carries(&link) {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice_management(&link, member);
        }
        let target = self.by_name(member);
        self.push(LinkStep::SetUp {
            link: target.clone(),
            up: false,
        });
        self.push(LinkStep::SetMtu {
            link: target.clone(),
            mtu: bond.mtu,
        });
        self.push(BondStep::AddMember {
            bond: self.by_name(name),
            link: target,
        });
        self.effect(format!("{member} becomes a member of {name}."));
        if link.mtu != bond.mtu {
            self.notice(format!(
                "The MTU of {member} becomes {}, that of {name}; it was {}.",
                bond.mtu, link.mtu
            ));
        }
        Ok(())
    }

    pub(crate) fn detach_from_bond(&mut self, detach: &DetachPort) -> Result<()> {
        let (name, member) = (&detach.switch, &detach.port);
        let bond = self.require_bond(name)?.clone();
        let link = self.state.require(member)?.clone();
        if link.controller != Some(bond.index) {
            return Err(
                NovaError::refused(format!("bond {name}: {member} is not a member of it"))
                    .with_field("port")
                    .with_remedy(format!("\"nova network show {name}\" lists its members.")),
            );
        }
        self.refuse_another_s_bond(&bond)?;
        let others = self.state.ports_of(bond.index).count() - 1;
        let above = bond.controller.and_then(|at| self.state.links.get(&at));
        if self.carries(&bond) || above.is_some_and(|above| self.carries(above)) {
            self.demand_confirmation(&BridgeOptions::default());
            self.notice(match others {
                0 => format!("{name} carries addresses of this host and has no other member."),
                1 => format!("{name} carries addresses of this host; one member stays."),
                others => format!("{name} carries addresses of this host; {others} members stay."),
            });
        }
        self.push(BondStep::RemoveMember {
            bond: reference(&bond, name.clone()),
            link: reference(&link, member.clone()),
        });
        // The last that leaves takes the address of the bond with it.
        if let Some(mac) = bond.mac.filter(|_| others == 0) {
            self.push(LinkStep::SetMac {
                link: reference(&bond, name.clone()),
                mac,
            });
        }
        self.effect(format!("{member} leaves {name}, stays and is down."));
        Ok(())
    }

    /// Refuses what can be a member of no bond, whoever configures it.
    pub(crate) fn refuse_kind_as_member(&self, bond: &InterfaceName, link: &Link) -> Result<()> {
        let refuse = |reason: &str| not_a_member(bond, link, reason);
        if link.name.is(bond.as_str()) {
            return Err(refuse("it is the bond itself"));
        }
        match link.kind {
            LinkKind::Loopback => return Err(refuse("it is the loopback interface")),
            LinkKind::Bridge => {
                return Err(refuse("it is a bridge")
                    .with_remedy("Make the bond a port of the bridge instead."));
            }
            LinkKind::Bond => return Err(refuse("it is a bond, and a bond of bonds loses frames")),
            LinkKind::Wireless => {
                return Err(
                    refuse("Wi-Fi access points accept frames of one MAC address only")
                        .with_remedy("Use network cards with a cable."),
                );
            }
            LinkKind::Tap | LinkKind::Tun | LinkKind::Macvtap | LinkKind::OpenVSwitch => {
                return Err(refuse(&format!("it is a {}", link.kind.word())));
            }
            _ => {}
        }
        if let Some(controller) = link.controller.and_then(|at| self.state.links.get(&at)) {
            return Err(
                refuse(&format!("it already belongs to {}", controller.name)).with_remedy(format!(
                    "Detach it there first: \"nova network remove-interface {} {}\".",
                    controller.name, link.name
                )),
            );
        }
        let upon = self.state.links.values().find(|upper| {
            upper.lower == Some(link.index) && matches!(upper.kind, LinkKind::Vlan { .. })
        });
        if let Some(upper) = upon {
            return Err(
                refuse(&format!("{} stands on it and would be silent", upper.name)).with_remedy(
                    format!("Delete {} first and make it again on {bond}.", upper.name),
                ),
            );
        }
        Ok(())
    }

    pub(crate) fn refuse_as_member(&self, bond: &InterfaceName, link: &Link) -> Result<()> {
        self.refuse_kind_as_member(bond, link)?;
        if let Some(silence) = self.silence() {
            return Err(silence);
        }
        self.refuse_moving_addresses(bond, link).map_err(|error| {
            let reason = error.message().split_once(": ").map_or("", |(_, rest)| rest);
            let reason = reason.split_once(": ").map_or(reason, |(_, rest)| rest);
            let way = match &link.owner {
                Owner::NetworkManagerDaemon | Owner::Networkd => {
                    "One program makes the bond and configures all its cards: take the card out of the other program first."
                }
                _ => "Give the card its address by hand first, or use one without an address.",
            };
            not_a_member(bond, link, reason).with_remedy(way)
        })
    }

    /// What a mode means for what is at the other end of the cables.
    pub(crate) fn notice_mode(&mut self, name: &InterfaceName, options: &BondOptions) {
        let mode = options.mode;
        if options.miimon == 0 {
            self.notice(format!(
                "The links of members are not monitored: {name} goes on using one whose cable is out."
            ));
        }
        if mode == BondMode::Lacp {
            self.notice(format!(
                "The switch at the other end has to speak LACP on the cables of {name}; without that only one of them is used."
            ));
        } else if mode.needs_static_group() {
            self.notice(format!(
                "The switch at the other end has to know the cables of {name} as one static group, or it sees one MAC address at several ports."
            ));
        }
        if options.xmit_hash_policy != crate::bond::HashPolicy::Layer2 && !mode.uses_hash() {
            self.notice(format!(
                "The hash policy has an effect in the modes balance-xor, 802.3ad and balance-tlb; {name} is of the mode {mode}."
            ));
        }
        if options.min_links > 1 && mode != BondMode::Lacp {
            self.notice(format!(
                "How many links are needed has an effect in the mode 802.3ad; {name} is of the mode {mode}."
            ));
        }
    }

    /// What a bond above a bridge's port does to the frames of machines.
    pub(crate) fn notice_bond_as_port(&mut self, link: &Link) {
        let mode = link.bond.as_ref().map(|bond| bond.options.mode);
        if let Some(mode @ (BondMode::BalanceAlb | BondMode::BalanceTlb)) = mode {
            self.notice(format!(
                "{} is of the mode {mode}, which sends frames of machines from MAC addresses of its own members; in a bridge use active-backup or 802.3ad.",
                link.name
            ));
        }
    }
}

fn not_a_member(bond: &InterfaceName, link: &Link, reason: &str) -> NovaError {
    NovaError::refused(format!(
        "bond {bond}: {} cannot be a member: {reason}",
        link.name
    ))
    .with_field("interfaces")
}

/// Refuses a bond that could not come back as it was.
fn refuse_unknown_options(bond: &Link) -> Result<()> {
    let foreign = bond.bond.iter().flat_map(|bond| &bond.foreign);
    let foreign: Vec<&str> = foreign.map(String::as_str).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(NovaError::refused(format!(
        "bond {}: it has options that Nova could not bring back: {}",
        bond.name,
        foreign.join(", ")
    ))
    .with_remedy(format!(
        "Delete it by hand: \"ip link delete dev {}\".",
        bond.name
    )))
}

fn check_primary(
    bond: &InterfaceName,
    mode: Option<BondMode>,
    primary: &InterfaceName,
    is_member: bool,
) -> Result<()> {
    let mode = mode.unwrap_or_default();
    if !mode.knows_primary() {
        return Err(NovaError::invalid(
            "primary",
            primary,
            &format!("the mode {mode} prefers no member"),
        )
        .with_remedy("Leave it out, or choose the mode active-backup."));
    }
    if !is_member {
        return Err(NovaError::invalid(
            "primary",
            primary,
            &format!("it is not a member of {bond}"),
        )
        .with_remedy("Name one of its members."));
    }
    Ok(())
}
