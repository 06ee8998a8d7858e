//! `coverage`: each format, the format by the output's name, and the committed table.

use serde_json::Value;

use crate::support::Output;
use crate::support::Rulepost;

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
            out.stderr.contains("wrote the coverage of 26 rules"),
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
