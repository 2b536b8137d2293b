// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! On which CPUs what arrives is processed, set and read back with `cat`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{ip, ip_batch, run, seen};
use nova_host::execute::{Executor, Undone};
use nova_model::ErrorKind;
use nova_model::state::HostState;
use nova_model::steering::CpuSet;
use nova_model::step::{LinkRef, SteeringStep, Step};

fn step(name: &str, queues: &[&str]) -> Step {
    let link = LinkRef {
        name: name.parse().unwrap(),
        index: seen().link(name).map(|link| link.index),
    };
    let queues = queues.iter().map(|cpus| cpus.parse().unwrap()).collect();
    SteeringStep { link, queues }.into()
}

fn mask(name: &str, queue: usize) -> CpuSet {
    let path = format!("/sys/class/net/{name}/queues/rx-{queue}/rps_cpus");
    CpuSet::from_mask(run("cat", &[path]).trim()).unwrap()
}

kernel_test! {
    fn each_queue_gets_its_cpus_and_its_former_ones_again() {
        ip("link add v0 numrxqueues 2 numtxqueues 2 type veth peer name w0");
        run("sh", &["-c", "ethtool -L v0 rx 2 || true; echo 2 > /sys/class/net/v0/queues/rx-0/rps_cpus"]);
        let before = seen();
        let queues = before.link("v0").unwrap().receive_cpus.len();
        assert!(!before.cpus.online.is_empty(), "{:?}", before.cpus);
        assert_eq!(before.link("v0").unwrap().receive_cpus[0], "1".parse().unwrap());
        assert_eq!(before.link("lo").unwrap().receive_cpus, []);
        let wanted = vec!["0-1"; queues];
        let there = step("v0", &wanted);
        let back = there.inverse(&before);
        let mut executor = Executor::new().unwrap();
        executor.execute(&there).unwrap();
        for queue in 0..queues {
            assert_eq!(mask("v0", queue), "0-1".parse().unwrap());
        }
        assert_eq!(nova_model::fact::unmet([&there], &seen()), Vec::<String>::new());
        assert_eq!(executor.undo(&there).unwrap(), Undone::AlreadySo);
        assert_eq!(executor.undo(&back[0]).unwrap(), Undone::Done);
        assert_eq!(seen().digest(), before.digest());
        assert_eq!(executor.undo(&back[0]).unwrap(), Undone::AlreadySo);
        // More queues than it has: a machine closed some.
        let more = vec!["none"; queues + 3];
        assert_eq!(executor.undo(&step("v0", &more)).unwrap(), Undone::Done);
        assert!(mask("v0", 0).is_empty());
    }
}

kernel_test! {
    fn a_link_that_took_the_name_is_left_alone() {
        ip("link add v0 type veth peer name w0");
        let planned = step("v0", &["0-1"]);
        ip("link delete v0");
        ip("link add d0 type veth peer name e0");
        ip("link add v0 type veth peer name w0");
        let mut executor = Executor::new().unwrap();
        let error = executor.execute(&planned).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert_eq!(executor.undo(&planned).unwrap(), Undone::Vanished);
        assert!(mask("v0", 0).is_empty());
    }
}

kernel_test! {
    fn the_kernel_says_no_to_a_cpu_it_does_not_know() {
        ip("link add v0 type veth peer name w0");
        let mut executor = Executor::new().unwrap();
        assert!(executor.execute(&step("v0", &["8000"])).is_err());
        assert!(mask("v0", 0).is_empty());
    }
}

kernel_test! {
    fn nothing_outside_of_sysfs_is_written() {
        ip("link add v0 type veth peer name w0");
        let planned = step("v0", &["0-1"]);
        // Another file in its place, and another folder in the place of the link's.
        run("sh", &["-c", "printf 0 > /run/other; mount --bind /run/other /sys/class/net/v0/queues/rx-0/rps_cpus"]);
        let mut executor = Executor::new().unwrap();
        assert_eq!(executor.undo(&planned).unwrap(), Undone::Vanished);
        assert_eq!(run("cat", &["/run/other"]), "0");
        run("sh", &["-c", concat!(
            "umount /sys/class/net/v0/queues/rx-0/rps_cpus; ",
            "mkdir -p /run/net/queues/rx-0; cat /sys/class/net/v0/ifindex > /run/net/ifindex; ",
            "printf 0 > /run/net/queues/rx-0/rps_cpus; mount --bind /run/net /sys/devices/virtual/net/v0",
        )]);
        assert_eq!(executor.undo(&planned).unwrap(), Undone::Vanished);
        assert_eq!(run("cat", &["/run/net/queues/rx-0/rps_cpus"]), "0");
        run("sh", &["-c", "umount /sys/devices/virtual/net/v0; mount -o remount,ro /sys"]);
        // Who may not write asks who may; here there is nobody.
        let error = executor.execute(&planned).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DaemonMissing, "{error}");
        assert!(mask("v0", 0).is_empty());
    }
}

kernel_test! {
    fn of_a_thousand_links_those_are_read_that_are_asked_for() {
        let lines: String = (0..500)
            .map(|number| format!("link add v{number} type veth peer name w{number}\n"))
            .collect();
        ip_batch(&lines);
        let mut state = nova_host::observe::observe().unwrap();
        let mut again = state.clone();
        nova_host::steering::read(&mut state, |_| true);
        nova_host::steering::read(&mut again, |link| link.name.is("v7"));
        let read = |state: &HostState| {
            let read = state.links.values().filter(|link| !link.receive_cpus.is_empty());
            read.map(|link| link.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(read(&state).len(), 1000);
        assert_eq!(read(&again), ["v7"]);
    }
}
