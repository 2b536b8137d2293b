// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bridge or a bond above a card that `NetworkManager` configures: profiles by
//! which it makes it.

use crate::address::IpNet;
use crate::error::Result;
use crate::name::{InterfaceName, printable};
use crate::networkd::Place;
use crate::nm::{NmProfile, NmValue};
use crate::planner::Planner;
use crate::planner_profiles::own;
use crate::planner_uplink::{Move, Wish, refuse_lost_address};
use crate::step::{Activation, ActiveProfile, ManagerStep};

/// A card that gets another profile.
struct Changed {
    card: InterfaceName,
    before: NmProfile,
    is_stored: bool,
    after: NmProfile,
}

impl Planner {
    /// Has the daemon make what is to stand above a card, by a profile for that and
    /// one for each card.
    pub(crate) fn make_with_nm(&mut self, moved: &Move) -> Result<()> {
        let (active, is_stored) = self.profile_to_replace(moved, &moved.card)?;
        let above = self.profile_above(moved, &active)?;
        let shown = printable(&active.name);
        let place = format!("the profile \"{shown}\"");
        refuse_lost_address(moved, &nm_addresses(&active), &place)?;
        self.refuse_lost_route(moved, &place)?;
        let port = NmProfile::port(self.id, &moved.card, &above, &moved.name, Some(&active));
        let mut changed = vec![Changed {
            card: moved.card.clone(),
            before: active,
            is_stored,
            after: port.clone(),
        }];
        for other in &moved.after.others {
            let (active, is_stored) = self.profile_to_replace(moved, &other.card)?;
            let (above, name) = match &other.bond {
                Some(bond) if *bond == moved.card => (&port, bond),
                _ => (&above, &moved.name),
            };
            changed.push(Changed {
                card: other.card.clone(),
                after: NmProfile::port(self.id, &other.card, above, name, Some(&active)),
                before: active,
                is_stored,
            });
        }
        self.change_profiles(moved, Some(above), &changed);
        for member in &moved.aside {
            self.keep_aside(&moved.card, &port, member);
        }
        Ok(())
    }

    /// Has a member that joins again by hand come back with the new profile of
    /// its bond: a profile that names the old one would start that.
    fn keep_aside(&mut self, bond: &InterfaceName, above: &NmProfile, member: &InterfaceName) {
        let daemon = self.state.managers.network_manager.as_ref();
        let known = daemon.and_then(|nm| own(nm, member)).cloned();
        self.keep(ManagerStep::AddProfile {
            profile: NmProfile::port(self.id, member, above, bond, None),
            place: Place::Lasting,
        });
        if let Some(known) = known.filter(NmProfile::starts_by_itself) {
            self.keep(not_started(&known));
        }
    }

    /// Makes a card a member of a bond that the daemon has.
    pub(crate) fn join_with_nm(&mut self, moved: &Move) -> Result<()> {
        let (active, is_stored) = self.profile_to_replace(moved, &moved.card)?;
        let bond = self.state.managers.nm_link(moved.name.as_str());
        let Some(bond) = bond.and_then(|link| link.profile.as_ref()) else {
            return Err(moved.refuse(
                &moved.card,
                "Nova may not read the profile of the bond of NetworkManager",
            ));
        };
        let changed = Changed {
            card: moved.card.clone(),
            after: NmProfile::port(self.id, &moved.card, bond, &moved.name, Some(&active)),
            before: active,
            is_stored,
        };
        self.change_profiles(moved, None, &[changed]);
        Ok(())
    }

    /// Gives the daemon the new profiles, activates them, and keeps them.
    fn change_profiles(&mut self, moved: &Move, above: Option<NmProfile>, changed: &[Changed]) {
        let of_cards = changed.iter().map(|it| it.after.clone());
        let profiles: Vec<NmProfile> = above.iter().cloned().chain(of_cards).collect();
        for profile in &profiles {
            self.push(ManagerStep::AddProfile {
                profile: profile.clone(),
                place: Place::Volatile,
            });
        }
        let on_cards = |profile: fn(&Changed) -> &NmProfile| -> Vec<ActiveProfile> {
            let each = changed.iter().map(|it| (&it.card, profile(it)));
            each.map(|(card, profile)| ActiveProfile::new(card, profile))
                .collect()
        };
        // A bond is there with its MAC address before it has members.
        let bond = above.filter(|_| matches!(moved.wish, Wish::Bond { .. }));
        let bond = bond.map(|bond| ActiveProfile::new(&moved.name, &bond));
        self.push(ManagerStep::Activate {
            after: Box::new(Activation {
                profiles: bond.into_iter().chain(on_cards(|it| &it.after)).collect(),
                uplink: moved.after.clone(),
            }),
            before: Box::new(Activation {
                profiles: on_cards(|it| &it.before),
                uplink: moved.before.clone(),
            }),
        });
        for profile in profiles {
            self.keep(ManagerStep::MoveProfile {
                uuid: profile.uuid,
                name: profile.name,
                to: Place::Lasting,
            });
        }
        for it in changed {
            self.keep_from_starting(it);
        }
    }

    /// The profile of what is to stand above the card.
    fn profile_above(&self, moved: &Move, active: &NmProfile) -> Result<NmProfile> {
        let mut above = match &moved.wish {
            Wish::Bridge(options) => {
                NmProfile::bridge(self.id, &moved.name, moved.mac, options, Some(active))
            }
            Wish::Bond { options, primary } => {
                let primary = primary.as_ref().map(InterfaceName::as_str);
                let (name, mac) = (&moved.name, moved.mac);
                let mut bond = NmProfile::bond(self.id, name, mac, options, primary, Some(active));
                let card = self.state.link(moved.card.as_str());
                let unusual = card.and_then(|card| self.unusual_mtu(card));
                if let (None, Some(mtu)) = (bond.mtu(), unusual) {
                    bond.set_mtu(mtu);
                }
                bond
            }
            Wish::OpenVSwitch(_) => {
                return Err(moved
                    .refuse(
                        &moved.card,
                        "NetworkManager configures its addresses and gives none to a bridge of Open vSwitch that it did not make",
                    )
                    .with_remedy(format!(
                        "Make a Linux bridge above it with \"nova network bridge-nic {}\", or attach a card without an address.",
                        moved.card
                    )));
            }
        };
        // A card's routes win over those of a bridge or bond where nothing is
        // said.
        let says_metric = above
            .value("ipv4", "route-metric")
            .and_then(NmValue::number)
            .is_some_and(|metric| metric >= 0);
        if let (false, Some(metric)) = (says_metric, self.default_metric(moved)) {
            above.set("ipv4", "route-metric", NmValue::Long(i64::from(metric)));
        }
        Ok(above)
    }

    /// The profile that is active on a card and that another takes over from, and
    /// whether it lies on the disk.
    fn profile_to_replace(&self, moved: &Move, card: &InterfaceName) -> Result<(NmProfile, bool)> {
        let refuse = |reason: String| moved.refuse(card, &reason);
        let link = self.state.managers.nm_link(card.as_str()).cloned();
        let link = link.unwrap_or_default();
        let Some(active) = link.profile else {
            return Err(refuse(
                "Nova may not read its profile of NetworkManager".to_owned(),
            ));
        };
        let (shown, what) = (printable(&active.name), moved.wish.word());
        if active.settings.contains_key("802-1x") {
            return Err(refuse(format!(
                "its profile \"{shown}\" logs in to the network (802.1X), and its secret cannot be carried over"
            ))
            .with_remedy(format!(
                "Make the {what} and its port in the settings of NetworkManager."
            )));
        }
        let is_known = match active.text("connection", "type") {
            Some("802-3-ethernet" | "vlan") => true,
            Some("bond") => matches!(moved.wish, Wish::Bridge(_)),
            _ => false,
        };
        if !is_known {
            return Err(refuse(format!(
                "its profile \"{shown}\" is none of a network card"
            ))
            .with_remedy(format!("Make the {what} in the settings of NetworkManager; machines are attached to it as to any other.")));
        }
        if let Some(unknown) = link.unknown.first() {
            return Err(refuse(format!(
                "its profile \"{shown}\" sets {}, which Nova cannot carry over",
                printable(unknown)
            )));
        }
        Ok((active, link.is_stored))
    }

    /// Has the profile that was active stay away at the next boot.
    fn keep_from_starting(&mut self, changed: &Changed) {
        let active = &changed.before;
        if changed.is_stored && active.starts_by_itself() {
            self.keep(not_started(active));
            self.keeping_effect(format!(
                "The profile \"{}\" stays as it is and no longer starts with the host.",
                printable(&active.name)
            ));
        }
    }

    /// Writes the profile of a member that joins by hand.
    pub(crate) fn keep_port_with_nm(&mut self, moved: &Move, member: &InterfaceName) {
        let Wish::Bond { options, .. } = &moved.wish else {
            return;
        };
        let bond = NmProfile::bond(self.id, &moved.name, moved.mac, options, None, None);
        self.keep(ManagerStep::AddProfile {
            profile: NmProfile::port(self.id, member, &bond, &moved.name, None),
            place: Place::Lasting,
        });
    }
}

/// Has the daemon not start a profile by itself.
fn not_started(profile: &NmProfile) -> ManagerStep {
    ManagerStep::set_value(profile, "connection", "autoconnect", NmValue::Bool(false))
}

/// The addresses that stand in a profile.
fn nm_addresses(profile: &NmProfile) -> Vec<IpNet> {
    ["ipv4", "ipv6"]
        .into_iter()
        .filter_map(|family| match profile.value(family, "address-data")? {
            NmValue::Dicts(dicts) => Some(dicts),
            _ => None,
        })
        .flatten()
        .filter_map(|dict| {
            let NmValue::Text(address) = dict.get("address")? else {
                return None;
            };
            let prefix = u8::try_from(dict.get("prefix")?.number()?).ok()?;
            IpNet::new(address.parse().ok()?, prefix).ok()
        })
        .collect()
}
