// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is being filled in, in a dialog or a table: its values by name, what
//! is wrong with them, and the changes they become. The rules are those of
//! nova-model.

use std::collections::BTreeMap;

use nova_model::change::ChangeSet;
use nova_model::state::Snapshot;
use nova_model::{NovaError, Result};

use crate::row::Cell;
use crate::{
    affinity_draft, bond_draft, bridge_draft, limit_draft, mirror_draft, mtu_draft, ovs_creation,
    ovs_new_port, ovs_switch_draft, port_draft, sub_interface, vlan_draft,
};

/// Values of a form by the names QML reads and writes them under.
pub type Values = BTreeMap<String, Cell>;

/// What is being filled in.
pub trait Draft: Send {
    /// What stands in it.
    fn values(&self) -> Values;

    /// Takes a value over; `value` is of the kind that [`Self::values`] has
    /// under this name.
    fn set(&mut self, field: &str, value: Cell);

    /// The first thing that is wrong, which its field names.
    fn problem(&self) -> Option<NovaError>;

    /// The changes that are asked for; `None` while nothing differs.
    ///
    /// # Errors
    /// `InvalidValue` as [`Self::problem`] tells.
    fn changes(&self) -> Result<Option<ChangeSet>>;

    /// Takes in that the host is different now.
    fn follow(&mut self, _: &Snapshot) {}
}

/// A form of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new Linux bridge, or the options of one.
    Bridge,
    /// The options and VLANs of a port.
    Port,
    /// Which port carries which VLAN.
    Vlans,
    /// A new 802.1Q sub-interface.
    SubInterface,
    /// A new mirror.
    Mirror,
    /// The limits of a port.
    Limits,
    /// The options of a bridge of Open vSwitch.
    OvsSwitch,
    /// A new bridge of Open vSwitch.
    OvsCreation,
    /// A new port of Open vSwitch.
    OvsNewPort,
    /// A bond: a new one where none is named.
    Bond,
    /// The MTU of a link.
    Mtu,
    /// The CPUs that process what arrives at a link.
    Affinity,
}

/// Begins a form about this port or other part of a switch, or about a link of
/// its own where no switch is named; `None` where it does not exist or has no
/// name Nova can address.
#[must_use]
pub fn begin(
    kind: Kind,
    snapshot: &Snapshot,
    switch: &str,
    object: &str,
) -> Option<Box<dyn Draft>> {
    match kind {
        Kind::Bridge => bridge_draft::begin(snapshot, switch),
        Kind::Port => port_draft::begin(snapshot, switch, object),
        Kind::Vlans => vlan_draft::begin(snapshot, switch),
        Kind::SubInterface => sub_interface::begin(snapshot, switch, object),
        Kind::Mirror => mirror_draft::begin(snapshot, switch),
        Kind::Limits => limit_draft::begin(snapshot, switch, object),
        Kind::OvsSwitch => ovs_switch_draft::begin(snapshot, switch),
        Kind::OvsCreation => Some(ovs_creation::begin(snapshot)),
        Kind::OvsNewPort => ovs_new_port::begin(snapshot, switch),
        Kind::Bond => bond_draft::begin(snapshot, object),
        Kind::Mtu => mtu_draft::begin(snapshot, object),
        Kind::Affinity => affinity_draft::begin(snapshot, object),
    }
}

/// Collects the values of a form.
#[derive(Default)]
pub struct Sheet(pub Values);

impl Sheet {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Cell>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }
}
