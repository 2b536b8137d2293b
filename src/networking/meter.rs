// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From counters to rates. Pure: samples and their times come in, rates come
//! out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use nova_host::stats::LinkCounters;
use nova_model::link::{Link, LinkKind};
use nova_model::name::LinkName;
use nova_model::ovs::OvsBridge;
use nova_model::state::HostState;

/// A rate in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Throughput {
    /// Bit/s received.
    pub received: f64,
    /// Bit/s sent.
    pub sent: f64,
}

impl Throughput {
    /// Bit/s in both directions together.
    #[must_use]
    pub fn sum(self) -> f64 {
        self.received + self.sent
    }
}

impl std::ops::Add for Throughput {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            received: self.received + other.received,
            sent: self.sent + other.sent,
        }
    }
}

impl std::iter::Sum for Throughput {
    fn sum<I: Iterator<Item = Self>>(rates: I) -> Self {
        rates.fold(Self::default(), std::ops::Add::add)
    }
}

/// What one link carries, seen by whoever is at it: on the tap of a machine
/// *received* is what the machine received, on a card what the host received.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkRate {
    /// Name of the link.
    pub name: LinkName,
    /// Its rate since the sample before.
    pub rate: Throughput,
    /// Packets received a second.
    pub received_packets: f64,
    /// Packets sent a second.
    pub sent_packets: f64,
    /// Packets thrown away a second, both directions.
    pub drops: f64,
    /// Broken packets a second, both directions.
    pub errors: f64,
    /// The counters themselves, in the same direction as the rates.
    pub counters: LinkCounters,
}

/// What all links carry at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates {
    /// Milliseconds since 1970 when the sample was taken.
    pub at: u64,
    /// Seconds the rates are taken over, 0 for the first sample, which has
    /// none.
    pub seconds: f64,
    /// The links by index.
    pub links: BTreeMap<u32, LinkRate>,
    /// What went between this host and the outside: the sum of its cards and
    /// cables, each frame once. Bridges, VLANs and bonds are left out, because
    /// what they carry is counted on what lies below them.
    pub outside: Throughput,
    /// What each switch carries, by index, in bit/s: the sum of what came in at
    /// its ports and from the host, each frame once. The counters of a bridge
    /// itself miss what goes from port to port.
    pub switches: BTreeMap<u32, f64>,
}

impl Rates {
    /// The rate of the link with this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&LinkRate> {
        self.links.values().find(|link| link.name.is(name))
    }
}

/// Turns samples into rates.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    before: HashMap<u32, LinkCounters>,
    taken: Option<Duration>,
}

impl Meter {
    /// The rates since the sample before. `clock` is the time of a clock that
    /// never goes back, `at` the time of day in milliseconds since 1970. The
    /// first sample, a new link and a counter that went back are a new
    /// baseline and have a rate of 0.
    pub(crate) fn feed(
        &mut self,
        sample: &[LinkCounters],
        host: &HostState,
        clock: Duration,
        at: u64,
    ) -> Rates {
        let seconds = self
            .taken
            .map(|taken| clock.saturating_sub(taken).as_secs_f64())
            .filter(|seconds| *seconds > 0.0);
        let mut rates = Rates {
            at,
            seconds: seconds.unwrap_or(0.0),
            ..Rates::default()
        };
        let ends = Ends::of(host);
        for now in sample {
            let Some(link) = host.links.get(&now.index) else {
                continue;
            };
            let growth = match (self.before.get(&now.index), seconds) {
                (Some(before), Some(seconds)) => growth(before, now).map(|grown| (grown, seconds)),
                _ => None,
            };
            let is_afar = ends.is_seen_from_afar(link);
            rates
                .links
                .insert(now.index, rate(link, is_afar, now, growth));
        }
        rates.outside = rates
            .links
            .iter()
            .filter(|(index, _)| host.links.get(index).is_some_and(leads_outside))
            .map(|(_, link)| link.rate)
            .sum();
        rates.switches = switches(host)
            .map(|(switch, ports)| (switch, carried(&rates.links, &ends, switch, &ports)))
            .collect();
        self.before = sample.iter().map(|now| (now.index, *now)).collect();
        self.taken = Some(clock);
        rates
    }
}

/// The switches of the host by the index of its own interface on each, with the
/// links that are their ports. A bridge of Open vSwitch whose own interface is
/// not there has no index and moves nothing.
fn switches(host: &HostState) -> impl Iterator<Item = (u32, Vec<&Link>)> {
    let linux = host
        .bridges()
        .map(|bridge| (bridge.index, host.ports_of(bridge.index).collect()));
    let ovs = host.ovs.state().into_iter().flat_map(|ovs| &ovs.bridges);
    linux.chain(ovs.filter_map(|bridge| {
        let ports = bridge.outer_ports().flat_map(|port| port.interfaces.keys());
        let links = ports.filter_map(|name| host.link(name));
        Some((host.link(&bridge.name)?.index, links.collect()))
    }))
}

/// Bit/s that enter a switch at its ports and from the host.
fn carried(links: &BTreeMap<u32, LinkRate>, ends: &Ends, switch: u32, ports: &[&Link]) -> f64 {
    let own = links.get(&switch).map(|link| link.rate.sent);
    let entered = ports.iter().filter_map(|port| {
        let rate = links.get(&port.index)?.rate;
        // What the host received from a port entered the switch; a machine's
        // view is the other way round.
        Some(if ends.is_seen_from_afar(port) {
            rate.sent
        } else {
            rate.received
        })
    });
    entered.sum::<f64>() + own.unwrap_or(0.0)
}

/// At which end of its links this host is.
struct Ends {
    /// Taps that are the host's own interfaces: with its datapath outside the
    /// kernel, Open vSwitch makes its internal ports of them.
    internal: BTreeSet<u32>,
}

impl Ends {
    fn of(host: &HostState) -> Self {
        let bridges = host.ovs.state().into_iter().flat_map(|ovs| &ovs.bridges);
        let internal = bridges.flat_map(OvsBridge::internal_interfaces);
        Self {
            internal: internal
                .filter_map(|name| Some(host.link(name)?.index))
                .collect(),
        }
    }

    /// Whether whoever is at the link sits at its far end: the kernel's
    /// *received* on the tap of a machine is what the machine sent.
    fn is_seen_from_afar(&self, link: &Link) -> bool {
        link.kind == LinkKind::Tap && !self.internal.contains(&link.index)
    }
}

/// A card, or a cable whose other end lies elsewhere; not what is stacked on
/// one.
const fn leads_outside(link: &Link) -> bool {
    matches!(link.kind, LinkKind::Physical | LinkKind::Wireless)
        || matches!(link.kind, LinkKind::Veth) && link.lower.is_none()
}

/// What was counted between two samples, nothing where a counter went back.
fn growth(before: &LinkCounters, now: &LinkCounters) -> Option<LinkCounters> {
    Some(LinkCounters {
        index: now.index,
        rx_bytes: now.rx_bytes.checked_sub(before.rx_bytes)?,
        tx_bytes: now.tx_bytes.checked_sub(before.tx_bytes)?,
        rx_packets: now.rx_packets.checked_sub(before.rx_packets)?,
        tx_packets: now.tx_packets.checked_sub(before.tx_packets)?,
        rx_errors: now.rx_errors.saturating_sub(before.rx_errors),
        tx_errors: now.tx_errors.saturating_sub(before.tx_errors),
        rx_drops: now.rx_drops.saturating_sub(before.rx_drops),
        tx_drops: now.tx_drops.saturating_sub(before.tx_drops),
    })
}

fn rate(
    link: &Link,
    is_afar: bool,
    now: &LinkCounters,
    growth: Option<(LinkCounters, f64)>,
) -> LinkRate {
    let (grown, seconds) = growth.unwrap_or((LinkCounters::default(), 1.0));
    let orient = |counters: LinkCounters| {
        if is_afar { turned(counters) } else { counters }
    };
    let grown = orient(grown);
    #[allow(
        clippy::cast_precision_loss,
        reason = "a rate needs no more than 52 bits"
    )]
    let per_second = |count: u64| count as f64 / seconds;
    LinkRate {
        name: link.name.clone(),
        rate: Throughput {
            received: per_second(grown.rx_bytes) * 8.0,
            sent: per_second(grown.tx_bytes) * 8.0,
        },
        received_packets: per_second(grown.rx_packets),
        sent_packets: per_second(grown.tx_packets),
        drops: per_second(grown.rx_drops + grown.tx_drops),
        errors: per_second(grown.rx_errors + grown.tx_errors),
        counters: orient(*now),
    }
}

const fn turned(counters: LinkCounters) -> LinkCounters {
    LinkCounters {
        index: counters.index,
        rx_bytes: counters.tx_bytes,
        tx_bytes: counters.rx_bytes,
        rx_packets: counters.tx_packets,
        tx_packets: counters.rx_packets,
        rx_errors: counters.tx_errors,
        tx_errors: counters.rx_errors,
        rx_drops: counters.tx_drops,
        tx_drops: counters.rx_drops,
    }
}

#[cfg(test)]
mod tests {
    use nova_model::ovs::{OvsInterface, OvsPort, OvsState, OvsView};
    use nova_model::ovs_conf::{InterfaceConf, PortConf, RowId};

    use super::*;

    /// eth0 (1, a card) and vnet0 (3, a tap) are ports of br0 (2); eth0.7 (4)
    /// lies on eth0.
    fn host() -> HostState {
        let link = |index: u32, name: &str, kind: serde_json::Value, controller: Option<u32>| {
            let link = serde_json::json!({
                "index": index, "name": name, "kind": kind, "mac": null, "mtu": 1500,
                "is_up": true, "has_carrier": true, "refuses_bridge": false,
                "controller": controller, "lower": (index == 4).then_some(1), "alias": null,
                "addresses": [], "bridge": null, "port": null, "owner": {"by": "nobody"},
            });
            (index, serde_json::from_value(link).unwrap())
        };
        HostState {
            links: [
                link(1, "eth0", "physical".into(), Some(2)),
                link(2, "br0", "bridge".into(), None),
                link(3, "vnet0", "tap".into(), Some(2)),
                link(4, "eth0.7", serde_json::json!({"vlan": {"vid": 7}}), None),
            ]
            .into(),
            ..HostState::default()
        }
    }

    fn counted(index: u32, rx_bytes: u64, tx_bytes: u64) -> LinkCounters {
        LinkCounters {
            index,
            rx_bytes,
            tx_bytes,
            ..LinkCounters::default()
        }
    }

    fn after_a_second(before: &[LinkCounters], now: &[LinkCounters]) -> Rates {
        let mut meter = Meter::default();
        meter.feed(before, &host(), Duration::from_secs(5), 0);
        meter.feed(now, &host(), Duration::from_secs(6), 1000)
    }

    #[test]
    fn a_rate_is_bits_in_the_time_that_really_passed() {
        let mut meter = Meter::default();
        meter.feed(&[counted(1, 0, 0)], &host(), Duration::from_millis(100), 0);
        let rates = meter.feed(
            &[counted(1, 1000, 500)],
            &host(),
            Duration::from_millis(600),
            0,
        );
        assert_eq!(
            rates.link("eth0").unwrap().rate,
            Throughput {
                received: 16_000.0,
                sent: 8_000.0
            }
        );
    }

    #[test]
    fn what_a_machine_received_is_what_its_tap_sent() {
        let rates = after_a_second(&[counted(3, 0, 0)], &[counted(3, 100, 900)]);
        let tap = rates.link("vnet0").unwrap();
        assert_eq!(tap.rate.received, 7200.0);
        assert_eq!(tap.rate.sent, 800.0);
        assert_eq!(tap.counters.rx_bytes, 900);
    }

    #[test]
    fn a_counter_that_went_back_is_a_new_baseline() {
        let rates = after_a_second(&[counted(1, 5000, 5000)], &[counted(1, 10, 6000)]);
        assert_eq!(rates.link("eth0").unwrap().rate, Throughput::default());
    }

    #[test]
    fn a_new_link_starts_at_zero() {
        let rates = after_a_second(&[], &[counted(1, 1 << 40, 0)]);
        assert_eq!(rates.link("eth0").unwrap().rate, Throughput::default());
    }

    #[test]
    fn the_outside_is_counted_once() {
        let before = [1, 2, 3, 4].map(|index| counted(index, 0, 0));
        let now = [1, 2, 3, 4].map(|index| counted(index, 100, 10));
        let rates = after_a_second(&before, &now);
        assert_eq!(
            rates.outside,
            Throughput {
                received: 800.0,
                sent: 80.0
            }
        );
    }

    #[test]
    fn a_switch_carries_what_enters_at_its_ports_and_from_the_host() {
        let before = [1, 2, 3].map(|index| counted(index, 0, 0));
        // eth0 received 100, the machine sent 50 (the tap received them), the
        // host sent 25 into the bridge.
        let now = [counted(1, 100, 0), counted(2, 0, 25), counted(3, 50, 0)];
        let rates = after_a_second(&before, &now);
        assert_eq!(rates.switches[&2], 8.0 * 175.0);
    }

    /// The same host with ovs0 (5), a tap of the host's own, and the machine's
    /// tap (3) as its port.
    fn host_with_ovs() -> HostState {
        let port = |name: &str, kind: &str| OvsPort {
            row: RowId(name.to_owned()),
            name: name.to_owned(),
            conf: PortConf {
                interfaces: vec![InterfaceConf::new(name, kind)],
                ..PortConf::default()
            },
            interfaces: [(name.to_owned(), OvsInterface::default())].into(),
            ..OvsPort::default()
        };
        let mut host = host();
        let mut tap = host.links[&3].clone();
        host.links.get_mut(&3).unwrap().controller = None;
        (tap.index, tap.controller) = (5, None);
        tap.name = LinkName::from_bytes(b"ovs0");
        host.links.insert(5, tap);
        host.ovs = OvsView::Known(OvsState {
            bridges: vec![OvsBridge {
                name: "ovs0".to_owned(),
                ports: vec![port("ovs0", "internal"), port("vnet0", "")],
                ..OvsBridge::default()
            }],
            ..OvsState::default()
        });
        host
    }

    #[test]
    fn a_bridge_of_open_vswitch_carries_the_same_way() {
        let host = host_with_ovs();
        let mut meter = Meter::default();
        let before = [3, 5].map(|index| counted(index, 0, 0));
        meter.feed(&before, &host, Duration::ZERO, 0);
        // The machine sent 50, the host sent 25.
        let now = [counted(3, 50, 0), counted(5, 10, 25)];
        let rates = meter.feed(&now, &host, Duration::from_secs(1), 0);
        assert_eq!(rates.switches[&5], 8.0 * 75.0);
        assert_eq!(rates.links[&5].rate.sent, 200.0);
        assert_eq!(rates.links[&3].rate.sent, 400.0);
    }

    #[test]
    fn two_samples_at_the_same_moment_have_no_rate() {
        let mut meter = Meter::default();
        meter.feed(&[counted(1, 0, 0)], &host(), Duration::ZERO, 0);
        let rates = meter.feed(&[counted(1, 100, 0)], &host(), Duration::ZERO, 0);
        assert_eq!(rates.outside, Throughput::default());
    }
}
