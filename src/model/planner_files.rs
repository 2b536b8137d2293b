// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Files of systemd-networkd that are written when a plan is kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::bridge::BridgeOptions;
use crate::error::{NovaError, Result};
use crate::link::{Link, LinkKind, Owner};
use crate::manager::{Backend, Networkd};
use crate::name::InterfaceName;
use crate::networkd::{DropIn, FileKind, NetworkdFile, Place, Rank, Section};
use crate::networkd_file::{self, Adopted, SwitchFiles, SwitchKind};
use crate::networkd_made::{self, Above, Stack};
use crate::planner::Planner;
use crate::planner_persist::by_hand;
use crate::planner_profiles::default_pvid;
use crate::state::HostState;
use crate::step::ManagerStep;

impl Planner {
    pub(crate) fn keep_files(
        &mut self,
        before: &HostState,
        touched: &BTreeSet<InterfaceName>,
    ) -> Result<()> {
        let networkd = before.managers.networkd.clone().unwrap_or_default();
        for name in touched {
            self.add_to_file(before, name)?;
        }
        let touched = &self.with_lower(before, touched, &networkd);
        let mut wanted: BTreeMap<String, NetworkdFile> = BTreeMap::new();
        for name in touched {
            let files = match self.kept_link(name).cloned() {
                Some(link) if link.is_bridge() => self.files_of_bridge(&networkd, name, &link)?,
                Some(link) => self.files_of_made(&networkd, name, &link, touched)?,
                None if self.bears_on_ovs(before, name) => {
                    vec![self.file_of_local_port(&networkd, name, touched)]
                }
                None => self.file_of_card(before, &networkd, name, touched)?,
            };
            wanted.extend(files.into_iter().map(|file| (file.name(), file)));
        }
        // What stands upon a bridge is said in its file, too.
        for name in touched {
            let stack = self.stack(&networkd, name, touched);
            let is_bridge = self.kept_link(name).is_some_and(Link::is_bridge);
            let mut files = wanted.values_mut();
            let file = files.find(|file| file.kind == FileKind::Network && file.link == *name);
            if let (true, Some(file)) = (is_bridge, file) {
                file.sections = with_match(name, stack.applied_to(without_match(&file.sections)));
            }
        }
        let files: Vec<NetworkdFile> = wanted.values().cloned().collect();
        self.refuse_foreign_files(files.iter().map(NetworkdFile::name))?;
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

    /// Options of a bridge or bond that systemd-networkd makes of somebody else's file
    /// stand in one of Nova's beside it.
    pub(crate) fn add_to_file(&mut self, before: &HostState, name: &InterfaceName) -> Result<()> {
        let Some(maker) = before.managers.netdev_of(name) else {
            return Ok(());
        };
        let (Some(was), Some(is)) = (before.link(name.as_str()), self.state.link(name.as_str()))
        else {
            return Ok(());
        };
        let added = maker.addition.as_ref();
        let mut sections = added.map_or_else(Vec::new, |it| it.sections.clone());
        if let (Some(was), Some(is)) = (&was.bridge, &is.bridge) {
            let set = networkd_file::bridge_changes(name, &was.options, &is.options)?;
            networkd_made::replace(&mut sections, "Bridge", set);
        }
        if let (Some(was), Some(is)) = (&was.bond, &is.bond) {
            let set = networkd_made::bond_changes(name, &was.options, &is.options)?;
            networkd_made::replace(&mut sections, "Bond", set);
        }
        if added.map_or(&[][..], |it| &it.sections) == sections {
            return Ok(());
        }
        self.refuse_foreign_files([DropIn::path(&maker.name)])?;
        let after = DropIn {
            beside: maker.name.clone(),
            change: self.id,
            sections,
        };
        self.keep(ManagerStep::Addition {
            link: name.clone(),
            beside: maker.name.clone(),
            before: maker.addition.clone(),
            after: Some(after),
        });
        Ok(())
    }

    /// What the plan touched with the links below its sub-interfaces, whose
    /// files name those.
    fn with_lower(
        &self,
        before: &HostState,
        touched: &BTreeSet<InterfaceName>,
        networkd: &Networkd,
    ) -> BTreeSet<InterfaceName> {
        let below = |state: &HostState, name: &InterfaceName| -> Option<InterfaceName> {
            let link = state.link(name.as_str())?;
            if !matches!(link.kind, LinkKind::Vlan { .. }) {
                return None;
            }
            state.links.get(&link.lower?)?.name.to_interface_name().ok()
        };
        let mut all = touched.clone();
        for name in touched {
            let is_kept = self.kept_link(name).is_some();
            let was_kept = networkd.own.values().any(|file| file.link == *name);
            if is_kept || was_kept {
                all.extend(below(&self.state, name).or_else(|| below(before, name)));
            }
        }
        all
    }

    fn files_of_bridge(
        &self,
        networkd: &Networkd,
        name: &InterfaceName,
        link: &Link,
    ) -> Result<Vec<NetworkdFile>> {
        let options = link
            .bridge
            .map_or_else(BridgeOptions::default, |status| status.options);
        let known = own(networkd, name);
        let adopted = self.addresses_of(networkd, name, link);
        SwitchFiles {
            change: known.map_or(self.id, |file| file.change),
            rank: known.map_or(Rank::Usual, |file| file.rank),
            name,
            mac: link.mac,
            kind: SwitchKind::Bridge(&options),
            adopted: adopted.as_ref(),
            itself: Some(link),
        }
        .switch()
    }

    /// The file that gives a bridge of Open vSwitch, which makes it by itself, the
    /// addresses of this host as they are then.
    fn file_of_local_port(
        &self,
        networkd: &Networkd,
        name: &InterfaceName,
        touched: &BTreeSet<InterfaceName>,
    ) -> NetworkdFile {
        let link = self.state.link(name.as_str());
        let adopted = link.map_or_else(Adopted::default, |link| {
            let routes: Vec<_> = self.state.routes_of(link.index).cloned().collect();
            Adopted::of(&by_hand(link), &routes)
        });
        let known = own(networkd, name);
        let mut file = adopted.about(
            name,
            known.map_or(Rank::Usual, |file| file.rank),
            known.map_or(self.id, |file| file.change),
        );
        let stack = self.stack(networkd, name, touched);
        file.sections = with_match(name, stack.applied_to(without_match(&file.sections)));
        file
    }

    /// What its own files say of addresses stays; else those it has.
    fn addresses_of(
        &self,
        networkd: &Networkd,
        name: &InterfaceName,
        link: &Link,
    ) -> Option<Adopted> {
        let own: Vec<(Place, NetworkdFile)> = networkd
            .own
            .values()
            .map(|file| (Place::Lasting, file.clone()))
            .collect();
        let nets = by_hand(link);
        let routes: Vec<_> = self.state.routes_of(link.index).cloned().collect();
        Adopted::among(&own, name)
            .or_else(|| (!nets.is_empty()).then(|| Adopted::of(&nets, &routes)))
    }

    /// The files of a bond or of a sub-interface.
    fn files_of_made(
        &self,
        networkd: &Networkd,
        name: &InterfaceName,
        link: &Link,
        touched: &BTreeSet<InterfaceName>,
    ) -> Result<Vec<NetworkdFile>> {
        if let Some(bond) = &link.bond {
            networkd_made::bond_options(name, &bond.options)?;
        }
        let known = own(networkd, name);
        let netdev = NetworkdFile {
            kind: FileKind::Netdev,
            link: name.clone(),
            rank: known.map_or(Rank::Usual, |file| file.rank),
            change: known.map_or(self.id, |file| file.change),
            sections: networkd_made::netdev(name, link),
        };
        let sections = match self.addresses_of(networkd, name, link) {
            Some(adopted) => {
                without_match(&adopted.about(name, netdev.rank, netdev.change).sections)
            }
            None => networkd_made::plain(),
        };
        let mut stack = self.stack(networkd, name, touched);
        stack.mtu = stack.mtu.or(self.unusual_mtu(link));
        let sections = with_match(name, self.port_parts(link, &stack, sections));
        let network = NetworkdFile {
            kind: FileKind::Network,
            sections,
            ..netdev.clone()
        };
        Ok(vec![netdev, network])
    }

    /// The file of a card that is a port or a member, that sub-interfaces stand
    /// on, that gave its addresses to Open vSwitch, or whose MTU is set; nothing where
    /// it needs none of Nova's.
    fn file_of_card(
        &self,
        before: &HostState,
        networkd: &Networkd,
        name: &InterfaceName,
        touched: &BTreeSet<InterfaceName>,
    ) -> Result<Vec<NetworkdFile>> {
        let Some(link) = self.state.link(name.as_str()) else {
            return Ok(Vec::new());
        };
        let stack = self.stack(networkd, name, touched);
        let known = own(networkd, name);
        let foreign = networkd
            .links
            .get(name.as_str())
            .filter(|_| known.is_none());
        let is_in_ovs =
            self.gave_to_ovs(before, name) || known.is_some() && self.bridge_of_ovs(name).is_some();
        let is_needed = stack.above.is_some() || !stack.vlans.is_empty() || is_in_ovs;
        let base = match (known, foreign) {
            (Some(file), _) => {
                let sections = without_match(&file.sections);
                // Of a file that was there for the switch alone nothing is left.
                let rest = Stack::default().applied_to(sections.clone());
                let rest: Vec<&Section> = rest
                    .iter()
                    .filter(|section| !matches!(section.name(), "Bridge" | "BridgeVLAN"))
                    .collect();
                let says_more = rest.iter().any(|section| {
                    section.entries().iter().any(|(key, _)| {
                        !matches!(
                            key.as_str(),
                            "LinkLocalAddressing" | "RequiredForOnline" | "ConfigureWithoutCarrier"
                        )
                    })
                });
                if !is_needed && !says_more && stack.mtu.is_none() {
                    return Ok(Vec::new());
                }
                sections
            }
            (None, Some(foreign)) if stack.above.is_none() => {
                let text = foreign.text.as_deref();
                match text.map(networkd_made::again) {
                    _ if !is_needed && stack.mtu.is_none() => return Ok(Vec::new()),
                    Some(sections) => sections?,
                    None => return Ok(Vec::new()),
                }
            }
            _ if is_needed => networkd_made::plain(),
            _ => return Ok(Vec::new()),
        };
        let sections = with_match(name, self.port_parts(link, &stack, base));
        Ok(vec![NetworkdFile {
            kind: FileKind::Network,
            link: name.clone(),
            rank: self.rank_of(name, networkd)?,
            change: known.map_or(self.id, |file| file.change),
            sections,
        }])
    }

    /// What a link has as the port of a bridge, instead of what a file said.
    fn port_parts(&self, link: &Link, stack: &Stack, sections: Vec<Section>) -> Vec<Section> {
        let mut sections = stack.applied_to(sections);
        sections.retain(|section| !matches!(section.name(), "Bridge" | "BridgeVLAN"));
        if stack.above.as_ref().is_some_and(|above| !above.is_bond) {
            let bridge = link.controller.and_then(|at| self.state.links.get(&at));
            let usual = bridge.map_or(0, default_pvid);
            sections.extend(networkd_file::port_sections(link, usual));
        }
        sections
    }

    /// What stands above a link and upon it, of what is kept.
    fn stack(
        &self,
        networkd: &Networkd,
        name: &InterfaceName,
        touched: &BTreeSet<InterfaceName>,
    ) -> Stack {
        let Some(link) = self.state.link(name.as_str()) else {
            return Stack::default();
        };
        let kept = self.kept_above(name).and_then(|above| {
            let bond = self.kept_link(&above)?.bond.as_ref();
            Some(Above {
                is_bond: bond.is_some(),
                is_primary: bond.is_some_and(|bond| bond.primary == Some(link.index)),
                name: above,
            })
        });
        let above = kept.or_else(|| {
            let (name, _) = self.above_of_another(name, Backend::Networkd)?;
            Some(Above {
                is_bond: false,
                is_primary: false,
                name,
            })
        });
        let is_kept = |upper: &Link, upper_name: &InterfaceName| {
            upper.owner == Owner::Nova
                && (touched.contains(upper_name) || own(networkd, upper_name).is_some())
        };
        let vlans = self
            .state
            .links
            .values()
            .filter(|upper| {
                upper.lower == Some(link.index) && matches!(upper.kind, LinkKind::Vlan { .. })
            })
            .filter_map(|upper| Some((upper, upper.name.to_interface_name().ok()?)))
            .filter(|(upper, upper_name)| is_kept(upper, upper_name))
            .map(|(_, upper_name)| upper_name)
            .collect();
        Stack {
            above,
            vlans,
            mtu: self.mtu_set(name).filter(|_| link.bond_member.is_none()),
        }
    }

    /// Where the file of a port has to stand.
    fn rank_of(&self, card: &InterfaceName, networkd: &Networkd) -> Result<Rank> {
        if let Some(own) = own(networkd, card) {
            return Ok(own.rank);
        }
        let Some(foreign) = networkd.links.get(card.as_str()) else {
            return Ok(Rank::Usual);
        };
        networkd_file::rank_before(&foreign.file, card).ok_or_else(|| {
            NovaError::refused(format!(
                "{card}: systemd-networkd cannot keep it, for {} comes before every file that Nova writes",
                crate::name::printable(&foreign.file)
            ))
            .with_field("persist")
            .with_remedy("Rename that file to begin with a higher number, or say \"--persist none\".")
        })
    }
}

fn own<'a>(networkd: &'a Networkd, link: &InterfaceName) -> Option<&'a NetworkdFile> {
    networkd.own.values().find(|file| file.link == *link)
}

fn without_match(sections: &[Section]) -> Vec<Section> {
    let rest = sections.iter().filter(|section| section.name() != "Match");
    rest.cloned().collect()
}

fn with_match(name: &InterfaceName, sections: Vec<Section>) -> Vec<Section> {
    let mut all = vec![Section::new("Match").with("Name", name)];
    all.extend(sections);
    all
}
