// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What each unit of Nova may do: as it is written for systemd,
//! and as the kernel holds the processes to it.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;

use nova_tests::bus::{alone, helper};
use nova_tests::program::{run, sh, within};

/// The rights of a unit. Files are those it may write beside its own state.
struct Rights {
    unit: &'static str,
    capabilities: &'static str,
    families: &'static str,
    writes: &'static str,
    /// What of the devices in sysfs is read-only: all or a part.
    reads: &'static str,
    state: &'static str,
    /// Starts it, where a process can be looked at.
    start: Option<&'static str>,
}

/// All of sysfs, which is read-only for each unit.
const SYSFS: [&str; 11] = [
    "block",
    "bus",
    "class",
    "dev",
    "devices",
    "firmware",
    "fs",
    "hypervisor",
    "kernel",
    "module",
    "power",
];

const UNITS: [Rights; 5] = [
    Rights {
        unit: "nova-helper.service",
        capabilities: "cap_net_admin",
        families: "AF_NETLINK AF_UNIX",
        writes: "-/etc/systemd/network",
        reads: "",
        state: "nova",
        start: Some(
            "busctl call org.nova.Networking1 /org/nova/Networking1 org.nova.Networking1 Status",
        ),
    },
    Rights {
        unit: "nova-deadman.service",
        capabilities: "cap_net_admin",
        families: "AF_NETLINK AF_UNIX",
        writes: "-/etc/systemd/network",
        reads: "",
        state: "nova",
        start: Some("systemctl start nova-deadman.service"),
    },
    Rights {
        unit: "nova-restore.service",
        capabilities: "cap_net_admin",
        families: "AF_NETLINK AF_UNIX",
        writes: "-/etc/systemd/network",
        reads: "",
        state: "nova",
        // It has ended as soon as it has looked.
        start: None,
    },
    // Devices, and no network to be reached by.
    Rights {
        unit: "nova-steering.service",
        capabilities: "cap_net_admin",
        families: "AF_UNIX",
        writes: "-/sys/devices",
        reads: "system",
        state: "",
        start: Some("systemctl start nova-steering.service"),
    },
    // It listens and calls the helper.
    Rights {
        unit: "nova-follow.service",
        capabilities: "",
        families: "AF_NETLINK AF_UNIX",
        writes: "",
        reads: "",
        state: "",
        start: Some(
            "mkdir -p /var/lib/nova/journal; test -e /var/lib/nova/journal/bindings.json || \
             echo '{}' > /var/lib/nova/journal/bindings.json; systemctl start nova-follow.service",
        ),
    },
];

fn shown(unit: &str, property: &str) -> String {
    sh(&format!("systemctl show -P {property} {unit}"))
        .ok()
        .trim()
        .to_owned()
}

fn sorted(text: &str) -> String {
    let words: BTreeSet<&str> = text.split_whitespace().collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn r34_every_unit_scores_two_or_better() {
    let installed =
        sh("systemctl list-unit-files 'nova-*.service' --no-legend | cut -d' ' -f1").ok();
    let installed: BTreeSet<&str> = installed.split_whitespace().collect();
    let known: BTreeSet<&str> = UNITS.iter().map(|rights| rights.unit).collect();
    assert_eq!(installed, known, "each unit is in this table");
    for unit in known {
        let scored = run(
            "systemd-analyze",
            &[
                "security",
                "--offline=yes",
                "--threshold=20",
                "--no-pager",
                unit,
            ],
        );
        let last = scored.out.lines().last().unwrap_or_default();
        println!("{last}");
        assert_eq!(scored.code, 0, "{last}");
    }
}

#[test]
fn r35_every_unit_has_the_rights_it_needs_and_no_more() {
    let _alone = alone();
    let _ = helper();
    for rights in &UNITS {
        let unit = rights.unit;
        assert_eq!(
            shown(unit, "CapabilityBoundingSet"),
            rights.capabilities,
            "{unit}"
        );
        assert_eq!(shown(unit, "AmbientCapabilities"), "", "{unit}");
        assert_eq!(
            sorted(&shown(unit, "RestrictAddressFamilies")),
            rights.families,
            "{unit}"
        );
        assert_eq!(shown(unit, "ReadWritePaths"), rights.writes, "{unit}");
        let sysfs = SYSFS.map(|folder| match (folder, rights.reads) {
            ("devices", "system") => "-/sys/devices/system".to_owned(),
            _ => format!("-/sys/{folder}"),
        });
        assert_eq!(shown(unit, "ReadOnlyPaths"), sysfs.join(" "), "{unit}");
        assert_eq!(shown(unit, "StateDirectory"), rights.state, "{unit}");
        for (property, value) in [
            ("NoNewPrivileges", "yes"),
            ("ProtectSystem", "strict"),
            ("ProtectKernelTunables", "yes"),
            ("ProtectHome", "yes"),
            ("PrivateDevices", "yes"),
            ("MemoryDenyWriteExecute", "yes"),
            ("UMask", "0077"),
        ] {
            assert_eq!(shown(unit, property), value, "{unit}: {property}");
        }
    }
}

#[test]
fn r35_every_process_has_the_capabilities_of_its_unit_and_no_way_to_more() {
    let _alone = alone();
    let _ = sh("mount -o remount,rw /sys/devices; systemctl stop 'nova-*.service'").ok();
    let _ = helper();
    for rights in &UNITS {
        let Some(start) = rights.start else { continue };
        let _ = sh(start).ok();
        let id = || shown(rights.unit, "MainPID");
        // systemd's own child has all rights until it becomes the program.
        let runs = || {
            let name = std::fs::read_to_string(format!("/proc/{}/comm", id()));
            name.is_ok_and(|name| name.trim() == "nova-helper")
        };
        assert!(within(10, runs), "{} does not run", rights.unit);
        let status = std::fs::read_to_string(format!("/proc/{}/status", id())).unwrap();
        // The lab's container shows sysfs read-only; a host does not.
        let file = format!("/proc/{}/root/sys/devices/virtual/net/lo/ifalias", id());
        let wrote = sh(&format!("echo > {file}"));
        let may = rights.writes.contains("/sys/devices");
        assert_eq!(wrote.code == 0, may, "{}: {wrote:?}", rights.unit);
        let file = format!("/proc/{}/root/sys/devices/system/cpu/cpu1/online", id());
        let wrote = sh(&format!("echo 1 > {file}"));
        assert!(
            wrote.err.contains("Read-only"),
            "{}: {wrote:?}",
            rights.unit
        );
        // CAP_NET_ADMIN is number 12.
        let set = match rights.capabilities {
            "" => "0000000000000000",
            _ => "0000000000001000",
        };
        for line in [
            format!("CapPrm:\t{set}"),
            format!("CapEff:\t{set}"),
            format!("CapBnd:\t{set}"),
            "CapAmb:\t0000000000000000".to_owned(),
            "NoNewPrivs:\t1".to_owned(),
            "Seccomp:\t2".to_owned(),
        ] {
            assert!(status.contains(&line), "{}: {line}: {status}", rights.unit);
        }
    }
}
