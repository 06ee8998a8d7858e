//! What holds for every rule: applying converges, order does not matter, equal inputs give equal bytes.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::model::Workspace;
use super::model::desired;
use super::model::options;
use crate::plan::Desired;
use crate::plan::file::PlanV1;
use crate::plan::file::moved;
use crate::render::sample;
use crate::rule::Rule;

/// Some rules with ids of their own.
fn rules() -> impl Strategy<Value = Vec<Rule>> {
    vec(sample::any_rule(8), 0..6).prop_map(|rules| {
        let by_id: BTreeMap<_, _> = rules
            .into_iter()
            .map(|rule| (rule.id.value, rule))
            .collect();
        by_id.into_values().collect()
    })
}

/// A second version of the same files: some gone, some changed, some new, of the kind each had.
fn next(before: &[Rule], after: Vec<Rule>) -> Vec<Rule> {
    after
        .into_iter()
        .filter(|rule| {
            let kind = |rule: &Rule| rule.kind.value.as_str();
            before
                .iter()
                .all(|old| old.id.value != rule.id.value || kind(old) == kind(rule))
        })
        .collect()
}

fn wanted(rules: &[Rule]) -> Vec<Desired> {
    rules.iter().map(desired).collect()
}

fn json_of(plan: &crate::plan::Plan) -> String {
    serde_json::to_string(&PlanV1::from(plan)).expect("a plan is JSON")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_plan_after_its_apply_is_empty(
        before in rules(),
        after in rules(),
        respell in any::<bool>(),
        prune in any::<bool>(),
    ) {
        let mut workspace = Workspace { respell, ..Workspace::default() };
        let mut options = options();
        options.prune = prune;
        let after = next(&before, after);
        for files in [wanted(&before), wanted(&after)] {
            let plan = workspace.plan(&files, &options);
            prop_assert_eq!(&plan.conflicts, &[]);
            workspace.apply(&plan);
            let again = workspace.plan(&files, &options);
            prop_assert_eq!(&again.changes, &[]);
            prop_assert_eq!(again.unchanged.len(), files.len());
            if prune {
                prop_assert_eq!(workspace.rules.len(), files.len());
            }
        }
    }

    #[test]
    fn the_order_of_inputs_does_not_matter_and_equal_inputs_give_equal_bytes(
        before in rules(),
        after in rules(),
    ) {
        let mut workspace = Workspace::default();
        let mut options = options();
        options.prune = true;
        let plan = workspace.plan(&wanted(&before), &options);
        workspace.apply(&plan);
        let mut files = wanted(&after);
        let (mut live, mut marks) = (workspace.list(), workspace.marks());
        let first = crate::plan::plan(&files, &live, &marks, &options);
        files.reverse();
        live.reverse();
        marks.reverse();
        let second = crate::plan::plan(&files, &live, &marks, &options);
        prop_assert_eq!(json_of(&first), json_of(&second));
        let read: PlanV1 = serde_json::from_str(&json_of(&first)).expect("a plan reads back");
        prop_assert_eq!(&read, &PlanV1::from(&second));
        prop_assert_eq!(moved(&read, &PlanV1::from(&second)), [""; 0]);
    }

    #[test]
    fn what_is_declared_unmanaged_is_kept_as_it_is_live(rule in sample::any_rule(1)) {
        let mut workspace = Workspace::default();
        let mut rule = rule;
        rule.extension.unmanaged = ["severity", "enabled", "incidentConfiguration", "description"]
            .map(|word| sample::at(word.to_owned()))
            .into();
        let files = [desired(&rule)];
        workspace.apply(&workspace.plan(&files, &options()));
        let properties = |workspace: &mut Workspace| -> serde_json::Value {
            workspace.rules.values().next().expect("created")["properties"].clone()
        };
        let name = rule.id.value.to_string();
        let mut edited = workspace.rules[&name].clone();
        edited["properties"]["severity"] = json!("Low");
        edited["properties"]["enabled"] = json!(false);
        edited["properties"]["description"] = json!("as a person wants it");
        edited["properties"]["incidentConfiguration"] = json!({
            "createIncident": false,
            "groupingConfiguration": {"enabled": true, "reopenClosedIncident": true,
                "lookbackDuration": "PT7H", "matchingMethod": "AllEntities"},
        });
        workspace.put(&name, &edited);
        let plan = workspace.plan(&files, &options());
        prop_assert_eq!(&plan.changes, &[]);
        // A change elsewhere sends the whole rule, and these fields as they are live.
        rule.query.value.push_str("\n| take 7");
        let files = [desired(&rule)];
        let plan = workspace.plan(&files, &options());
        prop_assert_eq!(plan.changes.len(), 1);
        workspace.apply(&plan);
        let live = properties(&mut workspace);
        prop_assert_eq!(&live["severity"], "Low");
        prop_assert_eq!(&live["enabled"], false);
        prop_assert_eq!(&live["description"], "as a person wants it");
        prop_assert_eq!(&live["incidentConfiguration"]["createIncident"], false);
        let grouping = &live["incidentConfiguration"]["groupingConfiguration"];
        prop_assert_eq!(&grouping["lookbackDuration"], "PT7H");
    }
}

#[test]
fn equal_ids_in_any_case_are_one_rule() {
    let rule = sample::scheduled(0x00AB_CDEF);
    let files = [desired(&rule)];
    let mut workspace = Workspace::default();
    workspace.apply(&workspace.plan(&files, &options()));
    let (name, value) = workspace.rules.pop_first().expect("created");
    let upper = name.to_uppercase();
    let mut value = value;
    value["name"] = json!(upper);
    workspace.rules.insert(upper.clone(), value);
    let mark = workspace.marks.remove(&name).expect("marked");
    workspace.marks.insert(upper, mark);
    assert_eq!(workspace.plan(&files, &options()).changes, []);
}
