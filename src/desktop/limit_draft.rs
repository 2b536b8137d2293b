// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The limits of a port as they are being set.

use nova_model::bandwidth::{BitRate, ByteSize};
use nova_model::change::{Change, ChangeSet, RemoveQos, SetQos};
use nova_model::name::InterfaceName;
use nova_model::qos::{Dscp, Priority};
use nova_model::state::Snapshot;
use nova_model::traffic_view::{Limit, QosView};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::limit::{by_port, why_not};
use crate::row::Cell;
use crate::switch::Switch;

/// The word for no priority: frames wait in turn.
const UNSET: &str = "none";

/// The limits of a port.
pub struct LimitDraft {
    port: InterfaceName,
    before: QosView,
    ingress: String,
    egress: String,
    burst: String,
    priority: String,
    dscp: String,
}

/// Begins with the limits as they are.
#[must_use]
pub fn begin(snapshot: &Snapshot, switch: &str, port: &str) -> Option<Box<dyn Draft>> {
    let switch = Switch::find(snapshot, switch)?;
    let port = switch.port(snapshot, port)?;
    if !why_not(&port).is_empty() {
        return None;
    }
    let before = by_port(&snapshot.host)
        .remove(&port.name())
        .unwrap_or_default();
    let text = |limit: Option<Limit>| limit.map_or_else(String::new, |limit| limit.rate.compact());
    Some(Box::new(LimitDraft {
        port: port.address()?,
        ingress: text(before.ingress),
        egress: text(before.egress),
        burst: String::new(),
        priority: before.priority.map_or(UNSET, Priority::word).to_owned(),
        dscp: before.dscp.map(|dscp| dscp.to_string()).unwrap_or_default(),
        before,
    }))
}

/// What is wished.
struct Wished {
    ingress: Option<BitRate>,
    egress: Option<BitRate>,
    burst: Option<ByteSize>,
    priority: Option<Priority>,
    dscp: Option<Dscp>,
}

impl LimitDraft {
    fn wished(&self) -> Result<Wished> {
        let wished = Wished {
            ingress: typed(&self.ingress, "ingress-rate")?,
            egress: typed(&self.egress, "egress-rate")?,
            burst: typed(&self.burst, "burst-size")?,
            priority: match self.priority.as_str() {
                "high" => Some(Priority::High),
                "normal" => Some(Priority::Normal),
                "low" => Some(Priority::Low),
                _ => None,
            },
            dscp: typed(&self.dscp, "dscp")?,
        };
        if wished.burst.is_some() && wished.ingress.is_none() && wished.egress.is_none() {
            return Err(NovaError::refused("a burst needs a rate")
                .with_field("burst-size")
                .with_remedy("Give a rate, or leave the burst out."));
        }
        Ok(wished)
    }

    /// The wish for what is to be set, and whether all limits go before.
    fn difference(&self) -> Result<(bool, Option<SetQos>)> {
        let wished = self.wished()?;
        let rate = |limit: Option<Limit>| limit.map(|limit| limit.rate);
        let (had_ingress, had_egress) = (rate(self.before.ingress), rate(self.before.egress));
        let lost = |had: Option<BitRate>, now: Option<BitRate>| had.is_some() && now.is_none();
        let anew = lost(had_ingress, wished.ingress)
            || lost(had_egress, wished.egress)
            || (self.before.priority.is_some() && wished.priority.is_none())
            || (self.before.dscp.is_some() && wished.dscp.is_none());
        // A burst belongs to every rate it is typed beside.
        let all = anew || wished.burst.is_some();
        let changed = |had, now: Option<BitRate>| now.filter(|now| all || had != Some(*now));
        let kept = [self.before.ingress, self.before.egress]
            .into_iter()
            .zip([wished.ingress, wished.egress])
            .find_map(|(limit, now)| now.and(limit).and_then(|limit| limit.burst));
        let set = SetQos {
            port: self.port.clone(),
            ingress_rate: changed(had_ingress, wished.ingress),
            egress_rate: changed(had_egress, wished.egress),
            burst: wished.burst.or(kept.filter(|_| anew)),
            priority: wished
                .priority
                .filter(|priority| anew || self.before.priority != Some(*priority)),
            dscp: wished
                .dscp
                .filter(|dscp| anew || self.before.dscp != Some(*dscp)),
            class: None,
        };
        let asks = set.ingress_rate.is_some()
            || set.egress_rate.is_some()
            || set.priority.is_some()
            || set.dscp.is_some();
        Ok((anew, asks.then_some(set)))
    }
}

/// What was typed into a field; nothing where it is empty.
fn typed<T: std::str::FromStr<Err = NovaError>>(text: &str, field: &str) -> Result<Option<T>> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|error: NovaError| error.with_field(field)),
    }
}

/// What was typed, said back with its unit; empty where it cannot be read.
fn echo<T: std::str::FromStr<Err = NovaError> + ToString>(text: &str) -> String {
    let value: Option<T> = typed(text, "").ok().flatten();
    value.map_or_else(String::new, |value| value.to_string())
}

impl Draft for LimitDraft {
    fn values(&self) -> Values {
        let now = |limit: Option<Limit>| limit.map_or_else(String::new, |limit| limit.words());
        Sheet::default()
            .with("ingress", self.ingress.as_str())
            .with("egress", self.egress.as_str())
            .with("burst", self.burst.as_str())
            .with("priority", self.priority.as_str())
            .with("dscp", self.dscp.as_str())
            .with("ingressEcho", echo::<BitRate>(&self.ingress))
            .with("egressEcho", echo::<BitRate>(&self.egress))
            .with("burstEcho", echo::<ByteSize>(&self.burst))
            .with("ingressNow", now(self.before.ingress))
            .with("egressNow", now(self.before.egress))
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        let Cell::Text(text) = value else { return };
        match field {
            "ingress" => self.ingress = text,
            "egress" => self.egress = text,
            "burst" => self.burst = text,
            "priority" => self.priority = text,
            "dscp" => self.dscp = text,
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.wished().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let (anew, set) = self.difference()?;
        let mut changes = Vec::new();
        if anew {
            let port = self.port.clone();
            changes.push(Change::RemoveQos(RemoveQos { port }));
        }
        changes.extend(set.map(Change::SetQos));
        Ok((!changes.is_empty()).then(|| changes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use nova_model::traffic::{Shaper, Shaping};

    fn limited() -> Box<dyn Draft> {
        let mut host = fixture::small();
        host.host.links.get_mut(&20).unwrap().traffic.shaping = Shaping::Limited(Shaper {
            rate: BitRate(50_000_000),
            burst: ByteSize(131_072),
        });
        begin(&host, "br0", "vnet0").unwrap()
    }

    fn set_of(draft: &dyn Draft) -> Vec<Change> {
        draft.changes().unwrap().unwrap().changes
    }

    #[test]
    fn a_rate_is_said_back_with_its_unit() {
        let mut draft = begin(&fixture::small(), "br0", "vnet0").unwrap();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("ingress", "100Mbps".into());
        assert_eq!(draft.values()["ingressEcho"], "100 Mbit/s".into());
        draft.set("burst", "64KiB".into());
        assert_eq!(draft.values()["burstEcho"], "64 KiB".into());
        let [Change::SetQos(set)] = &set_of(draft.as_ref())[..] else {
            panic!("sets limits");
        };
        assert_eq!(set.ingress_rate, Some(BitRate(100_000_000)));
        assert_eq!(set.egress_rate, None);
    }

    #[test]
    fn what_cannot_be_read_names_its_field() {
        let mut draft = begin(&fixture::small(), "br0", "vnet0").unwrap();
        draft.set("burst", "1MB".into());
        assert_eq!(draft.problem().unwrap().field(), Some("burst-size"));
        draft.set("egress", "100".into());
        assert_eq!(draft.problem().unwrap().field(), Some("egress-rate"));
    }

    #[test]
    fn only_the_rate_that_differs_is_set() {
        let mut draft = limited();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("ingress", "10Mbps".into());
        let [Change::SetQos(set)] = &set_of(draft.as_ref())[..] else {
            panic!("sets one limit");
        };
        assert_eq!((set.egress_rate, set.burst), (None, None));
    }

    #[test]
    fn a_rate_that_is_cleared_goes_and_the_other_stays() {
        let mut draft = limited();
        draft.set("egress", "".into());
        assert!(matches!(set_of(draft.as_ref())[..], [Change::RemoveQos(_)]));
        draft.set("ingress", "10Mbps".into());
        let [Change::RemoveQos(_), Change::SetQos(set)] = &set_of(draft.as_ref())[..] else {
            panic!("removes one limit and sets the other");
        };
        assert_eq!(set.egress_rate, None);
    }
}
