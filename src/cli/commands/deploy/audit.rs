//! `--audit FILE`: one JSON line per write, appended as it happens.

#![allow(
    clippy::disallowed_methods,
    reason = "this is where the audit trail is written"
)]

use std::fs::File;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;

use serde::Serialize;

use crate::cli::error::Error;
use crate::clock::Clock;
use crate::plan::Plan;
use crate::plan::outcome::Write;

/// An open audit trail; every line is written whole and at once.
#[derive(Debug)]
pub(crate) struct Audit {
    path: PathBuf,
    file: Mutex<File>,
    clock: Clock,
    who: String,
}

/// A line. Members are only ever added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineV1<'a> {
    schema: &'static str,
    time: String,
    who: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    workspace: String,
    source: &'a str,
    rule: &'a str,
    title: &'a str,
    resource: &'static str,
    verb: &'static str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    request_id: Option<&'a str>,
    outcome: &'a str,
}

impl Audit {
    /// Opens the file, so that a run that could not be audited does not begin.
    pub(crate) fn open(path: &Path, who: String) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|source| Error::Write {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            clock: Clock::Real,
            who,
        })
    }

    /// Appends a write.
    pub(crate) fn write(&self, target: Option<&str>, plan: &Plan, write: &Write) {
        let line = LineV1 {
            schema: "rulepost/audit/v1",
            time: self.clock.now().to_string(),
            who: &self.who,
            target,
            workspace: plan.workspace.to_string(),
            source: &plan.source.id,
            rule: &write.rule,
            title: &write.title,
            resource: write.resource,
            verb: write.verb,
            before: write.before.as_deref(),
            after: write.after.as_deref(),
            request_id: write.request_id.as_deref(),
            outcome: &write.outcome,
        };
        let mut text = serde_json::to_string(&line).expect("strings are JSON");
        text.push('\n');
        let mut file = self.file.lock().expect("no holder of this lock panics");
        if let Err(error) = file.write_all(text.as_bytes()) {
            // The write to the workspace is done and must not be hidden by a full disk.
            tracing::error!("cannot append to `{}`: {error}", self.path.display());
        }
    }
}
