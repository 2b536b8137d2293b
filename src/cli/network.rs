// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Starting and stopping libvirt networks, with the caller's rights in libvirt.

use nova::networking::{ErrorKind, NovaError, Snapshot};
use nova_model::machine::{InterfaceSource, MachineState};
use nova_model::name::printable;
use serde_json::json;

use crate::arguments::Output;
use crate::change::Changer;
use crate::countdown;
use crate::terminal::{Outcome, tell};

/// What is asked of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Start it with the host, or not.
    Autostart(bool),
}

impl Wish {
    fn effect(self, name: &str) -> String {
        match self {
            Self::Start => format!("The libvirt network {name} starts."),
            Self::Stop => format!("The libvirt network {name} stops."),
            Self::Autostart(true) => format!("The libvirt network {name} starts with the host."),
            Self::Autostart(false) => {
                format!("The libvirt network {name} does not start with the host any more.")
            }
        }
    }

    fn command(self, name: &str) -> String {
        let name = format!("'{}'", name.replace('\'', r"'\''"));
        match self {
            Self::Start => format!("virsh net-start {name}"),
            Self::Stop => format!("virsh net-destroy {name}"),
            Self::Autostart(true) => format!("virsh net-autostart {name}"),
            Self::Autostart(false) => format!("virsh net-autostart --disable {name}"),
        }
    }
}

/// Reviews and fulfils a wish.
pub async fn control(changer: &Changer<'_>, name: &str, wish: Wish) -> Outcome {
    changer.refuse_persist("libvirt keeps its networks itself.")?;
    changer.require_reviewer()?;
    if let Some(seconds) = changer.review.confirm_within {
        return Err(NovaError::new(
            ErrorKind::InvalidValue,
            format!(
                "confirm-within: {seconds} s is for changes of the host, and libvirt makes this one"
            ),
        )
        .with_remedy("Leave it out: starting a network is undone by stopping it.")
        .into());
    }
    let snapshot = changer.manager.snapshot().await?;
    let notices = notices(&snapshot, name, wish)?;
    let shown = printable(name);
    let review = json!({
        "title": wish.effect(&shown),
        "notices": notices,
        "command": printable(&wish.command(name)),
    });
    if changer.review.dry_run && changer.output == Output::Json {
        return changer.terminal.print_json(&review);
    }
    let mut text = format!("{}\n", wish.effect(&shown));
    for notice in &notices {
        text.push_str(&format!("  ! {notice}\n"));
    }
    text.push_str(&format!("  {}\n", printable(&wish.command(name))));
    if changer.review.dry_run {
        return changer.terminal.print(&text);
    }
    if !changer.review.yes {
        tell(&text);
        if !countdown::ask("Apply?").await {
            tell("Nothing was changed.\n");
            return Ok(());
        }
    }
    let manager = changer.manager;
    match wish {
        Wish::Start => manager.start_network(name).await?,
        Wish::Stop => manager.stop_network(name).await?,
        Wish::Autostart(on) => manager.set_network_autostart(name, on).await?,
    }
    match changer.output {
        Output::Json => changer
            .terminal
            .print_json(&json!({"name": name, "done": wish.effect(&shown)})),
        Output::Table => changer.terminal.print(&format!("Network {shown}: done.\n")),
    }
}

/// What to know before: which running machines lose their connection.
fn notices(snapshot: &Snapshot, name: &str, wish: Wish) -> Result<Vec<String>, NovaError> {
    let virt = match &snapshot.virt {
        nova::networking::Service::Available(virt) => virt,
        nova::networking::Service::Missing(error) => return Err(error.clone()),
    };
    if !virt.networks.iter().any(|network| network.name == name) {
        return Err(NovaError::not_found(format!(
            "there is no libvirt network {}",
            printable(name)
        ))
        .with_remedy("\"nova network list\" shows what exists."));
    }
    if wish != Wish::Stop {
        return Ok(Vec::new());
    }
    let uses =
        |source: &InterfaceSource| matches!(source, InterfaceSource::Network(used) if used == name);
    let mut cut_off: Vec<String> = virt
        .machines
        .iter()
        .filter(|machine| matches!(machine.state, MachineState::Running | MachineState::Paused))
        .filter(|machine| machine.interfaces.iter().any(|at| uses(&at.source)))
        .map(|machine| printable(&machine.name))
        .collect();
    let more = cut_off.len().saturating_sub(8);
    cut_off.truncate(8);
    Ok(match (cut_off.is_empty(), more) {
        (true, _) => Vec::new(),
        (false, 0) => vec![format!(
            "Cut off until they are restarted: {}.",
            cut_off.join(", ")
        )],
        (false, more) => vec![format!(
            "Cut off until they are restarted: {} and {more} more.",
            cut_off.join(", ")
        )],
    })
}
