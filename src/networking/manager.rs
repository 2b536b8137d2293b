// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The facade: everything Nova can do with the network of this host.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nova_model::change::ChangeSet;
use nova_model::fdb::{FdbEntry, MdbEntry};
use nova_model::history::HistoryEntry;
use nova_model::manager::Managers;
use nova_model::name::{InterfaceName, printable};
use nova_model::ovs::OvsView;
use nova_model::plan::{Plan, PlanId};
use nova_model::state::{HostState, Service, Snapshot, VirtState};
use nova_model::{NovaError, Result};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::helper::{Changed, Helper, HelperStatus, Progress};
use crate::monitor::{BandwidthUsage, IdleMonitor, Monitor, NetworkStats};
use crate::nm;
use crate::picture::compose;
use crate::switch::{LinuxBridge, OpenVSwitch, SwitchType};
use crate::virt_read::{self, Dirty, NetworkWish, Reader};
use crate::virt_watch::Signal;
use crate::watch::{self as live, Watch};

/// Longest time a single picture waits for the `NetworkManager` daemon.
const NM_ANSWER: Duration = Duration::from_millis(300);

/// Longest time libvirt is waited for to tell something; a daemon that its socket
/// starts looks at the host first.
const VIRT_ANSWER: Duration = Duration::from_secs(10);

/// Longest time a single picture waits for the helper to start and to tell
/// what only root may read.
const HELPER_ANSWER: Duration = Duration::from_secs(3);

/// Everything Nova can do with the network of this host. Cheap to clone; all
/// clones share one view of the host and one connection to the helper.
///
/// ```no_run
/// use nova::networking::*;
///
/// # async fn example() -> nova::networking::Result<()> {
/// let mut manager = NetworkManager::new();
/// manager.create_virtual_switch("br0", SwitchType::LinuxBridge).await?;
/// manager.start_monitoring(vec!["br0".to_string()]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct NetworkManager {
    inner: Arc<Inner>,
    /// What [`Self::start_monitoring`] keeps running.
    monitoring: Option<(Monitor, Vec<String>)>,
}

#[derive(Default)]
struct Inner {
    helper: Arc<Helper>,
    live: AsyncMutex<Option<(Watch, Sender<Signal>)>>,
    monitor: Mutex<Option<IdleMonitor>>,
}

/// How much of libvirt is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Networks without leases.
    Networks,
    /// Networks, leases and machines.
    Everything,
}

impl NetworkManager {
    /// A manager of this host. Nothing is opened or asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The network of this host now: links, addresses and routes from the
    /// kernel, networks, machines and leases from libvirt. Needs no privilege.
    /// A daemon that does not answer is a part of the picture that is missing,
    /// not an error; one that hangs is waited for up to 10 s.
    ///
    /// ```no_run
    /// # async fn example() -> nova::networking::Result<()> {
    /// let snapshot = nova::networking::NetworkManager::new().snapshot().await?;
    /// for bridge in snapshot.host.bridges() {
    ///     println!("{} has {} ports", bridge.name, snapshot.host.ports_of(bridge.index).count());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Internal` where the kernel cannot be asked.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.look(Depth::Everything).await
    }

    /// The forwarding database of the bridge with this index.
    ///
    /// # Errors
    /// `Internal` where the kernel cannot be asked.
    pub async fn fdb(&self, bridge: u32) -> Result<Vec<FdbEntry>> {
        spawn_blocking(move || nova_host::fdb::fdb(bridge))
            .await
            .map_err(|error| stuck(&error))?
    }

    /// The multicast database of the bridge with this index.
    ///
    /// # Errors
    /// `Internal` where the kernel cannot be asked.
    pub async fn mdb(&self, bridge: u32) -> Result<Vec<MdbEntry>> {
        spawn_blocking(move || nova_host::mdb::mdb(bridge))
            .await
            .map_err(|error| stuck(&error))?
    }

    /// As [`Self::snapshot`], but without machines and leases: the quick look
    /// for lists of switches and networks.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub async fn overview(&self) -> Result<Snapshot> {
        self.look(Depth::Networks).await
    }

    async fn look(&self, depth: Depth) -> Result<Snapshot> {
        let virt = ask_libvirt(move || read_virt(depth));
        let managed = timeout(NM_ANSWER, self.managers());
        let (host, virt, managed) = tokio::join!(self.host(), virt, managed);
        let host = host?;
        let virt = virt.map_or_else(Service::Missing, Service::Available);
        Ok(compose(host, virt, managed.unwrap_or_default()))
    }

    /// What the kernel and Open vSwitch tell. Where the database of that is open
    /// to root alone, the helper is asked.
    pub(crate) async fn host(&self) -> Result<HostState> {
        let host = spawn_blocking(nova_host::observe::observe).await;
        let mut host: HostState = host.map_err(|error| stuck(&error))??;
        if host.ovs == OvsView::Locked
            && let Ok(Ok(seen)) = timeout(HELPER_ANSWER, self.inner.helper.observe()).await
        {
            host.ovs = seen.ovs;
            nova_host::ovs::claim(&mut host);
        }
        Ok(host)
    }

    async fn managers(&self) -> Managers {
        match self.inner.helper.connection().await {
            Ok(connection) => nm::managers(&connection).await,
            Err(_) => Managers::default(),
        }
    }

    /// The network of this host as it changes: every change, also one made by
    /// other programs, is in it within a second. Begins with the first call;
    /// later calls share it.
    ///
    /// ```no_run
    /// # async fn example() -> nova::networking::Result<()> {
    /// let mut watch = nova::networking::NetworkManager::new().watch().await?;
    /// while watch.snapshots.changed().await.is_ok() {
    ///     println!("{} links", watch.snapshots.borrow_and_update().host.links.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Internal` where the kernel cannot be asked or no thread can be had.
    pub async fn watch(&self) -> Result<Watch> {
        let mut live = self.inner.live.lock().await;
        if let Some((watch, _)) = live.as_ref().filter(|(watch, _)| watch.is_running()) {
            return Ok(watch.clone());
        }
        let started = live::start(Arc::clone(&self.inner.helper)).await?;
        let (watch, _) = live.insert(started);
        Ok(watch.clone())
    }

    /// The plan for these changes on the host as it is now, made and kept by
    /// the helper. Nothing has happened yet.
    ///
    /// # Errors
    /// `InvalidValue`, `NotFound` or `Refused` with the reason and a way out;
    /// `NotAuthorised`; `DaemonMissing` where the helper is not installed.
    pub async fn prepare(&self, changes: &ChangeSet) -> Result<Plan> {
        self.inner.helper.prepare(changes).await
    }

    /// The plan that undoes a change that was kept.
    ///
    /// # Errors
    /// As [`Self::prepare`]; `Refused` where the host has moved on since.
    pub async fn prepare_undo(&self, id: PlanId) -> Result<Plan> {
        self.inner.helper.prepare_undo(id).await
    }

    /// Applies a plan as it was reviewed. `confirm_within` asks for another
    /// time (10–600 s) to keep it than the plan proposes; `progress` is called
    /// as the steps are done, at most every 50 ms. The entry tells whether the
    /// change is kept already or waits for [`Self::confirm`].
    ///
    /// # Errors
    /// `NotAuthorised`, `Stale` and `Busy` where nothing has happened;
    /// `RolledBack` where a step failed and everything was undone; `Incomplete`
    /// where something could not be undone.
    pub async fn apply(
        &self,
        plan: &Plan,
        confirm_within: Option<u32>,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<HistoryEntry> {
        let helper = &self.inner.helper;
        helper.apply(plan, confirm_within, progress).await
    }

    /// Keeps a change that waits for it.
    ///
    /// # Errors
    /// `NotFound` where no change of this id waits, `NotAuthorised`.
    pub async fn confirm(&self, id: PlanId) -> Result<HistoryEntry> {
        self.inner.helper.confirm(id).await
    }

    /// Undoes a change that waits to be kept, or what the undo of a change left
    /// ([`ChangeState::Incomplete`](nova_model::history::ChangeState::Incomplete)).
    ///
    /// # Errors
    /// As [`Self::confirm`]; `Refused` where nothing is left of it or another
    /// change to the same was kept since, `Incomplete` where something could not be undone.
    pub async fn rollback(&self, id: PlanId) -> Result<HistoryEntry> {
        self.inner.helper.rollback(id).await
    }

    /// Lets a change that waits to be kept wait so many seconds from now
    /// (10–600).
    ///
    /// # Errors
    /// As [`Self::confirm`]; `InvalidValue` outside the range.
    pub async fn extend(&self, id: PlanId, seconds: u32) -> Result<HistoryEntry> {
        self.inner.helper.extend(id, seconds).await
    }

    /// Lets a change wait to be kept also when this program ends, for a later
    /// [`Self::confirm`] by the same user. Otherwise it is undone 3 s after its
    /// program has gone.
    ///
    /// # Errors
    /// As [`Self::confirm`].
    pub async fn detach(&self, id: PlanId) -> Result<HistoryEntry> {
        self.inner.helper.detach(id).await
    }

    /// Has the helper forget everything that machines and links would be given
    /// again when they appear. What they have now they keep. Gives how many cards,
    /// links and mirrors that was.
    ///
    /// # Errors
    /// `NotAuthorised`, `Busy`, `DaemonMissing`.
    pub async fn forget_bound(&self) -> Result<u32> {
        self.inner.helper.forget().await
    }

    /// The last changes, newest first. Where polkit wants it, a person is asked
    /// to authenticate: this is for who asked to see them.
    ///
    /// # Errors
    /// `NotAuthorised`, `DaemonMissing`.
    pub async fn history(&self, limit: u32) -> Result<Vec<HistoryEntry>> {
        self.inner.helper.history(limit).await
    }

    /// The same for a program that reads them by itself: nobody is asked.
    ///
    /// # Errors
    /// `NotAuthorised` also where somebody would have to authenticate,
    /// `DaemonMissing`.
    pub async fn history_unasked(&self, limit: u32) -> Result<Vec<HistoryEntry>> {
        self.inner.helper.history_unasked(limit).await
    }

    /// What the helper says of itself.
    ///
    /// # Errors
    /// `DaemonMissing` where it is not installed.
    pub async fn helper_status(&self) -> Result<HelperStatus> {
        self.inner.helper.status().await
    }

    /// Each change whose state changes from now on, whoever made it. Ends
    /// when the receiver is dropped or the system bus goes away.
    ///
    /// # Errors
    /// `DaemonMissing` where there is no system bus.
    pub async fn changes(&self) -> Result<mpsc::UnboundedReceiver<Changed>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let _ = self.inner.helper.connection().await?;
        let helper = Arc::clone(&self.inner.helper);
        tokio::spawn(async move {
            let followed = helper.follow(|changed| sender.send(changed).is_ok());
            tokio::select! {
                () = sender.closed() => {}
                followed = followed => if let Err(error) = followed {
                    tracing::warn!("{error}");
                }
            }
        });
        Ok(receiver)
    }

    /// The flows of a bridge of Open vSwitch, one a line, as `ovs-appctl
    /// bridge/dump-flows` tells them. Asked of `ovs-vswitchd` by the helper
    /// where the caller may not.
    ///
    /// # Errors
    /// `NotFound`, `DaemonMissing`.
    pub async fn ovs_flows(&self, bridge: &str) -> Result<Vec<String>> {
        let name: InterfaceName = bridge.parse()?;
        let text = match rustix::process::geteuid().is_root() {
            true => spawn_blocking(move || {
                nova_host::ovs_control::flows(&nova_host::ovs::Place::default(), &name)
            })
            .await
            .map_err(|error| stuck(&error))??,
            false => self.inner.helper.ovs_flows(bridge).await?,
        };
        Ok(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// Starts a libvirt network, with the caller's own rights in libvirt.
    /// Content where it runs already.
    ///
    /// # Errors
    /// `NotFound`, `NotAuthorised`, `DaemonMissing`, or `Refused` with
    /// libvirt's reason.
    pub async fn start_network(&self, name: &str) -> Result<()> {
        self.control(name, NetworkWish::Start).await
    }

    /// Stops a libvirt network; its machines lose their connection. Content
    /// where it is stopped already.
    ///
    /// # Errors
    /// As [`Self::start_network`].
    pub async fn stop_network(&self, name: &str) -> Result<()> {
        self.control(name, NetworkWish::Stop).await
    }

    /// Has a libvirt network started with the host, or not.
    ///
    /// # Errors
    /// As [`Self::start_network`].
    pub async fn set_network_autostart(&self, name: &str, on: bool) -> Result<()> {
        self.control(name, NetworkWish::Autostart(on)).await
    }

    async fn control(&self, name: &str, wish: NetworkWish) -> Result<()> {
        let name = name.to_owned();
        // One that hangs is told; then it takes its time, and a person may be asked
        // for a password.
        ask_libvirt(|| virt_read::open().map(drop)).await?;
        spawn_blocking(move || virt_read::control(&name, wish))
            .await
            .map_err(|error| stuck(&error))??;
        if let Some((_, signals)) = self.inner.live.lock().await.as_ref() {
            // libvirt has no event for autostart.
            let _ = signals.send(Signal::Reread(Dirty {
                networks: true,
                ..Dirty::default()
            }));
        }
        Ok(())
    }

    /// The sampler of all links: one for all who look. It runs while a
    /// [`Monitor`] is held.
    ///
    /// # Errors
    /// As [`Self::watch`].
    pub async fn monitor(&self) -> Result<Monitor> {
        let snapshots = self.watch().await?.snapshots;
        let mut held = self
            .inner
            .monitor
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(monitor) = held.as_ref().and_then(IdleMonitor::upgrade) {
            return Ok(monitor);
        }
        let monitor = Monitor::start(snapshots)?;
        *held = Some(monitor.downgrade());
        Ok(monitor)
    }

    /// Monitors these interfaces until this manager is dropped, so that
    /// [`Self::bandwidth`] has a past to tell.
    ///
    /// # Errors
    /// `NotFound` where an interface does not exist; as [`Self::watch`].
    pub async fn start_monitoring(&mut self, interfaces: Vec<String>) -> Result<()> {
        let snapshot = Arc::clone(&self.watch().await?.snapshots.borrow());
        for interface in &interfaces {
            if snapshot.host.link(interface).is_none() {
                return Err(no_link(interface));
            }
        }
        let monitor = self.monitor().await?;
        self.monitoring = Some((monitor, interfaces));
        Ok(())
    }

    /// The counters of an interface now.
    ///
    /// # Errors
    /// `NotFound` where it is not one of those given to
    /// [`Self::start_monitoring`] or does not exist any more.
    pub fn stats(&self, interface: &str) -> Result<NetworkStats> {
        let monitor = self.monitored(interface)?;
        let rates = monitor.rates.borrow();
        let link = rates.link(interface).ok_or_else(|| no_link(interface))?;
        Ok(NetworkStats {
            interface: interface.to_owned(),
            timestamp: rates.at / 1000,
            rx_bytes: link.counters.rx_bytes,
            tx_bytes: link.counters.tx_bytes,
            rx_packets: link.counters.rx_packets,
            tx_packets: link.counters.tx_packets,
            rx_errors: link.counters.rx_errors,
            tx_errors: link.counters.tx_errors,
        })
    }

    /// The last fifteen minutes of an interface, oldest first.
    ///
    /// # Errors
    /// As [`Self::stats`].
    pub fn bandwidth(&self, interface: &str) -> Result<Vec<BandwidthUsage>> {
        let monitor = self.monitored(interface)?;
        let index = {
            let rates = monitor.rates.borrow();
            rates
                .links
                .iter()
                .find(|(_, link)| link.name.is(interface))
                .map(|(index, _)| *index)
                .ok_or_else(|| no_link(interface))?
        };
        let usage = monitor.history(index, 15 * 60).samples.into_iter();
        Ok(usage
            .map(|sample| BandwidthUsage {
                interface: interface.to_owned(),
                timestamp: sample.at / 1000,
                rx_rate: f64::from(sample.received),
                tx_rate: f64::from(sample.sent),
            })
            .collect())
    }

    fn monitored(&self, interface: &str) -> Result<&Monitor> {
        self.monitoring
            .as_ref()
            .filter(|(_, interfaces)| interfaces.iter().any(|known| known == interface))
            .map(|(monitor, _)| monitor)
            .ok_or_else(|| {
                NovaError::not_found(format!("{} is not monitored", printable(interface)))
            })
    }

    /// Creates a switch with the kernel's defaults and keeps it.
    ///
    /// # Errors
    /// As [`Self::carry_out`].
    pub async fn create_virtual_switch(
        &mut self,
        name: &str,
        switch_type: SwitchType,
    ) -> Result<HistoryEntry> {
        let changes = match switch_type {
            SwitchType::LinuxBridge => LinuxBridge::new(name).to_create()?.into(),
            SwitchType::OpenVSwitch => OpenVSwitch::new(name).to_create()?,
        };
        self.carry_out(&changes).await
    }
}

/// Has libvirt tell something, in a thread of its own that nobody waits for: one
/// that hangs keeps neither the program nor others' questions.
async fn ask_libvirt<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    std::thread::Builder::new()
        .name("libvirt".to_owned())
        .spawn(move || drop(answer.send(ask())))
        .map_err(|error| NovaError::internal(format!("no thread for libvirt: {error}")))?;
    match timeout(VIRT_ANSWER, answered).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(NovaError::internal("looking at libvirt failed")),
        Err(_) => Err(virt_read::silent()),
    }
}

fn read_virt(depth: Depth) -> Result<VirtState> {
    let connect = virt_read::open()?;
    match depth {
        Depth::Networks => {
            let mut networks = virt_read::networks(&connect)?;
            networks.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(VirtState {
                networks,
                machines: Vec::new(),
            })
        }
        Depth::Everything => {
            let mut reader = Reader::new(connect);
            reader.refresh(&Dirty::all())?;
            Ok(reader.state())
        }
    }
}

fn no_link(name: &str) -> NovaError {
    NovaError::not_found(format!("there is no link {} on this host", printable(name)))
        .with_remedy("\"nova network list\" shows what exists.")
}

/// A thread that was to look has panicked.
fn stuck(error: &tokio::task::JoinError) -> NovaError {
    NovaError::internal(format!("looking at the host failed: {error}"))
}
