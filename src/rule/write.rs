//! A [`Rule`] to YAML text in the canonical order of keys.
//!
//! What was read is written back with the same meaning; comments and layout are not kept, which is what `format` is
//! for. Reading what was written gives an equal rule.

pub(crate) mod emit;

use crate::diag::Spanned;
use crate::duration::Duration;
use crate::rule::field::{
    AlertDetailsOverride, EntityMapping, IncidentConfiguration, Parameter, ParameterType, Tag,
};
use crate::rule::write::emit::Out;
use crate::rule::{Extension, Rule, RuleKind};

/// The whole file of a rule.
pub(crate) fn write(rule: &Rule) -> String {
    emit::document(&entries(rule))
}

/// Keys and values, in the order they are written.
fn entries(rule: &Rule) -> Vec<(String, Out)> {
    let mut out = Entries::default();
    out.put("id", Out::Plain(rule.id.value.to_string()));
    out.put("name", Out::Text(rule.name.value.clone()));
    out.text("version", rule.version.as_ref());
    out.plain("kind", rule.kind.value.as_str());
    if let Some(description) = &rule.description {
        out.put(
            "description",
            Out::Text(description_text(&description.value)),
        );
    }
    out.plain("severity", rule.severity.value.as_str());
    out.bool("enabled", rule.enabled.as_ref());
    out.list("requiredDataConnectors", connectors(rule));
    if let RuleKind::Scheduled(schedule) = &rule.kind.value {
        out.put("queryFrequency", duration(schedule.frequency.value));
        out.put("queryPeriod", duration(schedule.period.value));
        out.plain("triggerOperator", schedule.trigger_operator.value.short());
        out.plain(
            "triggerThreshold",
            &schedule.trigger_threshold.value.to_string(),
        );
    }
    out.text("startTimeUtc", rule.start_time.as_ref());
    out.list("tactics", plain_items(&rule.tactics, ToString::to_string));
    out.list(
        "relevantTechniques",
        plain_items(&rule.techniques, ToString::to_string),
    );
    out.put("query", Out::Block(rule.query.value.clone()));
    out.list(
        "entityMappings",
        rule.entity_mappings.iter().map(mapping).collect(),
    );
    let columns = rule.sentinel_entities.iter();
    out.list(
        "sentinelEntitiesMappings",
        columns
            .map(|column| {
                Out::Map(vec![(
                    "columnName".to_owned(),
                    Out::Text(column.value.clone()),
                )])
            })
            .collect(),
    );
    out.map("customDetails", pairs(&rule.custom_details));
    if let Some(details) = &rule.alert_details {
        out.map("alertDetailsOverride", details_override(details));
    }
    if let Some(kind) = &rule.event_grouping {
        let kind = Out::Plain(kind.value.as_str().to_owned());
        out.map(
            "eventGroupingSettings",
            vec![("aggregationKind".to_owned(), kind)],
        );
    }
    if let Some(configuration) = &rule.incident {
        out.map("incidentConfiguration", incident(configuration));
    }
    out.bool("suppressionEnabled", rule.suppression.enabled.as_ref());
    if let Some(length) = &rule.suppression.duration {
        out.put("suppressionDuration", duration(length.value));
    }
    out.text("alertRuleTemplateName", rule.template_name.as_ref());
    out.list("tags", rule.tags.iter().map(tag).collect());
    out.map("rulepost", extension(&rule.extension));
    out.0
}

/// Entries in the making; what is absent is left out.
#[derive(Default)]
struct Entries(Vec<(String, Out)>);

impl Entries {
    fn put(&mut self, key: &str, value: Out) {
        self.0.push((key.to_owned(), value));
    }

    fn plain(&mut self, key: &str, value: &str) {
        self.put(key, Out::Plain(value.to_owned()));
    }

    fn text(&mut self, key: &str, value: Option<&Spanned<String>>) {
        if let Some(value) = value {
            self.put(key, Out::Text(value.value.clone()));
        }
    }

    fn bool(&mut self, key: &str, value: Option<&Spanned<bool>>) {
        if let Some(value) = value {
            self.plain(key, &value.value.to_string());
        }
    }

    fn list(&mut self, key: &str, items: Vec<Out>) {
        if !items.is_empty() {
            self.put(key, Out::List(items));
        }
    }

    fn texts(&mut self, key: &str, items: &[Spanned<String>]) {
        let items = items.iter().map(|item| Out::Text(item.value.clone()));
        self.list(key, items.collect());
    }

    fn map(&mut self, key: &str, entries: Vec<(String, Out)>) {
        if !entries.is_empty() {
            self.put(key, Out::Map(entries));
        }
    }
}

/// One number and one unit where that is exact, ISO 8601 otherwise.
fn duration(duration: Duration) -> Out {
    Out::Plain(duration.to_simple())
}

/// A description that begins and ends with a quote mark would lose both when it is read, so it gets another pair.
fn description_text(text: &str) -> String {
    let first = text.chars().next();
    let quoted =
        matches!(first, Some('\'' | '"')) && text.len() > 1 && text.chars().last() == first;
    match first {
        Some('\'') if quoted => format!("\"{text}\""),
        Some('"') if quoted => format!("'{text}'"),
        _ => text.to_owned(),
    }
}

fn plain_items<T>(items: &[Spanned<T>], text: impl Fn(&T) -> String) -> Vec<Out> {
    items
        .iter()
        .map(|item| Out::Plain(text(&item.value)))
        .collect()
}

fn pairs(pairs: &[(Spanned<String>, Spanned<String>)]) -> Vec<(String, Out)> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| (key.value.clone(), Out::Text(value.value.clone())))
        .collect()
}

fn connectors(rule: &Rule) -> Vec<Out> {
    let connectors = rule.data_connectors.iter().map(|connector| {
        let mut out = Entries::default();
        out.put("connectorId", Out::Text(connector.id.value.clone()));
        out.texts("dataTypes", &connector.data_types);
        Out::Map(out.0)
    });
    connectors.collect()
}

fn mapping(mapping: &EntityMapping) -> Out {
    let fields = mapping.fields.iter().map(|field| {
        let mut out = Entries::default();
        out.put("identifier", Out::Text(field.identifier.value.clone()));
        out.put("columnName", Out::Text(field.column.value.clone()));
        Out::Map(out.0)
    });
    let mut out = Entries::default();
    out.plain("entityType", mapping.entity_type.value.as_str());
    out.list("fieldMappings", fields.collect());
    Out::Map(out.0)
}

fn details_override(details: &AlertDetailsOverride) -> Vec<(String, Out)> {
    let mut out = Entries::default();
    out.text(
        "alertDisplayNameFormat",
        details.display_name_format.as_ref(),
    );
    out.text(
        "alertDescriptionFormat",
        details.description_format.as_ref(),
    );
    out.text("alertTacticsColumnName", details.tactics_column.as_ref());
    out.text("alertSeverityColumnName", details.severity_column.as_ref());
    let properties = details.dynamic_properties.iter().map(|(property, value)| {
        let mut out = Entries::default();
        out.put("alertProperty", Out::Text(property.value.clone()));
        out.put("value", Out::Text(value.value.clone()));
        Out::Map(out.0)
    });
    out.list("alertDynamicProperties", properties.collect());
    out.0
}

fn incident(configuration: &IncidentConfiguration) -> Vec<(String, Out)> {
    let mut out = Entries::default();
    out.plain("createIncident", &configuration.create.value.to_string());
    if let Some(grouping) = &configuration.grouping {
        let mut inner = Entries::default();
        inner.plain("enabled", &grouping.enabled.value.to_string());
        inner.plain(
            "reopenClosedIncident",
            &grouping.reopen_closed.value.to_string(),
        );
        inner.put("lookbackDuration", duration(grouping.lookback.value));
        inner.plain("matchingMethod", grouping.matching.value.as_str());
        inner.list(
            "groupByEntities",
            plain_items(&grouping.by_entities, |word| word.as_str().to_owned()),
        );
        inner.list(
            "groupByAlertDetails",
            plain_items(&grouping.by_alert_details, |word| word.as_str().to_owned()),
        );
        inner.texts("groupByCustomDetails", &grouping.by_custom_details);
        out.map("groupingConfiguration", inner.0);
    }
    out.0
}

fn tag(tag: &Tag) -> Out {
    match tag {
        Tag::Word(word) => Out::Text(word.value.clone()),
        Tag::Map(entries) => Out::Map(pairs(entries)),
    }
}

fn extension(extension: &Extension) -> Vec<(String, Out)> {
    let mut out = Entries::default();
    out.list(
        "parameters",
        extension.parameters.iter().map(parameter).collect(),
    );
    out.text("owner", extension.owner.as_ref());
    out.texts("references", &extension.references);
    out.texts("falsePositives", &extension.false_positives);
    out.texts("response", &extension.response);
    out.texts("simulate", &extension.simulate);
    out.text("window", extension.window.as_ref());
    out.map("rationale", pairs(&extension.rationale));
    out.texts("caveats", &extension.caveats);
    out.text("tests", extension.tests.as_ref());
    out.texts("unmanaged", &extension.unmanaged);
    out.0
}

fn parameter(parameter: &Parameter) -> Out {
    let mut out = Entries::default();
    out.put("name", Out::Text(parameter.name.value.clone()));
    out.plain("type", parameter.kind.value.as_str());
    out.put("default", default(parameter));
    out.text("description", parameter.description.as_ref());
    Out::Map(out.0)
}

/// A default by its type: only what is no text may be taken for a number.
fn default(parameter: &Parameter) -> Out {
    match (&parameter.default.value, parameter.kind.value) {
        (value, ParameterType::Dynamic) => json(value),
        (serde_json::Value::String(text), _) => Out::Text(text.clone()),
        (value, _) => Out::Plain(value.to_string()),
    }
}

fn json(value: &serde_json::Value) -> Out {
    match value {
        serde_json::Value::String(text) => Out::Text(text.clone()),
        serde_json::Value::Array(items) => Out::List(items.iter().map(json).collect()),
        serde_json::Value::Object(entries) => {
            let entries = entries.iter();
            Out::Map(
                entries
                    .map(|(key, value)| (key.clone(), json(value)))
                    .collect(),
            )
        }
        other => Out::Plain(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
