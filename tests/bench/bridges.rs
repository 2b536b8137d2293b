// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Bridges in one plan through the helper, reviewed, journalled, verified and
//! undone: a hundred against a hundred calls of `ip`, five hundred with a
//! thousand ports against `ip -batch`.

use std::time::Duration;

use nova_tests::program::{run, sh};
use serde_json::{Value, json};

use crate::{Row, median, timed};

const COUNT: usize = 100;

pub fn create() -> Row {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(runtime.block_on(through_the_helper()));
        theirs.push(timed(|| {
            for n in 0..COUNT {
                let _ = run(
                    "ip",
                    &["link", "add", &format!("bench{n}"), "type", "bridge"],
                )
                .ok();
            }
        }));
        let _ = sh(&format!(
            "for n in $(seq 0 {}); do echo link delete bench$n; done | ip -batch -",
            COUNT - 1
        ))
        .ok();
    }
    Row::of_times(
        "100 bridges in one plan | 100 × ip link add",
        median(ours),
        median(theirs),
        1.0,
    )
}

const BRIDGES: usize = 500;
/// A tool that does not check, journal or verify has no bound for this.
const TO_ROLL_BACK: Duration = Duration::from_secs(5);

/// Five hundred bridges with two ports each, and the way back. The ports are
/// taps that no machine holds: cables between bridges would make loops.
pub fn create_many() -> [Row; 3] {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _ = sh("ip link delete group 77");
    batch(|n| {
        format!(
            "tuntap add bencha{n} mode tap\ntuntap add benchb{n} mode tap\n\
             link set bencha{n} group 77\nlink set benchb{n} group 77\n"
        )
    });
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut back, mut their_back) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        settle();
        let (took, undone) = runtime.block_on(there_and_back());
        ours.push(took);
        back.push(undone);
        settle();
        theirs.push(batch(|n| {
            format!(
                "link add bench{n} type bridge\nlink set bench{n} up\n\
                 link set bencha{n} master bench{n} up\nlink set benchb{n} master bench{n} up\n"
            )
        }));
        settle();
        their_back.push(batch(|n| {
            format!(
                "link set bencha{n} nomaster down\nlink set benchb{n} nomaster down\n\
                 link delete bench{n}\n"
            )
        }));
    }
    let _ = sh(&format!("ip link delete group 77; rm {BATCH}"));
    let (back, their_back) = (median(back), median(their_back));
    [
        Row::of_times(
            "500 bridges with 1000 ports in one plan | ip -batch",
            median(ours),
            median(theirs),
            1.5,
        ),
        Row::of_times("rollback of them | ip -batch", back, their_back, 1.5),
        Row::of_times("rollback of them | 5 s", back, TO_ROLL_BACK, 1.0),
    ]
}

const BATCH: &str = "/run/nova-bench.batch";

/// How long `ip -batch` takes for these lines of each of the bridges.
fn batch(lines: impl Fn(usize) -> String) -> Duration {
    std::fs::write(BATCH, (0..BRIDGES).map(lines).collect::<String>()).unwrap();
    timed(|| drop(run("ip", &["-batch", BATCH]).ok()))
}

/// Waits until udev and the daemons have done with a thousand new links: what
/// they set on them would make the plan stale, and what they do meanwhile would
/// be measured with whoever comes next.
fn settle() {
    let _ = sh("udevadm settle --timeout=120").ok();
    let used = || -> u64 {
        // User and system time of all that listens, in ticks of 10 ms.
        let ticks = sh(
            "cat $(for name in NetworkManager ovs-vswitchd systemd-udevd libvirtd; do \
             pgrep -x $name | sed 's|.*|/proc/&/stat|'; done) | cut -d' ' -f14,15 | tr ' ' '\\n'",
        );
        ticks
            .out
            .lines()
            .filter_map(|line| line.parse::<u64>().ok())
            .sum()
    };
    let mut last = used();
    let is_still = || {
        std::thread::sleep(Duration::from_secs(2));
        let now = used();
        now.abs_diff(std::mem::replace(&mut last, now)) < 20
    };
    assert!(
        nova_tests::program::within(180, is_still),
        "the daemons do not come to rest"
    );
}

async fn there_and_back() -> (Duration, Duration) {
    let bus = zbus5::Connection::system().await.unwrap();
    let changes: Vec<Value> = (0..BRIDGES)
        .map(|n| {
            let ports = [format!("bencha{n}"), format!("benchb{n}")];
            json!({"create_bridge": {"name": format!("bench{n}"), "ports": ports}})
        })
        .collect();
    let (plan, took) = carry_out(&bus, &changes, 60, "pending").await;
    let began = std::time::Instant::now();
    let undone = call(&bus, "Rollback", &(plan["id"].as_str().unwrap())).await;
    let back = began.elapsed();
    assert_eq!(
        undone["state"]["state"], "rolled_back",
        "{}",
        undone["state"]
    );
    (took, back)
}

async fn through_the_helper() -> Duration {
    let bus = zbus5::Connection::system().await.unwrap();
    let changes: Vec<Value> = (0..COUNT)
        .map(|n| json!({"create_bridge": {"name": format!("bench{n}")}}))
        .collect();
    let (plan, took) = carry_out(&bus, &changes, 0, "confirmed").await;
    let undo = call(&bus, "PrepareUndo", &(plan["id"].as_str().unwrap())).await;
    let _ = apply(&bus, &undo, 0).await;
    took
}

/// Prepares and applies changes. The plan, and how long both took.
async fn carry_out(
    bus: &zbus5::Connection,
    changes: &[Value],
    within: u32,
    then: &str,
) -> (Value, Duration) {
    let wish = json!({ "changes": changes }).to_string();
    // The first call starts the helper, as the window does long before.
    let _ = call(bus, "Status", &()).await;
    let began = std::time::Instant::now();
    let plan = call(bus, "Prepare", &(wish.as_str())).await;
    let applied = apply(bus, &plan, within).await;
    let took = began.elapsed();
    assert_eq!(applied["state"]["state"], then, "{}", applied["state"]);
    (plan, took)
}

async fn apply(bus: &zbus5::Connection, plan: &Value, within: u32) -> Value {
    let arguments = (
        plan["id"].as_str().unwrap(),
        plan["digest"].as_str().unwrap(),
        within,
    );
    call(bus, "Apply", &arguments).await
}

async fn call<B: serde::Serialize + zbus5::zvariant::DynamicType>(
    bus: &zbus5::Connection,
    method: &str,
    body: &B,
) -> Value {
    use nova_model::action::{BUS_NAME, OBJECT_PATH};
    let answer = bus
        .call_method(Some(BUS_NAME), OBJECT_PATH, Some(BUS_NAME), method, body)
        .await
        .unwrap();
    let document: String = answer.body().deserialize().unwrap();
    serde_json::from_str(&document).unwrap()
}
