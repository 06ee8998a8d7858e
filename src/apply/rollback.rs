//! Undoing a run that failed part way, as far as the service lets one.
//!
//! Updated rules are written back as the plan saw them, their marks too. A created rule is switched off rather than
//! deleted: the service blocks the id of a deleted rule for about a day, and the next run could not create it.
//! A deleted rule cannot be brought back for the same reason; runs that are to be undone delete last.

use std::sync::Arc;

use crate::api::alert_rule::AlertRuleBody;
use crate::api::metadata::MetadataBody;
use crate::apply::Event;
use crate::apply::Listener;
use crate::apply::Options;
use crate::apply::step::Step;
use crate::apply::step::failure;
use crate::azure::Client;
use crate::azure::Error;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Plan;
use crate::plan::mark::Applied;
use crate::plan::merge;
use crate::plan::normal::normal;
use crate::plan::outcome::Failure;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;

/// Undoes what was done, latest first, and says in each outcome what became of it.
pub(crate) async fn rollback(
    plan: &Arc<Plan>,
    client: &Client,
    options: &Options,
    listener: &Listener,
    outcomes: &mut [Outcome],
) {
    for (change, outcome) in plan.changes.iter().zip(outcomes.iter_mut()).rev() {
        if !outcome.status.is_done() {
            continue;
        }
        let mut step = Step {
            client,
            plan,
            change,
            options,
            listener,
            request_id: None,
        };
        let status = tokio::select! {
            biased;
            () = options.abort.cancelled() => Some(ended()),
            status = undo(&mut step, change) => status,
        };
        if let Some(status) = status {
            outcome.status = status;
            outcome.request_id = step.request_id;
            listener(Event::Finished(outcome));
        }
    }
}

/// Undoes one change; `None` when there is nothing to undo.
async fn undo(step: &mut Step<'_>, change: &Change) -> Option<Status> {
    let result = match &change.action {
        Action::Update { body, .. } => restore(step, change, body).await,
        Action::Create { body, .. } => switch_off(step, change, body).await,
        Action::Delete { .. } => Ok(Status::NotRolledBack(Failure {
            causes: vec![
                "a deleted rule cannot be created again under its id for about a day".to_owned(),
            ],
            help: vec!["put its file back and deploy again then".to_owned()],
        })),
        Action::Mark {
            adopted: true,
            mark_before,
            ..
        } => restore_mark(step, mark_before.as_deref()).await,
        // A mark of ours alone changes nothing that runs and nobody's rule.
        Action::Mark { .. } | Action::Forget => return None,
    };
    Some(result.unwrap_or_else(|error| Status::NotRolledBack(failure(&error))))
}

/// Writes an updated rule and its mark back as the plan saw them.
async fn restore(
    step: &mut Step<'_>,
    change: &Change,
    body: &AlertRuleBody,
) -> Result<Status, Error> {
    let Action::Update {
        live, mark_before, ..
    } = &change.action
    else {
        return Ok(moved_on());
    };
    let Some(etag) = still_ours(step, body).await? else {
        return Ok(moved_on());
    };
    let mut before = merge::restore(live, body.kind);
    before.etag = etag;
    step.put(&before, None).await?;
    restore_mark(step, mark_before.as_deref()).await
}

/// Gives a rule back to whom it belonged before.
async fn restore_mark(step: &mut Step<'_>, before: Option<&MetadataBody>) -> Result<Status, Error> {
    match before {
        Some(mark) => step.put_mark(mark).await?,
        None => step.remove_mark().await?,
    }
    Ok(Status::RolledBack)
}

/// Switches a created rule off and marks it as waiting, so that a later run switches it on.
async fn switch_off(
    step: &mut Step<'_>,
    change: &Change,
    body: &AlertRuleBody,
) -> Result<Status, Error> {
    let Action::Create { mark, .. } = &change.action else {
        return Ok(moved_on());
    };
    if body.properties.enabled == Some(false) {
        return Ok(Status::SwitchedOff);
    }
    let Some(etag) = still_ours(step, body).await? else {
        return Ok(moved_on());
    };
    let mut off = body.clone();
    off.etag = etag;
    off.properties.enabled = Some(false);
    step.put(&off, None).await?;
    if let Some(waiting) = Applied::waiting(mark) {
        step.put_mark(&waiting).await?;
    }
    Ok(Status::SwitchedOff)
}

/// The tag of the live rule while it still is as this run wrote it.
async fn still_ours(
    step: &Step<'_>,
    body: &AlertRuleBody,
) -> Result<Option<Option<String>>, Error> {
    let live = step.read().await?;
    let same = |live: &crate::api::alert_rule::AlertRuleResource| {
        let mut written = normal(body.kind, &body.properties);
        let found = normal(&live.kind, &live.properties);
        // A rule that waits for a table was written switched off.
        written.copy(crate::plan::field::Field::Enabled, &found);
        written == found
    };
    Ok(live.filter(same).map(|live| live.etag))
}

fn ended() -> Status {
    Status::NotRolledBack(Failure {
        causes: vec!["the run was ended before this was undone".to_owned()],
        help: vec!["put the file back as it was and deploy again, or leave it so".to_owned()],
    })
}

fn moved_on() -> Status {
    Status::NotRolledBack(Failure {
        causes: vec!["the rule was changed by someone else since".to_owned()],
        help: vec!["look at the rule in the portal; nothing was written over".to_owned()],
    })
}
