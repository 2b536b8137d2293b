// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about routes.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{IpNet, Route};
use crate::fact::Facts;
use crate::name::InterfaceName;
use crate::planner::Planner;
use crate::state::HostState;
use crate::step::{Step, StepGroup};

/// A route as a step names it: through a link by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RouteSpec {
    /// Where it leads.
    pub destination: IpNet,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// The source address it prefers.
    pub source: Option<IpAddr>,
    /// Name of the link it leaves through.
    pub link: InterfaceName,
    /// Metric, 0 where none is set.
    pub metric: u32,
    /// Number of the routing protocol.
    pub protocol: u8,
}

impl RouteSpec {
    /// The same route through a link by name.
    #[must_use]
    pub fn new(route: &Route, link: InterfaceName) -> Self {
        Self {
            destination: route.destination,
            gateway: route.gateway,
            source: route.source,
            link,
            metric: route.metric,
            protocol: route.protocol,
        }
    }

    /// The route with the link given by index.
    #[must_use]
    pub const fn through(&self, link: u32) -> Route {
        Route {
            destination: self.destination,
            gateway: self.gateway,
            source: self.source,
            link,
            metric: self.metric,
            protocol: self.protocol,
        }
    }

    /// The arguments of `ip route add` for it.
    #[must_use]
    pub fn ip_arguments(&self) -> String {
        let mut words = if self.destination.prefix() == 0 {
            "default".to_owned()
        } else {
            self.destination.to_string()
        };
        if let Some(gateway) = self.gateway {
            words.push_str(&format!(" via {gateway}"));
        }
        words.push_str(&format!(" dev {}", self.link));
        if let Some(source) = self.source {
            words.push_str(&format!(" src {source}"));
        }
        if self.metric != 0 {
            words.push_str(&format!(" metric {}", self.metric));
        }
        words
    }
}

/// A step about a route of the main table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RouteStep {
    /// Adds a route.
    Add(RouteSpec),
    /// Removes a route.
    Remove(RouteSpec),
}

impl StepGroup for RouteStep {
    fn title(&self) -> String {
        match self {
            Self::Add(route) => format!("Add route {}", route.ip_arguments()),
            Self::Remove(route) => format!("Remove route {}", route.ip_arguments()),
        }
    }

    fn command(&self) -> String {
        match self {
            Self::Add(route) => format!("ip route add {}", route.ip_arguments()),
            Self::Remove(route) => format!("ip route delete {}", route.ip_arguments()),
        }
    }

    fn subject(&self) -> String {
        let (Self::Add(route) | Self::Remove(route)) = self;
        format!("route {}", route.ip_arguments())
    }

    fn inverse(&self, _before: &HostState) -> Vec<Step> {
        vec![
            match self {
                Self::Add(route) => Self::Remove(route.clone()),
                Self::Remove(route) => Self::Add(route.clone()),
            }
            .into(),
        ]
    }

    fn simulate(&self, state: &mut HostState) {
        let (Self::Add(spec) | Self::Remove(spec)) = self;
        let Some(index) = state.link(spec.link.as_str()).map(|link| link.index) else {
            return;
        };
        let route = spec.through(index);
        match self {
            Self::Add(_) => {
                state.routes.push(route);
                state.routes.sort();
            }
            Self::Remove(_) => state.routes.retain(|known| *known != route),
        }
    }

    fn facts(&self, facts: &mut Facts) {
        let (route, present) = match self {
            Self::Add(route) => (route.clone(), true),
            Self::Remove(route) => (route.clone(), false),
        };
        let words = route.ip_arguments();
        let claim = format!(
            "the route {words} {}",
            if present { "stands" } else { "is gone" }
        );
        let object = route.link.as_str().to_owned();
        facts.add(&object, "route", words, claim, move |state| {
            let has = state.link(route.link.as_str()).is_some_and(|link| {
                let wanted = route.through(link.index);
                state.routes_of(link.index).any(|found| {
                    (found.destination, found.gateway, found.metric)
                        == (wanted.destination, wanted.gateway, wanted.metric)
                })
            });
            has == present
        });
    }

    fn touches_reach(&self, _planner: &Planner, _before: &HostState) -> bool {
        true
    }
}
