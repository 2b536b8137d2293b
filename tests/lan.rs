// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A LAN outside the host: a gateway that leases addresses, an administrator,
//! and a network card of this host that is plugged into it.

use serde_json::Value;

use crate::administrator::{Administrator, answer};
use crate::host::{NoWayOut, link, settle};
use crate::program::{run, sh, within};

/// The card of this host.
pub const CARD: &str = "nvl0";
/// The namespace of the administrator.
pub const ADMIN: &str = "nvl-admin";
/// The bridge that the tests make above the card.
pub const BRIDGE: &str = "nvl-br";
/// The bond that they make above it.
pub const BOND: &str = "nvl-bd";
/// An administrator on the LAN who is connected at this address, whose prefix may
/// follow it.
///
/// # Panics
/// Where nobody answers.
#[must_use]
pub fn connected(address: &str) -> Administrator {
    static ANSWER: std::sync::Once = std::sync::Once::new();
    ANSWER.call_once(answer);
    let address = address.split('/').next().unwrap_or(address);
    Administrator::connect(ADMIN, address, false)
}

/// The address that is set by hand, where it is not leased.
pub const BY_HAND: &str = "198.51.100.5/24";

const REMOVE: &str = "\
    nmcli -t -f UUID,NAME connection show | sed -n 's/^\\([^:]*\\):nv.*/\\1/p' | xargs -r -n1 nmcli connection delete uuid; \
    rm -f /etc/systemd/network/*nv* /run/systemd/network/*nv*; \
    systemctl is-active -q systemd-networkd && systemctl stop systemd-networkd.socket systemd-networkd; \
    for ns in nvl-lan nvl-admin; do ip netns pids $ns | xargs -r kill -KILL; ip netns delete $ns; done; \
    for link in nvl0 nvl1 nvl2 nvl-bd.7 nvl-bd nvl-br nvp-br; do ip link delete $link; done; \
    systemctl disable nvl-lan.service; rm -f /etc/systemd/system/nvl-lan.service /etc/nvl-lan \
        /etc/udev/rules.d/90-nvl.rules; \
    rm -rf /run/nvl-leases";

const LAY: &str = "set -e; \
    ip netns add nvl-lan; ip -n nvl-lan link set lo up; \
    ip -n nvl-lan link add lan type bridge; ip -n nvl-lan address add 198.51.100.1/24 dev lan; \
    ip -n nvl-lan link set lan up; \
    ip netns add nvl-admin; ip -n nvl-admin link set lo up; \
    ip -n nvl-lan link add admin type veth peer name eth0 netns nvl-admin; \
    ip -n nvl-lan link set admin master lan up; \
    ip -n nvl-admin address add 198.51.100.77/24 dev eth0; ip -n nvl-admin link set eth0 up; \
    ip netns exec nvl-lan dnsmasq --conf-file=/dev/null --interface=lan --bind-interfaces \
        --dhcp-range=198.51.100.100,198.51.100.199,1h --dhcp-authoritative --dhcp-leasefile=/run/nvl-leases \
        --pid-file= --no-resolv --no-hosts --user=root; \
    ip link add nvl0 address 52:54:00:00:7e:01 type veth peer name card netns nvl-lan; \
    ip -n nvl-lan link set card master lan up; ip link set nvl0 up";

/// Two more cards of this host, plugged into the same LAN.
const MORE: &str = "for card in 1 2; do \
    ip link add nvl$card address 52:54:00:00:7e:1$card type veth peer name card$card netns nvl-lan; \
    ip -n nvl-lan link set card$card master lan up; done";

/// Lays the LAN before anybody configures the network.
const UNIT: &str = "[Unit]\nDefaultDependencies=no\nAfter=local-fs.target systemd-udevd.service\n\
    Before=network-pre.target NetworkManager.service systemd-networkd.service nova-restore.service\n\
    Wants=network-pre.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\n\
    ExecStart=/bin/sh /etc/nvl-lan\n[Install]\nWantedBy=sysinit.target\n";
/// The daemon leaves virtual cables alone unless it is told otherwise.
const RULE: &str = "ACTION!=\"remove\", SUBSYSTEM==\"net\", ENV{INTERFACE}==\"nvl*\", \
    ENV{NM_UNMANAGED}=\"0\"\n";

/// The LAN; gone with the card and all that was made above it when dropped.
/// Meanwhile it is the only way out of this host.
#[derive(Debug)]
pub struct Lan {
    _no_other: NoWayOut,
}

impl Lan {
    /// Lays the LAN; nobody configures the card.
    ///
    /// # Panics
    /// Where `ip` fails or the card gets no profile.
    #[must_use]
    pub fn lay() -> Self {
        let _ = sh(REMOVE);
        let lan = Self {
            _no_other: NoWayOut::now(),
        };
        let _ = sh(LAY).ok();
        settle(CARD);
        lan
    }

    /// The same; the `NetworkManager` daemon configures the card by the profile
    /// `nvl-uplink` with these settings.
    ///
    /// # Panics
    /// Where the card gets no address.
    #[must_use]
    pub fn with_network_manager(settings: &str) -> Self {
        let lan = Self::lay();
        let _ = sh("systemctl start NetworkManager");
        let added = || {
            sh(&format!(
                "nmcli connection add type ethernet ifname {CARD} con-name nvl-uplink {settings} && \
                 nmcli -w 30 connection up nvl-uplink"
            ))
            .code
                == 0
        };
        assert!(within(20, added), "NetworkManager takes the card");
        lan.await_address();
        lan
    }

    /// The same; systemd-networkd configures the card by a file with these lines
    /// in its section `[Network]`.
    ///
    /// # Panics
    /// Where the card gets no address.
    #[must_use]
    pub fn with_networkd(lines: &str) -> Self {
        let lan = Self::lay();
        let text = format!("[Match]\nName={CARD}\n\n[Network]\n{lines}\n");
        let _ = sh(&format!(
            "printf '%s' '{text}' >/etc/systemd/network/20-nvl.network && systemctl start systemd-networkd"
        ))
        .ok();
        lan.await_address();
        lan
    }

    /// Has the others send checksums as a real cable carries them: `ovs-vswitchd`,
    /// where it moves frames itself, drops those that a virtual one leaves to nobody.
    ///
    /// # Panics
    /// Where `ethtool` fails.
    #[must_use]
    pub fn with_checksums(self) -> Self {
        let _ = sh("set -e; ip netns exec nvl-lan ethtool -K lan tx off; \
                    ip netns exec nvl-admin ethtool -K eth0 tx off")
        .ok();
        self
    }

    /// Plugs two more cards of this host into the LAN, `nvl1` and `nvl2`, for as
    /// long as it is there.
    ///
    /// # Panics
    /// Where `ip` fails.
    #[must_use]
    pub fn with_more_cards(self) -> Self {
        let _ = sh(MORE).ok();
        self
    }

    /// Has the LAN be laid again at each boot, with two more cards that are
    /// there from now on, and leaves it so.
    ///
    /// # Panics
    /// Where `systemctl` fails.
    pub fn outlives_boots(self) {
        let _ = sh(&format!(
            "set -e; {MORE}; printf '{UNIT}' >/etc/systemd/system/nvl-lan.service; \
             printf '{RULE}' >/etc/udev/rules.d/90-nvl.rules; udevadm control --reload; \
             cat >/etc/nvl-lan <<'END'\n{LAY}; {MORE}\nEND\n\
             systemctl daemon-reload; systemctl enable nvl-lan.service"
        ))
        .ok();
        std::mem::forget(self);
    }

    /// The LAN that was laid at boot, the only way out of the machine; gone when
    /// dropped.
    #[must_use]
    pub const fn of_this_boot() -> Self {
        Self {
            _no_other: NoWayOut::already(),
        }
    }

    fn await_address(&self) {
        assert!(
            within(30, || address_of(CARD).is_some()),
            "the card has no address"
        );
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        let _ = sh(REMOVE);
    }
}

/// The IPv4 address of a link with its prefix, as `ip` shows it.
///
/// # Panics
/// Where `ip` fails.
#[must_use]
pub fn address_of(name: &str) -> Option<String> {
    let ran = run("ip", &["-4", "-j", "address", "show", "dev", name]);
    if ran.code != 0 {
        return None;
    }
    let address = ran.json()[0]["addr_info"][0].clone();
    let prefix = address["prefixlen"].as_u64()?;
    Some(format!("{}/{prefix}", address["local"].as_str()?))
}

/// The bridge that a link is a port of.
#[must_use]
pub fn master_of(name: &str) -> Option<String> {
    link(name)?["master"].as_str().map(ToOwned::to_owned)
}

/// The link by which the default route through the gateway of the LAN leaves.
///
/// # Panics
/// Where `ip` fails.
#[must_use]
pub fn default_by() -> Vec<String> {
    let routes = run("ip", &["-4", "-j", "route", "show", "default"]).json();
    let routes = routes.as_array().cloned().unwrap_or_default();
    routes
        .iter()
        .filter(|route| route["gateway"] == "198.51.100.1")
        .filter_map(|route| route["dev"].as_str().map(ToOwned::to_owned))
        .collect()
}

/// The profiles of the `NetworkManager` daemon that the tests know, with where
/// each lies and whether it starts by itself.
///
/// # Panics
/// Where `nmcli` fails.
#[must_use]
pub fn profiles() -> Vec<String> {
    let shown = run(
        "nmcli",
        &[
            "-t",
            "-f",
            "NAME,FILENAME,AUTOCONNECT",
            "connection",
            "show",
        ],
    )
    .ok();
    let mut profiles: Vec<String> = shown
        .lines()
        .filter(|line| line.starts_with("nv"))
        .map(ToOwned::to_owned)
        .collect();
    profiles.sort();
    profiles
}

/// The files in a folder whose names speak of the tests' links.
///
/// # Panics
/// Where there is no `sh`.
#[must_use]
pub fn files(folder: &str) -> Vec<String> {
    let shown = sh(&format!("ls {folder} 2>/dev/null"));
    let named = |name: &&str| name.contains("nv");
    shown
        .out
        .lines()
        .filter(named)
        .map(ToOwned::to_owned)
        .collect()
}

/// The whole identifier of the newest change.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn newest() -> String {
    let entries = crate::program::nova(&["history", "--limit", "1", "--output", "json"]).json();
    match &entries[0]["plan"]["id"] {
        Value::String(id) => id.clone(),
        _ => String::new(),
    }
}
