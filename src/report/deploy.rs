//! A deployment as JSON, version 1. Members are only ever added.

use serde::Serialize;

use crate::api::deployment::WhatIfChange;
use crate::plan::Plan;
use crate::plan::file::FieldV1;
use crate::plan::file::PlanV1;
use crate::plan::file::field;
use crate::plan::outcome::Failure;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;

/// Names the format of [`DeployV1`].
const SCHEMA: &str = "rulepost/deploy/v1";

/// What one target came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// Its name in the configuration, if it has one.
    pub(crate) name: Option<&'a str>,
    /// Its plan, unless it could not be made.
    pub(crate) plan: Option<&'a Plan>,
    /// What became of the plan; empty for a dry run.
    pub(crate) outcomes: &'a [Outcome],
    /// Why it could not be planned, or was refused.
    pub(crate) error: Option<&'a Failure>,
    /// What Azure Resource Manager says would change, when it goes by template.
    pub(crate) what_if: Option<&'a [WhatIfChange]>,
}

/// A deployment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeployV1<'a> {
    schema: &'static str,
    dry_run: bool,
    exit_code: u8,
    targets: Vec<TargetV1<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetV1<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureV1<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<&'a [WhatIfChange]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    outcomes: Vec<OutcomeV1<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutcomeV1<'a> {
    id: &'a str,
    name: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    action: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    recovered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureV1<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    moved: Vec<FieldV1>,
}

#[derive(Debug, Serialize)]
struct FailureV1<'a> {
    causes: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    help: &'a [String],
}

/// The whole deployment as JSON text.
pub(crate) fn json(targets: &[Target<'_>], dry_run: bool, exit_code: u8) -> String {
    let deploy = DeployV1 {
        schema: SCHEMA,
        dry_run,
        exit_code,
        targets: targets.iter().map(target).collect(),
    };
    let mut text =
        serde_json::to_string_pretty(&deploy).expect("strings, numbers and lists are JSON");
    text.push('\n');
    text
}

fn target<'a>(target: &Target<'a>) -> TargetV1<'a> {
    TargetV1 {
        name: target.name,
        error: target.error.map(failure),
        plan: target.plan.map(PlanV1::from),
        what_if: target.what_if,
        outcomes: target.outcomes.iter().map(outcome).collect(),
    }
}

fn failure(failure: &Failure) -> FailureV1<'_> {
    FailureV1 {
        causes: &failure.causes,
        help: &failure.help,
    }
}

fn outcome(outcome: &Outcome) -> OutcomeV1<'_> {
    let (error, moved) = match &outcome.status {
        Status::Deferred(error) | Status::Failed(error) | Status::NotRolledBack(error) => {
            (Some(failure(error)), Vec::new())
        }
        Status::Conflict { moved, .. } => (None, moved.iter().map(field).collect()),
        _ => (None, Vec::new()),
    };
    OutcomeV1 {
        id: &outcome.id,
        name: &outcome.name,
        title: &outcome.title,
        file: outcome.path.as_deref(),
        action: outcome.action,
        status: outcome.status.as_str(),
        recovered: outcome.status == Status::Applied { recovered: true },
        request_id: outcome.request_id.as_deref(),
        error,
        moved,
    }
}
