// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The limits of a port as they are being set.

use nova_model::bandwidth::{BitRate, ByteSize};
use nova_model::change::{Change, ChangeSet, RemoveQos, SetQos};
use nova_model::name::InterfaceName;
use nova_model::qos::{Dscp, Priority, TrafficClass};
use nova_model::state::Snapshot;
use nova_model::traffic_view::{Limit, QosView};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::limit::{by_port, why_not};
use crate::row::Cell;
use crate::switch::Switch;

/// The word for no priority, where frames wait in turn, and for no class.
const UNSET: &str = "none";
/// The word for a priority and a mark that no class stands for.
const OWN: &str = "own";

/// The classes, as they are offered.
const CLASSES: [TrafficClass; 3] = [
    TrafficClass::Realtime,
    TrafficClass::BestEffort,
    TrafficClass::Bulk,
];

/// The limits of a port.
pub struct LimitDraft {
    port: InterfaceName,
    before: QosView,
    ingress: String,
    egress: String,
    burst: String,
    // The burst as it stood there at first: that of all rates, where they have
    // the same, else empty.
    burst_before: String,
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
    Some(Box::new(LimitDraft::of(port.address()?, before)))
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
    fn of(port: InterfaceName, before: QosView) -> Self {
        let text =
            |limit: Option<Limit>| limit.map_or_else(String::new, |limit| limit.rate.compact());
        let limits = [before.ingress, before.egress];
        let mut bursts: Vec<_> = limits.iter().flatten().map(|limit| limit.burst).collect();
        bursts.dedup();
        let burst = match bursts[..] {
            [Some(burst)] => burst.compact(),
            _ => String::new(),
        };
        Self {
            port,
            ingress: text(before.ingress),
            egress: text(before.egress),
            burst: burst.clone(),
            burst_before: burst,
            priority: before.priority.map_or(UNSET, Priority::word).to_owned(),
            dscp: before.dscp.map(|dscp| dscp.to_string()).unwrap_or_default(),
            before,
        }
    }

    fn wished(&self) -> Result<Wished> {
        let wished = Wished {
            ingress: typed(&self.ingress, "ingress-rate")?,
            egress: typed(&self.egress, "egress-rate")?,
            burst: typed(&self.burst, "burst-size")?,
            priority: self.priority(),
            dscp: typed(&self.dscp, "dscp")?,
        };
        let has_rate = wished.ingress.is_some() || wished.egress.is_some();
        if self.is_burst_typed() && wished.burst.is_some() && !has_rate {
            return Err(NovaError::refused("a burst needs a rate")
                .with_field("burst-size")
                .with_remedy("Give a rate, or leave the burst out."));
        }
        Ok(wished)
    }

    /// The priority that is chosen.
    fn priority(&self) -> Option<Priority> {
        let all = [Priority::High, Priority::Normal, Priority::Low];
        all.into_iter().find(|it| it.word() == self.priority)
    }

    /// The class that stands for the priority and the mark as they are. Nothing
    /// else of it is kept, on no kind of switch.
    fn class(&self) -> &'static str {
        let is_it = |class: &TrafficClass| {
            self.priority() == Some(class.priority())
                && typed(&self.dscp, "dscp").is_ok_and(|dscp| dscp == Some(class.dscp()))
        };
        match CLASSES.into_iter().find(is_it) {
            Some(class) => class.word(),
            None if self.priority == UNSET && self.dscp.trim().is_empty() => UNSET,
            None => OWN,
        }
    }

    /// Takes over what a class stands for.
    fn choose_class(&mut self, word: &str) {
        match CLASSES.into_iter().find(|class| class.word() == word) {
            Some(class) => {
                class.priority().word().clone_into(&mut self.priority);
                self.dscp = class.dscp().to_string();
            }
            None if word == UNSET => {
                UNSET.clone_into(&mut self.priority);
                self.dscp.clear();
            }
            None => {}
        }
    }

    /// Whether another burst was asked for: it then belongs to every rate.
    fn is_burst_typed(&self) -> bool {
        self.burst.trim() != self.burst_before
    }

    /// The limit to set where there was one, or none; nothing where it stays.
    /// A rate that nobody touched keeps its own burst.
    fn limit(
        &self,
        had: Option<Limit>,
        wished: &Wished,
        now: Option<BitRate>,
        anew: bool,
    ) -> Option<Limit> {
        let rate = now?;
        let stays = had.filter(|had| had.rate == rate && !self.is_burst_typed());
        match stays {
            Some(limit) => Some(limit).filter(|_| anew),
            None => Some(Limit {
                rate,
                burst: wished.burst,
            }),
        }
    }

    /// The wishes for what is to be set, and whether all limits go before.
    fn difference(&self) -> Result<(bool, Vec<SetQos>)> {
        let wished = self.wished()?;
        let (had, before) = (self.before.ingress, self.before.egress);
        let anew = (had.is_some() && wished.ingress.is_none())
            || (before.is_some() && wished.egress.is_none())
            || (self.before.priority.is_some() && wished.priority.is_none())
            || (self.before.dscp.is_some() && wished.dscp.is_none());
        let ingress = self.limit(had, &wished, wished.ingress, anew);
        let egress = self.limit(before, &wished, wished.egress, anew);
        let mut first = SetQos {
            port: self.port.clone(),
            ingress_rate: ingress.map(|limit| limit.rate),
            egress_rate: None,
            burst: ingress.and_then(|limit| limit.burst),
            priority: wished
                .priority
                .filter(|priority| anew || self.before.priority != Some(*priority)),
            dscp: wished
                .dscp
                .filter(|dscp| anew || self.before.dscp != Some(*dscp)),
            class: None,
        };
        let mut second = SetQos {
            ingress_rate: None,
            burst: None,
            priority: None,
            dscp: None,
            ..first.clone()
        };
        if let Some(limit) = egress {
            // One wish has one burst.
            let joins = ingress.is_none_or(|ingress| ingress.burst == limit.burst);
            let set = if joins { &mut first } else { &mut second };
            set.egress_rate = Some(limit.rate);
            set.burst = limit.burst;
        }
        let sets = [first, second].into_iter().filter(|set| {
            set.ingress_rate.is_some()
                || set.egress_rate.is_some()
                || set.priority.is_some()
                || set.dscp.is_some()
        });
        Ok((anew, sets.collect()))
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
            .with("class", self.class())
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
            "class" => self.choose_class(&text),
            "priority" => self.priority = text,
            "dscp" => self.dscp = text,
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.wished().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        let (anew, sets) = self.difference()?;
        let mut changes = Vec::new();
        if anew {
            let port = self.port.clone();
            changes.push(Change::RemoveQos(RemoveQos { port }));
        }
        changes.extend(sets.into_iter().map(Change::SetQos));
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
        assert_eq!(draft.values()["burst"], "128KiB".into());
        draft.set("ingress", "10Mbps".into());
        let [Change::SetQos(set)] = &set_of(draft.as_ref())[..] else {
            panic!("sets one limit");
        };
        // With the burst that is read in the form.
        assert_eq!(set.egress_rate, None);
        assert_eq!(set.burst, Some(ByteSize(131_072)));
    }

    /// A port that is limited in both ways, by different bursts, and marked.
    fn limited_twice() -> LimitDraft {
        let limit = |rate, burst| Limit {
            rate: BitRate(rate),
            burst: Some(ByteSize(burst)),
        };
        LimitDraft::of(
            "vnet0".parse().unwrap(),
            QosView {
                ingress: Some(limit(10_000_000, 262_144)),
                egress: Some(limit(50_000_000, 131_072)),
                dscp: Some(Dscp::try_from(46).unwrap()),
                ..QosView::default()
            },
        )
    }

    #[test]
    fn a_burst_that_nobody_touched_stays_as_it_is() {
        let mut draft = limited_twice();
        assert_eq!(draft.values()["burst"], "".into());
        assert_eq!(draft.values()["dscp"], "46".into());
        draft.set("dscp", "".into());
        let [
            Change::RemoveQos(_),
            Change::SetQos(ingress),
            Change::SetQos(egress),
        ] = &set_of(&draft)[..]
        else {
            panic!("removes the mark and sets both limits again");
        };
        assert_eq!(ingress.ingress_rate, Some(BitRate(10_000_000)));
        assert_eq!(ingress.burst, Some(ByteSize(262_144)));
        assert_eq!(egress.egress_rate, Some(BitRate(50_000_000)));
        assert_eq!(egress.burst, Some(ByteSize(131_072)));
        // A burst that is typed is that of both.
        draft.set("burst", "1MB".into());
        let [Change::RemoveQos(_), Change::SetQos(set)] = &set_of(&draft)[..] else {
            panic!("sets both limits at once");
        };
        assert_eq!(set.burst, Some(ByteSize(1_000_000)));
        assert!(set.ingress_rate.is_some() && set.egress_rate.is_some());
    }

    #[test]
    fn a_class_stands_for_a_priority_and_a_mark() {
        let mut draft = begin(&fixture::small(), "br0", "vnet0").unwrap();
        assert_eq!(draft.values()["class"], "none".into());
        draft.set("class", "realtime".into());
        assert_eq!(draft.values()["priority"], "high".into());
        assert_eq!(draft.values()["dscp"], "46".into());
        let [Change::SetQos(set)] = &set_of(draft.as_ref())[..] else {
            panic!("marks");
        };
        assert_eq!(set.priority, Some(Priority::High));
        assert_eq!(set.dscp, Some(Dscp::try_from(46).unwrap()));
        // Each of both can be another; the class is told as it then is.
        draft.set("dscp", "34".into());
        assert_eq!(draft.values()["class"], "own".into());
        draft.set("dscp", "64".into());
        assert_eq!(draft.values()["class"], "own".into());
        assert_eq!(draft.problem().unwrap().field(), Some("dscp"));
        draft.set("class", "own".into());
        assert_eq!(draft.values()["dscp"], "64".into());
        draft.set("priority", "low".into());
        draft.set("dscp", "8".into());
        assert_eq!(draft.values()["class"], "bulk".into());
        draft.set("class", "none".into());
        assert_eq!(draft.values()["priority"], "none".into());
        assert_eq!(draft.changes().unwrap(), None);
    }

    #[test]
    fn a_burst_alone_is_no_wish_once_its_rate_is_cleared() {
        let mut draft = limited();
        draft.set("egress", "".into());
        assert!(draft.problem().is_none());
        draft.set("burst", "1MB".into());
        assert_eq!(draft.problem().unwrap().field(), Some("burst-size"));
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
