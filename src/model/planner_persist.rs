// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What of a plan is written down when it is kept, so that the host comes back
//! with it after a boot.

use std::collections::BTreeSet;

use crate::address::IpNet;
use crate::error::{ErrorKind, NovaError, Result};
use crate::link::{Link, LinkKind, Owner};
use crate::manager::Backend;
use crate::name::InterfaceName;
use crate::networkd::{NetworkdFile, Place};
use crate::nm::NmProfile;
use crate::ovs::OvsBridge;
use crate::persist::Persist;
use crate::planner::Planner;
use crate::planner_uplink::is_kept_as_port;
use crate::reach::movable;
use crate::state::HostState;
use crate::step::{LinkStep, ManagerStep, Step};
use crate::uplink::AboveKind;

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
        let touched = self.touched(before, asked);
        self.refuse_silent(before, asked, &touched)?;
        let stays = self
            .steps
            .iter()
            .any(|planned| planned.step.outlives_boot());
        if touched.is_empty() {
            self.notice_fleeting(asked);
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
            // What a program keeps already it would bring back as it was.
            _ => touched
                .iter()
                .find_map(|name| before.managers.keeper_of(name))
                .or_else(|| {
                    let mut above = touched.iter().filter_map(|name| self.kept_above(name));
                    above.find_map(|above| before.managers.keeper_of(&above))
                })
                .or_else(|| touched.iter().find_map(|name| configures(before, name)))
                .or_else(|| touched.iter().find_map(|name| self.program_above(name)))
                .or_else(|| before.managers.of_the_uplink(before)),
        };
        // Of Open vSwitch it alone keeps something.
        if backend != Some(Backend::Networkd) {
            self.notice_stranded(before, &touched);
        }
        let Some(backend) = backend else {
            let what = if stays {
                let names: Vec<&str> = touched.iter().map(InterfaceName::as_str).collect();
                format!(
                    "What is in Open vSwitch stays; what else is set on {} is gone with the next boot",
                    names.join(", ")
                )
            } else {
                "It is gone with the next boot".to_owned()
            };
            self.keeping_effect(if asked == Persist::None {
                format!("{what}, as asked.")
            } else {
                format!("{what}: neither NetworkManager nor systemd-networkd configures the uplink of this host.")
            });
            self.make_again(None, asked);
            return Ok(());
        };
        refuse_second_manager(before, backend, &touched)?;
        self.refuse_keeper_above(before, backend, &touched)?;
        match backend {
            Backend::NetworkManager => self.keep_profiles(before, &touched)?,
            Backend::Networkd => self.keep_files(before, &touched)?,
        }
        self.notice_unkept(before, backend, asked, &touched);
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

    /// What a program configures that does not answer is not known: its address
    /// may not be moved by hand, and its profiles not be added to.
    fn refuse_silent(
        &self,
        before: &HostState,
        asked: Persist,
        touched: &BTreeSet<InterfaceName>,
    ) -> Result<()> {
        let moves = self
            .steps
            .iter()
            .any(|planned| planned.step.touches_reach(self, before));
        match self.silence() {
            Some(silence) if moves => Err(silence),
            Some(silence) if !touched.is_empty() && asked != Persist::None => {
                let status = silence.remedy().unwrap_or_default().to_owned();
                Err(silence.with_remedy(format!(
                    "{status} With \"--persist none\" the change is made until the next boot only."
                )))
            }
            _ => Ok(()),
        }
    }

    /// What is said where a program that may configure a card does not answer.
    pub(crate) fn silence(&self) -> Option<NovaError> {
        let silent = self.state.managers.silent.first()?;
        let error = NovaError::new(
            ErrorKind::DaemonMissing,
            format!(
                "{} runs and does not answer; what it configures cannot be told",
                silent.name()
            ),
        );
        Some(error.with_remedy(format!(
            "\"systemctl status {}\" shows what it does.",
            silent.unit()
        )))
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
            match self.uplink_on_ovs() {
                Some((card, bridge)) => {
                    self.keeping_effect(format!(
                        "What is in Open vSwitch stays; what {} has of {bridge} is gone with the next boot, as asked.",
                        backend.name()
                    ));
                    self.notice(stranded(
                        &card,
                        &bridge,
                        "; \"--persist auto\" has systemd-networkd give them",
                    ));
                }
                None => self.keeping_effect("It is gone with the next boot, as asked.".to_owned()),
            }
            return Ok(());
        }
        self.keeping.backend = Some(backend);
        let names: Vec<String> = self
            .keeping
            .steps
            .iter()
            .filter_map(|planned| match &planned.step {
                Step::Manager(
                    ManagerStep::MoveProfile { name, .. }
                    | ManagerStep::AddProfile {
                        profile: NmProfile { name, .. },
                        ..
                    },
                ) => Some(format!("\"{}\"", crate::name::printable(name))),
                _ => None,
            })
            .collect();
        let names = match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        let effect = match backend {
            Backend::NetworkManager => format!(
                "NetworkManager keeps it: the profiles {names} are written to the disk when you keep the change, not before."
            ),
            Backend::Networkd => format!(
                "systemd-networkd keeps it: the files move to {} when you keep the change, not before.",
                Place::Lasting.folder()
            ),
        };
        self.keeping.effects.insert(0, effect);
        Ok(())
    }

    /// Links whose configuration the plan changed, the switches and bonds of
    /// Nova's above them that nobody keeps so far, and the links that were kept in
    /// what goes.
    fn touched(&self, before: &HostState, asked: Persist) -> BTreeSet<InterfaceName> {
        let mut touched = BTreeSet::new();
        for planned in &self.steps {
            if !self.is_bound(&planned.step, asked) {
                touched.extend(planned.step.lasting_subjects());
            }
        }
        let above: Vec<InterfaceName> = touched
            .iter()
            .filter_map(|name| self.kept_above(name))
            .filter(|above| !before.managers.keeps(above))
            .collect();
        touched.extend(above);
        // What would put a link into a switch or bond that goes has no use, also
        // where somebody has taken the link out of it since.
        let gone = touched
            .iter()
            .filter(|name| self.state.link(name.as_str()).is_none());
        let left: Vec<InterfaceName> = gone
            .flat_map(|name| before.managers.put_into(name))
            .filter(|name| self.kept_above(name).is_none())
            .collect();
        touched.extend(left);
        touched
    }

    /// One program cannot put a link into what the other makes at the next boot.
    fn refuse_keeper_above(
        &self,
        before: &HostState,
        backend: Backend,
        touched: &BTreeSet<InterfaceName>,
    ) -> Result<()> {
        for name in touched {
            let Some(above) = self.kept_above(name) else {
                continue;
            };
            let keeper = before.managers.keeper_of(&above);
            if let Some(other) = keeper.filter(|other| *other != backend) {
                return Err(NovaError::refused(format!(
                    "{name}: {} would keep it, and {} keeps {above}, which it belongs to",
                    backend.name(),
                    other.name()
                ))
                .with_field("persist")
                .with_remedy(match configures(before, name) == Some(backend) {
                    true => format!(
                        "Take {name} out of {} first, or say \"--persist none\".",
                        backend.name()
                    ),
                    false => "Leave \"--persist\" out, or say \"--persist none\".".to_owned(),
                }));
            }
        }
        Ok(())
    }

    /// A bridge of Open vSwitch that got the addresses of a card with this plan, by
    /// its local port.
    pub(crate) fn bears_on_ovs(&self, before: &HostState, name: &InterfaceName) -> bool {
        let nets = |state: &HostState| state.link(name.as_str()).map(by_hand).unwrap_or_default();
        let had = nets(before);
        self.state.ovs.bridge(name.as_str()).is_some()
            && nets(&self.state).iter().any(|net| !had.contains(net))
    }

    /// A bridge of Open vSwitch whose addresses a file of Nova's gives it goes by the
    /// undo of its change alone: nobody would give them to the card.
    pub(crate) fn refuse_kept_on_ovs(&self, name: &InterfaceName) -> Result<()> {
        let networkd = self.state.managers.networkd.iter();
        let mut files = networkd.flat_map(|networkd| networkd.own.values());
        let gives = |file: &&NetworkdFile| {
            let mut sections = file.sections.iter();
            file.link == *name
                && sections.any(|section| {
                    let mut keys = ["Address", "DHCP"].into_iter();
                    keys.any(|key| section.value(key).is_some_and(|value| value != "no"))
                })
        };
        let Some(file) = files.find(gives) else {
            return Ok(());
        };
        let id: String = file.change.to_string().chars().take(12).collect();
        Err(NovaError::refused(format!(
            "bridge {name}: systemd-networkd gives it this host's addresses, by a file of Nova's"
        ))
        .with_remedy(format!(
            "Undo the change that wrote that file with \"nova network undo {id}\"."
        )))
    }

    /// A card that gave its addresses to the bridge of Open vSwitch it is a port of.
    pub(crate) fn gave_to_ovs(&self, before: &HostState, name: &InterfaceName) -> bool {
        let gave = before
            .link(name.as_str())
            .is_some_and(|link| !by_hand(link).is_empty());
        gave && self.bridge_of_ovs(name).is_some()
    }

    /// The bridge of Open vSwitch that a link other than its local port belongs to.
    pub(crate) fn bridge_of_ovs(&self, name: &InterfaceName) -> Option<&OvsBridge> {
        let ovs = self.state.ovs.state()?;
        let (bridge, _) = ovs.port_of_interface(name.as_str())?;
        (bridge.name != name.as_str()).then_some(bridge)
    }

    /// Open vSwitch takes a card again with each boot; the addresses that moved with
    /// it somebody has to give again.
    fn notice_stranded(&mut self, before: &HostState, touched: &BTreeSet<InterfaceName>) {
        let bridges = touched
            .iter()
            .filter(|name| self.bears_on_ovs(before, name));
        let bridges: Vec<String> = bridges.map(ToString::to_string).collect();
        let cards = touched.iter().filter(|name| self.gave_to_ovs(before, name));
        let cards: Vec<String> = cards.map(ToString::to_string).collect();
        if bridges.is_empty() || cards.is_empty() {
            return;
        }
        let way_out = match before.managers.runs(Backend::Networkd) {
            true => "; \"--persist networkd\" has systemd-networkd give them",
            false => "",
        };
        self.notice(stranded(&cards.join(", "), &bridges.join(", "), way_out));
    }

    /// The card and the bridge of Open vSwitch that a program gives with this plan what
    /// it gave the card.
    fn uplink_on_ovs(&self) -> Option<(String, String)> {
        self.steps.iter().find_map(|planned| {
            let Step::Manager(step) = &planned.step else {
                return None;
            };
            let uplink = step.uplink()?;
            let above = uplink.above.as_ref()?;
            (above.kind == AboveKind::OpenVSwitch)
                .then(|| (uplink.card.to_string(), above.name.to_string()))
        })
    }

    /// A link that Nova made and keeps, as it is at the end of the plan.
    pub(crate) fn kept_link(&self, name: &InterfaceName) -> Option<&Link> {
        let link = self.state.link(name.as_str())?;
        let is_made = matches!(
            link.kind,
            LinkKind::Bridge | LinkKind::Bond | LinkKind::Vlan { .. }
        );
        (is_made && link.owner == Owner::Nova).then_some(link)
    }

    /// The switch or the bond that Nova keeps and that a link belongs to.
    pub(crate) fn kept_above(&self, name: &InterfaceName) -> Option<InterfaceName> {
        let (above, _) = self.above_as_port(name)?;
        self.kept_link(&above).map(|_| above)
    }

    /// What a link is a port of, where somebody can keep it as that.
    fn above_as_port(&self, name: &InterfaceName) -> Option<(InterfaceName, &Link)> {
        let link = self.state.link(name.as_str())?;
        if !is_kept_as_port(&link.kind) {
            return None;
        }
        // What others made they keep themselves, or nobody does.
        if matches!(link.kind, LinkKind::Bond | LinkKind::Vlan { .. }) && link.owner != Owner::Nova
        {
            return None;
        }
        let above = self.state.links.get(&link.controller?)?;
        Some((above.name.to_interface_name().ok()?, above))
    }

    /// The bridge above a link that its program makes of a person's profile or
    /// file: nothing of that is written to, but the link gets one of Nova's that
    /// leads into it, where Nova attached it.
    pub(crate) fn above_of_another(
        &self,
        name: &InterfaceName,
        backend: Backend,
    ) -> Option<(InterfaceName, &Link)> {
        let (above_name, above) = self.above_as_port(name)?;
        let managers = &self.state.managers;
        let is_made = above.is_bridge()
            && match backend {
                Backend::NetworkManager => managers.stored_profile(&above_name).is_some(),
                Backend::Networkd => managers.networkd_link(above_name.as_str()).is_some(),
            };
        let is_attached = managers.keeps(name)
            || self.steps.iter().any(|planned| match &planned.step {
                Step::Link(LinkStep::SetController {
                    link,
                    controller: Some(controller),
                }) => link.name == *name && *controller == above_name,
                _ => false,
            });
        (is_made && is_attached && above.owner != Owner::Nova).then_some((above_name, above))
    }

    /// The program that makes the bridge above a link of a person's profile or
    /// file.
    fn program_above(&self, name: &InterfaceName) -> Option<Backend> {
        [Backend::NetworkManager, Backend::Networkd]
            .into_iter()
            .find(|backend| self.above_of_another(name, *backend).is_some())
    }

    /// The MTU that the plan sets on a link.
    pub(crate) fn mtu_set(&self, name: &InterfaceName) -> Option<u32> {
        let mut steps = self.steps.iter().rev();
        steps.find_map(|planned| match &planned.step {
            Step::Link(LinkStep::SetMtu { link, mtu }) if link.name == *name => Some(*mtu),
            _ => None,
        })
    }

    /// The MTU of a link that Nova made, where it is not the usual one: that of
    /// the link below for a sub-interface.
    pub(crate) fn unusual_mtu(&self, link: &Link) -> Option<u32> {
        let usual = match link.kind {
            // The kernel fits it to the ports unless somebody sets it.
            LinkKind::Bridge => return None,
            LinkKind::Vlan { .. } => link
                .lower
                .and_then(|lower| self.state.links.get(&lower))
                .map_or(1500, |lower| lower.mtu),
            _ => 1500,
        };
        (link.mtu != usual).then_some(link.mtu)
    }

    /// A bridge or bond with addresses of the host that a program made for Nova
    /// goes by the undo of its change alone, which also brings the program's own
    /// profile or file back.
    pub(crate) fn refuse_kept_uplink(&self, link: &Link) -> Result<()> {
        let backend = self.state.managers.of(&link.name.to_string());
        let Some(backend) = backend.filter(|_| self.own_addresses(link) > 0) else {
            return Ok(());
        };
        let error = NovaError::refused(format!(
            "{} {}: {} carries this host's addresses through it",
            if link.is_bond() { "bond" } else { "bridge" },
            link.name,
            backend.name()
        ));
        Err(match self.state.managers.maker_of(link) {
            Some(change) => {
                let id: String = change.to_string().chars().take(12).collect();
                error.with_remedy(format!(
                    "Undo the change that made it with \"nova network undo {id}\"."
                ))
            }
            None => error.with_remedy("Delete it with that program."),
        })
    }
}

/// What the next boot does where nobody keeps the addresses of a bridge of Open
/// vSwitch.
fn stranded(cards: &str, bridges: &str, way_out: &str) -> String {
    format!(
        "With the next boot Open vSwitch takes {cards} again and nobody gives {bridges} its addresses: this host is not reached there until somebody does{way_out}."
    )
}

/// Addresses that nobody leased.
pub(crate) fn by_hand(link: &Link) -> Vec<IpNet> {
    let leased = |net: &IpNet| {
        let mut addresses = link.addresses.iter();
        addresses.any(|address| address.net == *net && address.is_dynamic)
    };
    movable(link).filter(|net| !leased(net)).collect()
}

fn backend_of(step: &Step) -> Option<Backend> {
    match step {
        Step::Manager(ManagerStep::Files { .. } | ManagerStep::Addition { .. }) => {
            Some(Backend::Networkd)
        }
        Step::Manager(ManagerStep::HoldProfile { .. } | ManagerStep::ReplaceProfile { .. }) => None,
        Step::Manager(_) => Some(Backend::NetworkManager),
        _ => None,
    }
}

/// The program that configures a link of this name: by what Nova wrote for it,
/// or by what it does itself.
fn configures(before: &HostState, name: &InterfaceName) -> Option<Backend> {
    before
        .managers
        .keeper_of(name)
        .or_else(|| match before.link(name.as_str())?.owner {
            Owner::NetworkManagerDaemon => Some(Backend::NetworkManager),
            Owner::Networkd => Some(Backend::Networkd),
            _ => None,
        })
}

/// Two programs that configure one link undo each other's work.
fn refuse_second_manager(
    before: &HostState,
    backend: Backend,
    touched: &BTreeSet<InterfaceName>,
) -> Result<()> {
    for name in touched {
        if let Some(other) = configures(before, name).filter(|other| *other != backend) {
            return Err(NovaError::refused(format!(
                "{name}: {} configures it; with {} there would be two that undo each other's work",
                other.name(),
                backend.name()
            ))
            .with_field("persist")
            .with_remedy(format!(
                "Let {} keep it, or say \"--persist none\"; a link that is to change hands is first taken out of {}.",
                other.name(),
                other.name()
            )));
        }
    }
    Ok(())
}

fn not_running(backend: Backend) -> NovaError {
    NovaError::refused(format!(
        "{} does not run on this host, it cannot keep the change",
        backend.name()
    ))
    .with_field("persist")
    .with_remedy("Start it, leave \"--persist\" out, or say \"--persist none\".")
}
