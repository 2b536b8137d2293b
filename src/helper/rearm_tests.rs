// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

use std::sync::Arc;

use futures_util::FutureExt as _;
use nova_model::action::Action;
use nova_model::manager::Managers;
use nova_model::plan::Plan;
use nova_model::traffic_view::limits;
use tokio::sync::mpsc;

use crate::authorise::Grant;
use crate::engine::Engine;
use crate::rearm::Rearmed;
use crate::request::{Apply, Client};
use crate::simulated_host::{Folder, Simulated, Trouble, restarted, workshop};
use crate::transaction::Workshop;

const LIMIT: &str = r#"{"changes":[{"set_qos":{"port":"eth1","egress_rate":50000000}}]}"#;
const FOR_NOW: &str =
    r#"{"changes":[{"set_qos":{"port":"eth1","egress_rate":90000000}}],"persist":"none"}"#;
const REMOVED: &str = r#"{"changes":[{"remove_qos":{"port":"eth1"}}]}"#;

type Shop = Arc<Workshop<Simulated>>;

fn engine(shop: &Shop) -> Arc<Engine<Simulated>> {
    Engine::new(Arc::clone(shop), mpsc::unbounded_channel().0)
}

fn all() -> Grant {
    Grant::for_test(0, Action::ALL)
}

/// Does what the document says and keeps it.
async fn kept(shop: &Shop, document: &str) {
    let engine = engine(shop);
    let managers = Managers::default();
    let plan = engine.prepare(&all(), document, managers.clone()).await;
    let plan: Plan = serde_json::from_str(&plan.unwrap()).unwrap();
    let asked = Apply {
        id: plan.id,
        digest: plan.digest.as_str().to_owned(),
        confirm_within: 0,
    };
    let client = Client {
        gone: std::future::pending().boxed(),
        progress: mpsc::unbounded_channel().0,
    };
    engine.apply(&all(), asked, managers, client).await.unwrap();
}

async fn rearmed(shop: &Shop) -> Rearmed {
    let engine = engine(shop);
    engine.rearm(&all(), Managers::default()).await.unwrap()
}

/// What leaves through `eth1` is limited to, in bit/s.
fn rate(shop: &Shop) -> Option<u64> {
    let state = shop.host.state.lock().unwrap();
    let views = limits(&state);
    let view = views.iter().find(|view| view.port == "eth1")?;
    Some(view.egress?.rate.0)
}

/// The machine boots: the kernel has forgotten everything.
fn booted(folder: &Folder, shop: Shop, boot: &str) -> Shop {
    *shop.host.state.lock().unwrap() = Simulated::new().state.into_inner().unwrap();
    restarted(folder, shop, boot)
}

#[tokio::test]
async fn a_limit_of_a_link_is_there_again_after_a_boot() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    kept(&shop, LIMIT).await;
    let shop = booted(&folder, shop, "boot 2");
    assert_eq!(rate(&shop), None);
    let told = rearmed(&shop).await;
    assert_eq!((told.bound, told.waiting), (1, 0));
    assert_eq!(rate(&shop), Some(50_000_000));
    assert_eq!(shop.journal.bindings().unwrap().count(), 1);
    kept(&shop, REMOVED).await;
    assert!(shop.journal.bindings().unwrap().is_empty());
    let shop = booted(&folder, shop, "boot 3");
    assert_eq!(rearmed(&shop).await.bound, 0);
    assert_eq!(rate(&shop), None);
}

#[tokio::test]
async fn a_limit_until_the_boot_is_left_alone_until_then() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    kept(&shop, LIMIT).await;
    kept(&shop, FOR_NOW).await;
    let _ = rearmed(&shop).await;
    assert_eq!(rate(&shop), Some(90_000_000));
    let shop = booted(&folder, shop, "boot 2");
    let _ = rearmed(&shop).await;
    assert_eq!(rate(&shop), Some(50_000_000));
}

#[tokio::test]
async fn what_fails_is_tried_again() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    kept(&shop, LIMIT).await;
    let shop = booted(&folder, shop, "boot 2");
    *shop.host.trouble.lock().unwrap() = Trouble::FailsBefore(0);
    assert_eq!(rearmed(&shop).await.waiting, 1);
    *shop.host.trouble.lock().unwrap() = Trouble::None;
    assert_eq!(rearmed(&shop).await.waiting, 0);
    assert_eq!(rate(&shop), Some(50_000_000));
}

#[tokio::test]
async fn what_is_bound_and_cannot_be_read_is_not_written_over() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    kept(&shop, LIMIT).await;
    let file = folder.0.join("journal/bindings.json");
    let aside = folder.0.join("aside");
    std::fs::rename(&file, &aside).unwrap();
    // A folder opens and cannot be read, as a file of a broken disk.
    std::fs::create_dir(&file).unwrap();
    assert!(shop.journal.bindings().is_err());
    kept(&shop, REMOVED).await;
    assert_eq!(rate(&shop), None, "the change itself stands");
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(shop.journal.bindings().unwrap().count(), 1);
}
