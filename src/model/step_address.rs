// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about IP addresses of this host.

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, LinkAddress};
use crate::fact::Facts;
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{LinkRef, Step, StepGroup};

/// A step about an IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AddressStep {
    /// Gives a link an IP address.
    Add {
        /// The link.
        link: LinkRef,
        /// The address.
        net: IpNet,
    },
    /// Takes an IP address from a link.
    Remove {
        /// The link.
        link: LinkRef,
        /// The address.
        net: IpNet,
    },
}

impl StepGroup for AddressStep {
    fn title(&self) -> String {
        match self {
            Self::Add { link, net } => format!("Add {net} to {}", link.name),
            Self::Remove { link, net } => format!("Remove {net} from {}", link.name),
        }
    }

    fn command(&self) -> String {
        match self {
            Self::Add { link, net } => format!("ip address add {net} dev {}", link.name),
            Self::Remove { link, net } => format!("ip address delete {net} dev {}", link.name),
        }
    }

    fn subject(&self) -> String {
        let (Self::Add { link, net } | Self::Remove { link, net }) = self;
        format!("{}: address {net}", link.name)
    }

    fn inverse(&self, _before: &HostState) -> Vec<Step> {
        vec![
            match self.clone() {
                Self::Add { link, net } => Self::Remove { link, net },
                Self::Remove { link, net } => Self::Add { link, net },
            }
            .into(),
        ]
    }

    fn simulate(&self, state: &mut HostState) {
        let (Self::Add { link, net } | Self::Remove { link, net }) = self;
        let Some(found) = link.find_mut(state) else {
            return;
        };
        match self {
            Self::Add { .. } => {
                let address = LinkAddress::beside(*net, &found.addresses);
                found.addresses.push(address);
                found.addresses.sort();
            }
            Self::Remove { .. } => found.addresses.retain(|address| address.net != *net),
        }
    }

    fn facts(&self, facts: &mut Facts) {
        let (link, net, present) = match self {
            Self::Add { link, net } => (link, *net, true),
            Self::Remove { link, net } => (link, *net, false),
        };
        let object = link.name.as_str();
        let claim = format!(
            "{object} {} {net}",
            if present { "has" } else { "does not have" }
        );
        let name = object.to_owned();
        facts.add(object, "address", net.to_string(), claim, move |state| {
            let found = state.link(&name);
            let has =
                found.is_some_and(|link| link.addresses.iter().any(|address| address.net == net));
            has == present
        });
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        let (Self::Add { link, .. } | Self::Remove { link, .. }) = self;
        vec![link]
    }

    fn touches_reach(&self, _planner: &Planner, _before: &HostState) -> bool {
        true
    }
}
