//! The real templates of the reference data, rule for rule.

#![allow(
    clippy::disallowed_methods,
    reason = "real templates are read where they are present"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::body;
use crate::diag::Level;
use crate::duration::Duration;
use crate::import::*;
use crate::project::load;
use crate::rule::write::write;

/// A property in a form in which equal meaning is equal text, written apart from the importer.
fn normal(key: &str, value: &Json) -> Json {
    let sorted = |value: &Json| {
        let words: BTreeSet<String> = value
            .as_array()
            .into_iter()
            .flatten()
            .map(|word| word.as_str().unwrap_or_default().to_lowercase())
            .collect();
        json!(words)
    };
    match (key, value) {
        (_, Json::Null) => Json::Null,
        (
            "queryFrequency" | "queryPeriod" | "suppressionDuration" | "lookbackDuration",
            Json::String(text),
        ) => {
            let mended = text
                .to_uppercase()
                .replace("PT1D", "P1D")
                .replace("PT14D", "P14D");
            mended
                .parse::<Duration>()
                .map_or_else(|_| value.clone(), |duration| json!(duration.as_secs()))
        }
        ("description" | "displayName", Json::String(text)) => {
            let text = text.replace("\r\n", "\n");
            Some(text.trim()).filter(|text| !text.is_empty()).into()
        }
        ("query", Json::String(text)) => {
            json!(text.replace("\r\n", "\n").trim_end())
        }
        ("tactics" | "groupByEntities" | "groupByAlertDetails" | "groupByCustomDetails", value) => {
            match sorted(value) {
                Json::Array(items) if items.is_empty() => Json::Null,
                other => other,
            }
        }
        ("severity" | "matchingMethod" | "aggregationKind" | "entityType", Json::String(text)) => {
            json!(text.to_lowercase())
        }
        ("triggerThreshold", Json::String(text)) => {
            text.parse::<i64>().map_or(Json::Null, Json::from)
        }
        (
            "enabled" | "suppressionEnabled" | "createIncident" | "reopenClosedIncident",
            Json::String(text),
        ) => {
            json!(text.eq_ignore_ascii_case("true"))
        }
        (_, Json::Object(members)) => {
            let members: Map<String, Json> = members
                .iter()
                .map(|(key, value)| (key.clone(), normal(key, value)))
                .filter(|(_, value)| !value.is_null())
                .collect();
            if members.is_empty() {
                Json::Null
            } else {
                Json::Object(members)
            }
        }
        (_, Json::Array(items)) => {
            let items: Vec<Json> = items.iter().map(|item| normal(key, item)).collect();
            if items.is_empty() {
                Json::Null
            } else {
                Json::Array(items)
            }
        }
        (_, Json::String(text)) if text.is_empty() => Json::Null,
        (_, other) => other.clone(),
    }
}

/// Some packages write a single map where the service has a list.
fn listed(key: &str, value: &Json) -> Json {
    match value {
        Json::Object(_) if key == "sentinelEntitiesMappings" => json!([value]),
        other => other.clone(),
    }
}

/// Techniques of a body with the parents that sub-techniques imply.
fn techniques(properties: &Map<String, Json>) -> BTreeSet<String> {
    let fields = ["techniques", "subTechniques", "relevantTechniques"];
    let mut all = BTreeSet::new();
    for word in fields
        .iter()
        .filter_map(|field| properties.get(*field)?.as_array())
        .flatten()
        .filter_map(Json::as_str)
    {
        let word = word.trim().to_uppercase();
        all.insert(word.clone());
        all.extend(word.split_once('.').map(|(parent, _)| parent.to_owned()));
    }
    all
}

/// Every difference between what a template says of a rule and what the imported file renders to, but for the
/// fields that the import itself reported.
fn differences(found: &Found, rule: &Rule, notes: &[Note]) -> Vec<String> {
    let rendered = body(rule);
    let rendered = rendered["properties"].as_object().expect("a map");
    let reported: BTreeSet<&str> = notes
        .iter()
        .filter(|note| note.rule == rule.name.value)
        .filter_map(|note| note.field.split(['.', '[']).next())
        .collect();
    let mut different = Vec::new();
    let keys = [
        "displayName",
        "description",
        "severity",
        "enabled",
        "query",
        "queryFrequency",
        "queryPeriod",
        "triggerOperator",
        "triggerThreshold",
        "suppressionEnabled",
        "suppressionDuration",
        "tactics",
        "entityMappings",
        "customDetails",
        "alertDetailsOverride",
        "eventGroupingSettings",
        "incidentConfiguration",
        "alertRuleTemplateName",
        "sentinelEntitiesMappings",
    ];
    for key in keys {
        let wanted = found
            .properties
            .get(key)
            .map_or(Json::Null, |value| normal(key, &listed(key, value)));
        let given = rendered
            .get(key)
            .map_or(Json::Null, |value| normal(key, value));
        // The service requires these; a source that is silent gets the portal's defaults.
        let silent = wanted.is_null()
            && matches!(
                key,
                "suppressionEnabled" | "suppressionDuration" | "triggerThreshold"
            );
        if given != wanted && !silent && !reported.contains(key) {
            different.push(format!("{key}: {wanted} became {given}"));
        }
    }
    if techniques(&found.properties) != techniques(rendered) && !reported.contains("techniques") {
        different.push("techniques".to_owned());
    }
    different
}

#[test]
fn every_scheduled_rule_of_the_corpus_becomes_an_equal_file() {
    let Some(shared) = std::env::var_os("RULEPOST_SHARED") else {
        println!("skipped: RULEPOST_SHARED is not set");
        return;
    };
    let corpus = PathBuf::from(shared).join("corpus");
    let manifest =
        std::fs::read_to_string(corpus.join("manifest-arm.jsonl")).expect("the manifest");
    let (mut files, mut rules, mut clean, mut lost) = (0, 0, 0, BTreeMap::<String, usize>::new());
    let mut skipped = BTreeMap::<String, usize>::new();
    let mut errors = Vec::new();
    for line in manifest.lines() {
        let entry: Json = serde_json::from_str(line).expect("JSON lines");
        let name = entry["file"].as_str().expect("a path");
        let bytes = std::fs::read(corpus.join(name)).expect("the file");
        let source = String::from_utf8_lossy(&bytes);
        let value = json::parse(source.trim_start_matches('\u{FEFF}'))
            .expect("the manifest says that it parses");
        let (mut found, mut out) = (Vec::new(), Imported::default());
        shape::find(&value, &Map::new(), &mut found, &mut out);
        files += 1;
        for skip in out.skipped {
            *skipped.entry(skip.reason).or_default() += 1;
        }
        for found in found {
            let mut one = Imported::default();
            lift::all(vec![found.clone()], Source::File, &mut one);
            for skip in one.skipped {
                *skipped
                    .entry(format!("{} ({name})", skip.reason))
                    .or_default() += 1;
            }
            for note in &one.notes {
                let field = note.field.split('[').next().unwrap_or_default();
                *lost.entry(format!("{field}: {}", note.lost)).or_default() += 1;
            }
            let Some(rule) = one.rules.first() else {
                continue;
            };
            rules += 1;
            let text = write(rule);
            let loaded = load::load_text(Path::new("a.yaml"), text.clone());
            let faults: Vec<&str> = loaded
                .diagnostics
                .iter()
                .filter(|found| found.level == Level::Error)
                .map(|found| found.message.as_str())
                .collect();
            let [read] = loaded.rules.as_slice() else {
                errors.push(format!("{name} `{}`: {faults:?}\n{text}", rule.name.value));
                continue;
            };
            if body(read) != body(rule) {
                errors.push(format!(
                    "{name} `{}`: the file does not say what was imported\n{text}",
                    rule.name.value
                ));
            }
            let different = differences(&found, read, &one.notes);
            if !different.is_empty() {
                errors.push(format!("{name} `{}`: {different:#?}", rule.name.value));
            }
            if faults.is_empty() {
                clean += 1;
            } else {
                errors.push(format!("{name} `{}`: {faults:?}", rule.name.value));
            }
        }
    }
    println!("{files} files, {rules} rules, {clean} of them without a fault");
    println!("skipped: {skipped:#?}\nfields: {lost:#?}");
    assert!(
        errors.is_empty(),
        "{} faults:\n{}",
        errors.len(),
        errors.join("\n")
    );
    assert!(rules >= 900, "{rules}");
}
