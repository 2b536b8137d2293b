// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the kernel alone holds comes back: with a machine that starts again, and
//! after a boot.

#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, reason = "each file of tests draws other hosts")]
mod pictured;

use nova_model::address::MacAddress;
use nova_model::binding::{Bindings, BoundVlans, Rebound};
use nova_model::bridge::PortPatch;
use nova_model::change::{Change, ChangeSet};
use nova_model::link::{LinkKind, Owner};
use nova_model::manager::{Backend, NetworkManagerDaemon};
use nova_model::ovs::{OvsBridge, OvsPort, OvsState, OvsView};
use nova_model::ovs_conf::{BridgeConf, InterfaceConf, PortConf};
use nova_model::persist::Persist;
use nova_model::plan::{Plan, PlanId, plan, plan_tidy, plan_undo};
use nova_model::state::HostState;
use nova_model::steering::CpuSet;
use nova_model::traffic::{Deed, Filter, Frames, Hooks, LIMIT_PRIORITY, MIRROR_PRIORITIES, Way};
use pictured::{Host, apply};

const BOOT: &str = "boot 1";
const NEXT: &str = "boot 2";
const TAP: MacAddress = MacAddress([0xfe, 0x54, 0, 0, 0, 0x77]);

const LIMIT: &str = r#"{"set_qos":{"port":"eth1","egress_rate":50000000}}"#;
const OTHER_LIMIT: &str = r#"{"set_qos":{"port":"eth1","egress_rate":90000000}}"#;
const MIRROR: &str = r#"{"add_mirror":{"switch":"br0","sources":[{"port":"eth1","direction":"both"}],"output":{"port":"eth2"}}}"#;

fn tap(mut host: HostState, name: &str) -> HostState {
    host.link_mut(name).unwrap().mac = Some(TAP);
    host
}

/// A bridge of another's with two cards and a machine.
fn host() -> HostState {
    let host = Host::new()
        .bridge("br0", Owner::Nobody)
        .link("eth1", LinkKind::Physical)
        .link("eth2", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .port("eth1", "br0")
        .port("eth2", "br0")
        .port("vnet0", "br0");
    tap(host.build(), "vnet0")
}

/// The same host with a machine on Open vSwitch.
fn on_ovs() -> HostState {
    let port = |name: &str| OvsPort {
        name: name.to_owned(),
        conf: PortConf {
            interfaces: vec![InterfaceConf::new(name, "")],
            ..PortConf::default()
        },
        ..OvsPort::default()
    };
    let host = Host::new()
        .link("eth1", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap);
    let mut host = tap(host.build(), "vnet0");
    host.ovs = OvsView::Known(OvsState {
        is_running: true,
        bridges: vec![OvsBridge {
            name: "ovs0".to_owned(),
            conf: BridgeConf::default(),
            ports: vec![port("eth1"), port("vnet0")],
            ..OvsBridge::default()
        }],
        ..OvsState::default()
    });
    host
}

fn wanted(host: &HostState, wish: &str, persist: Persist) -> Plan {
    let changes = ChangeSet {
        changes: vec![serde_json::from_str(wish).unwrap()],
        persist,
    };
    plan(host, &changes, PlanId::from_bits(7)).unwrap()
}

/// Does what is wished, keeps it and notes it.
fn kept(bindings: &mut Bindings, host: &HostState, wish: &str, persist: Persist) -> HostState {
    let plan = wanted(host, wish, persist);
    let after = apply(&plan, host);
    assert!(bindings.are_concerned(&plan), "{wish}");
    bindings.note(&plan, &after, BOOT);
    after
}

fn bound(host: &HostState, wishes: &[&str]) -> (Bindings, HostState) {
    let mut bindings = Bindings::default();
    let mut now = host.clone();
    for wish in wishes {
        now = kept(&mut bindings, &now, wish, Persist::Auto);
    }
    (bindings, now)
}

/// The host once it has what is bound, as after a boot.
fn rearmed(bindings: &Bindings, host: &HostState) -> HostState {
    let (changes, waiting) = bindings.wishes(host, NEXT);
    assert_eq!(waiting, 0);
    let changes = ChangeSet {
        changes,
        persist: Persist::None,
    };
    let plan = plan(host, &changes, PlanId::from_bits(8)).unwrap();
    apply(&plan, host)
}

fn documents(changes: &[Change]) -> String {
    serde_json::to_string(changes).unwrap()
}

#[test]
fn limits_and_mirrors_of_links_come_back_after_a_boot() {
    let fresh = host();
    let (bindings, now) = bound(&fresh, &[LIMIT, MIRROR]);
    assert_eq!(bindings.count(), 2);
    assert_eq!(bindings.wishes(&now, BOOT), (Vec::new(), 0));
    let again = rearmed(&bindings, &fresh);
    assert_eq!(again.link("eth1"), now.link("eth1"));
    assert_eq!(bindings.wishes(&again, NEXT), (Vec::new(), 0));
    // What is written is read.
    let text = serde_json::to_string(&bindings).unwrap();
    assert_eq!(serde_json::from_str::<Bindings>(&text).unwrap(), bindings);
}

const EVERY: &str = r#"{"add_mirror":{"switch":"br0","output":{"port":"eth2"}}}"#;

#[test]
fn a_mirror_of_every_port_follows_the_ports_of_its_switch() {
    let fresh = host();
    let made = wanted(&fresh, EVERY, Persist::Auto);
    assert!(
        made.effects
            .iter()
            .any(|effect| effect == "What enters a port that br0 gets later is copied, too."),
        "{:?}",
        made.effects
    );
    let (bindings, now) = bound(&fresh, &[EVERY]);
    assert_eq!(bindings.wishes(&now, BOOT), (Vec::new(), 0));
    assert_eq!(rearmed(&bindings, &fresh), now);
    // One that comes later is copied, and not any more once it is undone.
    let joined = Host::new()
        .bridge("br0", Owner::Nobody)
        .link("eth1", LinkKind::Physical)
        .link("eth2", LinkKind::Physical)
        .link("vnet0", LinkKind::Tap)
        .link("eth3", LinkKind::Physical)
        .port("eth1", "br0")
        .port("eth2", "br0")
        .port("vnet0", "br0")
        .port("eth3", "br0");
    let joined = tap(joined.build(), "vnet0");
    let (mut bindings, _) = bound(&fresh, &[EVERY]);
    let plan = wanted(&joined, EVERY, Persist::Auto);
    let mut now = apply(&plan, &joined);
    now.link_mut("eth3").unwrap().traffic = joined.link("eth3").unwrap().traffic.clone();
    assert_eq!(bindings.wishes(&now, BOOT).0.len(), 1);
    let now = rearmed(&bindings, &now);
    assert!(!now.link("eth3").unwrap().traffic.filters.is_empty());
    assert_eq!(bindings.wishes(&now, BOOT), (Vec::new(), 0));
    let undo = plan_undo(&now, &plan, PlanId::from_bits(9)).unwrap();
    let back = apply(&undo, &now);
    assert_eq!(back, joined);
    bindings.note(&undo, &back, BOOT);
    assert!(bindings.is_empty(), "{bindings:?}");
}

#[test]
fn what_another_had_set_and_an_undo_brings_back_is_not_bound() {
    let mut theirs = host();
    let port = &mut theirs.link_mut("eth1").unwrap().port;
    port.as_mut().unwrap().options.cost = 33;
    let wish = r#"{"configure_port":{"switch":"br0","port":"eth1","options":{"cost":77,"isolated":true}}}"#;
    let set = wanted(&theirs, wish, Persist::Auto);
    let now = apply(&set, &theirs);
    let mut bindings = Bindings::default();
    bindings.note(&set, &now, BOOT);
    assert_eq!(bindings.count(), 1);
    // It may not have been noted: the disk was full.
    let mut bindings = Bindings::default();
    let undo = plan_undo(&now, &set, PlanId::from_bits(9)).unwrap();
    let back = apply(&undo, &now);
    assert_eq!(back, theirs);
    bindings.note(&undo, &back, BOOT);
    assert!(bindings.is_empty(), "{bindings:?}");
}

#[test]
fn what_leaves_a_port_stays_copied_where_it_was_asked_for_by_its_name() {
    let leaving = r#"{"add_mirror":{"switch":"br0","sources":[{"port":"eth1","direction":"egress"}],"output":{"port":"eth2"}}}"#;
    let fresh = host();
    let every = wanted(&fresh, EVERY, Persist::Auto);
    let (mut bindings, now) = bound(&fresh, &[EVERY, leaving]);
    assert_eq!(rearmed(&bindings, &fresh), now);
    let undo = plan_undo(&now, &every, PlanId::from_bits(9)).unwrap();
    let back = apply(&undo, &now);
    bindings.note(&undo, &back, BOOT);
    let ways = |host: &HostState| -> Vec<Way> {
        let filters = &host.link("eth1").unwrap().traffic.filters;
        filters.iter().map(|it| it.way).collect()
    };
    assert_eq!(ways(&back), [Way::Egress]);
    assert_eq!(ways(&rearmed(&bindings, &fresh)), [Way::Egress]);
    // Made once more by an undo of the undo it follows again.
    let again = plan_undo(&back, &undo, PlanId::from_bits(10)).unwrap();
    let made = apply(&again, &back);
    bindings.note(&again, &made, BOOT);
    assert!(bindings.mirrors[0].every_port);
}

#[test]
fn a_mirror_of_every_port_follows_again_when_its_removal_is_undone() {
    let (bindings, now) = bound(&host(), &[EVERY]);
    let remove = r#"{"remove_mirror":{"switch":"br0","name":"mirror-eth2"}}"#;
    let (done, undone) = done_and_undone(&bindings, &now, remove);
    assert!(done.is_empty(), "{done:?}");
    assert_eq!(undone, bindings);
    assert!(undone.mirrors[0].every_port);
}

#[test]
fn an_undo_brings_nothing_back_over_what_was_bound_since() {
    let (limited, now) = bound(&host(), &[LIMIT]);
    let (other, _) = bound(&now, &[OTHER_LIMIT]);
    let change = Rebound::between(&Bindings::default(), &limited);
    let mut bindings = other.clone();
    bindings.bring_back(&other, &change);
    assert_eq!(bindings, other);
    bindings = limited.clone();
    bindings.bring_back(&limited, &change);
    assert!(bindings.is_empty(), "{bindings:?}");
}

#[test]
fn a_mirror_of_every_port_for_now_or_of_no_port_follows_nothing() {
    let fresh = host();
    let mut bindings = Bindings::default();
    let _ = kept(&mut bindings, &fresh, EVERY, Persist::None);
    assert!(!bindings.mirrors[0].every_port, "the machine's card has it");
    let bare = Host::new()
        .bridge("br0", Owner::Nobody)
        .link("eth2", LinkKind::Physical)
        .build();
    let changes = ChangeSet {
        changes: vec![serde_json::from_str(EVERY).unwrap()],
        persist: Persist::Auto,
    };
    let error = plan(&bare, &changes, PlanId::from_bits(7)).unwrap_err();
    assert!(error.message().contains("no port whose frames"), "{error}");
}

#[test]
fn the_buffer_of_a_port_that_has_gone_goes_too() {
    let limit = r#"{"set_qos":{"port":"vnet0","ingress_rate":50000000}}"#;
    let other = r#"{"set_qos":{"port":"eth1","ingress_rate":50000000}}"#;
    let now = [limit, other].iter().fold(host(), |host, wish| {
        apply(&wanted(&host, wish, Persist::Auto), &host)
    });
    let tidy = |host: &HostState| plan_tidy(host, PlanId::from_bits(8)).unwrap();
    assert!(tidy(&now).is_empty());
    let vnet0 = now.link("vnet0").unwrap().index;
    let mut stopped = now.clone();
    stopped.links.remove(&vnet0);
    let plan = tidy(&stopped);
    assert_eq!(plan.steps.len(), 1);
    let after = apply(&plan, &stopped);
    assert_eq!(after.links.len(), stopped.links.len() - 1);
    assert!(tidy(&after).is_empty());
    // Nothing brings it back, and one that another made is that other's.
    assert!(plan.steps[0].undo.is_empty());
    let name = format!("nvbuf{vnet0}");
    stopped.link_mut(&name).unwrap().owner = Owner::Nobody;
    assert!(tidy(&stopped).is_empty());
}

#[test]
fn a_filter_whose_destination_has_gone_goes_too_and_gives_its_place_to_the_next() {
    let host = host();
    let eth1 = host.link("eth1").unwrap().index;
    let lost = |priority, deed, is_ours| Filter {
        way: Way::Ingress,
        priority,
        frames: Frames::All,
        deed,
        is_ours,
    };
    let with = |filters: &[Filter]| {
        let mut host = host.clone();
        let traffic = &mut host.link_mut("eth1").unwrap().traffic;
        traffic.hooks = Hooks::Both;
        traffic.filters = filters.to_vec();
        host
    };
    let copies = lost(MIRROR_PRIORITIES.start, Deed::Mirror(0), true);
    let sends = lost(LIMIT_PRIORITY, Deed::Redirect(0), true);
    let foreign = lost(7, Deed::Mirror(0), false);
    let tidy = |host: &HostState| plan_tidy(host, PlanId::from_bits(8)).unwrap();
    assert!(tidy(&with(std::slice::from_ref(&foreign))).is_empty());
    let before = with(&[foreign.clone(), copies.clone(), sends.clone()]);
    let plan = tidy(&before);
    assert_eq!(plan.steps.len(), 2, "{plan:#?}");
    assert!(plan.steps.iter().all(|step| step.undo.is_empty()));
    assert_eq!(
        plan.steps[0].command,
        format!(
            "tc filter delete dev eth1 ingress pref {}",
            copies.priority.min(sends.priority)
        )
    );
    let after = apply(&plan, &before);
    assert_eq!(after.links[&eth1].traffic.filters, [foreign]);
    // The place for filters goes with the last of them.
    let alone = with(&[copies]);
    let last = apply(&tidy(&alone), &alone);
    assert_eq!(last.links[&eth1].traffic.hooks, Hooks::None);
    // Who asks for a limit or a mirror anew gets its place.
    let limit = r#"{"set_qos":{"port":"eth1","ingress_rate":50000000}}"#;
    let before = with(&[sends]);
    let limited = apply(&wanted(&before, limit, Persist::Auto), &before);
    let filters = &limited.links[&eth1].traffic.filters;
    assert!(matches!(filters[..], [Filter { deed: Deed::Redirect(to), .. }] if to != 0));
    let unlimit = r#"{"remove_qos":{"port":"eth1"}}"#;
    let bare = apply(&wanted(&before, unlimit, Persist::Auto), &before);
    assert!(bare.links[&eth1].traffic.filters.is_empty());
}

#[test]
fn of_what_was_given_again_the_rest_is_undone_where_a_part_has_gone() {
    let fresh = host();
    let other = r#"{"set_qos":{"port":"vnet0","egress_rate":90000000}}"#;
    let changes = ChangeSet {
        changes: [LIMIT, other]
            .map(|wish| serde_json::from_str(wish).unwrap())
            .to_vec(),
        persist: Persist::None,
    };
    let given = plan(&fresh, &changes, PlanId::from_bits(7)).unwrap();
    let given = Plan {
        gives_again: true,
        ..given
    };
    let mut now = apply(&given, &fresh);
    let vnet0 = now.link("vnet0").unwrap().index;
    now.links.remove(&vnet0);
    let undo = plan_undo(&now, &given, PlanId::from_bits(9)).unwrap();
    let back = apply(&undo, &now);
    assert_eq!(back.link("eth1"), fresh.link("eth1"));
    // What a person asked for is undone as a whole or not at all.
    let asked = Plan {
        gives_again: false,
        ..given.clone()
    };
    assert!(plan_undo(&now, &asked, PlanId::from_bits(9)).is_err());
    assert!(!given.is_gone(&now) && given.is_gone(&fresh));
}

#[test]
fn a_mirror_of_every_port_beside_one_of_some_is_refused() {
    let now = apply(&wanted(&host(), MIRROR, Persist::Auto), &host());
    let changes = ChangeSet {
        changes: vec![serde_json::from_str(EVERY).unwrap()],
        persist: Persist::Auto,
    };
    let error = plan(&now, &changes, PlanId::from_bits(7)).unwrap_err();
    assert_eq!(error.field(), Some("destination"));
    assert!(
        error.message().contains("another mirror to eth2, of eth1"),
        "{error}"
    );
}

#[test]
fn a_link_that_is_not_there_or_not_on_its_switch_is_left_alone() {
    let (bindings, _) = bound(&host(), &[LIMIT, MIRROR]);
    let absent = Host::new().bridge("br0", Owner::Nobody).build();
    assert_eq!(bindings.wishes(&absent, NEXT), (Vec::new(), 0));
    let mut elsewhere = host();
    elsewhere.link_mut("eth1").unwrap().controller = None;
    assert_eq!(bindings.wishes(&elsewhere, NEXT), (Vec::new(), 0));
}

#[test]
fn what_is_removed_or_undone_is_forgotten() {
    let (mut bindings, now) = bound(&host(), &[LIMIT, MIRROR]);
    let now = kept(
        &mut bindings,
        &now,
        r#"{"remove_qos":{"port":"eth1"}}"#,
        Persist::Auto,
    );
    assert!(bindings.links.is_empty());
    assert_eq!(bindings.mirrors.len(), 1);
    let _ = kept(
        &mut bindings,
        &now,
        r#"{"remove_mirror":{"switch":"br0","name":"mirror-eth2"}}"#,
        Persist::Auto,
    );
    assert!(bindings.is_empty());

    let (mut bindings, limited) = bound(&host(), &[LIMIT]);
    let other = wanted(&limited, OTHER_LIMIT, Persist::Auto);
    let faster = apply(&other, &limited);
    bindings.note(&other, &faster, BOOT);
    let undo = plan_undo(&faster, &other, PlanId::from_bits(9)).unwrap();
    let back = apply(&undo, &faster);
    bindings.note(&undo, &back, BOOT);
    assert_eq!(bindings, bound(&host(), &[LIMIT]).0);
}

#[test]
fn what_another_change_is_about_does_not_touch_what_waits_to_be_made_again() {
    let (mut bindings, _) = bound(&host(), &[LIMIT, MIRROR]);
    let before = bindings.clone();
    let wish = r#"{"set_qos":{"port":"eth2","egress_rate":50000000}}"#;
    let _ = kept(&mut bindings, &host(), wish, Persist::Auto);
    assert_eq!(bindings.links.get("eth1"), before.links.get("eth1"));
    assert_eq!(bindings.mirrors, before.mirrors);
}

#[test]
fn what_is_to_be_gone_with_the_boot_is_not_bound_to_links() {
    let mut bindings = Bindings::default();
    for wish in [LIMIT, MIRROR] {
        let _ = kept(&mut bindings, &host(), wish, Persist::None);
    }
    assert!(bindings.is_empty());
    let plan = wanted(&host(), LIMIT, Persist::None);
    assert!(
        plan.keeping.effects[0].contains("gone with the next boot"),
        "{:?}",
        plan.keeping
    );
    // What was bound before rests until then.
    let (mut bindings, now) = bound(&host(), &[LIMIT, MIRROR]);
    let now = kept(&mut bindings, &now, OTHER_LIMIT, Persist::None);
    let wish = r#"{"remove_mirror":{"switch":"br0","name":"mirror-eth2"}}"#;
    let now = kept(&mut bindings, &now, wish, Persist::None);
    assert_eq!(bindings.wishes(&now, BOOT), (Vec::new(), 0));
    assert_eq!(bindings.wishes(&host(), NEXT).0.len(), 2);
}

#[test]
fn what_is_bound_to_links_that_a_plan_deletes_is_forgotten() {
    let host = Host::new()
        .link("eth1", LinkKind::Physical)
        .bridge("br0", Owner::Nova)
        .link("eth2", LinkKind::Physical)
        .port("eth1", "br0")
        .build();
    let own = r#"{"set_qos":{"port":"br0","egress_rate":50000000}}"#;
    let (mut bindings, now) = bound(&host, &[LIMIT, MIRROR, own]);
    assert_eq!(bindings.count(), 3);
    let _ = kept(
        &mut bindings,
        &now,
        r#"{"delete_switch":{"name":"br0"}}"#,
        Persist::Auto,
    );
    // The limit of the card stands, without the switch.
    assert_eq!(bindings.count(), 1);
    assert_eq!(bindings.links.get("eth1").unwrap().switch, None);
}

#[test]
fn a_limit_follows_its_link_to_another_switch() {
    let (mut bindings, now) = bound(&host(), &[LIMIT]);
    let wish = r#"{"detach_port":{"switch":"br0","port":"eth1"}}"#;
    let _ = kept_anyhow(&mut bindings, &now, wish);
    assert_eq!(bindings.links.get("eth1").unwrap().switch, None);
    // Not where it has not been made again.
    let (mut bindings, _) = bound(&host(), &[LIMIT]);
    let before = bindings.clone();
    let _ = kept_anyhow(&mut bindings, &host(), wish);
    assert_eq!(bindings, before);
}

fn kept_anyhow(bindings: &mut Bindings, host: &HostState, wish: &str) -> HostState {
    let plan = wanted(host, wish, Persist::Auto);
    let after = apply(&plan, host);
    bindings.note(&plan, &after, BOOT);
    after
}

#[test]
fn a_name_that_means_another_machine_next_time_is_bound_to_nothing() {
    let host = Host::new().link("macvtap0", LinkKind::Macvtap).build();
    let wish = r#"{"set_qos":{"port":"macvtap0","egress_rate":50000000}}"#;
    let (bindings, _) = bound(&host, &[wish]);
    assert!(bindings.is_empty());
    let plan = wanted(&host, wish, Persist::Auto);
    assert!(
        plan.keeping.effects[0].contains("gone with the next boot"),
        "{:?}",
        plan.keeping
    );
}

const CPUS: &str = r#"{"set_affinity":{"name":"br0","cpus":"0-1"}}"#;

/// The host with a queue at each link.
fn with_queues() -> HostState {
    let mut host = host();
    for link in host.links.values_mut() {
        link.receive_cpus = vec![CpuSet::new()];
    }
    host
}

#[test]
fn cpus_of_a_switch_and_its_ports_come_back_with_each() {
    let fresh = with_queues();
    let (bindings, now) = bound(&fresh, &[CPUS]);
    assert_eq!((bindings.links.len(), bindings.ports.len()), (3, 1));
    assert_eq!(bindings.wishes(&now, BOOT), (Vec::new(), 0));
    let again = rearmed(&bindings, &fresh);
    assert_eq!(again, now);
    // One that was set apart stays apart, whoever comes first.
    let apart = r#"{"set_affinity":{"name":"eth1","cpus":"2"}}"#;
    let (bindings, now) = bound(&fresh, &[CPUS, apart]);
    assert_eq!(rearmed(&bindings, &fresh), now);
    let text = serde_json::to_string(&bindings).unwrap();
    assert_eq!(serde_json::from_str::<Bindings>(&text).unwrap(), bindings);
}

#[test]
fn cpus_that_are_taken_away_undone_or_for_now_do_not_come_back() {
    let fresh = with_queues();
    let none = r#"{"set_affinity":{"name":"br0","cpus":"none"}}"#;
    assert!(bound(&fresh, &[CPUS, none]).0.is_empty());

    let mut bindings = Bindings::default();
    let plan = wanted(&fresh, CPUS, Persist::Auto);
    let after = apply(&plan, &fresh);
    bindings.note(&plan, &after, BOOT);
    let undo = plan_undo(&after, &plan, PlanId::from_bits(9)).unwrap();
    bindings.note(&undo, &apply(&undo, &after), BOOT);
    assert!(bindings.is_empty(), "{bindings:?}");

    // The card of a machine has them as long as it is that machine's.
    let mut bindings = Bindings::default();
    let _ = kept(&mut bindings, &fresh, CPUS, Persist::None);
    assert_eq!((bindings.links.len(), bindings.ports.len()), (0, 1));
    let plan = wanted(&fresh, CPUS, Persist::None);
    assert!(
        plan.keeping.effects[0].contains("on which CPUs"),
        "{:?}",
        plan.keeping
    );
    let plan = wanted(&fresh, CPUS, Persist::Auto);
    assert!(plan.keeping.is_empty(), "{:?}", plan.keeping);
    assert!(
        plan.effects
            .iter()
            .any(|effect| effect.starts_with("This comes back with each boot: on which CPUs")),
        "{:?}",
        plan.effects
    );
    assert!(plan.notices[0].contains("comes back when it starts"));
}

/// What is bound once a wish was kept, and once that was undone.
fn done_and_undone(bindings: &Bindings, host: &HostState, wish: &str) -> (Bindings, Bindings) {
    let plan = wanted(host, wish, Persist::Auto);
    let after = apply(&plan, host);
    let mut done = bindings.clone();
    done.note(&plan, &after, BOOT);
    let rebound = Rebound::between(bindings, &done);
    let undo = plan_undo(&after, &plan, PlanId::from_bits(9)).unwrap();
    let mut undone = done.clone();
    undone.note(&undo, &apply(&undo, &after), BOOT);
    undone.bring_back(&done, &rebound);
    (done, undone)
}

#[test]
fn undone_the_cpus_are_bound_again_that_were_and_not_those_of_others() {
    let of = |cpus: &str| format!(r#"{{"set_affinity":{{"name":"eth1","cpus":"{cpus}"}}}}"#);
    let undone = |bindings: Bindings, before: &HostState| {
        let done = done_and_undone(&bindings, before, &of("2"));
        assert_ne!(done.0, bindings);
        done.1
    };
    let (bindings, before) = bound(&with_queues(), &[&of("1")]);
    assert_eq!(
        undone(bindings, &before).links["eth1"].cpus,
        Some("1".parse().unwrap())
    );
    let mut others = with_queues();
    others.link_mut("eth1").unwrap().receive_cpus = vec!["0-1".parse().unwrap()];
    assert!(undone(Bindings::default(), &others).is_empty());
}

#[test]
fn what_is_chosen_for_a_switch_holds_for_the_machine_that_comes_back() {
    let fresh = with_queues();
    let (mut bindings, now) = bound(&fresh, &[CPUS]);
    let mut stopped = now.clone();
    let vnet0 = stopped.link("vnet0").unwrap().index;
    stopped.links.remove(&vnet0);
    let none = r#"{"set_affinity":{"name":"br0","cpus":"none"}}"#;
    let _ = kept(&mut bindings, &stopped, none, Persist::Auto);
    assert!(bindings.is_empty(), "{bindings:?}");
    let plan = wanted(&now, none, Persist::Auto);
    assert!(
        !plan.effects.concat().contains("comes back"),
        "{:?}",
        plan.effects
    );
}

#[test]
fn cpus_stay_with_a_link_that_leaves_its_switch() {
    let (mut bindings, now) = bound(&with_queues(), &[CPUS]);
    let gone = r#"{"delete_switch":{"name":"br0","foreign":true}}"#;
    let now = kept_anyhow(&mut bindings, &now, gone);
    let left: Vec<&String> = bindings.links.keys().collect();
    assert_eq!(left, ["eth1", "eth2"]);
    let mut fresh = now.clone();
    fresh.link_mut("eth1").unwrap().receive_cpus = vec![CpuSet::new()];
    assert_eq!(rearmed(&bindings, &fresh), now);
}

#[test]
fn a_plan_says_that_limits_of_links_come_back() {
    let plan = wanted(&host(), LIMIT, Persist::Auto);
    assert!(plan.keeping.is_empty(), "{:?}", plan.keeping);
    assert_eq!(
        plan.effects.last().unwrap(),
        "This comes back with each boot: limits, marks and copies of frames."
    );
    let plan = wanted(
        &host(),
        r#"{"set_qos":{"port":"vnet0","egress_rate":50000000}}"#,
        Persist::Auto,
    );
    assert!(plan.keeping.is_empty(), "{:?}", plan.keeping);
    assert_eq!(plan.effects.len(), 1);
    assert!(plan.notices[0].contains("come back when it starts"));
}

#[test]
fn a_file_of_before_is_read() {
    let text = r#"{"ports":{"fe:54:00:00:00:77":{"switch":"br0","ingress":null,
        "egress":[50000000,131072],"dscp":46,"priority":null}},
        "mirrors":[{"switch":"br0","name":"mirror-eth2","is_ovs":false,"every_port":false,
        "vlans":[],"sources":[[{"card":"fe:54:00:00:00:77"},"both"]],
        "output":{"link":"eth2"},"output_vlan":null}]}"#;
    let bindings: Bindings = serde_json::from_str(text).unwrap();
    assert_eq!(bindings.count(), 2);
    assert_eq!(bindings.wishes(&host(), BOOT).0.len(), 3);
    assert!(serde_json::from_str::<Bindings>(r#"{"ports":{},"mirrors":[],"x":1}"#).is_err());
}

#[test]
fn options_of_a_tap_come_back_where_they_were_named() {
    let mut fresh = host();
    // As libvirt sets it by itself.
    let port = fresh.link_mut("vnet0").unwrap().port.as_mut().unwrap();
    port.options.learning = false;
    let wish = r#"{"configure_port":{"switch":"br0","port":"vnet0","options":{"isolated":true,"hairpin":true}}}"#;
    let (mut bindings, now) = bound(&fresh, &[wish]);
    let card = bindings.ports.get(&TAP).unwrap();
    assert_eq!(
        card.options,
        PortPatch {
            isolated: Some(true),
            hairpin: Some(true),
            ..PortPatch::default()
        }
    );
    let again = rearmed(&bindings, &fresh);
    assert_eq!(again.link("vnet0"), now.link("vnet0"));
    let mut elsewhere = fresh.clone();
    elsewhere.link_mut("vnet0").unwrap().controller = None;
    assert_eq!(bindings.wishes(&elsewhere, NEXT), (Vec::new(), 0));
    // One that is the kernel's again is dropped, the other stays.
    let wish = r#"{"configure_port":{"switch":"br0","port":"vnet0","options":{"hairpin":false}}}"#;
    let _ = kept(&mut bindings, &now, wish, Persist::Auto);
    let options = bindings.ports.get(&TAP).unwrap().options;
    assert_eq!((options.isolated, options.hairpin), (Some(true), None));
}

#[test]
fn an_option_that_is_undone_is_forgotten_and_an_earlier_one_noted() {
    let configure = |cost: u32| {
        format!(
            r#"{{"configure_port":{{"switch":"br0","port":"vnet0","options":{{"cost":{cost}}}}}}}"#
        )
    };
    let (mut bindings, first) = bound(&host(), &[&configure(50)]);
    let second = wanted(&first, &configure(70), Persist::Auto);
    let now = apply(&second, &first);
    bindings.note(&second, &now, BOOT);
    assert_eq!(bindings.ports.get(&TAP).unwrap().options.cost, Some(70));
    let undo = plan_undo(&now, &second, PlanId::from_bits(9)).unwrap();
    let back = apply(&undo, &now);
    bindings.note(&undo, &back, BOOT);
    assert_eq!(bindings.ports.get(&TAP).unwrap().options.cost, Some(50));
    let only = wanted(&host(), &configure(50), Persist::Auto);
    let undo = plan_undo(&first, &only, PlanId::from_bits(9)).unwrap();
    bindings.note(&undo, &host(), BOOT);
    assert!(bindings.is_empty());
}

#[test]
fn a_cost_that_is_left_to_the_link_is_forgotten() {
    let configure = |cost: u32| {
        format!(r#"{{"configure_ovs_port":{{"switch":"ovs0","port":"vnet0","path_cost":{cost}}}}}"#)
    };
    let (mut bindings, now) = bound(&on_ovs(), &[&configure(7)]);
    assert_eq!(bindings.ports.get(&TAP).unwrap().options.cost, Some(7));
    let _ = kept(&mut bindings, &now, &configure(0), Persist::Auto);
    assert!(bindings.is_empty(), "{bindings:?}");
}

#[test]
fn vlans_of_a_tap_come_back() {
    let wish = r#"{"set_port_vlans":{"switch":"br0","port":"vnet0","vlans":{"access":7}}}"#;
    let (mut bindings, now) = bound(&host(), &[wish]);
    assert_eq!(rearmed(&bindings, &host()).link("vnet0"), now.link("vnet0"));
    let plan = wanted(&host(), wish, Persist::Auto);
    assert!(plan.keeping.is_empty(), "{:?}", plan.keeping);
    assert!(
        plan.notices
            .iter()
            .any(|notice| notice.starts_with("The VLANs belong to the card of the machine")),
        "{:?}",
        plan.notices
    );
    let usual = r#"{"set_port_vlans":{"switch":"br0","port":"vnet0","vlans":{"access":1}}}"#;
    let _ = kept(&mut bindings, &now, usual, Persist::Auto);
    assert!(bindings.is_empty());
}

#[test]
fn a_tap_on_open_vswitch_has_its_vlan_and_is_protected_again() {
    let configure = r#"{"configure_ovs_port":{"switch":"ovs0","port":"vnet0","vlans":{"tag":7},"protected":true}}"#;
    let (bindings, now) = bound(&on_ovs(), &[configure]);
    let card = bindings.ports.get(&TAP).unwrap();
    assert!(matches!(card.vlans, Some(BoundVlans::Ovs(_))), "{card:?}");
    let (changes, _) = bindings.wishes(&on_ovs(), NEXT);
    assert_eq!(changes.len(), 1, "{}", documents(&changes));
    assert_eq!(rearmed(&bindings, &on_ovs()).ovs, now.ovs);
    // The words of a Linux bridge mean the same.
    let vlans = r#"{"set_port_vlans":{"switch":"ovs0","port":"vnet0","vlans":{"access":7}}}"#;
    let isolated =
        r#"{"configure_port":{"switch":"ovs0","port":"vnet0","options":{"isolated":true}}}"#;
    let (bindings, now) = bound(&on_ovs(), &[vlans, isolated]);
    assert_eq!(rearmed(&bindings, &on_ovs()).ovs, now.ovs);
    // A tap that is not a port yet is waited for.
    let mut early = on_ovs();
    early.ovs.state_mut().unwrap().bridges[0].ports.clear();
    assert_eq!(bindings.wishes(&early, NEXT), (Vec::new(), 1));
    // While Open vSwitch does not run, nothing is asked of the kernel instead.
    let mut stopped = on_ovs();
    stopped.ovs.state_mut().unwrap().is_running = false;
    assert_eq!(bindings.wishes(&stopped, NEXT), (Vec::new(), 1));
    stopped.ovs = OvsView::NotRunning;
    assert_eq!(bindings.wishes(&stopped, NEXT), (Vec::new(), 1));
}

#[test]
fn of_a_link_on_open_vswitch_only_flows_are_bound() {
    let limit = r#"{"set_qos":{"port":"eth1","ingress_rate":50000000,"dscp":46}}"#;
    let vlans = r#"{"configure_ovs_port":{"switch":"ovs0","port":"eth1","vlans":{"tag":7}}}"#;
    let (bindings, now) = bound(&on_ovs(), &[limit, vlans]);
    let link = bindings.links.get("eth1").unwrap();
    assert_eq!((link.ingress, link.vlans.is_some()), (None, false));
    assert!(link.dscp.is_some());
    let mut booted = now.clone();
    let bridge = &mut booted.ovs.state_mut().unwrap().bridges[0];
    bridge.port_mut("eth1").unwrap().class = None;
    assert_eq!(rearmed(&bindings, &booted).ovs, now.ovs);
    let plan = wanted(&on_ovs(), limit, Persist::Auto);
    assert!(plan.keeping.is_empty(), "{:?}", plan.keeping);
}

#[test]
fn options_of_a_port_that_no_program_keeps_come_back_with_the_boot() {
    let wish = r#"{"configure_port":{"switch":"br0","port":"eth1","options":{"isolated":true}}}"#;
    let (bindings, now) = bound(&host(), &[wish]);
    assert_eq!(rearmed(&bindings, &host()).link("eth1"), now.link("eth1"));
    let plan = wanted(&host(), wish, Persist::Auto);
    assert!(plan.keeping.is_empty(), "{:?}", plan.keeping);
    assert_eq!(
        plan.effects.last().unwrap(),
        "This comes back with each boot: on port eth1: isolation on."
    );
    let plan = wanted(&host(), wish, Persist::None);
    assert_eq!(
        plan.keeping.effects,
        ["It is gone with the next boot, as asked."]
    );
    let mut bindings = Bindings::default();
    let _ = kept(&mut bindings, &host(), wish, Persist::None);
    assert!(bindings.is_empty());
}

#[test]
fn of_what_a_program_keeps_only_the_rest_is_bound() {
    let mut host = Host::new()
        .bridge("br0", Owner::Nova)
        .link("eth1", LinkKind::Physical)
        .port("eth1", "br0")
        .build();
    host.managers.network_manager = Some(NetworkManagerDaemon::default());
    let both = r#"{"configure_port":{"switch":"br0","port":"eth1","options":{"isolated":true,"hairpin":true}}}"#;
    let plan = wanted(&host, both, Persist::NetworkManager);
    assert_eq!(plan.keeping.backend, Some(Backend::NetworkManager));
    assert_eq!(plan.keeping.effects.len(), 1, "{:?}", plan.keeping);
    assert_eq!(
        plan.effects.last().unwrap(),
        "This comes back with each boot: on port eth1: isolation on."
    );
    let mut bindings = Bindings::default();
    let _ = kept(&mut bindings, &host, both, Persist::NetworkManager);
    assert_eq!(
        bindings.links.get("eth1").unwrap().options,
        PortPatch {
            isolated: Some(true),
            ..PortPatch::default()
        }
    );
}

#[test]
fn what_is_said_to_be_gone_does_not_come_back() {
    let host = Host::new()
        .bridge("br0", Owner::Nova)
        .link("eth1", LinkKind::Physical)
        .port("eth1", "br0")
        .build();
    let wish = r#"{"configure_port":{"switch":"br0","port":"eth1","options":{"isolated":true}}}"#;
    let plan = wanted(&host, wish, Persist::Auto);
    assert!(
        plan.keeping.effects[0].contains("gone with the next boot"),
        "{:?}",
        plan.keeping
    );
    assert!(bound(&host, &[wish]).0.is_empty());
    // One that only the words of no program reach is noted all the same, and
    // forgotten when it is undone.
    let mut host = host;
    host.managers.network_manager = Some(NetworkManagerDaemon::default());
    let plan = wanted(&host, wish, Persist::NetworkManager);
    let after = apply(&plan, &host);
    let mut bindings = Bindings::default();
    bindings.note(&plan, &after, BOOT);
    assert_eq!(bindings.count(), 1);
    let undo = plan_undo(&after, &plan, PlanId::from_bits(9)).unwrap();
    bindings.note(&undo, &apply(&undo, &after), BOOT);
    assert!(bindings.is_empty());
}
