//! `alertRules`.

use hyper::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::fill;
use crate::emulator::handlers::{Asked, broken, page};
use crate::emulator::query;
use crate::emulator::state::{Slot, Stored, Workspace, new_etag};
use crate::emulator::store::Shelf;
use crate::emulator::validate::{self, Judged, Options};
use crate::emulator::version::Version;

/// How long the id of a deleted rule cannot be used; seen in practice, not documented.
pub(crate) const SOFT_DELETE: SignedDuration = SignedDuration::from_hours(24);

const READ: &str = "Microsoft.SecurityInsights/alertRules/read";
const WRITE: &str = "Microsoft.SecurityInsights/alertRules/write";
const DELETE: &str = "Microsoft.SecurityInsights/alertRules/delete";

/// `GET …/alertRules`. Versions without a kind leave its rules out, as reported for `NRT` on stable versions.
pub(crate) fn list(asked: Asked<'_>) -> Result<Answer, ServiceError> {
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, READ)?;
    let version = Version::of(asked.call)?;
    let before = asked.call.stale.then(|| workspace.rules_before());
    let rules = before.as_ref().unwrap_or(&workspace.rules);
    Ok(page(asked, rules, |slot| {
        let stored = slot.live().filter(|stored| shown(stored, version))?;
        Some(fill::rule(&workspace.facts, stored, version))
    }))
}

fn shown(stored: &Stored, version: Version<'_>) -> bool {
    version.has_nrt() || stored.kind.as_deref() != Some("NRT")
}

/// `GET …/alertRules/{name}`.
pub(crate) fn get(asked: Asked<'_>, name: &str) -> Result<Answer, ServiceError> {
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, READ)?;
    let version = Version::of(asked.call)?;
    let key = name.to_lowercase();
    let slot = match workspace.before.get(&key) {
        Some(before) if asked.call.stale => before.as_ref(),
        _ => workspace.rules.get(&key),
    };
    let stored = slot
        .and_then(Slot::live)
        .filter(|stored| shown(stored, version))
        .ok_or_else(|| answer::not_found("Alert rule", name))?;
    Ok(Answer::ok(&fill::rule(&workspace.facts, stored, version)))
}

/// `PUT …/alertRules/{name}`.
pub(crate) fn put(asked: Asked<'_>, name: &str) -> Result<Answer, ServiceError> {
    let version = Version::of(asked.call)?;
    let facts = {
        let mut state = asked.emulator.state();
        let workspace = asked.onboarded(&mut state, WRITE)?;
        workspace.facts.clone()
    };
    // Judged without the lock: reading a query takes the longest of all, and others need not wait for it.
    let options = Options {
        version,
        loose: asked.emulator.loose,
        now: asked.emulator.time.now(),
    };
    let judged = validate::rule(&asked.body()?, options)?;
    if !asked.call.dry {
        query::check(&judged.properties, &facts)?;
    }
    write(asked, name, judged)
}

/// Puts a judged rule in its place, if what is there allows it.
fn write(asked: Asked<'_>, name: &str, judged: Judged) -> Result<Answer, ServiceError> {
    let version = Version::of(asked.call)?;
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, WRITE)?;
    let now = asked.emulator.time.now();
    let key = name.to_lowercase();
    let touch = asked.touch();
    let (status, created, name) = match workspace.rules.get(&key) {
        Some(Slot::Deleted(at)) if now.duration_since(*at) < SOFT_DELETE => {
            return Err(answer::recently_deleted(name));
        }
        Some(Slot::Live(old)) => {
            unchanged(workspace, old, &judged)?;
            (StatusCode::OK, old.created.clone(), old.name.clone())
        }
        // A tag says which state is to be replaced; there is none.
        _ if judged.etag.is_some() => {
            return Err(answer::newer_instance(name, &workspace.facts.customer_id));
        }
        _ => (StatusCode::CREATED, touch.clone(), name.to_owned()),
    };
    quota(workspace, &key, &judged)?;
    let slot = Slot::Live(Box::new(Stored {
        name,
        etag: new_etag(now),
        properties: fill::stored(&judged.kind, &judged.properties),
        kind: Some(judged.kind),
        created,
        modified: touch,
    }));
    let answer = slot
        .live()
        .map(|stored| Answer::json(status, &fill::rule(&workspace.facts, stored, version)));
    if !asked.call.dry {
        asked.keep(Shelf::AlertRules, &key, Some(&slot))?;
        workspace.set_rule(&key, slot);
    }
    Ok(answer.expect("the slot was made live above"))
}

/// Refuses a write that was planned against another state, or that would change the kind.
fn unchanged(workspace: &Workspace, old: &Stored, judged: &Judged) -> Result<(), ServiceError> {
    if judged.etag.as_deref().is_some_and(|etag| etag != old.etag) {
        return Err(answer::newer_instance(
            &old.name,
            &workspace.facts.customer_id,
        ));
    }
    if old.kind.as_deref() != Some(judged.kind.as_str()) {
        return Err(answer::invalid_data_model(format!(
            "The kind of alert rule '{}' is '{}' and cannot be changed to '{}'",
            old.name,
            old.kind.as_deref().unwrap_or_default(),
            judged.kind
        )));
    }
    Ok(())
}

/// Refuses one enabled rule too many. The numbers are documented, the text is not known.
fn quota(workspace: &Workspace, key: &str, judged: &Judged) -> Result<(), ServiceError> {
    let most = match judged.kind.as_str() {
        "Scheduled" => 512,
        "NRT" => 50,
        _ => return Ok(()),
    };
    let on = |properties: &serde_json::Map<String, serde_json::Value>| {
        properties.get("enabled") == Some(&json!(true))
    };
    let others = workspace
        .rules
        .iter()
        .filter(|(other, _)| *other != key)
        .filter_map(|(_, slot)| slot.live())
        .filter(|stored| stored.kind.as_deref() == Some(judged.kind.as_str()))
        .filter(|stored| on(&stored.properties));
    if on(&judged.properties) && others.count() >= most {
        return Err(answer::bad_request(format!(
            "The maximum number of enabled {} analytics rules ({most}) has already been reached in workspace '{}'.",
            judged.kind, workspace.facts.customer_id
        )));
    }
    Ok(())
}

/// `DELETE …/alertRules/{name}`.
pub(crate) fn delete(asked: Asked<'_>, name: &str) -> Result<Answer, ServiceError> {
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, DELETE)?;
    Version::of(asked.call)?;
    let key = name.to_lowercase();
    if workspace.rules.get(&key).and_then(Slot::live).is_none() {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    remove(asked.emulator, workspace, &key, asked.emulator.time.now())?;
    Ok(Answer::ok(&json!({})))
}

/// Deletes a rule, leaving its trace.
pub(crate) fn remove(
    emulator: &Emulator,
    workspace: &mut Workspace,
    key: &str,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let slot = Slot::Deleted(now);
    emulator
        .store
        .write_slot(&workspace.facts.id(), Shelf::AlertRules, key, Some(&slot))
        .map_err(|error| broken(&error))?;
    workspace.set_rule(key, slot);
    Ok(())
}
