//! The query API of Log Analytics: at its own address, and through Azure Resource Manager.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::{self, Audience};
use crate::emulator::call::Call;
use crate::emulator::handlers::Asked;
use crate::emulator::logs::Window;
use crate::emulator::query::bad_argument;
use crate::emulator::query::run::{Failure, Question};
use crate::emulator::time::ticks;
use crate::engine::{self, Table, output};
use crate::kql::literal;

/// Rows of one answer; more are cut off and the answer says so. Documented.
const MOST: usize = 500_000;

const ACTION: &str = "Microsoft.OperationalInsights/workspaces/query/read";

/// `GET` or `POST /v1/workspaces/{customerId}/query`.
pub(crate) fn answer(
    emulator: &Emulator,
    call: &Call,
    customer: &str,
) -> Result<Answer, ServiceError> {
    let caller = auth::check(emulator, call, Audience::Query)?;
    let id = {
        let state = emulator.state();
        let found = state
            .workspaces
            .values()
            .find(|workspace| workspace.facts.customer_id.eq_ignore_ascii_case(customer));
        found.map(|workspace| workspace.facts.id())
    };
    let id = id.ok_or_else(|| answer::no_query_workspace(customer))?;
    through(Asked {
        emulator,
        call,
        caller: &caller,
        id: &id,
    })
}

/// The same through Azure Resource Manager, `{workspace}/query` or `{workspace}/api/query`.
pub(crate) fn through(asked: Asked<'_>) -> Result<Answer, ServiceError> {
    let (query, spans) = match asked.call.method {
        Method::GET => (asked.call.query.get("query").cloned(), Vec::new()),
        Method::POST
            if !asked
                .call
                .header("content-type")
                .starts_with("application/json") =>
        {
            // Documented: a body of another type is answered with nothing.
            return Ok(Answer::empty(StatusCode::OK));
        }
        Method::POST => {
            let body = asked.body()?;
            let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
            (text("query"), text("timespan").into_iter().collect())
        }
        _ => return Err(answer::method_not_allowed(asked.call.method.as_str())),
    };
    let bad = |message: &str| {
        let body = bad_argument(message, None);
        Ok(Answer::json(StatusCode::BAD_REQUEST, &body))
    };
    let Some(query) = query.filter(|text| !text.trim().is_empty()) else {
        return bad("The request had some invalid properties: the query is empty");
    };
    let now = ticks(asked.emulator.time.now());
    let mut window = Window::arrived(now);
    for span in spans.iter().chain(asked.call.query.get("timespan")) {
        let Some((from, until)) = timespan(span, now) else {
            return bad(&format!(
                "The request had some invalid properties: the timespan '{span}' is no ISO 8601 duration or interval"
            ));
        };
        window = window.narrowed(from, until);
    }
    let question = {
        let mut state = asked.emulator.state();
        let workspace = asked.workspace(&mut state, ACTION)?;
        Question::new(workspace, &query, window, now)
    };
    Ok(match question.and_then(Question::answer) {
        Ok(table) => Answer::ok(&document(&table)),
        Err(failure) => refusal(&failure),
    })
}

/// The window that a timespan names: a duration up to now, or an interval of which one end may be a duration.
fn timespan(text: &str, now: i64) -> Option<(i64, i64)> {
    let span = |text: &str| {
        // Microsoft's own client writes fractions of a second: `PT3600.0S`.
        let span: jiff::Span = text.parse().ok()?;
        let length = span
            .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
            .ok()?;
        i64::try_from(length.as_nanos() / 100).ok()
    };
    let Some((start, end)) = text.trim().split_once('/') else {
        return Some((now.checked_sub(span(text.trim())?)?, now));
    };
    match (literal::parse_datetime(start), literal::parse_datetime(end)) {
        (Some(start), Some(end)) => Some((start, end)),
        (Some(start), None) => Some((start, start.checked_add(span(end)?)?)),
        (None, Some(end)) => Some((end.checked_sub(span(start)?)?, end)),
        (None, None) => None,
    }
}

/// A result as the API writes it: one table, dynamic values as text.
fn document(table: &Table) -> Value {
    let shown: Vec<usize> = (0..table.columns.len())
        .filter(|index| table.columns[*index].is_visible())
        .collect();
    let columns: Vec<Value> = shown
        .iter()
        .map(|index| &table.columns[*index])
        .map(|column| json!({"name": &*column.name, "type": column.ty.name()}))
        .collect();
    let cell = |value: &engine::Value| match value {
        engine::Value::Array(_) | engine::Value::Bag(_) => Value::String(value.to_json()),
        other => output::cell(other),
    };
    let rows: Vec<Value> = table
        .rows
        .iter()
        .take(MOST)
        .map(|row| shown.iter().map(|index| cell(&row[*index])).collect())
        .collect();
    let mut document = json!({
        "tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}],
    });
    if table.rows.len() > MOST {
        document["error"] = json!({
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [{
                "code": "EngineError",
                "message": "Something went wrong processing your query on the server.",
                "innererror": {
                    "code": "-2133196797",
                    "message": format!("The results of this query exceed the set limit of {MOST} records."),
                    "severity": 2,
                    "severityName": "Error",
                },
            }],
        });
    }
    document
}

/// What a query that gives no result is answered with. What the engine does not know is no fault of the query.
fn refusal(failure: &Failure) -> Answer {
    let (status, body) = match failure {
        Failure::Refused(fault) => (StatusCode::BAD_REQUEST, fault.body()),
        Failure::Engine(engine::Error::Unsupported(what)) => (
            StatusCode::NOT_IMPLEMENTED,
            json!({"error": {
                "code": "NotSupportedByEmulator",
                "message": format!("The emulator cannot run this query; it may be right. Not supported: {what}"),
            }}),
        ),
        Failure::Engine(error) => {
            let inner = json!({"code": "SemanticError", "message": error.to_string()});
            let text = "The request had some invalid properties";
            (StatusCode::BAD_REQUEST, bad_argument(text, Some(inner)))
        }
        Failure::Thread(_) => {
            return answer::internal(&failure.to_string()).into();
        }
    };
    Answer::json(status, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timespan_is_a_duration_or_an_interval() {
        let at = |text| literal::parse_datetime(text).expect("a time");
        let now = at("2026-01-02T00:00:00Z");
        let (first, last) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T06:00:00Z"));
        for (text, expected) in [
            ("P1D", Some((first, now))),
            ("PT86400.0S", Some((first, now))),
            (
                "2026-01-01T00:00:00Z/2026-01-01T06:00:00Z",
                Some((first, last)),
            ),
            ("2026-01-01T00:00:00Z/PT6H", Some((first, last))),
            ("PT6H/2026-01-01T06:00:00Z", Some((first, last))),
            ("yesterday", None),
            ("PT1H/PT1H", None),
        ] {
            assert_eq!(timespan(text, now), expected, "{text}");
        }
    }
}
