// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Options of a bridge of Open vSwitch. Its database takes any number; the
//! ranges of 802.1D are enforced here, because `ovs-vswitchd` silently makes
//! another number of what is outside.

use serde::{Deserialize, Serialize};

use crate::bridge::BridgePatch;
use crate::error::{ErrorKind, NovaError, Result};
use crate::ovs_conf::{BridgeConf, FailMode};
use crate::ovs_value::{ControllerTarget, OpenFlow};

/// A wish for options of a bridge; what is absent stays as it is. Times are in
/// seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct OvsOptions {
    /// Spanning tree (802.1D) on or off; rapid spanning tree goes off with on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stp: Option<bool>,
    /// Rapid spanning tree (802.1D-2004) on or off; spanning tree goes off with
    /// on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rstp: Option<bool>,
    /// Forward delay of the tree, 4–30 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_delay: Option<u32>,
    /// Hello time of the tree, 1–10 s; rapid spanning tree has it fixed at 2 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_time: Option<u32>,
    /// Max age of the tree, 6–40 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u32>,
    /// Priority in the tree, 0–61440 in steps of 4096.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Time after which a MAC address is forgotten, 15–3600 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ageing_time: Option<u32>,
    /// Multicast only to ports that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multicast_snooping: Option<bool>,
    /// What it does while no controller answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_mode: Option<FailMode>,
    /// The versions of OpenFlow it speaks; an empty list means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocols: Option<Vec<OpenFlow>>,
    /// Its controllers; an empty list means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controllers: Option<Vec<ControllerTarget>>,
}

impl TryFrom<&BridgePatch> for OvsOptions {
    type Error = NovaError;

    /// The options of a Linux bridge under the same names.
    ///
    /// # Errors
    /// `InvalidValue` for one that a bridge of Open vSwitch does not have.
    fn try_from(patch: &BridgePatch) -> Result<Self> {
        let rest = BridgePatch {
            stp: None,
            forward_delay: None,
            hello_time: None,
            max_age: None,
            priority: None,
            ageing_time: None,
            multicast_snooping: None,
            ..*patch
        };
        if let Some((option, _)) = rest.singles().first() {
            let option = option.replace('_', "-");
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("{option}: a bridge of Open vSwitch has no such option"),
            )
            .with_field(option)
            .with_remedy(
                "It is one of Linux bridges; VLANs are set on the ports of Open vSwitch.",
            ));
        }
        Ok(Self {
            stp: patch.stp,
            forward_delay: patch.forward_delay,
            hello_time: patch.hello_time,
            max_age: patch.max_age,
            priority: patch.priority,
            ageing_time: patch.ageing_time,
            multicast_snooping: patch.multicast_snooping,
            ..Self::default()
        })
    }
}

impl OvsOptions {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The configuration after the wish, on one that is `now`.
    ///
    /// # Errors
    /// `InvalidValue` with the first field out of range or against 802.1D.
    pub fn applied_to(&self, now: &BridgeConf) -> Result<BridgeConf> {
        self.check_ranges()?;
        let mut conf = now.clone();
        if self.stp == Some(true) && self.rstp == Some(true) {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                "spanning tree and rapid spanning tree exclude each other",
            )
            .with_field("rstp")
            .with_remedy("Turn on one of them."));
        }
        if let Some(stp) = self.stp {
            conf.stp = stp;
            conf.rstp &= !stp;
        }
        if let Some(rstp) = self.rstp {
            conf.rstp = rstp;
            conf.stp &= !rstp;
        }
        let tree = if conf.rstp { "rstp" } else { "stp" };
        if conf.rstp
            && let Some(hello) = self.hello_time.filter(|hello| *hello != 2)
        {
            return Err(NovaError::invalid(
                "hello-time",
                hello,
                "rapid spanning tree has it fixed at 2 s",
            ));
        }
        let mut put = |key: String, value: Option<String>| {
            if let Some(value) = value {
                conf.other_config.insert(key, value);
            }
        };
        let text = |number: Option<u32>| number.map(|number| number.to_string());
        put(format!("{tree}-forward-delay"), text(self.forward_delay));
        put(format!("{tree}-max-age"), text(self.max_age));
        put(
            format!("{tree}-priority"),
            text(self.priority.map(u32::from)),
        );
        if !conf.rstp {
            put("stp-hello-time".to_owned(), text(self.hello_time));
        }
        put("mac-aging-time".to_owned(), text(self.ageing_time));
        if let Some(on) = self.multicast_snooping {
            conf.mcast_snooping = on;
        }
        if let Some(mode) = self.fail_mode {
            conf.fail_mode = mode;
        }
        if let Some(versions) = &self.protocols {
            conf.protocols = versions.iter().map(|version| version.word()).collect();
        }
        if let Some(targets) = &self.controllers {
            conf.controllers = targets.iter().map(ToString::to_string).collect();
        }
        let times = [self.forward_delay, self.hello_time, self.max_age];
        if (conf.stp || conf.rstp) && (times.iter().any(Option::is_some) || !(now.stp || now.rstp))
        {
            check_times(&conf, tree)?;
        }
        Ok(conf)
    }

    fn check_ranges(&self) -> Result<()> {
        let ranges = [
            ("forward-delay", self.forward_delay, 4, 30),
            ("hello-time", self.hello_time, 1, 10),
            ("max-age", self.max_age, 6, 40),
            ("ageing-time", self.ageing_time, 15, 3600),
        ];
        for (field, value, least, most) in ranges {
            if let Some(value) = value
                && !(least..=most).contains(&value)
            {
                let allowed = format!("{least} to {most} s on Open vSwitch");
                return Err(NovaError::invalid(field, value, &allowed));
            }
        }
        match self.priority {
            Some(priority) if priority % 4096 != 0 => {
                let below = priority - priority % 4096;
                Err(
                    NovaError::invalid("priority", priority, "0 to 61440 in steps of 4096")
                        .with_remedy(format!("{below} is possible.")),
                )
            }
            _ => Ok(()),
        }
    }
}

/// 802.1D demands `2 · (forward delay − 1) ≥ max age ≥ 2 · (hello time + 1)`.
fn check_times(conf: &BridgeConf, tree: &str) -> Result<()> {
    let time = |name: &str, default: u32| {
        let set = conf.other_config.get(&format!("{tree}-{name}"));
        set.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (delay, hello, age) = (
        time("forward-delay", 15),
        time("hello-time", 2),
        time("max-age", 20),
    );
    let refuse =
        |field: &str, value: u32, allowed: String| Err(NovaError::invalid(field, value, &allowed));
    if age < 2 * (hello + 1) {
        let least = 2 * (hello + 1);
        return refuse(
            "max-age",
            age,
            format!("802.1D demands at least {least} s with a hello time of {hello} s"),
        );
    }
    if 2 * (delay - 1) < age {
        let least = age.div_ceil(2) + 1;
        return refuse(
            "forward-delay",
            delay,
            format!("802.1D demands at least {least} s with a max age of {age} s"),
        );
    }
    Ok(())
}

/// Seconds a new port of a bridge stays silent.
#[must_use]
pub fn port_delay(conf: &BridgeConf) -> u32 {
    if !conf.stp {
        return 0;
    }
    let delay = conf.other_config.get("stp-forward-delay");
    2 * delay.and_then(|text| text.parse().ok()).unwrap_or(15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(options: &OvsOptions) -> Option<String> {
        let error = options.applied_to(&BridgeConf::default()).err()?;
        error.field().map(str::to_owned)
    }

    #[test]
    fn numbers_that_vswitchd_would_bend_are_refused() {
        let on = OvsOptions {
            stp: Some(true),
            ..OvsOptions::default()
        };
        assert_eq!(field(&on), None);
        let cases = [
            (
                "forward-delay",
                OvsOptions {
                    forward_delay: Some(2),
                    ..on.clone()
                },
            ),
            (
                "forward-delay",
                OvsOptions {
                    forward_delay: Some(31),
                    ..on.clone()
                },
            ),
            (
                "hello-time",
                OvsOptions {
                    hello_time: Some(11),
                    ..on.clone()
                },
            ),
            (
                "max-age",
                OvsOptions {
                    max_age: Some(5),
                    ..on.clone()
                },
            ),
            (
                "priority",
                OvsOptions {
                    priority: Some(100),
                    ..on.clone()
                },
            ),
            (
                "ageing-time",
                OvsOptions {
                    ageing_time: Some(0),
                    ..on.clone()
                },
            ),
            (
                "max-age",
                OvsOptions {
                    hello_time: Some(10),
                    ..on.clone()
                },
            ),
            (
                "forward-delay",
                OvsOptions {
                    forward_delay: Some(4),
                    ..on.clone()
                },
            ),
            (
                "rstp",
                OvsOptions {
                    rstp: Some(true),
                    ..on.clone()
                },
            ),
            (
                "hello-time",
                OvsOptions {
                    stp: None,
                    rstp: Some(true),
                    hello_time: Some(3),
                    ..on
                },
            ),
        ];
        for (wanted, options) in cases {
            assert_eq!(field(&options).as_deref(), Some(wanted), "{options:?}");
        }
    }

    #[test]
    fn one_tree_goes_off_when_the_other_goes_on() {
        let now = BridgeConf {
            stp: true,
            ..BridgeConf::default()
        };
        let wish = OvsOptions {
            rstp: Some(true),
            priority: Some(4096),
            ..OvsOptions::default()
        };
        let after = wish.applied_to(&now).unwrap();
        assert!(after.rstp && !after.stp);
        assert_eq!(after.other_config.get("rstp-priority").unwrap(), "4096");
    }
}
