//! Wire types of `metadata`, the resource that marks a rule as ours.
//!
//! The mark is the resource `metadata/analyticsrule-{rule}` with `source.kind = SourceRepository`, the same that
//! Sentinel's own Repositories feature writes. `source.sourceId` tells the source apart (repository and target);
//! `version` is the rule's version. The hash of what was applied last is kept in `properties.customVersion`,
//! a free string of the resource.

use serde::{Deserialize, Serialize};

/// Body of a PUT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetadataBody {
    /// The tag of the state this write was planned against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    /// What is said about the rule.
    pub(crate) properties: MetadataProperties,
}

/// A metadata resource as the service returns it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct MetadataResource {
    /// Last segment of the id.
    pub(crate) name: String,
    /// Changes with every write.
    #[serde(default)]
    pub(crate) etag: Option<String>,
    /// What is said about the rule.
    pub(crate) properties: MetadataProperties,
}

/// What a metadata resource says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MetadataProperties {
    /// Full resource id of the rule, with leading slash.
    pub(crate) parent_id: String,
    /// `AnalyticsRule`.
    pub(crate) kind: String,
    /// The rule's id in its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_id: Option<String>,
    /// The rule's version in its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Free string; here the hash of what was applied last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_version: Option<String>,
    /// Where the rule comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<MetadataSource>,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MetadataSource {
    /// `SourceRepository` for ours.
    pub(crate) kind: String,
    /// Name shown in the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Tells repository and target apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
}
