// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The change that tests interrupt, and what interrupts it.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nova_model::history::ChangeState;

use crate::bus::{Client, helper};
use crate::host::Cable;
use crate::program::{command, sh, within};

/// A bridge with options and two ports, and a third cable that goes down.
pub const CHANGE: &str = r#"{"changes":[
    {"create_bridge":{"name":"nvt-br","options":{"stp":true,"forward_delay":11,"priority":4096},"ports":["nvt-a","nvt-b"]}},
    {"set_link":{"name":"nvt-c","up":false}}]}"#;

/// The cables that [`CHANGE`] is about.
#[must_use]
pub fn cables() -> [Cable; 3] {
    [
        Cable::lay_unsettled("nvt-a"),
        Cable::lay_unsettled("nvt-b"),
        Cable::lay_unsettled("nvt-c"),
    ]
}

/// Whether every change in the history has an end.
#[must_use]
pub fn no_change_is_open(client: &Client) -> bool {
    client.call("History", &(50u32,)).is_ok()
        && client.history().iter().all(|entry| {
            !matches!(
                entry.state,
                ChangeState::Applying | ChangeState::Pending { .. }
            )
        })
}

/// Does something to a process at the entry of its Nth system call of a kind.
#[derive(Debug)]
pub struct Fault {
    strace: Child,
    trace: String,
    process: String,
}

impl Fault {
    /// Kills the helper there.
    ///
    /// # Panics
    /// Where it cannot be traced.
    #[must_use]
    pub fn kill_helper(call: &str, number: u32) -> Self {
        Self::inject(&helper(), call, &format!("signal=KILL:when={number}"))
    }

    /// Injects a fault, in strace's words, into every thread of a process.
    ///
    /// # Panics
    /// Where it cannot be traced.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    pub fn inject(process: &str, call: &str, fault: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let trace = format!("/run/nova-tests.fault-{number}");
        let mut strace = command(
            "strace",
            &[
                "-f",
                "-qq",
                "-o",
                &trace,
                "-e",
                &format!("trace={call}"),
                "-e",
                &format!("inject={call}:{fault}"),
                "-p",
                process,
            ],
        )
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace");
        let traced = within(20, || {
            // A thread that was at such a call as it was attached to is struck
            // at once, and strace leaves with the process.
            if !matches!(strace.try_wait(), Ok(None)) {
                let told = std::fs::read_to_string(&trace).unwrap_or_default();
                assert!(
                    told.contains("INJECTED") || told.contains("killed by"),
                    "strace has left: {call} {fault}: {told}"
                );
                return true;
            }
            let untraced = format!("grep -l 'TracerPid:.0$' /proc/{process}/task/*/status");
            sh(&untraced).out.is_empty()
        });
        assert!(traced);
        std::thread::sleep(Duration::from_millis(20));
        Self {
            strace,
            trace,
            process: process.to_owned(),
        }
    }

    /// Ends it and says whether it came to that.
    #[must_use]
    pub fn has_struck(mut self) -> bool {
        self.end();
        let trace = std::fs::read_to_string(&self.trace).unwrap_or_default();
        let process = format!("/proc/{}", self.process);
        trace.contains("INJECTED") || within(1, || !std::path::Path::new(&process).exists())
    }

    fn end(&mut self) {
        let _ = sh(&format!("kill -TERM {}", self.strace.id()));
        let ended = within(3, || !matches!(self.strace.try_wait(), Ok(None)));
        if !ended {
            let _ = self.strace.kill();
            let _ = self.strace.wait();
        }
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        self.end();
        let _ = sh(&format!("rm -f {}", self.trace));
    }
}
