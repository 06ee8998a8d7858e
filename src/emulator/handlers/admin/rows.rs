//! Rows of the past put into a table: each keeps its own time and arrived a while after it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::api::path::WorkspaceId;
use crate::duration::Duration;
use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::call::Call;
use crate::emulator::handlers::{body, broken, ingest};
use crate::emulator::logs::Times;
use crate::emulator::query;
use crate::emulator::time::ticks;
use crate::engine::time::SECOND;

/// What is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    rows: Vec<Map<String, Value>>,
    /// How long after it was generated a row arrived, `PT90S`.
    delay: Option<String>,
}

/// `POST {workspace}/tables/{table}/rows`. A custom table that is not there is made.
pub(crate) fn add(
    emulator: &Emulator,
    call: &Call,
    workspace: &[&str],
    table: &str,
) -> Result<Answer, ServiceError> {
    let id: WorkspaceId = workspace
        .join("/")
        .parse()
        .map_err(|_not_a_workspace| answer::no_such_path(&call.path))?;
    let sent: Rows = serde_json::from_value(body(call)?)
        .map_err(|error| answer::invalid_content(&error.to_string()))?;
    let delay = sent
        .delay
        .as_deref()
        .map_or(Ok(Duration::from_secs(0)), str::parse);
    let delay = delay.map_err(|error: crate::duration::ParseDurationError| {
        answer::bad_request(format!(
            "`delay` must be a duration such as `PT90S`: {error}"
        ))
    })?;
    let delay = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
    let mut state = emulator.state();
    let workspace = state
        .workspace_mut(&id)
        .ok_or_else(|| answer::workspace_not_found(&id))?;
    if !query::has_table(&workspace.facts, table) {
        let custom =
            table.ends_with("_CL") && table.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !custom {
            return Err(answer::bad_request(format!(
                "there is no table `{table}`; the names of custom tables are letters, digits and underscores and end with `_CL`"
            )));
        }
        workspace.facts.tables.insert(table.to_owned());
        emulator
            .store
            .write_facts(&workspace.facts)
            .map_err(|error| broken(&error))?;
    }
    let times = Times::History {
        now: ticks(emulator.time.now()),
        delay: delay.saturating_mul(SECOND),
    };
    let received = ingest::take(emulator, workspace, table, sent.rows, times)?;
    Ok(Answer::ok(&json!({
        "rows": received.count,
        "unknownColumns": received.unknown,
    })))
}
