//! What a deployment would change: each resource as it is against what its provider would make of it.

use hyper::Method;
use serde_json::{Map, Value, json};

use crate::emulator::Emulator;
use crate::emulator::auth::Caller;
use crate::emulator::deployment::{put, request};
use crate::emulator::handlers::deployments::Group;
use crate::emulator::router;
use crate::emulator::template::Resource;

/// The result of a preview; `full` puts the resources into it.
pub(crate) fn result(
    emulator: &Emulator,
    caller: &Caller,
    group: Group<'_>,
    resources: &[Resource],
    full: bool,
) -> Value {
    let mut changes: Vec<Value> = resources
        .iter()
        .map(|one| change(emulator, caller, one, full))
        .collect();
    // What the group holds beside the template; of it the emulator knows the workspaces.
    let state = emulator.state();
    for facts in state.workspaces.values().map(|one| &one.facts) {
        if facts.subscription.eq_ignore_ascii_case(group.subscription)
            && facts.resource_group.eq_ignore_ascii_case(group.name)
        {
            changes.push(json!({"resourceId": facts.id().to_string(), "changeType": "Ignore"}));
        }
    }
    json!({"status": "Succeeded", "properties": {"changes": changes}})
}

fn change(emulator: &Emulator, caller: &Caller, resource: &Resource, full: bool) -> Value {
    let now = router::within(emulator, &request(Method::GET, resource), caller, None);
    let id = &resource.id;
    if !now.status.is_success() && now.status.as_u16() != 404 {
        let told: Value = serde_json::from_slice(&now.body).unwrap_or(Value::Null);
        let reason = told
            .pointer("/error/message")
            .and_then(Value::as_str)
            .unwrap_or("The resource cannot be read.");
        return json!({"resourceId": id, "changeType": "Unsupported", "unsupportedReason": reason});
    }
    let before = now.status.is_success().then(|| content(&now.body));
    let made = router::within(emulator, &put(resource, true), caller, None);
    // What the provider refuses is for the deployment to tell; a preview shows what was sent.
    let after = if made.status.is_success() {
        content(&made.body)
    } else {
        resource.body.clone()
    };
    let delta = before.as_ref().map(|before| {
        let mut delta = Vec::new();
        compare("", before, &after, &mut delta);
        delta
    });
    let change_type = match &delta {
        None => "Create",
        Some(_) if !full => "Deploy",
        Some(delta) if delta.is_empty() => "NoChange",
        Some(_) => "Modify",
    };
    let mut change = json!({"resourceId": id, "changeType": change_type});
    if full {
        if let Some(before) = before {
            change["before"] = before;
        }
        change["after"] = after;
        if let Some(delta) = delta.filter(|delta| !delta.is_empty()) {
            change["delta"] = Value::Array(delta);
        }
    }
    change
}

/// A resource without what its provider owns.
fn content(body: &[u8]) -> Value {
    let mut content: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if let Some(members) = content.as_object_mut() {
        members.retain(|name, _| {
            !matches!(
                name.as_str(),
                "etag" | "systemData" | "id" | "name" | "type"
            )
        });
    }
    if let Some(properties) = content.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove("lastModifiedUtc");
    }
    content
}

/// Adds what differs; objects are gone into, arrays are told item by item.
fn compare(path: &str, before: &Value, after: &Value, delta: &mut Vec<Value>) {
    if let (Value::Object(one), Value::Object(other)) = (before, after) {
        members(path, one, other, delta);
    } else if let (Value::Array(one), Value::Array(other)) = (before, after) {
        let mut children = Vec::new();
        for index in 0..one.len().max(other.len()) {
            step(
                &index.to_string(),
                one.get(index),
                other.get(index),
                &mut children,
            );
        }
        if !children.is_empty() {
            delta.push(json!({"path": path, "propertyChangeType": "Array", "children": children}));
        }
    } else if before != after {
        delta.push(
            json!({"path": path, "propertyChangeType": "Modify", "before": before, "after": after}),
        );
    }
}

fn members(
    path: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    delta: &mut Vec<Value>,
) {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        step(&path, before.get(name), after.get(name), delta);
    }
}

/// One member or item; null is absence.
fn step(path: &str, before: Option<&Value>, after: Option<&Value>, delta: &mut Vec<Value>) {
    let there = |value: &&Value| !value.is_null();
    match (before.filter(there), after.filter(there)) {
        (Some(before), Some(after)) => compare(path, before, after, delta),
        (None, Some(after)) => {
            delta.push(json!({"path": path, "propertyChangeType": "Create", "after": after}));
        }
        (Some(before), None) => {
            delta.push(json!({"path": path, "propertyChangeType": "Delete", "before": before}));
        }
        (None, None) => {}
    }
}
