// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Writes the completions of bash, zsh and fish, a manual page for each command
//! and the schemas of the JSON into a folder: `nova-generate OUTDIR`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap_complete::Shell;

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .context("usage: nova-generate OUTDIR")?
        .into();
    for (name, shell) in [
        ("bash", Shell::Bash),
        ("zsh", Shell::Zsh),
        ("fish", Shell::Fish),
    ] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut nova_cli::command(), "nova", &mut script);
        let file = match shell {
            Shell::Zsh => "_nova",
            Shell::Fish => "nova.fish",
            _ => "nova",
        };
        put(&folder.join(name), file, &script)?;
    }
    for (name, schema) in nova_cli::schemas() {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        put(
            &folder.join("schema"),
            &format!("{name}.schema.json"),
            text.as_bytes(),
        )?;
    }
    let mut command = nova_cli::command().disable_help_subcommand(true);
    command.build();
    page(&folder.join("man"), &command)
}

/// Writes the page of a command and those of its subcommands.
fn page(folder: &Path, command: &clap::Command) -> anyhow::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone())
        .source(concat!("Nova ", env!("CARGO_PKG_VERSION")))
        .manual("Nova")
        .render(&mut text)?;
    put(folder, &format!("{name}.1"), &text)?;
    command
        .get_subcommands()
        .try_for_each(|sub| page(folder, sub))
}

#[allow(
    clippy::disallowed_methods,
    reason = "the build writes its own output, no file of the host"
)]
fn put(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join(name), bytes))
        .with_context(|| format!("{} in {}", name, folder.display()))
}
