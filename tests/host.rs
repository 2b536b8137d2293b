// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The host as other programs see it.

use serde_json::Value;

use crate::program::{run, sh, within};

/// All links as `ip -d -j link` shows them.
///
/// # Panics
/// Where `ip` fails.
#[must_use]
pub fn links() -> Vec<Value> {
    let shown = run("ip", &["-d", "-j", "link", "show"]).json();
    shown.as_array().cloned().unwrap_or_default()
}

/// One link as `ip -d -j link` shows it.
///
/// # Panics
/// Where `ip` fails otherwise than by not finding it.
#[must_use]
pub fn link(name: &str) -> Option<Value> {
    links().into_iter().find(|link| link["ifname"] == name)
}

/// Everything that stays the same while nobody changes the host: names, kinds,
/// MAC addresses, MTU, up or down, options of bridges, bonds, sub-interfaces and
/// ports, VLANs, alias, addresses and routes, static addresses and groups of
/// bridges, CPUs of received packets, queues and filters of `tc`; counters, timers and states that move
/// by themselves left out. With spanning tree the ageing time is such a one: the kernel
/// shortens it while the topology changes. So are the link-local addresses and
/// routes of IPv6 and what a router advertises, and the MAC address of the device
/// that ovs-vswitchd makes with its first userspace bridge.
///
/// # Panics
/// Where `ip`, `bridge` or `tc` fails.
#[must_use]
pub fn digest() -> String {
    let bridge = [
        "stp_state",
        "forward_delay",
        "hello_time",
        "max_age",
        "priority",
        "mcast_snooping",
        "mcast_querier",
        "mcast_hash_max",
        "group_fwd_mask",
        "vlan_filtering",
        "vlan_default_pvid",
        "vlan_protocol",
    ];
    let holds = |array: &Value, what: &str| {
        let mut all = array.as_array().into_iter().flatten();
        all.any(|one| one == what)
    };
    let links = told("ip", "-d -j link show", |link| {
        let mut kept = parts(link, &["ifname", "address", "mtu", "master", "ifalias"]);
        kept["up"] = holds(&link["flags"], "UP").into();
        kept["kind"] = link["linkinfo"]["info_kind"].clone();
        let options = &link["linkinfo"]["info_data"];
        kept["bridge"] = parts(options, &bridge);
        if options["stp_state"] != 1 {
            kept["bridge"]["ageing_time"] = options["ageing_time"].clone();
        }
        // Which member is used, and what was negotiated, moves by itself.
        if kept["kind"] == "bond" {
            kept["bond"] = without(options, &["active_slave", "ad_info"]);
        }
        if kept["kind"] == "vlan" {
            kept["vlan"] = options.clone();
            kept["below"] = link["link"].clone();
        }
        if kept["ifname"] == "ovs-netdev" {
            kept["address"] = Value::Null;
        }
        Some(kept)
    });
    let moving = ["ifindex", "link", "flags", "state", "mcast_n_groups"];
    let ports = told("bridge", "-d -j link show", |port| {
        Some(without(port, &moving))
    });
    let vlans = told("bridge", "-j vlan show", |port| Some(port.clone()));
    let addresses = told("ip", "-j address show", |link| {
        let all = link["addr_info"].as_array().into_iter().flatten();
        let mut kept = parts(link, &["ifname"]);
        kept["addresses"] = all
            .filter(|address| address["scope"] != "link")
            .map(|address| parts(address, &["local", "prefixlen"]))
            .collect();
        Some(kept)
    });
    let routes = told("ip", "-j route show", |route| {
        Some(without(route, &["flags"]))
    });
    let routes_of_ipv6 = told("ip", "-6 -j route show", |route| {
        let is_local = route["dst"]
            .as_str()
            .is_some_and(|to| to.starts_with("fe80:"));
        let is_told = route["protocol"] == "ra";
        (!is_local && !is_told).then(|| without(route, &["flags", "expires"]))
    });
    let learned = told("bridge", "-j fdb show", |entry| {
        // Those of the bridge and its ports themselves follow their MAC addresses; to
        // which of two with the same one they belong depends on who was first.
        let is_static = entry["master"].is_string() && entry["state"] == "static";
        is_static.then(|| entry.clone())
    });
    let groups = told("bridge", "-j mdb show", |table| {
        let all = table["mdb"].as_array()?;
        let kept = all.iter().filter(|entry| entry["state"] == "permanent");
        Some(kept.cloned().collect())
    });
    let all = [links, ports, vlans, addresses, routes, routes_of_ipv6];
    let more = [learned, groups, vec![queues()]];
    [all.concat(), more.concat()].concat().join("\n")
}

/// The CPUs that received packets are steered to, and the queues and filters that
/// are not the kernel's own.
fn queues() -> String {
    sh("grep -H '[1-9a-f]' /sys/class/net/*/queues/rx-*/rps_cpus; \
         tc qdisc show | grep -Eo '^qdisc (htb|tbf|clsact|ingress) .* dev [^ ]+' | sort; \
         for link in $(tc qdisc show | grep -E '^qdisc (htb|tbf|clsact|ingress) ' | \
           sed 's/.* dev \\([^ ]*\\).*/\\1/' | sort -u); do echo $link; \
         tc class show dev $link; tc filter show dev $link ingress; \
         tc filter show dev $link egress; done | sed 's/index [0-9]*//'; true")
    .ok()
}

/// What a program tells in JSON, a line each of what is kept of it, sorted.
fn told(program: &str, words: &str, keep: impl Fn(&Value) -> Option<Value>) -> Vec<String> {
    let words: Vec<&str> = words.split(' ').collect();
    let ran = run(program, &words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let all = ran.json();
    let kept = all.as_array().into_iter().flatten().filter_map(keep);
    let mut lines: Vec<String> = kept.map(|one| one.to_string()).collect();
    lines.sort();
    lines
}

/// Some of the members of an object.
fn parts(object: &Value, names: &[&str]) -> Value {
    let named = names
        .iter()
        .map(|name| ((*name).to_owned(), object[name].clone()));
    Value::Object(named.collect())
}

/// An object without some of its members.
fn without(object: &Value, names: &[&str]) -> Value {
    let mut rest = object.clone();
    if let Some(members) = rest.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
    rest
}

/// This host without its default routes, which come back when it is dropped.
#[derive(Debug)]
pub struct NoWayOut(Vec<String>);

impl NoWayOut {
    /// Takes nothing away: there is no other way out.
    #[must_use]
    pub const fn already() -> Self {
        Self(Vec::new())
    }

    /// Takes the default routes away.
    ///
    /// # Panics
    /// Where `ip` fails.
    #[must_use]
    pub fn now() -> Self {
        let routes = run("ip", &["-4", "route", "show", "default"]).ok();
        let taken = Self(routes.lines().map(ToOwned::to_owned).collect());
        for route in &taken.0 {
            let _ = sh(&format!("ip route delete {route}")).ok();
        }
        taken
    }
}

impl Drop for NoWayOut {
    fn drop(&mut self) {
        for route in &self.0 {
            let _ = sh(&format!("ip route add {route}"));
        }
    }
}

/// A pair of virtual cables whose far end lies in a namespace of its own: a
/// network card with a neighbour. Removed when dropped.
#[derive(Debug)]
pub struct Cable {
    /// Name of the near end.
    pub near: String,
    /// Name of the namespace with the far end, which is called `far`.
    pub namespace: String,
}

impl Cable {
    /// Lays a cable with this near end, both ends up, which may be given addresses:
    /// see [`settle`].
    ///
    /// # Panics
    /// Where `ip` fails.
    #[must_use]
    pub fn lay(near: &str) -> Self {
        let cable = Self::lay_unsettled(near);
        settle(near);
        cable
    }

    /// The same at once, for those that lay hundreds and give them no addresses.
    ///
    /// # Panics
    /// Where `ip` fails.
    #[must_use]
    pub fn lay_unsettled(near: &str) -> Self {
        let namespace = format!("t-{near}");
        let _ = sh(&format!(
            "ip link delete {near}; ip netns delete {namespace}"
        ));
        let _ = sh(&format!(
            "set -e; ip netns add {namespace}; ip link add {near} type veth peer name far netns {namespace}; \
             ip -n {namespace} link set far up; ip -n {namespace} link set lo up; ip link set {near} up"
        ))
        .ok();
        Self {
            near: near.to_owned(),
            namespace,
        }
    }

    /// Runs a command line at the far end.
    ///
    /// # Panics
    /// Where `ip` is not there.
    #[must_use]
    pub fn far(&self, line: &str) -> crate::program::Ran {
        run("ip", &["netns", "exec", &self.namespace, "sh", "-c", line])
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = sh(&format!(
            "ip link delete {}; ip netns delete {}",
            self.near, self.namespace
        ));
    }
}

/// Waits until NetworkManager, where it runs, has taken note of a card that was
/// plugged in: it clears a new card of its addresses, be they there already or not,
/// and leaves alone what it is given afterwards.
pub fn settle(card: &str) {
    let has_settled = || {
        let state = run("nmcli", &["-g", "GENERAL.STATE", "device", "show", card]);
        // 8: it is not running. 30: disconnected, which is where it leaves a card.
        let number = state.out.split(' ').next().and_then(|n| n.parse().ok());
        state.code == 8 || number.is_some_and(|number: u32| number >= 30)
    };
    // A card that it is told to leave alone stays as it is.
    let _ = within(10, has_settled);
}

/// Deletes a link when dropped, whatever the test did.
#[derive(Debug)]
pub struct Gone(pub &'static str);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = sh(&format!("ip link delete {}", self.0));
    }
}

/// Links whose names a terminal or a text with markup would act on.
#[derive(Debug)]
pub struct Hostile;

/// Their names as a shell writes them.
const HOSTILE: &str = r#""$(printf 'h\033[2J\007')" "$(printf 'b\302\233m')" \
    "$(printf 'x\377\376')" "$(printf 'r\342\200\256k')" '<b>&amp;'"#;

impl Hostile {
    /// Their names as they are shown.
    pub const SHOWN: [&'static str; 5] = [
        r"h\x1b[2J\x07",
        r"x\xff\xfe",
        r"b\u{9b}m",
        r"r\u{202e}k",
        "<b>&amp;",
    ];

    /// Makes them.
    ///
    /// # Panics
    /// Where the kernel does not take one.
    #[must_use]
    pub fn make() -> Self {
        let hostile = Self;
        let _ = sh(&format!(
            "set -e; for n in {HOSTILE}; do ip link add name \"$n\" type bridge; done"
        ))
        .ok();
        hostile
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        let _ = sh(&format!(
            "for n in {HOSTILE}; do ip link delete \"$n\"; done"
        ));
    }
}

/// Whether nothing in a text can move a cursor or turn the writing round.
#[must_use]
pub fn is_tame(text: &str) -> bool {
    let wild = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{fffd}')
    };
    !text.contains(wild)
}

/// The service of libvirt and its sockets.
pub const LIBVIRT: &str =
    "libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket";

/// Starts libvirt again when it is dropped.
#[derive(Debug)]
pub struct LibvirtBack;

impl Drop for LibvirtBack {
    fn drop(&mut self) {
        let _ = sh(&format!("systemctl start {LIBVIRT}"));
    }
}

/// A service whose main process stands still until this is dropped: it runs, takes
/// calls and answers none.
#[derive(Debug)]
pub struct Frozen(&'static str);

impl Frozen {
    /// Has the main process of a unit stand still.
    ///
    /// # Panics
    /// Where there is no such unit.
    #[must_use]
    pub fn unit(name: &'static str) -> Self {
        let _ = sh(&format!(
            "systemctl kill --kill-whom=main --signal=STOP {name}"
        ))
        .ok();
        Self(name)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = sh(&format!(
            "systemctl kill --kill-whom=main --signal=CONT {}",
            self.0
        ));
    }
}
