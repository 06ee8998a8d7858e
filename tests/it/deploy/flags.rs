//! What the flags of `deploy` do, and what is refused.

use serde_json::Value;

use super::deploy;
use super::id;
use super::last;
use super::project;
use super::remove;
use super::rule;
use super::write;
use super::writes;
use crate::support::Emulator;
use crate::support::Rulepost;

#[test]
fn nobody_to_confirm_is_a_refusal_before_any_write() {
    let emulator = Emulator::start();
    let project = project([1]);
    let out = deploy(&emulator, &project, &[]);
    assert_eq!(out.code, 2);
    assert_eq!(
        out.stderr,
        "error: nobody is here to confirm the plan\n\
         help: `--yes` applies it, `--dry-run` stops after the plan\n"
    );
    assert_eq!(writes(&emulator), [""; 0]);
}

#[test]
fn a_broken_rule_stops_the_run_before_any_request() {
    let emulator = Emulator::start();
    let project = project([1]);
    write(
        &project,
        2,
        &rule(2).replace("severity: Medium", "severity: Huge"),
    );
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!((out.code, out.stdout.as_str()), (3, ""));
    assert!(out.stderr.contains("Huge"), "{}", out.stderr);
    assert!(out.stderr.contains("rules/2.yaml:6:"), "{}", out.stderr);
    assert_eq!(writes(&emulator), [""; 0]);
}

#[test]
fn a_workspace_that_does_not_exist_is_named() {
    let emulator = Emulator::start();
    let project = project([1]);
    let out = deploy(&emulator, &project, &["--yes", "-w", "demoo"]);
    assert_eq!(out.code, 1);
    assert!(
        out.stderr.starts_with("error: no workspace named `demoo`"),
        "{}",
        out.stderr
    );
}

#[test]
fn only_limits_what_is_touched_and_never_what_is_known() {
    let emulator = Emulator::start();
    let project = project([1, 2, 3]);
    let out = deploy(&emulator, &project, &["--yes", "--only", "*/2.yaml"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    remove(&project, 2);
    let out = deploy(
        &emulator,
        &project,
        &["--yes", "--prune", "--only", "rule 3"],
    );
    assert_eq!(out.code, 0);
    assert_eq!(emulator.get(&emulator.rule(&id(2))).status, 200);
    let out = deploy(&emulator, &project, &["--yes", "--only", "nothing*"]);
    assert_eq!(out.code, 2);
    assert!(
        out.stderr
            .starts_with("error: no rule fits `--only nothing*`")
    );
}

#[test]
fn prune_wants_the_whole_set_of_rules() {
    let project = project([1]);
    let out = Rulepost::in_dir(project.path())
        .args(["deploy", "rules/1.yaml", "--prune", "-w", "x"])
        .run();
    assert_eq!(out.code, 2);
    assert!(
        out.stderr.starts_with("error: `--prune` with RULES"),
        "{}",
        out.stderr
    );
}

#[test]
fn a_saved_plan_is_applied_and_refused_once_something_moved() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    let out = deploy(&emulator, &project, &["--dry-run", "--out", "plan.json"]);
    assert_eq!(
        (out.code, out.stderr.as_str()),
        (0, "saved the plan to `plan.json`\n")
    );
    write(&project, 2, &rule(2).replace("Medium", "High"));
    let out = deploy(&emulator, &project, &["--yes", "--plan", "plan.json"]);
    assert_eq!(out.code, 6);
    assert_eq!(
        out.stderr,
        format!(
            "error: the saved plan no longer fits\n  `Rule 2` ({}) was changed in its file\n\
             help: plan again with `--out`, and look at the new plan\n",
            id(2)
        )
    );
    assert_eq!(writes(&emulator), [""; 0]);
    write(&project, 2, &rule(2));
    let out = deploy(&emulator, &project, &["--yes", "--plan", "plan.json"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 2 changes"));
    // Once applied, the plan is spent.
    let out = deploy(&emulator, &project, &["--yes", "--plan", "plan.json"]);
    assert_eq!(out.code, 6);

    write(&project, 1, &rule(1).replace("Medium", "High"));
    deploy(&emulator, &project, &["--dry-run", "--out", "plan.json"]);
    emulator.edit_in_portal(&id(1), &serde_json::json!({"triggerThreshold": 7}));
    let out = deploy(&emulator, &project, &["--yes", "--plan", "plan.json"]);
    assert_eq!(out.code, 6);
    assert!(
        out.stderr.contains("was changed in the workspace"),
        "{}",
        out.stderr
    );
}

#[test]
fn what_is_no_saved_plan_is_refused() {
    let project = project([1]);
    let plan = |text: &str| {
        Rulepost::in_dir(project.path())
            .file("plan.json", text)
            .args(["deploy", "--plan", "plan.json", "-w", "x", "--yes"])
            .run()
    };
    let out = plan("[{}]");
    assert_eq!(out.code, 1);
    assert!(
        out.stderr
            .starts_with("error: `plan.json` is not a saved plan"),
        "{}",
        out.stderr
    );
}

#[test]
fn the_audit_trail_has_a_line_for_every_write() {
    let emulator = Emulator::start();
    let project = project([1]);
    let audit = project.path().join("audit.jsonl");
    for text in [rule(1), rule(1).replace("Medium", "High")] {
        write(&project, 1, &text);
        let out = emulator
            .rulepost_in(project.path())
            .env("GITHUB_ACTOR", "octocat")
            .args(["deploy", "--yes", "--audit", "audit.jsonl"])
            .run();
        assert_eq!(out.code, 0, "{}", out.stderr);
    }
    let lines: Vec<Value> = std::fs::read_to_string(audit)
        .expect("written")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON lines"))
        .collect();
    let seen: Vec<String> = lines
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("verb"), text("resource"), text("outcome"))
        })
        .collect();
    assert_eq!(
        seen,
        [
            "put mark created",
            "put rule created",
            "put rule updated",
            "put mark updated"
        ]
    );
    assert_eq!(lines[2]["before"], lines[1]["after"]);
    assert_ne!(lines[2]["before"], lines[2]["after"]);
    for line in &lines {
        assert_eq!(line["who"], "octocat");
        assert!(line["requestId"].is_string() && line["time"].is_string());
    }
}

#[test]
fn secrets_stay_out_of_every_output() {
    let emulator = Emulator::start();
    let project = project([1]);
    let secret = emulator.ready["client_secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let out = deploy(
        &emulator,
        &project,
        &[
            "--yes",
            "-vv",
            "--audit",
            "audit.jsonl",
            "--out",
            "plan.json",
        ],
    );
    assert_eq!(out.code, 0);
    assert!(!out.stderr.is_empty(), "-vv says something");
    let mut texts = vec![out.stdout, out.stderr];
    for file in ["audit.jsonl", "plan.json"] {
        texts.push(std::fs::read_to_string(project.path().join(file)).expect("written"));
    }
    for text in texts {
        assert!(!text.contains(&secret), "{text}");
        assert!(!text.contains("Bearer ey"), "{text}");
        assert!(!text.contains("eyJ"), "a token's first letters: {text}");
    }
}
