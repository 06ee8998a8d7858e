//! One budget of requests for everyone who talks to the same subscription.
//!
//! Azure Resource Manager counts reads, writes and deletes in token buckets of its own and tells in every answer how
//! many are left. The throttle keeps a mirror of each bucket: it lets requests through at full speed while many are
//! left, spends the last ones no faster than they come back, and when the service does answer 429 it holds
//! everyone, not only the request that was hit. Without such headers it does nothing until the first 429, then
//! paces like TCP does: fewer at once, a little more with every success.
//! It never reorders and never drops a request.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use url::Url;

use crate::clock::Clock;

/// What a request is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// GET and HEAD.
    Read,
    /// PUT, PATCH and POST.
    Write,
    /// DELETE.
    Delete,
}

impl Kind {
    /// Refill of the service's bucket in requests per second, as documented for Azure Resource Manager.
    ///
    /// Used only when a bucket is near its end; source: "Understand how Azure Resource Manager throttles requests".
    const fn documented_rate(self) -> f64 {
        match self {
            Self::Read => 25.0,
            Self::Write | Self::Delete => 10.0,
        }
    }
}

/// Rate below which pacing never goes, in requests per second.
const SLOWEST: f64 = 0.2;
/// What remains of the rate after a 429.
const DECREASE: f64 = 0.7;
/// Requests per second that each success adds while pacing without headers, in requests per second per second.
const INCREASE: f64 = 0.1;
/// Share of the rate that is used, so that a clock that runs a little fast does not spend a token too early.
const MARGIN: f64 = 0.98;
/// Answers remembered to put answers that overtook each other in order.
const REMEMBERED: usize = 256;

/// The budgets of a process: one for each subscription, whoever works on it.
#[derive(Debug)]
pub(crate) struct Budgets {
    clock: Clock,
    throttles: Mutex<BTreeMap<String, Arc<Throttle>>>,
}

impl Budgets {
    /// No budget is known yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            throttles: Mutex::default(),
        }
    }

    /// The budget that a request is counted in: that of its host and subscription.
    pub(crate) fn of(&self, url: &Url) -> Arc<Throttle> {
        let mut segments = url.path_segments().into_iter().flatten();
        let subscription = segments
            .find(|segment| segment.eq_ignore_ascii_case("subscriptions"))
            .and_then(|_| segments.next())
            .unwrap_or_default();
        let key = format!("{}/{subscription}", url.authority()).to_lowercase();
        let mut throttles = self
            .throttles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let throttle = throttles
            .entry(key)
            .or_insert_with(|| Throttle::new(self.clock.clone()));
        Arc::clone(throttle)
    }
}

/// A shared budget; clones are made with [`Arc`].
#[derive(Debug)]
pub(crate) struct Throttle {
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

impl Throttle {
    /// A budget that knows nothing yet.
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::new(State::new()),
            changed: Notify::new(),
        })
    }

    /// Waits until a request of this kind may be sent.
    pub(crate) async fn acquire(self: &Arc<Self>, kind: Kind) -> Permit {
        loop {
            // Registered before the look at the state, so that an answer in between is not missed.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let taken = self.lock().take(self.clock.now(), kind);
            match taken {
                Ok(ticket) => {
                    return Permit {
                        throttle: Arc::clone(self),
                        ticket: Some(ticket),
                    };
                }
                Err(wait) => {
                    tracing::trace!(?kind, ?wait, "waiting for the request budget");
                    tokio::select! {
                        () = self.clock.sleep(wait) => {}
                        () = changed => {}
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is plain numbers and stays meaningful whatever happened to a holder.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to send one request; dropping it without an answer gives it back as lost.
#[derive(Debug)]
pub(crate) struct Permit {
    throttle: Arc<Throttle>,
    ticket: Option<Ticket>,
}

impl Permit {
    /// The request was answered; `remaining` is what the service says is left of its budget.
    pub(crate) fn answered(mut self, remaining: Option<u32>) {
        if let Some(ticket) = self.ticket.take() {
            let now = self.throttle.clock.now();
            self.throttle.lock().answer(now, ticket, remaining);
        }
    }

    /// The request was refused with 429: nobody sends before `wait` is over.
    pub(crate) fn throttled(mut self, wait: Duration) {
        if let Some(ticket) = self.ticket.take() {
            let now = self.throttle.clock.now();
            self.throttle.lock().throttled(now, ticket, wait);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.throttle.lock().lost(ticket);
        }
        self.throttle.changed.notify_waiters();
    }
}

/// One request on its way.
#[derive(Debug, Clone, Copy)]
struct Ticket {
    kind: Kind,
    /// How many answers had come when it was sent.
    answers_before: u64,
    sent: Timestamp,
}

/// The throttle without its clock and its waiters: pure, so that a test can run an hour in a millisecond.
#[derive(Debug)]
struct State {
    /// Nobody sends before this.
    paused_until: Timestamp,
    read: Lane,
    write: Lane,
    delete: Lane,
}

/// What is known of one of the service's buckets.
#[derive(Debug)]
struct Lane {
    in_flight: u32,
    /// Requests that may be sent, as of `as_of`; none is known before the first header or 429.
    credit: Option<f64>,
    as_of: Timestamp,
    /// Requests per second that come back.
    rate: f64,
    /// Whether `credit` is the service's own number; otherwise it is our pacing.
    told: bool,
    /// When the rate was last lowered.
    lowered: Timestamp,
    answers: u64,
    /// Number of the answer and what it said remained, the newest last.
    recent: VecDeque<(u64, u32)>,
}

impl State {
    fn new() -> Self {
        Self {
            paused_until: Timestamp::MIN,
            read: Lane::new(Kind::Read),
            write: Lane::new(Kind::Write),
            delete: Lane::new(Kind::Delete),
        }
    }

    fn lane(&mut self, kind: Kind) -> &mut Lane {
        match kind {
            Kind::Read => &mut self.read,
            Kind::Write => &mut self.write,
            Kind::Delete => &mut self.delete,
        }
    }

    /// Takes the right to send a request, or tells how long to wait before asking again.
    fn take(&mut self, now: Timestamp, kind: Kind) -> Result<Ticket, Duration> {
        if now < self.paused_until {
            return Err(until(now, self.paused_until));
        }
        let lane = self.lane(kind);
        if let Some(credit) = lane.credit_at(now) {
            if credit < 1.0 {
                let seconds = (1.0 - credit) / (lane.rate * MARGIN);
                // A little more than nothing, so that rounding cannot spin.
                return Err(Duration::from_secs_f64(seconds.clamp(0.001, 3600.0)));
            }
            lane.credit = Some(credit - 1.0);
            lane.as_of = now.max(lane.as_of);
        }
        lane.in_flight += 1;
        Ok(Ticket {
            kind,
            answers_before: lane.answers,
            sent: now,
        })
    }

    fn answer(&mut self, now: Timestamp, ticket: Ticket, remaining: Option<u32>) {
        let lane = self.lane(ticket.kind);
        lane.in_flight = lane.in_flight.saturating_sub(1);
        lane.answers += 1;
        let Some(remaining) = remaining else {
            if !lane.told && lane.credit.is_some() {
                lane.rate += INCREASE;
            }
            return;
        };
        lane.recent.push_back((lane.answers, remaining));
        if lane.recent.len() > REMEMBERED {
            lane.recent.pop_front();
        }
        // Answers overtake each other. Of those that came since this request was sent, the one that was counted
        // last holds the lowest number; older ones say nothing about now.
        let lowest = lane
            .recent
            .iter()
            .rev()
            .take_while(|(number, _)| *number > ticket.answers_before)
            .map(|(_, remaining)| *remaining)
            .min()
            .unwrap_or(remaining);
        // The service may not have counted those that are still on their way.
        lane.credit = Some(f64::from(lowest) - f64::from(lane.in_flight));
        lane.as_of = now;
        lane.told = true;
    }

    fn throttled(&mut self, now: Timestamp, ticket: Ticket, wait: Duration) {
        let resume = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        self.paused_until = self.paused_until.max(resume);
        let lane = self.lane(ticket.kind);
        lane.in_flight = lane.in_flight.saturating_sub(1);
        lane.answers += 1;
        // Requests that were on their way together are refused together; that is one signal, not many.
        if ticket.sent >= lane.lowered {
            lane.rate = (lane.rate * DECREASE).max(SLOWEST);
            lane.lowered = now;
        }
        // One request feels its way when the wait is over; its answer tells what is there.
        lane.credit = Some(1.0);
        lane.as_of = resume;
        lane.told = false;
    }

    fn lost(&mut self, ticket: Ticket) {
        let lane = self.lane(ticket.kind);
        lane.in_flight = lane.in_flight.saturating_sub(1);
    }
}

impl Lane {
    fn new(kind: Kind) -> Self {
        Self {
            in_flight: 0,
            credit: None,
            as_of: Timestamp::MIN,
            rate: kind.documented_rate(),
            told: false,
            lowered: Timestamp::MIN,
            answers: 0,
            recent: VecDeque::new(),
        }
    }

    /// Credit with what came back since it was noted. Our own pacing never saves up more than one request.
    fn credit_at(&self, now: Timestamp) -> Option<f64> {
        let credit = self.credit?;
        let grown = credit + until(self.as_of, now).as_secs_f64() * self.rate * MARGIN;
        Some(if self.told {
            grown
        } else {
            grown.min(credit.max(1.0))
        })
    }
}

/// The time from one instant to a later one; nothing when it is earlier.
fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
