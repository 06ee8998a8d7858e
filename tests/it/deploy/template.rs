//! `deploy --engine arm`: the same plan, guard, ownership and exit codes, written by template deployments only.

use serde_json::Value;
use serde_json::json;

use super::deploy;
use super::id;
use super::last;
use super::project;
use super::remove;
use super::rule;
use super::sent;
use super::write;
use crate::support::Emulator;
use crate::support::cmd::Output;
use crate::support::emulator::scheduled;

/// Runs `deploy --engine arm --yes` with more arguments.
fn run(emulator: &Emulator, project: &tempfile::TempDir, args: &[&str]) -> Output {
    deploy(
        emulator,
        project,
        &[&["--engine", "arm", "--yes"], args].concat(),
    )
}

/// A dry run that tells whether something is left to do.
fn dry(emulator: &Emulator, project: &tempfile::TempDir, args: &[&str]) -> Output {
    let all = [&["--engine", "arm", "--dry-run", "--exit-code"], args].concat();
    deploy(emulator, project, &all)
}

#[test]
fn rules_are_created_once_then_only_what_differs_is_submitted() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    let out = run(&emulator, &project, &[]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("template-create", out.stdout);
    assert_eq!(
        sent(&emulator),
        [
            "POST Microsoft.Resources/deployments/DEPLOYMENT/whatIf",
            "PUT Microsoft.Resources/deployments/DEPLOYMENT"
        ],
        "nothing else is written"
    );
    let again = run(&emulator, &project, &[]);
    assert_eq!(
        (again.code, last(&again.stdout)),
        (0, "Plan: nothing to do, 2 unchanged")
    );
    assert_eq!(sent(&emulator).len(), 2, "nothing is submitted");
    write(
        &project,
        1,
        &rule(1)
            .replace("Medium", "High")
            .replace("  - T1110.003", "  - T1110\n  - T1555"),
    );
    for _ in 0..2 {
        assert_eq!(dry(&emulator, &project, &[]).code, 4);
    }
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 0);
    insta::assert_snapshot!("template-update", out.stdout);
    let template = deployed(&emulator);
    let names: Vec<&str> = template["resources"]
        .as_array()
        .expect("resources")
        .iter()
        .map(|one| one["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names.len(), 2, "unchanged rules are not in it: {names:?}");
    // The other engine finds nothing to do either.
    let rest = deploy(&emulator, &project, &["--dry-run", "--exit-code"]);
    assert_eq!(rest.code, 0, "{}", rest.stdout);
    assert_eq!(dry(&emulator, &project, &[]).code, 0);
}

/// The template of the last deployment.
fn deployed(emulator: &Emulator) -> Value {
    let puts = emulator.requests_of("PUT", "/deployments/");
    let body = &puts.last().expect("one was sent")["body"];
    body["properties"]["template"].clone()
}

#[test]
fn an_update_carries_the_tag_it_was_planned_against() {
    let emulator = Emulator::start();
    let project = project([1]);
    run(&emulator, &project, &[]);
    assert!(deployed(&emulator)["resources"][0].get("etag").is_none());
    let etag = emulator.get(&emulator.rule(&id(1))).body["etag"].clone();
    write(&project, 1, &rule(1).replace("Medium", "High"));
    run(&emulator, &project, &[]);
    assert_eq!(deployed(&emulator)["resources"][0]["etag"], etag);
}

#[test]
fn what_belongs_to_others_is_left_alone_until_it_is_adopted() {
    let emulator = Emulator::start();
    emulator.put(&emulator.rule(&id(1)), &scheduled("Made by hand"));
    emulator.put(&emulator.rule("foreign"), &scheduled("Of others"));
    let foreign = emulator.get(&emulator.rule("foreign")).body;
    let before = emulator.get(&emulator.rule(&id(1))).body;
    let project = project([1]);
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 1, "{}", out.stdout);
    assert!(out.stdout.contains("not marked as deployed from here"));
    assert_eq!(emulator.get(&emulator.rule(&id(1))).body, before);
    assert_eq!(sent(&emulator), Vec::<String>::new());
    let out = run(&emulator, &project, &["--adopt"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
    assert_eq!(dry(&emulator, &project, &[]).code, 0);
    assert_eq!(emulator.get(&emulator.rule("foreign")).body, foreign);
}

#[test]
fn what_the_file_leaves_open_stays_as_it_is_live() {
    let emulator = Emulator::start();
    let project = project([]);
    let open = format!("{}rulepost:\n  unmanaged: [severity]\n", rule(1));
    write(&project, 1, &open);
    run(&emulator, &project, &[]);
    emulator.edit_in_portal(&id(1), &json!({"severity": "Low", "enabled": false}));
    assert_eq!(dry(&emulator, &project, &[]).code, 0);
    write(
        &project,
        1,
        &open.replace("triggerThreshold: 0", "triggerThreshold: 3"),
    );
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 0, "{}", out.stdout);
    let live = emulator.get(&emulator.rule(&id(1))).body["properties"].clone();
    assert_eq!(
        (
            &live["severity"],
            &live["enabled"],
            &live["triggerThreshold"]
        ),
        (&json!("Low"), &json!(false), &json!(3))
    );
}

#[test]
fn the_guard_refuses_before_anything_is_submitted() {
    let emulator = Emulator::start();
    let project = project(1..=10);
    run(&emulator, &project, &[]);
    let puts = emulator.requests_of("PUT", "/deployments/").len();
    for number in 1..=4 {
        write(&project, number, &rule(number).replace("Medium", "High"));
    }
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 6, "{}", out.stdout);
    assert!(out.stderr.contains("4 of 10 owned rules"), "{}", out.stderr);
    assert_eq!(emulator.requests_of("PUT", "/deployments/").len(), puts);
    assert_eq!(run(&emulator, &project, &["--yes-many"]).code, 0);
}

#[test]
fn what_a_template_cannot_do_is_refused_or_said() {
    let emulator = Emulator::start();
    let project = project([1, 2]);
    run(&emulator, &project, &[]);
    for flag in ["--prune", "--rollback-on-error"] {
        let out = run(&emulator, &project, &[flag]);
        assert_eq!(out.code, 2);
        insta::assert_snapshot!(format!("template-refused{flag}"), out.stderr);
    }
    // A mark whose rule and file are gone stays, which is said, and is no change that is left to do.
    emulator.delete(&emulator.rule(&id(2)));
    remove(&project, 2);
    let out = dry(&emulator, &project, &[]);
    assert_eq!(out.code, 0);
    assert!(
        out.stdout.contains(
            "1 mark stands beside no rule; a template deletes nothing, `--engine rest` removes it"
        ),
        "{}",
        out.stdout
    );
    let out = deploy(&emulator, &project, &["--yes"]);
    assert_eq!((out.code, last(&out.stdout)), (0, "Applied 1 change"));
}

#[test]
fn more_rules_than_a_template_takes_go_in_several_deployments() {
    let emulator = Emulator::start();
    let project = project(1..=401);
    let out = run(&emulator, &project, &[]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert_eq!(last(&out.stdout), "Applied 401 changes");
    let puts = emulator.requests_of("PUT", "/deployments/");
    let counts: Vec<usize> = puts
        .iter()
        .map(|one| {
            let resources = &one["body"]["properties"]["template"]["resources"];
            resources.as_array().expect("resources").len()
        })
        .collect();
    assert_eq!(counts, [800, 2]);
    assert_eq!(dry(&emulator, &project, &[]).code, 0);
}

#[test]
fn the_audit_trail_and_the_json_document_hold_what_the_deployment_did() {
    let emulator = Emulator::start();
    let project = project([1]);
    let out = run(
        &emulator,
        &project,
        &["--audit", "trail.jsonl", "--format", "json"],
    );
    let document: Value = serde_json::from_str(&out.stdout).expect("JSON");
    let target = &document["targets"][0];
    let told: Vec<(&str, &str)> = target["whatIf"]
        .as_array()
        .expect("a preview")
        .iter()
        .map(|one| {
            let id = one["resourceId"].as_str().expect("an id");
            let last = id.rsplit('/').nth(1).expect("a type");
            (last, one["changeType"].as_str().expect("a type"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("alertRules", "Create"),
            ("metadata", "Create"),
            ("workspaces", "Ignore")
        ]
    );
    let correlation = &target["outcomes"][0]["requestId"];
    let trail = std::fs::read_to_string(project.path().join("trail.jsonl")).expect("written");
    let lines: Vec<Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 2);
    for (line, resource) in lines.iter().zip(["rule", "mark"]) {
        assert_eq!(
            (&line["resource"], &line["outcome"], &line["requestId"]),
            (&json!(resource), &json!("created"), correlation)
        );
    }
    // It is the id under which the activity log has the deployment.
    let name = emulator.requests_of("PUT", "/deployments/")[0]["path"].clone();
    let path = name.as_str().expect("a path");
    let deployment = emulator
        .call_version(reqwest::Method::GET, path, "2021-04-01", None)
        .body;
    assert_eq!(&deployment["properties"]["correlationId"], correlation);
}

#[test]
fn a_reader_is_told_which_role_a_preview_takes() {
    let emulator = Emulator::seeded(&json!({"workspaces": [{"name": "demo"}], "clients": [
        {"clientId": "11111111-1111-1111-1111-111111111111", "clientSecret": "s", "role": "reader"},
    ]}));
    let project = project([1]);
    let out = emulator
        .rulepost_in(project.path())
        .env("AZURE_CLIENT_ID", "11111111-1111-1111-1111-111111111111")
        .env("AZURE_CLIENT_SECRET", "s")
        .args(["deploy", "--engine", "arm", "--dry-run"])
        .run();
    assert_eq!(out.code, 1);
    for part in [
        "cannot ask what a deployment in resource group `rulepost` would change",
        "Microsoft.Resources/deployments/whatIf/action",
        "Microsoft Sentinel Contributor",
    ] {
        assert!(out.stderr.contains(part), "{part}: {}", out.stderr);
    }
}
