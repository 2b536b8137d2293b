// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What a person reads before agreeing: the objects of the change by name, and
//! nothing that a name could make look different.

use serde_json::{Value, json};
use zbus::message::Flags;

use crate::bus_tests::{Bus, Verdict, call};

/// Names that would show another text than they hold, or run something where
/// text is run.
const HOSTILE: [&str; 11] = [
    "br\u{202e}0",
    "br0\u{2066}x",
    "br0\u{200b}",
    "br0\n",
    "br0\nCreate bridge br1",
    "br0\r",
    "br\u{1b}[31m",
    "$(id)",
    "$(change)",
    "`id`",
    "<b>br0</b>",
];

/// A wish of each kind that names something, with this name in it.
fn wishes(name: &str) -> Vec<Value> {
    vec![
        json!({"create_bridge": {"name": name}}),
        json!({"create_bridge": {"name": "br0", "ports": [name]}}),
        json!({"delete_switch": {"name": name, "foreign": true}}),
        json!({"configure_bridge": {"name": name, "options": {"stp": true}}}),
        json!({"attach_port": {"switch": "br0", "port": name}}),
        json!({"detach_port": {"switch": name, "port": "eth0"}}),
        json!({"set_link": {"name": name, "up": true}}),
        json!({"set_mtu": {"name": name, "mtu": 1400}}),
        json!({"set_affinity": {"name": name, "cpus": "0"}}),
        json!({"set_affinity": {"name": "eth0", "cpus": name}}),
        json!({"create_vlan": {"link": "eth0", "vlan": 5, "name": name}}),
        json!({"create_bond": {"name": name, "members": ["eth0"]}}),
        json!({"create_ovs_bridge": {"name": name}}),
        json!({"add_mirror": {"switch": "br0", "name": name, "output": {"port": "eth0"}}}),
        json!({"add_mirror": {"switch": "br0", "output": {"port": name}}}),
        json!({"remove_mirror": {"switch": "br0", "name": name}}),
        json!({"set_qos": {"port": name, "egress_rate": 8_000_000}}),
    ]
}

fn is_raw(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_a_name_that_reads_as_another_never_reaches_the_dialog() {
    let bus = Bus::start(Verdict::AskThenNo).await;
    let client = bus.client().await;
    *bus.verdict() = Verdict::Yes;
    for name in HOSTILE {
        for wish in wishes(name) {
            let document = json!({"changes": [wish]}).to_string();
            let (kind, text) = call(
                &client,
                "Prepare",
                Flags::ALLOW_INTERACTIVE_AUTH,
                &(document.as_str(),),
            )
            .await
            .expect_err(&document);
            assert_eq!(
                kind, "org.nova.Networking1.Error.InvalidValue",
                "{document}: {text}"
            );
            assert!(!text.chars().any(is_raw), "{text:?}");
        }
    }
    for question in bus.questions() {
        assert!(!question.asks, "{question:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_the_dialog_names_what_is_changed_in_a_text_of_its_own() {
    let bus = Bus::start(Verdict::Yes).await;
    let client = bus.client().await;
    for (wish, names) in [
        (json!({"create_bridge": {"name": "br0"}}), vec!["br0"]),
        (
            json!({"create_bridge": {"name": "br0", "ports": ["eth1"]}}),
            vec!["br0"],
        ),
        (
            json!({"set_link": {"name": "eth1", "up": true}}),
            vec!["eth1"],
        ),
        (
            json!({"set_mtu": {"name": "eth0", "mtu": 1400}}),
            vec!["eth0", "1400"],
        ),
        (
            json!({"create_vlan": {"link": "eth0", "vlan": 5}}),
            vec!["eth0", "5"],
        ),
        (
            json!({"set_qos": {"port": "eth0", "egress_rate": 8_000_000}}),
            vec!["eth0"],
        ),
    ] {
        *bus.verdict() = Verdict::Yes;
        let document = json!({"changes": [wish]}).to_string();
        let plan = call(&client, "Prepare", Flags::empty(), &(document.as_str(),))
            .await
            .expect("a plan");
        let plan: nova_model::plan::Plan = serde_json::from_str(&plan).expect("a plan");
        *bus.verdict() = Verdict::AskThenNo;
        let before = bus.questions().len();
        let (kind, _) = call(
            &client,
            "Apply",
            Flags::ALLOW_INTERACTIVE_AUTH,
            &(plan.id.to_string(), plan.digest.as_str(), 0u32),
        )
        .await
        .expect_err("the person said no");
        assert_eq!(kind, "org.nova.Networking1.Error.NotAuthorised");
        let questions = bus.questions();
        let asked = questions
            .iter()
            .skip(before)
            .find(|question| question.asks)
            .expect("a person was asked");
        assert_eq!(
            asked.details["polkit.message"],
            "Authentication is required to change the network: $(change)"
        );
        let change = &asked.details["change"];
        assert_eq!(*change, plan.title, "{}", asked.action);
        for name in names {
            assert!(change.contains(name), "{change}: {name}");
        }
        assert!(
            !change.chars().any(is_raw) && !change.contains("$("),
            "{change:?}"
        );
        assert_eq!(asked.details.len(), 2, "{asked:?}");
    }
}
