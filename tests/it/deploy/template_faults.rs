//! `deploy --engine arm` when things go wrong: each rule is told for itself, and the next run converges.

use std::process::Stdio;

use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::deploy;
use super::fault;
use super::id;
use super::last;
use super::project;
use super::rule;
use super::scrubbed;
use super::sent;
use super::write;
use crate::support::Emulator;
use crate::support::cmd::Output;

/// Runs `deploy --engine arm --yes` with more arguments.
fn run(emulator: &Emulator, project: &TempDir, args: &[&str]) -> Output {
    deploy(
        emulator,
        project,
        &[&["--engine", "arm", "--yes"], args].concat(),
    )
}

/// A run after which a dry run finds nothing to do.
fn converges(emulator: &Emulator, project: &TempDir) {
    assert!(emulator.admin(Method::DELETE, "/faults", None).status < 300);
    let out = run(emulator, project, &[]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let args = ["--engine", "arm", "--dry-run", "--exit-code"];
    let out = deploy(emulator, project, &args);
    assert_eq!(out.code, 0, "{}", out.stdout);
}

#[test]
fn a_rule_that_is_refused_in_the_middle_does_not_stop_the_others() {
    let emulator = Emulator::start();
    let project = project([1, 2, 3]);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": format!("alertRules/{}", id(2)), "fault": {
            "kind": "nested", "status": 400, "code": "BadRequest",
            "message": "Failed to run the analytics rule query. SEM0100: 'where' operator: Failed to \
                        resolve scalar expression named 'StatusCode'"}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 5, "{}", out.stdout);
    insta::assert_snapshot!("template-refused-rule", scrubbed(&out));
    // Its mark is there for the next run, which says so.
    let args = ["--engine", "arm", "--dry-run"];
    let out = deploy(&emulator, &project, &args);
    assert!(
        out.stdout.contains("marked as deployed, yet not there"),
        "{}",
        out.stdout
    );
    converges(&emulator, &project);
}

#[test]
fn a_busy_provider_is_asked_again_by_azure_itself() {
    let emulator = Emulator::start();
    let project = project([1]);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules/", "times": 2,
            "fault": {"kind": "throttled", "retryAfter": 0}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
}

#[test]
fn throttled_and_broken_looks_at_a_deployment_are_repeated() {
    for (kind, times) in [
        (json!({"kind": "throttled", "retryAfter": 0}), 2),
        (json!({"kind": "cutBefore"}), 2),
        (json!({"kind": "cutAfter"}), 2),
        (json!({"kind": "status", "status": 503}), 2),
        (json!({"kind": "expiredToken"}), 1),
    ] {
        let emulator = Emulator::start();
        let project = project([1, 2]);
        fault(
            &emulator,
            &json!({"method": "GET", "path": "/deployments/", "times": times, "fault": kind}),
        );
        let out = run(&emulator, &project, &[]);
        assert_eq!(
            (out.code, last(&out.stdout)),
            (0, "Applied 2 changes"),
            "{kind}: {}{}",
            out.stdout,
            out.stderr
        );
    }
}

#[test]
fn a_submission_whose_answer_is_lost_is_looked_up_and_not_sent_twice() {
    for (kind, puts) in [("cutAfter", 1), ("cutBody", 1), ("cutBefore", 2)] {
        let emulator = Emulator::start();
        let project = project([1]);
        fault(
            &emulator,
            &json!({"method": "PUT", "path": "/deployments/", "fault": {"kind": kind}}),
        );
        let out = run(&emulator, &project, &[]);
        assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
        let sent = sent(&emulator);
        let count = sent.iter().filter(|one| one.starts_with("PUT")).count();
        assert_eq!(count, puts, "{kind}: {sent:?}");
    }
}

#[test]
fn a_submission_that_is_refused_fails_every_rule_of_it() {
    let emulator = Emulator::start();
    let project = project([1]);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": "/deployments/", "fault": {
            "kind": "status", "status": 403, "code": "AuthorizationFailed", "message": "No."}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 1);
    insta::assert_snapshot!("template-not-submitted", scrubbed(&out));
    converges(&emulator, &project);
}

#[test]
fn a_deployment_that_can_no_longer_be_seen_is_said_to_go_on() {
    let emulator = Emulator::start();
    let project = project([1]);
    fault(
        &emulator,
        &json!({"method": "GET", "path": "/deployments/", "fault": {
            "kind": "status", "status": 403, "code": "AuthorizationFailed", "message": "No."}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 1);
    assert!(
        out.stdout
            .contains("the deployment goes on by itself; `az deployment group show"),
        "{}",
        out.stdout
    );
    converges(&emulator, &project);
}

#[test]
fn a_preview_that_fails_stops_the_run_before_anything_is_submitted() {
    let emulator = Emulator::start();
    let project = project([1]);
    fault(
        &emulator,
        &json!({"method": "POST", "path": "/whatIf", "fault": {
            "kind": "nested", "status": 400, "code": "InvalidTemplateDeployment", "message": "No."}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 1);
    assert!(
        out.stderr
            .contains("the service answered 400 `InvalidTemplateDeployment`: No."),
        "{}",
        out.stderr
    );
    assert_eq!(emulator.requests_of("PUT", "/").len(), 0);
}

#[test]
fn a_rule_that_moved_is_left_alone_unless_told_otherwise() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    run(&emulator, &project, &[]);
    for number in [1, 2] {
        write(&project, number, &rule(number).replace("Medium", "High"));
    }
    let stale = json!({"method": "GET", "path": "alertRules", "fault": {"kind": "staleRead"}});
    emulator.edit_in_portal(&id(1), &json!({"triggerThreshold": 7}));
    fault(&emulator, &stale);
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 5, "{}", out.stdout);
    assert_eq!(last(&out.stdout), "Applied 1 of 2 changes: 1 in conflict");
    assert!(
        out.stdout.contains("triggerThreshold: 0 -> 7"),
        "{}",
        out.stdout
    );
    let live = |number| emulator.get(&emulator.rule(&id(number))).body["properties"].clone();
    assert_eq!(live(1)["severity"], "Medium");
    emulator.edit_in_portal(&id(1), &json!({"triggerThreshold": 8}));
    fault(&emulator, &stale);
    let out = run(&emulator, &project, &["--force"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 2 changes"));
    assert_eq!(live(1)["triggerThreshold"], 0);
    converges(&emulator, &project);
}

#[test]
fn a_spurious_conflict_goes_into_a_second_deployment() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    run(&emulator, &project, &[]);
    for number in [1, 2] {
        write(&project, number, &rule(number).replace("Medium", "High"));
    }
    fault(
        &emulator,
        &json!({"method": "PUT", "path": format!("alertRules/{}", id(2)), "fault": {"kind": "staleEtag"}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 2 changes"));
    assert_eq!(emulator.requests_of("PUT", "/deployments/").len(), 3);
    converges(&emulator, &project);
}

#[test]
fn an_id_that_is_not_free_yet_is_tried_once_more_and_then_deferred() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": format!("alertRules/{}", id(1)), "times": 9,
            "fault": {"kind": "recentlyDeleted"}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 5, "{}", out.stdout);
    assert_eq!(last(&out.stdout), "Applied 1 of 2 changes: 1 deferred");
    assert_eq!(emulator.requests_of("PUT", "/deployments/").len(), 2);
    converges(&emulator, &project);
}

#[test]
fn a_missing_table_fails_is_skipped_or_waits_and_heals() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": format!("alertRules/{}", id(1)), "times": 9,
            "fault": {"kind": "tableMissing"}}),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!(
        (out.code, last(&out.stdout)),
        (5, "Applied 1 of 2 changes: 1 failed")
    );
    let out = run(&emulator, &project, &["--on-missing-table", "skip"]);
    assert_eq!(
        (out.code, last(&out.stdout)),
        (0, "Applied 0 of 1 change: 1 skipped")
    );
    let out = run(
        &emulator,
        &project,
        &["--on-missing-table", "deploy-disabled"],
    );
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    let enabled = || emulator.get(&emulator.rule(&id(1))).body["properties"]["enabled"].clone();
    assert_eq!(enabled(), false);
    converges(&emulator, &project);
    assert_eq!(enabled(), true);
}

#[test]
fn the_first_failure_cancels_the_deployment_when_told_so() {
    let emulator = Emulator::start();
    let project = project(1..=5);
    let slow = json!({"method": "PUT", "path": "alertRules/", "times": 99, "skip": 1,
        "fault": {"kind": "latency", "ms": 400}});
    fault(&emulator, &slow);
    fault(
        &emulator,
        &json!({"method": "PUT", "path": "alertRules/", "fault": {
            "kind": "status", "status": 400, "code": "BadRequest", "message": "no"}}),
    );
    let out = run(&emulator, &project, &["--fail-fast"]);
    let failed = last(&out.stdout);
    assert!(
        failed.contains("1 failed") && failed.contains("not started"),
        "{failed}"
    );
    assert!(matches!(out.code, 1 | 5), "{}", out.code);
    assert!(sent(&emulator).iter().any(|one| one.ends_with("/cancel")));
    converges(&emulator, &project);
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_deployment_and_reports_the_rest() {
    let emulator = Emulator::start();
    let project = project(1..=6);
    let slow = json!({"method": "PUT", "path": "alertRules/", "times": 99,
        "fault": {"kind": "latency", "ms": 300}});
    fault(&emulator, &slow);
    let mut child = emulator
        .rulepost_in(project.path())
        .args(["deploy", "--engine", "arm", "--yes"])
        .command()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let rules = || {
        let list = emulator.get(&format!("{}/alertRules", emulator.sentinel()));
        list.body["value"].as_array().map_or(0, Vec::len)
    };
    while rules() < 1 && child.try_wait().expect("ours").is_none() {
        std::thread::yield_now();
    }
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    let out = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&out.stdout);
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(130), "{stdout}{stderr}");
    assert!(
        stderr.contains("interrupted: what was in flight is finished"),
        "{stderr}"
    );
    assert!(sent(&emulator).iter().any(|one| one.ends_with("/cancel")));
    // What it says it applied is what is there, and nothing comes later.
    let live = rules();
    assert!((1..6).contains(&live), "{live}");
    assert_eq!(
        last(&stdout),
        format!("Applied {live} of 6 changes: {} not started", 6 - live)
    );
    let states: Vec<Value> = emulator
        .requests_of("PUT", "/deployments/")
        .iter()
        .map(|one| {
            let path = one["path"].as_str().expect("a path");
            emulator
                .call_version(Method::GET, path, "2021-04-01", None)
                .body
        })
        .collect();
    assert_eq!(states[0]["properties"]["provisioningState"], "Canceled");
    converges(&emulator, &project);
}
