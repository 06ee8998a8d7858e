//! `/__admin`: what the portal, time and test authors do to an emulator. Not part of Azure.
//!
//! Open to the loopback interface only, and without a token.

mod rows;

use std::net::SocketAddr;

use hyper::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::api::path::WorkspaceId;
use crate::duration::Duration;
use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::call::Call;
use crate::emulator::faults::{Entry, Faults, Plan};
use crate::emulator::fill;
use crate::emulator::handlers::incidents::whole;
use crate::emulator::handlers::{body, broken, rules};
use crate::emulator::schedule;
use crate::emulator::seed::Seed;
use crate::emulator::state::{Slot, Touch, Workspace, new_etag};
use crate::emulator::store::Shelf;
use crate::emulator::time::seven_digits;
use crate::emulator::version::Version;

/// The person that edits in the portal.
const PERSON: &str = "analyst@contoso.example";

/// Answers an admin call; `rest` is the path below `/__admin`.
pub(crate) fn answer(emulator: &Emulator, call: &Call, rest: &[&str], peer: SocketAddr) -> Answer {
    if !peer.ip().is_loopback() {
        return Answer::empty(StatusCode::FORBIDDEN);
    }
    let result = match (&call.method, rest) {
        (&Method::GET, ["ready"]) => Ok(Answer::ok(&json!(emulator.ready))),
        (&Method::POST, ["reset"]) => reset(emulator),
        (&Method::POST, ["seed"]) => seed(emulator, call),
        (&Method::GET, ["clock"]) => Ok(clock(emulator)),
        (&Method::POST, ["clock"]) => move_clock(emulator, call),
        (&Method::GET, ["runs"]) => Ok(Answer::ok(&json!({ "runs": emulator.runs.read() }))),
        (&Method::GET, ["workspaces"]) => Ok(workspaces(emulator)),
        (&Method::GET, ["subscriptions", .., "incidents"]) => {
            let (_, workspace) = rest.split_last().unwrap_or((&"", rest));
            incidents(emulator, call, workspace)
        }
        (&Method::GET, ["requests"]) => Ok(requests(emulator)),
        (&Method::DELETE, ["requests"]) => {
            emulator.log.clear();
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        (&Method::GET, ["faults"]) => Ok(faults(emulator)),
        (&Method::PUT, ["faults"]) => set_faults(emulator, call),
        (&Method::POST, ["faults"]) => add_fault(emulator, call),
        (&Method::DELETE, ["faults"]) => {
            replace_faults(emulator, Plan::default());
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, ["subscriptions", .., "tables", table, "rows"]) => {
            rows::add(emulator, call, &rest[..rest.len() - 3], table)
        }
        (method, ["subscriptions", ..]) => portal(emulator, call, method, rest),
        _ => Err(answer::no_such_path(&call.path)),
    };
    result.unwrap_or_else(Answer::from)
}

/// The ids of all workspaces, and that of the first one.
fn workspaces(emulator: &Emulator) -> Answer {
    let state = emulator.state();
    let id = |workspace: &Workspace| workspace.facts.id().to_string();
    let all = state.workspaces.values();
    let first = all
        .clone()
        .find(|one| one.facts.customer_id == emulator.ready.workspace_id);
    Answer::ok(&json!({
        "value": all.map(id).collect::<Vec<_>>(),
        "first": first.map(id),
    }))
}

/// The incidents of a workspace, after the runs that are due were made.
fn incidents(emulator: &Emulator, call: &Call, workspace: &[&str]) -> Result<Answer, ServiceError> {
    let id: WorkspaceId = workspace
        .join("/")
        .parse()
        .map_err(|_not_a_workspace| answer::no_such_path(&call.path))?;
    schedule::run_due(emulator, emulator.time.now(), || false).map_err(|error| broken(&error))?;
    let state = emulator.state();
    let workspace = state
        .workspace(&id)
        .ok_or_else(|| answer::workspace_not_found(&id))?;
    Ok(Answer::ok(&whole(workspace)))
}

/// Forgets every rule and metadata resource, those deleted lately included, every incident and every row; workspaces
/// and the time stay.
fn reset(emulator: &Emulator) -> Result<Answer, ServiceError> {
    let mut state = emulator.state();
    for workspace in state.workspaces.values_mut() {
        let id = workspace.facts.id();
        for (shelf, slots) in [
            (Shelf::AlertRules, &mut workspace.rules),
            (Shelf::Metadata, &mut workspace.metadata),
            (Shelf::Incidents, &mut workspace.incidents),
        ] {
            for key in std::mem::take(slots).keys() {
                emulator
                    .store
                    .write_slot(&id, shelf, key, None)
                    .map_err(|error| broken(&error))?;
            }
        }
        workspace.timings.clear();
        workspace.logs.clear();
        emulator
            .store
            .remove_rows(&id)
            .map_err(|error| broken(&error))?;
    }
    emulator.runs.clear();
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn seed(emulator: &Emulator, call: &Call) -> Result<Answer, ServiceError> {
    let seed: Seed = serde_json::from_value(body(call)?)
        .map_err(|error| answer::invalid_content(&error.to_string()))?;
    let mut identity = emulator
        .identity
        .lock()
        .expect("no holder of this lock panics");
    let mut state = emulator.state();
    seed.apply(
        &mut identity,
        &mut state,
        &emulator.store,
        emulator.time.now(),
    )
    .map_err(|error| answer::bad_request(error.to_string()))?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn clock(emulator: &Emulator) -> Answer {
    Answer::ok(&json!({ "now": seven_digits(emulator.time.now()) }))
}

/// `{"advance": "PT25H"}`, or `{"back": "PT5M"}` for a clock that runs behind. Makes the runs that are due then.
fn move_clock(emulator: &Emulator, call: &Call) -> Result<Answer, ServiceError> {
    let body = body(call)?;
    let read = |name: &str| {
        let text = body.get(name).and_then(Value::as_str)?;
        text.parse::<Duration>().ok()
    };
    let signed =
        |by: Duration| SignedDuration::from_secs(i64::try_from(by.as_secs()).unwrap_or(i64::MAX));
    let by = match (read("advance"), read("back")) {
        (Some(by), None) => signed(by),
        (None, Some(by)) => -signed(by),
        _ => {
            return Err(answer::bad_request(
                "one of `advance` and `back` must be a duration such as `PT25H`",
            ));
        }
    };
    emulator.time.advance(by);
    let skew = emulator
        .faults
        .lock()
        .expect("no holder of this lock panics")
        .plan()
        .skew_seconds;
    let now = emulator.time.now();
    let moved = emulator.time.moved().as_secs().saturating_sub(skew);
    emulator
        .store
        .write_moved(moved)
        .map_err(|error| broken(&error))?;
    let ran = schedule::run_due(emulator, now, || false).map_err(|error| broken(&error))?;
    Ok(Answer::ok(&json!({ "now": seven_digits(now), "ran": ran })))
}

/// The plan of faults.
fn faults(emulator: &Emulator) -> Answer {
    let faults = emulator
        .faults
        .lock()
        .expect("no holder of this lock panics");
    Answer::ok(&json!(faults.plan()))
}

/// Puts another plan in place of the one at work; its counts begin anew.
fn set_faults(emulator: &Emulator, call: &Call) -> Result<Answer, ServiceError> {
    let plan: Plan = serde_json::from_value(body(call)?)
        .map_err(|error| answer::invalid_content(&error.to_string()))?;
    replace_faults(emulator, plan);
    Ok(faults(emulator))
}

fn replace_faults(emulator: &Emulator, plan: Plan) {
    let mut faults = emulator
        .faults
        .lock()
        .expect("no holder of this lock panics");
    let more = plan.skew_seconds - faults.plan().skew_seconds;
    emulator.time.advance(SignedDuration::from_secs(more));
    *faults = Faults::new(plan);
}

/// Adds an entry to the script at work.
fn add_fault(emulator: &Emulator, call: &Call) -> Result<Answer, ServiceError> {
    let entry: Entry = serde_json::from_value(body(call)?)
        .map_err(|error| answer::invalid_content(&error.to_string()))?;
    emulator
        .faults
        .lock()
        .expect("no holder of this lock panics")
        .push(entry);
    Ok(faults(emulator))
}

fn requests(emulator: &Emulator) -> Answer {
    let (entries, dropped) = emulator.log.read();
    Answer::ok(&json!({ "requests": entries, "dropped": dropped }))
}

/// What a person does in the portal, on the resource id below `/__admin`: GET shows the rule, PATCH merges
/// `properties` into it, POST switches it off as the service does by itself, DELETE deletes it. No tag is asked for; every write makes a new one.
fn portal(
    emulator: &Emulator,
    call: &Call,
    method: &Method,
    rest: &[&str],
) -> Result<Answer, ServiceError> {
    let unknown = || answer::no_such_path(&call.path);
    let (workspace, below) = rest.split_at_checked(8).ok_or_else(unknown)?;
    let id: WorkspaceId = workspace
        .join("/")
        .parse()
        .map_err(|_not_a_workspace| unknown())?;
    let [
        "providers",
        "Microsoft.SecurityInsights",
        "alertRules",
        name,
    ] = below
    else {
        return Err(unknown());
    };
    let mut state = emulator.state();
    let workspace = state
        .workspace_mut(&id)
        .ok_or_else(|| answer::workspace_not_found(&id))?;
    let key = name.to_lowercase();
    let missing = || answer::not_found("Alert rule", name);
    let Some(Slot::Live(stored)) = workspace.rules.get_mut(&key) else {
        return Err(missing());
    };
    let now = emulator.time.now();
    match *method {
        Method::GET => {}
        Method::PATCH => {
            let patch = body(call)?;
            let empty = Map::new();
            let changes = patch.get("properties").and_then(Value::as_object);
            let mut changed = stored.clone();
            merge(&mut changed.properties, changes.unwrap_or(&empty));
            changed.etag = new_etag(now);
            changed.modified = Touch {
                at: now,
                by: PERSON.to_owned(),
                by_type: "User".to_owned(),
            };
            let slot = Slot::Live(changed);
            emulator
                .store
                .write_slot(&id, Shelf::AlertRules, &key, Some(&slot))
                .map_err(|error| broken(&error))?;
            workspace.set_rule(&key, slot);
        }
        Method::POST => switch_off(emulator, workspace, &key, now)?,
        Method::DELETE => {
            rules::remove(emulator, workspace, &key, now)?;
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        _ => return Err(answer::method_not_allowed(method.as_str())),
    }
    let stored = workspace.rules.get(&key).and_then(Slot::live);
    let stored = stored.ok_or_else(missing)?;
    Ok(Answer::ok(&fill::rule(
        &workspace.facts,
        stored,
        Version::newest(),
    )))
}

/// Switches a rule off as the service does after it failed for long; the call names the rule.
pub(crate) fn auto_disable(emulator: &Emulator, call: &Call) {
    let parts = call.parts();
    let Some((workspace, [_, _, _, name])) = parts.split_at_checked(8) else {
        return;
    };
    let Ok(id) = workspace.join("/").parse::<WorkspaceId>() else {
        return;
    };
    let mut state = emulator.state();
    let now = emulator.time.now();
    // A rule that is gone has nothing to be switched off.
    let _ = state
        .workspace_mut(&id)
        .map(|workspace| switch_off(emulator, workspace, &name.to_lowercase(), now));
}

/// Documented: the rule is disabled, its name begins with `AUTO DISABLED`, its description ends with the reason.
fn switch_off(
    emulator: &Emulator,
    workspace: &mut Workspace,
    key: &str,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let Some(Slot::Live(stored)) = workspace.rules.get(key) else {
        return Err(answer::not_found("Alert rule", key));
    };
    let mut changed = stored.clone();
    let text = |name: &str| {
        let value = changed.properties.get(name);
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (name, description) = (text("displayName"), text("description"));
    let reason = "The alert rule was disabled due to too many consecutive failures. Reason: The query was blocked as it was consuming too many resources.";
    for (member, value) in [
        ("enabled", json!(false)),
        ("displayName", json!(format!("AUTO DISABLED {name}"))),
        (
            "description",
            json!(format!("{description}\n{reason}").trim()),
        ),
    ] {
        changed.properties.insert(member.to_owned(), value);
    }
    changed.etag = new_etag(now);
    changed.modified = Touch {
        at: now,
        by: "Microsoft Sentinel".to_owned(),
        by_type: "Application".to_owned(),
    };
    let slot = Slot::Live(changed);
    emulator
        .store
        .write_slot(&workspace.facts.id(), Shelf::AlertRules, key, Some(&slot))
        .map_err(|error| broken(&error))?;
    workspace.set_rule(key, slot);
    Ok(())
}

/// Merges `changes` in as RFC 7396 does, save that null is kept as the service keeps it.
fn merge(into: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, change) in changes {
        match (into.get_mut(name), change) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            _ => {
                into.insert(name.clone(), change.clone());
            }
        }
    }
}
