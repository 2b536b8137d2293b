// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What arrives at the far end of a cable, as `tcpdump` tells it.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::host::Cable;
use crate::program::{command, sh, within};

/// Frames that arrive at the far end of a cable while this lives.
#[derive(Debug)]
pub struct Capture {
    tcpdump: Child,
    file: String,
}

impl Capture {
    /// Listens for the frames that this filter of `tcpdump` is true for, and
    /// returns once it does.
    ///
    /// # Panics
    /// Where `tcpdump` does not listen.
    #[must_use]
    #[allow(
        clippy::expect_used,
        clippy::disallowed_methods,
        reason = "the tests need the lab and write what tcpdump says"
    )]
    pub fn start(cable: &Cable, filter: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = format!("/run/nova-tests.capture-{number}");
        let open = |path: &str| std::fs::File::create(path).expect("a file for tcpdump");
        let errors = format!("{file}.err");
        let mut line = vec!["netns", "exec", cable.namespace.as_str()];
        line.extend("tcpdump -i far -Q in -nn -e -l --immediate-mode".split(' '));
        line.push(filter);
        let tcpdump = command("ip", &line)
            .stdin(Stdio::null())
            .stdout(open(&file))
            .stderr(open(&errors))
            .spawn()
            .expect("tcpdump");
        let told = || std::fs::read_to_string(&errors).unwrap_or_default();
        assert!(within(20, || told().contains("listening on")), "{}", told());
        Self { tcpdump, file }
    }

    /// A line for each frame that has arrived.
    #[must_use]
    pub fn frames(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(ToOwned::to_owned).collect()
    }

    /// The frames that arrived before the first one whose line says this. They
    /// are all of them: frames keep their order.
    ///
    /// # Panics
    /// Where no such frame arrives.
    #[must_use]
    #[track_caller]
    pub fn frames_before(&self, mark: &str) -> Vec<String> {
        let is_marked = |line: &String| line.contains(mark);
        assert!(
            within(20, || self.frames().iter().any(is_marked)),
            "nothing says {mark:?}: {:#?}",
            self.frames()
        );
        let frames = self.frames().into_iter();
        frames.take_while(|line| !is_marked(line)).collect()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.tcpdump.kill();
        let _ = self.tcpdump.wait();
        let _ = sh(&format!("rm -f {} {}.err", self.file, self.file));
    }
}
