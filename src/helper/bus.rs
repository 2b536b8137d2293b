// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The interface on the bus, behind its door. Each method has polkit decide, and
//! only then reads what was sent.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use nova_model::NovaError;
use nova_model::action::{Action, BUS_NAME, OBJECT_PATH};
use nova_model::history::HistoryEntry;
use nova_model::plan::PlanId;
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::connection::Builder;
use zbus::message::Header;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;

use crate::admission::{Caller, Gate};
use crate::audit::{Asked, Audit};
use crate::authorise::Authoriser;
use crate::door::{self, Door};
use crate::engine::{Announcement, Engine, blocking};
use crate::failure::Failure;
use crate::host::Host;
use crate::manager::managers;
use crate::observing::Seat;
use crate::request::{Apply, Client, Progress};
use crate::vanish::vanished;

/// How often at most a client is told how far its plan is.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);

/// What waits to be kept, for `Status`.
#[derive(serde::Serialize)]
struct Status {
    version: &'static str,
    pending: Option<PlanId>,
}

/// The one object on the bus. Every method takes `&self`: a person who thinks
/// about a dialog keeps nobody else waiting.
pub struct Service<H> {
    /// Asks polkit.
    pub authoriser: Authoriser,
    /// Does the work.
    pub engine: Arc<Engine<H>>,
    /// Notes what was asked.
    pub audit: Audit,
}

type Result<T> = std::result::Result<T, Failure>;

#[zbus::interface(name = "org.nova.Networking1")]
impl<H: Host> Service<H> {
    /// Plans changes; the answer is the plan as JSON.
    async fn prepare(
        &self,
        changes: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> Result<String> {
        let caller = door::caller()?;
        let grant = self
            .authoriser
            .authorise(&header, &caller, [Action::Observe], "Prepare a change")
            .await?;
        let managers = managers(bus).await;
        Ok(self.engine.prepare(&grant, changes, managers).await?)
    }

    /// Plans the undo of a change that was kept; the answer is the plan as JSON.
    async fn prepare_undo(
        &self,
        id: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> Result<String> {
        let caller = door::caller()?;
        let grant = self
            .authoriser
            .authorise(&header, &caller, [Action::Observe], "Prepare an undo")
            .await?;
        let managers = managers(bus).await;
        Ok(self
            .engine
            .prepare_undo(&grant, id.parse()?, managers)
            .await?)
    }

    /// Applies a prepared plan of this digest. The change is kept at once
    /// (`confirm_within` 0 and the plan asks for nothing else) or waits to be
    /// kept; the answer is its entry in the history.
    async fn apply(
        &self,
        id: &str,
        digest: &str,
        confirm_within: u32,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> Result<String> {
        let caller = door::caller()?;
        let mut asked = Asked {
            method: "Apply",
            id,
            digest,
            actions: Vec::new(),
        };
        let done = self
            .apply_plan(&mut asked, confirm_within, &caller, &header, bus)
            .await;
        self.follow_machines(bus).await;
        self.audit.record(&caller, &asked, &done);
        document(done)
    }

    /// Keeps a change that waits for it.
    async fn confirm(
        &self,
        id: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> Result<String> {
        let caller = door::caller()?;
        let asked = Asked {
            method: "Confirm",
            id,
            digest: "",
            actions: vec![Action::Confirm],
        };
        let done = async {
            let grant = self
                .authoriser
                .authorise(&header, &caller, [Action::Confirm], "Keep the change")
                .await?;
            Ok(self.engine.confirm(&grant, id.parse()?).await?)
        }
        .await;
        self.follow_machines(bus).await;
        self.audit.record(&caller, &asked, &done);
        document(done)
    }

    /// Lets a change wait so many seconds from now, 10 to 600.
    async fn extend(
        &self,
        id: &str,
        seconds: u32,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<String> {
        let caller = door::caller()?;
        let asked = Asked {
            method: "Extend",
            id,
            digest: "",
            actions: vec![Action::Confirm],
        };
        let done = async {
            let grant = self
                .authoriser
                .authorise(&header, &caller, [Action::Confirm], "Wait longer")
                .await?;
            Ok(self.engine.extend(&grant, id.parse()?, seconds).await?)
        }
        .await;
        self.audit.record(&caller, &asked, &done);
        document(done)
    }

    /// Lets a change wait also when its client goes.
    async fn detach(&self, id: &str, #[zbus(header)] header: Header<'_>) -> Result<String> {
        let caller = door::caller()?;
        let asked = Asked {
            method: "Detach",
            id,
            digest: "",
            actions: vec![Action::Confirm],
        };
        let done = async {
            let grant = self
                .authoriser
                .authorise(&header, &caller, [Action::Confirm], "Keep the change later")
                .await?;
            Ok(self.engine.detach(&grant, id.parse()?).await?)
        }
        .await;
        self.audit.record(&caller, &asked, &done);
        document(done)
    }

    /// Reverts a change that waits to be kept, or what the undo of a change left.
    async fn rollback(&self, id: &str, #[zbus(header)] header: Header<'_>) -> Result<String> {
        let caller = door::caller()?;
        let mut asked = Asked {
            method: "Rollback",
            id,
            digest: "",
            actions: Vec::new(),
        };
        let done = async {
            let (action, sentence) = self.engine.to_revert(caller.uid(), id.parse()?).await?;
            asked.actions.push(action);
            let grant = self
                .authoriser
                .authorise(&header, &caller, [action], &sentence)
                .await?;
            Ok(self.engine.rollback(&grant, id.parse()?).await?)
        }
        .await;
        self.audit.record(&caller, &asked, &done);
        document(done)
    }

    /// The newest changes as a JSON array, newest first.
    async fn history(&self, limit: u32, #[zbus(header)] header: Header<'_>) -> Result<String> {
        let caller = door::caller()?;
        let grant = self
            .authoriser
            .authorise(&header, &caller, [Action::Observe], "Read the history")
            .await?;
        Ok(serde_json::to_string(
            &self.engine.history(&grant, limit).await?,
        )?)
    }

    /// What only root may read, as JSON: Open vSwitch.
    async fn observe(&self, #[zbus(header)] header: Header<'_>) -> Result<String> {
        let caller = door::caller()?;
        let grant = self
            .authoriser
            .authorise(&header, &caller, [Action::Observe], "See Open vSwitch")
            .await?;
        Ok(self.engine.observe(&grant).await?)
    }

    /// The same, and from now on the signal `Observed` to this caller whenever
    /// it changes, until the caller leaves the bus.
    async fn watch(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> Result<String> {
        let caller = door::caller()?;
        let grant = self
            .authoriser
            .authorise(&header, &caller, [Action::Observe], "Watch Open vSwitch")
            .await?;
        let seat = self.engine.watch(&grant)?;
        let emitter = SignalEmitter::new(bus, OBJECT_PATH)
            .map_err(|error| NovaError::internal(error.to_string()))?
            .set_destination(BusName::Unique(caller.name().as_ref()))
            .into_owned();
        tokio::spawn(tell_watcher::<H>(emitter, seat, gone(bus.clone(), &caller)));
        Ok(self.engine.observe(&grant).await?)
    }

    /// Gives the taps of machines that have started what is bound to their
    /// cards; the answer is how many are bound and how many wait, as JSON.
    async fn rearm(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> Result<String> {
        let caller = door::caller()?;
        let grant = self
            .authoriser
            .authorise(
                &header,
                &caller,
                [Action::Observe],
                "Give machines their limits and mirrors again",
            )
            .await?;
        let managers = managers(bus).await;
        Ok(serde_json::to_string(
            &self.engine.rearm(&grant, managers).await?,
        )?)
    }

    /// Forgets all that machines and links would be given again; the answer is
    /// for how many that was, as JSON.
    async fn forget(&self, #[zbus(header)] header: Header<'_>) -> Result<String> {
        let caller = door::caller()?;
        let action = Action::ConfigureSwitch;
        let asked = Asked {
            method: "Forget",
            id: "",
            digest: "",
            actions: vec![action],
        };
        let done = async {
            let sentence = "Forget what machines and links would be given again";
            let grant = self
                .authoriser
                .authorise(&header, &caller, [action], sentence)
                .await?;
            Ok(self.engine.forget(&grant).await?)
        }
        .await;
        self.audit.record(&caller, &asked, &done);
        Ok(serde_json::to_string(&done?)?)
    }

    /// The flows of a bridge of Open vSwitch, one a line.
    async fn ovs_flows(&self, bridge: &str, #[zbus(header)] header: Header<'_>) -> Result<String> {
        let caller = door::caller()?;
        self.authoriser
            .authorise(
                &header,
                &caller,
                [Action::Observe],
                "See the flows of Open vSwitch",
            )
            .await?;
        let bridge = bridge.to_owned();
        Ok(blocking(move || crate::observing::flows(&bridge)).await??)
    }

    /// Version of the helper and the change that waits, as JSON.
    async fn status(&self, #[zbus(header)] header: Header<'_>) -> Result<String> {
        let caller = door::caller()?;
        let grant = self
            .authoriser
            .authorise(&header, &caller, [Action::Observe], "Read the state")
            .await?;
        Ok(serde_json::to_string(&Status {
            version: env!("CARGO_PKG_VERSION"),
            pending: self.engine.pending(&grant)?,
        })?)
    }

    /// How far an apply is; sent to its caller alone.
    #[zbus(signal)]
    async fn progress(
        emitter: &SignalEmitter<'_>,
        id: &str,
        done: u32,
        total: u32,
        title: &str,
    ) -> zbus::Result<()>;

    /// What only root may read is another now; sent to those who watch.
    #[zbus(signal)]
    async fn observed(emitter: &SignalEmitter<'_>, observation: &str) -> zbus::Result<()>;

    /// The state of a change is another now.
    #[zbus(signal)]
    async fn changed(emitter: &SignalEmitter<'_>, id: &str, state: &str) -> zbus::Result<()>;
}

impl<H: Host> Service<H> {
    /// Has somebody see machines start and links appear, where something is bound
    /// to them.
    async fn follow_machines(&self, bus: &Connection) {
        let shop = Arc::clone(self.engine.shop());
        let is_unbound = move || {
            let bindings = shop.journal.bindings();
            bindings.is_ok_and(|bound| bound.is_empty())
        };
        // Where nobody knows, it finds out itself.
        if !blocking(is_unbound).await.unwrap_or(false) {
            crate::follow::begin(bus).await;
        }
    }

    async fn apply_plan(
        &self,
        asked: &mut Asked<'_>,
        confirm_within: u32,
        caller: &Caller,
        header: &Header<'_>,
        bus: &Connection,
    ) -> Result<HistoryEntry> {
        let id: PlanId = asked.id.parse()?;
        let (actions, title) = self.engine.needs(caller.uid(), id)?;
        asked.actions.extend(&actions);
        self.engine.require_turn().await?;
        let grant = self
            .authoriser
            .authorise(header, caller, actions, &title)
            .await?;
        let managers = managers(bus).await;
        let (progress, told) = mpsc::unbounded_channel();
        let client = Client {
            gone: gone(bus.clone(), caller),
            progress,
        };
        let wish = Apply {
            id,
            digest: asked.digest.to_owned(),
            confirm_within,
        };
        let emitter = SignalEmitter::new(bus, OBJECT_PATH)
            .map_err(|error| NovaError::internal(error.to_string()))?
            .set_destination(BusName::Unique(caller.name().as_ref()));
        let telling = tell::<H>(&emitter, id, told);
        let applying = self.engine.apply(&grant, wish, managers, client);
        let (done, ()) = tokio::join!(applying, telling);
        Ok(done?)
    }
}

/// Tells a watcher what is new until it has left the bus.
async fn tell_watcher<H: Host>(
    emitter: SignalEmitter<'static>,
    mut seat: Seat,
    gone: BoxFuture<'static, ()>,
) {
    let tell = async {
        while seat.news.changed().await.is_ok() {
            let document = Arc::clone(&seat.news.borrow_and_update());
            if let Err(error) = Service::<H>::observed(&emitter, &document).await {
                tracing::debug!(%error, "a watcher was not told");
            }
        }
    };
    tokio::select! {
        () = tell => {}
        () = gone => {}
    }
}

fn gone(bus: Connection, caller: &Caller) -> BoxFuture<'static, ()> {
    let name = caller.name().clone();
    async move { vanished(&bus, name).await }.boxed()
}

async fn tell<H: Host>(
    emitter: &SignalEmitter<'_>,
    id: PlanId,
    mut told: mpsc::UnboundedReceiver<Progress>,
) {
    let id = id.to_string();
    while let Some(Progress { done, total, title }) = latest(&mut told).await {
        let done = u32::try_from(done).unwrap_or(u32::MAX);
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        if let Err(error) = Service::<H>::progress(emitter, &id, done, total, &title).await {
            tracing::debug!(%error, "the progress did not reach the client");
        }
    }
}

/// The last of what is told within [`BETWEEN_SIGNALS`], at once where no more
/// will come: a plan of thousands of steps must not wake the bus at each.
async fn latest(told: &mut mpsc::UnboundedReceiver<Progress>) -> Option<Progress> {
    let mut last = told.recv().await?;
    let enough = tokio::time::sleep(BETWEEN_SIGNALS);
    tokio::pin!(enough);
    loop {
        tokio::select! {
            biased;
            next = told.recv() => match next {
                Some(next) => last = next,
                None => return Some(last),
            },
            () = &mut enough => return Some(last),
        }
    }
}

/// Sends the signal `Changed` for each announcement.
pub async fn announce<H: Host>(
    bus: Connection,
    mut announcements: mpsc::UnboundedReceiver<Announcement>,
) {
    let Ok(emitter) = SignalEmitter::new(&bus, OBJECT_PATH) else {
        return;
    };
    while let Some((id, state)) = announcements.recv().await {
        let Ok(document) = serde_json::to_string(&state) else {
            continue;
        };
        if let Err(error) = Service::<H>::changed(&emitter, &id.to_string(), &document).await {
            tracing::warn!(%error, "a change of state was not told");
        }
    }
}

/// Puts the service on the bus under its name, which nobody may take over.
///
/// # Errors
/// Those of the bus; the name has another owner.
pub async fn take_name<H: Host>(
    bus: Builder<'_>,
    gate: Arc<Gate>,
    service: Service<H>,
) -> zbus::Result<Connection> {
    // An object put on a connection that reads already may miss the call that
    // comes with the name.
    let door = Door::before(service, gate);
    let bus = bus.serve_at(OBJECT_PATH, door).build().await?;
    let flags = zbus::fdo::RequestNameFlags::DO_NOT_QUEUE;
    bus.request_name_with_flags(BUS_NAME, flags).await?;
    Ok(bus)
}

fn document(done: Result<HistoryEntry>) -> Result<String> {
    Ok(serde_json::to_string(&done?)?)
}
