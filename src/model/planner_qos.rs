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
use crate::qos::{Priority, RemoveQos, SetQos, TrafficClass};
use crate::step::{OvsEdit, OvsStep};

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
        }
        let leaves = set.egress_rate.is_some()
            || set.priority.is_some()
            || set.class.is_some()
            || set.dscp.is_some();
        if leaves {
            after.qos = Some(self.queue_of(set, &port)?);
        }
        if after == port.conf {
            self.effect(format!("The port {name} is already as asked."));
            return Ok(());
        }
        self.edit_qos(bridge, port, after);
        Ok(())
    }

    pub(crate) fn remove_qos(&mut self, remove: &RemoveQos) -> Result<()> {
        if self.is_kernel_port(&remove.port) {
            return self.remove_kernel_qos(remove);
        }
        let (bridge, port) = self.require_limited_port(&remove.port)?;
        let mut after = port.conf.clone();
        after.qos = None;
        for interface in &mut after.interfaces {
            interface.policing_rate = 0;
            interface.policing_burst = 0;
        }
        if after == port.conf {
            self.effect(format!("The port {} has no limits.", remove.port));
            return Ok(());
        }
        self.effect(format!("All limits of {} go.", remove.port));
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

    /// The queue through which everything leaves to the port.
    fn queue_of(&mut self, set: &SetQos, port: &OvsPort) -> Result<QosConf> {
        let name = &set.port;
        if let Some(dscp) = set.dscp {
            return Err(NovaError::refused(format!(
                "port {name}: Open vSwitch marks packets (DSCP {dscp}) only by flows of OpenFlow"
            ))
            .with_field("dscp")
            .with_remedy("Have the controller of the bridge mark them."));
        }
        let ours = port
            .conf
            .qos
            .as_ref()
            .filter(|qos| qos.external_ids.contains_key(MARK_KEY) && qos.kind == "linux-htb");
        let marks = ours.map_or_else(|| self.marks(), |qos| qos.external_ids.clone());
        let before = ours.and_then(|qos| qos.queues.get(&0));
        let mut queue = before.cloned().unwrap_or_else(|| QueueConf {
            external_ids: marks.clone(),
            ..QueueConf::default()
        });
        let mut root = ours.map(|qos| qos.other_config.clone()).unwrap_or_default();
        if let Some(rate) = set.egress_rate {
            root.insert("max-rate".to_owned(), rate.0.to_string());
            queue
                .other_config
                .insert("max-rate".to_owned(), rate.0.to_string());
            self.effect(format!(
                "What leaves to {name} is limited to {rate}: what the machine receives."
            ));
            if let Some(burst) = set.burst {
                queue
                    .other_config
                    .insert("burst".to_owned(), burst.bits().to_string());
            }
        }
        let priority = set.priority.or(set.class.map(|class| match class {
            TrafficClass::Realtime => Priority::High,
            TrafficClass::BestEffort => Priority::Normal,
            TrafficClass::Bulk => Priority::Low,
        }));
        if let Some(priority) = priority {
            let number = match priority {
                Priority::High => 0,
                Priority::Normal => 1,
                Priority::Low => 2,
            };
            queue
                .other_config
                .insert("priority".to_owned(), number.to_string());
            self.effect(format!(
                "What leaves to {name} has {} priority.",
                priority.word()
            ));
        }
        Ok(QosConf {
            kind: "linux-htb".to_owned(),
            other_config: root,
            external_ids: marks,
            queues: BTreeMap::from([(0, queue)]),
        })
    }
}
