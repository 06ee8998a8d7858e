//! A rule as the body of its PUT request.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::alert_rule as wire;
use crate::api::alert_rule::AlertRuleBody;
use crate::api::alert_rule::AlertRuleProperties;
use crate::diag::Diagnostic;
use crate::diag::Spanned;
use crate::duration::Duration;
use crate::mitre::TechniqueId;
use crate::render::RenderOptions;
use crate::render::Rendered;
use crate::render::codes::NRT_NEEDS_PREVIEW;
use crate::render::codes::PARAMETER_VALUE;
use crate::render::codes::RENDERED_QUERY_TOO_LONG;
use crate::render::codes::SENTINEL_ENTITIES_DROPPED;
use crate::render::codes::SUB_TECHNIQUE_DROPPED;
use crate::render::literal;
use crate::rule::Rule;
use crate::rule::RuleId;
use crate::rule::RuleKind;
use crate::rule::field;

/// `suppressionDuration` where the file is silent; the service requires one even when suppression is off.
const SUPPRESSION_DURATION: Duration = Duration::from_hours(5);

/// Longest query the service takes, in characters.
const MAX_QUERY: usize = 10_000;

/// Renders a rule; best effort beside the diagnostics.
pub(crate) fn body(rule: &Rule, options: &RenderOptions) -> Rendered {
    let mut diagnostics = Vec::new();
    let schedule = match &rule.kind.value {
        RuleKind::Scheduled(schedule) => Some(schedule),
        RuleKind::Nrt => None,
    };
    if schedule.is_none() && !options.preview() {
        let message = format!("version {} of the API has no kind `NRT`", options.version());
        diagnostics.push(
            Diagnostic::new(&NRT_NEEDS_PREVIEW, rule.kind.span, message)
                .help("leave `--api-version` out, or name a preview version"),
        );
    }
    let query = query(rule, options, &mut diagnostics);
    let (techniques, sub_techniques) = techniques(rule, options, &mut diagnostics);
    let template_name = rule.template_name.as_ref().map(|name| name.value.clone());
    let properties = AlertRuleProperties {
        display_name: Some(rule.name.value.clone()),
        description: rule.description.as_ref().map(|text| text.value.clone()),
        severity: Some(rule.severity.value.as_str().to_owned()),
        enabled: rule
            .enabled
            .as_ref()
            .map(|enabled| enabled.value)
            .or(options.enabled_when_silent),
        query: Some(query),
        query_frequency: schedule.map(|schedule| schedule.frequency.value.to_string()),
        query_period: schedule.map(|schedule| schedule.period.value.to_string()),
        trigger_operator: schedule
            .map(|schedule| schedule.trigger_operator.value.as_str().to_owned()),
        trigger_threshold: schedule.map(|schedule| schedule.trigger_threshold.value),
        suppression_enabled: Some(rule.suppression.enabled.as_ref().is_some_and(|on| on.value)),
        suppression_duration: Some(
            rule.suppression
                .duration
                .as_ref()
                .map_or(SUPPRESSION_DURATION, |duration| duration.value)
                .to_string(),
        ),
        tactics: words(rule.tactics.iter().map(|tactic| tactic.value.as_str())),
        techniques,
        sub_techniques,
        // The service refuses a version without the template it belongs to.
        template_version: template_name
            .as_ref()
            .and(rule.version.as_ref())
            .map(|version| version.value.clone()),
        alert_rule_template_name: template_name,
        event_grouping_settings: rule.event_grouping.as_ref().map(|kind| {
            wire::EventGroupingSettings {
                aggregation_kind: Some(kind.value.as_str().to_owned()),
            }
        }),
        custom_details: custom_details(rule),
        entity_mappings: entity_mappings(rule),
        sentinel_entities_mappings: sentinel_entities(rule, options, &mut diagnostics),
        alert_details_override: rule.alert_details.as_ref().map(alert_details),
        incident_configuration: rule.incident.as_ref().map(incident),
        start_time_utc: schedule
            .and(rule.start_time.as_ref())
            .map(|time| time.value.clone()),
        last_modified_utc: None,
    };
    Rendered {
        body: AlertRuleBody {
            kind: rule.kind.value.as_str(),
            etag: None,
            properties,
        },
        diagnostics,
    }
}

/// A rule that is not live yet, as it is written down in a template.
#[derive(Debug)]
pub(crate) struct New {
    /// Its id, the name of the resource.
    pub(crate) id: RuleId,
    /// `Scheduled` or `NRT`.
    pub(crate) kind: &'static str,
    /// Its properties as JSON.
    pub(crate) properties: Value,
}

/// Renders rules for a template, in the order of their ids, with what could not be rendered as written.
///
/// A template knows nothing of what is live, so a rule whose file is silent about it is switched on.
pub(crate) fn new_rules<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    options: &RenderOptions,
) -> (Vec<New>, Vec<Diagnostic>) {
    let options = RenderOptions {
        enabled_when_silent: options.enabled_when_silent.or(Some(true)),
        ..options.clone()
    };
    let mut rules: Vec<&Rule> = rules.into_iter().collect();
    rules.sort_by_key(|rule| rule.id.value);
    let mut diagnostics = Vec::new();
    let rendered = rules.into_iter().map(|rule| {
        let rendered = body(rule, &options);
        diagnostics.extend(rendered.diagnostics);
        New {
            id: rule.id.value,
            kind: rendered.body.kind,
            properties: serde_json::to_value(&rendered.body.properties)
                .expect("strings, numbers and maps with string keys are JSON"),
        }
    });
    let rendered = rendered.collect();
    (rendered, diagnostics)
}

/// The query behind its parameters as `let` statements.
fn query(rule: &Rule, options: &RenderOptions, diagnostics: &mut Vec<Diagnostic>) -> String {
    let mut text = String::new();
    for parameter in &rule.extension.parameters {
        let name = &parameter.name.value;
        let overridden = options.parameters.get(name);
        let value = overridden.unwrap_or(&parameter.default.value);
        match literal::let_statement(name, parameter.kind.value, value) {
            Ok(statement) => {
                text.push_str(&statement);
                text.push('\n');
            }
            Err(error) => {
                let origin = if overridden.is_some() {
                    "the target's value of parameter"
                } else {
                    "parameter"
                };
                let span = match &error {
                    literal::LiteralError::Name(_) => parameter.name.span,
                    literal::LiteralError::Type { .. } if overridden.is_some() => {
                        parameter.name.span
                    }
                    literal::LiteralError::Type { .. } => parameter.default.span,
                };
                let message = format!("{origin} `{name}`: {error}");
                diagnostics.push(Diagnostic::new(&PARAMETER_VALUE, span, message));
            }
        }
    }
    text.push_str(&rule.query.value);
    let length = text.chars().count();
    if length > MAX_QUERY && !rule.extension.parameters.is_empty() {
        let message = format!("the query and its parameters have {length} characters");
        diagnostics.push(
            Diagnostic::new(&RENDERED_QUERY_TOO_LONG, rule.query.span, message)
                .help(format!("the service takes up to {MAX_QUERY}")),
        );
    }
    text
}

/// Parents of everything, and the sub-techniques, both sorted and without doubles.
///
/// The service takes `T####` alone in `techniques`, and sub-techniques in preview versions alone.
fn techniques(
    rule: &Rule,
    options: &RenderOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let ids = rule.techniques.iter().map(|technique| technique.value);
    let parents: BTreeSet<TechniqueId> = ids.clone().map(TechniqueId::parent).collect();
    let subs: BTreeSet<TechniqueId> = ids.filter(|id| id.is_sub()).collect();
    let print = |ids: BTreeSet<TechniqueId>| {
        (!ids.is_empty()).then(|| ids.iter().map(ToString::to_string).collect())
    };
    if options.preview() {
        return (print(parents), print(subs));
    }
    for technique in rule.techniques.iter().filter(|one| one.value.is_sub()) {
        let message = format!(
            "`{}` is dropped: version {} of the API carries no sub-techniques",
            technique.value,
            options.version()
        );
        diagnostics.push(Diagnostic::new(
            &SUB_TECHNIQUE_DROPPED,
            technique.span,
            message,
        ));
    }
    (print(parents), None)
}

fn sentinel_entities(
    rule: &Rule,
    options: &RenderOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<wire::SentinelEntityMapping>> {
    let first = rule.sentinel_entities.first()?;
    if !options.preview() {
        let message = format!(
            "`sentinelEntitiesMappings` is dropped: version {} of the API does not carry it",
            options.version()
        );
        diagnostics.push(Diagnostic::new(
            &SENTINEL_ENTITIES_DROPPED,
            first.span,
            message,
        ));
        return None;
    }
    let mappings = rule.sentinel_entities.iter();
    Some(
        mappings
            .map(|column| wire::SentinelEntityMapping {
                column_name: column.value.clone(),
            })
            .collect(),
    )
}

fn custom_details(rule: &Rule) -> Option<BTreeMap<String, String>> {
    let details = rule.custom_details.iter();
    let details: BTreeMap<_, _> = details
        .map(|(key, column)| (key.value.clone(), column.value.clone()))
        .collect();
    (!details.is_empty()).then_some(details)
}

fn entity_mappings(rule: &Rule) -> Option<Vec<wire::EntityMapping>> {
    let field = |field: &field::FieldMapping| wire::FieldMapping {
        identifier: field.identifier.value.clone(),
        column_name: field.column.value.clone(),
    };
    let mappings: Vec<_> = rule
        .entity_mappings
        .iter()
        .map(|mapping| wire::EntityMapping {
            entity_type: mapping.entity_type.value.as_str().to_owned(),
            field_mappings: mapping.fields.iter().map(field).collect(),
        })
        .collect();
    // An empty list is not valid; leaving it out is.
    (!mappings.is_empty()).then_some(mappings)
}

fn alert_details(details: &field::AlertDetailsOverride) -> wire::AlertDetailsOverride {
    let text = |field: &Option<Spanned<String>>| field.as_ref().map(|text| text.value.clone());
    let dynamic: Vec<_> = details
        .dynamic_properties
        .iter()
        .map(|(property, value)| wire::AlertPropertyMapping {
            alert_property: property.value.clone(),
            value: value.value.clone(),
        })
        .collect();
    wire::AlertDetailsOverride {
        alert_display_name_format: text(&details.display_name_format),
        alert_description_format: text(&details.description_format),
        alert_tactics_column_name: text(&details.tactics_column),
        alert_severity_column_name: text(&details.severity_column),
        alert_dynamic_properties: (!dynamic.is_empty()).then_some(dynamic),
    }
}

fn incident(incident: &field::IncidentConfiguration) -> wire::IncidentConfiguration {
    wire::IncidentConfiguration {
        create_incident: Some(incident.create.value),
        grouping_configuration: incident.grouping.as_ref().map(|grouping| {
            wire::GroupingConfiguration {
                enabled: Some(grouping.enabled.value),
                reopen_closed_incident: Some(grouping.reopen_closed.value),
                lookback_duration: Some(grouping.lookback.value.to_string()),
                matching_method: Some(grouping.matching.value.as_str().to_owned()),
                entities_matching_method: None,
                group_by_entities: words(grouping.by_entities.iter().map(|e| e.value.as_str())),
                group_by_alert_details: words(
                    grouping.by_alert_details.iter().map(|d| d.value.as_str()),
                ),
                group_by_custom_details: words(
                    grouping.by_custom_details.iter().map(|d| d.value.as_str()),
                ),
            }
        }),
    }
}

/// The words in the order written, each once; none is left out of the request.
fn words<'a>(words: impl Iterator<Item = &'a str>) -> Option<Vec<String>> {
    let mut seen = Vec::<String>::new();
    for word in words {
        if !seen.iter().any(|one| one == word) {
            seen.push(word.to_owned());
        }
    }
    (!seen.is_empty()).then_some(seen)
}
