// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Open vSwitch as it is, once or as it changes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nova_model::link::Owner;
use nova_model::ovs::{OvsBridge, OvsPort, OvsState, OvsView};
use nova_model::state::HostState;
use nova_model::step::CLASS_KEY;

use crate::openflow::OpenFlow;
use crate::ovs_read;
use crate::ovsdb::{Database, Stopper, Trouble, is_alive};
use crate::ovsdb_value::Tables;

/// Where Open vSwitch keeps its sockets.
const RUN: &str = "/run/openvswitch";
/// What its package installs, running or not.
const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";
/// There while the kernel has its module.
const MODULE: &str = "/sys/module/openvswitch";
/// Longest wait for an answer of the database.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest wait for whether somebody listens.
const ALIVE: Duration = Duration::from_secs(1);
/// How long a database that ends a connection is given to be gone or back.
const RESTART: Duration = Duration::from_millis(200);

/// Where Open vSwitch is reached.
#[derive(Clone, Debug)]
pub struct Place {
    run: PathBuf,
    is_system: bool,
}

impl Default for Place {
    /// The Open vSwitch of this host.
    fn default() -> Self {
        Self {
            run: RUN.into(),
            is_system: true,
        }
    }
}

impl Place {
    /// A database server of one's own, with its socket `db.sock` in this
    /// folder; nobody carries out what it holds, and it counts as running.
    #[must_use]
    pub fn private(folder: &Path) -> Self {
        Self {
            run: folder.to_owned(),
            is_system: false,
        }
    }

    /// Connects to the database.
    ///
    /// # Errors
    /// `Missing` and `Locked` where there is none to be had.
    pub fn database(&self) -> Result<Database, Trouble> {
        Database::open(&self.run.join("db.sock"), PATIENCE)
    }

    /// The control socket of `ovs-vswitchd`, where it runs.
    pub(crate) fn control(&self) -> Option<PathBuf> {
        let pid = std::fs::read_to_string(self.run.join("ovs-vswitchd.pid")).ok()?;
        let pid: u32 = pid.trim().parse().ok()?;
        let socket = self.run.join(format!("ovs-vswitchd.{pid}.ctl"));
        is_alive(&socket, ALIVE).then_some(socket)
    }

    /// Speaks OpenFlow to a bridge, as `ovs-ofctl` does.
    ///
    /// # Errors
    /// `Missing` where the bridge is not made, `Locked`.
    pub(crate) fn openflow(&self, bridge: &str) -> Result<OpenFlow, Trouble> {
        // The database takes names that lead out of the folder.
        if !self.is_system || bridge.contains('/') {
            return Err(Trouble::Missing);
        }
        OpenFlow::open(&self.run.join(format!("{bridge}.mgmt")))
    }

    /// Notes what Nova's flows do, where the database says that there are any.
    fn read_classes(&self, bridge: &mut OvsBridge) {
        let is_classed = |port: &OvsPort| port.conf.external_ids.contains_key(CLASS_KEY);
        if !bridge.ports.iter().any(is_classed) {
            return;
        }
        let classes = self
            .openflow(&bridge.name)
            .and_then(|mut openflow| openflow.classes())
            .unwrap_or_default();
        for port in bridge.ports.iter_mut().filter(|port| is_classed(port)) {
            let numbers = port.interfaces.values().filter_map(|it| it.ofport);
            port.class = numbers
                .filter_map(|number| u32::try_from(number).ok())
                .find_map(|number| classes.get(&number).copied());
        }
    }

    /// Whether somebody carries out what the database holds.
    pub(crate) fn is_running(&self) -> bool {
        !self.is_system || self.control().is_some()
    }

    /// Whether somebody else than a test looks at the database.
    pub(crate) const fn is_system(&self) -> bool {
        self.is_system
    }

    /// What is known where the database is not.
    fn without(&self, trouble: &Trouble) -> OvsView {
        match trouble {
            Trouble::Missing if self.is_system && !Path::new(SCHEMA).exists() => {
                OvsView::NotInstalled
            }
            Trouble::Missing => OvsView::NotRunning,
            Trouble::Locked => OvsView::Locked,
            other => OvsView::Broken(other.sentence()),
        }
    }
}

/// Open vSwitch as it is now. Where its database cannot be read, the view says
/// why.
#[must_use]
pub fn observe(place: &Place) -> OvsView {
    let mut opened = Live::open(place);
    if let Err(Trouble::Gone) = &opened {
        // It was being stopped or started again.
        std::thread::sleep(RESTART);
        opened = Live::open(place);
    }
    match opened {
        Ok(live) => OvsView::Known(live.state()),
        Err(trouble) => place.without(&trouble),
    }
}

/// Gives the links that Open vSwitch makes their owner: Nova where the bridge
/// carries its mark, Open vSwitch otherwise.
pub fn claim(state: &mut HostState) {
    let Some(ovs) = state.ovs.state() else { return };
    let mut owners = Vec::new();
    for bridge in &ovs.bridges {
        let is_ours = ovs.owns_bridge(bridge);
        let interfaces = bridge.ports.iter().flat_map(|port| &port.conf.interfaces);
        for interface in interfaces.filter(|interface| interface.kind == "internal") {
            let owner = if is_ours && interface.name == bridge.name {
                Owner::Nova
            } else {
                Owner::OpenVSwitch
            };
            owners.push((interface.name.clone(), owner));
        }
    }
    for (name, owner) in owners {
        if let Some(link) = state.link_mut(&name) {
            link.owner = owner;
        }
    }
}

/// A picture of the database that is kept up to date.
pub struct Live {
    place: Place,
    database: Database,
    tables: Tables,
}

impl Live {
    /// Reads the database and has it tell of every change.
    ///
    /// # Errors
    /// Any [`Trouble`] but `Moved`.
    pub fn open(place: &Place) -> Result<Self, Trouble> {
        let mut database = place.database()?;
        // The schema is many times as long as what most hosts hold; only older
        // databases, which refuse columns they do not have, are asked for it.
        let held = match database.monitor(&ovs_read::all_columns()) {
            Err(Trouble::Refused(_)) => {
                let schema = database.schema()?;
                database.monitor(&ovs_read::columns(&schema))?
            }
            held => held?,
        };
        let mut tables = Tables::default();
        tables.take_in(held);
        Ok(Self {
            place: place.clone(),
            database,
            tables,
        })
    }

    /// What the database holds.
    #[must_use]
    pub fn state(&self) -> OvsState {
        let mut state = ovs_read::state(&self.tables, self.place.is_running());
        state.has_kernel_datapath = Path::new(MODULE).exists();
        for bridge in &mut state.bridges {
            self.place.read_classes(bridge);
        }
        state
    }

    /// A handle that ends [`Self::wait`] from another thread.
    ///
    /// # Errors
    /// `Io` where the process has no descriptor left.
    pub fn stopper(&self) -> Result<Stopper, Trouble> {
        self.database.stopper()
    }

    /// Waits for a change, for so long or for ever; whether there was one.
    ///
    /// # Errors
    /// `Gone` where the database ends, `Garbled`.
    pub fn wait(&mut self, patience: Option<Duration>) -> Result<bool, Trouble> {
        let Some(news) = self.database.news(patience)? else {
            return Ok(false);
        };
        self.tables.take_in(news);
        while let Some(news) = self.database.news(Some(Duration::ZERO))? {
            self.tables.take_in(news);
        }
        Ok(true)
    }

    /// Waits until `ovs-vswitchd` has carried out what is asked of it.
    ///
    /// # Errors
    /// `Silent` where it has not within `patience`.
    pub(crate) fn settle(&mut self, wanted: i64, patience: Duration) -> Result<(), Trouble> {
        let deadline = Instant::now() + patience;
        while ovs_read::configuration(&self.tables).1 < wanted {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Trouble::Silent);
            }
            self.wait(Some(left))?;
        }
        Ok(())
    }

    pub(crate) const fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) const fn database(&mut self) -> &mut Database {
        &mut self.database
    }
}
