//! One retry policy for every request: what may be repeated, when, and for how long.
//!
//! Reads and deletes may be repeated after any passing failure. A PUT is repeated here only when it certainly did
//! not reach the service (no connection, 429); whether a lost answer hides a stored rule is for
//! [`crate::azure::client`] to find out by reading back. What the service asks for in `Retry-After` is honoured as
//! long as it fits into the time a request may take in all; a longer wait ends the request at once and is said.
//! The waiting after a 429 is done by the throttle, so that it holds everyone.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, Context, Method, Request, StatusCode};
use jiff::Timestamp;

use crate::api;
use crate::azure::auth::Renewable;
use crate::azure::throttle::{Budgets, Kind, Permit};
use crate::clock::Clock;

/// Headers in which the service asks for a wait in milliseconds, in the order they are believed.
const WAIT_MILLISECONDS: [HeaderName; 2] = [
    HeaderName::from_static("x-ms-retry-after-ms"),
    HeaderName::from_static("retry-after-ms"),
];
/// The standard header: seconds or a date.
const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");
/// The service's clock.
const DATE: HeaderName = HeaderName::from_static("date");

/// How long and how often one request is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Tries in all, the first included; answers of 429 do not count, the service asked for those repeats.
    pub(crate) attempts: u32,
    /// Tries when no connection comes about, which is mostly a wrong address or a blocked way.
    pub(crate) connects: u32,
    /// Time from the first try to the start of the last.
    pub(crate) total: Duration,
    /// Wait after the first failure; doubled with each one.
    pub(crate) first_wait: Duration,
    /// Longest wait of our own choosing.
    pub(crate) longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempts: 6,
            connects: 3,
            total: Duration::from_mins(5),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// Wait before try number `attempt + 1`: doubled each time, a random part of it so that clients spread out.
    pub(crate) fn backoff(&self, attempt: u32) -> Duration {
        let doubled = self
            .first_wait
            .saturating_mul(1 << attempt.saturating_sub(1).min(16));
        let whole = doubled.min(self.longest_wait);
        let random = uuid::Uuid::new_v4().as_bytes()[0];
        whole.mul_f64(0.75 + 0.25 * f64::from(random) / 255.0)
    }
}

/// What one call cost; shared with the caller through the request's context.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    tries: AtomicU32,
    /// Milliseconds from the first try to the end of the last.
    elapsed: AtomicU64,
    refused_wait: Mutex<Option<Duration>>,
}

impl Effort {
    /// Times the request was sent.
    pub(crate) fn tries(&self) -> u32 {
        self.tries.load(Ordering::Relaxed)
    }

    /// Time from the first try to the end of the last.
    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed.load(Ordering::Relaxed))
    }

    fn note_elapsed(&self, elapsed: Duration) {
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.elapsed.store(milliseconds, Ordering::Relaxed);
    }

    /// The wait the service asked for, when it was too long to be granted.
    pub(crate) fn refused_wait(&self) -> Option<Duration> {
        *self
            .refused_wait
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, wait: Duration) {
        *self
            .refused_wait
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(wait);
    }
}

/// Which requests the pipeline carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// Calls of Azure Resource Manager.
    Management,
    /// Token requests: every one may be repeated, whatever its method.
    Tokens,
}

/// The policy.
#[derive(Debug)]
pub(crate) struct Retry {
    /// Limits of each request.
    pub(crate) limits: Limits,
    /// The time.
    pub(crate) clock: Clock,
    /// What the requests are.
    pub(crate) traffic: Traffic,
    /// The shared budgets; token requests have none.
    pub(crate) budgets: Option<Arc<Budgets>>,
    /// What to renew when the service says that the token is no longer good.
    pub(crate) credential: Option<Arc<Renewable>>,
}

/// What to do after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Hand the result over.
    Done,
    /// Try again after a wait: the service's own, or ours.
    Again(Option<Duration>),
    /// The service refused for rate: everybody waits.
    Throttled(Option<Duration>),
    /// The token was refused.
    Token,
}

impl Retry {
    async fn permit(&self, request: &Request) -> Option<Permit> {
        let kind = match request.method() {
            Method::Get | Method::Head => Kind::Read,
            Method::Delete => Kind::Delete,
            _ => Kind::Write,
        };
        match &self.budgets {
            Some(budgets) => Some(budgets.of(request.url()).acquire(kind).await),
            None => None,
        }
    }

    fn judge_status(&self, method: Method, response: &AsyncRawResponse) -> Verdict {
        let wait = asked_wait(response.headers(), self.clock.now());
        match response.status() {
            StatusCode::TooManyRequests => Verdict::Throttled(wait),
            StatusCode::Unauthorized if self.credential.is_some() => Verdict::Token,
            StatusCode::RequestTimeout
            | StatusCode::InternalServerError
            | StatusCode::BadGateway
            | StatusCode::ServiceUnavailable
            | StatusCode::GatewayTimeout
                if self.may_repeat(method) =>
            {
                Verdict::Again(wait)
            }
            _ => Verdict::Done,
        }
    }

    fn judge_failure(&self, method: Method, kind: &ErrorKind) -> Verdict {
        match kind {
            // Nothing was sent.
            ErrorKind::Connection => Verdict::Again(None),
            ErrorKind::Io if self.may_repeat(method) => Verdict::Again(None),
            _ => Verdict::Done,
        }
    }

    /// Whether a request may be sent twice although the first may have been carried out.
    fn may_repeat(&self, method: Method) -> bool {
        self.traffic == Traffic::Tokens
            || matches!(method, Method::Get | Method::Head | Method::Delete)
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "written out, the lifetime would not match the trait's after `async_trait` expands both"
)]
#[async_trait]
impl Policy for Retry {
    async fn send(
        &self,
        ctx: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let (mut started, mut failures, mut renewed) = (None, 0, false);
        let effort = ctx
            .value::<Arc<Effort>>()
            .map(Arc::clone)
            .unwrap_or_default();
        loop {
            let method = request.method();
            let permit = self.permit(request).await;
            // Time spent in the queue of the throttle is nobody's failure.
            let started = *started.get_or_insert_with(|| self.clock.now());
            effort.tries.fetch_add(1, Ordering::Relaxed);
            request.body_mut().reset().await?;
            let mut result = next[0].send(ctx, request, &next[1..]).await;
            let elapsed = Duration::try_from(self.clock.now().duration_since(started));
            let elapsed = elapsed.unwrap_or_default();
            effort.note_elapsed(elapsed);
            let mut verdict = match &result {
                Ok(response) => self.judge_status(method, response),
                Err(error) => self.judge_failure(method, error.kind()),
            };
            if verdict == Verdict::Token {
                let (response, refused) = token_refused(result?).await?;
                result = Ok(response);
                verdict = match &self.credential {
                    Some(credential) if refused && !renewed => {
                        renewed = true;
                        tracing::info!("the service refused the token; asking for a new one");
                        credential.renew().await?;
                        Verdict::Again(Some(Duration::ZERO))
                    }
                    _ => Verdict::Done,
                };
            }
            let remaining = result
                .as_ref()
                .ok()
                .and_then(|response| remaining(response.headers(), method));
            let (asked, throttled) = match verdict {
                Verdict::Done | Verdict::Token => {
                    if let Some(permit) = permit {
                        permit.answered(remaining);
                    }
                    return result;
                }
                Verdict::Again(asked) => (asked, false),
                Verdict::Throttled(asked) => (asked, true),
            };
            failures += 1;
            let wait = asked.unwrap_or_else(|| self.limits.backoff(failures));
            let spent = elapsed.saturating_add(wait);
            let unconnected =
                matches!(&result, Err(error) if *error.kind() == ErrorKind::Connection);
            let attempts = if unconnected {
                self.limits.connects
            } else {
                self.limits.attempts
            };
            let over = spent > self.limits.total || (failures >= attempts && !throttled);
            match permit {
                // A wait that is not granted to this request still tells the others.
                Some(permit) if throttled => permit.throttled(wait.min(self.limits.total)),
                Some(permit) => permit.answered(remaining),
                None => {}
            }
            if over {
                if asked.is_some_and(|asked| asked > self.limits.total) {
                    effort.refuse(wait);
                }
                return result;
            }
            tracing::info!(
                method = %method,
                path = request.url().path(),
                reason = %reason(&result),
                "trying again in {:.1} s",
                wait.as_secs_f64()
            );
            if !throttled || self.budgets.is_none() {
                self.clock.sleep(wait).await;
            }
        }
    }
}

/// Why a try failed, in few words.
fn reason(result: &PolicyResult) -> String {
    match result {
        Ok(response) => format!("status {}", u16::from(response.status())),
        Err(error) => match error.kind() {
            ErrorKind::Connection => "no connection".to_owned(),
            _ => "the connection broke".to_owned(),
        },
    }
}

/// Whether a 401 is about the token itself. The service also answers 401 when a role is missing on a workspace
/// that the query names; a new token does not help then.
async fn token_refused(response: AsyncRawResponse) -> azure_core::Result<(AsyncRawResponse, bool)> {
    const CODES: [&str; 4] = [
        "ExpiredAuthenticationToken",
        "InvalidAuthenticationToken",
        "AuthenticationFailed",
        "AuthenticationFailedInvalidHeader",
    ];
    let (status, headers, body) = response.try_into_raw_response().await?.deconstruct();
    let refused =
        api::error::decode(&body).is_none_or(|error| CODES.contains(&error.code.as_str()));
    let body = azure_core::Bytes::copy_from_slice(&body);
    Ok((AsyncRawResponse::from_bytes(status, headers, body), refused))
}

/// The wait that an answer asks for.
pub(crate) fn asked_wait(headers: &Headers, now: Timestamp) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get_optional_str(name).map(str::trim);
    for name in &WAIT_MILLISECONDS {
        if let Some(milliseconds) = text(name).and_then(|value| value.parse().ok()) {
            return Some(Duration::from_millis(milliseconds));
        }
    }
    let value = text(&RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(value)?;
    // Measured on the service's clock where it tells it: ours may be wrong.
    let from = text(&DATE).and_then(http_date).unwrap_or(now);
    Some(Duration::try_from(until.duration_since(from)).unwrap_or_default())
}

/// Reads a date as HTTP writes it.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

/// The lowest count of requests that an answer says are left for requests of this method.
fn remaining(headers: &Headers, method: Method) -> Option<u32> {
    let own = match method {
        Method::Get | Method::Head => "reads",
        Method::Delete => "deletes",
        _ => "writes",
    };
    let names = [
        format!("x-ms-ratelimit-remaining-subscription-{own}"),
        format!("x-ms-ratelimit-remaining-subscription-global-{own}"),
        "x-ms-ratelimit-remaining-subscription-resource-requests".to_owned(),
    ];
    names
        .into_iter()
        .filter_map(|name| {
            // `-1` means that the service does not count here.
            headers
                .get_optional_str(&HeaderName::from(name))?
                .trim()
                .parse()
                .ok()
        })
        .min()
}

#[cfg(test)]
mod tests;
