// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Ports and mirrors of Open vSwitch in words, the same in all fronts.

use crate::bandwidth::{BitRate, ByteSize};
use crate::name::printable;
use crate::ovs_conf::{MirrorConf, PortConf, PortVlans};

/// The VLANs of a port in words.
#[must_use]
pub fn vlans(vlans: &PortVlans) -> String {
    let trunks: Vec<String> = vlans.trunks.iter().map(ToString::to_string).collect();
    let trunks = trunks.join(",");
    match (vlans.mode.as_deref(), vlans.tag, trunks.as_str()) {
        (None | Some("access"), Some(tag), _) => format!("access {tag}"),
        (Some(mode), Some(tag), "") => format!("{mode} {tag}"),
        (Some(mode), Some(tag), trunks) => format!("{mode} {tag}, trunk {trunks}"),
        (_, None, "") => "all".to_owned(),
        (_, None, trunks) => format!("trunk {trunks}"),
    }
}

/// The limits of a port in words.
#[must_use]
pub fn limits(conf: &PortConf) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(interface) = conf.interfaces.iter().find(|found| found.policing_rate > 0) {
        let burst = match interface.policing_burst {
            0 => 8000,
            burst => burst,
        };
        words.push(format!(
            "in {}, burst {}",
            BitRate(interface.policing_rate * 1000),
            ByteSize(burst * 125)
        ));
    }
    if let Some(qos) = &conf.qos {
        let rate = qos
            .other_config
            .get("max-rate")
            .and_then(|rate| rate.parse().ok());
        words.push(match rate {
            Some(rate) => format!("out {}", BitRate(rate)),
            None => format!("out {}", printable(&qos.kind)),
        });
    }
    words
}

/// What a mirror copies, and where to, in words.
#[must_use]
pub fn mirror_words(conf: &MirrorConf) -> (String, String) {
    let mut sources: Vec<String> = Vec::new();
    if conf.select_all {
        sources.push("every port".to_owned());
    }
    let both = conf.ingress.intersection(&conf.egress);
    sources.extend(both.map(|port| printable(port)));
    let only = conf.ingress.difference(&conf.egress);
    sources.extend(only.map(|port| format!("{} ingress", printable(port))));
    let only = conf.egress.difference(&conf.ingress);
    sources.extend(only.map(|port| format!("{} egress", printable(port))));
    if sources.is_empty() {
        sources.push("nothing: its ports are gone".to_owned());
    }
    if !conf.vlans.is_empty() {
        let vlans: Vec<String> = conf.vlans.iter().map(ToString::to_string).collect();
        sources.push(format!("VLANs {}", vlans.join(",")));
    }
    let output = match (&conf.output_port, conf.output_vlan) {
        (Some(port), _) => printable(port),
        (None, Some(vlan)) => format!("VLAN {vlan}"),
        (None, None) => "nowhere: its port is gone".to_owned(),
    };
    (sources.join(", "), output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ovs_conf::{InterfaceConf, QosConf};

    #[test]
    fn vlans_are_told_as_they_are_typed() {
        let of = |mode: Option<&str>, tag, trunks: &[u16]| {
            vlans(&PortVlans {
                mode: mode.map(str::to_owned),
                tag,
                trunks: trunks.iter().copied().collect(),
            })
        };
        assert_eq!(of(None, Some(100), &[]), "access 100");
        assert_eq!(of(None, None, &[100, 200]), "trunk 100,200");
        assert_eq!(of(None, None, &[]), "all");
        assert_eq!(
            of(Some("native-untagged"), Some(1), &[2]),
            "native-untagged 1, trunk 2"
        );
    }

    #[test]
    fn limits_are_told_with_their_units() {
        let mut conf = PortConf {
            interfaces: vec![InterfaceConf::new("vm1", "")],
            qos: Some(QosConf {
                other_config: [("max-rate".to_owned(), "50000000".to_owned())].into(),
                ..QosConf::default()
            }),
            ..PortConf::default()
        };
        conf.interfaces[0].policing_rate = 100_000;
        conf.interfaces[0].policing_burst = 80_000;
        assert_eq!(
            limits(&conf),
            ["in 100 Mbit/s, burst 10 MB", "out 50 Mbit/s"]
        );
    }

    #[test]
    fn a_mirror_that_lost_its_ports_says_so() {
        let (sources, output) = mirror_words(&MirrorConf::default());
        assert!(sources.contains("gone") && output.contains("gone"));
    }
}
