// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. MTU and MAC address of what Open vSwitch makes itself: it is
//! asked for them, for it takes back what another program sets.

#![allow(missing_docs, clippy::unwrap_used)]

use nova_tests::bus::alone;
use nova_tests::host::{Cable, link};
use nova_tests::lan::newest;
use nova_tests::ovs::{Free, configuration, does, vsctl};
use nova_tests::program::{nova, sh, within};

fn mtu(name: &str) -> u64 {
    link(name).unwrap()["mtu"].as_u64().unwrap()
}

fn mac(name: &str) -> String {
    link(name).unwrap()["address"].as_str().unwrap().to_owned()
}

#[test]
fn an_mtu_stays_where_open_vswitch_would_take_it_back() {
    let _alone = alone();
    let _free = Free::made("nvw1");
    let _cables = ["nvw-a", "nvw-b"].map(Cable::lay);
    let _ = does("ovs-add-port nvw1 nvw-i --internal");
    let before = configuration();
    let made = ["set-mtu nvw1 1400", "set-mtu nvw-i 1300"].map(|line| {
        let _ = does(line);
        newest()
    });
    assert_eq!((mtu("nvw1"), mtu("nvw-i")), (1400, 1300));
    // Its ports come and go, and it looks at the MTU of each.
    let _ = does("add-interface nvw1 nvw-a");
    let _ = sh("ip link set nvw-b mtu 1280").ok();
    let _ = does("add-interface nvw1 nvw-b");
    let _ = sh("ovs-appctl -T 5 revalidator/wait; sleep 1").ok();
    assert_eq!((mtu("nvw1"), mtu("nvw-i")), (1400, 1300));
    for port in ["nvw-b", "nvw-a"] {
        let _ = does(&format!("remove-interface nvw1 {port}"));
    }
    // An interface nobody asks for another gets the smallest MTU of its bridge.
    for change in made.into_iter().rev() {
        let _ = does(&format!("undo {change}"));
    }
    assert_eq!(configuration(), before);
    assert!(within(5, || (mtu("nvw1"), mtu("nvw-i")) == (1500, 1500)));
}

#[test]
fn a_bridge_is_made_with_a_mac_address_and_an_mtu_and_keeps_them() {
    let _alone = alone();
    let _free = Free::new("nvw2");
    let _cable = Cable::lay("nvw-a");
    let _ = does(
        "create-switch nvw2 --type openvswitch --mac 02:00:00:00:00:aa --mtu 1400 --interfaces nvw-a",
    );
    assert_eq!(
        (mac("nvw2").as_str(), mtu("nvw2")),
        ("02:00:00:00:00:aa", 1400)
    );
    let _ = does("ovs-configure-switch nvw2 --mac nvw-a");
    assert_eq!(mac("nvw2"), mac("nvw-a"));
    let _ = does("configure-bridge nvw2 --mac 02:00:00:00:00:bb --mtu 1450");
    assert_eq!(
        (mac("nvw2").as_str(), mtu("nvw2")),
        ("02:00:00:00:00:bb", 1450)
    );
    let kept = vsctl("get Bridge nvw2 other_config:hwaddr");
    assert_eq!(kept, "\"02:00:00:00:00:bb\"");
    let _ = does(&format!("undo {}", newest()));
    assert_eq!(mac("nvw2"), mac("nvw-a"));
    assert_eq!(mtu("nvw2"), 1400);
    let ran = nova(&[
        "configure-bridge",
        "nvw2",
        "--mac",
        "01:00:00:00:00:bb",
        "--yes",
    ]);
    assert!(
        ran.code == 2 && ran.err.contains("the address of one station"),
        "{ran:?}"
    );
}
