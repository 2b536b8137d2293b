// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! T32: no link gets a second program that configures it, whichever has it and
//! whichever is asked.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use nova_model::change::ChangeSet;
use nova_model::error::{ErrorKind, NovaError};
use nova_model::link::{LinkKind, Owner};
use nova_model::manager::{Backend, Managers, NetworkManagerDaemon, Networkd};
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::HostState;
use nova_model::step::{ManagerStep, Step};
use pictured::{Host, apply, change};

/// Who has a link, and who is asked to keep it.
const BOTH: [(Backend, Backend); 2] = [
    (Backend::NetworkManager, Backend::Networkd),
    (Backend::Networkd, Backend::NetworkManager),
];

const fn owner(backend: Backend) -> Owner {
    match backend {
        Backend::NetworkManager => Owner::NetworkManagerDaemon,
        Backend::Networkd => Owner::Networkd,
    }
}

const fn asked(backend: Backend) -> Persist {
    match backend {
        Backend::NetworkManager => Persist::NetworkManager,
        Backend::Networkd => Persist::Networkd,
    }
}

/// Three cards on a host where both programs run; these have owners.
fn host(owned: &[(&str, Backend)]) -> HostState {
    let mut host = Host::new();
    for card in ["eth0", "eth1", "eth2"] {
        host = host.link(card, LinkKind::Physical);
    }
    for (card, backend) in owned {
        host = host.owned(card, owner(*backend));
    }
    let mut host = host.build();
    host.managers = Managers {
        network_manager: Some(NetworkManagerDaemon::default()),
        networkd: Some(Networkd::default()),
        ..Managers::default()
    };
    host
}

fn planned(host: &HostState, wish: &str, persist: Persist) -> nova_model::Result<Plan> {
    let changes = ChangeSet {
        persist,
        ..change(wish)
    };
    plan(host, &changes, PlanId::from_bits(7))
}

/// A bridge above these cards.
fn bridge(cards: &str) -> String {
    format!(r#"{{"create_bridge":{{"name":"br0","ports":[{cards}]}}}}"#)
}

/// The error says all of this, and names both ways out.
#[track_caller]
fn tells(error: &NovaError, link: &str, has: Backend, other: Backend) {
    let (has, other) = (has.name(), other.name());
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.field(), Some("persist"));
    assert_eq!(
        error.message(),
        format!(
            "{link}: {has} configures it; with {other} there would be two that undo each other's work"
        )
    );
    assert_eq!(
        error.remedy(),
        Some(
            format!(
                "Let {has} keep it, or say \"--persist none\"; a link that is to change hands is first taken out of {has}."
            )
            .as_str()
        )
    );
}

#[test]
fn a_link_that_one_program_configures_is_not_kept_by_the_other() {
    for (has, other) in BOTH {
        let host = host(&[("eth1", has)]);
        let wish = bridge(r#""eth1""#);
        let error = planned(&host, &wish, asked(other)).unwrap_err();
        tells(&error, "eth1", has, other);
        // Both ways out are some, and left to Nova the first is taken.
        for persist in [asked(has), Persist::Auto] {
            let made = planned(&host, &wish, persist).unwrap();
            assert_eq!(made.keeping.backend, Some(has), "{persist:?}");
        }
        let made = planned(&host, &wish, Persist::None).unwrap();
        assert!(made.keeping.steps.is_empty(), "{:?}", made.keeping);
        // A link that nobody configures is anybody's.
        let made = planned(&host, &bridge(r#""eth0""#), asked(other)).unwrap();
        assert_eq!(made.keeping.backend, Some(other));
    }
}

#[test]
fn cards_of_two_programs_have_nobody_who_could_keep_their_bridge() {
    for (first, second) in BOTH {
        let host = host(&[("eth1", first), ("eth2", second)]);
        // The order in which they are named does not matter.
        for cards in [r#""eth1","eth2""#, r#""eth2","eth1""#] {
            for persist in [Persist::Auto, asked(first)] {
                let error = planned(&host, &bridge(cards), persist).unwrap_err();
                tells(&error, "eth2", second, first);
            }
            let error = planned(&host, &bridge(cards), asked(second)).unwrap_err();
            tells(&error, "eth1", first, second);
            let made = planned(&host, &bridge(cards), Persist::None).unwrap();
            assert!(made.keeping.steps.is_empty(), "{:?}", made.keeping);
        }
    }
}

/// The host after a plan that was kept, with what was written for it.
fn kept(host: &HostState, made: &Plan) -> HostState {
    let mut after = apply(made, host);
    let Managers {
        network_manager: Some(daemon),
        networkd: Some(networkd),
        ..
    } = &mut after.managers
    else {
        panic!("both programs run");
    };
    for planned in &made.keeping.steps {
        match &planned.step {
            Step::Manager(ManagerStep::AddProfile { profile, .. }) => {
                daemon.own.push(profile.clone());
            }
            Step::Manager(ManagerStep::Files { write, .. }) => {
                let files = write.iter().map(|(_, file)| (file.name(), file.clone()));
                networkd.own.extend(files);
            }
            other => panic!("{other:?}"),
        }
    }
    after
}

#[test]
fn what_one_program_keeps_for_nova_is_not_kept_by_the_other_as_well() {
    for (has, other) in BOTH {
        let fresh = host(&[]);
        let made = planned(&fresh, &bridge(r#""eth0""#), asked(has)).unwrap();
        let host = kept(&fresh, &made);
        for (link, wish) in [
            (
                "br0",
                r#"{"configure_bridge":{"name":"br0","options":{"stp":true}}}"#,
            ),
            (
                "eth0",
                r#"{"configure_port":{"switch":"br0","port":"eth0","options":{"hairpin":true}}}"#,
            ),
            ("br0", r#"{"delete_switch":{"name":"br0"}}"#),
        ] {
            let error = planned(&host, wish, asked(other)).unwrap_err();
            tells(&error, link, has, other);
            let made = planned(&host, wish, Persist::Auto).unwrap();
            assert_eq!(made.keeping.backend, Some(has), "{wish}");
        }
    }
}

/// Neither file nor profile leads into what the other program makes.
#[test]
fn a_link_of_one_program_does_not_join_what_the_other_keeps() {
    for (has, other) in BOTH {
        let fresh = host(&[("eth1", other)]);
        let made = planned(&fresh, &bridge(r#""eth0""#), asked(has)).unwrap();
        let host = kept(&fresh, &made);
        let join = r#"{"attach_port":{"switch":"br0","port":"eth1"}}"#;
        let error = planned(&host, join, Persist::Auto).unwrap_err();
        tells(&error, "eth1", other, has);
        let error = planned(&host, join, asked(other)).unwrap_err();
        let (has, other) = (has.name(), other.name());
        assert_eq!(error.field(), Some("persist"));
        assert_eq!(
            error.message(),
            format!("eth1: {other} would keep it, and {has} keeps br0, which it belongs to")
        );
        assert_eq!(
            error.remedy(),
            Some(format!("Take eth1 out of {other} first, or say \"--persist none\".").as_str())
        );
        let made = planned(&host, join, Persist::None).unwrap();
        assert!(made.keeping.steps.is_empty(), "{:?}", made.keeping);
    }
}

#[test]
fn a_link_that_nobody_configures_is_kept_by_whoever_keeps_what_it_joins() {
    for (has, other) in BOTH {
        let fresh = host(&[("eth2", other)]);
        let made = planned(&fresh, &bridge(r#""eth0""#), asked(has)).unwrap();
        let host = kept(&fresh, &made);
        let join = r#"{"attach_port":{"switch":"br0","port":"eth1"}}"#;
        let made = planned(&host, join, Persist::Auto).unwrap();
        assert_eq!(made.keeping.backend, Some(has));
        let error = planned(&host, join, asked(other)).unwrap_err();
        assert_eq!(
            error.remedy(),
            Some("Leave \"--persist\" out, or say \"--persist none\".")
        );
    }
}
