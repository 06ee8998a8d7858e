//! Token buckets as Azure Resource Manager has them: one per subscription and kind of operation.

use std::collections::BTreeMap;

use hyper::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::emulator::call::Call;

/// Size and refill of the buckets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Throttle {
    /// Tokens of a full bucket for writes and deletes.
    pub(crate) burst: u32,
    /// Tokens that come back each second.
    pub(crate) refill_per_second: f64,
    /// The same for reads; reads are free when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reads: Option<Bucket>,
}

/// Size and refill of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Bucket {
    pub(crate) burst: u32,
    pub(crate) refill_per_second: f64,
}

/// The buckets as they are.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    levels: BTreeMap<String, Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

/// What came of asking for a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Taken {
    /// Whole tokens left.
    pub(crate) remaining: u32,
    /// Seconds until there is one again; none when one was there.
    pub(crate) wait: Option<f64>,
}

impl Buckets {
    /// Takes a token for a request.
    pub(crate) fn take(&mut self, throttle: Throttle, call: &Call, now: Timestamp) -> Taken {
        let operation = match call.method {
            Method::GET | Method::HEAD => "read",
            Method::DELETE => "delete",
            _ => "write",
        };
        let bucket = match (operation, throttle.reads) {
            ("read", Some(bucket)) => bucket,
            ("read", None) => {
                return Taken {
                    remaining: 1_099,
                    wait: None,
                };
            }
            _ => Bucket {
                burst: throttle.burst,
                refill_per_second: throttle.refill_per_second,
            },
        };
        let subscription = call.segments.get(1).map_or("", String::as_str);
        let key = format!("{operation} {}", subscription.to_lowercase());
        let full = f64::from(bucket.burst);
        let level = self.levels.entry(key).or_insert(Level {
            tokens: full,
            at: now,
        });
        let passed = now.duration_since(level.at).as_secs_f64().max(0.0);
        level.tokens = (level.tokens + passed * bucket.refill_per_second).min(full);
        level.at = now;
        if level.tokens < 1.0 {
            let wait = (1.0 - level.tokens) / bucket.refill_per_second.max(0.001);
            return Taken {
                remaining: 0,
                wait: Some(wait),
            };
        }
        level.tokens -= 1.0;
        Taken {
            remaining: whole(level.tokens),
            wait: None,
        }
    }
}

/// The whole tokens of a level, which is never below zero nor above a bucket's size.
fn whole(tokens: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the level lies between zero and a u32"
    )]
    let whole = tokens.floor() as u32;
    whole
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::header::HeaderMap;

    use super::*;

    #[test]
    fn a_bucket_empties_says_how_long_to_wait_and_fills_again() {
        let uri = "/subscriptions/s/x".parse().expect("a target");
        let call = Call::new(Method::PUT, &uri, HeaderMap::new(), Bytes::new(), "http");
        let throttle = Throttle {
            burst: 2,
            refill_per_second: 0.5,
            reads: None,
        };
        let mut buckets = Buckets::default();
        let start = Timestamp::UNIX_EPOCH;
        let mut at = |second| {
            let now = Timestamp::from_second(second).expect("a time");
            buckets.take(throttle, &call, now)
        };
        assert_eq!(at(start.as_second()).remaining, 1);
        assert_eq!(
            at(0),
            Taken {
                remaining: 0,
                wait: None
            }
        );
        assert_eq!(
            at(0),
            Taken {
                remaining: 0,
                wait: Some(2.0)
            }
        );
        assert_eq!(
            at(2),
            Taken {
                remaining: 0,
                wait: None
            }
        );
        assert_eq!(at(100).remaining, 1);
    }
}
