// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! An administrator who is connected to the host from another network
//! namespace, as over ssh.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::program::within;

/// Bytes that go to and fro, as much as a screen of text.
const SCREEN: usize = 1400;

/// A connection on which something goes to and fro twenty times a second, or
/// nothing at all.
#[derive(Debug)]
pub struct Administrator {
    last: Arc<Mutex<Instant>>,
    has_left: Arc<AtomicBool>,
}

/// Answers everybody who connects to port 22 of this host.
///
/// # Panics
/// Where somebody else does.
#[allow(clippy::expect_used, reason = "the tests need the lab")]
pub fn answer() {
    let listener = TcpListener::bind("0.0.0.0:22").expect("port 22 is free");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || echo(stream));
        }
    });
}

fn echo(mut stream: TcpStream) {
    let mut screen = [0; SCREEN];
    while let Ok(count @ 1..) = stream.read(&mut screen) {
        let Some(text) = screen.get(..count) else {
            return;
        };
        if stream.write_all(text).is_err() {
            return;
        }
    }
}

impl Administrator {
    /// Connects from a namespace to port 22 at this address. One who is idle
    /// says nothing after the greeting.
    ///
    /// # Panics
    /// Where that does not work.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    pub fn connect(namespace: &str, address: &str, is_idle: bool) -> Self {
        let last = Arc::new(Mutex::new(Instant::now()));
        let has_left = Arc::new(AtomicBool::new(false));
        let (told, leaves) = (Arc::clone(&last), Arc::clone(&has_left));
        let (path, address) = (format!("/run/netns/{namespace}"), format!("{address}:22"));
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let namespace = std::fs::File::open(path).expect("the namespace");
            move_into_link_name_space(
                std::os::fd::AsFd::as_fd(&namespace),
                Some(LinkNameSpaceType::Network),
            )
            .expect("into the namespace");
            let mut stream = TcpStream::connect(address).expect("a connection");
            let _ = stream.set_nodelay(true);
            let mut screen = [7; SCREEN];
            while !leaves.load(Ordering::Relaxed) {
                if stream.write_all(&screen).is_err() || stream.read_exact(&mut screen).is_err() {
                    return;
                }
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                let _ = ready.send(());
                while is_idle && !leaves.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(100));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        is_ready
            .recv_timeout(Duration::from_secs(20))
            .expect("an answer");
        Self { last, has_left }
    }

    /// Whether something that was sent from now on comes back within so many seconds.
    #[must_use]
    pub fn is_answered_within(&self, seconds: u64) -> bool {
        /// An answer is on its way for less than this.
        const ON_ITS_WAY: Duration = Duration::from_millis(300);
        let began = Instant::now();
        within(seconds, || self.silent_for() + ON_ITS_WAY < began.elapsed())
    }

    /// That it is connected still, or again within so many seconds.
    ///
    /// # Panics
    /// Where nothing comes back.
    #[track_caller]
    pub fn is_still_there_within(&self, seconds: u64) {
        assert!(
            self.is_answered_within(seconds),
            "silent for {:?}",
            self.silent_for()
        );
    }

    /// How long nothing has come back.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}

impl Drop for Administrator {
    fn drop(&mut self) {
        self.has_left.store(true, Ordering::Relaxed);
    }
}
