// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a switch has learned, its flows and its less usual options, seen and
//! set in the window and read with `bridge`, `ovs-ofctl` and `ip`.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::host::{Cable, Gone, digest, link};
use nova_tests::permission::{Allowed, Denied};
use nova_tests::program::{sh, within};
use nova_tests::seat::Seat;

/// A bridge with a cable, behind which somebody has sent; gone when dropped.
struct Learning {
    cable: Cable,
    _gone: Gone,
}

impl Learning {
    fn make() -> Self {
        let gone = Gone("learn0");
        let cable = Cable::lay("card0");
        let _ = sh("
            ip link delete learn0 2>/dev/null
            set -e
            ip link add learn0 type bridge
            ip link set card0 master learn0
            ip link set learn0 up
            ip address add 198.51.100.1/24 dev learn0")
        .ok();
        let _ = cable
            .far("ip address add 198.51.100.2/24 dev far; ping -c 2 -w 10 198.51.100.1")
            .ok();
        Self { cable, _gone: gone }
    }

    /// The MAC address of the far end.
    fn far(&self) -> String {
        let shown = self.cable.far("cat /sys/class/net/far/address").ok();
        shown.trim().to_owned()
    }
}

/// A bridge of Open vSwitch with two ports and a flow; gone when dropped.
struct Flowing;

impl Flowing {
    fn make() -> Self {
        let made = sh("
            set -e
            ovs-vsctl --if-exists del-br learn1
            ovs-vsctl add-br learn1 -- set bridge learn1 datapath_type=netdev
            for port in l1one l1two; do
                ovs-vsctl add-port learn1 $port -- set interface $port type=internal
            done
            ovs-ofctl add-flow learn1 priority=77,in_port=l1one,actions=output:l1two");
        let _ = made.ok();
        Self
    }
}

impl Drop for Flowing {
    fn drop(&mut self) {
        let _ = sh("ovs-vsctl --if-exists del-br learn1");
    }
}

/// Goes to a tab of a switch.
fn opens(person: &Seat, switch: &str, tab: &str) {
    person.presses(Role::ListItem, switch);
    person.presses(Role::PageTab, tab);
}

#[test]
fn learned_addresses_are_told_live_and_searched() {
    let bridge = Learning::make();
    let far = bridge.far();
    let shown = sh("bridge fdb show br learn0").ok();
    assert!(shown.contains(&far), "{shown}");
    let person = Seat::at("switches");
    opens(&person, "learn0", "Learned");
    person.waits_for(&far);
    let row = || person.sees(Role::ListItem, &far);
    let says = |words: &str| row().is_some_and(|row| row.says(words));
    let is_told = || says("port card0") && says("learned");
    assert!(within(30, is_told), "{:?}", row());
    assert!(within(30, || says("silent for")), "{:?}", row());
    person.waits_for("1 address learned");
    person.waits_for("forgotten after 300 s of silence");

    person.presses(Role::ListItem, &far);
    let is_selected = || row().is_some_and(|row| row.states.contains(State::Selected));
    assert!(within(30, is_selected));
    let _ = sh("bridge fdb add 02:00:00:00:00:99 dev card0 master static").ok();
    person.waits_for("02:00:00:00:00:99");
    assert!(within(30, is_selected), "{:?}", row());

    person.types("Search what is learned", "00:99 static");
    assert!(within(30, || row().is_none()));
    person.waits_for("02:00:00:00:00:99");
    person.types("Search what is learned", "nobody");
    person.waits_for("Nothing found");
    person.presses(Role::Button, "Clear Search");
    assert!(within(30, is_selected), "the selection is found again");
    let _ = sh("bridge fdb delete 02:00:00:00:00:99 dev card0 master").ok();
    assert!(within(30, || !person.reads("02:00:00:00:00:99")));
}

#[test]
fn a_thousand_addresses_are_listed_and_found() {
    let bridge = Learning::make();
    let batch: String = (0..1000)
        .map(|number: u32| {
            let [.., high, low] = number.to_be_bytes();
            format!("fdb add 02:00:00:00:{high:02x}:{low:02x} dev card0 master dynamic\n")
        })
        .collect();
    let person = Seat::at("switches");
    opens(&person, "learn0", "Learned");
    person.waits_for(&bridge.far());
    let _ = sh(&format!("bridge -batch - <<'BATCH'\n{batch}BATCH")).ok();
    person.waits_for("1001 addresses learned");
    person.types("Search what is learned", "03:e7");
    person.waits_for("02:00:00:00:03:e7");
    assert!(!person.reads("02:00:00:00:03:e6"));
}

#[test]
fn groups_that_ports_asked_for_are_told() {
    let bridge = Learning::make();
    let _ = sh("ip link set learn0 type bridge mcast_snooping 1; \
        bridge mdb add dev learn0 port card0 grp 239.255.255.250 permanent")
    .ok();
    let person = Seat::at("switches");
    opens(&person, "learn0", "Learned");
    person.waits_for(&bridge.far());
    person.waits_for("239.255.255.250");
    let row = person.sees(Role::ListItem, "239.255.255.250").unwrap();
    assert!(row.says("SSDP") && row.says("port card0"), "{row}");
    let _ = sh("ip link set learn0 type bridge mcast_snooping 0").ok();
    person.waits_for("multicast snooping is off");
}

#[test]
fn flows_are_shown_and_read_again_when_asked() {
    let _bridge = Flowing::make();
    let person = Seat::at("switches");
    opens(&person, "learn1", "Flows");
    person.waits_for("in_port=l1one");
    let row = person.sees(Role::ListItem, "in_port=l1one").unwrap();
    for words in ["priority 77", "actions output:l1two", "0 packets"] {
        assert!(row.says(words), "{row}");
    }
    person.waits_for("every frame");
    let _ = sh("ovs-ofctl add-flow learn1 priority=78,arp,actions=drop").ok();
    assert!(!person.reads("arp"), "they are not followed");
    person.presses(Role::Button, "Refresh");
    person.waits_for("arp");
    let _ = sh("ovs-ofctl del-flows learn1").ok();
    person.types("Search the flows", "NORMAL");
    assert!(within(30, || !person.reads("in_port=l1one")));
}

#[test]
fn who_may_not_see_flows_is_told_so_and_can_try_again() {
    let _bridge = Flowing::make();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "learn1");
    person.waits_for("Open vSwitch on this host");
    let denied = Denied::for_user("nova", "observe");
    person.presses(Role::PageTab, "Flows");
    person.waits_for("Try Again");
    assert!(!person.reads("in_port=l1one"));
    drop(denied);
    person.presses(Role::Button, "Try Again");
    person.waits_for("in_port=l1one");
}

#[test]
fn querier_groups_and_mtu_of_a_bridge_are_set_in_one_review() {
    let _allowed = Allowed::for_user("nova");
    let _bridge = Learning::make();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "learn0");
    person.presses(Role::Button, "Configure…");
    person.reaches(Role::CheckBox, "Forward LLDP");
    person.presses(Role::CheckBox, "Forward LLDP");
    person.reaches(Role::CheckBox, "Multicast querier");
    person.presses(Role::CheckBox, "Multicast querier");
    person.reaches(Role::ListItem, "Most multicast groups");
    person.chooses("Most multicast groups", "8192");
    person.sets("MTU in bytes", 1400.0);
    person.presses(Role::Button, "Review…");
    person.waits_for("The MTU of learn0 becomes 1400");
    person.presses(Role::Button, "Apply");
    let bridge = || link("learn0").unwrap();
    assert!(within(30, || bridge()["mtu"] == 1400), "{}", bridge());
    let options = bridge()["linkinfo"]["info_data"].clone();
    assert_eq!(options["mcast_querier"], 1, "{options}");
    assert_eq!(options["mcast_hash_max"], 8192, "{options}");
    assert_eq!(options["group_fwd_mask"], "0x4000", "{options}");
    if person.reads("Keep these changes?") {
        person.presses(Role::Button, "Keep");
    }
    person.waits_for("LLDP forwarded");
}

#[test]
fn a_mask_that_carries_the_spanning_tree_is_refused_beside_the_field() {
    let _bridge = Learning::make();
    let before = digest();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "learn0");
    person.presses(Role::Button, "Configure…");
    person.reaches(Role::CheckBox, "Forward 802.1X");
    person.presses(Role::CheckBox, "Forward 802.1X");
    person.reaches(Role::Text, "Mask of link-local frames");
    person.types("Mask of link-local frames", "0x5");
    person.waits_for("which end at each bridge");
    let review = person.sees(Role::Button, "Review…").unwrap();
    assert!(!review.states.contains(State::Enabled));
    assert_eq!(digest(), before);
}

#[test]
fn a_given_address_is_set_on_the_bridge() {
    let _allowed = Allowed::for_user("nova");
    let _bridge = Learning::make();
    let _ = sh("ip address flush dev learn0").ok();
    let person = Seat::at("switches");
    person.presses(Role::ListItem, "learn0");
    person.presses(Role::Button, "Configure…");
    person.reaches(Role::ListItem, "MAC address");
    person.chooses("MAC address", "Given below");
    person.reaches(Role::Text, "Given MAC address");
    person.types("Given MAC address", "02:00:00:00:00:42");
    person.presses(Role::Button, "Review…");
    person.presses(Role::Button, "Apply");
    let mac = || link("learn0").unwrap()["address"].clone();
    assert!(within(30, || mac() == "02:00:00:00:00:42"), "{}", mac());
}

#[test]
fn a_mirrored_connection_has_an_eye() {
    let _bridge = Learning::make();
    let _other = Cable::lay("card1");
    let mirror = "nova network mirror-port learn0 --source card0 --destination card1 --yes";
    let _ = sh(mirror).ok();
    let person = Seat::at("topology");
    person.waits_for("Everything of card0 is copied to card1");
    person.waits_for("Mirrored connection");
    let _ = sh("nova network remove-mirror learn0 mirror-card1 --yes").ok();
    assert!(within(30, || !person.reads("Mirrored connection")));
}
