// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What of a plan is written down when it is kept, so that the host comes back
//! with it after a boot.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::IpNet;
use crate::bridge::{BridgeOptions, PortOptions, PortPatch};
use crate::error::{NovaError, Result};
use crate::link::{Link, Owner};
use crate::manager::{Backend, Networkd};
use crate::name::InterfaceName;
use crate::networkd::{NetworkdFile, Place, Rank};
use crate::networkd_file::{self, Adopted, BridgeFiles};
use crate::nm::{NmProfile, NmValue};
use crate::persist::Persist;
use crate::plan::Plan;
use crate::planner::Planner;
use crate::planner_uplink::is_kept_as_port;
use crate::reach::movable;
use crate::state::HostState;
use crate::step::{BridgeStep, FileEffect, ManagerStep, Step, VlanStep};

impl Planner {
    /// Plans what is written when the change is kept, by whom it was asked of.
    pub(crate) fn keep_beyond_boot(&mut self, before: &HostState, asked: Persist) -> Result<()> {
        if let Some(backend) = self
            .steps
            .iter()
            .find_map(|planned| backend_of(&planned.step))
        {
            return self.keep_uplink(backend, asked);
        }
        let touched = self.touched();
        if touched.is_empty() {
            return Ok(());
        }
        let backend = match (asked, asked.backend()) {
            (_, Some(backend)) => {
                if !before.managers.runs(backend) {
                    return Err(not_running(backend));
                }
                Some(backend)
            }
            (Persist::None, _) => None,
            _ => before.managers.of_the_uplink(before),
        };
        let Some(backend) = backend else {
            self.keeping_effect(if asked == Persist::None {
                "It is gone with the next boot, as asked.".to_owned()
            } else {
                "It is gone with the next boot: neither NetworkManager nor systemd-networkd configures the uplink of this host.".to_owned()
            });
            return Ok(());
        };
        match backend {
            Backend::NetworkManager => self.keep_profiles(before, &touched)?,
            Backend::Networkd => self.keep_files(before, &touched)?,
        }
        self.notice_unkept(backend, &touched);
        if !self.keeping.steps.is_empty() {
            self.keeping.backend = Some(backend);
            let effect = match backend {
                Backend::NetworkManager => {
                    "NetworkManager keeps it: its profiles are written when you keep the change."
                }
                Backend::Networkd => {
                    "systemd-networkd keeps it: its files are written when you keep the change, and read at the next boot."
                }
            };
            self.keeping.effects.insert(0, effect.to_owned());
        }
        Ok(())
    }

    /// The steps were planned with the uplink; only whether they last is open.
    fn keep_uplink(&mut self, backend: Backend, asked: Persist) -> Result<()> {
        if let Some(other) = asked.backend().filter(|other| *other != backend) {
            return Err(NovaError::refused(format!(
                "{} configures this uplink, {} cannot keep it",
                backend.name(),
                other.name()
            ))
            .with_field("persist")
            .with_remedy("Leave \"--persist\" out, or say \"--persist none\"."));
        }
        if asked == Persist::None {
            self.keeping = crate::persist::Keeping::default();
            self.keeping_effect("It is gone with the next boot, as asked.".to_owned());
            return Ok(());
        }
        self.keeping.backend = Some(backend);
        let names: Vec<String> = self
            .keeping
            .steps
            .iter()
            .filter_map(|planned| match &planned.step {
                Step::Manager(ManagerStep::MoveProfile { name, .. }) => {
                    Some(format!("\"{}\"", crate::name::printable(name)))
                }
                _ => None,
            })
            .collect();
        let effect = match backend {
            Backend::NetworkManager => format!(
                "NetworkManager keeps it: the profiles {} are written to the disk when you keep the change, not before.",
                names.join(" and ")
            ),
            Backend::Networkd => format!(
                "systemd-networkd keeps it: the files move to {} when you keep the change, not before.",
                Place::Lasting.folder()
            ),
        };
        self.keeping.effects.insert(0, effect);
        Ok(())
    }

    /// Bridges and cards that the plan changed.
    fn touched(&self) -> BTreeSet<InterfaceName> {
        let mut touched = BTreeSet::new();
        for planned in &self.steps {
            touched.extend(planned.step.lasting_subjects());
        }
        touched
    }

    /// A bridge that Nova keeps, as it is at the end of the plan.
    fn kept_bridge(&self, name: &InterfaceName) -> Option<&Link> {
        let link = self.state.link(name.as_str())?;
        (link.is_bridge() && link.owner == Owner::Nova).then_some(link)
    }

    /// The bridge that Nova keeps and that a card is a port of.
    fn bridge_of(&self, card: &InterfaceName) -> Option<InterfaceName> {
        let link = self.state.link(card.as_str())?;
        if !is_kept_as_port(&link.kind) {
            return None;
        }
        let bridge = self.state.links.get(&link.controller?)?;
        let name = bridge.name.to_interface_name().ok()?;
        self.kept_bridge(&name).map(|_| name)
    }

    /// Bridges among `touched` and those whose ports are among them.
    fn bridges(&self, touched: &BTreeSet<InterfaceName>) -> BTreeSet<InterfaceName> {
        touched
            .iter()
            .filter(|name| self.kept_bridge(name).is_some())
            .cloned()
            .chain(touched.iter().filter_map(|name| self.bridge_of(name)))
            .collect()
    }

    fn keep_profiles(
        &mut self,
        before: &HostState,
        touched: &BTreeSet<InterfaceName>,
    ) -> Result<()> {
        let nm = before.managers.network_manager.clone().unwrap_or_default();
        let own = |link: &InterfaceName| {
            nm.own
                .iter()
                .find(|profile| profile.text("connection", "interface-name") == Some(link.as_str()))
                .cloned()
        };
        let mut wanted: BTreeMap<InterfaceName, NmProfile> = BTreeMap::new();
        for name in self.bridges(touched) {
            let Some(link) = self.kept_bridge(&name).cloned() else {
                continue;
            };
            let (Some(mac), Some(status)) = (link.mac, link.bridge) else {
                continue;
            };
            let mut profile = own(&name)
                .unwrap_or_else(|| NmProfile::bridge(self.id, &name, mac, &status.options, None));
            profile.set_options(&status.options);
            profile.set_vlans("bridge", &link);
            // What comes of DHCP is asked for anew.
            let nets = by_hand(&link);
            if !nets.is_empty() && profile.text("ipv4", "method") != Some("auto") {
                let routes: Vec<_> = self.state.routes_of(link.index).cloned().collect();
                profile.set_addresses(&nets, &routes);
            }
            for card in touched
                .iter()
                .filter(|card| self.bridge_of(card).as_ref() == Some(&name))
            {
                // What its own profile says of it beside that stays.
                let known = own(card);
                let mut port =
                    known.unwrap_or_else(|| NmProfile::port(self.id, card, &profile, &name, None));
                port.set(
                    "connection",
                    "master",
                    NmValue::Text(profile.uuid.to_string()),
                );
                if let Some(link) = self.state.link(card.as_str()) {
                    port.set_port_options(link);
                    port.set_vlans("bridge-port", link);
                }
                wanted.insert(card.clone(), port);
            }
            wanted.insert(name, profile);
        }
        for name in touched {
            match (own(name), wanted.remove(name)) {
                (None, Some(profile)) => self.keep(ManagerStep::AddProfile {
                    profile,
                    place: Place::Lasting,
                }),
                (Some(before), Some(after)) if before.uuid == after.uuid => {
                    if before != after {
                        self.keep(ManagerStep::ReplaceProfile { before, after });
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
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn keep_files(&mut self, before: &HostState, touched: &BTreeSet<InterfaceName>) -> Result<()> {
        let networkd = before.managers.networkd.clone().unwrap_or_default();
        let mut wanted: BTreeMap<String, NetworkdFile> = BTreeMap::new();
        for name in self.bridges(touched) {
            let Some(link) = self.kept_bridge(&name).cloned() else {
                continue;
            };
            let options = link
                .bridge
                .map_or_else(BridgeOptions::default, |status| status.options);
            let nets = by_hand(&link);
            let routes: Vec<_> = self.state.routes_of(link.index).cloned().collect();
            // What its own files say of addresses stays.
            let own: Vec<(Place, NetworkdFile)> = networkd
                .own
                .values()
                .map(|file| (Place::Lasting, file.clone()))
                .collect();
            let known = own
                .iter()
                .map(|(_, file)| file)
                .find(|file| file.link == name);
            let adopted = Adopted::among(&own, &name)
                .or_else(|| (!nets.is_empty()).then(|| Adopted::of(&nets, &routes)));
            let files = BridgeFiles {
                change: known.map_or(self.id, |file| file.change),
                rank: known.map_or(Rank::Usual, |file| file.rank),
                name: &name,
                mac: link.mac,
                options: &options,
                adopted: adopted.as_ref(),
                itself: Some(&link),
            };
            let mut written = if touched.contains(&name) {
                files.bridge()?
            } else {
                Vec::new()
            };
            for card in touched
                .iter()
                .filter(|card| self.bridge_of(card).as_ref() == Some(&name))
            {
                let mut file = files.port(card);
                file.rank = self.rank_of(card, &networkd);
                if let Some(link) = self.state.link(card.as_str()) {
                    file.sections.extend(networkd_file::port_sections(link));
                }
                written.push(file);
            }
            wanted.extend(written.into_iter().map(|file| (file.name(), file)));
        }
        let files: Vec<NetworkdFile> = wanted.values().cloned().collect();
        self.refuse_foreign_files(&files)?;
        let own = networkd
            .own
            .into_values()
            .filter(|file| touched.contains(&file.link));
        let gone: Vec<NetworkdFile> = own
            .filter(|file| {
                wanted
                    .get(&file.name())
                    .is_none_or(|new| new.sections != file.sections)
            })
            .collect();
        let lasting = |files: Vec<NetworkdFile>| -> Vec<(Place, NetworkdFile)> {
            files
                .into_iter()
                .map(|file| (Place::Lasting, file))
                .collect()
        };
        if files.is_empty() && gone.is_empty() {
            return Ok(());
        }
        self.keep(ManagerStep::Files {
            write: lasting(files),
            remove: lasting(gone),
            effect: None,
        });
        Ok(())
    }

    /// Where the file of a port has to stand.
    fn rank_of(&self, card: &InterfaceName, networkd: &Networkd) -> Rank {
        if let Some(own) = networkd.own.values().find(|file| file.link == *card) {
            return own.rank;
        }
        let foreign = networkd.links.get(card.as_str());
        foreign.map_or(Rank::Usual, |link| {
            networkd_file::rank_before(&link.file, card).unwrap_or(Rank::Early)
        })
    }

    /// Says what of the plan the program cannot keep.
    fn notice_unkept(&mut self, backend: Backend, touched: &BTreeSet<InterfaceName>) {
        let mut unkept = Vec::new();
        for name in touched {
            let Some(link) = self.state.link(name.as_str()) else {
                continue;
            };
            if let (Some(_), Some(port)) = (self.bridge_of(name), &link.port) {
                let options = PortPatch::between(&PortOptions::default(), &port.options);
                let rest = match backend {
                    Backend::NetworkManager => PortPatch {
                        cost: None,
                        priority: None,
                        hairpin: None,
                        ..options
                    },
                    Backend::Networkd => PortPatch {
                        broadcast_flood: options.broadcast_flood,
                        ..PortPatch::default()
                    },
                };
                if !rest.is_empty() {
                    unkept.push(format!("on port {name}: {}", rest.phrases().join(", ")));
                }
            }
        }
        for planned in &self.steps {
            if let Step::Vlan(VlanStep::AddLink { name, .. }) = &planned.step {
                unkept.push(format!("the sub-interface {name}"));
            }
        }
        if !unkept.is_empty() {
            self.keeping_effect(format!(
                "{} does not keep this, it is gone with the next boot: {}.",
                backend.name(),
                unkept.join("; ")
            ));
        }
    }

    /// A bridge with addresses of the host that a program made for Nova goes by
    /// the undo of its change alone, which also brings the program's own
    /// profile or file back.
    pub(crate) fn refuse_kept_uplink(&self, bridge: &Link) -> Result<()> {
        if self.state.managers.of(&bridge.name.to_string()).is_none()
            || self.own_addresses(bridge) == 0
        {
            return Ok(());
        }
        let error = NovaError::refused(format!(
            "bridge {}: {} carries this host's addresses through it",
            bridge.name,
            self.state
                .managers
                .of(&bridge.name.to_string())
                .map_or("nobody", Backend::name)
        ));
        Err(match self.state.managers.maker_of(bridge) {
            Some(change) => {
                let id: String = change.to_string().chars().take(12).collect();
                error.with_remedy(format!(
                    "Undo the change that made it with \"nova network undo {id}\"."
                ))
            }
            None => error.with_remedy("Delete it with that program."),
        })
    }

    /// Pushes what undoes a change that was kept. What lasts of it stays on the
    /// disk until the undo is kept in its turn.
    pub(crate) fn undo_kept(&mut self, kept: &Plan) -> Result<()> {
        let lasts = !kept.keeping.steps.is_empty();
        if lasts && kept.undoes.is_some() {
            return Err(
                NovaError::refused(format!("\"{}\" is an undo that was kept", kept.title))
                    .with_remedy("Make the change again that it has undone."),
            );
        }
        for planned in kept.steps.iter().rev() {
            match &planned.step {
                Step::Manager(ManagerStep::AddProfile { profile, .. }) if lasts => {
                    self.undo_profile(profile);
                }
                Step::Manager(ManagerStep::Files {
                    write,
                    effect: Some(effect),
                    ..
                }) if lasts => self.undo_files(write, effect),
                _ => {
                    for undo in &planned.undo {
                        self.push(undo.clone());
                    }
                }
            }
        }
        for planned in kept.keeping.steps.iter().rev() {
            match &planned.step {
                // Done above.
                Step::Manager(ManagerStep::MoveProfile { .. }) => {}
                Step::Manager(ManagerStep::Files { remove, .. })
                    if remove.iter().any(|(place, _)| *place == Place::Volatile) => {}
                _ => {
                    for undo in &planned.undo {
                        if let Step::Manager(undo) = undo {
                            self.keep(undo.clone());
                        }
                    }
                }
            }
        }
        if lasts {
            self.keeping.backend = kept.keeping.backend;
            if let Some(backend) = kept.keeping.backend {
                self.keeping_effect(format!(
                    "What {} keeps of \"{}\" is removed when you keep this, not before.",
                    backend.name(),
                    kept.title
                ));
            }
        }
        Ok(())
    }

    fn undo_profile(&mut self, profile: &NmProfile) {
        let link = profile
            .text("connection", "interface-name")
            .and_then(|link| InterfaceName::try_from(link).ok());
        if let (Some(mac), Some(link)) = (profile.bridge_mac(), link) {
            self.push(ManagerStep::Deactivate {
                uuid: profile.uuid.clone(),
                name: profile.name.clone(),
                link,
                mac,
            });
        }
        self.keep(ManagerStep::RemoveProfile {
            profile: profile.clone(),
            place: Place::Lasting,
        });
    }

    fn undo_files(&mut self, written: &[(Place, NetworkdFile)], effect: &FileEffect) {
        let Some(bridge) = &effect.after.bridge else {
            return;
        };
        // What the bridge has, the card has again, by a file that comes first
        // and is gone with the next boot.
        // The bridge itself is let go: whoever configured it must not take the
        // card's routes along when it does.
        let lent: Vec<(Place, NetworkdFile)> = Adopted::among(written, &bridge.name)
            .into_iter()
            .flat_map(|network| {
                [
                    network.about(&effect.after.card, Rank::Undo, self.id),
                    Adopted::let_go().about(&bridge.name, Rank::Undo, self.id),
                ]
            })
            .map(|file| (Place::Volatile, file))
            .collect();
        self.push(ManagerStep::Files {
            write: lent.clone(),
            remove: Vec::new(),
            effect: Some(Box::new(FileEffect {
                after: effect.before.clone(),
                before: effect.after.clone(),
            })),
        });
        self.push(BridgeStep::Delete {
            name: bridge.name.clone(),
            mac: bridge.mac,
        });
        let mut remove: Vec<(Place, NetworkdFile)> = written
            .iter()
            .map(|(_, file)| (Place::Lasting, file.clone()))
            .collect();
        remove.extend(lent);
        self.keep(ManagerStep::Files {
            write: Vec::new(),
            remove,
            effect: None,
        });
    }
}

/// Addresses that nobody leased.
fn by_hand(link: &Link) -> Vec<IpNet> {
    let leased = |net: &IpNet| {
        let mut addresses = link.addresses.iter();
        addresses.any(|address| address.net == *net && address.is_dynamic)
    };
    movable(link).filter(|net| !leased(net)).collect()
}

fn backend_of(step: &Step) -> Option<Backend> {
    match step {
        Step::Manager(ManagerStep::Files { .. }) => Some(Backend::Networkd),
        Step::Manager(_) => Some(Backend::NetworkManager),
        _ => None,
    }
}

fn not_running(backend: Backend) -> NovaError {
    NovaError::refused(format!(
        "{} does not run on this host, it cannot keep the change",
        backend.name()
    ))
    .with_field("persist")
    .with_remedy("Start it, leave \"--persist\" out, or say \"--persist none\".")
}
