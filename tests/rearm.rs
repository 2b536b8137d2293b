// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab with the scene `small`. Limits and mirrors belong to the card
//! of a machine: when it starts again, its new tap has them.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::Cable;
use nova_tests::program::{nova, run, sh, within};
use serde_json::Value;

#[track_caller]
fn does(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
    nova(&words).ok()
}

/// The tap of the first card of a machine, while it runs.
fn tap(machine: &str) -> Option<String> {
    let listed = run("virsh", &["domiflist", machine]).out;
    let line = listed.lines().nth(2)?;
    let name = line.split_whitespace().next()?;
    (name != "-").then(|| name.to_owned())
}

/// Stops a machine, starts it again, and gives the new tap.
fn restarted(machine: &str) -> String {
    let before = tap(machine).expect("it runs");
    let index = || sh(&format!("cat /sys/class/net/{before}/ifindex")).out;
    let old = index();
    let _ = run("virsh", &["destroy", machine]).ok();
    assert!(within(20, || index().is_empty()), "its tap goes");
    let _ = run("virsh", &["start", machine]).ok();
    let now = tap(machine).expect("it runs again");
    let new = sh(&format!("cat /sys/class/net/{now}/ifindex")).ok();
    assert_ne!(old, new, "it is another tap");
    now
}

fn limits_of(port: &str) -> Value {
    let listed = nova(&["list-qos", "--output", "json"]).json();
    let ports = listed["ports"].as_array().unwrap();
    let found = ports.iter().find(|found| found["port"] == port);
    found.cloned().unwrap_or_default()
}

fn mirrors_of(switch: &str) -> Value {
    nova(&["list-mirrors", switch, "--output", "json"]).json()["mirrors"].clone()
}

#[test]
fn a_machine_on_a_linux_bridge_that_starts_again_has_its_limits_and_mirrors() {
    let _alone = alone();
    let watcher = Cable::lay("nvr-m");
    let first = tap("build").expect("the scene runs");
    let _ = does(&format!(
        "qos {first} --ingress-rate 10Mbps --egress-rate 30Mbps"
    ));
    let _ = does(&format!(
        "mirror-port virbr0 --source {first} --destination nvr-m"
    ));
    let follows = || sh("systemctl is-active nova-follow").out.trim() == "active";
    assert!(within(10, follows));
    // Also where the helper is not there.
    let _ = sh("systemctl stop nova-helper");
    let second = restarted("build");
    let has_all = || {
        let limits = limits_of(&second);
        let mirrors = mirrors_of("virbr0");
        limits["ingress"]["rate"] == 10_000_000
            && limits["egress"]["rate"] == 30_000_000
            && mirrors[0]["sources"][&second] == "both"
    };
    assert!(
        within(60, has_all),
        "{} {}",
        limits_of(&second),
        mirrors_of("virbr0")
    );
    let classes = sh(&format!("tc class show dev {second}")).ok();
    assert!(classes.contains("rate 30Mbit ceil 30Mbit"), "{classes}");
    // What the machine says is seen by who mirrors it.
    let heard = watcher.far("timeout 60 tcpdump -i far -c 1 -nn 2>/dev/null");
    assert!(!heard.out.is_empty(), "{heard:?}");
    // What is taken away does not come back.
    let _ = does(&format!("remove-qos {second}"));
    let _ = does("remove-mirror virbr0 mirror-nvr-m");
    let bound = sh("cat /var/lib/nova/journal/bindings.json").out;
    let mac = sh(&format!("cat /sys/class/net/{second}/address")).ok();
    assert!(!bound.contains(mac.trim()), "{bound}");
    let third = restarted("build");
    assert!(!within(10, || limits_of(&third) != Value::Null), "{bound}");
    assert_eq!(mirrors_of("virbr0"), Value::Array(Vec::new()));
}

#[test]
fn a_machine_on_open_vswitch_that_starts_again_has_its_class_and_mirror() {
    let _alone = alone();
    let _ = sh("virsh destroy nvr; virsh undefine nvr; ovs-vsctl --if-exists del-br nvr-ovs");
    let _ = does("create-switch nvr-ovs --type openvswitch");
    let _watcher = Cable::lay("nvr-n");
    let _ = does("add-interface nvr-ovs nvr-n");
    let _ = sh("f=$(mktemp); cat >$f <<X\n\
        <domain type='qemu'><name>nvr</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
        <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices>\
        <controller type='usb' model='none'/><memballoon model='none'/><video><model type='none'/></video>\
        <interface type='bridge'><source bridge='nvr-ovs'/><virtualport type='openvswitch'/>\
        <model type='virtio'/><boot order='1'/></interface></devices></domain>\nX\n\
        virsh define $f && virsh start nvr; rm $f").ok();
    let first = tap("nvr").expect("it runs");
    let _ = does(&format!("qos {first} --egress-rate 30Mbps --dscp 46"));
    let _ = does(&format!(
        "mirror-port nvr-ovs --source {first} --destination nvr-n"
    ));
    let second = restarted("nvr");
    let has_all = || {
        let limits = limits_of(&second);
        let mirrors = mirrors_of("nvr-ovs");
        limits["egress"]["rate"] == 30_000_000
            && limits["dscp"] == 46
            && mirrors[0]["sources"][&second] == "both"
            && mirrors[0]["output"] == "nvr-n"
    };
    assert!(
        within(60, has_all),
        "{} {}",
        limits_of(&second),
        mirrors_of("nvr-ovs")
    );
    let flows = sh("ovs-ofctl -O OpenFlow13 dump-flows nvr-ovs").ok();
    assert!(flows.contains("set_field:46->ip_dscp"), "{flows}");
    let mirror = sh("ovs-vsctl --bare --columns=select_src_port,select_dst_port list Mirror").ok();
    assert_eq!(mirror.split_whitespace().count(), 2, "{mirror}");
    let _ = does("remove-mirror nvr-ovs mirror-nvr-n");
    let _ = does(&format!("remove-qos {second}"));
    let _ = sh("virsh destroy nvr; virsh undefine nvr; ovs-vsctl --if-exists del-br nvr-ovs");
    let _ = sh("ovs-vsctl -- --all destroy QoS -- --all destroy Queue");
}
