//! The body that is sent: what the file wants, and what it leaves to the workspace.
//!
//! A PUT replaces the whole rule, so what the file does not answer for is sent as it is live.

use std::collections::BTreeSet;

use crate::api::alert_rule::AlertDetailsOverride;
use crate::api::alert_rule::AlertRuleBody;
use crate::api::alert_rule::AlertRuleProperties;
use crate::api::alert_rule::AlertRuleResource;
use crate::api::alert_rule::GroupingConfiguration;
use crate::api::alert_rule::IncidentConfiguration;
use crate::plan::field::Field;

/// The body that creates a rule; a new rule is on unless its file says otherwise.
pub(crate) fn create(desired: &AlertRuleBody) -> AlertRuleBody {
    let mut body = desired.clone();
    body.properties.enabled.get_or_insert(true);
    body
}

/// The body that updates a live rule: the managed fields of the file, the others as they are live.
pub(crate) fn update(
    desired: &AlertRuleBody,
    live: &AlertRuleResource,
    managed: &BTreeSet<Field>,
) -> AlertRuleBody {
    let mut body = desired.clone();
    body.etag.clone_from(&live.etag);
    // A start time lies in the past by now, and the service takes none that does.
    body.properties.start_time_utc = None;
    for field in Field::ALL.iter().filter(|field| !managed.contains(field)) {
        keep(*field, &mut body.properties, &live.properties);
    }
    body.properties.enabled.get_or_insert(true);
    if body.properties.alert_rule_template_name.is_none() {
        body.properties.template_version = None;
    }
    // Both are required, also when a live rule lacks them.
    body.properties.suppression_enabled.get_or_insert(false);
    body.properties
        .suppression_duration
        .get_or_insert_with(|| "PT5H".to_owned());
    body
}

/// The body that makes a rule as it was.
pub(crate) fn restore(live: &AlertRuleResource, kind: &'static str) -> AlertRuleBody {
    let mut properties = live.properties.clone();
    properties.start_time_utc = None;
    // An empty list of mappings is returned and not taken.
    if properties
        .entity_mappings
        .as_ref()
        .is_some_and(Vec::is_empty)
    {
        properties.entity_mappings = None;
    }
    AlertRuleBody {
        kind,
        etag: None,
        properties,
    }
}

/// Takes one field over from the live rule.
fn keep(field: Field, body: &mut AlertRuleProperties, live: &AlertRuleProperties) {
    let details = live.alert_details_override.clone().unwrap_or_default();
    let incident = live.incident_configuration.clone();
    match field {
        // It cannot be changed, and is never unmanaged.
        Field::Kind => {}
        Field::DisplayName => body.display_name.clone_from(&live.display_name),
        Field::Description => body.description.clone_from(&live.description),
        Field::Severity => body.severity.clone_from(&live.severity),
        Field::Enabled => body.enabled = live.enabled,
        Field::Query => body.query.clone_from(&live.query),
        Field::QueryFrequency => body.query_frequency.clone_from(&live.query_frequency),
        Field::QueryPeriod => body.query_period.clone_from(&live.query_period),
        Field::TriggerOperator => body.trigger_operator.clone_from(&live.trigger_operator),
        Field::TriggerThreshold => body.trigger_threshold = live.trigger_threshold,
        Field::SuppressionEnabled => body.suppression_enabled = live.suppression_enabled,
        Field::SuppressionDuration => {
            body.suppression_duration
                .clone_from(&live.suppression_duration);
        }
        Field::Tactics => body.tactics.clone_from(&live.tactics),
        Field::Techniques => body.techniques.clone_from(&live.techniques),
        Field::SubTechniques => body.sub_techniques.clone_from(&live.sub_techniques),
        Field::TemplateName => {
            body.alert_rule_template_name
                .clone_from(&live.alert_rule_template_name);
        }
        Field::TemplateVersion => body.template_version.clone_from(&live.template_version),
        Field::AggregationKind => {
            body.event_grouping_settings
                .clone_from(&live.event_grouping_settings);
        }
        Field::CustomDetails => body.custom_details.clone_from(&live.custom_details),
        Field::EntityMappings => {
            let mappings = live.entity_mappings.clone();
            body.entity_mappings = mappings.filter(|mappings| !mappings.is_empty());
        }
        Field::SentinelEntities => {
            body.sentinel_entities_mappings
                .clone_from(&live.sentinel_entities_mappings);
        }
        Field::DisplayNameFormat => {
            overriding(body).alert_display_name_format = details.alert_display_name_format;
        }
        Field::DescriptionFormat => {
            overriding(body).alert_description_format = details.alert_description_format;
        }
        Field::TacticsColumn => {
            overriding(body).alert_tactics_column_name = details.alert_tactics_column_name;
        }
        Field::SeverityColumn => {
            overriding(body).alert_severity_column_name = details.alert_severity_column_name;
        }
        Field::DynamicProperties => {
            overriding(body).alert_dynamic_properties = details.alert_dynamic_properties;
        }
        Field::CreateIncident => {
            if let Some(create) = incident.and_then(|incident| incident.create_incident) {
                incident_of(body).create_incident = Some(create);
            }
        }
        Field::GroupingEnabled
        | Field::ReopenClosed
        | Field::Lookback
        | Field::MatchingMethod
        | Field::GroupByEntities
        | Field::GroupByAlertDetails
        | Field::GroupByCustomDetails => {
            if let Some(live) = incident.and_then(|incident| incident.grouping_configuration) {
                keep_grouping(field, grouping_of(body), live);
            }
        }
    }
    // An override of nothing is no override.
    if body.alert_details_override == Some(AlertDetailsOverride::default()) {
        body.alert_details_override = None;
    }
}

fn keep_grouping(field: Field, body: &mut GroupingConfiguration, live: GroupingConfiguration) {
    match field {
        Field::GroupingEnabled => body.enabled = live.enabled,
        Field::ReopenClosed => body.reopen_closed_incident = live.reopen_closed_incident,
        Field::Lookback => body.lookback_duration = live.lookback_duration,
        Field::MatchingMethod => body.matching_method = live.matching_method,
        Field::GroupByEntities => body.group_by_entities = live.group_by_entities,
        Field::GroupByAlertDetails => body.group_by_alert_details = live.group_by_alert_details,
        Field::GroupByCustomDetails => body.group_by_custom_details = live.group_by_custom_details,
        _ => {}
    }
}

fn overriding(body: &mut AlertRuleProperties) -> &mut AlertDetailsOverride {
    body.alert_details_override.get_or_insert_default()
}

fn incident_of(body: &mut AlertRuleProperties) -> &mut IncidentConfiguration {
    body.incident_configuration
        .get_or_insert(IncidentConfiguration {
            create_incident: Some(true),
            grouping_configuration: None,
        })
}

/// The grouping of the body; where there is none yet, one that says what the service fills in, all of it required.
fn grouping_of(body: &mut AlertRuleProperties) -> &mut GroupingConfiguration {
    incident_of(body)
        .grouping_configuration
        .get_or_insert_with(|| GroupingConfiguration {
            enabled: Some(false),
            reopen_closed_incident: Some(false),
            lookback_duration: Some("PT5H".to_owned()),
            matching_method: Some("AllEntities".to_owned()),
            ..GroupingConfiguration::default()
        })
}
