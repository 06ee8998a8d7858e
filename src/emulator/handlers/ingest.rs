//! The Logs Ingestion API: rows into the tables of a workspace.
//!
//! Every workspace has one data collection rule, whose immutable id is made of the workspace's. It has a stream for
//! each table: `Microsoft-NAME`, and `Custom-NAME` as rules of one's own name theirs. The service takes only some of
//! its own tables this way; here all are taken, so that logs which Azure writes itself can be simulated.

use std::io::Read as _;

use hyper::{Method, StatusCode};
use serde_json::{Map, Value};

use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::{self, Audience};
use crate::emulator::call::Call;
use crate::emulator::error::Error;
use crate::emulator::handlers::broken;
use crate::emulator::identity::Role;
use crate::emulator::logs::{self, Received, Times};
use crate::emulator::query;
use crate::emulator::state::{Facts, Workspace};
use crate::emulator::time::ticks;

/// Most bytes of a call as it is sent. Microsoft's own client fills calls up to this with compressed rows.
const MOST: usize = 1 << 20;
/// Most bytes that a call unpacks to.
const MOST_UNPACKED: usize = 32 << 20;

/// The immutable id of a workspace's data collection rule.
pub(crate) fn rule_id(facts: &Facts) -> String {
    format!("dcr-{}", facts.customer_id.replace('-', "").to_lowercase())
}

/// `POST /dataCollectionRules/{id}/streams/{stream}`.
pub(crate) fn answer(
    emulator: &Emulator,
    call: &Call,
    rule: &str,
    stream: &str,
) -> Result<Answer, ServiceError> {
    if call.method != Method::POST {
        return Err(answer::method_not_allowed(call.method.as_str()));
    }
    let caller = auth::check(emulator, call, Audience::Ingestion)?;
    match call.api_version() {
        Some("2023-01-01" | "2021-11-01-preview") => {}
        Some(version) => {
            let url = format!("{}{}", call.origin(), call.path);
            return Err(answer::unsupported_api_version(&url, version));
        }
        None => return Err(answer::missing_api_version()),
    }
    let mut state = emulator.state();
    let workspace = state
        .workspaces
        .values_mut()
        .find(|workspace| rule_id(&workspace.facts).eq_ignore_ascii_case(rule))
        .ok_or_else(|| answer::no_collection_rule(rule))?;
    // Metrics publishing, which the call needs, is no right of a reader.
    if caller.role != Role::Contributor {
        return Err(answer::no_ingestion_access(rule));
    }
    let table = table(&workspace.facts, stream).ok_or_else(|| answer::no_stream(rule, stream))?;
    let rows = rows(&unpacked(call)?)?;
    let now = emulator.time.now();
    let arrival = now.checked_add(emulator.ingestion_delay).unwrap_or(now);
    let times = Times::Pipeline {
        now: ticks(now),
        arrival: ticks(arrival),
    };
    take(emulator, workspace, &table, rows, times)?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The table that a stream fills.
fn table(facts: &Facts, stream: &str) -> Option<String> {
    let name = stream
        .strip_prefix("Custom-")
        .or_else(|| stream.strip_prefix("Microsoft-"))?;
    query::has_table(facts, name).then(|| name.to_owned())
}

/// Puts rows into a table of a workspace.
pub(crate) fn take(
    emulator: &Emulator,
    workspace: &mut Workspace,
    table: &str,
    rows: Vec<Map<String, Value>>,
    times: Times,
) -> Result<Received, ServiceError> {
    let declared = workspace.facts.schemas.get(table).map(Vec::as_slice);
    let (columns, closed) = workspace.logs.columns(table, declared);
    let tenant = &workspace.facts.customer_id;
    let received = logs::receive(table, tenant, rows, (&columns, closed), times);
    keep(emulator, workspace, table, &received).map_err(|error| broken(&error))?;
    Ok(received)
}

/// Keeps rows that were received, and makes room for them.
pub(crate) fn keep(
    emulator: &Emulator,
    workspace: &mut Workspace,
    table: &str,
    received: &Received,
) -> Result<(), Error> {
    if received.count == 0 {
        return Ok(());
    }
    let id = workspace.facts.id();
    let store = &emulator.store;
    store.append_rows(&id, table, &received.batch)?;
    let declared = workspace.facts.schemas.get(table).map(Vec::as_slice);
    let batch = received.batch.clone();
    for table in workspace.logs.add(table, declared, batch) {
        store.rewrite_rows(&id, &table, &workspace.logs)?;
    }
    Ok(())
}

/// The body, unpacked when it is gzip.
fn unpacked(call: &Call) -> Result<Vec<u8>, ServiceError> {
    if call.body.len() > MOST {
        return Err(answer::content_too_long(MOST, call.body.len()));
    }
    match call.header("content-encoding") {
        "" | "identity" => Ok(call.body.to_vec()),
        encoding if encoding.eq_ignore_ascii_case("gzip") => {
            let mut text = Vec::new();
            // One byte more than fits tells a body that is too long.
            let mut reader =
                flate2::read::MultiGzDecoder::new(&*call.body).take(MOST_UNPACKED as u64 + 1);
            reader
                .read_to_end(&mut text)
                .map_err(|error| answer::invalid_content(&error.to_string()))?;
            if text.len() > MOST_UNPACKED {
                return Err(answer::content_too_long(MOST_UNPACKED, text.len()));
            }
            Ok(text)
        }
        other => Err(answer::invalid_content(&format!(
            "the content encoding '{other}' is not supported"
        ))),
    }
}

/// The rows of a body: an array of objects.
pub(crate) fn rows(body: &[u8]) -> Result<Vec<Map<String, Value>>, ServiceError> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| answer::invalid_content(&error.to_string()))?;
    let Value::Array(items) = body else {
        return Err(answer::invalid_content("the body is not a JSON array"));
    };
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Object(row) => rows.push(row),
            other => {
                return Err(answer::invalid_content(&format!(
                    "an item of the array is no object: {other}"
                )));
            }
        }
    }
    Ok(rows)
}
