// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A hundred bridges in one plan through the helper, reviewed, journalled,
//! verified and undone, against a hundred calls of `ip`.

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

async fn through_the_helper() -> Duration {
    let bus = zbus5::Connection::system().await.unwrap();
    let changes: Vec<Value> = (0..COUNT)
        .map(|n| json!({"create_bridge": {"name": format!("bench{n}")}}))
        .collect();
    let wish = json!({ "changes": changes }).to_string();
    // The first call starts the helper, as the window does long before.
    let _ = call(&bus, "Status", &()).await;
    let began = std::time::Instant::now();
    let plan = call(&bus, "Prepare", &(wish.as_str())).await;
    let applied = apply(&bus, &plan).await;
    let took = began.elapsed();
    assert_eq!(applied["state"]["state"], "confirmed", "{applied}");
    let undo = call(&bus, "PrepareUndo", &(plan["id"].as_str().unwrap())).await;
    let _ = apply(&bus, &undo).await;
    took
}

async fn apply(bus: &zbus5::Connection, plan: &Value) -> Value {
    let arguments = (
        plan["id"].as_str().unwrap(),
        plan["digest"].as_str().unwrap(),
        0u32,
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
