// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A change of each kind, and what is struck in each of its phases: afterwards
//! the host is as before or as the change left it, and the history says which.

use std::any::Any;

use nova_model::history::{ChangeState, HistoryEntry};
use nova_model::plan::Plan;

use crate::bus::{Client, helper};
use crate::host::{Gone, digest, settle};
use crate::lan::Lan;
use crate::ovs::{Free, configuration};
use crate::program::{sh, within};
use crate::reference::{CHANGE, Fault, cables};

/// What is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The steps.
    Apply,
    /// Keeping it, with what is written for the next boot.
    Confirm,
    /// Reverting it.
    Rollback,
    /// The dead-man's rollback of what a killed helper left.
    TakeOver,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Apply, Self::Confirm, Self::Rollback, Self::TakeOver];
}

/// A kind of change.
#[derive(Debug)]
pub struct Kind {
    /// What it is called in a report.
    pub name: &'static str,
    /// The wish.
    pub document: &'static str,
    /// Makes the host that it is about, which goes with what is returned.
    pub lay: fn() -> Box<dyn Any>,
}

fn laid(line: &str) -> Box<dyn Any> {
    let _ = sh("ip link delete nvt-br");
    let cables = cables();
    if line.contains("address add") {
        settle("nvt-a");
    }
    let _ = sh(&format!("set -e; {line}")).ok();
    Box::new((Gone("nvt-br"), cables))
}

fn ovs_laid(line: &str) -> Box<dyn Any> {
    let free = Free::new("nvt-br");
    let cables = cables();
    let _ = sh(&format!("set -e; {line}")).ok();
    Box::new((free, cables))
}

const BRIDGE: &str = "ip link add nvt-br type bridge stp_state 1 forward_delay 900 ageing_time 7700; \
    ip link set nvt-br up; ip link set nvt-b master nvt-br; bridge link set dev nvt-b cost 33; ";

/// A change of each kind that the kernel of the first tier can do.
pub const KINDS: [Kind; 11] = [
    Kind {
        name: "create a bridge",
        document: CHANGE,
        lay: || laid("true"),
    },
    Kind {
        name: "create a bridge above a card with address and route",
        document: r#"{"changes":[{"create_bridge":{"name":"nvt-br","ports":["nvt-a"]}}]}"#,
        lay: || {
            laid(
                "ip address add 192.0.2.5/24 dev nvt-a; \
                 ip route add 203.0.113.0/24 via 192.0.2.1 dev nvt-a",
            )
        },
    },
    Kind {
        name: "delete a bridge",
        document: r#"{"changes":[{"delete_switch":{"name":"nvt-br","foreign":true}}]}"#,
        lay: || laid(&format!("{BRIDGE}ip link set nvt-a master nvt-br")),
    },
    Kind {
        name: "attach and detach",
        document: r#"{"changes":[{"attach_port":{"switch":"nvt-br","port":"nvt-a"}},
            {"detach_port":{"switch":"nvt-br","port":"nvt-b"}}]}"#,
        lay: || laid(BRIDGE),
    },
    Kind {
        name: "configure bridge, port and link",
        document: r#"{"changes":[
            {"configure_bridge":{"name":"nvt-br","options":{"forward_delay":11,"priority":4096,"ageing_time":55}}},
            {"configure_port":{"switch":"nvt-br","port":"nvt-b","options":{"cost":77,"isolated":true}}},
            {"set_mtu":{"name":"nvt-a","mtu":1400}},{"set_link":{"name":"nvt-c","up":false}}]}"#,
        lay: || laid(BRIDGE),
    },
    Kind {
        name: "limit and mirror",
        document: r#"{"changes":[
            {"set_qos":{"port":"nvt-b","ingress_rate":10000000,"egress_rate":20000000}},
            {"add_mirror":{"switch":"nvt-br","sources":[{"port":"nvt-a","direction":"both"}],"output":{"port":"nvt-c"}}}]}"#,
        lay: || laid(&format!("{BRIDGE}ip link set nvt-a master nvt-br")),
    },
    Kind {
        name: "create a bridge of Open vSwitch",
        document: r#"{"changes":[{"create_ovs_bridge":{"name":"nvt-br","options":{"stp":true}}},
            {"add_ovs_port":{"switch":"nvt-br","port":"nvt-a","vlans":{"tag":100}}},
            {"add_ovs_port":{"switch":"nvt-br","port":"nvt-b","vlans":{"trunks":[200,201]}}}]}"#,
        lay: || ovs_laid("true"),
    },
    Kind {
        name: "VLAN, limit and mirror of Open vSwitch",
        document: r#"{"changes":[
            {"configure_ovs_port":{"switch":"nvt-br","port":"nvt-a","vlans":{"tag":100}}},
            {"set_qos":{"port":"nvt-b","ingress_rate":10000000,"egress_rate":20000000}},
            {"add_mirror":{"switch":"nvt-br","sources":[{"port":"nvt-a","direction":"both"}],"output":{"port":"nvt-c"}}}]}"#,
        lay: || {
            ovs_laid(
                "ovs-vsctl add-br nvt-br -- set bridge nvt-br datapath_type=netdev; \
                 for port in a b c; do ovs-vsctl add-port nvt-br nvt-$port; done; \
                 ovs-vsctl set port nvt-a tag=7",
            )
        },
    },
    Kind {
        name: "a bridge that NetworkManager keeps",
        document: r#"{"changes":[{"create_bridge":{"name":"nvl-br","ports":["nvl0"]}}]}"#,
        lay: || {
            Box::new(Lan::with_network_manager(
                "ipv4.method auto ipv6.method disabled",
            ))
        },
    },
    Kind {
        name: "a bridge that systemd-networkd keeps",
        document: r#"{"changes":[{"create_bridge":{"name":"nvl-br","ports":["nvl0"]}}]}"#,
        lay: || Box::new(Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no")),
    },
    Kind {
        name: "a bridge of Open vSwitch whose addresses systemd-networkd keeps",
        document: r#"{"changes":[{"create_ovs_bridge":{"name":"nvl-br","ports":["nvl0"]}}]}"#,
        lay: || {
            let free = Free::new("nvl-br");
            let lan = Lan::with_networkd("DHCP=ipv4\nLinkLocalAddressing=no");
            Box::new((free, lan.with_checksums()))
        },
    },
];

/// Changes of kinds that need the kernel of the second tier.
pub const MACHINE_KINDS: [Kind; 3] = [
    Kind {
        name: "VLANs of a bridge and a sub-interface",
        document: r#"{"changes":[
            {"set_port_vlans":{"switch":"nvt-br","port":"nvt-a","vlans":{"access":100}}},
            {"set_port_vlans":{"switch":"nvt-br","port":"nvt-b","vlans":{"carry":[100,200]}}},
            {"set_bridge_vlans":{"switch":"nvt-br","vlans":{"carry":[100]}}},
            {"create_vlan":{"link":"nvt-c","vlan":7}}]}"#,
        lay: || {
            laid(&format!(
                "{BRIDGE}ip link set nvt-a master nvt-br; \
                 ip link set nvt-br type bridge vlan_filtering 1; \
                 bridge vlan add dev nvt-a vid 7; bridge vlan add dev nvt-b vid 8 pvid untagged"
            ))
        },
    },
    Kind {
        name: "create a bond",
        document: r#"{"changes":[{"create_bond":{"name":"nvt-br","members":["nvt-a","nvt-b"],"primary":"nvt-a"}}]}"#,
        lay: || laid("ip address add 192.0.2.5/24 dev nvt-a"),
    },
    Kind {
        name: "delete a bond",
        document: r#"{"changes":[{"delete_bond":{"name":"nvt-br","foreign":true}}]}"#,
        lay: || {
            laid(
                "ip link add nvt-br type bond mode active-backup miimon 70; \
                 for card in nvt-a nvt-b; do ip link set $card down; \
                 ip link set $card master nvt-br; done; ip link set nvt-br up",
            )
        },
    },
];

/// A program that a change needs goes away in the middle and comes back.
#[derive(Clone, Copy, Debug)]
pub struct Upset {
    /// Its unit.
    pub unit: &'static str,
    /// The change that needs it.
    pub kind: &'static Kind,
    /// What brings back the programs that went with it.
    pub mend: &'static str,
}

/// Each program that a change may need, with such a change.
pub const UPSETS: [Upset; 9] = [
    Upset::of("NetworkManager", &KINDS[8], "true"),
    Upset::of("systemd-networkd", &KINDS[9], "true"),
    Upset::of("ovsdb-server", &KINDS[6], OVS_BACK),
    Upset::of("ovs-vswitchd", &KINDS[7], OVS_BACK),
    Upset::of("polkit", &KINDS[0], "true"),
    Upset::of("dbus", &KINDS[0], BUS_BACK),
    Upset::of("dbus", &KINDS[8], BUS_AND_MANAGER_BACK),
    Upset::of("systemd-networkd", &KINDS[10], "true"),
    Upset::of("ovs-vswitchd", &KINDS[10], OVS_BACK),
];

const OVS_BACK: &str = "systemctl start ovsdb-server ovs-vswitchd openvswitch-switch";
/// What lost its bus comes back.
const BUS_BACK: &str = "systemctl start dbus.service; \
    systemctl try-restart polkit systemd-logind NetworkManager systemd-networkd";
/// Also what systemd has stopped together with the bus. What the daemon asks for
/// when it starts, the new bus cannot have started for 25 s.
const BUS_AND_MANAGER_BACK: &str = "systemctl start dbus.service; \
    systemctl start systemd-hostnamed NetworkManager; systemctl try-restart polkit systemd-logind";

impl Upset {
    const fn of(unit: &'static str, kind: &'static Kind, mend: &'static str) -> Self {
        Self { unit, kind, mend }
    }
}

/// How a program goes away and comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// Restarted in order.
    Restarted,
    /// Killed, and started by nobody for three seconds.
    Killed,
}

impl Away {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Restarted, Self::Killed];

    fn line(self, unit: &str) -> String {
        match (self, unit) {
            // A bus that is asked to stop takes the whole host along.
            (Self::Restarted, "dbus") => "systemctl kill -s KILL dbus".to_owned(),
            (Self::Restarted, unit) => {
                format!("systemctl reset-failed {unit}; systemctl restart {unit}")
            }
            (Self::Killed, unit) => format!(
                "systemctl mask --runtime {unit}; systemctl kill -s KILL {unit}; sleep 3; \
                 systemctl unmask --runtime {unit}; systemctl reset-failed {unit}; \
                 systemctl start {unit}"
            ),
        }
    }
}

/// Everything that one of these changes may touch. Profiles that the
/// `NetworkManager` daemon makes up for what others configure come and go.
///
/// # Panics
/// Where `ip`, `bridge` or `ovs-vsctl` fails.
#[must_use]
pub fn state() -> String {
    let kept = sh(
        "for file in /etc/systemd/network/* /run/systemd/network/*; do \
         echo $file; cat $file; done 2>/dev/null; \
         ls -A /etc/NetworkManager/system-connections; \
         grep -rl nova /run/NetworkManager/system-connections",
    );
    [digest(), configuration(), kept.out].join("\n")
}

/// What was tried and what went wrong.
#[derive(Debug, Default)]
pub struct Tally {
    points: u32,
    failures: Vec<String>,
    seed: u32,
    random: u64,
}

impl Tally {
    /// Nothing yet; draws differ from seed to seed.
    #[must_use]
    pub fn of(seed: u32) -> Self {
        Self {
            seed,
            random: u64::from(seed) + 1,
            ..Self::default()
        }
    }

    /// A number from 0 and below `end`.
    pub fn draw(&mut self, end: usize) -> usize {
        // Knuth's numbers; the upper bits are the better ones.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.random >> 33).unwrap_or(0) % end.max(1)
    }

    /// Strikes at every `stride`th call of a kind in a phase, until there are
    /// no more of them; another seed takes others of them.
    pub fn strike(&mut self, kind: &Kind, phase: Phase, call: &str, fault: &str, stride: u32) {
        // Each start of the helper reads the whole history, file by file.
        let _ = sh("systemctl stop nova-helper; rm -f /var/lib/nova/journal/*.jsonl");
        let before = state();
        let stride = stride.max(1);
        for number in (1 + self.seed % stride..400).step_by(stride as usize) {
            if !self.point(kind, phase, call, fault, number, &before) {
                return;
            }
        }
    }

    /// Tries to strike at so many calls, each of a phase, kind, number and fault that are
    /// drawn; early calls as often as the many late ones.
    pub fn strike_at_random(&mut self, kind: &Kind, calls: &[&str], faults: &[&str], times: u32) {
        /// Two to this are more calls of a kind than a phase has.
        const MOST: usize = 7;
        let before = state();
        for _ in 0..times {
            // Each start of the helper reads the whole history, file by file.
            let _ = sh("systemctl stop nova-helper; rm -f /var/lib/nova/journal/*.jsonl");
            let phase = Phase::ALL[self.draw(Phase::ALL.len())];
            let call = calls[self.draw(calls.len())];
            let fault = format!("error={}", faults[self.draw(faults.len())]);
            let mut power = self.draw(MOST);
            // Where there is no such call, one that comes earlier.
            loop {
                let number = u32::try_from((1 << power) + self.draw(1 << power)).unwrap_or(1);
                if self.point(kind, phase, call, &fault, number, &before) || power == 0 {
                    break;
                }
                power -= 1;
            }
        }
    }

    /// Strikes at one call, which is drawn from those that there surely are.
    pub fn strike_once(&mut self, kind: &Kind, phase: Phase, call: &str, fault: &str) {
        let before = state();
        let steps = match Client::connect().prepare(kind.document) {
            Ok(plan) => plan.steps.len(),
            Err(error) => {
                self.failures.push(format!("{}: {error:?}", kind.name));
                return;
            }
        };
        let most = match (call, phase) {
            // A line before and one after each step.
            ("write", Phase::Apply) => 2 * steps,
            ("write", Phase::Rollback | Phase::TakeOver) => steps,
            _ => 1,
        };
        let number = u32::try_from(1 + self.draw(most)).unwrap_or(1);
        let _ = self.point(kind, phase, call, fault, number, &before);
    }

    /// Strikes at one call; false where there is none of that number.
    fn point(
        &mut self,
        kind: &Kind,
        phase: Phase,
        call: &str,
        fault: &str,
        number: u32,
        before: &str,
    ) -> bool {
        let began = std::time::Instant::now();
        let (has_struck, wrong) = try_point(kind.document, phase, call, fault, number, before);
        println!(
            "{}, {phase:?}: {fault} at {call} {number}, {} ms{}",
            kind.name,
            began.elapsed().as_millis(),
            if has_struck { "" } else { ": there is none" }
        );
        self.points += u32::from(has_struck);
        if let Some(wrong) = wrong {
            let told = format!("{}, {phase:?}, {call} {fault} {number}: {wrong}", kind.name);
            println!("{told}");
            self.failures.push(told);
            let _ = sh("systemctl restart nova-helper");
            assert!(within(10, || state() == before), "the host stays broken");
        }
        has_struck
    }

    /// Has a program go away in the middle of a phase of a change that needs it,
    /// so many milliseconds after its beginning.
    pub fn upset(&mut self, upset: &Upset, phase: Phase, away: Away, delay: u64) {
        let _laid = (upset.kind.lay)();
        let before = state();
        let began = std::time::Instant::now();
        let wrong = try_upset(upset, phase, away, delay, &before);
        let told = format!(
            "{}, {phase:?}: {} {away:?} after {delay} ms, {} ms: {}",
            upset.kind.name,
            upset.unit,
            began.elapsed().as_millis(),
            match &wrong {
                Ok(became) => became,
                Err(wrong) => wrong.as_str(),
            }
        );
        println!("{told}");
        self.points += 1;
        if wrong.is_err() {
            self.failures.push(told);
            let _ = sh("systemctl restart nova-helper");
        }
    }

    /// Prints what was tried.
    ///
    /// # Panics
    /// Where something went wrong, or too little was struck.
    pub fn report(&self, what: &str, least: u32) {
        let failed = self.failures.len();
        println!("{what}: {} points, {failed} failures", self.points);
        assert!(self.failures.is_empty(), "{:#?}", self.failures);
        assert!(self.points >= least, "{} points only", self.points);
    }
}

fn deadman() -> String {
    let mut id = String::new();
    let runs = within(10, || {
        id = sh("systemctl show -P MainPID nova-deadman")
            .out
            .trim()
            .to_owned();
        !id.is_empty() && id != "0"
    });
    assert!(runs, "no dead-man");
    id
}

/// One fault. Whether it struck, and what is wrong afterwards.
fn try_point(
    document: &str,
    phase: Phase,
    call: &str,
    fault: &str,
    number: u32,
    before: &str,
) -> (bool, Option<String>) {
    let told = |(name, text): (String, String)| Some(format!("{name} {text}"));
    let client = Client::connect();
    let plan = match client.prepare(document) {
        Ok(plan) => plan,
        Err(error) => return (false, told(error)),
    };
    if phase != Phase::Apply
        && let Err(error) = client.apply(&plan, 60)
    {
        return (false, told(error));
    }
    let process = match phase {
        Phase::TakeOver => deadman(),
        _ => helper(),
    };
    let injected = Fault::inject(&process, call, &format!("{fault}:when={number}"));
    let done = match phase {
        // Where it asks for an answer, it gets a no.
        Phase::Apply => client.apply(&plan, 0).map(|entry| {
            if matches!(entry.state, ChangeState::Pending { .. }) {
                let _ = client.decide("Rollback", &plan);
            }
        }),
        Phase::Confirm => client.decide("Confirm", &plan).map(|_| ()),
        Phase::Rollback => client.decide("Rollback", &plan).map(|_| ()),
        Phase::TakeOver => {
            let _ = sh("systemctl kill -s KILL nova-helper");
            Ok(())
        }
    };
    // Who was told that it failed, and finds that it still waits, asks again.
    if let (Err(_), Phase::Confirm | Phase::Rollback) = (&done, phase) {
        let _ = Client::connect().decide("Rollback", &plan);
    }
    let mut found = None;
    let is_over = within(45, || {
        found = state_of(&client, &plan);
        // One that cannot be read is left out, and each thread of the helper has a
        // call of that number that fails: ask them all.
        for _ in 0..10 {
            if found == Some(None) {
                found = state_of(&client, &plan);
            }
        }
        !matches!(
            found,
            None | Some(Some(ChangeState::Applying | ChangeState::Pending { .. }))
        )
    });
    let has_struck = injected.has_struck();
    if !is_over {
        return (has_struck, Some(format!("it stays open: {found:?}")));
    }
    let wrong = match found.flatten() {
        Some(ChangeState::Confirmed) => undo(&client, &plan),
        Some(ChangeState::RolledBack { .. }) | None => None,
        Some(state) => Some(state.words()),
    };
    if let Some(wrong) = wrong {
        return (has_struck, Some(wrong));
    }
    if let (Err((name, text)), false) = (&done, has_struck) {
        return (has_struck, Some(format!("failed by itself: {name} {text}")));
    }
    let mut after = String::new();
    let is_back = within(30, || {
        after = state();
        after == before
    });
    (
        has_struck,
        (!is_back).then(|| format!("left over: {}", difference(before, &after))),
    )
}

/// One program that goes away: what became of the change, or what is wrong
/// afterwards.
fn try_upset(
    upset: &Upset,
    phase: Phase,
    away: Away,
    delay: u64,
    before: &str,
) -> Result<&'static str, String> {
    let told = |(name, text): (String, String)| format!("{name} {text}");
    let client = Client::connect();
    let plan = client.prepare(upset.kind.document).map_err(told)?;
    if phase != Phase::Apply {
        client.apply(&plan, 60).map_err(told)?;
    }
    // What the helper asks of others takes its time.
    let slow = Fault::inject(&helper(), "sendto,sendmsg,write", "delay_enter=20000");
    let line = format!("{}; {}", away.line(upset.unit), upset.mend);
    let upsetting = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(delay));
        let _ = sh(&line);
    });
    let done = match phase {
        Phase::Apply => client.apply(&plan, 0).map(|entry| {
            if matches!(entry.state, ChangeState::Pending { .. }) {
                let _ = client.decide("Rollback", &plan);
            }
        }),
        Phase::Confirm => client.decide("Confirm", &plan).map(|_| ()),
        Phase::Rollback | Phase::TakeOver => client.decide("Rollback", &plan).map(|_| ()),
    };
    let _ = upsetting.join();
    drop(slow);
    // A client that lost its bus has another.
    let client = Client::connect();
    if let (Err(_), Phase::Confirm | Phase::Rollback) = (&done, phase) {
        let _ = client.decide("Rollback", &plan);
    }
    let mut found = None;
    let is_over = within(60, || {
        found = state_of(&client, &plan);
        !matches!(
            found,
            None | Some(Some(ChangeState::Applying | ChangeState::Pending { .. }))
        )
    });
    if !is_over {
        return Err(format!("it stays open: {found:?}"));
    }
    if let Err((name, text)) = &done {
        let is_typed = name.starts_with("org.nova.Networking1.Error.")
            && !name.ends_with("Internal")
            && !text.is_empty();
        // Who lost the bus hears nothing.
        if !is_typed && upset.unit != "dbus" {
            return Err(format!("no error of a kind: {name} {text}"));
        }
    }
    let became = match found.flatten() {
        Some(ChangeState::Confirmed) => match undo(&client, &plan) {
            None => "kept and undone",
            Some(wrong) => return Err(wrong),
        },
        Some(ChangeState::RolledBack { .. }) => "reverted",
        None => "not begun",
        // A program that nobody had started again by then: what is left is reverted
        // once it is there.
        Some(ChangeState::Incomplete { .. }) => {
            let _ = sh(upset.mend).ok();
            match client.decide("Rollback", &plan) {
                Ok(_) => "reverted in two goes",
                Err(error) => return Err(told(error)),
            }
        }
        Some(state) => return Err(state.words()),
    };
    let mut after = String::new();
    let is_back = within(30, || {
        after = state();
        after == before
    });
    if !is_back {
        return Err(format!("left over: {}", difference(before, &after)));
    }
    Ok(became)
}

/// The lines that only one of the two has.
#[must_use]
pub fn difference(before: &str, after: &str) -> String {
    let only = |mine: &str, other: &str, sign: char| -> Vec<String> {
        let other: Vec<&str> = other.lines().collect();
        mine.lines()
            .filter(|line| !other.contains(line))
            .map(|line| format!("{sign} {line}"))
            .collect()
    };
    let mut lines = only(before, after, '-');
    lines.extend(only(after, before, '+'));
    lines.join("\n")
}

/// What the history says of a change; `None` while nobody can tell.
#[allow(clippy::option_option, reason = "unknown differs from not begun")]
fn state_of(client: &Client, plan: &Plan) -> Option<Option<ChangeState>> {
    let history = client.call("History", &(20u32,)).ok()?;
    let history: Vec<HistoryEntry> = serde_json::from_str(&history).ok()?;
    let entry = history.into_iter().find(|entry| entry.plan.id == plan.id);
    Some(entry.map(|entry| entry.state))
}

/// A change that was kept is whole; then it is undone for the next try.
fn undo(client: &Client, plan: &Plan) -> Option<String> {
    let observed = match client.call("Observe", &()) {
        Ok(_) => nova_host::observe::observe(),
        Err((_, text)) => return Some(text),
    };
    let unmet = match observed {
        Ok(observed) => plan.unmet(&observed),
        Err(error) => return Some(error.to_string()),
    };
    if !unmet.is_empty() {
        return Some(format!("kept, but not so: {}", unmet.join("; ")));
    }
    let undo = match client.call("PrepareUndo", &(plan.id.to_string(),)) {
        Ok(undo) => serde_json::from_str::<Plan>(&undo).ok()?,
        Err((_, text)) => return Some(text),
    };
    let entry = match client.apply(&undo, 0) {
        Ok(entry) => entry,
        Err((_, text)) => return Some(text),
    };
    if matches!(entry.state, ChangeState::Pending { .. })
        && let Err((_, text)) = client.decide("Confirm", &undo)
    {
        return Some(text);
    }
    None
}
