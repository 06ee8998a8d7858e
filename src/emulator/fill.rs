//! What the server makes of a rule: defaults filled in, durations respelled, nulls where nothing was said.
//!
//! Recorded: omitted scalars and arrays come back as `null`, omitted objects stay away, what was sent as `[]`
//! stays `[]`, a missing `incidentConfiguration` is filled, unset members of `alertDetailsOverride` are `null`,
//! members stand in the order used here. A rule is kept whole; each version shows what it knows of it.

use serde_json::{Map, Value, json};

use crate::duration::Duration;
use crate::emulator::state::{Facts, Stored, Touch};
use crate::emulator::time::seven_digits;
use crate::emulator::version::Version;

/// Members of a query rule in the order of recorded answers; `true` where an omitted one comes back as null.
const ORDER: &[(&str, bool)] = &[
    ("incidentConfiguration", false),
    ("customDetails", false),
    ("entityMappings", false),
    ("alertDetailsOverride", false),
    ("queryFrequency", false),
    ("queryPeriod", false),
    ("triggerOperator", false),
    ("triggerThreshold", false),
    ("eventGroupingSettings", false),
    ("severity", false),
    ("query", false),
    ("suppressionDuration", false),
    ("suppressionEnabled", false),
    ("tactics", true),
    ("techniques", true),
    ("subTechniques", true),
    ("displayName", false),
    ("enabled", false),
    ("description", true),
    ("alertRuleTemplateName", true),
    ("templateVersion", true),
    ("sentinelEntitiesMappings", true),
    ("startTimeUtc", false),
];

const GROUPING: &[&str] = &[
    "groupByEntities",
    "groupByAlertDetails",
    "groupByCustomDetails",
];

const OVERRIDES: &[&str] = &[
    "alertDisplayNameFormat",
    "alertDescriptionFormat",
    "alertTacticsColumnName",
    "alertSeverityColumnName",
];

/// The properties of a judged rule as they are kept.
pub(crate) fn stored(kind: &str, sent: &Map<String, Value>) -> Map<String, Value> {
    if !matches!(kind, "Scheduled" | "NRT") {
        return sent.clone();
    }
    let mut kept = Map::new();
    for (name, null) in ORDER {
        let value = sent.get(*name).cloned();
        let value = match (*name, value) {
            ("incidentConfiguration", value) => Some(incident(value.as_ref())),
            ("alertDetailsOverride", Some(Value::Object(mut details))) => {
                fill_null(&mut details, OVERRIDES);
                Some(Value::Object(details))
            }
            ("queryFrequency" | "queryPeriod" | "suppressionDuration", Some(value)) => {
                Some(respelled(value))
            }
            (_, None) if *null => Some(Value::Null),
            (_, value) => value,
        };
        if let Some(value) = value {
            kept.insert((*name).to_owned(), value);
        }
    }
    kept
}

/// The incident settings with what was not said filled in.
fn incident(sent: Option<&Value>) -> Value {
    let mut filled = json!({
        "createIncident": sent.and_then(|sent| sent.get("createIncident")).cloned().unwrap_or(Value::Bool(true)),
        "groupingConfiguration": {
            "enabled": false,
            "reopenClosedIncident": false,
            "lookbackDuration": "PT5M",
            "matchingMethod": "AllEntities",
            "groupByEntities": [],
            "groupByAlertDetails": null,
            "groupByCustomDetails": null,
        },
    });
    if let Some(Value::Object(grouping)) = sent.and_then(|sent| sent.get("groupingConfiguration")) {
        let mut grouping = grouping.clone();
        if let Some(lookback) = grouping.get_mut("lookbackDuration") {
            *lookback = respelled(lookback.take());
        }
        fill_null(&mut grouping, GROUPING);
        filled["groupingConfiguration"] = Value::Object(grouping);
    }
    filled
}

fn fill_null(object: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        object.entry(*name).or_insert(Value::Null);
    }
}

/// A duration as .NET's `TimeSpan` prints it.
fn respelled(value: Value) -> Value {
    match value
        .as_str()
        .and_then(|text| text.parse::<Duration>().ok())
    {
        Some(duration) => Value::String(duration.to_string()),
        None => value,
    }
}

/// A rule as a version shows it.
pub(crate) fn rule(facts: &Facts, stored: &Stored, version: Version<'_>) -> Value {
    let mut properties = Map::new();
    for (name, value) in &stored.properties {
        if version.has_member(name) {
            properties.insert(name.clone(), value.clone());
        }
    }
    if let Some(Value::Object(details)) = properties.get_mut("alertDetailsOverride")
        && !version.has_member("alertDynamicProperties")
    {
        details.shift_remove("alertDynamicProperties");
    }
    if version.is_first()
        && let Some(Value::Object(grouping)) = properties
            .get_mut("incidentConfiguration")
            .and_then(|incident| incident.get_mut("groupingConfiguration"))
    {
        let old = match grouping.get("matchingMethod").and_then(Value::as_str) {
            Some("Selected") => "Custom",
            Some("AnyAlert") => "None",
            _ => "All",
        };
        for name in [
            "matchingMethod",
            "groupByAlertDetails",
            "groupByCustomDetails",
        ] {
            grouping.shift_remove(name);
        }
        grouping.insert(
            "entitiesMatchingMethod".to_owned(),
            Value::String(old.to_owned()),
        );
    }
    properties.insert(
        "lastModifiedUtc".to_owned(),
        Value::String(seven_digits(stored.modified.at)),
    );
    let mut resource = json!({
        "id": facts.id().alert_rule(&stored.name),
        "name": stored.name,
        "etag": stored.etag,
        "type": "Microsoft.SecurityInsights/alertRules",
        "kind": stored.kind,
        "properties": properties,
    });
    if version.has_system_data() {
        resource["systemData"] = system_data(&stored.created, &stored.modified);
    }
    resource
}

/// Who created and last changed a resource.
pub(crate) fn system_data(created: &Touch, modified: &Touch) -> Value {
    json!({
        "createdAt": seven_digits(created.at),
        "createdBy": created.by,
        "createdByType": created.by_type,
        "lastModifiedAt": seven_digits(modified.at),
        "lastModifiedBy": modified.by,
        "lastModifiedByType": modified.by_type,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Some members of a rule, each left out, null or said.
    fn properties() -> impl Strategy<Value = Map<String, Value>> {
        let durations = ["PT5M", "PT60M", "P1D", "PT24H", "PT90M", "P1DT1H"];
        let duration =
            move || prop::sample::select(durations.to_vec()).prop_map(|text| json!(text));
        let texts = || prop::collection::vec("[A-Z][0-9]{4}", 0..3).prop_map(|all| json!(all));
        let said = |value: BoxedStrategy<Value>| {
            prop_oneof![Just(None), Just(Some(Value::Null)), value.prop_map(Some)]
        };
        (
            said(duration().boxed()),
            said(texts().boxed()),
            said("[a-z ]{0,9}".prop_map(|text| json!(text)).boxed()),
            said(
                (any::<bool>(), duration(), texts())
                    .prop_map(|(create, lookback, groups)| {
                        json!({"createIncident": create, "groupingConfiguration": {
                            "enabled": true, "lookbackDuration": lookback, "groupByEntities": groups,
                        }})
                    })
                    .boxed(),
            ),
            said(
                "[a-z]{1,9}"
                    .prop_map(|text| json!({"alertDisplayNameFormat": text}))
                    .boxed(),
            ),
        )
            .prop_map(|(frequency, tactics, description, incident, overrides)| {
                let members = [
                    ("queryFrequency", frequency),
                    ("tactics", tactics),
                    ("description", description),
                    ("incidentConfiguration", incident),
                    ("alertDetailsOverride", overrides),
                ];
                members
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                    // The validator leaves nulls out before anything is kept.
                    .filter(|(_, value)| !value.is_null())
                    .collect()
            })
    }

    proptest! {
        /// What was read, written back as it is, is kept as it is: clients do so.
        #[test]
        fn writing_back_what_was_read_changes_nothing(sent in properties()) {
            let kept = stored("Scheduled", &sent);
            let mut back = kept.clone();
            back.retain(|_, value| !value.is_null());
            prop_assert_eq!(stored("Scheduled", &back), kept);
        }
    }

    #[test]
    fn durations_come_back_as_a_time_span_prints_them() {
        for (sent, kept) in [
            ("PT60M", "PT1H"),
            ("PT24H", "P1D"),
            ("PT90M", "PT1H30M"),
            ("P2DT1H30M", "P2DT1H30M"),
        ] {
            assert_eq!(respelled(json!(sent)), json!(kept));
        }
    }
}
