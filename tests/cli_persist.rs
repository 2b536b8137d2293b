// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. What of a change lasts beyond the next boot: written by whom
//! the uplink belongs to, when the change is kept, and read back as it was
//! meant by that program's own reader.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{Cable, Gone, link};
use nova_tests::lan::{Lan, files, newest, profiles};
use nova_tests::program::{nova, sh, within};
use serde_json::Value;

const SWITCH: &str = "nvp-br";
const LEASED: &str = "ipv4.method auto ipv6.method disabled";
const LASTING: &str = "/etc/systemd/network";

fn profile(name: &str, fields: &str) -> String {
    sh(&format!("nmcli -t -f {fields} connection show '{name}'")).ok()
}

/// Those that the daemon makes up for what others configure come and go.
#[track_caller]
fn profiles_are(count: usize) {
    assert!(within(10, || profiles().len() == count), "{:?}", profiles());
}

fn option(name: &str) -> Value {
    link(SWITCH).unwrap()["linkinfo"]["info_data"][name].clone()
}

#[test]
fn a_switch_is_kept_changed_and_forgotten_in_profiles() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    let _cable = Cable::lay("nvp-a");
    let _ = nova(&[
        "create-switch",
        SWITCH,
        "--stp-enable",
        "--priority",
        "4096",
        "--interfaces",
        "nvp-a",
        "--yes",
    ])
    .ok();
    let bridge = profile(
        SWITCH,
        "bridge.stp,bridge.priority,connection.autoconnect,ipv4.method",
    );
    for says in [
        "bridge.stp:yes",
        "bridge.priority:4096",
        "autoconnect:yes",
        "ipv4.method:disabled",
    ] {
        assert!(bridge.contains(says), "{says}: {bridge}");
    }
    let port = profile(
        "nvp-br port nvp-a",
        "connection.port-type,connection.interface-name",
    );
    assert!(port.contains("bridge") && port.contains("nvp-a"), "{port}");

    let _ = nova(&["configure-bridge", SWITCH, "--priority", "8192", "--yes"]).ok();
    assert!(profile(SWITCH, "bridge.priority").contains("8192"));
    assert_eq!(option("priority"), 8192);
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    assert!(profile(SWITCH, "bridge.priority").contains("4096"));
    let undo = newest();
    let again = nova(&["undo", &undo, "--yes"]).ok();
    assert!(again.contains("Redo: "), "{again}");
    assert!(profile(SWITCH, "bridge.priority").contains("8192"));
    assert_eq!(option("priority"), 8192);
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    assert!(profile(SWITCH, "bridge.priority").contains("4096"));
    assert_eq!(option("priority"), 4096);

    let _ = nova(&["remove-interface", SWITCH, "nvp-a", "--yes"]).ok();
    profiles_are(2);
    let _ = nova(&["delete-switch", SWITCH, "--yes"]).ok();
    profiles_are(1);
    assert!(link(SWITCH).is_none());
}

#[test]
fn a_bridge_of_a_persons_profile_has_its_options_and_its_new_port_again() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED).with_more_cards();
    let _ = sh(
        "nmcli connection add type bridge ifname nvp-br con-name nvp-person bridge.stp no \
         ipv4.method disabled ipv6.method disabled && nmcli -w 30 connection up nvp-person",
    )
    .ok();
    let before = profiles();
    let _ = nova(&["configure-bridge", SWITCH, "--priority", "8192", "--yes"]).ok();
    let configured = newest();
    assert!(profile("nvp-person", "bridge.priority").contains("8192"));
    assert_eq!(option("priority"), 8192);
    let _ = nova(&["add-interface", SWITCH, "nvl1", "--yes"]).ok();
    let uuid = profile("nvp-person", "connection.uuid");
    let (_, uuid) = uuid.trim().split_once(':').unwrap();
    let port = profile("nvp-br port nvl1", "connection");
    assert!(port.contains(uuid), "{port}");
    // With the port its profile goes; the person's is as it was.
    let _ = nova(&["remove-interface", SWITCH, "nvl1", "--yes"]).ok();
    let _ = nova(&["undo", &configured, "--yes"]).ok();
    assert_eq!(profiles(), before);
    assert!(profile("nvp-person", "bridge.priority").contains("32768"));
    assert_eq!(option("priority"), 32768);
    // Of what it has the daemon makes both again.
    let _ = nova(&["configure-bridge", SWITCH, "--priority", "4096", "--yes"]).ok();
    let _ = nova(&["add-interface", SWITCH, "nvl1", "--yes"]).ok();
    let _ = sh(
        "nmcli connection down nvp-person; ip link set nvl1 nomaster; \
         nmcli -w 30 connection up nvp-person && nmcli -w 30 connection up 'nvp-br port nvl1'",
    )
    .ok();
    assert!(within(20, || link("nvl1").unwrap()["master"] == SWITCH));
    assert_eq!(option("priority"), 4096);
}

#[test]
fn what_a_person_started_of_novas_profiles_can_be_deleted() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED).with_more_cards();
    let create = ["create-switch", SWITCH, "--interfaces", "nvl1", "--yes"];
    let _ = nova(&create).ok();
    let start = "ip link delete nvp-br; nmcli -w 30 connection up nvp-br && \
         nmcli -w 30 connection up 'nvp-br port nvl1'";
    let _ = sh(start).ok();
    // The daemon makes again at once what goes without its knowledge.
    let _ = sh("ip link delete nvp-br").ok();
    assert!(within(20, || link(SWITCH).is_some()));
    let _ = sh(start).ok();
    let plan = nova(&["delete-switch", SWITCH, "--dry-run"]).ok();
    assert!(
        plan.contains("not start the profile \"nvp-br\" again"),
        "{plan}"
    );
    let _ = nova(&["delete-switch", SWITCH, "--yes"]).ok();
    assert!(link(SWITCH).is_none());
    profiles_are(1);
    // So can the port be detached, and the daemon leaves it alone.
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    let _ = sh(start).ok();
    let _ = nova(&["remove-interface", SWITCH, "nvl1", "--yes"]).ok();
    assert!(link("nvl1").unwrap()["master"].is_null());
    // What was taken out of it by hand leaves no profile behind.
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    let _ = sh("ip link set nvl1 nomaster").ok();
    let _ = nova(&["delete-switch", SWITCH, "--yes"]).ok();
    profiles_are(1);
    assert!(link(SWITCH).is_none());
}

/// T32.
#[test]
fn taps_of_machines_stay_where_they_are_whatever_network_manager_does() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    let _gone = Gone(SWITCH);
    let _ = nova(&["create-switch", SWITCH, "--yes"]).ok();
    let _stopped = Machine::started();
    let listed = sh("virsh domiflist nvp").ok();
    let tap = listed
        .lines()
        .nth(2)
        .and_then(|line| line.split_whitespace().next());
    let tap = tap.unwrap();
    let is_in = || nova_tests::lan::master_of(tap).as_deref() == Some(SWITCH);
    assert!(is_in(), "{listed}");
    let _ = nova(&["configure-bridge", SWITCH, "--priority", "8192", "--yes"]).ok();
    assert!(is_in());
    let _ = sh("systemctl restart NetworkManager").ok();
    assert!(within(30, || sh("nmcli -t -f RUNNING general").out.trim()
        == "running"));
    assert!(within(30, || profile(SWITCH, "GENERAL.STATE")
        .contains("activated")));
    assert!(!within(3, || !is_in()));
    // Nor is a profile of it kept.
    let kept = sh(&format!("grep -rl {tap} /etc/NetworkManager"));
    assert_eq!(kept.out, "");
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    assert!(is_in());
    assert_eq!(option("priority"), 32768);
}

/// The machine `nvp`, plugged into the switch, without a system; gone when dropped.
struct Machine;

impl Machine {
    fn started() -> Self {
        let _ = sh("virsh destroy nvp; virsh undefine nvp");
        let _ = sh(&format!(
            "f=$(mktemp); cat >$f <<X\n\
             <domain type='qemu'><name>nvp</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
             <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>\
             <controller type='usb' model='none'/><memballoon model='none'/><video><model type='none'/></video>\
             <interface type='bridge'><source bridge='{SWITCH}'/><model type='virtio'/></interface>\
             </devices></domain>\nX\nvirsh define $f && virsh start nvp; rm $f"
        ))
        .ok();
        Self
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = sh("virsh destroy nvp; virsh undefine nvp");
    }
}

#[test]
fn none_writes_nothing() {
    let _alone = alone();
    let _lan = Lan::with_network_manager(LEASED);
    let before = profiles();
    let plan = nova(&["create-switch", SWITCH, "--persist", "none", "--dry-run"]).ok();
    assert!(
        plan.contains("It is gone with the next boot, as asked."),
        "{plan}"
    );
    let _ = nova(&["create-switch", SWITCH, "--persist", "none", "--yes"]).ok();
    assert_eq!(profiles(), before);
    let _ = nova(&["delete-switch", SWITCH, "--yes"]).ok();
}

#[test]
fn a_program_that_does_not_run_cannot_keep_anything() {
    let _alone = alone();
    let _lan = Lan::lay();
    let ran = nova(&["create-switch", SWITCH, "--persist", "networkd", "--yes"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("systemd-networkd does not run"), "{ran:?}");
    assert!(link(SWITCH).is_none());
}

/// What the kernel tells of the options of the port.
fn of_port() -> Value {
    let all = link("nvp-a").unwrap()["linkinfo"]["info_slave_data"].clone();
    let names = [
        "cost",
        "priority",
        "hairpin",
        "isolated",
        "learning",
        "flood",
        "mcast_flood",
        "guard",
        "root_block",
        "fastleave",
    ];
    names.map(|name| all[name].clone()).to_vec().into()
}

/// Gives the port each option that systemd-networkd has a word for.
fn configured() -> Value {
    let options = "--path-cost 77 --port-priority 16 --hairpin --isolated --learning off \
        --flood off --multicast-flood off --bpdu-guard --root-block --fast-leave --yes";
    let words = ["configure-port", SWITCH, "nvp-a"];
    let words = words.into_iter().chain(options.split_whitespace());
    let _ = nova(&words.collect::<Vec<_>>()).ok();
    let wished = serde_json::json!([77, 16, true, true, false, false, false, true, true, true]);
    assert_eq!(of_port(), wished);
    wished
}

#[test]
fn systemd_networkd_reads_what_was_written_as_it_was_meant() {
    let _alone = alone();
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    let _cable = Cable::lay("nvp-a");
    let _ = nova(&[
        "create-switch",
        SWITCH,
        "--stp-enable",
        "--forward-delay",
        "4",
        "--hello-time",
        "1",
        "--max-age",
        "6",
        "--ageing-time",
        "100",
        "--priority",
        "4096",
        "--multicast-snooping",
        "off",
        "--multicast-querier",
        "--group-fwd-mask",
        "0x4000",
        "--interfaces",
        "nvp-a",
        "--yes",
    ])
    .ok();
    let written = [
        "25-nova-nvp-a.network",
        "25-nova-nvp-br.netdev",
        "25-nova-nvp-br.network",
    ];
    assert!(
        written
            .iter()
            .all(|name| files(LASTING).iter().any(|file| file == name))
    );
    let names = [
        "stp_state",
        "forward_delay",
        "hello_time",
        "max_age",
        "ageing_time",
        "priority",
        "mcast_snooping",
        "mcast_querier",
        "group_fwd_mask",
    ];
    let meant: Vec<Value> = names.map(option).to_vec();
    assert_eq!(
        serde_json::json!(meant[7..]),
        serde_json::json!([1, "0x4000"])
    );
    let wished = configured();
    // As if the machine had booted: the bridge is gone, and systemd-networkd
    // makes it from what it reads.
    let _ = sh(&format!(
        "ip link delete {SWITCH}; systemctl restart systemd-networkd"
    ))
    .ok();
    assert!(within(20, || link(SWITCH).is_some()
        && nova_tests::lan::master_of("nvp-a").as_deref()
            == Some(SWITCH)));
    assert_eq!(names.map(option).to_vec(), meant);
    assert!(within(20, || of_port() == wished), "{:?}", of_port());
    let says = sh("journalctl -u systemd-networkd --since -1min -o cat").ok();
    for complaint in [
        "Unknown key",
        "Failed to parse",
        "nvp-br.netdev:",
        "nvp-br.network:",
    ] {
        assert!(!says.contains(complaint), "{says}");
    }
    // It is Nova's still, and can be deleted.
    let _ = nova(&["delete-switch", SWITCH, "--yes"]).ok();
    assert!(
        files(LASTING).iter().all(|name| !name.contains("nvp")),
        "{:?}",
        files(LASTING)
    );
}

/// The files of a person for a bridge; gone when dropped.
struct Theirs;

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = sh(&format!("rm -rf {LASTING}/10-nvp-theirs.*"));
    }
}

#[test]
fn options_of_a_bridge_of_a_persons_file_stand_beside_it() {
    let _alone = alone();
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    let _gone = Gone(SWITCH);
    let _theirs = Theirs;
    let theirs = format!("{LASTING}/10-nvp-theirs.netdev");
    let _ = sh(&format!(
        "printf '[NetDev]\\nName={SWITCH}\\nKind=bridge\\nDescription=of a person\\n\\n\
         [Bridge]\\nPriority=12288\\nSTP=no\\n' >{theirs}; \
         printf '[Match]\\nName={SWITCH}\\n\\n[Network]\\nLinkLocalAddressing=no\\n' \
             >{LASTING}/10-nvp-theirs.network; networkctl reload"
    ))
    .ok();
    assert!(within(20, || link(SWITCH).is_some()));
    let text = sh(&format!("cat {theirs}")).ok();
    let _ = nova(&[
        "configure-bridge",
        SWITCH,
        "--priority",
        "8192",
        "--ageing-time",
        "100",
        "--yes",
    ])
    .ok();
    let first = newest();
    let added = || sh(&format!("ls -A {theirs}.d")).out;
    assert_eq!(added(), "nova.conf\n");
    let _ = nova(&["configure-bridge", SWITCH, "--stp", "on", "--yes"]).ok();
    // Everybody may read it, as the one beside it.
    let modes = sh(&format!("stat -c %a {theirs}.d {theirs}.d/nova.conf")).ok();
    assert_eq!(modes, "755\n644\n");
    // What somebody writes into it is not written over, which is told beforehand.
    let ours = format!("{theirs}.d/nova.conf");
    let _ = sh(&format!(
        "cp {ours} /run/nvp.conf; echo 'HelloTimeSec=2' >>{ours}"
    ))
    .ok();
    let wish = ["configure-bridge", SWITCH, "--hello-time", "1", "--yes"];
    let ran = nova(&wish);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err.contains(&ours) && ran.err.contains("--persist none"),
        "{ran:?}"
    );
    assert_eq!(option("hello_time"), 200);
    let _ = sh(&format!("mv /run/nvp.conf {ours}")).ok();
    // As if the machine had booted.
    let boots = || {
        // Oftener than systemd lets a service start.
        let _ = sh(&format!(
            "ip link delete {SWITCH}; systemctl restart systemd-networkd && \
             systemctl reset-failed systemd-networkd"
        ))
        .ok();
        assert!(within(20, || link(SWITCH).is_some()));
    };
    boots();
    let set = ["priority", "ageing_time", "stp_state"];
    assert_eq!(set.map(option), [8192, 10000, 1]);
    // It is the person's, as before.
    let shown = nova(&["show", SWITCH, "--output", "json"]).json();
    assert_eq!(shown["link"]["owner"]["by"], "networkd");
    assert_eq!(sh(&format!("cat {theirs}")).ok(), text);
    let _ = nova(&["undo", &newest(), "--yes"]).ok();
    boots();
    assert_eq!(set.map(option), [8192, 10000, 0]);
    let _ = nova(&["undo", &first, "--yes"]).ok();
    assert!(
        !std::path::Path::new(&format!("{theirs}.d")).exists(),
        "{}",
        added()
    );
    boots();
    assert_eq!(set.map(option), [12288, 30000, 0]);
}

#[test]
fn what_networkd_cannot_set_is_refused_with_a_way_out() {
    let _alone = alone();
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    let ran = nova(&["create-switch", SWITCH, "--priority", "0", "--yes"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.err.contains("cannot set the priority 0") && ran.err.contains("4096"),
        "{ran:?}"
    );
    let _ = nova(&[
        "create-switch",
        SWITCH,
        "--priority",
        "0",
        "--persist",
        "none",
        "--yes",
    ])
    .ok();
    assert_eq!(option("priority"), 0);
    let _ = nova(&["delete-switch", SWITCH, "--yes"]).ok();
}

#[test]
fn a_file_that_somebody_else_wrote_is_never_overwritten() {
    let _alone = alone();
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    let path = format!("{LASTING}/25-nova-{SWITCH}.netdev");
    let theirs = "[NetDev]\nName=nvp-br\nKind=dummy\n";
    let _ = sh(&format!("printf '%s' '{theirs}' >{path}")).ok();
    let ran = nova(&["create-switch", SWITCH, "--yes"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("stands already"), "{ran:?}");
    assert!(link(SWITCH).is_none());
    assert_eq!(sh(&format!("cat {path}")).ok(), theirs);
}
