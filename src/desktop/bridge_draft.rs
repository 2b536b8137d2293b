// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A Linux bridge as it is being created or configured: what is wrong with it
//! as one types, and the changes it becomes. The rules are those of
//! nova-model.

use nova_model::address::MacAddress;
use nova_model::bridge::{BridgeOptions, BridgePatch};
use nova_model::change::{
    Change, ChangeSet, ConfigureBridge, CreateBridge, MacPolicy, SetBridgeMac, SetMtu,
};
use nova_model::link::Link;
use nova_model::name::{InterfaceName, NewName};
use nova_model::plan::{PlanId, plan};
use nova_model::state::{Digest, HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::bridge_value::{mask, read, take};
use crate::draft::{Draft, Values};
use crate::row::Cell;
use crate::switch_row;

/// Largest packet of a new bridge in bytes.
const USUAL_MTU: u32 = 1500;

/// The MAC address stays where it comes from.
pub const AS_IS: &str = "as-is";
/// The bridge keeps the MAC address it has.
pub const KEEP: &str = "keep";
/// The MAC address is given.
pub const GIVEN: &str = "given";
/// In front of the port whose MAC address the bridge gets.
pub const OF_PORT: &str = "port:";

/// A Linux bridge.
pub struct BridgeDraft {
    host: HostState,
    // The bridge that is configured; none for a new one.
    bridge: Option<InterfaceName>,
    before: Wanted,
    pub(crate) wanted: Wanted,
    pub(crate) name: String,
    pub(crate) ports: Vec<String>,
    // Whether this kernel can filter by VLAN.
    pub(crate) knows_vlans: bool,
    // Words for where the MAC address can come from.
    pub(crate) sources: Vec<(String, String)>,
}

/// What stands in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Options as chosen; the mask of link-local frames as typed.
    pub options: BridgeOptions,
    /// The mask of link-local frames, `0x4000`.
    pub mask: String,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// Where the MAC address comes from.
    pub source: String,
    /// The MAC address as typed.
    pub mac: String,
}

impl Wanted {
    fn new(options: BridgeOptions, mtu: u32, mac: MacAddress) -> Self {
        Self {
            options,
            mask: format!("{:#06x}", options.group_fwd_mask),
            mtu,
            source: AS_IS.to_owned(),
            mac: mac.to_string(),
        }
    }

    fn options(&self) -> Result<BridgeOptions> {
        Ok(BridgeOptions {
            group_fwd_mask: mask(&self.mask)?,
            ..self.options
        })
    }
}

/// Begins with a new bridge, or with the bridge of this name.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str) -> Option<Box<dyn Draft>> {
    let host = snapshot.host.clone();
    if switch.is_empty() {
        return Some(Box::new(BridgeDraft::new(host)));
    }
    let link = switch_row::find(snapshot, switch)?.clone();
    BridgeDraft::of(host, &link).map(|draft| Box::new(draft) as Box<dyn Draft>)
}

impl BridgeDraft {
    /// A new bridge with the next free name and the kernel's options.
    fn new(host: HostState) -> Self {
        let name = next_name(&host);
        let before = Wanted::new(BridgeOptions::default(), USUAL_MTU, free_mac(&host, &name));
        let known = || host.bridges().filter_map(|link| link.bridge);
        // Where there is no bridge yet, nothing says that it cannot.
        let knows_vlans = known().next().is_none() || known().any(|status| status.knows_vlans);
        Self {
            bridge: None,
            wanted: before.clone(),
            before,
            name,
            ports: Vec::new(),
            knows_vlans,
            sources: vec![
                (AS_IS.to_owned(), "Chosen by Nova".to_owned()),
                (GIVEN.to_owned(), "Given below".to_owned()),
            ],
            host,
        }
    }

    /// The bridge as it is.
    fn of(host: HostState, link: &Link) -> Option<Self> {
        let status = link.bridge?;
        let mac = link.mac.unwrap_or(MacAddress([0; 6]));
        let before = Wanted::new(status.options, link.mtu, mac);
        Some(Self {
            bridge: Some(link.name.to_interface_name().ok()?),
            wanted: before.clone(),
            before,
            name: link.name.to_string(),
            ports: Vec::new(),
            knows_vlans: status.knows_vlans,
            sources: sources(&host, link, status.follows_ports),
            host,
        })
    }

    fn mac_policy(&self) -> Result<Option<MacPolicy>> {
        let wanted = &self.wanted;
        Ok(match wanted.source.as_str() {
            AS_IS => None,
            KEEP => Some(MacPolicy::Keep),
            GIVEN if self.has_its_own() => None,
            GIVEN => Some(MacPolicy::Address(wanted.mac.trim().parse()?)),
            source => source
                .strip_prefix(OF_PORT)
                .map(|port| port.parse().map(MacPolicy::Port))
                .transpose()?,
        })
    }

    /// Whether the address that is given is the one the bridge was given before.
    fn has_its_own(&self) -> bool {
        let follows = self.sources.iter().any(|(source, _)| source == KEEP);
        self.bridge.is_some() && !follows && self.wanted.mac == self.before.mac
    }

    /// The changes of what is not an option of the bridge: of its link.
    fn beside(&self, name: &InterfaceName) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        changes.extend(self.mac_policy()?.map(|policy| {
            Change::SetBridgeMac(SetBridgeMac {
                name: name.clone(),
                policy,
            })
        }));
        if self.wanted.mtu != self.before.mtu {
            changes.push(Change::SetMtu(SetMtu {
                name: name.clone(),
                mtu: self.wanted.mtu,
            }));
        }
        Ok(changes)
    }

    fn patch(&self) -> Result<BridgePatch> {
        let patch = BridgePatch::between(&self.before.options, &self.wanted.options()?);
        patch.check(&self.before.options)?;
        Ok(patch)
    }

    fn wish(&self) -> Result<Vec<Change>> {
        let Some(name) = &self.bridge else {
            return self.creation();
        };
        let patch = self.patch()?;
        let mut changes = Vec::new();
        if !patch.is_empty() {
            changes.push(Change::ConfigureBridge(ConfigureBridge {
                name: name.clone(),
                options: patch,
            }));
        }
        changes.extend(self.beside(name)?);
        Ok(changes)
    }

    fn creation(&self) -> Result<Vec<Change>> {
        let name = NewName::try_from(self.name.clone())?;
        if let Some(link) = self.host.link(name.as_str()) {
            return Err(taken(&self.host, link));
        }
        let ports: Result<Vec<InterfaceName>> = self
            .ports
            .iter()
            .map(|port| InterfaceName::try_from(port.as_str()))
            .collect();
        let beside = self.beside(name.as_interface_name())?;
        let mut changes = vec![Change::CreateBridge(CreateBridge {
            options: self.patch()?,
            ports: ports?,
            name,
        })];
        changes.extend(beside);
        Ok(changes)
    }

    fn check(&self) -> Result<()> {
        let changes = self.wish()?;
        let of_link =
            |change: &Change| matches!(change, Change::SetMtu(_) | Change::SetBridgeMac(_));
        // What is possible there depends on the ports, which the planner knows.
        if changes.iter().any(of_link) {
            plan(&self.host, &changes.into(), PlanId::from_bits(0))?;
        }
        Ok(())
    }
}

impl Draft for BridgeDraft {
    fn values(&self) -> Values {
        read(self)
    }

    fn set(&mut self, field: &str, value: Cell) {
        take(self, field, value);
    }

    fn problem(&self) -> Option<NovaError> {
        self.check().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let changes = self.wish()?;
        Ok((!changes.is_empty()).then(|| changes.into()))
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        self.host = snapshot.host.clone();
    }
}

/// Where the MAC address of a bridge can come from, in words.
fn sources(host: &HostState, bridge: &Link, follows: bool) -> Vec<(String, String)> {
    let mac = bridge.mac.map(|mac| mac.to_string()).unwrap_or_default();
    let mut sources = Vec::new();
    if follows {
        let words = format!("The lowest of its ports, now {mac}");
        sources.push((AS_IS.to_owned(), words));
        sources.push((KEEP.to_owned(), format!("Always {mac}, whatever its ports")));
    } else {
        sources.push((AS_IS.to_owned(), format!("As it is: {mac}")));
    }
    let cards = host
        .ports_of(bridge.index)
        .filter(|port| port.is_uplink_like());
    sources.extend(cards.filter_map(|port| {
        let name = port.name.to_interface_name().ok()?;
        let words = format!("That of {name}: {}", port.mac?);
        Some((format!("{OF_PORT}{name}"), words))
    }));
    sources.push((GIVEN.to_owned(), "Given below".to_owned()));
    sources
}

/// An address that no link of this host has.
fn free_mac(host: &HostState, name: &str) -> MacAddress {
    let known: Vec<String> = host
        .links
        .values()
        .filter_map(|link| Some(link.mac?.to_string()))
        .collect();
    let digest = Digest::of(&(name, known));
    let byte = |at: usize| {
        let digits = digest.as_str().get(at * 2..at * 2 + 2);
        digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .unwrap_or_default()
    };
    MacAddress::locally_administered(std::array::from_fn(byte))
}

/// The first free name of the kind `br0`.
#[must_use]
pub fn next_name(host: &HostState) -> String {
    host.free_name("br")
}

fn taken(host: &HostState, link: &Link) -> NovaError {
    let kind = link.kind.word();
    NovaError::refused(format!("the name {} belongs to a {kind}", link.name))
        .with_field("name")
        .with_remedy(format!("{} is free.", next_name(host)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::bridge::VlanProtocol;

    fn words(draft: &dyn Draft, field: &str) -> Vec<String> {
        match draft.values().remove(field) {
            Some(Cell::Words(words)) => words,
            other => panic!("{field}: {other:?}"),
        }
    }

    fn changes(draft: &dyn Draft) -> Vec<Change> {
        draft
            .changes()
            .unwrap()
            .map(|set| set.changes)
            .unwrap_or_default()
    }

    #[test]
    fn the_suggested_name_is_free() {
        let draft = begin(&fixture::small(), "").unwrap();
        assert_eq!(draft.values()["name"], "br2".into());
        assert!(draft.problem().is_none(), "{:?}", draft.problem());
    }

    #[test]
    fn a_taken_name_says_by_whom_and_what_is_free() {
        let mut draft = begin(&fixture::small(), "").unwrap();
        draft.set("name", "eth0".into());
        let error = draft.problem().unwrap();
        assert_eq!(error.message(), "the name eth0 belongs to a network card");
        assert_eq!(error.field(), Some("name"));
        assert_eq!(error.remedy(), Some("br2 is free."));
    }

    #[test]
    fn only_options_that_differ_are_asked_for() {
        let mut draft = begin(&fixture::small(), "").unwrap();
        draft.set("stp", true.into());
        draft.set("choose", "eth1".into());
        let changes = changes(draft.as_ref());
        let [Change::CreateBridge(create)] = changes.as_slice() else {
            panic!("{changes:?}");
        };
        assert_eq!(create.options.stp, Some(true));
        assert_eq!(create.options.forward_delay, None);
        assert_eq!(create.ports, ["eth1".parse().unwrap()]);
    }

    #[test]
    fn the_problem_names_the_field_it_stands_beside() {
        let mut draft = begin(&fixture::small(), "br0").unwrap();
        let wrong = [
            ("ageingTime", Cell::Whole(2_000_000), "ageing-time"),
            ("hashMax", "5000".into(), "hash-max"),
            ("mask", "0x0007".into(), "group-fwd-mask"),
            ("mask", "LLDP".into(), "group-fwd-mask"),
            ("mtu", Cell::Whole(10), "mtu"),
        ];
        for (field, value, named) in wrong {
            let before = draft.values()[field].clone();
            draft.set(field, value);
            assert_eq!(draft.problem().unwrap().field(), Some(named), "{field}");
            draft.set(field, before);
            assert!(draft.problem().is_none(), "{field}");
        }
        draft.set("stp", true.into());
        draft.set("forwardDelay", Cell::Whole(2));
        assert_eq!(draft.problem().unwrap().field(), Some("forward-delay"));
    }

    #[test]
    fn options_address_and_mtu_are_one_set_of_changes() {
        let mut host = fixture::small();
        let bridge = host.host.links.get_mut(&10).unwrap();
        bridge.bridge.as_mut().unwrap().follows_ports = true;
        let mut draft = begin(&host, "br0").unwrap();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("multicastQuerier", true.into());
        draft.set("hashMax", "8192".into());
        draft.set("mtu", Cell::Whole(9000));
        draft.set("macSource", "port:eth0".into());
        let changes = changes(draft.as_ref());
        let [
            Change::ConfigureBridge(configure),
            Change::SetBridgeMac(mac),
            Change::SetMtu(mtu),
        ] = changes.as_slice()
        else {
            panic!("{changes:?}");
        };
        let wanted = BridgePatch {
            multicast_querier: Some(true),
            multicast_hash_max: Some(8192),
            ..BridgePatch::default()
        };
        assert_eq!(configure.options, wanted);
        assert_eq!(mac.policy, MacPolicy::Port("eth0".parse().unwrap()));
        assert_eq!(mtu.mtu, 9000);
    }

    #[test]
    fn the_address_can_be_kept_only_where_it_follows_the_ports() {
        let mut host = fixture::small();
        let draft = begin(&host, "br0").unwrap();
        assert_eq!(
            words(draft.as_ref(), "macSources"),
            ["as-is", "port:eth0", "given"]
        );
        let bridge = host.host.links.get_mut(&10).unwrap();
        bridge.bridge.as_mut().unwrap().follows_ports = true;
        let mut draft = begin(&host, "br0").unwrap();
        let sources = words(draft.as_ref(), "macSources");
        assert_eq!(sources, ["as-is", "keep", "port:eth0", "given"]);
        draft.set("macSource", "given".into());
        assert!(draft.problem().is_none(), "its own is filled in");
        draft.set("mac", "01:00:5e:00:00:01".into());
        assert_eq!(draft.problem().unwrap().field(), Some("mac"));
        draft.set("mac", "52:54".into());
        assert_eq!(draft.problem().unwrap().field(), Some("mac"));
    }

    #[test]
    fn a_new_bridge_can_have_an_address_and_an_mtu() {
        let mut draft = begin(&fixture::small(), "").unwrap();
        draft.set("macSource", "given".into());
        draft.set("mtu", Cell::Whole(1400));
        assert!(draft.problem().is_none(), "{:?}", draft.problem());
        let changes = changes(draft.as_ref());
        assert!(matches!(
            changes[..],
            [
                Change::CreateBridge(_),
                Change::SetBridgeMac(_),
                Change::SetMtu(_)
            ]
        ));
    }

    #[test]
    fn the_marks_of_link_local_frames_and_their_mask_are_one() {
        let mut draft = begin(&fixture::small(), "br0").unwrap();
        draft.set("forwardsLldp", true.into());
        assert_eq!(draft.values()["mask"], "0x4000".into());
        draft.set("mask", "0x8".into());
        assert_eq!(draft.values()["forwardsLldp"], false.into());
        assert_eq!(draft.values()["forwards8021x"], true.into());
    }

    #[test]
    fn vlans_are_left_out_where_the_kernel_knows_none() {
        let mut host = fixture::small();
        let draft = begin(&host, "br0").unwrap();
        assert!(!draft.values().contains_key("vlanProtocol"));
        let bridge = host.host.links.get_mut(&10).unwrap();
        bridge.bridge.as_mut().unwrap().knows_vlans = true;
        let mut draft = begin(&host, "br0").unwrap();
        draft.set("vlanProtocol", "802.1ad".into());
        let changes = changes(draft.as_ref());
        let [Change::ConfigureBridge(configure)] = changes.as_slice() else {
            panic!("{changes:?}");
        };
        let wanted = BridgePatch {
            vlan_protocol: Some(VlanProtocol::Dot1Ad),
            ..BridgePatch::default()
        };
        assert_eq!(configure.options, wanted);
    }

    #[test]
    fn what_does_not_exist_has_no_form() {
        assert!(begin(&fixture::small(), "br9").is_none());
        assert!(begin(&fixture::small(), "eth0").is_none());
    }
}
