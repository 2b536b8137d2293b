// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Options of a Linux bridge: what they mean, what they allow, what is seen.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::error::{NovaError, Result};

/// All options of a Linux bridge (`ip link … type bridge`). Times are whole
/// seconds; the kernel counts hundredths, the conversion is made where netlink
/// is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BridgeOptions {
    /// Spanning tree (802.1D) on or off (`stp_state`).
    pub stp: bool,
    /// Seconds a port listens and then learns before it forwards
    /// (`forward_delay`). With STP 4–30, without 0–30.
    pub forward_delay: u32,
    /// Seconds between the root bridge's hellos (`hello_time`), 1–10.
    pub hello_time: u32,
    /// Seconds after which what was heard of the root is forgotten
    /// (`max_age`), 6–40.
    pub max_age: u32,
    /// Seconds after which a learned MAC address is forgotten
    /// (`ageing_time`), 0–1 000 000; 0 floods every frame.
    pub ageing_time: u32,
    /// Bridge priority (`priority`), 0–65535; the lowest becomes root. 802.1D
    /// counts in steps of 4096.
    pub priority: u16,
    /// Multicast frames only to ports that asked for them (`mcast_snooping`).
    pub multicast_snooping: bool,
}

impl Default for BridgeOptions {
    /// What the kernel gives a new bridge.
    fn default() -> Self {
        Self {
            stp: false,
            forward_delay: 15,
            hello_time: 2,
            max_age: 20,
            ageing_time: 300,
            priority: 32768,
            multicast_snooping: true,
        }
    }
}

impl BridgeOptions {
    /// Seconds a new port of this bridge stays silent: twice the forward delay
    /// while STP is on, nothing otherwise.
    #[must_use]
    pub const fn port_delay(&self) -> u32 {
        if self.stp { 2 * self.forward_delay } else { 0 }
    }
}

/// A wish to change some options of a bridge; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BridgePatch {
    /// See [`BridgeOptions::stp`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stp: Option<bool>,
    /// See [`BridgeOptions::forward_delay`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_delay: Option<u32>,
    /// See [`BridgeOptions::hello_time`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_time: Option<u32>,
    /// See [`BridgeOptions::max_age`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u32>,
    /// See [`BridgeOptions::ageing_time`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ageing_time: Option<u32>,
    /// See [`BridgeOptions::priority`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// See [`BridgeOptions::multicast_snooping`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multicast_snooping: Option<bool>,
}

impl BridgePatch {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The options after the wish.
    #[must_use]
    pub fn applied_to(&self, options: &BridgeOptions) -> BridgeOptions {
        BridgeOptions {
            stp: self.stp.unwrap_or(options.stp),
            forward_delay: self.forward_delay.unwrap_or(options.forward_delay),
            hello_time: self.hello_time.unwrap_or(options.hello_time),
            max_age: self.max_age.unwrap_or(options.max_age),
            ageing_time: self.ageing_time.unwrap_or(options.ageing_time),
            priority: self.priority.unwrap_or(options.priority),
            multicast_snooping: self
                .multicast_snooping
                .unwrap_or(options.multicast_snooping),
        }
    }

    /// The wish that turns `from` into `to`: only what differs.
    #[must_use]
    pub fn between(from: &BridgeOptions, to: &BridgeOptions) -> Self {
        fn differing<T: PartialEq>(from: T, to: T) -> Option<T> {
            (from != to).then_some(to)
        }
        Self {
            stp: differing(from.stp, to.stp),
            forward_delay: differing(from.forward_delay, to.forward_delay),
            hello_time: differing(from.hello_time, to.hello_time),
            max_age: differing(from.max_age, to.max_age),
            ageing_time: differing(from.ageing_time, to.ageing_time),
            priority: differing(from.priority, to.priority),
            multicast_snooping: differing(from.multicast_snooping, to.multicast_snooping),
        }
    }

    /// The wish for all of these options.
    #[must_use]
    pub fn all_of(options: &BridgeOptions) -> Self {
        Self {
            stp: Some(options.stp),
            forward_delay: Some(options.forward_delay),
            hello_time: Some(options.hello_time),
            max_age: Some(options.max_age),
            ageing_time: Some(options.ageing_time),
            priority: Some(options.priority),
            multicast_snooping: Some(options.multicast_snooping),
        }
    }

    /// Checks the wish against the ranges of the kernel and of 802.1D, on a
    /// bridge that now has the options `current`.
    ///
    /// With STP on, 802.1D demands
    /// `2 · (forward delay − 1) ≥ max age ≥ 2 · (hello time + 1)`; the kernel
    /// does not check it, and silently raises a forward delay of 0 to 2.
    ///
    /// # Errors
    /// `InvalidValue` that names the first field out of range, what is allowed
    /// and a value that would do.
    pub fn check(&self, current: &BridgeOptions) -> Result<()> {
        let wanted = self.applied_to(current);
        in_range("hello-time", self.hello_time, 1, 10, "s")?;
        in_range("max-age", self.max_age, 6, 40, "s")?;
        in_range("ageing-time", self.ageing_time, 0, 1_000_000, "s")?;
        if !wanted.stp {
            return in_range("forward-delay", self.forward_delay, 0, 30, "s");
        }
        let touches_stp = self.stp == Some(true)
            || self.forward_delay.is_some()
            || self.hello_time.is_some()
            || self.max_age.is_some();
        if !touches_stp {
            return Ok(());
        }
        let delay = wanted.forward_delay;
        if !(4..=30).contains(&delay) {
            return Err(
                NovaError::invalid("forward-delay", delay, "4 to 30 s while STP is on")
                    .with_remedy(
                        "Choose 4 s or more, or turn STP off where no second path can form a loop.",
                    ),
            );
        }
        self.check_inequality(&wanted)
    }

    fn check_inequality(&self, wanted: &BridgeOptions) -> Result<()> {
        let BridgeOptions {
            forward_delay,
            hello_time,
            max_age,
            ..
        } = *wanted;
        let longest = 2 * (forward_delay - 1);
        let shortest = 2 * (hello_time + 1);
        if max_age < shortest {
            return Err(NovaError::invalid(
                "max-age",
                max_age,
                &format!(
                    "802.1D wants at least 2 × (hello time + 1) = {shortest} s with a hello time of {hello_time} s"
                ),
            )
            .with_remedy(format!(
                "Raise max-age to {shortest} s or lower hello-time to {} s.",
                max_age / 2 - 1
            )));
        }
        if max_age > longest {
            let delay = max_age.div_ceil(2) + 1;
            return Err(NovaError::invalid(
                if self.forward_delay.is_some() {
                    "forward-delay"
                } else {
                    "max-age"
                },
                if self.forward_delay.is_some() {
                    forward_delay
                } else {
                    max_age
                },
                &format!(
                    "802.1D wants max age ≤ 2 × (forward delay − 1), here {max_age} s ≤ {longest} s"
                ),
            )
            .with_remedy(format!(
                "Raise forward-delay to {delay} s or lower max-age to {longest} s."
            )));
        }
        Ok(())
    }

    /// The wish taken apart: for each option it names, the option's name and a
    /// wish for that one alone.
    pub(crate) fn singles(&self) -> Vec<(&'static str, Self)> {
        let none = Self::default;
        [
            (
                "stp",
                Self {
                    stp: self.stp,
                    ..none()
                },
            ),
            (
                "forward_delay",
                Self {
                    forward_delay: self.forward_delay,
                    ..none()
                },
            ),
            (
                "hello_time",
                Self {
                    hello_time: self.hello_time,
                    ..none()
                },
            ),
            (
                "max_age",
                Self {
                    max_age: self.max_age,
                    ..none()
                },
            ),
            (
                "ageing_time",
                Self {
                    ageing_time: self.ageing_time,
                    ..none()
                },
            ),
            (
                "priority",
                Self {
                    priority: self.priority,
                    ..none()
                },
            ),
            (
                "multicast_snooping",
                Self {
                    multicast_snooping: self.multicast_snooping,
                    ..none()
                },
            ),
        ]
        .into_iter()
        .filter(|(_, single)| !single.is_empty())
        .collect()
    }

    /// The options of `ip link … type bridge` that this wish equals.
    #[must_use]
    pub fn ip_arguments(&self) -> String {
        let hundredths = |seconds: u32| u64::from(seconds) * 100;
        let mut words = Vec::new();
        if let Some(on) = self.stp {
            words.push(format!("stp_state {}", u8::from(on)));
        }
        if let Some(seconds) = self.forward_delay {
            words.push(format!("forward_delay {}", hundredths(seconds)));
        }
        if let Some(seconds) = self.hello_time {
            words.push(format!("hello_time {}", hundredths(seconds)));
        }
        if let Some(seconds) = self.max_age {
            words.push(format!("max_age {}", hundredths(seconds)));
        }
        if let Some(seconds) = self.ageing_time {
            words.push(format!("ageing_time {}", hundredths(seconds)));
        }
        if let Some(priority) = self.priority {
            words.push(format!("priority {priority}"));
        }
        if let Some(on) = self.multicast_snooping {
            words.push(format!("mcast_snooping {}", u8::from(on)));
        }
        words.join(" ")
    }

    /// The wish in words, one phrase an option: `spanning tree on`.
    #[must_use]
    pub fn phrases(&self) -> Vec<String> {
        let on_off = |on: bool| if on { "on" } else { "off" };
        let mut phrases = Vec::new();
        if let Some(on) = self.stp {
            phrases.push(format!("spanning tree {}", on_off(on)));
        }
        let times = [
            ("forward delay", self.forward_delay),
            ("hello time", self.hello_time),
            ("max age", self.max_age),
            ("MAC ageing time", self.ageing_time),
        ];
        for (label, seconds) in times {
            if let Some(seconds) = seconds {
                phrases.push(format!("{label} {seconds} s"));
            }
        }
        if let Some(priority) = self.priority {
            phrases.push(format!("priority {priority}"));
        }
        if let Some(on) = self.multicast_snooping {
            phrases.push(format!("multicast snooping {}", on_off(on)));
        }
        phrases
    }
}

fn in_range(field: &str, value: Option<u32>, least: u32, most: u32, unit: &str) -> Result<()> {
    match value {
        Some(value) if !(least..=most).contains(&value) => Err(NovaError::invalid(
            field,
            value,
            &format!("{least} to {most} {unit}"),
        )),
        _ => Ok(()),
    }
}

/// What a bridge reports of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BridgeStatus {
    /// Its options, times rounded down to whole seconds.
    pub options: BridgeOptions,
    /// Whether it filters by VLAN (`vlan_filtering`).
    pub vlan_filtering: bool,
    /// Own identifier: priority, then MAC address.
    pub id: BridgeId,
    /// The root bridge it sees; equal to `id` where it is the root.
    pub root: BridgeId,
    /// Number of the port that leads to the root, 0 on the root itself.
    pub root_port: u16,
    /// Cost of the path to the root.
    pub root_path_cost: u32,
    /// Whether a change of the topology is being spread now.
    pub topology_change: bool,
}

impl BridgeStatus {
    /// Whether this bridge is the root of its spanning tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.id == self.root
    }
}

/// Identifier of a bridge in 802.1D: the lowest wins. Text form
/// `8000.525400123456`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BridgeId {
    /// Priority, 0–65535.
    pub priority: u16,
    /// MAC address.
    pub mac: MacAddress,
}

impl std::fmt::Display for BridgeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}.", self.priority)?;
        self.mac
            .0
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// State of a port in the spanning tree (`IFLA_BRPORT_STATE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StpState {
    /// Takes no part.
    Disabled,
    /// Hears the neighbours, forwards nothing.
    Listening,
    /// Learns addresses, forwards nothing.
    Learning,
    /// Forwards frames.
    Forwarding,
    /// Kept silent, because another path leads to the root.
    Blocking,
}

impl StpState {
    /// The word of the standard.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Listening => "listening",
            Self::Learning => "learning",
            Self::Forwarding => "forwarding",
            Self::Blocking => "blocking",
        }
    }
}

/// What a port of a bridge reports of itself (`bridge -d link`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PortStatus {
    /// State in the spanning tree.
    pub state: StpState,
    /// Number of the port in its bridge, from 1.
    pub number: u16,
    /// Cost of the path through this port, 1–65535.
    pub cost: u32,
    /// Priority of the port, 0–63.
    pub priority: u16,
    /// Frames may leave by the port they came in (`hairpin`).
    pub hairpin: bool,
    /// Isolated ports reach only ports that are not isolated.
    pub isolated: bool,
    /// Learns the addresses it sees.
    pub learning: bool,
    /// The designated bridge of the segment behind the port.
    pub designated_bridge: Option<BridgeId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(stp: bool, forward_delay: u32, hello_time: u32, max_age: u32) -> BridgePatch {
        BridgePatch {
            stp: Some(stp),
            forward_delay: Some(forward_delay),
            hello_time: Some(hello_time),
            max_age: Some(max_age),
            ..BridgePatch::default()
        }
    }

    #[test]
    fn the_kernel_defaults_satisfy_the_standard() {
        let defaults = BridgeOptions::default();
        let wish = BridgePatch {
            stp: Some(true),
            ..BridgePatch::all_of(&defaults)
        };
        assert_eq!(wish.check(&defaults), Ok(()));
    }

    #[test]
    fn a_forward_delay_of_zero_is_sound_only_without_stp() {
        let current = BridgeOptions::default();
        assert_eq!(patch(false, 0, 1, 6).check(&current), Ok(()));
        let error = patch(true, 0, 1, 6).check(&current).unwrap_err();
        assert_eq!(error.field(), Some("forward-delay"));
        assert!(error.remedy().unwrap().contains("STP off"));
    }

    #[test]
    fn refuses_timers_that_the_kernel_takes_and_the_standard_forbids() {
        let current = BridgeOptions::default();
        let error = patch(true, 4, 10, 40).check(&current).unwrap_err();
        assert_eq!(error.field(), Some("forward-delay"));
        assert_eq!(
            error.remedy(),
            Some("Raise forward-delay to 21 s or lower max-age to 6 s.")
        );
        let error = patch(true, 30, 10, 20).check(&current).unwrap_err();
        assert_eq!(error.field(), Some("max-age"));
        assert!(error.message().contains("22 s"), "{error}");
    }

    #[test]
    fn refuses_each_time_beyond_its_range() {
        let current = BridgeOptions::default();
        for (field, wish) in [
            ("hello-time", patch(false, 15, 0, 20)),
            ("hello-time", patch(false, 15, 11, 20)),
            ("max-age", patch(false, 15, 2, 5)),
            ("max-age", patch(false, 15, 2, 41)),
            ("forward-delay", patch(false, 31, 2, 20)),
            ("forward-delay", patch(true, 31, 2, 20)),
            ("forward-delay", patch(true, 3, 1, 6)),
        ] {
            assert_eq!(
                wish.check(&current).unwrap_err().field(),
                Some(field),
                "{wish:?}"
            );
        }
    }

    #[test]
    fn timers_of_others_do_not_stand_in_the_way_of_another_option() {
        let libvirt = BridgeOptions {
            stp: true,
            forward_delay: 2,
            ..BridgeOptions::default()
        };
        let wish = BridgePatch {
            ageing_time: Some(60),
            ..BridgePatch::default()
        };
        assert_eq!(wish.check(&libvirt), Ok(()));
    }

    #[test]
    fn every_remedy_it_proposes_is_possible() {
        for hello in 1..=10 {
            for age in 6..=40 {
                for delay in 4..=30 {
                    let wish = patch(true, delay, hello, age);
                    let Err(error) = wish.check(&BridgeOptions::default()) else {
                        continue;
                    };
                    let numbers: Vec<u32> = error
                        .remedy()
                        .unwrap()
                        .split_whitespace()
                        .filter_map(|word| word.parse().ok())
                        .collect();
                    let [first, second] = numbers[..] else {
                        panic!("{error}")
                    };
                    let too_short = age < 2 * (hello + 1);
                    let fixes = if too_short {
                        [patch(true, 30, hello, first), patch(true, 30, second, age)]
                    } else {
                        [
                            patch(true, first, hello, age),
                            patch(true, delay, 1, second),
                        ]
                    };
                    for fix in fixes {
                        assert_eq!(
                            fix.check(&BridgeOptions::default()),
                            Ok(()),
                            "{wish:?} {error:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_difference_of_two_sets_of_options_leads_from_one_to_the_other() {
        let from = BridgeOptions::default();
        let to = BridgeOptions {
            stp: true,
            priority: 4096,
            ..from
        };
        let wish = BridgePatch::between(&from, &to);
        assert_eq!(wish.applied_to(&from), to);
        assert_eq!(wish.ip_arguments(), "stp_state 1 priority 4096");
        assert!(BridgePatch::between(&to, &to).is_empty());
    }
}
