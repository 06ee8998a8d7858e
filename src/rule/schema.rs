//! The JSON Schema of a rule file, for editors that complete and check while one types.
//!
//! It says what the service's spelling is and leaves judgement to the lints: where reading forgives a spelling with a
//! warning, the schema does not know it. Enums come from the types that reading uses, so the two cannot drift apart.

use serde_json::{Map, Value, json};

use crate::mitre::Tactic;
use crate::rule::entity;
use crate::rule::field::{
    AggregationKind, AlertDetail, EntityType, MatchingMethod, ParameterType, Severity,
    TriggerOperator,
};
use crate::rule::lower::DYNAMIC_PROPERTIES;

/// A text that is a duration in one of the three spellings.
const DURATION: &str = r"^([0-9]+[smhdSMHD])+$|^[Pp]([0-9]+[Ww])?([0-9]+[Dd])?([Tt]([0-9]+[Hh])?([0-9]+[Mm])?([0-9]+[Ss])?)?$|^([0-9]+\.)?[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2})?$";

/// The whole schema.
pub(crate) fn schema() -> Value {
    let mut properties = Map::new();
    identity(&mut properties);
    scheduling(&mut properties);
    detection(&mut properties);
    alerting(&mut properties);
    properties.insert("rulepost".to_owned(), extension());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Microsoft Sentinel analytics rule",
        "description": "A rule file in the format of the Azure-Sentinel community, with rulepost's additions under `rulepost`.",
        "type": "object",
        "properties": properties,
        "required": ["id", "name", "kind", "severity", "query"],
        "if": { "properties": { "kind": { "const": "Scheduled" } } },
        "then": { "required": ["queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"] }
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn optional_text(description: &str) -> Value {
    json!({ "type": ["string", "null"], "description": description })
}

fn words(description: &str, words: &[&str]) -> Value {
    json!({ "enum": words, "description": description })
}

fn list(description: &str, items: &Value) -> Value {
    json!({ "type": ["array", "null"], "description": description, "items": items })
}

fn duration(description: &str) -> Value {
    json!({
        "type": "string",
        "pattern": DURATION,
        "description": format!("{description} `5m`, `1h`, `14d`, or ISO 8601 such as `PT1H30M`."),
        "examples": ["5m", "1h", "1d"]
    })
}

fn bool(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

/// The same, or nothing: a key without a value is as good as absent.
fn optional(mut value: Value) -> Value {
    if let Some(kind) = value.get("type").and_then(Value::as_str) {
        value["type"] = json!([kind, "null"]);
    }
    value
}

fn put(properties: &mut Map<String, Value>, key: &str, value: Value) {
    properties.insert(key.to_owned(), value);
}

fn identity(properties: &mut Map<String, Value>) {
    put(
        properties,
        "id",
        json!({
            "type": "string",
            "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            "description": "A GUID: the rule's name in every workspace. It must never change once the rule is deployed."
        }),
    );
    put(
        properties,
        "name",
        json!({
            "type": "string", "minLength": 1, "maxLength": 256,
            "description": "The display name of the rule and of its alerts; sentence case, no period."
        }),
    );
    put(
        properties,
        "version",
        json!({
            "type": ["string", "null"], "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$", "maxLength": 20,
            "description": "The version of the file, three numbers."
        }),
    );
    put(
        properties,
        "kind",
        words(
            "`Scheduled` runs on a schedule, `NRT` every minute.",
            &["Scheduled", "NRT"],
        ),
    );
    put(
        properties,
        "description",
        json!({
            "type": ["string", "null"], "maxLength": 5002,
            "description": "What the rule finds, for whoever gets the alert; begins with `Identifies` or `This query searches for`."
        }),
    );
    let severities: Vec<&str> = Severity::ALL
        .iter()
        .map(|severity| severity.as_str())
        .collect();
    put(
        properties,
        "severity",
        words("How bad an alert of the rule is.", &severities),
    );
    put(
        properties,
        "enabled",
        optional(bool(
            "Whether the rule is on. Absent keeps what the workspace has, and means on for a new rule.",
        )),
    );
    put(
        properties,
        "status",
        optional_text("Of the template; has no effect on the rule."),
    );
    put(
        properties,
        "requiredDataConnectors",
        list(
            "The connectors that the rule needs.",
            &json!({
                "type": ["object", "null"],
                "properties": {
                    "connectorId": { "type": ["string", "array"], "description": "The id of a connector." },
                    "dataTypes": list("The tables that the connector fills.", &json!({ "type": ["string", "null"] }))
                }
            }),
        ),
    );
    put(
        properties,
        "tags",
        list(
            "Words, or maps of words, to find the rule by.",
            &json!({ "type": ["string", "number", "object", "null"] }),
        ),
    );
    put(
        properties,
        "metadata",
        json!({ "type": ["object", "null"], "description": "Of the content package; has no effect on the rule." }),
    );
}

fn scheduling(properties: &mut Map<String, Value>) {
    put(
        properties,
        "queryFrequency",
        duration("How often the rule runs, 5m to 14d."),
    );
    put(
        properties,
        "queryPeriod",
        duration("How far back the query looks, 5m to 14d, not less than `queryFrequency`."),
    );
    let operators = TriggerOperator::ALL
        .iter()
        .flat_map(|operator| [operator.short(), operator.as_str()]);
    put(
        properties,
        "triggerOperator",
        words(
            "How the number of results is compared with `triggerThreshold`.",
            &operators.collect::<Vec<_>>(),
        ),
    );
    put(
        properties,
        "triggerThreshold",
        json!({
            "type": "integer", "minimum": 0, "maximum": 10000,
            "description": "The number that the number of results is compared with."
        }),
    );
    put(
        properties,
        "startTimeUtc",
        optional_text("When the rule first runs; ten minutes to thirty days ahead."),
    );
    put(
        properties,
        "suppressionEnabled",
        optional(bool(
            "Whether the rule stays quiet for a while after an alert.",
        )),
    );
    put(
        properties,
        "suppressionDuration",
        optional(duration("How long it stays quiet, 5m to 24h.")),
    );
}

fn detection(properties: &mut Map<String, Value>) {
    let tactics: Vec<&str> = Tactic::ALL.iter().map(|tactic| tactic.as_str()).collect();
    put(
        properties,
        "tactics",
        list("ATT&CK tactics.", &words("A tactic.", &tactics)),
    );
    let technique = json!({ "type": "string", "pattern": r"^[Tt][0-9]{4}(\.[0-9]{3})?$" });
    put(
        properties,
        "relevantTechniques",
        list(
            "ATT&CK techniques, `T1110` or `T1110.003`, each of one of the tactics.",
            &technique,
        ),
    );
    put(
        properties,
        "techniques",
        list(
            "As exports write it; `relevantTechniques` is the format's own.",
            &technique,
        ),
    );
    put(
        properties,
        "subTechniques",
        list(
            "As exports write it; `relevantTechniques` is the format's own.",
            &technique,
        ),
    );
    put(
        properties,
        "query",
        json!({
            "type": "string", "minLength": 1,
            "description": "The KQL query, as a block (`query: |`), at most 10000 characters."
        }),
    );
    put(
        properties,
        "entityMappings",
        json!({
            "type": ["array", "null"], "maxItems": 10,
            "description": "Entities, and the columns that name them.",
            "items": { "anyOf": EntityType::ALL.iter().map(|kind| mapping(*kind)).collect::<Vec<_>>() }
        }),
    );
    put(
        properties,
        "sentinelEntitiesMappings",
        list(
            "Columns that hold entities.",
            &json!({
                "type": "object", "properties": { "columnName": text("The column.") }
            }),
        ),
    );
}

fn mapping(kind: EntityType) -> Value {
    let known = entity::identifiers(kind).map_or(Vec::new(), |known| known.all.clone());
    json!({
        "type": "object",
        "properties": {
            "entityType": { "const": kind.as_str() },
            "fieldMappings": {
                "type": "array", "minItems": 1, "maxItems": 3,
                "items": {
                    "type": "object",
                    "properties": {
                        "identifier": words("What the column names the entity by.", &known),
                        "columnName": text("A column of the query's result.")
                    },
                    "required": ["identifier", "columnName"],
                    "additionalProperties": false
                }
            }
        },
        "required": ["entityType", "fieldMappings"],
        "additionalProperties": false
    })
}

fn alerting(properties: &mut Map<String, Value>) {
    put(
        properties,
        "customDetails",
        json!({
            "type": ["object", "null"], "maxProperties": 20,
            "description": "Names, and the columns whose values alerts show under them.",
            "additionalProperties": { "type": "string" }
        }),
    );
    put(
        properties,
        "alertDetailsOverride",
        json!({
            "type": ["object", "null"],
            "description": "What the alert takes from the result; `{{Column}}` puts in a value, three at most in a text.",
            "properties": {
                "alertDisplayNameFormat": json!({ "type": ["string", "null"], "maxLength": 256 }),
                "alertDescriptionFormat": json!({ "type": ["string", "null"], "maxLength": 5000 }),
                "alertTacticsColumnName": optional_text("A column with tactics."),
                "alertSeverityColumnName": optional_text("A column with the severity."),
                "alertDynamicProperties": list("Properties of the alert, and the columns they come from.", &json!({
                    "type": "object",
                    "properties": {
                        "alertProperty": { "enum": DYNAMIC_PROPERTIES },
                        "value": text("The column.")
                    },
                    "required": ["alertProperty", "value"]
                }))
            }
        }),
    );
    let kinds: Vec<&str> = AggregationKind::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    put(
        properties,
        "eventGroupingSettings",
        json!({
            "type": ["object", "null"],
            "properties": { "aggregationKind": words("One alert for all results, or one each.", &kinds) }
        }),
    );
    let methods: Vec<&str> = MatchingMethod::ALL
        .iter()
        .map(|method| method.as_str())
        .collect();
    let types: Vec<&str> = EntityType::ALL.iter().map(|kind| kind.as_str()).collect();
    let details: Vec<&str> = AlertDetail::ALL
        .iter()
        .map(|detail| detail.as_str())
        .collect();
    put(
        properties,
        "incidentConfiguration",
        json!({
            "type": ["object", "null"],
            "properties": {
                "createIncident": bool("Whether alerts become incidents."),
                "groupingConfiguration": {
                    "type": ["object", "null"],
                    "properties": {
                        "enabled": bool("Whether alerts are grouped into one incident."),
                        "reopenClosedIncident": bool("Whether a closed incident is opened again."),
                        "lookbackDuration": duration("How long an incident takes alerts in, 5m to 7d."),
                        "matchingMethod": words("What alerts are grouped by.", &methods),
                        "groupByEntities": list("With `Selected`: entity types that the rule maps.", &json!({ "enum": types })),
                        "groupByAlertDetails": list("With `Selected`: details of the alert.", &json!({ "enum": details })),
                        "groupByCustomDetails": list("With `Selected`: names under `customDetails`.", &json!({ "type": "string" }))
                    },
                    "required": ["enabled", "reopenClosedIncident", "lookbackDuration", "matchingMethod"]
                }
            },
            "required": ["createIncident"]
        }),
    );
    put(
        properties,
        "alertRuleTemplateName",
        optional_text("The gallery template that the rule was made from."),
    );
}

fn extension() -> Value {
    let types: Vec<&str> = ParameterType::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    let texts = |description| list(description, &json!({ "type": ["string", "null"] }));
    json!({
        "type": ["object", "null"],
        "description": "rulepost's additions to the format.",
        "properties": {
            "parameters": list("Typed values that become `let` statements before the query; targets may override them.", &json!({
                "type": "object",
                "properties": {
                    "name": json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "description": "The KQL name." }),
                    "type": { "enum": types },
                    "default": json!({ "description": "The value when no target overrides it." }),
                    "description": optional_text("What it is for.")
                },
                "required": ["name", "type", "default"],
                "additionalProperties": false
            })),
            "owner": optional_text("Who answers for the rule."),
            "references": texts("Links to where the idea comes from."),
            "falsePositives": texts("What else looks like this."),
            "response": texts("What to do when it fires."),
            "simulate": texts("What to do on a test system to make it fire."),
            "window": optional_text("Why frequency and period are what they are."),
            "rationale": json!({ "type": ["object", "null"], "description": "Techniques, and why the rule is mapped to them.", "additionalProperties": { "type": "string" } }),
            "caveats": texts("What the rule assumes or cannot see."),
            "tests": optional_text("The test file, relative to the rule file."),
            "unmanaged": texts("Fields that people may change in the portal.")
        },
        "additionalProperties": false
    })
}
