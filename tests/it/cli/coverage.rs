//! `coverage`: each format, the format by the output's name, and the committed table.

use serde_json::Value;

use crate::support::Emulator;
use crate::support::Output;
use crate::support::Rulepost;
use crate::support::emulator::scheduled;

fn coverage(args: &[&str]) -> Output {
    Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["coverage"].into_iter().chain(args.iter().copied()))
        .run()
}

#[test]
fn the_committed_table_is_what_the_rules_cover() {
    let out = coverage(&["rules"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let committed = include_str!("../../../docs/coverage.md").replace("\r\n", "\n");
    assert!(
        committed == out.stdout,
        "docs/coverage.md is stale: `cargo run -- coverage -o docs/coverage.md`"
    );
}

#[test]
fn the_name_of_the_output_chooses_the_format() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, start) in [
        ("c.html", "<!doctype html>"),
        ("c.md", "# Detection coverage"),
        ("c.json", "{\n  \"version\": 1"),
        ("c.txt", "# Detection coverage"),
    ] {
        let path = folder.path().join("new").join(name);
        let path = path.to_str().expect("a temporary path is text");
        let out = coverage(&["rules", "-o", path]);
        assert_eq!((out.code, out.stdout.as_str()), (0, ""), "{}", out.stderr);
        assert!(
            out.stderr.contains("wrote the coverage of 28 rules"),
            "{}",
            out.stderr
        );
        let text = std::fs::read_to_string(path).expect("it was written");
        assert!(text.starts_with(start), "{name}");
    }
}

#[test]
fn the_layer_of_the_pack_has_the_shape_the_navigator_reads() {
    let out = coverage(&["--format", "navigator", "rules"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let layer: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let schema: Value = serde_json::from_str(include_str!(
        "../../fixtures/navigator-layer-4.5.schema.json"
    ))
    .expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let found: Vec<String> = validator
        .iter_errors(&layer)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(found, [""; 0]);
    assert!(!validator.is_valid(&serde_json::json!({"name": "no domain", "techniques": []})));
    let entries = layer["techniques"].as_array().expect("a list");
    let mut keys: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {}", entry["tactic"], entry["techniqueID"]))
        .collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "a technique stands twice under a tactic");
}

#[test]
fn faults_in_the_rules_stop_it() {
    let out = Rulepost::new()
        .file("rules/bad.yaml", "id: [")
        .args(["coverage"])
        .run();
    assert_eq!((out.code, out.stdout.as_str()), (3, ""), "{}", out.stderr);
}

#[test]
fn a_workspace_is_compared_rule_by_rule() {
    let emulator = Emulator::start();
    let bodies = Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["render", "--to", "rest", "rules/impact"])
        .run();
    let bodies: Value = serde_json::from_str(&bodies.stdout).expect("JSON");
    let name = bodies[0]["id"].as_str().expect("an id");
    assert_eq!(
        emulator
            .put(&emulator.rule(name), &bodies[0]["body"])
            .status,
        201
    );
    assert_eq!(
        emulator
            .put(&emulator.rule("by-hand"), &scheduled("By hand"))
            .status,
        201
    );
    let out = emulator
        .rulepost_in(env!("CARGO_MANIFEST_DIR"))
        .args(["coverage", "--format", "json", "rules/impact"])
        .run();
    assert_eq!(out.code, 0, "{}", out.stderr);
    let report: Value = serde_json::from_str(&out.stdout).expect("JSON");
    assert!(report["workspace"].is_string());
    let states: Vec<_> = report["rules"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|rule| {
            (
                rule["id"] == name,
                rule["file"] == "",
                rule["state"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    let count =
        |wanted: (bool, bool, &str)| states.iter().filter(|state| **state == wanted).count();
    assert_eq!(count((true, false, "deployed")), 1, "{states:?}");
    assert_eq!(count((false, false, "pending")), 1, "{states:?}");
    assert_eq!(
        count((false, true, "foreign")),
        states.len() - 2,
        "{states:?}"
    );
    assert_eq!(
        emulator.requests_of("PUT", "/alertRules/").len(),
        2,
        "comparing writes nothing"
    );
}
