// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Asking a person on the terminal, with and without time running out.

use std::time::Duration;

use nova::networking::{ChangeState, NetworkManager, PlanId, Result};
use tokio::sync::oneshot;
use tokio::time::{Instant, interval_at};

use crate::terminal::tell;

/// What became of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Keep the change.
    Keep,
    /// Undo it.
    Revert,
    /// It was decided elsewhere: time ran out, or another window answered.
    Elsewhere,
}

/// Asks a question that is answered with y or n; n is the default, also where
/// the input ends or Ctrl+C is pressed.
pub async fn ask(question: &str) -> bool {
    tell(&format!("{question} [y/N] "));
    tokio::select! {
        line = line() => line.is_ok_and(|line| {
            matches!(line.trim(), "y" | "Y" | "yes")
        }),
        _ = tokio::signal::ctrl_c() => {
            tell("\n");
            false
        }
    }
}

/// Counts down the seconds in which the change is to be kept: Enter keeps it,
/// Ctrl+C reverts it.
///
/// # Errors
/// Where the helper cannot be followed.
pub async fn keep(manager: &NetworkManager, id: PlanId, seconds: u32) -> Result<Answer> {
    let mut changes = manager.changes().await?;
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let mut seconds = interval_at(Instant::now(), Duration::from_secs(1));
    let mut answered = Box::pin(line());
    // The helper decides when the time is over; this only waits a little
    // longer for it to say so.
    let late = tokio::time::sleep_until(end + Duration::from_secs(10));
    tokio::pin!(late);
    loop {
        tokio::select! {
            _ = seconds.tick() => {
                let left = end.saturating_duration_since(Instant::now()).as_secs();
                tell(&format!("\rKeep the change? Enter keeps it, Ctrl+C reverts it. {left:3} s "));
            }
            line = &mut answered => {
                // End of input is no agreement.
                return Ok(if line.is_ok_and(|line| !line.is_empty()) { Answer::Keep } else { Answer::Revert });
            }
            _ = tokio::signal::ctrl_c() => {
                tell("\n");
                return Ok(Answer::Revert);
            }
            Some(changed) = changes.recv() => {
                let is_decided = !matches!(changed.state, ChangeState::Pending { .. } | ChangeState::Applying);
                if changed.id == id && is_decided {
                    tell("\n");
                    return Ok(Answer::Elsewhere);
                }
            }
            () = &mut late => {
                tell("\n");
                return Ok(Answer::Elsewhere);
            }
        }
    }
}

/// The next line of standard input, with its end; empty where the input ended.
/// It is read in a thread that ends with the process, because a read cannot be
/// taken back.
fn line() -> impl Future<Output = std::result::Result<String, oneshot::error::RecvError>> {
    let (sender, receiver) = oneshot::channel();
    let read = move || {
        let mut line = String::new();
        let _ = std::io::stdin().read_line(&mut line);
        let _ = sender.send(line);
    };
    // Without a thread the sender is dropped, which reads as no answer.
    let _ = std::thread::Builder::new().spawn(read);
    receiver
}
