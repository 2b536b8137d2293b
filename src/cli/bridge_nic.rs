// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network bridge-nic`: a bridge above the card this host is reached by.

use clap::Args;
use nova::networking::Result;
use nova_model::change::ChangeSet;

use crate::arguments::Review;
use crate::arguments_bridge::BridgeOptions;
use crate::bridge;

/// `nova network bridge-nic …`.
#[derive(Debug, Args)]
pub struct BridgeNic {
    /// Name of the network card.
    pub card: String,
    /// Name of the new bridge.
    #[arg(long, default_value = "br0")]
    pub name: String,
    /// Turn spanning tree on.
    #[arg(long)]
    pub stp_enable: bool,
    #[command(flatten)]
    pub options: BridgeOptions,
    #[command(flatten)]
    pub review: Review,
}

impl BridgeNic {
    /// The wish: a bridge with this card as its port. What that means for the
    /// host's addresses is the plan's to say.
    ///
    /// # Errors
    /// `InvalidValue` for names and options outside their ranges.
    pub fn wish(&self) -> Result<ChangeSet> {
        bridge::create_switch(
            &self.name,
            self.stp_enable,
            &self.options,
            vec![self.card.clone()],
        )
    }
}
