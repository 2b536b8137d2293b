// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Profiles of the `NetworkManager` daemon as values: what Nova reads of those
//! that stand, and those it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::address::{IpNet, MacAddress, Route};
use crate::bridge::{BridgeOptions, PortOptions, PortPatch};
use crate::error::{NovaError, Result};
use crate::link::Link;
use crate::name::{InterfaceName, printable};
use crate::networkd::Place;
use crate::networkd_file::kept_vlans;
use crate::plan::PlanId;

/// Values by setting and key; absent where the daemon is left to take the usual.
pub type NmValues = BTreeMap<String, BTreeMap<String, Option<NmValue>>>;

/// A value of a setting, by the D-Bus types that the daemon's settings use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NmValue {
    /// `b`
    Bool(bool),
    /// `y`
    Byte(u8),
    /// `q`
    Short(u16),
    /// `i`
    Int(i32),
    /// `u`
    Uint(u32),
    /// `x`
    Long(i64),
    /// `t`
    Ulong(u64),
    /// `s`
    Text(String),
    /// `ay`
    Bytes(Vec<u8>),
    /// `as`
    Texts(Vec<String>),
    /// `au`
    Uints(Vec<u32>),
    /// `aay`
    ByteStrings(Vec<Vec<u8>>),
    /// `aa{sv}`
    Dicts(Vec<BTreeMap<String, NmValue>>),
    /// `a{ss}`
    Words(BTreeMap<String, String>),
}

/// The settings of a profile: values by key, keys by setting. Secrets are
/// never among them.
pub type NmSettings = BTreeMap<String, BTreeMap<String, NmValue>>;

/// Key of Nova's mark in the setting `user`; its value is the identifier of
/// the change that made the profile.
pub const MARK_KEY: &str = "org.nova.networking.change";

/// Settings that say where a host's own addresses, routes and name servers come
/// from; with a bridge they are the bridge's.
const OF_THE_HOST: [&str; 3] = ["ipv4", "ipv6", "proxy"];
/// Keys of `connection` that speak of the host's addresses too.
const CONNECTION_OF_THE_HOST: [&str; 9] = [
    "zone",
    "metered",
    "mdns",
    "llmnr",
    "dns-over-tls",
    "dnssec",
    "dns-over-tls-name",
    "gateway-ping-timeout",
    "ip-ping-timeout",
];
/// Keys of `connection` that both halves of a profile need.
const CONNECTION_OF_BOTH: [&str; 3] =
    ["permissions", "autoconnect-priority", "autoconnect-retries"];
/// Keys that older and newer daemons give in two forms; the newer one says all.
const TWICE: [(&str, &str); 3] = [
    ("addresses", "address-data"),
    ("routes", "route-data"),
    ("dns", "dns-data"),
];

/// A profile's identifier, as text `8-4-4-4-12`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct ProfileId(String);

impl ProfileId {
    /// The identifier that this change gives to its profile of this purpose:
    /// the same each time the change is planned.
    #[must_use]
    pub fn made_by(change: PlanId, purpose: &str) -> Self {
        let hash = Sha256::digest(format!("profile/{change}/{purpose}"));
        let mut bytes = [0u8; 16];
        bytes
            .iter_mut()
            .zip(hash.iter())
            .for_each(|(byte, from)| *byte = *from);
        // RFC 9562: version 8, free to define, of the usual variant.
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for ProfileId {
    type Error = NovaError;

    /// Takes what the daemon takes: 1 to 64 letters, digits and dashes.
    fn try_from(text: String) -> Result<Self> {
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if text.is_empty() || text.len() > 64 || !is_plain {
            return Err(NovaError::invalid(
                "profile",
                printable(&text),
                "the identifier of a profile, 8-4-4-4-12 hexadecimal digits",
            ));
        }
        Ok(Self(text))
    }
}

impl From<ProfileId> for String {
    fn from(id: ProfileId) -> Self {
        id.0
    }
}

/// A profile of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NmProfile {
    /// Its identifier.
    pub uuid: ProfileId,
    /// Its name, as a person sees it.
    pub name: String,
    /// Its settings, `connection` among them.
    pub settings: NmSettings,
}

impl NmProfile {
    /// Whether Nova made it, by its mark.
    #[must_use]
    pub fn mark(&self) -> Option<PlanId> {
        match self.settings.get("user")?.get("data")? {
            NmValue::Words(words) => words.get(MARK_KEY)?.parse().ok(),
            _ => None,
        }
    }

    /// A value of a setting.
    #[must_use]
    pub fn value(&self, setting: &str, key: &str) -> Option<&NmValue> {
        self.settings.get(setting)?.get(key)
    }

    /// A value that is a text.
    #[must_use]
    pub fn text(&self, setting: &str, key: &str) -> Option<&str> {
        match self.value(setting, key)? {
            NmValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of the link it is about.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        self.text("connection", "interface-name")
    }

    /// What it puts its link into, by identifier or name.
    #[must_use]
    pub fn above(&self) -> Option<&str> {
        let named = |key| self.text("connection", key);
        named("controller")
            .or_else(|| named("master"))
            .filter(|above| !above.is_empty())
    }

    /// The MAC address it gives to a bridge, where it is the profile of one.
    #[must_use]
    pub fn bridge_mac(&self) -> Option<MacAddress> {
        match self.value("bridge", "mac-address")? {
            NmValue::Bytes(bytes) => Some(MacAddress(bytes.as_slice().try_into().ok()?)),
            _ => None,
        }
    }

    /// Whether the daemon starts it by itself.
    #[must_use]
    pub fn starts_by_itself(&self) -> bool {
        self.value("connection", "autoconnect") != Some(&NmValue::Bool(false))
    }

    /// The bridge or bond that the daemon makes of it, with its MAC address; it
    /// goes with the profile.
    #[must_use]
    pub fn link_made(&self) -> Option<(InterfaceName, MacAddress)> {
        let mac = self.bridge_mac().or_else(|| self.bond_mac())?;
        let link = self.about()?;
        Some((InterfaceName::try_from(link).ok()?, mac))
    }

    /// The profile of a new bridge that takes over what `uplink` says about the
    /// host's own addresses, name servers and firewall zone.
    #[must_use]
    pub fn bridge(
        change: PlanId,
        name: &InterfaceName,
        mac: MacAddress,
        options: &BridgeOptions,
        uplink: Option<&Self>,
    ) -> Self {
        let mut profile = Self::marked(change, name.as_str(), name, "bridge");
        profile.set("bridge", "mac-address", NmValue::Bytes(mac.0.to_vec()));
        profile.set_options(options);
        profile.take_over(uplink);
        profile
    }

    /// Takes over what the profile of a card says about the host's own
    /// addresses, name servers and firewall zone; it has none where there is no
    /// such profile.
    pub(crate) fn take_over(&mut self, uplink: Option<&Self>) {
        let Some(uplink) = uplink else {
            self.without_addresses();
            return;
        };
        for setting in OF_THE_HOST {
            if let Some(values) = uplink.settings.get(setting) {
                self.settings
                    .insert(setting.to_owned(), without_doubles(values));
            }
        }
        self.take_connection(uplink, &CONNECTION_OF_THE_HOST);
        self.take_connection(uplink, &CONNECTION_OF_BOTH);
    }

    /// The profile that makes a card a port of the bridge or a member of the bond
    /// of another profile. What `uplink` says about the card itself stays with
    /// it: speed, MTU, wake-up, offloads.
    #[must_use]
    pub fn port(
        change: PlanId,
        card: &InterfaceName,
        above: &Self,
        above_name: &InterfaceName,
        uplink: Option<&Self>,
    ) -> Self {
        let name = format!("{above_name} port {card}");
        let kind = uplink.and_then(|uplink| uplink.text("connection", "type"));
        let mut profile = Self::marked(change, &name, card, kind.unwrap_or("802-3-ethernet"));
        let of_the_card = uplink
            .into_iter()
            .flat_map(|uplink| &uplink.settings)
            .filter(|(setting, _)| {
                !OF_THE_HOST.contains(&setting.as_str())
                    && !matches!(
                        setting.as_str(),
                        "connection" | "user" | "bridge-port" | "bond-port"
                    )
            });
        for (setting, values) in of_the_card {
            profile
                .settings
                .insert(setting.clone(), without_doubles(values));
        }
        if let Some(uplink) = uplink {
            profile.take_connection(uplink, &CONNECTION_OF_BOTH);
        }
        let kind = above.text("connection", "type").unwrap_or("bridge");
        profile.set("connection", "master", text(above.uuid.as_str()));
        profile.set("connection", "slave-type", text(kind));
        // All members have the MTU of their bond.
        if kind == "bond" {
            profile.set_or_forget("802-3-ethernet", "mtu", None);
        }
        profile
    }

    /// Gives the bridge these options.
    pub(crate) fn set_options(&mut self, options: &BridgeOptions) {
        for (key, value) in bridge_values(options) {
            self.set_or_forget("bridge", key, value);
        }
    }

    /// What it would have to say where what it is about has changed from what one
    /// profile describes to what another does. Of texts by key, as the options of
    /// a bond are, those stay that both leave alone.
    pub(crate) fn values_between(&self, before: &Self, after: &Self) -> NmValues {
        let mut wanted = NmValues::new();
        for (setting, key) in before.keys().chain(after.keys()) {
            let (was, is) = (before.value(setting, key), after.value(setting, key));
            if was == is {
                continue;
            }
            let value = match (self.value(setting, key), was, is) {
                (
                    Some(NmValue::Words(said)),
                    Some(NmValue::Words(was)),
                    Some(NmValue::Words(is)),
                ) => {
                    let mut words = said.clone();
                    words.retain(|word, _| !was.contains_key(word) || is.contains_key(word));
                    let differing = is
                        .iter()
                        .filter(|(word, text)| was.get(*word) != Some(text));
                    words.extend(differing.map(|(word, text)| (word.clone(), text.clone())));
                    Some(NmValue::Words(words))
                }
                _ => is.cloned(),
            };
            wanted
                .entry(setting.to_owned())
                .or_default()
                .insert(key.to_owned(), value);
        }
        wanted
    }

    /// What it says where these values do.
    pub(crate) fn values_of(&self, wanted: &NmValues) -> NmValues {
        let mut now = wanted.clone();
        for (setting, values) in &mut now {
            for (key, value) in values {
                *value = self.value(setting, key).cloned();
            }
        }
        now
    }

    fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.settings.iter();
        settings
            .flat_map(|(setting, values)| values.keys().map(|key| (setting.as_str(), key.as_str())))
    }

    /// Gives the port the options it has, as far as the daemon knows them.
    pub(crate) fn set_port_options(&mut self, link: &Link) {
        let options = link.port.map(|port| port.options).unwrap_or_default();
        let patch = PortPatch::between(&PortOptions::default(), &options);
        let values = [
            ("path-cost", patch.cost.map(NmValue::Uint)),
            (
                "priority",
                patch.priority.map(|number| NmValue::Uint(number.into())),
            ),
            ("hairpin-mode", patch.hairpin.map(NmValue::Bool)),
        ];
        for (key, value) in values {
            self.set_or_forget("bridge-port", key, value);
        }
    }

    /// Gives the bridge or the port the VLANs it carries, where they are not
    /// just the one every port gets.
    pub(crate) fn set_vlans(&mut self, setting: &str, link: &Link, usual: u16) {
        let vlans: Vec<BTreeMap<String, NmValue>> = kept_vlans(link, usual)
            .into_iter()
            .map(|range| {
                BTreeMap::from([
                    ("vid-start".to_owned(), NmValue::Short(range.first.number())),
                    ("vid-end".to_owned(), NmValue::Short(range.last.number())),
                    ("untagged".to_owned(), NmValue::Bool(range.is_untagged)),
                    ("pvid".to_owned(), NmValue::Bool(range.is_pvid)),
                ])
            })
            .collect();
        let vlans = (!vlans.is_empty()).then_some(NmValue::Dicts(vlans));
        self.set_or_forget(setting, "vlans", vlans);
    }

    fn set_or_forget(&mut self, setting: &str, key: &str, value: Option<NmValue>) {
        match value {
            Some(value) => self.set(setting, key, value),
            None => {
                if let Some(values) = self.settings.get_mut(setting) {
                    values.remove(key);
                }
            }
        }
    }

    /// Gives the bridge these addresses and routes of a host that nobody
    /// configured before.
    pub(crate) fn set_addresses(&mut self, nets: &[IpNet], routes: &[Route]) {
        for (family, is_ipv4) in [("ipv4", true), ("ipv6", false)] {
            let addresses: Vec<BTreeMap<String, NmValue>> = nets
                .iter()
                .filter(|net| net.address().is_ipv4() == is_ipv4)
                .map(|net| {
                    BTreeMap::from([
                        ("address".to_owned(), text(&net.address().to_string())),
                        ("prefix".to_owned(), NmValue::Uint(net.prefix().into())),
                    ])
                })
                .collect();
            if addresses.is_empty() {
                continue;
            }
            let routes: Vec<BTreeMap<String, NmValue>> = routes
                .iter()
                .filter(|route| route.protocol != Route::PROTOCOL_KERNEL)
                .filter(|route| route.destination.address().is_ipv4() == is_ipv4)
                .map(route_dict)
                .collect();
            self.set(family, "method", text("manual"));
            self.set(family, "address-data", NmValue::Dicts(addresses));
            self.set(family, "route-data", NmValue::Dicts(routes));
        }
    }

    pub(crate) fn marked(change: PlanId, name: &str, link: &InterfaceName, kind: &str) -> Self {
        let uuid = ProfileId::made_by(change, name);
        let mut profile = Self {
            name: name.to_owned(),
            settings: BTreeMap::from([(kind.to_owned(), BTreeMap::new())]),
            uuid,
        };
        profile.set("connection", "id", text(name));
        profile.set("connection", "uuid", text(profile.uuid.as_str()));
        profile.set("connection", "type", text(kind));
        profile.set("connection", "interface-name", text(link.as_str()));
        let mark = BTreeMap::from([(MARK_KEY.to_owned(), change.to_string())]);
        profile.set("user", "data", NmValue::Words(mark));
        profile
    }

    fn take_connection(&mut self, from: &Self, keys: &[&str]) {
        for key in keys {
            if let Some(value) = from.value("connection", key) {
                self.set("connection", key, value.clone());
            }
        }
    }

    /// Sets a value.
    pub(crate) fn set(&mut self, setting: &str, key: &str, value: NmValue) {
        self.settings
            .entry(setting.to_owned())
            .or_default()
            .insert(key.to_owned(), value);
    }

    /// The `nmcli` command that makes it of another of the same identifier.
    pub(crate) fn nmcli_difference(&self, before: &Self, to: Place) -> String {
        let temporary = match to {
            Place::Volatile => "--temporary ",
            Place::Lasting => "",
        };
        let mut words = vec![format!(
            "nmcli connection modify {temporary}uuid {}",
            self.uuid
        )];
        // First what goes: a port of something takes no settings of a host.
        for (setting, values) in &before.settings {
            let Some(left) = self.settings.get(setting) else {
                words.push(format!("remove {}", nmcli_setting(setting)));
                continue;
            };
            let gone = values.keys().filter(|key| !left.contains_key(*key));
            words.extend(gone.map(|key| format!("{setting}.{} ''", nmcli_key(key))));
        }
        for (setting, values) in &self.settings {
            for (key, value) in values {
                if before.value(setting, key) != Some(value) {
                    let shown = value.nmcli().unwrap_or_else(|| "''".to_owned());
                    words.push(format!("{setting}.{} {shown}", nmcli_key(key)));
                }
            }
        }
        // A daemon may say one thing under its old and its new name.
        let mut told = BTreeSet::new();
        words.retain(|word| told.insert(word.clone()));
        words.join(" ")
    }

    /// The `nmcli` command that writes these values into a profile.
    pub(crate) fn nmcli_values(uuid: &ProfileId, values: &NmValues) -> String {
        let values = values
            .iter()
            .flat_map(|(setting, values)| values.iter().map(move |it| (setting, it)));
        let words = values.map(|(setting, (key, value))| {
            let shown = value.as_ref().and_then(NmValue::nmcli);
            let shown = shown.unwrap_or_else(|| "''".to_owned());
            format!(" {}.{} {shown}", nmcli_setting(setting), nmcli_key(key))
        });
        format!(
            "nmcli connection modify uuid {uuid}{}",
            words.collect::<String>()
        )
    }

    /// The `nmcli` command that adds it; `save` says whether to the disk.
    #[must_use]
    pub fn nmcli(&self, save: bool) -> String {
        let kind = self.text("connection", "type").unwrap_or("generic");
        let mut words = vec![
            "nmcli connection add".to_owned(),
            format!("save {}", if save { "yes" } else { "no" }),
            format!("type {}", nmcli_setting(kind)),
            format!("con-name {}", quoted(&self.name)),
        ];
        if let Some(link) = self.about() {
            words.push(format!("ifname {}", quoted(link)));
        }
        for (setting, values) in &self.settings {
            for (key, value) in values {
                let is_said = setting == "user"
                    || setting == "connection"
                        && matches!(key.as_str(), "id" | "uuid" | "type" | "interface-name");
                if let (false, Some(shown)) = (is_said, value.nmcli()) {
                    words.push(format!(
                        "{}.{} {shown}",
                        nmcli_setting(setting),
                        nmcli_key(key)
                    ));
                }
            }
        }
        words.join(" ")
    }
}

/// What `nmcli` calls a setting of the bus.
fn nmcli_setting(setting: &str) -> &str {
    match setting {
        "802-3-ethernet" => "ethernet",
        setting => setting,
    }
}

/// What `nmcli` calls a key of the bus.
fn nmcli_key(key: &str) -> &str {
    match key {
        "master" => "controller",
        "slave-type" => "port-type",
        "address-data" => "addresses",
        "route-data" => "routes",
        "dns-data" => "dns",
        "assigned-mac-address" => "cloned-mac-address",
        "interface-name" => "ifname",
        key => key,
    }
}

impl NmValue {
    /// The value as `nmcli` takes it; nothing for what is empty.
    fn nmcli(&self) -> Option<String> {
        let list = |items: Vec<String>| (!items.is_empty()).then(|| quoted(&items.join(",")));
        match self {
            Self::Bool(on) => Some(if *on { "yes" } else { "no" }.to_owned()),
            Self::Byte(number) => Some(number.to_string()),
            Self::Short(number) => Some(number.to_string()),
            Self::Int(number) => Some(number.to_string()),
            Self::Uint(number) => Some(number.to_string()),
            Self::Long(number) => Some(number.to_string()),
            Self::Ulong(number) => Some(number.to_string()),
            Self::Text(text) => (!text.is_empty()).then(|| quoted(text)),
            Self::Bytes(bytes) => {
                let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                (!pairs.is_empty()).then(|| pairs.join(":"))
            }
            Self::Texts(texts) => list(texts.clone()),
            Self::Uints(numbers) => list(numbers.iter().map(ToString::to_string).collect()),
            Self::ByteStrings(strings) => list(
                strings
                    .iter()
                    .map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
                    .collect(),
            ),
            Self::Dicts(dicts) => list(dicts.iter().map(dict_words).collect()),
            Self::Words(words) => list(
                words
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect(),
            ),
        }
    }

    /// The value as a number, whatever its width.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Byte(number) => Some(i64::from(*number)),
            Self::Short(number) => Some(i64::from(*number)),
            Self::Int(number) => Some(i64::from(*number)),
            Self::Uint(number) => Some(i64::from(*number)),
            Self::Long(number) => Some(*number),
            Self::Ulong(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }
}

/// An address, a route or another record in one line: `192.0.2.5/24`,
/// `10.0.0.0/8 192.0.2.1`.
fn dict_words(dict: &BTreeMap<String, NmValue>) -> String {
    let word = |key: &str| match dict.get(key) {
        Some(NmValue::Text(text)) => Some(text.clone()),
        Some(value) => value.number().map(|number| number.to_string()),
        None => None,
    };
    let net = word("address").or_else(|| word("dest")).map(|address| {
        word("prefix").map_or_else(|| address.clone(), |prefix| format!("{address}/{prefix}"))
    });
    let mut words: Vec<String> = net.into_iter().collect();
    words.extend(word("next-hop"));
    words.extend(word("metric"));
    if words.is_empty() {
        words.extend(
            dict.keys()
                .filter_map(|key| Some(format!("{key}={}", word(key)?))),
        );
    }
    words.join(" ")
}

/// The values of the setting `bridge` for these options, in the daemon's units:
/// seconds; nothing for a value that is the daemon's default, which has spanning
/// tree on.
fn bridge_values(options: &BridgeOptions) -> [(&'static str, Option<NmValue>); 13] {
    let kernel = BridgeOptions::default();
    let differing = |value: u32, default: u32| (value != default).then_some(NmValue::Uint(value));
    [
        ("stp", (!options.stp).then_some(NmValue::Bool(false))),
        (
            "priority",
            differing(options.priority.into(), kernel.priority.into()),
        ),
        (
            "forward-delay",
            differing(options.forward_delay, kernel.forward_delay),
        ),
        (
            "hello-time",
            differing(options.hello_time, kernel.hello_time),
        ),
        ("max-age", differing(options.max_age, kernel.max_age)),
        (
            "ageing-time",
            differing(options.ageing_time, kernel.ageing_time),
        ),
        (
            "multicast-snooping",
            (!options.multicast_snooping).then_some(NmValue::Bool(false)),
        ),
        (
            "multicast-querier",
            options.multicast_querier.then_some(NmValue::Bool(true)),
        ),
        (
            "multicast-hash-max",
            differing(options.multicast_hash_max, kernel.multicast_hash_max),
        ),
        (
            "group-forward-mask",
            differing(options.group_fwd_mask.into(), kernel.group_fwd_mask.into()),
        ),
        (
            "vlan-filtering",
            options.vlan_filtering.then_some(NmValue::Bool(true)),
        ),
        (
            "vlan-default-pvid",
            differing(options.default_pvid.into(), kernel.default_pvid.into()),
        ),
        (
            "vlan-protocol",
            (options.vlan_protocol != kernel.vlan_protocol)
                .then(|| text(options.vlan_protocol.word())),
        ),
    ]
}

fn route_dict(route: &Route) -> BTreeMap<String, NmValue> {
    let mut dict = BTreeMap::from([
        (
            "dest".to_owned(),
            text(&route.destination.address().to_string()),
        ),
        (
            "prefix".to_owned(),
            NmValue::Uint(route.destination.prefix().into()),
        ),
    ]);
    if let Some(gateway) = route.gateway {
        dict.insert("next-hop".to_owned(), text(&gateway.to_string()));
    }
    if route.metric != 0 {
        dict.insert("metric".to_owned(), NmValue::Uint(route.metric));
    }
    if let Some(source) = route.source {
        dict.insert("src".to_owned(), text(&source.to_string()));
    }
    dict
}

fn without_doubles(values: &BTreeMap<String, NmValue>) -> BTreeMap<String, NmValue> {
    values
        .iter()
        .filter(|(key, _)| {
            !TWICE
                .iter()
                .any(|(old, new)| key == old && values.contains_key(*new))
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn text(text: &str) -> NmValue {
    NmValue::Text(text.to_owned())
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.,:/@=+".contains(&byte));
    if is_plain {
        return word.to_owned();
    }
    format!("'{}'", printable(word).replace('\'', r"'\''"))
}
