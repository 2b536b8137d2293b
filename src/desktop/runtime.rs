// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The thread beside the one of Qt: it watches the host, does what the window
//! wishes, and publishes what has become of it.

use std::sync::Arc;
use std::time::Duration;

use nova::networking::NetworkManager;
use nova_model::NovaError;
use nova_model::ovs::OvsView;
use tokio::sync::{Notify, mpsc};

use crate::conduct::Conductor;
use crate::query::{read_ages, read_flows};
use crate::wish::Wish;
use crate::world::{Topic, hub};

/// Changes of the past that are read.
const HISTORY: u32 = 500;
/// Time before a daemon that does not answer is asked again by itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// Starts the thread. Where there is none to be had, the window says so.
pub fn start() {
    let (sender, wishes) = mpsc::unbounded_channel();
    hub().connect(sender);
    let started = std::thread::Builder::new()
        .name("runtime".to_owned())
        .spawn(move || run(wishes));
    if let Err(error) = started {
        blind(NovaError::internal(format!(
            "no thread can be had: {error}"
        )));
    }
}

fn run(wishes: mpsc::UnboundedReceiver<Wish>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(serve(wishes)),
        Err(error) => blind(NovaError::internal(format!(
            "no runtime can be had: {error}"
        ))),
    }
}

async fn serve(mut wishes: mpsc::UnboundedReceiver<Wish>) {
    let manager = NetworkManager::new();
    let retry = Arc::new(Notify::new());
    let hidden = Arc::new(Notify::new());
    tokio::spawn(watch(
        manager.clone(),
        Arc::clone(&retry),
        Arc::clone(&hidden),
    ));
    tokio::spawn(measure(manager.clone(), Arc::clone(&retry)));
    tokio::spawn(remember(manager.clone(), Arc::clone(&retry), hidden));
    let mut conductor = Conductor::new(manager.clone());
    while let Some(wish) = wishes.recv().await {
        match wish {
            Wish::Retry => retry.notify_waiters(),
            Wish::ReadAges(switch) => {
                tokio::spawn(read_ages(manager.clone(), switch));
            }
            Wish::ReadFlows(switch) => {
                tokio::spawn(read_flows(manager.clone(), switch));
            }
            wish => conductor.hear(wish),
        }
    }
}

fn blind(error: NovaError) {
    hub().publish(Topic::Picture, |world| world.blind = Some(error));
}

/// Publishes each newer picture of the host. Tells `hidden` where Open vSwitch is
/// not seen any more: the helper, which reads it, may be gone.
async fn watch(manager: NetworkManager, retry: Arc<Notify>, hidden: Arc<Notify>) {
    let mut is_hidden = false;
    loop {
        match manager.watch().await {
            Ok(mut watch) => loop {
                let snapshot = Arc::clone(&watch.snapshots.borrow_and_update());
                let was_hidden =
                    std::mem::replace(&mut is_hidden, snapshot.host.ovs == OvsView::Locked);
                if is_hidden && !was_hidden {
                    hidden.notify_one();
                }
                hub().publish(Topic::Picture, |world| {
                    world.snapshot = Some(snapshot);
                    world.blind = None;
                });
                if watch.snapshots.changed().await.is_err() {
                    blind(NovaError::internal("the host is not watched any more"));
                    break;
                }
            },
            Err(error) => blind(error),
        }
        pause(&retry).await;
    }
}

/// Publishes the rates of all links, a sample a second. Without counters there
/// are no rates; everything else goes on.
async fn measure(manager: NetworkManager, retry: Arc<Notify>) {
    loop {
        if let Ok(mut monitor) = manager.monitor().await {
            let held = monitor.clone();
            hub().publish(Topic::Rates, |world| world.monitor = Some(held));
            while monitor.rates.changed().await.is_ok() {
                let rates = Arc::clone(&monitor.rates.borrow_and_update());
                hub().publish(Topic::Rates, |world| world.rates = Some(rates));
            }
            hub().publish(Topic::Rates, |world| world.monitor = None);
        }
        pause(&retry).await;
    }
}

/// Publishes the history, anew whenever a change changes its state. Only a
/// person who tries again is asked to authenticate for it.
async fn remember(manager: NetworkManager, retry: Arc<Notify>, hidden: Arc<Notify>) {
    let mut is_wished = false;
    loop {
        match manager.changes().await {
            Err(error) => hub().publish(Topic::History, |world| world.helper = Some(error)),
            Ok(mut changes) => {
                while read_history(&manager, is_wished).await {
                    is_wished = false;
                    tokio::select! {
                        changed = changes.recv() => match changed {
                            Some(changed) => Conductor::learn(&changed),
                            None => break,
                        },
                        () = hidden.notified() => {}
                    }
                }
            }
        }
        is_wished = pause(&retry).await;
    }
}

/// Reads the history; false where the helper does not answer.
async fn read_history(manager: &NetworkManager, is_wished: bool) -> bool {
    let history = if is_wished {
        manager.history(HISTORY).await
    } else {
        manager.history_unasked(HISTORY).await
    };
    match history {
        Ok(entries) => {
            let entries = Arc::new(entries);
            hub().publish(Topic::History, |world| {
                world.history = Some(Arc::clone(&entries));
                world.helper = None;
            });
            Conductor::meet(&entries);
            true
        }
        Err(error) => {
            hub().publish(Topic::History, |world| world.helper = Some(error));
            false
        }
    }
}

/// Waits before a further try, and says whether a person wished for it.
async fn pause(retry: &Notify) -> bool {
    tokio::time::timeout(PATIENCE, retry.notified())
        .await
        .is_ok()
}
