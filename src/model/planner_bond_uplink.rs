// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bond above cards of which a program configures one or more: the first of
//! them gives its addresses, the others join and give none.

use crate::bond::{BondOptions, BondPatch};
use crate::bridge::BridgeOptions;
use crate::change::CreateBond;
use crate::error::{NovaError, Result};
use crate::link::Link;
use crate::manager::Backend;
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::planner_persist::by_hand;
use crate::planner_uplink::{Move, PATIENCE, Wish, leases, refusal};
use crate::uplink::{Above, OtherCard, Uplink};

impl Planner {
    /// Makes a bond above a card through the program that configures it. The
    /// other cards give no address.
    pub(crate) fn bond_uplink(
        &mut self,
        create: &CreateBond,
        patch: &BondPatch,
        card: &Link,
        backend: Backend,
    ) -> Result<()> {
        let name = &create.name;
        let options = patch.applied_to(&BondOptions::default());
        let mut joining = Vec::new();
        let mut others = Vec::new();
        let mut by_nobody = Vec::new();
        for member in &create.members {
            let link = self.state.require(member)?.clone();
            if link.index == card.index {
                self.refuse_kind_as_member(name, &link)?;
            } else if self.state.managers.of(member.as_str()) == Some(backend) {
                self.refuse_kind_as_member(name, &link)?;
                self.refuse_second_addresses(name, card, &link)?;
                let before = OtherCard {
                    card: member.clone(),
                    bond: None,
                    is_leased: leases(&link),
                };
                let after = OtherCard {
                    bond: Some(name.clone()),
                    is_leased: false,
                    ..before.clone()
                };
                others.push((before, after));
                joining.push(link);
            } else {
                self.refuse_as_member(name, &link)?;
                self.refuse_second_addresses(name, card, &link)?;
                by_nobody.push(member.clone());
            }
        }
        let primary = create.primary.as_ref();
        let wish = Wish::Bond {
            options,
            primary: primary.cloned(),
        };
        let mut moved = self.uplink_move(name, wish, card, others)?;
        // One that joins later is preferred from then on.
        let later = primary.filter(|primary| by_nobody.contains(primary));
        if let (Some(_), Some(above)) = (later, &mut moved.after.above) {
            above.prefers_none();
        }
        self.make_above(&moved, backend)?;
        self.describe_move(&moved, card, backend, &patch.phrases());
        for link in &joining {
            self.describe_joining(name, link);
        }
        self.notice_mode(name, &options);
        for member in &by_nobody {
            self.add_member(name, member)?;
            self.keep_port(&moved, backend, member, primary)?;
        }
        if later.is_some() {
            self.prefer(name, later);
        }
        Ok(())
    }

    /// Makes a card that a program configures a member of a bond that the same
    /// program has. It gives no address.
    pub(crate) fn join_bond(
        &mut self,
        name: &InterfaceName,
        bond: &Link,
        link: &Link,
        backend: Backend,
    ) -> Result<()> {
        self.refuse_kind_as_member(name, link)?;
        self.refuse_second_addresses(name, bond, link)?;
        let card = link.name.to_interface_name()?;
        let status = bond.bond.clone().unwrap_or_default();
        let wish = Wish::Bond {
            options: status.options,
            primary: self.name_of(status.primary),
        };
        let first = self.state.ports_of(bond.index).next();
        let has_it = self.state.managers.of(name.as_str()) == Some(backend);
        let (Some(first), Some(mac), true) = (first, bond.mac, has_it) else {
            return Err(refusal(
                &wish,
                name,
                &card,
                &format!(
                    "{} configures its addresses and does not have the bond",
                    backend.name()
                ),
            )
            .with_remedy(format!(
                "Delete {name} and make it again with {card} as a member: {} then makes it.",
                backend.name()
            )));
        };
        let before = Uplink {
            card: first.name.to_interface_name()?,
            above: Some(Above {
                name: name.clone(),
                mac,
                kind: wish.kind(),
            }),
            others: vec![OtherCard {
                card: card.clone(),
                bond: None,
                is_leased: leases(link),
            }],
            addresses: by_hand(bond),
            gateways: self.gateways(bond),
            is_leased: leases(bond),
            patience: PATIENCE,
        };
        let moved = Move {
            after: Uplink {
                others: vec![OtherCard {
                    card: card.clone(),
                    bond: Some(name.clone()),
                    is_leased: false,
                }],
                ..before.clone()
            },
            card,
            name: name.clone(),
            mac,
            wish,
            before,
            aside: Vec::new(),
        };
        match backend {
            Backend::NetworkManager => self.join_with_nm(&moved)?,
            Backend::Networkd => self.join_with_networkd(&moved)?,
        }
        self.describe_joining(name, link);
        self.demand_confirmation(&BridgeOptions::default());
        Ok(())
    }

    /// Addresses that somebody set would be lost.
    fn refuse_second_addresses(
        &self,
        bond: &InterfaceName,
        first: &Link,
        second: &Link,
    ) -> Result<()> {
        if by_hand(second).is_empty() {
            return Ok(());
        }
        Err(NovaError::refused(format!(
            "bond {bond}: {} and {} both carry addresses of this host",
            first.name, second.name
        ))
        .with_field("interfaces")
        .with_remedy("Add the second after removing its addresses."))
    }

    /// Has the program keep that a card is a member, which nobody configures.
    fn keep_port(
        &mut self,
        moved: &Move,
        backend: Backend,
        member: &InterfaceName,
        primary: Option<&InterfaceName>,
    ) -> Result<()> {
        match backend {
            Backend::NetworkManager => {
                self.keep_port_with_nm(moved, member);
                Ok(())
            }
            Backend::Networkd => self.keep_port_with_networkd(moved, member, primary),
        }
    }

    /// What becomes of a card that gives no address, and of those it has.
    pub(crate) fn describe_joining(&mut self, bond: &InterfaceName, link: &Link) {
        let card = &link.name;
        self.effect(format!("{card} becomes a member of {bond}."));
        let nets: Vec<String> = link
            .addresses
            .iter()
            .filter(|address| !address.net.is_ipv6_link_local())
            .map(|address| address.net.to_string())
            .collect();
        if !nets.is_empty() {
            let nets = nets.join(", ");
            self.effect(format!(
                "{card} gives {nets} back, which it did not get by hand: a member has no address."
            ));
            self.notice(format!(
                "This host is no longer reached at {nets}, which {card} has now."
            ));
        }
        self.notice_connected(link, ", and cut off by this");
    }
}
