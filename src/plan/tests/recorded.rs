//! What the real service was recorded to return for what was sent plans to nothing.
//!
//! `tests/fixtures/api/recorded-puts.json` holds the PUT exchanges of Microsoft's own client libraries' recordings,
//! with their sources; the table below the normalisations known beyond them.

use serde_json::Value;
use serde_json::json;

use crate::api::alert_rule::AlertRuleProperties;
use crate::plan::diff;
use crate::plan::field::Field;
use crate::plan::normal::normal;

fn differences(kind: &str, sent: &Value, returned: &Value) -> Vec<&'static str> {
    let read = |value: &Value| {
        serde_json::from_value::<AlertRuleProperties>(value.clone()).expect("properties")
    };
    let (sent, returned) = (normal(kind, &read(sent)), normal(kind, &read(returned)));
    let all = Field::ALL.iter().copied().collect();
    diff::fields(&sent, &returned, &all, None)
        .iter()
        .map(|change| change.field.path())
        .collect()
}

#[test]
fn every_recorded_write_plans_to_nothing() {
    let recorded: Vec<Value> = serde_json::from_str(include_str!(
        "../../../tests/fixtures/api/recorded-puts.json"
    ))
    .expect("the fixture is JSON");
    assert_eq!(recorded.len(), 4);
    for exchange in recorded {
        let found = differences(
            exchange["sent"]["kind"].as_str().expect("a kind"),
            &exchange["sent"]["properties"],
            &exchange["returned"]["properties"],
        );
        assert_eq!(found, [""; 0], "{}", exchange["source"]);
    }
}

/// A rule with everything in it, as it is sent.
fn full() -> Value {
    json!({
        "displayName": "A", "description": "B", "severity": "High", "enabled": true,
        "query": "T\n| where a == \" x\"", "queryFrequency": "PT1H", "queryPeriod": "P1D",
        "triggerOperator": "GreaterThan", "triggerThreshold": 0,
        "suppressionEnabled": false, "suppressionDuration": "PT5H",
        "tactics": ["Persistence", "Execution"], "techniques": ["T1110", "T1078"],
        "subTechniques": ["T1110.003"],
        "customDetails": {"a": "b"},
        "entityMappings": [
            {"entityType": "IP", "fieldMappings": [{"identifier": "Address", "columnName": "Ip"}]},
            {"entityType": "Account", "fieldMappings": [
                {"identifier": "Name", "columnName": "N"},
                {"identifier": "UPNSuffix", "columnName": "U"},
            ]},
        ],
        "alertDetailsOverride": {"alertDisplayNameFormat": "{{N}}"},
        "incidentConfiguration": {"createIncident": true, "groupingConfiguration": {
            "enabled": true, "reopenClosedIncident": false, "lookbackDuration": "PT5H",
            "matchingMethod": "Selected", "groupByEntities": ["IP", "Account"],
        }},
    })
}

/// The full rule with some members replaced; a path goes by dots.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut rule = full();
    for (path, value) in changes {
        let pointer = format!("/{}", path.replace('.', "/"));
        let (parent, key) = pointer.rsplit_once('/').expect("a path");
        rule.pointer_mut(parent).expect("the parent is there")[key] = value.clone();
    }
    rule
}

#[test]
fn what_the_service_fills_in_or_respells_is_no_difference() {
    for (what, returned) in [
        (
            "absent members come back as null",
            with(&[
                ("alertRuleTemplateName", Value::Null),
                ("templateVersion", Value::Null),
                ("startTimeUtc", Value::Null),
                ("sentinelEntitiesMappings", Value::Null),
                ("eventGroupingSettings", Value::Null),
                ("alertDetailsOverride.alertDescriptionFormat", Value::Null),
                ("alertDetailsOverride.alertTacticsColumnName", Value::Null),
                ("alertDetailsOverride.alertSeverityColumnName", Value::Null),
                ("alertDetailsOverride.alertDynamicProperties", json!([])),
                (
                    "incidentConfiguration.groupingConfiguration.groupByAlertDetails",
                    Value::Null,
                ),
                (
                    "incidentConfiguration.groupingConfiguration.groupByCustomDetails",
                    json!([]),
                ),
            ]),
        ),
        (
            "server-owned members",
            with(&[
                ("lastModifiedUtc", json!("2026-03-25T07:45:17.671388Z")),
                ("provisioningState", json!("Succeeded")),
            ]),
        ),
        (
            "durations go through a TimeSpan",
            with(&[
                ("queryFrequency", json!("PT60M")),
                ("queryPeriod", json!("PT24H")),
            ]),
        ),
        (
            "line ends and blanks at line ends",
            with(&[("query", json!("T  \r\n| where a == \" x\"\r\n"))]),
        ),
        (
            "sets in another order",
            with(&[
                ("tactics", json!(["Execution", "Persistence"])),
                ("techniques", json!(["T1078", "T1110"])),
                (
                    "incidentConfiguration.groupingConfiguration.groupByEntities",
                    json!(["Account", "IP"]),
                ),
                (
                    "entityMappings",
                    json!([
                        {"entityType": "Account", "fieldMappings": [
                            {"identifier": "UPNSuffix", "columnName": "U"},
                            {"identifier": "Name", "columnName": "N"},
                        ]},
                        {"entityType": "IP", "fieldMappings": [
                            {"identifier": "Address", "columnName": "Ip"}]},
                    ]),
                ),
            ]),
        ),
        (
            "the default of event grouping",
            with(&[(
                "eventGroupingSettings",
                json!({"aggregationKind": "SingleAlert"}),
            )]),
        ),
        (
            "the length of a suppression that is off",
            with(&[("suppressionDuration", json!("PT1H"))]),
        ),
    ] {
        assert_eq!(
            differences("Scheduled", &full(), &returned),
            [""; 0],
            "{what}"
        );
    }
}

#[test]
fn silence_about_incidents_equals_the_services_default() {
    let mut silent = full();
    silent
        .as_object_mut()
        .expect("an object")
        .remove("incidentConfiguration");
    for lookback in ["PT5M", "PT5H"] {
        let filled = json!({"createIncident": true, "groupingConfiguration": {
            "enabled": false, "reopenClosedIncident": false, "lookbackDuration": lookback,
            "entitiesMatchingMethod": "All", "groupByEntities": [],
        }});
        let returned = with(&[("incidentConfiguration", filled)]);
        assert_eq!(differences("Scheduled", &silent, &returned), [""; 0]);
    }
    let off = with(&[("incidentConfiguration", json!({"createIncident": false}))]);
    assert_eq!(
        differences("Scheduled", &silent, &off),
        ["incidentConfiguration.createIncident"]
    );
}

#[test]
fn every_real_difference_shows_under_its_path() {
    for (path, value) in [
        ("displayName", json!("Z")),
        ("description", Value::Null),
        ("severity", json!("Low")),
        ("enabled", json!(false)),
        ("query", json!("T\n| where a == \"x\"")),
        ("queryFrequency", json!("PT2H")),
        ("queryPeriod", json!("P2D")),
        ("triggerOperator", json!("LessThan")),
        ("triggerThreshold", json!(1)),
        ("suppressionEnabled", json!(true)),
        ("tactics", json!(["Execution"])),
        ("techniques", json!(["T1110"])),
        ("subTechniques", json!(["T1110.001"])),
        ("alertRuleTemplateName", json!("t")),
        ("templateVersion", json!("1.0.0")),
        ("customDetails", json!({"a": "c"})),
        ("entityMappings", Value::Null),
        ("sentinelEntitiesMappings", json!([{"columnName": "E"}])),
        ("alertDetailsOverride.alertDisplayNameFormat", json!("x")),
        ("alertDetailsOverride.alertDescriptionFormat", json!("x")),
        ("alertDetailsOverride.alertTacticsColumnName", json!("x")),
        ("alertDetailsOverride.alertSeverityColumnName", json!("x")),
        (
            "alertDetailsOverride.alertDynamicProperties",
            json!([{"alertProperty": "AlertLink", "value": "x"}]),
        ),
        ("incidentConfiguration.createIncident", json!(false)),
        (
            "incidentConfiguration.groupingConfiguration.reopenClosedIncident",
            json!(true),
        ),
        (
            "incidentConfiguration.groupingConfiguration.lookbackDuration",
            json!("PT6H"),
        ),
        (
            "incidentConfiguration.groupingConfiguration.matchingMethod",
            json!("AnyAlert"),
        ),
        (
            "incidentConfiguration.groupingConfiguration.groupByEntities",
            json!(["IP"]),
        ),
        (
            "incidentConfiguration.groupingConfiguration.groupByAlertDetails",
            json!(["Severity"]),
        ),
        (
            "incidentConfiguration.groupingConfiguration.groupByCustomDetails",
            json!(["a"]),
        ),
    ] {
        let found = differences("Scheduled", &full(), &with(&[(path, value)]));
        assert!(found.contains(&path), "{path}: {found:?}");
    }
    let grouped = json!({"aggregationKind": "AlertPerResult"});
    assert_eq!(
        differences(
            "Scheduled",
            &full(),
            &with(&[("eventGroupingSettings", grouped)])
        ),
        ["eventGroupingSettings.aggregationKind"]
    );
}
