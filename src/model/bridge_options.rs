// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Options of a Linux bridge: what they mean and what they allow.

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};
use crate::options::{in_range, on_off, options};
use crate::vlan::VlanId;

options! {
    /// All options of a Linux bridge (`ip link … type bridge`). Times are whole
    /// seconds; the kernel counts hundredths, the conversion is made where
    /// netlink is spoken.
    BridgeOptions,
    /// A wish to change some options of a bridge; `None` leaves one as it is.
    BridgePatch,
    {
        /// Spanning tree (802.1D) on or off (`stp_state`).
        stp: bool = false,
        /// Seconds a port listens and then learns before it forwards
        /// (`forward_delay`). With STP 4–30, without 0–30.
        forward_delay: u32 = 15,
        /// Seconds between the root bridge's hellos (`hello_time`), 1–10.
        hello_time: u32 = 2,
        /// Seconds after which what was heard of the root is forgotten
        /// (`max_age`), 6–40.
        max_age: u32 = 20,
        /// Seconds after which a learned MAC address is forgotten
        /// (`ageing_time`), 0–1 000 000; 0 floods every frame.
        ageing_time: u32 = 300,
        /// Bridge priority (`priority`), 0–65535; the lowest becomes root.
        /// 802.1D counts in steps of 4096.
        priority: u16 = 32768,
        /// Multicast frames only to ports that asked for them
        /// (`mcast_snooping`).
        multicast_snooping: bool = true,
        /// Asks who wants multicast where no router does (`mcast_querier`).
        multicast_querier: bool = false,
        /// Most multicast groups it remembers (`mcast_hash_max`), a power of
        /// two.
        multicast_hash_max: u32 = 4096,
        /// Which link-local frames 01-80-C2-00-00-0X it forwards, one bit each
        /// (`group_fwd_mask`). Bits 0 to 2 (STP, PAUSE, LACP) stay off.
        group_fwd_mask: u16 = 0,
        /// Whether each port carries only the VLANs it is a member of
        /// (`vlan_filtering`).
        vlan_filtering: bool = false,
        /// The VLAN of untagged frames of a new port (`vlan_default_pvid`),
        /// 1–4094; 0 gives none.
        default_pvid: u16 = 1,
        /// The tags it looks at (`vlan_protocol`).
        vlan_protocol: VlanProtocol = VlanProtocol::Dot1Q,
    }
}

/// The kind of tag by which a bridge tells VLANs apart.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum VlanProtocol {
    /// The customer tag, 0x8100.
    #[default]
    #[serde(rename = "802.1Q")]
    Dot1Q,
    /// The service tag around another, 0x88a8.
    #[serde(rename = "802.1ad")]
    Dot1Ad,
}

impl VlanProtocol {
    /// The name of the standard.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dot1Q => "802.1Q",
            Self::Dot1Ad => "802.1ad",
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

/// The bits of link-local addresses that no bridge may forward.
const RESTRICTED_GROUPS: u16 = 0b111;

impl BridgePatch {
    /// Whether it can change which frames go where: the spanning tree and the
    /// filter by VLAN.
    #[must_use]
    pub const fn moves_frames(&self) -> bool {
        self.stp.is_some()
            || self.priority.is_some()
            || self.forward_delay.is_some()
            || self.hello_time.is_some()
            || self.max_age.is_some()
            || self.vlan_filtering.is_some()
            || self.default_pvid.is_some()
            || self.vlan_protocol.is_some()
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
        let pvid = self.default_pvid.map(u32::from);
        in_range("default-vlan", pvid, 0, u32::from(VlanId::MAX), "")?;
        self.check_groups()?;
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

    fn check_groups(&self) -> Result<()> {
        if let Some(mask) = self.group_fwd_mask
            && mask & RESTRICTED_GROUPS != 0
        {
            return Err(NovaError::invalid(
                "group-fwd-mask",
                format!("{mask:#x}"),
                "bits 0 to 2 carry spanning tree, PAUSE and LACP, which end at each bridge",
            )
            .with_remedy(format!(
                "{:#x} is possible; 0x4000 forwards LLDP, 0x8 forwards 802.1X.",
                mask & !RESTRICTED_GROUPS
            )));
        }
        if let Some(groups) = self.multicast_hash_max
            && !groups.is_power_of_two()
        {
            let near = groups
                .checked_next_power_of_two()
                .unwrap_or(1 << (u32::BITS - 1));
            return Err(
                NovaError::invalid("hash-max", groups, "a power of two, such as 4096")
                    .with_remedy(format!("{near} is possible.")),
            );
        }
        Ok(())
    }

    /// The options of `ip link … type bridge` that this wish equals.
    #[must_use]
    pub fn ip_arguments(&self) -> String {
        let hundredths = |seconds: u32| u64::from(seconds) * 100;
        let bit = |on: bool| u8::from(on).to_string();
        let options = [
            ("stp_state", self.stp.map(bit)),
            (
                "forward_delay",
                self.forward_delay.map(|s| hundredths(s).to_string()),
            ),
            (
                "hello_time",
                self.hello_time.map(|s| hundredths(s).to_string()),
            ),
            ("max_age", self.max_age.map(|s| hundredths(s).to_string())),
            (
                "ageing_time",
                self.ageing_time.map(|s| hundredths(s).to_string()),
            ),
            ("priority", self.priority.map(|number| number.to_string())),
            ("mcast_snooping", self.multicast_snooping.map(bit)),
            ("mcast_querier", self.multicast_querier.map(bit)),
            (
                "mcast_hash_max",
                self.multicast_hash_max.map(|number| number.to_string()),
            ),
            (
                "group_fwd_mask",
                self.group_fwd_mask.map(|mask| format!("{mask:#x}")),
            ),
            ("vlan_filtering", self.vlan_filtering.map(bit)),
            (
                "vlan_protocol",
                self.vlan_protocol
                    .map(|protocol| protocol.word().to_owned()),
            ),
            (
                "vlan_default_pvid",
                self.default_pvid.map(|number| number.to_string()),
            ),
        ];
        let words: Vec<String> = options
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect();
        words.join(" ")
    }

    /// The wish in words, one phrase an option: `spanning tree on`.
    #[must_use]
    pub fn phrases(&self) -> Vec<String> {
        let switch = |label: &str, on: Option<bool>| on.map(|on| format!("{label} {}", on_off(on)));
        let time = |label: &str, seconds: Option<u32>| seconds.map(|s| format!("{label} {s} s"));
        let phrases = [
            switch("spanning tree", self.stp),
            time("forward delay", self.forward_delay),
            time("hello time", self.hello_time),
            time("max age", self.max_age),
            time("MAC ageing time", self.ageing_time),
            self.priority.map(|number| format!("priority {number}")),
            switch("multicast snooping", self.multicast_snooping),
            switch("multicast querier", self.multicast_querier),
            self.multicast_hash_max
                .map(|groups| format!("room for {groups} multicast groups")),
            self.group_fwd_mask.map(|mask| match mask {
                0 => "no link-local frames forwarded".to_owned(),
                mask => format!("link-local frames of mask {mask:#06x} forwarded"),
            }),
            switch("VLAN filtering", self.vlan_filtering),
            self.vlan_protocol
                .map(|protocol| format!("VLAN tags of {}", protocol.word())),
            self.default_pvid.map(|number| match number {
                0 => "no default VLAN".to_owned(),
                number => format!("default VLAN {number}"),
            }),
        ];
        phrases.into_iter().flatten().collect()
    }
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
    fn refuses_to_forward_what_ends_at_each_bridge() {
        for (mask, possible) in [(1, "0x0"), (0x4007, "0x4000"), (u16::MAX, "0xfff8")] {
            let wish = BridgePatch {
                group_fwd_mask: Some(mask),
                ..BridgePatch::default()
            };
            let error = wish.check(&BridgeOptions::default()).unwrap_err();
            assert_eq!(error.field(), Some("group-fwd-mask"));
            assert!(error.remedy().unwrap().starts_with(possible), "{error:?}");
        }
    }

    #[test]
    fn refuses_a_table_of_groups_that_is_no_power_of_two() {
        for (size, possible) in [(0, "1 "), (1000, "1024 "), (u32::MAX, "2147483648 ")] {
            let wish = BridgePatch {
                multicast_hash_max: Some(size),
                ..BridgePatch::default()
            };
            let error = wish.check(&BridgeOptions::default()).unwrap_err();
            assert_eq!(error.field(), Some("hash-max"));
            assert!(error.remedy().unwrap().starts_with(possible), "{error:?}");
        }
    }

    #[test]
    fn refuses_a_default_vlan_that_is_none() {
        let wish = |number| BridgePatch {
            default_pvid: Some(number),
            ..BridgePatch::default()
        };
        let current = BridgeOptions::default();
        assert_eq!(
            wish(4095).check(&current).unwrap_err().field(),
            Some("default-vlan")
        );
        assert_eq!(wish(0).check(&current), Ok(()));
        assert_eq!(wish(4094).check(&current), Ok(()));
    }

    #[test]
    fn every_option_has_a_phrase_and_an_argument() {
        let all = BridgePatch::all_of(&BridgeOptions::default());
        for (option, single) in all.singles() {
            assert_eq!(single.phrases().len(), 1, "{option}");
            assert_eq!(single.ip_arguments().split(' ').count(), 2, "{option}");
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
