//! `drift`: three sides, who moved, and what is no drift.

use serde_json::Value;
use serde_json::json;

use super::deploy;
use super::id;
use super::last;
use super::project;
use super::remove;
use super::rule;
use super::write;
use super::writes;
use crate::support::Emulator;
use crate::support::cmd::Output;

fn drift(emulator: &Emulator, project: &tempfile::TempDir, args: &[&str]) -> Output {
    emulator
        .rulepost_in(project.path())
        .args(["drift"])
        .args(args.iter().copied())
        .run()
}

/// A workspace in which every state of a rule occurs.
fn every_state() -> (Emulator, tempfile::TempDir) {
    let emulator = Emulator::with(&["--time", "2026-01-01T00:00:00Z"]);
    let project = project(1..=7);
    write(
        &project,
        6,
        &format!("{}rulepost:\n  unmanaged: [severity]\n", rule(6)),
    );
    deploy(&emulator, &project, &["--yes"]);
    emulator.advance("PT1H");
    emulator.edit_in_portal(
        &id(1),
        &json!({"severity": "Low", "tactics": ["Execution"]}),
    );
    let path = emulator.rule(&id(2));
    assert_eq!(
        emulator.admin(reqwest::Method::DELETE, &path, None).status,
        204
    );
    emulator.edit_in_portal(
        &id(3),
        &json!({"enabled": false, "displayName": "AUTO DISABLED Rule 3"}),
    );
    emulator.edit_in_portal(&id(4), &json!({"enabled": false}));
    remove(&project, 5);
    emulator.edit_in_portal(&id(6), &json!({"severity": "Low"}));
    write(&project, 7, &rule(7).replace("Medium", "High"));
    write(&project, 8, &rule(8));
    emulator.put(
        &emulator.rule("foreign"),
        &crate::support::emulator::scheduled("Of others"),
    );
    (emulator, project)
}

#[test]
fn every_state_is_told_in_every_format() {
    let (emulator, project) = every_state();
    let before = writes(&emulator).len();
    for format in ["human", "json", "markdown", "github"] {
        let out = drift(&emulator, &project, &["--format", format]);
        assert_eq!((out.code, out.stderr.as_str()), (4, ""));
        insta::assert_snapshot!(format!("drift-{format}"), out.stdout);
    }
    assert_eq!(writes(&emulator).len(), before, "drift writes nothing");
}

#[test]
fn the_step_summary_gets_the_tables() {
    let (emulator, project) = every_state();
    let summary = project.path().join("summary.md");
    std::fs::write(&summary, "# Before\n").expect("ours");
    let out = emulator
        .rulepost_in(project.path())
        .env("GITHUB_STEP_SUMMARY", summary.to_string_lossy())
        .args(["drift", "--format", "github"])
        .run();
    assert_eq!(out.code, 4);
    let text = std::fs::read_to_string(summary).expect("there");
    assert!(text.starts_with("# Before\n## Drift of workspace `demo`\n"));
}

#[test]
fn what_the_file_is_silent_about_or_declares_unmanaged_is_no_drift() {
    let emulator = Emulator::start();
    let project = project([1]);
    write(
        &project,
        1,
        &format!("{}rulepost:\n  unmanaged: [severity]\n", rule(1)),
    );
    deploy(&emulator, &project, &["--yes"]);
    emulator.edit_in_portal(&id(1), &json!({"severity": "Low", "enabled": false}));
    let out = drift(&emulator, &project, &[]);
    assert_eq!(out.code, 0, "{}", out.stdout);
    write(&project, 2, &rule(2));
    let out = drift(&emulator, &project, &[]);
    assert_eq!(out.code, 0, "a pending deployment is no drift");
    assert_eq!(
        last(&out.stdout),
        "Drift: none, 1 pending deployment, 1 switched off in the workspace, the file is silent"
    );
}

#[test]
fn both_sides_may_have_moved() {
    let emulator = Emulator::start();
    let project = project([1]);
    deploy(&emulator, &project, &["--yes"]);
    emulator.edit_in_portal(&id(1), &json!({"severity": "Low", "triggerThreshold": 4}));
    write(
        &project,
        1,
        &rule(1).replace("Medium", "High").replace("== 1", "== 2"),
    );
    let out = drift(&emulator, &project, &["--format", "json"]);
    assert_eq!(out.code, 4);
    let document: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let fields = document["targets"][0]["rules"][0]["fields"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|field| format!("{} {}", field["path"], field["moved"]).replace('"', ""))
        .collect::<Vec<_>>();
    assert_eq!(
        fields,
        ["severity both", "query file", "triggerThreshold workspace"]
    );
}
