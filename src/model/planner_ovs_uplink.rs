// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bridge of Open vSwitch above a card that a program configures: Open vSwitch
//! makes the bridge and takes the card, that program gives the addresses.

use crate::change::CreateOvsBridge;
use crate::error::{NovaError, Result};
use crate::link::Link;
use crate::manager::Backend;
use crate::name::InterfaceName;
use crate::ovs_conf::{BridgeConf, InterfaceConf};
use crate::planner::Planner;
use crate::planner_uplink::{Move, Wish};
use crate::reach::is_reached_at;
use crate::step::{FileEffect, LinkRef, LinkStep, ManagerStep, OvsEdit, OvsStep};

impl Planner {
    /// The first of these links at which a program gives this host an address, and
    /// which program that is.
    pub(crate) fn managed_uplink(&self, links: &[InterfaceName]) -> Option<(Link, Backend)> {
        links.iter().find_map(|name| {
            let link = self.state.link(name.as_str())?;
            let backend = self.state.managers.of(name.as_str())?;
            is_reached_at(link).then(|| (link.clone(), backend))
        })
    }

    /// Makes the bridge of these edits, has the program give it what it gave the
    /// card, and makes the card its port. On the way back the card leaves the bridge
    /// before the program gives it its addresses again: it would hear of nobody.
    pub(crate) fn ovs_uplink(
        &mut self,
        create: &CreateOvsBridge,
        conf: BridgeConf,
        edits: Vec<OvsEdit>,
        card: &Link,
        backend: Backend,
    ) -> Result<()> {
        let name = create.name.as_interface_name();
        let moved = self.uplink_move(name, Wish::OpenVSwitch(conf), card, Vec::new())?;
        self.push(OvsStep { edits });
        self.push(LinkStep::SetUp {
            link: LinkRef {
                name: name.clone(),
                index: None,
            },
            up: true,
        });
        self.make_above(&moved, backend)?;
        self.describe_move(&moved, card, backend, &[]);
        let mut edits = Vec::new();
        for port in &create.ports {
            self.refuse_second_program(&moved, port)?;
            self.link_for_ovs(name, port, false, &mut edits)?;
            edits.push(self.new_port(name, port, vec![InterfaceConf::new(port.as_str(), "")]));
            if *port != moved.card {
                self.effect(format!("{port} becomes a port of {name}."));
            }
        }
        self.push(OvsStep { edits });
        self.push(ManagerStep::Files {
            write: Vec::new(),
            remove: Vec::new(),
            effect: Some(Box::new(FileEffect {
                before: moved.after.unreached(),
                after: moved.after,
                others: Vec::new(),
            })),
        });
        Ok(())
    }

    /// Refuses a further port with addresses that a program gives it.
    fn refuse_second_program(&self, moved: &Move, port: &InterfaceName) -> Result<()> {
        let has_addresses = self.state.link(port.as_str()).is_some_and(is_reached_at);
        match self.state.managers.of(port.as_str()) {
            Some(other) if has_addresses => Err(NovaError::refused(format!(
                "bridge {}: {port} cannot be attached too: {} configures its addresses",
                moved.name,
                other.name()
            ))
            .with_field("port")
            .with_remedy("Attach one card with addresses; the others without.")),
            _ => Ok(()),
        }
    }
}
