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
        failed
            .stdout
            .contains("error[test-failed]: case `no rows`: 2 results were expected, there are 0\n"),
        "{}",
        failed.stdout
    );
    assert!(
        failed.stdout.contains("rules/a.test.yaml:5:"),
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
    let run = |args: &[&str]| {
        Rulepost::new()
            .file("rules/a.yaml", SOUND)
            .args(["test"])
            .args(args.iter().copied())
            .run()
    };
    let out = run(&[]);
    assert_eq!(out.code, 0);
    assert!(
        out.stdout.contains("warning[untested-rule]: the rule `")
            && out.stdout.contains("help: `rules/a.test.yaml` holds them")
            && out.stdout.ends_with("0 cases passed, 0 failed\n"),
        "{}",
        out.stdout
    );
    assert_eq!(run(&["--deny", "warnings"]).code, 3);
    assert_eq!(run(&["--deny", "untested-rules"]).code, 2);
}

/// A rule with a threshold, and a case on each side of it.
fn threshold(more: &str) -> Rulepost {
    let rule = SOUND.replace("== 50126", "== \"50126\"");
    let query = rule.split("query: |\n").nth(1).expect("a query");
    let query = query
        .split_inclusive('\n')
        .take_while(|line| line.starts_with(' '));
    let query: String = query.collect();
    let rule = rule.replace(
        &query,
        "  SigninLogs\n  | where ResultType == \"50126\" and isnotempty(UserPrincipalName)\n  \
         | summarize Failures = count() by UserPrincipalName, IPAddress\n  | where Failures >= 3\n",
    );
    let row = "UserPrincipalName: a, IPAddress: b";
    let tests = format!(
        "now: 2026-11-20T12:00:00Z\n{more}cases:\n  - name: three\n    rows:\n      SigninLogs:\n        \
         - {{ at: 5m, repeat: 3, row: {{ ResultType: '50126', {row} }} }}\n        \
         - {{ at: 5m, repeat: 4, row: {{ ResultType: '0', {row} }} }}\n    expect: {{ results: 1, contains: [{{ Failures: 3 }}] }}\n  \
         - name: two\n    rows: {{ SigninLogs: [{{ at: 5m, repeat: 2, row: {{ ResultType: '50126', {row} }} }}] }}\n    \
         expect: {{ results: 0 }}\n"
    );
    Rulepost::new()
        .file("rules/a.yaml", rule)
        .file("rules/a.test.yaml", tests)
}

#[test]
fn a_change_that_no_case_notices_is_told_with_its_place() {
    let out = threshold("").args(["test", "--mutate"]).run();
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
    assert!(
        out.stdout.contains(
            "error[surviving-mutant]: no case notices this change: drop `isnotempty(UserPrincipalName)`"
        ),
        "{}",
        out.stdout
    );
    assert!(out.stdout.contains("--> rules/a.yaml:"), "{}", out.stdout);
    assert_eq!(out.stdout.matches("error[").count(), 1, "{}", out.stdout);
    assert!(out.stdout.contains("1 survived\n"), "{}", out.stdout);
}

#[test]
fn a_declared_mutant_is_accepted_and_a_needless_declaration_told() {
    let declared = "equivalents:\n  - mutant: drop `isnotempty(UserPrincipalName)`\n    reason: it is always there\n";
    let out = threshold(declared).args(["test", "--mutate"]).run();
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    assert!(out.stdout.contains("1 declared as equivalent, 0 survived"));
    let needless =
        format!("{declared}  - mutant: write `>` for `>=` in `Failures >= 3`\n    reason: no\n");
    let out = threshold(&needless).args(["test", "--mutate"]).run();
    assert!(
        out.stdout.contains("warning[needless-equivalent]")
            && out.stdout.contains("rules/a.test.yaml:5:13"),
        "{}",
        out.stdout
    );
    let silent = declared.replace("reason: it is always there", "reason: ''");
    let out = threshold(&silent).args(["test", "--mutate"]).run();
    assert!(out.stdout.contains("has no `reason`"), "{}", out.stdout);
    assert_eq!(out.code, 3);
}

#[test]
fn coverage_tells_conditions_that_have_one_outcome() {
    let out = threshold("").args(["test", "--coverage"]).run();
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    assert!(
        out.stdout
            .contains("warning[one-sided-condition]: the condition is never false in a case")
            && out.stdout.contains("isnotempty(UserPrincipalName)"),
        "{}",
        out.stdout
    );
    assert!(
        out.stdout.ends_with(
            "of 1 rule, 1 have a case that matches and 1 one that does not\n2 of 3 conditions were both true and false\n"
        ),
        "{}",
        out.stdout
    );
    let out = threshold("")
        .args(["test", "--coverage", "--format", "json"])
        .run();
    let told: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let conditions = told["rules"][0]["coverage"]["conditions"]
        .as_array()
        .expect("a list");
    assert_eq!(conditions.len(), 3);
    assert_eq!(conditions[1]["condition"], "isnotempty(UserPrincipalName)");
    assert_eq!(
        (&conditions[1]["wasTrue"], &conditions[1]["wasFalse"]),
        (&Value::from(true), &Value::from(false))
    );
    assert_eq!(told["findings"][0]["code"], "one-sided-condition");
}

#[test]
fn every_format_of_validate_tells_the_tests_too() {
    let run = |format: &str| {
        let out = threshold("")
            .args(["test", "--mutate", "--format", format])
            .run();
        assert_eq!(out.code, 3, "{}", out.stderr);
        out.stdout
    };
    let junit = run("junit");
    assert!(
        junit.contains("<testsuites name=\"rulepost test\" tests=\"3\" failures=\"1\">")
            && junit.contains("<testcase name=\"three\" classname=\"rules/a.test.yaml\"/>"),
        "{junit}"
    );
    let sarif: Value = serde_json::from_str(&run("sarif")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "surviving-mutant");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "rules/a.yaml");
    let github = run("github");
    assert!(
        github.starts_with("::error file=rules/a.yaml,line="),
        "{github}"
    );
    let markdown = run("markdown");
    assert!(
        markdown.starts_with("### \u{274c} rulepost test: 1 error\n")
            && markdown.contains("`surviving-mutant`"),
        "{markdown}"
    );
}

#[test]
fn the_order_of_what_is_told_does_not_depend_on_threads() {
    let run = || {
        Rulepost::in_dir(env!("CARGO_MANIFEST_DIR"))
            .args([
                "test",
                "rules/impact",
                "rules/persistence",
                "--format",
                "json",
            ])
            .run()
            .stdout
    };
    let first = run();
    assert!(!first.is_empty());
    assert_eq!(first, run());
}

#[test]
fn an_update_writes_what_comes_out_and_keeps_the_rest() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let good = "# all cases have one clock
now: 2026-11-20T12:00:00Z
cases:
  - name: four
    rows: # of one address
      SigninLogs:
        - { at: 5m, repeat: 4, row: { ResultType: '50126', UserPrincipalName: a, IPAddress: b } }
    expect:
      results: 1 # one user
      contains:
        # by three it would not do
        - { Failures: 4 } # all of them
  - { name: none, expect: { results: 0 }, rows: { SigninLogs: [] } }
";
    let wrong = good
        .replace("results: 1", "results: 2")
        .replace("{ Failures: 4 }", "{ Failures: 5 }")
        .replace("results: 0", "results: 7");
    let rule = folder.path().join("a.yaml");
    let tests = folder.path().join("a.test.yaml");
    std::fs::write(
        rule,
        SOUND
            .replace("== 50126", "== \"50126\"")
            .replace("> 10", ">= 4"),
    )
    .expect("ours");
    std::fs::write(&tests, wrong).expect("ours");
    let run = |args: &[&str]| {
        Rulepost::in_dir(folder.path())
            .args(["test", "."])
            .args(args.iter().copied())
            .run()
    };
    let failed = run(&[]);
    assert_eq!(failed.code, 3, "{}", failed.stderr);
    assert!(
        failed
            .stdout
            .contains("help: `--update` can write what comes out now"),
        "{}",
        failed.stdout
    );
    let updated = run(&["--update"]);
    assert_eq!(
        (updated.code, updated.stdout.as_str()),
        (0, "2 cases passed, 0 failed\n"),
        "{}",
        updated.stderr
    );
    assert!(
        updated.stderr.contains("3 expectations written in 1 file"),
        "{}",
        updated.stderr
    );
    assert_eq!(std::fs::read_to_string(tests).expect("ours"), good);
}

#[test]
fn a_fault_in_a_file_of_rows_is_told_at_its_place() {
    let run = |file: &str| {
        Rulepost::new()
            .file("rules/a.yaml", SOUND.replace("== 50126", "== \"50126\""))
            .file(
                "rules/a.test.yaml",
                tests(0).replace("SigninLogs: []", "SigninLogs: { file: logs/a.csv, at: 5m }"),
            )
            .file("rules/logs/a.csv", file)
            .args(["test"])
            .run()
    };
    let passed = run("ResultType,IsInteractive\n0,true\n");
    assert_eq!(passed.code, 0, "{}", passed.stdout);
    let broken = run("ResultType,IsInteractive\n0,true\n0,perhaps\n");
    assert_eq!(broken.code, 3);
    assert!(
        broken.stdout.contains("rules/logs/a.csv:3:3")
            && broken
                .stdout
                .contains("`IsInteractive: \"perhaps\"` is no bool"),
        "{}",
        broken.stdout
    );
}

#[test]
fn a_name_that_nothing_has_is_told() {
    let out = threshold("").args(["test", "--name", "nothing"]).run();
    assert_eq!(out.code, 2, "{}", out.stdout);
    assert!(
        out.stderr
            .contains("no case and no rule has `nothing` in its name"),
        "{}",
        out.stderr
    );
    let out = threshold("").args(["test", "--name", "THREE"]).run();
    assert_eq!(
        (out.code, out.stdout.as_str()),
        (0, "1 case passed, 0 failed\n")
    );
}

#[cfg(unix)]
#[test]
fn what_changes_is_run_again_until_it_is_interrupted() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    let around = tempfile::tempdir().expect("a temporary folder");
    let folder = around.path().join("rules");
    std::fs::create_dir(&folder).expect("ours");
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).expect("ours");
    };
    let sound = SOUND.replace("== 50126", "== \"50126\"");
    write("a.yaml", sound.clone());
    write("a.test.yaml", tests(0));
    write(
        "b.yaml",
        sound
            .replace("9f6e64e5", "00000001")
            .replace("Many", "More"),
    );
    write("b.test.yaml", tests(0));
    let mut child = Rulepost::in_dir(&folder)
        .args(["test", ".", "--watch"])
        .command()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut summary = || {
        let mut lines = stdout.by_ref().map(|line| line.expect("text"));
        lines
            .find(|line| line.ends_with(" failed"))
            .expect("a summary")
    };
    assert_eq!(summary(), "2 cases passed, 0 failed");
    write("a.test.yaml", tests(7));
    assert_eq!(
        summary(),
        "0 cases passed, 1 failed",
        "one rule is run again"
    );
    write("notes.txt", "no rule".to_owned());
    let sampled = tests(0).replace("SigninLogs: []", "SigninLogs: { file: ../a.csv, at: 5m }");
    write("a.test.yaml", sampled);
    assert_eq!(
        summary(),
        "0 cases passed, 1 failed",
        "the file is not there"
    );
    write("../a.csv", "ResultType\n0\n".to_owned());
    assert_eq!(
        summary(),
        "1 case passed, 0 failed",
        "a file that a test names is watched where it lies"
    );
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    let out = child.wait_with_output().expect("it ends");
    assert_eq!(
        out.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}
