//! `test`: the pack passes, a failure is told, and so is what cannot be read.

use serde_json::Value;

use crate::cli::validate::SOUND;
use crate::support::Rulepost;

#[test]
fn the_pack_passes_its_tests() {
    let out = Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["test", "rules", "--format", "json"])
        .run();
    let told: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let cases = told["cases"].as_array().expect("a list");
    let failed: Vec<_> = cases.iter().filter(|case| case["passed"] != true).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert!(cases.len() >= 240, "only {} cases", cases.len());
    assert_eq!(told["untested"].as_array().map(Vec::len), Some(0));
}

/// Tests of [`SOUND`] that expect `results`.
fn tests(results: usize) -> String {
    format!(
        "now: 2026-11-20T12:00:00Z\ncases:\n  - name: no rows\n    rows: {{ SigninLogs: [], StorageBlobLogs: [] }}\n    \
         expect: {{ results: {results} }}\n"
    )
}

#[test]
fn a_case_that_fails_is_told_and_exits_with_three() {
    let run = |text: String| {
        Rulepost::new()
            .file("rules/a.yaml", SOUND.replace("== 50126", "== \"50126\""))
            .file("rules/a.test.yaml", text)
            .args(["test"])
            .run()
    };
    let passed = run(tests(0));
    assert_eq!(
        (passed.code, passed.stdout.as_str()),
        (0, "1 case passed, 0 failed\n"),
        "{}",
        passed.stderr
    );
    let failed = run(tests(2));
    assert_eq!(failed.code, 3);
    assert!(
        failed.stdout.contains("failed: no rows\n"),
        "{}",
        failed.stdout
    );
    assert!(
        failed
            .stdout
            .contains("  2 results were expected, there are 0\n"),
        "{}",
        failed.stdout
    );
    let broken = run(tests(0).replace("expect", "expects"));
    assert_eq!(broken.code, 3);
    assert!(
        broken.stdout.contains("the key `expects`"),
        "{}",
        broken.stdout
    );
}

#[test]
fn a_rule_without_tests_is_named() {
    let out = Rulepost::new()
        .file("rules/a.yaml", SOUND)
        .args(["test"])
        .run();
    assert_eq!(
        (out.code, out.stdout.as_str()),
        (0, "no tests: rules/a.yaml\n0 cases passed, 0 failed\n")
    );
}
