//! The emulator's time: a clock, and how far it was moved by hand.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::engine;

/// A clock that can be moved while it runs, for soft delete, token expiry and skew.
#[derive(Debug)]
pub(crate) struct Time {
    clock: Clock,
    moved: Mutex<SignedDuration>,
}

impl Time {
    /// Time as `clock` tells it.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            moved: Mutex::new(SignedDuration::ZERO),
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        let moved = *self.moved.lock().expect("no holder of this lock panics");
        let now = self.clock.now();
        now.checked_add(moved).unwrap_or(now)
    }

    /// Moves the time on, or back.
    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut moved = self.moved.lock().expect("no holder of this lock panics");
        *moved = moved.saturating_add(by);
    }

    /// How far it was moved.
    pub(crate) fn moved(&self) -> SignedDuration {
        *self.moved.lock().expect("no holder of this lock panics")
    }

    /// Waits.
    pub(crate) async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// A time in ticks of 100 nanoseconds since year 1, as queries count it.
pub(crate) fn ticks(at: Timestamp) -> i64 {
    let since = i64::try_from(at.as_nanosecond().div_euclid(100)).unwrap_or(0);
    engine::time::UNIX_EPOCH.saturating_add(since)
}

/// A time from ticks.
pub(crate) fn of_ticks(ticks: i64) -> Option<Timestamp> {
    let since = ticks.checked_sub(engine::time::UNIX_EPOCH)?;
    Timestamp::from_nanosecond(i128::from(since) * 100).ok()
}

/// `2026-03-25T07:45:17.6713880Z`, the seven digits of .NET.
pub(crate) fn seven_digits(at: Timestamp) -> String {
    format!("{at:.7}")
}

/// `Wed, 25 Mar 2026 07:45:17 GMT`, for HTTP headers.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_the_service_prints_them() {
        let at: Timestamp = "2026-03-25T07:45:17.671388Z".parse().expect("a timestamp");
        assert_eq!(seven_digits(at), "2026-03-25T07:45:17.6713880Z");
        assert_eq!(http_date(at), "Wed, 25 Mar 2026 07:45:17 GMT");
    }

    #[test]
    fn a_moved_clock_is_ahead() {
        let time = Time::new(Clock::Manual(crate::clock::ManualClock::new(
            Timestamp::UNIX_EPOCH,
        )));
        time.advance(SignedDuration::from_hours(25));
        assert_eq!(time.now().as_second(), 25 * 3_600);
    }
}
