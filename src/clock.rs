//! Time as a parameter: the only module that reads a clock or sleeps.
//!
//! Retry, throttle, token expiry and the emulator take a [`Clock`], so that tests move time by hand.

#![allow(
    clippy::disallowed_methods,
    reason = "this is the module the fence points to"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub(crate) enum Clock {
    /// The machine's clock.
    #[default]
    Real,
    /// A clock that only moves when it is told to; sleeping moves it.
    Manual(ManualClock),
}

/// A clock for tests and for the emulator's manual mode; clones share the time.
#[derive(Debug, Clone)]
pub(crate) struct ManualClock {
    now: Arc<Mutex<Timestamp>>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            now: Arc::new(Mutex::new(now)),
        }
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.now.lock().expect("no holder of this lock panics");
        *now = now
            .saturating_add(by)
            .expect("an unsigned duration is no calendar span");
    }
}

impl Clock {
    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::Real => Timestamp::now(),
            Self::Manual(clock) => *clock.now.lock().expect("no holder of this lock panics"),
        }
    }

    /// Waits for `duration`; a manual clock moves on at once.
    pub(crate) async fn sleep(&self, duration: Duration) {
        match self {
            Self::Real => tokio::time::sleep(duration).await,
            Self::Manual(clock) => {
                clock.advance(duration);
                tokio::task::yield_now().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleeping_moves_a_manual_clock() {
        let clock = Clock::Manual(ManualClock::new(Timestamp::UNIX_EPOCH));
        clock.sleep(Duration::from_secs(90)).await;
        assert_eq!(clock.now().as_second(), 90);
    }
}
