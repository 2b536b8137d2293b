// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The 802.1Q sub-interfaces on a switch and its ports, or on a card: as rows of
//! a list, and a new one as it is being filled in.

use nova_model::bridge::VlanProtocol;
use nova_model::change::{Change, ChangeSet, CreateVlan};
use nova_model::link::{Link, LinkKind, Owner};
use nova_model::name::InterfaceName;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::vlan::VlanId;
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::row::{Cell, Row};
use crate::switch::Switch;
use crate::switch_row::{addresses, find, natural};

/// Values of a row of [`sub_interfaces`].
pub const SUB_ROLES: &[&str] = &["name", "about", "isNova", "addressable"];

/// The links that a sub-interface can stand on here: a switch towards this host
/// and its ports that are links, or a card alone.
fn below<'a>(snapshot: &'a Snapshot, subject: &str) -> Vec<&'a Link> {
    let Some(switch) = Switch::find(snapshot, subject) else {
        return find(snapshot, subject).into_iter().collect();
    };
    let ports = switch.ports(snapshot);
    let ports = ports.into_iter().filter_map(|port| port.link);
    switch
        .link()
        .into_iter()
        .chain(ports.filter(|link| link.is_uplink_like()))
        .collect()
}

/// The sub-interfaces on the switch of this name and on its uplinks, or on the
/// card of this name.
#[must_use]
pub fn sub_interfaces(snapshot: &Snapshot, subject: &str) -> Vec<Row> {
    let below = below(snapshot, subject);
    let mut found: Vec<(&Link, &Link)> = snapshot
        .host
        .links
        .values()
        .filter(|link| matches!(link.kind, LinkKind::Vlan { .. }))
        .filter_map(|link| {
            let under = below.iter().find(|one| link.lower == Some(one.index))?;
            Some((link, *under))
        })
        .collect();
    found.sort_by_cached_key(|(link, _)| natural(&link.name.to_string()));
    found
        .into_iter()
        .map(|(link, under)| {
            let name = link.name.to_string();
            let mut about = vec![format!("{} of {}", link.kind.word(), under.name)];
            about.extend(addresses(link));
            about.extend((!link.is_up).then(|| "down".to_owned()));
            Row::new(
                name.clone(),
                vec![
                    name.into(),
                    about.join(" · ").into(),
                    (link.owner == Owner::Nova).into(),
                    link.name.to_interface_name().is_ok().into(),
                ],
            )
        })
        .collect()
}

/// A new sub-interface.
pub struct SubInterfaceDraft {
    host: HostState,
    links: Vec<String>,
    link: String,
    vlan: String,
    name: String,
    protocol: String,
}

/// Begins on the switch itself, or on this link where no switch is named.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str, link: &str) -> Option<Box<dyn Draft>> {
    let below = below(snapshot, if switch.is_empty() { link } else { switch });
    let links: Vec<String> = below
        .into_iter()
        .filter_map(|link| Some(link.name.to_interface_name().ok()?.to_string()))
        .collect();
    Some(Box::new(SubInterfaceDraft {
        host: snapshot.host.clone(),
        link: links.first()?.clone(),
        links,
        vlan: String::new(),
        name: String::new(),
        protocol: VlanProtocol::Dot1Q.word().to_owned(),
    }))
}

impl SubInterfaceDraft {
    fn wish(&self) -> Result<CreateVlan> {
        let vlan: VlanId = self
            .vlan
            .trim()
            .parse()
            .map_err(|error: NovaError| error.with_field("vlan"))?;
        let name = match self.name.trim() {
            "" => format!("{}.{vlan}", self.link),
            name => name.to_owned(),
        };
        let name: InterfaceName = name.parse().map_err(|error: NovaError| {
            let error = error.with_field("name");
            match self.name.trim() {
                "" => error.with_remedy(format!("A shorter one, such as vlan{vlan}, is possible.")),
                _ => error,
            }
        })?;
        Ok(CreateVlan {
            link: self.link.parse()?,
            vlan,
            name: Some(name),
            protocol: match self.protocol == VlanProtocol::Dot1Ad.word() {
                true => VlanProtocol::Dot1Ad,
                false => VlanProtocol::Dot1Q,
            },
        })
    }

    fn plan(&self) -> Result<Plan> {
        let wish = ChangeSet::from(Change::CreateVlan(self.wish()?));
        plan(&self.host, &wish, PlanId::from_bits(0))
    }
}

impl Draft for SubInterfaceDraft {
    fn values(&self) -> Values {
        let suggested = match self.vlan.trim() {
            "" => String::new(),
            vlan => format!("{}.{vlan}", self.link),
        };
        let notices = self.plan().map(|plan| plan.notices).unwrap_or_default();
        Sheet::default()
            .with("links", self.links.clone())
            .with("link", self.link.as_str())
            .with("vlan", self.vlan.as_str())
            .with("name", self.name.as_str())
            .with("protocol", self.protocol.as_str())
            .with("suggested", suggested)
            .with("notices", notices)
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        let Cell::Text(text) = value else { return };
        match field {
            "link" => self.link = text,
            "vlan" => self.vlan = text,
            "name" => self.name = text,
            "protocol" => self.protocol = text,
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.plan().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        Ok(Some(Change::CreateVlan(self.wish()?).into()))
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        self.host = snapshot.host.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_sub_interface_is_named_after_what_it_stands_on() {
        let mut draft = begin(&fixture::small(), "br0", "").unwrap();
        assert_eq!(draft.problem().unwrap().field(), Some("vlan"));
        draft.set("vlan", "100".into());
        let set = draft.changes().unwrap().unwrap();
        let [Change::CreateVlan(create)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(create.name.as_ref().unwrap().as_str(), "br0.100");
        draft.set("name", "a name".into());
        assert_eq!(draft.problem().unwrap().field(), Some("name"));
    }

    #[test]
    fn one_on_a_card_is_checked_against_those_that_are_there() {
        let mut draft = begin(&fixture::bonded(), "", "bond0").unwrap();
        draft.set("vlan", "7".into());
        draft.set("name", "office".into());
        let problem = draft.problem().unwrap();
        assert_eq!(problem.field(), Some("vlan"), "{problem:?}");
        draft.set("vlan", "8".into());
        assert!(draft.problem().is_none());
        draft.set("protocol", "802.1ad".into());
        let set = draft.changes().unwrap().unwrap();
        let [Change::CreateVlan(create)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        assert_eq!(create.link.as_str(), "bond0");
        assert_eq!(create.protocol, VlanProtocol::Dot1Ad);
    }

    #[test]
    fn those_of_a_card_are_listed() {
        let rows = sub_interfaces(&fixture::bonded(), "bond0");
        assert_eq!(rows.len(), 1);
        assert!(sub_interfaces(&fixture::bonded(), "eth0").is_empty());
    }

    #[test]
    fn those_of_the_switch_and_its_uplinks_are_listed() {
        let mut host = fixture::small();
        let protocol = VlanProtocol::default();
        let mut sub = Link::new(30, "eth0.7".into(), LinkKind::Vlan { vid: 7, protocol });
        sub.lower = Some(2);
        host.host.links.insert(30, sub);
        let rows = sub_interfaces(&host, "br0");
        assert_eq!(rows.len(), 1);
        assert!(rows[0].needle.contains("vlan 7 of eth0"), "{rows:?}");
        assert!(sub_interfaces(&host, "br1").is_empty());
    }
}
