// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab with the scene `small`. The live picture of the library: what
//! other programs change is in it soon, and a daemon that goes away and comes back
//! is a part that is missing meanwhile.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use nova::networking::{NetworkManager, Service, Snapshot, Watch};
use nova_model::link::Owner;
use nova_model::machine::MachineState;
use nova_tests::host::{Cable, Frozen, Gone, LibvirtBack};
use nova_tests::program::{run, sh};
use tokio::runtime::Runtime;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads")
}

fn watch(runtime: &Runtime) -> Watch {
    runtime
        .block_on(NetworkManager::new().watch())
        .expect("a picture")
}

/// Waits until the picture is so and says how long it took.
#[track_caller]
fn shows(
    runtime: &Runtime,
    watch: &mut Watch,
    most: Duration,
    is_so: impl FnMut(&Arc<Snapshot>) -> bool,
) -> Duration {
    let began = Instant::now();
    let is_shown = runtime.block_on(async {
        tokio::time::timeout(most, watch.snapshots.wait_for(is_so))
            .await
            .is_ok()
    });
    assert!(is_shown, "not within {most:?}");
    began.elapsed()
}

/// Long enough for a busy machine; how soon it was is told. What no event tells would
/// not be there much later either: but for a libvirt that went nothing is asked again.
const SOON: Duration = Duration::from_secs(5);

fn state_of(snapshot: &Snapshot, name: &str) -> Option<MachineState> {
    let virt = snapshot.virt.available()?;
    let machine = virt.machines.iter().find(|it| it.name == name)?;
    Some(machine.state)
}

#[test]
fn a_change_of_the_kernel_is_there_soon() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    let cable = Cable::lay("nvl-a");
    let _ = sh("ip link delete nvl-br");
    let _gone = Gone("nvl-br");
    let _ = sh("ip link add nvl-br type bridge && ip link set nvl-a master nvl-br").ok();
    let taken = shows(&runtime, &mut watch, SOON, |snapshot| {
        let bridge = snapshot.host.link("nvl-br").map(|link| link.index);
        let port = snapshot.host.link("nvl-a").map(|link| link.controller);
        bridge.is_some() && port == Some(bridge)
    });
    println!("outside change seen after {taken:?}");
    drop(cable);
    shows(&runtime, &mut watch, SOON, |snapshot| {
        snapshot.host.link("nvl-a").is_none()
    });
}

#[test]
fn a_machine_that_stops_and_starts_is_there_soon() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    let _ = run("virsh", &["destroy", "build"]).ok();
    let taken = shows(&runtime, &mut watch, SOON, |snapshot| {
        state_of(snapshot, "build") == Some(MachineState::Off)
    });
    println!("stopped machine seen after {taken:?}");
    let _ = run("virsh", &["start", "build"]).ok();
    let taken = shows(&runtime, &mut watch, SOON, |snapshot| {
        let running = state_of(snapshot, "build") == Some(MachineState::Running);
        let has_tap = snapshot.host.links.values().any(|link| {
            let machine = snapshot.machine_of_tap(link);
            machine.is_some_and(|(machine, _)| machine.name == "build")
        });
        running && has_tap
    });
    println!("started machine seen after {taken:?}");
    // Its lease is told by no event of libvirt.
    shows(&runtime, &mut watch, 8 * SOON, |snapshot| {
        let virt = snapshot.virt.available();
        virt.is_some_and(|virt| {
            let machine = virt.machines.iter().find(|it| it.name == "build");
            machine.is_some_and(|it| !it.interfaces[0].addresses.is_empty())
        })
    });
}

#[test]
fn a_network_that_starts_and_stops_is_there_soon() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    let _ = sh("virsh net-destroy nvl-net");
    let _ = sh("f=$(mktemp); echo \"<network><name>nvl-net</name><bridge name='nvl-net0'/></network>\" >$f; \
         virsh net-create $f; rm $f")
    .ok();
    let is_listed = |snapshot: &Arc<Snapshot>| {
        let virt = snapshot.virt.available();
        virt.is_some_and(|virt| virt.networks.iter().any(|it| it.name == "nvl-net"))
    };
    shows(&runtime, &mut watch, SOON, is_listed);
    let _ = run("virsh", &["net-destroy", "nvl-net"]).ok();
    shows(&runtime, &mut watch, SOON, |snapshot| !is_listed(snapshot));
}

/// libvirt tells of neither: its files do.
#[test]
fn a_network_whose_parts_change_is_there_soon() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    let _ = sh("virsh net-destroy nvl-part; virsh net-undefine nvl-part");
    let _ = sh(
        "f=$(mktemp); echo \"<network><name>nvl-part</name><bridge name='nvl-part0'/>\
         <ip address='10.79.8.1' prefix='24'><dhcp><range start='10.79.8.10' end='10.79.8.20'/>\
         </dhcp></ip></network>\" >$f; virsh net-define $f; virsh net-start nvl-part; rm $f",
    )
    .ok();
    let network = |snapshot: &Arc<Snapshot>| {
        let virt = snapshot.virt.available()?;
        let mut networks = virt.networks.iter();
        networks.find(|it| it.name == "nvl-part").cloned()
    };
    let ranges = |snapshot: &Arc<Snapshot>| {
        network(snapshot).map_or(0, |network| network.subnets[0].dhcp_ranges.len())
    };
    shows(&runtime, &mut watch, SOON, |it| ranges(it) == 1);
    let update = "<range start='10.79.8.30' end='10.79.8.40'/>";
    let words = [
        "net-update",
        "nvl-part",
        "add-last",
        "ip-dhcp-range",
        update,
        "--live",
    ];
    let _ = run("virsh", &words).ok();
    let taken = shows(&runtime, &mut watch, SOON, |it| ranges(it) == 2);
    println!("part of a network seen after {taken:?}");
    let starts = |it: &Arc<Snapshot>| network(it).is_some_and(|network| network.autostart);
    let _ = run("virsh", &["net-autostart", "nvl-part"]).ok();
    let taken = shows(&runtime, &mut watch, SOON, starts);
    println!("mark to start with the host seen after {taken:?}");
    let _ = run("virsh", &["net-autostart", "nvl-part", "--disable"]).ok();
    shows(&runtime, &mut watch, SOON, |it| !starts(it));
    let _ = sh("virsh net-destroy nvl-part; virsh net-undefine nvl-part").ok();
}

#[test]
fn a_link_with_a_profile_belongs_to_the_networkmanager_daemon() {
    let runtime = runtime();
    let _cable = Cable::lay("nvl-nm");
    let _ = sh("nmcli connection delete nvl-nm");
    let _ = sh("nmcli device set nvl-nm managed yes; nmcli connection add type ethernet ifname nvl-nm \
         con-name nvl-nm autoconnect no ipv4.method manual ipv4.addresses 198.51.100.50/24 ipv6.method disabled")
    .ok();
    let mut watch = watch(&runtime);
    let owner = |snapshot: &Arc<Snapshot>| {
        let link = snapshot.host.link("nvl-nm");
        link.map(|link| link.owner.clone())
    };
    assert_eq!(owner(&watch.snapshots.borrow()), Some(Owner::Nobody));
    let _ = run("nmcli", &["connection", "up", "nvl-nm"]).ok();
    shows(&runtime, &mut watch, SOON, |snapshot| {
        owner(snapshot) == Some(Owner::NetworkManagerDaemon)
    });
    // A bridge that the daemon only describes stays its maker's.
    let br0 = watch
        .snapshots
        .borrow()
        .host
        .link("br0")
        .map(|link| link.owner.clone());
    assert_eq!(br0, Some(Owner::Nobody));
    let _ = run("nmcli", &["connection", "delete", "nvl-nm"]).ok();
    shows(&runtime, &mut watch, SOON, |snapshot| {
        owner(snapshot) == Some(Owner::Nobody)
    });
}

#[test]
fn a_libvirt_that_was_stopped_stays_stopped_and_is_taken_up_when_it_is_back() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    let _back = LibvirtBack;
    shows(&runtime, &mut watch, SOON, |snapshot| {
        snapshot.virt.available().is_some()
    });
    // Its sockets stay: whoever connects would start it again.
    let _ = run("systemctl", &["stop", "libvirtd.service"]).ok();
    let taken = shows(&runtime, &mut watch, SOON, |snapshot| {
        matches!(&snapshot.virt, Service::Missing(error)
            if error.remedy().is_some_and(|remedy| remedy.contains("systemctl start libvirtd")))
    });
    println!("stopped libvirt seen after {taken:?}");
    std::thread::sleep(SOON);
    let is_active = run("systemctl", &["is-active", "libvirtd"]).code == 0;
    assert!(
        !is_active,
        "somebody has started it again:\n{}",
        sh("journalctl --no-pager -n 30 -o short-precise; ss -xp | grep libvirt").out
    );
    assert!(watch.snapshots.borrow().host.link("br0").is_some());
    let _ = run("systemctl", &["start", "libvirtd.service"]).ok();
    // It answers a while after systemd says that it is there.
    let _ = run("virsh", &["--readonly", "list"]).ok();
    let taken = shows(&runtime, &mut watch, 2 * SOON, |snapshot| {
        snapshot.virt.available().is_some()
    });
    println!("libvirt that is back seen after {taken:?}");
    // And again, at once.
    let _ = run("systemctl", &["restart", "libvirtd.service"]).ok();
    let _ = run("virsh", &["--readonly", "list"]).ok();
    shows(&runtime, &mut watch, 3 * SOON, |snapshot| {
        state_of(snapshot, "web") == Some(MachineState::Running)
    });
}

#[test]
fn a_libvirt_that_hangs_is_told_and_taken_up_when_it_goes_on() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    shows(&runtime, &mut watch, SOON, |snapshot| {
        snapshot.virt.available().is_some()
    });
    let frozen = Frozen::unit("libvirtd");
    // It may rest for a while without having anything to tell.
    let taken = shows(&runtime, &mut watch, 10 * SOON, |snapshot| {
        matches!(&snapshot.virt, Service::Missing(error)
            if error.message().contains("runs and does not answer"))
    });
    println!("hanging libvirt seen after {taken:?}");
    drop(frozen);
    let taken = shows(&runtime, &mut watch, 2 * SOON, |snapshot| {
        snapshot.virt.available().is_some()
    });
    println!("libvirt that goes on seen after {taken:?}");
}

#[test]
fn what_a_bridge_learns_is_there_soon() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    let _ = sh("ip link delete nvl-br");
    let _gone = Gone("nvl-br");
    let cable = Cable::lay("nvl-a");
    let _ = sh("ip link add nvl-br type bridge mcast_querier 1 && ip link set nvl-a master nvl-br && ip link set nvl-br up").ok();
    let mac = cable.far("cat /sys/class/net/far/address").ok();
    let mac: nova_model::address::MacAddress = mac.trim().parse().unwrap();
    let _ = cable.far("ip address add 198.51.100.9/24 dev far; ping -c 1 -W 1 198.51.100.10");
    let index = |snapshot: &Snapshot| snapshot.host.link("nvl-a").map(|link| link.index);
    shows(&runtime, &mut watch, 10 * SOON, |snapshot| {
        let mut entries = snapshot.host.learned.addresses.iter();
        entries.any(|entry| entry.mac == mac && Some(entry.link) == index(snapshot))
    });
    let _ =
        cable.far("timeout 20 socat -u UDP4-RECV:5001,ip-add-membership=239.4.5.6:far /dev/null &");
    shows(&runtime, &mut watch, 20 * SOON, |snapshot| {
        let mut groups = snapshot.host.learned.groups.iter();
        groups.any(|entry| entry.group.to_string() == "239.4.5.6")
    });
    drop(cable);
    shows(&runtime, &mut watch, 10 * SOON, |snapshot| {
        let mut entries = snapshot.host.learned.addresses.iter();
        !entries.any(|entry| entry.mac == mac)
    });
}

#[test]
fn what_others_change_in_open_vswitch_is_there_within_seconds() {
    let runtime = runtime();
    let mut watch = watch(&runtime);
    let _ = sh("ovs-vsctl --if-exists del-br nvl-ovs");
    let _ = sh("ovs-vsctl add-br nvl-ovs -- set Bridge nvl-ovs datapath_type=netdev").ok();
    let taken = shows(&runtime, &mut watch, 10 * SOON, |snapshot| {
        snapshot.host.ovs.bridge("nvl-ovs").is_some()
    });
    println!("bridge of ovs-vsctl seen after {taken:?}");
    let _ = sh("ovs-vsctl add-port nvl-ovs nvl-p tag=7 -- set Interface nvl-p type=internal").ok();
    let taken = shows(&runtime, &mut watch, 10 * SOON, |snapshot| {
        let bridge = snapshot.host.ovs.bridge("nvl-ovs");
        let port = bridge.and_then(|bridge| bridge.port("nvl-p"));
        port.is_some_and(|port| port.conf.vlans.tag == Some(7))
    });
    println!("port of ovs-vsctl seen after {taken:?}");
    let _ = sh("ovs-vsctl del-br nvl-ovs").ok();
    shows(&runtime, &mut watch, 10 * SOON, |snapshot| {
        snapshot.host.ovs.bridge("nvl-ovs").is_none()
    });
}
