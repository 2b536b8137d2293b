// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab with the scene `small`. Limits, mirrors, options and VLANs
//! belong to the card of a machine: when it starts again, its new tap has them.
//! Those of other links come back with the link of that name, as after a boot.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::bus::{OwnHistory, alone};
use nova_tests::host::{Cable, Gone};
use nova_tests::lan::newest;
use nova_tests::program::{nova, run, sh, within};
use serde_json::Value;

/// Whether somebody sees machines start and links appear.
fn follows() -> bool {
    sh("systemctl is-active nova-follow").out.trim() == "active"
}

#[track_caller]
fn does(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').chain(["--yes"]).collect();
    nova(&words).ok()
}

/// Does it, and gives the plan that was shown before.
#[track_caller]
fn does_as_planned(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').chain(["--dry-run"]).collect();
    let plan = nova(&words).ok();
    let _ = does(line);
    plan
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

/// What is written down to be made again.
fn bound() -> String {
    sh("cat /var/lib/nova/journal/bindings.json").out
}

/// Whether a port of a Linux bridge has an option on.
fn is_on(port: &str, option: &str) -> bool {
    let shown = sh(&format!("bridge -d link show dev {port}")).out;
    shown.contains(&format!("{option} on"))
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
    let plan = does_as_planned(&format!(
        "configure-port virbr0 {first} --isolated on --hairpin on"
    ));
    assert!(
        plan.contains("The options belong to the card of the machine"),
        "{plan}"
    );
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
            && is_on(&second, "isolated")
            && is_on(&second, "hairpin")
    };
    assert!(
        within(60, has_all),
        "{} {} {}",
        limits_of(&second),
        mirrors_of("virbr0"),
        sh(&format!("bridge -d link show dev {second}")).out
    );
    // What the first tap had sent its frames through is gone with it.
    let buffers = || sh("ls /sys/class/net | grep -c ^nvbuf").out;
    assert!(within(10, || buffers().trim() == "1"), "{}", buffers());
    let classes = sh(&format!("tc class show dev {second}")).ok();
    assert!(classes.contains("rate 30Mbit ceil 30Mbit"), "{classes}");
    // What the machine says is seen by who mirrors it.
    let heard = watcher.far("timeout 60 tcpdump -i far -c 1 -nn 2>/dev/null");
    assert!(!heard.out.is_empty(), "{heard:?}");
    // What is taken away does not come back.
    let _ = does(&format!("remove-qos {second}"));
    let _ = does("remove-mirror virbr0 mirror-nvr-m");
    let _ = does(&format!("configure-port virbr0 {second} --hairpin off"));
    let isolated = does(&format!("configure-port virbr0 {second} --isolated off"));
    let bound = bound();
    let mac = sh(&format!("cat /sys/class/net/{second}/address")).ok();
    assert!(!bound.contains(mac.trim()), "{bound} {isolated}");
    let third = restarted("build");
    assert!(!within(10, || limits_of(&third) != Value::Null), "{bound}");
    assert_eq!(mirrors_of("virbr0"), Value::Array(Vec::new()));
    assert!(!is_on(&third, "isolated") && !is_on(&third, "hairpin"));
}

#[test]
fn a_mirror_to_a_machine_leads_to_its_new_tap_and_nothing_is_left_of_the_old_one() {
    let _alone = alone();
    let copied = Cable::lay("nvr-m");
    let _ = sh("ip link set nvr-m master virbr0").ok();
    let first = tap("build").expect("the scene runs");
    let _ = does(&format!(
        "mirror-port virbr0 --source nvr-m:ingress --destination {first}"
    ));
    assert!(within(10, follows));
    let filters = || {
        let listed = sh("tc filter show dev nvr-m ingress").out;
        let lines = listed.lines().filter(|line| line.contains("mirred"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut tap = first;
    for _ in 0..2 {
        tap = restarted("build");
        let leads = |line: &String| line.contains(&format!("to device {tap})"));
        assert!(
            within(60, || filters().iter().any(leads)),
            "{:?}",
            filters()
        );
        assert!(within(10, || filters().len() == 1), "{:?}", filters());
    }
    // Frames to the switch itself, which it forwards to nobody, get there.
    let switch = sh("cat /sys/class/net/virbr0/address").ok();
    let seen = sh(&format!(
        "timeout 20 tcpdump -i {tap} -c 5 -nn icmp 2>/dev/null & sleep 1; \
         ip netns exec {} sh -c 'ip address replace 192.0.2.9/24 dev far; \
         ip neigh replace 192.0.2.77 lladdr {} dev far; \
         ping -c 20 -i 0.05 -W 1 192.0.2.77 >/dev/null'; wait",
        copied.namespace,
        switch.trim()
    ));
    assert!(seen.out.contains("> 192.0.2.77"), "{seen:?}");
    let _ = does(&format!("remove-mirror virbr0 mirror-{tap}"));
    assert_eq!(filters(), Vec::<String>::new());
    assert!(!bound().contains("nvr-m"), "{}", bound());
}

/// Somebody sees machines start only while something is bound: an undo that binds
/// the only thing has it seen again.
#[test]
fn what_an_undo_binds_again_comes_back_though_nothing_else_is_bound() {
    let _alone = alone();
    let _history = OwnHistory::begin();
    let _watcher = Cable::lay("nvr-m");
    let first = tap("build").expect("the scene runs");
    let _ = does(&format!("qos {first} --egress-rate 30Mbps"));
    let _ = does(&format!(
        "mirror-port virbr0 --source {first} --destination nvr-m"
    ));
    // What an undone change had bound is not what comes back.
    let _ = does(&format!("qos {first} --egress-rate 50Mbps"));
    let _ = does(&format!("undo {}", newest()));
    assert!(!bound().contains("50000000"), "{}", bound());

    let _ = does(&format!("remove-qos {first}"));
    let limit_removed = newest();
    let _ = does("remove-mirror virbr0 mirror-nvr-m");
    let mirror_removed = newest();
    let mac = sh(&format!("cat /sys/class/net/{first}/address")).ok();
    assert!(!bound().contains(mac.trim()), "{}", bound());
    // Who sees the next link appear has nothing to give, and goes.
    let _link = Cable::lay("nvr-x");
    assert!(within(30, || !follows()));

    let _ = does(&format!("undo {mirror_removed}"));
    let _ = does(&format!("undo {limit_removed}"));
    assert!(bound().contains(mac.trim()), "{}", bound());
    assert!(within(10, follows));
    let second = restarted("build");
    let has_both = || {
        limits_of(&second)["egress"]["rate"] == 30_000_000
            && mirrors_of("virbr0")[0]["sources"][&second] == "both"
    };
    assert!(
        within(60, has_both),
        "{} {} {}",
        limits_of(&second),
        mirrors_of("virbr0"),
        bound()
    );
    let classes = sh(&format!("tc class show dev {second}")).ok();
    assert!(classes.contains("rate 30Mbit ceil 30Mbit"), "{classes}");
    let _ = does(&format!("remove-qos {second}"));
    let _ = does("remove-mirror virbr0 mirror-nvr-m");
}

/// A link that goes and another of its name that becomes a port is what a boot
/// looks like.
#[test]
fn limits_mirrors_and_options_of_links_come_back_with_their_names() {
    let _alone = alone();
    let _bridge = Gone("nvr-br");
    let _ = sh("ip link delete nvr-br; ip link add nvr-br type bridge && ip link set nvr-br up");
    let join = || sh("ip link set nvr-a master nvr-br").ok();
    let (source, target) = (Cable::lay("nvr-a"), Cable::lay("nvr-z"));
    let _ = join();
    let _ = does("qos nvr-z --egress-rate 5Mbps --persist none");
    assert!(!bound().contains("nvr-z"), "{}", bound());
    let plan = does_as_planned("qos nvr-a --ingress-rate 10Mbps --egress-rate 30Mbps");
    assert!(plan.contains("This comes back with each boot"), "{plan}");
    assert!(!plan.contains("gone with the next boot"), "{plan}");
    let _ = does("mirror-port nvr-br --source nvr-a --destination nvr-z");
    let plan = does_as_planned("configure-port nvr-br nvr-a --isolated on");
    assert!(
        plan.contains("comes back with each boot: on port nvr-a: isolation on"),
        "{plan}"
    );
    let has_all = || {
        let classes = sh("tc class show dev nvr-a").out;
        let filters = sh("tc filter show dev nvr-a ingress").out;
        classes.contains("rate 30Mbit ceil 30Mbit")
            && filters.contains("Egress Mirror to device nvr-z")
            && filters.contains("Egress Redirect to device nvbuf")
            && is_on("nvr-a", "isolated")
    };
    assert!(has_all(), "{}", sh("tc filter show dev nvr-a ingress").out);
    assert!(within(10, follows));
    // Also where the helper is not there.
    let _ = sh("systemctl stop nova-helper");
    drop((source, target));
    let (source, target) = (Cable::lay("nvr-a"), Cable::lay("nvr-z"));
    assert!(!within(3, || sh("tc class show dev nvr-a")
        .out
        .contains("30Mbit")));
    let _ = join();
    assert!(
        within(60, has_all),
        "{} {}",
        sh("tc class show dev nvr-a; tc filter show dev nvr-a ingress").out,
        bound()
    );
    assert!(!sh("tc class show dev nvr-z").out.contains("5Mbit"));
    let buffer =
        sh("tc class show dev $(tc filter show dev nvr-a ingress | grep -o 'nvbuf[0-9]*')");
    assert!(buffer.ok().contains("rate 10Mbit"), "{}", bound());
    // What is taken away does not come back.
    let _ = does("remove-qos nvr-a");
    let _ = does("remove-mirror nvr-br mirror-nvr-z");
    let _ = does("configure-port nvr-br nvr-a --isolated off");
    assert!(!bound().contains("nvr-a"), "{}", bound());
    drop((source, target));
    let (_source, _target) = (Cable::lay("nvr-a"), Cable::lay("nvr-z"));
    let _ = join();
    let has_any = || {
        sh("tc class show dev nvr-a").out.contains("30Mbit")
            || sh("tc filter show dev nvr-a ingress").out.contains("nvr-z")
            || is_on("nvr-a", "isolated")
    };
    assert!(!within(10, has_any), "{}", bound());
}

#[test]
fn a_mirror_of_every_port_gets_those_that_come_later() {
    let _alone = alone();
    let _bridge = Gone("nvr-br");
    let _ = sh("ip link delete nvr-br; ip link add nvr-br type bridge && ip link set nvr-br up");
    let (_a, _b, watcher) = (
        Cable::lay("nvr-a"),
        Cable::lay("nvr-b"),
        Cable::lay("nvr-z"),
    );
    let _ = sh("ip link set nvr-a master nvr-br").ok();
    let plan = does_as_planned("mirror-port nvr-br --destination nvr-z");
    assert!(
        plan.contains("What enters a port that nvr-br gets later is copied, too."),
        "{plan}"
    );
    let made = newest();
    let copies = |port: &str| {
        let filters = sh(&format!("tc filter show dev {port} ingress")).out;
        filters.contains("Egress Mirror to device nvr-z")
    };
    assert!(copies("nvr-a") && !copies("nvr-b"));
    assert!(within(10, follows));
    let _ = sh("ip link set nvr-b master nvr-br").ok();
    assert!(within(60, || copies("nvr-b")), "{}", bound());
    // What comes from beyond that port is seen by who mirrors.
    let _ = sh("ip netns exec t-nvr-b sh -c \
        'ip address add 198.51.100.9/24 dev far; ping -c 100 -i 0.2 198.51.100.10 >/dev/null 2>&1 &'");
    let heard = watcher.far("timeout 30 tcpdump -i far -c 1 -nn arp 2>/dev/null");
    assert!(heard.out.contains("198.51.100.9"), "{heard:?}");
    let _ = does(&format!("undo {made}"));
    assert!(!copies("nvr-a") && !copies("nvr-b"));
    assert!(!bound().contains("nvr-z"), "{}", bound());
    // Taken away as a whole it does not come back either.
    let _ = does("mirror-port nvr-br --destination nvr-z");
    let _ = does("remove-mirror nvr-br mirror-nvr-z");
    assert!(!copies("nvr-a") && !copies("nvr-b"));
    assert!(!bound().contains("nvr-z"), "{}", bound());
    // When that is undone it follows its switch again.
    let _ = does(&format!("undo {}", newest()));
    assert!(copies("nvr-a") && copies("nvr-b"));
    let _c = Cable::lay("nvr-c");
    let _ = sh("ip link set nvr-c master nvr-br").ok();
    assert!(within(60, || copies("nvr-c")), "{}", bound());
    let _ = does("remove-mirror nvr-br mirror-nvr-z");
}

/// The switch nvr-ovs with the machine nvr and the cable nvr-n.
fn begin_on_open_vswitch() -> Cable {
    let _ = sh("virsh destroy nvr; virsh undefine nvr; ovs-vsctl --if-exists del-br nvr-ovs");
    let _ = does("create-switch nvr-ovs --type openvswitch");
    let cable = Cable::lay("nvr-n");
    let _ = does("add-interface nvr-ovs nvr-n");
    let _ = sh("f=$(mktemp); cat >$f <<X\n\
        <domain type='qemu'><name>nvr</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
        <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices>\
        <controller type='usb' model='none'/><memballoon model='none'/><video><model type='none'/></video>\
        <interface type='bridge'><source bridge='nvr-ovs'/><virtualport type='openvswitch'/>\
        <model type='virtio'/><boot order='1'/></interface></devices></domain>\nX\n\
        virsh define $f && virsh start nvr; rm $f").ok();
    cable
}

#[test]
fn a_machine_on_open_vswitch_that_starts_again_has_its_class_mirror_and_vlan() {
    let _alone = alone();
    let _watcher = begin_on_open_vswitch();
    let first = tap("nvr").expect("it runs");
    let _ = does(&format!("qos {first} --egress-rate 30Mbps --dscp 46"));
    let _ = does(&format!(
        "mirror-port nvr-ovs --source {first} --destination nvr-n"
    ));
    let _ = does(&format!(
        "ovs-configure-port nvr-ovs {first} --vlan-mode access --vlan 7 --protected on"
    ));
    let second = restarted("nvr");
    let port = |name: &str, column: &str| {
        let value = sh(&format!("ovs-vsctl get Port {name} {column}")).out;
        value.trim().to_owned()
    };
    let has_all = || {
        let limits = limits_of(&second);
        let mirrors = mirrors_of("nvr-ovs");
        limits["egress"]["rate"] == 30_000_000
            && limits["dscp"] == 46
            && mirrors[0]["sources"][&second] == "both"
            && mirrors[0]["output"] == "nvr-n"
            && port(&second, "tag") == "7"
            && port(&second, "vlan_mode") == "access"
            && port(&second, "protected") == "true"
    };
    assert!(
        within(60, has_all),
        "{} {} {}",
        limits_of(&second),
        mirrors_of("nvr-ovs"),
        port(&second, "tag")
    );
    let flows = sh("ovs-ofctl -O OpenFlow13 dump-flows nvr-ovs").ok();
    assert!(flows.contains("set_field:46->ip_dscp"), "{flows}");
    let mirror = sh("ovs-vsctl --bare --columns=select_src_port,select_dst_port list Mirror").ok();
    assert_eq!(mirror.split_whitespace().count(), 2, "{mirror}");
    let _ = does("remove-mirror nvr-ovs mirror-nvr-n");
    let _ = does(&format!("remove-qos {second}"));
    let _ = does(&format!(
        "ovs-configure-port nvr-ovs {second} --no-vlan --protected off"
    ));
    let mac = sh(&format!("cat /sys/class/net/{second}/address")).ok();
    assert!(!bound().contains(mac.trim()), "{}", bound());
    let _ = sh("virsh destroy nvr; virsh undefine nvr; ovs-vsctl --if-exists del-br nvr-ovs");
    let _ = sh("ovs-vsctl -- --all destroy QoS -- --all destroy Queue");
}

#[test]
fn a_mirror_of_open_vswitch_leads_to_the_new_port_of_its_machine() {
    let _alone = alone();
    let _copied = begin_on_open_vswitch();
    let first = tap("nvr").expect("it runs");
    let _ = does(&format!(
        "mirror-port nvr-ovs --source nvr-n:ingress --destination {first}"
    ));
    assert!(within(10, follows));
    let second = restarted("nvr");
    let count = || {
        sh("ovs-vsctl --bare --columns=_uuid list Mirror")
            .out
            .lines()
            .count()
    };
    let leads = || mirrors_of("nvr-ovs")[0]["output"] == second.as_str();
    assert!(within(60, leads), "{}", mirrors_of("nvr-ovs"));
    let port = sh(&format!("ovs-vsctl get Port {second} _uuid")).ok();
    let output = sh("ovs-vsctl --bare --columns=output_port list Mirror").ok();
    assert_eq!(output.trim(), port.trim());
    assert_eq!(count(), 1, "{}", sh("ovs-vsctl list Mirror").out);
    let _ = sh("virsh destroy nvr; virsh undefine nvr").ok();
    let _ = does("delete-switch nvr-ovs");
    assert_eq!(count(), 0);
    assert!(!bound().contains("nvr-n"), "{}", bound());
}

#[test]
fn a_mark_of_a_link_comes_back_when_open_vswitch_starts_again() {
    let _alone = alone();
    let _ = sh("ovs-vsctl --if-exists del-br nvr-ovs");
    let _ = does("create-switch nvr-ovs --type openvswitch");
    let _link = Cable::lay("nvr-n");
    let _ = does("add-interface nvr-ovs nvr-n");
    let plan = does_as_planned("qos nvr-n --ingress-rate 20Mbps --dscp 46");
    assert!(plan.contains("This comes back with each boot"), "{plan}");
    // The limit stands in the database.
    assert!(bound().contains("nvr-n"), "{}", bound());
    assert!(!bound().contains("20000000"), "{}", bound());
    let flows = || sh("ovs-ofctl -O OpenFlow13 dump-flows nvr-ovs").out;
    let has_mark = || flows().contains("set_field:46->ip_dscp");
    assert!(has_mark(), "{}", flows());
    let _ = sh("systemctl stop ovs-vswitchd").ok();
    let _ = sh("systemctl start openvswitch-switch").ok();
    assert!(within(60, has_mark), "{}", flows());
    let limit = sh("ovs-vsctl get Interface nvr-n ingress_policing_rate").ok();
    assert_eq!(limit.trim(), "20000");
    let _ = does("delete-switch nvr-ovs");
    assert!(!bound().contains("nvr-n"), "{}", bound());
}

/// The machine `build` without what was plugged into it, whatever the test did.
struct Unplugged;

impl Drop for Unplugged {
    fn drop(&mut self) {
        if sh("virsh domiflist build").out.contains("nvr-br") {
            let _ = sh("virsh destroy build; virsh start build");
        }
    }
}

#[test]
fn a_switch_that_waits_stays_where_a_machine_was_plugged_into_it_meanwhile() {
    let _alone = alone();
    let _gone = Gone("nvr-br");
    let _ = sh("ip link delete nvr-br");
    let _unplugged = Unplugged;
    let _ = nova(&[
        "create-switch",
        "nvr-br",
        "--confirm-within",
        "60s",
        "--yes",
    ])
    .ok();
    let _ = sh("virsh attach-interface build bridge --source nvr-br --live").ok();
    let ports = || sh("ls /sys/class/net/nvr-br/brif").out;
    let tap = ports().trim().to_owned();
    assert!(tap.starts_with("vnet"), "{tap:?}");
    // The switch would be gone below the machine: it stays, with its port, and the
    // history tells.
    let undone = nova(&["rollback", &newest()]);
    let told = format!("{}{}", undone.out, undone.err);
    assert!(told.contains(&tap), "{undone:?}");
    assert_eq!(ports().trim(), tap);
    // The card was plugged in until the machine is off.
    let _ = restarted("build");
    assert_eq!(ports(), "");
    let _ = nova(&["rollback", &newest()]).ok();
    assert!(within(10, || sh("ip link show nvr-br").code != 0));
}
