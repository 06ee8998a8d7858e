//! Every rule of the pack has tests: a match, a near miss, and each parameter.

use std::collections::BTreeSet;

use super::{records, text};

/// The cases of a test file as text; the files of the pack are written in one layout.
fn cases(file: &str) -> Vec<String> {
    let path = format!(
        "{}/{}",
        env!("CARGO_MANIFEST_DIR"),
        file.replace(".yaml", ".test.yaml")
    );
    let yaml = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("there is no {path}"));
    let yaml = yaml.replace("\r\n", "\n");
    let (_, list) = yaml
        .split_once("\ncases:\n")
        .unwrap_or_else(|| panic!("{path} has no cases"));
    let list = format!("\n{list}");
    list.split("\n  - name: ")
        .skip(1)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_rule_has_a_match_a_near_miss_and_a_case_for_each_parameter() {
    for record in records() {
        let name = text(&record, "name");
        let cases = cases(&text(&record, "file"));
        let results = |case: &String| {
            let (_, rest) = case
                .split_once("\n      results: ")
                .expect("a number of results");
            rest.split('\n')
                .next()
                .unwrap_or_default()
                .parse::<u64>()
                .expect("a number")
        };
        assert!(
            cases.iter().any(|case| results(case) > 0),
            "{name} has no match"
        );
        assert!(
            cases.iter().any(|case| results(case) == 0),
            "{name} has no near miss"
        );
        let names: BTreeSet<_> = cases
            .iter()
            .filter_map(|case| case.lines().next())
            .collect();
        assert_eq!(names.len(), cases.len(), "{name}: two cases have one name");
        for parameter in record["parameters"].as_array().expect("a list") {
            let parameter = text(parameter, "name");
            let sets = |case: &String| {
                let before_rows = case.split("\n    rows:").next().unwrap_or_default();
                before_rows.contains(&format!("{parameter}: "))
            };
            assert!(cases.iter().any(sets), "{name}: no case sets {parameter}");
        }
    }
}

/// The whole pack is tried by `.ci/run` with an optimised program; here a folder of it.
#[test]
fn no_condition_of_a_rule_can_change_unnoticed() {
    let out = crate::support::Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["test", "rules/impact", "--mutate", "--coverage"])
        .args(["--deny", "needless-equivalent", "--format", "json"])
        .run();
    let told: serde_json::Value = serde_json::from_str(&out.stdout).expect("JSON");
    assert_eq!(out.code, 0, "{:#}", told["findings"]);
    for rule in told["rules"].as_array().expect("a list") {
        assert_eq!(rule["mutants"]["survived"], 0, "{rule:#}");
        assert!(rule["mutants"]["noticed"].as_u64() > Some(10), "{rule:#}");
        assert_eq!(rule["coverage"]["untriedParameters"], serde_json::json!([]));
    }
}
