// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The live picture: kernel, libvirt and the `NetworkManager` daemon each
//! followed by events, put together and published.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use nova_host::ovs::{Live, Place, observe as observe_ovs};
use nova_host::watch::Watcher;
use nova_model::manager::Managers;
use nova_model::ovs::OvsView;
use nova_model::state::{HostState, Service, Snapshot, VirtState};
use nova_model::{NovaError, Result};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::helper::Helper;
use crate::nm;
use crate::picture::{cables, compose};
use crate::virt_read::{self, Dirty};
use crate::virt_watch::{self, Signal};

/// Quiet time after something changed before the picture is drawn anew.
const QUIET: Duration = Duration::from_millis(25);
/// Longest time a burst of changes can hold the picture back.
const LONGEST_BURST: Duration = Duration::from_millis(200);
/// Longest time the first picture waits for libvirt.
const FIRST_VIRT_ANSWER: Duration = Duration::from_secs(3);
/// Longest time the first picture waits for the `NetworkManager` daemon.
const FIRST_ANSWER: Duration = Duration::from_millis(500);

/// A live picture of the network of this host.
///
/// A change made outside of Nova is in it within a second; what happens in a
/// burst comes as one picture. Clones share the picture.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The picture now, and a notice of each newer one.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl Watch {
    /// Whether there can be a newer picture.
    pub(crate) fn is_running(&self) -> bool {
        let mut snapshots = self.snapshots.clone();
        snapshots.mark_unchanged();
        snapshots.has_changed().is_ok()
    }
}

/// A part of the picture that is new.
enum Piece {
    Host(Box<HostState>),
    Virt(Service<VirtState>),
    Managed(Managers),
    Ovs(OvsView),
}

/// What is known of each part.
struct Parts {
    host: HostState,
    virt: Service<VirtState>,
    managed: Managers,
    ovs: OvsView,
}

impl Parts {
    fn put(&mut self, piece: Piece) {
        match piece {
            Piece::Host(host) => self.host = *host,
            Piece::Virt(virt) => self.virt = virt,
            Piece::Managed(managed) => self.managed = managed,
            Piece::Ovs(ovs) => self.ovs = ovs,
        }
    }

    fn picture(&self) -> Snapshot {
        let mut host = self.host.clone();
        host.ovs = self.ovs.clone();
        nova_host::ovs::claim(&mut host);
        compose(host, self.virt.clone(), self.managed.clone())
    }
}

/// Begins to follow the host. Returns once the first picture is complete:
/// every daemon has answered, was found missing or is not waited for any longer.
///
/// # Errors
/// `Internal` where the kernel cannot be asked or no thread can be had.
pub(crate) async fn start(helper: Arc<Helper>) -> Result<(Watch, Sender<Signal>)> {
    let (sender, mut pieces) = mpsc::unbounded_channel();
    let virt_pieces = sender.clone();
    let signals = virt_watch::follow(move |virt| {
        let _ = virt_pieces.send(Piece::Virt(virt));
    })?;
    follow_host(sender.clone())?;
    tokio::spawn(follow_ovs(Arc::clone(&helper), sender.clone()));
    tokio::spawn(follow_nm(helper, sender));

    let (mut host, mut virt, mut managed, mut ovs) = (None, None, None, None);
    let began = Instant::now();
    while host.is_none() || virt.is_none() || managed.is_none() || ovs.is_none() {
        // Where the kernel says nothing there is no picture.
        let patience = match (&host, &virt) {
            (None, _) => None,
            (Some(_), None) => Some(FIRST_VIRT_ANSWER),
            (Some(_), Some(_)) => Some(FIRST_ANSWER),
        };
        let piece = match patience {
            None => pieces.recv().await,
            Some(patience) => match timeout_at(began + patience, pieces.recv()).await {
                Ok(piece) => piece,
                Err(_) => break,
            },
        };
        match piece {
            Some(Piece::Host(state)) => host = Some(*state),
            Some(Piece::Virt(state)) => virt = Some(state),
            Some(Piece::Managed(managers)) => managed = Some(managers),
            Some(Piece::Ovs(view)) => ovs = Some(view),
            None => return Err(NovaError::internal("the host is not followed any more")),
        }
    }
    let Some(host) = host else {
        return Err(NovaError::internal("the host could not be observed"));
    };
    let parts = Parts {
        host,
        virt: virt.unwrap_or_else(|| Service::Missing(virt_read::awaited())),
        managed: managed.unwrap_or_default(),
        ovs: ovs.unwrap_or_default(),
    };
    let (publisher, snapshots) = watch::channel(Arc::new(parts.picture()));
    tokio::spawn(draw(parts, pieces, publisher, signals.clone()));
    Ok((Watch { snapshots }, signals))
}

/// Draws the picture anew after each burst of pieces.
async fn draw(
    mut parts: Parts,
    mut pieces: mpsc::UnboundedReceiver<Piece>,
    publisher: watch::Sender<Arc<Snapshot>>,
    signals: Sender<Signal>,
) {
    let mut plugged = cables(&parts.host, &parts.virt);
    while let Some(piece) = pieces.recv().await {
        parts.put(piece);
        let end = Instant::now() + LONGEST_BURST;
        while let Ok(Some(piece)) = timeout_at(end.min(Instant::now() + QUIET), pieces.recv()).await
        {
            parts.put(piece);
        }
        let cables = cables(&parts.host, &parts.virt);
        if cables != plugged {
            plugged = cables;
            let _ = signals.send(Signal::Reread(Dirty {
                machines: true,
                ..Dirty::default()
            }));
        }
        let picture = parts.picture();
        publisher.send_if_modified(|shown| {
            let is_new = **shown != picture;
            if is_new {
                *shown = Arc::new(picture);
            }
            is_new
        });
    }
}

/// Follows Open vSwitch: its database where this process may open it, the
/// helper otherwise. Where neither is there, it is looked for again.
async fn follow_ovs(helper: Arc<Helper>, pieces: mpsc::UnboundedSender<Piece>) {
    /// Pause before something that is not there is looked for again.
    const PAUSE: Duration = Duration::from_secs(5);
    loop {
        let send = pieces.clone();
        let view = tokio::task::spawn_blocking(move || follow_database(&send)).await;
        let is_over = match view {
            Ok(OvsView::Locked) => {
                let followed = helper
                    .follow_observation(|seen| pieces.send(Piece::Ovs(seen.ovs)).is_ok())
                    .await;
                match followed {
                    Ok(()) => pieces.is_closed(),
                    Err(error) => {
                        tracing::debug!("Open vSwitch is not followed: {error}");
                        pieces.send(Piece::Ovs(OvsView::Locked)).is_err()
                    }
                }
            }
            Ok(view) => pieces.send(Piece::Ovs(view)).is_err(),
            Err(_) => true,
        };
        if is_over {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Tells what the database holds until it ends or nobody listens; then, or
/// where it cannot be opened, why nothing more is known.
fn follow_database(pieces: &mpsc::UnboundedSender<Piece>) -> OvsView {
    /// How long to wait before looking whether anybody listens.
    const LOOK: Duration = Duration::from_secs(2);
    let place = Place::default();
    if let Ok(mut live) = Live::open(&place) {
        let mut is_new = true;
        while !is_new
            || pieces
                .send(Piece::Ovs(OvsView::Known(live.state())))
                .is_ok()
        {
            is_new = match live.wait(Some(LOOK)) {
                Ok(is_new) => is_new,
                Err(_) => break,
            };
            if pieces.is_closed() {
                break;
            }
        }
    }
    observe_ovs(&place)
}

/// Follows the kernel in a thread of its own.
fn follow_host(pieces: mpsc::UnboundedSender<Piece>) -> Result<()> {
    /// Pause after an error, so that a broken kernel interface does not spin.
    const PAUSE: Duration = Duration::from_millis(500);
    let mut watcher = Watcher::new()?;
    let run = move || {
        let mut is_new = true;
        loop {
            if is_new
                && pieces
                    .send(Piece::Host(Box::new(watcher.state().clone())))
                    .is_err()
            {
                return;
            }
            is_new = match watcher.wait(None) {
                Ok(is_new) => is_new,
                Err(error) => {
                    tracing::warn!("{error}");
                    std::thread::sleep(PAUSE);
                    false
                }
            };
        }
    };
    std::thread::Builder::new()
        .name("netlink".to_owned())
        .spawn(run)
        .map(drop)
        .map_err(|error| NovaError::internal(format!("no thread for the kernel: {error}")))
}

/// Asks the `NetworkManager` daemon now and after each change of a device.
async fn follow_nm(helper: Arc<Helper>, pieces: mpsc::UnboundedSender<Piece>) {
    /// Longest wait for an answer.
    const ANSWER: Duration = Duration::from_secs(5);
    let connection = match helper.connection().await {
        Ok(connection) => connection,
        Err(error) => {
            tracing::debug!("{error}");
            let _ = pieces.send(Piece::Managed(Managers::default()));
            return;
        }
    };
    let (ask, mut asked) = mpsc::channel(1);
    let _ = ask.try_send(());
    let follow = nm::follow(&connection, || {
        // A full channel means that the question is about to be put anyway.
        !matches!(ask.try_send(()), Err(mpsc::error::TrySendError::Closed(())))
    });
    let answer = async {
        while asked.recv().await.is_some() {
            let names = timeout(ANSWER, nm::managers(&connection))
                .await
                .unwrap_or_default();
            if pieces.send(Piece::Managed(names)).is_err() {
                return;
            }
        }
    };
    tokio::join!(
        async {
            if let Err(error) = follow.await {
                tracing::debug!("NetworkManager is not followed: {error}");
            }
        },
        answer
    );
}
