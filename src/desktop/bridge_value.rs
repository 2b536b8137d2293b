// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The values of the form of a Linux bridge, by the names QML knows.

use nova_model::bridge::VlanProtocol;
use nova_model::{NovaError, Result};

use crate::bridge_draft::BridgeDraft;
use crate::draft::{Sheet, Values};
use crate::row::Cell;

/// The bit of the frames of 802.1X, 01-80-C2-00-00-03.
const DOT1X: u16 = 1 << 3;
/// The bit of the frames of LLDP, 01-80-C2-00-00-0E.
const LLDP: u16 = 1 << 14;
/// Numbers of multicast groups to choose from.
const GROUPS: [u32; 8] = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

/// What stands in the form.
#[must_use]
pub fn read(draft: &BridgeDraft) -> Values {
    let wanted = &draft.wanted;
    let options = &wanted.options;
    let whole = |number: u32| Cell::Whole(i32::try_from(number).unwrap_or(i32::MAX));
    let forwarded = mask(&wanted.mask).unwrap_or_default();
    let (sources, labels): (Vec<String>, Vec<String>) = draft.sources.iter().cloned().unzip();
    let sheet = Sheet::default()
        .with("name", draft.name.as_str())
        .with("choose", "")
        .with("leave", "")
        .with("stp", options.stp)
        .with("forwardDelay", whole(options.forward_delay))
        .with("helloTime", whole(options.hello_time))
        .with("maxAge", whole(options.max_age))
        .with("ageingTime", whole(options.ageing_time))
        .with("priority", whole(u32::from(options.priority)))
        .with("multicastSnooping", options.multicast_snooping)
        .with("multicastQuerier", options.multicast_querier)
        .with("hashMax", options.multicast_hash_max.to_string())
        .with("hashMaxima", groups(options.multicast_hash_max))
        .with("mask", wanted.mask.as_str())
        .with("forwardsLldp", forwarded & LLDP != 0)
        .with("forwards8021x", forwarded & DOT1X != 0)
        .with("mtu", whole(wanted.mtu))
        .with("macSource", wanted.source.as_str())
        .with("macSources", sources)
        .with("macLabels", labels)
        .with("mac", wanted.mac.as_str());
    match draft.knows_vlans {
        true => {
            sheet
                .with("vlanFiltering", options.vlan_filtering)
                .with("defaultVlan", whole(u32::from(options.default_pvid)))
                .with("vlanProtocol", options.vlan_protocol.word())
                .0
        }
        false => sheet.0,
    }
}

/// The mask of link-local frames that was typed.
///
/// # Errors
/// `InvalidValue` where it is no number of 16 bits.
pub fn mask(text: &str) -> Result<u16> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let read = match digits {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    read.ok_or_else(|| {
        NovaError::invalid(
            "group-fwd-mask",
            text,
            "16 bits: 0 to 65535 or 0x0 to 0xffff",
        )
    })
}

/// The numbers to choose from, with the one that is set.
fn groups(now: u32) -> Vec<String> {
    let mut numbers = GROUPS.to_vec();
    numbers.push(now);
    numbers.sort_unstable();
    numbers.dedup();
    numbers.iter().map(ToString::to_string).collect()
}

/// Takes a value over.
pub fn take(draft: &mut BridgeDraft, field: &str, value: Cell) {
    match value {
        Cell::Text(text) => take_text(draft, field, text),
        Cell::Flag(on) => take_flag(draft, field, on),
        Cell::Whole(number) => take_number(draft, field, number),
        _ => {}
    }
}

fn take_text(draft: &mut BridgeDraft, field: &str, text: String) {
    let wanted = &mut draft.wanted;
    match field {
        "name" => draft.name = text,
        "mask" => wanted.mask = text,
        "macSource" => wanted.source = text,
        "mac" => wanted.mac = text,
        "hashMax" => {
            if let Ok(groups) = text.parse() {
                wanted.options.multicast_hash_max = groups;
            }
        }
        "vlanProtocol" => {
            let all = [VlanProtocol::Dot1Q, VlanProtocol::Dot1Ad];
            if let Some(protocol) = all.into_iter().find(|it| it.word() == text) {
                wanted.options.vlan_protocol = protocol;
            }
        }
        "choose" if !draft.ports.contains(&text) => draft.ports.push(text),
        "leave" => draft.ports.retain(|port| *port != text),
        _ => {}
    }
}

fn take_flag(draft: &mut BridgeDraft, field: &str, on: bool) {
    let wanted = &mut draft.wanted;
    let bit = match field {
        "stp" => return wanted.options.stp = on,
        "multicastSnooping" => return wanted.options.multicast_snooping = on,
        "multicastQuerier" => return wanted.options.multicast_querier = on,
        "vlanFiltering" => return wanted.options.vlan_filtering = on,
        "forwardsLldp" => LLDP,
        "forwards8021x" => DOT1X,
        _ => return,
    };
    let now = mask(&wanted.mask).unwrap_or_default();
    let next = if on { now | bit } else { now & !bit };
    if now != next {
        wanted.mask = format!("{next:#06x}");
    }
}

fn take_number(draft: &mut BridgeDraft, field: &str, number: i32) {
    // The spin boxes give no negative numbers; one would be out of every range
    // and named as such.
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let short = u16::try_from(number).unwrap_or(u16::MAX);
    let wanted = &mut draft.wanted;
    match field {
        "forwardDelay" => wanted.options.forward_delay = number,
        "helloTime" => wanted.options.hello_time = number,
        "maxAge" => wanted.options.max_age = number,
        "ageingTime" => wanted.options.ageing_time = number,
        "priority" => wanted.options.priority = short,
        "defaultVlan" => wanted.options.default_pvid = short,
        "mtu" => wanted.mtu = number,
        _ => {}
    }
}
