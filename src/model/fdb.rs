// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The forwarding database of a bridge: which address is behind which port.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::vlan::VlanId;

/// One entry (`bridge fdb show br br0`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FdbEntry {
    /// Index of the port it is behind, or of the bridge for its own.
    pub link: u32,
    /// The address.
    pub mac: MacAddress,
    /// The VLAN it was seen in, where the bridge knows VLANs.
    pub vlan: Option<VlanId>,
    /// How it came.
    pub origin: FdbOrigin,
    /// Seconds since it last sent; none where it does not age.
    pub idle: Option<u32>,
}

/// How an address came into the forwarding database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FdbOrigin {
    /// The address of the port or of the bridge itself (`permanent`).
    Own,
    /// Somebody set it (`static`).
    Set,
    /// The bridge saw it send.
    Learned,
}

impl FdbOrigin {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Set => "static",
            Self::Learned => "learned",
        }
    }
}
