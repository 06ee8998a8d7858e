//! What Azure Resource Manager says a deployment would change, beside our own plan.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::deployment::WhatIfChange;
use crate::api::deployment::WhatIfDelta;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Plan;
use crate::report::human::plural;
use crate::report::plan::ADDED;
use crate::report::plan::ASIDE;
use crate::report::plan::CHANGED;
use crate::report::plan::REMOVED;
use crate::report::plan::STRONG;
use crate::report::plan::title;

/// Longest value that is shown whole, in characters.
const LONGEST: usize = 60;

/// The preview rule by rule. Marks are counted; where plan and preview differ, both are told.
pub(crate) fn human(plan: &Plan, changes: &[WhatIfChange], left_out: usize) -> String {
    let mut text = String::new();
    if left_out > 0 {
        let (stands, it) = if left_out == 1 {
            ("mark stands", "it")
        } else {
            ("marks stand", "them")
        };
        text.push_str(&format!(
            "{ASIDE}{left_out} {stands} beside no rule; a template deletes nothing, `--engine rest` removes {it}{ASIDE:#}\n"
        ));
    }
    if plan.changes.is_empty() {
        return text;
    }
    text.push_str(&format!(
        "\n{STRONG}What-if of Azure Resource Manager{STRONG:#} {ASIDE}(resource group `{}`, incremental){ASIDE:#}\n\n",
        plan.workspace.resource_group
    ));
    let mut by_id: BTreeMap<String, &WhatIfChange> = BTreeMap::new();
    for change in changes {
        by_id.insert(change.resource_id.to_lowercase(), change);
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut marks = 0;
    for change in &plan.changes {
        let mark = plan.workspace.rule_metadata(&change.name).to_lowercase();
        marks += usize::from(by_id.remove(&mark).is_some());
        let (Action::Create { .. } | Action::Update { .. }) = &change.action else {
            continue;
        };
        let told = by_id.remove(&plan.workspace.alert_rule(&change.name).to_lowercase());
        let word = told.map_or("Missing", |told| told.change_type.as_str());
        *counts.entry(word).or_default() += 1;
        rule(&mut text, change, told);
    }
    let others = by_id.len();
    let said: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {}", words(word)))
        .chain((marks > 0).then(|| plural(marks, "mark")))
        .chain((others > 0).then(|| format!("{} left alone", plural(others, "other resource"))))
        .collect();
    text.push_str(&format!("\nWhat-if: {}\n", said.join(", ")));
    text
}

/// A change type in words.
fn words(change_type: &str) -> String {
    match change_type {
        "Create" => "to create".to_owned(),
        "Modify" => "to modify".to_owned(),
        "NoChange" => "without a change".to_owned(),
        "Ignore" => "ignored".to_owned(),
        "Delete" => "to delete".to_owned(),
        "Deploy" => "to deploy".to_owned(),
        "Unsupported" => "that cannot be told".to_owned(),
        "Missing" => "not told".to_owned(),
        other => other.to_owned(),
    }
}

fn rule(text: &mut String, change: &Change, told: Option<&WhatIfChange>) {
    let kind = told.map_or("Missing", |told| told.change_type.as_str());
    let (sign, style) = match kind {
        "Create" => ('+', ADDED),
        "Modify" | "Deploy" => ('~', CHANGED),
        "NoChange" => ('=', ASIDE),
        "Delete" => ('-', REMOVED),
        _ => ('?', CHANGED),
    };
    text.push_str(&format!(
        "{style}{sign} {:<9}{style:#} {STRONG}{}{STRONG:#} {ASIDE}{}{ASIDE:#}\n",
        kind.to_lowercase(),
        title(&change.title, &change.name),
        change.name
    ));
    let expected = match &change.action {
        Action::Create { .. } => kind == "Create",
        _ => matches!(kind, "Modify" | "Deploy"),
    };
    if !expected {
        text.push_str(&format!(
            "    {CHANGED}the plan says `{}`{CHANGED:#}; what is done follows the plan\n",
            change.action.as_str()
        ));
    }
    if let Some(reason) = told.and_then(|told| told.unsupported_reason.as_ref()) {
        text.push_str(&format!("    {reason}\n"));
    }
    for delta in told.iter().flat_map(|told| &told.delta) {
        property(text, "", delta);
    }
}

fn property(text: &mut String, above: &str, delta: &WhatIfDelta) {
    let path = if above.is_empty() {
        delta.path.clone()
    } else if delta.path.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{above}[{}]", delta.path)
    } else {
        format!("{above}.{}", delta.path)
    };
    if !delta.children.is_empty() {
        for child in &delta.children {
            property(text, &path, child);
        }
        return;
    }
    if delta.property_change_type == "NoEffect" {
        return;
    }
    let side = |value: &Option<Value>| value.as_ref().map_or_else(|| "(none)".to_owned(), short);
    text.push_str(&format!(
        "    {path}: {REMOVED}{}{REMOVED:#} -> {ADDED}{}{ADDED:#}\n",
        side(&delta.before),
        side(&delta.after)
    ));
}

/// A value on one line; what is long ends in dots, as our own plan shows it whole.
fn short(value: &Value) -> String {
    let whole = match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    if whole.chars().count() <= LONGEST {
        return whole;
    }
    let start: String = whole.chars().take(LONGEST - 1).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_are_told_by_path_and_long_values_are_cut() {
        let delta: WhatIfDelta = serde_json::from_value(json!({
            "path": "properties.tactics", "propertyChangeType": "Array", "children": [
                {"path": "1", "propertyChangeType": "Create", "after": "Impact"},
                {"path": "2", "propertyChangeType": "Modify", "before": "x".repeat(80), "after": null},
                {"path": "3", "propertyChangeType": "NoEffect", "before": 1, "after": 2},
            ],
        }))
        .expect("a delta");
        let mut text = String::new();
        property(&mut text, "", &delta);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            plain,
            format!(
                "    properties.tactics[1]: (none) -> \"Impact\"\n    properties.tactics[2]: \"{}… -> (none)\n",
                "x".repeat(58)
            )
        );
    }
}
