//! What a fault does: an answer instead of the deed, or something done to the answer.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::emulator::answer::{self, Answer};
use crate::emulator::call::Call;
use crate::emulator::faults::Fault;
use crate::emulator::faults::bucket::Taken;
use crate::emulator::time::http_date;
use jiff::{SignedDuration, Timestamp};

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// In one piece.
    Whole,
    /// Eight bytes at a time, this many milliseconds apart.
    Slow(u64),
    /// The first half, then the connection breaks.
    Half,
    /// Not at all: the connection breaks.
    Nothing,
}

/// 429 with what the service says about the wait.
fn throttled(call: &Call, wait: u64) -> Answer {
    let subscription = call.segments.get(1).map_or("", String::as_str);
    let operation = match call.method.as_str() {
        "GET" | "HEAD" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    let body = json!({"error": {
        "code": "SubscriptionRequestsThrottled",
        "message": format!(
            "Number of requests for subscription '{subscription}' and operation '{operation}' exceeded the backend storage limit. Please try again after '{wait}' seconds."
        ),
    }});
    Answer::json(StatusCode::TOO_MANY_REQUESTS, &body)
}

/// The answer of an empty bucket.
pub(crate) fn bucket_empty(call: &Call, taken: Taken) -> Option<Answer> {
    let wait = taken.wait?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a wait is positive and far below the limits of u64"
    )]
    let seconds = wait.ceil().max(1.0) as u64;
    Some(throttled(call, seconds).with("retry-after", seconds.to_string()))
}

/// The answer that a fault gives instead of doing what was asked; none when it is done all the same.
/// `customer_id` is that of the workspace the call is about, empty when it is about none.
pub(crate) fn instead(
    fault: &Fault,
    call: &Call,
    now: Timestamp,
    customer_id: &str,
) -> Option<Answer> {
    let name = call.segments.last().map_or("", String::as_str);
    match fault {
        Fault::Throttled {
            retry_after,
            retry_after_date,
            retry_after_ms,
        } => {
            let mut answer = throttled(call, retry_after.or(*retry_after_date).unwrap_or(1));
            if let Some(seconds) = retry_after {
                answer = answer.with("retry-after", seconds.to_string());
            }
            if let Some(seconds) = retry_after_date {
                let ahead = SignedDuration::from_secs(i64::try_from(*seconds).unwrap_or(i64::MAX));
                let at = now.checked_add(ahead).unwrap_or(now);
                answer = answer.with("retry-after", http_date(at));
            }
            if let Some(ms) = retry_after_ms {
                answer = answer.with("retry-after-ms", ms.to_string());
            }
            Some(answer)
        }
        Fault::Status {
            status,
            code,
            message,
            retry_after,
        } => {
            let status = status_of(*status);
            let reason = status.canonical_reason().unwrap_or("Error");
            let default_code: String = reason.split(' ').collect();
            let code = code.clone().unwrap_or(default_code);
            let message = message.clone().unwrap_or_else(|| format!("{reason}."));
            let answer = Answer::json(
                status,
                &json!({"error": {"code": code, "message": message}}),
            );
            Some(match retry_after {
                Some(seconds) => answer.with("retry-after", seconds.to_string()),
                None => answer,
            })
        }
        Fault::Nested {
            status,
            code,
            message,
        } => {
            let inner = json!({"error": {"code": code, "message": message}});
            // The service breaks the lines of the inner text.
            let text = format!("{inner:#}").replace('\n', "\r\n");
            let body = json!({"error": {"code": code, "message": text}});
            Some(Answer::json(status_of(*status), &body))
        }
        Fault::Html { status } => Some(html(*status)),
        Fault::StaleEtag => Some(answer::newer_instance(name, customer_id).into()),
        Fault::RecentlyDeleted { status } => {
            let mut answer = Answer::from(answer::recently_deleted(name));
            answer.status = status_of(*status);
            Some(answer)
        }
        Fault::TableMissing => {
            let body: Value = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
            let enabled = body.pointer("/properties/enabled") == Some(&Value::Bool(true));
            enabled.then(|| answer::table_missing().into())
        }
        _ => None,
    }
}

/// A status; 500 for a number that is none.
fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn html(status: u16) -> Answer {
    let text = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>The page cannot be displayed</h1></body></html>\n";
    Answer {
        status: status_of(status),
        headers: Vec::new(),
        content_type: "text/html; charset=utf-8",
        body: text.as_bytes().to_vec(),
    }
}

/// Does to an answer what a fault does after the deed, and says how it travels.
pub(crate) fn after(fault: &Fault, call: &Call, answer: &mut Answer) -> Delivery {
    match fault {
        Fault::CutAfter => return Delivery::Nothing,
        Fault::CutBody => return Delivery::Half,
        Fault::SlowBody { ms } => return Delivery::Slow(*ms),
        Fault::Truncated => answer.body.truncate(answer.body.len() / 2),
        Fault::ListItem { item } => change(answer, |body| {
            if let Some(items) = body.get_mut("value").and_then(Value::as_array_mut) {
                items.insert(0, item.clone());
            }
        }),
        Fault::RepeatLink => {
            let query = &call.raw_query;
            let same = format!("{}{}?{query}", call.origin(), call.path);
            change(answer, |body| body["nextLink"] = Value::String(same));
        }
        _ => {}
    }
    Delivery::Whole
}

/// Changes the JSON body of a good answer.
fn change(answer: &mut Answer, with: impl FnOnce(&mut Value)) {
    if answer.status.is_success()
        && let Ok(mut body @ Value::Object(_)) = serde_json::from_slice(&answer.body)
    {
        with(&mut body);
        answer.body = body.to_string().into_bytes();
    }
}
