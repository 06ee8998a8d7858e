//! The emulator answers as the real service did, exchange by exchange.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::emulator::text;

/// The exchanges, in the order of the file.
pub(crate) fn exchanges() -> Vec<Value> {
    include_str!("../../fixtures/recordings/exchanges.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("an exchange a line"))
        .collect()
}

/// The path of an exchange's URL.
fn path(exchange: &Value) -> &str {
    text(exchange, "url")
        .strip_prefix("https://management.azure.com")
        .expect("a call to Azure Resource Manager")
}

/// A seed with the workspace of an exchange, and in it what `rules` says.
fn seed(exchange: &Value, onboarded: bool, rules: &[&Value]) -> Value {
    let segments: Vec<&str> = path(exchange).trim_start_matches('/').split('/').collect();
    json!({"workspaces": [{
        "subscription": segments[1],
        "resourceGroup": segments[3],
        "name": segments[7],
        "onboarded": onboarded,
        "location": "westus",
        "customerId": "acd2b216-6424-44d1-bff5-d19bbeab401a",
        "alertRules": rules,
    }]})
}

/// Takes out what differs from write to write.
fn steady(mut resource: Value) -> Value {
    for item in resource
        .get_mut("value")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        *item = steady(item.take());
    }
    if let Some(object) = resource.as_object_mut() {
        object.remove("etag");
        object.remove("systemData");
    }
    if let Some(properties) = resource
        .get_mut("properties")
        .and_then(Value::as_object_mut)
    {
        let modified = properties.remove("lastModifiedUtc");
        assert!(modified.is_none_or(|time| time.is_string()));
    }
    resource
}

/// The names of an object's members, in order.
fn names(value: &Value) -> Vec<&str> {
    let members = value.as_object().into_iter().flatten();
    let mut names: Vec<&str> = members.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_recorded_rule_exchange_is_answered_as_recorded() {
    let mut seen = 0;
    for exchange in exchanges() {
        let path = path(&exchange);
        if !path.contains("/alertRules") {
            continue;
        }
        seen += 1;
        let version = text(&exchange, "api-version");
        let recorded = &exchange["response_body"];
        let method: Method = text(&exchange, "method").parse().expect("a method");
        let mut request = exchange["request_body"].clone();
        // A read needs what it reads to be there; a deleted rule needs to have been there.
        let there: Vec<Value> = match (method.as_str(), recorded.get("value")) {
            ("GET", Some(items)) => items.as_array().expect("a list").clone(),
            ("GET", None) => vec![recorded.clone()],
            ("DELETE", _) => {
                let name = path.rsplit('/').next().expect("a name");
                vec![json!({"name": name, "kind": "Scheduled", "properties": {}})]
            }
            _ => Vec::new(),
        };
        let emulator = Emulator::seeded(&seed(&exchange, true, &there.iter().collect::<Vec<_>>()));
        if request.get("etag").is_some() {
            // An update is one of what was created before; its tag is the emulator's own.
            request.as_object_mut().expect("a body").remove("etag");
            let first = emulator.call_version(Method::PUT, path, version, Some(&request));
            assert_eq!(first.status, 201, "{first:?}");
            request["etag"] = first.body["etag"].clone();
        }
        let body = (!request.is_null()).then_some(&request);
        let reply = emulator.call_version(method, path, version, body);
        assert_eq!(u64::from(reply.status), exchange["status"], "{reply:?}");
        assert_eq!(
            steady(reply.body.clone()),
            steady(recorded.clone()),
            "{}",
            text(&exchange, "source")
        );
        for (name, value) in exchange["response_headers"].as_object().expect("headers") {
            assert_eq!(reply.header(name), value.as_str().expect("text"), "{name}");
        }
        // Members of one object come in the recorded order as well, from 2021 on.
        if version > "2021" && recorded.get("properties").is_some() {
            let order = |body: &Value| {
                let members = body["properties"].as_object().into_iter().flatten();
                members.map(|(name, _)| name.clone()).collect::<Vec<_>>()
            };
            assert_eq!(order(&reply.body), order(recorded));
        }
    }
    assert_eq!(seen, 10);
}

#[test]
fn the_recorded_workspace_and_its_onboarding_have_the_recorded_shape() {
    let mut seen = 0;
    for exchange in exchanges() {
        let path = path(&exchange);
        if path.contains("/alertRules") {
            continue;
        }
        seen += 1;
        let version = text(&exchange, "api-version");
        let recorded = &exchange["response_body"];
        let method: Method = text(&exchange, "method").parse().expect("a method");
        let emulator = Emulator::seeded(&seed(&exchange, false, &[]));
        let request = &exchange["request_body"];
        let body = (!request.is_null()).then_some(request);
        let reply = emulator.call_version(method, path, version, body);
        assert_eq!(u64::from(reply.status), exchange["status"], "{reply:?}");
        assert_eq!(names(&reply.body), names(recorded));
        for member in ["properties", "systemData"] {
            assert_eq!(
                names(&reply.body[member]),
                names(&recorded[member]),
                "{member}"
            );
        }
        for member in ["id", "name", "type", "location"] {
            assert_eq!(reply.body.get(member), recorded.get(member), "{member}");
        }
    }
    assert_eq!(seen, 2);
}
