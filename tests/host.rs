// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The host as other programs see it.

use serde_json::Value;

use crate::program::{run, sh};

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
/// MAC addresses, MTU, up or down, options of bridges and ports, VLANs, alias,
/// addresses and routes; counters, timers and states that move by themselves
/// left out. With spanning tree the ageing time is such a one: the kernel
/// shortens it while the topology changes. So are the link-local addresses and
/// routes of IPv6 and what a router advertises.
///
/// # Panics
/// Where `ip` or `bridge` fails.
#[must_use]
pub fn digest() -> String {
    sh(concat!(
        "set -e; ip -d -j link show | jq -S '[.[] | {ifname, address, mtu, master, ifalias, ",
        "up: ((.flags // []) | index(\"UP\") != null), kind: .linkinfo.info_kind, ",
        "bridge: (.linkinfo.info_data // {} | {stp_state, forward_delay, hello_time, max_age, ",
        "ageing_time: (if .stp_state == 1 then null else .ageing_time end), ",
        "priority, mcast_snooping, mcast_querier, mcast_hash_max, group_fwd_mask, ",
        "vlan_filtering, vlan_default_pvid, vlan_protocol})}] | sort_by(.ifname)'; ",
        "bridge -d -j link show | jq -S '[.[] | del(.ifindex, .link, .flags, .state, ",
        ".mcast_n_groups)] | sort_by(.ifname)'; ",
        "bridge -j vlan show | jq -S 'sort_by(.ifname)'; ",
        "ip -j address show | jq -S '[.[] | {ifname, a: [.addr_info[] | select(.scope != \"link\") ",
        "| {local, prefixlen}]}] | sort_by(.ifname)'; ",
        "ip -j route show | jq -S 'map(del(.flags))'; ",
        "ip -6 -j route show | jq -S '[.[] | select((.dst // \"\" | startswith(\"fe80:\") | not) ",
        "and .protocol != \"ra\") | del(.flags, .expires)] | sort_by(tostring)'"
    ))
    .ok()
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
    /// Lays a cable with this near end, both ends up.
    ///
    /// # Panics
    /// Where `ip` fails.
    #[must_use]
    pub fn lay(near: &str) -> Self {
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
