// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From the plan that was reviewed to the one that is applied: they must be the
//! same.

use nova_model::manager::Managers;
use nova_model::plan::{CONFIRM_RANGE, Plan, plan, plan_undo};
use nova_model::{ErrorKind, NovaError, Result};

use crate::history;
use crate::host::Host;
use crate::transaction::Workshop;

/// The reviewed plan as the host as it is now gives it. It fits only where it is
/// the same to the last step.
///
/// # Errors
/// `Stale`, and those of the kernel.
pub fn plan_again<H: Host>(
    shop: &Workshop<H>,
    reviewed: &Plan,
    managers: Managers,
) -> Result<Plan> {
    let state = shop.observe(managers)?;
    let fresh = match reviewed.undoes {
        None => plan(&state, &reviewed.changes, reviewed.id),
        Some(kept) => plan_undo(&state, &history::kept(&shop.journal, kept)?, reviewed.id),
    };
    fresh.map_err(|error| stale(error.message()))
}

/// The refusal of a plan that does not fit any more.
pub fn stale(reason: &str) -> NovaError {
    NovaError::new(
        ErrorKind::Stale,
        format!("the plan does not fit any more: {reason}"),
    )
    .with_remedy("Prepare the change again and review it.")
}

/// Seconds within which the change is to be kept, where it is to be; `asked` is
/// 0 for what the plan proposes.
///
/// # Errors
/// `InvalidValue` outside 10 to 600.
pub fn confirm_within(plan: &Plan, asked: u32) -> Result<Option<u32>> {
    if asked == 0 {
        return Ok(plan.confirm_within);
    }
    in_range(asked).map(Some)
}

/// Seconds as they were asked for.
///
/// # Errors
/// `InvalidValue` outside 10 to 600.
pub fn in_range(asked: u32) -> Result<u32> {
    if !CONFIRM_RANGE.contains(&asked) {
        return Err(NovaError::invalid(
            "confirm-within",
            asked,
            &format!(
                "{} to {} seconds, or 0 for what the plan proposes",
                CONFIRM_RANGE.start(),
                CONFIRM_RANGE.end()
            ),
        ));
    }
    Ok(asked)
}
