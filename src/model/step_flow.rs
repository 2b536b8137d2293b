// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about flows of Open vSwitch: those that mark and rank what arrives
//! from a port. The database does not hold flows; it holds what they are for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};
use crate::fact::Facts;
use crate::name::printable;
use crate::qos::{Dscp, Priority};
use crate::state::HostState;
use crate::step::{Step, StepGroup};

/// Key in `external_ids` of a port for the class of what arrives from it.
pub const CLASS_KEY: &str = "nova-class";
/// The upper half of the cookie of Nova's flows; the lower half is the number
/// of the port in OpenFlow.
pub const FLOW_COOKIE: u64 = 0x6e6f_7661 << 32;
/// The priority of Nova's flows: just above the one that Open vSwitch makes.
pub const FLOW_PRIORITY: u16 = 1;

/// What is done to frames that arrive from a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PortClass {
    /// The mark that IP packets get.
    pub dscp: Option<Dscp>,
    /// The queue they wait in where they leave.
    pub priority: Option<Priority>,
}

impl PortClass {
    /// This, and where it says nothing, the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            dscp: self.dscp.or(other.dscp),
            priority: self.priority.or(other.priority),
        }
    }

    /// Whether it does nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.dscp.is_none() && self.priority.is_none()
    }
}

/// The queue of a port for frames of this priority.
#[must_use]
pub const fn queue_number(priority: Priority) -> u32 {
    // One less than the class of the kernel that it becomes, whose number the
    // kernel's own queues sort alike.
    match priority {
        Priority::High => 5,
        Priority::Normal => 0,
        Priority::Low => 1,
    }
}

impl fmt::Display for PortClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dscp = self.dscp.map(|dscp| format!("dscp={dscp}"));
        let priority = self.priority.map(|it| format!("priority={}", it.word()));
        let words: Vec<String> = dscp.into_iter().chain(priority).collect();
        f.write_str(&words.join(","))
    }
}

impl FromStr for PortClass {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || NovaError::invalid(CLASS_KEY, text, "dscp=46,priority=high");
        let mut class = Self::default();
        for word in text.split(',') {
            match word.split_once('=').ok_or_else(refused)? {
                ("dscp", number) => class.dscp = Some(number.parse()?),
                ("priority", "high") => class.priority = Some(Priority::High),
                ("priority", "normal") => class.priority = Some(Priority::Normal),
                ("priority", "low") => class.priority = Some(Priority::Low),
                _ => return Err(refused()),
            }
        }
        Ok(class)
    }
}

/// Has frames that arrive from a port carry a class, or none any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FlowStep {
    /// Name of the bridge.
    pub bridge: String,
    /// Name of the port.
    pub port: String,
    /// Its class before.
    pub before: Option<PortClass>,
    /// Its class after.
    pub after: Option<PortClass>,
}

impl FlowStep {
    fn lines(&self, number: &str) -> Vec<String> {
        let Some(class) = self.after else {
            return Vec::new();
        };
        let queue = class
            .priority
            .map_or_else(String::new, |it| format!("set_queue:{},", queue_number(it)));
        let flow = |kind: &str, priority: u16, mark: &str| {
            format!(
                "ovs-ofctl --protocols OpenFlow13 add-flow {} 'cookie={FLOW_COOKIE:#x},priority={priority},in_port={number}{kind},actions={mark}{queue}NORMAL'",
                printable(&self.bridge)
            )
        };
        let mut lines = Vec::new();
        if let Some(dscp) = class.dscp {
            let mark = format!("set_field:{dscp}->ip_dscp,");
            lines.push(flow(",ip", FLOW_PRIORITY + 1, &mark));
            lines.push(flow(",ipv6", FLOW_PRIORITY + 1, &mark));
        }
        if class.priority.is_some() {
            lines.push(flow("", FLOW_PRIORITY, ""));
        }
        lines
    }
}

impl StepGroup for FlowStep {
    fn title(&self) -> String {
        let port = printable(&self.port);
        let Some(class) = self.after else {
            return format!("Neither mark nor rank what arrives from {port}");
        };
        let mark = class
            .dscp
            .map(|dscp| format!("mark IP packets with DSCP {dscp}"));
        let rank = class
            .priority
            .map(|priority| format!("give {} priority", priority.word()));
        let words: Vec<String> = mark.into_iter().chain(rank).collect();
        format!("To what arrives from {port}: {}", words.join(", "))
    }

    fn command(&self) -> String {
        if self.after.is_some() {
            return self.lines(&printable(&self.port)).join("\n");
        }
        format!(
            "ovs-ofctl --protocols OpenFlow13 del-flows {} 'cookie={FLOW_COOKIE:#x}/0xffffffff00000000,in_port={}'",
            printable(&self.bridge),
            printable(&self.port)
        )
    }

    fn subject(&self) -> String {
        format!("port {}", printable(&self.port))
    }

    fn inverse(&self, _before: &HostState) -> Vec<Step> {
        vec![
            Self {
                before: self.after,
                after: self.before,
                ..self.clone()
            }
            .into(),
        ]
    }

    fn simulate(&self, state: &mut HostState) {
        let bridge = state
            .ovs
            .state_mut()
            .and_then(|ovs| ovs.bridge_mut(&self.bridge));
        if let Some(port) = bridge.and_then(|bridge| bridge.port_mut(&self.port)) {
            port.class = self.after;
        }
    }

    fn facts(&self, facts: &mut Facts) {
        let step = self.clone();
        let port = printable(&self.port);
        let claim = match self.after {
            Some(class) => format!("flows give what arrives from {port} {class}"),
            None => format!("no flow of Nova's is about {port}"),
        };
        let object = format!("ovs {}", self.bridge);
        facts.add(&object, "class", self.port.clone(), claim, move |state| {
            let found = state
                .ovs
                .bridge(&step.bridge)
                .and_then(|bridge| bridge.port(&step.port))
                .and_then(|port| port.class);
            found == step.after
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_read_as_it_is_written() {
        for text in ["dscp=46,priority=high", "dscp=0", "priority=low"] {
            assert_eq!(text.parse::<PortClass>().unwrap().to_string(), text);
        }
        for text in ["", "dscp=64", "priority=first", "dscp", "mark=1"] {
            assert!(text.parse::<PortClass>().is_err(), "{text}");
        }
    }
}
