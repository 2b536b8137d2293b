// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bonds: wishes from what was typed, their list, and what is shown of one.

use nova::networking::{Change, HostState, NetworkManager, Result};
use nova_model::bond::{BondMember, BondMode, BondStatus};
use nova_model::change::{ConfigureBond, CreateBond, DeleteBond, PrimaryWish};
use nova_model::link::Link;
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::arguments_bond as typed;
use crate::list::{addresses, controller, owner, state};
use crate::table::{Align, Style, Table};
use crate::terminal::{Outcome, Terminal};

/// The wish of `create-bond`.
pub fn create(typed: &typed::CreateBond) -> Result<Change> {
    Ok(Change::CreateBond(CreateBond {
        name: typed.name.parse()?,
        options: typed.options.patch(Some(typed.mode)),
        members: typed
            .interfaces
            .iter()
            .map(|name| name.parse())
            .collect::<Result<_>>()?,
        primary: typed.primary.as_deref().map(str::parse).transpose()?,
    }))
}

/// The wish of `configure-bond`.
pub fn configure(typed: &typed::ConfigureBond) -> Result<Change> {
    let primary = match (&typed.primary, typed.no_primary) {
        (Some(member), _) => Some(PrimaryWish::Member(member.parse()?)),
        (None, true) => Some(PrimaryWish::None),
        (None, false) => None,
    };
    Ok(Change::ConfigureBond(ConfigureBond {
        name: typed.name.parse()?,
        options: typed.options.patch(typed.mode),
        primary,
    }))
}

/// The wish of `delete-bond`.
pub fn delete(name: &str, foreign: bool) -> Result<Change> {
    Ok(Change::DeleteBond(DeleteBond {
        name: name.parse()?,
        foreign,
    }))
}

/// Lists the bonds.
pub async fn list(manager: &NetworkManager, terminal: Terminal, output: Output) -> Outcome {
    let snapshot = manager.overview().await?;
    let host = &snapshot.host;
    match output {
        Output::Json => terminal.print_json(&json!({ "bonds": documents(host) })),
        Output::Table => match table(host) {
            None => {
                terminal.print("There is no bond; \"nova network create-bond bond0\" makes one.\n")
            }
            Some(table) => terminal.print(&table.render(terminal.style)),
        },
    }
}

/// The bonds as rows; nothing where there are none.
pub fn table(host: &HostState) -> Option<Table> {
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("MODE", Align::Left),
        ("STATE", Align::Left),
        ("MEMBERS", Align::Left),
        ("IN USE", Align::Left),
        ("SWITCH", Align::Left),
        ("OWNER", Align::Left),
        ("ADDRESSES", Align::Left),
    ]);
    for (link, bond) in bonds(host) {
        let members: Vec<String> = members(host, link)
            .map(|(link, _)| link.name.to_string())
            .collect();
        table.row([
            link.name.to_string(),
            bond.options.mode.to_string(),
            state(link).to_owned(),
            or_dash(members.join(", ")),
            or_dash(in_use(host, link, bond).join(", ")),
            controller(host, link).unwrap_or_else(|| "-".to_owned()),
            owner(link),
            addresses(link).join(", "),
        ]);
    }
    (!table.is_empty()).then_some(table)
}

/// The bonds as JSON.
pub fn documents(host: &HostState) -> Vec<Value> {
    bonds(host)
        .map(|(link, bond)| {
            let each = members(host, link).map(|(member, status)| {
                json!({
                    "name": member.name,
                    "up": member.is_up,
                    "carrier": member.has_carrier,
                    "active": status.is_active,
                    "monitor": status.monitor,
                    "failures": status.failures,
                    "mac": status.own_mac,
                    "aggregator": status.aggregator,
                })
            });
            json!({
                "name": link.name,
                "mode": bond.options.mode,
                "up": link.is_up,
                "carrier": link.has_carrier,
                "owner": link.owner.name(),
                "switch": controller(host, link),
                "members": each.collect::<Vec<_>>(),
                "primary": name(host, bond.primary),
                "in_use": in_use(host, link, bond),
                "addresses": addresses(link),
            })
        })
        .collect()
}

/// What is shown of a bond beside what every link has: labels and values.
pub fn facts(host: &HostState, link: &Link) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(bond) = &link.bond {
        let options = &bond.options;
        facts.push(("Mode", options.mode.to_string()));
        facts.push((
            "Link monitoring",
            match options.miimon {
                0 => "off".to_owned(),
                time => format!("every {time} ms"),
            },
        ));
        for (label, time) in [
            ("Up delay", options.up_delay),
            ("Down delay", options.down_delay),
        ] {
            if time != 0 {
                facts.push((label, format!("{time} ms")));
            }
        }
        if options.mode.uses_hash() {
            facts.push(("Hash policy", options.xmit_hash_policy.to_string()));
        }
        if options.mode == BondMode::Lacp {
            facts.push(("LACP rate", options.lacp_rate.to_string()));
            facts.push(("Links needed", options.min_links.max(1).to_string()));
            let partner = bond.partner.filter(|partner| partner.answers());
            facts.push((
                "LACP partner",
                match partner {
                    Some(partner) => format!("{}, {} of the links", partner.mac, partner.ports),
                    None => "none answers".to_owned(),
                },
            ));
        }
        facts.extend(name(host, bond.primary).map(|name| ("Primary", name)));
        if !bond.foreign.is_empty() {
            facts.push(("Also set", bond.foreign.join(", ")));
        }
    }
    if let Some(member) = &link.bond_member {
        facts.push(("Membership", use_word(member).to_owned()));
        facts.push(("Link monitor", member.monitor.word().to_owned()));
        facts.push(("Links lost", member.failures.to_string()));
        facts.extend(
            member
                .own_mac
                .map(|mac| ("Own MAC address", mac.to_string())),
        );
        facts.extend(
            member
                .aggregator
                .map(|number| ("Aggregator", number.to_string())),
        );
        if let (Some(_), Some(in_sync)) = (member.aggregator, member.partner_in_sync) {
            facts.push((
                "LACP partner",
                if in_sync { "agrees" } else { "does not agree" }.to_owned(),
            ));
        }
    }
    facts
}

/// The members of a bond as a table.
pub fn members_text(host: &HostState, bond: &Link, style: Style) -> String {
    let mut table = Table::new(&[
        ("MEMBER", Align::Left),
        ("STATE", Align::Left),
        ("MONITOR", Align::Left),
        ("USE", Align::Left),
        ("LOST", Align::Right),
        ("OWN MAC ADDRESS", Align::Left),
    ]);
    for (link, member) in members(host, bond) {
        table.row([
            link.name.to_string(),
            state(link).to_owned(),
            member.monitor.word().to_owned(),
            use_word(&member).to_owned(),
            member.failures.to_string(),
            member
                .own_mac
                .map_or_else(|| "-".to_owned(), |mac| mac.to_string()),
        ]);
    }
    if table.is_empty() {
        "It has no members.\n".to_owned()
    } else {
        table.render(style)
    }
}

const fn use_word(member: &BondMember) -> &'static str {
    if member.is_active { "in use" } else { "waits" }
}

fn bonds(host: &HostState) -> impl Iterator<Item = (&Link, &BondStatus)> {
    host.links
        .values()
        .filter_map(|link| Some((link, link.bond.as_ref()?)))
}

fn members<'a>(host: &'a HostState, bond: &Link) -> impl Iterator<Item = (&'a Link, BondMember)> {
    host.ports_of(bond.index)
        .map(|link| (link, link.bond_member.unwrap_or_default()))
}

fn name(host: &HostState, index: Option<u32>) -> Option<String> {
    Some(host.links.get(&index?)?.name.to_string())
}

/// The members that carry frames now.
fn in_use(host: &HostState, link: &Link, bond: &BondStatus) -> Vec<String> {
    if let Some(active) = name(host, bond.active) {
        return vec![active];
    }
    members(host, link)
        .filter(|(link, member)| member.is_active && link.has_carrier)
        .map(|(link, _)| link.name.to_string())
        .collect()
}

fn or_dash(text: String) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}
