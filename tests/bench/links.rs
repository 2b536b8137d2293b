// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One sample of the counters of a thousand links.

use std::time::Duration;

use nova_host::stats::Sampler;
use nova_tests::program::{command, run, sh};

use crate::{Row, median, timed};

/// Argument with which the benchmark calls itself inside the namespace.
pub const INSIDE: &str = "inside-the-namespace";

/// Lays five hundred cables in a namespace and measures there.
pub fn sample() -> Row {
    let _ = sh("ip netns delete bench");
    let _ = sh("set -e; ip netns add bench; for n in $(seq 500); do echo \"link add a$n type veth peer name b$n\"; done \
                | ip -n bench -batch -")
    .ok();
    let own = std::env::current_exe().unwrap();
    let printed = run(
        "ip",
        &["netns", "exec", "bench", own.to_str().unwrap(), INSIDE],
    )
    .ok();
    let _ = sh("ip netns delete bench").ok();
    let mut times = printed
        .split_whitespace()
        .map(|word| Duration::from_nanos(word.parse().unwrap()));
    Row::of_times(
        "one sample of 1000 links | ip -s -j link",
        times.next().unwrap(),
        times.next().unwrap(),
        0.5,
    )
}

/// Prints the median nanoseconds of Nova's sample and of `ip`.
pub fn measure_inside() {
    let mut sampler = Sampler::new().unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        ours.push(timed(|| assert!(sampler.sample().unwrap().len() >= 1000)));
        theirs.push(timed(|| {
            let output = command("ip", &["-s", "-j", "link"]).output().unwrap();
            assert!(output.stdout.len() > 100_000);
        }));
    }
    println!("{} {}", median(ours).as_nanos(), median(theirs).as_nanos());
}
