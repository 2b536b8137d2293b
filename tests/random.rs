// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Random changes of hosts that bear some already, while others attach machines,
//! set routes and load packet filters: everything of a change comes back, and
//! everything of the others stays.
//!
//! `NOVA_RANDOM_PLANS` sets how many; `make soak` takes 1 000.

use std::any::Any;
use std::process::{Child, Stdio};
use std::time::Duration;

use nova_model::history::ChangeState;
use nova_model::plan::Plan;
use serde_json::{Value, json};

use crate::bus::{Client, helper};
use crate::faults::{Tally, difference, state};
use crate::host::{Gone, link, settle};
use crate::lan::Lan;
use crate::ovs::Free;
use crate::program::{command, from_environment, sh, within};
use crate::reference::{cables, no_change_is_open};

/// A host to change.
#[derive(Debug)]
pub struct Scene {
    /// Makes it; it goes with what is returned.
    pub lay: fn() -> Box<dyn Any>,
    /// Draws a wish; many make no sense together and are refused.
    pub wish: fn(&mut Tally) -> Value,
    /// Switches to which others attach a machine meanwhile.
    pub switches: [&'static str; 2],
    /// What attaches the tap `nvt-tap` to the switch `$0`.
    pub attach: &'static str,
    /// Most wishes of one change.
    pub most: usize,
    /// How many changes in a usual run.
    pub usual: usize,
    /// In a long run, one of so many.
    pub share: usize,
}

const ATTACH: &str = "ip link set nvt-tap master $0";
const ATTACH_OVS: &str = "ovs-vsctl add-port $0 nvt-tap -- set port nvt-tap external_ids:of=others";

/// Two bridges of an administrator, with addresses of their own as libvirt's
/// have, and three cards of which one is a port.
const BRIDGES: &str = "\
    ip link add nvt-br address 52:54:00:00:7f:01 type bridge stp_state 1 forward_delay 900; \
    ip link add nvt-b2 address 52:54:00:00:7f:02 type bridge ageing_time 7700; \
    ip link set nvt-br up; ip link set nvt-b2 up; \
    ip link set nvt-c master nvt-br; bridge link set dev nvt-c cost 33 priority 8; \
    ip address add 192.0.2.5/24 dev nvt-b; ip route add 203.0.113.0/25 via 192.0.2.1 dev nvt-b";

/// Bridges of the kernel.
pub const KERNEL: Scene = Scene {
    lay: || laid(BRIDGES),
    wish: kernel_wish,
    switches: ["nvt-br", "nvt-b2"],
    attach: ATTACH,
    most: 4,
    usual: 12,
    share: 1,
};

/// Bridges of Open vSwitch, one with ports, VLANs, limits and a mirror. Without
/// `hwaddr` and `mac` ovs-vswitchd makes up another address whenever it meets a
/// bridge or an internal port.
pub const OPEN_VSWITCH: Scene = Scene {
    lay: || {
        let free = (
            Free::new("nvt-br"),
            Free::new("nvt-b2"),
            Free::new("nvt-new"),
        );
        let cables = cables();
        let _ = sh("set -e; for bridge in nvt-br nvt-b2; do \
            ovs-vsctl add-br $bridge -- set bridge $bridge datapath_type=netdev; done; \
            ovs-vsctl set bridge nvt-br 'other_config:hwaddr=\"52:54:00:00:7f:01\"' \
                stp_enable=true other_config:stp-priority=4096; \
            ovs-vsctl set bridge nvt-b2 'other_config:hwaddr=\"52:54:00:00:7f:02\"'; \
            ovs-vsctl add-port nvt-br nvt-a tag=7 -- add-port nvt-br nvt-b -- \
                add-port nvt-br nvt-i -- \
                set interface nvt-i type=internal 'mac=\"52:54:00:00:7f:03\"'; \
            ovs-vsctl set interface nvt-b ingress_policing_rate=7000 ingress_policing_burst=700; \
            ovs-vsctl -- --id=@p get port nvt-b -- --id=@o get port nvt-i -- \
                --id=@m create mirror name=theirs select_src_port=@p output_port=@o -- \
                add bridge nvt-br mirrors @m")
        .ok();
        Box::new((free, cables))
    },
    wish: ovs_wish,
    switches: ["nvt-br", "nvt-b2"],
    attach: ATTACH_OVS,
    most: 4,
    usual: 6,
    share: 2,
};

/// VLANs, sub-interfaces and bonds, which need the kernel of the second tier.
pub const VLANS_AND_BONDS: Scene = Scene {
    lay: || {
        let more = [
            Gone("nvt-bo"),
            Gone("nvt-nb"),
            Gone("nvt-c.7"),
            Gone("nvt-c.9"),
        ];
        let lines = format!(
            "{BRIDGES}; ip link set nvt-a master nvt-br; \
             ip link set nvt-br type bridge vlan_filtering 1; \
             bridge vlan add dev nvt-a vid 7; bridge vlan add dev nvt-c vid 8 pvid untagged; \
             ip link add link nvt-b name nvt-b.5 type vlan id 5; ip link set nvt-b.5 up; \
             ip link add nvt-bo type bond mode active-backup miimon 70; \
             for card in nvt-d nvt-e; do ip link add $card type dummy; ip link set $card down; \
             ip link set $card master nvt-bo; done; ip link set nvt-bo up"
        );
        let cards = [Gone("nvt-d"), Gone("nvt-e")];
        let _ = sh("for link in nvt-bo nvt-nb nvt-d nvt-e nvt-b.5; do ip link delete $link; done");
        Box::new((laid(&lines), more, cards))
    },
    wish: vlan_wish,
    switches: ["nvt-br", "nvt-b2"],
    attach: ATTACH,
    most: 4,
    usual: 12,
    share: 1,
};

/// A card that the `NetworkManager` daemon configures, and two more.
pub const NETWORK_MANAGER: Scene = Scene {
    lay: || {
        let lan = Lan::with_network_manager("ipv4.method auto ipv6.method disabled");
        kept_by(lan, "nmcli device set nvp-br managed no")
    },
    wish: kept_wish,
    switches: ["nvp-br", "nvp-br"],
    attach: ATTACH,
    most: 2,
    usual: 1,
    share: 20,
};

/// A card that systemd-networkd configures, and two more.
pub const NETWORKD: Scene = Scene {
    lay: || {
        let lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
        kept_by(lan, "true")
    },
    wish: kept_wish,
    switches: ["nvp-br", "nvp-br"],
    attach: ATTACH,
    most: 2,
    usual: 1,
    share: 20,
};

fn laid(line: &str) -> Box<dyn Any> {
    let _ = sh("for link in nvt-br nvt-b2 nvt-new; do ip link delete $link; done");
    let gone = (Gone("nvt-br"), Gone("nvt-b2"), Gone("nvt-new"));
    let cables = cables();
    settle("nvt-b");
    let _ = sh(&format!("set -e; {line}")).ok();
    Box::new((gone, cables))
}

fn kept_by(lan: Lan, line: &str) -> Box<dyn Any> {
    let lan = lan.with_more_cards();
    let _ = sh(&format!(
        "set -e; ip link add nvp-br type bridge; ip link set nvp-br up; {line}; \
         ip link set nvl1 up; ip link set nvl2 up; ip link set nvl2 master nvp-br"
    ))
    .ok();
    Box::new(lan)
}

fn kernel_wish(tally: &mut Tally) -> Value {
    let mut of = |all: &[&'static str]| all[tally.draw(all.len())];
    let (bridge, card) = (of(&["nvt-br", "nvt-b2"]), of(&["nvt-a", "nvt-b", "nvt-c"]));
    match tally.draw(13) {
        0 => json!({"create_bridge": {"name": "nvt-new", "ports": [card]}}),
        1 => json!({"create_bridge": {"name": "nvt-new",
            "options": {"stp": tally.draw(2) == 0, "priority": 4096 * tally.draw(16)}}}),
        2 => json!({"delete_switch": {"name": bridge, "foreign": true}}),
        3 => json!({"attach_port": {"switch": bridge, "port": card, "move": tally.draw(2) == 0}}),
        4 => json!({"detach_port": {"switch": bridge, "port": card}}),
        5 => json!({"configure_bridge": {"name": bridge, "options": {
            "ageing_time": 10 + tally.draw(600), "priority": 4096 * tally.draw(16)}}}),
        6 => json!({"configure_bridge": {"name": bridge, "options": {
            "stp": tally.draw(2) == 0, "multicast_snooping": tally.draw(2) == 0}}}),
        7 => json!({"configure_port": {"switch": bridge, "port": card, "options": {
            "cost": 1 + tally.draw(99), "isolated": tally.draw(2) == 0,
            "hairpin": tally.draw(2) == 0}}}),
        8 => json!({"set_mtu": {"name": card, "mtu": 1300 + tally.draw(200)}}),
        9 => json!({"set_link": {"name": card, "up": tally.draw(2) == 0}}),
        10 => limit(tally, card),
        11 => json!({"remove_qos": {"port": card}}),
        _ => json!({"add_mirror": {"switch": bridge,
            "sources": [{"port": card, "direction": "both"}], "output": {"port": "nvt-a"}}}),
    }
}

fn limit(tally: &mut Tally, port: &str) -> Value {
    json!({"set_qos": {"port": port,
        "ingress_rate": 1_000_000 * (1 + tally.draw(50)),
        "egress_rate": 1_000_000 * (1 + tally.draw(50))}})
}

fn ovs_wish(tally: &mut Tally) -> Value {
    let mut of = |all: &[&'static str]| all[tally.draw(all.len())];
    let (bridge, port) = (
        of(&["nvt-br", "nvt-br", "nvt-b2"]),
        of(&["nvt-a", "nvt-b", "nvt-c", "nvt-i"]),
    );
    let vlans = match tally.draw(3) {
        0 => json!({"tag": 100 + tally.draw(9)}),
        1 => json!({"trunks": [200, 201 + tally.draw(9)]}),
        _ => json!({"mode": "native-untagged", "tag": 9, "trunks": [9, 200]}),
    };
    match tally.draw(12) {
        0 => json!({"create_ovs_bridge": {"name": "nvt-new", "datapath": "netdev",
            "options": {"stp": tally.draw(2) == 0}, "ports": ["nvt-c"]}}),
        1 => json!({"delete_switch": {"name": bridge, "foreign": true}}),
        2 => json!({"configure_ovs_bridge": {"name": bridge, "options": {
            "stp": tally.draw(2) == 0, "priority": 4096 * tally.draw(16),
            "multicast_snooping": tally.draw(2) == 0}}}),
        3 | 4 => json!({"add_ovs_port": {"switch": bridge, "port": "nvt-c", "vlans": vlans}}),
        5 => json!({"add_ovs_port": {"switch": bridge, "port": "nvt-x", "kind": "internal",
            "vlans": vlans}}),
        6 => json!({"attach_port": {"switch": bridge, "port": port, "move": true}}),
        7 => json!({"detach_port": {"switch": bridge, "port": port}}),
        8 => json!({"configure_ovs_port": {"switch": bridge, "port": port, "vlans": vlans,
            "protected": tally.draw(2) == 0}}),
        9 => limit(tally, port),
        10 => json!({"remove_mirror": {"switch": bridge, "name": "theirs", "foreign": true}}),
        _ => json!({"add_mirror": {"switch": bridge, "name": "ours",
            "sources": [{"port": port, "direction": "both"}], "output": {"vlan": 9}}}),
    }
}

fn vlan_wish(tally: &mut Tally) -> Value {
    let mut of = |all: &[&'static str]| all[tally.draw(all.len())];
    let (bridge, card) = (
        of(&["nvt-br", "nvt-br", "nvt-b2"]),
        of(&["nvt-a", "nvt-b", "nvt-c"]),
    );
    let vlans = match tally.draw(4) {
        0 => json!({"access": 100 + tally.draw(9)}),
        1 => json!({"trunk": {"tagged": [200, 201 + tally.draw(9)], "native": 3}}),
        2 => json!({"carry": [300 + tally.draw(9)]}),
        _ => json!({"drop": [7, 8]}),
    };
    match tally.draw(14) {
        0 | 1 => json!({"set_port_vlans": {"switch": bridge, "port": card, "vlans": vlans}}),
        2 => json!({"set_bridge_vlans": {"switch": bridge, "vlans": vlans}}),
        3 => json!({"configure_bridge": {"name": bridge, "options": {
            "vlan_filtering": tally.draw(2) == 0}}}),
        4 => json!({"create_vlan": {"link": "nvt-c", "vlan": 7 + 2 * tally.draw(2)}}),
        5 => json!({"delete_vlan": {"name": "nvt-b.5", "foreign": true}}),
        6 => json!({"create_bond": {"name": "nvt-nb", "members": [card]}}),
        7 => json!({"create_bond": {"name": "nvt-nb", "members": ["nvt-a", "nvt-b"],
            "options": {"mode": "802.3ad"}}}),
        8 => json!({"delete_bond": {"name": "nvt-bo", "foreign": true}}),
        9 => json!({"configure_bond": {"name": "nvt-bo", "options": {
            "miimon": 50 + 10 * tally.draw(9)}}}),
        10 => json!({"attach_port": {"switch": "nvt-bo", "port": card, "move": true}}),
        11 => json!({"attach_port": {"switch": bridge, "port": "nvt-bo"}}),
        _ => kernel_wish(tally),
    }
}

fn kept_wish(tally: &mut Tally) -> Value {
    let options = json!({"stp": tally.draw(2) == 0, "priority": 4096 * tally.draw(16),
        "forward_delay": 4});
    match tally.draw(6) {
        0 => json!({"create_bridge": {"name": "nvl-br", "ports": ["nvl0"]}}),
        1 => json!({"create_bridge": {"name": "nvl-br", "ports": ["nvl0", "nvl1"],
            "options": options}}),
        2 => json!({"create_bridge": {"name": "nvl-br", "ports": ["nvl1"], "options": options}}),
        3 => json!({"attach_port": {"switch": "nvp-br", "port": "nvl1"}}),
        4 => json!({"set_mtu": {"name": "nvl1", "mtu": 1300 + tally.draw(200)}}),
        _ => json!({"configure_bridge": {"name": "nvp-br", "options": options}}),
    }
}

/// What others do meanwhile: the tap of a machine, attached where the switch is
/// there, a route, and a table of a packet filter.
const OTHERS: &str = "ip tuntap add nvt-tap mode tap && ip link set nvt-tap address fe:54:00:00:7f:99 up; \
    ip route add 203.0.113.128/25 dev nvt-tap; \
    nft add table inet nvt-race; nft add chain inet nvt-race in; ";
const OTHERS_GO: &str = "ovs-vsctl --if-exists del-port nvt-tap; ip link delete nvt-tap; \
    nft delete table inet nvt-race; ip link delete nvt-new";

/// The switch that the tap of the others is attached to.
fn attached_to() -> Option<String> {
    let switch = sh("ovs-vsctl port-to-br nvt-tap");
    if switch.code == 0 {
        return Some(switch.out.trim().to_owned());
    }
    Some(link("nvt-tap")?["master"].as_str()?.to_owned())
}

/// Draws changes until one is planned that does something; counts those that
/// were refused.
fn draw(
    scene: &Scene,
    most: usize,
    tally: &mut Tally,
    client: &Client,
    refused: &mut u32,
) -> (String, Plan) {
    loop {
        let count = 1 + tally.draw(most);
        let changes: Vec<Value> = (0..count).map(|_| (scene.wish)(tally)).collect();
        let document = json!({"changes": changes}).to_string();
        match client.prepare(&document) {
            Ok(plan) if !plan.is_empty() => return (document, plan),
            Ok(_) => {}
            Err(_) => *refused += 1,
        }
    }
}

/// How many changes there are to be, usually so many, and the numbers to draw them
/// by.
fn length(scene: &Scene, usual: usize) -> (usize, Tally) {
    let plans = from_environment("NOVA_RANDOM_PLANS", usual * scene.share) / scene.share;
    let seed = from_environment("PROPTEST_RNG_SEED", std::process::id() as usize);
    println!("seed {seed}");
    (
        plans.max(1),
        Tally::of(u32::try_from(seed).unwrap_or_default()),
    )
}

/// How a change that waits comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Asked,
    Killed,
    KeptAndUndone,
}

impl End {
    fn drawn(tally: &mut Tally) -> Self {
        match tally.draw(6) {
            0 => Self::Killed,
            1 => Self::KeptAndUndone,
            _ => Self::Asked,
        }
    }

    /// Ends a change that waits; what is wrong.
    fn come(self, client: &Client, plan: &Plan) -> Result<(), String> {
        let told = |(name, text): (String, String)| format!("{name} {text}");
        match self {
            Self::Asked => {
                let entry = client.decide("Rollback", plan).map_err(told)?;
                if !matches!(entry.state, ChangeState::RolledBack { .. }) {
                    return Err(entry.state.words());
                }
            }
            Self::Killed => {
                let _ = sh("systemctl kill -s KILL nova-helper").ok();
                if !within(15, || no_change_is_open(client)) {
                    return Err("it stays open".to_owned());
                }
            }
            Self::KeptAndUndone => {
                client.decide("Confirm", plan).map_err(told)?;
                undo(client, plan)?;
            }
        }
        Ok(())
    }
}

/// Undoes a change that was kept, and keeps that; what is wrong.
fn undo(client: &Client, plan: &Plan) -> Result<(), String> {
    let told = |(name, text): (String, String)| format!("{name} {text}");
    let undo = client.call("PrepareUndo", &(plan.id.to_string(),));
    let undo: Plan =
        serde_json::from_str(&undo.map_err(told)?).map_err(|error| error.to_string())?;
    client.apply(&undo, 60).map_err(told)?;
    client.decide("Confirm", &undo).map_err(told)?;
    Ok(())
}

/// Applies random changes to a host and has each come back, while others do
/// their part.
///
/// # Panics
/// Where something of a change stays, or something of the others goes.
pub fn come_back_whole(scene: &Scene) {
    let (plans, mut tally) = length(scene, scene.usual);
    let _laid = (scene.lay)();
    let client = Client::connect();
    let before = state();
    let (mut failed, mut attached, mut refused, mut undone) = (0, 0, 0, 0);
    for _ in 0..plans {
        let (document, plan) = draw(scene, scene.most, &mut tally, &client, &mut refused);
        let _ = helper();
        let delay = Duration::from_millis(tally.draw(60) as u64);
        let switch = scene.switches[tally.draw(2)];
        let attach = scene.attach;
        let others = std::thread::spawn(move || {
            std::thread::sleep(delay);
            let _ = sh(&format!("sh -c '{OTHERS}{attach}' {switch}"));
        });
        let applied = client.apply(&plan, 60);
        let _ = others.join();
        let end = End::drawn(&mut tally);
        match applied {
            // What others do may stand in its way; then it is reverted at once.
            Err((name, text)) => {
                failed += 1;
                assert!(
                    name.ends_with("RolledBack") || name.ends_with("Stale"),
                    "{document}: {name} {text}"
                );
            }
            Ok(_) => match end.come(&client, &plan) {
                Ok(()) => undone += u32::from(end == End::KeptAndUndone),
                // An undo is refused where a machine hangs on what it would take away.
                Err(told) => panic!("{document}, {end:?}: {told}"),
            },
        }
        // The tap is where it was put, and so are route and table.
        let at = attached_to();
        attached += u32::from(at.as_deref() == Some(switch));
        let route = sh("ip -4 route show 203.0.113.128/25; nft list table inet nvt-race").ok();
        assert!(route.contains("dev nvt-tap"), "{document}: {route}");
        assert!(route.contains("chain in"), "{document}: {route}");
        let is_free = at.is_none() && plan_deletes(&plan, switch);
        assert!(
            at.as_deref() == Some(switch) || is_free,
            "{document}: {at:?}"
        );
        let _ = sh(OTHERS_GO);
        let mut after = String::new();
        let is_back = within(20, || {
            after = state();
            after == before
        });
        assert!(
            is_back,
            "{document}, {end:?}: {}",
            difference(&before, &after)
        );
    }
    println!(
        "{plans} plans came back, {failed} of them failed by what others did, {undone} were kept \
         first, {attached} times a tap was attached meanwhile; {refused} wishes were refused"
    );
    assert!(
        attached as usize * 2 > plans,
        "the tap was attached {attached} times only"
    );
}

/// Whether the change takes this switch away, so that nobody can attach to it.
fn plan_deletes(plan: &Plan, switch: &str) -> bool {
    let changes = serde_json::to_value(&plan.changes).unwrap_or_default();
    let changes = changes["changes"].as_array().cloned().unwrap_or_default();
    let mut deleted = changes
        .iter()
        .map(|change| &change["delete_switch"]["name"]);
    deleted.any(|name| name == switch)
}

/// Where the calls of the helper are written down.
const TRACE: &str = "/run/nova-tests.messages";

/// What a process sends to the kernel, to databases and to other programs.
struct Messages {
    strace: Child,
    read: usize,
}

impl Messages {
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    fn of(process: &str) -> Self {
        let calls = "trace=sendto,sendmsg,write,writev,openat,renameat,renameat2,unlinkat";
        let words = [
            "-f", "-qq", "-s", "4000", "-o", TRACE, "-e", calls, "-p", process,
        ];
        let strace = command("strace", &words)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("strace");
        let is_traced = format!("! grep -q 'TracerPid:.0$' /proc/{process}/task/*/status");
        assert!(within(10, || sh(&is_traced).code == 0), "strace");
        Self { strace, read: 0 }
    }

    /// Those since the last look which change something.
    fn changing(&mut self) -> Vec<String> {
        let seen = sh(&format!("cat {TRACE}")).out;
        let new = seen.get(self.read..).unwrap_or_default();
        let changing = new.lines().filter(|line| changes_something(line));
        let changing = changing.map(ToOwned::to_owned).collect();
        self.read = seen.len();
        changing
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        let _ = sh(&format!("kill {}", self.strace.id()));
        let _ = self.strace.wait();
        let _ = sh(&format!("rm -f {TRACE}"));
    }
}

/// Whether a call asks the kernel, Open vSwitch, a program that configures the
/// network or the disk to change something. The audit of a call goes to standard
/// error, which is no file.
fn changes_something(line: &str) -> bool {
    let is = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let by_kernel = is(&["RTM_NEW", "RTM_SET", "RTM_DEL"]);
    // OFPT_FLOW_MOD of OpenFlow 1.0 to 1.5.
    let by_flow = is(&["\"\\1\\16", "\"\\4\\16", "\"\\5\\16", "\"\\6\\16"]);
    let by_database =
        line.contains("transact") && is(&["insert", "\\\"update", "mutate", "\\\"delete"]);
    let by_program = is(&[
        "AddConnection",
        "ActivateConnection",
        "Update2",
        "Reload",
        "Reconfigure",
    ]);
    let by_file = is(&["O_CREAT", "O_WRONLY", "O_RDWR", "renameat", "unlinkat"]);
    by_kernel || by_flow || by_database || by_program || by_file
}

/// Applies random changes, each twice: the second time nothing is left to do, and
/// nothing is sent that would change something.
///
/// # Panics
/// Where a second apply changes something.
pub fn are_done_once(scene: &Scene) {
    let (plans, mut tally) = length(scene, scene.usual / 3);
    let _laid = (scene.lay)();
    let client = Client::connect();
    let before = state();
    let id = helper();
    let mut messages = Messages::of(&id);
    let (mut refused, mut sent, mut gone) = (0, 0, 0);
    for _ in 0..plans {
        let (document, plan) = draw(scene, 1, &mut tally, &client, &mut refused);
        let _ = messages.changing();
        let applied = client.apply(&plan, 60);
        let first = messages.changing();
        let kept = applied.and_then(|_| client.decide("Confirm", &plan));
        assert!(kept.is_ok(), "{document}: {kept:?}");
        assert!(!first.is_empty(), "{document}: nobody was told anything");
        sent += first.len();
        let _ = messages.changing();
        match client.prepare(&document) {
            Ok(second) => {
                assert!(second.is_empty(), "{document}: {:?}", second.steps);
                let done = client.apply(&second, 0);
                assert!(done.is_ok(), "{document}: {done:?}");
            }
            // What was deleted or detached is not there a second time.
            Err((name, text)) => {
                gone += 1;
                let is_gone = name.ends_with("NotFound") || name.ends_with("Refused");
                assert!(is_gone, "{document}: {name} {text}");
            }
        }
        assert_eq!(messages.changing(), [] as [&str; 0], "{document}");
        let undone = undo(&client, &plan);
        assert!(undone.is_ok(), "{document}: {undone:?}");
        let mut after = String::new();
        let is_back = within(20, || {
            after = state();
            after == before
        });
        assert!(is_back, "{document}: {}", difference(&before, &after));
    }
    assert_eq!(helper(), id, "the helper lives");
    println!(
        "{plans} changes sent {sent} messages that change something, made again none; {gone} of \
         them could not be made again; {refused} wishes were refused"
    );
    assert!(
        2 * gone < plans,
        "{gone} of {plans} could not be made again"
    );
}
