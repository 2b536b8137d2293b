// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps that are done by the programs that configure the host's network: the
//! `NetworkManager` daemon and systemd-networkd. What they keep beyond the next
//! boot is written by the same kind of step, when the change is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::fact::Facts;
use crate::name::{InterfaceName, printable};
use crate::networkd::{DropIn, NetdevName, NetworkdFile, Place};
use crate::nm::{NmProfile, NmValue, NmValues, ProfileId};
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
    /// Changes a profile of Nova's; what is active stays as it is.
    ReplaceProfile {
        /// As it was.
        before: NmProfile,
        /// As it is then, of the same identifier.
        after: NmProfile,
        /// Where it was so.
        from: Place,
        /// Where it is so then: on the disk, or until the machine boots, where what
        /// lies on the disk stays as it is.
        to: Place,
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
    /// Has the daemon not start a profile again by itself until somebody starts it
    /// or the host boots: its link is deleted, or taken out of what the profile
    /// puts it into.
    HoldProfile {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
    },
    /// Writes values into a profile on the disk, of Nova's or of a person's; what is
    /// active stays as it is.
    SetValues {
        /// Its identifier.
        uuid: ProfileId,
        /// Its name.
        name: String,
        /// As it says them.
        from: NmValues,
        /// As it says them then.
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
        /// Files to write; where none is written or removed, the link that is to have
        /// the addresses is configured once more.
        write: Vec<(Place, NetworkdFile)>,
        /// Files of Nova's to remove.
        remove: Vec<(Place, NetworkdFile)>,
        /// What comes of it; absent where it is read at the next boot.
        effect: Option<Box<FileEffect>>,
    },
    /// Adds to the `.netdev` file of somebody else's that makes a link, changes what
    /// was added or takes it away; read at the next boot.
    Addition {
        /// The link.
        link: InterfaceName,
        /// The file that is added to.
        beside: NetdevName,
        /// What was added.
        before: Option<DropIn>,
        /// What is added then.
        after: Option<DropIn>,
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

impl FileEffect {
    /// What deletes the bridge or bond that goes with the files: systemd-networkd
    /// lets it stand.
    #[must_use]
    pub fn leaves(&self) -> Vec<Step> {
        match (&self.before.above, &self.after.above) {
            (Some(gone), None) => gone.deletion(),
            _ => Vec::new(),
        }
    }
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
            Self::ReplaceProfile { after, to, .. } => format!(
                "Change the profile \"{}\" {}",
                after.shown(),
                match to {
                    Place::Volatile => "until the next boot",
                    Place::Lasting => "on the disk",
                }
            ),
            Self::MoveProfile {
                name,
                to: Place::Lasting,
                ..
            } => format!("Write the profile \"{}\" to the disk", shown(name)),
            Self::MoveProfile { name, .. } => {
                format!("Keep the profile \"{}\" in memory alone", shown(name))
            }
            Self::HoldProfile { name, .. } => format!(
                "Have NetworkManager not start the profile \"{}\" again by itself",
                shown(name)
            ),
            Self::SetValues { name, to, .. } => titled(&shown(name), to),
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
                    (true, true) => {
                        format!("Have systemd-networkd give {} its addresses", self.bearer())
                    }
                    (false, true) => format!("Write {}{reads}", names(write)),
                    (true, _) => format!("Remove {}{reads}", names(remove)),
                    (false, false) => {
                        format!("Write {}, remove {}{reads}", names(write), names(remove))
                    }
                }
            }
            Self::Addition {
                link,
                beside,
                after,
                ..
            } => match after {
                Some(_) => format!(
                    "Add the options of {link} to {}, in a file beside it",
                    beside.as_str()
                ),
                None => format!("Remove what was added to {}", beside.as_str()),
            },
        }
    }

    fn command(&self) -> String {
        match self {
            Self::AddProfile { profile, place } => profile.nmcli(*place == Place::Lasting),
            Self::RemoveProfile { profile, .. } => {
                format!("nmcli connection delete uuid {}", profile.uuid)
            }
            Self::ReplaceProfile {
                before, after, to, ..
            } => after.nmcli_difference(before, *to),
            Self::MoveProfile { uuid, to, .. } => format!(
                "nmcli connection modify {} uuid {uuid}",
                match to {
                    Place::Lasting => "--save",
                    Place::Volatile => "--temporary",
                }
            ),
            // 0x60: NM_SETTINGS_UPDATE2_FLAG_BLOCK_AUTOCONNECT and _NO_REAPPLY.
            Self::HoldProfile { uuid, .. } => format!(
                "busctl call org.freedesktop.NetworkManager \
                 \"$(nmcli -g UUID,DBUS-PATH connection show | sed -n s/^{uuid}://p)\" \
                 org.freedesktop.NetworkManager.Settings.Connection \
                 Update2 \"a{{sa{{sv}}}}ua{{sv}}\" 0 0x60 0"
            ),
            Self::SetValues { uuid, to, .. } => NmProfile::nmcli_values(uuid, to),
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
                if lines.is_empty() {
                    return format!("networkctl reconfigure {}", self.bearer());
                }
                if effect.is_some() {
                    lines.push("networkctl reload".to_owned());
                }
                lines.join("\n")
            }
            Self::Addition { beside, after, .. } => {
                let path = format!("{}/{}", Place::Lasting.folder(), DropIn::path(beside));
                match after {
                    Some(after) => {
                        let text = after.body();
                        let lines = text.lines().filter(|line| !line.is_empty());
                        let lines: Vec<String> = lines.map(|line| format!("  {line}")).collect();
                        format!("{path}:\n{}", lines.join("\n"))
                    }
                    None => format!("rm {path}"),
                }
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
            | Self::HoldProfile { name, .. }
            | Self::SetValues { name, .. }
            | Self::Deactivate { name, .. } => {
                format!("NetworkManager: profile \"{}\"", printable(name))
            }
            Self::Activate { after, .. } => {
                format!("NetworkManager: profile {}", after.shown().join(", "))
            }
            Self::Files { .. } | Self::Addition { .. } => "systemd-networkd".to_owned(),
        }
    }

    fn inverse(&self, _before: &HostState) -> Vec<Step> {
        let inverse = match self.clone() {
            Self::AddProfile { profile, place } => Self::RemoveProfile { profile, place },
            Self::RemoveProfile { profile, place } => Self::AddProfile { profile, place },
            Self::ReplaceProfile {
                before,
                after,
                from,
                to,
            } => Self::ReplaceProfile {
                before: after,
                after: before,
                from: to,
                to: from,
            },
            Self::MoveProfile { uuid, name, to } => Self::MoveProfile {
                uuid,
                name,
                to: match to {
                    Place::Volatile => Place::Lasting,
                    Place::Lasting => Place::Volatile,
                },
            },
            Self::SetValues {
                uuid,
                name,
                from,
                to,
            } => Self::SetValues {
                uuid,
                name,
                from: to,
                to: from,
            },
            Self::Activate { after, before } => Self::Activate {
                after: before,
                before: after,
            },
            Self::Addition {
                link,
                beside,
                before,
                after,
            } => Self::Addition {
                link,
                beside,
                before: after,
                after: before,
            },
            // Activating its port brings it back; what is held starts at the next
            // boot as before.
            Self::Deactivate { .. } | Self::HoldProfile { .. } => return Vec::new(),
            // The files decide who has the addresses.
            Self::Files { write, remove, .. } if write.is_empty() && remove.is_empty() => {
                return Vec::new();
            }
            Self::Files {
                write,
                remove,
                effect,
            } => {
                let effect = effect.map(|effect| {
                    Box::new(FileEffect {
                        after: effect.before,
                        before: effect.after,
                        others: effect.others,
                    })
                });
                let leaves = effect.as_ref().map(|effect| effect.leaves());
                let mut steps = vec![Step::from(Self::Files {
                    write: remove,
                    remove: write,
                    effect,
                })];
                steps.extend(leaves.into_iter().flatten());
                return steps;
            }
        };
        vec![inverse.into()]
    }

    fn simulate(&self, state: &mut HostState) {
        if let (Some(uplink), Some(before)) = (self.uplink(), self.uplink_before()) {
            uplink.simulate(before, state);
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
        let above = |uplink: Option<&Uplink>| {
            let above = uplink.and_then(|uplink| uplink.above.as_ref());
            above.is_some_and(|above| above.name.as_str() == name)
        };
        above(self.uplink()) && !above(self.uplink_before())
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

    /// What was so before.
    fn uplink_before(&self) -> Option<&Uplink> {
        match self {
            Self::Activate { before, .. } => Some(&before.uplink),
            Self::Files { effect, .. } => effect.as_ref().map(|effect| &effect.before),
            _ => None,
        }
    }

    /// The link that has the addresses then.
    fn bearer(&self) -> &str {
        self.uplink().map_or("", |uplink| uplink.bearer().as_str())
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
            Self::ReplaceProfile { to, .. } => *to == Place::Lasting,
            Self::MoveProfile { .. } | Self::SetValues { .. } | Self::Addition { .. } => true,
            Self::Activate { .. } | Self::Deactivate { .. } | Self::HoldProfile { .. } => false,
            Self::Files { write, remove, .. } => write
                .iter()
                .chain(remove)
                .any(|(place, _)| *place == Place::Lasting),
        }
    }
}

impl ManagerStep {
    /// The step that has a profile say these values.
    pub(crate) fn set_values(profile: &NmProfile, to: NmValues) -> Self {
        Self::SetValues {
            uuid: profile.uuid.clone(),
            name: profile.name.clone(),
            from: profile.values_of(&to),
            to,
        }
    }

    /// The step that has a profile say one value.
    pub(crate) fn set_value(profile: &NmProfile, setting: &str, key: &str, value: NmValue) -> Self {
        let values = BTreeMap::from([(key.to_owned(), Some(value))]);
        Self::set_values(profile, BTreeMap::from([(setting.to_owned(), values)]))
    }
}

/// What is written into a profile, in words.
fn titled(name: &str, values: &NmValues) -> String {
    let value = |setting: &str, key: &str| values.get(setting)?.get(key);
    if let Some(starts) = value("connection", "autoconnect") {
        return match starts {
            Some(NmValue::Bool(false)) => {
                format!("Do not start the profile \"{name}\" with the host")
            }
            _ => format!("Start the profile \"{name}\" with the host"),
        };
    }
    if let Some(mtu) = value("802-3-ethernet", "mtu") {
        return match mtu.as_ref().and_then(NmValue::number) {
            Some(mtu) => format!("Write the MTU {mtu} into the profile \"{name}\""),
            None => format!("Take the MTU out of the profile \"{name}\""),
        };
    }
    let mut keys = values.values().flat_map(BTreeMap::keys);
    let (vlans, options) = (keys.clone().any(is_vlans), keys.any(|key| !is_vlans(key)));
    let what = match (options, vlans) {
        (true, true) => "options and the VLANs",
        (_, true) => "VLANs",
        _ => "options",
    };
    format!("Write the {what} into the profile \"{name}\"")
}

fn is_vlans(key: &String) -> bool {
    key == "vlans"
}

impl NmProfile {
    fn shown(&self) -> String {
        shown(&self.name)
    }
}

fn shown(name: &str) -> String {
    printable(name)
}
