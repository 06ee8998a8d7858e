//! The typed rule: what a file means once it has been understood.
//!
//! A file is read to a tree that keeps every position, then *lowered* to [`Rule`]. What is wrong with the file
//! is a [`crate::diag::Diagnostic`] beside a best-effort value, never an `Err`.
//! Every field keeps the place it was written at, so that a lint only has to name it.
//! Nothing here reads files; `project` does.

#[cfg(test)]
pub(crate) mod arbitrary;
pub(crate) mod classify;
pub(crate) mod codes;
pub(crate) mod embedded;
pub(crate) mod entity;
pub(crate) mod field;
pub(crate) mod format;
pub(crate) mod lower;
pub(crate) mod read;
pub(crate) mod schema;
pub(crate) mod write;
pub(crate) mod yaml;

use std::path::PathBuf;

use uuid::Uuid;

use crate::diag::{SourceId, Span, Spanned};
use crate::duration::Duration;
use crate::mitre::{Tactic, TechniqueId};
use crate::rule::field::{
    AggregationKind, AlertDetailsOverride, DataConnector, EntityMapping, IncidentConfiguration,
    Parameter, Severity, Suppression, Tag, TriggerOperator,
};

/// A rule's identity: the GUID that names it in every workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleId(pub(crate) Uuid);

impl std::fmt::Display for RuleId {
    /// Lower case with hyphens, the form used in resource names.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// The file, and the text, a rule was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Path as given or found, relative to where the user stands when it can be.
    pub(crate) path: PathBuf,
    /// The text that the spans of the rule point into.
    pub(crate) source: SourceId,
    /// The whole rule.
    pub(crate) span: Span,
}

/// What makes a rule run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RuleKind {
    /// Runs on a schedule.
    Scheduled(Schedule),
    /// Runs near real time; has no schedule and no trigger.
    Nrt,
}

impl RuleKind {
    /// The API's spelling.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Scheduled(_) => "Scheduled",
            Self::Nrt => "NRT",
        }
    }
}

/// When a scheduled rule runs, over what, and when it fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// `queryFrequency`.
    pub(crate) frequency: Spanned<Duration>,
    /// `queryPeriod`.
    pub(crate) period: Spanned<Duration>,
    /// `triggerOperator`.
    pub(crate) trigger_operator: Spanned<TriggerOperator>,
    /// `triggerThreshold`.
    pub(crate) trigger_threshold: Spanned<i64>,
}

/// An analytics rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Where it was read from.
    pub(crate) origin: Origin,
    /// `id`; the resource name.
    pub(crate) id: Spanned<RuleId>,
    /// `name`; the display name.
    pub(crate) name: Spanned<String>,
    /// `kind`, with what only that kind has.
    pub(crate) kind: Spanned<RuleKind>,
    /// `description`, without the quotes that community files wrap it in, trimmed at the end.
    pub(crate) description: Option<Spanned<String>>,
    /// `severity`.
    pub(crate) severity: Spanned<Severity>,
    /// `enabled`; absent keeps what the workspace has.
    pub(crate) enabled: Option<Spanned<bool>>,
    /// `version`, as written.
    pub(crate) version: Option<Spanned<String>>,
    /// `query`: LF line ends, trimmed at the end.
    pub(crate) query: Spanned<String>,
    /// `tactics`, in the order written.
    pub(crate) tactics: Vec<Spanned<Tactic>>,
    /// `relevantTechniques` (and `techniques`), in the order written, sub-techniques included.
    pub(crate) techniques: Vec<Spanned<TechniqueId>>,
    /// `entityMappings`.
    pub(crate) entity_mappings: Vec<EntityMapping>,
    /// `sentinelEntitiesMappings`: names of columns that hold entities.
    pub(crate) sentinel_entities: Vec<Spanned<String>>,
    /// `customDetails`: key and column, in the order written.
    pub(crate) custom_details: Vec<(Spanned<String>, Spanned<String>)>,
    /// `alertDetailsOverride`.
    pub(crate) alert_details: Option<AlertDetailsOverride>,
    /// `eventGroupingSettings.aggregationKind`.
    pub(crate) event_grouping: Option<Spanned<AggregationKind>>,
    /// `incidentConfiguration`.
    pub(crate) incident: Option<IncidentConfiguration>,
    /// `suppressionEnabled` and `suppressionDuration`.
    pub(crate) suppression: Suppression,
    /// `alertRuleTemplateName`: the gallery template this rule was made from.
    pub(crate) template_name: Option<Spanned<String>>,
    /// `startTimeUtc`, as written.
    pub(crate) start_time: Option<Spanned<String>>,
    /// `requiredDataConnectors`.
    pub(crate) data_connectors: Vec<DataConnector>,
    /// `tags`.
    pub(crate) tags: Vec<Tag>,
    /// The keys under `rulepost:`.
    pub(crate) extension: Extension,
}

/// What rulepost adds to the community format, all under the key `rulepost`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extension {
    /// `parameters`: typed values that become `let` statements before the query.
    pub(crate) parameters: Vec<Parameter>,
    /// `owner`: who answers for the rule.
    pub(crate) owner: Option<Spanned<String>>,
    /// `references`: links.
    pub(crate) references: Vec<Spanned<String>>,
    /// `falsePositives`: what else looks like this.
    pub(crate) false_positives: Vec<Spanned<String>>,
    /// `response`: what to do when it fires.
    pub(crate) response: Vec<Spanned<String>>,
    /// `simulate`: what to do on a test system to make the rule fire; for the documentation page.
    pub(crate) simulate: Vec<Spanned<String>>,
    /// `tests`: path of the test file, relative to the rule file.
    pub(crate) tests: Option<Spanned<String>>,
    /// `unmanaged`: fields that people may change in the portal.
    pub(crate) unmanaged: Vec<Spanned<String>>,
    /// `window`: why frequency and period are what they are; for the documentation page.
    pub(crate) window: Option<Spanned<String>>,
    /// `rationale`: technique and why the rule is mapped to it, in the order written; for the documentation page.
    pub(crate) rationale: Vec<(Spanned<String>, Spanned<String>)>,
    /// `caveats`: what the rule assumes or cannot see; for the documentation page.
    pub(crate) caveats: Vec<Spanned<String>>,
}
