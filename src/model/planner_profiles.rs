// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Profiles of the `NetworkManager` daemon that are written when a plan is kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::link::{Link, LinkKind};
use crate::manager::{Backend, NetworkManagerDaemon};
use crate::name::InterfaceName;
use crate::networkd::Place;
use crate::nm::NmProfile;
use crate::planner::Planner;
use crate::planner_persist::by_hand;
use crate::state::HostState;
use crate::step::{BondStep, BridgeStep, LinkStep, ManagerStep, Step, VlanStep};

impl Planner {
    pub(crate) fn keep_profiles(
        &mut self,
        before: &HostState,
        touched: &BTreeSet<InterfaceName>,
    ) -> Result<()> {
        let nm = before.managers.network_manager.clone().unwrap_or_default();
        let mut wanted: BTreeMap<InterfaceName, NmProfile> = BTreeMap::new();
        for name in touched {
            let profile = match self.kept_link(name).cloned() {
                Some(link) => self.profile_of_made(&nm, name, &link),
                None => self.profile_of_port(&nm, name),
            };
            if let Some(profile) = profile {
                wanted.insert(name.clone(), profile);
            }
        }
        for name in touched {
            match (own(&nm, name).cloned(), wanted.remove(name)) {
                (None, Some(profile)) => self.keep(ManagerStep::AddProfile {
                    profile,
                    place: Place::Lasting,
                }),
                (Some(before), Some(after)) if before.uuid == after.uuid => {
                    if before != after {
                        self.keep(ManagerStep::ReplaceProfile {
                            before,
                            after,
                            from: Place::Lasting,
                            to: Place::Lasting,
                        });
                    }
                }
                (Some(before), after) => {
                    self.keep(ManagerStep::RemoveProfile {
                        profile: before,
                        place: Place::Lasting,
                    });
                    if let Some(profile) = after {
                        self.keep(ManagerStep::AddProfile {
                            profile,
                            place: Place::Lasting,
                        });
                    }
                }
                (None, None) => self.keep_values_of_another(before, name),
            }
        }
        Ok(())
    }

    /// The daemon would make a link again at once that it made of a profile, and
    /// put a port back: the profile is held before such a step.
    pub(crate) fn held(&self, step: &Step) -> Option<ManagerStep> {
        let (link, is_deleted) = match step {
            Step::Bridge(BridgeStep::Delete { name, .. })
            | Step::Bond(BondStep::Delete { name, .. })
            | Step::Vlan(VlanStep::DeleteLink { name, .. }) => (name, true),
            Step::Link(LinkStep::SetController {
                link,
                controller: None,
            })
            | Step::Bond(BondStep::RemoveMember { link, .. }) => (&link.name, false),
            _ => return None,
        };
        let active = self.state.managers.nm_link(link.as_str())?;
        let profile = active.profile.as_ref()?;
        if !is_deleted && profile.above().is_none() {
            return None;
        }
        // What the daemon itself has made goes with an activation that ends, and is
        // made again by a profile that may start: of Nova's own, by one that puts it
        // into nothing.
        let nm = self.state.managers.network_manager.as_ref()?;
        let kind = &self.state.link(link.as_str())?.kind;
        let is_made = matches!(kind, LinkKind::Bond | LinkKind::Vlan { .. });
        if let (false, true, Some(before)) = (is_deleted, is_made, own(nm, link)) {
            let mut after = before.clone();
            after.set_above(None);
            return Some(ManagerStep::ReplaceProfile {
                before: before.clone(),
                after,
                from: if active.is_stored {
                    Place::Lasting
                } else {
                    Place::Volatile
                },
                to: Place::Volatile,
            });
        }
        Some(ManagerStep::HoldProfile {
            uuid: profile.uuid.clone(),
            name: profile.name.clone(),
        })
    }

    /// The profile that makes a bridge, a bond or a sub-interface.
    fn profile_of_made(
        &self,
        nm: &NetworkManagerDaemon,
        name: &InterfaceName,
        link: &Link,
    ) -> Option<NmProfile> {
        let known = own(nm, name).cloned();
        let mut profile = match (known, link.kind == LinkKind::Bridge) {
            (Some(known), _) => known,
            (None, true) => {
                let options = link.bridge?.options;
                NmProfile::bridge(self.id, name, link.mac?, &options, None)
            }
            (None, false) => self.new_profile(name, link)?,
        };
        if let Some(status) = link.bridge {
            profile.set_options(&status.options);
            profile.set_vlans("bridge", link, status.options.default_pvid);
        }
        if let Some(bond) = &link.bond {
            let primary = bond.primary.and_then(|at| self.state.links.get(&at));
            let primary = primary.map(|link| link.name.to_string());
            profile.set_bond(&bond.options, primary.as_deref());
        }
        if link.kind != LinkKind::Bridge {
            self.set_above(nm, name, link, &mut profile);
        }
        // What comes of DHCP is asked for anew.
        let nets = by_hand(link);
        if !nets.is_empty() && profile.text("ipv4", "method") != Some("auto") {
            let routes: Vec<_> = self.state.routes_of(link.index).cloned().collect();
            profile.set_addresses(&nets, &routes);
        }
        if let Some(mtu) = self.mtu_set(name).or(self.unusual_mtu(link)) {
            profile.set_mtu(mtu);
        }
        Some(profile)
    }

    fn new_profile(&self, name: &InterfaceName, link: &Link) -> Option<NmProfile> {
        let lower = link.lower.and_then(|lower| self.state.links.get(&lower));
        NmProfile::of_made(self.id, name, link, lower)
    }

    /// The profile of a card that is a port or a member of what Nova keeps, or of
    /// a bridge that the daemon makes of a person's profile. What its own profile
    /// says of it beside that stays.
    fn profile_of_port(
        &self,
        nm: &NetworkManagerDaemon,
        name: &InterfaceName,
    ) -> Option<NmProfile> {
        let (above_name, above, _) = self.above(nm, name)?;
        let link = self.state.link(name.as_str())?;
        let known = own(nm, name).cloned();
        let mut port =
            known.unwrap_or_else(|| NmProfile::port(self.id, name, &above, &above_name, None));
        self.set_above(nm, name, link, &mut port);
        if link.bond_member.is_none()
            && let Some(mtu) = self.mtu_set(name)
        {
            port.set_mtu(mtu);
        }
        Some(port)
    }

    fn set_above(
        &self,
        nm: &NetworkManagerDaemon,
        name: &InterfaceName,
        link: &Link,
        profile: &mut NmProfile,
    ) {
        match self.above(nm, name) {
            Some((_, above, controller)) if controller.is_bond() => {
                profile.set_above(Some((&above, "bond")));
            }
            Some((_, above, controller)) => {
                profile.set_above(Some((&above, "bridge")));
                profile.set_port_options(link);
                profile.set_vlans("bridge-port", link, default_pvid(controller));
            }
            None => profile.set_above(None),
        }
    }

    /// What stands above a link and is kept, with its profile.
    fn above(
        &self,
        nm: &NetworkManagerDaemon,
        name: &InterfaceName,
    ) -> Option<(InterfaceName, NmProfile, &Link)> {
        if let Some(above) = self.kept_above(name) {
            let profile = self.above_profile(nm, &above)?;
            let link = self.kept_link(&above)?;
            return Some((above, profile, link));
        }
        let (above, link) = self.above_of_another(name, Backend::NetworkManager)?;
        let profile = nm.stored_profile(&above)?.clone();
        Some((above, profile, link))
    }

    /// The profile of a switch or bond, as far as its identifier goes.
    fn above_profile(&self, nm: &NetworkManagerDaemon, name: &InterfaceName) -> Option<NmProfile> {
        if let Some(known) = own(nm, name) {
            return Some(known.clone());
        }
        let link = self.kept_link(name)?;
        match (link.bridge, link.mac) {
            (Some(status), Some(mac)) => {
                let options = status.options;
                Some(NmProfile::bridge(self.id, name, mac, &options, None))
            }
            _ => self.new_profile(name, link),
        }
    }

    /// What changes of a link that a person's profile makes or configures stands
    /// there: its MTU, the options of a bridge or a bond, the VLANs of a bridge.
    fn keep_values_of_another(&mut self, before: &HostState, name: &InterfaceName) {
        let Some(profile) = before.managers.stored_profile(name).cloned() else {
            return;
        };
        let was = described(&profile, before, name);
        let is = described(&profile, &self.state, name);
        if let (Some(was), Some(mut is)) = (was, is) {
            if let Some(mtu) = self.mtu_set(name) {
                is.set_mtu(mtu);
            }
            let wanted = profile.values_between(&was, &is);
            if !wanted.is_empty() {
                self.keep(ManagerStep::set_values(&profile, wanted));
            }
        }
    }
}

/// What a person's profile would say of a link as it is in this picture of the
/// host.
fn described(profile: &NmProfile, state: &HostState, name: &InterfaceName) -> Option<NmProfile> {
    let link = state.link(name.as_str())?;
    let mut described = profile.clone();
    if let Some(status) = link.bridge {
        described.set_options(&status.options);
        described.set_vlans("bridge", link, status.options.default_pvid);
    }
    if let Some(bond) = &link.bond {
        let primary = bond.primary.and_then(|at| state.links.get(&at));
        let primary = primary.map(|link| link.name.to_string());
        described.set_bond(&bond.options, primary.as_deref());
    }
    Some(described)
}

/// The VLAN that every port of a bridge gets, 0 for none.
pub(crate) fn default_pvid(bridge: &Link) -> u16 {
    bridge
        .bridge
        .map_or(0, |status| status.options.default_pvid)
}

/// Nova's own profile about a link; of several, the one that is active.
pub(crate) fn own<'a>(nm: &'a NetworkManagerDaemon, link: &InterfaceName) -> Option<&'a NmProfile> {
    let active = nm.links.get(link.as_str());
    let active = active.and_then(|it| it.profile.as_ref());
    let about = |profile: &&NmProfile| profile.about() == Some(link.as_str());
    let mut own = nm.own.iter().filter(about);
    own.clone()
        .find(|profile| active.is_some_and(|active| active.uuid == profile.uuid))
        .or_else(|| own.next())
}
