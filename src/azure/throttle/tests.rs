//! The throttle against a simulated service, in simulated time.

use super::*;

/// A token bucket as Azure Resource Manager has.
struct Bucket {
    tokens: f64,
    burst: f64,
    rate: f64,
    as_of: Timestamp,
}

impl Bucket {
    fn new(burst: f64, rate: f64) -> Self {
        Self {
            tokens: burst,
            burst,
            rate,
            as_of: Timestamp::UNIX_EPOCH,
        }
    }

    /// What remains after this request, or nothing when it is refused.
    fn count(&mut self, now: Timestamp) -> Option<u32> {
        let grown = self.tokens + until(self.as_of, now).as_secs_f64() * self.rate;
        self.tokens = grown.min(self.burst);
        self.as_of = now;
        if self.tokens < 1.0 {
            return None;
        }
        self.tokens -= 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number of tokens, never negative"
        )]
        Some(self.tokens.floor() as u32)
    }
}

#[derive(Debug, Clone, Copy)]
struct Scenario {
    writes: usize,
    workers: usize,
    burst: f64,
    rate: f64,
    latency: Duration,
    headers: bool,
}

#[derive(Debug)]
struct Outcome {
    seconds: f64,
    refused: usize,
}

#[derive(Clone, Copy)]
enum Event {
    /// A worker asks for a permit.
    Ask,
    /// An answer arrives.
    Answer(Ticket, Option<u32>),
}

/// Runs writes through the throttle; the service counts a request half a latency after it was sent, and answers a
/// refusal with `Retry-After: 1`.
fn run(scenario: Scenario) -> Outcome {
    let start = Timestamp::UNIX_EPOCH;
    let mut bucket = Bucket::new(scenario.burst, scenario.rate);
    let mut state = State::new();
    let mut events: BTreeMap<(Timestamp, usize), Event> = BTreeMap::new();
    let (mut order, mut left, mut refused) = (0, scenario.writes, 0);
    let mut done = 0;
    let mut now = start;
    for _ in 0..scenario.workers {
        order += 1;
        events.insert((start, order), Event::Ask);
    }
    while done < scenario.writes {
        let ((at, _), event) = events.pop_first().expect("work is left");
        now = at;
        order += 1;
        match event {
            Event::Ask if left == 0 => {}
            Event::Ask => match state.take(now, Kind::Write) {
                Err(wait) => {
                    events.insert((now + wait, order), Event::Ask);
                }
                Ok(ticket) => {
                    left -= 1;
                    let counted = bucket.count(now + scenario.latency / 2);
                    events.insert(
                        (now + scenario.latency, order),
                        Event::Answer(ticket, counted),
                    );
                }
            },
            Event::Answer(ticket, Some(remaining)) => {
                done += 1;
                state.answer(now, ticket, scenario.headers.then_some(remaining));
                events.insert((now, order), Event::Ask);
            }
            Event::Answer(ticket, None) => {
                refused += 1;
                left += 1;
                state.throttled(now, ticket, Duration::from_secs(1));
                events.insert((now, order), Event::Ask);
            }
        }
    }
    Outcome {
        seconds: until(start, now).as_secs_f64(),
        refused,
    }
}

const BUCKET: Scenario = Scenario {
    writes: 300,
    workers: 16,
    burst: 25.0,
    rate: 10.0,
    latency: Duration::from_millis(20),
    headers: true,
};

#[test]
fn a_token_bucket_is_drained_at_its_own_pace_with_few_refusals() {
    let minimum = (300.0 - 25.0) / 10.0;
    for latency in [1, 5, 20, 100, 400] {
        let outcome = run(Scenario {
            latency: Duration::from_millis(latency),
            ..BUCKET
        });
        assert!(
            outcome.seconds <= 1.10 * minimum,
            "{latency} ms: {outcome:?}"
        );
        assert!(outcome.refused <= 3, "{latency} ms: {outcome:?}");
    }
}

#[test]
fn a_bucket_slower_than_documented_is_learned() {
    let outcome = run(Scenario {
        writes: 120,
        rate: 4.0,
        ..BUCKET
    });
    let minimum = (120.0 - 25.0) / 4.0;
    assert!(outcome.seconds <= 1.25 * minimum, "{outcome:?}");
    assert!(outcome.refused <= 6, "{outcome:?}");
}

#[test]
fn nothing_is_held_back_while_the_service_does_not_ask_for_it() {
    for headers in [true, false] {
        let outcome = run(Scenario {
            writes: 500,
            burst: 100_000.0,
            latency: Duration::from_millis(100),
            headers,
            ..BUCKET
        });
        let ideal = 500.0 / 16.0 * 0.1;
        assert!(outcome.seconds <= 1.15 * ideal, "{headers}: {outcome:?}");
        assert_eq!(outcome.refused, 0);
    }
}

#[test]
fn without_headers_the_refusals_stay_a_small_share() {
    let outcome = run(Scenario {
        headers: false,
        ..BUCKET
    });
    let minimum = (300.0 - 25.0) / 10.0;
    assert!(outcome.seconds <= 1.6 * minimum, "{outcome:?}");
    assert!(outcome.refused <= 40, "{outcome:?}");
}

#[test]
fn a_budget_belongs_to_a_subscription_of_a_cloud() {
    let budgets = Budgets::new(Clock::Real);
    let of = |url: &str| budgets.of(&Url::parse(url).expect("a URL"));
    let one = of("https://management.azure.com/subscriptions/S1/resourceGroups/a?api-version=1");
    let same = of("https://management.azure.com/Subscriptions/s1/providers/x");
    assert!(Arc::ptr_eq(&one, &same));
    for other in [
        "https://management.azure.com/subscriptions/s2",
        "https://management.azure.com/subscriptions",
        "https://management.chinacloudapi.cn/subscriptions/s1",
    ] {
        assert!(!Arc::ptr_eq(&one, &of(other)), "{other}");
    }
}

#[test]
fn one_refusal_holds_everyone() {
    let now = Timestamp::UNIX_EPOCH;
    let mut state = State::new();
    let ticket = state.take(now, Kind::Write).expect("nothing is known yet");
    state.throttled(now, ticket, Duration::from_secs(7));
    for kind in [Kind::Read, Kind::Write, Kind::Delete] {
        let wait = state.take(now, kind).expect_err("everyone waits");
        assert_eq!(wait, Duration::from_secs(7));
    }
    let later = now + Duration::from_secs(7);
    assert!(state.take(later, Kind::Write).is_ok());
    // The others follow once the first is answered, or one by one.
    assert!(state.take(later, Kind::Write).is_err());
}

#[test]
fn an_answer_that_was_overtaken_does_not_raise_the_budget() {
    let now = Timestamp::UNIX_EPOCH;
    let mut state = State::new();
    let early = state.take(now, Kind::Write).expect("nothing is known yet");
    let late = state.take(now, Kind::Write).expect("nothing is known yet");
    state.answer(now, late, Some(0));
    state.answer(now, early, Some(1));
    assert!(state.take(now, Kind::Write).is_err());
}

#[tokio::test]
async fn waiting_goes_on_when_the_pause_is_over() {
    let manual = crate::clock::ManualClock::new(Timestamp::UNIX_EPOCH);
    let clock = Clock::Manual(manual);
    let throttle = Throttle::new(clock.clone());
    throttle
        .acquire(Kind::Write)
        .await
        .throttled(Duration::from_secs(30));
    let permit = throttle.acquire(Kind::Read).await;
    assert!(clock.now().as_second() >= 30);
    permit.answered(Some(10));
}
