//! The query of an enabled rule is checked as the service does by running it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::emulator::{scheduled, text};

/// What writing a rule with this query, and these members more, is answered with.
fn written(emulator: &Emulator, query: &str, more: &Value) -> (u16, String) {
    let mut body = scheduled("x");
    body["properties"]["query"] = json!(query);
    for (name, value) in more.as_object().into_iter().flatten() {
        body["properties"][name] = value.clone();
    }
    let reply = emulator.put(&emulator.rule("x"), &body);
    (reply.status, reply.message().to_owned())
}

#[test]
fn queries_that_do_not_run_are_refused_with_the_service_s_texts() {
    let emulator = Emulator::start();
    let failed = "Failed to run the analytics rule query.";
    let host = |column: &str| {
        json!({"entityMappings": [{"entityType": "Host", "fieldMappings": [
            {"identifier": "HostName", "columnName": column},
        ]}]})
    };
    let cases = [
        (
            "NoSuchTable_CL | take 1",
            json!({}),
            format!("{failed} One of the tables does not exist."),
        ),
        (
            "SecurityEvent | project Compuuter",
            json!({}),
            format!(
                "{failed} SEM0100: 'project' operator: Failed to resolve scalar expression named 'Compuuter'"
            ),
        ),
        (
            "SecurityEvent\n| where nosuchfunction(Computer)",
            json!({}),
            format!("{failed} SEM0260: Unknown function: 'nosuchfunction'."),
        ),
        (
            "SecurityEvent | project Computer",
            host("computer"),
            "Error in EntityMappings: The given column 'computer' does not exist.".to_owned(),
        ),
        (
            "SecurityEvent | project Computer",
            json!({"customDetails": {"k": "Account"}}),
            "Error in CustomDetails: The given column 'Account' does not exist.".to_owned(),
        ),
        (
            "SecurityEvent | project Computer",
            json!({"alertDetailsOverride": {"alertDisplayNameFormat": "On {{Host}}"}}),
            "Error in AlertDetailsOverride: The given column 'Host' does not exist.".to_owned(),
        ),
    ];
    for (query, more, expected) in cases {
        assert_eq!(written(&emulator, query, &more), (400, expected), "{query}");
    }
    let (status, message) = written(&emulator, "SecurityEvent\n| where (", &json!({}));
    assert_eq!(status, 400);
    assert!(
        message.starts_with(&format!("{failed} SYN0002: Query could not be parsed at ")),
        "{message}"
    );
    assert_eq!(
        written(
            &emulator,
            "SecurityEvent | project Computer",
            &host("Computer")
        )
        .0,
        201
    );
}

#[test]
fn disabled_rules_are_taken_as_they_are() {
    let emulator = Emulator::start();
    let off = json!({"enabled": false});
    assert_eq!(written(&emulator, "NoSuchTable_CL | where (", &off).0, 201);
}

#[test]
fn a_table_that_is_made_known_heals_the_rule_and_is_listed() {
    let emulator = Emulator::start();
    let query = "MyApp_CL | where Whatever == 1 | project Whatever";
    assert_eq!(written(&emulator, query, &json!({})).0, 400);
    let seed = json!({"workspaces": [{"name": "demo", "tables": ["MyApp_CL"]}]});
    assert_eq!(
        emulator.admin(Method::POST, "/seed", Some(&seed)).status,
        204
    );
    assert_eq!(written(&emulator, query, &json!({})).0, 201);
    let path = format!("{}/tables", emulator.workspace());
    let list = emulator.call_version(Method::GET, &path, "2023-09-01", None);
    let tables = list.body["value"].as_array().expect("a list");
    let names: Vec<&str> = tables.iter().map(|table| text(table, "name")).collect();
    for name in ["MyApp_CL", "SecurityEvent", "StorageBlobLogs"] {
        assert!(names.contains(&name), "{name}");
    }
}
