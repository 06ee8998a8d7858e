//! `render`: the committed template is fresh, bodies are written one file a rule, faults stop everything.

use serde_json::Value;

use crate::cli::validate::SOUND;
use crate::support::Rulepost;

fn root() -> &'static str {
    env!("CARGO_MANIFEST_DIR")
}

#[test]
fn the_committed_template_is_what_the_rules_render_to() {
    let out = Rulepost::in_dir(root())
        .args(["render", "--to", "arm", "rules"])
        .run();
    assert_eq!(out.code, 0, "{}", out.stderr);
    let committed = std::fs::read_to_string(format!("{}/arm/sftp-rules.json", root()))
        .expect("the template is committed");
    // A checkout may respell line ends; the text is JSON and has none inside strings.
    assert!(
        committed.replace("\r\n", "\n") == out.stdout,
        "arm/sftp-rules.json is stale: `cargo run -- render --to arm -o arm/sftp-rules.json`"
    );
}

#[test]
fn every_resource_of_the_committed_templates_is_valid_by_the_services_definition() {
    let schema: Value = serde_json::from_str(include_str!(
        "../../fixtures/api/alert-rule-preview.schema.json"
    ))
    .expect("a schema");
    let template: Value =
        serde_json::from_str(include_str!("../../../arm/sftp-rules.json")).expect("a template");
    let resources = template["resources"].as_array().expect("resources");
    assert!(resources.len() >= 4);
    for resource in resources {
        let kind = match resource["kind"].as_str() {
            Some("NRT") => "NrtAlertRule",
            _ => "ScheduledAlertRule",
        };
        let mut schema = schema.clone();
        schema["$ref"] = Value::from(format!("#/definitions/{kind}"));
        let validator = jsonschema::draft4::new(&schema).expect("a schema");
        let found: Vec<String> = validator
            .iter_errors(resource)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(found, [""; 0], "{}", resource["name"]);
    }
    let onboarding: Value =
        serde_json::from_str(include_str!("../../../arm/onboard-sentinel.json")).expect("JSON");
    let types: Vec<_> = onboarding["resources"]
        .as_array()
        .expect("resources")
        .iter()
        .map(|resource| resource["type"].as_str().expect("a type"))
        .collect();
    assert_eq!(
        types,
        [
            "Microsoft.OperationalInsights/workspaces",
            "Microsoft.SecurityInsights/onboardingStates"
        ]
    );
}

#[test]
fn bodies_are_written_one_file_a_rule() {
    let run = Rulepost::new()
        .file("rules/a.yaml", SOUND)
        .args(["render", "--to", "rest", "-o", "out"]);
    let file = run
        .dir()
        .join("out/9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11.json");
    let out = run.run();
    assert_eq!(
        (out.code, out.stdout.as_str(), out.stderr.as_str()),
        (0, "", "wrote 1 body to `out`\n")
    );
    let body: Value =
        serde_json::from_str(&std::fs::read_to_string(file).expect("written")).expect("JSON");
    assert_eq!(body["properties"]["queryFrequency"], "PT1H");
    assert_eq!(body["properties"]["enabled"], true);
}

#[test]
fn a_rule_that_cannot_be_understood_stops_the_render() {
    let out = Rulepost::new()
        .file("rules/a.yaml", SOUND)
        .file(
            "rules/b.yaml",
            SOUND.replace("severity: Medium", "severity: Huge"),
        )
        .args(["render", "--to", "arm"])
        .run();
    assert_eq!((out.code, out.stdout.as_str()), (3, ""));
    assert!(out.stderr.contains("Huge"), "{}", out.stderr);
    assert!(
        out.stderr
            .ends_with("1 error in 2 files; nothing was done\n"),
        "{}",
        out.stderr
    );
}

#[test]
fn a_stable_version_says_what_it_drops() {
    let out = Rulepost::new()
        .file("rules/a.yaml", SOUND.replace("- T1110", "- T1110.003"))
        .args(["render", "--to", "rest", "--api-version", "2025-09-01"])
        .run();
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert!(
        out.stderr.contains("warning[sub-technique-dropped]"),
        "{}",
        out.stderr
    );
    assert!(!out.stdout.contains("subTechniques"));
}
