// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The command line of Nova: arguments in, `nova::networking` called, tables
//! or JSON out.

mod arguments;
mod arguments_bond;
mod arguments_bridge;
mod bond;
mod bridge;
mod bridge_follow;
mod bridge_nic;
mod bridge_show;
mod change;
mod countdown;
mod facts;
mod help;
mod history;
mod list;
mod monitor;
mod network;
mod ovs;
mod ovs_arguments;
mod ovs_show;
mod plan;
mod purge;
mod schema;
mod show;
mod table;
mod terminal;
mod topology;
mod traffic_list;
mod units;
mod vlan;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use nova::networking::{ErrorKind, NetworkManager, NovaError};
use nova_model::name::printable;

use crate::arguments::{Area, Network, Nova, Review, Verb};
use crate::change::Changer;
use crate::ovs_arguments::DebugWhat;
pub use crate::schema::schemas;
use crate::terminal::{Outcome, Stop, Terminal, complain, tell};

/// The whole grammar, for completions and manual pages.
#[must_use]
pub fn command() -> clap::Command {
    Nova::command()
}

/// Reads the arguments of the process, does what they say and returns the exit
/// code.
#[must_use]
pub fn run() -> ExitCode {
    let Nova {
        area: Area::Network(network),
    } = match Nova::try_parse() {
        Ok(nova) => nova,
        Err(error) => return usage(&error),
    };
    log();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&NovaError::internal(format!("no runtime: {error}")));
            return ErrorKind::Internal.exit_code().into();
        }
    };
    let outcome = runtime.block_on(network_verb(network));
    // Threads that wait for the kernel or for a daemon end with the process.
    runtime.shutdown_background();
    match outcome {
        Ok(()) | Err(Stop::BrokenPipe) => ExitCode::SUCCESS,
        Err(Stop::RolledBack) => ErrorKind::RolledBack.exit_code().into(),
        Err(Stop::Error(error)) => {
            complain(&error);
            error.kind().exit_code().into()
        }
    }
}

/// Help and version where they were asked for; otherwise what cannot be
/// understood, as every other error is said. What was typed is shown escaped.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let text = match text.strip_prefix("error: ") {
        Some(sentence) => format!("nova: {sentence}"),
        None => text,
    };
    for line in text.lines() {
        tell(&format!("{}\n", printable(line)));
    }
    let cause = std::error::Error::source(error);
    let remedy = cause.and_then(|cause| cause.downcast_ref().and_then(NovaError::remedy));
    if let Some(remedy) = remedy {
        tell(&format!("{}\n", printable(remedy)));
    }
    ErrorKind::InvalidValue.exit_code().into()
}

/// Logs to standard error where `NOVA_LOG` asks for it.
fn log() {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("NOVA_LOG") {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .init();
    }
}

#[expect(clippy::too_many_lines, reason = "one arm a verb")]
async fn network_verb(network: Network) -> Outcome {
    let manager = NetworkManager::new();
    let terminal = Terminal::of_output();
    let output = network.output;
    let changer = |review| Changer {
        manager: &manager,
        terminal,
        output,
        review,
    };
    match network.verb {
        Verb::List { all } => list::list(&manager, terminal, output, all).await,
        Verb::Show(typed) => match bridge_show::asked(&typed) {
            Some(asked) => bridge_show::debug(&manager, terminal, output, &asked).await,
            None => show::show(&manager, terminal, output, &typed.name).await,
        },
        Verb::Topology => topology::topology(&manager, terminal, output).await,
        Verb::Monitor(monitor) => monitor::monitor(&manager, terminal, output, monitor).await,
        Verb::CreateSwitch(typed) => {
            let change = ovs::create_switch(&typed)?;
            changer(typed.review).change(change).await
        }
        Verb::BridgeNic(nic) => changer(nic.review).change(nic.wish()?).await,
        Verb::DeleteSwitch {
            name,
            foreign,
            review,
        } => {
            let change = change::delete_switch(&name, foreign)?;
            changer(review).change(change).await
        }
        Verb::AddInterface {
            switch,
            port,
            moves,
            review,
        } => {
            let change = change::attach(&switch, &port, moves)?;
            changer(review).change(change).await
        }
        Verb::RemoveInterface {
            switch,
            port,
            review,
        } => {
            let change = change::detach(&switch, &port)?;
            changer(review).change(change).await
        }
        Verb::ConfigureBridge {
            name,
            stp,
            options,
            review,
        } => {
            let change = bridge::configure(&name, stp, &options)?;
            changer(review).change(change).await
        }
        Verb::ConfigurePort {
            switch,
            port,
            options,
            vlans,
            review,
        } => {
            let change = bridge::configure_port(&switch, &port, &options, &vlans)?;
            changer(review).change(change).await
        }
        Verb::ConfigureSwitch(typed) => {
            let change = vlan::configure_switch(&typed)?;
            changer(typed.review).change(change).await
        }
        Verb::CreateVlan(typed) => {
            let change = vlan::create_vlan(&typed)?;
            changer(typed.review).change(change).await
        }
        Verb::DeleteVlan {
            name,
            foreign,
            review,
        } => {
            let change = vlan::delete_vlan(&name, foreign)?;
            changer(review).change(change).await
        }
        Verb::ListVlans { switch } => {
            vlan::list(&manager, terminal, output, switch.as_deref()).await
        }
        Verb::ListMirrors { switch } => {
            traffic_list::list_mirrors(&manager, terminal, output, switch.as_deref()).await
        }
        Verb::ListQos { switch } => {
            traffic_list::list_qos(&manager, terminal, output, switch.as_deref()).await
        }
        Verb::ListAffinity { switch } => {
            traffic_list::list_affinity(&manager, terminal, output, switch.as_deref()).await
        }
        Verb::CreateBond(typed) => {
            let change = bond::create(&typed)?;
            changer(typed.review).change(change).await
        }
        Verb::ConfigureBond(typed) => {
            let change = bond::configure(&typed)?;
            changer(typed.review).change(change).await
        }
        Verb::DeleteBond {
            name,
            foreign,
            review,
        } => {
            let change = bond::delete(&name, foreign)?;
            changer(review).change(change).await
        }
        Verb::ListBonds => bond::list(&manager, terminal, output).await,
        Verb::SetLink {
            name,
            direction,
            review,
        } => {
            let change = change::set_link(&name, direction)?;
            changer(review).change(change).await
        }
        Verb::SetMtu { name, mtu, review } => {
            let change = change::set_mtu(&name, mtu)?;
            changer(review).change(change).await
        }
        Verb::SetAffinity {
            name,
            cpu_mask,
            cpus,
            review,
        } => {
            let change = change::set_affinity(&name, cpu_mask.as_deref(), cpus.as_deref())?;
            changer(review).change(change).await
        }
        Verb::Ovs(verb) => {
            let (change, review) = ovs::wish(&verb)?;
            changer(review).change(change).await
        }
        Verb::Debug {
            what: DebugWhat::Ovs(typed),
        } => ovs_show::debug(&manager, terminal, output, &typed).await,
        Verb::Debug {
            what: DebugWhat::Bridge(typed),
        } => bridge_show::debug(&manager, terminal, output, &typed).await,
        Verb::Undo { id, review } => changer(review).undo(&id).await,
        Verb::Purge { dry_run, yes } => {
            let review = Review {
                dry_run,
                yes,
                ..Review::default()
            };
            changer(review).purge().await
        }
        Verb::StartNetwork { name, review } => {
            network::control(&changer(review), &name, network::Wish::Start).await
        }
        Verb::StopNetwork { name, review } => {
            network::control(&changer(review), &name, network::Wish::Stop).await
        }
        Verb::AutostartNetwork {
            name,
            autostart,
            review,
        } => {
            let wish = network::Wish::Autostart(autostart.is_on());
            network::control(&changer(review), &name, wish).await
        }
        Verb::History { limit } => history::history(&manager, terminal, output, limit).await,
        Verb::Confirm { id } => history::confirm(&manager, terminal, output, &id).await,
        Verb::Extend { id, time } => history::extend(&manager, terminal, output, &id, time).await,
        Verb::Rollback { id } => history::rollback(&manager, terminal, output, &id).await,
    }
}
