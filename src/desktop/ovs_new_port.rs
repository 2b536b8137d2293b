// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A new port of Open vSwitch as it is being filled in: an interface of the
//! host, a cable to another switch, a tunnel, or several links as one.

use std::net::IpAddr;

use nova_model::change::{AddOvsPort, Change, ChangeSet, OvsPortKind};
use nova_model::name::{InterfaceName, printable};
use nova_model::ovs_value::{BondMode, Lacp, Tunnel, TunnelKind, VlanWish};
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::port_draft::{set_choice, with_choice};
use crate::row::Cell;
use crate::switch::Switch;
use crate::vlan_choice::{OVS_MODES, VlanChoice};

/// A new port of Open vSwitch.
pub struct OvsNewPort {
    host: HostState,
    switch: InterfaceName,
    // `internal`, `patch`, `tunnel` or `bond`.
    kind: String,
    name: String,
    // Whether the name is the suggested one, which follows the kind.
    suggested: bool,
    // The switch at the other end of a cable; empty where that end is there.
    other: String,
    peer: String,
    // `vxlan`, `gre` or `geneve`.
    tunnel: String,
    remote: String,
    local: String,
    key: String,
    udp_port: String,
    links: Vec<String>,
    // `active-backup`, `balance-slb` or `balance-tcp`.
    mode: String,
    // `off`, `active` or `passive`.
    lacp: String,
    vlans: VlanChoice,
}

/// Begins with an interface of the host on this switch; `None` where it is none
/// of Open vSwitch.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str) -> Option<Box<dyn Draft>> {
    let found = Switch::find(snapshot, switch)?;
    if !found.is_ovs() {
        return None;
    }
    let mut draft = OvsNewPort {
        host: snapshot.host.clone(),
        switch: found.address()?,
        kind: "internal".to_owned(),
        name: String::new(),
        suggested: true,
        other: String::new(),
        peer: String::new(),
        tunnel: "vxlan".to_owned(),
        remote: String::new(),
        local: String::new(),
        key: String::new(),
        udp_port: String::new(),
        links: Vec::new(),
        mode: "active-backup".to_owned(),
        lacp: "off".to_owned(),
        vlans: VlanChoice {
            mode: "all".to_owned(),
            ..VlanChoice::default()
        },
    };
    draft.other = draft.others().into_iter().next().unwrap_or_default();
    draft.suggest();
    Some(Box::new(draft))
}

impl OvsNewPort {
    /// The other switches of Open vSwitch.
    fn others(&self) -> Vec<String> {
        let ovs = self.host.ovs.state();
        ovs.into_iter()
            .flat_map(|ovs| &ovs.bridges)
            .filter(|bridge| bridge.name != self.switch.as_str())
            .map(|bridge| printable(&bridge.name))
            .collect()
    }

    fn suggest(&mut self) {
        if !self.suggested {
            return;
        }
        let mut names = self.host.free_names(match self.kind.as_str() {
            "patch" => "patch",
            "tunnel" => &self.tunnel,
            "bond" => "bond",
            _ => "port",
        });
        let name = names.next().unwrap_or_default();
        if self.kind == "patch" {
            self.peer = names.next().unwrap_or_default();
        }
        self.name = name;
    }

    fn vlan_wish(&self) -> Result<VlanWish> {
        Ok(self.vlans.conf_wish()?.unwrap_or_default())
    }

    fn add(&self, kind: OvsPortKind) -> Result<Change> {
        Ok(Change::AddOvsPort(AddOvsPort {
            switch: self.switch.clone(),
            port: self.name.parse()?,
            kind,
            vlans: self.vlan_wish()?,
            moves: false,
        }))
    }

    fn wish(&self) -> Result<ChangeSet> {
        let changes = match self.kind.as_str() {
            "patch" => self.cable()?,
            "tunnel" => vec![self.add(OvsPortKind::Tunnel(self.tunnel_wish()?))?],
            "bond" => vec![self.add(self.bond()?)?],
            _ => vec![self.add(OvsPortKind::Internal)?],
        };
        Ok(ChangeSet::from(changes))
    }

    /// One end, and the other where it is to be made, too.
    fn cable(&self) -> Result<Vec<Change>> {
        let peer: InterfaceName = self
            .peer
            .parse()
            .map_err(|error: NovaError| error.with_field("peer"))?;
        let mut changes = vec![self.add(OvsPortKind::Patch { peer: peer.clone() })?];
        if !self.other.is_empty() {
            changes.push(Change::AddOvsPort(AddOvsPort {
                switch: self.other.parse()?,
                port: peer,
                kind: OvsPortKind::Patch {
                    peer: self.name.parse()?,
                },
                vlans: VlanWish::default(),
                moves: false,
            }));
        }
        Ok(changes)
    }

    fn tunnel_wish(&self) -> Result<Tunnel> {
        Ok(Tunnel {
            kind: match self.tunnel.as_str() {
                "gre" => TunnelKind::Gre,
                "geneve" => TunnelKind::Geneve,
                _ => TunnelKind::Vxlan,
            },
            remote: address("remote", &self.remote)?,
            local: match self.local.trim() {
                "" => None,
                text => Some(address("local", text)?),
            },
            key: number("key", &self.key, "0 to 16777215, for GRE to 4294967295")?,
            udp_port: match self.tunnel.as_str() {
                "gre" => None,
                _ => number("udp-port", &self.udp_port, "1 to 65535")?,
            },
        })
    }

    fn bond(&self) -> Result<OvsPortKind> {
        let links: Result<Vec<InterfaceName>> =
            self.links.iter().map(|link| link.parse()).collect();
        Ok(OvsPortKind::Bond {
            links: links?,
            mode: BondMode::of_word(&self.mode).unwrap_or_default(),
            lacp: Lacp::of_word(&self.lacp).unwrap_or_default(),
        })
    }

    fn plan(&self) -> Result<Plan> {
        plan(&self.host, &self.wish()?, PlanId::from_bits(0))
    }
}

fn address(field: &str, text: &str) -> Result<IpAddr> {
    let text = text.trim();
    text.parse()
        .map_err(|_| NovaError::invalid(field, text, "an IPv4 or IPv6 address"))
}

/// The number that was typed, where one was.
fn number<T: std::str::FromStr>(field: &str, text: &str, allowed: &str) -> Result<Option<T>> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(NovaError::invalid(field, text, allowed)),
        },
    }
}

impl Draft for OvsNewPort {
    fn values(&self) -> Values {
        let notices = self.plan().map(|plan| plan.notices).unwrap_or_default();
        let sheet = Sheet::default()
            .with("isOvs", true)
            .with("kind", self.kind.as_str())
            .with("name", self.name.as_str())
            .with("others", self.others())
            .with("other", self.other.as_str())
            .with("peer", self.peer.as_str())
            .with("tunnel", self.tunnel.as_str())
            .with("remote", self.remote.as_str())
            .with("local", self.local.as_str())
            .with("key", self.key.as_str())
            .with("udpPort", self.udp_port.as_str())
            .with("choose", "")
            .with("leave", "")
            .with("mode", self.mode.as_str())
            .with("lacp", self.lacp.as_str())
            .with("notices", notices);
        with_choice(sheet, &self.vlans, OVS_MODES).0
    }

    fn set(&mut self, field: &str, value: Cell) {
        match (field, value) {
            ("kind", Cell::Text(text)) => {
                self.kind = text;
                self.suggest();
            }
            ("tunnel", Cell::Text(text)) => {
                self.tunnel = text;
                self.suggest();
            }
            ("name", Cell::Text(text)) => {
                self.name = text;
                self.suggested = false;
            }
            ("other", Cell::Text(text)) => self.other = text,
            ("peer", Cell::Text(text)) => self.peer = text,
            ("remote", Cell::Text(text)) => self.remote = text,
            ("local", Cell::Text(text)) => self.local = text,
            ("key", Cell::Text(text)) => self.key = text,
            ("udpPort", Cell::Text(text)) => self.udp_port = text,
            ("choose", Cell::Text(link)) if !self.links.contains(&link) => self.links.push(link),
            ("leave", Cell::Text(link)) => self.links.retain(|one| *one != link),
            ("mode", Cell::Text(text)) => self.mode = text,
            ("lacp", Cell::Text(text)) => self.lacp = text,
            (field, Cell::Text(text)) => set_choice(&mut self.vlans, field, text),
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.plan().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        self.wish().map(Some)
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        self.host = snapshot.host.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn draft() -> Box<dyn Draft> {
        begin(&fixture::small(), "ovs0").unwrap()
    }

    #[test]
    fn an_internal_port_has_a_free_name() {
        let draft = draft();
        assert!(draft.problem().is_none(), "{:?}", draft.problem());
        let set = draft.changes().unwrap().unwrap();
        let [Change::AddOvsPort(add)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(
            (add.port.as_str(), &add.kind),
            ("port0", &OvsPortKind::Internal)
        );
    }

    #[test]
    fn a_tunnel_demands_the_address_of_its_other_end() {
        let mut draft = draft();
        draft.set("kind", "tunnel".into());
        assert_eq!(draft.problem().unwrap().field(), Some("remote"));
        draft.set("remote", "192.0.2.9".into());
        draft.set("key", "x".into());
        assert_eq!(draft.problem().unwrap().field(), Some("key"));
        draft.set("key", "42".into());
        assert!(draft.problem().is_none(), "{:?}", draft.problem());
    }

    #[test]
    fn a_linux_bridge_has_no_such_ports() {
        assert!(begin(&fixture::small(), "br0").is_none());
    }
}
