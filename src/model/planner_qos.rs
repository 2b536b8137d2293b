// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What quality of service means on a port of Open vSwitch: policing of what
//! arrives, in kbit/s; a queue of `linux-htb` for what leaves, in bit/s.

use std::collections::BTreeMap;

use crate::bandwidth::{BitRate, ByteSize};
use crate::error::{NovaError, Result};
use crate::name::{InterfaceName, printable};
use crate::ovs::{OvsBridge, OvsPort};
use crate::ovs_conf::{MARK_KEY, PortConf, QosConf, QueueConf};
use crate::planner::Planner;
use crate::qos::{Priority, RemoveQos, SetQos};
use crate::step::{CLASS_KEY, FlowStep, OvsEdit, OvsStep, PortClass, queue_number};

/// What a burst should be at least, as a part of the rate, in percent.
const BURST_PERCENT: u64 = 80;

impl Planner {
    pub(crate) fn set_qos(&mut self, set: &SetQos) -> Result<()> {
        set.check()?;
        if self.is_kernel_port(&set.port) {
            return self.set_kernel_qos(set);
        }
        let (bridge, port) = self.require_limited_port(&set.port)?;
        let name = &set.port;
        let mut after = port.conf.clone();
        if let Some(rate) = set.ingress_rate {
            self.police(name, &mut after, rate, set.burst)?;
            if bridge.conf.datapath_type == "netdev" {
                self.notice(format!(
                    "{} moves frames in ovs-vswitchd itself (netdev), which does not limit what arrives; the limit holds on a bridge of the kernel.",
                    printable(&bridge.name)
                ));
            }
        }
        if let Some(rate) = set.egress_rate {
            after.qos = Some(self.queues_of(name, rate, set.burst, &port));
        }
        let wish = PortClass {
            dscp: set.wanted_dscp(),
            priority: set.wanted_priority(),
        };
        let class = match wish.is_empty() {
            true => port.class,
            false => {
                let class = wish.or(noted_class(&port.conf).unwrap_or_default());
                after
                    .external_ids
                    .insert(CLASS_KEY.to_owned(), class.to_string());
                self.say_class(set, &bridge)?;
                Some(class)
            }
        };
        if after == port.conf && class == port.class {
            self.effect(format!("The port {name} is already as asked."));
            return Ok(());
        }
        self.notice_card(name, "The limits");
        if set.has_rate() && self.is_way_out(&bridge, &port) {
            self.notice_limited_way(name);
            self.demand_confirmation_for(&bridge.conf);
        }
        let flow = FlowStep {
            bridge: bridge.name.clone(),
            port: port.name.clone(),
            before: port.class,
            after: class,
        };
        if after != port.conf {
            self.edit_qos(bridge, port, after);
        }
        if flow.before != flow.after {
            self.push(flow);
        }
        Ok(())
    }

    /// Says what a class does on this bridge, and where it does nothing.
    fn say_class(&mut self, set: &SetQos, bridge: &OvsBridge) -> Result<()> {
        let name = printable(&bridge.name);
        let protocols = &bridge.conf.protocols;
        if !protocols.is_empty() && !protocols.contains("OpenFlow13") {
            return Err(NovaError::refused(format!(
                "bridge {name}: marks and priorities are flows of OpenFlow 1.3, which it does not speak"
            ))
            .with_field("class")
            .with_remedy(format!(
                "\"nova network ovs-configure-switch {name} --openflow-version\" with 1.3 among the versions."
            )));
        }
        for words in set.class_words() {
            self.effect(words);
        }
        if set.wanted_priority().is_some() && bridge.conf.datapath_type == "netdev" {
            self.notice(format!(
                "{name} moves frames in ovs-vswitchd itself (netdev), which does not sort them by priority; marks are set."
            ));
        }
        if !bridge.conf.controllers.is_empty() {
            self.notice(format!(
                "{name} has a controller; flows of its own come before Nova's."
            ));
        }
        Ok(())
    }

    pub(crate) fn remove_qos(&mut self, remove: &RemoveQos) -> Result<()> {
        if self.is_kernel_port(&remove.port) {
            return self.remove_kernel_qos(remove);
        }
        let (bridge, port) = self.require_limited_port(&remove.port)?;
        let mut after = port.conf.clone();
        after.qos = None;
        after.external_ids.remove(CLASS_KEY);
        for interface in &mut after.interfaces {
            interface.policing_rate = 0;
            interface.policing_burst = 0;
        }
        if after == port.conf {
            self.effect(format!("The port {} has no limits.", remove.port));
            return Ok(());
        }
        self.effect(format!("All limits of {} go.", remove.port));
        if port.conf.external_ids.contains_key(CLASS_KEY) {
            self.push(FlowStep {
                bridge: bridge.name.clone(),
                port: port.name.clone(),
                before: port.class,
                after: None,
            });
        }
        self.edit_qos(bridge, port, after);
        Ok(())
    }

    fn edit_qos(&mut self, bridge: OvsBridge, port: OvsPort, after: PortConf) {
        let qos = port.conf.qos.as_ref();
        let is_foreign = qos.is_some_and(|qos| !qos.external_ids.contains_key(MARK_KEY));
        if is_foreign && after.qos != port.conf.qos {
            self.notice(format!(
                "The port {} has a quality of service that Nova did not make; it stays in the database, unused.",
                printable(&port.name)
            ));
        }
        self.push(OvsStep {
            edits: vec![OvsEdit::Port {
                bridge: bridge.name,
                name: port.name,
                row: Some(port.row),
                before: Some(Box::new(port.conf)),
                after: Some(Box::new(after)),
            }],
        });
    }

    /// The port of this name: of Open vSwitch, and one that limits work on.
    fn require_limited_port(&self, name: &InterfaceName) -> Result<(OvsBridge, OvsPort)> {
        let ovs = self.state.ovs.require()?;
        let Some((bridge, port)) = ovs.port(name.as_str()) else {
            return Err(NovaError::not_found(format!(
                "{name} is not a port of an Open vSwitch bridge"
            ))
            .with_field("port")
            .with_remedy("\"nova network list --all\" shows what exists."));
        };
        match port.conf.interfaces.as_slice() {
            [only] if only.kind == "patch" || only.options.contains_key("remote_ip") => {
                Err(NovaError::refused(format!(
                    "port {name}: limits do not work on a {}",
                    printable(&only.kind)
                ))
                .with_remedy("Limit the ports behind it."))
            }
            [_] => Ok((bridge.clone(), port.clone())),
            _ => Err(
                NovaError::refused(format!("port {name}: limits do not work on a bond"))
                    .with_remedy("Limit the ports of the machines."),
            ),
        }
    }

    fn police(
        &mut self,
        name: &InterfaceName,
        conf: &mut PortConf,
        rate: BitRate,
        burst: Option<ByteSize>,
    ) -> Result<()> {
        let kilobits = rate.kilobits();
        if kilobits > u64::from(u32::MAX) {
            return Err(NovaError::invalid("ingress-rate", rate, "at most 4 Tbit/s"));
        }
        let advised = (kilobits * BURST_PERCENT).div_ceil(100);
        let burst_kilobits = burst.map_or(advised, ByteSize::kilobits);
        if burst_kilobits > u64::from(u32::MAX) {
            let size = burst.unwrap_or_default();
            return Err(NovaError::invalid("burst-size", size, "at most 500 GB"));
        }
        if burst_kilobits < advised {
            self.notice(format!(
                "A burst of {} is less than {BURST_PERCENT} % of the rate; TCP then stays below {rate}.",
                ByteSize(burst_kilobits * 125)
            ));
        }
        for interface in &mut conf.interfaces {
            interface.policing_rate = kilobits;
            interface.policing_burst = burst_kilobits;
        }
        self.effect(format!(
            "What arrives from {name} is limited to {rate}, with bursts of {}: what the machine sends.",
            ByteSize(burst_kilobits * 125)
        ));
        Ok(())
    }

    /// The queues through which frames leave to the port, by priority.
    fn queues_of(
        &mut self,
        name: &InterfaceName,
        rate: BitRate,
        burst: Option<ByteSize>,
        port: &OvsPort,
    ) -> QosConf {
        let ours = port
            .conf
            .qos
            .as_ref()
            .filter(|qos| qos.external_ids.contains_key(MARK_KEY) && qos.kind == "linux-htb");
        let marks = ours.map_or_else(|| self.marks(), |qos| qos.external_ids.clone());
        self.effect(format!(
            "What leaves to {name} is limited to {rate}: what the machine receives."
        ));
        let max_rate = ("max-rate".to_owned(), rate.0.to_string());
        let order = [Priority::High, Priority::Normal, Priority::Low];
        let queues = (0..).zip(order).map(|(order, priority): (u32, _)| {
            let mut other_config =
                BTreeMap::from([max_rate.clone(), ("priority".to_owned(), order.to_string())]);
            if let Some(burst) = burst {
                other_config.insert("burst".to_owned(), burst.bits().to_string());
            }
            let queue = QueueConf {
                other_config,
                external_ids: marks.clone(),
                ..QueueConf::default()
            };
            (queue_number(priority), queue)
        });
        QosConf {
            kind: "linux-htb".to_owned(),
            other_config: BTreeMap::from([max_rate.clone()]),
            queues: queues.collect(),
            external_ids: marks.clone(),
        }
    }
}

/// The class that the database notes for a port.
fn noted_class(conf: &PortConf) -> Option<PortClass> {
    conf.external_ids.get(CLASS_KEY)?.parse().ok()
}
