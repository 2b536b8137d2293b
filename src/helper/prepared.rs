// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Plans that were prepared and not yet applied.

use std::collections::{HashMap, VecDeque};

use nova_model::plan::{Plan, PlanId};
use nova_model::{NovaError, Result};

/// Most plans and bytes of one user, and most bytes of all.
const PLANS_PER_USER: usize = 64;
const BYTES_PER_USER: usize = 1024 * 1024;
const BYTES_ALL: usize = 16 * 1024 * 1024;

/// The plans of each user, oldest first.
#[derive(Default)]
pub struct Prepared {
    by_user: HashMap<u32, VecDeque<(Plan, usize)>>,
}

impl Prepared {
    /// Keeps a plan of `bytes` as a document for its user; older ones make room.
    ///
    /// # Errors
    /// `InvalidValue` for a plan that alone is more than a user may keep.
    pub fn insert(&mut self, uid: u32, plan: Plan, bytes: usize) -> Result<()> {
        if bytes > BYTES_PER_USER {
            return Err(NovaError::invalid(
                "changes",
                plan.changes.changes.len(),
                "a plan of at most 1 MiB",
            )
            .with_remedy("Split it into several changes."));
        }
        let mine = self.by_user.entry(uid).or_default();
        mine.push_back((plan, bytes));
        while mine.len() > PLANS_PER_USER || sum(mine) > BYTES_PER_USER {
            mine.pop_front();
        }
        while self.by_user.values().map(sum).sum::<usize>() > BYTES_ALL {
            // Who keeps most loses first.
            let Some(most) = self.by_user.values_mut().max_by_key(|plans| sum(plans)) else {
                break;
            };
            most.pop_front();
        }
        self.by_user.retain(|_, plans| !plans.is_empty());
        Ok(())
    }

    /// The plan of this identifier that this user prepared.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get(&self, uid: u32, id: PlanId) -> Result<&Plan> {
        self.by_user
            .get(&uid)
            .into_iter()
            .flatten()
            .map(|(plan, _)| plan)
            .find(|plan| plan.id == id)
            .ok_or_else(|| {
                NovaError::not_found(format!("there is no prepared plan {id}"))
                    .with_remedy("Prepare the change again.")
            })
    }

    /// Forgets a plan.
    pub fn remove(&mut self, uid: u32, id: PlanId) {
        if let Some(mine) = self.by_user.get_mut(&uid) {
            mine.retain(|(plan, _)| plan.id != id);
        }
        self.by_user.retain(|_, plans| !plans.is_empty());
    }
}

fn sum(plans: &VecDeque<(Plan, usize)>) -> usize {
    plans.iter().map(|(_, bytes)| bytes).sum()
}

#[cfg(test)]
mod tests {
    use nova_model::plan::plan;
    use nova_model::state::HostState;

    use super::*;

    fn a_plan(id: u128) -> Plan {
        let changes = r#"{"changes":[{"create_bridge":{"name":"br0"}}]}"#;
        let changes = nova_model::change::ChangeSet::from_json(changes).unwrap();
        plan(&HostState::default(), &changes, PlanId::from_bits(id)).unwrap()
    }

    #[test]
    fn r36_a_user_keeps_sixty_four_plans_and_the_oldest_goes() {
        let mut prepared = Prepared::default();
        for id in 0..65 {
            prepared.insert(1000, a_plan(id), 100).unwrap();
        }
        assert!(prepared.get(1000, PlanId::from_bits(0)).is_err());
        assert!(prepared.get(1000, PlanId::from_bits(1)).is_ok());
        assert!(prepared.get(1001, PlanId::from_bits(1)).is_err());
    }

    #[test]
    fn r36_who_keeps_most_bytes_loses_first() {
        let mut prepared = Prepared::default();
        assert!(prepared.insert(1, a_plan(1), BYTES_PER_USER + 1).is_err());
        prepared.insert(7, a_plan(7), 10).unwrap();
        for uid in 100..200 {
            prepared
                .insert(uid, a_plan(u128::from(uid)), BYTES_PER_USER)
                .unwrap();
        }
        assert!(prepared.get(7, PlanId::from_bits(7)).is_ok());
        let kept: usize = prepared.by_user.values().map(sum).sum();
        assert!(kept <= BYTES_ALL);
    }
}
