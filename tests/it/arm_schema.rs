//! Templates against the JSON Schemas that Azure Resource Manager publishes for them, by a validator that is not ours.
//!
//! The schemas are not part of the repository: `RULEPOST_SHARED` names the folder that holds `contract/`. Without it
//! the test says that it was skipped.

use std::path::Path;

use serde_json::{Value, json};

use crate::deploy::{project, rule};
use crate::support::Rulepost;

/// Where the schemas refer to for what every resource provider shares.
const COMMON: &str = "https://schema.management.azure.com/schemas/common/definitions.json";

/// A validator for one definition of a version's schema.
fn validator(shared: &Path, version: &str, definition: &str) -> jsonschema::Validator {
    let path = format!("contract/{version}/arm-schema/Microsoft.SecurityInsights.json");
    let text = std::fs::read_to_string(shared.join(path)).expect("the schema is there");
    let mut schema: Value =
        serde_json::from_str(&text.replace(COMMON, "")).expect("the schema is JSON");
    // An expression is a text in brackets whose first bracket is not doubled.
    schema["definitions"]["expression"] =
        json!({"type": "string", "pattern": "^\\[([^\\[].*)?\\]$"});
    schema["$ref"] = json!(format!("#/definitions/{definition}"));
    schema.as_object_mut().expect("an object").remove("id");
    jsonschema::draft4::new(&schema).expect("the schema is a schema")
}

/// What the schema has against the Sentinel resources of a template, and how many there are.
fn check(shared: &Path, version: &str, template: &Value) -> (usize, Vec<String>) {
    let mut found = Vec::new();
    let resources = template["resources"].as_array().expect("resources");
    for resource in resources {
        let kind = resource["type"]
            .as_str()
            .and_then(|one| one.rsplit('/').next());
        let (definition, checked) = match (kind, resource["kind"].as_str()) {
            (Some("metadata"), _) => ("MetadataProperties", &resource["properties"]),
            (_, Some("NRT")) => ("NrtAlertRule", resource),
            _ => ("ScheduledAlertRule", resource),
        };
        let validator = validator(shared, version, definition);
        let errors = validator.iter_errors(checked);
        found.extend(
            errors.map(|error| format!("{}: {}: {error}", resource["name"], error.instance_path())),
        );
    }
    (resources.len(), found)
}

#[test]
fn rendered_and_submitted_templates_are_valid_by_the_published_schemas() {
    let Some(shared) = std::env::var_os("RULEPOST_SHARED") else {
        println!("skipped: RULEPOST_SHARED names no folder with contract/");
        return;
    };
    let shared = Path::new(&shared);
    let rules = format!("{}/rules", env!("CARGO_MANIFEST_DIR"));
    for (version, schema) in [
        ("2025-09-01", "2025-09-01"),
        ("2025-10-01-preview", "2025-07-01-preview"),
    ] {
        for more in [&[][..], &["--overridable"]] {
            let out = Rulepost::new()
                .args(["render", "--to", "arm", "--api-version", version, &rules])
                .args(more.iter().copied())
                .run();
            let template = serde_json::from_str(&out.stdout).expect("a template");
            let (count, found) = check(shared, schema, &template);
            assert!(count >= 28, "{count}");
            assert_eq!(found, Vec::<String>::new());
        }
    }
    // What the schema is against is found.
    let out = Rulepost::new()
        .args(["render", "--to", "arm", &rules])
        .run();
    for (member, value) in [
        ("severity", json!("Critical")),
        ("triggerThreshold", json!("[[1]")),
    ] {
        let mut template: Value = serde_json::from_str(&out.stdout).expect("a template");
        template["resources"][0]["properties"][member] = value;
        assert_eq!(
            check(shared, "2025-09-01", &template).1.len(),
            1,
            "{member}"
        );
    }
    let project = project([1, 2]);
    for number in [1, 2] {
        let run = |text: String| {
            super::deploy::write(&project, number, &text);
            let args = [
                "deploy", "-w", "demo", "--cloud", "local", "--engine", "arm", "--yes",
            ];
            let out = Rulepost::in_dir(project.path()).args(args).run();
            assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
        };
        run(rule(number).replace("Medium", if number == 1 { "Low" } else { "High" }));
        let log = std::fs::read_to_string(project.path().join(".rulepost/local/requests.jsonl"));
        let log = log.expect("the log of the last run");
        let sent: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .filter(|one| one["body"]["properties"]["template"].is_object())
            .collect();
        assert_eq!(sent.len(), 1);
        let (count, found) = check(
            shared,
            "2025-07-01-preview",
            &sent[0]["body"]["properties"]["template"],
        );
        assert_eq!(
            (count, found),
            (if number == 1 { 4 } else { 2 }, Vec::new())
        );
    }
}

#[test]
fn linked_parts_and_what_links_them_are_valid_by_the_published_schemas() {
    let Some(shared) = std::env::var_os("RULEPOST_SHARED") else {
        println!("skipped: RULEPOST_SHARED names no folder with contract/");
        return;
    };
    let shared = Path::new(&shared);
    let project = project(1..=801);
    let args = ["render", "--to", "arm", "--overridable", "-o", "t.json"];
    let out = Rulepost::in_dir(project.path()).args(args).run();
    assert_eq!(out.code, 0, "{}", out.stderr);
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(project.path().join(name)).expect("written");
        serde_json::from_str(&text).expect("JSON")
    };
    let scheduled = validator(shared, "2025-07-01-preview", "ScheduledAlertRule");
    let mut count = 0;
    for part in ["t.part-1.json", "t.part-2.json"] {
        for resource in read(part)["resources"].as_array().expect("resources") {
            let found: Vec<String> = scheduled
                .iter_errors(resource)
                .map(|error| error.to_string())
                .collect();
            assert_eq!(found, Vec::<String>::new(), "{}", resource["name"]);
            count += 1;
        }
    }
    assert_eq!(count, 801);
    for deployment in read("t.json")["resources"].as_array().expect("resources") {
        assert_eq!(deployment["type"], "Microsoft.Resources/deployments");
        let name = deployment["properties"]["templateLink"]["relativePath"].as_str();
        assert!(read(name.expect("a path"))["parameters"].is_object());
    }
}
