// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The life of the process: recover, serve, leave.

use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nova_model::action::BUS_NAME;
use nova_model::{NovaError, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::connection::Builder;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;

use crate::admission::Gate;
use crate::audit::Audit;
use crate::authorise::Authoriser;
use crate::bus::{Service, announce, take_name};
use crate::deadman;
use crate::engine::{Engine, blocking};
use crate::failure::internal;
use crate::host::Host;
use crate::journal::Journal;
use crate::kernel::Kernel;
use crate::lifeline::{self, Lifeline};
use crate::recovery::{ended_meanwhile, recover};
use crate::transaction::Workshop;
use crate::watchdog;

/// The service's state folder, see `StateDirectory=` in its unit.
const STATE: &str = "/var/lib/nova";
/// How long nobody calls before the helper leaves.
const IDLE: Duration = Duration::from_secs(60);
/// How long nobody asks to steer before the process that does it leaves.
const STEERING_IDLE: Duration = Duration::from_secs(30);
/// How long another daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait while the dead-man undoes what a helper before left.
const FOR_LOCK: Duration = Duration::from_secs(10);
/// Threads for what blocks; `TasksMax=` of the unit has room for them.
const BLOCKING_THREADS: usize = 8;

/// Serves until nobody needs the helper any more.
///
/// # Errors
/// Those of journal, kernel and bus.
pub fn serve() -> Result<()> {
    // One thread answers calls: a large message is dropped before the next one
    // is read, so a flood of them holds the memory of one.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| internal("no threads", error))?;
    let lifeline = Lifeline::to(lifeline::SOCKET);
    runtime.block_on(run(open(lifeline)?))
}

/// Stands by as the dead-man until there is no helper any more.
///
/// # Errors
/// Those of the kernel; standard input is not the dead-man's socket.
pub fn stand_by() -> Result<()> {
    deadman::serve(Path::new(STATE))
}

/// Sets on which CPUs what arrives is processed, for the helper and the
/// dead-man, until nobody asks for it any more.
///
/// # Errors
/// Standard input is no socket to listen on.
pub fn steer() -> Result<()> {
    let socket = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| internal("no socket to listen on", error))?;
    nova_host::steering_line::serve(&UnixListener::from(socket), STEERING_IDLE)
}

/// Ends what a boot interrupted: the kernel's state went with it, so that what
/// was not kept is gone and is only noted.
///
/// # Errors
/// Those of journal and kernel.
pub fn restore() -> Result<()> {
    recover(&open(Lifeline::none())?)?.of_all()
}

fn open(lifeline: Lifeline) -> Result<Arc<Workshop<Kernel>>> {
    let journal = Journal::open(Path::new(STATE), crate::clock::boot()?, FOR_LOCK)?;
    Ok(Arc::new(Workshop {
        host: Kernel::open()?,
        journal: Arc::new(journal),
        lifeline,
    }))
}

async fn run<H: Host>(shop: Arc<Workshop<H>>) -> Result<()> {
    // Before anybody can call: a half-done change must not be planned upon.
    let to_recover = Arc::clone(&shop);
    let recovered = blocking(move || {
        let mut ended = ended_meanwhile(&to_recover.journal)?;
        // What cannot be read keeps nobody from changing what else there is; the
        // dead-man tries again.
        ended.extend(recover(&to_recover)?.ended);
        Ok::<_, NovaError>(ended)
    })
    .await??;
    let (announcer, announcements) = mpsc::unbounded_channel();
    let engine = Engine::new(shop, announcer);
    let mut terminate =
        signal(SignalKind::terminate()).map_err(|error| internal("no signals", error))?;

    let asking = Builder::system().build().await.map_err(on_bus)?;
    let questions = asking.clone();
    let bus = Builder::system().method_timeout(PATIENCE);
    let (bus, gate) = put_on_bus(bus, asking, Arc::clone(&engine))
        .await
        .map_err(on_bus)?;
    let telling = tokio::spawn(announce::<H>(bus.clone(), announcements));
    for (id, state) in &recovered {
        engine.announce(*id, state);
    }
    tracing::info!("ready");

    tokio::select! {
        _ = terminate.recv() => tracing::info!("asked to stop"),
        () = bus.closed() => tracing::info!("the bus has gone"),
        // Without it everybody would be refused.
        () = questions.closed() => tracing::info!("polkit cannot be asked any more"),
        () = idle(&gate, &engine) => tracing::info!("nobody calls"),
        () = watchdog::give_signs_of_life() => {}
    }
    let leave = async {
        if let Err(error) = bus.release_name(BUS_NAME).await {
            tracing::debug!(%error, "the name was gone already");
        }
        engine.stop().await;
        finish_calls(&gate).await;
    };
    // A bus that is flooded takes its time to let the name go.
    tokio::select! {
        () = leave => {}
        () = watchdog::give_signs_of_life() => {}
    }
    telling.abort();
    Ok(())
}

/// Puts the service on `bus`; polkit is asked over `asking`, a connection
/// without a timeout for its calls.
///
/// # Errors
/// Those of the bus; the name has another owner.
pub async fn put_on_bus<H: Host>(
    bus: Builder<'_>,
    asking: Connection,
    engine: Arc<Engine<H>>,
) -> zbus::Result<(Connection, Arc<Gate>)> {
    let daemon = DBusProxy::builder(&asking)
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let gate = Arc::new(Gate::new(daemon));
    let service = Service {
        authoriser: Authoriser::new(asking).await?,
        engine,
        audit: Audit::default(),
    };
    let bus = take_name(bus, Arc::clone(&gate), service).await?;
    Ok((bus, gate))
}

fn on_bus(error: zbus::Error) -> NovaError {
    internal("the system bus", error)
}

/// Completes when nobody has called for a while and no change waits.
async fn idle<H: Host>(gate: &Gate, engine: &Engine<H>) {
    let mut since = Instant::now();
    loop {
        tokio::time::sleep_until((since + IDLE).into()).await;
        let is_idle =
            |since: Instant| since.elapsed() >= IDLE && !engine.is_busy() && !engine.is_watched();
        since = match gate.idle_since() {
            Some(since) if is_idle(since) => return,
            Some(since) if since.elapsed() < IDLE => since,
            // A change waits or a call is in flight: look again later.
            _ => Instant::now(),
        };
    }
}

/// Calls that came before the name was given up get their answers.
async fn finish_calls(gate: &Gate) {
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if gate.idle_since().is_some() {
            return;
        }
    }
}
