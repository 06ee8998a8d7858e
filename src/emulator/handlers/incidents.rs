//! `incidents`: what rules that ran have made.

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::handlers::{Asked, page};
use crate::emulator::incident::Case;
use crate::emulator::reader::Reader;
use crate::emulator::state::{Slot, Stored, Workspace, new_etag};
use crate::emulator::store::Shelf;
use crate::emulator::version::Version;

/// Everything below `incidents`.
pub(crate) fn answer(asked: Asked<'_>, rest: &[&str]) -> Result<Answer, ServiceError> {
    let action = match (&asked.call.method, rest) {
        (&Method::PUT, _) => "Microsoft.SecurityInsights/incidents/write",
        (&Method::DELETE, _) => "Microsoft.SecurityInsights/incidents/delete",
        _ => "Microsoft.SecurityInsights/incidents/read",
    };
    let mut state = asked.emulator.state();
    let workspace = asked.onboarded(&mut state, action)?;
    Version::of(asked.call)?;
    if let ([], &Method::GET) = (rest, &asked.call.method) {
        // A wrong order or too many would be a wrong answer.
        for option in ["$filter", "$orderby", "$top"] {
            if asked.call.query.contains_key(option) {
                return Err(answer::bad_request(format!(
                    "The query option '{option}' is not supported by the emulator."
                )));
            }
        }
        return Ok(page(asked, &workspace.incidents, |slot| {
            let stored = slot.live()?;
            Some(Case::of(stored)?.show(&workspace.facts, stored))
        }));
    }
    let [name, below @ ..] = rest else {
        return Err(answer::method_not_allowed(asked.call.method.as_str()));
    };
    let missing = || answer::not_found("Incident", name);
    let (key, stored, case) = find(workspace, name).ok_or_else(missing)?;
    let facts = &workspace.facts;
    match (below, &asked.call.method) {
        ([], &Method::GET) => Ok(Answer::ok(&case.show(facts, &stored))),
        (["alerts"], &Method::POST) => Ok(Answer::ok(&case.show_alerts(facts))),
        (["entities"], &Method::POST) => Ok(Answer::ok(&case.show_entities(facts))),
        ([], &Method::PUT) => {
            let body = asked.body()?;
            let (etag, case) = changed(&body, case)?;
            if etag.is_some_and(|etag| etag != stored.etag) {
                let customer = &workspace.facts.customer_id;
                return Err(answer::newer_resource("incident", name, customer));
            }
            let touch = asked.touch();
            let stored = Stored {
                etag: new_etag(touch.at),
                properties: case.properties(),
                modified: touch,
                ..stored
            };
            let answer = Answer::ok(&case.show(facts, &stored));
            let slot = Slot::Live(Box::new(stored));
            asked.keep(Shelf::Incidents, &key, Some(&slot))?;
            workspace.incidents.insert(key, slot);
            Ok(answer)
        }
        ([], &Method::DELETE) => {
            asked.keep(Shelf::Incidents, &key, None)?;
            workspace.incidents.remove(&key);
            Ok(Answer::json(StatusCode::OK, &json!({})))
        }
        ([] | ["alerts" | "entities"], method) => Err(answer::method_not_allowed(method.as_str())),
        _ => Err(answer::no_such_path(&asked.call.path)),
    }
}

/// An incident by its name, in any case.
fn find(workspace: &Workspace, name: &str) -> Option<(String, Stored, Case)> {
    workspace.incidents.iter().find_map(|(key, slot)| {
        let stored = slot.live()?;
        stored.name.eq_ignore_ascii_case(name).then_some(())?;
        Some((key.clone(), stored.clone(), Case::of(stored)?))
    })
}

/// The incident as a body wants it, and the tag that the body was written for.
fn changed(body: &Value, mut case: Case) -> Result<(Option<String>, Case), ServiceError> {
    let root = Reader::of(body, "")?;
    let etag = root.text("etag")?.map(str::to_owned);
    let empty = Map::new();
    let properties = body.get("properties").and_then(Value::as_object);
    let properties = Reader::new(properties.unwrap_or(&empty), "properties");
    let needed = |name: &str| {
        let found = properties.text(name)?;
        properties.required(name, found).map(str::to_owned)
    };
    case.title = needed("title")?;
    let severities = &["High", "Medium", "Low", "Informational"];
    properties.one_of("severity", "IncidentSeverity", severities)?;
    properties.one_of("status", "IncidentStatus", &["New", "Active", "Closed"])?;
    case.severity = needed("severity")?;
    case.status = needed("status")?;
    let optional = |name: &str| Ok(properties.text(name)?.map(str::to_owned));
    case.description = optional("description")?.unwrap_or_default();
    case.classification = optional("classification")?;
    case.classification_reason = optional("classificationReason")?;
    case.classification_comment = optional("classificationComment")?;
    if case.status == "Closed" && case.classification.is_none() {
        return Err(answer::bad_request(
            "Classification is required when closing an incident.",
        ));
    }
    let raw = &body["properties"];
    case.owner = raw["owner"].clone();
    case.labels = raw["labels"].as_array().cloned().unwrap_or_default();
    Ok((etag, case))
}

/// Every incident with its alerts, its entities and the name of its rule, for who asks without a token.
pub(crate) fn whole(workspace: &Workspace) -> Value {
    let facts = &workspace.facts;
    let show = |slot: &Slot| {
        let stored = slot.live()?;
        let case = Case::of(stored)?;
        let mut shown = case.show(facts, stored);
        let rule = workspace.rules.get(&case.rule).and_then(Slot::live);
        let name = rule.and_then(|rule| rule.properties.get("displayName"));
        shown["ruleName"] = name.cloned().unwrap_or_default();
        shown["alerts"] = case.show_alerts(facts)["value"].take();
        shown["entities"] = case.show_entities(facts)["entities"].take();
        Some(shown)
    };
    let list: Vec<Value> = workspace.incidents.values().filter_map(show).collect();
    json!({ "value": list })
}
