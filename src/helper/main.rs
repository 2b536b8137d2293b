// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The privileged part of Nova. It serves on the system bus, started when
//! somebody calls, and leaves when nobody does.

mod admission;
mod audit;
mod authorise;
mod bus;
mod clock;
mod deadman;
mod door;
mod engine;
mod failure;
mod follow;
mod guard;
mod history;
mod host;
mod journal;
mod kernel;
mod lifeline;
mod manager;
mod observing;
mod prepared;
mod rearm;
mod record;
mod recovery;
mod request;
mod review;
mod serve;
mod transaction;
mod vanish;
mod watchdog;
mod window;

#[cfg(test)]
mod bus_tests;
#[cfg(test)]
mod consent_tests;
#[cfg(test)]
mod deadman_tests;
#[cfg(test)]
mod engine_tests;
#[cfg(test)]
mod journal_tests;
#[cfg(test)]
mod ownership_tests;
#[cfg(test)]
mod rearm_tests;
#[cfg(test)]
mod simulated_host;

use std::process::ExitCode;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let work = match (words.next(), words.next()) {
        (None, _) => serve::serve,
        (Some(word), None) if word == "deadman" => serve::stand_by,
        (Some(word), None) if word == "restore" => serve::restore,
        (Some(word), None) if word == "follow" => follow::follow,
        (Some(word), None) if word == "steer" => serve::steer,
        _ => {
            eprintln!("nova-helper is started by the system bus and by systemd");
            return ExitCode::from(2);
        }
    };
    log_to_stderr();
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", audit::foreign(error.message()));
            ExitCode::FAILURE
        }
    }
}

/// systemd puts stderr into its journal, with the time.
fn log_to_stderr() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time();
    let ours = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("nova_helper", LevelFilter::INFO);
    tracing_subscriber::registry().with(lines).with(ours).init();
}
