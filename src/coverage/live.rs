//! Files against a workspace: what is deployed, what is not, and what only the workspace has.

use crate::api::alert_rule::AlertRuleResource;
use crate::api::lenient::ListedRule;
use crate::coverage::record::{Record, State};

/// Marks each record with where it stands, and adds a record for each rule that only the workspace has.
///
/// Whether a deployed rule is on is told by the workspace, not by the file.
pub(super) fn compare(records: &mut Vec<Record>, live: &[ListedRule]) {
    for record in records.iter_mut() {
        record.state = Some(State::Pending);
    }
    for listed in live {
        let name = match listed {
            ListedRule::Rule(rule) => rule.name.clone(),
            ListedRule::Other(rule) => rule.name.clone().unwrap_or_default(),
        };
        let known = records
            .iter_mut()
            .find(|record| record.id.eq_ignore_ascii_case(&name));
        match (known, listed) {
            (Some(record), ListedRule::Rule(rule)) => {
                record.state = Some(State::Deployed);
                record.enabled = rule.properties.enabled.unwrap_or(record.enabled);
            }
            (Some(record), ListedRule::Other(_)) => record.state = Some(State::Deployed),
            (None, ListedRule::Rule(rule)) => records.push(foreign(rule)),
            (None, ListedRule::Other(rule)) => records.push(Record {
                id: name,
                name: rule
                    .display_name
                    .clone()
                    .unwrap_or_else(|| "(no name)".to_owned()),
                kind: rule.kind.clone().unwrap_or_default(),
                severity: text(&rule.raw, "/properties/severity"),
                enabled: rule
                    .raw
                    .pointer("/properties/enabled")
                    .and_then(serde_json::Value::as_bool)
                    .unwrap_or_default(),
                state: Some(State::Foreign),
                description: text(&rule.raw, "/properties/description"),
                tactics: list(&rule.raw, "/properties/tactics"),
                techniques: list(&rule.raw, "/properties/techniques"),
                ..Record::default()
            }),
        }
    }
}

fn foreign(rule: &AlertRuleResource) -> Record {
    let properties = &rule.properties;
    let own = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut techniques = properties.sub_techniques.clone().unwrap_or_default();
    for parent in properties.techniques.iter().flatten() {
        if !techniques
            .iter()
            .any(|sub| sub.starts_with(&format!("{parent}.")))
        {
            techniques.push(parent.clone());
        }
    }
    techniques.sort();
    let schedule = match (&properties.query_frequency, &properties.query_period) {
        (Some(frequency), Some(period)) => format!("every {frequency} over {period}"),
        _ => String::new(),
    };
    Record {
        id: rule.name.clone(),
        name: own(&properties.display_name),
        kind: rule.kind.clone(),
        severity: own(&properties.severity),
        enabled: properties.enabled.unwrap_or_default(),
        state: Some(State::Foreign),
        description: own(&properties.description),
        schedule,
        tactics: properties.tactics.clone().unwrap_or_default(),
        techniques,
        query: own(&properties.query),
        ..Record::default()
    }
}

fn text(raw: &serde_json::Value, pointer: &str) -> String {
    raw.pointer(pointer)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn list(raw: &serde_json::Value, pointer: &str) -> Vec<String> {
    let items = raw.pointer(pointer).and_then(serde_json::Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
