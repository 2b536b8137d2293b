// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Time: what runs on while the machine sleeps, and which boot this is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use nova_model::Result;

use crate::failure::internal;

/// Seconds since 1970, for the history.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A name for the kernel state that stands now: it changes when the machine
/// boots, and where the helper runs in another network namespace.
///
/// # Errors
/// `Internal` where `/proc` does not tell.
pub fn boot() -> Result<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_err(|error| internal("the boot id cannot be read", error))?;
    let namespace = std::fs::read_link("/proc/self/ns/net")
        .map_err(|error| internal("the network namespace cannot be read", error))?;
    Ok(format!("{}/{}", id.trim(), namespace.display()))
}

/// A moment on the clock that goes on while the machine sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Duration);

impl Deadline {
    /// The moment this far from now.
    pub fn after(span: Duration) -> Self {
        Self(awake_and_asleep() + span)
    }

    /// The moment this long after the machine booted.
    pub const fn at(since_boot: Duration) -> Self {
        Self(since_boot)
    }

    /// How long after the machine booted it is.
    pub const fn since_boot(self) -> Duration {
        self.0
    }

    /// The time until then; zero when it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_sub(awake_and_asleep())
    }

    /// The moment this much later.
    pub fn and(self, span: Duration) -> Self {
        Self(self.0 + span)
    }

    /// Seconds until then, rounded up; 0 when it has passed.
    pub fn seconds_left(self) -> u32 {
        let left = self.left();
        u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
    }

    /// Waits until then. The timers of the runtime stand still while the
    /// machine sleeps, so the wait is cut into pieces: after waking up, it is
    /// late by one piece at most.
    pub async fn reached(self) {
        loop {
            let left = self.left();
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(PIECE)).await;
        }
    }
}

const PIECE: Duration = Duration::from_millis(500);

/// How long the machine has slept since it booted.
pub fn asleep() -> Duration {
    awake_and_asleep().saturating_sub(read(ClockId::Monotonic))
}

fn awake_and_asleep() -> Duration {
    read(ClockId::Boottime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// 128 bits that nobody can guess.
///
/// # Errors
/// `Internal` where the kernel gives none.
pub fn random_bits() -> Result<u128> {
    let mut bytes = [0u8; 16];
    let count = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| internal("no random number", error))?;
    if count == bytes.len() {
        return Ok(u128::from_ne_bytes(bytes));
    }
    Err(internal("no random number", "too few bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deadline_is_reached_when_it_says() {
        let began = std::time::Instant::now();
        let deadline = Deadline::after(Duration::from_millis(120));
        assert_eq!(deadline.seconds_left(), 1);
        deadline.reached().await;
        assert!(began.elapsed() >= Duration::from_millis(119));
        assert_eq!(deadline.seconds_left(), 0);
        deadline.reached().await;
    }

    #[test]
    fn the_boot_stays_the_same() {
        assert_eq!(boot().unwrap(), boot().unwrap());
        assert_ne!(random_bits().unwrap(), random_bits().unwrap());
    }
}
