// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The helper as its client sees it, over the system bus.

use futures_util::StreamExt as _;
use nova_model::change::ChangeSet;
use nova_model::history::{ChangeState, HistoryEntry};
use nova_model::observation::Observation;
use nova_model::plan::{Plan, PlanId};
use nova_model::{NovaError, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use zbus::Connection;

use crate::bus::{HelperProxy, from_bus, no_bus};

/// How far the steps of a plan have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps that are done.
    pub done: u32,
    /// Steps in all.
    pub total: u32,
    /// What is being done now, in words.
    pub title: String,
}

/// A change whose state has changed: it waits to be kept, was kept or undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Which change.
    pub id: PlanId,
    /// What has become of it.
    pub state: ChangeState,
}

/// What the helper says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HelperStatus {
    /// Its version.
    pub version: String,
    /// The change that waits to be kept.
    pub pending: Option<PlanId>,
}

/// The helper's client. The connection is made with the first call.
#[derive(Default)]
pub(crate) struct Helper {
    connection: Mutex<Option<Connection>>,
}

impl Helper {
    /// The connection to the system bus, made anew where it broke.
    ///
    /// # Errors
    /// `DaemonMissing` where there is no system bus.
    pub(crate) async fn connection(&self) -> Result<Connection> {
        let mut held = self.connection.lock().await;
        if let Some(connection) = held.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(connection.clone());
        }
        let connection = Connection::system().await.map_err(|error| no_bus(&error))?;
        *held = Some(connection.clone());
        Ok(connection)
    }

    async fn proxy(&self) -> Result<HelperProxy<'static>> {
        HelperProxy::builder(&self.connection().await?)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .map_err(from_bus)
    }

    pub(crate) async fn prepare(&self, changes: &ChangeSet) -> Result<Plan> {
        let document = changes.to_json()?;
        read(self.proxy().await?.prepare(&document).await)
    }

    pub(crate) async fn prepare_undo(&self, id: PlanId) -> Result<Plan> {
        read(self.proxy().await?.prepare_undo(&id.to_string()).await)
    }

    /// Applies a plan; `progress` is called as its steps are done, at most
    /// every 50 ms.
    pub(crate) async fn apply(
        &self,
        plan: &Plan,
        confirm_within: Option<u32>,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<HistoryEntry> {
        let proxy = self.proxy().await?;
        let id = plan.id.to_string();
        let mut told = proxy.receive_progress().await.map_err(from_bus)?;
        let applied = proxy.apply(&id, plan.digest.as_str(), confirm_within.unwrap_or(0));
        tokio::pin!(applied);
        loop {
            tokio::select! {
                biased;
                Some(signal) = told.next() => {
                    if let Ok(step) = signal.args()
                        && step.id == id
                    {
                        progress(Progress {
                            done: step.done,
                            total: step.total,
                            title: step.title.to_owned(),
                        });
                    }
                }
                reply = &mut applied => return read(reply),
            }
        }
    }

    pub(crate) async fn confirm(&self, id: PlanId) -> Result<HistoryEntry> {
        read(self.proxy().await?.confirm(&id.to_string()).await)
    }

    pub(crate) async fn rollback(&self, id: PlanId) -> Result<HistoryEntry> {
        read(self.proxy().await?.rollback(&id.to_string()).await)
    }

    pub(crate) async fn extend(&self, id: PlanId, seconds: u32) -> Result<HistoryEntry> {
        read(self.proxy().await?.extend(&id.to_string(), seconds).await)
    }

    pub(crate) async fn detach(&self, id: PlanId) -> Result<HistoryEntry> {
        read(self.proxy().await?.detach(&id.to_string()).await)
    }

    pub(crate) async fn forget(&self) -> Result<u32> {
        read(self.proxy().await?.forget().await)
    }

    pub(crate) async fn history(&self, limit: u32) -> Result<Vec<HistoryEntry>> {
        read(self.proxy().await?.history(limit).await)
    }

    pub(crate) async fn history_unasked(&self, limit: u32) -> Result<Vec<HistoryEntry>> {
        read(self.proxy().await?.history_unasked(limit).await)
    }

    pub(crate) async fn status(&self) -> Result<HelperStatus> {
        read(self.proxy().await?.status().await)
    }

    /// What only root may read.
    pub(crate) async fn observe(&self) -> Result<Observation> {
        read(self.proxy().await?.observe().await)
    }

    /// Has `tell` called with what only root may read, now and whenever it
    /// changes, until it returns false or the helper leaves.
    pub(crate) async fn follow_observation(
        &self,
        mut tell: impl FnMut(Observation) -> bool,
    ) -> Result<()> {
        let proxy = self.proxy().await?;
        let mut observed = proxy.receive_observed().await.map_err(from_bus)?;
        let mut owner = proxy
            .inner()
            .receive_owner_changed()
            .await
            .map_err(from_bus)?;
        let first: Observation = read(proxy.watch().await)?;
        if !tell(first) {
            return Ok(());
        }
        loop {
            tokio::select! {
                Some(signal) = observed.next() => {
                    let Ok(args) = signal.args() else { continue };
                    let Ok(observation) = serde_json::from_str(args.observation) else {
                        continue;
                    };
                    if !tell(observation) {
                        return Ok(());
                    }
                }
                Some(None) = owner.next() => return Ok(()),
                else => return Ok(()),
            }
        }
    }

    /// The flows of a bridge of Open vSwitch, one a line.
    pub(crate) async fn ovs_flows(&self, bridge: &str) -> Result<String> {
        self.proxy()
            .await?
            .ovs_flows(bridge)
            .await
            .map_err(from_bus)
    }

    /// Has `tell` called with each change whose state changes, until it
    /// returns false.
    pub(crate) async fn follow(&self, mut tell: impl FnMut(Changed) -> bool) -> Result<()> {
        let proxy = self.proxy().await?;
        let mut changes = proxy.receive_changed().await.map_err(from_bus)?;
        while let Some(signal) = changes.next().await {
            let Ok(args) = signal.args() else { continue };
            let (Ok(id), Ok(state)) = (args.id.parse(), serde_json::from_str(args.state)) else {
                continue;
            };
            if !tell(Changed { id, state }) {
                break;
            }
        }
        Ok(())
    }
}

/// The document in a reply, or the error that came instead.
fn read<T: DeserializeOwned>(reply: zbus::Result<String>) -> Result<T> {
    let document = reply.map_err(from_bus)?;
    serde_json::from_str(&document).map_err(|error| {
        NovaError::internal(format!("the helper's answer cannot be read: {error}"))
            .with_remedy("Helper and program are of different versions; install both anew.")
    })
}
