// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What is installed beside the programs: shells complete what
//! the command line understands, and each command has a manual page that
//! renders.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;

use nova_tests::program::{Ran, nova, run, sh};

/// The commands that a help lists.
fn commands(help: &str) -> BTreeSet<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let found: BTreeSet<String> = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(ToOwned::to_owned)
        .collect();
    assert!(found.len() > 1, "{help}");
    found
}

fn words(ran: Ran) -> BTreeSet<String> {
    ran.ok().split_whitespace().map(ToOwned::to_owned).collect()
}

fn bash(line: &str) -> Ran {
    run("bash", &["--norc", "-c", line])
}

#[test]
fn bash_loads_the_completion_and_completes_every_command() {
    let file = "/usr/share/bash-completion/completions/nova";
    let shown = bash(&format!("source {file} && complete -p nova")).ok();
    assert!(
        shown.starts_with("complete ") && shown.trim_end().ends_with("-F _nova nova"),
        "{shown}"
    );
    // A shell finds it by itself.
    let found = bash(
        "source /usr/share/bash-completion/bash_completion && _comp_load nova && complete -p nova",
    );
    assert_eq!(found.ok(), shown);
    let complete = |typed: &str| {
        let typed = format!("nova {typed}");
        let all: Vec<&str> = typed.split(' ').collect();
        let last = all.len() - 1;
        words(bash(&format!(
            "source {file}; COMP_WORDS=({} '{}'); COMP_CWORD={last}; _nova nova '{}' '{}'; \
             echo \"${{COMPREPLY[@]}}\"",
            all[..last].join(" "),
            all[last],
            all[last],
            all[last - 1],
        )))
    };
    let offered = complete("network ");
    for command in commands(&nova(&["--help"]).ok()) {
        assert!(offered.contains(&command), "{command}: {offered:?}");
    }
    assert!(complete("network ovs-add-p").contains("ovs-add-port"));
    assert!(complete("network create-switch --ty").contains("--type"));
    assert_eq!(
        complete("network create-switch --type "),
        ["linux-bridge", "openvswitch"]
            .map(ToOwned::to_owned)
            .into()
    );
    for what in ["bridge", "ovs"] {
        assert!(complete("network debug ").contains(what));
    }
}

#[test]
fn zsh_and_fish_load_theirs() {
    // Debian's zsh looks there only where it is told to; Arch Linux's always
    // does, before it looks at what it has for another nova.
    let zsh = run(
        "zsh",
        &[
            "-fc",
            "fpath=(/usr/share/zsh/site-functions $fpath); autoload -U compinit && \
             compinit -u -D && print -r -- $_comps[nova] && autoload -U +X _nova && whence -v _nova",
        ],
    );
    assert_eq!(zsh.code, 0, "{zsh:?}");
    assert!(zsh.out.starts_with("_nova\n"), "{zsh:?}");
    assert!(
        zsh.out
            .contains("_nova is a shell function from /usr/share/zsh/site-functions/_nova"),
        "{zsh:?}"
    );
    let checked = run("zsh", &["-n", "/usr/share/zsh/site-functions/_nova"]);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""));
    let fish = run("fish", &["-c", "complete -C 'nova network create-sw'"]).ok();
    assert!(fish.starts_with("create-switch"), "{fish}");
}

#[test]
fn every_command_has_a_manual_page_that_renders() {
    let mut pages = vec![("nova".to_owned(), "SYNOPSIS".to_owned())];
    pages.push(("nova-network".to_owned(), "create-switch".to_owned()));
    let area = nova(&["--help"]).ok();
    for command in commands(&area) {
        pages.push((
            format!("nova-network-{command}"),
            format!("nova network {command}"),
        ));
    }
    for what in commands(&nova(&["debug", "--help"]).ok()) {
        pages.push((
            format!("nova-network-debug-{what}"),
            format!("nova network debug {what}"),
        ));
    }
    for (page, says) in pages {
        let file = format!("/usr/share/man/man1/{page}.1");
        let warned = run(
            "groff",
            &["-man", "-ww", "-z", "-K", "utf8", "-T", "utf8", &file],
        );
        assert_eq!(warned.code, 0, "{page}: {warned:?}");
        assert_eq!(warned.err, "", "{page}");
        let shown = sh(&format!("MANWIDTH=100 man -l {file} | col -bx"));
        let text = shown.ok().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["NAME", "SYNOPSIS", &says] {
            assert!(text.contains(part), "{page}: no {part}: {text}");
        }
        // The page is found by its name.
        let path = run("man", &["-w", &page]).ok();
        assert!(path.contains(&format!("{page}.1")), "{page}: {path}");
    }
}

#[test]
fn the_help_of_each_debug_command_shows_an_example() {
    for what in ["bridge", "ovs"] {
        let help = nova(&["debug", what, "--help"]).ok();
        let example = help.split("Example:").nth(1).unwrap_or_default();
        let line = format!("nova network debug {what} ");
        assert!(example.contains(&line), "{help}");
    }
}

#[test]
fn another_prefix_and_a_folder_before_it_are_honoured() {
    let folder = "/tmp/nova-installed";
    let install = format!(
        "rm -rf {folder}; cd /nova && make --no-print-directory install \
         PREFIX=/usr/local DESTDIR={folder} PROFILE=dev"
    );
    let _ = sh(&install).ok();
    // Each program that the bus or systemd starts is where they are told it is.
    let named = sh(&format!(
        "grep -rhoE '^Exec(Start[A-Za-z]*)?=-?/[^ ]+' {folder} | sed 's/^[^/]*//' | sort -u"
    ))
    .ok();
    // The bus itself starts nothing: it has systemd do it.
    assert_eq!(named.trim(), "/bin/false\n/usr/local/libexec/nova-helper");
    let helper = format!("{folder}/usr/local/libexec/nova-helper");
    assert!(std::path::Path::new(&helper).exists(), "{helper}");
    let rest = sh(&format!(
        "cd {folder} && find . -type f ! -path './usr/local/*' | sort; rm -rf {folder}"
    ))
    .ok();
    // The bus and polkit look nowhere else for these.
    assert_eq!(
        rest.trim(),
        "./etc/dbus-1/system.d/org.nova.Networking1.conf\n\
         ./usr/share/polkit-1/actions/org.nova.networking.policy"
    );
}
