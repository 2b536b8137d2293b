// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the programs tell that configure the network of a host: the
//! `NetworkManager` daemon and systemd-networkd.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::link::Link;
use crate::name::InterfaceName;
use crate::networkd::{DropIn, NetdevName, NetworkdFile};
use crate::networkd_made;
use crate::nm::NmProfile;
use crate::plan::PlanId;
use crate::state::HostState;

/// Both of them; what does not run is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Managers {
    /// The `NetworkManager` daemon.
    pub network_manager: Option<NetworkManagerDaemon>,
    /// systemd-networkd.
    pub networkd: Option<Networkd>,
    /// Those that run and do not answer: what they configure is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<Backend>,
}

/// The `NetworkManager` daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NetworkManagerDaemon {
    /// The links it configures through an active profile of its own.
    pub links: BTreeMap<String, NmLink>,
    /// The profiles that carry Nova's mark.
    pub own: Vec<NmProfile>,
}

/// A link that the `NetworkManager` daemon configures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NmLink {
    /// The profile that is active on it; absent where Nova may not read it.
    pub profile: Option<NmProfile>,
    /// Whether the profile lies on the disk.
    pub is_stored: bool,
    /// What of the profile Nova cannot represent, `setting.key` each.
    pub unknown: Vec<String>,
}

impl NetworkManagerDaemon {
    /// The profile on the disk that is active on the link of this name.
    pub(crate) fn stored_profile(&self, link: &InterfaceName) -> Option<&NmProfile> {
        let link = self.links.get(link.as_str()).filter(|it| it.is_stored)?;
        link.profile.as_ref()
    }
}

/// systemd-networkd.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Networkd {
    /// The links it configures through a `.network` file.
    pub links: BTreeMap<String, NetworkdLink>,
    /// Files that Nova wrote for good and nobody altered, by name.
    pub own: BTreeMap<String, NetworkdFile>,
    /// Names of all other files in the folder that Nova writes to, and paths below
    /// it of those that stand where Nova would add to a file.
    pub foreign: BTreeSet<String>,
    /// The `.netdev` files of others, by the link that each makes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub makers: BTreeMap<InterfaceName, NetdevFile>,
}

/// A `.netdev` file that somebody else wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NetdevFile {
    /// Its name, without the folder.
    pub name: NetdevName,
    /// What Nova adds to it, where nobody altered that.
    pub addition: Option<DropIn>,
}

/// A link that systemd-networkd configures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NetworkdLink {
    /// Path of its `.network` file.
    pub file: String,
    /// The text of the file and of its drop-ins, one after the other; absent
    /// where Nova may not read them.
    pub text: Option<String>,
    /// The number by which its DHCP client tells this link from others of the
    /// host.
    pub iaid: Option<u32>,
}

/// What keeps a change beyond the next boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// Profiles of the `NetworkManager` daemon.
    NetworkManager,
    /// Files of systemd-networkd.
    Networkd,
}

impl Backend {
    /// The name a person reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NetworkManager => "NetworkManager",
            Self::Networkd => "systemd-networkd",
        }
    }

    /// The name of its unit.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::NetworkManager => "NetworkManager.service",
            Self::Networkd => "systemd-networkd.service",
        }
    }
}

impl Managers {
    /// The one that configures the link of this name.
    #[must_use]
    pub fn of(&self, link: &str) -> Option<Backend> {
        if self.nm_link(link).is_some() {
            return Some(Backend::NetworkManager);
        }
        self.networkd_link(link).map(|_| Backend::Networkd)
    }

    /// What the `NetworkManager` daemon tells of a link it configures.
    #[must_use]
    pub fn nm_link(&self, link: &str) -> Option<&NmLink> {
        self.network_manager.as_ref()?.links.get(link)
    }

    /// What systemd-networkd tells of a link it configures.
    #[must_use]
    pub fn networkd_link(&self, link: &str) -> Option<&NetworkdLink> {
        self.networkd.as_ref()?.links.get(link)
    }

    /// The file of somebody else's by which systemd-networkd makes the link of this
    /// name.
    pub(crate) fn netdev_of(&self, link: &InterfaceName) -> Option<&NetdevFile> {
        self.networkd.as_ref()?.makers.get(link)
    }

    /// The links that the `NetworkManager` daemon configures.
    #[must_use]
    pub fn nm_links(&self) -> BTreeSet<String> {
        let links = self.network_manager.iter().flat_map(|nm| nm.links.keys());
        links.cloned().collect()
    }

    /// The change that made this bridge, bond or sub-interface and keeps it
    /// beyond a boot, by the mark of its profile or file.
    #[must_use]
    pub fn maker_of(&self, link: &Link) -> Option<PlanId> {
        let mut profiles = self.network_manager.iter().flat_map(|nm| &nm.own);
        if let Some(profile) = profiles.find(|profile| profile.makes(link)) {
            return profile.mark();
        }
        let networkd = self.networkd.iter();
        let mut files = networkd.flat_map(|networkd| networkd.own.values());
        files
            .find(|file| networkd_made::makes(file, link))
            .map(|file| file.change)
    }

    /// Whether a profile or file of Nova's is about the link of this name.
    pub(crate) fn keeps(&self, link: &InterfaceName) -> bool {
        self.keeper_of(link).is_some()
    }

    /// The program that has a profile or file of Nova's about the link of this
    /// name.
    pub(crate) fn keeper_of(&self, link: &InterfaceName) -> Option<Backend> {
        let mut profiles = self.network_manager.iter().flat_map(|nm| &nm.own);
        let name = Some(link.as_str());
        if profiles.any(|profile| profile.about() == name) {
            return Some(Backend::NetworkManager);
        }
        let networkd = self.networkd.iter();
        let mut files = networkd.flat_map(|networkd| networkd.own.values());
        files
            .any(|file| file.link == *link)
            .then_some(Backend::Networkd)
    }

    /// The links that profiles and files of Nova's put into the switch or bond of
    /// this name.
    pub(crate) fn put_into(&self, above: &InterfaceName) -> Vec<InterfaceName> {
        let profiles = self.network_manager.iter().flat_map(|nm| &nm.own);
        let above_ids: Vec<&str> = profiles
            .clone()
            .filter(|profile| profile.about() == Some(above.as_str()))
            .map(|profile| profile.uuid.as_str())
            .collect();
        let in_profiles = profiles
            .filter(|profile| profile.above().is_some_and(|id| above_ids.contains(&id)))
            .filter_map(|profile| profile.about()?.parse().ok());
        let files = self.networkd.iter().flat_map(|it| it.own.values());
        let says = |file: &NetworkdFile| {
            let mut sections = file.sections.iter();
            sections.any(|section| {
                let mut keys = ["Bridge", "Bond"].into_iter();
                keys.any(|key| section.value(key) == Some(above.as_str()))
            })
        };
        let in_files = files
            .filter(|file| says(file))
            .map(|file| file.link.clone());
        in_profiles.chain(in_files).collect()
    }

    /// The profile on the disk that is active on the link of this name.
    pub(crate) fn stored_profile(&self, link: &InterfaceName) -> Option<&NmProfile> {
        self.network_manager.as_ref()?.stored_profile(link)
    }

    /// Whether a program can keep the MTU of a link: it has a profile or a file
    /// about it that Nova may read.
    pub(crate) fn can_keep_mtu(&self, link: &InterfaceName, backend: Backend) -> bool {
        self.keeps(link)
            || match backend {
                Backend::NetworkManager => self.stored_profile(link).is_some(),
                Backend::Networkd => self
                    .networkd_link(link.as_str())
                    .is_some_and(|it| it.text.is_some()),
            }
    }

    /// Whether this program runs.
    #[must_use]
    pub const fn runs(&self, backend: Backend) -> bool {
        match backend {
            Backend::NetworkManager => self.network_manager.is_some(),
            Backend::Networkd => self.networkd.is_some(),
        }
    }

    /// The one that configures the uplink of this host: the link of the default
    /// route that wins.
    #[must_use]
    pub fn of_the_uplink(&self, state: &HostState) -> Option<Backend> {
        let route = state
            .routes
            .iter()
            .filter(|route| route.is_default())
            .min_by_key(|route| (route.destination.address().is_ipv6(), route.metric))?;
        let link = state.links.get(&route.link)?;
        self.of(&link.name.to_string())
    }
}
