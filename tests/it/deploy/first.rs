//! The main job: create everything, then nothing to do, then one update.

use serde_json::Value;

use super::deploy;
use super::last;
use super::project;
use super::rule;
use super::write;
use super::writes;
use crate::support::Emulator;
use crate::support::Rulepost;

#[test]
fn the_shipped_rules_are_created_once_in_the_embedded_workspace() {
    let project = project([]);
    let from = format!("{}/rules", env!("CARGO_MANIFEST_DIR"));
    let files = copy(from.as_ref(), &project.path().join("rules"));
    assert!(files >= 4);
    let deploy = |args: &[&str]| {
        Rulepost::in_dir(project.path())
            .args(["deploy", "--workspace", "demo", "--cloud", "local"])
            .args(args.iter().copied())
            .run()
    };
    let out = deploy(&["--yes"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""), "{}", out.stdout);
    assert_eq!(last(&out.stdout), format!("Applied {files} changes"));
    let again = deploy(&["--yes"]);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    assert_eq!(
        last(&again.stdout),
        format!("Plan: nothing to do, {files} unchanged")
    );
    // One severity edited: exactly one update, and a dry run that says so and writes nothing.
    let path = project.path().join("rules/initial-access/sftp-access.yaml");
    let text = std::fs::read_to_string(&path).expect("shipped");
    let severity = text
        .lines()
        .find(|line| line.starts_with("severity:"))
        .expect("a rule has one");
    let other = if severity.ends_with("High") {
        "severity: Low"
    } else {
        "severity: High"
    };
    std::fs::write(&path, text.replace(severity, other)).expect("ours");
    for _ in 0..2 {
        let dry = deploy(&["--dry-run", "--exit-code"]);
        assert_eq!(dry.code, 4);
        assert_eq!(
            last(&dry.stdout),
            format!("Plan: 1 to update, {} unchanged", files - 1)
        );
    }
    let out = deploy(&["--yes"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    let after = deploy(&["--dry-run", "--exit-code"]);
    assert_eq!(after.code, 0);
}

/// Copies a folder of rules; how many rule files there were, tests of rules not counted.
fn copy(from: &std::path::Path, to: &std::path::Path) -> usize {
    std::fs::create_dir_all(to).expect("ours");
    let mut files = 0;
    for entry in std::fs::read_dir(from).expect("the rules are there") {
        let entry = entry.expect("readable");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            files += copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).expect("ours");
            let name = to.to_string_lossy();
            files += usize::from(name.ends_with(".yaml") && !name.ends_with(".test.yaml"));
        }
    }
    files
}

#[test]
fn what_is_shown_is_exact() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("create", out.stdout);
    let changed = rule(2)
        .replace("severity: Medium", "severity: High")
        .replace(
            "\"SFTP\"\n",
            "\"SFTP\"\n  | where isnotempty(CallerIpAddress)\n",
        );
    write(&project, 2, &changed);
    let out = deploy(&emulator, &project, &["--yes", "--progress", "plain"]);
    assert_eq!(
        (out.code, out.stderr.as_str()),
        (0, "applied: update Rule 2\n")
    );
    insta::assert_snapshot!("update", out.stdout);
}

#[test]
fn a_dry_run_asks_for_the_lists_and_at_most_three_more_and_writes_nothing() {
    let emulator = Emulator::with(&["--page-size", "10"]);
    let project = project(1..=25);
    deploy(&emulator, &project, &["--yes"]);
    write(&project, 3, &rule(3).replace("Medium", "High"));
    emulator.admin(reqwest::Method::DELETE, "/requests", None);
    let out = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    assert_eq!(out.code, 4);
    let requests = emulator.requests();
    let asked: Vec<&Value> = requests
        .iter()
        .filter(|one| !one["path"].as_str().expect("a path").contains("oauth2"))
        .filter(|one| !one["path"].as_str().expect("a path").contains("__admin"))
        .collect();
    // Two lists of three pages each.
    assert!(asked.len() <= 2 * 3 + 3, "{} requests", asked.len());
    assert_eq!(writes(&emulator), [""; 0]);
}

#[test]
fn the_result_as_json_has_plan_and_outcomes() {
    let emulator = Emulator::start();
    let project = project([1]);
    let out = deploy(&emulator, &project, &["--yes", "--format", "json"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&out.stdout).expect("JSON alone");
    assert_eq!(document["schema"], "rulepost/deploy/v1");
    assert_eq!(document["exitCode"], 0);
    let target = &document["targets"][0];
    assert_eq!(target["plan"]["summary"]["create"], 1);
    assert_eq!(target["outcomes"][0]["status"], "applied");
}

#[test]
fn a_mark_stands_beside_every_rule_and_names_the_repository() {
    let emulator = Emulator::start();
    let project = project([1]);
    std::fs::create_dir(project.path().join(".git")).expect("ours");
    std::fs::write(
        project.path().join(".git/config"),
        "[remote \"origin\"]\n\turl = https://token@example.org/o/rules.git\n",
    )
    .expect("ours");
    deploy(&emulator, &project, &["--yes"]);
    let mark = emulator.get(&format!(
        "{}/metadata/analyticsrule-{}",
        emulator.sentinel(),
        super::id(1)
    ));
    let properties = &mark.body["properties"];
    assert_eq!(properties["source"]["kind"], "SourceRepository");
    assert_eq!(
        properties["source"]["sourceId"],
        "https://example.org/o/rules"
    );
    assert_eq!(properties["contentId"], super::id(1));
    // The mark is written before the rule, so that an interruption leaves no rule that nobody owns.
    let first: Vec<String> = writes(&emulator);
    assert!(first[0].contains("metadata"), "{first:?}");
}
