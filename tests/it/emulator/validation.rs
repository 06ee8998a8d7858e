//! What is no rule is refused, with the service's texts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::emulator::{VERSION, nrt, scheduled};

/// What a changed body is answered with: the pointer's value is set, or taken away when it is null.
fn refusal(emulator: &Emulator, changes: &[(&str, Value)]) -> (u16, String) {
    let mut body = scheduled("x");
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = body.pointer_mut(parent).expect("in the body");
        let parent = parent.as_object_mut().expect("an object");
        match value {
            Value::Null => parent.remove(name),
            value => parent.insert(name.to_owned(), value.clone()),
        };
    }
    let reply = emulator.put(&emulator.rule("x"), &body);
    (reply.status, reply.message().to_owned())
}

#[test]
fn bodies_that_are_no_rules_are_refused_with_the_reason() {
    let emulator = Emulator::start();
    let long = "x".repeat(10_001);
    let model = |text: &str| format!("Invalid data model. [: {text}]");
    let rule = |text: &str| format!("Invalid Properties for Scheduled alert rule: {text}");
    let mapping = |fields: Value| json!([{"entityType": "Account", "fieldMappings": fields}]);
    let details = |count: usize| {
        let entries = (0..count).map(|n| (format!("k{n}"), json!("Column")));
        Value::Object(entries.collect())
    };
    let grouping = |changes: Value| {
        let mut grouping = json!({
            "enabled": true, "reopenClosedIncident": false,
            "lookbackDuration": "PT5H", "matchingMethod": "AllEntities",
        });
        for (name, value) in changes.as_object().expect("an object") {
            grouping[name] = value.clone();
        }
        json!({"createIncident": true, "groupingConfiguration": grouping})
    };
    let cases: Vec<(&str, Value, String)> = vec![
        (
            "/properties/displayName",
            Value::Null,
            model("Required property 'displayName' not found in JSON. Path 'properties'."),
        ),
        (
            "/properties/suppressionDuration",
            Value::Null,
            model("Required property 'suppressionDuration' not found in JSON. Path 'properties'."),
        ),
        (
            "/properties/severity",
            json!("Critical"),
            model(
                "Error converting value \"Critical\" to type 'AlertSeverity'. Path 'properties.severity'.",
            ),
        ),
        (
            "/properties/severity",
            json!("high"),
            model(
                "Error converting value \"high\" to type 'AlertSeverity'. Path 'properties.severity'.",
            ),
        ),
        (
            "/properties/enabled",
            json!("yes"),
            model(
                "Error converting value \"yes\" to type 'System.Boolean'. Path 'properties.enabled'.",
            ),
        ),
        (
            "/properties/triggerThreshold",
            json!(1.5),
            model(
                "Error converting value 1.5 to type 'System.Int32'. Path 'properties.triggerThreshold'.",
            ),
        ),
        (
            "/properties/triggerOperator",
            json!("gt"),
            model(
                "Error converting value \"gt\" to type 'AlertTriggerOperator'. Path 'properties.triggerOperator'.",
            ),
        ),
        (
            "/properties/tags",
            json!([]),
            model(
                "Could not find member 'tags' on object of type 'ScheduledAlertRuleProperties'. Path 'properties.tags'.",
            ),
        ),
        (
            "/kind",
            json!("scheduled"),
            model("Error converting value \"scheduled\" to type 'AlertRuleKind'. Path 'kind'."),
        ),
        (
            "/properties/queryFrequency",
            json!("1h"),
            model(
                "Error converting value \"1h\" to type 'System.TimeSpan'. Path 'properties.queryFrequency'.",
            ),
        ),
        (
            "/properties/queryFrequency",
            json!("P1W"),
            model(
                "Error converting value \"P1W\" to type 'System.TimeSpan'. Path 'properties.queryFrequency'.",
            ),
        ),
        (
            "/properties/queryFrequency",
            json!("PT1M"),
            rule("'queryFrequency' should be between 'PT5M' and 'P14D'"),
        ),
        (
            "/properties/queryPeriod",
            json!("PT30M"),
            rule("'queryPeriod' should be greater than or equal to 'queryFrequency'"),
        ),
        (
            "/properties/queryPeriod",
            json!("P15D"),
            rule("'queryPeriod' should be between 'PT5M' and 'P14D'"),
        ),
        (
            "/properties/suppressionDuration",
            json!("P2D"),
            rule("'suppressionDuration' should be between 'PT5M' and 'P1D'"),
        ),
        (
            "/properties/triggerThreshold",
            json!(10_001),
            rule("'triggerThreshold' should be between 0 and 10000"),
        ),
        (
            "/properties/query",
            json!(long),
            rule(
                "Invalid length of '10001' for 'Query'. 'Query' length should be between 1 and 10000",
            ),
        ),
        (
            "/properties/query",
            json!(" \n"),
            rule("'Query' must have a non-empty value"),
        ),
        (
            "/properties/displayName",
            json!(long[..257].to_owned()),
            rule(
                "Invalid length of '257' for 'DisplayName'. 'DisplayName' length should be between 1 and 256",
            ),
        ),
        (
            "/properties/description",
            json!(long[..5_001].to_owned()),
            rule(
                "Invalid length of '5001' for 'Description'. 'Description' length should be between 0 and 5000",
            ),
        ),
        (
            "/properties/tactics",
            json!(["Stealth"]),
            model(
                "Error converting value \"Stealth\" to type 'AttackTactic'. Path 'properties.tactics[0]'.",
            ),
        ),
        (
            "/properties/techniques",
            json!(["T1110.003"]),
            model(
                "The technique 'T1110.003' is invalid. The expected format is 'T####', where '#' represents a digit.",
            ),
        ),
        (
            "/properties/techniques",
            json!(["T1110"]),
            model(
                "No valid tactic corresponding to the technique T1110 was provided in the tactics field.",
            ),
        ),
        (
            "/properties/subTechniques",
            json!(["T1110"]),
            model(
                "The sub-technique 'T1110' is invalid. The expected format is 'T####.###', where '#' represents a digit.",
            ),
        ),
        (
            "/properties/templateVersion",
            json!("1.0.0"),
            model(
                "Invalid Properties for alert rule: 'templateVersion' can only be used if 'alertRuleTemplateName' is not empty.",
            ),
        ),
        (
            "/properties/entityMappings",
            json!([]),
            rule(
                "Invalid length of '0' for 'EntityMappings'. 'EntityMappings' length should be between 1 and 10",
            ),
        ),
        (
            "/properties/entityMappings",
            mapping(json!([{"identifier": "Address", "columnName": "C"}])),
            rule(
                "Invalid identifier 'Address' for entity type 'Account' encountered. Valid identifiers are: [Name, FullName, NTDomain, DnsDomain, UPNSuffix, Sid, AadTenantId, AadUserId, PUID, IsDomainJoined, DisplayName, ObjectGuid, CloudAppAccountId]",
            ),
        ),
        (
            "/properties/entityMappings",
            mapping(json!([{"identifier": "UPNSuffix", "columnName": "C"}])),
            rule(
                "Missing required identifiers in entity type 'Account'. Required identifiers are one of the following combinations: [FullName], [Sid], [Name], [AadUserId], [PUID], [ObjectGuid]",
            ),
        ),
        (
            "/properties/entityMappings",
            mapping(json!([{"identifier": "Name", "columnName": "a b"}])),
            rule("Invalid column name 'a b'"),
        ),
        (
            "/properties/entityMappings",
            mapping(
                json!([{"identifier": "Name", "columnName": "A"}, {"identifier": "Name", "columnName": "B"}]),
            ),
            rule(
                "Identifier 'Name' is used more than once in one mapping of entity type 'Account'",
            ),
        ),
        (
            "/properties/entityMappings",
            json!([{"entityType": "IoTDevice", "fieldMappings": []}]),
            model(
                "Error converting value \"IoTDevice\" to type 'EntityMappingType'. Path 'properties.entityMappings[0].entityType'.",
            ),
        ),
        (
            "/properties/customDetails",
            details(21),
            rule(
                "Invalid length of '21' for 'CustomDetails'. 'CustomDetails' length should be between 0 and 20",
            ),
        ),
        (
            "/properties/customDetails",
            json!({"a-b": "C"}),
            rule("Invalid entry 'a-b': 'C' in 'CustomDetails'"),
        ),
        (
            "/properties/customDetails",
            json!({"aKeyOfTwentyOneLetters": "C"}),
            rule("Maximum length of key 'aKeyOfTwentyOneLetters' in 'CustomDetails' is 20"),
        ),
        (
            "/properties/alertDetailsOverride",
            json!({"alertDisplayNameFormat": "{{A}}{{B}}{{C}}{{D}}"}),
            rule(
                "You have defined 4 parameters in 'AlertDisplayNameFormat'. The maximum allowed is 3.",
            ),
        ),
        (
            "/properties/alertDetailsOverride",
            json!({"alertDynamicProperties": [{"alertProperty": "Colour", "value": "C"}]}),
            model(
                "Error converting value \"Colour\" to type 'AlertProperty'. Path 'properties.alertDetailsOverride.alertDynamicProperties[0].alertProperty'.",
            ),
        ),
        (
            "/properties/eventGroupingSettings",
            json!({"aggregationKind": "Some"}),
            model(
                "Error converting value \"Some\" to type 'EventGroupingAggregationKind'. Path 'properties.eventGroupingSettings.aggregationKind'.",
            ),
        ),
        (
            "/properties/incidentConfiguration",
            json!({}),
            model(
                "Required property 'createIncident' not found in JSON. Path 'properties.incidentConfiguration'.",
            ),
        ),
        (
            "/properties/incidentConfiguration",
            json!({"createIncident": true, "groupingConfiguration": {"enabled": true}}),
            model(
                "Required property 'reopenClosedIncident' not found in JSON. Path 'properties.incidentConfiguration.groupingConfiguration'.",
            ),
        ),
        (
            "/properties/incidentConfiguration",
            grouping(json!({"lookbackDuration": "P8D"})),
            rule("'lookbackDuration' should be between 'PT5M' and 'P7D'"),
        ),
        (
            "/properties/incidentConfiguration",
            grouping(json!({"matchingMethod": "Selected", "groupByEntities": []})),
            rule(
                "When 'matchingMethod' is 'Selected', at least one of 'groupByEntities', 'groupByAlertDetails', 'groupByCustomDetails' must have a non-empty value",
            ),
        ),
        (
            "/properties/incidentConfiguration",
            grouping(json!({"groupByEntities": ["Host"]})),
            rule("'groupByEntities' holds 'Host', which is not mapped in 'entityMappings'"),
        ),
        (
            "/properties/incidentConfiguration",
            grouping(json!({"groupByCustomDetails": ["k"]})),
            rule("'groupByCustomDetails' holds 'k', which is not a key of 'customDetails'"),
        ),
    ];
    for (pointer, value, expected) in cases {
        let (status, message) = refusal(&emulator, &[(pointer, value)]);
        assert_eq!((status, message), (400, expected), "{pointer}");
    }
    let long_period = [
        ("/properties/queryPeriod", json!("P2D")),
        ("/properties/queryFrequency", json!("PT30M")),
    ];
    assert_eq!(
        refusal(&emulator, &long_period).1,
        rule(
            "When 'queryPeriod' greater than or equal to 2 days, the 'queryFrequency' should be greater than or equal to 1 hour."
        )
    );
    assert_eq!(emulator.get(&emulator.rule("x")).status, 404);
}

#[test]
fn a_body_that_is_no_json_is_told_apart() {
    let emulator = Emulator::start();
    let path = format!("{}?api-version={VERSION}", emulator.rule("x"));
    let bearer = format!("Bearer {}", emulator.token_text());
    let reply = emulator
        .try_send(
            Method::PUT,
            &path,
            &[("authorization", &bearer)],
            Some("{".to_owned()),
        )
        .expect("an answer");
    assert_eq!((reply.status, reply.code()), (400, "InvalidRequestContent"));
}

#[test]
fn an_nrt_rule_has_no_schedule() {
    let emulator = Emulator::start();
    let mut body = nrt("n");
    body["properties"]["queryFrequency"] = json!("PT1H");
    let reply = emulator.put(&emulator.rule("n"), &body);
    assert_eq!(
        reply.message(),
        "Invalid data model. [: Could not find member 'queryFrequency' on object of type 'NrtAlertRuleProperties'. Path 'properties.queryFrequency'.]"
    );
}

#[test]
fn stable_versions_do_not_know_what_came_with_previews() {
    let emulator = Emulator::start();
    let mut body = scheduled("x");
    body["properties"]["tactics"] = json!(["CredentialAccess"]);
    body["properties"]["techniques"] = json!(["T1110"]);
    body["properties"]["subTechniques"] = json!(["T1110.003"]);
    let path = emulator.rule("x");
    let refused = emulator.call_version(Method::PUT, &path, "2025-09-01", Some(&body));
    assert_eq!(
        refused.message(),
        "Invalid data model. [: Could not find member 'subTechniques' on object of type 'ScheduledAlertRuleProperties'. Path 'properties.subTechniques'.]"
    );
    assert_eq!(emulator.put(&path, &body).status, 201);
    let stable = emulator.call_version(Method::GET, &path, "2025-09-01", None);
    let shown = |name: &str| stable.body["properties"].get(name);
    assert_eq!(shown("techniques"), Some(&json!(["T1110"])));
    assert_eq!(
        (shown("subTechniques"), shown("sentinelEntitiesMappings")),
        (None, None)
    );
    let old = emulator.call_version(Method::GET, &path, "2021-09-01-preview", None);
    assert_eq!(old.body["properties"].get("techniques"), None);
}

#[test]
fn a_loose_emulator_drops_what_it_does_not_know() {
    let emulator = Emulator::with(&["--loose"]);
    let mut body = scheduled("x");
    body["properties"]["subTechniques"] = json!(["T1110.003"]);
    let path = emulator.rule("x");
    let stable = emulator.call_version(Method::PUT, &path, "2024-03-01", Some(&body));
    assert_eq!(stable.status, 201, "{stable:?}");
    let read = emulator.get(&path);
    assert_eq!(read.body["properties"]["subTechniques"], Value::Null);
    // What was dropped on purpose is not what the definition allows; the log need not show it.
    assert_eq!(
        emulator.admin(Method::DELETE, "/requests", None).status,
        204
    );
}

#[test]
fn versions_that_do_not_exist_are_refused_by_whoever_is_asked() {
    let emulator = Emulator::start();
    let list = format!("{}/alertRules", emulator.sentinel());
    let ask = |path: &str| {
        let reply = emulator.call_version(Method::GET, path, "2031-01-01", None);
        (
            reply.status,
            reply.code().to_owned(),
            reply.message().to_owned(),
        )
    };
    let (status, code, message) = ask(&list);
    assert_eq!((status, code.as_str()), (400, "UnsupportedApiVersion"));
    assert_eq!(
        message,
        format!(
            "The HTTP resource that matches the request URI '{}{list}' does not support the API version '2031-01-01'.",
            emulator.endpoint()
        )
    );
    assert_eq!(ask(&emulator.workspace()).1, "NoRegisteredProviderFound");
    assert_eq!(ask("/subscriptions").1, "InvalidApiVersionParameter");
    let bearer = format!("Bearer {}", emulator.token_text());
    let none = emulator
        .try_send(Method::GET, &list, &[("authorization", &bearer)], None)
        .expect("an answer");
    assert_eq!(none.code(), "MissingApiVersionParameter");
}

#[test]
fn the_kind_of_a_rule_does_not_change_and_built_in_kinds_are_not_written() {
    let emulator = Emulator::seeded(&json!({"workspaces": [{"name": "demo", "alertRules": [
        {"name": "BuiltInFusion", "kind": "Fusion", "properties": {"enabled": true, "displayName": "Advanced Multistage Attack Detection"}},
    ]}]}));
    assert_eq!(
        emulator.put(&emulator.rule("x"), &scheduled("x")).status,
        201
    );
    let changed = emulator.put(&emulator.rule("x"), &nrt("x"));
    assert_eq!(changed.status, 400, "{changed:?}");
    let fusion = json!({"kind": "Fusion", "properties": {"enabled": false, "displayName": "mine"}});
    let refused = emulator.put(&emulator.rule("BuiltInFusion"), &fusion);
    assert_eq!(
        refused.message(),
        "Invalid data model. [: Read-only property 'displayName' cannot be assigned]"
    );
}

#[test]
fn one_enabled_rule_too_many_is_refused_and_a_disabled_one_is_not() {
    let rules: Vec<Value> = (0..50)
        .map(|n| json!({"name": format!("n{n}"), "kind": "NRT", "properties": {"enabled": true}}))
        .collect();
    let seed = json!({"workspaces": [{"name": "demo", "alertRules": rules}]});
    let emulator = Emulator::seeded(&seed);
    let mut body = nrt("one more");
    let refused = emulator.put(&emulator.rule("more"), &body);
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .message()
            .starts_with("The maximum number of enabled NRT analytics rules (50)")
    );
    body["properties"]["enabled"] = json!(false);
    assert_eq!(emulator.put(&emulator.rule("more"), &body).status, 201);
}
