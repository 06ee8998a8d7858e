//! What a run's results become.

use serde_json::{Value, json};

use super::incident::{How, Incident, group};
use super::{Alert, Record, Settings, TICKS_PER_SECOND, alerts};

const HOUR: i64 = 3_600 * TICKS_PER_SECOND;

fn properties() -> Value {
    json!({
        "displayName": "Rule",
        "description": "What it is.",
        "severity": "Medium",
        "tactics": ["Impact"],
        "techniques": ["T1110"],
        "triggerOperator": "GreaterThan",
        "triggerThreshold": 0,
        "eventGroupingSettings": { "aggregationKind": "AlertPerResult" },
        "entityMappings": [
            { "entityType": "IP", "fieldMappings": [{ "identifier": "Address", "columnName": "Ip" }] },
            { "entityType": "Account", "fieldMappings": [
                { "identifier": "Name", "columnName": "User" }, { "identifier": "UPNSuffix", "columnName": "Domain" },
            ] },
        ],
        "customDetails": { "Count": "Count" },
        "alertDetailsOverride": {
            "alertDisplayNameFormat": "{{ Count }} of {{User}} {{Nowhere}}from {{Ip}}",
            "alertSeverityColumnName": "Severity",
            "alertTacticsColumnName": "Tactics",
            "alertDynamicProperties": [{ "alertProperty": "AlertLink", "value": "Link" }],
        },
        "incidentConfiguration": {
            "createIncident": true,
            "groupingConfiguration": {
                "enabled": true, "reopenClosedIncident": false, "lookbackDuration": "PT5H",
                "matchingMethod": "Selected", "groupByEntities": ["IP"],
                "groupByAlertDetails": [], "groupByCustomDetails": null,
            },
        },
    })
}

/// The settings of [`properties`] with some of them replaced.
fn settings(change: &Value) -> Settings {
    let mut properties = properties();
    merge(&mut properties, change);
    Settings::of("Scheduled", &properties)
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

fn grouped(change: &Value) -> Settings {
    settings(&json!({ "incidentConfiguration": { "groupingConfiguration": change } }))
}

fn row(value: Value) -> Record {
    let Value::Object(row) = value else {
        panic!("a row is an object");
    };
    row
}

fn rows(count: usize) -> Vec<Record> {
    (0..count)
        .map(|n| row(json!({ "Ip": format!("203.0.113.{n}"), "User": "a", "Count": n })))
        .collect()
}

/// One alert of the given address, user and count at an hour.
fn alert(settings: &Settings, hour: i64, ip: &str, user: &str, count: u64) -> Vec<Alert> {
    let row = row(json!({ "Ip": ip, "User": user, "Count": count }));
    alerts(settings, &[row], hour * HOUR)
}

#[test]
fn the_trigger_compares_the_number_of_results() {
    for (operator, fires) in [
        ("GreaterThan", [false, false, true]),
        ("LessThan", [true, false, false]),
        ("Equal", [false, true, false]),
        ("NotEqual", [true, false, true]),
    ] {
        let settings = settings(&json!({ "triggerOperator": operator, "triggerThreshold": 1 }));
        assert_eq!(
            [0, 1, 2].map(|count| settings.fires(count)),
            fires,
            "{operator}"
        );
    }
    // A near-real-time rule has no trigger, whatever the body says.
    let mut body = properties();
    merge(
        &mut body,
        &json!({ "triggerOperator": "LessThan", "triggerThreshold": 7 }),
    );
    let nrt = Settings::of("NRT", &body);
    assert_eq!([0, 1].map(|count| nrt.fires(count)), [false, true]);
}

#[test]
fn an_alert_per_result_takes_its_details_from_its_row() {
    let rows = [
        row(json!({
            "Ip": "203.0.113.1", "User": "a", "Domain": "", "Count": 3, "Severity": "high",
            "Tactics": ["credential access", "Nonsense"], "Link": "https://x",
        })),
        row(
            json!({ "Ip": null, "User": "b", "Domain": "d", "Count": 4, "Severity": "Awful", "Tactics": "" }),
        ),
    ];
    let alerts = alerts(&settings(&json!({})), &rows, 7);
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[0].title, "3 of a from 203.0.113.1");
    assert_eq!(alerts[1].title, "4 of b from ");
    assert_eq!(alerts[0].description, "What it is.");
    assert_eq!(
        [&alerts[0].severity, &alerts[1].severity],
        ["High", "Medium"]
    );
    assert_eq!(alerts[0].tactics, ["CredentialAccess"]);
    assert_eq!(alerts[1].tactics, ["Impact"]);
    assert_eq!(
        alerts[0].properties,
        [("AlertLink".to_owned(), "https://x".to_owned())]
    );
    assert_eq!(
        alerts[0].custom_details,
        [("Count".to_owned(), vec!["3".to_owned()])]
    );
    let kinds: Vec<_> = alerts[1]
        .entities
        .iter()
        .map(|one| one.kind.as_str())
        .collect();
    assert_eq!(kinds, ["Account"], "an address that is null is none");
    assert_eq!(
        alerts[0].entities[1].identifiers,
        row(json!({ "Name": "a" }))
    );
    assert_eq!((alerts[1].rows.as_slice(), alerts[1].at), (&[1][..], 7));
}

#[test]
fn a_single_alert_is_about_all_results() {
    let single =
        settings(&json!({ "eventGroupingSettings": { "aggregationKind": "SingleAlert" } }));
    let alerts = alerts(&single, &rows(3), 0);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].title, "0 of a from 203.0.113.0");
    // Three addresses, one account.
    assert_eq!(alerts[0].entities.len(), 4);
    assert_eq!(alerts[0].custom_details[0].1, ["0", "1", "2"]);
    let none = settings(&json!({ "triggerOperator": "LessThan", "triggerThreshold": 1 }));
    let quiet = super::alerts(&none, &[], 0);
    assert_eq!(quiet.len(), 1, "no results can be what a rule is about");
    assert_eq!(quiet[0].title, " of  from ");
}

#[test]
fn a_run_makes_no_more_alerts_than_the_service_allows() {
    for (kind, most) in [("Scheduled", 150), ("NRT", 30)] {
        let settings = Settings::of(kind, &properties());
        let full = alerts(&settings, &rows(most), 0);
        assert_eq!(full.len(), most);
        assert_eq!(full[most - 1].rows, [most - 1]);
        let over = alerts(&settings, &rows(most + 1), 0);
        assert_eq!(over.len(), most);
        assert_eq!(over[most - 2].rows, [most - 2]);
        assert_eq!(over[most - 1].rows.len(), most + 1);
    }
}

#[test]
fn long_texts_and_many_entities_are_cut() {
    let long = "é".repeat(200);
    let settings = settings(&json!({
        "eventGroupingSettings": null,
        "alertDetailsOverride": { "alertDisplayNameFormat": long },
    }));
    let alerts = alerts(&settings, &rows(600), 0);
    assert_eq!(alerts[0].title, "é".repeat(128));
    // Two mappings share five hundred; there is one account.
    assert_eq!(alerts[0].entities.len(), 251);
}

#[test]
fn entities_that_a_column_holds_are_taken_as_they_are() {
    let settings = settings(&json!({
        "entityMappings": [],
        "sentinelEntitiesMappings": [{ "columnName": "Entities" }],
    }));
    let held = r#"[{"$id":"1","Type":"ip","Address":"198.51.100.1"},{"Address":"none"},7]"#;
    let alerts = alerts(&settings, &[row(json!({ "Entities": held }))], 0);
    assert_eq!(alerts[0].entities.len(), 1);
    assert_eq!(alerts[0].entities[0].kind, "ip");
    assert_eq!(
        alerts[0].entities[0].identifiers,
        row(json!({ "Address": "198.51.100.1" }))
    );
}

/// Groups alerts that come one by one; how each was placed, and the number of alerts of each incident.
fn placed(settings: &Settings, alerts: Vec<Alert>) -> (Vec<(usize, How)>, Vec<usize>) {
    let mut incidents = Vec::new();
    let mut places = Vec::new();
    for alert in alerts {
        let placed = group(settings, &mut incidents, vec![alert]);
        places.extend(placed.iter().map(|one| (one.incident, one.how)));
    }
    let sizes = incidents
        .iter()
        .map(|one: &Incident| one.alerts.len())
        .collect();
    (places, sizes)
}

#[test]
fn without_grouping_each_alert_is_an_incident_and_without_incidents_none_is() {
    let single = grouped(&json!({ "enabled": false }));
    let made = [
        alert(&single, 0, "i", "a", 1),
        alert(&single, 0, "i", "a", 1),
    ]
    .concat();
    assert_eq!(placed(&single, made.clone()).1, [1, 1]);
    let none = settings(&json!({ "incidentConfiguration": { "createIncident": false } }));
    assert_eq!(placed(&none, made), (Vec::new(), Vec::new()));
}

#[test]
fn alerts_are_matched_by_what_the_rule_selects() {
    let cases = [
        (json!({}), [0, 0, 1]),
        (json!({ "matchingMethod": "AnyAlert" }), [0, 0, 0]),
        (json!({ "matchingMethod": "AllEntities" }), [0, 1, 2]),
        (json!({ "groupByEntities": ["ip", "Account"] }), [0, 1, 2]),
        (json!({ "groupByAlertDetails": ["Severity"] }), [0, 0, 1]),
        (json!({ "groupByAlertDetails": ["DisplayName"] }), [0, 1, 2]),
        (json!({ "groupByCustomDetails": ["Count"] }), [0, 1, 2]),
        (
            json!({ "groupByEntities": [], "groupByCustomDetails": ["Count"] }),
            [0, 1, 1],
        ),
    ];
    for (change, wanted) in cases {
        let settings = grouped(&change);
        let alerts = [
            alert(&settings, 0, "203.0.113.1", "a", 1),
            alert(&settings, 1, "203.0.113.1", "b", 2),
            alert(&settings, 2, "203.0.113.2", "b", 2),
        ];
        let (places, _) = placed(&settings, alerts.concat());
        let incidents: Vec<usize> = places.iter().map(|(incident, _)| *incident).collect();
        assert_eq!(incidents, wanted, "{change}");
    }
}

#[test]
fn the_order_of_entities_and_identifiers_does_not_matter() {
    let settings = grouped(&json!({ "matchingMethod": "AllEntities" }));
    let mut one = alert(&settings, 0, "i", "a", 1);
    let mut other = one.clone();
    one[0].entities[0].identifiers = row(json!({ "a": 1, "b": 2 }));
    other[0].entities[0].identifiers = row(json!({ "b": 2, "a": 1 }));
    other[0].entities.reverse();
    assert_eq!(placed(&settings, [one, other].concat()).1, [2]);
}

#[test]
fn an_incident_takes_alerts_until_the_time_frame_ends() {
    let settings = grouped(&json!({}));
    let hours = [0, 3, 5, 6, 10, 11, 12];
    let alerts = hours.map(|hour| alert(&settings, hour, "i", "a", 1));
    let (places, sizes) = placed(&settings, alerts.concat());
    let incidents: Vec<usize> = places.iter().map(|(incident, _)| *incident).collect();
    assert_eq!(
        incidents,
        [0, 0, 0, 1, 1, 1, 2],
        "five hours from the first alert on"
    );
    assert_eq!(sizes, [3, 3, 1]);
}

#[test]
fn a_closed_incident_is_opened_again_only_where_the_rule_says_so() {
    for (reopen, how, sizes) in [
        (false, How::Created, vec![1, 1]),
        (true, How::Reopened, vec![2]),
    ] {
        let settings = grouped(&json!({ "reopenClosedIncident": reopen }));
        let mut incidents = Vec::new();
        group(&settings, &mut incidents, alert(&settings, 0, "i", "a", 1));
        incidents[0].closed = true;
        let placed = group(&settings, &mut incidents, alert(&settings, 1, "i", "a", 1));
        assert_eq!(placed[0].how, how);
        let open: Vec<bool> = incidents.iter().map(|one| !one.closed).collect();
        assert!(open[placed[0].incident], "{reopen}");
        let is: Vec<usize> = incidents.iter().map(|one| one.alerts.len()).collect();
        assert_eq!(is, sizes);
    }
}

#[test]
fn a_full_incident_is_followed_by_one_with_the_same_details() {
    let settings = grouped(&json!({ "matchingMethod": "AnyAlert" }));
    let mut incidents = Vec::new();
    group(
        &settings,
        &mut incidents,
        alert(&settings, 0, "first", "a", 1),
    );
    for _ in 0..3 {
        group(&settings, &mut incidents, alerts(&settings, &rows(100), 0));
    }
    let sizes: Vec<usize> = incidents.iter().map(|one| one.alerts.len()).collect();
    assert_eq!(sizes, [150, 150, 1]);
    assert_eq!(incidents[2].title, incidents[0].title);
}

#[test]
fn suppression_leaves_runs_out_for_its_length() {
    let settings = settings(&json!({ "suppressionEnabled": true, "suppressionDuration": "PT2H" }));
    assert_eq!(
        [1, 2, 3].map(|hour| settings.suppresses(0, hour * HOUR)),
        [true, false, false]
    );
    assert!(!grouped(&json!({})).suppresses(0, HOUR));
}

#[test]
fn what_a_body_leaves_out_is_what_the_service_fills_in() {
    let settings = Settings::of("Scheduled", &Value::Null);
    assert!(settings.creates_incidents && settings.grouping.is_none());
    assert_eq!(settings.suppression, None);
    assert_eq!(alerts(&settings, &[Record::new()], 0).len(), 1);
}
