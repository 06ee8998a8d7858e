//! Wire types of `alertRules`, for the kinds `Scheduled` and `NRT`.
//!
//! One struct serves both kinds and both directions: every member is optional, enums are strings and unknown
//! members are dropped, because what the service returns is wider than what its definition says (`null` for
//! most optional members, members of other versions). Sending the right members is `render`'s care,
//! comparing them `plan`'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Body of a PUT.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AlertRuleBody {
    /// `Scheduled` or `NRT`, case-sensitive.
    pub(crate) kind: &'static str,
    /// The tag of the state this write was planned against; a JSON string that holds its own quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    /// The rule itself.
    pub(crate) properties: AlertRuleProperties,
}

/// A rule as the service returns it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertRuleResource {
    /// Full resource id.
    pub(crate) id: String,
    /// The rule's id, last segment of `id`.
    pub(crate) name: String,
    /// Changes with every write.
    #[serde(default)]
    pub(crate) etag: Option<String>,
    /// `Scheduled` or `NRT`; other kinds do not reach this type.
    pub(crate) kind: String,
    /// Who wrote it and when, if the service tells.
    #[serde(default)]
    pub(crate) system_data: Option<SystemData>,
    /// The rule itself.
    pub(crate) properties: AlertRuleProperties,
}

/// Who created and last changed a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SystemData {
    pub(crate) created_at: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) last_modified_at: Option<String>,
    pub(crate) last_modified_by: Option<String>,
}

/// Properties of a scheduled or near-real-time rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AlertRuleProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query_frequency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query_period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trigger_operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trigger_threshold: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suppression_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suppression_duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tactics: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) techniques: Option<Vec<String>>,
    /// Preview versions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sub_techniques: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert_rule_template_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) template_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_grouping_settings: Option<EventGroupingSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_details: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity_mappings: Option<Vec<EntityMapping>>,
    /// Preview versions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sentinel_entities_mappings: Option<Vec<SentinelEntityMapping>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert_details_override: Option<AlertDetailsOverride>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) incident_configuration: Option<IncidentConfiguration>,
    /// In no published definition, yet in portal exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_time_utc: Option<String>,
    /// Server-owned.
    #[serde(skip_serializing)]
    pub(crate) last_modified_utc: Option<String>,
}

/// Whether all results make one alert or each makes its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EventGroupingSettings {
    /// `SingleAlert` or `AlertPerResult`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aggregation_kind: Option<String>,
}

/// One entity built from columns of the result.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EntityMapping {
    pub(crate) entity_type: String,
    pub(crate) field_mappings: Vec<FieldMapping>,
}

/// One identifier of an entity and the column it is read from.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FieldMapping {
    pub(crate) identifier: String,
    pub(crate) column_name: String,
}

/// A column that already holds entities.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SentinelEntityMapping {
    pub(crate) column_name: String,
}

/// What the alert takes from the result instead of from the rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(clippy::struct_field_names, reason = "the names are the service's")]
pub(crate) struct AlertDetailsOverride {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert_display_name_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert_description_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert_tactics_column_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert_severity_column_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alert_dynamic_properties: Option<Vec<AlertPropertyMapping>>,
}

/// A property of the alert and the column it is read from.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AlertPropertyMapping {
    pub(crate) alert_property: String,
    pub(crate) value: String,
}

/// Whether alerts become incidents, and how they are grouped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct IncidentConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) create_incident: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grouping_configuration: Option<GroupingConfiguration>,
}

/// How alerts are grouped into incidents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct GroupingConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reopen_closed_incident: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lookback_duration: Option<String>,
    /// `AllEntities`, `AnyAlert` or `Selected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) matching_method: Option<String>,
    /// Spelling of versions before 2021: `All`, `None`, `Custom`. Read, never sent.
    #[serde(skip_serializing)]
    pub(crate) entities_matching_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group_by_entities: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group_by_alert_details: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group_by_custom_details: Option<Vec<String>>,
}
