// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps that are done by the programs that configure the host's network: the
//! `NetworkManager` daemon and systemd-networkd. What they keep beyond the next
//! boot is written by the same kind of step, when the change is kept.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::fact::Facts;
use crate::name::{InterfaceName, printable};
use crate::networkd::{NetworkdFile, Place};
use crate::nm::{NmProfile, NmValues, ProfileId};
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{Step, StepGroup};
use crate::uplink::Uplink;

/// A step that a program does which configures the host's network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ManagerStep {
    /// Gives the `NetworkManager` daemon a profile, without activating it.
    AddProfile {
        /// The profile.
        profile: NmProfile,
        /// Until the machine boots, or on the disk.
        place: Place,
    },
    /// Takes a profile of Nova's away from the daemon.
    RemoveProfile {
        /// The profile.
        profile: NmProfile,
        /// Where it lies.
        place: Place,
    },
    /// Changes a profile of Nova's that lies on the disk; what is active stays
    /// as it is.
    ReplaceProfile {
        /// As it was.
        before: NmProfile,
        /// As it is then, of the same identifier.
        after: NmProfile,
    },
    /// Writes a profile of Nova's to the disk, or leaves it in memory alone.
    MoveProfile {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
        /// Where it lies then.
        to: Place,
    },
    /// Has the daemon start a profile by itself, or not.
    SetAutoconnect {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
        /// By itself or not.
        on: bool,
    },
    /// Has the daemon not start a profile again by itself until somebody starts it
    /// or the host boots: its link is deleted, or taken out of what the profile
    /// puts it into.
    HoldProfile {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
    },
    /// Writes the MTU of its link into a profile on the disk; what is active
    /// stays as it is.
    SetMtu {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
        /// MTU in bytes that it gives; 0 where it leaves that to the link.
        from: u32,
        /// MTU in bytes that it gives then.
        to: u32,
    },
    /// Writes options of its bridge into a profile on the disk; what is active
    /// stays as it is.
    SetBridge {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
        /// As it gives them.
        from: NmValues,
        /// As it gives them then.
        to: NmValues,
    },
    /// Activates profiles of the daemon on cards, and waits for what comes of
    /// it.
    Activate {
        /// The profiles, and what comes of them.
        after: Box<Activation>,
        /// The profiles that were active, and what was so.
        before: Box<Activation>,
    },
    /// Deactivates the profile of a bridge or a bond, which goes with it.
    Deactivate {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
        /// The bridge or the bond.
        link: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
    },
    /// Writes and removes files of systemd-networkd, has it read them, and
    /// waits for what comes of it.
    Files {
        /// Files to write.
        write: Vec<(Place, NetworkdFile)>,
        /// Files of Nova's to remove.
        remove: Vec<(Place, NetworkdFile)>,
        /// What comes of it; absent where it is read at the next boot.
        effect: Option<Box<FileEffect>>,
    },
}

/// Profiles that are active on cards, and what comes of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// The profiles, each on its card.
    pub profiles: Vec<ActiveProfile>,
    /// What comes of them.
    pub uplink: Uplink,
}

/// The profile of a card.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActiveProfile {
    /// The card.
    pub card: InterfaceName,
    /// Identifier of the profile.
    pub uuid: ProfileId,
    /// Its name.
    pub name: String,
}

impl Activation {
    fn shown(&self) -> Vec<String> {
        let profiles = self.profiles.iter();
        profiles
            .map(|profile| format!("\"{}\" on {}", shown(&profile.name), profile.card))
            .collect()
    }
}

impl ActiveProfile {
    pub(crate) fn new(card: &InterfaceName, profile: &NmProfile) -> Self {
        Self {
            card: card.clone(),
            uuid: profile.uuid.clone(),
            name: profile.name.clone(),
        }
    }
}

/// What comes of files that systemd-networkd reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileEffect {
    /// With the files.
    pub after: Uplink,
    /// Without them.
    pub before: Uplink,
    /// What the files of the other cards said before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<NetworkdFile>,
}

impl StepGroup for ManagerStep {
    fn title(&self) -> String {
        match self {
            Self::AddProfile { profile, place } => format!(
                "Give NetworkManager the profile \"{}\"{}",
                profile.shown(),
                match place {
                    Place::Volatile => ", in memory",
                    Place::Lasting => ", on the disk",
                }
            ),
            Self::RemoveProfile { profile, .. } => format!(
                "Remove the profile \"{}\" from NetworkManager",
                profile.shown()
            ),
            Self::ReplaceProfile { after, .. } => {
                format!("Change the profile \"{}\" on the disk", after.shown())
            }
            Self::MoveProfile {
                name,
                to: Place::Lasting,
                ..
            } => format!("Write the profile \"{}\" to the disk", shown(name)),
            Self::MoveProfile { name, .. } => {
                format!("Keep the profile \"{}\" in memory alone", shown(name))
            }
            Self::SetAutoconnect { name, on: true, .. } => {
                format!("Start the profile \"{}\" with the host", shown(name))
            }
            Self::SetAutoconnect { name, .. } => {
                format!("Do not start the profile \"{}\" with the host", shown(name))
            }
            Self::HoldProfile { name, .. } => format!(
                "Have NetworkManager not start the profile \"{}\" again by itself",
                shown(name)
            ),
            Self::SetMtu { name, to, .. } => {
                format!("Write the MTU {to} into the profile \"{}\"", shown(name))
            }
            Self::SetBridge { name, .. } => {
                format!("Write the options into the profile \"{}\"", shown(name))
            }
            Self::Activate { after, .. } => {
                let each = after.shown();
                let word = if each.len() == 1 {
                    "profile"
                } else {
                    "profiles"
                };
                format!("Activate the {word} {}", each.join(", "))
            }
            Self::Deactivate { name, link, .. } => {
                format!("Deactivate the profile \"{}\" of {link}", shown(name))
            }
            Self::Files {
                write,
                remove,
                effect,
            } => {
                let names = |files: &[(Place, NetworkdFile)]| {
                    let names: Vec<String> = files.iter().map(|(_, file)| file.name()).collect();
                    names.join(", ")
                };
                let reads = if effect.is_some() {
                    "; systemd-networkd reads them"
                } else {
                    ""
                };
                match (write.is_empty(), remove.is_empty()) {
                    (false, true) => format!("Write {}{reads}", names(write)),
                    (true, _) => format!("Remove {}{reads}", names(remove)),
                    (false, false) => {
                        format!("Write {}, remove {}{reads}", names(write), names(remove))
                    }
                }
            }
        }
    }

    fn command(&self) -> String {
        match self {
            Self::AddProfile { profile, place } => profile.nmcli(*place == Place::Lasting),
            Self::RemoveProfile { profile, .. } => {
                format!("nmcli connection delete uuid {}", profile.uuid)
            }
            Self::ReplaceProfile { before, after } => after.nmcli_difference(before),
            Self::MoveProfile { uuid, to, .. } => format!(
                "nmcli connection modify {} uuid {uuid}",
                match to {
                    Place::Lasting => "--save",
                    Place::Volatile => "--temporary",
                }
            ),
            Self::SetAutoconnect { uuid, on, .. } => format!(
                "nmcli connection modify uuid {uuid} connection.autoconnect {}",
                if *on { "yes" } else { "no" }
            ),
            // 0x60: NM_SETTINGS_UPDATE2_FLAG_BLOCK_AUTOCONNECT and _NO_REAPPLY.
            Self::HoldProfile { uuid, .. } => format!(
                "busctl call org.freedesktop.NetworkManager \
                 \"$(nmcli -g UUID,DBUS-PATH connection show | sed -n s/^{uuid}://p)\" \
                 org.freedesktop.NetworkManager.Settings.Connection \
                 Update2 \"a{{sa{{sv}}}}ua{{sv}}\" 0 0x60 0"
            ),
            Self::SetMtu { uuid, to, .. } => {
                format!("nmcli connection modify uuid {uuid} ethernet.mtu {to}")
            }
            Self::SetBridge { uuid, to, .. } => NmProfile::nmcli_options(uuid, to),
            Self::Activate { after, .. } => {
                let left = self.left();
                let left = left.map(|left| format!("nmcli device disconnect {left}"));
                let up = after.profiles.iter().map(|profile| {
                    let ActiveProfile { card, uuid, .. } = profile;
                    format!("nmcli connection up uuid {uuid} ifname {card}")
                });
                left.into_iter().chain(up).collect::<Vec<_>>().join("\n")
            }
            Self::Deactivate { uuid, .. } => format!("nmcli connection down uuid {uuid}"),
            Self::Files {
                write,
                remove,
                effect,
            } => {
                let mut lines = Vec::new();
                for (place, file) in write {
                    lines.push(format!("{}/{}:", place.folder(), file.name()));
                    lines.extend(
                        file.body()
                            .lines()
                            .filter(|line| !line.is_empty())
                            .map(|line| format!("  {line}")),
                    );
                }
                for (place, file) in remove {
                    lines.push(format!("rm {}/{}", place.folder(), file.name()));
                }
                if effect.is_some() {
                    lines.push("networkctl reload".to_owned());
                }
                lines.join("\n")
            }
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::AddProfile { profile, .. }
            | Self::RemoveProfile { profile, .. }
            | Self::ReplaceProfile { after: profile, .. } => {
                format!("NetworkManager: profile \"{}\"", printable(&profile.name))
            }
            Self::MoveProfile { name, .. }
            | Self::SetAutoconnect { name, .. }
            | Self::HoldProfile { name, .. }
            | Self::SetMtu { name, .. }
            | Self::SetBridge { name, .. }
            | Self::Deactivate { name, .. } => {
                format!("NetworkManager: profile \"{}\"", printable(name))
            }
            Self::Activate { after, .. } => {
                format!("NetworkManager: profile {}", after.shown().join(", "))
            }
            Self::Files { .. } => "systemd-networkd".to_owned(),
        }
    }

    fn inverse(&self, _before: &HostState) -> Vec<Step> {
        let inverse = match self.clone() {
            Self::AddProfile { profile, place } => Self::RemoveProfile { profile, place },
            Self::RemoveProfile { profile, place } => Self::AddProfile { profile, place },
            Self::ReplaceProfile { before, after } => Self::ReplaceProfile {
                before: after,
                after: before,
            },
            Self::MoveProfile { uuid, name, to } => Self::MoveProfile {
                uuid,
                name,
                to: match to {
                    Place::Volatile => Place::Lasting,
                    Place::Lasting => Place::Volatile,
                },
            },
            Self::SetAutoconnect { uuid, name, on } => Self::SetAutoconnect {
                uuid,
                name,
                on: !on,
            },
            Self::SetMtu {
                uuid,
                name,
                from,
                to,
            } => Self::SetMtu {
                uuid,
                name,
                from: to,
                to: from,
            },
            Self::SetBridge {
                uuid,
                name,
                from,
                to,
            } => Self::SetBridge {
                uuid,
                name,
                from: to,
                to: from,
            },
            Self::Activate { after, before } => Self::Activate {
                after: before,
                before: after,
            },
            // Activating its port brings it back; what is held starts at the next
            // boot as before.
            Self::Deactivate { .. } | Self::HoldProfile { .. } => return Vec::new(),
            Self::Files {
                write,
                remove,
                effect,
            } => {
                let leaves = effect.as_ref().and_then(|effect| {
                    let above = effect.after.above.as_ref()?;
                    effect.before.above.is_none().then(|| above.deletion())
                });
                let mut steps = vec![Step::from(Self::Files {
                    write: remove,
                    remove: write,
                    effect: effect.map(|effect| {
                        Box::new(FileEffect {
                            after: effect.before,
                            before: effect.after,
                            others: effect.others,
                        })
                    }),
                })];
                // Without its file systemd-networkd lets it stand.
                steps.extend(leaves.into_iter().flatten());
                return steps;
            }
        };
        vec![inverse.into()]
    }

    fn simulate(&self, state: &mut HostState) {
        if let Some(uplink) = self.uplink() {
            uplink.simulate(state);
        }
        if let Some((name, _)) = self.link_that_goes() {
            state.remove(name.as_str());
        }
    }

    fn facts(&self, facts: &mut Facts) {
        if let Some(uplink) = self.uplink() {
            uplink.facts(facts);
        }
        if let Some((name, mac)) = self.link_that_goes() {
            facts.gone(name.as_str(), mac);
        }
    }

    fn makes_link(&self, name: &str) -> bool {
        let before = match self {
            Self::Activate { before, .. } => Some(&before.uplink),
            Self::Files { effect, .. } => effect.as_ref().map(|effect| &effect.before),
            _ => None,
        };
        let above = |uplink: Option<&Uplink>| {
            let above = uplink.and_then(|uplink| uplink.above.as_ref());
            above.is_some_and(|above| above.name.as_str() == name)
        };
        above(self.uplink()) && !above(before)
    }

    fn touches_reach(&self, _planner: &Planner, _before: &HostState) -> bool {
        self.uplink().is_some()
    }
}

impl ManagerStep {
    /// What comes of it for the host's own addresses, where it changes them.
    #[must_use]
    pub fn uplink(&self) -> Option<&Uplink> {
        match self {
            Self::Activate { after, .. } => Some(&after.uplink),
            Self::Files { effect, .. } => effect.as_ref().map(|effect| &effect.after),
            _ => None,
        }
    }

    /// Most seconds it may take besides what any step takes.
    #[must_use]
    pub(crate) fn patience(&self) -> u32 {
        // A daemon that restarts, and a bridge that has to go.
        const DAEMON: u32 = 20;
        DAEMON + self.uplink().map_or(0, |uplink| uplink.patience)
    }

    /// The bridge or bond that a profile takes its card out of. It is
    /// disconnected first: while it has the address, another card of this host in
    /// the same LAN answers for it, and the daemon takes the card's lease for
    /// somebody else's.
    #[must_use]
    pub fn left(&self) -> Option<&InterfaceName> {
        match self {
            Self::Activate { after, before } if after.uplink.above.is_none() => {
                before.uplink.above.as_ref().map(|above| &above.name)
            }
            _ => None,
        }
    }

    /// The bridge or bond that disappears with the step, and its MAC address.
    fn link_that_goes(&self) -> Option<(InterfaceName, MacAddress)> {
        match self {
            Self::Deactivate { link, mac, .. } => Some((link.clone(), *mac)),
            Self::RemoveProfile { profile, .. } => profile.link_made(),
            _ => None,
        }
    }

    /// Whether it writes where it stays beyond the next boot.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::AddProfile { place, .. } | Self::RemoveProfile { place, .. } => {
                *place == Place::Lasting
            }
            Self::ReplaceProfile { .. }
            | Self::MoveProfile { .. }
            | Self::SetAutoconnect { .. }
            | Self::SetMtu { .. }
            | Self::SetBridge { .. } => true,
            Self::Activate { .. } | Self::Deactivate { .. } | Self::HoldProfile { .. } => false,
            Self::Files { write, remove, .. } => write
                .iter()
                .chain(remove)
                .any(|(place, _)| *place == Place::Lasting),
        }
    }
}

impl NmProfile {
    fn shown(&self) -> String {
        shown(&self.name)
    }
}

fn shown(name: &str) -> String {
    printable(name)
}
