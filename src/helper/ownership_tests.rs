// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bridges that look like Nova's in every way that others can bring about, in
//! random mixes: whatever Nova then deletes, undoes, reverts or recovers, they
//! are left alone. `NOVA_OWNERSHIP_MIXES` sets how many; `make soak` takes
//! 10 000.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nova_model::change::ChangeSet;
use nova_model::link::{Link, Owner};
use nova_model::manager::Managers;
use nova_model::plan::{PlanId, plan, plan_undo};
use nova_model::state::HostState;

use nova_model::history::RollbackReason;

use crate::clock::Deadline;
use crate::recovery::recover;
use crate::simulated_host::{Folder, Simulated, restarted, workshop};
use crate::transaction::{Transaction, Workshop};

/// Random numbers of a seed.
struct Chance(u64);

impl Chance {
    /// One from 0 and below `end`.
    fn draw(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn change(
    shop: &Arc<Workshop<Simulated>>,
    document: &str,
    id: u128,
) -> Option<Transaction<Simulated>> {
    let state = shop.observe(Managers::default()).unwrap();
    let changes = ChangeSet::from_json(document).unwrap();
    let plan = plan(&state, &changes, PlanId::from_bits(id)).ok()?;
    let mut change = Transaction::begin(shop, plan, 0).unwrap();
    change.run(&|_| {}).unwrap();
    Some(change)
}

/// Puts a link of somebody else there; its owner is what its alias says.
fn put(state: &mut HostState, mut link: Link, index: u32) -> u32 {
    link.index = index;
    link.owner = Owner::of_alias(link.alias.as_deref());
    link.controller = None;
    state.links.insert(index, link);
    index
}

/// What others do with the bridges of this change; the indices of their own.
fn others(state: &mut HostState, chance: &mut Chance, mine: &[String]) -> Vec<u32> {
    let mut foreign = Vec::new();
    let mut next = 100;
    for name in mine {
        let made = state.link(name).unwrap().clone();
        let mut copy = made.clone();
        copy.owner = Owner::Nobody;
        next += 2;
        match chance.draw(8) {
            0 => {}
            // Deleted and made again: exactly so, with another MAC address or
            // without the mark.
            kind @ 1..=3 => {
                state.links.remove(&made.index);
                if kind == 2 {
                    copy.mac = Some("52:54:00:99:99:99".parse().unwrap());
                }
                if kind == 3 {
                    copy.alias = None;
                }
                foreign.push(put(state, copy, next));
            }
            // Renamed, and another with its name, mark and address.
            4 => {
                let renamed = state.links.get_mut(&made.index).unwrap();
                renamed.name = format!("was-{name}").as_str().into();
                foreign.push(put(state, copy, next));
            }
            // Without its mark, or with the mark of another change.
            5 => state.links.get_mut(&made.index).unwrap().alias = None,
            6 => {
                let other = PlanId::from_bits(u128::from(chance.draw(99)));
                let alias = format!("nova:{other}");
                state.links.get_mut(&made.index).unwrap().alias = Some(alias);
            }
            // Its mark copied to a bridge of another name.
            _ => {
                copy.name = format!("like-{name}").as_str().into();
                foreign.push(put(state, copy, next));
            }
        }
        // Links of the change that were renamed or lost their mark are whatever
        // that makes them; these are foreign for certain.
        let link = state.links.values_mut();
        link.for_each(|link| {
            if link.kind == made.kind {
                link.owner = Owner::of_alias(link.alias.as_deref());
            }
        });
    }
    foreign
}

/// One mix: Nova makes bridges, others do what they can, Nova goes on.
fn mix(seed: u64) -> usize {
    let mut chance = Chance(seed);
    let folder = Folder::new();
    let mut shop = workshop(&folder);
    let mine: Vec<String> = (0..=chance.draw(3)).map(|at| format!("br{at}")).collect();
    let ports = ["", r#","ports":["eth0"]"#, r#","ports":["eth1"]"#];
    let ports = ports[usize::try_from(chance.draw(3)).unwrap()];
    let wishes: Vec<String> = mine
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let ports = if at == 0 { ports } else { "" };
            format!(r#"{{"create_bridge":{{"name":"{name}"{ports}}}}}"#)
        })
        .collect();
    let document = format!(r#"{{"changes":[{}]}}"#, wishes.join(","));
    let mut made = change(&shop, &document, u128::from(seed) + 1000).unwrap();
    let is_kept = chance.draw(2) == 0;
    if is_kept {
        made.keep().unwrap();
    } else {
        made.hold(Deadline::after(Duration::from_secs(60))).unwrap();
    }
    let foreign = others(&mut shop.host.state.lock().unwrap(), &mut chance, &mine);
    let before = look(&shop, &foreign);
    match (is_kept, chance.draw(2)) {
        (true, 0) => {
            drop(made);
            let names: Vec<String> = {
                let state = shop.host.state.lock().unwrap();
                let bridges = state.links.values().filter(|link| link.bridge.is_some());
                bridges.map(|link| link.name.to_string()).collect()
            };
            for (at, name) in (0..).zip(names) {
                let delete = format!(r#"{{"changes":[{{"delete_switch":{{"name":"{name}"}}}}]}}"#);
                if let Some(mut deletion) = change(&shop, &delete, at) {
                    deletion.keep().unwrap();
                }
            }
        }
        (true, _) => {
            let kept = made.entry().plan.clone();
            drop(made);
            let state = shop.observe(Managers::default()).unwrap();
            let id = PlanId::from_bits(1);
            if let Ok(undo) = plan_undo(&state, &kept, id) {
                let mut undo = Transaction::begin(&shop, undo, 0).unwrap();
                // Where it fails it is reverted.
                if undo.run(&|_| {}).and_then(|()| undo.keep()).is_err() {
                    undo.revert(RollbackReason::Asked);
                }
            }
        }
        (false, 0) => {
            made.revert(RollbackReason::Asked);
        }
        (false, _) => {
            drop(made);
            shop = restarted(&folder, shop, "boot 1");
            recover(&shop).unwrap();
        }
    }
    assert_eq!(look(&shop, &foreign), before, "mix {seed}");
    foreign.len()
}

fn look(shop: &Workshop<Simulated>, indices: &[u32]) -> BTreeMap<u32, Option<Link>> {
    let state = shop.host.state.lock().unwrap();
    let found = indices.iter();
    found
        .map(|index| (*index, state.links.get(index).cloned()))
        .collect()
}

#[test]
fn r33_no_mix_of_look_alikes_makes_a_foreign_bridge_novas() {
    let mixes = std::env::var("NOVA_OWNERSHIP_MIXES");
    let mixes = mixes
        .ok()
        .and_then(|mixes| mixes.parse().ok())
        .unwrap_or(150);
    let foreign: usize = (0..mixes).map(mix).sum();
    println!("{mixes} mixes with {foreign} foreign bridges");
    assert!(foreign > usize::try_from(mixes).unwrap() / 2);
}
