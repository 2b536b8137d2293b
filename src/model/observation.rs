// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What only root may read and the helper tells everybody who may see it.

use serde::{Deserialize, Serialize};

use crate::ovs::OvsView;

/// Longest document of an observation, in bytes.
pub const MAX_OBSERVATION_BYTES: usize = 4 * 1024 * 1024;

/// What the helper observes for those who may not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Open vSwitch.
    pub ovs: OvsView,
}
