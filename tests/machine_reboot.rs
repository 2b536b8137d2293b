// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). What becomes of a
//! change when the machine boots: what was kept is there again, what was not is
//! as before, also where the power was lost in between.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::host::link;
use nova_tests::lan::{
    BOND, BRIDGE, BY_HAND, CARD, Lan, address_of, default_by, files, master_of, newest, profiles,
};
use nova_tests::machine::{Then, in_stages};
use nova_tests::program::{nova, sh, within};
use serde_json::Value;

const LEASED: &str = "ipv4.method auto ipv6.method disabled";
const BY_DHCP: &str = "DHCP=ipv4\nLinkLocalAddressing=no";
const LASTING: &str = "/etc/systemd/network";

#[track_caller]
fn done(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    words.push("--yes");
    let ran = nova(&words);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    ran.out
}

fn with_network_manager() {
    let _ = sh(
        "systemctl disable --now systemd-networkd.socket systemd-networkd; \
        systemctl enable --now NetworkManager",
    );
    Lan::with_network_manager(LEASED).outlives_boots();
}

fn with_networkd() {
    let _ = sh("systemctl disable --now NetworkManager");
    Lan::with_networkd(BY_DHCP).outlives_boots();
    let _ = sh("systemctl enable systemd-networkd").ok();
}

/// Ends a test: the LAN goes, and the machine is as at first.
fn end(lan: Lan) {
    drop(lan);
    let _ = sh(
        "systemctl disable --now systemd-networkd.socket systemd-networkd; \
        systemctl enable --now NetworkManager",
    );
}

#[track_caller]
fn bridged() {
    let is_so = || {
        master_of(CARD).as_deref() == Some(BRIDGE)
            && address_of(BRIDGE).is_some()
            && address_of(CARD).is_none()
            && default_by() == [BRIDGE]
    };
    assert!(within(120, is_so), "{}", picture());
}

#[track_caller]
fn plain() {
    let is_so = || {
        link(BRIDGE).is_none()
            && master_of(CARD).is_none()
            && address_of(CARD).is_some()
            && default_by() == [CARD]
    };
    assert!(within(120, is_so), "{}", picture());
}

fn picture() -> String {
    sh(
        "ip -br address; ip route; nmcli -t connection show; ls /etc/systemd/network; \
        journalctl -b -u nova-restore -u NetworkManager -u systemd-networkd -o cat | tail -n 40",
    )
    .out
}

/// What has become of the newest change.
fn state() -> Value {
    let entries = nova(&["history", "--limit", "1", "--output", "json"]).json();
    entries[0]["state"].clone()
}

/// Nova shows a link as its own. Soon after a boot the program that made it may
/// not answer yet.
#[track_caller]
fn is_novas(name: &str) {
    let mut owner = Value::Null;
    let is_so = within(60, || {
        let shown = nova(&["show", name, "--output", "json"]).json();
        owner = shown["link"]["owner"]["by"].clone();
        owner == "nova"
    });
    assert!(is_so, "{name} belongs to {owner}");
}

#[test]
fn a_card_bridged_by_network_manager_is_bridged_after_a_boot() {
    fn first() {
        with_network_manager();
        done(&format!("bridge-nic {CARD} --name {BRIDGE}"));
        bridged();
    }
    fn second() {
        let lan = Lan::of_this_boot();
        bridged();
        assert_eq!(state()["state"], "confirmed");
        is_novas(BRIDGE);
        done(&format!("undo {}", newest()));
        plain();
        end(lan);
    }
    in_stages(
        "a_card_bridged_by_network_manager_is_bridged_after_a_boot",
        &[(first, Then::Reboots), (second, Then::GoesOn)],
    );
}

#[test]
fn a_card_bridged_by_networkd_is_bridged_after_a_boot() {
    fn first() {
        with_networkd();
        done(&format!("bridge-nic {CARD} --name {BRIDGE}"));
        bridged();
    }
    fn second() {
        let lan = Lan::of_this_boot();
        bridged();
        is_novas(BRIDGE);
        done(&format!("undo {}", newest()));
        plain();
        end(lan);
    }
    in_stages(
        "a_card_bridged_by_networkd_is_bridged_after_a_boot",
        &[(first, Then::Reboots), (second, Then::GoesOn)],
    );
}

fn bridge_unkept() {
    let ran = nova(&[
        "bridge-nic",
        CARD,
        "--name",
        BRIDGE,
        "--yes",
        "--confirm-within",
        "10m",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    bridged();
}

#[test]
fn with_network_manager_nothing_is_left_of_a_change_that_a_boot_interrupted() {
    fn first() {
        with_network_manager();
        bridge_unkept();
    }
    fn second() {
        plain();
        assert_eq!(state()["state"], "rolled_back");
        assert_eq!(profiles().len(), 1, "{:?}", profiles());
        bridge_unkept();
    }
    fn third() {
        let lan = Lan::of_this_boot();
        plain();
        assert_eq!(state()["state"], "rolled_back");
        assert_eq!(profiles().len(), 1, "{:?}", profiles());
        end(lan);
    }
    in_stages(
        "with_network_manager_nothing_is_left_of_a_change_that_a_boot_interrupted",
        &[
            (first, Then::Reboots),
            (second, Then::LosesPower),
            (third, Then::GoesOn),
        ],
    );
}

#[test]
fn with_networkd_nothing_is_left_of_a_change_that_a_boot_interrupted() {
    fn first() {
        with_networkd();
        bridge_unkept();
    }
    fn second() {
        plain();
        assert_eq!(state()["state"], "rolled_back");
        assert_eq!(files(LASTING), ["20-nvl.network"]);
        bridge_unkept();
    }
    fn third() {
        let lan = Lan::of_this_boot();
        plain();
        assert_eq!(state()["state"], "rolled_back");
        assert_eq!(files(LASTING), ["20-nvl.network"]);
        end(lan);
    }
    in_stages(
        "with_networkd_nothing_is_left_of_a_change_that_a_boot_interrupted",
        &[
            (first, Then::Reboots),
            (second, Then::LosesPower),
            (third, Then::GoesOn),
        ],
    );
}

#[test]
fn what_was_kept_in_open_vswitch_is_there_after_a_boot_and_nothing_else() {
    fn ovs(line: &str) -> String {
        sh(&format!("ovs-vsctl {line}")).ok()
    }
    fn first() {
        let _ = sh("ovs-vsctl --if-exists del-br nvl-ovs; ovs-vsctl --if-exists del-br nvl-ov2");
        done("create-switch nvl-ovs --type openvswitch --rstp-enable");
        let ran = nova(&[
            "create-switch",
            "nvl-ov2",
            "--type",
            "openvswitch",
            "--yes",
            "--confirm-within",
            "10m",
        ]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ovs("list-br").contains("nvl-ov2"));
    }
    fn second() {
        let restored = || !sh("ovs-vsctl list-br").out.contains("nvl-ov2");
        assert!(within(120, restored), "{}", picture());
        assert!(ovs("list-br").contains("nvl-ovs"));
        assert_eq!(ovs("get Bridge nvl-ovs rstp_enable").trim(), "true");
        done("delete-switch nvl-ovs");
    }
    in_stages(
        "what_was_kept_in_open_vswitch_is_there_after_a_boot_and_nothing_else",
        &[(first, Then::LosesPower), (second, Then::GoesOn)],
    );
}

#[test]
fn a_host_below_open_vswitch_is_reached_after_a_boot_where_networkd_keeps_it() {
    const SWITCH: &str = "nvl-ovs";
    #[track_caller]
    fn reached_by(bearer: &str) {
        let is_so = || {
            address_of(bearer).as_deref() == Some(BY_HAND)
                && default_by() == [bearer]
                && sh("ping -c1 -W2 198.51.100.1").code == 0
        };
        assert!(within(120, is_so), "{}", picture());
    }
    fn first() {
        let _ = sh("ovs-vsctl --if-exists del-br nvl-ovs; systemctl disable --now NetworkManager");
        Lan::lay().outlives_boots();
        let _ = sh(&format!(
            "systemctl enable --now systemd-networkd && ip address add {BY_HAND} dev {CARD} && \
             ip route add default via 198.51.100.1"
        ))
        .ok();
        reached_by(CARD);
        let create = format!("create-switch {SWITCH} --type openvswitch --interfaces {CARD}");
        let told = nova(&[&create.split(' ').collect::<Vec<_>>()[..], &["--dry-run"]].concat());
        assert!(
            told.out.contains("nobody gives nvl-ovs its addresses"),
            "{told:?}"
        );
        done(&format!("{create} --persist networkd"));
        reached_by(SWITCH);
    }
    fn second() {
        let lan = Lan::of_this_boot();
        reached_by(SWITCH);
        assert_eq!(address_of(CARD), None, "{}", picture());
        done(&format!("undo {}", newest()));
        reached_by(CARD);
        assert!(files(LASTING).is_empty(), "{:?}", files(LASTING));
        end(lan);
    }
    in_stages(
        "a_host_below_open_vswitch_is_reached_after_a_boot_where_networkd_keeps_it",
        &[(first, Then::Reboots), (second, Then::GoesOn)],
    );
}

#[test]
fn a_leased_card_below_open_vswitch_is_there_after_a_boot_where_that_was_kept() {
    const SWITCH: &str = "nvl-ovs";
    #[track_caller]
    fn reached_by(bearer: &str, other: &str) {
        let is_so = || {
            address_of(bearer).is_some()
                && address_of(other).is_none()
                && default_by() == [bearer]
                && sh("ping -c1 -W2 198.51.100.1").code == 0
        };
        assert!(within(120, is_so), "{}", picture());
    }
    fn create(more: &str) {
        done(&format!(
            "create-switch {SWITCH} --type openvswitch --interfaces {CARD}{more}"
        ));
        reached_by(SWITCH, CARD);
    }
    fn unkept() {
        create(" --confirm-within 10m");
    }
    fn as_before() {
        reached_by(CARD, SWITCH);
        assert_eq!(state()["state"], "rolled_back");
        assert_eq!(files(LASTING), ["20-nvl.network"]);
        assert!(!sh("ovs-vsctl list-br").ok().contains(SWITCH));
    }
    fn first() {
        let _ = sh("ovs-vsctl --if-exists del-br nvl-ovs");
        with_networkd();
        unkept();
    }
    fn second() {
        as_before();
        unkept();
    }
    fn third() {
        as_before();
        create("");
    }
    fn fourth() {
        let lan = Lan::of_this_boot();
        reached_by(SWITCH, CARD);
        assert_eq!(
            link(SWITCH).unwrap()["address"],
            link(CARD).unwrap()["address"]
        );
        done(&format!("undo {}", newest()));
        reached_by(CARD, SWITCH);
        assert_eq!(files(LASTING), ["20-nvl.network"]);
        end(lan);
    }
    in_stages(
        "a_leased_card_below_open_vswitch_is_there_after_a_boot_where_that_was_kept",
        &[
            (first, Then::Reboots),
            (second, Then::LosesPower),
            (third, Then::Reboots),
            (fourth, Then::GoesOn),
        ],
    );
}

/// The card this host is reached by in a bond with another, in a bridge.
fn bond_and_bridge() {
    let _ = sh("modprobe bonding max_bonds=0");
    done(&format!(
        "create-bond {BOND} --interfaces {CARD},nvl1 --primary nvl1 --miimon 200"
    ));
    done(&format!("bridge-nic {BOND} --name {BRIDGE}"));
}

#[track_caller]
fn bonded_and_bridged() {
    let is_so = || {
        master_of(CARD).as_deref() == Some(BOND)
            && master_of("nvl1").as_deref() == Some(BOND)
            && master_of(BOND).as_deref() == Some(BRIDGE)
            && address_of(BRIDGE).is_some()
            && default_by() == [BRIDGE]
    };
    assert!(within(120, is_so), "{}", picture());
    let status = sh(&format!("cat /proc/net/bonding/{BOND}")).out;
    assert!(
        status.contains("Primary Slave: nvl1") && status.contains("Interval (ms): 200"),
        "{status}"
    );
    assert_eq!(link(BRIDGE).unwrap()["address"], "52:54:00:00:7e:01");
}

/// Both changes are undone, one after the other.
fn unbond() {
    is_novas(BRIDGE);
    is_novas(BOND);
    done(&format!("undo {}", newest()));
    assert_eq!(default_by(), [BOND]);
    let history = nova(&["history", "--limit", "3", "--output", "json"]).json();
    let made = history[2]["plan"]["id"].as_str().unwrap().to_owned();
    done(&format!("undo {made}"));
    assert!(link(BOND).is_none());
    plain();
}

#[test]
fn a_bond_by_network_manager_and_its_bridge_are_there_after_a_boot() {
    fn first() {
        with_network_manager();
        bond_and_bridge();
        bonded_and_bridged();
    }
    fn second() {
        let lan = Lan::of_this_boot();
        bonded_and_bridged();
        unbond();
        assert_eq!(profiles().len(), 1, "{:?}", profiles());
        end(lan);
    }
    in_stages(
        "a_bond_by_network_manager_and_its_bridge_are_there_after_a_boot",
        &[(first, Then::Reboots), (second, Then::GoesOn)],
    );
}

#[test]
fn a_bond_by_networkd_and_its_bridge_are_there_after_a_boot() {
    fn first() {
        with_networkd();
        bond_and_bridge();
        bonded_and_bridged();
    }
    fn second() {
        let lan = Lan::of_this_boot();
        bonded_and_bridged();
        unbond();
        assert_eq!(files(LASTING), ["20-nvl.network"]);
        end(lan);
    }
    in_stages(
        "a_bond_by_networkd_and_its_bridge_are_there_after_a_boot",
        &[(first, Then::Reboots), (second, Then::GoesOn)],
    );
}

/// A bond with a sub-interface, a bridge above that, options and VLANs of ports,
/// and MTUs.
fn stack() {
    let _ = sh("modprobe bonding max_bonds=0");
    done(
        "create-bond nvl-bd --interfaces nvl1,nvl2 --primary nvl2 --miimon 100 --up-delay 200 \
         --down-delay 300",
    );
    done("create-vlan nvl-bd 7");
    done(&format!(
        "create-switch {BRIDGE} --interfaces nvl-bd.7 --vlan-filtering --default-vlan 5"
    ));
    done(&format!(
        "configure-port {BRIDGE} nvl-bd.7 --trunk 20,30 --native-vlan 1 --path-cost 77 --hairpin"
    ));
    done("set-mtu nvl-bd 1480");
    done("set-mtu nvl-bd.7 1400");
}

#[track_caller]
fn stacked() {
    let is_so = || {
        let data = |name: &str, key: &str| -> Value {
            link(name).map_or(Value::Null, |link| {
                link["linkinfo"]["info_data"][key].clone()
            })
        };
        data("nvl-bd", "mode") == "active-backup"
            && data("nvl-bd", "primary") == "nvl2"
            && data("nvl-bd", "updelay") == 200
            && data("nvl-bd", "downdelay") == 300
            && data(BRIDGE, "vlan_default_pvid") == 5
            && data("nvl-bd.7", "id") == 7
            && master_of("nvl1").as_deref() == Some("nvl-bd")
            && master_of("nvl2").as_deref() == Some("nvl-bd")
            && master_of("nvl-bd.7").as_deref() == Some(BRIDGE)
            && link("nvl-bd").unwrap()["mtu"] == 1480
            && link("nvl-bd.7").unwrap()["mtu"] == 1400
    };
    assert!(within(120, is_so), "{}", picture());
    let carried = || -> Vec<u64> {
        let vlans = sh("bridge -j vlan show dev nvl-bd.7").json();
        let vlans = vlans[0]["vlans"].as_array().cloned().unwrap_or_default();
        let numbers = vlans.iter().filter_map(|vlan| vlan["vlan"].as_u64());
        numbers.collect()
    };
    assert!(within(30, || carried() == [1, 20, 30]), "{:?}", carried());
    let port = &link("nvl-bd.7").unwrap()["linkinfo"]["info_slave_data"];
    assert_eq!(port["cost"], 77);
    assert_eq!(port["hairpin"], true);
    for name in ["nvl-bd", "nvl-bd.7", BRIDGE] {
        is_novas(name);
    }
}

/// It is Nova's, and goes with all that was written of it.
fn unstack() {
    done(&format!("delete-switch {BRIDGE}"));
    done("delete-vlan nvl-bd.7");
    done("delete-bond nvl-bd");
    assert!(link("nvl-bd").is_none());
}

#[test]
fn a_bond_a_sub_interface_and_their_bridge_are_kept_by_network_manager() {
    fn first() {
        with_network_manager();
        stack();
        let said = sh("nmcli -t -f bond.options,802-3-ethernet.mtu connection show nvl-bd").ok();
        assert!(
            said.contains("mode=active-backup") && said.contains("1480"),
            "{said}"
        );
        let said = sh("nmcli -t -f vlan.id,vlan.parent connection show nvl-bd.7").ok();
        assert!(said.contains("vlan.parent:nvl-bd"), "{said}");
    }
    fn second() {
        stacked();
        // Its sub-interface goes with the bridge, and the daemon makes it anew.
        let wait = ["delete-switch", BRIDGE, "--yes", "--confirm-within", "60s"];
        let pending = nova(&wait).ok();
        assert!(link(BRIDGE).is_none(), "{pending}");
        let _ = nova(&["rollback", &newest()]).ok();
        stacked();
        done(&format!("delete-switch {BRIDGE}"));
        assert!(link(BRIDGE).is_none());
        done(&format!("undo {}", newest()));
        stacked();
        let written = || sh("cat /etc/NetworkManager/system-connections/*nvl-bd.7*").ok();
        let before = written();
        done(&format!(
            "remove-interface {BRIDGE} nvl-bd.7 --persist none"
        ));
        assert_eq!(master_of("nvl-bd.7"), None);
        assert_eq!(written(), before);
        let said = "nmcli -t -f connection.controller connection show nvl-bd.7";
        assert_eq!(sh(said).ok().trim(), "connection.controller:");
    }
    fn third() {
        let lan = Lan::of_this_boot();
        stacked();
        unstack();
        assert_eq!(profiles().len(), 1, "{:?}", profiles());
        end(lan);
    }
    in_stages(
        "a_bond_a_sub_interface_and_their_bridge_are_kept_by_network_manager",
        &[
            (first, Then::Reboots),
            (second, Then::Reboots),
            (third, Then::GoesOn),
        ],
    );
}

#[test]
fn a_bond_a_sub_interface_and_their_bridge_are_kept_by_networkd() {
    fn first() {
        with_networkd();
        stack();
    }
    fn second() {
        let lan = Lan::of_this_boot();
        stacked();
        let says = sh("journalctl -b -u systemd-networkd -o cat").ok();
        for complaint in ["Unknown key", "Failed to parse", "Unknown section"] {
            assert!(!says.contains(complaint), "{says}");
        }
        unstack();
        assert_eq!(files(LASTING), ["20-nvl.network"]);
        end(lan);
    }
    in_stages(
        "a_bond_a_sub_interface_and_their_bridge_are_kept_by_networkd",
        &[(first, Then::Reboots), (second, Then::GoesOn)],
    );
}

#[test]
fn the_mtu_of_a_card_is_written_into_the_profile_it_has() {
    fn first() {
        with_network_manager();
        done(&format!("set-mtu {CARD} 1420"));
        let said = sh("nmcli -t -f 802-3-ethernet.mtu connection show nvl-uplink").ok();
        assert!(said.contains("1420"), "{said}");
    }
    fn second() {
        let lan = Lan::of_this_boot();
        plain();
        assert_eq!(link(CARD).unwrap()["mtu"], 1420);
        done(&format!("undo {}", newest()));
        let said = sh("nmcli -t -f 802-3-ethernet.mtu connection show nvl-uplink").ok();
        assert!(said.contains("auto"), "{said}");
        end(lan);
    }
    in_stages(
        "the_mtu_of_a_card_is_written_into_the_profile_it_has",
        &[(first, Then::Reboots), (second, Then::GoesOn)],
    );
}

#[test]
fn limits_mirrors_and_cpus_of_a_card_are_there_after_a_boot() {
    /// What tc and sysfs say of the card.
    fn has_all() -> Result<(), String> {
        let told = sh(&format!(
            "tc class show dev {CARD}; tc filter show dev {CARD} ingress; \
             cat /sys/class/net/{CARD}/queues/rx-0/rps_cpus"
        ));
        let cpus = told.out.lines().last().unwrap_or_default();
        let is_so = told.out.contains("rate 50Mbit")
            && told.out.contains("vlan_id 10")
            && told.out.contains("Egress Mirror to device nvl1")
            && cpus.trim_start_matches('0') == "2";
        is_so.then_some(()).ok_or(told.out)
    }
    fn first() {
        with_network_manager();
        done(&format!("bridge-nic {CARD} --name {BRIDGE}"));
        done(&format!(
            "configure-switch {BRIDGE} --vlan 10 --vlan-filtering --trunk-ports {CARD}"
        ));
        bridged();
        // The LAN has to be on the disk; what Nova notes is its own matter.
        let _ = sh("sync").ok();
        done(&format!("qos {CARD} --egress-rate 50Mbps"));
        done(&format!(
            "mirror-port {BRIDGE} --source {CARD} --destination nvl1 --mirror-type ingress --vlan 10"
        ));
        done(&format!("set-affinity {CARD} --cpus 1"));
        has_all().unwrap();
    }
    fn second() {
        let lan = Lan::of_this_boot();
        bridged();
        let mut told = String::new();
        let is_so = within(90, || has_all().map_err(|now| told = now).is_ok());
        assert!(is_so, "{told}");
        for line in [
            "remove-qos nvl0",
            "remove-mirror nvl-br mirror-nvl1",
            "set-affinity nvl0 --cpus none",
        ] {
            done(line);
        }
        assert!(has_all().is_err());
        end(lan);
    }
    in_stages(
        "limits_mirrors_and_cpus_of_a_card_are_there_after_a_boot",
        &[(first, Then::LosesPower), (second, Then::GoesOn)],
    );
}
