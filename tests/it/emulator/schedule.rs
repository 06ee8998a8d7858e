//! Rules run: when they should, over what they should, and what they make can be read back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::emulator::{Reply, nrt, scheduled, text};

/// Noon, when every test begins.
const NOON: [&str; 2] = ["--time", "2026-03-01T12:00:00Z"];

/// A scheduled rule that makes an alert for each address with rows.
fn rule(changes: &Value) -> Value {
    let mut body = scheduled("Rows of one address");
    let properties = json!({
        "query": "StorageBlobLogs\n| where ingestion_time() > ago(1h) and ingestion_time() <= now()\n| summarize Rows = count(), First = min(TimeGenerated) by CallerIpAddress",
        "queryFrequency": "PT1H",
        "queryPeriod": "PT2H",
        "tactics": ["InitialAccess"],
        "techniques": ["T1078"],
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "alertDetailsOverride": {"alertDisplayNameFormat": "{{Rows}} rows from {{CallerIpAddress}}"},
        "customDetails": {"Rows": "Rows"},
        "entityMappings": [{"entityType": "IP", "fieldMappings": [
            {"identifier": "Address", "columnName": "CallerIpAddress"},
        ]}],
        "incidentConfiguration": {"createIncident": true, "groupingConfiguration": {
            "enabled": true, "reopenClosedIncident": false, "lookbackDuration": "P1D",
            "matchingMethod": "Selected", "groupByEntities": ["IP"],
        }},
    });
    for (name, value) in properties.as_object().expect("an object") {
        body["properties"][name] = value.clone();
    }
    for (name, value) in changes.as_object().expect("an object") {
        body["properties"][name] = value.clone();
    }
    body
}

fn with(body: &Value) -> Emulator {
    let emulator = Emulator::with(&NOON);
    let reply = emulator.put(&emulator.rule("r"), body);
    assert_eq!(reply.status, 201, "{reply:?}");
    emulator
}

/// Puts rows in: minute of the hour after noon, and address.
fn rows(emulator: &Emulator, rows: &[(&str, &str)]) {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(at, ip)| json!({"TimeGenerated": format!("2026-03-01T{at}:00Z"), "CallerIpAddress": ip}))
        .collect();
    let path = format!("{}/tables/StorageBlobLogs/rows", emulator.workspace());
    let body = json!({"rows": rows, "delay": "PT90S"});
    assert_eq!(emulator.admin(Method::POST, &path, Some(&body)).status, 200);
}

/// Moves the clock and gives what ran.
fn advance(emulator: &mut Emulator, by: &str) -> Value {
    let reply = emulator.admin(Method::POST, "/clock", Some(&json!({ "advance": by })));
    assert_eq!(reply.status, 200, "{reply:?}");
    // A token is good for an hour.
    let token = emulator.token(text(&emulator.ready, "tenant"), &emulator.form());
    emulator.use_token(text(&token.body, "access_token"));
    reply.body["ran"].clone()
}

fn counts(ran: &Value) -> (u64, u64, u64) {
    let count = |name: &str| ran[name].as_u64().expect("a number");
    (count("runs"), count("alerts"), count("incidents"))
}

fn incidents(emulator: &Emulator) -> Vec<Value> {
    let reply = emulator.get(&format!("{}/incidents", emulator.sentinel()));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["value"].as_array().expect("a list").clone()
}

fn titles(emulator: &Emulator) -> Vec<String> {
    let all = incidents(emulator);
    all.iter()
        .map(|one| text(&one["properties"], "title").to_owned())
        .collect()
}

fn query(emulator: &Emulator, query: &str) -> Value {
    let path = format!("{}/api/query", emulator.workspace());
    let body = json!({ "query": query });
    let reply = emulator.call_version(Method::POST, &path, "2020-08-01", Some(&body));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["tables"][0]["rows"].clone()
}

fn post(emulator: &Emulator, path: &str) -> Reply {
    emulator.call_version(Method::POST, path, "2025-09-01", Some(&json!({})))
}

#[test]
fn a_rule_runs_at_its_frequency_five_minutes_late() {
    let mut emulator = with(&rule(&json!({})));
    assert_eq!(counts(&advance(&mut emulator, "PT4M")), (0, 0, 0));
    assert_eq!(counts(&advance(&mut emulator, "PT1M")), (1, 0, 0));
    assert_eq!(counts(&advance(&mut emulator, "PT59M")), (0, 0, 0));
    assert_eq!(counts(&advance(&mut emulator, "PT1M")), (1, 0, 0));
    assert_eq!(counts(&advance(&mut emulator, "PT10H")), (10, 0, 0));
    let runs = emulator.admin(Method::GET, "/runs", None).body;
    let times: Vec<&str> = runs["runs"]
        .as_array()
        .expect("a list")
        .iter()
        .take(2)
        .map(|run| text(run, "scheduled"))
        .collect();
    assert_eq!(
        times,
        [
            "2026-03-01T12:00:00.0000000Z",
            "2026-03-01T13:00:00.0000000Z"
        ]
    );
}

#[test]
fn one_event_makes_one_alert_and_an_incident_that_can_be_read() {
    let mut emulator = with(&rule(&json!({})));
    rows(
        &emulator,
        &[("12:10", "198.51.100.1"), ("12:20", "198.51.100.1")],
    );
    // Generated before the run of one o'clock and there when it is made, but arrived in the next hour.
    rows(&emulator, &[("12:59", "198.51.100.2")]);
    assert_eq!(counts(&advance(&mut emulator, "PT6H")), (6, 2, 2));
    assert_eq!(
        titles(&emulator),
        ["2 rows from 198.51.100.1", "1 rows from 198.51.100.2"]
    );
    let incident = &incidents(&emulator)[0];
    let properties = &incident["properties"];
    assert_eq!(incident["type"], "Microsoft.SecurityInsights/Incidents");
    assert_eq!(properties["severity"], "Medium");
    assert_eq!(properties["status"], "New");
    assert_eq!(properties["incidentNumber"], 1);
    assert_eq!(properties["additionalData"]["alertsCount"], 1);
    assert_eq!(
        properties["additionalData"]["tactics"],
        json!(["InitialAccess"])
    );
    assert_eq!(properties["createdTimeUtc"], "2026-03-01T13:05:00.0000000Z");
    assert_eq!(
        properties["relatedAnalyticRuleIds"],
        json!([emulator.rule("r")])
    );
    let path = format!(
        "{}/incidents/{}",
        emulator.sentinel(),
        text(incident, "name")
    );
    assert_eq!(emulator.get(&path).body, *incident);
    let alerts = post(&emulator, &format!("{path}/alerts")).body;
    let alert = &alerts["value"][0];
    assert_eq!(alert["kind"], "SecurityAlert");
    assert_eq!(
        alert["properties"]["alertDisplayName"],
        "2 rows from 198.51.100.1"
    );
    let entities = post(&emulator, &format!("{path}/entities")).body;
    assert_eq!(
        entities["metaData"],
        json!([{"entityKind": "Ip", "count": 1}])
    );
    assert_eq!(
        entities["entities"][0]["properties"],
        json!({"address": "198.51.100.1", "friendlyName": "198.51.100.1"})
    );
    assert_eq!(
        emulator
            .get(&format!("{}/incidents/none", emulator.sentinel()))
            .status,
        404
    );
}

#[test]
fn alerts_and_incidents_are_rows_too() {
    let mut emulator = with(&rule(&json!({})));
    rows(&emulator, &[("12:10", "198.51.100.1")]);
    advance(&mut emulator, "PT2H");
    assert_eq!(
        query(
            &emulator,
            "SecurityAlert
            | extend Details = parse_json(tostring(parse_json(ExtendedProperties)['Custom Details']))
            | project TimeGenerated, AlertName, AlertSeverity, Tactics, Techniques, ProductName, ProviderName,
                Address = tostring(parse_json(Entities)[0].Address), Rows = tostring(Details.Rows[0])"
        ),
        json!([[
            "2026-03-01T13:05:00Z",
            "1 rows from 198.51.100.1",
            "Medium",
            "InitialAccess",
            "[\"T1078\"]",
            "Azure Sentinel",
            "ASI Scheduled Alerts",
            "198.51.100.1",
            "1"
        ]])
    );
    assert_eq!(
        query(
            &emulator,
            "SecurityIncident
            | mv-expand AlertId = AlertIds to typeof(string)
            | join kind=inner SecurityAlert on $left.AlertId == $right.SystemAlertId
            | project IncidentNumber, Title, Status"
        ),
        json!([[1, "1 rows from 198.51.100.1", "New"]])
    );
}

#[test]
fn alerts_of_one_entity_go_into_one_incident_until_it_is_closed() {
    let mut emulator = with(&rule(&json!({})));
    rows(
        &emulator,
        &[("12:10", "198.51.100.1"), ("13:10", "198.51.100.1")],
    );
    advance(&mut emulator, "PT2H10M");
    let all = incidents(&emulator);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["properties"]["additionalData"]["alertsCount"], 2);
    let path = format!(
        "{}/incidents/{}",
        emulator.sentinel(),
        text(&all[0], "name")
    );
    let close = |more: &Value| {
        let mut body = json!({"etag": all[0]["etag"], "properties": {
            "title": "Done", "severity": "Low", "status": "Closed",
        }});
        for (name, value) in more.as_object().expect("an object") {
            body["properties"][name] = value.clone();
        }
        // The definition of incidents is not among those that bodies are held against.
        let bearer = format!("Bearer {}", emulator.token_text());
        let path = format!("{path}?api-version=2025-09-01");
        let headers = [("authorization", bearer.as_str())];
        emulator
            .try_send(Method::PUT, &path, &headers, Some(body.to_string()))
            .expect("the emulator answers")
    };
    assert_eq!(close(&json!({})).status, 400);
    let reply = close(&json!({"classification": "BenignPositive"}));
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body["properties"]["classification"], "BenignPositive");
    assert_eq!(
        close(&json!({"classification": "BenignPositive"})).status,
        409
    );
    rows(&emulator, &[("14:30", "198.51.100.1")]);
    advance(&mut emulator, "PT2H");
    assert_eq!(titles(&emulator), ["Done", "1 rows from 198.51.100.1"]);
    assert_eq!(emulator.delete(&path).status, 200);
    assert_eq!(titles(&emulator), ["1 rows from 198.51.100.1"]);
}

#[test]
fn a_closed_incident_is_opened_again_when_the_rule_says_so() {
    let mut body = rule(&json!({}));
    body["properties"]["incidentConfiguration"]["groupingConfiguration"]["reopenClosedIncident"] =
        json!(true);
    let mut emulator = with(&body);
    rows(
        &emulator,
        &[("12:10", "198.51.100.1"), ("13:30", "198.51.100.1")],
    );
    advance(&mut emulator, "PT1H10M");
    let one = incidents(&emulator)[0].clone();
    let path = format!(
        "{}/incidents/{}?api-version=2025-09-01",
        emulator.sentinel(),
        text(&one, "name")
    );
    let bearer = format!("Bearer {}", emulator.token_text());
    let close = json!({"properties": {"title": "T", "severity": "Low", "status": "Closed", "classification": "Undetermined"}});
    let headers = [("authorization", bearer.as_str())];
    let reply = emulator.try_send(Method::PUT, &path, &headers, Some(close.to_string()));
    assert_eq!(reply.expect("an answer").status, 200);
    advance(&mut emulator, "PT1H");
    let all = incidents(&emulator);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["properties"]["status"], "Active");
    assert_eq!(all[0]["properties"]["additionalData"]["alertsCount"], 2);
}

#[test]
fn threshold_suppression_and_the_switch_are_honoured() {
    let address = [
        ("12:10", "198.51.100.1"),
        ("13:10", "198.51.100.1"),
        ("15:10", "198.51.100.1"),
    ];
    for (changes, expected) in [
        (json!({}), (5, 3)),
        (json!({"triggerThreshold": 1}), (5, 0)),
        (
            json!({"triggerOperator": "Equal", "triggerThreshold": 0}),
            (5, 2),
        ),
        (
            json!({"suppressionEnabled": true, "suppressionDuration": "PT3H"}),
            (3, 2),
        ),
        (json!({"enabled": false}), (0, 0)),
    ] {
        let mut emulator = with(&rule(&changes));
        rows(&emulator, &address);
        let (runs, alerts, _) = counts(&advance(&mut emulator, "PT5H4M"));
        // What is counted begins with the run at noon, before any row.
        assert_eq!((runs, alerts), expected, "{changes}");
    }
}

#[test]
fn a_near_real_time_rule_runs_every_minute_over_what_arrived() {
    let mut body = nrt("Rows");
    body["properties"]["query"] = json!("StorageBlobLogs | project CallerIpAddress");
    let mut emulator = with(&body);
    rows(
        &emulator,
        &[("12:00", "198.51.100.1"), ("12:04", "198.51.100.2")],
    );
    assert_eq!(counts(&advance(&mut emulator, "PT10M")), (9, 2, 2));
}

#[test]
fn more_results_than_alerts_end_in_one_about_all() {
    let mut emulator = with(&rule(
        &json!({"incidentConfiguration": {"createIncident": false, "groupingConfiguration": {
            "enabled": false, "reopenClosedIncident": false, "lookbackDuration": "PT5H", "matchingMethod": "AllEntities",
        }}}),
    ));
    let addresses: Vec<String> = (0..200).map(|n| format!("10.0.0.{n}")).collect();
    let all: Vec<(&str, &str)> = addresses.iter().map(|ip| ("12:10", ip.as_str())).collect();
    rows(&emulator, &all);
    assert_eq!(counts(&advance(&mut emulator, "PT2H")), (2, 150, 0));
}

#[test]
fn a_query_that_cannot_run_is_told_and_stops_nothing() {
    let mut emulator = with(&rule(&json!({})));
    let mut body = scheduled("Not known to the engine");
    body["properties"]["query"] = json!("StorageBlobLogs | evaluate basket()");
    assert_eq!(emulator.put(&emulator.rule("s"), &body).status, 201);
    rows(&emulator, &[("12:10", "198.51.100.1")]);
    let ran = advance(&mut emulator, "PT1H10M");
    assert_eq!(counts(&ran), (4, 1, 1));
    let failed = text(&ran["failed"], "Not known to the engine");
    assert!(
        failed.starts_with("not supported by the test engine"),
        "{failed}"
    );
}

#[test]
fn schedule_incidents_and_clock_outlive_a_kill() {
    let mut emulator = Emulator::start();
    let reply = emulator.put(&emulator.rule("r"), &rule(&json!({})));
    assert_eq!(reply.status, 201);
    let path = format!("{}/tables/StorageBlobLogs/rows", emulator.workspace());
    let body = json!({"rows": [{"CallerIpAddress": "198.51.100.1"}], "delay": "PT90S"});
    assert_eq!(emulator.admin(Method::POST, &path, Some(&body)).status, 200);
    let (_, alerts, made) = counts(&advance(&mut emulator, "PT2H"));
    assert_eq!((alerts, made), (1, 1));
    let before = incidents(&emulator);
    let clock = emulator.admin(Method::GET, "/clock", None).body;
    emulator.kill_and_restart(&[]);
    assert_eq!(incidents(&emulator), before);
    let after = emulator.admin(Method::GET, "/clock", None).body;
    assert!(text(&after, "now") > text(&clock, "now"), "{after}");
    let (runs, alerts, _) = counts(&advance(&mut emulator, "PT3H"));
    assert_eq!((runs, alerts), (3, 0));
}

#[test]
fn what_was_missed_is_made_up_for_a_day_and_no_longer() {
    let mut emulator = with(&rule(&json!({})));
    emulator.kill_and_restart(&["--time", "2026-03-11T12:30:00Z"]);
    let (runs, _, _) = counts(&advance(&mut emulator, "PT0S"));
    assert_eq!(runs, 24);
    // A clock that is set back does not keep a rule waiting until it has caught up.
    emulator.kill_and_restart(&["--time", "2026-03-02T00:00:00Z"]);
    let (runs, _, _) = counts(&advance(&mut emulator, "PT2H10M"));
    assert_eq!(runs, 3);
}
