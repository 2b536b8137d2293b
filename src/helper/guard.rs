// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The guard of a change that waits: what the host reached before, it has to
//! reach afterwards. Only what answered before can be missed.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nova_host::contact::{Contacts, TO_GET_CARRIER};

use crate::engine::blocking;
use crate::host::Host;
use crate::transaction::Workshop;

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks in a row have to miss the same host before it is lost.
const MISSES: u32 = 3;
/// How long spanning tree may keep ports from forwarding: twice the longest
/// forward delay, and an election.
const TO_LEARN: Duration = Duration::from_secs(70);
/// How often in a row a packet goes unanswered before that means something.
const UNANSWERED: u8 = 2;

/// What was reached before the change, and what was missed since.
pub struct Guard {
    before: Contacts,
    began: Instant,
    misses: u32,
    /// Unanswered packets that the settling of the links explains.
    excused: BTreeMap<SocketAddr, u8>,
}

impl Guard {
    /// A guard that wants what is reached now.
    pub fn new(before: Contacts) -> Self {
        Self {
            before,
            began: Instant::now(),
            misses: 0,
            excused: BTreeMap::new(),
        }
    }

    /// Looks once a second, and returns when somebody is lost, with a sentence
    /// about whom.
    pub async fn lost<H: Host>(mut self, shop: Arc<Workshop<H>>) -> String {
        self.began = Instant::now();
        loop {
            let look = Instant::now();
            let asked = Arc::clone(&shop);
            match blocking(move || asked.host.contacts()).await {
                Ok(Ok(now)) => {
                    if let Some(what) = self.look(&now, self.began.elapsed()) {
                        return what;
                    }
                }
                Ok(Err(error)) | Err(error) => {
                    tracing::warn!(%error, "nobody can be asked whether the host is reached");
                }
            }
            tokio::time::sleep(LOOK.saturating_sub(look.elapsed())).await;
        }
    }

    /// Takes in one look, so long after the change. A sentence where somebody
    /// is lost.
    fn look(&mut self, now: &Contacts, after: Duration) -> Option<String> {
        if now.is_learning && after < TO_LEARN || now.lacks_carrier && after < TO_GET_CARRIER {
            self.misses = 0;
            self.excused = now
                .sessions
                .iter()
                .map(|(far, session)| (*far, session.unanswered))
                .collect();
            return None;
        }
        for (far, excused) in &mut self.excused {
            let unanswered = now.sessions.get(far).map_or(0, |now| now.unanswered);
            *excused = unanswered.min(*excused);
        }
        let missed = self.missed(now);
        self.misses = if missed.is_some() { self.misses + 1 } else { 0 };
        missed.filter(|_| self.misses >= MISSES)
    }

    fn missed(&self, now: &Contacts) -> Option<String> {
        let gateway = |is_v4: bool| {
            none_left(&self.before.gateways, &now.gateways, |address| {
                address.is_ipv4() == is_v4
            })
        };
        if let Some(address) = gateway(true).or_else(|| gateway(false)) {
            return Some(format!("the next hop {address} was not reached any more"));
        }
        if let Some(address) = none_left(&self.before.resolvers, &now.resolvers, |_| true) {
            return Some(format!("the resolver {address} was not reached any more"));
        }
        self.before
            .sessions
            .iter()
            .filter(|(_, before)| before.is_near && before.unanswered == 0)
            .find_map(|(far, _)| {
                let session = now.sessions.get(far)?;
                let excused = self.excused.get(far).copied().unwrap_or(0);
                let is_silent = session.unanswered >= excused.saturating_add(UNANSWERED);
                (is_silent || !session.is_near).then(|| {
                    format!(
                        "the administrator connected from {} was not reached any more",
                        far.ip()
                    )
                })
            })
    }
}

/// One of those that answered before, where none does now.
fn none_left(
    before: &BTreeMap<IpAddr, bool>,
    now: &BTreeMap<IpAddr, bool>,
    is_meant: impl Fn(&IpAddr) -> bool,
) -> Option<IpAddr> {
    let answering = |contacts: &BTreeMap<IpAddr, bool>| {
        contacts
            .iter()
            .find(|(address, answers)| **answers && is_meant(address))
            .map(|(address, _)| *address)
    };
    match answering(now) {
        Some(_) => None,
        None => answering(before),
    }
}

#[cfg(test)]
mod tests {
    use nova_host::contact::Contact;

    use super::*;

    const GATEWAY: &str = "192.0.2.1";
    const SOON: Duration = Duration::from_secs(1);

    fn contacts() -> Contacts {
        let mut contacts = Contacts::default();
        contacts.gateways.insert(GATEWAY.parse().unwrap(), true);
        contacts
            .resolvers
            .insert("192.0.2.53".parse().unwrap(), true);
        let session = Contact {
            is_near: true,
            unanswered: 0,
        };
        contacts
            .sessions
            .insert("198.51.100.7:50000".parse().unwrap(), session);
        contacts
    }

    fn unanswered(count: u8) -> Contacts {
        let mut contacts = contacts();
        for session in contacts.sessions.values_mut() {
            session.unanswered = count;
        }
        contacts
    }

    fn without_gateway() -> Contacts {
        let mut contacts = contacts();
        contacts.gateways.insert(GATEWAY.parse().unwrap(), false);
        contacts
    }

    #[test]
    fn r27_three_misses_in_a_row_are_a_loss_and_two_are_none() {
        let mut guard = Guard::new(contacts());
        for _ in 0..5 {
            assert_eq!(guard.look(&without_gateway(), SOON), None);
            assert_eq!(guard.look(&without_gateway(), SOON), None);
            assert_eq!(guard.look(&contacts(), SOON), None);
        }
        assert_eq!(guard.look(&without_gateway(), SOON), None);
        assert_eq!(guard.look(&without_gateway(), SOON), None);
        let lost = guard.look(&without_gateway(), SOON).unwrap();
        assert!(lost.contains(GATEWAY), "{lost}");
    }

    #[test]
    fn r27_what_never_answered_is_not_missed() {
        let mut guard = Guard::new(without_gateway());
        for _ in 0..9 {
            assert_eq!(guard.look(&without_gateway(), SOON), None);
        }
        let mut guard = Guard::new(unanswered(1));
        for _ in 0..9 {
            assert_eq!(guard.look(&unanswered(9), SOON), None);
        }
    }

    #[test]
    fn r27_another_gateway_serves_as_well_and_a_closed_session_is_no_loss() {
        let mut guard = Guard::new(contacts());
        let mut now = without_gateway();
        now.gateways.insert("192.0.2.2".parse().unwrap(), true);
        now.sessions.clear();
        for _ in 0..9 {
            assert_eq!(guard.look(&now, SOON), None);
        }
    }

    #[test]
    fn r27_spanning_tree_has_its_time_and_no_more() {
        let mut guard = Guard::new(contacts());
        let mut now = without_gateway();
        now.is_learning = true;
        for second in 0..60 {
            assert_eq!(guard.look(&now, Duration::from_secs(second)), None);
        }
        let late = TO_LEARN + SOON;
        assert_eq!(guard.look(&now, late), None);
        assert_eq!(guard.look(&now, late), None);
        assert!(guard.look(&now, late).is_some());
    }

    #[test]
    fn r27_what_was_sent_while_ports_learned_is_excused_until_it_is_answered() {
        let mut guard = Guard::new(contacts());
        let mut learning = unanswered(6);
        learning.is_learning = true;
        assert_eq!(guard.look(&learning, SOON), None);
        // The kernel waits longer with each try: a stale count proves nothing.
        for _ in 0..20 {
            assert_eq!(guard.look(&unanswered(7), SOON), None);
        }
        assert_eq!(guard.look(&unanswered(8), SOON), None);
        assert_eq!(guard.look(&unanswered(8), SOON), None);
        assert!(guard.look(&unanswered(8), SOON).is_some());
        // Once answered, the excuse is gone.
        let mut guard = Guard::new(contacts());
        assert_eq!(guard.look(&learning, SOON), None);
        assert_eq!(guard.look(&contacts(), SOON), None);
        for _ in 0..2 {
            assert_eq!(guard.look(&unanswered(2), SOON), None);
        }
        assert!(guard.look(&unanswered(2), SOON).is_some());
    }
}
