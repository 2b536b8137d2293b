// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What undoes a change that was kept, and what of it is written then.

use crate::change::Change;
use crate::error::Result;
use crate::name::InterfaceName;
use crate::networkd::{FileKind, NetworkdFile, Place, Rank};
use crate::networkd_file::Adopted;
use crate::nm::NmProfile;
use crate::persist::Persist;
use crate::plan::Plan;
use crate::planner::Planner;
use crate::planner_mirror_vlan::{copied_untagged, follows_vlans};
use crate::step::{Activation, ActiveProfile, BondStep, FileEffect, LinkStep, ManagerStep, Step};
use crate::uplink::{Above, OtherCard};

impl Planner {
    /// Pushes what undoes a change that was kept. What lasts of it stays on the
    /// disk until the undo is kept in its turn.
    pub(crate) fn undo_kept(&mut self, kept: &Plan) -> Result<()> {
        let mut copied = copied_untagged(&self.state);
        let before = self.state.clone();
        let lasts = !kept.keeping.steps.is_empty();
        self.let_members_go(kept);
        for change in &kept.changes.changes {
            if let Change::AddMirror(add) = change {
                self.undo_later_bare_copies(add, &mut copied)?;
            }
        }
        let mut last = Vec::new();
        let adopted = self.adopted_members(kept);
        let is_adopted = |step: &Step| adopted.iter().any(|it| is_about(step, it));
        for planned in kept.steps.iter().rev() {
            match &planned.step {
                step if is_adopted(step) => {}
                Step::Manager(ManagerStep::Activate { after, before }) if !adopted.is_empty() => {
                    let back = self.with_adopted(before, &adopted);
                    self.push(ManagerStep::Activate {
                        after: Box::new(back),
                        before: after.clone(),
                    });
                }
                Step::Manager(ManagerStep::AddProfile { profile, .. }) if lasts => {
                    self.undo_profile(profile);
                }
                // On the disk it is changed back when the undo is kept.
                Step::Manager(ManagerStep::ReplaceProfile { before, after, .. }) if lasts => {
                    self.push(ManagerStep::ReplaceProfile {
                        before: after.clone(),
                        after: before.clone(),
                        from: Place::Lasting,
                        to: Place::Volatile,
                    });
                }
                Step::Manager(ManagerStep::Files {
                    write,
                    effect: Some(effect),
                    ..
                }) if lasts && !write.is_empty() => last.push(self.undo_files(write, effect)),
                _ => {
                    // What mirrors of VLANs copy without a tag follows at the end.
                    for undo in planned.undo.iter().filter(|undo| !follows_vlans(undo)) {
                        self.push(undo.clone());
                    }
                }
            }
        }
        for change in &kept.changes.changes {
            // For the time until the next boot it followed nothing.
            let follows = !kept.is_undo() && kept.changes.persist != Persist::None;
            if let (Change::AddMirror(add), true) = (change, follows) {
                self.undo_later_copies(add)?;
            }
        }
        self.follow_vlans(&copied)?;
        for planned in kept.keeping.steps.iter().rev() {
            match &planned.step {
                // Done above.
                Step::Manager(ManagerStep::MoveProfile { .. }) => {}
                Step::Manager(ManagerStep::Files { remove, .. })
                    if remove.iter().any(|(place, _)| *place == Place::Volatile) => {}
                // A later change has added to it: what that says stays.
                Step::Manager(ManagerStep::Addition { link, after, .. })
                    if self
                        .state
                        .managers
                        .netdev_of(link)
                        .is_some_and(|it| it.addition != *after) =>
                {
                    self.add_to_file(&before, link)?;
                }
                _ => {
                    for undo in &planned.undo {
                        if let Step::Manager(undo) = undo {
                            self.keep(undo.clone());
                        }
                    }
                }
            }
        }
        // When all the files are gone, they are read again.
        for files in last {
            self.keep(files);
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

    /// Has systemd-networkd leave alone the members that joined by hand: by what
    /// was written of them it would set them up again and take them back into the
    /// bond as soon as they have left it.
    fn let_members_go(&mut self, kept: &Plan) {
        let effect = kept.steps.iter().find_map(|planned| match &planned.step {
            Step::Manager(ManagerStep::Files { effect, .. }) => effect.as_deref(),
            _ => None,
        });
        let written: Vec<&NetworkdFile> = kept
            .keeping
            .steps
            .iter()
            .filter_map(|planned| match &planned.step {
                Step::Manager(ManagerStep::Files { write, .. }) => Some(write),
                _ => None,
            })
            .flatten()
            .map(|(_, file)| file)
            .filter(|file| file.kind == FileKind::Network)
            .collect();
        let members = kept
            .steps
            .iter()
            .filter_map(|planned| match &planned.step {
                Step::Bond(step) => step.joining(),
                _ => None,
            })
            .filter(|member| written.iter().any(|file| file.link == **member));
        let lent: Vec<(Place, NetworkdFile)> = members
            .map(|member| Adopted::let_go().about(member, Rank::Undo, self.id))
            .map(|file| (Place::Volatile, file))
            .collect();
        let (Some(effect), false) = (effect, lent.is_empty()) else {
            return;
        };
        self.push(ManagerStep::Files {
            write: lent.clone(),
            remove: Vec::new(),
            effect: Some(Box::new(FileEffect {
                after: effect.after.clone(),
                before: effect.after.clone(),
                others: Vec::new(),
            })),
        });
        self.keep(ManagerStep::Files {
            write: Vec::new(),
            remove: lent,
            effect: None,
        });
    }

    /// Members that joined by hand and that `NetworkManager` configures since a
    /// boot, by what was written of them: it takes them out and in itself.
    fn adopted_members(&self, kept: &Plan) -> Vec<InterfaceName> {
        let steps = kept.steps.iter().map(|planned| &planned.step);
        let is_nm = steps
            .clone()
            .any(|step| matches!(step, Step::Manager(ManagerStep::Activate { .. })));
        steps
            .filter_map(|step| match step {
                Step::Bond(step) if is_nm => step.joining(),
                _ => None,
            })
            .filter(|card| self.state.managers.nm_link(card.as_str()).is_some())
            .cloned()
            .collect()
    }

    /// What was active before, with these members: in the bond by their profiles
    /// that name the one it had then, or in none.
    fn with_adopted(&self, before: &Activation, adopted: &[InterfaceName]) -> Activation {
        let mut back = before.clone();
        let card = &before.uplink.card;
        let of_card = before.profiles.iter().find(|it| it.card == *card);
        let bond = self.is_bond(card).then(|| card.clone());
        let daemon = self.state.managers.network_manager.iter();
        let own: Vec<&NmProfile> = daemon.flat_map(|nm| &nm.own).collect();
        for member in adopted {
            let names = |profile: &&&NmProfile| {
                profile.about() == Some(member.as_str())
                    && of_card.is_some_and(|it| {
                        profile.text("connection", "master") == Some(it.uuid.as_str())
                            || profile.text("connection", "controller") == Some(it.uuid.as_str())
                    })
            };
            if let Some(profile) = own.iter().find(names) {
                back.profiles.push(ActiveProfile::new(member, profile));
            }
            back.uplink.others.push(OtherCard {
                card: member.clone(),
                bond: bond.clone(),
                is_leased: false,
            });
        }
        back
    }

    fn undo_profile(&mut self, profile: &NmProfile) {
        if let Some((link, mac)) = profile.link_made() {
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

    fn undo_files(
        &mut self,
        written: &[(Place, NetworkdFile)],
        effect: &FileEffect,
    ) -> ManagerStep {
        // What stood before is only left.
        let above = effect.after.above.as_ref();
        let made = above.filter(|_| effect.before.above.is_none());
        // What the bridge or bond has, the card has again, by a file that comes
        // first and is gone with the next boot.
        // The bridge or bond itself is let go: whoever configured it must not
        // take the card's routes along when it does.
        let itself = made.into_iter().flat_map(|above| {
            let network = Adopted::among(written, &above.name);
            let network = network.map(|it| it.about(&effect.after.card, Rank::Undo, self.id));
            let let_go = Adopted::let_go().about(&above.name, Rank::Undo, self.id);
            network.into_iter().chain([let_go])
        });
        let others = effect.others.iter().map(|file| NetworkdFile {
            change: self.id,
            ..file.clone()
        });
        let lent: Vec<(Place, NetworkdFile)> = itself
            .chain(others)
            .map(|file| (Place::Volatile, file))
            .collect();
        self.push(ManagerStep::Files {
            write: lent.clone(),
            remove: Vec::new(),
            effect: Some(Box::new(FileEffect {
                after: effect.before.clone(),
                before: effect.after.clone(),
                others: Vec::new(),
            })),
        });
        for step in made.map(Above::deletion).unwrap_or_default() {
            self.push(step);
        }
        let mut remove: Vec<(Place, NetworkdFile)> = written
            .iter()
            .map(|(_, file)| (Place::Lasting, file.clone()))
            .collect();
        remove.extend(lent);
        // The card is left to the file that configured it before all this;
        // otherwise systemd-networkd would go on by one that is not there.
        ManagerStep::Files {
            write: Vec::new(),
            remove,
            effect: Some(Box::new(FileEffect {
                after: effect.before.clone(),
                before: effect.before.clone(),
                others: Vec::new(),
            })),
        }
    }
}

/// Whether a step takes this card into a bond or out of it by hand.
fn is_about(step: &Step, card: &InterfaceName) -> bool {
    match step {
        Step::Bond(BondStep::AddMember { link, .. } | BondStep::RemoveMember { link, .. })
        | Step::Link(LinkStep::SetUp { link, .. } | LinkStep::SetMtu { link, .. }) => {
            link.name == *card
        }
        Step::Bond(BondStep::SetPrimary { primary, .. }) => primary.as_ref() == Some(card),
        _ => false,
    }
}
