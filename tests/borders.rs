// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The borders between the layers, read from what cargo resolves and from the
//! built helper itself: what root runs reaches neither Qt nor libvirt, and the
//! model reaches nothing that does input or output.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use nova_tests::program::run;
use serde_json::Value;

/// What cargo resolves for the workspace.
fn metadata() -> Value {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    run(
        "cargo",
        &[
            "metadata",
            "--format-version=1",
            "--locked",
            "--offline",
            "--manifest-path",
            manifest,
        ],
    )
    .json()
}

/// For each package of the workspace, everything it reaches when it is built.
fn reached() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let name_of: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            (
                package["id"].as_str().unwrap(),
                package["name"].as_str().unwrap(),
            )
        })
        .collect();
    let needs: BTreeMap<&str, Vec<&str>> = nodes
        .iter()
        .map(|node| {
            let normal = node["deps"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| {
                    let kinds = dependency["dep_kinds"].as_array().unwrap();
                    kinds.iter().any(|kind| kind["kind"].is_null())
                });
            let ids = normal
                .map(|dependency| dependency["pkg"].as_str().unwrap())
                .collect();
            (node["id"].as_str().unwrap(), ids)
        })
        .collect();
    let members = metadata["workspace_members"].as_array().unwrap();
    members
        .iter()
        .map(|member| {
            let start = member.as_str().unwrap();
            let mut seen = BTreeSet::new();
            let mut open = vec![start];
            while let Some(id) = open.pop() {
                if seen.insert(id) {
                    open.extend(needs.get(id).into_iter().flatten());
                }
            }
            let names = seen
                .into_iter()
                .filter(|id| *id != start)
                .map(|id| name_of[id].to_owned());
            (name_of[start].to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn each_layer_reaches_only_the_layers_below_it() {
    let reached = reached();
    let ours: BTreeSet<&str> = reached.keys().map(String::as_str).collect();
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("nova-model", &[][..]),
        ("nova-host", &["nova-model"][..]),
        ("nova-helper", &["nova-model", "nova-host"][..]),
        ("nova", &["nova-model", "nova-host"][..]),
        ("nova-cli", &["nova-model", "nova-host", "nova"][..]),
        ("nova-desktop", &["nova-model", "nova-host", "nova"][..]),
        ("nova-tests", &["nova-model", "nova-host", "nova"][..]),
    ]);
    for (package, reaches) in &reached {
        let permitted = allowed.get(package.as_str()).unwrap_or_else(|| {
            panic!("{package} is in no layer; give it one here and in the design")
        });
        for other in reaches.iter().filter(|name| ours.contains(name.as_str())) {
            assert!(
                permitted.contains(&other.as_str()),
                "{package} reaches {other}"
            );
        }
    }
}

#[test]
fn the_model_reaches_nothing_that_does_input_or_output() {
    // What it may name: serialisation, errors, digests, graphs and charts.
    let allowed = [
        "petgraph",
        "plotters",
        "plotters-backend",
        "quick-xml",
        "schemars",
        "serde",
        "serde_json",
        "serde_path_to_error",
        "sha2",
        "thiserror",
    ];
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let model = packages.iter().find(|it| it["name"] == "nova-model");
    let named = model.unwrap()["dependencies"].as_array().unwrap();
    let named = named.iter().filter(|it| it["kind"].is_null());
    let named: BTreeSet<&str> = named.map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(named, BTreeSet::from(allowed));
    // What those may not bring along.
    let banned = [
        "tokio",
        "zbus",
        "netlink-sys",
        "rustix",
        "nix",
        "virt",
        "virt-sys",
        "socket2",
        "mio",
        "async-io",
        "hyper",
        "tracing-subscriber",
    ];
    let reached = &reached()["nova-model"];
    for package in banned {
        assert!(!reached.contains(package), "nova-model reaches {package}");
    }
}

#[test]
fn what_root_runs_reaches_neither_qt_nor_libvirt() {
    let reached = &reached()["nova-helper"];
    for package in reached {
        let is_banned = package.contains("qt")
            || package == "virt"
            || package == "virt-sys"
            || package == "cxx";
        assert!(!is_banned, "nova-helper reaches {package}");
    }
}

#[test]
fn only_the_window_reaches_qt() {
    for (package, reaches) in reached() {
        if package != "nova-desktop" {
            assert!(
                !reaches.iter().any(|name| name.starts_with("cxx-qt")),
                "{package} reaches Qt"
            );
        }
    }
}

/// What root may write in sysfs reaches the memory of devices.
#[test]
fn sysfs_is_written_in_one_file() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../src");
    let found = run("grep", &["-rlE", "--include=*.rs", "\"/sys(/|\")", root]).ok();
    let writes = |path: &&str| {
        let text = std::fs::read_to_string(format!("{root}{path}")).unwrap();
        ["WRONLY", "RDWR", "write_all", "fs::write"]
            .iter()
            .any(|word| text.contains(word))
    };
    let files: Vec<&str> = found
        .lines()
        .filter_map(|path| path.strip_prefix(root))
        .filter(|path| !path.contains("/tests/"))
        .filter(writes)
        .collect();
    assert_eq!(files, ["/host/steering.rs"]);
}

#[test]
fn every_folder_of_src_is_named_in_the_readme() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
    for entry in std::fs::read_dir(format!("{root}/src")).unwrap() {
        let folder = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            readme.contains(&format!("src/{folder}/")),
            "README does not say what src/{folder}/ is"
        );
    }
}

/// The installed helper links the C library and nothing else of note.
#[test]
fn the_installed_helper_links_neither_qt_nor_libvirt() {
    let linked = run("ldd", &[helper_path()]).ok().to_lowercase();
    for library in ["qt", "libvirt", "libkf6", "libx11", "libssl"] {
        assert!(
            !linked.contains(library),
            "nova-helper links {library}: {linked}"
        );
    }
}

fn helper_path() -> &'static str {
    ["/usr/libexec/nova-helper", "/usr/local/libexec/nova-helper"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
        .unwrap_or_else(|| panic!("nova-helper is not installed; run the tests by \"make test\""))
}
