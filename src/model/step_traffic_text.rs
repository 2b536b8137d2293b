// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The words and commands of limits, marks and priorities.

use crate::qos::Priority;
use crate::traffic::{Frames, SHAPER_HANDLE, Shaper, Stamp, queue_of};
use crate::vlan::{VlanId, VlanSet};

/// What a stamp does, up to the name of the link.
pub(crate) fn stamp_words(stamp: Stamp) -> String {
    match stamp {
        Stamp::MarkV4(dscp) => format!("Mark IPv4 packets with DSCP {dscp} that arrive from"),
        Stamp::MarkV6(dscp) => format!("Mark IPv6 packets with DSCP {dscp} that arrive from"),
        Stamp::Rank(priority) => {
            format!("Give {} priority to what arrives from", priority.word())
        }
    }
}

/// The text inside of a sentence.
pub(crate) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// The command that adds a filter to this place: for VLANs one a VLAN, which tc
/// knows no sets of.
pub(crate) fn filter_command(place: &str, frames: &Frames, deed: &str, target: &str) -> String {
    let add = |classifier: &str| {
        format!("tc filter add {place} {classifier} action mirred egress {deed} dev {target}")
    };
    match frames {
        Frames::All => add("matchall"),
        Frames::Untagged => add("flower num_of_vlans 0"),
        Frames::Tagged(vlans) => match vlans.iter().collect::<Vec<_>>()[..] {
            [only] => add(&format!("flower vlan_id {only}")),
            _ => {
                let set = vlans.iter().filter_map(|vlan| VlanId::new(*vlan).ok());
                let runs = set.collect::<VlanSet>().ranges();
                let numbers: Vec<String> = runs
                    .into_iter()
                    .map(|(first, last)| match first == last {
                        true => first.to_string(),
                        false => format!("$(seq {first} {last})"),
                    })
                    .collect();
                format!(
                    "for vlan in {}; do {}; done",
                    numbers.join(" "),
                    add("flower vlan_id $vlan")
                )
            }
        },
    }
}

/// The command that sets or removes a stamp.
pub(crate) fn stamp_command(link: &str, stamp: Stamp, present: bool) -> String {
    let place = format!(
        "dev {link} ingress protocol {} pref {}",
        stamp.protocol(),
        stamp.priority()
    );
    if !present {
        return format!("tc filter delete {place}");
    }
    let deed = match stamp {
        Stamp::MarkV4(dscp) => format!(
            "action pedit ex munge ip dsfield set {:#04x} retain 0xfc pipe action csum ip4h continue",
            dscp.number() << 2
        ),
        Stamp::MarkV6(dscp) => format!(
            "action pedit ex munge ip6 traffic_class set {:#04x} retain 0xfc continue",
            dscp.number() << 2
        ),
        Stamp::Rank(priority) => format!(
            "action skbedit priority {SHAPER_HANDLE:x}:{:x} continue",
            queue_of(priority)
        ),
    };
    format!("tc filter add {place} matchall {deed}")
}

/// The commands that a limit equals: the limit, and behind it a queue for each
/// priority that may use what the ones before it leave.
pub(crate) fn shape_command(link: &str, shaper: &Shaper) -> String {
    let (handle, burst) = (format!("{SHAPER_HANDLE:x}"), shaper.burst.0);
    let mut lines = vec![
        format!("tc qdisc replace dev {link} root handle {handle}: htb default 4"),
        format!(
            "tc class replace dev {link} parent {handle}: classid {handle}:1 htb rate {}bit burst {burst}b cburst {burst}b",
            shaper.rate.0
        ),
    ];
    for (order, priority) in [Priority::High, Priority::Normal, Priority::Low]
        .into_iter()
        .enumerate()
    {
        let class = queue_of(priority);
        lines.push(format!(
            "tc class replace dev {link} parent {handle}:1 classid {handle}:{class} htb rate {}bit ceil {}bit burst {}b cburst {burst}b prio {order}",
            shaper.share().0,
            shaper.rate.0,
            shaper.share_burst()
        ));
        lines.push(format!(
            "tc qdisc replace dev {link} parent {handle}:{class} bfifo limit {}",
            shaper.backlog()
        ));
    }
    lines.join("\n")
}
