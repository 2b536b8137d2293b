// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Mirrors by the names of the feature document.

use nova_model::Result;
use nova_model::change::{AddMirror, Change};
use nova_model::history::HistoryEntry;
use nova_model::mirror::{MirrorOutput, MirrorSource};
use nova_model::vlan::VlanId;

use crate::manager::NetworkManager;

/// Which frames of a port are copied, as the switch sees them: ingress is what a
/// machine sends.
pub use nova_model::mirror::MirrorDirection as MirrorType;

/// A mirror: copies of the frames of some ports at another one, on a Linux
/// bridge (tc `mirred`) and on Open vSwitch (`ovs-vsctl create mirror`) alike.
///
/// ```
/// use nova::networking::{MirrorType, PortMirror};
///
/// let mirror = PortMirror {
///     bridge: "ovs0".to_owned(),
///     source_ports: vec!["vm1-port".to_owned()],
///     destination_port: "vm2-port".to_owned(),
///     mirror_type: MirrorType::Both,
///     filter: None,
/// };
/// assert!(mirror.to_change().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortMirror {
    /// Name of the switch.
    pub bridge: String,
    /// Ports whose frames are copied; none means every port.
    pub source_ports: Vec<String>,
    /// The port where the copies arrive.
    pub destination_port: String,
    /// Which frames.
    pub mirror_type: MirrorType,
    /// Only these of them; all where it is absent.
    pub filter: Option<MirrorFilter>,
}

/// What of the frames is copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorFilter {
    /// Only frames of these VLANs, 1–4094.
    pub vlans: Vec<u16>,
}

impl PortMirror {
    /// The change that adds it; mirrors that the switch has stay.
    ///
    /// # Errors
    /// `InvalidValue` for a name Nova does not address or a VLAN that is none.
    pub fn to_change(&self) -> Result<Change> {
        let source = |port: &String| {
            Ok(MirrorSource {
                port: port.parse()?,
                direction: self.mirror_type,
            })
        };
        let vlans = self.filter.iter().flat_map(|filter| &filter.vlans);
        Ok(Change::AddMirror(AddMirror {
            switch: self.bridge.parse()?,
            name: None,
            sources: self
                .source_ports
                .iter()
                .map(source)
                .collect::<Result<_>>()?,
            vlans: vlans
                .map(|vlan| VlanId::try_from(*vlan))
                .collect::<Result<_>>()?,
            output: MirrorOutput::Port(self.destination_port.parse()?),
        }))
    }
    /// Adds it; mirrors that the switch has stay. It is kept.
    ///
    /// # Errors
    /// As [`Self::to_change`] and [`NetworkManager::carry_out`].
    pub async fn create(&self) -> Result<HistoryEntry> {
        NetworkManager::new()
            .carry_out(&self.to_change()?.into())
            .await
    }
}
