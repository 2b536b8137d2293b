// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the picture of the host leaves out and is asked for while somebody
//! looks at it.

use std::collections::HashMap;
use std::sync::Arc;

use nova::networking::NetworkManager;
use nova_model::address::MacAddress;
use nova_model::fdb::FdbEntry;
use nova_model::vlan::VlanId;

use crate::switch::Switch;
use crate::world::{Topic, hub};

/// How long the addresses of a bridge were idle when they were read last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    bridge: u32,
    idle: HashMap<(MacAddress, Option<VlanId>), u32>,
}

impl Ages {
    /// The ages in this database of the bridge with this index.
    #[must_use]
    pub fn of(bridge: u32, entries: &[FdbEntry]) -> Self {
        let aged = entries
            .iter()
            .filter_map(|entry| Some(((entry.mac, entry.vlan), entry.idle?)));
        Self {
            bridge,
            idle: aged.collect(),
        }
    }

    /// Seconds since the address sent something; 0 where it came after they
    /// were read, none where they are those of another bridge.
    #[must_use]
    pub fn idle(&self, entry: &FdbEntry) -> Option<u32> {
        let known = self.idle.get(&(entry.mac, entry.vlan));
        (self.bridge == entry.bridge).then(|| known.copied().unwrap_or(0))
    }
}

/// Reads how long each address of a Linux bridge was idle, and publishes it.
pub async fn read_ages(manager: NetworkManager, switch: String) {
    let world = hub().world();
    let found = world
        .snapshot
        .as_deref()
        .and_then(|snapshot| Switch::find(snapshot, &switch));
    let Some(Switch::Linux(bridge)) = found else {
        return;
    };
    // Without ages the addresses are still there.
    let read = manager.fdb(bridge.index).await.ok();
    let ages = read.map(|entries| Arc::new(Ages::of(bridge.index, &entries)));
    hub().publish(Topic::Query, |world| world.ages = ages);
}
