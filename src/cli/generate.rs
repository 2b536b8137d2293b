// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Has a folder hold the completions of bash, zsh and fish, a manual page for
//! each command and the schemas of the JSON, and nothing else:
//! `nova-generate OUTDIR`. What is there already is not touched, so that it may
//! be installed meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap_complete::Shell;

/// What the files hold, by their path in the folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .context("usage: nova-generate OUTDIR")?
        .into();
    let mut files = Files::new();
    for (name, shell) in [
        ("bash/nova", Shell::Bash),
        ("zsh/_nova", Shell::Zsh),
        ("fish/nova.fish", Shell::Fish),
    ] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut nova_cli::command(), "nova", &mut script);
        files.insert(name.into(), script);
    }
    for (name, schema) in nova_cli::schemas() {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        files.insert(format!("schema/{name}.schema.json").into(), text.into());
    }
    let mut command = nova_cli::command().disable_help_subcommand(true);
    command.build();
    add_page(&mut files, &command)?;
    hold(&folder, &files).with_context(|| folder.display().to_string())
}

/// Adds the page of a command and those of its subcommands.
fn add_page(files: &mut Files, command: &clap::Command) -> anyhow::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone())
        .source(concat!("Nova ", env!("CARGO_PKG_VERSION")))
        .manual("Nova")
        .render(&mut text)?;
    files.insert(format!("man/{name}.1").into(), text);
    command
        .get_subcommands()
        .try_for_each(|sub| add_page(files, sub))
}

/// Writes what differs, whole at once, and removes what is none of the files.
#[allow(
    clippy::disallowed_methods,
    reason = "the build writes its own output, no file of the host"
)]
fn hold(folder: &Path, files: &Files) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let new = path.with_extension("new");
        fs::write(&new, bytes)?;
        fs::rename(&new, &path)?;
    }
    for kind in fs::read_dir(folder)? {
        for file in fs::read_dir(kind?.path())? {
            let path = file?.path();
            if !path
                .strip_prefix(folder)
                .is_ok_and(|name| files.contains_key(name))
            {
                fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}
