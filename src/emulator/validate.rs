//! Whether a body is a rule, judged on raw JSON.
//!
//! The first thing wrong is what the answer says, as the service does. Limits come from the service's
//! documentation and its template validator; see `docs/emulator.md`. What depends on the state of the workspace
//! (tags, deleted ids, quotas) is the handler's.

mod mapping;
mod text;

pub(crate) use crate::emulator::validate::text::placeholders;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::duration::Duration;
use crate::emulator::answer::{ServiceError, invalid_data_model, invalid_properties};
use crate::emulator::entities::entity_types;
use crate::emulator::reader::Reader;
use crate::emulator::version::Version;
use crate::mitre::{Tactic, TechniqueId, technique};

/// A rule that was judged well.
#[derive(Debug)]
pub(crate) struct Judged {
    /// `Scheduled`, `NRT` or a built-in kind.
    pub(crate) kind: String,
    /// The tag that was sent along.
    pub(crate) etag: Option<String>,
    /// The properties as they were sent.
    pub(crate) properties: Map<String, Value>,
}

/// How to judge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options<'a> {
    pub(crate) version: Version<'a>,
    /// Drop unknown members instead of refusing them.
    pub(crate) loose: bool,
    pub(crate) now: Timestamp,
}

const SEVERITIES: &[&str] = &["High", "Medium", "Low", "Informational"];
const OPERATORS: &[&str] = &["GreaterThan", "LessThan", "Equal", "NotEqual"];
/// Kinds that are switched on and off but not written.
const BUILT_IN: &[&str] = &["Fusion", "MLBehaviorAnalytics", "ThreatIntelligence"];

const SCHEDULED: &[&str] = &[
    "alertDetailsOverride",
    "alertRuleTemplateName",
    "customDetails",
    "description",
    "displayName",
    "enabled",
    "entityMappings",
    "eventGroupingSettings",
    "incidentConfiguration",
    "lastModifiedUtc",
    "query",
    "queryFrequency",
    "queryPeriod",
    "sentinelEntitiesMappings",
    "severity",
    "startTimeUtc",
    "subTechniques",
    "suppressionDuration",
    "suppressionEnabled",
    "tactics",
    "techniques",
    "templateVersion",
    "triggerOperator",
    "triggerThreshold",
];

/// What an NRT rule does not have.
const ONLY_SCHEDULED: &[&str] = &[
    "queryFrequency",
    "queryPeriod",
    "startTimeUtc",
    "triggerOperator",
    "triggerThreshold",
];

/// Judges the body of a PUT of an alert rule.
pub(crate) fn rule(body: &Value, options: Options<'_>) -> Result<Judged, ServiceError> {
    let root = Reader::of(body, "")?;
    let kind = root.required("kind", root.text("kind")?)?;
    let etag = root.text("etag")?.map(str::to_owned);
    let properties = root.required("properties", root.object("properties")?)?;
    if !options.loose {
        let known = [
            "kind",
            "etag",
            "properties",
            "id",
            "name",
            "type",
            "systemData",
        ];
        root.only("AlertRule", &known)?;
    }
    match kind {
        "Scheduled" => query_rule(kind, &properties, options)?,
        "NRT" if options.version.has_nrt() => query_rule(kind, &properties, options)?,
        built_in if BUILT_IN.contains(&built_in) => {
            let known = ["enabled", "alertRuleTemplateName"];
            if let Some((name, _)) = properties.members().find(|(name, _)| !known.contains(name)) {
                return Err(invalid_data_model(format!(
                    "Read-only property '{name}' cannot be assigned"
                )));
            }
            properties.required("enabled", properties.boolean("enabled")?)?;
        }
        _ => {
            return Err(invalid_data_model(format!(
                "Error converting value \"{kind}\" to type 'AlertRuleKind'. Path 'kind'."
            )));
        }
    }
    Ok(Judged {
        kind: kind.to_owned(),
        etag,
        properties: kept(&properties, options),
    })
}

/// The members that are kept: what the version knows and is not the server's own.
fn kept(properties: &Reader<'_>, options: Options<'_>) -> Map<String, Value> {
    properties
        .members()
        .filter(|(name, _)| SCHEDULED.contains(name) && *name != "lastModifiedUtc")
        .filter(|(name, _)| options.version.has_member(name))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// Judges the properties of a scheduled or near-real-time rule.
fn query_rule(
    kind: &str,
    properties: &Reader<'_>,
    options: Options<'_>,
) -> Result<(), ServiceError> {
    let scheduled = kind == "Scheduled";
    if !options.loose {
        let model = if scheduled {
            "ScheduledAlertRuleProperties"
        } else {
            "NrtAlertRuleProperties"
        };
        let known: Vec<&str> = SCHEDULED
            .iter()
            .copied()
            .filter(|name| options.version.has_member(name))
            .filter(|name| scheduled || !ONLY_SCHEDULED.contains(name))
            .collect();
        properties.only(model, &known)?;
    }
    let name = properties.required("displayName", properties.text("displayName")?)?;
    text::length(kind, "DisplayName", name, 1, 256)?;
    properties.required("enabled", properties.boolean("enabled")?)?;
    properties.required(
        "severity",
        properties.one_of("severity", "AlertSeverity", SEVERITIES)?,
    )?;
    let query = properties.required("query", properties.text("query")?)?;
    text::length(kind, "Query", query, 1, 10_000)?;
    if scheduled {
        schedule(kind, properties, options.now)?;
    }
    properties.required(
        "suppressionEnabled",
        properties.boolean("suppressionEnabled")?,
    )?;
    let suppression = properties.required(
        "suppressionDuration",
        properties.duration("suppressionDuration")?,
    )?;
    let hours = (Duration::from_mins(5), Duration::from_hours(24));
    text::range(kind, "suppressionDuration", suppression, hours)?;
    if let Some(description) = properties.text("description")? {
        text::length(kind, "Description", description, 0, 5_000)?;
    }
    attack(properties, options)?;
    template(kind, properties)?;
    if let Some(grouping) = properties.object("eventGroupingSettings")? {
        let kinds = ["SingleAlert", "AlertPerResult"];
        grouping.one_of("aggregationKind", "EventGroupingAggregationKind", &kinds)?;
    }
    mapping::custom_details(kind, properties)?;
    mapping::entities(kind, properties)?;
    mapping::overrides(kind, properties, options)?;
    incident(kind, properties)
}

/// Judges when the query runs and what makes it an alert.
fn schedule(kind: &str, properties: &Reader<'_>, now: Timestamp) -> Result<(), ServiceError> {
    let fortnight = (Duration::from_mins(5), Duration::from_days(14));
    let frequency =
        properties.required("queryFrequency", properties.duration("queryFrequency")?)?;
    text::range(kind, "queryFrequency", frequency, fortnight)?;
    let period = properties.required("queryPeriod", properties.duration("queryPeriod")?)?;
    text::range(kind, "queryPeriod", period, fortnight)?;
    if period < frequency {
        return Err(invalid_properties(
            kind,
            "'queryPeriod' should be greater than or equal to 'queryFrequency'",
        ));
    }
    if period >= Duration::from_days(2) && frequency < Duration::from_hours(1) {
        return Err(invalid_properties(
            kind,
            "When 'queryPeriod' greater than or equal to 2 days, the 'queryFrequency' should be greater than or equal to 1 hour.",
        ));
    }
    properties.required(
        "triggerOperator",
        properties.one_of("triggerOperator", "AlertTriggerOperator", OPERATORS)?,
    )?;
    let threshold =
        properties.required("triggerThreshold", properties.integer("triggerThreshold")?)?;
    if !(0..=10_000).contains(&threshold) {
        return Err(invalid_properties(
            kind,
            "'triggerThreshold' should be between 0 and 10000",
        ));
    }
    if let Some(text) = properties.text("startTimeUtc")? {
        let path = properties.path_of("startTimeUtc");
        let start: Timestamp = text.parse().map_err(|_not_a_time| {
            invalid_data_model(format!(
                "Error converting value \"{text}\" to type 'System.DateTime'. Path '{path}'."
            ))
        })?;
        let ahead = start.duration_since(now);
        if ahead < SignedDuration::from_mins(10) || ahead > SignedDuration::from_hours(30 * 24) {
            return Err(invalid_properties(
                kind,
                "'startTimeUtc' should be between 10 minutes and 30 days from now",
            ));
        }
    }
    Ok(())
}

/// Judges tactics and techniques.
fn attack(properties: &Reader<'_>, options: Options<'_>) -> Result<(), ServiceError> {
    let names: Vec<&str> = Tactic::ALL.iter().map(|tactic| tactic.as_str()).collect();
    let tactics = properties
        .texts_of("tactics", "AttackTactic", &names)?
        .unwrap_or_default();
    let techniques = properties.texts("techniques")?.unwrap_or_default();
    for text in techniques {
        let id = text.parse::<TechniqueId>().ok();
        let Some(id) = id.filter(|id| !id.is_sub() && text.starts_with('T')) else {
            return Err(invalid_data_model(format!(
                "The technique '{text}' is invalid. The expected format is 'T####', where '#' represents a digit."
            )));
        };
        // Techniques that the release does not know, those of ATT&CK for ICS among them, are judged by form only.
        let known = technique(id).map_or(&[][..], |technique| &technique.tactics);
        let matched = known.iter().any(|one| tactics.contains(&one.as_str()));
        if tactics.is_empty() || (!known.is_empty() && !matched) {
            return Err(invalid_data_model(format!(
                "No valid tactic corresponding to the technique {text} was provided in the tactics field."
            )));
        }
    }
    if options.version.has_member("subTechniques") {
        for text in properties.texts("subTechniques")?.unwrap_or_default() {
            let id = text.parse::<TechniqueId>().ok();
            if !id.is_some_and(|id| id.is_sub() && text.starts_with('T')) {
                return Err(invalid_data_model(format!(
                    "The sub-technique '{text}' is invalid. The expected format is 'T####.###', where '#' represents a digit."
                )));
            }
        }
    }
    Ok(())
}

/// Judges the link to a template.
fn template(kind: &str, properties: &Reader<'_>) -> Result<(), ServiceError> {
    let name = properties
        .text("alertRuleTemplateName")?
        .unwrap_or_default();
    let Some(version) = properties.text("templateVersion")? else {
        return Ok(());
    };
    if name.is_empty() {
        return Err(invalid_data_model(
            "Invalid Properties for alert rule: 'templateVersion' can only be used if 'alertRuleTemplateName' is not empty.",
        ));
    }
    let parts: Vec<&str> = version.split('.').collect();
    let numbers = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if parts.len() != 3 || !numbers || version.len() > 20 {
        return Err(invalid_properties(
            kind,
            "'templateVersion' should be of the form '#.#.#' and at most 20 characters long",
        ));
    }
    Ok(())
}

/// Judges how incidents are made.
fn incident(kind: &str, properties: &Reader<'_>) -> Result<(), ServiceError> {
    let Some(incident) = properties.object("incidentConfiguration")? else {
        return Ok(());
    };
    incident.required("createIncident", incident.boolean("createIncident")?)?;
    let Some(grouping) = incident.object("groupingConfiguration")? else {
        return Ok(());
    };
    grouping.required("enabled", grouping.boolean("enabled")?)?;
    grouping.required(
        "reopenClosedIncident",
        grouping.boolean("reopenClosedIncident")?,
    )?;
    let lookback = grouping.required("lookbackDuration", grouping.duration("lookbackDuration")?)?;
    let week = (Duration::from_mins(5), Duration::from_days(7));
    text::range(kind, "lookbackDuration", lookback, week)?;
    let methods = ["AllEntities", "AnyAlert", "Selected"];
    let method = grouping.required(
        "matchingMethod",
        grouping.one_of("matchingMethod", "MatchingMethod", &methods)?,
    )?;
    let types: Vec<&str> = entity_types().iter().map(|one| one.name).collect();
    let entities = grouping
        .texts_of("groupByEntities", "EntityMappingType", &types)?
        .unwrap_or_default();
    let details = grouping
        .texts_of(
            "groupByAlertDetails",
            "AlertDetail",
            &["DisplayName", "Severity"],
        )?
        .unwrap_or_default();
    let custom = grouping.texts("groupByCustomDetails")?.unwrap_or_default();
    if method == "Selected" && entities.is_empty() && details.is_empty() && custom.is_empty() {
        return Err(invalid_properties(
            kind,
            "When 'matchingMethod' is 'Selected', at least one of 'groupByEntities', 'groupByAlertDetails', 'groupByCustomDetails' must have a non-empty value",
        ));
    }
    let mapped = mapping::mapped_types(properties)?;
    if let Some(entity) = entities.iter().find(|one| !mapped.contains(one)) {
        return Err(invalid_properties(
            kind,
            &format!("'groupByEntities' holds '{entity}', which is not mapped in 'entityMappings'"),
        ));
    }
    let keys = mapping::detail_keys(properties)?;
    if let Some(key) = custom.iter().find(|one| !keys.contains(one)) {
        return Err(invalid_properties(
            kind,
            &format!("'groupByCustomDetails' holds '{key}', which is not a key of 'customDetails'"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Any JSON, with names of members that mean something here.
    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            prop::sample::select(
                &["PT5M", "T1110", "Scheduled", "NRT", "Account", "{{A}}", "P"][..]
            )
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let mut names: Vec<&'static str> = SCHEDULED.to_vec();
            names.extend([
                "kind",
                "etag",
                "properties",
                "fieldMappings",
                "groupingConfiguration",
            ]);
            names.extend([
                "createIncident",
                "entityType",
                "matchingMethod",
                "columnName",
            ]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((prop::sample::select(names), inner), 0..8).prop_map(
                    |members| {
                        let members = members.into_iter();
                        Value::Object(
                            members
                                .map(|(name, value)| (name.to_owned(), value))
                                .collect(),
                        )
                    }
                ),
            ]
        })
    }

    proptest! {
        /// No body panics, and what is refused is refused with a client's error.
        #[test]
        fn any_body_gets_a_verdict(body in anything(), inner in anything(), loose in any::<bool>()) {
            let options = Options {
                version: Version::newest(),
                loose,
                now: Timestamp::UNIX_EPOCH,
            };
            let wrapped = json!({"kind": "Scheduled", "properties": inner});
            for body in [body, wrapped] {
                if let Err(error) = rule(&body, options) {
                    prop_assert!(error.status.is_client_error());
                }
            }
        }
    }
}
