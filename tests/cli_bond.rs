// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab and its machine (`tests/lab/lab vm up`). Bonds from the command
//! line: what the kernel makes of them, seen by ip and by what passes, and how
//! the card this host is reached by becomes a member of one.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::lan::{
    BOND, BRIDGE, CARD, Lan, address_of, connected, default_by, files, master_of, newest, profiles,
};
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
    fn what_the_tests_compare_tells_options_of_bonds_and_sub_interfaces_apart() {
        let _gone = (reset(), Gone("nvb-v"));
        let _cables = (Cable::lay("nvb-a"), Cable::lay("nvb-b"));
        let bond = "ip link delete nvb; ip link add nvb type bond mode active-backup miimon 100";
        let _ = sh(&format!("{bond} && ip link add link nvb-a name nvb-v type vlan id 7")).ok();
        let before = digest();
        for (does, undoes) in [
            ("ip link set nvb type bond miimon 70", "ip link set nvb type bond miimon 100"),
            ("ip link set nvb type bond updelay 200", "ip link set nvb type bond updelay 0"),
            (
                "ip link set nvb type bond fail_over_mac active",
                "ip link set nvb type bond fail_over_mac none",
            ),
            (
                "ip link set nvb-v type vlan reorder_hdr off",
                "ip link set nvb-v type vlan reorder_hdr on",
            ),
            (
                "ip link delete nvb-v; ip link add link nvb-b name nvb-v type vlan id 7",
                "ip link delete nvb-v; ip link add link nvb-a name nvb-v type vlan id 7",
            ),
        ] {
            let address = |name: &str| link(name).unwrap()["address"].as_str().unwrap().to_owned();
            let own = address("nvb-v");
            let _ = sh(does).ok();
            let _ = sh(&format!("ip link set nvb-v address {own}")).ok();
            assert_ne!(digest(), before, "{does}");
            let _ = sh(undoes).ok();
            let _ = sh(&format!("ip link set nvb-v address {own}")).ok();
            assert_eq!(digest(), before, "{undoes}");
        }
    }
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
    fn a_bond_and_its_partner_agree_by_lacp_and_share_two_cables() {
        let _gone = reset();
        let (one, two) = (Cable::lay("nvb-a"), Cable::lay("nvb-b"));
        // Both far ends are one switch with a bond of its own.
        let _ = sh(&format!(
            "ip -n {} link set far netns {} name more", two.namespace, one.namespace
        )).ok();
        let partner = one.far(
            "ip link add peer type bond mode 802.3ad lacp_rate fast miimon 100 && \
             for card in far more; do ip link set $card down && ip link set $card master peer; done && \
             ip address add 192.0.2.2/24 dev peer && ip link set peer up && cat /sys/class/net/peer/address",
        ).ok();
        let partner = partner.trim();
        let made = did("create-bond nvb --mode 802.3ad --interfaces nvb-a,nvb-b --lacp-rate fast --miimon 100");
        let _ = sh("ip address add 192.0.2.1/24 dev nvb").ok();
        let reaches = || sh("ping -c 1 -w 2 192.0.2.2").code == 0;
        assert!(within(30, reaches), "{}", sh("cat /proc/net/bonding/nvb").out);
        let shares = |cables: &str| {
            let shown = nova(&["show", "nvb"]).ok();
            shown.contains(&format!("{partner}, {cables} of the links"))
        };
        assert!(within(30, || shares("2")), "{}", nova(&["show", "nvb"]).out);
        let active = || sh("grep -A3 'Active Aggregator' /proc/net/bonding/nvb").out;
        assert!(active().contains("Number of ports: 2"), "{}", active());

        let _ = sh("ip link set nvb-a down").ok();
        assert!(within(30, || shares("1")), "{}", nova(&["show", "nvb"]).out);
        assert!(within(10, reaches));
        let _ = sh("ip link set nvb-a up").ok();
        assert!(within(30, || shares("2")), "{}", nova(&["show", "nvb"]).out);
        let _ = sh("ip address delete 192.0.2.1/24 dev nvb").ok();
        undo(&made);
        assert!(link("nvb").is_none());
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

/// With metrics: those that NetworkManager chooses depend on what it has
/// activated before.
const LEASED: &str = "ipv4.method auto ipv4.route-metric 100 ipv6.method disabled";
const BY_DHCP: &str = "DHCP=ipv4\nLinkLocalAddressing=no";
const PROFILES: &str = "/etc/NetworkManager/system-connections";
const LASTING: &str = "/etc/systemd/network";
const VOLATILE: &str = "/run/systemd/network";

/// The members of the bond, as the driver itself tells.
fn members() -> Vec<String> {
    let told = sh(&format!(
        "sed -n 's/^Slave Interface: //p' /proc/net/bonding/{BOND}"
    ))
    .out;
    let mut members: Vec<String> = told.lines().map(ToOwned::to_owned).collect();
    members.sort();
    members
}

/// The link has what the first card had, which is a member of the bond.
#[track_caller]
fn bonded(bearer: &str, address: &str, cards: &[&str]) {
    assert_eq!(members(), cards);
    assert_eq!(address_of(bearer).as_deref(), Some(address));
    assert_eq!(default_by(), [bearer]);
    for name in cards {
        assert_eq!(master_of(name).as_deref(), Some(BOND));
        assert_eq!(address_of(name), None);
    }
    assert_eq!(link(bearer).unwrap()["address"], "52:54:00:00:7e:01");
}

/// The first card has it again.
#[track_caller]
fn plain(address: &str) {
    assert!(link(BOND).is_none());
    assert_eq!(master_of(CARD), None);
    assert_eq!(address_of(CARD).as_deref(), Some(address));
    assert!(
        default_by().contains(&CARD.to_owned()),
        "{:?}",
        default_by()
    );
}

/// The profile that is active on a card.
fn active_on(card: &str) -> String {
    let shown = sh(&format!("nmcli -g GENERAL.CONNECTION device show {card}")).ok();
    shown.trim().to_owned()
}

machine_test! {
    fn a_leased_card_is_bonded_by_network_manager_and_comes_back() {
        let _gone = Gone(BOND);
        let _lan = Lan::with_network_manager(LEASED);
        let address = address_of(CARD).unwrap();
        let administrator = connected(&address);
        let before = (digest(), profiles());
        let line = format!("create-bond {BOND} --interfaces {CARD} --miimon 200");
        let plan = nova(&[&line.split(' ').collect::<Vec<_>>()[..], &["--dry-run"]].concat()).ok();
        for says in [
            &*format!("{address} (from DHCP) moves from {CARD} to {BOND}."),
            "The default route through 198.51.100.1",
            "NetworkManager keeps it",
            "198.51.100.77",
            "nmcli connection up",
        ] {
            assert!(plan.contains(says), "{says}: {plan}");
        }
        assert_eq!((digest(), profiles()), before);

        let made = did(&line);
        bonded(BOND, &address, &[CARD]);
        administrator.is_still_there_within(30);
        assert_eq!(option(BOND, "miimon"), 200);
        assert_eq!(active_on(BOND), BOND);
        assert_eq!(active_on(CARD), format!("{BOND} port {CARD}"));
        assert!(profiles().contains(&format!("{BOND}:{PROFILES}/{BOND}.nmconnection:yes")));
        assert!(profiles().contains(&format!("nvl-uplink:{PROFILES}/nvl-uplink.nmconnection:no")));
        refused(&format!("delete-bond {BOND}"), "nova network undo");
        undo(&made);
        plain(&address);
        administrator.is_still_there_within(30);
        assert_eq!((digest(), profiles()), before);
    }
}

/// Gives the second card a lease of its own by a profile.
fn second_by_network_manager() -> String {
    let added = || {
        sh(
            "nmcli connection add type ethernet ifname nvl1 con-name nvl-second \
            ipv4.method auto ipv4.route-metric 101 ipv4.never-default yes ipv6.method disabled && \
            nmcli -w 30 connection up nvl-second",
        )
        .code
            == 0
    };
    assert!(within(40, added), "NetworkManager takes the second card");
    assert!(within(30, || address_of("nvl1").is_some()));
    address_of("nvl1").unwrap()
}

/// Two cards with leases and one without anything become one bond, a bridge is
/// made above it, and all of it is undone.
fn bonded_and_bridged(second: &str, keeper: &str, kept: impl Fn()) {
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = digest();
    let line = format!("create-bond {BOND} --interfaces {CARD},nvl1,nvl2 --primary nvl1");
    let plan = nova(&[&line.split(' ').collect::<Vec<_>>()[..], &["--dry-run"]].concat()).ok();
    for says in [
        &*format!("nvl1 gives {second} back"),
        &*format!("no longer reached at {second}"),
        &*format!("{keeper} keeps it"),
    ] {
        assert!(plan.contains(says), "{says}: {plan}");
    }
    let cards = [CARD, "nvl1", "nvl2"];
    let made = did(&line);
    bonded(BOND, &address, &cards);
    assert_eq!(option(BOND, "primary"), "nvl1");
    administrator.is_still_there_within(30);
    kept();

    let bridged = did(&format!("bridge-nic {BOND} --name {BRIDGE}"));
    bonded(BRIDGE, &address, &cards);
    assert_eq!(master_of(BOND).as_deref(), Some(BRIDGE));
    assert_eq!(address_of(BOND), None);
    administrator.is_still_there_within(30);

    undo(&bridged);
    assert!(link(BRIDGE).is_none());
    bonded(BOND, &address, &cards);
    administrator.is_still_there_within(30);
    undo(&made);
    plain(&address);
    assert_eq!(address_of("nvl1").as_deref(), Some(second));
    assert_eq!(master_of("nvl2"), None);
    administrator.is_still_there_within(30);
    assert_eq!(digest(), before);
}

machine_test! {
    fn several_cards_are_bonded_and_bridged_by_network_manager() {
        let _gone = (Gone(BOND), Gone(BRIDGE));
        let _lan = Lan::with_network_manager(LEASED).with_more_cards();
        let second = second_by_network_manager();
        let before = profiles();
        bonded_and_bridged(&second, "NetworkManager", || {
            let kept = profiles();
            for name in [BOND.to_owned(), format!("{BOND} port {CARD}"), format!("{BOND} port nvl1"), format!("{BOND} port nvl2")] {
                assert!(kept.contains(&format!("{name}:{PROFILES}/{name}.nmconnection:yes")), "{name}: {kept:?}");
            }
            assert!(kept.contains(&format!("nvl-second:{PROFILES}/nvl-second.nmconnection:no")), "{kept:?}");
        });
        assert_eq!(profiles(), before);
    }
}

fn with_two_by_networkd() -> (Lan, String) {
    let lan = Lan::with_networkd(BY_DHCP).with_more_cards();
    let text = format!(
        "[Match]\nName=nvl1\n\n[Network]\n{BY_DHCP}\n\n[DHCPv4]\nUseRoutes=no\nUseGateway=no\nRouteMetric=2048\n"
    );
    let _ = sh(&format!(
        "printf '%s' '{text}' >{LASTING}/20-nvl1.network && networkctl reload"
    ))
    .ok();
    assert!(within(30, || address_of("nvl1").is_some()));
    let second = address_of("nvl1").unwrap();
    (lan, second)
}

machine_test! {
    fn several_cards_are_bonded_and_bridged_by_networkd() {
        let _gone = (Gone(BOND), Gone(BRIDGE));
        let (_lan, second) = with_two_by_networkd();
        bonded_and_bridged(&second, "systemd-networkd", || {
            assert_eq!(files(LASTING), [
                "05-nova-nvl-bd.netdev", "05-nova-nvl-bd.network", "05-nova-nvl0.network",
                "05-nova-nvl1.network", "20-nvl.network", "20-nvl1.network", "25-nova-nvl2.network",
            ]);
            assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
            let shown = sh(&format!("networkctl status {BOND}")).ok();
            assert!(shown.contains("05-nova-nvl-bd.network"), "{shown}");
        });
        assert_eq!(files(LASTING), ["20-nvl.network", "20-nvl1.network"]);
        assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
    }
}

/// Nothing is on the disk before the bond is kept, and without that it goes.
fn goes_unless_kept(folder: &str) {
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let (before, on_disk) = (digest(), files(folder));
    let _ = done(&format!(
        "create-bond {BOND} --interfaces {CARD},nvl1 --confirm-within 20s"
    ));
    bonded(BOND, &address, &[CARD, "nvl1"]);
    administrator.is_still_there_within(30);
    assert_eq!(files(folder), on_disk);
    let _ = within(90, || digest() == before);
    assert_eq!(digest(), before);
    plain(&address);
    administrator.is_still_there_within(30);
    // Kept by nobody, it is made all the same and undone.
    let made = did(&format!(
        "create-bond {BOND} --interfaces {CARD},nvl1 --persist none"
    ));
    bonded(BOND, &address, &[CARD, "nvl1"]);
    assert_eq!(files(folder), on_disk);
    undo(&made);
    plain(&address);
    administrator.is_still_there_within(30);
    assert_eq!((digest(), files(folder)), (before, on_disk));
}

machine_test! {
    fn a_bond_that_is_not_kept_goes_with_network_manager() {
        let _gone = Gone(BOND);
        let _lan = Lan::with_network_manager(LEASED).with_more_cards();
        let second = second_by_network_manager();
        goes_unless_kept(PROFILES);
        assert_eq!(address_of("nvl1"), Some(second));
        // What is set by hand would be lost.
        let _ = sh("nmcli connection modify nvl-second ipv4.method manual ipv4.addresses 198.51.100.9/24 && \
            nmcli -w 30 connection up nvl-second").ok();
        refused(&format!("create-bond {BOND} --interfaces {CARD},nvl1"), "both carry addresses");
    }
}

machine_test! {
    fn a_bond_that_is_not_kept_goes_with_networkd() {
        let _gone = Gone(BOND);
        let (_lan, second) = with_two_by_networkd();
        goes_unless_kept(LASTING);
        assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
        assert_eq!(address_of("nvl1"), Some(second));
    }
}

/// A card with a lease joins the bond that its program has, and leaves it again.
fn a_second_joins(second: &str) {
    let address = address_of(CARD).unwrap();
    let administrator = connected(&address);
    let before = digest();
    let made = did(&format!("create-bond {BOND} --interfaces {CARD}"));
    bonded(BOND, &address, &[CARD]);
    let joined = did(&format!("add-interface {BOND} nvl1"));
    bonded(BOND, &address, &[CARD, "nvl1"]);
    administrator.is_still_there_within(30);
    undo(&joined);
    bonded(BOND, &address, &[CARD]);
    assert_eq!(address_of("nvl1").as_deref(), Some(second));
    undo(&made);
    plain(&address);
    administrator.is_still_there_within(30);
    assert_eq!(digest(), before);
}

machine_test! {
    fn a_card_of_network_manager_joins_the_bond_that_it_has() {
        let _gone = Gone(BOND);
        let _lan = Lan::with_network_manager(LEASED).with_more_cards();
        let second = second_by_network_manager();
        let before = profiles();
        a_second_joins(&second);
        assert_eq!(profiles(), before);
    }
}

machine_test! {
    fn a_card_of_networkd_joins_the_bond_that_it_has() {
        let _gone = Gone(BOND);
        let (_lan, second) = with_two_by_networkd();
        a_second_joins(&second);
        assert_eq!(files(LASTING), ["20-nvl.network", "20-nvl1.network"]);
        assert!(files(VOLATILE).is_empty(), "{:?}", files(VOLATILE));
    }
}

machine_test! {
    fn options_of_a_persons_bond_and_vlans_of_a_persons_bridge_stand_in_their_profiles() {
        let _gone = [Gone("nvp-bd"), Gone("nvp-br")];
        let _lan = Lan::with_network_manager(LEASED);
        let _ = sh("nmcli connection add type bond ifname nvp-bd con-name nvp-bond \
            bond.options mode=active-backup,miimon=100,fail_over_mac=active \
            ipv4.method disabled ipv6.method disabled && nmcli -w 30 connection up nvp-bond && \
            nmcli connection add type bridge ifname nvp-br con-name nvp-person bridge.stp no \
            bridge.vlan-filtering yes ipv4.method disabled ipv6.method disabled && \
            nmcli -w 30 connection up nvp-person").ok();
        let says = |profile: &str, field: &str| {
            let said = sh(&format!("nmcli -g {field} connection show {profile}")).ok();
            said.trim().to_owned()
        };
        let (bond, bridge) = ("bond.options", "bridge.vlans");
        let before = [says("nvp-bond", bond), says("nvp-person", bridge)];
        let options = did("configure-bond nvp-bd --miimon 50 --up-delay 100");
        assert_eq!(option("nvp-bd", "miimon"), 50);
        let said = says("nvp-bond", bond);
        for word in ["miimon=50", "updelay=100", "fail_over_mac=active", "mode=active-backup"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        let vlans = did("configure-switch nvp-br --own-vlans 100");
        assert!(says("nvp-person", bridge).contains("100"), "{}", says("nvp-person", bridge));
        // As the daemon makes both anew.
        let _ = sh("nmcli -w 30 connection up nvp-bond; nmcli -w 30 connection up nvp-person").ok();
        assert!(within(20, || option("nvp-bd", "miimon") == 50));
        let carried = || sh("bridge -j vlan show dev nvp-br").json()[0]["vlans"].to_string();
        assert!(within(20, || carried().contains("100")), "{}", carried());
        undo(&vlans);
        undo(&options);
        assert_eq!([says("nvp-bond", bond), says("nvp-person", bridge)], before);
        let _ = sh("nmcli connection delete nvp-bond nvp-person").ok();
    }
}

machine_test! {
    fn options_of_a_bond_of_a_persons_file_stand_beside_it() {
        let _gone = Gone("nvp-bd");
        let _lan = Lan::with_networkd(BY_DHCP);
        let theirs = "/etc/systemd/network/10-nvp-theirs";
        let _ = sh(&format!(
            "printf '[NetDev]\\nName=nvp-bd\\nKind=bond\\n\\n[Bond]\\nMode=active-backup\\n\
             MIIMonitorSec=100ms\\nFailOverMACPolicy=active\\n' >{theirs}.netdev; \
             printf '[Match]\\nName=nvp-bd\\n\\n[Network]\\nLinkLocalAddressing=no\\n' >{theirs}.network; \
             networkctl reload")).ok();
        assert!(within(20, || link("nvp-bd").is_some()));
        let options = did("configure-bond nvp-bd --miimon 50 --up-delay 100");
        let added = sh(&format!("grep -v '^#' {theirs}.netdev.d/nova.conf")).ok();
        assert_eq!(added.trim(), "[Bond]\nMIIMonitorSec=50ms\nUpDelaySec=100ms");
        // As the daemon makes it anew.
        let again = || {
            let _ = sh("ip link delete nvp-bd; systemctl restart systemd-networkd && \
                        systemctl reset-failed systemd-networkd").ok();
            assert!(within(20, || link("nvp-bd").is_some()));
            ["miimon", "updelay"].map(|name| option("nvp-bd", name))
        };
        assert_eq!(again(), [50, 100]);
        undo(&options);
        assert_eq!(again(), [100, 0]);
        let left = sh(&format!("ls -d {theirs}*")).ok();
        assert_eq!(left, format!("{theirs}.netdev\n{theirs}.network\n"));
        let _ = sh(&format!("rm {theirs}.*")).ok();
    }
}

/// Each mode, with options that it knows.
const MODES: [&str; 7] = [
    "balance-rr --miimon 100 --up-delay 200 --down-delay 300",
    "active-backup --miimon 50 --primary nvb-b",
    "balance-xor --miimon 100 --xmit-hash-policy layer2+3",
    "broadcast --miimon 100 --down-delay 100",
    "802.3ad --miimon 100 --lacp-rate fast --xmit-hash-policy encap3+4 --min-links 2",
    "balance-tlb --miimon 100 --primary nvb-b",
    "balance-alb --miimon 100 --primary nvb-a",
];

/// Makes a bond of each mode, has a program make it anew from what it keeps, and
/// compares what the kernel tells.
#[track_caller]
fn each_mode_is_made_anew(anew: &str, has_members: bool) {
    let _cables = [Cable::lay("nvb-a"), Cable::lay("nvb-b")];
    let told = || {
        let mut all = link("nvb").map(|it| it["linkinfo"]["info_data"].clone());
        if let Some(Value::Object(all)) = &mut all {
            // What moves by itself.
            let _ = all.remove("active_slave");
            let _ = all.remove("ad_info");
        }
        all
    };
    for mode in MODES {
        done(&format!(
            "create-bond nvb --interfaces nvb-a,nvb-b --mode {mode}"
        ));
        let meant = told();
        let members = ["nvb-a", "nvb-b"];
        let joined = || {
            members
                .iter()
                .all(|it| master_of(it).as_deref() == Some("nvb"))
        };
        assert!(meant.is_some() && joined(), "{mode}");
        let _ = sh("ip link delete nvb").ok();
        let _ = sh(anew).ok();
        assert!(
            within(30, || joined() == has_members && told() == meant),
            "{mode}: {meant:?} {:?}",
            told()
        );
        done("delete-bond nvb");
        assert!(told().is_none());
    }
}

machine_test! {
    fn networkd_reads_each_mode_of_a_bond_as_it_was_meant() {
        let _gone = reset();
        let _lan = Lan::with_networkd(BY_DHCP);
        each_mode_is_made_anew(
            "systemctl restart systemd-networkd && systemctl reset-failed systemd-networkd",
            true,
        );
        let says = sh("journalctl -u systemd-networkd --since -5min -o cat").ok();
        for complaint in ["Unknown key", "Failed to parse", "nvb.netdev:"] {
            assert!(!says.contains(complaint), "{says}");
        }
    }
}

machine_test! {
    fn network_manager_reads_each_mode_of_a_bond_as_it_was_meant() {
        let _gone = reset();
        let _lan = Lan::with_network_manager(LEASED);
        // It leaves virtual cables to others; that cards join again is seen where the
        // machine boots.
        each_mode_is_made_anew("systemctl restart NetworkManager", false);
    }
}
