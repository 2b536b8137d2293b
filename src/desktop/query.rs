// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the picture of the host leaves out and is asked for while somebody
//! looks at it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use nova::networking::NetworkManager;
use nova_model::address::MacAddress;
use nova_model::fdb::FdbEntry;
use nova_model::vlan::VlanId;
use nova_model::{NovaError, Result};

use crate::switch::Switch;
use crate::world::{Topic, World, hub};

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

/// The flows of a bridge of Open vSwitch as they were read last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    /// Name of the bridge as it is shown.
    pub switch: String,
    /// Whether they are being read.
    pub is_busy: bool,
    /// The flows, one a line; absent until they were read.
    pub lines: Option<Arc<Vec<String>>>,
    /// When that was, in seconds since 1970.
    pub read_at: u64,
    /// Why they cannot be read.
    pub error: Option<NovaError>,
}

impl Flows {
    /// Being read; those of the same bridge stay meanwhile.
    fn asked(&self, switch: &str) -> Self {
        let known = self.switch == switch;
        Self {
            switch: switch.to_owned(),
            is_busy: true,
            lines: self.lines.clone().filter(|_| known),
            read_at: self.read_at,
            error: self.error.clone().filter(|_| known),
        }
    }

    /// What came of it.
    fn answered(&self, answer: Result<Vec<String>>) -> Self {
        let (lines, error) = match answer {
            Ok(lines) => (Some(Arc::new(lines)), None),
            Err(error) => (None, Some(error)),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            switch: self.switch.clone(),
            is_busy: false,
            lines,
            read_at: now.map_or(0, |time| time.as_secs()),
            error,
        }
    }
}

/// Reads the flows of a bridge of Open vSwitch and publishes them. Asked again
/// meanwhile, it goes on with the first.
pub async fn read_flows(manager: NetworkManager, switch: String) {
    let world = hub().world();
    if world.flows.is_busy && world.flows.switch == switch {
        return;
    }
    hub().publish(Topic::Query, |world| {
        world.flows = Arc::new(world.flows.asked(&switch));
    });
    let address = world
        .snapshot
        .as_deref()
        .and_then(|snapshot| Switch::find(snapshot, &switch)?.address());
    let answer = match address {
        Some(name) => manager.ovs_flows(name.as_str()).await,
        None => Err(NovaError::not_found(format!(
            "there is no switch {switch} that Nova can ask about"
        ))),
    };
    hub().publish(Topic::Query, |world| {
        // Another one may be looked at by now.
        if world.flows.switch == switch {
            world.flows = Arc::new(world.flows.answered(answer));
        }
    });
}

/// Reads how long each address of a Linux bridge was idle, and publishes it.
pub async fn read_ages(manager: NetworkManager, switch: String) {
    let Some(bridge) = linux_bridge(&hub().world(), &switch) else {
        return;
    };
    // Without ages the addresses are still there.
    let read = manager.fdb(bridge).await.ok();
    let ages = read.map(|entries| Arc::new(Ages::of(bridge, &entries)));
    hub().publish(Topic::Query, |world| world.ages = ages);
}

/// The index of the Linux bridge of this name.
fn linux_bridge(world: &World, switch: &str) -> Option<u32> {
    match Switch::find(world.snapshot.as_deref()?, switch)? {
        Switch::Linux(link) => Some(link.index),
        Switch::Ovs { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_stay_while_they_are_read_again_and_go_with_their_bridge() {
        let read = Flows::default().asked("ovs0");
        assert!(read.is_busy && read.lines.is_none());
        let read = read.answered(Ok(vec!["actions=NORMAL".to_owned()]));
        assert!(!read.is_busy && read.read_at > 0);
        assert!(read.asked("ovs0").lines.is_some());
        assert!(read.asked("ovs1").lines.is_none());
    }

    #[test]
    fn what_cannot_be_read_hides_what_was() {
        let read = Flows::default().answered(Ok(Vec::new()));
        let gone = read.answered(Err(NovaError::not_found("gone")));
        assert!(gone.lines.is_none() && gone.error.is_some());
    }
}
