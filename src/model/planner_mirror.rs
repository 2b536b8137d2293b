// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What mirrors mean on a host: on a bridge of Open vSwitch they stand in its
//! database.

use crate::error::{NovaError, Result};
use crate::mirror::{self, AddMirror, MirrorOutput, RemoveMirror};
use crate::name::printable;
use crate::ovs::{OvsBridge, OvsMirror};
use crate::ovs_conf::{MARK_KEY, MirrorConf};
use crate::planner::Planner;
use crate::planner_ovs_port::require_port;
use crate::step::{OvsEdit, OvsStep};

/// Most mirrors of a bridge; Open vSwitch ignores further ones.
const MAX_MIRRORS: usize = 32;

impl Planner {
    pub(crate) fn add_mirror(&mut self, add: &AddMirror) -> Result<()> {
        if self.is_kernel_port(&add.switch) {
            return self.add_kernel_mirror(add);
        }
        let bridge = self.require_ovs_bridge(&add.switch)?;
        let conf = self.mirror_conf(add, &bridge)?;
        if let Some(existing) = bridge.mirror(&conf.name) {
            return self.meet_existing_mirror(&conf, &bridge, existing);
        }
        if bridge.mirrors.len() >= MAX_MIRRORS {
            return Err(NovaError::refused(format!(
                "bridge {}: it has {MAX_MIRRORS} mirrors, Open vSwitch ignores further ones",
                add.switch
            ))
            .with_remedy("Remove one first, or give one several sources."));
        }
        match &add.output {
            MirrorOutput::Port(port) => {
                let found = bridge.port(port.as_str());
                if found.is_some_and(|found| self.is_way_out(&bridge, found)) {
                    return Err(NovaError::refused(format!(
                        "bridge {}: {port} is the way to addresses of this host and would carry nothing but copies",
                        add.switch
                    ))
                    .with_field("destination")
                    .with_remedy("Add an internal port for the copies: \"nova network ovs-add-port\" with \"--internal\"."));
                }
                self.notice(format!(
                    "{port} carries nothing but copies from now on: frames of its own are dropped."
                ));
            }
            MirrorOutput::Vlan(vlan) => {
                self.notice(format!(
                    "VLAN {vlan} of {} floods the copies; switches that are not set up for it (RSPAN) learn wrong addresses and may lose connections.",
                    add.switch
                ));
                if self.ovs_carries(&bridge) {
                    self.demand_confirmation_for(&bridge.conf);
                }
            }
        }
        let sources: Vec<String> = match add.sources.as_slice() {
            [] => vec!["everything of every port".to_owned()],
            sources => sources
                .iter()
                .map(|source| format!("{} {}", source.direction.phrase(), source.port))
                .collect(),
        };
        self.effect(mirror::sentence(
            &add.switch,
            &add.output,
            &sources,
            &add.vlans,
        ));
        self.push(OvsStep {
            edits: vec![OvsEdit::Mirror {
                bridge: bridge.name,
                row: None,
                before: None,
                after: Some(conf),
            }],
        });
        Ok(())
    }

    fn mirror_conf(&self, add: &AddMirror, bridge: &OvsBridge) -> Result<MirrorConf> {
        let mut conf = MirrorConf {
            name: add.name()?.as_str().to_owned(),
            select_all: add.sources.is_empty(),
            vlans: add.vlans.0.iter().map(|id| id.number()).collect(),
            external_ids: self.marks(),
            ..MirrorConf::default()
        };
        for source in &add.sources {
            let port = require_port(bridge, &source.port)?;
            if source.direction.has_ingress() {
                conf.ingress.insert(port.name.clone());
            }
            if source.direction.has_egress() {
                conf.egress.insert(port.name.clone());
            }
        }
        match &add.output {
            MirrorOutput::Port(output) => {
                let port = require_port(bridge, output)?;
                if conf.ingress.contains(&port.name) || conf.egress.contains(&port.name) {
                    return Err(NovaError::refused(format!(
                        "mirror {}: {output} cannot be source and destination",
                        conf.name
                    ))
                    .with_field("destination"));
                }
                conf.output_port = Some(port.name.clone());
            }
            MirrorOutput::Vlan(vlan) => conf.output_vlan = Some(vlan.number()),
        }
        Ok(conf)
    }

    fn meet_existing_mirror(
        &mut self,
        wanted: &MirrorConf,
        bridge: &OvsBridge,
        existing: &OvsMirror,
    ) -> Result<()> {
        let mut found = existing.conf.clone();
        found.external_ids.clone_from(&wanted.external_ids);
        let name = printable(&existing.conf.name);
        if found == *wanted {
            self.effect(format!("The mirror {name} is already as asked."));
            return Ok(());
        }
        if has_lost_ports(&existing.conf, wanted) {
            self.effect(format!(
                "The mirror {name} has its ports again, which went with their machines."
            ));
            self.push(OvsStep {
                edits: vec![OvsEdit::Mirror {
                    bridge: bridge.name.clone(),
                    row: Some(existing.row.clone()),
                    before: Some(existing.conf.clone()),
                    after: Some(MirrorConf {
                        external_ids: existing.conf.external_ids.clone(),
                        ..wanted.clone()
                    }),
                }],
            });
            return Ok(());
        }
        let bridge = printable(&bridge.name);
        Err(NovaError::refused(format!(
            "bridge {bridge}: it has another mirror {name}"
        ))
        .with_field("name")
        .with_remedy(format!(
            "Give this one a name with \"--name\", or remove that one with \"nova network remove-mirror {bridge} {name}\"."
        )))
    }

    pub(crate) fn remove_mirror(&mut self, remove: &RemoveMirror) -> Result<()> {
        if self.is_kernel_port(&remove.switch) {
            return self.remove_kernel_mirror(remove);
        }
        let bridge = self.require_ovs_bridge(&remove.switch)?;
        let name = remove.name.as_str();
        let named = bridge
            .mirrors
            .iter()
            .filter(|mirror| mirror.conf.name == name);
        let mirror = match named.collect::<Vec<_>>().as_slice() {
            [only] => (*only).clone(),
            [] => {
                let names: Vec<String> = bridge
                    .mirrors
                    .iter()
                    .map(|mirror| printable(&mirror.conf.name))
                    .collect();
                let error = NovaError::not_found(format!(
                    "bridge {}: it has no mirror {name}",
                    remove.switch
                ));
                return Err(match names.as_slice() {
                    [] => error.with_remedy("It has no mirrors."),
                    names => error.with_remedy(format!("It has {}.", names.join(", "))),
                });
            }
            _ => {
                return Err(NovaError::refused(format!(
                    "bridge {}: several mirrors are called {name}",
                    remove.switch
                ))
                .with_remedy("Remove them with the program that made them."));
            }
        };
        let ovs = self.state.ovs.state();
        let is_ours = ovs.is_some_and(|ovs| ovs.owns_mirror(&mirror));
        if !is_ours && !remove.foreign {
            return Err(
                NovaError::refused(format!("mirror {name}: Nova did not make it"))
                    .with_remedy("Remove it all the same with \"--foreign\"."),
            );
        }
        self.effect(format!(
            "{} copies nothing to {} any more.",
            remove.switch,
            output(&mirror.conf)
        ));
        self.push(OvsStep {
            edits: vec![OvsEdit::Mirror {
                bridge: bridge.name,
                row: Some(mirror.row),
                before: Some(mirror.conf),
                after: None,
            }],
        });
        Ok(())
    }
}

/// Whether a mirror of Nova's is what is wanted but for ports: the database
/// takes those that are deleted from it and never gives them back.
fn has_lost_ports(found: &MirrorConf, wanted: &MirrorConf) -> bool {
    let rest = |conf: &MirrorConf| {
        let mut conf = conf.clone();
        conf.ingress.clear();
        conf.egress.clear();
        conf.output_port = None;
        conf.external_ids.clear();
        conf
    };
    found.external_ids.contains_key(MARK_KEY)
        && rest(found) == rest(wanted)
        && found.ingress.is_subset(&wanted.ingress)
        && found.egress.is_subset(&wanted.egress)
        && (found.output_port.is_none() || found.output_port == wanted.output_port)
}

fn output(conf: &MirrorConf) -> String {
    match (&conf.output_port, conf.output_vlan) {
        (Some(port), _) => printable(port),
        (None, Some(vlan)) => format!("VLAN {vlan}"),
        (None, None) => "anywhere".to_owned(),
    }
}
