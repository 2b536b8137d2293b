// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Who can keep the reviewed change beyond the next boot, as rows to choose
//! from. What a choice means, or why it cannot be made, is the planner's to say.

use nova_model::change::ChangeSet;
use nova_model::manager::Backend;
use nova_model::persist::Persist;
use nova_model::plan::{Plan, plan};
use nova_model::state::HostState;

use crate::flow::Stage;
use crate::history_row::sentence;
use crate::row::Row;

/// Values of a row of [`keepers`].
pub const KEEPER_ROLES: &[&str] = &["word", "title", "hint", "possible", "chosen"];

/// The choices for the plan under review; none where nothing is to be chosen:
/// what an undo brings back, and what Open vSwitch keeps, is kept anyway.
#[must_use]
pub fn keepers(host: &HostState, stage: &Stage) -> Vec<Row> {
    match stage {
        Stage::Review { plan, .. }
            if plan.undoes.is_none() && !plan.is_empty() && !plan.keeping.is_empty() =>
        {
            [Persist::NetworkManager, Persist::Networkd, Persist::None]
                .into_iter()
                .map(|choice| keeper(host, plan, choice))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn keeper(host: &HostState, shown: &Plan, choice: Persist) -> Row {
    let wish = ChangeSet {
        persist: choice,
        ..shown.changes.clone()
    };
    let title = choice.backend().map_or("Nobody", Backend::name);
    let chosen = shown.keeping.backend == choice.backend();
    let (hint, possible) = match plan(host, &wish, shown.id) {
        _ if chosen => (shown.keeping.effects.join(" "), true),
        Ok(planned) => {
            let possible = planned.keeping.backend == choice.backend();
            (planned.keeping.effects.join(" "), possible)
        }
        Err(error) => (sentence(&error), false),
    };
    Row::new(
        choice.word(),
        vec![
            choice.word().into(),
            title.into(),
            hint.into(),
            possible.into(),
            chosen.into(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge_draft;
    use crate::fixture;
    use crate::row::Cell;
    use nova_model::manager::NetworkManagerDaemon;
    use nova_model::plan::PlanId;
    use nova_model::state::Snapshot;

    fn review(host: &HostState) -> Stage {
        let snapshot = Snapshot {
            host: host.clone(),
            ..fixture::small()
        };
        let mut draft = bridge_draft::begin(&snapshot, "").unwrap();
        draft.set("name", "br7".into());
        let changes = draft.changes().unwrap().unwrap();
        let plan = plan(host, &changes, PlanId::from_bits(1)).unwrap();
        Stage::Review {
            plan: Box::new(plan),
            refused: None,
        }
    }

    #[test]
    fn what_does_not_run_cannot_be_chosen_and_says_so() {
        let mut host = fixture::small().host;
        host.managers.network_manager = Some(NetworkManagerDaemon::default());
        let rows = keepers(&host, &review(&host));
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.key.as_str(), &row.cells[3], &row.cells[4]))
            .collect();
        let flag = |on| &*Box::leak(Box::new(Cell::Flag(on)));
        assert_eq!(
            told,
            [
                ("networkmanager", flag(true), flag(false)),
                ("networkd", flag(false), flag(false)),
                ("none", flag(true), flag(true)),
            ]
        );
        assert!(rows[1].needle.contains("networkd"), "{:?}", rows[1]);
    }

    #[test]
    fn nothing_is_to_be_chosen_before_there_is_a_plan() {
        assert!(keepers(&fixture::small().host, &Stage::Preparing).is_empty());
    }
}
