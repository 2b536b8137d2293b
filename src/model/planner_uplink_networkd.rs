// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bridge or a bond above a card that systemd-networkd configures: files by
//! which it makes it.

use crate::error::{NovaError, Result};
use crate::manager::NetworkdLink;
use crate::name::{InterfaceName, printable};
use crate::networkd::{NetworkdFile, Place, Rank};
use crate::networkd_file::{self, SwitchFiles, SwitchKind};
use crate::planner::Planner;
use crate::planner_uplink::{Move, Wish, refuse_lost_address};
use crate::step::{FileEffect, ManagerStep};

impl Planner {
    /// Has systemd-networkd make what is to stand above a card, by files for that
    /// and one for each card.
    pub(crate) fn make_with_networkd(&mut self, moved: &Move) -> Result<()> {
        let adopted = networkd_file::adopt(self.text_of(moved, &moved.card)?)
            .map_err(|error| self.refuse_text(moved, &moved.card, &error))?
            .with_iaid(self.networkd_link(&moved.card).iaid);
        let adopted = match self.state.link(moved.card.as_str()) {
            Some(card) if matches!(moved.wish, Wish::Bond { .. }) => {
                adopted.with_mtu(self.unusual_mtu(card))
            }
            _ => adopted,
        };
        let file = self.networkd_link(&moved.card).file;
        let place = printable(&file);
        refuse_lost_address(moved, &adopted.addresses(), &place)?;
        self.refuse_lost_route(moved, &place)?;
        let joining: Vec<&InterfaceName> =
            moved.after.others.iter().map(|other| &other.card).collect();
        let mut rank = self.rank_before(moved, &moved.card)?;
        let mut others = Vec::new();
        for card in &joining {
            rank = rank.min(self.rank_before(moved, card)?);
            others.push(self.again(moved, card)?);
        }
        let files = SwitchFiles {
            change: self.id,
            rank,
            name: &moved.name,
            mac: Some(moved.mac),
            kind: kind(&moved.wish),
            adopted: Some(&adopted),
            itself: None,
        };
        let mut written = files.switch().map_err(|error| match moved.wish {
            // The program that has the card makes the bond, kept or not.
            Wish::Bond { .. } => error.with_remedy("Choose another policy."),
            Wish::Bridge(_) | Wish::OpenVSwitch(_) => error,
        })?;
        written.push(files.port(&moved.card));
        written.extend(joining.iter().map(|card| files.port(card)));
        let cards: Vec<InterfaceName> = std::iter::once(&moved.card)
            .chain(joining)
            .cloned()
            .collect();
        self.change_files(moved, written, others, &cards)
    }

    /// Makes a card a member of a bond that systemd-networkd has.
    pub(crate) fn join_with_networkd(&mut self, moved: &Move) -> Result<()> {
        let again = self.again(moved, &moved.card)?;
        let file = SwitchFiles {
            change: self.id,
            rank: self.rank_before(moved, &moved.card)?,
            name: &moved.name,
            mac: Some(moved.mac),
            kind: kind(&moved.wish),
            adopted: None,
            itself: None,
        }
        .port(&moved.card);
        let cards = [moved.card.clone()];
        self.change_files(moved, vec![file], vec![again], &cards)
    }

    /// Writes the files, has them read, and keeps them.
    fn change_files(
        &mut self,
        moved: &Move,
        written: Vec<NetworkdFile>,
        others: Vec<NetworkdFile>,
        cards: &[InterfaceName],
    ) -> Result<()> {
        self.refuse_foreign_files(written.iter().map(NetworkdFile::name))?;
        let at = |place: Place| -> Vec<(Place, NetworkdFile)> {
            written.iter().map(|file| (place, file.clone())).collect()
        };
        self.push(ManagerStep::Files {
            write: at(Place::Volatile),
            remove: Vec::new(),
            effect: Some(Box::new(FileEffect {
                after: match moved.wish {
                    // Nothing is heard of the card before Open vSwitch has it.
                    Wish::OpenVSwitch(_) => moved.after.unreached(),
                    _ => moved.after.clone(),
                },
                before: moved.before.clone(),
                others,
            })),
        });
        self.keep(ManagerStep::Files {
            write: at(Place::Lasting),
            remove: at(Place::Volatile),
            effect: None,
        });
        for card in cards {
            let file = self.networkd_link(card).file;
            self.keeping_effect(format!(
                "{} stays as it is; for {card} the new files come first.",
                printable(&file)
            ));
        }
        Ok(())
    }

    fn networkd_link(&self, card: &InterfaceName) -> NetworkdLink {
        let link = self.state.managers.networkd_link(card.as_str());
        link.cloned().unwrap_or_default()
    }

    fn text_of(&self, moved: &Move, card: &InterfaceName) -> Result<&str> {
        let link = self.state.managers.networkd_link(card.as_str());
        link.and_then(|link| link.text.as_deref()).ok_or_else(|| {
            let file = link.map(|link| printable(&link.file)).unwrap_or_default();
            moved.refuse(card, &format!("Nova may not read {file}"))
        })
    }

    fn refuse_text(&self, moved: &Move, card: &InterfaceName, error: &NovaError) -> NovaError {
        let file = printable(&self.networkd_link(card).file);
        moved
            .refuse(card, &format!("{file}: {}", error.message()))
            .with_remedy(format!(
                "Make the {} by hand in the files of systemd-networkd.",
                moved.wish.word()
            ))
    }

    /// What the file of a card says, to be said again while an undo waits.
    fn again(&self, moved: &Move, card: &InterfaceName) -> Result<NetworkdFile> {
        let sections = networkd_file::adopt(self.text_of(moved, card)?)
            .map_err(|error| self.refuse_text(moved, card, &error))?
            .with_iaid(self.networkd_link(card).iaid);
        Ok(sections.about(card, Rank::Undo, self.id))
    }

    fn rank_before(&self, moved: &Move, card: &InterfaceName) -> Result<Rank> {
        let file = self.networkd_link(card).file;
        networkd_file::rank_before(&file, card).ok_or_else(|| {
            moved
                .refuse(
                    card,
                    &format!(
                        "{} comes before every file that Nova writes",
                        printable(&file)
                    ),
                )
                .with_remedy("Rename that file to begin with a higher number.")
        })
    }

    /// Writes the file of a member that joins by hand.
    pub(crate) fn keep_port_with_networkd(
        &mut self,
        moved: &Move,
        member: &InterfaceName,
        primary: Option<&InterfaceName>,
    ) -> Result<()> {
        let Wish::Bond { options, .. } = &moved.wish else {
            return Ok(());
        };
        let file = SwitchFiles {
            change: self.id,
            rank: Rank::Usual,
            name: &moved.name,
            mac: Some(moved.mac),
            kind: SwitchKind::Bond { options, primary },
            adopted: None,
            itself: None,
        }
        .port(member);
        self.refuse_foreign_files([file.name()])?;
        self.keep(ManagerStep::Files {
            write: vec![(Place::Lasting, file)],
            remove: Vec::new(),
            effect: None,
        });
        Ok(())
    }

    /// Refuses to write over a file that is not Nova's own, by the names below
    /// `/etc/systemd/network`.
    pub(crate) fn refuse_foreign_files(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> Result<()> {
        let foreign = self.state.managers.networkd.as_ref().map(|it| &it.foreign);
        let taken = names
            .into_iter()
            .find(|name| foreign.is_some_and(|foreign| foreign.contains(name)));
        match taken {
            None => Ok(()),
            Some(name) => Err(NovaError::refused(format!(
                "{}/{name} stands already, and Nova did not write it or somebody altered it",
                Place::Lasting.folder()
            ))
            .with_remedy("Move that file away first, or keep the change until the next boot only with \"--persist none\".")),
        }
    }
}

const fn kind(wish: &Wish) -> SwitchKind<'_> {
    match wish {
        Wish::Bridge(options) => SwitchKind::Bridge(options),
        Wish::Bond { options, primary } => SwitchKind::Bond {
            options,
            primary: primary.as_ref(),
        },
        Wish::OpenVSwitch(_) => SwitchKind::OpenVSwitch,
    }
}
