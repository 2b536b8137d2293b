// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). Bonds from the command
//! line: what the kernel makes of them, seen by ip and by what passes.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::lan::newest;
use nova_tests::machine::in_machine;
use nova_tests::program::{nova, sh, within};
use serde_json::Value;

macro_rules! machine_test {
    (fn $name:ident() $body:block) => {
        #[test]
        fn $name() {
            in_machine(stringify!($name), || $body);
        }
    };
}

#[track_caller]
fn done(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    words.push("--yes");
    let ran = nova(&words);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    ran.out
}

#[track_caller]
fn refused(line: &str, says: &str) {
    let mut words: Vec<&str> = line.split(' ').collect();
    words.push("--yes");
    let before = digest();
    let ran = nova(&words);
    assert!(matches!(ran.code, 2 | 3), "{line}: {ran:?}");
    assert!(ran.err.contains(says), "{line}: {ran:?}");
    assert_eq!(digest(), before);
}

/// The same; gives what undoes it.
#[track_caller]
fn did(line: &str) -> String {
    done(line);
    newest()
}

#[track_caller]
fn undo(id: &str) {
    done(&format!("undo {id}"));
}

fn option(bond: &str, name: &str) -> Value {
    link(bond).unwrap()["linkinfo"]["info_data"][name].clone()
}

fn reset() -> Gone {
    let _ = sh("ip link delete nvb-br; ip link delete nvb");
    Gone("nvb")
}

machine_test! {
    fn a_bond_is_made_used_and_goes_on_when_a_cable_is_pulled() {
        let _gone = reset();
        let (one, two) = (Cable::lay("nvb-a"), Cable::lay("nvb-b"));
        let before = digest();
        let own = link("nvb-b").unwrap()["address"].clone();
        let made = did("create-bond nvb --mode active-backup --interfaces nvb-a,nvb-b --miimon 100 --primary nvb-a");
        for (name, is) in [("mode", "active-backup"), ("primary", "nvb-a")] {
            assert_eq!(option("nvb", name), is);
        }
        assert_eq!(option("nvb", "miimon"), 100);
        assert!(within(20, || option("nvb", "active_slave") == "nvb-a"));
        assert_eq!(link("nvb-b").unwrap()["address"], link("nvb").unwrap()["address"]);
        let listed = nova(&["list-bonds", "--output", "json"]).json();
        assert_eq!(listed["bonds"][0]["in_use"][0], "nvb-a");
        let shown = nova(&["show", "nvb"]).ok();
        assert!(shown.contains("active-backup") && shown.contains("nvb-b"), "{shown}");

        // Both far ends answer as one host; then the first cable is pulled.
        let _ = sh("ip address add 192.0.2.1/24 dev nvb").ok();
        for cable in [&one, &two] {
            let _ = cable.far("ip address add 192.0.2.2/24 dev far");
        }
        let reaches = || sh("ping -c 1 -w 2 192.0.2.2").code == 0;
        assert!(within(20, reaches));
        let _ = one.far("ip link set far down");
        assert!(within(20, || option("nvb", "active_slave") == "nvb-b"));
        let _ = sh("ip neighbour flush dev nvb");
        assert!(within(20, reaches));
        let _ = sh("ip address delete 192.0.2.1/24 dev nvb").ok();
        let _ = one.far("ip link set far up");
        undo(&made);
        assert!(link("nvb").is_none());
        assert_eq!(link("nvb-b").unwrap()["address"], own);
        assert_eq!(digest(), before);
    }
}

machine_test! {
    fn members_come_and_go_and_options_change_and_come_back() {
        let _gone = reset();
        let _cables = [Cable::lay("nvb-a"), Cable::lay("nvb-b")];
        done("create-bond nvb --mode 802.3ad --interfaces nvb-a --lacp-rate fast --xmit-hash-policy layer3+4");
        assert_eq!(option("nvb", "ad_lacp_rate"), "fast");
        assert_eq!(option("nvb", "xmit_hash_policy"), "layer3+4");
        let mac = link("nvb").unwrap()["address"].clone();
        let _ = sh("ip address add 2001:db8::1/64 dev nvb nodad && \
            ip -6 route add 2001:db8:1::/64 via 2001:db8::9 dev nvb").ok();
        let before = digest();

        // The rate is taken only while the bond is down; nothing is lost by that.
        let slow = did("configure-bond nvb --lacp-rate slow --miimon 200 --up-delay 400");
        assert_eq!(option("nvb", "ad_lacp_rate"), "slow");
        assert_eq!(option("nvb", "updelay"), 400);
        let routes = sh("ip -6 route show dev nvb").ok();
        assert!(routes.contains("2001:db8:1::/64"), "{routes}");
        undo(&slow);
        assert_eq!(option("nvb", "ad_lacp_rate"), "fast");
        assert_eq!(digest(), before);

        let added = did("add-interface nvb nvb-b");
        assert_eq!(link("nvb-b").unwrap()["master"], "nvb");
        let removed = did("remove-interface nvb nvb-b");
        // The last one leaves, and the bond keeps its address.
        let emptied = did("remove-interface nvb nvb-a");
        assert_eq!(link("nvb").unwrap()["address"], mac);
        let changed = did("configure-bond nvb --mode active-backup");
        assert_eq!(option("nvb", "mode"), "active-backup");
        for id in [changed, emptied, removed, added] {
            undo(&id);
        }
        assert_eq!(option("nvb", "mode"), "802.3ad");
        assert_eq!(digest(), before);
        let _ = sh("ip address flush dev nvb");
        let deleted = did("delete-bond nvb");
        assert!(link("nvb").is_none());
        undo(&deleted);
        assert_eq!(option("nvb", "mode"), "802.3ad");
        assert_eq!(option("nvb", "ad_lacp_rate"), "fast");
        assert_eq!(link("nvb-a").unwrap()["master"], "nvb");
    }
}

machine_test! {
    fn what_the_kernel_refuses_is_refused_before_with_a_way_out() {
        let _gone = reset();
        let _cables = [Cable::lay("nvb-a"), Cable::lay("nvb-b")];
        done("create-bond nvb --interfaces nvb-a");
        refused("configure-bond nvb --mode 802.3ad", "remove-interface nvb nvb-a");
        refused("configure-bond nvb --lacp-rate fast", "802.3ad");
        refused("configure-bond nvb --up-delay 150", "200 ms would do");
        refused("configure-bond nvb --primary nvb-b", "not a member");
        refused("create-bond nvb2 --interfaces nvb", "a bond of bonds");
        refused("create-bond nvb2 --mode 802.3ad --interfaces nvb-b --primary nvb-b", "prefers no member");
        refused("create-bond nvb2 --interfaces nvb-a", "already belongs to nvb");
        // As the kernel itself does.
        for (line, says) in [
            ("ip link set dev nvb type bond mode 802.3ad", "has slaves"),
            ("ip link set dev nvb type bond lacp_rate fast", "not supported in mode"),
            ("ip link set dev nvb-b up; ip link set dev nvb-b master nvb", "while up"),
        ] {
            let ran = sh(line);
            assert!(ran.code != 0 && ran.err.contains(says), "{line}: {ran:?}");
        }
    }
}

machine_test! {
    fn a_bridge_stands_above_a_bond_and_a_card_s_address_moves_to_it() {
        let _gone = reset();
        let _bridge = Gone("nvb-br");
        let (one, two) = (Cable::lay("nvb-a"), Cable::lay("nvb-b"));
        let _ = one.far("ip address add 192.0.2.2/24 dev far");
        let _ = two.far("ip address add 192.0.2.2/24 dev far");
        let _ = sh("ip link set dev nvb-a up && ip address add 192.0.2.1/24 dev nvb-a && \
            ip route add 198.51.100.0/24 via 192.0.2.2 dev nvb-a").ok();
        let before = digest();
        let reaches = || sh("ping -c 1 -w 2 192.0.2.2").code == 0;
        let bonded = did("create-bond nvb --interfaces nvb-a,nvb-b --primary nvb-a");
        assert!(within(20, reaches));
        let routes = sh("ip route show 198.51.100.0/24").ok();
        assert!(routes.contains("dev nvb"), "{routes}");
        let bridged = did("create-switch nvb-br --interfaces nvb");
        assert_eq!(link("nvb").unwrap()["master"], "nvb-br");
        assert!(within(20, reaches));
        undo(&bridged);
        undo(&bonded);
        assert!(within(20, reaches));
        assert_eq!(digest(), before);
    }
}

machine_test! {
    fn a_bond_that_is_not_kept_goes_again_with_its_helper() {
        let _gone = reset();
        let _cables = [Cable::lay("nvb-a"), Cable::lay("nvb-b")];
        let before = digest();
        let ran = nova(&["create-bond", "nvb", "--interfaces", "nvb-a,nvb-b", "--yes", "--confirm-within", "60s"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(link("nvb").is_some());
        let _ = sh("systemctl kill -s KILL nova-helper").ok();
        assert!(within(60, || digest() == before), "it is not undone");
    }
}
