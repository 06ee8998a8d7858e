//! Who may be touched, what is said of the rest, and what the guard refuses.

use serde_json::json;

use super::model::Workspace;
use super::model::desired;
use super::model::options;
use super::model::source;
use crate::plan::Action;
use crate::plan::ConflictReason;
use crate::plan::Desired;
use crate::plan::Note;
use crate::plan::UpdateReason;
use crate::plan::diff::Moved;
use crate::plan::guard;
use crate::plan::guard::Limits;
use crate::plan::guard::Refusal;
use crate::plan::mark::Applied;
use crate::render::sample;
use crate::rule::Rule;

/// A workspace in which the rules were deployed.
fn deployed(rules: &[Rule]) -> (Workspace, Vec<Desired>) {
    let files: Vec<Desired> = rules.iter().map(desired).collect();
    let mut workspace = Workspace::default();
    workspace.apply(&workspace.plan(&files, &options()));
    (workspace, files)
}

/// Edits a live rule as a person in the portal does.
fn edit(workspace: &mut Workspace, rule: &Rule, key: &str, value: serde_json::Value) {
    let name = rule.id.value.to_string();
    let mut body = workspace.rules[&name].clone();
    body["properties"][key] = value;
    workspace.put(&name, &body);
}

#[test]
fn a_live_rule_with_our_id_and_no_mark_is_a_conflict_until_it_is_adopted() {
    let rule = sample::scheduled(1);
    let (mut workspace, files) = deployed(std::slice::from_ref(&rule));
    workspace.marks.clear();
    edit(&mut workspace, &rule, "severity", json!("Low"));
    let plan = workspace.plan(&files, &options());
    assert_eq!(plan.changes, []);
    let [conflict] = &plan.conflicts[..] else {
        panic!("one conflict: {:?}", plan.conflicts);
    };
    assert_eq!(conflict.reason, ConflictReason::NotOurs);
    assert_eq!(conflict.fields.len(), 1, "its diff is shown");

    let mut adopting = options();
    adopting.adopt = true;
    let plan = workspace.plan(&files, &adopting);
    assert_eq!(plan.changes[0].action.as_str(), "adopt");
    workspace.apply(&plan);
    assert_eq!(workspace.plan(&files, &options()).changes, []);
}

#[test]
fn adopting_by_name_keeps_the_resource_name_and_the_files_id() {
    let by_hand = sample::scheduled(7);
    let (mut workspace, _) = deployed(std::slice::from_ref(&by_hand));
    workspace.marks.clear();
    let mut rule = sample::scheduled(1);
    rule.name.value.clone_from(&by_hand.name.value);
    let files = [desired(&rule)];
    let plan = workspace.plan(&files, &options());
    assert_eq!(plan.conflicts[0].reason, ConflictReason::SameName);
    let mut adopting = options();
    adopting.adopt = true;
    workspace.apply(&workspace.plan(&files, &adopting));
    assert_eq!(workspace.rules.len(), 1, "no double was made");
    let again = workspace.plan(&files, &options());
    assert_eq!((again.changes.len(), again.unchanged.len()), (0, 1));
    // The file's rule is found under the name it was taken over with.
    rule.severity.value = crate::rule::field::Severity::High;
    let plan = workspace.plan(&[desired(&rule)], &options());
    assert_eq!(plan.changes[0].name, by_hand.id.value.to_string());
}

#[test]
fn two_sources_share_a_workspace() {
    let (ours, theirs) = (sample::scheduled(1), sample::scheduled(2));
    let (mut workspace, files) = deployed(std::slice::from_ref(&ours));
    let mut other = options();
    other.source = source("https://example.org/other/r");
    other.prune = true;
    let plan = workspace.plan(&[desired(&theirs)], &other);
    assert_eq!(plan.changes.len(), 1, "only a creation: ours is not pruned");
    workspace.apply(&plan);
    let mut pruning = options();
    pruning.prune = true;
    let plan = workspace.plan(&files, &pruning);
    assert_eq!(plan.changes, []);
    assert_eq!(plan.foreign.len(), 1);
    let plan = workspace.plan(&[desired(&ours), desired(&theirs)], &options());
    assert_eq!(
        plan.conflicts[0].reason,
        ConflictReason::OwnedBy("r".to_owned())
    );
}

#[test]
fn pruning_deletes_owned_rules_without_a_file_and_nothing_else() {
    let rules = [sample::scheduled(1), sample::scheduled(2)];
    let (mut workspace, files) = deployed(&rules);
    workspace.rules.insert(
        "BuiltInFusion".to_owned(),
        json!({"name": "BuiltInFusion", "kind": "Fusion", "properties": {"enabled": true}}),
    );
    let plan = workspace.plan(&files[..1], &options());
    assert_eq!((plan.changes.len(), plan.orphans.len()), (0, 1));
    let mut pruning = options();
    pruning.prune = true;
    let plan = workspace.plan(&files[..1], &pruning);
    assert_eq!(plan.changes[0].action.as_str(), "delete");
    pruning.whole = false;
    assert_eq!(workspace.plan(&files[..1], &pruning).changes, []);
    workspace.apply(&plan);
    assert_eq!(workspace.rules.len(), 2);
    assert_eq!(workspace.plan(&files[..1], &options()).foreign.len(), 1);
}

#[test]
fn whatever_an_interrupted_run_left_is_finished_by_the_next() {
    let rule = sample::scheduled(1);
    let (complete, files) = deployed(std::slice::from_ref(&rule));
    let name = rule.id.value.to_string();
    // Cut off after the mark, before the rule was created.
    let mut workspace = complete.clone();
    workspace.rules.clear();
    assert_eq!(
        workspace.plan(&files, &options()).changes[0]
            .action
            .as_str(),
        "create"
    );
    // The same, and the file is gone by now.
    let plan = workspace.plan(&[], &options());
    assert_eq!(plan.changes[0].action, Action::Forget);
    // Cut off after the rule was updated, before its mark was.
    let mut changed = rule;
    changed.severity.value = crate::rule::field::Severity::High;
    let mut workspace = complete;
    let plan = workspace.plan(&[desired(&changed)], &options());
    let mark = workspace.marks[&name].clone();
    workspace.apply(&plan);
    workspace.mark(&name, &mark);
    let plan = workspace.plan(&[desired(&changed)], &options());
    assert_eq!(plan.changes[0].action.as_str(), "mark");
    workspace.apply(&plan);
    assert_eq!(workspace.plan(&[desired(&changed)], &options()).changes, []);
}

#[test]
fn each_field_says_which_side_moved() {
    let mut rule = sample::scheduled(1);
    let (mut workspace, _) = deployed(std::slice::from_ref(&rule));
    edit(&mut workspace, &rule, "severity", json!("Low"));
    edit(&mut workspace, &rule, "triggerThreshold", json!(3));
    rule.query.value.push_str("\n| take 1");
    let crate::rule::RuleKind::Scheduled(schedule) = &mut rule.kind.value else {
        panic!("scheduled");
    };
    schedule.trigger_threshold.value = 9;
    let plan = workspace.plan(&[desired(&rule)], &options());
    let moved: Vec<_> = plan.changes[0]
        .fields
        .iter()
        .map(|change| (change.field.path(), change.moved))
        .collect();
    assert_eq!(
        moved,
        [
            ("severity", Moved::Live),
            ("query", Moved::File),
            ("triggerThreshold", Moved::Both),
        ]
    );
    assert_eq!(plan.changes[0].notes, [Note::ChangedInWorkspace]);
}

#[test]
fn what_a_person_or_the_service_switched_off_stays_off() {
    let mut rule = sample::scheduled(1);
    let (mut workspace, files) = deployed(std::slice::from_ref(&rule));
    edit(&mut workspace, &rule, "enabled", json!(false));
    let plan = workspace.plan(&files, &options());
    assert_eq!(plan.unchanged[0].notes, [Note::DisabledInWorkspace]);
    edit(
        &mut workspace,
        &rule,
        "displayName",
        json!("AUTO DISABLED Rule 1"),
    );
    edit(
        &mut workspace,
        &rule,
        "description",
        json!("What it finds\nThe alert rule was disabled because …"),
    );
    let plan = workspace.plan(&files, &options());
    assert_eq!(plan.changes, []);
    assert_eq!(plan.unchanged[0].notes, [Note::AutoDisabled]);
    // A repair of the rule is sent, its name and description with it; it stays off.
    rule.query.value.push_str("\n| take 1");
    let plan = workspace.plan(&[desired(&rule)], &options());
    let Action::Update { body, .. } = &plan.changes[0].action else {
        panic!("an update");
    };
    assert_eq!(body.properties.enabled, Some(false));
    assert_eq!(body.properties.display_name.as_deref(), Some("Rule 1"));
}

#[test]
fn a_rule_that_waited_for_a_table_is_enabled_and_nothing_else_is() {
    let rules = [sample::scheduled(1), sample::scheduled(2)];
    let (mut workspace, files) = deployed(&rules);
    for rule in &rules {
        edit(&mut workspace, rule, "enabled", json!(false));
    }
    let name = rules[0].id.value.to_string();
    let mark = workspace.marks.get_mut(&name).expect("marked");
    let waiting = Applied::waiting(mark).expect("a mark of ours");
    *mark = waiting;
    let plan = workspace.plan(&files, &options());
    let [change] = &plan.changes[..] else {
        panic!("one change: {:?}", plan.changes);
    };
    let Action::Update { reason, body, .. } = &change.action else {
        panic!("an update");
    };
    assert_eq!(*reason, UpdateReason::Waiting);
    assert_eq!(body.properties.enabled, Some(true));
    assert_eq!(plan.unchanged[0].notes, [Note::DisabledInWorkspace]);
    workspace.apply(&plan);
    assert_eq!(workspace.plan(&files, &options()).changes, []);
}

#[test]
fn the_kind_of_a_live_rule_cannot_change() {
    let (workspace, _) = deployed(&[sample::scheduled(1)]);
    let plan = workspace.plan(&[desired(&sample::nrt(1))], &options());
    assert_eq!(plan.changes, []);
    assert_eq!(plan.conflicts[0].reason.as_str(), "other-kind");
}

#[test]
fn the_template_of_a_live_rule_is_kept() {
    let rule = sample::scheduled(1);
    let (mut workspace, files) = deployed(std::slice::from_ref(&rule));
    edit(&mut workspace, &rule, "alertRuleTemplateName", json!("t1"));
    edit(&mut workspace, &rule, "templateVersion", json!("1.2.3"));
    assert_eq!(workspace.plan(&files, &options()).changes, []);
    let mut rule = rule;
    rule.query.value.push_str("\n| take 1");
    rule.template_name = Some(sample::at("t2".to_owned()));
    let plan = workspace.plan(&[desired(&rule)], &options());
    assert_eq!(plan.changes[0].notes, [Note::TemplateKept]);
    let Action::Update { body, .. } = &plan.changes[0].action else {
        panic!("an update");
    };
    assert_eq!(
        body.properties.alert_rule_template_name.as_deref(),
        Some("t1")
    );
    assert_eq!(body.properties.template_version.as_deref(), Some("1.2.3"));
}

#[test]
fn the_guard_refuses_a_large_share_of_ten_or_more_and_too_many_enabled_rules() {
    let rules: Vec<Rule> = (1..=10).map(sample::scheduled).collect();
    let (workspace, _) = deployed(&rules);
    let changed = |count: usize| -> Vec<Desired> {
        let mut rules = rules.clone();
        for rule in rules.iter_mut().take(count) {
            rule.query.value.push_str("\n| take 1");
        }
        rules.iter().map(desired).collect()
    };
    let usual = Limits::default();
    let three = workspace.plan(&changed(3), &options());
    assert_eq!(guard::check(&three, usual), Ok(()));
    let four = workspace.plan(&changed(4), &options());
    assert_eq!(
        guard::check(&four, usual),
        Err(Refusal::Share {
            touched: 4,
            owned: 10,
            percent: 30
        })
    );
    for (max_percent, min_owned, passes) in [(40, 10, true), (39, 10, false), (0, 11, true)] {
        let limits = Limits {
            max_percent,
            min_owned,
            ..usual
        };
        assert_eq!(guard::check(&four, limits).is_ok(), passes, "{limits:?}");
    }
    let (few, _) = deployed(&rules[..9]);
    let mut pruning = options();
    pruning.prune = true;
    let plan = few.plan(&[], &pruning);
    assert_eq!(
        (plan.changes.len(), guard::check(&plan, usual)),
        (9, Ok(()))
    );

    let many: Vec<Desired> = (1..=51).map(|n| desired(&sample::nrt(n))).collect();
    let plan = Workspace::default().plan(&many, &options());
    assert_eq!(
        guard::check(&plan, usual),
        Err(Refusal::Quota {
            kind: "NRT",
            after: 51,
            limit: 50
        })
    );
    let larger = Limits {
        max_nrt: 51,
        ..usual
    };
    assert_eq!(guard::check(&plan, larger), Ok(()));
}
