// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Options of a bond.

use crate::bond::{BondMode, HashPolicy, LacpRate};
use crate::error::{NovaError, Result};
use crate::options::{in_range, options};

options! {
    /// Options of a bond (`ip link … type bond`); times are milliseconds.
    BondOptions,
    /// A wish to change some options of a bond; `None` leaves one as it is.
    BondPatch,
    {
        /// How members are used (`mode`).
        mode: BondMode = BondMode::BalanceRr,
        /// How often the links of members are looked at (`miimon`); 0 for never.
        miimon: u32 = 0,
        /// How long a link must be back before it is used (`updelay`).
        up_delay: u32 = 0,
        /// How long a link must be lost before it is left (`downdelay`).
        down_delay: u32 = 0,
        /// How often the other end sends LACP frames (`lacp_rate`).
        lacp_rate: LacpRate = LacpRate::Slow,
        /// By what of a frame its member is chosen (`xmit_hash_policy`).
        xmit_hash_policy: HashPolicy = HashPolicy::Layer2,
        /// How many members must work for the bond to have a carrier
        /// (`min_links`).
        min_links: u32 = 0,
    }
}

/// How often links are looked at where nothing is said, in milliseconds.
pub const MIIMON_USUAL: u32 = 100;
/// Longest time in milliseconds: ten minutes.
const MAX_TIME: u32 = 600_000;
/// Most members that a bond may ask for.
const MAX_LINKS: u32 = 64;

impl BondPatch {
    /// The wish for a new bond: links are looked at where nothing else is said.
    #[must_use]
    pub fn for_new(&self) -> Self {
        Self {
            mode: Some(self.mode.unwrap_or(BondMode::ActiveBackup)),
            miimon: Some(self.miimon.unwrap_or(MIIMON_USUAL)),
            ..*self
        }
    }

    /// Checks the wish against the ranges of the kernel and what it takes in
    /// each mode, on a bond that now has the options `current`.
    ///
    /// # Errors
    /// `InvalidValue` that names the first field that cannot be so, what is
    /// allowed and a value that would do.
    pub fn check(&self, current: &BondOptions) -> Result<()> {
        in_range("miimon", self.miimon, 0, MAX_TIME, "ms")?;
        in_range("up-delay", self.up_delay, 0, MAX_TIME, "ms")?;
        in_range("down-delay", self.down_delay, 0, MAX_TIME, "ms")?;
        in_range("min-links", self.min_links, 0, MAX_LINKS, "")?;
        let wanted = self.applied_to(current);
        let mode = wanted.mode;
        if mode.demands_monitoring() && wanted.miimon == 0 {
            return Err(NovaError::invalid(
                "miimon",
                0,
                &format!("1 to {MAX_TIME} ms in the mode {mode}, which looks at links"),
            )
            .with_remedy(format!("{MIIMON_USUAL} is usual.")));
        }
        for (field, delay) in [
            ("up-delay", wanted.up_delay),
            ("down-delay", wanted.down_delay),
        ] {
            check_delay(field, delay, wanted.miimon)?;
        }
        if self.lacp_rate.is_some() && mode != BondMode::Lacp {
            return Err(NovaError::invalid(
                "lacp-rate",
                wanted.lacp_rate,
                &format!("the mode {mode} does not speak LACP"),
            )
            .with_remedy("Leave it out, or choose the mode 802.3ad."));
        }
        Ok(())
    }

    /// Whether the kernel takes it only while the bond is down.
    #[must_use]
    pub const fn needs_down(&self) -> bool {
        self.mode.is_some() || self.lacp_rate.is_some()
    }

    /// The options of `ip link … type bond` that this wish equals.
    #[must_use]
    pub fn ip_arguments(&self) -> String {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let options = [
            ("mode", self.mode.map(|mode| mode.to_string())),
            ("miimon", number(self.miimon)),
            ("updelay", number(self.up_delay)),
            ("downdelay", number(self.down_delay)),
            ("lacp_rate", self.lacp_rate.map(|rate| rate.to_string())),
            (
                "xmit_hash_policy",
                self.xmit_hash_policy.map(|policy| policy.to_string()),
            ),
            ("min_links", number(self.min_links)),
        ];
        let words: Vec<String> = options
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect();
        words.join(" ")
    }

    /// The wish in words, one phrase an option: `mode active-backup`.
    #[must_use]
    pub fn phrases(&self) -> Vec<String> {
        let phrases = [
            self.mode.map(|mode| format!("mode {mode}")),
            self.miimon.map(|time| match time {
                0 => "no monitoring of links".to_owned(),
                time => format!("links monitored every {time} ms"),
            }),
            self.up_delay.map(|time| format!("up delay {time} ms")),
            self.down_delay.map(|time| format!("down delay {time} ms")),
            self.lacp_rate.map(|rate| format!("LACP rate {rate}")),
            self.xmit_hash_policy
                .map(|policy| format!("hash policy {policy}")),
            self.min_links
                .map(|number| format!("at least {number} links")),
        ];
        phrases.into_iter().flatten().collect()
    }
}

/// The kernel rounds a delay down to a multiple of the interval, and refuses one
/// without monitoring.
fn check_delay(field: &str, delay: u32, miimon: u32) -> Result<()> {
    if delay == 0 {
        return Ok(());
    }
    if miimon == 0 {
        return Err(NovaError::invalid(
            field,
            delay,
            "0 while the links of members are not monitored",
        )
        .with_remedy(format!("Monitor them; every {MIIMON_USUAL} ms is usual.")));
    }
    let rest = delay % miimon;
    if rest != 0 {
        return Err(NovaError::invalid(
            field,
            delay,
            &format!("a multiple of {miimon} ms, the interval of monitoring"),
        )
        .with_remedy(format!(
            "{} ms would do; the kernel would round down to {} ms.",
            delay - rest + miimon,
            delay - rest
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patch: BondPatch) -> Result<()> {
        patch.for_new().check(&BondOptions::default())
    }

    #[test]
    fn a_delay_is_a_multiple_of_the_interval() {
        let error = check(BondPatch {
            up_delay: Some(350),
            ..BondPatch::default()
        })
        .unwrap_err();
        assert_eq!(error.field(), Some("up-delay"));
        assert!(error.remedy().unwrap().contains("400 ms would do"));
        let error = check(BondPatch {
            miimon: Some(0),
            down_delay: Some(100),
            ..BondPatch::default()
        })
        .unwrap_err();
        assert_eq!(error.field(), Some("down-delay"));
    }

    #[test]
    fn lacp_has_a_rate_and_other_modes_have_none() {
        let fast = BondPatch {
            lacp_rate: Some(LacpRate::Fast),
            ..BondPatch::default()
        };
        assert_eq!(check(fast).unwrap_err().field(), Some("lacp-rate"));
        assert_eq!(
            check(BondPatch {
                mode: Some(BondMode::Lacp),
                ..fast
            }),
            Ok(())
        );
    }

    #[test]
    fn modes_that_need_monitoring_keep_it() {
        let error = check(BondPatch {
            mode: Some(BondMode::BalanceAlb),
            miimon: Some(0),
            ..BondPatch::default()
        })
        .unwrap_err();
        assert_eq!(error.field(), Some("miimon"));
    }

    #[test]
    fn every_option_has_a_phrase_and_an_argument() {
        for (option, single) in BondPatch::all_of(&BondOptions::default()).singles() {
            assert_eq!(single.phrases().len(), 1, "{option}");
            assert_eq!(single.ip_arguments().split(' ').count(), 2, "{option}");
        }
    }

    #[test]
    fn words_and_numbers_are_the_kernel_s() {
        for (at, mode) in BondMode::ALL.iter().enumerate() {
            assert_eq!(usize::from(mode.number()), at);
            assert_eq!(mode.word().parse::<BondMode>().unwrap(), *mode);
        }
        assert_eq!(BondMode::of_number(4), Some(BondMode::Lacp));
        assert_eq!(HashPolicy::of_number(1), Some(HashPolicy::Layer34));
        assert_eq!(HashPolicy::of_number(9), None);
        assert!(
            "lacp"
                .parse::<BondMode>()
                .unwrap_err()
                .message()
                .contains("802.3ad")
        );
    }
}
