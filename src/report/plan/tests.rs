//! A plan and its outcome as people see them.

use serde_json::json;

use super::human;
use crate::plan::Desired;
use crate::plan::Plan;
use crate::plan::field::Field;
use crate::plan::outcome::Failure;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::Status;
use crate::plan::tests::model::Workspace;
use crate::plan::tests::model::desired;
use crate::plan::tests::model::options;
use crate::render::sample;
use crate::report::outcome;
use crate::rule::field::Severity;

/// Text without colour codes.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// A plan with one of everything.
fn everything() -> Plan {
    let rules: Vec<_> = (1..=6).map(sample::scheduled).collect();
    let files: Vec<Desired> = rules.iter().map(desired).collect();
    let mut workspace = Workspace::default();
    workspace.apply(&workspace.plan(&files, &options()));
    let mut edit = |number: usize, key: &str, value: serde_json::Value| {
        let name = rules[number - 1].id.value.to_string();
        let mut body = workspace.rules[&name].clone();
        body["properties"][key] = value;
        workspace.put(&name, &body);
    };
    edit(2, "severity", json!("Low"));
    edit(2, "tactics", json!(["Execution"]));
    edit(3, "enabled", json!(false));
    edit(4, "enabled", json!(false));
    edit(4, "displayName", json!("AUTO DISABLED Rule 4"));
    let fusion = json!({"name": "BuiltInFusion", "kind": "Fusion",
        "properties": {"displayName": "Advanced Multistage Attack Detection\u{1b}[31m"}});
    workspace.rules.insert("BuiltInFusion".to_owned(), fusion);
    let unmarked = rules[4].id.value.to_string();
    workspace.marks.remove(&unmarked);
    let mut changed = rules.clone();
    changed[1].query.value = "StorageBlobLogs\n| where Protocol == \"SFTP\"\n| take 1".to_owned();
    changed[1].severity.value = Severity::High;
    changed.truncate(5);
    changed.push(sample::scheduled(7));
    let mut files: Vec<Desired> = changed.iter().map(desired).collect();
    files[5].path = "rules/new.yaml".to_owned();
    files[2].unmanaged.insert(Field::Severity);
    let mut pruning = options();
    pruning.prune = true;
    workspace.plan(&files, &pruning)
}

#[test]
fn a_plan_shows_every_change_and_what_is_left_alone() {
    insta::assert_snapshot!(plain(&human(&everything())));
}

#[test]
fn an_outcome_shows_what_needs_a_person_and_counts_the_rest() {
    let plan = everything();
    let failure = Failure {
        causes: vec![
            "cannot write rule `x`".to_owned(),
            "the service answered 400 `BadRequest`: no".to_owned(),
        ],
        help: vec!["mend it".to_owned()],
    };
    let statuses = [
        Status::Applied { recovered: true },
        Status::Conflict {
            moved: plan.changes[1].fields.clone(),
            gone: false,
        },
        Status::Failed(failure),
        Status::NotStarted,
    ];
    let outcomes: Vec<Outcome> = plan
        .changes
        .iter()
        .zip(statuses)
        .map(|(change, status)| Outcome::new(change, status, None))
        .collect();
    let text = format!(
        "{}{}",
        outcome::human(&outcomes),
        outcome::sentence(&outcomes)
    );
    insta::assert_snapshot!(plain(&text));
    insta::assert_snapshot!(
        "json",
        crate::report::deploy::json(
            &[crate::report::deploy::Target {
                name: Some("prod"),
                plan: Some(&plan),
                outcomes: &outcomes,
                error: None,
                what_if: None,
            }],
            false,
            5,
        )
    );
}
