// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A plan as a person reviews it. Pure.

use nova::networking::Plan;
use nova_model::name::printable;

/// The plan: what will happen, what to know, and the commands it equals.
#[must_use]
pub fn plan_text(plan: &Plan, is_coloured: bool) -> String {
    let bold = |text: &str| {
        if is_coloured {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    };
    let mut text = format!("{}\n", bold(&printable(&plan.title)));
    for effect in &plan.effects {
        text.push_str(&format!("  {}\n", printable(effect)));
    }
    if !plan.notices.is_empty() {
        text.push_str(&format!("{}\n", bold("Know before")));
        for notice in &plan.notices {
            text.push_str(&format!("  ! {}\n", printable(notice)));
        }
    }
    if plan.is_empty() {
        text.push_str("Nothing has to be done.\n");
        return text;
    }
    text.push_str(&format!("{}\n", bold("Steps")));
    for (number, step) in plan.steps.iter().enumerate() {
        text.push_str(&format!("  {}. {}\n", number + 1, printable(&step.title)));
        for command in step.command.lines() {
            text.push_str(&format!("     {}\n", printable(command)));
        }
    }
    if !plan.keeping.is_empty() {
        text.push_str(&format!("{}\n", bold("Beyond the next boot")));
        for effect in &plan.keeping.effects {
            text.push_str(&format!("  {}\n", printable(effect)));
        }
        for step in &plan.keeping.steps {
            text.push_str(&format!("  - {}\n", printable(&step.title)));
            for command in step.command.lines() {
                text.push_str(&format!("    {}\n", printable(command)));
            }
        }
    }
    if let Some(seconds) = plan.confirm_within {
        text.push_str(&format!(
            "It is undone after {seconds} s unless it is kept.\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use nova::networking::PlanId;
    use nova_model::change::{Change, CreateBridge};
    use nova_model::state::HostState;

    fn plan() -> Plan {
        let change = Change::CreateBridge(CreateBridge {
            name: "br0".parse().unwrap(),
            options: nova_model::bridge::BridgePatch {
                stp: Some(true),
                ..Default::default()
            },
            ports: Vec::new(),
        });
        nova_model::plan::plan(
            &HostState::default(),
            &change.into(),
            PlanId::from_bits(0x1234),
        )
        .unwrap()
    }

    #[test]
    fn a_plan_shows_effects_notices_and_equal_commands() {
        insta::assert_snapshot!(plan_text(&plan(), false));
    }

    #[test]
    fn an_empty_plan_says_so() {
        let mut plan = plan();
        plan.steps.clear();
        plan.notices.clear();
        assert!(plan_text(&plan, false).ends_with("Nothing has to be done.\n"));
    }
}
