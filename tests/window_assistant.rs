// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The assistants of the window, pressed to the end as a person would: a bridge
//! above the network card this host is reached by, and switches of Open vSwitch.
//! What has become of it is read with `ip`, `nmcli` and `ovs-vsctl`.

#![allow(clippy::unwrap_used)]

use atspi::{Role, State};
use nova_tests::administrator::{Administrator, answer};
use nova_tests::bus::{Client, alone};
use nova_tests::host::{digest, link};
use nova_tests::lan::{
    ADMIN, BRIDGE, BY_HAND, CARD, Lan, address_of, default_by, files, master_of, profiles,
};
use nova_tests::permission::Allowed;
use nova_tests::program::{run, sh, within};
use nova_tests::reference::no_change_is_open;
use nova_tests::seat::Seat;

/// Seconds that a program may take to move the addresses of a card.
const MOVE: u64 = 90;

fn connected() -> Administrator {
    static ANSWER: std::sync::Once = std::sync::Once::new();
    ANSWER.call_once(answer);
    let address = address_of(CARD).unwrap();
    let (address, _) = address.split_once('/').unwrap();
    Administrator::connect(ADMIN, address, false)
}

fn still_there(administrator: &Administrator) -> bool {
    administrator.is_answered_within(30)
}

/// Goes through the assistant up to the review.
fn choose(person: &Seat) {
    choose_with(person, |_| {});
}

/// The same, and fills in more of the form.
fn choose_with(person: &Seat, fill: impl FnOnce(&Seat)) {
    person.waits_for("libvirt: connected");
    person.presses(Role::Button, "Bridge a Network Card…");
    person.waits_for("It is a port of br0 already");
    person.presses(Role::RadioButton, CARD);
    person.types("Name", BRIDGE);
    fill(person);
    person.presses(Role::Button, "Review…");
    person.waits_for(&format!("{CARD} becomes a port of {BRIDGE}."));
}

/// Applies what is reviewed, up to the question whether to keep it.
fn apply(person: &Seat) {
    person.presses(Role::Button, "Apply");
    assert!(
        within(MOVE, || person.reads("Keep these changes?")),
        "{}",
        person.describes()
    );
}

#[test]
fn a_card_is_bridged_by_the_assistant_and_kept() {
    let _alone = alone();
    let _allowed = Allowed::for_user("nova");
    let _lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
    let administrator = connected();
    let address = address_of(CARD).unwrap();
    let before = (digest(), profiles());
    let person = Seat::at("switches");
    choose_with(&person, |person| {
        person.waits_for("configured by NetworkManager");
        person.reaches(Role::Button, "Advanced");
        person.presses(Role::Button, "Advanced");
        person.reaches(Role::SpinButton, "MAC ageing time in seconds");
        person.sets("MAC ageing time in seconds", 60.0);
    });
    for told in [
        &*format!("{address} (from DHCP) moves from {CARD} to {BRIDGE}."),
        "The default route through 198.51.100.1 and the name servers move with it.",
        &*format!("It has the MAC address {} of {CARD}", mac(CARD)),
        "Connected through nvl0 to administer this host: 198.51.100.77.",
        "is not reached through nvl0 for a second or two",
        "NetworkManager keeps it: the profiles",
    ] {
        person.waits_for(told);
    }
    assert_eq!((digest(), profiles()), before, "a review changes nothing");

    apply(&person);
    assert_eq!(master_of(CARD).as_deref(), Some(BRIDGE));
    assert_eq!(ageing(BRIDGE), Some(6000));
    assert_eq!(address_of(BRIDGE).as_deref(), Some(&*address));
    assert_eq!(default_by(), [BRIDGE]);
    assert!(still_there(&administrator));
    person.presses(Role::Button, "Keep");
    person.waits_for(&format!("{BRIDGE} created"));
    let kept = profiles().join("\n");
    assert!(
        kept.contains(&format!("{BRIDGE}.nmconnection:yes")),
        "{kept}"
    );
    assert!(still_there(&administrator));
}

#[test]
fn a_bridged_card_is_reverted_when_asked() {
    let _alone = alone();
    let _allowed = Allowed::for_user("nova");
    let _lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
    let administrator = connected();
    let address = address_of(CARD).unwrap();
    let before = (digest(), profiles());
    let person = Seat::at("switches");
    choose(&person);
    apply(&person);
    person.presses(Role::Button, "Revert");
    assert!(
        within(MOVE, || address_of(CARD).as_deref() == Some(&*address)),
        "{}",
        person.describes()
    );
    assert!(within(30, || link(BRIDGE).is_none()));
    assert!(within(30, || (digest(), profiles()) == before));
    assert!(still_there(&administrator));
}

#[test]
fn a_card_of_systemd_networkd_is_bridged_by_the_assistant_and_kept() {
    let _alone = alone();
    let _allowed = Allowed::for_user("nova");
    let _lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
    let administrator = connected();
    let address = address_of(CARD).unwrap();
    let lasting = || files("/etc/systemd/network");
    let before = lasting();
    let person = Seat::at("switches");
    choose_with(&person, |person| {
        person.waits_for("configured by systemd-networkd");
    });
    person.waits_for(&format!(
        "{address} (from DHCP) moves from {CARD} to {BRIDGE}."
    ));
    person.waits_for("systemd-networkd keeps it: the files move to /etc/systemd/network");
    apply(&person);
    assert_eq!(master_of(CARD).as_deref(), Some(BRIDGE));
    assert_eq!(address_of(BRIDGE).as_deref(), Some(&*address));
    assert!(still_there(&administrator));
    assert_eq!(lasting(), before, "nothing lasts before it is kept");
    person.presses(Role::Button, "Keep");
    person.waits_for(&format!("{BRIDGE} created"));
    let kept = lasting().join(" ");
    assert!(kept.contains(&format!("{BRIDGE}.netdev")), "{kept}");
    assert_eq!(default_by(), [BRIDGE]);
    assert!(still_there(&administrator));
}

#[test]
fn a_card_addressed_by_hand_is_bridged_by_the_assistant_until_the_next_boot() {
    let _alone = alone();
    let _allowed = Allowed::for_user("nova");
    let _lan = Lan::lay();
    let _ = sh(&format!(
        "ip address add {BY_HAND} dev {CARD}; ip route add default via 198.51.100.1 metric 7"
    ))
    .ok();
    let administrator = connected();
    let before = digest();
    let person = Seat::at("switches");
    choose(&person);
    person.waits_for(&format!("{BY_HAND} moves from {CARD} to {BRIDGE}"));
    person.waits_for("It is gone with the next boot");
    apply(&person);
    assert_eq!(address_of(BRIDGE).as_deref(), Some(BY_HAND));
    assert_eq!(default_by(), [BRIDGE]);
    assert!(still_there(&administrator));
    person.presses(Role::Button, "Revert");
    assert!(within(30, || digest() == before), "{}", digest());
    assert!(still_there(&administrator));
    // It is looked at for a while longer, as a card would be that vanishes now.
    assert!(within(30, || no_change_is_open(&Client::connect())));
}

#[test]
fn a_bridge_that_nobody_is_to_keep_leaves_nothing_on_the_disk() {
    let _alone = alone();
    let _allowed = Allowed::for_user("nova");
    let _lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
    let before = profiles();
    let person = Seat::at("switches");
    choose(&person);
    person.presses(Role::CheckBox, "Choose");
    let networkd = person.sees(Role::RadioButton, "systemd-networkd").unwrap();
    assert!(!networkd.states.contains(State::Enabled), "{networkd}");
    person.presses(Role::RadioButton, "Nobody");
    assert!(within(30, || {
        let nobody = person.sees(Role::RadioButton, "Nobody");
        nobody.is_some_and(|nobody| {
            // Not Apply: whoever chooses is not about to apply yet.
            nobody.states.contains(State::Checked) && nobody.states.contains(State::Focused)
        })
    }));
    person.presses(Role::CheckBox, "Choose");
    person.waits_for("It is gone with the next boot, as asked.");
    apply(&person);
    person.presses(Role::Button, "Keep");
    person.waits_for(&format!("{BRIDGE} created"));
    assert_eq!(master_of(CARD).as_deref(), Some(BRIDGE));
    let on_disk = |profiles: Vec<String>| -> Vec<String> {
        profiles
            .into_iter()
            .filter(|profile| profile.contains("/etc/NetworkManager"))
            .collect()
    };
    assert_eq!(on_disk(profiles()), on_disk(before));
}

/// What the database of Open vSwitch says, asked by `ovs-vsctl`.
fn vsctl(words: &[&str]) -> String {
    let mut all = vec!["--timeout=10"];
    all.extend(words);
    run("ovs-vsctl", &all).ok().trim().to_owned()
}

/// Deletes a bridge of Open vSwitch when dropped, whatever the test did.
struct OvsGone(&'static str);

impl Drop for OvsGone {
    fn drop(&mut self) {
        let _ = sh(&format!(
            "ovs-vsctl --timeout=10 --if-exists del-br {}",
            self.0
        ));
    }
}

#[test]
fn a_switch_of_open_vswitch_is_made_gets_a_port_and_is_deleted() {
    let _alone = alone();
    let _allowed = Allowed::for_user("nova");
    let _gone = OvsGone("asst0");
    let person = Seat::at("switches");
    person.waits_for("Open vSwitch: connected");
    person.presses(Role::Button, "Create Switch…");
    person.presses(Role::RadioButton, "Open vSwitch");
    person.types("Name", "asst0");
    person.chooses("Spanning tree", "Rapid spanning tree (802.1D-2004)");
    person.reaches(Role::Button, "Advanced");
    person.presses(Role::Button, "Advanced");
    for (field, value) in [
        ("Priority", 4096.0),
        ("Forward delay in seconds", 10.0),
        ("Max age in seconds", 16.0),
        ("MAC ageing time in seconds", 60.0),
    ] {
        person.reaches(Role::SpinButton, field);
        person.sets(field, value);
    }
    person.presses(Role::Button, "Review…");
    person.waits_for("The Open vSwitch bridge asst0 appears.");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || vsctl(&["list-br"]) == "asst0"));
    assert_eq!(vsctl(&["get", "bridge", "asst0", "rstp_enable"]), "true");
    assert_eq!(
        vsctl(&["get", "bridge", "asst0", "other_config"]),
        r#"{mac-aging-time="60", rstp-forward-delay="10", rstp-max-age="16", rstp-priority="4096"}"#
    );
    person.waits_for("asst0 created");

    person.presses(Role::ListItem, "asst0");
    person.waits_for("Open vSwitch on this host");
    person.presses(Role::Button, "Add Port…");
    person.types("Name", "asst-in0");
    person.presses(Role::Button, "Review…");
    person.waits_for("asst-in0 becomes a port of asst0");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || vsctl(&["list-ports", "asst0"]) == "asst-in0"));
    assert_eq!(vsctl(&["get", "interface", "asst-in0", "type"]), "internal");
    assert!(link("asst-in0").is_some());

    person.waits_for("asst-in0");
    person.presses(Role::Button, "Delete…");
    person.waits_for("The Open vSwitch bridge asst0 disappears.");
    person.presses(Role::Button, "Apply");
    assert!(within(30, || vsctl(&["list-br"]).is_empty()));
}

/// Starts Open vSwitch again when dropped.
struct OvsBack;

impl Drop for OvsBack {
    fn drop(&mut self) {
        let _ = sh("systemctl start openvswitch-switch");
    }
}

#[test]
fn without_open_vswitch_its_switches_cannot_be_chosen_and_one_is_told_why() {
    let _alone = alone();
    let _back = OvsBack;
    let _ = sh("systemctl stop openvswitch-switch").ok();
    let person = Seat::at("switches");
    person.waits_for("Open vSwitch: missing");
    person.presses(Role::Button, "Create Switch…");
    person.waits_for("Open vSwitch is not running");
    let kind = person.sees(Role::RadioButton, "Open vSwitch").unwrap();
    assert!(!kind.states.contains(State::Enabled), "{kind}");
    person.presses(Role::Button, "Cancel");
}

/// Hundredths of a second after which a bridge forgets an address.
fn ageing(bridge: &str) -> Option<u64> {
    let info = &link(bridge)?["linkinfo"]["info_data"];
    info["ageing_time"].as_u64()
}

fn mac(name: &str) -> String {
    link(name).unwrap()["address"].as_str().unwrap().to_owned()
}
