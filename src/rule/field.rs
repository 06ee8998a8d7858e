//! The values of single fields as types.

use std::fmt;

use crate::diag::{Span, Spanned};
use crate::duration::Duration;

/// Makes an enum whose variants are words of the API.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value, in the order the service documents them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The API's spelling.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the API's spelling in any case.
            #[allow(dead_code, reason = "sets of words that are ours, not the API's, are read strictly")]
            pub(crate) fn parse_lenient(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text.trim()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// How bad an alert of the rule is.
    Severity { Informational = "Informational", Low = "Low", Medium = "Medium", High = "High" }
}

words! {
    /// How the number of results is compared with the threshold.
    TriggerOperator { GreaterThan = "GreaterThan", LessThan = "LessThan", Equal = "Equal", NotEqual = "NotEqual" }
}

impl TriggerOperator {
    /// The short name of the community format.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::GreaterThan => "gt",
            Self::LessThan => "lt",
            Self::Equal => "eq",
            Self::NotEqual => "ne",
        }
    }

    /// Reads the short or the long name in any case.
    pub(crate) fn parse_either(text: &str) -> Option<Self> {
        let short = Self::ALL
            .iter()
            .copied()
            .find(|value| value.short().eq_ignore_ascii_case(text.trim()));
        short.or_else(|| Self::parse_lenient(text))
    }
}

words! {
    /// Whether all results make one alert or each makes its own.
    AggregationKind { SingleAlert = "SingleAlert", AlertPerResult = "AlertPerResult" }
}

words! {
    /// Which alerts are grouped into one incident.
    MatchingMethod { AllEntities = "AllEntities", AnyAlert = "AnyAlert", Selected = "Selected" }
}

words! {
    /// Details of an alert that incidents can be grouped by.
    AlertDetail { DisplayName = "DisplayName", Severity = "Severity" }
}

words! {
    /// Kinds of entity of the API's `EntityMappingType`.
    EntityType {
        Account = "Account", Host = "Host", Ip = "IP", Malware = "Malware", File = "File", Process = "Process",
        CloudApplication = "CloudApplication", Dns = "DNS", AzureResource = "AzureResource", FileHash = "FileHash",
        RegistryKey = "RegistryKey", RegistryValue = "RegistryValue", SecurityGroup = "SecurityGroup", Url = "URL",
        Mailbox = "Mailbox", MailCluster = "MailCluster", MailMessage = "MailMessage",
        SubmissionMail = "SubmissionMail",
    }
}

/// One entity built from columns of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityMapping {
    /// The whole mapping.
    pub(crate) span: Span,
    /// `entityType`.
    pub(crate) entity_type: Spanned<EntityType>,
    /// `fieldMappings`.
    pub(crate) fields: Vec<FieldMapping>,
}

/// One identifier and the column it is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldMapping {
    /// `identifier`.
    pub(crate) identifier: Spanned<String>,
    /// `columnName`.
    pub(crate) column: Spanned<String>,
}

/// What the alert takes from the result instead of from the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlertDetailsOverride {
    /// The whole block.
    pub(crate) span: Span,
    /// `alertDisplayNameFormat`.
    pub(crate) display_name_format: Option<Spanned<String>>,
    /// `alertDescriptionFormat`.
    pub(crate) description_format: Option<Spanned<String>>,
    /// `alertTacticsColumnName`.
    pub(crate) tactics_column: Option<Spanned<String>>,
    /// `alertSeverityColumnName`.
    pub(crate) severity_column: Option<Spanned<String>>,
    /// `alertDynamicProperties`: property and column.
    pub(crate) dynamic_properties: Vec<(Spanned<String>, Spanned<String>)>,
}

/// Whether alerts become incidents, and how they are grouped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IncidentConfiguration {
    /// The whole block.
    pub(crate) span: Span,
    /// `createIncident`.
    pub(crate) create: Spanned<bool>,
    /// `groupingConfiguration`.
    pub(crate) grouping: Option<GroupingConfiguration>,
}

/// How alerts are grouped into incidents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupingConfiguration {
    /// The whole block.
    pub(crate) span: Span,
    /// `enabled`.
    pub(crate) enabled: Spanned<bool>,
    /// `reopenClosedIncident`.
    pub(crate) reopen_closed: Spanned<bool>,
    /// `lookbackDuration`.
    pub(crate) lookback: Spanned<Duration>,
    /// `matchingMethod`.
    pub(crate) matching: Spanned<MatchingMethod>,
    /// `groupByEntities`.
    pub(crate) by_entities: Vec<Spanned<EntityType>>,
    /// `groupByAlertDetails`.
    pub(crate) by_alert_details: Vec<Spanned<AlertDetail>>,
    /// `groupByCustomDetails`.
    pub(crate) by_custom_details: Vec<Spanned<String>>,
}

/// Whether the rule stays quiet for a while after an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Suppression {
    /// `suppressionEnabled`; absent is false.
    pub(crate) enabled: Option<Spanned<bool>>,
    /// `suppressionDuration`; absent is five hours, the portal's default.
    pub(crate) duration: Option<Spanned<Duration>>,
}

/// A connector that must be on for the rule to see anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataConnector {
    /// `connectorId`.
    pub(crate) id: Spanned<String>,
    /// `dataTypes`.
    pub(crate) data_types: Vec<Spanned<String>>,
}

/// An item of `tags`: a word, or a map of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    /// A plain word.
    Word(Spanned<String>),
    /// A map, such as `{Schema: ASIM…, SchemaVersion: 0.1}`.
    Map(Vec<(Spanned<String>, Spanned<String>)>),
}

words! {
    /// Types of a rule's parameters; Kusto's scalar types, and lists of strings.
    ParameterType {
        String = "string", Long = "long", Real = "real", Bool = "bool", Timespan = "timespan",
        Datetime = "datetime", Dynamic = "dynamic",
    }
}

/// A typed value that becomes `let NAME = VALUE;` before the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// The KQL name.
    pub(crate) name: Spanned<String>,
    /// Its type.
    pub(crate) kind: Spanned<ParameterType>,
    /// The value when no target overrides it, as JSON text of its type.
    pub(crate) default: Spanned<serde_json::Value>,
    /// What it is for.
    pub(crate) description: Option<Spanned<String>>,
}
