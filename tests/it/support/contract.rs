//! The check that every body sent is one that the service's own definition allows.

use std::path::Path;
use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// Schemas of one version.
#[derive(Debug)]
struct Definition {
    scheduled: Validator,
    nrt: Option<Validator>,
    metadata: Validator,
    onboarding: Validator,
}

static PREVIEW: LazyLock<Definition> = LazyLock::new(|| {
    definition(include_str!(
        "../../fixtures/contract/2025-07-01-preview.json"
    ))
});
static STABLE: LazyLock<Definition> =
    LazyLock::new(|| definition(include_str!("../../fixtures/contract/2025-09-01.json")));

fn definition(text: &str) -> Definition {
    let schema: Value = serde_json::from_str(text).expect("the definition is JSON");
    let validator = |name: &str| {
        schema["definitions"].get(name)?;
        let mut root = schema.clone();
        root["$ref"] = json!(format!("#/definitions/{name}"));
        let options = jsonschema::options()
            .with_draft(Draft::Draft4)
            .with_format("duration", is_duration)
            .should_validate_formats(true);
        Some(options.build(&root).expect("the definition is a schema"))
    };
    Definition {
        scheduled: validator("ScheduledAlertRule").expect("in the definition"),
        nrt: validator("NrtAlertRule"),
        metadata: validator("Metadata").expect("in the definition"),
        onboarding: validator("OnboardingState").expect("in the definition"),
    }
}

/// `P[nD][T[nH][nM][nS]]`, judged without the code under test.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else {
        return false;
    };
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return false,
        None => (rest, ""),
    };
    let part = |text: &str, units: &str| {
        let mut left = units.chars();
        let mut digits = 0;
        let fits = text.chars().all(|c| {
            if c.is_ascii_digit() {
                digits += 1;
                return true;
            }
            let known = digits > 0 && left.any(|unit| unit == c);
            digits = 0;
            known
        });
        fits && digits == 0
    };
    !rest.is_empty() && part(date, "D") && part(time, "HMS")
}

/// What the definition has against a body; empty when it allows it.
pub(crate) fn violations(path: &str, api_version: &str, body: &Value) -> Vec<String> {
    let definition = if api_version.ends_with("-preview") {
        &*PREVIEW
    } else {
        &*STABLE
    };
    let lower = path.to_lowercase();
    if lower.contains("/microsoft.resources/deployments/") {
        return template_violations(body);
    }
    let validator = if lower.contains("/alertrules/") {
        match body.get("kind").and_then(Value::as_str) {
            Some("Scheduled") => &definition.scheduled,
            Some("NRT") => match &definition.nrt {
                Some(validator) => validator,
                None => return vec![format!("{api_version} has no kind `NRT`")],
            },
            kind => return vec![format!("no definition for the kind {kind:?}")],
        }
    } else if lower.contains("/metadata/") {
        &definition.metadata
    } else if lower.contains("/onboardingstates/") {
        &definition.onboarding
    } else {
        return vec!["no definition for this resource".to_owned()];
    };
    let errors = validator.iter_errors(body);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The same of a deployment: each resource of its template is held against the definition of its type.
fn template_violations(body: &Value) -> Vec<String> {
    let template = &body["properties"]["template"];
    let Some(resources) = template["resources"].as_array() else {
        return vec!["the deployment has no template with resources".to_owned()];
    };
    let mut found = Vec::new();
    for resource in resources {
        let text = |name: &str| resource[name].as_str().unwrap_or_default();
        let kind = text("type").rsplit('/').next().unwrap_or_default();
        let mut sent = resource.clone();
        if let Some(members) = sent.as_object_mut() {
            members
                .retain(|name, _| !["type", "name", "apiVersion", "dependsOn"].contains(&&**name));
        }
        let path = format!("/{kind}/{}", text("name"));
        found.extend(violations(&path, text("apiVersion"), &sent));
    }
    found
}

/// Checks every request of an emulator's log, save those that a test made wrong on purpose.
///
/// Panics on the first body that the definition does not allow, and when the log is not whole.
pub(crate) fn check_log(log: &Value) {
    assert_eq!(log["dropped"], 0, "the request log is not whole");
    let entries = log["requests"].as_array().expect("the log is a list");
    for entry in entries {
        check_entry(entry);
    }
}

/// Checks what was sent to the emulator that `--cloud local` started in a project, if one was.
pub(crate) fn check_local_log(project: &Path) {
    let log = project.join(".rulepost/local/requests.jsonl");
    let Ok(text) = std::fs::read_to_string(log) else {
        return;
    };
    for line in text.lines() {
        check_entry(&serde_json::from_str(line).expect("a request a line"));
    }
}

fn check_entry(entry: &Value) {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    // The definition at hand is that of rules and their like; tables and incidents are not in it.
    let path = text("path").to_lowercase();
    if !path.contains("/microsoft.securityinsights/") || path.contains("/incidents/") {
        return;
    }
    let Some(body) = entry.get("body").filter(|body| !body.is_null()) else {
        return;
    };
    let stored = entry["status"]
        .as_u64()
        .is_some_and(|status| (200..300).contains(&status));
    // What Azure sends on is what stands in the deployment; a plain client's may hold what is refused on purpose.
    let deployment = text("path").contains("/Microsoft.Resources/deployments/");
    match text("user_agent") {
        "AzureResourceManager" => return,
        super::emulator::TESTER if !stored || deployment => return,
        _ => {}
    }
    let found = violations(text("path"), text("api_version"), body);
    assert!(
        found.is_empty(),
        "{} {} was sent a body that the definition does not allow:\n{}\n{body:#}",
        text("method"),
        text("path"),
        found.join("\n")
    );
}

#[test]
fn the_check_finds_what_the_definition_does_not_allow() {
    let path = "/x/providers/Microsoft.SecurityInsights/alertRules/r";
    let mut body = super::emulator::scheduled("r");
    assert_eq!(violations(path, "2025-09-01", &body), Vec::<String>::new());
    for (pointer, value) in [
        ("/properties/severity", json!("Critical")),
        ("/properties/queryFrequency", json!("1h")),
        ("/properties/queryFrequency", json!("PT1D")),
        ("/properties/enabled", json!("true")),
        ("/properties/triggerThreshold", json!(0.5)),
        ("/properties/displayName", Value::Null),
        ("/kind", json!("scheduled")),
    ] {
        let mut wrong = body.clone();
        *wrong.pointer_mut(pointer).expect("in the body") = value;
        assert!(
            !violations(path, "2025-09-01", &wrong).is_empty(),
            "{wrong}"
        );
    }
    body["properties"]["subTechniques"] = json!(["T1110.001"]);
    assert_eq!(
        violations(path, "2025-10-01-preview", &body),
        Vec::<String>::new()
    );
    assert!(!violations(path, "2025-09-01", &body).is_empty());
}
