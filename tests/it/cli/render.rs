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

#[test]
fn an_overridable_template_says_what_the_files_say_unless_told_otherwise() {
    let project = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let out = Rulepost::in_dir(project.path())
            .args(args.iter().copied())
            .run();
        assert_eq!(out.code, 0, "{out:?}");
    };
    std::fs::create_dir(project.path().join("rules")).expect("ours");
    std::fs::write(project.path().join("rules/a.yaml"), SOUND).expect("ours");
    run(&["render", "--to", "arm", "--overridable", "-o", "t.json"]);
    // The import evaluates the expressions, once with the defaults and once with overrides.
    run(&["import", "t.json", "-o", "same"]);
    let overrides = r#"{"parameters": {"enabled": {"value": "none"}, "overrides": {"value":
        {"9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11": {"severity": "High", "queryFrequency": "PT30M"}}}}}"#;
    std::fs::write(project.path().join("p.json"), overrides).expect("ours");
    run(&["import", "t.json", "--parameters", "p.json", "-o", "other"]);
    let read = |folder: &str| {
        std::fs::read_to_string(project.path().join(folder).join("many-failed-logins.yaml"))
            .expect("imported")
    };
    let (same, other) = (read("same"), read("other"));
    for wanted in [
        "severity: Medium\n",
        "queryFrequency: 1h\n",
        "enabled: true\n",
    ] {
        assert!(same.contains(wanted), "{same}");
    }
    for wanted in [
        "severity: High\n",
        "queryFrequency: 30m\n",
        "enabled: false\n",
    ] {
        assert!(other.contains(wanted), "{other}");
    }
}

#[test]
fn more_rules_than_one_template_takes_become_linked_parts() {
    let project = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(project.path().join("rules")).expect("ours");
    for number in 0..801 {
        let rule = SOUND
            .replace("9f6e64e5", &format!("{number:08x}"))
            .replace(
                "Many failed logins",
                &format!("Many failed logins {number}"),
            )
            .replace("50126", &format!("{}", 50126 + number));
        std::fs::write(project.path().join(format!("rules/{number}.yaml")), rule).expect("ours");
    }
    let run = |args: &[&str]| {
        Rulepost::in_dir(project.path())
            .args(args.iter().copied())
            .run()
    };
    let out = run(&["render", "--to", "arm"]);
    assert!(
        out.code == 2
            && out
                .stderr
                .contains("801 rules do not fit into one template"),
        "{}",
        out.stderr
    );
    let out = run(&["render", "--to", "arm", "-o", "arm/all.json"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(project.path().join("arm").join(name)).expect("written");
        serde_json::from_str(&text).expect("JSON")
    };
    let count = |name: &str| read(name)["resources"].as_array().map(Vec::len);
    assert_eq!(
        (
            count("all.json"),
            count("all.part-1.json"),
            count("all.part-2.json")
        ),
        (Some(2), Some(800), Some(1))
    );
    assert_eq!(
        read("all.json")["resources"][1]["properties"]["templateLink"]["relativePath"],
        "all.part-2.json"
    );
    let out = run(&["import", "arm", "-o", "back", "--format", "json"]);
    let report: Value = serde_json::from_str(&out.stdout).expect("JSON");
    assert_eq!(report["files"].as_array().map(Vec::len), Some(801));
}

#[test]
fn a_bicep_module_holds_every_rule() {
    let out = Rulepost::in_dir(root())
        .args(["render", "--to", "bicep", "rules"])
        .run();
    assert_eq!(out.code, 0, "{}", out.stderr);
    let rules = out
        .stdout
        .matches("'Microsoft.SecurityInsights/alertRules@")
        .count();
    assert!(rules > 10 && out.stdout.matches("scope: sentinel").count() == rules);
    let out = Rulepost::in_dir(root())
        .args(["render", "--to", "bicep", "--overridable", "rules"])
        .run();
    assert_eq!(out.code, 2, "{out:?}");
}
