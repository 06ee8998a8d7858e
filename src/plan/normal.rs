//! The normal form of a rule: what is left of a body once everything that is no difference is gone.
//!
//! Both sides are brought to it, then compared by value: spellings of durations, order of sets, case of words,
//! line ends, `null` against absent, and what the service fills in by itself never show.
//! A field whose switch is off (`suppressionDuration` without suppression, the details of grouping without
//! grouping) has no effect and is left out; so is what only the service writes.
//! `startTimeUtc` counts on creation alone and is not compared.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;
use sha2::Digest as _;
use sha2::Sha256;

use crate::api::alert_rule::AlertRuleProperties;
use crate::api::alert_rule::EntityMapping;
use crate::api::alert_rule::GroupingConfiguration;
use crate::duration::Duration;
use crate::plan::field::Field;
use crate::rule::field::AggregationKind;
use crate::rule::field::AlertDetail;
use crate::rule::field::EntityType;
use crate::rule::field::MatchingMethod;
use crate::rule::field::Severity;
use crate::rule::field::TriggerOperator;

/// A rule in normal form: every field that has a value and an effect.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Normal {
    fields: BTreeMap<Field, Value>,
}

impl Normal {
    /// The value of a field, if it has one.
    pub(crate) fn get(&self, field: Field) -> Option<&Value> {
        self.fields.get(&field)
    }

    /// The text of a field, if it has one.
    pub(crate) fn text(&self, field: Field) -> Option<&str> {
        self.get(field).and_then(Value::as_str)
    }

    /// Eight bytes in hex that tell contents apart, over the fields of `managed` alone.
    pub(crate) fn hash(&self, managed: &BTreeSet<Field>) -> String {
        let mut hasher = Sha256::new();
        for field in managed {
            if let Some(value) = self.get(*field) {
                hasher.update(format!("{field}={value}\n"));
            }
        }
        hex(&hasher.finalize()[..8])
    }

    /// Two bytes in hex that tell values of one field apart; absence has a digest too.
    pub(crate) fn digest(&self, field: Field) -> String {
        let value = self.get(field).unwrap_or(&Value::Null);
        hex(&Sha256::digest(value.to_string())[..2])
    }

    /// Takes a field over from another form.
    pub(crate) fn copy(&mut self, field: Field, other: &Self) {
        match other.get(field) {
            Some(value) => self.fields.insert(field, value.clone()),
            None => self.fields.remove(&field),
        };
    }

    fn put(&mut self, field: Field, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.fields.insert(field, value.into());
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("four bits");
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Brings a rule to its normal form.
pub(crate) fn normal(kind: &str, properties: &AlertRuleProperties) -> Normal {
    let mut form = Normal::default();
    form.put(Field::Kind, Some(kind));
    form.put(Field::DisplayName, line(properties.display_name.as_ref()));
    form.put(Field::Description, lines(properties.description.as_ref()));
    let severity = word(properties.severity.as_ref(), |text| {
        Severity::parse_lenient(text).map(Severity::as_str)
    });
    form.put(Field::Severity, severity);
    form.put(Field::Enabled, properties.enabled);
    form.put(Field::Query, lines(properties.query.as_ref()));
    if kind != "NRT" {
        form.put(
            Field::QueryFrequency,
            duration(properties.query_frequency.as_ref()),
        );
        form.put(
            Field::QueryPeriod,
            duration(properties.query_period.as_ref()),
        );
        let operator = word(properties.trigger_operator.as_ref(), |text| {
            TriggerOperator::parse_either(text).map(TriggerOperator::as_str)
        });
        form.put(Field::TriggerOperator, operator);
        form.put(Field::TriggerThreshold, properties.trigger_threshold);
    }
    let suppressed = properties.suppression_enabled == Some(true);
    form.put(Field::SuppressionEnabled, Some(suppressed));
    if suppressed {
        let length = duration(properties.suppression_duration.as_ref());
        form.put(Field::SuppressionDuration, length);
    }
    mitre(&mut form, properties);
    form.put(
        Field::TemplateName,
        line(properties.alert_rule_template_name.as_ref()).map(|name| name.to_ascii_lowercase()),
    );
    form.put(
        Field::TemplateVersion,
        line(properties.template_version.as_ref()),
    );
    results(&mut form, properties);
    incident(&mut form, properties);
    form
}

fn mitre(form: &mut Normal, properties: &AlertRuleProperties) {
    let canonical = |text: &str| text.trim().to_ascii_uppercase();
    let subs = set(properties.sub_techniques.as_ref(), canonical);
    let mut techniques = set(properties.techniques.as_ref(), canonical);
    // The parent of a sub-technique is always sent beside it.
    techniques.extend(
        subs.iter()
            .filter_map(|sub| sub.split_once('.'))
            .map(|(parent, _)| parent.to_owned()),
    );
    // Tactics have words without spaces; unknown ones stay as they are.
    let tactics = set(properties.tactics.as_ref(), |text| text.trim().to_owned());
    form.put(Field::Tactics, list(&tactics));
    form.put(Field::Techniques, list(&techniques));
    form.put(Field::SubTechniques, list(&subs));
}

/// What an alert is made of: grouping of events, entities, details.
fn results(form: &mut Normal, properties: &AlertRuleProperties) {
    let grouping = properties.event_grouping_settings.as_ref();
    let kind = grouping.and_then(|settings| settings.aggregation_kind.as_ref());
    let kind = word(kind, |text| {
        AggregationKind::parse_lenient(text).map(AggregationKind::as_str)
    });
    form.put(
        Field::AggregationKind,
        Some(kind.unwrap_or_else(|| AggregationKind::SingleAlert.as_str().to_owned())),
    );
    let details = properties.custom_details.as_ref();
    form.put(
        Field::CustomDetails,
        details
            .filter(|details| !details.is_empty())
            .map(|details| json!(details)),
    );
    let mappings = properties.entity_mappings.as_deref().unwrap_or_default();
    form.put(Field::EntityMappings, entity_mappings(mappings));
    let columns = properties.sentinel_entities_mappings.as_ref();
    let mut columns: Vec<&str> = columns
        .into_iter()
        .flatten()
        .map(|mapping| mapping.column_name.as_str())
        .collect();
    columns.sort_unstable();
    form.put(
        Field::SentinelEntities,
        (!columns.is_empty()).then(|| json!(columns)),
    );
    let Some(details) = &properties.alert_details_override else {
        return;
    };
    form.put(
        Field::DisplayNameFormat,
        line(details.alert_display_name_format.as_ref()),
    );
    form.put(
        Field::DescriptionFormat,
        lines(details.alert_description_format.as_ref()),
    );
    form.put(
        Field::TacticsColumn,
        line(details.alert_tactics_column_name.as_ref()),
    );
    form.put(
        Field::SeverityColumn,
        line(details.alert_severity_column_name.as_ref()),
    );
    let dynamic = details.alert_dynamic_properties.as_ref();
    let mut dynamic: Vec<String> = dynamic
        .into_iter()
        .flatten()
        .map(|one| format!("{}={}", one.alert_property, one.value))
        .collect();
    dynamic.sort_unstable();
    form.put(
        Field::DynamicProperties,
        (!dynamic.is_empty()).then(|| json!(dynamic)),
    );
}

/// Incidents are made without grouping where nothing is said.
fn incident(form: &mut Normal, properties: &AlertRuleProperties) {
    let incident = properties.incident_configuration.as_ref();
    let create = incident.and_then(|incident| incident.create_incident);
    form.put(Field::CreateIncident, Some(create.unwrap_or(true)));
    let grouping = incident.and_then(|incident| incident.grouping_configuration.as_ref());
    let enabled = grouping.and_then(|grouping| grouping.enabled) == Some(true);
    form.put(Field::GroupingEnabled, Some(enabled));
    let Some(grouping) = grouping.filter(|_| enabled) else {
        return;
    };
    form.put(
        Field::ReopenClosed,
        Some(grouping.reopen_closed_incident.unwrap_or(false)),
    );
    form.put(
        Field::Lookback,
        duration(grouping.lookback_duration.as_ref()),
    );
    form.put(Field::MatchingMethod, matching_method(grouping));
    let entities = set(grouping.group_by_entities.as_ref(), entity_type);
    form.put(Field::GroupByEntities, list(&entities));
    let details = set(grouping.group_by_alert_details.as_ref(), |text| {
        AlertDetail::parse_lenient(text)
            .map_or_else(|| text.to_owned(), |detail| detail.as_str().to_owned())
    });
    form.put(Field::GroupByAlertDetails, list(&details));
    let custom = set(grouping.group_by_custom_details.as_ref(), str::to_owned);
    form.put(Field::GroupByCustomDetails, list(&custom));
}

/// The matching method, also in the spelling of versions before 2021.
fn matching_method(grouping: &GroupingConfiguration) -> Option<String> {
    let method = word(grouping.matching_method.as_ref(), |text| {
        MatchingMethod::parse_lenient(text).map(MatchingMethod::as_str)
    });
    method.or_else(|| {
        let old = grouping.entities_matching_method.as_deref()?;
        let method = match old {
            "All" => MatchingMethod::AllEntities,
            "None" => MatchingMethod::AnyAlert,
            "Custom" => MatchingMethod::Selected,
            other => return Some(other.to_owned()),
        };
        Some(method.as_str().to_owned())
    })
}

/// Mappings as `Type(identifier=Column, …)`; neither their order nor that of their fields has a meaning.
fn entity_mappings(mappings: &[EntityMapping]) -> Option<Value> {
    let mut forms: Vec<String> = mappings
        .iter()
        .map(|mapping| {
            let mut fields: Vec<String> = mapping
                .field_mappings
                .iter()
                .map(|field| format!("{}={}", field.identifier, field.column_name))
                .collect();
            fields.sort_unstable();
            format!(
                "{}({})",
                entity_type(&mapping.entity_type),
                fields.join(", ")
            )
        })
        .collect();
    forms.sort_unstable();
    (!forms.is_empty()).then(|| json!(forms))
}

fn entity_type(text: &str) -> String {
    EntityType::parse_lenient(text).map_or_else(|| text.to_owned(), |kind| kind.as_str().to_owned())
}

/// One line of text; blank is absent.
fn line(text: Option<&String>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Text of several lines: LF line ends, no blanks at line ends, none at the end; blank is absent.
pub(crate) fn lines(text: Option<&String>) -> Option<String> {
    let text = text?;
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    (!out.is_empty()).then_some(out)
}

/// A word in its canonical case; an unknown one stays as it is.
fn word(text: Option<&String>, canonical: impl Fn(&str) -> Option<&'static str>) -> Option<String> {
    let text = text?;
    Some(canonical(text).map_or_else(|| text.clone(), str::to_owned))
}

/// A duration in its canonical spelling; what cannot be read stays as it is.
fn duration(text: Option<&String>) -> Option<String> {
    let text = text?;
    let parsed = text.parse::<Duration>();
    Some(parsed.map_or_else(|_| text.clone(), |duration| duration.to_string()))
}

fn set(items: Option<&Vec<String>>, canonical: impl Fn(&str) -> String) -> BTreeSet<String> {
    items
        .into_iter()
        .flatten()
        .map(|item| canonical(item))
        .collect()
}

fn list(items: &BTreeSet<String>) -> Option<Value> {
    (!items.is_empty()).then(|| json!(items))
}
