// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use nova_model::action::Action;
use nova_model::history::{ChangeState, HistoryEntry, RollbackReason};
use nova_model::link::Owner;
use nova_model::manager::Managers;
use nova_model::plan::Plan;
use nova_model::{ErrorKind, NovaError, Result};
use tokio::sync::mpsc;

use crate::authorise::Grant;
use crate::engine::{Announcement, Engine};
use crate::history;
use crate::request::{Apply, Client};
use crate::simulated_host::{Folder, Simulated, Trouble, workshop};

const BRIDGE: &str = r#"{"changes":[{"create_bridge":{"name":"br0","options":{"stp":true},"ports":["eth0","eth1"]}}]}"#;

struct Bench {
    engine: Arc<Engine<Simulated>>,
    shop: Arc<crate::transaction::Workshop<Simulated>>,
    told: mpsc::UnboundedReceiver<Announcement>,
    _folder: Folder,
}

fn bench() -> Bench {
    let folder = Folder::new();
    let shop = workshop(&folder);
    let (announcer, told) = mpsc::unbounded_channel();
    Bench {
        engine: Engine::new(Arc::clone(&shop), announcer),
        shop,
        told,
        _folder: folder,
    }
}

fn all(uid: u32) -> Grant {
    Grant::for_test(uid, Action::ALL)
}

impl Bench {
    async fn prepare(&self, uid: u32, document: &str) -> Result<Plan> {
        let plan = self
            .engine
            .prepare(&all(uid), document, Managers::default())
            .await?;
        Ok(serde_json::from_str(&plan).unwrap())
    }

    async fn apply(&self, grant: &Grant, plan: &Plan, within: u32) -> Result<HistoryEntry> {
        self.apply_until(grant, plan, within, std::future::pending().boxed())
            .await
    }

    async fn apply_until(
        &self,
        grant: &Grant,
        plan: &Plan,
        within: u32,
        gone: futures_util::future::BoxFuture<'static, ()>,
    ) -> Result<HistoryEntry> {
        let asked = Apply {
            id: plan.id,
            digest: plan.digest.as_str().to_owned(),
            confirm_within: within,
        };
        let (progress, _) = mpsc::unbounded_channel();
        let client = Client { gone, progress };
        self.engine
            .apply(grant, asked, Managers::default(), client)
            .await
    }
}

#[tokio::test]
async fn a_plan_is_applied_kept_and_told() {
    let mut bench = bench();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    let entry = bench.apply(&all(1000), &plan, 0).await.unwrap();
    assert_eq!(entry.state, ChangeState::Confirmed);
    assert_eq!(entry.uid, 1000);
    let history = bench.engine.history(&all(5), 10).await.unwrap();
    assert_eq!(history[0].plan, plan);
    assert_eq!(history[0].state, ChangeState::Confirmed);
    assert_eq!(
        bench.told.recv().await,
        Some((plan.id, ChangeState::Confirmed))
    );
    assert!(!bench.engine.is_busy());
}

#[tokio::test]
async fn r23_a_host_that_only_says_done_ends_in_rollback_and_names_what_is_not_so() {
    let bench = bench();
    let before = bench.shop.host.digest();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    *bench.shop.host.trouble.lock().unwrap() = Trouble::Lies;
    let error = bench.apply(&all(0), &plan, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RolledBack);
    assert!(error.message().contains("br0 exists"), "{error}");
    assert_eq!(bench.shop.host.digest(), before);
    assert!(!bench.engine.is_busy());
}

#[tokio::test]
async fn a_step_that_fails_undoes_all_before_it() {
    for after in [false, true] {
        for at in 0..5 {
            let bench = bench();
            let before = bench.shop.host.digest();
            let plan = bench.prepare(0, BRIDGE).await.unwrap();
            if at >= plan.steps.len() {
                continue;
            }
            *bench.shop.host.trouble.lock().unwrap() = if after {
                Trouble::FailsAfter(at)
            } else {
                Trouble::FailsBefore(at)
            };
            let error = bench.apply(&all(0), &plan, 0).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::RolledBack, "{at}: {error}");
            assert!(error.message().contains("no memory"), "{error}");
            assert_eq!(bench.shop.host.digest(), before, "{at}");
            let history = bench.engine.history(&all(0), 1).await.unwrap();
            assert!(matches!(
                &history[0].state,
                ChangeState::RolledBack {
                    reason: RollbackReason::Failed { .. }
                }
            ));
        }
    }
}

#[tokio::test]
async fn r30_a_step_back_that_fails_is_tried_again_and_then_told() {
    for (failing, is_undone) in [(1, true), (4, true), (1000, false)] {
        let bench = bench();
        let before = bench.shop.host.digest();
        let plan = bench.prepare(0, BRIDGE).await.unwrap();
        bench.apply(&all(0), &plan, 60).await.unwrap();
        bench
            .shop
            .host
            .failing_undos
            .store(failing, Ordering::Relaxed);
        let told = bench.engine.rollback(&all(0), plan.id).await;
        assert_eq!(told.is_ok(), is_undone, "{failing}: {told:?}");
        assert_eq!(bench.shop.host.digest() == before, is_undone, "{failing}");
        if let Err(error) = told {
            assert_eq!(error.kind(), ErrorKind::Incomplete);
            assert!(error.message().contains("no memory"), "{error}");
        }
    }
}

#[tokio::test]
async fn what_is_so_only_while_a_change_waits_is_told_as_that() {
    let bench = bench();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    bench.apply(&all(0), &plan, 60).await.unwrap();
    let again = bench.prepare(0, BRIDGE).await.unwrap();
    assert!(again.is_empty());
    let told = again.notices.join(" ");
    assert!(told.contains("waits to be kept"), "{told}");
    bench.engine.confirm(&all(0), plan.id).await.unwrap();
    let again = bench.prepare(0, BRIDGE).await.unwrap();
    assert!(again.is_empty() && again.notices.is_empty(), "{again:?}");
}

/// A change whose undo left something: no step back is done any more.
async fn left_in_part(bench: &Bench) -> (Plan, NovaError) {
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    bench.apply(&all(0), &plan, 60).await.unwrap();
    let failing_undos = &bench.shop.host.failing_undos;
    failing_undos.store(1000, Ordering::Relaxed);
    let left = bench.engine.rollback(&all(0), plan.id).await.unwrap_err();
    assert_eq!(left.kind(), ErrorKind::Incomplete);
    (plan, left)
}

#[tokio::test]
async fn r30_what_an_undo_left_is_undone_when_it_is_asked_for_again() {
    let bench = bench();
    let before = bench.shop.host.digest();
    let (plan, left) = left_in_part(&bench).await;
    let remedy = left.remedy().unwrap();
    assert!(
        remedy.contains(&format!("rollback {}", plan.id)),
        "{remedy}"
    );
    let again = bench.engine.rollback(&all(0), plan.id).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Incomplete);
    bench.shop.host.failing_undos.store(0, Ordering::Relaxed);
    // Who may revert their own changes alone may not revert those of others.
    let (action, sentence) = bench.engine.to_revert(7, plan.id).await.unwrap();
    assert_eq!(action, Action::RollbackForeign);
    assert_eq!(sentence, format!("Revert \"{}\"", plan.title));
    let own = Grant::for_test(7, [Action::Confirm]);
    let refused = bench.engine.rollback(&own, plan.id).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotAuthorised);
    assert_ne!(bench.shop.host.digest(), before);
    let entry = bench.engine.rollback(&all(0), plan.id).await.unwrap();
    let reason = RollbackReason::Asked;
    assert_eq!(entry.state, ChangeState::RolledBack { reason });
    assert_eq!(bench.shop.host.digest(), before);
    let over = bench.engine.rollback(&all(0), plan.id).await.unwrap_err();
    assert_eq!(over.kind(), ErrorKind::Refused);
    let history = bench.engine.history(&all(0), 1).await.unwrap();
    assert_eq!(history[0].state, entry.state);
}

#[tokio::test]
async fn r30_what_an_undo_left_is_left_where_something_was_kept_since() {
    let bench = bench();
    let (plan, _) = left_in_part(&bench).await;
    bench.shop.host.failing_undos.store(0, Ordering::Relaxed);
    // What is about something else does not stand in the way.
    let other = r#"{"changes":[{"create_bridge":{"name":"br1"}}]}"#;
    let same =
        r#"{"changes":[{"configure_bridge":{"name":"br0","options":{"ageing_time":6000}}}]}"#;
    for document in [other, same] {
        let newer = bench.prepare(0, document).await.unwrap();
        bench.apply(&all(0), &newer, 0).await.unwrap();
        let is_held = document == same;
        let left = history::left(&bench.shop.journal, plan.id);
        assert_eq!(left.is_err(), is_held, "{}", newer.title);
        let Err(refused) = left else { continue };
        assert!(refused.message().contains(&newer.title), "{refused}");
    }
    let before = bench.shop.host.digest();
    let refused = bench.engine.rollback(&all(0), plan.id).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert_eq!(bench.shop.host.digest(), before);
}

#[tokio::test]
async fn r30_what_came_after_a_step_back_that_failed_is_done_again_too() {
    // Attached again in vain, a port has no options that could be set.
    for failing in 1..4 {
        let bench = bench();
        let bridge = r#"{"changes":[{"create_bridge":{"name":"br0","ports":["eth1"]}},
            {"configure_port":{"switch":"br0","port":"eth1","options":{"cost":33}}}]}"#;
        let plan = bench.prepare(0, bridge).await.unwrap();
        bench.apply(&all(0), &plan, 0).await.unwrap();
        let cost = || {
            let state = bench.shop.host.state.lock().unwrap();
            let port = state.link("eth1").and_then(|link| link.port.as_ref());
            port.map(|port| port.options.cost)
        };
        assert_eq!(cost(), Some(33));
        let detach = r#"{"changes":[{"detach_port":{"switch":"br0","port":"eth1"}}]}"#;
        let plan = bench.prepare(0, detach).await.unwrap();
        bench.apply(&all(0), &plan, 60).await.unwrap();
        assert_eq!(cost(), None);
        let failing_undos = &bench.shop.host.failing_undos;
        failing_undos.store(failing, Ordering::Relaxed);
        bench.engine.rollback(&all(0), plan.id).await.unwrap();
        assert_eq!(cost(), Some(33), "{failing}");
    }
}

#[tokio::test]
async fn r27_a_change_that_cuts_the_host_off_is_reverted_with_the_reason() {
    let mut bench = bench();
    let before = bench.shop.host.digest();
    let gateway = "192.0.2.1".parse().unwrap();
    let reach = |answers| {
        let mut contacts = bench.shop.host.contacts.lock().unwrap();
        contacts.gateways.insert(gateway, answers);
    };
    reach(true);
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    bench.apply(&all(0), &plan, 60).await.unwrap();
    reach(false);
    bench.told.recv().await.unwrap();
    let (_, state) = bench.told.recv().await.unwrap();
    let ChangeState::RolledBack {
        reason: RollbackReason::ContactLost { what },
    } = state
    else {
        panic!("{state:?}");
    };
    assert!(what.contains("192.0.2.1"), "{what}");
    assert_eq!(bench.shop.host.digest(), before);
}

#[tokio::test]
async fn r05_another_plan_than_the_reviewed_one_is_stale() {
    let bench = bench();
    let mut plan = bench.prepare(0, BRIDGE).await.unwrap();
    plan.digest = nova_model::state::Digest::from("0".repeat(64));
    let error = bench.apply(&all(0), &plan, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!(bench.shop.host.executed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn r05_a_host_that_moved_on_since_the_review_is_left_alone() {
    let bench = bench();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    {
        let mut state = bench.shop.host.state.lock().unwrap();
        state.link_mut("eth1").unwrap().is_up = true;
    }
    let error = bench.apply(&all(0), &plan, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!(bench.shop.host.executed.load(Ordering::Relaxed), 0);
    assert!(bench.engine.history(&all(0), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn r02_a_grant_for_one_action_serves_for_no_other() {
    let bench = bench();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    for granted in [Action::CreateSwitch, Action::ChangePorts, Action::Observe] {
        let error = bench
            .apply(&Grant::for_test(0, [granted]), &plan, 0)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAuthorised);
    }
    assert_eq!(bench.shop.host.executed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn r26_the_prepared_plan_of_another_user_does_not_exist() {
    let bench = bench();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    let error = bench.apply(&all(1001), &plan, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn r31_the_same_wish_twice_changes_nothing() {
    let bench = bench();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    bench.apply(&all(0), &plan, 0).await.unwrap();
    let again = bench.prepare(0, BRIDGE).await.unwrap();
    assert!(again.is_empty(), "{:?}", again.steps);
    let done = bench.shop.host.executed.load(Ordering::Relaxed);
    let entry = bench.apply(&all(0), &again, 60).await.unwrap();
    assert_eq!(entry.state, ChangeState::Confirmed);
    assert_eq!(bench.shop.host.executed.load(Ordering::Relaxed), done);
    assert_eq!(bench.engine.history(&all(0), 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_waits_for_what_nova_does_by_itself() {
    let bench = bench();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    let own = nova_model::plan::PlanId::from_bits(9);
    let seat = bench.engine.take_own_seat(own, "Give again").unwrap();
    // What it would do by itself next does not.
    let second = bench.engine.take_own_seat(own, "Give again");
    assert_eq!(
        second.err().map(|error| error.kind()),
        Some(ErrorKind::Busy)
    );
    let user = all(1000);
    let mut applies = Box::pin(bench.apply(&user, &plan, 60));
    let early = tokio::time::timeout(Duration::from_millis(200), &mut applies).await;
    assert!(early.is_err(), "it waits");
    drop(seat);
    let second = bench.engine.take_own_seat(own, "Give again");
    assert!(second.is_err(), "the person comes first");
    let entry = applies.await.unwrap();
    assert!(matches!(entry.state, ChangeState::Pending { .. }));
}

#[tokio::test]
async fn r32_while_one_change_waits_the_next_is_told_whose_it_is() {
    let bench = bench();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    let entry = bench.apply(&all(1000), &plan, 60).await.unwrap();
    assert!(matches!(
        entry.state,
        ChangeState::Pending { seconds_left: 60 }
    ));
    assert_eq!(bench.engine.pending(&all(1)).unwrap(), Some(plan.id));
    let other = bench
        .prepare(
            0,
            r#"{"changes":[{"set_link":{"name":"eth1","up":false}}]}"#,
        )
        .await
        .unwrap();
    let error = bench.apply(&all(0), &other, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.message().contains("user 1000"), "{error}");
    assert!(error.message().contains("since"), "{error}");
}

#[tokio::test]
async fn r26_only_who_applied_a_change_can_keep_it() {
    let bench = bench();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    bench.apply(&all(1000), &plan, 60).await.unwrap();
    for uid in [0, 1001] {
        let error = bench.engine.confirm(&all(uid), plan.id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAuthorised);
    }
    let own_only = Grant::for_test(1001, [Action::Confirm]);
    let error = bench.engine.rollback(&own_only, plan.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAuthorised);
    let kept = bench.engine.confirm(&all(1000), plan.id).await.unwrap();
    assert_eq!(kept.state, ChangeState::Confirmed);
    let error = bench
        .engine
        .rollback(&all(1000), plan.id)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn a_change_that_waits_is_reverted_when_asked() {
    let bench = bench();
    let before = bench.shop.host.digest();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    bench.apply(&all(1000), &plan, 60).await.unwrap();
    let foreign = Grant::for_test(1001, [Action::RollbackForeign]);
    let entry = bench.engine.rollback(&foreign, plan.id).await.unwrap();
    assert_eq!(
        entry.state,
        ChangeState::RolledBack {
            reason: RollbackReason::Asked
        }
    );
    assert_eq!(bench.shop.host.digest(), before);
}

#[tokio::test]
async fn r26_a_change_goes_when_its_client_went_three_seconds_ago() {
    let mut bench = bench();
    let before = bench.shop.host.digest();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    let began = std::time::Instant::now();
    bench
        .apply_until(&all(1000), &plan, 60, std::future::ready(()).boxed())
        .await
        .unwrap();
    bench.told.recv().await.unwrap();
    let (_, state) = bench.told.recv().await.unwrap();
    assert_eq!(
        state,
        ChangeState::RolledBack {
            reason: RollbackReason::ClientGone
        }
    );
    assert!(began.elapsed() >= Duration::from_secs(3));
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(bench.shop.host.digest(), before);
}

#[tokio::test]
async fn a_stopping_helper_reverts_what_waits_and_begins_nothing() {
    let bench = bench();
    let before = bench.shop.host.digest();
    let plan = bench.prepare(1000, BRIDGE).await.unwrap();
    let later = bench.prepare(1000, BRIDGE).await.unwrap();
    bench.apply(&all(1000), &plan, 60).await.unwrap();
    bench.engine.stop().await;
    assert_eq!(bench.shop.host.digest(), before);
    let error = bench.apply(&all(1000), &later, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
}

#[tokio::test]
async fn a_time_to_keep_outside_its_range_is_refused() {
    let bench = bench();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    for seconds in [1, 9, 601, u32::MAX] {
        let error = bench.apply(&all(0), &plan, seconds).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
    }
}

#[tokio::test]
async fn an_undo_is_a_change_of_its_own_and_happens_once() {
    let bench = bench();
    let before = bench.shop.host.digest();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    bench.apply(&all(0), &plan, 0).await.unwrap();
    let undo = bench
        .engine
        .prepare_undo(&all(0), plan.id, Managers::default())
        .await
        .unwrap();
    let undo: Plan = serde_json::from_str(&undo).unwrap();
    bench.apply(&all(0), &undo, 0).await.unwrap();
    assert_eq!(bench.shop.host.digest(), before);
    let history = bench.engine.history(&all(0), 9).await.unwrap();
    let first = history
        .iter()
        .find(|entry| entry.plan.id == plan.id)
        .unwrap();
    assert_eq!(first.undone_by, Some(undo.id));
    let error = bench
        .engine
        .prepare_undo(&all(0), plan.id, Managers::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().contains("undone already"), "{error}");
}

#[tokio::test]
async fn r33_a_copied_mark_makes_no_bridge_novas() {
    let bench = bench();
    let plan = bench.prepare(0, BRIDGE).await.unwrap();
    bench.apply(&all(0), &plan, 0).await.unwrap();
    let delete = r#"{"changes":[{"delete_switch":{"name":"br0"}}]}"#;
    assert!(bench.prepare(0, delete).await.is_ok());
    // Somebody deletes it and makes one of the same name, alias and MAC address.
    {
        let mut state = bench.shop.host.state.lock().unwrap();
        let mut link = state.link("br0").unwrap().clone();
        state.links.remove(&link.index);
        link.index = 99;
        assert_eq!(link.owner, Owner::Nova);
        state.links.insert(99, link);
    }
    let error = bench.prepare(0, delete).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().contains("Nova did not make it"), "{error}");
}
