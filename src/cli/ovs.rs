// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From arguments to wishes: Open vSwitch, mirrors, quality of service.

use nova::networking::{Change, ChangeSet, ErrorKind, NovaError, Result};
use nova_model::change::{
    AddMirror, AddOvsPort, ConfigureOvsBridge, ConfigureOvsPort, CreateOvsBridge, OvsPortKind,
    RemoveMirror, RemoveQos, SetQos,
};
use nova_model::mirror::{MirrorDirection, MirrorOutput, MirrorSource};
use nova_model::name::InterfaceName;
use nova_model::ovs_conf::FailMode;
use nova_model::ovs_options::OvsOptions;
use nova_model::ovs_value::{
    BondMode, Datapath, Lacp, OpenFlow, Tunnel, TunnelKind, VlanMode, VlanWish,
};
use nova_model::qos::{Priority, TrafficClass};
use nova_model::vlan::VlanSet;

use crate::arguments::{CreateSwitch, Review, Switch, SwitchKind};
use crate::arguments_bridge::BridgeOptions;
use crate::bridge;
use crate::ovs_arguments::{self as typed, OvsVerb};

/// The wish of a verb, and how it is reviewed.
pub fn wish(verb: &OvsVerb) -> Result<(ChangeSet, Review)> {
    let (change, review) = match verb {
        OvsVerb::OvsConfigureSwitch(typed) => {
            return Ok((configure_switch(typed)?, typed.review));
        }
        OvsVerb::OvsAddPort(typed) => (add_port(typed)?, typed.review),
        OvsVerb::OvsConfigurePort(typed) => (configure_port(typed)?, typed.review),
        OvsVerb::MirrorPort(typed) => (mirror(typed)?, typed.review),
        OvsVerb::RemoveMirror(typed) => (remove_mirror(typed)?, typed.review),
        OvsVerb::Qos(typed) => (qos(typed)?, typed.review),
        OvsVerb::RemoveQos(typed) => (remove_qos(typed)?, typed.review),
    };
    Ok((change.into(), review))
}

/// The wish of `create-switch`, whatever it is made of.
pub fn create_switch(typed: &CreateSwitch) -> Result<ChangeSet> {
    let interfaces = typed.interfaces.clone();
    if typed.kind == SwitchKind::LinuxBridge {
        require_none(typed.rstp_enable, typed.datapath, &typed.ovs)?;
        return bridge::create_switch(&typed.name, typed.stp_enable, &typed.options, interfaces);
    }
    let on = |flag: bool| flag.then_some(true);
    let options = options(
        on(typed.stp_enable),
        on(typed.rstp_enable),
        &typed.options,
        &typed.ovs,
    )?;
    let mut changes = vec![create(&typed.name, typed.datapath, options, interfaces)?];
    changes.extend(bridge::beside(&typed.name.parse()?, &typed.options)?);
    Ok(changes.into())
}

/// The wish of `create-switch --type openvswitch`.
fn create(
    name: &str,
    datapath: Option<typed::Datapath>,
    options: OvsOptions,
    ports: Vec<String>,
) -> Result<Change> {
    Ok(Change::CreateOvsBridge(CreateOvsBridge {
        name: name.parse()?,
        datapath: datapath.map(|datapath| match datapath {
            typed::Datapath::System => Datapath::System,
            typed::Datapath::Netdev => Datapath::Netdev,
        }),
        options,
        ports: ports
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_>>()?,
    }))
}

/// Refuses what only switches of Open vSwitch have, asked of a Linux bridge.
fn require_none(
    rstp: bool,
    datapath: Option<typed::Datapath>,
    ovs: &typed::OvsSwitch,
) -> Result<()> {
    let given = ovs
        .given()
        .or(rstp.then_some("--rstp-enable"))
        .or(datapath.map(|_| "--datapath"));
    match given {
        None => Ok(()),
        Some(option) => Err(NovaError::new(
            ErrorKind::InvalidValue,
            format!("{option}: a Linux bridge has no such option"),
        )
        .with_field(option.trim_start_matches('-'))
        .with_remedy("Add \"--type openvswitch\", or leave it out.")),
    }
}

/// The options of a switch of Open vSwitch.
fn options(
    stp: Option<bool>,
    rstp: Option<bool>,
    options: &BridgeOptions,
    ovs: &typed::OvsSwitch,
) -> Result<OvsOptions> {
    let targets = &ovs.controller;
    Ok(OvsOptions {
        stp,
        rstp,
        fail_mode: ovs.fail_mode.map(|mode| match mode {
            typed::FailMode::Standalone => FailMode::Standalone,
            typed::FailMode::Secure => FailMode::Secure,
        }),
        protocols: versions(&ovs.openflow_version)?,
        controllers: match targets.as_slice() {
            [] => None,
            targets => Some(
                targets
                    .iter()
                    .map(|target| target.parse())
                    .collect::<Result<_>>()?,
            ),
        },
        ..OvsOptions::try_from(&bridge::patch(options))?
    })
}

/// The word for every version of OpenFlow.
const EVERY_VERSION: &str = "all";

/// The versions of OpenFlow that are asked for; an empty list stands for all.
fn versions(typed: &[String]) -> Result<Option<Vec<OpenFlow>>> {
    let has_word = typed.iter().any(|version| version == EVERY_VERSION);
    match typed {
        [] => Ok(None),
        [_] if has_word => Ok(Some(Vec::new())),
        _ if has_word => Err(NovaError::invalid(
            "openflow-version",
            typed.join(","),
            "1.0 to 1.5, or \"all\" alone",
        )
        .with_remedy("Name the versions, or leave them out beside \"all\".")),
        versions => {
            let versions = versions.iter().map(|version| version.parse());
            Ok(Some(versions.collect::<Result<_>>()?))
        }
    }
}

/// The wish of `ovs-configure-switch`.
fn configure_switch(typed: &typed::ConfigureSwitch) -> Result<ChangeSet> {
    let mut options = options(
        typed.stp.map(Switch::is_on),
        typed.rstp.map(Switch::is_on),
        &typed.options,
        &typed.ovs,
    )?;
    if typed.no_controller {
        options.controllers = Some(Vec::new());
    }
    let name: InterfaceName = typed.name.parse()?;
    let mut changes = bridge::beside(&name, &typed.options)?;
    // Without any option the planner says what there is.
    if !options.is_empty() || changes.is_empty() {
        let configure = ConfigureOvsBridge { name, options };
        changes.insert(0, Change::ConfigureOvsBridge(configure));
    }
    Ok(changes.into())
}

fn vlans(typed: &typed::Vlans) -> Result<VlanWish> {
    Ok(VlanWish {
        mode: typed.vlan_mode.map(|mode| match mode {
            typed::VlanMode::Access => VlanMode::Access,
            typed::VlanMode::Trunk => VlanMode::Trunk,
            typed::VlanMode::NativeTagged => VlanMode::NativeTagged,
            typed::VlanMode::NativeUntagged => VlanMode::NativeUntagged,
        }),
        tag: typed.vlan.as_deref().map(str::parse).transpose()?,
        trunks: set(typed.trunk.as_deref())?,
    })
}

fn set(text: Option<&str>) -> Result<VlanSet> {
    Ok(text.map(str::parse).transpose()?.unwrap_or_default())
}

/// The wish of `ovs-add-port`.
fn add_port(typed: &typed::AddPort) -> Result<Change> {
    let kind = if typed.internal {
        OvsPortKind::Internal
    } else if let Some(peer) = &typed.peer {
        OvsPortKind::Patch {
            peer: peer.parse()?,
        }
    } else if let Some(kind) = typed.tunnel {
        OvsPortKind::Tunnel(tunnel(kind, typed)?)
    } else if typed.bond.is_empty() {
        OvsPortKind::Link
    } else {
        let links = typed.bond.iter().map(|link| link.parse());
        OvsPortKind::Bond {
            links: links.collect::<Result<_>>()?,
            mode: typed.bond_mode.map_or(BondMode::default(), bond_mode),
            lacp: typed.lacp.map_or(Lacp::default(), lacp),
        }
    };
    Ok(Change::AddOvsPort(AddOvsPort {
        switch: typed.switch.parse()?,
        port: typed.port.parse()?,
        kind,
        vlans: vlans(&typed.vlans)?,
        moves: typed.moves,
    }))
}

const fn bond_mode(mode: typed::BondMode) -> BondMode {
    match mode {
        typed::BondMode::ActiveBackup => BondMode::ActiveBackup,
        typed::BondMode::BalanceSlb => BondMode::BalanceSlb,
        typed::BondMode::BalanceTcp => BondMode::BalanceTcp,
    }
}

const fn lacp(lacp: typed::Lacp) -> Lacp {
    match lacp {
        typed::Lacp::Off => Lacp::Off,
        typed::Lacp::Active => Lacp::Active,
        typed::Lacp::Passive => Lacp::Passive,
    }
}

fn tunnel(kind: typed::TunnelKind, typed: &typed::AddPort) -> Result<Tunnel> {
    let address = |field: &str, text: &str| {
        text.parse()
            .map_err(|_| NovaError::invalid(field, text, "an IPv4 or IPv6 address"))
    };
    let local = typed.local.as_deref();
    Ok(Tunnel {
        kind: match kind {
            typed::TunnelKind::Vxlan => TunnelKind::Vxlan,
            typed::TunnelKind::Gre => TunnelKind::Gre,
            typed::TunnelKind::Geneve => TunnelKind::Geneve,
        },
        remote: address("remote", typed.remote.as_deref().unwrap_or_default())?,
        local: local.map(|local| address("local", local)).transpose()?,
        key: typed.key,
        udp_port: typed.udp_port,
    })
}

/// The wish of `ovs-configure-port`.
fn configure_port(typed: &typed::ConfigurePort) -> Result<Change> {
    let wish = vlans(&typed.vlans)?;
    let vlans = (typed.no_vlan || !wish.is_empty()).then_some(wish);
    let asks = vlans.is_some()
        || typed.path_cost.is_some()
        || typed.port_priority.is_some()
        || typed.protected.is_some()
        || typed.bond_mode.is_some()
        || typed.lacp.is_some();
    if !asks {
        return Err(NovaError::new(
            ErrorKind::InvalidValue,
            format!("port {}: no option is given", typed.port),
        )
        .with_remedy("\"nova network ovs-configure-port --help\" lists the options."));
    }
    Ok(Change::ConfigureOvsPort(ConfigureOvsPort {
        switch: typed.switch.parse()?,
        port: typed.port.parse()?,
        vlans,
        path_cost: typed.path_cost,
        port_priority: typed.port_priority,
        protected: typed.protected.map(Switch::is_on),
        bond_mode: typed.bond_mode.map(bond_mode),
        lacp: typed.lacp.map(lacp),
    }))
}

/// The wish of `mirror-port`.
fn mirror(typed: &typed::MirrorPort) -> Result<Change> {
    let common = direction(&typed.mirror_type);
    if typed.source.is_empty() && common != MirrorDirection::Both {
        let word = match common {
            MirrorDirection::Ingress => "ingress",
            _ => "egress",
        };
        let allowed = "both where no source is named: each frame of the switch is copied once";
        return Err(NovaError::invalid("mirror-type", word, allowed)
            .with_remedy("Name the ports with \"--source\", or leave \"--mirror-type\" out."));
    }
    let output = match (&typed.destination, &typed.destination_vlan) {
        (Some(port), _) => MirrorOutput::Port(port.parse()?),
        (None, Some(vlan)) => MirrorOutput::Vlan(vlan.parse()?),
        (None, None) => {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                "a mirror needs a destination",
            ));
        }
    };
    Ok(Change::AddMirror(AddMirror {
        switch: typed.switch.parse()?,
        name: typed.name.as_deref().map(str::parse).transpose()?,
        sources: typed
            .source
            .iter()
            .map(|text| source(text, common))
            .collect::<Result<_>>()?,
        vlans: set(typed.vlan.as_deref())?,
        output,
    }))
}

fn direction(types: &[typed::MirrorType]) -> MirrorDirection {
    let has = |wanted| types.contains(&wanted) || types.contains(&typed::MirrorType::Both);
    match (
        has(typed::MirrorType::Ingress),
        has(typed::MirrorType::Egress),
    ) {
        (true, false) => MirrorDirection::Ingress,
        (false, true) => MirrorDirection::Egress,
        _ => MirrorDirection::Both,
    }
}

fn source(text: &str, common: MirrorDirection) -> Result<MirrorSource> {
    let (port, direction) = match text.split_once(':') {
        None => (text, common),
        Some((port, word)) => match MirrorDirection::of_word(word) {
            Some(direction) => (port, direction),
            None => {
                return Err(NovaError::invalid(
                    "mirror-type",
                    word,
                    "ingress, egress or both",
                ));
            }
        },
    };
    Ok(MirrorSource {
        port: port.parse()?,
        direction,
    })
}

/// The wish of `remove-mirror`.
fn remove_mirror(typed: &typed::RemoveMirror) -> Result<Change> {
    Ok(Change::RemoveMirror(RemoveMirror {
        switch: typed.switch.parse()?,
        name: typed.name.parse()?,
        foreign: typed.foreign,
    }))
}

/// The wish of `qos`.
fn qos(typed: &typed::Qos) -> Result<Change> {
    let rate = |field: &str, text: &Option<String>| {
        let rate = text.as_deref().map(str::parse).transpose();
        rate.map_err(|error: NovaError| error.with_field(field))
    };
    let set = SetQos {
        port: typed.port.parse()?,
        ingress_rate: rate("ingress-rate", &typed.ingress_rate)?,
        egress_rate: rate("egress-rate", &typed.egress_rate)?,
        burst: typed.burst_size.as_deref().map(str::parse).transpose()?,
        priority: typed.priority.map(|priority| match priority {
            typed::Priority::High => Priority::High,
            typed::Priority::Normal => Priority::Normal,
            typed::Priority::Low => Priority::Low,
        }),
        dscp: typed.dscp.as_deref().map(str::parse).transpose()?,
        class: typed.class.map(|class| match class {
            typed::TrafficClass::Realtime => TrafficClass::Realtime,
            typed::TrafficClass::BestEffort => TrafficClass::BestEffort,
            typed::TrafficClass::Bulk => TrafficClass::Bulk,
        }),
    };
    set.check()?;
    Ok(Change::SetQos(set))
}

/// The wish of `remove-qos`.
fn remove_qos(typed: &typed::RemoveQos) -> Result<Change> {
    Ok(Change::RemoveQos(RemoveQos {
        port: typed.port.parse()?,
    }))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Area, Nova, Verb};

    fn read(line: &str) -> Verb {
        let Area::Network(network) = Nova::try_parse_from(line.split_whitespace()).unwrap().area;
        network.verb
    }

    /// The versions of OpenFlow that a line asks for.
    fn asked(line: &str) -> Result<Option<Vec<OpenFlow>>> {
        let changes = match read(&format!("nova network {line}")) {
            Verb::CreateSwitch(typed) => create_switch(&typed)?.changes,
            Verb::Ovs(OvsVerb::OvsConfigureSwitch(typed)) => configure_switch(&typed)?.changes,
            other => panic!("it is about a switch: {other:?}"),
        };
        match changes.as_slice() {
            [Change::CreateOvsBridge(create)] => Ok(create.options.protocols.clone()),
            [Change::ConfigureOvsBridge(configure)] => Ok(configure.options.protocols.clone()),
            other => panic!("it is about a switch: {other:?}"),
        }
    }

    #[test]
    fn every_version_of_openflow_is_asked_for_by_a_word() {
        for verb in [
            "ovs-configure-switch ovs0 --stp on",
            "create-switch ovs0 --type openvswitch",
        ] {
            assert_eq!(asked(verb), Ok(None));
            let with = |versions: &str| asked(&format!("{verb} --openflow-version {versions}"));
            assert_eq!(with("all"), Ok(Some(Vec::new())));
            let two: [OpenFlow; 2] = ["1.0", "1.3"].map(|version| version.parse().unwrap());
            assert_eq!(with("1.0,1.3"), Ok(Some(two.to_vec())));
            for both in ["all,1.3", "1.3,all", "all,all"] {
                let error = with(both).unwrap_err();
                assert_eq!(error.field(), Some("openflow-version"));
                assert!(error.message().contains(both), "{error}");
                assert!(error.message().contains("\"all\" alone"), "{error}");
            }
            assert!(with("every").is_err());
        }
        // A Linux bridge has none of it.
        assert!(asked("create-switch br0 --openflow-version all").is_err());
    }

    #[test]
    fn the_mirror_of_the_feature_document_copies_both_ways() {
        let line = "nova network mirror-port ovs0 --source vm1-port --destination vm2-port --mirror-type ingress,egress";
        let Verb::Ovs(OvsVerb::MirrorPort(typed)) = read(line) else {
            panic!("it is a mirror");
        };
        let Change::AddMirror(add) = mirror(&typed).unwrap() else {
            panic!("it is a mirror");
        };
        assert_eq!(add.sources[0].direction, MirrorDirection::Both);
        assert_eq!(add.output, MirrorOutput::Port("vm2-port".parse().unwrap()));
    }

    #[test]
    fn sources_may_each_have_a_direction() {
        let line = "nova network mirror-port ovs0 --source a,b:egress --destination c --mirror-type ingress";
        let Verb::Ovs(OvsVerb::MirrorPort(typed)) = read(line) else {
            panic!("it is a mirror");
        };
        let Change::AddMirror(add) = mirror(&typed).unwrap() else {
            panic!("it is a mirror");
        };
        let directions: Vec<MirrorDirection> =
            add.sources.iter().map(|source| source.direction).collect();
        assert_eq!(
            directions,
            [MirrorDirection::Ingress, MirrorDirection::Egress]
        );
        assert!(source("a:sideways", MirrorDirection::Both).is_err());
    }

    #[test]
    fn the_limits_of_the_feature_document_are_bits_and_bytes() {
        let line = "nova network qos vm1-port --ingress-rate 100Mbps --egress-rate 50Mbps --burst-size 10MB";
        let Verb::Ovs(OvsVerb::Qos(typed)) = read(line) else {
            panic!("it is a limit");
        };
        let Change::SetQos(set) = qos(&typed).unwrap() else {
            panic!("it is a limit");
        };
        assert_eq!(set.ingress_rate.unwrap().0, 100_000_000);
        assert_eq!(set.burst.unwrap().kilobits(), 80_000);
    }
}
